"""Patients who satisfy means, SDs and paired t, and come as near as can be to a bound of one of them.

`moment_bounds` says which sums and spreads are left; sums are chosen from these, so near to the bound as is asked
for, then spreads from what these leave. A sample is drawn with nearly these moments, whichever correlations they
need, and rounded; moving its values by a few steps mends it, as in `moments`. A variable that nothing ties to another
is put together from how many patients have each value. Patients are held against every statement before they are
given back, and what isn't found is undecided, never impossible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isqrt, sqrt

import numpy as np
import pandas as pd

from recount.moments.axes import Box, Name, Problem
from recount.moments.bounds import AskedMoment, impossible, moment_conflicts, smallest_conflict
from recount.moments.samples import drawn_sample, is_of, settled_sums, squares_of, swapped_sample
from recount.moments.statements import problem_of
from recount.record import Rule, Study, step_of, step_range
from recount.rules import breaks, names
from recount.solver import (
    FOUND,
    NONE,
    SQUARED,
    UNDECIDED,
    Answer,
    Cell,
    Linear,
    Statement,
    SubproblemEnds,
    Unknowns,
    ask,
    cheapest_hit,
    decided,
    impose,
    square_of,
    why_not,
)
from recount.subproblems import ImposedStatements, Subproblem, rule_for_members
from recount.verify import About, Value

NEARER = tuple(Fraction(1, k) for k in (50, 200, 1000, 5000))  # of the way between the bounds
FARTHER = (Fraction(1, 10), Fraction(1))  # where nobody is found as near
TRIES, AGAIN = 3, 2  # samples for each of these, and once somebody is found
ATTEMPTS = 12  # samples where nothing is asked for
SOLVER_LIMIT = 2.0  # deterministic seconds for what no sample is found of
LIMIT = 0.1  # deterministic seconds to mend one
MENDED = 50  # patients at most whom the solver mends where swaps don't
REACH = 4  # steps that a value is moved at most
ALL_VALUES = 200  # so many values of a variable all come into question


class MomentStatements(ImposedStatements):
    """The active statements of a subproblem of moments about so many patients."""

    @property
    def problem(self) -> Problem:
        """They as axes and relations between them."""
        return problem_of(self.study, self.subproblem, self.active, self.size)

    def rules_of(self, part: Collection[str]) -> list[Rule]:
        """The active rules that are about some of these variables."""
        return [r for r in self.rules if names(r.rule) & set(part)]

    def keep(self, codes: dict[Cell, int], part: Collection[str]) -> bool:
        """Whether patients with codes of these variables alone satisfy the active rules about them."""
        frame = self.patients_table(codes)
        return not any(
            breaks(rule_for_members(r.rule, self.subproblem.where), frame).any() for r in self.rules_of(part)
        )


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
    members = MomentStatements(study, subproblem, frozenset(active) - frozenset(without), size)
    asked = AskedMoment.of(members.problem, question)
    ends = asked.ends()
    if ends is None:
        return SubproblemEnds(status=NONE)
    low, high = asked.values(*ends)
    rng = np.random.default_rng(seed)
    sides = [_nearest(members, asked, question, ends, greatest, rng) for greatest in (False, True)]
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
    members: MomentStatements,
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
        better = _reached(members, asked, question, problem, rng, TRIES if found[0] is None else AGAIN)
        if better is None and found[0] is not None:
            break
        found = better or found
    return found


def _reached(
    members: MomentStatements,
    asked: AskedMoment,
    question: About,
    problem: Problem,
    rng: np.random.Generator,
    tries: int,
) -> tuple[Value, dict[Cell, int]] | None:
    """The statistic asked about of patients that are as the problem has it, and they."""
    for k in range(tries):
        codes = _patients(members, problem, rng, asked.name, k > 0)
        if codes is not None and members.all_hold(codes):
            value = members.statistic_value(codes, question)
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


def consistent_moments(
    study: Study, subproblem: Subproblem, active: Collection[Statement], size: int, seed: int = 1
) -> str:
    """Whether the active statements of moments can all hold of so many patients: found, none, undecided."""
    return moment_patients(study, subproblem, active, size, seed).status


def moment_patients(
    study: Study, subproblem: Subproblem, active: Collection[Statement], size: int, seed: int = 1
) -> Answer:
    """Patients who satisfy the active statements of a subproblem of moments, `none` with a proof, or undecided."""
    if impossible(study, subproblem, active, size):
        return Answer(NONE)
    members = MomentStatements(study, subproblem, frozenset(active), size)
    problem, rng = members.problem, np.random.default_rng(seed)
    for k in range(ATTEMPTS):
        codes = _patients(members, problem, rng, None, k > 0)
        if codes is not None and members.all_hold(codes):
            return Answer(FOUND, codes)
    return _solved(members)


def _solved(members: MomentStatements) -> Answer:
    """What the solver says of the statements as they stand: few patients with few values each it can decide."""
    claims = members.claims
    if any(c.statistic in SQUARED and why_not(members.study, c) for c in claims):
        return Answer(UNDECIDED)
    where = members.subproblem.where
    u = Unknowns(members.study, members.size, members.subproblem.variables, [where] if where else [])
    impose(u, claims, members.rules_of(members.subproblem.variables))
    answer = ask(u, set(u.on), limit=SOLVER_LIMIT)
    held = answer.status != FOUND or members.all_hold(answer.values)
    return answer if held else Answer(UNDECIDED)


def fewest_moments_set_aside(
    study: Study,
    subproblem: Subproblem,
    size: int,
    order: list[Statement],
    seed: int = 1,
    weights: Mapping[Statement, int] | None = None,
    known: Iterable[Sequence[Statement]] = (),
) -> tuple[Answer, list[list[Statement]]]:
    """Patients who satisfy as many statements of a subproblem of moments as can be, and the minimal conflicts met.

    Minimal conflicts that are `known` beforehand are taken as they are.
    Of equally few, those that come first in `order` are set aside, each counted by its weight, 1 where none is given.
    Raises Undecided.
    """
    conflicts = [list(conflict) for conflict in known]
    alone = {conflict[0] for conflict in conflicts if len(conflict) == 1}
    for found in moment_conflicts(study, subproblem, size):
        if alone & set(found):
            continue  # not minimal, or known already
        conflict = _ordered(order, minimal_moment_conflict(study, subproblem, found, size, seed))
        conflicts += [conflict] if conflict not in conflicts else []
    while True:
        aside = cheapest_hit(conflicts, order, weights or {})
        rest = [statement for statement in order if statement not in aside]
        answer = decided(
            moment_patients(study, subproblem, rest, size, seed), f"{', '.join(subproblem.variables)} together"
        )
        if answer.status == FOUND:
            return replace(answer, imposed=frozenset(rest)), conflicts
        conflicts.append(_ordered(order, minimal_moment_conflict(study, subproblem, rest, size, seed)))


def minimal_moment_conflict(
    study: Study, subproblem: Subproblem, statements: Collection[Statement], size: int, seed: int = 1
) -> frozenset[Statement]:
    """Of statements of moments that can't all hold a set that can't, though without any one of them it can.

    Exact arithmetic alone proves some sets to be conflicts and not all their parts: so each statement counts as needed
    only where patients are found who satisfy the others. Raises Undecided where neither they nor a proof are found.
    """
    kept = frozenset(statements)
    if impossible(study, subproblem, kept, size):
        kept = smallest_conflict(study, subproblem, kept, size)
    for statement in sorted(kept):
        answer = moment_patients(study, subproblem, kept - {statement}, size, seed)
        if decided(answer, f"a conflict without {statement[1]}").status == NONE:
            kept -= {statement}
    return kept


def _ordered(order: list[Statement], conflict: Collection[Statement]) -> list[Statement]:
    return [statement for statement in order if statement in conflict]


def _patients(
    members: MomentStatements, problem: Problem, rng: np.random.Generator, first: Name | None, by_chance: bool
) -> dict[Cell, int] | None:
    """Patients as the problem has it, part by part of what hangs together; the axis `first` is settled first."""
    room = settled_sums(problem, first, rng, by_chance)
    if room is None:
        return None
    codes: dict[Cell, int] = {}
    for part in _parts(members, problem):
        if len(part) == 1 and part[0] in room:
            found = _counted(members, problem, room[part[0]], part[0])
        else:
            found = _mended(members, problem, room, part, rng, by_chance)
        if found is None:
            return None
        codes.update(found)
    return codes


def _parts(members: MomentStatements, problem: Problem) -> list[tuple[str, ...]]:
    """The subproblem's variables in parts that no relation and no active rule ties together."""
    ties = [
        {v for _, name in r.factors for v in ((name,) if isinstance(name, str) else name)} for r in problem.relations
    ]
    ties += [set(names(r.rule)) for r in members.subproblem.rules if ("rule", r.id) in members.active]
    parts = {name: {name} for name in members.subproblem.variables}
    for tie in ties:
        together = set().union(*(parts[name] for name in tie if name in parts))
        for name in together:
            parts[name] = together
    return list(dict.fromkeys(tuple(n for n in members.subproblem.variables if n in part) for part in parts.values()))


