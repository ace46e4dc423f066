"""Counts, percentages, sums, repeats and order: the edges in tables, and properties over random numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recount.checks.arithmetic import (
    COUNT_RULE,
    PARTS_RULE,
    PERCENT_RULE,
    SAME_RULE,
    exact_count,
    ordered,
    parts_add,
    percents_add,
    ratio_share,
    same_number,
)
from recount.checks.findings import decimals_of
from recount.checks.of_numbers import percent
from recount.checks.reading import SIZE_RULE
from recount.record.printed import Printed


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        (("1:5", 4, 19), True),
        (("1:5", 4, 20), True),
        (("1:5", 4, 23), False),
        (("1.4:1", 14, 10), True),
        (("0:1", 0, 7), True),
    ],
)
def test_a_ratio(case: tuple[str, int, int], holds: bool) -> None:
    assert ratio_share(*case).holds is holds


def test_nobody_has_no_percentage_and_no_ratio() -> None:
    assert ratio_share("1:1", 1, 0).holds is False
    with pytest.raises(ValueError, match=SIZE_RULE):
        percent("0", "0")


@pytest.mark.parametrize("printed", ["0", "4", "17", "20", "66.7", "99.9", "<10", "<=12.5", ">95", ">=95.8", "-1"])
@pytest.mark.parametrize("whole", [1, 8, 24, 40])
def test_the_counts_of_a_percentage_are_those_that_print_it(printed: str, whole: int) -> None:
    tried = [is_printed_by(printed, part, whole) for part in range(whole + 1)]
    assert [percent(printed, str(whole), str(part)).holds for part in range(whole + 1)] == tried
    assert percent(printed, str(whole)).holds == any(tried)


def is_printed_by(percentage: str, part: int, whole: int) -> bool:
    return Printed(percentage).contains(Fraction(100 * part, whole))


@pytest.mark.parametrize(
    ("parts", "total", "holds"),
    [
        ("4.2+5.3", "9.5", True),
        ("4.2+5.3", "9.6", True),
        ("4.2+5.3", "9.65", False),  # 9.645 at least, where 4.25 and 5.35 are 9.6
        ("4.2+5.3", "9.7", False),  # 9.65 at least
        ("4.2+5.3", "9.8", False),
        ("4.2+<1", "9.8", False),
        ("4.2+>1", "9.8", True),
        ("1+2", "<1.5", False),  # at least 2
        ("1+2", "<2", False),  # 2 itself is left out
        ("1+2", "<=2", True),
    ],
)
def test_printed_parts_add_within_their_intervals(parts: str, total: str, holds: bool) -> None:
    assert parts_add(parts, total).holds is holds


@pytest.mark.parametrize(
    ("parts", "whole", "holds"),
    [
        ("33+33+33", None, True),
        ("33.3+33.3+33.3", None, True),
        ("33.3+33.3+33.2", None, False),  # 99.95 at most
        ("33.33+33.33+33.33", "", True),
        ("33.33+33.33+33.32", float("nan"), False),
        ("33+33+33", 24, True),
        ("62.5+20.8+16.7", 24, True),
        ("62.5+20.8+16.6", 24, False),  # 16.6 isn't printed by any of 24
        ("25+25+50", 3, False),
        ("17+17+67", 24, True),
        ("17+17+62", 24, False),  # 4, 4 and 15 are 23
        ("<5+>95", 24, True),
    ],
)
def test_percentages_of_a_whole(parts: str, whole: Any, holds: bool) -> None:
    assert percents_add(parts, whole).holds is holds


@pytest.mark.parametrize("parts", list(product(("29", "36", "57", "64", "7"), repeat=2)))
def test_with_a_whole_there_are_counts_that_add_to_it(parts: tuple[str, ...]) -> None:
    whole = 14
    tried = [
        counts
        for counts in product(range(whole + 1), repeat=len(parts))
        if sum(counts) == whole and all(is_printed_by(p, c, whole) for p, c in zip(parts, counts, strict=True))
    ]
    assert percents_add("+".join(parts), whole).holds == bool(tried)


@pytest.mark.parametrize(
    ("printed", "holds"),
    [
        ("16.7|17", True),
        ("16.7|16", False),
        ("16.5|16|17", True),  # all but the point 16.5 is lost
        ("5.10|5.1|5", True),
        ("<5|5", True),
        ("<4.5|5", False),  # 4.5 itself is left out
        ("<=4.5|5", True),
        (["3", 3], True),
        ("3", True),
    ],
)
def test_the_same_number_printed_in_several_places(printed: Any, holds: bool) -> None:
    assert same_number(printed).holds is holds


def test_what_repeats_leave_is_their_common_part() -> None:
    found = same_number("16.7|17|16.68")
    assert (found.low, found.high) == (Fraction("16.675"), Fraction("16.685"))
    assert same_number("16.7|16|17").why == "nothing prints both 16.7 and 16"


@pytest.mark.parametrize(
    ("points", "holds"),
    [
        (("1", "2", "3", "4", "5"), True),
        (("3", "3", "3", "3", "3"), True),
        (("3", None, "3.4", None, "3"), True),
        (("3", None, "3.5", None, "3"), True),  # 3.5 is 3.45 at least
        (("3", None, "3.6", None, "3"), False),
        ((None, "12", "11", None, None), True),  # both may be 11.5
        ((None, "13", "11", None, None), False),
        (("13", None, None, None, "11"), False),
        ((None, None, ">11.5", "11", None), False),
        ((None, None, ">=11.5", "11", None), True),
        ((None, None, None, None, None), True),
        (("", float("nan"), "5", None, None), True),
    ],
)
def test_order_fails_only_where_no_values_can_be_ordered(points: tuple[Any, ...], holds: bool) -> None:
    assert ordered(*points).holds is holds


def test_order_names_the_first_two_that_are_apart() -> None:
    assert ordered("1", "20", "10", "9", "30").why == "the p25, 20, is above the median, 10"


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.integers(0, 3))
def test_percentages_of_real_groups_always_pass(counts: list[int], places: int) -> None:
    whole = max(sum(counts), 1)
    counts[0] += whole - sum(counts)
    texts = [
        decimals_of(Fraction(100 * c, whole), places) if places else str((200 * c + whole) // (2 * whole))
        for c in counts
    ]
    assert percents_add("+".join(texts)).holds and percents_add("+".join(texts), whole).holds
    assert all(is_printed_by(text, c, whole) for text, c in zip(texts, counts, strict=True))


@given(st.lists(st.integers(-500, 500), min_size=5, max_size=5), st.integers(1, 3))
def test_ordered_values_always_pass_and_so_do_their_repeats(values: list[int], places: int) -> None:
    texts = [decimals_of(Fraction(value, 7), places) for value in sorted(values)]
    assert ordered(*texts).holds
    assert same_number([decimals_of(Fraction(values[0], 7), p) for p in (1, 2, 3)]).holds


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(0, 6)), min_size=2, max_size=5))
def test_order_is_found_by_trying_ends(intervals: list[tuple[int, int]]) -> None:
    """Closed intervals hold ordered values exactly if taking the least possible each time never leaves one."""
    printed = [str(low) if wide % 2 else f"{low}.0" for low, wide in intervals]
    reached, possible = Fraction(-(10**6)), True
    for number in map(Printed, printed):
        assert number.low is not None and number.high is not None
        reached = max(reached, number.low)
        possible = possible and reached <= number.high
    assert ordered(*printed).holds == possible


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: exact_count("2.5"), COUNT_RULE),
        (lambda: exact_count(2.5), COUNT_RULE),
        (lambda: exact_count(True), COUNT_RULE),
        (lambda: exact_count("-1"), COUNT_RULE),
        (lambda: exact_count("9" * 31), COUNT_RULE),
        (lambda: exact_count(None), COUNT_RULE),
        (lambda: parts_add("11+", 11), PARTS_RULE),
        (lambda: parts_add([], 0), PARTS_RULE),
        (lambda: same_number("16.7|"), SAME_RULE),
        (lambda: percents_add("1:5"), PERCENT_RULE),
        (lambda: percent("5,1", "5"), "a printed number is digits"),
        (lambda: ordered("low"), "a printed number is digits"),
    ],
)
def test_what_is_no_number_is_refused_with_its_rule(call: Any, rule: str) -> None:
    with pytest.raises(ValueError) as raised:
        call()
    assert rule in str(raised.value)
