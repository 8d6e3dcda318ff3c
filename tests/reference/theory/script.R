# The theory's models on the sample study (synthetic), by semTools and lavaan.
#
#   python make_inputs.py && Rscript script.R        in this folder
#   Rscript script.R M1b P1 ...                      the models named; comparisons are made only when all are fitted
#
# From make_inputs.py come the rows (firms.csv, alliances.csv; no products), the models (models/*.lav), which products
# and terms each needs, its options (models.json), and which models are compared (compared.json).
#   columns/MODEL.csv    products and terms of a response surface, made here
#   MODEL.json           what the functions of ../lavaan/script.R find, estimates refined, less what is not compared
#   comparisons.json     differences between nested models and a Wald test
# Products come from semTools::indProd with double mean centring, that of three variables too (its var3). All of it
# takes some minutes.

source(file.path("..", "lavaan", "script.R"))
suppressPackageStartupMessages(library(semTools))

# The sample's script says why lavaan's robust indices are kept twice. Only these definitions of it are taken.
wanted <- c("SHOWN_HERE", "ROBUST", "robust_with_fixed_x_handed_on")
for (expression in parse(file.path("..", "sample", "script.R"))) {
  if (identical(expression[[1]], quote(`<-`)) && as.character(expression[[2]])[1] %in% wanted) eval(expression)
}
stopifnot(vapply(wanted, exists, TRUE))

# -- products and terms -------------------------------------------------------------------------------------------

# One factor a list of variables; the first of each are multiplied, the second of each, and so on.
products_of <- function(data, factors) {
  factors <- lapply(factors, unlist)
  stopifnot(length(factors) %in% 2:3)
  made <- do.call(indProd, c(list(data), unname(factors), list(match = TRUE, doubleMC = TRUE)))
  # Of three factors indProd gives three pairs before the triple, some names twice: columns are picked by place.
  pairs <- length(factors[[1]])
  place <- ncol(data) + (if (length(factors) == 2) 0 else 3 * pairs) + seq_len(pairs)
  stopifnot(max(place) == ncol(made))
  setNames(made[place], do.call(paste, c(factors, sep = ".")))
}

surface_of <- function(data, surface) {
  T <- data[[surface$variables[[1]]]] - surface$midpoint
  V <- data[[surface$variables[[2]]]] - surface$midpoint
  data.frame(T, V, T2 = T^2, TV = T * V, V2 = V^2)
}

made_columns <- function(data, model) {
  parts <- lapply(model$products, function(factors) products_of(data, factors))
  if (!is.null(model$surface)) parts <- c(parts, list(surface_of(data, model$surface)))
  if (length(parts)) do.call(cbind, parts) else NULL
}

save_columns <- function(columns, file) {
  columns[] <- lapply(columns, function(x) ifelse(is.na(x), NA, sprintf("%.17g", x)))
  write.csv(columns, file, row.names = FALSE, quote = FALSE, na = "")
}

# -- models ---------------------------------------------------------------------------------------------------------

asked <- fromJSON("models.json", simplifyVector = FALSE)
compared <- fromJSON("compared.json", simplifyVector = FALSE)
chosen <- commandArgs(trailingOnly = TRUE)
dir.create("columns", showWarnings = FALSE)
fits <- list()
for (id in if (length(chosen)) chosen else names(asked)) {
  started <- proc.time()[["elapsed"]]
  model <- asked[[id]]
  data <- read_data(model$data)
  columns <- made_columns(data, model)
  if (!is.null(columns)) {
    save_columns(columns, file.path("columns", paste0(model$file, ".csv")))
    data <- cbind(data, columns)
  }
  text <- read_model(file.path("models", paste0(model$file, ".lav")))
  fitted <- fit_case(data, text, model$options)
  found <- describe(id, model$data, text, model$options, fitted)[SHOWN_HERE]
  if (isFALSE(model$options$fixed_x)) found$robust_with_fixed_x_handed_on <- robust_with_fixed_x_handed_on(fitted$fit)
  write_result(found, paste0(model$file, ".json"))
  fits[[id]] <- fitted$fit
  cat(sprintf("%-22s moved %.1e, last step %.1e, %.0f s\n", id, fitted$refined_by, fitted$last_step,
              proc.time()[["elapsed"]] - started))
}

# -- comparisons ------------------------------------------------------------------------------------------------------

measures <- function(fit) {
  shown <- c("chisq", "df", "chisq.scaled", "chisq.scaling.factor", "logl", "aic", "bic")
  c(as.list(unclass(fitMeasures(fit, shown))), list(converged = lavInspect(fit, "converged"),
                                                    admissible = or_error(lavInspect(fit, "post.check"))))
}

# Each model against the largest, the first; those with as many degrees of freedom have no test.
against_largest <- function(ids) {
  largest <- fits[[ids[[1]]]]
  differences <- lapply(setNames(ids, ids), function(id) {
    if (fitMeasures(fits[[id]], "df") == fitMeasures(largest, "df")) return(NULL)
    table <- difference_table(setNames(list(largest, fits[[id]]), c(ids[[1]], id)), "satorra.bentler.2001")
    if (!is.null(table$error)) return(table)
    list(statistic = table[["Chisq diff"]][2], df = table[["Df diff"]][2], pvalue = table[["Pr(>Chisq)"]][2])
  })
  list(models = lapply(setNames(ids, ids), function(id) measures(fits[[id]])),
       differences = differences[!vapply(differences, is.null, TRUE)])
}

if (!length(chosen)) {
  both <- fits$M1c
  wald <- function(constraints) {
    list(constraints = constraints,
         result = plain(unclass(lavTestWald(both, constraints))[c("stat", "df", "p.value", "se")]))
  }
  found <- lapply(compared, function(ids) against_largest(unlist(ids)))
  write_result(c(found, list(wald = wald("m1 == 0\nm2 == 0"))), "comparisons.json")
  writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
}
