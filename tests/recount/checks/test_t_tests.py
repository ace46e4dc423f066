"""t and P from printed summaries: published values, values drawn in the box inside the bounds, the ends reached."""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_ind_from_stats

from recount.checks.rows import check_rows
from recount.checks.t_tests import (
    TRange,
    change_squares,
    paired_t,
    sd_ends,
    student_t,
    welch_t,
)
from recount.record.faults import Faults
from recount.record.printed import Printed
from recount.record.study import read_study

ROOT = Path(__file__).parents[3]
DRAWS = 4000
QUICK = settings(derandomize=True, deadline=None, max_examples=25)
with (ROOT / "tests" / "oracles" / "t_tests.csv").open(encoding="utf-8", newline="") as file:
    PUBLISHED = list(csv.DictReader(file))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["test"])
def test_published_values(row: dict[str, str]) -> None:
    first, second = (row["mean1"], row["sd1"]), (row["mean2"], row["sd2"])
    if row["test"] == "paired":
        found = paired_t(int(row["n1"]), *first, *second, r=row["r"], t=row["t"], p=row["p"], sign="as printed")
    else:
        check = {"student": student_t, "welch": welch_t}[row["test"]]
        found = check(int(row["n1"]), *first, int(row["n2"]), *second, t=row["t"], p=row["p"], sign="as printed")
    assert (found.t_holds, found.p_holds, found.sign) == (True, True, "agrees")
    assert found.df_low <= Printed(row["df"]).high
    assert found.df_high >= Printed(row["df"]).low


def drawn(text: str, rng: np.random.Generator, least: float = -np.inf) -> np.ndarray:
    """Values of what a printed number stands for: its ends, and others in between."""
    printed = Printed(text)
    low, high = max(float(printed.low), least), float(printed.high)
    ends = rng.choice([low, high], DRAWS)
    return np.where(rng.random(DRAWS) < 0.5, ends, rng.uniform(low, high, DRAWS))


def inside(found: TRange, t: np.ndarray, p: np.ndarray) -> None:
    """Every t and P lies in the bounds, but for the last places of the floats drawn here."""
    low = -np.inf if found.low is None else float(found.low)
    high = np.inf if found.high is None else float(found.high)
    slack = 1e-9 * (1 + np.abs(t))
    assert np.all(t >= low - slack)
    assert np.all(t <= high + slack)
    assert np.all(p >= float(found.p_low) * (1 - 1e-9) - 1e-15)
    assert np.all(p <= float(found.p_high) * (1 + 1e-9))


MEANS = st.integers(-40, 40).map(lambda k: f"{k / 10:.1f}")
SDS = st.integers(1, 40).map(lambda k: f"{k / 10:.1f}")
RS = st.sampled_from(["-0.99", "-0.50", "0.00", "0.30", "0.75", "0.99", "1.00"])


@QUICK
@given(st.integers(2, 30), MEANS, SDS, MEANS, SDS, st.none() | RS)
def test_a_paired_t_in_the_box_lies_in_the_bounds(n: int, mean1: str, sd1: str, mean2: str, sd2: str, r: str) -> None:
    rng = np.random.default_rng(n)
    a, b = drawn(sd1, rng, 0), drawn(sd2, rng, 0)
    rs = rng.choice([-1.0, 1.0, 0.5], DRAWS) if r is None else np.clip(drawn(r, rng), -1, 1)
    between = drawn(mean1, rng) - drawn(mean2, rng)
    v = a**2 + b**2 - 2 * rs * a * b
    kept = v > 1e-9
    t = between[kept] / np.sqrt(v[kept] / n)
    inside(paired_t(n, mean1, sd1, mean2, sd2, r=r), t, 2 * student.sf(np.abs(t), n - 1))


@QUICK
@given(st.integers(2, 30), st.integers(2, 30), MEANS, SDS, MEANS, SDS)
def test_a_t_of_two_samples_in_the_box_lies_in_the_bounds(n1: int, n2: int, mean1, sd1, mean2, sd2) -> None:
    rng = np.random.default_rng(n1)
    a, b = drawn(sd1, rng, 0.001), drawn(sd2, rng, 0.001)
    first, second = drawn(mean1, rng), drawn(mean2, rng)
    for check, equal in ((student_t, True), (welch_t, False)):
        t, p = ttest_ind_from_stats(first, a, n1, second, b, n2, equal_var=equal)
        inside(check(n1, mean1, sd1, n2, mean2, sd2), t, p)


