# Writes r_values.csv: what R says of the data in r_times.csv and r_pairs.csv. Run it here: Rscript r_values.R
# (Debian 12: r-base-core, r-cran-survival, r-cran-cmprsk, r-cran-coin, r-cran-exactranktests, r-cran-metafor,
# r-cran-effectsize). The tests read what it wrote and need no R.

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

write.csv(found, "r_values.csv", row.names = FALSE)
