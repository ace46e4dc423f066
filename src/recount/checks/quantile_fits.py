"""Which definitions of quantiles can print given quartiles of n values on a grid.

A quantile lies at a place among the sorted values, `recount.checks.quantiles.position`: it is one of them, or
(1 - f) x[k] + f x[k+1]. So printed quartiles bound a few sorted values and sums of neighbours, and the question is
whether sorted whole numbers (values in steps) satisfy the bounds. They are looked for from the lowest place up; of
those places that have no neighbour in common only the least value that can stand there matters to the next.

Source of the definitions: Hyndman & Fan, Am Stat 1996;50:361, section 2; Tukey, Exploratory Data Analysis, 1977.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import ceil, floor

import numpy as np

from recount.checks.moments import LIMITS_RULE
from recount.checks.quantiles import DEFINITIONS, position
from recount.checks.rank_tests import Interval
from recount.checks.reading import Number, exact_limit, plain_number, positive, whole_size
from recount.checks.roundings import printing
from recount.record import ROUNDINGS, Printed

PLACES = {"p25": Fraction(1, 4), "median": Fraction(1, 2), "p75": Fraction(3, 4)}
ENDS = ("min", "max")


MOST_STEPS = 10**6
WIDE_RULE = f"quartiles lie at most {MOST_STEPS:,} steps apart"
FARTHEST = 10**15
FAR_RULE = f"quartiles lie at most {FARTHEST:,} steps from nought"
NOTHING_RULE = "quartiles are checked where at least one of p25, median and p75 is printed"


Texts = tuple[tuple[str, Printed], ...]


@dataclass(frozen=True)
class Link:
    """What one printed quantile asks of sorted values k and k + 1: low <= (d - e) x[k] + e x[k+1] <= high.

    In steps; e is 0 where the quantile is x[k] itself.
    """

    k: int
    d: int
    e: int
    low: int
    high: int

    @property
    def last(self) -> int:
        """The higher of the places it speaks of."""
        return self.k + (self.e > 0)


@dataclass(frozen=True)
class QuartileFits:
    """Whether any definition can print the quartiles, which can, and by which roundings each can print them all.

    A definition is possible where values exist whose quantiles lie within half a unit, ends included, of each printed
    number; `roundings` asks for one rounding rule of all of them, so truncation may be possible where nothing else is.
    """

    holds: bool
    definitions: tuple[str, ...]
    roundings: dict[str, tuple[str, ...]]


def quartile_fits(
    n: int,
    step: Number = 1,
    p25: str | int | None = None,
    median: str | int | None = None,
    p75: str | int | None = None,
    min: str | int | None = None,
    max: str | int | None = None,
    low: Number | None = None,
    high: Number | None = None,
) -> QuartileFits:
    """Which of `recount.checks.quantiles.DEFINITIONS` can print these quartiles of n values in whole steps.

    `low` and `high` are the values' limits. Exact both ways: a definition is named if and only if such values exist.
    Raises ValueError for what is no printed number, n, step or limit, and for quartiles too far apart or from nought.

    >>> quartile_fits(6, 1, "47.5", "51.0", "55.75").definitions
    ('haverage', 'hf6', 'hf8', 'hf9')
    >>> quartile_fits(12, 1, "6.5", "12.5", "16.7").roundings["hf6"]
    ('half-down', 'truncate')
    """
    given = {"p25": p25, "median": median, "p75": p75, "min": min, "max": max}
    texts = tuple((name, plain_number(text)) for name, text in given.items() if text is not None)
    if not any(name in PLACES for name, _ in texts):
        raise ValueError(NOTHING_RULE)
    size, grid = whole_size(n), positive(step)
    return _all_fits(size, grid, texts, *_limits_in_steps(grid, low, high))


def fitting_definitions(
    n: int,
    step: Fraction,
    texts: Texts,
    low: Fraction | None = None,
    high: Fraction | None = None,
    among: tuple[str, ...] = DEFINITIONS,
) -> tuple[str, ...]:
    """Those of some definitions that can print these quartiles of n values in whole steps: `quartile_fits` by itself.

    >>> fitting_definitions(6, Fraction(1), (("p25", Printed("47.5")), ("median", Printed("51"))))[:2]
    ('haverage', 'hf4')
    """
    least, most = _limits_in_steps(step, low, high)
    return tuple(definition for definition in among if _possible(n, step, texts, least, most, definition, None))


def _limits_in_steps(step: Fraction, low: Number | None, high: Number | None) -> tuple[int | None, int | None]:
    """The least and the greatest value in steps."""
    bottom, top = exact_limit(low), exact_limit(high)
    least = None if bottom is None else ceil(bottom / step)
    most = None if top is None else floor(top / step)
    if least is not None and most is not None and least > most:
        raise ValueError(LIMITS_RULE)
    return least, most


@lru_cache(maxsize=1 << 12)
def _all_fits(n: int, step: Fraction, texts: Texts, least: int | None, most: int | None) -> QuartileFits:
    possible = partial(_possible, n, step, texts, least, most)
    definitions = tuple(d for d in DEFINITIONS if possible(d, None))
    by = {d: tuple(how for how in ROUNDINGS if possible(d, how)) for d in DEFINITIONS}
    return QuartileFits(bool(definitions), definitions, by)


def _possible(
    n: int, step: Fraction, texts: Texts, least: int | None, most: int | None, definition: str, how: str | None
) -> bool:
    """Whether values from `least` to `most` steps have these quartiles by a definition and, unless None, a rounding."""
    links = [_printed_link(n, step, definition, name, printed, how) for name, printed in texts]
    return _values_exist(tuple(sorted(links, key=lambda link: (link.k, link.e))), least, most)


def _printed_link(n: int, step: Fraction, definition: str, name: str, printed: Printed, how: str | None) -> Link:
    """What a printed quartile, minimum or maximum asks; `how` None: within half a unit."""
    k, f = _place_and_fraction(n, definition, name)
    values = Interval(printed.low, printed.high) if how is None else printing(printed, how)
    assert values.low is not None and values.high is not None
    low, high = values.low * f.denominator / step, values.high * f.denominator / step
    least = floor(low) + 1 if values.low_strict else ceil(low)
    most = ceil(high) - 1 if values.high_strict else floor(high)
    return Link(k, f.denominator, f.numerator, least, most)


@lru_cache(maxsize=1 << 14)
def _place_and_fraction(n: int, definition: str, name: str) -> tuple[int, Fraction]:
    """The place k and the fraction f, below 1, of a quartile, the least or the greatest value."""
    if name in ENDS:
        return (1 if name == "min" else n), Fraction(0)
    k, upper, f = position(n, PLACES[name], definition)
    return (upper, Fraction(0)) if f == 1 else (k, f)


@lru_cache(maxsize=1 << 12)
def _values_exist(links: tuple[Link, ...], least: int | None, most: int | None) -> bool:
    """Whether sorted whole numbers from `least` to `most` satisfy every link."""
    value = least
    for run in _linked_runs(links):
        value = _least_last(run, value)
        if value is None or (most is not None and value > most):
            return False
    return True


def _linked_runs(links: tuple[Link, ...]) -> list[list[Link]]:
    """The links in order of place, those that speak of a common place together."""
    runs: list[list[Link]] = []
    for link in links:
        if runs and link.k <= max(other.last for other in runs[-1]):
            runs[-1].append(link)
        else:
            runs.append([link])
    return runs


def _least_last(run: list[Link], least: int | None) -> int | None:
    """The least value that can stand at the run's last place, none of its values below `least`; None: no value can.

    Values that can stand at a place are an array of booleans over a window; those at the next place are counted
    through running sums, as the values that go with one there are neighbours.
    """
    if any(link.low > link.high for link in run):
        return None
    low = min(link.low // link.d for link in run)
    high = max(-(-link.high // link.d) for link in run)
    first, last = run[0].k, max(link.last for link in run)
    start = low - _reach_below(run, high - low)
    start = start if least is None else max(start, least)
    if high - low > MOST_STEPS:
        raise ValueError(WIDE_RULE)
    if max(abs(low), abs(high)) > FARTHEST:
        raise ValueError(FAR_RULE)
    values = np.arange(start, high + 1)
    values = values[_satisfy_alone(run, first, values)]
    for k in range(first, last - 1):
        following = np.arange(low, high + 1)
        values = following[_satisfy_alone(run, k + 1, following) & _can_follow(run, k, values, following)]
    return _lowest_at_end(run, last, values)


def _reach_below(run: list[Link], width: int) -> int:
    """How far below the quantiles the first of a run's values need be looked for.

    One sum alone: neighbours can be moved towards each other, e steps and d - e steps, while they are d or more apart.
    Otherwise the next value is at most the highest quantile or another sum of the same two; both leave the first
    within d times the width.
    """
    if len(run) == 1:
        return run[0].d
    largest = max(link.d for link in run)
    return largest * (width + 1)


def _satisfy_alone(run: list[Link], k: int, values: np.ndarray) -> np.ndarray:
    """Which of the values satisfy the links that speak of place k alone."""
    fit = np.ones(len(values), dtype=bool)
    for link in run:
        if link.k == k and not link.e:
            fit &= (values >= link.low) & (values <= link.high)
    return fit


def _can_follow(run: list[Link], k: int, values: np.ndarray, following: np.ndarray) -> np.ndarray:
    """Which of the following values can stand at place k + 1 beside one of the values at place k."""
    lower = np.full(len(following), np.iinfo(np.int64).min)
    upper = following.copy()
    for link in (link for link in run if link.k == k and link.e):
        lower = np.maximum(lower, -((link.e * following - link.low) // (link.d - link.e)))
        upper = np.minimum(upper, (link.high - link.e * following) // (link.d - link.e))
    return np.searchsorted(values, upper, side="right") > np.searchsorted(values, lower, side="left")


def _lowest_at_end(run: list[Link], last: int, values: np.ndarray) -> int | None:
    """The least value at the last place beside one of the values at the place before it."""
    if run[0].k == last:
        return int(values[0]) if len(values) else None
    lower, upper = values.copy(), np.full(len(values), np.iinfo(np.int64).max)
    for link in run:
        if link.k == last and not link.e:
            lower, upper = np.maximum(lower, link.low), np.minimum(upper, link.high)
        elif link.k == last - 1 and link.e:
            lower = np.maximum(lower, -(((link.d - link.e) * values - link.low) // link.e))
            upper = np.minimum(upper, (link.high - (link.d - link.e) * values) // link.e)
    fit = lower <= upper
    return int(lower[fit].min()) if fit.any() else None
