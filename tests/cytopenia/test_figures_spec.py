"""The specification curve draws every estimate in order, and below it what was chosen."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from cytopenia import figures_spec

FRAME = pd.DataFrame(
    [
        ("paper", 0.75, 0.5, 0.9, True, "paper", "to-2", "–"),
        ("iwg", 0.5, 0.3, 0.7, False, "iwg", "–", "7-days"),
        ("paper+by-2", 0.6, None, 0.8, False, "paper", "by-2", "–"),
        ("iwg+none", 0.75, 0.5, 0.9, False, "iwg", None, "none"),
    ],
    columns=["specification", "estimate", "low", "high", "default", "criteria", "rise", "confirm"],
)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def points(ax: Axes, gid: str) -> list[tuple[float, float]]:
    return [(x, y) for line in ax.lines if line.get_gid() == gid for x, y in np.column_stack(line.get_data()).tolist()]


def test_estimates_ascend_and_each_has_its_interval() -> None:
    ax = figures_spec.specification_curve(FRAME)
    assert points(ax, "estimate") == [(0, 0.5), (1, 0.6), (2, 0.75), (3, 0.75)]
    (bars,) = [one for one in ax.collections if one.get_gid() == "interval"]
    assert [segment.tolist() for segment in bars.get_segments()] == [
        [[0, 0.3], [0, 0.7]],
        [[2, 0.5], [2, 0.9]],
        [[3, 0.5], [3, 0.9]],
    ], "an open end leaves its interval out"
    assert points(ax, "usual") == [(3, 0.75)]


def test_below_an_estimate_stand_the_options_that_made_it() -> None:
    lower = figures_spec.specification_curve(FRAME).figure.axes[1]
    rows = [label.get_text() for label in lower.get_yticklabels()]
    assert rows == ["paper", "iwg", "to-2", "by-2", "7-days", "none"]
    drawn = {gid: points(lower, gid) for gid in ("criteria=paper", "criteria=iwg", "rise=to-2", "rise=by-2")}
    assert drawn == {
        "criteria=paper": [(1, 0), (3, 0)],
        "criteria=iwg": [(0, 1), (2, 1)],
        "rise=to-2": [(3, 2)],
        "rise=by-2": [(1, 3)],
    }
    assert [text.get_text() for text in lower.texts] == ["criteria", "rise", "confirm"]
    assert lower.get_xlabel().startswith("4 specifications")


def test_the_order_of_rows_changes_nothing() -> None:
    for frame in (FRAME, FRAME.iloc[::-1]):
        assert figures_spec.ordered(frame)["specification"].tolist() == ["iwg", "paper+by-2", "iwg+none", "paper"]


@pytest.mark.parametrize("default", [[False] * 4, [True, False, False, True]])
def test_there_may_be_no_usual_reading_or_two(default: list[bool]) -> None:
    ax = figures_spec.specification_curve(FRAME.assign(default=default))
    assert len(points(ax, "usual")) == sum(default)
    assert (ax.get_legend() is None) == (not any(default))


def test_an_estimate_nobody_has_is_left_out() -> None:
    ax = figures_spec.specification_curve(FRAME.assign(estimate=[np.nan, 4.5, 8, 2]), "Days", share=False)
    assert points(ax, "estimate") == [(0, 2), (1, 4.5), (2, 8)]
    assert ax.get_ylabel() == "Days"
    assert points(ax, "usual") == []


def test_frames_of_one_row_and_without_switches_are_drawn() -> None:
    ax = figures_spec.specification_curve(FRAME.iloc[:1][["specification", "estimate", "low", "high", "default"]])
    assert points(ax, "estimate") == [(0, 0.75)]
    ax.figure.canvas.draw()


def test_nothing_is_cut_off_or_too_small_to_read() -> None:
    many = pd.concat([FRAME.assign(specification=FRAME["specification"] + str(k)) for k in range(40)])
    figure = figures_spec.specification_curve(many).figure
    figure.canvas.draw()
    for ax in figure.axes:
        for text in [*ax.texts, *ax.get_yticklabels(), ax.yaxis.label, ax.xaxis.label]:
            box = text.get_window_extent()
            assert box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y0 >= -1, text.get_text()
            assert text.get_size() >= 7
