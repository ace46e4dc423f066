"""True, false or unknown: the truth tables, and the same answers as an evaluator written plainly here."""

from __future__ import annotations

import operator
from fractions import Fraction
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.rules import (
    And,
    Compare,
    Expression,
    ExpressionError,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Sum,
    breaks,
    certain,
    evaluate,
    parse,
)

SIGN = {True: "T", False: "F", None: "U"}
VALUE = {"T": 1, "F": 0, "U": None}
OPERATORS = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
OPERATORS |= {">": operator.gt, ">=": operator.ge}


def told(node: Expression, **cells: object) -> str:
    """T, F or U of one patient with these cells."""
    frame = pd.DataFrame({name: pd.Series([cell], dtype=object) for name, cell in cells.items()})
    true, false = bool(evaluate(node, frame).iloc[0]), bool(breaks(node, frame).iloc[0])
    assert not (true and false)
    return SIGN[True if true else False if false else None]


TABLES = [
    ("A == 1 and B == 1", "TFU FFF UFU"),
    ("A == 1 or B == 1", "TTT TFU TUU"),
    ("A == 1 -> B == 1", "TFU TTT TUU"),
    ("not (A == 1 and B == 1)", "FTU TTT UTU"),
    ("not (A == 1 or B == 1)", "FFF FTU FUU"),
    ("not not (A == 1 and B == 1)", "TFU FFF UFU"),
    ("not A == 1 or not B == 1", "FTU TTT UTU"),
    ("not A == 1 -> not B == 1", "TTT FTU UTU"),
    ("A == B", "TFU FTU UUU"),
    ("A + B == 1", "FTU TFU UUU"),
]


@pytest.mark.parametrize(("text", "table"), TABLES)
def test_truth_tables_of_true_false_and_unknown(text: str, table: str) -> None:
    """A row for each of A true, false and unknown, in it a letter for each of B."""
    pairs = product("TFU", "TFU")
    assert "".join(told(parse(text), A=VALUE[a], B=VALUE[b]) for a, b in pairs) == table.replace(" ", "")


@pytest.mark.parametrize(("text", "one"), [("A == 1", "TFU"), ("not A == 1", "FTU"), ("not not A == 1", "TFU")])
def test_the_contrary_of_what_is_unknown_is_unknown(text: str, one: str) -> None:
    assert "".join(told(parse(text), A=VALUE[a]) for a in "TFU") == one


@pytest.mark.parametrize(
    ("node", "cells", "expected"),
    [
        (parse("not (PLT < 30)"), {"PLT": None}, "U"),
        (parse("not (PLT < 30)"), {"PLT": 30}, "T"),
        (parse("X in (1, 2)"), {"X": None}, "U"),
        (parse("not X in (1, 2)"), {"X": float("nan")}, "U"),
        (parse("X in (1, 2)"), {"X": Fraction(2)}, "T"),
        (parse("X in (1, 2)"), {"X": "3"}, "F"),
        (parse('S in ("x", "y")'), {"S": None}, "U"),
        (parse('not S in ("x", "y")'), {"S": " "}, "U"),
        (parse('S in ("x", "y")'), {"S": "z"}, "F"),
        (parse('S == "x"'), {"S": None}, "U"),
        (parse('S != "x"'), {"S": None}, "U"),
        (parse('S != "x"'), {"S": "y"}, "T"),
        (SameLevel("==", "S", "R"), {"S": "x", "R": "x"}, "T"),
        (SameLevel("!=", "S", "R"), {"S": "x", "R": "x"}, "F"),
        (SameLevel("==", "S", "R"), {"S": "x", "R": None}, "U"),
        (SameLevel("!=", "S", "R"), {"S": None, "R": None}, "U"),
        (parse("X - X == 0"), {"X": None}, "U"),
        (parse('S == "x" -> X > 1'), {"S": None, "X": 0}, "U"),
        (parse('S == "x" -> X > 1'), {"S": "y", "X": None}, "T"),
        (parse('S == "x" -> X > 1'), {"S": "x", "X": None}, "U"),
        (parse("3*X >= 1"), {"X": Fraction(1, 3)}, "T"),
        (parse("X < 0.5 and X > 0.25"), {"X": Fraction(1, 3)}, "T"),
        (parse("1 > 2"), {"X": None}, "F"),
    ],
)
def test_a_comparison_with_a_missing_value_is_unknown(node: Expression, cells: dict, expected: str) -> None:
    assert told(node, **cells) == expected


