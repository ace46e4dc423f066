"""P and statistics: bounds that hold the closed forms, printed pairs from tables, and edges."""

from __future__ import annotations

from fractions import Fraction
from math import atan, erfc, exp, pi, sqrt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, norm, t

from recount.checks.rank_tests import Interval
from recount.checks.reading import probability
from recount.checks.rows import check_rows
from recount.checks.tails import (
    enclosed,
    meets_printed,
    outer_root,
    p_from_chi2,
    p_from_t,
    p_from_z,
    size_ends,
    square_meets,
    z_interval,
)
from recount.record.printed import Printed

CLOSED = [  # a tail with a closed form: ours, and the form
    ("normal", norm.sf, lambda x: erfc(x / sqrt(2)) / 2),
    ("t on 1", lambda x: t.sf(x, 1), lambda x: atan(1 / x) / pi),
    ("t on 2", lambda x: t.sf(x, 2), lambda x: 1 / ((sqrt(2 + x * x) + x) * sqrt(2 + x * x))),
    ("chi-squared on 2", lambda x: chi2.sf(x, 2), lambda x: exp(-x / 2)),
    ("chi-squared on 1", lambda x: chi2.sf(x, 1), lambda x: erfc(sqrt(x / 2))),
]


@pytest.mark.parametrize(("tail", "form"), [case[1:] for case in CLOSED], ids=[case[0] for case in CLOSED])
def test_the_bounds_hold_the_closed_form(tail, form) -> None:
    for k in range(1, 200):
        x = Fraction(k, 16)
        low, high = enclosed(tail, x)
        assert low < Fraction(form(float(x))) < high
        assert high - low < high / 10**11


Z_TABLE = [("1.645", "0.1000"), ("1.960", "0.0500"), ("2.576", "0.0100"), ("3.291", "0.0010"), ("0.674", "0.500")]


@pytest.mark.parametrize(("z", "p"), Z_TABLE)  # Fisher & Yates, Statistical Tables, table I
def test_the_normal_table(z: str, p: str) -> None:
    assert p_from_z(z, p).holds
    assert p_from_z("-" + z, p).holds


PAIRS = [  # z, p, alternative: agree
    ("3.041", "0.002", "two-sided", True),
    ("3.041", "0.003", "two-sided", False),
    ("3.041", "0.001", "greater", True),
    ("3.041", "0.999", "less", True),
    ("-3.041", "0.001", "less", True),
    ("1.96", "<0.05", "two-sided", True),  # 1.965 has P 0.0494
    ("1.95", "<0.05", "two-sided", False),
    ("1.95", ">0.05", "two-sided", True),
    ("0.0", "1.0", "two-sided", True),
    (">3", "<0.01", "two-sided", True),
    (">3", "0.5", "two-sided", False),
    ("<1", "0.9", "two-sided", True),
    ("40", "0.000", "two-sided", True),
    ("40", "0.001", "two-sided", False),
]


@pytest.mark.parametrize(("z", "p", "alternative", "expected"), PAIRS)
def test_a_printed_p_agrees_with_a_printed_z(z: str, p: str, alternative: str, expected: bool) -> None:
    assert p_from_z(z, p, alternative).holds is expected


def test_no_printed_p_is_no_verdict() -> None:
    assert p_from_z("1").holds is None


T_TABLE = [("12.706", 1), ("4.303", 2), ("2.571", 5), ("2.228", 10), ("2.179", 12), ("2.042", 30)]


@pytest.mark.parametrize(("value", "df"), T_TABLE)  # Fisher & Yates, Statistical Tables, table III: two-sided 5 percent
def test_the_table_of_t(value: str, df: int) -> None:
    assert p_from_t(value, df, "0.0500").holds
    assert not p_from_t(value, df, "0.0503").holds


@pytest.mark.parametrize(("value", "df"), [("3.841", 1), ("5.991", 2), ("7.815", 3), ("18.307", 10)])
def test_the_table_of_chi_squared(value: str, df: int) -> None:  # Fisher & Yates, table IV: 5 percent
    assert p_from_chi2(value, df, "0.0500").holds
    assert not p_from_chi2(value, df, "0.0503").holds


