"""What a plausible sample of moments is, and that only those for cohorts are made so."""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from recount.moments.drawn_samples import LEAST, LIKELY, Sampling, _likely, drawn_sample, settled_sums
from recount.moments.propagation import Box
from recount.moments.sums_and_spreads import problem_of
from recount.record.study import read_study
from recount.subproblems import subproblems_of

N = 16
VARIABLES = """name,kind,unit,step,low,high,levels,where,description
X,decimal,,0.1,0,60,,,never negative
Y,decimal,,0.1,0,60,,,the same later
S,decimal,,0.1,-60,60,,,signed
"""


def problem(folder: Path, *claims: str):
    lines = [f"c{k},here,ALL,{','.join(claim.split('|'))}," for k, claim in enumerate(claims)]
    head = "id,place,population,variable,statistic,printed,versus,description"
    (folder / "variables.csv").write_text(VARIABLES)
    (folder / "populations.csv").write_text("name,where,description\nALL,,everybody\n")
    (folder / "rules.csv").write_text("id,place,rule,description\n")
    (folder / "claims.csv").write_text("\n".join([head, f"n,here,ALL,,n,{N},,", *lines]) + "\n")
    study = read_study(folder)
    subproblem = next(b for b in subproblems_of(study) if b.claims and b.variables)
    return problem_of(study, subproblem, subproblem.statements, N), subproblem.variables


def samples(made, plausible: bool, seeds: range = range(20)) -> list[dict[str, np.ndarray]]:
    asked, part = made
    found = []
    for seed in seeds:
        sampling = Sampling(np.random.default_rng(seed), is_plausible=plausible)
        room = settled_sums(asked, None, sampling)
        assert room is not None
        found.append(drawn_sample(asked, room, part, sampling))
    return found


def test_plausible_values_that_are_never_negative_are_not_nearly_nought(tmp_path: Path) -> None:
    made = problem(tmp_path, "X|mean|10.0|", "X|sd|5.5|")
    near = [drawn["X"].min() / drawn["X"].mean() for drawn in samples(made, True)]
    anyhow = [drawn["X"].min() / drawn["X"].mean() for drawn in samples(made, False)]
    assert min(near) > LEAST - 0.02 > min(anyhow)


def test_signed_values_may_be_anywhere(tmp_path: Path) -> None:
    made = problem(tmp_path, "S|mean|10.0|", "S|sd|12.0|")
    assert all(drawn["S"].min() < 0 for drawn in samples(made, True))


def test_plausible_pairs_go_together_where_the_record_leaves_it_open(tmp_path: Path) -> None:
    made = problem(tmp_path, "X|mean|30.0|", "X|sd|5.0|", "Y|mean|33.0|", "Y|sd|5.0|", "X|paired_t|>0.5|Y")
    together = [np.corrcoef(drawn["X"], drawn["Y"])[0, 1] for drawn in samples(made, True)]
    anyhow = [np.corrcoef(drawn["X"], drawn["Y"])[0, 1] for drawn in samples(made, False)]
    assert LIKELY[0] - 0.05 < min(together) and max(together) < LIKELY[1] + 0.05
    assert min(anyhow) < LIKELY[0] - 0.05


@pytest.mark.parametrize(("one", "other", "known"), [(400, 900, True), (400, 400, True), (400, 900, False)])
def test_likely_spreads_of_a_difference_have_likely_correlations(one: int, other: int, known: bool) -> None:
    open_ = Box(0, 0, 3, 5003)
    found = _likely(open_, Box(0, 0, one, one), Box(0, 0, other, other if known else other + 8), 2)
    if not known:
        assert found == open_
        return
    least, most = ((one + other - v) / (2 * sqrt(one * other)) for v in (found.v1, found.v0))
    assert LIKELY[0] <= least <= most <= LIKELY[1]
    assert (found.v0 - open_.v0) % 2 == 0  # a spread that can be


def test_what_is_printed_comes_before_what_is_likely() -> None:
    printed = Box(0, 0, 2400, 2500)  # a correlation near -1
    assert _likely(printed, Box(0, 0, 400, 400), Box(0, 0, 900, 900), 2) == printed
