"""Checks on single printed numbers and small groups of them, each exact and each with the source of its formula."""

from recount.checks.contingency import fisher_test
from recount.checks.distributions import chi2_sf, normal_sf, t_sf
from recount.checks.findings import IMPOSSIBLE, NOTE, POSSIBLE, VERDICTS, Finding
from recount.checks.intervals import mean_interval, median_places, proportion_interval
from recount.checks.moments_frames import grimmer_frame
from recount.checks.of_numbers import OF_NUMBERS
from recount.checks.printed_spreads import CLOSE, p_of, t_of, t_ratios
from recount.checks.quantiles import position, quantile
from recount.checks.rank_tests import Interval, distances, p_to_z, tie_terms, z_squared
from recount.checks.record_check import check_record, impossible_alone, why_in_numbers
from recount.checks.rows import check_rows
from recount.checks.samples import count_samples
from recount.checks.sums_of_squares_of_integers import (
    least_squares,
    most_squares,
    reachable_between,
    settled,
    whole_squares,
)

__all__ = [
    "CLOSE",
    "IMPOSSIBLE",
    "NOTE",
    "OF_NUMBERS",
    "POSSIBLE",
    "VERDICTS",
    "Finding",
    "Interval",
    "check_record",
    "check_rows",
    "chi2_sf",
    "count_samples",
    "distances",
    "fisher_test",
    "grimmer_frame",
    "impossible_alone",
    "least_squares",
    "mean_interval",
    "median_places",
    "most_squares",
    "normal_sf",
    "p_of",
    "p_to_z",
    "position",
    "proportion_interval",
    "quantile",
    "reachable_between",
    "settled",
    "t_of",
    "t_ratios",
    "t_sf",
    "tie_terms",
    "whole_squares",
    "why_in_numbers",
    "z_squared",
]
