"""Patients with printed quartiles before and after and a printed signed-rank statistic: drawn until they fit.

Quartiles fix a few sorted values on each side; how the two sides are paired decides the rank sum. With few
patients the rank sum takes few values, so random pairings meet the printed one soon, where a solver is slow.
Every draw is checked exactly; differences of nought are avoided.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd

from recount.checks import Interval, distances, p_to_z, position
from recount.plausible import Known, Shapes, read_assumptions
from recount.record import Claim, Printed, Study, step_of, step_range
from recount.rules import Expression, breaks, names
from recount.solver import FOUND, QUANTILES, UNDECIDED, Answer
from recount.subproblems import Subproblem, rule_for_members

ATTEMPTS = 200
PAIRINGS = 400  # random pairings tried for each pair of sides
AIMED, IMPOSED = 100, 10**6  # what breaking a relation aimed at, or a rule, costs beside ranks
RANKED = {"wilcoxon_z", "wilcoxon_p"}
BLURS = (0.15, 0.3, 0.6, 1.0)  # how far a pairing strays from "the highest stays the highest"


def is_ranks(subproblem: Subproblem) -> bool:
    """Whether a subproblem's claims are of quartiles and signed ranks."""
    kinds = {claim.statistic for claim in subproblem.claims}
    return subproblem.where is not None and kinds <= {*QUANTILES, *RANKED} and bool(kinds & RANKED)


