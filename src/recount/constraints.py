"""What each kind of claim asks of unknown patients: one function a kind, found by its name in `CONSTRAINTS`.

Each function gets the unknowns, the claim and the Boolean under which it holds. Whoever lacks a value of the
claim's variable doesn't count, and a statistic of nobody doesn't hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from math import ceil, floor, lcm

from recount.checks.quantiles import position
from recount.checks.rank_tests import Interval, distances, p_to_z, tie_terms
from recount.model import Linear, Literal, Unknowns, step_of
from recount.printed import Printed
from recount.study import Claim, Rule

QUANTILES = {"median": Fraction(1, 2), "p25": Fraction(1, 4), "p75": Fraction(3, 4)}


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


def n_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """So many patients belong to the population."""
    bounded(u, on, u.number_of(("pop", claim.population), u.members(claim.population)), 1, claim.printed)


def count_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """For so many of the population the expression holds."""
    bounded(u, on, _counted(u, claim), 1, claim.printed)


def percent_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """For so many per cent of the population the expression holds."""
    everybody = u.number_of(("pop", claim.population), u.members(claim.population))
    u.cp.add(everybody >= 1).only_enforce_if(on)
    bounded(u, on, _counted(u, claim), everybody, claim.printed, Fraction(100))


def _counted(u: Unknowns, claim: Claim) -> Linear:
    if claim.condition is None:
        return u.number_of(("pop", claim.population), u.members(claim.population))
    who = [u.all_of([u.member(i, claim.population), u.truth(i, claim.condition)]) for i in range(u.size)]
    return u.number_of(("count", claim.population, claim.condition), who)


def ratio_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The two populations' sizes stand in this ratio."""
    first, second = (u.number_of(("pop", p), u.members(p)) for p in (claim.population, claim.versus))
    u.cp.add(second >= 1).only_enforce_if(on)
    bounded(u, on, first, second, claim.printed)


def value_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """Everybody in the population has this value, and there is somebody."""
    who, number = u.with_value(claim.population, claim.variable)
    u.cp.add(number >= 1).only_enforce_if(on)
    step = step_of(u.variables[claim.variable])
    for i, has in enumerate(who):
        low, high = steps_printed(claim.printed, step)
        x = u.x[i, claim.variable]
        for bound in ([x >= low] if low is not None else []) + ([x <= high] if high is not None else []):
            u.cp.add(bound).only_enforce_if([on, has])


def steps_printed(printed: Printed, step: Fraction) -> tuple[int | None, int | None]:
    """The least and greatest number of steps that lie in what is printed."""
    low = None if printed.low is None else ceil(printed.low / step)
    high = None if printed.high is None else floor(printed.high / step)
    if low is not None and printed.low_strict and low * step == printed.low:
        low += 1
    if high is not None and printed.high_strict and high * step == printed.high:
        high -= 1
    return low, high


def quantile_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The quantile lies where it is printed: a linear equation in two neighbouring order statistics.

    Where the position falls depends on how many there are, so the equation is written for each fraction that a
    position can have, and holds for the sizes that have it.
    """
    p, definition = QUANTILES[claim.statistic], u.study.settings["quantile"]
    who, number = u.with_value(claim.population, claim.variable)
    u.cp.add(number >= 1).only_enforce_if(on)
    places = [(1, 1, Fraction(0)), *(position(n, p, definition) for n in range(1, u.size + 1))]
    sizes = [n for n in u.possible(number) if n]
    below = _order_statistic(u, claim, who, number, [lower for lower, _, _ in places])
    above = _order_statistic(u, claim, who, number, [upper for _, upper, _ in places])
    for fraction in sorted({places[n][2] for n in sizes}):
        case = _is_size(u, claim, number, [n for n in sizes if places[n][2] == fraction])
        under = u.all_of([on, case])
        scaled = fraction.denominator * below + fraction.numerator * (above - below)
        bounded(u, under, scaled, fraction.denominator, claim.printed, step_of(u.variables[claim.variable]))


def extreme_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The smallest or the greatest value is as printed."""
    who, number = u.with_value(claim.population, claim.variable)
    u.cp.add(number >= 1).only_enforce_if(on)
    places = [1] * (u.size + 1) if claim.statistic == "min" else [max(n, 1) for n in range(u.size + 1)]
    found = _order_statistic(u, claim, who, number, places)
    bounded(u, on, found, 1, claim.printed, step_of(u.variables[claim.variable]))


def _is_size(u: Unknowns, claim: Claim, number: Linear, sizes: list[int]) -> Literal:
    """Whether the number of patients who count is one of these."""
    possible = list(u.possible(number))
    if set(possible) <= set(sizes):
        return u.true
    key = "size", claim.population, claim.variable

    def is_size(n: int) -> Literal:
        return u.keep((*key, n), lambda: u.comparison("==", number - n))

    return u.any_of([is_size(n) for n in sizes if n in possible])


def _order_statistic(u: Unknowns, claim: Claim, who: list[Literal], number: Linear, places: list[int]) -> Linear:
    """The unknown that is the k-th smallest value, k = places[number]: k are at most it, and n - k + 1 at least."""

    def make() -> Linear:
        xs = [u.x[i, claim.variable] for i in range(u.size)]
        low, high = u.bounds(claim.variable)
        y, k = u.cp.new_int_var(low, high, ""), u.cp.new_int_var(1, u.size, "")
        u.cp.add_element(number, places, k)
        at_most = [u.half(x <= y, has) for x, has in zip(xs, who, strict=True)]
        at_least = [u.half(x >= y, has) for x, has in zip(xs, who, strict=True)]
        some = u.negated(_is_size(u, claim, number, [0]))
        u.cp.add(sum(at_most) >= k).only_enforce_if(some)
        u.cp.add(sum(at_least) >= number - k + 1).only_enforce_if(some)
        return y

    return u.keep(("order", claim.population, claim.variable, tuple(places)), make)


def mean_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The values' sum lies in the printed mean times their number."""
    who, number = u.with_value(claim.population, claim.variable)
    u.cp.add(number >= 1).only_enforce_if(on)
    counted = [u.if_has(u.x[i, claim.variable], has) for i, has in enumerate(who)]
    bounded(u, on, sum(counted), number, claim.printed, step_of(u.variables[claim.variable]))


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
    "n": n_holds,
    "count": count_holds,
    "percent": percent_holds,
    "ratio": ratio_holds,
    "value": value_holds,
    "min": extreme_holds,
    "max": extreme_holds,
    "median": quantile_holds,
    "p25": quantile_holds,
    "p75": quantile_holds,
    "mean": mean_holds,
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
