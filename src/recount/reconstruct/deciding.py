"""What of a printed record holds together: its subproblems, each with the statements that can all be imposed.

The order: the categories that sort the patients, then each subproblem with these known. They are taken as known only
where the record admits a single set of them, and a subproblem is cut off only where the record fixes how many patients
it is about; otherwise everything that hangs together is solved jointly. So what is proven of a subproblem is proven of
the record, as long as what is imposed on the categories and on the sizes stays imposed: a question for which some of
that is left out is put to the union (`recount.audit.session`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import pandas as pd

from recount.checks import impossible_alone
from recount.moments import fewest_moments_set_aside, is_of_moments_alone
from recount.plausible import Shapes
from recount.reconstruct.posing import (
    PosedSubproblem,
    all_names,
    require_kept,
    unknowns_in_order,
    unknowns_of,
)
from recount.reconstruct.reference_solution import Decision, ReferenceSolution, SolvedSubproblem
from recount.reconstruct.separate_draws import SeparateDraws
from recount.reconstruct.spread_search import mended_spreads, spread_statements, without_spreads
from recount.record import Claim, Rule, Study, patients_of
from recount.rules import Expression, names
from recount.running import Undecided
from recount.solver import (
    FOUND,
    NONE,
    Cell,
    Statement,
    Unknowns,
    another,
    ask,
    decided,
    extreme,
    fewest_set_aside,
    most_that_hold,
)
from recount.store import Store, content_of_part, key_of
from recount.subproblems import Subproblem, duplicates_of, most_claimed, sorting_categories, subproblems_of


class _Decided:
    """A subproblem with what is decided of it; its unknowns are made where they are asked for."""

    def __init__(
        self, subproblem: Subproblem, content: dict[str, object], decision: Decision, make: Callable[[], Unknowns]
    ) -> None:
        self.subproblem, self.content, self.decision, self.make = subproblem, content, decision, make

    @property
    def solved(self) -> SolvedSubproblem:
        return self.decision.of(self.subproblem)

    @cached_property
    def posed(self) -> PosedSubproblem:
        return PosedSubproblem(self.subproblem, self.make(), self.decision.imposed, self.decision.codes)


@dataclass(frozen=True)
class KeptReference:
    """What is kept of a reference solution: all but the record, whose subproblems are cut again in the same way."""

    frame: tuple[str, ...]
    whole: tuple[str, ...]
    fixed: tuple[dict[str, int], ...]
    decisions: tuple[Decision, ...]
    sizes: dict[str, int]


KINDS = (Decision, KeptReference)


def reference_solution(
    study: Study, say: Callable[[str], None] = lambda _: None, store: Store | None = None
) -> ReferenceSolution:
    """What of the record holds together, with the fewest statements set aside. Raises Undecided, Faults."""
    store, size = store or Store(None, KINDS), patients_of(study)
    key = key_of(what="reference solution", study=study, order=tuple(study.variables))
    kept = store.answer(key, lambda: _found(study, size, say, store))
    owners = {str(v.where): v.where for v in study.variables.values() if v.where is not None}
    subproblems = subproblems_of(study, kept.frame, frozenset(owners[text] for text in kept.whole))
    of_everybody = [subproblems[0], *(b for b in subproblems[1:] if b.where is None)]
    apart = [b for b in subproblems[1:] if b.where is not None]
    solved = tuple(d.of(b) for d, b in zip(kept.decisions, [*of_everybody, *apart], strict=True))
    sizes = {owners[text]: number for text, number in kept.sizes.items()}
    many = len(of_everybody)
    return ReferenceSolution(study, size, list(kept.fixed), solved[:many], solved[many:], sizes)


def impossible_by_themselves(study: Study) -> frozenset[str]:
    """The claims, by the id of the first that says the same, that nobody can satisfy: each a conflict of one."""
    found = impossible_alone(study)
    return frozenset(id for id, same in duplicates_of(study.claims).items() if any(c.id in found for c in same))


def _found(study: Study, size: int, say: Callable[[str], None], store: Store) -> KeptReference:
    """The reference solution, each subproblem decided by itself, so that one that stays the same is decided once."""
    say("checking each number by itself")
    alone = impossible_by_themselves(study)
    if alone:
        say(f"impossible by itself: {', '.join(sorted(alone))}")
    frame = sorting_categories(study)
    say("sorting the patients")
    first = _decided_frame(study, size, frame, alone, store)
    if frame and (first.solved.set_aside or not _is_only(first, store)):
        # what is set aside among these categories may be in conflict with statements about others too
        frame, first = (), _decided_frame(study, size, (), alone, store)
    fixed = [{n: first.decision.codes[i, n] for n in frame} for i in range(size)] if frame else []
    whole: frozenset[Expression] = frozenset()  # whose patients are not cut off
    while True:
        subproblems = subproblems_of(study, frame, whole)[1:]
        of_everybody = [first]
        for subproblem in (b for b in subproblems if b.where is None):
            say(f"deciding {', '.join(subproblem.variables[:4])}")
            of_everybody.append(_decided_of_everybody(study, subproblem, size, fixed, alone, store))
        cut_off = [b for b in subproblems if b.where is not None]
        sizes = {w: _only_size(of_everybody, w, store) for w in dict.fromkeys(b.where for b in cut_off) if w}
        unsure = frozenset(where for where, number in sizes.items() if not number)
        if not unsure:
            sure = {where: number for where, number in sizes.items() if number}
            apart = [
                _decided_apart(study, subproblem, sure[subproblem.where], alone, store)
                for subproblem in cut_off
                if subproblem.where
            ]
            decisions = (*(d.decision for d in of_everybody), *apart)
            texts = {str(where): number for where, number in sure.items()}
            return KeptReference(frame, tuple(map(str, whole)), tuple(fixed), decisions, texts)
        whole |= unsure


def content_of_subproblem(
    study: Study, subproblem: Subproblem, size: int, fixed: Sequence[dict[str, int]]
) -> dict[str, object]:
    """All that what is decided of a subproblem depends on: its statements, their order and weights, its patients."""
    statements: list[Claim | Rule] = [*subproblem.claims, *subproblem.rules]
    twins = duplicates_of(study.claims)
    return {
        "part": content_of_part(study, statements),
        "variables": tuple(study.variables[n] for n in subproblem.variables),
        "order": tuple(s.id for s in statements),
        "weights": {c.id: len(twins.get(c.id, (c,))) for c in subproblem.claims},
        "patients": (patients_of(study), size, tuple(fixed), subproblem.where),
    }


def holds_together(study: Study) -> bool:
    """Whether everything that the solver is asked of everybody's values can hold together. Raises Undecided, Faults.

    Subproblems about some patients alone are not asked about; `reference_solution` tells what is to be set aside.
    """
    size, frame = patients_of(study), sorting_categories(study)
    u = unknowns_in_order(study, subproblems_of(study, frame)[0], size)
    first = decided(ask(u, list(u.on)), "the categories that sort the patients")
    if first.status == NONE:
        return False
    if frame and another(u, list(u.on), first.values).status != NONE:
        frame = ()
    fixed = [{n: first.values[i, n] for n in frame} for i in range(size)] if frame else []
    for subproblem in (b for b in subproblems_of(study, frame)[1:] if b.where is None):
        u = unknowns_of(study, subproblem, size, fixed, most_claimed(subproblem))
        if decided(ask(u, list(u.on)), ", ".join(subproblem.variables)).status == NONE:
            return False
    return True


def _decided_frame(study: Study, size: int, order: tuple[str, ...], alone: Collection[str], store: Store) -> _Decided:
    """The categories that sort the patients; without any, only how many patients there are."""
    subproblem = subproblems_of(study, order)[0]
    make = cache(lambda: unknowns_in_order(study, subproblem, size))
    content = content_of_subproblem(study, subproblem, size, [])
    key = key_of(what="first", alone=_of_block(subproblem, alone), **content)
    decision = store.answer(key, lambda: _decision(study, subproblem, make(), alone))
    return _Decided(subproblem, content, decision, make)


def _is_only(first: _Decided, store: Store) -> bool:
    """Whether it is proven that no other categories of sorted patients satisfy what is imposed on them."""

    def make() -> bool:
        posed = first.posed
        return another(posed.u, posed.imposed, posed.codes).status == NONE

    return bool(store.answer(key_of(what="only", **first.content), make))


def _only_size(decided_here: Sequence[_Decided], where: Expression, store: Store) -> int | None:
    home = next((d for d in decided_here if names(where) <= set(d.subproblem.variables)), None)
    if home is None:
        return None
    key = key_of(what="size", asked=where, **home.content)
    found: int | None = store.answer(key, lambda: only_size([home.posed], where))
    return found


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
    about: dict[Statement, Claim | Rule] = {("claim", c.id): c for c in posed.subproblem.claims}
    about |= {("rule", r.id): r for r in posed.subproblem.rules}
    kinds = {key: {study.variables[n].kind for n in all_names(study, about[key])} for key in posed.imposed}
    return frozenset(key for key, found in kinds.items() if found <= {"category"})


def _decided_of_everybody(
    study: Study, subproblem: Subproblem, size: int, fixed: list[dict[str, int]], alone: Collection[str], store: Store
) -> _Decided:
    """The subproblem's statements that hold together, its rules set aside broken by as few patients as possible."""
    make = cache(lambda: unknowns_of(study, subproblem, size, fixed, most_claimed(subproblem)))
    content = content_of_subproblem(study, subproblem, size, fixed)
    key = key_of(what="everybody", alone=_of_block(subproblem, alone), **content)
    decision = store.answer(
        key,
        lambda: _kept_by_most(study, subproblem, make(), alone),
    )
    return _Decided(subproblem, content, decision, make)


