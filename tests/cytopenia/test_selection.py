"""Bounds and tipping points against programs that try every possibility."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cytopenia.inference import signed_rank
from cytopenia.selection import direction, mean_to_cancel, regression_to_the_mean, to_cross

changes = st.lists(st.integers(-9, 9), min_size=1, max_size=6)


@given(changes, st.integers(0, 4))
def test_bounds_and_tipping_point_hold_over_every_way_the_missing_could_go(change: list[int], missing: int) -> None:
    found = direction(change, missing)
    ways = [
        (sum(one < 0 for one in [*change, *more]), sum(one > 0 for one in [*change, *more]), sum(map(bool, more)))
        for more in product((-1, 0, 1), repeat=missing)
    ]
    everybody = len(change) + missing
    assert found.least == min(falls for falls, _, _ in ways) / everybody
    assert found.most == max(falls for falls, _, _ in ways) / everybody
    undone = [moved for falls, rises, moved in ways if falls == rises]
    has_majority = found.falls != found.rises
    assert found.to_undo == (min(undone) if has_majority and undone else None)


@pytest.mark.parametrize(
    ("change", "missing", "count"),
    [
        ([-1, -2, -3, -4, -5, -6], 3, 1),  # P 0.031; with one rise larger than all 0.109
        ([-1, -2, -3, -4, -5, -6], 0, None),
        ([-1, -2, -3, -4, -5], 3, 1),  # P 0.0625; with one fall more 0.031
        ([-1, 2, -3, 4], 2, None),  # too few to get below 0.05
        ([], 5, None),
        ([], 6, 6),
    ],
)
def test_so_many_missing_bring_p_across_the_level(change: list[int], missing: int, count: int | None) -> None:
    assert to_cross(change, missing) == count


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-9, 9).filter(bool), min_size=6, max_size=8))
def test_fewer_missing_never_do_wherever_their_changes_rank(change: list[int]) -> None:
    """One missing change of any size and sign brings P across only where `to_cross` says that one can."""
    below = signed_rank(change).p_exact < 0.05
    sizes = np.arange(0.5, 10.5)
    one_can = any((signed_rank([*change, size]).p_exact < 0.05) != below for size in [*sizes, *-sizes])
    assert one_can <= (to_cross(change, 1) == 1)


def test_the_mean_that_cancels_brings_everybodys_mean_to_nought() -> None:
    change = [-2.0, -1.0, 0.5]
    assert sum(change) + 4 * mean_to_cancel(change, 4) == pytest.approx(0)
    assert math.isnan(mean_to_cancel(change, 0))


def test_pure_chance_shows_the_regression_that_is_due_to_it() -> None:
    """True values plus two independent errors: the observed correlation is Oldham's."""
    generator = np.random.default_rng(3)
    true = generator.normal(size=20000)
    before, after = (true + generator.normal(size=20000) for _ in range(2))
    found = regression_to_the_mean(before, after - before)
    assert found.by_chance == pytest.approx(-0.5, abs=0.02)
    assert found.observed == pytest.approx(found.by_chance, abs=0.02)


def test_regression_needs_three_pairs_that_vary() -> None:
    assert math.isnan(regression_to_the_mean([1, 2], [1, 2]).observed)
    assert math.isnan(regression_to_the_mean([1, 1, 1], [1, 2, 3]).by_chance)


@pytest.mark.parametrize(("change", "missing"), [([], 0), ([1], -1)])
def test_bounds_need_patients(change: list[int], missing: int) -> None:
    with pytest.raises(ValueError, match="bounds need patients"):
        direction(change, missing)
