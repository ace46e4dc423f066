"""Dated records from hand-made landmarks: they are valid, seeded, and give every landmark back."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import pandas as pd
import pytest

from cytopenia.criteria import NormalRanges
from cytopenia.derive import derive_adrs, derive_adsl, derive_relapses
from cytopenia.landmarks import Patient
from cytopenia.read import read_cohort
from cytopenia.schemas import SDTM
from cytopenia.visits import add_visits_arguments, main_visits
from recount.record.study import read_study
from recount.rules import exact_number, is_missing

ROOT = Path(__file__).parents[2]
STUDY = ROOT / "data" / "raw" / "paper"
VARIABLES = read_study(STUDY).variables
SUBSETS_AND_IGG = ("CD3", "CD4", "CD8", "CD19", "CD20", "IGG", "IGA", "IGM")

COMMON = {
    "SEX": "F", "AGE": "50", "CTD": "UCTD", "AUTOAB": "Y", "DURATION": "2.5", "START": "20", "NPRIOR": "2",
    "PRSTER": "1", "PRIVIG": "0", "PRIMSUP": "1", "PRTPORA": "0", "PRSPLEN": "0", "NEUT_BL": "3.6",
    "PLT_BL": "10", "HB_BL": "118", "ICH": "N", "HB_M1": "121", "BLEED_M1": "N", "MAINT": "N", "LOST": "N",
    "AE_IRR": "N", "AE_UTI": "N", "AE_LUNG": "N", "AE_LIFE": "N",
}  # fmt: skip
SUBSETS = {
    "CD3_BL": "1233", "CD3_EOT": "1132", "CD4_BL": "719", "CD4_EOT": "633", "CD8_BL": "482", "CD8_EOT": "449",
    "CD19_BL": "338", "CD19_EOT": "59", "CD20_BL": "335", "CD20_EOT": "58", "IGG_BL": "12.65",
    "IGG_EOT": "12.10", "IGA_BL": "2.66", "IGA_EOT": "2.53", "IGM_BL": "1.54", "IGM_EOT": "1.58",
}  # fmt: skip
AIHA = {
    "DX": "AIHA", "PLT_BL": "205", "HB_BL": "51", "PLT_M1": "215", "HB_M1": "91", "RETI_M1": "2.6",
    "BILI_M1": "22.0", "DAT_M1": "DECREASED", "RHB_M1": "PR", "RESP_M1": "PR", "ONSET_HB": "21",
}  # fmt: skip
PLATELET_CR = {
    "DX": "sITP",
    "PLT_M1": "160",
    "RPLT_M1": "CR",
    "RESP_M1": "CR",
    "ONSET_PLT": "5",
    "CRDAY_PLT": "15",
}
PLATELET_PR = {"DX": "sITP", "PLT_M1": "70", "RPLT_M1": "PR", "RESP_M1": "PR", "ONSET_PLT": "3"}
PLATELET_NR = {"DX": "sITP", "PLT_M1": "14", "RPLT_M1": "NR", "RESP_M1": "NR"}
CR_AT_END = {
    "MAINT": "Y",
    "RESP_EOT": "CR",
    "PLT_EOT": "168",
    "HB_EOT": "138",
    "FU_MO": "21",
    "RESP_FU": "CR",
} | SUBSETS
PR_AT_END = {"MAINT": "Y", "RESP_EOT": "PR", "PLT_EOT": "215", "HB_EOT": "98", "FU_MO": "9"} | SUBSETS
RELAPSED = {"MAINT": "Y", "RESP_EOT": "RELAPSE"}
HB_NR = {
    "RETI_M1": "8.0",
    "BILI_M1": "48.0",
    "DAT_M1": "UNCHANGED",
    "RHB_M1": "NR",
    "RESP_M1": "NR",
    "HB_M1": "62",
}

PATIENTS: dict[str, dict[str, str]] = {
    "platelets CR": PLATELET_CR | CR_AT_END | {"CTD": "APS", "AE_IRR": "Y", "AE_UTI": "Y"},
    "platelets CR on the day of its onset": PLATELET_CR | CR_AT_END | {"ONSET_PLT": "8", "CRDAY_PLT": "8"},
    "platelets CR on days 29 and 30": PLATELET_CR | CR_AT_END | {"ONSET_PLT": "29", "CRDAY_PLT": "30"},
    "platelets CR on days 2 and 30, low baseline": PLATELET_CR
    | CR_AT_END
    | {"PLT_BL": "0", "PLT_M1": "100", "ONSET_PLT": "2", "CRDAY_PLT": "30", "FU_MO": "1", "PLT_EOT": "100"},
    "platelets PR, high baseline": PLATELET_PR
    | CR_AT_END
    | {
        "PLT_BL": "29",
        "PLT_M1": "58",
        "CTD": "SLE",
        "SLEIMP": "Y",
        "PRIMSUP": "2",
        "PRTPORA": "1",
        "NPRIOR": "4",
    },
    "platelets PR, lost": PLATELET_PR | {"LOST": "Y", "ONSET_PLT": "30", "PRSPLEN": "1"},
    "platelets CR, relapse in maintenance": PLATELET_CR | RELAPSED | {"CTD": "SLE", "SLEIMP": "N", "AE_LUNG": "Y"},
    "platelets NR": PLATELET_NR | {"SEX": "M"},
    "platelets NR by doubling": PLATELET_NR | {"PLT_BL": "25", "PLT_M1": "45"},
    "platelets NR by bleeding": PLATELET_NR | {"PLT_M1": "60", "BLEED_M1": "Y"},
    "intracranial haemorrhage": PLATELET_CR
    | CR_AT_END
    | {"ICH": "Y", "ONSET_PLT": "11", "CRDAY_PLT": "21", "FU_MO": "35"},
    "haemolysis CR at the end": AIHA | CR_AT_END | {"SEX": "M", "AGE": "29", "DURATION": "204.0"},
    "haemolysis PR with late relapse": AIHA | PR_AT_END | {"RESP_FU": "RELAPSE", "RELAPSE_MO": "6", "ONSET_HB": "30"},
    "haemolysis PR with relapse in the last month": AIHA
    | PR_AT_END
    | {"RESP_FU": "RELAPSE", "RELAPSE_MO": "1", "FU_MO": "1"},
    "haemolysis, relapse in maintenance": AIHA | RELAPSED | {"ONSET_HB": "2", "DAT_M1": "NEGATIVE", "HB_M1": "81"},
    "haemolysis NR": AIHA | HB_NR | {"ONSET_HB": "", "BLEED_M1": "Y"},
    "haemolysis NR by antibodies": AIHA | HB_NR | {"ONSET_HB": "", "HB_M1": "99", "RETI_M1": "2.0", "BILI_M1": "20.0"},
    "pancytopenia": AIHA
    | PR_AT_END
    | {
        "DX": "IRP",
        "SEX": "M",
        "CTD": "SLE",
        "SLEIMP": "Y",
        "PLT_BL": "25",
        "HB_BL": "52",
        "PLT_M1": "70",
        "RPLT_M1": "PR",
        "ONSET_PLT": "4",
        "ONSET_HB": "13",
        "PLT_EOT": "82",
        "RESP_FU": "PR",
    },
    "Evans, neither lineage": AIHA
    | HB_NR
    | {"DX": "EVANS", "ONSET_HB": "", "PLT_BL": "3", "HB_BL": "46", "PLT_M1": "14", "RPLT_M1": "NR"},
    "Evans, one lineage": AIHA
    | {"DX": "EVANS", "PLT_BL": "3", "HB_BL": "46", "PLT_M1": "14", "RPLT_M1": "NR", "RESP_M1": "NR"},
}


def write_landmarks(folder: Path, patients: dict[str, dict[str, str]], origin: str = "constrained") -> Path:
    """A landmark folder as `recount cohorts` writes it, from patients' values over `COMMON`."""
    rows = [{"USUBJID": name, **COMMON, **values} for name, values in patients.items()]
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "cohort_0001.csv", ["USUBJID", *VARIABLES], rows)
    known = [
        {"USUBJID": row["USUBJID"], "variable": name, "origin": origin}
        for row in rows
        for name in VARIABLES
        if row.get(name)
    ]
    write_csv(folder / "origin.csv", ["USUBJID", "variable", "origin"], known)
    return folder


