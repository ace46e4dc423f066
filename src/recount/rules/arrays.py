"""Rules over whole columns at once: true, false or open, exact, without a Python number a cell.

A column of numbers is held as whole units of a power of ten, so that 17.1 is 171 tenths and no comparison is
of floats; a column of texts as codes of its levels. Columns of different shapes are broadcast: a baseline of
shape (patients, 1) beside readings of shape (patients, visits).

A comparison with a missing value is open: neither true nor false. `and`, `or` and `not` carry that on as in
Kleene's strong logic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recount.rules.expressions import (
    And,
    Compare,
    Expression,
    ExpressionError,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Sum,
    exact,
    is_missing,
    names,
)

Bools: TypeAlias = NDArray[np.bool_]
Truth: TypeAlias = tuple[Bools, Bools]
"""Where a rule is true, and where it is false."""

MOST_PLACES = 9
MOST_DIGITS = 10**15
"""Below it a double stands for one decimal number: 15 digits survive the way there and back."""
LARGEST = 2**62


@dataclass(frozen=True)
class Numbers:
    """A column of numbers: `units` times 10**-`places`; `known` tells where there is one, None everywhere."""

    units: NDArray[Any]
    places: int = 0
    known: Bools | None = None

    def where(self, rows: Any) -> Numbers:
        """The column's part that an index or a slice of rows picks."""
        return Numbers(self.units[rows], self.places, None if self.known is None else self.known[rows])


@dataclass(frozen=True)
class Words:
    """A column of texts: `codes` count into `levels`, -1 is missing."""

    codes: NDArray[Any]
    levels: tuple[str, ...]

    def where(self, rows: Any) -> Words:
        """The column's part that an index or a slice of rows picks."""
        return Words(self.codes[rows], self.levels)


Column: TypeAlias = Numbers | Words
Columns: TypeAlias = Mapping[str, Column]


# Columns -----------------------------------------------------------------------------------------


def columns_of(frame: pd.DataFrame, rules: Iterable[Expression]) -> dict[str, Column]:
    """The columns that rules speak of, each as the rules read it; one that the frame lacks is missing throughout.

    Raises ExpressionError for a text where a number is due, and for a name used both as a number and as a text.
    """
    wanted = reduce(operator.or_, (_uses(rule) for rule in rules), frozenset[tuple[str, bool]]())
    both = sorted({name for name, _ in wanted if (name, True) in wanted and (name, False) in wanted})
    if both:
        raise ExpressionError(f"{', '.join(both)}: a variable is a number or a category, not both")
    return {
        name: (words_of if is_text else numbers_of)(
            frame[name] if name in frame else pd.Series(np.nan, index=frame.index)
        )
        for name, is_text in sorted(wanted)
    }


def _uses(node: Expression) -> frozenset[tuple[str, bool]]:
    """The names of a rule, each with whether it is read as a text."""
    match node:
        case And() | Or():
            return frozenset().union(*map(_uses, node.items))
        case Not():
            return _uses(node.item)
        case Implies():
            return _uses(node.left) | _uses(node.right)
        case Compare():
            return frozenset((name, False) for name in names(node))
        case In() if all(isinstance(value, Fraction) for value in node.values):
            return frozenset({(node.name, False)})
    return frozenset((name, True) for name in names(node))


def numbers_of(cells: pd.Series) -> Numbers:
    """A column of numbers, exact: each cell is the decimal that it is written as, as in `expressions.exact`.

    Raises ExpressionError for what is no finite number.
    """
    if cells.dtype == np.float64:
        quick = _quick(cells.to_numpy())
        if quick is not None:
            return quick
    elif isinstance(cells.dtype, np.dtype) and np.can_cast(cells.dtype, np.int64) and cells.dtype.kind in "iu":
        return Numbers(cells.to_numpy().astype(np.int64))
    known: dict[object, Fraction | None] = {}
    exacts = [known[cell] if cell in known else known.setdefault(cell, exact(cell)) for cell in cells.tolist()]
    scale = lcm(*(number.denominator for number in known.values() if number is not None))
    places = next(p for p in range(1000) if 10**p % scale == 0)
    units = [0 if number is None else int(number * 10**places) for number in exacts]
    filled = np.array([number is not None for number in exacts], dtype=bool)
    kind = object if max(map(abs, units), default=0) >= LARGEST else np.int64
    return Numbers(np.array(units, dtype=kind), places, None if filled.all() else filled)


def _quick(values: NDArray[np.float64]) -> Numbers | None:
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
    codes, levels = pd.factorize(cells)
    texts = tuple("" if is_missing(level) else str(level) for level in levels)
    blank = np.array([not text.strip() for text in texts] + [True])
    return Words(np.where(blank[codes], -1, codes), texts)


