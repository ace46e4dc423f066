"""One-line rules over a patient's variables: parse, print, resolve, evaluate on a table. Never `eval`.

An expression is text from strangers. It is cut into tokens of a closed list first, parsed by Python's `ast`,
and turned into the small tree below; anything else is refused with its position. The solver reads the same
tree elsewhere. A comparison with a missing value is false in either reading.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn, Protocol, TypeAlias, TypeVar

import pandas as pd

LONGEST = 2000
DEEPEST = 40
LONGEST_NUMBER = 30
LONGEST_CELL = 400

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ExpressionError(ValueError):
    """An expression that breaks a rule; `position` counts characters from 1, None where there is none."""

    def __init__(self, rule: str, position: int | None = None, problems: tuple[str, ...] = ()) -> None:
        self.rule = rule
        self.position = position
        self.problems = problems or (rule,)
        super().__init__(rule if position is None else f"{rule}, at character {position}")


# --- the tree ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sum:
    """A sum of variables, each times a number, and a constant."""

    terms: tuple[tuple[Fraction, str], ...] = ()
    constant: Fraction = Fraction(0)

    def __str__(self) -> str:
        parts = [_term(coefficient, name) for coefficient, name in self.terms]
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
        return f"{self.name} {self.op} {quoted(self.text)}"


@dataclass(frozen=True)
class In:
    """A variable with one of several levels or numbers."""

    name: str
    values: tuple[str | Fraction, ...]

    def __str__(self) -> str:
        return f"{self.name} in ({', '.join(map(_value, self.values))})"


@dataclass(frozen=True)
class And:
    """All of the items."""

    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return " and ".join(map(_item, self.items))


@dataclass(frozen=True)
class Or:
    """At least one of the items."""

    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(map(_item, self.items))


@dataclass(frozen=True)
class Not:
    """The contrary of the item; true where the item is false for want of a value."""

    item: Expression

    def __str__(self) -> str:
        return f"not {_item(self.item)}"


@dataclass(frozen=True)
class Implies:
    """The right wherever the left; only ever the outermost node."""

    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{self.left} -> {self.right}"


Expression: TypeAlias = Compare | SameLevel | IsLevel | In | And | Or | Not | Implies
Tree = TypeVar("Tree", Compare | SameLevel | IsLevel | In | And | Or | Not | Implies, Sum)


def quoted(text: str) -> str:
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


def _term(coefficient: Fraction, name: str) -> str:
    return name if coefficient == 1 else f"{decimal_text(coefficient)}*{name}"


def _item(node: Expression) -> str:
    return f"({node})" if isinstance(node, And | Or) else str(node)


def _value(value: str | Fraction) -> str:
    return quoted(value) if isinstance(value, str) else decimal_text(value)


# --- tokens -----------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<arrow>->)
    |(?P<number>[0-9]+(\.[0-9]+)?)(?![0-9A-Za-z_.])
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"[^"\n\r\\\ud800-\udfff]*"|'[^'\n\r\\\ud800-\udfff]*')
    |(?P<sign>==|!=|<=|>=|[<>+\-*(),])""",
    re.VERBOSE,
)
_WORDS = frozenset({"and", "or", "not", "in"})
_BESIDE = "no two values stand side by side; join them with a comparison, `and`, `or` or a sign"
_CALL = f"nothing is called; {_BESIDE}"
_OPERANDS = ("name", "number", "text", ")")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_name(text: str) -> bool:
    """Whether a text can name a variable: letters, digits and _, no digit first, no word of Python."""
    return bool(_NAME.fullmatch(text)) and not keyword.iskeyword(text)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """The kind, the text and the place of each token, blanks left out."""
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match or match.lastgroup is None:
            _refuse(_stranger(text, place), place)
        kind, token = str(match.lastgroup), match[0]
        if kind == "name" and keyword.iskeyword(token) and token not in _WORDS:
            _refuse(f"`{token}` is no word of an expression", place)
        if kind != "space":
            yield kind, token, place
        place = match.end()


def _stranger(text: str, place: int) -> str:
    sign = text[place]
    hints = {
        "=": "a single `=` compares nothing; write `==`",
        "/": "division is no part of an expression; multiply the other side",
        ".": "a point stands only between digits",
        '"': "a text ends with the quote it began with and holds no backslash and no line end",
        "'": "a text ends with the quote it began with and holds no backslash and no line end",
    }
    if sign.isdigit():
        return 'a number is digits with at most one point between them, such as "0.5"'
    shown = sign if sign.isprintable() else ascii(sign)[1:-1]
    return hints.get(sign, f"`{shown}` is no part of an expression")