def write_csv(path: Path, header: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="")
        writer.writeheader()
        writer.writerows(rows)


def dated(landmarks: Path, out: Path, seed: int = 1) -> Path:
    """The folder of dated records that the command writes from a landmark folder."""
    assert run(landmarks, out, seed) == 0
    return out


def run(landmarks: Path, out: Path, seed: int = 1) -> int:
    parser = argparse.ArgumentParser()
    add_visits_arguments(parser)
    words = ["--study", STUDY, "--landmarks", landmarks, "--out", out, "--seed", seed]
    return main_visits(parser.parse_args(list(map(str, words))))


def differences(landmarks: Path, sdtm: Path) -> list[str]:
    """Every landmark that ADSL, derived from the dated records, doesn't give back."""
    wanted = pd.read_csv(landmarks / "cohort_0001.csv", dtype=str, keep_default_na=False).set_index("USUBJID")
    adsl = derive_adsl(read_cohort(sdtm), VARIABLES).set_index("USUBJID")
    assert list(adsl.index) == list(wanted.index)
    return [
        f"{patient} {name}: {wanted.loc[patient, name]!r} came back as {adsl.loc[patient, name]}"
        for name in VARIABLES
        for patient in wanted.index
        if not same(wanted.loc[patient, name], adsl.loc[patient, name])
    ]


