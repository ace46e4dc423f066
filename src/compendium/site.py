"""The pages: the project's texts, a cohort's executed notebooks, what was found, the tables to take away."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from compendium.execute import INJECTED, without
from compendium.found import found
from compendium.project import Cohort, notebooks

OWN_VIEW = {"parameters", INJECTED}
DOCS = "](../docs/"  # how a notebook links to the project's texts, which the pages have at their root
DOWNLOADS = ("results.csv", "ledger.csv")


def build(cohort: Cohort) -> int:
    """Builds `results/<cohort>/site` and returns Sphinx's status; unless that is 0 the old pages stay."""
    cohort.results.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site", dir=cohort.results) as folder:
        source, pages = Path(folder, "source"), Path(folder, "pages")
        assemble(cohort, source)
        status = sphinx(source, pages, Path(folder, "doctrees"), cohort.name)
        if status == 0:
            swap(pages, cohort.site)
    return status


def assemble(cohort: Cohort, source: Path) -> None:
    """Lays out the source of the pages: docs, notebooks/, generated/found.md and the tables to download."""
    shutil.copytree(cohort.base / "docs", source)
    for folder in ("notebooks", "generated"):
        (source / folder).mkdir(exist_ok=True)
    for stem in executed(cohort):
        page(cohort.executed(stem), source / "notebooks" / f"{stem}.ipynb")
    for name in present(cohort):
        shutil.copyfile(cohort.results / name, source / name)
    text = found(cohort, source / "found.yml", present(cohort))
    (source / "generated" / "found.md").write_text(text, encoding="utf-8")


def executed(cohort: Cohort) -> list[str]:
    """The names of the notebooks that have been run for the cohort, in order."""
    return [path.stem for path in notebooks(cohort.base) if cohort.executed(path.stem).exists()]


def present(cohort: Cohort) -> list[str]:
    """The tables that there are to download."""
    return [name for name in DOWNLOADS if (cohort.results / name).exists()]


def page(notebook: Path, target: Path) -> None:
    """Writes a notebook as a page: code folded, parameters in view, pictures described, links to docs mended.

    Before each cell but the first, which is the title, stands an anchor that a link can lead to, `cell-ID`.
    """
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            dress(cell)
        else:
            cell["source"] = "".join(cell["source"]).replace(DOCS, "](../")
    first, *others = content["cells"]
    content["cells"] = [first, *(one for cell in others for one in (anchor(cell), cell))]
    target.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def anchor(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell of text that shows nothing and can be led to by the id of the cell after it."""
    mark = f"cell-{cell['id']}"
    return {"cell_type": "markdown", "id": mark, "metadata": {}, "source": f'<div id="{mark}"></div>'}


def dress(cell: dict[str, Any]) -> None:
    """Folds a code cell unless it holds the parameters, and hands a picture's description to the page."""
    tags = cell["metadata"].get("tags", [])
    if not OWN_VIEW & set(tags):
        cell["metadata"]["tags"] = [*tags, "hide-input"]
    described = [output.get("metadata", {}).get("image/png", {}).get("alt") for output in cell["outputs"]]
    if any(described):
        cell["metadata"]["mystnb"] = {"image": {"alt": next(filter(None, described))}}


def sphinx(source: Path, pages: Path, doctrees: Path, cohort: str) -> int:
    """Runs Sphinx, with every warning an error, and returns its status."""
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    with without("rfc3987_syntax"):
        from sphinx.cmd.build import build_main

        options = ["-q", "-W", "--keep-going", "-b", "html", "-d", str(doctrees), "-A", f"cohort={cohort}"]
        return int(build_main([*options, str(source), str(pages)]))


def swap(new: Path, old: Path) -> None:
    """Puts a finished folder in the place of the old one."""
    if old.exists():
        old.rename(new.parent / "before")
    new.rename(old)
