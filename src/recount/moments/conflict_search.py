"""Which statements of moments hold together: minimal conflicts, and as many statements as can be kept.

A conflict is proven by exact arithmetic (`bounds`) or by the solver; that its members are all needed, by patients who
satisfy the others. What is neither proven nor found is undecided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from recount.moments.bounds import impossible, moment_conflicts, smallest_conflict
from recount.moments.patients import moment_patients
from recount.record import Study
from recount.solver import FOUND, NONE, Answer, Statement, cheapest_hit, decided
from recount.subproblems import Subproblem


def consistent_moments(
    study: Study, subproblem: Subproblem, active: Collection[Statement], size: int, seed: int = 1
) -> str:
    """Whether the active statements of moments can all hold of so many patients: found, none, undecided."""
    return moment_patients(study, subproblem, active, size, seed).status


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
