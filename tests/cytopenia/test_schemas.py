"""The schemas: the rules of cells, the calendar, units, and the README made of them."""

import math
from pathlib import Path

import pandas as pd
import pytest

from cytopenia.schemas import (
    ADAM,
    SDTM,
    as_text,
    cell_text,
    columns,
    columns_in_words,
    day_of_month,
    lab_tests,
    months_between,
    months_of,
    plain_unit,
    start_months,
    table_faults,
    typed,
    units_in_words,
    visits_of,
)

TEMPLATE = Path(__file__).parents[2] / "data/raw/cohorts/template"


@pytest.mark.parametrize(("month", "day"), [(0, 0), (1, 30), (2, 61), (3, 91), (8, 244), (11, 335), (12, 365)])
def test_a_month_is_a_study_day(month: int, day: int) -> None:
    assert day_of_month(month) == day


def test_months_come_back_from_days_and_from_differences_of_days() -> None:
    months = pd.Series(range(0, 61))
    days = months.map(day_of_month)
    assert months_between(days).tolist() == months.tolist()
    after = pd.Series([day_of_month(11 + k) - day_of_month(11) for k in range(0, 49)])
    assert months_between(after).tolist() == list(range(0, 49))
    assert months_between(pd.Series([None, 45.7])).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("P2.5M", 2.5),
        ("P204M", 204),
        ("P1Y6M", 18),
        ("P0.5M", 0.5),
        ("P30.4375D", 1),
        ("P2W", round(14 / 30.4375, 6)),
        ("P", None),
        ("PM", None),
        ("P1.2.3M", None),
        ("P-1M", None),
        ("PT5H", None),
        ("2.5", None),
        ("P1M6Y", None),
        ("p1M", None),
        ("P1,5M", None),
    ],
)
def test_a_duration_in_months(text: str, months: float | None) -> None:
    assert months_of(text) == months


def test_start_counts_from_january_2021() -> None:
    dates = pd.Series(["2021-01-01", "2020-12-31", "2024-11-30", "2023-02", None, "2021"])
    assert start_months(dates).fillna(-99).tolist() == [0, -1, 46, 25, -99, -99]


@pytest.mark.parametrize(
    ("day", "visit", "planned"),
    [
        (-3, "BASELINE", 1),
        (1, "BASELINE", 1),
        (2, "DAY 8", 8),
        (11, "DAY 8", 8),
        (12, "DAY 15", 15),
        (19, "DAY 22", 22),
        (23, "DAY 22", 22),
        (24, "MONTH 1", 30),
        (45, "MONTH 1", 30),
        (46, "MONTH 2", 61),
        (336, "MONTH 11", 335),
    ],
)
def test_a_day_has_an_analysis_visit(day: int, visit: str, planned: int) -> None:
    assert visits_of(pd.Series([day])).values.tolist() == [[visit, planned]]


GOOD = {"LBTESTCD": "PLAT", "USUBJID": "P1", "LBSTRESN": "5.1", "LBSTRESU": "10^9/L", "LBDY": "-1"}


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("LBSTRESN", "5.1", None),
        ("LBSTRESN", "1e2", None),
        ("LBSTRESN", None, None),
        ("LBSTRESN", "0", None),
        ("LBSTRESN", "5,1", "digits with at most one point"),
        ("LBSTRESN", "<5", "digits with at most one point"),
        ("LBSTRESN", "nan", "digits with at most one point"),
        ("LBSTRESN", "inf", "digits with at most one point"),
        ("LBSTRESN", "5.", None),
        ("LBSTRESN", ".", "digits with at most one point"),
        ("LBSTRESN", "٣", "digits with at most one point"),
        ("LBSTRESN", "1_0", "digits with at most one point"),
        ("LBSTRESN", "-0.1", "at least 0"),
        ("LBDY", "1", None),
        ("LBDY", "0", "no day 0"),
        ("LBDY", "-0", "no day 0"),
        ("LBDY", "1.0", "no day 0"),
        ("LBDY", "9999999", "no day 0"),
        ("LBDY", None, "every row of LB has LBDY"),
        ("LBBLFL", "Y", None),
        ("LBBLFL", "N", "one of Y"),
        ("USUBJID", None, "every row of LB has USUBJID"),
    ],
)
def test_a_cell_keeps_its_rules(column: str, text: str | None, rule: str | None) -> None:
    frame = pd.DataFrame([{**GOOD, column: text}], index=[7], dtype=object)
    faults = table_faults("LB", frame, "LB.csv")
    assert [(f.row, f.column) for f in faults] == ([] if rule is None else [(7, column)])
    assert all(rule and rule in f.rule for f in faults)


