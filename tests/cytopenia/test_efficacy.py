"""Responses, times and stories of seven made-up patients; the layouts ask for everything that is printed."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cytopenia import efficacy, layouts, tables
from cytopenia.patients import FLOW_KEYS, Patients
from recount.record.schema import Study
from recount.record.study import read_study
from recount.results.rows import Results

RECORD = Path(__file__).parents[2] / "data/raw/paper"

COLUMNS = ["USUBJID", "DX", "CTD", "SEX", "AGE", "PLT_BL", "PLT_M1", "HB_BL", "HB_M1", "RESP_M1"]
ADSL = pd.DataFrame(
    [
        ("A", "sITP", "UCTD", "F", 18, 10, 120, 118, 120, "CR"),
        ("B", "sITP", "SLE", "M", 70, 20, 60, 110, 121, "PR"),
        ("C", "sITP", "UCTD", "F", 40, 5, 9, 100, 101, "NR"),
        ("D", "sITP", "UCTD", "F", 50, 5, None, 100, None, None),
        ("E", "AIHA", "UCTD", "F", 60, 200, 210, 50, 95, "PR"),
        ("F", "AIHA", "UCTD", "F", 61, 200, 210, 51, 70, "NR"),
        ("G", "IRP", "SLE", "M", 52, 25, 60, 52, 90, "PR"),
    ],
    columns=COLUMNS,
)
ADSL["RPLT_M1"] = ["CR", "PR", "NR", None, None, None, "PR"]
ADSL["RHB_M1"] = [None, None, None, None, "PR", "NR", "PR"]
ADSL["ONSET_PLT"] = [4, 8, None, None, None, None, 4]
ADSL["ONSET_HB"] = [None, None, None, None, 21, None, 13]
ADSL["MAINT"] = ["Y", "Y", "N", "N", "Y", "N", "N"]
ADSL["LOST"] = ["N", "N", "N", "N", "N", "N", "Y"]
ADSL["RESP_EOT"] = ["CR", "RELAPSE", None, None, "PR", None, None]
ADSL["RESP_FU"] = ["CR", None, None, None, "RELAPSE", None, None]
ADSL["FU_MO"] = [1, None, None, None, 9, None, None]
ADSL["RELAPSE_MO"] = [None, None, None, None, 6, None, None]

ADTTE = pd.DataFrame(
    [
        ("A", "TTRPLT", 4, 0, "paper"),
        ("B", "TTRPLT", 8, 0, "paper"),
        ("C", "TTRPLT", 30, 1, "paper"),
        ("D", "TTRPLT", 30, 1, "paper"),
        ("G", "TTRPLT", 4, 0, "paper"),
        ("E", "TTRHB", 21, 0, "paper"),
        ("F", "TTRHB", 22, 1, "paper"),
        ("A", "TTRPLT", 30, 1, "other"),
        ("A", "RELFREE", 400, 1, "paper"),
        ("B", "RELFREE", 200, 0, "paper"),
        ("E", "RELFREE", 300, 0, "paper"),
    ],
    columns=["USUBJID", "PARAMCD", "AVAL", "CNSR", "CRIT"],
)
ADLB = pd.DataFrame(
    [("A", "PLAT", -1, 10.0), ("B", "PLAT", -1, 20.0), ("D", "PLAT", -1, 5.0), ("E", "HGB", -1, 50.0)],
    columns=["USUBJID", "PARAMCD", "ADY", "AVAL"],
).assign(AVISITN=-1, AVALU="10^9/L", ORIGIN=None)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(RECORD)


@pytest.fixture(scope="module")
def patients(study: Study) -> Patients:
    return Patients(study, {"ADSL": ADSL, "ADTTE": ADTTE, "ADLB": ADLB})


# ---------------------------------------------------------------- responses


def test_a_patient_whose_response_is_not_known_counts_and_is_not_in_response(patients: Patients) -> None:
    found = efficacy.responses(patients, "RESP_M1", ["ALL", "sITP", "EVANS"], 0.95)
    assert found.rates[["POPULATION", "K", "N"]].to_numpy().tolist() == [["ALL", 4, 7], ["sITP", 2, 4]]
    shown = tables.responses(found, "R", 0.95, "r").as_raw_html()
    assert ">NE<" in shown
    (percent,) = found.rows.query("population == 'sITP' and statistic == 'percent'")["value"]
    assert percent == 50, "as `claimed` has it under the same key"


def test_the_rates_and_the_answers_agree_under_their_common_keys(patients: Patients) -> None:
    results = Results("test")
    results.add_frame(efficacy.responses(patients, "RESP_M1", ["ALL", *layouts.DIAGNOSES]).rows)
    tables.answered(patients, layouts.responses(), results)  # raises where a key has two values
    assert len(results.frame) > 10


def test_lineages_judge_those_whom_they_concern(patients: Patients) -> None:
    both = {stem: efficacy.responses(patients, f"R{stem}_M1", efficacy.JUDGED[stem]) for stem in ("PLT", "HB")}
    assert list(both["PLT"].rates["POPULATION"]) == ["sITP", "IRP"]
    told = efficacy.lineage_sentence(both)
    assert "platelet response 3/5 (60.0%)" in told and "haemolysis response 2/3 (66.7%)" in told


def test_response_sentence_names_the_widest_interval(patients: Patients) -> None:
    found = efficacy.responses(patients, "RESP_M1", ["ALL", *layouts.DIAGNOSES], 0.9)
    told = efficacy.response_sentence(found, 0.9)
    assert told.startswith("4/7 (57.1%) were in response at month 1 (90% interval 22.5 to 87.1%)")
    assert told.endswith("for IRP.")


# ---------------------------------------------------------------- counts


def test_changes_are_drawn_and_told_of_everybody_with_both_values(patients: Patients) -> None:
    platelets, haemoglobin = efficacy.changes_figure(patients)
    assert [bar.get_height() for bar in platelets.patches] == [110, 40, 4]
    assert [bar.get_height() for bar in haemoglobin.patches] == [45, 19]
    assert platelets.get_ylabel() == "Change of platelets, sITP (10⁹/L)"
    told = efficacy.changes_sentence(patients)
    assert "platelets rose in 3 of 3 with sITP (median change 40 10⁹/L)" in told
    assert "haemoglobin rose in 2 of 2 with AIHA (median change 32 g/L)" in told


def test_before_after_draws_everybody_with_both_values(patients: Patients) -> None:
    platelets, haemoglobin = efficacy.before_after(patients, "paper")
    drawn = [list(line.get_ydata()) for line in platelets.lines if line.get_gid() == "patient"]
    assert drawn == [[10, 120], [20, 60], [5, 9]]
    assert [line.get_ydata()[0] for line in haemoglobin.lines if line.get_gid() == "criterion"] == [80]
    assert haemoglobin.get_ylabel() == "Haemoglobin, AIHA (g/L)"


def test_a_diagnosis_without_pairs_has_no_panel(study: Study) -> None:
    only = Patients(study, {"ADSL": ADSL[ADSL["DX"] == "sITP"]})
    (platelets,) = efficacy.before_after(only, "paper")
    assert platelets.get_ylabel() == "Platelets, sITP (10⁹/L)" and efficacy.no_pairs(only) == ""
    neither = Patients(study, {"ADSL": ADSL[ADSL["DX"] == "IRP"]})
    assert efficacy.no_pairs(neither).startswith("*Skipped: nobody has platelets of sITP and haemoglobin of AIHA")


def test_the_caption_counts_only_the_values_drawn(study: Study) -> None:
    cells = [("A", "PLT_BL", "constrained"), ("A", "HB_BL", "assumed"), ("E", "PLT_BL", "assumed")]
    origins = pd.DataFrame(cells, columns=["USUBJID", "variable", "origin"])
    note = efficacy.before_after_note(Patients(study, {"ADSL": ADSL}, origins=origins))
    assert "of 1 value 1 is bounded" in note and "assumed" not in note


@pytest.mark.parametrize(
    "crit, lineage, lines",
    [
        ("paper", "PLT", {"CR": 100, "PR": 30}),
        ("paper", "HB", {"PR": 80}),  # CR asks for the normal range, which is no number of the rule
        ("iwg2009", "HB", {"PR": 100}),
        ("iwg2009-aiha-b", "HB", {}),  # "above 100 or risen by more than 20" asks for no least value
    ],
)
def test_thresholds_are_read_from_the_rules(crit: str, lineage: str, lines: dict[str, float]) -> None:
    assert efficacy.thresholds(crit, lineage) == lines


def test_readings_are_of_the_diagnosis_judged_and_carry_its_responses(patients: Patients) -> None:
    found = efficacy.readings(patients, "PLT")
    assert dict(zip(found["USUBJID"], found["RESPONSE"], strict=True)) == {
        "A": "CR",
        "B": "RELAPSE",
        "D": "NE",
    }
    assert list(efficacy.readings(patients, "HB")["RESPONSE"]) == ["RELAPSE"]
    days, months = efficacy.course(found, "PLT", "paper")
    assert days.get_ylabel() == "Platelets (10⁹/L)"
    assert [line.get_ydata()[0] for line in months.lines if line.get_gid() == "criterion"] == [100, 30]


# ---------------------------------------------------------------- times


def test_onset_curves_are_over_everybody_treated_and_over_responders(patients: Patients) -> None:
    curves = efficacy.onset_curves(patients, "paper")
    everybody, responders = curves["PLT"].values()
    assert list(curves["PLT"]) == ["all 4 treated", "2 responders only"]
    assert dict(zip(everybody["TIME"], everybody["INCIDENCE"], strict=True)) == {
        0: 0,
        4: 0.25,
        8: 0.5,
        30: 0.5,
    }
    assert dict(zip(responders["TIME"], responders["INCIDENCE"], strict=True)) == {0: 0, 4: 0.5, 8: 1}
    assert list(curves["HB"]) == ["all 2 treated", "1 responder only"]
    assert [ax.get_ylabel() for ax in efficacy.onset_figure(curves)] == [
        "Platelet response, sITP",
        "Haemolysis response, AIHA",
    ]


def test_onset_rows_stop_at_the_last_reading(patients: Patients) -> None:
    rows = efficacy.onset_rows(efficacy.onset_curves(patients, "paper"))
    of = tables.reader(rows)
    assert of("sITP", "ONSET_PLT", "incidence_day_30") == "50.0"
    assert of("sITP", "ONSET_PLT", "median_all") == "8"
    assert of("AIHA", "ONSET_HB", "incidence_day_14") == "0.0"
    assert of("AIHA", "ONSET_HB", "incidence_day_30") == "–", "nobody was seen after day 22"
    told = efficacy.onset_sentence(rows, 0.95)
    assert told.startswith("Of everybody treated for sITP 25.0% by day 7, 50.0% by day 14 and 50.0% by day 30")
    assert told.endswith("AIHA 0.0% by day 7 and 0.0% by day 14 had responded, half of all by day 21.")
    assert "half of all by day 8" in told


def test_responders_alone_have_a_median_and_too_few_no_interval(study: Study) -> None:
    days = pd.DataFrame({"USUBJID": [f"P{k}" for k in range(7)], "DX": ["sITP"] * 6 + ["AIHA"], "RESP_M1": "PR"})
    days = days.assign(ONSET_PLT=[3, 4, 5, 6, 7, 8, None], ONSET_HB=[None] * 6 + [21])
    rows = efficacy.responder_rows(Patients(study, {"ADSL": days}))
    of = tables.reader(rows)
    assert (of("sITP_RESP", "ONSET_PLT", "median"), of("sITP_RESP", "ONSET_PLT", "median_high")) == ("5.5", "8")
    assert efficacy.responder_sentence(rows, 0.95) == (
        "Among responders alone half had responded by day 5.5 for sITP (3 to 8) and day 21 for AIHA (1 responder, too "
        "few for an interval), at 95% confidence."
    )
    nobody = efficacy.responder_rows(Patients(study, {"ADSL": days[["USUBJID"]]}))
    assert nobody.empty and efficacy.responder_sentence(nobody, 0.95) == ""


def test_nobody_to_draw_gives_no_curve_and_no_sentence(study: Study) -> None:
    nobody = Patients(study, {"ADSL": ADSL})
    assert efficacy.onset_curves(nobody, "paper") == {}
    assert efficacy.onset_sentence(efficacy.onset_rows({}), 0.95) == ""


# ---------------------------------------------------------------- single patients


def test_named_patients_tell_each_story(patients: Patients) -> None:
    found = efficacy.named_patients(patients, ("IRP", "EVANS", "LATE_RELAPSE", "SLE"))
    assert list(found["USUBJID"]) == ["G", "E", "B", "G"]
    irp, late, lupus, _ = found.to_dict("records")
    assert irp["WHO"] == "Immune-related pancytopenia"
    assert irp["WHAT"] == "IRP/SLE, M 52"
    assert irp["BASELINE"] == "PLT 25, Hb 52"
    assert irp["MONTH_1"] == "PR (PLT day 4, Hb day 13)"
    assert (irp["MAINTENANCE"], irp["FOLLOW_UP"]) == ("lost", "–")
    assert late["FOLLOW_UP"] == "relapse in month 6"
    assert lupus["MAINTENANCE"] == "relapse"


# ---------------------------------------------------------------- layouts


def test_the_layouts_ask_for_every_number_printed_of_the_cohort_and_its_responses(study: Study) -> None:
    patients = Patients(study, {"ADSL": ADSL}, study.claims)
    lines = [
        *layouts.across([layouts.N, *layouts.table_1(patients)], layouts.DIAGNOSES),
        *layouts.who_they_are(patients),
        *layouts.ctd(["ALL"]),
        *layouts.responses(),
        *layouts.blood_counts(patients),
        *layouts.onsets(patients),
        *layouts.maintenance(),
        *layouts.follow_up(patients),
        *layouts.single_patients(patients),
    ]
    asked = {key for population, item in lines for key in tables.keys_of([item], [population])} | set(FLOW_KEYS)
    printed = {
        (claim.population, claim.variable, claim.versus, claim.statistic): claim.id
        for claim in study.claims
        if claim.place in ("2.1", "Table 1", "2.2 para 1") and claim.statistic != "stated"
    }
    assert len(printed) > 100
    assert [printed[key] for key in printed if key not in asked] == []


def test_bars_take_the_counts_of_the_lines(patients: Patients) -> None:
    rows = patients.answers([("ALL", 'CTD == "SLE"', "", "count"), ("sITP", 'CTD == "SLE"', "", "count")])
    bars = layouts.bars(rows, layouts.ctd(["ALL", "sITP"]))
    assert bars.to_numpy().tolist() == [
        ["Systemic lupus erythematosus", 2, 7],
        ["Systemic lupus erythematosus", 1, 4],
    ]
