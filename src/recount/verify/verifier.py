"""Does this table satisfy these claims and rules? Computed from its rows alone; never imports the solver.

Everything is exact but P values and intervals, which are scipy's. Standard deviations, Z and t are irrational;
`printed.root` keeps them on the right side of every bound, which is the same as comparing their squares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import compress
from typing import Any, Protocol

import pandas as pd

from recount.checks import normal_sf, quantile, t_sf, z_squared
from recount.record import Claim, Rule, Study, Variable, root
from recount.rules import (
    Expression,
    ExpressionError,
    breaks,
    column_numbers,
    column_texts,
    decimal_text,
    evaluate,
    exact_number,
    is_missing,
    parse,
    resolve,
)
from recount.verify.paper_statistics import PAPER_STATISTICS, variance

PATIENT = "USUBJID"
PLACES_SHOWN = 6
QUANTILES = {"median": Fraction(1, 2), "p25": Fraction(1, 4), "p75": Fraction(3, 4)}
COLUMNS = ["id", "kind", "holds", "recomputed", "why"]

Value = Fraction | float
Pairs = list[tuple[Fraction, Fraction]]


class About(Protocol):
    """What a claim or a question is about: whose, which variable or condition, which statistic, against what."""

    @property
    def population(self) -> str: ...

    @property
    def variable(self) -> str: ...

    @property
    def statistic(self) -> str: ...

    @property
    def versus(self) -> str: ...

    @property
    def condition(self) -> Expression | None: ...


@dataclass(frozen=True)
class Recomputed:
    """A claim's statistic: its value (None: it has none), that as text, whether and by which roundings it is
    as printed."""

    value: Value | None
    text: str
    holds: bool
    rounding: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Verification:
    """One finding a claim, rule and variable: id, kind (claim, rule, variable), holds, recomputed, why."""

    findings: pd.DataFrame

    @property
    def broken(self) -> pd.DataFrame:
        """The findings that don't hold, none where the table satisfies the study."""
        return self.findings[~self.findings["holds"]]


def verify(study: Study, frame: pd.DataFrame, only: Collection[str] | None = None) -> Verification:
    """Every claim, rule and variable of a study judged on a table: one row a patient, a column each variable.

    A rule's and a variable's `why` names the patients (USUBJID, or the row counted from 1) that break it. With `only`,
    no other variables than these are judged; claims and rules are.
    """
    clean = _cleaned_table(study, frame)
    rows = Rows(study, clean)
    patients = _patients(frame)
    found = [_claim_finding(claim, rows) for claim in study.claims]
    found += [_rule_finding(rule, clean, patients) for rule in study.rules]
    judged = [v for v in study.variables.values() if only is None or v.name in only]
    found += [_variable_finding(v, frame, clean, patients) for v in judged]
    if PATIENT in frame.columns:
        found.append(_patient_finding(patients))
    return Verification(pd.DataFrame(found, columns=COLUMNS).astype({"holds": bool}))


def statistic(claim: Claim, frame: pd.DataFrame, study: Study) -> Recomputed:
    """What a claim's statistic is over a table: one row a patient, a column each variable.

    Patients without a value don't count; a statistic of nobody has no value and doesn't hold. A `stated`
    claim rests on no variable: it has no value, and holds. Raises ExpressionError for a column that is
    missing or holds a text where a number is due.
    """
    return _statistic(claim, Rows(study, frame))


def value_in(study: Study, about: About, frame: pd.DataFrame) -> Value | None:
    """The statistic that is asked about, over a table as for `statistic`; None where it has no value.

    The one value that everybody has is none where they have several.
    """
    rows = Rows(study, frame)
    if about.statistic == "value":
        found = set(rows.values_of(about))
        return found.pop() if len(found) == 1 else None
    return STATISTICS[about.statistic](rows, about)


def _statistic(claim: Claim, rows: Rows) -> Recomputed:
    if claim.statistic == "stated":
        return Recomputed(None, "", True, ())
    value = STATISTICS[claim.statistic](rows, claim)
    if value is None:
        return Recomputed(None, "", False, ())
    text = rows.ratio_text(claim) if claim.printed.is_ratio else shown_value(value)
    return Recomputed(value, text, claim.printed.contains(value), claim.printed.rounding(value))


def shown_value(value: Value) -> str:
    """A value as text: all its decimals where they are few, else so many significant digits.

    >>> shown_value(Fraction(45, 8)), shown_value(Fraction(1, 3)), shown_value(Fraction(24))
    ('5.625', '0.333333', '24')
    """
    if isinstance(value, Fraction) and 10**PLACES_SHOWN % value.denominator == 0:
        return decimal_text(value)
    return f"{float(value):.{PLACES_SHOWN}g}"


