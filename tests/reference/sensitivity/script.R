# Sensitivity of indirect effects, from lavaan: every model estimated anew, no closed form anywhere.
#
#   Rscript script.R        in this folder
#
# The data are ../sem/mediation.csv (synthetic) with gaps made by rule: lrar is taken out of every 7th row from the
# 3rd, exp_rw out of every 11th from the 5th. Estimation is robust maximum likelihood with full information, covariates
# random. reference.json holds chi-square, degrees of freedom and the defined effects of
#   specified    the serial mediation as it stands
#   rho_…        the same with one pair of disturbances held at a correlation by `==`
#   reliability  experience as a latent variable, its error variance fixed at 1 - r of its variance (divided by N)
#   order_…      the chain in another order, saturated, its product defined as `serial`

suppressPackageStartupMessages({
  library(lavaan)
  library(jsonlite)
})

data <- read.csv(file.path("..", "sem", "mediation.csv"))
data$lrar[seq(3, nrow(data), by = 7)] <- NA
data$exp_rw[seq(5, nrow(data), by = 11)] <- NA

measurement <- "
LRN =~ lrar + lrco + lrsh + lrin
AMC =~ amse + amgo + amco + amex
SUC =~ sufl1 + sufl2 + sufl3 + sufl4
"
others <- c("lnsize", "firmage", "tmco", "ind_tech", "ind_serv")
Z <- paste(others, collapse = " + ")
definitions <- "
serial_learning := a1*a2
serial_capability := a1*a2*b
serial_success := a1*a2*b*g
function_only := a1*c2
learning_only := d*b
"
chain <- function(experience) paste0(measurement, "
daf ~ a1*", experience, " + ", Z, "
LRN ~ a2*daf + d*", experience, " + ", Z, "
AMC ~ b*LRN + c2*daf + c1*", experience, " + ", Z, "
SUC ~ g*AMC + h3*LRN + h2*daf + h1*", experience, " + ", Z, "
", definitions)

correlated <- function(mediator, outcome, rho) paste0(chain("exp_rw"), "
", mediator, " ~~ vm*", mediator, "
", outcome, " ~~ vo*", outcome, "
", mediator, " ~~ cmo*", outcome, "
cmo == ", rho, "*sqrt(vm*vo)
")

# Observed exogenous variables covary by themselves only as long as none of their covariances is written down.
covarying <- function(names) {
  pairs <- combn(names, 2)
  paste0(pairs[1, ], " ~~ ", pairs[2, ], "\n", collapse = "")
}

ordered <- function(variables) {
  text <- measurement
  for (place in seq_along(variables)) {
    before <- variables[seq_len(place - 1)]
    terms <- c(rev(before), others)
    if (place > 1) terms[1] <- paste0("s", place - 1, "*", terms[1])
    text <- paste0(text, variables[place], " ~ ", paste(terms, collapse = " + "), "\n")
  }
  paste0(text, "SUC ~ AMC + LRN + daf + exp_rw + ", Z, "\n",
         "serial := ", paste0("s", seq_len(length(variables) - 1), collapse = "*"), "\n")
}

estimated <- function(text) {
  fit <- sem(text, data, estimator = "MLR", missing = "ml", fixed.x = FALSE, em.h1.tol = 1e-10,
             em.h1.iter.max = 10000)
  stopifnot(lavInspect(fit, "converged"))
  fit
}

report <- function(fit, ...) {
  found <- parameterEstimates(fit, standardized = TRUE)
  found <- found[found$op == ":=", ]
  list(..., chisq = unname(fitMeasures(fit, "chisq")), df = unname(fitMeasures(fit, "df")),
       effects = data.frame(name = found$lhs, est = found$est, se = found$se, z = found$z, std_all = found$std.all))
}

specified <- estimated(chain("exp_rw"))
variance <- lavInspect(specified, "sampstat")$cov["exp_rw", "exp_rw"]
out <- list(n = lavInspect(specified, "nobs"), variance = variance, specified = report(specified))

pairs <- list(c("daf", "LRN", -0.2), c("LRN", "AMC", 0.3), c("AMC", "SUC", 0.4), c("daf", "AMC", 0.25))
out$rho <- lapply(pairs, function(p)
  report(estimated(correlated(p[1], p[2], p[3])), mediator = p[1], outcome = p[2], rho = as.numeric(p[3])))

out$reliability <- lapply(c(0.7, 0.8, 0.9), function(r) report(estimated(paste0(
  "EXPERIENCE =~ 1*exp_rw\n", sprintf("exp_rw ~~ %.15g*exp_rw\n", (1 - r) * variance),
  covarying(c("EXPERIENCE", others)), chain("EXPERIENCE"))), reliability = r))

orders <- list(c("exp_rw", "daf", "LRN", "AMC"), c("exp_rw", "LRN", "daf", "AMC"), c("exp_rw", "daf", "AMC", "LRN"),
               c("AMC", "LRN", "daf", "exp_rw"))
out$orders <- lapply(orders, function(o) report(estimated(ordered(o)), order = o))

write_json(out, "reference.json", digits = 12, auto_unbox = TRUE, pretty = TRUE, dataframe = "rows")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
