"""Small records on which a false proof was once given: each stands for a kind of fault, with its right answer."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from recount.audit import Asked, Audit, Question, Session, answer, audit, put, range_of
from recount.reconstruct import conflicts_of, reference_cohort, reference_solution
from recount.record import Study, read_study

CASES = Path(__file__).parent / "soundness" / "records_by_hand"


def ledger_of(name: str) -> Audit:
    return audit(read_study(CASES / name), workers=0)


def test_what_is_proven_of_a_populations_ranks_is_not_taken_for_everybodys() -> None:
    ledger = ledger_of("min_rank_pop").ledger.set_index("id")
    assert ledger.loc["za", ["verdict", "low", "high"]].tolist() == ["attainable", "0", "2.06041"]
    # Z of all needs five changes of one sign, so that the three responders' are of one sign, and no two of one size:
    assert ledger.loc["zr", ["verdict", "low", "high"]].tolist() == ["follows", "1.60357", "1.60357"]
    assert set(ledger.loc[["za", "zr"], "proof"]) == {"proven"}


CONFLICTS = [
    ("min_kept", {frozenset({"a", "d"}), frozenset({"elig", "a"}), frozenset({"elig", "d"})}),
    ("min_z12", {frozenset({"z"})}),
    ("min_rank_pop", set()),
    ("min_ratio", set()),
    ("e_sd00", set()),
]


@pytest.mark.parametrize(("name", "expected"), CONFLICTS, ids=[name for name, _ in CONFLICTS])
def test_the_conflicts_are_those_printed_and_none_that_was_added(name: str, expected: set[frozenset[str]]) -> None:
    found = conflicts_of(reference_solution(read_study(CASES / name)))
    assert found.complete and {frozenset(id for _, id in conflict) for conflict in found.found} == expected


def test_a_ratio_to_a_population_mentions_it() -> None:
    study = read_study(CASES / "min_ratio")
    ledger = ledger_of("min_ratio").ledger.set_index("id")
    assert ledger.loc["r", "verdict"] == "attainable"
    session = Session(reference_cohort(reference_solution(study)))
    men = range_of(session, Asked(Question("MEN", "", "n"), study))
    assert men.proven and men.low.reached == men.high.reached == Fraction(4)


def test_a_deviation_of_nought_follows_from_equal_ends() -> None:
    ledger = ledger_of("e_sd00").ledger.set_index("id")
    assert ledger.loc["s", ["verdict", "low", "high"]].tolist() == ["follows", "0", "0"]


# patients whom no statement tells apart, and the question does ------------------------------------------------------

GROUPS = ['ALL|G == "A"|count|2', 'ALL|E == "P"|count|1', 'ALL|G == "A" and E == "P"|count|1']
KNOWN = ("GETX", ["ALL||n|3", *GROUPS, "A|T|median|0", "P|T|max|0", "ALL|X|median|1", "ALL|X|max|>=2"], [])
WHOM = ["", 'G == "A"', 'G == "B"', 'E == "P"', 'E == "Q"', 'G == "A" and E == "P"', 'G == "B" or E == "P"', "X >= 2"]
ABOUT = ["X|median", "X|min", "X|max", "X|mean", "X|sum", "X >= 2|count", 'G == "A"|count', 'E == "P"|percent']


@pytest.mark.parametrize("about", ABOUT)
@pytest.mark.parametrize("whom", WHOM, ids=lambda whom: whom or "everybody")
def test_a_question_that_alone_tells_patients_apart_has_the_range_of_every_table(small, whom: str, about: str) -> None:
    study, session = known_groups(small)
    assert session.reference.known_categories == ("G", "E")  # no statement of X mentions them
    text, kind = about.split("|")
    asked = put(study, text, whom, kind)
    ends = small.ends(asked.study, asked.question)
    found = answer(session, asked)
    assert ends is not None and found.proven and (found.low.reached, found.high.reached) == ends


@cache
def known_groups(small) -> tuple[Study, Session]:
    study = small.record(*KNOWN)
    return study, Session(reference_cohort(reference_solution(study)))
