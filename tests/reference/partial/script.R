# Score tests, and scaled difference tests of ordinal models, of two and three groups. Run from the repository's root:
#     Rscript tests/reference/partial/script.R
# Data: tests/reference/lavaan/data/holzinger.csv (Holzinger & Swineford 1939).
suppressMessages(library(lavaan))
library(jsonlite)
folder <- "tests/reference/partial"
holzinger <- read.csv("tests/reference/lavaan/data/holzinger.csv")
write_full <- function(x, name) {
    writeLines(toJSON(x, digits = NA, auto_unbox = TRUE, matrix = "rowmajor", pretty = FALSE), file.path(folder, name))
}

# ---- score tests: every intercept and loading released in all three groups at once --------------------------------
holzinger$third <- c("early", "middle", "late")[holzinger$agemo %/% 4 + 1]
model <- "visual =~ x1 + x2 + x3
          textual =~ x4 + x5 + x6
          speed =~ x7 + x8 + x9"
fit <- cfa(model, holzinger, group = "third", group.equal = c("loadings", "intercepts"),
           group.label = unique(holzinger$third))
table <- parTable(fit)
pairs <- table[table$op == "==", ]
released <- function(lhs, op, rhs) {
    mine <- table$plabel[table$lhs == lhs & table$op == op & table$rhs == rhs]
    number <- which(pairs$lhs %in% mine | pairs$rhs %in% mine)
    test <- lavTestScore(fit, release = number, epc = TRUE, standardized = TRUE)
    rows <- test$epc[test$epc$plabel %in% mine, ]
    list(lhs = lhs, op = op, rhs = rhs, statistic = test$test$X2, df = test$test$df, pvalue = test$test$p.value,
         groups = lavInspect(fit, "group.label"), est = rows$est, epc = rows$epc, sepc_all = rows$sepc.all)
}
loadings <- subset(table, op == "=~" & group == 1 & free > 0)
items <- c(lapply(paste0("x", 1:9), function(x) released(x, "~1", "")),
           Map(function(l, r) released(l, "=~", r), loadings$lhs, loadings$rhs))
write_full(list(groups = lavInspect(fit, "group.label"), releases = unname(items)), "score_tests.json")

# ---- Satorra (2000): ordinal models -------------------------------------------------------------------------------
ordinal <- holzinger[c("school", paste0("x", 1:6))]
for (name in paste0("x", 1:6)) {
    cuts <- quantile(holzinger[[name]], if (name == "x6") c(.5) else c(.25, .5, .8))
    ordinal[[name]] <- as.integer(cut(holzinger[[name]], c(-Inf, unique(cuts), Inf)))
}
write.csv(ordinal, file.path(folder, "ordinal.csv"), row.names = FALSE, quote = FALSE)
two <- "visual =~ x1 + x2 + x3
        textual =~ x4 + x5 + x6"
arguments <- list(model = two, data = ordinal, ordered = paste0("x", 1:6), group = "school")
steps <- list(configural = "", thresholds = "thresholds", loadings = c("thresholds", "loadings"))
fits <- lapply(steps, function(equal) do.call("cfa", c(arguments, estimator = "WLSMV", list(group.equal = equal))))
plain <- lapply(steps, function(equal) do.call("cfa", c(arguments, estimator = "DWLS", list(group.equal = equal))))
stored <- function(fit) {
    K <- if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(sum(parTable(fit)$free > 0))
    list(jacobians = unname(lavTech(fit, "delta")), weights = unname(lapply(lavTech(fit, "wls.v"), diag)),
         gamma = unname(lavTech(fit, "gamma")), tangent = K, n = lavInspect(fit, "nobs"),
         chisq = fit@test[[1]]$stat, df = fit@test[[1]]$df)
}
compared <- function(smaller, larger, fits) {
    test <- lavTestLRT(fits[[smaller]], fits[[larger]])
    list(smaller = smaller, larger = larger, statistic = test[["Chisq diff"]][2], df = test[["Df diff"]][2],
         pvalue = test[["Pr(>Chisq)"]][2], scale = attr(test, "scale")[2], shift = attr(test, "shift")[2],
         rmsea = test$RMSEA[2])
}
between <- list(c("thresholds", "configural"), c("loadings", "thresholds"), c("loadings", "configural"))
write_full(list(models = lapply(fits, stored),
                wlsmv = lapply(between, function(b) compared(b[1], b[2], fits)),
                dwls = lapply(between, function(b) compared(b[1], b[2], plain))), "differences.json")

# ---- differences of continuous models: likelihood ratio, and Satorra & Bentler (2001) ------------------------------
continuous <- function(...) list(
    metric = cfa(model, holzinger, group = "school", group.equal = "loadings", ...),
    scalar = cfa(model, holzinger, group = "school", group.equal = c("loadings", "intercepts"), ...))
robust <- list(ml = continuous(), mlr = continuous(estimator = "MLR"), mlm = continuous(estimator = "MLM"))
write_full(lapply(robust, function(fits) compared("scalar", "metric", fits)), "continuous.json")
writeLines(capture.output(sessionInfo()), file.path(folder, "sessionInfo.txt"))
