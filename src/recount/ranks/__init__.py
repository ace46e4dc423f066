"""What quantiles and signed ranks allow: bounds, and patients by search."""

from recount.ranks.ends import rank_range, z_or_p
from recount.ranks.patients import Ranks, is_ranks
from recount.ranks.statements import RANKED, SHIFT, is_of_ranks, is_of_ranks_alone

__all__ = [
    "RANKED",
    "SHIFT",
    "Ranks",
    "is_of_ranks",
    "is_of_ranks_alone",
    "is_ranks",
    "rank_range",
    "z_or_p",
]
