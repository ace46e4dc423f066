"""Doses on their printed days, from the record's own regimen.csv."""

from __future__ import annotations

from pathlib import Path

import pytest

from cytopenia.exposure import exposure, maintenance_months, read_regimen
from recount.record.faults import Faults

STUDY = Path(__file__).parents[2] / "data" / "raw" / "paper"
REGIMEN = read_regimen(STUDY / "regimen.csv")
HEADER = "phase,drug,dose,unit,route,day,repeats,interval,interval_unit,trigger\n"
MAINTENANCE = "MAINTENANCE,RITUXIMAB,100,mg,IV,,5,2,months,\n"


def doses(maintenance_days: tuple[int, ...], drug: str, *epochs: str) -> str:
    """`dose days` of a drug in some epochs, in order."""
    rows = [row for row in exposure(REGIMEN, maintenance_days) if row["EXTRT"] == drug]
    return ", ".join(
        f"{row['EXDOSE']} {row['EXDOSU']} {row['EXSTDY']}-{row['EXENDY']}" for row in rows if row["EPOCH"] in epochs
    )


@pytest.mark.parametrize(
    ("drug", "epochs", "told"),
    [
        ("RITUXIMAB", ("INDUCTION",), "375 mg/m2 1-1, 100 mg 8-8, 100 mg 15-15, 100 mg 22-22"),
        ("BORTEZOMIB", ("INDUCTION",), "1.3 mg/m2 2-2, 1.3 mg/m2 16-16"),
        ("PREDNISONE", ("INDUCTION",), "1 mg/kg 1-30"),
        ("PREDNISONE", ("TAPER",), "0.75 mg/kg 31-37, 0.5 mg/kg 38-44, 0.25 mg/kg 45-51"),
        ("RITUXIMAB", ("MAINTENANCE",), "100 mg 91-91, 100 mg 152-152"),
    ],
)
def test_doses_are_the_printed_ones(drug: str, epochs: tuple[str, ...], told: str) -> None:
    assert doses((91, 152), drug, *epochs) == told


def test_without_maintenance_nothing_is_recorded_after_induction() -> None:
    assert {row["EPOCH"] for row in exposure(REGIMEN, ())} == {"INDUCTION"}


def test_maintenance_months_start_one_interval_after_month_1() -> None:
    assert maintenance_months(REGIMEN) == (3, 5, 7, 9, 11)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (MAINTENANCE + "INDUCTION,X,1;3,mg,IV,1,1,,,\n", "row 3, dose: '1;3' is no number"),
        (MAINTENANCE + "INDUCTION,X,1,mg,IV,first,1,,,\n", "row 3, day: a whole number or blank"),
        (MAINTENANCE + "INDUCTION,X,1,mg,IV,1,2,3,fortnights,\n", "row 3, interval_unit: days or months"),
        (MAINTENANCE + "SUPPORT,X,,,IV,,,,,PLT = 20\n", "row 3, trigger: a single `=` compares nothing"),
        ("INDUCTION,X,1,mg,IV,1,1,,,\n", "phase: a regimen has one line of MAINTENANCE"),
        (MAINTENANCE + "INDUCTION,X\n", "row 3: a row has as many cells as the header, 10"),
        ("\n" + MAINTENANCE + "INDUCTION,X,1,mg,IV,²,1,,,\n", "row 4, day: a whole number or blank"),
        (
            MAINTENANCE + "INDUCTION," + "X" * 9_999 + ",1,mg,IV,1,1,,,\n",
            "row 3, drug: a cell has at most 5,000 characters",
        ),
        (MAINTENANCE + 'INDUCTION,"X,1,mg,IV,1,1,,,\n', "row 3: a quote that is opened is closed"),
    ],
)
def test_faults_of_a_regimen_are_told(tmp_path: Path, lines: str, told: str) -> None:
    path = tmp_path / "regimen.csv"
    path.write_text(HEADER + lines, encoding="utf-8")
    with pytest.raises(Faults) as caught:
        read_regimen(path)
    assert f"regimen.csv {told}" in str(caught.value).replace("regimen.csv, ", "regimen.csv ")
