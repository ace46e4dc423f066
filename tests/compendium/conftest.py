"""A small project of its own for the build's tests: two notebooks, a record, one cohort."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = "cohort: reconstructed\ncriteria: paper\nseed: 1\nconfidence: 0.95\n"


def written(path: Path, *cells: str, first: str = 'cohort = "reconstructed"\nseed = 1') -> Path:
    """A notebook with a title, a cell of parameters and these code cells."""
    code = [new_code_cell(source, id=f"c{position}") for position, source in enumerate(cells)]
    tagged = new_code_cell(first, id="parameters", metadata={"tags": ["parameters"]})
    node = new_notebook(cells=[new_markdown_cell("# A notebook", id="title"), tagged, *code])
    node.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, str(path))
    return path


@pytest.fixture(scope="session")
def notebook() -> Callable[..., Path]:
    """Writes a notebook: `notebook(path, "x = 1", "x")`."""
    return written


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A project's folder with parameters, a record and the cohort `mine`."""
    return laid_out(tmp_path / "project")


@pytest.fixture(scope="session")
def lasting_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, made once for all tests that only read it."""
    return laid_out(tmp_path_factory.mktemp("project"))


def laid_out(base: Path) -> Path:
    """The folders and files of a small project."""
    for folder in ("notebooks", "data/raw/paper", "data/raw/cohorts/mine"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    (base / "notebooks/parameters.yml").write_text(PARAMETERS)
    return base
