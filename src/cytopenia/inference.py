"""Small-sample inference: one statistic each, exact where a few dozen patients allow it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

Floats = NDArray[np.float64]

PROPORTION_METHODS = {"clopper-pearson": "exact", "wilson": "wilson"}


@dataclass(frozen=True)
class Interval:
    """A two-sided interval: `low`, `high`, its `confidence` (0 to 1) and the `method` that made it."""

    low: float
    high: float
    confidence: float
    method: str


def _alpha(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1 (got {confidence}): write 0.95 for 95 percent")
    return 1 - confidence


# Counts ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proportion:
    """`k` of `n`; ValueError unless 0 <= k <= n and n >= 1.

    >>> Proportion(18, 24).value
    0.75
    """

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n or self.n < 1:
            raise ValueError(f"a proportion is k of n with 0 <= k <= n, n >= 1 (got {self.k} of {self.n})")

    @property
    def value(self) -> float:
        """The share, 0 to 1."""
        return self.k / self.n

    def interval(self, method: str = "clopper-pearson", confidence: float = 0.95) -> Interval:
        """The interval of the share (0 to 1), `clopper-pearson` (exact) or `wilson` (score).

        Clopper & Pearson, Biometrika 1934;26:404; Wilson, JASA 1927;22:209. ValueError on any other method.

        >>> found = Proportion(682, 925).interval()
        >>> round(found.low, 7), round(found.high, 7)
        (0.7076683, 0.7654066)
        """
        if method not in PROPORTION_METHODS:
            known = " or ".join(PROPORTION_METHODS)
            raise ValueError(f"an interval of a proportion is {known} (got {method!r})")
        _alpha(confidence)
        test = stats.binomtest(self.k, self.n)
        low, high = test.proportion_ci(confidence_level=confidence, method=PROPORTION_METHODS[method])
        return Interval(float(low), float(high), confidence, method)


def upper_bound_when_none(n: int, confidence: float = 0.95) -> float:
    """The largest share (0 to 1) still compatible with 0 of `n`, one-sided and exact.

    1 - (1 - confidence)^(1/n); Hanley & Lippman-Hand, JAMA 1983;249:1743. ValueError when n < 1.

    >>> round(upper_bound_when_none(24), 4)
    0.1173
    """
    if n < 1:
        raise ValueError(f"a bound needs at least one patient (got n = {n})")
    return float(-np.expm1(math.log(_alpha(confidence)) / n))


@dataclass(frozen=True)
class Rate:
    """`events` over `time` (patient-months, or any unit); ValueError unless events >= 0 and time > 0."""

    events: int
    time: float

    def __post_init__(self) -> None:
        if self.events < 0 or not self.time > 0:
            raise ValueError(f"a rate has events >= 0 and time > 0 (got {self.events} in {self.time})")

    @property
    def value(self) -> float:
        """Events per unit of time."""
        return self.events / self.time

    def interval(self, confidence: float = 0.95) -> Interval:
        """The exact Poisson interval of the rate, by chi-squared quantiles (Garwood, Biometrika 1936;28:437).

        >>> found = Rate(137, 24.19893).interval()
        >>> round(found.low, 6), round(found.high, 6)
        (4.753125, 6.692709)
        """
        tail = _alpha(confidence) / 2
        low = stats.chi2.ppf(tail, 2 * self.events) / 2 if self.events else 0.0
        high = stats.chi2.isf(tail, 2 * self.events + 2) / 2
        return Interval(float(low / self.time), float(high / self.time), confidence, "exact Poisson")


# Paired measurements -----------------------------------------------------------------------------


def differences(before: Iterable[Any], after: Iterable[Any]) -> Floats:
    """`after` minus `before` for the pairs without a missing value, in the decimals as written.

    Decimals are subtracted exactly, so that 2.66 - 2.53 and 1.53 - 1.40 are tied, as they are on paper.
    ValueError when the two differ in length.

    >>> differences([2.53, 1.40, None], [2.66, 1.53, 1.0]).tolist()
    [0.13, 0.13]
    """
    first, second = list(before), list(after)
    if len(first) != len(second):
        raise ValueError(f"pairs need two columns of one length (got {len(first)} and {len(second)})")
    pairs = [(a, b) for a, b in zip(first, second, strict=True) if not (pd.isna(a) or pd.isna(b))]
    return np.array([float(Fraction(str(b)) - Fraction(str(a))) for a, b in pairs], dtype=float)


@dataclass(frozen=True)
class SignedRank:
    """Wilcoxon's signed-rank test of `n` non-zero differences, `zeros` dropped.

    `w_plus`, `w_minus`: sums of the ranks (ties share their average) of the rises and of the falls.
    `z`: (w_plus - mean) / SD, tie-corrected, no continuity correction; `p_asymptotic` two-sided from it:
    SPSS's convention. `p_exact`: two-sided, over all 2^n signs of these very ranks, ties included.
    Without a non-zero difference z and p_asymptotic are NaN and p_exact is 1.
    """

    n: int
    zeros: int
    w_plus: float
    w_minus: float
    z: float
    p_asymptotic: float
    p_exact: float


def signed_rank(change: ArrayLike) -> SignedRank:
    """Wilcoxon's signed-rank test of the changes (1-d, no missing value); see `SignedRank`.

    Wilcoxon, Biometrics 1945;1:80; zeros and ties as in SPSS Statistics Algorithms, NPAR TESTS.

    >>> found = signed_rank([3, -1, 2, 4, 0])
    >>> found.n, found.zeros, found.w_plus, found.p_exact
    (4, 1, 9.0, 0.25)
    """
    every = np.asarray(change, dtype=float)
    moved = every[every != 0]
    ranks = stats.rankdata(np.abs(moved))
    plus = float(ranks[moved > 0].sum())
    minus = float(ranks[moved < 0].sum())
    spread = math.sqrt(float((ranks**2).sum())) / 2
    z = (plus - minus) / 2 / spread if len(moved) else math.nan
    p = float(2 * stats.norm.sf(abs(z)))
    return SignedRank(len(moved), len(every) - len(moved), plus, minus, z, p, _exact_p(ranks, plus))


def _exact_p(ranks: Floats, plus: float) -> float:
    """Two-sided P of a sum of signed ranks over every pattern of signs, ties included."""
    doubled = np.rint(2 * ranks).astype(int)
    return two_sided_p(rank_sum_chances(doubled), round(2 * plus))


def rank_sum_chances(doubled: Iterable[int]) -> Floats:
    """The chance of each sum, from 0, of ranks that are each taken or left with chance one half.

    The ranks are doubled, so that ties are whole numbers too. Exact for up to 50 ranks, whose chances are binary
    fractions that a float holds.

    >>> rank_sum_chances([2, 4]).tolist()
    [0.25, 0.0, 0.25, 0.0, 0.25, 0.0, 0.25]
    """
    chances = np.ones(1)
    for rank in doubled:
        chances = with_rank(chances, int(rank))
    return chances


def with_rank(chances: Floats, rank: int) -> Floats:
    """The chances of each sum once one more (doubled) rank may be taken or left."""
    more = np.zeros(len(chances) + rank)
    more[: len(chances)] += chances / 2
    more[rank:] += chances / 2
    return more


def two_sided_p(chances: Floats, total: int) -> float:
    """Twice the chance of a sum as far from the middle as `total`, at most 1."""
    smaller = min(total, len(chances) - 1 - total)
    return float(min(1.0, 2 * chances[: smaller + 1].sum()))


def rank_sums_of_z(n: int, low: float, high: float) -> tuple[tuple[int, float], ...]:
    """Every rank sum of `n` untied changes whose |Z| lies in [low, high], with its exact two-sided P.

    Each is the smaller of the two sums. A Z printed to three decimals and n name it, so that the exact P
    follows from print alone; none where only ties print the Z.

    >>> rank_sums_of_z(5, 0.6, 0.7)
    ((5, 0.625),)
    """
    ranks = np.arange(1.0, n + 1)
    middle, spread = float(ranks.sum()) / 2, math.sqrt(float((ranks**2).sum())) / 2
    sums = [w for w in range(int(middle) + 1) if low <= (middle - w) / spread <= high]
    return tuple((w, _exact_p(ranks, w)) for w in sums)


@dataclass(frozen=True)
class Shift:
    """The Hodges-Lehmann estimate of the shift with its interval; `coverage` is what the interval attains.

    Where `n` is too small for the confidence asked for, low, high and coverage are NaN.
    """

    n: int
    estimate: float
    low: float
    high: float
    coverage: float


def walsh_averages(change: ArrayLike) -> Floats:
    """The n(n+1)/2 averages of two changes (each also with itself), ascending."""
    values = np.asarray(change, dtype=float)
    first, second = np.triu_indices(len(values))
    return np.sort((values[first] + values[second]) / 2)


def hodges_lehmann(change: ArrayLike, confidence: float = 0.95) -> Shift:
    """The median of the Walsh averages of all changes (zeros too) and the exact signed-rank interval.

    The interval runs between the k-th smallest and k-th largest Walsh average, k from the exact null
    distribution without ties; with ties it covers at least as often. Hodges & Lehmann, Ann Math Stat
    1963;34:598; Hollander & Wolfe, Nonparametric Statistical Methods, section 3.3.

    >>> hodges_lehmann([1, 2, 3, 4, 5, 6], confidence=0.9).estimate
    3.5
    """
    averages = walsh_averages(change)
    n = len(np.asarray(change))
    if n == 0:
        return Shift(0, math.nan, math.nan, math.nan, math.nan)
    estimate = float(np.median(averages))
    rank, outside = _walsh_rank(n, _alpha(confidence))
    if rank == 0:
        return Shift(n, estimate, math.nan, math.nan, math.nan)
    return Shift(n, estimate, float(averages[rank - 1]), float(averages[-rank]), 1 - outside)


def _walsh_rank(n: int, alpha: float) -> tuple[int, float]:
    """The largest k with P(W <= k - 1) <= alpha / 2, and twice that probability; 0 where there is none."""
    tails = np.cumsum(rank_sum_chances(range(1, n + 1)))
    rank = int(np.searchsorted(tails, alpha / 2, side="right"))
    return rank, 2 * float(tails[rank - 1]) if rank else math.nan


@dataclass(frozen=True)
class PairedT:
    """Student's paired t of `n` changes: mean change with interval, SD of the changes, t, df, two-sided P."""

    n: int
    mean: float
    sd: float
    t: float
    df: int
    p: float
    low: float
    high: float


