"""What print settles, against every pattern of signs and random numbers within the rounding."""

import itertools
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cytopenia import from_print
from recount.record.schema import Study
from recount.record.study import read_study

PAPER = Path(__file__).parents[2] / "data/raw/paper"


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(PAPER)


def test_a_printed_z_names_a_rank_sum_and_with_it_the_exact_p(study: Study) -> None:
    """Each printed Z: all 2^13 patterns of signs of 13 untied changes, searched one after the other."""
    patterns = np.array(list(itertools.product([0, 1], repeat=13))) @ np.arange(1, 14)
    z = np.abs(patterns - patterns.mean()) / patterns.std()
    for row in from_print.exact_p(study).itertuples():
        printing = patterns[np.abs(z - float(row.Z)) <= 0.0005]
        assert row.N == 13
        if not len(printing):
            assert math.isnan(row.RANK_SUM) and math.isnan(row.EXACT_P)
            continue
        assert printing.min() == row.RANK_SUM
        assert np.mean(np.abs(patterns - 45.5) >= 45.5 - row.RANK_SUM) == pytest.approx(row.EXACT_P)


def test_result_rows_leave_out_a_z_that_only_ties_print(study: Study) -> None:
    found = from_print.exact_p(study)
    rows = from_print.exact_p_rows(found)
    assert len(rows) == 2 * found["EXACT_P"].notna().sum()
    assert set(rows["statistic"]) == {"printed_z_rank_sum", "printed_z_exact_p"}


def test_the_bounds_hold_every_correlation_that_prints_the_same(study: Study) -> None:
    """Means, SDs and t drawn within their rounding never leave the bounds, and come near both."""
    rng = np.random.default_rng(5)
    printed = {(c.variable, c.statistic): c.printed for c in study.claims if c.population == "COMPLETER"}
    found = from_print.correlations(study)
    assert found["BEFORE"].tolist() == ["IGG_BL", "IGA_BL", "IGM_BL"]
    for row in found.itertuples():
        texts = [printed[name, kind] for kind in ("mean", "sd") for name in (row.BEFORE, row.AFTER)]
        drawn = [rng.uniform(float(p.low), float(p.high), 40_000) for p in [*texts, printed[row.BEFORE, "paired_t"]]]
        before, after, a, b, t = drawn
        r = (a**2 + b**2 - ((after - before) / t) ** 2 * row.N) / (2 * a * b)
        r = np.minimum(r, 1)
        assert r.min() >= row.LOW and r.max() <= row.HIGH
        assert r.min() - row.LOW < 0.1 * (row.HIGH - row.LOW) > row.HIGH - r.max()


def test_a_correlation_turns_where_the_sd_is_that_of_the_other_less_the_change() -> None:
    low, high = from_print._correlation_bounds(4, (0, 0), (1, 1), (1, 3), (2, 2), (2, 2))
    assert high == pytest.approx((9 + 4 - 1) / 12)
    assert low == pytest.approx(math.sqrt(3) / 2)  # at sqrt(2^2 - 1^2), not at an end


def test_a_mean_that_may_not_have_moved_allows_a_perfect_correlation() -> None:
    assert from_print._correlation_bounds(4, (0, 2), (1, 3), (1, 1), (1, 1), (1, 1))[1] == 1


def test_correlation_rows_have_both_ends(study: Study) -> None:
    rows = from_print.correlation_rows(from_print.correlations(study))
    assert rows["statistic"].tolist() == ["printed_correlation_low", "printed_correlation_high"] * 3


@pytest.mark.parametrize(
    ("n", "distance", "sd", "most"),
    [
        (2, "1", "1.5", 1),  # 1 of 2 values one below the mean: the other is one above, SD root 2
        (2, "1", "1.4", 0),
        (5, "1", "1.2", 2),  # 2 of 5 one below, 3 two thirds above: 10/3 of 4 SD^2, SD 0.913
        (5, "1", "0.92", 2),
        (5, "1", "0.91", 1),
        (5, "1", "0.56", 1),  # 1 of 5: 5/4 of 4 SD^2, SD 0.559
        (5, "1", "0.55", 0),
        (5, "0", "1", 4),  # all of them can't lie below their mean
        (5, "-1", "1", 5),  # but all can lie below what is above it
        (5, "0", "0", 0),
    ],
)
def test_how_many_can_lie_so_far_below_their_mean(n: int, distance: str, sd: str, most: int) -> None:
    assert from_print._most_below(n, Fraction(distance), Fraction(sd)) == most


def test_no_sample_has_more_below_a_limit_than_its_mean_and_sd_allow() -> None:
    rng = np.random.default_rng(11)
    reached = 0
    for _ in range(2000):
        n = int(rng.integers(2, 14))
        sample = np.where(rng.random(n) < rng.random(), rng.normal(-1, 0.01, n), rng.normal(1, 0.01, n))
        mean, sd = Fraction(float(sample.mean())), Fraction(float(sample.std(ddof=1)) * (1 + 1e-9))
        limit = Fraction(float(rng.uniform(-2, 2)))
        below = int((sample < float(limit)).sum())
        most = from_print._most_below(n, mean - limit, sd)
        assert below <= most
        reached += below == most
    assert reached > 200


def test_print_bounds_how_many_had_low_igg(study: Study) -> None:
    """Table 3 by hand: a mean of at least 12.095 is 5.095 above 7; the squares have room for 2 of 13, not for 3."""
    found = from_print.most_below(study, ["IGG_BL", "IGG_EOT", "AGE"], Fraction(7))
    assert dict(zip(found["VARIABLE"], found["MOST"], strict=True)) == {"IGG_BL": 3, "IGG_EOT": 2}
    d, room = Fraction("5.095"), 12 * Fraction("2.715") ** 2
    assert 2 * 13 * d**2 / 11 < room < 3 * 13 * d**2 / 10
    rows = from_print.most_below_rows(found, Fraction(7))
    assert rows["versus"].tolist() == ["IGG_BL < 7", "IGG_EOT < 7"] and rows["value"].tolist() == [3, 2]
