"""Which reading stands for a landmark, and which events were there on a day."""

from collections.abc import Callable

import pandas as pd
import pytest

from cytopenia.read import Tables
from cytopenia.readings import after, at_baseline, at_month_1, decoded, nearest, patients_of, present, readings, wide

Make = Callable[..., Tables]


def values(rows: pd.DataFrame) -> dict[str, float]:
    return dict(zip(rows["STEM"], rows["AVAL"], strict=True))


@pytest.mark.parametrize(
    ("lb", "wanted"),
    [
        ("PLAT -5:9 -1:10 8:45", 10),
        ("PLAT -1:10 1:12 2:13", 12),
        ("PLAT -5:9 -1:", 9),
        ("PLAT 1:12 -1:10", 12),
        ("PLAT -1:10 -1:11", 11),
        ("PLAT 2:13", None),
    ],
)
def test_the_baseline_is_the_last_value_at_or_before_day_1(cohort: Make, lb: str, wanted: float | None) -> None:
    rows = at_baseline(readings(cohort(P1={"lb": lb})))
    assert rows["AVAL"].tolist() == ([] if wanted is None else [wanted])


@pytest.mark.parametrize(
    ("lb", "wanted"),
    [
        ("PLAT 29:1 30:2 31:3", 2),
        ("PLAT 29:1 31:3", 1),
        ("PLAT 31:3 29:1", 1),
        ("PLAT 24:1", 1),
        ("PLAT 23:1", None),
        ("PLAT 37:1", 1),
        ("PLAT 38:1", None),
        ("PLAT 30: 33:4", 4),
        ("PLAT 25:1 36:4", 1),
        ("PLAT 24:1 35:4", 4),
        ("PLAT 30:2 30:5", 5),
    ],
)
def test_month_1_is_the_nearest_reading_within_its_window(cohort: Make, lb: str, wanted: float | None) -> None:
    tables = cohort(P1={"lb": lb})
    rows = at_month_1(readings(tables), patients_of(tables))
    assert rows["AVAL"].tolist() == ([] if wanted is None else [wanted])


def test_each_test_has_its_own_nearest_day(cohort: Make) -> None:
    tables = cohort(P1={"lb": "PLAT 28:60; HGB 31:90 26:80; COOMBS 30:DECREASED"})
    rows = at_month_1(readings(tables), patients_of(tables))
    assert values(rows) | {"DAT": None} == {"PLT": 60, "HB": 90, "DAT": None}
    assert rows.set_index("STEM").at["DAT", "AVALC"] == "DECREASED"


def test_the_nearest_and_the_later_readings_go_by_the_patients_own_day(cohort: Make) -> None:
    tables = cohort(P1={"lb": "PLAT 90:1 110:2"}, P2={"lb": "PLAT 90:3 110:4"}, P3={"lb": "PLAT 100:5"})
    rows = readings(tables)
    day = pd.Series({"P1": 95, "P2": 106, "P3": None}, name="ADY")
    assert nearest(rows, day, day - 5, day + 15)["AVAL"].tolist() == [4, 1]
    assert nearest(rows, day, day - 4, day + 14)["AVAL"].tolist() == [4]
    assert after(rows, day)["AVAL"].tolist() == [2, 4]
    assert after(rows, day + 4)["AVAL"].tolist() == [2]


def test_readings_of_a_day_stand_in_one_row(cohort: Make) -> None:
    rows = readings(cohort(P1={"lb": "HGB 8:80 15:; RETIRBC 8:3; COOMBS 8:NEGATIVE 15:DECREASED"}))
    found = wide(rows, ["USUBJID", "ADY"]).astype(object)
    assert found.loc[("P1", 8)].to_dict() == {"HB": 80, "RETI": 3, "DAT": "NEGATIVE"}
    assert found.loc[("P1", 15)].isna().to_dict() == {"HB": True, "RETI": True, "DAT": False}


@pytest.mark.parametrize(
    ("ce", "days"),
    [
        ("BLEEDING 3..5", "NYYN"),
        ("BLEEDING 4..4", "NYNN"),
        ("BLEEDING ..4", "YYNN"),
        ("BLEEDING 5..", "NNYY"),
        ("BLEEDING ..", "YYYY"),
        ("BLEEDING -9..2; BLEEDING 6..8", "YNNY"),
        ("THROMBOSIS 1..9", "NNNN"),
        ("ANAEMIA SYMPTOMS 1..9", "NNNN"),
        ("", "NNNN"),
    ],
)
def test_an_event_is_there_from_its_first_to_its_last_day(cohort: Make, ce: str, days: str) -> None:
    tables = cohort(P1={"ce": ce}, P2={"ce": "BLEEDING 1..99"})
    asked = pd.Series([2.0, 4.0, 5.0, 6.0], index=[9, 8, 7, 6])
    answer = present(tables, "BLEEDING", pd.Series("P1", index=asked.index), asked)
    assert "".join(answer) == days and answer.index.tolist() == [9, 8, 7, 6]


def test_without_a_table_of_events_or_a_day_nothing_is_known(cohort: Make) -> None:
    who, days = pd.Series(["P1", "P1"]), pd.Series([3.0, None])
    assert present(cohort(P1={}), "BLEEDING", who, days).isna().tolist() == [True, True]
    assert present(cohort(P1={"ce": ""}), "BLEEDING", who, days).isna().tolist() == [False, True]


def test_a_diagnosis_is_missing_where_there_is_none(cohort: Make) -> None:
    tables = cohort(P1={"dx": "AIHA", "ctd": "SLE"}, P2={"ctd": "SS"})
    assert decoded(tables, "CYTOPENIA").tolist()[0] == "AIHA"
    assert decoded(tables, "CYTOPENIA").isna().tolist() == [False, True]
    assert decoded(cohort(P1={}), "CYTOPENIA").isna().tolist() == [True]
