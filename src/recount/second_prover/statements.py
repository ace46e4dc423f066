"""The statements of a record as this prover reads them: rules, and demands that a statistic lie between two numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from recount.second_prover.reading import (
    And,
    Claim,
    Compare,
    Expression,
    Implies,
    Not,
    Or,
    Printed,
    Study,
    Sum,
    names,
)

StatementKey: TypeAlias = tuple[str, str]
"""("claim" or "rule", its id)."""
End = Literal["low", "high"]

COUNTED = ("n", "count", "percent", "ratio")
ADDED = ("mean", "sum")
ORDERED = ("value", "min", "max", "median", "p25", "p75")
CONTRARY = {"<": ">=", "<=": ">", "!=": "=="}
REACHED = (*COUNTED, *ADDED, *ORDERED)
"""The statistics that are linear in how many patients there are of each type, or decided by such numbers."""


@dataclass(frozen=True)
class Demand:
    """A statistic has a value, and it lies from `low` to `high` (None: no end; strict: the end itself left out).

    `population` and `second` (of a ratio) are whom it is about, None: everybody; `condition` is what is counted,
    `number` what is added or put in order; those without one count as `otherwise`, if given.
    """

    population: Expression | None
    statistic: str
    condition: Expression | None = None
    number: Sum | None = None
    second: Expression | None = None
    otherwise: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    low_strict: bool = False
    high_strict: bool = False


@dataclass(frozen=True)
class BoundQuestion:
    """A statistic asked about, as in a `Demand` without its interval."""

    population: Expression | None
    statistic: str
    condition: Expression | None = None
    number: Sum | None = None
    second: Expression | None = None
    otherwise: Fraction | None = None

    def plainly(self) -> BoundQuestion:
        """The same question with its conditions as `plain_condition` writes them."""
        whom, what = plain_condition(self.population), plain_condition(self.condition)
        return replace(self, population=whom, condition=what, second=plain_condition(self.second))

    def demand_beyond(self, end: End, bound: Fraction) -> Demand:
        """That the statistic is below a low bound, or above a high one."""
        low, high = (None, bound) if end == "low" else (bound, None)
        return Demand(
            self.population,
            self.statistic,
            self.condition,
            self.number,
            self.second,
            self.otherwise,
            low,
            high,
            low is not None,
            high is not None,
        )


@dataclass(frozen=True)
class Statement:
    """A rule (what nobody may break) or a demand, by its key."""

    key: StatementKey
    rule: Expression | None
    demand: Demand | None


def in_few_comparisons(study: Study) -> Study:
    """The record with every comparison of numbers as ==, > or >=, or the contrary of one.

    What is not known stays so. Conditions that say the same of a number then share a comparison.
    """
    variables = {n: replace(v, where=plain_condition(v.where)) for n, v in study.variables.items()}
    populations = {n: replace(p, where=plain_condition(p.where)) for n, p in study.populations.items()}
    rules = tuple(replace(rule, rule=plain_rule(rule.rule)) for rule in study.rules)
    claims = tuple(replace(claim, condition=plain_condition(claim.condition)) for claim in study.claims)
    return replace(study, variables=variables, populations=populations, rules=rules, claims=claims)


def plain_condition(node: Expression | None) -> Expression | None:
    """A condition with comparisons of numbers as ==, > or >=, or the contrary of one; None stays None."""
    return None if node is None else plain_rule(node)


def plain_rule(node: Expression) -> Expression:
    """As `plain_condition`."""
    match node:
        case And() | Or():
            return type(node)(tuple(plain_rule(item) for item in node.items))
        case Not():
            return Not(plain_rule(node.item))
        case Implies():
            return Implies(plain_rule(node.left), plain_rule(node.right))
        case Compare() if node.op in CONTRARY:
            return Not(Compare(CONTRARY[node.op], node.left, node.right))
    return node


def statements_of(study: Study) -> tuple[Statement, ...]:
    """The rules, and the claims whose statistic this prover reaches; the others are left out, which only widens."""
    rules = [Statement(("rule", rule.id), part, None) for rule in study.rules for part in parts_of(rule.rule)]
    claims = [Statement(("claim", c.id), None, demand_of(study, c)) for c in study.claims if c.statistic in REACHED]
    return (*rules, *claims)


def parts_of(rule: Expression) -> tuple[Expression, ...]:
    """The rules that a rule joins: it is false of a patient just where one of them is."""
    match rule:
        case And():
            return tuple(part for item in rule.items for part in parts_of(item))
        case Implies(right=And()):
            return tuple(Implies(rule.left, part) for part in parts_of(rule.right))
    return (rule,)


def repeats_of(study: Study) -> dict[StatementKey, tuple[StatementKey, ...]]:
    """For each claim all the claims that print the same of the same, itself among them."""
    same: dict[object, list[StatementKey]] = {}
    for claim in study.claims:
        same.setdefault(_claim_content(claim), []).append(("claim", claim.id))
    return {key: tuple(keys) for keys in same.values() for key in keys}


def _claim_content(claim: Claim) -> object:
    p: Printed = claim.printed
    what = claim.condition or claim.variable
    if claim.statistic == "stated":
        return claim.id
    return claim.population, what, claim.statistic, claim.versus, p.low, p.high, p.low_strict, p.high_strict


def question_of(study: Study, claim: Claim) -> BoundQuestion:
    """What a claim's statistic is, without what is printed of it."""
    number = Sum(((Fraction(1), claim.variable),)) if claim.statistic in (*ADDED, *ORDERED) else None
    second = study.where_of(claim.versus) if claim.statistic == "ratio" else None
    return BoundQuestion(study.where_of(claim.population), claim.statistic, claim.condition, number, second)


