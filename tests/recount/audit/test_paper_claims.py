"""What clinical papers print, in the ledger: what is imposed can clash, what is checked alone says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recount.audit.leave_one_out import audit
from recount.audit.range import Range
from recount.audit.search import UNASKABLE, range_of
from recount.audit.session import Asked, Session
from recount.reconstruct import reference_cohort, reference_solution
from recount.record.schema import CHECKED_ALONE, STATISTICS
from recount.results import CONTRADICTED, NOT_CHECKABLE

if TYPE_CHECKING:
    from tests.recount.conftest import Small

CLAIMS = {  # one of each that tables of three patients have
    "se": "ALL|X|se|0.33",
    "mean_change": "ALL|X|mean_change|0.33|Z",
    "sd_change": "ALL|X|sd_change|0.58|Z",
    "percent_change": "ALL|X|percent_change|50|Z",
    "iqr": "ALL|X|iqr|1",
    "range": "ALL|X|range|1",
    "chi2": "ALL|X == 1|chi2|3|Z == 1",
    "chi2_p": "ALL|X == 1|chi2_p|0.083|Z == 1",
    "fisher_p": "ALL|X == 1|fisher_p|0.333|Z == 1",
    "percent_ci_low": "ALL|X == 1|percent_ci_low|9.4",
    "percent_ci_high": "ALL|X == 1|percent_ci_high|99.2",
    "t2": "ALL|X|t2|0.5|HIGH",
    "t2_p": "ALL|X|t2_p|0.5|HIGH",
    "mann_whitney_u": "ALL|X|mann_whitney_u|1|HIGH",
    "mann_whitney_z": "ALL|X|mann_whitney_z|0.5|HIGH",
    "mann_whitney_p": "ALL|X|mann_whitney_p|0.5|HIGH",
    "mean_ci_low": "ALL|X|mean_ci_low|0.5",
    "mean_ci_high": "ALL|X|mean_ci_high|2.5",
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_claim_is_judged_or_says_that_it_is_checked_alone(small: Small, kind: str) -> None:
    study = small.record("XZ", ["ALL||n|3", CLAIMS[kind]])
    row = audit(study, workers=0, limit=1.0).ledger.set_index("id").loc["c1"]
    if kind in CHECKED_ALONE:
        assert row["verdict"] == NOT_CHECKABLE and row["why"].startswith("checked alone: ")
    else:
        assert row["verdict"] == "attainable" and small.tables(study)


CLASHES = [
    ("chi2", ["ALL|X == 1|count|0", "ALL|X == 1|chi2|3|Z == 1"]),
    (
        "fisher_p",
        ["ALL|X == 1|count|2", "ALL|Z == 1|count|1", "ALL|X == 1|fisher_p|0.333|Z == 1", "ALL|X == Z|count|2"],
    ),
    ("percent_ci_low", ["ALL|X == 1|count|1", "ALL|X == 1|percent_ci_low|9.4"]),
    ("se", ["ALL|X|range|0", "ALL|X|se|0.33"]),
    ("percent_change", ["ALL|X|mean|2", "ALL|Z|mean|1", "ALL|X|percent_change|50|Z"]),
]


@pytest.mark.parametrize(("kind", "claims"), CLASHES)
def test_an_imposed_claim_clashes_with_the_rest(small: Small, kind: str, claims: list[str]) -> None:
    study = small.record("XZ", ["ALL||n|3", *claims])
    found = audit(study, workers=0, limit=1.0)
    (claim,) = (c.id for c in study.claims if c.statistic == kind)
    assert bool(small.tables(study)) == (not found.conflicts.found)
    assert any(("claim", claim) in conflict for conflict in found.conflicts.found)
    assert found.ledger.set_index("id").loc[claim, "verdict"] == CONTRADICTED


def test_what_is_checked_alone_is_contradicted_where_it_is_impossible_by_itself(small: Small) -> None:
    study = small.record("XZ", ["ALL||n|3", "ALL|X|mann_whitney_p|1.3|HIGH"])
    row = audit(study, workers=0, limit=1.0).ledger.set_index("id").loc["c1"]
    assert (row["verdict"], row["why"]) == (CONTRADICTED, "P 1.3 isn't from 0 to 1")


@pytest.mark.parametrize("kind", ["chi2", "chi2_p", "fisher_p", "percent_ci_low", *CHECKED_ALONE])
def test_no_search_is_of_a_statistic_that_is_no_quantity(small: Small, kind: str) -> None:
    study = small.record("XZ", ["ALL||n|3", CLAIMS[kind]])
    session = Session(reference_cohort(reference_solution(study)))
    found = range_of(session, Asked(study.claims[1], study))
    assert isinstance(found, Range) and found.proof == "not proven: not tried"


def test_only_what_is_never_imposed_is_not_asked() -> None:
    assert UNASKABLE == {"stated", *CHECKED_ALONE} <= set(STATISTICS)


@pytest.mark.parametrize("condition", ["X == 3", "X >= 2"])
def test_patients_whom_only_the_condition_in_versus_tells_apart_are_told_apart(small: Small, condition: str) -> None:
    """The quartile sorts the patients into groups; a table of counts is about a number that these are ordered by."""
    claims = ["ALL||n|4", "A||n|2", "A|X|median|2.5", f"ALL|G|fisher_p|0.333|{condition}"]
    study = small.record("GX", claims)
    for asked in (study.claims[2], study.claims[3]):
        found = audit(study, workers=0, limit=1.0).ledger.set_index("id").loc[asked.id]
        assert (found["verdict"] == CONTRADICTED) == (not small.tables(study)), asked.id
    without = small.ends(study, study.claims[2], without=["c2"])
    low, high = audit(study, workers=0, limit=1.0).ledger.set_index("id").loc["c2", ["low_bound", "high_bound"]]
    assert without is not None and (float(low), float(high)) == tuple(map(float, without))
