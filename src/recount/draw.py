"""What a plausible patient looks like: the values that a solution is moved towards.

Between printed quartiles values are drawn along straight lines (on a logarithmic scale where the quartiles are
skewed); where the record says nothing, from `assumptions.csv`: the least, the usual and the greatest value.
A target is never imposed, it is only aimed at.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from recount.expressions import Expression, evaluate, names
from recount.study import Assumption, Claim, Study, Variable

SKEWED = 3.0  # upper quartile range this many times the lower: drawn on a logarithmic scale


def read_assumptions(study: Study) -> list[Assumption]:
    """The rows of a study's `assumptions.csv`, empty where it has none."""
    return list(study.assumptions)


def targets(
    study: Study, frame: pd.DataFrame, rng: np.random.Generator, variables: Iterable[str]
) -> dict[str, pd.Series]:
    """A target for every patient and number: a Series by variable, missing where nothing is known or assumed.

    `frame` is one row a patient with the categories decided; populations are read off it. Targets drawn for a
    group go to those of its patients whose categories they suit.
    """
    assumptions, known = read_assumptions(study), frame.copy()
    found = {}
    for name in variables:
        found[name] = known[name] = _target(study, study.variables[name], known, assumptions, rng)
    return found


def _target(
    study: Study,
    variable: Variable,
    frame: pd.DataFrame,
    assumptions: list[Assumption],
    rng: np.random.Generator,
) -> pd.Series:
    target = pd.Series(np.nan, index=frame.index)
    for assumption in (a for a in assumptions if a.variable == variable.name):
        who = _who(assumption.where, frame) & target.isna()
        target[who] = _triangular(assumption, int(who.sum()), rng)
    for members, knots in _printed_shapes(study, variable, frame):
        drawn = _along(knots, int(members.sum()), rng)
        target[members] = _suited(study, variable, frame[members], drawn)
    return target


def _suited(study: Study, variable: Variable, members: pd.DataFrame, drawn: np.ndarray) -> np.ndarray:
    """The drawn values in an order that breaks the fewest rules about this variable and those already known."""
    n = len(drawn)
    about = [r.rule for r in study.rules if variable.name in names(r.rule) <= {*members.columns, variable.name}]
    if n < 2 or not about:
        return drawn
    every = members.iloc[np.repeat(np.arange(n), n)].reset_index(drop=True)
    every[variable.name] = np.tile(np.round(drawn, 3), n)
    broken = sum((~evaluate(rule, every)).to_numpy().astype(int) for rule in about)
    order = linear_sum_assignment(np.asarray(broken).reshape(n, n))[1]
    return np.asarray(drawn[order])


def _who(where: Expression | None, frame: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=frame.index) if where is None else evaluate(where, frame)


def _triangular(a: Assumption, n: int, rng: np.random.Generator) -> np.ndarray:
    low, typical, high = float(a.low), float(a.typical), float(a.high)
    return np.full(n, typical) if low == high else rng.triangular(low, typical, high, n)


def _printed_shapes(study: Study, variable: Variable, frame: pd.DataFrame) -> list[tuple[pd.Series, dict]]:
    """(members, quantiles) of each population with a printed median, the largest population first."""
    shapes = []
    for population in study.populations.values():
        claims = [c for c in study.claims if c.population == population.name and c.variable == variable.name]
        knots = _knots(claims, variable)
        if 0.5 in knots:
            shapes.append((_who(population.where, frame), knots))
    return sorted(shapes, key=lambda shape: -int(shape[0].sum()))


def _knots(claims: list[Claim], variable: Variable) -> dict[float, float]:
    places = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "max": 1.0}
    knots = {places[c.statistic]: float(c.printed.value) for c in claims if c.statistic in places}
    if 0.25 in knots and 0.75 in knots:
        knots.setdefault(0.0, _beyond(knots[0.25], knots[0.5], float(variable.low or 0)))
        knots.setdefault(1.0, _beyond(knots[0.75], knots[0.5], float(variable.high or 0)))
    return knots


def _beyond(quartile: float, median: float, limit: float) -> float:
    """An end as far beyond a quartile as the quartile is from the median, within the physical limit."""
    end = 2 * quartile - median
    return max(end, limit, 0.4 * quartile) if quartile <= median else min(end, limit)


def _along(knots: dict[float, float], n: int, rng: np.random.Generator) -> np.ndarray:
    """n values spread evenly over the quantiles with a little chance, in random order."""
    at = (np.arange(n) + rng.uniform(0.2, 0.8, n)) / n
    places = sorted(knots)
    heights = np.array([knots[p] for p in places])
    skewed = heights[0] > 0 and heights[-1] - knots[0.5] > SKEWED * (knots[0.5] - heights[0])
    values = np.exp(np.interp(at, places, np.log(heights))) if skewed else np.interp(at, places, heights)
    return rng.permutation(values)


def usual_levels(study: Study, variable: Variable, frame: pd.DataFrame) -> pd.Series:
    """The level each patient is assumed to have of a category, missing where nothing is assumed."""
    usual = pd.Series(None, index=frame.index, dtype=object)
    for a in (a for a in read_assumptions(study) if a.variable == variable.name):
        usual[_who(a.where, frame) & usual.isna()] = a.typical
    return usual
