"""First responses, relapses and states of a handful of made-up patients, and of patients derived from their tables."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cytopenia import courses, figures_paths
from cytopenia.patients import Patients
from recount.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"
ADRS = pd.DataFrame(
    [
        ("a", "paper", "ALL", 3, "PR"),
        ("a", "paper", "ALL", 9, "PR"),
        ("a", "paper", "ALL", 15, "CR"),
        ("a", "paper", "ALL", 40, "PR"),
        ("b", "paper", "ALL", 8, "CR"),
        ("b", "paper", "ALL", 15, "PR"),
        ("c", "paper", "ALL", 8, "NR"),
        ("c", "paper", "ALL", 22, "PR"),
        ("d", "paper", "PLT", 8, "PR"),
        ("d", "other", "ALL", 8, "PR"),
    ],
    columns=["USUBJID", "CRIT", "PARCAT", "ADY", "AVALC"],
).astype({"ADY": "Int64"})
DS = pd.DataFrame(
    [
        ("a", "COMPLETED", "INDUCTION", 30),
        ("a", "ONGOING", "FOLLOW-UP", 400),
        ("b", "DISEASE RELAPSE", "MAINTENANCE", 90),
        ("b", "DISEASE RELAPSE", "FOLLOW-UP", 300),
        ("c", "ONGOING", "INDUCTION", 50),
    ],
    columns=["USUBJID", "DSDECOD", "EPOCH", "DSSTDY"],
).astype({"DSSTDY": "Int64"})


def test_firsts_are_the_first_of_each_and_no_pr_after_a_cr() -> None:
    found = courses.firsts(ADRS, DS, "paper")
    assert sorted(map(tuple, found.to_numpy().tolist())) == [
        ("a", "CR", 15),
        ("a", "PR", 3),
        ("b", "CR", 8),
        ("b", "RELAPSE", 90),
        ("c", "PR", 22),
    ]


def test_without_tables_nobody_has_a_sign_or_is_followed() -> None:
    assert courses.firsts(pd.DataFrame(), None, "paper").empty
    assert list(courses.firsts(pd.DataFrame(), DS, "paper")["AVALC"]) == ["RELAPSE"]
    assert courses.ongoing(None) == [] and courses.ongoing(DS) == ["a", "c"]


STATES = {  # DX, RESP_M1, LOST, RESP_EOT, RESP_FU, then the states
    "kept": (("sITP", "PR", "N", "CR", "CR"), ("sITP", "PR", "CR", "CR")),
    "relapsed": (("sITP", "CR", "N", "RELAPSE", None), ("sITP", "CR", "RELAPSE", "OUT")),
    "relapsed late": (("AIHA", "PR", "N", "PR", "RELAPSE"), ("AIHA", "PR", "PR", "RELAPSE")),
    "never": (("sITP", "NR", "N", None, None), ("sITP", "NR", "OUT", "OUT")),
    "lost": (("IRP", "PR", "Y", None, None), ("IRP", "PR", "LOST", "LOST")),
    "not known": ((None, None, "N", None, None), ("NE", "NE", "NE", "NE")),
    "not seen since": (("EVANS", "CR", "N", "CR", None), ("EVANS", "CR", "CR", "NE")),
    "lost without a response": (("sITP", "NR", "Y", None, None), ("sITP", "NR", "OUT", "OUT")),
}


def made(rows: list[tuple[str | None, ...]], columns: list[str]) -> Patients:
    adsl = pd.DataFrame(rows, columns=columns).assign(USUBJID=[f"P{k}" for k in range(len(rows))])
    return Patients(read_study(RECORD), {"ADSL": adsl})


@pytest.mark.parametrize("name", STATES)
def test_a_patient_has_one_state_at_each_time(name: str) -> None:
    row, wanted = STATES[name]
    found = courses.states(made([row], ["DX", "RESP_M1", "LOST", "RESP_EOT", "RESP_FU"]))
    assert tuple(found.iloc[0]) == wanted and list(found.columns) == ["Diagnosis", *courses.STATES]


def test_states_can_be_drawn_and_what_nobody_has_is_not_known() -> None:
    rows = [row for row, _ in STATES.values()]
    whole = courses.states(made(rows, ["DX", "RESP_M1", "LOST", "RESP_EOT", "RESP_FU"]))
    ax = figures_paths.alluvial(whole)
    assert sum(int(text.get_text().split()[-1]) for text in ax.texts) == 4 * len(rows)
    plt.close("all")
    short = courses.states(made([("sITP", "CR"), ("sITP", "NR")], ["DX", "RESP_M1"]))
    assert short["Last follow-up"].tolist() == ["NE", "OUT"]
