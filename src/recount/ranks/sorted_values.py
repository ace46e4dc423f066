"""How small and how great a quantile can be when each variable's values are looked at in their own order.

Sorted values keep all that is printed of one variable, and every rule that one variable is at most another: where x
<= y of each patient, the k-th of x is at most the k-th of y. So nothing that patients can be is lost to a question
about everybody's values of one variable; a statement or question about some of them, or about two variables of one
patient, would need to know who has which value (`is_of_ranks_alone`, `is_about_ranks`). Sorted values put side by side
are patients again, whose rank sums alone may not be as printed (`local_search` mends them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recount.ranks.local_search import Limit, Pair, Place
from recount.ranks.places_and_rank_sums import RankStatements
from recount.ranks.smallest_change_cases import partner_places
from recount.solver import (
    FOUND,
    Linear,
    Number,
    SmallestChanges,
    Unknowns,
    extreme,
    hold_smallest_changes,
    put_in_order,
)

Rows = list[list[int]]


@dataclass(frozen=True)
class SideEnd:
    """An end of a place's value, in its own units, over sorted values: its bound, and patients of a value."""

    status: str
    value: int = 0
    bound: int = 0
    rows: Rows | None = None


def side_end(
    ranks: RankStatements,
    place: Place,
    greatest: bool,
    limit: float,
    pair: Pair | None = None,
    smallest: SmallestChanges | None = None,
) -> SideEnd:
    """The end of a quantile over values sorted on each side, the smallest changes of a pair being as given."""
    u = Unknowns(ranks.study, ranks.size, ranks.names)
    sides = [[u.x[i, name] for i in range(u.size)] for name in ranks.names]
    for side in sides:
        put_in_order(u, side)
    for known in ranks.places:
        u.within(_value(known, sides), known.low, known.high)
    for limit_ in (each for each in ranks.limits if _keeps_order(each)):
        for i in range(u.size):
            u.require(sum(factor * sides[at][i] for factor, at in limit_.terms) <= limit_.most)
    moved = [] if pair is None or smallest is None else _smallest(u, sides, ranks.ranges, pair, smallest)
    numerator = u.unknown(("side",), _value(place, sides))
    answer = extreme(u, [], [(1, numerator), *((0, at) for both in moved for at in both)], greatest, limit)
    if answer.status != FOUND:
        return SideEnd(answer.status)
    rows = [[answer.values[i, name] for i in range(u.size)] for name in ranks.names]
    if pair is not None and smallest is not None:
        at = answer.terms[1:]
        rows = _side_by_side(ranks, rows, pair, smallest, list(zip(at[::2], at[1::2], strict=True)))
    return SideEnd(FOUND, answer.objective, round(answer.bound), rows)


def _value(place: Place, sides: Sequence[Sequence[Linear]]) -> Linear:
    """A quantile of sorted unknowns, multiplied so that it is whole."""
    below, above = sides[place.variable][place.lower], sides[place.variable][place.upper]
    return place.whole * below + place.share * (above - below)


def _keeps_order(limit: Limit) -> bool:
    """Whether sorted values keep a limit that patients keep: of one variable, or of one less another."""
    signs = sorted(factor > 0 for factor, _ in limit.terms)
    return len(signs) < 2 or signs == [False, True]


def _smallest(
    u: Unknowns,
    sides: Sequence[Sequence[Linear]],
    ranges: Sequence[tuple[int, int]],
    pair: Pair,
    smallest: SmallestChanges,
) -> list[tuple[Number, Number]]:
    one, other = (
        [factor * x for x in sides[at]] for factor, at in zip(pair.factors, (pair.before, pair.after), strict=True)
    )
    widest = max(
        abs(factor * end)
        for at, factor in zip((pair.before, pair.after), pair.factors, strict=True)
        for end in ranges[at]
    )
    high, low = (one, other) if smallest.rises else (other, one)
    return hold_smallest_changes(u, high, low, smallest, widest)


def _side_by_side(
    ranks: RankStatements, rows: Rows, pair: Pair, smallest: SmallestChanges, places: list[tuple[int, int]]
) -> Rows:
    """Sorted values put side by side, those after a change, and what is tied to them, in the order of the pairing."""
    first, second = (pair.before, pair.after) if smallest.rises else (pair.after, pair.before)
    order = partner_places(rows[first], rows[second], places)
    moved = next(group for group in ranks.linked if second in group)
    return [[row[j] for j in order] if at in moved else row for at, row in enumerate(rows)]
