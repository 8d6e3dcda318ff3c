# Parameter tables as lavaan::sem() makes them, for the models in models.json. Run in this folder: Rscript script.R
# Data are needed only so that sem() runs through; nothing is fitted, and no number of theirs is kept.
suppressMessages({ library(lavaan); library(jsonlite) })
set.seed(1)
columns <- c("lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "plabel")
table_of <- function(entry) {
  options <- entry$options
  names <- lavNames(lavaanify(entry$model, ngroups = max(1, length(options$groups)), fixed.x = FALSE, auto = TRUE,
                              warn = FALSE), "ov")
  groups <- unlist(options$groups)
  data <- as.data.frame(matrix(rnorm(300 * length(names)), 300, dimnames = list(NULL, names)))
  arguments <- list(model = entry$model, data = data, do.fit = FALSE)
  if (length(groups) > 1) {
    arguments$data$group <- rep(groups, length.out = 300)
    arguments$group <- "group"
  }
  if (!is.null(options$group_equal)) arguments$group.equal <- unlist(options$group_equal)
  if (isTRUE(options$meanstructure)) arguments$meanstructure <- TRUE
  if (isTRUE(options$std_lv)) arguments$std.lv <- TRUE
  if (isFALSE(options$fixed_x)) arguments$fixed.x <- FALSE
  fit <- suppressWarnings(do.call("sem", arguments))
  table <- as.data.frame(parTable(fit))[, columns]
  list(name = entry$name, rows = table, ov = lavNames(fit, "ov"), lv = lavNames(fit, "lv"),
       ov.x = lavNames(fit, "ov.x"))
}
models <- fromJSON("models.json", simplifyVector = FALSE)
tables <- lapply(models, function(entry) { message(entry$name); table_of(entry) })
write_json(tables, "tables.json", digits = NA, na = "null", null = "null", dataframe = "values")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
