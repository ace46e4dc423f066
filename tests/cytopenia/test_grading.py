"""CTCAE grades: events from their record, laboratory values from their limits, and what isn't derivable."""

import pandas as pd
import pytest

from cytopenia.derive import derive_adae, derive_adlb
from cytopenia.grading import (
    VERSIONS,
    Grade,
    by_version,
    facts,
    grade_events,
    grade_labs,
    lab_versions,
    labs_by_version,
    shifts,
    term_in,
    worst_between,
)
from cytopenia.read import Tables
from cytopenia.schemas import as_text, columns, packaged_rows, typed
from recount.rules import names, parse

IRR, UTI, LUNG = "Infusion related reaction", "Urinary tract infection", "Lung infection"
NEUROPATHY = "Peripheral sensory neuropathy"
OUT = {"+": "RECOVERED/RESOLVED", "0": "NOT RECOVERED/NOT RESOLVED", "x": "FATAL", "?": "UNKNOWN"}


def events(*rows: dict[str, str | None]) -> pd.DataFrame:
    """ADAE of these events, each beginning on day 1 of patient P1 if it doesn't say otherwise."""
    frame = pd.DataFrame(
        [{"USUBJID": "P1", "AESTDY": "1", **row} for row in rows], columns=[c.name for c in columns("AE")]
    )
    return derive_adae({"AE": typed("AE", frame.astype(object))})


def event(decoded: str, record: str) -> dict[str, str | None]:
    """An event "day of end, serious, outcome, treatment": "1 N + Oral drug"; "-" is missing."""
    end, serious, out, treatment = record.split(" ", 3)
    cells = {"AEENDY": end, "AESER": serious, "AEOUT": OUT.get(out, out), "AETREAT": treatment}
    return {"AEDECOD": decoded, **{name: None if cell == "-" else cell for name, cell in cells.items()}}


EVENTS = [
    # infusion related reaction
    (IRR, "1 N + Infusion slowed; antihistamine", "2"),
    (IRR, "2 N + Oxygen", "2"),
    (IRR, "3 N + Oxygen", "3"),
    (IRR, "- N 0 Oxygen", "3"),
    (IRR, "1 N + NONE", "1"),
    (IRR, "1 N + none", "1"),
    (IRR, "- N + Oxygen", "2-3"),
    (IRR, "1 N + -", "1-2"),
    (IRR, "1 Y + Oxygen; hospital stay", "3-4"),
    (IRR, "1 Y x Oxygen", "5"),
    # infections
    (UTI, "9 N + Oral antibiotic", "2"),
    (UTI, "9 N + antibiotic p.o.", "2"),
    (UTI, "9 N + antibiotic by mouth", "2"),
    (UTI, "9 N + Intravenous antibiotic", "3"),
    (LUNG, "9 N + antibiotic IV", "3"),
    (LUNG, "9 N + IV, then oral antibiotic", "3"),
    (LUNG, "9 N + Empirical antibiotic", "2-3"),
    (LUNG, "9 N + Temporal, given with moral support", "2-3"),
    (LUNG, "9 N + -", "2-3"),
    (LUNG, "9 N + NONE", "none"),
    (LUNG, "9 Y + Intravenous antibiotic", "3-4"),
    (LUNG, "9 - ? Oral antibiotic", "2-5"),
    (LUNG.upper(), "9 N + Oral antibiotic", "2"),
    # others
    (NEUROPATHY, "9 N + NONE", "1-3"),
    ("Headache", "9 N + NONE", "none"),
]


def grades(adae: pd.DataFrame) -> list[str]:
    """Each event's grade, range of grades or "none"."""
    low, high = adae["AETOXGRL"].astype("string"), adae["AETOXGRH"].astype("string")
    return low.where(low == high, low + "-" + high).fillna("none").tolist()


def test_an_event_is_graded_by_its_record() -> None:
    found = grade_events(events(*(event(decoded, record) for decoded, record, _ in EVENTS)))
    assert dict(zip(range(99), grades(found), strict=False)) == {k: row[-1] for k, row in enumerate(EVENTS)}
    single = found["AETOXGR"].notna().tolist()
    assert single == [len(row[-1]) == 1 for row in EVENTS]
    assert found["GRADEWHY"].str.startswith("not derivable").tolist() == [not one for one in single]
    assert set(found["GRADEVER"]) == {"CTCAE v5.0"}


@pytest.mark.parametrize(("limits", "grade"), [("NONE", "1"), ("INSTRUMENTAL", "2"), ("SELF-CARE", "3")])
def test_a_neuropathy_is_graded_by_what_it_limits(limits: str, grade: str) -> None:
    row = {**event(NEUROPATHY, "9 N + NONE"), "AELIMITS": limits}
    assert grades(grade_events(events(row))) == [grade]


