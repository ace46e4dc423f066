"""Patients of whose signed ranks few have the rarer sign: every way in which their smallest changes can be.

All ways are listed or none: where there are too many nothing is known, since an end is the farthest over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from recount.checks import tie_terms
from recount.solver import SmallestChanges, pairs_of_ties

Allowed = Callable[[int, int], range]

FEWEST = 40  # ways in which the rarer sign's ranks come about; where there are more, none is looked at
LARGEST = 6  # of the smallest changes, at most


def ways_of_smallest_changes(size: int, allowed: Allowed) -> list[SmallestChanges] | None:
    """Every way in which the smallest changes of so many patients can be; None where there are too many."""
    found: dict[SmallestChanges, None] = {}
    for number, ties in pairs_of_ties(size):
        for distance in allowed(number, ties):
            if number == 0 or (number * (number + 1) - distance) % 2:
                continue
            doubled = (number * (number + 1) - distance) // 2
            for groups in _groups(number, doubled, ties):
                for rises in (True, False):
                    way = SmallestChanges(size - number, groups, rises)
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


def partner_places(high: list[int], low: list[int], places: list[tuple[int, int]]) -> list[int]:
    """For each place of the higher values the place of the lower that it is paired with."""
    partner = dict(places)
    taken = set(chain(partner.values()))
    rest = iter(j for j in range(len(low)) if j not in taken)
    return [partner[i] if i in partner else next(rest) for i in range(len(high))]
