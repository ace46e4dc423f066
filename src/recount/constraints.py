"""What each kind of claim asks of unknown patients: one function a kind, found by its name in `CONSTRAINTS`.

Each function gets the unknowns, the claim and the Boolean under which it holds. Whoever lacks a value of the
claim's variable doesn't count, and a statistic of nobody doesn't hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from math import ceil, floor, lcm

from recount.checks.rank_tests import Interval, distances, p_to_z, tie_terms
from recount.model import Linear, Literal, Unknowns, step_of
from recount.printed import Printed
from recount.quantities import QUANTITIES
from recount.study import STATISTICS, Claim, Rule


def bounded(
    u: Unknowns, on: Literal, numerator: Linear, denominator: Linear, printed: Printed, scale: Fraction = Fraction(1)
) -> None:
    """numerator * scale / denominator lies in what is printed, all multiplied so that it is whole."""
    for bound, sign, strict in (
        (printed.low, 1, printed.low_strict),
        (printed.high, -1, printed.high_strict),
    ):
        if bound is not None:
            m = lcm(bound.denominator, scale.denominator)
            slack = int(scale * m) * numerator - int(bound * m) * denominator
            u.cp.add(sign * slack >= int(strict)).only_enforce_if(on)


def quantity_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The statistic, a quotient of two sums, is defined and as printed."""
    q = QUANTITIES[claim.statistic](u, claim)
    u.cp.add_implication(on, q.defined)
    bounded(u, on, q.numerator, q.denominator, claim.printed, q.scale)


def wilcoxon_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The signed-rank statistic of the pairs prints this Z (or the P of such a Z).

    How far the rank sum is from its mean, the ties and the number of differences that aren't nought are unknowns;
    for each number and ties the distances that print the claim are listed exactly beforehand.
    """
    number, ties, distance = _signed_ranks(u, claim)
    z = claim.printed if claim.statistic == "wilcoxon_z" else p_to_z(claim.printed)
    rows = _distance_rows(u.size, z)
    nearest, farthest = (u.cp.new_int_var(-1, 2 * u.size * (u.size + 1), "") for _ in range(2))
    u.cp.add_allowed_assignments([number, ties, nearest, farthest], list(rows))
    u.cp.add(distance >= nearest).only_enforce_if(on)
    u.cp.add(distance <= farthest).only_enforce_if(on)


@cache
def _distance_rows(size: int, z: Printed | Interval) -> tuple[tuple[int, int, int, int], ...]:
    """(number, ties, nearest, farthest), with farthest -1 where nothing prints the claim."""
    found = [(n, t, distances(n, t, z)) for n in range(size + 1) for t in sorted(tie_terms(n))]
    return tuple((n, t, r[0], r[-1]) if r else (n, t, 0, -1) for n, t, r in found)


def _signed_ranks(u: Unknowns, claim: Claim) -> tuple:
    """(number n of differences, sum over pairs of tie size squared less 1, |2D - n(n+1)|), D twice the rank sum."""

    def make() -> tuple:
        d, differs = _differences(u, claim)
        less, tied = _pairwise(u, d, differs)
        doubled, ties = [], []
        for i in range(u.size):
            t = u.cp.new_int_var(0, u.size - 1, "")
            u.cp.add(t == sum(tied[i, j] for j in range(u.size) if j != i))
            rank = 2 * sum(less[j, i] for j in range(u.size) if j != i) + t + 2
            positive = u.all_of([differs[i], u.comparison(">", d[i][0])])
            doubled.append(u.if_has(rank, positive, 2 * u.size))
            squared = u.cp.new_int_var(0, u.size * u.size, "")
            u.cp.add_element(t, [k * k + 2 * k for k in range(u.size)], squared)
            ties.append(squared)
        number = u.number_of(("differ", claim.variable, claim.versus), differs)
        most = u.cp.new_int_var(0, u.size * (u.size + 1), "")
        u.cp.add_element(number, [n * (n + 1) for n in range(u.size + 1)], most)
        distance, tied_sum = (
            u.cp.new_int_var(0, u.size * (u.size + 1), ""),
            u.cp.new_int_var(0, u.size**3, ""),
        )
        u.cp.add_abs_equality(distance, 2 * sum(doubled) - most)
        u.cp.add(tied_sum == sum(ties))
        return number, tied_sum, distance

    return u.keep(("signed ranks", claim.population, claim.variable, claim.versus), make)


def _differences(u: Unknowns, claim: Claim) -> tuple[list, list[Literal]]:
    """(difference, its size) of each pair, and which pairs count: both values there, and not equal."""
    d, differs = [], []
    for i in range(u.size):
        before, after = u.x[i, claim.variable], u.x[i, claim.versus]
        difference = before - after
        size = u.cp.new_int_var(0, 10**6, "")
        u.cp.add_abs_equality(size, difference)
        both = [u.has(i, claim.population, name) for name in (claim.variable, claim.versus)]
        d.append((difference, size))
        differs.append(u.all_of([*both, u.comparison(">", size)]))
    return d, differs


def _pairwise(u: Unknowns, d: list, differs: list[Literal]) -> tuple[dict, dict]:
    """less[i, j]: i's difference is the smaller in size; tied[i, j]: both are of one size. Only pairs that count."""
    less, tied = {}, {}
    for i in range(u.size):
        for j in range(i):
            both = u.all_of([differs[i], differs[j]])
            smaller = u.comparison("<", d[i][1] - d[j][1])
            greater = u.comparison(">", d[i][1] - d[j][1])
            less[i, j], less[j, i] = u.all_of([both, smaller]), u.all_of([both, greater])
            tied[i, j] = tied[j, i] = u.all_of([both, u.negated(smaller), u.negated(greater)])
    return less, tied


CONSTRAINTS: dict[str, Callable[[Unknowns, Claim, Literal], None]] = {
    **dict.fromkeys(set(QUANTITIES) & set(STATISTICS), quantity_holds),
    "wilcoxon_z": wilcoxon_holds,
    "wilcoxon_p": wilcoxon_holds,
}


def impose(u: Unknowns, claims: Iterable[Claim], rules: Iterable[Rule]) -> None:
    """Adds claims and rules to the unknowns, each under its own Boolean in `u.on`."""
    for rule in rules:
        on = u.statement("rule", rule.id)
        for i in range(u.size):
            u.cp.add_implication(on, u.truth(i, rule.rule))
    for claim in claims:
        CONSTRAINTS[claim.statistic](u, claim, u.statement("claim", claim.id))
