"""Where everything is: the project's root and the folders of a cohort."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

RECONSTRUCTED = "reconstructed"


def root() -> Path:
    """The project's folder, which holds `src`, `data` and `notebooks` (the package is installed editable)."""
    return Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cohort:
    """The folders of one cohort: `reconstructed`, or the name of a folder in `data/raw/cohorts`.

    `base` is the project's folder. Nothing is created by asking for a path.
    """

    name: str = RECONSTRUCTED
    base: Path = field(default_factory=root)

    @property
    def is_reconstructed(self) -> bool:
        """Whether these patients were made from the printed record."""
        return self.name == RECONSTRUCTED

    @property
    def raw(self) -> Path:
        """What came in: the printed record, or the cohort's own folder."""
        return self.base / "data/raw/paper" if self.is_reconstructed else self.base / "data/raw/cohorts" / self.name

    @property
    def processed(self) -> Path:
        """Everything derived of this cohort."""
        return self.base / "data/processed" / self.name

    @property
    def landmarks(self) -> Path:
        """One row a patient, as the solver left it; only for the reconstructed cohort."""
        return self.processed / "landmarks"

    @property
    def audit(self) -> Path:
        """Every printed number judged against the others; only for the reconstructed cohort."""
        return self.processed / "audit"

    @property
    def ranges(self) -> Path:
        """What is proven of quantities that print lacks; only for the reconstructed cohort."""
        return self.processed / "ranges"

    @property
    def sensitivity(self) -> Path:
        """Every reading of the criteria in many consistent cohorts; only for the reconstructed cohort."""
        return self.processed / "sensitivity"

    @property
    def proven(self) -> Path:
        """What is proven of the response by other criteria; only for the reconstructed cohort."""
        return self.processed / "proven"

    @property
    def sdtm(self) -> Path:
        """The dated records: made by `cytopenia visits`, or the cohort's own files as they came."""
        return self.processed / "sdtm" if self.is_reconstructed else self.raw

    @property
    def adam(self) -> Path:
        """The derived tables ADSL, ADLB, ADRS, ADTTE, ADAE."""
        return self.processed / "adam"

    @property
    def results(self) -> Path:
        """What the notebooks and the site leave: `results/<name>`."""
        return self.base / "results" / self.name

    @property
    def site(self) -> Path:
        """The folder of the built pages."""
        return self.results / "site"

    def part(self, notebook: str) -> Path:
        """The file of one notebook's results, `parts/<notebook>.csv`."""
        return self.results / "parts" / f"{notebook}.csv"

    def executed(self, notebook: str) -> Path:
        """The executed copy of a notebook."""
        return self.results / "notebooks" / f"{notebook}.ipynb"


def cohorts(base: Path | None = None) -> tuple[str, ...]:
    """The names of all cohorts, `reconstructed` first."""
    folder = (base or root()) / "data/raw/cohorts"
    own = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return (RECONSTRUCTED, *own)


def notebooks(base: Path | None = None) -> tuple[Path, ...]:
    """The project's notebooks, in the order of their numbers."""
    return tuple(sorted(((base or root()) / "notebooks").glob("[0-9][0-9]_*.ipynb")))


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`: moved there when the block ends well, removed when it doesn't."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
