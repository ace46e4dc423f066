"""Patients mended until their signed ranks are as printed, by moves that keep their quantiles and rules.

How two variables are paired decides a rank sum and nothing that is printed of one variable alone; so two patients
change their values with each other, or one value moves within its place. Moves that bring the rank sums nearer are
made, others now and then (simulated annealing: Kirkpatrick, Science 1983;220:671).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

SWAPPED = 0.5  # the share of moves that change two patients' values; the others change one value
FAR = 3  # places that one value moves at most


@dataclass(frozen=True)
class Manner:
    """How patients are mended: moves at most, and how much farther off a rank sum may be put at first (twice a rank).

    A `gentle` search leaves variables alone whose rank sums are as printed, and swaps values of patients a few places
    apart only.
    """

    moves: int
    heat: float
    gentle: bool = False


THOROUGH = Manner(6000, 6.0)
GENTLE = Manner(1500, 0.5, gentle=True)  # the patients stay much as they were, and more often none are met

Rows = list[list[int]]
Change = dict[tuple[int, int], int]  # codes by (variable, patient)
Allowed = Callable[[int, int], range]


@dataclass(frozen=True)
class Place:
    """A quantile of a variable: x[lower] + f * (x[upper] - x[lower]) of sorted codes lies in low..high.

    Places count from nought; `whole` is the denominator of f, by which all is multiplied.
    """

    variable: int
    lower: int
    upper: int
    share: int
    whole: int
    low: int
    high: int

    def holds(self, ordered: Sequence[int]) -> bool:
        """Whether sorted codes have this quantile."""
        return self.low <= self.value(ordered) <= self.high

    def value(self, ordered: Sequence[int]) -> int:
        """This quantile of sorted codes, multiplied by `whole`."""
        below = ordered[self.lower]
        return self.whole * below + self.share * (ordered[self.upper] - below)


@dataclass(frozen=True)
class Limit:
    """A sum of factor times variable is at most `most`, for each patient."""

    terms: tuple[tuple[int, int], ...]
    most: int


@dataclass(frozen=True)
class Pair:
    """Two variables, the factors that bring their codes to one unit, and the distances |2D - n(n+1)| that may be.

    `allowed` gives them for each number of changes and term of ties.
    """

    before: int
    after: int
    factors: tuple[int, int]
    allowed: Allowed


@dataclass(frozen=True)
class Wanted:
    """What patients are to satisfy: the range of each variable, quantiles, limits and pairs.

    `together` are the variables whose values two patients may swap at once, `shifted` those whose values may change.
    """

    ranges: tuple[tuple[int, int], ...]
    places: tuple[Place, ...]
    limits: tuple[Limit, ...]
    pairs: tuple[Pair, ...]
    together: tuple[tuple[int, ...], ...]
    shifted: tuple[int, ...]


def mended(start: Rows, wanted: Wanted, rng: np.random.Generator, manner: Manner = THOROUGH) -> Rows | None:
    """Codes (a row a variable, a column a patient) that satisfy what is wanted; None where none are met.

    The start satisfies all but the rank sums; None too where it doesn't.
    """
    rows, every = [list(row) for row in start], range(len(start[0]))
    if not _keeps(rows, wanted, set(range(len(rows))), every):
        return None
    gaps = [_gap(pair, rows) for pair in wanted.pairs]
    for move in range(manner.moves):
        if not any(gaps):
            return rows
        change = _swap(rows, wanted, rng, manner.gentle) if rng.random() < SWAPPED else _shift(rows, wanted, rng)
        touched = {v for v, _ in change}
        if manner.gentle and not any(
            gap and {p.before, p.after} & touched for p, gap in zip(wanted.pairs, gaps, strict=True)
        ):
            continue
        old = {(v, i): rows[v][i] for v, i in change}
        _put(rows, change)
        new = [_gap(p, rows) if {p.before, p.after} & touched else g for p, g in zip(wanted.pairs, gaps, strict=True)]
        worse = sum(new) - sum(gaps)
        likely = worse <= 0 or rng.random() < exp(-worse / (manner.heat * (1 - move / manner.moves)))
        if likely and _keeps(rows, wanted, touched, {i for _, i in change}):
            gaps = new
        else:
            _put(rows, old)
    return None


def _put(rows: Rows, codes: Change) -> None:
    for (v, i), code in codes.items():
        rows[v][i] = code


def _swap(rows: Rows, wanted: Wanted, rng: np.random.Generator, near: bool) -> Change:
    """Two patients' values of some variables, changed with each other."""
    if not wanted.together:
        return {}
    kind = wanted.together[int(rng.integers(len(wanted.together)))]
    i, j = rng.integers(len(rows[0]), size=2).tolist()
    if near:
        order = sorted(range(len(rows[0])), key=rows[kind[0]].__getitem__)
        j = order[min(order.index(i) + 1 + j % FAR, len(order) - 1)]
    return {(v, one): rows[v][other] for v in kind for one, other in ((i, j), (j, i))}


def _shift(rows: Rows, wanted: Wanted, rng: np.random.Generator) -> Change:
    """A patient's value, changed to one between those a few places lower and higher."""
    if not wanted.shifted:
        return {}
    v, i = wanted.shifted[int(rng.integers(len(wanted.shifted)))], int(rng.integers(len(rows[0])))
    ordered, far = sorted(rows[v]), int(rng.integers(1, FAR + 1))
    place = ordered.index(rows[v][i])
    low, high = wanted.ranges[v]
    least = ordered[place - far] if place >= far else low
    most = ordered[place + far] if place + far < len(ordered) else high
    return {(v, i): int(rng.integers(least, most + 1))}


def _keeps(rows: Rows, wanted: Wanted, touched: set[int], who: Collection[int]) -> bool:
    """Whether limits of these patients, and quantiles, are kept, those of the variables that were touched."""
    for limit in wanted.limits:
        if touched & {v for _, v in limit.terms} and any(
            sum(factor * rows[v][i] for factor, v in limit.terms) > limit.most for i in who
        ):
            return False
    ordered = {v: sorted(rows[v]) for v in touched}
    return all(place.holds(ordered[place.variable]) for place in wanted.places if place.variable in touched)


def _gap(pair: Pair, rows: Rows) -> int:
    """How far a pair's rank sum is from one that is allowed; more where its ties or its noughts allow none."""
    a, b = pair.factors
    d = [a * x - b * y for x, y in zip(rows[pair.before], rows[pair.after], strict=True)]
    number, ties, distance = signed([change for change in d if change])
    found, size = pair.allowed(number, ties), len(d)
    if found:
        return max(found[0] - distance, distance - found[-1], 0)
    found = pair.allowed(size, 0)
    return 1 + size - number + (max(found[0] - distance, distance - found[-1], 1) if found else 1)


def signed(changes: Sequence[int]) -> tuple[int, int, int]:
    """The number of changes, none of them nought, their term of ties, and |2D - n(n+1)|, D being twice a rank sum.

    >>> signed([1, -2, 3]), signed([2, 2, -2])
    ((3, 0, 4), (3, 24, 4))
    """
    n = len(changes)
    ordered = sorted(changes, key=abs)
    ties = doubled = start = 0
    while start < n:
        size, stop = abs(ordered[start]), start + 1
        while stop < n and abs(ordered[stop]) == size:
            stop += 1
        ties += (stop - start) ** 3 - (stop - start)
        doubled += (start + stop + 1) * sum(d > 0 for d in ordered[start:stop])
        start = stop
    return n, ties, abs(2 * doubled - n * (n + 1))