@pytest.mark.parametrize(
    ("date", "good"),
    [
        ("2023-04-17", True),
        ("2024-02-29", True),
        ("2023-04", True),
        ("2023-02-29", False),
        ("2023-13-01", False),
        ("17.04.2023", False),
        ("2023-4-17", False),
        ("2023-04-17T08:00", False),
        ("2023", False),
        ("0000-01", False),
    ],
)
def test_a_date_is_iso_and_exists(date: str, good: bool) -> None:
    frame = pd.DataFrame([{"USUBJID": "P1", "AGE": "30", "SEX": "F", "RFSTDTC": date}], dtype=object)
    assert (table_faults("DM", frame, "DM.csv") == []) is good


def test_a_decimal_comma_has_its_own_remedy() -> None:
    frame = pd.DataFrame([{**GOOD, "LBSTRESN": "5,1"}], index=[2], dtype=object)
    (fault,) = table_faults("LB", frame, "LB.csv")
    assert str(fault) == (
        'LB.csv row 2, LBSTRESN: a number is digits with at most one point, such as "5.1" (got "5,1"): '
        "replace the comma by a point"
    )


def test_all_faults_of_a_table_come_at_once_in_the_order_of_rows() -> None:
    rows = [{**GOOD, "LBDY": "0", "LBSTRESN": "x"}, GOOD, {**GOOD, "USUBJID": None}]
    frame = pd.DataFrame(rows, index=[2, 3, 4], dtype=object).drop(columns="LBSTRESU")
    found = [(f.row, f.column) for f in table_faults("LB", frame, "LB.csv")]
    assert found == [(1, "LBSTRESU"), (2, "LBDY"), (2, "LBSTRESN"), (4, "USUBJID")]


def test_a_typed_table_has_all_columns_and_keeps_unknown_ones() -> None:
    frame = typed("LB", pd.DataFrame([{**GOOD, "LBSITE": "arm"}], index=[2], dtype=object))
    assert list(frame) == [*(c.name for c in columns("LB")), "LBSITE"]
    assert frame["LBSTRESN"].tolist() == [5.1]
    assert str(frame["LBDY"].dtype) == "Int64" and frame["LBDY"].tolist() == [-1]
    assert frame.at[0, "VISIT"] is None and frame.at[0, "LBSITE"] == "arm"


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12"), (1.30, "1.3"), (3, "3"), ("NR", "NR"), (None, None), (math.nan, None), (pd.NA, None)],
)
def test_a_value_as_text(value: object, text: str | None) -> None:
    assert cell_text(value) == text


def test_text_and_values_are_each_others_inverse() -> None:
    frame = typed("LB", pd.DataFrame([GOOD, {**GOOD, "LBSTRESN": None, "LBDY": "30"}], dtype=object))
    pd.testing.assert_frame_equal(typed("LB", as_text(frame)), frame)


@pytest.mark.parametrize(
    ("unit", "plain"),
    [("×10⁹/L", "x10^9/l"), ("10³ / µL", "10^3/ul"), ("μmol/L", "umol/l"), ("g/dL", "g/dl")],
)
def test_a_unit_is_compared_plainly(unit: str, plain: str) -> None:
    assert plain_unit(unit) == plain


def test_every_unit_of_a_test_converts_by_one_factor_and_its_own_by_one() -> None:
    for test in lab_tests().values():
        assert all(factor > 0 for factor in test.factors.values())
        assert test.factors.get(plain_unit(test.unit), 1.0) == 1.0
        assert test.low < test.high


def test_every_table_names_its_patient_first_or_second() -> None:
    for table in (*SDTM, *ADAM):
        names = [column.name for column in columns(table)]
        assert "USUBJID" in names[:2] and len(set(names)) == len(names), table


@pytest.mark.parametrize("table", SDTM)
def test_the_template_has_every_column_and_its_readme_explains_it(table: str) -> None:
    header = (TEMPLATE / f"{table}.csv").read_text().splitlines()
    assert header == [",".join(column.name for column in columns(table) if column.name != "ORIGIN")]
    assert columns_in_words(table) in (TEMPLATE / "README.md").read_text()


def test_the_template_explains_every_unit() -> None:
    assert units_in_words() in (TEMPLATE / "README.md").read_text()
