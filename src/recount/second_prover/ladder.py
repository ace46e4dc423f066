"""Is a bound of a statistic true of all patients who satisfy a record? Asked of few variables first, then of more.

What is asked is whether there are patients beyond the bound. A programme of some of the statements has every such
cohort among its solutions, and more; so "none" proves the bound, and a solution proves nothing.
"""

from __future__ import annotations

import time
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
    statements_of,
    variables_of,
    whose,
)

LIMIT = 20.0  # seconds for a bound
CLAUSES = (60, 400)  # of a quantile, on the way up and at last

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
    beyond = Statement(("question", end), None, question.beyond(end, bound))
    kept = _once(s for s in statements_of(study) if (imposed is None or s.key in imposed) and s.key not in without)
    why = "all that this prover reads of the record seems to admit such patients"
    for names, some in rungs(study, beyond, kept):
        status = _settled(study, [*some, beyond], began + limit)
        if status == "none":
            return Proof("proven", "", len(some), tuple(sorted(names)), time.monotonic() - began)
        if time.monotonic() > began + limit:
            why = f"not proven within {limit:g} s"
            break
        if status != "found":
            why = "too many types, or too little time, for all that bears on it"
    return Proof("not proven", why, seconds=time.monotonic() - began)


def _once(statements: Iterable[Statement]) -> list[Statement]:
    """The statements, of those that say the same the first."""
    return list({(s.rule, s.demand): s for s in reversed(list(statements))}.values())[::-1]


def rungs(study: Study, beyond: Statement, kept: Sequence[Statement]) -> list[tuple[frozenset[str], list[Statement]]]:
    """Sets of variables, each with the statements about no others: the question's own, then more and more.

    Next come the variables that bring in most statements for each variable added.
    """
    about = {s: variables_of(study, s) for s in (*kept, beyond)}
    inside, found = about[beyond], []
    batch = 1
    while True:
        found.append((inside, [s for s in kept if about[s] <= inside]))
        for _ in range(batch):
            near = {about[s] - inside for s in kept if about[s] & inside and not about[s] <= inside}
            if not near:
                break
            inside |= max(near, key=lambda more: (_gain(about, inside, more), sorted(more)))
        else:
            batch += 1
            continue
        if inside != found[-1][0]:
            found.append((inside, [s for s in kept if about[s] <= inside]))
        return found


def _gain(about: dict[Statement, frozenset[str]], inside: frozenset[str], more: frozenset[str]) -> Fraction:
    new = sum(1 for names in about.values() if names & inside and not names <= inside and names <= inside | more)
    return Fraction(new, len(more))


def _settled(study: Study, statements: Sequence[Statement], deadline: float) -> str:
    """Whether a programme of these statements has a solution: none, found, undecided or too many types."""
    try:
        sizes = sizes_of(study, statements, deadline)
        if sizes is None:
            return "none"
        for most in CLAUSES:
            programme, whole = programme_of(study, statements, sizes, most)
            status = solution_of(programme, _share(deadline)).status
            if status == "none" or whole:
                return status
        return status
    except TooManyTypes:
        return "too many types"


def _share(deadline: float) -> float:
    """Seconds for one call of the solver: half of the time left, so that a stuck rung leaves some for the next."""
    return max((deadline - time.monotonic()) / 2, 0.1)


def programme_of(study: Study, statements: Sequence[Statement], sizes: Sizes, most: int) -> tuple[Programme, bool]:
    """The programme of some statements, and whether every quantile got all of its clauses."""
    encoding = Encoding(study, patients_of(study), statements, sizes, most)
    for statement in statements:
        if statement.demand is not None:
            encoding.impose(statement.demand)
    return encoding.finished(), encoding.whole


def sizes_of(study: Study, statements: Sequence[Statement], deadline: float) -> Sizes | None:
    """How many have the values that each demand about order is of, at least and at most; None: no patients at all.

    Asked of a programme without those demands, whose solutions are those of all statements and more. So what is
    taken as known of a size is proven, for this question: its own demand is among the statements.
    """
    wanted = dict.fromkeys(whose(study, s.demand) for s in statements if s.demand and s.demand.statistic in ORDERED)
    encoding = Encoding(study, patients_of(study), statements, {}, 0)
    for statement in statements:
        if statement.demand is not None:
            encoding.impose(statement.demand)
    places = {condition: encoding.members(condition) for condition in wanted}
    programme = encoding.finished()
    found: dict[Expression | None, tuple[int, int]] = {}
    for condition, place in places.items():
        least, most = (least_of(programme, place, _share(deadline), sign) for sign in (1, -1))
        if least is None or most is None:
            return None
        found[condition] = (least, -most)
    return found
