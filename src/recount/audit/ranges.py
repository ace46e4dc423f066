"""How small and how great a statistic can be over all patients who satisfy a record, each end proven and confirmed.

An end has two numbers: what is `reached` by patients whom the verifier, which doesn't know the solver, has confirmed,
and the `bound` that the solver has proven nothing to pass. Where they meet the end is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pandas as pd

from recount.checks import distances, p_to_z, z_squared
from recount.moments import is_about, is_moment_block, moment_patients, moment_range
from recount.ranks import RANKED, SHIFT, is_of_ranks, is_rank_block, rank_range, z_or_p
from recount.reconstruct import Basis, Held, joint_home, open_cuts, part_of, with_cut_off
from recount.record import Claim, Printed, Rule, Study
from recount.results import NOBODY, NOT_PROVEN, PROVEN, REACHED_NEARLY
from recount.rules import Expression, evaluate, names
from recount.solver import (
    FOUND,
    NONE,
    QUANTITIES,
    SQUARED,
    UNDECIDED,
    Answer,
    BlockEnds,
    Literal,
    Quantity,
    Statement,
    extreme,
    found_with,
    is_known,
    only_value,
    pairs_of_ties,
    signed_ranks,
    soon_found_with,
)
from recount.verify import About, Value, value_in

LIMIT = 2.0  # deterministic seconds for one question to the solver
UNASKABLE = frozenset({"stated", "chi2", "chi2_p"})
MOST_VALUES = 8  # that are tried one by one from what is proven
SHARE = 0.25  # of the time, for the part of a block that a question is about
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
        """Itself, with the nearer bounds of a range of fewer statements, and its ends where none is reached here.

        An end that is reached is confirmed for all statements, whichever were put to the solver.
        """
        low = _nearer(self.low, wider.low, max)
        high = _nearer(self.high, wider.high, min)
        both = low.reached is not None and high.reached is not None
        return replace(self, low=low, high=high, status=FOUND if both else self.status)

    def joined(self, other: Range) -> Range:
        """The nearer bounds of two ranges of the same, and the farther ends that are reached."""
        if NONE in (self.status, other.status):
            return replace(self, status=NONE, low=End(), high=End())
        ends = []
        for one, two, near, far in ((self.low, other.low, max, min), (self.high, other.high, min, max)):
            reached = {end.reached: end for end in (two, one) if end.reached is not None}
            best = reached[far(reached)] if reached else End()
            ends.append(_nearer(replace(best, bound=one.bound), two, near))
        both = ends[0].reached is not None and ends[1].reached is not None
        return replace(self, low=ends[0], high=ends[1], status=FOUND if both else self.status)

    @property
    def proof(self) -> str:
        """How far it is proven, in words."""
        if self.status == NONE:
            return f"{PROVEN}: {NOBODY}"
        if self.proven:
            return PROVEN
        ends = self.low.reached, self.low.bound, self.high.reached, self.high.bound
        if self.nearly and None not in ends:
            return REACHED_NEARLY
        return f"{NOT_PROVEN} within {self.limit:g} s"

    @property
    def nearly(self) -> bool:
        """Whether what is reached comes within a hundredth of the range of its bound, at both ends."""
        low, high = self.low, self.high
        if low.reached is None or low.bound is None or high.reached is None or high.bound is None:
            return False
        width = float(high.bound) - float(low.bound)
        return max(float(low.reached) - float(low.bound), float(high.bound) - float(high.reached)) <= width / 100


def _nearer(one: End, wider: End, pick: Callable[[Any, Any], Any]) -> End:
    """An end with the nearer of two bounds, and what is reached where it reaches nothing itself."""
    if wider.bound is not None:
        one = replace(one, bound=wider.bound if one.bound is None else pick(one.bound, wider.bound))
    if one.reached is None and wider.reached is not None:
        one = replace(one, reached=wider.reached, patients=wider.patients)
    return one


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
    about = _about(asked, question, asked.rules[len(basis.study.rules) :])
    home = basis.home(about, where, by, study)
    if is_moment_block(asked, home.block) and is_about(asked, home.block, question):
        return _of_moments(basis, home, question, without, also, limit)
    if question.statistic in SQUARED:
        return Range(UNDECIDED, limit=limit)
    known = _of_ranks(basis, home, question, without, also, limit) if asked is basis.study else Range(UNDECIDED)
    if known.proven or known.status == NONE or (question.statistic == SHIFT and known.nearly):
        return known
    kind = _Ranked if question.statistic in RANKED else _Search
    search = kind(basis, home, question, without, also, limit, asked)
    if home is basis.first and set(without) & home.active:
        return _of_the_frame(basis, search)
    if not any(c.statistic in RANKED for c in home.block.claims):
        found = search.range()
        if not found.proven and (cuts := open_cuts(basis, home, without)):
            found = search.moved(with_cut_off(basis, home, cuts)).range().within(found)
        return search.at_least_own(found)
    found = search.range()
    if not found.proven:
        found = found.within(search.moved(basis.relaxed(home), max(limit / 5, 1.0)).range())
    return search.at_least_own(found.joined(known))


def not_imposed(
    basis: Basis, without: Collection[Statement] = (), also: Collection[Statement] = ()
) -> frozenset[Statement]:
    """What a range of `range_of` holds without: patients who break anything else say nothing against it.

    A claim that is printed several times is left out in all its places, and so is what can't be put to patients.
    """
    left = (basis.aside - set(also)) | set(without) | {("claim", id) for id in basis.given.not_modelled}
    return frozenset(left | {("claim", twin.id) for _, id in left for twin in basis.twins.get(id, ())})


def _of_moments(
    basis: Basis,
    home: Held,
    question: About,
    without: Collection[Statement],
    also: Collection[Statement],
    limit: float,
) -> Range:
    """The range of a statistic in a block of means and SDs, its ends confirmed."""
    active = home.active | set(also)
    found = moment_range(basis.study, home.block, active, home.u.size, question, frozenset(without))
    if found.status != FOUND:
        return Range(found.status, End(None, found.low_bound), End(None, found.high_bound), limit)
    return _confirmed(basis, home, question, without, also, limit, found)


def _of_ranks(
    basis: Basis,
    home: Held,
    question: About,
    without: Collection[Statement],
    also: Collection[Statement],
    limit: float,
) -> Range:
    """The range of a quantile, an end or a signed-rank statistic in a block of these, its ends confirmed."""
    active = (home.active | set(also)) - set(without)
    ranked = question.statistic in RANKED or any(c.statistic in RANKED for c in home.block.claims)
    whole = not any(("rule", rule.id) in basis.aside for rule in home.block.rules)
    alike = ranked and whole and is_rank_block(basis.study, home.block)
    if not (alike and is_of_ranks(basis.study, home.block, question)):
        return Range(UNDECIDED, limit=limit)
    found = rank_range(basis.study, home.block, active, home.u.size, question, limit)
    return _confirmed(basis, home, question, without, also, limit, found)


def _confirmed(
    basis: Basis,
    home: Held,
    question: About,
    without: Collection[Statement],
    also: Collection[Statement],
    limit: float,
    found: BlockEnds,
) -> Range:
    """What is found in a block, what is reached kept where the verifier confirms its patients."""
    if found.status == NONE:
        return Range(NONE, limit=limit)
    ends = []
    for value, bound, codes in (
        (found.low_reached, found.low_bound, found.low_codes),
        (found.high_reached, found.high_bound, found.high_codes),
    ):
        table = None if codes is None else basis.table(home, {**home.values, **codes})
        good = table is not None and value_in(basis.study, question, table) == value
        kept = good and table is not None and not basis.broken(table, without, also)
        ends.append(End(value, bound, table) if kept else End(None, bound))
    return Range(found.status, ends[0], ends[1], limit)


def _about(study: Study, question: About, added: Sequence[Rule] = ()) -> set[str]:
    """The variables a question is about, with those that say whom it is about, and those of the rules it adds."""
    about = {n for n in (question.variable, question.versus) if n in study.variables}
    about |= set() if question.condition is None else names(question.condition)
    for population in (question.population, question.versus):
        where = study.populations[population].where if population in study.populations else None
        if where is not None and not (about and all(study.variables[n].where == where for n in about)):
            about |= names(where)
    if question.statistic == "percent":  # of everybody in the population, whoever has the condition's variables
        whole = study.populations[question.population].where
        owners = {where for n in about if (where := study.variables[n].where) not in (whole, None)}
        about |= {name for owner in owners if owner is not None for name in names(owner)}
    return about | set().union(*(names(rule.rule) for rule in added), set())


def _of_the_frame(basis: Basis, search: _Search) -> Range:
    """The range of a claim that the frame may rest on: solved jointly where the frame's own claims don't fix it."""
    alone = search.range()
    if alone.status == FOUND and alone.low.bound == alone.high.bound:
        return alone
    home = joint_home(basis)
    found = search.moved(home).range()
    if not found.proven and (cuts := open_cuts(basis, home, search.without)):
        return search.moved(joint_home(basis, cuts)).range().within(found)
    return found


@dataclass(frozen=True)
class _Best:
    """The best answer there is and the quotient, its scale aside, that is proven not to be passed."""

    answer: Answer
    bound: Fraction | None = None


class _Search:
    """The search for one question's ends in one block's unknowns, the statistic a quotient."""

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
        self.basis, self.question, self.study = basis, question, study
        self.home = replace(home, u=home.u.forked())
        self.without, self.also, self.limit = frozenset(without), frozenset(also), limit
        self.given: list[Literal] = []
        self.part = self._of_part()
        self._prepare()

    def moved(self, home: Held, limit: float = 0.0) -> _Search:
        """The same search in other unknowns, within another limit where one is given."""
        return type(self)(self.basis, home, self.question, self.without, self.also, limit or self.limit, self.study)

    def _prepare(self) -> None:
        home, question = self.home, self.question
        key = question.population, question.variable, question.condition, question.statistic, question.versus
        self.quantity: Quantity = QUANTITIES[question.statistic](home.u, question)
        self.numerator = home.u.unknown(("numerator", *key), self.quantity.numerator)
        self.denominator = home.u.unknown(("denominator", *key), self.quantity.denominator)
        self.given.append(self.quantity.defined)

    def _of_part(self) -> _Search | None:
        """The same search in the part of the block that the question is about."""
        asked, question = self.study, self.question
        about = _about(asked, question, asked.rules[len(self.basis.study.rules) :])
        where = asked.populations[question.population].where
        part = part_of(self.basis, self.home, about, where, question.variable, self.without)
        return None if part is None else self.moved(part, self.limit * SHARE)

    def range(self) -> Range:
        """Both ends, which are the basis' own value where it is proven that there is no other."""
        if not is_known(self.home.u, self.question):
            return Range(UNDECIDED, limit=self.limit)
        low, high = self.end(False), self.end(True)
        if NONE in (low[0], high[0]):
            return Range(NONE, limit=self.limit)
        status = UNDECIDED if UNDECIDED in (low[0], high[0]) else FOUND
        found = Range(status, low[1], high[1], self.limit)
        own = None if found.proven else self._only()
        return found if own is None else Range(FOUND, own, own, self.limit)

    def end(self, greatest: bool) -> tuple[str, End]:
        """The status and the end on one side: near what is proven of the part, or else by the whole block's best."""
        part = self.part.best(greatest) if self.part else _Best(Answer(UNDECIDED))
        if part.answer.status == NONE:
            return NONE, End()
        known, end = self._near(part, greatest)
        if end.proven:
            return FOUND, end
        found = self.best(greatest, known)
        if found.answer.status != FOUND:
            return found.answer.status, End(None, self._scaled(found.bound))
        return FOUND, self._confirmed(found.answer, found.bound)

    def _near(self, part: _Best, greatest: bool) -> tuple[Fraction | None, End]:
        """What is proven not to be passed, nobody having the values next to the part's bound, and the end there."""
        known, number = part.bound, only_value(self.denominator)
        if known is None:
            return None, End()
        tables = list(self._at_hand(part))
        for _ in range(MOST_VALUES):
            status, end = self._at(known, tables)
            if status != NONE or number is None:
                return known, end
            known += Fraction(-1 if greatest else 1, number)
        return known, End()

    def _at(self, quotient: Fraction, tables: Sequence[pd.DataFrame]) -> tuple[str, End]:
        """Patients in whom the quotient is this one, among those of the tables or others: the status, and the end."""
        value = self._scaled(quotient)
        for table in tables:
            if (end := self._judged(table, value, value)).proven:
                return FOUND, end
        u, active = self.home.u, (self.home.active | self.also) - self.without
        same = u.comparison("==", quotient.denominator * self.numerator - quotient.numerator * self.denominator)
        answer = soon_found_with(u, active, [*self.given, same], self.limit * SHARE, self.home.values)
        return answer.status, self._checked(answer, value, value) if answer.status == FOUND else End(None, value)

    def best(self, greatest: bool, known: Fraction | None = None) -> _Best:
        """The best answer and what is proven not to be passed; `known` is proven before.

        Where no patients better the best value so far, it is proven: a quotient is bettered where numerator - best *
        denominator passes nought, and each answer is the next best (Dinkelbach, Manage Sci 1967;13:492).
        """
        factors = (1, 0) if known is None else (known.denominator, -known.numerator)
        if known is not None:
            passed = known.denominator * self.numerator - known.numerator * self.denominator
            self.home.u.cp.add(passed <= 0 if greatest else passed >= 0)
        answer = self._ask(factors, greatest)
        if answer.status != FOUND:
            return _Best(answer, known)
        if (number := only_value(self.denominator)) is not None:
            bound = floor(answer.bound + ROUGH) if greatest else ceil(answer.bound - ROUGH)
            return _Best(answer, (known or 0) + Fraction(bound, factors[0] * number))
        while (best := Fraction(*answer.terms)) != known:
            better = self._ask((best.denominator, -best.numerator), greatest, answer)
            gain = better.objective if greatest else -better.objective
            if better.status != FOUND or gain <= 0:
                proven = better.status == FOUND and better.best
                return _Best(answer, best if proven else known)
            answer = better
        return _Best(answer, known)

    def _at_hand(self, part: _Best) -> Iterator[pd.DataFrame]:
        """Patients that may be at what is proven: the basis' own, and those with the answer of the part."""
        if self.study is self.basis.study and not self.also:
            yield self.basis.frame
        if self.part and part.answer.values:
            table = self.basis.table(self.part.home, part.answer.values, self.study)
            if self.basis.keeps_most(table):
                yield table

    def at_least_own(self, found: Range) -> Range:
        """The range, with the basis' own value where nothing else is reached: its patients are confirmed too."""
        if found.status == NONE or self.also or self.study is not self.basis.study:
            return found
        own = value_in(self.study, self.question, self.basis.frame)
        ends = [e if e.reached is not None else replace(e, reached=own) for e in (found.low, found.high)]
        return found if own is None else replace(found, low=ends[0], high=ends[1])

    def _only(self) -> End | None:
        """The value of the basis' own patients, where no consistent patients have another; else None."""
        if self.also or self.study is not self.basis.study or self.home.u.relaxed:
            return None
        value = value_in(self.study, self.question, self.basis.frame)
        if not isinstance(value, Fraction):
            return None
        u, unscaled = self.home.u, value / self.quantity.scale
        differs = u.comparison("!=", unscaled.denominator * self.numerator - unscaled.numerator * self.denominator)
        active = (self.home.active | self.also) - self.without
        other = found_with(u, active, [*self.given, differs], self.limit / 5)
        return End(value, value, self.basis.frame) if other.status == NONE else None

    def lies_between(self, bounds: tuple[Fraction, Fraction]) -> bool:
        """Whether patients are found, and confirmed, in whom the statistic lies between two bounds, on neither."""
        u, q = self.home.u, self.quantity
        inside = u.cp.new_bool_var("")
        for sign, bound in ((1, bounds[0]), (-1, bounds[1])):
            slack = bound.denominator * q.scale.numerator * self.numerator
            slack -= bound.numerator * q.scale.denominator * self.denominator
            u.cp.add(sign * slack >= 1).only_enforce_if(inside)
        active, terms = (self.home.active | self.also) - self.without, [(1, self.numerator), (1, self.denominator)]
        answer = extreme(u, active, terms, False, self.limit, self.home.values, [*self.given, inside])
        return answer.status == FOUND and self._confirmed(answer, None).reached is not None

    def _ask(self, factors: tuple[int, int], greatest: bool, start: Answer | None = None) -> Answer:
        active = (self.home.active | self.also) - self.without
        terms = list(zip(factors, (self.numerator, self.denominator), strict=True))
        values = start.values if start else self.home.values
        return extreme(self.home.u, active, terms, greatest, self.limit, values, self.given)

    def _confirmed(self, answer: Answer, bound: Fraction | None) -> End:
        """The end with its patients, reached where the verifier finds them consistent and gives the value back."""
        return self._checked(answer, self._scaled(Fraction(*answer.terms)), self._scaled(bound))

    def _scaled(self, value: Fraction | None) -> Fraction | None:
        return None if value is None else value * self.quantity.scale

    def _checked(self, answer: Answer, expected: Value | None, bound: Value | None) -> End:
        return self._judged(self.basis.table(self.home, answer.values, self.study), expected, bound)

    def _judged(self, table: pd.DataFrame, expected: Value | None, bound: Value | None) -> End:
        """The end, reached where the verifier finds these patients consistent and gives the expected value back."""
        if expected is None or value_in(self.study, self.question, table) != expected:
            return End(None, bound)
        added = self.study.rules[len(self.basis.study.rules) :]
        kept = all(evaluate(rule.rule, table).all() for rule in added)
        kept = kept and not self.basis.broken(table, self.without, self.also)
        return End(expected, bound, table) if kept else End(None, bound)


