"""Signed-rank sums against every pattern of signs and ties, scipy, published values, and the paper's own Z and P."""

from __future__ import annotations

import csv
from fractions import Fraction
from itertools import accumulate, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from recount.checks.rank_prints import bit_places
from recount.checks.rows import check_rows
from recount.checks.signed_rank import any_sums, null_counts, signed_rank
from recount.checks.tails import ALTERNATIVES
from recount.record.faults import Faults
from recount.record.study import read_study

ORACLES = Path(__file__).parents[2] / "oracles"
PAPER = Path(__file__).parents[3] / "data" / "raw" / "paper"
QUICK = settings(derandomize=True, deadline=None, max_examples=60)


def oracle(name: str, test: str | None = None) -> list[dict[str, str]]:
    with (ORACLES / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if test is None or row["test"] == test]


def patterns(n: int) -> list[tuple[int, ...]]:
    """Every way to part n ordered values into groups of equal ones."""
    return [(n,)] + [(k, *rest) for k in range(1, n) for rest in patterns(n - k)] if n else [()]


def sizes_of(pattern: tuple[int, ...]) -> list[int]:
    return [i + 1 for i, size in enumerate(pattern) for _ in range(size)]


def test_thirteen_pairs_without_ties_have_92_rank_sums_and_46_sizes_of_z() -> None:
    sums = range(13 * 14 // 2 + 1)
    squares = {(Fraction(w) - Fraction(91, 2)) ** 2 for w in sums}
    assert (len(sums), len(squares)) == (92, 46)
    printed = [f"{float(square / Fraction(13 * 14 * 27, 24)) ** 0.5:.3f}" for square in squares]
    found = [signed_rank(13, z) for z in printed]
    assert len(set(printed)) == 46
    assert all(len(each.smaller) == 1 and len(each.positive) == 2 for each in found)


@pytest.mark.parametrize(
    "row", [r for r in oracle("rank_tests.csv") if r["test"] == "signed rank"], ids=lambda r: r["p"]
)
def test_published_values(row: dict[str, str]) -> None:
    found = signed_rank(int(row["n1"]), p=row["p"], method=row["method"], alternative=row["alternative"])
    assert Fraction(row["statistic"]) in found.positive


@pytest.mark.parametrize("row", oracle("signed_rank_critical.csv"), ids=lambda r: f"{r['n']} {r['alternative']}")
def test_tables_of_critical_values(row: dict[str, str]) -> None:
    found = signed_rank(int(row["n"]), p="<=" + row["level"], method="exact", alternative=row["alternative"])
    low = [w for w in found.positive if w <= Fraction(int(row["n"]) * (int(row["n"]) + 1), 4)]
    assert low == list(range(int(row["critical"]) + 1))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_every_pattern_of_ties_and_signs_is_counted(n: int) -> None:
    expected: dict[int, set[int]] = {}
    for pattern in patterns(n):
        ranks = 2 * rankdata(sizes_of(pattern))
        term = sum(t**3 - t for t in pattern)
        sums = [round(np.dot(ranks, signs)) for signs in product((0, 1), repeat=n)]
        expected.setdefault(term, set()).update(sums)
        assert null_counts(pattern) == [sums.count(w) for w in range(n * (n + 1) + 1)]
    assert {term: set(bit_places(packed)) for term, packed in any_sums(n).items()} == expected


@st.composite
def differences(draw: st.DrawFn) -> np.ndarray:
    sizes = draw(st.lists(st.integers(0, 6), min_size=2, max_size=9).filter(lambda xs: sum(x > 0 for x in xs) >= 2))
    return np.array([x * draw(st.sampled_from((-1, 1))) for x in sizes])


@QUICK
@given(
    differences(),
    st.booleans(),
    st.sampled_from(("dropped", "pratt")),
    st.sampled_from(("two-sided", "less", "greater")),
)
def test_what_scipy_prints_is_found(d: np.ndarray, continuity: bool, zeros: str, alternative: str) -> None:
    method = {"dropped": "wilcox", "pratt": "pratt"}[zeros]
    result = wilcoxon(d, zero_method=method, correction=continuity, alternative=alternative, method="asymptotic")
    ranks = rankdata(np.abs(d) if zeros == "pratt" else np.abs(d[d != 0]))
    positive = Fraction(round(2 * ranks[(d if zeros == "pratt" else d[d != 0]) > 0].sum()), 2)
    groups = np.unique(np.abs(d[d != 0]), return_counts=True)[1].tolist()
    kwargs = {"zeros": int((d == 0).sum()), "zero_method": zeros, "continuity": continuity, "alternative": alternative}
    for ties in (groups, "any"):
        found = signed_rank(len(d), f"{result.zstatistic:.6f}", f"{result.pvalue:.6f}", ties=ties, **kwargs)
        assert positive in found.positive
        assert sum(t**3 - t for t in groups) in found.terms
        off = f"{result.zstatistic + 0.01:.6f}"
        assert positive not in signed_rank(len(d), off, f"{result.pvalue:.6f}", ties=groups, **kwargs).positive


@QUICK
@given(st.lists(st.integers(-8, 8).filter(bool), min_size=2, max_size=9, unique_by=abs), st.sampled_from(ALTERNATIVES))
def test_an_exact_p_is_scipys(d: list[int], alternative: str) -> None:
    result = wilcoxon(d, alternative=alternative, method="exact")
    found = signed_rank(len(d), p=f"{result.pvalue:.9f}", method="exact", alternative=alternative)
    assert Fraction(round(rankdata(np.abs(d))[np.array(d) > 0].sum())) in found.positive


def test_an_exact_p_with_ties_is_that_of_all_signs() -> None:
    pattern = (2, 1, 3)
    counts = null_counts(pattern)
    upto = list(accumulate(counts))
    p = Fraction(2 * upto[9], 64)  # the ranks are 1.5, 1.5, 3, 5, 5, 5: 4.5 is reached in two ways
    found = signed_rank(6, p=str(float(p)), method="exact", ties=pattern)
    assert counts[9] == 2
    assert found.positive == (Fraction(9, 2), Fraction(33, 2))


CASES = [  # z, p, further conventions: the smaller rank sums of 13 pairs
    ({"z": "3.040"}, ["2"]),
    ({"z": "-3.040"}, ["2"]),
    ({"z": "3.041"}, []),
    ({"z": "3.041", "ties": "any"}, ["2", "5/2"]),
    ({"z": "3.041", "ties": "2 1 1 1 1 1 1 1 1 1 1 1"}, []),
    ({"z": "3.041", "ties": "1 1 2 1 1 1 1 1 1 1 1 1"}, ["2"]),
    ({"z": "0"}, ["39", "40", "41", "42", "43", "44", "45"]),  # the mean is 45.5, and half a unit of Z 7.2
    ({"z": "0.0"}, ["45"]),
    ({"z": "<0.05"}, ["45"]),
    ({"z": "0.524", "p": "0.600"}, ["38"]),
    ({"z": "0.524", "p": "0.601"}, []),
    ({"w": "38", "z": "0.524"}, ["38"]),
    ({"w": "53", "z": "0.524"}, ["38"]),
    ({"w": "54", "z": "0.524"}, []),
    ({"p": "0.600", "method": "exact"}, []),
    ({"p": "0.0024", "method": "exact"}, ["5"]),  # 2 * 10 of 8192 patterns of signs
    ({"z": "3.005", "continuity": True}, ["2"]),
    ({"z": "2.903", "zeros": 1}, ["2"]),
]


def test_the_numbers_in_the_cases_are_scipys() -> None:
    d = [1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert f"{-wilcoxon(d, correction=True, method='asymptotic').zstatistic:.3f}" == "3.005"
    assert f"{-wilcoxon([*d[:12], 0], correction=False, method='asymptotic').zstatistic:.3f}" == "2.903"


@pytest.mark.parametrize(("given_", "expected"), CASES)
def test_cases(given_: dict, expected: list[str]) -> None:
    assert signed_rank(13, **given_).smaller == tuple(map(Fraction, expected))


def test_a_sign_is_the_positive_ranks_only_where_asked_for() -> None:
    assert signed_rank(13, "-3.040").positive == (2, 89)
    assert signed_rank(13, "-3.040", sign="as printed").positive == (2,)
    assert signed_rank(13, "3.040", sign="as printed").positive == (89,)
    assert signed_rank(13, p="0.0012", alternative="greater").positive == (89,)


def test_an_edge_of_what_is_printed_is_printed() -> None:
    # n = 1: W = 1, mean 1/2, variance 1/4: Z is exactly 1
    assert signed_rank(1, "1").holds
    assert signed_rank(1, "0.9").holds is False
    assert signed_rank(1, "<=1").holds
    assert signed_rank(1, "<1").holds is False
    assert signed_rank(1, "1.5").holds is False
    assert signed_rank(1, "2").holds is False
    # four equal differences: ranks 2.5, mean 5, variance 6.25: Z is 0, 1 or 2
    assert signed_rank(4, ">1", ties="4").positive == (0, 10)
    assert signed_rank(4, ">=1", ties="4").positive == (0, Fraction(5, 2), Fraction(15, 2), 10)


def test_an_exact_p_at_the_edge_is_printed() -> None:
    assert signed_rank(3, p="0.25", method="exact").positive == (0, 6)
    assert signed_rank(3, p="0.2", method="exact").positive == (0, 6)  # 0.25 is half a unit off
    assert signed_rank(3, p="0.3", method="exact").positive == (0, 6)
    assert signed_rank(3, p="<0.25", method="exact").holds is False


def test_the_papers_z_and_p_are_by_one_convention_without_zeros_or_correction() -> None:
    study = read_study(PAPER)
    size = next(c.printed.text for c in study.claims if (c.population, c.statistic) == ("COMPLETER", "n"))
    zs = {c.variable: c.printed.text for c in study.claims if c.statistic == "wilcoxon_z"}
    ps = {
        c.variable: c.printed.text
        for c in study.claims
        if c.statistic == "wilcoxon_p" and c.variable in zs and c.printed.relation == "="
    }
    table = pd.DataFrame({"n": int(size), "z": zs, "p": ps})
    assert check_rows(signed_rank, table)["smaller"].map(lambda sums: list(map(str, sums))).to_dict() == {
        "CD3_BL": ["38"],
        "CD4_BL": ["40"],
        "CD8_BL": ["41"],
        "CD19_BL": ["2"],
        "CD20_BL": [],
    }
    assert check_rows(signed_rank, table.assign(ties="any"))["holds"].all()
    assert not check_rows(signed_rank, table.assign(ties="any", continuity=True))["holds"].all()
    assert not check_rows(signed_rank, table.assign(method="exact"))["holds"].any()
    for zeros in range(1, 12):
        assert not check_rows(signed_rank, table.assign(ties="any", zeros=zeros))["holds"].all()
        assert not check_rows(signed_rank, table.assign(ties="any", zeros=zeros, zero_method="pratt"))["holds"].all()


BAD = [
    ({"n": 0, "z": "1"}, "whole number above nought"),
    ({"n": 5}, "is printed"),
    ({"n": 5, "z": "1:2"}, "ratio"),
    ({"n": 5, "p": "1.2"}, "from 0 to 1"),
    ({"n": 5, "z": "x"}, "digits"),
    ({"n": 5, "z": "1", "zeros": 5}, "zeros"),
    ({"n": 5, "z": "1", "zero_method": "split"}, "zeros are one of"),
    ({"n": 5, "z": "1", "ties": "1 2"}, "add up"),
    ({"n": 5, "z": "1", "ties": "some"}, "ties are"),
    ({"n": 5, "z": "1", "method": "exakt"}, "method is one of"),
    ({"n": 5, "z": "1", "alternative": "both"}, "alternative is one of"),
    ({"n": 5, "z": "1", "sign": "plus"}, "sign is one of"),
    ({"n": 5, "p": "0.1", "method": "exact", "ties": "any"}, "exact P needs"),
    ({"n": 51, "z": "1", "ties": "any"}, "at most"),
]


@pytest.mark.parametrize(("given_", "rule"), BAD)
def test_what_makes_no_sense_is_refused(given_: dict, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        signed_rank(**given_)


def test_bad_rows_are_all_named() -> None:
    with pytest.raises(Faults) as caught:
        check_rows(signed_rank, pd.DataFrame({"n": [5, 0, 5], "z": ["1", "1", None]}))
    assert [fault.row for fault in caught.value.faults] == [3, 4]
