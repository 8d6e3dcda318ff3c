# Reference values for ordinal models, from lavaan.
#
#   Rscript script.R                        every case of cases.json, and comparisons.json
#   Rscript script.R holzinger_wlsmv ...    the cases named
#
# The functions of ../../lavaan/script.R take lavaan's solution on to the exact minimum and read a fit. The statistics of
# the first stage (thresholds, polychoric correlations) are as lavaan leaves them.

source(file.path("..", "..", "lavaan", "script.R"))

ESTIMATOR <- c(wlsmv = "WLSMV", dwls = "DWLS")

lavaan_arguments <- function(options) {
  given <- list(estimator = ESTIMATOR[[options$estimator]], ordered = unlist(options$ordered),
                missing = if (is.null(options$missing)) "listwise" else options$missing)
  given$group <- options$group
  given$group.equal <- unlist(options$equal)
  given$std.lv <- options$std_lv
  given
}

MOMENTS <- c("cov", "mean", "th", "res.cov", "res.int", "res.th", "res.slopes", "cov.x", "mean.x")

grouped <- function(fit, value) if (lavInspect(fit, "ngroups") == 1) list(value) else unname(value)

moments <- function(fit, what) {
  lapply(grouped(fit, lavInspect(fit, what)), function(v) plain(v[intersect(MOMENTS, names(v))]))
}

columns <- c("lhs", "op", "rhs", "group", "label", "est", "se", "z", "pvalue", "ci.lower", "ci.upper", "std.lv", "std.all")

tests_of <- function(fit) {
  keep <- c("test", "stat", "stat.group", "df", "pvalue", "scaling.factor", "shift.parameter", "trace.UGamma",
            "trace.UGamma2")
  list(model = lapply(unname(fit@test), function(t) lapply(t[intersect(keep, names(t))], plain)),
       baseline = lapply(unname(fit@baseline$test), function(t) lapply(t[intersect(keep, names(t))], plain)))
}

# The robust indices (Savalei 2021) by formula where all variables are ordered and there is no covariate. Where lavaan
# has them, they are the same; lavaan has none as soon as thresholds are tied, for the constraints left without their rows.
robust_by_formula <- function(fit) {
  if (lavInspect(fit, "options")$conditional.x || length(lavNames(fit, "ov.num"))) return(NULL)
  n <- unlist(fit@SampleStats@nobs)
  share <- n / sum(n)
  groups <- length(n)
  cases <- sum(n) - groups
  df <- fitMeasures(fit, "df")[[1]]
  R <- lapply(grouped(fit, lavInspect(fit, "sampstat")), function(s) unclass(s$cov))
  Sigma <- lapply(grouped(fit, lavInspect(fit, "implied")), function(s) unclass(s$cov))
  gamma <- lavTech(fit, "gamma")
  correlations <- lapply(gamma, function(g) nrow(g) - (nrow(R[[1]]) * (nrow(R[[1]]) - 1) / 2 - 1):0)
  stacked <- function(matrices) as.matrix(lavaan:::lav_matrix_bdiag(matrices))
  jacobian <- lavaan:::computeDelta(fit@Model)
  if (fit@Model@eq.constraints) jacobian <- lapply(jacobian, `%*%`, fit@Model@eq.constraints.K)
  information <- Reduce(`+`, Map(function(J, g, f) f * crossprod(J / sqrt(diag(g))), jacobian, gamma, share))
  J <- do.call(rbind, Map(function(J, k) J[k, , drop = FALSE], jacobian, correlations))
  W <- stacked(Map(function(g, k, f) diag(f / diag(g)[k]), gamma, correlations, share))
  G <- stacked(Map(function(g, k, f) g[k, k] / f, gamma, correlations, share))
  V <- stacked(Map(function(S, f) {
    inverse <- solve(S)
    at <- which(lower.tri(S), arr.ind = TRUE)
    f * (inverse[at[, 1], at[, 1]] * inverse[at[, 2], at[, 2]] + inverse[at[, 1], at[, 2]] * inverse[at[, 2], at[, 1]])
  }, Sigma, share))
  log_det <- function(x) as.numeric(determinant(x)$modulus)
  chisq <- sum(mapply(function(S, R, n) n * (log_det(S) - log_det(R) + sum(solve(S) * R) - nrow(R)), Sigma, R, n))
  null <- sum(mapply(function(R, n) -n * log_det(R), R, n))
  left <- diag(nrow(J)) - J %*% solve(information) %*% t(J) %*% W
  factor <- sum(diag(t(left) %*% V %*% left %*% G)) / df
  null_factor <- sum(diag(G)) / nrow(G)
  limit <- function(q) {
    gap <- function(l) pchisq(chisq / factor, df, l) - q
    if (gap(0) < 0) 0 else uniroot(gap, c(0, max(cases, 4 * chisq)), tol = 1e-10)$root
  }
  rmsea <- function(misfit) sqrt(max(misfit, 0) / (cases * df)) * sqrt(groups)
  t1 <- chisq - factor * df
  t2 <- null - null_factor * nrow(G)
  list(chisq = chisq, factor = factor, null = null, null_factor = null_factor,
       cfi.robust = 1 - max(t1, 0) / max(t1, t2, 0), tli.robust = 1 - t1 * nrow(G) / (t2 * df),
       rmsea.robust = rmsea(t1), rmsea.ci.lower.robust = rmsea(factor * limit(0.95)),
       rmsea.ci.upper.robust = rmsea(factor * limit(0.05)),
       rmsea.pvalue.robust = 1 - pchisq(chisq / factor, df, cases * df * 0.05^2 / factor / groups))
}

