"""Can n values on a grid have a printed mean and a printed standard deviation? Exactly, in both directions.

A printed number stands for the closed interval of half a unit either side; the SD is the sample's, with n - 1. With
values in whole steps u, their sum S and their sum of squares Q are whole numbers, the mean is uS/n, and
n(n - 1) (SD/u)^2 = nQ - S^2. Which pairs S, Q some n whole numbers have is in `sums_of_squares_of_integers`.

Sources: GRIM, Brown & Heathers, Soc Psychol Personal Sci 2017;8:363. GRIMMER, Anaya, PeerJ Preprints 2016;4:e2400v1,
and Allard, Analytic-GRIMMER, 2018 (parity). DEBIT, Heathers & Brown, 2019. The greatest SD between limits, Bhatia &
Davis, Am Math Mon 2000;107:353, here on a grid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import ceil, floor, isqrt

from recount.checks.reading import Number, exact_limit, plain_number, positive, whole_size
from recount.checks.sums_of_squares_of_integers import least_squares, most_squares, reachable_between, whole_squares
from recount.record import Printed

LIMITS_RULE = "the lower limit isn't above the upper limit, and a step lies between them"

BELOW, ABOVE, BETWEEN, HOLE, HOLDS = 1, 2, 4, 8, 16  # what one sum says of the SD, as bits
NO_SUM = "no sum of so many whole steps prints this mean"
OUTSIDE = "the mean lies outside the limits"
SINGLE = "one value has no SD"
SD_WHY = {
    BELOW: "any values with this mean have a greater SD",
    ABOVE: "any values with this mean between the limits have a smaller SD",
    BETWEEN: "no sum of squares prints this SD beside this mean",
    HOLE: "the sums of squares that print this SD aren't those of so many whole steps with this mean",
    HOLDS: "values with this mean and this SD exist",
}


@dataclass(frozen=True)
class Grimmer:
    """Whether a mean and an SD are possible together."""

    holds: bool
    why: str


def grimmer(
    mean: str | int,
    sd: str | int,
    n: int,
    step: Number = 1,
    items: int = 1,
    low: Number | None = None,
    high: Number | None = None,
) -> Grimmer:
    """Whether n values in whole steps can have this mean and this sample SD; with `items`, each is a mean of so many.

    `low` and `high` are the limits of one item. Raises ValueError for what isn't a number, and for limits that leave
    no value.

    >>> grimmer("1.03", "0.41", 40).why
    'no sum of squares prints this SD beside this mean'
    >>> grimmer("52.13", "2.26", 30).holds, grimmer("3.4", "1.95", 12, low=1, high=5).holds
    (True, False)
    """
    values, printed = Values.of(n, step, items, low, high), plain_number(sd)
    sums = values.sums_printing(plain_number(mean))
    inside = values.sums_inside(sums)
    if not inside:
        return Grimmer(False, OUTSIDE if sums else NO_SUM)
    if values.n == 1:
        return Grimmer(False, SINGLE)
    found = values.findings(inside, values.spreads(printed))
    return Grimmer(found >= HOLDS, sd_why(found))


def sd_why(found: int) -> str:
    """What bits that one or more sums have set come to, in words: the best of them; below and above is between."""
    if found & (BELOW | ABOVE | BETWEEN) and found < HOLE:
        return SD_WHY[found if found in (BELOW, ABOVE) else BETWEEN]
    return SD_WHY[HOLDS if found >= HOLDS else HOLE]


@dataclass(frozen=True)
class Values:
    """n unknown values in whole units, each from `low` to `high` units (None: no limit)."""

    n: int
    unit: Fraction
    low: int | None = None
    high: int | None = None

    @classmethod
    def of(cls, n: int, step: Number, items: int, low: Number | None, high: Number | None) -> Values:
        """Values that are means of `items` numbers on a step; the unit is the step over the items."""
        size, many, grid = whole_size(n), whole_size(items), positive(step)
        bottom, top = exact_limit(low), exact_limit(high)
        least = None if bottom is None else many * ceil(bottom / grid)
        most = None if top is None else many * floor(top / grid)
        if least is not None and most is not None and least > most:
            raise ValueError(LIMITS_RULE)
        return cls(size, grid / many, least, most)

    def sums_printing(self, mean: Printed) -> range:
        """The sums, in units, that print the mean, limits aside."""
        assert mean.low is not None and mean.high is not None
        return range(ceil(mean.low * self.n / self.unit), floor(mean.high * self.n / self.unit) + 1)

    def sums_inside(self, sums: range) -> range:
        """Those of the sums that the limits allow."""
        first = sums.start if self.low is None else max(sums.start, self.n * self.low)
        stop = sums.stop if self.high is None else min(sums.stop, self.n * self.high + 1)
        return range(first, max(first, stop))

    def spreads(self, sd: Printed) -> tuple[int, int]:
        """The least and greatest nQ - S^2 that print the SD; the greatest is below nought for a negative SD."""
        if sd.high is not None and sd.high < 0:
            return 0, -1
        return whole_squares(sd, self.n * (self.n - 1) / self.unit**2, (0, 0))

    def findings(self, sums: range, spreads: tuple[int, int]) -> int:
        """What the sums say of the SD, as bits, up to the first that allows it; the likeliest are asked first."""
        least, most = self.spread_limits(sums)
        if spreads[1] < least or (most is not None and spreads[0] > most):
            return BELOW if spreads[1] < least else ABOVE
        if self.low is None and self.high is None:
            sums = sums[: self.n]  # adding 1 to every value adds n to the sum and changes no spread
        found, likely = 0, [*self._flattest(sums), *self._steepest(sums)]
        asked = -len(likely)
        for total in chain(likely, self._flat_sums(sums, spreads[1])):
            found |= self.finding(total, *spreads)
            asked += 1
            if found & HOLDS:
                return found
        return found | (BELOW if asked < len(sums) else 0)

    def finding(self, total: int, least: int, most: int) -> int:
        """What one sum says of an SD with nQ - S^2 of `least` to `most`."""
        total, limit = self.seen_from_limit(total)
        low, high = -((-least - total**2) // self.n), (most + total**2) // self.n
        bottom = least_squares(self.n, total)
        top = high if limit is None else most_squares(self.n, total, limit)
        if most < self.n * bottom - total**2:
            return BELOW
        if limit is not None and least > self.n * top - total**2:
            return ABOVE
        low, high = max(low, bottom), min(high, top)
        if low + (low - total) % 2 > high:
            return BETWEEN
        return HOLDS if reachable_between(self.n, total, low, high, limit) else HOLE

    def seen_from_limit(self, total: int) -> tuple[int, int | None]:
        """The sum seen from a limit, and the other limit seen from there: at most the sum. Without limits its rest."""
        if self.low is not None:
            total -= self.n * self.low
            return total, total if self.high is None else self.high - self.low
        if self.high is not None:
            return self.n * self.high - total, self.n * self.high - total
        return total % self.n, None

    def spread_limits(self, sums: range) -> tuple[int, int | None]:
        """The least and the greatest nQ - S^2 over the sums; the greatest None without limits."""
        n = self.n
        least = min((total % n) * (n - total % n) for total in self._flattest(sums))
        steep = [self.seen_from_limit(total) for total in self._steepest(sums)]
        return least, max(
            (n * most_squares(n, total, limit) - total**2 for total, limit in steep if limit is not None), default=None
        )

    def _flattest(self, sums: range) -> list[int]:
        """The sums among which the least nQ - S^2 is: r(n - r), r the rest of S by n, is concave between multiples."""
        return [sums[0], sums[-1], *_multiples(sums, 0, self.n, sums[0])]

    def _flat_sums(self, sums: range, most: int) -> Iterator[int]:
        """The sums whose least nQ - S^2, r(n - r), is no more than `most`: those near enough to a multiple of n."""
        n = self.n
        near = n if 4 * most >= n * n else (n - isqrt(n * n - 4 * most)) // 2 + 1
        for middle in range(sums[0] // n * n, sums[-1] + n, n):
            for total in range(max(middle - near, middle - n // 2), min(middle + near, middle + (n - 1) // 2) + 1):
                if total in sums:
                    yield total

    def _steepest(self, sums: range) -> list[int]:
        """The sums among which the greatest nQ - S^2 is: convex between multiples of the width, and on them concave.

        With one limit it is (n - 1)S^2, S seen from the limit.
        """
        ends = [sums[0], sums[-1]]
        if self.low is None or self.high is None:
            return ends
        origin, width = self.n * self.low, self.high - self.low
        return ends + _multiples(sums, origin, width, origin + self.n * width // 2)


def _multiples(sums: range, origin: int, width: int, near: int) -> list[int]:
    """The two numbers of the sums, at most, that are nearest to one: `origin` and a multiple of `width` more."""
    if width == 0:
        return []
    first, last = -((origin - sums[0]) // width), (sums[-1] - origin) // width
    middle = (near - origin) // width
    chosen = {min(max(k, first), last) for k in (middle, middle + 1)} if first <= last else set()
    return [origin + k * width for k in chosen]
