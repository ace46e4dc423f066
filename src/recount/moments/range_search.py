"""The ends of a mean, sum, SD, paired t or its P among patients of moments: proven bounds, and who comes near them.

`bounds` says which sums and spreads are left; patients are drawn (`patients`) with the measure asked about ever nearer
to its bound. Who is drawn is held against every statement, so what is reached is reached; that nobody is drawn proves
nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from math import sqrt

import numpy as np

from recount.moments.bounds import AskedMoment
from recount.moments.drawn_samples import Sampling
from recount.moments.patients import MomentPatients
from recount.moments.propagation import Problem
from recount.record import Study
from recount.solver import FOUND, NONE, UNDECIDED, Cell, Statement, SubproblemEnds
from recount.subproblems import Subproblem
from recount.verify import About, Value

NEARER = tuple(Fraction(1, k) for k in (50, 200, 1000, 5000))  # of the way between the bounds
FARTHER = (Fraction(1, 10), Fraction(1))  # where nobody is found as near
TRIES, AGAIN = 3, 2  # samples for each of these, and once somebody is found


def moment_range(
    study: Study,
    subproblem: Subproblem,
    active: Collection[Statement],
    size: int,
    question: About,
    without: Collection[Statement] = (),
    seed: int = 1,
) -> SubproblemEnds:
    """The bounds of a mean, sum, SD, paired |t| or its P in a subproblem of moments, and what patients reach of them.

    The active statements but those `without` are imposed on so many patients.
    """
    patients = MomentPatients(study, subproblem, frozenset(active) - frozenset(without), size)
    asked = AskedMoment.of(patients.problem, question)
    ends = asked.ends()
    if ends is None:
        return SubproblemEnds(status=NONE)
    low, high = asked.values(*ends)
    rng = np.random.default_rng(seed)
    sides = [_nearest(patients, asked, question, ends, greatest, rng) for greatest in (False, True)]
    if question.statistic == "paired_p":
        sides.reverse()
        exact = asked.value(ends[1]), asked.value(ends[0])
        low, high = (x if x == side[0] else end for x, side, end in zip(exact, sides, (low, high), strict=True))
    if low == high:
        sides = [max(sides, key=lambda side: side[0] is not None)] * 2
    (least, fewest), (most, others) = sides
    status = UNDECIDED if least is None or most is None else FOUND
    return SubproblemEnds(least, low, fewest, most, high, others, status)


def _nearest(
    patients: MomentPatients,
    asked: AskedMoment,
    question: About,
    ends: tuple[Fraction, Fraction],
    greatest: bool,
    rng: np.random.Generator,
) -> tuple[Value | None, dict[Cell, int] | None]:
    """The value that patients found reach nearest to one end, and they; (None, None) where none were found."""
    found: tuple[Value | None, dict[Cell, int] | None] = None, None
    exact = asked.value(ends[int(greatest)])
    for share in (*NEARER, Fraction(0), *FARTHER) if ends[0] < ends[1] else (Fraction(0),):
        if found[0] == exact or (found[0] is not None and share in FARTHER):
            break
        problem = _near(asked, ends, greatest, share)
        better = _reached(patients, asked, question, problem, rng, TRIES if found[0] is None else AGAIN)
        if better is None and found[0] is not None:
            break
        found = better or found
    return found


def _reached(
    patients: MomentPatients,
    asked: AskedMoment,
    question: About,
    problem: Problem,
    rng: np.random.Generator,
    tries: int,
) -> tuple[Value, dict[Cell, int]] | None:
    """The statistic asked about of patients that are as the problem has it, and they."""
    for k in range(tries):
        codes = patients.near(problem, Sampling(rng, by_chance=k > 0), asked.name)
        if codes is not None and patients.all_hold(codes):
            value = patients.statistic_value(codes, question)
            return None if value is None else (value, codes)
    return None


def _near(asked: AskedMoment, ends: tuple[Fraction, Fraction], greatest: bool, share: Fraction) -> Problem:
    """The problem with the measure no farther from an end than this share of the way to the other; roots are taken."""
    is_sum = asked.statistic in ("mean", "sum")
    low, high = ends if is_sum else tuple(Fraction(sqrt(end)) for end in ends)
    low, high = (high - share * (high - low), high) if greatest else (low, low + share * (high - low))
    if not is_sum:
        low, high = low**2, high**2
    low, high = (max(low, ends[0]), ends[1]) if greatest else (ends[0], min(high, ends[1]))
    if share == 0:
        low = high = ends[int(greatest)]
    axis = asked.axis
    whole = -(-low.numerator // low.denominator), high.numerator // high.denominator
    if is_sum:
        axis = axis.within(sums=whole)
    elif asked.statistic == "sd":
        axis = axis.within(spreads=whole)
    else:
        axis = axis.within(ratios=(low, high))
    return asked.problem.with_axis(asked.name, axis)
