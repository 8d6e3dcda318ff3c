# Items, multivariate normality, lower bounds, split halves and test-retest, by psych and from the formulas.
# Run in this folder: Rscript script.R
suppressPackageStartupMessages({library(psych); library(jsonlite)})
options(warn = -1)

# Synthetic answers: six items of one factor (points 1 to 7, gaps), and two occasions of one score.
set.seed(7411)
n <- 240
f <- rnorm(n)
cut7 <- function(x) as.integer(cut(x, c(-Inf, -1.9, -1.2, -0.5, 0.2, 0.9, 1.6, Inf)))
loading <- c(.8, .7, .75, .6, .55, .65)
items <- sapply(loading, function(l) cut7(l * f + sqrt(1 - l^2) * rnorm(n)))
items[, 4] <- pmin(7, items[, 4] + rpois(n, 1.4))   # a ceiling
items[, 6] <- pmax(1, items[, 6] - 2)               # a floor
colnames(items) <- paste0("i", 1:6)
items[cbind(sample(n, 25), sample(6, 25, TRUE))] <- NA
write.csv(items, "items.csv", row.names = FALSE, na = "")
later <- 60
t1 <- cbind(1:later, round(4 + f[1:later] + .5 * rnorm(later), 2))
t2 <- round(4.3 + f[1:later] + .5 * rnorm(later), 2)
write.csv(data.frame(id = 1:later, first = t1[, 2], second = t2), "occasions.csv", row.names = FALSE)
items <- as.matrix(read.csv("items.csv"))
occasions <- read.csv("occasions.csv")

G1 <- function(x) { x <- x[!is.na(x)]; n <- length(x); m <- mean(x)
  mean((x - m)^3) / mean((x - m)^2)^1.5 * sqrt(n * (n - 1)) / (n - 2) }
G2 <- function(x) { x <- x[!is.na(x)]; n <- length(x); m <- mean(x)
  (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (mean((x - m)^4) / mean((x - m)^2)^2 - 3) + 6) }

item <- lapply(seq_len(ncol(items)), function(j) { x <- items[, j]; list(
  n = sum(!is.na(x)), missing = sum(is.na(x)), mean = mean(x, na.rm = TRUE), sd = sd(x, na.rm = TRUE),
  skewness = psych::skew(x, type = 2), kurtosis = psych::kurtosi(x, type = 2), G1 = G1(x), G2 = G2(x),
  shares = as.list(setNames(sapply(1:7, function(p) mean(x == p, na.rm = TRUE)), 1:7))) })
names(item) <- colnames(items)
whole <- na.omit(items)
attributes(whole)$na.action <- NULL
R <- cor(whole)
low <- R[lower.tri(R)]
at <- function(value) { found <- which(R == value & lower.tri(R), arr.ind = TRUE)[1, ]
  sort(colnames(R)[found]) }
inter <- list(n = nrow(whole), mean = mean(low), lowest = min(low), highest = max(low),
              lowest_pair = at(min(low)), highest_pair = at(max(low)))
drop <- as.list(setNames(psych::alpha(as.data.frame(whole), warnings = FALSE)$item.stats$r.drop, colnames(items)))

# Mardia with N (1970) and as psych has it (N - 1); Henze and Zirkler (1990) from their formulas.
mardia_n <- function(x) { n <- nrow(x); p <- ncol(x); z <- scale(x, scale = FALSE); S <- crossprod(z) / n
  g <- z %*% solve(S) %*% t(z); b1 <- sum(g^3) / n^2; b2 <- sum(diag(g)^2) / n
  k <- (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6)); df <- p * (p + 1) * (p + 2) / 6
  z2 <- (b2 - p * (p + 2)) / sqrt(8 * p * (p + 2) / n)
  list(skewness = b1, skewness_statistic = n * b1 / 6, skewness_df = df,
       skewness_pvalue = pchisq(n * b1 / 6, df, lower.tail = FALSE), small_statistic = k * n * b1 / 6,
       small_pvalue = pchisq(k * n * b1 / 6, df, lower.tail = FALSE), kurtosis = b2, kurtosis_expected = p * (p + 2),
       kurtosis_z = z2, kurtosis_pvalue = 2 * pnorm(-abs(z2))) }
