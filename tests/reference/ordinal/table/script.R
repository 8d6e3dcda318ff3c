# Parameter tables as lavaan::sem() makes them with ordered variables (delta parameterisation), for models.json.
# data.csv is synthetic. Run in this folder: Rscript script.R
# Data give lavaan the numbers of categories; nothing is fitted, and no estimate is kept.
suppressMessages({ library(lavaan); library(jsonlite) })
data <- read.csv("data.csv")
columns <- c("lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "plabel")
table_of <- function(entry) {
  options <- entry$options
  groups <- unlist(options$groups)
  arguments <- list(model = entry$model, data = data, ordered = unlist(entry$ordered), do.fit = FALSE,
                    parameterization = "delta")
  if (length(groups) > 1) {
    arguments$data <- data[data$group %in% groups, ]
    arguments$group <- "group"
    arguments$group.label <- groups
  }
  if (!is.null(options$group_equal)) arguments$group.equal <- unlist(options$group_equal)
  if (isTRUE(options$std_lv)) arguments$std.lv <- TRUE
  if (isFALSE(options$fixed_x)) arguments$fixed.x <- FALSE
  if (isFALSE(options$conditional_x)) arguments$conditional.x <- FALSE
  fit <- suppressWarnings(do.call("sem", arguments))
  table <- as.data.frame(parTable(fit))[, columns]
  ord <- lavNames(fit, "ov.ord")
  list(name = entry$name, rows = table, ov = lavNames(fit, "ov"), lv = lavNames(fit, "lv"),
       ov.x = lavNames(fit, "ov.x"), ov.ord = I(ord),
       categories = I(sapply(ord, function(name) length(unique(data[[name]])), USE.NAMES = FALSE)),
       conditional.x = lavInspect(fit, "options")$conditional.x)
}
models <- fromJSON("models.json", simplifyVector = FALSE)
tables <- lapply(models, function(entry) { message(entry$name); table_of(entry) })
write_json(tables, "tables.json", digits = NA, na = "null", null = "null", dataframe = "values")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
