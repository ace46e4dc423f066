"""What is found of both ends of a statistic in one subproblem: bounds, and the codes of patients that come nearest."""

from __future__ import annotations

from dataclasses import dataclass

from recount.solver.search import UNDECIDED, Cell
from recount.verify import Value


@dataclass(frozen=True)
class SubproblemEnds:
    """A statistic's bounds, and the values nearest to them that patients reach, with their codes; None: none known.

    `status` is found, none (proven: no patients have such a value) or undecided.
    """

    low_reached: Value | None = None
    low_bound: Value | None = None
    low_codes: dict[Cell, int] | None = None
    high_reached: Value | None = None
    high_bound: Value | None = None
    high_codes: dict[Cell, int] | None = None
    status: str = UNDECIDED
