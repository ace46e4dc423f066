"""Rules over whole columns: the same answers as cell by cell, exactly, and open where a value is missing."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.rules import (
    ExpressionError,
    Numbers,
    Words,
    columns_of,
    exact_number,
    numbers_of,
    parse,
    truth,
    words_of,
)

NUMBERS, TEXTS = ("A", "B", "C"), ("D", "E")
LEVELS = ("x", "y")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=5))
def test_a_number_is_the_decimal_it_is_written_as(values: list[float | None]) -> None:
    series = pd.Series(values, dtype="float64")
    held = numbers_of(series)
    found = [Fraction(int(unit), 10**held.places) for unit in held.units.tolist()]
    known = [True] * len(values) if held.known is None else held.known.tolist()
    assert [f if k else None for f, k in zip(found, known, strict=True)] == [exact_number(value) for value in series]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2, None], "Int64"),
        ([1, 2], "int8"),
        (["1.50", "", "2"], object),
        ([True, False], bool),
        ([1.5, 2], "float32"),
    ],
)
def test_numbers_of_every_kind_of_column(values: list[object], dtype: str) -> None:
    held = numbers_of(pd.Series(values, dtype=dtype))
    found = [Fraction(int(u), 10**held.places) for u in held.units.tolist()]
    known = [True] * len(values) if held.known is None else held.known.tolist()
    wanted = [None if value == "" else exact_number(value) for value in values]
    assert [f if k else None for f, k in zip(found, known, strict=True)] == wanted


def test_columns_broadcast_a_baseline_over_the_visits() -> None:
    columns = {"PLT": Numbers(np.array([[20, 30], [40, 15]])), "BASE": Numbers(np.array([[10], [20]]))}
    true, _ = truth(parse("PLT >= 2*BASE"), columns)
    assert true.tolist() == [[True, True], [True, False]]


def test_what_is_remembered_is_not_asked_again() -> None:
    columns, known = {"A": Numbers(np.array([1, 3]))}, {}
    truth(parse("A > 2 and A < 5"), columns, known)
    assert len(known) == 2
    known[parse("A > 2")] = (np.array([True, True]), np.array([False, False]))
    assert truth(parse("A > 2"), columns, known)[0].tolist() == [True, True]


def test_blank_texts_are_missing() -> None:
    held = words_of(pd.Series(["a", " ", None, "a"], dtype=object))
    assert held == Words(held.codes, held.levels) and (held.codes >= 0).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("rule", "columns", "message"),
    [
        ("A > 1", {"A": Words(np.array([0]), ("x",))}, "A is a category, not a number"),
        ('A == "x"', {"A": Numbers(np.array([0]))}, "A is a number, not a category"),
        ("A > 1", {}, "there is no column A"),
    ],
)
def test_columns_of_the_other_kind_are_refused(rule: str, columns: dict[str, Numbers | Words], message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        truth(parse(rule), columns)


def test_a_name_is_a_number_or_a_category() -> None:
    with pytest.raises(ExpressionError, match="A: a variable is a number or a category, not both"):
        columns_of(pd.DataFrame({"A": [1.0]}), [parse('A > 1 or A == "x"')])


def test_a_text_where_a_number_is_due_is_refused() -> None:
    with pytest.raises(ExpressionError, match="is no number"):
        columns_of(pd.DataFrame({"A": ["high"]}), [parse("A > 1")])
    with pytest.raises(ExpressionError, match="is no number"):
        columns_of(pd.DataFrame({"A": [float("inf")]}), [parse("A > 1")])
