"""Every minimal set of statements that cannot all hold, each proven by solving again, up to a stated number.

A set of statements is grown until nothing can be added without a contradiction, or shrunk until nothing can be left
out; either way a whole family of sets is settled, and what is not settled is asked next (MARCO: Liffiton, Previti,
Malik & Marques-Silva, Constraints 2016;21:223). When nothing is left the list is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from recount.blocks import twins_of
from recount.consistent import Consistent, Held
from recount.solve import NONE, UNDECIDED, Statement, Undecided, Unsettled, ask, minimal_conflict
from recount.study import Claim, Rule, Study

MOST = 20  # minimal conflicts looked for


@dataclass(frozen=True)
class Conflicts:
    """Minimal conflicts, shortest first; `complete` says that there are no others."""

    found: tuple[tuple[Statement, ...], ...]
    complete: bool

    @property
    def members(self) -> frozenset[Statement]:
        """Every statement that is in a conflict."""
        return frozenset(s for conflict in self.found for s in conflict)


def conflicts_of(known: Consistent, most: int = MOST, say: Callable[[str], None] = lambda _: None) -> Conflicts:
    """The minimal conflicts of a record, none where everything holds together. Raises Undecided."""
    found: list[tuple[Statement, ...]] = []
    complete = True
    for held in known.held:
        if held.set_aside:
            here, all_of_them = _of_block(held, most - len(found), say)
            found += here
            complete = complete and all_of_them
    return Conflicts(tuple(sorted(found, key=len)), complete)


def _of_block(held: Held, most: int, say: Callable[[str], None]) -> tuple[list[tuple[Statement, ...]], bool]:
    """A block's minimal conflicts, and whether these are all."""
    every = list(held.u.on)
    unsettled = Unsettled(every)
    found: list[tuple[Statement, ...]] = []
    for conflict in held.conflicts:
        unsettled.contradict(conflict)
        found.append(conflict)
    while (candidate := unsettled.largest()) is not None:
        if len(found) >= most:
            return found, False
        status = ask(held.u, candidate).status
        if status == UNDECIDED:
            raise Undecided(f"whether {len(candidate)} statements hold together")
        if status == NONE:
            conflict = tuple(minimal_conflict(held.u, list(candidate)))
            say(f"{len(found) + 1} minimal conflicts")
            found.append(conflict)
            unsettled.contradict(conflict)
        else:
            unsettled.allow(candidate)
    return found, True


def sentence(study: Study, conflict: Iterable[Statement]) -> str:
    """A minimal conflict in a sentence that names places and numbers."""
    claims, rules = {c.id: c for c in study.claims}, {r.id: r for r in study.rules}
    twins = twins_of(study.claims)
    parts = [_rule(rules[id]) if kind == "rule" else _claim(twins.get(id, (claims[id],))) for kind, id in conflict]
    if len(parts) == 1:
        return f"{_first_up(parts[0])} cannot hold, by itself."
    listed = ", ".join(parts[:-1]) + f", and {parts[-1]}"
    without = "the other can" if len(parts) == 2 else "the others can"
    return f"{_first_up(listed)} cannot all hold; without any one of them {without}."


def _claim(twins: tuple[Claim, ...]) -> str:
    first = twins[0]
    places = " and in ".join(dict.fromkeys(_place(c.place) for c in twins))
    return f"{first.description} ({first.id}), printed as {first.printed} in {places}"


def _rule(rule: Rule) -> str:
    return f"the rule {rule.id} of {_place(rule.place)}, {rule.text}"


def _place(place: str) -> str:
    return f"section {place}" if place[:1].isdigit() else place


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
