# The data of this folder. Every file but holzinger.csv and democracy.csv (which lavaan ships) is synthetic.
# A file that stands is kept, so that nobody has to trust that random numbers stay the same between versions of R.

keep <- function(name, make) {
  path <- file.path("data", paste0(name, ".csv"))
  if (!file.exists(path)) {
    table <- make()
    measured <- vapply(table, is.double, logical(1))
    table[measured] <- lapply(table[measured], round, 4)
    write.csv(table, path, row.names = FALSE, quote = FALSE, na = "")
  }
}

holzinger <- function() {
  table <- HolzingerSwineford1939
  cbind(data.frame(school = as.character(table$school)), table[c("grade", "sex", "agemo", paste0("x", 1:9))])
}

# Some 8 %: half of it completely at random, half more likely the older the child; two rows hold nothing.
holzinger_missing <- function() {
  set.seed(31001)
  table <- holzinger()
  older <- plogis(-3.5 + 0.5 * scale(table$agemo)[, 1] + 0.4 * (table$school == "Pasteur"))
  for (name in paste0("x", 1:9)) {
    gone <- runif(nrow(table)) < 0.04 | runif(nrow(table)) < older
    table[gone, name] <- NA
  }
  table[c(37, 211), paste0("x", 1:9)] <- NA
  table
}

mediation_missing <- function() {
  set.seed(31002)
  table <- read.csv("data/mediation.csv")
  for (name in names(table)[1:12]) table[runif(nrow(table)) < 0.05, name] <- NA
  table[runif(nrow(table)) < 0.03, "tmco"] <- NA
  table
}

clustered <- function() {
  set.seed(31003)
  size <- sample(2:12, 60, replace = TRUE)
  firm <- rep(seq_along(size), size)
  n <- length(firm)
  between <- function(sd) rnorm(60, 0, sd)[firm]
  w <- between(0.6) + rnorm(n, 0, 0.8)
  climate <- 0.4 * w + between(0.5) + rnorm(n, 0, 0.7)
  effort <- 0.5 * climate + 0.2 * w + between(0.4) + rnorm(n, 0, 0.7)
  item <- function(factor, loading) 3 + loading * factor + between(0.3) + 0.6 * rt(n, 8)
  table <- data.frame(firm = paste0("f", 100 + firm), region = ifelse(firm %% 5 < 2, "south", "north"),
                      y1 = item(climate, 1), y2 = item(climate, 0.9), y3 = item(climate, 0.7),
                      y4 = item(effort, 1), y5 = item(effort, 1.1), y6 = item(effort, 0.8), w = w)
  table[sample(n), ]
}

clustered_missing <- function() {
  set.seed(31004)
  table <- read.csv("data/clustered.csv")
  for (name in paste0("y", 1:6)) table[runif(nrow(table)) < 0.07, name] <- NA
  table
}

three_groups <- function() {
  set.seed(31005)
  country <- c("Norway", "Austria", "Japan", sample(rep(c("Norway", "Austria", "Japan"), c(129, 149, 119))))
  n <- length(country)
  place <- match(country, c("Norway", "Austria", "Japan"))
  F <- c(0, 0.3, -0.2)[place] + c(1, 0.8, 1.2)[place] * rnorm(n)
  G <- c(0, 0.1, 0.4)[place] + 0.5 * F + 0.8 * rnorm(n)
  item <- function(factor, loading, level, spread) level + loading * factor + spread * rt(n, 7)
  data.frame(country = country, a1 = item(F, 1, 4, 0.7), a2 = item(F, 0.8, 3.8, 0.8), a3 = item(F, 0.9, 4.2, 0.6),
             a4 = item(F, 0.7, 3.5 + 0.15 * (place == 3), 0.9), b1 = item(G, 1, 5, 0.6),
             b2 = item(G, 0.9, 4.8, 0.7), b3 = item(G, 1.1, 5.1, 0.8))
}

growth <- function() {
  set.seed(31006)
  size <- rnorm(320)
  level <- 2 + 0.4 * size + 0.9 * rnorm(320)
  slope <- 0.5 - 0.1 * size + 0.4 * rnorm(320)
  wave <- function(time) level + time * slope + 0.7 * rnorm(320)
  data.frame(t1 = wave(0), t2 = wave(1), t3 = wave(2), t4 = wave(3), size = size)
}

m1_items <- function() {
  set.seed(31007)
  n <- 420
  lnsize <- rnorm(n, 6, 1.5)
  z <- (lnsize - 6) / 1.5
  firmage <- rgamma(n, 3)
  industry <- sample(3, n, replace = TRUE, prob = c(0.4, 0.3, 0.3))
  experience <- 0.4 * z + 0.9 * rnorm(n)
  daf <- as.numeric(0.35 * experience + 0.25 * z + 0.9 * rnorm(n) > 0.2)
  L <- 0.5 * daf + 0.1 * experience + 0.15 * z + 0.9 * rnorm(n)
  A <- 0.35 * L + 0.2 * daf + 0.1 * experience + 0.85 * rnorm(n)
  S <- 0.40 * A + 0.1 * L + 0.1 * daf + 0.8 * rnorm(n)
  items <- function(names, factor, loading, number) {
    columns <- lapply(names, function(name) {
      dimension <- loading * factor + 0.55 * rnorm(n)
      answers <- sapply(seq_len(number), function(i) 4 + (1.05 - 0.08 * i) * dimension + 0.75 * rnorm(n))
      answers[runif(length(answers)) < 0.06] <- NA
      colnames(answers) <- paste0(name, seq_len(number))
      as.data.frame(answers)
    })
    do.call(cbind, columns)
  }
  cbind(items(c("lrar", "lrco", "lrsh", "lrin"), L, 0.85, 4), items(c("amse", "amgo", "amco", "amex"), A, 0.85, 3),
        items("sufl", S, 0.9, 4), daf = daf, exp_rw = experience + 3, lnsize = lnsize, firmage = firmage,
        ind_tech = as.numeric(industry == 2), ind_serv = as.numeric(industry == 3))
}

make_data <- function() {
  keep("holzinger", holzinger)
  keep("democracy", function() PoliticalDemocracy)
  stopifnot(file.exists("data/mediation.csv"))   # copied from tests/reference/sem
  for (name in c("holzinger_missing", "mediation_missing", "clustered", "clustered_missing", "three_groups",
                 "growth", "m1_items")) keep(name, get(name))
}
