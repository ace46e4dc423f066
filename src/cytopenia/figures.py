"""Figures: each takes a tidy table and, if wanted, the Axes to draw on, and returns the Axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator, PercentFormatter

from cytopenia import style

LOG_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
ROW = 0.46
MONTH = 31
"""The last study day of the first month."""

BINS = 32
CLEAR = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
"""What lies behind words over lines."""

LOST: dict[str, Any] = {"color": style.FAINT, "edgecolor": style.MUTED, "hatch": "////", "linewidth": 0.5}
Arguments = ParamSpec("Arguments")
Drawn = TypeVar("Drawn")


def styled(draw: Callable[Arguments, Drawn]) -> Callable[Arguments, Drawn]:
    """The same drawing function under the house's settings, whatever the caller's are."""

    @wraps(draw)
    def drawn(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Drawn:
        with plt.rc_context(style.RC):
            return draw(*args, **kwargs)

    return drawn


@styled
def axes(ax: Axes | None = None, height: float = style.HEIGHT, width: float = style.WIDTH) -> Axes:
    """The Axes given, or those of a new figure of the house's style (`width` and `height` in inches)."""
    if ax is not None:
        return ax
    return plt.subplots(figsize=(width, height))[1]


@styled
def panels(columns: int, height: float = style.HEIGHT, share_y: bool = False) -> list[Axes]:
    """So many Axes side by side in one figure of the house's style, left to right."""
    _, grid = plt.subplots(1, columns, figsize=(style.WIDTH, height), squeeze=False, sharey=share_y)
    return list(grid[0])


def month_step(longest: float) -> int:
    """How many months lie between two ticks of an axis so long: a divisor or a multiple of a year, few enough ticks.

    >>> month_step(6), month_step(17), month_step(46)
    (1, 2, 6)
    """
    return next((step for step in (1, 2, 3, 6, 12, 24) if longest / step <= 9), 60)


def row_labels(ax: Axes, labels: Sequence[str]) -> None:
    """One labelled row a line, the first on top, no ticks."""
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def log_axis(ax: Axes, values: pd.Series, axis: str = "y") -> None:
    """A logarithmic axis over the values with plain numbers as ticks."""
    low, high = float(values.min()) / 1.3, float(values.max()) * 1.3
    getattr(ax, f"set_{axis}scale")("log")
    getattr(ax, f"set_{axis}lim")(low, high)
    ticks = [tick for tick in LOG_TICKS if low <= tick <= high]
    side = getattr(ax, f"{axis}axis")
    side.set_major_locator(FixedLocator(ticks))
    side.set_major_formatter(FixedFormatter([style.number(tick) for tick in ticks]))
    side.set_minor_locator(NullLocator())


def criteria_lines(ax: Axes, lines: Mapping[str, float], side: Literal["left", "right"], named: bool = True) -> None:
    """A dotted line for each threshold, with its name at one end if wanted."""
    for label, height in lines.items():
        ax.axhline(height, color=style.MUTED, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1, gid="criterion")
        ax.annotate(
            f"{label} {style.number(height)}" if named else "",
            (int(side == "right"), height),
            xycoords=("axes fraction", "data"),
            xytext=(-2 if side == "right" else 4, 3),
            textcoords="offset points",
            ha=side,
            color=style.MUTED,
            fontsize=9,
            bbox=CLEAR if named else None,
        )


