"""One cohort of patients who satisfy a printed record jointly, and how far the record determines them.

The order: what must be set aside (`deciding`), the categories (`categories`), plausible numbers moved as little as
needed (`near_targets`), what is about so many patients alone (`separate_draws`); the verifier has the last word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from recount.plausible import Chance, Shapes
from recount.reconstruct.joint_draws import Members, Together
from recount.reconstruct.patients_of_codes import table_of
from recount.reconstruct.reference_solution import ReferenceSolution
from recount.reconstruct.separate_draws import SeparateDraws
from recount.record import Claim, Rule, Study, decoded
from recount.rules import breaks, evaluate
from recount.running import Undecided
from recount.solver import FOUND, Cell, Statement
from recount.store import Store, key_of
from recount.subproblems import Subproblem
from recount.verify import PATIENT, value_in, verify

OTHERS = 3  # cohorts that tell what isn't determined; the solver proves the rest
NEXT_TO = 1e-8  # of an end of what is printed, as a share, within which a P counts as lying on it
ALIKE = 0.05  # medians this near, as a share, mean two variables that move together


@dataclass(frozen=True)
class SetAside:
    """A statement that is not imposed, the patients who break it, and the conflict that it was taken from."""

    kind: str
    id: str
    place: str
    text: str
    patients: tuple[str, ...]
    conflict: tuple[Statement, ...]


class VerifierDisagrees(RuntimeError):
    """The verifier contradicts the solver: a fault of the program, never of the record."""


def reference_cohort(reference: ReferenceSolution, seed: int = 1, store: Store | None = None) -> ReferenceSolution:
    """The reference solution with the first cohort of a seed, confirmed by the verifier.

    Raises Undecided where none is found, VerifierDisagrees where the verifier finds a statement broken. One that is
    kept was confirmed before it was kept, of the same record and by the same verifier: both are part of its key.
    """
    store = store or Store(None)
    key = key_of(what="cohort", study=reference.study, order=tuple(reference.study.variables), seed=seed)
    return replace(reference, patients=store.answer(key, lambda: Drawing(reference).cohort(seed, 1)))


class Drawing:
    """Draws cohorts of a record; what doesn't change between them is made once."""

    def __init__(self, reference: ReferenceSolution) -> None:
        self.reference, self.study = reference, reference.study
        self.shapes = Shapes(reference.study)
        self.together = Together(reference, self.shapes)
        self.separate = SeparateDraws(reference.study, self.shapes)

    def cohort(self, seed: int, number: int, attempt: int = 0) -> pd.DataFrame:
        """A seed's cohort of this number: one row a patient, USUBJID and every variable.

        It depends on nothing but the record, the seed, the number and the attempt. Raises Undecided, and
        VerifierDisagrees where the verifier finds a statement broken.
        """
        chance = Chance((seed, number, attempt))
        frame = table_of(self.study, self.reference.size, self.together.codes(chance))
        for subproblem in self.reference.cut_off:
            self._fill(subproblem, frame, chance)
        size = self.reference.size
        frame.insert(0, PATIENT, [f"R{i + 1:0{max(2, len(str(size)))}d}" for i in range(size)])
        _confirm(self.study, frame, self.reference.excused)
        return frame

    def others(self) -> list[dict[Cell, int]]:
        """Codes of a few cohorts that share as little as possible: the same for every seed. Raises Undecided."""
        return self.together.apart(Chance((0,)), OTHERS)

    def _fill(self, subproblem: Subproblem, frame: pd.DataFrame, chance: Chance) -> None:
        """Solves a subproblem of the patients whom its `where` holds for, and writes their values into the frame."""
        assert subproblem.where is not None
        rows = np.flatnonzero(evaluate(subproblem.where, frame))
        values = self._values(subproblem, frame.iloc[rows].reset_index(drop=True), chance)
        places = self._matching(subproblem, frame, rows, values, chance)
        for name in subproblem.variables:
            variable = self.study.variables[name]
            column: list[str | Fraction | None] = [None] * len(frame)
            for place, row in zip(places.tolist(), rows.tolist(), strict=True):
                column[row] = decoded(variable, values[place, name])
            frame[name] = pd.Series(column, index=frame.index, dtype=object)

    def _values(self, subproblem: Subproblem, members: pd.DataFrame, chance: Chance) -> dict[Cell, int]:
        """Codes of a subproblem's patients: drawn where that does, else solved jointly. Raises Undecided."""
        answer = self.separate.draw(subproblem, members, chance.stream_for(subproblem.variables[0]))
        if answer.status == FOUND:
            return answer.values
        return Members(self.study, subproblem, members, self.shapes).codes(chance)

    def _matching(
        self, subproblem: Subproblem, frame: pd.DataFrame, rows: np.ndarray, values: dict[Cell, int], chance: Chance
    ) -> np.ndarray:
        """Which of a subproblem's patients goes to which row: by chance, or beside a look-alike already there.

        Two variables that print nearly the same median in the same unit are taken to move together.
        """
        from scipy.optimize import linear_sum_assignment

        alike = [(n, other) for n in subproblem.variables if (other := _look_alike(self.study, n, subproblem, frame))]
        if not alike:
            return chance.stream_for("rows", subproblem.variables[0]).permutation(len(rows))
        cost = np.zeros((len(rows), len(rows)))
        for name, other in alike:
            mine = np.array([float(decoded(self.study.variables[name], values[i, name])) for i in range(len(rows))])
            cost += np.abs(frame[other].iloc[rows].astype(float).to_numpy()[:, None] - mine[None, :])
        return np.asarray(linear_sum_assignment(cost)[1])


