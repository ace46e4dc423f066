"""Asking the solver: one answer found, none exists, or undecided in the time given, and nothing in between.

One worker, a fixed seed and a limit of deterministic time make an answer the same on every machine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ortools.sat.python import cp_model

from recount.running import Undecided
from recount.solver.unknowns import Literal, Unknowns

FOUND, NONE, UNDECIDED = "found", "none", "undecided"
LIMIT = 60.0  # deterministic seconds
GLANCE, LOOK = 0.1, 2.0  # deterministic seconds at most for a first and a second look by jumps
STAGES = (  # (share of the time, whether sums are relaxed linearly): counts and orders want it without, sums with
    (0.2, False),
    (0.4, True),
    (0.4, False),
)
SUMS_FIRST = ((0.2, True), (0.4, False), (0.4, True))
SUMS_ONLY = ((1.0, True),)
A_FEW = 4  # steps

Statement = tuple[str, str]  # ("claim" or "rule", its id)
Cell = tuple[int, str]  # (patient, variable)


class Aim(NamedTuple):
    """A code aimed at, what a step off it costs, and how widely the aims of its variable spread, in steps."""

    code: int
    weight: int
    spread: int


@dataclass(frozen=True)
class Answer:
    """`status` is found, none or undecided; `values` the codes by (patient, variable); `best` whether proven best.

    `objective` is what was aimed at, `bound` what it is proven not to pass, `terms` what it is made of.
    """

    status: str
    values: dict[Cell, int] = field(default_factory=dict)
    best: bool = False
    objective: int = 0
    bound: float = 0.0
    imposed: frozenset[Statement] = frozenset()
    terms: tuple[int, ...] = ()


def ask(u: Unknowns, active: Collection[Statement], seed: int = 1, limit: float = LIMIT) -> Answer:
    """Consistent patients with these statements imposed and the others not."""
    return _solve(u, _with(u, active), seed, limit)


def decided(answer: Answer, what: str) -> Answer:
    """The answer where it is found or none; raises Undecided otherwise."""
    if answer.status == UNDECIDED:
        raise Undecided(f"{what}: not decided within the limit")
    return answer


def fewest_set_aside(
    u: Unknowns,
    order: list[Statement],
    seed: int = 1,
    weights: Mapping[Statement, int] | None = None,
    known: Iterable[Sequence[Statement]] = (),
) -> tuple[Answer, list[list[Statement]]]:
    """Consistent patients with as few statements not imposed as possible, and the minimal conflicts met on the way.

    Minimal conflicts that are `known` beforehand are taken as they are.
    A statement counts as its weight, 1 where none is given. Of equally few, those that come first in `order` are set
    aside. Every conflict must lose a member, so the fewest that break all conflicts known so far bound the number
    from below; when the rest is consistent they are the answer (implicit hitting sets: Moreno-Centeno & Karp, Oper
    Res 2013;61:453). Raises Undecided.
    """
    conflicts = [list(conflict) for conflict in known]
    while True:
        aside = cheapest_hit(conflicts, order, weights or {})
        rest = [statement for statement in order if statement not in aside]
        answer = decided(ask(u, rest, seed), "whether the rest of the record is consistent")
        if answer.status == FOUND:
            return answer, conflicts
        conflicts.append(minimal_conflict(u, rest, seed))
        if not conflicts[-1]:
            raise Undecided("patients of the physical kind described don't exist, whatever is set aside")


def cheapest_hit(
    conflicts: Sequence[Sequence[Statement]], order: list[Statement], weights: Mapping[Statement, int]
) -> set[Statement]:
    """Statements of the least weight with one from each conflict; of equal ones, those that come first in the order."""
    members = [s for s in order if any(s in conflict for conflict in conflicts)]
    if not members:
        return set()
    model = cp_model.CpModel()
    taken = {s: model.new_bool_var("") for s in members}
    for conflict in conflicts:
        model.add_bool_or([taken[s] for s in conflict])
    heavy = len(members) * (len(members) + 1)
    model.minimize(sum((heavy * weights.get(s, 1) + rank) * taken[s] for rank, s in enumerate(members)))
    solver = _solver(1, LIMIT)
    if solver.solve(model) != cp_model.OPTIMAL:
        raise Undecided("the fewest statements to set aside")
    return {s for s in members if solver.value(taken[s])}


class Unsettled:
    """The sets of statements of which it isn't known whether they hold together."""

    def __init__(self, every: Sequence[Statement]) -> None:
        self.every = list(every)
        self.model = cp_model.CpModel()
        self.taken = {s: self.model.new_bool_var("") for s in self.every}
        self.model.maximize(sum(self.taken.values()))

    def largest(self) -> list[Statement] | None:
        """A largest set that isn't settled, None where all are."""
        solver = _solver(1, LIMIT, linear=True)
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise Undecided("which sets of statements are left to ask about")
        return [s for s in self.every if solver.value(self.taken[s])]

    def contradict(self, conflict: Iterable[Statement]) -> None:
        """These cannot all hold, nor can any set with all of them."""
        self.model.add_bool_or([self.taken[s].negated() for s in conflict])

    def allow(self, consistent: Collection[Statement]) -> None:
        """These hold together, and so does any part of them."""
        self.model.add_bool_or([self.taken[s] for s in self.every if s not in set(consistent)])


