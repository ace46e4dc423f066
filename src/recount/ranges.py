"""How small and how great a statistic can be over all patients who satisfy a record, each end proven and confirmed.

An end has two numbers: what is `reached` by patients whom the verifier, which doesn't know the solver, has confirmed,
and the `bound` that the solver has proven nothing to pass. Where they meet the end is proven.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import pandas as pd

from recount.basis import Basis, joint_home
from recount.consistent import Held
from recount.expressions import Expression, names
from recount.quantities import QUANTITIES, Quantity
from recount.solve import FOUND, NONE, UNDECIDED, Answer, Statement, extreme
from recount.study import Study
from recount.verify import About, Value, value_in

LIMIT = 10.0  # deterministic seconds for one question to the solver
RANKED = ("wilcoxon_z", "wilcoxon_p")
ROUGH = 1e-6  # the solver's bound of whole numbers is a float


@dataclass(frozen=True)
class Question:
    """What is asked: a statistic of a variable or condition in a population, against `versus` where it needs it."""

    population: str
    variable: str
    statistic: str
    versus: str = ""
    condition: Expression | None = None


@dataclass(frozen=True)
class End:
    """`reached` by patients whom the verifier confirmed, `bound` proven not to be passed; None where there is none."""

    reached: Value | None = None
    bound: Value | None = None
    patients: pd.DataFrame | None = None

    @property
    def proven(self) -> bool:
        """Whether what is reached is proven to be the end."""
        return self.reached is not None and self.reached == self.bound


@dataclass(frozen=True)
class Range:
    """The least and the greatest value over all consistent patients.

    `status` is found, none (proven: no consistent patients have such a value) or undecided.
    """

    status: str
    low: End = End()
    high: End = End()
    limit: float = LIMIT

    @property
    def proven(self) -> bool:
        """Whether both ends are."""
        return self.low.proven and self.high.proven

    def within(self, wider: Range) -> Range:
        """Itself, with the bounds of a range proven for fewer statements where those are nearer."""
        low, high = self.low, self.high
        if wider.low.bound is not None and (low.bound is None or wider.low.bound > low.bound):
            low = replace(low, bound=wider.low.bound)
        if wider.high.bound is not None and (high.bound is None or wider.high.bound < high.bound):
            high = replace(high, bound=wider.high.bound)
        return replace(self, low=low, high=high)

    @property
    def proof(self) -> str:
        """How far it is proven, in words."""
        if self.status == NONE:
            return "proven: nobody has it"
        return "proven" if self.proven else f"not proven within {self.limit:g} s"


def range_of(
    basis: Basis,
    question: About,
    without: Collection[Statement] = (),
    limit: float = LIMIT,
    study: Study | None = None,
    also: Collection[Statement] = (),
) -> Range:
    """The range of a statistic over everything that holds together, the statements `without` not imposed.

    Those in `also` are imposed although they are set aside otherwise. `study` is the record with the question's own
    variables, rules and populations, where it has some.
    """
    asked = study or basis.study
    where = asked.populations[question.population].where
    by = question.variable if question.variable in asked.variables else ""
    about = _about(asked, question)
    home = basis.home(about, where, by, study)
    search = _Search(basis, home, question, without, also, limit, asked)
    if home is basis.first and set(without) & home.active:
        return _of_the_frame(basis, search)
    found = search.range()
    if not found.proven and any(c.statistic in RANKED for c in home.block.claims):
        relaxed = _Search(basis, basis.home(about, where, by, study, True), question, without, also, limit / 5, asked)
        return found.within(relaxed.range())
    return found


def _about(study: Study, question: About) -> set[str]:
    """The variables a question is about, with those that say whom it is about."""
    about = {n for n in (question.variable, question.versus) if n in study.variables}
    about |= set() if question.condition is None else names(question.condition)
    for population in (question.population, question.versus):
        where = study.populations[population].where if population in study.populations else None
        if where is not None and not (about and all(study.variables[n].where == where for n in about)):
            about |= names(where)
    return about


def _of_the_frame(basis: Basis, search: _Search) -> Range:
    """The range of a claim that the frame may rest on: solved jointly where the frame's own claims don't fix it."""
    alone = search.range()
    if alone.status == FOUND and alone.low.bound == alone.high.bound:
        return alone
    question, study = search.question, search.study
    return _Search(basis, joint_home(basis), question, search.without, search.also, search.limit, study).range()


class _Search:
    """The search for one question's ends in one block's unknowns."""

    def __init__(
        self,
        basis: Basis,
        home: Held,
        question: About,
        without: Collection[Statement],
        also: Collection[Statement],
        limit: float,
        study: Study,
    ) -> None:
        self.basis, self.home, self.question, self.study = basis, home, question, study
        self.without, self.also, self.limit = frozenset(without), frozenset(also), limit
        key = question.population, question.variable, question.condition, question.statistic, question.versus
        self.quantity: Quantity = QUANTITIES[question.statistic](home.u, question)
        self.numerator = home.u.unknown(("numerator", *key), self.quantity.numerator)
        self.denominator = home.u.unknown(("denominator", *key), self.quantity.denominator)

    def range(self) -> Range:
        """Both ends."""
        low, high = self.end(False), self.end(True)
        if NONE in (low[0], high[0]):
            return Range(NONE, limit=self.limit)
        status = UNDECIDED if UNDECIDED in (low[0], high[0]) else FOUND
        return Range(status, low[1], high[1], self.limit)

    def end(self, greatest: bool) -> tuple[str, End]:
        """The status and the end on one side.

        Where no patients better the best value so far, it is proven: a quotient is bettered where numerator - best *
        denominator passes nought, and each answer is the next best (Dinkelbach, Manage Sci 1967;13:492).
        """
        answer = self._ask((1, 0), greatest)
        if answer.status != FOUND:
            return answer.status, End()
        if isinstance(self.quantity.denominator, int):
            bound = floor(answer.bound + ROUGH) if greatest else ceil(answer.bound - ROUGH)
            return FOUND, self._confirmed(answer, Fraction(bound, self.quantity.denominator))
        while True:
            best = Fraction(*answer.terms)
            better = self._ask((best.denominator, -best.numerator), greatest, answer)
            if better.status != FOUND or better.objective == 0:
                proven = better.status == FOUND and better.best
                return FOUND, self._confirmed(answer, best if proven else None)
            answer = better

    def _ask(self, factors: tuple[int, int], greatest: bool, start: Answer | None = None) -> Answer:
        active = (self.home.active | self.also) - self.without
        terms = list(zip(factors, (self.numerator, self.denominator), strict=True))
        values = start.values if start else self.home.values
        return extreme(self.home.u, active, terms, greatest, self.limit, values, [self.quantity.defined])

    def _confirmed(self, answer: Answer, bound: Fraction | None) -> End:
        """The end with its patients, reached where the verifier finds them consistent and gives the value back."""
        table = self.basis.table(self.home, answer.values, self.study)
        value = value_in(self.study, self.question, table)
        expected = Fraction(*answer.terms) * self.quantity.scale
        bound = None if bound is None else bound * self.quantity.scale
        if value != expected or self.basis.broken(table, self.without):
            return End(None, bound)
        return End(value, bound, table)
