"""A question about a record put in words of its own: an expression, whom it is about, and a statistic.

An expression that isn't a variable becomes one, with a rule that says what it is; so the solver and the verifier take
it as they take any other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import gcd, lcm
from pathlib import Path

from recount.audit.range import LIMIT, Question, Range
from recount.audit.search import range_of
from recount.audit.session import Asked, Session
from recount.record import (
    MOST_STEPS,
    Fault,
    Faults,
    Population,
    Row,
    Rule,
    Schema,
    Study,
    Variable,
    comparisons_fit,
    patients_of,
    read_table,
    sum_fits,
)
from recount.rules import (
    And,
    Compare,
    Expression,
    ExpressionError,
    Implies,
    Not,
    Sum,
    certain,
    exact_number,
    names,
    parse,
    parse_sum,
    resolve,
    resolve_sum,
)
from recount.running import each_result, holding, pace_text

OF_CONDITIONS = ("count", "percent")
OF_NUMBERS = ("median", "p25", "p75", "min", "max", "mean", "sum", "shift")
QUESTIONS = Schema(
    "questions.csv",
    ("id", "question", "expression", "where", "statistic", "unit", "note"),
    ("otherwise", "versus"),
    200,
)
COLUMNS = ("id", "question", "expression", "where", "statistic", "otherwise", "versus", "unit", "note")
ASKED = "ASKED"  # the name of a question's own variable, population or rule


@dataclass(frozen=True)
class Put:
    """A question as it is asked of a record: `study` is the record with what the question adds to it, if it `adds`."""

    study: Study
    question: Question
    adds: bool = False


@dataclass(frozen=True)
class Listed:
    """A question of a file, with the texts of its row by column."""

    put: Put
    texts: dict[str, str]


def put(
    study: Study, expression: str, where: str = "", statistic: str = "", otherwise: str = "", versus: str = ""
) -> Put:
    """The question of an expression's statistic among the patients of `where`, a population's name or a condition.

    `statistic` is count where none is given and the expression is a condition, median where it is a number.
    `otherwise` is the number that those count with who don't have the expression's value. Raises Faults, all at once.
    """
    asking = _Asking(study, lambda part, rule, got, remedy: Fault("the question", None, part, rule, got, remedy))
    found = asking.put(expression, where, statistic, otherwise, versus)
    if found is None:
        raise Faults(asking.faults)
    return found


def read_questions(study: Study, path: Path) -> list[Listed]:
    """The questions of a CSV file about a record. Raises Faults, all at once."""
    table = read_table(path.parent, replace(QUESTIONS, file=path.name))
    found, faults = [], []
    for row in table.rows:
        asking = _Asking(study, _faults_of(row))
        one = asking.put(row["expression"], row["where"], row["statistic"], row["otherwise"], row["versus"])
        faults += asking.faults
        if one is not None:
            found.append(Listed(one, {column: row[column] for column in COLUMNS}))
    if table.faults or faults:
        raise Faults([*table.faults, *faults])
    return found


def answer(session: Session, put: Put, limit: float = LIMIT) -> Range:
    """The range of a question over all cohorts of a record."""
    return range_of(session, Asked(put.question, put.study, put.adds), limit)


def answers(
    session: Session,
    asked: Sequence[Put],
    limit: float = LIMIT,
    workers: int | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Range]:
    """The ranges of several questions, in their order. The same for any number of workers."""
    found: dict[int, Range] = {}
    began = time.monotonic()
    task = partial(_numbered, asked, limit)
    for number, one in each_result(task, range(len(asked)), holding(session), workers):
        found[number] = one
        say(pace_text(len(found), len(asked), "questions", 0, time.monotonic() - began))
    return [found[number] for number in sorted(found)]


def _numbered(asked: Sequence[Put], limit: float, session: Session, number: int) -> Range:
    return answer(session, asked[number], limit)


def _faults_of(row: Row) -> Callable[[str, str, str, str], Fault]:
    return lambda part, rule, got, remedy: Fault(row.table.file, row.line, part, rule, got, remedy)


class _Asking:
    """Puts one question, noting every fault."""

    def __init__(self, study: Study, fault: Callable[[str, str, str, str], Fault]) -> None:
        self.study, self.fault = study, fault
        self.faults: list[Fault] = []

    def put(self, text: str, where: str, statistic: str, otherwise: str, versus: str) -> Put | None:
        """The question, None where it has faults."""
        study, population = self._whom(where)
        condition = self._condition(text)
        if condition is not None:
            self._check(statistic or "count", OF_CONDITIONS, "a condition")
            if otherwise:
                self._note("otherwise", "only a number has a value for those without one", otherwise, "leave it out")
            question = Question(population, text, statistic or "count", "", condition)
            return None if self.faults else Put(study, question, study is not self.study)
        number = self._number(text)
        self._check(statistic or "median", OF_NUMBERS, "a number")
        self._check_versus(statistic, versus)
        if number is None or self.faults:
            return None
        study, name = self._named(study, number, otherwise)
        question = Question(population, name, statistic or "median", versus)
        return None if self.faults else Put(study, question, study is not self.study)

    def _note(self, part: str, rule: str, got: str, remedy: str) -> None:
        self.faults.append(self.fault(part, rule, got, remedy))

    def _check(self, statistic: str, known: tuple[str, ...], what: str) -> None:
        if statistic not in known:
            self._note("statistic", f"the statistic of {what} is one of {', '.join(known)}", statistic, "choose one")

    def _check_versus(self, statistic: str, versus: str) -> None:
        if (statistic == "shift") != bool(versus):
            rule = "a shift, and only a shift, is from one variable to another, `versus`"
            self._note("versus", rule, versus, "name the second variable, or leave it out")
        elif versus and (versus not in self.study.variables or self.study.variables[versus].kind == "category"):
            self._note("versus", "a shift is to a variable that is a number", versus, "name one of the record")

    def _whom(self, where: str) -> tuple[Study, str]:
        """The record with a population for these patients, and its name."""
        if where in self.study.populations:
            return self.study, where
        everybody = next((p.name for p in self.study.populations.values() if p.where is None), None)
        if not where and everybody is not None:
            return self.study, everybody
        condition = self._parsed("where", where, self.study) if where else None
        name = _unused(self.study.populations)
        added = Population(name, condition, "whom the question is about")
        return replace(self.study, populations={**self.study.populations, name: added}), name

    def _parsed(self, part: str, text: str, study: Study) -> Expression | None:
        try:
            found = resolve(parse(text), study.variables)
        except ExpressionError as error:
            self._refuse(part, text, error)
            return None
        if not comparisons_fit(found, study.variables):
            self._note(part, "numbers of an expression are small enough to be added up", text, "use smaller ones")
        return found

    def _refuse(self, part: str, text: str, error: ExpressionError) -> None:
        place = "" if error.position is None else f", at character {error.position}"
        for problem in error.problems:
            self._note(part, problem + place, text, "mend the expression")

    def _condition(self, text: str) -> Expression | None:
        """The condition that a text is, None where it is a number or nothing at all."""
        try:
            parse_sum(text)
        except ExpressionError:
            return self._parsed("expression", text, self.study)
        return None

    def _number(self, text: str) -> Sum | None:
        try:
            found = resolve_sum(parse_sum(text), self.study.variables)
        except ExpressionError as error:
            if not self.faults:
                self._refuse("expression", text, error)
            return None
        if not any(factor for factor, _ in found.terms):
            self._note("expression", "a number is about a variable at least", text, "name one")
        if not sum_fits(found, self.study.variables, patients_of(self.study)):
            self._note(
                "expression", "numbers of an expression are small enough to be added up", text, "use smaller ones"
            )
        return found

    def _named(self, study: Study, number: Sum, otherwise: str) -> tuple[Study, str]:
        """The record with a variable that is this number, and its name; the variable itself where it is one."""
        if number.name is not None and not otherwise:
            return study, number.name
        having = [w for name in sorted(names(number)) if (w := study.variables[name].where) is not None]
        has: Expression | None = None if not having else having[0] if len(having) == 1 else And(tuple(having))
        other = self._otherwise(otherwise, has)
        if self.faults:
            return study, ""
        values = [*_ends(study, number), *([] if other is None else [other])]
        step = _step(
            [c * (study.variables[n].step or Fraction(1)) for c, n in number.terms], [*values, number.constant]
        )
        if (max(values) - min(values)) / step > MOST_STEPS:
            self._note(
                "expression", f"a number takes at most {MOST_STEPS} values", str(number), "ask something coarser"
            )
        name = _unused(study.variables)
        whom = has if other is None else None
        added = Variable(name, "decimal", "", step, min(values), max(values), (), whom, "asked")
        rules = [_rule(study, name, has, number)]
        if other is not None and has is not None:
            others = Not(certain(has, {n: v.where for n, v in study.variables.items()}))  # `has` may be unknown
            rules.append(_rule(replace(study, rules=(*study.rules, *rules)), name, others, Sum((), other)))
        study = replace(study, variables={**study.variables, name: added}, rules=(*study.rules, *rules))
        return study, name

    def _otherwise(self, text: str, has: Expression | None) -> Fraction | None:
        if not text:
            return None
        if has is None:
            self._note("otherwise", "it is for those who lack the value, and everybody has it", text, "leave it out")
            return None
        try:
            return exact_number(text)
        except ExpressionError:
            self._note("otherwise", 'a number is digits with at most one point, such as "31"', text, "give a number")
            return None


def _unused(taken: Collection[str]) -> str:
    """A name that nothing has."""
    return next(name for k in range(len(taken) + 1) if (name := ASKED + "_" * k) not in taken)


def _rule(study: Study, name: str, has: Expression | None, number: Sum) -> Rule:
    """The rule that the variable of this name is the number, for those of `has`."""
    same = Compare("==", Sum(((Fraction(1), name),)), number)
    rule: Expression = same if has is None else Implies(has, same)
    return Rule(_unused([r.id for r in study.rules]), "", rule, str(rule), "what the question is about")


def _ends(study: Study, number: Sum) -> tuple[Fraction, Fraction]:
    """The least and the greatest value of a sum by its variables' ranges."""
    low = high = number.constant
    for factor, name in number.terms:
        variable = study.variables[name]
        assert variable.low is not None and variable.high is not None, f"{name} is a number"
        one, other = sorted((factor * variable.low, factor * variable.high))
        low, high = low + one, high + other
    return low, high


def _step(steps: list[Fraction], offsets: list[Fraction]) -> Fraction:
    """The greatest step of which all of these are multiples."""
    every = [x for x in (*steps, *offsets) if x]
    scale = lcm(*(x.denominator for x in every))
    return Fraction(gcd(*(int(x * scale) for x in every)), scale)
