# Writes r_values.csv: what R says of the data in r_times.csv and paired_data.csv. Run it here: Rscript r_values.R
# (Debian 12: r-base-core, r-cran-survival, r-cran-cmprsk, r-cran-coin, r-cran-exactranktests, r-cran-metafor,
# r-cran-effectsize, r-cran-fbasics). The tests read what it wrote and need no R.

library(survival)

found <- data.frame()
version <- function(package) paste(package, packageVersion(package))
note <- function(dataset, statistic, at, expected, package, command) {
  origin <- paste0("R ", getRversion(), ", ", version(package), ": ", command)
  expected <- ifelse(is.na(expected), "NA", trimws(formatC(expected, digits = 12, format = "g")))
  found <<- rbind(found, data.frame(dataset, statistic, at, expected, origin))
}

times <- read.csv("r_times.csv")
for (name in unique(times$dataset)) {
  mine <- times[times$dataset == name, ]
  event <- mine$state == 1
  km <- summary(survfit(Surv(mine$time, event) ~ 1, conf.type = "log-log"))
  call <- "survfit(Surv(time, state == 1) ~ 1, conf.type = \"log-log\")"
  for (column in c("surv", "lower", "upper")) note(name, paste0("km_", column), km$time, km[[column]], "survival", call)
  for (column in c("median", "0.95LCL", "0.95UCL"))
    note(name, paste0("km_", column), "", km$table[[column]], "survival", call)
  reverse <- survfit(Surv(mine$time, mine$state == 0) ~ 1, conf.type = "log-log")
  call <- "survfit(Surv(time, state == 0) ~ 1, conf.type = \"log-log\")"
  for (column in c("median", "0.95LCL", "0.95UCL"))
    note(name, paste0("reverse_", column), "", summary(reverse)$table[[column]], "survival", call)
  at <- sort(unique(mine$time))
  if (any(mine$state == 2)) {
    incidence <- cmprsk::timepoints(cmprsk::cuminc(mine$time, mine$state), at)$est["1 1", ]
    note(name, "incidence", at, incidence, "cmprsk", "timepoints(cuminc(time, state), time)$est")
  }
}

pairs <- read.csv("paired_data.csv")
for (name in c("depression", "sleep", "thirteen", "tied")) {
  mine <- pairs[pairs$dataset == name, ]
  x <- mine$before
  y <- mine$after
  change <- round(y - x, 6)
  whole <- 1000 * change
  nought <- 0 * whole
  moved <- change[change != 0]
  # coin takes tied sizes for tied only where they are equal as binary numbers
  signed <- function(distribution)
    coin::wilcoxsign_test(whole ~ nought, distribution = distribution, zero.method = "Wilcoxon")
  call <- "wilcoxsign_test(change ~ 0, zero.method = \"Wilcoxon\")"
  note(name, "z", "", coin::statistic(signed("asymptotic")), "coin", call)
  note(name, "p_asymptotic", "", coin::pvalue(signed("asymptotic")), "coin", call)
  call <- sub(")$", ", distribution = \"exact\")", call)
  note(name, "p_exact", "", coin::pvalue(signed("exact")), "coin", call)
  exact <- suppressWarnings(exactRankTests::wilcox.exact(moved, conf.int = TRUE))
  call <- "wilcox.exact(change[change != 0], conf.int = TRUE)"
  note(name, "w_plus", "", exact$statistic, "exactRankTests", call)
  walsh <- outer(change, change, "+") / 2
  call <- "median of outer(change, change, \"+\") / 2, lower triangle with its diagonal"
  note(name, "shift", "", median(walsh[lower.tri(walsh, diag = TRUE)]), "stats", call)
  call <- "wilcox.exact(change[change != 0], conf.int = TRUE)"
  if (!any(duplicated(abs(moved)))) {
    note(name, "shift_low", "", exact$conf.int[1], "exactRankTests", call)
    note(name, "shift_high", "", exact$conf.int[2], "exactRankTests", call)
  }
  rank <- effectsize::rank_biserial(moved, mu = 0)
  call <- "rank_biserial(change[change != 0], mu = 0)"
  note(name, "rank_biserial", "", rank$r_rank_biserial, "effectsize", call)
  note(name, "rank_biserial_low", "", rank$CI_low, "effectsize", call)
  note(name, "rank_biserial_high", "", rank$CI_high, "effectsize", call)
  for (measure in c("SMCR", "SMCC")) {
    size <- metafor::escalc(measure, m1i = mean(y), m2i = mean(x), sd1i = sd(x), sd2i = sd(y), ni = length(x), ri = cor(x, y))
    call <- paste0("summary(escalc(\"", measure, "\", m1i = mean(y), m2i = mean(x), sd1i = sd(x), ...))")
    note(name, tolower(measure), "", as.numeric(size$yi), "metafor", call)
    note(name, paste0(tolower(measure), "_low"), "", summary(size)$ci.lb, "metafor", call)
    note(name, paste0(tolower(measure), "_high"), "", summary(size)$ci.ub, "metafor", call)
  }
  t <- t.test(y, x, paired = TRUE)
  for (column in c("statistic", "p.value")) note(name, paste0("t_", column), "", t[[column]], "stats", "t.test(y, x, paired = TRUE)")
  note(name, "t_low", "", t$conf.int[1], "stats", "t.test(y, x, paired = TRUE)")
  note(name, "t_high", "", t$conf.int[2], "stats", "t.test(y, x, paired = TRUE)")
  normal <- shapiro.test(change)
  centred <- change - mean(change)
  note(name, "skewness", "", mean(centred^3) / mean(centred^2)^1.5, "stats", "mean(centred^3) / mean(centred^2)^1.5")
  note(name, "shapiro_w", "", normal$statistic, "stats", "shapiro.test(change)")
  note(name, "shapiro_p", "", normal$p.value, "stats", "shapiro.test(change)")
}

