"""What a plausible patient looks like: the values that a solution is moved towards.

Between printed quartiles values are drawn along straight lines (on a logarithmic scale where the quartiles are
skewed); where the record says nothing, from `assumptions.csv`: the least, the usual and the greatest value. Where
that is silent too, from a normal distribution by a printed mean and SD, else evenly from the physical range.
A target is never imposed, it is only aimed at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from recount.record import Assumption, Claim, Study, Variable
from recount.rules import Expression, breaks, evaluate, names

SKEWED = 3.0  # upper quartile range this many times the lower: drawn on a logarithmic scale


def read_assumptions(study: Study) -> list[Assumption]:
    """The rows of a study's `assumptions.csv`, empty where it has none."""
    return list(study.assumptions)


@dataclass(frozen=True)
class Chance:
    """The random numbers of one cohort: a stream for each thing drawn, whatever else is drawn before it."""

    seed: tuple[int, ...]

    def stream_for(self, *about: str) -> np.random.Generator:
        """The stream for what these words name."""
        return np.random.default_rng([*self.seed, *(crc32(word.encode()) for word in about)])


class Known:
    """A table of patients that gets its columns one by one; who meets a condition is worked out once.

    All of them meet the condition `of_all`, whether its columns are there or not.
    """

    def __init__(self, frame: pd.DataFrame, of_all: Expression | None = None) -> None:
        self.frame = frame.copy()
        self._held: dict[Expression, np.ndarray] = {} if of_all is None else {of_all: np.ones(len(frame), bool)}

    def add_column(self, name: str, values: pd.Series) -> None:
        """Adds a column."""
        self.frame[name] = values

    def meets_condition(self, where: Expression | None) -> np.ndarray:
        """Whether each patient meets a condition (None: all do); nobody does where a column of it isn't there yet."""
        if where is None:
            return np.ones(len(self.frame), bool)
        if where not in self._held:
            if not names(where) <= set(self.frame.columns):
                return np.zeros(len(self.frame), bool)
            self._held[where] = evaluate(where, self.frame).to_numpy()
        return self._held[where]


class Shapes:
    """What a study prints or assumes of each number, read once: targets are drawn from it again and again."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._assumed: dict[str, list[Assumption]] = {}
        for assumption in read_assumptions(study):
            self._assumed.setdefault(assumption.variable, []).append(assumption)
        self._printed: dict[str, list[tuple[Expression | None, dict[float, float]]]] = {}
        self._rules: dict[str, list[Expression]] = {}

    def targets(self, known: Known, rng: np.random.Generator, variables: Iterable[str]) -> dict[str, pd.Series]:
        """A target for every patient and number: a Series by variable, missing where nothing is known or assumed.

        `known` is one row a patient with the categories decided; populations are read off it. Targets drawn for a
        group go to those of its patients whose categories they suit. Each is added to what is known for the next.
        """
        found = {}
        for name in variables:
            found[name] = self._target_values(self.study.variables[name], known, rng)
            known.add_column(name, found[name])
        return found

    def _target_values(self, variable: Variable, known: Known, rng: np.random.Generator) -> pd.Series:
        target = np.full(len(known.frame), np.nan)
        for assumption in self._assumed.get(variable.name, []):
            who = known.meets_condition(assumption.where) & np.isnan(target)
            target[who] = _triangular(assumption, int(who.sum()), rng)
        shapes = [(known.meets_condition(where), knots) for where, knots in self._printed_shapes(variable)]
        for members, knots in sorted(shapes, key=lambda shape: -int(shape[0].sum())):
            drawn = _values_along(knots, int(members.sum()), rng)
            target[members] = _suited_values(variable, known.frame[members], drawn, self._rules_about(variable))
        rest = np.isnan(target) & known.meets_condition(variable.where)
        if rest.any():
            target[rest] = self._otherwise(variable, known, rest, rng)
        return pd.Series(target, index=known.frame.index)

    def _otherwise(self, variable: Variable, known: Known, who: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Where neither quartiles nor an assumption say anything: normal by a printed mean and SD, else uniform."""
        low, high = float(variable.low or 0), float(variable.high or 0)
        values = rng.uniform(low, high, len(who))
        for claim in (c for c in self.study.claims if c.variable == variable.name and c.statistic == "mean"):
            sds = [c.printed.value for c in self.study.claims if _is_sd_of(c, claim)]
            spread = float(sds[0]) if sds else (high - low) / 6
            drawn = float(claim.printed.value) + spread * rng.standard_normal(len(who))
            values = np.where(
                known.meets_condition(self.study.where_of(claim.population)), np.clip(drawn, low, high), values
            )
        return np.asarray(values[who])

    def _printed_shapes(self, variable: Variable) -> list[tuple[Expression | None, dict[float, float]]]:
        """(where, quantiles) of each population with a printed median."""
        if variable.name not in self._printed:
            claims: dict[str, list[Claim]] = {name: [] for name in self.study.populations}
            for claim in (c for c in self.study.claims if c.variable == variable.name):
                claims[claim.population].append(claim)
            knots = [
                (self.study.where_of(name), _quantile_knots(found, variable)) for name, found in claims.items() if found
            ]
            self._printed[variable.name] = [(where, k) for where, k in knots if 0.5 in k]
        return self._printed[variable.name]

    def _rules_about(self, variable: Variable) -> list[Expression]:
        if variable.name not in self._rules:
            self._rules[variable.name] = [r.rule for r in self.study.rules if variable.name in names(r.rule)]
        return self._rules[variable.name]


