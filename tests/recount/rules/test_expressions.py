"""Expressions: what parses, what is refused and where, what holds on a table."""

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recount.rules import (
    And,
    Compare,
    ExpressionError,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Sum,
    evaluate,
    exact_number,
    is_name,
    names,
    parse,
    parse_sum,
    resolve,
    resolve_sum,
)


def variable(name: str, by: int | str = 1) -> Sum:
    return Sum(((Fraction(by), name),))


def number(text: int | str) -> Sum:
    return Sum((), Fraction(text))


SEX_F = IsLevel("==", "SEX", "F")
A_1 = Compare("==", variable("A"), number(1))

PARSED = [
    ("A == 1", A_1),
    ("  A==1  ", A_1),
    ("(A == 1)", A_1),
    ("A\n== 1", A_1),
    ('SEX == "F"', SEX_F),
    ("SEX == 'F'", SEX_F),
    ('"F" == SEX', SEX_F),
    ('SEX == "é -> ü"', IsLevel("==", "SEX", "é -> ü")),
    ('SEX == "a\u3000b\tc"', IsLevel("==", "SEX", "a\u3000b\tc")),
    ('SEX == ""', IsLevel("==", "SEX", "")),
    ('SEX != "F"', IsLevel("!=", "SEX", "F")),
    ("A == B", Compare("==", variable("A"), variable("B"))),
    ("A < 1.30", Compare("<", variable("A"), number("1.3"))),
    ("0.1 <= A", Compare("<=", number("0.1"), variable("A"))),
    ("A >= 2*B", Compare(">=", variable("A"), variable("B", 2))),
    ("A >= B*2", Compare(">=", variable("A"), variable("B", 2))),
    ("A > -2*(B - 1) + B", Compare(">", variable("A"), Sum(((Fraction(-1), "B"),), Fraction(2)))),
    ("A - A != 0", Compare("!=", variable("A", 0), number(0))),
    ("A + B == B + 0.5", Compare("==", parse_sum("A+B"), Sum(((Fraction(1), "B"),), Fraction("0.5")))),
    ('SEX in ("F", "M")', In("SEX", ("F", "M"))),
    ('SEX in ("F",)', In("SEX", ("F",))),
    ('SEX in ("F")', In("SEX", ("F",))),
    ("A in (1, -2.5)", In("A", (Fraction(1), Fraction("-2.5")))),
    ('A == 1 and SEX == "F"', And((A_1, SEX_F))),
    ('A == 1 or SEX == "F" and A == 1', Or((A_1, And((SEX_F, A_1))))),
    ('not A == 1 and SEX == "F"', And((Not(A_1), SEX_F))),
    ('not (A == 1 and SEX == "F")', Not(And((A_1, SEX_F)))),
    ('A == 1 -> SEX == "F"', Implies(A_1, SEX_F)),
    ('A == 1 or SEX == "F"->A == 1', Implies(Or((A_1, SEX_F)), A_1)),
    ("A == 1->-1 < A", Implies(A_1, Compare("<", number(-1), variable("A")))),
]


@pytest.mark.parametrize(("text", "tree"), PARSED)
def test_an_expression_parses_to_its_tree_and_prints_back(text, tree):
    assert parse(text) == tree
    assert parse(str(tree)) == tree


