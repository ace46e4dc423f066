"""Cohorts for the tests, written in a short notation.

A patient is a dict of texts: `lb` "PLAT -1:10 8:45; HGB -1:118", `ce` "BLEEDING -2..5", `ds`
"LOST TO FOLLOW-UP INDUCTION 22; ...", `ex` the days of maintenance rituximab "91 152",
`cm` "TRANSFUSION PLATELETS 3..4; RESCUE IVIG 10..", `dx`, `ctd`, `sex`.
A table that no patient names is absent; an empty text makes it there and empty.
"""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from cytopenia.cli import derive_all
from cytopenia.read import Tables, read_cohort
from cytopenia.schemas import columns, typed
from recount.record.schema import Variable
from recount.record.study import read_study

ROOT = Path(__file__).parents[2]


def _rows(text: str) -> list[list[str]]:
    return [part.split() for part in text.split(";") if part.strip()]


def _lb(text: str) -> list[dict[str, str | None]]:
    found = []
    for code, *readings in _rows(text):
        for reading in readings:
            day, _, value = reading.partition(":")
            number = None if code == "COOMBS" else value or None
            found.append({"LBTESTCD": code, "LBDY": day, "LBSTRESC": value or None, "LBSTRESN": number})
    return found


def _ce(text: str) -> list[dict[str, str | None]]:
    found = []
    for *words, period in _rows(text):
        start, _, end = period.partition("..")
        found.append({"CEDECOD": " ".join(words), "CESTDY": start or None, "CEENDY": end or None})
    return found


def _ds(text: str) -> list[dict[str, str | None]]:
    return [{"DSDECOD": " ".join(words), "EPOCH": epoch, "DSSTDY": day} for *words, epoch, day in _rows(text)]


def _ex(text: str) -> list[dict[str, str | None]]:
    return [{"EXTRT": "RITUXIMAB", "EXSTDY": day, "EPOCH": "MAINTENANCE"} for day in text.split()]


def _cm(text: str) -> list[dict[str, str | None]]:
    found = []
    for category, *words, period in _rows(text):
        start, _, end = period.partition("..")
        found.append({"CMCAT": category, "CMDECOD": " ".join(words), "CMSTDY": start or None, "CMENDY": end or None})
    return found


PARTS = {"lb": _lb, "ce": _ce, "ds": _ds, "ex": _ex, "cm": _cm}


def _table(name: str, rows: list[dict[str, str | None]]) -> pd.DataFrame:
    return typed(name, pd.DataFrame(rows, columns=[c.name for c in columns(name)], dtype=object))


def _history(patients: dict[str, dict[str, str]]) -> list[dict[str, str | None]]:
    kinds = {"dx": "CYTOPENIA", "ctd": "CONNECTIVE TISSUE DISEASE"}
    return [
        {"USUBJID": code, "MHCAT": category, "MHDECOD": patient[key]}
        for code, patient in patients.items()
        for key, category in kinds.items()
        if patient.get(key)
    ]


def make(**patients: dict[str, str]) -> Tables:
    """The tables of the patients, keyed by their codes."""
    tables = {"DM": _table("DM", [{"USUBJID": code, "SEX": p.get("sex")} for code, p in patients.items()])}
    history = _history(patients)
    if history:
        tables["MH"] = _table("MH", history)
    for part, read in PARTS.items():
        if part == "lb" or any(part in patient for patient in patients.values()):
            rows = [{"USUBJID": c, **row} for c, p in patients.items() for row in read(p.get(part, ""))]
            tables[part.upper()] = _table(part.upper(), rows)
    return tables


@pytest.fixture(scope="session")
def cohort() -> Callable[..., Tables]:
    """A function that makes tables of patients in the notation above."""
    return make


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """The folder of the made-up cohort."""
    return ROOT / "data/raw/cohorts/demo"


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Tables:
    """The made-up cohort's tables."""
    return read_cohort(demo_folder)


@pytest.fixture(scope="session")
def variables() -> dict[str, Variable]:
    """The variables of the paper's record."""
    return read_study(ROOT / "data/raw/paper").variables


@pytest.fixture(scope="session")
def derived(demo: Tables, variables: dict[str, Variable]) -> Tables:
    """The made-up cohort's analysis tables, by the paper's criteria."""
    return derive_all(demo, variables)


SMALLEST = 7
"""Points in print below which words are too small."""


def _words(figure: Figure) -> list[Text]:
    """Every text that is shown."""
    found: list[Text] = [text for legend in figure.legends for text in legend.get_texts()]
    for ax in figure.axes:
        found += [*ax.texts, ax.title, ax._left_title, *_of_axis(ax)]
        found += ax.get_legend().get_texts() if ax.get_legend() else []
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def _of_axis(ax: Axes) -> list[Text]:
    found = []
    for axis, (low, high) in ((ax.xaxis, sorted(ax.get_xlim())), (ax.yaxis, sorted(ax.get_ylim()))):
        if axis.get_visible():
            shown = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            found += [label for tick in shown for label in (tick.label1, tick.label2)] + [axis.label]
    return found


def _illegible(figure: Figure) -> list[str]:
    """The texts that are cut off at the page's edge, smaller than `SMALLEST`, or lie one over another."""
    figure.canvas.draw()
    boxes = {text: text.get_window_extent().shrunk(0.96, 0.8) for text in _words(figure)}
    page = figure.bbox.padded(1)
    told = [f"cut off: {t.get_text()}" for t, box in boxes.items() if not (page.x0 <= box.x0 and box.x1 <= page.x1)]
    told += [f"cut off: {t.get_text()}" for t, box in boxes.items() if not (page.y0 <= box.y0 and box.y1 <= page.y1)]
    told += [f"too small: {text.get_text()}" for text in boxes if text.get_size() < SMALLEST]
    over = [(a, b) for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]
    return told + [f"one over another: {a.get_text()} and {b.get_text()}" for a, b in over]


@pytest.fixture(scope="session")
def illegible() -> Callable[[Figure], list[str]]:
    """A function that tells what a careful reader would dislike in a figure's words."""
    return _illegible
