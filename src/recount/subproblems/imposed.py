"""What is imposed on the patients of a subproblem, of all of whom its statements speak, and who keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from recount.record import Claim, Rule, Study, step_of
from recount.rules import breaks
from recount.subproblems.cut import Subproblem, rule_for_members
from recount.verify import About, Value, statistic, value_in


@dataclass(frozen=True)
class ImposedStatements:
    """A subproblem's active statements about so many patients. All its variables are numbers that each of them has."""

    study: Study
    subproblem: Subproblem
    active: frozenset[tuple[str, str]]
    size: int

    @cached_property
    def claims(self) -> list[Claim]:
        """The active claims."""
        return [c for c in self.subproblem.claims if ("claim", c.id) in self.active]

    @cached_property
    def rules(self) -> list[Rule]:
        """The active rules."""
        return [r for r in self.subproblem.rules if ("rule", r.id) in self.active]

    def patients_table(self, codes: Mapping[tuple[int, str], int]) -> pd.DataFrame:
        """The patients of these codes by (patient, variable): one row each, a column each variable that has codes."""
        named = {name for _, name in codes}
        steps = {name: step_of(self.study.variables[name]) for name in self.subproblem.variables if name in named}
        columns = {n: [codes[i, n] * step for i in range(self.size)] for n, step in steps.items()}
        return pd.DataFrame(columns, dtype=object)

    def all_hold(self, codes: Mapping[tuple[int, str], int]) -> bool:
        """Whether these patients satisfy every active statement, by the verifier's statistics."""
        frame = self.patients_table(codes)
        if not all(statistic(claim, frame, self._of_members).holds for claim in self.claims):
            return False
        return not any(breaks(rule_for_members(r.rule, self.subproblem.where), frame).any() for r in self.rules)

    def statistic_value(self, codes: Mapping[tuple[int, str], int], question: About) -> Value | None:
        """The statistic asked about, of these patients; None where it has none."""
        return value_in(self._of_members, question, self.patients_table(codes))

    @cached_property
    def _of_members(self) -> Study:
        """The study with everybody a member of every population: whoever is not isn't among these patients."""
        everybody = {name: replace(p, where=None) for name, p in self.study.populations.items()}
        return replace(self.study, populations=everybody)