REFUSED = [
    ("", 1, "says something"),
    ("   ", 1, "says something"),
    ("A == 1 ->", 10, "says something"),
    ("-> A == 1", 1, "says something"),
    ("A", 1, "a name alone"),
    ("A == 1 and B", 12, "a name alone"),
    ("not A", 5, "a name alone"),
    ("A + 1", 1, "arithmetic alone"),
    ("A >", 4, "does not read"),
    ("A == 1 -> B == 1 -> A == 1", 18, "stands once"),
    ("(A == 1 -> B == 1)", 9, "outside all parentheses"),
    ("A == (1", 7, "closing one"),
    ("A == 1) or (B == 1", 7, "opening one"),
    ("1 < A < 3", 5, "not chained"),
    ("A*B > 1", 1, "one unknown factor"),
    ("1 < A*(B + 1)", 5, "one unknown factor"),
    ("A/2 > 1", 2, "division"),
    ("A // 2 > 1", 3, "division"),
    ("A ** 2 > 1", 1, "+ - *"),
    ("A << 2 > 1", 1, "+ - *"),
    (f"A > 0.{'0' * 14}1*0.{'0' * 14}1", 5, "multiplied out"),  # 32 characters, found by the fuzzing run
    (f"A > {'9' * 30} + 1", 5, "added up"),
    (f"A < 1 or {'9' * 15}*{'9' * 15}0*A > 1", 10, "multiplied out"),
    ("A % 2 == 1", 3, "`%`"),
    ("A = 1", 3, "write `==`"),
    ("f(A) > 1", 2, "nothing is called; no two values stand side by side"),
    ('__import__("os").system("x") == 1', 11, "side by side"),
    ("A.b > 1", 2, "a point"),
    ("A[0] > 1", 2, "`[`"),
    ("lambda: 1", 1, "`lambda`"),
    ("(A := 3) > 1", 4, "`:`"),
    ('f"A" == A', 2, "side by side"),
    ('A == "x" "y"', 10, "side by side"),
    ('A == "x', 6, "quote"),
    ('A == "x\\n"', 6, "quote"),
    ("A == 1 if B == 1 else C == 1", 8, "`if`"),
    ("[A for A in B]", 1, "`[`"),
    ("A is B", 3, "`is`"),
    ("A == None", 6, "`None`"),
    ("True", 1, "`True`"),
    ("await A", 1, "`await`"),
    ('A not in ("x")', 1, "not (X in"),
    ("A in ()", 6, "at least one"),
    ("A in (B, 1)", 7, "texts or numbers"),
    ("A in (*B,)", 7, "no number"),
    ("A + 1 in (2, 3)", 1, "name"),
    ('A < "x"', 5, "no order"),
    ('"x" < A', 1, "no order"),
    ('2*A == "x"', 1, "name"),
    ('"x" == "y"', 8, "name"),
    ("A == (1, 2)", 6, "a list is no number"),
    ("(A == 1) + 1 > 2", 2, "a comparison is no number"),
    ("1e5 < A", 1, "digits"),
    ("A < 1.", 5, "digits"),
    ("A < .5", 5, "a point"),
    ("A < 1_000", 5, "digits"),
    ("A < 0x10", 5, "digits"),
    ("A < 1or A > 2", 5, "digits"),
    ("A < 1j", 5, "digits"),
    ("A == 1\x00", 7, "no part"),
    ("A == 1; B == 1", 7, "`;`"),
    ("A == 1 # B", 8, "`#`"),
    ("é == 1", 1, "`é`"),
    ('SEX == "é" and f(A) == 2', 17, "side by side"),
    ('SEX == "é" and 1 < A < 2', 20, "not chained"),
    ("A == 1 -> 1 < A < 2", 15, "not chained"),
    ("(" * 41 + "A" + ")" * 41 + " == 1", 41, "nested"),
    ("not " * 50 + "A == 1", 161, "nested"),
    ("A == " + "-" * 50 + "1", 46, "nested"),
    ("A == 1" + " " * 2000, 2001, "characters"),
]


@pytest.mark.parametrize(("text", "position", "rule"), REFUSED)
def test_what_is_no_expression_is_refused_with_its_position(text, position, rule):
    with pytest.raises(ExpressionError) as raised:
        parse(text)
    assert (raised.value.position, rule in str(raised.value)) == (position, True), raised.value


@pytest.mark.parametrize(
    "text", ["A+" * 900 + "A == 1", "(" * 39 + "A" + ")" * 39 + " == 1", "A == 1" + " or A == 1" * 190]
)
def test_a_long_expression_is_no_deep_one(text):
    assert names(parse(text)) == {"A"}
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "terms", "constant"),
    [
        ("A", {"A": 1}, 0),
        ("A - 2*B", {"A": 1, "B": -2}, 0),
        ("0.5*(A + B) - (A - 3)", {"A": "-0.5", "B": "0.5"}, 3),
        ("2*3*A", {"A": 6}, 0),
        ("-(-A)", {"A": 1}, 0),
        ("7", {}, 7),
        (f"{'9' * 15}*{'9' * 14}", {}, (10**15 - 1) * (10**14 - 1)),
        (f"A*0.{'0' * 13}1*0.{'0' * 13}1", {"A": f"0.{'0' * 27}1"}, 0),  # 30 characters
    ],
)
def test_a_sum_collects_its_terms(text, terms, constant):
    assert parse_sum(text) == Sum(tuple((Fraction(by), name) for name, by in terms.items()), Fraction(constant))


@pytest.mark.parametrize(
    ("text", "position"), [("A == 1", 1), ("A -> B", 3), ("A*A", 1), ("", 1), ('"x"', 1), ("not A", 1)]
)
def test_what_is_no_sum_is_refused(text, position):
    with pytest.raises(ExpressionError) as raised:
        parse_sum(text)
    assert raised.value.position == position


def test_an_error_says_its_position():
    with pytest.raises(ExpressionError, match="no part of an expression, at character 3"):
        parse("A ? 1")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("PLT_BL", True), ("_x", True), ("A1", True), ("1A", False), ("a b", False), ("and", False), ("", False),
     ("lambda", False), ("é", False), ("A\n", False)],
)  # fmt: skip
def test_a_name(text, is_one):
    assert is_name(text) is is_one