class Ranks:
    """What a subproblem of quartiles and signed ranks prints, read once: patients are drawn again and again."""

    def __init__(self, study: Study, subproblem: Subproblem, shapes: Shapes) -> None:
        self.study, self.subproblem, self.shapes = study, subproblem, shapes
        self.pairs = list(dict.fromkeys((c.variable, c.versus) for c in subproblem.claims if c.versus))
        self.zs = {after: _zs(c for c in subproblem.claims if c.versus == after) for _, after in self.pairs}
        self.aimed = [a.where for a in read_assumptions(study) if not a.variable and a.where is not None]
        self._met: dict[tuple[str, int, int], frozenset[int]] = {}

    def draw(self, members: pd.DataFrame, rng: np.random.Generator) -> Answer:
        """Patients that satisfy the subproblem: found, or undecided after so many attempts; never `none`."""
        for _ in range(ATTEMPTS if len(members) else 0):
            drawn = self._drawn(members, rng)
            if drawn:
                values = {(i, name): int(v) for name, column in drawn.items() for i, v in enumerate(column)}
                return Answer(FOUND, values)
        return Answer(UNDECIDED)

    def _drawn(self, members: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Codes by variable; empty where this draw won't do."""
        drawn: dict[str, np.ndarray] = {}
        known = Known(members)
        for before, after in self.pairs:
            one, other = (self._side(name, known, rng) for name in (before, after))
            paired = None if one is None or other is None else self._paired(after, one, other, rng)
            if one is None or paired is None:
                return {}
            drawn = self._beside(drawn, {before: one, after: paired}, rng)
            if not drawn:
                return {}
        return drawn if set(drawn) == set(self.subproblem.variables) else {}

    def _side(self, name: str, known: Known, rng: np.random.Generator) -> np.ndarray | None:
        """One side's values in steps, sorted, each quartile as printed; None where this draw can't have them."""
        variable = self.study.variables[name]
        step, (low, high) = step_of(variable), step_range(variable)
        targets = self.shapes.targets(known, rng, [name])[name].to_numpy() / float(step)
        values = np.sort(np.where(np.isnan(targets), rng.uniform(low, high, len(targets)), targets))
        values = np.clip(np.round(values), low, high).astype(int)
        for claim in (c for c in self.subproblem.claims if c.variable == name and c.statistic in QUANTILES):
            lower, upper, f = position(len(values), QUANTILES[claim.statistic], self.study.settings["quantile"])
            here = [lower - 1, upper - 1] if f else [lower - 1]
            values[here] += ceil(claim.printed.value / step - _quantile(values, lower, upper, f) - Fraction(1, 2))
            if not claim.printed.contains(step * _quantile(values, lower, upper, f)) or np.any(np.diff(values) < 0):
                return None
        return values if low <= values[0] and values[-1] <= high else None

    def _paired(self, name: str, before: np.ndarray, after: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
        """The values of `after` in an order whose signed-rank statistic prints every claim; None where none does."""
        n = len(before)
        blur = np.repeat(BLURS, PAIRINGS // len(BLURS))[:, None]
        orders = np.argsort(np.argsort(np.arange(n) / n + blur * rng.standard_normal((PAIRINGS, n)), axis=1), axis=1)
        d = before - after[orders]
        found, ties = _signed_ranks(d)
        for k in np.flatnonzero((d != 0).all(axis=1)).tolist():
            if int(found[k]) in self._that_print(name, n, int(ties[k])):
                return np.asarray(after[orders[k]])
        return None

    def _that_print(self, name: str, n: int, ties: int) -> frozenset[int]:
        """The distances |2D - n(n+1)| that print every claim about the pair."""
        key = name, n, ties
        if key not in self._met:
            ranges = [frozenset(distances(n, ties, z)) for z in self.zs[name]]
            self._met[key] = frozenset.intersection(*ranges)
        return self._met[key]

    def _beside(self, drawn: dict, new: dict, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The new pairs put beside the patients drawn so far so that no rule is broken; empty where that can't be.

        Of the ways that keep the rules, one that keeps the relations aimed at, in which high goes with high, blurred.
        """
        from scipy.optimize import linear_sum_assignment  # these take a second: only where they are used
        from scipy.stats import rankdata

        rules = [rule_for_members(r.rule, self.subproblem.where) for r in self.subproblem.rules]
        if not drawn:
            return {} if _broken(self._table(new), rules).any() else new
        n = len(next(iter(new.values())))
        left, right = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
        frame = self._table({k: v[left] for k, v in drawn.items()} | {k: v[right] for k, v in new.items()})
        old_rank, new_rank = (rankdata(next(iter(side.values()))) for side in (drawn, new))
        cost = np.abs(old_rank[left] - new_rank[right]) + rng.uniform(0, 4, n * n)
        cost = cost + AIMED * _broken(frame, self.aimed) + IMPOSED * _broken(frame, rules)
        rows, columns = linear_sum_assignment(cost.reshape(n, n))
        if cost.reshape(n, n)[rows, columns].sum() >= IMPOSED:
            return {}
        return drawn | {k: v[columns] for k, v in new.items()}

    def _table(self, codes: dict[str, np.ndarray]) -> pd.DataFrame:
        """One row a patient, the values that the codes stand for."""
        steps = {name: step_of(self.study.variables[name]) for name in codes}
        return pd.DataFrame({n: [int(v) * steps[n] for v in column] for n, column in codes.items()})


def _zs(claims: Iterable[Claim]) -> list[Printed | Interval]:
    return [c.printed if c.statistic == "wilcoxon_z" else p_to_z(c.printed) for c in claims]


def _signed_ranks(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|2D - n(n+1)| of each row of differences, D being twice its rank sum, and its ties' sum of t^3 - t.

    >>> _signed_ranks(np.array([[1, -2, 3], [2, 2, -2]]))
    (array([4, 4]), array([ 0, 24]))
    """
    n, sizes = d.shape[1], np.abs(d)
    tied = (sizes[:, :, None] == sizes[:, None, :]).sum(axis=2)
    doubled = 2 * (sizes[:, :, None] > sizes[:, None, :]).sum(axis=2) + tied + 1
    return np.abs(2 * np.where(d > 0, doubled, 0).sum(axis=1) - n * (n + 1)), (tied**2 - 1).sum(axis=1)


def _quantile(values: np.ndarray, lower: int, upper: int, f: Fraction) -> Fraction:
    return int(values[lower - 1]) + f * (int(values[upper - 1]) - int(values[lower - 1]))


def _broken(frame: pd.DataFrame, conditions: list[Expression]) -> np.ndarray:
    """How many of the conditions that can be judged each row breaks."""
    judged = [c for c in conditions if names(c) <= set(frame.columns)]
    return sum((breaks(c, frame).to_numpy().astype(int) for c in judged), np.zeros(len(frame), int))
