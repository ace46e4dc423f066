"""The ends of a Hodges-Lehmann shift in a subproblem of quantiles and signed ranks, and patients who come near them.

The shift is the median of Walsh's averages: the means of every two changes, and of each with itself. The rank sum of
rises is how many averages of changes that aren't nought lie above nought (Tukey; Hollander & Wolfe, Nonparametric
Statistical Methods, 2nd ed. 1999, section 3.1): so a printed Z bounds their median. How many changes are nought is a
case each. That is of a subproblem whose patients all have both
values. Changes are put in their order, in which the averages rise along each row and down each column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from recount.ranks.local_search import Pair
from recount.ranks.places_and_rank_sums import RankStatements
from recount.record import step_of
from recount.solver import (
    SUMS_ONLY,
    Answer,
    Linear,
    Literal,
    Unknowns,
    bounded_changes,
    compared_with_nought,
    extreme,
    impose,
    nth_sum,
    pairs_of_ties,
    put_in_order,
    shuffled,
    tie_some,
)
from recount.verify import About

PAIR = 2**3 - 2  # what two changes of one size add to the term of ties


@dataclass(frozen=True)
class Case:
    """So many changes are nought, and the ranks of rises add up to half of all or more, or to half or less."""

    nought: int
    mostly_up: bool


@dataclass(frozen=True)
class Shift:
    """The shift of a subproblem's patients from one variable to another, counted in units of `unit`."""

    ranks: RankStatements
    about: About

    @cached_property
    def pair(self) -> Pair:
        """The two variables."""
        return self.ranks.pair(self.about.variable, self.about.versus)

    @cached_property
    def middle(self) -> list[int]:
        """The places, counted from 1, of the averages in the middle."""
        number = self.ranks.size * (self.ranks.size + 1) // 2
        return sorted({(number + 1) // 2, number // 2 + 1})

    @cached_property
    def unit(self) -> Fraction:
        """How much one unit is."""
        step = step_of(self.ranks.study.variables[self.about.variable])
        return step / self.pair.factors[0] / (2 * len(self.middle))

    @cached_property
    def cases(self) -> list[Case]:
        """How the changes can lie with the ranks as printed; one of these holds."""
        n = self.ranks.size
        return [Case(n - m, mostly_up) for m in range(n, -1, -1) if self._distances(m) for mostly_up in (False, True)]

    def _distances(self, number: int) -> list[range]:
        """How far the rank sum of so many changes can be from its mean, for each term of their ties."""
        found = (self.pair.allowed(m, ties) for m, ties in pairs_of_ties(self.ranks.size) if m == number)
        return [r for r in found if r]

    def bound(self, case: Case, greatest: bool, limit: float) -> Answer:
        """The end where of each variable only the ends of its sorted values are known: proven, not reached."""
        u = Unknowns(self.ranks.study, self.ranks.size, ())
        least, most = self._sorted_ends(self.pair.before), self._sorted_ends(self.pair.after)
        far, near = (most[1], least[0]) if greatest else (most[0], least[1])
        widest = self._widest
        ends = [after - before for after, before in zip(shuffled(u, far), shuffled(u, near), strict=True)]
        d = bounded_changes(u, ends, widest, greatest)
        return self._extreme(u, d, case, greatest, limit)

    def nearest(self, case: Case, greatest: bool, limit: float, tied: int | None = None) -> Answer:
        """Patients of the least, or greatest, shift; ranks of other pairs are open.

        Of ties no more is stated than how far from its mean they let the rank sum be. With `tied` the changes are all
        of different sizes but for so many pairs of one size and sign: then ranks are as printed, but the end is inner.
        """
        ranks = self.ranks
        everybody = [] if ranks.subproblem.where is None else [ranks.subproblem.where]
        u = Unknowns(ranks.study, ranks.size, ranks.names, everybody, relaxed=True)
        impose(u, ranks.subproblem.claims, ranks.subproblem.rules)
        (one, other), names = self.pair.factors, (ranks.names[self.pair.before], ranks.names[self.pair.after])
        d = [other * u.x[i, names[1]] - one * u.x[i, names[0]] for i in range(ranks.size)]
        return self._extreme(u, d, case, greatest, limit, tied)

    @cached_property
    def fewest_tied(self) -> int | None:
        """The fewest pairs of changes of one size with which the ranks can be as printed, none being nought."""
        n = self.ranks.size
        ties = [t for number, t in pairs_of_ties(n) if number == n and t % PAIR == 0 and self.pair.allowed(n, t)]
        return min(ties) // PAIR if ties else None

    def _extreme(
        self, u: Unknowns, d: Sequence[Linear], case: Case, greatest: bool, limit: float, tied: int | None = None
    ) -> Answer:
        put_in_order(u, d)
        tables = [compared_with_nought(u, d, op) for op in (">", ">=")]
        if tied is not None:
            tie_some(u, d, tables, tied)
        self._count_rises(u, tables, case)
        median = [nth_sum(u, d, k, 2 * self._widest, greatest) for k in self.middle]
        active = self.ranks.active if u.on else ()
        return extreme(u, active, [(1, y) for y in median], greatest, limit, stages=SUMS_ONLY)

    def _count_rises(self, u: Unknowns, tables: list[list[list[Literal]]], case: Case) -> None:
        """Twice the rank sum of rises is how many averages are above nought, and how many aren't below it.

        Those of a change of nought are taken out: with a rise both hold, with another of nought, or itself, the second.
        """
        risen, not_fallen = tables
        nought = case.nought
        up = sum(row[0] for row in risen)
        u.require(sum(row[0] for row in not_fallen) - up == nought)
        number, distances = u.size - nought, self._distances(u.size - nought)
        both = sum(x for table in tables for row in table for x in row)
        doubled = both - 2 * nought * up - nought * (nought + 1) // 2
        least, most = min(r[0] for r in distances), max(r[-1] for r in distances)
        ends = (least, most) if case.mostly_up else (-most, -least)
        u.within(2 * doubled - number * (number + 1), *ends)

    @cached_property
    def _widest(self) -> int:
        """No change is larger."""
        ends = [
            [factor * end for end in self.ranks.ranges[at]]
            for factor, at in zip(self.pair.factors, (self.pair.before, self.pair.after), strict=True)
        ]
        return max(abs(ends[1][1] - ends[0][0]), abs(ends[1][0] - ends[0][1]))

    def _sorted_ends(self, variable: int) -> tuple[list[int], list[int]]:
        """The least and the greatest that each of a variable's sorted values can be, by the places printed of it."""
        factor = self.pair.factors[int(variable == self.pair.after)]
        low, high = self.ranks.ranges[variable]
        least, most = [low] * self.ranks.size, [high] * self.ranks.size
        for place in (p for p in self.ranks.places if p.variable == variable):
            for at in range(place.upper, self.ranks.size):
                least[at] = max(least[at], ceil(Fraction(place.low, place.whole)))
            for at in range(place.lower + 1):
                most[at] = min(most[at], floor(Fraction(place.high, place.whole)))
        return [factor * value for value in least], [factor * value for value in most]
