# Reference values for the estimation engine, from lavaan.
#
#   Rscript script.R                                     every case of cases.json, and comparisons.json
#   Rscript script.R holzinger_ml m1_items_fiml ...      the cases named
#   Rscript script.R DATA.csv MODEL.lav out.json estimator=mlr missing=fiml group=school equal=loadings,intercepts
#                                                        one model on one file, with the options of `alliometrics fit`
#
# lavaan's optimiser stops at about six digits. Here its solution is taken on by Fisher scoring with lavaan's own
# gradient and information until no parameter moves by 1e-11, and lavaan then computes everything else at that point;
# the EM for the saturated model is tightened likewise. A case keeps the largest move ("refined_by") and the last step.

suppressPackageStartupMessages({
  library(lavaan)
  library(jsonlite)
})

EM <- list(em.h1.tol = 1e-9, em.h1.iter.max = 10000)
ESTIMATOR <- c(ml = "ML", mlr = "MLR", mlm = "MLM")
MISSING <- c(listwise = "listwise", fiml = "ml")
EQUAL <- c("loadings", "intercepts", "residuals", "means", "lv.variances", "lv.covariances", "regressions")
SHOWN <- c("estimator", "se", "test", "information", "h1.information", "observed.information", "information.meat",
           "h1.information.meat", "omega.information", "omega.h1.information", "omega.information.meat",
           "omega.h1.information.meat", "meanstructure", "fixed.x", "conditional.x", "missing", "likelihood",
           "std.lv", "group.equal", "scaled.test", "mimic")
# Beyond this many free parameters the candidates for modification are left out, for their sheer number.
MANY <- 100

# ---- fitting -------------------------------------------------------------------------------------------------------

lavaan_arguments <- function(options) {
  given <- list(estimator = ESTIMATOR[[if (is.null(options$estimator)) "ml" else options$estimator]],
                missing = MISSING[[if (is.null(options$missing)) "listwise" else options$missing]])
  stopifnot(all(unlist(options$equal) %in% EQUAL))
  given$group <- options$group
  given$cluster <- options$cluster
  given$group.equal <- unlist(options$equal)
  given$std.lv <- options$std_lv
  given$meanstructure <- options$meanstructure
  given$fixed.x <- options$fixed_x
  if (given$missing == "ml") given <- c(given, EM)
  given
}

# Free parameters at the maximum: chord steps with the expected information, projected onto the constraints.
refine <- function(fit) {
  free <- lavTech(fit, "inverted.information.expected")
  estimate <- start <- as.numeric(coef(fit, type = "free"))
  for (round in 1:200) {
    model <- lavaan:::lav_model_set_parameters(fit@Model, estimate)
    gradient <- lavaan:::lav_model_gradient(model, lavsamplestats = fit@SampleStats, lavdata = fit@Data,
                                               group.weight = !fit@SampleStats@missing.flag)
    step <- -as.numeric(free %*% as.numeric(gradient))
    estimate <- estimate + step
    if (max(abs(step)) < 1e-11) break
  }
  table <- parTable(fit)
  place <- table$free > 0
  table$est[place] <- estimate[table$free[place]]
  table$start <- table$est
  list(table = table, moved = max(abs(estimate - start)), last = max(abs(step)))
}

# The fit, what lavaan warned of, and how far it was refined.
fit_case <- function(data, model, options) {
  given <- c(list(model = model, data = data), lavaan_arguments(options))
  quick <- suppressWarnings(do.call("sem", c(given, list(se = "none", test = "none", baseline = FALSE))))
  stopifnot(lavInspect(quick, "converged"))
  refined <- refine(quick)
  stopifnot(refined$moved < 1e-3)
  warned <- character()
  # fixed.x is written out: left at its default, a list of starting values would make lavaan free the covariates.
  given$fixed.x <- quick@Options$fixed.x
  fit <- withCallingHandlers(
    do.call("sem", c(given, list(start = refined$table, optim.method = "none", baseline = FALSE))),
    warning = function(w) {
      warned <<- c(warned, gsub("\\s+", " ", conditionMessage(w)))
      invokeRestart("muffleWarning")
    })
  free <- refined$table$free > 0
  stopifnot(identical(quick@ParTable$free, fit@ParTable$free))
  stopifnot(max(abs(parTable(fit)$est[free] - refined$table$est[free])) < 1e-9)
  # The baseline model is fitted apart: lavaan would start it, too, from the values handed over.
  fit@Options$start <- "default"
  baseline <- lavaan:::lav_object_independence(fit)
  stopifnot(lavInspect(baseline, "converged"))
  fit@baseline <- list(partable = baseline@ParTable, test = baseline@test)
  list(fit = fit, warnings = unique(warned), refined_by = refined$moved, last_step = refined$last)
}

# ---- reading a fit ------------------------------------------------------------------------------------------------

rows <- function(table, columns) {
  table <- as.data.frame(unclass(table), stringsAsFactors = FALSE)
  as.list(table[intersect(columns, names(table))])
}

