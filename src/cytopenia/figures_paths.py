"""Figures of patients' ways through treatment: the swimmer plot, and the states they pass through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.markers import CARETRIGHTBASE, TICKDOWN, TICKUP
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MultipleLocator

from cytopenia import style
from cytopenia.figures import LOST, MONTH, month_step, styled
from cytopenia.safety import EPOCHS, WHOLE
from cytopenia.schemas import DAYS_A_MONTH
from cytopenia.tables_safety import epoch

# ---------------------------------------------------------------- swimmer plot
EPOCH_COLOURS = MappingProxyType(
    {"INDUCTION": "#aebccb", "MAINTENANCE": "#d3dfea", "FOLLOW-UP": "#eef2f6", WHOLE: "#d3dfea"}
)
EVENT_MARKERS = ("v", "^", "P", "D", "p", "h", "<", ">")
DOSE_MARKS = (TICKUP, TICKDOWN)
RESPONSE_MARKS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "PR": {"marker": "o", "markerfacecolor": style.PAPER, "color": style.RESPONSES["CR"], "label": "first PR"},
        "CR": {"marker": "o", "color": style.RESPONSES["CR"], "label": "first CR"},
        "RELAPSE": {"marker": "X", "color": style.RESPONSES["RELAPSE"], "markersize": 8, "label": "relapse"},
    }
)
UNCLIPPED: Mapping[str, Any] = MappingProxyType({"linestyle": "none", "clip_on": False, "in_layout": False})
DAYS = (1, 8, 15, 22, 29)
SWIM_ROW = 0.19  # inches


@styled
def swimmer(
    time: pd.DataFrame,
    doses: pd.DataFrame,
    events: pd.DataFrame,
    responses: pd.DataFrame | None = None,
    ongoing: Iterable[str] = (),
) -> list[Axes]:
    """A bar a patient, longest on top, shaded by epoch: a panel of the first month, and one of the months after.

    `time`: USUBJID, EPOCH, MONTHS, one row per patient and epoch in order; `doses`: USUBJID, ADY and perhaps DRUG;
    `events`: USUBJID, AEDECOD, AESTDY; `responses`: USUBJID, AVALC (PR, CR, RELAPSE), ADY of the first. Days are
    study days; what lies before the first dose isn't drawn. The bar of an `ongoing` patient ends in an arrow. Where
    nobody was seen after the first month there is one panel.
    """
    total = time.groupby("USUBJID", sort=False)["MONTHS"].sum().sort_values(ascending=False, kind="stable")
    drawn = _swim_panels(total)
    for ax in drawn:
        _bars(ax, time, list(total.index))
        ax.set_ylim(len(total) - 0.4, -0.6)
        ax.tick_params(axis="y", length=0, labelleft=ax is drawn[0])
    drawn[0].set_yticks(range(len(total)), list(total.index), fontsize=7.5)
    where = {str(who): place for place, who in enumerate(total.index)}
    for found, sign in _signs(doses, events, responses):
        _marks(drawn, found, where, sign)
    _arrows(drawn, total[total.index.isin(list(ongoing))], where)
    handles, labels = drawn[0].get_legend_handles_labels()
    look: dict[str, Any] = {"ncols": 4, "columnspacing": 1.2, "handletextpad": 0.4}
    drawn[0].figure.legend(handles, labels, loc="outside upper left", **look)
    return drawn


def _swim_panels(total: pd.Series) -> list[Axes]:
    """The panel of the first month, in days, and beside it that of the months after where there are any."""
    month, longest = MONTH / DAYS_A_MONTH, float(total.max()) if len(total) else 0.0
    later = longest > month * 1.1
    size = (style.WIDTH, SWIM_ROW * len(total) + 1.3)
    ratios = (0.42, 0.58) if later else (1,)
    _, grid = plt.subplots(1, len(ratios), squeeze=False, sharey=True, figsize=size, width_ratios=ratios)
    drawn: list[Axes] = list(grid[0])
    drawn[0].set_xlim(0, month)
    drawn[0].set_xticks([day / DAYS_A_MONTH for day in DAYS], [str(day) for day in DAYS])
    drawn[0].set_xlabel("Study day, first month")
    if later:
        drawn[1].set_xlim(month, longest * 1.03)
        drawn[1].set_xlabel("Months since the first dose")
        drawn[1].xaxis.set_major_locator(MultipleLocator(month_step(longest)))
        drawn[1].spines["left"].set_visible(False)
    return drawn


def _bars(ax: Axes, time: pd.DataFrame, order: Sequence[str]) -> None:
    """Every patient's epochs end to end."""
    start, where = dict.fromkeys(order, 0.0), {who: place for place, who in enumerate(order)}
    begins = ax.get_xlim()[0]
    for who, name, months in time[["USUBJID", "EPOCH", "MONTHS"]].itertuples(index=False):
        look: dict[str, Any] = {"edgecolor": style.MUTED, "linewidth": 0.4, "gid": name}
        if start[who] + months > begins:
            ax.barh(where[who], months, left=start[who], height=0.72, color=EPOCH_COLOURS[name], **look)
        start[who] += months
    for name in [one for one in (*EPOCHS, WHOLE) if one in set(time["EPOCH"])]:
        label, colour = epoch(name), EPOCH_COLOURS[name]
        ax.barh(0, 0, color=colour, edgecolor=style.MUTED, linewidth=0.4, label=label)


