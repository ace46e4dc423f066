"""Response criteria asked of readings: one evaluator for every set of `rule_sets`, over all readings at once.

A rule is a line of `recount.rules` over a reading's columns: PLT, HB, RETI, BILI (10^9/L, g/L, %,
umol/L), DAT (NEGATIVE, DECREASED, UNCHANGED), BLEED and SYMPTOMS (Y, N), SEX (M, F), the baselines PLT_BL and
HB_BL, the best platelets so far PLT_BEST, whether a complete response came before HAD_CR (in rules of relapse), and
the limits of `NormalRanges`.

The rules of a lineage are asked in their order. A clause with a missing value is neither true nor false, and
`and`, `or`, `not` carry that on: a response is given only where its rule is true and all rules before it are
false. So a missing antiglobulin test gives NR where another clause already fails, and NE otherwise.

A rule that wants a second reading is met where the readings in a row that meet it (those that are NE between
them are passed over) span that many days from the first to the last; a reading of CR counts for PR too. What is
not confirmed is NE, and never NR.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cytopenia.rule_sets import (
    GIVEN,
    LINEAGES,
    QUANTITIES,
    RESPONDED,
    RESPONSES,
    Criterion,
    NormalRanges,
    Parameters,
    RuleSet,
    criteria_of,
    criteria_sets,
    read_criteria,
    rule_set,
)
from recount.rules import Columns, Expression, Numbers, Truth, Words, columns_of, names, numbers_of, truth, words_of

__all__ = [
    "LINEAGES",
    "LINEAGES_OF",
    "NE",
    "RESPONDED",
    "RESPONSES",
    "Criterion",
    "NormalRanges",
    "Visits",
    "answers",
    "combined",
    "counts_for",
    "criteria_of",
    "criteria_sets",
    "overall",
    "read_criteria",
    "relapsing",
    "respond",
    "responses_of",
    "three_valued",
    "visits_of_frame",
    "with_limits",
]

Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]

CR, PR, NR, NE = range(4)
"""Responses as codes: places in RESPONSES."""

NEVER = 10**6
"""The days since a transfusion of who never had one."""

FOUND = ("PLT_BEST", "HAD_CR")
"""What rules speak of and no reading has by itself."""

CHUNK = 500_000
"""So many readings are judged at a time, so that memory doesn't grow with the patients."""

LINEAGES_OF = {"sITP": ("PLT",), "AIHA": ("HB",), "IRP": LINEAGES, "EVANS": LINEAGES}
"""The lineages that count, by diagnosis; without a diagnosis both are judged and the whole is NE."""


# One reading at a time ---------------------------------------------------------------------------


def three_valued(node: Expression, frame: pd.DataFrame) -> Truth:
    """Whether a rule is true and whether it is false, row by row; neither where missing values leave it open.

    Kleene's strong logic over exact comparisons, by `recount.rules.truth`.
    """
    return _broadcast(truth(node, columns_of(frame, [node])), len(frame))


def _broadcast(told: Truth, size: int) -> Truth:
    true, false = (np.broadcast_to(part, size) if part.ndim == 0 else part for part in told)
    return true, false


def answers(rules: Sequence[Expression], frame: pd.DataFrame) -> Truth:
    """Which rules are true and which are not false, a row for each row of the frame, a column a rule.

    Columns that a rule names and the frame lacks count as missing.
    """
    both = [three_valued(rule, frame) for rule in rules]
    return np.column_stack([true for true, _ in both]), ~np.column_stack([false for _, false in both])


def with_limits(frame: pd.DataFrame, ranges: NormalRanges) -> pd.DataFrame:
    """The readings with the limits HB_LLN, RETI_ULN and BILI_ULN; HB_LLN is missing where SEX is."""
    sex = frame["SEX"] if "SEX" in frame else pd.Series(None, index=frame.index, dtype=object)
    lowest = sex.map({"M": ranges.hb_low_men, "F": ranges.hb_low_women}).astype("float64")
    return frame.assign(HB_LLN=lowest, RETI_ULN=float(ranges.reti_high), BILI_ULN=float(ranges.bili_high))


