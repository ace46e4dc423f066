"""The command: what it says, what it writes, what it refuses, and its exit codes."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from cytopenia.cli import derive_all, main, write_adam
from cytopenia.read import Tables, read_adam
from cytopenia.schemas import ADAM, as_text
from recount.record.faults import Faults
from recount.record.schema import Variable

Variables = dict[str, Variable]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder with the printed record and the cohorts."""
    shutil.copytree(ROOT / "data/raw/paper", tmp_path / "data/raw/paper")
    shutil.copytree(ROOT / "data/raw/cohorts/demo", tmp_path / "data/raw/cohorts/demo")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_validate_says_what_there_is(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--cohort", "demo", "--project", str(project)]) == 0
    said = capsys.readouterr()
    assert said.err == "" and said.out.startswith("demo: 10 patients, no faults\n  DM: 10 rows\n")
    assert "  RS: not there\n" in said.out


def test_derive_writes_every_table_the_same_each_time(
    project: Path, derived: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    adam, words = project / "data/processed/demo/adam", ["derive", "--cohort", "demo", "--project", str(project)]
    assert main(words) == 0
    first = contents(adam)
    assert list(first) == sorted(f"{name}.csv" for name in ADAM)
    assert "ADSL.csv: 10 rows" in capsys.readouterr().out
    for name, frame in read_adam(adam).items():
        pd.testing.assert_frame_equal(as_text(frame)[list(derived[name])], as_text(derived[name]))
    assert main([*words, "--criteria", "paper"]) == 0
    assert contents(adam) == first


def test_derive_with_several_sets_judges_by_each_and_subjects_by_the_first(
    demo: Tables, variables: Variables, derived: Tables
) -> None:
    both = derive_all(demo, variables, ("paper-rise-by-2", "paper"))
    assert list(dict.fromkeys(both["ADRS"]["CRIT"])) == ["paper-rise-by-2", "paper"]
    assert set(both["ADTTE"]["CRIT"]) == {"paper-rise-by-2", "paper"}
    changed = both["ADSL"]["RESP_M1"].fillna("-") != derived["ADSL"]["RESP_M1"].fillna("-")
    assert both["ADSL"].loc[changed, "USUBJID"].tolist() == ["DEMO-10"]


@pytest.mark.parametrize("kept", ["", "MH EX DS", "CM AE RS"])
def test_any_part_of_a_cohort_is_derived(demo: Tables, variables: Variables, kept: str, tmp_path: Path) -> None:
    tables = {name: frame for name, frame in demo.items() if name in ("DM", "LB", *kept.split())}
    found = derive_all(tables, variables)
    assert ("ADAE" in found) == ("AE" in tables)
    write_adam(found, tmp_path)
    assert [len(found["ADSL"]), len(read_adam(tmp_path)["ADLB"])] == [10, len(demo["LB"])]


def test_a_cohort_without_a_reading_is_derived(demo: Tables, variables: Variables, tmp_path: Path) -> None:
    empty = {name: frame if name == "DM" else frame.iloc[:0] for name, frame in demo.items()}
    write_adam(derive_all(empty, variables), tmp_path)
    tables = read_adam(tmp_path)
    assert {name: len(frame) for name, frame in tables.items()} == {
        "ADSL": 10, "ADLB": 0, "ADRS": 0, "ADTTE": 10, "ADAE": 0,
    }  # fmt: skip


def test_a_table_no_longer_derived_goes_and_other_files_stay(derived: Tables, tmp_path: Path) -> None:
    write_adam(derived, tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    write_adam({name: frame for name, frame in derived.items() if name != "ADAE"}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ADLB.csv", "ADRS.csv", "ADSL.csv", "ADTTE.csv", "mine.txt",
    ]  # fmt: skip


def test_a_table_that_breaks_its_schema_is_not_written(derived: Tables, tmp_path: Path) -> None:
    wrong = derived["ADRS"].assign(AVALC="YES")
    with pytest.raises(Faults, match=r"ADRS\.csv row 2, AVALC"):
        write_adam({**derived, "ADRS": wrong}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "wanted"),
    [
        ("cohorts/demo/LB.csv", "10^9/L,-1", "10^9/L,0", ["LB.csv row 3, LBDY"]),
        ("cohorts/demo/DM.csv", ",34,", ",134,", ["DM.csv row 2, AGE"]),
        ("paper/variables.csv", "PLT_BL,integer", "PLT_BL,number", ["variables.csv row"]),
    ],
)
def test_a_fault_ends_with_2_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, wanted: list[str]
) -> None:
    path = project / "data/raw" / file
    path.write_text(path.read_text().replace(old, new, 1))
    assert main(["derive", "--cohort", "demo", "--project", str(project)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and all(part in said.err for part in wanted)
    assert not (project / "data/processed").exists()


@pytest.mark.parametrize("name", ["../paper", "/etc", "", ".hidden", "a/b", "a\nb", "x" * 65])
def test_a_cohorts_name_is_a_folders_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--cohort", name]) == 2
    assert "a cohort's name is letters, digits" in capsys.readouterr().err


def test_a_cohort_that_is_not_there_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--cohort", "nobody", "--project", str(project)]) == 2
    assert "nothing there" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["cure"], ["derive", "--seed", "1"]])
def test_unknown_words_end_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2 and "usage: cytopenia" in capsys.readouterr().err


def test_visits_has_its_own_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["visits", "--help"])
    assert stopped.value.code == 0 and "--landmarks" in capsys.readouterr().out
