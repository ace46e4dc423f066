"""Patients who satisfy means, SDs and paired t, and come as near as can be to a bound of one of them.

`moment_bounds` says which sums and spreads are left; sums are chosen from these, so near to the bound as is asked
for, then spreads from what these leave. A sample is drawn with nearly these moments, whichever correlations they
need, and rounded; moving its values by a few steps mends it, as in `moments`. A variable that nothing ties to another
is put together from how many patients have each value. Patients are held against every statement before they are
given back, and what isn't found is undecided, never impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt, sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from recount.blocks import Block
from recount.constraints import impose
from recount.expressions import evaluate, names
from recount.model import Linear, Unknowns, step_of, step_range
from recount.moment_bounds import (
    Asked,
    Axis,
    Box,
    Name,
    Problem,
    impossible,
    meant,
    moment_conflicts,
    problem_of,
    smallest_conflict,
)
from recount.moment_swaps import Form, swapped
from recount.solve import FOUND, NONE, UNDECIDED, Answer, Cell, Statement, ask, cheapest_hit, decided
from recount.squares import SQUARED, why_not
from recount.study import Rule, Study
from recount.verify import About, Value, statistic, value_in

NEARER = (
    Fraction(1, 50),
    Fraction(1, 200),
    Fraction(1, 1000),
    Fraction(1, 5000),
    Fraction(0),
)  # of the way between the bounds
FARTHER = (Fraction(1, 10), Fraction(1))  # where nobody is found as near
TRIES, AGAIN = 3, 2  # samples for each of these, and once somebody is found
FREE = 2**40  # a sum of squares that nothing bounds
ATTEMPTS = 12  # samples where nothing is asked for
SOLVER_LIMIT = 2.0  # deterministic seconds for what no sample is found of
LIMIT = 0.1  # deterministic seconds to mend one
MENDED = 50  # patients at most whom the solver mends where swaps don't
REACH = 4  # steps that a value is moved at most
SMALL = 0.1  # of the greatest spread, where nothing is printed of it
ALL_VALUES = 200  # so many values of a variable all come into question
SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "normal": ndtri,
    "skewed up": lambda p: np.exp(0.6 * ndtri(p)),
    "skewed down": lambda p: -np.exp(-0.6 * ndtri(p)),
    "flat": lambda p: p,
    "very skewed up": lambda p: np.exp(1.2 * ndtri(p)),
    "very skewed down": lambda p: -np.exp(-1.2 * ndtri(p)),
    "few high": lambda p: p**3,
    "few low": lambda p: -((1 - p) ** 3),
    "at both ends": lambda p: -np.cos(np.pi * p),
}
"""How samples are drawn, of shares from nought to one: the first that the limits leave room for."""


@dataclass(frozen=True)
class MomentEnds:
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


@dataclass(frozen=True)
class Members:
    """A block's statements about so many patients, all of whom they speak of."""

    study: Study
    block: Block
    active: frozenset[Statement]
    size: int

    def frame(self, codes: dict[Cell, int]) -> pd.DataFrame:
        """The patients of these codes, one row each, a column each variable."""
        steps = {name: step_of(self.study.variables[name]) for name in self.block.variables}
        columns = {n: [codes[i, n] * step for i in range(self.size)] for n, step in steps.items()}
        return pd.DataFrame(columns, dtype=object)

    @property
    def of_members(self) -> Study:
        """The study with everybody a member of every population."""
        everybody = {name: replace(p, where=None) for name, p in self.study.populations.items()}
        return replace(self.study, populations=everybody)

    def hold(self, codes: dict[Cell, int]) -> bool:
        """Whether these patients satisfy every active statement, by the verifier's statistics."""
        frame, study = self.frame(codes), self.of_members
        claims = [c for c in self.block.claims if ("claim", c.id) in self.active]
        rules = [r for r in self.block.rules if ("rule", r.id) in self.active]
        if not all(statistic(claim, frame, study).holds for claim in claims):
            return False
        return all(bool(evaluate(meant(r.rule, self.block.where), frame).all()) for r in rules)

    def rules_of(self, part: Collection[str]) -> list[Rule]:
        """The active rules that are about some of these variables."""
        return [r for r in self.block.rules if ("rule", r.id) in self.active and names(r.rule) & set(part)]

    def keep(self, codes: dict[Cell, int], part: Collection[str]) -> bool:
        """Whether patients with codes of these variables satisfy the active rules about them."""
        columns = {n: [codes[i, n] * step_of(self.study.variables[n]) for i in range(self.size)] for n in part}
        frame = pd.DataFrame(columns, dtype=object)
        return all(bool(evaluate(meant(r.rule, self.block.where), frame).all()) for r in self.rules_of(part))

    def value(self, codes: dict[Cell, int], question: About) -> Value | None:
        """The statistic asked about, of these patients."""
        return value_in(self.of_members, question, self.frame(codes))


