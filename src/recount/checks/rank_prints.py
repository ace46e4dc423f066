"""What signed-rank and rank-sum tests have in common: conventions, and whether a statistic prints a Z or a P.

A statistic's distance from its mean and its variance are exact, so |Z| is compared with a printed Z by squares. The
normal P is the one float: it goes through `recount.checks.tails`, so a Z within 10^-12 of an edge of P counts as
printed. An exact P is a fraction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor, isqrt

from recount.checks.rank_tests import Interval
from recount.checks.reading import printed_number, probability
from recount.checks.tails import ALTERNATIVE_RULE, ALTERNATIVES, signed_square, size_printed, z_interval
from recount.record import Printed

METHODS = ("asymptotic", "exact")
SIGNS = ("either", "as printed")
NOTHING_RULE = "a rank test is checked where a Z, a P or a statistic is printed"
METHOD_RULE = "a method is one of " + ", ".join(METHODS)
SIGN_RULE = "a sign is one of " + ", ".join(SIGNS)
TIES_RULE = 'ties are "none", "any" or the sizes of the groups of equal values from the lowest up, such as "1 2 1"'
Ties = str | Sequence[int]
Window = tuple[int, int]  # the least and the greatest whole number; empty where the least is the greater


@dataclass(frozen=True)
class RankQuestion:
    """What is printed of a rank test, and the convention by which it is read.

    `sign` "either": a Z's sign depends on the order of subtraction, and only its size is compared. `alternative` is
    about the first sample, or the differences, being "less" or "greater".
    """

    z: Printed | None
    p: Printed | None
    statistic: Printed | None
    continuity: bool
    method: str
    alternative: str
    sign: str

    @classmethod
    def of(
        cls,
        z: str | int | None,
        p: str | int | None,
        statistic: str | int | None,
        continuity: bool,
        method: str,
        alternative: str,
        sign: str,
    ) -> RankQuestion:
        """The question read; raises ValueError for what is no printed number or no convention, and for nothing."""
        choices = ((method, METHODS, METHOD_RULE), (alternative, ALTERNATIVES, ALTERNATIVE_RULE))
        for choice, choose, rule in (*choices, (sign, SIGNS, SIGN_RULE)):
            if choice not in choose:
                raise ValueError(f"{rule} (got {choice!r})")
        if z is None and p is None and statistic is None:
            raise ValueError(NOTHING_RULE)
        numbers = (None if text is None else printed_number(text) for text in (z, statistic))
        read_z, read_statistic = numbers
        read_p = None if p is None else probability(p)
        return cls(read_z, read_p, read_statistic, bool(continuity), method, alternative, sign)

    @cached_property
    def z_of_p(self) -> Interval | None:
        """The Z that print the P, if it is asymptotic."""
        if self.p is None or self.method == "exact":
            return None
        return z_interval(self.p, self.alternative)

    @property
    def rests_on_z(self) -> bool:
        """Whether anything that is printed rests on a Z."""
        return self.z is not None or self.z_of_p is not None

    def distances(self, variance: Fraction, correction: int, farthest: int) -> list[Window]:
        """The distances from the mean, up to `farthest`, whose Z = distance / sqrt(variance) print the Z and the P.

        Windows (least, greatest), in the units of `correction`: the half that a continuity correction takes off.
        """
        if not self.rests_on_z:
            return [(-farthest, farthest)]
        if variance <= 0:
            return []
        most = farthest + correction
        size, signed = (0, most), (-most, most)
        for values, is_size in self._wanted_zs():
            window = _whole_within(values, variance, most)
            size, signed = (_both_windows(size, window), signed) if is_size else (size, _both_windows(signed, window))
        moved = [_both_windows(signed, size), _both_windows(signed, (-size[1], -size[0]))]
        found = self._uncorrected(moved, correction) if self.continuity else moved
        return [_both_windows(window, (-farthest, farthest)) for window in found]

    def _wanted_zs(self) -> list[tuple[Interval, bool]]:
        """The Z printed and the Z that print an asymptotic P, each with whether it is just a size."""
        found = []
        if self.z is not None:
            is_size = self.sign == "either"
            found.append((size_printed(self.z) if is_size else as_printed(self.z), is_size))
        if self.z_of_p is not None:
            found.append((self.z_of_p, self.alternative == "two-sided"))
        return found

    def _uncorrected(self, moved: list[Window], correction: int) -> list[Window]:
        """The distances that a continuity correction moves there: half a rank farther from the mean.

        A one-sided alternative moves all of them one way, and those on its other side farther off.
        """
        if self.alternative != "two-sided":
            way = correction if self.alternative == "greater" else -correction
            return [(least + way, most + way) for least, most in moved]
        (low, high), (turned_low, turned_high) = moved
        middle = [(0, 0)] if low <= 0 <= high else []
        return [(low + correction, high + correction), (turned_low - correction, turned_high - correction), *middle]

    def exact_p_prints(self, below: Fraction, above: Fraction) -> bool:
        """Whether the exact P prints, given the null probabilities of the statistic or less, and of it or more.

        Two-sided it is twice the smaller of them, at most 1.
        """
        if self.p is None or self.method != "exact":
            return True
        one_sided = below if self.alternative == "less" else above
        return self.p.contains(
            min(2 * min(below, above), Fraction(1)) if self.alternative == "two-sided" else one_sided
        )

    def prints_statistic(self, value: Fraction, other: Fraction) -> bool:
        """Whether the statistic, or the other of the two that add up to a constant, is printed."""
        return self.statistic is None or self.statistic.contains(value) or self.statistic.contains(other)


def as_printed(x: Printed) -> Interval:
    """What a printed number stands for."""
    return Interval(x.low, x.high, x.low_strict, x.high_strict)


def _both_windows(a: Window, b: Window) -> Window:
    return max(a[0], b[0]), min(a[1], b[1])


def _whole_within(values: Interval, variance: Fraction, most: int) -> Window:
    """The whole numbers m from -most to most with m / sqrt(variance) in an interval, by squares."""
    least, greatest = -most, most
    if values.low is not None:
        least = _least_whole(signed_square(values.low) * variance, values.low_strict)
    if values.high is not None:
        greatest = -_least_whole(-signed_square(values.high) * variance, values.high_strict)
    return _both_windows((least, greatest), (-most, most))


def _least_whole(square: Fraction, strict: bool) -> int:
    """The least whole number whose signed square is this much or more; more, if strict.

    >>> _least_whole(Fraction(4), False), _least_whole(Fraction(4), True), _least_whole(Fraction(-5), False)
    (2, 3, -2)
    """
    least = isqrt(ceil(square) - 1) + 1 if square > 0 else -isqrt(floor(-square))
    return least + (strict and least * abs(least) == square)


def bits_within(packed: int, windows: Sequence[Window]) -> list[int]:
    """The places in any of the windows of a whole number's binary ones, lowest first.

    >>> bits_within(0b101101, [(0, 0), (2, 3), (5, 4)])
    [0, 2, 3]
    """
    mask = 0
    for least, greatest in windows:
        start = max(least, 0)
        mask |= ((1 << max(greatest + 1 - start, 0)) - 1) << start
    return bit_places(packed & mask)


def tie_groups(ties: Ties, size: int) -> tuple[int, ...] | None:
    """The sizes of the groups of equal values from the lowest up; None for any.

    >>> tie_groups("none", 3), tie_groups("1 2", 3), tie_groups("any", 3)
    ((1, 1, 1), (1, 2), None)
    """
    if isinstance(ties, str) and ties in ("none", "any"):
        return None if ties == "any" else (1,) * size
    parts = ties.split() if isinstance(ties, str) else ties
    try:
        sizes = tuple(int(part) for part in parts)
    except (TypeError, ValueError) as fault:
        raise ValueError(TIES_RULE) from fault
    if min(sizes, default=1) < 1 or sum(sizes) != size:
        raise ValueError(f"{TIES_RULE}; they add up to the number of ranked values, here {size}")
    return sizes


def tie_sum(sizes: Sequence[int]) -> int:
    """The sum of t^3 - t over the groups of equal values.

    >>> tie_sum((1, 2, 3))
    30
    """
    return sum(t**3 - t for t in sizes)


def bit_places(packed: int) -> list[int]:
    """The places of a whole number's binary ones, lowest first.

    >>> bit_places(0b1010)
    [1, 3]
    """
    found = []
    while packed:
        lowest = packed & -packed
        found.append(lowest.bit_length() - 1)
        packed ^= lowest
    return found
