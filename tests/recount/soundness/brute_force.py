"""Every multiset of patients of a tiny printed record, tried in exact fractions: what `recount` is compared with.

It imports nothing of `recount`: its own reader, its own rule language, its own statistics. What is decided about
meaning, here as there:

- A comparison with a missing value is unknown; `and`, `or`, `not` and `->` follow Kleene's three values. A population
  or a count has whom its condition is true of; a rule is broken by whom it is false of; a variable has a value for
  whom its `where` is true of.
- A statistic of nobody has no value, and a claim of it doesn't hold.
- A printed number stands for the closed interval of half a unit of its last place on either side.
- How many patients there are is the first whole n printed of everybody; it isn't set aside.
- Claims that print the same number of the same thing are one statement, named by the first of them.
"""

from __future__ import annotations

import ast
import csv
import io
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement
from pathlib import Path

FILES = ("variables.csv", "populations.csv", "rules.csv", "claims.csv", "settings.csv")
MOST = 200_000  # multisets of patients that are tried at most
CLOSE = 1e-9  # a P nearer than this to a bound isn't judged, since it is a float
HALF = Fraction(1, 2)

Cell = str | Fraction | None
Patient = Mapping[str, Cell]
Condition = Callable[[Patient], bool | None]
Number = Callable[[Patient], Fraction | None]
Statement = tuple[str, str]  # ("claim" or "rule", its id)
Value = Fraction | float
Members = tuple[int, ...]  # the places of patients among those possible, in their order


class TooMany(ValueError):
    """There are more multisets of patients than are tried."""


class TooClose(ValueError):
    """A P is so near a bound of what is printed that a float can't tell on which side."""


# --- the rule language ------------------------------------------------------------------------------------