def moment_range(
    study: Study,
    block: Block,
    active: Collection[Statement],
    size: int,
    question: About,
    without: Collection[Statement] = (),
    seed: int = 1,
) -> MomentEnds:
    """The bounds of a mean, sum, SD, paired |t| or its P in a block of moments, and what patients reach of them.

    The active statements but those `without` are imposed on so many patients.
    """
    members = Members(study, block, frozenset(active) - frozenset(without), size)
    asked = Asked.of(problem_of(study, block, members.active, size), question)
    ends = asked.ends()
    if ends is None:
        return MomentEnds(status=NONE)
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
    return MomentEnds(least, low, fewest, most, high, others, status)


def _nearest(
    members: Members,
    asked: Asked,
    question: About,
    ends: tuple[Fraction, Fraction],
    greatest: bool,
    rng: np.random.Generator,
) -> tuple[Value | None, dict[Cell, int] | None]:
    """The value that patients found reach nearest to one end, and they; (None, None) where none were found."""
    found: tuple[Value | None, dict[Cell, int] | None] = None, None
    exact = asked.value(ends[int(greatest)])
    for share in (*NEARER, *FARTHER) if ends[0] < ends[1] else (Fraction(0),):
        if found[0] == exact or (found[0] is not None and share in FARTHER):
            break
        problem = _near(asked, ends, greatest, share)
        better = _reached(members, asked, question, problem, rng, TRIES if found[0] is None else AGAIN)
        if better is None and found[0] is not None:
            break
        found = better or found
    return found


def _reached(
    members: Members, asked: Asked, question: About, problem: Problem, rng: np.random.Generator, tries: int
) -> tuple[Value, dict[Cell, int]] | None:
    """The statistic asked about of patients that are as the problem has it, and they."""
    for k in range(tries):
        codes = _patients(members, problem, rng, asked.name, k > 0)
        if codes is not None and members.hold(codes):
            value = members.value(codes, question)
            return None if value is None else (value, codes)
    return None


def _near(asked: Asked, ends: tuple[Fraction, Fraction], greatest: bool, share: Fraction) -> Problem:
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


def consistent_moments(study: Study, block: Block, active: Collection[Statement], size: int, seed: int = 1) -> str:
    """Whether the active statements of a block of moments can all hold of so many patients: found, none, undecided."""
    return moment_patients(study, block, active, size, seed).status


def moment_patients(study: Study, block: Block, active: Collection[Statement], size: int, seed: int = 1) -> Answer:
    """Patients who satisfy the active statements of a block of moments, `none` with a proof, or undecided."""
    if impossible(study, block, active, size):
        return Answer(NONE)
    members = Members(study, block, frozenset(active), size)
    problem, rng = problem_of(study, block, active, size), np.random.default_rng(seed)
    for k in range(ATTEMPTS):
        codes = _patients(members, problem, rng, None, k > 0)
        if codes is not None and members.hold(codes):
            return Answer(FOUND, codes)
    return _solved(members)


