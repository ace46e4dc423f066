"""The checks of `recount.checks.moments` on a whole table at once: the same answers, in whole numbers of 64 bits.

What doesn't fit into 64 bits, has very many sums, or can only be told by a search goes to the checks on one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any

import numpy as np
import pandas as pd

from recount.checks.moments import (
    ABOVE,
    BELOW,
    BETWEEN,
    HOLDS,
    HOLE,
    NO_SUM,
    OUTSIDE,
    SINGLE,
    Values,
    grimmer,
    plain_number,
    sd_why,
    whole_size,
)
from recount.checks.rows import joined_columns, needs_columns, row_faults
from recount.checks.sums_of_squares_of_integers import reachable_between
from recount.record import Faults

Array = np.ndarray
Row = tuple[Any, ...]

COLUMNS = {"mean": None, "sd": None, "n": None, "step": 1, "items": 1, "low": None, "high": None}


LARGEST = 2**61
TOO_MANY = 2**40  # values; more are as many
FIRST, MANY = 8, 4096  # sums of a row looked at before all of them; rows with more than many are looked at alone
PAIRS = 2**18  # rows times sums looked at in one go
OPEN = 2 * HOLDS  # the bit of a sum that only `reachable_between` can judge
ONE_SIDED, FREE = -1, -2  # widths of values with one limit, and with none
WHY = {found: sd_why(found) for found in range(1, OPEN)}


def grimmer_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with what `grimmer` finds of each row in the columns holds and why, on the same index.

    It has the columns mean, sd (as printed, text) and n, and may have step, items, low, high; others are kept. Raises
    Faults that name every row that `grimmer` would refuse, counted as a file's lines with a header, and ValueError for
    a missing column or one that is there already.

    >>> table = pd.DataFrame({"mean": ["1.03", "52.13"], "sd": ["0.41", "2.26"], "n": [40, 30]})
    >>> grimmer_frame(table)["holds"].tolist()
    [False, True]
    """
    needs_columns(grimmer, frame)
    cases = _read_cases(frame)
    found = _found_bits(cases)
    why = np.array([WHY.get(bits, "") for bits in found.tolist()], dtype=object)
    for where, text in ((cases.n == 1, SINGLE), (cases.count <= 0, OUTSIDE), (cases.anywhere <= 0, NO_SUM)):
        why[where], found[where] = text, 0
    holds = (found & HOLDS) > 0
    for i in np.flatnonzero(~cases.fits):
        one = grimmer(*cases.rows[i])
        holds[i], why[i] = one.holds, one.why
    return joined_columns(frame, pd.DataFrame({"holds": holds, "why": why}, index=frame.index))


@dataclass(frozen=True)
class Cases:
    """The rows as they came, and one array entry each of what they come to in units.

    `first` is the least sum that prints the mean within the limits, `count` how many follow from it, `anywhere` how
    many without limits; `least` and `most` bound nQ - S^2. `base` and `sign` turn a sum to be seen from a limit;
    `width` is the other limit seen from there, ONE_SIDED or FREE. Where `fits` is false nothing else counts.
    """

    rows: list[Row]
    fits: Array
    n: Array
    first: Array
    count: Array
    anywhere: Array
    least: Array
    most: Array
    base: Array
    sign: Array
    width: Array


def _read_cases(frame: pd.DataFrame) -> Cases:
    """The rows read; raises Faults with every one that can't be."""
    rows, read, faults = list(zip(*(_column_cells(frame, name) for name in COLUMNS), strict=True)), [], []
    for line, (mean, sd, n, *grid) in enumerate(rows, start=2):
        try:
            unit = grid[:2]
            read.append((_capped_size(n), *_mean_ends(mean, *unit), *_sd_ends(sd, *unit), *_turned_limits(*grid)))
        except (ValueError, TypeError) as error:
            faults += row_faults(grimmer, line, dict(zip(COLUMNS, rows[line - 2], strict=True)), error)
    if faults:
        raise Faults(faults)
    return _scaled_cases(rows, *np.array(read, dtype=np.int64).reshape(len(rows), 10).T)


def _column_cells(frame: pd.DataFrame, name: str) -> list[Any]:
    if name not in frame.columns:
        return [COLUMNS[name]] * len(frame)
    return [None if absent else cell for cell, absent in zip(frame[name].tolist(), frame[name].isna(), strict=True)]


@lru_cache(maxsize=1 << 12, typed=True)
def _capped_size(n: Any) -> int:
    return min(whole_size(n), TOO_MANY)