def respond(readings: pd.DataFrame, lineage: str, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.Series:
    """The response CR, PR, NR or NE of each reading by itself in a lineage, PLT or HB, on the readings' index.

    Whether a second reading confirms it is not asked: see `responses_of`. `readings` has the columns the module
    names, on an index without duplicates; a column that is absent counts as missing. Where the sex is, haemolysis
    is told if it is the same by men's and women's limits. A set without the lineage gives NE.
    """
    rules, limits = rule_set(crit), ranges or NormalRanges()
    alone = readings.assign(USUBJID=np.arange(len(readings)), ADY=1)
    codes = _by_values(visits_of_frame(alone, limits), rules.of(lineage), lineage, limits)
    return pd.Series(np.array(RESPONSES, dtype=object)[codes], index=readings.index, dtype=object)


def _codes(rows: Sequence[Criterion], columns: Columns, size: int, known: dict[Expression, Truth]) -> Codes:
    """The response of each reading by the rules in their order; NE where the first that isn't false is open."""
    codes = np.full(size, NE, dtype=np.int8)
    undecided = np.ones(size, dtype=bool)
    for criterion in rows:
        true, false = truth(criterion.expression, columns, known)
        codes[undecided & true] = RESPONSES.index(criterion.response)
        undecided &= false
    return codes


# Many readings -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Visits:
    """Readings of many patients, sorted by patient and day, a place of each array a reading.

    `patient` are codes that don't fall, `day` study days; `columns` are what rules speak of; `since` are the days
    since the last transfusion of the lineage (None: not known, `NEVER`: none), `rescued` whether the reading is on or
    after the first rescue treatment; `sexless` whether the sex is missing.
    """

    patient: NDArray[Any]
    day: NDArray[Any]
    columns: Columns
    since: NDArray[Any] | None = None
    rescued: Bools | None = None
    sexless: Bools | None = None

    def where(self, rows: slice) -> Visits:
        """The readings of a slice."""
        cut = {name: column.of_rows(rows) for name, column in self.columns.items()}
        masks = (None if part is None else part[rows] for part in (self.since, self.rescued, self.sexless))
        return Visits(self.patient[rows], self.day[rows], cut, *masks)

    def with_lower_limit(self, limit: float) -> Visits:
        """The readings with one lower limit of haemoglobin for all."""
        return replace(self, columns={**self.columns, "HB_LLN": numbers_of(pd.Series([float(limit)]))})


def chunks(patient: NDArray[Any], most: int = CHUNK) -> Iterator[slice]:
    """Slices of about so many readings, none of which parts a patient's readings."""
    start = 0
    while start < len(patient):
        end = min(start + most, len(patient))
        while end < len(patient) and patient[end] == patient[end - 1]:
            end += 1
        yield slice(start, end)
        start = end


def responses_of(
    visits: Visits, rules: RuleSet, lineage: str, ranges: NormalRanges | None = None, most: int = CHUNK
) -> Codes:
    """The response of each reading in a lineage as a code, confirmed where the set asks for it.

    Within the washout after a transfusion (the day it ends is outside of it) and where no record of transfusions
    came, a response is open. Time and memory grow with the readings, and memory by `most` of them at a time.
    """
    found = np.empty(len(visits.patient), dtype=np.int8)
    for rows in chunks(visits.patient, most):
        found[rows] = _chunk_responses(visits.where(rows), rules, lineage, ranges or NormalRanges())
    return found


def _chunk_responses(visits: Visits, rules: RuleSet, lineage: str, ranges: NormalRanges) -> Codes:
    by_response = {c.response: c for c in rules.of(lineage)}
    codes = _by_values(visits, rules.of(lineage), lineage, ranges)
    codes = _washed_out(codes, visits.since, by_response)
    codes = _confirmed(codes, visits, by_response)
    return _after_rescue(codes, visits.rescued, rules.parameters)


def _by_values(visits: Visits, rows: Sequence[Criterion], lineage: str, ranges: NormalRanges) -> Codes:
    """The response to each reading's own values; without a sex what men's and women's limits tell alike."""
    size = len(visits.patient)
    if not rows or not size:
        return np.full(size, NE, dtype=np.int8)
    visits = _with_best(visits, [c.expression for c in rows])
    codes = _codes(rows, visits.columns, size, {})
    if lineage == "HB" and visits.sexless is not None and visits.sexless.any():
        limits = (ranges.hb_low_men, ranges.hb_low_women)
        men, women = (_codes(rows, visits.with_lower_limit(limit).columns, size, {}) for limit in limits)
        codes = np.where(visits.sexless, np.where(men == women, men, NE), codes).astype(np.int8)
    return codes


def _with_best(visits: Visits, rules: Sequence[Expression]) -> Visits:
    """The readings with PLT_BEST, the patient's highest platelets so far, where a rule speaks of it."""
    if not any("PLT_BEST" in names(rule) for rule in rules) or "PLT_BEST" in visits.columns:
        return visits
    plt = visits.columns["PLT"]
    assert isinstance(plt, Numbers)
    units = plt.units if plt.known is None else np.where(plt.known, plt.units, -1)
    best = pd.Series(units).groupby(visits.patient, sort=False).cummax().to_numpy()
    column = Numbers(np.maximum(best, 0), plt.places, None if plt.known is None else best >= 0)
    return replace(visits, columns={**visits.columns, "PLT_BEST": column})


def _washed_out(codes: Codes, since: NDArray[Any] | None, by_response: Mapping[str, Criterion]) -> Codes:
    for response in RESPONDED:
        days = by_response[response].washout if response in by_response else 0
        if days:
            inside = True if since is None else since < days
            codes = np.where((codes == RESPONSES.index(response)) & inside, NE, codes).astype(np.int8)
    return codes


def _confirmed(codes: Codes, visits: Visits, by_response: Mapping[str, Criterion]) -> Codes:
    """The codes of readings that are confirmed: CR as CR or else PR, PR as PR, NR as NR, or else NE."""
    days = {response: by_response[response].confirm if response in by_response else 0 for response in GIVEN}
    if not any(days.values()):
        return codes
    known = codes != NE
    complete, partial, none = codes == CR, codes <= PR, codes == NR
    found = np.full(len(codes), NE, dtype=np.int8)
    for response, meeting in ((NR, none), (PR, partial), (CR, complete)):
        held = spans(meeting, known & ~meeting, visits, days[GIVEN[response]])
        found[held] = response
    return found


def spans(meeting: Bools, breaking: Bools, visits: Visits, days: int) -> Bools:
    """Which readings stand in a row of `meeting` ones of one patient that spans so many days.

    A row ends where a reading is `breaking`; readings that are neither are passed over.
    """
    if not days:
        return meeting
    places = np.flatnonzero(meeting)
    if not len(places):
        return meeting
    broken = np.cumsum(breaking)[places]
    who, when = visits.patient[places], visits.day[places]
    starts = np.flatnonzero(np.r_[True, (who[1:] != who[:-1]) | (broken[1:] != broken[:-1])])
    ends = np.r_[starts[1:], len(places)] - 1
    long = when[ends].astype(np.int64) - when[starts] >= days
    held = np.zeros(len(meeting), dtype=bool)
    held[places] = np.repeat(long, ends - starts + 1)
    return held


def _after_rescue(codes: Codes, rescued: Bools | None, parameters: Parameters) -> Codes:
    """What a reading after rescue treatment is; without a record of treatments a response is open."""
    if parameters.rescue == "ignored":
        return codes
    if parameters.rescue == "failure" and rescued is not None:
        return np.where(rescued, NR, codes).astype(np.int8)
    after = True if rescued is None else rescued
    return np.where((codes <= PR) & after, NE, codes).astype(np.int8)


def relapsing(visits: Visits, rules: RuleSet, lineage: str, codes: Codes) -> Bools:
    """Whether each reading meets the set's rule of relapse, after the patient's first response.

    `codes` are the readings' responses by the same set; where it asks for that, a second reading confirms the relapse.
    """
    rule = rules.relapse(lineage)
    if rule is None or not len(codes):
        return np.zeros(len(codes), dtype=bool)
    visits = _with_best(visits, [rule.expression])
    had = Words((visits.day <= _first_day(visits, codes == CR)).astype(np.int8), ("Y", "N"))
    true, false = _broadcast(truth(rule.expression, {**visits.columns, "HAD_CR": had}), len(codes))
    later = visits.day > _first_day(visits, codes <= PR)
    return spans(true & later, false | ~later, visits, rule.confirm)


def _first_day(visits: Visits, there: Bools) -> NDArray[np.int64]:
    """The first day of each reading's patient on which something was there; NEVER where it was not."""
    day = pd.Series(np.where(there, visits.day, NEVER))
    found: NDArray[np.int64] = day.groupby(visits.patient, sort=False).transform("min").to_numpy()
    return found


# From tables -------------------------------------------------------------------------------------


def visits_of_frame(readings: pd.DataFrame, ranges: NormalRanges | None = None) -> Visits:
    """The readings of a table, sorted by USUBJID (in runs) and ADY, with all that rules can speak of.

    A column that the table lacks is missing throughout, except those of `FOUND`, which are left to be found. SINCE and
    RESCUED are taken where the table has them.
    """
    frame = with_limits(readings, ranges or NormalRanges())
    blank = pd.Series(np.nan, index=frame.index)
    columns = {
        name: (words_of if quantity.levels else numbers_of)(frame.get(name, blank))
        for name, quantity in QUANTITIES.items()
        if name not in FOUND or name in frame
    }
    since = readings["SINCE"].to_numpy() if "SINCE" in readings else None
    rescued = readings["RESCUED"].to_numpy(dtype=bool) if "RESCUED" in readings else None
    sexless = readings["SEX"].isna().to_numpy() if "SEX" in readings else None
    patient = pd.factorize(readings["USUBJID"])[0]
    return Visits(patient, readings["ADY"].to_numpy(dtype=np.int64), columns, since, rescued, sexless)


# Over lineages -----------------------------------------------------------------------------------


def counts_for(lineage: str, diagnosis: pd.Series) -> Bools:
    """Whether a lineage counts for each diagnosis; never for a missing one."""
    return diagnosis.isin([dx for dx, counted in LINEAGES_OF.items() if lineage in counted]).to_numpy()


_RANKED = np.array([CR, PR, NE, NR], dtype=np.int8)
"""The responses from best to worst; of NE it is open whether it is better than NR."""
_RANK = np.argsort(_RANKED).astype(np.int8)


def combined(codes: Sequence[Codes], counting: Sequence[Bools], how: str = "worse") -> Codes:
    """The response over the lineages of `LINEAGES` that count for each patient, as codes.

    `how` is worse, better, platelets or haemolysis, which matters where both count. Of the worse, NR in either is NR,
    else NE in either is NE; of the better, CR or PR in either is that, else NE in either is NE. Where no lineage
    counts it is NE.
    """
    platelets, haemolysis = counting
    ranks = [_RANK[part] for part in codes]
    two = {
        "worse": _RANKED[np.maximum(*ranks)],
        "better": _RANKED[np.minimum(*ranks)],
        "platelets": codes[0],
        "haemolysis": codes[1],
    }[how]
    one = np.where(platelets, codes[0], np.where(haemolysis, codes[1], NE))
    return np.where(platelets & haemolysis, two, one).astype(np.int8)


def overall(by_lineage: Mapping[str, pd.Series], diagnosis: pd.Series, how: str = "worse") -> pd.Series:
    """The response over the lineages that count for the diagnosis: the worse one (our reading, not printed).

    `by_lineage` holds PLT and HB, each CR, PR, NR, NE or missing, aligned with `diagnosis`; `how` is as for
    `combined`. Without a diagnosis it is NE.
    """
    place = {response: code for code, response in enumerate(RESPONSES)}
    codes = [by_lineage[one].fillna("NE").map(place).to_numpy().astype(np.int8) for one in LINEAGES]
    counting = [counts_for(lineage, diagnosis) for lineage in LINEAGES]
    found = np.array(RESPONSES, dtype=object)[combined(codes, counting, how)]
    return pd.Series(found, index=diagnosis.index, dtype=object)
