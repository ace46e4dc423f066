"""The stored notebooks: copies, with their outputs, of what the last run left; and whether they still are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from compendium.project import Cohort, notebooks, whole

PICTURES = ("image/png", "image/jpeg")


def store(cohort: Cohort) -> list[Path]:
    """Copies every executed notebook of a cohort over its source and returns the ones that changed.

    The copy keeps its time, so that it is not newer than what was made from it. Raises FileNotFoundError
    where a notebook hasn't been run.
    """
    changed = []
    for stored in notebooks(cohort.base):
        executed = cohort.executed(stored.stem)
        if stored.read_bytes() != executed.read_bytes():
            changed.append(stored)
            with whole(stored) as temporary:
                shutil.copyfile(executed, temporary)
        shutil.copystat(executed, stored)
    return changed


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook file, as they are in its JSON."""
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def unexecuted(path: Path) -> list[int]:
    """The positions, from 1, of the code cells without an execution count."""
    code = [(n, cell) for n, cell in enumerate(cells(path), 1) if cell["cell_type"] == "code"]
    return [position for position, cell in code if cell["execution_count"] is None]


def differences(stored: Path, executed: Path) -> list[str]:
    """Where two runs of one notebook differ, a line each; the bytes of pictures don't count."""
    ours, theirs = ([without_pictures(cell) for cell in cells(path)] for path in (stored, executed))
    if len(ours) != len(theirs):
        return [f"{stored.name}: {len(ours)} cells stored, {len(theirs)} run"]
    pairs = zip(ours, theirs, strict=True)
    return [f"{stored.name}, cell {position} differs" for position, (a, b) in enumerate(pairs, 1) if a != b]


def without_pictures(cell: dict[str, Any]) -> dict[str, Any]:
    """The cell with every picture's bytes replaced by its kind."""
    bare = dict(cell)
    if "outputs" in cell:
        bare["outputs"] = [faceless(output) for output in cell["outputs"]]
    return bare


def faceless(output: dict[str, Any]) -> dict[str, Any]:
    """One output with every picture's bytes replaced by its kind."""
    data = output.get("data")
    if data is None:
        return output
    return {**output, "data": {kind: kind if kind in PICTURES else value for kind, value in data.items()}}
