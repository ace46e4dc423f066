"""Patients with printed means, standard deviations and paired t: drawn with those moments, then mended.

Together these claims are quadratic, and a solver doesn't find patients from nothing. A sample drawn with exactly
these moments and rounded to the measuring resolution misses them by little, and moving each value by a few steps
mends that: with the sums fixed, every claim is linear in one Boolean for each possible move.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from recount.blocks import Block
from recount.model import Linear, Unknowns, step_of
from recount.solve import FOUND, UNDECIDED, Answer, ask
from recount.study import Claim, Study

MOMENTS = {"mean", "sd", "paired_t", "paired_p"}
REACH = 4  # steps that a value may be moved
ATTEMPTS = 60
LEAST = 0.15  # of the mean: no drawn value is smaller


@dataclass(frozen=True)
class Bounds:
    """Closed bounds in exact arithmetic."""

    low: Fraction
    high: Fraction

    def at(self, share: float) -> float:
        """The number this share of the way from low to high."""
        return float(self.low) + share * float(self.high - self.low)


def is_moments(block: Block) -> bool:
    """Whether a block's claims are of means, SDs and paired t, with an SD or a t among them."""
    kinds = {claim.statistic for claim in block.claims}
    return block.where is not None and kinds <= MOMENTS and bool(kinds - {"mean"})


def draw_moments(study: Study, block: Block, size: int, seed: int) -> Answer:
    """Patients that satisfy a block of moments: found, or undecided after so many attempts; never `none`."""
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, attempt])
        sample = _sample(study, block, size, rng)
        if sample is not None:
            answer = _mended(study, block, size, sample, seed)
            if answer.status == FOUND:
                return answer
    return Answer(UNDECIDED)


def _bounds(block: Block, variable: str, statistic: str) -> Bounds | None:
    """What all claims of one statistic of a variable leave open."""
    found = [c.printed for c in block.claims if (c.variable, c.statistic) == (variable, statistic)]
    if not found:
        return None
    return Bounds(max(p.low for p in found if p.low is not None), min(p.high for p in found if p.high is not None))


def _pairs(block: Block) -> dict[str, str]:
    return {c.variable: c.versus for c in block.claims if c.versus}


def t_bounds(claims: list[Claim], size: int) -> Bounds:
    """What printed |t| and two-sided P leave open of |t|, with size - 1 degrees of freedom."""
    low, high = Fraction(0), Fraction(10**6)
    for claim in claims:
        below, above = claim.printed.low, claim.printed.high
        if claim.statistic == "paired_p":
            below, above = _t_of(claim.printed.high, size), _t_of(claim.printed.low, size)
        low = low if below is None else max(low, below)
        high = high if above is None else min(high, above)
    return Bounds(low, high)


def _t_of(p: Fraction | None, size: int) -> Fraction | None:
    return None if p is None or not 0 < p < 1 else Fraction(float(student.isf(float(p) / 2, size - 1)))


def _sample(study: Study, block: Block, size: int, rng: np.random.Generator) -> dict[str, np.ndarray] | None:
    """One array of whole steps a variable, its moments nearly those printed; None where this draw won't do."""
    pairs, sample = _pairs(block), {}
    for name in (name for name in block.variables if name not in pairs.values()):
        drawn = _drawn(block, name, pairs.get(name), size, rng)
        if drawn is None:
            return None
        sample.update(drawn)
    if any(values.min() < LEAST * values.mean() for values in sample.values()):
        return None
    return {n: np.round(values / float(step_of(study.variables[n]))).astype(int) for n, values in sample.items()}


def _drawn(block: Block, name: str, other: str | None, size: int, rng: np.random.Generator) -> dict | None:
    """A variable, and the one it is paired with, with moments from within their bounds."""
    m, s = _moments(block, name, rng)
    u = _standard(norm.ppf((np.arange(size) + rng.uniform(0.2, 0.8, size)) / size))
    if other is None:
        return {name: m + s * u}
    m2, s2 = _moments(block, other, rng)
    t = t_bounds([c for c in block.claims if c.versus == other], size).at(rng.uniform(0.2, 0.8))
    r = (s**2 + s2**2 - ((m - m2) * sqrt(size) / t) ** 2) / (2 * s * s2)
    if abs(r) >= 1:
        return None
    v = rng.standard_normal(size)
    v = _standard(v - v.mean() - u * (u @ v) / (u @ u))
    return {name: m + s * u, other: m2 + s2 * (r * u + sqrt(1 - r**2) * v)}