def same(wanted: str, got: object) -> bool:
    if is_missing(got) or not wanted:
        return is_missing(got) and not wanted
    return got == wanted if isinstance(got, str) else exact_number(got) == exact_number(wanted)


@pytest.fixture(scope="module")
def landmarks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_landmarks(tmp_path_factory.mktemp("reconstructed") / "landmarks", PATIENTS)


@pytest.fixture(scope="module")
def sdtm(landmarks: Path) -> Path:
    return dated(landmarks, landmarks.with_name("sdtm"))


@pytest.fixture(scope="module")
def tables(sdtm: Path) -> dict[str, pd.DataFrame]:
    return read_cohort(sdtm)


# The round trip ----------------------------------------------------------------------------------


def test_every_landmark_comes_back_whatever_the_seed(landmarks: Path, tmp_path: Path) -> None:
    assert differences(landmarks, dated(landmarks, tmp_path / "sdtm", seed=2)) == []


def test_every_landmark_of_the_reconstructed_cohort_comes_back(tmp_path: Path) -> None:
    drawn = ROOT / "data" / "processed" / "reconstructed" / "landmarks"
    if not (drawn / "cohort_0001.csv").is_file():
        pytest.skip("the cohort is not drawn yet: recount cohorts")
    assert differences(drawn, dated(drawn, tmp_path / "sdtm")) == []


def test_a_wrong_landmark_would_be_noticed(landmarks: Path, sdtm: Path, tmp_path: Path) -> None:
    patient = "intracranial haemorrhage"
    other = write_landmarks(tmp_path / "landmarks", PATIENTS | {patient: PATIENTS[patient] | {"PLT_M1": "161"}})
    assert differences(other, sdtm) == [f"{patient} PLT_M1: '161' came back as 160"]


# What is drawn -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def adrs(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return derive_adrs(tables)


def responses(adrs: pd.DataFrame, patient: str, lineage: str) -> dict[int, str]:
    """The response of each reading after day 1 by study day."""
    mine = adrs[(adrs["USUBJID"] == patient) & (adrs["PARCAT"] == lineage)]
    return dict(zip(mine["ADY"].astype(int), mine["AVALC"], strict=True))


@pytest.mark.parametrize(
    ("patient", "lineage", "told"),
    [
        ("platelets CR", "PLT", "5:PR 8:PR 15:CR 22:CR 30:CR"),
        ("platelets CR on the day of its onset", "PLT", "8:CR 15:CR 22:CR 30:CR"),
        ("platelets CR on days 29 and 30", "PLT", "8:NR 15:NR 22:NR 29:PR 30:CR"),
        ("platelets PR, lost", "PLT", "8:NR 15:NR 22:NR 30:PR"),
        ("platelets NR by bleeding", "PLT", "8:NR 15:NR 22:NR 30:NR"),
        ("intracranial haemorrhage", "PLT", "8:NR 11:PR 15:PR 21:CR 22:CR 30:CR"),
        ("haemolysis PR with late relapse", "HB", "8:NR 15:NR 22:NR 30:PR"),
        ("haemolysis NR by antibodies", "HB", "8:NR 15:NR 22:NR 30:NR"),
        ("pancytopenia", "PLT", "4:PR 8:PR 13:PR 15:PR 22:PR 30:PR"),
        ("pancytopenia", "HB", "4:NR 8:NR 13:PR 15:PR 22:PR 30:PR"),
        ("Evans, one lineage", "HB", "8:NR 15:NR 21:PR 22:PR 30:PR"),
    ],
)
def test_no_reading_of_month_1_crosses_a_criterion_early(
    adrs: pd.DataFrame, patient: str, lineage: str, told: str
) -> None:
    found = responses(adrs, patient, lineage)
    assert " ".join(f"{day}:{response}" for day, response in found.items() if day <= 30) == told