henze_zirkler <- function(x) { n <- nrow(x); p <- ncol(x); z <- scale(x, scale = FALSE); S <- crossprod(z) / n
  g <- z %*% solve(S) %*% t(z); D <- diag(g); Djk <- outer(D, D, "+") - 2 * g
  b <- 1 / sqrt(2) * ((2 * p + 1) * n / 4)^(1 / (p + 4)); b2 <- b^2
  hz <- sum(exp(-b2 / 2 * Djk)) / n - 2 * (1 + b2)^(-p / 2) * sum(exp(-b2 / (2 * (1 + b2)) * D)) + n * (1 + 2 * b2)^(-p / 2)
  a <- 1 + 2 * b2; w <- (1 + b2) * (1 + 3 * b2); b4 <- b2^2; b8 <- b4^2
  mu <- 1 - a^(-p / 2) * (1 + p * b2 / a + p * (p + 2) * b4 / (2 * a^2))
  s2 <- 2 * (1 + 4 * b2)^(-p / 2) + 2 * a^(-p) * (1 + 2 * p * b4 / a^2 + 3 * p * (p + 2) * b8 / (4 * a^4)) -
    4 * w^(-p / 2) * (1 + 3 * p * b4 / (2 * w) + p * (p + 2) * b8 / (2 * w^2))
  list(henze_zirkler = hz, henze_zirkler_pvalue = plnorm(hz, log(mu^2 / sqrt(s2 + mu^2)), sqrt(log(1 + s2 / mu^2)),
                                                        lower.tail = FALSE)) }
psych_mardia <- function(x) unclass(psych::mardia(x, plot = FALSE))[
  c("n.obs", "n.var", "b1p", "b2p", "skew", "small.skew", "p.skew", "p.small", "kurtosis", "p.kurt")]
set.seed(12)
normal <- matrix(round(rnorm(80 * 3), 3), 80, 3)
write.csv(normal, "normal.csv", row.names = FALSE)
normality <- lapply(list(items = whole, three = whole[, 1:3], normal = as.matrix(read.csv("normal.csv"))), function(x)
  c(list(n = nrow(x)), mardia_n(x), henze_zirkler(x), list(psych = psych_mardia(x))))

# Greatest lower bound by the iteration of ten Berge, Snijders and Zegers (1981): columns of V of length 1 or more.
tbsz <- function(C) { k <- nrow(C); total <- sum(C); set.seed(3); best <- NULL
  V <- matrix(rnorm(k * k), k, k); V <- sweep(V, 2, sqrt(colSums(V^2)), "/"); old <- Inf
  for (step in 1:200000) { for (j in 1:k) { g <- V[, -j, drop = FALSE] %*% C[-j, j]; len <- sqrt(sum(g^2))
      V[, j] <- -g / min(len, C[j, j]) }   # as long as it is best, yet 1 at the least
    value <- sum(crossprod(V) * C); if (abs(old - value) < 1e-16 * total) break; old <- value }
  1 - value / total }
lambdas <- function(C) { k <- nrow(C); total <- sum(C); off <- C; diag(off) <- 0
  smc <- 1 - 1 / (diag(solve(cov2cor(C))))
  signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), k - 1))); signs <- cbind(1, signs)
  signs <- signs[rowSums(signs) < k, , drop = FALSE]
  l1 <- 1 - sum(diag(C)) / total
  list(lambda1 = l1, lambda2 = l1 + sqrt(k / (k - 1) * sum(off^2)) / total, lambda3 = k / (k - 1) * l1,
       lambda4 = max(apply(signs, 1, function(t) 1 - sum(C * outer(t, t)) / total)),
       lambda5 = l1 + 2 * sqrt(max(colSums(off^2))) / total, lambda6 = 1 - sum(diag(C) * (1 - smc)) / total) }
