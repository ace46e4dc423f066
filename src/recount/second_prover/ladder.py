"""Is a bound of a statistic true of all patients who satisfy a record? Asked of few variables first, then of more.

What is asked is whether there are patients beyond the bound. A programme of some of the statements has every such
cohort among its solutions, and more; so "none" proves the bound, and a solution proves nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from recount.second_prover.encoding import Encoding, Sizes
from recount.second_prover.highs import least_of, solution_of
from recount.second_prover.patient_types import TooManyTypes
from recount.second_prover.programme import Programme
from recount.second_prover.reading import Expression, Study, patients_of
from recount.second_prover.statements import (
    ORDERED,
    REACHED,
    End,
    Question,
    Statement,
    StatementKey,
    in_few_comparisons,
    statements_of,
    variables_of,
    whose,
)

LIMIT = 20.0  # seconds for a bound
ONE_BY_ONE = 6  # rungs on which the variables of one statement are added
CLAUSES = (12, 60, 400)  # of a quantile between two values: coarse first, then finer where that isn't enough
ROUNDS = ((0.05, 0.2, 0.35), (0.2, 0.55, 0.7), (1.0, 0.85, 1.0))
"""Shares of the time: for one rung, and by when either ladder was climbed. Each round gives a rung more than the last."""

Condition = Expression | None
Outcome = Literal["proven", "refuted", "not proven"]


@dataclass(frozen=True)
class Proof:
    """What became of a bound, and why; how many statements and variables the proof needed, and how long it took."""

    outcome: Outcome
    why: str = ""
    statements: int = 0
    variables: tuple[str, ...] = ()
    seconds: float = 0.0


def prove_bound(
    study: Study,
    question: Question,
    end: End,
    bound: Fraction,
    imposed: Collection[StatementKey] | None = None,
    without: Collection[StatementKey] = (),
    limit: float = LIMIT,
) -> Proof:
    """Whether no patients who satisfy the statements imposed (None: all), but those `without`, lie beyond a bound."""
    began = time.monotonic()
    if question.statistic not in REACHED:
        return Proof("not proven", f"not tried: {question.statistic} is no matter of counting types")
    study = in_few_comparisons(study)
    beyond = Statement(("question", end), None, question.plainly().beyond(end, bound))
    kept = _once(s for s in statements_of(study) if (imposed is None or s.key in imposed) and s.key not in without)
    asking = Asking(study, beyond)
    by_category = question.number is None
    for rung, *shares in ROUNDS:
        for categories_first, share in zip((by_category, not by_category), shares, strict=True):
            ladder = Ladder(study, beyond, kept, categories_first)
            if asking.is_none_on(ladder, rung * limit, began + share * limit):
                names = tuple(sorted(ladder.inside))
                return Proof("proven", "", len(ladder.statements), names, time.monotonic() - began)
    return Proof("not proven", asking.why, seconds=time.monotonic() - began)


class Asking:
    """Asks for patients beyond a bound on the rungs of ladders, and remembers what it has asked."""

    def __init__(self, study: Study, beyond: Statement) -> None:
        self.study, self.beyond = study, beyond
        self.sizes: dict[Condition, tuple[int, int]] = {}
        self._fineness: dict[frozenset[str], int] = {}  # of each rung, how many of `CLAUSES` are found to be too few
        self._too_high: set[frozenset[str]] = set()
        self.undecided = False

    @property
    def why(self) -> str:
        """Why nothing is proven."""
        if self.undecided:
            return "too many types of patients, or too little time, for all that bears on it"
        return "all that this prover reads of the record seems to admit such patients"

    def is_none_on(self, ladder: Ladder, rung_seconds: float, deadline: float) -> bool:
        """Whether there are no such patients on a rung: each gets so many seconds, finer clauses while they last."""
        while time.monotonic() < deadline:
            if self._is_none(ladder, min(time.monotonic() + rung_seconds, deadline)):
                return True
            if not ladder.climb(too_high=ladder.inside in self._too_high):
                return False
        self.undecided = True
        return False

    def _is_none(self, ladder: Ladder, deadline: float) -> bool:
        statements, inside = [*ladder.statements, self.beyond], ladder.inside
        try:
            if inside not in self._fineness:
                self._fineness[inside] = 0
                if not _add_sizes(self.study, statements, self.sizes, deadline):
                    return True
            while self._fineness[inside] < len(CLAUSES) and time.monotonic() < deadline:
                most = CLAUSES[self._fineness[inside]]
                programme, whole = programme_of(self.study, statements, self.sizes, most)
                status = solution_of(programme, max(deadline - time.monotonic(), 0.1)).status
                if status != "found":
                    self.undecided |= status == "undecided"
                    return status == "none"
                self._fineness[inside] = len(CLAUSES) if whole else self._fineness[inside] + 1
        except TooManyTypes:
            self.undecided = True
            if not self._fineness[inside]:
                self._too_high.add(inside)
            self._fineness[inside] = len(CLAUSES)  # finer ones have more types still
        return False


def _once(statements: Iterable[Statement]) -> list[Statement]:
    """The statements, of those that say the same the first."""
    return list({(s.rule, s.demand): s for s in reversed(list(statements))}.values())[::-1]


class Ladder:
    """The variables `inside` a programme, the question's own first, and the `statements` about no others.

    Any set of variables would be sound. Next come those of the most telling statement: one about a variable that few
    statements are about. So a rule that ties the number asked about to others comes before the many claims about
    what the whole record is sorted by. With `categories_first`, statements that add no numbers come before all others.
    """

    def __init__(
        self, study: Study, beyond: Statement, kept: Sequence[Statement], categories_first: bool = False
    ) -> None:
        self._late = {n for n, v in study.variables.items() if categories_first and v.kind != "category"}
        self._about = {s: variables_of(study, s) for s in kept}
        self._uses = Counter(name for names in self._about.values() for name in names)
        self._refused: set[frozenset[str]] = set()
        self._added: list[frozenset[str]] = []
        self._steps = 0
        self.inside = variables_of(study, beyond)

    @property
    def statements(self) -> list[Statement]:
        """The statements about the variables inside alone."""
        return [s for s, names in self._about.items() if names <= self.inside]

    def climb(self, too_high: bool = False) -> bool:
        """Takes in more variables, in place of the last ones where those were too many; False where there are none.

        One statement's at a time first, then more at once.
        """
        if too_high:
            if not self._added:
                return False
            self._refused.update(self._added)
            self.inside -= frozenset().union(*self._added)
        self._steps += not too_high
        self._added = []
        for _ in range(1 if too_high else 1 + self._steps // ONE_BY_ONE):
            near = self._near()
            if near:
                self._added.append(max(near, key=lambda more: (*near[more], sorted(more))))
                self.inside |= self._added[-1]
        return bool(self._added)

    def _near(self) -> dict[frozenset[str], tuple[bool, Fraction, Fraction]]:
        """The sets of variables that a statement adds, with how telling it is, and how many it brings in for each."""
        found: dict[frozenset[str], tuple[bool, Fraction, Fraction]] = {}
        for names in self._about.values():
            more = names - self.inside
            if not more or not names & self.inside or any(more >= refused for refused in self._refused):
                continue
            telling = Fraction(1, min(self._uses[name] for name in names & self.inside))
            _, most, gain = found.get(more, (False, Fraction(0), Fraction(0)))
            found[more] = not more & self._late, max(most, telling), gain + Fraction(1, len(more))
        return found


def programme_of(study: Study, statements: Sequence[Statement], sizes: Sizes, most: int) -> tuple[Programme, bool]:
    """The programme of some statements, and whether every quantile got all of its clauses."""
    encoding = Encoding(study, patients_of(study), statements, sizes, most)
    for statement in statements:
        if statement.demand is not None:
            encoding.impose(statement.demand)
    return encoding.finished(), encoding.whole


def _add_sizes(
    study: Study, statements: Sequence[Statement], sizes: dict[Condition, tuple[int, int]], deadline: float
) -> bool:
    """Adds how many have the values that each demand about order is of, at least and at most; False: no patients.

    Asked of a programme without those demands, whose solutions are those of all statements and more. So what is
    taken as known of a size is proven, for this question: its own demand is among the statements. A size proven on
    a lower rung stands, since what is imposed on any rung is imposed by the question.
    """
    wanted = dict.fromkeys(whose(study, s.demand) for s in statements if s.demand and s.demand.statistic in ORDERED)
    unsure = [c for c in wanted if c not in sizes or sizes[c][0] < sizes[c][1]]
    if not unsure:
        return True
    encoding = Encoding(study, patients_of(study), statements, {}, 0)
    for statement in statements:
        if statement.demand is not None:
            encoding.impose(statement.demand)
    places = [encoding.members(condition) for condition in unsure]
    programme = encoding.finished()
    for condition, place in zip(unsure, places, strict=True):
        least, most = (least_of(programme, place, max(deadline - time.monotonic(), 0.1), sign) for sign in (1, -1))
        if least is None or most is None:
            return False
        before = sizes.get(condition, (least, -most))
        sizes[condition] = max(before[0], least), min(before[1], -most)
    return True
