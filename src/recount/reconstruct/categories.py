"""The categories of a cohort, drawn: every patient and level gets a random weight, the heaviest consistent set wins.

The weights are independent standard Gumbel variables, and a usual level of `assumptions.csv` weighs log(ODDS) more.
The levels taken are those of the greatest sum that the record allows (perturb and maximise: Papandreou & Yuille, ICCV
2011). So a level that nothing else bears on is drawn with its own odds exactly: the usual one ODDS to 1 against each
other. Where levels hang together the law is that of the greatest sum, which is not uniform over what is consistent.

What the statements ask of categories alone is imposed first; only if no numbers can be found for the levels taken are
those of the whole subproblem, numbers and all, drawn with the same weights.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from math import log
from typing import Any

import numpy as np

from recount.reconstruct.posing import require_kept, unknowns_of
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.record import Assumption, Claim, Rule, Study
from recount.rules import And, Expression, Implies, Not, Or, names
from recount.solver import CONSTRAINTS, FOUND, Cell, Literal, Statement, Unknowns, heaviest, impose
from recount.subproblems import with_wheres

ODDS = 100  # of a usual level against another one, where nothing else bears on them
SCALE = 10_000  # weights are whole numbers: so many to one of a Gumbel variable
BONUS = round(SCALE * log(ODDS))
LIMIT = 2.0  # deterministic seconds; the heaviest set found by then is taken
WITH_NUMBERS = 0.5  # the same, where numbers are drawn too

Level = tuple[int, str, int]  # (patient, category, code)


@dataclass(frozen=True)
class Levels:
    """Unknowns with a Boolean for each patient and level, and the Booleans of having a usual one."""

    u: Unknowns
    active: frozenset[Statement]
    start: dict[Cell, int]
    chosen: dict[Level, Any]
    usual: tuple[Any, ...]

    def heaviest(self, weights: dict[Level, int], limit: float = LIMIT) -> dict[Cell, int] | None:
        """All codes of the greatest sum of weights; None where none are found within the limit."""
        terms = [(weights[level], literal) for level, literal in self.chosen.items()]
        terms += [(BONUS, literal) for literal in self.usual]
        answer = heaviest(self.u, self.active, terms, limit, self.start)
        return answer.values if answer.status == FOUND else None


class Categories:
    """The categories of a record's solved subproblems, drawn again and again; what doesn't change is made once.

    Without `usual` no level weighs more than another.
    """

    def __init__(self, reference: ReferenceSolution, usual: bool = True) -> None:
        self.reference = reference
        self._assumptions = reference.study.assumptions if usual else ()
        self.fixed = set(reference.fixed[0]) if reference.fixed else set()
        self.names = tuple(n for n in _categories(reference, reference.solved) if n not in self.fixed)
        self._alone = self._levels(*_of_categories(reference, self.names)) if self.names else None
        self._whole: dict[int, Levels] = {}

    def weights(self, rng: np.random.Generator) -> dict[Level, int]:
        """A weight for each patient and level."""
        study, size = self.reference.study, self.reference.size
        levels = [(i, n, k) for n in self.names for i in range(size) for k in range(len(study.variables[n].levels))]
        return dict(zip(levels, np.round(SCALE * rng.gumbel(size=len(levels))).astype(int).tolist(), strict=True))

    def heaviest(self, weights: dict[Level, int]) -> dict[Cell, int]:
        """The codes of every category of the greatest sum that the statements about categories alone allow."""
        found = self._alone.heaviest(weights) if self._alone else {}
        known = {(i, n): code for i, codes in enumerate(self.reference.fixed) for n, code in codes.items()}
        kinds = known | (_start(self.reference.solved, self.names) if found is None else found)
        return {cell: kinds[cell] for cell in kinds if cell[1] in self.fixed or cell[1] in self.names}

    def with_numbers(self, which: int, weights: dict[Level, int]) -> dict[Cell, int]:
        """All codes of one subproblem of the greatest sum that its statements allow, as far as it is found."""
        solved = self.reference.solved[which]
        if which not in self._whole:
            self._whole[which] = self._levels(*_of_block(self.reference, solved))
        return self._whole[which].heaviest(weights, WITH_NUMBERS) or solved.codes

    def _levels(self, u: Unknowns, active: frozenset[Statement], start: dict[Cell, int]) -> Levels:
        chosen: dict[Level, Any] = {}
        usual: list[Any] = []
        for name in (n for n in self.names if n in u.variables):
            assumed = [a for a in self._assumptions if a.variable == name]
            for i in range(u.size):
                literals = [u.some_truth() for _ in u.variables[name].levels]
                u.exactly_one(literals)
                u.require(u.x[i, name] == sum(k * literal for k, literal in enumerate(literals)))
                chosen |= {(i, name, k): literal for k, literal in enumerate(literals)}
                usual += _usual(u, i, name, literals, assumed)
        return Levels(u, active, start, chosen, tuple(usual))


def _categories(reference: ReferenceSolution, solved: Iterable[SolvedSubproblem]) -> list[str]:
    of_blocks = {n for s in solved for n in s.subproblem.variables}
    return [n for n, v in reference.study.variables.items() if n in of_blocks and v.kind == "category"]


def _start(solved: Iterable[SolvedSubproblem], among: Iterable[str]) -> dict[Cell, int]:
    wanted = set(among)
    return {cell: code for s in solved for cell, code in s.codes.items() if cell[1] in wanted}


def _of_categories(
    reference: ReferenceSolution, among: tuple[str, ...]
) -> tuple[Unknowns, frozenset[Statement], dict[Cell, int]]:
    """The categories alone, with the statements that speak of nothing else."""
    study = reference.study
    everybody = [s.subproblem.where for s in reference.solved if s.subproblem.where is not None]
    u = Unknowns(study, reference.size, among, everybody, reference.fixed)
    active: set[Statement] = set()
    for s in reference.solved:
        claims = [
            c
            for c in s.subproblem.claims
            if ("claim", c.id) in s.imposed and _speaks_of(study, c, everybody) <= set(u.variables)
        ]
        rules = [r for r in s.subproblem.rules if _speaks_of(study, r, everybody) <= set(u.variables)]
        impose(u, [c for c in claims if c.statistic in CONSTRAINTS], [r for r in rules if ("rule", r.id) in s.imposed])
        require_kept(u, replace(s.subproblem, rules=tuple(rules)), s.kept_by)
        active |= s.imposed
        mixed = [r.rule for r in s.subproblem.rules if r not in rules and ("rule", r.id) in s.imposed]
        asked = [_of_these(r, u.variables) for r in mixed]
        for rule in (r for r in asked if not isinstance(r, bool)):
            for i in range(u.size):
                u.some_hold([u.keeps(i, rule)])
    return u, frozenset(active), _start(reference.solved, among)


def _of_block(
    reference: ReferenceSolution, solved: SolvedSubproblem
) -> tuple[Unknowns, frozenset[Statement], dict[Cell, int]]:
    """A solved subproblem whole."""
    u = unknowns_of(reference.study, solved.subproblem, reference.size, reference.fixed)
    require_kept(u, solved.subproblem, solved.kept_by)
    return u, solved.imposed, solved.codes


def _of_these(node: Expression, known: Collection[str], wanted: bool = True) -> Expression | bool:
    """What an expression asks of the known variables alone, whatever the others are: implied by it, often True.

    With `wanted` False, what implies it: each part about others is taken to be as it must not be. In the order false,
    unknown, true this only raises the whole (`and` is the least, `or` the greatest, `not` turns the order round), so
    that whoever doesn't break the expression doesn't break what is asked, missing values or not.
    """
    match node:
        case And(items) | Or(items):
            parts = [_of_these(item, known, wanted) for item in items]
            ends = isinstance(node, Or)  # what decides the whole
            rest = tuple(part for part in parts if not isinstance(part, bool))
            return ends if ends in [p for p in parts if isinstance(p, bool)] else type(node)(rest) if rest else not ends
        case Not(item):
            part = _of_these(item, known, not wanted)
            return not part if isinstance(part, bool) else Not(part)
        case Implies(left, right):
            return _of_these(Or((Not(left), right)), known, wanted)
        case _:
            return node if names(node) <= set(known) else wanted


def _speaks_of(study: Study, statement: Claim | Rule, everybody: Collection[Expression]) -> set[str]:
    """Every variable that a statement depends on, those that say who has a value included; not those of `everybody`."""
    if isinstance(statement, Rule):
        rule = statement.rule
        about = set(names(rule.right if isinstance(rule, Implies) and rule.left in everybody else rule))
    else:
        about = {n for n in (statement.variable, statement.versus) if n in study.variables}
        wheres = [study.where_of(p) for p in (statement.population, statement.versus) if p in study.populations]
        conditions = [e for e in (statement.condition, *wheres) if e is not None and e not in everybody]
        about = about.union(*map(names, conditions))
    return about if everybody else with_wheres(study, about)


def _usual(u: Unknowns, i: int, name: str, literals: list, assumptions: list[Assumption]) -> Iterator[Any]:
    """The truths of having the level that the first assumption which holds for the patient calls usual.

    An assumption about patients who can't be told by the categories at hand says nothing here.
    """
    free: Literal = u.true
    for a in (a for a in assumptions if a.where is None or names(a.where) <= set(u.variables)):
        applies = u.truth(i, a.where)
        here = u.all_of([free, applies])
        literal = literals[u.variables[name].levels.index(a.typical)]
        if here is u.true:
            yield literal
        elif here is not u.false:
            both = u.some_truth()
            u.forbid([both, u.negated(here)])
            u.forbid([both, u.negated(literal)])
            yield both
        free = u.all_of([free, u.negated(applies)])
