"""Whether a record is proven to have a single cohort.

Patients who agree in all categories known beforehand are interchangeable, so that each subproblem's patients may be put
in one order: that of their codes. This is sound for the question asked here, of patients in whatever order, and for no
question about some of them. A record has a single cohort where every subproblem has a single solution in this order,
and where among interchangeable patients no more than one subproblem tells any apart: patients told apart by two may be
exchanged in one of them alone, which makes other patients.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod

from recount.reconstruct.posing import require_kept, unknowns_of
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.solver import NONE, Cell, Unknowns, another

MOST_KEYS = 2**40  # different codes of a patient, which the solver's whole numbers take


def is_only_cohort(reference: ReferenceSolution) -> bool:
    """Whether it is proven that all consistent cohorts have the same patients; False says nothing.

    Nothing is tried where subproblems are cut off, or where only some patients have a variable.
    """
    variables = {name for solved in reference.solved for name in solved.subproblem.variables}
    some_lack = any(variable.where is not None for variable in reference.study.variables.values())
    if reference.apart or some_lack or variables != set(reference.study.variables):
        return False
    classes = _classes(reference)
    if any(sum(_tells_apart(s, group) for s in reference.solved) > 1 for group in classes):
        return False
    return all(_is_only(reference, s, classes) for s in reference.solved if s.subproblem.variables)


def _classes(reference: ReferenceSolution) -> list[list[int]]:
    """The patients in groups that agree in the categories known beforehand."""
    found: dict[tuple[int, ...], list[int]] = {}
    for i in range(reference.size):
        found.setdefault(tuple(reference.fixed[i].values()) if reference.fixed else (), []).append(i)
    return list(found.values())


def _row(solved: SolvedSubproblem, i: int) -> tuple[int, ...]:
    return tuple(solved.codes[i, name] for name in solved.subproblem.variables)


def _tells_apart(solved: SolvedSubproblem, group: list[int]) -> bool:
    return len({_row(solved, i) for i in group}) > 1


def _is_only(reference: ReferenceSolution, solved: SolvedSubproblem, classes: list[list[int]]) -> bool:
    """Whether a subproblem is proven to have no other solution with each class's patients in the order of codes."""
    if set(solved.subproblem.variables) <= set(reference.known_categories):
        return True  # what is known beforehand was proven to be the only one
    u = unknowns_of(reference.study, solved.subproblem, reference.size, reference.fixed)
    require_kept(u, solved.subproblem, solved.kept_by)
    if not _put_in_order(u, solved, classes):
        return False
    names, cells = solved.subproblem.variables, dict[Cell, int]()
    for group in classes:
        for i, row in zip(group, sorted(_row(solved, i) for i in group), strict=True):
            cells |= {(i, name): code for name, code in zip(names, row, strict=True)}
    return another(u, solved.imposed, cells).status == NONE


def _put_in_order(u: Unknowns, solved: SolvedSubproblem, classes: list[list[int]]) -> bool:
    """Puts the patients of each class in the order of all their codes; False where the solver can't compare these."""
    ends = [u.bounds(name) for name in solved.subproblem.variables]
    if prod(high - low + 1 for low, high in ends) > MOST_KEYS:
        return False
    widths = [prod(high - low + 1 for low, high in ends[k + 1 :]) for k in range(len(ends))]
    keys = [sum(w * u.x[i, n] for w, n in zip(widths, solved.subproblem.variables, strict=True)) for i in range(u.size)]
    for one, next_one in (pair for group in classes for pair in pairwise(group)):
        u.require(keys[one] <= keys[next_one])
    return True
