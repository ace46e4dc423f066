"""What every cohort of a record is drawn from: plain data without the solver's models, for any process."""

from __future__ import annotations

from dataclasses import dataclass, field

from recount.moments import is_moments
from recount.reconstruct.consistent import Consistent
from recount.record import Study
from recount.solver import CONSTRAINTS, SQUARED, Cell, Statement, why_not
from recount.subproblems import Block, blocks_of, frame_of, twins_of


@dataclass(frozen=True)
class Solved:
    """A block with the statements that are imposed and codes that satisfy them.

    `kept_by`: how many patients keep a rule that is set aside, at most.
    """

    block: Block
    active: frozenset[Statement]
    values: dict[Cell, int]
    kept_by: dict[str, int]


@dataclass(frozen=True)
class Given:
    """A record's blocks: `solved` with codes that satisfy them, `cut_off` those about a known number of patients.

    `fixed` is each patient's code of the categories that the record leaves no choice of; the ids of `excused` are set
    aside or not modelled, `not_modelled` says why.
    """

    study: Study
    size: int
    fixed: list[dict[str, int]]
    solved: tuple[Solved, ...]
    cut_off: tuple[Block, ...]
    excused: frozenset[str]
    not_modelled: dict[str, str] = field(default_factory=dict)
    apart: tuple[Solved, ...] = ()


def given_of(known: Consistent) -> Given:
    """What cohorts are drawn from, of what holds together; it can be sent to another process."""
    solved, apart = (
        tuple(Solved(h.block, h.active, dict(h.values), dict(h.kept_by)) for h in held)
        for held in (known.held, known.apart)
    )
    twins = twins_of(known.study.claims)
    aside = {statement[1] for _, statement in known.set_aside}
    unmodelled = why_not_modelled(known.study)
    excused = frozenset(aside | {twin.id for id in aside for twin in twins.get(id, ())} | set(unmodelled))
    return Given(known.study, known.size, known.fixed, solved, tuple(known.cut_off), excused, unmodelled, apart)


def why_not_modelled(study: Study) -> dict[str, str]:
    """The claims that no unknown carries, by id, with the reason."""
    in_moments = {c.id for b in blocks_of(study, frame_of(study)) if is_moments(b) for c in b.claims}
    reasons = {}
    for claim in (twin for twins in twins_of(study.claims).values() for twin in twins):
        if claim.statistic == "stated":
            reasons[claim.id] = f"no patient variable carries it: {claim.description}"
        elif claim.statistic in SQUARED and (why := why_not(study, claim)):
            reasons[claim.id] = why
        elif claim.statistic not in CONSTRAINTS and claim.id not in in_moments:
            reasons[claim.id] = f"{claim.statistic} is not a constraint outside of a block of means and SDs"
    return reasons