def minimal_conflict(u: Unknowns, among: list[Statement], seed: int = 1, limit: float = LIMIT) -> list[Statement]:
    """A set of statements that cannot all hold although without any one of them they can, proven by re-solving.

    `among` cannot all hold. The solver's own core is only a hint, taken when it is proven too.
    """
    core = _core(u, among, seed, limit)
    kept = core if ask(u, core, seed, limit).status == NONE else list(among)
    for statement in list(kept):
        rest = [s for s in kept if s != statement]
        if decided(ask(u, rest, seed, limit), f"a conflict without {statement[1]}").status == NONE:
            kept = rest
    return kept


def closest(
    u: Unknowns,
    active: Collection[Statement],
    aims: Mapping[Cell, Aim],
    seed: int = 1,
    limit: float = 2.0,
    reach: float | None = None,
    start: Mapping[Cell, int] | None = None,
) -> Answer:
    """Consistent patients near what is aimed at; the best found within the limit is taken.

    With a `reach` nothing is farther off than this share of the aims' spread (and a few steps). The search sets out
    from `start`, patients known to be consistent, or else from the aims.
    """
    model = _with(u, active)
    cost: list = []
    for cell, aim in aims.items():
        most = None if reach is None else A_FEW + round(reach * aim.spread)
        cost.append(aim.weight * _distance(model, _variable(model, u, cell), aim.code, most))
    _hint(u, model, start or {cell: aim.code for cell, aim in aims.items()})
    model.minimize(sum(cost))
    answer = _once(u, model, _solver(seed, limit, linear=1), ())
    return answer if answer.status != UNDECIDED else _once(u, model, _jumping(seed, limit), ())


def _distance(model: cp_model.CpModel, x: cp_model.IntVar, target: int, most: int | None) -> cp_model.IntVar:
    low, *_, high = list(x.proto.domain)
    target = min(max(target, low), high)
    farthest = max(target - low, high - target)
    distance = model.new_int_var(0, farthest if most is None else min(most, farthest), "")
    model.add(distance >= x - target)
    model.add(distance >= target - x)
    return distance


def heaviest(
    u: Unknowns,
    active: Collection[Statement],
    weights: Iterable[tuple[int, Literal]],
    limit: float,
    start: Mapping[Cell, int],
) -> Answer:
    """Consistent patients of the greatest sum of the weights of truths that hold; the best found within the limit.

    The search sets out from `start`, patients known to be consistent.
    """
    model = _with(u, active)
    _hint(u, model, start)
    model.maximize(sum(weight * _literal(model, literal) for weight, literal in weights))
    return _once(u, model, _solver(1, limit, linear=2), ())


