"""What clinical papers print, recomputed: by scipy and statsmodels on the same data, and by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recount.checks import median_places, proportion_interval
from recount.record.printed import Printed
from recount.record.schema import STATISTICS, Claim, Population, Study, Variable
from recount.rules import parse, resolve
from recount.verify.paper_statistics import PAPER_STATISTICS
from recount.verify.verifier import statistic

NUMBER = (Fraction(1), Fraction(-1000), Fraction(1000), ())
VARIABLES = {
    "G": Variable("G", "category", "", None, None, None, ("A", "B"), None, ""),
    "X": Variable("X", "integer", "", *NUMBER, None, ""),
    "Y": Variable("Y", "integer", "", *NUMBER, None, ""),
}
WHERES = {"ALL": None, "A": 'G == "A"', "B": 'G == "B"', "NOBODY": "X > 5000"}
POPULATIONS = {k: Population(k, v and resolve(parse(v), VARIABLES), "") for k, v in WHERES.items()}
VALUES = st.lists(st.integers(-6, 6), min_size=2, max_size=12)


def value(kind, variable, versus="", population="ALL", frame=None, **settings):
    """The statistic's value."""
    wanted = STATISTICS[kind]
    condition = resolve(parse(variable), VARIABLES) if wanted[0] == "condition" else None
    claim = Claim("c", "", population, variable, kind, Printed("1"), versus, "", condition)
    return statistic(claim, frame, Study(Path("."), VARIABLES, POPULATIONS, (), (claim,), settings)).value


def of_two(one, other):
    """A table of group A with these X and group B with those."""
    return pd.DataFrame({"G": ["A"] * len(one) + ["B"] * len(other), "X": [*one, *other]})


BY_HAND = pd.DataFrame({"G": list("AAABB"), "X": [1, 2, 3, 4, 10], "Y": [2, 4, 3, None, 5]})
HAND = [
    ("range", "X", "", Fraction(9)),
    ("iqr", "X", "", Fraction("5.5")),  # haverage: 7 less 1.5
    ("se", "X", "", 12.5**0.5 / 5**0.5),
    ("mean_change", "X", "Y", Fraction(-2, 4)),  # 1 2 0 -5
    ("percent_change", "X", "Y", Fraction(-200, 16)),
    ("mann_whitney_u", "X", "B", Fraction(0)),
    ("fisher_p", "G", "X > 3", Fraction(1, 10)),  # 3 0; 0 2: one of the 10 ways to choose 2 of 5
]


@pytest.mark.parametrize(("kind", "variable", "versus", "expected"), HAND)
def test_a_statistic_by_hand(kind, variable, versus, expected):
    found = value(kind, variable, versus, "A" if STATISTICS[kind][1] == "population" else "ALL", BY_HAND)
    assert found == expected if isinstance(expected, Fraction) else float(found) == pytest.approx(expected)


@pytest.mark.parametrize("kind", PAPER_STATISTICS)
def test_a_statistic_of_nobody_has_no_value(kind):
    variable = "X > 3" if STATISTICS[kind][0] == "condition" else "G" if kind == "fisher_p" else "X"
    versus = {"number": "Y", "population": "B", "category": "G"}.get(STATISTICS[kind][1], "")
    assert value(kind, variable, versus, "NOBODY", BY_HAND) is None


UNDEFINED = [
    ("se", "X", "", [5]),
    ("mean_ci_low", "X", "", [5]),
    ("median_ci_low", "X", "", [1, 2, 3, 4, 5]),
    ("t2", "X", "B", [5, 5, 5]),
    ("t2_p", "X", "B", [5, 5, 5]),
    ("mann_whitney_z", "X", "B", [5, 5, 5]),
    ("mann_whitney_p", "X", "B", [5, 5, 5]),
]


@pytest.mark.parametrize(("kind", "variable", "versus", "values"), UNDEFINED)
def test_a_statistic_of_too_few_or_of_equal_values_has_none(kind, variable, versus, values):
    frame = of_two(values, [5, 5] if versus else [])
    assert value(kind, variable, versus, "A", frame) is None


def test_a_change_from_nought_has_no_percent():
    assert value("percent_change", "X", "Y", frame=pd.DataFrame({"X": [-1, 1], "Y": [3, 4]})) is None


@pytest.mark.filterwarnings("ignore:Precision loss")  # scipy's, where one sample's values are all the same
@given(VALUES, VALUES, st.booleans())
def test_two_samples_as_scipy_has_them(one, other, equal):
    frame = of_two(one, other)
    if len(set(one)) == len(set(other)) == 1:
        return
    setting = "pooled" if equal else "welch"
    t, p = stats.ttest_ind(one, other, equal_var=equal)
    assert float(value("t2", "X", "B", "A", frame, two_sample_t=setting)) == pytest.approx(abs(t))
    assert value("t2_p", "X", "B", "A", frame, two_sample_t=setting) == pytest.approx(p, abs=1e-12)


