"""What is drawn is what was given: the data are read back from the Axes."""

from collections.abc import Callable, Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color, to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cytopenia import comparators, figures, style

Illegible = Callable[[Figure], list[str]]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")


def lines(ax: Axes, gid: str) -> list[Line2D]:
    return [line for line in ax.lines if line.get_gid() == gid]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def ticks(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def outside(ax: Axes) -> list[str]:
    """The texts that don't lie within the figure once it is laid out."""
    figure = ax.figure
    figure.canvas.draw()
    page = figure.bbox
    low, high = ax.get_xlim()
    inside = [text for text in ax.get_xticklabels() if low <= text.get_position()[0] <= high]
    ticks_shown = inside if ax.xaxis.get_visible() else []
    found = [*ax.texts, *ticks_shown, *ax.get_yticklabels(), ax.xaxis.label, ax.yaxis.label]
    boxes = {text.get_text(): text.get_window_extent() for text in found if text.get_visible()}
    return [t for t, b in boxes.items() if t and not (b.x0 >= -1 and b.x1 <= page.x1 + 1 and b.y0 >= -1)]


FLOW = pd.DataFrame(
    {
        "STAGE": ["Enrolled", "In response", "Maintenance", "Nobody left"],
        "N": [9, 6, 6, 0],
        "LOST": [0, 3, 0, 6],
        "WHY": ["", "2 no response and 1 not recorded", "", "6 relapse"],
    }
)


def test_patient_flow_bars_are_who_is_left_and_who_was_lost() -> None:
    ax = figures.patient_flow(FLOW)
    here, lost = ax.containers
    assert [bar.get_width() for bar in here] == [9, 6, 6, 0]
    assert [(bar.get_x(), bar.get_width()) for bar in lost] == [(9, 0), (6, 3), (6, 0), (0, 6)]
    assert ticks(ax) == list(FLOW["STAGE"])
    told = [text for text in texts(ax) if text]
    assert told == ["9", "6", "−2 no response and 1 not recorded", "6", "0  −6 relapse"]
    assert outside(ax) == []


PATIENTS = pd.DataFrame(
    {
        "DX": ["sITP", "sITP", "sITP", "sITP", "AIHA", "AIHA", "EVANS"],
        "AGE": [30, 30, 50, None, 60, 70, 41],
    }
)


def test_strip_stacks_values_that_would_touch_and_marks_the_median_of_more_than_one() -> None:
    ax = figures.strip(PATIENTS, "AGE", "DX", "Age (years)")
    dots = [line for line in ax.lines if line.get_gid() != "median"]
    assert [sorted(line.get_xdata()) for line in dots] == [[30, 30, 50], [60, 70], [41]]
    assert len({round(float(y), 3) for y in dots[0].get_ydata()}) == 2
    assert [line.get_xdata()[0] for line in lines(ax, "median")] == [30, 65]
    assert ticks(ax) == ["sITP (n=3)", "AIHA (n=2)", "Evans (n=1)"], "one of four has no age"
    assert [line.get_marker() for line in dots] == [style.MARKERS[dx] for dx in ("sITP", "AIHA", "EVANS")]


def test_strip_on_a_log_axis_has_plain_ticks_within_the_data() -> None:
    ax = figures.strip(PATIENTS.assign(AGE=[0.5, 2, 3, 4, 5, 200, 7]), "AGE", "DX", "Months", log=True)
    assert ax.get_xscale() == "log"
    told = [label.get_text() for label in ax.get_xticklabels()]
    assert told == ["0.5", "1", "2", "5", "10", "20", "50", "100", "200"]


def test_counts_write_the_share_at_the_bar() -> None:
    table = pd.DataFrame({"LABEL": ["Glucocorticoid", "Splenectomy"], "COUNT": [24, 0], "N": [24, 24]})
    ax = figures.counts(table)
    assert [bar.get_width() for bar in ax.containers[0]] == [24, 0]
    assert texts(ax) == ["24/24 (100.0%)", "0/24 (0.0%)"]
    assert outside(ax) == []


def test_response_rates_draw_the_interval_given() -> None:
    rates = pd.DataFrame(
        {
            "POPULATION": ["ALL", "IRP"],
            "K": [18, 1],
            "N": [24, 1],
            "RATE": [0.75, 1.0],
            "LOW": [0.533, 0.025],
            "HIGH": [0.902, 1],
        }
    )
    ax = figures.response_rates(rates, confidence=0.9)
    segments = ax.collections[0].get_segments()
    assert [(a[0], b[0]) for a, b in segments] == [(0.533, 0.902), (0.025, 1.0)]
    assert list(ax.lines[0].get_xdata()) == [0.75, 1.0]
    assert texts(ax) == ["18/24 (75.0%)", "1/1 (100.0%)"]
    assert "90%" in ax.get_xlabel()
    assert outside(ax) == []


PAIRS = pd.DataFrame(
    {
        "BEFORE": [10, 20, 5, 8, 12.0],
        "AFTER": [120, 40, 4, 9, np.nan],
        "RESPONSE": ["CR", "PR", "NR", "NR", "NR"],
    }
)


def test_before_after_is_a_line_a_patient_with_both_values() -> None:
    ax = figures.before_after(PAIRS, "Platelets", ("Baseline", "Month 1"), {"PR": 30, "CR": 100}, log=True)
    drawn = lines(ax, "patient")
    assert [list(line.get_ydata()) for line in drawn] == [[10, 120], [20, 40], [5, 4], [8, 9]]
    assert [to_hex(line.get_color()) for line in drawn] == [style.RESPONSES[r] for r in ("CR", "PR", "NR", "NR")]
    assert [line.get_ydata()[0] for line in lines(ax, "median")] == [9, 24.5]
    assert [tuple(line.get_ydata()) for line in lines(ax, "quartiles")] == [(5.75, 17.5), (5.25, 100)]
    assert [line.get_ydata()[0] for line in lines(ax, "criterion")] == [30, 100]
    assert {"9.0", "24.5", "PR 30", "CR 100"} == set(texts(ax))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CR", "PR", "NR"]


def test_two_panels_leave_room_for_each_other() -> None:
    left, right = figures.panels(2)
    for ax in (left, right):
        figures.before_after(PAIRS, "Platelets (10⁹/L)", ("Baseline", "Month 1"), {"PR": 30}, ax, log=True)
    left.figure.canvas.draw()
    assert left.get_tightbbox().x1 <= right.get_tightbbox().x0
    assert left.get_position().width > 0.3


def test_waterfall_draws_every_change_from_the_greatest_rise_to_the_deepest_fall(illegible: Illegible) -> None:
    changes = pd.DataFrame(
        {
            "USUBJID": ["a", "b", "c", "d", "e"],
            "CHANGE": [5.0, -3, 40, np.nan, 0],
            "RESPONSE": ["PR", "NR", "CR", "CR", "NR"],
        }
    )
    ax = figures.waterfall(changes, "Change (g/L)")
    assert [bar.get_height() for bar in ax.patches] == [40, 5, 0, -3]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [
        style.RESPONSES[name] for name in ("CR", "PR", "NR", "NR")
    ]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CR", "PR", "NR"]
    assert [text.get_text() for text in ax.texts] == ["0"] and ax.get_xlabel().startswith("4 patients")
    assert illegible(ax.figure) == []


def test_forest_draws_each_series_with_its_interval_and_pools_nothing(illegible: Illegible) -> None:
    series = [
        ("This cohort", "both drugs", "all", "CR or PR", "month 1", 3, 4, 0.75, 0.2, 0.99, True),
        ("Other 2020", "one drug", "some", "any", "1 year", 6, 10, 0.6, 0.3, 0.9, False),
        ("Third 2021", "a third drug", "others", "any", "1 week", 0, 5, 0.0, 0.0, 0.5, False),
    ]
    ax = figures.forest(pd.DataFrame(series, columns=comparators.COLUMNS), "Share")
    assert [line.tolist() for line in ax.collections[0].get_segments()] == [
        [[0.2, 0], [0.99, 0]],
        [[0.3, 1], [0.9, 1]],
        [[0.0, 2], [0.5, 2]],
    ]
    (own,), (others,) = lines(ax, "own"), lines(ax, "others")
    assert (list(own.get_xdata()), list(own.get_ydata())) == ([0.75], [0])
    assert (list(others.get_xdata()), list(others.get_ydata())) == ([0.6, 0.0], [1, 2])
    told = [text.get_text() for text in ax.texts]
    assert len(told) == 18 and {"3/4 (75.0%)", "6/10 (60.0%)", "1 year", "one drug", "some"} <= set(told)
    assert illegible(ax.figure) == []


def test_follow_up_is_sorted_and_marks_the_relapse() -> None:
    table = pd.DataFrame(
        {
            "USUBJID": ["A", "B", "C", "D"],
            "FU_MO": [3, 21, 9, np.nan],
            "RESP_FU": ["CR", "CR", "RELAPSE", None],
            "RELAPSE_MO": [np.nan, np.nan, 6, np.nan],
        }
    )
    ax = figures.follow_up(table)
    assert ticks(ax) == ["B", "C", "A"]
    bars = {bar.get_y() + bar.get_height() / 2: bar.get_width() for c in ax.containers for bar in c}
    assert {round(row): width for row, width in bars.items()} == {0: 21, 1: 9, 2: 3}
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines] == [(6, 1)]


def test_a_figure_looks_the_same_whatever_the_caller_has_set() -> None:
    with mpl.rc_context({"axes.spines.top": True, "font.size": 30}):
        ax = figures.counts(pd.DataFrame({"LABEL": ["a"], "COUNT": [1], "N": [2]}))
        assert mpl.rcParams["font.size"] == 30
    assert not ax.spines["top"].get_visible()
    assert ax.xaxis.label.get_size() == style.RC["axes.labelsize"]
    assert same_color(ax.xaxis.label.get_color(), style.INK)


def test_drawing_on_the_axes_given_makes_no_other_figure() -> None:
    (ax,) = figures.panels(1)
    before = plt.get_fignums()
    assert figures.patient_flow(FLOW, ax) is ax
    assert plt.get_fignums() == before


def test_words_that_cannot_be_read_are_found(illegible: Callable[[Figure], list[str]]) -> None:
    (ax,) = figures.panels(1)
    ax.text(0.5, 0.5, "first")
    ax.text(0.51, 0.5, "second")
    ax.text(0.1, 0.1, "tiny", fontsize=5)
    ax.text(-9, 0.5, "far").set_in_layout(False)
    assert illegible(ax.figure) == ["cut off: far", "too small: tiny", "one over another: first and second"]