def stands_for(text: str) -> tuple[Fraction, Fraction]:
    """The least and the greatest number that `shown_value` tells by this text: half a unit of the last digit it keeps.

    A text of more digits than that was not rounded, nor was nought.

    >>> stands_for("49.7917") == (Fraction("49.79165"), Fraction("49.79175"))
    True
    """
    digits = Decimal(text)
    half = Fraction(10) ** (digits.adjusted() + 1 - PLACES_SHOWN) / 2
    exactly = not digits or len(digits.as_tuple().digits) > PLACES_SHOWN
    return (Fraction(text), Fraction(text)) if exactly else (Fraction(text) - half, Fraction(text) + half)


class Rows:
    """A table of patients read by a study: who belongs to a population, and their values, each read once."""

    def __init__(self, study: Study, frame: pd.DataFrame) -> None:
        self.study = study
        self.frame = frame
        self._known: dict[Hashable, list] = {}

    def members(self, population: str) -> list[bool]:
        """Whether each row belongs to the population."""
        where = self.study.where_of(population)
        return [True] * len(self.frame) if where is None else self.meets_condition(where)

    def meets_condition(self, condition: Expression) -> list[bool]:
        """Whether each row meets the condition."""
        return self._made_once(condition, lambda: evaluate(condition, self.frame).tolist())

    def member_count(self, population: str) -> int:
        """How many rows belong to the population."""
        return sum(self.members(population))

    def values_of(self, claim: About) -> list[Fraction]:
        """The values of the claim's variable in its population, blanks left out."""
        return [x for x in self._column_in(claim.population, claim.variable) if x is not None]

    def pairs_of(self, claim: About) -> Pairs:
        """The values of the claim's variable and of its `versus`, where a member has both."""
        before = self._column_in(claim.population, claim.variable)
        after = self._column_in(claim.population, claim.versus)
        return [(x, y) for x, y in zip(before, after, strict=True) if x is not None and y is not None]

    def label_pairs(self, claim: About) -> list[tuple[Hashable, Hashable]]:
        """The levels of the claim's variable and of its `versus`, where a member has both."""
        both = zip(self._labels_of(claim.variable), self._labels_of(claim.versus), strict=True)
        return [p for p in compress(both, self.members(claim.population)) if None not in p]

    def ratio_text(self, claim: About) -> str:
        """The two populations' sizes, as in "4:20"."""
        return f"{self.member_count(claim.population)}:{self.member_count(claim.versus)}"

    def two_samples(self, claim: About) -> tuple[list[Fraction], list[Fraction]]:
        """The values of the claim's variable in its population and in that of `versus`, blanks left out."""
        one, other = (self._column_in(population, claim.variable) for population in (claim.population, claim.versus))
        return [x for x in one if x is not None], [x for x in other if x is not None]

    def meeting(self, claim: About) -> int:
        """How many of the population meet the claim's condition; without one, the population's size."""
        members = self.members(claim.population)
        return sum(compress(self.meets_condition(claim.condition), members)) if claim.condition else sum(members)

    def _column_in(self, population: str, name: str) -> list[Fraction | None]:
        column = self._made_once(name, lambda: column_numbers(self.frame, name))
        return list(compress(column, self.members(population)))

    def _labels_of(self, text: str) -> Sequence[Hashable]:
        if text in self.study.variables:
            return column_texts(self.frame, text)
        return self.meets_condition(resolve(parse(text), self.study.variables))

    def _made_once(self, key: Hashable, make: Callable[[], list]) -> list:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]


# --- statistics -------------------------------------------------------------------------------------------


def n(rows: Rows, claim: About) -> Fraction:
    """How many belong to the population."""
    return Fraction(rows.member_count(claim.population))


def count(rows: Rows, claim: About) -> Fraction:
    """How many of the population meet the claim's condition; without one, the population's size."""
    return Fraction(rows.meeting(claim))


def percent(rows: Rows, claim: About) -> Fraction | None:
    """How many per cent of the population meet the claim's condition."""
    size = rows.member_count(claim.population)
    return 100 * count(rows, claim) / size if size else None


def ratio(rows: Rows, claim: About) -> Fraction | None:
    """The population's size to that of `versus`."""
    second = rows.member_count(claim.versus)
    return Fraction(rows.member_count(claim.population), second) if second else None


