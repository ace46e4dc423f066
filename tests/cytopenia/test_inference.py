"""Each statistic against published values (tests/oracles) or a slow program that says what it means."""

import math
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cytopenia import inference
from cytopenia.inference import Proportion, Rate, differences, hodges_lehmann, paired_t, signed_rank

ORACLES = Path(__file__).parents[1] / "oracles"
CLAIMS = Path(__file__).parents[2] / "data/raw/paper/claims.csv"


def oracle(name: str) -> pd.DataFrame:
    return pd.read_csv(ORACLES / name, dtype=str)


def as_printed(value: float, expected: str) -> str:
    return f"{value:.{len(expected.partition('.')[2])}f}"


def change_of(dataset: str) -> np.ndarray:
    data = oracle("paired_data.csv").query("dataset == @dataset")
    return differences(data["before"].astype(float), data["after"].astype(float))


def paired_values(change: np.ndarray) -> dict[str, float]:
    """Everything the published examples print."""
    rank, shift, test = signed_rank(change), hodges_lehmann(change), paired_t(change)
    return {
        "w_minus": rank.w_minus,
        "half_exact_p": rank.p_exact / 2,
        "shift": shift.estimate,
        "shift_low": shift.low,
        "shift_high": shift.high,
        "shift_coverage": shift.coverage,
        "t": test.t,
        "df": test.df,
        "p": test.p,
        "low": test.low,
        "high": test.high,
        "mean": test.mean,
        "shapiro_w": inference.shapiro(change)[0],
    }


# Published values --------------------------------------------------------------------------------


@pytest.mark.parametrize("row", oracle("paired.csv").to_dict("records"), ids=lambda row: row["statistic"])
def test_paired_statistics_print_the_published_values(row: dict[str, str]) -> None:
    value = paired_values(change_of(row["dataset"]))[row["statistic"]]
    assert as_printed(value, row["expected"]) == row["expected"], row["origin"]


@pytest.mark.parametrize("row", oracle("intervals.csv").to_dict("records"), ids=lambda row: row["method"])
def test_intervals_print_the_published_limits(row: dict[str, str]) -> None:
    events = int(row["events"])
    found = (
        Rate(events, float(row["total"])).interval()
        if row["method"] == "poisson"
        else Proportion(events, int(row["total"])).interval(row["method"])
    )
    assert as_printed(found.low, row["low"]) == row["low"], row["origin"]
    assert as_printed(found.high, row["high"]) == row["high"], row["origin"]


def paper_tests(statistic: str, p: str) -> list[tuple[str, str, str]]:
    claims = pd.read_csv(CLAIMS, dtype=str)
    wide = claims[claims["place"].str.startswith("Table")].pivot_table(
        index="variable", columns="statistic", values="printed", aggfunc="first"
    )
    return [(str(i), row[statistic], row[p]) for i, row in wide.dropna(subset=[statistic]).iterrows()]


@pytest.mark.parametrize("variable, z, p", paper_tests("wilcoxon_z", "wilcoxon_p"))
def test_the_papers_z_and_p_are_spss_signed_ranks_of_thirteen(variable: str, z: str, p: str) -> None:
    """Table 2: some rank sum of 13 pairs, at most one pair of them tied, prints both the Z and the P."""
    untied, tied = np.arange(1.0, 14), np.array([1, 2, 3, 4, 4, *range(6, 14)], dtype=float)
    found = [signed_rank(signs_for(size, low) * size) for size in (untied, tied) for low in range(46)]
    assert (z, p) in {(as_printed(abs(one.z), z), as_printed(one.p_asymptotic, p)) for one in found}


def signs_for(sizes: np.ndarray, low: int) -> np.ndarray:
    """Signs whose negative ranks (largest first) sum to `low` if they can."""
    signs = np.ones(len(sizes))
    for place, rank in reversed(list(enumerate(stats.rankdata(sizes)))):
        if rank <= low:
            signs[place], low = -1, low - rank
    return signs


@pytest.mark.parametrize("variable, t, p", paper_tests("paired_t", "paired_p"))
def test_the_papers_t_gives_its_p_on_twelve_degrees(variable: str, t: str, p: str) -> None:
    """Table 3: within the rounding of the printed t, P on 12 degrees of freedom prints as it does."""
    spread = np.arange(-6.0, 7)
    error = spread.std(ddof=1) / math.sqrt(13)
    half = 0.5 * 10.0 ** -len(t.partition(".")[2])
    tests = [paired_t(spread + (float(t) + off) * error) for off in (-half, 0, half)]
    assert p in {as_printed(test.p, p) for test in tests}


