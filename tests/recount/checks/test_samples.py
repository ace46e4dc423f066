"""Samples counted, against listing all multisets, and against what unsum and scrutipy count."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from recount.checks import samples as module
from recount.checks.moments import LIMITS_RULE
from recount.checks.samples import SCALE_RULE, SIZE_RULE, count_samples, samples

ORACLES = Path(__file__).parents[2] / "oracles" / "samples.csv"


def oracles() -> list[dict[str, str]]:
    with ORACLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", oracles(), ids=lambda row: "-".join(list(row.values())[:5]))
def test_others_count_as_many(row: dict[str, str]) -> None:
    assert count_samples(row["mean"], row["sd"], int(row["n"]), row["low"], row["high"]) == int(row["count"])


SCALES = [
    (2, 1, 5),
    (3, 1, 5),
    (5, 1, 5),
    (7, 1, 4),
    (6, 0, 6),
    (9, -1, 1),
    (8, 0, 1),
    (4, 3, 3),
    (12, 1, 3),
    (4, 0, 9),
]


@pytest.mark.parametrize(("n", "low", "high"), SCALES)
def test_the_count_is_that_of_all_multisets_listed(n: int, low: int, high: int, brute: ModuleType) -> None:
    listed = brute.multisets(n, low, high)
    for mean in _means(low, high):
        for sd in ("0.0", "0.5", "1.0", "1.4", "2"):
            expected = [values for values in listed if brute.has(values, mean, sd)]
            assert count_samples(mean, sd, n, low, high) == len(expected)


def _means(low: int, high: int) -> list[str]:
    """Printed means from below the scale to above it, with ends on the half."""
    return [f"{tenths // 10}.{tenths % 10}" for tenths in range(max(0, 10 * low - 2), 10 * high + 3, 8)] + [str(low)]


@pytest.mark.parametrize(
    ("n", "low", "high", "mean", "sd"), [(6, 1, 5, "3.5", "1.2"), (5, 1, 7, "4", "2"), (4, 0, 6, "2.0", "1.8")]
)
def test_a_step_only_scales(n: int, low: int, high: int, mean: str, sd: str, brute: ModuleType) -> None:
    step = Fraction(1, 2)
    expected = [values for values in brute.multisets(n, 2 * low, 2 * high) if brute.has(values, mean, sd, step)]
    assert 0 < len(expected) == count_samples(mean, sd, n, low, high, "0.5")


@pytest.mark.parametrize(("n", "low", "high", "mean", "sd"), [(13, 0, 7, "3.5", "1.9"), (16, -3, 4, "0", "2.5")])
def test_the_count_is_that_of_adding_value_after_value(
    n: int, low: int, high: int, mean: str, sd: str, brute: ModuleType
) -> None:
    places = len(mean.partition(".")[2]), len(sd.partition(".")[2])
    units = round(float(mean) * 10 ** places[0]), round(float(sd) * 10 ** places[1])
    expected = sum(
        many
        for (total, squares), many in brute.counts(n, low, high).items()
        if units[0] in brute.prints(Fraction(total, n), places[0])
        and units[1] in brute.prints_root(Fraction(n * squares - total**2, n * (n - 1)), places[1])
    )
    assert 0 < expected == count_samples(mean, sd, n, low, high)


@pytest.mark.parametrize("case", [("31.0", "1.80", 30, 0, 62), ("4.0", "1.5", 40, 1, 7), ("50", "2.1", 35, 0, 100)])
def test_numbers_without_bounds_give_the_same_count(
    case: tuple[str, str, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for ways, kind in ((0, np.int32), (2**31, np.int64), (2**63, object)):
        monkeypatch.setattr(module, "comb", lambda n, k, ways=ways: ways)
        found = samples(*case)
        counts.append((found.count, found._ways_table().dtype == kind))
    assert counts[0] == counts[1] == counts[2] and counts[0][0] > 0 and counts[0][1]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"low": None}, SCALE_RULE),
        ({"low": 6}, LIMITS_RULE),
        ({"high": 10**9}, SIZE_RULE),
        ({"n": 10**7, "sd": "1"}, SIZE_RULE),
        ({"n": 2000, "high": 100, "mean": "50", "sd": "20.00"}, SIZE_RULE),
        ({"mean": "3,0"}, "a printed number is digits"),
    ],
)
def test_what_cannot_be_counted_is_refused(change: dict[str, object], rule: str) -> None:
    case = {"mean": "3.0", "sd": "1.20", "n": 20, "low": 1, "high": 5, **change}
    with pytest.raises(ValueError, match=rule):
        samples(**case)  # type: ignore[arg-type]


def test_no_sample_is_nought() -> None:
    assert count_samples("9.0", "1.20", 20, 1, 5) == count_samples("3.0", "1.20", 1, 1, 5) == 0