def value(rows: Rows, claim: Claim) -> Fraction | None:
    """The value that everybody has: the first that is not as printed, else the first."""
    return min(rows.values_of(claim), key=claim.printed.contains, default=None)


def extreme(rows: Rows, claim: About) -> Fraction | None:
    """The smallest or the greatest value."""
    return (min if claim.statistic == "min" else max)(rows.values_of(claim), default=None)


def quartile(rows: Rows, claim: About) -> Fraction | None:
    """The median or a quartile, by the study's definition of quantiles."""
    values = rows.values_of(claim)
    definition = rows.study.setting("quantile")
    return quantile(values, QUANTILES[claim.statistic], definition) if values else None


def iqr(rows: Rows, claim: About) -> Fraction | None:
    """The upper quartile less the lower, by the study's definition of quantiles."""
    values, definition = rows.values_of(claim), rows.study.setting("quantile")
    low, high = (quantile(values, QUANTILES[p], definition) if values else None for p in ("p25", "p75"))
    return None if low is None or high is None else high - low


def range_width(rows: Rows, claim: About) -> Fraction | None:
    """The greatest value less the smallest."""
    values = rows.values_of(claim)
    return max(values) - min(values) if values else None


def mean(rows: Rows, claim: About) -> Fraction | None:
    """The arithmetic mean."""
    values = rows.values_of(claim)
    return Fraction(sum(values), len(values)) if values else None


def sum_of_values(rows: Rows, claim: About) -> Fraction | None:
    """The sum of the values."""
    values = rows.values_of(claim)
    return Fraction(sum(values)) if values else None


