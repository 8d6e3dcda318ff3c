# The sample study (synthetic) once more, by R alone: scoring from the export, then psych, semTools and lavaan.
#
#   python make_inputs.py && Rscript script.R        in this folder
#
# From make_inputs.py come the respondents that were kept (kept_*.csv), the rows to analyse (items_*.csv,
# firms.csv, alliances.csv), the models (models/*.lav) and their options (models.json), the scales and factor
# analyses (inputs.json), and the rows that the first bootstrap draws took (resamples.csv).
# Scoring takes nothing from there but who was kept: it starts from data/sample/*.csv and writes
#   scored_F.csv, scored_A.csv          one row a response, every row of the export
#   scored_firms.csv, scored_alliances.csv   one row a unit, kept respondents only
# measurement.json comes from ../measurement/script.R, of its exploratory solutions only the one that the plan
# asks for; MODEL.json is what the functions of ../lavaan/script.R find, estimates refined, less what is not
# compared here; M1_draws.json holds M1's defined effects by draw, M1_decay.json the serial effect by weight of
# recency. All of it takes some minutes.

source(file.path("..", "lavaan", "script.R"))

# -- scoring from the export ----------------------------------------------------------------------------

REVERSED <- c("ralo4", "rfmod4", "rfag4", "srrs4", "lrar4", "lrin4")
NO_ANSWER <- c(9997, 9998, 9999)   # not applicable, don't know, rather not say: only where options are offered
DELTA <- 0.9
OTHER_DELTAS <- c(1, 0.9, 0.8, 0.7, 0.5)
AGES <- c(1, 4, 8, 13)

# Qualtrics puts three lines above the answers: column names, question texts, import ids.
read_export <- function(file) {
  all <- read.csv(file, colClasses = "character", fileEncoding = "UTF-8-BOM", na.strings = "", check.names = FALSE)
  list(answers = all[-(1:2), ], typed_in = grepl("_TEXT\"", unlist(all[2, ]), fixed = TRUE))
}

numbers <- function(export, column) {
  x <- as.numeric(export$answers[[column]])
  if (!export$typed_in[match(column, names(export$answers))]) x[x %in% NO_ANSWER] <- NA
  x
}

experience <- function(export, delta) {
  weighted <- 0
  for (band in 1:4) for (kind in c("xjv", "xeq", "xco"))
    weighted <- weighted + numbers(export, paste0(kind, band)) * delta^AGES[band]
  log(1 + weighted)
}

scored <- function(export, scales, identifiers) {
  column <- function(name) numbers(export, name)
  out <- export$answers[c("ResponseId", identifiers)]
  names(out)[1] <- "response_id"
  for (item in unlist(scales)) out[[item]] <- if (item %in% REVERSED) 8 - column(item) else column(item)
  for (scale in names(scales)) out[[scale]] <- rowSums(out[unlist(scales[[scale]])]) / length(scales[[scale]])
  if (!"dafex" %in% names(export$answers)) return(out)
  out$exp_rw <- experience(export, DELTA)
  out$daf <- column("dafex")
  out$lnsize <- log(column("fsize"))
  out$firmage <- (as.numeric(substr(export$answers$EndDate, 1, 4)) - column("fyear")) / 10
  industry <- column("indus")
  out$ind_tech <- ifelse(is.na(industry), NA, as.numeric(industry == 2 | industry == 3))
  out$ind_serv <- ifelse(is.na(industry), NA, as.numeric(industry >= 6 & industry <= 9))
  out
}

# One row a unit, in order of first appearance; informants who have the score are averaged.
units_of <- function(scores, kept, identifiers) {
  rows <- scores[scores$response_id %in% kept, ]
  key <- do.call(paste, rows[identifiers])
  key <- factor(key, levels = unique(key))
  values <- rows[setdiff(names(rows), c("response_id", identifiers))]
  means <- lapply(values, function(x) as.vector(tapply(x, key, mean, na.rm = TRUE)))
  means <- lapply(means, function(x) replace(x, is.nan(x), NA))
  cbind(rows[!duplicated(key), identifiers, drop = FALSE], as.data.frame(means))
}

save_csv <- function(data, file) {
  data[] <- lapply(data, function(x) if (is.numeric(x)) ifelse(is.na(x), NA, sprintf("%.15g", x)) else x)
  write.csv(data, file, row.names = FALSE, quote = FALSE, na = "")
}

sample_export <- function(file) read_export(file.path("..", "..", "..", "data", "sample", file))

rescore <- function(form, file, identifiers, units_file, keep) {
  export <- sample_export(file)
  scores <- scored(export, inputs[[form]]$scales, identifiers)
  save_csv(scores, paste0("scored_", form, ".csv"))
  units <- units_of(scores, read.csv(paste0("kept_", form, ".csv"))$response_id, identifiers)
  save_csv(units[c(identifiers, keep)], units_file)
}

