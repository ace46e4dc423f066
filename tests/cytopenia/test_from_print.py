"""What print settles, against every pattern of signs and random numbers within the rounding."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from cytopenia import from_print
from recount.study import Study, read_study

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
