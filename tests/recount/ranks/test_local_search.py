"""Local search of ranks: signed ranks by scipy's, moves that keep what they must, and quantiles moved in place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from recount.ranks.local_search import GENTLE, THOROUGH, Limit, Manner, Pair, Place, Wanted, mended, signed
from recount.ranks.patients import _move_to


@given(st.lists(st.integers(-6, 6).filter(bool), min_size=1, max_size=12))
def test_signed_ranks_are_those_of_scipy(d: list[int]) -> None:
    ranks = rankdata(np.abs(d))
    doubled = 2 * sum(rank for rank, x in zip(ranks, d, strict=True) if x > 0)
    sizes = [list(map(abs, d)).count(size) for size in set(map(abs, d))]
    assert signed(d) == (len(d), sum(t**3 - t for t in sizes), abs(2 * doubled - len(d) * (len(d) + 1)))


def only(distance: int):
    return lambda number, ties: range(distance, distance + 1) if number == 12 else range(0)


BEFORE, AFTER = [3 * i for i in range(12)], [3 * i + 1 for i in range(12)]


@pytest.mark.parametrize("manner", [GENTLE, THOROUGH], ids=["gentle", "thorough"])
@pytest.mark.parametrize("distance", [20, 60, 112])
def test_rank_sums_are_met_and_the_rest_is_kept(manner: Manner, distance: int) -> None:
    places = (Place(0, 5, 6, 1, 2, 33, 33),)
    limits = (Limit(((1, 0), (-1, 1)), 30),)  # before is at most 30 above after
    wanted = Wanted(((0, 40), (0, 40)), places, limits, (Pair(0, 1, (1, 1), only(distance)),), ((0,), (1,)), ())
    met = 0
    for seed in range(10):
        found = mended([BEFORE, AFTER], wanted, np.random.default_rng(seed), manner)
        if found is None:
            continue
        met += 1
        assert signed([x - y for x, y in zip(*found, strict=True)])[2] == distance
        assert sorted(found[0]) == BEFORE and sorted(found[1]) == AFTER  # nothing is shifted
        assert all(x - y <= 30 for x, y in zip(*found, strict=True))
    assert met > 5


def test_a_gentle_search_leaves_patients_nearer_to_where_they_were() -> None:
    wanted = Wanted(((0, 40), (0, 40)), (), (), (Pair(0, 1, (1, 1), only(60)),), ((0,), (1,)), ())
    together = {}
    for manner in (GENTLE, THOROUGH):
        found = [mended([BEFORE, AFTER], wanted, np.random.default_rng(seed), manner) for seed in range(30)]
        together[manner] = np.mean([np.corrcoef(rows[0], rows[1])[0, 1] for rows in found if rows is not None])
    assert together[GENTLE] > together[THOROUGH] + 0.1


def test_a_start_that_breaks_a_limit_is_not_mended() -> None:
    wanted = Wanted(((0, 40), (0, 40)), (), (Limit(((1, 0),), 30),), (), ((0,), (1,)), ())
    assert mended([BEFORE, AFTER], wanted, np.random.default_rng(1)) is None


@given(st.lists(st.integers(0, 50), min_size=4, max_size=9), st.integers(0, 7), st.integers(0, 3), st.integers(0, 200))
def test_a_quantile_is_moved_to_where_it_is_printed(values: list[int], lower: int, share: int, printed: int) -> None:
    lower = min(lower, len(values) - 2)
    place = Place(0, lower, lower + 1, share, 4, printed, printed)
    moved = np.sort(np.array(values))
    _move_to(place, moved)
    assert (np.diff(moved) >= 0).all()
    if share in (1, 3) or (printed % 4 == 0 and share == 0):
        assert place.holds(moved.tolist())
