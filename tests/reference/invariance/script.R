# Reference ladders of measurement invariance by lavaan, with every step's text by semTools::measEq.syntax.
# Run in this folder: Rscript script.R
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})

# ---- synthetic data --------------------------------------------------------------------------------------------------

cut_at <- function(y, at) as.integer(cut(y, c(-Inf, at, Inf)))

three_groups <- function() {
  set.seed(61)
  n <- c(180, 140, 230)
  g <- rep(c("north", "south", "west"), n)
  mean_f <- c(north = 0, south = .5, west = -.3)[g]
  f <- rnorm(sum(n), mean_f, c(north = 1, south = 1.3, west = .8)[g])
  h <- .5 * (f - mean_f) + rnorm(sum(n))
  loading <- c(.9, .7, .8, 1.1)
  Y <- sapply(1:8, function(i) 3 + .2 * i + loading[(i - 1) %% 4 + 1] * (if (i < 5) f else h) +
                rt(sum(n), 6) * .6)
  Y[g == "west", 2] <- Y[g == "west", 2] + .5
  Y[matrix(runif(length(Y)) < .06, nrow(Y))] <- NA
  D <- data.frame(round(Y, 3)); names(D) <- paste0("x", 1:8)
  D$region <- g
  D[sample(nrow(D)), ]
}

five <- function() {
  set.seed(62)
  n <- c(300, 260)
  g <- rep(c("en", "fr"), n)
  f <- rnorm(sum(n), ifelse(g == "fr", .4, 0), ifelse(g == "fr", 1.2, 1))
  h <- .4 * f + rnorm(sum(n))
  Y <- sapply(1:8, function(i) c(.8, .7, .9, .6)[(i - 1) %% 4 + 1] * (if (i < 5) f else h) + rnorm(sum(n), 0, .7))
  Y[g == "fr", 3] <- Y[g == "fr", 3] + .4
  D <- as.data.frame(sapply(1:8, function(i) cut_at(Y[, i], c(-1.1, -.4, .3, 1.1) + .1 * (i %% 3))))
  names(D) <- paste0("q", 1:8)
  D$language <- g
  D
}

seven <- function() {
  set.seed(63)
  n <- c(250, 220, 280)
  g <- rep(c("a", "b", "c"), n)
  f <- rnorm(sum(n), c(a = 0, b = .3, c = -.2)[g], c(a = 1, b = .9, c = 1.2)[g])
  Y <- sapply(1:5, function(i) c(.9, .7, .8, .6, 1)[i] * f + rnorm(sum(n), 0, .7))
  D <- as.data.frame(sapply(1:5, function(i) cut_at(Y[, i], c(-1.5, -.9, -.3, .2, .8, 1.4))))
  names(D) <- paste0("s", 1:5)
  D$country <- g
  D
}

few <- function() {
  set.seed(64)
  n <- c(320, 300)
  g <- rep(c("small", "large"), n)
  f <- rnorm(sum(n), ifelse(g == "large", .3, 0), ifelse(g == "large", 1.2, 1))
  Y <- sapply(1:6, function(i) c(.9, .8, .8, .7, .9, .7)[i] * f + rnorm(sum(n), 0, .7))
  D <- as.data.frame(sapply(1:6, function(i) cut_at(Y[, i], if (i < 3) .2 * i else c(-.5, .7))))
  names(D) <- paste0("b", 1:6)
  D$size <- g
  D
}

mixed <- function() {
  set.seed(65)
  n <- c(280, 300)
  g <- rep(c("one", "two"), n)
  f <- rnorm(sum(n), ifelse(g == "two", .3, 0))
  h <- .5 * f + rnorm(sum(n))
  Y <- sapply(1:6, function(i) c(.9, .8, .7, .9, .8, .7)[i] * (if (i < 4) f else h) + rnorm(sum(n), 0, .7))
  D <- as.data.frame(round(Y, 3))
  for (i in c(1, 2, 4, 5)) D[[i]] <- cut_at(Y[, i], c(-1, -.2, .5, 1.2))
  names(D) <- paste0("m", 1:6)
  D$wave <- g
  D
}

dir.create("data", showWarnings = FALSE)
data <- list(three_groups = three_groups(), five = five(), seven = seven(), few = few(), mixed = mixed())
for (name in names(data)) write.csv(data[[name]], file.path("data", paste0(name, ".csv")), row.names = FALSE)
data$holzinger <- HolzingerSwineford1939

# ---- ladders -----------------------------------------------------------------------------------------------------------

continuous <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
                   strict = c("loadings", "intercepts", "residuals"))
ordinal <- list(configural = "", thresholds = "thresholds", loadings = c("thresholds", "loadings"),
                intercepts = c("thresholds", "loadings", "intercepts"))

