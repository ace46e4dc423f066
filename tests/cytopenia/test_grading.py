"""CTCAE grades: events from their record, laboratory values from their limits, and what isn't derivable."""

import pandas as pd
import pytest

from cytopenia.derive import derive_adae, derive_adlb
from cytopenia.grading import Grade, facts, grade_events, grade_labs, lab_versions, shifts
from cytopenia.read import Tables
from cytopenia.schemas import columns, packaged_rows, typed
from recount.expressions import names, parse

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
        ("Headache", "9 N + NONE", "not derivable: no rules for this term"),
        (UTI, "9 N + Oral antibiotic", "Oral drug"),
    ],
)
def test_a_grade_says_why(decoded: str, record: str, why: str) -> None:
    assert grade_events(events(event(decoded, record)))["GRADEWHY"].tolist() == [why]


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
    # code, baseline, value, sex: grade by version 5.0, and 6.0 where it is known
    ("PLAT", 200, 125, "F", "0"),
    ("PLAT", 200, 124, "F", "1"),
    ("PLAT", 200, 75, "F", "1"),
    ("PLAT", 200, 74, "F", "2"),
    ("PLAT", 200, 50, "F", "2"),
    ("PLAT", 200, 49, "F", "3"),
    ("PLAT", 200, 25, "F", "3"),
    ("PLAT", 200, 24, "F", "4"),
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
    ("ALT", 20, 40, "F", "0"),
    ("ALT", 20, 41, "F", "1"),
    ("ALT", 20, 50, "M", "0"),
    ("ALT", 20, 51, "M", "1"),
    ("ALT", 40, 120, "F", "1"),
    ("ALT", 40, 121, "F", "2"),
    ("ALT", 40, 200, "F", "2"),
    ("ALT", 40, 201, "F", "3"),
    ("ALT", 40, 800, "F", "3"),
    ("ALT", 40, 801, "F", "4"),
    ("ALT", 60, 89, "F", "0"),
    ("ALT", 60, 90, "F", "1"),
    ("ALT", 60, 180, "F", "1"),
    ("ALT", 60, 181, "F", "2"),
    ("ALT", 60, 301, "F", "3"),
    ("ALT", 60, 1201, "F", "4"),
    ("ALT", None, 41, "F", "0-4"),
    ("ALT", 20, 41, None, "0-4"),
    ("CREAT", 60, 81, "F", "0"),
    ("CREAT", 60, 82, "F", "1"),
    ("CREAT", 60, 111, "M", "0"),
    ("CREAT", 60, 122, "F", "2"),
    ("CREAT", 60, 243, "F", "2"),
    ("CREAT", 60, 244, "F", "3"),
    ("CREAT", 60, 487, "F", "4"),
    ("PLAT", 200, None, "F", "0-4"),
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
    for version, grade in zip(("5.0", "6.0"), wanted.split(), strict=False):
        found = grade_labs(adlb, adsl, version)
        low, high = found["ATOXGRL"].item(), found["ATOXGRH"].item()
        assert (f"{low}" if low == high else f"{low}-{high}") == grade
        assert found["GRADEVER"].item() == f"CTCAE v{version}"
        assert found["ATOXGR"].isna().item() == ("-" in grade)


def test_a_version_grades_only_the_tests_whose_limits_are_known() -> None:
    assert [lab_versions(code) for code in ("NEUT", "PLAT", "HGB")] == [("5.0", "6.0"), ("5.0",), ()]
    for code, version in (("PLAT", "6.0"), ("HGB", "5.0")):
        found = grade_labs(*one_value(code, 200, 20, "F"), version)
        assert found.empty and "ATOXGR" in found and shifts(found.assign(ABLFL=None, ADY=1)).empty


def test_a_shift_goes_from_baseline_to_the_worst_grade_after_day_1(demo: Tables) -> None:
    found = shifts(grade_labs(derive_adlb(demo), demo["DM"])).set_index(["USUBJID", "PARAMCD"])
    assert found.loc[("DEMO-07", "PLAT"), ["BTOXGR", "WTOXGR"]].tolist() == [4, 3]
    assert found.loc[("DEMO-10", "ALT"), ["BTOXGR", "WTOXGR"]].tolist() == [0, 2]
    assert found.loc[("DEMO-02", "NEUT"), "BTOXGR"] == 0
    assert pd.isna(found.loc[("DEMO-02", "NEUT"), "WTOXGR"])


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