def test_names_are_those_of_every_part():
    assert names(parse('A + 2*B > C -> not (D in (1, 2) or E == "x")')) == set("ABCDE")


# --- resolve ---


@dataclass(frozen=True)
class Kind:
    kind: str
    levels: tuple[str, ...] = ()


KINDS = {
    "SEX": Kind("category", ("M", "F")),
    "RESP": Kind("category", ("CR", "PR", "NR")),
    "AGE": Kind("integer"),
    "HB": Kind("decimal"),
}


def test_two_categories_compared_are_resolved():
    resolved = resolve(parse("SEX == RESP and not SEX != RESP -> AGE == HB"), KINDS)
    same = And((SameLevel("==", "SEX", "RESP"), Not(SameLevel("!=", "SEX", "RESP"))))
    assert resolved == Implies(same, parse("AGE == HB"))
    assert resolve(resolved, KINDS) == resolved


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("XYZ == 1", ["XYZ is no variable"]),
        ('XYZ == "a"', ["XYZ is no variable"]),
        ('XYZ in ("a")', ["XYZ is no variable"]),
        ("SEX == XYZ", ["XYZ is no variable"]),
        ('SEX == "Q"', ['"Q" is no level of SEX, whose levels are M|F']),
        ('SEX in ("Q", "F", "m")', ['"Q" is no level of SEX, whose levels are M|F',
                                    '"m" is no level of SEX, whose levels are M|F']),
        ('AGE == "54"', ['AGE is a number, compared with the text "54"']),
        ('AGE in (54, "54")', ['AGE is a number, compared with the text "54"']),
        ("SEX in (1)", ["SEX is a category, compared with the number 1"]),
        ("SEX == 1", ["SEX is a category, not a number; compare it with a text"]),
        ("SEX + AGE > 1", ["SEX is a category, not a number; compare it with a text"]),
        ("SEX < RESP", ["SEX and RESP are categories, which have no order"]),
        ("SEX == AGE", ["SEX is a category, not a number; compare it with a text"]),
        ('X == 1 or Y == 1 -> SEX == "x"', ["X is no variable", "Y is no variable",
                                            '"x" is no level of SEX, whose levels are M|F']),
        ("X == 1 and X == 2", ["X is no variable"]),
    ],
)  # fmt: skip
def test_resolving_names_every_problem(text, problems):
    with pytest.raises(ExpressionError) as raised:
        resolve(parse(text), KINDS)
    assert list(raised.value.problems) == problems


def test_a_resolved_pair_is_checked_again():
    with pytest.raises(ExpressionError, match="AGE is a number, not a category; X is no variable"):
        resolve(And((SameLevel("==", "SEX", "AGE"), SameLevel("==", "SEX", "X"))), KINDS)


def test_a_sum_is_resolved():
    assert resolve_sum(parse_sum("AGE - HB"), KINDS) == parse_sum("AGE - HB")
    with pytest.raises(ExpressionError, match="SEX is a category"):
        resolve_sum(parse_sum("AGE - SEX"), KINDS)


# --- evaluate ---

FRAME = pd.DataFrame(
    {
        "A": [1, 2, 3, None],
        "X": [1.3, 0.1, None, 0.3],
        "Y": ["1.30", "0.2", "5", ""],
        "F": [Fraction(13, 10), Fraction(1, 10), None, None],
        "SEX": ["M", "F", None, ""],
        "ARM": ["M", "M", "M", "M"],
    },
    index=[10, 20, 30, 40],
)

HELD = [
    ("A == 1", "1000"),
    ("A != 1", "0110"),
    ("not A == 1", "0110"),
    ("not (A > 5)", "1110"),
    ("X == 1.3", "1000"),
    ("X == Y", "1000"),
    ("X == F", "1100"),
    ("X + Y == 0.3", "0100"),  # 0.1 + 0.2 in floats is not 0.3
    ("3*X == 0.3", "0100"),
    ("X <= 0.3", "0101"),
    ("X < 0.3", "0100"),
    ("A - A == 0", "1110"),  # a missing value stays missing though it cancels out
    ("A >= 2*X", "0100"),
    ("A in (1, 3)", "1010"),
    ("not A in (1, 3)", "0100"),
    ('SEX == "M"', "1000"),
    ('SEX != "M"', "0100"),
    ('SEX in ("M", "F")', "1100"),
    ('SEX == "M" -> A == 2', "0100"),
    ('SEX == "M" or A == 2', "1100"),
    ('A > 0 and SEX == "F"', "0100"),
    ("1 == 1", "1111"),
    ("1 > 1", "0000"),
]


