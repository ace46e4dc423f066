"""What the tables of the safety page say, and what they decline to say."""

import math
import re
from pathlib import Path

import pandas as pd
import pytest

from cytopenia import grading, safety, tables_safety
from cytopenia.patients import Patients
from recount.record.study import read_study

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


BOTH = pd.concat(
    [
        ADAE.assign(GRADETERM=["Lung infection", ""]),
        ADAE.assign(GRADEVER="CTCAE v6.0", GRADETERM=["Pneumonia", ""], GRADEWHY=["route not stated", "by 6.0"]),
    ],
    ignore_index=True,
)


def test_grades_stand_side_by_side_with_reasons_and_the_versions_own_word() -> None:
    page = html(tables_safety.grades(BOTH))
    assert ">2–3, not derivable<" in page and ">2–3, not derivable (as Pneumonia)<" in page
    assert page.count(">route not stated<") == 1 and ">mild by 6.0<" in page  # one reason for both is said once
    assert ">CTCAE v5.0<" in page and ">CTCAE v6.0<" in page and page.count(">1<") == 2


def test_terms_show_patients_share_interval_and_events() -> None:
    page = html(tables_safety.terms(safety.by_term(ADAE, 24, 0.9), 0.9, "A note."))
    assert ">1/24 (4.2%)<" in page and ">2/24 (8.3%)<" in page
    assert "A note." in page and "Exact 90% interval" in page


def test_rates_leave_out_terms_in_epochs_without_an_event() -> None:
    time = pd.DataFrame({"EPOCH": ["INDUCTION", "MAINTENANCE"], "MONTHS": [4.0, 10.0]})
    page = html(tables_safety.rates(safety.rates(ADAE, time), 0.95))
    assert ">120.0<" in page and ">14.0<" in page  # one infection in ten months; fourteen months in all
    assert page.count(">4.0<") == 1  # only any event has a line for the induction


def test_bounds_are_shown_in_per_cent() -> None:
    page = html(tables_safety.unseen(safety.unseen(ADAE, 24, 600, safety.watched()), 0.95))
    assert page.count(">0/24<") == len(safety.watched()) == page.count(">11.7%<")
    assert page.count(">6.0<") == len(safety.watched())  # 3.0 events in 50 patient-years
    assert html(tables_safety.unseen(safety.unseen(ADAE, 24, 0, safety.watched()), 0.95)).count(">–<") == 9


def test_first_events_are_shown_per_100_patient_years() -> None:
    time = pd.DataFrame({"USUBJID": ["a", "b"], "MONTHS": [600.0, 600.0]})
    page = html(tables_safety.first_rates(safety.first_rates(ADAE, time), 0.95))
    assert ">Patient-months until then<" in page and ">Headache<" in page
    assert f">{100 * 12 / (100 / 30.4375 + 600):.1f}<" in page  # one lung infection, on day 100


IGG = pd.DataFrame(
    {
        "USUBJID": ["a", "b"],
        "BASE": [7.0, 12.0],
        "LOWEST": [6.9, math.nan],
        "LAST": [8.0, math.nan],
        "INFECTIONS": [1, 0],
        "ADY": pd.array([100, None], "Int64"),
        "BEFORE": [6.9, math.nan],
        "BEFOREDY": pd.array([90, None], "Int64"),
    }
)


def test_igg_below_the_limit_is_marked_and_the_reading_counts_without_a_test() -> None:
    page = html(tables_safety.igg(IGG, 7))
    marked = re.findall(r"font-weight: bold;[^>]*>([\d.]+)<", page)
    assert marked == ["6.90", "6.90"] and ">7.00<" in page  # lowest, and last before the infection
    read = tables_safety.igg_reading(IGG, 7)
    assert read.startswith("With an infection: 1 of 1 below and 0 of 0 at or above 7 g/L")
    assert "no test is made" in read


def test_what_print_settles_of_igg_is_said_with_its_moments() -> None:
    found = pd.DataFrame({"VARIABLE": ["IGG_BL", "IGG_EOT"], "N": [13, 13], "MOST": [3, 2]})
    read = tables_safety.igg_from_print(found, 7)
    assert "at most 3 of 13 at baseline and 2 of 13 at the end of maintenance can have had less than 7 g/L" in read
    assert tables_safety.igg_from_print(found.head(0), 7) == ""


def test_harms_that_the_paper_does_not_mention_are_named() -> None:
    read = tables_safety.silent_reading(safety.watched())
    assert read.startswith("On hepatitis B reactivation, herpes zoster, ") and "from memory" in read
    assert tables_safety.silent_reading(kind for kind in safety.watched() if kind.place) == ""


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


def test_limits_stand_side_by_side_in_words() -> None:
    page = html(tables_safety.limits())
    assert ">value &lt; 25<" in page and "value &lt; 10; or life-threatening" in page
    assert page.count(">grade 4<") == 5 and page.count(">grade 3<") == 6  # anaemia has no grade 4 by its value
    assert "AVAL" not in page and "ULN" not in page


