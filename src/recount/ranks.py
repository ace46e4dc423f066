"""Patients with printed quartiles before and after and a printed signed-rank statistic: drawn until they fit.

Quartiles fix a few sorted values on each side; how the two sides are paired decides the rank sum. With few
patients the rank sum takes few values, so random pairings meet the printed one soon, where a solver is slow.
Every draw is checked exactly; differences of nought are avoided.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.stats import rankdata

from recount.blocks import Block
from recount.checks.quantiles import position
from recount.checks.rank_tests import distances, p_to_z
from recount.draw import read_assumptions, targets
from recount.expressions import Expression, Implies, evaluate, names
from recount.model import step_of
from recount.quantities import QUANTILES
from recount.solve import FOUND, UNDECIDED, Answer
from recount.study import Claim, Rule, Study

ATTEMPTS = 200
PAIRINGS = 400  # random pairings tried for each pair of sides
AIMED, IMPOSED = 100, 10**6  # what breaking a relation aimed at, or a rule, costs beside ranks
RANKED = {"wilcoxon_z", "wilcoxon_p"}
BLURS = (0.15, 0.3, 0.6, 1.0)  # how far a pairing strays from "the highest stays the highest"


def is_ranks(block: Block) -> bool:
    """Whether a block's claims are of quartiles and signed ranks."""
    kinds = {claim.statistic for claim in block.claims}
    return block.where is not None and kinds <= {*QUANTILES, *RANKED} and bool(kinds & RANKED)


def draw_ranks(study: Study, block: Block, members: pd.DataFrame, seed: int) -> Answer:
    """Patients that satisfy a block of quartiles and signed ranks: found, or undecided after so many attempts."""
    pairs = dict.fromkeys((c.variable, c.versus) for c in block.claims if c.versus)
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, attempt])
        drawn = _draw(study, block, list(pairs), members, rng)
        if drawn is not None:
            values = {(i, name): int(v) for name, column in drawn.items() for i, v in enumerate(column)}
            return Answer(FOUND, values)
    return Answer(UNDECIDED)


def _draw(
    study: Study, block: Block, pairs: list[tuple[str, str]], members: pd.DataFrame, rng: np.random.Generator
) -> dict[str, np.ndarray] | None:
    drawn: dict[str, np.ndarray] = {}
    for before, after in pairs:
        sides = [_side(study, block, name, members, rng) for name in (before, after)]
        if sides[0] is None or sides[1] is None:
            return None
        paired = _paired([c for c in block.claims if c.versus == after], sides[0], sides[1], rng)
        if paired is None:
            return None
        drawn = _beside(study, block, drawn, {before: sides[0], after: paired}, rng)
        if not drawn:
            return None
    return drawn


def _side(study: Study, block: Block, name: str, members: pd.DataFrame, rng: np.random.Generator) -> np.ndarray | None:
    """One side's values in steps, sorted, with every quartile as printed; None where this draw can't have them."""
    step = step_of(study.variables[name])
    values = np.sort(targets(study, members, rng, [name])[name].to_numpy()) / float(step)
    values = np.round(values).astype(int)
    for claim in (c for c in block.claims if c.variable == name and c.statistic in QUANTILES):
        lower, upper, f = position(len(values), QUANTILES[claim.statistic], study.settings["quantile"])
        here = [lower - 1, upper - 1] if f else [lower - 1]
        now = values[lower - 1] + f * (int(values[upper - 1]) - int(values[lower - 1]))
        values[here] += ceil(claim.printed.value / step - now - Fraction(1, 2))
        if not claim.printed.contains(step * _quantile(values, lower, upper, f)) or np.any(np.diff(values) < 0):
            return None
    return values


def _quantile(values: np.ndarray, lower: int, upper: int, f: Fraction) -> Fraction:
    return int(values[lower - 1]) + f * (int(values[upper - 1]) - int(values[lower - 1]))


def _paired(
    claims: Sequence[Claim], before: np.ndarray, after: np.ndarray, rng: np.random.Generator
) -> np.ndarray | None:
    """The values of `after` in an order whose signed-rank statistic prints every claim; None where none was met."""
    n = len(before)
    blur = np.repeat(BLURS, PAIRINGS // len(BLURS))[:, None]
    orders = np.argsort(np.argsort(np.arange(n) / n + blur * rng.standard_normal((PAIRINGS, n)), axis=1), axis=1)
    for order in orders:
        d = before - after[order]
        if np.all(d != 0) and _prints(claims, d):
            return np.asarray(after[order])
    return None


def _prints(claims: Sequence[Claim], d: np.ndarray) -> bool:
    ranks = rankdata(np.abs(d))
    sizes = np.unique(np.abs(d), return_counts=True)[1]
    distance = abs(round(4 * ranks[d > 0].sum()) - len(d) * (len(d) + 1))
    ties = int((sizes**3 - sizes).sum())
    zs = (c.printed if c.statistic == "wilcoxon_z" else p_to_z(c.printed) for c in claims)
    return all(distance in distances(len(d), ties, z) for z in zs)


def _beside(study: Study, block: Block, drawn: dict, new: dict, rng: np.random.Generator) -> dict:
    """The new pairs put beside the patients drawn so far so that no rule is broken; empty where that can't be.

    Of the ways that keep the rules, one that keeps the relations aimed at, in which high goes with high, blurred.
    """
    if not drawn:
        return new
    n = len(next(iter(new.values())))
    left, right = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    both = {k: v[left] for k, v in drawn.items()} | {k: v[right] for k, v in new.items()}
    frame = pd.DataFrame({k: [int(v) * step_of(study.variables[k]) for v in values] for k, values in both.items()})
    old_rank, new_rank = (rankdata(next(iter(side.values()))) for side in (drawn, new))
    cost = np.abs(old_rank[left] - new_rank[right]) + rng.uniform(0, 4, n * n)
    aimed = [a.where for a in read_assumptions(study) if not a.variable and a.where is not None]
    cost = cost + AIMED * _broken(frame, aimed) + IMPOSED * _broken(frame, [_meant(r) for r in block.rules])
    rows, columns = linear_sum_assignment(cost.reshape(n, n))
    if cost.reshape(n, n)[rows, columns].sum() >= IMPOSED:
        return {}
    return drawn | {k: v[columns] for k, v in new.items()}


def _meant(rule: Rule) -> Expression:
    """What a rule of a block asks of the block's patients, all of whom it speaks of."""
    return rule.rule.right if isinstance(rule.rule, Implies) else rule.rule


def _broken(frame: pd.DataFrame, conditions: list[Expression]) -> np.ndarray:
    """How many of the conditions that can be judged each row breaks."""
    judged = [c for c in conditions if names(c) <= set(frame.columns)]
    return sum(((~evaluate(c, frame)).to_numpy().astype(int) for c in judged), np.zeros(len(frame), int))
