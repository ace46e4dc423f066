"""Averages of every two changes of unknown pairs, in the order of the changes, as constraints.

Changes stand in their order, which loses nothing where all patients are interchangeable: none of the statements, nor
the question, tells them apart. Then the averages rise along each row and down each column of their table.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from recount.solver.unknowns import Linear, Literal, Number, Unknowns

Table = list[list[Literal]]


def put_in_order(u: Unknowns, d: Sequence[Linear]) -> None:
    """Lets changes rise from each patient to the next."""
    for less, more in pairwise(d):
        u.cp.add(less <= more)


def bounded_changes(u: Unknowns, ends: Sequence[Linear], widest: int, greatest: bool) -> list[Linear]:
    """Changes of which each is at most, or at least, one of these ends."""
    d = [u.cp.new_int_var(-widest, widest, "") for _ in ends]
    for change, end in zip(d, ends, strict=True):
        u.cp.add(change <= end if greatest else change >= end)
    return [*d]


def tie_some(u: Unknowns, d: Sequence[Linear], tables: list[Table], tied: int) -> None:
    """States that so many neighbours are equal, no three of them, and no change is another's opposite."""
    same = [u.comparison("==", more - less) for less, more in pairwise(d)]
    u.cp.add(sum(same) == tied)
    for one, other in pairwise(same):
        u.cp.add_bool_or([u.negated(one), u.negated(other)])
    for risen, not_fallen in zip(*tables, strict=True):
        for above, not_below in zip(risen[1:], not_fallen[1:], strict=True):
            u.cp.add_implication(not_below, above)


def shuffled(u: Unknowns, values: list[int]) -> list[Linear]:
    """These values in an order that is open."""
    kinds = sorted(set(values))
    has = [[u.cp.new_bool_var("") for _ in kinds] for _ in values]
    for one in has:
        u.cp.add_exactly_one(one)
    for at, kind in enumerate(kinds):
        u.cp.add(sum(one[at] for one in has) == values.count(kind))
    return [sum(kind * x for kind, x in zip(kinds, one, strict=True)) for one in has]


def compared_with_nought(u: Unknowns, d: Sequence[Linear], op: str) -> Table:
    """Whether the sum of two changes compares so with nought, changes in their order."""
    table = [[u.comparison(op, one + other) for other in d[i:]] for i, one in enumerate(d)]
    _go_on(u, table, True)
    return table


def nth_sum(u: Unknowns, d: Sequence[Linear], k: int, widest: int, greatest: bool) -> Number:
    """At most the k-th smallest sum of every two, where that is to be as great as can be; else at least it."""
    y = u.cp.new_int_var(-widest, widest, "")
    beyond = [
        [u.half(one + other >= y if greatest else one + other <= y, u.true) for other in d[i:]]
        for i, one in enumerate(d)
    ]
    _go_on(u, beyond, greatest)
    number = len(d) * (len(d) + 1) // 2
    u.cp.add(sum(x for row in beyond for x in row) >= (number - k + 1 if greatest else k))
    return y


def _go_on(u: Unknowns, table: Table, rising: bool) -> None:
    """States that along a row and down a column what holds goes on holding (rising), or has held before."""
    along = [two for row in table for two in pairwise(row)]
    down = [two for upper, lower in pairwise(table) for two in zip(upper[1:], lower, strict=True)]
    for one, other in (*along, *down):
        u.cp.add_implication(*((one, other) if rising else (other, one)))