def _refuse(rule: str, place: int) -> NoReturn:
    raise ExpressionError(rule, place + 1)


def _scan(text: str) -> int | None:
    """The place of the outermost `->`, None without one; refuses what the tokens alone show to be wrong."""
    if len(text) > LONGEST:
        _refuse(f"an expression has at most {LONGEST} characters", LONGEST)
    depth, nots, arrow, previous = 0, 0, None, ""
    for kind, token, place in _tokens(text):
        if kind == "number" and len(token) > LONGEST_NUMBER:
            _refuse(f"a number has at most {LONGEST_NUMBER} characters", place)
        depth += (token == "(") - (token == ")")
        nots = nots + 1 if token in ("not", "-", "+") else 0
        if depth < 0:
            _refuse("a closing parenthesis has its opening one", place)
        if depth + nots > DEEPEST:
            _refuse(f"an expression is nested at most {DEEPEST} deep", place)
        if previous in _OPERANDS and _begins_value(kind, token):
            _refuse(_CALL if previous == "name" and token == "(" else _BESIDE, place)
        if kind == "arrow":
            arrow = _arrow(arrow, depth, place)
        previous = token if token in _WORDS or kind == "sign" else kind
    if depth:
        _refuse("an opening parenthesis has its closing one", len(text) - 1)
    return arrow


def _begins_value(kind: str, token: str) -> bool:
    return token == "(" or (kind in ("name", "number", "text") and token not in _WORDS)


def _arrow(before: int | None, depth: int, place: int) -> int:
    if before is not None:
        _refuse("`->` stands once in an expression", place)
    if depth:
        _refuse("`->` stands outside all parentheses", place)
    return place


# --- parsing ----------------------------------------------------------------------------------------------


def parse(text: str) -> Expression:
    """The tree of a condition, such as `RESP == "CR" -> PLT >= 100`.

    Raises ExpressionError with the position of what is refused. Names are not looked up: see `resolve`.

    >>> str(parse('RESP == "CR" -> PLT >= 2*PLT_BL'))
    'RESP == "CR" -> PLT >= 2*PLT_BL'
    """
    arrow = _scan(text)
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
    arrow = _scan(text)
    if arrow is not None:
        _refuse("`->` joins conditions, not numbers", arrow)
    return _guarded(text, 0, _Reader.sum)


def _guarded(part: str, start: int, read: Callable[[_Reader, ast.expr], Tree]) -> Tree:
    """A part's tree; whatever goes wrong inside Python's parser becomes an ExpressionError."""
    if not part.strip():
        _refuse("an expression says something", start)
    try:
        body = ast.parse("(" + re.sub(r"[\r\n]", " ", part) + ")", mode="eval").body
        return read(_Reader(part, start), body)
    except SyntaxError as error:
        place = min(max((error.offset or 2) - 2, 0), len(part))
        _refuse("this does not read as an expression", start + place)
    except (RecursionError, MemoryError):
        _refuse(f"an expression is nested at most {DEEPEST} deep", start)


