"""The ends of a Hodges-Lehmann shift in subproblems of quantiles and signed ranks, against every table of patients."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from recount.audit import Asked, Question, Session, range_of
from recount.ranks.ends import rank_range
from recount.ranks.hodges_lehmann_bound import Shift
from recount.ranks.places_and_rank_sums import RankStatements
from recount.reconstruct import ReferenceSolution, reference_cohort, reference_solution
from recount.record.study import read_study
from recount.solver.search import FOUND, NONE
from recount.verify.verifier import value_in, verify

RECORDS = {
    "tied": ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|1.0|Z", "ALL|X|median|2", "ALL|Z|min|0"], []),
    "middle": ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|<=0.6|Z", "ALL|X|p25|0.25", "ALL|Z|p75|2.75"], []),
    "ruled": ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|1.342|Z", "ALL|X|median|1.5", "ALL|Z|p75|2.75"], ["X <= Z"]),
    "halves": ("XH", ["ALL||n|4", "ALL|X|wilcoxon_z|>1.3|H", "ALL|X|p25|0.5", "ALL|H|median|0.75"], []),
    "wide": ("KL", ["ALL||n|3", "ALL|K|wilcoxon_z|1.069|L", "ALL|K|median|3", "ALL|L|p75|2"], []),
    "nobody changes": ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|>1|Z", "ALL|X|max|2"], []),
}
PAPER = Path(__file__).parents[3] / "data/raw/paper"


@pytest.mark.parametrize("name", RECORDS)
def test_no_table_lies_beyond_the_bounds_and_what_is_reached_is_a_table(small, name: str) -> None:
    known = reference_solution(small.record(*RECORDS[name]))
    (solved,) = (s for s in known.solved if s.subproblem.variables)
    tables, names = small.tables(known.study), list(known.study.variables)
    for one, other in ((names[0], names[1]), (names[1], names[0])):
        question = Question("ALL", one, "shift", other)
        values = [value for table in tables if (value := value_in(known.study, question, table)) is not None]
        found = rank_range(known.study, solved.subproblem, solved.imposed, known.size, question, 5.0)
        assert found.low_bound is not None and found.low_bound <= min(values)
        assert found.high_bound is not None and found.high_bound >= max(values)
        assert {found.low_reached, found.high_reached} - {None} <= set(values)
        session = Session(reference_cohort(known))
        whole = range_of(session, Asked(question, known.study), 5.0)
        assert whole.proven and (whole.low.reached, whole.high.reached) == (min(values), max(values))


def test_a_shift_that_no_patients_have_has_no_range(small) -> None:
    study = small.record("XZ", ["ALL||n|3", "ALL|X|min|2", "ALL|X|max|1", "ALL|X|wilcoxon_z|<9|Z"])
    known = reference_solution(study)
    (solved,) = (s for s in known.solved if s.subproblem.variables)
    question = Question("ALL", "X", "shift", "Z")
    assert rank_range(study, solved.subproblem, solved.imposed, known.size, question, 5.0).status != NONE
    assert rank_range(study, solved.subproblem, frozenset(solved.statements), known.size, question, 5.0).status == NONE


@pytest.fixture(scope="module")
def paper() -> ReferenceSolution:
    return reference_solution(read_study(PAPER))


def test_b_cells_fell_in_every_cohort_that_fits_the_paper(small, paper: ReferenceSolution) -> None:
    question = Question("COMPLETER", "CD20_BL", "shift", "CD20_EOT")
    session = Session(reference_cohort(paper))
    found = small.range_of(session, Asked(question, paper.study), 2.0)
    assert found.nearly and found.high.bound is not None and found.high.bound < -100
    aside = {id for _, id in paper.aside}
    for end in (found.low, found.high):
        assert end.patients is not None and end.reached == shift_of(end.patients, "CD20")
        assert set(verify(paper.study, end.patients).broken["id"]) <= aside


def test_sorted_values_alone_exclude_that_nothing_changed(paper: ReferenceSolution) -> None:
    shift = Shift(ranks_of(paper, "CD19"), Question("COMPLETER", "CD19_BL", "shift", "CD19_EOT"))
    ends = [shift.bound(case, True, 2.0) for case in shift.cases]
    assert [end.status for end in ends] == [FOUND, NONE] and ends[0].best and ends[0].objective < 0


def ranks_of(paper: ReferenceSolution, cells: str) -> RankStatements:
    solved = next(one for one in paper.apart if f"{cells}_BL" in one.subproblem.variables)
    assert solved.subproblem.where is not None
    return RankStatements(paper.study, solved.subproblem, solved.imposed, paper.sizes[solved.subproblem.where])


def shift_of(table: pd.DataFrame, cells: str) -> Fraction:
    """The median of the averages of every two changes and of each with itself, as the definition has it."""
    both = table.dropna(subset=[f"{cells}_BL"])
    changes = [
        Fraction(after) - Fraction(before)
        for before, after in zip(both[f"{cells}_BL"], both[f"{cells}_EOT"], strict=True)
    ]
    averages = sorted((changes[i] + changes[j]) / 2 for i in range(len(changes)) for j in range(i, len(changes)))
    middle = len(averages) // 2
    return averages[middle] if len(averages) % 2 else (averages[middle - 1] + averages[middle]) / 2


def test_one_pair_of_equal_changes_is_needed_where_ranks_are_printed_with_a_tie(paper: ReferenceSolution) -> None:
    pairs = {
        cells: Shift(ranks_of(paper, cells), Question("COMPLETER", f"{cells}_BL", "shift", f"{cells}_EOT")).fewest_tied
        for cells in ("CD19", "CD20")
    }
    assert pairs == {"CD19": 0, "CD20": 1}, "3.041 is 43.5 over the deviation less that of one pair"