def _look_alike(study: Study, name: str, subproblem: Subproblem, frame: pd.DataFrame) -> str | None:
    medians = {c.variable: c.printed.value for c in study.claims if c.statistic == "median"}
    variable = study.variables[name]
    for other, v in study.variables.items():
        same = (
            v.unit == variable.unit
            and v.where == variable.where
            and other in frame
            and other not in subproblem.variables
        )
        if same and name in medians and other in medians and abs(medians[name] / medians[other] - 1) < ALIKE:
            return other
    return None


def set_aside_of(reference: ReferenceSolution, frame: pd.DataFrame) -> tuple[SetAside, ...]:
    """The statements that are not imposed, each with the patients of this cohort who break it, and its conflict."""
    found: list[SetAside] = []
    for solved, key in reference.set_aside:
        conflict = next(c for c in solved.conflicts if key in c)
        statement = solved.statement_of(key)
        same: tuple[Rule | Claim, ...] = (
            reference.duplicates[statement.id] if isinstance(statement, Claim) else (statement,)
        )
        found += [_as_set_aside(key[0], s, frame, conflict) for s in same]
    return tuple(found)


def _as_set_aside(kind: str, statement: Rule | Claim, frame: pd.DataFrame, conflict: tuple[Statement, ...]) -> SetAside:
    if isinstance(statement, Claim):
        text = f"{statement.statistic} of {statement.variable} in {statement.population} printed {statement.printed}"
        return SetAside(kind, statement.id, statement.place, text, (), conflict)
    patients = tuple(frame[PATIENT][breaks(statement.rule, frame)])
    return SetAside(kind, statement.id, statement.place, statement.text, patients, conflict)


def _confirm(study: Study, frame: pd.DataFrame, excused: Collection[str]) -> None:
    """The verifier, which knows nothing of the solver, finds every statement kept that isn't set aside."""
    findings = verify(study, frame).findings
    broken = findings[~findings.holds & ~findings.id.isin(list(excused))].id.tolist()
    if not broken:
        return
    close = {claim.id for claim in study.claims if claim.id in broken and _is_close(study, claim, frame)}
    if close == set(broken):
        raise Undecided(f"{', '.join(broken)}: a P too close to what is printed to be told from it")
    raise VerifierDisagrees(f"the verifier contradicts the solver on {', '.join(broken)}")


def _is_close(study: Study, claim: Claim, frame: pd.DataFrame) -> bool:
    """Whether a statistic is a float next to an end of what is printed: the solver lets it through, to be sure."""
    value = value_in(study, claim, frame)
    ends = [end for end in claim.printed.interval if end is not None]
    return isinstance(value, float) and any(abs(value - float(end)) <= NEXT_TO * abs(end) for end in ends)
