# lavaan on request, in one warm R process.
#
#   Rscript lavaan.R FOLDER      FOLDER holds model.lav, complete.csv and gaps.csv
#
# Each line read is one job, each line written its answer: seconds, and what shows that the job was done.
#
#   fit complete|gaps               sem() with standard errors, fitMeasures(), standardizedSolution();
#                                   answers seconds and the chi-square
#   draws complete|gaps R SEED      bootstrapLavaan() of R draws; answers seconds and the number that converged
#   polychorics                     thresholds, polychoric correlations and their asymptotic covariance of items.csv, as
#                                   cfa() takes them for WLSMV before it fits; answers seconds and a correlation
#   ordinal R SEED                  bootstrapLavaan() of ordinal.lav on ordinal.csv by WLSMV
#
# Draws are asked for in the way that costs lavaan least: FUN = "coef" (as text) makes it leave out standard errors,
# test, baseline model and log-likelihoods of every draw. The model fitted to the original data is not timed.

suppressPackageStartupMessages(library(lavaan))

folder <- commandArgs(trailingOnly = TRUE)[[1]]
model <- paste(readLines(file.path(folder, "model.lav")), collapse = "\n")
data <- lapply(c(complete = "complete.csv", gaps = "gaps.csv"), function(name) read.csv(file.path(folder, name)))
missing <- c(complete = "listwise", gaps = "ml")
fitted <- lapply(c(complete = "complete", gaps = "gaps"),
                 function(name) sem(model, data = data[[name]], missing = missing[[name]]))

seconds <- function(job) {
  gc(FALSE)
  start <- as.numeric(Sys.time())
  value <- job()
  list(seconds = as.numeric(Sys.time()) - start, value = value)
}

fit <- function(name) {
  seconds(function() {
    estimated <- sem(model, data = data[[name]], missing = missing[[name]])
    indices <- fitMeasures(estimated)
    standardizedSolution(estimated)
    indices[["chisq"]]
  })
}

draws <- function(name, count, seed) {
  seconds(function() {
    coefficients <- bootstrapLavaan(fitted[[name]], R = count, FUN = "coef", parallel = "no", iseed = seed)
    sum(stats::complete.cases(coefficients))
  })
}

ordinal_file <- function(name) file.path(folder, name)
if (file.exists(ordinal_file("items.csv"))) {
  items <- read.csv(ordinal_file("items.csv"))
  answers <- read.csv(ordinal_file("ordinal.csv"))
  ordinal <- cfa(paste(readLines(ordinal_file("ordinal.lav")), collapse = "\n"), data = answers, ordered = TRUE)
  one <- paste("f =~", paste(names(items), collapse = " + "))
}

polychorics <- function() {
  seconds(function() {
    posed <- cfa(one, data = items, ordered = TRUE, estimator = "WLSMV", do.fit = FALSE)
    stopifnot(all(is.finite(lavTech(posed, "gamma")[[1]])))
    lavTech(posed, "sampstat")[[1]]$cov[2, 1]
  })
}

ordinal_draws <- function(count, seed) {
  seconds(function() {
    coefficients <- bootstrapLavaan(ordinal, R = count, FUN = "coef", parallel = "no", iseed = seed)
    sum(stats::complete.cases(coefficients))
  })
}

answer <- function(job) {
  found <- switch(job[[1]],
                  fit = fit(job[[2]]),
                  draws = draws(job[[2]], as.integer(job[[3]]), as.integer(job[[4]])),
                  polychorics = polychorics(),
                  ordinal = ordinal_draws(as.integer(job[[2]]), as.integer(job[[3]])),
                  stop("unknown job: ", job[[1]]))
  cat(sprintf("%.6f %.10g\n", found$seconds, found$value))
  flush(stdout())
}

# R's own linear algebra counts too: Debian's R comes with the reference BLAS, numpy with OpenBLAS.
blas <- sub("[.]so.*", "", basename(extSoftVersion()[["BLAS"]]))
cat(sprintf("R %s.%s, lavaan %s, R's BLAS %s\n", R.version$major, R.version$minor,
            packageDescription("lavaan")$Version, if (nzchar(blas)) blas else "unknown"))
flush(stdout())
jobs <- file("stdin", open = "r")
while (length(line <- readLines(jobs, n = 1)) > 0) answer(strsplit(line, " ", fixed = TRUE)[[1]])
