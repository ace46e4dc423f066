"""A check on a table: defaults for empty cells, and every bad row named."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from recount.checks.rows import check_rows
from recount.record.faults import Faults


def at_least(n: int, least: int | None = 2) -> bool:
    if not isinstance(n, int):
        raise ValueError("n is a whole number")
    return least is None or n >= least


@pytest.mark.parametrize("empty", [None, math.nan, pd.NA])
def test_an_empty_cell_is_the_default(empty: object) -> None:
    table = pd.DataFrame({"n": [1, 2], "least": pd.Series([1, empty], dtype=object)})
    assert check_rows(at_least, table)["holds"].tolist() == [True, True]


def test_every_bad_row_is_named_with_what_came() -> None:
    table = pd.DataFrame({"n": [1, "x", 2, None], "other": list("abcd")}, index=[9, 9, 9, 9])
    with pytest.raises(Faults) as caught:
        check_rows(at_least, table)
    assert [(fault.row, fault.rule, fault.got) for fault in caught.value.faults] == [
        (3, "n is a whole number", "n x"),
        (5, "n is a whole number", "n None"),
    ]


def test_a_missing_column_is_said() -> None:
    with pytest.raises(ValueError, match="needs the columns n"):
        check_rows(at_least, pd.DataFrame({"m": [1]}))


def test_no_rows_are_no_findings() -> None:
    assert len(check_rows(at_least, pd.DataFrame({"n": []}))) == 0