CLOSE = [  # summaries of two samples of 9 and 14, or of 9 pairs
    ("5.3", "1.2", "4.1", "0.9"),
    ("4.1", "0.9", "5.3", "1.2"),
    ("4.1", "2.9", "4.1", "0.3"),
    ("40", "10", "80", "21"),
]


@pytest.mark.parametrize(("mean1", "sd1", "mean2", "sd2"), CLOSE)
def test_the_ends_are_reached_at_corners(mean1: str, sd1: str, mean2: str, sd2: str) -> None:
    corners = [[float(x) for x in (Printed(text).low, Printed(text).high)] for text in (mean1, sd1, mean2, sd2)]
    mids = [np.linspace(*ends, 9) for ends in corners]
    first, a, second, b = (np.array(column) for column in zip(*product(*mids), strict=True))
    for check, equal, slack in ((student_t, True, 1e-9), (welch_t, False, 0.1)):
        found = check(9, mean1, sd1, 14, mean2, sd2)
        t, p = ttest_ind_from_stats(first, a, 9, second, b, 14, equal_var=equal)
        assert [float(found.low), float(found.high)] == pytest.approx([t.min(), t.max()], rel=1e-9)
        assert float(found.p_low) == pytest.approx(p.min(), rel=slack)
        assert float(found.p_high) == pytest.approx(p.max(), rel=slack)
    found = paired_t(9, mean1, sd1, mean2, sd2, r="0.5")
    t = np.concatenate([(first - second) / np.sqrt((a**2 + b**2 - 2 * r * a * b) / 9) for r in (0.45, 0.55)])
    assert [float(found.low), float(found.high)] == pytest.approx([t.min(), t.max()], rel=0.02)
    assert float(found.p_low) <= (2 * student.sf(np.abs(t), 8)).min()


SQUARES = [  # two SDs' ends, r's ends: the least and the greatest variance of the differences
    (("3", "4"), ("5", "6"), ("-1", "1"), "1", "100"),
    (("3", "5"), ("4", "6"), ("-1", "1"), "0", "121"),  # the SDs can be equal
    (("0", "1"), ("0", "1"), ("-1", "1"), "0", "4"),
    (("3", "4"), ("5", "6"), ("0", "0"), "34", "52"),
    (("3", "4"), ("5", "6"), ("0.5", "0.5"), "19", "28"),
    (("1", "4"), ("4", "4"), ("0.5", "0.5"), "12", "16"),  # least at s1 = r s2 = 2; at s1 = 1, 13
    (("1", "4"), ("4", "4"), ("-0.5", "-0.5"), "21", "48"),
]


@pytest.mark.parametrize(("first", "second", "r", "least", "greatest"), SQUARES)
def test_the_variance_of_the_differences(first, second, r, least: str, greatest: str) -> None:
    ends = [tuple(map(Fraction, each)) for each in (first, second, r)]
    assert change_squares(*ends) == (Fraction(least), Fraction(greatest))


def test_a_t_without_bound() -> None:
    found = paired_t(10, "5.0", "1.0", "4.0", "1.0")
    assert found.high is None
    assert found.low > 0
    assert (found.p_low, paired_t(10, "5.0", "1.0", "4.0", "1.0", t="1000000").t_holds) == (0, True)
    assert paired_t(10, "5.0", "1.0", "4.0", "1.0", t="-1000000", sign="as printed").t_holds is False


VERDICTS = [  # a printed t beside means 5.0 and 4.0, SDs 1.0 and 3.0, ten pairs: t is 0.70 to 1.83
    ("1.0", "either", True),
    ("-1.0", "either", True),
    ("-1.0", "as printed", False),
    ("0.6", "either", False),
    ("1.9", "either", False),
    ("<0.5", "either", False),
    ("<0.71", "either", True),
    (">1.8", "either", True),
    (">1.9", "either", False),
]


