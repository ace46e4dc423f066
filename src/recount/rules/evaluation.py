"""Whom a rule is true of, and whom it is false of, over whole columns at once.

A comparison with a missing value is unknown: neither true nor false. `and`, `or`, `not` and `->` carry that on as in
Kleene's strong logic, so that an unknown part leaves a whole unknown unless the other parts settle it. As in SQL, a
condition (WHERE) has whoever it is true of, and a rule (CHECK) is broken by whoever it is false of.

Columns of different shapes are broadcast: a baseline of shape (patients, 1) beside readings of shape
(patients, visits).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from recount.rules.columns import LARGEST, Bools, Column, Columns, Numbers, Words, columns_of
from recount.rules.tree import (
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
    names,
)

Truth: TypeAlias = tuple[Bools, Bools]
"""Where a rule is true, and where it is false."""


def evaluate(condition: Expression, frame: pd.DataFrame) -> pd.Series:
    """Whether a condition is true, one bool a row of the frame and on its index; where it is unknown it is not.

    Numbers are compared as the exact decimals they are written as. Raises ExpressionError for an unknown
    column or a text where a number is due.

    >>> from recount.rules import parse
    >>> evaluate(parse("not (A < 1.3)"), pd.DataFrame({"A": [1.2, 1.3, None]})).tolist()
    [False, True, False]
    """
    return _on_rows(condition, frame, 0)


def breaks(rule: Expression, frame: pd.DataFrame) -> pd.Series:
    """Whether a row breaks a rule, which is false of it, as `evaluate`; where the rule is unknown, it isn't broken.

    >>> from recount.rules import parse
    >>> breaks(parse("not (A < 1.3)"), pd.DataFrame({"A": [1.2, 1.3, None]})).tolist()
    [True, False, False]
    """
    return _on_rows(rule, frame, 1)


def _on_rows(node: Expression, frame: pd.DataFrame, side: int) -> pd.Series:
    absent = sorted(names(node) - set(frame.columns))
    if absent:
        raise ExpressionError(f"the table has no column {', '.join(absent)}")
    told = truth(node, columns_of(frame, [node]))[side]
    return pd.Series(np.broadcast_to(told, len(frame)).copy(), index=frame.index, dtype=bool)


def truth(node: Expression, columns: Columns, known: dict[Expression, Truth] | None = None) -> Truth:
    """Where a rule is true and where it is false; open where it is neither.

    `known` remembers the comparisons of the same columns from rule to rule, where one is given. Raises
    ExpressionError for a column that isn't there or is of the other kind.
    """
    match node:
        case And():
            return _all_true(truth(item, columns, known) for item in node.items)
        case Or():
            return _negated(_all_true(_negated(truth(item, columns, known)) for item in node.items))
        case Not():
            return _negated(truth(node.item, columns, known))
        case Implies():
            return truth(Or((Not(node.left), node.right)), columns, known)
    if known is None:
        return _compared(node, columns)
    if node not in known:
        known[node] = _compared(node, columns)
    return known[node]


def _all_true(parts: Iterable[Truth]) -> Truth:
    first, *others = parts
    true, false = first
    for more_true, more_false in others:
        true, false = true & more_true, false | more_false
    return true, false


def _negated(one: Truth) -> Truth:
    return one[1], one[0]


def _compared(node: Expression, columns: Columns) -> Truth:
    match node:
        case Compare():
            return _sums_compared(node, columns)
        case SameLevel():
            return _same_level(node, columns)
        case IsLevel():
            told = _is_any(_words_column(node.name, columns), (node.text,))
            return told if node.op == "==" else _negated(told)
        case In() if all(isinstance(value, Fraction) for value in node.values):
            sums = [Compare("==", Sum(((Fraction(1), node.name),)), Sum((), _as_number(v))) for v in node.values]
            return _negated(_all_true(_negated(_sums_compared(one, columns)) for one in sums))
        case In():
            return _is_any(_words_column(node.name, columns), tuple(v for v in node.values if isinstance(v, str)))
    raise TypeError(node)


def _as_number(value: str | Fraction) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(0)


def _is_any(column: Words, texts: tuple[str, ...]) -> Truth:
    wanted = np.array([level in texts for level in column.levels] + [False])
    true = wanted[column.codes]
    return true, ~true & (column.codes >= 0)


def _same_level(node: SameLevel, columns: Columns) -> Truth:
    left, right = _words_column(node.left, columns), _words_column(node.right, columns)
    place = {level: k for k, level in enumerate(dict.fromkeys((*left.levels, *right.levels)))}
    ours, theirs = (np.array([*(place[x] for x in side.levels), -1])[side.codes] for side in (left, right))
    known = (ours >= 0) & (theirs >= 0)
    told = known & (ours == theirs), known & (ours != theirs)
    return told if node.op == "==" else _negated(told)


ARRAYS: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _sums_compared(node: Compare, columns: Columns) -> Truth:
    """A comparison of two sums, both brought to whole units of one size."""
    terms = [*node.left.terms, *node.right.terms]
    mine = {name: _numbers_column(name, columns) for _, name in terms}
    each = [coefficient / 10 ** mine[name].places for coefficient, name in terms]
    scale = lcm(*(part.denominator for part in (*each, node.left.constant, node.right.constant)))
    reach = sum(abs(part * scale) * _largest_unit(mine[name]) for part, (_, name) in zip(each, terms, strict=True))
    reach += scale * (abs(node.left.constant) + abs(node.right.constant))
    whole = reach < LARGEST and all(column.units.dtype != object for column in mine.values())
    left, right = (_whole_sum(side, mine, scale, whole) for side in (node.left, node.right))
    held = np.asarray(ARRAYS[node.op](left, right), dtype=bool)
    masks = [column.known for column in mine.values() if column.known is not None]
    if not masks:
        return held, ~held
    known = reduce(np.logical_and, masks)
    return held & known, ~held & known


def _largest_unit(column: Numbers) -> int:
    if not column.units.size:
        return 0
    return max(abs(int(column.units.max())), abs(int(column.units.min())))


def _whole_sum(side: Sum, columns: Mapping[str, Numbers], scale: int, whole: bool) -> Any:
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


def _numbers_column(name: str, columns: Columns) -> Numbers:
    column = _known_column(name, columns)
    if isinstance(column, Words):
        raise ExpressionError(f"{name} is a category, not a number")
    return column


def _words_column(name: str, columns: Columns) -> Words:
    column = _known_column(name, columns)
    if isinstance(column, Numbers):
        raise ExpressionError(f"{name} is a number, not a category")
    return column


def _known_column(name: str, columns: Columns) -> Column:
    if name not in columns:
        raise ExpressionError(f"there is no column {name}")
    return columns[name]
