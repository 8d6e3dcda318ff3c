# Reference values for tests/pipeline/measurement/test_agreement.py.
# Run in this folder: Rscript script.R
#
# balanced.csv holds the ratings of Shrout & Fleiss (1979), Table 2: 6 targets, 4 judges. unbalanced.csv holds SYNTHETIC
# answers of 2 to 5 informants in each of 24 units to 4 seven-point items. ICC(1) and ICC(k) of balanced data are
# psych's; of unbalanced data mean squares come from aov, the rest is written out by its definition. The limits of the
# unbalanced intervals solve Wald's (1940) equation by uniroot. rwg(j) and AD(j) are base R, by their definitions.

library(psych)
library(jsonlite)

balanced <- matrix(c(9, 2, 5, 8,  6, 1, 3, 2,  8, 4, 6, 8,  7, 1, 2, 6,  10, 5, 6, 9,  6, 2, 4, 7), 6, byrow = TRUE)
write.csv(data.frame(unit = rep(0:5, each = 4), score = as.vector(t(balanced))), "balanced.csv", row.names = FALSE)
icc <- ICC(balanced, lmer = FALSE)$results

set.seed(19400101)
size <- sample(2:5, 24, TRUE)
unit <- rep(seq_along(size), size)
level <- rnorm(24)[unit]
x <- round(4 + 0.9 * level + matrix(rnorm(length(unit) * 4), ncol = 4) * c(0.6, 1.4)[1 + (unit %% 3 == 0)])
x <- pmin(pmax(x, 1), 7)
x[unit == 24, ] <- rep(c(1, 7), length.out = sum(unit == 24))       # informants who contradict each other
colnames(x) <- paste0("x", 1:4)
order <- sample(length(unit))                                        # informants of a unit do not stand together
write.csv(data.frame(unit = unit[order] - 1, x[order, ]), "unbalanced.csv", row.names = FALSE)

y <- rowMeans(x)
table <- anova(aov(y ~ factor(unit)))
msb <- table[1, "Mean Sq"]; msw <- table[2, "Mean Sq"]
N <- length(y); G <- length(size)
k <- (N - sum(size^2) / N) / (G - 1)
means <- tapply(y, unit, mean)
wald <- function(theta) {
  w <- size / (1 + size * theta)
  sum(w * (means - weighted.mean(means, w))^2) / ((G - 1) * msw)
}
theta <- sapply(c(.975, .025), function(p)
  uniroot(function(t) wald(t) - qf(p, G - 1, N - G), c(-1 / max(size) + 1e-6, 1e4), tol = 1e-15)$root)

mean_variance <- sapply(split(as.data.frame(x), unit), function(d) mean(apply(d, 2, var)))
rwgj <- function(null) {
  v <- mean_variance / null
  value <- 4 * (1 - v) / (4 * (1 - v) + v)
  value[v > 1] <- NA
  unname(value)
}
ad <- sapply(split(as.data.frame(x), unit), function(d) mean(apply(d, 2, function(v) mean(abs(v - mean(v))))))

write_json(list(
  balanced = list(icc1 = icc[1, "ICC"], icc1_interval = unlist(icc[1, c("lower bound", "upper bound")]),
                  icc2 = icc[4, "ICC"], icc2_interval = unlist(icc[4, c("lower bound", "upper bound")]),
                  f = icc[1, "F"], df_between = icc[1, "df1"], df_within = icc[1, "df2"], pvalue = icc[1, "p"]),
  unbalanced = list(average_size = k, ms_between = msb, ms_within = msw, f = table[1, "F value"],
                    df_between = table[1, "Df"], df_within = table[2, "Df"], pvalue = table[1, "Pr(>F)"],
                    icc1 = (msb - msw) / (msb + (k - 1) * msw), icc1_interval = theta / (1 + theta),
                    icc2 = (msb - msw) / msb, icc2_interval = k * theta / (1 + k * theta)),
  mean_variance = unname(mean_variance), rwgj_uniform = rwgj(4), rwgj_slight = rwgj(2.90),
  rwgj_moderate = rwgj(2.14), average_deviation = unname(ad)
), "expected.json", digits = I(17), auto_unbox = TRUE, na = "null", pretty = TRUE)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