def _solved(members: Members) -> Answer:
    """What the solver says of the statements as they stand: few patients with few values each it can decide."""
    claims = [c for c in members.block.claims if ("claim", c.id) in members.active]
    if any(c.statistic in SQUARED and why_not(members.study, c) for c in claims):
        return Answer(UNDECIDED)
    where = members.block.where
    u = Unknowns(members.study, members.size, members.block.variables, [where] if where else [])
    impose(u, claims, members.rules_of(members.block.variables))
    answer = ask(u, set(u.on), limit=SOLVER_LIMIT)
    held = answer.status != FOUND or members.hold(answer.values)
    return answer if held else Answer(UNDECIDED)


def fewest_moments_set_aside(
    study: Study,
    block: Block,
    size: int,
    order: list[Statement],
    seed: int = 1,
    weights: Mapping[Statement, int] | None = None,
) -> tuple[Answer, list[list[Statement]]]:
    """What `solve.fewest_set_aside` gives of a block of moments, without the solver: patients, and conflicts met.

    A conflict is proven; that it has no member too many is proven by patients who satisfy all but one. Raises
    Undecided.
    """
    conflicts = [_ordered(order, conflict) for conflict in moment_conflicts(study, block, size)]
    while True:
        aside = cheapest_hit(conflicts, order, weights or {})
        rest = [statement for statement in order if statement not in aside]
        answer = decided(moment_patients(study, block, rest, size, seed), f"{', '.join(block.variables)} together")
        if answer.status == FOUND:
            return replace(answer, imposed=frozenset(rest)), conflicts
        conflicts.append(_ordered(order, smallest_conflict(study, block, frozenset(rest), size)))


def is_minimal(study: Study, block: Block, conflict: Collection[Statement], size: int, seed: int = 1) -> bool:
    """Whether patients are found who satisfy all of a conflict but one statement, whichever it is."""
    fewer = [[s for s in conflict if s != statement] for statement in conflict]
    return all(moment_patients(study, block, rest, size, seed).status == FOUND for rest in fewer)


def _ordered(order: list[Statement], conflict: Collection[Statement]) -> list[Statement]:
    return [statement for statement in order if statement in conflict]


# patients -----------------------------------------------------------------------------------------------------


def _patients(
    members: Members, problem: Problem, rng: np.random.Generator, first: Name | None, by_chance: bool
) -> dict[Cell, int] | None:
    """Patients as the problem has it, part by part of what hangs together; the axis `first` is settled first."""
    room = _settled(problem, first, rng, by_chance)
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


def _settled(problem: Problem, first: Name | None, rng: np.random.Generator, by_chance: bool) -> dict[Name, Box] | None:
    """A box of one sum for each axis, whose sums go together; None where the choices leave nothing."""
    for name in _order(problem, first):
        boxes = problem.boxes()
        if boxes is None:
            return None
        box = _roomiest(problem, name, boxes[name], rng, by_chance)
        if box is None:
            return None
        axis = problem.axes[name]
        problem = problem.with_axis(name, axis.within(sums=(box.s0, box.s0)))
    left = problem.boxes()
    return None if left is None else {name: found[0] for name, found in left.items()}


def _order(problem: Problem, first: Name | None) -> list[Name]:
    """The axes as they are settled: what is asked for, differences, variables with large steps before others."""

    def place(name: Name) -> tuple[bool, bool, int, bool]:
        axis = problem.axes[name]
        return name != first, isinstance(name, str), -axis.step, axis.is_free

    return sorted(problem.axes, key=place)


