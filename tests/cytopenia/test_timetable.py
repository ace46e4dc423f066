"""Visits on their scheduled days, from the record's own schedule.csv."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytopenia.exposure import read_regimen
from cytopenia.landmarks import Patient
from cytopenia.timetable import Course, course, read_schedule, visits
from recount.record.faults import Faults

STUDY = Path(__file__).parents[2] / "data" / "raw" / "paper"
REGIMEN = read_regimen(STUDY / "regimen.csv")
SCHEDULE = read_schedule(STUDY / "schedule.csv")


def seen(values: dict[str, str], taken: Course, panel: str) -> list[int]:
    found = visits(SCHEDULE, Patient("P", values, {}, 1), taken)
    return [visit.day for visit in found if panel in visit.panels]


@pytest.mark.parametrize(
    ("values", "taken", "panel", "days"),
    [
        ({}, Course(), "blood count", [-1, 8, 15, 22, 30]),
        ({}, Course(), "lymphocyte subsets", [-1, 30]),
        ({"ONSET_PLT": "5", "CRDAY_PLT": "22"}, Course(), "blood count", [-1, 5, 8, 15, 22, 30]),
        ({"ONSET_PLT": "5"}, Course(), "liver function", [-1, 8, 15, 22, 30]),
        ({}, Course((3,), None, 4, 4), "renal function", [-1, 8, 15, 22, 30, 61, 91, 122]),
        ({}, Course((3, 5), 5, None, 7), "blood count", [-1, 8, 15, 22, 30, 61, 91, 122, 152, 183, 213]),
        ({}, Course((3, 5), 5, None, 7), "immunoglobulins", [-1, 30, 91, 152]),
    ],
)
def test_visits_are_the_scheduled_ones(values: dict[str, str], taken: Course, panel: str, days: list[int]) -> None:
    assert seen(values, taken, panel) == days


def test_visits_have_names() -> None:
    found = visits(SCHEDULE, Patient("P", {"ONSET_HB": "13"}, {}, 1), Course((3,), 3, None, 5))
    assert [visit.name for visit in found] == [
        "BASELINE", "DAY 8", "UNSCHEDULED", "DAY 15", "DAY 22", "MONTH 1", "MONTH 2", "MONTH 3",
        "FOLLOW-UP MONTH 1", "FOLLOW-UP MONTH 2",
    ]  # fmt: skip


def test_a_relapse_in_maintenance_falls_between_the_first_dose_and_the_last() -> None:
    values = {"MAINT": "Y", "RESP_EOT": "RELAPSE"}
    taken = [course(Patient(f"P{k}", values, {}, 1), REGIMEN) for k in range(60)]
    assert {one.relapsed for one in taken} == {4, 5, 6, 7, 8, 9, 10}
    assert all(one.doses == tuple(m for m in (3, 5, 7, 9, 11) if m < one.last) for one in taken)
    assert all(one.completed is None for one in taken)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MAINTENANCE,1,fortnights,2,,blood count\n", "row 2, interval_unit: weeks or months"),
        ("MAINTENANCE,1.5,months,2,,blood count\n", "row 2, every: a whole number or blank"),
        ("MAINTENANCE,1,months,,next,blood count\n", "row 2, to_month: a whole number or blank"),
    ],
)
def test_faults_of_a_schedule_are_told(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "schedule.csv"
    path.write_text("phase,every,interval_unit,from_month,to_month,tests\n" + line, encoding="utf-8")
    with pytest.raises(Faults) as caught:
        read_schedule(path)
    assert str(caught.value).startswith(f"schedule.csv {told}")
