"""Tidy tables in, results out: the paper's statistics for the patients at hand, and what goes with them.

A result row has the columns of `COLUMNS`; its key (population, variable, versus, statistic) is a claim's key.
Nothing here looks at how `recount.verify.verifier` computes the same numbers: the two are compared by a test.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from cytopenia.inference import (
    Proportion,
    differences,
    hodges_lehmann,
    holm,
    median_interval,
    paired_t,
    shapiro,
    signed_rank,
)
from cytopenia.survival import at_times, cumulative_incidence, median_time, states_of
from recount.record import Claim, Study
from recount.rules import Expression, evaluate, parse, resolve

COLUMNS = ("population", "variable", "versus", "statistic", "value", "unit", "n", "source")
Value = int | float
Record = tuple[str, str, str, str, Value, str, int, str]

QUANTILES = {
    "haverage": "weibull",
    "hf1": "inverted_cdf",
    "hf2": "averaged_inverted_cdf",
    "hf3": "closest_observation",
    "hf4": "interpolated_inverted_cdf",
    "hf5": "hazen",
    "hf6": "weibull",
    "hf7": "linear",
    "hf8": "median_unbiased",
    "hf9": "normal_unbiased",
}
"""A study's quantile setting and numpy's name for it."""

RESPONDING = ("CR", "PR")
SOURCE = "cytopenia.summaries."


# Patients ----------------------------------------------------------------------------------------


def typed(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per patient, every variable of the study: numbers as floats, categories as text, else missing.

    A variable that the frame lacks is missing for everybody. ValueError where a number is no number.
    """
    columns = {name: frame[name] if name in frame else pd.Series(pd.NA, frame.index) for name in study.variables}
    others = {name: frame[name] for name in frame.columns if name not in study.variables}
    return pd.DataFrame({**others, **{name: _typed(study, name, cells) for name, cells in columns.items()}})


def _typed(study: Study, name: str, cells: pd.Series) -> pd.Series:
    blank = cells.isna() | (cells.astype(str).str.strip() == "")
    kept = cells.astype(object).where(~blank)
    if study.variables[name].kind == "category":
        return kept
    return pd.to_numeric(kept).astype(float)


def members(study: Study, frame: pd.DataFrame, population: str) -> pd.DataFrame:
    """The rows of a population of the study; KeyError for an unknown one."""
    where = study.where_of(population)
    return frame if where is None else frame[evaluate(where, frame)]


def condition(study: Study, text: str) -> Expression:
    """A condition over the study's variables, such as `RESP_M1 == "CR"`; ExpressionError if it is wrong."""
    return resolve(parse(text), study.variables)


def rows(records: Iterable[Record]) -> pd.DataFrame:
    """Result rows from tuples in the order of `COLUMNS`, those without a value left out."""
    return pd.DataFrame([r for r in records if not math.isnan(r[4])], columns=list(COLUMNS), dtype=object)


# One statistic each ------------------------------------------------------------------------------


