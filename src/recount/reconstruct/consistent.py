"""What of a printed record holds together: its blocks, each with the statements that can all be imposed.

The order: the frame (the categories that sort the patients), then each block with the frame known. The frame is
taken as known only where the record admits a single one, and a block is cut off only where the record fixes how
many patients it is about; otherwise everything that hangs together is solved jointly. So what is proven of a block
is proven of the record.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recount.moments import exclude_conflicts, fewest_moments_set_aside, is_moment_block
from recount.record import Claim, Rule, Study, patients_of
from recount.rules import Expression, names
from recount.solver import (
    CONSTRAINTS,
    NONE,
    Cell,
    Statement,
    Undecided,
    Unknowns,
    another,
    ask,
    decided,
    extreme,
    fewest_set_aside,
    impose,
    most_that_hold,
)
from recount.subproblems import Block, blocks_of, frame_of, most_claimed, twins_of


@dataclass
class Held:
    """A block's unknowns, the statements of it that are imposed, and one set of codes that satisfies them.

    `conflicts` are the minimal conflicts met, `kept_by` says for each rule that is set aside how many patients keep
    it at most.
    """

    block: Block
    u: Unknowns
    active: frozenset[Statement]
    values: dict[Cell, int]
    conflicts: tuple[tuple[Statement, ...], ...] = ()
    kept_by: dict[str, int] = field(default_factory=dict)

    def statement_of(self, key: Statement) -> Claim | Rule:
        """The block's claim or rule of this key."""
        found: Iterable[Claim | Rule] = self.block.claims if key[0] == "claim" else self.block.rules
        return next(s for s in found if s.id == key[1])

    @property
    def set_aside(self) -> list[Statement]:
        """The statements that are not imposed, in the block's order."""
        return [key for key in self.u.on if key not in self.active]


@dataclass
class Consistent:
    """A record's blocks: `held` those of everybody, `apart` those about a known number of patients alone.

    `cut_off` are the latter without what is set aside of them.
    `fixed` is each patient's code of the frame's categories; `sizes` how many patients each cut-off block is about.
    """

    study: Study
    size: int
    frame: tuple[str, ...]
    fixed: list[dict[str, int]]
    held: list[Held]
    cut_off: list[Block]
    sizes: dict[Expression, int]
    apart: list[Held]

    @property
    def set_aside(self) -> list[tuple[Held, Statement]]:
        """The statements set aside, each with its block."""
        return [(held, key) for held in (*self.held, *self.apart) for key in held.set_aside]


def consistent(study: Study, say: Callable[[str], None] = lambda _: None) -> Consistent:
    """What of the record holds together, with the fewest statements set aside. Raises Undecided, Faults."""
    size, frame = patients_of(study), frame_of(study)
    say("sorting the patients")
    first = _sorted_frame(study, size, frame)
    if frame and not _is_only(first):
        frame, first = (), _sorted_frame(study, size, ())
    fixed = [{n: first.values[i, n] for n in frame} for i in range(size)] if frame else []
    whole: frozenset[Expression] = frozenset()  # whose patients are not cut off
    while True:
        blocks = blocks_of(study, frame, whole)[1:]
        held = [first]
        for block in (b for b in blocks if b.where is None):
            say(f"deciding {', '.join(block.variables[:4])}")
            held.append(_hold(study, block, size, fixed))
        cut_off = [b for b in blocks if b.where is not None]
        sizes = {where: only_size(held, where) for where in dict.fromkeys(b.where for b in cut_off) if where}
        unsure = frozenset(where for where, number in sizes.items() if not number)
        if not unsure:
            known = {where: number for where, number in sizes.items() if number}
            apart = [_apart(study, block, known[block.where]) for block in cut_off if block.where]
            return Consistent(study, size, frame, fixed, held, [_kept(h) for h in apart], known, apart)
        whole |= unsure


def holds_together(study: Study) -> bool:
    """Whether everything that the solver is asked of everybody's values can hold together. Raises Undecided, Faults.

    Blocks about some of the patients alone are not asked about; `consistent` tells what is to be set aside.
    """
    size, frame = patients_of(study), frame_of(study)
    block = blocks_of(study, frame)[0]
    u = unknowns_of(study, block, size, [])
    if frame:
        sort_patients(study, u, frame)
    first = decided(ask(u, list(u.on)), "the frame")
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


def unknowns_of(
    study: Study, block: Block, size: int, fixed: list[dict[str, int]], by: str = "", relaxed: bool = False
) -> Unknowns:
    """Unknown patients of a block with its statements, each under its own Boolean.

    With a variable `by`, patients whom no statement tells apart are in its order.
    """
    everybody = [block.where] if block.where else []
    alike = _alike(study, block, size, fixed) if by else ()
    u = Unknowns(study, size, block.variables, everybody, fixed, by, alike, relaxed)
    impose(u, [c for c in block.claims if c.statistic in CONSTRAINTS], block.rules)
    exclude_conflicts(u, [c for c in block.claims if ("claim", c.id) in u.on], block.rules)
    return u


def _alike(study: Study, block: Block, size: int, fixed: list[dict[str, int]]) -> list[list[int]]:
    """The patients in classes that differ in no category known beforehand that a statement of the block mentions."""
    statements: list[Claim | Rule] = [*block.claims, *block.rules]
    told = set().union(*(all_names(study, s) for s in statements), *(_wheres(study, n) for n in block.variables))
    classes: dict[tuple, list[int]] = {}
    for i in range(size):
        known = fixed[i].items() if fixed else ()
        classes.setdefault(tuple(code for name, code in known if name in told), []).append(i)
    return list(classes.values())