plain <- function(x) {
  if (is.list(x)) return(lapply(x, plain))
  if (is.matrix(x)) return(unname(unclass(x)))
  unname(as.vector(unclass(x)))
}

# One entry a group, also when there is one group; matrices and vectors in the order of `variables`.
by_group <- function(fit, value) {
  values <- if (lavInspect(fit, "ngroups") == 1) list(value) else unname(value)
  order <- lavNames(fit, "ov")
  arrange <- function(x) {
    if (is.matrix(x) && all(order %in% rownames(x))) return(x[order, order])
    if (!is.list(x) && !is.null(names(x)) && all(order %in% names(x))) return(x[order])
    x
  }
  lapply(values, function(v) plain(lapply(v[intersect(c("cov", "mean"), names(v))], arrange)))
}

or_error <- function(expression) {
  tryCatch(suppressWarnings(expression), error = function(e) list(error = gsub("\\s+", " ", conditionMessage(e))))
}

lower_triangle <- function(m) lapply(seq_len(nrow(m)), function(i) I(unname(m[i, seq_len(i)])))

modification <- function(fit) {
  if (length(coef(fit)) > MANY) return(list(error = "left out for its size"))
  or_error(rows(modindices(fit, sort. = FALSE), c("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all")))
}

describe <- function(id, data_name, model, options, fitted) {
  fit <- fitted$fit
  used <- lavInspect(fit, "options")
  # With missing data lavaan's sample statistics are the EM estimates of the saturated model.
  stopifnot(isTRUE(all.equal(by_group(fit, lavInspect(fit, "sampstat")), by_group(fit, lavInspect(fit, "h1")),
                             tolerance = 1e-12)))
  parameters <- rows(suppressWarnings(parameterEstimates(fit, standardized = TRUE)),
                     c("lhs", "op", "rhs", "group", "label", "est", "se", "z", "pvalue", "ci.lower", "ci.upper",
                       "std.lv", "std.all"))
  # The rows are those of `parameters`, so that their names need not be told again.
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
    nclusters = I(if (is.null(options$cluster)) integer() else vapply(fit@Data@Lp, function(l) l$nclusters[[2]], 1)),
    groups = I(as.character(lavInspect(fit, "group.label"))),
    variables = lavNames(fit, "ov"), fixed_x = I(lavNames(fit, "ov.x")), latent = I(lavNames(fit, "lv")),
    npar = fitMeasures(fit, "npar")[[1]],
    parameters = parameters,
    standardized_all = or_error(standardized("std.all")),
    standardized_lv = or_error(standardized("std.lv")),
    parameter_table = rows(parTable(fit), c("id", "lhs", "op", "rhs", "user", "block", "group", "free", "ustart", "exo",
                                            "label", "plabel")),
    measures = as.list(unclass(suppressWarnings(fitMeasures(fit, "all")))),
    vcov_lower = or_error(lower_triangle(unclass(lavInspect(fit, "vcov")))),
    r2 = or_error(if (lavInspect(fit, "ngroups") == 1) list(as.list(lavInspect(fit, "rsquare"))) else
      lapply(unname(lavInspect(fit, "rsquare")), as.list)),
    sample = by_group(fit, lavInspect(fit, "sampstat")),
    implied = by_group(fit, lavInspect(fit, "implied")),
    latent_cov = or_error(lapply(if (lavInspect(fit, "ngroups") == 1) list(lavInspect(fit, "cov.lv")) else
      unname(lavInspect(fit, "cov.lv")), plain)),
    residuals_correlation = or_error(by_group(fit, residuals(fit, type = "cor.bentler"))),
    residuals_standardized = or_error(by_group(fit, residuals(fit, type = "standardized"))),
    modification = modification(fit)
  )
}

DIGITS <- c(vcov_lower = 8, modification = 8, residuals_correlation = 9, residuals_standardized = 9)

# One line a key: the diff of two runs shows which part moved. Significant digits: twelve unless DIGITS says fewer.
write_result <- function(result, output) {
  lines <- vapply(names(result), function(key) {
    paste0(toJSON(key, auto_unbox = TRUE), ": ",
           toJSON(result[[key]], digits = I(if (key %in% names(DIGITS)) DIGITS[[key]] else 12),
                  auto_unbox = TRUE, na = "null", null = "null", dataframe = "columns"))
  }, "")
  writeLines(c("{", paste0(lines, c(rep(",", length(lines) - 1), "")), "}"), output)
}

read_data <- function(path) read.csv(path, na.strings = c("", "NA"), stringsAsFactors = FALSE)
read_model <- function(path) paste(readLines(path), collapse = "\n")

run_case <- function(case) {
  data <- read_data(file.path("data", paste0(case$data, ".csv")))
  model <- read_model(file.path("models", paste0(case$model, ".lav")))
  fitted <- fit_case(data, model, case$options)
  write_result(describe(case$id, case$data, model, case$options, fitted), paste0(case$id, ".json"))
  cat(sprintf("%-32s moved %.1e, last step %.1e\n", case$id, fitted$refined_by, fitted$last_step))
}

