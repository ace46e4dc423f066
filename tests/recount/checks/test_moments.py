"""Means and SDs of values on a grid against what every sum and sum of squares prints, and the table against the row."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recount.checks.moments import (
    LIMITS_RULE,
    NO_SUM,
    OUTSIDE,
    SD_WHY,
    SINGLE,
    Values,
    grimmer,
)
from recount.checks.moments_frames import grimmer_frame
from recount.checks.of_numbers import debit, grim, sd_limits
from recount.checks.reading import NUMBER_RULE, PLAIN_RULE, SIZE_RULE, STEP_RULE
from recount.checks.rows import check_rows, is_empty
from recount.record.faults import Faults
from recount.record.printed import Printed


def text(units: int, decimals: int) -> str:
    """A printed number of so many units of its last place."""
    return f"{Decimal(units).scaleb(-decimals):.{decimals}f}"


def table(n: int, means: range, sds: range, decimals: tuple[int, int], **columns: Any) -> pd.DataFrame:
    """Every mean with every SD, in units of their last places."""
    rows = [(m, s, text(m, decimals[0]), text(s, decimals[1])) for m in means for s in sds]
    frame = pd.DataFrame(rows, columns=["m", "s", "mean", "sd"])
    return frame.assign(n=n, **columns)


ANYWHERE = [(n, (2, 2)) for n in (2, 3, 4, 5, 6, 9, 13)] + [(24, (1, 2)), (28, (2, 1)), (7, (0, 3)), (10, (3, 1))]


@pytest.mark.parametrize(("n", "decimals"), ANYWHERE)
def test_without_limits_no_possible_pair_is_flagged_and_no_other_passed(
    n: int, decimals: tuple[int, int], brute: ModuleType
) -> None:
    whole, most = 10 ** decimals[0], 3 * 10 ** decimals[1]
    frame = table(n, range(7 * whole, 8 * whole, max(1, whole // 100)), range(0, most, max(1, most // 300)), decimals)
    possible = brute.printed_anywhere(n, 3, decimals)
    expected = [(m % whole, s) in possible for m, s in zip(frame["m"], frame["s"], strict=True)]
    assert 0 < sum(expected) < len(expected)
    assert grimmer_frame(frame)["holds"].tolist() == expected


BETWEEN = [
    (n, low, high, decimals)
    for n, low, high in [(2, 0, 9), (3, 1, 7), (4, 0, 6), (5, 1, 5), (6, -2, 2), (8, 1, 7), (12, 1, 5), (24, 0, 3)]
    for decimals in [(1, 2), (2, 1), (2, 2)]
]


@pytest.mark.parametrize(("n", "low", "high", "decimals"), BETWEEN)
def test_with_limits_too(n: int, low: int, high: int, decimals: tuple[int, int], brute: ModuleType) -> None:
    means = range((low - 1) * 10 ** decimals[0], (high + 1) * 10 ** decimals[0] + 1, decimals[0] * 3 - 2)
    frame = table(n, means, range(0, (high - low) * 10 ** decimals[1], 3), decimals, low=low, high=high)
    possible = brute.printed_between(n, low, high, decimals)
    expected = [pair in possible for pair in zip(frame["m"], frame["s"], strict=True)]
    assert 0 < sum(expected) < len(expected)
    assert grimmer_frame(frame)["holds"].tolist() == expected


@pytest.mark.parametrize(("step", "items", "low", "high"), [("0.5", 1, 0, 4), (1, 3, 1, 3), ("0.2", 2, "-0.4", "0.8")])
def test_any_step_and_several_items(
    step: int | str, items: int, low: int | str, high: int | str, brute: ModuleType
) -> None:
    n, unit = 6, Fraction(step) / items
    frame = table(n, range(-60, 420, 7), range(0, 300, 7), (2, 2), step=step, items=items, low=low, high=high)
    possible = brute.printed_between(n, int(Fraction(low) / unit), int(Fraction(high) / unit), (2, 2), unit)
    expected = [pair in possible for pair in zip(frame["m"], frame["s"], strict=True)]
    assert 0 < sum(expected) < len(expected)
    assert grimmer_frame(frame)["holds"].tolist() == expected


@pytest.mark.parametrize("n", [2, 3, 10, 23])
def test_debit_is_every_share_of_ones(n: int, brute: ModuleType) -> None:
    frame = table(n, range(-3, 104), range(0, 80), (2, 2))
    possible = brute.printed_between(n, 0, 1, (2, 2))
    expected = [pair in possible for pair in zip(frame["m"], frame["s"], strict=True)]
    assert check_rows(debit, frame)["holds"].tolist() == expected


GRIM = [
    (("5.19", 28), False),  # Brown & Heathers 2017, the paper's example
    (("5.18", 28), True),
    (("5.21", 28), True),
    (("5.19", 28, 1, 4), True),  # four items each: 112 of them
    (("5.19", 28, "0.1"), True),
    (("0", 2), True),
    (("1", 2), True),
    (("-2.5", 4), True),
    (("-2.6", 4), False),
]


@pytest.mark.parametrize(("case", "holds"), GRIM)
def test_grim(case: tuple[Any, ...], holds: bool) -> None:
    assert grim(*map(str, case)).holds is holds


def test_the_sums_that_print_a_mean() -> None:
    assert Values.of(40, 1, 1, None, None).sums_printing(Printed("3.0")) == range(118, 123)  # 2.95 and 3.05 are ends


WHY = [
    ({"mean": "5.19", "sd": "1.00", "n": 28}, NO_SUM),
    ({"mean": "0.5", "sd": "0.1", "n": 10, "low": 1, "high": 5}, OUTSIDE),
    ({"mean": "3", "sd": "0", "n": 1}, SINGLE),
    ({"mean": "3.50", "sd": "0.10", "n": 10}, SD_WHY[1]),
    ({"mean": "3.50", "sd": "-1.00", "n": 10}, SD_WHY[1]),
    ({"mean": "3.50", "sd": "2.50", "n": 10, "low": 1, "high": 5}, SD_WHY[2]),
    ({"mean": "1.03", "sd": "0.41", "n": 40}, SD_WHY[4]),
    ({"mean": "0.00", "sd": "3.06", "n": 4}, SD_WHY[8]),  # squares of 28, 3 SD^2, with four numbers and a sum of 0
    ({"mean": "1.00", "sd": "1.41", "n": 6, "low": 0, "high": 6}, SD_WHY[8]),  # squares of 16 with a sum of 6
    ({"mean": "1.00", "sd": "1.55", "n": 6, "low": 0, "high": 6}, SD_WHY[16]),  # 0, 0, 0, 1, 1, 4
]


@pytest.mark.parametrize(("case", "why"), WHY)
def test_the_reason_is_named(case: dict[str, Any], why: str) -> None:
    found = grimmer(**case)
    assert (found.why, found.holds) == (why, why == SD_WHY[16])
    row = grimmer_frame(pd.DataFrame([case])).iloc[0]
    assert (row["why"], row["holds"]) == (why, found.holds)


BAD = [
    ({"mean": "5,19"}, "a printed number is digits"),
    ({"mean": "<5"}, PLAIN_RULE),
    ({"mean": "1:5"}, PLAIN_RULE),
    ({"mean": 5.1}, PLAIN_RULE),
    ({"sd": None}, PLAIN_RULE),
    ({"sd": True}, PLAIN_RULE),
    ({"sd": "1" * 40}, "a printed number is digits"),
    ({"n": 0}, SIZE_RULE),
    ({"n": "many"}, SIZE_RULE),
    ({"n": 2.5}, SIZE_RULE),
    ({"n": float("nan")}, SIZE_RULE),
    ({"items": 0}, SIZE_RULE),
    ({"step": 0}, STEP_RULE),
    ({"step": "-1"}, STEP_RULE),
    ({"step": "1e999999999"}, NUMBER_RULE),
    ({"step": "1/0"}, NUMBER_RULE),
    ({"low": "__import__"}, NUMBER_RULE),
    ({"low": 5, "high": 1}, LIMITS_RULE),
    ({"low": "0.2", "high": "0.8"}, LIMITS_RULE),
]


@pytest.mark.parametrize(("change", "rule"), BAD)
def test_what_is_no_number_is_refused_with_its_rule(change: dict[str, Any], rule: str) -> None:
    case = {"mean": "3.50", "sd": "1.00", "n": 10, **change}
    with pytest.raises(ValueError, match=rule.split(",")[0]):
        grimmer(**case)
    good = {**dict.fromkeys(case), "mean": "3.50", "sd": "1.00", "n": 10, "step": 1, "items": 1}
    frame = pd.DataFrame([good, {**good, **case}, {**good, **case}], dtype=object)
    with pytest.raises(Faults) as raised:
        grimmer_frame(frame)
    in_table = f"the check needs a {next(iter(change))}" if is_empty(next(iter(change.values()))) else rule
    assert [(fault.row, in_table in fault.rule) for fault in raised.value.faults] == [(3, True), (4, True)]
    assert {fault.column for fault in raised.value.faults} == {None if rule == LIMITS_RULE else next(iter(change))}


def test_a_table_keeps_its_index_and_columns_and_overwrites_none() -> None:
    frame = pd.DataFrame({"mean": ["3.50"], "sd": ["1.08"], "n": [10], "note": ["a"]}, index=["x"])
    found = grimmer_frame(frame)
    assert found.loc["x", "holds"] and list(found.columns) == ["mean", "sd", "n", "note", "holds", "why"]
    with pytest.raises(ValueError, match="overwrites no column"):
        grimmer_frame(found)
    with pytest.raises(ValueError, match="needs the columns sd"):
        grimmer_frame(frame.drop(columns="sd"))
    assert grimmer_frame(frame.iloc[:0]).empty


def limits(draw: st.DrawFn, values: list[int]) -> dict[str, int | None]:
    """Limits that hold the values, or none, on either side."""
    room = st.none() | st.integers(0, 6)
    below, above = draw(room), draw(room)
    return {
        "low": None if below is None else min(values) - below,
        "high": None if above is None else max(values) + above,
    }


@st.composite
def printed(draw: st.DrawFn) -> dict[str, Any]:
    """A row that some values print, rounded half up or half down."""
    values = draw(st.lists(st.integers(-200, 200), min_size=2, max_size=30))
    places, step = draw(st.tuples(st.integers(0, 4), st.integers(0, 4))), draw(st.sampled_from(["1", "0.5", "0.1"]))
    n, unit = len(values), Fraction(step)
    mean = Fraction(sum(values), n)
    variance = sum((value - mean) ** 2 for value in values) / (n - 1) * unit**2
    texts = (_rounded(mean * unit, places[0], draw(st.booleans())), _root(variance, places[1], draw(st.booleans())))
    ends = {name: None if end is None else str(end * unit) for name, end in limits(draw, values).items()}
    return {"mean": texts[0], "sd": texts[1], "n": n, "step": step, **ends}


def _rounded(value: Fraction, places: int, up: bool) -> str:
    units = value * 10**places
    return text(int((units + Fraction(1, 2)) // 1) if up else -int((-units + Fraction(1, 2)) // 1), places)


def _root(square: Fraction, places: int, up: bool) -> str:
    """The nearest units k by trying around the float's root: (2k - 1)^2 <= 4 square <= (2k + 1)^2."""
    units = 4 * square * 100**places
    near = round(float(units) ** 0.5 / 2)
    fit = [
        k for k in range(max(near - 2, 0), near + 3) if (2 * k - 1) ** 2 <= units <= (2 * k + 1) ** 2 or units == k == 0
    ]
    return text(fit[-1 if up else 0], places)


