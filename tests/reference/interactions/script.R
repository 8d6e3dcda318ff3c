# Reference values for latent interactions and the response surface, from lavaan and semTools.
#
#   Rscript script.R        (in this folder)
#
# The data are synthetic. They are made here once and kept as csv, so that nobody has to trust that random numbers stay
# the same between versions of R. Where the csv exists it is read, not made again.

suppressPackageStartupMessages({
  library(lavaan)
  library(semTools)
  library(jsonlite)
})

MEASURES <- c("npar", "chisq", "df", "pvalue", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor",
              "cfi", "rmsea", "srmr", "logl")

# Three indicators of a factor; loadings 1, .9, .8 and residual SD .6.
indicators <- function(factor, name) {
  loadings <- c(1, 0.9, 0.8)
  columns <- sapply(loadings, function(l) l * factor + 0.6 * rnorm(length(factor)) + 4)
  colnames(columns) <- paste0(name, 1:3)
  columns
}

make_firms <- function(n, seed, gaps, clusters) {
  set.seed(seed)
  firm <- if (clusters) sort(sample(rep_len(1:160, n))) else seq_len(n)
  common <- if (clusters) 0.5 * rnorm(max(firm))[firm] else 0
  x <- rnorm(n) + common
  z <- 0.3 * x + rnorm(n)
  w <- 0.2 * x + 0.2 * z + rnorm(n)
  y <- 0.4 * x + 0.2 * z + 0.15 * w + 0.35 * x * z - 0.15 * x * w - 0.12 * x * z^2 + 0.7 * rnorm(n) + common
  data <- data.frame(firm = firm, indicators(x, "x"), indicators(z, "z"), indicators(w, "w"), indicators(y, "y"))
  if (gaps) {
    # Missing at random: gaps in x2, z3 and y2 depend on x1, which is complete; some in w1 depend on nothing.
    for (name in c("x2", "z3", "y2")) data[runif(n) < plogis(-2.4 + 0.5 * (data$x1 - 4)), name] <- NA
    data[runif(n) < 0.05, "w1"] <- NA
  }
  data[-1] <- round(data[-1], 4)
  data
}

make_surface <- function(n, seed) {
  set.seed(seed)
  trust <- round(pmin(pmax(4.8 + rnorm(n), 1), 7) * 3) / 3
  vigilance <- round(pmin(pmax(4.2 + 0.3 * (trust - 4.8) + rnorm(n), 1), 7) * 3) / 3
  T <- trust - 4
  V <- vigilance - 4
  inn <- 0.35 * T + 0.25 * V - 0.15 * T^2 + 0.30 * T * V - 0.10 * V^2 + 0.8 * rnorm(n)
  data.frame(T, V, T2 = T^2, TV = T * V, V2 = V^2, size = round(rnorm(n), 4), round(indicators(inn, "y"), 4))
}

stored <- function(file, make) {
  path <- file.path("data", file)
  if (!file.exists(path)) {
    dir.create("data", showWarnings = FALSE)
    write.csv(make(), path, row.names = FALSE, na = "")
  }
  read.csv(path)
}

describe <- function(fit, options, data, model) {
  stopifnot(lavInspect(fit, "converged"))
  table <- as.data.frame(unclass(parameterEstimates(fit, standardized = TRUE)), stringsAsFactors = FALSE)
  if (is.null(table$label)) table$label <- ""
  columns <- c("lhs", "op", "rhs", "label", "est", "se", "z", "pvalue", "ci.lower", "ci.upper", "std.all")
  available <- fitMeasures(fit)
  list(data = data, options = options, model = model, nobs = lavInspect(fit, "nobs"), parameters = table[, columns],
       measures = as.list(unclass(available[intersect(MEASURES, names(available))])))
}

save <- function(result, name) {
  write_json(result, paste0(name, ".json"), digits = 12, auto_unbox = TRUE, na = "null", pretty = TRUE)
}

# Simple slopes by semTools, with the coefficients and their covariance matrix that they come from. probe2WayMC reads
# coefficients in the order of its names and their covariances in the order of the model's rows: the names have to come
# in the model's order, X before Z, whichever of them moderates.
probed <- function(fit, outcome, focal, moderator, product) {
  sd <- sqrt(lavInspect(fit, "cov.lv")[moderator, moderator])
  values <- c(-2, -1, 0, 1, 2) * sd
  used <- paste0(outcome, "~", c(focal, product))
  slopes <- probe2WayMC(fit, c("X", "Z", product), outcome, moderator, values)$SimpleSlope
  list(outcome = outcome, focal = focal, moderator = moderator, product = product, sd = sd,
       coefficients = unname(coef(fit)[used]), vcov = unname(unclass(vcov(fit))[used, used]),
       slopes = setNames(as.data.frame(unclass(slopes)), c("value", "est", "se", "z", "pvalue")))
}

X <- paste0("x", 1:3)
Z <- paste0("z", 1:3)
W <- paste0("w", 1:3)

measured <- "X =~ x1 + x2 + x3
Z =~ z1 + z2 + z3
W =~ w1 + w2 + w3
Y =~ y1 + y2 + y3
"

# 1. One interaction, complete data, normal theory.
complete <- stored("complete.csv", function() make_firms(400, 20240301, FALSE, FALSE))
model <- paste0(measured, "XZ =~ x1.z1 + x2.z2 + x3.z3\nY ~ X + Z + XZ + W\n")
fit <- sem(model, indProd(complete, X, Z))
result <- describe(fit, list(estimator = "ml", missing = "listwise"), "complete.csv", model)
result$probes <- list(probed(fit, "Y", "X", "Z", "XZ"), probed(fit, "Y", "Z", "X", "XZ"))
save(result, "complete_ml")