@pytest.mark.parametrize(("life", "grade"), [("Y", "4"), ("N", "3")])
def test_a_serious_event_says_whether_it_threatened_life(life: str, grade: str) -> None:
    row = {**event(LUNG, "9 Y + Intravenous antibiotic"), "AESLIFE": life}
    assert grades(grade_events(events(row))) == [grade]


@pytest.mark.parametrize(
    ("decoded", "record", "why"),
    [
        (LUNG, "9 N + Antibiotic", "not derivable: the route of treatment not recorded"),
        (LUNG, "9 N + -", "not derivable: whether it was treated and the route of treatment not recorded"),
        (LUNG, "9 N + NONE", "not derivable: none of the term's grades fits"),
        ("Headache", "9 N + NONE", "not derivable: the term isn't in our copy of CTCAE v5.0"),
        (UTI, "9 N + Oral antibiotic", "Oral drug"),
    ],
)
def test_a_grade_says_why(decoded: str, record: str, why: str) -> None:
    assert grade_events(events(event(decoded, record)))["GRADEWHY"].tolist() == [why]


# The same record in both versions, and the term it has there
TWICE = [
    (IRR, "1 N + Oxygen", "2 2", IRR),
    (UTI, "9 N + Oral antibiotic", "2 2", UTI),
    (LUNG, "9 N + Intravenous antibiotic", "3 3", "Pneumonia"),
    (LUNG, "9 N + Antibiotic", "2-3 2-3", "Pneumonia"),
    ("Pneumonia", "9 N + Oral antibiotic", "2 2", "Pneumonia"),
    ("Peripheral motor neuropathy", "9 N x NONE", "5 5", "Peripheral motor neuropathy"),
    (NEUROPATHY, "9 N x NONE", "1-3 1-3", NEUROPATHY),  # a sensory neuropathy has no grade 5
    ("Headache", "9 N + NONE", "none none", ""),
]


@pytest.mark.parametrize(("decoded", "record", "wanted", "term"), TWICE)
def test_an_event_is_graded_in_both_versions_each_in_its_own_words(
    decoded: str, record: str, wanted: str, term: str
) -> None:
    found = by_version(events(event(decoded, record)))
    assert grades(found) == wanted.split()
    assert found["GRADEVER"].tolist() == ["CTCAE v5.0", "CTCAE v6.0"]
    assert found["GRADETERM"].tolist()[1] == term
    if not term:
        assert found["GRADEWHY"].tolist()[1] == "not derivable: the term isn't in our copy of CTCAE v6.0"


def test_a_version_names_an_event_in_its_own_words() -> None:
    assert [term_in(version, "pneumonia") for version in VERSIONS] == ["Lung infection", "Pneumonia"]


def test_grades_of_a_derived_table_are_those_of_its_record(demo: Tables) -> None:
    """ADAE written as text and read again is graded in either version: its days are numbers again."""
    table = as_text(grade_events(derive_adae(demo)))
    again = typed("ADAE", table)
    assert grades(grade_events(again, "6.0")) == ["2", "2", "2-3", "3", "1-3", "none"]


def test_a_cohort_without_events_has_no_grades() -> None:
    found = grade_events(events())
    assert found.empty and "AETOXGR" in found and facts(events()).empty


def test_a_grade_is_single_where_one_fits() -> None:
    assert Grade(2, 2, "").single == 2
    assert Grade(2, 3, "").single is None and Grade(None, None, "").single is None


def test_the_made_up_cohorts_events(demo: Tables) -> None:
    assert grades(grade_events(derive_adae(demo))) == ["2", "2", "2-3", "3", "1-3", "none"]


# Laboratory --------------------------------------------------------------------------------------

