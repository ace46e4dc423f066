"""Figures about the printed record: how far it determines the patients."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from cytopenia import style
from cytopenia.figures import axes, styled


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
