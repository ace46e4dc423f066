"""Is a bound of a statistic true of all patients who satisfy a record? Asked of few variables first, then of more.

What is asked is whether there are patients beyond the bound. A programme of some of the statements has every such
cohort among its solutions, and more; so "none" proves the bound, and a solution proves nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from recount.second_prover.encoding import Encoding, Patient, Sizes
from recount.second_prover.highs import least_of, solution_of
from recount.second_prover.patient_types import TooManyTypes
from recount.second_prover.reading import Compare, Expression, In, Study, Sum, Variable, patients_of
from recount.second_prover.statements import (
    ORDERED,
    REACHED,
    BoundQuestion,
    End,
    Statement,
    StatementKey,
    in_few_comparisons,
    statements_of,
    variables_of,
    whose_values,
)

LIMIT = 30.0  # seconds for a bound
ONE_BY_ONE = 6  # rungs on which the variables of one statement are added
CLAUSES = (12, 60, 400)  # of a quantile between two values: coarse first, then finer where that isn't enough
SIZING = 1.0  # seconds at least for a rung, and for a size: without sizes every programme is worse
ROUNDS = ((0.05, 0.2, 0.35), (0.2, 0.55, 0.7), (1.0, 0.85, 1.0))
"""Shares of the time: for one rung, and by when either ladder was climbed. Each round gives a rung more."""

Condition = Expression | None
Verifier = Callable[[list[Patient]], bool]
"""Whether whole patients satisfy the record and lie beyond the bound: its statements recounted by other means."""
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
    question: BoundQuestion,
    end: End,
    bound: Fraction,
    imposed: Collection[StatementKey] | None = None,
    without: Collection[StatementKey] = (),
    limit: float = LIMIT,
    verifier: Verifier | None = None,
) -> Proof:
    """Whether no patients who satisfy the statements imposed (None: all), but those `without`, lie beyond a bound.

    Refuted is a bound only where the `verifier` confirms whole patients: that they satisfy all of that, and lie
    beyond. Without one no bound is.
    """
    began = time.monotonic()
    if question.statistic not in REACHED:
        return Proof("not proven", f"not tried: {question.statistic} is no matter of counting types")
    study = in_few_comparisons(study)
    beyond = Statement(("question", end), None, question.plainly().demand_beyond(end, bound))
    kept = _first_of_same(
        s for s in statements_of(study) if (imposed is None or s.key in imposed) and s.key not in without
    )
    asking = Asking(study, beyond)
    by_category = question.number is None
    for rung, *shares in ROUNDS:
        for categories_first, share in zip((by_category, not by_category), shares, strict=True):
            ladder = Ladder(study, beyond, kept, categories_first)
            if asking.is_none_on(ladder, max(rung * limit, SIZING), began + share * limit):
                names = tuple(sorted(ladder.inside))
                return Proof("proven", "", len(ladder.statements), names, time.monotonic() - began)
    if verifier is not None and _is_refuted(study, beyond, kept, verifier, began + 2 * limit):
        return Proof("refuted", "verified patients lie beyond it", seconds=time.monotonic() - began)
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
            if not ladder.take_in_more(too_high=ladder.inside in self._too_high):
                return False
        self.undecided = True
        return False

    def _is_none(self, ladder: Ladder, deadline: float) -> bool:
        statements, inside = [*ladder.statements, self.beyond], ladder.inside
        try:
            if not self._fineness.setdefault(inside, 0) and not _add_sizes(
                self.study, statements, self.sizes, deadline
            ):
                return True
            while self._fineness[inside] < len(CLAUSES) and time.monotonic() < deadline:
                most = CLAUSES[self._fineness[inside]]
                encoding = encoding_of(self.study, statements, self.sizes, most)
                answer = solution_of(encoding.finished(), max(deadline - time.monotonic(), 0.1))
                if answer.status != "found":
                    self.undecided |= answer.status == "undecided"
                    return answer.status == "none"
                self._fineness[inside] = len(CLAUSES) if encoding.whole else self._fineness[inside] + 1
        except TooManyTypes:
            self.undecided = True
            if not self._fineness[inside]:
                self._too_high.add(inside)
            self._fineness[inside] = len(CLAUSES)  # finer ones have more types still
        return False


def _is_refuted(
    study: Study, beyond: Statement, kept: Sequence[Statement], verifier: Verifier, deadline: float
) -> bool:
    """Whether the verifier confirms patients that a solution of all statements together stands for."""
    statements = [*kept, *(_mention(variable) for variable in study.variables.values()), beyond]
    sizes: dict[Condition, tuple[int, int]] = {}
    try:
        if not _add_sizes(study, statements, sizes, deadline):
            return False
        for most in CLAUSES:
            encoding = encoding_of(study, statements, sizes, most)
            answer = solution_of(encoding.finished(), max(deadline - time.monotonic(), 0.1))
            if answer.status != "found":
                return False
            if verifier(encoding.patients(answer.values)):
                return True
    except TooManyTypes:
        pass
    return False


def _mention(variable: Variable) -> Statement:
    """A rule that nobody breaks, so that patients have the variable: its range or its levels."""
    key = "rule", f"values of {variable.name}"
    if variable.kind == "category":
        return Statement(key, In(variable.name, variable.levels), None)
    of = Sum(((Fraction(1), variable.name),))
    return Statement(key, Compare(">=", of, Sum((), variable.low or Fraction(0))), None)


def _first_of_same(statements: Iterable[Statement]) -> list[Statement]:
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

    def take_in_more(self, too_high: bool = False) -> bool:
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
            near = self._sets_nearby()
            if near:
                self._added.append(max(near, key=lambda more: (*near[more], sorted(more))))
                self.inside |= self._added[-1]
        return bool(self._added)

    def _sets_nearby(self) -> dict[frozenset[str], tuple[bool, Fraction, Fraction]]:
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


def encoding_of(study: Study, statements: Sequence[Statement], sizes: Sizes, most: int) -> Encoding:
    """An encoding with some statements imposed."""
    encoding = Encoding(study, patients_of(study), statements, sizes, most)
    for statement in statements:
        if statement.demand is not None:
            encoding.impose_demand(statement.demand)
    return encoding


def _add_sizes(
    study: Study, statements: Sequence[Statement], sizes: dict[Condition, tuple[int, int]], deadline: float
) -> bool:
    """Adds how many have the values that each demand about order is of, at least and at most; False: no patients.

    Asked of a programme without those demands, whose solutions are those of all statements and more. So what is
    taken as known of a size is proven, for this question: its own demand is among the statements. A size proven on
    a lower rung stands, since what is imposed on any rung is imposed by the question.
    """
    wanted = dict.fromkeys(
        whose_values(study, s.demand) for s in statements if s.demand and s.demand.statistic in ORDERED
    )
    unsure = [c for c in wanted if c not in sizes or sizes[c][0] < sizes[c][1]]
    if not unsure:
        return True
    encoding = encoding_of(study, statements, {}, 0)
    places = [encoding.members(condition) for condition in unsure]
    programme = encoding.finished()
    for condition, place in zip(unsure, places, strict=True):
        least, most = (least_of(programme, place, max(deadline - time.monotonic(), SIZING), sign) for sign in (1, -1))
        if least is None or most is None:
            return False
        before = sizes.get(condition, (least, -most))
        sizes[condition] = max(before[0], least), min(before[1], -most)
    return True
