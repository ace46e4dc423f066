"""ADRS and relapses: a response on every reading day, in the notation "day:response"."""

from collections.abc import Callable

import pandas as pd
import pytest

from cytopenia.assessments import (
    Prepared,
    at_month_1_judged,
    derive_adrs,
    derive_relapses,
    derive_response_landmarks,
    judged,
    lineage_responses,
    time_shift,
)
from cytopenia.read import Tables
from cytopenia.readings import at_month_1, landmark, patients_of, readings
from cytopenia.rule_sets import addresses, rule_set

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


# Windows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cm", "wanted"),
    [
        ("TRANSFUSION PLATELETS 3..3", "8:NE 10:PR"),
        ("TRANSFUSION PLATELETS 3..", "8:NE 10:PR"),
        ("TRANSFUSION PLATELETS 1..1", "8:PR 10:PR"),
        ("TRANSFUSION PLATELETS 2..2", "8:NE 10:PR"),
        ("TRANSFUSION PLATELETS -3..3; TRANSFUSION PLATELETS -9..-8", "8:NE 10:PR"),
        ("TRANSFUSION PLATELETS 3..9", "8:NE 10:NE"),
        ("TRANSFUSION PLATELETS 9..9", "8:PR 10:NE"),
        ("TRANSFUSION PLATELETS ..", "8:NE 10:NE"),
        ("TRANSFUSION RED CELLS 3..3", "8:PR 10:PR"),
        ("", "8:PR 10:PR"),
    ],
)
def test_a_response_stands_seven_days_after_the_last_transfusion(cohort: Make, cm: str, wanted: str) -> None:
    tables = cohort(P1={"dx": "sITP", "lb": "PLAT -1:15 8:60 10:60", "ce": "", "cm": cm})
    assert told(derive_adrs(tables, "paper+washout=7-days"), "PLT") == wanted
    assert told(derive_adrs(tables), "PLT") == "8:PR 10:PR"


def test_there_is_no_day_0_between_a_transfusion_and_a_reading(cohort: Make) -> None:
    tables = cohort(P1={"dx": "sITP", "lb": "PLAT -9:15 6:60 7:60", "ce": "", "cm": "TRANSFUSION PLATELETS -1..-1"})
    assert told(derive_adrs(tables, "paper+washout=7-days"), "PLT") == "6:NE 7:PR"


def test_rescue_counts_from_its_first_day(cohort: Make) -> None:
    patient = {"dx": "sITP", "lb": "PLAT -1:15 8:60 10:60 12:20", "ce": ""}
    tables = cohort(
        P1=patient | {"cm": "RESCUE IVIG 10..; RESCUE IVIG 12.."}, P2=patient | {"cm": "CONCOMITANT IVIG 2.."}
    )
    for crit, wanted in (("paper+rescue=open", "8:PR 10:NE 12:NR"), ("paper+rescue=failure", "8:PR 10:NR 12:NR")):
        adrs = derive_adrs(tables, crit)
        assert told(adrs[adrs["USUBJID"] == "P1"], "PLT") == wanted
        assert told(adrs[adrs["USUBJID"] == "P2"], "PLT") == "8:PR 10:PR 12:NR"


MONTH_1 = [
    # readings, the set, the response at month 1
    ("PLAT -1:15 23:60 30:60", "paper", "PR"),
    ("PLAT -1:15 30:60", "iwg2009", "-"),
    ("PLAT -1:15 23:60 30:60", "iwg2009", "PR"),
    ("PLAT -1:15 24:60 30:60", "iwg2009", "-"),
    ("PLAT -1:15 30:20 31:20", "iwg2009", "NR"),
    ("PLAT -1:15 23:60", "paper", "-"),
    ("PLAT -1:15 23:60", "paper+first=23", "PR"),
    ("PLAT -1:15 38:60", "paper", "-"),
    ("PLAT -1:15 38:60", "paper+last=38", "PR"),
    ("PLAT -1:15 23:60", "paper+missing=failure", "NR"),
    ("PLAT -1:15 8:120 30:20", "paper", "NR"),
    ("PLAT -1:15 8:120 30:20", "paper+when=within-month-1", "CR"),
    ("PLAT -1:15 31:60 32:120", "paper+when=within-month-1", "PR"),
    ("PLAT -1:15 30:20 32:120", "paper+when=within-month-1", "NR"),
]


@pytest.mark.parametrize(("lb", "crit", "wanted"), MONTH_1)
def test_month_1_is_judged_where_and_how_the_set_says(cohort: Make, lb: str, crit: str, wanted: str) -> None:
    tables = cohort(P1={"dx": "sITP", "lb": lb, "ce": ""})
    found = at_month_1_judged(tables, lineage_responses(tables, crit), crit)
    assert found["RESP"].tolist() == found["RPLT"].tolist() == ["NE" if wanted == "-" else wanted]