@lru_cache(maxsize=1 << 16, typed=True)
def _mean_ends(mean: Any, step: Any, items: Any) -> tuple[int, int, int]:
    """The mean's ends over the unit: two numerators and a denominator."""
    low, high = _plain_ends(mean)
    unit = Values.of(1, step, items, None, None).unit
    return _over_common(low / unit, high / unit)


@lru_cache(maxsize=1 << 16, typed=True)
def _sd_ends(sd: Any, step: Any, items: Any) -> tuple[int, int, int]:
    """The squares of the SD's ends over the unit; of a negative SD, ends that no square lies between."""
    low, high = _plain_ends(sd)
    unit = Values.of(1, step, items, None, None).unit
    return _over_common((low / unit) ** 2 if low > 0 else Fraction(0), (high / unit) * abs(high / unit))


@lru_cache(maxsize=1 << 16, typed=True)
def _turned_limits(step: Any, items: Any, low: Any, high: Any) -> tuple[int, int, int]:
    """Where values are seen from, which way, and how wide the limits are."""
    values = Values.of(1, step, items, low, high)
    if values.low is not None:
        return _fitting_three(values.low, 1, ONE_SIDED if values.high is None else values.high - values.low)
    return (0, 1, FREE) if values.high is None else _fitting_three(values.high, -1, ONE_SIDED)


def _plain_ends(text: Any) -> tuple[Fraction, Fraction]:
    low, high = plain_number(text).interval
    assert low is not None and high is not None
    return low, high


def _over_common(low: Fraction, high: Fraction) -> tuple[int, int, int]:
    """Two numerators over one denominator."""
    denominator = lcm(low.denominator, high.denominator)
    return _fitting_three(int(low * denominator), int(high * denominator), denominator)


def _fitting_three(*numbers: int) -> tuple[int, int, int]:
    """The three numbers, or where one of them is too large, three that never fit."""
    first, second, third = numbers if max(map(abs, numbers)) < LARGEST else (LARGEST,) * 3
    return first, second, third


