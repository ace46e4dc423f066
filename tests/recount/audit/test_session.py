"""A session of questions: its tables have every value where it is due, and it goes to another process."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

from recount.audit.range import Question
from recount.audit.search import range_of
from recount.audit.session import Asked, Session
from recount.reconstruct import PosedSubproblem, reference_cohort, reference_solution
from recount.record.codes import code_of, decoded
from recount.rules import evaluate, is_missing
from recount.solver.search import FOUND, Statement, ask
from recount.verify.verifier import verify

CUT = (
    "GXYW",
    ["ALL||n|5", 'ALL|G == "A"|count|3', "A|Y|mean|0.5", "A|W|max|1.0", "ALL|X|median|2"],
    ['G == "A" -> W != 0.5'],
)
OPEN = ("GXY", ["ALL||n|4", "A|Y|median|0.5", "ALL|X|max|2"], ['G == "A" -> X >= 1'])
TWINS = ("GX", ["ALL||n|4", "A||n|2||Abstract", "A||n|2||Table", "ALL|X|max|0", "ALL|X|min|1"], ["X <= 2", "X > 2"])


def session(small, record: tuple) -> Session:
    return Session(reference_cohort(reference_solution(small.record(*record))))


def asked(known: Session, name: str, kind: str = "median", **changed: frozenset[Statement]) -> Asked:
    """A question about a variable among those who have it."""
    return Asked(Question("A" if name in "YW" else "ALL", name, kind), known.study, **changed)


def home_of(known: Session, name: str) -> PosedSubproblem:
    return known.home(asked(known, name), {name})


@pytest.mark.parametrize("record", [CUT, OPEN])
def test_the_cohort_of_a_session_is_confirmed(small, record: tuple) -> None:
    known = session(small, record)
    frame = known.reference.frame
    assert verify(known.study, frame).broken.empty
    assert known.broken(frame, asked(known, "X")) == [] and known.reference.aside == frozenset()


def test_a_table_of_moved_patients_takes_the_values_of_a_block_cut_off_along(small) -> None:
    """Whoever belongs to group A has Y and W, in the order of the cohort, whichever rows those are."""
    known = session(small, CUT)
    home = home_of(known, "G")
    answer = ask(home.u, home.imposed)
    assert answer.status == FOUND
    codes = dict(answer.values)
    groups = [0 if i in (1, 3, 4) else 1 for i in range(5)]
    codes |= {(i, "G"): code for i, code in enumerate(groups)}
    table = known.table(home, codes)
    due = [level == "A" for level in table["G"]]
    assert due == [code == 0 for code in groups]
    for name in "YW":
        before = [v for v in known.reference.frame[name] if not is_missing(v)]
        after = [v for v in table[name] if not is_missing(v)]
        assert after == before and [not is_missing(v) for v in table[name]] == due
    assert table["USUBJID"].tolist() == known.reference.frame["USUBJID"].tolist()


def test_a_table_of_a_block_cut_off_has_its_values_in_its_patients_rows(small) -> None:
    known = session(small, CUT)
    home = home_of(known, "Y")
    assert home.u.size == 3
    table = known.table(home, {(i, n): k for i, k in enumerate((0, 1, 2)) for n in home.subproblem.variables})
    rows = np.flatnonzero(evaluate(known.study.where_of("A"), known.reference.frame))
    assert [table.at[row, "Y"] for row in rows] == [Fraction(0), Fraction(1, 2), Fraction(1)]
    others = [table.at[row, "Y"] for row in range(5) if row not in rows]
    assert all(is_missing(v) for v in others)
    assert table["X"].tolist() == known.reference.frame["X"].tolist()


def test_a_session_goes_to_another_process_and_answers_the_same(small) -> None:
    known = session(small, CUT)
    before = range_of(known, asked(known, "Y"))
    copy = pickle.loads(pickle.dumps(known))
    assert copy._posed == {} and known._posed
    after = range_of(copy, asked(copy, "Y"))
    assert (after.low.reached, after.high.reached) == (before.low.reached, before.high.reached)
    assert copy.reference.frame.equals(known.reference.frame)
    assert copy.reference.aside == known.reference.aside


def test_unknowns_are_made_once_for_the_same_question(small) -> None:
    known = session(small, OPEN)
    home = home_of(known, "X")
    assert home_of(known, "X") is home
    relaxed = known.relaxed(home, asked(known, "X"))
    assert relaxed is not home and relaxed is known.relaxed(home, asked(known, "X"))


@pytest.mark.parametrize("record", [CUT, OPEN, TWINS])
def test_the_cohorts_values_satisfy_what_is_imposed_in_every_home(small, record: tuple) -> None:
    known = session(small, record)
    homes = [home_of(known, n) for n in known.study.variables]
    homes += [known.union(asked(known, "X"), ()), known.union(asked(known, "X"))]
    cut_off = known.reference.cut_off
    homes += [known.with_cut_off(home, asked(known, "X"), cut_off) for home in homes if home.subproblem.where is None]
    for home in homes:
        for (i, name), code in home.codes.items():
            if (i, name) in home.u.x:
                home.u.cp.add(home.u.x[i, name] == code)
        assert ask(home.u, home.imposed).status == FOUND, home.subproblem.variables


def test_what_is_set_aside_is_excused_with_its_twins_unless_it_is_imposed_again(small) -> None:
    known = session(small, TWINS)
    assert {("rule", "r1"), ("claim", "c3")} & known.reference.aside
    table = known.reference.frame.copy()
    about = asked(known, "X")
    assert known.broken(table, about) == []
    again = frozenset(s for s in known.reference.aside if s[0] == "rule")
    assert set(known.broken(table, asked(known, "X", also=again))) == {id for _, id in again}
    table["G"] = "B"
    assert set(known.broken(table, about)) >= {"c1", "c2"}
    assert not {"c1", "c2"} & set(known.broken(table, asked(known, "X", without=frozenset({("claim", "c1")}))))


def test_codes_stand_for_values_and_the_least_for_none(small) -> None:
    study = small.record(*CUT)
    for name, variable in study.variables.items():
        for code in range(2):
            assert code_of(variable, decoded(variable, code)) == code
        assert code_of(variable, None) == 0, name


def test_statements_of_a_subproblem_are_those_put_to_the_solver(small) -> None:
    known = session(small, CUT)
    for solved in known.reference.every:
        own = {("claim", c.id) for c in solved.subproblem.claims} | {("rule", r.id) for r in solved.subproblem.rules}
        assert own >= set(solved.statements) >= solved.imposed
