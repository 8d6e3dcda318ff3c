# Writes reference.json: lavaan's fit of every structure in texts.json, differences from correlated dimensions, and
# bifactor indices by semTools, by psych, and by hand with delta-method standard errors.
# Run in this folder: Rscript script.R
suppressMessages({library(lavaan); library(semTools); library(psych); library(jsonlite)})

texts <- fromJSON("texts.json")
data <- list(holzinger = read.csv("../lavaan/data/holzinger.csv"), likert = read.csv("likert.csv"))
ways <- list(
  ml = function(text, frame) cfa(text, frame),
  mlr_fiml = function(text, frame) cfa(text, frame, estimator = "MLR", missing = "fiml"))
measures <- c("npar", "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr",
              "logl", "aic", "bic")
robust <- c("chisq.scaled", "df.scaled", "pvalue.scaled", "chisq.scaling.factor", "cfi.robust", "tli.robust",
            "rmsea.robust", "rmsea.ci.lower.robust", "rmsea.ci.upper.robust")

fits <- list(); out <- list(fits = list(), differences = list(), bifactor = list())
for (set in names(texts)) for (way in names(ways)) {
  key <- paste(set, way)
  for (name in names(texts[[set]])) {
    fit <- ways[[way]](texts[[set]][[name]], data[[set]])
    stopifnot(lavInspect(fit, "converged"))
    fits[[key]][[name]] <- fit
    wanted <- if (way == "ml") measures else c(measures, robust)
    table <- standardizedSolution(fit)
    raw <- parameterEstimates(fit)
    kept <- raw$op == "=~" | (raw$op == "~~")
    out$fits[[key]][[name]] <- list(
      measures = as.list(fitMeasures(fit, wanted)), nobs = nobs(fit),
      parameters = data.frame(lhs = raw$lhs, op = raw$op, rhs = raw$rhs, est = raw$est, se = raw$se,
                              std = table$est.std)[kept, ],
      admissible = suppressWarnings(lavInspect(fit, "post.check")))
  }
  large <- fits[[key]][["correlated dimensions"]]
  for (name in names(texts[[set]])) {
    fit <- fits[[key]][[name]]
    if (name == "bifactor" || fitMeasures(fit, "df") == fitMeasures(large, "df")) next
    test <- lavTestLRT(large, fit, method = if (way == "ml") "default" else "satorra.bentler.2001")
    out$differences[[key]][[name]] <- list(
      statistic = test[2, "Chisq diff"], df = test[2, "Df diff"], pvalue = test[2, "Pr(>Chisq)"])
  }
  bi <- fits[[key]][["bifactor"]]
  nested <- lavTestLRT(bi, fits[[key]][["general second order"]],
                       method = if (way == "ml") "default" else "satorra.bentler.2001")
  out$differences[[key]][["general second order in bifactor"]] <- list(
    statistic = nested[2, "Chisq diff"], df = nested[2, "Df diff"], pvalue = nested[2, "Pr(>Chisq)"])

  # By hand, from the matrices that the free parameters make.
  parts <- function(x) {
    model <- lav_model_set_parameters(bi@Model, x)
    glist <- lavaan:::lav_model_set_parameters(bi@Model, x)@GLIST
    scale <- sqrt(diag(glist$psi))
    raw <- glist$lambda %*% diag(scale)
    implied <- rowSums(raw^2) + diag(glist$theta)
    list(raw = raw, unique = diag(glist$theta), standardised = raw / sqrt(implied))
  }
  omega_h <- function(x) { p <- parts(x); sums <- colSums(p$raw)^2; sums[1] / (sum(sums) + sum(p$unique)) }
  ecv <- function(x) { s <- parts(x)$standardised; sum(s[, 1]^2) / sum(s^2) }
  error <- function(f) { d <- numDeriv::grad(f, coef(bi)); sqrt(drop(d %*% vcov(bi) %*% d)) }
  p <- parts(coef(bi)); sums <- colSums(p$raw)^2; S <- p$standardised
  own <- function(j) which(p$raw[, j] != 0)
  subscale <- sapply(2:ncol(p$raw), function(j) {
    i <- own(j); general <- sum(p$raw[i, 1])^2; specific <- sum(p$raw[i, j])^2
    total <- general + specific + sum(p$unique[i])
    c(omega = (general + specific) / total, omega_hs = specific / total, ecv = sum(S[, j]^2) / sum(S^2),
      h = { q <- S[i, j]^2; 1 / (1 + 1 / sum(q / (1 - q))) })
  })
  colnames(subscale) <- lavNames(bi, "lv")[-1]
  q <- S[, 1]^2
  k <- nrow(S); sizes <- sapply(2:ncol(S), function(j) length(own(j)))
  out$bifactor[[key]] <- list(
    omega_total = sum(sums) / (sum(sums) + sum(p$unique)), omega_h = omega_h(coef(bi)), omega_h_se = error(omega_h),
    ecv = ecv(coef(bi)), ecv_se = error(ecv), h = 1 / (1 + 1 / sum(q / (1 - q))),
    puc = 1 - sum(choose(sizes, 2)) / choose(k, 2), specific = as.data.frame(subscale),
    iecv = setNames(as.list(q / rowSums(S^2)), lavNames(bi, "ov")),
    semtools_omega_h = unname(suppressWarnings(suppressMessages(
      compRelSEM(bi, obs.var = FALSE, tau.eq = FALSE))))[1])
}

# The positive scaling factor of a difference (Satorra 2000), complete rows.
complete <- na.omit(data$likert)
whole <- lapply(texts$likert, function(text) cfa(text, complete, estimator = "MLR"))
pairs <- list(c("one factor", "correlated dimensions"), c("second order", "correlated dimensions"),
              c("general second order", "second order"), c("general second order", "bifactor"))
out$positive <- lapply(pairs, function(pair) {
  test <- lavTestLRT(whole[[pair[2]]], whole[[pair[1]]], method = "satorra.2000", A.method = "delta",
                     scaled.shifted = FALSE)
  list(restricted = pair[1], unrestricted = pair[2], statistic = test[2, "Chisq diff"], df = test[2, "Df diff"])
})

# psych takes loadings for standardised ones, so that it is asked about standardised items and factors.
complete <- as.data.frame(scale(complete))
general_g <- gsub("\\bG\\b", "g", texts$likert$bifactor)
general_g <- sub("f_qb =~ 1*qb1 + 1*qb2", "f_qb =~ NA*qb1 + l*qb1 + l*qb2", general_g, fixed = TRUE)
general_g <- sub("f_qb ~~ NA*f_qb", "f_qb ~~ 1*f_qb", general_g, fixed = TRUE)
of_psych <- omegaFromSem(cfa(general_g, complete), plot = FALSE)
out$psych <- list(n = nrow(complete), omega_h = of_psych$omega, omega_total = of_psych$omega.tot,
                  subscales = setNames(as.list(of_psych$omega.group$total), rownames(of_psych$omega.group)))
write_json(out, "reference.json", digits = I(16), auto_unbox = TRUE, pretty = 1)
writeLines(capture.output(sessionInfo()), "sessionInfo.txt")
