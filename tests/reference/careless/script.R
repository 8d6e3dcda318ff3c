# Reference values for tests/pipeline/data/test_careless.py and tests/pipeline/moments/test_sample.py.
# Run in this folder: Rscript script.R
#
# answers.csv holds SYNTHETIC answers of 60 respondents to 14 seven-point items in four scales
# (4, 4, 3, 3 items), with missing cells. The indices are written out in base R by their definitions
# (longest run: rle; even-odd: Spearman-Brown of half-scale means, floored at -1, NOT negated);
# D2 comes from psych::outlier, which careless::mahad calls; skewness and kurtosis are psych's type 2.

library(psych)
library(jsonlite)

set.seed(20240229)
n <- 60
sizes <- c(4, 4, 3, 3)
trait <- matrix(rnorm(n * 4), n)[, rep(1:4, sizes)]
x <- round(4 + 1.1 * trait + 0.9 * matrix(rnorm(n * sum(sizes)), n))
x <- pmin(pmax(x, 1), 7)
x[1, ] <- 4                                      # a straight-liner
x[2, ] <- sample(1:7, sum(sizes), TRUE)          # answers at random
x[3, ] <- c(1, 7, 1, 7, 7, 1, 7, 1, 1, 7, 1, 7, 1, 7)  # halves that contradict each other
x[matrix(runif(length(x)) < .04, n)] <- NA
x[4, 1:11] <- NA                                 # one scale left
colnames(x) <- paste0("x", seq_len(ncol(x)))
write.csv(x, "answers.csv", row.names = FALSE, na = "")

even_odd <- function(row) {
  last <- cumsum(sizes)
  first <- last - sizes + 1
  halves <- sapply(seq_along(sizes), function(s) {
    v <- row[first[s]:last[s]]
    odd <- seq_along(v) %% 2 == 1
    c(mean(v[odd], na.rm = TRUE), mean(v[!odd], na.rm = TRUE))
  })
  if (sum(complete.cases(t(halves))) < 2) return(NA)
  r <- suppressWarnings(cor(halves[1, ], halves[2, ], use = "pairwise.complete.obs"))
  value <- 2 * r / (1 + r)
  if (!is.na(value) && value < -1) value <- -1
  value
}

write_json(list(
  longstring = apply(x, 1, function(row) max(rle(row)$lengths)),
  irv = apply(x, 1, sd, na.rm = TRUE),
  even_odd = apply(x, 1, even_odd),
  mahalanobis = as.numeric(outlier(x, plot = FALSE)),
  cutoff_99 = qchisq(.99, ncol(x)),
  pairwise_covariance = unname(cov(x, use = "pairwise")),
  complete_n = sum(complete.cases(x)),
  complete_mean = unname(colMeans(na.omit(x))),
  complete_covariance = unname(cov(na.omit(x))),
  complete_correlation = unname(cor(na.omit(x))),
  skewness = unname(apply(x, 2, function(v) skew(v[!is.na(v)], type = 2))),
  kurtosis = unname(apply(x, 2, function(v) kurtosi(v[!is.na(v)], type = 2)))
), "expected.json", digits = I(17), auto_unbox = TRUE, na = "null", pretty = TRUE)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
