"""The figures of the immunology page draw every patient, the medians and the intervals."""

from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cytopenia import figures_immunology

Illegible = Callable[[Figure], list[str]]

BEFORE, AFTER = [300.0, 210.0, 380.0, 250.0], [0.0, 40.0, 90.0, 12.0]
PAIRS = pd.DataFrame({"BEFORE": BEFORE, "AFTER": AFTER, "RESPONSE": ["CR", "CR", "PR", "CR"]})
PAIRS = PAIRS.assign(CHANGE=PAIRS["AFTER"] - PAIRS["BEFORE"])


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def drawn(ax: Axes, gid: str) -> list[tuple[list[float], list[float]]]:
    lines = [line for line in ax.lines if line.get_gid() == gid]
    return [([*np.asarray(line.get_xdata())], [*np.asarray(line.get_ydata())]) for line in lines]


def test_every_patient_is_a_line_and_the_medians_one_more() -> None:
    (ax,) = figures_immunology.paired({"IgG": PAIRS}, "g/L")
    assert drawn(ax, "patient") == [([0, 1], [a, b]) for a, b in zip(BEFORE, AFTER, strict=True)]
    assert drawn(ax, "median") == [([0, 1], [275, 26])]
    assert ax.get_ylim()[0] == 0 and ax.get_title("left") == "IgG" and ax.get_ylabel() == "g/L"


def test_what_is_told_of_a_panel_stands_below_its_title(illegible: Illegible) -> None:
    ax, other = figures_immunology.paired(
        {"IgG": PAIRS, "IgA": PAIRS}, "g/L", told={"IgG": "shift −254\nexact P 0.125"}
    )
    assert [[text.get_text() for text in one.texts] for one in (ax, other)] == [["shift −254\nexact P 0.125"], [""]]
    assert illegible(ax.figure) == []


def test_a_logarithmic_axis_shows_a_zero_at_its_foot() -> None:
    axes = figures_immunology.paired({"CD19": PAIRS, "CD20": PAIRS}, "cells/uL", log=True)
    assert drawn(axes[0], "patient")[0][1] == [300, 6]  # half of the smallest value above zero
    assert axes[0].get_yscale() == "log" and axes[0].get_ylim() == axes[1].get_ylim()


def test_shifts_draw_every_change_and_the_interval() -> None:
    lines = [("IgG", -250.0, -300.0, -170.0), ("IgA", 1.0, np.nan, np.nan)]
    rows = pd.DataFrame(lines, columns=["LABEL", "ESTIMATE", "LOW", "HIGH"])
    other = pd.DataFrame({"CHANGE": [1.0, 2.0]})
    ax = figures_immunology.shifts({"IgA": other, "IgG": PAIRS}, rows, "g/L")  # in the order of the changes
    assert drawn(ax, "IgG")[0][0] == PAIRS["CHANGE"].tolist() and drawn(ax, "IgA")[0][0] == [1, 2]
    assert drawn(ax, "shift")[0][0] == [1, -250]
    (bars,) = ax.collections
    assert [*np.asarray(bars.get_segments()[1])[:, 0]] == [-300, -170]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["IgA", "IgG"]
