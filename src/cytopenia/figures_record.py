"""Figures about the printed record: how far it determines the patients, verdicts, ranges."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from cytopenia import style
from cytopenia.figures import axes, styled
from recount.results import NOT_PROVEN, PROVEN, PROVEN_TWICE, REACHED_NEARLY, end_status

LABEL = 50  # characters of a question in one line
BEYOND = (-0.16, 1.16)  # where the lines beyond unproven ends go, on a unit's scale
CLEAR = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 0.8}
HEAD = 0.8  # rows that a unit's heading takes


@styled
def determination(counts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Stacked bars, one a variable: its patients' values determined, constrained and assumed, as shares.

    `counts` is one row a variable with a column for each origin.
    """
    ax = axes(ax, height=0.19 * len(counts) + 0.9)
    total = counts[list(style.ORIGINS)].sum(axis=1)
    left = pd.Series(0.0, index=counts.index)
    for origin, colour in style.ORIGINS.items():
        share = counts[origin] / total
        ax.barh(range(len(counts)), share, left=left, color=colour, label=origin, height=0.8)
        left = left + share
    labels = [style.variable(name) for name in counts["variable"]]
    ax.set_yticks(range(len(counts)), labels, fontsize=7.5)
    ax.set_ylim(len(counts) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f} %")
    ax.set_xlabel("Share of the patients who have a value")
    ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False)
    return ax


