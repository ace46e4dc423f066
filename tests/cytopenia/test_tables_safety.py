"""What the tables of the safety page say, and what they decline to say."""

import math
from pathlib import Path

import pandas as pd
import pytest

from cytopenia import safety, tables_safety
from cytopenia.patients import Patients
from recount.study import read_study

ADAE = pd.DataFrame(
    {
        "USUBJID": ["a", "b"],
        "AEDECOD": ["Lung infection", "Headache"],
        "AESTDY": [100, 5],
        "AEENDY": [110, 5],
        "TRTEMFL": ["Y", "Y"],
        "EPOCH": ["MAINTENANCE", None],
        "AESER": [None, "Y"],
        "AEOUT": ["RECOVERED/RESOLVED", None],
        "AETREAT": ["Antimicrobial drug", None],
        "AETOXGR": [None, 1.0],
        "AETOXGRL": [2.0, 1.0],
        "AETOXGRH": [3.0, 1.0],
        "GRADEVER": ["CTCAE v5.0", "CTCAE v5.0"],
        "GRADEWHY": ["route not stated", "mild"],
    }
)


def html(table: object) -> str:
    return str(table.as_raw_html())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "row, text",
    [
        ({"AETOXGR": 2.0, "AETOXGRL": 2.0, "AETOXGRH": 2.0}, "2"),
        ({"AETOXGR": None, "AETOXGRL": 2.0, "AETOXGRH": 3.0}, "2–3, not derivable"),
        ({"AETOXGR": math.nan, "AETOXGRL": pd.NA, "AETOXGRH": None}, "not derivable"),
        ({}, "not derivable"),
    ],
)
def test_a_grade_is_declined_rather_than_guessed(row: dict[str, object], text: str) -> None:
    assert tables_safety.grade(row) == text


def test_the_listing_is_by_day_and_says_what_is_not_stated() -> None:
    page = html(tables_safety.listing(ADAE))
    assert page.index("Headache") < page.index("Lung infection")
    assert ">100 to 110<" in page and ">5<" in page and ">recovered<" in page
    assert page.count("not stated") == 1 and ">yes<" in page and ">maintenance<" in page


def test_a_cohort_without_the_optional_columns_is_listed_with_dashes() -> None:
    page = html(tables_safety.listing(ADAE[["USUBJID", "AEDECOD", "AESTDY"]]))
    assert ">Headache<" in page and ">–<" in page


def test_grades_have_their_version_and_reason() -> None:
    page = html(tables_safety.grades(ADAE))
    assert ">2–3, not derivable<" in page and ">route not stated<" in page
    assert page.count(">CTCAE v5.0<") == 2 and ">1<" in page


def test_terms_show_patients_share_interval_and_events() -> None:
    page = html(tables_safety.terms(safety.by_term(ADAE, 24, 0.9), 0.9, "A note."))
    assert ">1/24 (4.2%)<" in page and ">2/24 (8.3%)<" in page
    assert "A note." in page and "Exact 90% interval" in page


def test_rates_leave_out_terms_in_epochs_without_an_event() -> None:
    time = pd.DataFrame({"EPOCH": ["INDUCTION", "MAINTENANCE"], "MONTHS": [4.0, 10.0]})
    page = html(tables_safety.rates(safety.rates(ADAE, time), 0.95))
    assert ">0.100<" in page and ">14.0<" in page  # one infection in ten months; fourteen months in all
    assert page.count(">4.0<") == 1  # only any event has a line for the induction


def test_bounds_are_shown_in_per_cent() -> None:
    page = html(tables_safety.unseen(safety.unseen(ADAE, 24, safety.watched()), 0.95))
    assert page.count(">0/24<") == len(safety.watched()) == page.count(">11.7%<")


def test_doses_say_what_the_plan_leaves_open_and_who_had_none() -> None:
    found = pd.DataFrame(
        [
            ("RITUXIMAB", "INDUCTION", "375 mg/m2, then 100 mg", 4.0, 2, 1.5, 1.0, 2.0),
            ("BORTEZOMIB", "INDUCTION", "1.3 mg/m2", 2.0, 2, 2.0, 2.0, 2.0),
            ("RITUXIMAB", "MAINTENANCE", "100 mg", math.nan, 0, math.nan, math.nan, math.nan),
        ],
        columns=["DRUG", "EPOCH", "DOSE", "PLANNED", "PATIENTS", "MEDIAN", "LOW", "HIGH"],
    )
    page = html(tables_safety.exposure(found))
    assert ">375 mg/m², then 100 mg<" in page and ">1.5 (1 to 2)<" in page
    assert page.count(">Rituximab<") == 1 and page.count(">–<") == 2
    assert page.index("Bortezomib") < page.index("Rituximab")  # a drug's phases together
    told = tables_safety.exposure_reading(found)
    assert "rituximab in induction 1.5 of 4 and bortezomib in induction 2 of 2." in told


