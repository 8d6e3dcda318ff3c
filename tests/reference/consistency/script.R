# Reliability coefficients as psych and semTools have them.
#
#   Rscript script.R          run in this folder; reads ../measurement/likert.csv, writes reference.json, sessionInfo.txt
#
# Statistics are on the complete rows of their own items. Items come keyed.

suppressMessages({library(lavaan); library(semTools); library(psych); library(jsonlite)})
quiet <- function(x) { sink(tempfile()); on.exit(sink()); suppressMessages(suppressWarnings(x)) }

likert <- read.csv("../measurement/likert.csv")
holzinger <- HolzingerSwineford1939

scale <- function(data, items, ordered) {
  rows <- na.omit(data[, items])
  C <- cov(rows)
  a <- quiet(psych::alpha(rows, check.keys = FALSE))
  # psych's guttman and omega work on correlations: theirs is the sum of standardised items.
  g <- quiet(psych::guttman(cov2cor(C)))
  o <- quiet(psych::omega(cov2cor(C), nfactors = 1, fm = "ml", plot = FALSE))
  model <- paste("f =~", paste(items, collapse = " + "))
  fit <- cfa(model, data = rows)
  rel <- quiet(semTools::reliability(fit))
  found <- list(
    items = items, n = nrow(rows), covariance = C,
    alpha = a$total$raw_alpha, alpha_standardised = a$total$std.alpha, mean_r = a$total$average_r,
    lambda2_of_correlations = g$lambda.2, lambda6_of_correlations = g$lambda.6,
    omega_of_correlations = o$omega.tot,
    omega = unname(rel["omega", 1]), omega2 = unname(rel["omega2", 1]), omega3 = unname(rel["omega3", 1]),
    avevar = unname(rel["avevar", 1]), comp_rel = unname(unclass(semTools::compRelSEM(fit, obs.var = FALSE))[1])
  )
  if (!ordered) return(found)
  fit <- cfa(model, data = rows, ordered = items, estimator = "WLSMV", std.lv = TRUE)
  rel <- quiet(semTools::reliability(fit))
  c(found, list(alpha_ord = unname(rel["alpha.ord", 1]), omega_ord = unname(rel["omega", 1]),
                comp_rel_ord = unname(unclass(quiet(semTools::compRelSEM(fit, obs.var = FALSE)))[1])))
}

stratified <- function(data, dimensions) {
  rows <- na.omit(data[, unlist(dimensions)])
  error <- sapply(dimensions, function(items)
    var(rowSums(rows[, items])) * (1 - quiet(psych::alpha(rows[, items], check.keys = FALSE))$total$raw_alpha))
  1 - sum(error) / var(rowSums(rows))
}

# Second order, twice: with the first loadings fixed, as cfa() does, and with each dimension's total variance 1.
second_order <- function(data, dimensions) {
  rows <- na.omit(data[, unlist(dimensions)])
  measured <- sapply(names(dimensions), function(d) paste(d, "=~", paste(dimensions[[d]], collapse = " + ")))
  free <- sapply(names(dimensions), function(d) paste0(d, " =~ NA*", paste(dimensions[[d]], collapse = " + ")))
  general <- paste("G =~", paste(names(dimensions), collapse = " + "))
  k <- seq_along(dimensions)
  scaled <- c(free, paste0("G =~ NA*", names(dimensions)[1], " + ", paste0("g", k, "*", names(dimensions),
              collapse = " + ")), "G ~~ 1*G", paste0(names(dimensions), " ~~ z", k, "*", names(dimensions)),
              paste0("z", k, " == 1 - g", k, "^2"))
  marker <- cfa(paste(c(measured, general), collapse = "\n"), data = rows)
  standard <- cfa(paste(scaled, collapse = "\n"), data = rows)
  list(dimensions = dimensions, n = nrow(rows), marker = as.list(reliabilityL2(marker, "G")),
       standard = as.list(reliabilityL2(standard, "G")),
       total = unname(tail(unclass(semTools::compRelSEM(
         cfa(paste(measured, collapse = "\n"), data = rows), obs.var = FALSE, return.total = TRUE)), 1)),
       alpha = quiet(psych::alpha(rows, check.keys = FALSE))$total$raw_alpha,
       alpha_stratified = stratified(data, dimensions))
}

x <- function(numbers) paste0("x", numbers)
likert_scales <- list(likert_a = paste0("a", 1:4), likert_b = paste0("b", 1:4), likert_c = paste0("c", 1:4))
out <- list(
  scales = c(
    list(holzinger_visual = scale(holzinger, x(1:3), FALSE), holzinger_textual = scale(holzinger, x(4:6), FALSE),
         holzinger_nine = scale(holzinger, x(1:9), FALSE)),
    lapply(likert_scales, function(items) scale(likert, items, TRUE))),
  constructs = list(
    holzinger = second_order(holzinger, list(visual = x(1:3), textual = x(4:6), speed = x(7:9))),
    likert = second_order(likert, list(A = paste0("a", 1:4), B = paste0("b", 1:4), C = paste0("c", 1:4))))
)
write_json(out, "reference.json", auto_unbox = TRUE, digits = NA, matrix = "rowmajor", pretty = TRUE)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
