"""The numbers of a cohort: consistent ones near drawn targets, the categories being known.

With the categories known, fewer variables hang together, and who belongs to a population is known too. First the
nearest numbers are sought that keep the order of their targets among patients of whom the same is said, so that a
quantile printed of such patients is one linear equation; where there are none, the nearest in any order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import compress, pairwise

import numpy as np

from recount.checks import position
from recount.plausible import Known, Shapes
from recount.reconstruct.posing import require_kept, unknowns_of
from recount.reconstruct.reference_solution import ReferenceSolution
from recount.reconstruct.spread_search import mended_spreads, spread_statements, without_spreads
from recount.record import Claim, Study, step_of
from recount.rules import names
from recount.solver import (
    CONSTRAINTS,
    FOUND,
    NONE,
    QUANTILES,
    Aim,
    Cell,
    Linear,
    Literal,
    Unknowns,
    bounded,
    closest,
    impose,
)
from recount.subproblems import ORDERED, Subproblem, subproblems_of, with_wheres

REACHES = (0.06, 0.2, 0.5, None)  # how far off its target a number may be, as a share of the spread: tried in turn
SPREAD_WEIGHT = 1000  # for a number that is off by its targets' whole spread
LIMIT = 0.5  # deterministic seconds for each try; the nearest found by then is taken


@dataclass(frozen=True)
class TargetedNumbers:
    """Variables that hang together when all categories are known: their subproblem, and `of`, the solved one.

    `kinds` are the categories that the statements about them depend on.
    """

    subproblem: Subproblem
    of: int
    kinds: tuple[str, ...]


def numbers_of(reference: ReferenceSolution) -> list[TargetedNumbers]:
    """The numbers of the solved subproblems, in groups that hang together when the categories are known."""
    variables = reference.study.variables
    home = {n: k for k, s in enumerate(reference.solved) for n in s.subproblem.variables}
    kinds = tuple(n for n in variables if n in home and variables[n].kind == "category")
    whole = {w for n in home if (w := variables[n].where) is not None}
    subproblems = [b for b in subproblems_of(reference.study, kinds, whole)[1:] if set(b.variables) <= set(home)]
    return [TargetedNumbers(b, home[b.variables[0]], _kinds(reference.study, b, kinds)) for b in subproblems]


def _kinds(study: Study, subproblem: Subproblem, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The categories that a subproblem's statements depend on."""
    populations = {p for c in subproblem.claims for p in (c.population, c.versus) if p in study.populations}
    told = [study.populations[p].where for p in populations] + [c.condition for c in subproblem.claims]
    told += [r.rule for r in subproblem.rules]
    every = with_wheres(study, set(subproblem.variables).union(*(names(e) for e in told if e is not None)))
    return tuple(n for n in kinds if n in every)


