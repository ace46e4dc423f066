"""The record cut into subproblems that share no unknowns; claims that print the same thing."""

from recount.subproblems.cut import (
    ORDERED,
    Subproblem,
    duplicates_of,
    mentioned,
    most_claimed,
    rule_for_members,
    sorting_categories,
    statement_members,
    subproblems_of,
    with_wheres,
)
from recount.subproblems.imposed import ImposedStatements

__all__ = [
    "ORDERED",
    "ImposedStatements",
    "Subproblem",
    "duplicates_of",
    "mentioned",
    "most_claimed",
    "rule_for_members",
    "sorting_categories",
    "statement_members",
    "subproblems_of",
    "with_wheres",
]
