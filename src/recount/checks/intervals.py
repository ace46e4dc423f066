"""Confidence intervals as papers print them: of a proportion, of a mean, and of a median.

- A proportion k/n: "clopper-pearson", the exact one (Clopper & Pearson, Biometrika 1934;26:404); "wilson", the score
  interval (Wilson, J Am Stat Assoc 1927;22:209); "wald", p -+ z sqrt(p(1 - p)/n), cut off at 0 and 1.
- A mean: mean -+ t(n - 1) s/sqrt(n) (Student, Biometrika 1908;6:1).
- A median: the values at places l and n + 1 - l, l the greatest with P(Bin(n, 1/2) < l) at most half of what the
  confidence leaves (Thompson, Ann Math Stat 1936;7:122). Of fewer than 6 values there is none at 95 %.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

PROPORTION_INTERVALS = ("clopper-pearson", "wilson", "wald")


def proportion_interval(k: Any, n: Any, method: str, confidence: int) -> tuple[Any, Any]:
    """The interval (low, high) of the proportion k/n, from 0 to 1, in floats; of arrays of k and n, arrays.

    `confidence` is in per cent. Raises ValueError for a method that isn't one of `PROPORTION_INTERVALS`.

    >>> low, high = proportion_interval(12, 24, "clopper-pearson", 95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2912, 0.7088)
    """
    from scipy import special

    if method not in PROPORTION_INTERVALS:
        raise ValueError(f"an interval of a proportion is one of {', '.join(PROPORTION_INTERVALS)} (got {method!r})")
    tail = (100 - confidence) / 200
    if method == "clopper-pearson":
        return _clopper_pearson(k, n, tail)
    z, p = float(special.ndtri(1 - tail)), k / n
    if method == "wilson":
        middle, half = p + z**2 / (2 * n), z * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
        return _clipped((middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n))
    half = z * (p * (1 - p) / n) ** 0.5
    return _clipped(p - half, p + half)


def _clopper_pearson(k: Any, n: Any, tail: float) -> tuple[Any, Any]:
    """By quantiles of beta distributions; nought of none, one of all."""
    import numpy as np
    from scipy import special

    k, n = np.asarray(k), np.asarray(n)
    low = np.where(k == 0, 0.0, special.betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, special.betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return low[()], high[()]


def _clipped(low: Any, high: Any) -> tuple[Any, Any]:
    """The ends, none below 0 or above 1."""
    import numpy as np

    return np.clip(low, 0.0, 1.0)[()], np.clip(high, 0.0, 1.0)[()]


def mean_interval(mean: float, se: float, n: int, confidence: int) -> tuple[float, float]:
    """The interval (low, high) of a mean with this standard error, of n values, two at least.

    >>> low, high = mean_interval(10.0, 1.0, 25, 95)
    >>> round(low, 4), round(high, 4)
    (7.9361, 12.0639)
    """
    from scipy import special

    half = float(special.stdtrit(n - 1, 1 - (100 - confidence) / 200)) * se
    return mean - half, mean + half


def median_places(n: int, confidence: int) -> tuple[int, int] | None:
    """The places, from 1, of the two of n values in order that enclose the median; None where n are too few.

    >>> median_places(5, 95), median_places(6, 95), median_places(24, 95)
    (None, (1, 6), (7, 18))
    """
    tail, place, below = Fraction(100 - confidence, 200) * 2**n, 0, 0
    while below + comb(n, place) <= tail:
        below += comb(n, place)
        place += 1
    return (place, n + 1 - place) if place else None
