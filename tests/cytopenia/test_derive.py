"""ADLB, ADTTE and ADAE from short cohorts."""

from collections.abc import Callable

import pandas as pd
import pytest

from cytopenia.derive import derive_adae, derive_adlb, derive_adrs, derive_adsl, derive_adtte
from cytopenia.read import Tables
from cytopenia.schemas import columns, typed
from recount.study import Variable

Make = Callable[..., Tables]
Variables = dict[str, Variable]


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


# ADTTE -------------------------------------------------------------------------------------------


def all_times(tables: Tables, variables: Variables) -> pd.DataFrame:
    """ADTTE by the paper's criteria."""
    adrs = derive_adrs(tables)
    return derive_adtte(tables, derive_adsl(tables, variables, adrs=adrs), adrs)


def times(adtte: pd.DataFrame, name: str) -> list[str]:
    """The rows of one time: patient and days, with + where censored."""
    rows = adtte[adtte["PARAMCD"] == name]
    days = rows["AVAL"].astype(str) + rows["CNSR"].map({0: "", 1: "+"})
    return (rows["USUBJID"] + " " + days).tolist()


@pytest.fixture(scope="module")
def treated(cohort: Make, variables: Variables) -> pd.DataFrame:
    """ADTTE of patients who respond early, late, never, unevaluably, and one without readings."""
    panel = "RETIRBC 15:3; BILI 15:20; COOMBS 15:DECREASED"
    tables = cohort(
        P5={"dx": "sITP", "lb": "PLAT -1:10 5:40 30:120", "ce": ""},
        P1={"dx": "sITP", "lb": "PLAT -1:10 8:12 45:40", "ce": ""},
        P2={"dx": "sITP", "lb": "PLAT -1:10 8:12 30:15 37:"},
        P3={"dx": "sITP", "lb": "PLAT 8:50"},
        P4={"dx": "EVANS", "sex": "F", "lb": f"HGB -1:50 8:60 15:85; {panel}; PLAT -1:10 8:20"},
        P6={"dx": "AIHA"},
    )
    return all_times(tables, variables)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("TTRPLT", "P5 5, P1 45, P2 30+, P4 8+"),
        ("TTCRPLT", "P5 30, P1 45+, P2 30+, P4 8+"),
        ("TTRHB", "P4 15"),
    ],
)
def test_time_to_response_is_everybodys(treated: pd.DataFrame, name: str, wanted: str) -> None:
    assert times(treated, name) == wanted.split(", ")


RESPONDED = "PLAT -1:10 5:40 30:150"
DONE = "COMPLETED MAINTENANCE 335"
RELAPSES = [
    # readings, course: free of relapse since the response, and since the end of maintenance
    (f"{RESPONDED} 335:160", f"{DONE}; ONGOING FOLLOW-UP 700", "695+", "365+"),
    (f"{RESPONDED} 335:160 710:160", f"{DONE}; ONGOING FOLLOW-UP 700", "705+", "375+"),
    (f"{RESPONDED} 335:160", f"{DONE}; DISEASE RELAPSE FOLLOW-UP 518; ONGOING FOLLOW-UP 700", "513", "183"),
    (f"{RESPONDED} 200:10", "DISEASE RELAPSE MAINTENANCE 200", "195", "-"),
    (RESPONDED, "LOST TO FOLLOW-UP INDUCTION 31", "26+", "-"),
    ("PLAT -1:10 30:20", "LACK OF EFFICACY INDUCTION 30", "-", "-"),
]


def test_time_to_relapse_runs_from_the_response_and_from_the_end_of_maintenance(
    cohort: Make, variables: Variables
) -> None:
    patients = {
        f"P{k}": {"dx": "sITP", "sex": "F", "ce": "", "lb": lb, "ds": ds, "ex": "91 335" if DONE in ds else ""}
        for k, (lb, ds, *_) in enumerate(RELAPSES)
    }
    adtte = all_times(cohort(**patients), variables)
    for place, name in ((2, "RELFREE"), (3, "FUEOT")):
        wanted = [f"P{k} {row[place]}" for k, row in enumerate(RELAPSES) if row[place] != "-"]
        assert times(adtte, name) == wanted


def test_a_response_of_two_lineages_begins_with_the_later(cohort: Make, variables: Variables) -> None:
    panel = "RETIRBC 13:3 30:3; BILI 13:20 30:20; COOMBS 13:DECREASED 30:DECREASED"
    lb = f"HGB -1:50 13:85 30:90; {panel}; PLAT -1:10 4:40 30:120"
    tables = cohort(P1={"dx": "IRP", "sex": "F", "lb": lb, "ce": "", "ds": "ONGOING INDUCTION 43"})
    assert times(all_times(tables, variables), "RELFREE") == ["P1 30+"]


def test_without_a_course_a_relapse_is_by_the_criteria(cohort: Make, variables: Variables) -> None:
    lb = f"{RESPONDED} 61:90 91:29 122:120"
    tables = cohort(P1={"dx": "sITP", "sex": "F", "lb": lb, "ce": ""})
    assert times(all_times(tables, variables), "RELFREE") == ["P1 86"]


def test_the_times_stand_in_order_with_their_set(derived: Tables) -> None:
    adsl, adtte = derived["ADSL"], derived["ADTTE"]
    assert list(adtte) == [column.name for column in columns("ADTTE")]
    assert list(dict.fromkeys(adtte["PARAMCD"])) == ["TTRPLT", "TTRHB", "TTCRPLT", "RELFREE", "FUEOT"]
    assert set(adtte["CRIT"]) == {"paper"} and not adtte.duplicated(["USUBJID", "PARAMCD"]).any()
    onset = adsl.set_index("USUBJID")["ONSET_PLT"].dropna()
    response = adtte[adtte["PARAMCD"] == "TTRPLT"].set_index("USUBJID")
    assert onset.equals(response.loc[onset.index, "AVAL"].rename("ONSET_PLT"))


# ADAE --------------------------------------------------------------------------------------------


def test_an_event_is_treatment_emergent_from_day_1_on(cohort: Make) -> None:
    days = ["-1", "1", "90", None]
    rows = [{"USUBJID": "P1", "AEDECOD": "Headache", "AESTDY": day} for day in days]
    ae = typed("AE", pd.DataFrame(rows, columns=[c.name for c in columns("AE")], dtype=object))
    adae = derive_adae({**cohort(P1={}), "AE": ae})
    assert told(adae, "TRTEMFL") == ["N", "Y", "Y", "-"]
    assert list(adae)[:-1] == list(ae)
