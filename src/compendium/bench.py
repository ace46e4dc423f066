"""How long everything takes and how much memory: `make bench`, each figure beside what it should be."""

from __future__ import annotations

import csv
import os
import resource
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compendium.project import root, whole

KIBIBYTES = 1 if sys.platform != "darwin" else 1024  # what one unit of ru_maxrss is divided by to be a KiB


@dataclass(frozen=True)
class Figure:
    """One measurement with what it should at most be."""

    measure: str
    value: float
    unit: str
    target: float | None

    @property
    def holds(self) -> bool:
        """Whether the target is kept, where there is one."""
        return self.target is None or self.value <= self.target


def main() -> int:
    """Measures everything in a copy of the project, prints and keeps the table; 1 for a missed target."""
    with copy() as folder:
        figures = [*measured(folder), *scripted(root() / "bench")]
    write(figures, root() / "results" / "bench.csv")
    print(table(figures))
    return int(not all(figure.holds for figure in figures))


def measured(folder: Path) -> Iterator[Figure]:
    """The figures, one after the other; the order matters, since each run leaves the files of the next."""
    landmarks = "data/processed/reconstructed/landmarks/cohort_0001.csv"
    yield Figure("make all, bare clone, packages included", seconds(folder, "all"), "s", 600)
    make(folder, "clean")
    yield Figure("reconstruction alone", seconds(folder, landmarks), "s", 20)
    make(folder, "clean")
    yield Figure("make all, packages installed", seconds(folder, "all"), "s", 400)
    yield Figure("make all again", seconds(folder, "all"), "s", 1)
    yield Figure("largest process", memory(), "MiB", 1536)


def scripted(folder: Path) -> Iterator[Figure]:
    """The figures of the scripts in a folder, each of which has `rows()` of name, figure, unit and target.

    Figures that were not to be had, such as those of a peer that isn't installed, are left out.
    """
    sys.path.insert(0, str(folder))  # as for a script of the folder, which may import the others
    for path in sorted(folder.glob("*.py")):
        for row in runpy.run_path(str(path)).get("rows", list)():
            if isinstance(row["figure"], int | float):
                target = row.get("target")
                target = float(target) if isinstance(target, int | float) else None
                yield Figure(f"{path.stem}: {row['name']}", float(row["figure"]), str(row["unit"]), target)


@contextmanager
def copy() -> Iterator[Path]:
    """A copy of the files that git knows or would add, as a stranger's clone has them."""
    base = root()
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=base, check=True, capture_output=True, text=True).stdout.split("\0")
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        for name in filter(None, names):
            target = Path(folder, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(base / name, target)
        yield Path(folder)


def seconds(folder: Path, *goals: str) -> float:
    """How long make takes for these goals."""
    start = time.perf_counter()
    make(folder, *goals)
    return time.perf_counter() - start


def make(folder: Path, *goals: str) -> None:
    """Runs make in a folder with what is installed there, not here; raises where it fails."""
    ours = ("MAKE", "MFLAGS", "VENV", "COHORT", "PYTHONPATH")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    subprocess.run(["make", *goals], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def memory() -> float:
    """The MiB of the largest process run so far."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KIBIBYTES / 1024


def table(figures: list[Figure]) -> str:
    """The figures in columns, for a terminal."""
    width = max(len(figure.measure) for figure in figures)
    return "\n".join(
        f"{figure.measure:<{width}}  {figure.value:8.1f} {figure.unit:<3}"
        + ("" if figure.target is None else f"  at most {figure.target:g}")
        + ("" if figure.holds else "  MISSED")
        for figure in figures
    )


def write(figures: list[Figure], path: Path) -> None:
    """Writes the figures as CSV."""
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("measure", "value", "unit", "target", "holds"))
        writer.writerows(
            (f.measure, f"{f.value:.2f}", f.unit, "" if f.target is None else f"{f.target:g}", f.holds) for f in figures
        )


if __name__ == "__main__":
    sys.exit(main())
