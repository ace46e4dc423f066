"""A check on a table: defaults for empty cells, and every bad row named."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import pytest

from recount.checks.moments_frames import grimmer_frame
from recount.checks.of_numbers import debit, grim, grimmer, sd_limits
from recount.checks.reading import SIZE_RULE
from recount.checks.rows import check_rows
from recount.checks.samples import count_samples
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
        (3, SIZE_RULE, "x"),
        (5, "the check needs a n in every row", ""),
    ]
    assert [fault.column for fault in caught.value.faults] == ["n", "n"]


def test_what_is_wrong_with_several_cells_together_has_no_column() -> None:
    with pytest.raises(Faults, match=r"table row 2: the lower limit isn't above .*got \"mean 3, n 5, low 4, high 1"):
        check_rows(grim, pd.DataFrame({"mean": ["3"], "n": [5], "low": [4], "high": [1]}))


@pytest.mark.parametrize("missing", ["mean", "sd", "n"])
@pytest.mark.parametrize("empty", [None, math.nan, pd.NA, ""])
@pytest.mark.parametrize("check", [grim, grimmer, debit, count_samples, sd_limits, None])
def test_a_missing_mean_sd_or_n_names_row_and_column_in_every_check_alike(
    check: Callable[..., object] | None, missing: str, empty: object
) -> None:
    if (missing, check) in (("sd", grim), ("mean", sd_limits)):
        return  # these need none
    good = {"mean": "3.50", "sd": "1.08", "n": 10, "low": 0, "high": 9}
    table = pd.DataFrame([good, {**good, missing: empty}, {**good, missing: empty}], dtype=object)
    with pytest.raises(Faults) as caught:
        grimmer_frame(table) if check is None else check_rows(check, table)
    assert [(fault.row, fault.column, fault.got) for fault in caught.value.faults] == [
        (3, missing, ""),
        (4, missing, ""),
    ]
    assert {fault.rule for fault in caught.value.faults} == {f"the check needs a {missing} in every row"}


def test_a_missing_column_is_said() -> None:
    with pytest.raises(ValueError, match="needs the columns n"):
        check_rows(at_least, pd.DataFrame({"m": [1]}))


def test_no_rows_are_no_findings() -> None:
    assert len(check_rows(at_least, pd.DataFrame({"n": []}))) == 0
