"""What a rule says, as a tree of comparisons joined by `and`, `or`, `not` and `->`; printed as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

LONGEST = 2000


class ExpressionError(ValueError):
    """An expression that breaks a rule; `position` counts characters from 1, None where there is none."""

    def __init__(self, rule: str, position: int | None = None, problems: tuple[str, ...] = ()) -> None:
        self.rule = rule
        self.position = position
        self.problems = problems or (rule,)
        super().__init__(rule if position is None else f"{rule}, at character {position}")


@dataclass(frozen=True)
class Sum:
    """A sum of variables, each times a number, and a constant."""

    terms: tuple[tuple[Fraction, str], ...] = ()
    constant: Fraction = Fraction(0)

    def __str__(self) -> str:
        parts = [_term_text(coefficient, name) for coefficient, name in self.terms]
        if self.constant or not parts:
            parts.append(decimal_text(self.constant))
        return " + ".join(parts)

    @property
    def name(self) -> str | None:
        """The variable's name where the sum is nothing but that variable, else None."""
        alone = len(self.terms) == 1 and self.terms[0][0] == 1 and not self.constant
        return self.terms[0][1] if alone else None


@dataclass(frozen=True)
class Compare:
    """Two sums compared by one of `COMPARISONS`."""

    op: str
    left: Sum
    right: Sum

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


@dataclass(frozen=True)
class SameLevel:
    """Two categories with the same (==) or different (!=) levels."""

    op: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


@dataclass(frozen=True)
class IsLevel:
    """A category with (==) or without (!=) a level."""

    op: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.name} {self.op} {quoted_text(self.text)}"


@dataclass(frozen=True)
class In:
    """A variable with one of several levels or numbers."""

    name: str
    values: tuple[str | Fraction, ...]

    def __str__(self) -> str:
        return f"{self.name} in ({', '.join(map(_value_text, self.values))})"


@dataclass(frozen=True)
class And:
    """All of the items."""

    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return " and ".join(map(_item_text, self.items))


@dataclass(frozen=True)
class Or:
    """At least one of the items."""

    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(map(_item_text, self.items))


@dataclass(frozen=True)
class Not:
    """The contrary of the item; unknown where the item is."""

    item: Expression

    def __str__(self) -> str:
        return f"not {_item_text(self.item)}"


@dataclass(frozen=True)
class Implies:
    """The right wherever the left; only ever the outermost node."""

    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} -> {self.right}"


Expression: TypeAlias = Compare | SameLevel | IsLevel | In | And | Or | Not | Implies


def quoted_text(text: str) -> str:
    """A text in the quotes it does not hold itself."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def decimal_text(number: Fraction) -> str:
    """A number as digits with at most one point; a number that is none, as a product can't make one, raises.

    >>> decimal_text(Fraction("-1.30"))
    '-1.3'
    """
    places = 0
    while number.denominator != 1 and places < LONGEST:
        number, places = number * 10, places + 1
    if number.denominator != 1:
        raise ValueError("not a decimal number")
    digits = str(abs(number.numerator)).rjust(places + 1, "0")
    shown = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{shown}" if number < 0 else shown


def _term_text(coefficient: Fraction, name: str) -> str:
    return name if coefficient == 1 else f"{decimal_text(coefficient)}*{name}"


def _item_text(node: Expression) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def _value_text(value: str | Fraction) -> str:
    return quoted_text(value) if isinstance(value, str) else decimal_text(value)


def names(node: Expression | Sum) -> frozenset[str]:
    """The variables an expression mentions."""
    match node:
        case Sum():
            return frozenset(name for _, name in node.terms)
        case Compare():
            return names(node.left) | names(node.right)
        case SameLevel():
            return frozenset({node.left, node.right})
        case IsLevel() | In():
            return frozenset({node.name})
        case Not():
            return names(node.item)
        case Implies():
            return names(node.left) | names(node.right)
        case And() | Or():
            return frozenset().union(*map(names, node.items))


def comparisons(node: Expression) -> Iterator[Compare | SameLevel | IsLevel | In]:
    """The comparisons that an expression joins, from left to right."""
    match node:
        case And() | Or():
            for item in node.items:
                yield from comparisons(item)
        case Not():
            yield from comparisons(node.item)
        case Implies():
            yield from comparisons(node.left)
            yield from comparisons(node.right)
        case Compare() | SameLevel() | IsLevel() | In():
            yield node


def certain(node: Expression, wheres: Mapping[str, Expression | None], wanted: bool = True) -> Expression:
    """An expression that is true where this one is true (or false, where that is `wanted`), and else false.

    It is never unknown where each variable has values exactly where its `wheres` is true: each comparison is asked
    only of those who have its values. So `Not(certain(...))` has whoever a condition isn't true of.
    """
    match node:
        case And(items) | Or(items):
            kind = And if isinstance(node, And) == wanted else Or
            return kind(tuple(certain(item, wheres, wanted) for item in items))
        case Not(item):
            return certain(item, wheres, not wanted)
        case Implies(left, right):
            return certain(Or((Not(left), right)), wheres, wanted)
    having = [certain(where, wheres) for name in sorted(names(node)) if (where := wheres.get(name)) is not None]
    alone = node if wanted else Not(node)
    return And((*having, alone)) if having else alone