def all_names(study: Study, statement: Claim | Rule) -> set[str]:
    """Every variable that a statement mentions, those of its populations included."""
    if isinstance(statement, Rule):
        return set(names(statement.rule))
    about = {n for n in (statement.variable, statement.versus) if n in study.variables}
    about |= set() if statement.condition is None else names(statement.condition)
    for population in (statement.population, statement.versus):
        where = study.populations[population].where if population in study.populations else None
        about |= set() if where is None else names(where)
    return about


def _wheres(study: Study, name: str) -> frozenset[str]:
    where = study.variables[name].where
    return frozenset() if where is None else names(where)


def keep_broken_few(u: Unknowns, block: Block, kept_by: dict[str, int]) -> None:
    """Lets no more patients break a rule that is set aside than need to."""
    for rule in block.rules:
        if rule.id in kept_by:
            u.cp.add(sum(u.keeps(i, rule.rule) for i in range(u.size)) >= kept_by[rule.id])


def sort_patients(study: Study, u: Unknowns, names: tuple[str, ...]) -> None:
    """Puts the patients in the order of these categories' levels; patients are interchangeable, so nothing is lost."""
    widths = np.cumprod([1, *(len(study.variables[n].levels) for n in reversed(names))])[-2::-1]
    keys = [sum(int(w) * u.x[i, n] for w, n in zip(widths, names, strict=True)) for i in range(u.size)]
    for one, next_one in itertools.pairwise(keys):
        u.cp.add(one <= next_one)


def _sorted_frame(study: Study, size: int, names: tuple[str, ...]) -> Held:
    """The frame's categories, patients in the order of their levels; without any, only how many patients there are."""
    block = blocks_of(study, names)[0]
    u = unknowns_of(study, block, size, [])
    if names:
        sort_patients(study, u, names)
    return _held(study, block, u)


def _is_only(first: Held) -> bool:
    """Whether it is proven that no other frame of sorted patients satisfies what is imposed on it."""
    return another(first.u, first.active, first.values).status == NONE


def only_size(held: Sequence[Held], where: Expression) -> int | None:
    """How many patients an expression holds for, where that is proven to be one number; else None.

    What is proven of the statements about categories alone is proven of all, and far sooner.
    """
    home = next((h for h in held if names(where) <= set(h.u.variables)), None)
    if home is None:
        return None
    number = home.u.number_of(("cut", where), [home.u.truth(i, where) for i in range(home.u.size)])
    for active in dict.fromkeys((_of_categories(home), home.active)):
        low, high = (extreme(home.u, active, [(1, number)], greatest, start=home.values) for greatest in (False, True))
        if low.best and high.best and low.objective == high.objective:
            return low.objective
    return None


def _of_categories(held: Held) -> frozenset[Statement]:
    """The imposed statements that mention no number."""
    study = held.u.study
    about: dict[Statement, Claim | Rule] = {("claim", c.id): c for c in held.block.claims}
    about |= {("rule", r.id): r for r in held.block.rules}
    kinds = {key: {study.variables[n].kind for n in all_names(study, about[key])} for key in held.active}
    return frozenset(key for key, found in kinds.items() if found <= {"category"})


def _hold(study: Study, block: Block, size: int, fixed: list[dict[str, int]]) -> Held:
    """The block's statements that hold together, its rules set aside broken by as few patients as possible."""
    u = unknowns_of(study, block, size, fixed, most_claimed(block))
    held = _held(study, block, u)
    for rule in block.rules:
        if ("rule", rule.id) not in held.active and not is_moment_block(study, block):
            best = most_that_hold(u, held.active, [u.keeps(i, rule.rule) for i in range(size)])
            held.kept_by[rule.id], held.values = best.objective, best.values
    keep_broken_few(u, block, held.kept_by)
    return held


def _apart(study: Study, block: Block, size: int) -> Held:
    """What holds together of a block cut off; all of it where that isn't decided in time."""
    u = unknowns_of(study, block, size, [])
    try:
        return _held(study, block, u)
    except Undecided:
        return Held(block, u, frozenset(u.on), {})


def _kept(held: Held) -> Block:
    """A block without the statements that are set aside."""
    aside = {id for _, id in held.set_aside}
    claims = tuple(c for c in held.block.claims if c.id not in aside)
    return replace(held.block, claims=claims, rules=tuple(r for r in held.block.rules if r.id not in aside))


def _held(study: Study, block: Block, u: Unknowns) -> Held:
    """The fewest statements are set aside, rules first in the order of their file."""
    order = [*(("rule", r.id) for r in block.rules), *(s for s in u.on if s[0] == "claim")]
    weights = _weights(study)
    if is_moment_block(study, block):
        answer, conflicts = fewest_moments_set_aside(study, block, u.size, order, weights=weights)
    else:
        answer, conflicts = fewest_set_aside(u, order, weights=weights)
    return Held(block, u, answer.imposed & frozenset(order), answer.values, tuple(map(tuple, conflicts)))


def _weights(study: Study) -> dict[Statement, int]:
    """A number printed in several places counts as many claims."""
    return {("claim", id): len(twins) for id, twins in twins_of(study.claims).items()}
