"""What of a record holds together, its conflicts, and patients who satisfy it."""

from recount.reconstruct.cohort import Drawing, VerifierDisagrees, reference_cohort
from recount.reconstruct.conflicts import MOST, Conflicts, conflicts_of, sentence
from recount.reconstruct.deciding import KINDS, content_of_subproblem, holds_together, only_size, reference_solution
from recount.reconstruct.ensemble import Interrupted, write_cohorts
from recount.reconstruct.origins import origins_of
from recount.reconstruct.posing import (
    PosedSubproblem,
    all_names,
    interchangeable_patients,
    require_kept,
    sort_patients,
    unknowns_of,
    with_owners,
)
from recount.reconstruct.reference_solution import ReferenceSolution, SolvedSubproblem
from recount.reconstruct.spread_search import SPREADS, mended_spreads, spread_statements, without_spreads
from recount.reconstruct.tables import csv_text

__all__ = [
    "KINDS",
    "MOST",
    "SPREADS",
    "Conflicts",
    "Drawing",
    "Interrupted",
    "PosedSubproblem",
    "ReferenceSolution",
    "SolvedSubproblem",
    "VerifierDisagrees",
    "all_names",
    "conflicts_of",
    "content_of_subproblem",
    "csv_text",
    "holds_together",
    "interchangeable_patients",
    "mended_spreads",
    "only_size",
    "origins_of",
    "reference_cohort",
    "reference_solution",
    "require_kept",
    "sentence",
    "sort_patients",
    "spread_statements",
    "unknowns_of",
    "with_owners",
    "without_spreads",
    "write_cohorts",
]