LABS = [
    # code, baseline, value, sex: grade by version 5.0 and by 6.0; each limit, and the step beside it
    ("PLAT", 200, 125, "F", "0 0"),
    ("PLAT", 200, 124, "F", "1 1"),
    ("PLAT", 200, 75, "F", "1 1"),
    ("PLAT", 200, 74, "F", "2 2"),
    ("PLAT", 200, 50, "F", "2 2"),
    ("PLAT", 200, 49, "F", "3 3"),
    ("PLAT", 200, 25, "F", "3 3"),
    ("PLAT", 200, 24, "F", "4 3"),
    ("PLAT", 200, 10, "F", "4 3"),
    ("PLAT", 200, 9.9, "F", "4 4"),
    ("PLAT", 200, 0, "F", "4 4"),
    ("HGB", 120, 115, "F", "0 0"),
    ("HGB", 120, 114, "F", "1 1"),
    ("HGB", 120, 130, "M", "0 0"),
    ("HGB", 120, 129, "M", "1 1"),
    ("HGB", 120, 100, "F", "1 1"),
    ("HGB", 120, 99.9, "F", "2 2"),
    ("HGB", 120, 80, "F", "2 2"),
    ("HGB", 120, 79.9, "F", "3 3"),
    ("HGB", 120, 20, "F", "3 3"),
    ("HGB", 120, 79, None, "3 3"),
    ("HGB", 120, 120, None, "0-1 0-1"),
    ("NEUT", 3, 1.8, "F", "0 0"),
    ("NEUT", 3, 1.7, "F", "1 0"),
    ("NEUT", 3, 1.5, "F", "1 0"),
    ("NEUT", 3, 1.4, "F", "2 1"),
    ("NEUT", 3, 1.0, "F", "2 1"),
    ("NEUT", 3, 0.9, "F", "3 2"),
    ("NEUT", 3, 0.5, "F", "3 2"),
    ("NEUT", 3, 0.4, "F", "4 3"),
    ("NEUT", 3, 0.1, "F", "4 3"),
    ("NEUT", 3, 0.09, "F", "4 4"),
    # normal at baseline, at the limit itself included
    ("ALT", 20, 40, "F", "0 0"),
    ("ALT", 20, 41, "F", "1 1"),
    ("ALT", 20, 50, "M", "0 0"),
    ("ALT", 20, 51, "M", "1 1"),
    ("ALT", 40, 120, "F", "1 1"),
    ("ALT", 40, 121, "F", "2 2"),
    ("ALT", 40, 200, "F", "2 2"),
    ("ALT", 40, 201, "F", "3 3"),
    ("ALT", 40, 800, "F", "3 3"),
    ("ALT", 40, 801, "F", "4 4"),
    # raised at baseline: 1.5, 3, 5, 20 times it in 5.0; 1, 1.5, 2, 4 times it in 6.0
    ("ALT", 60, 59, "F", "0 0"),
    ("ALT", 60, 60, "F", "0 1"),
    ("ALT", 60, 89, "F", "0 1"),
    ("ALT", 60, 90, "F", "1 1"),
    ("ALT", 60, 91, "F", "1 2"),
    ("ALT", 60, 120, "F", "1 2"),
    ("ALT", 60, 121, "F", "1 3"),
    ("ALT", 60, 180, "F", "1 3"),
    ("ALT", 60, 181, "F", "2 3"),
    ("ALT", 60, 240, "F", "2 3"),
    ("ALT", 60, 241, "F", "2 4"),
    ("ALT", 60, 300, "F", "2 4"),
    ("ALT", 60, 301, "F", "3 4"),
    ("ALT", 60, 1200, "F", "3 4"),
    ("ALT", 60, 1201, "F", "4 4"),
    ("ALT", 201, 403, "F", "1 3"),  # a baseline above 5 times the limit
    ("ALT", None, 41, "F", "0-4 0-4"),
    ("ALT", 20, 41, None, "0-4 0-4"),
    ("BILI", 10, 17.1, "F", "0 0"),
    ("BILI", 10, 17.2, "F", "1 1"),
    ("BILI", 10, 25.65, "F", "1 1"),
    ("BILI", 10, 25.7, "F", "2 2"),
    ("BILI", 10, 51.3, "F", "2 2"),
    ("BILI", 10, 51.4, "F", "3 3"),
    ("BILI", 10, 171, "F", "3 3"),
    ("BILI", 10, 171.1, "F", "4 4"),
    ("BILI", 40, 39, "F", "0 0"),
    ("BILI", 40, 40, "F", "0 1"),
    ("BILI", 40, 41, "F", "1 1"),
    ("BILI", 40, 60, "F", "1 1"),
    ("BILI", 40, 61, "F", "2 2"),
    ("BILI", 40, 100, "F", "2 2"),
    ("BILI", 40, 101, "F", "2 3"),
    ("BILI", 40, 120, "F", "2 3"),
    ("BILI", 40, 121, "F", "3 3"),
    ("BILI", 40, 400, "F", "3 3"),
    ("BILI", 40, 401, "F", "4 4"),
    ("CREAT", 60, 81, "F", "0 0"),
    ("CREAT", 60, 82, "F", "1 1"),
    ("CREAT", 60, 111, "M", "2 0"),
    ("CREAT", 80, 111, "M", "0 0"),
    ("CREAT", 81, 121.5, "F", "1 1"),
    ("CREAT", 81, 122, "F", "2 2"),
    ("CREAT", 81, 243, "F", "2 2"),
    ("CREAT", 81, 244, "F", "3 3"),
    ("CREAT", 81, 486, "F", "3 3"),
    ("CREAT", 81, 487, "F", "4 4"),
    # against the baseline: any in 5.0, only one below the lower limit in 6.0
    ("CREAT", 50, 75, "F", "0 0"),
    ("CREAT", 50, 76, "F", "2 0"),
    ("CREAT", 50, 150, "F", "2 2"),
    ("CREAT", 50, 151, "F", "3 2"),
    ("CREAT", 41, 62, "F", "2 0"),  # at the lower limit, not below it
    ("CREAT", 40, 60, "F", "0 0"),
    ("CREAT", 40, 61, "F", "2 2"),
    ("CREAT", 40, 121, "F", "3 3"),
    ("CREAT", 56, 85, "M", "2 2"),
    ("CREAT", 57, 86, "M", "2 0"),
    ("CREAT", None, 70, "F", "0-3 0-3"),
    ("CREAT", None, 130, "F", "2-3 2-3"),
    ("PLAT", 200, None, "F", "0-4 0-4"),
]


