"""Clauses about quantiles say just what the quantile's bound says; places are those of the other module."""

from __future__ import annotations

from fractions import Fraction

import pytest

from recount.checks.quantiles import DEFINITIONS, position
from recount.second_prover.quantile_clauses import SHARES, at_most, place_of


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("statistic", SHARES)
def test_places_are_those_of_the_definition(definition: str, statistic: str) -> None:
    for n in range(1, 41):
        lower, _, f = position(n, SHARES[statistic], definition)
        k, rest = place_of(statistic, n, definition)
        assert k + rest == lower + f


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("f", [Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(2, 3)])
def test_the_clauses_hold_of_just_the_pairs_that_are_small_enough(f: Fraction, strict: bool) -> None:
    for limit in (Fraction(k, 4) for k in range(-2, 30)):
        clauses, whole = at_most(1, f, limit, strict, 0, 6, 100)
        assert whole
        for a in range(7):
            for b in range(a, 7):
                held = all(any((a if k == 1 else b) <= t for t, k in clause) for clause in clauses)
                value = (1 - f) * a + f * b
                assert held == (value < limit if strict else value <= limit), (limit, a, b)


def test_fewer_clauses_only_widen() -> None:
    every, whole = at_most(1, Fraction(1, 2), Fraction(50), False, 0, 100, 1000)
    some, not_whole = at_most(1, Fraction(1, 2), Fraction(50), False, 0, 100, 5)
    assert whole and not not_whole and len(some) < len(every)
    assert set(some) <= set(every)
