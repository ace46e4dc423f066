"""Who is eligible, who is left, what is known how well: six made-up patients with every edge among them."""

from pathlib import Path

import pandas as pd
import pytest

from cytopenia import patients as who
from cytopenia.patients import Patients
from recount.record.schema import Study
from recount.record.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"

FLAGS = {"PRSTER": 1, "PRIVIG": 1, "PRIMSUP": 0, "PRTPORA": 0, "PRSPLEN": 0, "NEUT_BL": 2.0}
ADSL = pd.DataFrame(
    [
        {"USUBJID": "A", "DX": "sITP", "SEX": "F", "AGE": 18, "PLT_BL": 29, "HB_BL": 118, "RESP_M1": "CR"},
        {"USUBJID": "B", "DX": "sITP", "SEX": "M", "AGE": 76, "PLT_BL": 30, "HB_BL": 59, "RESP_M1": "PR"},
        {"USUBJID": "C", "DX": "AIHA", "SEX": "F", "AGE": 40, "PLT_BL": 200, "HB_BL": 61, "RESP_M1": "PR"},
        {"USUBJID": "D", "DX": "AIHA", "SEX": "F", "AGE": 50, "PLT_BL": 200, "HB_BL": None, "RESP_M1": "NR"},
        {"USUBJID": "E", "DX": "IRP", "SEX": "F", "AGE": 60, "PLT_BL": 8, "HB_BL": None, "RESP_M1": "PR"},
        {"USUBJID": "F", "DX": "EVANS", "SEX": "F", "AGE": None, "PLT_BL": 3, "HB_BL": 46, "RESP_M1": None},
    ]
).assign(**FLAGS)
ADSL["MAINT"] = ["Y", "Y", "Y", "N", "N", None]
ADSL["LOST"] = ["N", "N", "N", "N", "Y", None]
ADSL["RESP_EOT"] = ["CR", "RELAPSE", "PR", None, None, None]
ADSL["RESP_FU"] = ["CR", None, "RELAPSE", None, None, None]
ADSL["FU_MO"] = [1, None, 9, None, None, None]
ADSL["RELAPSE_MO"] = [None, None, 6, None, None, None]
ADSL["ONSET_PLT"] = [4, 5, None, None, 4, None]
ADSL["ONSET_HB"] = [None, None, 21, None, 13, None]

ORIGINS = pd.DataFrame(
    [
        ("A", "AGE", "determined"),
        ("B", "AGE", "constrained"),
        ("C", "AGE", "assumed"),
        ("A", "DX", "determined"),
    ],
    columns=["USUBJID", "variable", "origin"],
)


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(RECORD)


@pytest.fixture(scope="module")
def patients(study: Study) -> Patients:
    return Patients(study, {"ADSL": ADSL}, study.claims, ORIGINS)


@pytest.mark.parametrize(
    "patient, rule, answer, why",
    [
        ("A", "elig_severity", "kept", "platelets 29 are below 30"),
        ("B", "elig_severity", "kept", "platelets 30 are not, haemoglobin 59 is below 60"),
        ("C", "elig_severity", "broken", "neither, both known"),
        ("D", "elig_severity", "not known", "platelets are not, haemoglobin is missing"),
        ("E", "elig_severity", "kept", "haemoglobin is missing, but platelets alone decide"),
        ("A", "elig_age", "kept", "18 is the lower edge"),
        ("B", "elig_age", "broken", "76 is beyond the upper edge"),
        ("F", "elig_age", "not known", "no age"),
        ("A", "elig_refractory", "kept", "a steroid and immunoglobulin"),
    ],
)
def test_eligibility_tells_broken_from_not_known(
    patients: Patients, patient: str, rule: str, answer: str, why: str
) -> None:
    found = who.eligibility(patients).set_index(["USUBJID", "RULE"])
    assert found.loc[(patient, rule), "ANSWER"] == answer, why


def test_eligibility_in_sum_counts_every_patient_once_and_names_who_breaks_it(patients: Patients) -> None:
    found = who.eligibility_in_sum(patients, who.eligibility(patients)).set_index("RULE")
    severity = found.loc["elig_severity"]
    assert (severity["KEPT"], severity["BROKEN"], severity["OPEN"]) == (4, 1, 1)
    assert severity["WHO"] == "C: Platelets 200 10⁹/L, Haemoglobin 61 g/L"
    assert found.loc["elig_age", "WHO"] == "B: Age 76 years"
    assert list(found[["KEPT", "BROKEN", "OPEN"]].sum(axis=1)) == [len(ADSL)] * len(found)
    assert {rule.id for rule in who.eligibility_rules(patients.study)} == set(found.index)


