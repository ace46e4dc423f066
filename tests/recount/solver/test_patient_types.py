"""Counts as sums over kinds of patients: nothing is cut off, and numbers that don't add up are seen at once."""

from __future__ import annotations

import itertools

import pytest

from recount.record.schema import Study
from recount.rules import breaks
from recount.solver import constraints
from recount.solver.constraints import impose
from recount.solver.search import FOUND, NONE, ask, most_that_hold
from recount.solver.unknowns import Unknowns

RECORDS = [  # (variables, claims, rules); who has which number is open
    ("GX", ["ALL||n|3", 'ALL|G == "A"|count|2', "HIGH||n|1"], ['G == "A" -> X >= 1']),
    ("GX", ["ALL||n|3", "A|X == 1|percent|50", "HIGH||ratio|1:2|A"], []),
    ("GX", ["ALL||n|3", "A||n|0", "A|X == 1|percent|0"], []),  # a per cent of nobody
    ("GX", ["ALL||n|3", "HIGH||ratio|0:1|A", "A||n|0"], []),
    ("GX", ["ALL||n|3", "HIGH||n|3", "ALL|X <= 1|count|1"], ["X != 2"]),
    ("X", ["ALL||n|3", "ALL|X == 1|count|>=2", "HIGH||n|<2"], ["X <= 1"]),
]


def unknowns(study: Study) -> Unknowns:
    u = Unknowns(study, 3, study.variables)
    impose(u, study.claims, study.rules)
    return u


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_each_set_of_statements_holds_together_where_a_table_of_patients_satisfies_it(small, record: tuple) -> None:
    study = small.record(*record)
    u = unknowns(study)
    for k in range(len(u.on) + 1):
        for chosen in itertools.combinations(u.on, k):
            others = {id for _, id in u.on} - {id for _, id in chosen}
            expected = FOUND if small.tables(study, others) else NONE
            assert ask(u, chosen).status == expected, chosen


@pytest.mark.parametrize("record", RECORDS, ids=range(len(RECORDS)))
def test_so_many_keep_a_rule_that_is_not_imposed_as_in_the_best_table(small, record: tuple) -> None:
    study = small.record(*record)
    u = unknowns(study)
    for rule in study.rules:
        active = [("rule", r.id) for r in study.rules if r is not rule]
        best = most_that_hold(u, active, [u.keeps(i, rule.rule) for i in range(3)]).objective
        tables = small.tables(study, {rule.id, *(c.id for c in study.claims)})
        assert best == max(int((~breaks(rule.rule, table)).sum()) for table in tables)


def test_a_variable_that_only_some_have_is_not_tallied_and_still_counted(small) -> None:
    study = small.record("GY", ["ALL||n|3", "ALL|Y > 0|count|2", "A||n|1"])
    assert small.tables(study) == []
    assert ask(unknowns(study), unknowns(study).on).status == NONE
    study = small.record("GY", ["ALL||n|3", "ALL|Y > 0|count|2", "A||n|2"])
    assert ask(unknowns(study), unknowns(study).on).status == FOUND


def test_numbers_that_do_not_add_up_are_refuted_in_an_instant_at_any_size(small, monkeypatch) -> None:
    study = small.record("GX", ["ALL||n|90", "A||n|50", "HIGH||n|50", "ALL|X <= 1|count|41"])

    def status() -> str:
        u = Unknowns(study, 90, study.variables)
        impose(u, study.claims, study.rules)
        return ask(u, list(u.on), limit=0.05).status

    assert status() == NONE
    monkeypatch.setattr(constraints, "tally", lambda *_: None)
    assert status() != FOUND  # without it the same time may not do, and never finds patients
