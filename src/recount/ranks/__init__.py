"""What quantiles and signed ranks allow: bounds, and patients by drawing and local search."""

from recount.ranks.ends import rank_range, z_or_p
from recount.ranks.patients import RankPatients
from recount.ranks.places_and_rank_sums import RANKED, SHIFT, is_about_ranks, is_of_ranks_alone

__all__ = [
    "RANKED",
    "SHIFT",
    "RankPatients",
    "is_about_ranks",
    "is_of_ranks_alone",
    "rank_range",
    "z_or_p",
]
