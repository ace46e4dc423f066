"""Printed numbers: what they stand for and which roundings print them."""

from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recount.record.printed import ROUNDINGS, Printed, root, rounded

DECIMAL_ROUNDINGS = dict(zip(ROUNDINGS, (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN, ROUND_DOWN), strict=True))

INTERVALS = [
    ("5.10", "5.095", "5.105"),
    ("5.1", "5.05", "5.15"),
    ("24", "23.5", "24.5"),
    ("0", "-0.5", "0.5"),
    ("0.000", "-0.0005", "0.0005"),
    ("-3.04", "-3.045", "-3.035"),
    (".039", "0.0385", "0.0395"),
    (" 5.10 ", "5.095", "5.105"),
    ("=5.10", "5.095", "5.105"),
    ("<0.05", None, "0.05"),
    ("< 0.05", None, "0.05"),
    ("<=2", None, "2"),
    ("≤2", None, "2"),
    (">0.05", "0.05", None),
    (">=1", "1", None),
    ("≥1", "1", None),
]


@pytest.mark.parametrize(("text", "low", "high"), INTERVALS)
def test_a_printed_number_stands_for_half_a_unit_either_side(text, low, high):
    assert Printed(text).interval == (low and Fraction(low), high and Fraction(high))


@pytest.mark.parametrize(
    ("text", "x", "contained"),
    [
        ("5.10", "5.095", True),
        ("5.10", "5.105", True),
        ("5.10", "5.1050001", False),
        ("5.10", "5.0949999", False),
        ("<0.05", "0.05", False),
        ("<0.05", "0.0499", True),
        ("<=2", "2", True),
        ("<=2", "2.1", False),
        (">0.05", "0.05", False),
        (">=1", "1", True),
        (">=1", "0.99", False),
        ("1:5", "4/20", True),
        ("1:5", "4/18", True),  # 1 : 4.5
        ("1:5", "4/22", True),  # 1 : 5.5
        ("1:5", "4/17", False),
        ("1:5", "4/23", False),
        ("1:5.0", "4/21", False),
        ("5:1", "18/4", True),
        ("5:1", "17/4", False),
        ("1:1", "3/2", True),
        ("1:1", "2/3", True),
        ("1:1", "16/10", False),
        ("4:20", "1/5", True),
        ("2:3", "40/62", True),
        ("0:5", "0", True),
    ],
)
def test_what_a_printed_number_contains(text, x, contained):
    assert Printed(text).contains(Fraction(x)) is contained


@pytest.mark.parametrize(
    ("text", "x", "roundings"),
    [
        ("18.8", "18.75", ("half-up", "half-even")),
        ("18.7", "18.75", ("half-down", "truncate")),
        ("18.8", "18.85", ("half-even", "half-down", "truncate")),
        ("18.8", "18.849", ROUNDINGS),
        ("18.8", "18.89", ("truncate",)),
        ("18.8", "18.9", ()),
        ("-2", "-2.5", ("half-even", "half-down", "truncate")),
        ("-3", "-2.5", ("half-up",)),
        ("0", "-0.4", ROUNDINGS),
        ("<0.05", "0.04", ROUNDINGS),
        ("<0.05", "0.05", ()),
        ("1:5", "4/20", ROUNDINGS),
        ("1:5", "4/18", ("half-up",)),
        ("1:4", "4/18", ("half-even", "half-down", "truncate")),
        ("1:5", "4/23", ("truncate",)),
        ("1:5", "0", ()),
        ("1:1", "13/24", ()),  # 1 : 1.8
        ("4:20", "1/5", ROUNDINGS),
    ],
)
def test_which_roundings_print_a_value(text, x, roundings):
    assert Printed(text).rounding(Fraction(x)) == roundings


@pytest.mark.parametrize(
    "text",
    ["", "5,10", "1,234", "5.1.0", "5.", ".", "abc", "NaN", "inf", "1e5", "1_000", "0x10", "−5", "５", "75%",
     "--1", "<", "<<1", "<-", "1:", ":5", "1:0", "1:2:3", "<1:5", "-1:5", "±2", "~5", "5 10", "=", "1 :a",
     "1\n2", "9" * 31],
)  # fmt: skip
def test_what_is_no_printed_number_is_refused_with_the_rule(text):
    with pytest.raises(ValueError, match=r"a printed (number|ratio) is"):
        Printed(text)


@pytest.mark.parametrize(
    ("text", "hull"),
    [
        ("18.7", ("18.7", "18.8")),
        ("-18.7", ("-18.8", "-18.7")),
        ("0", ("-1", "1")),
        ("<5", None),
        ("1:5", None),
    ],
)
def test_the_values_that_truncation_prints(text, hull):
    assert Printed(text).truncated == (hull and tuple(map(Fraction, hull)))


@pytest.mark.parametrize("x", [float("nan"), float("inf")])
def test_no_finite_number_is_contained_or_printed(x):
    assert not Printed(">1").contains(x)
    assert Printed(">1").rounding(x) == ()


def test_printed_numbers_are_equal_by_their_text():
    assert Printed("5.10") == Printed("5.10") != Printed("5.1")
    assert str(Printed("<0.05")) == "<0.05"


numbers = st.decimals(-10000, 10000, places=6)


@given(numbers, st.integers(0, 5))
def test_rounding_agrees_with_decimal(x, decimals):
    unit = Decimal(1).scaleb(-decimals)
    for how, rounding in DECIMAL_ROUNDINGS.items():
        assert rounded(Fraction(x), decimals, how) == Fraction(x.quantize(unit, rounding))


@given(numbers, st.integers(0, 5))
def test_a_value_lies_in_what_rounding_to_the_nearest_prints(x, decimals):
    for how, rounding in DECIMAL_ROUNDINGS.items():
        printed = Printed(str(x.quantize(Decimal(1).scaleb(-decimals), rounding)))
        assert printed.decimals == decimals
        assert how in printed.rounding(Fraction(x))
        if how == "truncate":
            low, high = printed.truncated
            assert low <= Fraction(x) <= high
        else:
            assert printed.contains(Fraction(x))


@given(st.integers(1, 60), st.integers(1, 60))
def test_a_ratio_contains_what_rounds_to_it(a, b):
    """Per one of the first: 1 to b/a, rounded to the nearest whole number."""
    second = rounded(Fraction(b, a), 0, "half-up")
    if second:
        printed = Printed(f"1:{second}")
        assert printed.contains(Fraction(a, b)) or second == 1


@given(st.text(max_size=12))
def test_any_text_is_printed_or_refused(text):
    try:
        assert Printed(text).contains(Printed(text).value) or Printed(text).relation in "<>"
    except ValueError as error:
        assert str(error).startswith("a printed ")


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(0, 10**7), st.integers(0, 5))
def test_a_root_is_on_the_side_of_every_decimal_that_its_square_is(a, b, bound, places):
    square, decimal = Fraction(a, b), Fraction(bound, 10**places)
    assert (root(square) < decimal) == (square < decimal**2)
    assert (root(square) > decimal) == (square > decimal**2)


def test_a_root_just_off_a_decimal_is_not_that_decimal():
    assert root(Fraction("2.25") + Fraction(1, 10**60)) > Fraction("1.5")
    assert root(Fraction("2.25") - Fraction(1, 10**60)) < Fraction("1.5")


def test_a_negative_square_has_no_root():
    with pytest.raises(ValueError, match="nonnegative"):
        root(Fraction(-1))
