"""What a test takes for granted, and whether the patients bear it out: normality, symmetry, ties, counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

FEWEST_FOR_SKEWNESS = 8
"""D'Agostino's approximation needs so many values."""

FEWEST_EXPECTED = 5.0
"""The expected count that Cochran (Biometrics 1954;10:417) asks for in a table of two by two."""


@dataclass(frozen=True)
class Ties:
    """Of `n` changes: how many are nought, and how many of the others share their size with another."""

    n: int
    zeros: int
    tied: int


def ties(change: ArrayLike) -> Ties:
    """The changes (as `differences` gives them) that the signed-rank test can't rank apart.

    >>> ties([1, -1, 2, 0])
    Ties(n=4, zeros=1, tied=2)
    """
    values = np.abs(np.asarray(change, dtype=float))
    moved = values[values > 0]
    _, sizes = np.unique(moved, return_counts=True)
    return Ties(len(values), len(values) - len(moved), int(sizes[sizes > 1].sum()))


def skewness(change: ArrayLike) -> tuple[float, float]:
    """The skewness of the changes and P of D'Agostino's test that a normal sample is as skewed.

    The signed-rank test asks for symmetric changes. D'Agostino, Biometrika 1970;57:679, by scipy. P is NaN for
    fewer than eight changes, both where all are equal.
    """
    values = np.asarray(change, dtype=float)
    if len(values) < 2 or np.ptp(values) == 0:
        return math.nan, math.nan
    p = float(stats.skewtest(values).pvalue) if len(values) >= FEWEST_FOR_SKEWNESS else math.nan
    return float(stats.skew(values)), p


def shapiro_power(n: int, level: float = 0.05, draws: int = 2000, seed: int = 1) -> float:
    """How often (0 to 1) Shapiro and Wilk's test finds `n` values of an exponential distribution not normal.

    By `draws` samples from a seed; NaN for fewer than three values. An exponential distribution is as far from
    normal as a waiting time: what isn't found there is hardly ever found.
    """
    if n < 3:
        return math.nan
    samples = np.random.default_rng(seed).exponential(size=(draws, n))
    return float(np.mean([stats.shapiro(sample).pvalue < level for sample in samples]))


@dataclass(frozen=True)
class Independence:
    """Pearson's chi-squared P (no correction) of a table of two by two beside Fisher's exact P.

    `least_expected` is the smallest count expected if rows and columns were independent.
    """

    least_expected: float
    chi2_p: float
    fisher_p: float


def independence(table: pd.DataFrame) -> Independence:
    """What becomes of a table of two by two counts; NaN where a margin is nought. ValueError for another shape."""
    counts = table.to_numpy()
    if counts.shape != (2, 2):
        raise ValueError(f"a table has two rows and two columns (got {counts.shape[0]} by {counts.shape[1]})")
    if not (counts.sum(axis=0).all() and counts.sum(axis=1).all()):
        return Independence(math.nan, math.nan, math.nan)
    found = stats.chi2_contingency(counts, correction=False)
    return Independence(float(found.expected_freq.min()), float(found.pvalue), float(stats.fisher_exact(counts).pvalue))


def sign_flip_p(change: ArrayLike) -> float:
    """Two-sided exact P of the mean change over all 2^n signs of these very changes, the exact twin of a paired t.

    Fisher, The Design of Experiments, section 21, by scipy. It takes the changes as symmetric about nought and
    nothing else. NaN without a change; ValueError for more than 20, whose signs are too many to count.

    >>> sign_flip_p([1, 2, 3, 4])
    0.125
    """
    values = np.asarray(change, dtype=float)
    values = values[values != 0]
    if len(values) > 20:
        raise ValueError(f"all signs of more than 20 changes are too many to count (got {len(values)})")
    if not len(values):
        return math.nan
    if len(values) == 1:
        return 1.0
    signs = 1 - 2 * ((np.arange(2 ** len(values))[:, None] >> np.arange(len(values))) & 1)
    sums = np.abs(signs @ values)
    return float(np.mean(sums >= abs(values.sum()) * (1 - 1e-12)))