def most_that_hold(u: Unknowns, active: Collection[Statement], literals: Iterable[Literal], seed: int = 1) -> Answer:
    """Consistent patients with as many of these truths as possible; `objective` says how many."""
    model = _with(u, active)
    model.maximize(sum(_literal(model, x) for x in literals))
    return decided(_solve(u, model, seed, LIMIT, (), SUMS_FIRST), "how many patients keep a rule that is set aside")


def extreme(
    u: Unknowns,
    active: Collection[Statement],
    terms: Sequence[tuple[int, cp_model.IntVar]],
    greatest: bool,
    limit: float = LIMIT,
    start: Mapping[Cell, int] | None = None,
    given: Iterable[Literal] = (),
    stages: Sequence[tuple[float, bool]] = STAGES,
) -> Answer:
    """Consistent patients in whom the sum of factor times unknown is least, or greatest, with `bound` its proven end.

    `terms` of the answer are the unknowns' values.

    The literals `given` hold beside the active statements. The search sets out from the patients `start`.
    """
    model = _with(u, active)
    model.add_bool_and([_literal(model, x) for x in given])
    _hint(u, model, start or {})
    unknowns = [model.get_int_var_from_proto_index(x.index) for _, x in terms]
    total = sum(factor * x for (factor, _), x in zip(terms, unknowns, strict=True))
    (model.maximize if greatest else model.minimize)(total)
    return _solve(u, model, 1, limit, unknowns, stages)


def found_with(u: Unknowns, active: Collection[Statement], given: Iterable[Literal], limit: float = LIMIT) -> Answer:
    """Consistent patients for whom the literals hold too, or none."""
    model = _with(u, active)
    model.add_bool_and([_literal(model, x) for x in given])
    return _solve(u, model, 1, limit)


def soon_found_with(
    u: Unknowns, active: Collection[Statement], given: Iterable[Literal], limit: float, start: Mapping[Cell, int]
) -> Answer:
    """Consistent patients for whom the literals hold too, or none, by the two ways that settle it soonest.

    The first sets out from the patients `start`; its linear relaxation is what tells soonest that there are none.
    """
    model = _with(u, active)
    model.add_bool_and([_literal(model, x) for x in given])
    _hint(u, model, start)
    answer = _once(u, model, _solver(1, limit / 2, linear=1), ())
    return answer if answer.status != UNDECIDED else _once(u, model, _jumping(1, limit / 2), ())


def another(u: Unknowns, active: Collection[Statement], cells: Mapping[Cell, int], seed: int = 1) -> Answer:
    """Consistent patients in whom at least one of these cells is not as given."""
    model = _with(u, active)
    differs = []
    for cell, code in cells.items():
        other = model.new_bool_var("")
        model.add(_variable(model, u, cell) != code).only_enforce_if(other)
        differs.append(other)
    model.add_bool_or(differs)
    return _solve(u, model, seed, LIMIT)


def _with(u: Unknowns, active: Collection[Statement]) -> cp_model.CpModel:
    """A copy of the model in which exactly the active statements are imposed."""
    model = u.cp.clone()
    for statement, on in u.on.items():
        model.add(_literal(model, on) == int(statement in active))
    return model


def _core(u: Unknowns, among: list[Statement], seed: int, limit: float) -> list[Statement]:
    """The statements that the solver says suffice for the contradiction."""
    model = u.cp.clone()
    literals = {u.on[statement].index: statement for statement in among}
    model.add_assumptions([_literal(model, u.on[statement]) for statement in among])
    solver = _solver(seed, limit)
    if solver.solve(model) != cp_model.INFEASIBLE:
        return list(among)
    core = {literals[index] for index in solver.sufficient_assumptions_for_infeasibility()}
    return [statement for statement in among if statement in core]


