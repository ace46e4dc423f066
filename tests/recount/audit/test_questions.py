"""Questions in words of one's own: what they become, their ranges against every table, and every fault."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from recount.audit.questions import ASKED, Put, answer, answers, put, read_questions
from recount.audit.range import Range
from recount.audit.session import Asked, Session
from recount.checks.quantiles import quantile
from recount.reconstruct import reference_cohort, reference_solution
from recount.record.faults import Faults
from recount.record.schema import Study
from recount.verify.verifier import value_in

RECORD = ("GXZ", ["ALL||n|3", "ALL|X|median|1", "A||n|>=1"], ['G == "A" -> Z >= 1'])
SOME = ("GY", ["ALL||n|3", 'ALL|G == "A"|count|2', "A|Y|max|1"], [])


def range_of_put(small, study: Study, asked: Put) -> Range:
    return small.range_of(session_of(study), Asked(asked.question, asked.study, asked.adds))


def session_of(study: Study) -> Session:
    return Session(reference_cohort(reference_solution(study)))


ANSWERS = [  # (expression, where, statistic, otherwise), the same of a patient in Python, whom it is of, the statistic
    (("X + Z", "", "", ""), lambda p: p["X"] + p["Z"], lambda p: True, "median"),
    (("X - 2*Z + 1", "", "max", ""), lambda p: p["X"] - 2 * p["Z"] + 1, lambda p: True, "max"),
    (("0.5*X", "", "mean", ""), lambda p: p["X"] / 2, lambda p: True, "mean"),
    (("X + Z", "A", "sum", ""), lambda p: p["X"] + p["Z"], lambda p: p["G"] == "A", "sum"),
    (("X - Z", "X >= 1 and Z < 3", "min", ""), lambda p: p["X"] - p["Z"], lambda p: p["X"] >= 1 and p["Z"] < 3, "min"),
    (("Z", 'G == "B"', "p75", ""), lambda p: p["Z"], lambda p: p["G"] == "B", "p75"),
    (("X < Z", "", "", ""), lambda p: int(p["X"] < p["Z"]), lambda p: True, "sum"),
    (("X < Z", "HIGH", "percent", ""), lambda p: 100 * int(p["X"] < p["Z"]), lambda p: p["X"] >= 2, "mean"),
]
OF_SOME = [
    (("Y", "", "median", "3"), lambda p: Fraction(3) if p["Y"] is None else p["Y"], lambda p: True, "median"),
    (("2*Y", "", "mean", "-1"), lambda p: Fraction(-1) if p["Y"] is None else 2 * p["Y"], lambda p: True, "mean"),
    (("Y + 1", "", "median", ""), lambda p: p["Y"] + 1, lambda p: p["Y"] is not None, "median"),
    (("Y", 'G == "B"', "max", "0.5"), lambda p: Fraction(1, 2), lambda p: p["G"] == "B", "max"),
]
REDUCED = {
    "median": lambda values: quantile(values, Fraction(1, 2)),
    "p75": lambda values: quantile(values, Fraction(3, 4)),
    "mean": lambda values: Fraction(sum(values), len(values)),
    "sum": sum,
    "min": min,
    "max": max,
}


def by_hand(table: pd.DataFrame, of, whom, kind: str) -> Fraction | None:
    values = [Fraction(of(p)) for p in table.to_dict("records") if whom(p)]
    if not values and kind == "sum":
        return Fraction(0)
    return Fraction(REDUCED[kind](values)) if values else None


@pytest.mark.parametrize(
    ("record", "case"), [*((RECORD, c) for c in ANSWERS), *((SOME, c) for c in OF_SOME)], ids=lambda c: str(c[0])
)
def test_a_question_has_the_range_of_every_table_worked_out_by_hand(small, record: tuple, case: tuple) -> None:
    asked, of, whom, kind = case
    study = small.record(*record)
    values = [v for table in small.tables(study) if (v := by_hand(table, of, whom, kind)) is not None]
    found = range_of_put(small, study, put(study, *asked))
    assert found.proven and (found.low.reached, found.high.reached) == (min(values), max(values))
    for end in (found.low, found.high):  # not by the solver's word for the question's own variable
        assert by_hand(end.patients, of, whom, kind) == end.reached


def test_answers_are_in_the_order_of_the_questions_and_the_same_in_one_process_and_in_two(small) -> None:
    study = small.record(*RECORD)
    session = session_of(study)
    asked = [put(study, *case) for case, *_ in ANSWERS]
    alone, spread = (
        [
            (r.status, r.low.reached, r.low.bound, r.high.reached, r.high.bound)
            for r in answers(session, asked, workers=k)
        ]
        for k in (0, 2)
    )
    assert alone == spread and len({str(row) for row in alone}) > 5
    assert [row[1] for row in alone] == [answer(session, one).low.reached for one in asked]


def test_a_shift_is_to_another_variable(small) -> None:
    study = small.record("XZ", ["ALL||n|3", "ALL|X|median|1", "ALL|Z|min|1"])
    asked = put(study, "X", "", "shift", "", "Z")
    found = range_of_put(small, study, asked)
    values = [value_in(study, asked.question, table) for table in small.tables(study)]
    assert found.proven and (found.low.reached, found.high.reached) == (min(values), max(values))


def test_what_is_not_said_is_everybody_and_count_or_median(small) -> None:
    study = small.record(*RECORD)
    for text, kind in (("X", "median"), ("X > 1", "count"), ("X + Z", "median")):
        asked = put(study, text).question
        assert (asked.population, asked.statistic) == ("ALL", kind)
    assert put(study, "X").study is study and put(study, "X", "A").question.population == "A"
    assert put(study, "X", 'G == "B"').study.populations[ASKED].where is not None


def test_names_of_the_record_are_left_alone(small) -> None:
    study = small.record(*RECORD)
    once = put(study, "X + Z", "X > 1")
    again = put(once.study, "X - Z", "X > 2")
    assert again.question.variable != once.question.variable and again.question.population != once.question.population
    assert set(once.study.variables) < set(again.study.variables)
    ids = [rule.id for rule in again.study.rules]
    assert len(set(ids)) == len(ids) == 3
    assert again.study.rules[: len(once.study.rules)] == once.study.rules


FAULTS = [  # (expression, where, statistic, otherwise, versus), parts at fault
    (("", "", "", "", ""), {"expression"}),
    (("G", "", "", "", ""), {"expression"}),
    (("NOPE", "", "", "", ""), {"expression"}),
    (("NOPE > 1", "", "", "", ""), {"expression"}),
    (("3", "", "", "", ""), {"expression"}),
    (("X - X", "", "", "", ""), {"expression"}),
    (("0*X", "", "", "", ""), {"expression"}),
    (("X*Z", "", "", "", ""), {"expression"}),
    (("X/3", "", "", "", ""), {"expression"}),
    (("X >", "", "", "", ""), {"expression"}),
    (("__import__('os')", "", "", "", ""), {"expression"}),
    (("1000000000000000000000*X", "", "", "", ""), {"expression"}),
    (("0.0000001*X + 1000*Z", "", "", "", ""), {"expression"}),
    (("X", "NOPE", "", "", ""), {"where"}),
    (("X", "NOPE == 1", "", "", ""), {"where"}),
    (("X", "X = 1", "", "", ""), {"where"}),
    (("X", "", "count", "", ""), {"statistic"}),
    (("X > 1", "", "median", "", ""), {"statistic"}),
    (("X", "", "wilcoxon_z", "", ""), {"statistic"}),
    (("X > 1", "", "", "3", ""), {"otherwise"}),
    (("X", "", "", "3", ""), {"otherwise"}),
    (("Y", "", "", "3,1", ""), {"otherwise"}),
    (("Y", "", "", "many", ""), {"otherwise"}),
    (("X", "", "shift", "", ""), {"versus"}),
    (("X", "", "shift", "", "NOPE"), {"versus"}),
    (("X", "", "shift", "", "G"), {"versus"}),
    (("X", "", "median", "", "Z"), {"versus"}),
    (("X >", "X = 1", "often", "", "Z"), {"expression", "where", "statistic", "versus"}),
]


@pytest.mark.parametrize(
    ("asked", "parts"), FAULTS, ids=lambda case: "|".join(case if isinstance(case, tuple) else sorted(case))
)
def test_a_fault_of_a_question_is_named(small, asked: tuple[str, ...], parts: set[str]) -> None:
    with pytest.raises(Faults) as caught:
        put(small.record("GXZY", ["ALL||n|3"]), *asked)
    assert {fault.column for fault in caught.value.faults} == parts
    assert all(fault.rule and fault.remedy for fault in caught.value.faults)


HEAD = "id,question,expression,where,statistic,otherwise,versus,unit,note\n"


def test_a_file_of_questions_is_read_in_its_order(small, tmp_path: Path) -> None:
    path = tmp_path / "asked.csv"
    path.write_text(HEAD + 'a,How many?,X > 1,,,,,,\nb,How much?,X + Z,A,mean,,,cm,"roughly, so"\n')
    listed = read_questions(small.record(*RECORD), path)
    assert [one.texts["id"] for one in listed] == ["a", "b"]
    assert [one.put.question.statistic for one in listed] == ["count", "mean"]
    assert listed[1].texts["note"] == "roughly, so" and listed[1].texts["unit"] == "cm"


def test_columns_that_few_questions_need_may_be_left_out(small, tmp_path: Path) -> None:
    path = tmp_path / "asked.csv"
    path.write_text("id,question,expression,where,statistic,unit,note\na,How many?,X > 1,,,,\n")
    assert read_questions(small.record(*RECORD), path)[0].put.question.statistic == "count"


def test_all_faults_of_a_file_come_at_once_with_file_and_row(small, tmp_path: Path) -> None:
    path = tmp_path / "asked.csv"
    path.write_text(HEAD + "a,?,X,,count,,,,\nb,?,X > 1,,,,,,\nc,?,NOPE,,,,,,\nd,?,X,,shift,,NOPE,,\n")
    with pytest.raises(Faults) as caught:
        read_questions(small.record(*RECORD), path)
    found = [(fault.file, fault.row, fault.column) for fault in caught.value.faults]
    assert found == [("asked.csv", 2, "statistic"), ("asked.csv", 4, "expression"), ("asked.csv", 5, "versus")]


@pytest.mark.parametrize("text", ["", "id,question\na,b\n", HEAD, "\x00", HEAD + "a,?,X\n"])
def test_a_file_that_is_no_list_of_questions_is_refused_or_empty(small, tmp_path: Path, text: str) -> None:
    path = tmp_path / "asked.csv"
    path.write_text(text)
    if text == HEAD:
        assert read_questions(small.record(*RECORD), path) == []
        return
    with pytest.raises(Faults):
        read_questions(small.record(*RECORD), path)


def test_a_file_that_is_not_there_is_a_fault(small, tmp_path: Path) -> None:
    with pytest.raises(Faults):
        read_questions(small.record(*RECORD), tmp_path / "nowhere.csv")
