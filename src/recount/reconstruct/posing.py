"""A subproblem posed to the solver: unknown patients with its statements, interchangeable patients put in order.

Two things narrow the unknowns here, and each is sound for some questions only.

Order: patients may be put in the order of one variable's values only where nothing tells them apart, neither the
statements nor the question. For a cohort with the patients of a class exchanged satisfies the same statements and
gives the same answer, so that the one in order is among them; where the question asks of responders alone, a
responder may not be exchanged for another patient. What tells patients apart are categories known beforehand; of
those, the ones that a statement mentions and the ones `told` by the question. (A test: the median age of the
non-responders of a record whose statements don't mention the response.) Where a statement or question mentions them
only to say whom it is about, it tells those from the others, and nobody else: patients with the same truths of all
such expressions may be exchanged, whatever their levels.

A rule that is set aside is kept by as many patients as can keep it (`require_kept`). That is a choice of what is
asked, not a consequence of what is printed: it is part of a question about what fits the record, and never of the
question which statements contradict each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recount.moments import exclude_conflicts
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.record import Claim, Rule, Study, decoded
from recount.rules import Expression, evaluate, names
from recount.solver import CONSTRAINTS, Cell, Statement, Unknowns, impose
from recount.subproblems import Subproblem, most_claimed


@dataclass
class PosedSubproblem:
    """A subproblem's unknowns, the statements that are imposed on them, and codes that satisfy these, if known."""

    subproblem: Subproblem
    u: Unknowns
    imposed: frozenset[Statement]
    codes: dict[Cell, int]


def posed(reference: ReferenceSolution, solved: SolvedSubproblem, told: Collection[str] = ()) -> PosedSubproblem:
    """A solved subproblem posed again: as for conflicts, or with patients told apart by more than its statements."""
    study, subproblem = reference.study, solved.subproblem
    if solved is reference.solved[0]:
        u = unknowns_in_order(study, subproblem, reference.size)
    elif subproblem.where is not None:
        u = unknowns_of(study, subproblem, reference.sizes[subproblem.where], [])
    else:
        u = unknowns_of(study, subproblem, reference.size, reference.fixed, most_claimed(subproblem), told=told)
    return PosedSubproblem(subproblem, u, solved.imposed, solved.codes)


def unknowns_of(
    study: Study,
    subproblem: Subproblem,
    size: int,
    fixed: list[dict[str, int]],
    by: str = "",
    relaxed: bool = False,
    told: Collection[str] = (),
    whom: Collection[Expression] | None = None,
) -> Unknowns:
    """Unknown patients of a subproblem with its statements, each under its own Boolean.

    With a variable `by`, patients whom no statement and no variable of `told` tells apart are in its order. Where the
    expressions `whom` of the question are given, known categories in populations tell patients apart by what is true
    of these, not by their levels.
    """
    everybody = [subproblem.where] if subproblem.where else []
    alike = () if not by else interchangeable_patients(study, subproblem, size, fixed, told, whom)
    u = Unknowns(study, size, subproblem.variables, everybody, fixed, by, alike, relaxed)
    impose(u, [c for c in subproblem.claims if c.statistic in CONSTRAINTS], subproblem.rules)
    exclude_conflicts(u, [c for c in subproblem.claims if ("claim", c.id) in u.on], subproblem.rules)
    return u


def unknowns_in_order(
    study: Study, subproblem: Subproblem, size: int, names_in_order: tuple[str, ...] | None = None
) -> Unknowns:
    """Unknown patients of a subproblem about everybody of whom nothing is known, in the order of some categories.

    Sound for every question: with nothing known beforehand, all patients are interchangeable, whatever is asked.
    """
    u = unknowns_of(study, subproblem, size, [])
    order = subproblem.variables if names_in_order is None else names_in_order
    if order:
        sort_patients(study, u, order)
    return u


def interchangeable_patients(
    study: Study,
    subproblem: Subproblem,
    size: int,
    fixed: list[dict[str, int]],
    told: Collection[str] = (),
    whom: Collection[Expression] | None = None,
) -> list[list[int]]:
    """The patients in classes that differ in nothing known beforehand that tells any of them apart.

    A population that is known beforehand tells its patients from the others, not from each other.
    """
    statements: list[Claim | Rule] = [*subproblem.claims, *subproblem.rules]
    known = set(fixed[0]) if fixed else set()
    wheres: dict[Expression, None] = {}
    telling = set(told)
    for statement in statements:
        found = [] if whom is None else _known_wheres(study, statement, known)
        wheres |= dict.fromkeys(found)
        telling |= all_names(study, statement) - known if found else all_names(study, statement)
    for where in whom or ():
        wheres[where] = None
    telling = with_owners(study, telling | set(subproblem.variables))
    truths = [evaluate(where, _known_values(study, fixed)).tolist() for where in wheres if names(where) <= known]
    classes: dict[tuple, list[int]] = {}
    for i in range(size):
        codes = tuple(code for name, code in (fixed[i].items() if fixed else ()) if name in telling)
        classes.setdefault((*codes, *(truth[i] for truth in truths)), []).append(i)
    return list(classes.values())


def _known_wheres(study: Study, statement: Claim | Rule, known: set[str]) -> list[Expression]:
    """Whom a claim is about, where that alone is what it says of known categories; else nothing."""
    if isinstance(statement, Rule):
        return []
    about = {n for n in (statement.variable, statement.versus) if n in study.variables}
    about = about.union(*(names(c) for c in (statement.condition, statement.second) if c is not None))
    populations = [p for p in (statement.population, statement.versus) if p in study.populations]
    wheres = [where for p in populations if (where := study.populations[p].where) is not None]
    return wheres if not about & known and all(names(where) <= known for where in wheres) else []


def _known_values(study: Study, fixed: Sequence[Mapping[str, int]]) -> pd.DataFrame:
    """What is known of each patient beforehand: a column a category."""
    return pd.DataFrame({n: [decoded(study.variables[n], codes[n]) for codes in fixed] for n in fixed[0]}, dtype=object)


def with_owners(study: Study, found: Collection[str]) -> set[str]:
    """The variables with those that say who has them, and so on."""
    found = set(found)
    more = set().union(*(names(w) for n in found if (w := study.variables[n].where) is not None)) - found
    return with_owners(study, found | more) if more else found


def all_names(study: Study, statement: Claim | Rule) -> set[str]:
    """Every variable that a statement mentions, those of its populations included."""
    if isinstance(statement, Rule):
        return set(names(statement.rule))
    about = {n for n in (statement.variable, statement.versus) if n in study.variables}
    about = about.union(*(names(c) for c in (statement.condition, statement.second) if c is not None))
    for population in (statement.population, statement.versus):
        where = study.populations[population].where if population in study.populations else None
        about |= set() if where is None else names(where)
    return about


def require_kept(u: Unknowns, subproblem: Subproblem, kept_by: Mapping[str, int]) -> None:
    """Lets no more patients break a rule that is set aside than need to."""
    for rule in subproblem.rules:
        if rule.id in kept_by:
            u.require(sum(u.keeps(i, rule.rule) for i in range(u.size)) >= kept_by[rule.id])


def sort_patients(study: Study, u: Unknowns, order: tuple[str, ...]) -> None:
    """Puts the patients in the order of these categories' levels."""
    widths = np.cumprod([1, *(len(study.variables[n].levels) for n in reversed(order))])[-2::-1]
    keys = [sum(int(w) * u.x[i, n] for w, n in zip(widths, order, strict=True)) for i in range(u.size)]
    for one, next_one in itertools.pairwise(keys):
        u.require(one <= next_one)
