"""Every minimal set of statements that cannot all hold, each proven by solving again, up to a stated number.

A set of statements is grown until nothing can be added without a contradiction, or shrunk until nothing can be left
out; either way a whole family of sets is settled, and what is not settled is asked next (MARCO: Liffiton, Previti,
Malik & Marques-Silva, Constraints 2016;21:223). When nothing is left the list is complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from recount.checks import why_in_numbers
from recount.moments import consistent_moments, is_of_moments_alone, minimal_moment_conflict
from recount.reconstruct.posing import PosedSubproblem, all_names, posed
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.record import Claim, Rule, Study
from recount.rules import names
from recount.solver import FOUND, NONE, Statement, Unsettled, ask, minimal_conflict
from recount.subproblems import duplicates_of, sorting_categories

MOST = 20  # minimal conflicts looked for
GIVEN = " where the groups of patients are as large as printed"


@dataclass(frozen=True)
class Conflicts:
    """Minimal conflicts, shortest first; `complete` says that there are no others."""

    found: tuple[tuple[Statement, ...], ...]
    complete: bool

    @property
    def members(self) -> frozenset[Statement]:
        """Every statement that is in a conflict."""
        return frozenset(s for conflict in self.found for s in conflict)


def conflicts_of(
    reference: ReferenceSolution, most: int = MOST, say: Callable[[str], None] = lambda _: None
) -> Conflicts:
    """The minimal conflicts of a record, none where everything holds together. Raises Undecided.

    No more are looked for once so many are known.
    """
    found: list[tuple[Statement, ...]] = []
    complete = True
    for solved in reference.every:
        if solved.set_aside:
            home = posed(reference, solved)
            oracle = _Moments(home) if is_of_moments_alone(reference.study, solved.subproblem) else _Oracle(home)
            here, all_of_them = _of_subproblem(solved, oracle, most - len(found), say)
            found += here
            complete = complete and all_of_them and _sizes_add_none(reference, solved, home, here)
    return Conflicts(tuple(sorted(found, key=len)), complete)


def _sizes_add_none(
    reference: ReferenceSolution,
    solved: SolvedSubproblem,
    home: PosedSubproblem,
    found: Iterable[tuple[Statement, ...]],
) -> bool:
    """Whether it is proven that no minimal conflict joins this subproblem's statements with those of one cut off.

    The two meet in how many patients the latter is about, and what it says can hold of as many as there are. So such a
    conflict would hold statements of this one that leave another number only, among them one that is set aside. With
    the numbers as they are every conflict must then be among those found without them.
    """
    known = set(home.u.variables)
    wheres = [where for where in reference.sizes if names(where) <= known]
    if solved.subproblem.where is not None or not wheres:
        return True
    fixed = replace(home, u=home.u.forked())
    for where in wheres:
        holds = [fixed.u.truth(i, where) for i in range(fixed.u.size)]
        fixed.u.require(fixed.u.number_of(("cut", where), holds) == reference.sizes[where])
    unsettled = Unsettled(list(solved.statements))
    for conflict in found:
        unsettled.contradict(conflict)
    while (candidate := unsettled.largest()) is not None:
        if ask(fixed.u, candidate).status != FOUND:
            return False
        unsettled.allow(candidate)
    return True


class _Oracle:
    """What the solver says of sets of a subproblem's statements."""

    def __init__(self, home: PosedSubproblem) -> None:
        self.home = home

    def status(self, statements: list[Statement]) -> str:
        """Whether they hold together."""
        return ask(self.home.u, statements).status

    def shrunk(self, statements: list[Statement]) -> tuple[Statement, ...]:
        """Of statements that cannot all hold, some of which none can be left out."""
        return tuple(minimal_conflict(self.home.u, statements))


class _Moments(_Oracle):
    """The same of a subproblem of means and SDs, without the solver."""

    def status(self, statements: list[Statement]) -> str:
        """Whether they hold together."""
        return consistent_moments(self.home.u.study, self.home.subproblem, frozenset(statements), self.home.u.size, 1)

    def shrunk(self, statements: list[Statement]) -> tuple[Statement, ...]:
        """Of statements that cannot all hold, some of which none can be left out."""
        found = minimal_moment_conflict(
            self.home.u.study, self.home.subproblem, frozenset(statements), self.home.u.size
        )
        return tuple(s for s in self.home.u.on if s in found)


def _of_subproblem(
    solved: SolvedSubproblem, oracle: _Oracle, most: int, say: Callable[[str], None]
) -> tuple[list[tuple[Statement, ...]], bool]:
    """A subproblem's minimal conflicts, and whether these are proven to be all."""
    unsettled = Unsettled(list(solved.statements))
    found = list(solved.conflicts)
    complete = True
    for conflict in found:
        unsettled.contradict(conflict)
    while (candidate := unsettled.largest()) is not None:
        if len(found) >= most:
            return found, False
        status = oracle.status(candidate)
        if status == NONE:
            conflict = oracle.shrunk(candidate)
            say(f"{len(found) + 1} minimal conflicts")
            found.append(conflict)
            unsettled.contradict(conflict)
        else:
            complete = complete and status == FOUND
            unsettled.allow(candidate)
    return found, complete


def sentence(study: Study, conflict: Iterable[Statement]) -> str:
    """A minimal conflict in a sentence that names places and numbers.

    A conflict is minimal given the sizes of the groups that the other claims fix; the sentence says so where the
    statements are about patients told apart by such groups.
    """
    conflict = list(conflict)
    given = GIVEN if _in_groups(study, conflict) else ""
    claims, rules = {c.id: c for c in study.claims}, {r.id: r for r in study.rules}
    twins = duplicates_of(study.claims)
    parts = [_rule(rules[id]) if kind == "rule" else _claim(twins.get(id, (claims[id],))) for kind, id in conflict]
    if len(parts) == 1:
        return f"{_first_up(parts[0])} cannot hold{given or ', by itself'}{_in_numbers(study, conflict)}."
    listed = ", ".join(parts[:-1]) + f", and {parts[-1]}"
    without = "the other can" if len(parts) == 2 else "the others can"
    why = _in_numbers(study, conflict)
    return f"{_first_up(listed)} cannot all hold{given}{why}; without any one of them {without}."


def _in_numbers(study: Study, conflict: Sequence[Statement]) -> str:
    """Why these can't all hold, in numbers, where a check of printed numbers can tell."""
    if any(kind == "rule" for kind, _ in conflict):
        return ""
    why = why_in_numbers(study, [id for _, id in conflict])
    return f" ({why})" if why else ""


def _in_groups(study: Study, conflict: Sequence[Statement]) -> bool:
    """Whether a conflict is about more than the categories that sort the patients, or about some patients alone."""
    statements: dict[Statement, Claim | Rule] = {("claim", c.id): c for c in study.claims}
    statements |= {("rule", r.id): r for r in study.rules}
    about = set().union(*(all_names(study, statements[key]) for key in conflict))
    frame = set(sorting_categories(study))
    return bool(frame and about - frame) or any(study.variables[name].where is not None for name in about)


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
