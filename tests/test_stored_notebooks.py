"""The stored notebooks are what a run of them gives, and the pages are built from them.

`make test` builds everything first; so does `make all`.
"""

import re
from pathlib import Path

import pytest
import yaml

from compendium.execute import INJECTED, defaults
from compendium.project import Cohort, notebooks, root
from compendium.stored import cells, differences, unexecuted

COHORT = Cohort()
EVERY = pytest.mark.parametrize("stored", notebooks(), ids=lambda path: path.stem)


def outputs(path: Path) -> list[dict]:
    return [output for cell in cells(path) for output in cell.get("outputs", [])]


def test_there_are_notebooks() -> None:
    assert [path.stem[:2] for path in notebooks()] == [f"{n:02}" for n in range(len(notebooks()))] != []


@EVERY
def test_every_cell_was_run(stored: Path) -> None:
    assert unexecuted(stored) == []


@EVERY
def test_the_stored_outputs_are_those_of_the_last_run(stored: Path) -> None:
    assert differences(stored, COHORT.executed(stored.stem)) == [], "look at it, then: make store"


@EVERY
def test_nothing_in_the_outputs_is_chance_or_a_complaint(stored: Path) -> None:
    assert [output["output_type"] for output in outputs(stored) if output.get("name") == "stderr"] == []
    text = stored.read_text(encoding="utf-8")
    for output in outputs(stored):
        text = text.replace(output.get("data", {}).get("image/png", "").strip() or "no picture", "")  # spells anything
    assert re.findall(r"0x[0-9a-f]{8,}|/tmp/|np\.float64|np\.int64|ipykernel_\d", text) == []
    assert str(root()) not in text


@EVERY
def test_the_stored_run_is_the_one_with_default_parameters(stored: Path) -> None:
    ids = [cell["id"] for cell in cells(stored)]
    assert INJECTED not in ids and len(set(ids)) == len(ids)
    known = yaml.safe_load((root() / "notebooks/parameters.yml").read_text(encoding="utf-8"))
    assert {name: known.get(name) for name in defaults(stored)} == defaults(stored)


@EVERY
def test_every_picture_is_described(stored: Path) -> None:
    pictures = [output for output in outputs(stored) if "image/png" in output.get("data", {})]
    assert [bool(picture["metadata"].get("image/png", {}).get("alt")) for picture in pictures] == [True] * len(pictures)


@EVERY
def test_every_notebook_has_its_page(stored: Path) -> None:
    assert (COHORT.site / f"notebooks/{stored.stem}.html").is_file()
