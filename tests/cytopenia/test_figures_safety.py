"""The swimmer plot draws every patient's time, doses and events where they belong."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from cytopenia import figures_safety, safety

TIME = pd.DataFrame(
    [("a", "INDUCTION", 1.0), ("a", "MAINTENANCE", 2.0), ("b", "INDUCTION", 1.0), ("b", "MAINTENANCE", 9.0)],
    columns=["USUBJID", "EPOCH", "MONTHS"],
)
EVENTS = pd.DataFrame(
    {
        "USUBJID": ["a", "b", "b"],
        "AEDECOD": ["Rash", "Fever", "Fever"],
        "AESTDY": pd.array([61, -4, None], "Int64"),
    }
)
DOSES = pd.DataFrame({"USUBJID": ["a", "z"], "ADY": [30.4375, 1]})


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def points(ax: Axes, gid: str) -> list[tuple[float, float]]:
    (line,) = [line for line in ax.lines if line.get_gid() == gid]
    return list(zip(np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), strict=True))


def test_bars_stand_end_to_end_and_the_longest_is_on_top() -> None:
    ax = figures_safety.swimmer(TIME, DOSES, EVENTS)
    bars = {
        (round(bar.get_y() + bar.get_height() / 2), bar.get_x()): bar.get_width() for bar in ax.patches if bar.get_gid()
    }
    assert bars == {(0, 0.0): 1.0, (0, 1.0): 9.0, (1, 0.0): 1.0, (1, 1.0): 2.0}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "a"]


def test_signs_stand_at_their_month_and_what_has_no_bar_or_day_has_none() -> None:
    ax = figures_safety.swimmer(TIME, DOSES, EVENTS)
    assert points(ax, "Rash") == [(61 / 30.4375, 1.0)]
    assert points(ax, "Fever") == []  # before the first dose, or on an unknown day
    assert points(ax, "rituximab dose") == [(1.0, 1.0)]


def test_a_cohort_without_events_or_doses_has_its_bars() -> None:
    ax = figures_safety.swimmer(TIME, safety.dose_days(None, "RITUXIMAB"), EVENTS.head(0))
    assert len([bar for bar in ax.patches if bar.get_gid()]) == len(TIME)
    assert points(ax, "rituximab dose") == []


def test_igg_is_drawn_where_it_is_known() -> None:
    found = pd.DataFrame(
        {
            "USUBJID": ["a", "b", "c"],
            "BASE": [8.0, np.nan, np.nan],
            "LOWEST": [6.0, 9.0, np.nan],
            "LAST": [7.5, 9.0, np.nan],
            "BEFORE": [6.0, np.nan, np.nan],
        }
    )
    ax = figures_safety.igg(found, 7)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]  # nothing is known of c
    known = {name: [point for point in points(ax, name) if not np.isnan(point[0])] for name in found.columns[1:]}
    assert known == {
        "BASE": [(8.0, 0)],
        "LOWEST": [(6.0, 0), (9.0, 1)],
        "LAST": [(7.5, 0), (9.0, 1)],
        "BEFORE": [(6.0, 0)],
    }
    assert points(ax, "limit")[0][0] == 7
