"""The paper's own record: what is set aside, and that broken rows are caught by the verifier that knows no solver."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recount.cli import main
from recount.cli.report import replace_folder
from recount.plausible import Shapes
from recount.reconstruct.separate_draws import SeparateDraws
from recount.record.schema import Study
from recount.record.study import read_study
from recount.results.ledger import ledger
from recount.solver.search import FOUND
from recount.subproblems.cut import sorting_categories, subproblems_of
from recount.verify.verifier import verify

ROOT = Path(__file__).parents[2]
LANDMARKS = ROOT / "data/processed/reconstructed/landmarks"
CONFLICT = ("elig_severity", "dx_aiha", "T1_060", "R22_024")


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(ROOT / "data/raw/paper")


@pytest.fixture
def patients() -> pd.DataFrame:
    if not LANDMARKS.exists():
        pytest.skip("the reconstructed cohort isn't built: make all")
    return pd.read_csv(LANDMARKS / "cohort_0001.csv", dtype=str, keep_default_na=False)


def broken(study: Study, patients: pd.DataFrame) -> set[str]:
    return set(verify(study, patients).broken["id"])


def test_only_the_eligibility_rule_is_broken_and_by_one_patient(study: Study, patients: pd.DataFrame) -> None:
    assert broken(study, patients) == {"elig_severity"}
    aside = pd.read_csv(LANDMARKS / "set_aside.csv", dtype=str)
    assert aside["id"].tolist() == ["elig_severity"]
    assert "|" not in aside["patients"][0]
    assert all(id in aside["why"][0] for id in CONFLICT)


BREAKS = [  # (patient, variable, value, a statement that must notice)
    ("R01", "SEX", "M", "R21_005"),
    ("R24", "AGE", "65", "T1_024"),
    ("R23", "ONSET_PLT", "5", "R22_032"),
    ("R24", "PLT_M1", "400", "plt_nr"),
    ("R24", "AGE", "64.5", "AGE"),
]


@pytest.mark.parametrize(("patient", "variable", "value", "noticed"), BREAKS)
def test_a_hand_broken_cohort_is_caught(
    study: Study, patients: pd.DataFrame, patient: str, variable: str, value: str, noticed: str
) -> None:
    patients.loc[patients["USUBJID"] == patient, variable] = value
    assert noticed in broken(study, patients)


def test_a_single_cell_of_the_immunoglobulins_breaks_their_moments(study: Study, patients: pd.DataFrame) -> None:
    row = patients.index[patients["IGG_BL"] != ""][0]
    patients.loc[row, "IGG_BL"] = f"{float(patients.loc[row, 'IGG_BL']) + 3:.2f}"
    ids = {c.id for c in study.claims if "IGG_BL" in (c.variable, c.versus) and c.statistic in ("mean", "paired_t")}
    assert ids <= broken(study, patients)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_blocks_are_drawn_with_their_printed_statistics(study: Study, patients: pd.DataFrame, seed: int) -> None:
    members = patients[patients["RESP_EOT"].isin(["CR", "PR"])].reset_index(drop=True)
    draws = SeparateDraws(study, Shapes(study))
    subproblems = subproblems_of(study, sorting_categories(study))
    apart = [b for b in subproblems if b.where is not None and len(b.variables) > 1]
    assert len(apart) == 6
    for subproblem in apart:
        first, again = (draws.draw(subproblem, members, np.random.default_rng(seed)) for _ in range(2))
        assert first.status == FOUND and first.values == again.values


def test_the_ledger_judges_own_claims(study: Study, patients: pd.DataFrame) -> None:
    results = pd.DataFrame(columns=["population", "variable", "versus", "statistic", "notebook"])
    claims = [c for c in study.claims if c.id in ("R21_001", "T1_060", "T2_004")]
    patients["HB_BL"] = "50"
    found = ledger(study, claims, patients.drop(columns="CD3_BL"), results)
    assert found["verdict"].tolist() == ["reproduced", "differs", "not derivable"]
    assert "CD3_BL" in found["why"][2]


def test_unusable_input_exits_2_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["cohorts", str(tmp_path / "nowhere"), "--out", str(out)]) == 2
    assert not out.exists() and "nowhere" in capsys.readouterr().err


def test_an_edited_record_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "paper"
    copy.mkdir()
    for file in (ROOT / "data/raw/paper").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    claims = copy / "claims.csv"
    claims.write_text(claims.read_text().replace(",51.5,", ',"51,5",'))
    assert main(["cohorts", str(copy), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "claims.csv" in said and "SHA256SUMS" in said and "51,5" in said
    assert not (tmp_path / "out").exists()


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    replace_folder(folder, {"a.csv": "1\n", "b.csv": "2\n"})
    replace_folder(folder, {"a.csv": "3\n"})
    assert [p.name for p in folder.iterdir()] == ["a.csv"] and (folder / "a.csv").read_text() == "3\n"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