def test_relapses_are_read_on_their_own_day_and_nowhere_else(tables: dict[str, pd.DataFrame]) -> None:
    recorded = tables["DS"][tables["DS"]["DSDECOD"] == "DISEASE RELAPSE"]
    found = derive_relapses(tables)
    assert list(recorded["USUBJID"]) == [
        "platelets CR, relapse in maintenance",
        "haemolysis PR with late relapse",
        "haemolysis PR with relapse in the last month",
        "haemolysis, relapse in maintenance",
    ]
    assert list(zip(found["USUBJID"], found["ADY"], strict=True)) == list(
        zip(recorded["USUBJID"], recorded["DSSTDY"], strict=True)
    )


def test_a_complete_response_at_the_end_and_after_is_never_left(adrs: pd.DataFrame) -> None:
    for patient, lineage in (("platelets CR", "PLT"), ("haemolysis CR at the end", "HB")):
        late = [response for day, response in responses(adrs, patient, lineage).items() if day >= 335]
        assert late == ["CR"] * 22  # the end of maintenance and 21 months


def test_month_1_has_a_blood_count_at_least_every_eight_days(tables: dict[str, pd.DataFrame]) -> None:
    counts = tables["LB"].query("LBTESTCD == 'PLAT' and LBDY <= 30")
    assert counts.groupby("USUBJID")["LBDY"].apply(lambda days: days.diff().max()).max() <= 9  # no day 0
    assert set(counts.groupby("USUBJID")["LBDY"].max()) == {30}


def test_nobody_has_the_side_effects_that_the_record_denies(tables: dict[str, pd.DataFrame]) -> None:
    lb, ranges = tables["LB"], NormalRanges()
    worst = lb[lb["LBDY"] > 1].groupby("LBTESTCD")["LBSTRESN"].agg(["min", "max"])
    assert worst.loc["NEUT", "min"] >= ranges.neut_low
    assert worst.loc["ALT", "max"] <= ranges.alt_high_women
    assert worst.loc["CREAT", "max"] <= ranges.creat_high_women


def test_subsets_are_parts_and_b_cells_are_depleted(tables: dict[str, pd.DataFrame]) -> None:
    wide = tables["LB"].pivot(index=["USUBJID", "LBDY"], columns="LBTESTCD", values="LBSTRESN")
    wide = wide.dropna(subset=["CD3"])
    assert sorted(set(wide.index.get_level_values("LBDY"))) == [-1, 30, 91, 152, 213, 274, 335]
    assert (wide["CD4"] <= wide["CD3"]).all() and (wide["CD8"] <= wide["CD3"]).all()
    assert (wide["CD20"] <= wide["CD19"]).all()
    depleted = wide["CD19"].unstack("LBDY")
    assert (depleted[30] < 0.1 * depleted[-1]).all() and (depleted[30] < depleted[335]).all()


def test_subsets_are_not_invented_where_no_landmark_is(tables: dict[str, pd.DataFrame]) -> None:
    lb = tables["LB"]
    having = set(lb[lb["LBTESTCD"].isin([*SUBSETS_AND_IGG])]["USUBJID"])
    assert having == {name for name, values in PATIENTS.items() if "CD3_BL" in values}


@pytest.mark.parametrize(
    ("patient", "rows"),
    [
        ("platelets CR", "COMPLETED INDUCTION 30, COMPLETED MAINTENANCE 335, ONGOING FOLLOW-UP 974"),
        ("platelets PR, lost", "LOST TO FOLLOW-UP INDUCTION 30"),
        ("platelets NR", "LACK OF EFFICACY INDUCTION 30"),
        (
            "haemolysis PR with late relapse",
            "COMPLETED INDUCTION 30, COMPLETED MAINTENANCE 335, DISEASE RELAPSE FOLLOW-UP 517, ONGOING FOLLOW-UP 609",
        ),
    ],
)
def test_disposition(tables: dict[str, pd.DataFrame], patient: str, rows: str) -> None:
    mine = tables["DS"][tables["DS"]["USUBJID"] == patient]
    assert ", ".join(f"{r.DSDECOD} {r.EPOCH} {r.DSSTDY}" for r in mine.itertuples()) == rows


