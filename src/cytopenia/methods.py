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
    sign_flip_p,
    skewness,
    ties,
)
from cytopenia.effect_sizes import EffectSize, change_score, rank_biserial, standardised_mean_change
from cytopenia.inference import Proportion, paired_t, signed_rank
from cytopenia.patients import Patients
from cytopenia.selection import LEVEL, direction, mean_to_cancel, regression_to_the_mean, to_cross
from cytopenia.summaries import Comparison, Record, members, pairs, quantile, rows

CONFIDENCE = 0.95
SOURCE = "cytopenia.methods."
OTHER_QUARTILES = "hf7"
"""R's default definition of a quantile, beside the study's own."""

GROUPS = ("sITP", "AIHA")
"""The two diagnoses large enough for their response rates to be set side by side."""


# Before and after --------------------------------------------------------------------------------


def checked(patients: Patients, chosen: Sequence[Comparison], confidence: float = 0.95) -> pd.DataFrame:
    """Result rows for each comparison: P by every test, effect sizes with intervals, what the tests assume.

    wilcoxon_p, paired_p and sign_flip_p; rank_biserial, smcr and smcc with _low and _high; ties, zeros, skewness
    and skewness_p of the changes.
    """
    made: list[Record] = []
    for one in chosen:
        pair = pairs(patients.study, patients.adsl, one)
        change = pair["CHANGE"].to_numpy()
        equal, (skew, skew_p) = ties(change), skewness(change)
        found = {"wilcoxon_p": signed_rank(change).p_asymptotic, "paired_p": paired_t(change).p}
        found |= {"sign_flip_p": sign_flip_p(change) if len(change) <= 20 else np.nan}
        found |= _ends("rank_biserial", rank_biserial(change, confidence))
        found |= _ends("smcr", standardised_mean_change(pair["BEFORE"], pair["AFTER"], confidence))
        found |= _ends("smcc", change_score(change, confidence))
        found |= {"ties": equal.tied, "zeros": equal.zeros, "skewness": skew, "skewness_p": skew_p}
        made += [_row(one, name, value, "", len(pair), "checked") for name, value in found.items()]
    return rows(made)


def _ends(name: str, size: EffectSize) -> dict[str, float]:
    return {name: size.estimate, f"{name}_low": size.low, f"{name}_high": size.high}


def _row(one: Comparison, statistic: str, value: float, unit: str, n: int, source: str) -> Record:
    return one.population, one.before, one.after, statistic, value, unit, n, SOURCE + source


