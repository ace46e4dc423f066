"""A table's cells as a rule reads them: exact numbers, texts, or nothing."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pandas as pd

from recount.rules.tree import ExpressionError

LONGEST_CELL = 400

_EXACT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def is_missing(value: object) -> bool:
    """Whether a cell is blank: None, NaN, NA, NaT or an empty text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and not value.strip()


def exact_number(value: object) -> Fraction | None:
    """A cell's number as the decimal it is written as, None where it is blank.

    Raises ExpressionError for what is no finite number.

    >>> exact_number(1.3) == exact_number("1.30") == Fraction(13, 10)
    True
    """
    if is_missing(value):
        return None
    if isinstance(value, Fraction):
        return value
    text = str(int(value)) if isinstance(value, bool) else str(value).strip()
    if len(text) > LONGEST_CELL or not _EXACT.fullmatch(text):
        raise ExpressionError(f"{text[:40]!r} is no number")
    return Fraction(text)


def column_numbers(frame: pd.DataFrame, name: str) -> list[Fraction | None]:
    """A column as exact numbers, blanks None. Raises ExpressionError for a text or an unknown column."""
    known: dict[object, Fraction | None] = {}
    cells = _frame_column(frame, name).tolist()
    for cell in cells:
        if cell not in known:
            known[cell] = exact_number(cell)
    return [known[cell] for cell in cells]


def column_texts(frame: pd.DataFrame, name: str) -> list[str | None]:
    """A column as texts, blanks None. Raises ExpressionError for an unknown column."""
    return [None if is_missing(cell) else str(cell) for cell in _frame_column(frame, name).tolist()]


def _frame_column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise ExpressionError(f"the table has no column {name}")
    return frame[name]
