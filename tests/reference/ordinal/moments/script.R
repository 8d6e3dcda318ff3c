# Sample moments of ordered and numeric variables by lavaan and psych, on synthetic data made here.
#
#   Rscript script.R        in this folder
#
# Writes data_*.csv (codes from 1; empty where missing) and, for each, expected_*.json with
#   wls.obs, gamma   lavInspect(): the moments in lavaan's order (means with a minus sign) and N times their covariance
#   lavCor           lavaan's two-step correlations
#   psych0, psych5   psych::polychoric(correct = 0 and .5), ordered variables only; with values missing psych takes
#                    each pair's thresholds from its own table, so that only complete data compare
# and expected_smooth.json with what psych::cor.smooth makes of an indefinite matrix.
# Matrices are lists of rows, digits are full.

library(lavaan)
suppressMessages(library(psych))
library(jsonlite)

set.seed(6)
store <- function(x, file) writeLines(toJSON(x, digits = NA, matrix = "rowmajor", auto_unbox = TRUE), file)

cut_at <- function(z, shares) as.integer(cut(z, c(-Inf, qnorm(cumsum(shares)[-length(shares)]), Inf)))

shares <- list(c(.8, .2), c(.6, .3, .1), c(.1, .2, .3, .4), c(.05, .1, .2, .3, .35), c(.4, .25, .15, .1, .06, .04),
               c(.03, .07, .1, .2, .25, .2, .15))

factor_data <- function(n, loadings) {
  f <- rnorm(n)
  sapply(loadings, function(l) l * f + sqrt(1 - l^2) * rnorm(n))
}

# -- 1 and 2: two to seven categories, complete and with values missing -------------------------------------

z <- factor_data(400, c(.8, .7, -.6, .75, .5, .85))
ordered <- as.data.frame(sapply(1:6, function(j) cut_at(z[, j], shares[[j]])))
names(ordered) <- paste0("y", 1:6)
gaps <- ordered
gaps[matrix(runif(400 * 6) < .1, 400)] <- NA

# -- 3: ordered and numeric ---------------------------------------------------------------------------------

z <- factor_data(300, c(.8, .7, .6, .75, .5))
mixed <- data.frame(y1 = cut_at(z[, 1], shares[[2]]), y2 = 10 + 3 * z[, 2], y3 = cut_at(z[, 3], c(.7, .3)),
                    y4 = -2 + .5 * z[, 4] + .2 * z[, 4]^2, y5 = cut_at(z[, 5], shares[[4]]))
mixed_gaps <- mixed
mixed_gaps[matrix(runif(300 * 5) < .1, 300)] <- NA

# -- 4: binary, ordered and numeric given two covariates ----------------------------------------------------

z <- factor_data(350, c(.7, .8, .6, .5))
x1 <- rnorm(350, 3, 2)
x2 <- rbinom(350, 1, .4)
given <- data.frame(y1 = cut_at(.3 * (x1 - 3) + z[, 1], c(.65, .35)),
                    y2 = cut_at(.5 * x2 + z[, 2], shares[[3]]),
                    y3 = 5 + .4 * x1 - x2 + 2 * z[, 3],
                    y4 = cut_at(-.2 * (x1 - 3) + z[, 4], shares[[2]]),
                    y5 = 1 + .1 * x1 + .5 * z[, 1] + rnorm(350), x1 = x1, x2 = x2)
given_gaps <- given
given_gaps[1:5][matrix(runif(350 * 5) < .08, 350)] <- NA

# -- 5: 2 x 2 tables, one of them with an empty cell --------------------------------------------------------

z <- factor_data(120, c(.9, .6, .7))
binary <- as.data.frame(sapply(1:3, function(j) cut_at(z[, j], c(.5, .5) + c(.2, -.2) * (j - 1))))
names(binary) <- paste0("y", 1:3)
binary$y4 <- ifelse(binary$y1 == 2 & z[, 2] > 0, 2, 1)

# -----------------------------------------------------------------------------------------------------------

moments <- function(data, y, ordered, x = character(0), missing = "listwise") {
  model <- if (length(x)) paste(y, "~", paste(x, collapse = " + "), collapse = "\n") else ""
  pairs <- combn(y, 2)
  model <- paste(c(model, paste(pairs[1, ], "~~", pairs[2, ])), collapse = "\n")
  fit <- sem(model, data, ordered = ordered, missing = missing, estimator = "WLSMV", do.fit = FALSE)
  list(obs = unname(c(lavInspect(fit, "wls.obs"))), gamma = unname(unclass(lavInspect(fit, "gamma"))),
       weight = unname(diag(unclass(lavInspect(fit, "wls.v")))), nobs = lavInspect(fit, "nobs"))
}

psychs <- function(data, correct) unname(unclass(polychoric(data, correct = correct, smooth = FALSE,
                                                            global = FALSE)$rho))

cases <- list(ordered = list(ordered, paste0("y", 1:6), paste0("y", 1:6), character(0), "listwise"),
              gaps = list(gaps, paste0("y", 1:6), paste0("y", 1:6), character(0), "pairwise"),
              mixed = list(mixed, paste0("y", 1:5), c("y1", "y3", "y5"), character(0), "listwise"),
              mixed_gaps = list(mixed_gaps, paste0("y", 1:5), c("y1", "y3", "y5"), character(0), "pairwise"),
              given = list(given, paste0("y", 1:5), c("y1", "y2", "y4"), c("x1", "x2"), "listwise"),
              given_gaps = list(given_gaps, paste0("y", 1:5), c("y1", "y2", "y4"), c("x1", "x2"), "pairwise"),
              binary = list(binary, paste0("y", 1:4), paste0("y", 1:4), character(0), "listwise"))

for (name in names(cases)) {
  case <- cases[[name]]
  data <- case[[1]]
  write.csv(data, paste0("data_", name, ".csv"), row.names = FALSE, na = "")
  found <- do.call(moments, case)
  if (!length(case[[4]]))
    found$lavCor <- unname(unclass(lavCor(data, ordered = case[[3]], missing = case[[5]], output = "cor")))
  if (length(case[[3]]) == ncol(data)) {
    found$psych0 <- psychs(data, 0)
    found$psych5 <- psychs(data, .5)
  }
  store(found, paste0("expected_", name, ".json"))
}

# -- smoothing --------------------------------------------------------------------------------------------

indefinite <- matrix(c(1, .9, -.7, .2, .9, 1, .5, .1, -.7, .5, 1, .3, .2, .1, .3, 1), 4)
store(list(given = indefinite, smoothed = unname(cor.smooth(indefinite))), "expected_smooth.json")

writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