squares <- rep(-2:3, 4)^2
note("squares", "skewness_p", "", fBasics::dagoTest(squares)@test$p.value[["Skewness Test"]], "fBasics", "dagoTest(rep(-2:3, 4)^2)")

# Every change counts as its own permutation: sums over all 2^n signs, by exactRankTests on whole numbers.
for (scale in list(list("thirteen", 1), list("tied", 2))) {
  mine <- pairs[pairs$dataset == scale[[1]], ]
  flips <- exactRankTests::perm.test(scale[[2]] * (mine$after - mine$before), exact = TRUE)
  note(scale[[1]], "p_signs", "", flips$p.value, "exactRankTests", "perm.test(change, exact = TRUE)")
}

shares <- rbind(c(0, 24), c(1, 24), c(18, 24), c(24, 24), c(3, 16), c(11, 16), c(13, 24), c(1, 1))
for (row in seq_len(nrow(shares))) {
  k <- shares[row, 1]
  n <- shares[row, 2]
  name <- paste("share", k, n)
  note(name, c("exact_low", "exact_high"), "", binom.test(k, n)$conf.int, "stats", "binom.test(k, n)$conf.int")
  wilson <- suppressWarnings(prop.test(k, n, correct = FALSE)$conf.int)
  note(name, c("wilson_low", "wilson_high"), "", wilson, "stats", "prop.test(k, n, correct = FALSE)$conf.int")
}
for (n in c(1, 6, 24, 500)) {
  bound <- binom.test(0, n, alternative = "less")$conf.int[2]
  note(paste("none of", n), "upper_bound", "", bound, "stats", "binom.test(0, n, alternative = \"less\")$conf.int")
}
for (rate in list(c(0, 10), c(1, 10), c(4, 303.5))) {
  band <- poisson.test(rate[1], rate[2])$conf.int
  note(paste("rate", rate[1], rate[2]), c("rate_low", "rate_high"), "", band, "stats", "poisson.test(events, time)$conf.int")
}
after <- pairs$after[pairs$dataset == "thirteen"]
for (type in 1:9) for (p in c(0.25, 0.5, 0.75))
  note("thirteen, after", paste0("hf", type), p, quantile(after, p, type = type), "stats", "quantile(after, p, type)")
note("holm", "holm", 1:8, p.adjust(c(0.6, 0.0017, 0.753, 0.002, 0.0017, 0.206, 0.065, 0.162), "holm"), "stats", "p.adjust(p, \"holm\")")
table <- matrix(c(12, 5, 4, 1), 2)
note("table 12 4; 5 1", "least_expected", "", min(suppressWarnings(chisq.test(table)$expected)), "stats", "min(chisq.test(table)$expected)")
note("table 12 4; 5 1", "chi2_p", "", suppressWarnings(chisq.test(table, correct = FALSE)$p.value), "stats", "chisq.test(table, correct = FALSE)")
note("table 12 4; 5 1", "fisher_p", "", fisher.test(table)$p.value, "stats", "fisher.test(table)")

write.csv(found, "r_values.csv", row.names = FALSE)
