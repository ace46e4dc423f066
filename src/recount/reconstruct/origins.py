"""How far a printed record determines each value of a consistent cohort: determined, constrained or assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from recount.reconstruct.posing import posed
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.record import Study
from recount.rules import evaluate
from recount.rules import names as names_in
from recount.solver import FOUND, NONE, Cell, another
from recount.verify import PATIENT


def origins_of(
    reference: ReferenceSolution, frame: pd.DataFrame, others: Iterable[Mapping[Cell, int]] = ()
) -> pd.DataFrame:
    """How each value of a cohort is known: USUBJID and every variable, missing where there is no value.

    Codes of `others` that are consistent too spare the solver the search for them.
    """
    study = reference.study
    origin = pd.DataFrame({PATIENT: frame[PATIENT]})
    determined = {cell for solved in reference.solved for cell in _determined(reference, solved, frame, list(others))}
    for name in study.variables:
        claimed = _claimed(study, name, frame)
        labels = ["constrained" if c else "assumed" for c in claimed]
        labels = ["determined" if (i, name) in determined else label for i, label in enumerate(labels)]
        origin[name] = pd.Series(labels, dtype=object).mask(frame[name].isna())
    return origin


def _claimed(study: Study, name: str, frame: pd.DataFrame) -> pd.Series:
    """Whether a claim about a patient's population mentions the variable."""
    claimed = pd.Series(False, index=frame.index)
    for claim in study.claims:
        about = {claim.variable, claim.versus} | (set() if claim.condition is None else set(names_in(claim.condition)))
        where = study.populations[claim.population].where
        if name in about or (claim.statistic in ("n", "ratio") and where is not None and name in names_in(where)):
            claimed |= True if where is None else evaluate(where, frame)
            if claim.statistic in ("n", "ratio"):
                claimed |= True
    return claimed


def _determined(
    reference: ReferenceSolution, solved: SolvedSubproblem, frame: pd.DataFrame, others: list[Mapping[Cell, int]]
) -> set[Cell]:
    """The cells of a subproblem that are the same in every consistent cohort of the sorted patients.

    Patients alike in the categories that sort them are interchangeable, so only what all of them share can be
    determined. Candidates fall away as other cohorts are found, until it is proven that there is none.
    """
    shared = {
        (first, name): group
        for (first, name), group in _shared(reference, solved, frame).items()
        if all(codes[i, name] == solved.codes[first, name] for codes in others for i in group)
    }
    home = posed(reference, solved, reference.known_categories) if shared else None
    while shared and home is not None:
        # patients of a group may be in order, so that none of them stands for the others: all are asked about
        cells = [(i, name) for (_, name), group in shared.items() for i in group]
        other = another(home.u, solved.imposed, {cell: solved.codes[cell] for cell in cells})
        if other.status != FOUND:
            proven = other.status == NONE
            return {(i, name) for (_, name), group in shared.items() for i in group} if proven else set()
        shared = {c: g for c, g in shared.items() if all(other.values[i, c[1]] == solved.codes[i, c[1]] for i in g)}
    return set()


def _shared(reference: ReferenceSolution, solved: SolvedSubproblem, frame: pd.DataFrame) -> dict[Cell, list[int]]:
    """The groups of patients alike in the frame who all have one value of a variable, by the first one's cell."""
    alike = list(reference.known_categories)
    groups = frame.groupby(alike, sort=False).groups.values() if alike else [range(len(frame))]
    found: dict[Cell, list[int]] = {}
    for group in ([int(i) for i in g] for g in groups):
        for name in solved.subproblem.variables:
            codes = {solved.codes[i, name] for i in group}
            if len(codes) == 1 and frame.loc[group, name].notna().all():
                found[group[0], name] = group
    return found
