import json
import os
from pathlib import Path

import pytest

from compendium.project import Cohort
from compendium.stored import differences, store, unexecuted

Cell = dict[str, object]


def markdown(text: str = "text") -> Cell:
    return {"cell_type": "markdown", "source": [text]}


def code(source: str = "1", count: int | None = 1, **data: object) -> Cell:
    outputs = [{"output_type": "display_data", "data": data}] if data else []
    return {"cell_type": "code", "source": [source], "execution_count": count, "outputs": outputs}


def stream(text: str) -> Cell:
    return {**code(), "outputs": [{"output_type": "stream", "name": "stdout", "text": [text]}]}


def write(path: Path, *cells: Cell) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": cells}))
    return path


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([], []),
        ([markdown(), code()], []),
        ([markdown(), code(count=None), code(), code(count=None)], [2, 4]),
    ],
)
def test_cells_that_were_not_run_are_found(tmp_path: Path, cells: list[Cell], expected: list[int]) -> None:
    assert unexecuted(write(tmp_path / "01_a.ipynb", *cells)) == expected


@pytest.mark.parametrize(
    ("stored", "run", "expected"),
    [
        ([code()], [code()], []),
        ([code(**{"text/plain": "1"})], [code(**{"text/plain": "2"})], ["01_a.ipynb, cell 1 differs"]),
        ([code(**{"image/png": "AA"})], [code(**{"image/png": "BB"})], []),
        ([code(**{"image/png": "AA"})], [code(**{"text/plain": "AA"})], ["01_a.ipynb, cell 1 differs"]),
        ([markdown(), stream("a")], [markdown(), stream("b")], ["01_a.ipynb, cell 2 differs"]),
        ([markdown("a")], [markdown("b")], ["01_a.ipynb, cell 1 differs"]),
        ([code("a")], [code("b")], ["01_a.ipynb, cell 1 differs"]),
        ([code()], [code(), code()], ["01_a.ipynb: 1 cells stored, 2 run"]),
    ],
)
def test_differences_but_for_pictures(tmp_path: Path, stored: list[Cell], run: list[Cell], expected: list[str]) -> None:
    paths = write(tmp_path / "01_a.ipynb", *stored), write(tmp_path / "run/01_a.ipynb", *run)
    assert differences(*paths) == expected


def test_storing_copies_what_changed_and_keeps_its_time(base: Path) -> None:
    cohort = Cohort(base=base)
    sources = [write(base / f"notebooks/{name}.ipynb", code(count=None)) for name in ("01_a", "02_b")]
    executed = [write(cohort.executed("01_a"), code()), write(cohort.executed("02_b"), code(count=None))]
    for path in executed:
        os.utime(path, (1000, 1000))
    assert store(cohort) == [sources[0]]
    assert [path.read_bytes() for path in sources] == [path.read_bytes() for path in executed]
    assert [path.stat().st_mtime for path in sources] == [1000, 1000]


def test_a_notebook_that_was_not_run_is_not_stored(base: Path) -> None:
    write(base / "notebooks/01_a.ipynb", code(count=None))
    with pytest.raises(FileNotFoundError, match=r"01_a\.ipynb"):
        store(Cohort(base=base))
