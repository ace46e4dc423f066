"""Patients with printed means, standard deviations and paired t: drawn with those moments, and mended if need be.

Together these claims are quadratic, and a solver doesn't find patients from nothing. A sample drawn with exactly
these moments and rounded to the measuring resolution misses them by little, and a few steps moved from patient to
patient make up for most of that: draws are repeated until one is as printed. Where none is, the solver moves each
value by a few steps: with the sums fixed, every claim is linear in one Boolean for each possible move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, sqrt

import numpy as np
import pandas as pd

from recount.checks import t_isf
from recount.record import Claim, Study, step_of, step_range
from recount.rules import breaks
from recount.solver import (
    FOUND,
    UNDECIDED,
    Answer,
    Cell,
    Linear,
    Unknowns,
    distance_of,
    impose,
    least,
    square_of,
)
from recount.subproblems import Subproblem, rule_for_members
from recount.verify import statistic

MOMENTS = {"mean", "sd", "paired_t", "paired_p"}
REACH = 4  # steps that a value may be moved
DRAWS, MENDED = 1000, 60  # samples drawn until one is as printed, and those that are mended
TUNED = 6  # steps moved to bring a sample's t as near as that does
PICKY = 900  # of the first draws no value is smaller than `LEAST`
LEAST = 0.15  # of the mean, where the variable has no negative values
LIKELY = (-0.2, 0.95)  # correlations before and after that are drawn where the t leaves it open
LEAST_SD = 1e-9
FARTHEST = 10**6  # of |t|


@dataclass(frozen=True)
class Bounds:
    """Closed bounds in exact arithmetic."""

    low: Fraction
    high: Fraction

    def at(self, share: float) -> float:
        """The number this share of the way from low to high."""
        return float(self.low) + share * float(self.high - self.low)

    def around(self, value: float) -> bool:
        """Whether a float lies within, as far as floats tell."""
        return float(self.low) <= value <= float(self.high)


def is_moments(subproblem: Subproblem) -> bool:
    """Whether a subproblem's claims are of means, SDs and paired t, with an SD or a t among them."""
    kinds = {claim.statistic for claim in subproblem.claims}
    return subproblem.where is not None and kinds <= MOMENTS and bool(kinds - {"mean"})