def _solver(seed: int, limit: float, linear: int = 0) -> cp_model.CpSolver:
    """One worker; with linear relaxations where sums are at stake, without where it is about counts and orders.

    Symmetries are broken by the model itself. On such records these settings decide four times as fast as the usual.
    """
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is Python's: it ends no search early
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = limit
    solver.parameters.symmetry_level = 0
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.linearization_level = int(linear)
    return solver


def _jumping(seed: int, limit: float) -> cp_model.CpSolver:
    """The same one worker, that takes turns with a search by jumps from patient to patient.

    Jumps find patients of a large record at once where a search by cases doesn't, and never prove that there are none
    (Luteberget & Sartor, Math Program Comput 2023;15:365).
    """
    solver = _solver(seed, limit)
    solver.parameters.interleave_search = True
    return solver


def _solve(
    u: Unknowns,
    model: cp_model.CpModel,
    seed: int,
    limit: float,
    terms: Sequence[cp_model.IntVar] = (),
    stages: Sequence[tuple[float, bool]] = STAGES,
) -> Answer:
    """The answer within the limit, by one way of solving after the other; `stages` share the time among them."""
    best = Answer(UNDECIDED)
    glance = min(GLANCE, limit)
    looks = [_solver(seed, glance)] if model.has_objective() else []  # what is best is seldom found by jumps
    looks.append(_jumping(seed, glance))
    if limit > LOOK:
        looks += [_solver(seed, LOOK), _jumping(seed, LOOK)]
    for solver in (*looks, *(_solver(seed, share * limit, linear) for share, linear in stages)):
        answer = _once(u, model, solver, terms)
        if answer.status == NONE or answer.best or (answer.status == FOUND and not model.has_objective()):
            return answer
        best = _better(model, best, answer)
        if answer.status == FOUND:
            model.clear_hints()
            _hint(u, model, answer.values)
    return best


def _once(u: Unknowns, model: cp_model.CpModel, solver: cp_model.CpSolver, terms: Sequence[cp_model.IntVar]) -> Answer:
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(NONE if status == cp_model.INFEASIBLE else UNDECIDED)
    values = {cell: solver.value(_variable(model, u, cell)) for cell in u.x}
    imposed = frozenset(s for s, on in u.on.items() if solver.value(_literal(model, on)))
    best, bound = status == cp_model.OPTIMAL, solver.best_objective_bound
    return Answer(FOUND, values, best, round(solver.objective_value), bound, imposed, tuple(map(solver.value, terms)))


def _better(model: cp_model.CpModel, one: Answer, other: Answer) -> Answer:
    """The better of two unproven answers, with the nearer of their bounds."""
    if UNDECIDED in (one.status, other.status):
        return one if other.status == UNDECIDED else other
    minimized = bool(model.proto.objective.vars) and model.proto.objective.scaling_factor >= 0
    pick, near = (min, max) if minimized else (max, min)
    chosen = pick((other, one), key=lambda answer: answer.objective)
    return replace(chosen, bound=near(one.bound, other.bound))


def _hint(u: Unknowns, model: cp_model.CpModel, codes: Mapping[Cell, int]) -> None:
    """Lets the search set out from these codes; one that is known already is no hint."""
    for cell, code in codes.items():
        if cell in u.x and cell[1] not in u.fixed[cell[0]]:
            model.add_hint(_variable(model, u, cell), code)


def _variable(model: cp_model.CpModel, u: Unknowns, cell: Cell) -> cp_model.IntVar:
    return model.get_int_var_from_proto_index(u.x[cell].index)


def _literal(model: cp_model.CpModel, literal: Literal) -> Literal:
    """A literal of the unknowns in a copy of their model; a negated one has a negative index."""
    if literal.index >= 0:
        return model.get_bool_var_from_proto_index(literal.index)
    return model.get_bool_var_from_proto_index(-literal.index - 1).negated()
