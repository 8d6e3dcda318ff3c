# Fit of confirmatory factor analyses in samples of populations where they hold and where they miss something
# (McNeish & Wolf 2023), by lavaan. Populations are built here step by step from the rules, not by the package under test.
#   Rscript script.R      writes reference.json and sessionInfo.txt
suppressPackageStartupMessages({library(lavaan); library(jsonlite); library(MASS)})

three <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
one <- "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
n <- 301

population <- function(fit) {
  s <- lavInspect(fit, "std")
  list(lambda = s$lambda, psi = s$psi, theta = s$theta)
}
filled <- function(m) { R <- m$lambda %*% m$psi %*% t(m$lambda) + m$theta; diag(R) <- 1; R }

levels_of_three <- function(m) {
  lowest <- lapply(colnames(m$lambda), function(f) {
    own <- m$lambda[m$lambda[, f] != 0, f]
    i <- names(which.min(abs(own)))
    data.frame(factor = f, item = i, loading = m$lambda[i, f])
  })
  lowest <- do.call(rbind, lowest)
  lowest <- lowest[order(abs(lowest$loading)), ][1:2, ]
  H <- apply(m$lambda, 2, function(l) { l <- l[l != 0]; r <- sum(l^2 / (1 - l^2)); r / (1 + r) })
  used <- character(); out <- list(); added <- list()
  for (k in 1:2) {
    own <- lowest$factor[k]
    others <- setdiff(names(H), own)
    others <- others[!(sapply(others, function(o) paste(sort(c(own, o)), collapse = " ")) %in% used)]
    to <- others[which.max(H[others])]
    used <- c(used, paste(sort(c(own, to)), collapse = " "))
    l <- lowest$loading[k]; phi <- m$psi[own, to]
    size <- min(l, .95 * (sqrt(l^2 * phi^2 + 1 - l^2) - l * phi))
    m$lambda[lowest$item[k], to] <- size
    added[[k]] <- list(lowest$item[k], to, size)
    out[[k]] <- list(level = k, added = added[1:k], R = filled(m))
  }
  out
}
levels_of_one <- function(m) {
  items <- rownames(m$lambda)[order(abs(m$lambda[, 1]))]
  pairs <- 4; most <- c(floor(pairs / 3), floor(2 * pairs / 3), pairs); out <- list(); added <- list()
  for (k in 1:pairs) {
    a <- items[2 * k]; b <- items[2 * k - 1]
    m$theta[a, b] <- m$theta[b, a] <- .3 * sqrt(m$theta[a, a] * m$theta[b, b])
    added[[k]] <- list(a, b, .3)
    if (k %in% most) out[[length(out) + 1]] <- list(level = length(out) + 1, added = added[1:k], R = filled(m))
  }
  out
}

fits_in <- function(model, R, reps, seed) {
  set.seed(seed)
  draws <- lapply(1:reps, function(i) {
    X <- mvrnorm(n, rep(0, 9), R); colnames(X) <- colnames(R); X
  })
  values <- t(sapply(draws, function(X) {
    f <- cfa(model, as.data.frame(X), std.lv = TRUE)
    if (lavInspect(f, "converged")) fitMeasures(f, c("cfi", "rmsea", "srmr")) else rep(NA, 3)
  }))
  colnames(values) <- c("cfi", "rmsea", "srmr")
  list(
    quantiles = apply(values, 2, quantile, c(.05, .10, .90, .95), na.rm = TRUE), converged = sum(!is.na(values[, 1])),
    # A few samples in full, by which formulas are compared digit for digit.
    samples = lapply(1:3, function(i) list(S = cov(draws[[i]]) * (n - 1) / n, fit = values[i, ])))
}

about <- function(model, levels, reps, seed) {
  m <- population(cfa(model, HolzingerSwineford1939, std.lv = TRUE))
  all <- c(list(list(level = 0, added = list(), R = filled(m))), levels(m))
  lapply(seq_along(all), function(i) c(all[[i]], list(names = colnames(all[[i]]$R)), fits_in(model, all[[i]]$R, reps, seed + i)))
}

found <- list(
  three = list(model = three, n = n, replications = 1000, levels = about(three, levels_of_three, 1000, 100)),
  one = list(model = one, n = n, replications = 500, levels = about(one, levels_of_one, 500, 200)))
write_json(found, "reference.json", digits = NA, auto_unbox = TRUE, matrix = "rowmajor", pretty = FALSE)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
