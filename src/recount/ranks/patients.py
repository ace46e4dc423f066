"""Patients with printed quantiles and signed ranks: plausible values drawn, put side by side, and mended.

Quantiles fix a few sorted values of each variable; how two variables are paired decides their rank sum. So each
variable's values are drawn in order, each quantile as printed; then one variable after the other is put beside those
before, and local search (`local_search`) swaps its values between patients until the rank sums are as printed. Every
draw is held against all statements; differences of nought are avoided as long as that can be.

The patients at the ends of what is possible (`ends`) are mended by the same local search, from those that the solver
gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from recount.plausible import Known, Shapes, read_assumptions
from recount.ranks.local_search import GENTLE, THOROUGH, Pair, Place, Rows, mended
from recount.ranks.places_and_rank_sums import RankStatements
from recount.record import Study, step_of
from recount.rules import Expression, breaks, names
from recount.solver import FOUND, UNDECIDED, Answer
from recount.subproblems import Subproblem, rule_for_members

ATTEMPTS, PICKY = 66, 60  # draws, and how many of them are mended gently, without differences of nought
AIMED, IMPOSED = 100, 10**6  # what breaking a relation aimed at, or a rule, costs beside ranks
BLUR = 0.15  # how far variables put side by side stray from "the highest stays the highest", before they are mended
Columns = dict[str, np.ndarray]


class RankPatients:
    """Draws patients of a subproblem of quantiles and signed ranks (`is_of_ranks_alone`), again and again."""

    def __init__(self, study: Study, subproblem: Subproblem, shapes: Shapes) -> None:
        self.study, self.subproblem, self.shapes = study, subproblem, shapes
        self.rules = [rule_for_members(r.rule, subproblem.where) for r in subproblem.rules]
        self.aimed = [a.where for a in read_assumptions(study) if not a.variable and a.where is not None]
        self._statements: dict[int, RankStatements] = {}

    def draw(self, members: pd.DataFrame, rng: np.random.Generator) -> Answer:
        """Patients that satisfy the subproblem: found, or undecided after so many attempts; never `none`.

        `members` is one row a patient with what is known of it. The same random numbers give the same patients.
        """
        ranks = self._of_so_many(len(members))
        for attempt in range(ATTEMPTS if len(members) else 0):
            drawn = self._drawn(ranks, members, rng, attempt < PICKY)
            values = {(i, name): int(v) for name, column in drawn.items() for i, v in enumerate(column)}
            if values and ranks.all_hold(values):
                return Answer(FOUND, values)
        return Answer(UNDECIDED)

    def _of_so_many(self, size: int) -> RankStatements:
        if size not in self._statements:
            self._statements[size] = RankStatements(self.study, self.subproblem, self.subproblem.statements, size)
        return self._statements[size]

    def _drawn(self, ranks: RankStatements, members: pd.DataFrame, rng: np.random.Generator, picky: bool) -> Columns:
        """Codes by variable; empty where this draw won't do.

        As long as it is `picky`, everybody changes, and values stay as they were drawn: no draw for a variable of which
        all are the same, since swaps change nothing then.
        """
        known, start = Known(members, self.subproblem.where), Columns()
        for at, name in enumerate(ranks.names):
            values = self._sorted_values(ranks, at, known, rng)
            start = {} if values is None else self._beside(start, {name: values}, rng)
            if not start:
                return {}
        wanted = ranks.wanted()
        if picky:
            if any(len(set(column.tolist())) == 1 for column in start.values() if ranks.size > 1):
                return {}
            pairs = tuple(_without_noughts(pair, ranks.size) for pair in wanted.pairs)
            wanted = replace(wanted, pairs=pairs, shifted=())
        rows = mended([column.tolist() for column in start.values()], wanted, rng, GENTLE if picky else THOROUGH)
        return {} if rows is None else self._rearranged(ranks, rows, rng)

    def _rearranged(self, ranks: RankStatements, rows: Rows, rng: np.random.Generator) -> Columns:
        """The groups that ranks tie put beside each other anew, which keeps rank sums, for the relations aimed at."""
        columns = Columns()
        for group in _paired(ranks):
            columns = self._beside(columns, {ranks.names[at]: np.array(rows[at]) for at in group}, rng)
            if not columns:
                return {}
        return columns

    def _sorted_values(
        self, ranks: RankStatements, at: int, known: Known, rng: np.random.Generator
    ) -> np.ndarray | None:
        """One variable's codes, sorted, each quantile as printed; None where this draw can't have them."""
        name, (low, high) = ranks.names[at], ranks.ranges[at]
        step = float(step_of(self.study.variables[name]))
        targets = self.shapes.targets(known, rng, [name])[name].to_numpy() / step
        values = np.sort(np.where(np.isnan(targets), rng.uniform(low, high, len(targets)), targets))
        values = np.clip(np.round(values), low, high).astype(int)
        places = [place for place in ranks.places if place.variable == at]
        for place in places:
            _move_to(place, values)
        inside = low <= values[0] and values[-1] <= high
        return values if inside and all(place.holds(values.tolist()) for place in places) else None

    def _beside(self, drawn: Columns, new: Columns, rng: np.random.Generator) -> Columns:
        """New columns put beside those drawn so far so that no rule is broken; empty where that can't be.

        Of the ways that keep the rules, one that keeps the relations aimed at, in which high goes with high, blurred.
        """
        from scipy.optimize import linear_sum_assignment  # takes a while: only where it is used

        if not drawn:
            return {} if self._broken(new, self.rules).any() else new
        n = len(next(iter(new.values())))
        one, other = (pd.Series(next(iter(side.values()))).rank().to_numpy() for side in (drawn, new))
        left, right = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
        cost = np.abs((one + n * BLUR * rng.standard_normal(n))[left] - other[right])
        every = {k: v[left] for k, v in drawn.items()} | {k: v[right] for k, v in new.items()}
        cost = cost + AIMED * self._broken(every, self.aimed) + IMPOSED * self._broken(every, self.rules)
        rows, columns = linear_sum_assignment(cost.reshape(n, n))
        if cost.reshape(n, n)[rows, columns].max() >= IMPOSED:
            return {}
        return drawn | {k: v[columns] for k, v in new.items()}

    def _broken(self, codes: Columns, conditions: Sequence[Expression]) -> np.ndarray:
        """How many of the conditions that can be judged by these columns each row breaks."""
        judged = [c for c in conditions if names(c) <= set(codes)]
        found = np.zeros(len(next(iter(codes.values()))), int)
        if not judged:
            return found
        steps = {name: step_of(self.study.variables[name]) for name in codes}
        frame = pd.DataFrame({n: [int(v) * steps[n] for v in column] for n, column in codes.items()}, dtype=object)
        return sum((breaks(c, frame).to_numpy().astype(int) for c in judged), found)


def _without_noughts(pair: Pair, size: int) -> Pair:
    """The pair, where nobody's change is nought; as it is where what is printed needs such changes."""
    allowed = pair.allowed
    return replace(pair, allowed=lambda number, ties: allowed(number, ties) if number == size else range(0))


