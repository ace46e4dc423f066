"""Whole columns as rules read them, exact, without a Python number a cell.

A column of numbers is held as whole units of a power of ten, so that 17.1 is 171 tenths and no comparison is
of floats; a column of texts as codes of its levels.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recount.rules.cells import exact_number, is_missing
from recount.rules.tree import And, Compare, Expression, ExpressionError, Implies, In, Not, Or, names

Bools: TypeAlias = NDArray[np.bool_]

MOST_PLACES = 9
MOST_DIGITS = 10**15
"""Below it a double stands for one decimal number: 15 digits survive the way there and back."""
LARGEST = 2**62
MOST_DIVIDED = 1000
"""Places after the point that a column may have; what has more is held as fractions."""
FEW = 1000
"""Below so many cells a dictionary finds the levels of a column sooner than pandas does."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers: `units` times 10**-`places`; `known` tells where there is one, None everywhere.

    The units are whole numbers, of 64 bits where they fit, or fractions where a number has no decimal.
    """

    units: NDArray[Any]
    places: int = 0
    known: Bools | None = None

    def of_rows(self, rows: Any) -> Numbers:
        """The column's part that an index or a slice of rows picks."""
        return Numbers(self.units[rows], self.places, None if self.known is None else self.known[rows])


@dataclass(frozen=True)
class Words:
    """A column of texts: `codes` count into `levels`, -1 is missing."""

    codes: NDArray[Any]
    levels: tuple[str, ...]

    def of_rows(self, rows: Any) -> Words:
        """The column's part that an index or a slice of rows picks."""
        return Words(self.codes[rows], self.levels)


Column: TypeAlias = Numbers | Words
Columns: TypeAlias = Mapping[str, Column]


def columns_of(frame: pd.DataFrame, rules: Iterable[Expression]) -> dict[str, Column]:
    """The columns that rules speak of, each as the rules read it; one that the frame lacks is missing throughout.

    Raises ExpressionError for a text where a number is due, and for a name used both as a number and as a text.
    """
    wanted = reduce(operator.or_, (_names_used(rule) for rule in rules), frozenset[tuple[str, bool]]())
    both = sorted({name for name, _ in wanted if (name, True) in wanted and (name, False) in wanted})
    if both:
        raise ExpressionError(f"{', '.join(both)}: a variable is a number or a category, not both")
    return {
        name: (words_of if is_text else numbers_of)(
            frame[name] if name in frame else pd.Series(np.nan, index=frame.index)
        )
        for name, is_text in sorted(wanted)
    }


def _names_used(node: Expression) -> frozenset[tuple[str, bool]]:
    """The names of a rule, each with whether it is read as a text."""
    match node:
        case And() | Or():
            return frozenset().union(*map(_names_used, node.items))
        case Not():
            return _names_used(node.item)
        case Implies():
            return _names_used(node.left) | _names_used(node.right)
        case Compare():
            return frozenset((name, False) for name in names(node))
        case In() if all(isinstance(value, Fraction) for value in node.values):
            return frozenset({(node.name, False)})
    return frozenset((name, True) for name in names(node))


def numbers_of(cells: pd.Series) -> Numbers:
    """A column of numbers, exact: each cell is the decimal that it is written as, as in `cells.exact_number`.

    Raises ExpressionError for what is no finite number.
    """
    if cells.dtype == np.float64:
        quick = _exact_doubles(cells.to_numpy())
        if quick is not None:
            return quick
    elif isinstance(cells.dtype, np.dtype) and np.can_cast(cells.dtype, np.int64) and cells.dtype.kind in "iu":
        return Numbers(cells.to_numpy().astype(np.int64))
    known: dict[object, Fraction | None] = {}
    exacts = [known[cell] if cell in known else known.setdefault(cell, exact_number(cell)) for cell in cells.tolist()]
    scale = lcm(*(number.denominator for number in known.values() if number is not None))
    places = next((p for p in range(MOST_DIVIDED) if 10**p % scale == 0), None)
    filled = np.array([number is not None for number in exacts], dtype=bool)
    if places is None:  # thirds and the like, of no decimal: fractions themselves
        return Numbers(np.array([number or Fraction(0) for number in exacts], dtype=object), 0, filled)
    units = [0 if number is None else int(number * 10**places) for number in exacts]
    kind = object if max(map(abs, units), default=0) >= LARGEST else np.int64
    return Numbers(np.array(units, dtype=kind), places, None if filled.all() else filled)


def _exact_doubles(values: NDArray[np.float64]) -> Numbers | None:
    """A column of doubles of at most `MOST_PLACES` decimals and 15 digits; None for any other."""
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    for places in range(MOST_PLACES + 1):
        with np.errstate(over="ignore"):
            units = np.rint(filled * 10.0**places)
        if not np.abs(units).max(initial=0) < MOST_DIGITS:
            return None
        if (units / 10.0**places == filled).all():
            return Numbers(units.astype(np.int64), places, None if known.all() else known)
    return None


def words_of(cells: pd.Series) -> Words:
    """A column of texts; blanks are missing."""
    codes, levels = _factorized(cells.tolist()) if len(cells) < FEW else pd.factorize(cells)
    texts = tuple("" if is_missing(level) else str(level) for level in levels)
    blank = np.array([not text.strip() for text in texts] + [True])
    return Words(np.where(blank[codes], -1, codes), texts)


def _factorized(cells: list[object]) -> tuple[NDArray[np.intp], list[object]]:
    """The place of each cell among the different ones, and these."""
    place: dict[object, int] = {}
    codes = [place.setdefault(cell, len(place)) for cell in cells]
    return np.array(codes, dtype=np.intp), list(place)
