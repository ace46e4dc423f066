"""Statuses of ranges: which count as proven, and that no two of them are told alike."""

from __future__ import annotations

import pytest

from recount.results import (
    NOT_PROVEN,
    PROVEN,
    PROVEN_TWICE,
    REACHED_NEARLY,
    counted,
    end_status,
    is_proven,
    proof_words,
    range_briefly,
    range_words,
    status_counts,
    status_of,
)
from recount.results.proofs import Ends

OPEN = "not proven within 10 s"
STATUS = [
    ("proven twice", PROVEN_TWICE, True),
    ("proven", PROVEN, True),
    ("proven: nobody has it", PROVEN, True),
    ("proven twice: nobody has it", PROVEN_TWICE, True),
    ("bounds proven, reached nearly", REACHED_NEARLY, False),
    (OPEN, NOT_PROVEN, False),
    ("not proven within 1e-09 s", NOT_PROVEN, False),
    ("not proven", NOT_PROVEN, False),
    ("", "", False),
]


@pytest.mark.parametrize(("proof", "status", "proven"), STATUS)
def test_a_proof_has_one_status_and_two_provers_prove_as_one_does(proof: str, status: str, proven: bool) -> None:
    assert (status_of(proof), is_proven(proof)) == (status, proven)


@pytest.mark.parametrize("proof", ["perhaps", "provenly", "unproven", "reached nearly"])
def test_another_text_is_no_proof(proof: str) -> None:
    with pytest.raises(ValueError, match=f"got {proof}"):
        status_of(proof)


@pytest.mark.parametrize(
    ("proof", "end", "bound", "status"),
    [
        (OPEN, "5", "5", PROVEN),
        (OPEN, "5", "4", NOT_PROVEN),
        (OPEN, "5", "", NOT_PROVEN),
        (OPEN, "", "", NOT_PROVEN),
        ("bounds proven, reached nearly", "5", "5", PROVEN),
        ("bounds proven, reached nearly", "5.01", "5", REACHED_NEARLY),
        ("proven twice", "5", "5", PROVEN_TWICE),
    ],
)
def test_each_end_has_a_status(proof: str, end: str, bound: str, status: str) -> None:
    assert end_status(proof, end, bound) == status


def test_statuses_are_counted_apart_the_surest_first() -> None:
    proofs = [OPEN, "proven", "", "proven twice", "proven: nobody has it", "not proven within 2 s"]
    assert list(status_counts(proofs).items()) == [(PROVEN_TWICE, 1), (PROVEN, 2), (NOT_PROVEN, 2)]
    assert counted(proofs) == "1 proven twice; 2 proven; 2 not proven"
    assert counted([]) == ""


WORDS = [  # (ends, bounds, proof, in words, in a narrow column)
    (("5", "5"), ("5", "5"), "proven twice", "only 5 (proven twice)", "only 5 (proven twice)"),
    (("4", "7"), ("4", "7"), "proven", "4 to 7 (proven)", "4 to 7 (proven)"),
    (
        ("4.1", "7"),
        ("4", "7"),
        "bounds proven, reached nearly",
        "4.1 to 7 (bounds proven, reached nearly: 4 to 7)",
        "4.1 to 7 (reached nearly)",
    ),
    (("5", "5"), ("5", "6"), OPEN, "5 (not proven within 10 s: 5 to 6)", "5 (not proven)"),
    (("4", "7"), ("2", "9"), OPEN, "4 to 7 (not proven within 10 s: 2 to 9)", "4 to 7 (not proven)"),
    (("4", "7"), ("", "9"), OPEN, "4 to 7 (not proven within 10 s: no more than 9)", "4 to 7 (not proven)"),
    (("4", "7"), ("2", ""), OPEN, "4 to 7 (not proven within 10 s: no less than 2)", "4 to 7 (not proven)"),
    (("4", "7"), ("", ""), OPEN, "4 to 7 (not proven within 10 s)", "4 to 7 (not proven)"),
    (("", "7"), ("2", "7"), OPEN, "within 2 to 7 (not proven within 10 s)", "within 2 to 7 (not proven)"),
    (("", ""), ("", "9"), OPEN, "no more than 9 (not proven within 10 s)", "no more than 9 (not proven)"),
    (("", ""), ("", ""), OPEN, "nothing found (not proven within 10 s)", "nothing found (not proven)"),
    (("", ""), ("", ""), "proven twice: nobody has it", *["nobody has it (proven twice)"] * 2),
    (("", ""), ("", ""), "", "", ""),
]


@pytest.mark.parametrize(("ends", "bounds", "proof", "words", "briefly"), WORDS)
def test_a_range_is_told_with_its_status_and_both_bounds(
    ends: Ends, bounds: Ends, proof: str, words: str, briefly: str
) -> None:
    assert range_words(ends, bounds, proof) == words
    assert range_briefly(ends, bounds, proof) == briefly


def test_no_two_statuses_are_told_alike() -> None:
    proofs = ("proven twice", "proven", "bounds proven, reached nearly", OPEN)
    for tell in (range_words, range_briefly, proof_words):
        assert len({tell(("4.1", "6.9"), ("4", "7"), proof) for proof in proofs}) == len(proofs)
