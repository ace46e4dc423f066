"""The survival functions and their inverses are those of scipy.stats, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recount.checks.distributions import chi2_sf, normal_isf, normal_sf, t_isf, t_sf

AT = [-9.0, -1.0, 0.0, 1e-12, 0.5, 1.96, 8.0, 40.0, np.inf, *np.random.default_rng(1).uniform(0, 9, 300).tolist()]
SHARES = [0.0, 1e-300, 1e-9, 0.025, 0.5, 0.975, 1.0, *np.random.default_rng(2).uniform(0, 1, 300).tolist()]


def test_normal() -> None:
    assert [normal_sf(z) for z in AT] == [stats.norm.sf(z) for z in AT]
    assert [normal_isf(share) for share in SHARES] == [stats.norm.isf(share) for share in SHARES]


@pytest.mark.parametrize("df", [1, 2, 5, 4.7, 23, 400])
def test_student_and_chi_squared(df: float) -> None:
    assert [t_sf(t, df) for t in AT] == [stats.t.sf(t, df) for t in AT]
    assert [t_isf(share, df) for share in SHARES] == [stats.t.isf(share, df) for share in SHARES]
    assert [chi2_sf(x, df) for x in AT] == [stats.chi2.sf(x, df) for x in AT]