def _paired(ranks: RankStatements) -> list[list[int]]:
    """The variables in groups that signed ranks tie to each other."""
    groups: list[list[int]] = []
    for at in range(len(ranks.names)):
        group = [at]
        for one in group:  # which grows
            for pair in (p for p in ranks.pairs if one in (p.before, p.after)):
                group += [other for other in (pair.before, pair.after) if other not in group]
        groups += [group] if not any(at in other for other in groups) else []
    return groups


def _move_to(place: Place, values: np.ndarray) -> None:
    """Moves sorted values, as few and as little as may be, so that a quantile of them lies where it is printed.

    The two values that it lies between go the same way; the upper goes a little farther where that alone can't do.
    """
    found = place.value(values.tolist())
    if place.low <= found <= place.high:
        return
    up = found < place.low
    for farther in range(place.whole if place.share else 1):
        start = found + place.share * farther
        by = -(-(place.low - start) // place.whole) if up else (place.high - start) // place.whole
        if place.low <= start + by * place.whole <= place.high:
            values[place.lower] += by
            if place.share:
                values[place.upper] += by + farther
            break
    np.minimum(values[: place.lower], values[place.lower], out=values[: place.lower])
    np.maximum(values[place.lower + 1 :], values[place.lower], out=values[place.lower + 1 :])
    if place.share:
        np.maximum(values[place.upper + 1 :], values[place.upper], out=values[place.upper + 1 :])
