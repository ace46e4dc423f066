"""Signed ranks against brute force over every sign pattern, and against scipy's asymptotic test."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import norm, rankdata, wilcoxon

from recount.checks.rank_tests import distances, p_to_z, tie_terms, z_squared
from recount.record.printed import Printed

SIZES = [(1, 2, 3, 4, 5), (1, 1, 2, 3, 4), (1, 1, 1, 2, 2), (2, 2, 2, 2, 2)]


def described(sizes: tuple[int, ...], signs: tuple[int, ...]) -> tuple[int, int]:
    """Twice the sum of the positive ranks, and the ties' term, the obvious way."""
    ranks = rankdata(sizes)
    counts = np.unique(sizes, return_counts=True)[1]
    doubled = round(2 * sum(r for r, s in zip(ranks, signs, strict=True) if s > 0))
    return doubled, int(sum(t**3 - t for t in counts))


@pytest.mark.parametrize("sizes", SIZES)
def test_z_is_scipys(sizes: tuple[int, ...]) -> None:
    for signs in product((-1, 1), repeat=len(sizes)):
        d = np.array(sizes) * np.array(signs)
        doubled, ties = described(sizes, signs)
        square = z_squared(len(sizes), doubled, ties)
        assert square is not None
        p = wilcoxon(d, correction=False, method="asymptotic").pvalue
        assert 2 * norm.sf(float(square) ** 0.5) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("z", ["0.524", "1.214", "<1", ">1.5", "0"])
@pytest.mark.parametrize("sizes", SIZES)
def test_the_distances_are_those_that_print_z(z: str, sizes: tuple[int, ...]) -> None:
    n, ties = len(sizes), described(sizes, (1,) * len(sizes))[1]
    printed = Printed(z)
    for doubled in range(n * (n + 1) + 1):
        square = z_squared(n, doubled, ties)
        assert square is not None
        holds = printed.contains(round(float(square) ** 0.5, 12))
        assert (abs(2 * doubled - n * (n + 1)) in distances(n, ties, printed)) == holds


def test_the_papers_two_highest_z_need_a_tie_in_one_of_them() -> None:
    assert list(distances(13, 0, Printed("3.040"))) == [174]
    assert list(distances(13, 0, Printed("3.041"))) == []
    assert list(distances(13, 6, Printed("3.041"))) == [174]


def test_tie_terms_are_all_partitions() -> None:
    found = {described(sizes, (1,) * 4)[1] for sizes in product(range(4), repeat=4)}
    assert tie_terms(4) == found


@pytest.mark.parametrize(("p", "z"), [("0.600", 0.524), ("0.701", 0.384), ("0.002", 3.040)])
def test_a_printed_p_holds_its_z(p: str, z: float) -> None:
    interval = p_to_z(Printed(p))
    assert interval.low is not None and interval.high is not None
    assert float(interval.low) <= z <= float(interval.high)
