"""Ends of quantiles and signed ranks, against every table of patients that satisfies a small record."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from recount.audit import Asked, Question, Session
from recount.ranks.places_and_rank_sums import is_of_ranks_alone
from recount.reconstruct import reference_cohort, reference_solution
from recount.solver.search import NONE
from recount.verify.verifier import About, value_in, verify

FEW = ("KL", ["ALL||n|3", "ALL|K|wilcoxon_z|1.069|L", "ALL|K|median|3", "ALL|L|p75|2"], [])  # rank 1 alone is rare
FEW_RISES = ("KL", ["ALL||n|3", "ALL|K|wilcoxon_z|1.069|L", "ALL|K|median|5"], ["K >= 2"])
SECOND = ("KL", ["ALL||n|3", "ALL|K|wilcoxon_z|0.535|L", "ALL|L|median|4", "ALL|K|p25|1"], [])
NO_RISE = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|>1.8|Z", "ALL|Z|median|1", "ALL|X|p25|1.25"], [])
TIED = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|1.0|Z", "ALL|X|median|2", "ALL|Z|min|0"], [])
MIDDLE = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|<=0.6|Z", "ALL|X|p25|0.25", "ALL|Z|p75|2.75"], [])
WITH_P = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_p|<0.15|Z", "ALL|X|wilcoxon_z|<1.7|Z", "ALL|X|max|2"], [])
RULED = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|1.342|Z", "ALL|X|median|1.5", "ALL|Z|p75|2.75"], ["X <= Z"])
SUMMED = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|<1|Z", "ALL|X|median|1.5"], ["X + Z <= 4"])
EITHER = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|<1|Z", "ALL|X|median|1.5"], ["X < 2 or Z > 1"])
HALVES = ("XH", ["ALL||n|4", "ALL|X|wilcoxon_z|>1.3|H", "ALL|X|p25|0.5", "ALL|H|median|0.75"], [])
BOTH_WAYS = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|<1|Z", "ALL|Z|wilcoxon_z|<0.5|X", "ALL|X|p75|2.5"], [])
THREE = ("XZT", ["ALL||n|3", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|wilcoxon_z|<1|T", "ALL|T|median|1"], ["T <= Z"])
RECORDS = {
    "few": FEW,
    "few rises": FEW_RISES,
    "second": SECOND,
    "no rise": NO_RISE,
    "tied": TIED,
    "middle": MIDDLE,
    "with P": WITH_P,
    "ruled": RULED,
    "summed": SUMMED,
    "either": EITHER,
    "halves": HALVES,
    "both ways": BOTH_WAYS,
    "three": THREE,
}
KINDS = ("min", "p25", "median", "p75", "max")


@cache
def known(small, name: str) -> Session:
    session = Session(reference_cohort(reference_solution(small.record(*RECORDS[name]))))
    assert not session.reference.aside
    return session


@pytest.mark.parametrize("name", RECORDS)
def test_ends_are_those_of_every_table_tried(small, name: str) -> None:
    session = known(small, name)
    tables, names = small.tables(session.study), list(session.study.variables)
    asked: list[About] = [Question("ALL", n, kind) for n in names for kind in KINDS]
    asked += [Question("ALL", names[0], kind, names[1]) for kind in ("wilcoxon_z", "wilcoxon_p")]
    for question in asked:
        check(small, session, question, "", tables)


@pytest.mark.parametrize("name", RECORDS)
def test_a_claim_left_out_has_the_ends_of_every_table_tried_without_it(small, name: str) -> None:
    session = known(small, name)
    for claim in session.study.claims[1:]:
        check(small, session, claim, claim.id, small.tables(session.study, [claim.id]))


def check(small, session: Session, question: About, without: str, tables: list[pd.DataFrame]) -> None:
    """The range is that of the tables, proven, with patients at its ends."""
    study = session.study
    assert is_of_ranks_alone(study, session.home(Asked(question, study), {question.variable}).subproblem)
    out = frozenset({("claim", without)}) if without else frozenset()
    found = small.range_of(session, Asked(question, study, without=out), 5.0)
    values = [value for table in tables if (value := value_in(study, question, table)) is not None]
    if not values:
        assert found.status == NONE
        return
    assert found.proven and (found.low.reached, found.high.reached) == (min(values), max(values)), question
    for end in (found.low, found.high):
        assert end.patients is not None and set(verify(study, end.patients).broken["id"]) <= {without}, question
