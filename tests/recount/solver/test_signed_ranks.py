"""Signed ranks of unknown pairs: with every consequence stated beside, no pairs are cut off and none let in."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from recount.audit import Question
from recount.record.codes import step_of
from recount.record.schema import Study
from recount.solver import constraints, signed_ranks
from recount.solver.constraints import impose
from recount.solver.search import FOUND, NONE, ask, extreme
from recount.solver.unknowns import Unknowns
from recount.verify.verifier import statistic, value_in, verify

SIZE = 3
PAIRS = {"XZ": (range(4), range(4)), "XH": (range(4), range(4))}  # codes; H is counted in halves
CLAIMS = [
    "ALL|X|wilcoxon_z|1.604|{}",
    "ALL|X|wilcoxon_z|0.000|{}",
    "ALL|X|wilcoxon_z|1.342|{}",
    "ALL|X|wilcoxon_z|1.0|{}",
    "ALL|X|wilcoxon_p|<0.2|{}",
    "ALL|X|wilcoxon_p|>=0.5|{}",
    "ALL|X|wilcoxon_p|0.317|{}",
]


def every_pairs(names: str) -> list[tuple[tuple[int, int], ...]]:
    """Every set of three pairs, in codes."""
    return list(itertools.combinations_with_replacement(itertools.product(*PAIRS[names]), SIZE))


def table(study: Study, names: str, pairs: tuple[tuple[int, int], ...]) -> pd.DataFrame:
    columns = {
        name: pd.Series([pair[k] * step_of(study.variables[name]) for pair in pairs], dtype=object)
        for k, name in enumerate(names)
    }
    return pd.DataFrame(columns)


def unknowns(study: Study, names: str, by: str = "", relaxed: bool = False, size: int = SIZE) -> Unknowns:
    u = Unknowns(study, size, list(names), by=by, alike=[list(range(size))], relaxed=relaxed)
    impose(u, study.claims[1:], study.rules)
    return u


def feasible(u: Unknowns, names: str, pairs: tuple[tuple[int, int], ...], by: str) -> bool:
    """Whether the unknowns let these pairs through, in the order of a variable where there is one."""
    ordered = sorted(pairs, key=lambda pair: pair[names.index(by)]) if by else pairs
    fixed = []
    for i, pair in enumerate(ordered):
        for name, code in zip(names, pair, strict=True):
            fixed.append(u.keep(("is", i, name, code), lambda i=i, n=name, c=code: u.comparison("==", u.x[i, n] - c)))
    answer = extreme(u, list(u.on), [(1, u.x[0, names[0]])], False, given=fixed)
    assert answer.status in (FOUND, NONE)
    return answer.status == FOUND


@pytest.mark.parametrize("by", ["", "first", "second"])
@pytest.mark.parametrize("names", PAIRS)
@pytest.mark.parametrize("claim", CLAIMS)
def test_the_pairs_let_through_are_those_that_print_the_claim(small, names: str, claim: str, by: str) -> None:
    median = f"ALL|{names[1]}|median|1"  # an order statistic for the consequences to speak of
    study = small.record(names, ["ALL||n|3", claim.format(names[1]), median])
    order = {"": "", "first": names[0], "second": names[1]}[by]
    u, seen = unknowns(study, names, order), set()
    for pairs in every_pairs(names)[::3]:
        rows = table(study, names, pairs)
        expected = all(statistic(c, rows, study).holds for c in study.claims[1:])
        assert feasible(u, names, pairs, order) == expected, pairs
        seen.add(expected)
    assert seen == {True, False}


@pytest.mark.parametrize("by", ["", "X", "Z"])
@pytest.mark.parametrize("seed", range(6))
def test_seven_pairs_with_their_own_quartiles_and_z_are_let_through(small, seed: int, by: str) -> None:
    rng = np.random.default_rng(seed)
    pairs = [tuple(map(int, pair)) for pair in rng.integers(0, 4, (7, 2))]
    bare = small.record("XZ", ["ALL||n|7"])
    rows = table(bare, "XZ", tuple(pairs))
    asked = [Question("ALL", name, kind) for name in "XZ" for kind in ("p25", "median", "p75")]
    asked.append(Question("ALL", "X", "wilcoxon_z", "Z"))
    printed = [f"ALL|{q.variable}|{q.statistic}|{float(value_in(bare, q, rows) or 0):.3f}|{q.versus}" for q in asked]
    study = small.record("XZ", ["ALL||n|7", *printed])
    assert feasible(unknowns(study, "XZ", by, size=7), "XZ", tuple(pairs), by)


@pytest.mark.parametrize("names", PAIRS)
@pytest.mark.parametrize("claim", [*CLAIMS[:3], "ALL|X|median|1"])
def test_relaxed_unknowns_let_through_all_that_the_full_ones_do(small, names: str, claim: str) -> None:
    study = small.record(names, ["ALL||n|3", claim.format(names[1])])
    u = unknowns(study, names, names[0], relaxed=True)
    for pairs in every_pairs(names)[::13]:
        if statistic(study.claims[1], table(study, names, pairs), study).holds:
            assert feasible(u, names, pairs, names[0]), pairs


@pytest.mark.parametrize("names", PAIRS)
def test_the_unknowns_of_a_rank_sum_are_those_of_the_pairs(small, names: str) -> None:
    study = small.record(names, ["ALL||n|3"])
    about = Question("ALL", names[0], "wilcoxon_z", names[1])
    for pairs in every_pairs(names)[::9]:
        u = Unknowns(study, SIZE, list(names))
        for i, pair in enumerate(pairs):
            for name, code in zip(names, pair, strict=True):
                u.cp.add(u.x[i, name] == code)
        ranks = signed_ranks(u, about)
        terms = [(1, x) for x in (ranks.number, ranks.ties, ranks.distance, ranks.falls, ranks.rises)]
        found = extreme(u, [], terms, False).terms
        assert found == by_hand(table(study, names, pairs), names), pairs


def by_hand(rows: pd.DataFrame, names: str) -> tuple[int, ...]:
    """(changes, ties, |2D - n(n+1)| of twice the rank sum D, falls, rises) by scipy's way of ranking."""
    changes = [b - a for a, b in zip(rows[names[0]], rows[names[1]], strict=True) if a != b]
    sizes = [abs(change) for change in changes]
    doubled = [2 * sum(s < size for s in sizes) + sizes.count(size) + 1 for size in sizes]
    ties = sum(sizes.count(size) ** 3 - sizes.count(size) for size in set(sizes))
    total = len(changes) * (len(changes) + 1)
    risen = sum(rank for rank, change in zip(doubled, changes, strict=True) if change > 0)
    falls = sum(change < 0 for change in changes)
    return len(changes), ties, abs(2 * risen - total), falls, len(changes) - falls