def demand_of(study: Study, claim: Claim) -> Demand:
    """What a claim demands: a printed number stands for the closed interval of half a unit of its last place."""
    q, p = question_of(study, claim), claim.printed
    ends = p.low, p.high, p.low_strict, p.high_strict
    return Demand(q.population, q.statistic, q.condition, q.number, q.second, None, *ends)


def both_conditions(one: Expression | None, two: Expression | None) -> Expression | None:
    """Both conditions; None is met by everybody."""
    if one is None or two is None:
        return two if one is None else one
    return And((one, two))


def whose_values(study: Study, demand: Demand) -> Expression | None:
    """Whose values a demand about a number is of: the population, and of it those who have the number.

    A variable has a value exactly for the patients of whom its `where` is true.
    """
    members = demand.population
    if demand.number is None or demand.otherwise is not None:
        return members
    for name in sorted(names(demand.number)):
        members = both_conditions(members, study.variables[name].where)
    return members


def conditions_of(study: Study, statement: Statement) -> tuple[Expression, ...]:
    """Every condition that a statement states or needs."""
    if statement.rule is not None:
        return (statement.rule,)
    d = statement.demand
    assert d is not None
    return tuple(c for c in (whose_values(study, d), d.population, d.condition, d.second) if c is not None)


def variables_of(study: Study, statement: Statement) -> frozenset[str]:
    """The variables that a statement rests on, with those that decide who has them."""
    found = frozenset[str]().union(*map(names, conditions_of(study, statement)))
    if statement.demand is not None and statement.demand.number is not None:
        found |= names(statement.demand.number)
    return with_wheres(study.variables.keys(), _where_names(study), found)


def _where_names(study: Study) -> dict[str, frozenset[str]]:
    return {name: frozenset() if v.where is None else names(v.where) for name, v in study.variables.items()}


def with_wheres(every: Iterable[str], wheres: Mapping[str, frozenset[str]], some: frozenset[str]) -> frozenset[str]:
    """Variables with those that decide who has them, and so on."""
    while (more := some.union(*(wheres[name] for name in some if name in wheres))) != some:
        some = more
    return some & frozenset(every)
