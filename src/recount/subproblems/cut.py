"""A study cut into subproblems that share no unknowns, so that each is solved apart.

Two cuts. A set of variables that belong to the same patients (one `where`), and of which every claim and rule
speaks of those patients only, needs to know no more than how many there are. And once the sorting categories are known
(diagnosis, response ...), variables that no statement mentions together are independent of each other.

A number printed in several places is one statement here: its first claim stands for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

from recount.record import CHECKED_ALONE, Claim, Rule, Study
from recount.rules import Expression, Implies, names

ORDERED = frozenset({"median", "p25", "p75", "min", "max"})
"""The statistics that are values of patients in order."""


@dataclass(frozen=True)
class Subproblem:
    """Variables with the claims and rules about them; `where` is whom they belong to, None for the main subproblem."""

    variables: tuple[str, ...]
    claims: tuple[Claim, ...]
    rules: tuple[Rule, ...]
    where: Expression | None = None

    @property
    def statements(self) -> frozenset[tuple[str, str]]:
        """The keys of all its claims and rules."""
        return frozenset([*(("claim", c.id) for c in self.claims), *(("rule", r.id) for r in self.rules)])


def duplicates_of(claims: Iterable[Claim]) -> dict[str, tuple[Claim, ...]]:
    """The claims that print the same number of the same thing, by the id of the first of them."""
    same: dict[Hashable, list[Claim]] = {}
    for claim in claims:
        same.setdefault(_content(claim), []).append(claim)
    return {group[0].id: tuple(group) for group in same.values()}


def _content(claim: Claim) -> Hashable:
    """What a claim says, without the place where it says so; what is only stated is like nothing else."""
    p, about = claim.printed, claim.condition or claim.variable
    said = claim.population, about, claim.statistic, claim.versus, p.low, p.high, p.low_strict, p.high_strict
    return (claim.id,) if claim.statistic == "stated" else said


def subproblems_of(study: Study, sorting: tuple[str, ...] = (), whole: Collection[Expression] = ()) -> list[Subproblem]:
    """The subproblems in the order of their first variable, with the sorting categories taken as known.

    Every rule and every first of duplicate claims is in exactly one subproblem; those about the sorting
    categories alone, and about nothing, in the first, which is there without any too. Nothing is cut off for the
    patients of `whole`.
    """
    statements: list[Claim | Rule] = [*study.rules, *(alike[0] for alike in duplicates_of(study.claims).values())]
    about = [(s, mentioned(study, s, whole), mentioned(study, s)) for s in statements]
    groups = _grouped_variables(study, sorting, whole, about)
    wheres = [study.variables[g[0]].where if _cuts_off(study, g, whole, about) else None for g in groups]
    first = _subproblem_of(sorting, None, [s for s, _, names_of in about if names_of <= set(sorting)])
    return [
        first,
        *(_subproblem_of(g, where, _statements_on(g, about)) for g, where in zip(groups, wheres, strict=True)),
    ]


def sorting_categories(study: Study) -> tuple[str, ...]:
    """The categories everybody has that tell apart the populations of printed quantiles."""
    populations = {c.population for c in study.claims if c.statistic in ("median", "p25", "p75", "min", "max")}
    used = set().union(*(names(w) for p in populations if (w := study.populations[p].where) is not None), set())
    return tuple(n for n, v in study.variables.items() if n in used and v.kind == "category" and v.where is None)


def mentioned(study: Study, statement: Claim | Rule, whole: Collection[Expression] = ()) -> set[str]:
    """The variables that a statement is about or depends on, without those that only say who has a value.

    Those that say who has a value of a variable are left out only where its patients may be cut off. A claim that is
    only ever checked alone is imposed on nobody, and so ties no variables together.
    """
    if isinstance(statement, Claim) and statement.statistic in CHECKED_ALONE:
        return set()
    if isinstance(statement, Rule):
        rule = statement.rule
        about = names(rule.right) if isinstance(rule, Implies) and _is_whom(study, rule) else names(rule)
    else:
        about = frozenset(n for n in (statement.variable, statement.versus) if n in study.variables)
        about |= frozenset().union(*(names(c) for c in (statement.condition, statement.second) if c is not None))
    if isinstance(statement, Claim) and statement.versus in study.populations:
        second = study.populations[statement.versus].where  # both operands of a ratio are asked about
        return with_wheres(
            study, set(about).union(*(names(w) for w in (statement_members(study, statement), second) if w is not None))
        )
    where = statement_members(study, statement)
    alone = where is not None and where not in whole and bool(about)
    alone = alone and all(study.variables[n].where == where for n in about)
    return set(about) if alone else with_wheres(study, set(about) | (names(where) if where is not None else set()))


def _is_whom(study: Study, rule: Expression) -> bool:
    return isinstance(rule, Implies) and any(v.where == rule.left for v in study.variables.values())


def with_wheres(study: Study, found: set[str]) -> set[str]:
    """The variables with those that say who has them, and so on."""
    more = set().union(*(names(w) for n in found if (w := study.variables[n].where) is not None), set()) - found
    return with_wheres(study, found | more) if more else found


def statement_members(study: Study, statement: Claim | Rule) -> Expression | None:
    """Of whom a statement speaks: a claim's population, a rule's condition where it is somebody's `where`."""
    if isinstance(statement, Claim):
        return study.populations[statement.population].where
    return statement.rule.left if isinstance(statement.rule, Implies) else None


About = list[tuple[Claim | Rule, set[str], set[str]]]
"""Statements with what they mention where some patients aren't cut off, and where they are."""


def _grouped_variables(
    study: Study, sorting: tuple[str, ...], whole: Collection[Expression], about: About
) -> list[tuple[str, ...]]:
    """Variables but the sorting ones, grouped by being mentioned together; with who has them where in `whole`."""
    group = {name: {name} for name in study.variables if name not in sorting}
    tied = [with_wheres(study, {name}) for name in group if study.variables[name].where in whole]
    for names_together in (*(mentioned_there for _, mentioned_there, _ in about), *tied):
        together = set().union(*(group[name] for name in names_together - set(sorting)))
        for name in together:
            group[name] = together
    return list(dict.fromkeys(tuple(n for n in study.variables if n in g) for g in group.values()))


def _cuts_off(study: Study, group: tuple[str, ...], whole: Collection[Expression], about: About) -> bool:
    wheres = {study.variables[name].where for name in group}
    where = study.variables[group[0]].where
    if where is None or where in whole or len(wheres) > 1:
        return False
    return all(statement_members(study, s) == where for s, mentioned_there, _ in about if mentioned_there & set(group))


def _statements_on(group: tuple[str, ...], about: About) -> list[Claim | Rule]:
    """The statements that mention a variable of the group."""
    return [s for s, _, mentioned_alone in about if mentioned_alone & set(group)]


def _subproblem_of(variables: tuple[str, ...], where: Expression | None, statements: list[Claim | Rule]) -> Subproblem:
    claims = tuple(s for s in statements if isinstance(s, Claim))
    return Subproblem(variables, claims, tuple(s for s in statements if isinstance(s, Rule)), where)


def most_claimed(subproblem: Subproblem) -> str:
    """The number that most claims of a subproblem are about, so that most of its quantiles are of ordered patients."""
    claimed = Counter(c.variable for c in subproblem.claims if c.statistic in ORDERED)
    return max(claimed, key=claimed.__getitem__, default="")


def rule_for_members(rule: Expression, where: Expression | None) -> Expression:
    """What a rule asks of the subproblem's patients, all of whom it speaks of."""
    return rule.right if isinstance(rule, Implies) and where is not None and rule.left == where else rule
