from pathlib import Path

import pytest

from compendium.project import Cohort
from compendium.results import ensure_part, merge
from recount.record.faults import Faults
from recount.results.rows import Results, read_results


@pytest.fixture
def cohort(base: Path) -> Cohort:
    """A cohort whose notebooks 01 and 02 have been run, 03 not."""
    mine = Cohort("mine", base)
    for name in ("02_b", "01_a", "03_c"):
        (base / f"notebooks/{name}.ipynb").touch()
    mine.executed("01_a").parent.mkdir(parents=True)
    for name in ("02_b", "01_a"):
        mine.executed(name).touch()
    return mine


def test_parts_are_merged_in_the_order_of_their_notebooks(cohort: Cohort) -> None:
    for name, value in (("02_b", 2), ("01_a", 1)):
        results = Results(name)
        results.add("ALL", "AGE", "median", value, n=24)
        results.write(cohort.part(name))
    merged = read_results([merge(cohort)])
    assert list(zip(merged["notebook"], merged["value"], strict=True)) == [("01_a", "1"), ("02_b", "2")]


def test_a_notebook_without_results_has_an_empty_part(cohort: Cohort) -> None:
    for name in ("01_a", "02_b"):
        ensure_part(cohort.part(name))
    assert len(read_results([merge(cohort)])) == 0


def test_a_part_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "01_a.csv").write_text("as it is")
    ensure_part(tmp_path / "01_a.csv")
    assert (tmp_path / "01_a.csv").read_text() == "as it is"


def test_a_missing_part_is_named_and_nothing_is_written(cohort: Cohort) -> None:
    ensure_part(cohort.part("01_a"))
    with pytest.raises(Faults, match=r"02_b\.csv"):
        merge(cohort)
    assert not (cohort.results / "results.csv").exists()
