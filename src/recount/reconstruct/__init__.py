"""What of a record holds together, its conflicts, and patients who satisfy it."""

from recount.reconstruct.basis import Basis, basis_of, joint_home, open_cuts, statements_of, with_cut_off
from recount.reconstruct.cohorts import Interrupted, write_cohorts
from recount.reconstruct.conflicts import MOST, Conflicts, conflicts_of, sentence
from recount.reconstruct.consistent import Held, all_names, consistent, holds_together
from recount.reconstruct.relaxation import part_of
from recount.reconstruct.tables import csv_text

__all__ = [
    "MOST",
    "Basis",
    "Conflicts",
    "Held",
    "Interrupted",
    "all_names",
    "basis_of",
    "conflicts_of",
    "consistent",
    "csv_text",
    "holds_together",
    "joint_home",
    "open_cuts",
    "part_of",
    "sentence",
    "statements_of",
    "with_cut_off",
    "write_cohorts",
]
