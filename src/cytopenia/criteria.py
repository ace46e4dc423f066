"""Response criteria: each a row of `criteria.csv`, its wording beside its rule, and one evaluator for all.

A rule is a line of `recount.expressions` over a reading's columns: PLT, HB, RETI, BILI (10^9/L, g/L, %,
umol/L), DAT (NEGATIVE, DECREASED, UNCHANGED), BLEED and SYMPTOMS (Y, N), SEX (M, F), the baselines PLT_BL and
HB_BL, the best platelets so far PLT_BEST, and the limits of `NormalRanges`.

The rules of a lineage are asked in their order. A clause with a missing value is neither true nor false, and
`and`, `or`, `not` carry that on: a response is given only where its rule is true and all rules before it are
false. So a missing antiglobulin test gives NR where another clause already fails, and NE otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cytopenia.schemas import packaged_rows
from recount.expressions import And, Expression, Implies, Not, Or, evaluate, names, parse

Bools = NDArray[np.bool_]

LINEAGES = ("PLT", "HB")
RESPONSES = ("CR", "PR", "NR", "NE")
RESPONDED = ("CR", "PR")
LINEAGES_OF = {"sITP": ("PLT",), "AIHA": ("HB",), "IRP": LINEAGES, "EVANS": LINEAGES}
"""The lineages that count, by diagnosis; without a diagnosis both are judged and the whole is NE."""


@dataclass(frozen=True)
class Criterion:
    """One response of one lineage in one set: its rule, the rule in words, and where it comes from."""

    crit: str
    lineage: str
    response: str
    order: int
    rule: str
    wording: str
    source: str

    @property
    def expression(self) -> Expression:
        """The rule, parsed."""
        return _parsed(self.rule)


_parsed = cache(parse)


@dataclass(frozen=True)
class NormalRanges:
    """Limits of normal that the paper does not print: assumed, not printed.

    The lower limits of haemoglobin (g/L), platelets and neutrophils (10^9/L), creatinine (umol/L) and IgG
    (g/L); the upper limits of reticulocytes (%), bilirubin (umol/L), ALT (U/L) and creatinine (umol/L).
    Adults' usual laboratory limits, from memory; give your own laboratory's.
    """

    hb_low_men: float = 130
    hb_low_women: float = 115
    reti_high: float = 1.5
    bili_high: float = 17.1
    plt_low: float = 125
    neut_low: float = 1.8
    alt_high_men: float = 50
    alt_high_women: float = 40
    creat_high_men: float = 111
    creat_high_women: float = 81
    creat_low_men: float = 57
    creat_low_women: float = 41
    igg_low: float = 7


# Criteria sets -----------------------------------------------------------------------------------


@cache
def read_criteria() -> tuple[Criterion, ...]:
    """Every row of `criteria.csv`."""
    return tuple(_criterion(**row) for row in packaged_rows("criteria.csv"))


def _criterion(order: str, **texts: str) -> Criterion:
    return Criterion(order=int(order), **texts)


@cache
def criteria_sets() -> tuple[str, ...]:
    """The names of the criteria sets, in the order of the file."""
    return tuple(dict.fromkeys(criterion.crit for criterion in read_criteria()))


@cache
def criteria_of(crit: str) -> tuple[Criterion, ...]:
    """The criteria of a set in their order, RELAPSE last.

    A set named after another and a hyphen, such as paper-rise-by-2, replaces the rows it has and takes the
    others from there. Raises ValueError for an unknown set.
    """
    if crit not in criteria_sets():
        raise ValueError(f"a criteria set is one of {', '.join(criteria_sets())} (got {crit}): choose one")
    inherited = sorted((name for name in criteria_sets() if f"{crit}-".startswith(f"{name}-")), key=len)
    rows = {(c.lineage, c.response): c for name in inherited for c in read_criteria() if c.crit == name}
    return tuple(sorted(rows.values(), key=lambda c: (LINEAGES.index(c.lineage), c.order)))


# The evaluator -----------------------------------------------------------------------------------


def three_valued(node: Expression, frame: pd.DataFrame) -> tuple[Bools, Bools]:
    """Whether a rule is true and whether it is false, row by row; neither where missing values leave it open.

    Kleene's strong logic over the exact comparisons of `recount.expressions.evaluate`.
    """
    match node:
        case And():
            both = [three_valued(item, frame) for item in node.items]
            return _all([true for true, _ in both]), ~_all([~false for _, false in both])
        case Or():
            return three_valued(Not(And(tuple(map(Not, node.items)))), frame)
        case Not():
            true, false = three_valued(node.item, frame)
            return false, true
        case Implies():
            return three_valued(Or((Not(node.left), node.right)), frame)
    known = _all([frame[name].notna().to_numpy() for name in sorted(names(node))])
    holds = evaluate(node, frame).to_numpy(dtype=bool)
    return known & holds, known & ~holds


def _all(parts: list[Bools]) -> Bools:
    return np.asarray(np.logical_and.reduce(parts), dtype=bool)


def answers(rules: Sequence[Expression], frame: pd.DataFrame) -> tuple[Bools, Bools]:
    """Which rules are true and which are not false, a row for each row of the frame, a column a rule.

    Columns that a rule names and the frame lacks count as missing.
    """
    frame = _with_columns(frame, frozenset().union(*map(names, rules)))
    both = [three_valued(rule, frame) for rule in rules]
    return np.column_stack([true for true, _ in both]), ~np.column_stack([false for _, false in both])


def first_true(rules: Sequence[Expression], frame: pd.DataFrame) -> NDArray[np.int64]:
    """The position of the first rule that is true, on each row; -1 where none is or one before it is open."""
    true, possible = answers(rules, frame)
    first = possible.argmax(axis=1)
    return np.where(true[np.arange(len(frame)), first], first, -1)


def _with_columns(frame: pd.DataFrame, needed: frozenset[str]) -> pd.DataFrame:
    absent = sorted(needed - set(frame.columns))
    return frame.assign(**{name: pd.Series(np.nan, index=frame.index) for name in absent})


def with_limits(frame: pd.DataFrame, ranges: NormalRanges) -> pd.DataFrame:
    """The readings with the limits HB_LLN, RETI_ULN and BILI_ULN; HB_LLN is missing where SEX is."""
    sex = frame["SEX"] if "SEX" in frame else pd.Series(None, index=frame.index, dtype=object)
    lowest = sex.map({"M": ranges.hb_low_men, "F": ranges.hb_low_women}).astype("float64")
    return frame.assign(HB_LLN=lowest, RETI_ULN=ranges.reti_high, BILI_ULN=ranges.bili_high)


def respond(readings: pd.DataFrame, lineage: str, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.Series:
    """The response CR, PR, NR or NE of each reading in a lineage, PLT or HB, on the readings' index.

    `readings` has the columns the module names, on an index without duplicates; a column that is absent counts
    as missing. Where the sex is, haemolysis is told if it is the same by men's and women's limits. A set
    without the lineage gives NE.
    """
    rows = [c for c in criteria_of(crit) if c.lineage == lineage and c.response != "RELAPSE"]
    if not rows or readings.empty:
        return pd.Series("NE", index=readings.index, dtype=object)
    told = _told(rows, readings, ranges or NormalRanges())
    unknown = told.index[readings["SEX"].isna()] if "SEX" in readings else told.index
    if lineage == "HB" and len(unknown):
        men, women = (_told(rows, readings.loc[unknown].assign(SEX=sex), ranges or NormalRanges()) for sex in "MF")
        told[unknown] = men.where(men == women, "NE")
    return told


def _told(rows: Sequence[Criterion], readings: pd.DataFrame, ranges: NormalRanges) -> pd.Series:
    first = first_true([c.expression for c in rows], with_limits(readings, ranges))
    words = np.array([*(c.response for c in rows), "NE"], dtype=object)
    return pd.Series(words[first], index=readings.index, dtype=object)


def relapsed(
    readings: pd.DataFrame, lineage: str, crit: str = "paper", ranges: NormalRanges | None = None
) -> pd.Series:
    """Whether each reading meets the set's rule of relapse in a lineage; false where that is open."""
    rows = [c for c in criteria_of(crit) if c.lineage == lineage and c.response == "RELAPSE"]
    if not rows or readings.empty:
        return pd.Series(False, index=readings.index, dtype=bool)
    frame = with_limits(readings, ranges or NormalRanges())
    first = first_true([c.expression for c in rows], frame)
    return pd.Series(first == 0, index=readings.index, dtype=bool)