def quantile(values: Iterable[float], p: float, setting: str = "haverage") -> float:
    """The p-quantile (0 to 1) of the values without a missing one, in a study's convention; NaN for none.

    Hyndman & Fan, Am Stat 1996;50:361; `haverage` is SPSS's (n+1)p; `tukey` the hinges (Tukey 1977).

    >>> quantile([3, 5, 6, 8], 0.75), quantile([3, 5, 6, 8], 0.75, "hf7"), quantile([1, 2, 4], 0.25, "tukey")
    (7.5, 6.5, 1.5)
    """
    known = np.sort([float(value) for value in values if not pd.isna(value)])
    if not len(known):
        return math.nan
    if setting == "tukey":
        half = known[: (len(known) + 1) // 2] if p < 0.5 else known[len(known) // 2 :]
        return float(np.median(known if p == 0.5 else half))
    return float(np.quantile(known, p, method=QUANTILES[setting]))  # type: ignore[call-overload]


@dataclass(frozen=True)
class Asked:
    """What a claim asks of the patients: its population's rows, the study, and the claim."""

    study: Study
    everybody: pd.DataFrame
    patients: pd.DataFrame
    claim: Claim

    @property
    def values(self) -> pd.Series:
        """The variable's values that aren't missing."""
        return self.patients[self.claim.variable].dropna()

    @property
    def change(self) -> np.ndarray:
        """Before minus after, as SPSS takes a pair in the order of its columns."""
        return -differences(self.patients[self.claim.variable], self.patients[self.claim.versus])

    @property
    def counted(self) -> int:
        """How many patients of the population satisfy the claim's condition."""
        found = self.claim.condition
        return len(self.patients) if found is None else int(evaluate(found, self.patients).sum())

    def quantile(self, p: float) -> float:
        """A quantile of the values in the study's convention."""
        return quantile(self.values, p, self.study.settings["quantile"])


def _n(asked: Asked) -> int:
    return len(asked.values) if asked.claim.variable else len(asked.patients)


def _percent(asked: Asked) -> float:
    return 100 * Proportion(asked.counted, len(asked.patients)).value if len(asked.patients) else math.nan


def _ratio(asked: Asked) -> float:
    others = len(members(asked.study, asked.everybody, asked.claim.versus))
    return len(asked.patients) / others if others else math.nan


def _value(asked: Asked) -> float:
    found = asked.values.unique()
    return float(found[0]) if len(found) == 1 else math.nan


def _paired_t(asked: Asked) -> float:
    t = paired_t(asked.change).t
    sign = asked.study.settings["paired_t_sign"]
    return abs(t) if sign == "either" else t if sign == "before-after" else -t


def _chi2(asked: Asked) -> tuple[float, float]:
    """Pearson's chi-squared without Yates' correction; NaN where a margin is empty."""
    table = pd.crosstab(asked.patients[asked.claim.variable], asked.patients[asked.claim.versus])
    if 0 in table.shape or 1 in table.shape:
        return math.nan, math.nan
    found = stats.chi2_contingency(table, correction=False)
    return float(found.statistic), float(found.pvalue)


STATISTICS: dict[str, Callable[[Asked], Value]] = {
    "n": _n,
    "count": lambda asked: asked.counted,
    "percent": _percent,
    "ratio": _ratio,
    "value": _value,
    "min": lambda asked: float(asked.values.min()),
    "max": lambda asked: float(asked.values.max()),
    "median": lambda asked: asked.quantile(0.5),
    "p25": lambda asked: asked.quantile(0.25),
    "p75": lambda asked: asked.quantile(0.75),
    "mean": lambda asked: float(asked.values.mean()),
    "sd": lambda asked: float(asked.values.std(ddof=1)),
    "wilcoxon_z": lambda asked: abs(signed_rank(asked.change).z),
    "wilcoxon_p": lambda asked: signed_rank(asked.change).p_asymptotic,
    "paired_t": _paired_t,
    "paired_p": lambda asked: paired_t(asked.change).p,
    "chi2": lambda asked: _chi2(asked)[0],
    "chi2_p": lambda asked: _chi2(asked)[1],
}
"""What computes each statistic of a claim; `stated` has none, since nothing of a patient bears on it."""


def claimed(study: Study, frame: pd.DataFrame, claims: Iterable[Claim] | None = None) -> pd.DataFrame:
    """One result row per key of the claims (all of the study's by default), from the patients of the frame.

    `frame`: one row per patient, as ADSL. A statistic that these patients don't have (nobody in the
    population, one value for a SD) isn't a row. Z, and t where the study says either sign, are absolute.
    """
    everybody = typed(study, frame)
    keys: dict[tuple[str, ...], Record] = {}
    for claim in study.claims if claims is None else claims:
        key = (claim.population, claim.variable, claim.versus, claim.statistic)
        if claim.statistic in STATISTICS and key not in keys:
            asked = Asked(study, everybody, members(study, everybody, claim.population), claim)
            value = STATISTICS[claim.statistic](asked) if _has_patients(asked) else math.nan
            keys[key] = (*key, value, _unit(asked), _patients(asked), SOURCE + "claimed")
    return rows(keys.values())


def _has_patients(asked: Asked) -> bool:
    """Whether anybody carries the number: a count of an empty population is 0, its median doesn't exist."""
    return asked.claim.statistic in ("n", "count") or _patients(asked) > 0


def _patients(asked: Asked) -> int:
    """How many patients carry the number: complete pairs, known values, or everybody of the population."""
    claim = asked.claim
    if claim.variable in asked.study.variables and claim.versus in asked.study.variables:
        return int(asked.patients[[claim.variable, claim.versus]].notna().all(axis=1).sum())
    return len(asked.values) if claim.variable in asked.study.variables else len(asked.patients)


def _unit(asked: Asked) -> str:
    """The unit of the number: the variable's own, percent, or none for counts and test statistics."""
    if asked.claim.statistic == "percent":
        return "%"
    has_unit = asked.claim.statistic in ("value", "min", "max", "median", "p25", "p75", "mean", "sd")
    return asked.study.variables[asked.claim.variable].unit if has_unit else ""


# Before and after --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """A paired comparison that the study reports: who, which two variables, and by which test."""

    population: str
    before: str
    after: str
    test: str


def comparisons(study: Study, test: str = "") -> tuple[Comparison, ...]:
    """The paired comparisons whose test statistic is printed, in the order of the claims, each once.

    `test`, if given, keeps those by `wilcoxon` or by `paired t`.
    """
    tests = {"wilcoxon_z": "wilcoxon", "paired_t": "paired t"}
    found = {
        Comparison(claim.population, claim.variable, claim.versus, tests[claim.statistic]): None
        for claim in study.claims
        if claim.statistic in tests
    }
    return tuple(one for one in found if test in ("", one.test))


def possible(study: Study, frame: pd.DataFrame, chosen: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """The comparisons for which at least one patient has both values."""
    return tuple(one for one in chosen if len(pairs(study, frame, one)))


def pairs(study: Study, frame: pd.DataFrame, one: Comparison, response: str = "RESP_EOT") -> pd.DataFrame:
    """One row per patient with both values: USUBJID, BEFORE, AFTER, CHANGE (after minus before), RESPONSE.

    RESPONSE is the category in `response`.
    """
    patients = members(study, typed(study, frame), one.population)
    both = patients.dropna(subset=[one.before, one.after])
    columns = {
        "USUBJID": both["USUBJID"],
        "BEFORE": both[one.before],
        "AFTER": both[one.after],
        "CHANGE": differences(both[one.before], both[one.after]),
        "RESPONSE": both[response],
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def printed_convention(study: Study, frame: pd.DataFrame, chosen: Iterable[Comparison]) -> pd.DataFrame:
    """Result rows in the paper's convention for each comparison: what is claimed of its two variables.

    Beside those `pairs`, the number of patients with both values.
    """
    able = list(chosen)
    wanted = {(one.population, name) for one in able for name in ("", one.before, one.after)}
    tables = [c for c in study.claims if (c.population, c.variable) in wanted and c.statistic in STATISTICS]
    sizes = [(one, len(pairs(study, frame, one))) for one in able]
    records: list[Record] = [
        (one.population, one.before, one.after, "pairs", n, "", n, SOURCE + "pairs") for one, n in sizes
    ]
    return pd.concat([claimed(study, frame, tables), rows(records)], ignore_index=True)


def as_of_today(
    study: Study, frame: pd.DataFrame, chosen: Sequence[Comparison], confidence: float = 0.95
) -> pd.DataFrame:
    """Result rows for each comparison as one would report it today, changes being after minus before.

    Hodges-Lehmann shift and mean difference with intervals, exact signed-rank P (ties included), Shapiro-Wilk
    of the *changes*, how many fell and rose, Pearson's correlation of before with after, and Holm's
    adjustment of the exact P over all comparisons given. Without a complete pair a comparison has no row.
    """
    both = {one: pairs(study, frame, one) for one in chosen}
    able = {one: pair for one, pair in both.items() if len(pair)}
    adjusted = holm([signed_rank(pair["CHANGE"]).p_exact for pair in able.values()])
    records = []
    for (one, pair), p_holm in zip(able.items(), adjusted, strict=True):
        found = _today(pair["CHANGE"].to_numpy(), confidence)
        found |= {"holm_p": p_holm, "correlation": _correlation(pair)}
        unit = study.variables[one.before].unit
        records += [_paired_row(one, name, value, unit, len(pair)) for name, value in found.items()]
    return rows(records)


def _correlation(pair: pd.DataFrame) -> float:
    """Pearson's r of before with after; NaN where either doesn't vary or there are fewer than three."""
    if len(pair) < 3 or pair["BEFORE"].nunique() < 2 or pair["AFTER"].nunique() < 2:
        return math.nan
    return float(np.corrcoef(pair["BEFORE"], pair["AFTER"])[0, 1])


def _today(change: np.ndarray, confidence: float) -> dict[str, float]:
    shift, test, rank = hodges_lehmann(change, confidence), paired_t(change, confidence), signed_rank(change)
    w, p = shapiro(change)
    return {
        "hodges_lehmann": shift.estimate,
        "hodges_lehmann_low": shift.low,
        "hodges_lehmann_high": shift.high,
        "hodges_lehmann_coverage": shift.coverage,
        "mean_difference": test.mean,
        "mean_difference_low": test.low,
        "mean_difference_high": test.high,
        "wilcoxon_exact_p": rank.p_exact,
        "shapiro_w": w,
        "shapiro_p": p,
        "falls": int((change < 0).sum()),
        "rises": int((change > 0).sum()),
    }


def _paired_row(one: Comparison, statistic: str, value: float, unit: str, n: int) -> Record:
    measured = statistic.startswith(("hodges_lehmann", "mean_difference")) and "coverage" not in statistic
    source = SOURCE + "as_of_today"
    return one.population, one.before, one.after, statistic, value, unit if measured else "", n, source


# Responses ---------------------------------------------------------------------------------------


def response_rates(
    study: Study,
    frame: pd.DataFrame,
    populations: Iterable[str],
    response: str = "RESP_M1",
    confidence: float = 0.95,
    method: str = "clopper-pearson",
) -> pd.DataFrame:
    """One row per population: POPULATION, K responders (CR or PR) of N with one known, RATE, LOW, HIGH.

    RATE, LOW and HIGH are shares (0 to 1), the interval exact; a population without a patient has no row.
    """
    everybody, found = typed(study, frame), []
    for population in populations:
        known = members(study, everybody, population)[response].dropna()
        if len(known):
            share = Proportion(int(known.isin(RESPONDING).sum()), len(known))
            band = share.interval(method, confidence)
            found.append((population, share.k, share.n, share.value, band.low, band.high))
    return pd.DataFrame(found, columns=["POPULATION", "K", "N", "RATE", "LOW", "HIGH"])


def response_table(
    study: Study, frame: pd.DataFrame, populations: Iterable[str], response: str = "RESP_M1"
) -> pd.DataFrame:
    """One row per population and level of the response: POPULATION, RESPONSE, K of N with one known."""
    everybody, found = typed(study, frame), []
    for population in populations:
        known = members(study, everybody, population)[response].dropna()
        for level in study.variables[response].levels:
            found.append((population, level, int((known == level).sum()), len(known)))
    return pd.DataFrame(found, columns=["POPULATION", "RESPONSE", "K", "N"])


def response_rows(rates: pd.DataFrame, response: str = "RESP_M1") -> pd.DataFrame:
    """Result rows of `response_rates`: count, percent, exact_low and exact_high, keyed as the claims are."""
    variable = f'{response} in ("CR", "PR")'
    source = SOURCE + "response_rates"
    records: list[Record] = []
    for population, k, n, *shares in rates.itertuples(index=False):
        records.append((population, variable, "", "count", k, "", n, source))
        for statistic, share in zip(("percent", "exact_low", "exact_high"), shares, strict=True):
            records.append((population, variable, "", statistic, 100 * share, "%", n, source))
    return rows(records)


# Time to response --------------------------------------------------------------------------------


def response_curve(adtte: pd.DataFrame, parameter: str, confidence: float = 0.95) -> pd.DataFrame:
    """The cumulative incidence of a response over everybody treated, by day; see `cumulative_incidence`.

    `adtte`: USUBJID, PARAMCD, AVAL (days), CNSR (0 event, 1 censored, 2 a competing event came first).
    """
    mine = adtte[adtte["PARAMCD"] == parameter].dropna(subset=["AVAL"])
    return cumulative_incidence(mine["AVAL"].astype(float), states_of(mine["CNSR"]), confidence)


def time_to_response(
    study: Study, frame: pd.DataFrame, population: str, onset: str, confidence: float = 0.95
) -> pd.DataFrame:
    """Result rows of the days to response among the responders of a population, with an interval.

    Median and quartiles in the study's convention; `median_low`, `median_high` between order statistics,
    left out where there are too few responders for the confidence.
    """
    days = members(study, typed(study, frame), population)[onset].dropna()
    found = median_interval(days, confidence)
    shares = {"median": 0.5, "p25": 0.25, "p75": 0.75}
    values = {name: quantile(days, p, study.settings["quantile"]) for name, p in shares.items()}
    values |= {"median_low": found.low, "median_high": found.high}
    unit, source = study.variables[onset].unit, SOURCE + "time_to_response"
    records = [(population, onset, "", name, value, unit, len(days), source) for name, value in values.items()]
    return rows(records)


def curve_rows(curve: pd.DataFrame, population: str, variable: str, days: Iterable[int]) -> pd.DataFrame:
    """Result rows of a response curve: its median over everybody treated and its height on some days.

    Statistics: `median_all`, `median_all_low`, `median_all_high` (days) and `incidence_day_7` and the like,
    with `_low` and `_high` (percent); what is never reached is left out.
    """
    treated, source, half = int(curve["N_RISK"].max()), "cytopenia.survival.cumulative_incidence", median_time(curve)
    medians = {"median_all": half.estimate, "median_all_low": half.low, "median_all_high": half.high}
    records: list[Record] = [
        (population, variable, "", name, value, "days", treated, source) for name, value in medians.items()
    ]
    for day, *shares in at_times(curve, days)[["TIME", "INCIDENCE", "LOW", "HIGH"]].itertuples(index=False):
        for suffix, share in zip(("", "_low", "_high"), shares, strict=True):
            name = f"incidence_day_{day:.0f}{suffix}"
            records.append((population, variable, "", name, 100 * share, "%", treated, source))
    return rows(records)
