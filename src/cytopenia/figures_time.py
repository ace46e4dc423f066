"""Figures of time: shares who have responded or are still free of an event, and readings as they ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator, PercentFormatter

from cytopenia import style
from cytopenia.figures import (
    MONTH,
    axes,
    criteria_lines,
    legend_above,
    log_axis,
    month_step,
    panels,
    response_signs,
    styled,
    thin,
)
from cytopenia.schemas import DAYS_A_MONTH
from cytopenia.survival import at_times

FEWEST = 3
"""Patients below whom a median over time is not drawn."""

LOOKS = ((style.ACCENT, "-"), (style.ACCENT_2, (0, (4, 2))), (style.INK, (0, (1, 1))))
WEEK = 7
FOOT = 0.025  # where transfusions stand, as a share of the height
BELOW, LINE = -44, 13  # points from the axis to the first line of numbers at risk, and from line to line


# Shares over time --------------------------------------------------------------------------------


@styled
def incidence(
    curves: Mapping[str, pd.DataFrame],
    label: str,
    ax: Axes | None = None,
    until: float = 31,
    time: str = "Days since the first dose",
) -> Axes:
    """The share who had the event against time: a step line a curve, a band where LOW and HIGH are given.

    `curves`: name to a table with TIME, INCIDENCE and, if there is one, the interval LOW, HIGH (shares). Every line
    runs on to `until`; a thin line marks one half, where the medians are read. Below stand the numbers still at risk
    of the curves that have N_RISK.
    """
    ax = _shares(curves, "INCIDENCE", 0.0, axes(ax), until)
    ax.xaxis.set_major_locator(MultipleLocator(WEEK))
    return _told(ax, curves, label, time)


@styled
def event_free(
    curves: Mapping[str, pd.DataFrame],
    label: str,
    ax: Axes | None = None,
    time: str = "Months since the response",
) -> Axes:
    """The share still free of the event against months: a step line a curve, a tick where somebody was censored.

    `curves`: name to a table with TIME, SURVIVAL and, if there are, the interval LOW, HIGH (shares), CENSORED and
    N_RISK, as `survival` gives them. Below stand the numbers still at risk of the curves that have N_RISK.
    """
    until = max(float(curve["TIME"].max()) for curve in curves.values())
    ax = _shares(curves, "SURVIVAL", 1.0, axes(ax, 3.9), until)
    for curve, (colour, _) in zip(curves.values(), LOOKS, strict=False):
        if "CENSORED" in curve:
            left = curve[curve["CENSORED"] > 0]
            look: dict[str, Any] = {"color": colour, "markersize": 9, "markeredgewidth": 1.4, "clip_on": False}
            ax.plot(left["TIME"], left["SURVIVAL"], "|", gid="censored", label="last seen free of it", **look)
    ax.xaxis.set_major_locator(MultipleLocator(month_step(until)))
    return _told(ax, curves, label, time)


def _shares(curves: Mapping[str, pd.DataFrame], column: str, start: float, ax: Axes, until: float) -> Axes:
    """A step line a curve from `start` on, with its band."""
    for (name, curve), (colour, dash) in zip(curves.items(), LOOKS, strict=False):
        shown = _carried(curve[curve["TIME"] <= until], column, start, until)
        ax.step(shown["TIME"], shown[column], where="post", color=colour, linestyle=dash, label=name, gid="curve")
        if {"LOW", "HIGH"} <= set(shown.columns):
            ends = (shown["LOW"], shown["HIGH"])
            ax.fill_between(shown["TIME"], *ends, step="post", color=colour, alpha=0.15, linewidth=0)
    ax.axhline(0.5, color=style.FAINT, linewidth=1, zorder=0, gid="half")
    ax.set_xlim(0, until)
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return ax


def _carried(curve: pd.DataFrame, column: str, start: float, until: float) -> pd.DataFrame:
    """The curve from nought to `until`, its last row carried forward."""
    first = pd.DataFrame({"TIME": [0.0], column: [start]}) if not (curve["TIME"] == 0).any() else None
    end = curve.tail(1).assign(TIME=float(until))
    parts = [part for part in (first, curve, end) if part is not None and len(part)]
    return pd.concat(parts, ignore_index=True)


def _told(ax: Axes, curves: Mapping[str, pd.DataFrame], label: str, time: str) -> Axes:
    ax.set_xlabel(time)
    ax.set_ylabel(label)
    legend_above(ax, 1)
    low, high = ax.get_xlim()
    ticks = [float(tick) for tick in ax.get_xticks() if low <= tick <= high]
    _at_risk(ax, {name: curve for name, curve in curves.items() if "N_RISK" in curve}, ticks)
    return ax


def _at_risk(ax: Axes, curves: Mapping[str, pd.DataFrame], ticks: Sequence[float]) -> None:
    """Below the axis, for each curve its name and how many are still observed without the event at each tick."""
    for place, (name, curve) in enumerate(curves.items()):
        down = BELOW - 2.1 * place * LINE
        look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "va": "center"}
        corner: dict[str, Any] = {"xycoords": "axes fraction", "color": style.MUTED, "ha": "left"}
        ax.annotate(f"At risk, {name}", (0, 0), (-4, down), gid="at risk of", **look, **corner)
        for tick, n in zip(ticks, at_times(curve, ticks)["N_RISK"], strict=True):
            where: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "center"}
            ax.annotate(str(int(n)), (tick, 0), (0, down - LINE), gid="at risk", **look, **where)


# Readings over time ------------------------------------------------------------------------------


@styled
def trajectories(
    readings: pd.DataFrame,
    label: str,
    lines: Mapping[str, float],
    ax: Axes | None = None,
    log: bool = False,
    days: bool = False,
    transfusions: pd.DataFrame | None = None,
    legend: bool = True,
) -> Axes:
    """Every patient's readings over time as a thin line, the median of each visit as a thick one.

    A visit has a median where at least `FEWEST` patients were seen. `readings`, one row a reading: USUBJID,
    ADY (study day), AVAL, AVISITN (its visit), RESPONSE (of the patient). `lines` are the thresholds of the
    criteria. Time is in months, or with `days` in days of the first month only. `transfusions` (USUBJID, ADY) are
    triangles at the foot with how many were given that day; those of the first month only with `days`.
    """
    ax = axes(ax, 3.9)
    seen = readings.dropna(subset=["AVAL", "ADY"])
    shown = seen[seen["ADY"] <= MONTH] if days else seen
    shown = shown.assign(TIME=shown["ADY"].astype(float) / (1 if days else DAYS_A_MONTH))
    for _, mine in shown.sort_values("TIME").groupby("USUBJID"):
        response = str(mine["RESPONSE"].iloc[0])
        last = {"marker": style.RESPONSE_MARKERS[response], "markevery": [-1]}
        look = thin(response) | last | {"linewidth": 1, "alpha": 0.85}
        ax.plot(mine["TIME"], mine["AVAL"], color=style.RESPONSES[response], **look)
    enough = shown.groupby("AVISITN")["USUBJID"].transform("nunique") >= FEWEST
    middle = shown[enough].groupby("AVISITN")[["TIME", "AVAL"]].median().sort_values("TIME")
    ax.plot(middle["TIME"], middle["AVAL"], color=style.INK, linewidth=2.4, gid="median")
    if log:
        log_axis(ax, seen["AVAL"])
    criteria_lines(ax, lines, "right", named=not days)
    ax.set_xlim(-2 if days else 0, MONTH if days else None)
    ax.xaxis.set_major_locator(MultipleLocator(WEEK if days else month_step(ax.get_xlim()[1])))
    ax.set_xlabel("Days since the first dose" if days else "Months since the first dose")
    ax.set_ylabel(label)
    if transfusions is not None:
        _transfused(ax, transfusions["ADY"].astype(float), days)
    if legend:
        signs = _signs(shown["RESPONSE"], transfusions)
        legend_above(ax, len(signs), signs)
    return ax


def _signs(responses: pd.Series, transfusions: pd.DataFrame | None) -> list[Line2D]:
    given = transfusions is not None and len(transfusions)
    sign = Line2D([], [], marker="^", linestyle="none", color=style.INK, markersize=6, label="transfusions")
    return [*response_signs(responses), sign] if given else response_signs(responses)


@styled
def course(
    readings: pd.DataFrame, label: str, lines: Mapping[str, float], log: bool, transfusions: pd.DataFrame | None = None
) -> list[Axes]:
    """The trajectories of the first month in days and of all months, side by side, with one legend."""
    days, months = drawn = panels(2, 3.9, share_y=True)
    trajectories(readings, label, lines, days, log, True, transfusions, legend=False)
    trajectories(readings, "", lines, months, log, False, transfusions, legend=False)
    signs = _signs(readings["RESPONSE"], transfusions)
    days.figure.legend(handles=signs, loc="outside upper left", ncols=len(signs), columnspacing=1.2)
    return drawn


def _transfused(ax: Axes, given: pd.Series, days: bool) -> None:
    """A triangle at the foot for each day with transfusions of the panel's time, and how many where it isn't one."""
    mine = given[given <= MONTH] if days else given[given > MONTH]
    if mine.empty:
        return
    counts = mine.value_counts().sort_index()
    times = counts.index.to_numpy(float) / (1 if days else DAYS_A_MONTH)
    foot = ax.get_xaxis_transform()
    look: dict[str, Any] = {"color": style.INK, "markersize": 6, "linestyle": "none", "zorder": 4}
    ax.plot(times, [FOOT] * len(times), "^", transform=foot, gid="transfusion", **look)
    small: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "gid": "given"}
    for time, n in zip(times, counts, strict=True):
        if n > 1:
            ax.annotate(str(n), (time, FOOT), (5, 0), xycoords=foot, va="center", **small)
