"""Changes in the order of their size: sound for one pair of variables of everybody, and lossy for a second pair."""

from __future__ import annotations

import pandas as pd
import pytest

from recount.audit import Question
from recount.ranks import rank_range
from recount.solver import FOUND, NONE, ordered_changes
from recount.solver.constraints import impose
from recount.solver.search import ask
from recount.solver.unknowns import Unknowns
from recount.subproblems import subproblems_of
from recount.verify.verifier import verify

# All begin at 0 and rise, no two by as much (a Z of 3 / sqrt(3.5)): so Z is 1, 2 and 3, and L is 3, 2 and 1.
OPPOSITE = (
    "XZL",
    ["ALL||n|3", "ALL|X|max|0", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|wilcoxon_z|1.604|L"],
    ["Z + L == 4"],
)


@pytest.mark.parametrize(("pairs", "status"), [("Z", FOUND), ("L", FOUND), ("ZL", NONE)])
def test_patients_can_be_in_the_order_of_one_pair_s_changes_alone(small, pairs: str, status: str) -> None:
    """With the changes of both pairs in order the only patients there are would be lost."""
    study = small.record(*OPPOSITE)
    table = pd.DataFrame({"X": [0, 0, 0], "Z": [1, 2, 3], "L": [3, 2, 1]}, dtype=object)
    assert verify(study, table).broken.empty
    u = Unknowns(study, 3, list("XZL"))
    for after in pairs:
        ordered_changes(u, Question("ALL", "X", "wilcoxon_z", after))
    impose(u, study.claims[1:], study.rules)
    assert ask(u, list(u.on)).status == status


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (Question("ALL", "Z", "median"), 2),
        (Question("ALL", "L", "max"), 3),
        (Question("ALL", "X", "wilcoxon_z", "Z"), 3 / 3.5**0.5),
        (Question("ALL", "X", "wilcoxon_z", "L"), 3 / 3.5**0.5),
        (Question("ALL", "Z", "wilcoxon_z", "L"), 0),  # one up, one down by as much, one as it was
    ],
)
def test_ranks_ask_of_one_pair_in_order_and_of_the_others_not(small, asked: Question, value: float) -> None:
    study = small.record(*OPPOSITE)
    subproblem = next(b for b in subproblems_of(study) if "X" in b.variables)
    active = [("claim", c.id) for c in subproblem.claims] + [("rule", r.id) for r in subproblem.rules]
    found = rank_range(study, subproblem, frozenset(active), 3, asked, 5.0)
    assert found.status != NONE
    assert found.low_bound is None or float(found.low_bound) <= value + 1e-9
    assert found.high_bound is None or float(found.high_bound) >= value - 1e-9
    assert (found.low_bound, found.high_bound) != (None, None)
