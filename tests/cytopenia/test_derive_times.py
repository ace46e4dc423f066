"""ADTTE from short cohorts: what ends each time, and who is counted."""

from collections.abc import Callable, Mapping

import pandas as pd
import pytest

from cytopenia.assessments import derive_adrs
from cytopenia.derive_times import TIMES, derive_adtte
from cytopenia.read import Tables
from cytopenia.schemas import columns, typed
from cytopenia.subjects import derive_adsl
from recount.record.schema import Variable

Make = Callable[..., Tables]
Variables = Mapping[str, Variable]


def all_times(tables: Tables, variables: Variables) -> pd.DataFrame:
    """ADTTE by the paper's criteria."""
    adrs = derive_adrs(tables)
    return derive_adtte(tables, derive_adsl(tables, variables, adrs=adrs), adrs)


def times(adtte: pd.DataFrame, name: str) -> list[str]:
    """The rows of one time: patient and days, with + where censored, # where something competed."""
    rows = adtte[adtte["PARAMCD"] == name]
    days = rows["AVAL"].astype(str) + rows["CNSR"].map({0: "", 1: "+", 2: "#"})
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
        ("TTR", "P5 5, P1 45, P2 30+, P3 0+, P4 8+, P6 0+"),
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
    assert list(dict.fromkeys(adtte["PARAMCD"])) == list(TIMES)
    assert set(adtte["CRIT"]) == {"paper"} and not adtte.duplicated(["USUBJID", "PARAMCD"]).any()
    onset = adsl.set_index("USUBJID")["ONSET_PLT"].dropna()
    response = adtte[adtte["PARAMCD"] == "TTRPLT"].set_index("USUBJID")
    assert onset.equals(response.loc[onset.index, "AVAL"].rename("ONSET_PLT"))


# What competes -----------------------------------------------------------------------------------


def rescued(tables: Tables, *days: str) -> Tables:
    """The tables with rescue treatment of P1 on these days."""
    rows = [{"USUBJID": "P1", "CMCAT": "RESCUE", "CMDECOD": "IVIG", "CMSTDY": day} for day in days]
    cm = typed("CM", pd.DataFrame(rows, columns=[c.name for c in columns("CM")], dtype=object))
    return {**tables, "CM": cm}


COMPETING = [
    # readings, disposition, days of rescue: the days to a response, free of relapse, of the response, and followed
    ("PLAT -1:10 8:40 30:50", "ONGOING INDUCTION 30", [], "8", "22+", "22+", "30+"),
    ("PLAT -1:10 8:15 30:20", "LACK OF EFFICACY INDUCTION 30", [], "30#", "-", "-", "30+"),
    ("PLAT -1:10 8:15", "DEATH INDUCTION 12", [], "12#", "-", "-", "12"),
    ("PLAT -1:10 8:15 30:120", "ONGOING INDUCTION 30", ["20"], "20#", "0+", "0+", "30+"),
    ("PLAT -1:10 8:15 30:120", "ONGOING INDUCTION 30", ["30"], "30", "0", "0", "30+"),
    ("PLAT -1:10 8:40 30:50 61:60", "ONGOING INDUCTION 61", ["45", "50"], "8", "37", "37", "61+"),
    ("PLAT -1:10 8:40 30:50", "DEATH INDUCTION 61", [], "8", "53", "53#", "61"),
    ("PLAT -1:10 8:40 30:50 61:20", "LOST TO FOLLOW-UP INDUCTION 90", [], "8", "82+", "53", "90+"),
    ("PLAT -1:10 8:15", "LOST TO FOLLOW-UP INDUCTION 20", [], "8+", "-", "-", "20+"),
]


@pytest.mark.parametrize(("lb", "ds", "rescue", "response", "free", "duration", "followed"), COMPETING)
def test_what_comes_before_the_event_rules_it_out_or_ends_it(
    cohort: Make,
    variables: Variables,
    lb: str,
    ds: str,
    rescue: list[str],
    response: str,
    free: str,
    duration: str,
    followed: str,
) -> None:
    tables = cohort(P1={"dx": "sITP", "sex": "F", "ce": "", "lb": lb, "ds": ds})
    adtte = all_times(rescued(tables, *rescue) if rescue else tables, variables)
    for name, wanted in (("TTR", response), ("RELFREE", free), ("DOR", duration), ("FU", followed)):
        assert times(adtte, name) == [f"P1 {wanted}" for _ in [0] if wanted != "-"], name


def test_an_ending_is_named(cohort: Make, variables: Variables) -> None:
    tables = cohort(P1={"dx": "sITP", "ce": "", "lb": "PLAT -1:10 8:40 30:50", "ds": "DEATH FOLLOW-UP 61"})
    adtte = all_times(rescued(tables, "45"), variables).set_index("PARAMCD")["EVNTDESC"]
    assert adtte[["TTR", "RELFREE", "FU"]].tolist() == ["FIRST RESPONSE", "RESCUE TREATMENT", "DEATH"]
