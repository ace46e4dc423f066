"""How many samples on a scale print a mean and an SD, counted without listing them.

A sample is a multiset: so many of each value, in no order, as CLOSURE lists them (Jung & Larigaldie, the R package
unsum). Means and SDs are printed with the closed interval of half a unit either side, in exact arithmetic; CLOSURE
takes the same closed intervals by floats, so a sample that lies just on an end may be in one count and not the other.

Seen from a value c near the mean, x adds x(x - 1)/2 to A = (Q - S)/2 and x(x + 1)/2 to B = (Q + S)/2. The numbers of
-1, 0 and 1 follow from what the other values leave of A, B and n, so only the others are counted: `table[m, a, b]` is
in how many ways m of them add to a and b, one value after the other (the coin problem, one coin at a time).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import comb
from operator import le

import numpy as np

from recount.checks.moments import Values
from recount.checks.reading import Number, plain_number

Array = np.ndarray
Target = tuple[int, int]  # A and B
WIDEST = 10**4  # steps of a scale
TABLE = 2**25  # entries that a table may have


OBJECTS = 16  # how many entries one of unbounded size counts for
SCALE_RULE = "a scale has a lower and an upper limit"
SIZE_RULE = "a table of so many values, sums and squares doesn't fit into memory: take fewer values or a narrower scale"


def count_samples(mean: str | int, sd: str | int, n: int, low: Number, high: Number, step: Number = 1) -> int:
    """How many multisets of n whole steps from low to high print this mean and this sample SD.

    Raises ValueError for what isn't a number, a scale without limits, and for more than fits into memory.

    >>> count_samples("2.7", "1.9", 130, 1, 5)
    5359
    """
    return samples(mean, sd, n, low, high, step).count


def samples(mean: str | int, sd: str | int, n: int, low: Number, high: Number, step: Number = 1) -> Samples:
    """All samples that print a mean and an SD, to be counted."""
    values = Values.of(n, step, 1, low, high)
    if values.low is None or values.high is None:
        raise ValueError(SCALE_RULE)
    sums, spreads = values.sums_inside(values.sums_printing(plain_number(mean))), values.spreads(plain_number(sd))
    if values.high - values.low > WIDEST or len(sums) * ((spreads[1] - spreads[0]) // values.n + 1) > TABLE:
        raise ValueError(SIZE_RULE)
    centre = _value_near_mean(sums, values.n, values.low, values.high)
    targets = [] if values.n == 1 else list(_targets(sums, values.n, centre, spreads))
    beside = (values.low - centre, values.high - centre)
    kept = [(a, b) for a, b in targets if (beside[0] < 0 or a == 0) and (beside[1] > 0 or b == 0)]
    most = [max((target[i] for target in kept), default=0) for i in (0, 1)]
    others = [v for v in range(beside[0], beside[1] + 1) if abs(v) > 1 and all(map(le, _parts_of(v), most))]
    return Samples.of(values.n, centre, others, kept)


def _value_near_mean(sums: range, n: int, low: int, high: int) -> int:
    """A value near the mean with a neighbour on either side, where the scale has three values."""
    near = (2 * (sums[0] + sums[-1]) + 2 * n) // (4 * n) if sums else low
    return min(max(near, low + 1), max(high - 1, low))


def _targets(sums: range, n: int, centre: int, spreads: tuple[int, int]) -> Iterator[Target]:
    """What A and B come to, for every sum and every sum of squares that print the mean and the SD."""
    for total in (total - n * centre for total in sums):
        low, high = -((-spreads[0] - total**2) // n), (spreads[1] + total**2) // n
        low = max(low, abs(total))
        for squares in range(low + (low - total) % 2, high + 1, 2):
            yield (squares - total) // 2, (squares + total) // 2


@dataclass(frozen=True)
class Samples:
    """The samples of n values: the value they are seen from, those that fit but aren't beside it, and the targets."""

    n: int
    centre: int
    others: list[int]
    targets: list[Target]
    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, n: int, centre: int, others: list[int], targets: list[Target]) -> Samples:
        """The samples counted; raises ValueError where the table gets too large."""
        found = cls(n, centre, others, targets)
        return replace(found, counts=tuple(found._counted()))

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.counts)

    def _table_shape(self) -> tuple[int, int, int]:
        """The table's: as many other values, and as great A and B, as any target leaves room for."""
        a, b = (max((target[i] for target in self.targets), default=0) for i in (0, 1))
        squares = max((a + b for a, b in self.targets), default=0)
        return (min(self.n, squares // 4) if self.others else 0) + 1, a + 1, b + 1

    def _ways_table(self) -> Array:
        """In how many ways so many of the other values add to each A and B."""
        shape = self._table_shape()
        ways = comb(shape[0] - 1 + len(self.others), len(self.others))  # no sum of entries is greater
        kind = np.int32 if ways < 2**31 else np.int64 if ways < 2**63 else object
        entries = shape[0] * shape[1] * shape[2] * (OBJECTS if kind is object else 1)
        if entries > TABLE:
            raise ValueError(SIZE_RULE)
        table = np.zeros(shape, dtype=kind)
        table[0, 0, 0] = 1
        for i, value in enumerate(self.others):
            _add_value(table, _parts_of(value), [_parts_of(other) for other in self.others[: i + 1]])
        return table

    def _counted(self) -> list[int]:
        """How many samples each target has."""
        if not self.targets:
            return []
        table = self._ways_table()
        up_to = np.cumsum(table, axis=0, out=table)
        squares = np.add.outer(np.arange(table.shape[1]), np.arange(table.shape[2]))
        within = {q: _sums_within(up_to, self.n - q + squares) for q in {max(a + b, self.n) for a, b in self.targets}}
        return [int(within[max(a + b, self.n)][a, b]) for a, b in self.targets]


def _parts_of(value: int) -> tuple[int, int]:
    """What a value adds to A and to B."""
    return value * (value - 1) // 2, value * (value + 1) // 2


def _add_value(table: Array, part: Target, taken: list[Target]) -> None:
    """Lets the table take any number of one more value, which adds a part to a and b; `taken` are all so far.

    Of m values no table has entries but from m times the least part to m times the greatest.
    """
    bounds = [(min(one), max(one)) for one in zip(*taken, strict=True)]
    for m in range(1, len(table)):
        rows, columns = (
            slice((m - 1) * low, min((m - 1) * high + 1, size - more))
            for (low, high), size, more in zip(bounds, table.shape[1:], part, strict=True)
        )
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        table[m, _moved_slice(rows, part[0]), _moved_slice(columns, part[1])] += table[m - 1, rows, columns]


def _moved_slice(part: slice, more: int) -> slice:
    return slice(part.start + more, part.stop + more)


def _sums_within(up_to: Array, most: Array) -> Array:
    """For each a and b, the sum over all entries no greater in either, with at most `most` other values."""
    taken = np.take_along_axis(up_to, np.clip(most, 0, len(up_to) - 1)[None], axis=0)[0]
    return np.asarray(np.where(most >= 0, taken, 0).cumsum(axis=0).cumsum(axis=1))