def _counted(members: MomentStatements, problem: Problem, box: Box, name: str) -> dict[Cell, int] | None:
    """Codes of one variable with the sum and a spread of a box: how many patients have each value."""
    k, n = problem.axes[name].step, members.size
    u = Unknowns(members.study, 0, ())
    for code in _values(members, box, name, k):
        u.x[code, name] = u.number(0, n)
    q0, q1 = squares_of(box, n)
    total = sum(u.x.values())
    u.require(total == n)
    u.require(sum(code * x for (code, _), x in u.x.items()) == box.s0 // k)
    squares = sum(code * code * x for (code, _), x in u.x.items())
    u.within(squares, -(-q0 // k**2), q1 // k**2)
    answer = ask(u, (), limit=LIMIT)
    if answer.status != FOUND:
        return None
    codes = [code for (code, _), times in sorted(answer.values.items()) for _ in range(times)]
    return {(i, name): code for i, code in enumerate(codes)}


def _values(members: MomentStatements, box: Box, name: str, k: int) -> list[int]:
    """The values that come into question: all, or of many those near the mean, some farther off, and the ends."""
    low, high = step_range(members.study.variables[name])
    possible: Iterable[int] = range(low, high + 1)
    if high - low > ALL_VALUES:
        n = members.size
        mean, sd = box.s0 // (k * n), isqrt(box.v1 // (k * k * n * max(n - 1, 1))) + 1
        near = range(mean - 3 * sd - 6, mean + 3 * sd + 7)
        far = {mean + side * j * sd // 4 + extra for j in range(1, 20) for side in (-1, 1) for extra in (0, 1)}
        possible = near if len(near) <= ALL_VALUES else sorted({low, high, *range(mean - 6, mean + 7), *far})
    found = [code for code in possible if low <= code <= high]
    frame = pd.DataFrame({name: [code * step_of(members.study.variables[name]) for code in found]}, dtype=object)
    for rule in members.subproblem.rules:
        if ("rule", rule.id) in members.active and names(rule.rule) & {name}:
            kept = (~breaks(rule_for_members(rule.rule, members.subproblem.where), frame)).tolist()
            found, frame = [c for c, keep in zip(found, kept, strict=True) if keep], frame[kept].reset_index(drop=True)
    return found


def _mended(
    members: MomentStatements,
    problem: Problem,
    room: dict[Name, Box],
    part: tuple[str, ...],
    rng: np.random.Generator,
    by_chance: bool,
) -> dict[Cell, int] | None:
    """Codes of some variables near a drawn sample, with sums and spreads of their boxes."""
    sample = drawn_sample(problem, room, part, rng, by_chance)
    moved = swapped_sample(problem, room, part, sample, rng)
    if moved is not None:
        codes = {n: (values // problem.axes[n].step).tolist() for n, values in moved.items()}
        found = {(i, n): code for n, column in codes.items() for i, code in enumerate(column)}
        if members.keep(found, part):
            return found
    if members.size > MENDED:
        return None
    u = Unknowns(members.study, members.size, part, [members.subproblem.where] if members.subproblem.where else [])
    impose(u, [], members.rules_of(part))
    for name in (name for name in problem.axes if is_of(name, part)):
        _keep_moments(u, problem, name, room[name], sample)
    answer = ask(u, set(u.on), limit=LIMIT)
    return {cell: answer.values[cell] for cell in answer.values if cell[1] in part} if answer.status == FOUND else None


def _keep_moments(u: Unknowns, problem: Problem, name: Name, box: Box, sample: dict[str, np.ndarray]) -> None:
    """Keeps an axis near its sample, at its sum, and its spread within a box; what is free only near the sample."""
    axis, xs = problem.axes[name], _terms(u, problem, name)
    centres = sample[name] if isinstance(name, str) else sample[name[0]] - sample[name[1]]
    reach = REACH * sum(problem.axes[v].step for v in ((name,) if isinstance(name, str) else name)) // axis.step
    u.require(sum(xs) == box.s0 // axis.step)
    squares: Linear = 0
    for x, centre in zip(xs, (centres // axis.step).tolist(), strict=True):
        possible = range(max(centre - reach, axis.low // axis.step), min(centre + reach, axis.high // axis.step) + 1)
        if axis.is_free:
            u.within(x, possible.start, possible.stop - 1)
        else:
            squares += square_of(u, x, possible)
    if not axis.is_free:
        q0, q1 = squares_of(box, axis.n)
        u.within(squares, -(-q0 // axis.step**2), q1 // axis.step**2)


def _terms(u: Unknowns, problem: Problem, name: Name) -> list[Linear]:
    """An axis' value of each patient, in its own steps."""
    if isinstance(name, str):
        return [u.x[i, name] for i in range(u.size)]
    step = problem.axes[name].step
    one, other = (problem.axes[v].step // step for v in name)
    return [one * u.x[i, name[0]] - other * u.x[i, name[1]] for i in range(u.size)]
