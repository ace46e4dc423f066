"""U against every order with and without ties, scipy, and published values."""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, norm, rankdata

from recount.checks.mann_whitney import (
    any_sums,
    given_sums,
    mann_whitney,
    null_counts,
)
from recount.checks.rank_prints import bit_places
from recount.checks.rows import check_rows
from recount.checks.tails import ALTERNATIVES
from recount.record.faults import Faults

ORACLES = Path(__file__).parents[2] / "oracles"
QUICK = settings(derandomize=True, deadline=None, max_examples=60)
with (ORACLES / "rank_tests.csv").open(encoding="utf-8", newline="") as file:
    PUBLISHED = [row for row in csv.DictReader(file) if row["test"] == "rank sum"]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["origin"][:40])
def test_published_values(row: dict[str, str]) -> None:
    convention = {key: row[key] for key in ("method", "alternative")} | {"continuity": row["continuity"] == "1"}
    found = mann_whitney(int(row["n1"]), int(row["n2"]), p=row["p"], **convention)
    assert Fraction(row["statistic"]) in found.first


def patterns(n: int) -> list[tuple[int, ...]]:
    """Every way to part n ordered values into groups of equal ones."""
    return [(n,)] + [(k, *rest) for k in range(1, n) for rest in patterns(n - k)] if n else [()]


def all_u(n1: int, n2: int, pattern: tuple[int, ...]) -> list[int]:
    """Twice the first sample's U over every choice of its values, the obvious way."""
    ranks = 2 * rankdata(np.repeat(np.arange(len(pattern)), pattern))
    return [round(sum(ranks[list(chosen)])) - n1 * (n1 + 1) for chosen in combinations(range(n1 + n2), n1)]


@pytest.mark.parametrize(("n1", "n2"), [(1, 1), (1, 4), (4, 1), (2, 3), (3, 3), (4, 2)])
def test_every_pattern_of_ties_is_counted(n1: int, n2: int) -> None:
    expected: dict[int, set[int]] = {}
    for pattern in patterns(n1 + n2):
        ties, found = sum(t**3 - t for t in pattern), set(all_u(n1, n2, pattern))
        expected.setdefault(ties, set()).update(found)
        assert {term: set(bit_places(packed)) for term, packed in given_sums(n1, n2, pattern).items()} == {ties: found}
    assert {term: set(bit_places(packed)) for term, packed in any_sums(n1, n2).items()} == expected


@pytest.mark.parametrize(("n1", "n2"), [(1, 1), (1, 5), (3, 4), (4, 3), (5, 5), (6, 2)])
def test_the_null_distribution_is_that_of_every_order(n1: int, n2: int) -> None:
    found = all_u(n1, n2, (1,) * (n1 + n2))
    assert null_counts(n1, n2) == [found.count(2 * u) for u in range(n1 * n2 + 1)]
    assert sum(null_counts(n1, n2)) == comb(n1 + n2, n1)


