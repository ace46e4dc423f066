"""Minimal conflicts: against every subset of a small record's statements, their sentences, and published ones."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest

from recount.reconstruct.conflicts import Conflicts, conflicts_of, sentence
from recount.reconstruct.deciding import reference_solution
from recount.record.study import read_study

STUDIES = Path(__file__).parents[2] / "studies"
RECORDS = {
    "nothing": ("X", ["ALL||n|3", "ALL|X|median|2"], []),
    "one alone": ("X", ["ALL||n|3", "ALL|X|median|1.5", "ALL|X|max|3"], []),
    "two": ("X", ["ALL||n|3", "ALL|X|min|2", "ALL|X|mean|1.0", "ALL|X|max|3"], []),
    "a rule": ("X", ["ALL||n|3", "ALL|X|max|3", "ALL|X|mean|2.0"], ["X <= 1", "X != 2"]),
    "many": ("X", ["ALL||n|4", "ALL|X|max|1", "ALL|X|median|2", "ALL|X|min|2", "ALL|X|mean|0.5"], ["X != 1"]),
    "three": ("X", ["ALL||n|3", "ALL|X|min|0", "ALL|X|median|1", "ALL|X|max|3", "ALL|X|mean|2.0"], []),
    "counts": ("XG", ["ALL||n|4", 'ALL|G == "A"|count|3', 'ALL|G == "B"|percent|50', 'ALL|G == "B"|count|1'], []),
    "ranks": ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|min|3", "ALL|Z|max|2"], ["X <= Z"]),
    "signs": ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|wilcoxon_p|0.6|Z", "ALL|X|max|0"], []),
    "printed twice": ("X", ["ALL||n|3", "ALL|X|min|2", "ALL|X|min|2||there", "ALL|X|mean|1.0"], []),
    "cut off": ("GY", ["ALL||n|3", 'ALL|G == "A"|count|2', "A|Y|min|0.5", "A|Y|mean|0.3", "A|Y|max|1"], []),
    "two subproblems": ("XZ", ["ALL||n|3", "ALL|X|min|2", "ALL|X|max|1", "ALL|Z|min|3", "ALL|Z|max|1"], []),
}


def every_minimal(small, study) -> set[frozenset[str]]:
    """The smallest sets of ids that no table satisfies; the number of patients is given, twins are one statement."""
    twins = {"c2"} if "there" in {c.place for c in study.claims} - {"here"} else set()
    ids = [c.id for c in study.claims[1:] if c.id not in twins] + [r.id for r in study.rules]
    found: list[frozenset[str]] = []
    for k in range(1, len(ids) + 1):
        for chosen in map(frozenset, itertools.combinations(ids, k)):
            others = {*ids, *twins} - chosen
            if not any(smaller <= chosen for smaller in found) and not small.tables(study, others):
                found.append(chosen)
    return set(found)


def ids_of(found: Conflicts) -> set[frozenset[str]]:
    return {frozenset(id for _, id in conflict) for conflict in found.found}


@pytest.mark.parametrize("name", RECORDS)
def test_the_minimal_conflicts_are_those_of_every_subset_tried(small, name: str) -> None:
    study = small.record(*RECORDS[name])
    found = conflicts_of(reference_solution(study))
    assert found.complete
    assert ids_of(found) == every_minimal(small, study)
    assert len(ids_of(found)) == len(found.found)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_are_looked_for_than_asked(small, most: int) -> None:
    study = small.record(*RECORDS["many"])
    every = ids_of(conflicts_of(reference_solution(study)))
    found = conflicts_of(reference_solution(study), most=most)
    assert len(found.found) <= max(most, len(reference_solution(study).solved[-1].conflicts))
    assert ids_of(found) <= every
    assert not found.complete or ids_of(found) == every


def test_a_list_with_room_left_is_complete(small) -> None:
    study = small.record(*RECORDS["many"])
    assert conflicts_of(reference_solution(study), most=6).complete
    assert not conflicts_of(reference_solution(study), most=1).complete


OF_TWO, OF_MORE = (f" cannot all hold; without any one of them the {rest} can." for rest in ("other", "others"))
LESS_THAN_LEAST = "hold (min {} is above mean {} of X);"  # why in numbers
SENTENCES = [
    (
        ["ALL||n|3", "ALL|X|median|1.5||Table 1"],
        [],
        "Claim 1 (c1), printed as 1.5 in Table 1 cannot hold, by itself "
        "(median 1.5 of 3 whole numbers from 0 to 3: not by haverage; hf4 could).",
    ),
    (
        ["ALL||n|3", "ALL|X|min|2||Table 1", "ALL|X|mean|1.0||2.3 para 1"],
        [],
        "Claim 1 (c1), printed as 2 in Table 1, and claim 2 (c2), printed as 1.0 in section 2.3 para 1"
        + OF_TWO.replace("hold;", LESS_THAN_LEAST.format(2, "1.0")),
    ),
    (
        ["ALL||n|3", "ALL|X|min|1||Table 1", "ALL|X|min|1||Abstract", "ALL|X|mean|0.7||Text"],
        ["X <= 3"],
        "Claim 1 (c1), printed as 1 in Table 1 and in Abstract, and claim 3 (c3), printed as 0.7 in Text"
        + OF_TWO.replace("hold;", LESS_THAN_LEAST.format(1, "0.7")),
    ),
    (
        ["ALL||n|3", "ALL|X|min|3||Table 1", "ALL|Z|max|2||Table 2"],
        ["X <= Z"],
        "The rule r0 of there, X <= Z, claim 1 (c1), printed as 3 in Table 1, and claim 2 (c2), printed as 2 in Table 2"
        + OF_MORE,
    ),
]


@pytest.mark.parametrize(("claims", "rules", "said"), SENTENCES, ids=range(len(SENTENCES)))
def test_a_conflict_in_a_sentence_names_places_and_numbers(small, claims: list, rules: list, said: str) -> None:
    study = small.record("XZ", claims, rules)
    assert said in [sentence(study, conflict) for conflict in conflicts_of(reference_solution(study)).found]


def test_a_conflict_among_groups_says_that_their_sizes_are_taken_from_print(small) -> None:
    claims = ["ALL||n|4", 'ALL|G == "A"|count|1', "A|X|median|1.5", "A|X|min|0"]
    study = small.record("GX", claims)
    said = [sentence(study, conflict) for conflict in conflicts_of(reference_solution(study)).found]
    assert said == [
        "Claim 2 (c2), printed as 1.5 in here cannot hold where the groups of patients are as large as printed."
    ]


PUBLISHED = sorted(p.name for p in STUDIES.iterdir() if p.is_dir())


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_conflicts_of_other_papers_are_the_published_ones(name: str) -> None:
    with (STUDIES / name / "expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = reference_solution(read_study(STUDIES / name))
    found = conflicts_of(known)
    assert found.complete
    assert ids_of(found) == {frozenset(row["what"].split("|")) for row in rows if row["kind"] == "conflict"}
    fewest = [int(row["expected"]) for row in rows if row["kind"] == "fewest"]
    assert len(known.set_aside) == (fewest[0] if fewest else 0)
