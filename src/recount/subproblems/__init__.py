"""The record cut into subproblems that share no unknowns; claims that print the same thing."""

from recount.subproblems.cut import (
    ORDERED,
    Block,
    blocks_of,
    frame_of,
    meant,
    mentioned,
    most_claimed,
    twins_of,
    whom,
    with_wheres,
)
from recount.subproblems.imposed import ImposedStatements

__all__ = [
    "ORDERED",
    "Block",
    "ImposedStatements",
    "blocks_of",
    "frame_of",
    "meant",
    "mentioned",
    "most_claimed",
    "twins_of",
    "whom",
    "with_wheres",
]
