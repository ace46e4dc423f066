"""Sums of squares of whole numbers against adding the numbers one at a time."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recount.checks.sums_of_squares_of_integers import (
    is_three_squares,
    least_squares,
    most_squares,
    reachable,
    reachable_between,
)

SCALES = [*((n, high) for n in range(1, 10) for high in range(8)), (12, 3), (12, 5), (6, 13), (5, 16), (20, 2)]


@pytest.mark.parametrize(("n", "high"), SCALES)
def test_between_limits_every_sum_of_squares_is_judged_as_by_adding_up(n: int, high: int, brute: ModuleType) -> None:
    most = n * high * high
    table = brute.pairs(n, 0, high, most)
    wrong = [
        (total, squares)
        for total in range(n * high + 1)
        for squares in range(most + 2)
        if reachable(n, total, squares, high) != bool(table.get(total, 0) >> squares & 1)
    ]
    assert wrong == []


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 11])
def test_without_limits_too(n: int, brute: ModuleType) -> None:
    most = 150
    table = brute.pairs(n, -12, 12, most)
    wrong = [
        (total, squares)
        for total in range(-2 * n, 2 * n + 1)
        for squares in range(most + 1)
        if reachable(n, total, squares) != bool(table.get(total, 0) >> squares & 1)
    ]
    assert wrong == []


@pytest.mark.parametrize(("n", "high"), [(2, 9), (3, 9), (4, 7), (5, 8), (8, 6)])
def test_a_range_is_the_same_as_each_of_its_numbers(n: int, high: int) -> None:
    for total in range(n * high + 1):
        for low in range(0, n * high * high, 3):
            for width in (0, 1, 5):
                squares = range(low, low + width + 1)
                for limit in (high, None):
                    each = any(reachable(n, total, square, limit) for square in squares)
                    assert reachable_between(n, total, low, low + width, limit) == each


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=40), st.integers(0, 50))
def test_what_values_have_is_reachable(values: list[int], room: int) -> None:
    n, total, squares = len(values), sum(values), sum(value * value for value in values)
    assert reachable(n, total, squares)
    assert reachable(n, total, squares, max(values) + room)
    assert least_squares(n, total) <= squares <= most_squares(n, total, max(values) + room)


@given(st.lists(st.integers(0, 300), min_size=2, max_size=12))
def test_a_limit_below_the_greatest_square_leaves_nothing(values: list[int]) -> None:
    n, total, limit = len(values), sum(values), max(values)
    most = most_squares(n, total, limit)
    assert reachable(n, total, most, limit)
    assert not reachable_between(n, total, most + 1, most + 1000, limit)


@pytest.mark.parametrize("x", range(200))
def test_three_squares_are_those_found_by_trying(x: int) -> None:
    numbers = range(15)
    assert is_three_squares(x) == any(x == a * a + b * b + c * c for a in numbers for b in numbers for c in numbers)
