"""Signed ranks of unknown pairs, as constraints: for each pair of patients, whose change is the larger in size.

A printed Z or P then bounds how far the rank sum is from its mean. Two consequences are stated beside, which a solver
would be slow to find: so many changes of one sign have at least the smallest ranks; and where all but k patients
fall, each value after is at most the value before that stands k places higher in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import gcd

from ortools.sat.python import cp_model

from recount.checks import Interval, distances, p_to_z, tie_terms
from recount.record import Claim, Printed, step_of
from recount.solver.quantities import order_statistic
from recount.solver.unknowns import Linear, Literal, Number, Unknowns
from recount.verify import About


@dataclass(frozen=True)
class Side:
    """One variable of a pair, as what an order statistic is about."""

    population: str
    variable: str = ""
    statistic: str = ""
    versus: str = ""
    condition: None = None


@dataclass(frozen=True)
class SignedRanks:
    """Unknowns of a signed-rank statistic, the rank sum D of rises doubled.

    `number` of changes that aren't nought, `ties` (the sum of t^3 - t over groups of t equal sizes), `distance`
    |2D - n(n+1)|, and how many `falls` and `rises` there are.
    """

    number: Number
    ties: Number
    distance: Number
    falls: Number
    rises: Number


def wilcoxon_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The signed-rank statistic of the pairs prints this Z (or the P of such a Z).

    For each number of changes and ties the distances that print the claim are listed exactly beforehand. The table
    isn't under the Boolean; so it has a row for every number and ties that patients can have, and only distances that
    they can have: whatever is printed, it forbids nobody while the claim isn't imposed.
    """
    ranks = signed_ranks(u, claim)
    z = claim.printed if claim.statistic == "wilcoxon_z" else p_to_z(claim.printed)
    nearest, farthest = (u.cp.new_int_var(-1, u.size * (u.size + 1), "") for _ in range(2))
    u.cp.add_allowed_assignments([ranks.number, ranks.ties, nearest, farthest], list(_distance_rows(u.size, z)))
    u.cp.add(ranks.distance >= nearest).only_enforce_if(on)
    u.cp.add(ranks.distance <= farthest).only_enforce_if(on)


def place_in_order(u: Unknowns, about: About, rows: list[tuple[int, int, int, int]]) -> tuple[cp_model.IntVar, Literal]:
    """The place that the rows (number, ties, distance, place) give to a pair's signed ranks, where it is defined.

    Where no row has them the truth that it is defined is false, and nothing else is asked.
    """
    ranks = signed_ranks(u, about)
    place, defined = u.number(0, max((row[3] for row in rows), default=0)), u.some_truth()
    if not rows:
        u.forbid([defined])
        return place, defined
    number, ties, distance = u.number(0, u.size**3), u.number(0, u.size**3), u.number(0, u.size * (u.size + 1))
    u.cp.add_allowed_assignments([number, ties, distance, place], rows)
    for one, other in ((number, ranks.number), (ties, ranks.ties), (distance, ranks.distance)):
        u.require(one == other, [defined])
    return place, defined


def pairs_of_ties(size: int) -> list[tuple[int, int]]:
    """Every number of changes up to a size with every term that their ties can give."""
    return [(n, ties) for n in range(size + 1) for ties in sorted(tie_terms(n))]


@cache
def _distance_rows(size: int, z: Printed | Interval) -> tuple[tuple[int, int, int, int], ...]:
    """(number, ties, nearest, farthest), with farthest -1 where no rank sum of so many changes prints the claim."""
    found = [(n, t, distances(n, t, z), n * (n + 1)) for n, t in pairs_of_ties(size)]
    possible = [(n, t, range(r.start, min(r.stop, most + 1))) for n, t, r, most in found]
    return tuple((n, t, r[0], r[-1]) if r else (n, t, 0, -1) for n, t, r in possible)


def signed_ranks(u: Unknowns, about: About) -> SignedRanks:
    """The unknowns of a pair of variables in a population, made once.

    In relaxed unknowns the rank sum is only bounded by how many fall and rise: quick, and all that is proven of them
    is proven of the pairs.
    """
    key = "signed ranks", about.population, about.variable, about.versus
    return u.keep(key, lambda: _made(u, about))


def _made(u: Unknowns, about: About) -> SignedRanks:
    d, sizes, differs = changes(u, about)
    rises = [u.all_of([one, u.comparison("<", change)]) for change, one in zip(d, differs, strict=True)]
    falls = [u.all_of([one, u.negated(rise)]) for one, rise in zip(differs, rises, strict=True)]
    top = u.size * (u.size + 1)
    number, down, up = (
        u.number_of((what, about.population, about.variable, about.versus), who)
        for what, who in (("differ", differs), ("falls", falls), ("rises", rises))
    )
    most, distance, tied = (u.cp.new_int_var(0, high, "") for high in (top, top, u.size**3))
    u.cp.add_element(number, [n * (n + 1) for n in range(u.size + 1)], most)
    fallen: Linear
    if u.relaxed:
        fallen = u.cp.new_int_var(0, top, "")
    else:
        doubled, ties = _ranks(u, sizes, differs)
        fallen = sum(u.if_has(rank, has, 2 * u.size) for rank, has in zip(doubled, falls, strict=True))
        u.cp.add(tied == sum(ties))
    u.cp.add_abs_equality(distance, 2 * fallen - most)
    for count, doubled_sum in ((down, fallen), (up, most - fallen)):
        least = u.cp.new_int_var(0, top, "")
        u.cp.add_element(count, [k * (k + 1) for k in range(u.size + 1)], least)
        u.cp.add(doubled_sum >= least)
    return SignedRanks(number, tied, distance, down, up)


