# Ordinal alpha and categorical omega as psych, lavaan and semTools have them, with delta-method standard errors.
#
#   Rscript script.R [INPUTS.json [OUTPUT.json]]      defaults: inputs.json reference.json
#
# INPUTS.json: {"data": a csv beside it, "scales": {scale: [items]}}. NA is missing; rows are complete on the scale.
# Besides OUTPUT.json it writes sessionInfo.txt.

suppressMessages({library(lavaan); library(semTools); library(psych); library(numDeriv); library(jsonlite)})

quiet <- function(expression) suppressWarnings(suppressMessages(expression))

# Saturated correlations, so that lavaan's own robust covariance carries over to alpha by `:=`.
alpha_by_lavaan <- function(rows) {
  pairs <- combn(colnames(rows), 2)
  labels <- paste0("r", seq_len(ncol(pairs)))
  k <- ncol(rows)
  model <- c(paste0(pairs[1, ], " ~~ ", labels, "*", pairs[2, ]),
             paste0("alpha := ", k, "/", k - 1, "*(1 - ", k, "/(", k, " + 2*(", paste(labels, collapse = "+"), ")))"))
  fit <- quiet(lavaan(model, data = rows, ordered = colnames(rows), estimator = "WLSMV", auto.th = TRUE,
                      auto.delta = TRUE, parameterization = "delta"))
  table <- parameterEstimates(fit)
  table[table$op == ":=", c("est", "se", "ci.lower", "ci.upper")]
}

# Probabilities of two normal responses from pbivnorm, as semTools has them; slopes are numerical.
omega_of <- function(theta, factor_at, threshold_at, owner) {
  loadings <- theta[factor_at]
  cuts <- theta[threshold_at]
  common <- single <- variance <- 0
  for (i in seq_along(cuts)) for (j in seq_along(cuts)) {
    apart <- pnorm(cuts[i]) * pnorm(cuts[j])
    together <- pbivnorm::pbivnorm(cuts[i], cuts[j], loadings[owner[i]] * loadings[owner[j]]) - apart
    common <- common + together
    if (owner[i] == owner[j]) {
      single <- single + together
      variance <- variance + pnorm(min(cuts[i], cuts[j])) - apart
    }
  }
  common / (common - single + variance)
}

omega_by_lavaan <- function(rows) {
  items <- colnames(rows)
  fit <- quiet(cfa(paste("f =~", paste(items, collapse = " + ")), data = rows, ordered = items, std.lv = TRUE,
                   estimator = "WLSMV"))
  rel <- quiet(semTools::reliability(fit))
  table <- parTable(fit)
  loading <- table$free[table$op == "=~"]
  threshold <- table$free[table$op == "|"]
  owner <- match(table$lhs[table$op == "|"], items)
  theta <- coef(fit)
  value <- omega_of(theta, loading, threshold, owner)
  slope <- numDeriv::grad(omega_of, theta, factor_at = loading, threshold_at = threshold, owner = owner)
  list(omega = rel["omega", 1], omega_observed = rel["omega3", 1], alpha_semtools = rel["alpha.ord", 1],
       comprelsem_model = unname(quiet(compRelSEM(fit, obs.var = FALSE, ord.scale = TRUE))[1]),
       comprelsem_observed = unname(quiet(compRelSEM(fit, obs.var = TRUE, ord.scale = TRUE))[1]),
       omega_by_hand = value, omega_se = sqrt(drop(slope %*% vcov(fit) %*% slope)),
       loadings = setNames(as.list(unname(theta[loading])), items))
}

alpha_of <- function(rho) quiet(psych::alpha(rho, check.keys = FALSE))$total$raw_alpha

scale_reference <- function(data, items) {
  rows <- na.omit(data[, items])
  delta <- alpha_by_lavaan(rows)
  result <- list(
    items = items, n = nrow(rows), n_incomplete = nrow(data) - nrow(rows),
    alpha = delta$est, alpha_se = delta$se, alpha_ci = c(delta$ci.lower, delta$ci.upper),
    # As psych has it by default, and without its 0.5 in empty cells; thresholds by item, not over all of them.
    alpha_psych = alpha_of(quiet(polychoric(rows, global = FALSE)$rho)),
    alpha_psych_uncorrected = alpha_of(quiet(polychoric(rows, correct = 0, global = FALSE)$rho))
  )
  if (length(items) < 3) return(result)
  c(result, omega_by_lavaan(rows))
}

arguments <- commandArgs(trailingOnly = TRUE)
inputs_file <- if (length(arguments) > 0) arguments[1] else "inputs.json"
output_file <- if (length(arguments) > 1) arguments[2] else "reference.json"
inputs <- fromJSON(inputs_file, simplifyVector = FALSE)
data <- read.csv(file.path(dirname(inputs_file), inputs$data), na.strings = c("", "NA"))
invisible(capture.output(output <- lapply(inputs$scales, function(items) scale_reference(data, unlist(items)))))
write_json(output, output_file, digits = NA, auto_unbox = TRUE, pretty = 1)
session <- grep("^(Running under|Matrix products|BLAS|LAPACK|LAPACK:)", capture.output(sessionInfo()), invert = TRUE,
                value = TRUE)
writeLines(session, file.path(dirname(output_file), "sessionInfo.txt"))
