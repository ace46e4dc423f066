"""How large paired changes are, on scales without a unit, each with an interval by a published formula."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from cytopenia.inference import signed_rank


@dataclass(frozen=True)
class EffectSize:
    """An effect size of `n` pairs with its interval; NaN where the pairs don't give one."""

    n: int
    estimate: float
    low: float
    high: float


def rank_biserial(change: ArrayLike, confidence: float = 0.95) -> EffectSize:
    """The matched-pairs rank-biserial correlation, -1 (all fell) to 1 (all rose), zeros left out.

    (W+ - W-) / (W+ + W-): Kerby, Compr Psychol 2014;3:11.IT.3.1. The interval is Fisher's, with the standard
    error of the rank sum: tanh(atanh r -+ z sqrt((2n^3 + 3n^2 + n) / 6) / ((n^2 + n) / 2)), as in R's
    effectsize; it is r itself where all changes go one way.

    >>> rank_biserial([1, 2, -3]).estimate
    0.0
    """
    found = signed_rank(change)
    n, sums = found.n, found.w_plus + found.w_minus
    if not n:
        return EffectSize(0, math.nan, math.nan, math.nan)
    r = (found.w_plus - found.w_minus) / sums
    if abs(r) == 1:
        return EffectSize(n, r, r, r)
    error = math.sqrt((2 * n**3 + 3 * n**2 + n) / 6) / ((n**2 + n) / 2)
    half = _quantile(confidence) * error
    return EffectSize(n, r, math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half))


def standardised_mean_change(before: Iterable[float], after: Iterable[float], confidence: float = 0.95) -> EffectSize:
    """The mean change in SDs of the values before, small-sample corrected; its interval is for large samples.

    g = J(n-1) (mean after - mean before) / SD before, variance 2 (1 - r) / n + g^2 / 2n with r the correlation
    of before with after: Becker, Br J Math Stat Psychol 1988;41:257; `SMCR` of R's metafor. NaN where fewer
    than three pairs are complete or a column doesn't vary.
    """
    first, second = _complete(before, after)
    n = len(first)
    if n < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return EffectSize(n, math.nan, math.nan, math.nan)
    r = float(np.corrcoef(first, second)[0, 1])
    g = hedges_correction(n - 1) * float((second.mean() - first.mean()) / first.std(ddof=1))
    return _normal(n, g, 2 * (1 - r) / n + g**2 / (2 * n), confidence)


def change_score(change: ArrayLike, confidence: float = 0.95) -> EffectSize:
    """The mean change in SDs of the changes, small-sample corrected; its interval is for large samples.

    g = J(n-1) mean / SD, variance 1 / n + g^2 / 2n: Gibbons, Hedeker & Davis, J Educ Stat 1993;18:271; `SMCC` of
    R's metafor. NaN where there are fewer than two changes or all are equal.
    """
    values = np.asarray(change, dtype=float)
    n = len(values)
    if n < 2 or np.ptp(values) == 0:
        return EffectSize(n, math.nan, math.nan, math.nan)
    g = hedges_correction(n - 1) * float(values.mean() / values.std(ddof=1))
    return _normal(n, g, 1 / n + g**2 / (2 * n), confidence)


def _complete(before: Iterable[float], after: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array([*zip(before, after, strict=True)], dtype=float).reshape(-1, 2)
    first, second = pairs[~np.isnan(pairs).any(axis=1)].T
    return first, second


def hedges_correction(df: int) -> float:
    """What takes the bias from a standardised mean with `df` degrees of freedom; NaN for fewer than two.

    J = gamma(m/2) / (sqrt(m/2) gamma((m-1)/2)): Hedges, J Educ Stat 1981;6:107.

    >>> round(hedges_correction(12), 4)
    0.9359
    """
    if df < 2:
        return math.nan
    return float(np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / math.sqrt(df / 2))


def _normal(n: int, estimate: float, variance: float, confidence: float) -> EffectSize:
    half = _quantile(confidence) * math.sqrt(variance)
    return EffectSize(n, estimate, estimate - half, estimate + half)


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1 (got {confidence}): write 0.95 for 95 percent")
    return float(stats.norm.isf((1 - confidence) / 2))
