"""Every printed number judged against everything else: set it aside, ask what it could be, compare with print.

A number that is printed elsewhere too is judged with the others standing. Where the record contradicts itself,
"everything else" is what is left when the fewest statements are set aside; for a member of a conflict, the fewest
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from recount.audit.kinds import KINDS
from recount.audit.range import LIMIT, Range
from recount.audit.search import UNASKABLE, has_value_always, range_of, reachable
from recount.audit.session import Asked, Session
from recount.checks import impossible_alone, position
from recount.reconstruct import Conflicts, conflicts_of, reference_cohort, reference_solution, sentence
from recount.record import Claim, Printed, Study, step_of
from recount.results import (
    ATTAINABLE,
    CONTRADICTED,
    FOLLOWS,
    JUDGED,
    NOT_CHECKABLE,
    TO_NEAREST,
    TRUNCATED,
    forced_verdict,
    statements_text,
)
from recount.running import each_result, holding, pace_text
from recount.solver import NONE, QUANTILES, Statement, cheapest_hit
from recount.store import Store
from recount.verify import Rows, Value, shown_value, statistic

CLAIM = ("id", "place", "population", "variable", "statistic", "printed", "versus", "description")
OF_ONE = ("value", "min", "max", "median", "p25", "p75", "mean")
RANGE = ("low", "high", "low_bound", "high_bound", "proof", "without")
COLUMNS = (*CLAIM, "verdict", *RANGE, "recomputed", "rounding", "why")


@dataclass(frozen=True)
class Audit:
    """`ledger`: one row a claim, with `COLUMNS`; what was set aside for it, and the minimal conflicts."""

    study: Study
    ledger: pd.DataFrame
    set_aside: tuple[Statement, ...]
    conflicts: Conflicts

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict, in the order of `JUDGED`."""
        return {verdict: int((self.ledger["verdict"] == verdict).sum()) for verdict in JUDGED}


class JudgedClaim(NamedTuple):
    """A claim of the audit: how it is asked, in how much time, and whether what is imposed contradicts it."""

    claim: Claim
    asked: Asked
    limit: float
    contradicted: bool = False


class ClaimAnswer(NamedTuple):
    """What everything else allows, what isn't imposed for it, and whether a truncated print of a contradicted claim
    is among it.

    `always`: it is proven that there is a value in everybody who fits; only asked where the value is forced.
    """

    range: Range
    without: str
    truncated: bool
    always: bool = False


def audit(
    study: Study,
    workers: int | None = None,
    limit: float = LIMIT,
    say: Callable[[str], None] = lambda _: None,
    store: Store | None = None,
) -> Audit:
    """A record's ledger. The same for any number of workers. Raises Undecided, Faults."""
    store = store or Store(None, KINDS)
    reference = reference_solution(study, say, store)
    say("looking for conflicts")
    conflicts = conflicts_of(reference, say=say)
    say("drawing patients")
    session = Session(reference_cohort(reference, store=store), store)
    groups = reference.duplicates.values()
    questions = [
        _judged_claim(session, conflicts, twins, limit) for twins in groups if _askable(session, conflicts, twins)
    ]
    found: dict[str, ClaimAnswer] = {}
    for question, answer in each_result(_answer, questions, holding(session), workers):
        found[question.claim.id] = answer
        say(pace_text(len(found), len(questions), "printed numbers", 0, 0.0))
    rows = [row for twins in groups for row in _rows(session, conflicts, twins, found.get(twins[0].id))]
    order = {claim.id: place for place, claim in enumerate(study.claims)}
    ledger = pd.DataFrame(sorted(rows, key=lambda row: order[str(row[0])]), columns=list(COLUMNS))
    return Audit(study, ledger, tuple(s for _, s in reference.set_aside), conflicts)


def _askable(session: Session, conflicts: Conflicts, twins: tuple[Claim, ...]) -> bool:
    """Whether there is a question: not about what no unknown carries, nor about the number of patients as taken."""
    claim = twins[0]
    everybody = claim.statistic == "n" and session.study.where_of(claim.population) is None
    taken = everybody and len(twins) == 1 and ("claim", claim.id) not in conflicts.members
    return not taken and claim.id not in session.reference.not_modelled and claim.statistic not in UNASKABLE


def _judged_claim(session: Session, conflicts: Conflicts, twins: tuple[Claim, ...], limit: float) -> JudgedClaim:
    """The question about a claim that is alone in saying what it says, or about one whose duplicates stand."""
    claim, key, reference = twins[0], ("claim", twins[0].id), session.reference
    if key not in conflicts.members:
        without = frozenset({key}) if len(twins) == 1 else frozenset()
        return JudgedClaim(claim, Asked(claim, session.study, without=without), limit)
    mine = [conflict for conflict in conflicts.found if key in conflict]
    left = [conflict for conflict in conflicts.found if key not in conflict]
    every = [s for solved in reference.every for s in solved.statements]
    order = sorted(every, key=lambda s: any(s in conflict for conflict in mine))  # of equal ones, those are kept
    weights: dict[Statement, int] = {("claim", id): len(same) for id, same in reference.duplicates.items()}
    aside = cheapest_hit(left, order, weights)
    contradicted = any(aside.isdisjoint(conflict) for conflict in mine)
    also = reference.aside - aside - {key}
    without = frozenset({key, *aside}) - reference.aside  # what is set aside isn't imposed to begin with
    return JudgedClaim(claim, Asked(claim, session.study, False, without, also), limit, contradicted)


