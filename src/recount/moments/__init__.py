"""What means, SDs and paired t allow: bounds by exact arithmetic, patients by search."""

from recount.moments.ends import (
    consistent_moments,
    fewest_moments_set_aside,
    minimal_moment_conflict,
    moment_patients,
    moment_range,
)
from recount.moments.exclusions import exclude_conflicts
from recount.moments.patients import Moments, is_moments
from recount.moments.statements import MOMENTS, is_about, is_of_moments_alone

__all__ = [
    "MOMENTS",
    "Moments",
    "consistent_moments",
    "exclude_conflicts",
    "fewest_moments_set_aside",
    "is_about",
    "is_moments",
    "is_of_moments_alone",
    "minimal_moment_conflict",
    "moment_patients",
    "moment_range",
]
