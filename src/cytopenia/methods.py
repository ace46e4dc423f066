"""The statistical methods, the paper's and those used here: what each assumes, and whether the patients bear it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cytopenia import style
from cytopenia.assumptions import (
    FEWEST_EXPECTED,
    Independence,
    independence,
    shapiro_power,
)
from cytopenia.inference import Proportion
from cytopenia.patients import Patients
from cytopenia.selection import LEVEL
from cytopenia.summaries import Comparison, Record, members, pairs, quantile, rows

CONFIDENCE = 0.95
ENOUGH_POWER = 80.0
"""Per cent above which a test that finds nothing says something."""

SOURCE = "cytopenia.methods."
OTHER_QUARTILES = "hf7"
"""R's default definition of a quantile, beside the study's own."""

GROUPS = ("sITP", "AIHA")
"""The two diagnoses large enough for their response rates to be set side by side."""


# Shares ------------------------------------------------------------------------------------------


def shares(patients: Patients, confidence: float = 0.95) -> pd.DataFrame:
    """One row per percentage that the study prints and the cohort has: both intervals, as shares (0 to 1).

    POPULATION, CONDITION, DESCRIPTION, K of N, RATE, LOW and HIGH (Clopper and Pearson's), WILSON_LOW, WILSON_HIGH.
    """
    printed = {(c.population, c.variable): c.description for c in patients.study.claims if c.statistic == "percent"}
    counted = patients.answers([(*key, "", "count") for key in printed])
    found = []
    for population, condition, k, n in counted[["population", "variable", "value", "n"]].itertuples(index=False):
        if n:
            share = Proportion(int(k), int(n))
            exact, wilson = (share.interval(method, confidence) for method in ("clopper-pearson", "wilson"))
            what = printed[population, condition].rpartition(",")[0]
            ends = (exact.low, exact.high, wilson.low, wilson.high)
            found.append((population, condition, what, share.k, share.n, share.value, *ends))
    names = ["POPULATION", "CONDITION", "DESCRIPTION", "K", "N", "RATE", "LOW", "HIGH", "WILSON_LOW", "WILSON_HIGH"]
    return pd.DataFrame(found, columns=names)


def share_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `shares`, in per cent: exact_low, exact_high, wilson_low, wilson_high."""
    names = {"LOW": "exact_low", "HIGH": "exact_high", "WILSON_LOW": "wilson_low", "WILSON_HIGH": "wilson_high"}
    made: list[Record] = [
        (row["POPULATION"], row["CONDITION"], "", name, 100 * row[column], "%", row["N"], SOURCE + "shares")
        for row in found.to_dict("records")
        for column, name in names.items()
    ]
    return rows(made)


def shares_sentence(found: pd.DataFrame) -> str:
    """The sentence that compares the two intervals: how wide they are, and how far apart their ends."""
    exact, wilson = found["HIGH"] - found["LOW"], found["WILSON_HIGH"] - found["WILSON_LOW"]
    apart = found[["LOW", "HIGH"]].to_numpy() - found[["WILSON_LOW", "WILSON_HIGH"]].to_numpy()
    widest = int(np.argmax(exact))
    return (
        f"Wilson's interval is the narrower for {int((wilson < exact).sum())} of "
        f"{style.plural(len(found), 'percentage')}; its ends lie up to {style.number(100 * np.abs(apart).max(), 1)} "
        f"points from the exact ones. The widest exact interval spans {style.number(100 * exact.iloc[widest], 0)} "
        f"points, for {style.proportion(int(found['K'].iloc[widest]), int(found['N'].iloc[widest]))}."
    )


# One line a method -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Method:
    """One line: what is reported, how the paper does it, what that assumes, the check, its outcome, what is used.

    `outcome` is one of `holds`, `doubtful`, `can't be told`.
    """

    group: str
    what: str
    paper: str
    assumes: str
    check: str
    outcome: str
    used: str


HOLDS, DOUBTFUL, OPEN = "nothing against it", "doubtful", "can't be told"
PAIRED, OTHERS = "Before and after", "Counts and times"


def methods(patients: Patients, chosen: Sequence[Comparison], found: Mapping[tuple[str, ...], float]) -> list[Method]:
    """The methods of the comparisons and of everything else that the study reports, each with its check.

    `found`: (variable, versus, statistic) to value, from the rows of `comparisons.checked` and `summaries.as_of_today`.
    """
    return [*[_paired(one, found) for one in chosen], *_others(patients, chosen)]


def _paired(one: Comparison, found: Mapping[tuple[str, ...], float]) -> Method:
    def of(statistic: str) -> float:
        return found.get((one.before, one.after, statistic), float("nan"))

    what = style.quantity(one.before.rpartition("_")[0])
    if one.test == "wilcoxon":
        equal = f"{style.number(of('ties'))} tied, {style.number(of('zeros'))} unchanged"
        check = f"skewness {style.number(of('skewness'), 2)} (P {style.p_value(of('skewness_p'))}); {equal}"
        outcome = _outcome(of("skewness_p"))
        paper, used = "signed-rank test, approximate P", "exact P, Hodges-Lehmann shift"
        return Method(PAIRED, what, paper, "symmetric changes, none tied or nil", check, outcome, used)
    check = f"Shapiro-Wilk W {style.number(of('shapiro_w'), 3)} (P {style.p_value(of('shapiro_p'))})"
    used = "paired t and its exact twin"
    return Method(PAIRED, what, "paired t test", "normal changes", check, _outcome(of("shapiro_p")), used)


def _outcome(p: float, level: float = LEVEL) -> str:
    return OPEN if style.missing(p) else DOUBTFUL if p < level else HOLDS


def _others(patients: Patients, chosen: Sequence[Comparison]) -> list[Method]:
    made: list[Callable[[Patients, Sequence[Comparison]], Method | None]] = [
        _completers,
        _several,
        _quartiles,
        _percentages,
        _groups,
        _time_to_response,
        _relapse,
        _follow_up,
    ]
    return [line for line in (make(patients, chosen) for make in made) if line is not None]


def _completers(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    if not chosen:
        return None
    n, everybody = len(pairs(patients.study, patients.adsl, chosen[0])), len(patients.adsl)
    return Method(
        PAIRED,
        "Who is compared",
        "those in response at the end",
        "the others would have changed alike",
        f"{style.proportion(everybody - n, everybody)} have no second value",
        OPEN if everybody > n else HOLDS,
        "bounds over what the others could have done",
    )


def _several(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    if len(chosen) < 2:
        return None
    chance = 1 - (1 - LEVEL) ** len(chosen)
    return Method(
        PAIRED,
        "Several comparisons",
        f"each at {style.number(LEVEL)}",
        "one question is asked",
        f"{len(chosen)} are; if nothing changed and they were independent, one or more would come out in "
        f"{style.percent(chance, 0)}",
        DOUBTFUL,
        "Holm's P beside each",
    )


def _quartiles(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    differ, known = quartiles_by_definition(patients)
    if not known:
        return None
    return Method(
        OTHERS,
        "Quartiles",
        "not said; SPSS is named",
        "its definition, (n+1)p",
        f"{differ} of {known} would print otherwise by R's default",
        HOLDS if not differ else OPEN,
        "SPSS's, as the record needs",
    )


def quartiles_by_definition(patients: Patients) -> tuple[int, int]:
    """How many of the study's quartiles print otherwise by R's default than by the study's setting, and of how many."""
    claims = [c for c in patients.study.claims if c.statistic in ("p25", "p75") and patients.knows(c.variable)]
    differ = known = 0
    for claim in claims:
        own = members(patients.study, patients.adsl, claim.population)[claim.variable].dropna()
        if len(own):
            share, places = int(claim.statistic[1:]) / 100, claim.printed.decimals
            settings = (patients.study.settings["quantile"], OTHER_QUARTILES)
            texts = {style.number(quantile(own, share, setting), places) for setting in settings}
            differ, known = differ + (len(texts) > 1), known + 1
    return differ, known


def _percentages(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    found = shares(patients, CONFIDENCE)
    if found.empty:
        return None
    widest = float((found["HIGH"] - found["LOW"]).max())
    return Method(
        OTHERS,
        "Percentages",
        "no interval",
        "they are known exactly",
        f"an exact {style.percent(CONFIDENCE, 0)} interval spans up to {style.number(100 * widest, 0)} points",
        DOUBTFUL,
        "Clopper-Pearson's interval, Wilson's beside it",
    )


def response_by_group(patients: Patients) -> Independence | None:
    """Response at month 1 by the two largest diagnoses as a table of two by two; None where it can't be made."""
    adsl = patients.adsl
    mine = adsl[adsl["DX"].isin(GROUPS) & adsl["RESP_M1"].notna()]
    table = pd.crosstab(mine["DX"], mine["RESP_M1"].isin(("CR", "PR")))
    return independence(table) if table.shape == (2, 2) else None


def _groups(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    found = response_by_group(patients)
    if found is None:
        return None
    printed = sum(claim.statistic in ("chi2", "chi2_p") for claim in patients.study.claims)
    return Method(
        OTHERS,
        "Counts between groups",
        f"chi-squared test named, {printed} printed",
        f"expected counts of {style.number(FEWEST_EXPECTED)} or more",
        f"response of {' and '.join(GROUPS)}: least expected {style.number(found.least_expected, 1)}; "
        f"P {style.p_value(found.chi2_p)}, Fisher's {style.p_value(found.fisher_p)}",
        HOLDS if found.least_expected >= FEWEST_EXPECTED else DOUBTFUL,
        "Fisher's exact test, if one must compare",
    )


def _time_to_response(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    if not patients.knows("RESP_M1"):
        return None
    without = int((~patients.adsl["RESP_M1"].isin(("CR", "PR"))).sum())
    return Method(
        OTHERS,
        "Time to response",
        "median of responders",
        "who never responds has no say",
        f"{style.proportion(without, len(patients.adsl))} had no response",
        DOUBTFUL if without else HOLDS,
        "cumulative incidence over everybody treated",
    )


def _relapse(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    months = patients.adsl["FU_MO"].dropna() if patients.knows("FU_MO") else pd.Series(dtype=float)
    if months.empty:
        return None
    return Method(
        OTHERS,
        "Relapse",
        "percentage of those in maintenance",
        "all are followed alike",
        f"followed {style.between(months.min(), months.max())} months after it",
        HOLDS if months.nunique() == 1 else DOUBTFUL,
        "Kaplan-Meier, with numbers at risk",
    )


def _follow_up(patients: Patients, chosen: Sequence[Comparison]) -> Method | None:
    if not patients.knows("FU_MO"):
        return None
    followed = patients.adsl[patients.adsl["FU_MO"].notna()]
    ended = int((followed["RESP_FU"] == "RELAPSE").sum())
    return Method(
        OTHERS,
        "Follow-up",
        "median of all times",
        "no relapse cuts it short",
        f"{style.proportion(ended, len(followed))} ended with a relapse",
        DOUBTFUL if ended else HOLDS,
        "reverse Kaplan-Meier",
    )


# Sentences ---------------------------------------------------------------------------------------


def no_methods(lines: Sequence[Method]) -> str:
    """The sentence for a cohort of which nothing is known that a method is for; else empty."""
    return "" if lines else "*Skipped: nothing that these methods are for is known of this cohort.*"


def method_rows(patients: Patients, n: int) -> pd.DataFrame:
    """Result rows behind the methods: the power of the test of normality in `n` changes, and response by diagnosis.

    shapiro_power (per cent); least_expected, chi2_p and fisher_p of response at month 1 in the two largest
    diagnoses.
    """
    groups, source = response_by_group(patients), SOURCE + "method_rows"
    made: list[Record] = [("COMPLETER", "", "", "shapiro_power", 100 * shapiro_power(n, LEVEL), "%", n, source)]
    if groups is not None:
        size = int((patients.adsl["DX"].isin(GROUPS) & patients.adsl["RESP_M1"].notna()).sum())
        names = {"least_expected": groups.least_expected, "chi2_p": groups.chi2_p, "fisher_p": groups.fisher_p}
        made += [("ALL", "RESP_M1", "DX", name, value, "", size, source) for name, value in names.items()]
    return rows(made)


def methods_sentence(lines: Sequence[Method], made: pd.DataFrame) -> str:
    """The sentence that counts the outcomes and says how little a test of normality sees; `made` of `method_rows`."""
    outcomes = [line.outcome for line in lines]
    counted = style.listing(f"{outcomes.count(one)} {one}" for one in (HOLDS, DOUBTFUL, OPEN) if one in outcomes)
    told = f"Of {style.plural(len(outcomes), 'assumption')}: {counted}."
    power = made[made["statistic"] == "shapiro_power"]
    if power.empty or float(power["value"].iloc[0]) >= ENOUGH_POWER:
        return told
    passed = style.number(100 - float(power["value"].iloc[0]), 0)
    return (
        f"{told} “{HOLDS.capitalize()}” is weak: of samples of {power['n'].iloc[0]} changes as skewed as an "
        f"exponential distribution the Shapiro-Wilk test would pass {passed}% as normal."
    )
