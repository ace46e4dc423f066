"""What each kind of claim asks of unknown patients: one function a kind, found by its name in `CONSTRAINTS`.

Each function gets the unknowns, the claim and the Boolean under which it holds. Whoever lacks a value of the
claim's variable doesn't count, and a statistic of nobody doesn't hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from math import lcm

from recount.record import STATISTICS, Claim, Printed, Rule, step_of
from recount.solver.patient_types import tally
from recount.solver.quantities import QUANTITIES
from recount.solver.signed_ranks import dominate, wilcoxon_holds
from recount.solver.sums_of_squares import SQUARED, paired_holds, sd_holds, why_not
from recount.solver.unknowns import Linear, Literal, Unknowns


def bounded(
    u: Unknowns,
    on: Literal | list[Literal],
    numerator: Linear,
    denominator: Linear,
    printed: Printed,
    scale: Fraction = Fraction(1),
) -> None:
    """numerator * scale / denominator, at least 1, lies in what is printed, all multiplied so that it is whole.

    A bound beyond every such quotient is not put in numbers, which the solver's might not hold: it asks nothing, or
    nobody meets it.
    """
    farthest = scale * max(map(abs, u.ends(numerator)))
    for bound, sign, strict in (
        (printed.low, 1, printed.low_strict),
        (printed.high, -1, printed.high_strict),
    ):
        if bound is None or sign * bound < -farthest:
            continue
        if sign * bound > farthest:
            u.cp.add(on == 0)
            continue
        m = lcm(bound.denominator, scale.denominator)
        slack = int(scale * m) * numerator - int(bound * m) * denominator
        u.cp.add(sign * slack >= int(strict)).only_enforce_if(on)


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
    "paired_t": paired_holds,
    "paired_p": paired_holds,
}


def impose(u: Unknowns, claims: Iterable[Claim], rules: Iterable[Rule]) -> None:
    """Adds claims and rules to the unknowns, each under its own Boolean in `u.on`.

    A claim whose numbers would be too large (`squares.why_not`) has none, and isn't imposed.
    """
    rules = list(rules)
    for rule in rules:
        on = u.statement("rule", rule.id)
        for i in range(u.size):
            u.cp.add_implication(on, u.keeps(i, rule.rule))
    claims = [c for c in claims if c.statistic not in SQUARED or not why_not(u.study, c)]
    for claim in claims:
        CONSTRAINTS[claim.statistic](u, claim, u.statement("claim", claim.id))
    for claim in claims:
        if claim.statistic in ("wilcoxon_z", "wilcoxon_p"):
            u.keep(("dominated", claim.population, claim.variable, claim.versus), partial(dominate, u, claim))
    tally(u, claims, rules)