# 2. Two interactions that share X, hence residual covariances across products; gaps, FIML, robust.
gaps <- stored("gaps.csv", function() make_firms(420, 20240302, TRUE, FALSE))
model <- paste0(measured, "XZ =~ x1.z1 + x2.z2 + x3.z3
XW =~ x1.w1 + x2.w2 + x3.w3
x1.z1 ~~ x1.w1
x2.z2 ~~ x2.w2
x3.z3 ~~ x3.w3
Y ~ X + Z + W + XZ + XW
")
fit <- sem(model, indProd(indProd(gaps, X, Z), X, W), estimator = "MLR", missing = "fiml")
result <- describe(fit, list(estimator = "mlr", missing = "fiml"), "gaps.csv", model)
result$probes <- list(probed(fit, "Y", "X", "Z", "XZ"))
save(result, "gaps_fiml_mlr")

# 3. Moderation by a square (an inverted U), rows clustered in firms. A product of three shares error with products of
# two, and with its own first-order indicators: E(e^2 z^2) is not 0.
SHARED <- c("x%1$d.z%1$d ~~ z%1$d.z%1$d", "x%1$d.z%1$d ~~ x%1$d.z%1$d.z%1$d", "z%1$d.z%1$d ~~ x%1$d.z%1$d.z%1$d",
            "x%1$d ~~ x%1$d.z%1$d.z%1$d", "z%1$d ~~ x%1$d.z%1$d.z%1$d")
clustered <- stored("clustered.csv", function() make_firms(400, 20240303, FALSE, TRUE))
model <- paste0(sub("W =~ w1 + w2 + w3\n", "", measured, fixed = TRUE), "XZ =~ x1.z1 + x2.z2 + x3.z3
ZZ =~ z1.z1 + z2.z2 + z3.z3
XZZ =~ x1.z1.z1 + x2.z2.z2 + x3.z3.z3
", paste(sprintf(SHARED, rep(1:3, each = length(SHARED))), collapse = "\n"), "
Y ~ X + Z + XZ + ZZ + XZZ
")
columns <- indProd(clustered, X, Z, Z)
squares <- indProd(clustered, Z, Z)
# var3 gives x.z twice and z.z under the name z1.z1: names are made unique by R, so columns are picked by place.
products <- data.frame(clustered,
                       setNames(columns[ncol(clustered) + 1:3], paste(X, Z, sep = ".")),
                       setNames(squares[ncol(clustered) + 1:3], paste(Z, Z, sep = ".")),
                       setNames(columns[ncol(clustered) + 10:12], paste(X, Z, Z, sep = ".")))
fit <- sem(model, products, estimator = "MLR", cluster = "firm")
save(describe(fit, list(estimator = "mlr", missing = "listwise", cluster = "firm"), "clustered.csv", model),
     "clustered_mlr")

# Columns themselves: sixty rows with gaps, every centring, two and three factors.
some <- gaps[1:60, ]
new <- function(...) unname(as.matrix(indProd(some, ..., match = TRUE)[, -seq_along(some)]))
named <- function(...) colnames(indProd(some, ..., match = TRUE))[-seq_along(some)]
save(list(
  rows = 60, names_two = named(X, Z), names_three = named(X, Z, W),
  two = list(double = new(X, Z), single = new(X, Z, doubleMC = FALSE),
             none = new(X, Z, meanC = FALSE, doubleMC = FALSE)),
  three = list(double = new(X, Z, W), single = new(X, Z, W, doubleMC = FALSE),
               none = new(X, Z, W, meanC = FALSE, doubleMC = FALSE)),
  square = list(double = new(Z, Z), single = new(Z, Z, doubleMC = FALSE),
             none = new(Z, Z, meanC = FALSE, doubleMC = FALSE))
), "columns")

# 4. Response surface with its tests as defined parameters.
surface <- stored("surface.csv", function() make_surface(400, 20240304))
model <- "INN =~ y1 + y2 + y3
INN ~ b1*T + b2*V + b3*T2 + b4*TV + b5*V2 + size
a1 := b1 + b2
a2 := b3 + b4 + b5
a3 := b1 - b2
a4 := b3 - b4 + b5
a5 := b3 - b5
x0 := (b2*b4 - 2*b1*b5) / (4*b3*b5 - b4^2)
y0 := (b1*b4 - 2*b2*b3) / (4*b3*b5 - b4^2)
p11 := (b5 - b3 + sqrt((b3 - b5)^2 + b4^2)) / b4
p10 := y0 - p11*x0
p21 := (b5 - b3 - sqrt((b3 - b5)^2 + b4^2)) / b4
p20 := y0 - p21*x0
"
fit <- sem(model, surface, estimator = "MLR")
result <- describe(fit, list(estimator = "mlr", missing = "listwise"), "surface.csv", model)
used <- paste0("b", 1:5)
result$coefficients <- unname(coef(fit)[used])
result$vcov <- unname(unclass(vcov(fit))[used, used])
save(result, "surface_mlr")

writeLines(grep("^(Running under|Matrix products|BLAS|LAPACK)", capture.output(sessionInfo()), invert = TRUE,
                value = TRUE), "sessionInfo.txt")
