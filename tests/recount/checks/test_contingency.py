"""Chi-squared and Fisher's test against scipy, every table with the same totals, and published values."""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, fisher_exact

from recount.checks.contingency import Fisher, association, chi_squared, fisher_test, read_table
from recount.record.printed import Printed

QUICK = settings(derandomize=True, deadline=None)
ORACLE = Path(__file__).parents[2] / "oracles" / "contingency.csv"
with ORACLE.open(encoding="utf-8", newline="") as file:
    PUBLISHED = list(csv.DictReader(file))


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["quantity"] + " " + row["table"])
def test_published_values(row: dict[str, str]) -> None:
    variant = row["quantity"].removesuffix("-p")
    if variant.startswith("fisher") or variant != row["quantity"]:
        assert variant in association(table=row["table"], p=row["expected"]).variants
    else:
        assert variant in association(table=row["table"], chi2=row["expected"]).variants


@st.composite
def tables(draw: st.DrawFn, rows: int = 4, columns: int = 4, most: int = 30) -> list[list[int]]:
    shape = draw(st.integers(2, rows)), draw(st.integers(2, columns))
    table = draw(
        st.lists(
            st.lists(st.integers(0, most), min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        )
    )
    for i in range(max(shape)):
        table[i % shape[0]][i % shape[1]] += 1
    return table


@QUICK
@given(tables())
def test_pearsons_chi_squared_is_scipys(table: list[list[int]]) -> None:
    expected = chi2_contingency(table, correction=False)
    found = chi_squared(table)
    assert float(found.statistic) == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)
    assert found.df == expected.dof
    assert float(found.p_low) == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-300)
    assert found.p_low <= found.p_high


@QUICK
@given(tables(2, 2))
def test_two_by_two_is_scipys(table: list[list[int]]) -> None:
    assert float(chi_squared(table, "yates").statistic) == pytest.approx(
        chi2_contingency(table, correction=True).statistic, rel=1e-9, abs=1e-12
    )
    (a, b), (c, d) = table
    n = a + b + c + d
    by_hand = Fraction(n * (a * d - b * c) ** 2, (a + b) * (c + d) * (a + c) * (b + d))
    assert chi_squared(table).statistic == by_hand
    assert chi_squared(table, "n-1").statistic == by_hand * (n - 1) / n
    found = fisher_test(table)
    for p, side in ((found.two_sided, "two-sided"), (found.less, "less"), (found.greater, "greater")):
        assert float(p) == pytest.approx(fisher_exact(table, alternative=side).pvalue, rel=1e-9)


@pytest.mark.parametrize("table", ["1 2; 3 1", "0 3; 3 1", "4 0; 0 3", "2 2; 1 2", "3 0; 3 1"])
def test_fishers_p_is_that_of_every_arrangement(table: str) -> None:
    (a, b), (c, d) = read_table(table)
    marks = (1,) * (a + c) + (0,) * (b + d)
    firsts = [sum(order[: a + b]) for order in permutations(marks)]
    counts = np.bincount(firsts, minlength=a + b + 1)
    likely = sum(int(k) for k in counts if k <= counts[a])
    assert fisher_test(table).two_sided == Fraction(likely, len(firsts))
    assert fisher_test(table).less == Fraction(int(counts[: a + 1].sum()), len(firsts))
    assert fisher_test(table).greater == Fraction(int(counts[a:].sum()), len(firsts))


def test_an_equally_probable_table_counts() -> None:
    # 5 of 10 either way: first counts 1 and 4 are as probable as each other, to the last digit
    assert fisher_test("1 4; 4 1").two_sided == 2 * fisher_test("1 4; 4 1").less


CASES = [  # table, chi-squared, P: the variants that print both
    ("3 1; 1 3", "2.00", None, ("pearson",)),
    ("3 1; 1 3", "0.50", None, ("yates",)),
    ("3 1; 1 3", "1.75", None, ("n-1",)),
    ("3 1; 1 3", None, "0.157", ("pearson",)),
    ("3 1; 1 3", None, "0.480", ("yates",)),
    ("3 1; 1 3", None, "0.5", ("yates", "fisher")),
    ("3 1; 1 3", "2.00", "0.486", ("fisher",)),  # a Pearson chi-squared beside Fisher's P
    ("3 1; 1 3", "2.50", "0.486", ()),
    ("3 1; 1 3", "2.01", None, ()),
    ("3 1; 1 3", None, "<0.05", ()),
    ("3 1; 1 3", None, ">0.05", ("pearson", "yates", "n-1", "fisher", "fisher-less", "fisher-greater")),
    ("5 5; 5 5", "0", None, ("pearson", "yates", "n-1")),
    ("2 1; 1 1", "0.0", None, ("yates",)),  # the correction takes all of |O - E| = 1/5
    ("10 20 30; 6 9 17", "0.25", "0.88", ()),
    ("10 20 30; 6 9 17", "0.272", "0.873", ("pearson",)),
    ("3 1; 1 3", "2.5", None, ()),
    ("3 1; 1 3", "2.0", None, ("pearson",)),
    ("3 1; 1 3", "<2", None, ("yates", "n-1")),
    ("3 1; 1 3", "<=2", None, ("pearson", "yates", "n-1")),
]


@pytest.mark.parametrize(("table", "chi2", "p", "expected"), CASES)
def test_cases(table: str, chi2: str | None, p: str | None, expected: tuple[str, ...]) -> None:
    assert association(table=table, chi2=chi2, p=p).variants == expected


def test_an_exact_p_at_the_edge_of_what_is_printed_is_printed() -> None:
    assert fisher_test("1 0; 0 1") == Fisher(Fraction(1), Fraction(1), Fraction(1, 2))
    assert "fisher-greater" in association(1, 0, 0, 1, p="0.5").variants
    assert "fisher-greater" not in association(1, 0, 0, 1, p="<0.5").variants
    assert "fisher-greater" in association(1, 0, 0, 1, p="0").variants  # half a unit either side
    assert Printed("0").contains(Fraction(1, 2))


BAD = [
    ({"table": "1 2"}, "two rows"),
    ({"table": "1 2; 3"}, "two rows"),
    ({"table": "1 2; 3 x"}, "whole number"),
    ({"table": "1 2; 3 -1"}, "whole number"),
    ({"table": "1 2; 3 1.5"}, "whole number"),
    ({"table": "1 2; 0 0"}, "counts somebody"),
    ({"table": "0 2; 0 1"}, "counts somebody"),
    ({"table": [1, 2]}, "two rows"),
    ({"table": "1 2; 3 9999999"}, "at most"),
    ({"a": 1, "b": 2, "c": 3}, "four counts"),
    ({"a": 1, "b": 2, "c": 3, "d": 4, "table": "1 2; 3 4"}, "four counts"),
    ({}, "four counts"),
]


@pytest.mark.parametrize(("given_", "rule"), BAD)
def test_what_makes_no_sense_is_refused(given_: dict, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        association(**given_, chi2="1")


def test_variants_and_nothing_printed_are_refused() -> None:
    with pytest.raises(ValueError, match="is printed"):
        association(1, 2, 3, 4)
    with pytest.raises(ValueError, match="two rows and two columns"):
        chi_squared("1 2 3; 4 5 6", "yates")
    with pytest.raises(ValueError, match="two rows and two columns"):
        fisher_test("1 2 3; 4 5 6")
    with pytest.raises(ValueError, match="chi-squared is one of"):
        chi_squared("1 2; 3 4", "fisher")
    with pytest.raises(ValueError, match="at most"):
        fisher_test("10000 10000; 10000 10000")
