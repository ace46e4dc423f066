"""Curves and readings over time: what is drawn is what was given, with the numbers at risk below."""

from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cytopenia import figures, figures_time, survival

Illegible = Callable[[Figure], list[str]]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def lines(ax: Axes, gid: str) -> list[Line2D]:
    return [line for line in ax.lines if line.get_gid() == gid]


def numbers(ax: Axes, gid: str = "at risk") -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


CURVE = pd.DataFrame(
    {
        "TIME": [0.0, 3, 8, 40],
        "INCIDENCE": [0, 0.25, 0.5, 1],
        "LOW": [np.nan, 0.1, 0.2, np.nan],
        "HIGH": [np.nan, 0.6, 0.8, np.nan],
    }
)


def test_incidence_is_a_step_line_carried_to_the_end() -> None:
    curves = {"all": CURVE, "responders": CURVE[["TIME", "INCIDENCE"]].iloc[1:3]}
    ax = figures_time.incidence(curves, "In response", until=31)
    first, second = (line for line in ax.lines if line.get_gid() != "half")
    assert (list(first.get_xdata()), list(first.get_ydata())) == ([0, 3, 8, 31], [0, 0.25, 0.5, 0.5])
    assert (list(second.get_xdata()), list(second.get_ydata())) == ([0, 3, 8, 31], [0, 0.25, 0.5, 0.5])
    assert first.get_drawstyle() == "steps-post"
    assert first.get_linestyle() != second.get_linestyle()
    assert len(ax.collections) == 1, "only the curve with an interval has a band"
    assert ax.get_ylabel() == "In response"


def test_trajectories_draw_every_reading_and_the_median_of_visits_with_enough_patients() -> None:
    readings = pd.DataFrame(
        {
            "USUBJID": ["A", "A", "B", "B", "C", "C", "C"],
            "ADY": [-1, 30, -1, 32, -1, 34, 500],
            "AVAL": [10, 100, 20, 50, 30, 40, 60.0],
            "AVISITN": [-1, 30, -1, 30, -1, 30, 500],
            "RESPONSE": ["CR", "CR", "PR", "PR", *["RELAPSE"] * 3],
        }
    )
    ax = figures_time.trajectories(readings, "Platelets", {"CR": 100}, log=True)
    assert [list(line.get_ydata()) for line in lines(ax, "patient")] == [[10, 100], [20, 50], [30, 40, 60]]
    (median,) = lines(ax, "median")
    assert list(median.get_ydata()) == [20, 50], "one patient at day 500 makes no median"
    assert list(median.get_xdata()) == pytest.approx([-1 / 30.4375, 32 / 30.4375])


def test_trajectories_of_the_first_month_are_in_days() -> None:
    readings = pd.DataFrame(
        {
            "USUBJID": ["A", "A", "A", "B"],
            "ADY": [-1, 31, 32, 8],
            "AVAL": [10, 100, 120, np.nan],
            "AVISITN": [-1, 30, 61, 8],
            "RESPONSE": ["CR", "CR", "CR", "NR"],
        }
    )
    ax = figures_time.trajectories(readings, "Platelets", {}, days=True)
    (line,) = lines(ax, "patient")
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([-1, 31], [10, 100])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CR"]


def test_numbers_at_risk_stand_below_each_tick_of_the_curves_that_have_them() -> None:
    curve = survival.cumulative_incidence([3, 8, 14, 21, 30], [1, 1, 0, 1, 0])
    ax = figures_time.incidence({"everybody": curve, "others": CURVE}, "In response", until=31)
    assert numbers(ax) == ["5", "4", "3", "2", "1"], "on days 0, 7, 14, 21 and 28; who is censored on day 14 is there"
    assert numbers(ax, "at risk of") == ["At risk, everybody"]


def test_event_free_steps_down_with_ticks_for_the_censored_and_numbers_below(illegible: Illegible) -> None:
    curve = survival.survival([2, 3, 3, 8, 11], [1, 0, 1, 0, 0])
    moved = survival.survival([1, 3], [1, 0])[["TIME", "SURVIVAL"]]
    ax = figures_time.event_free({"5 responders": curve, "earliest": moved}, "Free of relapse")
    first, other = lines(ax, "curve")
    free = (1 - 1 / 5) * (1 - 1 / 4)
    assert list(first.get_xdata()) == [0, 2, 3, 8, 11, 11]
    assert list(first.get_ydata()) == pytest.approx([1, 0.8, free, free, free, free])
    assert list(other.get_ydata()) == pytest.approx([1, 0.5, 0.5, 0.5]), "carried on to the longest time"
    (ticks,) = lines(ax, "censored")
    assert np.column_stack(ticks.get_data()).tolist() == [[3, free], [8, free], [11, free]]
    assert numbers(ax) == ["5", "5", "2", "2", "2", "1"], "at months 0, 2, 4, 6, 8 and 10: before what happens there"
    assert len(ax.collections) == 1 and first.get_linestyle() != other.get_linestyle()
    assert illegible(ax.figure) == []


def test_transfusions_stand_at_the_foot_in_the_panel_of_their_time(illegible: Illegible) -> None:
    readings = pd.DataFrame(
        {"USUBJID": ["A", "A"], "ADY": [-1, 90], "AVAL": [10, 60.0], "AVISITN": [-1, 90], "RESPONSE": ["PR", "PR"]}
    )
    given = pd.DataFrame({"USUBJID": ["A", "B", "A", "A"], "ADY": [-1, -1, 9, 61]})
    days, months = figures.panels(2, share_y=True)
    for ax, early in ((days, True), (months, False)):
        figures_time.trajectories(readings, "Platelets", {"CR": 100}, ax, True, early, given)
    (first,), (later,) = lines(days, "transfusion"), lines(months, "transfusion")
    assert list(first.get_xdata()) == [-1, 9] and list(later.get_xdata()) == pytest.approx([61 / 30.4375])
    assert numbers(days, "given") == ["2"] and numbers(months, "given") == []
    assert illegible(days.figure) == []


def test_without_transfusions_there_is_no_sign_of_any() -> None:
    readings = pd.DataFrame({"USUBJID": ["A"], "ADY": [1], "AVAL": [10.0], "AVISITN": [1], "RESPONSE": ["NR"]})
    none = pd.DataFrame({"USUBJID": pd.Series(dtype=object), "ADY": pd.Series(dtype="Int64")})
    assert (
        lines(figures_time.trajectories(readings, "Platelets", {}, days=True, transfusions=none), "transfusion") == []
    )
