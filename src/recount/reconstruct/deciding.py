"""What of a printed record holds together: its subproblems, each with the statements that can all be imposed.

The order: the categories that sort the patients, then each subproblem with these known. They are taken as known only
where the record admits a single set of them, and a subproblem is cut off only where the record fixes how many patients
it is about; otherwise everything that hangs together is solved jointly. So what is proven of a subproblem is proven of
the record, as long as what is imposed on the categories and on the sizes stays imposed: a question for which some of
that is left out is put to the union (`recount.audit.session`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from recount.moments import Moments, fewest_moments_set_aside, is_moment_block, is_moments
from recount.plausible import Shapes
from recount.ranks import Ranks, is_ranks
from recount.reconstruct.posing import (
    PosedSubproblem,
    all_names,
    require_kept,
    unknowns_in_order,
    unknowns_of,
)
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.record import Claim, Rule, Study, patients_of
from recount.rules import Expression, names
from recount.solver import (
    FOUND,
    NONE,
    UNDECIDED,
    Answer,
    Statement,
    Undecided,
    Unknowns,
    another,
    ask,
    decided,
    extreme,
    fewest_set_aside,
    most_that_hold,
)
from recount.subproblems import Block, blocks_of, frame_of, most_claimed, twins_of

Conflict = tuple[Statement, ...]


@dataclass
class _Decided(PosedSubproblem):
    """A posed subproblem with the conflicts met while it was decided."""

    conflicts: tuple[Conflict, ...] = ()
    kept_by: dict[str, int] = field(default_factory=dict)

    @property
    def solved(self) -> SolvedSubproblem:
        return SolvedSubproblem(
            self.block, tuple(self.u.on), self.imposed, dict(self.codes), self.conflicts, dict(self.kept_by)
        )


def reference_solution(study: Study, say: Callable[[str], None] = lambda _: None) -> ReferenceSolution:
    """What of the record holds together, with the fewest statements set aside. Raises Undecided, Faults."""
    size, frame = patients_of(study), frame_of(study)
    say("sorting the patients")
    first = _decided_frame(study, size, frame)
    if frame and (first.solved.set_aside or not _is_only(first)):
        # what is set aside among these categories may be in conflict with statements about others too
        frame, first = (), _decided_frame(study, size, ())
    fixed = [{n: first.codes[i, n] for n in frame} for i in range(size)] if frame else []
    whole: frozenset[Expression] = frozenset()  # whose patients are not cut off
    known: dict[Block, _Decided] = {}  # a subproblem that stays the same isn't decided again
    while True:
        blocks = blocks_of(study, frame, whole)[1:]
        for block in (b for b in blocks if b.where is None and b not in known):
            say(f"deciding {', '.join(block.variables[:4])}")
            known[block] = _decided_of_everybody(study, block, size, fixed)
        decided_here = [first, *(known[b] for b in blocks if b.where is None)]
        cut_off = [b for b in blocks if b.where is not None]
        sizes = {where: only_size(decided_here, where) for where in dict.fromkeys(b.where for b in cut_off) if where}
        unsure = frozenset(where for where, number in sizes.items() if not number)
        if not unsure:
            sure = {where: number for where, number in sizes.items() if number}
            apart = tuple(_decided_apart(study, block, sure[block.where]) for block in cut_off if block.where)
            return ReferenceSolution(study, size, fixed, tuple(d.solved for d in decided_here), apart, sure)
        whole |= unsure


def holds_together(study: Study) -> bool:
    """Whether everything that the solver is asked of everybody's values can hold together. Raises Undecided, Faults.

    Subproblems about some patients alone are not asked about; `reference_solution` tells what is to be set aside.
    """
    size, frame = patients_of(study), frame_of(study)
    u = unknowns_in_order(study, blocks_of(study, frame)[0], size)
    first = decided(ask(u, list(u.on)), "the categories that sort the patients")
    if first.status == NONE:
        return False
    if frame and another(u, list(u.on), first.values).status != NONE:
        frame = ()
    fixed = [{n: first.values[i, n] for n in frame} for i in range(size)] if frame else []
    for block in (b for b in blocks_of(study, frame)[1:] if b.where is None):
        u = unknowns_of(study, block, size, fixed, most_claimed(block))
        if decided(ask(u, list(u.on)), ", ".join(block.variables)).status == NONE:
            return False
    return True


def _decided_frame(study: Study, size: int, order: tuple[str, ...]) -> _Decided:
    """The categories that sort the patients; without any, only how many patients there are."""
    block = blocks_of(study, order)[0]
    return _decided(study, block, unknowns_in_order(study, block, size))


def _is_only(first: PosedSubproblem) -> bool:
    """Whether it is proven that no other categories of sorted patients satisfy what is imposed on them."""
    return another(first.u, first.imposed, first.codes).status == NONE


def only_size(posed: Sequence[PosedSubproblem], where: Expression) -> int | None:
    """How many patients an expression holds for, where that is proven to be one number; else None.

    What is proven of the statements about categories alone is proven of all, and far sooner.
    """
    home = next((p for p in posed if names(where) <= set(p.u.variables)), None)
    if home is None:
        return None
    number = home.u.number_of(("cut", where), [home.u.truth(i, where) for i in range(home.u.size)])
    for imposed in dict.fromkeys((_of_categories(home), home.imposed)):
        low, high = (extreme(home.u, imposed, [(1, number)], greatest, start=home.codes) for greatest in (False, True))
        if low.best and high.best and low.objective == high.objective:
            return low.objective
    return None


def _of_categories(posed: PosedSubproblem) -> frozenset[Statement]:
    """The imposed statements that mention no number."""
    study = posed.u.study
    about: dict[Statement, Claim | Rule] = {("claim", c.id): c for c in posed.block.claims}
    about |= {("rule", r.id): r for r in posed.block.rules}
    kinds = {key: {study.variables[n].kind for n in all_names(study, about[key])} for key in posed.imposed}
    return frozenset(key for key, found in kinds.items() if found <= {"category"})


def _decided_of_everybody(study: Study, block: Block, size: int, fixed: list[dict[str, int]]) -> _Decided:
    """The subproblem's statements that hold together, its rules set aside broken by as few patients as possible.

    One rule after the other, in the order of their file: the next is kept by as many as can keep it beside the ones
    before, so that all of it can hold at once.
    """
    found = _decided(study, block, unknowns_of(study, block, size, fixed, most_claimed(block)))
    narrowed = found.u.forked()  # conflicts are asked of unknowns that know nothing of this
    for rule in block.rules:
        if ("rule", rule.id) not in found.imposed and not is_moment_block(study, block):
            best = most_that_hold(narrowed, found.imposed, [narrowed.keeps(i, rule.rule) for i in range(size)])
            found.kept_by[rule.id], found.codes = best.objective, best.values
            require_kept(narrowed, block, {rule.id: best.objective})
    return found


def _decided_apart(study: Study, block: Block, size: int) -> SolvedSubproblem:
    """What holds together of a subproblem cut off; all of it where that isn't decided in time.

    Patients who are drawn with all of it show at once that it does.
    """
    u = unknowns_of(study, block, size, [])
    drawn = _drawn(study, block, size)
    if drawn.status == FOUND:
        return SolvedSubproblem(block, tuple(u.on), frozenset(u.on), drawn.values)
    try:
        return _decided(study, block, u).solved
    except Undecided:
        return SolvedSubproblem(block, tuple(u.on), frozenset(u.on), {})


def _drawn(study: Study, block: Block, size: int) -> Answer:
    """Patients of a subproblem of moments or of ranks, drawn until they are as printed; undecided for any other."""
    chance = np.random.default_rng(0)
    if is_moments(block):
        return Moments(study, block, size).draw(chance)
    if is_ranks(block):
        return Ranks(study, block, Shapes(study)).draw(pd.DataFrame(index=range(size)), chance)
    return Answer(UNDECIDED)


def _decided(study: Study, block: Block, u: Unknowns) -> _Decided:
    """The fewest statements are set aside, rules first in the order of their file."""
    order = [*(("rule", r.id) for r in block.rules), *(s for s in u.on if s[0] == "claim")]
    weights = _weights(study)
    conflicts: Iterable[Sequence[Statement]]
    if is_moment_block(study, block):
        answer, conflicts = fewest_moments_set_aside(study, block, u.size, order, weights=weights)
    else:
        answer, conflicts = fewest_set_aside(u, order, weights=weights)
    return _Decided(block, u, answer.imposed & frozenset(order), answer.values, tuple(map(tuple, conflicts)))


def _weights(study: Study) -> dict[Statement, int]:
    """A number printed in several places counts as many claims."""
    return {("claim", id): len(twins) for id, twins in twins_of(study.claims).items()}
