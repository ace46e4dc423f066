"""What each kind of claim asks of unknown patients: one function a kind, found by its name in `CONSTRAINTS`.

Each function gets the unknowns, the claim and the Boolean under which it holds. Whoever lacks a value of the
claim's variable doesn't count, and a statistic of nobody doesn't hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from math import lcm

from recount.record import STATISTICS, Claim, Printed, Rule, Study, patients_of, step_of, step_range
from recount.solver.patient_types import tally
from recount.solver.quantities import QUANTITIES, one_step
from recount.solver.signed_ranks import dominate, wilcoxon_holds
from recount.solver.sums_of_squares import LARGEST, SQUARED, TOO_LARGE, paired_holds, sd_holds, why_not
from recount.solver.tables_of_counts import LISTED, counts_hold, why_not_listed
from recount.solver.unknowns import Linear, Literal, Unknowns


def bounded(
    u: Unknowns,
    on: Literal | Sequence[Literal],
    numerator: Linear,
    denominator: Linear,
    printed: Printed,
    scale: Fraction = Fraction(1),
) -> None:
    """numerator * scale / denominator, at least 1, lies in what is printed, all multiplied so that it is whole.

    A bound beyond every such quotient is not put in numbers, which the solver's might not hold: it asks nothing, or
    nobody meets it.
    """
    case = list(on) if isinstance(on, Sequence) else [on]
    farthest = scale * max(map(abs, u.ends(numerator)))
    for bound, sign, strict in (
        (printed.low, 1, printed.low_strict),
        (printed.high, -1, printed.high_strict),
    ):
        if bound is None or sign * bound < -farthest:
            continue
        if sign * bound > farthest:
            u.forbid(case)
            continue
        m = lcm(bound.denominator, scale.denominator)
        slack = int(scale * m) * numerator - int(bound * m) * denominator
        u.cp.add(sign * slack >= int(strict)).only_enforce_if(case)


def quantity_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The statistic, a quotient of two sums, is defined and as printed."""
    q = QUANTITIES[claim.statistic](u, claim)
    u.cp.add_implication(on, q.defined)
    bounded(u, on, q.numerator, q.denominator, claim.printed, q.scale)


def value_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """There is somebody in the population with a value, and everybody's is as printed."""
    who, number = u.with_value(claim.population, claim.variable)
    step = step_of(u.variables[claim.variable])
    u.cp.add(number >= 1).only_enforce_if(on)
    for i, has in enumerate(who):
        if has is not u.false:
            bounded(u, [on, has], u.x[i, claim.variable], 1, claim.printed, step)


CONSTRAINTS: dict[str, Callable[[Unknowns, Claim, Literal], None]] = {
    **dict.fromkeys(set(QUANTITIES) & set(STATISTICS), quantity_holds),
    "value": value_holds,
    "wilcoxon_z": wilcoxon_holds,
    "wilcoxon_p": wilcoxon_holds,
    "sd": sd_holds,
    "sd_change": sd_holds,
    "se": sd_holds,
    "paired_t": paired_holds,
    "paired_p": paired_holds,
    **dict.fromkeys(LISTED, counts_hold),
}

ALONE = {
    **dict.fromkeys(("t2", "t2_p"), "two means over a spread that is neither's own aren't put in whole numbers"),
    **dict.fromkeys(("mann_whitney_u", "mann_whitney_z", "mann_whitney_p"), "two groups' ranks aren't unknowns"),
    **dict.fromkeys(("mean_ci_low", "mean_ci_high"), "a mean less a multiple of its spread's root isn't linear"),
}
"""The statistics that are recomputed of patients and never imposed on them, with the reason."""


def why_checked_alone(study: Study, claim: Claim) -> str:
    """Why a claim isn't imposed on patients together with the others; "" where it is."""
    if claim.statistic in ALONE:
        return ALONE[claim.statistic]
    if claim.statistic in SQUARED:
        return why_not(study, claim)
    if claim.statistic in LISTED:
        return why_not_listed(study, claim)
    return _why_no_quotient(study, claim) if claim.statistic in ("mean_change", "percent_change") else ""


def _why_no_quotient(study: Study, claim: Claim) -> str:
    """Why a quotient of sums over pairs can't be put to the solver, such as `bounded` makes it; "" where it can."""
    names, size = (claim.variable, claim.versus), patients_of(study)
    one, other, step = one_step(*(step_of(study.variables[name]) for name in names))
    ends = [
        factor * end
        for factor, name in zip((one, other), names, strict=True)
        for end in step_range(study.variables[name])
    ]
    greatest = 2 * size * max(map(abs, ends))
    scale, denominator = (Fraction(100), greatest) if claim.statistic == "percent_change" else (step, size)
    found = Fraction(4 * greatest * denominator)
    for bound in (bound for bound in claim.printed.interval if bound is not None):
        m = lcm(bound.denominator, scale.denominator)
        found = max(found, scale * m * greatest + abs(bound) * m * denominator)
    return TOO_LARGE if found > LARGEST else ""


def impose(u: Unknowns, claims: Iterable[Claim], rules: Iterable[Rule]) -> None:
    """Adds claims and rules to the unknowns, each under its own Boolean in `u.on`.

    A claim that is checked alone (`why_checked_alone`) has none, and isn't imposed.
    """
    rules = list(rules)
    for rule in rules:
        on = u.statement("rule", rule.id)
        for i in range(u.size):
            u.cp.add_implication(on, u.keeps(i, rule.rule))
    claims = [c for c in claims if not why_checked_alone(u.study, c)]
    for claim in claims:
        CONSTRAINTS[claim.statistic](u, claim, u.statement("claim", claim.id))
    for claim in claims:
        if claim.statistic in ("wilcoxon_z", "wilcoxon_p"):
            u.keep(("dominated", claim.population, claim.variable, claim.versus), partial(dominate, u, claim))
    tally(u, claims, rules)