# Rules -------------------------------------------------------------------------------------------


def truth(node: Expression, columns: Columns, known: dict[Expression, Truth] | None = None) -> Truth:
    """Where a rule is true and where it is false; open where it is neither.

    `known` remembers the comparisons of the same columns from rule to rule, where one is given. Raises
    ExpressionError for a column that isn't there or is of the other kind.
    """
    match node:
        case And():
            return _all(truth(item, columns, known) for item in node.items)
        case Or():
            return _not(_all(_not(truth(item, columns, known)) for item in node.items))
        case Not():
            return _not(truth(node.item, columns, known))
        case Implies():
            return truth(Or((Not(node.left), node.right)), columns, known)
    if known is None:
        return _compared(node, columns)
    if node not in known:
        known[node] = _compared(node, columns)
    return known[node]


def _all(parts: Iterable[Truth]) -> Truth:
    first, *others = parts
    true, false = first
    for more_true, more_false in others:
        true, false = true & more_true, false | more_false
    return true, false


def _not(one: Truth) -> Truth:
    return one[1], one[0]


def _compared(node: Expression, columns: Columns) -> Truth:
    match node:
        case Compare():
            return _sides(node, columns)
        case SameLevel():
            return _same(node, columns)
        case IsLevel():
            told = _is_any(_words(node.name, columns), (node.text,))
            return told if node.op == "==" else _not(told)
        case In() if all(isinstance(value, Fraction) for value in node.values):
            sums = [Compare("==", Sum(((Fraction(1), node.name),)), Sum((), _number(v))) for v in node.values]
            return _not(_all(_not(_sides(one, columns)) for one in sums))
        case In():
            return _is_any(_words(node.name, columns), tuple(v for v in node.values if isinstance(v, str)))
    raise TypeError(node)


def _number(value: str | Fraction) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(0)


def _is_any(column: Words, texts: tuple[str, ...]) -> Truth:
    wanted = np.array([level in texts for level in column.levels] + [False])
    true = wanted[column.codes]
    return true, ~true & (column.codes >= 0)


def _same(node: SameLevel, columns: Columns) -> Truth:
    left, right = _words(node.left, columns), _words(node.right, columns)
    place = {level: k for k, level in enumerate(dict.fromkeys((*left.levels, *right.levels)))}
    ours, theirs = (np.array([*(place[x] for x in side.levels), -1])[side.codes] for side in (left, right))
    known = (ours >= 0) & (theirs >= 0)
    told = known & (ours == theirs), known & (ours != theirs)
    return told if node.op == "==" else _not(told)


ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _sides(node: Compare, columns: Columns) -> Truth:
    """A comparison of two sums, both brought to whole units of one size."""
    terms = [*node.left.terms, *node.right.terms]
    mine = {name: _numbers(name, columns) for _, name in terms}
    each = [coefficient / 10 ** mine[name].places for coefficient, name in terms]
    scale = lcm(*(part.denominator for part in (*each, node.left.constant, node.right.constant)))
    reach = sum(abs(part * scale) * _reach(mine[name]) for part, (_, name) in zip(each, terms, strict=True))
    reach += scale * (abs(node.left.constant) + abs(node.right.constant))
    whole = reach < LARGEST
    left, right = (_total(side, mine, scale, whole) for side in (node.left, node.right))
    held = np.asarray(ARRAYS[node.op](left, right), dtype=bool)
    masks = [column.known for column in mine.values() if column.known is not None]
    if not masks:
        return held, ~held
    known = reduce(np.logical_and, masks)
    return held & known, ~held & known


def _reach(column: Numbers) -> int:
    if not column.units.size:
        return 0
    return max(abs(int(column.units.max())), abs(int(column.units.min())))


def _total(side: Sum, columns: Mapping[str, Numbers], scale: int, whole: bool) -> Any:
    """A sum in units of 1/scale: of 64 bits where all of it fits, else of Python's whole numbers."""
    kind = np.int64 if whole else object
    total: Any = int(side.constant * scale)
    for coefficient, name in side.terms:
        factor = int(coefficient * scale / 10 ** columns[name].places)
        units = columns[name].units
        if len(side.terms) == 1 and factor == 1 and not side.constant and whole:
            return units
        total = total + units.astype(kind) * factor
    return total


def _numbers(name: str, columns: Columns) -> Numbers:
    column = _column(name, columns)
    if isinstance(column, Words):
        raise ExpressionError(f"{name} is a category, not a number")
    return column


def _words(name: str, columns: Columns) -> Words:
    column = _column(name, columns)
    if isinstance(column, Numbers):
        raise ExpressionError(f"{name} is a number, not a category")
    return column


def _column(name: str, columns: Columns) -> Column:
    if name not in columns:
        raise ExpressionError(f"there is no column {name}")
    return columns[name]