quiet <- function(call) { found <- NULL; capture.output(suppressMessages(suppressWarnings(found <- call))); found }
guttman_psych <- function(C) { g <- quiet(psych::guttman(C))
  s <- quiet(psych::splitHalf(C, covar = FALSE, check.keys = FALSE))
  list(lambda.1 = g$lambda.1, lambda.2 = g$lambda.2, lambda.3 = g$lambda.3, lambda.5 = g$lambda.5,
       lambda.6 = g$lambda.6, glb.fa = g$glb, maxrb = s$maxrb, minrb = s$minrb, meanr = s$meanr, av.r = s$av.r) }
data(Harman74.cor); data(Thurstone)
matrices <- list(
  items = cov(whole), first_four = cov(whole)[1:4, 1:4], items_correlation = R,
  thurstone = as.matrix(Thurstone), harman_eight = Harman74.cor$cov[c(1:4, 8:11), c(1:4, 8:11)],
  heywood = matrix(c(1, .8, .8, .8, 1, .5, .8, .5, 1), 3),
  parallel = matrix(.4, 5, 5) + diag(.6, 5))
bounds <- lapply(matrices, function(C) { C <- unname(C); list(
  matrix = C, lambdas = lambdas(C), glb = tbsz(C), psych = if (nrow(C) > 3) { dimnames(C) <- list(paste0("v", 1:nrow(C)), paste0("v", 1:nrow(C))); guttman_psych(C) }) })

# All splits into halves, from combn; Spearman-Brown and Guttman.
splits <- function(C) { k <- nrow(C); h <- combn(k, floor(k / 2)); if (k %% 2 == 0) h <- h[, h[1, ] == 1, drop = FALSE]
  one <- function(o) { a <- sum(C[o, o]); b <- sum(C[-o, -o]); ab <- sum(C[o, -o]); r <- ab / sqrt(a * b)
    c(guttman = 4 * ab / sum(C), spearman_brown = 2 * r / (1 + r)) }
  all <- apply(h, 2, one); odd <- one(seq(1, k, 2))
  sapply(c("guttman", "spearman_brown"), function(w) list(list(maximum = max(all[w, ]), mean = mean(all[w, ]),
    minimum = min(all[w, ]), odd_even = unname(odd[w]))), USE.NAMES = TRUE) |> c(list(splits = ncol(h))) }
halves <- lapply(list(items = cov(whole), five = cov(whole)[1:5, 1:5], items_correlation = R), splits)

icc <- function(x, level) { found <- psych::ICC(x, lmer = FALSE, alpha = 1 - level)$results
  rows <- c("ICC(A,1)" = "ICC2", "ICC(C,1)" = "ICC3", "ICC(A,k)" = "ICC2k", "ICC(C,k)" = "ICC3k")
  lapply(rows, function(r) as.list(setNames(as.numeric(found[found$type == r, -1]),
    c("value", "F", "df1", "df2", "p", "lower", "upper")))) }
two <- as.matrix(occasions[, c("first", "second")])
three <- cbind(two, third = rev(two[, 1]) * .2 + two[, 2] * .8)
paired <- t.test(two[, 2], two[, 1], paired = TRUE)
aov_ms <- summary(aov(v ~ s + o, data.frame(v = c(two), s = factor(rep(1:nrow(two), 2)), o = factor(rep(1:2, each = nrow(two))))))[[1]][["Mean Sq"]]
retest <- list(icc95 = icc(two, .95), icc90 = icc(two, .90), three = icc(three, .95),
  difference = list(value = unname(paired$estimate), lower = paired$conf.int[1], upper = paired$conf.int[2]),
  correlation = cor(two)[1, 2], sd_of_differences = sd(two[, 2] - two[, 1]), mean_squares = aov_ms,
  sem_agreement = sqrt((aov_ms[2] - aov_ms[3]) / nrow(two) + aov_ms[3]))

write_json(list(item = item, inter = inter, item_rest = drop, normality = normality, bounds = bounds, halves = halves,
                retest = retest), "reference.json", auto_unbox = TRUE, digits = NA, pretty = TRUE, matrix = "rowmajor")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
