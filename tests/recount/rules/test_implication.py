"""Whether a rule implies another: proofs and examples, beside a search through a grid of values."""

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
    Not,
    Or,
    SameLevel,
    Sum,
    counterexample,
    evaluate,
    example,
    parse,
)
from recount.rules.implication import MOST_ALTERNATIVES

LEVELS = {"D": ("x", "y", "z")}


@pytest.mark.parametrize(
    ("rule", "implied"),
    [
        ("A >= 100", "A >= 30"),
        ("A > 30", "A >= 30"),
        ("A >= 30", "A >= 30"),
        ("A == 3", "A <= 3 and A >= 3"),
        ("A >= 2*B and B >= 15", "A >= 30"),
        ("A > B and B > C", "A > C"),
        ("A + B <= 10 and A >= 6", "B <= 4"),
        ("A > 1 -> B > 1", "not A > 1 or B > 1"),
        ('D == "x"', 'D in ("x", "y")'),
        ('D != "x" and D != "y"', 'D != "x"'),
        ("A in (1, 2)", "A >= 1 and A <= 2"),
        ("A < 1 and A > 1", "B == 7"),
        ("1 > 2", "A > 3"),
    ],
)
def test_what_follows_has_no_example_against_it(rule: str, implied: str) -> None:
    assert counterexample(parse(rule), parse(implied), LEVELS) is None


@pytest.mark.parametrize(
    ("rule", "implied"),
    [
        ("A >= 30", "A > 30"),
        ("A > 29", "A >= 30"),
        ("A >= 2*B", "A >= 30"),
        ("A != 3", "A > 3"),
        ('D != "x"', 'D == "y"'),
        ('D in ("x", "y")', 'D == "x"'),
        ("A >= 100 or B >= 1", "A >= 100"),
        ("not (A < 1 and B < 1)", "A >= 1"),
        ("3*A >= 1", "A >= 1"),
    ],
)
def test_an_example_satisfies_the_one_and_not_the_other(rule: str, implied: str) -> None:
    found = counterexample(parse(rule), parse(implied), LEVELS)
    assert found is not None
    row = pd.DataFrame([{"A": Fraction(0), "B": Fraction(0), "C": Fraction(0), "D": "x"} | found], dtype=object)
    assert evaluate(parse(rule), row).item() and not evaluate(parse(implied), row).item()


def test_facts_narrow_what_can_be() -> None:
    assert counterexample(parse("A >= B"), parse("A >= 1"), LEVELS, [parse("B >= 1")]) is None


small = st.integers(-2, 2)
sums = st.builds(
    lambda a, b, c: Sum(tuple((Fraction(k), n) for k, n in ((a, "A"), (b, "B")) if k), Fraction(c)), small, small, small
)
leaves = st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), sums, sums)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
GRID = pd.DataFrame(list(product([Fraction(k, 3) for k in range(-18, 19)], repeat=2)), columns=["A", "B"], dtype=object)


@settings(max_examples=60, deadline=None)
@given(rules)
def test_an_example_is_found_where_a_grid_has_one_and_is_one(rule: Expression) -> None:
    found = example(rule, LEVELS)
    if found is None:
        assert not evaluate(rule, GRID).any()
    else:
        row = pd.DataFrame([{"A": Fraction(0), "B": Fraction(0)} | found], dtype=object)
        assert evaluate(rule, row).item()


def test_rules_too_large_to_look_through_are_refused() -> None:
    either = " and ".join(f"(A > {k} or B > {k})" for k in range(12))
    with pytest.raises(ExpressionError, match=f"at most {MOST_ALTERNATIVES} alternatives"):
        example(parse(either), LEVELS)
    with pytest.raises(ExpressionError, match="two categories"):
        example(SameLevel("==", "D", "E"), LEVELS)
