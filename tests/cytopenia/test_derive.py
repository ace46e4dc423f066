"""ADLB and ADAE from short cohorts."""

from collections.abc import Callable

import pandas as pd
import pytest

from cytopenia.derive import derive_adae, derive_adlb
from cytopenia.read import Tables
from cytopenia.schemas import columns, typed

Make = Callable[..., Tables]


def told(frame: pd.DataFrame, names: str) -> list[str]:
    """Each row's values in short, "-" where missing."""
    rows = frame[names.split()].astype(object).values.tolist()
    return [
        " ".join("-" if pd.isna(cell) else f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row)
        for row in rows
    ]


# ADLB --------------------------------------------------------------------------------------------


def test_a_result_has_its_baseline_change_and_visit(cohort: Make) -> None:
    tables = cohort(P1={"lb": "PLAT -9:12 -1:10 4:20 9:30 30:100 90:"}, P2={"lb": "PLAT 9:40"})
    assert told(derive_adlb(tables), "USUBJID ADY AVAL AVISIT AVISITN ABLFL ANL01FL BASE CHG") == [
        "P1 -9 12 SCREENING 0 - - 10 -",
        "P1 -1 10 BASELINE 1 Y Y 10 -",
        "P1 4 20 DAY 8 8 - - 10 10",
        "P1 9 30 DAY 8 8 - Y 10 20",
        "P1 30 100 MONTH 1 30 - Y 10 90",
        "P1 90 - MONTH 3 91 - - 10 -",
        "P2 9 40 DAY 8 8 - Y - -",
    ]


@pytest.mark.parametrize(
    ("days", "chosen"),
    [("7 9", 7), ("9 7", 7), ("6 9", 9), ("8 8", 8), ("-1 1", 1), ("25 35", 25), ("25 34", 34)],
)
def test_one_reading_a_visit_is_flagged_the_nearest_then_the_earlier(cohort: Make, days: str, chosen: int) -> None:
    adlb = derive_adlb(cohort(P1={"lb": "PLAT " + " ".join(f"{day}:50" for day in days.split())}))
    assert adlb.loc[adlb["ANL01FL"] == "Y", "ADY"].tolist() == [chosen]


def test_of_two_results_on_a_day_the_lower_row_is_the_baseline(cohort: Make) -> None:
    adlb = derive_adlb(cohort(P1={"lb": "PLAT -1:10 -1:11 8:21"}))
    assert told(adlb, "AVAL ABLFL ANL01FL CHG") == ["10 - - -", "11 Y Y -", "21 - Y 10"]


def test_a_parameter_is_named_with_its_unit_and_an_unknown_one_by_its_code(cohort: Make) -> None:
    adlb = derive_adlb(cohort(P1={"lb": "PLAT 1:10; COOMBS 8:DECREASED; LDH 8:400"}))
    assert adlb["PARAM"].tolist() == ["Platelets (10^9/L)", "Direct antiglobulin test", "LDH"]
    assert told(adlb, "AVAL AVALC")[1] == "- DECREASED"


def test_every_result_has_a_row(demo: Tables, derived: Tables) -> None:
    adlb = derived["ADLB"]
    assert list(adlb) == [column.name for column in columns("ADLB")]
    assert len(adlb) == len(demo["LB"])
    one = adlb[adlb["ANL01FL"] == "Y"].groupby(["USUBJID", "PARAMCD", "AVISIT"]).size()
    assert (one == 1).all()


# ADAE --------------------------------------------------------------------------------------------


def test_an_event_is_treatment_emergent_from_day_1_on(cohort: Make) -> None:
    days = ["-1", "1", "90", None]
    rows = [{"USUBJID": "P1", "AEDECOD": "Headache", "AESTDY": day} for day in days]
    ae = typed("AE", pd.DataFrame(rows, columns=[c.name for c in columns("AE")], dtype=object))
    adae = derive_adae({**cohort(P1={}), "AE": ae})
    assert told(adae, "TRTEMFL") == ["N", "Y", "Y", "-"]
    assert list(adae)[:-1] == list(ae)
