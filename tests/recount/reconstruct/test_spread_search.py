"""Patients whose SDs are as printed beside medians and ends: found by local search, held against every statement."""

from __future__ import annotations

import pytest

import recount.audit.search
from recount.audit.search import range_of
from recount.audit.session import Asked, Session
from recount.reconstruct.cohort import reference_cohort
from recount.reconstruct.deciding import reference_solution
from recount.reconstruct.patients_of_codes import table_of
from recount.reconstruct.posing import unknowns_of
from recount.reconstruct.spread_search import mended_spreads, without_spreads
from recount.solver import FOUND, ask
from recount.subproblems import Subproblem
from recount.verify import verify

CLAIMS = ["ALL||n|9", 'ALL|G == "A"|count|4', "A|K|median|2.0", "A|K|min|1"]


def mended(small, variables: str, claims: list[str], rules: tuple[str, ...] = ()) -> bool:
    """Whether patients are found from those without SDs, and the verifier finds all of it kept."""
    study = small.record(variables, claims, rules)
    whole = Subproblem(tuple(study.variables), study.claims, study.rules)
    u = unknowns_of(study, without_spreads(whole), 9, [])
    answer = ask(u, list(u.on))
    assert answer.status == FOUND
    codes = mended_spreads(study, whole, whole.statements, 9, answer.values)
    return codes is not None and verify(study, table_of(study, 9, codes)).broken.empty


@pytest.mark.parametrize("sd", ["1.51", "1.13", "1.94"])  # of sums of squares of 77, 69 and 89
def test_sds_beside_a_mean_a_median_and_an_end_are_met(small, sd: str) -> None:
    assert mended(small, "GK", [*CLAIMS, "ALL|K|mean|2.6", f"ALL|K|sd|{sd}"])


def test_two_sds_of_overlapping_patients_are_met(small) -> None:
    # 1, 2, 2 and 4 have an SD of 1.26
    assert mended(small, "GK", [*CLAIMS, "ALL|K|mean|2.6", "ALL|K|sd|1.51", "A|K|sd|1.26"])


def test_what_cannot_be_is_not_found(small) -> None:
    assert not mended(small, "GK", [*CLAIMS, "ALL|K|mean|2.6", "ALL|K|sd|9.00"])


@pytest.mark.parametrize(
    ("claims", "rules"),
    [
        ([*CLAIMS, "ALL|K|sd|1.51"], ("K <= 4",)),  # a rule about the number
        ([*CLAIMS, "ALL|K|sd|1.51", "ALL|K >= 3|count|4"], ()),  # a count of it
        ([*CLAIMS, "ALL|K|sd|1.51", "ALL|K|iqr|3"], ()),  # a statistic that isn't kept by moves
    ],
)
def test_nothing_is_tried_where_moves_could_break_what_is_not_watched(small, claims, rules) -> None:
    assert not mended(small, "GK", claims, rules)


def test_ends_met_by_mending_are_those_of_patients_and_within_what_is_proven(small, monkeypatch) -> None:
    claims = [*CLAIMS, "ALL|K|mean|2.6", "ALL|K|sd|1.51"]
    study = small.record("GK", claims)
    session = Session(reference_cohort(reference_solution(study)))
    for claim in study.claims[2:]:
        asked = Asked(claim, study, without=frozenset({("claim", claim.id)}))
        exact = range_of(session, asked, 5.0)
        with monkeypatch.context() as patch:
            patch.setattr(recount.audit.search, "HEAVY", 0)
            met = range_of(Session(session.reference), asked, 5.0)
        assert exact.proven, claim.id
        assert exact.low.reached <= met.low.reached <= met.high.reached <= exact.high.reached
        assert met.low.bound <= exact.low.bound and exact.high.bound <= met.high.bound