def test_a_relapse_ends_doses_and_records(tables: dict[str, pd.DataFrame]) -> None:
    for patient in ("platelets CR, relapse in maintenance", "haemolysis, relapse in maintenance"):
        mine = {name: table[table["USUBJID"] == patient] for name, table in tables.items()}
        (day,) = mine["DS"].query("EPOCH == 'MAINTENANCE'")["DSSTDY"]
        doses = mine["EX"].query("EPOCH == 'MAINTENANCE'")["EXSTDY"]
        assert 1 <= len(doses) < 5 and (doses < day).all()
        assert mine["LB"]["LBDY"].max() == day


def test_infections_begin_and_end_within_maintenance(tables: dict[str, pd.DataFrame]) -> None:
    rows = tables["AE"].query("EPOCH == 'MAINTENANCE'")
    doses = tables["EX"].query("EPOCH == 'MAINTENANCE'").groupby("USUBJID")["EXSTDY"].min()
    last = tables["DS"].query("EPOCH == 'MAINTENANCE'").set_index("USUBJID")["DSSTDY"]
    assert set(rows["AEDECOD"]) == {"Urinary tract infection", "Lung infection"}
    for row in rows.itertuples():
        assert doses[row.USUBJID] < row.AESTDY < row.AEENDY <= last[row.USUBJID]


@pytest.mark.parametrize(
    ("patient", "given"),
    [
        ("platelets CR", ["PLATELETS"]),  # 10
        ("platelets PR, high baseline", []),  # 29
        ("haemolysis NR", []),  # 51 g/L
        ("Evans, neither lineage", ["PLATELETS", "RED CELLS"]),  # 3 and 46
    ],
)
def test_transfusions_follow_the_printed_triggers(
    tables: dict[str, pd.DataFrame], patient: str, given: list[str]
) -> None:
    rows = tables["CM"].query("USUBJID == @patient and CMCAT == 'TRANSFUSION'")
    assert list(rows["CMDECOD"]) == given


def test_bleeding_of_the_patient_with_intracranial_haemorrhage_ends_before_the_response(
    tables: dict[str, pd.DataFrame],
) -> None:
    (row,) = tables["CE"].query("USUBJID == 'intracranial haemorrhage'").itertuples()
    assert row.CETERM == "Intracranial haemorrhage" and row.CESTDY < 0 < row.CEENDY < 11


def test_lupus_patients_in_follow_up_take_hydroxychloroquine(tables: dict[str, pd.DataFrame]) -> None:
    rows = tables["CM"].query("CMCAT == 'CONCOMITANT'")
    assert list(rows["USUBJID"]) == ["platelets PR, high baseline", "pancytopenia"]
    assert set(rows["CMDECOD"]) == {"HYDROXYCHLOROQUINE"} and set(rows["CMSTDY"]) == {336}


# Origins, seeds ----------------------------------------------------------------------------------


def test_rows_with_a_landmark_have_its_origin_and_readings_between_are_assumed(
    tables: dict[str, pd.DataFrame],
) -> None:
    for name, table in tables.items():
        assert table["ORIGIN"].notna().all(), name
    platelets = tables["LB"].query("USUBJID == 'platelets CR' and LBTESTCD == 'PLAT'")
    assert list(platelets.loc[platelets["ORIGIN"] == "constrained", "LBDY"]) == [-1, 30, 335]
    assert set(tables["AE"]["ORIGIN"]) == {"constrained"}
    doses = tables["EX"].groupby("EPOCH")["ORIGIN"].unique().map(list).to_dict()
    assert doses == {"INDUCTION": ["determined"], "MAINTENANCE": ["assumed"], "TAPER": ["determined"]}


def test_a_row_is_as_well_known_as_its_least_known_landmark() -> None:
    patient = Patient("P", {}, {"DX": "determined", "DURATION": "constrained"}, 1)
    assert patient.origin("DX") == "determined"
    assert patient.origin("DX", "DURATION") == "constrained"
    assert patient.origin("DX", "CTD") == "assumed"  # without an origin nothing is known


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    landmarks: Path, sdtm: Path, tmp_path: Path
) -> None:
    again, other = dated(landmarks, tmp_path / "again"), dated(landmarks, tmp_path / "other", seed=2)
    for table in SDTM:
        assert (again / f"{table}.csv").read_bytes() == (sdtm / f"{table}.csv").read_bytes()
    assert (other / "LB.csv").read_bytes() != (sdtm / "LB.csv").read_bytes()


