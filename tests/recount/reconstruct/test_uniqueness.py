"""A single cohort is proven exactly where every table but one is ruled out."""

from __future__ import annotations

import pytest

from recount.reconstruct.deciding import reference_solution
from recount.reconstruct.uniqueness import is_only_cohort

RECORDS = {  # a record, and whether one table alone satisfies it
    "all the same": (("X", ["ALL||n|3", "ALL|X|min|2", "ALL|X|max|2"], []), True),
    "told apart": (("X", ["ALL||n|3", "ALL|X|min|0", "ALL|X|median|1", "ALL|X|max|3"], []), True),
    "one value open": (("X", ["ALL||n|4", "ALL|X|min|0", "ALL|X|max|3", "ALL|X|mean|1.5"], []), False),
    "by two that hang together": (("XZ", ["ALL||n|2", "ALL|X|min|0", "ALL|X|max|3"], ["X == Z"]), True),
    "by two apart": (("XZ", [*("ALL||n|2", "ALL|X|min|0", "ALL|X|max|1"), "ALL|Z|min|0", "ALL|Z|max|1"], []), False),
    "by one of two": (("XZ", [*("ALL||n|2", "ALL|X|min|0", "ALL|X|max|1"), "ALL|Z|min|1", "ALL|Z|max|1"], []), True),
    "in known groups": (
        ("GX", ["ALL||n|3", 'ALL|G == "A"|count|2', "A|X|min|1", "A|X|max|3", "ALL|X|mean|1.33"], []),
        True,
    ),
    "a group open": (("GX", ["ALL||n|2", "ALL|X|min|1", "ALL|X|max|1"], []), False),
    "a rule set aside": (("X", ["ALL||n|2", "ALL|X|min|1", "ALL|X|max|3"], ["X <= 1"]), True),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_single_cohort_is_proven_where_there_is_one(small, name: str) -> None:
    record, only = RECORDS[name]
    study = small.record(*record)
    reference = reference_solution(study)
    assert (len(small.tables(study, [id for _, id in reference.aside])) == 1) is only
    assert is_only_cohort(reference) is only
