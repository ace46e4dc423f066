"""What patients without a value could do to a comparison of those who have one: bounds and tipping points.

The patients compared are not a sample of everybody treated: whoever relapsed, was lost or never responded has
no second value. Nothing here guesses theirs. It asks how few of them would have to differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from cytopenia.inference import rank_sum_chances, signed_rank, two_sided_p, with_rank

LEVEL = 0.05
"""The significance level of the paper's methods section."""


@dataclass(frozen=True)
class Direction:
    """Which way most of the observed changes go, and what `missing` unobserved ones could do to it.

    `falls` and `rises` of `n` observed; the share of everybody who fell lies in [`least`, `most`] (0 to 1).
    `to_undo` is the fewest missing patients who, going the other way while the rest of them stay put, leave no
    majority; None where even all of them can't, or where there is none to begin with.
    """

    n: int
    missing: int
    falls: int
    rises: int
    least: float
    most: float
    to_undo: int | None


def direction(change: ArrayLike, missing: int) -> Direction:
    """The direction of the changes and its bounds; see `Direction`. Horowitz & Manski, JASA 2000;95:77.

    ValueError where `missing` is below 0 or nobody is left.

    >>> direction([-1, -2, -3, 1], missing=2).to_undo
    2
    """
    values = np.asarray(change, dtype=float)
    if missing < 0 or len(values) + missing < 1:
        raise ValueError(f"bounds need patients, and no fewer than none missing (got {len(values)} and {missing})")
    falls, rises = int((values < 0).sum()), int((values > 0).sum())
    everybody = len(values) + missing
    apart = abs(falls - rises)
    to_undo = apart if 0 < apart <= missing else None
    return Direction(len(values), missing, falls, rises, falls / everybody, (falls + missing) / everybody, to_undo)


def to_cross(change: ArrayLike, missing: int, level: float = LEVEL) -> int | None:
    """The fewest missing patients whose changes would bring the exact signed-rank P across the level.

    Each is taken as larger than every observed change, the most that ranks can notice: against the observed
    direction where P is below the level, with it (or either way where there is none) where it isn't. The rest
    of the missing stay out. None where even all of them don't.

    >>> to_cross([-1, -2, -3, -4, -5, -6], missing=3)
    1
    """
    found = signed_rank(change)
    moved = np.abs(np.asarray(change, dtype=float))
    doubled = np.rint(2 * stats.rankdata(moved[moved > 0])).astype(int)
    chances, total, below = rank_sum_chances(doubled), round(2 * found.w_plus), found.p_exact < level
    rises = (found.w_plus >= found.w_minus) != below
    for count in range(1, missing + 1):
        rank = 2 * (found.n + count)
        chances, total = with_rank(chances, rank), total + rank * rises
        if (two_sided_p(chances, total) < level) != below:
            return count
    return None


def mean_to_cancel(change: ArrayLike, missing: int) -> float:
    """The mean change that the missing would need for everybody's mean change to be nought; NaN without missing.

    -(sum of the observed changes) / missing.

    >>> mean_to_cancel([-2, -4], missing=3)
    2.0
    """
    values = np.asarray(change, dtype=float)
    return float(-values.sum() / missing) if missing else math.nan


@dataclass(frozen=True)
class Regression:
    """The correlation of the values before with their changes, and what it would be by chance alone.

    `by_chance` is -sqrt((1 - r) / 2) for a quantity that keeps its mean and spread, r being the correlation of
    before with after: whoever was measured high by chance is lower the next time. Oldham, J Chronic Dis
    1962;15:969; Tu & Gilthorpe, Stat Med 2007;26:443.
    """

    observed: float
    by_chance: float


def regression_to_the_mean(before: ArrayLike, change: ArrayLike) -> Regression:
    """How far the changes go as regression to the mean makes them; NaN for fewer than three or no variation."""
    first, moved = np.asarray(before, dtype=float), np.asarray(change, dtype=float)
    second = first + moved
    if len(first) < 3 or min(np.ptp(first), np.ptp(moved), np.ptp(second)) == 0:
        return Regression(math.nan, math.nan)
    agreement = float(np.corrcoef(first, second)[0, 1])
    return Regression(float(np.corrcoef(first, moved)[0, 1]), -math.sqrt((1 - agreement) / 2))
