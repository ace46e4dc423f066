"""Which bounds are asked, with what left out; answers are kept by content. And the ages of the paper's patients."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import pytest

from recount.second_prover import published
from recount.second_prover.__main__ import main
from recount.second_prover.ladder import Proof, prove_bound
from recount.second_prover.published import bound_of, left_out, prove_ledger, proven_twice, read_question
from recount.second_prover.reading import Study, read_study

PAPER = Path(__file__).parents[3] / "data" / "raw" / "paper"
ASIDE = [("rule", "elig_severity")]


@pytest.fixture(scope="module")
def paper() -> Study:
    return read_study(PAPER)


@pytest.mark.parametrize(
    "whose, end, bound, outcome",
    [
        ("NR", "low", 18, "proven"),
        ("NR", "low", 62, "not proven"),
        ("NR", "high", 72, "proven"),
        ("RESP", "low", 47, "proven"),
        ("RESP", "high", 51, "not proven"),
        ("RESP", "high", 60, "proven"),
    ],
)
def test_the_ages_of_those_who_responded_and_who_did_not(
    paper: Study, whose: str, end: str, bound: int, outcome: str
) -> None:
    question = read_question(paper, {"expression": "AGE", "where": whose, "statistic": "median"})
    assert question is not None
    limit = 20 if outcome == "proven" else 2
    assert prove_bound(paper, question, end, Fraction(bound), without=ASIDE, limit=limit).outcome == outcome  # type: ignore[arg-type]


def test_a_bound_whose_last_digit_may_be_rounded_is_taken_half_a_unit_farther_out() -> None:
    assert bound_of("62", "low") == 62
    assert bound_of("5.625", "high") == Fraction("5.625")
    assert bound_of("34.5833", "high") == Fraction("34.58335")
    assert bound_of("-342.500", "low") == Fraction("-342.5005")


RULE, ONE, TWO, TWIN = ("rule", "r"), ("claim", "1"), ("claim", "2"), ("claim", "3")
REPEATS = {ONE: (ONE,), TWO: (TWO, TWIN), TWIN: (TWO, TWIN)}


def test_a_claim_is_judged_by_everything_but_itself_unless_it_is_printed_again() -> None:
    assert left_out(ONE, REPEATS, {RULE}, [(RULE, ("rule", "s"))]) == (frozenset({RULE, ONE}),)
    assert left_out(TWIN, REPEATS, {RULE}, [(RULE, ("rule", "s"))]) == (frozenset({RULE}),)


def test_a_member_of_a_conflict_is_judged_by_everything_but_what_others_need() -> None:
    assert left_out(TWO, REPEATS, {RULE}, [(RULE, TWO)]) == (frozenset({TWO, TWIN}),)
    left = [(RULE, ONE), (RULE, TWO), (("rule", "s"), TWO)]
    both_ways = {frozenset({ONE, TWO, TWIN}), frozenset({ONE, RULE, ("rule", "s")})}  # TWO stands in two places
    assert set(left_out(ONE, REPEATS, {RULE}, left)) == both_ways


ROWS = [{"id": "R21_004", "low_bound": "53.5", "high_bound": "54.5"}]


def test_answers_are_kept_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def counted(*question: object) -> Proof:
        asked.append(question)
        return Proof("proven")

    monkeypatch.setattr(published, "prove_bound", counted)
    folder, keep = tmp_path / "paper", tmp_path / "kept.jsonl"
    shutil.copytree(PAPER, folder, ignore=shutil.ignore_patterns("SHA256SUMS"))
    found = prove_ledger(folder, ROWS, {}, keep=keep, set_aside=ASIDE)
    assert proven_twice(found) == {("ledger", "R21_004"): True} and len(asked) == 2
    keep.write_text(keep.read_text() + '{"key": "cut sh')  # a run that was stopped
    prove_ledger(folder, ROWS, {}, keep=keep, set_aside=ASIDE)
    assert len(asked) == 2
    prove_ledger(folder, ROWS, {}, keep=keep, set_aside=[])  # other statements
    assert len(asked) == 4
    prove_ledger(folder, [ROWS[0] | {"low_bound": "53"}], {}, keep=keep, set_aside=ASIDE)  # another bound
    assert len(asked) == 5
    rules = folder / "rules.csv"
    rules.write_text(rules.read_text().replace("AGE <= 75", "AGE <= 76"))
    prove_ledger(folder, ROWS, {}, keep=keep, set_aside=ASIDE)  # another record
    assert len(asked) == 7


def test_the_command_says_what_became_of_each_bound(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "audit.csv").write_text("id,low_bound,high_bound\nR21_002,18,23\nT3_007,1.3,1.4\n")
    (tmp_path / "set_aside.csv").write_text("kind,id\nrule,elig_severity\n")
    (tmp_path / "conflicts.csv").write_text("conflict,kind,id\n")
    assert main([str(PAPER), "--audit", str(tmp_path)]) == 0
    told = capfd.readouterr().out.splitlines()
    assert told[0].startswith("table,id,end,bound,outcome,")
    assert told[1].startswith("ledger,R21_002,low,18,proven,")
    assert told[3].startswith("ledger,T3_007,low,1.3,not proven,not tried: paired_t")