def selected(patients: Patients, chosen: Sequence[Comparison], level: float = LEVEL) -> pd.DataFrame:
    """Result rows for each comparison on what those without both values could do to it.

    missing: treated patients without both values. share_fell_least, share_fell_most: the share of everybody who
    fell, whatever the missing did (per cent). to_undo: the fewest missing who would have to go the other way for
    the majority to vanish; to_cross: for the exact P to cross the level, if their changes were the largest;
    neither has a row where all of them can't. mean_to_cancel: the missing's mean change that would leave
    everybody's at nought. before_change_r and before_change_r_by_chance: the correlation of the values before
    with the changes, and that which regression to the mean alone would give.
    """
    made: list[Record] = []
    for one in chosen:
        pair = pairs(patients.study, patients.adsl, one)
        change, missing = pair["CHANGE"].to_numpy(), len(patients.adsl) - len(pair)
        way, back = direction(change, missing), regression_to_the_mean(pair["BEFORE"], change)
        unit = patients.study.variables[one.before].unit
        crossing = to_cross(change, missing, level)
        found: dict[str, tuple[float | None, str]] = {
            "missing": (missing, ""),
            "falls": (way.falls, ""),
            "rises": (way.rises, ""),
            "share_fell_least": (100 * way.least, "%"),
            "share_fell_most": (100 * way.most, "%"),
            "to_undo": (way.to_undo, ""),
            "to_cross": (crossing, ""),
            "mean_to_cancel": (mean_to_cancel(change, missing), unit),
            "before_change_r": (back.observed, ""),
            "before_change_r_by_chance": (back.by_chance, ""),
        }
        made += [
            _row(one, name, value, shown, len(pair), "selected")
            for name, (value, shown) in found.items()
            if value is not None
        ]
    return rows(made)


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

    `found`: (variable, versus, statistic) to value, from the rows of `checked` and `summaries.as_of_today`.
    """
    return [*[_paired(one, found) for one in chosen], *_others(patients, chosen)]


def values(*frames: pd.DataFrame) -> dict[tuple[str, ...], float]:
    """(variable, versus, statistic) to value, of result rows."""
    keys = ["variable", "versus", "statistic", "value"]
    return {
        (str(variable), str(versus), str(statistic)): float(value)
        for frame in frames
        for variable, versus, statistic, value in frame[keys].itertuples(index=False)
    }


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
    if power.empty:
        return told
    passed = style.number(100 - float(power["value"].iloc[0]), 0)
    return (
        f"{told} “{HOLDS.capitalize()}” is weak: of samples of {power['n'].iloc[0]} changes as skewed as an "
        f"exponential distribution the Shapiro-Wilk test would pass {passed}% as normal."
    )


def p_values_sentence(
    found: Mapping[tuple[str, ...], float], chosen: Sequence[Comparison], level: float = LEVEL
) -> str:
    """The sentence that says how far exact and approximate P lie apart and whether any falls on another side."""
    twins = (("wilcoxon_p", "wilcoxon_exact_p"), ("paired_p", "sign_flip_p"))
    gaps, crossed = [], []
    for one in chosen:
        for names in twins:
            ends = [found.get((one.before, one.after, name), float("nan")) for name in names]
            if not any(map(style.missing, ends)):
                gaps.append(abs(ends[0] - ends[1]))
                if (ends[0] < level) != (ends[1] < level):
                    crossed.append(style.quantity(one.before.rpartition("_")[0]))
    if not gaps:
        return "No comparison has both an approximate and an exact P."
    side = f"on either side of {style.number(level)}: {style.listing(dict.fromkeys(crossed), empty='none')}"
    return f"An exact P differs from its approximate twin by {style.number(max(gaps), 3)} at most; {side}."


def sizes_sentence(found: Mapping[tuple[str, ...], float], chosen: Sequence[Comparison]) -> str:
    """The sentence that names the largest rank-biserial correlation and those whose interval holds nought."""
    ends = ("", "_low", "_high")
    sizes = {
        style.quantity(one.before.rpartition("_")[0]): [
            found.get((one.before, one.after, f"rank_biserial{end}"), float("nan")) for end in ends
        ]
        for one in chosen
    }
    known = {name: size for name, size in sizes.items() if not style.missing(size[0])}
    if not known:
        return "No comparison has a change to rank."
    most = max(known, key=lambda name: abs(known[name][0]))
    held = style.listing((name for name, (_, low, high) in known.items() if low <= 0 <= high), empty="none")
    return (
        f"The rank-biserial correlation is furthest from nought for {most}, {style.number(known[most][0], 2)}; its "
        f"interval holds nought for {held}."
    )


def selection_sentence(made: pd.DataFrame, chosen: Sequence[Comparison], level: float = LEVEL) -> str:
    """The sentences that say how few of the missing undo a direction or a P, and what regression could explain.

    `made` are the rows of `selected`.
    """
    found = values(made)
    name = {one: style.quantity(one.before.rpartition("_")[0]) for one in chosen}

    def known(statistic: str) -> dict[Comparison, float]:
        told = {one: found.get((one.before, one.after, statistic), float("nan")) for one in chosen}
        return {one: value for one, value in told.items() if not style.missing(value)}

    fewest, missing = (int(end(known("missing").values())) for end in (min, max))
    spread = str(missing) if fewest == missing else f"{fewest} to {missing}"
    told = [f"{spread} of {missing + int(made['n'].min())} treated have no second value."]
    turned, crossed = known("to_undo"), known("to_cross")
    if turned:
        few, many = min(turned, key=lambda one: turned[one]), max(turned, key=lambda one: turned[one])
        told.append(
            f"Which way most went would be undone by {style.number(turned[few])} of them going the other way for "
            f"{name[few]}, the fewest, and by {style.number(turned[many])} for {name[many]}."
        )
    if crossed:
        listed = style.listing(f"{style.number(count)} for {name[one]}" for one, count in crossed.items())
        told.append(f"The exact P would cross {style.number(level)} with so many large changes: {listed}.")
    return " ".join([*told, _regression(known, name)]).strip()


def print_sentence(found: pd.DataFrame, level: float = LEVEL) -> str:
    """The sentence that reads what print alone says of selection, whoever the patients were; of `from_print.sizes`."""
    named = found.assign(WHAT=[style.quantity(str(name).rpartition("_")[0]) for name in found["BEFORE"]])
    crossing = named.dropna(subset=["TO_CROSS"]).sort_values("TO_CROSS", kind="stable")
    told = ["This holds whoever the patients were."]
    if len(crossing):
        told.append(
            f"The fewest large changes that would bring an exact P across {style.number(level)} are "
            f"{style.number(crossing['TO_CROSS'].iloc[0])}, for {crossing['WHAT'].iloc[0]}."
        )
    cancel = named.dropna(subset=["CANCEL_LOW"])
    if len(cancel):
        ends = cancel[["WHAT", "UNIT", "CANCEL_LOW", "CANCEL_HIGH"]].itertuples(index=False)
        listed = style.listing(
            f"{style.between(low, high, 2)} {style.unit(unit)} for {what}" for what, unit, low, high in ends
        )
        told.append(f"The mean change of everybody would be nought had that of the others been {listed}.")
    return " ".join(told)


def _regression(known: Callable[[str], Mapping[Comparison, float]], name: Mapping[Comparison, str]) -> str:
    """The sentence that sets the changes beside what regression to the mean alone would make them."""
    observed, chance = known("before_change_r"), known("before_change_r_by_chance")
    if not chance:
        return ""
    further = [name[one] for one in chance if observed[one] < chance[one]]
    within = [name[one] for one in chance if observed[one] >= chance[one]]
    return (
        "Whoever is measured high by chance is lower the next time: the changes go against the values before no "
        f"further than that for {style.listing(within)}, further for {style.listing(further)}. What is regression "
        "to the mean and what is an effect can't be told apart without a control group."
    )
