# Number of factors, rotations and a general factor as psych and GPArotation have them.
#
#   Rscript script.R        in this folder; writes reference.json and sessionInfo.txt
#
# The empirical Kaiser criterion and the hull method are computed here from their formulas: no package of them is at hand.

suppressMessages({library(lavaan); library(psych); library(GPArotation); library(jsonlite)})
options(mc.cores = 1)  # psych's parallel processes would take no seed

quietly <- function(expression) {
  invisible(capture.output(value <- suppressWarnings(suppressMessages(expression))))
  value
}

solution <- function(R, n, factors, method, rotation) {
  f <- quietly(fa(R, nfactors = factors, n.obs = n, fm = method, rotate = rotation))
  list(loadings = unname(unclass(f$loadings)[, , drop = FALSE]),
       phi = if (is.null(f$Phi)) diag(factors) else unname(f$Phi), communality = unname(f$communality),
       variance_explained = unname(f$Vaccounted[2, ]), rmsr = f$rms, chisq = f$STATISTIC, df = f$dof)
}

# Cross-loadings aimed at 0, own loadings free; from psych's unrotated loadings and the same orthogonal start.
target <- function(R, factors, groups) {
  A <- unclass(quietly(fa(R, nfactors = factors, fm = "ml", rotate = "none"))$loadings)[, , drop = FALSE]
  wanted <- matrix(0, nrow(R), factors)
  for (k in seq_along(groups)) wanted[groups[[k]], k] <- NA
  near <- svd(t(A) %*% ifelse(is.na(wanted), 1, wanted))
  f <- targetQ(A, Tmat = near$u %*% t(near$v), Target = wanted, eps = 1e-7, maxit = 10000)
  stopifnot(f$convergence)
  signs <- sapply(seq_along(groups), function(k) if (sum(f$loadings[groups[[k]], k]) < 0) -1 else 1)
  list(loadings = unname(f$loadings %*% diag(signs)), phi = unname(diag(signs) %*% f$Phi %*% diag(signs)),
       value = sum((f$loadings[!is.na(wanted)])^2))
}

general <- function(R, factors) {
  o <- quietly(omega(R, nfactors = factors, plot = FALSE, flip = FALSE))
  list(factors = factors, oblique = unname(unclass(o$schmid$oblique)[, , drop = FALSE]), phi = unname(o$schmid$phi),
       second_order = as.numeric(o$schmid$gloading), sl = unname(o$schmid$sl[, , drop = FALSE]),
       hierarchical = o$omega_h, total = o$omega.tot, limit = o$omega.lim, ecv = unname(o$ECV),
       groups = unname(as.matrix(o$omega.group)))
}

kaiser <- function(R, n) {
  l <- eigen(R)$values
  p <- length(l)
  sapply(1:p, function(j) max(1, (p - sum(l[seq_len(j - 1)])) / (p - j + 1) * (1 + sqrt(p / n))^2))
}

# CFI by maximum likelihood with 0 to `most` factors; the upper hull by grDevices::chull.
hull <- function(R, n, most) {
  p <- ncol(R)
  m <- 0:most
  df <- ((p - m)^2 - (p + m)) / 2
  F <- c(-log(det(R)), sapply(1:most, function(k) quietly(fa(R, nfactors = k, fm = "ml", rotate = "none"))$objective))
  cfi <- 1 - ((n - 1) * F - df) / ((n - 1) * F[1] - df[1])
  best <- which(cfi == cummax(cfi) & !duplicated(cummax(cfi)))  # better than all smaller ones
  x <- df[1] - df[best]; y <- cfi[best]
  on <- if (length(best) > 2) {
    low <- rbind(cbind(x, y), c(min(x), -10), c(max(x), -10))  # far below, so that only the upper side is left
    best[sort(intersect(chull(low), seq_along(best)))]
  } else best
  st <- rep(NA_real_, length(m))
  if (length(on) > 2) for (i in 2:(length(on) - 1)) {
    a <- on[i - 1]; b <- on[i]; c <- on[i + 1]
    st[b] <- ((cfi[b] - cfi[a]) / (df[a] - df[b])) / ((cfi[c] - cfi[b]) / (df[b] - df[c]))
  }
  list(cfi = cfi, df = df, st = st, factors = m[which.max(st)])
}

parallel <- function(rows, draws, cor = "cor") {
  set.seed(1)
  p <- ncol(rows)
  found <- quietly(fa.parallel(rows, n.iter = draws, plot = FALSE, cor = cor, correct = 0))
  part <- function(k) found$values[, (k * p + 1):((k + 1) * p)]
  summary <- function(x) list(mean = colMeans(x), sd = unname(apply(x, 2, sd)),
                              percentile = unname(apply(x, 2, quantile, .95)))
  list(draws = draws, components = found$pc.values, common = found$fa.values, ncomp = found$ncomp, nfact = found$nfact,
       resampled_components = summary(part(0)), resampled_common = summary(part(1)),
       random_components = summary(part(2)), random_common = summary(part(3)))
}

reference <- function(rows, factors, groups, omegas, most, draws = 500, ordered = FALSE) {
  n <- nrow(rows)
  R <- cor(rows)
  solutions <- list()
  for (method in c("ml", "minres")) for (rotation in c("oblimin", "promax", "varimax", "geominQ"))
    solutions[[paste(method, sub("Q", "", rotation))]] <- solution(R, n, factors, method, rotation)
  result <- list(
    items = colnames(rows), n = n, factors = factors, kmo = KMO(R)$MSA, kmo_items = unname(KMO(R)$MSAi),
    bartlett = cortest.bartlett(R, n = n)$chisq,
    map = { map <- quietly(vss(rows, n = ncol(rows) - 1, plot = FALSE))$map; map[!is.na(map)] },
    solutions = solutions, target = target(R, factors, groups), omegas = lapply(omegas, function(k) general(R, k)),
    kaiser = kaiser(R, n), hull = hull(R, n, most), parallel = parallel(rows, draws)
  )
  if (ordered) {
    P <- quietly(polychoric(rows, correct = 0))$rho
    result$polychoric <- list(correlations = unname(P), parallel = parallel(rows, 60, "poly"),
                              solutions = list("minres oblimin" = solution(P, n, factors, "minres", "oblimin"),
                                               "ml geomin" = solution(P, n, factors, "ml", "geominQ")))
  }
  result
}

threes <- function(k, each) lapply(seq_len(k), function(i) (i - 1) * each + seq_len(each))
output <- list(
  holzinger39 = reference(HolzingerSwineford1939[, paste0("x", 1:9)], 3, threes(3, 3), list(3, 2), 4),
  likert = reference(na.omit(read.csv("../measurement/likert.csv")), 3, threes(3, 4), list(3, 2), 4, ordered = TRUE),
  answers = reference(read.csv("answers.csv"), 5, threes(5, 5), list(5, 3), 6)
)
write_json(output, "reference.json", digits = NA, auto_unbox = TRUE, pretty = 1, matrix = "rowmajor")
# The machine's own lines (its paths, its time) are nobody's business.
session <- grep("^(Running under|Matrix products|BLAS|LAPACK|LAPACK:)", capture.output(sessionInfo()), invert = TRUE, value = TRUE)
writeLines(session, "sessionInfo.txt")
