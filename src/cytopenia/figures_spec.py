"""The specification curve: one number under every way to read the criteria."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from cytopenia import style
from cytopenia.figures import styled

FIXED = ("specification", "estimate", "low", "high", "default")
UPPER, LINE = 2.3, 0.17  # inches: the curve, and one option's line


@styled
def specification_curve(frame: pd.DataFrame, label: str = "Estimate, with interval", share: bool = True) -> Axes:
    """The estimates in order with their intervals, and below which option of each switch made them; the upper Axes.

    `frame`, one row a specification: specification, estimate, low, high (shares unless `share` is off), default
    (whether it is the usual reading), and a text column a switch. An option that is missing or `–` has no dot. An
    end that is missing leaves its interval out.
    """
    shown, lines = ordered(frame), options(frame)
    height = UPPER + LINE * len(lines) + 0.5
    ratios, size = (UPPER, LINE * max(len(lines), 1)), (style.WIDTH, height)
    _, grid = plt.subplots(2, 1, sharex=True, squeeze=False, figsize=size, height_ratios=ratios)
    upper: Axes = grid[0, 0]
    lower: Axes = grid[1, 0]
    _curve(upper, shown, label, share)
    _choices(lower, shown, lines)
    usual = np.flatnonzero(shown["default"]).tolist()
    for ax in (upper, lower):
        for x in usual:
            ax.axvline(x, color=style.ACCENT_2, linewidth=1.2, zorder=1, gid="default")
    return upper


def switches(frame: pd.DataFrame) -> list[str]:
    """The columns of a frame of specifications that tell what was chosen."""
    return [str(name) for name in frame.columns if name not in FIXED]


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """The specifications from the least estimate to the greatest; ties by what was chosen, so that they stand together.

    Without those that have no estimate.
    """
    known = frame.dropna(subset=["estimate"]).astype({"default": bool})
    return known.sort_values(["estimate", *switches(frame), "specification"], ignore_index=True)


def options(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per option that was chosen at all: switch, option, usual; in each switch the usual ones first."""
    found = []
    for switch in switches(frame):
        usual = set(frame.loc[frame["default"].astype(bool), switch])
        chosen = sorted({one for one in frame[switch] if not _none(one)}, key=lambda one: (one not in usual, one))
        found += [(switch, one, one in usual) for one in chosen]
    return pd.DataFrame(found, columns=["switch", "option", "usual"])


def _none(option: object) -> bool:
    return style.missing(option) or option == style.MISSING


def _curve(ax: Axes, shown: pd.DataFrame, label: str, share: bool) -> None:
    """Every estimate as a dot on its interval, that of the usual reading a diamond."""
    x, whole = np.arange(len(shown)), shown[["low", "high"]].notna().all(axis=1)
    size = _size(len(shown))
    ends = (shown.loc[whole, "low"], shown.loc[whole, "high"])
    ax.vlines(x[whole], *ends, color=style.ACCENT, alpha=0.35, linewidth=min(size / 2, 2), gid="interval")
    ax.plot(x, shown["estimate"], "o", color=style.ACCENT, markersize=size, gid="estimate")
    usual = shown["default"].to_numpy()
    if usual.any():
        look: dict[str, Any] = {"color": style.ACCENT_2, "markeredgecolor": style.PAPER, "markersize": 9, "zorder": 4}
        ax.plot(x[usual], shown.loc[usual, "estimate"], "D", label="usual reading", gid="usual", **look)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, handletextpad=0.3)
    ax.set_ylabel(label)
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.grid(axis="y", color=style.FAINT, linewidth=0.8)
    ax.set_xlim(-0.8, max(len(shown), 1) - 0.2)
    if share:
        ax.set_ylim(-0.02, 1.02)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _choices(ax: Axes, shown: pd.DataFrame, lines: pd.DataFrame) -> None:
    """A line an option with a dot for every specification that takes it; switches are told apart by shading."""
    for place, (switch, mine) in enumerate(lines.groupby("switch", sort=False)):
        first, last = int(mine.index[0]), int(mine.index[-1])
        if place % 2 == 0:
            ax.axhspan(first - 0.5, last + 0.5, color=style.FAINT, alpha=0.45, linewidth=0, zorder=0)
        where = (1.012, (first + last) / 2)
        ax.text(*where, str(switch), transform=ax.get_yaxis_transform(), va="center", fontsize=8.5, fontweight="bold")
    for row, (switch, option, _) in enumerate(lines.itertuples(index=False, name=None)):
        x = np.flatnonzero(shown[switch] == option)
        ax.plot(x, [row] * len(x), "o", color=style.INK, markersize=_size(len(shown)), gid=f"{switch}={option}")
    ax.set_yticks(range(len(lines)), list(lines["option"]), fontsize=8.5)
    ax.set_ylim(max(len(lines), 1) - 0.5, -0.5)
    ax.tick_params(length=0, labelbottom=False)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.set_xlabel(f"{style.plural(len(shown), 'specification')}, from the least estimate to the greatest")


def _size(n: int) -> float:
    """How large a dot may be so that so many stand side by side."""
    return float(np.clip(350 / max(n, 1), 1.8, 6))
