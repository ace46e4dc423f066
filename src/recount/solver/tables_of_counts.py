"""Tests and intervals that rest on a few counts alone: which counts print a claim is listed, exactly.

Chi-squared, its P and Fisher's P rest on a table of counts, an interval of a proportion on how many there are and how
many meet the condition. Where few tables are possible, each is judged by the verifier's own formula beforehand, and
those that print the claim are the ones allowed; of more tables the claim is checked alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import comb, prod

import numpy as np

from recount.checks import proportion_interval
from recount.record import Claim, Printed, Study, patients_of
from recount.rules import Expression
from recount.solver.quantities import counted, members_of
from recount.solver.unknowns import Literal, Number, Unknowns
from recount.verify import association_of

MOST_TABLES = 25_000  # that are judged: two by two of 51 patients, or of 25 of whom any number may count
INTERVALS = ("percent_ci_low", "percent_ci_high")
TABLED = ("chi2", "chi2_p", "fisher_p")
LISTED = (*TABLED, *INTERVALS)
TOO_MANY = f"more than {MOST_TABLES:,} tables of counts are possible, too many to be listed"

Table = tuple[int, ...]
Ends = tuple[int, int]


def counts_hold(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The counts are ones that print the claim.

    The list is of counts made for the claim, which are the patients' only where it is imposed: whatever is printed, it
    forbids nobody while the claim isn't.
    """
    cells, tables = (_interval if claim.statistic in INTERVALS else _tested)(u, claim)
    if not tables:
        u.forbid([on])
        return
    copies = [u.number(0, u.size) for _ in cells]
    u.cp.add_allowed_assignments(copies, tables)
    for copy, cell in zip(copies, cells, strict=True):
        u.require(copy == cell, [on])


def why_not_listed(study: Study, claim: Claim) -> str:
    """Why a claim of counts can't be put to the solver; "" where it can.

    It is asked of as many patients as there are, so that any part of them has no more tables.
    """
    n = patients_of(study)
    owned = [study.variables[name].where for name in (claim.variable, claim.versus) if name in study.variables]
    everybody = study.where_of(claim.population) is None and all(where is None for where in owned)
    cells = 2 if claim.statistic in INTERVALS else prod(len(_codes(study, *side)) for side in _sides(claim))
    number = comb(n + cells - 1, cells - 1) if everybody else comb(n + cells, cells)
    return TOO_MANY if number > MOST_TABLES else ""


# a table of counts --------------------------------------------------------------------------------------------


def _sides(claim: Claim) -> list[tuple[str, Expression | None]]:
    """The text and, where it is one, the condition of either side of a table."""
    return [(claim.variable, claim.condition), (claim.versus, claim.second)]


def _codes(study: Study, text: str, condition: Expression | None) -> range:
    """The codes of a category; of a condition 1 and 0, which is whoever it isn't true of."""
    return range(2 if condition is not None else len(study.variables[text].levels))


@dataclass(frozen=True)
class _Side:
    """One side of a table: who is in each of its levels, and who is in any."""

    levels: list[list[Literal]]
    present: list[Literal]


def _side(u: Unknowns, text: str, condition: Expression | None) -> _Side:
    patients = range(u.size)
    if condition is not None:
        holds = [u.truth(i, condition) for i in patients]
        return _Side([[u.negated(truth) for truth in holds], holds], [u.true] * u.size)
    present = [u.truth(i, u.variables[text].where) for i in patients]
    codes = _codes(u.study, text, condition)
    return _Side([[u.all_of([present[i], u.is_one_of(i, text, [code])]) for i in patients] for code in codes], present)


def _tested(u: Unknowns, claim: Claim) -> tuple[list[Number], tuple[Table, ...]]:
    """The cells of a claim's table, row after row, and the tables that print it."""
    rows, columns = (_side(u, *side) for side in _sides(claim))
    members, key = u.members(claim.population), ("table", claim.population, claim.variable, claim.versus)
    cells = [
        u.number_of((*key, a, b), _all(u, members, row, column))
        for (a, row), (b, column) in product(enumerate(rows.levels), enumerate(columns.levels))
    ]
    row_totals = tuple(_ends(u, _all(u, members, row, columns.present)) for row in rows.levels)
    column_totals = tuple(_ends(u, _all(u, members, column, rows.present)) for column in columns.levels)
    total = _ends(u, _all(u, members, rows.present, columns.present))
    return cells, printing_tables(claim.statistic, claim.printed, row_totals, column_totals, total)


def _all(u: Unknowns, *who: Sequence[Literal]) -> list[Literal]:
    """Whether each patient is among all of these."""
    return [u.all_of(list(each)) for each in zip(*who, strict=True)]


def _ends(u: Unknowns, who: Sequence[Literal]) -> Ends:
    """How many there are at least and at most, by what is known of each patient without the statements."""
    return sum(each is u.true for each in who), sum(each is not u.false for each in who)


@lru_cache(maxsize=256)
def printing_tables(
    statistic: str, printed: Printed, rows: tuple[Ends, ...], columns: tuple[Ends, ...], total: Ends
) -> tuple[Table, ...]:
    """The tables with such totals, row after row, whose statistic is printed so."""
    width = len(columns)
    found = []
    for table in _tables(rows, width, total[1]):
        sums = [sum(table[b::width]) for b in range(width)]
        fits = total[0] <= sum(sums) and all(low <= k <= high for k, (low, high) in zip(sums, columns, strict=True))
        value = association_of([table[a : a + width] for a in range(0, len(table), width)], statistic) if fits else None
        if value is not None and printed.contains(value):
            found.append(table)
    return tuple(found)


def _tables(rows: Sequence[Ends], width: int, most: int) -> Iterator[Table]:
    """Every table with such totals of its rows, of no more patients than these."""
    if not rows:
        yield ()
        return
    low, high = rows[0]
    for size in range(low, min(high, most) + 1):
        for row in _shared(size, width):
            for rest in _tables(rows[1:], width, most - size):
                yield row + rest


def _shared(size: int, width: int) -> Iterator[Table]:
    """Every way to share out so many patients among so many cells."""
    if width == 1:
        yield (size,)
        return
    for first in range(size + 1):
        for rest in _shared(size - first, width - 1):
            yield (first, *rest)


# an interval of a proportion ----------------------------------------------------------------------------------


def _interval(u: Unknowns, claim: Claim) -> tuple[list[Number], tuple[Table, ...]]:
    """How many meet the condition and how many there are, and the pairs of these that print the claim."""
    k, n = counted(u, claim), members_of(u, claim.population)
    method, confidence = u.study.setting("proportion_interval"), int(u.study.setting("confidence"))
    sizes = u.possible(n)
    return [k, n], printing_pairs(claim.statistic, claim.printed, sizes[0], sizes[-1], method, confidence)


@lru_cache(maxsize=256)
def printing_pairs(
    statistic: str, printed: Printed, least: int, most: int, method: str, confidence: int
) -> tuple[Table, ...]:
    """The (k, n), n from `least` to `most` and k up to n, whose interval's end is printed so."""
    pairs = [(k, n) for n in range(max(least, 1), most + 1) for k in range(n + 1)]
    if not pairs:
        return ()
    k, n = (np.array(each) for each in zip(*pairs, strict=True))
    ends = 100 * proportion_interval(k, n, method, confidence)[INTERVALS.index(statistic)]
    return tuple(pair for pair, end in zip(pairs, ends.tolist(), strict=True) if printed.contains(end))
