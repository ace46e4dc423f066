"""Figures of treatment and adverse events over time, a line for every patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from cytopenia import style
from cytopenia.figures import axes, styled
from cytopenia.safety import EPOCHS, WHOLE
from cytopenia.schemas import DAYS_A_MONTH
from cytopenia.tables_safety import epoch

LEADS_TO = {"INDUCTION": "BL", "MAINTENANCE": "M1", "FOLLOW-UP": "EOT", WHOLE: "M1"}
"""Whose colour an epoch has: that of the landmark it begins at."""

EVENT_MARKERS = ("v", "s", "^", "P", "X", "D", "p", "h")


@styled
def swimmer(time: pd.DataFrame, doses: pd.DataFrame, events: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """A bar a patient, longest on top, coloured by epoch; doses as ticks, adverse events as signs.

    `time`: USUBJID, EPOCH, MONTHS, one row per patient and epoch in order; `doses`: USUBJID, ADY; `events`:
    USUBJID, AEDECOD, AESTDY. Days are study days; what lies before the first dose isn't drawn.
    """
    total = time.groupby("USUBJID", sort=False)["MONTHS"].sum().sort_values(ascending=False, kind="stable")
    row = {who: place for place, who in enumerate(total.index)}
    ax = axes(ax, 0.17 * len(row) + 1.2)
    start = dict.fromkeys(row, 0.0)
    for who, name, months in time[["USUBJID", "EPOCH", "MONTHS"]].itertuples(index=False):
        colour = style.TIMES[LEADS_TO[name]]
        ax.barh(row[who], months, left=start[who], height=0.66, color=colour, alpha=0.55, gid=name)
        start[who] += months
    _marks(ax, doses, "ADY", row, marker="|", color=style.INK, markersize=6, label="rituximab dose")
    for (term, mine), marker in zip(events.groupby("AEDECOD"), EVENT_MARKERS * len(events), strict=False):
        colour = style.ACCENT_2
        _marks(ax, mine, "AESTDY", row, marker=marker, color=colour, markersize=7, label=str(term))
    _legend(ax, time)
    ax.set_yticks(range(len(row)), list(row), fontsize=7)
    ax.set_ylim(len(row) - 0.3, -0.7)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("Months since the first dose")
    return ax


def _marks(ax: Axes, found: pd.DataFrame, day: str, row: dict[str, int], **look: object) -> None:
    """A sign at each day after the first dose of a patient who has a bar."""
    mine = found[found["USUBJID"].isin(list(row)) & found[day].ge(1)]
    months = mine[day].astype(float).to_numpy() / DAYS_A_MONTH
    places = np.array([row[who] for who in mine["USUBJID"]], dtype=float)
    ax.plot(months, places, linestyle="none", clip_on=False, gid=str(look["label"]), **look)  # type: ignore[arg-type]


def _legend(ax: Axes, time: pd.DataFrame) -> None:
    for name in [one for one in (*EPOCHS, WHOLE) if one in set(time["EPOCH"])]:
        ax.barh(0, 0, color=style.TIMES[LEADS_TO[name]], alpha=0.55, label=epoch(name))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, columnspacing=1.2)


@styled
def igg(found: pd.DataFrame, limit: float, ax: Axes | None = None) -> Axes:
    """A line a patient, lowest IgG on top: baseline, lowest and last IgG in g/L, a triangle before an infection.

    `found` comes from `safety.igg_and_infections`; patients without any IgG aren't drawn. `limit` is the lower
    limit of normal.
    """
    known = found[found[["BASE", "LOWEST"]].notna().any(axis=1)].reset_index(drop=True)
    ax = axes(ax, 0.2 * len(known) + 1.3)
    ax.axvline(limit, color=style.MUTED, linestyle=(0, (1, 2)), linewidth=1.2, zorder=1, gid="limit")
    ends = known[["BASE", "LOWEST", "LAST"]]
    ax.hlines(known.index, ends.min(axis=1), ends.max(axis=1), color=style.FAINT, linewidth=3, zorder=1)
    looks: dict[str, dict[str, object]] = {
        "baseline": {"column": "BASE", "marker": "o", "markerfacecolor": style.PAPER, "color": style.TIMES["M1"]},
        "lowest later": {"column": "LOWEST", "marker": "|", "markersize": 11, "color": style.INK},
        "last": {"column": "LAST", "marker": "o", "color": style.TIMES["EOT"]},
        "last before an infection": {"column": "BEFORE", "marker": "v", "markersize": 9, "color": style.ACCENT_2},
    }
    for label, look in looks.items():
        column = str(look.pop("column"))
        ax.plot(known[column], known.index, linestyle="none", gid=column, label=label, **look)  # type: ignore[arg-type]
    ax.annotate(
        "assumed lower limit of normal",
        (limit, 0),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 6),
        textcoords="offset points",
        ha="right",
        fontsize=9,
        color=style.MUTED,
    )
    ax.set_yticks(range(len(known)), list(known["USUBJID"]), fontsize=8)
    ax.set_ylim(len(known) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(style.with_unit(style.quantity("IGG"), "g/L"))
    ax.set_xlim(left=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2, columnspacing=1.2, handletextpad=0.3)
    return ax