def _roomiest(problem: Problem, name: Name, boxes: list[Box], rng: np.random.Generator, by_chance: bool) -> Box | None:
    """A box of one sum that leaves the spread much room, and isn't wide beside the limits, where there is one."""
    axis = problem.axes[name]
    singles = []
    for box in boxes:
        middle = (box.s0 + box.s1) // 2 // axis.step * axis.step
        one = axis.narrowed(Box(max(middle, box.s0), max(middle, box.s0), box.v0, box.v1), axis.sums, axis.spreads)
        singles += [one] if one is not None else []
    small = SMALL * (axis.n * (axis.high - axis.low) / 2) ** 2
    singles = [b for b in singles if b.v0 <= small] or singles
    least = max((b.v1 - b.v0 for b in singles), default=0) * (rng.uniform(0, 0.5) if by_chance else 0.5)
    roomy = [b for b in singles if b.v1 - b.v0 >= least and axis.exists(b)] or singles
    if not roomy:
        return None
    return roomy[int(rng.integers(len(roomy))) if by_chance else len(roomy) // 2]


def _parts(members: Members, problem: Problem) -> list[tuple[str, ...]]:
    """The block's variables in parts that no relation and no active rule ties together."""
    ties = [
        {v for _, name in r.factors for v in ((name,) if isinstance(name, str) else name)} for r in problem.relations
    ]
    ties += [set(names(r.rule)) for r in members.block.rules if ("rule", r.id) in members.active]
    parts = {name: {name} for name in members.block.variables}
    for tie in ties:
        together = set().union(*(parts[name] for name in tie if name in parts))
        for name in together:
            parts[name] = together
    return list(dict.fromkeys(tuple(n for n in members.block.variables if n in part) for part in parts.values()))


# one variable alone -------------------------------------------------------------------------------------------


def _counted(members: Members, problem: Problem, box: Box, name: str) -> dict[Cell, int] | None:
    """Codes of one variable with the sum and a spread of a box: how many patients have each value."""
    k, n = problem.axes[name].step, members.size
    u = Unknowns(members.study, 0, ())
    for code in _values(members, box, name, k):
        u.x[code, name] = u.cp.new_int_var(0, n, "")
    q0, q1 = _squares_of(box, n)
    total = sum(u.x.values())
    u.cp.add(total == n)
    u.cp.add(sum(code * x for (code, _), x in u.x.items()) == box.s0 // k)
    squares = sum(code * code * x for (code, _), x in u.x.items())
    u.cp.add_linear_constraint(squares, -(-q0 // k**2), q1 // k**2)
    answer = ask(u, (), limit=LIMIT)
    if answer.status != FOUND:
        return None
    codes = [code for (code, _), times in sorted(answer.values.items()) for _ in range(times)]
    return {(i, name): code for i, code in enumerate(codes)}


def _squares_of(box: Box, n: int) -> tuple[int, int]:
    """The sums of squares of a box of one sum, in units."""
    return -(-(box.v0 + box.s0**2) // n), (box.v1 + box.s0**2) // n


def _values(members: Members, box: Box, name: str, k: int) -> list[int]:
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
    for rule in members.block.rules:
        if ("rule", rule.id) in members.active and names(rule.rule) & {name}:
            kept = evaluate(meant(rule.rule, members.block.where), frame).tolist()
            found, frame = [c for c, keep in zip(found, kept, strict=True) if keep], frame[kept].reset_index(drop=True)
    return found


# several together ---------------------------------------------------------------------------------------------


def _mended(
    members: Members,
    problem: Problem,
    room: dict[Name, Box],
    part: tuple[str, ...],
    rng: np.random.Generator,
    by_chance: bool,
) -> dict[Cell, int] | None:
    """Codes of some variables near a drawn sample, with sums and spreads of their boxes."""
    sample = _sample(problem, room, part, rng, by_chance)
    moved = _swapped(problem, room, part, sample, rng)
    if moved is not None:
        codes = {n: (values // problem.axes[n].step).tolist() for n, values in moved.items()}
        found = {(i, n): code for n, column in codes.items() for i, code in enumerate(column)}
        if members.keep(found, part):
            return found
    if members.size > MENDED:
        return None
    u = Unknowns(members.study, members.size, part, [members.block.where] if members.block.where else [])
    impose(u, [], members.rules_of(part))
    for name in (name for name in problem.axes if _is_of(name, part)):
        _keep_moments(u, problem, name, room[name], sample)
    answer = ask(u, set(u.on), limit=LIMIT)
    return {cell: answer.values[cell] for cell in answer.values if cell[1] in part} if answer.status == FOUND else None


def _swapped(
    problem: Problem,
    room: dict[Name, Box],
    part: tuple[str, ...],
    sample: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, np.ndarray] | None:
    """The sample with the sums and spreads of the boxes; None where it isn't found."""
    bases = [name for name in part if name not in _defined(problem, part)]
    linear = _linear(problem, part, bases)
    if linear is None or problem.n < 2:
        return None
    start = np.array([_with_sum(sample[name], problem.axes[name], room[name].s0, rng) for name in bases])
    forms = []
    for name in (name for name in problem.axes if _is_of(name, part)):
        axis, (factors, constant) = problem.axes[name], linear[name]
        least, most = (0, FREE) if axis.is_free else _squares_of(room[name], axis.n)
        forms.append(Form(factors, constant, axis.low, axis.high, least, most))
    steps = np.array([problem.axes[name].step for name in bases])
    found = swapped(start, steps, forms, rng)
    if found is None:
        return None
    return {name: linear[name][0] @ found + linear[name][1] for name in part}


def _linear(problem: Problem, part: tuple[str, ...], bases: list[str]) -> dict[Name, tuple[np.ndarray, int]] | None:
    """Each axis of a part as whole factors of the variables that aren't defined, and a constant; None: it isn't so."""
    found: dict[Name, tuple[np.ndarray, int]] = {}
    for k, base in enumerate(bases):
        found[base] = np.where(np.arange(len(bases)) == k, 1, 0), 0
    for defined, place in reversed(_defined(problem, part).items()):
        relation = problem.relations[place]
        own = next(c for c, n in relation.factors if n == defined)
        rest = [(c, n) for c, n in relation.factors if n != defined]
        if any(n not in found for _, n in rest):
            return None
        factors = -sum(c * found[n][0] for c, n in rest)
        constant = relation.constant - sum(c * found[n][1] for c, n in rest)
        steps = factors * np.array([problem.axes[b].step for b in bases])
        if any(int(x) % (own * problem.axes[defined].step) for x in (*steps.tolist(), constant)):
            return None
        found[defined] = np.asarray(factors // own), constant // own
    for name in problem.axes:
        if not isinstance(name, str) and _is_of(name, part):
            one, other = (found[v] for v in name)
            found[name] = one[0] - other[0], one[1] - other[1]
    return found


def _with_sum(values: np.ndarray, axis: Axis, total: int, rng: np.random.Generator) -> np.ndarray:
    """The values with this sum, some moved by a step, each within its limits as long as there are such."""
    values = values.copy()
    missing = (total - int(values.sum())) // axis.step
    side = axis.step if missing > 0 else -axis.step
    for _ in range(abs(missing)):
        free = np.flatnonzero((values + side >= axis.low) & (values + side <= axis.high))
        values[rng.choice(free) if len(free) else 0] += side
    return values


def _is_of(name: Name, part: tuple[str, ...]) -> bool:
    return name in part if isinstance(name, str) else set(name) <= set(part)


def _keep_moments(u: Unknowns, problem: Problem, name: Name, box: Box, sample: dict[str, np.ndarray]) -> None:
    """Keeps an axis near its sample, at its sum, and its spread within a box; what is free only near the sample."""
    axis, xs = problem.axes[name], _terms(u, problem, name)
    centres = sample[name] if isinstance(name, str) else sample[name[0]] - sample[name[1]]
    reach = REACH * sum(problem.axes[v].step for v in ((name,) if isinstance(name, str) else name)) // axis.step
    u.cp.add(sum(xs) == box.s0 // axis.step)
    squares: Linear = 0
    for x, centre in zip(xs, (centres // axis.step).tolist(), strict=True):
        possible = range(max(centre - reach, axis.low // axis.step), min(centre + reach, axis.high // axis.step) + 1)
        if axis.is_free:
            u.cp.add_linear_constraint(x, possible.start, possible.stop - 1)
            continue
        chosen = [u.cp.new_bool_var("") for _ in possible]
        u.cp.add_exactly_one(chosen)
        u.cp.add(x == sum(value * b for value, b in zip(possible, chosen, strict=True)))
        squares += sum(value * value * b for value, b in zip(possible, chosen, strict=True))
    if not axis.is_free:
        q0, q1 = _squares_of(box, axis.n)
        u.cp.add_linear_constraint(squares, -(-q0 // axis.step**2), q1 // axis.step**2)


def _terms(u: Unknowns, problem: Problem, name: Name) -> list[Linear]:
    """An axis' value of each patient, in its own steps."""
    if isinstance(name, str):
        return [u.x[i, name] for i in range(u.size)]
    step = problem.axes[name].step
    one, other = (problem.axes[v].step // step for v in name)
    return [one * u.x[i, name[0]] - other * u.x[i, name[1]] for i in range(u.size)]


def _sample(
    problem: Problem, room: dict[Name, Box], part: tuple[str, ...], rng: np.random.Generator, by_chance: bool
) -> dict[str, np.ndarray]:
    """An array of whole units for each variable, multiples of its step, its moments nearly within the boxes.

    Of the shapes the first is taken that keeps all values within their limits, else the one that nearly does.
    """
    spreads, defined = _spreads(problem, room, rng, by_chance), _defined(problem, part)
    tried: list[tuple[float, dict[str, np.ndarray]]] = []
    for shape in SHAPES:
        drawn: dict[str, np.ndarray] = {}
        for name in (n for n in part if n not in defined):
            drawn[name] = _drawn(problem, room[name].s0, spreads, name, drawn, shape, rng)
        pairs = [name for name in problem.axes if not isinstance(name, str) and set(name) <= set(drawn)]
        seen: dict[Name, np.ndarray] = {}
        seen.update(drawn)
        seen |= {pair: drawn[pair[0]] - drawn[pair[1]] for pair in pairs}
        tried.append((max((_outside(problem, n, values) for n, values in seen.items()), default=0.0), drawn))
        if tried[-1][0] == 0:
            break
    found = {n: _on_grid(problem, n, values) for n, values in min(tried, key=lambda pair: pair[0])[1].items()}
    for name in reversed(defined):
        relation = problem.relations[defined[name]]
        own = next(c for c, n in relation.factors if n == name)
        rest = [c * found[n] for c, n in relation.factors if isinstance(n, str) and n != name]
        found[name] = _on_grid(problem, name, (relation.constant - np.sum(rest, axis=0)) / own)
    return found


def _outside(problem: Problem, name: Name, values: np.ndarray) -> float:
    """How far values pass the limits, as a share of what lies between."""
    axis = problem.axes[name]
    passed = max(axis.low - float(values.min()), float(values.max()) - axis.high, 0.0)
    return passed / max(axis.high - axis.low, 1)


def _on_grid(problem: Problem, name: str, values: np.ndarray) -> np.ndarray:
    axis = problem.axes[name]
    return np.clip(np.round(values / axis.step).astype(np.int64) * axis.step, axis.low, axis.high)


def _defined(problem: Problem, part: tuple[str, ...]) -> dict[str, int]:
    """The variables that a rule defines by others, in an order in which each comes after those it defines others by."""
    found: dict[str, int] = {}
    for place, relation in enumerate(problem.relations):
        own = [n for _, n in relation.factors]
        if all(isinstance(n, str) and n in part for n in own):
            name = next((n for n in own if isinstance(n, str) and n not in found), None)
            if name is not None:
                found[name] = place
    return found


def _spreads(problem: Problem, room: dict[Name, Box], rng: np.random.Generator, by_chance: bool) -> dict[Name, int]:
    """One spread for each axis that go together as far as is known: in the middle of what is left, or by chance.

    Where nothing is printed of it, it is small beside the limits.
    """
    for name, box in room.items():
        axis = problem.axes[name]
        problem = problem.with_axis(name, axis.within(sums=(box.s0, box.s0)))
    chosen: dict[Name, int] = {name: (box.v0 + box.v1) // 2 for name, box in room.items()}
    for name in sorted(room, key=lambda name: (problem.axes[name].is_free, room[name].v1 - room[name].v0)):
        boxes = problem.boxes()
        if boxes is None:
            return chosen
        box, axis = boxes[name][0], problem.axes[name]
        unit, share = 2 * axis.n * axis.step**2, rng.uniform(0.05, 0.95) if by_chance else 0.5
        share = share * SMALL if axis.is_free else share
        chosen[name] = box.v0 + int((box.v1 - box.v0) * share) // unit * unit
        problem = problem.with_axis(name, axis.within(spreads=(chosen[name], chosen[name])))
    return chosen


def _drawn(
    problem: Problem,
    total: int,
    spreads: dict[Name, int],
    name: str,
    before: dict[str, np.ndarray],
    shape: str,
    rng: np.random.Generator,
) -> np.ndarray:
    """A variable's values with its mean and SD, and the correlations that its spread and theirs need with others."""
    n = problem.n
    linked = [
        (_standard(before[other]), r)
        for other in before
        if (r := _correlation(problem, spreads, name, other)) is not None
    ]
    u = _with_correlations(linked, rng) if linked else _scores(n, shape, rng)
    return np.asarray(total / n + sqrt(spreads[name] / (n * max(n - 1, 1))) * u)


def _correlation(problem: Problem, spreads: dict[Name, int], one: str, other: str) -> float | None:
    """The correlation of two variables that the spread of a third, their sum or difference, needs."""
    for relation in problem.relations:
        factors = {name: c for c, name in relation.factors}
        if len(factors) == 3 and {one, other} < set(factors):
            third = next(name for name in factors if name not in (one, other))
            a, b, c = factors[one], factors[other], factors[third]
            product = c * c * spreads[third] - a * a * spreads[one] - b * b * spreads[other]
            size = 2 * a * b * sqrt(spreads[one]) * sqrt(spreads[other])
            return max(-1.0, min(1.0, product / size)) if size else 0.0
    return None


def _with_correlations(linked: list[tuple[np.ndarray, float]], rng: np.random.Generator) -> np.ndarray:
    """Standardised values with these correlations with others, as far as there are any such."""
    others, wanted = np.array([u for u, _ in linked]), np.array([r for _, r in linked])
    n = others.shape[1]
    known = others @ others.T / (n - 1)
    weights = np.linalg.lstsq(known, wanted, rcond=None)[0]
    explained = float(weights @ known @ weights)
    weights, explained = weights / max(1.0, sqrt(explained)), min(explained, 1.0)
    drawn = np.asarray(rng.standard_normal(n))
    noise = drawn - drawn.mean() - others.T @ np.linalg.lstsq(known * (n - 1), others @ drawn, rcond=None)[0]
    return np.asarray(weights @ others + sqrt(1 - explained) * _standard(noise))


def _scores(n: int, shape: str, rng: np.random.Generator) -> np.ndarray:
    """Standardised values of a shape, spread evenly and jittered."""
    return _standard(SHAPES[shape]((np.arange(n) + rng.uniform(0.2, 0.8, n)) / n))


def _standard(values: np.ndarray) -> np.ndarray:
    """The values with mean nought and SD one; noughts where they don't vary."""
    centred = np.asarray(values - values.mean())
    sd = float(centred.std(ddof=1)) if len(values) > 1 else 0.0
    return np.asarray(centred / sd if sd > 1e-9 else np.zeros(len(values)))
