"""What tests take for granted: ties, symmetry, expected counts, and the exact twin of the paired t."""

import math
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytopenia.assumptions import Ties, independence, sign_flip_p, skewness, ties


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ([], Ties(0, 0, 0)),
        ([0, 0], Ties(2, 2, 0)),
        ([1, 2, 3], Ties(3, 0, 0)),
        ([1, -1, 2, 2, 0, 5], Ties(6, 1, 4)),
        ([0.13, 0.13, -0.13], Ties(3, 0, 3)),
    ],
)
def test_ties_are_of_sizes_whatever_the_sign(change: list[float], found: Ties) -> None:
    assert ties(change) == found


@pytest.mark.parametrize(
    ("change", "known"), [([1], (0, 0)), ([2, 2, 2], (0, 0)), ([1, 2, 9], (1, 0)), (range(9), (1, 1))]
)
def test_skewness_needs_variation_and_its_p_eight_values(change: list[float], known: tuple[int, int]) -> None:
    assert tuple(int(not math.isnan(value)) for value in skewness(change)) == known


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8).filter(any))
def test_sign_flips_are_counted_one_by_one(change: list[int]) -> None:
    sums = [
        abs(sum(sign * one for sign, one in zip(signs, change, strict=True)))
        for signs in product((1, -1), repeat=len(change))
    ]
    assert sign_flip_p(change) == pytest.approx(sum(one >= abs(sum(change)) for one in sums) / len(sums))


def test_sign_flips_of_nothing_one_and_too_many() -> None:
    assert math.isnan(sign_flip_p([0.0])) and sign_flip_p([3.0]) == 1
    with pytest.raises(ValueError, match="more than 20"):
        sign_flip_p(np.arange(1, 22))


def test_a_table_has_an_expected_count_unless_a_margin_is_nought() -> None:
    assert independence(pd.DataFrame([[1, 3], [3, 1]])).least_expected == 2
    assert math.isnan(independence(pd.DataFrame([[0, 3], [0, 1]])).fisher_p)
    with pytest.raises(ValueError, match="two rows and two columns"):
        independence(pd.DataFrame([[1, 2, 3], [4, 5, 6]]))