def _signs(
    doses: pd.DataFrame, events: pd.DataFrame, responses: pd.DataFrame | None
) -> list[tuple[pd.DataFrame, dict[str, Any]]]:
    """What is marked, in the order of the legend: days (USUBJID, ADY) and the look of their sign."""
    found: list[tuple[pd.DataFrame, dict[str, Any]]] = []
    drugs = doses["DRUG"] if "DRUG" in doses else pd.Series("RITUXIMAB", index=doses.index)
    for drug, marker in zip(dict.fromkeys(["RITUXIMAB", *drugs]), DOSE_MARKS, strict=False):
        tick = {"marker": marker, "color": style.INK, "markersize": 5, "label": f"{drug.lower()} dose"}
        found.append((doses[drugs == drug], tick))
    given = responses if responses is not None else pd.DataFrame(columns=["USUBJID", "AVALC", "ADY"])
    for name in [name for name in RESPONSE_MARKS if name in set(given["AVALC"])]:
        found.append((given[given["AVALC"] == name], dict(RESPONSE_MARKS[name])))
    by_term = events.rename(columns={"AESTDY": "ADY"}).groupby("AEDECOD")
    for (term, mine), shape in zip(by_term, EVENT_MARKERS * len(events), strict=False):
        look = {"marker": shape, "color": style.ACCENT_2, "markeredgecolor": style.INK, "markersize": 6.5}
        found.append((mine, look | {"label": str(term)}))
    return found


def _marks(drawn: Sequence[Axes], found: pd.DataFrame, where: Mapping[str, int], look: Mapping[str, Any]) -> None:
    """A sign at each day after the first dose of a patient who has a bar, in the panel of that day."""
    mine = found[found["USUBJID"].isin(list(where)) & found["ADY"].astype("float64").ge(1)]
    months = mine["ADY"].astype("float64").to_numpy() / DAYS_A_MONTH
    places = np.array([where[who] for who in mine["USUBJID"]], dtype=float)
    every = {**UNCLIPPED, "markersize": 5.5, "gid": str(look["label"]), "zorder": 3}
    for ax, here in zip(drawn, _halves(drawn, months), strict=True):
        ax.plot(months[here], places[here], **(every | dict(look)))


def _halves(drawn: Sequence[Axes], months: np.ndarray) -> tuple[np.ndarray, ...]:
    """Which of the months belong to each panel."""
    early = months <= MONTH / DAYS_A_MONTH
    return (early, ~early) if len(drawn) > 1 else (np.ones_like(early),)


def _arrows(drawn: Sequence[Axes], total: pd.Series, where: Mapping[str, int]) -> None:
    """An arrow on from the end of each bar."""
    if not len(total):
        return
    months, places = total.to_numpy(float), np.array([where[str(who)] for who in total.index])
    look: dict[str, Any] = {**UNCLIPPED, "marker": CARETRIGHTBASE, "color": style.INK, "markersize": 6}
    for ax, here in zip(drawn, _halves(drawn, months), strict=True):
        ax.plot(months[here], places[here], gid="ongoing", label="still followed", **look)


# ---------------------------------------------------------------- alluvial
LEFT, GONE = "OUT", "LOST"
STATES = MappingProxyType(
    {
        **{name: {"color": colour, "edgecolor": style.PAPER} for name, colour in style.RESPONSES.items()},
        LEFT: {"color": style.PAPER, "edgecolor": style.MUTED},
        GONE: LOST,
    }
)
WORDS = MappingProxyType({"RELAPSE": "relapse", "NE": "unknown", LEFT: "left", GONE: "lost"})
ON_DARK = ("CR", "PR", "RELAPSE")
BLOCK, GAP = 0.38, 0.5  # a block's width on the axis of times; the gap between blocks, in patients
BASELINE = {"color": style.FAINT, "edgecolor": style.PAPER}


