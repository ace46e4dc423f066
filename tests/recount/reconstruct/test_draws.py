"""Patients of subproblems cut off, drawn for reference cohorts and ensembles: as printed, plausible, by seed alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recount.moments import MomentPatients, is_of_moments_alone
from recount.plausible import Shapes
from recount.ranks import is_of_ranks_alone
from recount.reconstruct.cohort import reference_cohort
from recount.reconstruct.deciding import reference_solution
from recount.reconstruct.separate_draws import SeparateDraws
from recount.record.schema import Study
from recount.record.study import read_study
from recount.solver import FOUND, UNDECIDED
from recount.subproblems import Subproblem, subproblems_of
from recount.verify.verifier import verify

ODD = {  # printed shapes that say too little, or contradict themselves, and whether something is set aside
    "quartiles without a median": (["ALL|X|p25|1", "ALL|X|p75|2"], False),
    "a median below the least": (["ALL|X|min|1", "ALL|X|median|0", "ALL|X|max|3"], True),
    "quartiles in disorder": (["ALL|X|p25|3", "ALL|X|median|2", "ALL|X|p75|1"], True),
}
OF_A = {  # variables of group A, of which there are 12
    "U": "U,decimal,,0.1,0,40,,{},a number",
    "V": "V,decimal,,0.1,0,40,,{},the same later",
    "W": "W,integer,,1,0,400,,{},a number of another step",
    "S": "S,decimal,,0.5,-30,30,,{},a number in halves",
    "D": "D,decimal,,0.1,-30,30,,{},a change",
    "K": "K,category,,,,,P|Q,{},a kind",
}
AMONG_A = '"G == ""A"""'


def of_group_a(folder: Path, claims: Iterable[str], rules: Iterable[str] = ()) -> Study:
    """A record of 16 patients, 12 of them in group A; claims of the latter are "variable|statistic|printed|versus"."""
    texts = [tuple((claim + "|").split("|")[:4]) for claim in claims]
    used = [n for n in OF_A if any(n in (v, w) for v, _, _, w in texts) or any(n in rule for rule in rules)]
    lines = ["c,here,ALL,,n,16,,", "a,here,A,,n,12,,"]
    lines += [f"c{k},here,A,{v},{kind},{printed},{w}," for k, (v, kind, printed, w) in enumerate(texts)]
    quoted = [f'r{k},here,"G == ""A"" -> {rule.replace(chr(34), chr(34) * 2)}",' for k, rule in enumerate(rules)]
    files = {
        "variables": [
            "name,kind,unit,step,low,high,levels,where,description",
            "G,category,,,,,A|B,,group",
            *(OF_A[n].format(AMONG_A) for n in used),
        ],
        "populations": ["name,where,description", "ALL,,everybody", f"A,{AMONG_A},group A"],
        "rules": ["id,place,rule,description", *quoted],
        "claims": ["id,place,population,variable,statistic,printed,versus,description", *lines],
    }
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return read_study(folder)


def cut_off(study: Study) -> Subproblem:
    return next(b for b in subproblems_of(study, ("G",)) if b.where is not None)


@pytest.mark.parametrize("name", ODD)
def test_patients_are_drawn_whatever_shape_is_printed(small, name: str) -> None:
    claims, aside = ODD[name]
    found = reference_cohort(reference_solution(small.record("XZ", ["ALL||n|4", *claims])))
    assert len(found.frame) == 4 and bool(found.set_aside) == aside


