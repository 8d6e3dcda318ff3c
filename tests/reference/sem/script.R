# Reference values for pipeline/sem, from lavaan.
#
#   Rscript script.R                                   every reference in this folder
#   Rscript script.R data.csv model.lav output.json    one model on one file (complete cases)
#
# `mediation.csv` is synthetic: made once by make_data() below, and kept so that nobody has to trust
# that random numbers stay the same between versions of R.

suppressPackageStartupMessages({
  library(lavaan)
  library(jsonlite)
})

MEASURES <- c("npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli",
              "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue", "srmr", "gfi",
              "logl", "unrestricted.logl", "aic", "bic", "bic2")

matrix_of <- function(m, order) unname(unclass(m)[order, order])

reference <- function(data, model_file, output) {
  model <- paste(readLines(model_file), collapse = "\n")
  fit <- suppressWarnings(sem(model, data = data))
  stopifnot(lavInspect(fit, "converged"))
  table <- parameterEstimates(fit, standardized = TRUE)
  columns <- c("lhs", "op", "rhs", "label", "est", "se", "z", "pvalue", "ci.lower", "ci.upper", "std.all")
  table <- as.data.frame(unclass(table), stringsAsFactors = FALSE)
  if (is.null(table$label)) table$label <- ""
  order <- lavNames(fit, "ov")
  result <- list(
    model = model,
    nobs = lavInspect(fit, "nobs"),
    variables = order,
    fixed_x = I(lavNames(fit, "ov.x")),
    admissible = suppressWarnings(lavInspect(fit, "post.check")),
    parameters = table[, columns],
    measures = as.list(fitMeasures(fit, MEASURES)),
    r2 = as.list(lavInspect(fit, "rsquare")),
    sample_cov = matrix_of(lavInspect(fit, "sampstat")$cov, order),
    implied_cov = matrix_of(lavInspect(fit, "implied")$cov, order)
  )
  write_json(result, output, digits = 12, auto_unbox = TRUE, na = "null", pretty = TRUE)
}

# Percentile limits exactly as lavaan takes them, with the draws they were taken from.
bootstrap_reference <- function(data, output) {
  model <- "daf ~ a*exp_rw + lnsize
            lrar ~ b*daf + exp_rw
            ab := a*b"
  draw <- function(draws) {
    set.seed(20240117)
    fit <- sem(model, data = data, se = "bootstrap", bootstrap = draws)
    values <- lavInspect(fit, "boot")
    limits <- lapply(c(0.90, 0.95, 0.99), function(level) {
      row <- subset(parameterEstimates(fit, level = level, boot.ci.type = "perc"), op == ":=")
      list(level = level, lower = row$ci.lower, upper = row$ci.upper, se = row$se)
    })
    list(draws = unname(values[, "a"] * values[, "b"]), limits = limits)
  }
  write_json(lapply(c(199, 250, 400), draw), output, digits = 15, auto_unbox = TRUE, pretty = FALSE)
}

make_data <- function(n = 400, seed = 20240501) {
  set.seed(seed)
  lnsize <- rnorm(n, 6, 1.5)
  z <- (lnsize - 6) / 1.5
  firmage <- rgamma(n, 3)
  tmco <- pmin(pmax(round(rnorm(n, 4.5, 1.2) * 3) / 3, 1), 7)
  industry <- sample(3, n, replace = TRUE, prob = c(.4, .3, .3))
  e <- .4 * z + .9 * rnorm(n)
  daf <- as.numeric(.35 * e + .25 * z + .15 * (tmco - 4.5) + .9 * rnorm(n) > .2)
  L <- .5 * daf + .1 * e + .15 * z + .2 * (tmco - 4.5) + .9 * rnorm(n)
  A <- .35 * L + .2 * daf + .1 * e + .85 * rnorm(n)
  S <- .40 * A + .1 * L + .1 * daf + .8 * rnorm(n)
  indicators <- function(f) sapply(1:4, function(i) round(4 + .75 * f + .65 * rnorm(n), 4))
  out <- data.frame(indicators(L), indicators(A), indicators(S))
  names(out) <- c("lrar", "lrco", "lrsh", "lrin", "amse", "amgo", "amco", "amex",
                  "sufl1", "sufl2", "sufl3", "sufl4")
  cbind(out, daf = daf, exp_rw = round(e + 3, 4), lnsize = round(lnsize, 4), firmage = round(firmage, 4),
        tmco = round(tmco, 4), ind_tech = as.numeric(industry == 2), ind_serv = as.numeric(industry == 3))
}

main <- function(arguments) {
  if (length(arguments) == 3) {
    data <- read.csv(arguments[1], na.strings = c("", "NA"))
    return(invisible(reference(data, arguments[2], arguments[3])))
  }
  if (!file.exists("mediation.csv")) write.csv(make_data(), "mediation.csv", row.names = FALSE, quote = FALSE)
  mediation <- read.csv("mediation.csv")
  data_of <- list(holzinger_cfa = HolzingerSwineford1939, modifiers = HolzingerSwineford1939,
                  heywood = HolzingerSwineford1939, political_democracy = PoliticalDemocracy,
                  serial_mediation = mediation, second_order = mediation, observed_paths = mediation,
                  saturated = mediation)
  for (name in names(data_of)) {
    reference(data_of[[name]], file.path("models", paste0(name, ".lav")), paste0(name, ".json"))
  }
  bootstrap_reference(mediation, "percentile_limits.json")
  writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
}

main(commandArgs(trailingOnly = TRUE))
