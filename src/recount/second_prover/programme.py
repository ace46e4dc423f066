"""An integer programme: whole numbers between bounds, and rows of whole multiples of them between bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor, lcm

Term = tuple[int, Fraction | int]


@dataclass
class Programme:
    """`lows`, `highs`: one bound a number; `rows`: numbers, their factors, least and greatest sum (None: no bound).

    Every factor and every bound is a whole number, so that patients who satisfy a row satisfy it without any
    rounding, in floating point too as long as the sums stay below 2^53.
    """

    lows: list[int] = field(default_factory=list)
    highs: list[int] = field(default_factory=list)
    rows: list[tuple[Sequence[int], Sequence[int], int | None, int | None]] = field(default_factory=list)

    def new_number(self, low: int, high: int) -> int:
        """A new whole number from low to high, by its place."""
        self.lows.append(low)
        self.highs.append(high)
        return len(self.lows) - 1

    def at_most(self, terms: Iterable[Term], bound: Fraction | int, strict: bool = False) -> None:
        """The sum of numbers times factors is at most the bound; below it, if strict."""
        kept = [(place, Fraction(factor)) for place, factor in terms]
        scale = lcm(*(factor.denominator for _, factor in kept))
        limit = Fraction(bound) * scale
        # The sum is whole, so below the bound is at most the next whole number under it.
        whole = ceil(limit) - 1 if strict else floor(limit)
        self.rows.append(([p for p, _ in kept], [int(f * scale) for _, f in kept], None, whole))

    def at_least(self, terms: Iterable[Term], bound: Fraction | int, strict: bool = False) -> None:
        """The sum of numbers times factors is at least the bound; above it, if strict."""
        self.at_most([(place, -factor) for place, factor in terms], -bound, strict)

    def impose_equal(self, places: Sequence[int], factors: Sequence[int], total: int = 0) -> None:
        """The sum of numbers times whole factors is the total."""
        self.rows.append((places, factors, total, total))
