"""The solver on studies small enough to check by hand; every answer is confirmed by the verifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recount.reconstruct import origins_of, reference_cohort, reference_solution
from recount.record.codes import decoded
from recount.record.schema import Study
from recount.record.study import read_study
from recount.rules import evaluate, parse, resolve
from recount.running import Undecided
from recount.solver.constraints import impose
from recount.solver.search import FOUND, NONE, UNDECIDED, ask, decided, fewest_set_aside, minimal_conflict
from recount.solver.unknowns import Unknowns
from recount.subproblems.cut import duplicates_of, sorting_categories, subproblems_of
from recount.verify.verifier import verify

VARIABLES = '''name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B,,group
X,integer,,1,0,20,,,a number
Y,decimal,,0.5,0,10,,"G == ""A""",a number of group A
Z,integer,,1,0,20,,,a later number
'''
POPULATIONS = '''name,where,description
ALL,,everybody
A,"G == ""A""",group A
'''


def study_of(folder: Path, claims: list[str], rules: tuple[str, ...] = ()) -> Study:
    """A study with these claims, "population|variable|statistic|printed|versus" each, and rules."""
    lines = ["id,place,population,variable,statistic,printed,versus,description"]
    for k, claim in enumerate(claims):
        population, variable, statistic, printed, versus = (claim + "||||").split("|")[:5]
        variable = '"' + variable.replace('"', '""') + '"'
        lines.append(f"c{k},here,{population},{variable},{statistic},{printed},{versus},a claim")
    (folder / "variables.csv").write_text(VARIABLES)
    (folder / "populations.csv").write_text(POPULATIONS)
    quoted = [f'r{k},here,"{rule.replace(chr(34), chr(34) * 2)}",a rule' for k, rule in enumerate(rules)]
    (folder / "rules.csv").write_text("\n".join(["id,place,rule,description", *quoted]) + "\n")
    (folder / "claims.csv").write_text("\n".join(lines) + "\n")
    return read_study(folder)


def unknowns(study: Study, size: int) -> Unknowns:
    u = Unknowns(study, size, study.variables)
    impose(u, study.claims, study.rules)
    return u


def rows(study: Study, values: dict[tuple[int, str], int], size: int) -> pd.DataFrame:
    """The patients a solution describes, blank outside of `where`."""
    frame = pd.DataFrame(
        {
            n: pd.Series([decoded(v, values[i, n]) for i in range(size)], dtype=object)
            for n, v in study.variables.items()
        }
    )
    for name, variable in study.variables.items():
        if variable.where is not None:
            frame.loc[~evaluate(variable.where, frame), name] = None
    return frame


POSSIBLE = [
    ["ALL||n|5", 'ALL|G == "A"|count|2', 'ALL|G == "A"|percent|40.0'],
    ["ALL||n|6", "ALL|X|median|5.5", "ALL|X|p25|2.5", "ALL|X|p75|9.75", "ALL|X|min|1", "ALL|X|max|12"],
    ["ALL||n|5", "A|X|median|5.5", "A|X|max|8"],  # the size of A is left open
    ["ALL||n|4", "A|Y|value|2.5", 'ALL|G == "A"|count|1'],
    ["ALL||n|7", "ALL|X|mean|4.3", "ALL|X|median|2"],
    ["ALL||n|6", "ALL|X|wilcoxon_z|2.201|Z"],  # all six differences of one sign, no ties
    ["ALL||n|6", "ALL|X|wilcoxon_p|>0.05|Z", "ALL|X|median|9.5", "ALL|Z|median|4.0"],
    ["ALL||n|6", "A||ratio|1:2|ALL"],
]
IMPOSSIBLE = [
    ["ALL||n|5", 'ALL|G == "A"|count|2', 'ALL|G == "A"|percent|41.0'],
    ["ALL||n|5", "ALL|X|median|5.5"],  # an odd number of whole numbers has a whole median
    ["ALL||n|4", "ALL|X|p75|4.0", "ALL|X|median|6"],
    ["ALL||n|28", "ALL|X|mean|5.19"],  # GRIM: Brown & Heathers, Soc Psychol Personal Sci 2017;8:363
    ["ALL||n|6", "ALL|X|wilcoxon_z|2.500|Z"],
    ["ALL||n|6", "A||n|0", "A|X|median|3"],
]


@pytest.mark.parametrize("claims", POSSIBLE, ids=lambda c: c[1])
def test_what_is_possible_is_found_and_verified(tmp_path: Path, claims: list[str]) -> None:
    study = study_of(tmp_path, claims)
    size = int(study.claims[0].printed.value)
    u = unknowns(study, size)
    answer = ask(u, set(u.on))
    assert answer.status == FOUND
    assert verify(study, rows(study, answer.values, size)).broken.empty


@pytest.mark.parametrize("claims", IMPOSSIBLE, ids=lambda c: c[1])
def test_what_is_impossible_is_proven_so(tmp_path: Path, claims: list[str]) -> None:
    study = study_of(tmp_path, claims)
    u = unknowns(study, int(study.claims[0].printed.value))
    assert ask(u, set(u.on)).status == NONE


EXPRESSIONS = [
    "X > 5",
    "not (Y > 5)",
    "Y != 2.5",
    'Y <= 3 -> G == "B"',
    "X + 2*Z - 3 >= 20",
    "X in (1, 2, 2.5)",
    'G in ("A", "B") and not (X == Z)',
    'Y == 2 or (G != "A" and X < Z)',
    "Y > 2 -> X > 3",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_solver_and_rows_agree_on_an_expression(tmp_path: Path, text: str) -> None:
    study = study_of(tmp_path, ["ALL||n|8"])
    node = resolve(parse(text), study.variables)
    rng = np.random.default_rng(7)
    u = Unknowns(study, 40, study.variables)
    truths = [u.truth(i, node) for i in range(40)]
    codes = {(i, n): int(rng.integers(*u.bounds(n), endpoint=True)) for i in range(40) for n in study.variables}
    for cell, code in codes.items():
        u.cp.add(u.x[cell] == code)
    shown = [u.cp.new_bool_var("") for _ in truths]
    for one, truth in zip(shown, truths, strict=True):
        u.cp.add(one == truth)
    for i, one in enumerate(shown):
        u.x[i, "truth"] = one
    found = [bool(ask(u, set()).values[i, "truth"]) for i in range(40)]
    assert found == evaluate(node, rows(study, codes, 40)).tolist()


def test_a_conflict_is_minimal_and_the_first_member_is_set_aside(tmp_path: Path) -> None:
    claims = ["ALL||n|5", "ALL|X|min|3", "ALL|X|max|9", "ALL|X|mean|2.0", "ALL|Z|median|4"]
    study = study_of(tmp_path, claims, ("X <= 15",))
    u = unknowns(study, 5)
    order = list(u.on)
    conflict = minimal_conflict(u, order)
    assert set(conflict) == {("claim", "c1"), ("claim", "c3")}
    for statement in conflict:
        assert ask(u, [s for s in conflict if s != statement]).status == FOUND
    answer, conflicts = fewest_set_aside(u, order)
    assert set(order) - answer.imposed == {("claim", "c1")} and len(conflicts) == 1


def test_undecided_is_not_none(tmp_path: Path) -> None:
    study = study_of(tmp_path, POSSIBLE[5])
    u = unknowns(study, 6)
    answer = ask(u, set(u.on), limit=0.0)
    assert answer.status == UNDECIDED
    with pytest.raises(Undecided):
        decided(answer, "a question")


def test_one_seed_gives_one_cohort_that_the_verifier_accepts(tmp_path: Path) -> None:
    study = study_of(tmp_path, [*POSSIBLE[1], 'ALL|G == "A"|count|2'], ("X <= 19",))
    first, second = (reference_cohort(reference_solution(study), 3) for _ in range(2))
    assert first.frame.equals(second.frame)
    assert origins_of(first, first.frame).equals(origins_of(second, second.frame))
    assert verify(study, first.frame.drop(columns="USUBJID")).broken.empty


def test_every_statement_of_the_paper_is_in_exactly_one_block() -> None:
    study = read_study(Path(__file__).parents[3] / "data/raw/paper")
    subproblems = subproblems_of(study, sorting_categories(study))
    claims = [c.id for b in subproblems for c in b.claims]
    rules = [r.id for b in subproblems for r in b.rules]
    twins = duplicates_of(study.claims)  # a number printed again is represented by the first
    assert sorted(claims) == sorted(twins)
    assert sorted(c.id for same in twins.values() for c in same) == sorted(c.id for c in study.claims)
    assert sorted(rules) == sorted(r.id for r in study.rules)
