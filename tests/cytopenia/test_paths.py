"""Patients' states and marked days, from patients in the short notation."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from cytopenia import paths
from cytopenia.patients import Patients
from cytopenia.read import Tables
from recount.record.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"


def patients(rows: list[tuple[object, ...]], tables: Mapping[str, pd.DataFrame] | None = None) -> Patients:
    study = read_study(RECORD)
    columns = ["USUBJID", "DX", "RESP_M1", "LOST", "RESP_EOT", "RESP_FU"]
    adsl = pd.DataFrame(rows, columns=columns).reindex(columns=["USUBJID", *study.variables])
    return Patients(study, {"ADSL": adsl, **(tables or {})})


MADE = patients(
    [
        ("A", "sITP", "CR", "N", "CR", "CR"),
        ("B", "sITP", "PR", "Y", None, None),
        ("C", "AIHA", "PR", "N", "RELAPSE", None),
        ("D", "AIHA", "NR", "N", None, None),
        ("E", None, None, "Y", None, None),
        ("F", "IRP", "PR", None, None, None),
        ("G", "EVANS", "PR", "N", "PR", "RELAPSE"),
    ]
)


def test_who_is_lost_stays_lost_and_who_left_stays_away() -> None:
    assert paths.states(MADE).apply(" ".join, axis=1).tolist() == [
        "sITP CR CR CR",
        "sITP PR LOST LOST",
        "AIHA PR RELAPSE OUT",
        "AIHA NR OUT OUT",
        "NE LOST LOST LOST",
        "IRP PR NE NE",
        "EVANS PR PR RELAPSE",
    ]


def test_the_sentence_keeps_everybody_in_the_denominator() -> None:
    told = paths.states_sentence(paths.states(MADE))
    assert "5/7 (71.4%) at month 1, 2/7 (28.6%) at the end of maintenance and 1/7 (14.3%)" in told
    assert "2 were lost, 2 had left before and 1 is not known" in told


def test_first_days_are_of_the_response_over_all_and_of_the_recorded_relapse(cohort: Callable[..., Tables]) -> None:
    columns = ["USUBJID", "CRIT", "PARCAT", "ADY", "AVALC"]
    lines = [
        ("A", "paper", "ALL", 8, "PR"),
        ("A", "paper", "ALL", 4, "PR"),
        ("A", "paper", "ALL", 15, "CR"),
        ("A", "paper", "PLT", 2, "PR"),
        ("A", "other", "ALL", 1, "CR"),
        ("B", "paper", "ALL", 3, "NR"),
        ("C", "paper", "ALL", 8, "CR"),
        ("C", "paper", "ALL", 15, "PR"),
    ]
    mine = patients([], {"ADRS": pd.DataFrame(lines, columns=columns)})
    tables = cohort(
        A={"ds": "DISEASE RELAPSE MAINTENANCE 200; DISEASE RELAPSE MAINTENANCE 180; ONGOING FOLLOW-UP 300"},
        B={"ds": "LACK OF EFFICACY INDUCTION 30"},
        C={"ds": "ONGOING INDUCTION 30; LOST TO FOLLOW-UP INDUCTION 40"},
    )
    found = paths.first_days(mine, tables, "paper")
    told = [("A", "CR", 15), ("A", "PR", 4), ("A", "RELAPSE", 180), ("C", "CR", 8)]
    assert sorted(found.itertuples(index=False, name=None)) == told, "a PR after a CR is no first"
    assert paths.ongoing(tables) == ["A"]


def test_without_dispositions_a_relapse_is_read_off_the_counts(cohort: Callable[..., Tables]) -> None:
    tables = cohort(A={"dx": "sITP", "lb": "PLAT -1:10 8:60 30:120 90:12", "ce": ""})
    assert paths.relapses(tables, "paper").values.tolist() == [["A", "RELAPSE", 90]]
    assert paths.ongoing(tables) == []


def test_doses_and_transfusions_need_their_tables(cohort: Callable[..., Tables]) -> None:
    bare = cohort(A={"lb": "PLAT -1:10"})
    assert len(paths.doses(bare)) == len(paths.transfusions(bare, "PLT")) == 0
    given = cohort(A={"ex": "91 152"})
    assert paths.doses(given).values.tolist() == [["A", 91, "RITUXIMAB"], ["A", 152, "RITUXIMAB"]]
    lines = [("A", "TRANSFUSION", "PLATELETS", 1), ("B", "TRANSFUSION", "RED CELLS", 2), ("A", "CONCOMITANT", "X", 3)]
    cm = pd.DataFrame(lines, columns=["USUBJID", "CMCAT", "CMDECOD", "CMSTDY"])
    assert paths.transfusions({"CM": cm}, "PLT").values.tolist() == [["A", 1]]
    assert paths.transfusions({"CM": cm}, "HB").values.tolist() == [["B", 2]]
