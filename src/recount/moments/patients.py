"""Patients with printed means, SDs and paired t: drawn with moments that exact arithmetic leaves, and mended.

`propagation` says which sums and spreads are left; sums are chosen from these, then spreads from what these leave. A
sample is drawn with nearly these moments, whichever correlations they need, and rounded (`drawn_samples`); moving its
values by a few steps mends it (`local_search`), or else the solver does: with the sums fixed, every claim is linear in
one Boolean for each possible move. Patients are held against every statement before they are given back, and what
isn't found is undecided, never impossible.

Who is drawn for a cohort is to be plausible too (`Sampling`). Who is drawn near a bound, or to show that statements
hold together, may be anybody: a variable that nothing ties to another is then put together from how many patients have
each value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import isqrt

import numpy as np
import pandas as pd

from recount.moments.bounds import impossible
from recount.moments.drawn_samples import Sampling, drawn_sample, is_of, settled_sums, squares_of, swapped_sample
from recount.moments.propagation import Box, Name, Problem
from recount.moments.sums_and_spreads import problem_of
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
    Unknowns,
    ask,
    impose,
    square_of,
    why_not,
)
from recount.subproblems import ImposedStatements, Subproblem, rule_for_members

ATTEMPTS = 12  # samples where nothing is asked for
DRAWS, PICKY = 30, 20  # samples for a cohort, and how many of them are plausible ones
SOLVER_LIMIT = 2.0  # deterministic seconds for what no sample is found of
LIMIT = 0.1  # deterministic seconds to mend one
MENDED = 50  # patients at most whom the solver mends where swaps don't
REACH = 4  # steps that a value is moved at most
ALL_VALUES = 200  # so many values of a variable all come into question


class MomentPatients(ImposedStatements):
    """Draws patients who satisfy the active statements of a subproblem of moments (`is_of_moments_alone`)."""

    @property
    def problem(self) -> Problem:
        """The statements as axes and relations between them."""
        return problem_of(self.study, self.subproblem, self.active, self.size)

    def draw(self, rng: np.random.Generator) -> Answer:
        """Plausible patients, the same for the same random numbers: found, or undecided after so many samples."""
        if self.size < 1 or impossible(self.study, self.subproblem, self.active, self.size):
            return Answer(UNDECIDED)
        return self.first_of(Sampling(rng, is_plausible=k < PICKY) for k in range(DRAWS))

    def first_of(self, samplings: Iterable[Sampling]) -> Answer:
        """The first patients drawn who satisfy every statement, else undecided."""
        problem = self.problem
        for sampling in samplings:
            codes = self.near(problem, sampling)
            if codes is not None and self.all_hold(codes):
                return Answer(FOUND, codes)
        return Answer(UNDECIDED)

    def near(self, problem: Problem, sampling: Sampling, first: Name | None = None) -> dict[Cell, int] | None:
        """Codes of patients as a problem has it, part by part of what hangs together; the axis `first` settled first.

        They are yet to be held against the statements; None where none are found.
        """
        room = settled_sums(problem, first, sampling)
        if room is None:
            return None
        codes: dict[Cell, int] = {}
        for part in _parts(self, problem):
            found = self._of_part(problem, room, part, sampling)
            if found is None:
                return None
            codes.update(found)
        return codes

    def _of_part(
        self, problem: Problem, room: dict[Name, Box], part: tuple[str, ...], sampling: Sampling
    ) -> dict[Cell, int] | None:
        alone = len(part) == 1 and part[0] in room
        if alone and not sampling.is_plausible:
            return _counted(self, problem, room[part[0]], part[0])
        found = _mended(self, problem, room, part, sampling)
        return _counted(self, problem, room[part[0]], part[0]) if found is None and alone else found

    def rules_of(self, part: Collection[str]) -> list[Rule]:
        """The active rules that are about some of these variables."""
        return [r for r in self.rules if names(r.rule) & set(part)]

    def keep(self, codes: dict[Cell, int], part: Collection[str]) -> bool:
        """Whether patients with codes of these variables alone satisfy the active rules about them."""
        frame = self.patients_table(codes)
        return not any(
            breaks(rule_for_members(r.rule, self.subproblem.where), frame).any() for r in self.rules_of(part)
        )


def moment_patients(
    study: Study, subproblem: Subproblem, active: Collection[Statement], size: int, seed: int = 1
) -> Answer:
    """Patients who satisfy the active statements of a subproblem of moments, `none` with a proof, or undecided."""
    if impossible(study, subproblem, active, size):
        return Answer(NONE)
    patients, rng = MomentPatients(study, subproblem, frozenset(active), size), np.random.default_rng(seed)
    found = patients.first_of(Sampling(rng, by_chance=k > 0) for k in range(ATTEMPTS))
    return found if found.status == FOUND else _solved(patients)


def _solved(patients: MomentPatients) -> Answer:
    """What the solver says of the statements as they stand: few patients with few values each it can decide."""
    claims = patients.claims
    if any(c.statistic in SQUARED and why_not(patients.study, c) for c in claims):
        return Answer(UNDECIDED)
    where = patients.subproblem.where
    u = Unknowns(patients.study, patients.size, patients.subproblem.variables, [where] if where else [])
    impose(u, claims, patients.rules_of(patients.subproblem.variables))
    answer = ask(u, set(u.on), limit=SOLVER_LIMIT)
    held = answer.status != FOUND or patients.all_hold(answer.values)
    return answer if held else Answer(UNDECIDED)


def _parts(patients: MomentPatients, problem: Problem) -> list[tuple[str, ...]]:
    """The subproblem's variables in parts that no relation and no active rule ties together."""
    ties = [
        {v for _, name in r.factors for v in ((name,) if isinstance(name, str) else name)} for r in problem.relations
    ]
    ties += [set(names(r.rule)) for r in patients.subproblem.rules if ("rule", r.id) in patients.active]
    parts = {name: {name} for name in patients.subproblem.variables}
    for tie in ties:
        together = set().union(*(parts[name] for name in tie if name in parts))
        for name in together:
            parts[name] = together
    return list(dict.fromkeys(tuple(n for n in patients.subproblem.variables if n in part) for part in parts.values()))