@styled
def patient_flow(stages: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The patients left at each stage as bars, those lost on the way to it beside them.

    `stages`, one row a stage in order: STAGE (its name), N (patients), LOST (patients lost since the stage
    before), WHY (in words; empty where none is lost).
    """
    ax = axes(ax, ROW * len(stages) + 0.7)
    y = np.arange(len(stages))
    ax.barh(y, stages["N"], height=0.62, color=style.ACCENT, label="here")
    ax.barh(y, stages["LOST"], left=stages["N"], height=0.62, label="lost", **LOST)
    wide = 0.06 * float(stages["N"].max())
    for row, (n, gone, why) in enumerate(stages[["N", "LOST", "WHY"]].itertuples(index=False)):
        if n > wide:
            ax.text(
                n - 0.012 * stages["N"].max(),
                row,
                str(n),
                ha="right",
                color=style.PAPER,
                va="center",
                fontweight="bold",
            )
        told = "  ".join(part for part in ("" if n > wide else str(n), f"−{why}" if gone else "") if part)
        ax.text(n + gone + 0.012 * stages["N"].max(), row, told, va="center", fontsize=9.5)
    row_labels(ax, list(stages["STAGE"]))
    ax.set_xlim(0, max(float(stages["N"].max()), 1) * 1.02)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    return ax


@styled
def strip(values: pd.DataFrame, value: str, group: str, label: str, ax: Axes | None = None, log: bool = False) -> Axes:
    """Every patient a dot, groups as rows, the group's median as a bar.

    `values`, one row a patient: the columns named by `value` and `group`. Dots that would touch are stacked;
    patients without a value are left out.
    """
    known = values.dropna(subset=[value])
    groups = [name for name in style.DIAGNOSES if name in set(known[group])]
    ax = axes(ax, ROW * 1.3 * len(groups) + 0.8)
    bins = _neighbours(known[value], log)
    for row, name in enumerate(groups):
        mine = known.loc[known[group] == name, value].sort_values()
        stack = mine.groupby(bins[mine.index]).cumcount()
        up = stack * min(0.16, 0.5 / max(int(stack.max()), 1))
        if len(mine) > 1:
            ax.plot([mine.median()] * 2, [row - 0.3, row + 0.3], color=style.MUTED, linewidth=3, gid="median")
        dots = ax.plot(mine, row - up, style.MARKERS[name], color=style.DIAGNOSES[name], markersize=6.5)
        dots[0].set_markeredgecolor(style.PAPER)
    row_labels(ax, [f"{style.population(name)} (n={int(known[group].eq(name).sum())})" for name in groups])
    if log:
        log_axis(ax, known[value], "x")
    ax.set_xlabel(label)
    return ax


def _neighbours(values: pd.Series, log: bool) -> pd.Series:
    """The number of the bin of each value: values in one bin are too near to stand side by side."""
    places = values.astype(float).map(np.log) if log else values.astype(float)
    width = (places.max() - places.min()) / BINS
    return (places / width).round() if width > 0 else places


@styled
def counts(table: pd.DataFrame, ax: Axes | None = None, label: str = "Patients") -> Axes:
    """Horizontal bars with their number at the end: LABEL, COUNT, N (how many were asked), one row a bar."""
    ax = axes(ax, ROW * len(table) + 0.7)
    ax.barh(range(len(table)), table["COUNT"], height=0.62, color=style.ACCENT)
    for row, (count, n) in enumerate(table[["COUNT", "N"]].itertuples(index=False)):
        ax.text(count + 0.3, row, style.proportion(int(count), int(n)), va="center", fontsize=9.5)
    row_labels(ax, list(table["LABEL"]))
    ax.set_xlim(0, float(table["N"].max()) * 1.12)
    ax.set_xlabel(label)
    return ax


@styled
def response_rates(rates: pd.DataFrame, ax: Axes | None = None, confidence: float = 0.95) -> Axes:
    """Response by group as a dot with its exact interval and the counts written out.

    `rates`, one row a group: POPULATION, K responders of N, RATE, LOW and HIGH (shares, 0 to 1).
    """
    ax = axes(ax, ROW * len(rates) + 0.9)
    y = np.arange(len(rates))
    ax.hlines(y, rates["LOW"], rates["HIGH"], color=style.ACCENT, linewidth=2)
    ax.plot(rates["RATE"], y, "o", color=style.ACCENT, markersize=8)
    for row, (k, n) in enumerate(rates[["K", "N"]].itertuples(index=False)):
        ax.text(1.03, row, style.proportion(int(k), int(n)), va="center", transform=ax.get_yaxis_transform())
    row_labels(ax, [style.population(name) for name in rates["POPULATION"]])
    ax.set_xlim(-0.02, 1.02)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="x", color=style.FAINT, linewidth=0.8)
    ax.set_xlabel(f"Response, with exact {style.percent(confidence, 0)} interval")
    return ax


@styled
def before_after(
    pairs: pd.DataFrame,
    label: str,
    times: tuple[str, str],
    lines: Mapping[str, float],
    ax: Axes | None = None,
    log: bool = False,
) -> Axes:
    """One line a patient from before to after, coloured by response, with median and quartiles beside.

    `pairs`, one row a patient: BEFORE, AFTER, RESPONSE. `times` names the two ends, `lines` the thresholds
    of the criteria. Patients without both values are left out.
    """
    ax = axes(ax)
    both = pairs.dropna(subset=["BEFORE", "AFTER"])
    for response, before, after in both[["RESPONSE", "BEFORE", "AFTER"]].itertuples(index=False):
        look = thin(response) | {"marker": style.RESPONSE_MARKERS[response]}
        ax.plot([0, 1], [before, after], color=style.RESPONSES[response], **look)
    for x, column, side in ((-0.12, "BEFORE", "right"), (1.12, "AFTER", "left")):
        _quartile_bar(ax, x, both[column], side)
    if log:
        log_axis(ax, pd.concat([both["BEFORE"], both["AFTER"]]))
    criteria_lines(ax, lines, "left")
    ax.set_xlim(-0.55, 1.55)
    ax.set_xticks([0, 1], list(times))
    ax.set_ylabel(label)
    signs = response_signs(both["RESPONSE"])
    legend_above(ax, len(signs), signs)
    return ax


def thin(response: str) -> dict[str, Any]:
    """The look of a patient's line: dashed without a response, dotted with a relapse."""
    dashes = {"NR": (0, (4, 2)), "RELAPSE": (0, (1, 1))}
    return {"linewidth": 1.3, "markersize": 4.5, "linestyle": dashes.get(response, "-"), "gid": "patient"}


def _quartile_bar(ax: Axes, x: float, values: pd.Series, side: str) -> None:
    """Median as a dot and quartiles (SPSS's, (n+1)p) as a bar, the median written beside it."""
    low, middle, high = np.quantile(values.to_numpy(float), [0.25, 0.5, 0.75], method="weibull")
    ax.plot([x, x], [low, high], color=style.INK, linewidth=3, solid_capstyle="butt", gid="quartiles")
    ax.plot([x], [middle], "D", color=style.INK, markersize=6, markeredgecolor="white", gid="median")
    shift = -7 if side == "right" else 7
    ax.annotate(style.number(middle, 1), (x, middle), (shift, 0), textcoords="offset points", ha=side, va="center")


def response_signs(responses: pd.Series) -> list[Line2D]:
    """The entries of a legend of the responses that occur."""
    present = [name for name in style.RESPONSES if name in set(responses)]
    looks = [thin(name) | {"marker": style.RESPONSE_MARKERS[name], "color": style.RESPONSES[name]} for name in present]
    return [Line2D([], [], label=style.short(name), **look) for name, look in zip(present, looks, strict=True)]


def legend_above(ax: Axes, columns: int, signs: Sequence[Artist] | None = None) -> None:
    """The legend of the signs, or else of all that is drawn so far, in so many columns above the plot."""
    look: dict[str, Any] = {"borderaxespad": 0.2, "columnspacing": 1, "handlelength": 1.5, "handletextpad": 0.5}
    handles = ax.get_legend_handles_labels()[0] if signs is None else list(signs)
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=max(columns, 1), **look)


