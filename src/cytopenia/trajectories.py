"""Curves between landmarks: where the criteria let a reading lie, and a seeded curve that stays there.

Values are counted in steps of the test's resolution, as whole numbers, so that bounds are exact. Between two
known readings a curve is straight in logarithms with a seeded scatter about it; a value that leaves the band
of its day is folded back into it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from cytopenia.criteria import NormalRanges, criteria_of
from cytopenia.landmarks import Patient
from cytopenia.schemas import packaged
from recount.rules import And, Compare, Expression, decimal_text, exact_number

HIGHEST = 10**9
CRIT = "paper"
"""The criteria set whose landmarks are reconstructed."""


@dataclass(frozen=True)
class Band:
    """The steps from `low` to `high`, both included."""

    low: int = 0
    high: int = HIGHEST

    def within(self, other: Band) -> Band:
        """The part of the band that lies in another; where there is none, the nearest step of the other."""
        low = min(max(self.low, other.low), other.high)
        return Band(low, max(low, min(self.high, other.high)))

    def folded(self, value: float) -> int:
        """The step nearest to a value that is mirrored at the band's ends until it lies inside.

        >>> Band(10, 20).folded(23.2), Band(10, 20).folded(15.2)
        (17, 15)
        """
        if value < self.low:
            value = 2 * self.low - value
        if value > self.high:
            value = 2 * self.high - value
        return min(max(round(value), self.low), self.high)


@dataclass(frozen=True)
class Assumption:
    """A row of `visit_assumptions.csv`: a range for something that the record says nothing of, and why.

    `quantity` is a test code or what else is drawn; low and high are in the unit of the row.
    """

    quantity: str
    moment: str
    low: Fraction
    high: Fraction
    reason: str


@cache
def assumptions() -> Mapping[tuple[str, str], Assumption]:
    """The stated assumptions by quantity and moment, from `visit_assumptions.csv` beside this file."""
    rows = packaged("visit_assumptions.csv").astype(str).to_dict("records")
    listed = (
        Assumption(r["quantity"], r["moment"], Fraction(r["low"]), Fraction(r["high"]), r["reason"]) for r in rows
    )
    return {(item.quantity, item.moment): item for item in listed}


def drawn(patient: Patient, quantity: str, moment: str, *which: str) -> float:
    """A number drawn evenly from a stated assumption, always the same for the patient and these words."""
    item = assumptions()[quantity, moment]
    return float(patient.generator(quantity, moment, *which).uniform(float(item.low), float(item.high)))


def drawn_days(patient: Patient, quantity: str, moment: str, *which: str) -> int:
    """A whole number of days drawn evenly from a stated assumption."""
    return round(drawn(patient, quantity, moment, *which))


def assumed_band(test: str, moment: str, step: Fraction) -> Band:
    """The band of a stated assumption; every step where none is stated."""
    item = assumptions().get((test, moment))
    if item is None:
        return Band()
    return Band(math.ceil(item.low / step), math.floor(item.high / step))


def drawn_step(patient: Patient, test: str, moment: str, step: Fraction, band: Band) -> int:
    """A step drawn evenly from the part of a stated assumption that lies in the band."""
    allowed = assumed_band(test, moment, step).within(band)
    generator = patient.generator(test, moment)
    return int(generator.integers(allowed.low, allowed.high, endpoint=True))


def known_values(patient: Patient) -> dict[str, Fraction]:
    """What a criterion's bounds rest on: the patient's baselines and the assumed limits of normal."""
    ranges = NormalRanges()
    lowest = ranges.hb_low_men if patient.text("SEX") == "M" else ranges.hb_low_women
    limits = {"HB_LLN": lowest, "RETI_ULN": ranges.reti_high, "BILI_ULN": ranges.bili_high}
    known = {name: Fraction(str(value)) for name, value in limits.items()}
    baselines = {name: exact_number(patient.text(name)) for name in ("PLT_BL", "HB_BL")}
    return known | {name: value for name, value in baselines.items() if value is not None}


def criterion_band(lineage: str, response: str, name: str, known: Mapping[str, Fraction], step: Fraction) -> Band:
    """The steps of a reading `name` that a response allows, from the clauses of its rule joined by `and`.

    A clause about a name that is not `known` is left out.
    """
    rule = next(c for c in criteria_of(CRIT) if (c.lineage, c.response) == (lineage, response))
    band = Band()
    for clause in _clauses(rule.expression):
        band = _bounded(clause, name, known, step).within(band)
    return band


def _clauses(node: Expression) -> Iterator[Compare]:
    if isinstance(node, And):
        for item in node.items:
            yield from _clauses(item)
    elif isinstance(node, Compare):
        yield node


def _bounded(clause: Compare, name: str, known: Mapping[str, Fraction], step: Fraction) -> Band:
    """The band of one comparison, moved to: coefficient * name + rest compared with 0."""
    signed = [*clause.left.terms, *((-c, n) for c, n in clause.right.terms)]
    coefficient = sum((c for c, n in signed if n == name), Fraction(0))
    others = [(c, n) for c, n in signed if n != name]
    if coefficient == 0 or any(n not in known for _, n in others):
        return Band()
    rest = clause.left.constant - clause.right.constant + sum(c * known[n] for c, n in others)
    limit = -rest / coefficient / step
    upward = clause.op.startswith(">") == (coefficient > 0)
    if upward:
        return Band(low=max(0, math.ceil(limit) if "=" in clause.op else math.floor(limit) + 1))
    return Band(high=math.floor(limit) if "=" in clause.op else math.ceil(limit) - 1)


def curve(
    days: Sequence[int],
    anchors: Mapping[int, float],
    bands: Sequence[Band],
    scatter: float,
    generator: np.random.Generator,
) -> list[int]:
    """The steps on each day: an anchor's own on its day, else between the anchors, scattered, in the band.

    `anchors` are steps by study day, some perhaps on days that are not asked for; `scatter` is the standard
    deviation of the logarithm.
    """
    known = sorted(anchors)
    logs = np.interp(days, known, [math.log(max(anchors[day], 0.5)) for day in known])
    values = np.exp(logs + scatter * generator.standard_normal(len(days)))
    listed = zip(days, values.tolist(), bands, strict=True)
    return [round(anchors[day]) if day in anchors else band.folded(value) for day, value, band in listed]


def as_text(steps: int, step: Fraction) -> str:
    """A number of steps as the decimal it stands for.

    >>> as_text(171, Fraction("0.1"))
    '17.1'
    """
    return decimal_text(steps * step)
