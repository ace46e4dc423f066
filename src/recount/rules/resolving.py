"""A rule read beside its variables: names looked up, and texts, levels and numbers where each is due."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

from recount.rules.tree import (
    And,
    Compare,
    Expression,
    ExpressionError,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Sum,
    decimal_text,
    quoted_text,
)


class Kinded(Protocol):
    """What `resolve` asks of a variable: its kind, and the levels of a category."""

    @property
    def kind(self) -> str: ...

    @property
    def levels(self) -> tuple[str, ...]: ...


def resolve(node: Expression, variables: Mapping[str, Kinded]) -> Expression:
    """The expression with `A == B` made a SameLevel where both are categories.

    Raises ExpressionError with all `problems`: unknown names, a text compared with a number, unknown levels,
    categories in arithmetic or in an order.
    """
    problems: list[str] = []
    resolved = _resolved(node, variables, problems)
    if problems:
        unique = tuple(dict.fromkeys(problems))
        raise ExpressionError("; ".join(unique), None, unique)
    return resolved


def resolve_sum(node: Sum, variables: Mapping[str, Kinded]) -> Sum:
    """The sum itself. Raises ExpressionError with all `problems`: unknown names and categories in it."""
    problems: list[str] = []
    _numbers(node, variables, problems)
    if problems:
        raise ExpressionError("; ".join(problems), None, tuple(problems))
    return node


def _resolved(node: Expression, variables: Mapping[str, Kinded], problems: list[str]) -> Expression:
    match node:
        case And() | Or():
            return type(node)(tuple(_resolved(item, variables, problems) for item in node.items))
        case Not():
            return Not(_resolved(node.item, variables, problems))
        case Implies():
            left = _resolved(node.left, variables, problems)
            return Implies(left, _resolved(node.right, variables, problems))
        case Compare():
            return _resolved_compare(node, variables, problems)
        case SameLevel():
            _categories((node.left, node.right), variables, problems)
        case IsLevel():
            _note_values(node.name, (node.text,), variables, problems)
        case In():
            _note_values(node.name, node.values, variables, problems)
    return node


def _resolved_compare(node: Compare, variables: Mapping[str, Kinded], problems: list[str]) -> Expression:
    left, right = node.left.name, node.right.name
    if left and right and _is_category(left, variables) and _is_category(right, variables):
        if node.op not in ("==", "!="):
            problems.append(f"{left} and {right} are categories, which have no order")
        return SameLevel(node.op, left, right)
    unknown = [name for name in (left, right) if name and name not in variables]
    for side in (node.left, node.right):
        if not (left and right and unknown) or side.name in unknown:
            _numbers(side, variables, problems)
    return node


def _is_category(name: str, variables: Mapping[str, Kinded]) -> bool:
    return name in variables and variables[name].kind == "category"


def _is_known(name: str, variables: Mapping[str, Kinded], problems: list[str]) -> bool:
    if name not in variables:
        problems.append(f"{name} is no variable")
    return name in variables


def _numbers(side: Sum, variables: Mapping[str, Kinded], problems: list[str]) -> None:
    for _, name in side.terms:
        if _is_known(name, variables, problems) and _is_category(name, variables):
            problems.append(f"{name} is a category, not a number; compare it with a text")


def _categories(both: tuple[str, str], variables: Mapping[str, Kinded], problems: list[str]) -> None:
    for name in both:
        if _is_known(name, variables, problems) and not _is_category(name, variables):
            problems.append(f"{name} is a number, not a category")


def _note_values(
    name: str, values: tuple[str | Fraction, ...], variables: Mapping[str, Kinded], problems: list[str]
) -> None:
    """Notes values that the variable can't have: texts for a number, numbers or unknown levels else."""
    if not _is_known(name, variables, problems):
        return
    for value in values:
        if not _is_category(name, variables):
            if isinstance(value, str):
                problems.append(f"{name} is a number, compared with the text {quoted_text(value)}")
        elif not isinstance(value, str):
            problems.append(f"{name} is a category, compared with the number {decimal_text(value)}")
        elif value not in variables[name].levels:
            known = _levels_text(variables[name].levels)
            problems.append(f"{quoted_text(value)} is no level of {name}, whose levels are {known}")


def _levels_text(levels: tuple[str, ...]) -> str:
    return "|".join(levels if len(levels) <= 12 else [*levels[:12], "…"])
