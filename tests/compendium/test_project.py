from pathlib import Path

import pytest

from compendium.project import Cohort, cohorts, notebooks, root, whole


def test_the_root_holds_the_project() -> None:
    assert (root() / "pyproject.toml").is_file()
    assert (root() / "src/compendium/project.py").samefile(Path(__import__("compendium.project").project.__file__))


@pytest.mark.parametrize(
    ("name", "attribute", "expected"),
    [
        ("reconstructed", "raw", "data/raw/paper"),
        ("reconstructed", "landmarks", "data/processed/reconstructed/landmarks"),
        ("reconstructed", "sdtm", "data/processed/reconstructed/sdtm"),
        ("reconstructed", "adam", "data/processed/reconstructed/adam"),
        ("reconstructed", "site", "results/reconstructed/site"),
        ("mine", "raw", "data/raw/cohorts/mine"),
        ("mine", "sdtm", "data/raw/cohorts/mine"),
        ("mine", "adam", "data/processed/mine/adam"),
        ("mine", "results", "results/mine"),
    ],
)
def test_each_cohort_has_its_folders(name: str, attribute: str, expected: str) -> None:
    assert getattr(Cohort(name, Path("/base")), attribute) == Path("/base") / expected


def test_files_of_a_notebook() -> None:
    cohort = Cohort("mine", Path("/base"))
    assert cohort.part("01_a") == Path("/base/results/mine/parts/01_a.csv")
    assert cohort.executed("01_a") == Path("/base/results/mine/notebooks/01_a.ipynb")


def test_known_cohorts_and_notebooks_are_in_order(base: Path) -> None:
    for name in ("02_b.ipynb", "01_a.ipynb", "draft.ipynb", "1_c.ipynb"):
        (base / "notebooks" / name).touch()
    (base / "data/raw/cohorts/also").mkdir()
    (base / "data/raw/cohorts/README.md").touch()
    assert cohorts(base) == ("reconstructed", "also", "mine")
    assert [path.name for path in notebooks(base)] == ["01_a.ipynb", "02_b.ipynb"]


def test_a_project_without_cohorts_has_the_reconstructed_one(tmp_path: Path) -> None:
    assert cohorts(tmp_path) == ("reconstructed",)


def test_a_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with whole(path) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole(path) as temporary:
        temporary.write_text("hal")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