fit_step <- function(case, equal, partial = "") {
  text <- measEq.syntax(
    configural.model = case$model, data = data[[case$data]], group = case$group, group.equal = equal,
    group.partial = partial, ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", parameterization = "delta",
    ordered = case$ordered, estimator = case$estimator, missing = case$missing)
  arguments <- list(as.character(text), data = data[[case$data]], group = case$group, estimator = case$estimator,
                    missing = case$missing, meanstructure = TRUE)
  if (length(case$ordered)) arguments <- c(arguments, list(ordered = case$ordered, parameterization = "delta"))
  do.call("cfa", arguments)
}

wanted <- c("chisq", "df", "pvalue", "cfi", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr",
            "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi.scaled", "rmsea.scaled",
            "rmsea.ci.lower.scaled", "rmsea.ci.upper.scaled",
            "cfi.robust", "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")

describe <- function(fit) {
  found <- fitMeasures(fit)
  as.list(found[intersect(wanted, names(found))])
}

ladder <- function(case) {
  steps <- if (length(case$ordered)) ordinal else continuous
  fits <- lapply(names(steps), function(name) {
    partial <- if (is.null(case$partial[[name]])) "" else case$partial[[name]]
    fit_step(case, steps[[name]], partial)
  })
  names(fits) <- names(steps)
  out <- lapply(fits, describe)
  for (i in seq_along(fits)[-1]) {
    if (out[[i]]$df == out[[i - 1]]$df) next
    test <- lavTestLRT(fits[[i]], fits[[i - 1]])
    out[[i]]$difference <- list(statistic = test[2, "Chisq diff"], df = test[2, "Df diff"],
                                pvalue = test[2, "Pr(>Chisq)"])
  }
  top <- fits[[if (length(case$ordered)) "intercepts" else "scalar"]]
  list(steps = out, groups = lavInspect(top, "group.label"), n = as.list(lavInspect(top, "nobs")),
       means = mean_differences(top))
}

# Differences of latent means for every pair of groups, also in standard deviations of the reference group and pooled
# over both (latent variances weighted by n), with delta-method standard errors by numerical derivatives.
mean_differences <- function(fit) {
  theta <- coef(fit); V <- vcov(fit); latent <- lavNames(fit, "lv")
  labels <- lavInspect(fit, "group.label"); n <- lavInspect(fit, "nobs")
  value <- function(theta, label, fixed) if (label %in% names(theta)) theta[[label]] else fixed
  rows <- list()
  for (k in seq_along(latent)) for (i in seq_along(labels)) for (j in seq_along(labels)) if (i < j) {
    functions <- list(
      difference = function(t) value(t, paste0("alpha.", k, ".g", j), 0) - value(t, paste0("alpha.", k, ".g", i), 0),
      in_reference_sd = function(t) functions$difference(t) / sqrt(value(t, paste0("psi.", k, "_", k, ".g", i), 1)),
      in_pooled_sd = function(t) functions$difference(t) /
        sqrt((n[i] * value(t, paste0("psi.", k, "_", k, ".g", i), 1) +
                n[j] * value(t, paste0("psi.", k, "_", k, ".g", j), 1)) / (n[i] + n[j])))
    row <- list(factor = latent[k], reference = labels[i], group = labels[j])
    for (name in names(functions)) {
      f <- functions[[name]]
      slope <- sapply(seq_along(theta), function(q) {
        h <- replace(numeric(length(theta)), q, 1e-5); (f(theta + h) - f(theta - h)) / 2e-5 })
      row[[name]] <- f(theta); row[[paste0(name, "_se")]] <- sqrt(drop(slope %*% V %*% slope))
    }
    rows[[length(rows) + 1]] <- row
  }
  rows
}

H <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
T8 <- "F =~ x1 + x2 + x3 + x4
H =~ x5 + x6 + x7 + x8
x1 ~~ x5"
Q8 <- "F =~ q1 + q2 + q3 + q4
H =~ q5 + q6 + q7 + q8"
case <- function(data, model, group, estimator, missing = "listwise", ordered = character(0), partial = list())
  list(data = data, model = model, group = group, estimator = estimator, missing = missing, ordered = ordered,
       partial = partial)
