"""Patients of subproblems cut off that are of moments or of ranks alone: drawn, where a solver is slow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recount.moments import MomentPatients, is_of_moments_alone
from recount.plausible import Shapes
from recount.ranks import RANKED, RankPatients, is_of_ranks_alone
from recount.record import Study
from recount.solver import UNDECIDED, Answer
from recount.subproblems import Subproblem


class SeparateDraws:
    """Draws patients of a record's subproblems cut off; what doesn't change between draws is made once."""

    def __init__(self, study: Study, shapes: Shapes) -> None:
        self.study, self.shapes = study, shapes
        self._ranks: dict[Subproblem, RankPatients] = {}

    def draw(self, subproblem: Subproblem, members: pd.DataFrame, rng: np.random.Generator) -> Answer:
        """Patients who satisfy a subproblem of moments or signed ranks: found, or undecided; any other is undecided.

        `members` is one row a patient with what is known of it. Nothing is proven here: who is found was held against
        every statement, so that a subproblem taken for one of moments or ranks costs time and no truth.
        """
        if is_of_moments_alone(self.study, subproblem):
            return MomentPatients(self.study, subproblem, subproblem.statements, len(members)).draw(rng)
        # quantiles without signed ranks are found by the solver at once, and nearer to what is plausible
        if is_of_ranks_alone(self.study, subproblem) and any(c.statistic in RANKED for c in subproblem.claims):
            if subproblem not in self._ranks:
                self._ranks[subproblem] = RankPatients(self.study, subproblem, self.shapes)
            return self._ranks[subproblem].draw(members, rng)
        return Answer(UNDECIDED)