def _kept_by_most(study: Study, subproblem: Subproblem, u: Unknowns, alone: Collection[str]) -> Decision:
    """What is decided, and by how many patients each rule that is set aside can still be kept.

    One rule after the other, in the order of their file: the next is kept by as many as can keep it beside the ones
    before, so that all of it can hold at once.
    """
    found = _decision(study, subproblem, u, alone)
    narrowed = u.forked()  # conflicts are asked of unknowns that know nothing of this
    kept_by: dict[str, int] = {}
    codes = found.codes
    for rule in subproblem.rules:
        if ("rule", rule.id) not in found.imposed and not is_of_moments_alone(study, subproblem):
            best = most_that_hold(narrowed, found.imposed, [narrowed.keeps(i, rule.rule) for i in range(u.size)])
            kept_by[rule.id], codes = best.objective, best.values
            require_kept(narrowed, subproblem, {rule.id: best.objective})
    return replace(found, codes=codes, kept_by=kept_by)


def _decided_apart(study: Study, subproblem: Subproblem, size: int, alone: Collection[str], store: Store) -> Decision:
    """What holds together of a subproblem cut off; all of it where that isn't decided in time."""
    decision: Decision = store.answer(
        key_of(
            what="apart",
            alone=_of_block(subproblem, alone),
            assumptions=study.assumptions,
            **content_of_subproblem(study, subproblem, size, []),
        ),
        lambda: _decision_apart(study, subproblem, size, alone),
    )
    return decision


