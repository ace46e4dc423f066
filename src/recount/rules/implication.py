"""Whether one rule implies another, over all values there can be: proven, or refuted by an example.

A rule is split into alternatives, each a set of comparisons that hold together. Whether linear comparisons
can hold together is decided exactly, by eliminating one variable after the other (Fourier and Motzkin, as in
Schrijver, Theory of Linear and Integer Programming, 1986, section 12.2). Numbers are any numbers, not only
whole ones, so that an example may lie between two readings. Of whoever lacks a value nothing is said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import floor

from recount.rules.tree import And, Compare, Expression, ExpressionError, Implies, In, IsLevel, Not, Or, Sum

MOST_ALTERNATIVES = 2_000
MOST_BOUNDS = 2_000

Levels = Mapping[str, tuple[str, ...]]
Example = dict[str, Fraction | str]


@dataclass(frozen=True)
class Bound:
    """A sum of variables and a constant that is at most 0, or below it where `strict`."""

    terms: tuple[tuple[str, Fraction], ...]
    constant: Fraction
    strict: bool

    def coefficient(self, name: str) -> Fraction:
        """The coefficient of a variable."""
        return dict(self.terms).get(name, Fraction(0))


@dataclass(frozen=True)
class Among:
    """A category that has one of these levels."""

    name: str
    levels: frozenset[str]


Literal = Bound | Among


def counterexample(
    rule: Expression, implied: Expression, levels: Levels, facts: Iterable[Expression] = ()
) -> Example | None:
    """Values that satisfy the rule and the facts but not what should be implied; None where there are none.

    `levels` are the levels of the categories. Raises ExpressionError for rules of more than
    `MOST_ALTERNATIVES` alternatives.
    """
    return example(And((rule, Not(implied), *facts)), levels)


def implies(rule: Expression, implied: Expression, levels: Levels, facts: Iterable[Expression] = ()) -> bool:
    """Whether a rule and the facts imply another, of whoever lacks no value; raises as `counterexample` does."""
    return counterexample(rule, implied, levels, facts) is None


def example(rule: Expression, levels: Levels) -> Example | None:
    """Values that satisfy a rule; None where no values do. Raises ExpressionError as `counterexample` does."""
    for together in _alternatives(rule, True, levels):
        found = _satisfied(together, levels)
        if found is not None:
            return found
    return None


# Alternatives ------------------------------------------------------------------------------------


def _alternatives(node: Expression, wanted: bool, levels: Levels) -> list[tuple[Literal, ...]]:
    """The sets of literals, one of which holds wherever the node is true (or false, where that is wanted)."""
    match node:
        case Not():
            return _alternatives(node.item, not wanted, levels)
        case Implies():
            return _alternatives(Or((Not(node.left), node.right)), wanted, levels)
        case And() | Or():
            parts = [_alternatives(item, wanted, levels) for item in node.items]
            if isinstance(node, And) == wanted:
                return _every_choice(parts)
            return _limited([one for part in parts for one in part])
        case Compare():
            return _compared(node, wanted)
        case IsLevel():
            return [(_among_levels(node.name, (node.text,), (node.op == "==") == wanted, levels),)]
        case In() if all(isinstance(value, str) for value in node.values):
            return [(_among_levels(node.name, tuple(map(str, node.values)), wanted, levels),)]
        case In():
            sums = [Compare("==", _single_sum(node.name), Sum((), v)) for v in node.values if isinstance(v, Fraction)]
            return _alternatives(Or(tuple(sums)), wanted, levels)
    raise ExpressionError("two categories are compared, which is not looked through here")


def _single_sum(name: str) -> Sum:
    return Sum(((Fraction(1), name),))


def _limited(found: list[tuple[Literal, ...]]) -> list[tuple[Literal, ...]]:
    if len(found) > MOST_ALTERNATIVES:
        raise ExpressionError(f"a rule has at most {MOST_ALTERNATIVES} alternatives")
    return found


def _every_choice(parts: Sequence[list[tuple[Literal, ...]]]) -> list[tuple[Literal, ...]]:
    size = 1
    for part in parts:
        size *= len(part)
        if size > MOST_ALTERNATIVES:
            raise ExpressionError(f"a rule has at most {MOST_ALTERNATIVES} alternatives")
    return [tuple(literal for one in chosen for literal in one) for chosen in product(*parts)]


def _among_levels(name: str, texts: tuple[str, ...], wanted: bool, levels: Levels) -> Among:
    known = frozenset(levels.get(name, ())) | {"(another)"}
    return Among(name, frozenset(texts) if wanted else known - frozenset(texts))


def _compared(node: Compare, wanted: bool) -> list[tuple[Literal, ...]]:
    """The alternatives of a comparison: one, or two where it holds on either side of a value."""
    difference = _difference(node.left, node.right)
    up, down = (_scaled_linear(difference, Fraction(sign)) for sign in (-1, 1))
    op = node.op if wanted else OPPOSITE[node.op]
    if op == "==":
        return [(Bound(*down, False), Bound(*up, False))]
    if op == "!=":
        return [(Bound(*down, True),), (Bound(*up, True),)]
    return [(Bound(*(down if op.startswith("<") else up), op in ("<", ">")),)]


OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

Linear = tuple[tuple[tuple[str, Fraction], ...], Fraction]


def _difference(left: Sum, right: Sum) -> Linear:
    terms: dict[str, Fraction] = {}
    for sign, side in ((1, left), (-1, right)):
        for coefficient, name in side.terms:
            terms[name] = terms.get(name, Fraction(0)) + sign * coefficient
    return tuple((name, c) for name, c in terms.items() if c), left.constant - right.constant


def _scaled_linear(linear: Linear, factor: Fraction) -> Linear:
    return tuple((name, c * factor) for name, c in linear[0]), linear[1] * factor


# Linear comparisons ------------------------------------------------------------------------------


def _satisfied(together: Sequence[Literal], levels: Levels) -> Example | None:
    """Values that satisfy all literals, None where there are none."""
    allowed: dict[str, frozenset[str]] = {}
    for literal in together:
        if isinstance(literal, Among):
            allowed[literal.name] = allowed.get(literal.name, literal.levels) & literal.levels
    if not all(allowed.values()):
        return None
    numbers = _values_within([literal for literal in together if isinstance(literal, Bound)])
    if numbers is None:
        return None
    return {**numbers, **{name: min(texts) for name, texts in allowed.items()}}


def _values_within(bounds: list[Bound]) -> dict[str, Fraction] | None:
    """Values of all variables that keep the bounds, None where there are none."""
    order = sorted({name for bound in bounds for name, _ in bound.terms})
    left, waiting = bounds, []
    for name in order:
        about = [bound for bound in left if bound.coefficient(name)]
        waiting.append((name, about))
        left = [bound for bound in left if not bound.coefficient(name)]
        lows = [bound for bound in about if bound.coefficient(name) < 0]
        highs = [bound for bound in about if bound.coefficient(name) > 0]
        left += [_without(name, low, high) for low in lows for high in highs]
        if len(left) > MOST_BOUNDS:
            raise ExpressionError(f"a rule's comparisons give at most {MOST_BOUNDS} bounds")
    if any(bound.constant > 0 or (bound.strict and bound.constant == 0) for bound in left):
        return None
    values: dict[str, Fraction] = {}
    for name, about in reversed(waiting):
        values[name] = _between(name, about, values)
    return values


def _without(name: str, low: Bound, high: Bound) -> Bound:
    """What two bounds of a variable, from below and from above, say of the others."""
    down, up = high.coefficient(name), -low.coefficient(name)
    terms: dict[str, Fraction] = {}
    for factor, bound in ((down, low), (up, high)):
        for other, coefficient in bound.terms:
            terms[other] = terms.get(other, Fraction(0)) + factor * coefficient
    kept = tuple((other, c) for other, c in terms.items() if c)
    return Bound(kept, down * low.constant + up * high.constant, low.strict or high.strict)


def _between(name: str, about: Sequence[Bound], values: Mapping[str, Fraction]) -> Fraction:
    """A value that keeps the bounds of a variable where the others are known: a whole one where one does."""
    lows: list[tuple[Fraction, bool]] = []
    highs: list[tuple[Fraction, bool]] = []
    for bound in about:
        rest = bound.constant + sum((c * values[other] for other, c in bound.terms if other != name), Fraction(0))
        end = -rest / bound.coefficient(name)
        (highs if bound.coefficient(name) > 0 else lows).append((end, bound.strict))
    low = max(lows, default=None)
    high = min(highs, key=lambda end: (end[0], not end[1]), default=None)
    if low is None:
        return Fraction(0) if high is None else Fraction(floor(high[0]) - high[1])
    whole = Fraction(floor(low[0]) + 1 if low[1] or low[0] != floor(low[0]) else floor(low[0]))
    if high is None or whole < high[0] or (whole == high[0] and not high[1]):
        return whole
    return low[0] if low[0] == high[0] else (low[0] + high[0]) / 2
