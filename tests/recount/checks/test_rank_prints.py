"""Which distances from the mean print a Z or a P: against looking at every distance, the obvious way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from recount.checks.rank_prints import RankQuestion, bit_places, bits_within, tie_groups, tie_sum
from recount.checks.tails import ALTERNATIVES

FARTHEST = 40
ZS = st.sampled_from(["0", "1", "2", "0.5", "-1", "-0.5", "1.3", "<1", "<=1", ">1", ">=1", "<-1", ">-0.5", "0.0"])
VARIANCES = st.sampled_from([Fraction(1), Fraction(16), Fraction(100), Fraction(7, 3), Fraction(225, 4), Fraction(300)])


def corrected(distance: int, correction: int, alternative: str) -> int:
    if alternative == "two-sided":
        return distance - correction * ((distance > 0) - (distance < 0))
    return distance - correction if alternative == "greater" else distance + correction


def is_printed(distance: int, variance: Fraction, question: RankQuestion) -> bool:
    """Whether the Z is printed, by squares."""
    z = question.z
    if question.sign == "either":
        mirrored = z.value < 0 and z.relation not in (">", ">=")  # any size is above a number below nought
        distance = -abs(distance) if mirrored else abs(distance)
    square = Fraction(distance * abs(distance)) / variance
    low = z.low is None or square > z.low * abs(z.low) or (square == z.low * abs(z.low) and not z.low_strict)
    high = z.high is None or square < z.high * abs(z.high) or (square == z.high * abs(z.high) and not z.high_strict)
    return low and high


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    ZS,
    VARIANCES,
    st.booleans(),
    st.sampled_from(ALTERNATIVES),
    st.sampled_from(("either", "as printed")),
    st.integers(1, 2),
)
def test_the_distances_that_print_a_z(
    z, variance, continuity: bool, alternative: str, sign: str, correction: int
) -> None:
    question = RankQuestion.of(z, None, None, continuity, "asymptotic", alternative, sign)
    step = correction  # distances are multiples of the correction
    tried = range(-FARTHEST, FARTHEST + 1, step)
    expected = [
        d for d in tried if is_printed(corrected(d, correction, alternative) if continuity else d, variance, question)
    ]
    windows = question.distances(variance, correction, FARTHEST)
    assert [d for d in tried if any(low <= d <= high for low, high in windows)] == expected


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.integers(1, 999), VARIANCES, st.booleans(), st.sampled_from(ALTERNATIVES))
def test_the_distances_that_print_a_p(thousandths: int, variance: Fraction, continuity: bool, alternative: str) -> None:
    question = RankQuestion.of(None, f"{thousandths / 1000:.3f}", None, continuity, "asymptotic", alternative, "either")
    windows = question.distances(variance, 1, FARTHEST)
    tail = {"two-sided": lambda z: 2 * norm.sf(abs(z)), "less": norm.cdf, "greater": norm.sf}[alternative]
    for d in range(-FARTHEST, FARTHEST + 1):
        moved = corrected(d, 1, alternative) if continuity else d
        p = tail(moved / float(variance) ** 0.5)
        printed = abs(p - thousandths / 1000) <= 0.0005
        assert any(low <= d <= high for low, high in windows) == printed


def test_no_variance_prints_no_z() -> None:
    assert (
        RankQuestion.of("0", None, None, False, "asymptotic", "two-sided", "either").distances(Fraction(0), 1, 9) == []
    )
    assert RankQuestion.of(None, None, "3", False, "asymptotic", "two-sided", "either").distances(
        Fraction(0), 1, 9
    ) == [(-9, 9)]


@pytest.mark.parametrize("packed", [0, 1, 0b1011, 1 << 200 | 1])
def test_bits(packed: int) -> None:
    assert sum(1 << place for place in bit_places(packed)) == packed
    assert bits_within(packed, [(0, 300)]) == bit_places(packed)
    assert bits_within(packed, [(-5, 0), (1, 0)]) == [0] * (packed & 1)


GROUPS = [
    ("none", 2, (1, 1)),
    ("2 1", 3, (2, 1)),
    ((1, 2), 3, (1, 2)),
    ([3], 3, (3,)),
    ("any", 3, None),
    ("none", 0, ()),
]


@pytest.mark.parametrize(("ties", "size", "expected"), GROUPS)
def test_ties_as_they_are_given(ties, size: int, expected) -> None:
    assert tie_groups(ties, size) == expected


@pytest.mark.parametrize("ties", ["1 1 1", "0 2", "2 -1 1", "a b", 5])
def test_ties_that_make_no_sense(ties) -> None:
    with pytest.raises(ValueError, match="ties are"):
        tie_groups(ties, 2)


def test_the_ties_term() -> None:
    assert (tie_sum(()), tie_sum((1, 1)), tie_sum((2, 3))) == (0, 0, 30)