def _answer(session: Session, question: JudgedClaim) -> ClaimAnswer:
    found = range_of(session, question.asked, question.limit)
    bounds, left = question.claim.printed.truncated, statements_text(session.not_imposed(question.asked))
    if not question.contradicted or bounds is None:
        is_forced = _within(question.claim, found.low.bound) and _within(question.claim, found.high.bound)
        return ClaimAnswer(found, left, False, is_forced and has_value_always(session, question.asked, question.limit))
    return ClaimAnswer(found, left, reachable(session, question.asked, bounds, question.limit))


def _rows(
    session: Session, conflicts: Conflicts, twins: tuple[Claim, ...], answer: ClaimAnswer | None
) -> Iterable[tuple[object, ...]]:
    first = twins[0]
    again = statistic(first, session.reference.frame, session.study)
    if answer is None:
        found, (verdict, why) = Range(NONE), _unasked(session, first)
    else:
        found = answer.range
        verdict, why = _verdict(session, conflicts, twins, answer)
    ends = (found.low.reached, found.high.reached, found.low.bound, found.high.bound)
    texts = tuple("" if end is None else shown_value(end) for end in ends)
    for claim in twins:
        written = tuple(str(getattr(claim, name)) for name in CLAIM)
        proof, left = ("", "") if answer is None else (found.proof, answer.without)
        yield (*written, verdict, *texts, proof, left, again.text, "|".join(again.rounding), why)


def _unasked(session: Session, claim: Claim) -> tuple[str, str]:
    """The verdict and the reason of a claim that is asked nothing: what no unknown carries is checked alone."""
    why = session.reference.not_modelled.get(claim.id)
    if why is None:
        return NOT_CHECKABLE, UNASKED
    impossible = impossible_alone(session.study).get(claim.id)
    return (NOT_CHECKABLE, why) if impossible is None else (CONTRADICTED, impossible)


UNASKED = "how many patients there are is taken from print: everything else is asked of so many"
BARE = "nothing else in the record bears on it: the least and the greatest possible value would do"
UNSURE = "everything else forces it where there is anybody whom it is of, and that isn't proven"
UNROUNDED = "everything else forces what the text stands for, and not each value of that is rounded to it"
UNLISTED = "it is set aside for a conflict that is not among those listed: no more were looked for"


def _verdict(session: Session, conflicts: Conflicts, twins: tuple[Claim, ...], answer: ClaimAnswer) -> tuple[str, str]:
    """A claim's verdict and the reason for it."""
    claim, found = twins[0], answer.range
    mine = [conflict for conflict in conflicts.found if ("claim", claim.id) in conflict]
    if mine and answer.truncated:
        return TRUNCATED, "only cutting off further decimals prints it; " + sentence(session.study, mine[0])
    if mine:
        return CONTRADICTED, " ".join(sentence(session.study, conflict) for conflict in mine)
    if ("claim", claim.id) in session.reference.aside:
        return CONTRADICTED, UNLISTED
    if _within(claim, found.low.bound) and _within(claim, found.high.bound):
        return _forced(claim, found, len(twins)) if answer.always else (ATTAINABLE, UNSURE)
    if _is_bare(session, claim, found):
        return NOT_CHECKABLE, BARE
    return ATTAINABLE, ""


def _forced(claim: Claim, found: Range, times: int) -> tuple[str, str]:
    """The verdict and the reason where everything else leaves nothing but what is printed."""
    why = "everything else forces it" if times == 1 else f"printed {times} times"
    for value in (found.low.bound, found.high.bound):  # what lies between two that any rounding prints so is, too
        verdict = FOLLOWS if value is None else forced_verdict(claim.printed, value) or FOLLOWS
        if value is not None and verdict != FOLLOWS:
            if found.low.bound != found.high.bound:
                return ATTAINABLE, UNROUNDED
            return verdict, why + _halved(claim.printed, value)
    return FOLLOWS, why


def _halved(printed: Printed, value: Value) -> str:
    """Which roundings print the text from a value halfway between two texts; empty for any other value."""
    roundings = printed.rounding(value)
    if not roundings or set(TO_NEAREST) <= set(roundings):
        return ""
    told = f"{roundings[0]} alone prints" if len(roundings) == 1 else f"{' and '.join(roundings)} print"
    return f"; {told} it so, from {shown_value(value)}"


def _within(claim: Claim, value: Value | None) -> bool:
    return value is not None and claim.printed.contains(value)


def _is_bare(session: Session, claim: Claim, found: Range) -> bool:
    """Whether everything else leaves a statistic of one variable its least and its greatest possible value.

    What is printed more finely than the statistic can vary is checked by the number of patients alone.
    """
    variable = session.study.variables.get(claim.variable)
    if variable is None or claim.versus or claim.statistic not in OF_ONE:
        return False
    fine = Fraction(1, 10**claim.printed.decimals) < _spacing(session, claim, step_of(variable))
    return not fine and (found.low.reached, found.high.reached) == (variable.low, variable.high)


def _spacing(session: Session, claim: Claim, step: Fraction) -> Fraction:
    """How far apart the values of a statistic of the reference cohort lie, where the variable has this step."""
    n = len(Rows(session.study, session.reference.frame).values_of(claim))
    if claim.statistic == "mean":
        return step / max(n, 1)
    if claim.statistic in QUANTILES and n:
        return step / position(n, QUANTILES[claim.statistic], session.study.settings["quantile"])[2].denominator
    return step