def paired_t(change: ArrayLike, confidence: float = 0.95) -> PairedT:
    """The paired t test of the changes (1-d, no missing value); NaN where n < 2 or all changes are equal.

    Student, Biometrika 1908;6:1. The interval is the mean plus or minus t(n-1) times SD / sqrt(n).

    >>> round(paired_t([1, 2, 3]).t, 3)
    3.464
    """
    values = np.asarray(change, dtype=float)
    n, tail = len(values), _alpha(confidence) / 2
    mean = float(values.mean()) if n else math.nan
    sd = float(values.std(ddof=1)) if n > 1 else math.nan
    if not sd > 0:
        return PairedT(n, mean, sd, math.nan, n - 1, math.nan, math.nan, math.nan)
    error = sd / math.sqrt(n)
    half = float(stats.t.isf(tail, n - 1)) * error
    p = float(2 * stats.t.sf(abs(mean / error), n - 1))
    return PairedT(n, mean, sd, mean / error, n - 1, p, mean - half, mean + half)


def shapiro(change: ArrayLike) -> tuple[float, float]:
    """Shapiro and Wilk's W and P of normality; (NaN, NaN) for fewer than three or all-equal values.

    Shapiro & Wilk, Biometrika 1965;52:591, by scipy (Royston's algorithm AS R94).
    """
    values = np.asarray(change, dtype=float)
    if len(values) < 3 or np.ptp(values) == 0:
        return math.nan, math.nan
    found = stats.shapiro(values)
    return float(found.statistic), float(found.pvalue)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted P values in the order given; a missing P stays missing and isn't counted.

    Holm, Scand J Stat 1979;6:65, by statsmodels.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=float)
    known = ~np.isnan(given)
    adjusted = np.full(len(given), np.nan)
    if known.any():
        adjusted[known] = multipletests(given[known], method="holm")[1]
    return tuple(float(p) for p in adjusted)


