"""A figure of immunoglobulin G beside infections, a line for every patient."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cytopenia import style
from cytopenia.figures import axes, styled


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
