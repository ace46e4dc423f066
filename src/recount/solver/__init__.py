"""The only room that knows OR-Tools: unknown patients, statements as constraints each under its Boolean, search."""

from recount.solver.block_ends import BlockEnds
from recount.solver.constraints import CONSTRAINTS, bounded, impose
from recount.solver.ordered_changes import ordered_changes
from recount.solver.quantities import QUANTILES, QUANTITIES, Quantity
from recount.solver.search import (
    FOUND,
    NONE,
    SUMS_ONLY,
    UNDECIDED,
    Aim,
    Answer,
    Cell,
    Statement,
    Unsettled,
    another,
    ask,
    cheapest_hit,
    closest,
    decided,
    extreme,
    fewest_set_aside,
    found_with,
    heaviest,
    minimal_conflict,
    most_that_hold,
    soon_found_with,
)
from recount.solver.signed_ranks import pairs_of_ties, signed_ranks
from recount.solver.sums_of_squares import SQUARED, pairs_of, why_not
from recount.solver.unknowns import Linear, Literal, Unknowns, only_value

__all__ = [
    "CONSTRAINTS",
    "FOUND",
    "NONE",
    "QUANTILES",
    "QUANTITIES",
    "SQUARED",
    "SUMS_ONLY",
    "UNDECIDED",
    "Aim",
    "Answer",
    "BlockEnds",
    "Cell",
    "Linear",
    "Literal",
    "Quantity",
    "Statement",
    "Unknowns",
    "Unsettled",
    "another",
    "ask",
    "bounded",
    "cheapest_hit",
    "closest",
    "decided",
    "extreme",
    "fewest_set_aside",
    "found_with",
    "heaviest",
    "impose",
    "minimal_conflict",
    "most_that_hold",
    "only_value",
    "ordered_changes",
    "pairs_of",
    "pairs_of_ties",
    "signed_ranks",
    "soon_found_with",
    "why_not",
]