def _decision_apart(study: Study, subproblem: Subproblem, size: int, alone: Collection[str]) -> Decision:
    """What holds together; patients who are drawn with all of it show at once that all does."""
    u = unknowns_of(study, subproblem, size, [])
    if not _of_block(subproblem, alone):
        members, chance = pd.DataFrame(index=range(size)), np.random.default_rng(0)
        drawn = SeparateDraws(study, Shapes(study)).draw(subproblem, members, chance)
        if drawn.status == FOUND:
            return Decision(tuple(u.on), frozenset(u.on), drawn.values)
    try:
        return _decision(study, subproblem, u, alone)
    except Undecided:
        return Decision(tuple(u.on), frozenset(u.on), {})


def _decision(study: Study, subproblem: Subproblem, u: Unknowns, alone: Collection[str]) -> Decision:
    """The fewest statements are set aside, rules first in the order of their file."""
    order = [*(("rule", r.id) for r in subproblem.rules), *(s for s in u.on if s[0] == "claim")]
    weights = _weights(study)
    known = [[("claim", id)] for id in _of_block(subproblem, alone) if ("claim", id) in u.on]
    spreads = spread_statements(subproblem, u.on)
    if spreads and not known and (codes := _with_spreads(study, subproblem, u)) is not None:
        return Decision(tuple(u.on), frozenset(u.on), codes)
    conflicts: Iterable[Sequence[Statement]]
    if is_of_moments_alone(study, subproblem):
        answer, conflicts = fewest_moments_set_aside(study, subproblem, u.size, order, weights=weights, known=known)
    else:
        answer, conflicts = fewest_set_aside(u, order, weights=weights, known=known)
    return Decision(tuple(u.on), answer.imposed & frozenset(order), answer.values, tuple(map(tuple, conflicts)))


def _with_spreads(study: Study, subproblem: Subproblem, u: Unknowns) -> dict[Cell, int] | None:
    """Codes of patients who satisfy every statement, found without the solver as to SDs; None where none are found."""
    if is_of_moments_alone(study, subproblem) or subproblem.where is not None:
        return None
    fixed = [dict(codes) for codes in u.fixed] if any(u.fixed) else []
    without = unknowns_of(
        study, without_spreads(subproblem), u.size, fixed
    )  # sums of squares are in the way, imposed or not
    answer = ask(without, list(without.on))
    return mended_spreads(study, subproblem, u.on, u.size, answer.values) if answer.status == FOUND else None


def _of_block(subproblem: Subproblem, ids: Collection[str]) -> tuple[str, ...]:
    return tuple(c.id for c in subproblem.claims if c.id in ids)


def _weights(study: Study) -> dict[Statement, int]:
    """A number printed in several places counts as many claims."""
    return {("claim", id): len(twins) for id, twins in duplicates_of(study.claims).items()}
