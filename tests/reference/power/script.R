# Power of tests of fit by RMSEA, and the sizes they need, by semTools.
suppressMessages(library(semTools)); library(jsonlite)
grid <- expand.grid(test = 1:3, df = c(5, 41, 100, 690), n = c(60, 175, 250, 500))
null <- c(.05, .05, 0); alternative <- c(.08, .01, .05)
grid$null <- null[grid$test]; grid$alternative <- alternative[grid$test]
grid$power <- mapply(function(a, b, d, n) findRMSEApower(a, b, d, n), grid$null, grid$alternative, grid$df, grid$n)
sizes <- expand.grid(test = 1:3, df = c(5, 41, 100, 690), power = c(.8, .9))
sizes$null <- null[sizes$test]; sizes$alternative <- alternative[sizes$test]
sizes$n <- mapply(function(a, b, d, p) findRMSEAsamplesize(a, b, d, p), sizes$null, sizes$alternative, sizes$df, sizes$power)
write_json(list(power = grid[-1], sizes = sizes[-1]), "output.json", digits = 12, pretty = TRUE)
# Probit curves of hits over the square root of N, by glm
hits <- data.frame(n = c(175, 250, 350, 500), hits = c(534, 788, 924, 991), of = 1000)
fit <- glm(cbind(hits, of - hits) ~ sqrt(n), family = binomial("probit"), data = hits, control = list(epsilon = 1e-14))
exact <- sapply(c(0, 1, 27, 788, 1000), function(h) binom.test(h, 1000)$conf.int)
write_json(list(hits = hits, coefficients = coef(fit), vcov = unname(vcov(fit)), deviance = deviance(fit),
                pvalue = pchisq(deviance(fit), df.residual(fit), lower.tail = FALSE), exact = t(exact)),
           "curve.json", digits = 14, pretty = TRUE, auto_unbox = TRUE)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