def test_lab_shifts_count_patients_by_grade_before_and_worst_after() -> None:
    shifts = pd.DataFrame(
        {
            "USUBJID": list("abcd"),
            "PARAMCD": ["PLAT", "PLAT", "PLAT", "NEUT"],
            "BTOXGR": pd.array([4, 4, 0, None], dtype="Int64"),
            "WTOXGR": pd.array([3, 4, 1, 2], dtype="Int64"),
        }
    )
    page = html(tables_safety.lab_shifts(shifts))
    assert "Platelets" in page and "Neutrophils" not in page and ">grade 4 at baseline<" in page
    assert "platelets 1 of 3" in tables_safety.shifts_reading(shifts)
    assert tables_safety.has_shifts(shifts) and not tables_safety.has_shifts(shifts.tail(1))
    rows = safety.shift_rows(shifts).set_index(["variable", "versus"])
    assert rows.loc[('PARAMCD == "PLAT" and BTOXGR == 4', "WTOXGR == 3"), ["value", "n"]].tolist() == [1, 3]


def test_sentences_read_their_tables() -> None:
    assert tables_safety.events_reading(safety.by_term(ADAE, 24)).startswith("2/24 (8.3%) of the treated")
    assert tables_safety.grades_reading(ADAE).startswith("1 of 2 events can be graded.")
    time = pd.DataFrame({"EPOCH": ["INDUCTION", "MAINTENANCE"], "MONTHS": [4.0, 10.0]})
    read = tables_safety.rates_reading(safety.rates(ADAE, time))
    assert read.startswith("2 events in 14 patient-months: 0.143 a patient-month")
    unseen = safety.unseen(ADAE, 24, safety.watched())
    assert "in 24 patients is compatible, at 95%, with up to 11.7%" in tables_safety.unseen_reading(unseen, 0.95)
    assert "at least once" in tables_safety.unseen_reading(unseen.assign(PATIENTS=1), 0.95)
    assert tables_safety.skipped("DS", "the split") == "*Skipped for want of the table DS: the split.*"


def test_grade_rows_give_the_span_of_each_term() -> None:
    rows = safety.grade_rows(ADAE).set_index(["variable", "statistic"])["value"]
    lung, head = 'AEDECOD == "Lung infection"', 'AEDECOD == "Headache"'
    assert (rows[lung, "graded"], rows[lung, "grade_low"], rows[lung, "grade_high"]) == (0, 2, 3)
    assert (rows[head, "graded"], rows[head, "grade_low"], rows[head, "grade_high"]) == (1, 1, 1)
    none = safety.grade_rows(ADAE.assign(AETOXGR=None, AETOXGRL=None, AETOXGRH=None))
    assert set(none["statistic"]) == {"graded"}


def test_captions_of_reconstruction_are_for_reconstructions_only() -> None:
    study = read_study(Path(__file__).parents[2] / "data/raw/paper")
    origins = pd.DataFrame({"USUBJID": ["a"], "variable": ["AE_UTI"], "origin": ["constrained"]})
    made, own = Patients(study, {}, study.claims, origins), Patients(study, {})
    notes = (tables_safety.days_note, tables_safety.unseen_note, tables_safety.exposure_note)
    assert all("printed" in note(made) or "paper" in note(made) for note in notes)
    assert all(note(own) == "" for note in notes)


def test_the_counts_of_the_paper_are_one_line_each() -> None:
    study = read_study(Path(__file__).parents[2] / "data/raw/paper")
    lines = tables_safety.claim_lines(Patients(study, {}))
    keys = [(population, *item.parts[0]) for population, item in lines]
    assert len(set(keys)) == len(keys)
    assert ("ALL", 'AE_LUNG == "Y"', "", "count") in keys and ("INFECTED", "", "", "n") in keys