@styled
def waterfall(changes: pd.DataFrame, label: str, ax: Axes | None = None) -> Axes:
    """A bar a patient from nought to the change, the greatest rise first, coloured by response.

    `changes`, one row a patient: USUBJID, CHANGE, RESPONSE. Who has no change is left out.
    """
    ax = axes(ax)
    shown = changes.dropna(subset=["CHANGE"]).sort_values(["CHANGE", "USUBJID"], ascending=[False, True])
    colours = [style.RESPONSES[str(response)] for response in shown["RESPONSE"]]
    edge: dict[str, Any] = {"edgecolor": style.INK, "linewidth": 0.5}
    ax.bar(np.arange(len(shown)), shown["CHANGE"].to_numpy(float), width=0.8, color=colours, gid="change", **edge)
    for row in np.flatnonzero(shown["CHANGE"] == 0):
        ax.annotate("0", (row, 0), (0, 2), textcoords="offset points", ha="center", fontsize=8.5)
    ax.axhline(0, color=style.INK, linewidth=1)
    ax.set_xlim(-0.7, len(shown) - 0.3)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel(f"{style.plural(len(shown), 'patient')}, the greatest rise first")
    ax.set_ylabel(label)
    present = [name for name in style.RESPONSES if name in set(shown["RESPONSE"])]
    legend_above(ax, len(present), [Patch(color=style.RESPONSES[name], label=style.short(name)) for name in present])
    return ax


