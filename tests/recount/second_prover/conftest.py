"""Records of three to five patients, written as texts, and every table of patients that satisfies them, by trying."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from recount.second_prover.ladder import prove_bound
from recount.second_prover.published import read_question
from recount.second_prover.reading import Study, read_study

VARIABLES = '''name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B,,group
X,integer,,1,0,3,,,a number
Y,decimal,,0.5,0,1,,"G == ""A""",a number of group A
W,integer,,1,0,60,,,a number of more values than are kept apart
V,integer,,1,0,60,,,another one
'''
POPULATIONS = '''name,where,description
ALL,,everybody
A,"G == ""A""",group A
B,"G == ""B""",group B
HIGH,X >= 2,those with a high number
'''


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Study]:
    """Makes a record of so many patients, with claims `population variable statistic printed versus` and rules."""

    def make(patients: int, claims: Iterable[str] = (), rules: Iterable[str] = (), quantile: str = "haverage") -> Study:
        rows = [f"N,here,ALL,,n,{patients},,how many"]
        for number, claim in enumerate(claims):
            population, variable, statistic, printed, versus = (part.strip() for part in claim.split("|"))
            rows.append(f"C{number},here,{population},{quoted(variable)},{statistic},{printed},{versus},a claim")
        (tmp_path / "variables.csv").write_text(VARIABLES)
        (tmp_path / "populations.csv").write_text(POPULATIONS)
        (tmp_path / "settings.csv").write_text(f"setting,value\nquantile,{quantile}\n")
        head = "id,place,population,variable,statistic,printed,versus,description"
        (tmp_path / "claims.csv").write_text("\n".join([head, *rows]) + "\n")
        lines = [f"R{k},here,{quoted(rule)},a rule" for k, rule in enumerate(rules)]
        (tmp_path / "rules.csv").write_text("\n".join(["id,place,rule,description", *lines]) + "\n")
        return read_study(tmp_path)

    return make


def outcome(study: Study, asked: str, end: str, bound: str | Fraction, without: Iterable = ()) -> str:
    """What becomes of a bound of `expression | where | statistic | otherwise`."""
    expression, where, statistic, otherwise = (part.strip() for part in asked.split("|"))
    row = {"expression": expression, "where": where, "statistic": statistic, "otherwise": otherwise}
    question = read_question(study, row)
    assert question is not None
    return prove_bound(study, question, end, Fraction(bound), without=tuple(without), limit=10).outcome  # type: ignore[arg-type]


def cohorts(patients: int) -> Iterator[list[dict]]:
    """Every multiset of patients with G, X and Y; a value that one doesn't have is None."""
    halves = [Fraction(k, 2) for k in range(3)]
    kinds = [
        {"G": g, "X": Fraction(x), "Y": y} for g in "AB" for x in range(4) for y in (halves if g == "A" else [None])
    ]
    yield from map(list, itertools.combinations_with_replacement(kinds, patients))
