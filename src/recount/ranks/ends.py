"""The ends of quantiles and signed-rank statistics in a subproblem of both, and patients who reach them.

Bounds come from sorted values (`sorted_values`), or where a Z or P is asked about from trying one rank sum after the
other from the end, its patients in the order of their changes (`ordered_changes`). Patients come from the same
answers, mended until all rank sums are as printed (`local_search`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

import numpy as np

from recount.checks import normal_sf, z_squared
from recount.ranks.hodges_lehmann_bound import Case, Shift
from recount.ranks.local_search import Pair, Place, Wanted, mended
from recount.ranks.places_and_rank_sums import RANKED, SHIFT, RankStatements
from recount.ranks.smallest_change_cases import ways_of_smallest_changes
from recount.ranks.sorted_values import Rows, SideEnd, side_end
from recount.record import Study, root, step_of
from recount.solver import (
    FOUND,
    NONE,
    QUANTITIES,
    UNDECIDED,
    Cell,
    Statement,
    SubproblemEnds,
    Unknowns,
    extreme,
    found_with,
    impose,
    ordered_changes,
    pairs_of_ties,
)
from recount.subproblems import Subproblem
from recount.verify import About, Value

TRIES = 3  # times that patients are mended, by other chances each
MOST_SUMS = 40  # places of a Z tried at each end
MOST_CASES = 8  # of a shift
ROUGH = 1e-6  # the solver's bound of whole numbers is a float


@dataclass(frozen=True)
class _End:
    """One end in whole units: `bound` proven, `reached` by the patients of `rows`; None: none known."""

    status: str = UNDECIDED
    bound: int | None = None
    reached: int | None = None
    rows: Rows | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to ask."""
        return self.status == NONE or (self.reached is not None and self.reached == self.bound)

    def nearer(self, other: _End, greatest: bool) -> _End:
        """The nearer of two bounds, and the farther of what is reached."""
        if NONE in (self.status, other.status):
            return _End(NONE)
        inner, outer = (min, max) if greatest else (max, min)
        bounds = [end.bound for end in (self, other) if end.bound is not None]
        reached = [end for end in (self, other) if end.reached is not None]
        best = outer(reached, key=lambda end: end.reached or 0) if reached else _End()
        return _End(FOUND if bounds else UNDECIDED, inner(bounds) if bounds else None, best.reached, best.rows)


def rank_range(
    study: Study,
    subproblem: Subproblem,
    active: Collection[Statement],
    size: int,
    question: About,
    limit: float,
    start: Mapping[Cell, int] | None = None,
) -> SubproblemEnds:
    """The bounds of a quantile, an end, or a signed-rank Z or P among ranks, and what patients reach of them.

    The active statements are imposed on so many patients. `limit` is of deterministic seconds, for each question put
    to the solver. Patients `start` who keep everything but some rank sums spare the solver the search for others.
    """
    ranks = RankStatements(study, subproblem, frozenset(active), size)
    search: _Sums | _Shifts | _Places
    if question.statistic in RANKED:
        search = _Sums(ranks, question, limit, start or {})
    else:
        search = (_Shifts if question.statistic == SHIFT else _Places)(ranks, question, limit)
    low, high = search.end(False), search.end(True)
    if NONE in (low.status, high.status):
        return SubproblemEnds(status=NONE)
    bounds = [None if end.bound is None else search.value(end.bound) for end in (low, high)]
    (least, fewest), (most, others) = (_reached(ranks, question, end.rows) for end in (low, high))
    status = UNDECIDED if least is None or most is None else FOUND
    return SubproblemEnds(least, bounds[0], fewest, most, bounds[1], others, status)


def _reached(ranks: RankStatements, question: About, rows: Rows | None) -> tuple[Value | None, dict[Cell, int] | None]:
    """The statistic of patients who are found, and their codes; a solver's answer that isn't the best is no value."""
    codes = {} if rows is None else _codes(ranks, rows)
    value = ranks.statistic_value(codes, question) if codes else None
    return (None, None) if value is None else (value, codes)


