# The data of this folder. holzinger.csv and democracy.csv are the data lavaan ships, cut into categories; every other
# file is synthetic. A file that stands is kept, so that nobody has to trust that random numbers stay the same between
# versions of R.

keep <- function(name, make) {
  path <- file.path("data", paste0(name, ".csv"))
  if (!file.exists(path)) write.csv(make(), path, row.names = FALSE, na = "NA")
}

# Standard normal latent responses cut at the thresholds given.
cut_at <- function(y, thresholds) findInterval(y, thresholds) + 1L

responses <- function(eta, loading) loading * eta + sqrt(1 - loading^2) * rnorm(length(eta))

seven <- c(-1.9, -1.2, -0.5, 0.1, 0.8, 1.5)

one_factor <- function() {
  set.seed(601)
  eta <- rnorm(500)
  data.frame(x1 = cut_at(responses(eta, 0.8), seven), x2 = cut_at(responses(eta, 0.7), seven + 0.3),
             x3 = cut_at(responses(eta, 0.6), seven - 0.2), x4 = cut_at(responses(eta, 0.75), 0.8 * seven))
}

holzinger <- function() {
  raw <- HolzingerSwineford1939
  items <- paste0("x", 1:9)
  cuts <- lapply(items, function(v) quantile(raw[[v]], c(0.15, 0.45, 0.8)))
  out <- as.data.frame(Map(function(v, at) cut_at(raw[[v]], unique(at)), items, cuts))
  cbind(school = ifelse(raw$school == "Pasteur", "Pasteur", "Grant"), sex = raw$sex, age = raw$ageyr + raw$agemo / 12,
        out)
}

democracy <- function() {
  raw <- PoliticalDemocracy
  categories <- c(y1 = 4, y2 = 3, y3 = 3, y4 = 4, y5 = 5, y6 = 3, y7 = 3, y8 = 4, x1 = 5, x2 = 4, x3 = 4)
  as.data.frame(Map(function(v, k) cut_at(raw[[v]], quantile(raw[[v]], seq_len(k - 1) / k)), names(categories),
                    categories))
}

mixed <- function() {
  set.seed(602)
  n <- 450
  f <- rnorm(n)
  g <- 0.5 * f + sqrt(0.75) * rnorm(n)
  data.frame(u1 = cut_at(responses(f, 0.7), c(-0.8, 0.2, 1)), y1 = 3 + 1.4 * responses(f, 0.8),
             u2 = cut_at(responses(f, 0.6), 0.3), y2 = -1 + 0.7 * responses(f, 0.65),
             y3 = 10 + 2.5 * responses(g, 0.75), u3 = cut_at(responses(g, 0.8), c(-1.2, -0.4, 0.4, 1.1)),
             u4 = cut_at(responses(g, 0.7), c(-0.5, 0.6)), y4 = 0.5 * responses(g, 0.55))
}

mediator <- function(n = 400) {
  set.seed(603)
  exp <- round(rexp(n, 0.4), 2)
  size <- round(rnorm(n, 5, 1.2), 2)
  daf <- as.integer(0.35 * (exp - 2.5) + 0.2 * (size - 5) + rnorm(n) > 0.1)
  L <- 0.6 * (daf - 0.5) + 0.1 * (exp - 2.5) + 0.1 * (size - 5) + rnorm(n, sd = 0.9)
  A <- 0.45 * L + 0.25 * (daf - 0.5) + 0.05 * (exp - 2.5) + rnorm(n, sd = 0.8)
  data.frame(exp = exp, size = size, daf = daf,
             l1 = cut_at(responses(L, 0.8), seven), l2 = cut_at(responses(L, 0.7), seven + 0.2),
             l3 = cut_at(responses(L, 0.75), c(-1.2, -0.3, 0.5, 1.3)), l4 = cut_at(responses(L, 0.65), c(-1, 0, 1)),
             a1 = cut_at(responses(A, 0.75), seven - 0.1), a2 = cut_at(responses(A, 0.7), c(-1, -0.2, 0.7)),
             a3 = round(4 + 1.3 * responses(A, 0.8), 3), a4 = round(2 + 0.8 * responses(A, 0.6), 3))
}