@given(VALUES, VALUES, st.booleans())
def test_mann_whitney_as_scipy_has_it(one, other, continuity):
    frame, setting = of_two(one, other), "continuity" if continuity else "asymptotic"
    if len({*one, *other}) == 1:
        return
    # scipy's two-sided P is twice the tail of the greater U, whose Z may be below nought with the correction
    expected = stats.mannwhitneyu(one, other, use_continuity=continuity, method="asymptotic")
    u = min(expected.statistic, len(one) * len(other) - expected.statistic)
    assert value("mann_whitney_u", "X", "B", "A", frame) == Fraction(u)
    found = value("mann_whitney_p", "X", "B", "A", frame, mann_whitney=setting)
    assert found == pytest.approx(min(expected.pvalue, 1.0), abs=1e-12)
    z = float(value("mann_whitney_z", "X", "B", "A", frame, mann_whitney=setting))
    assert 2 * stats.norm.sf(z) == pytest.approx(found)


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_fisher_as_scipy_has_it(cells):
    a, b, c, d = cells
    frame = pd.DataFrame({"G": ["A"] * (a + b) + ["B"] * (c + d), "X": [1] * a + [0] * b + [1] * c + [0] * d})
    found = value("fisher_p", "G", "X == 1", frame=frame)
    if 0 in (a + b, c + d, a + c, b + d):
        assert found is None
    else:
        assert float(found) == pytest.approx(stats.fisher_exact([[a, b], [c, d]]).pvalue)


@given(VALUES, st.sampled_from(["90", "95", "99"]))
def test_the_interval_of_a_mean_as_scipy_has_it(values, confidence):
    frame = of_two(values, [])
    found = [value(f"mean_ci_{end}", "X", frame=frame, confidence=confidence) for end in ("low", "high")]
    if len(set(values)) == 1:
        assert found == [values[0]] * 2
        return
    expected = stats.ttest_1samp(values, 0).confidence_interval(int(confidence) / 100)
    assert found == pytest.approx([expected.low, expected.high], abs=1e-9)
    assert float(value("se", "X", frame=frame)) == pytest.approx(stats.sem(values))


@given(st.integers(1, 60), st.data(), st.sampled_from(["90", "95", "99"]))
def test_the_interval_of_a_proportion_as_scipy_and_statsmodels_have_it(n, data, confidence):
    from statsmodels.stats.proportion import proportion_confint

    k = data.draw(st.integers(0, n))
    frame = pd.DataFrame({"X": [1] * k + [0] * (n - k)})
    named = {"clopper-pearson": "beta", "wilson": "wilson", "wald": "normal"}
    for method, name in named.items():
        ends = [
            value(f"percent_ci_{end}", "X == 1", frame=frame, proportion_interval=method, confidence=confidence)
            for end in ("low", "high")
        ]
        expected = proportion_confint(k, n, 1 - int(confidence) / 100, name)
        assert ends == pytest.approx([100 * float(end) for end in expected], abs=1e-6)
    exact = stats.binomtest(k, n).proportion_ci(int(confidence) / 100, "exact")
    assert proportion_interval(k, n, "clopper-pearson", int(confidence)) == pytest.approx([exact.low, exact.high])


def test_intervals_of_arrays_are_those_of_their_numbers():
    k = np.arange(8)
    for method in ("clopper-pearson", "wilson", "wald"):
        low, high = proportion_interval(k, np.full(8, 7), method, 95)
        assert [(a, b) for a, b in zip(low, high, strict=True)] == [proportion_interval(i, 7, method, 95) for i in k]


@given(st.integers(1, 200), st.sampled_from([90, 95, 99]))
def test_the_interval_of_a_median_covers_it_and_the_next_narrower_does_not(n, confidence):
    places, tail = median_places(n, confidence), (100 - confidence) / 200
    if places is None:
        assert stats.binom.cdf(0, n, 0.5) > tail
        return
    low, high = places
    assert low + high == n + 1
    assert stats.binom.cdf(low - 1, n, 0.5) <= tail < stats.binom.cdf(low, n, 0.5)


def test_the_interval_of_a_median_by_hand():
    frame = of_two([9, 1, 2, 8, 3, 7], [])
    assert [value(f"median_ci_{end}", "X", frame=frame) for end in ("low", "high")] == [1, 9]
