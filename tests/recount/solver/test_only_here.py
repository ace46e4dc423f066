"""Only the solver's room knows OR-Tools, and only it touches the insides of a model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import recount

HERE = Path(recount.__file__).parent
INSIDES = re.compile(r"\.cp\b|^\s*(from|import) ortools", re.MULTILINE)
ROOMS = sorted(path.name for path in HERE.iterdir() if path.is_dir() and (path / "__init__.py").exists())


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "solver"])
def test_a_room_leaves_the_insides_of_a_model_alone(room: str) -> None:
    assert not [path.name for path in (HERE / room).glob("*.py") if INSIDES.search(path.read_text(encoding="utf-8"))]


def test_the_solver_room_is_found_by_what_is_searched_for() -> None:
    assert all(any(INSIDES.search(path.read_text()) for path in (HERE / room).glob("*.py")) for room in ("solver",))
