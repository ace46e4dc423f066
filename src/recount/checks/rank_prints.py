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

from recount.checks.rank_tests import Interval
from recount.checks.tails import ALTERNATIVE_RULE, ALTERNATIVES, number, probability, square_meets, z_interval
from recount.printed import Printed

METHODS = ("asymptotic", "exact")
SIGNS = ("either", "as printed")
NOTHING_RULE = "a rank test is checked where a Z, a P or a statistic is printed"
METHOD_RULE = "a method is one of " + ", ".join(METHODS)
SIGN_RULE = "a sign is one of " + ", ".join(SIGNS)
TIES_RULE = 'ties are "none", "any" or the sizes of the groups of equal values from the lowest up, such as "1 2 1"'
Ties = str | Sequence[int]


@dataclass(frozen=True)
class Question:
    """What is printed of a rank test, and the convention by which it is read.

    `sign` "either": a Z's sign depends on the order of subtraction, and only its size is compared. `alternative` is about the first
    sample, or the differences, being "less" or "greater".
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
    ) -> Question:
        """The question read; raises ValueError for what is no printed number or no convention, and for nothing."""
        choices = ((method, METHODS, METHOD_RULE), (alternative, ALTERNATIVES, ALTERNATIVE_RULE))
        for choice, choose, rule in (*choices, (sign, SIGNS, SIGN_RULE)):
            if choice not in choose:
                raise ValueError(f"{rule} (got {choice!r})")
        if z is None and p is None and statistic is None:
            raise ValueError(NOTHING_RULE)
        numbers = (None if text is None else number(text) for text in (z, statistic))
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
    def needs_no_z(self) -> bool:
        """Whether nothing that is printed rests on a Z."""
        return self.z is None and (self.p is None or self.method == "exact")

    def asymptotic(self, distance: int, variance: Fraction, correction: int) -> bool:
        """Whether Z = distance / sqrt(variance) prints the Z, and the P if it is asymptotic.

        `correction` is the half that a continuity correction takes off, in the distance's units.
        """
        if variance <= 0:
            return False
        moved = self._corrected(distance, correction) if self.continuity else distance
        square = Fraction(moved * abs(moved)) / variance
        return self._prints_z(square) and self._prints_p(square)

    def _corrected(self, distance: int, correction: int) -> int:
        """The distance half a rank nearer to the mean, or by a one-sided alternative half a rank to its other side."""
        if self.alternative == "two-sided":
            return distance - correction * ((distance > 0) - (distance < 0))
        return distance - correction if self.alternative == "greater" else distance + correction

    def _prints_z(self, square: Fraction) -> bool:
        if self.z is None:
            return True
        if self.sign == "either":
            square = -abs(square) if self.z.value < 0 else abs(square)
        return square_meets(square, square, self.z)

    def _prints_p(self, square: Fraction) -> bool:
        if self.z_of_p is None:
            return True
        wanted = abs(square) if self.alternative == "two-sided" else square
        return square_meets(wanted, wanted, self.z_of_p)

    def exact(self, below: Fraction, above: Fraction) -> bool:
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


def groups(ties: Ties, size: int) -> tuple[int, ...] | None:
    """The sizes of the groups of equal values from the lowest up; None for any.

    >>> groups("none", 3), groups("1 2", 3), groups("any", 3)
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


def term(sizes: Sequence[int]) -> int:
    """The sum of t^3 - t over the groups of equal values.

    >>> term((1, 2, 3))
    30
    """
    return sum(t**3 - t for t in sizes)


def bits(packed: int) -> list[int]:
    """The places of a whole number's binary ones, lowest first.

    >>> bits(0b1010)
    [1, 3]
    """
    found = []
    while packed:
        lowest = packed & -packed
        found.append(lowest.bit_length() - 1)
        packed ^= lowest
    return found