def _scaled_cases(rows: list[Row], n: Array, *constants: Array) -> Cases:
    """The cases of n values each, from both ends and the turn; those that don't fit are made cases of nothing."""
    m_low, m_high, m_part, s_low, s_high, s_part, base, sign, width = constants
    fits = _fit_64_bits(n, *constants)
    n, m_part, s_part = (np.where(fits, x, 1) for x in (n, m_part, s_part))
    m_low, m_high, s_low, s_high, base = (np.where(fits, x, 0) for x in (m_low, m_high, s_low, s_high, base))
    width = np.where(fits, width, 0)
    first, last = -(-n * m_low // m_part), n * m_high // m_part
    anywhere = last - first + 1
    bottom, top = n * base, n * (base + np.maximum(width, 0))
    first = np.where((width > FREE) & (sign > 0), np.maximum(first, bottom), first)
    last = np.where(width >= 0, np.minimum(last, top), np.where(sign < 0, np.minimum(last, bottom), last))
    pairs = n * (n - 1)
    return Cases(
        rows=rows,
        fits=fits & (last - first < MANY),
        n=n,
        first=first,
        count=last - first + 1,
        anywhere=anywhere,
        least=-(-pairs * s_low // s_part),
        most=pairs * s_high // s_part,
        base=base,
        sign=sign,
        width=width,
    )


def _fit_64_bits(n: Array, *constants: Array) -> Array:
    """Whether nothing that is computed of a row can leave 64 bits, by floats with room to spare."""
    size, (m_low, m_high, m_part, s_low, s_high, s_part, base, _, width) = (
        n.astype(float),
        (x.astype(float) for x in constants),
    )
    greatest = np.maximum(abs(m_low), abs(m_high))
    total = size * (greatest / m_part + abs(base) + np.maximum(width, 1)) + 1
    width = np.where(width == ONE_SIDED, total, np.maximum(width, 1))
    squares = total * total + size * size * s_high / s_part
    parts = (*constants, size * greatest, size * size * np.maximum(s_low, s_high), squares, size * total * width)
    return np.asarray(np.logical_and.reduce([part < LARGEST for part in parts]))


def _found_bits(cases: Cases) -> Array:
    """What the sums of each row say of its SD, as bits; 0 for rows without sums, with one value, or that don't fit."""
    found = np.zeros(len(cases.rows), dtype=np.int64)
    counts = np.where(cases.width == FREE, np.minimum(cases.count, cases.n), cases.count)
    judged = cases.fits & (counts > 0) & (cases.n > 1)
    for most in (FIRST, MANY):  # most rows need no more than their first sums
        looked = np.minimum(counts, most)
        todo = np.flatnonzero(judged & (found & HOLDS == 0) & ((found == 0) | (counts > FIRST)))
        for rows in _row_chunks(todo, looked[todo]):
            found[rows] = _chunk_bits(cases, rows, looked[rows])
    return found


def _row_chunks(rows: Array, counts: Array) -> Iterator[Array]:
    """The rows in parts that have about PAIRS sums each."""
    parts = np.cumsum(counts) // PAIRS
    for part in np.unique(parts):
        yield rows[parts == part]


def _chunk_bits(cases: Cases, rows: Array, counts: Array) -> Array:
    """What the sums say of the rows' SDs, as bits."""
    starts = np.cumsum(counts) - counts
    of = np.repeat(np.arange(len(rows)), counts)
    row = rows[of]
    total = cases.first[row] + np.arange(len(of)) - starts[of]
    pairs = _Pairs.of(cases, row, total)
    bits = pairs.sd_bits()
    found = np.bitwise_or.reduceat(bits, starts)
    open_pairs = np.flatnonzero((bits == OPEN) & (found[of] & HOLDS == 0))
    for i, *question in zip(of[open_pairs].tolist(), *pairs.questions(open_pairs), strict=True):
        if not found[i] & HOLDS:
            found[i] |= HOLDS if reachable_between(*question) else HOLE
    return found & ~OPEN


@dataclass(frozen=True)
class _Pairs:
    """One entry a row and sum: the sum seen from a limit, and the sums of squares that print the SD."""

    n: Array
    total: Array
    width: Array  # FREE without limits
    bottom: Array
    top: Array  # of sums of squares
    low: Array
    high: Array
    least: Array
    most: Array

    @classmethod
    def of(cls, cases: Cases, row: Array, total: Array) -> _Pairs:
        """The pairs of these rows and sums."""
        n, width, least, most = (x[row] for x in (cases.n, cases.width, cases.least, cases.most))
        total = np.where(width == FREE, total % n, cases.sign[row] * (total - n * cases.base[row]))
        width = np.where(width == ONE_SIDED, total, width)
        low, high = -((-least - total * total) // n), (most + total * total) // n
        each, rest = np.divmod(total, n)
        bottom = n * each * each + rest * (2 * each + 1)
        ends, rest = np.divmod(total, np.maximum(width, 1))
        top = np.where(width == FREE, np.maximum(high, bottom), ends * width * width + rest * rest)
        return cls(n, total, width, bottom, top, np.maximum(low, bottom), np.minimum(high, top), least, most)

    def sd_bits(self) -> Array:
        """What each says of the SD: one bit; OPEN where more than bounds is needed."""
        square = self.total * self.total
        tests = [
            (self.most < self.n * self.bottom - square, BELOW),
            ((self.width != FREE) & (self.least > self.n * self.top - square), ABOVE),
            (self.low + ((self.low - self.total) & 1) > self.high, BETWEEN),
            (self._surely_hold(), HOLDS),
        ]
        return np.select([test for test, _ in tests], [np.int64(bit) for _, bit in tests], np.int64(OPEN))

    def _surely_hold(self) -> Array:
        """Where the theorems of `recount.checks.sums_of_squares_of_integers` say that there are such values."""
        lowest = self.low + ((self.low - self.total) & 1)
        width, turned = self.width, self.n * self.width - self.total
        mirrored = width * turned - (width * self.total - lowest)
        roomy = self._is_roomy(self.total, lowest) | self._is_roomy(turned, mirrored)
        return np.asarray(
            (self.n >= 5) & ((width == FREE) | roomy | (self.low == self.bottom) | (self.high == self.top))
        )

    def _is_roomy(self, total: Array, squares: Array) -> Array:
        width = np.minimum(self.width, total // 2)
        return np.asarray(width * total - squares >= width * width)

    def questions(self, which: Array) -> tuple[list[Any], ...]:
        """What to ask `reachable_between`: n, the sum, the least and greatest sum of squares, the limit."""
        limits = [None if width == FREE else width for width in self.width[which].tolist()]
        return *(x[which].tolist() for x in (self.n, self.total, self.low, self.high)), limits