@st.composite
def samples(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    values = st.lists(st.integers(0, 6), min_size=2, max_size=7)
    first, second = draw(values), draw(values)
    if len({*first, *second}) == 1:
        first[0] += 1
    return first, second


@QUICK
@given(samples(), st.booleans(), st.sampled_from(ALTERNATIVES))
def test_what_scipy_prints_is_found(both, continuity: bool, alternative: str) -> None:
    first, second = both
    result = mannwhitneyu(first, second, use_continuity=continuity, alternative=alternative, method="asymptotic")
    groups = np.unique([*first, *second], return_counts=True)[1].tolist()
    kwargs = {"continuity": continuity, "alternative": alternative}
    for ties in (groups, "any"):
        found = mann_whitney(len(first), len(second), p=f"{result.pvalue:.9f}", ties=ties, **kwargs)
        assert Fraction(result.statistic) in found.first
        assert sum(t**3 - t for t in groups) in found.terms


@QUICK
@given(samples())
def test_the_size_of_z_is_scipys(both) -> None:
    first, second = both
    p = mannwhitneyu(first, second, use_continuity=False, method="asymptotic").pvalue
    groups = np.unique([*first, *second], return_counts=True)[1].tolist()
    z = norm.isf(p / 2) if p < 1 else 0.0
    found = mann_whitney(len(first), len(second), f"{z:.6f}", ties=groups)
    u = mannwhitneyu(first, second).statistic
    assert Fraction(u) in found.first
    assert set(found.first) <= {Fraction(u), len(first) * len(second) - Fraction(u)}


@QUICK
@given(st.integers(1, 7), st.integers(1, 7), st.randoms(use_true_random=False), st.sampled_from(ALTERNATIVES))
def test_an_exact_p_is_scipys(n1: int, n2: int, random, alternative: str) -> None:
    values = random.sample(range(100), n1 + n2)
    result = mannwhitneyu(values[:n1], values[n1:], alternative=alternative, method="exact")
    found = mann_whitney(n1, n2, p=f"{result.pvalue:.9f}", method="exact", alternative=alternative)
    assert Fraction(result.statistic) in found.first


CASES = [  # n1, n2, what is printed: the smaller U
    (3, 3, {"z": "1.964"}, ["0"]),
    (3, 3, {"z": "-1.964"}, ["0"]),
    (3, 3, {"z": "1.965"}, []),
    (3, 3, {"z": "2.023", "ties": "1 1 1 1 2"}, []),
    (3, 3, {"p": "0.1", "method": "exact"}, ["0"]),
    (3, 3, {"p": "0.05", "method": "exact"}, []),
    (3, 3, {"p": "0.05", "method": "exact", "alternative": "less"}, ["0"]),
    (3, 3, {"u": "9", "z": "1.964"}, ["0"]),
    (3, 3, {"u": "1", "z": "1.964"}, []),
    (3, 3, {"z": "1.746", "continuity": True}, ["0"]),
    (1, 1, {"z": "1"}, ["0"]),  # the variance is 1/4: Z is 1
    (1, 1, {"z": "<1"}, []),
    (1, 1, {"z": "<=1"}, ["0"]),
    (2, 2, {"z": "1.5", "ties": "4"}, []),  # all are equal: no variance, no Z
    (2, 2, {"p": "0.333", "method": "exact"}, ["0"]),
    (2, 2, {"p": ">=1", "method": "exact"}, ["2"]),
]


@pytest.mark.parametrize(("n1", "n2", "printed", "expected"), CASES)
def test_cases(n1: int, n2: int, printed: dict, expected: list[str]) -> None:
    assert mann_whitney(n1, n2, **printed).smaller == tuple(map(Fraction, expected))


def test_a_sign_is_the_first_samples_only_where_asked_for() -> None:
    assert mann_whitney(3, 4, "2.121").first == (0, 12)
    assert mann_whitney(3, 4, "2.121", sign="as printed").first == (12,)
    assert mann_whitney(3, 4, "-2.121", sign="as printed").first == (0,)


BAD = [
    ((0, 3, "1"), {}, "whole number above nought"),
    ((3, 3), {}, "is printed"),
    ((3, 3, "1"), {"ties": "1 2"}, "add up"),
    ((3, 3), {"p": "0.1", "method": "exact", "ties": "any"}, "without ties"),
    ((3, 3), {"p": "0.1", "method": "exact", "ties": "2 1 1 1 1"}, "without ties"),
    ((20, 20, "1"), {"ties": "any"}, "at most"),
    ((3, 3), {"p": "-0.1"}, "from 0 to 1"),
]


@pytest.mark.parametrize(("given_", "named", "rule"), BAD)
def test_what_makes_no_sense_is_refused(given_: tuple, named: dict, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        mann_whitney(*given_, **named)


def test_a_table_is_checked_row_by_row() -> None:
    table = pd.DataFrame({"n1": [3, 3], "n2": [4, 4], "z": ["2.121", "2.0"], "ties": ["none", "any"]}, index=[5, 6])
    found = check_rows(mann_whitney, table)
    assert found["holds"].tolist() == [True, mann_whitney(3, 4, "2.0", ties="any").holds]
    assert found.index.tolist() == [5, 6]
    with pytest.raises(Faults, match="row 3"):
        check_rows(mann_whitney, table.assign(n1=[3, -3]))
