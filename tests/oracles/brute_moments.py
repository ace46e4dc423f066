"""What n whole numbers print, the slow and obvious way: every sum with every sum of squares, one number at a time.

Shares nothing with src/recount/checks; read by the tests of moments and by bench/checks.py.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from math import ceil, floor, isqrt


@cache
def pairs(n: int, low: int, high: int, cap: int) -> dict[int, int]:
    """For each sum of n whole numbers from low to high, a bit for each sum of squares up to cap."""
    found = {0: 1}
    for _ in range(n):
        further: dict[int, int] = {}
        for total, squares in found.items():
            for value in range(low, high + 1):
                kept = (squares << value * value) & ((1 << cap + 1) - 1)
                if kept:
                    further[total + value] = further.get(total + value, 0) | kept
        found = further
    return found


def bits(number: int) -> list[int]:
    """The places of the bits that are set."""
    return [place for place, bit in enumerate(reversed(bin(number)[2:])) if bit == "1"]


def prints(value: Fraction, decimals: int) -> range:
    """The whole numbers of units of the last place that are no more than half a unit from the value."""
    half = Fraction(1, 2)
    return range(ceil(value * 10**decimals - half), floor(value * 10**decimals + half) + 1)


def prints_root(square: Fraction, decimals: int) -> range:
    """The same for the root of a number: k >= 0 with (k - 1/2)^2 <= the square in units <= (k + 1/2)^2."""
    units = 4 * square * 10 ** (2 * decimals)
    below, above = isqrt(floor(units)), isqrt(ceil(units) - 1) + 1 if units > 0 else 0
    return range(max(0, above // 2), (below + 1) // 2 + 1)


def printed_between(
    n: int, low: int, high: int, decimals: tuple[int, int], unit: Fraction = Fraction(1)
) -> set[tuple[int, int]]:
    """Every mean and SD that n whole numbers of units from low to high print, in units of their last places."""
    found = set()
    for total, squares in pairs(n, low, high, n * max(low * low, high * high)).items():
        for square in bits(squares):
            mean = Fraction(total, n) * unit
            variance = Fraction(n * square - total * total, n * (n - 1)) * unit**2
            found |= {(m, s) for m in prints(mean, decimals[0]) for s in prints_root(variance, decimals[1])}
    return found


def printed_anywhere(n: int, most: int, decimals: tuple[int, int]) -> set[tuple[int, int]]:
    """Every mean, less its whole part, and every SD up to `most`, that n whole numbers print.

    Means from 0 to 1 do, for adding 1 to every number adds 1 to the mean; then no number lies further from 0 than
    the root of all the squares.
    """
    cap = (n - 1) * (most + 1) ** 2 + n
    found, whole = set(), 10 ** decimals[0]
    table = pairs(n, -isqrt(cap), isqrt(cap), cap)
    for total in range(n):
        for square in bits(table.get(total, 0)):
            variance = Fraction(n * square - total * total, n * (n - 1))
            means = {mean % whole for mean in prints(Fraction(total, n), decimals[0])}
            found |= {(mean, sd) for mean in means for sd in prints_root(variance, decimals[1])}
    return found


def multisets(n: int, low: int, high: int) -> list[tuple[int, ...]]:
    """Every multiset of n whole numbers from low to high."""
    return list(combinations_with_replacement(range(low, high + 1), n))


def has(values: tuple[int, ...], mean: str, sd: str, unit: Fraction = Fraction(1)) -> bool:
    """Whether the values, in units, have this printed mean and SD: no more than half a unit of the last place off."""
    n = len(values)
    average = Fraction(sum(values), n)
    variance = sum((value - average) ** 2 for value in values) / (n - 1) * unit**2
    places = len(mean.partition(".")[2]), len(sd.partition(".")[2])
    texts = round(Fraction(mean) * 10 ** places[0]), round(Fraction(sd) * 10 ** places[1])
    return texts[0] in prints(average * unit, places[0]) and texts[1] in prints_root(variance, places[1])


def counts(n: int, low: int, high: int) -> dict[tuple[int, int], int]:
    """How many multisets of n whole numbers from low to high have each sum and sum of squares."""
    found = {(0, 0, 0): 1}
    for value in range(low, high + 1):
        further: dict[tuple[int, int, int], int] = {}
        for (size, total, squares), many in found.items():
            for times in range(n - size + 1):
                key = (size + times, total + times * value, squares + times * value * value)
                further[key] = further.get(key, 0) + many
        found = further
    return {(total, squares): many for (size, total, squares), many in found.items() if size == n}