groups <- function(sizes, shift, labels, seed) {
  set.seed(seed)
  parts <- Map(function(n, m, label) {
    f <- rnorm(n, m)
    g <- 0.5 * f + sqrt(0.7) * rnorm(n)
    five <- c(-1.4, -0.5, 0.4, 1.2)
    data.frame(country = label, x1 = cut_at(responses(f, 0.8), five), x2 = cut_at(responses(f, 0.7), five + 0.2),
               x3 = cut_at(responses(f, 0.6), five[-1]), x4 = cut_at(responses(f, 0.7), five - 0.2),
               x5 = cut_at(responses(g, 0.8), five), x6 = cut_at(responses(g, 0.75), five[-4]),
               x7 = cut_at(responses(g, 0.65), five), x8 = cut_at(responses(g, 0.7), five + 0.3))
  }, sizes, shift, labels)
  out <- do.call(rbind, parts)
  rownames(out) <- NULL
  out
}

with_gaps <- function(data, share, spare, seed) {
  set.seed(seed)
  for (name in setdiff(names(data), spare)) data[[name]][runif(nrow(data)) < share] <- NA
  data
}

binary <- function() {
  set.seed(605)
  f <- rnorm(600)
  loading <- c(0.8, 0.7, 0.6, 0.75, 0.5, 0.65)
  at <- c(-0.6, -0.2, 0, 0.4, 0.8, 1.1)
  out <- as.data.frame(Map(function(l, t) as.integer(responses(f, l) > t), loading, at))
  setNames(out, paste0("b", 1:6))
}

chain <- function() {
  set.seed(606)
  n <- 500
  x <- round(rnorm(n), 3)
  z <- round(rnorm(n, 2, 1.5), 3)
  f <- rnorm(n)
  u <- 0.6 * x + rnorm(n)
  w <- 0.5 * u + 0.3 * z + rnorm(n)
  v <- 0.4 * w + 0.3 * x + 0.4 * f + rnorm(n)
  data.frame(x = x, z = z, u = cut_at(u, c(-0.8, 0.3, 1.2)), w = cut_at(w, c(-0.3, 0.8)),
             v = cut_at(v, c(-1.2, -0.3, 0.6, 1.5)), q = round(1 + 0.5 * v + 0.3 * u + rnorm(n), 3),
             i1 = cut_at(responses(f, 0.8), c(-1, 0, 1)), i2 = cut_at(responses(f, 0.7), c(-0.5, 0.5)),
             i3 = cut_at(responses(f, 0.6), c(-0.7, 0.1, 0.9)))
}

small <- function() {
  set.seed(608)
  f <- rnorm(60)
  data.frame(s1 = cut_at(responses(f, 0.8), c(-1.4, -0.4, 0.5, 1.3)), s2 = cut_at(responses(f, 0.75), c(-1.3, 0, 1.2)),
             s3 = cut_at(responses(f, 0.85), c(-0.9, 0.2, 1.4)), s4 = cut_at(responses(f, 0.7), 1.2),
             s5 = cut_at(responses(f, 0.6), c(-1.2, 1.3)))
}

make_data <- function() {
  dir.create("data", showWarnings = FALSE)
  keep("one_factor", one_factor)
  keep("holzinger", holzinger)
  keep("democracy", democracy)
  keep("mixed", mixed)
  keep("mediator", mediator)
  keep("mediator_missing", function() with_gaps(mediator(), 0.06, c("exp", "size"), 611))
  keep("two_groups", function() groups(c(260, 340), c(0, 0.4), c("north", "south"), 604))
  keep("three_groups", function() groups(c(220, 300, 180), c(0, 0.5, -0.3), c("es", "fr", "de"), 607))
  keep("missing", function() with_gaps(groups(c(260, 340), c(0, 0.4), c("north", "south"), 604), 0.08, "country", 610))
  keep("binary", binary)
  keep("chain", chain)
  keep("small", small)
}