describe <- function(id, data_name, model, options, fitted) {
  fit <- fitted$fit
  used <- lavInspect(fit, "options")
  parameters <- rows(suppressWarnings(parameterEstimates(fit, standardized = TRUE)), columns)
  standardized <- function(type) {
    table <- standardizedSolution(fit, type = type)
    stopifnot(identical(table$lhs, parameters$lhs), identical(table$rhs, parameters$rhs))
    rows(table, c("est.std", "se", "z", "pvalue", "ci.lower", "ci.upper"))
  }
  list(
    id = id, data = data_name, model = model, options = options,
    lavaan = used[intersect(SHOWN, names(used))],
    refined_by = fitted$refined_by, last_step = fitted$last_step,
    converged = lavInspect(fit, "converged"),
    admissible = or_error(lavInspect(fit, "post.check")),
    warnings = I(fitted$warnings),
    nobs = I(lavInspect(fit, "nobs")), norig = I(lavInspect(fit, "norig")), ntotal = lavInspect(fit, "ntotal"),
    groups = I(as.character(lavInspect(fit, "group.label"))),
    variables = lavNames(fit, "ov"), endogenous = lavNames(fit, "ov.nox"), fixed_x = I(lavNames(fit, "ov.x")),
    latent = I(lavNames(fit, "lv")), ordered = I(lavNames(fit, "ov.ord")),
    npar = fitMeasures(fit, "npar")[[1]],
    parameters = parameters,
    standardized_all = or_error(standardized("std.all")),
    standardized_lv = or_error(standardized("std.lv")),
    parameter_table = rows(parTable(fit), c("id", "lhs", "op", "rhs", "user", "block", "group", "free", "ustart", "exo",
                                            "label", "plabel")),
    measures = as.list(unclass(suppressWarnings(fitMeasures(fit, "all")))),
    tests = tests_of(fit),
    robust_by_formula = if (options$estimator == "wlsmv") or_error(robust_by_formula(fit)),
    vcov_lower = if (length(coef(fit)) <= MANY) or_error(lower_triangle(unclass(lavInspect(fit, "vcov")))),
    r2 = or_error(lapply(grouped(fit, lavInspect(fit, "rsquare")), as.list)),
    wls_names = I(lapply(grouped(fit, lavInspect(fit, "wls.obs")), names)),
    wls_obs = I(plain(unname(lavTech(fit, "wls.obs")))),
    wls_est = I(plain(unname(lavTech(fit, "wls.est")))),
    gamma_diagonal = I(unname(lapply(lavTech(fit, "gamma"), diag))),
    sample = moments(fit, "sampstat"),
    implied = moments(fit, "implied"),
    latent_cov = or_error(lapply(grouped(fit, lavInspect(fit, "cov.lv")), plain)),
    residual_variances = lapply(grouped(fit, lavInspect(fit, "est")), function(m) {
      as.list(c(diag(m$theta), if (!is.null(m$psi)) diag(m$psi)))
    }),
    catml = if (options$estimator == "wlsmv") or_error(lavaan:::lav_fit_catml_dwls(fit)),
    modification = modification(fit)
  )
}

# The covariance matrix of the estimates and the candidates for modification are left out beyond so many parameters.
MANY <- 60

DIGITS <- c(vcov_lower = 9, modification = 9)