def test_a_printed_degree_of_freedom_is_an_interval_where_it_has_decimals() -> None:
    exact, rough = p_from_t("1.8608", 18), p_from_t("1.8608", "17.8")
    assert rough.low < p_from_t("1.8608", "17.776").low < p_from_t("1.8608", "17.776").high < rough.high
    assert exact.high < rough.high
    assert p_from_t("1.8608", "17.776", "0.07939").holds  # R 4 stats, t.test(extra ~ group, data = sleep)


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 999), st.sampled_from(("two-sided", "less", "greater")))
def test_z_of_a_p_and_back(thousandths: int, alternative: str) -> None:
    p = f"{thousandths / 1000:.3f}"
    found = z_interval(probability(p), alternative)
    tail = {"two-sided": lambda z: 2 * norm.sf(z), "less": norm.cdf, "greater": norm.sf}[alternative]
    for z, inside in ((found.low, 1), (found.high, -1)):
        if z is not None and z != 0:
            within = tail(float(z) + inside * 1e-6), tail(float(z) - inside * 1e-6)
            assert Printed(p).contains(within[0])
            assert not Printed(p).contains(within[1])


SIZES = [
    (1, 2, (1, 2)),
    (-2, -1, (1, 2)),
    (-1, 2, (0, 2)),
    (-3, 2, (0, 3)),
    (None, 1, (0, None)),
    (None, -1, (1, None)),
]


@pytest.mark.parametrize(("low", "high", "expected"), SIZES)
def test_sizes(low, high, expected) -> None:
    assert size_ends(*(None if x is None else Fraction(x) for x in (low, high))) == expected


MEETS = [
    ("0.05", "0.055", "0.06", True),
    ("0.05", "0.0551", "0.06", False),
    ("<0.05", "0.05", "0.06", False),
    ("<=0.05", "0.05", "0.06", True),
    (">0.05", "0.04", "0.05", False),
    (">=0.05", "0.04", "0.05", True),
]


@pytest.mark.parametrize(("text", "low", "high", "expected"), MEETS)
def test_what_meets_a_printed_number(text: str, low: str, high: str, expected: bool) -> None:
    assert meets_printed(Interval(Fraction(low), Fraction(high)), Printed(text)) is expected
    squares = Fraction(low) ** 2, Fraction(high) ** 2
    assert square_meets(*squares, Printed(text)) is expected


@settings(derandomize=True, deadline=None)
@given(st.fractions(min_value=0, max_value=10**6))
def test_an_outer_root_is_on_its_side(square: Fraction) -> None:
    low, high = outer_root(square, False), outer_root(square, True)
    assert low <= 0 or low**2 <= square
    assert high**2 >= square
    assert high - low <= Fraction(2, 10**40)


BAD = [
    (p_from_z, ("1:2",), "ratio"),
    (p_from_z, ("1", "1.5"), "from 0 to 1"),
    (p_from_z, ("1", "<0"), "from 0 to 1"),
    (p_from_z, ("1", "0.5", "both"), "alternative"),
    (p_from_t, ("1", 0), "degrees of freedom"),
    (p_from_t, ("1", "-2"), "degrees of freedom"),
    (p_from_chi2, ("1", 0), "above nought"),
    (probability, ("2",), "from 0 to 1"),
    (probability, ("half",), "digits"),
]


@pytest.mark.parametrize(("check", "given_", "rule"), BAD)
def test_what_makes_no_sense_is_refused(check, given_: tuple, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        check(*given_)


FRAMES = [
    (p_from_z, {"z": ["3.041", "3.041"], "p": ["0.002", "0.003"]}, [True, False]),
    (p_from_t, {"t_printed": ["1.336", "1.336"], "df": [12, 13], "p": ["0.206", "0.206"]}, [True, False]),
    (p_from_chi2, {"chi2_printed": ["3.84", "3.84"], "df": [1, 2], "p": ["0.05", "0.05"]}, [True, False]),
]


@pytest.mark.parametrize(("check", "columns", "expected"), FRAMES)
def test_a_table_is_checked_row_by_row(check, columns: dict, expected: list[bool]) -> None:
    assert check_rows(check, pd.DataFrame(columns))["holds"].tolist() == expected