# Medians -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Median:
    """A median with a distribution-free interval; `coverage` is what the interval attains.

    Where `n` is too small for the confidence asked for, low, high and coverage are NaN.
    """

    n: int
    estimate: float
    low: float
    high: float
    coverage: float


def median_interval(values: Iterable[float], confidence: float = 0.95) -> Median:
    """The median and the interval between the k-th smallest and k-th largest value, k from the binomial.

    Missing values are left out. Conover, Practical Nonparametric Statistics, section 3.2.

    >>> found = median_interval([1, 2, 3, 4, 5, 6])
    >>> found.estimate, found.low, found.high, found.coverage
    (3.5, 1.0, 6.0, 0.96875)
    """
    ordered = np.sort([float(value) for value in values if not pd.isna(value)])
    n, tail = len(ordered), _alpha(confidence) / 2
    if n == 0:
        return Median(0, math.nan, math.nan, math.nan, math.nan)
    tails = stats.binom.cdf(np.arange(n), n, 0.5)
    k = int(np.searchsorted(tails, tail * (1 + 1e-12), side="right"))
    estimate = float(np.median(ordered))
    if k == 0:
        return Median(n, estimate, math.nan, math.nan, math.nan)
    return Median(n, estimate, float(ordered[k - 1]), float(ordered[-k]), float(1 - 2 * tails[k - 1]))