MOMENTS = {
    "means, SDs and t": (["U|mean|12.1", "U|sd|4.2", "V|mean|14.0", "V|sd|5.1", "U|paired_t|1.50|V"], ()),
    "a t beside other steps": (["U|mean|12.1", "U|sd|4.2", "W|mean|14.0", "W|sd|5.1", "U|paired_t|1.50|W"], ()),
    "t and P without SDs": (["U|mean|12.1", "V|mean|14.0", "U|paired_p|<0.05|V"], ()),
    "an SD alone": (["U|sd|4.2"], ()),
    "a defined change": (["U|mean|12.0", "U|sd|3.0", "V|sd|2.8", "D|mean|-2.00", "D|sd|1.50"], ("D == V - U",)),
    "a rule of either kind": (["U|mean|12.1", "U|sd|4.2", "V|mean|14.0", "V|sd|5.1"], ("U < 10 or V > 9",)),
    "limits": (["U|mean|12.1", "U|sd|4.2", "V|mean|18.0", "V|sd|5.1", "U|paired_t|>1|V"], ("U <= V", "U >= 5")),
    "inequalities": (["U|mean|<=12", "U|sd|>=4.0", "V|sd|<3", "U|paired_t|>2.0|V"], ()),
}
RANKS = {
    "Z and quartiles": (["U|median|12.1", "U|p25|8.0", "V|median|14.0", "U|wilcoxon_z|2.118|V"], ()),
    "Z and P": (["U|median|12.1", "U|wilcoxon_z|1.648|V", "U|wilcoxon_p|0.099|V"], ()),
    "ends": (["U|min|3.5", "U|max|30.0", "V|p75|20.0", "U|wilcoxon_z|<1|V"], ()),
    "one variable in two pairs": (["U|median|12.0", "U|wilcoxon_z|2.118|V", "U|wilcoxon_z|0.392|S"], ()),
    "ranks within limits": (
        ["U|p25|8.0", "U|median|12.1", "U|p75|16", "V|p25|10", "V|median|14.0", "V|p75|19.0", "U|wilcoxon_z|3.059|V"],
        ("U <= V",),
    ),
    "two pairs and a rule": (
        ["U|median|12.1", "U|wilcoxon_z|2.118|V", "W|median|20", "S|median|15.0", "S|wilcoxon_z|0.863|W"],
        ("S <= W",),
    ),
    "a variable in no pair": (["U|median|12.1", "U|wilcoxon_z|2.118|V", "V|max|14.0", "W|min|15"], ("V <= W",)),
    "another step": (
        ["U|p25|2.5", "U|median|6.5", "U|p75|9.5", "S|p25|1.0", "S|median|3.0", "S|p75|8", "U|wilcoxon_z|2.589|S"],
        (),
    ),
}


@pytest.mark.parametrize("name", [*MOMENTS, *RANKS])
def test_who_is_drawn_is_as_printed_and_drawn_by_the_seed_alone(tmp_path: Path, name: str) -> None:
    study = of_group_a(tmp_path, *(MOMENTS | RANKS)[name])
    members, subproblem = pd.DataFrame({"G": ["A"] * 12}, dtype=object), cut_off(study)
    patients = MomentPatients(study, subproblem, subproblem.statements, 12)  # whose `hold` is the verifier's
    for seed in (1, 2):
        first, again = (
            SeparateDraws(study, Shapes(study)).draw(subproblem, members, np.random.default_rng(seed)) for _ in "ab"
        )
        assert first.status == FOUND and first.values == again.values
        assert set(first.values) == {(i, n) for i in range(12) for n in subproblem.variables}
        assert patients.all_hold(first.values)


def test_what_isnt_drawn_is_undecided(tmp_path: Path) -> None:
    members = pd.DataFrame({"G": ["A"] * 12}, dtype=object)
    for claims in (["U|mean|12.1", "U|sd|40"], ["U|median|12.1", "U|wilcoxon_z|3.3|V"], ["U|median|12.1"]):
        study = of_group_a(tmp_path, claims)
        found = SeparateDraws(study, Shapes(study)).draw(cut_off(study), members, np.random.default_rng(1))
        assert found.status == UNDECIDED and not found.values


def test_a_category_among_the_statements_is_left_to_the_solver(tmp_path: Path) -> None:
    for claims in (["U|mean|12.1", "U|sd|4.2"], ["U|median|12.0", "U|wilcoxon_z|2.118|V"]):
        study = of_group_a(tmp_path, claims, ('K == "P" or U > 3',))
        assert not is_of_moments_alone(study, cut_off(study)) and not is_of_ranks_alone(study, cut_off(study))
    study = of_group_a(tmp_path, ["U|mean|12.1", "U|sd|4.2"], ('K == "P" or U > 3',))
    found = reference_cohort(reference_solution(study))
    assert verify(study, found.frame).broken.empty


def test_a_cohort_has_the_patients_drawn(tmp_path: Path) -> None:
    for claims, rules in (RANKS["one variable in two pairs"], MOMENTS["means, SDs and t"]):
        study = of_group_a(tmp_path, claims, rules)
        found = reference_cohort(reference_solution(study))
        assert verify(study, found.frame).broken.empty