cases <- list(
  holzinger_ml = case("holzinger", H, "school", "ML"),
  holzinger_mlr = case("holzinger", H, "school", "MLR"),
  holzinger_partial = case("holzinger", H, "school", "MLR",
                           partial = list(scalar = c("x3 ~ 1", "x7 ~ 1"), strict = c("x3 ~ 1", "x7 ~ 1"))),
  three_groups_mlr = case("three_groups", T8, "region", "MLR"),
  three_groups_fiml = case("three_groups", T8, "region", "MLR", missing = "fiml"),
  # The intercept of x2 differs in one region; releasing it mends the scalar step.
  three_groups_partial = case("three_groups", T8, "region", "ML", missing = "fiml",
                              partial = list(scalar = "x2 ~ 1", strict = "x2 ~ 1")),
  five_wlsmv = case("five", Q8, "language", "WLSMV", ordered = paste0("q", 1:8)),
  # Thresholds, loading and intercept of q3 free: the item is as in the configural step.
  five_partial = case("five", Q8, "language", "WLSMV", ordered = paste0("q", 1:8), partial = list(
    thresholds = paste0("q3 | t", 1:4), loadings = c(paste0("q3 | t", 1:4), "F =~ q3"),
    intercepts = c(paste0("q3 | t", 1:4), "F =~ q3", "q3 ~ 1"))),
  seven_wlsmv = case("seven", "F =~ s1 + s2 + s3 + s4 + s5", "country", "WLSMV", ordered = paste0("s", 1:5)),
  # A binary item's loading cannot be told from its scale before its intercept is equal too: it waits for that step.
  few_wlsmv = case("few", "F =~ b1 + b2 + b3 + b4 + b5 + b6", "size", "WLSMV", ordered = paste0("b", 1:6),
                   partial = list(loadings = c("F =~ b1", "F =~ b2"))),
  mixed_wlsmv = case("mixed", "F =~ m1 + m2 + m3\nH =~ m4 + m5 + m6", "wave", "WLSMV",
                     ordered = c("m1", "m2", "m4", "m5"))
)
out <- lapply(cases, function(case) c(case[c("data", "model", "group", "estimator", "missing", "ordered")],
                                      ladder(case)))

# ---- dMACS by numerical integration -----------------------------------------------------------------------------------

pooled_sd <- function(y, g, reference, focal) {
  s <- tapply(y, g, sd); n <- table(g)
  ((n[reference] - 1) * s[reference] + (n[focal] - 1) * s[focal]) / (n[reference] + n[focal] - 2)
}

integrated <- function(score, mean, sd, pooled) {
  density <- function(x) dnorm(x, mean, sd)
  range <- mean + c(-12, 12) * sd
  square <- integrate(function(x) (score(x, 1) - score(x, 2))^2 * density(x), range[1], range[2], rel.tol = 1e-12)
  plain <- integrate(function(x) (score(x, 1) - score(x, 2)) * density(x), range[1], range[2], rel.tol = 1e-12,
                     abs.tol = 1e-12)
  list(dmacs = unname(sqrt(square$value) / pooled), signed = unname(plain$value / pooled))
}

linear <- function(name, item, factor) {
  case <- cases[[name]]
  fit <- fit_step(case, c("loadings", "intercepts"), c(paste(factor, "=~", item), paste(item, "~ 1")))
  est <- lavInspect(fit, "est"); labels <- lavInspect(fit, "group.label")
  score <- function(x, g) est[[g]]$nu[item, 1] + est[[g]]$lambda[item, factor] * x
  D <- data[[case$data]]
  integrated(score, est[[2]]$alpha[factor, 1], sqrt(est[[2]]$psi[factor, factor]),
             pooled_sd(D[[item]], factor(D[[case$group]], labels), labels[1], labels[2]))
}

ordered_item <- function(name, item, factor, thresholds) {
  case <- cases[[name]]
  fit <- fit_step(case, c("thresholds", "loadings", "intercepts"),
                  c(paste0(item, " | t", seq_len(thresholds)), paste(factor, "=~", item), paste(item, "~ 1")))
  est <- lavInspect(fit, "est"); labels <- lavInspect(fit, "group.label")
  score <- function(x, g) {
    e <- est[[g]]
    tau <- e$tau[grep(paste0("^", item, "\\|"), rownames(e$tau)), 1]
    1 + rowSums(sapply(tau, function(t)
      pnorm((e$nu[item, 1] + e$lambda[item, factor] * x - t) / sqrt(e$theta[item, item]))))
  }
  D <- data[[case$data]]
  c(integrated(score, est[[2]]$alpha[factor, 1], sqrt(est[[2]]$psi[factor, factor]),
               pooled_sd(D[[item]], factor(D[[case$group]], labels), labels[1], labels[2])),
    list(df = unname(fitMeasures(fit, "df")), chisq = unname(fitMeasures(fit, "chisq"))))
}

out$dmacs <- list(holzinger_ml = list(x3 = linear("holzinger_ml", "x3", "visual"),
                                      x7 = linear("holzinger_ml", "x7", "speed")),
                  five_wlsmv = list(q3 = ordered_item("five_wlsmv", "q3", "F", 4),
                                    q6 = ordered_item("five_wlsmv", "q6", "H", 4)))
write_json(out, "ladders.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
