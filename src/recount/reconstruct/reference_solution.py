"""What of a printed record can be imposed, subproblem by subproblem, and codes of patients who satisfy it: plain data.

It holds no solver's model, so that it goes to another process and into the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from recount.record import Claim, Rule, Study
from recount.rules import Expression
from recount.solver import Cell, Statement, why_checked_alone
from recount.subproblems import Subproblem, duplicates_of


@dataclass(frozen=True)
class Decision:
    """What of a subproblem's statements is imposed, and codes that satisfy it: what is kept of it."""

    statements: tuple[Statement, ...]
    imposed: frozenset[Statement]
    codes: dict[Cell, int]
    conflicts: tuple[tuple[Statement, ...], ...] = ()
    kept_by: dict[str, int] = field(default_factory=dict)

    def of(self, subproblem: Subproblem) -> SolvedSubproblem:
        """The subproblem that this decides."""
        return SolvedSubproblem(subproblem, self.statements, self.imposed, self.codes, self.conflicts, self.kept_by)


@dataclass(frozen=True)
class SolvedSubproblem:
    """A subproblem with the statements of it that can be put to unknowns, those imposed, and codes that satisfy these.

    `conflicts` are the minimal conflicts met on the way; `kept_by` says of each rule that is set aside by how many
    patients it is still kept, as many as can.
    """

    subproblem: Subproblem
    statements: tuple[Statement, ...]
    imposed: frozenset[Statement]
    codes: dict[Cell, int]
    conflicts: tuple[tuple[Statement, ...], ...] = ()
    kept_by: dict[str, int] = field(default_factory=dict)

    def statement_of(self, key: Statement) -> Claim | Rule:
        """The subproblem's claim or rule of this key."""
        found: Iterable[Claim | Rule] = self.subproblem.claims if key[0] == "claim" else self.subproblem.rules
        return next(s for s in found if s.id == key[1])

    @property
    def set_aside(self) -> list[Statement]:
        """The statements that are not imposed, in the subproblem's order."""
        return [key for key in self.statements if key not in self.imposed]

    @property
    def without_set_aside(self) -> Subproblem:
        """The subproblem without the statements that are set aside."""
        aside = set(self.set_aside)
        claims = tuple(c for c in self.subproblem.claims if ("claim", c.id) not in aside)
        return replace(
            self.subproblem, claims=claims, rules=tuple(r for r in self.subproblem.rules if ("rule", r.id) not in aside)
        )


@dataclass(frozen=True)
class ReferenceSolution:
    """A record's subproblems solved: `solved` those of everybody, `apart` those about a known number of patients alone.

    The first of `solved` is about the categories that sort the patients; `fixed` gives each patient's codes of these
    where the record leaves no choice of them, `sizes` how many patients each subproblem cut off is about. `patients`
    is one cohort that satisfies all that is imposed, confirmed by the verifier; None until it is drawn.
    """

    study: Study
    size: int
    fixed: list[dict[str, int]]
    solved: tuple[SolvedSubproblem, ...]
    apart: tuple[SolvedSubproblem, ...] = ()
    sizes: dict[Expression, int] = field(default_factory=dict)
    patients: pd.DataFrame | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The confirmed cohort: one row a patient, USUBJID and every variable."""
        assert self.patients is not None, "the reference cohort is drawn before it is asked for"
        return self.patients

    @property
    def every(self) -> tuple[SolvedSubproblem, ...]:
        """All subproblems, those cut off too."""
        return *self.solved, *self.apart

    @property
    def known_categories(self) -> tuple[str, ...]:
        """The categories that the record leaves no choice of."""
        return tuple(self.fixed[0]) if self.fixed else ()

    @cached_property
    def cut_off(self) -> tuple[Subproblem, ...]:
        """The subproblems cut off, without what is set aside of them."""
        return tuple(solved.without_set_aside for solved in self.apart)

    @cached_property
    def duplicates(self) -> dict[str, tuple[Claim, ...]]:
        """The claims that print the same number of the same thing, by the id of the first of them."""
        return duplicates_of(self.study.claims)

    @cached_property
    def set_aside(self) -> tuple[tuple[SolvedSubproblem, Statement], ...]:
        """The statements set aside, each with its subproblem."""
        return tuple((solved, key) for solved in self.every for key in solved.set_aside)

    @cached_property
    def aside(self) -> frozenset[Statement]:
        """The statements that are set aside."""
        return frozenset(key for _, key in self.set_aside)

    @cached_property
    def kept_by(self) -> dict[str, int]:
        """By how many patients each rule that is set aside is still kept, as many as can."""
        return {id: number for solved in self.solved for id, number in solved.kept_by.items()}

    @cached_property
    def not_modelled(self) -> dict[str, str]:
        """The claims that no unknown carries, by id, with the reason."""
        return why_not_modelled(self.study)

    @cached_property
    def excused(self) -> frozenset[str]:
        """The ids of what is set aside, with its duplicates, and of what is not modelled."""
        return frozenset(self.with_duplicates(self.aside) | set(self.not_modelled))

    def with_duplicates(self, statements: Iterable[Statement]) -> set[str]:
        """The ids of statements and of the claims that print the same."""
        ids = {id for _, id in statements}
        return ids | {twin.id for id in ids for twin in self.duplicates.get(id, ())}


def why_not_modelled(study: Study) -> dict[str, str]:
    """The claims that no unknown carries, by id, with the reason."""
    reasons = {}
    for claim in (twin for twins in duplicates_of(study.claims).values() for twin in twins):
        if claim.statistic == "stated":
            reasons[claim.id] = f"no patient variable carries it: {claim.description}"
        elif why := why_checked_alone(study, claim):
            reasons[claim.id] = f"checked alone: {why}"
    return reasons