class Moments:
    """What is printed of the moments of so many patients, worked out once: samples are drawn again and again."""

    def __init__(self, study: Study, subproblem: Subproblem, size: int) -> None:
        self.study, self.subproblem, self.size = study, subproblem, size
        everybody = {name: replace(p, where=None) for name, p in study.populations.items()}
        self._of_members = replace(study, populations=everybody)
        self.pairs = {c.variable: c.versus for c in subproblem.claims if c.versus}
        self.steps = {n: float(step_of(study.variables[n])) for n in subproblem.variables}
        self.means = {n: _bounds(subproblem.claims, n, "mean") for n in subproblem.variables}
        self.sds = {n: _bounds(subproblem.claims, n, "sd") for n in subproblem.variables}
        self.ts = {n: t_bounds([c for c in subproblem.claims if c.versus == n], size) for n in self.pairs.values()}

    def draw(self, rng: np.random.Generator) -> Answer:
        """Patients that satisfy the subproblem: found, or undecided after so many draws; never `none`."""
        for k in range(DRAWS if self.size > 1 else 0):
            sample = self._sample(rng, LEAST if k < PICKY else None)
            if sample is not None and self._nearly(sample) and self._exactly(sample):
                return Answer(FOUND, {(i, n): int(v) for n, codes in sample.items() for i, v in enumerate(codes)})
        return self._mended(rng)

    def _sample(self, rng: np.random.Generator, least: float | None) -> dict[str, np.ndarray] | None:
        """One array of whole steps a variable, its moments nearly those printed; None where this draw won't do."""
        sample: dict[str, np.ndarray] = {}
        for name in (n for n in self.subproblem.variables if n not in self.pairs.values()):
            drawn = self._drawn(name, self.pairs.get(name), rng)
            if drawn is None:
                return None
            sample.update(drawn)
        if least is not None and any(v.min() < least * v.mean() for n, v in sample.items() if not self._is_signed(n)):
            return None
        codes = {}
        for name, values in sample.items():
            steps = values / self.steps[name]
            codes[name] = _rounded(steps, self._nearest_sum(name, round(float(steps.sum()))))
        for before, after in self.pairs.items():
            self._tune(codes[before], codes[after], self.ts[after])
        return codes

    def _tune(self, before: np.ndarray, after: np.ndarray, t: Bounds) -> None:
        """Moves a few steps from one patient's `before` to another's until the t is as printed, or nearer to it.

        A step from j to i changes the sum of squared differences d by 2 d[i] - 2 d[j] + 2, and no mean.
        """
        for _ in range(TUNED):
            d = before - after
            low, high = _t_range(int(d.sum()), self.size, t)
            wanted = min(max(int((d**2).sum()), low), high) - int((d**2).sum())
            if wanted == 0:
                return
            off = np.abs(2 * (d[:, None] - d[None, :]) + 2 - wanted)
            np.fill_diagonal(off, off.max() + 1)
            i, j = np.unravel_index(off.argmin(), off.shape)
            before[i] += 1
            before[j] -= 1

    def _is_signed(self, name: str) -> bool:
        low = self.study.variables[name].low
        return low is None or low < 0

    def _drawn(self, name: str, other: str | None, rng: np.random.Generator) -> dict[str, np.ndarray] | None:
        """A variable, and the one it is paired with, with moments from within their bounds."""
        from scipy.special import ndtri  # takes a while: only where it is used

        m, s = self._moments(name, rng)
        u = _standard(ndtri((np.arange(self.size) + rng.uniform(0.2, 0.8, self.size)) / self.size))
        if other is None:
            return {name: m + s * u}
        m2, s2 = self._moments(other, rng)
        r = self._correlation(m - m2, s, s2, self.ts[other], rng)
        v = rng.standard_normal(self.size)
        v = _standard(v - v.mean() - u * (u @ v) / (u @ u))
        return None if r is None else {name: m + s * u, other: m2 + s2 * (r * u + sqrt(1 - r**2) * v)}

    def _correlation(self, shift: float, s: float, s2: float, t: Bounds, rng: np.random.Generator) -> float | None:
        """One that gives a |t| from within its bounds; None where there is none: t = shift / (sd of differences)."""
        spread = [None if t_end == 0 else sqrt(self.size) * shift / float(t_end) for t_end in (t.low, t.high)]
        ends = [-9.0 if d is None else (s**2 + s2**2 - d**2) / (2 * s * s2) for d in spread]
        if ends[1] <= -1 or ends[0] >= 1:
            return None
        low, high = max(ends[0], -0.999), min(ends[1], 0.999)
        if max(low, LIKELY[0]) < min(high, LIKELY[1]):
            low, high = max(low, LIKELY[0]), min(high, LIKELY[1])
        return float(low + (high - low) * rng.uniform(0.1, 0.9))

    def _moments(self, name: str, rng: np.random.Generator) -> tuple[float, float]:
        """A mean and an SD; what isn't printed is drawn from the variable's physical range."""
        m, s = self.means[name], self.sds[name]
        low, high = (end * self.steps[name] for end in step_range(self.study.variables[name]))
        mean = m.at(rng.uniform(0.05, 0.95)) if m else low + (high - low) * rng.uniform(0.3, 0.6)
        most = min(high - mean, mean - low) / 2
        return mean, max(s.at(rng.uniform(0.05, 0.95)) if s else most * rng.uniform(0.2, 0.8), LEAST_SD)

    def _nearly(self, sample: dict[str, np.ndarray]) -> bool:
        """Whether a sample's moments are as printed and within the physical limits, as far as floats tell."""
        for name, codes in sample.items():
            low, high = step_range(self.study.variables[name])
            m, s, step = self.means[name], self.sds[name], self.steps[name]
            if codes.min() < low or codes.max() > high or (m and not m.around(codes.mean() * step)):
                return False
            if s and not s.around(codes.std(ddof=1) * step):
                return False
        return all(self.ts[b].around(_t(sample[a] - sample[b])) for a, b in self.pairs.items())

    def _exactly(self, sample: dict[str, np.ndarray]) -> bool:
        """Whether a sample satisfies every claim and rule."""
        steps = {n: step_of(self.study.variables[n]) for n in sample}
        frame = pd.DataFrame({n: [int(v) * steps[n] for v in codes] for n, codes in sample.items()}, dtype=object)
        if not all(statistic(c, frame, self._of_members).holds for c in self.subproblem.claims):
            return False
        return not any(
            breaks(rule_for_members(r.rule, self.subproblem.where), frame).any() for r in self.subproblem.rules
        )

    def _mended(self, rng: np.random.Generator) -> Answer:
        """Patients from samples moved by a few steps: found, or undecided."""
        for _ in range(MENDED if self.size > 1 else 0):
            sample = self._sample(rng, None)
            answer = Answer(UNDECIDED) if sample is None else self._moved(sample)
            if answer.status == FOUND and self._exactly(_columns(answer.values, self.subproblem.variables, self.size)):
                return answer
        return Answer(UNDECIDED)

    def _moved(self, sample: dict[str, np.ndarray]) -> Answer:
        """The sample moved by the fewest steps so that it satisfies every claim and rule exactly."""
        subproblem = self.subproblem
        u = Unknowns(self.study, self.size, subproblem.variables, [subproblem.where] if subproblem.where else [])
        impose(u, [], subproblem.rules)
        moves, sums = [], {}
        for name, codes in sample.items():
            sums[name] = self._nearest_sum(name, int(codes.sum()))
            moves += _fixed_sum(u, name, codes, sums[name])
            if self.sds[name]:
                xs = [u.x[i, name] for i in range(self.size)]
                _squares(u, xs, codes, REACH, self._sd_range(name, sums[name]))
        for before, after in self.pairs.items():
            d = [u.x[i, before] - u.x[i, after] for i in range(self.size)]
            limits = _t_range(sums[before] - sums[after], self.size, self.ts[after])
            _squares(u, d, sample[before] - sample[after], 2 * REACH, limits)
        return least(u, set(u.on), sum(moves), limit=2.0)

    def _nearest_sum(self, name: str, drawn: int) -> int:
        """The sum in steps nearest to the drawn one that prints the mean."""
        bounds, step = self.means[name], step_of(self.study.variables[name])
        if bounds is None:
            return drawn
        return min(max(drawn, ceil(bounds.low * self.size / step)), floor(bounds.high * self.size / step))

    def _sd_range(self, name: str, total: int) -> tuple[int, int]:
        """The sums of squares, in steps, whose SD is as printed: Q = (n - 1) s^2 + S^2 / n."""
        bounds, step = self.sds[name], step_of(self.study.variables[name])
        assert bounds is not None
        n = self.size
        low, high = (
            (n - 1) * (max(b, Fraction(0)) / step) ** 2 + Fraction(total**2, n) for b in (bounds.low, bounds.high)
        )
        return ceil(low), floor(high)


