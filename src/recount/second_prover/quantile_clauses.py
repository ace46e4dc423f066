"""What a bound on a quantile says of how many values are small: clauses of two alternatives, exact for whole numbers.

Source of the definitions: Hyndman & Fan, Am Stat 1996;50:361 (1 to 9); Tukey, Exploratory Data Analysis, 1977 (hinges);
IBM SPSS Statistics Algorithms (HAVERAGE is definition 6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor

HALF = Fraction(1, 2)
MOST_TRIED = 5_000  # values of one order statistic, of which clauses are made
SHARES = {"median": HALF, "p25": Fraction(1, 4), "p75": Fraction(3, 4)}
LINEAR: dict[str, Callable[[Fraction], Fraction]] = {
    "hf4": lambda p: Fraction(0),
    "hf5": lambda p: HALF,
    "hf6": lambda p: p,
    "haverage": lambda p: p,
    "hf7": lambda p: 1 - p,
    "hf8": lambda p: (1 + p) / 3,
    "hf9": lambda p: p / 4 + Fraction(3, 8),
}

Alternative = tuple[int, int]
"""(t, k): at least k values are at most t."""
Clause = tuple[Alternative, ...]
"""One of the alternatives holds."""


def place_of(statistic: str, n: int, definition: str) -> tuple[int, Fraction]:
    """(k, f): the statistic of n sorted values is x[k] + f * (x[k+1] - x[k]), counted from 1, f below 1.

    >>> place_of("p25", 16, "haverage")
    (4, Fraction(1, 4))
    """
    if statistic in ("min", "max"):
        return (1 if statistic == "min" else n), Fraction(0)
    share = SHARES[statistic]
    at = (
        _place_by_steps(n, share, definition) if definition in ("hf1", "hf2", "hf3") else _between(n, share, definition)
    )
    at = min(max(at, Fraction(1)), Fraction(n))
    return floor(at), at - floor(at)


def _between(n: int, share: Fraction, definition: str) -> Fraction:
    if definition != "tukey":
        return n * share + LINEAR[definition](share)
    half = Fraction((n + 1) // 2 + 1, 2)  # the middle of the lower half, the median in both halves where n is odd
    return {Fraction(1, 4): half, HALF: Fraction(n + 1, 2), Fraction(3, 4): n + 1 - half}[share]


def _place_by_steps(n: int, share: Fraction, definition: str) -> Fraction:
    at = n * share - (HALF if definition == "hf3" else 0)
    if at.denominator != 1:
        return Fraction(floor(at) + 1)
    if definition == "hf2":
        return at + HALF
    return at if definition == "hf1" or at.numerator % 2 == 0 else at + 1


def at_most(
    k: int, f: Fraction, limit: Fraction, strict: bool, lowest: int, highest: int, most: int
) -> tuple[list[Clause], bool]:
    """What (1 - f) x[k] + f x[k+1] <= limit (< if strict) says of whole numbers from lowest to highest.

    For each v: x[k] is below v, or x[k+1] is at most what v leaves it. At most about `most` of these clauses are
    given, and whether that is all of them. Leaving clauses out only widens: what the others prove is true.
    """
    top = ceil(limit) - 1 if strict else floor(limit)
    clauses: list[Clause] = [((top, k),)]  # x[k] <= x[k+1], so x[k] is at most the limit itself
    if not f or top >= highest:
        return (clauses if top < highest else []), True
    tightest = _tightest(f, limit, strict, lowest, top, highest)
    for v in _spread_values(tightest, most):
        left = _greatest_next(v, f, limit, strict)
        first = () if v <= lowest else ((v - 1, k),)
        clauses.append((*first, (left, k + 1)))
    return clauses, len(tightest) <= most and top - lowest < MOST_TRIED


def _greatest_next(v: int, f: Fraction, limit: Fraction, strict: bool) -> int:
    """The greatest whole x[k+1] beside an x[k] of v."""
    rest = (limit - (1 - f) * v) / f
    return ceil(rest) - 1 if strict else floor(rest)


def _tightest(f: Fraction, limit: Fraction, strict: bool, lowest: int, top: int, highest: int) -> list[int]:
    """The values of x[k] that leave x[k+1] less than the one before, and less than everything."""
    found, before = [], highest
    for v in _spread_values(range(lowest, top + 1), MOST_TRIED):
        left = _greatest_next(v, f, limit, strict)
        if left < before:
            found.append(v)
            before = left
    return found


def _spread_values(values: Sequence[int], most: int) -> Sequence[int]:
    """About so many of the values, the last among them, denser towards it: that is where quantiles are decided."""
    if len(values) <= most:
        return values
    back = sorted({round((k / most) ** 2 * (len(values) - 1)) for k in range(most + 1)})
    return [values[len(values) - 1 - k] for k in reversed(back)]
