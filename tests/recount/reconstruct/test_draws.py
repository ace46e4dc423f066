"""Signed ranks and moments, as they are drawn, against slower arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from recount.moments.patients import Bounds, _rounded, _t_range
from recount.ranks.patients import _signed_ranks
from recount.reconstruct.cohort import reference_cohort
from recount.reconstruct.deciding import reference_solution
from recount.verify.verifier import t_squared


@given(st.lists(st.integers(-6, 6).filter(bool), min_size=1, max_size=12))
def test_signed_ranks_of_rows_are_those_of_scipy(d: list[int]) -> None:
    ranks = rankdata(np.abs(d))
    doubled = 2 * sum(rank for rank, x in zip(ranks, d, strict=True) if x > 0)
    sizes = [list(map(abs, d)).count(size) for size in set(map(abs, d))]
    distance, ties = _signed_ranks(np.array([d]))
    assert int(distance[0]) == abs(2 * doubled - len(d) * (len(d) + 1))
    assert int(ties[0]) == sum(t**3 - t for t in sizes)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=10), st.integers(-60, 60))
def test_rounded_numbers_have_the_sum_and_stay_near(values: list[float], off: int) -> None:
    total = round(sum(values)) + off
    found = _rounded(np.array(values), total)
    assert int(found.sum()) == total
    assert np.ptp(found - np.array(values)) < 2 + 1e-6  # all are moved by the same, but for a rounding


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=9), st.fractions(0, 9), st.fractions(0, 3))
def test_the_range_of_squares_is_where_t_is_within(d: list[int], low: Fraction, width: Fraction) -> None:
    square = t_squared([(Fraction(0), Fraction(x)) for x in d])
    if square is not None and sum(d) != 0:
        least, most = _t_range(sum(d), len(d), Bounds(low, low + width))
        assert (least <= sum(x * x for x in d) <= most) is (low**2 <= square <= (low + width) ** 2)


ODD = {  # printed shapes that say too little, or contradict themselves, and whether something is set aside
    "quartiles without a median": (["ALL|X|p25|1", "ALL|X|p75|2"], False),
    "a median below the least": (["ALL|X|min|1", "ALL|X|median|0", "ALL|X|max|3"], True),
    "quartiles in disorder": (["ALL|X|p25|3", "ALL|X|median|2", "ALL|X|p75|1"], True),
}


@pytest.mark.parametrize("name", ODD)
def test_patients_are_drawn_whatever_shape_is_printed(small, name: str) -> None:
    claims, aside = ODD[name]
    found = reference_cohort(reference_solution(small.record("XZ", ["ALL||n|4", *claims])))
    assert len(found.frame) == 4 and bool(found.set_aside) == aside