def _is_sd_of(claim: Claim, mean: Claim) -> bool:
    return (claim.variable, claim.population, claim.statistic) == (mean.variable, mean.population, "sd")


def _suited_values(variable: Variable, members: pd.DataFrame, drawn: np.ndarray, rules: list[Expression]) -> np.ndarray:
    """The drawn values given to the members so that they break few rules about this variable and those known.

    Where a rule would be broken, the nearest drawn value that breaks none stands in; the values are given out so that
    this moves them least.
    """
    from scipy.optimize import linear_sum_assignment

    n = len(drawn)
    about = [rule for rule in rules if names(rule) <= {*members.columns, variable.name}]
    if n < 2 or not about:
        return drawn
    every = members.iloc[np.repeat(np.arange(n), n)].reset_index(drop=True)
    every[variable.name] = np.tile(np.round(drawn, 3), n)
    keeps = np.logical_and.reduce([~breaks(rule, every).to_numpy() for rule in about]).reshape(n, n)
    apart = np.abs(drawn[:, None] - drawn[None, :])
    farthest = np.where(keeps.any(axis=1), 0, 2 * apart.max())[:, None]  # for whom no value will do
    moved = np.where(keeps[:, None, :], apart[None, :, :], np.inf).min(axis=2, initial=np.inf)
    moved = np.where(np.isinf(moved), farthest, moved)
    given = drawn[linear_sum_assignment(moved)[1]]
    nearest = np.where(keeps, np.abs(given[:, None] - drawn[None, :]), np.inf).argmin(axis=1)
    return np.asarray(np.where(keeps.any(axis=1), drawn[nearest], given))


def _triangular(a: Assumption, n: int, rng: np.random.Generator) -> np.ndarray:
    low, typical, high = float(a.low), float(a.typical), float(a.high)
    return np.full(n, typical) if low == high else rng.triangular(low, typical, high, n)


def _quantile_knots(claims: list[Claim], variable: Variable) -> dict[float, float]:
    places = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "max": 1.0}
    knots = {places[c.statistic]: float(c.printed.value) for c in claims if c.statistic in places}
    if {0.25, 0.5, 0.75} <= set(knots):
        knots.setdefault(0.0, _end_beyond(knots[0.25], knots[0.5], float(variable.low or 0)))
        knots.setdefault(1.0, _end_beyond(knots[0.75], knots[0.5], float(variable.high or 0)))
    return knots


def _end_beyond(quartile: float, median: float, limit: float) -> float:
    """An end as far beyond a quartile as the quartile is from the median, within the physical limit."""
    end = 2 * quartile - median
    return max(end, limit, 0.4 * quartile) if quartile <= median else min(end, limit)


def _values_along(knots: dict[float, float], n: int, rng: np.random.Generator) -> np.ndarray:
    """n values spread evenly over the quantiles with a little chance, in random order."""
    at = (np.arange(n) + rng.uniform(0.2, 0.8, n)) / n
    places = sorted(knots)
    heights = np.array([knots[p] for p in places])
    skewed = heights.min() > 0 and heights[-1] - knots[0.5] > SKEWED * (knots[0.5] - heights[0])
    values = np.exp(np.interp(at, places, np.log(heights))) if skewed else np.interp(at, places, heights)
    return rng.permutation(values)


def usual_levels(study: Study, variable: Variable, known: Known) -> pd.Series:
    """The level each patient is assumed to have of a category, missing where nothing is assumed."""
    usual = pd.Series(None, index=known.frame.index, dtype=object)
    for a in (a for a in read_assumptions(study) if a.variable == variable.name):
        usual[known.meets_condition(a.where) & usual.isna().to_numpy()] = a.typical
    return usual
