"""Before and after, further than the paper goes: every test, effect sizes, and what selection could do to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from cytopenia import style
from cytopenia.assumptions import sign_flip_p, skewness, ties
from cytopenia.effect_sizes import EffectSize, change_score, rank_biserial, standardised_mean_change
from cytopenia.inference import paired_t, signed_rank
from cytopenia.patients import Patients
from cytopenia.selection import LEVEL, direction, mean_to_cancel, regression_to_the_mean, to_cross
from cytopenia.summaries import Comparison, Record, pairs, rows

SOURCE = "cytopenia.comparisons."


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


def values(*frames: pd.DataFrame) -> dict[tuple[str, ...], float]:
    """(variable, versus, statistic) to value, of result rows."""
    keys = ["variable", "versus", "statistic", "value"]
    return {
        (str(variable), str(versus), str(statistic)): float(value)
        for frame in frames
        for variable, versus, statistic, value in frame[keys].itertuples(index=False)
    }


# Sentences ---------------------------------------------------------------------------------------


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