def one_value(code: str, base: float | None, value: float | None, sex: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ADLB with one later value of a test, and ADSL with the patient's sex."""
    adlb = pd.DataFrame({"USUBJID": ["P1"], "PARAMCD": [code], "AVAL": [value], "BASE": [base]})
    return adlb.astype({"AVAL": float, "BASE": float}), pd.DataFrame({"USUBJID": ["P1"], "SEX": [sex]})


@pytest.mark.parametrize(("code", "base", "value", "sex", "wanted"), LABS)
def test_a_laboratory_value_is_graded_by_its_limits(
    code: str, base: float | None, value: float | None, sex: str | None, wanted: str
) -> None:
    adlb, adsl = one_value(code, base, value, sex)
    for version, grade in zip(VERSIONS, wanted.split(), strict=True):
        found = grade_labs(adlb, adsl, version)
        low, high = found["ATOXGRL"].item(), found["ATOXGRH"].item()
        assert (f"{low}" if low == high else f"{low}-{high}") == grade
        assert found["GRADEVER"].item() == f"CTCAE v{version}"
        assert found["ATOXGR"].isna().item() == ("-" in grade)


def test_a_version_grades_only_the_tests_whose_limits_are_known() -> None:
    assert [lab_versions(code) for code in ("NEUT", "PLAT", "IGG")] == [VERSIONS, VERSIONS, ()]
    for code, version in (("PLAT", "4.0"), ("IGG", "5.0")):
        found = grade_labs(*one_value(code, 200, 20, "F"), version)
        assert found.empty and "ATOXGR" in found and shifts(found.assign(ABLFL=None, ADY=1)).empty


def test_a_shift_goes_from_baseline_to_the_worst_grade_after_day_1(demo: Tables) -> None:
    found = shifts(labs_by_version(derive_adlb(demo), demo["DM"])).set_index(["GRADEVER", "USUBJID", "PARAMCD"])
    old, new = found.loc["CTCAE v5.0"], found.loc["CTCAE v6.0"]
    assert old.loc[("DEMO-07", "PLAT"), ["BTOXGR", "WTOXGR"]].tolist() == [4, 3]
    assert old.loc[("DEMO-10", "ALT"), ["BTOXGR", "WTOXGR"]].tolist() == [0, 2]
    assert old.loc[("DEMO-02", "NEUT"), "BTOXGR"] == 0 == new.loc[("DEMO-02", "NEUT"), "BTOXGR"]
    assert pd.isna(old.loc[("DEMO-02", "NEUT"), "WTOXGR"])


def test_the_versions_are_compared_by_patients_worst_grade() -> None:
    worst = {"CTCAE v5.0": [4, 3, 0, None], "CTCAE v6.0": [3, 3, 1, 2]}
    frame = pd.concat(
        pd.DataFrame(
            {"GRADEVER": name, "USUBJID": list("abcd"), "PARAMCD": "PLAT", "WTOXGR": pd.array(grades, "Int64")}
        )
        for name, grades in worst.items()
    )
    (line,) = worst_between(frame).to_dict("records")
    assert line == {"PARAMCD": "PLAT", "PATIENTS": 3, "LOWER": 1, "SAME": 1, "HIGHER": 1}


# The files ---------------------------------------------------------------------------------------


def test_grades_fall_and_their_rules_speak_of_what_is_known() -> None:
    for name, key, known in (
        ("ctcae_events.csv", "term", set(facts(events()).columns)),
        ("ctcae_labs.csv", "LBTESTCD", {"AVAL", "BASE", "LLN", "ULN"}),
    ):
        by_term: dict[tuple[str, str], list[int]] = {}
        for row in packaged_rows(name):
            assert names(parse(row["rule"])) <= known, row
            by_term.setdefault((row[key], row["version"]), []).append(int(row["grade"]))
        assert all(found == sorted(set(found), reverse=True) for found in by_term.values())
