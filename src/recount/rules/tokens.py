"""A rule's text cut into tokens of a closed list; whatever else stands in it is refused with its position."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from typing import NoReturn

from recount.rules.tree import LONGEST, ExpressionError

DEEPEST = 40
LONGEST_NUMBER = 30

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
            refuse_at(_stranger(text, place), place)
        kind, token = str(match.lastgroup), match[0]
        if kind == "name" and keyword.iskeyword(token) and token not in _WORDS:
            refuse_at(f"`{token}` is no word of an expression", place)
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


def refuse_at(rule: str, place: int) -> NoReturn:
    raise ExpressionError(rule, place + 1)


def outermost_arrow(text: str) -> int | None:
    """The place of the outermost `->`, None without one; refuses what the tokens alone show to be wrong."""
    if len(text) > LONGEST:
        refuse_at(f"an expression has at most {LONGEST} characters", LONGEST)
    depth, nots, arrow, previous = 0, 0, None, ""
    for kind, token, place in _tokens(text):
        if kind == "number" and len(token) > LONGEST_NUMBER:
            refuse_at(f"a number has at most {LONGEST_NUMBER} characters", place)
        depth += (token == "(") - (token == ")")
        nots = nots + 1 if token in ("not", "-", "+") else 0
        if depth < 0:
            refuse_at("a closing parenthesis has its opening one", place)
        if depth + nots > DEEPEST:
            refuse_at(f"an expression is nested at most {DEEPEST} deep", place)
        if previous in _OPERANDS and _begins_value(kind, token):
            refuse_at(_CALL if previous == "name" and token == "(" else _BESIDE, place)
        if kind == "arrow":
            arrow = _only_arrow(arrow, depth, place)
        previous = token if token in _WORDS or kind == "sign" else kind
    if depth:
        refuse_at("an opening parenthesis has its closing one", len(text) - 1)
    return arrow


def _begins_value(kind: str, token: str) -> bool:
    return token == "(" or (kind in ("name", "number", "text") and token not in _WORDS)


def _only_arrow(before: int | None, depth: int, place: int) -> int:
    if before is not None:
        refuse_at("`->` stands once in an expression", place)
    if depth:
        refuse_at("`->` stands outside all parentheses", place)
    return place
