# Reference results of the CFA marker technique and of other checks of method variance by lavaan, on the synthetic
# answers of simulate.py. Models are put together here on their own, from lavaan's own estimates; texts.json has those
# that the project wrote, which are run unchanged. Run in this folder: python simulate.py, then Rscript script.R
suppressMessages({library(lavaan); library(jsonlite)})

factors <- list(a = paste0("a", 1:4), b = paste0("b", 1:4), c = paste0("c", 1:3))
marker <- paste0("m", 1:4)
items <- unlist(factors, use.names = FALSE)
names_of <- names(factors)

lines_of <- function(f) paste0(names(f), " =~ ", sapply(f, paste, collapse = " + "))
f17 <- function(x) formatC(x, digits = 15, format = "g")
zero <- paste0("mk ~~ 0*", names_of)
pairs <- combn(names_of, 2)

one_data <- function(D, cluster, estimator, missing, text_of) {
  run <- function(model) {
    lavaan::cfa(model, data = D, std.lv = TRUE, estimator = estimator, missing = missing, cluster = cluster,
                meanstructure = missing == "fiml")
  }
  cfa <- run(c(lines_of(c(factors, list(mk = marker)))))
  E <- parameterEstimates(cfa)
  lambda <- E$est[E$lhs == "mk" & E$op == "=~"]
  theta <- E$est[E$op == "~~" & E$lhs %in% marker]
  fixed <- c(paste0(marker, " ~~ ", f17(theta), "*", marker), zero)
  measured <- paste(paste0(f17(lambda), "*", marker), collapse = " + ")
  base_of <- function(more = NULL) paste(c(paste0("mk =~ ", measured), more), collapse = " + ")
  base <- run(c(lines_of(factors), base_of(), fixed))
  C <- run(c(lines_of(factors), base_of(paste0("m*", items)), fixed))
  U <- run(c(lines_of(factors), base_of(items), fixed))
  better <- function(small, large) {
    found <- lavTestLRT(small, large)
    c(chisq = found[2, "Chisq diff"], df = found[2, "Df diff"], p = found[2, "Pr(>Chisq)"])
  }
  first <- better(base, C)
  second <- better(if (first["p"] < .05) C else base, U)
  shown <- if (second["p"] < .05) U else C
  free <- if (second["p"] < .05) items else paste0("m*", items)
  B <- parameterEstimates(base)
  phi <- sapply(seq_len(ncol(pairs)), function(k)
    B$est[B$op == "~~" & B$lhs == pairs[1, k] & B$rhs == pairs[2, k]])
  R <- run(c(lines_of(factors), base_of(free), fixed, paste0(pairs[1, ], " ~~ ", f17(phi), "*", pairs[2, ])))
  S <- lapply(c(.95, .99), function(level) {
    P <- parameterEstimates(shown, level = level)
    P <- P[P$lhs == "mk" & P$op == "=~" & P$rhs %in% items, ]
    P <- P[match(items, P$rhs), ]
    limit <- ifelse(P$est >= 0, P$ci.upper, P$ci.lower)
    run(c(lines_of(factors), base_of(paste0(f17(limit), "*", items)), fixed))
  })
  alone <- run(lines_of(factors))
  ulmc <- function(loadings, variance) run(c(lines_of(factors), paste0("method =~ ", paste(loadings, collapse = " + ")),
                                             variance, paste0("method ~~ 0*", names_of)))
  equal <- ulmc(paste0("1*", items), "method ~~ NA*method")
  one <- run(paste0("g =~ ", paste(items, collapse = " + ")))
  tell <- function(fit) {
    M <- fitMeasures(fit)
    P <- parameterEstimates(fit)
    Z <- standardizedSolution(fit)
    P <- P[P$op != "~1", ]; Z <- Z[Z$op != "~1", ]
    scaled <- "chisq.scaled" %in% names(M)
    list(lhs = P$lhs, op = P$op, rhs = P$rhs, est = P$est, se = P$se, p = P$pvalue, std = Z$est.std, std_se = Z$se,
         chisq = unname(M[if (scaled) "chisq.scaled" else "chisq"]), df = unname(M["df"]),
         pvalue = unname(M[if (scaled) "pvalue.scaled" else "pvalue"]),
         cfi = unname(M[if (scaled) "cfi.robust" else "cfi"]), rmsea = unname(M[if (scaled) "rmsea.robust" else "rmsea"]),
         srmr = unname(M[if (missing == "fiml") "srmr" else "srmr"]))
  }
  std <- function(fit, l, op, r) {
    Z <- standardizedSolution(fit)
    sapply(seq_along(r), function(k) Z$est.std[Z$lhs == l[k] & Z$op == op & Z$rhs == r[k]])
  }
  reliability <- t(sapply(names_of, function(f) {
    x <- factors[[f]]; k <- length(x)
    l0 <- sum(std(base, rep(f, k), "=~", x))^2; e0 <- sum(std(base, x, "~~", x))
    ls <- sum(std(shown, rep(f, k), "=~", x))^2; lm <- sum(std(shown, rep("mk", k), "=~", x))^2
    e <- sum(std(shown, x, "~~", x))
    c(total = l0 / (l0 + e0), substantive = ls / (ls + lm + e), method = lm / (ls + lm + e), share = lm / (ls + lm))
  }))
  H <- lavInspect(alone, "sampstat")$cov
  # Lindell and Whitney (2001) on means of items, complete rows.
  scores <- sapply(c(factors, list(mk = marker)), function(x) rowMeans(D[, x]))
  scores <- scores[complete.cases(scores), ]
  r <- cor(scores); n <- nrow(scores)
  own <- r["mk", names_of]; s <- min(own[own > 0])
  plain <- apply(pairs, 2, function(k) r[k[1], k[2]])
  adjusted <- (plain - s) / (1 - s)
  tp <- function(x, df) 2 * pt(abs(x) / sqrt((1 - x^2) / df), df, lower.tail = FALSE)
  list(
    models = lapply(list(CFA = cfa, Baseline = base, `Method-C` = C, `Method-U` = U, `Method-R` = R,
                         `Method-S(.95)` = S[[1]], `Method-S(.99)` = S[[2]], alone = alone, equal = equal, one = one),
                    tell),
    tests = list(c = as.list(first), u = as.list(second), r = as.list(better(R, shown)),
                 ulmc = as.list(better(alone, equal))),
    shown = if (second["p"] < .05) "Method-U" else "Method-C",
    reliability = apply(reliability, 1, as.list),
    harman = list(component = eigen(cov2cor(H))$values[1] / length(items),
                  factor = mean(std(one, rep("g", length(items)), "=~", items)^2)),
    correlational = list(smallest = s, with = names(own)[own == s], n = n, r = plain, p = tp(plain, n - 2),
                         adjusted = adjusted, adjusted_p = tp(adjusted, n - 3)),
    texts = lapply(text_of, function(model) {
      fit <- lavaan::cfa(model, data = D, estimator = estimator, missing = missing, cluster = cluster)
      M <- fitMeasures(fit)
      list(chisq = unname(M["chisq"]), df = unname(M["df"]))
    })
  )
}

texts <- if (file.exists("texts.json")) fromJSON("texts.json") else list(equal = list(), unequal = list())
found <- list(
  equal = one_data(read.csv("equal.csv"), NULL, "ML", "listwise", texts$equal),
  unequal = one_data(read.csv("unequal.csv"), "firm", "MLR", "fiml", texts$unequal)
)
write_json(found, "output.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
