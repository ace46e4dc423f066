"""The drawn categories: their odds where nothing bears on them, and what statements ask of categories alone."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest, chisquare

from recount.plausible.targets import Chance
from recount.reconstruct.categories import ODDS, Categories, _of_these
from recount.reconstruct.cohort import Drawing
from recount.reconstruct.deciding import reference_solution
from recount.reconstruct.reference_solution import ReferenceSolution
from recount.record.schema import Study
from recount.record.study import read_study
from recount.rules import breaks, parse, resolve
from recount.verify.verifier import verify

VARIABLES = """name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B|C,,group
E,category,,,,,Y|N,,event
X,integer,,1,0,9,,,a number
"""


def study_of(folder: Path, claims: list[str], rules: list[str], assumptions: list[str]) -> Study:
    """A study of claims "variable|statistic|printed", rules, and assumptions "variable|where|usual level"."""
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in row.split("|")] for row in [*claims, *assumptions]]
    about, assumed = quoted[: len(claims)], quoted[len(claims) :]
    files = {
        "variables": VARIABLES,
        "populations": "name,where,description\nALL,,everybody\n",
        "claims": "id,place,population,variable,statistic,printed,versus,description\n"
        + "".join(f"c{k},here,ALL,{v},{s},{p},,\n" for k, (v, s, p) in enumerate(about)),
        "rules": "id,place,rule,description\n"
        + "".join(f'r{k},here,"{rule.replace(chr(34), chr(34) * 2)}",\n' for k, rule in enumerate(rules)),
        "assumptions": "variable,where,low,typical,high,reason\n"
        + "".join(f"{v},{w},,{level},,usual\n" for v, w, level in assumed),
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return read_study(folder)


def levels(known: ReferenceSolution, name: str, draws: int) -> list[str]:
    """The levels of a category of all patients over so many draws."""
    categories, found = Categories(known), []
    for k in range(draws):
        codes = categories.heaviest(categories.weights(Chance((1, k)).stream_for("categories")))
        found += [known.study.variables[name].levels[codes[i, name]] for i in range(known.size)]
    return found


def test_a_level_that_nothing_bears_on_has_its_own_odds(tmp_path: Path) -> None:
    known = reference_solution(study_of(tmp_path, ["|n|20"], [], ["E||N"]))
    usual = levels(known, "E", 100)
    assert binomtest(usual.count("Y"), len(usual), 1 / (1 + ODDS)).pvalue > 0.01
    assert usual.count("Y") > 0
    groups = pd.Series(levels(known, "G", 100)).value_counts()
    assert len(groups) == 3 and chisquare(groups).pvalue > 0.01


def test_the_first_assumption_that_holds_for_a_patient_says_what_is_usual(tmp_path: Path) -> None:
    known = reference_solution(study_of(tmp_path, ["|n|20"], [], ['E|G == "A"|Y', "E||N"]))
    pairs = list(zip(levels(known, "G", 30), levels(known, "E", 30), strict=True))
    for group, usual in (("A", "Y"), ("B", "N"), ("C", "N")):
        found = [event for kind, event in pairs if kind == group]
        assert found.count(usual) / len(found) > 0.95


def test_printed_counts_are_kept_and_who_it_is_varies(tmp_path: Path) -> None:
    known = reference_solution(study_of(tmp_path, ["|n|10", 'E == "Y"|count|3'], [], ["E||N"]))
    found = levels(known, "E", 40)
    draws = [tuple(found[10 * k : 10 * k + 10]) for k in range(40)]
    assert {draw.count("Y") for draw in draws} == {3}
    assert len(set(draws)) > 30


def test_levels_for_which_there_are_no_numbers_are_drawn_with_them(tmp_path: Path) -> None:
    claims = ["|n|8", "X|max|6", "X|median|3"]
    study = study_of(tmp_path, claims, ['E == "Y" -> X >= 5'], ["E||Y"])
    known = reference_solution(study)
    categories = Categories(known)
    alone = categories.heaviest(categories.weights(Chance((1, 1, 0)).stream_for("categories")))
    assert sum(alone[i, "E"] == 0 for i in range(8)) > 4  # alone, nearly all have the usual level
    frame = Drawing(known).cohort(1, 1)
    assert verify(study, frame).broken.empty
    assert 1 <= (frame["E"] == "Y").sum() <= 4  # no more than may be above the median


RULES = [  # (rule, whether it asks anything of G and E alone)
    ('E == "Y" -> X >= 5', False),
    ('E == "Y" -> X >= 5 and G == "A"', True),
    ('E == "Y" and X > 3 -> G == "A"', False),
    ('not (E == "Y" or X > 3)', True),
    ('not (E == "Y" and X > 3)', False),
    ('G in ("A", "B") or X == 2 and E == "N"', True),
    ('X < 4 -> not (X > 2 and G == "A")', False),
    ('G != "C"', True),
]


@pytest.mark.parametrize(("text", "asks"), RULES)
def test_what_is_asked_of_some_variables_follows_from_the_whole(tmp_path: Path, text: str, asks: bool) -> None:
    study = study_of(tmp_path, ["|n|2"], [], [])
    rule = resolve(parse(text), study.variables)
    part = _of_these(rule, {"G", "E"})
    rows = list(itertools.product("ABC", "YN", map(Fraction, range(10))))
    frame = pd.DataFrame(rows, columns=["G", "E", "X"], dtype=object)
    if part is True:
        assert not asks
        return
    assert not isinstance(part, bool)
    whole, weaker = ~breaks(rule, frame), ~breaks(part, frame)
    assert weaker[whole].all()
    assert asks is not bool(weaker.all())