def test_lab_shifts_count_patients_by_grade_before_and_worst_after() -> None:
    shifts = pd.DataFrame(
        {
            "GRADEVER": ["CTCAE v5.0"] * 4 + ["CTCAE v6.0"],
            "USUBJID": list("abcda"),
            "PARAMCD": ["PLAT", "PLAT", "PLAT", "NEUT", "PLAT"],
            "BTOXGR": pd.array([4, 4, 0, None, 3], dtype="Int64"),
            "WTOXGR": pd.array([3, 4, 1, 2, 2], dtype="Int64"),
        }
    )
    page = html(tables_safety.lab_shifts(shifts, tables_safety.SHIFT_NOTE))
    assert "Platelets" in page and "Neutrophils" not in page and ">grade 4 at baseline<" in page
    assert "CTCAE v5.0: worst grade later" in page and "CTCAE v6.0: worst grade later" in page
    assert page.count(">1<") == 4 + 2  # four patients and versions; two heads
    read = tables_safety.shifts_reading(shifts, grading.worst_between(shifts))
    assert "by CTCAE v5.0: platelets 1 of 3" in read and "differs between the versions: platelets in 1 of 1" in read
    assert tables_safety.has_shifts(shifts) and not tables_safety.has_shifts(shifts.iloc[3:4])
    rows = safety.shift_rows(shifts).set_index(["variable", "versus"])
    key = 'PARAMCD == "PLAT" and GRADEVER == "CTCAE v5.0" and BTOXGR == 4'
    assert rows.loc[(key, "WTOXGR == 3"), ["value", "n"]].tolist() == [1, 3]
    between = safety.between_rows(grading.worst_between(shifts)).set_index("statistic")["value"].to_dict()
    assert between == {"worst_lower": 1, "worst_same": 0, "worst_higher": 0}


def test_sentences_read_their_tables() -> None:
    assert tables_safety.events_reading(safety.by_term(ADAE, 24)).startswith("2/24 (8.3%) of the treated")
    assert tables_safety.grades_reading(BOTH).startswith(
        "Of 2 events 1 by CTCAE v5.0 and 1 by CTCAE v6.0 can be graded."
    )
    time = pd.DataFrame({"EPOCH": ["INDUCTION", "MAINTENANCE"], "MONTHS": [4.0, 10.0]})
    read = tables_safety.rates_reading(safety.rates(ADAE, time))
    assert read.startswith("2 events in 14 patient-months: 171.4 in 100 patient-years")
    unseen = safety.unseen(ADAE, 24, 14, safety.watched())
    assert "in 24 patients is compatible, at 95%, with up to 11.7%" in tables_safety.unseen_reading(unseen, 0.95)
    assert "at least once" in tables_safety.unseen_reading(unseen.assign(PATIENTS=1), 0.95)
    assert "nobody was observed" in tables_safety.untimed(True) and "table AE" in tables_safety.untimed(False)
    assert tables_safety.skipped("DS", "the split") == "*Skipped for want of the table DS: the split.*"


def test_grade_rows_give_the_span_of_each_term() -> None:
    found = safety.grade_rows(BOTH)
    assert set(found["versus"]) == {'GRADEVER == "CTCAE v5.0"', 'GRADEVER == "CTCAE v6.0"'}
    rows = found[found["versus"].str.contains("6.0")].set_index(["variable", "statistic"])["value"]
    lung, head = 'AEDECOD == "Lung infection"', 'AEDECOD == "Headache"'
    assert (rows[lung, "graded"], rows[lung, "grade_low"], rows[lung, "grade_high"]) == (0, 2, 3)
    assert (rows[head, "graded"], rows[head, "grade_low"], rows[head, "grade_high"]) == (1, 1, 1)
    none = safety.grade_rows(ADAE.assign(AETOXGR=None, AETOXGRL=None, AETOXGRH=None))
    assert set(none["statistic"]) == {"graded"}


def test_captions_of_reconstruction_are_for_reconstructions_only() -> None:
    study = read_study(Path(__file__).parents[2] / "data/raw/paper")
    origins = pd.DataFrame({"USUBJID": ["a"], "variable": ["AE_UTI"], "origin": ["constrained"]})
    made, own = Patients(study, {}, study.claims, origins), Patients(study, {})
    notes = (tables_safety.days_note, tables_safety.igg_note, tables_safety.exposure_note)
    assert all("printed" in note(made) or "paper" in note(made) for note in notes)
    assert all(note(own) == "" for note in notes)
    assert "over these 20 alone the bound is 13.9%" in tables_safety.unseen_note(made, 20, 0.95)
    assert tables_safety.unseen_note(own, 20, 0.95) == ""


def test_the_counts_of_the_paper_are_one_line_each() -> None:
    study = read_study(Path(__file__).parents[2] / "data/raw/paper")
    lines = tables_safety.claim_lines(Patients(study, {}))
    keys = [(population, *item.parts[0]) for population, item in lines]
    assert len(set(keys)) == len(keys)
    assert ("ALL", 'AE_LUNG == "Y"', "", "count") in keys and ("INFECTED", "", "", "n") in keys
