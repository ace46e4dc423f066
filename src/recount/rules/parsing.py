"""A rule's text read into its tree. Never `eval`.

An expression is text from strangers. It is cut into tokens of a closed list first, parsed by Python's `ast`,
and turned into the small tree of `tree`; anything else is refused with its position.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NoReturn, TypeVar

from recount.rules.tokens import DEEPEST, LONGEST_NUMBER, outermost_arrow, refuse_at
from recount.rules.tree import And, Compare, Expression, Implies, In, IsLevel, Not, Or, SameLevel, Sum, decimal_text

Tree = TypeVar("Tree", Compare | SameLevel | IsLevel | In | And | Or | Not | Implies, Sum)


def parse(text: str) -> Expression:
    """The tree of a condition, such as `RESP == "CR" -> PLT >= 100`.

    Raises ExpressionError with the position of what is refused. Names are not looked up: see `resolve`.

    >>> str(parse('RESP == "CR" -> PLT >= 2*PLT_BL'))
    'RESP == "CR" -> PLT >= 2*PLT_BL'
    """
    arrow = outermost_arrow(text)
    if arrow is None:
        return _guarded(text, 0, _Reader.condition)
    left = _guarded(text[:arrow], 0, _Reader.condition)
    return Implies(left, _guarded(text[arrow + 2 :], arrow + 2, _Reader.condition))


def parse_sum(text: str) -> Sum:
    """The sum that an arithmetic expression stands for, such as `PLT_M1 - 2*PLT_BL`.

    Raises ExpressionError with the position of what is refused.

    >>> parse_sum("A - 2*(A + 0.5)")
    Sum(terms=((Fraction(-1, 1), 'A'),), constant=Fraction(-1, 1))
    """
    arrow = outermost_arrow(text)
    if arrow is not None:
        refuse_at("`->` joins conditions, not numbers", arrow)
    return _guarded(text, 0, _Reader.short_sum)


def _guarded(part: str, start: int, read: Callable[[_Reader, ast.expr], Tree]) -> Tree:
    """A part's tree; whatever goes wrong inside Python's parser becomes an ExpressionError."""
    if not part.strip():
        refuse_at("an expression says something", start)
    try:
        body = ast.parse("(" + re.sub(r"[\r\n]", " ", part) + ")", mode="eval").body
        return read(_Reader(part, start), body)
    except SyntaxError as error:
        place = min(max((error.offset or 2) - 2, 0), len(part))
        refuse_at("this does not read as an expression", start + place)
    except (RecursionError, MemoryError):
        refuse_at(f"an expression is nested at most {DEEPEST} deep", start)


class _Reader:
    """Turns Python's syntax tree of one part of the text into ours."""

    def __init__(self, part: str, start: int) -> None:
        self.source = ("(" + part).encode()
        self.start = start

    def refuse_node(self, rule: str, node: ast.expr) -> NoReturn:
        refuse_at(rule, self.start + len(self.source[: node.col_offset].decode()) - 1)

    def condition(self, node: ast.expr) -> Expression:
        match node:
            case ast.Compare():
                return self.comparison(node)
            case ast.BoolOp():
                kind = And if isinstance(node.op, ast.And) else Or
                return kind(tuple(self.condition(item) for item in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.condition(node.operand))
        self.refuse_node(f"a condition compares; {_plain_name(node)} alone is none", node)

    def comparison(self, node: ast.Compare) -> Expression:
        if len(node.ops) > 1:
            self.refuse_node("comparisons are not chained; join two with `and`", node.comparators[0])
        left, right = node.left, node.comparators[0]
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            return self.membership(left, node.ops[0], right)
        op = _OPERATORS[type(node.ops[0])]
        if _is_text(left):
            left, right = right, left
        if _is_text(right):
            return self.level_test(left, op, right)
        return Compare(op, self.short_sum(left), self.short_sum(right))

    def level_test(self, left: ast.expr, op: str, right: ast.expr) -> IsLevel:
        if op not in ("==", "!="):
            self.refuse_node("a text has no order, only == and !=; write a number without quotes", right)
        return IsLevel(op, self.variable_name(left), ast.literal_eval(right))

    def membership(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> In:
        if isinstance(op, ast.NotIn):
            self.refuse_node("`not in` is no part of an expression; write `not (X in (...))`", left)
        items = right.elts if isinstance(right, ast.Tuple) else [right]
        if not items:
            self.refuse_node("a list of values has at least one", right)
        return In(self.variable_name(left), tuple(self.list_value(item) for item in items))

    def list_value(self, node: ast.expr) -> str | Fraction:
        if _is_text(node):
            return str(ast.literal_eval(node))
        number = self.short_sum(node)
        if number.terms:
            self.refuse_node('a list holds texts or numbers, such as ("a", "b")', node)
        return number.constant

    def variable_name(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name):
            self.refuse_node(f"a text is compared with a variable's name, not with {_plain_name(node)}", node)
        return node.id

    def short_sum(self, node: ast.expr) -> Sum:
        of = self._sum_of(node)
        if not all(map(_is_short, (of.constant, *(coefficient for coefficient, _ in of.terms)))):
            self.refuse_node(f"a number, multiplied out and added up, has at most {LONGEST_NUMBER} characters", node)
        return of

    def _sum_of(self, node: ast.expr) -> Sum:
        match node:
            case ast.Name():
                return Sum(((Fraction(1), node.id),))
            case ast.Constant(value=int() | float()):
                source = self.source[node.col_offset : node.end_col_offset].decode()
                return Sum((), Fraction(source))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return _scaled_sum(self.short_sum(node.operand), Fraction(-1 if isinstance(node.op, ast.USub) else 1))
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.addition(node)
            case ast.BinOp(op=ast.Mult()):
                return self.product(node)
            case ast.BinOp():
                self.refuse_node("the signs between numbers are + - *, and a power is written as a product", node)
        self.refuse_node(f"{_plain_name(node)} is no number", node)

    def addition(self, node: ast.expr) -> Sum:
        """A chain of + and -, walked without recursion since it may be long."""
        parts: list[Sum] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            sign = Fraction(1 if isinstance(node.op, ast.Add) else -1)
            parts.append(_scaled_sum(self.short_sum(node.right), sign))
            node = node.left
        parts.append(self.short_sum(node))
        return _sum_of_sums(reversed(parts))

    def product(self, node: ast.BinOp) -> Sum:
        left, right = self.short_sum(node.left), self.short_sum(node.right)
        if left.terms and right.terms:
            self.refuse_node("a product has at most one unknown factor", node)
        return _scaled_sum(left, right.constant) if left.terms else _scaled_sum(right, left.constant)


_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_CALLED: dict[type[ast.expr], str] = {
    ast.Name: "a name",
    ast.Constant: "a text or number",
    ast.Tuple: "a list",
    ast.Compare: "a comparison",
    ast.BoolOp: "a condition",
    ast.BinOp: "arithmetic",
    ast.UnaryOp: "a sign or `not`",
}


def _plain_name(node: ast.expr) -> str:
    return _CALLED.get(type(node), "this")


def _is_short(number: Fraction) -> bool:
    """Whether a number's digits can be read back."""
    is_small = number.denominator == 1 and abs(number.numerator) < 10**15
    return is_small or len(decimal_text(abs(number))) <= LONGEST_NUMBER


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _scaled_sum(of: Sum, by: Fraction) -> Sum:
    if by == 1:
        return of
    return Sum(tuple((coefficient * by, name) for coefficient, name in of.terms), of.constant * by)


def _sum_of_sums(parts: Iterator[Sum]) -> Sum:
    """The sum of sums, each name once, in order of first mention; a name that cancels out stays, times 0."""
    terms: dict[str, Fraction] = {}
    constant = Fraction(0)
    for part in parts:
        constant += part.constant
        for coefficient, name in part.terms:
            terms[name] = terms.get(name, Fraction(0)) + coefficient
    return Sum(tuple((coefficient, name) for name, coefficient in terms.items()), constant)