# ---- comparing models -------------------------------------------------------------------------------------------

difference_table <- function(fits, method) {
  table <- or_error(do.call(lavTestLRT, c(unname(fits), list(method = method, model.names = names(fits)))))
  if (!is.data.frame(table)) return(table)
  c(list(model = rownames(table)), lapply(as.list(table), plain),
    list(scale = attr(table, "scale"), shift = attr(table, "shift")))
}

score_test <- function(fit, cumulative = FALSE) {
  result <- or_error(lavTestScore(fit, cumulative = cumulative, epc = TRUE))
  lapply(result, function(part) if (is.data.frame(part)) lapply(as.list(part), plain) else plain(part))
}

comparisons <- function() {
  equal <- list(configural = NULL, loadings = "loadings", intercepts = c("loadings", "intercepts"))
  two_groups <- function(data, model, options) {
    model <- read_model(file.path("models", paste0(model, ".lav")))
    data <- read_data(file.path("data", paste0(data, ".csv")))
    lapply(equal, function(e) fit_case(data, model, c(options, list(equal = e)))$fit)
  }
  compared <- function(data, model, options, methods) {
    fits <- two_groups(data, model, options)
    list(data = data, model = model, options = options, equal = equal,
         tests = sapply(methods, function(m) difference_table(fits, m), simplify = FALSE),
         score = score_test(fits$intercepts), score_cumulative = score_test(fits$intercepts, TRUE)[-1])
  }
  serial <- read_model("models/serial_mediation.lav")
  wald <- function(data, options, constraints) {
    fit <- fit_case(read_data(file.path("data", paste0(data, ".csv"))), serial, options)$fit
    list(data = data, model = "serial_mediation", options = options, constraints = constraints,
         result = plain(unclass(lavTestWald(fit, constraints))[c("stat", "df", "p.value", "se")]))
  }
  robust <- c("default", "satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")
  school <- list(group = "school")
  write_result(list(
    holzinger_ml = compared("holzinger", "three_factors", c(list(estimator = "ml"), school), "default"),
    holzinger_mlr = compared("holzinger", "three_factors", c(list(estimator = "mlr"), school), robust),
    holzinger_mlm = compared("holzinger", "three_factors", c(list(estimator = "mlm"), school), robust),
    holzinger_fiml = compared("holzinger_missing", "three_factors",
                              c(list(estimator = "ml", missing = "fiml"), school), "default"),
    holzinger_fiml_mlr = compared("holzinger_missing", "three_factors",
                                  c(list(estimator = "mlr", missing = "fiml"), school), robust),
    three_groups_mlr = compared("three_groups", "two_factors", list(estimator = "mlr", group = "country"), robust),
    wald_ml = wald("mediation", list(estimator = "ml"), "a1 == 0\nb == 0"),
    wald_mlr = wald("mediation", list(estimator = "mlr"), "a1 == 0\nb == 0"),
    wald_fiml = wald("mediation_missing", list(estimator = "ml", missing = "fiml"), "a1 == 0\nb == 0"),
    wald_equal = wald("mediation", list(estimator = "ml"), "a2 == c2"),
    wald_product = wald("mediation", list(estimator = "mlr"), "a1*a2 == 0\nd == h1 + 0.1")
  ), "comparisons.json")
}

# ---- the command line --------------------------------------------------------------------------------------------

one_off <- function(data, model, output, settings) {
  pairs <- strsplit(settings, "=", fixed = TRUE)
  options <- setNames(lapply(pairs, `[`, 2), vapply(pairs, `[`, "", 1))
  if (!is.null(options$equal)) options$equal <- strsplit(options$equal, ",", fixed = TRUE)[[1]]
  for (name in intersect(c("std_lv", "meanstructure", "fixed_x"), names(options))) {
    options[[name]] <- options[[name]] %in% c("true", "TRUE", "1", "yes")
  }
  text <- read_model(model)
  result <- describe(sub("\\.json$", "", basename(output)), basename(data), text, options,
                     fit_case(read_data(data), text, options))
  write_result(result, output)
}

main <- function(arguments) {
  if (length(arguments) >= 3 && grepl("\\.json$", arguments[3])) {
    return(invisible(one_off(arguments[1], arguments[2], arguments[3], arguments[-(1:3)])))
  }
  source("make_data.R")
  make_data()
  cases <- fromJSON("cases.json", simplifyVector = FALSE)
  names(cases) <- vapply(cases, `[[`, "", "id")
  wanted <- if (length(arguments)) arguments else c(names(cases), "comparisons")
  for (case in cases[intersect(names(cases), wanted)]) run_case(case)
  if ("comparisons" %in% wanted) comparisons()
  writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
}

# Other scripts source this one for its functions.
if (sys.nframe() == 0) main(commandArgs(trailingOnly = TRUE))
