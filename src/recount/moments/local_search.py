"""A sample mended so that its sums of squares are within bounds, by small moves that keep every sum.

One patient's value goes a step up, another's a step down, of one variable or of all at once. The move that leaves
least to mend is made; where none mends anything, one by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np

MOVES = 400  # at most
AT_ONCE = 100  # patients among whom a move is looked for
LARGEST = 2**52  # sums of squares are counted by 64 bits


@dataclass(frozen=True)
class Form:
    """A sum of factor times variable and a constant, of each patient, whose squares are to add up to `least`..`most`.

    The values are to stay from `low` to `high`.
    """

    factors: np.ndarray
    constant: int
    low: int
    high: int
    least: int
    most: int


def swapped(start: np.ndarray, steps: np.ndarray, forms: list[Form], rng: np.random.Generator) -> np.ndarray | None:
    """The values (a row a variable, a column a patient) with each form's sum of squares in its bounds; None: not met.

    Sums stay as they are. None too where the numbers would be too large.

    >>> plain = Form(np.array([1]), 0, 0, 9, 30, 30)
    >>> sorted(swapped(np.array([[2, 2, 2, 4]]), np.array([1]), [plain], np.random.default_rng(1))[0].tolist())
    [1, 2, 3, 4]
    """
    kinds = [np.where(np.arange(len(steps)) == v, steps, 0) for v in range(len(steps))]
    kinds += [steps] if len(steps) > 1 else []
    by = np.array([[int(form.factors @ kind) for form in forms] for kind in kinds])  # what a move adds to a form
    least, most = (np.array([getattr(form, end) for form in forms]) for end in ("least", "most"))
    if max(map(abs, (*least.tolist(), *most.tolist())), default=0) > LARGEST or start.shape[1] < 2:
        return None
    values = start.copy()
    weights = np.array([1 / max(1, isqrt(max(form.most, 0))) for form in forms])
    for _ in range(MOVES):
        y = np.array([form.factors @ values + form.constant for form in forms])
        q = (y * y).sum(axis=1)
        if _left(q, least, most, weights) == 0:
            return values
        kind, up, down = _move(y, q, by, forms, least, most, weights, rng)
        values[:, up] += kinds[kind]
        values[:, down] -= kinds[kind]
    return None


def _left(q: np.ndarray, least: np.ndarray, most: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How far sums of squares are from their bounds; the last axis is the form's."""
    return np.asarray((np.maximum(0, np.maximum(least - q, q - most)) * weights).sum(axis=-1))


def _move(
    y: np.ndarray,
    q: np.ndarray,
    by: np.ndarray,
    forms: list[Form],
    least: np.ndarray,
    most: np.ndarray,
    weights: np.ndarray,
    rng: np.random.Generator,
) -> tuple[int, int, int]:
    """The kind of move, who goes up and who goes down: the best, or one by chance where none betters anything."""
    who = np.arange(y.shape[1]) if y.shape[1] <= AT_ONCE else rng.choice(y.shape[1], AT_ONCE, replace=False)
    y = y[:, who]
    low, high = (np.array([getattr(form, end) for form in forms])[:, None] for end in ("low", "high"))
    change = by[:, :, None]
    up = ((y + change <= high) & (y + change >= low)).all(axis=1)
    down = ((y - change <= high) & (y - change >= low)).all(axis=1)
    apart = y[:, :, None] - y[:, None, :]
    gained = 2 * by[:, :, None, None] * apart + 2 * by[:, :, None, None] ** 2
    left = _left(np.moveaxis(q[:, None, None] + gained, 1, -1), least, most, weights)
    left[~(up[:, :, None] & down[:, None, :])] = np.inf
    left[:, np.arange(y.shape[1]), np.arange(y.shape[1])] = np.inf
    best = left.min()
    if best < _left(q, least, most, weights):
        chosen = np.argwhere(left == best)
    else:
        near = left[np.isfinite(left)]
        chosen = np.argwhere(left <= (np.quantile(near, 0.1) if len(near) else np.inf))
    kind, one, other = chosen[rng.integers(len(chosen))].tolist()
    return kind, int(who[one]), int(who[other])