@styled
def forest(series: pd.DataFrame, label: str, ax: Axes | None = None) -> Axes:
    """Shares with their intervals, a row each, and what each is a share of; nothing is pooled.

    `series`, one row each: LABEL, REGIMEN and DISEASE (on the left), K of N, ENDPOINT and TIME (on the right), RATE,
    LOW and HIGH (shares, 0 to 1), OWN (whether it is this cohort's, whose sign is filled).
    """
    ax = axes(ax, 0.62 * len(series) + 0.9)
    own, y = series["OWN"].to_numpy(bool), np.arange(len(series))
    ax.hlines(y, series["LOW"], series["HIGH"], colors=[style.ACCENT if mine else style.MUTED for mine in own])
    filled: dict[str, Any] = {"color": style.ACCENT, "gid": "own"}
    hollow: dict[str, Any] = {"color": style.MUTED, "markerfacecolor": style.PAPER, "gid": "others"}
    for here, look in ((own, filled), (~own, hollow)):
        ax.plot(series["RATE"][here], y[here], "s", markersize=7, **look)
    counted = [style.proportion(int(k), int(n)) for k, n in zip(series["K"], series["N"], strict=True)]
    told = series.assign(COUNTED=counted)
    sides = ((-0.05, "right", ["LABEL", "REGIMEN", "DISEASE"]), (1.05, "left", ["COUNTED", "ENDPOINT", "TIME"]))
    for x, side, columns in sides:
        for place, column in enumerate(columns):
            small: dict[str, Any] = {"fontsize": 8.5, "color": style.MUTED} if place else {"fontsize": 9.5}
            for row, text in enumerate(told[column]):
                where = ax.get_yaxis_transform()
                ax.text(x, row + 0.28 * (place - 1), text, ha=side, va="center", transform=where, **small)
    row_labels(ax, [""] * len(series))
    if own.any() and not own.all():
        ax.axhline(own.sum() - 0.5, color=style.FAINT, linewidth=1)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1])
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(axis="x", color=style.FAINT, linewidth=0.8)
    ax.set_xlabel(label)
    return ax


@styled
def follow_up(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """One bar a patient as long as the follow-up, a mark where a relapse came.

    `table`, one row a patient: USUBJID, FU_MO (months), RESP_FU, RELAPSE_MO (month of the relapse, if one
    came). The longest bar is on top.
    """
    shown = table.dropna(subset=["FU_MO"]).sort_values(["FU_MO", "USUBJID"], ascending=[False, True])
    shown = shown.assign(RESP_FU=shown["RESP_FU"].fillna("NE"))
    ax = axes(ax, 0.24 * len(shown) + 1.0)
    for response in style.RESPONSES:
        mine = np.flatnonzero(shown["RESP_FU"] == response)
        if len(mine):
            months, colour = shown["FU_MO"].to_numpy(float)[mine], style.RESPONSES[response]
            ax.barh(mine, months, height=0.66, color=colour, label=style.short(response))
    for row, month in enumerate(shown["RELAPSE_MO"]):
        if not style.missing(month):
            ax.plot([month], [row], "X", color=style.INK, markersize=8, markeredgecolor=style.PAPER)
    row_labels(ax, list(shown["USUBJID"]))
    ax.set_xlim(0, float(shown["FU_MO"].max()) * 1.03)
    ax.set_xlabel("Months after the end of maintenance (✕ relapse)")
    legend_above(ax, shown["RESP_FU"].nunique())
    return ax