@dataclass(frozen=True)
class _Places:
    """The search for the ends of a quantile, in units of its place."""

    ranks: RankStatements
    question: About
    limit: float

    @cached_property
    def place(self) -> Place:
        """Where the quantile lies; its value is open."""
        return self.ranks.place(self.question)

    def value(self, units: int) -> Value:
        """The statistic's value of so many units."""
        return units * step_of(self.ranks.study.variables[self.question.variable]) / self.place.whole

    def end(self, greatest: bool) -> _End:
        """The end on one side: of sorted values, then with the lowest changes of its pair, then in order of changes."""
        end = self._of_sides([side_end(self.ranks, self.place, greatest, self.limit)], greatest)
        if not end.settled:
            end = end.nearer(self._of_lowest(greatest), greatest)
        return end if end.settled else end.nearer(self._of_ordered(greatest, end.bound), greatest)

    def _of_sides(self, sides: list[SideEnd], greatest: bool) -> _End:
        """The farthest end of several cases of which one holds, with patients of the farthest that has some."""
        known = sorted((s for s in sides if s.status != NONE), key=lambda side: side.value, reverse=greatest)
        if not known:
            return _End(NONE)
        if any(side.status == UNDECIDED for side in known):
            return _End()
        bound = (max if greatest else min)(_whole(side.bound, greatest) for side in known)
        for side in known:
            target = replace(self.place, low=side.value, high=side.value)
            rows = _mended(self.ranks, side.rows, self.ranks.wanted([target]))
            if rows is not None:
                return _End(FOUND, bound, side.value, rows)
        return _End(FOUND, bound)

    def _of_lowest(self, greatest: bool) -> _End:
        """The end where few changes have the rarer sign: the farthest over every way in which the lowest can be."""
        pair = next((p for p in self.ranks.pairs if self.place.variable in (p.before, p.after)), None)
        every = None if pair is None else ways_of_smallest_changes(self.ranks.size, pair.allowed)
        if every is None:
            return _End()
        sides = [side_end(self.ranks, self.place, greatest, self.limit, pair, lowest) for lowest in every]
        return self._of_sides(sides, greatest)

    def _of_ordered(self, greatest: bool, known: int | None) -> _End:
        """The end of patients in the order of the changes of its pair, the other pairs' ranks being left open.

        What is `known` not to be passed isn't proven again: the search ends with patients who are there.
        """
        claim = next((c for c in self.ranks.ranked if self.question.variable in (c.variable, c.versus)), None)
        if claim is None:
            return _End()
        u = _in_order(self.ranks, claim)
        numerator = u.unknown(("asked",), QUANTITIES[self.question.statistic](u, self.question).numerator)
        if known is not None:
            u.require(numerator <= known if greatest else numerator >= known)
        answer = extreme(u, self.ranks.active, [(1, numerator)], greatest, self.limit)
        if answer.status != FOUND:
            return _End(answer.status)
        bound = _whole(answer.bound, greatest)
        still = [self.ranks.names.index(name) for name in (claim.variable, claim.versus)]
        rows = _mended(self.ranks, _rows(self.ranks, answer.values), self.ranks.wanted(still=still))
        return _End(FOUND, bound) if rows is None else _End(FOUND, bound, answer.objective, rows)