@styled
def alluvial(states: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The patients in each state at each time as blocks, and who went from where to where as ribbons.

    `states`, one row a patient, one column a time in order, its name as shown: a response, `OUT` (left before, with
    no response or a relapse), `LOST`; the first column may have diagnoses instead. Blocks and ribbons are as high as
    there are patients, so that every column has everybody. ValueError for any other state.
    """
    times = [str(name) for name in states.columns]
    unknown = set(states.stack()) - {*STATES, *style.DIAGNOSES}
    if unknown or states.isna().any(axis=None):
        raise ValueError(f"a state is one of {', '.join(STATES)}, or a diagnosis (got {sorted(unknown) or 'nothing'})")
    ax = plt.subplots(figsize=(style.WIDTH, 0.13 * len(states) + 1.2))[1] if ax is None else ax
    columns = [_blocks(states[time]) for time in times]
    for place, (before, after) in enumerate(pairwise(columns)):
        _ribbons(ax, place, states[times[place]], states[times[place + 1]], before, after)
    for place, (time, blocks) in enumerate(zip(times, columns, strict=True)):
        for state, (bottom, height) in blocks.items():
            _block(ax, place, bottom, height, state, f"{time}: {state}")
    deepest = max((bottom + height for blocks in columns for bottom, height in blocks.values()), default=1.0)
    ax.set_ylim(deepest + 0.2, -0.2)
    ax.set_xlim(-BLOCK / 2 - 0.01, len(times) - 1 + BLOCK / 2 + 0.01)
    ax.set_xticks(range(len(times)), times)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.yaxis.set_visible(False)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def _order(state: str) -> int:
    return [*style.DIAGNOSES, *STATES].index(state)


def _blocks(states: pd.Series) -> dict[str, tuple[float, int]]:
    """Where each state's block begins, from the top, and how many patients it holds."""
    counts, top, found = states.value_counts(), 0.0, {}
    for state in sorted(counts.index, key=_order):
        found[str(state)] = (top, int(counts[state]))
        top += int(counts[state]) + GAP
    return found


def _ribbons(
    ax: Axes,
    place: int,
    before: pd.Series,
    after: pd.Series,
    starts: Mapping[str, tuple[float, int]],
    ends: Mapping[str, tuple[float, int]],
) -> None:
    """A ribbon for each pair of states that patients went between, stacked in the order of the blocks."""
    moved = pd.DataFrame({"FROM": before, "TO": after}).value_counts()
    used_left, used_right = ({state: top for state, (top, _) in blocks.items()} for blocks in (starts, ends))
    for here, there in sorted(moved.index, key=lambda pair: (_order(pair[0]), _order(pair[1]))):
        n, left, right = int(moved[here, there]), used_left[here], used_right[there]
        used_left[here], used_right[there] = left + n, right + n
        look = STATES.get(there, BASELINE)
        colour = style.FAINT if there in (LEFT, GONE) else look["color"]
        path = _ribbon(place + BLOCK / 2, place + 1 - BLOCK / 2, left, right, n)
        ax.add_patch(PathPatch(path, facecolor=colour, alpha=0.4, linewidth=0, gid=f"{here} > {there}"))


def _ribbon(x0: float, x1: float, left: float, right: float, n: int) -> Path:
    """The outline of a ribbon `n` patients high, from `left` at x0 to `right` at x1, with level ends."""
    middle = (x0 + x1) / 2
    above = [(x0, left), (middle, left), (middle, right), (x1, right)]
    below = [(x1, right + n), (middle, right + n), (middle, left + n), (x0, left + n)]
    curve = [Path.CURVE4] * 3
    return Path([*above, *below, (x0, left)], [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _block(ax: Axes, place: int, top: float, height: int, state: str, gid: str) -> None:
    look = dict(STATES.get(state, BASELINE))
    look["facecolor"] = look.pop("color")
    ax.add_patch(Rectangle((place - BLOCK / 2, top), BLOCK, height, gid=gid, **look))
    behind = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.6} if state == GONE else None
    word = WORDS.get(state) or (style.population(state) if state in style.DIAGNOSES else state)
    colour = style.PAPER if state in ON_DARK else style.INK
    look = {"ha": "center", "va": "center", "fontsize": 8.5, "fontweight": "bold", "bbox": behind}
    ax.text(place, top + height / 2, f"{word} {height}", color=colour, **look)