# Slow and obvious --------------------------------------------------------------------------------

small = st.lists(st.integers(-6, 6), min_size=1, max_size=8)


def every_sign(change: list[int]) -> tuple[float, list[float]]:
    """The observed sum of positive ranks and its value under each of the 2^n sign patterns."""
    moved = [d for d in change if d]
    ranks = stats.rankdata(np.abs(moved))
    return sum(r for r, d in zip(ranks, moved, strict=True) if d > 0), all_sums(ranks)


def all_sums(ranks: np.ndarray) -> list[float]:
    """The sum of the ranks with a plus under each pattern of signs."""
    return [float(np.dot(ranks, ups)) for ups in product([0, 1], repeat=len(ranks))]


@given(small)
def test_exact_p_counts_every_pattern_of_signs(change: list[int]) -> None:
    observed, sums = every_sign(change)
    middle = sum(sums) / len(sums)
    extreme = sum(abs(s - middle) >= abs(observed - middle) - 1e-9 for s in sums)
    assert signed_rank(change).p_exact == pytest.approx(extreme / len(sums))


@given(small)
def test_z_is_the_rank_sum_standardised_over_every_pattern(change: list[int]) -> None:
    observed, sums = every_sign(change)
    found = signed_rank(change)
    assert found.zeros == change.count(0)
    if found.n:
        assert found.z == pytest.approx((observed - np.mean(sums)) / np.std(sums))
        assert found.p_asymptotic == pytest.approx(2 * stats.norm.cdf(-abs(found.z)))


@settings(max_examples=20)
@given(st.lists(st.integers(-20, 20), min_size=5, max_size=7, unique=True), st.sampled_from([0.8, 0.9]))
def test_shift_interval_holds_just_the_shifts_the_exact_test_does_not_reject(
    change: list[int], confidence: float
) -> None:
    found = hodges_lehmann(change, confidence)
    assert found.coverage >= confidence
    for shift in np.arange(-21, 21.5, 0.5) + 0.25:  # never a tie with zero
        rejected = tie_free_p([d - shift for d in change]) <= 1 - confidence
        assert rejected == (not found.low < shift < found.high)


def tie_free_p(change: list[float]) -> float:
    """Two-sided exact P by enumeration, ties broken by order: the distribution without ties."""
    ranks = np.argsort(np.argsort(np.abs(change), kind="stable"), kind="stable") + 1
    pairs = [(abs(a + b), a + b > 0) for i, a in enumerate(change) for b in change[i:]]
    observed = sum(up for _, up in pairs)  # Tukey: W is the number of positive Walsh averages
    sums = all_sums(ranks)
    lower = sum(s <= observed for s in sums)
    upper = sum(s >= observed for s in sums)
    return min(1.0, 2 * min(lower, upper) / len(sums))


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=9))
def test_shift_is_the_median_of_all_pairwise_averages(change: list[int]) -> None:
    averages = [Fraction(a + b, 2) for i, a in enumerate(change) for b in change[i:]]
    assert hodges_lehmann(change).estimate == float(np.median(np.array(averages, dtype=float)))


@pytest.mark.parametrize("k, n", [(0, 1), (1, 1), (0, 24), (1, 24), (18, 24), (24, 24), (7, 13)])
def test_clopper_pearson_ends_where_a_tail_has_half_of_alpha(k: int, n: int) -> None:
    found = Proportion(k, n).interval(confidence=0.9)
    tail = {
        "low": sum(math.comb(n, j) * found.low**j * (1 - found.low) ** (n - j) for j in range(k, n + 1)),
        "high": sum(math.comb(n, j) * found.high**j * (1 - found.high) ** (n - j) for j in range(k + 1)),
    }
    assert found.low == 0 if k == 0 else tail["low"] == pytest.approx(0.05)
    assert found.high == 1 if k == n else tail["high"] == pytest.approx(0.05)


@pytest.mark.parametrize("n", [1, 6, 24, 500])
def test_nothing_seen_has_probability_alpha_at_the_upper_bound(n: int) -> None:
    assert (1 - inference.upper_bound_when_none(n, 0.95)) ** n == pytest.approx(0.05)


@pytest.mark.parametrize("events", [0, 1, 4])
def test_poisson_limits_leave_half_of_alpha_in_each_tail(events: int) -> None:
    found = Rate(events, 10).interval(0.95)
    assert poisson_at_most(events, 10 * found.high) == pytest.approx(0.025)
    at_least = 1 - poisson_at_most(events - 1, 10 * found.low)
    assert found.low == 0 if events == 0 else at_least == pytest.approx(0.025)


