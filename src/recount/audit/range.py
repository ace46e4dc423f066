"""A range and its ends: what is reached by confirmed patients, and what is proven not to be passed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from recount.results import NOBODY, NOT_PROVEN, PROVEN, REACHED_NEARLY
from recount.rules import Expression
from recount.solver import FOUND, NONE, UNDECIDED
from recount.verify import Value

LIMIT = 2.0  # deterministic seconds for one question to the solver


@dataclass(frozen=True)
class Question:
    """What is asked: a statistic of a variable or condition in a population, against `versus` where it needs it."""

    population: str
    variable: str
    statistic: str
    versus: str = ""
    condition: Expression | None = None


@dataclass(frozen=True)
class End:
    """`reached` by patients whom the verifier confirmed, `bound` proven not to be passed; None where there is none."""

    reached: Value | None = None
    bound: Value | None = None
    patients: pd.DataFrame | None = None

    @property
    def proven(self) -> bool:
        """Whether what is reached is proven to be the end."""
        return self.reached is not None and self.reached == self.bound


@dataclass(frozen=True)
class Range:
    """The least and the greatest value over all consistent patients.

    `status` is found, none (proven: no consistent patients have such a value) or undecided; `tried` says whether an
    end was sought.
    """

    status: str
    low: End = End()
    high: End = End()
    limit: float = LIMIT
    tried: bool = True

    @property
    def bare(self) -> Range:
        """Itself without the patients who reach its ends."""
        return replace(self, low=replace(self.low, patients=None), high=replace(self.high, patients=None))

    @property
    def proven(self) -> bool:
        """Whether both ends are."""
        return self.low.proven and self.high.proven

    def within(self, wider: Range) -> Range:
        """Itself, with the nearer bounds of a range of fewer statements, and its ends where none is reached here.

        An end that is reached is confirmed for all statements, whichever were put to the solver.
        """
        low = _nearer(self.low, wider.low, max)
        high = _nearer(self.high, wider.high, min)
        both = low.reached is not None and high.reached is not None
        return replace(self, low=low, high=high, status=FOUND if both else self.status)

    def joined(self, other: Range) -> Range:
        """The nearer bounds of two ranges of the same, and the farther ends that are reached."""
        if NONE in (self.status, other.status):
            return replace(self, status=NONE, low=End(), high=End())
        ends = []
        for one, two, near, far in ((self.low, other.low, max, min), (self.high, other.high, min, max)):
            reached = {end.reached: end for end in (two, one) if end.reached is not None}
            best = reached[far(reached)] if reached else End()
            ends.append(_nearer(replace(best, bound=one.bound), two, near))
        both = ends[0].reached is not None and ends[1].reached is not None
        return replace(self, low=ends[0], high=ends[1], status=FOUND if both else self.status)

    @property
    def proof(self) -> str:
        """How far it is proven, in words."""
        if self.status == NONE:
            return f"{PROVEN}: {NOBODY}"
        if self.proven:
            return PROVEN
        ends = self.low.reached, self.low.bound, self.high.reached, self.high.bound
        if self.nearly and None not in ends:
            return REACHED_NEARLY
        return f"{NOT_PROVEN} within {self.limit:g} s" if self.tried else f"{NOT_PROVEN}: not tried"

    @property
    def nearly(self) -> bool:
        """Whether what is reached comes within a hundredth of the range of its bound, at both ends."""
        low, high = self.low, self.high
        if low.reached is None or low.bound is None or high.reached is None or high.bound is None:
            return False
        width = float(high.bound) - float(low.bound)
        return max(float(low.reached) - float(low.bound), float(high.bound) - float(high.reached)) <= width / 100


def widest(ranges: Sequence[Range]) -> Range:
    """The range over several cases, one of which is that of any patients; a bound only where each case has one."""
    found = [one for one in ranges if one.status != NONE]
    if not found:
        return ranges[0]
    ends = []
    for side, far in (("low", min), ("high", max)):
        of_each = [getattr(one, side) for one in found]
        reached = [end for end in of_each if end.reached is not None]
        best = far(reached, key=lambda end: end.reached) if reached else End()
        bounds = [end.bound for end in of_each]
        ends.append(replace(best, bound=None if None in bounds else far(bounds)))
    both = ends[0].reached is not None and ends[1].reached is not None
    return replace(found[0], status=FOUND if both else UNDECIDED, low=ends[0], high=ends[1])


def _nearer(one: End, wider: End, pick: Callable[[Any, Any], Any]) -> End:
    """An end with the nearer of two bounds, and what is reached where it reaches nothing itself."""
    if wider.bound is not None:
        one = replace(one, bound=wider.bound if one.bound is None else pick(one.bound, wider.bound))
    if one.reached is None and wider.reached is not None:
        one = replace(one, reached=wider.reached, patients=wider.patients)
    return one
