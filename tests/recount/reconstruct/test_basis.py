"""The basis of questions: its tables have every value where it is due, and it goes to another process."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
from recount.audit.ranges import Question, range_of
from recount.reconstruct.basis import Basis, basis_of, joint_home, statements_of, with_cut_off
from recount.reconstruct.consistent import consistent

from recount.record.codes import code_of, decoded
from recount.rules import evaluate, is_missing
from recount.solver.search import FOUND, ask
from recount.verify.verifier import verify

CUT = (
    "GXYW",
    ["ALL||n|5", 'ALL|G == "A"|count|3', "A|Y|mean|0.5", "A|W|max|1.0", "ALL|X|median|2"],
    ['G == "A" -> W != 0.5'],
)
OPEN = ("GXY", ["ALL||n|4", "A|Y|median|0.5", "ALL|X|max|2"], ['G == "A" -> X >= 1'])
TWINS = ("GX", ["ALL||n|4", "A||n|2||Abstract", "A||n|2||Table", "ALL|X|max|0", "ALL|X|min|1"], ["X <= 2", "X > 2"])


def basis(small, record: tuple) -> Basis:
    return basis_of(consistent(small.record(*record)))


@pytest.mark.parametrize("record", [CUT, OPEN])
def test_the_cohort_of_a_basis_is_confirmed(small, record: tuple) -> None:
    known = basis(small, record)
    assert verify(known.study, known.frame).broken.empty
    assert known.broken(known.frame) == [] and known.aside == frozenset()


def test_a_table_of_moved_patients_takes_the_values_of_a_block_cut_off_along(small) -> None:
    """Whoever belongs to group A has Y and W, in the order of the basis, whichever rows those are."""
    known = basis(small, CUT)
    home = known.home({"G"}, None)
    answer = ask(home.u, home.active)
    assert answer.status == FOUND
    codes = dict(answer.values)
    groups = [0 if i in (1, 3, 4) else 1 for i in range(5)]
    codes |= {(i, "G"): code for i, code in enumerate(groups)}
    table = known.table(home, codes)
    due = [level == "A" for level in table["G"]]
    assert due == [code == 0 for code in groups]
    for name in "YW":
        before = [v for v in known.frame[name] if not is_missing(v)]
        after = [v for v in table[name] if not is_missing(v)]
        assert after == before and [not is_missing(v) for v in table[name]] == due
    assert table["USUBJID"].tolist() == known.frame["USUBJID"].tolist()


def test_a_table_of_a_block_cut_off_has_its_values_in_its_patients_rows(small) -> None:
    known = basis(small, CUT)
    home = known.home({"Y"}, known.study.where("A"))
    assert home.u.size == 3
    table = known.table(home, {(i, n): k for i, k in enumerate((0, 1, 2)) for n in home.block.variables})
    rows = np.flatnonzero(evaluate(known.study.where("A"), known.frame))
    assert [table.at[row, "Y"] for row in rows] == [Fraction(0), Fraction(1, 2), Fraction(1)]
    others = [table.at[row, "Y"] for row in range(5) if row not in rows]
    assert all(is_missing(v) for v in others)
    assert table["X"].tolist() == known.frame["X"].tolist()


def test_a_basis_goes_to_another_process_and_answers_the_same(small) -> None:
    known = basis(small, CUT)
    question = Question("A", "Y", "median")
    before = range_of(known, question)
    copy = pickle.loads(pickle.dumps(known))
    assert copy._homes == {} and known._homes
    after = range_of(copy, question)
    assert (after.low.reached, after.high.reached) == (before.low.reached, before.high.reached)
    assert copy.frame.equals(known.frame) and copy.aside == known.aside


def test_unknowns_are_made_once_for_the_same_question(small) -> None:
    known = basis(small, OPEN)
    assert known.home({"X"}, None, "X") is known.home({"X"}, None, "X")
    assert known.home({"X"}, None, "X", relaxed=True) is not known.home({"X"}, None, "X")


@pytest.mark.parametrize("record", [CUT, OPEN, TWINS])
def test_the_basis_own_values_satisfy_what_is_imposed_in_every_home(small, record: tuple) -> None:
    known = basis(small, record)
    homes = [known.home({n}, known.study.variables[n].where, n) for n in known.study.variables]
    homes += [joint_home(known), joint_home(known, known.cut_off)]
    homes += [with_cut_off(known, home, known.cut_off) for home in homes if home.block.where is None]
    for home in homes:
        for (i, name), code in home.values.items():
            if (i, name) in home.u.x:
                home.u.cp.add(home.u.x[i, name] == code)
        assert ask(home.u, home.active).status == FOUND, home.block.variables


def test_what_is_set_aside_is_excused_with_its_twins_unless_it_is_imposed_again(small) -> None:
    known = basis(small, TWINS)
    assert {("rule", "r1"), ("claim", "c3")} & known.aside
    table = known.frame.copy()
    assert known.broken(table) == []
    again = [s for s in known.aside if s[0] == "rule"]
    assert known.broken(table, also=again) == [id for _, id in again]
    table["G"] = "B"
    assert set(known.broken(table)) >= {"c1", "c2"}
    assert not {"c1", "c2"} & set(known.broken(table, [("claim", "c1")]))


def test_codes_stand_for_values_and_the_least_for_none(small) -> None:
    study = small.record(*CUT)
    for name, variable in study.variables.items():
        for code in range(2):
            assert code_of(variable, decoded(variable, code)) == code
        assert code_of(variable, None) == 0, name


def test_statements_of_a_block_are_those_put_to_the_solver(small) -> None:
    known = basis(small, CUT)
    for solved in known.solved:
        assert set(statements_of(solved.block)) >= set(solved.active)
