"""What is printed of two samples, of a mean's interval and of P values, judged by itself."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.recount.checks.test_record_check import study

from recount.checks import IMPOSSIBLE as IMPOSSIBLE_VERDICT
from recount.checks import check_record, impossible_alone
from recount.checks.one_number import Grid, mean_interval_judged, u_judged, z_of_two_judged
from recount.record import Faults, Printed

VALUES = st.lists(st.integers(0, 4), min_size=1, max_size=7)


@given(VALUES, VALUES, st.booleans())
def test_what_two_samples_have_is_never_impossible(one, other, continuity):
    """scipy's U and P of the same values."""
    found = stats.mannwhitneyu(one, other, use_continuity=continuity, method="asymptotic")
    u = min(found.statistic, len(one) * len(other) - found.statistic)
    assert u_judged(Printed(f"{u:.1f}"), len(one), len(other)).holds
    if len({*one, *other}) > 1:
        z = stats.norm.isf(min(found.pvalue, 1) / 2)
        assert z_of_two_judged(Printed(f"{abs(z):.2f}"), len(one), len(other)).holds


@given(st.integers(1, 9), st.integers(1, 9))
def test_samples_far_apart_reach_the_greatest_z(n, m):
    """Two values only, one a sample: Z^2 is N - 1."""
    p = stats.mannwhitneyu([0] * n, [1] * m, use_continuity=False, method="asymptotic").pvalue
    assert stats.norm.isf(p / 2) ** 2 == pytest.approx(n + m - 1)


U = [("8", 4, 4, True), ("8.5", 4, 4, False), ("2.3", 4, 4, False), ("2.5", 4, 4, True), ("-1", 4, 4, False)]


@pytest.mark.parametrize(("u", "n", "m", "holds"), U)
def test_the_smaller_u_is_halves_up_to_half_of_all_pairs(u, n, m, holds):
    assert u_judged(Printed(u), n, m).holds == holds


Z = [("3", True), ("3.0", True), ("3.1", False), (">3", False), (">=3", True), ("-0.5", False)]


@pytest.mark.parametrize(("z", "holds"), Z)
def test_z_is_at_most_the_root_of_n_less_one(z, holds):
    assert z_of_two_judged(Printed(z), 4, 6).holds == holds


ENDS = [
    ("9", True, True),
    ("9.6", True, False),
    ("-99", True, True),
    ("1", False, True),
    ("0.4", False, False),
    ("20", False, True),
]


@pytest.mark.parametrize(("end", "is_low", "holds"), ENDS)
def test_an_interval_encloses_a_mean_that_there_can_be(end, is_low, holds):
    assert mean_interval_judged(Printed(end), Grid(Fraction(1), Fraction(1), Fraction(9)), is_low).holds == holds


IMPOSSIBLE = [
    ("A|X|mann_whitney_u|19|MEN", "U 19 of 6 and 6 values: halves from 0 to 18"),
    ("A|X|mann_whitney_z|3.4|MEN", "|Z| 3.4 of 6 and 6 values: at most the root of 11"),
    ("A|X|mann_whitney_p|1.3|MEN", "P 1.3 isn't from 0 to 1"),
    ("A|X|t2_p|-0.1|MEN", "P -0.1 isn't from 0 to 1"),
    ('ALL|S|fisher_p|2|G == "A"', "P 2 isn't from 0 to 1"),
    ("ALL|X|mean_ci_high|0.2", "the high end 0.2 is at least a mean of whole numbers from 1 to 9"),
]


@pytest.mark.parametrize(("claim", "why"), IMPOSSIBLE)
def test_a_record_names_what_nobody_can_satisfy(tmp_path: Path, claim: str, why: str) -> None:
    assert impossible_alone(study(tmp_path, "ALL||n|6", claim)) == {"c1": why}


@pytest.mark.parametrize("patients", [2001, 20000])
def test_a_record_that_is_too_large_to_be_reconstructed_is_checked(tmp_path: Path, patients: int) -> None:
    record = study(tmp_path, f"ALL||n|{patients}", "ALL|X|mean|5.00000001", "ALL|X|max|9")
    assert [one.claims for one in check_record(record) if one.verdict == IMPOSSIBLE_VERDICT] == [("c1",)]


def test_a_record_that_is_too_large_to_be_checked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Faults, match="a record is checked up to 20,000 patients"):
        check_record(study(tmp_path, "ALL||n|20001"))


def test_fishers_p_is_of_two_by_two(tmp_path: Path) -> None:
    with pytest.raises(Faults, match="Fisher's P is of two by two"):
        study(tmp_path, "ALL||n|6", 'ALL|G|fisher_p|0.5|S == "M"')