_COMPARED: dict[type[ast.cmpop], Callable[[Fraction | str, Fraction | str], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def condition_of(text: str) -> Condition:
    """What a condition says of a patient: true, false, or None where it is unknown."""
    left, arrow, right = text.partition("->")
    if not arrow:
        return _condition(_tree(text), text)
    return _any([_not(condition_of(left)), condition_of(right)])


def number_of(text: str) -> Number:
    """The value of a sum of variables for a patient, None where one of them is missing."""
    return _number(_tree(text), text)


def names_in(text: str) -> set[str]:
    """The variables that a condition or a sum mentions."""
    parts = (part for part in text.split("->") if part.strip())
    return {node.id for part in parts for node in ast.walk(_tree(part)) if isinstance(node, ast.Name)}


def is_condition(text: str) -> bool:
    """Whether a text compares, rather than being a number."""
    return "->" in text or isinstance(_tree(text), ast.Compare | ast.BoolOp) or _is_negation(_tree(text))


def _is_negation(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _tree(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _condition(node: ast.expr, text: str) -> Condition:
    if isinstance(node, ast.BoolOp):
        items = [_condition(item, text) for item in node.values]
        return _any(items) if isinstance(node.op, ast.Or) else _not(_any([_not(item) for item in items]))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _not(_condition(node.operand, text))
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node, text)
    raise ValueError(f"no condition: {text}")


def _not(item: Condition) -> Condition:
    def negated(patient: Patient) -> bool | None:
        truth = item(patient)
        return None if truth is None else not truth

    return negated


def _any(items: Sequence[Condition]) -> Condition:
    """True where an item is, false where all are, else unknown."""

    def joined(patient: Patient) -> bool | None:
        truths = [item(patient) for item in items]
        return True if True in truths else None if None in truths else False

    return joined


def _comparison(node: ast.Compare, text: str) -> Condition:
    left, right = node.left, node.comparators[0]
    if isinstance(node.ops[0], ast.In):
        listed = right.elts if isinstance(right, ast.Tuple) else [right]
        same = ast.Eq()
        return _any([_compared(_cell(left, text), same, _cell(item, text)) for item in listed])
    return _compared(_cell(left, text), node.ops[0], _cell(right, text))


def _compared(left: Callable[[Patient], Cell], op: ast.cmpop, right: Callable[[Patient], Cell]) -> Condition:
    holds = _COMPARED[type(op)]

    def compared(patient: Patient) -> bool | None:
        one, other = left(patient), right(patient)
        return None if one is None or other is None else holds(one, other)

    return compared


def _cell(node: ast.expr, text: str) -> Callable[[Patient], Cell]:
    """A side of a comparison: a text, a variable whatever its kind, or a sum."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        constant = node.value
        return lambda patient: constant
    if isinstance(node, ast.Name):
        name = node.id
        return lambda patient: patient[name]
    return _number(node, text)


def _number(node: ast.expr, text: str) -> Number:
    if isinstance(node, ast.Constant):
        constant = Fraction(ast.get_source_segment(text.strip(), node) or "")
        return lambda patient: constant
    if isinstance(node, ast.Name):
        name = node.id
        return lambda patient: _as_number(patient[name])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return _combined(operator.mul, lambda patient: Fraction(-1 if isinstance(node.op, ast.USub) else 1),
                         _number(node.operand, text))  # fmt: skip
    joins: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
    }
    if isinstance(node, ast.BinOp) and type(node.op) in joins:
        return _combined(joins[type(node.op)], _number(node.left, text), _number(node.right, text))
    raise ValueError(f"no number: {text}")


def _as_number(cell: Cell) -> Fraction | None:
    if isinstance(cell, str):
        raise ValueError(f"{cell!r} is no number")
    return cell


def _combined(join: Callable[[Fraction, Fraction], Fraction], left: Number, right: Number) -> Number:
    def combined(patient: Patient) -> Fraction | None:
        one, other = left(patient), right(patient)
        return None if one is None or other is None else join(one, other)

    return combined


# --- printed numbers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """What a printed text stands for; None: no bound. `cut` are the ends of what truncation prints so."""

    low: Fraction | None
    high: Fraction | None
    low_strict: bool = False
    high_strict: bool = False
    cut: tuple[Fraction, Fraction] | None = None

    def contains(self, x: Fraction) -> bool:
        """Whether a number lies in it."""
        above = self.low is None or x > self.low or (x == self.low and not self.low_strict)
        return above and (self.high is None or x < self.high or (x == self.high and not self.high_strict))

    def contains_root(self, square: Fraction) -> bool:
        """Whether the root of a square lies in it, by comparing squares."""
        above = self.low is None or self.low < 0 or square > self.low**2
        above = above or (square == (self.low or 0) ** 2 and not self.low_strict)
        below = self.high is None or (self.high >= 0 and square < self.high**2)
        return above and (below or (self.high is not None and self.high >= 0 and square == self.high**2
                                    and not self.high_strict))  # fmt: skip

    def contains_float(self, x: float) -> bool:
        """Whether a float lies in it. Raises TooClose where it is as near a bound as floats err."""
        bounds = [bound for bound in (self.low, self.high) if bound is not None]
        if any(abs(x - float(bound)) < CLOSE for bound in bounds):
            raise TooClose(f"{x} is close to a bound")
        return self.contains(Fraction(x))


_PRINTED = re.compile(r"\s*(<=|>=|<|>|=|≤|≥)?\s*(-?[0-9]*\.?[0-9]+)\s*(?::\s*([0-9]*\.?[0-9]+))?\s*")


def interval_of(text: str) -> Interval:
    """What a printed text stands for: a number, an inequality or a ratio."""
    match = _PRINTED.fullmatch(text)
    if not match:
        raise ValueError(f"no printed number: {text}")
    sign, first, second = (match[1] or "=").replace("≤", "<=").replace("≥", ">="), match[2], match[3]
    if second is not None:
        return Interval(*_ratio_bounds(first, second))
    value = Fraction(first)
    if sign != "=":
        is_above = sign.startswith(">")
        return Interval(value if is_above else None, None if is_above else value, sign == ">", sign == "<")
    unit = _unit(first)
    ends = (-unit, unit) if value == 0 else (value, value + unit) if value > 0 else (value - unit, value)
    return Interval(value - unit / 2, value + unit / 2, cut=ends)


def _unit(text: str) -> Fraction:
    """One in the last place of a printed number."""
    return Fraction(1, 10 ** len(text.partition(".")[2]))


def _ratio_bounds(first: str, second: str) -> tuple[Fraction, Fraction]:
    """A part of 1 is exact beside another part; of 1:1 either may have been rounded, one at a time."""
    a, b, a_half, b_half = Fraction(first), Fraction(second), _unit(first) / 2, _unit(second) / 2
    if a == b == 1:
        return min(1 / (1 + a_half), 1 / (1 + b_half)), max(1 + a_half, 1 + b_half)
    a_half, b_half = (half if part != 1 else Fraction(0) for part, half in ((a, a_half), (b, b_half)))
    return max(a - a_half, Fraction(0)) / (b + b_half), (a + a_half) / (b - b_half)


# --- statistics -------------------------------------------------------------------------------------------


def quantile(values: Sequence[Fraction], p: Fraction, definition: str) -> Fraction:
    """A quantile of at least one value.

    Hyndman & Fan, Am Stat 1996;50:361, definitions 1 to 9; HAVERAGE is their 6; hinges by Tukey, 1977.
    """
    x, n = sorted(values), len(values)
    if definition == "tukey":
        return _hinge(x, p)
    if definition in ("hf1", "hf2", "hf3"):
        return _step_quantile(x, p, definition)
    shift = {
        "haverage": p,
        "hf4": Fraction(0),
        "hf5": HALF,
        "hf6": p,
        "hf7": 1 - p,
        "hf8": (1 + p) / 3,
        "hf9": p / 4 + Fraction(3, 8),
    }[definition]
    j, g = divmod(n * p + shift, 1)
    return (1 - g) * _ranked(x, int(j)) + g * _ranked(x, int(j) + 1)


def _ranked(x: Sequence[Fraction], j: int) -> Fraction:
    """The j-th value from 1; the first and the last stand for those beyond."""
    return x[min(max(j, 1), len(x)) - 1]


def _hinge(x: Sequence[Fraction], p: Fraction) -> Fraction:
    half = (len(x) + 1) // 2
    part = {Fraction(1, 4): x[:half], HALF: x, Fraction(3, 4): x[len(x) - half :]}[p]
    return (part[(len(part) - 1) // 2] + part[len(part) // 2]) / 2


def _step_quantile(x: Sequence[Fraction], p: Fraction, definition: str) -> Fraction:
    j, g = divmod(len(x) * p - (HALF if definition == "hf3" else 0), 1)
    below, above = _ranked(x, int(j)), _ranked(x, int(j) + 1)
    if g:
        return above
    if definition == "hf2":
        return (below + above) / 2
    return below if definition == "hf1" or j % 2 == 0 else above


def variance(values: Sequence[Fraction]) -> Fraction | None:
    """The square of the SD with n - 1; None for fewer than two values."""
    if len(values) < 2:
        return None
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((x - mean) ** 2 for x in values), Fraction(0)) / (len(values) - 1)


def signed_rank_square(changes: Sequence[Fraction]) -> Fraction | None:
    """Z squared of Wilcoxon's signed ranks; None where nothing changes.

    Zeros dropped, average ranks, variance less (t^3 - t) / 48 for each tie of t, no continuity correction.
    """
    d = [x for x in changes if x]
    if not d:
        return None
    sizes = sorted(map(abs, d))
    rank = {size: Fraction(2 * sizes.index(size) + sizes.count(size) + 1, 2) for size in sizes}
    positive = sum((rank[x] for x in d if x > 0), Fraction(0))
    n, ties = len(d), sum(t**3 - t for t in Counter(sizes).values())
    return (positive - Fraction(n * (n + 1), 4)) ** 2 / (Fraction(n * (n + 1) * (2 * n + 1), 24) - Fraction(ties, 48))


def t_square(changes: Sequence[Fraction]) -> Fraction | None:
    """The square of the paired t; None for fewer than two pairs or changes that are all the same."""
    spread = variance(changes)
    return sum(changes, Fraction(0)) ** 2 / len(changes) / spread if spread else None


def normal_p(square: Fraction) -> float:
    """The two-sided P of a Z whose square is given."""
    return math.erfc(math.sqrt(square / 2))


def t_p(square: Fraction, freedom: int) -> float:
    """The two-sided P of a t whose square is given: Abramowitz & Stegun 26.7.3 and 26.7.4."""
    angle = math.atan(math.sqrt(square / freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    if freedom % 2:
        term, total = cosine, 0.0
        for k in range(1, freedom - 1, 2):
            total += term
            term *= cosine**2 * (k + 1) / (k + 2)
        return 1 - 2 / math.pi * (angle + sine * total)
    term, total = 1.0, 0.0
    for k in range(0, freedom, 2):
        total += term
        term *= cosine**2 * (k + 1) / (k + 2)
    return 1 - sine * total


def shift(changes: Sequence[Fraction]) -> Fraction | None:
    """Hodges and Lehmann's shift: the median of the means of every two changes, each with itself too."""
    means = [(a + b) / 2 for a, b in combinations_with_replacement(changes, 2)]
    return quantile(means, HALF, "tukey") if means else None


QUARTILES = {"p25": Fraction(1, 4), "median": HALF, "p75": Fraction(3, 4)}
PAIRED = ("wilcoxon_z", "wilcoxon_p", "paired_t", "paired_p", "shift")
ROOTS = ("sd", "wilcoxon_z", "paired_t")
FLOATS = ("wilcoxon_p", "paired_p")


def statistic_of(kind: str, values: Sequence[Fraction], definition: str) -> Value | None:
    """A statistic of numbers or changes, None where it has no value; of `ROOTS` the square.

    Of a `value` the one that everybody has, None where there are several.
    """
    square = _square(kind, values)
    if kind in ROOTS or (kind in FLOATS and square is None):
        return square
    if kind in FLOATS:
        return normal_p(square or Fraction(0)) if kind == "wilcoxon_p" else t_p(square or Fraction(0), len(values) - 1)
    if not values:
        return None
    if kind in QUARTILES:
        return quantile(values, QUARTILES[kind], definition)
    total = sum(values, Fraction(0))
    return {
        "min": lambda: min(values),
        "max": lambda: max(values),
        "sum": lambda: total,
        "mean": lambda: total / len(values),
        "shift": lambda: shift(values),
        "value": lambda: values[0] if len(set(values)) == 1 else None,
    }[kind]()


def _square(kind: str, values: Sequence[Fraction]) -> Fraction | None:
    if kind == "sd":
        return variance(values)
    if kind.startswith("wilcoxon"):
        return signed_rank_square(values)
    return t_square(values) if kind.startswith("paired") else None


def number_shown(kind: str, value: Value) -> Fraction:
    """A statistic's value as a number: of `ROOTS` the root to 30 decimals."""
    if kind not in ROOTS:
        return Fraction(value)
    scaled = Fraction(value) * 10**60
    return Fraction(math.isqrt(scaled.numerator // scaled.denominator), 10**30)


# --- records ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variable:
    """A variable with every value it can have, and whom it belongs to."""

    name: str
    values: tuple[Cell, ...]
    where: str


@dataclass(frozen=True)
class Question:
    """A statistic of a variable, a sum or a condition among some patients.

    `where` is a population's name or a condition; `otherwise` is what those count with who don't have the value.
    """

    where: str
    about: str
    statistic: str
    versus: str = ""
    otherwise: str = ""


@dataclass(frozen=True)
class Claim:
    """A question with the text that is printed in answer."""

    id: str
    question: Question
    printed: str

    @property
    def interval(self) -> Interval:
        """What the text stands for."""
        return interval_of(self.printed)


@dataclass(frozen=True)
class Record:
    """A printed record as its files tell it."""

    variables: dict[str, Variable]
    populations: dict[str, str]
    rules: tuple[tuple[str, str], ...]
    claims: tuple[Claim, ...]
    definition: str

    @property
    def size(self) -> int:
        """How many patients there are: the first whole n printed of everybody."""
        return next(int(Fraction(c.printed)) for c in self.claims if self.is_size(c))

    def is_size(self, claim: Claim) -> bool:
        """Whether a claim is a whole n of everybody."""
        everybody = claim.question.statistic == "n" and not self.populations[claim.question.where]
        return everybody and claim.printed.replace(".", "").isdigit() and Fraction(claim.printed).denominator == 1

    @cached_property
    def patients(self) -> list[dict[str, Cell]]:
        """Every patient that is possible by the variables alone."""
        found: list[dict[str, Cell]] = [{}]
        for variable in _in_order(self.variables):
            where = condition_of(variable.where) if variable.where else None
            found = [
                {**patient, variable.name: value}
                for patient in found
                for value in (variable.values if where is None or where(patient) is True else (None,))
            ]
        return found

    @property
    def multisets(self) -> int:
        """How many multisets of patients there are."""
        return math.comb(len(self.patients) + self.size - 1, self.size)


def _in_order(variables: Mapping[str, Variable]) -> list[Variable]:
    """The variables, each behind those that say who has it."""
    done: dict[str, Variable] = {}
    while len(done) < len(variables):
        ready = [
            v for v in variables.values() if v.name not in done and (not v.where or names_in(v.where) <= set(done))
        ]
        done.update((v.name, v) for v in ready[:1])
    return list(done.values())


def read_record(folder: Path) -> Record:
    """The record of a folder."""
    return record_of({name: (folder / name).read_text() for name in FILES if (folder / name).is_file()})


def record_of(files: Mapping[str, str]) -> Record:
    """The record of its files' texts by name; settings.csv may be absent."""
    rows = {name: list(csv.DictReader(io.StringIO(files.get(name, "")))) for name in FILES}
    claims = [
        Claim(r["id"], Question(r["population"], r["variable"], r["statistic"], r["versus"]), r["printed"])
        for r in rows["claims.csv"]
    ]
    settings = {row["setting"]: row["value"] for row in rows["settings.csv"]}
    return Record(
        {row["name"]: _variable(row) for row in rows["variables.csv"]},
        {row["name"]: row["where"] for row in rows["populations.csv"]},
        tuple((row["id"], row["rule"]) for row in rows["rules.csv"]),
        tuple(claims),
        settings.get("quantile", "haverage"),
    )


def _variable(row: Mapping[str, str]) -> Variable:
    where = row.get("where") or ""
    if row["kind"] == "category":
        return Variable(row["name"], tuple(row["levels"].split("|")), where)
    low, high, step = Fraction(row["low"]), Fraction(row["high"]), Fraction(row["step"] or 1)
    return Variable(row["name"], tuple(low + k * step for k in range(int((high - low) / step) + 1)), where)


# --- every multiset of patients ---------------------------------------------------------------------------


class Multisets:
    """Some multisets of patients of a record, each the places of its members among `patients`, and their statistics."""

    def __init__(self, record: Record, patients: Sequence[Patient], every: Sequence[Members]) -> None:
        self.record, self.patients, self.every = record, patients, every

    def column(self, question: Question) -> list[Value | None]:
        """A question's value in each multiset, None where it has none; of `ROOTS` the square."""
        return self._told(question, lambda values: self._value(question.statistic, values))

    def _told(self, question: Question, tell: Callable[[list], object]) -> list:
        """What is told of what the members of each multiset contribute, worked out once for the same contributions."""
        contributions = [self._contribution(question, patient) for patient in self.patients]
        known = sorted({c for c in contributions if c is not None})
        code = [None if c is None else known.index(c) for c in contributions]
        memo: dict[tuple[int, ...], object] = {}
        told = []
        for members in self.every:
            key = tuple(sorted([c for k in members if (c := code[k]) is not None]))
            if key not in memo:
                memo[key] = tell([known[c] for c in key])
            told.append(memo[key])
        return told

    def _contribution(self, question: Question, patient: Patient) -> tuple[bool, bool] | Fraction | bool | None:
        """What a patient adds to a statistic; None: nothing."""
        kind, inside = question.statistic, self._is_in(question.where, patient)
        if kind == "ratio":
            return inside, self._is_in(question.versus, patient)
        if not inside:
            return None
        if kind in ("n", "count", "percent"):
            return not question.about or condition_of(question.about)(patient) is True
        value = number_of(question.about)(patient)
        if kind in PAIRED:
            after = number_of(question.versus)(patient)
            return None if value is None or after is None else after - value
        return Fraction(question.otherwise) if value is None and question.otherwise else value

    def _is_in(self, where: str, patient: Patient) -> bool:
        condition = self.record.populations.get(where, where)
        return not condition or condition_of(condition)(patient) is True

    def _value(self, kind: str, values: list) -> Value | None:
        if kind == "ratio":
            second = sum(b for _, b in values)
            return Fraction(sum(a for a, _ in values), second) if second else None
        if kind in ("n", "count"):
            return Fraction(sum(values))
        if kind == "percent":
            return Fraction(100 * sum(values), len(values)) if values else None
        return statistic_of(kind, values, self.record.definition)


class Cohorts(Multisets):
    """Every multiset of patients of a record, and which statements each satisfies. Raises TooMany, TooClose.

    `statements` are those that may be set aside, each named by the first claim that says the same.
    """

    def __init__(self, record: Record, most: int = MOST) -> None:
        if record.multisets > most:
            raise TooMany(f"{record.multisets} multisets of patients")
        every = combinations_with_replacement(range(len(record.patients)), record.size)
        super().__init__(record, record.patients, list(every))
        self.same = claims_by_content(record)
        about = {("claim", same[0].id): same[0] for same in self.same.values()}
        self.claims: dict[Statement, Claim] = about
        self.statements: list[Statement] = [*(("rule", id) for id, _ in record.rules), *about]
        columns = [self._rule(rule) for _, rule in record.rules] + [self._claim(c) for c in about.values()]
        self._keepers: dict[str, list[int]] = {}
        self.satisfied = [sum(1 << k for k, holds in enumerate(row) if holds) for row in zip(*columns, strict=True)]

    def _rule(self, text: str) -> list[bool]:
        """Which multisets have nobody of whom a rule is false."""
        rule = condition_of(text)
        broken = {k for k, patient in enumerate(self.patients) if rule(patient) is False}
        return [broken.isdisjoint(members) for members in self.every]

    def _claim(self, claim: Claim) -> list[bool]:
        kind, interval = claim.question.statistic, claim.interval
        if kind == "value":
            return self._told(claim.question, lambda values: bool(values) and all(map(interval.contains, values)))
        holds = {**dict.fromkeys(ROOTS, interval.contains_root), **dict.fromkeys(FLOATS, interval.contains_float)}
        judged: dict[Value, bool] = {}
        found = []
        for value in self.column(claim.question):
            if value is not None and value not in judged:
                judged[value] = holds.get(kind, interval.contains)(value)  # type: ignore[operator]
            found.append(value is not None and judged[value])
        return found

    # --- what is asked --------------------------------------------------------------------------------

    def mask(self, statements: Iterable[Statement]) -> int:
        """Statements as bits."""
        return sum(1 << self.statements.index(s) for s in set(statements))

    def consistent(self, imposed: Iterable[Statement]) -> list[int]:
        """The places of the multisets that satisfy these statements.

        ("kept", "ID NUMBER") is the statement that at most the others break the rule of this id.
        """
        imposed = set(imposed)
        kept = [s for s in imposed if s[0] == "kept"]
        mask = self.mask(imposed.difference(kept))
        found = [k for k, satisfied in enumerate(self.satisfied) if satisfied & mask == mask]
        for _, text in kept:
            id, number = text.split()
            found = [k for k in found if self.keepers(id)[k] >= int(number)]
        return found

    def keepers(self, rule: str) -> list[int]:
        """By how many patients of each multiset a rule isn't broken."""
        if rule not in self._keepers:
            holds = condition_of(dict(self.record.rules)[rule])
            broken = {k for k, patient in enumerate(self.patients) if holds(patient) is False}
            self._keepers[rule] = [sum(k not in broken for k in members) for members in self.every]
        return self._keepers[rule]

    @property
    def is_consistent(self) -> bool:
        """Whether some patients satisfy everything."""
        return (1 << len(self.statements)) - 1 in self.satisfied

    @cached_property
    def conflicts(self) -> set[frozenset[Statement]]:
        """Every minimal unsatisfiable subset of the statements.

        What the greatest satisfiable subsets leave out are the minimal corrections; the minimal conflicts are the
        smallest sets that share a member with each of them (Reiter, Artif Intell 1987;32:57).
        """
        everything = (1 << len(self.statements)) - 1
        corrections = _least([everything & ~satisfied for satisfied in set(self.satisfied)])
        return {self._named(bits) for bits in hitting_sets(corrections)} if 0 not in corrections else set()

    def _named(self, bits: int) -> frozenset[Statement]:
        return frozenset(s for k, s in enumerate(self.statements) if bits >> k & 1)

    def fewest(self, conflicts: Iterable[frozenset[Statement]]) -> list[frozenset[Statement]]:
        """The statements of the least weight without which none of these conflicts is left; all such sets.

        A claim weighs as many as print it.
        """
        weights = {("claim", same[0].id): len(same) for same in self.same.values()}
        hits = [self._named(bits) for bits in hitting_sets([self.mask(conflict) for conflict in conflicts])]
        weight = {hit: sum(weights.get(s, 1) for s in hit) for hit in hits}
        return [hit for hit in hits if weight[hit] == min(weight.values())]

    def values(self, question: Question, imposed: Iterable[Statement]) -> tuple[set[Value], bool]:
        """The values of a question over the patients that satisfy these statements; whether some give it none."""
        column = self.column(question)
        found = {column[k] for k in self.consistent(imposed)}
        return {value for value in found if value is not None}, None in found

    def told(self, claim: Statement, imposed: Iterable[Statement]) -> set[bool]:
        """Whether a claim holds of the patients that satisfy these statements: always, never, or now and then."""
        bit = self.mask([claim])
        return {bool(self.satisfied[k] & bit) for k in self.consistent(imposed)}

    def patients_of(self, place: int) -> list[Patient]:
        """The patients of a multiset."""
        return [self.patients[k] for k in self.every[place]]


def claims_by_content(record: Record) -> dict[tuple, tuple[Claim, ...]]:
    """The claims grouped by what they say, whatever the place where they say it."""
    groups: dict[tuple, list[Claim]] = {}
    for claim in record.claims:
        q, i = claim.question, claim.interval
        about = ast.dump(_tree(q.about)) if q.about else ""
        content = (q.where, about, q.statistic, q.versus, i.low, i.high, i.low_strict, i.high_strict)
        groups.setdefault(content, []).append(claim)
    return {content: tuple(same) for content, same in groups.items()}


def hitting_sets(families: Sequence[int]) -> list[int]:
    """The minimal sets of bits that share one with each family (Berge, Hypergraphs, 1989)."""
    hits = [0]
    for family in families:
        bits = [1 << k for k in range(family.bit_length()) if family >> k & 1]
        hits = _least([hit | bit for hit in hits for bit in ([0] if hit & family else bits)])
    return hits


def _least(sets: Iterable[int]) -> list[int]:
    """Those that hold no other."""
    found: list[int] = []
    for bits in sorted(set(sets), key=int.bit_count):
        if not any(other & bits == other for other in found):
            found.append(bits)
    return found