@given(printed())
def test_what_values_print_is_never_flagged(case: dict[str, Any]) -> None:
    assert grimmer(**case).holds
    assert grim(**{name: value for name, value in case.items() if name != "sd"}).holds
    assert sd_limits(**{name: value for name, value in case.items() if name != "mean"}).holds


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Any row: sizes that fit into 64 bits and that don't, with and without limits."""
    limit = st.none() | st.integers(-40, 40)
    low, high = draw(limit), draw(limit)
    if low is not None and high is not None:
        low, high = sorted((low, high))
    places = draw(st.tuples(st.integers(0, 6), st.integers(0, 6)))
    return {
        "mean": text(draw(st.integers(-(10**7), 10**7)), places[0] + draw(st.sampled_from([0, 3]))),
        "sd": text(draw(st.integers(-5, 10**6)), places[1] + 1),
        "n": draw(st.integers(1, 12) | st.integers(1, 3000) | st.sampled_from([10**5 + 1])),
        "step": draw(st.sampled_from(["1", "0.01", "0.25", "1/3"])),
        "items": draw(st.sampled_from([1, 2, 7])),
        "low": low,
        "high": high,
    }


@given(st.lists(cases(), min_size=1, max_size=8))
def test_a_table_says_what_the_rows_say(rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(rows)
    found, expected = grimmer_frame(frame), [grimmer(**row) for row in rows]
    assert found["holds"].tolist() == [one.holds for one in expected]
    assert found["why"].tolist() == [one.why for one in expected]


def test_what_leaves_64_bits_is_judged_too() -> None:
    rows = [
        {"mean": "123456789012.345678", "sd": "987654321.123456", "n": 1000, "step": "0.000001", "low": None},
        {"mean": "0.5", "sd": "0.000000000000001", "n": 10**7, "step": "1", "low": 0},
        {"mean": "3.50", "sd": "1.08", "n": 10, "step": "1", "low": 0},
        {"mean": "4492.15", "sd": "577.83", "n": 1549, "step": "0.005", "low": 0},  # n S^2 alone leaves them
        {"mean": "3", "sd": "1.2", "n": 10**9, "step": "1", "low": 1},
        {"mean": "3", "sd": "1.2", "n": 10**13, "step": "1", "low": None},
    ]
    assert grimmer_frame(pd.DataFrame(rows))["holds"].tolist() == [True, False, True, True, True, True]


LIMITS = [("3.50", 10, 1, 5), ("2.0", 7, 0, 4), ("1", 9, 0, 3), ("0.3", 13, -1, 2), ("5", 2, 0, 9), ("2", 24, 2, 2)]


@pytest.mark.parametrize(("mean", "n", "low", "high"), LIMITS)
def test_the_limits_of_the_sd_are_those_of_all_values(
    mean: str, n: int, low: int, high: int, brute: ModuleType
) -> None:
    spreads = [
        n * square - total * total
        for total, squares in brute.pairs(n, low, high, n * max(low * low, high * high)).items()
        if Printed(mean).contains(Fraction(total, n))
        for square in brute.bits(squares)
    ]
    assert spread_limits(mean, n, low, high) == (min(spreads), max(spreads))
    assert spread_limits(mean, n, None, None) == (min(spreads), None)


def spread_limits(mean: str, n: int, low: int | None, high: int | None) -> tuple[int, int | None]:
    """The least and the greatest nQ - S^2, of n values with this mean."""
    values = Values.of(n, 1, 1, low, high)
    return values.spread_limits(values.sums_inside(values.sums_printing(Printed(mean))))


@pytest.mark.parametrize(("low", "high", "total"), [(0, None, 11), (None, 4, 29)])
def test_with_one_limit_the_whole_sum_in_one_value_is_the_most(low: int | None, high: int | None, total: int) -> None:
    # a sum of 11, or of 40 - 11 seen from above
    assert spread_limits("1.1", 10, low, high)[1] == 10 * total**2 - total**2


@pytest.mark.parametrize(
    ("sd", "holds"), [("0.4", False), ("0.52", False), ("0.53", True), ("1.27", True), ("1.28", False)]
)
def test_an_sd_outside_its_limits_is_named(sd: str, holds: bool) -> None:
    found = grimmer("1.5", sd, 10, low=1, high=5)  # between sqrt(5/18) = 0.527 and sqrt(29/18) = 1.269
    assert (found.why not in (SD_WHY[1], SD_WHY[2])) is holds


def test_grim_on_a_table() -> None:
    frame = pd.DataFrame({"mean": ["5.19", "5.18"], "n": np.array([28, 28])})
    assert check_rows(grim, frame)["holds"].tolist() == [False, True]


@pytest.mark.parametrize("limits", [{}, {"low": "0"}, {"high": "0"}, {"low": "-7"}])
@pytest.mark.parametrize(("sd", "n", "holds"), [("10", 5, True), ("1", 2, True), ("1.49", 7, False), ("0.4", 4, False)])
def test_values_can_move_away_from_the_only_limit(sd: str, n: int, holds: bool, limits: dict[str, str]) -> None:
    assert sd_limits(sd, str(n), **limits).holds is holds