_RANK = {"CR": 0, "PR": 1, "NE": 2, "NR": 3}
_RANKED = np.array(sorted(_RANK, key=lambda response: _RANK[response]), dtype=object)


def counts_for(lineage: str, diagnosis: pd.Series) -> Bools:
    """Whether a lineage counts for each diagnosis; never for a missing one."""
    return diagnosis.isin([dx for dx, counted in LINEAGES_OF.items() if lineage in counted]).to_numpy()


def overall(by_lineage: Mapping[str, pd.Series], diagnosis: pd.Series) -> pd.Series:
    """The response over the lineages that count for the diagnosis: the worse one (our reading, not printed).

    `by_lineage` holds PLT and HB, each CR, PR, NR, NE or missing, aligned with `diagnosis`. NR in either is
    NR; else NE in either is NE. Without a diagnosis it is NE.
    """
    worst = np.full(len(diagnosis), -1)
    for lineage in LINEAGES:
        counts = counts_for(lineage, diagnosis)
        rank = by_lineage[lineage].fillna("NE").map(_RANK).to_numpy(dtype=int)
        worst = np.where(counts, np.maximum(worst, rank), worst)
    return pd.Series(_RANKED[np.where(worst < 0, _RANK["NE"], worst)], index=diagnosis.index, dtype=object)
