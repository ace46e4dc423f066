"""Unknown patients: one integer for each patient and variable, and a truth for each expression about them.

A number is counted in steps of its variable (its measuring resolution), a category by the place of its level, so
every sum is one of whole numbers. `constraints` says what the claims ask of these unknowns, `solve` finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any, TypeAlias, TypeVar

from ortools.sat.python import cp_model, cp_model_helper

from recount.record import Study, Variable, step_of, step_range
from recount.rules import And, Compare, Expression, Implies, In, IsLevel, Not, Or, SameLevel, Sum, names

Literal: TypeAlias = cp_model_helper.Literal  # an unknown of nought or one, or its negation
Linear: TypeAlias = cp_model.LinearExpr | int  # a sum of unknowns, or a number
Number: TypeAlias = cp_model.IntVar  # an unknown
Condition: TypeAlias = cp_model.BoundedLinearExpression | bool  # a comparison of sums; True and False where known
Made = TypeVar("Made")


class Unknowns:
    """`size` unknown patients with some of a study's variables.

    `cp` is the solver's model, `on[kind, id]` the truth of "this statement is imposed". The expressions of
    `everybody` hold for all patients (a subproblem solved apart has only such patients); `fixed` gives each patient the
    codes of categories that are known beforehand. Patients within a class of `alike` are interchangeable, and are put
    in the order of the variable `by`, by which nothing is lost. `relaxed` unknowns satisfy less than the statements:
    what is proven of them is proven, what is found isn't.
    """

    def __init__(
        self,
        study: Study,
        size: int,
        variables: Iterable[str],
        everybody: Iterable[Expression] = (),
        fixed: Sequence[Mapping[str, int]] = (),
        by: str = "",
        alike: Iterable[Sequence[int]] = (),
        relaxed: bool = False,
    ) -> None:
        self.study, self.size, self.relaxed = study, size, relaxed
        self.cp = cp_model.CpModel()
        self.true, self.false = self.cp.new_constant(1), self.cp.new_constant(0)
        self.everybody = frozenset(everybody)
        self.fixed = fixed or [{} for _ in range(size)]
        self.variables = {name: study.variables[name] for name in [*self.fixed[0], *variables]} if size else {}
        self._kept: dict[tuple, Any] = {}
        self.x = {(i, name): self._unknown(i, v) for name, v in self.variables.items() for i in range(size)}
        self.on: dict[tuple[str, str], Literal] = {}
        self._truths: dict[tuple[int, Expression, bool], Literal] = {}
        self.by, self.alike = by, [list(group) for group in alike if by]
        for one, next_one in (pair for group in self.alike for pair in pairwise(group)):
            self.cp.add(self.x[one, by] <= self.x[next_one, by])

    def _unknown(self, i: int, variable: Variable) -> cp_model.IntVar:
        if variable.name in self.fixed[i]:
            return self.cp.new_constant(self.fixed[i][variable.name])
        low, high = step_range(variable)
        x = self.cp.new_int_var(low, high, f"{variable.name}[{i}]")
        if variable.kind == "category":
            self._levels(i, variable, x)
        return x

    def _levels(self, i: int, variable: Variable, x: cp_model.IntVar) -> None:
        """A Boolean a level, of which exactly one holds: sums over patients then add up in linear relaxations too."""
        has = [self.cp.new_bool_var("") for _ in variable.levels]
        self.cp.add_exactly_one(has)
        self.cp.add(x == sum(code * level for code, level in enumerate(has)))
        self._kept |= {("code", i, variable.name, code): level for code, level in enumerate(has)}

    def forked(self) -> Unknowns:
        """The same unknowns with a model of their own: what one question adds is not in the way of the next."""
        other = copy(self)
        other.cp = self.cp.clone()
        other._kept, other._truths, other.on = dict(self._kept), dict(self._truths), dict(self.on)
        return other

    def keep(self, key: tuple, make: Callable[[], Made]) -> Made:
        """What `make()` gave the first time this key was asked for: an auxiliary unknown is made once."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: Made = self._kept[key]
        return kept

    # truths -----------------------------------------------------------------------------------------------------

    def truth(self, i: int, expression: Expression | None) -> Literal:
        """The Boolean that is 1 exactly when the expression is true of patient i; no expression is true of all."""
        return self.true if expression is None else self._is(True, i, expression)

    def breaks(self, i: int, rule: Expression) -> Literal:
        """The Boolean that is 1 exactly when the rule is false of patient i; one that is unknown isn't broken."""
        return self._is(False, i, rule)

    def keeps(self, i: int, rule: Expression) -> Literal:
        """The Boolean that is 1 exactly when patient i doesn't break the rule: it is true or unknown."""
        return self.negated(self.breaks(i, rule))

    def _is(self, wanted: bool, i: int, node: Expression) -> Literal:
        """Whether an expression is true of a patient or, where that is wanted, false."""
        if node in self.everybody:
            return self.true if wanted else self.false
        key = i, node, wanted
        if key not in self._truths:
            self._truths[key] = self._make_truth(wanted, i, node)
        return self._truths[key]

    def _make_truth(self, wanted: bool, i: int, node: Expression) -> Literal:
        """Carried down to the comparisons by De Morgan's laws: each is true, or false, only where its values exist."""
        match node:
            case And(items):
                return (self.all_of if wanted else self.any_of)([self._is(wanted, i, item) for item in items])
            case Or(items):
                return (self.any_of if wanted else self.all_of)([self._is(wanted, i, item) for item in items])
            case Not(item):
                return self._is(not wanted, i, item)
            case Implies(left, right):
                return self._is(wanted, i, Or((Not(left), right)))
            case _:
                present = [self.truth(i, self.variables[name].where) for name in sorted(names(node))]
                atom = self.keep(("atom", i, node), lambda: self._make_atom(i, node))
                return self.all_of([*present, atom if wanted else self.negated(atom)])

    def _make_atom(self, i: int, node: Expression) -> Literal:
        match node:
            case Compare(op, left, right):
                return self.comparison(op, self.difference(i, left, right))
            case IsLevel(op, name, text):
                level = self.is_one_of(i, name, [self.variables[name].levels.index(text)])
                return level if op == "==" else self.negated(level)
            case In(name, values):
                return self.is_one_of(i, name, [self.code(name, value) for value in values])
            case SameLevel(op, left, right):
                same = self._has_same_level(i, left, right)
                return same if op == "==" else self.negated(same)
        raise TypeError(f"no truth for {node!r}")

    def _has_same_level(self, i: int, left: str, right: str) -> Literal:
        """Whether two categories have the same text; codes alone tell it only where both list the same levels."""
        first, second = self.variables[left].levels, self.variables[right].levels
        if first == second:
            return self.comparison("==", self.x[i, left] - self.x[i, right])
        both = [[(n, self.variables[n].levels.index(text)) for n in (left, right)] for text in first if text in second]
        return self.any_of([self.all_of([self._is_code(i, n, code) for n, code in pair]) for pair in both])

    def code(self, name: str, value: str | Fraction) -> int | None:
        """The whole number that stands for a value, None where it is off the variable's steps."""
        if isinstance(value, str):
            return self.variables[name].levels.index(value)
        steps = value / step_of(self.variables[name])
        return steps.numerator if steps.denominator == 1 else None

    def difference(self, i: int, left: Sum, right: Sum) -> Linear:
        """left - right for patient i, multiplied so that all is whole."""
        terms = [(c, n) for c, n in left.terms] + [(-c, n) for c, n in right.terms]
        scaled = [(c * step_of(self.variables[n]), n) for c, n in terms]
        constant = left.constant - right.constant
        scale = lcm(constant.denominator, *(c.denominator for c, _ in scaled))
        return sum(int(c * scale) * self.x[i, n] for c, n in scaled) + int(constant * scale)

    def comparison(self, op: str, expr: Linear) -> Literal:
        if op == "!=":
            return self.negated(self.comparison("==", expr))
        truth = self.cp.new_bool_var("")
        yes, no = {
            "==": (expr == 0, expr != 0),
            "<": (expr <= -1, expr >= 0),
            "<=": (expr <= 0, expr >= 1),
            ">": (expr >= 1, expr <= 0),
            ">=": (expr >= 0, expr <= -1),
        }[op]
        self.cp.add(yes).only_enforce_if(truth)
        self.cp.add(no).only_enforce_if(truth.negated())
        return truth

    def is_one_of(self, i: int, name: str, codes: list[int | None]) -> Literal:
        """The Boolean that is 1 exactly when patient i's code is among these."""
        return self.any_of([self._is_code(i, name, code) for code in codes if code is not None])

    def _is_code(self, i: int, name: str, code: int) -> Literal:
        if name in self.fixed[i]:
            return self.true if self.fixed[i][name] == code else self.false
        return self.keep(("code", i, name, code), lambda: self.comparison("==", self.x[i, name] - code))

    def negated(self, literal: Literal) -> Literal:
        """The Boolean that is 1 exactly when this is 0; a constant stays one."""
        if literal is self.true:
            return self.false
        return self.true if literal is self.false else literal.negated()

    def all_of(self, literals: list[Literal]) -> Literal:
        """The Boolean that is 1 exactly when all of these are."""
        if any(x is self.false for x in literals):
            return self.false
        literals = [x for x in literals if x is not self.true]
        if len(literals) < 2:
            return literals[0] if literals else self.true
        both = self.cp.new_bool_var("")
        self.cp.add_bool_and(literals).only_enforce_if(both)
        self.cp.add_bool_or([*(x.negated() for x in literals), both])
        return both

    def any_of(self, literals: list[Literal]) -> Literal:
        """The Boolean that is 1 exactly when one of these is."""
        return self.negated(self.all_of([self.negated(x) for x in literals]))

    def require(self, condition: Condition, under: Iterable[Literal] = ()) -> None:
        """A condition holds, of all patients there are or where all of these truths do."""
        self.cp.add(condition).only_enforce_if(list(under))

    def within(self, expr: Linear, low: int, high: int, under: Iterable[Literal] = ()) -> None:
        """An expression lies between two numbers."""
        self.cp.add_linear_constraint(expr, low, high).only_enforce_if(list(under))

    def number(self, low: int, high: int) -> cp_model.IntVar:
        """One more unknown number."""
        return self.cp.new_int_var(low, high, "")

    def some_truth(self) -> Literal:
        """One more unknown Boolean."""
        return self.cp.new_bool_var("")

    def exactly_one(self, literals: Iterable[Literal]) -> None:
        """Exactly one of these holds."""
        self.cp.add_exactly_one(literals)

    def some_hold(self, literals: Iterable[Literal]) -> None:
        """One of these holds at least."""
        self.cp.add_bool_or(literals)

    def forbid(self, case: Iterable[Literal]) -> None:
        """These don't all hold."""
        self.cp.add_bool_or([self.negated(literal) for literal in case])

    # populations ------------------------------------------------------------------------------------------------

    def member(self, i: int, population: str) -> Literal:
        """Whether patient i belongs to a population."""
        return self.truth(i, self.study.populations[population].where)

    def members(self, population: str) -> list[Literal]:
        """Whether each patient belongs to a population."""
        return [self.member(i, population) for i in range(self.size)]

    def has(self, i: int, population: str, name: str) -> Literal:
        """Whether patient i belongs to a population and has a value of a variable."""
        return self.all_of([self.member(i, population), self.truth(i, self.variables[name].where)])

    def number_of(self, key: tuple, literals: list[Literal]) -> cp_model.IntVar:
        """How many of these hold, as one unknown."""

        def make() -> cp_model.IntVar:
            if all(x is self.true or x is self.false for x in literals):
                return self.cp.new_constant(sum(x is self.true for x in literals))
            count = self.cp.new_int_var(0, self.size, "")
            self.cp.add(count == sum(literals))
            return count

        return self.keep(("number", *key), make)

    def with_value(self, population: str, name: str) -> tuple[list[Literal], cp_model.IntVar]:
        """Who of a population has a value of a variable, and how many."""
        who = [self.has(i, population, name) for i in range(self.size)]
        return who, self.number_of(("has", population, name), who)

    def at_least_one(self, number: cp_model.IntVar) -> Literal:
        """Whether a number isn't nought."""
        domain = list(number.proto.domain)
        if domain[0] > 0:
            return self.true
        return self.keep(("some", number.index), lambda: self.comparison(">=", number - 1))

    def possible(self, number: Linear) -> range:
        """The whole numbers from the least to the greatest that an unknown's domain allows."""
        low, high = self.ends(number)
        return range(low, high + 1)

    def bounds(self, name: str) -> tuple[int, int]:
        """The least and the greatest code of a variable."""
        return step_range(self.variables[name])

    def ends(self, expr: Linear) -> tuple[int, int]:
        """The least and the greatest that an expression can be by its unknowns' domains alone."""
        if isinstance(expr, int):
            return expr, expr
        flat = cp_model.FlatIntExpr(expr)
        domains = [list(v.proto.domain) for v in flat.vars]  # a list first: the proto's own [-1] is wrong
        ends = [(int(c) * d[0], int(c) * d[-1]) for c, d in zip(flat.coeffs, domains, strict=True)]
        low, high = (int(flat.offset) + sum(pick(pair) for pair in ends) for pick in (min, max))
        return low, high

    def unknown(self, key: tuple, expr: Linear) -> cp_model.IntVar:
        """An expression as one unknown, made once for its key."""

        def make() -> cp_model.IntVar:
            if isinstance(expr, int):
                return self.cp.new_constant(expr)
            made = self.cp.new_int_var(*self.ends(expr), "")
            self.cp.add(made == expr)
            return made

        return self.keep(("unknown", *key), make)

    def half(self, condition: Condition, has: Literal) -> Literal:
        """A Boolean that may be 1 only where the condition holds for somebody who counts."""
        if has is self.false:
            return self.false
        truth = self.cp.new_bool_var("")
        self.cp.add(condition).only_enforce_if(truth)
        self.cp.add_implication(truth, has)
        return truth

    def in_order(self, name: str, who: Sequence[Literal]) -> list[cp_model.IntVar] | None:
        """The values of those who count from the least to the greatest, where they are known to be in that order."""
        counted = {i for i, has in enumerate(who) if has is self.true}
        if name != self.by or len(counted) + sum(has is self.false for has in who) < self.size:
            return None
        group = next((group for group in self.alike if counted and counted <= set(group)), None)
        return None if group is None else [self.x[i, name] for i in group if i in counted]

    def if_has(self, expr: Linear, has: Literal, high: int | None = None) -> Linear:
        """The expression where somebody counts and nought elsewhere."""
        if has is self.true or has is self.false:
            return expr if has is self.true else 0
        high = max(map(abs, self.ends(expr))) if high is None else high
        counted = self.cp.new_int_var(-high, high, "")
        self.cp.add(counted == expr).only_enforce_if(has)
        self.cp.add(counted == 0).only_enforce_if(has.negated())
        return counted

    def statement(self, kind: str, id: str) -> Literal:
        """The truth of "this claim or rule is imposed"."""
        return self.on.setdefault((kind, id), self.cp.new_bool_var(f"{kind} {id}"))


def only_value(number: Linear) -> int | None:
    """The one number that an unknown can be, None where it can be several."""
    if not isinstance(number, cp_model.IntVar):
        return number if isinstance(number, int) else None
    domain = list(number.proto.domain)
    return domain[0] if domain[0] == domain[-1] else None
