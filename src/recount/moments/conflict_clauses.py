"""What exact arithmetic proves of means, SDs and t, told to the solver."""

from __future__ import annotations

from collections.abc import Iterable

from recount.moments.bounds import moment_conflicts
from recount.moments.sums_and_spreads import MOMENTS
from recount.record import Claim, Rule
from recount.rules import names
from recount.solver import SQUARED, Unknowns
from recount.subproblems import Subproblem, rule_for_members


def exclude_conflicts(u: Unknowns, claims: Iterable[Claim], rules: Iterable[Rule]) -> None:
    """Tells the solver which means, SDs, t and definitions of everybody are proven not to hold together."""
    numbers = {name for name, v in u.variables.items() if v.kind != "category" and _of_all(u, name)}
    about = [c for c in claims if c.statistic in MOMENTS and {c.variable, c.versus} - {""} <= numbers]
    about = [c for c in about if all(u.member(i, c.population) is u.true for i in range(u.size))]
    if not any(c.statistic in SQUARED for c in about):
        return
    used = [r for r in rules if names(r.rule) <= numbers | {n for e in u.everybody for n in names(e)}]
    where = next(iter(u.everybody), None)
    variables = {n for c in about for n in (c.variable, c.versus) if n}
    variables |= {n for r in used for n in names(rule_for_members(r.rule, where)) if n in numbers}
    used = [r for r in used if names(rule_for_members(r.rule, where)) <= variables]
    subproblem = Subproblem(tuple(n for n in u.variables if n in variables), tuple(about), tuple(used), where)
    for conflict in moment_conflicts(u.study, subproblem, u.size):
        u.forbid(u.on[statement] for statement in conflict)


def _of_all(u: Unknowns, name: str) -> bool:
    """Whether every patient has a value of a variable."""
    return all(u.truth(i, u.variables[name].where) is u.true for i in range(u.size))