def hodges_lehmann_shift(rows: Rows, claim: About) -> Fraction | None:
    """The Hodges-Lehmann shift of the pairs: the median of the mean changes of every two, and of each with itself."""
    d = [y - x for x, y in rows.pairs_of(claim)]
    sums = sorted(d[i] + d[j] for i in range(len(d)) for j in range(i + 1))
    return (sums[(len(sums) - 1) // 2] + sums[len(sums) // 2]) / 4 if sums else None


def sd(rows: Rows, claim: About) -> Fraction | None:
    """The standard deviation with n - 1; two values at least."""
    values = rows.values_of(claim)
    return root(variance(values)) if len(values) > 1 else None


def wilcoxon_z(rows: Rows, claim: About) -> Fraction | None:
    """The signed-rank |Z| of the pairs."""
    square = signed_rank(rows.pairs_of(claim))
    return None if square is None else root(square)


def wilcoxon_p(rows: Rows, claim: About) -> float | None:
    """The asymptotic two-sided P of the signed-rank Z."""
    z = wilcoxon_z(rows, claim)
    return None if z is None else 2 * normal_sf(float(z))


def paired_t(rows: Rows, claim: About) -> Fraction | None:
    """The paired |t|."""
    square = t_squared(rows.pairs_of(claim))
    return None if square is None else root(square)


def paired_p(rows: Rows, claim: About) -> float | None:
    """The two-sided P of the paired t with one degree of freedom less than there are pairs."""
    t = paired_t(rows, claim)
    return None if t is None else p_of_t(t, len(rows.pairs_of(claim)))


def p_of_t(t: Fraction, pairs: int) -> float:
    """The two-sided P of a paired |t| of so many pairs (Student, Biometrika 1908;6:1)."""
    return 2 * t_sf(float(t), pairs - 1)


STATISTICS: dict[str, Callable[[Rows, Any], Value | None]] = {
    "n": n,
    "count": count,
    "percent": percent,
    "ratio": ratio,
    "value": value,
    "min": extreme,
    "max": extreme,
    "median": quartile,
    "p25": quartile,
    "p75": quartile,
    "iqr": iqr,
    "range": range_width,
    "sum": sum_of_values,
    "mean": mean,
    "shift": hodges_lehmann_shift,
    "sd": sd,
    "wilcoxon_z": wilcoxon_z,
    "wilcoxon_p": wilcoxon_p,
    "paired_t": paired_t,
    "paired_p": paired_p,
    **PAPER_STATISTICS,
}


def signed_rank(pairs: Pairs) -> Fraction | None:
    """The square of the signed-rank Z, None without differences.

    Zeros dropped, average ranks, variance corrected for ties, no continuity correction.
    Source: IBM SPSS Statistics Algorithms, NPAR TESTS, Wilcoxon.

    >>> signed_rank([(Fraction(0), Fraction(d)) for d in (1, -2, 3)])
    Fraction(2, 7)
    """
    differences = [y - x for x, y in pairs if y != x]
    if not differences:
        return None
    sizes = Counter(map(abs, differences))
    doubled: dict[Fraction, int] = {}
    smaller = 0
    for size in sorted(sizes):
        doubled[size] = 2 * smaller + sizes[size] + 1
        smaller += sizes[size]
    positive = sum(doubled[d] for d in differences if d > 0)
    return z_squared(len(differences), positive, sum(t**3 - t for t in sizes.values()))


def t_squared(pairs: Pairs) -> Fraction | None:
    """The square of the paired t; None for fewer than two pairs or differences that are all the same.

    t = mean(d) / (sd(d) / sqrt(n)); Student, Biometrika 1908;6:1.

    >>> t_squared([(Fraction(0), Fraction(d)) for d in (1, 2, 3)])
    Fraction(12, 1)
    """
    differences = [y - x for x, y in pairs]
    if len(set(differences)) < 2:
        return None
    centre = Fraction(sum(differences), len(differences))
    return len(differences) * centre**2 / variance(differences)


# --- findings ---------------------------------------------------------------------------------------------

Finding = tuple[str, str, bool, str, str]


def _cleaned_table(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """The study's columns, numbers exact; what is absent or no number is missing."""
    columns = {
        name: _readable(variable, frame[name].tolist()) if name in frame.columns else [None] * len(frame)
        for name, variable in study.variables.items()
    }
    return pd.DataFrame(columns, index=range(len(frame)), dtype=object)


def _readable(variable: Variable, cells: list) -> list:
    if variable.kind == "category":
        return [None if is_missing(cell) else str(cell) for cell in cells]
    return [_number_or_none(cell) for cell in cells]


def _number_or_none(cell: object) -> Fraction | None:
    try:
        return exact_number(cell)
    except ExpressionError:
        return None


def _patients(frame: pd.DataFrame) -> list[str]:
    if PATIENT not in frame.columns:
        return [f"row {k}" for k in range(1, len(frame) + 1)]
    return [f"row {k}" if is_missing(p) else str(p) for k, p in enumerate(frame[PATIENT].tolist(), 1)]


def _claim_finding(claim: Claim, rows: Rows) -> Finding:
    found = _statistic(claim, rows)
    why = ""
    if not found.holds:
        came = f"recomputed {found.text}" if found.text else "nobody to compute it from"
        why = f"printed {claim.printed}, {came}"
    return claim.id, "claim", found.holds, found.text, why


def _rule_finding(rule: Rule, clean: pd.DataFrame, patients: list[str]) -> Finding:
    broken = list(compress(patients, breaks(rule.rule, clean)))
    return rule.id, "rule", not broken, "", f"broken by {', '.join(broken)}" if broken else ""


def _variable_finding(variable: Variable, frame: pd.DataFrame, clean: pd.DataFrame, patients: list[str]) -> Finding:
    if variable.name not in frame.columns:
        return variable.name, "variable", False, "", "the table has no such column"
    due = [True] * len(frame) if variable.where is None else evaluate(variable.where, clean).tolist()
    found: dict[str, list[str]] = {}
    for patient, cell, is_due in zip(patients, frame[variable.name].tolist(), due, strict=True):
        problem = cell_problem(variable, cell, is_due)
        if problem:
            found.setdefault(problem, []).append(patient)
    why = "; ".join(f"{problem}: {', '.join(who)}" for problem, who in found.items())
    return variable.name, "variable", not found, "", why


def cell_problem(variable: Variable, cell: object, due: bool) -> str:
    """The rule of its variable that a patient's cell breaks, else ""; `due`: there is to be a value."""
    if is_missing(cell):
        return "missing" if due else ""
    if not due:
        return f"a value outside of {variable.where}"
    if variable.kind == "category":
        return "" if str(cell) in variable.levels else "no level of it"
    number = _number_or_none(cell)
    if number is None:
        return "no number"
    if variable.low is not None and number < variable.low:
        return f"below {shown_value(variable.low)}"
    if variable.high is not None and number > variable.high:
        return f"above {shown_value(variable.high)}"
    if variable.step is not None and (number / variable.step).denominator != 1:
        return f"no multiple of {shown_value(variable.step)}"
    return ""


def _patient_finding(patients: list[str]) -> Finding:
    twice = [patient for patient, times in Counter(patients).items() if times > 1]
    return PATIENT, "variable", not twice, "", f"more than once: {', '.join(twice)}" if twice else ""
