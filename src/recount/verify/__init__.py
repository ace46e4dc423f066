"""Does this table satisfy these statements? Recomputed from its rows alone, without the solver."""

from recount.verify.paper_statistics import association_of
from recount.verify.verifier import (
    PATIENT,
    About,
    Rows,
    Value,
    p_of_t,
    shown_value,
    stands_for,
    statistic,
    value_in,
    verify,
)

__all__ = [
    "PATIENT",
    "About",
    "Rows",
    "Value",
    "association_of",
    "p_of_t",
    "shown_value",
    "stands_for",
    "statistic",
    "value_in",
    "verify",
]
