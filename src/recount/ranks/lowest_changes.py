"""Patients of whose signed ranks few have the rarer sign: what is then known of the two variables' sorted values.

The changes larger than the largest of the rarer sign are all of the other sign. Sorting their values on either side,
and pairing them in this order, changes no variable's values and keeps each of these changes as large: so sorted
values on both sides, with the places of the few lowest changes among them, lose nothing that patients can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

from recount.checks import tie_terms
from recount.solver import Linear, Literal, Unknowns, pairs_of_ties

Allowed = Callable[[int, int], range]

FEWEST = 40  # ways in which the rarer sign's ranks come about; where there are more, none is looked at
LARGEST = 6  # of the lowest changes, at most


@dataclass(frozen=True)
class Lowest:
    """The changes up to the largest of the rarer sign: so many of nought, then by size how many are common and rare.

    `rises` says whether the rarer sign is that of rises.
    """

    nought: int
    groups: tuple[tuple[int, int], ...]
    rises: bool

    @property
    def number(self) -> int:
        """How many changes these are."""
        return self.nought + sum(common + rare for common, rare in self.groups)

    @property
    def kinds(self) -> list[tuple[int, int]]:
        """Each change as (sign, group): sign 1 common, -1 rare, 0 for a change of nought."""
        found = [(0, -1)] * self.nought
        for group, (common, rare) in enumerate(self.groups):
            found += [(1, group)] * common + [(-1, group)] * rare
        return found


def ways(size: int, allowed: Allowed) -> list[Lowest] | None:
    """Every way in which the lowest changes of so many patients can be; None where there are too many."""
    found: dict[Lowest, None] = {}
    for number, ties in pairs_of_ties(size):
        for distance in allowed(number, ties):
            if number == 0 or (number * (number + 1) - distance) % 2:
                continue
            doubled = (number * (number + 1) - distance) // 2
            for groups in _groups(number, doubled, ties):
                for rises in (True, False):
                    way = Lowest(size - number, groups, rises)
                    if way.number > LARGEST:
                        return None
                    found[way] = None
            if len(found) > FEWEST:
                return None
    return list(found)


def _groups(
    number: int, doubled: int, ties: int, below: int = 0, so_far: tuple[tuple[int, int], ...] = ()
) -> Iterator[tuple[tuple[int, int], ...]]:
    """Groups of equal sizes, the last with one of the rarer sign, of which that sign's ranks add up to doubled / 2."""
    if doubled == 0:
        if ties in tie_terms(number - below):
            yield so_far
        return
    for size in range(1, number - below + 1):
        rank, left = 2 * below + size + 1, ties - (size**3 - size)
        if left < 0 or rank > doubled:
            return
        for rare in range(min(size, doubled // rank) + 1):
            yield from _groups(number, doubled - rare * rank, left, below + size, (*so_far, (size - rare, rare)))


def lowest_hold(
    u: Unknowns, high: list[Linear], low: list[Linear], lowest: Lowest, widest: int
) -> list[tuple[Any, Any]]:
    """States what is known of sorted values on both sides; the places of each lowest change among them.

    `high` are the values that the common sign goes down from, `low` those it goes to; none is larger than `widest`.
    """
    sizes = [u.cp.new_int_var(1, 2 * widest, "") for _ in lowest.groups]
    for one, other in pairwise(sizes):
        u.cp.add(other >= one + 1)
    places = [(_place(u), _place(u)) for _ in lowest.kinds]
    for (sign, group), place in zip(lowest.kinds, places, strict=True):
        above, below = (_at(u, side, at, widest) for side, at in zip((high, low), place, strict=True))
        u.cp.add(above - below == (sign * sizes[group] if sign else 0))
    for (kind, at), (other_kind, other_at) in pairwise(zip(lowest.kinds, places, strict=True)):
        if kind == other_kind:
            u.cp.add(at[0] < other_at[0])
    kept = [_kept(u, [place[side] for place in places]) for side in range(2)]
    largest = sizes[-1] if sizes else 0
    for (i, k), has in kept[0].items():
        for j in range(u.size):
            if (j, k) in kept[1]:
                u.cp.add(high[i] - low[j] >= largest + 1).only_enforce_if([has, kept[1][j, k]])
    return places


def _place(u: Unknowns) -> Any:
    return u.cp.new_int_var(0, u.size - 1, "")


def _at(u: Unknowns, values: list[Linear], place: Any, widest: int) -> Any:
    value = u.cp.new_int_var(-widest, widest, "")
    u.cp.add_element(place, values, value)
    return value


def _kept(u: Unknowns, places: list[Any]) -> dict[tuple[int, int], Literal]:
    """Whether the value at a place is the k-th of those that aren't at these places."""
    n, few = u.size, len(places)
    u.cp.add_all_different(places)
    taken = [u.any_of([u.comparison("==", place - i) for place in places]) for i in range(n)]
    kept = {(i, k): u.cp.new_bool_var("") for i in range(n) for k in range(max(0, i - few), min(i, n - few - 1) + 1)}
    for i in range(n):
        u.cp.add_exactly_one([taken[i], *(has for (at, _), has in kept.items() if at == i)])
    for k in range(n - few):
        u.cp.add_exactly_one([has for (_, place), has in kept.items() if place == k])
    for (i, k), has in kept.items():
        u.cp.add(sum(taken[: i + 1]) == i - k).only_enforce_if(has)
    return kept


def paired(high: list[int], low: list[int], places: list[tuple[int, int]]) -> list[int]:
    """For each place of the higher values the place of the lower that it is paired with."""
    partner = dict(places)
    taken = set(chain(partner.values()))
    rest = iter(j for j in range(len(low)) if j not in taken)
    return [partner[i] if i in partner else next(rest) for i in range(len(high))]