def test_eligibility_rows_have_the_rule_as_their_condition(patients: Patients) -> None:
    rows = who.eligibility_rows(patients, who.eligibility(patients))
    mine = rows[rows["variable"] == "AGE >= 18 and AGE <= 75"].set_index("statistic")["value"]
    assert dict(mine) == {"count": 4, "count_broken": 1, "count_open": 1}


def test_flow_loses_each_patient_once_for_a_reason(patients: Patients) -> None:
    flow = who.flow(patients)
    assert list(flow["N"]) == [6, 4, 3, 2, 1]
    assert list(flow["LOST"]) == [0, 2, 1, 1, 1]
    assert list(flow["WHY"]) == [
        "",
        "1 no response and 1 not recorded",
        "1 lost to follow-up",
        "1 relapse",
        "1 late relapse",
    ]
    assert (flow["N"] + flow["LOST"]).iloc[1:].tolist() == flow["N"].iloc[:-1].tolist()


@pytest.mark.parametrize(
    "variables, skipped",
    [
        (("AGE", "SEX"), ""),
        (("CTD",), "*Skipped: this section needs Connective tissue disease (table MH), which"),
        (("DX", "SLEIMP", "CTD"), "Lupus improved and Connective tissue disease (tables MH and RS)"),
        (("RETI_M1",), "needs Reticulocytes, month 1, which"),
    ],
)
def test_without_names_what_is_lacking_and_its_table(
    patients: Patients, variables: tuple[str, ...], skipped: str
) -> None:
    told = patients.without(*variables)
    assert skipped in told if skipped else told == ""


def test_answers_are_result_rows_under_the_keys(patients: Patients) -> None:
    keys = [
        ("ALL", "AGE", "", "median"),
        ("ALL", 'SEX == "M"', "", "count"),
        ("AIHA", "", "", "n"),
        ("MALE", "", "FEMALE", "ratio"),
        ("SLE", "AGE", "", "median"),  # nobody: no row
    ]
    rows = patients.answers(keys).set_index(["population", "statistic"])["value"]
    assert dict(rows) == {
        ("ALL", "median"): 50,
        ("ALL", "count"): 1,
        ("AIHA", "n"): 2,
        ("MALE", "ratio"): 0.2,
    }


@pytest.mark.parametrize(
    "key",
    [
        ("ALL", 'CTD == "SLE"', "", "count"),  # of what nobody has, none is not a count
        ("ALL", 'CTD == "SLE" or SEX == "F"', "", "count"),
        ("SLE", "", "", "n"),  # who is in the population isn't known
        ("FEMALE", "", "SLE", "ratio"),
        ("ALL", "IGG_BL", "", "mean"),
    ],
)
def test_what_is_known_of_nobody_has_no_answer(patients: Patients, key: tuple[str, str, str, str]) -> None:
    assert patients.answers([key]).empty


@pytest.mark.parametrize(
    "population, variable, origin",
    [
        ("sITP", "AGE", "constrained"),  # A and B: the less known of the two
        ("ALL", "AGE", "assumed"),
        ("ALL", "AGE >= 18", "assumed"),  # a condition speaks of its variables
        ("ALL", "", ""),  # a plain size rests on nobody's values
        ("EVANS", "AGE", ""),  # no origin is noted for the patient
    ],
)
def test_origin_is_the_least_known(patients: Patients, population: str, variable: str, origin: str) -> None:
    assert patients.origin(population, variable) == origin


def test_observed_patients_have_no_origin_and_no_caption(study: Study) -> None:
    observed = Patients(study, {"ADSL": ADSL})
    assert observed.origin("ALL", "AGE") == ""
    assert observed.note("AGE") == ""
    assert observed.claims == ()


def test_note_counts_the_origins_of_the_variables_shown(patients: Patients) -> None:
    note = patients.note("AGE")
    assert "of 3 values" in note and "1 is assumed" in note
    assert "assumed" not in patients.note("DX")


def test_sentences_say_what_is_open(patients: Patients) -> None:
    told = who.eligibility_sentence(patients, who.eligibility(patients))
    assert told.startswith("2 of 6 patients are known to keep every rule.")
    assert "**C breaks elig_severity (1.1 inclusion 4): Platelets 200 10⁹/L, Haemoglobin 61 g/L.**" in told
    assert told.endswith("For 2 patients a missing value leaves some rule open.")
    flow = who.flow_sentence(who.flow(patients))
    assert flow.startswith("Of 6 patients treated: 4/6 (66.7%) in response at month 1, 3/6 (50.0%) in maintenance")


def test_introduction_never_passes_reconstructed_patients_off_as_real(study: Study, patients: Patients) -> None:
    assert "not real ones" in who.introduction(patients)
    assert "not real" not in who.introduction(Patients(study, {"ADSL": ADSL}))
