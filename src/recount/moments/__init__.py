"""What means, SDs and paired t allow: bounds by exact arithmetic, patients by drawing and local search."""

from recount.moments.conflict_clauses import exclude_conflicts
from recount.moments.conflict_search import consistent_moments, fewest_moments_set_aside, minimal_moment_conflict
from recount.moments.patients import MomentPatients, moment_patients
from recount.moments.range_search import moment_range
from recount.moments.sums_and_spreads import MOMENTS, is_about_moments, is_of_moments_alone

__all__ = [
    "MOMENTS",
    "MomentPatients",
    "consistent_moments",
    "exclude_conflicts",
    "fewest_moments_set_aside",
    "is_about_moments",
    "is_of_moments_alone",
    "minimal_moment_conflict",
    "moment_patients",
    "moment_range",
]
