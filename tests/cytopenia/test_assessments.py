"""ADRS and relapses: a response on every reading day, in the notation "day:response"."""

from collections.abc import Callable

import pandas as pd
import pytest

from cytopenia.assessments import derive_adrs, derive_relapses
from cytopenia.read import Tables

Make = Callable[..., Tables]


def told(adrs: pd.DataFrame, lineage: str) -> str:
    """The responses of a lineage, "8:PR 15:CR"."""
    rows = adrs[adrs["PARCAT"] == lineage]
    return " ".join(f"{day}:{response}" for day, response in zip(rows["ADY"], rows["AVALC"], strict=True))


PLATELETS = [
    ("PLAT -1:16 12:3 29:5 30:30", "", "12:NR 29:NR 30:NR"),
    ("PLAT -1:15 8:30 15:100", "", "8:PR 15:CR"),
    ("PLAT -1:15 15:100 8:30", "", "8:PR 15:CR"),
    ("PLAT -1:15 1:16 8:31", "", "8:NR"),
    ("PLAT 8:31 15:120", "", "8:NE 15:CR"),
    ("PLAT -1:15 8: 15:60", "", "8:NE 15:PR"),
    ("PLAT -1:15 8:60 15:120", "BLEEDING 5..10", "8:NR 15:CR"),
    ("PLAT -1:15 8:60 8:20", "", "8:NR"),
    ("PLAT -1:15", "", ""),
]


def test_platelets_on_every_reading_day(cohort: Make) -> None:
    patients = {f"P{k}": {"dx": "sITP", "lb": lb, "ce": ce} for k, (lb, ce, _) in enumerate(PLATELETS)}
    adrs = derive_adrs(cohort(**patients))
    for lineage in ("PLT", "ALL"):
        found = [told(adrs[adrs["USUBJID"] == patient], lineage) for patient in patients]
        assert found == [wanted for *_, wanted in PLATELETS]
    assert told(adrs, "HB") == ""


def test_without_a_table_of_events_only_a_failure_is_evaluable(cohort: Make) -> None:
    adrs = derive_adrs(cohort(P1={"dx": "sITP", "lb": "PLAT -1:15 8:20 15:60 22:120"}))
    assert told(adrs, "PLT") == "8:NR 15:NE 22:NE"


HB = "HGB -1:50 8:70 22:90 30:120; RETIRBC 8:9 22:3 30:1; BILI 8:50 22:20 30:10"


@pytest.mark.parametrize(
    ("dat", "ce", "wanted"),
    [
        ("COOMBS 8:UNCHANGED 22:DECREASED 30:NEGATIVE", "", "8:NR 22:PR 30:CR"),
        ("COOMBS 22:DECREASED 30:NEGATIVE", "ANAEMIA SYMPTOMS -9..30", "8:NR 22:PR 30:PR"),
        ("COOMBS 22:DECREASED 29:NEGATIVE", "", "8:NR 22:PR 30:NE"),
        ("COOMBS -1:POSITIVE", "", "8:NR 22:NE 30:NE"),
    ],
)
def test_haemolysis_asks_for_all_values_of_the_same_day(cohort: Make, dat: str, ce: str, wanted: str) -> None:
    adrs = derive_adrs(cohort(P1={"dx": "AIHA", "sex": "F", "lb": f"{HB}; {dat}; PLAT 8:200", "ce": ce}))
    assert told(adrs, "HB") == told(adrs, "ALL") == wanted
    assert told(adrs, "PLT") == ""


def test_two_lineages_are_judged_apart_and_the_worse_counts(cohort: Make) -> None:
    lb = f"{HB}; COOMBS 22:DECREASED 30:NEGATIVE; PLAT -1:10 5:40 22:120 30:130"
    adrs = derive_adrs(cohort(P1={"dx": "EVANS", "sex": "F", "lb": lb, "ce": ""}))
    assert told(adrs, "PLT") == "5:PR 22:CR 30:CR"
    assert told(adrs, "HB") == "8:NR 22:PR 30:CR"
    assert told(adrs, "ALL") == "5:NE 8:NR 22:PR 30:CR"


def test_without_a_diagnosis_both_lineages_are_judged_and_the_whole_is_not(cohort: Make) -> None:
    adrs = derive_adrs(cohort(P1={"lb": "PLAT -1:10 8:20; HGB 8:70", "ce": ""}))
    assert (told(adrs, "PLT"), told(adrs, "HB"), told(adrs, "ALL")) == ("8:NR", "8:NR", "8:NE")


def test_rows_stand_by_patient_of_dm_lineage_and_day(cohort: Make) -> None:
    patient = {"dx": "EVANS", "lb": "PLAT 15:20 8:20; HGB 8:70", "ce": ""}
    adrs = derive_adrs(cohort(P2=patient, P1=patient), "iwg2009")
    assert adrs["USUBJID"].tolist() == ["P2"] * 5 + ["P1"] * 5
    assert adrs["PARCAT"].tolist()[:5] == ["PLT", "PLT", "HB", "ALL", "ALL"]
    assert adrs["ADY"].tolist()[:5] == [8, 15, 8, 8, 15]
    assert adrs["AVISIT"].tolist()[:2] == ["DAY 8", "DAY 15"]
    assert set(adrs["CRIT"]) == {"iwg2009"}


def test_a_row_is_known_as_its_least_known_reading(cohort: Make) -> None:
    tables = cohort(P1={"dx": "EVANS", "lb": "PLAT 8:20; HGB 8:70 15:71; BILI 8:50; NEUT 8:3", "ce": ""})
    origins = ["determined", "constrained", "determined", "assumed", "assumed"]
    order = ["PLAT8", "HGB8", "HGB15", "BILI8", "NEUT8"]
    lb = tables["LB"]
    keys = lb["LBTESTCD"] + lb["LBDY"].astype(str)
    adrs = derive_adrs({**tables, "LB": lb.assign(ORIGIN=keys.map(dict(zip(order, origins, strict=True))))})
    found = dict(zip(adrs["PARCAT"] + adrs["ADY"].astype(str), adrs["ORIGIN"], strict=True))
    assert found == {
        "PLT8": "determined", "HB8": "assumed", "HB15": "determined", "ALL8": "assumed", "ALL15": "determined",
    }  # fmt: skip


@pytest.mark.parametrize("crit", ["paper", "iwg2009"])
def test_a_cohort_without_readings_has_no_responses(cohort: Make, crit: str) -> None:
    tables = cohort(P1={"dx": "EVANS"})
    assert derive_adrs(tables, crit).empty and derive_relapses(tables, crit).empty


RELAPSES = [
    # paper, half of the best, below twice the baseline
    ("PLAT -1:20 8:10 15:45 30:200 61:100 91:39 122:29", "122 61 91"),
    ("PLAT -1:20 8:29 15:25", "- - -"),
    ("PLAT -1:20 8:45 15:101", "- - -"),
    ("PLAT -1:20 8:45 15:29 22:120", "15 15 15"),
]


@pytest.mark.parametrize(
    ("crit", "place"), [("paper", 0), ("paper-relapse-half-best", 1), ("paper-relapse-below-2x", 2)]
)
def test_a_relapse_is_the_first_day_of_its_rule_after_a_response(cohort: Make, crit: str, place: int) -> None:
    patients = {f"P{k}": {"dx": "sITP", "lb": lb, "ce": ""} for k, (lb, _) in enumerate(RELAPSES)}
    found = derive_relapses(cohort(**patients), crit).set_index("USUBJID")["ADY"].to_dict()
    assert [str(found.get(patient, "-")) for patient in patients] == [wanted.split()[place] for _, wanted in RELAPSES]
