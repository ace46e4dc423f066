"""P from a test statistic, and statistics from a P: the only floats among the checks, each end moved outward.

scipy's tails are right to better than one part in 10^12, the margin by which every end is moved; so a P or a statistic
within that of a printed number's edge counts as printed, and nothing else rests on a float.

Sources: the normal, Student's t and chi-squared distributions as in Johnson, Kotz & Balakrishnan, Continuous Univariate
Distributions, 2nd ed., chapters 13, 18 and 28. A two-sided P is twice the tail beyond the size of the statistic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import isfinite
from typing import Any

from recount.checks.distributions import chi2_sf, normal_isf, normal_sf, t_isf, t_sf
from recount.checks.rank_tests import Interval
from recount.checks.reading import plain_number, printed_number, probability, whole_size
from recount.record import Printed, root

ALTERNATIVES = ("two-sided", "less", "greater")
MARGIN = Fraction(1, 10**12)
LEAST = Fraction(1, 10**300)  # what floats can't tell from nought
ALTERNATIVE_RULE = "an alternative is one of " + ", ".join(ALTERNATIVES)
Tail = Callable[[float], float]


@dataclass(frozen=True)
class PRange:
    """The P that a printed statistic implies, from low to high, and whether a printed P agrees (None: none given)."""

    low: Fraction
    high: Fraction
    holds: bool | None


def p_from_z(z: str | int, p: str | int | None = None, alternative: str = "two-sided") -> PRange:
    """The normal P of a printed Z, and whether a printed P meets it.

    `alternative` "less" takes the tail below Z, "greater" the tail above. Raises ValueError for what is no printed
    number.

    >>> found = p_from_z("3.041", "0.002")
    >>> found.holds, round(float(found.low), 6), round(float(found.high), 6)
    (True, 0.002354, 0.002362)
    """
    low, high = ends_looked_at(printed_number(z), alternative)
    return p_range(normal_sf, low, high, alternative, p)


def p_from_t(t_printed: str | int, df: str | int, p: str | int | None = None, alternative: str = "two-sided") -> PRange:
    """The P of a printed t on so many degrees of freedom, and whether a printed P meets it.

    Degrees of freedom are exact where they are whole, and otherwise stand for half a unit either side.

    >>> p_from_t("1.336", 12, "0.206").holds, p_from_t("1.336", 12, "0.207").holds
    (True, False)
    """
    low, high = ends_looked_at(printed_number(t_printed), alternative)
    least, most = freedom(df)
    found = [p_range(partial(t_sf, df=float(freely)), low, high, alternative, p) for freely in (least, most)]
    low_p, high_p = min(each.low for each in found), max(each.high for each in found)
    return PRange(low_p, high_p, p_agrees(low_p, high_p, p))


def p_from_chi2(chi2_printed: str | int, df: str | int, p: str | int | None = None) -> PRange:
    """The P of a printed chi-squared on whole degrees of freedom, and whether a printed P meets it.

    >>> p_from_chi2("3.84", 1, "0.05").holds
    True
    """
    printed, freely = printed_number(chi2_printed), whole_size(df)
    low = None if printed.low is None else max(printed.low, Fraction(0))
    return p_range(lambda x: chi2_sf(x, freely), low, printed.high, "greater", p)


# --- what the other tests use -----------------------------------------------------------------------------


def freedom(df: str | int) -> tuple[Fraction, Fraction]:
    """The least and the greatest degrees of freedom that are printed so, above nought."""
    printed = plain_number(df)
    low, high = (printed.value, printed.value) if printed.decimals == 0 else (printed.low, printed.high)
    if low is None or high is None or low <= 0:
        raise ValueError("degrees of freedom are above nought")
    return low, high


def ends_looked_at(printed: Printed, alternative: str) -> tuple[Fraction | None, Fraction | None]:
    """The least and the greatest statistic that the alternative looks at: its size, itself, or turned about nought."""
    if alternative not in ALTERNATIVES:
        raise ValueError(ALTERNATIVE_RULE)
    low, high = printed.low, printed.high
    if alternative == "greater":
        return low, high
    turned = (None if high is None else -high, None if low is None else -low)
    return turned if alternative == "less" else size_ends(low, high)


def size_ends(low: Fraction | None, high: Fraction | None) -> tuple[Fraction, Fraction | None]:
    """The least and the greatest size of what lies from low to high."""
    if low is not None and low >= 0:
        return low, high
    if high is not None and high <= 0:
        return -high, None if low is None else -low
    return Fraction(0), None if low is None or high is None else max(-low, high)


def size_printed(t: Printed) -> Interval:
    """What is printed of the size of a statistic: of one below nought, its mirror image; above -1 is any size."""
    if t.value >= 0 or t.relation in (">", ">="):
        return Interval(t.low, t.high, t.low_strict, t.high_strict)
    low, high = (None if end is None else -end for end in (t.high, t.low))
    return Interval(low, high, t.high_strict, t.low_strict)


def p_range(
    tail: Tail, low: Fraction | None, high: Fraction | None, alternative: str, p: str | int | None = None
) -> PRange:
    """The P of a statistic from low to high (by `ends_looked_at`), by an upper tail, and whether it meets p."""
    sides = 2 if alternative == "two-sided" else 1
    least, most = enclosed(tail, high, sides)[0], enclosed(tail, low, sides)[1]
    return PRange(least, most, p_agrees(least, most, p))


def enclosed(tail: Tail, x: Fraction | None, sides: int = 1) -> tuple[Fraction, Fraction]:
    """Two numbers between which `sides` times the upper tail beyond x lies; x None: no bound, a P of nought or one."""
    if x is None:
        return Fraction(0), Fraction(1)
    p = Fraction(float(tail(float(x)))) * sides
    return max(p * (1 - MARGIN) - LEAST, Fraction(0)), min(p * (1 + MARGIN) + LEAST, Fraction(1))


def p_agrees(low: Fraction, high: Fraction, p: str | int | None) -> bool | None:
    """Whether a printed P meets the P from low to high; None where none is printed."""
    return None if p is None else meets_printed(Interval(low, high), probability(p))


def meets_printed(values: Interval, printed: Printed) -> bool:
    """Whether any value from low to high, both ends included, lies in what is printed."""
    low_ok = printed.low is None or values.high is None or _is_below(printed.low, values.high, printed.low_strict)
    high_ok = printed.high is None or values.low is None or _is_below(values.low, printed.high, printed.high_strict)
    return low_ok and high_ok


def _is_below(a: Fraction, b: Fraction, strict: bool) -> bool:
    return a < b if strict else a <= b


def z_interval(p: Printed, alternative: str) -> Interval:
    """The Z (its size, if two-sided) with a normal P in what is printed, ends moved outward and taken in."""
    low, high = _quantiles(normal_isf, p, alternative)
    return Interval(high, low) if alternative == "less" else Interval(low, high)


def t_interval(p: Printed, df: int) -> Interval:
    """The size of t on whole degrees of freedom with a two-sided P in what is printed, ends moved outward."""
    low, high = _quantiles(lambda x: t_isf(x, df), p, "two-sided")
    return Interval(low, high)


def _quantiles(inverse: Callable[[float], Any], p: Printed, alternative: str) -> tuple[Any, Any]:
    """The statistics with the greatest and the least P printed, turned about nought for "less"."""
    if alternative not in ALTERNATIVES:
        raise ValueError(ALTERNATIVE_RULE)
    sides = 2 if alternative == "two-sided" else 1
    sign = -1 if alternative == "less" else 1
    low = _outward(inverse, p.high, sides, -1)
    high = _outward(inverse, p.low, sides, 1)
    if sides == 2 and low is None:
        low = Fraction(0)
    return (None if low is None else sign * low), (None if high is None else sign * high)


def _outward(inverse: Callable[[float], Any], p: Fraction | None, sides: int, way: int) -> Fraction | None:
    """The statistic of a P, moved down (way -1) or up; None where P is no bound."""
    if p is None or p <= 0 or p >= 1:
        return None
    x = float(inverse(float(p) / sides))
    if not isfinite(x):
        return None
    return Fraction(x) + way * MARGIN * (1 + abs(Fraction(x)))


def outer_root(square: Fraction, up: bool) -> Fraction:
    """The square root, or where it is irrational a number 10^-40 or less below it, or above it.

    >>> outer_root(Fraction(2), False) ** 2 < 2 < outer_root(Fraction(2), True) ** 2
    True
    """
    found = root(square)
    if found**2 == square:
        return found
    return found + Fraction(1 if up else -1, 10**40)


def signed_square(x: Fraction) -> Fraction:
    """x |x|, which has the order of x and is exact where x is a root."""
    return x * abs(x)


def square_meets(low: Fraction, high: Fraction, printed: Printed | Interval) -> bool:
    """Whether any number whose signed square lies from low to high lies in what is printed: compared by squares."""
    bottom = None if printed.low is None else signed_square(printed.low)
    top = None if printed.high is None else signed_square(printed.high)
    above = bottom is None or _is_below(bottom, high, printed.low_strict)
    return above and (top is None or _is_below(low, top, printed.high_strict))
