"""Effect sizes where R gives none: edges, missing values, and what they must satisfy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytopenia.effect_sizes import change_score, rank_biserial, standardised_mean_change

changes = st.lists(st.integers(-9, 9), min_size=1, max_size=9)


@given(changes)
def test_rank_biserial_turns_with_the_changes_and_stays_within_one(change: list[int]) -> None:
    forth, back = rank_biserial(change), rank_biserial([-one for one in change])
    if forth.n:
        assert forth.estimate == pytest.approx(-back.estimate) and forth.low == pytest.approx(-back.high)
        assert -1 <= forth.low <= forth.estimate <= forth.high <= 1
    else:
        assert math.isnan(forth.estimate)


@pytest.mark.parametrize(("change", "r"), [([-1, -2], -1), ([3], 1), ([0, 0], None), ([], None), ([1, -1], 0)])
def test_rank_biserial_at_its_edges(change: list[int], r: float | None) -> None:
    found = rank_biserial(change)
    assert math.isnan(found.estimate) if r is None else found.estimate == r


def test_a_wider_confidence_has_a_wider_interval() -> None:
    narrow, wide = (rank_biserial([1, 2, 3, -4], confidence) for confidence in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_pair_without_both_values_is_left_out() -> None:
    whole = standardised_mean_change([1, 2, 3, 5], [2, 2, 5, 7])
    assert standardised_mean_change([1, 2, 3, 5, math.nan, 4], [2, 2, 5, 7, 1, math.nan]) == whole
    assert whole.n == 4


@pytest.mark.parametrize(
    ("before", "after"), [([], []), ([1, 2], [2, 3]), ([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [2, 2, 2])]
)
def test_a_standardised_mean_change_needs_three_pairs_that_vary(before: list, after: list) -> None:
    assert math.isnan(standardised_mean_change(before, after).estimate)


def test_a_change_score_needs_changes_that_differ() -> None:
    assert math.isnan(change_score([1]).estimate) and math.isnan(change_score([2, 2, 2]).estimate)
    assert change_score([1, 2, 4]).estimate > 0


def test_columns_of_unequal_length_and_confidence_in_per_cent_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        standardised_mean_change([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        rank_biserial([1, -2], 95)
