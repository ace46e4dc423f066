"""Everything definite that `recount` says of some hundred tiny records is true; and the brute force itself, by hand."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from tests.recount.soundness.brute_force import (
    Cohorts,
    Interval,
    Patient,
    Question,
    TooClose,
    condition_of,
    hitting_sets,
    interval_of,
    normal_p,
    number_of,
    quantile,
    record_of,
    signed_rank_square,
    statistic_of,
    t_p,
    t_square,
)
from tests.recount.soundness.compare import CRASH, FALSE, RIGHT, UNDECIDED, compare, compare_seed
from tests.recount.soundness.records import tiny_record
from tests.recount.soundness.recount_answers import Answers, Judged, answers_of

BY_HAND = Path(__file__).parent / "records_by_hand"
BLOCK, BLOCKS = 10, 10  # seeds of a test, and tests: about a second a seed; `compare` takes thousands
MOST_UNDECIDED = 0.01


# --- recount beside the brute force -----------------------------------------------------------------------


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_definite_is_false_and_little_is_undecided(block: int) -> None:
    found = {seed: compare_seed(seed) for seed in range(1 + block * BLOCK, 1 + (block + 1) * BLOCK)}
    wrong = [(seed, f) for seed, findings in found.items() for f in findings if f.judged in (FALSE, CRASH)]
    assert not wrong
    counts = Counter(f.judged for findings in found.values() for f in findings)
    assert counts[UNDECIDED] <= math.ceil(MOST_UNDECIDED * (counts[RIGHT] + counts[UNDECIDED]))


@pytest.mark.parametrize("name", ["e_sd00", "min_rank_pop"])  # so few patients that every multiset can be tried
def test_records_made_to_mislead_are_judged_right(name: str) -> None:
    files = {path.name: path.read_text() for path in (BY_HAND / name).iterdir()}
    assert [f for f in compare(files, [], BY_HAND / name) if f.judged != RIGHT] == []


def _claim(name: str, id: str) -> tuple[Answers, Judged]:
    answers = answers_of(BY_HAND / name, [])
    assert answers.failed == {}
    return answers, next(row for row in answers.ledger if row.id == id)


def test_an_sd_is_forced_by_a_least_and_a_greatest_value_that_are_the_same() -> None:
    _, row = _claim("e_sd00", "s")  # five values from 4 to 4
    assert (row.verdict, row.ends.low_bound, row.ends.high_bound) == ("follows", 0, 0)


def test_conflicts_are_found_whatever_is_set_aside_first() -> None:
    answers, _ = _claim("min_kept", "a")
    two, three, rule = ("claim", "a"), ("claim", "d"), ("rule", "elig")
    assert set(answers.conflicts or ()) == {frozenset({two, three}), frozenset({rule, two}), frozenset({rule, three})}
    assert answers.complete


def test_ranks_of_responders_are_not_those_of_everybody() -> None:
    answers, everybody = _claim("min_rank_pop", "za")
    responders = next(row for row in answers.ledger if row.id == "zr")
    # of three changes of one sign with no ties, Z = 3 / sqrt(3.5) = 1.60357; five, two of them tied, 2.0604
    assert everybody.ends.low == 0 and abs(float(everybody.ends.high or 0) - 2.0604) < 1e-4
    assert responders.verdict == "follows" and abs(float(responders.ends.low or 0) - 1.60357) < 1e-5


def test_a_z_that_no_six_patients_have_is_a_conflict_by_itself() -> None:
    answers, row = _claim("min_z12", "z")
    assert (answers.conflicts, answers.complete) == ([frozenset({("claim", "z")})], True)
    assert row.verdict == "contradicted"


def test_a_ratio_to_some_of_the_patients_says_how_many_these_are() -> None:
    answers, row = _claim("min_ratio", "r")
    assert answers.set_aside == frozenset()
    assert row.verdict == "attainable"  # 24 to 24 until 24 to 1
    assert sum(patient["SEX"] == "M" for patient in answers.cohort or ()) == 4


# --- the brute force by hand ------------------------------------------------------------------------------

VALUES = [Fraction(x) for x in (1, 2, 4, 8, 16)]
QUARTILES = [  # of 1, 2, 4, 8, 16: the place of p25 among five, and what lies there; p75 likewise
    ("hf1", "2", "8"),  # 5/4 = 1.25, up to the 2nd; 3.75, up to the 4th
    ("hf2", "2", "8"),  # the same where 5p is no whole number
    ("hf3", "1", "8"),  # 0.75 above 0 after 1.25 - 0.5, so the 1st; 3.25, so the 4th
    ("hf4", "1.25", "7"),  # place 1.25: 1 + 0.25; place 3.75: 4 + 0.75 * 4
    ("hf5", "1.75", "10"),  # place 1.75; place 4.25: 8 + 0.25 * 8
    ("hf6", "1.5", "12"),  # place 6/4 = 1.5; place 4.5
    ("haverage", "1.5", "12"),  # the same
    ("hf7", "2", "8"),  # place 1 + 4/4 = 2; place 4
    ("hf8", "5/3", "32/3"),  # place 5/4 + 5/12 = 5/3; place 15/4 + 7/12 = 13/3: 8 + 8/3
    ("hf9", "27/16", "21/2"),  # place 5/4 + 1/16 + 3/8 = 27/16; place 15/4 + 3/16 + 3/8 = 69/16: 8 + 5/16 * 8
    ("tukey", "2", "8"),  # the median of 1, 2, 4 and that of 4, 8, 16
]


@pytest.mark.parametrize(("definition", "p25", "p75"), QUARTILES)
def test_quartiles_are_as_worked_by_hand(definition: str, p25: str, p75: str) -> None:
    found = [quantile(VALUES, p, definition) for p in (Fraction(1, 4), Fraction(3, 4))]
    assert found == [Fraction(p25), Fraction(p75)]


@pytest.mark.parametrize("definition", [row[0] for row in QUARTILES])
def test_a_median_of_three_is_the_middle_one_but_by_the_fourth_definition(definition: str) -> None:
    # by the 4th the place is 3/2, halfway between the first two; by the 3rd 3/2 - 1/2 = 1, which is odd, so the 2nd
    expected = Fraction(3, 2) if definition == "hf4" else Fraction(2)
    assert quantile([Fraction(1), Fraction(2), Fraction(4)], Fraction(1, 2), definition) == expected


def test_signed_ranks_are_as_worked_by_hand() -> None:
    # 0 is dropped; sizes 1, 2, 2 have ranks 1, 2.5, 2.5; positive 3.5; mean 3; variance 3.5 - 6/48 = 27/8
    assert signed_rank_square([Fraction(x) for x in (0, 1, -2, 2)]) == Fraction(1, 4) / Fraction(27, 8)
    assert signed_rank_square([Fraction(0)]) is None


def test_a_paired_t_is_as_worked_by_hand() -> None:
    # mean 2, variance 1, n 3: t^2 = 3 * 4 / 1; of changes all the same there is none
    assert t_square([Fraction(x) for x in (1, 2, 3)]) == 12
    assert t_square([Fraction(2), Fraction(2)]) is None


@pytest.mark.parametrize(
    ("freedom", "p"),
    [
        (1, 0.5),  # 1 - 2/pi atan(1)
        (2, 1 - 1 / math.sqrt(3)),  # 1 - t / sqrt(t^2 + 2)
        (3, 1 - 2 / math.pi * (math.pi / 6 + math.sqrt(3) / 4)),  # 1 - 2/pi (u + sin u cos u), tan u = 1/sqrt 3
        (4, 1 - (1 + 0.5 * 0.8) / math.sqrt(5)),  # 1 - sin u (1 + cos^2 u / 2), sin u = 1/sqrt 5
        (5, 1 - 2 / math.pi * (math.atan(1 / math.sqrt(5)) + math.sqrt(5) / 6 * (1 + 2 / 3 * 5 / 6))),
    ],
)
def test_the_p_of_a_t_of_one_is_as_worked_by_hand(freedom: int, p: float) -> None:
    assert t_p(Fraction(1), freedom) == pytest.approx(p, abs=1e-12)


def test_the_p_of_a_z_is_that_of_a_table() -> None:
    assert normal_p(Fraction("1.96") ** 2) == pytest.approx(0.0499958, abs=1e-7)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("min", "1"), ("max", "16"), ("sum", "31"), ("mean", "31/5"), ("sd", "186/5"), ("value", None)],
)
def test_statistics_are_as_worked_by_hand(kind: str, value: str | None) -> None:
    # squares 1 + 4 + 16 + 64 + 256 = 341; less 31^2 / 5 = 192.2; 148.8 / 4 = 37.2
    assert statistic_of(kind, VALUES, "hf7") == (None if value is None else Fraction(value))


def test_a_shift_is_the_median_of_the_means_of_every_two() -> None:
    # of 0, 2, 6: 0, 1, 2, 3, 4, 6
    assert statistic_of("shift", [Fraction(x) for x in (0, 2, 6)], "hf7") == Fraction(5, 2)


PATIENT: Patient = {"G": "A", "X": Fraction(2), "Y": None}


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("X >= 2", True),
        ("Y >= 2", None),
        ("not (Y >= 2)", None),
        ("X >= 2 or Y >= 2", True),
        ("X > 2 and Y >= 2", False),
        ("X >= 2 and Y >= 2", None),
        ("Y >= 2 -> X >= 2", True),
        ('G == "B" -> Y >= 2', True),
        ('G == "A" -> Y >= 2', None),
        ("X > 2 -> Y >= 2", True),
        ("Y == X", None),
        ('G in ("A", "B") and X in (1, 2)', True),
        ("2*X - 1.5 == 2.5", True),
    ],
)
def test_conditions_have_three_values(text: str, truth: bool | None) -> None:
    assert condition_of(text)(PATIENT) is truth


def test_a_sum_with_a_missing_part_is_missing() -> None:
    assert number_of("X + Y")(PATIENT) is None and number_of("-X + 0.5")(PATIENT) == Fraction(-3, 2)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("5.10", Interval(Fraction("5.095"), Fraction("5.105"), cut=(Fraction("5.1"), Fraction("5.11")))),
        ("-2", Interval(Fraction("-2.5"), Fraction("-1.5"), cut=(Fraction(-3), Fraction(-2)))),
        ("<0.05", Interval(None, Fraction("0.05"), high_strict=True)),
        (">=2", Interval(Fraction(2), None)),
        ("1:5", Interval(1 / Fraction("5.5"), 1 / Fraction("4.5"))),  # the 1 is exact
        ("4:2", Interval(Fraction("3.5") / Fraction("2.5"), Fraction("4.5") / Fraction("1.5"))),
    ],
)
def test_printed_texts_stand_for_intervals(text: str, interval: Interval) -> None:
    assert interval_of(text) == interval


def test_roots_are_compared_by_their_squares() -> None:
    printed = interval_of("1.4")  # 1.35 to 1.45, squares 1.8225 to 2.1025
    assert printed.contains_root(Fraction("1.8225")) and printed.contains_root(Fraction(2))
    assert not printed.contains_root(Fraction("2.1026")) and not interval_of("<2").contains_root(Fraction(4))
    assert interval_of("<2").contains_root(Fraction("3.999")) and interval_of(">=0").contains_root(Fraction(0))


def test_a_p_on_a_bound_is_not_judged() -> None:
    with pytest.raises(TooClose):
        interval_of("<0.05").contains_float(0.05 + 1e-12)


def test_hitting_sets_are_the_least() -> None:
    assert set(hitting_sets([0b011, 0b110])) == {0b010, 0b101}


def tiny(variables: str, claims: str, rules: str = "", populations: str = "") -> Cohorts:
    """The cohorts of a record of lines without their descriptions."""
    heads = {
        "variables.csv": ("name,kind,step,low,high,levels,where\n", variables),
        "populations.csv": ("name,where\n", "ALL,\n" + populations),
        "rules.csv": ("id,rule\n", rules),
        "claims.csv": ("id,population,variable,statistic,printed,versus\n", claims),
    }
    return Cohorts(record_of({name: head + text for name, (head, text) in heads.items()}))


def test_every_multiset_of_three_patients_with_two_values_is_tried() -> None:
    truth = tiny("X,integer,1,0,1,,", "n,ALL,,n,3,\nm,ALL,X,mean,0.7,\n")
    # 000, 001, 011, 111 have means 0, 1/3, 2/3, 1; 0.65 to 0.75 has the third alone
    assert len(truth.every) == 4 and len(truth.consistent(truth.statements)) == 1
    everything_else = [s for s in truth.statements if s != ("claim", "m")]
    question = Question("ALL", "X", "mean")
    assert truth.values(question, everything_else) == ({0, Fraction(1, 3), Fraction(2, 3), 1}, False)
    assert truth.told(("claim", "m"), everything_else) == {True, False}


def test_conflicts_are_all_minimal_ones_and_repeats_are_one_statement() -> None:
    claims = "n,ALL,,n,2,\na,ALL,X >= 1,count,1,\nb,ALL,X >= 1,count,1,\nc,ALL,X,max,0,\nd,ALL,X,mean,0.5,\n"
    truth = tiny("X,integer,1,0,1,,", claims, "r,X < 1\n")
    # 00 keeps r and c; 01 keeps a and d; 11 keeps none of them (mean 1 isn't 0.45 to 0.55)
    a, c, d, r = ("claim", "a"), ("claim", "c"), ("claim", "d"), ("rule", "r")
    assert truth.conflicts == {frozenset(pair) for pair in ((a, c), (a, r), (d, c), (d, r))}
    assert not truth.is_consistent and ("claim", "b") not in truth.statements
    assert truth.fewest(truth.conflicts) == [frozenset({c, r})]  # two; a and d are printed three times


def test_a_rule_is_not_broken_by_whom_it_is_unknown_of_and_nobody_has_no_mean() -> None:
    truth = tiny('G,category,,,,A|B,\nY,integer,1,0,1,,"G == ""A"""', "n,ALL,,n,1,\n", "r,Y >= 1\n")
    # B, and A with 1; A with 0 breaks it
    assert len(truth.every) == 3 and len(truth.consistent(truth.statements)) == 2
    assert truth.values(Question("ALL", "Y", "mean"), truth.statements) == ({Fraction(1)}, True)
    assert truth.values(Question("ALL", "Y", "sum", "", "5"), truth.statements) == ({Fraction(1), Fraction(5)}, False)
    assert truth.values(Question("not (Y >= 1)", "", "n"), truth.statements) == ({Fraction(0)}, False)


def test_a_seed_makes_the_same_record_again() -> None:
    assert [tiny_record(seed) for seed in range(5)] == [tiny_record(seed) for seed in range(5)]


def test_a_false_range_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tiny_record(9)
    folder = record.write(tmp_path)
    said = answers_of(folder, record.questions)
    assert said.set_aside is not None
    said.set_aside = said.set_aside | {("claim", "c1")}
    monkeypatch.setattr("tests.recount.soundness.compare.answers_of", lambda *_: said)
    found = compare(record.files, record.questions, folder)
    assert any(f.judged == FALSE for f in found)
