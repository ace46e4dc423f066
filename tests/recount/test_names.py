"""Names in the house: each class has one of its own, and what a room shows is used outside of it."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from importlib import import_module
from inspect import isroutine
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "recount"
ROOMS = sorted(path.parent for path in HOUSE.glob("*/__init__.py"))
ORACLE = ROOT / "tests" / "recount" / "soundness"
USERS = [*(ROOT / "src").rglob("*.py"), *(ROOT / "bench").glob("*.py"), *ORACLE.glob("*.py")]
ENTRIES = {"cli": {"main"}}
"""What pyproject.toml names as a command."""


def classes() -> dict[str, list[str]]:
    """The modules that define a class of each name."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(HOUSE).as_posix())
    return found


def shown(room: Path) -> list[str]:
    """What a room's `__init__` lists in `__all__`."""
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    lists = (
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return [name for names in lists for name in ast.literal_eval(names)]


@cache
def imported(path: Path) -> frozenset[tuple[str, str]]:
    """The rooms and the names that a module imports from them."""
    text = path.read_text(encoding="utf-8")
    froms = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.module]
    return frozenset((str(node.module), alias.name) for node in froms for alias in node.names)


def test_no_two_classes_share_a_name() -> None:
    shared = {name: sorted(paths) for name, paths in classes().items() if len(paths) > 1}
    assert shared == {}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_functions_that_a_room_shows_are_there_and_used_outside_of_it(room: Path) -> None:
    names, house = shown(room), f"recount.{room.name}"
    module = import_module(house)
    assert [name for name in names if not hasattr(module, name)] == []
    functions = {name for name in names if isroutine(getattr(module, name))}
    used = {name for path in USERS if path.parent != room for house_of, name in imported(path) if house_of == house}
    assert functions - used - ENTRIES.get(room.name, set()) == set()
