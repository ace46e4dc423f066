"""Curves stay where the criteria let them, through the landmarks."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cytopenia.trajectories import HIGHEST, Band, assumptions, criterion_band, curve

WOMAN = {"PLT_BL": 10, "HB_BL": 51, "HB_LLN": 115, "RETI_ULN": Fraction(3, 2), "BILI_ULN": Fraction(171, 10)}


@pytest.mark.parametrize(
    ("lineage", "response", "name", "known", "step", "band"),
    [
        ("PLT", "CR", "PLT", {}, "1", (100, HIGHEST)),
        ("PLT", "PR", "PLT", {}, "1", (30, 99)),  # 30 counts, 100 doesn't
        ("PLT", "PR", "PLT", {"PLT_BL": 20}, "1", (40, 99)),  # at least twice the baseline
        ("HB", "PR", "HB", {}, "1", (81, HIGHEST)),  # above 80
        ("HB", "PR", "RETI", {}, "0.1", (0, 39)),  # below 4 in tenths
        ("HB", "PR", "BILI", {}, "0.1", (0, 341)),
        ("HB", "CR", "HB", {}, "1", (115, HIGHEST)),
        ("HB", "CR", "RETI", {}, "0.1", (0, 15)),  # at most
        ("HB", "CR", "BILI", {}, "1", (0, 17)),
        ("HB", "CR", "PLT", {}, "1", (0, HIGHEST)),  # not asked
    ],
)
def test_the_band_of_a_response_is_read_from_its_rule(
    lineage: str, response: str, name: str, known: dict[str, int], step: str, band: tuple[int, int]
) -> None:
    values = {key: Fraction(value) for key, value in (WOMAN | known).items()}
    assert criterion_band(lineage, response, name, values, Fraction(step)) == Band(*band)


def test_a_clause_about_something_unknown_is_left_out() -> None:
    assert criterion_band("PLT", "PR", "PLT", {}, Fraction(1)) == Band(30, 99)


@pytest.mark.parametrize(
    ("value", "folded"), [(9.4, 11), (10, 10), (10.4, 10), (19.6, 20), (23, 17), (40, 10), (-50, 10), (0, 20)]
)
def test_folding_mirrors_at_the_ends(value: float, folded: int) -> None:
    assert Band(10, 20).folded(value) == folded


@pytest.mark.parametrize(
    ("band", "other", "part"),
    [((5, 30), (10, 20), (10, 20)), ((1, 4), (10, 20), (10, 10)), ((30, 40), (10, 20), (20, 20))],
)
def test_the_part_of_a_band_in_another(band: tuple[int, int], other: tuple[int, int], part: tuple[int, int]) -> None:
    assert Band(*band).within(Band(*other)) == Band(*part)


@given(
    anchors=st.dictionaries(st.integers(-1, 300), st.integers(0, 500), min_size=1, max_size=5),
    days=st.lists(st.integers(-1, 300), unique=True, min_size=1, max_size=20).map(sorted),
    low=st.integers(0, 200),
    width=st.integers(0, 100),
    scatter=st.floats(0, 1),
)
def test_a_curve_meets_its_anchors_and_stays_in_its_bands(
    anchors: dict[int, int], days: list[int], low: int, width: int, scatter: float
) -> None:
    bands = [Band(low, low + width)] * len(days)
    values = curve(days, anchors, bands, scatter, np.random.default_rng(1))
    assert len(values) == len(days)
    for day, value in zip(days, values, strict=True):
        assert value == anchors[day] if day in anchors else low <= value <= low + width


def test_without_scatter_a_curve_is_straight_in_logarithms() -> None:
    assert curve([0, 10, 20], {0: 10, 20: 1000}, [Band()] * 3, 0, np.random.default_rng(1)) == [10, 100, 1000]


def test_every_assumption_is_a_range_with_a_reason() -> None:
    for item in assumptions().values():
        assert 0 < item.low <= item.high and item.reason