def test_the_answer_stands_on_the_tables_own_index() -> None:
    frame = pd.DataFrame({"A": [1, None]}, index=[7, 9])
    for found in (evaluate(parse("1 == 1"), frame), breaks(parse("1 > 1"), frame)):
        assert found.index.tolist() == [7, 9] and found.dtype == bool and found.all()
        found.iloc[0] = False  # its own memory, not a view of one cell
        assert found.tolist() == [False, True]


@pytest.mark.parametrize("ask", [evaluate, breaks])
def test_a_column_that_the_table_lacks_is_refused(ask) -> None:
    with pytest.raises(ExpressionError, match="no column B"):
        ask(parse("B == 1"), pd.DataFrame({"A": [1]}))


# The same, written plainly -----------------------------------------------------------------------


def plainly(node: Expression, row: dict[str, object]) -> bool | None:
    """True, False or None for unknown, of one patient."""
    match node:
        case Not(item):
            inner = plainly(item, row)
            return None if inner is None else not inner
        case Implies(left, right):
            return plainly(Or((Not(left), right)), row)
        case And(items):
            parts = [plainly(item, row) for item in items]
            return False if False in parts else None if None in parts else True
        case Or(items):
            parts = [plainly(item, row) for item in items]
            return True if True in parts else None if None in parts else False
        case In(name, values):
            return None if row[name] is None else row[name] in values
        case IsLevel(op, name, text):
            return None if row[name] is None else OPERATORS[op](row[name], text)
        case SameLevel(op, left, right):
            both = row[left], row[right]
            return None if None in both else OPERATORS[op](*both)
        case Compare(op, left, right):
            if any(row[name] is None for side in (left, right) for _, name in side.terms):
                return None
            one, other = (side.constant + sum(c * row[n] for c, n in side.terms) for side in (left, right))
            return OPERATORS[op](one, other)
    raise TypeError(node)


number = st.sampled_from([Fraction(n, 2) for n in range(-3, 4)])
total = st.builds(
    Sum,
    st.lists(st.tuples(number, st.sampled_from("AB")), max_size=2, unique_by=lambda t: t[1]).map(tuple),
    number,
)
atom = st.one_of(
    st.builds(Compare, st.sampled_from(list(OPERATORS)), total, total),
    st.builds(IsLevel, st.sampled_from(["==", "!="]), st.sampled_from("ST"), st.sampled_from("xyz")),
    st.builds(SameLevel, st.sampled_from(["==", "!="]), st.just("S"), st.just("T")),
    st.builds(In, st.sampled_from("ST"), st.lists(st.sampled_from("xy"), min_size=1).map(tuple)),
    st.builds(In, st.sampled_from("AB"), st.lists(number, min_size=1, max_size=3).map(tuple)),
)
rule: st.SearchStrategy = st.recursive(
    atom,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Implies, inner, inner),
    ),
    max_leaves=6,
)
patient = st.fixed_dictionaries(
    {n: st.one_of(st.none(), number) for n in "AB"} | {n: st.one_of(st.none(), st.sampled_from("xy")) for n in "ST"}
)


@settings(max_examples=300, deadline=None)
@given(rule, st.lists(patient, min_size=1, max_size=5))
def test_the_same_as_a_plain_evaluator(node: Expression, patients: list[dict]) -> None:
    frame = pd.DataFrame(patients, columns=list("ABST"), dtype=object)
    expected = [plainly(node, row) for row in patients]
    assert evaluate(node, frame).tolist() == [one is True for one in expected]
    assert breaks(node, frame).tolist() == [one is False for one in expected]


WHERES = {"A": None, "S": None, "B": parse("A > 0"), "T": Or((parse("A > 0.5"), parse("B == 1")))}


@settings(max_examples=300, deadline=None)
@given(rule, st.booleans(), st.lists(patient, min_size=1, max_size=5))
def test_what_is_certain_is_never_unknown(node: Expression, wanted: bool, patients: list[dict]) -> None:
    for row in patients:
        row |= {"A": row["A"] or Fraction(0), "S": row["S"] or "x", "B": row["B"] or Fraction(1), "T": row["T"] or "y"}
        for name in "BT":
            row[name] = row[name] if plainly(WHERES[name], row) is True else None
    frame = pd.DataFrame(patients, columns=list("ABST"), dtype=object)
    asked = certain(node, WHERES, wanted)
    assert evaluate(asked, frame).tolist() == [plainly(node, row) is wanted for row in patients]
    assert (evaluate(asked, frame) ^ breaks(asked, frame)).all()
