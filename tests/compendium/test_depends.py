from pathlib import Path

import pytest

from compendium.depends import STEPS, Sources, code, depends, imported
from compendium.project import notebooks, root

MODULES = {
    name: Path(f"src/{name.replace('.', '/')}{end}")
    for name, end in [
        ("recount", "/__init__.py"),
        ("recount.record", "/__init__.py"),
        ("recount.record.study", ".py"),
        ("recount.checks", "/__init__.py"),
        ("recount.checks.moments", ".py"),
        ("cytopenia", "/__init__.py"),
    ]
}


@pytest.mark.parametrize(
    ("text", "module", "expected"),
    [
        ("import json", "", []),
        ("import recount", "", ["recount"]),
        ("import recount.record.study as s", "", ["recount", "recount.record", "recount.record.study"]),
        ("from recount.record import study", "", ["recount", "recount.record", "recount.record.study"]),
        ("from recount.record.study import read", "", ["recount", "recount.record", "recount.record.study"]),
        ("from recount.checks import moments", "", ["recount", "recount.checks", "recount.checks.moments"]),
        ("from recount import nothing", "", ["recount"]),
        ("def f():\n    from recount.record import study", "", ["recount", "recount.record", "recount.record.study"]),
        ("if TYPE_CHECKING:\n    import cytopenia", "", ["cytopenia"]),
        ("from . import study", "recount.checks", ["recount", "recount.checks"]),
        ("from . import moments", "recount.checks", ["recount", "recount.checks", "recount.checks.moments"]),
        ("from .. import record", "recount.checks.moments", ["recount", "recount.record"]),
        (
            "from ..record.study import read",
            "recount.checks.moments",
            ["recount", "recount.record", "recount.record.study"],
        ),
        ("recounted = 1", "", []),
        ("import recount\nthis is no Python", "", []),
        ("", "", []),
    ],
)
def test_imports_are_found_wherever_they_are(text: str, module: str, expected: list[str]) -> None:
    assert imported(text, MODULES, module) == expected


def test_a_notebook_depends_on_what_its_imports_import_and_the_tables_they_name(base: Path) -> None:
    files = {
        "src/recount/__init__.py": "",
        "src/recount/study.py": "TABLE = 'levels.csv'",
        "src/recount/levels.csv": "",
        "src/recount/other.csv": "",
        "src/recount/unused.py": "",
        "src/cytopenia/__init__.py": "",
        "src/cytopenia/derive.py": "def f():\n    import recount.study",
        "notebooks/01_a.ipynb": '{"cells": [{"cell_type": "code", "source": ["import cytopenia.derive"]}]}',
    }
    for name, text in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(text)
    lines = depends(base).splitlines()
    assert (
        "results/$(COHORT)/notebooks/01_a.ipynb: src/cytopenia/__init__.py src/cytopenia/derive.py "
        "src/recount/__init__.py src/recount/levels.csv src/recount/study.py"
    ) in lines
    assert "derive_sources := " + lines[-1].split(": ")[1] in lines


def test_lines_only_a_notebook_understands_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "01_a.ipynb"
    path.write_text(
        '{"cells": [{"cell_type": "markdown", "source": ["import x"]},'
        ' {"cell_type": "code", "source": ["%matplotlib inline\\n", "  !ls\\n", "a = 5 % 3"]}]}'
    )
    assert code(path) == ["\n\na = 5 % 3"]


def test_every_step_and_notebook_of_the_project_has_its_sources() -> None:
    lines = depends().splitlines()
    assert len(lines) == len(STEPS) + len(notebooks())
    files = {name: paths.split() for name, paths in (line.replace(":=", ":").split(": ") for line in lines)}
    assert all((root() / path).is_file() for paths in files.values() for path in paths)
    assert [name for name, paths in files.items() if not paths] == []


@pytest.mark.parametrize(
    ("module", "steps"),
    [
        ("recount.cli.commands", ("landmarks", "audit", "ranges", "guard")),
        ("cytopenia.cli", ("derive", "visits", "sensitivity")),
    ],
)
def test_no_import_of_a_command_is_forgotten(module: str, steps: tuple[str, ...]) -> None:
    sources = Sources(root())
    known = {file for step in steps for file in sources.of_step(STEPS[step])}
    assert set(sources.files(sources.imports[module])) <= known
