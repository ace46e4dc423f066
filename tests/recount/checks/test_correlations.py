"""Implied correlations: published and hand-made cases, draws in the box, and the paper's own table."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.checks.correlations import APART, TOO_LARGE, TOO_SMALL, implied_correlation
from recount.checks.rows import check_rows
from recount.record.faults import Faults
from recount.record.printed import Printed

DRAWS = 20_000
QUICK = settings(derandomize=True, deadline=None, max_examples=40)

CHANGES = [  # SDs before, after and of the change: possible, why not
    ("8.0", "5.0", "2.0", False, TOO_SMALL),  # r would be 1.06
    ("8", "5", "2.0", True, None),  # 7.5 and 5.5 are printed so, and r = 1 gives 2.0
    ("8", "5", "1.9", False, TOO_SMALL),
    ("8.0", "5.0", "3.0", True, None),
    ("8.0", "5.0", "2.8", False, TOO_SMALL),
    ("8.0", "5.0", "2.9", True, None),  # just: 7.95 - 5.05 = 2.9
    ("8.00", "5.00", "2.98", False, TOO_SMALL),
    ("8.0", "5.0", "13.1", True, None),
    ("8.0", "5.0", "13.2", False, TOO_LARGE),
    ("5.0", "5.0", "0.0", True, None),
    ("0.0", "5.0", "5.0", True, None),  # an SD of nought: any r
    ("0.0", "5.0", "5.2", False, TOO_LARGE),
]


@pytest.mark.parametrize(("sd1", "sd2", "change", "expected", "why"), CHANGES)
def test_the_sd_of_a_change(sd1: str, sd2: str, change: str, expected: bool, why: str | None) -> None:
    for first, second in ((sd1, sd2), (sd2, sd1)):
        found = implied_correlation(first, second, sd_change=change)
        assert found.holds is expected
        assert why in (None, found.why)
        assert (found.r_low is None) == (not expected)


def test_what_an_impossible_change_would_need() -> None:
    found = implied_correlation("8.0", "5.0", sd_change="2.0")
    assert 1 < found.needs_low < Fraction("1.0625") < found.needs_high  # (64 + 25 - 4) / 80


def test_the_formula_by_hand() -> None:
    # r = (4.0^2 + 4.4^2 - 3.2^2) / (2 * 4.0 * 4.4), the printed numbers' own
    found = implied_correlation("4.000", "4.400", sd_change="3.200")
    assert float(found.r_low) == pytest.approx((16 + 19.36 - 10.24) / 35.2, abs=2e-4)
    assert float(found.r_high) == pytest.approx((16 + 19.36 - 10.24) / 35.2, abs=2e-4)


def draws(text: str, rng: np.random.Generator) -> np.ndarray:
    low, high = (float(end) for end in Printed(text).interval)
    ends = rng.choice([max(low, 1e-9), high], DRAWS)
    return np.where(rng.random(DRAWS) < 0.4, ends, rng.uniform(max(low, 1e-9), high, DRAWS))


SDS = st.integers(1, 40).map(lambda k: f"{k / 10:.1f}")
MEANS = st.integers(-20, 20).map(lambda k: f"{k / 10:.1f}")


@QUICK
@given(SDS, SDS, SDS)
def test_every_correlation_drawn_lies_inside(sd1: str, sd2: str, change: str) -> None:
    rng = np.random.default_rng(1)
    a, b, c = draws(sd1, rng), draws(sd2, rng), draws(change, rng)
    found, r = implied_correlation(sd1, sd2, sd_change=change), (a**2 + b**2 - c**2) / (2 * a * b)
    possible = np.abs(r) <= 1 - 1e-9
    assert found.holds or not possible.any()
    if found.needs_low is not None and found.needs_high is not None:
        assert r.min() >= float(found.needs_low) - 1e-9
        assert r.max() <= float(found.needs_high) + 1e-9
        if max(map(float, (sd1, sd2, change))) < 10 * min(map(float, (sd1, sd2))):
            width = float(found.needs_high - found.needs_low)
            assert r.max() - r.min() > 0.8 * width
    if possible.any():
        assert r[possible].min() >= float(found.r_low) - 1e-9
        assert r[possible].max() <= float(found.r_high) + 1e-9
        assert c[possible].min() >= float(found.sd_low) - 1e-9
        assert c[possible].max() <= float(found.sd_high) + 1e-9


@QUICK
@given(st.integers(2, 30), MEANS, SDS, MEANS, SDS, st.integers(0, 40).map(lambda k: f"{k / 10:.1f}"))
def test_every_correlation_that_gives_the_t_lies_inside(n: int, mean1, sd1, mean2, sd2, t) -> None:
    rng = np.random.default_rng(n)
    a, b, between = draws(sd1, rng), draws(sd2, rng), signed(mean1, rng) - signed(mean2, rng)
    r = rng.uniform(-1, 1, DRAWS)
    sd = np.sqrt(a**2 + b**2 - 2 * r * a * b)
    size = np.abs(between) / sd * np.sqrt(n)
    low, high = (float(end) for end in Printed(t).interval)
    prints = (size > low + 1e-9) & (size < high - 1e-9)
    found = implied_correlation(sd1, sd2, n, mean1, mean2, t=t)
    assert found.holds or not prints.any()
    if prints.any():
        assert float(found.r_low) - 1e-9 <= r[prints].min()
        assert r[prints].max() <= float(found.r_high) + 1e-9
        assert float(found.sd_low) - 1e-9 <= sd[prints].min()
        assert sd[prints].max() <= float(found.sd_high) + 1e-9


def signed(text: str, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(*(float(end) for end in Printed(text).interval), DRAWS)


PAPER = [  # the paper's table 3, 13 pairs: means and SDs, t, P; the implied SD of the differences and correlation
    ("12.65", "3.57", "12.10", "2.71", "1.336", "0.206", (1.4568, 1.5119), (0.9192, 0.9294), "agrees"),
    ("2.66", "1.21", "2.53", "1.15", "2.031", "0.065", (0.2130, 0.2486), (0.9787, 0.9855), "agrees"),
    ("1.54", "0.76", "1.58", "0.68", "1.489", "0.162", (0.0726, 0.1211), (0.9906, 1.0), "opposite"),
]


@pytest.mark.parametrize(("mean1", "sd1", "mean2", "sd2", "t", "p", "sds", "rs", "sign"), PAPER)
def test_the_papers_correlations(mean1, sd1, mean2, sd2, t, p, sds, rs, sign) -> None:
    found = implied_correlation(sd1, sd2, 13, mean1, mean2, t=t, p=p)
    assert (found.holds, found.sign) == (True, sign)
    assert (float(found.sd_low), float(found.sd_high)) == pytest.approx(sds, abs=5.1e-5)
    assert (float(found.r_low), float(found.r_high)) == pytest.approx(rs, abs=5.1e-5)
    only = implied_correlation(sd1, sd2, 13, mean1, mean2, p=p)
    assert only.r_low <= found.r_low <= found.r_high <= only.r_high


def test_a_t_and_a_change_that_contradict_each_other() -> None:
    found = implied_correlation("3.57", "2.71", 13, "12.65", "12.10", t="1.336", sd_change="2.50")
    assert (found.holds, found.why) == (False, APART)


def test_a_t_that_no_correlation_gives() -> None:
    too_large = implied_correlation("3.57", "2.71", 13, "12.65", "12.10", t="2.500")
    too_small = implied_correlation("3.57", "2.71", 13, "12.65", "12.10", t="0.200")
    assert (too_large.why, too_small.why) == (TOO_SMALL, TOO_LARGE)


def test_a_t_that_may_be_nought_bounds_nothing_from_above() -> None:
    found = implied_correlation("2.0", "2.0", 10, "5.0", "4.0", t="<1.5")
    assert found.needs_low is None
    assert found.r_low == -1
    assert found.sd_high == Fraction("4.1")
    assert float(found.sd_low) == pytest.approx(0.9 * 10**0.5 / 1.5)


BAD = [
    ({}, "is printed"),
    ({"t": "1"}, "two means"),
    ({"t": "1", "n": 1, "mean1": "1", "mean2": "1"}, "two values"),
    ({"sd_change": "-1"}, "below nought"),
    ({"p": "2", "n": 5, "mean1": "1", "mean2": "1"}, "from 0 to 1"),
]


@pytest.mark.parametrize(("given_", "rule"), BAD)
def test_what_makes_no_sense_is_refused(given_: dict, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        implied_correlation("1.0", "1.0", **given_)


def test_a_table_is_checked_row_by_row() -> None:
    table = pd.DataFrame({"sd1": ["8.0", "8"], "sd2": ["5.0", "5"], "sd_change": ["2.0", "2.0"]}, index=["a", "b"])
    assert check_rows(implied_correlation, table)["holds"].to_dict() == {"a": False, "b": True}
    with pytest.raises(Faults, match="row 3"):
        check_rows(implied_correlation, table.assign(sd_change=["2.0", None]))