class _Reader:
    """Turns Python's syntax tree of one part of the text into ours."""

    def __init__(self, part: str, start: int) -> None:
        self.source = ("(" + part).encode()
        self.start = start

    def refuse(self, rule: str, node: ast.expr) -> NoReturn:
        _refuse(rule, self.start + len(self.source[: node.col_offset].decode()) - 1)

    def condition(self, node: ast.expr) -> Expression:
        match node:
            case ast.Compare():
                return self.comparison(node)
            case ast.BoolOp():
                kind = And if isinstance(node.op, ast.And) else Or
                return kind(tuple(self.condition(item) for item in node.values))
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.condition(node.operand))
        self.refuse(f"a condition compares; {_called(node)} alone is none", node)

    def comparison(self, node: ast.Compare) -> Expression:
        if len(node.ops) > 1:
            self.refuse("comparisons are not chained; join two with `and`", node.comparators[0])
        left, right = node.left, node.comparators[0]
        if isinstance(node.ops[0], ast.In | ast.NotIn):
            return self.membership(left, node.ops[0], right)
        op = _OPERATORS[type(node.ops[0])]
        if _is_text(left):
            left, right = right, left
        if _is_text(right):
            return self.level(left, op, right)
        return Compare(op, self.sum(left), self.sum(right))

    def level(self, left: ast.expr, op: str, right: ast.expr) -> IsLevel:
        if op not in ("==", "!="):
            self.refuse("a text has no order, only == and !=; write a number without quotes", right)
        return IsLevel(op, self.name(left), ast.literal_eval(right))

    def membership(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> In:
        if isinstance(op, ast.NotIn):
            self.refuse("`not in` is no part of an expression; write `not (X in (...))`", left)
        items = right.elts if isinstance(right, ast.Tuple) else [right]
        if not items:
            self.refuse("a list of values has at least one", right)
        return In(self.name(left), tuple(self.value(item) for item in items))

    def value(self, node: ast.expr) -> str | Fraction:
        if _is_text(node):
            return str(ast.literal_eval(node))
        number = self.sum(node)
        if number.terms:
            self.refuse('a list holds texts or numbers, such as ("a", "b")', node)
        return number.constant

    def name(self, node: ast.expr) -> str:
        if not isinstance(node, ast.Name):
            self.refuse(f"a text is compared with a variable's name, not with {_called(node)}", node)
        return node.id

    def sum(self, node: ast.expr) -> Sum:
        of = self._sum(node)
        if not all(map(_is_short, (of.constant, *(coefficient for coefficient, _ in of.terms)))):
            self.refuse(f"a number, multiplied out and added up, has at most {LONGEST_NUMBER} characters", node)
        return of

    def _sum(self, node: ast.expr) -> Sum:
        match node:
            case ast.Name():
                return Sum(((Fraction(1), node.id),))
            case ast.Constant(value=int() | float()):
                source = self.source[node.col_offset : node.end_col_offset].decode()
                return Sum((), Fraction(source))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return _scaled(self.sum(node.operand), Fraction(-1 if isinstance(node.op, ast.USub) else 1))
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.addition(node)
            case ast.BinOp(op=ast.Mult()):
                return self.product(node)
            case ast.BinOp():
                self.refuse("the signs between numbers are + - *, and a power is written as a product", node)
        self.refuse(f"{_called(node)} is no number", node)

    def addition(self, node: ast.expr) -> Sum:
        """A chain of + and -, walked without recursion since it may be long."""
        parts: list[Sum] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            sign = Fraction(1 if isinstance(node.op, ast.Add) else -1)
            parts.append(_scaled(self.sum(node.right), sign))
            node = node.left
        parts.append(self.sum(node))
        return _total(reversed(parts))

    def product(self, node: ast.BinOp) -> Sum:
        left, right = self.sum(node.left), self.sum(node.right)
        if left.terms and right.terms:
            self.refuse("a product has at most one unknown factor", node)
        return _scaled(left, right.constant) if left.terms else _scaled(right, left.constant)


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


def _called(node: ast.expr) -> str:
    return _CALLED.get(type(node), "this")


def _is_short(number: Fraction) -> bool:
    """Whether a number's digits can be read back."""
    is_small = number.denominator == 1 and abs(number.numerator) < 10**15
    return is_small or len(decimal_text(abs(number))) <= LONGEST_NUMBER


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _scaled(of: Sum, by: Fraction) -> Sum:
    if by == 1:
        return of
    return Sum(tuple((coefficient * by, name) for coefficient, name in of.terms), of.constant * by)


def _total(parts: Iterator[Sum]) -> Sum:
    """The sum of sums, each name once, in order of first mention; a name that cancels out stays, times 0."""
    terms: dict[str, Fraction] = {}
    constant = Fraction(0)
    for part in parts:
        constant += part.constant
        for coefficient, name in part.terms:
            terms[name] = terms.get(name, Fraction(0)) + coefficient
    return Sum(tuple((coefficient, name) for name, coefficient in terms.items()), constant)


# --- names and kinds --------------------------------------------------------------------------------------


class Kinded(Protocol):
    """What `resolve` asks of a variable: its kind, and the levels of a category."""

    @property
    def kind(self) -> str: ...

    @property
    def levels(self) -> tuple[str, ...]: ...


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
            _values(node.name, (node.text,), variables, problems)
        case In():
            _values(node.name, node.values, variables, problems)
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


def _known(name: str, variables: Mapping[str, Kinded], problems: list[str]) -> bool:
    if name not in variables:
        problems.append(f"{name} is no variable")
    return name in variables


def _numbers(side: Sum, variables: Mapping[str, Kinded], problems: list[str]) -> None:
    for _, name in side.terms:
        if _known(name, variables, problems) and _is_category(name, variables):
            problems.append(f"{name} is a category, not a number; compare it with a text")


def _categories(both: tuple[str, str], variables: Mapping[str, Kinded], problems: list[str]) -> None:
    for name in both:
        if _known(name, variables, problems) and not _is_category(name, variables):
            problems.append(f"{name} is a number, not a category")


def _values(
    name: str, values: tuple[str | Fraction, ...], variables: Mapping[str, Kinded], problems: list[str]
) -> None:
    """Notes values that the variable can't have: texts for a number, numbers or unknown levels else."""
    if not _known(name, variables, problems):
        return
    for value in values:
        if not _is_category(name, variables):
            if isinstance(value, str):
                problems.append(f"{name} is a number, compared with the text {quoted(value)}")
        elif not isinstance(value, str):
            problems.append(f"{name} is a category, compared with the number {decimal_text(value)}")
        elif value not in variables[name].levels:
            known = _listed(variables[name].levels)
            problems.append(f"{quoted(value)} is no level of {name}, whose levels are {known}")


def _listed(levels: tuple[str, ...]) -> str:
    return "|".join(levels if len(levels) <= 12 else [*levels[:12], "…"])


# --- evaluation -------------------------------------------------------------------------------------------

_EXACT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def is_missing(value: object) -> bool:
    """Whether a cell is blank: None, NaN, NA, NaT or an empty text."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and not value.strip()


def exact(value: object) -> Fraction | None:
    """A cell's number as the decimal it is written as, None where it is blank.

    Raises ExpressionError for what is no finite number.

    >>> exact(1.3) == exact("1.30") == Fraction(13, 10)
    True
    """
    if is_missing(value):
        return None
    if isinstance(value, Fraction):
        return value
    text = str(int(value)) if isinstance(value, bool) else str(value).strip()
    if len(text) > LONGEST_CELL or not _EXACT.fullmatch(text):
        raise ExpressionError(f"{text[:40]!r} is no number")
    return Fraction(text)


def numbers(frame: pd.DataFrame, name: str) -> list[Fraction | None]:
    """A column as exact numbers, blanks None. Raises ExpressionError for a text or an unknown column."""
    known: dict[object, Fraction | None] = {}
    cells = _column(frame, name).tolist()
    for cell in cells:
        if cell not in known:
            known[cell] = exact(cell)
    return [known[cell] for cell in cells]


def texts(frame: pd.DataFrame, name: str) -> list[str | None]:
    """A column as texts, blanks None. Raises ExpressionError for an unknown column."""
    return [None if is_missing(cell) else str(cell) for cell in _column(frame, name).tolist()]


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise ExpressionError(f"the table has no column {name}")
    return frame[name]


def evaluate(node: Expression, frame: pd.DataFrame) -> pd.Series:
    """Whether the expression holds, one bool a row of the frame and on its index.

    Numbers are compared as the exact decimals they are written as; a comparison with a missing value is
    false. Raises ExpressionError for an unknown column or a text where a number is due.

    >>> evaluate(parse("A < 1.3"), pd.DataFrame({"A": [1.2, 1.3, None]})).tolist()
    [True, False, False]
    """
    return pd.Series(_holds(node, frame), index=frame.index, dtype=bool)


def _holds(node: Expression, frame: pd.DataFrame) -> list[bool]:
    match node:
        case And():
            return [all(row) for row in zip(*(_holds(item, frame) for item in node.items), strict=True)]
        case Or():
            return [any(row) for row in zip(*(_holds(item, frame) for item in node.items), strict=True)]
        case Not():
            return [not held for held in _holds(node.item, frame)]
        case Implies():
            both = zip(_holds(node.left, frame), _holds(node.right, frame), strict=True)
            return [right or not left for left, right in both]
        case Compare():
            return _compared(node.op, sums(node.left, frame), sums(node.right, frame))
        case SameLevel():
            return _compared(node.op, texts(frame, node.left), texts(frame, node.right))
        case IsLevel():
            return _compared(node.op, texts(frame, node.name), [node.text] * len(frame))
        case In():
            return _among(node, frame)


def _compared(op: str, left: list[Any], right: list[Any]) -> list[bool]:
    holds = COMPARISONS[op]
    pairs = zip(left, right, strict=True)
    return [a is not None and b is not None and holds(a, b) for a, b in pairs]


def _among(node: In, frame: pd.DataFrame) -> list[bool]:
    if all(isinstance(value, Fraction) for value in node.values):
        return [number in node.values for number in numbers(frame, node.name)]
    return [text in node.values for text in texts(frame, node.name)]


def sums(of: Sum, frame: pd.DataFrame) -> list[Fraction | None]:
    """The value of a sum in each row of the frame, exact; None where any of its variables is missing."""
    totals: list[Fraction | None] = [of.constant] * len(frame)
    for coefficient, name in of.terms:
        cells = numbers(frame, name)
        totals = [
            None if total is None or cell is None else total + coefficient * cell
            for total, cell in zip(totals, cells, strict=True)
        ]
    return totals
