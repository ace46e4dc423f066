from pathlib import Path

import pytest

from compendium.found import cell, found, number, proofs
from compendium.project import Cohort

RESULTS = """population,variable,versus,statistic,value,unit,n,notebook,source
ALL,AGE,,median,47.25,years,24,01_a,x
ALL,,,n,24,,24,01_a,x
ALL,PLT_BL,PLT_M1,shift,,,24,01_a,x
"""
SENTENCES = """
- text: "{n} patients, {age:.1f} years old"
  numbers: {n: [ALL, "", n], age: [ALL, AGE, median]}
- text: "shift {x}"
  numbers: {x: [ALL, PLT_BL, shift, PLT_M1]}
- text: "nobody computed {x}"
  numbers: {x: [ALL, AGE, mean]}
- text: "only made ones"
  only: reconstructed
"""
LEDGER = """id,place,printed,verdict,why
a,Abstract,5.1,follows,
b,Table 1,6,contradicted,a | b
c,2.1,7,follows,
"""


@pytest.fixture
def cohort(base: Path) -> Cohort:
    """A cohort with results, a ledger and sentences."""
    mine = Cohort("mine", base)
    mine.results.mkdir(parents=True)
    for name, text in (("results.csv", RESULTS), ("ledger.csv", LEDGER), ("found.yml", SENTENCES)):
        (mine.results / name).write_text(text)
    return mine


def test_sentences_have_the_results_numbers_or_are_left_out(cohort: Cohort) -> None:
    text = found(cohort, cohort.results / "found.yml", ())
    assert [line for line in text.splitlines() if line.startswith("- ")] == ["- 24 patients, 47.2 years old"]


def test_verdicts_are_counted(cohort: Cohort) -> None:
    lines = found(cohort, cohort.results / "found.yml", ()).splitlines()
    counted = [line for line in lines if line.startswith(("| follows", "| contradicted"))]
    assert [line.split(" | ")[:2] for line in counted] == [["| contradicted", "1"], ["| follows", "2"]]
    assert "| verdict | of 3 claims | meaning |" in lines


def test_ranges_are_counted_by_how_far_they_are_proven() -> None:
    ledger = [{"proof": proof} for proof in ("proven", "", "proven twice", "not proven within 2 s", "proven")]
    assert proofs(ledger).endswith(" could lie: 1 proven twice; 2 proven; 1 not proven.")
    assert proofs([{"id": "a"}]) == proofs([]) == ""


def test_contradictions_say_where_and_why(cohort: Cohort) -> None:
    text = found(cohort, cohort.results / "found.yml", ())
    assert "| b | Table 1 | 6 | contradicted | a \\| b |" in text


def test_what_was_set_aside_is_named(base: Path) -> None:
    made = Cohort(base=base)
    made.landmarks.mkdir(parents=True)
    row = "rule,elig,1.1,PLT_BL < 30,R21,cannot all hold"
    (made.landmarks / "set_aside.csv").write_text(f"kind,id,place,text,patients,why\n{row}\n")
    assert "| elig | 1.1 | PLT\\_BL \\< 30 | R21 | cannot all hold |" in found(made, base / "found.yml", ())


def test_what_there_is_can_be_taken_away(cohort: Cohort) -> None:
    assert "[results.csv](/results.csv)" in found(cohort, cohort.results / "found.yml", ["results.csv"])


def test_without_anything_there_is_nothing_to_say(base: Path) -> None:
    assert found(Cohort("mine", base), base / "found.yml", ()).strip() == ""


@pytest.mark.parametrize(("text", "expected"), [("24", 24), ("-1.5", -1.5), ("1e-07", 1e-07), ("CR", "CR"), ("", "")])
def test_a_value_is_a_number_where_it_can_be(text: str, expected: object) -> None:
    assert (number(text), type(number(text))) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a | b", "a \\| b"),
        ("a\n b", "a b"),
        ("P_x <b>", "P\\_x \\<b\\>"),
        ("$1$", "\\$1\\$"),
    ],
)
def test_a_cell_means_nothing_to_markdown(text: str, expected: str) -> None:
    assert cell(text) == expected
