"""What `recount` says of a tiny record, as plain data: the only module of this folder that imports it."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from tests.recount.soundness.brute_force import Cell, Question, Statement

from recount.audit import Range, Session, answer, audit, put
from recount.reconstruct import origins_of, reference_cohort, reference_solution
from recount.record import read_study
from recount.rules import is_missing
from recount.running import Undecided

Patient = dict[str, Cell]


@dataclass(frozen=True)
class Ends:
    """A range: its status (found, none, undecided), what is reached and what is proven, and how far it is proven."""

    status: str
    low: Fraction | None
    high: Fraction | None
    low_bound: Fraction | None
    high_bound: Fraction | None
    proof: str


@dataclass(frozen=True)
class Judged:
    """A claim's row of the ledger, its range as far as it is shown."""

    id: str
    verdict: str
    ends: Ends


@dataclass
class Answers:
    """What `recount` says of a record; what it left undecided or broke off at, by the name of the part, is in `failed`.

    `determined` are the cells, (patient, variable), that are said to be the same in every cohort; `classes` the
    categories by whose levels patients are told apart there. `kept` says by how many patients each rule that is set
    aside is still kept.
    """

    set_aside: frozenset[Statement] | None = None
    conflicts: list[frozenset[Statement]] | None = None
    complete: bool = False
    ledger: list[Judged] = field(default_factory=list)
    ranges: list[Ends | None] = field(default_factory=list)
    cohort: list[Patient] | None = None
    determined: frozenset[tuple[int, str]] | None = None
    classes: tuple[str, ...] = ()
    kept: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def answers_of(folder: Path, questions: Sequence[Question], limit: float = 1.0) -> Answers:
    """What `recount` says of a folder's record, each part asked within `limit` deterministic seconds a question."""
    found = Answers()
    for name, part in (("audit", _audit), ("cohort", _cohort)):
        try:
            part(found, folder, questions, limit)
        except Undecided as error:
            found.failed[name] = f"undecided: {error}"
        except Exception:
            found.failed[name] = traceback.format_exc(limit=-6)
    return found


def _audit(found: Answers, folder: Path, questions: Sequence[Question], limit: float) -> None:
    """The set aside, the conflicts and the ledger."""
    told = audit(read_study(folder), workers=0, limit=limit)
    found.set_aside = frozenset(told.set_aside)
    found.conflicts = [frozenset(conflict) for conflict in told.conflicts.found]
    found.complete = told.conflicts.complete
    for row in told.ledger.to_dict("records"):
        found.ledger.append(Judged(str(row["id"]), str(row["verdict"]), _shown_ends(row)))


def _cohort(found: Answers, folder: Path, questions: Sequence[Question], limit: float) -> None:
    """A cohort, what of it is determined, and the ranges of the questions."""
    study = read_study(folder)
    reference = reference_cohort(reference_solution(study))
    session, patients = Session(reference), reference.frame
    found.kept = dict(reference.kept_by)
    rows = patients.to_dict("records")
    found.cohort = [
        {n: _cell(row[n], v.kind) for n, v in study.variables.items()} for row in patients.to_dict("records")
    ]
    for number, question in enumerate(questions):
        found.ranges.append(None)
        try:
            q = question
            asked = put(study, q.about, q.where, q.statistic, q.otherwise, q.versus)
            told = answer(session, asked, limit)
        except Undecided as error:
            found.failed[f"question {number}"] = f"undecided: {error}"
        except Exception:
            found.failed[f"question {number}"] = traceback.format_exc(limit=-6)
        else:
            found.ranges[-1] = _ends(told)
    origin = origins_of(reference, patients)
    found.classes = reference.known_categories
    found.determined = frozenset(
        (i, n) for n in study.variables for i in range(len(rows)) if origin.at[i, n] == "determined"
    )


def _shown_ends(row: Mapping[Hashable, str]) -> Ends:
    """A ledger row's range as it is shown."""
    low, high, low_bound, high_bound = (_number(row[name]) for name in ("low", "high", "low_bound", "high_bound"))
    status = "none" if row["proof"] == "proven: nobody has it" else "found"
    return Ends(status, low, high, low_bound, high_bound, row["proof"])


def _ends(told: Range) -> Ends:
    """A question's range."""
    ends = (told.low.reached, told.high.reached, told.low.bound, told.high.bound)
    low, high, low_bound, high_bound = (None if end is None else Fraction(end) for end in ends)
    return Ends(told.status, low, high, low_bound, high_bound, told.proof)


def _number(text: str) -> Fraction | None:
    return Fraction(text) if text else None


def _cell(value: object, kind: str) -> Cell:
    return None if is_missing(value) else str(value) if kind == "category" else Fraction(str(value))
