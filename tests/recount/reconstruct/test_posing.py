"""Which patients are interchangeable, by what is said and asked of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from recount.reconstruct.posing import interchangeable_patients, unknowns_of
from recount.record import read_study
from recount.rules import parse, resolve
from recount.solver import FOUND, ask
from recount.subproblems import Subproblem

PAPER = Path(__file__).parents[3] / "data/raw/paper"
PATIENTS = ("sITP CR", "sITP PR", "sITP NR", "AIHA CR")
CASES = {  # populations of claims, rules, levels that a question tells, whom it is about: the patients alike
    "one population": (["sITP_RESP"], [], [], [], [[0, 1], [2, 3]]),
    "two populations": (["sITP_RESP", "RESP"], [], [], [], [[0, 1], [2], [3]]),
    "a question of some of them": (["sITP_RESP"], [], [], ['RESP_M1 == "CR"'], [[0], [1], [2], [3]]),
    "a question of levels": (["sITP_RESP"], [], ["DX"], [], [[0, 1], [2], [3]]),
    "a rule about a level": (["ALL"], ["dx_aiha"], [], [], [[0, 1, 2], [3]]),
    "a rule about levels": (["sITP_RESP"], ["maintenance"], [], [], [[0], [1], [2], [3]]),
}


@pytest.mark.parametrize(("populations", "rules", "told", "whom", "alike"), CASES.values(), ids=CASES)
def test_patients_are_told_apart_by_what_is_said_of_them(
    populations: list[str], rules: list[str], told: list[str], whom: list[str], alike: list[list[int]]
) -> None:
    study = read_study(PAPER)
    median = next(c for c in study.claims if c.variable == "PLT_BL" and c.statistic == "median")
    claims = tuple(replace(median, id=name, population=name) for name in populations)
    subproblem = Subproblem(("PLT_BL", "MAINT"), claims, tuple(r for r in study.rules if r.id in rules))
    levels = [dict(zip(("DX", "RESP_M1"), text.split(), strict=True)) for text in PATIENTS]
    fixed = [{n: study.variables[n].levels.index(text) for n, text in one.items()} for one in levels]
    expressions = [resolve(parse(text), study.variables) for text in whom]
    u = unknowns_of(study, subproblem, len(fixed), fixed, "PLT_BL", told=told, whom=expressions)
    assert u.alike == alike


def test_a_second_condition_tells_patients_of_a_population_apart(small) -> None:
    # chi-squared is 4 only where the one with E == "P" is the one with an X of 2 or more: in the order of X, in which
    # the first has the least, nobody would fit
    claims = ["ALL||n|5", 'ALL|G == "A"|count|4', 'ALL|E == "P"|count|1', 'A|E == "P"|count|1', "A|X >= 2|count|1"]
    study = small.record("GEX", [*claims, 'A|X >= 2|chi2|4.00|E == "P"'])
    subproblem = Subproblem(("X",), study.claims[-2:], ())
    fixed = [{"G": 0, "E": 0}, *({"G": 0, "E": 1} for _ in range(3)), {"G": 1, "E": 1}]
    assert interchangeable_patients(study, subproblem, 5, fixed, whom=()) == [[0], [1, 2, 3], [4]]
    u = unknowns_of(study, subproblem, 5, fixed, "X", whom=())
    assert ask(u, list(u.on)).status == FOUND
