"""Statements of quantiles and signed ranks alone, as places, limits and pairs of whole numbers (codes)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from math import ceil, floor, gcd, lcm

from recount.checks import Interval, distances, p_to_z, position
from recount.ranks.local_search import Limit, Pair, Place, Wanted
from recount.record import Claim, Printed, Study, step_of, step_range
from recount.rules import And, Compare, Expression, names
from recount.solver import QUANTILES
from recount.subproblems import ImposedStatements, Subproblem, rule_for_members, statement_members
from recount.verify import About

RANKED = ("wilcoxon_z", "wilcoxon_p")
ORDERED = (*QUANTILES, "min", "max")
SHIFT = "shift"


def is_of_ranks_alone(study: Study, subproblem: Subproblem) -> bool:
    """Whether a subproblem's claims are quantiles, ends and signed ranks of all its patients, whom nothing tells apart.

    All its variables are numbers of the same patients, and its rules are of these alone.
    """
    variables = [study.variables[name] for name in subproblem.variables]
    if not variables or any(v.kind == "category" or v.where != subproblem.where for v in variables):
        return False
    if any(
        c.statistic not in (*ORDERED, *RANKED) or statement_members(study, c) != subproblem.where
        for c in subproblem.claims
    ):
        return False
    return all(names(rule_for_members(r.rule, subproblem.where)) <= set(subproblem.variables) for r in subproblem.rules)


def is_about_ranks(study: Study, subproblem: Subproblem, question: About) -> bool:
    """Whether a question is of a quantile, an end, signed ranks or a shift of all patients of such a subproblem."""
    about = {name for name in (question.variable, question.versus) if name}
    whole = (
        question.population in study.populations and study.populations[question.population].where == subproblem.where
    )
    return (
        question.statistic in (*ORDERED, *RANKED, SHIFT)
        and bool(about)
        and about <= set(subproblem.variables)
        and whole
    )


class RankStatements(ImposedStatements):
    """The active statements of a subproblem of quantiles and signed ranks about so many patients.

    `places`, `limits` and `pairs` say what is printed of them in whole numbers. Rules that are no limits are left out
    there: what is proven is proven, but who is found is to be held against all statements (`all_hold`).
    """

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables; a variable's place among them stands for it."""
        return self.subproblem.variables

    @cached_property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The least and the greatest code of each variable."""
        return tuple(step_range(self.study.variables[name]) for name in self.names)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """What is printed of one variable's order."""
        return tuple(self.place(c, c.printed) for c in self.claims if c.statistic in ORDERED)

    def place(self, about: About, printed: Printed | None = None) -> Place:
        """Where a quantile or an end lies, and its value as printed, in units of its own; any value without print."""
        lower, upper, f = self.where(about)
        at = self.names.index(about.variable)
        ends = [f.denominator * end for end in self.ranges[at]]
        step = step_of(self.study.variables[about.variable])
        low, high = (None, None) if printed is None else whole_numbers(printed, step / f.denominator)
        most, least = ends[1] if high is None else high, ends[0] if low is None else low
        return Place(at, lower, upper, f.numerator, f.denominator, least, most)

    def where(self, about: About) -> tuple[int, int, Fraction]:
        """Between which places, counted from nought, a quantile or an end lies, and how far."""
        if about.statistic in QUANTILES:
            definition = self.study.settings["quantile"]
            lower, upper, f = position(self.size, QUANTILES[about.statistic], definition)
            return lower - 1, upper - 1, f
        at = 0 if about.statistic == "min" else self.size - 1
        return at, at, Fraction(0)

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """The active rules that are a sum of each patient being at most a number; the others are left out."""
        return tuple(limit for rule in self.rules for limit in self._of(rule.rule))

    def _of(self, rule: Expression) -> Iterator[Limit]:
        node = rule_for_members(rule, self.subproblem.where)
        for part in node.items if isinstance(node, And) else (node,):
            if not isinstance(part, Compare) or part.op == "!=":
                continue
            signs = {"<": (1,), "<=": (1,), ">": (-1,), ">=": (-1,), "==": (1, -1)}[part.op]
            for sign in signs:
                yield self._limit(part, sign)

    def _limit(self, part: Compare, sign: int) -> Limit:
        factors: dict[int, Fraction] = {}
        for side, terms in ((sign, part.left.terms), (-sign, part.right.terms)):
            for factor, name in terms:
                at = self.names.index(name)
                factors[at] = factors.get(at, Fraction(0)) + side * factor * step_of(self.study.variables[name])
        most = sign * (part.right.constant - part.left.constant)
        scale = lcm(most.denominator, *(f.denominator for f in factors.values()))
        strict = int(part.op in ("<", ">"))
        whole = tuple((int(f * scale), at) for at, f in factors.items() if f)
        return Limit(whole, int(most * scale) - strict)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of variables of which a signed-rank statistic is printed, and what may be its distance."""
        return tuple(self.pair(*both) for both in {frozenset(p): p for p in map(_both, self.ranked)}.values())

    @cached_property
    def ranked(self) -> list[Claim]:
        """The active claims of signed ranks."""
        return [c for c in self.claims if c.statistic in RANKED]

    def pair(self, variable: str, versus: str) -> Pair:
        """Two variables with the distances that print all that is printed of their ranks."""
        zs = [_z(c) for c in self.ranked if {c.variable, c.versus} == {variable, versus}]
        known: dict[tuple[int, int], range] = {}

        def allowed(n: int, ties: int) -> range:
            if (n, ties) not in known:
                ranges = [distances(n, ties, z) for z in zs]
                low = max((r.start for r in ranges), default=0)
                stop = min([n * (n + 1) + 1, *(r.stop for r in ranges)])
                known[n, ties] = range(low + low % 2, stop, 2)  # 2D and n(n + 1) are even
            return known[n, ties]

        return Pair(self.names.index(variable), self.names.index(versus), self._factors(variable, versus), allowed)

    def _factors(self, one: str, other: str) -> tuple[int, int]:
        """By what two variables' codes are multiplied so that both count one unit."""
        steps = [step_of(self.study.variables[name]) for name in (one, other)]
        scale = lcm(*(step.denominator for step in steps))
        whole = [int(step * scale) for step in steps]
        return whole[0] // gcd(*whole), whole[1] // gcd(*whole)

    @cached_property
    def linked(self) -> list[set[int]]:
        """The variables in groups that limits tie to each other."""
        groups = [{at} for at in range(len(self.names))]
        for limit in self.limits:
            tied = [g for g in groups if g & {at for _, at in limit.terms}]
            if tied:
                groups = [g for g in groups if g not in tied] + [set().union(*tied)]
        return groups

    def wanted(self, places: Sequence[Place] = (), still: Collection[int] = ()) -> Wanted:
        """What patients are to satisfy, with more places, and some variables left alone."""
        kinds = [tuple(sorted(g)) for g in self.linked if len(g) > 1]
        kinds += [pair for g in self.linked for pair in combinations(sorted(g), 2) if len(g) > 2]
        kinds += [(at,) for at in range(len(self.names))]
        moved = tuple(kind for kind in dict.fromkeys(kinds) if not set(kind) & set(still))
        shifted = tuple(at for at in range(len(self.names)) if at not in still)
        return Wanted(self.ranges, (*self.places, *places), self.limits, self.pairs, moved, shifted)


def _both(claim: Claim) -> tuple[str, str]:
    return claim.variable, claim.versus


def _z(claim: Claim) -> Printed | Interval:
    return claim.printed if claim.statistic == "wilcoxon_z" else p_to_z(claim.printed)


def whole_numbers(printed: Printed, unit: Fraction) -> tuple[int | None, int | None]:
    """The least and the greatest number of units that lies in what is printed; None: no bound."""
    low = high = None
    if printed.low is not None:
        low = ceil(printed.low / unit)
        low += int(printed.low_strict and low * unit == printed.low)
    if printed.high is not None:
        high = floor(printed.high / unit)
        high -= int(printed.high_strict and high * unit == printed.high)
    return low, high