def _moments(block: Block, name: str, rng: np.random.Generator) -> tuple[float, float]:
    m, s = _bounds(block, name, "mean"), _bounds(block, name, "sd")
    assert m is not None and s is not None, f"{name} has no printed mean and SD"
    return m.at(rng.uniform(0.1, 0.9)), s.at(rng.uniform(0.1, 0.9))


def _standard(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    return np.asarray(centred / centred.std(ddof=1))


def _mended(study: Study, block: Block, size: int, sample: dict[str, np.ndarray], seed: int) -> Answer:
    """The sample moved by the fewest steps so that it satisfies every claim exactly."""
    u = Unknowns(study, size, block.variables, [block.where] if block.where else [])
    moves, sums = [], {}
    for name, values in sample.items():
        sums[name] = _nearest_sum(study, block, name, size, int(values.sum()))
        moves += _fixed_sum(u, name, values, sums[name])
        _squares(
            u,
            [u.x[i, name] for i in range(size)],
            values,
            REACH,
            _sd_range(study, block, name, size, sums[name]),
        )
    for before, after in _pairs(block).items():
        d = [u.x[i, before] - u.x[i, after] for i in range(size)]
        claims = [c for c in block.claims if c.versus == after]
        around = sample[before] - sample[after]
        _squares(u, d, around, 2 * REACH, _t_range(sums[before] - sums[after], size, t_bounds(claims, size)))
    u.cp.minimize(sum(moves))
    return ask(u, set(), seed, limit=2.0)


def _nearest_sum(study: Study, block: Block, name: str, size: int, drawn: int) -> int:
    """The sum in steps nearest to the drawn one that prints the mean."""
    bounds, step = _bounds(block, name, "mean"), step_of(study.variables[name])
    assert bounds is not None
    return min(max(drawn, ceil(bounds.low * size / step)), floor(bounds.high * size / step))


def _fixed_sum(u: Unknowns, name: str, values: np.ndarray, total: int) -> list:
    """Keeps each value near its drawn one and their sum at the total; how far each was moved."""
    moved = []
    for i, value in enumerate(values):
        x, distance = u.x[i, name], u.cp.new_int_var(0, REACH, "")
        u.cp.add_abs_equality(distance, x - int(value))
        moved.append(distance)
    u.cp.add(sum(u.x[i, name] for i in range(len(values))) == total)
    return moved


def _squares(u: Unknowns, terms: list, around: np.ndarray, reach: int, bounds: tuple[int, int]) -> None:
    """Keeps the terms' sum of squares within bounds: one Boolean for each value that a term may take."""
    total: Linear = 0
    for term, centre in zip(terms, around, strict=True):
        possible = range(int(centre) - reach, int(centre) + reach + 1)
        chosen = [u.cp.new_bool_var("") for _ in possible]
        u.cp.add_exactly_one(chosen)
        u.cp.add(term == sum(v * b for v, b in zip(possible, chosen, strict=True)))
        total += sum(v * v * b for v, b in zip(possible, chosen, strict=True))
    u.cp.add(total >= bounds[0])
    u.cp.add(total <= bounds[1])


def _sd_range(study: Study, block: Block, name: str, size: int, total: int) -> tuple[int, int]:
    """The sums of squares, in steps, whose SD is as printed: Q = (n - 1) s^2 + S^2 / n."""
    bounds, step = _bounds(block, name, "sd"), step_of(study.variables[name])
    assert bounds is not None
    low, high = ((size - 1) * (b / step) ** 2 + Fraction(total**2, size) for b in (bounds.low, bounds.high))
    return ceil(low), floor(high)


def _t_range(total: int, size: int, t: Bounds) -> tuple[int, int]:
    """The sums of squared differences whose |t| is as printed: n Q = D^2 + D^2 (n - 1) / t^2."""
    ends = [
        (total**2 + Fraction(total**2 * (size - 1)) / b**2) / size if b else Fraction(10**15) for b in (t.high, t.low)
    ]
    return ceil(ends[0]), floor(ends[1])
