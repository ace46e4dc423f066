"""ADSL: every variable of the study from short cohorts, and the made-up cohort as a whole."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import pytest

from cytopenia.read import Tables
from cytopenia.schemas import cell_text, columns, day_of_month, typed
from cytopenia.subjects import derive_adsl, end_of_maintenance
from recount.record.schema import Variable

Make = Callable[..., Tables]
Variables = dict[str, Variable]


def told(adsl: pd.DataFrame, names: str, patient: int = 0) -> str:
    """The values of variables of one patient, "-" where missing."""
    return " ".join(cell_text(adsl[name].tolist()[patient]) or "-" for name in names.split())


def with_rows(tables: Tables, name: str, rows: Sequence[Mapping[str, str | None]]) -> Tables:
    """The tables with one more, of these rows, of patient P1 unless they say another."""
    frame = pd.DataFrame([{"USUBJID": "P1", **row} for row in rows], columns=[c.name for c in columns(name)])
    return {**tables, name: typed(name, frame.astype(object))}


# Month 1 -----------------------------------------------------------------------------------------

LANDMARK = "PLT_BL PLT_M1 BLEED_M1 RPLT_M1 RHB_M1 RESP_M1 ONSET_PLT CRDAY_PLT"


PLATELETS = [
    ("PLAT -1:10 5:40 15:110 30:120", "", "10 120 N CR - CR 5 15"),
    ("PLAT -1:10 5:110 30:40", "", "10 40 N PR - PR 5 -"),
    ("PLAT -1:10 5:110 30:20", "", "10 20 N NR - NR - -"),
    ("PLAT -1:10 30:20 32:200", "", "10 20 N NR - NR - -"),
    ("PLAT -1:10 32:200", "", "10 200 N CR - CR - -"),
    ("PLAT -1:10 31:200", "", "10 200 N CR - CR 31 31"),
    ("PLAT -1:10 30:200", "BLEEDING 30..30", "10 200 Y NR - NR - -"),
    ("PLAT -1:10 30:200", "BLEEDING 1..29", "10 200 N CR - CR 30 30"),
    ("PLAT -1:10 22:200", "", "10 - - - - - - -"),
    ("PLAT 30:50", "", "- 50 N - - - - -"),
    ("PLAT 30:150", "", "- 150 N CR - CR 30 30"),
    ("PLAT -1:10 30:; HGB 30:100", "BLEEDING 30..", "10 - Y NR - NR - -"),
]


@pytest.fixture(scope="module")
def thrombocytopenia(cohort: Make, variables: Variables) -> pd.DataFrame:
    """ADSL of a patient for each row of PLATELETS."""
    patients = {f"P{k}": {"dx": "sITP", "sex": "F", "lb": lb, "ce": ce} for k, (lb, ce, _) in enumerate(PLATELETS)}
    return derive_adsl(cohort(**patients), variables)


@pytest.mark.parametrize("case", range(len(PLATELETS)), ids=[" ".join(row) for row in PLATELETS])
def test_month_1_of_thrombocytopenia(thrombocytopenia: pd.DataFrame, case: int) -> None:
    assert told(thrombocytopenia, LANDMARK, case) == PLATELETS[case][-1]


PANEL = "HGB -1:50 13:81 30:95; RETIRBC 13:3 30:2; BILI 13:20 30:18; COOMBS 13:DECREASED 30:NEGATIVE"


LINEAGES = [
    ("AIHA", "PLAT -1:200 30:220", "- PR PR - 13"),
    ("IRP", "PLAT -1:25 4:60 30:120", "CR PR PR 4 13"),
    ("EVANS", "PLAT -1:3 30:9", "NR PR NR - 13"),
    ("EVANS", "PLAT -1:3", "- PR - - 13"),
    ("", "PLAT -1:25 4:60 30:120", "- - - - -"),
]


def test_month_1_of_two_lineages(cohort: Make, variables: Variables) -> None:
    patients = {
        f"P{k}": {"dx": dx, "sex": "F", "lb": f"{PANEL}; {plt}", "ce": ""} for k, (dx, plt, _) in enumerate(LINEAGES)
    }
    adsl = derive_adsl(cohort(**patients), variables)
    names = "RPLT_M1 RHB_M1 RESP_M1 ONSET_PLT ONSET_HB"
    assert [told(adsl, names, k) for k in range(len(LINEAGES))] == [wanted for *_, wanted in LINEAGES]


def test_without_events_a_response_is_not_evaluable(cohort: Make, variables: Variables) -> None:
    adsl = derive_adsl(cohort(P1={"dx": "sITP", "lb": "PLAT -1:10 30:200"}), variables)
    assert told(adsl, "PLT_M1 BLEED_M1 RESP_M1 ICH MAINT LOST AE_UTI PRSTER") == "200 - - N - - - -"


def test_another_criteria_set_judges_otherwise(cohort: Make, variables: Variables) -> None:
    tables = cohort(P1={"dx": "sITP", "sex": "F", "lb": "PLAT -1:20 8:45 30:50", "ce": ""})
    assert told(derive_adsl(tables, variables), "RESP_M1 ONSET_PLT") == "PR 8"
    assert told(derive_adsl(tables, variables, "paper-rise-by-2"), "RESP_M1 ONSET_PLT") == "NR -"


# Course ------------------------------------------------------------------------------------------

GOOD = "PLAT -1:10 8:40 30:150"
COURSE = "MAINT LOST RESP_EOT PLT_EOT FU_MO RESP_FU RELAPSE_MO"
DONE = "COMPLETED MAINTENANCE 335"


COURSES = [
    # maintenance to its end
    (f"{GOOD} 335:160 700:170", "91 335", f"{DONE}; ONGOING FOLLOW-UP 700", "Y N CR 160 12 CR -"),
    (f"{GOOD} 335:60", "91 335", "", "Y N PR 60 - - -"),
    (f"{GOOD} 320:60", "91 335", "", "Y N PR 60 - - -"),
    (f"{GOOD} 319:60", "91 335", "", "Y N - - - - -"),
    (f"{GOOD} 325:60 344:140", "91 335", "", "Y N CR 140 - - -"),
    (f"{GOOD} 335:20", "91 335", "", "Y N RELAPSE - - - -"),
    (f"{GOOD} 335:160", "", DONE, "Y N CR 160 - - -"),
    # not to its end
    (f"{GOOD} 200:20", "91 152", "DISEASE RELAPSE MAINTENANCE 200", "Y N RELAPSE - - - -"),
    (f"{GOOD} 200:150", "91 152", "DISEASE RELAPSE MAINTENANCE 200", "Y N RELAPSE - - - -"),
    (f"{GOOD} 152:150", "91 152", "ONGOING MAINTENANCE 160", "Y N - - - - -"),
    (f"{GOOD} 152:150", "91 152", "LOST TO FOLLOW-UP MAINTENANCE 160", "Y N - - - - -"),
    # no maintenance
    (GOOD, "", "LOST TO FOLLOW-UP INDUCTION 31", "N Y - - - - -"),
    (GOOD, "", "LOST TO FOLLOW-UP FOLLOW-UP 90", "N Y - - - - -"),
    (GOOD, "", "COMPLETED INDUCTION 30", "N N - - - - -"),
    # follow-up
    (f"{GOOD} 335:160", "335", f"{DONE}; LOST TO FOLLOW-UP FOLLOW-UP 365", "Y N CR 160 1 - -"),
    (f"{GOOD} 335:160 350:20", "335", f"{DONE}; ONGOING FOLLOW-UP 350", "Y N CR 160 0 - -"),
    (f"{GOOD} 335:160 351:20", "335", f"{DONE}; ONGOING FOLLOW-UP 351", "Y N CR 160 1 RELAPSE -"),
    (
        f"{GOOD} 335:160 600:170",
        "335",
        f"{DONE}; DISEASE RELAPSE FOLLOW-UP 518; ONGOING FOLLOW-UP 600",
        "Y N CR 160 9 RELAPSE 6",
    ),
    (
        f"{GOOD} 335:160",
        "335",
        f"{DONE}; DISEASE RELAPSE FOLLOW-UP 340; ONGOING FOLLOW-UP 335",
        "Y N CR 160 0 RELAPSE 1",
    ),
]


@pytest.fixture(scope="module")
def courses(cohort: Make, variables: Variables) -> pd.DataFrame:
    """ADSL of a patient for each row of COURSES."""
    rest = {"dx": "sITP", "sex": "F", "ce": ""}
    patients = {f"P{k}": {**rest, "lb": lb, "ex": ex, "ds": ds} for k, (lb, ex, ds, _) in enumerate(COURSES)}
    return derive_adsl(cohort(**patients), variables)


@pytest.mark.parametrize("case", range(len(COURSES)), ids=[" ".join(row[1:]) for row in COURSES])
def test_the_course_after_month_1(courses: pd.DataFrame, case: int) -> None:
    assert told(courses, COURSE, case) == COURSES[case][-1]


def test_every_month_of_follow_up_comes_back(cohort: Make, variables: Variables) -> None:
    months = range(1, 49)
    patients = {
        f"P{k}": {"dx": "sITP", "sex": "F", "lb": f"{GOOD} 335:160", "ex": "335", "ce": "",
                  "ds": f"{DONE}; ONGOING FOLLOW-UP {day_of_month(11 + k)}; "
                        f"DISEASE RELAPSE FOLLOW-UP {day_of_month(11 + k)}"}
        for k in months
    }  # fmt: skip
    adsl = derive_adsl(cohort(**patients), variables)
    assert adsl["FU_MO"].tolist() == adsl["RELAPSE_MO"].tolist() == list(months)


def test_the_end_of_maintenance_is_the_last_rituximab_of_maintenance(cohort: Make) -> None:
    tables = cohort(P1={"ex": "335 91"})
    rows = [
        {"EXTRT": "PREDNISONE", "EXSTDY": "400", "EPOCH": "MAINTENANCE"},
        {"EXTRT": "Rituximab", "EXSTDY": "336", "EPOCH": "MAINTENANCE"},
        {"EXTRT": "RITUXIMAB", "EXSTDY": "450", "EPOCH": "INDUCTION"},
    ]
    assert end_of_maintenance(tables).tolist() == [335]
    assert end_of_maintenance(with_rows(tables, "EX", rows)).tolist() == [336]
    assert end_of_maintenance(cohort(P1={})).isna().tolist() == [True]


# History and events ------------------------------------------------------------------------------


def test_history_is_read_from_its_rows(cohort: Make, variables: Variables) -> None:
    rows = [
        {"MHCAT": "CYTOPENIA", "MHDECOD": "AIHA", "MHDUR": "P1Y6M"},
        {"MHCAT": "CONNECTIVE TISSUE DISEASE", "MHDECOD": "RA"},
        {"MHCAT": "BASELINE FINDING", "MHDECOD": "Intracranial haemorrhage"},
    ]
    adsl = derive_adsl(with_rows(cohort(P1={}, P2={}), "MH", rows), variables)
    assert told(adsl, "DX CTD DURATION ICH AUTOAB") == "AIHA RA 18 Y N"
    assert told(adsl, "DX CTD DURATION ICH AUTOAB", 1) == "- - - N N"


KINDS = [
    ("", "0 0 0 0 0 0"),
    ("GLUCOCORTICOID IVIG", "1 1 0 0 0 2"),
    ("GLUCOCORTICOID GLUCOCORTICOID IVIG IVIG", "1 1 0 0 0 2"),
    ("GLUCOCORTICOID IMMUNOSUPPRESSANT IMMUNOSUPPRESSANT TPO-RA", "1 0 2 1 0 4"),
    ("GLUCOCORTICOID SPLENECTOMY OTHER", "1 0 0 0 1 2"),
]


def test_prior_treatments_are_counted_by_kind(cohort: Make, variables: Variables) -> None:
    rows = [
        {"USUBJID": f"P{k}", "CMCAT": category, "CMDECOD": kind}
        for k, (kinds, _) in enumerate(KINDS)
        for category, kind in [("CONCOMITANT", "IVIG"), *(("PRIOR TREATMENT", kind) for kind in kinds.split())]
    ]
    adsl = derive_adsl(with_rows(cohort(**{f"P{k}": {} for k in range(len(KINDS))}), "CM", rows), variables)
    names = "PRSTER PRIVIG PRIMSUP PRTPORA PRSPLEN NPRIOR"
    assert [told(adsl, names, k) for k in range(len(KINDS))] == [wanted for _, wanted in KINDS]


EVENTS = [
    ("Infusion related reaction", "N", None, None, "Y N N N"),
    ("urinary tract infection", "N", None, None, "N Y N N"),
    ("LUNG INFECTION", "Y", "N", None, "N N Y N"),
    ("Lung infection", "Y", None, "RECOVERED/RESOLVED", "N N Y -"),
    ("Lung infection", "Y", "Y", None, "N N Y Y"),
    ("Headache", "Y", None, "FATAL", "N N N Y"),
    ("Headache", None, None, None, "N N N -"),
    (None, None, None, None, "N N N N"),
]


def test_adverse_events_are_flags(cohort: Make, variables: Variables) -> None:
    rows = [
        {"USUBJID": f"P{k}", "AEDECOD": decoded, "AESER": serious, "AESLIFE": life, "AEOUT": outcome}
        for k, (decoded, serious, life, outcome, _) in enumerate(EVENTS)
        if decoded
    ]
    tables = with_rows(cohort(**{f"P{k}": {} for k in range(len(EVENTS))}), "AE", rows)
    adsl, names = derive_adsl(tables, variables), "AE_IRR AE_UTI AE_LUNG AE_LIFE"
    assert [told(adsl, names, k) for k in range(len(EVENTS))] == [wanted for *_, wanted in EVENTS]


def test_lupus_improves_by_the_last_row_and_only_in_lupus(cohort: Make, variables: Variables) -> None:
    rows = [{"RSSTRESC": "NOT IMPROVED", "RSDY": "90"}, {"RSSTRESC": "IMPROVED", "RSDY": "30"}]
    for disease, wanted in (("SLE", "N"), ("SS", "-")):
        tables = with_rows(cohort(P1={"dx": "sITP", "ctd": disease}), "RS", rows)
        assert told(derive_adsl(tables, variables), "SLEIMP") == wanted


# The table ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_up(derived: Tables) -> pd.DataFrame:
    """ADSL of the made-up cohort."""
    return derived["ADSL"]


def test_the_table_has_every_variable_once_and_the_patients_of_dm(
    made_up: pd.DataFrame, demo: Tables, variables: Variables
) -> None:
    adsl = made_up
    first = ["STUDYID", "USUBJID", "AGE", "SEX", "ARM"]
    assert list(adsl) == [*first, *(name for name in variables if name not in first)]
    assert adsl["USUBJID"].tolist() == demo["DM"]["USUBJID"].tolist()


def test_whole_numbers_are_whole_and_levels_are_text(made_up: pd.DataFrame, demo: Tables, variables: Variables) -> None:
    adsl = made_up
    for name, variable in variables.items():
        wanted = {"integer": "Int64", "decimal": "float64", "category": "object"}[variable.kind]
        assert str(adsl[name].dtype) == wanted, name
    fraction = demo["LB"].assign(LBSTRESN=demo["LB"]["LBSTRESN"] + 0.5)
    assert str(derive_adsl({**demo, "LB": fraction}, variables)["PLT_BL"].dtype) == "float64"


def test_a_value_outside_of_its_where_is_missing(made_up: pd.DataFrame, demo: Tables, variables: Variables) -> None:
    adsl = made_up.set_index("USUBJID")
    completers = adsl.index[adsl["RESP_EOT"].isin(["CR", "PR"])]
    assert list(completers) == ["DEMO-01", "DEMO-04", "DEMO-07"]
    assert adsl.index[adsl["CD4_BL"].notna()].equals(completers)
    everybody = derive_adsl(demo, {name: v for name, v in variables.items() if not v.where} | {
        "CD4_BL": next(v for v in variables.values() if v.name == "PLT_BL")
    }).set_index("USUBJID")  # fmt: skip
    assert everybody["CD4_BL"].notna().sum() == 5


@pytest.mark.parametrize(
    ("patient", "wanted"),
    [
        (1, "sITP CR 8 - 22 Y N CR CR 6"),
        (2, "sITP PR 15 - - Y N RELAPSE - -"),
        (3, "sITP NR - - - N N - - -"),
        (4, "AIHA PR - 22 - Y N CR CR 3"),
        (5, "AIHA NR - - - N N - - -"),
        (6, "AIHA - - - - N N - - -"),
        (7, "EVANS PR 5 13 22 Y N PR RELAPSE 4"),
        (8, "EVANS NR 8 - 15 N N - - -"),
        (9, "sITP - - - - N Y - - -"),
        (10, "sITP PR 15 - - N Y - - -"),
    ],
)
def test_the_made_up_patients_are_what_their_readme_says(made_up: pd.DataFrame, patient: int, wanted: str) -> None:
    names = "DX RESP_M1 ONSET_PLT ONSET_HB CRDAY_PLT MAINT LOST RESP_EOT RESP_FU FU_MO"
    assert told(made_up, names, patient - 1) == wanted
