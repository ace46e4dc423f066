"""Each claim of a record judged by itself, given how many patients its group has: one finding a claim.

`JUDGES` has a function for each statistic that a number says something of by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recount.checks.findings import NOTE, Finding, Judged, finding
from recount.checks.group_sizes import EVERYBODY, GroupSizes, Sizes
from recount.checks.one_number import (
    Grid,
    chi_squared_judged,
    mean_interval_judged,
    mean_judged,
    p_outside,
    paired_t_judged,
    percent_judged,
    quantile_judged,
    ratio_judged,
    sd_judged,
    signed_rank_judged,
    size_judged,
    u_judged,
    value_judged,
    z_of_two_judged,
)
from recount.record import Claim

NOBODY = "nobody has a value to compute it from"


@dataclass(frozen=True)
class Alone:
    """A claim judged by one check, and the sizes that it rests on."""

    check: str
    judged: Judged
    sizes: Sizes


def claim_alone(claim: Claim, sizes: GroupSizes) -> Finding | None:
    """What is found of a claim by itself; None where nothing is known of its statistic.

    Where the number doesn't rule itself out for any size that its group may have, and the size isn't printed, it is a
    note that says so.
    """
    judge = JUDGES.get(claim.statistic)
    if judge is None:
        return None
    try:
        found = judge(claim, sizes)
    except ValueError as rule:  # such as quartiles too far apart to be looked at
        return Finding(claim.statistic, (claim.id,), NOTE, f"not checked: {rule}")
    if found.judged.holds and not found.sizes.printed:
        return Finding(found.check, (claim.id,), NOTE, not_printed(claim, sizes))
    return finding(found.check, (claim.id, *found.sizes.claims), found.judged)


def not_printed(claim: Claim, sizes: GroupSizes) -> str:
    """Why a claim isn't checked: how many belong to its population, or have the value, isn't printed."""
    if sizes.size_of(sizes.population(claim.population)).printed and claim.variable in sizes.study.variables:
        return f"not checked: how many of {claim.population} have a {claim.variable} isn't printed"
    return f"not checked: n of {claim.population} isn't printed"


def _count_alone(claim: Claim, sizes: GroupSizes) -> Alone:
    base = sizes.size_of(sizes.population(claim.population))
    if sizes.group_counted(claim) == EVERYBODY:
        return Alone("count", size_judged(claim.printed, sizes.patients, sizes.patients), base)
    if claim.condition is None:
        base = Sizes(0, sizes.patients)
    return Alone("count", size_judged(claim.printed, base.high), Sizes(0, base.high, base.claims))


def _percent(claim: Claim, sizes: GroupSizes) -> Alone:
    base = sizes.size_of(sizes.population(claim.population)).at_least(1)
    return Alone("percent", percent_judged(claim.printed, base.range) if base.range else Judged(False, NOBODY), base)


def _ratio_alone(claim: Claim, sizes: GroupSizes) -> Alone:
    groups = sizes.population(claim.population), sizes.population(claim.versus)
    first, second = sizes.size_of(groups[0]), sizes.size_of(groups[1]).at_least(1)
    both = Sizes(0, 0, first.claims + second.claims, first.printed and second.printed)
    if not second.range:
        return Alone("ratio", Judged(False, NOBODY), both)
    inside = sizes.is_part(*groups), sizes.is_part(groups[1], groups[0])
    return Alone("ratio", ratio_judged(claim.printed, first.range, second.range, *inside), both)


def _sizes_having(claim: Claim, sizes: GroupSizes, least: int = 1, both: bool = False) -> Sizes:
    """How many have what a claim is about, as many as its statistic needs at least."""
    names = (claim.variable, claim.versus) if both else (claim.variable,)
    return sizes.having_values(sizes.population(claim.population), *names).at_least(least)


def _claim_grid(claim: Claim, sizes: GroupSizes) -> Grid:
    return Grid.of(sizes.study.variables[claim.variable])


def _extreme(claim: Claim, sizes: GroupSizes) -> Alone:
    having = _sizes_having(claim, sizes)
    judged = value_judged(claim.printed, _claim_grid(claim, sizes), claim.statistic)
    return Alone("value", judged if having.range else Judged(False, NOBODY), Sizes(1, 1, _if_none(having)))


def _if_none(having: Sizes) -> tuple[str, ...]:
    """The claims by which nobody has a value; none where somebody may."""
    return () if having.range else having.claims


def _quantile(claim: Claim, sizes: GroupSizes) -> Alone:
    having = _sizes_having(claim, sizes)
    definition = sizes.study.settings["quantile"]
    if not having.range:
        return Alone("quantile", Judged(False, NOBODY), having)
    return Alone(
        "quantile",
        quantile_judged(claim.statistic, claim.printed, _claim_grid(claim, sizes), having.range, definition),
        having,
    )


def _mean_alone(claim: Claim, sizes: GroupSizes) -> Alone:
    having = _sizes_having(claim, sizes)
    judged = mean_judged(claim.printed, _claim_grid(claim, sizes), having.range) if having.range else None
    return Alone("grim", judged or Judged(False, NOBODY), having)


def _sd_alone(claim: Claim, sizes: GroupSizes) -> Alone:
    having = _sizes_having(claim, sizes, 2)
    return Alone("sd limits", sd_judged(claim.printed, _claim_grid(claim, sizes), having.range), having)


def _signed_rank(claim: Claim, sizes: GroupSizes) -> Alone:
    having = _sizes_having(claim, sizes, both=True)
    z, p = (claim.printed if claim.statistic == name else None for name in ("wilcoxon_z", "wilcoxon_p"))
    return Alone("rank sums", signed_rank_judged(z, p, having.range), having)


def _paired_t(claim: Claim, sizes: GroupSizes) -> Alone:
    having = _sizes_having(claim, sizes, 2, both=True)
    first, second = (Grid.of(sizes.study.variables[name]) for name in (claim.variable, claim.versus))
    return Alone("t", paired_t_judged(claim.printed, first, second, having.range), having)


def _p_alone(claim: Claim, sizes: GroupSizes) -> Alone:
    return Alone("p", p_outside(claim.printed) or Judged(True, f"P {claim.printed} is from 0 to 1"), Sizes(0, 0))


def _chi_squared(claim: Claim, sizes: GroupSizes) -> Alone:
    size = sizes.size_of(sizes.population(claim.population))
    variables = sizes.study.variables
    levels = [len(variables[name].levels) if name in variables else 2 for name in (claim.variable, claim.versus)]
    return Alone("chi2", chi_squared_judged(claim.printed, size.high, (levels[0], levels[1])), Sizes(0, 0, size.claims))


def _u_alone(claim: Claim, sizes: GroupSizes) -> Alone:
    one, other = _two_samples(claim, sizes)
    return Alone("ranks of two", u_judged(claim.printed, one.high, other.high), _both_of(one, other))


def _z_of_two(claim: Claim, sizes: GroupSizes) -> Alone:
    one, other = _two_samples(claim, sizes)
    return Alone("ranks of two", z_of_two_judged(claim.printed, one.high, other.high), _both_of(one, other))


def _two_samples(claim: Claim, sizes: GroupSizes) -> tuple[Sizes, Sizes]:
    """How many of either population have the value."""
    one, other = (
        sizes.having_values(sizes.population(name), claim.variable) for name in (claim.population, claim.versus)
    )
    return one, other


def _both_of(one: Sizes, other: Sizes) -> Sizes:
    """What a bound by the greatest sizes rests on."""
    return Sizes(0, 0, tuple(dict.fromkeys((*one.claims, *other.claims))))


def _mean_interval(claim: Claim, sizes: GroupSizes) -> Alone:
    judged = mean_interval_judged(claim.printed, _claim_grid(claim, sizes), claim.statistic == "mean_ci_low")
    return Alone("interval", judged, Sizes(0, 0))


JUDGES: dict[str, Callable[[Claim, GroupSizes], Alone]] = {
    "n": _count_alone,
    "count": _count_alone,
    "percent": _percent,
    "ratio": _ratio_alone,
    "value": _extreme,
    "min": _extreme,
    "max": _extreme,
    "p25": _quantile,
    "median": _quantile,
    "p75": _quantile,
    "mean": _mean_alone,
    "sd": _sd_alone,
    "wilcoxon_z": _signed_rank,
    "wilcoxon_p": _signed_rank,
    "paired_t": _paired_t,
    "paired_p": _p_alone,
    "chi2": _chi_squared,
    "chi2_p": _p_alone,
    "fisher_p": _p_alone,
    "t2_p": _p_alone,
    "mann_whitney_u": _u_alone,
    "mann_whitney_z": _z_of_two,
    "mann_whitney_p": _p_alone,
    "mean_ci_low": _mean_interval,
    "mean_ci_high": _mean_interval,
}
