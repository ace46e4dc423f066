"""Integer programmes put to HiGHS (Huangfu & Hall, Math Program Comput 2018;10:119), which works in floating point.

What is claimed is only "no solution" and a bound of a whole number. Two things keep rounding out of it. Every factor
is whole and small, so that a true solution satisfies each row exactly in floating point too. And each inequality is
loosened by `MARGIN`, far more than the solver's tolerance (1e-6) and less than the distance to the next whole number:
no whole solution is added, and none can be lost by a tolerance.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import ceil, inf
from typing import Literal

import highspy
import numpy as np

from recount.second_prover.programme import Programme

MARGIN = 1e-3
LARGEST = 2**40  # of the sums, so that MARGIN is far above what a double rounds off

Status = Literal["none", "found", "undecided"]


@dataclass(frozen=True)
class HighsAnswer:
    """`none`: there is no solution; `found`: `values`, a number each; `undecided`: not in time."""

    status: Status
    values: tuple[int, ...] = ()


def solution_of(programme: Programme, seconds: float) -> HighsAnswer:
    """Whether an integer programme has a solution."""
    if not _is_small(programme):
        return HighsAnswer("undecided")
    solver = _loaded_solver(programme, seconds)
    solver.run()
    status = solver.getModelStatus()
    # Every number has both bounds, so nothing is unbounded.
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return HighsAnswer("none")
    if status == highspy.HighsModelStatus.kOptimal:
        return HighsAnswer("found", tuple(round(value) for value in solver.getSolution().col_value))
    return HighsAnswer("undecided")


def least_of(programme: Programme, place: int, seconds: float, sign: int = 1) -> int | None:
    """A whole number that sign times the number at a place isn't below in any solution; None where there is none.

    The solver's bound of a minimum, rounded up only from `MARGIN` above a whole number.
    """
    if not _is_small(programme):
        return _own_bound(programme, place, sign)
    solver = _loaded_solver(programme, seconds)
    solver.changeColCost(place, float(sign))
    solver.run()
    status = solver.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return None
    bound = solver.getInfo().mip_dual_bound
    own = _own_bound(programme, place, sign)
    return own if not np.isfinite(bound) else max(own, ceil(bound - MARGIN))


def _own_bound(programme: Programme, place: int, sign: int) -> int:
    return programme.lows[place] if sign > 0 else -programme.highs[place]


def _is_small(programme: Programme) -> bool:
    """Whether no sum of a row can be so large that a double would round it."""
    widest = [max(abs(low), abs(high)) for low, high in zip(programme.lows, programme.highs, strict=True)]
    rows = ((places, factors) for places, factors, _, _ in programme.rows)
    return all(sum(abs(f) * widest[p] for p, f in zip(*row, strict=True)) < LARGEST for row in rows)


@cache
def _silence() -> None:
    """Makes a first solver with standard output closed: it prints its version once a process, whatever it is told."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _loaded_solver(programme: Programme, seconds: float) -> highspy.Highs:
    _silence()
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 1)
    solver.setOptionValue("time_limit", float(seconds))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(programme.lows), len(programme.rows)
    model.col_cost_ = np.zeros(model.num_col_)
    model.col_lower_ = np.array(programme.lows, dtype=float)
    model.col_upper_ = np.array(programme.highs, dtype=float)
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    ends = [_loosened(low, high) for _, _, low, high in programme.rows]
    model.row_lower_ = np.array([low for low, _ in ends], dtype=float)
    model.row_upper_ = np.array([high for _, high in ends], dtype=float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(places) for places, _, _, _ in programme.rows)])
    model.a_matrix_.index_ = np.fromiter(chain.from_iterable(r[0] for r in programme.rows), dtype=np.int32)
    model.a_matrix_.value_ = np.fromiter(chain.from_iterable(r[1] for r in programme.rows), dtype=float)
    solver.passModel(model)
    return solver


def _loosened(low: int | None, high: int | None) -> tuple[float, float]:
    """A row's bounds with the margin; an equation stays, as it only says what one number is in terms of others."""
    if low is not None and low == high:
        return float(low), float(high)
    return (-inf if low is None else low - MARGIN), (inf if high is None else high + MARGIN)
