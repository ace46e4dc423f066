"""The signed-rank test as SPSS prints it: asymptotic Z, zeros dropped, corrected for ties, no continuity correction.

Source: IBM SPSS Statistics Algorithms, NPAR TESTS, Wilcoxon; Wilcoxon, Biometrics Bull 1945;1:80.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil, floor, isqrt

from recount.checks.distributions import normal_isf
from recount.record import Printed

GREAT_Z = 37  # the greatest whole |Z| whose two-sided P as a float is above nought


@dataclass(frozen=True)
class Interval:
    """What a value may be: from low to high (None: no bound), a strict bound itself left out."""

    low: Fraction | None
    high: Fraction | None
    low_strict: bool = False
    high_strict: bool = False


@cache
def tie_terms(n: int, largest: int | None = None) -> frozenset[int]:
    """Every sum of t^3 - t that ties among n ranks can give, over the groups' sizes t.

    >>> sorted(tie_terms(3))
    [0, 6, 24]
    """
    if n == 0:
        return frozenset({0})
    sizes = range(1, min(n, largest or n) + 1)
    return frozenset(t**3 - t + rest for t in sizes for rest in tie_terms(n - t, t))


def z_squared(n: int, doubled: int, ties: int) -> Fraction | None:
    """The square of Z for n differences, twice the rank sum and the ties' term; None where the variance is nought.

    Z = (W - n(n+1)/4) / sqrt(n(n+1)(2n+1)/24 - sum(t^3 - t)/48).

    >>> round(float(z_squared(13, 4, 0)) ** 0.5, 4)
    3.04
    """
    variance = Fraction(n * (n + 1) * (2 * n + 1), 24) - Fraction(ties, 48)
    if variance == 0:
        return None
    return (Fraction(doubled, 2) - Fraction(n * (n + 1), 4)) ** 2 / variance


def distances(n: int, ties: int, z: Printed | Interval) -> range:
    """The distances |2D - n(n+1)| that print this |Z|, D being twice the rank sum of n differences.

    |Z| = distance * sqrt(3 / (2n(n+1)(2n+1) - ties)), the formula of `z_squared` solved for the distance.

    >>> distances(13, 0, Printed("3.040"))
    range(174, 175)
    """
    a = Fraction(2 * n * (n + 1) * (2 * n + 1) - ties, 3)
    low = Fraction(0) if z.low is None or z.low < 0 else z.low**2 * a
    high = Fraction(n * (n + 1)) ** 2 if z.high is None else z.high**2 * a
    if a == 0 or (z.high is not None and z.high < 0):
        return range(0)
    least, most = isqrt(ceil(low) - 1) + 1 if low > 0 else 0, isqrt(floor(high))
    least += z.low is not None and z.low_strict and least**2 == low
    most -= z.high is not None and z.high_strict and most**2 == high
    return range(least, most + 1)


@cache
def p_to_z(p: Printed) -> Interval:
    """The |Z| whose two-sided asymptotic P lies in what is printed.

    The normal distribution's ends are floats; a |Z| is taken in when it is within their last place. A P above 1, or not
    above nought, is that of no |Z|, given as one below nought; as a float that of a very great |Z| is nought.
    """
    if (p.low is not None and p.low > 1) or (p.high is not None and (p.high < 0 or (p.high == 0 and p.high_strict))):
        return Interval(None, Fraction(-1))
    if p.high == 0:
        return Interval(Fraction(GREAT_Z), None)
    low = None if p.high is None or p.high >= 1 else Fraction(normal_isf(float(p.high) / 2))
    high = None if p.low is None or p.low <= 0 else Fraction(normal_isf(float(p.low) / 2))
    return Interval(low, high, p.high_strict, p.low_strict)
