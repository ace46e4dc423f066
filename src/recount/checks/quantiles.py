"""Quantiles under named definitions, exactly.

Source: Hyndman & Fan, Sample quantiles in statistical packages, Am Stat 1996;50:361 (definitions 1 to 9); Tukey,
Exploratory Data Analysis, 1977 (hinges); IBM SPSS Statistics Algorithms, Frequencies (HAVERAGE is definition 6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import floor

DEFINITIONS = ("haverage", "tukey", *(f"hf{k}" for k in range(1, 10)))
HALF = Fraction(1, 2)

_LINEAR: dict[
    str, Callable[[Fraction], Fraction]
] = {  # the position of quantile p among n sorted values is n * p + m(p)
    "hf4": lambda p: Fraction(0),
    "hf5": lambda p: HALF,
    "hf6": lambda p: p,
    "haverage": lambda p: p,
    "hf7": lambda p: 1 - p,
    "hf8": lambda p: (p + 1) / 3,
    "hf9": lambda p: p / 4 + Fraction(3, 8),
}


def position(n: int, p: Fraction, definition: str = "haverage") -> tuple[int, int, Fraction]:
    """Where the quantile p of n sorted values lies: (k, k + 1, f) for x[k] + f * (x[k+1] - x[k]), counted from 1.

    Raises ValueError for no values, an unknown definition, or a Tukey hinge other than a quartile or the median.

    >>> position(16, Fraction(1, 4))
    (4, 5, Fraction(1, 4))
    """
    if n < 1:
        raise ValueError(f"a quantile needs at least one value (got {n})")
    if definition not in DEFINITIONS:
        raise ValueError(
            f"an unknown definition of quantiles (got {definition!r}): use one of {', '.join(DEFINITIONS)}"
        )
    place = _quantile_place(n, Fraction(p), definition)
    place = min(max(place, Fraction(1)), Fraction(n))
    lower = min(floor(place), max(n - 1, 1))
    return lower, min(lower + 1, n), place - lower


def _quantile_place(n: int, p: Fraction, definition: str) -> Fraction:
    if definition == "tukey":
        return _hinge_place(n, p)
    if definition in _LINEAR:
        return n * p + _LINEAR[definition](p)
    return _step_place(n, p, definition)


def _hinge_place(n: int, p: Fraction) -> Fraction:
    """The place of a hinge: the median of the half below, which holds the median itself where n is odd."""
    places = {Fraction(1, 4): Fraction((n + 1) // 2 + 1, 2), HALF: Fraction(n + 1, 2)}
    places[Fraction(3, 4)] = n + 1 - places[Fraction(1, 4)]
    if p not in places:
        raise ValueError(f"Tukey's hinges are quartiles and the median (got {p})")
    return places[p]


def _step_place(n: int, p: Fraction, definition: str) -> Fraction:
    """The place by the definitions that take one value, or at a tie the middle of two."""
    exact = n * p - (HALF if definition == "hf3" else 0)
    whole, rest = floor(exact), exact - floor(exact)
    if rest:
        return Fraction(whole + 1)
    if definition == "hf2":
        return whole + HALF
    return Fraction(whole if definition == "hf1" or whole % 2 == 0 else whole + 1)


def quantile(values: Sequence[Fraction | int], p: Fraction, definition: str = "haverage") -> Fraction:
    """The quantile p of the values, exactly.

    >>> quantile([3, 4, 10, 12], Fraction(1, 4))
    Fraction(13, 4)
    """
    ordered = sorted(Fraction(v) for v in values)
    lower, upper, f = position(len(ordered), Fraction(p), definition)
    return ordered[lower - 1] + f * (ordered[upper - 1] - ordered[lower - 1])