def test_what_is_stated_beside_the_ranks_changes_no_answer(small, monkeypatch) -> None:
    for claim, rest in itertools.product(CLAIMS[:4], ("ALL|Z|p25|1", "ALL|Z|max|1", "ALL|X|min|2")):
        study = small.record("XZ", ["ALL||n|3", claim.format("Z"), rest])
        found = []
        for stated in (True, False):
            with monkeypatch.context() as patch:
                if not stated:
                    patch.setattr(constraints, "dominate", lambda *_: None)
                u = unknowns(study, "XZ", "X")
                found.append(ask(u, list(u.on)).status)
        assert found[0] == found[1] == (FOUND if small.tables(study) else NONE), (claim, rest)


def test_a_z_of_pairs_without_a_change_is_none(small) -> None:
    study = small.record("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|0.0|Z"], ["X == Z"])
    u = unknowns(study, "XZ")
    assert ask(u, list(u.on)).status == NONE
    rows = table(study, "XZ", ((1, 1), (2, 2), (0, 0)))
    assert value_in(study, Question("ALL", "X", "wilcoxon_z", "Z"), rows) is None
    assert step_of(study.variables["X"]) == Fraction(1)


# Where "so many rise at most" doesn't tell how high the values before stand.
NOT_DOMINATED = {  # variables, claims, the order, the patients in classes, and patients who satisfy the claims
    # of A alone both fall from 3 to 2, a Z of 1.5 / sqrt(1.125); the values of all begin with B's 0
    "a rank sum of some": (
        "GXZ",
        ["ALL||n|3", "A||n|2", "A|X|wilcoxon_z|1.414|Z", "A|Z|min|2", "ALL|X|min|0"],
        "X",
        [[0, 1, 2]],
        {"G": ["B", "A", "A"], "X": [0, 3, 3], "Z": [0, 2, 2]},
    ),
    # the first two are in the order of X, 2 and 3, and fall to 0; the third, told from them, falls from 1 to 0
    "patients told apart": (
        "XZ",
        ["ALL||n|3", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|min|1", "ALL|Z|max|0"],
        "X",
        [[0, 1], [2]],
        {"X": [2, 3, 1], "Z": [0, 0, 0]},
    ),
}


@pytest.mark.parametrize("name", NOT_DOMINATED)
def test_what_is_said_of_all_in_one_order_is_not_said_of_others(small, name: str) -> None:
    names, claims, by, alike, patients = NOT_DOMINATED[name]
    study = small.record(names, claims)
    assert verify(study, pd.DataFrame(patients, dtype=object)).broken.empty
    u = Unknowns(study, SIZE, list(names), by=by, alike=alike)
    impose(u, study.claims[1:], study.rules)
    assert ask(u, list(u.on)).status == FOUND