@dataclass(frozen=True)
class _Sums:
    """The search for the ends of a signed-rank Z or P, in places of the order of Z."""

    ranks: RankStatements
    question: About
    limit: float
    start: Mapping[Cell, int]

    @cached_property
    def pair(self) -> Pair:
        """The pair asked about."""
        return self.ranks.pair(self.question.variable, self.question.versus)

    @cached_property
    def order(self) -> list[tuple[Fraction, list[tuple[int, int, int]]]]:
        """Every square of Z that what is printed of these ranks lets through, with its (number, ties, distance)."""
        found: dict[Fraction, list[tuple[int, int, int]]] = {}
        for number, ties in pairs_of_ties(self.ranks.size):
            for distance in self.pair.allowed(number, ties):
                square = z_squared(number, (distance + number * (number + 1)) // 2, ties)
                if square is not None:
                    found.setdefault(square, []).append((number, ties, distance))
        return sorted(found.items())

    @cached_property
    def unknowns(self) -> Unknowns:
        """The patients in the order of their changes."""
        return _in_order(self.ranks, self.question)

    def value(self, place: int) -> Value:
        """The Z, or its P, at a place."""
        return z_or_p(self.order[place][0], self.question.statistic)

    def end(self, greatest: bool) -> _End:
        """The end on one side, rank sum by rank sum from the farthest; the least P is that of the greatest Z."""
        places = range(len(self.order))
        far = greatest == (self.question.statistic == "wilcoxon_z")
        bound = None
        for place in (places[::-1] if far else places)[:MOST_SUMS]:
            statuses, rows = {FOUND}, self._mended_to(place) if bound is None else None
            if rows is None:
                statuses, rows = self._at(place)
            if bound is None and statuses != {NONE}:
                bound = place
            if rows is not None:
                return _End(FOUND, bound, place, rows)
        return _End(NONE if bound is None and len(places) <= MOST_SUMS else UNDECIDED, bound)

    def _mended_to(self, place: int) -> Rows | None:
        """The patients that the search sets out from, mended until they have a rank sum of a place."""
        if not {(i, name) for name in self.ranks.names for i in range(self.ranks.size)} <= set(self.start):
            return None
        distances_of = {(number, ties): distance for number, ties, distance in self.order[place][1]}

        def allowed(number: int, ties: int) -> range:
            distance = distances_of.get((number, ties))
            return range(0) if distance is None else range(distance, distance + 1)

        wanted = self.ranks.wanted()
        both = {self.pair.before, self.pair.after}
        others = [pair for pair in wanted.pairs if {pair.before, pair.after} != both]
        rows = _rows(self.ranks, self.start)
        pairs = (*others, replace(self.pair, allowed=allowed))
        return _mended(self.ranks, rows, replace(wanted, pairs=pairs), 1)

    def _at(self, place: int) -> tuple[set[str], Rows | None]:
        """Whether the rank sums of a place can be, and patients who have one of them where they are found."""
        statuses = set()
        for number, ties, distance in self.order[place][1]:
            u = self.unknowns.forked()
            sums = ordered_changes(u, self.question)
            for unknown, known in ((sums.number, number), (sums.ties, ties), (sums.distance, distance)):
                u.require(unknown == known)
            answer = found_with(u, self.ranks.active, [], self.limit)
            statuses.add(answer.status)
            if answer.status == FOUND:
                still = (self.pair.before, self.pair.after)
                rows = _mended(self.ranks, _rows(self.ranks, answer.values), self.ranks.wanted(still=still))
                if rows is not None:
                    return statuses, rows
        return statuses, None


@dataclass(frozen=True)
class _Shifts:
    """The search for the ends of a Hodges-Lehmann shift, in units of its own (`hodges_lehmann_bound`)."""

    ranks: RankStatements
    question: About
    limit: float

    @cached_property
    def shift(self) -> Shift:
        """The shift of the patients' changes."""
        return Shift(self.ranks, self.question)

    def value(self, units: int) -> Value:
        """The shift of so many units."""
        return units * self.shift.unit

    def end(self, greatest: bool) -> _End:
        """The farthest end over every case; none known where there are too many, for want of printed ranks."""
        if len(self.shift.cases) > MOST_CASES:
            return _End()
        ends = [end for case in self.shift.cases if (end := self._of(case, greatest)).status != NONE]
        if not ends:
            return _End(NONE)
        pick = max if greatest else min
        bounds = [end.bound for end in ends if end.bound is not None]
        reached = [end for end in ends if end.reached is not None]
        best = pick(reached, key=lambda end: end.reached or 0) if reached else _End()
        known = len(bounds) == len(ends)
        return _End(FOUND if known else UNDECIDED, pick(bounds) if known else None, best.reached, best.rows)

    def _of(self, case: Case, greatest: bool) -> _End:
        """The end in one case: bounded by sorted values alone, reached and perhaps proven by patients."""
        outer = self.shift.bound(case, greatest, self.limit)
        found = outer if outer.status == NONE else self.shift.nearest(case, greatest, self.limit)
        if found.status == NONE:
            return _End(NONE)
        known = [_whole(one.bound, greatest) for one in (outer, found) if one.status == FOUND]
        bound = (min if greatest else max)(known) if known else None
        still = [self.ranks.names.index(name) for name in (self.question.variable, self.question.versus)]
        tied = None if case.nought else self.shift.fewest_tied
        inner = [] if tied is None else [self.shift.nearest(case, greatest, self.limit, tied)]
        for answer in (one for one in (found, *inner) if one.status == FOUND):
            rows = _mended(self.ranks, _rows(self.ranks, answer.values), self.ranks.wanted(still=still))
            if rows is not None:
                return _End(FOUND, bound, answer.objective, rows)
        return _End(UNDECIDED if bound is None else FOUND, bound)


def z_or_p(square: Fraction, statistic: str) -> Value:
    """The signed-rank Z whose square this is, or its two-sided asymptotic P."""
    z = root(square)
    return z if statistic == "wilcoxon_z" else 2 * normal_sf(float(z))


def _in_order(ranks: RankStatements, about: About) -> Unknowns:
    """The patients in the order of a pair's changes; other pairs' ranks are left open."""
    everybody = [] if ranks.subproblem.where is None else [ranks.subproblem.where]
    u = Unknowns(ranks.study, ranks.size, ranks.names, everybody, relaxed=True)
    ordered_changes(u, about)
    impose(u, ranks.subproblem.claims, ranks.subproblem.rules)
    return u


def _mended(ranks: RankStatements, rows: Rows | None, wanted: Wanted, tries: int = TRIES) -> Rows | None:
    """Patients who satisfy every statement, mended by the first of several chances that mends them."""
    chances: Iterator[Rows | None] = (
        mended(rows, wanted, np.random.default_rng(seed)) for seed in range(tries) if rows is not None
    )
    return next((found for found in chances if found is not None and ranks.all_hold(_codes(ranks, found))), None)


def _whole(bound: float, greatest: bool) -> int:
    return floor(bound + ROUGH) if greatest else ceil(bound - ROUGH)


def _rows(ranks: RankStatements, values: Mapping[Cell, int]) -> Rows:
    return [[values[i, name] for i in range(ranks.size)] for name in ranks.names]


def _codes(ranks: RankStatements, rows: Rows) -> dict[Cell, int]:
    return {(i, name): code for name, row in zip(ranks.names, rows, strict=True) for i, code in enumerate(row)}
