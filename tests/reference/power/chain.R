# The chain of data/chain at 175 firms by lavaan: population, estimation and Monte Carlo interval written anew in R.
suppressMessages(library(lavaan)); library(jsonlite)
set.seed(20261122)
model <- "
L =~ l1 + l2 + l3 + l4
A =~ a1 + a2 + a3 + a4
daf ~ p1*exp + size
L ~ p2*daf + exp + size
A ~ p3*L + daf + exp + size
"
study <- function(n) {
  e <- function() rnorm(n)
  size <- e(); exp <- .4 * size + .9 * e()
  daf <- as.numeric(.25 * exp + .25 * size + .9 * e() > .2)
  L <- .5 * daf + .10 * exp + .15 * size + .9 * e()
  A <- .35 * L + .2 * daf + .1 * exp + .85 * e()
  X <- sapply(1:8, function(i) .75 * (if (i < 5) L else A) + .65 * e())
  colnames(X) <- c(paste0("l", 1:4), paste0("a", 1:4))
  data.frame(X, daf, exp, size)
}
one <- function(n, draws = 4000) {
  fit <- sem(model, study(n), estimator = "MLR", se = "robust", test = "none", baseline = FALSE)
  if (!lavInspect(fit, "converged")) return(c(NA, NA, NA, NA))
  p <- c("p1", "p2", "p3"); est <- coef(fit)[p]; V <- vcov(fit)[p, p]
  d <- sweep(matrix(rnorm(3 * draws), draws) %*% chol(V), 2, est, "+")
  q <- quantile(d[, 1] * d[, 2] * d[, 3], c(.025, .975), names = FALSE)
  z <- est / sqrt(diag(V))
  g <- c(est[2] * est[3], est[1] * est[3], est[1] * est[2])
  c(q[1] > 0, all(z > qnorm(.975)), prod(est) / sqrt(sum(g * (V %*% g))) > qnorm(.975), prod(est), q[2] - q[1])
}
reps <- 1000
found <- t(replicate(reps, one(175)))
write_json(list(n = 175, replications = reps, converged = sum(!is.na(found[, 1])), monte_carlo = sum(found[, 1]),
                joint = sum(found[, 2]), delta = sum(found[, 3]), estimate = mean(found[, 4]), sd = sd(found[, 4]),
                width = mean(found[, 5])), "chain.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