@pytest.mark.parametrize(("t", "sign", "expected"), VERDICTS)
def test_a_printed_t(t: str, sign: str, expected: bool) -> None:
    found = paired_t(10, "5.0", "1.0", "4.0", "3.0", t=t, sign=sign)
    assert found.t_holds is expected
    assert (round(float(found.low), 2), round(float(found.high), 2)) == (0.69, 1.83)


SIGNS = [
    ("5.0", "4.0", "2.0", "agrees"),
    ("5.0", "4.0", "-2.0", "opposite"),
    ("5.0", "5.0", "2.0", "undetermined"),
    ("5", "4", "2.0", "undetermined"),  # 4.5 and 4.5
    ("5.0", "4.0", "0.0", "undetermined"),
    ("4.0", "5.0", "-2.0", "agrees"),
]


@pytest.mark.parametrize(("mean1", "mean2", "t", "expected"), SIGNS)
def test_the_sign_of_t(mean1: str, mean2: str, t: str, expected: str) -> None:
    assert paired_t(9, mean1, "2.0", mean2, "2.0", t=t).sign == expected


def test_the_papers_table_3_goes_together_but_for_one_sign() -> None:
    study = read_study(ROOT / "data" / "raw" / "paper")
    size = next(c.printed.text for c in study.claims if (c.population, c.statistic) == ("COMPLETER", "n"))
    printed = {(c.variable, c.statistic): c for c in study.claims if c.place == "Table 3" and c.printed.relation == "="}
    names = [name for name, statistic in printed if statistic == "paired_t"]
    rows = []
    for name in names:
        after = printed[name, "paired_t"].versus
        row = {"mean1": (name, "mean"), "sd1": (name, "sd"), "mean2": (after, "mean"), "sd2": (after, "sd")}
        row |= {"t": (name, "paired_t"), "p": (name, "paired_p")}
        rows.append({key: printed[where].printed.text for key, where in row.items()})
    found = check_rows(paired_t, pd.DataFrame(rows, index=names).assign(n=int(size)))
    assert found["t_holds"].all()
    assert found["p_holds"].all()
    assert found["sign"].to_dict() == {"IGG_BL": "agrees", "IGA_BL": "agrees", "IGM_BL": "opposite"}


BAD = [
    (paired_t, (1, "1", "1", "1", "1"), "two values"),
    (paired_t, (5, "1", "-1", "1", "1"), "below nought"),
    (paired_t, (5, "1", "1", "<1", "1"), "plain number"),
    (paired_t, (5, "1", "1", "1", "1", "1.2"), "correlation"),
    (paired_t, (5, "1", "1", "1", "1", None, "t"), "digits"),
    (paired_t, (5, "1", "1", "1", "1", None, "1", None, "plus"), "sign is one of"),
    (paired_t, (5, "1", "1", "1", "1", None, None, "2"), "from 0 to 1"),
    (student_t, (1, "1", "1", 5, "1", "1"), "two values"),
    (welch_t, (5, "1", "1", 0, "1", "1"), "whole number"),
]


@pytest.mark.parametrize(("check", "given_", "rule"), BAD)
def test_what_makes_no_sense_is_refused(check, given_: tuple, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        check(*given_)


def test_an_sd_of_nought_stands_for_none_below() -> None:
    assert sd_ends("0.0") == (0, Fraction(1, 20))
    assert sd_ends("0.1") == (Fraction(1, 20), Fraction(3, 20))


def test_tables_are_checked_row_by_row() -> None:
    rows = {"n1": [10, 10], "mean1": ["0.75", "0.75"], "sd1": ["1.79", "1.79"], "n2": [10, 10]}
    table = pd.DataFrame({**rows, "mean2": ["2.33", "2.33"], "sd2": ["2.00", "2.00"], "t": ["1.861", "2.861"]})
    assert check_rows(student_t, table)["t_holds"].tolist() == [True, False]
    assert check_rows(welch_t, table)["t_holds"].tolist() == [True, False]
    with pytest.raises(Faults, match="row 3"):
        check_rows(welch_t, table.assign(n2=[10, 1]))