def changes(u: Unknowns, about: About) -> tuple[list[Linear], list[Number], list[Literal]]:
    """Before less after of each pair, its size, and which pairs count: both values there, and not equal.

    Both are counted in the greatest unit that the two variables' steps are multiples of.
    """
    steps = [step_of(u.variables[name]) for name in (about.variable, about.versus)]
    scale = steps[0].denominator * steps[1].denominator
    whole = [int(step * scale) for step in steps]
    one, other = (step // gcd(*whole) for step in whole)
    ends = [(factor * low, factor * high) for factor, (low, high) in zip((one, other), _bounds(u, about), strict=True)]
    widest = max(ends[0][1] - ends[1][0], ends[1][1] - ends[0][0], 0)
    changes: list[Linear] = []
    sizes: list[Number] = []
    differs: list[Literal] = []
    for i in range(u.size):
        change = one * u.x[i, about.variable] - other * u.x[i, about.versus]
        size = u.cp.new_int_var(0, widest, "")
        u.cp.add_abs_equality(size, change)
        both = [u.has(i, about.population, name) for name in (about.variable, about.versus)]
        changes.append(change)
        sizes.append(size)
        differs.append(u.all_of([*both, u.comparison(">", size)]))
    return changes, sizes, differs


def _bounds(u: Unknowns, about: About) -> list[tuple[int, int]]:
    return [u.bounds(name) for name in (about.variable, about.versus)]


def _ranks(u: Unknowns, sizes: Sequence[Linear], differs: list[Literal]) -> tuple[list[Linear], list[Number]]:
    """Twice the average rank of each change among those that count, and the size of its tie squared less 1."""
    less, tied = _pairwise(u, sizes, differs)
    doubled, ties = [], []
    for i in range(u.size):
        others = [j for j in range(u.size) if j != i]
        t = u.cp.new_int_var(0, u.size - 1, "")
        u.cp.add(t == sum(tied[i, j] for j in others))
        doubled.append(2 * sum(less[j, i] for j in others) + t + 2)
        squared = u.cp.new_int_var(0, u.size * u.size, "")
        u.cp.add_element(t, [k * k + 2 * k for k in range(u.size)], squared)
        ties.append(squared)
    return doubled, ties


def _pairwise(u: Unknowns, sizes: Sequence[Linear], differs: list[Literal]) -> tuple[dict, dict]:
    """less[i, j]: i's change is the smaller in size; tied[i, j]: both are of one size. Only pairs that count."""
    less, tied = {}, {}
    for i in range(u.size):
        for j in range(i):
            both = u.all_of([differs[i], differs[j]])
            smaller = u.comparison("<", sizes[i] - sizes[j])
            greater = u.comparison(">", sizes[i] - sizes[j])
            less[i, j], less[j, i] = u.all_of([both, smaller]), u.all_of([both, greater])
            tied[i, j] = tied[j, i] = u.all_of([both, u.negated(smaller), u.negated(greater)])
    return less, tied


def dominate(u: Unknowns, about: About) -> None:
    """States that where at most k rise, a value before stands at least as high as the value after k places lower.

    And so for falls. Only where everybody is of the population, has both values in one unit, and all are in the order
    of one side: of some patients only the places among themselves would be known.
    """
    names = about.variable, about.versus
    if u.by not in names or len({step_of(u.variables[n]) for n in names}) > 1:
        return
    if not any(len(group) == u.size for group in u.alike):
        return
    if any(u.has(i, about.population, name) is not u.true for i in range(u.size) for name in names):
        return
    ranks = signed_ranks(u, about)
    sorted_values = [u.x[i, u.by] for i in u.alike[0]]
    other = names[1] if u.by == names[0] else names[0]
    down, up = (ranks.rises, ranks.falls) if u.by == names[0] else (ranks.falls, ranks.rises)
    who, many = u.with_value(about.population, other)
    side = replace(Side(about.population), variable=other)
    for place in range(1, u.size + 1):
        value = order_statistic(u, side, who, many, [place] * (u.size + 1))
        for k in range(u.size):
            few_up, few_down = (_at_most(u, number, k) for number in (down, up))
            if place + k <= u.size:
                u.cp.add(sorted_values[place + k - 1] >= value).only_enforce_if(few_up)
            if place - k >= 1:
                u.cp.add(sorted_values[place - k - 1] <= value).only_enforce_if(few_down)


def _at_most(u: Unknowns, number: Number, k: int) -> Literal:
    return u.keep(("at most", number.index, k), lambda: u.comparison("<=", number - k))