def test_a_patient_rows_do_not_depend_on_the_others(sdtm: Path, tmp_path: Path) -> None:
    few = ["pancytopenia", "platelets CR, relapse in maintenance"]
    alone = dated(write_landmarks(tmp_path / "landmarks", {name: PATIENTS[name] for name in few}), tmp_path / "sdtm")
    for table in SDTM:
        whole = pd.read_csv(sdtm / f"{table}.csv", dtype=str, keep_default_na=False)
        mine = pd.read_csv(alone / f"{table}.csv", dtype=str, keep_default_na=False)
        for name in few:
            expected = whole[whole["USUBJID"] == name].to_dict("records")
            assert mine[mine["USUBJID"] == name].to_dict("records") == expected


# Faults ------------------------------------------------------------------------------------------

BASE = "haemolysis PR with late relapse"


@pytest.mark.parametrize(
    ("patient", "changes", "told"),
    [
        (BASE, {"ONSET_HB": "1"}, "ONSET_HB: values are as variables.csv says"),
        (BASE, {"ONSET_HB": "31"}, "ONSET_HB: values are as variables.csv says"),
        (BASE, {"AE_LIFE": "Y"}, "AE_LIFE: a life-threatening event has a name"),
        ("platelets NR", {"AE_UTI": "Y"}, "AE_UTI: an infection is dated within maintenance"),
        (BASE, {"HB_M1": "80"}, 'RHB_M1: the readings of day 30 give the response PR (got "NR'),
        (
            BASE,
            {"HB_M1": "115", "RETI_M1": "1.5", "BILI_M1": "17.1", "DAT_M1": "NEGATIVE"},
            'RHB_M1: the readings of day 30 give the response PR (got "CR',
        ),
        (
            "haemolysis CR at the end",
            {"HB_EOT": "129"},
            'RESP_EOT: the readings of day 335 give the response CR (got "PR',
        ),
        (
            "pancytopenia",
            {"PLT_EOT": "49"},
            'RESP_EOT: the readings of day 335 give the response PR (got "NR',
        ),
        ("platelets CR", {"BLEED_M1": "Y"}, 'RPLT_M1: the readings of day 30 give the response CR (got "NR'),
    ],
)
def test_landmarks_that_no_dated_record_can_carry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], patient: str, changes: dict[str, str], told: str
) -> None:
    landmarks = write_landmarks(tmp_path / "landmarks", {patient: PATIENTS[patient] | changes})
    assert run(landmarks, tmp_path / "sdtm") == 2
    assert f"cohort_0001.csv, {told}" in capsys.readouterr().err
    assert not (tmp_path / "sdtm").exists()


def test_every_fault_of_a_landmark_table_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = PATIENTS["platelets CR"] | {"PLT_M1": "1o3", "CTD": "RA", "RHB_M1": "PR", "CD3_BL": ""}
    landmarks = write_landmarks(tmp_path / "landmarks", {"": changed}, origin="guessed")
    assert run(landmarks, tmp_path / "sdtm") == 2
    told = capsys.readouterr().err
    for part in ("row 2, USUBJID", "PLT_M1: ", "CTD: ", "RHB_M1: ", "CD3_BL: ", "origin.csv row 2, origin"):
        assert part in told


def test_missing_files_and_columns_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(tmp_path / "cohort_0001.csv", ["USUBJID", "DX"], [{"USUBJID": "P1", "DX": "sITP"}])
    assert run(tmp_path, tmp_path / "sdtm") == 2
    told = capsys.readouterr().err
    assert "cohort_0001.csv row 1: the header has the column PLT_BL" in told
    assert "origin.csv: a study has this file" in told


def test_a_folder_with_other_files_is_left_alone(
    landmarks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sdtm").mkdir()
    (tmp_path / "sdtm" / "notes.txt").write_text("mine")
    assert run(landmarks, tmp_path / "sdtm") == 2
    assert "notes.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["sdtm", "notes.txt"]


def test_earlier_tables_are_replaced_as_a_whole(landmarks: Path, sdtm: Path, tmp_path: Path) -> None:
    out = tmp_path / "sdtm"
    out.mkdir()
    (out / "DM.csv").write_text("old")
    dated(landmarks, out)
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == sorted(f"{table}.csv" for table in SDTM)
    assert (out / "DM.csv").read_bytes() == (sdtm / "DM.csv").read_bytes()