@pytest.mark.parametrize(("text", "expected"), HELD)
def test_what_holds_on_a_table(text, expected):
    held = evaluate(parse(text), FRAME)
    assert held.dtype == bool
    assert list(held.index) == [10, 20, 30, 40]
    assert "".join("01"[h] for h in held) == expected


def test_levels_of_two_columns_compared():
    assert evaluate(SameLevel("==", "SEX", "ARM"), FRAME).tolist() == [True, False, False, False]
    assert evaluate(SameLevel("!=", "SEX", "ARM"), FRAME).tolist() == [False, True, False, False]


def test_a_table_of_nobody_holds_nothing():
    assert evaluate(parse('A == 1 and SEX == "M" -> A < 2'), FRAME.iloc[:0]).tolist() == []


@pytest.mark.parametrize(("text", "why"), [("B == 1", "no column B"), ("SEX == 1", "'M' is no number"),
                                           ('B == "x"', "no column B")])  # fmt: skip
def test_a_table_that_cannot_be_read_is_refused(text, why):
    with pytest.raises(ExpressionError, match=why):
        evaluate(parse(text), FRAME)


@pytest.mark.parametrize(
    ("cell", "number"),
    [(1.3, "1.3"), ("1.30", "1.3"), (" 7 ", "7"), ("-.5", "-0.5"), ("1e3", "1000"), (5, "5"), (True, "1"),
     (1e-7, "0.0000001"), (None, None), (float("nan"), None), (pd.NA, None), (pd.NaT, None), ("", None),
     (" ", None)],
)  # fmt: skip
def test_a_cell_is_read_as_the_decimal_it_is_written_as(cell, number):
    assert exact_number(cell) == (None if number is None else Fraction(number))


@pytest.mark.parametrize("cell", ["1,3", "1/3", "abc", "inf", float("inf"), "1_000", "1e9999", "0x1", "9" * 5000])
def test_a_cell_that_is_no_number_is_refused(cell):
    with pytest.raises(ExpressionError, match="is no number"):
        exact_number(cell)


# --- properties ---

level = st.sampled_from(["CR", "PR", "-> x", "é", "it's", 'a "b"', ""])
decimal = st.builds(lambda n, d: Fraction(n, 10**d), st.integers(-999, 999), st.integers(0, 3))
name = st.sampled_from("ABC")


@st.composite
def sums_of(draw):
    terms = draw(st.dictionaries(name, decimal, max_size=3))
    return Sum(tuple((by, of) for of, by in terms.items()), draw(decimal))


atoms = st.one_of(
    st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), sums_of(), sums_of()),
    st.builds(IsLevel, st.sampled_from(["==", "!="]), name, level),
    st.builds(In, name, st.lists(level, min_size=1, max_size=3).map(tuple)),
    st.builds(In, name, st.lists(decimal, min_size=1, max_size=3).map(tuple)),
)
items = st.deferred(lambda: st.lists(trees, min_size=2, max_size=3).map(tuple))
trees: st.SearchStrategy = st.deferred(
    lambda: atoms | st.builds(Not, trees) | st.builds(And, items) | st.builds(Or, items)
)


def small(tree) -> bool:
    return len(str(tree)) < 1000


@given(trees.filter(small), st.booleans())
def test_any_tree_prints_as_what_parses_to_it(tree, implied):
    tree = Implies(tree, atoms_example) if implied else tree
    assert parse(str(tree)) == tree


atoms_example = IsLevel("==", "A", "CR")
words = ["A", "B", "1", "0.5", '"x"', "==", "!=", "<", "<=", "+", "-", "*", "(", ")", ",", "->", "and", "or"]
words += ["not", "in", "if", "lambda", ".", "[", "]", ":", "=", '"', "'", "\\", "é", "\n"]
tokens = st.lists(st.sampled_from(words), max_size=25).map(" ".join)


@given(st.one_of(st.text(max_size=60), tokens, tokens.map(lambda t: t.replace(" ", ""))))
@example("f'{A}'")
@example("\ud800 == 1")
@example("A == '\ud800' and f")
def test_garbage_raises_nothing_but_an_expression_error(text):
    for read in (parse, parse_sum):
        try:
            read(text)
        except ExpressionError as error:
            assert error.position is not None and 1 <= error.position <= len(text) + 2


cells = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([0.1, 0.2, 0.3, 1.3, -0.5]))


@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_a_comparison_or_its_contrary_holds_unless_a_value_is_missing(rows):
    frame = pd.DataFrame(rows, columns=["A", "B"], dtype=object)
    there = frame.notna().all(axis=1).to_numpy()
    for op, contrary in (("<", ">="), ("<=", ">"), ("==", "!=")):
        one = evaluate(parse(f"A {op} B"), frame).to_numpy()
        other = evaluate(parse(f"A {contrary} B"), frame).to_numpy()
        assert (one ^ other == there).all()
