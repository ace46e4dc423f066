"""The numbers nearest to their targets, against every possible set of numbers tried out."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from recount.checks.quantiles import quantile
from recount.reconstruct.deciding import reference_solution
from recount.reconstruct.near_targets import nearest, numbers_of
from recount.record.schema import Study
from recount.record.study import read_study
from recount.solver.search import Aim

VARIABLES = """name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B,,group
X,integer,,1,0,5,,,a number
"""
POPULATIONS = '''name,where,description
ALL,,everybody
A,"G == ""A""",group A
'''
HEAD = "id,place,population,variable,statistic,printed,versus,description\nc0,here,ALL,,n,6,,\n"
GROUP_A = 'cA,here,ALL,"G == ""A""",count,4,,\n'
QUARTILES = [
    {("ALL", "median"): "2.5"},
    {("ALL", "p25"): "0.75", ("ALL", "p75"): "4.25"},
    {("ALL", "min"): "1", ("ALL", "max"): "4", ("ALL", "median"): "2"},
    {("A", "median"): "3.5", ("ALL", "median"): "3.5"},
    {("A", "p75"): "4.75", ("ALL", "p25"): "1.75", ("ALL", "max"): "5"},
]
PLACES = {"p25": Fraction(1, 4), "median": Fraction(1, 2), "p75": Fraction(3, 4)}


def study_of(folder: Path, printed: dict[tuple[str, str], str]) -> Study:
    claims = "".join(f"c{p}{s},here,{p},X,{s},{text},,\n" for (p, s), text in printed.items())
    for name, text in {"variables": VARIABLES, "populations": POPULATIONS, "claims": HEAD + GROUP_A + claims}.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "rules.csv").write_text("id,place,rule,description\n")
    return read_study(folder)


def prints(study: Study, printed: dict[tuple[str, str], str], values: tuple[int, ...], in_a: list[bool]) -> bool:
    """Whether the numbers print every claim about them."""
    for claim in (c for c in study.claims if c.variable == "X"):
        of = [v for v, inside in zip(values, in_a, strict=True) if inside or claim.population == "ALL"]
        if claim.statistic in PLACES:
            found = quantile(of, PLACES[claim.statistic], "haverage")
        else:
            found = Fraction(min(of) if claim.statistic == "min" else max(of))
        if not claim.printed.contains(found):
            return False
    return True


@pytest.mark.parametrize("printed", QUARTILES, ids=lambda printed: " ".join(f"{p}.{s}" for p, s in printed))
def test_nothing_is_nearer_to_the_targets(tmp_path: Path, printed: dict[tuple[str, str], str]) -> None:
    study = study_of(tmp_path, printed)
    reference = reference_solution(study)
    (numbers,) = numbers_of(reference)
    rng = np.random.default_rng(3)
    for _ in range(2):
        in_a = rng.permutation([True] * 4 + [False] * 2).tolist()
        kinds = {(i, "G"): int(not inside) for i, inside in enumerate(in_a)}
        targets = rng.integers(0, 6, 6).tolist()
        found = nearest(reference, numbers, kinds, {(i, "X"): Aim(t, 1, 5) for i, t in enumerate(targets)})
        assert found is not None
        values = tuple(found[i, "X"] for i in range(6))
        assert prints(study, printed, values, in_a)
        every = (v for v in itertools.product(range(6), repeat=6) if prints(study, printed, v, in_a))
        assert apart(values, targets) == min(apart(v, targets) for v in every)


def apart(values: tuple[int, ...], targets: list[int]) -> int:
    return sum(abs(v - t) for v, t in zip(values, targets, strict=True))


def test_categories_without_any_numbers_are_told(tmp_path: Path) -> None:
    study = study_of(tmp_path, {("A", "max"): "4"})
    reference = reference_solution(study)
    (numbers,) = numbers_of(reference)
    assert nearest(reference, numbers, {(i, "G"): 1 for i in range(6)}, {}) is None  # nobody in group A has a maximum
