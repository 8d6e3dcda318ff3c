# The serial mediation M1 on the screened firms of the sample study (synthetic), by lavaan's WLSMV: items and the 0/1 of
# the dedicated function ordered, covariates fixed, missing answers pair by pair and listwise.
#
#   Rscript script.R        in this folder; some minutes
#
# firms.csv holds the columns that the model names, one row a firm; m1.lav is the text of the model.

library(lavaan)
library(jsonlite)

firms <- read.csv("firms.csv")
model <- paste(readLines("m1.lav"), collapse = "\n")
exogenous <- c("exp_rw", "lnsize", "firmage", "tmco", "ind_tech", "ind_serv")
ordered <- setdiff(names(firms), exogenous)

# lavaan stops at a category that only firms left out had chosen: they are taken out before it counts categories.
rows <- list(pairwise = firms[complete.cases(firms[exogenous]), ], listwise = firms[complete.cases(firms), ])

found <- lapply(c(pairwise = "pairwise", listwise = "listwise"), function(missing) {
  fit <- sem(model, rows[[missing]], estimator = "WLSMV", ordered = ordered, missing = missing, fixed.x = TRUE,
             conditional.x = TRUE)
  rows <- parameterEstimates(fit)
  standardised <- standardizedSolution(fit)
  rows <- merge(rows, standardised[c("lhs", "op", "rhs", "est.std", "se")], by = c("lhs", "op", "rhs"), sort = FALSE,
                suffixes = c("", ".std"))
  keep <- rows$op %in% c("=~", ":=") | (rows$op == "~" & !is.na(rows$label) & rows$label != "")
  measures <- c("npar", "chisq", "df", "chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor",
                "cfi.scaled", "tli.scaled", "rmsea.scaled", "srmr")
  list(n = lavInspect(fit, "nobs"), converged = lavInspect(fit, "converged"),
       fit = as.list(fitMeasures(fit)[measures]),
       parameters = rows[keep, c("lhs", "op", "rhs", "label", "est", "se", "pvalue", "est.std", "se.std")])
})

write(toJSON(found, digits = 15, auto_unbox = TRUE, pretty = TRUE), "m1.json")
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
