"""Results of all notebooks in one file."""

from __future__ import annotations

from pathlib import Path

from compendium.project import Cohort, notebooks, whole


def ensure_part(path: Path) -> None:
    """Leaves a part without rows where a notebook wrote none, so that every run leaves both its files."""
    if not path.exists():
        from recount.results import Results

        Results(path.stem).write(path)


def merge(cohort: Cohort) -> Path:
    """Writes `results.csv`, the notebooks' parts in their order; a missing one raises recount's Faults."""
    from recount.results import read_results

    parts = [cohort.part(path.stem) for path in notebooks(cohort.base) if cohort.executed(path.stem).exists()]
    output = cohort.results / "results.csv"
    with whole(output) as temporary:
        read_results(parts).to_csv(temporary, index=False, lineterminator="\n")
    return output
