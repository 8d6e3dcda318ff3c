# Reliability and factor analysis as psych, lavaan and semTools have them.
#
#   Rscript script.R [INPUTS.json [OUTPUT.json]]      defaults: inputs.json reference.json
#
# INPUTS.json: {data set: {"data": a csv beside it, or lavaan::NAME,
#                          "scales": {scale: [items]},
#                          "factor_analyses": {analysis: {"items": [...], "factors": K}}}}
# Empty cells and NA are missing; every statistic is on the complete rows of its own items. Items come keyed.
# Besides OUTPUT.json it writes sessionInfo.txt into the same folder.

suppressMessages({library(lavaan); library(semTools); library(psych); library(GPArotation); library(jsonlite)})

# The model's own variance in omega's denominator; the delta method's interval by `:=`.
one_factor <- function(rows) {
  k <- ncol(rows)
  model <- c(
    paste("f =~", paste0("l", 1:k, "*", colnames(rows), collapse = " + ")),
    paste0(colnames(rows), " ~~ t", 1:k, "*", colnames(rows)),
    paste0("omega := (", paste0("l", 1:k, collapse = "+"), ")^2 / ((", paste0("l", 1:k, collapse = "+"), ")^2 + ",
           paste0("t", 1:k, collapse = "+"), ")")
  )
  cfa(model, data = rows, std.lv = TRUE)
}

scale_reference <- function(data, items) {
  rows <- na.omit(data[, items])
  k <- length(items)
  invisible(capture.output(a <- suppressWarnings(suppressMessages(psych::alpha(rows, check.keys = FALSE)))))
  result <- list(
    items = items, n = nrow(rows), n_incomplete = nrow(data) - nrow(rows), alpha = a$total$raw_alpha,
    alpha_ci = unname(unlist(a$feldt)[c("lower.ci.raw_alpha", "upper.ci.raw_alpha")]),
    item_rest = setNames(as.list(a$item.stats$r.drop), items)
  )
  if (k < 3) return(result)
  fit <- one_factor(rows)
  table <- parameterEstimates(fit)
  standardised <- standardizedSolution(fit)
  omega <- table[table$op == ":=", ]
  rel <- suppressWarnings(suppressMessages(semTools::reliability(fit)))
  c(result, list(
    alpha_drop = setNames(as.list(a$alpha.drop$raw_alpha), items),
    omega = omega$est, omega_ci = c(omega$ci.lower, omega$ci.upper), omega_se = omega$se,
    omega_semtools = unname(rel["omega", 1]), omega_comprelsem = unname(semTools::compRelSEM(fit, obs.var = FALSE)[1]),
    ave = unname(semTools::AVE(fit)[1]), avevar = unname(rel["avevar", 1]),
    loadings = setNames(as.list(standardised$est.std[standardised$op == "=~"]), items),
    raw_loadings = table$est[table$op == "=~"],
    uniquenesses = table$est[table$op == "~~" & table$lhs != "f"],
    chisq = unname(fitMeasures(fit, "chisq"))
  ))
}

solution_reference <- function(rows, factors, method, rotation) {
  f <- suppressWarnings(suppressMessages(fa(rows, nfactors = factors, fm = method, rotate = rotation)))
  phi <- if (is.null(f$Phi)) diag(factors) else unname(f$Phi)
  list(
    loadings = unname(unclass(f$loadings)[, , drop = FALSE]), phi = phi, communality = unname(f$communality),
    uniqueness = unname(f$uniquenesses), variance_explained = unname(f$Vaccounted[2, ]),
    chisq = f$STATISTIC, df = f$dof, pvalue = f$PVAL, rmsr = f$rms
  )
}

factor_reference <- function(data, items, factors) {
  rows <- na.omit(data[, items])
  R <- cor(rows)
  kmo <- KMO(R)
  bartlett <- cortest.bartlett(R, n = nrow(rows))
  set.seed(1)
  invisible(capture.output(parallel <- fa.parallel(rows, fa = "pc", n.iter = 2000, quant = .95, plot = FALSE)))
  map <- suppressWarnings(suppressMessages(vss(rows, n = length(items), plot = FALSE)$map))
  solutions <- list()
  for (method in c("ml", "minres")) for (rotation in c("oblimin", "promax", "varimax", "none"))
    solutions[[paste(method, rotation)]] <- solution_reference(rows, factors, method, rotation)
  list(
    items = items, n = nrow(rows), n_incomplete = nrow(data) - nrow(rows),
    kmo = kmo$MSA, kmo_items = as.list(kmo$MSAi),
    bartlett = bartlett$chisq, bartlett_df = bartlett$df, bartlett_pvalue = bartlett$p.value,
    eigenvalues = parallel$pc.values, parallel_mean = parallel$pc.sim,
    parallel_percentile = unname(apply(parallel$values[, seq_along(items)], 2, quantile, .95)),
    parallel_components = parallel$ncomp, map = map[!is.na(map)], solutions = solutions
  )
}

read_data <- function(source, folder) {
  if (startsWith(source, "lavaan::")) return(getExportedValue("lavaan", sub("lavaan::", "", source)))
  read.csv(if (file.exists(source)) source else file.path(folder, source), na.strings = c("", "NA"))
}

arguments <- commandArgs(trailingOnly = TRUE)
inputs_file <- if (length(arguments) > 0) arguments[1] else "inputs.json"
output_file <- if (length(arguments) > 1) arguments[2] else "reference.json"
inputs <- fromJSON(inputs_file, simplifyVector = FALSE)
output <- lapply(inputs, function(set) {
  data <- as.data.frame(read_data(set$data, dirname(inputs_file)))
  list(
    scales = lapply(set$scales, function(items) scale_reference(data, unlist(items))),
    factor_analyses = lapply(set$factor_analyses, function(a) factor_reference(data, unlist(a$items), a$factors))
  )
})
write_json(output, output_file, digits = NA, auto_unbox = TRUE, pretty = 1, matrix = "rowmajor")
# The machine's own lines (its paths, its time) are nobody's business.
session <- grep("^(Running under|Matrix products|BLAS|LAPACK|LAPACK:)", capture.output(sessionInfo()), invert = TRUE, value = TRUE)
writeLines(session, file.path(dirname(output_file), "sessionInfo.txt"))
