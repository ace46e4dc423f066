"""What each step of the build depends on, read from the imports: the small file that `make` includes.

Standard library only, so that it runs before anything is installed.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from compendium.project import notebooks, root

PACKAGES = ("recount", "cytopenia", "compendium")

# The modules that do the work of each command; the thin cli beside them comes along, its imports don't.
STEPS = {
    "landmarks": ("recount.reconstruct.ensemble",),
    "audit": ("recount.audit.leave_one_out", "recount.cli.report"),
    "ranges": ("recount.audit.questions", "recount.cli.report"),
    "visits": ("cytopenia.visits",),
    "derive": (
        "cytopenia.read",
        "cytopenia.derive",
        "cytopenia.criteria",
        "cytopenia.grading",
        "recount.record.study",
        "compendium.project",
    ),
    "sensitivity": ("cytopenia.sensitivity",),
    "guard": ("recount.results.guard", "recount.cli.report"),
    "run": ("compendium.execute",),
    "results": ("compendium.results",),
    "site": ("compendium.site",),
}


def depends(base: Path | None = None) -> str:
    """The text of the file: one variable a step, one line a notebook, paths relative to the project."""
    base = base or root()
    sources = Sources(base)
    lines = [f"{step}_sources := {' '.join(sources.of_step(names))}" for step, names in STEPS.items()]
    lines += [
        f"results/$(COHORT)/notebooks/{path.name}: {' '.join(sources.of_notebook(path))}" for path in notebooks(base)
    ]
    return "\n".join([*lines, ""])


class Sources:
    """The modules of the project's packages and what each imports."""

    def __init__(self, base: Path) -> None:
        self.base = base
        files = sorted(path for package in PACKAGES for path in (base / "src" / package).rglob("*.py"))
        self.modules = {dotted(path.relative_to(base / "src")): path for path in files}
        self.texts = {name: path.read_text(encoding="utf-8") for name, path in self.modules.items()}
        self.imports = {name: imported(text, self.modules, name) for name, text in self.texts.items()}

    def of_step(self, names: Iterable[str]) -> list[str]:
        """The files a command depends on: its modules, all they import, and its package's cli alone."""
        start = {prefix for name in names if name in self.modules for prefix in prefixes(name)}
        packages = {name.split(".")[0] for name in start}
        clis = {
            f"{package}.cli{module}" for package in packages for module in ("", ".main", ".commands", ".outcome")
        } & set(self.modules)
        return self.files(self.reached(start) | clis)

    def of_notebook(self, notebook: Path) -> list[str]:
        """The files a notebook depends on: all it imports."""
        start = {name for cell in code(notebook) for name in imported(cell, self.modules)}
        return self.files(self.reached(start))

    def reached(self, start: Iterable[str]) -> set[str]:
        """The modules and everything they import, however far."""
        found: set[str] = set()
        waiting = list(start)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.imports[name]
        return found

    def files(self, names: Iterable[str]) -> list[str]:
        """The modules' files and the tables beside them that they name, relative to the project, in order."""
        paths = {path for name in names for path in (self.modules[name], *self.tables(name))}
        return sorted(str(path.relative_to(self.base)) for path in paths)

    def tables(self, name: str) -> list[Path]:
        """The CSV files beside a module that its text names."""
        beside = sorted(self.modules[name].parent.glob("*.csv"))
        return [path for path in beside if path.name in self.texts[name]]


def dotted(path: Path) -> str:
    """The module name of a path below src; a package's is that of its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(text: str, modules: Mapping[str, Path], module: str = "") -> list[str]:
    """The project's modules that a text imports, anywhere in it, with the packages they are in.

    None for a text that isn't Python: it has nothing to wait for, and running it says what is wrong.
    """
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return []
    names = [name for node in nodes for name in named(node, modules, module)]
    return sorted({package for name in names for package in prefixes(name) if package in modules})


def named(node: ast.AST, modules: Mapping[str, Path], module: str) -> list[str]:
    """The dotted names that one import statement asks for; none for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        origin = ".".join(filter(None, (package_of(module, node.level, modules), node.module)))
        return [f"{origin}.{alias.name}" for alias in node.names]
    return []


def package_of(module: str, level: int, modules: Mapping[str, Path]) -> str:
    """The package that a relative import of this level starts from; empty for an absolute one."""
    if not level:
        return ""
    parts = module.split(".")
    inside = modules[module].name == "__init__.py"
    return ".".join(parts[: len(parts) - level + inside])


def prefixes(name: str) -> list[str]:
    """`a.b.c` as `a`, `a.b`, `a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def code(notebook: Path) -> list[str]:
    """The code cells of a notebook, without the lines that only a notebook understands (% and !)."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [re.sub(r"(?m)^\s*[%!].*$", "", text) for text in texts]


if __name__ == "__main__":
    print(depends(), end="")
