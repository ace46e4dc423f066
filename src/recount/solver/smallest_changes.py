"""The smallest of the changes of unknown pairs, each variable's values looked at in their own order, as constraints.

Where few changes have the rarer sign, those larger than the largest of them all have the other sign. Sorting the values
of these on either side, and pairing them in this order, changes no variable's values and keeps each of these changes as
large: so sorted values on both sides, with the places of the smallest changes among them, lose nothing that patients
can be. That is so for statements about one variable or about this pair's ranks; a rule that ties a third variable to
one of the two isn't kept by such pairing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from recount.solver.unknowns import Linear, Literal, Number, Unknowns


@dataclass(frozen=True)
class SmallestChanges:
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


def hold_smallest_changes(
    u: Unknowns, high: Sequence[Linear], low: Sequence[Linear], smallest: SmallestChanges, widest: int
) -> list[tuple[Number, Number]]:
    """States what is known of sorted values on both sides; the places of each smallest change among them.

    `high` are the values that the common sign goes down from, `low` those it goes to; none is larger than `widest`.
    """
    sizes = [u.cp.new_int_var(1, 2 * widest, "") for _ in smallest.groups]
    for one, other in pairwise(sizes):
        u.cp.add(other >= one + 1)
    places = [(_place(u), _place(u)) for _ in smallest.kinds]
    for (sign, group), place in zip(smallest.kinds, places, strict=True):
        above, below = (_at(u, side, at, widest) for side, at in zip((high, low), place, strict=True))
        u.cp.add(above - below == (sign * sizes[group] if sign else 0))
    for (kind, at), (other_kind, other_at) in pairwise(zip(smallest.kinds, places, strict=True)):
        if kind == other_kind:
            u.cp.add(at[0] < other_at[0])
    kept = [_kept(u, [place[side] for place in places]) for side in range(2)]
    largest = sizes[-1] if sizes else 0
    for (i, k), has in kept[0].items():
        for j in range(u.size):
            if (j, k) in kept[1]:
                u.cp.add(high[i] - low[j] >= largest + 1).only_enforce_if([has, kept[1][j, k]])
    return places


def _place(u: Unknowns) -> Number:
    return u.cp.new_int_var(0, u.size - 1, "")


def _at(u: Unknowns, values: Sequence[Linear], place: Number, widest: int) -> Number:
    value = u.cp.new_int_var(-widest, widest, "")
    u.cp.add_element(place, values, value)
    return value


def _kept(u: Unknowns, places: Sequence[Number]) -> dict[tuple[int, int], Literal]:
    """Whether the value at a place is the k-th of those that aren't at these places."""
    n, few = u.size, len(places)
    u.cp.add_all_different(places)
    taken = [u.any_of([u.comparison("==", place - i) for place in places]) for i in range(n)]
    kept: dict[tuple[int, int], Literal] = {
        (i, k): u.cp.new_bool_var("") for i in range(n) for k in range(max(0, i - few), min(i, n - few - 1) + 1)
    }
    for i in range(n):
        u.cp.add_exactly_one([taken[i], *(has for (at, _), has in kept.items() if at == i)])
    for k in range(n - few):
        u.cp.add_exactly_one([has for (_, place), has in kept.items() if place == k])
    for (i, k), has in kept.items():
        u.cp.add(sum(taken[: i + 1]) == i - k).only_enforce_if(has)
    return kept
