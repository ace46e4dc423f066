"""The swimmer plot and the alluvial draw every patient where they belong, and lose none."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cytopenia import figures_paths, safety
from cytopenia.figures import MONTH
from cytopenia.schemas import DAYS_A_MONTH

Illegible = Callable[[Figure], list[str]]

TIME = pd.DataFrame(
    [
        ("a", "INDUCTION", 1.0),
        ("a", "MAINTENANCE", 2.0),
        ("b", "INDUCTION", 1.0),
        ("b", "MAINTENANCE", 9.0),
        ("c", "INDUCTION", 0.7),
    ],
    columns=["USUBJID", "EPOCH", "MONTHS"],
)
EVENTS = pd.DataFrame(
    {
        "USUBJID": ["a", "b", "b", "c"],
        "AEDECOD": ["Rash", "Fever", "Fever", "Rash"],
        "AESTDY": pd.array([61, -4, None, 3], "Int64"),
    }
)
DOSES = pd.DataFrame(
    {"USUBJID": ["a", "a", "z", "a"], "ADY": [8, 91, 1, 2], "DRUG": [*["RITUXIMAB"] * 3, "BORTEZOMIB"]}
)
FIRST = pd.DataFrame({"USUBJID": ["a", "b", "a"], "AVALC": ["PR", "CR", "RELAPSE"], "ADY": [4, 40, 90]})


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def points(drawn: Sequence[Axes], gid: str) -> list[list[tuple[float, float]]]:
    """By panel, where a sign stands: days since the first dose, and row."""
    found = [[line for line in ax.lines if line.get_gid() == gid] for ax in drawn]
    data = [np.column_stack(line.get_data()) * (DAYS_A_MONTH, 1) for lines in found for line in lines]
    return [[(round(day, 6), row) for day, row in panel.tolist()] for panel in data]


def bars(ax: Axes) -> dict[tuple[int, float], float]:
    return {
        (round(bar.get_y() + bar.get_height() / 2), bar.get_x()): bar.get_width() for bar in ax.patches if bar.get_gid()
    }


def test_bars_stand_end_to_end_and_the_longest_is_on_top() -> None:
    month, later = figures_paths.swimmer(TIME, DOSES, EVENTS)
    whole = {(0, 0.0): 1.0, (0, 1.0): 9.0, (1, 0.0): 1.0, (1, 1.0): 2.0, (2, 0.0): 0.7}
    assert bars(month) == whole
    assert bars(later) == {place: width for place, width in whole.items() if place[1] == 1.0}
    assert [label.get_text() for label in month.get_yticklabels()] == ["b", "a", "c"]
    assert month.get_xlim() == (0, MONTH / DAYS_A_MONTH) and later.get_xlim()[0] == month.get_xlim()[1]


def test_signs_stand_at_their_day_in_the_panel_of_that_day() -> None:
    drawn = figures_paths.swimmer(TIME, DOSES, EVENTS, FIRST, ["b", "c"])
    assert points(drawn, "Rash") == [[(3, 2)], [(61, 1)]]
    assert points(drawn, "Fever") == [[], []]  # before the first dose, or on an unknown day
    assert points(drawn, "rituximab dose") == [[(8, 1)], [(91, 1)]], "z has no bar"
    assert points(drawn, "bortezomib dose") == [[(2, 1)], []]
    assert points(drawn, "first PR") == [[(4, 1)], []]
    assert points(drawn, "first CR") == [[], [(40, 0)]]
    assert points(drawn, "relapse") == [[], [(90, 1)]]
    assert points(drawn, "ongoing") == [[(round(0.7 * DAYS_A_MONTH, 6), 2)], [(10 * DAYS_A_MONTH, 0)]]


def test_signs_differ_in_shape_and_not_only_in_colour() -> None:
    drawn = figures_paths.swimmer(TIME, DOSES, EVENTS, FIRST, ["b"])
    signs = {line.get_gid(): (line.get_marker(), line.get_markerfacecolor()) for line in drawn[1].lines}
    assert len(set(signs.values())) == len(signs) == 8
    assert len({marker for marker, _ in signs.values()}) == 7, "first PR and first CR: an empty and a full circle"


def test_a_cohort_without_events_or_doses_has_its_bars() -> None:
    drawn = figures_paths.swimmer(TIME, safety.dose_days(None, "RITUXIMAB"), EVENTS.head(0))
    assert bars(drawn[0]) != {}
    assert points(drawn, "rituximab dose") == [[], []]
    assert points(drawn, "ongoing") == []


def test_nobody_seen_after_the_first_month_leaves_one_panel() -> None:
    drawn = figures_paths.swimmer(TIME[TIME["EPOCH"] == "INDUCTION"], DOSES, EVENTS, FIRST)
    assert len(drawn) == 1
    assert points(drawn, "rituximab dose") == [[(8, 0), (91, 0)]]


def test_the_words_of_a_large_swimmer_plot_can_be_read(illegible: Illegible) -> None:
    many = pd.concat([TIME.assign(USUBJID=TIME["USUBJID"] + f"-patient-{k}") for k in range(20)])
    events = pd.DataFrame({"USUBJID": "a-patient-1", "AEDECOD": [f"Some reaction {k}" for k in range(6)], "AESTDY": 50})
    assert illegible(figures_paths.swimmer(many, DOSES, events, FIRST, ["b-patient-1"])[0].figure) == []


# Alluvial ----------------------------------------------------------------------------------------

STATES = pd.DataFrame(
    [
        ("sITP", "CR", "CR", "CR"),
        ("sITP", "CR", "CR", "RELAPSE"),
        ("sITP", "PR", "CR", "CR"),
        ("sITP", "PR", "LOST", "LOST"),
        ("AIHA", "PR", "RELAPSE", "OUT"),
        ("AIHA", "NR", "OUT", "OUT"),
        ("NE", "NE", "NE", "NE"),
    ],
    columns=["Before", "Month 1", "End", "Follow-up"],
)


def parts(ax: Axes, kind: str) -> dict[str, list[float]]:
    """Heights of the blocks (`: `) or ribbons (` > `), by what they are called."""
    found: dict[str, list[float]] = {}
    for patch in ax.patches:
        if kind in str(patch.get_gid()):
            corners = patch.get_path().vertices if kind == " > " else None
            ends = [patch.get_height()] if corners is None else [corners[8 - 1][1] - corners[0][1]]
            ends += [] if corners is None else [corners[4][1] - corners[3][1]]
            found.setdefault(str(patch.get_gid()), []).extend(ends)
    return found


def test_blocks_are_as_high_as_there_are_patients_and_every_time_has_everybody() -> None:
    ax = figures_paths.alluvial(STATES)
    blocks = parts(ax, ": ")
    counted = Counter(f"{time}: {state}" for time in STATES for state in STATES[time])
    assert blocks == {name: [n] for name, n in counted.items()}
    for time in STATES:
        assert sum(height for name, (height,) in blocks.items() if name.startswith(time)) == len(STATES)


def test_ribbons_are_as_high_at_both_ends_as_patients_went_that_way() -> None:
    ax = figures_paths.alluvial(STATES[["Month 1", "End"]])
    ways = Counter(f"{a} > {b}" for a, b in STATES[["Month 1", "End"]].itertuples(index=False))
    assert parts(ax, " > ") == {way: [n, n] for way, n in ways.items()}


def test_ribbons_of_a_block_fill_it_without_overlap() -> None:
    ax = figures_paths.alluvial(STATES[["Month 1", "End"]])
    block = next(patch for patch in ax.patches if patch.get_gid() == "Month 1: PR")
    ribbons = sorted(
        (patch.get_path().vertices[0][1], patch.get_path().vertices[7][1])
        for patch in ax.patches
        if str(patch.get_gid()).startswith("PR > ")
    )
    assert [low for low, _ in ribbons] == [block.get_y(), *[high for _, high in ribbons[:-1]]]
    assert ribbons[-1][1] == block.get_y() + block.get_height()


def test_every_block_says_what_it_is_and_how_many(illegible: Illegible) -> None:
    ax = figures_paths.alluvial(STATES)
    told = [text.get_text() for text in ax.texts]
    assert told[:3] == ["sITP 4", "AIHA 2", "unknown 1"]
    assert told[-5:] == ["CR 2", "relapse 1", "unknown 1", "left 2", "lost 1"]
    assert illegible(ax.figure) == []
    for text, block in zip(ax.texts, [patch for patch in ax.patches if ": " in str(patch.get_gid())], strict=True):
        assert text.get_window_extent().width < block.get_window_extent().width, text.get_text()


def test_the_order_of_patients_changes_nothing() -> None:
    first, other = (figures_paths.alluvial(frame) for frame in (STATES, STATES.iloc[::-1]))
    assert parts(first, ": ") == parts(other, ": ") and parts(first, " > ") == parts(other, " > ")


@pytest.mark.parametrize("state", ["better", None])
def test_a_state_that_has_no_name_is_refused(state: object) -> None:
    with pytest.raises(ValueError, match="a state is one of"):
        figures_paths.alluvial(STATES.assign(End=state))