def _counted(patients: MomentPatients, problem: Problem, box: Box, name: str) -> dict[Cell, int] | None:
    """Codes of one variable with the sum and a spread of a box: how many patients have each value."""
    k, n = problem.axes[name].step, patients.size
    u = Unknowns(patients.study, 0, ())
    for code in _values(patients, box, name, k):
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


def _values(patients: MomentPatients, box: Box, name: str, k: int) -> list[int]:
    """The values that come into question: all, or of many those near the mean, some farther off, and the ends."""
    low, high = step_range(patients.study.variables[name])
    possible: Iterable[int] = range(low, high + 1)
    if high - low > ALL_VALUES:
        n = patients.size
        mean, sd = box.s0 // (k * n), isqrt(box.v1 // (k * k * n * max(n - 1, 1))) + 1
        near = range(mean - 3 * sd - 6, mean + 3 * sd + 7)
        far = {mean + side * j * sd // 4 + extra for j in range(1, 20) for side in (-1, 1) for extra in (0, 1)}
        possible = near if len(near) <= ALL_VALUES else sorted({low, high, *range(mean - 6, mean + 7), *far})
    found = [code for code in possible if low <= code <= high]
    frame = pd.DataFrame({name: [code * step_of(patients.study.variables[name]) for code in found]}, dtype=object)
    for rule in patients.subproblem.rules:
        if ("rule", rule.id) in patients.active and names(rule.rule) & {name}:
            kept = (~breaks(rule_for_members(rule.rule, patients.subproblem.where), frame)).tolist()
            found, frame = [c for c, keep in zip(found, kept, strict=True) if keep], frame[kept].reset_index(drop=True)
    return found


def _mended(
    patients: MomentPatients,
    problem: Problem,
    room: dict[Name, Box],
    part: tuple[str, ...],
    sampling: Sampling,
) -> dict[Cell, int] | None:
    """Codes of some variables near a drawn sample, with sums and spreads of their boxes."""
    sample = drawn_sample(problem, room, part, sampling)
    moved = swapped_sample(problem, room, part, sample, sampling.rng)
    if moved is not None:
        codes = {n: (values // problem.axes[n].step).tolist() for n, values in moved.items()}
        found = {(i, n): code for n, column in codes.items() for i, code in enumerate(column)}
        if patients.keep(found, part):
            return found
    if patients.size > MENDED:
        return None
    u = Unknowns(patients.study, patients.size, part, [patients.subproblem.where] if patients.subproblem.where else [])
    impose(u, [], patients.rules_of(part))
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
