"""Small records on which a false proof was once given: each stands for a kind of fault, with its right answer."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from recount.audit import Audit, Question, audit
from recount.audit.range import Range
from recount.audit.session import Asked, Session
from recount.reconstruct import conflicts_of, reference_cohort, reference_solution
from recount.record import read_study
from recount.rules import parse, resolve

CASES = Path(__file__).parent / "soundness" / "records_by_hand"


def ledger_of(name: str) -> Audit:
    return audit(read_study(CASES / name), workers=0)


def test_what_is_proven_of_a_populations_ranks_is_not_taken_for_everybodys() -> None:
    ledger = ledger_of("min_rank_pop").ledger.set_index("id")
    assert ledger.loc["za", ["verdict", "low", "high"]].tolist() == ["attainable", "0", "2.0604"]
    # three changes of one sign: of 1.60357, 1.0690, 0.5345 only the first prints 1.60 ... and Z of all needs it
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
    men = answer_of(session, Question("MEN", "", "n"))
    assert men.proven and men.low.reached == men.high.reached == Fraction(4)


def test_a_deviation_of_nought_follows_from_equal_ends() -> None:
    ledger = ledger_of("e_sd00").ledger.set_index("id")
    assert ledger.loc["s", ["verdict", "low", "high"]].tolist() == ["follows", "0", "0"]


def answer_of(session: Session, question: Question) -> Range:
    from recount.audit import range_of

    return range_of(session, Asked(question, session.study))


# patients whom no statement tells apart, and the question does ------------------------------------------------------

SYMMETRIC = ("GXZ", ["ALL||n|4", 'ALL|G == "A"|count|2', "ALL|X|median|1.5", "ALL|X|min|0"], ["X <= Z"])
ABOUT = [
    *(f"{population}|{name}|{kind}" for population in ("A", "B") for name in "XZ" for kind in ("median", "min", "max")),
    "A|X|mean",
    "B|Z|sum",
    'HIGH|G == "A"|count',
    'ALL|G == "A" and X >= 2|count',
    'ALL|G == "B" and Z > X|percent',
]


@pytest.mark.parametrize("text", ABOUT)
def test_a_question_that_alone_tells_patients_apart_has_the_range_of_every_table(small, text: str) -> None:
    study = with_group_b(small.record(*SYMMETRIC))
    session = Session(reference_cohort(reference_solution(study)))
    assert session.reference.known_categories == ("G",)  # patients are sorted by it, and no number's claim mentions it
    population, about, kind = text.split("|")
    condition = resolve(parse(about), study.variables) if kind in ("count", "percent") else None
    question = Question(population, about, kind, "", condition)
    found, ends = answer_of(session, question), small.ends(study, question)
    assert found.proven and (found.low.reached, found.high.reached) == ends


def with_group_b(study):
    """The record with a population that no statement mentions."""
    from dataclasses import replace

    from recount.record import Population

    where = resolve(parse('G == "B"'), study.variables)
    return replace(study, populations={**study.populations, "B": Population("B", where, "")})


def test_every_known_category_tells_its_patients_apart(small) -> None:
    claims = ["ALL||n|3", 'ALL|G == "A"|count|1', "ALL|T == 1|count|1", "ALL|X|median|1"]
    study = small.record("GTX", claims)
    session = Session(reference_cohort(reference_solution(study)))
    for text in ('G == "A"', 'G == "B"', "T == 1", "T == 0", 'G == "A" and T == 1'):
        where = resolve(parse(text), study.variables)
        asked = added(study, where)
        for kind in ("median", "min", "max"):
            question = Question("THESE", "X", kind)
            found = answer_with(session, asked, question)
            ends = small.ends(asked, question)
            assert found.status == "none" if ends is None else (found.low.reached, found.high.reached) == ends, text


def added(study, where):
    from dataclasses import replace

    from recount.record import Population

    return replace(study, populations={**study.populations, "THESE": Population("THESE", where, "")})


def answer_with(session: Session, study, question: Question) -> Range:
    from recount.audit import range_of

    return range_of(session, Asked(question, study, adds=True))