def test_days_are_counted_from_where_the_set_says(cohort: Make) -> None:
    tables = cohort(P1={"dx": "sITP", "lb": "PLAT -1:15 38:60", "ce": "", "ex": "91"}, P2={"ex": "91"})
    ex = tables["EX"].assign(EXTRT="BORTEZOMIB", EXSTDY=pd.array([2, 4], dtype="Int64"))
    tables = {**tables, "EX": pd.concat([ex[ex["USUBJID"] == "P1"], tables["EX"]])}
    shifts = {
        name: time_shift(tables, rule_set(f"paper+origin={name}").parameters).tolist()
        for name in ("elapsed", "study-day")
    }
    assert shifts == {"elapsed": [1.0, 1.0], "study-day": [0.0, 0.0]}
    shift = time_shift(tables, rule_set("paper+origin=bortezomib").parameters)
    assert shift["P1"] == 1 and pd.isna(shift["P2"])
    crit = "paper+origin=bortezomib"
    assert at_month_1_judged(tables, lineage_responses(tables, crit), crit)["RESP"].tolist() == ["PR", "NE"]
    assert time_shift({"DM": tables["DM"]}, rule_set(crit).parameters).isna().all()


@pytest.mark.parametrize("crit", ["paper", "iwg2009", "paper+washout=7-days", "paper+rescue=open", "jaeger2020"])
def test_a_landmark_of_one_days_readings_is_judged_as_that_day(demo: Tables, crit: str) -> None:
    """Where every test of month 1 was read on the day of the lineage's first test, both ways to judge it agree."""
    cohort, rows = Prepared(demo), lineage_responses(demo, crit)
    at = landmark(at_month_1(readings(demo), patients_of(demo)), patients_of(demo))
    found = judged(cohort, at, crit)
    by_day = rows.set_index(["USUBJID", "PARCAT", "ADY"])["AVALC"]
    compared = 0
    for lineage in ("PLT", "HB"):
        for patient, day in at[f"DAY_{lineage}"].dropna().items():
            same_day = lineage == "PLT" or at.loc[patient, "DAY_PLT"] == at.loc[patient, "DAY_HB"]
            if same_day and (patient, lineage, day) in by_day.index:
                compared += 1
                assert by_day[patient, lineage, day] == found.loc[patient, f"R{lineage}"], (patient, lineage)
    assert compared > 5


@pytest.mark.parametrize("crit", addresses(["paper", "iwg2009", "jaeger2020"]))
def test_every_set_and_switch_can_be_asked_of_a_cohort(demo: Tables, crit: str) -> None:
    adrs = derive_adrs(demo, crit)
    assert set(adrs["AVALC"]) <= {"CR", "PR", "NR", "NE"}
    assert set(at_month_1_judged(demo, adrs, crit)["RESP"]) <= {"CR", "PR", "NR", "NE"}
    assert derive_relapses(demo, crit)["ADY"].notna().all()


LANDMARKS = [
    ("PLAT -1:15 8:30 30:29 183:100 365:100", "EARLY 8:Y, INITIAL 30:N, DURABLE 183:Y, REMISSION 365:Y"),
    ("PLAT -1:16 5:30 24:32 168:31 350:99", "EARLY 5:N, INITIAL 24:Y, DURABLE 168:N, REMISSION 350:N"),
    ("PLAT -1:15 4:30 23:100 167:100 381:100", "EARLY -:NE, INITIAL -:NE, DURABLE -:NE, REMISSION -:NE"),
    ("PLAT 8:30 30:29", "EARLY 8:NE, INITIAL 30:N, DURABLE -:NE, REMISSION -:NE"),
]


@pytest.mark.parametrize(("lb", "wanted"), LANDMARKS)
def test_landmarks_of_ash(cohort: Make, lb: str, wanted: str) -> None:
    tables = cohort(P1={"dx": "sITP", "lb": lb, "ce": ""}, P2={"dx": "AIHA", "lb": lb, "ce": ""})
    found = derive_response_landmarks(tables, "ash2019")
    assert set(found["USUBJID"]) == {"P1"}, "haemolytic anaemia isn't judged by platelets"
    days = ["-" if pd.isna(day) else str(day) for day in found["ADY"]]
    assert ", ".join(f"{a} {b}:{c}" for a, b, c in zip(found["LANDMARK"], days, found["AVALC"], strict=True)) == wanted
    assert derive_response_landmarks(tables, "paper").empty
