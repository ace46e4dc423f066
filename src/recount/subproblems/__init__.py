"""The record cut into subproblems that share no unknowns; claims that print the same thing."""

from recount.subproblems.cut import (
    ORDERED,
    Subproblem,
    duplicates_of,
    meant,
    mentioned,
    most_claimed,
    sorting_categories,
    subproblems_of,
    whom,
    with_wheres,
)
from recount.subproblems.imposed import ImposedStatements

__all__ = [
    "ORDERED",
    "ImposedStatements",
    "Subproblem",
    "duplicates_of",
    "meant",
    "mentioned",
    "most_claimed",
    "sorting_categories",
    "subproblems_of",
    "whom",
    "with_wheres",
]