def aims_at(
    study: Study, shapes: Shapes, numbers: TargetedNumbers, known: Known, rng: np.random.Generator
) -> dict[Cell, Aim]:
    """The drawn targets of a group's numbers as codes with weights."""
    aims: dict[Cell, Aim] = {}
    for name, values in shapes.targets(known, rng, numbers.subproblem.variables).items():
        steps = (values.dropna() / float(step_of(study.variables[name]))).round().astype(int)
        spread = max(1, int(steps.max() - steps.min())) if len(steps) else 1
        weight = max(1, SPREAD_WEIGHT // spread)
        aims |= {(int(i), name): Aim(int(v), weight, spread) for i, v in zip(steps.index, steps, strict=True)}
    return aims


def nearest(
    reference: ReferenceSolution,
    numbers: TargetedNumbers,
    kinds: Mapping[Cell, int],
    aims: Mapping[Cell, Aim],
    start: Mapping[Cell, int] | None = None,
) -> dict[Cell, int] | None:
    """Codes of a group's numbers near what is aimed at, for these categories; None where none are found.

    The search in any order sets out from `start`, where it is reference.
    """
    if (codes := _nearest_with_spreads(reference, numbers, kinds, aims)) is not None:
        return codes
    for u, active, hint in _models(reference, numbers, kinds, aims, start):
        for reach in REACHES:
            answer = closest(u, active, aims, limit=LIMIT, reach=reach, start=hint)
            if answer.status == FOUND:
                return {cell: code for cell, code in answer.values.items() if cell[1] in numbers.subproblem.variables}
            if answer.status == NONE and not aims:
                break
    return None


def _nearest_with_spreads(
    reference: ReferenceSolution, numbers: TargetedNumbers, kinds: Mapping[Cell, int], aims: Mapping[Cell, Aim]
) -> dict[Cell, int] | None:
    """The nearest numbers where SDs are left open, mended until these are as printed; None where that isn't tried."""
    study, size, imposed = reference.study, reference.size, reference.solved[numbers.of].imposed
    spreads = spread_statements(numbers.subproblem, imposed)
    if not spreads:
        return None
    without = replace(numbers, subproblem=without_spreads(numbers.subproblem))
    for u, active, _ in _models(reference, without, kinds, aims, None):
        answer = closest(u, frozenset(active) - spreads, aims, limit=LIMIT)
        if answer.status == FOUND:
            codes = {cell: code for cell, code in answer.values.items() if cell[1] in numbers.subproblem.variables}
            own = imposed & numbers.subproblem.statements
            mended = mended_spreads(study, numbers.subproblem, own, size, dict(kinds) | codes)
            if mended is not None:
                return {cell: mended[cell] for cell in codes}
    return None


def _models(
    reference: ReferenceSolution,
    numbers: TargetedNumbers,
    kinds: Mapping[Cell, int],
    aims: Mapping[Cell, Aim],
    start: Mapping[Cell, int] | None,
) -> Iterator[tuple[Unknowns, Collection, Mapping[Cell, int] | None]]:
    """The unknowns with their targets' order kept, where a statement is the easier for it, then without."""
    study, size, solved = reference.study, reference.size, reference.solved[numbers.of]
    fixed = [{n: kinds[i, n] for n in numbers.kinds} for i in range(size)]
    subproblem = replace(
        numbers.subproblem, claims=tuple(c for c in numbers.subproblem.claims if c.statistic in CONSTRAINTS)
    )
    active = [c for c in subproblem.claims if ("claim", c.id) in solved.imposed]
    if any(c.statistic in ORDERED for c in active):
        u = unknowns_of(study, replace(subproblem, claims=()), size, fixed)
        imposed = _in_order(u, active, aims)
        impose(u, [c for c in subproblem.claims if c.id not in imposed], [])
        require_kept(u, subproblem, solved.kept_by)
        yield u, solved.imposed, None
    u = unknowns_of(study, subproblem, size, fixed)
    require_kept(u, subproblem, solved.kept_by)
    hint = None if start is None else {c: code for c, code in start.items() if c[1] in subproblem.variables}
    yield u, solved.imposed, hint


def _in_order(u: Unknowns, claims: list[Claim], aims: Mapping[Cell, Aim]) -> set[str]:
    """Keeps the order of the targets among patients in the same populations; imposes what is printed of their order.

    The ids of the claims that are thereby imposed.
    """
    has = {
        c.id: [u.has(i, c.population, c.variable) for i in range(u.size)] for c in claims if c.variable in u.variables
    }
    told = [c for c in claims if all(h is u.true or h is u.false for h in has.get(c.id, [u.x]))]
    imposed = set()
    for name in dict.fromkeys(c.variable for c in told):
        about = [c for c in told if c.variable == name]
        for inside, who in _alike(u, [has[c.id] for c in about]).items():
            who.sort(key=lambda i: aims[i, name].code if (i, name) in aims else 0)
            for one, next_one in pairwise(who):
                u.require(u.x[one, name] <= u.x[next_one, name])
            for claim in (c for c in compress(about, inside) if c.statistic in ORDERED):
                if has[claim.id].count(u.true) == len(who):
                    _as_printed(u, claim, [u.x[i, name] for i in who])
                    imposed.add(claim.id)
    return imposed


def _alike(u: Unknowns, has: list[list[Literal]]) -> dict[tuple[bool, ...], list[int]]:
    """Patients by which of the populations they belong to, without those in none."""
    found: dict[tuple[bool, ...], list[int]] = {}
    for i in range(u.size):
        found.setdefault(tuple(h[i] is u.true for h in has), []).append(i)
    return {inside: who for inside, who in found.items() if any(inside)}


def _as_printed(u: Unknowns, claim: Claim, xs: list) -> None:
    """A quantile or an end of unknowns in ascending order is as printed."""
    on, step = u.statement("claim", claim.id), step_of(u.variables[claim.variable])
    below, above, f = (len(xs), len(xs), Fraction(0)) if claim.statistic == "max" else (1, 1, Fraction(0))
    if claim.statistic in QUANTILES:
        below, above, f = position(len(xs), QUANTILES[claim.statistic], u.study.settings["quantile"])
    value: Linear = f.denominator * xs[below - 1]
    if f:
        value += f.numerator * (xs[above - 1] - xs[below - 1])
    bounded(u, on, value, f.denominator, claim.printed, step)