class _Ranked(_Search):
    """The search for the ends of a signed-rank Z or P.

    Every number of changes, ties and distance of the rank sum that the other claims on these ranks let through has its
    place in the order of Z, and the place is what is made least or greatest.
    """

    def _prepare(self) -> None:
        u, ranks = self.home.u, signed_ranks(self.home.u, self.question)
        self.order = sorted({square for *_, square in self._possible()})
        place = {square: k for k, square in enumerate(self.order)}
        self.place = u.cp.new_int_var(0, max(len(place) - 1, 0), "")
        self.given.append(defined := u.cp.new_bool_var(""))
        distance = u.cp.new_int_var(0, u.size * (u.size + 1), "")
        rows = [(n, ties, d, place[square]) for n, ties, d, square in self._possible()]
        number, tied = (u.cp.new_int_var(0, u.size**3, "") for _ in range(2))
        u.cp.add_allowed_assignments([number, tied, distance, self.place], rows)
        for one, other in ((number, ranks.number), (tied, ranks.ties), (distance, ranks.distance)):
            u.cp.add(one == other).only_enforce_if(defined)

    def _possible(self) -> Iterator[tuple[int, int, int, Fraction]]:
        """(number, ties, distance, square of Z) of all that the other claims on these ranks let through."""
        q, active = self.question, (self.home.active | self.also) - self.without
        same = [c for c in self.home.block.claims if (c.variable, c.versus) == (q.variable, q.versus)]
        ranked = [c for c in same if c.statistic in RANKED and ("claim", c.id) in active]
        printed = [c.printed if c.statistic == "wilcoxon_z" else p_to_z(c.printed) for c in ranked]
        for n, ties in pairs_of_ties(self.home.u.size):
            ranges = [distances(n, ties, z) for z in printed]
            low, high = (
                max((r.start for r in ranges), default=0),
                min((r.stop for r in ranges), default=n * (n + 1) + 1),
            )
            for d in range(low + low % 2, min(high, n * (n + 1) + 1), 2):  # 2D and n(n+1) are even
                square = z_squared(n, (d + n * (n + 1)) // 2, ties)
                if square is not None:
                    yield n, ties, d, square

    def _of_part(self) -> None:
        return None

    def _only(self) -> None:
        return None

    def end(self, greatest: bool) -> tuple[str, End]:
        """The status and the end on one side; the least P is that of the greatest Z."""
        if not self.order:
            return NONE, End()
        far = greatest == (self.question.statistic == "wilcoxon_z")
        active = (self.home.active | self.also) - self.without
        start = self.home.values
        answer = extreme(self.home.u, active, [(1, self.place)], far, self.limit, start, self.given)
        if answer.status != FOUND:
            return answer.status, End()
        bound = floor(answer.bound + ROUGH) if far else ceil(answer.bound - ROUGH)
        bound = min(max(bound, 0), len(self.order) - 1)
        return FOUND, self._checked(answer, self._value(answer.objective), self._value(bound))

    def _value(self, place: int) -> Value:
        return z_or_p(self.order[place], self.question.statistic)


def reachable(
    basis: Basis,
    claim: Claim,
    bounds: tuple[Fraction, Fraction],
    without: Collection[Statement],
    limit: float = LIMIT,
    also: Collection[Statement] = (),
) -> bool:
    """Whether patients are found, and confirmed, in whom a claim's statistic lies between two bounds, on neither."""
    where = basis.study.populations[claim.population].where
    by = claim.variable if claim.variable in basis.study.variables else ""
    home = basis.home(_about(basis.study, claim), where, by)
    if is_moment_block(basis.study, home.block) and is_about(basis.study, home.block, claim):
        return _moments_between(basis, home, claim, bounds, without, also)
    if claim.statistic not in QUANTITIES:
        return False
    if home is basis.first:
        home = joint_home(basis)
    return _Search(basis, home, claim, without, also, limit, basis.study).lies_between(bounds)


def _moments_between(
    basis: Basis,
    home: Held,
    claim: Claim,
    bounds: tuple[Fraction, Fraction],
    without: Collection[Statement],
    also: Collection[Statement],
) -> bool:
    """The same in a block of means and SDs: the bounds are put as two claims in place of the one."""
    texts = (
        f"{sign}{Decimal(end.numerator) / Decimal(end.denominator):f}" for sign, end in zip("><", bounds, strict=True)
    )
    sides = [replace(claim, id=f"{claim.id} {text}", printed=Printed(text)) for text in texts]
    block = replace(home.block, claims=(*home.block.claims, *sides))
    active = (home.active | set(also)) - set(without) | {("claim", side.id) for side in sides}
    answer = moment_patients(basis.study, block, active, home.u.size)
    if answer.status != FOUND:
        return False
    table = basis.table(home, answer.values)
    value = value_in(basis.study, claim, table)
    between = value is not None and all(side.printed.contains(value) for side in sides)
    return between and not basis.broken(table, without, also)