def poisson_at_most(events: int, mean: float) -> float:
    return sum(math.exp(-mean) * mean**j / math.factorial(j) for j in range(events + 1))


@pytest.mark.parametrize(
    "p_values",
    [[0.2], [0.01, 0.04, 0.03], [0.5, 0.5, 0.9], [0.0, 1.0, 0.02, 0.02], [0.04, 0.001, 0.03, 0.011]],
)
def test_holm_is_its_step_down_rule(p_values: list[float]) -> None:
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    expected, highest = dict.fromkeys(order, 0.0), 0.0
    for step, i in enumerate(order):
        highest = max(highest, min(1.0, p_values[i] * (len(order) - step)))
        expected[i] = highest
    assert inference.holm(p_values) == pytest.approx(tuple(expected[i] for i in range(len(order))))


def test_holm_leaves_a_missing_p_out_of_the_count() -> None:
    found = inference.holm([0.01, math.nan, 0.04])
    assert found[0] == pytest.approx(0.02) and math.isnan(found[1]) and found[2] == pytest.approx(0.04)
    assert math.isnan(inference.holm([math.nan])[0])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.sampled_from([0.5, 0.9, 0.95]))
def test_median_interval_takes_the_innermost_pair_that_covers(values: list[int], confidence: float) -> None:
    n, found = len(values), inference.median_interval(values, confidence)
    covers = {k: Fraction(sum(math.comb(n, j) for j in range(k, n - k + 1)), 2**n) for k in range(1, (n + 1) // 2 + 1)}
    enough = [k for k, share in covers.items() if share >= Fraction(str(confidence))]
    if not enough:
        assert math.isnan(found.low) and math.isnan(found.coverage)
        return
    k, ordered = max(enough), sorted(values)
    assert (found.low, found.high) == (ordered[k - 1], ordered[n - k])
    assert found.coverage == pytest.approx(float(covers[k]))


def test_five_values_are_too_few_for_a_median_interval_at_95_percent() -> None:
    assert math.isnan(inference.median_interval([10, 13, 21, 25, 28]).low)
    assert inference.median_interval([10, 13, 21, 25, 28], 0.9).coverage == pytest.approx(0.9375)


# Edges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ([0.1], [0.3], [0.2]),
        ([2.53, 1.40], [2.66, 1.53], [0.13, 0.13]),  # tied on paper, not as floats
        ([1, None, 3], [2, 2, math.nan], [1]),
        ([pd.NA], [1], []),
        ([5], [5], [0]),
    ],
)
def test_differences_are_taken_in_decimals(before: list, after: list, expected: list) -> None:
    assert differences(before, after).tolist() == expected


def test_no_change_at_all_is_no_evidence() -> None:
    still = signed_rank([0, 0, 0])
    assert (still.n, still.zeros, still.p_exact) == (0, 3, 1.0)
    assert math.isnan(still.z) and math.isnan(still.p_asymptotic)
    assert signed_rank([]).p_exact == 1.0


@pytest.mark.parametrize("change", [[], [1.0], [2.0, 2.0, 2.0]])
def test_a_t_test_needs_two_changes_that_differ(change: list[float]) -> None:
    assert math.isnan(paired_t(change).t) and math.isnan(paired_t(change).low)
    assert all(math.isnan(value) for value in inference.shapiro(change))


def test_few_changes_have_a_shift_but_no_interval() -> None:
    assert math.isnan(hodges_lehmann([]).estimate)
    few = hodges_lehmann([1, 2, 3], 0.95)
    assert few.estimate == 2 and math.isnan(few.low) and math.isnan(few.coverage)
    assert hodges_lehmann([0, 0, 0, 1], 0.5).estimate == 0


@pytest.mark.parametrize(
    "make, rule",
    [
        (lambda: Proportion(3, 2), "k of n"),
        (lambda: Proportion(0, 0), "k of n"),
        (lambda: Proportion(-1, 2), "k of n"),
        (lambda: Proportion(1, 2).interval("wald"), "clopper-pearson or wilson"),
        (lambda: Proportion(1, 2).interval(confidence=95), "between 0 and 1"),
        (lambda: Rate(1, 0), "time > 0"),
        (lambda: Rate(-1, 1), "events >= 0"),
        (lambda: inference.upper_bound_when_none(0), "at least one patient"),
        (lambda: differences([1], [1, 2]), "one length"),
    ],
)
def test_what_cannot_be_computed_is_refused_with_its_rule(make, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        make()
