"""Figures of what changed in lymphocytes and immunoglobulins, a line or a dot for every patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from cytopenia import style
from cytopenia.figures import panels, styled

ENDS = ("Before", "After")


@styled
def paired(
    pairs: Mapping[str, pd.DataFrame], unit: str, log: bool = False, told: Mapping[str, str] | None = None
) -> list[Axes]:
    """A panel per quantity: a thin line a patient from before to after, the two medians as a thick one.

    `pairs`: label to one row per patient with BEFORE, AFTER and RESPONSE. `log` draws all on one logarithmic
    axis; zeros, which it can't show, are drawn at its foot. `told`, by label, is written below a panel's title.
    """
    axes = panels(len(pairs), 3.5, share_y=log)
    floor = _floor(pairs) if log else 0.0
    for ax, (label, mine) in zip(axes, pairs.items(), strict=True):
        for response, *ends in mine[["RESPONSE", "BEFORE", "AFTER"]].itertuples(index=False):
            look: dict[str, Any] = {"color": style.RESPONSES[str(response)], "gid": "patient"}
            ax.plot([0, 1], np.maximum(ends, floor), marker="o", markersize=3.5, linewidth=0.9, alpha=0.8, **look)
        middle = np.maximum([mine["BEFORE"].median(), mine["AFTER"].median()], floor)
        ax.plot([0, 1], middle, color=style.ACCENT_2, linewidth=2.6, marker="D", markersize=6, gid="median")
        _head(ax, label, (told or {}).get(label, ""))
        ax.set_xticks([0, 1], list(ENDS))
        ax.set_xlim(-0.3, 1.3)
        if log:
            _plain_log(ax)
        else:
            ax.set_ylim(bottom=0)
    axes[0].set_ylabel(style.unit(unit))
    _legend(axes[0], pd.concat([mine["RESPONSE"] for mine in pairs.values()]))
    return axes


def _head(ax: Axes, label: str, told: str) -> None:
    """The title, and below it what is told of the panel."""
    ax.set_title(label, pad=9 + 12 * len(told.splitlines()))
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "va": "bottom", "gid": "told"}
    ax.annotate(told, (0, 1), (0, 5), xycoords="axes fraction", color=style.INK, linespacing=1.3, **look)


def _plain_log(ax: Axes) -> None:
    """A logarithmic axis with 1, 2 and 5 of each decade written out."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    ax.yaxis.set_minor_locator(NullLocator())


def _legend(ax: Axes, responses: pd.Series) -> None:
    """Below all panels: the colours of the responses that occur, and the median."""
    present = [name for name in style.RESPONSES if name in set(responses)]
    lines = [Line2D([], [], color=style.RESPONSES[name], marker="o", markersize=3.5) for name in present]
    lines.append(Line2D([], [], color=style.ACCENT_2, linewidth=2.6, marker="D", markersize=6))
    names = [*map(style.short, present), "median"]
    ax.figure.legend(lines, names, loc="outside lower center", ncols=len(names))


def _floor(pairs: Mapping[str, pd.DataFrame]) -> float:
    """Half of the smallest value above zero: where a logarithmic axis shows a zero."""
    values = pd.concat([mine[["BEFORE", "AFTER"]].stack() for mine in pairs.values()])
    above = values[values > 0]
    return float(above.min()) / 2 if len(above) else 1.0


@styled
def shifts(changes: Mapping[str, pd.DataFrame], rows: pd.DataFrame, unit: str, ax: Axes | None = None) -> Axes:
    """Every patient's change as a dot, the Hodges-Lehmann shift with its interval as a bar, a line at nought.

    `changes`: label to one row per patient with CHANGE; `rows`: LABEL, ESTIMATE, LOW, HIGH, an end missing
    where there is no interval.
    """
    ax = panels(1, 0.5 * len(changes) + 0.9)[0] if ax is None else ax
    ax.axvline(0, color=style.MUTED, linewidth=1, zorder=0, gid="no change")
    for row, (label, mine) in enumerate(changes.items()):
        ax.plot(
            mine["CHANGE"],
            [row + 0.16] * len(mine),
            "o",
            color=style.ACCENT,
            alpha=0.45,
            markersize=4,
            gid=label,
        )
    shown = rows.set_index("LABEL").loc[list(changes)]
    y = np.arange(len(shown)) - 0.12
    ax.hlines(y, shown["LOW"], shown["HIGH"], color=style.ACCENT_2, linewidth=2.4)
    ax.plot(shown["ESTIMATE"], y, "D", color=style.ACCENT_2, markersize=6.5, gid="shift")
    ax.set_yticks(range(len(changes)), list(changes))
    ax.set_ylim(len(changes) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(style.with_unit("Change", unit))
    return ax