def _bounds(claims: Iterable[Claim], variable: str, statistic: str) -> Bounds | None:
    """What all claims of one statistic of a variable leave open; None where they bound it on neither side."""
    found = [c.printed for c in claims if (c.variable, c.statistic) == (variable, statistic)]
    lows, highs = (
        [end for end in ends if end is not None] for ends in ([p.low for p in found], [p.high for p in found])
    )
    return Bounds(max(lows), min(highs)) if lows and highs else None


def t_bounds(claims: Iterable[Claim], size: int) -> Bounds:
    """What printed |t| and two-sided P leave open of |t|, with size - 1 degrees of freedom."""
    low, high = Fraction(0), Fraction(FARTHEST)
    for claim in claims:
        below, above = claim.printed.low, claim.printed.high
        if claim.statistic == "paired_p":
            below, above = _t_of(claim.printed.high, size), _t_of(claim.printed.low, size)
        low = low if below is None else max(low, below)
        high = high if above is None else min(high, above)
    return Bounds(low, high)


def _t_of(p: Fraction | None, size: int) -> Fraction | None:
    return None if p is None or not 0 < p < 1 else Fraction(t_isf(float(p) / 2, size - 1))


def _t(d: np.ndarray) -> float:
    """|t| of differences; beyond every bound where all are the same."""
    spread = float(d.std(ddof=1))
    return abs(float(d.mean())) * sqrt(len(d)) / spread if spread > 0 else 2.0 * FARTHEST


def _rounded(values: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers near the values with this sum: those with the greatest remainders are rounded up.

    >>> _rounded(np.array([1.2, 2.7, 3.4]), 8), _rounded(np.array([1.2, 2.7, 3.4]), 6)
    (array([1, 3, 4]), array([1, 2, 3]))
    """
    whole: np.ndarray = np.floor(values).astype(int)
    more, rest = divmod(total - int(whole.sum()), len(values))
    whole += more
    whole[np.argsort(-(values % 1).round(9), kind="stable")[:rest]] += 1
    return whole


def _columns(values: dict[Cell, int], names: Iterable[str], size: int) -> dict[str, np.ndarray]:
    return {name: np.array([values[i, name] for i in range(size)]) for name in names}


def _standard(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    return np.asarray(centred / centred.std(ddof=1))


def _fixed_sum(u: Unknowns, name: str, values: np.ndarray, total: int) -> list[Linear]:
    """Keeps each value near its drawn one and their sum at the total; how far each was moved."""
    u.require(sum(u.x[i, name] for i in range(len(values))) == total)
    return [distance_of(u, u.x[i, name] - int(value), REACH) for i, value in enumerate(values)]


def _squares(u: Unknowns, terms: Sequence[Linear], around: np.ndarray, reach: int, bounds: tuple[int, int]) -> None:
    """Keeps the terms' sum of squares within bounds, each term within reach of where it is."""
    near = (range(int(centre) - reach, int(centre) + reach + 1) for centre in around)
    total: Linear = sum(square_of(u, term, possible) for term, possible in zip(terms, near, strict=True))
    u.within(total, *bounds)


def _t_range(total: int, size: int, t: Bounds) -> tuple[int, int]:
    """The sums of squared differences whose |t| is as printed: n Q = D^2 + D^2 (n - 1) / t^2."""
    ends = [
        (total**2 + Fraction(total**2 * (size - 1)) / b**2) / size if b else Fraction(10**15) for b in (t.high, t.low)
    ]
    return ceil(ends[0]), floor(ends[1])