# Sixteen digits unless DIGITS says fewer; one line a key.
write_result <- function(result, output) {
  lines <- vapply(names(result), function(key) {
    paste0(toJSON(key, auto_unbox = TRUE), ": ",
           toJSON(result[[key]], digits = I(if (key %in% names(DIGITS)) DIGITS[[key]] else 16), auto_unbox = TRUE,
                  na = "null", null = "null", dataframe = "columns"))
  }, "")
  writeLines(c("{", paste0(lines, c(rep(",", length(lines) - 1), "")), "}"), output)
}

# ---- comparing models -----------------------------------------------------------------------------------------------

# A fit of the case named, whose options are changed as given.
refit <- function(cases, id, ...) {
  case <- cases[[id]]
  options <- modifyList(case$options, list(...))
  data <- read_data(file.path("data", paste0(case$data, ".csv")))
  fit_case(data, read_model(file.path("models", paste0(case$model, ".lav"))), options)$fit
}

LADDER <- list(configural = NULL, thresholds = "thresholds", loadings = c("thresholds", "loadings"),
               means = c("thresholds", "loadings", "means"), variances = c("thresholds", "loadings", "means",
                                                                          "lv.variances", "lv.covariances"))

ladder <- function(cases, id, steps, ...) {
  fits <- lapply(steps, function(equal) refit(cases, id, equal = equal, ...))
  pairs <- Map(function(a, b) difference_table(fits[c(a, b)], "default"), names(fits)[-length(fits)], names(fits)[-1])
  names(pairs) <- paste(names(fits)[-length(fits)], names(fits)[-1], sep = "/")
  list(case = id, changed = list(...), equal = steps, measures = lapply(fits, function(f) {
    as.list(unclass(suppressWarnings(fitMeasures(f, "all"))))
  }), pairs = pairs, together = difference_table(fits, "default"))
}

score_parts <- function(fit) {
  out <- score_test(fit, cumulative = TRUE)
  c(out, list(parameters = rows(parTable(fit), c("lhs", "op", "rhs", "group", "label", "plabel", "free"))))
}

comparisons <- function(cases) {
  metric <- list(configural = NULL, loadings = "loadings")
  both <- list(configural = NULL, loadings_thresholds = c("loadings", "thresholds"))
  fixed <- function(id, model_a, model_b) {
    case <- cases[[id]]
    data <- read_data(file.path("data", paste0(case$data, ".csv")))
    text <- lapply(list(restricted = model_a, free = model_b), function(m) {
      read_model(file.path("models", paste0(m, ".lav")))
    })
    fits <- lapply(text, function(t) fit_case(data, t, case$options)$fit)
    list(case = id, models = list(restricted = model_a, free = model_b), pairs = difference_table(fits, "default"))
  }
  write_result(list(
    two_groups_wlsmv = ladder(cases, "configural_wlsmv", LADDER),
    two_groups_metric_wlsmv = ladder(cases, "configural_wlsmv", metric),
    two_groups_both_wlsmv = ladder(cases, "configural_wlsmv", both),
    two_groups_both_dwls = ladder(cases, "configural_dwls", both),
    three_groups_wlsmv = ladder(cases, "three_configural_wlsmv", LADDER),
    school_mixed_wlsmv = ladder(cases, "school_mixed_wlsmv", list(
      configural = NULL, loadings = "loadings", intercepts = c("loadings", "thresholds", "intercepts"))),
    pairwise_wlsmv = ladder(cases, "pairwise_groups_wlsmv", list(configural = NULL, loadings = "loadings")),
    modified_wlsmv = fixed("modified_wlsmv", "three_factors", "three_factors_modified"),
    score_loadings_wlsmv = score_parts(refit(cases, "loadings_wlsmv")),
    score_loadings_thresholds_wlsmv = score_parts(refit(cases, "loadings_thresholds_wlsmv")),
    score_loadings_dwls = score_parts(refit(cases, "loadings_wlsmv", estimator = "dwls"))
  ), "comparisons.json")
}

main <- function(arguments) {
  source("make_data.R")
  make_data()
  cases <- fromJSON("cases.json", simplifyVector = FALSE)
  names(cases) <- vapply(cases, `[[`, "", "id")
  wanted <- if (length(arguments)) arguments else c(names(cases), "comparisons")
  for (case in cases[intersect(names(cases), wanted)]) {
    tryCatch(run_case(case), error = function(e) stop(case$id, ": ", conditionMessage(e)))
  }
  if ("comparisons" %in% wanted) comparisons(cases)
  writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
}

if (sys.nframe() == 0) main(commandArgs(trailingOnly = TRUE))