inputs <- fromJSON("inputs.json", simplifyVector = FALSE)
columns_of <- function(file, identifiers) setdiff(names(read.csv(file, nrows = 1)), identifiers)
rescore("F", "firm.csv", "firm_id", "scored_firms.csv", columns_of("firms.csv", "firm_id"))
rescore("A", "alliance.csv", c("firm_id", "alliance_id"), "scored_alliances.csv",
        columns_of("alliances.csv", c("firm_id", "alliance_id")))

# -- psych, semTools, lavaan ------------------------------------------------------------------------------

run <- function(...) stopifnot(system2("Rscript", c(...)) == 0)

run("../measurement/script.R", "inputs.json", "measurement.json")
measurement <- fromJSON("measurement.json", simplifyVector = FALSE)
for (form in names(inputs)) for (name in names(inputs[[form]]$factor_analyses)) {
  asked <- inputs[[form]]$factor_analyses[[name]]$solution
  analysis <- measurement[[form]]$factor_analyses[[name]]
  measurement[[form]]$factor_analyses[[name]]$solutions <- analysis$solutions[asked]
}
write_json(measurement, "measurement.json", digits = NA, auto_unbox = TRUE, pretty = 1)

SHOWN_HERE <- c("id", "data", "options", "lavaan", "refined_by", "last_step", "converged", "admissible", "warnings",
                "nobs", "nclusters", "variables", "fixed_x", "parameters", "standardized_all", "standardized_lv",
                "measures", "r2", "sample", "implied")

# lavaan's robust RMSEA, CFI and TLI under full information refit the model to the moments of expectation maximisation.
# lavaan 0.6-14 does not hand fixed.x = FALSE on to that fit: variances of random covariates then count as known there and
# as estimated everywhere else. Robust indices with the option handed on are kept beside those that it prints.
ROBUST <- c("cfi.robust", "tli.robust", "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust",
            "rmsea.pvalue.robust")
robust_with_fixed_x_handed_on <- function(fit) {
  original <- corrected <- getFromNamespace("lav_fit_fiml_corrected", "lavaan")
  hand_on <- function(part) {
    if (!is.call(part)) return(part)
    if (identical(part[[1]], quote(lavaan))) part$fixed.x <- quote(lavobject@Options$fixed.x)
    as.call(lapply(as.list(part), function(inner) if (is.call(inner)) hand_on(inner) else inner))
  }
  body(corrected) <- hand_on(body(original))
  assignInNamespace("lav_fit_fiml_corrected", corrected, ns = "lavaan")
  on.exit(assignInNamespace("lav_fit_fiml_corrected", original, ns = "lavaan"))
  as.list(unclass(fitMeasures(fit, ROBUST)))
}

models <- fromJSON("models.json", simplifyVector = FALSE)
model_of <- function(id) read_model(file.path("models", paste0(id, ".lav")))
for (id in names(models)) {
  model <- models[[id]]
  fitted <- fit_case(read_data(model$data), model_of(id), model$options)
  found <- describe(id, model$data, model_of(id), model$options, fitted)
  found <- found[SHOWN_HERE]
  if (isFALSE(model$options$fixed_x)) found$robust_with_fixed_x_handed_on <- robust_with_fixed_x_handed_on(fitted$fit)
  write_result(found, paste0(id, ".json"))
  cat(sprintf("%-12s moved %.1e, last step %.1e\n", id, fitted$refined_by, fitted$last_step))
}

# -- M1 on the very rows that the bootstrap drew ------------------------------------------------------------

M1 <- model_of("M1")
options_of_M1 <- models$M1$options
firms <- read_data("firms.csv")
resamples <- as.matrix(read.csv("resamples.csv", header = FALSE))
stopifnot(ncol(resamples) == nrow(firms))
draws <- apply(resamples, 1, function(rows) {
  given <- c(list(M1, data = firms[rows, ], se = "none", test = "none", baseline = FALSE),
             lavaan_arguments(options_of_M1))
  fit <- suppressWarnings(do.call("sem", given))
  refined <- refine(fit)
  stopifnot(refined$last < 1e-9)
  table <- refined$table
  free <- table$est[match(seq_len(max(table$free)), table$free)]
  setNames(as.numeric(fit@Model@def.function(free)), table$lhs[table$op == ":="])
})
write_json(apply(draws, 1, c, simplify = FALSE), "M1_draws.json", digits = 12, pretty = TRUE)

# -- M1 with other weights of recency -----------------------------------------------------------------------

# One response a firm in form F: its experience goes straight to the firm.
export <- sample_export("firm.csv")
stopifnot(!anyDuplicated(export$answers$firm_id))
write_json(lapply(OTHER_DELTAS, function(delta) {
  firms$exp_rw <- experience(export, delta)[match(firms$firm_id, export$answers$firm_id)]
  fit <- fit_case(firms, M1, options_of_M1)$fit
  table <- parameterEstimates(fit, standardized = TRUE)
  row <- table[table$lhs == "serial_capability", ]
  list(decay = delta, n = lavInspect(fit, "nobs"), est = row$est, se = row$se, pvalue = row$pvalue, std_all = row$std.all)
}), "M1_decay.json", digits = 12, auto_unbox = TRUE, pretty = TRUE)
