"""Quantiles against numpy's nine definitions; SPSS's is its `weibull`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from recount.checks.quantiles import position, quantile

NUMPY = {  # numpy.quantile's names for Hyndman and Fan's definitions 1 to 9
    "hf1": "inverted_cdf",
    "hf2": "averaged_inverted_cdf",
    "hf3": "closest_observation",
    "hf4": "interpolated_inverted_cdf",
    "hf5": "hazen",
    "hf6": "weibull",
    "hf7": "linear",
    "hf8": "median_unbiased",
    "hf9": "normal_unbiased",
    "haverage": "weibull",
}


@pytest.mark.parametrize("definition", [name for name in NUMPY if name != "hf3"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 12, 13, 16, 24])
@pytest.mark.parametrize("p", ["0.25", "0.5", "0.75"])
def test_a_quantile_is_numpys(definition: str, n: int, p: str) -> None:
    values = [(7 * k * k + 3) % 101 for k in range(n)]
    expected = np.quantile(values, float(p), method=NUMPY[definition])
    assert float(quantile(values, Fraction(p), definition)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("n", "q1", "q3"), [(4, "1.5", "3.5"), (5, "2", "4"), (6, "2", "5"), (7, "2.5", "5.5")])
def test_tukeys_hinges_are_the_medians_of_the_halves(n: int, q1: str, q3: str) -> None:
    values = range(1, n + 1)
    assert quantile(values, Fraction(1, 4), "tukey") == Fraction(q1)
    assert quantile(values, Fraction(3, 4), "tukey") == Fraction(q3)


@pytest.mark.parametrize(("n", "definition"), [(0, "haverage"), (3, "hf10")])
def test_nobody_or_an_unknown_definition_is_refused(n: int, definition: str) -> None:
    with pytest.raises(ValueError, match=r"at least one value|unknown definition"):
        position(n, Fraction(1, 2), definition)
