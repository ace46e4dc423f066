"""A study cut into blocks that share no unknowns, so that each is solved apart.

Two cuts. A set of variables that belong to the same patients (one `where`), and of which every claim and rule
speaks of those patients only, needs to know no more than how many there are. And once the frame is known, the
categories that sort the patients (diagnosis, response ...), variables that no statement mentions together are
independent of each other.

A number printed in several places is one statement here: its first claim stands for all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass

from recount.expressions import Expression, Implies, names
from recount.study import Claim, Rule, Study


@dataclass(frozen=True)
class Block:
    """Variables with the claims and rules about them; `where` is whom they belong to, None for the main block."""

    variables: tuple[str, ...]
    claims: tuple[Claim, ...]
    rules: tuple[Rule, ...]
    where: Expression | None = None


def twins_of(claims: Iterable[Claim]) -> dict[str, tuple[Claim, ...]]:
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


def blocks_of(study: Study, frame: tuple[str, ...] = (), whole: Collection[Expression] = ()) -> list[Block]:
    """The blocks in the order of their first variable, with the frame's categories taken as known.

    Every rule and every first of its twins among the claims is in exactly one block; those about the frame alone, and
    about nothing, in the first, which is there without a frame too. Nothing is cut off for the patients of `whole`.
    """
    groups = _joined(study, frame, whole)
    cuts = [_cuts_off(study, g, whole) for g in groups]
    blocks = [
        _block(study, g, study.variables[g[0]].where if cut else None) for g, cut in zip(groups, cuts, strict=True)
    ]
    return [_block(study, frame, None, about_nothing=True), *blocks]


def frame_of(study: Study) -> tuple[str, ...]:
    """The categories everybody has that tell apart the populations of printed quantiles."""
    populations = {c.population for c in study.claims if c.statistic in ("median", "p25", "p75", "min", "max")}
    used = set().union(*(names(w) for p in populations if (w := study.populations[p].where) is not None), set())
    return tuple(n for n, v in study.variables.items() if n in used and v.kind == "category" and v.where is None)


def mentioned(study: Study, statement: Claim | Rule, whole: Collection[Expression] = ()) -> set[str]:
    """The variables that a statement is about or depends on, without those that only say who has a value.

    Those that say who has a value of a variable are left out only where its patients may be cut off.
    """
    if isinstance(statement, Rule):
        rule = statement.rule
        about = names(rule.right) if isinstance(rule, Implies) and _is_whom(study, rule) else names(rule)
    else:
        about = frozenset(n for n in (statement.variable, statement.versus) if n in study.variables)
        about |= frozenset() if statement.condition is None else names(statement.condition)
    where = whom(study, statement)
    alone = where is not None and where not in whole and bool(about)
    alone = alone and all(study.variables[n].where == where for n in about)
    return set(about) if alone else with_wheres(study, set(about) | (names(where) if where is not None else set()))


def _is_whom(study: Study, rule: Expression) -> bool:
    return isinstance(rule, Implies) and any(v.where == rule.left for v in study.variables.values())


def with_wheres(study: Study, found: set[str]) -> set[str]:
    """The variables with those that say who has them, and so on."""
    more = set().union(*(names(w) for n in found if (w := study.variables[n].where) is not None), set()) - found
    return with_wheres(study, found | more) if more else found


def whom(study: Study, statement: Claim | Rule) -> Expression | None:
    """Of whom a statement speaks: a claim's population, a rule's condition where it is somebody's `where`."""
    if isinstance(statement, Claim):
        return study.populations[statement.population].where
    return statement.rule.left if isinstance(statement.rule, Implies) else None


def _statements(study: Study) -> Iterator[Claim | Rule]:
    yield from study.rules
    yield from distinct(study)


def distinct(study: Study) -> list[Claim]:
    """The claims without those that print a number again."""
    return [twins[0] for twins in twins_of(study.claims).values()]


def _joined(study: Study, frame: tuple[str, ...], whole: Collection[Expression]) -> list[tuple[str, ...]]:
    """Variables outside of the frame, grouped by being mentioned together."""
    group = {name: {name} for name in study.variables if name not in frame}
    for statement in _statements(study):
        about = mentioned(study, statement, whole) - set(frame)
        together = set().union(*(group[name] for name in about))
        for name in together:
            group[name] = together
    return list(dict.fromkeys(tuple(n for n in study.variables if n in g) for g in group.values()))


def _cuts_off(study: Study, group: tuple[str, ...], whole: Collection[Expression]) -> bool:
    wheres = {study.variables[name].where for name in group}
    where = study.variables[group[0]].where
    if where is None or where in whole or len(wheres) > 1:
        return False
    about = [s for s in _statements(study) if mentioned(study, s, whole) & set(group)]
    return all(whom(study, s) == where for s in about)


def _block(study: Study, variables: tuple[str, ...], where: Expression | None, about_nothing: bool = False) -> Block:
    within = set(variables)

    def belongs(statement: Claim | Rule) -> bool:
        about = mentioned(study, statement)
        return about <= within if about_nothing else bool(about & within)

    claims = tuple(c for c in distinct(study) if belongs(c))
    return Block(variables, claims, tuple(r for r in study.rules if belongs(r)), where)
