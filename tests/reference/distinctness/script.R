# Convergent and discriminant validity as lavaan and semTools have them.
#
#   Rscript script.R      reads inputs.json and the data named there, writes reference.json and sessionInfo.txt
#
# inputs.json: {case: {"data": a csv beside it or in ../measurement, or lavaan::NAME, "scales": {scale: [items]},
#                      "estimator": ML or MLR, "missing": listwise or fiml, "cluster": a column (optional)}}

suppressMessages({library(lavaan); library(semTools); library(jsonlite)})

# Labels for the defined quantities, whose standardised values and delta-method errors standardizedSolution() has.
model_of <- function(scales) {
  lines <- character(0)
  for (name in names(scales)) {
    items <- unlist(scales[[name]])
    k <- length(items)
    labels <- paste0("l_", name, 1:k)
    lines <- c(lines,
      paste(name, "=~", paste0(labels, "*", items, collapse = " + ")),
      paste0("ave_", name, " := (", paste0(labels, "^2", collapse = " + "), ") / ", k),
      paste0("cr_", name, " := (", paste0(labels, collapse = " + "), ")^2 / ((", paste0(labels, collapse = " + "),
             ")^2 + ", k, " - (", paste0(labels, "^2", collapse = " + "), "))"))
  }
  lines
}

plain_model <- function(scales) sapply(names(scales), function(name)
  paste(name, "=~", paste(unlist(scales[[name]]), collapse = " + ")))

ratios <- function(model, R) {
  one <- function(...) suppressWarnings(unname(unclass(htmt(model, sample.cov = R, ...))[, , drop = FALSE]))
  list(htmt = one(htmt2 = FALSE, absolute = TRUE), htmt2 = one(htmt2 = TRUE, absolute = TRUE),
       htmt_signed = one(htmt2 = FALSE, absolute = FALSE))
}

rows_of <- function(found) lapply(seq_len(nrow(found)), function(i) as.list(found[i, ]))

tests_of <- function(fit, ...) {
  found <- suppressWarnings(suppressMessages(discriminantValidity(fit, ...)))
  found <- data.frame(lhs = found$lhs, rhs = found$rhs, est = found$est, lower = found$ci.lower, upper = found$ci.upper,
                      chisq = found[["Chisq diff"]], df = found[["Df diff"]], pvalue = found[["Pr(>Chisq)"]])
  rows_of(found)
}

case_of <- function(case) {
  data <- read_data(case$data)
  scales <- case$scales
  items <- unlist(scales, use.names = FALSE)
  arguments <- list(data = data, std.lv = TRUE, estimator = case$estimator, missing = case$missing)
  if (!is.null(case$cluster)) arguments$cluster <- case$cluster
  labelled <- do.call("cfa", c(list(model = model_of(scales)), arguments))
  fit <- do.call("cfa", c(list(model = plain_model(scales)), arguments))
  standardised <- standardizedSolution(labelled)
  estimates <- parameterEstimates(fit)
  loadings <- standardised[standardised$op == "=~", ]
  defined <- standardised[standardised$op == ":=", ]
  change <- modindices(fit)
  change <- change[change$op == "=~", ]
  R <- cor(data[, items], use = "pairwise.complete.obs")
  list(
    n = lavInspect(fit, "nobs"), cfi = unname(fitMeasures(fit, "cfi")),
    loadings = setNames(as.list(loadings$est.std), loadings$rhs),
    raw_loadings = setNames(as.list(estimates$est[estimates$op == "=~"]), estimates$rhs[estimates$op == "=~"]),
    uniquenesses = setNames(as.list(estimates$est[estimates$op == "~~" & estimates$lhs %in% items]),
                            estimates$lhs[estimates$op == "~~" & estimates$lhs %in% items]),
    defined = setNames(as.list(defined$est.std), defined$lhs), defined_se = setNames(as.list(defined$se), defined$lhs),
    ave_units = as.list(AVE(fit, obs.var = FALSE)), ave_observed = as.list(AVE(fit)),
    reliability_units = as.list(compRelSEM(fit, obs.var = FALSE)),
    at_90 = tests_of(fit, cutoff = .9), at_100 = tests_of(fit, cutoff = 1), merged = tests_of(fit, merge = TRUE),
    changes = rows_of(change[, c("lhs", "rhs", "mi", "epc", "sepc.all")]),
    pairwise = ratios(plain_model(scales), R),
    complete = ratios(plain_model(scales), cor(na.omit(data[, items])))
  )
}

read_data <- function(source) {
  if (startsWith(source, "lavaan::")) return(as.data.frame(getExportedValue("lavaan", sub("lavaan::", "", source))))
  read.csv(if (file.exists(source)) source else file.path("..", "measurement", source), na.strings = c("", "NA"))
}

output <- lapply(fromJSON("inputs.json", simplifyVector = FALSE), case_of)
write_json(output, "reference.json", digits = NA, auto_unbox = TRUE, pretty = 1, matrix = "rowmajor")
# The machine's own lines (its paths, its time) are nobody's business.
session <- grep("^(Running under|Matrix products|BLAS|LAPACK|LAPACK:)", capture.output(sessionInfo()), invert = TRUE,
                value = TRUE)
writeLines(session, "sessionInfo.txt")