@styled
def verdicts(counts: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Stacked bars, one a place: how many of its claims have which verdict, the number in each part wide enough.

    `counts` is one row a place with a column for each verdict.
    """
    ax = axes(ax, height=0.3 * len(counts) + 0.9)
    left = pd.Series(0, index=counts.index)
    most = int(counts[list(style.VERDICTS)].sum(axis=1).max())
    for verdict, colour in style.VERDICTS.items():
        n = counts[verdict]
        if not n.any():
            continue
        ax.barh(range(len(counts)), n, left=left, color=colour, edgecolor=style.MUTED, linewidth=0.6, label=verdict)
        ink = style.PAPER if verdict in ("follows", "follows, cut off", "contradicted") else style.INK
        for row, (count, start) in enumerate(zip(n, left, strict=True)):
            if count >= most / 40:
                ax.text(start + count / 2, row, str(count), ha="center", va="center", color=ink, fontsize=8.5)
        left = left + n
    ax.set_yticks(range(len(counts)), [f"Section {p}" if p[:1].isdigit() else p for p in counts["place"]])
    ax.set_ylim(len(counts) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Printed numbers")
    ax.legend(loc="lower center", bbox_to_anchor=(0.42, 1.0), ncols=3, frameon=False)
    return ax


@styled
def ranges(frame: pd.DataFrame, anchors: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A bar a question from the least to the greatest value, its ends written beside it; grouped by unit.

    `frame` is one row a question (id, question, unit, low, high, low_bound, high_bound, proof), all text; `anchors`
    (id, printed) are triangles above the bar. Each unit has a scale of its own, that of patients from nought. `ENDS`
    says which mark an end has.
    """
    rows = layout(frame, anchors)
    ax = axes(ax, height=0.34 * float(rows["y"].max() + 1) + 0.3)
    for row in rows.to_dict("records"):
        _range(ax, row)
    for unit, top in rows.groupby("unit", sort=False)["y"].min().items():
        ax.text(0, top - HEAD, style.unit(unit), fontsize=9, fontweight="bold", color=style.MUTED, va="center")
    ax.set_yticks(rows["y"], [fill(question, LABEL) for question in rows["question"]], fontsize=8)
    ax.set_ylim(float(rows["y"].max()) + 0.6, -0.5)
    ax.set_xlim(*BEYOND)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_visible(False)
    return ax


def layout(frame: pd.DataFrame, anchors: pd.DataFrame) -> pd.DataFrame:
    """One row a question that has a range, by unit: y, and `x_low`, `x_high`, `x_anchor` on its unit's scale, 0 to 1.

    `low_status` and `high_status` say how far an end is proven; texts stay in `low`, `high`, `printed`.
    """
    found = frame[(frame["low"] != "") & (frame["high"] != "")].merge(anchors, how="left", on="id")
    parts: list[pd.DataFrame] = []
    top = 0.0
    for unit in found["unit"].unique():
        part = found[found["unit"] == unit]
        part = part.assign(y=[top + HEAD + k for k in range(len(part))], **_places(part, str(unit)))
        top = float(part["y"].max()) + 1
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _places(part: pd.DataFrame, unit: str) -> dict[str, Any]:
    low, high = part["low"].astype(float), part["high"].astype(float)
    anchor = part["printed"].astype(float)
    every = pd.concat([low, high, anchor]).dropna()
    least = min(0.0, every.min()) if unit == "patients" else every.min()
    wide = every.max() - least or 1.0
    return {
        "x_low": (low - least) / wide,
        "x_high": (high - least) / wide,
        "x_anchor": (anchor - least) / wide,
        "low_status": _statuses(part, "low"),
        "high_status": _statuses(part, "high"),
    }


def _statuses(part: pd.DataFrame, end: str) -> list[str]:
    return [end_status(*texts) for texts in part[["proof", end, f"{end}_bound"]].itertuples(index=False, name=None)]


ENDS = {  # a dot, full, half or empty, and a ring around what two provers agree on
    PROVEN_TWICE: {"fillstyle": "full", "markerfacecolor": style.ACCENT},
    PROVEN: {"fillstyle": "full", "markerfacecolor": style.ACCENT},
    REACHED_NEARLY: {"fillstyle": "bottom", "markerfacecolor": style.ACCENT, "markerfacecoloralt": style.PAPER},
    NOT_PROVEN: {"fillstyle": "full", "markerfacecolor": style.PAPER},
}


def _range(ax: Axes, row: dict[Any, Any]) -> None:
    """One question's bar with its ends, their numbers and its printed neighbour."""
    y, low, high = row["y"], row["x_low"], row["x_high"]
    ax.plot([0, 1], [y, y], color=style.FAINT, linewidth=0.8, zorder=1)
    ax.plot([low, high], [y, y], color=style.ACCENT, linewidth=4, solid_capstyle="butt", zorder=2, gid="range")
    for x, status, edge in ((low, row["low_status"], BEYOND[0]), (high, row["high_status"], BEYOND[1])):
        _end(ax, x, y, status, edge)
    if pd.notna(row["x_anchor"]):
        x = row["x_anchor"]
        ax.plot(x, y - 0.26, "v", markersize=5, color=style.ACCENT_2, zorder=4, gid="printed")
        ax.text(x + 0.015, y - 0.3, row["printed"], color=style.ACCENT_2, va="center", fontsize=7.5)
    texts = style.shortened(row["low"], 2), style.shortened(row["high"], 2)
    if texts[0] != texts[1]:
        ax.text(low - 0.02, y, texts[0], ha="right", va="center", fontsize=8.5, bbox=CLEAR)
    ax.text(high + 0.02, y, texts[1], ha="left", va="center", fontsize=8.5, bbox=CLEAR)


def _end(ax: Axes, x: float, y: float, status: str, edge: float) -> None:
    """The mark of one end, with dashes on to the edge where nothing is proven, and a ring where it is proven twice."""
    if status == NOT_PROVEN:
        ax.plot([x, edge], [y, y], color=style.ACCENT, linewidth=1.2, linestyle=(0, (2, 2)), zorder=1, gid="open")
    if status == PROVEN_TWICE:
        ax.plot(x, y, "o", markersize=10, markerfacecolor="none", markeredgecolor=style.ACCENT, zorder=3, gid="twice")
    look: dict[str, Any] = ENDS[status]
    ax.plot(x, y, "o", markersize=6, markeredgecolor=style.ACCENT, zorder=3, gid="end", **look)
