# Welch's test, correlation, slope and goodness of fit as R computes them.
# Run in this folder: Rscript script.R
library(jsonlite)
answers <- read.csv("answers.csv")
welch <- function(name) {
  test <- t.test(answers[[name]][answers$late == 1], answers[[name]][answers$late == 0])
  list(mean_second = test$estimate[[1]], mean_first = test$estimate[[2]], t = test$statistic[[1]],
       df = test$parameter[[1]], pvalue = test$p.value, lower = test$conf.int[1], upper = test$conf.int[2],
       sd_first = sd(answers[[name]][answers$late == 0], na.rm = TRUE),
       sd_second = sd(answers[[name]][answers$late == 1], na.rm = TRUE),
       n_first = sum(!is.na(answers[[name]][answers$late == 0])),
       n_second = sum(!is.na(answers[[name]][answers$late == 1])))
}
line <- function(x, y) {
  test <- cor.test(answers[[x]], answers[[y]])
  fit <- lm(answers[[y]] ~ answers[[x]])
  list(n = nobs(fit), r = test$estimate[[1]], lower = test$conf.int[1], upper = test$conf.int[2],
       slope = coef(fit)[[2]], slope_lower = confint(fit)[2, 1], slope_upper = confint(fit)[2, 2],
       pvalue = summary(fit)$coefficients[2, 4])
}
fit <- function(counts, shares) {
  test <- suppressWarnings(chisq.test(counts, p = shares))
  ncp <- function(p) {
    if (pchisq(test$statistic, test$parameter) <= p) return(0)
    uniroot(function(l) pchisq(test$statistic, test$parameter, ncp = l) - p, c(0, 500), tol = 1e-12)$root
  }
  n <- sum(counts)
  list(counts = counts, shares = shares, chisq = test$statistic[[1]], df = test$parameter[[1]], pvalue = test$p.value,
       expected = as.numeric(test$expected), residuals = as.numeric(test$stdres),
       w = sqrt(test$statistic[[1]] / n), w_lower = sqrt(ncp(.975) / n), w_upper = sqrt(ncp(.025) / n))
}
exact <- function(x, n) { i <- binom.test(x, n)$conf.int; list(count = x, n = n, lower = i[1], upper = i[2]) }
out <- list(
  welch = list(first = welch("first"), second = welch("second")),
  lines = list(wave_first = line("wave", "first"), wave_second = line("wave", "second"),
               interest_first = line("interest", "first")),
  fits = list(fit(c(40, 25, 20, 15), c(.25, .25, .25, .25)), fit(c(52, 29, 19), c(.5, .3, .2)),
              fit(c(12, 3, 1), c(.6, .3, .1))),
  rates = list(exact(431, 1200), exact(0, 20), exact(577, 655)))
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(17), pretty = TRUE), "output.json")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
