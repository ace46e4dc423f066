"""Roundings of a number: against rounding itself, and with the ends as cases."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.checks.rank_tests import Interval
from recount.checks.roundings import printing, roundings
from recount.checks.rows import check_rows
from recount.record.faults import Faults
from recount.record.printed import ROUNDINGS, Printed

CASES = [  # printed, exact value, the roundings that print it
    ("68.8", "68.75", ("half-up", "half-even")),
    ("16.7", "16.75", ("half-down", "truncate")),
    ("18.8", "18.75", ("half-up", "half-even")),
    ("0.2", "0.25", ("half-even", "half-down", "truncate")),
    ("0.3", "0.25", ("half-up",)),
    ("12.5", "12.5", ROUNDINGS),
    ("66.7", "200/3", ("half-up", "half-even", "half-down")),
    ("66.6", "200/3", ("truncate",)),
    ("66.5", "200/3", ()),
    ("-2", "-2.5", ("half-even", "half-down", "truncate")),
    ("<0.05", "0.049", ROUNDINGS),
    ("<0.05", "0.05", ()),
    ("1:5", "4/20", ROUNDINGS),
    ("0.3", 0.25, ("half-up",)),
    ("0.1", 0.1, ROUNDINGS),  # the shortest decimal, not the binary number next to it
]


@pytest.mark.parametrize(("printed", "value", "expected"), CASES)
def test_the_roundings_that_print_a_number(printed: str, value: str | float, expected: tuple[str, ...]) -> None:
    found = roundings(printed, value)
    assert (found.roundings, found.holds) == (expected, bool(expected))


ENDS = [  # text, rounding: low, high, whether they are left out
    ("0", "half-up", "-1/2", "1/2", True, True),
    ("0", "half-even", "-1/2", "1/2", False, False),
    ("0", "half-down", "-1/2", "1/2", False, False),
    ("0", "truncate", "-1", "1", True, True),
    ("3", "half-up", "5/2", "7/2", False, True),
    ("3", "half-even", "5/2", "7/2", True, True),
    ("4", "half-even", "7/2", "9/2", False, False),
    ("3", "half-down", "5/2", "7/2", True, False),
    ("3", "truncate", "3", "4", False, True),
    ("-3", "half-up", "-7/2", "-5/2", True, False),
    ("-3", "half-down", "-7/2", "-5/2", False, True),
    ("-0.3", "truncate", "-0.4", "-0.3", True, False),
]


@pytest.mark.parametrize(("text", "how", "low", "high", "low_out", "high_out"), ENDS)
def test_the_values_that_a_rounding_prints(text, how, low, high, low_out, high_out) -> None:
    assert printing(Printed(text), how) == Interval(Fraction(low), Fraction(high), low_out, high_out)


@settings(derandomize=True, deadline=None)
@given(st.integers(-300, 300), st.integers(0, 2), st.integers(-6, 6))
def test_a_value_lies_in_them_if_and_only_if_the_rounding_prints_the_text(units: int, decimals: int, off: int) -> None:
    value = Fraction(units, 10**decimals)
    sign = "-" if units < 0 else ""
    printed = Printed(
        f"{sign}{abs(units) // 10**decimals}" + (f".{abs(units) % 10**decimals:0{decimals}}" if decimals else "")
    )
    assert printed.value == value
    x = value + Fraction(off, 4 * 10**decimals)
    for how in ROUNDINGS:
        ends = printing(printed, how)
        low = x > ends.low or (x == ends.low and not ends.low_strict)
        high = x < ends.high or (x == ends.high and not ends.high_strict)
        assert (low and high) == (how in printed.rounding(x))


def test_an_inequality_stands_for_what_satisfies_it_and_a_ratio_for_nothing() -> None:
    assert printing(Printed("<0.05"), "truncate") == Interval(None, Fraction("0.05"), False, True)
    with pytest.raises(ValueError, match="ratio"):
        printing(Printed("1:5"), "half-up")


def test_bad_rows_are_all_named() -> None:
    table = pd.DataFrame({"printed": ["1", "one", "2"], "value": ["1", "1", "two"]})
    with pytest.raises(Faults) as caught:
        check_rows(roundings, table)
    assert [fault.row for fault in caught.value.faults] == [3, 4]
