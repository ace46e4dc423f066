"""Codes of what must be solved jointly: the heaviest categories, then the numbers nearest to their targets.

Where no numbers are found for the categories taken, those of the whole subproblem are drawn again, numbers imposed too.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from recount.plausible import Chance, Known, Shapes, usual_levels
from recount.reconstruct.categories import BONUS, Categories, Level
from recount.reconstruct.near_targets import TargetedNumbers, aims_at, nearest, numbers_of
from recount.reconstruct.patients_of_codes import table_of
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.record import Study, decoded
from recount.running import Undecided
from recount.solver import Cell
from recount.subproblems import Subproblem

AWAY = 10 * BONUS  # how much less a level weighs that is to be avoided


class Together:
    """Draws codes of all variables of a record's solved subproblems, again and again."""

    def __init__(self, reference: ReferenceSolution, shapes: Shapes) -> None:
        self.reference, self.shapes = reference, shapes
        self.categories, self.numbers = Categories(reference), numbers_of(reference)

    def apart(self, chance: Chance, rounds: int) -> list[dict[Cell, int]]:
        """So many sets of codes, in each of which the first patients of their kind avoid what their kind shares so far.

        Of one kind are patients whose fixed categories are the same. Raises Undecided.
        """
        found = [{cell: code for s in self.reference.solved for cell, code in s.codes.items()}]
        kinds: dict[tuple[int, ...], list[int]] = {}
        for i in range(self.reference.size):
            kinds.setdefault(tuple(self.reference.fixed[i].values()) if self.reference.fixed else (), []).append(i)
        for k in range(rounds):
            stream = Chance((*chance.seed, k))
            weights = self._weights(stream)
            for first, *others in kinds.values():
                for name in self.categories.names:
                    shared = {codes[i, name] for codes in found for i in (first, *others)}
                    if len(shared) == 1:
                        weights[first, name, shared.pop()] -= AWAY
            found.append(self._codes(stream, weights))
        return found[1:]

    def codes(self, chance: Chance) -> dict[Cell, int]:
        """A code by patient and variable. Raises Undecided."""
        return self._codes(chance, self._weights(chance))

    def _codes(self, chance: Chance, weights: dict[Level, int]) -> dict[Cell, int]:
        whole: dict[int, dict[Cell, int]] = {}  # the solved subproblems that were drawn whole
        kinds = self.categories.heaviest(weights)
        while True:
            near, failed = self._near(kinds, whole, chance)
            if failed is None:
                return kinds | near
            if failed in whole:
                raise Undecided("numbers near the plausible ones")
            whole[failed] = self.categories.with_numbers(failed, weights)
            kinds |= {cell: code for cell, code in whole[failed].items() if cell in kinds}

    def _weights(self, chance: Chance) -> dict[Level, int]:
        return self.categories.weights(chance.stream_for("categories"))

    def _near(
        self, kinds: dict[Cell, int], whole: Mapping[int, dict[Cell, int]], chance: Chance
    ) -> tuple[dict[Cell, int], int | None]:
        """Codes of the numbers; or the solved subproblem for whose categories there are none."""
        known, near = self._known(kinds), dict[Cell, int]()
        for numbers in self.numbers:
            aims = aims_at(
                self.reference.study, self.shapes, numbers, known, chance.stream_for(numbers.subproblem.variables[0])
            )
            codes = nearest(self.reference, numbers, kinds, aims, whole.get(numbers.of))
            if codes is None:
                return {}, numbers.of
            near |= codes
        return near, None

    def _known(self, kinds: dict[Cell, int]) -> Known:
        return Known(table_of(self.reference.study, self.reference.size, kinds))


class Members(Together):
    """Draws codes of a subproblem cut off, about known patients: `members` is one row for each of them."""

    def __init__(self, study: Study, subproblem: Subproblem, members: pd.DataFrame, shapes: Shapes) -> None:
        active = subproblem.statements
        solved = SolvedSubproblem(subproblem, tuple(active), active, {})
        self.reference = ReferenceSolution(study, len(members), [], (solved,))
        kinds = tuple(n for n in subproblem.variables if study.variables[n].kind == "category")
        self.members, self.shapes = members, shapes
        self.categories, self.numbers = Categories(self.reference, usual=False), []
        if len(kinds) < len(subproblem.variables):
            self.numbers = [TargetedNumbers(_without(subproblem, kinds), 0, kinds)]

    def _weights(self, chance: Chance) -> dict[Level, int]:
        weights, known, variables = super()._weights(chance), Known(self.members), self.reference.study.variables
        for name in self.categories.names:
            usual = usual_levels(self.reference.study, variables[name], known).dropna()
            for i, level in zip(usual.index, usual, strict=True):
                weights[int(i), name, variables[name].levels.index(level)] += BONUS
        return weights

    def _known(self, kinds: dict[Cell, int]) -> Known:
        frame = self.members.copy()
        for name in self.categories.names:
            variable = self.reference.study.variables[name]
            frame[name] = pd.Series(
                [decoded(variable, kinds[i, name]) for i in range(self.reference.size)], dtype=object
            )
        return Known(frame)


def _without(subproblem: Subproblem, kinds: tuple[str, ...]) -> Subproblem:
    return Subproblem(
        tuple(n for n in subproblem.variables if n not in kinds), subproblem.claims, subproblem.rules, subproblem.where
    )
