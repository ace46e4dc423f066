"""The statements of a subproblem of means, SDs and paired t, as axes and relations between them (`propagation`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, gcd, lcm

from recount.checks import t_ratios, whole_squares
from recount.moments.propagation import Axis, Ends, Name, Problem, Relation, any_spread
from recount.record import Claim, Printed, Rule, Study, step_of, step_range
from recount.rules import And, Compare, names
from recount.subproblems import Subproblem, rule_for_members, statement_members
from recount.verify import About

Statement = tuple[str, str]
MOMENTS = frozenset({"mean", "sum", "sd", "paired_t", "paired_p"})
PAIRED = ("paired_t", "paired_p")


def is_of_moments_alone(study: Study, subproblem: Subproblem) -> bool:
    """Whether a subproblem's claims are means, SDs and paired t of all its patients, one SD or t at least.

    All its variables are numbers of the same patients, and its rules are of these alone.
    """
    kinds = {claim.statistic for claim in subproblem.claims}
    if not (kinds <= MOMENTS and kinds & {"sd", *PAIRED}):
        return False
    variables = [study.variables[name] for name in subproblem.variables]
    if any(v.kind == "category" or v.where != subproblem.where for v in variables):
        return False
    if any(statement_members(study, claim) != subproblem.where for claim in subproblem.claims):
        return False
    return all(names(rule_for_members(r.rule, subproblem.where)) <= set(subproblem.variables) for r in subproblem.rules)


def is_about_moments(study: Study, subproblem: Subproblem, question: About) -> bool:
    """Whether a question is of a mean, sum, SD, paired t or P of all patients of a subproblem of moments."""
    about = {name for name in (question.variable, question.versus) if name}
    whole = (
        question.population in study.populations and study.populations[question.population].where == subproblem.where
    )
    return question.statistic in MOMENTS and bool(about) and about <= set(subproblem.variables) and whole


def problem_of(study: Study, subproblem: Subproblem, active: Collection[Statement], size: int) -> Problem:
    """The active statements of a subproblem about so many patients, as axes and relations."""
    steps = [step_of(study.variables[name]) for name in subproblem.variables]
    whole = lcm(*(step.denominator for step in steps))
    unit = Fraction(gcd(*(int(step * whole) for step in steps)), whole)
    problem = Problem(size, unit, {name: _axis(study, name, size, unit) for name in subproblem.variables})
    problem.broken = size < 1 and any(("claim", c.id) in active for c in subproblem.claims)  # of nobody there is none
    for rule in subproblem.rules:
        if ("rule", rule.id) in active:
            _rule(problem, rule, subproblem)
    for claim in subproblem.claims:
        if ("claim", claim.id) in active:
            _claim(problem, claim)
    return problem


def _axis(study: Study, name: str, n: int, unit: Fraction) -> Axis:
    variable = study.variables[name]
    k = int(step_of(variable) / unit)
    low, high = (k * end for end in step_range(variable))
    return Axis(n, k, low, high, (n * low, n * high), any_spread(n, low, high))


def _rule(problem: Problem, rule: Rule, subproblem: Subproblem) -> None:
    """Lets a problem know of a rule's linear equations, and of its limits of a variable or a difference."""
    node = rule_for_members(rule.rule, subproblem.where)
    for part in node.items if isinstance(node, And) else (node,):
        if isinstance(part, Compare) and part.op != "!=":
            linear = _linear(part, problem.unit)
            if part.op == "==" and len(linear.factors) > 1:
                problem.relations.append(linear)
            for sign in (1, -1):  # the sum is at most the constant, and the same with all signs turned
                if part.op in ("==", "<=" if sign == 1 else ">=", "<" if sign == 1 else ">"):
                    turned = Relation(tuple((sign * c, name) for c, name in linear.factors), sign * linear.constant)
                    _limit(problem, turned, part.op in "<>")


def _linear(part: Compare, unit: Fraction) -> Relation:
    """Left less right, in whole numbers of units."""
    factors: dict[Name, Fraction] = {}
    for sign, side in ((1, part.left), (-1, part.right)):
        for c, name in side.terms:
            factors[name] = factors.get(name, Fraction(0)) + sign * c
    constant = (part.right.constant - part.left.constant) / unit
    scale = lcm(constant.denominator, *(c.denominator for c in factors.values()))
    return Relation(tuple((int(c * scale), name) for name, c in factors.items() if c), int(constant * scale))


def _limit(problem: Problem, most: Relation, strict: bool) -> None:
    """Lets an axis know that a multiple of it is at most (or, strictly, below) a number; other sums are left alone."""
    factors, name = most.factors, most.factors[0][1] if most.factors else ""
    by = factors[0][0] if factors else 0
    if len(factors) == 2 and factors[0][0] == -factors[1][0]:
        one, other = (str(name) for _, name in factors)
        name, sign = problem.difference(one, other)
        by *= sign
    elif len(factors) != 1:
        problem.broken |= not factors and (most.constant <= 0 if strict else most.constant < 0)
        return
    axis, bound = problem.axes[name], Fraction(most.constant, by)
    k, low, high = axis.step, axis.low, axis.high
    if by > 0:
        high = min(high, (ceil(bound) - 1 if strict else floor(bound)) // k * k)
    else:
        low = max(low, -(-(floor(bound) + 1 if strict else ceil(bound)) // k) * k)
    problem.broken |= low > high
    n = problem.n
    problem.axes[name] = replace(
        axis, low=low, high=high, sums=(n * low, n * high), spreads=any_spread(n, low, max(low, high))
    )


def _claim(problem: Problem, claim: Claim) -> None:
    """Lets an axis know of a claim about it."""
    n, unit, printed = problem.n, problem.unit, claim.printed
    name: Name = claim.variable
    if claim.statistic in PAIRED:
        name, _ = problem.difference(claim.variable, claim.versus)
    axis = problem.axes[name]
    if claim.statistic in ("mean", "sum"):
        axis = axis.within(sums=_whole(printed, (n if claim.statistic == "mean" else 1) / unit, axis.sums))
    elif n < 2 or (printed.high is not None and printed.high < 0):
        problem.broken = True
    elif claim.statistic == "sd":
        axis = axis.within(spreads=whole_squares(printed, n * (n - 1) / unit**2, axis.spreads))
    else:
        ratios = t_ratios(claim.statistic, printed, n)
        problem.broken |= ratios is None
        axis = axis.within(spreads=(1, axis.spreads[1]), ratios=ratios)
    problem.axes[name] = axis


def _whole(printed: Printed, scale: Fraction, other: Ends) -> Ends:
    """The whole numbers that, over the scale, are as printed."""
    low, high = other
    if printed.low is not None:
        low = floor(printed.low * scale) + 1 if printed.low_strict else ceil(printed.low * scale)
    if printed.high is not None:
        high = ceil(printed.high * scale) - 1 if printed.high_strict else floor(printed.high * scale)
    return low, high
