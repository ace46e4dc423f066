"""How small and how great a statistic can be over all patients who satisfy a record, each end proven and confirmed.

An end has two numbers: what is `reached` by patients whom the verifier, which doesn't know the solver, has confirmed,
and the `bound` that the solver has proven nothing to pass. Where they meet the end is proven.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pandas as pd

from recount.audit.range import LIMIT, End, Range, widest
from recount.audit.relaxation import parts_of
from recount.audit.session import Asked, Session
from recount.checks import distances, p_to_z, t_of, z_squared
from recount.moments import MOMENTS, is_about_moments, is_of_moments_alone, moment_patients, moment_range
from recount.ranks import RANKED, SHIFT, is_about_ranks, is_of_ranks_alone, rank_range, z_or_p
from recount.reconstruct import SPREADS, PosedSubproblem, mended_spreads, without_spreads
from recount.record import Claim, Printed, root
from recount.rules import breaks, names
from recount.solver import (
    ALONE,
    FOUND,
    NONE,
    QUANTITIES,
    SQUARED,
    UNDECIDED,
    Answer,
    Literal,
    Quantity,
    SubproblemEnds,
    extreme,
    found_with,
    only_value,
    pairs_of,
    pairs_of_ties,
    place_in_order,
    signed_ranks,
    soon_found_with,
    why_not,
)
from recount.subproblems import Subproblem
from recount.verify import Value, p_of_t, value_in

UNASKABLE = frozenset({"stated", *ALONE})
MOST_STEPS = 8  # inward from what is proven of a part, each twice as wide as the last
MOST_HALVES = 14  # of what is then open
SHARE = 0.25  # of the time, for the part of a subproblem that a question is about
PARTS_OF_T = 10_000  # to which the ends of a t are widened, for the solver's whole numbers
HEAVY = 3000  # patients times the steps of a variable, from which on its sums of squares take the solver too long
HALVINGS = 7  # of the way to what is proven
ROUGH = 1e-6  # the solver's bound of whole numbers is a float


def range_of(session: Session, asked: Asked, limit: float = LIMIT) -> Range:
    """The range of a statistic over everything that is imposed for the question, in `limit` of the solver's seconds.

    Without the patients who reach its ends where it is kept from before. Nothing is tried of a statistic that no
    search is of, such as a P of counts.
    """
    if not _has_search(asked):
        return Range(UNDECIDED, limit=limit, tried=False)
    place = session.place(asked, _about(session, asked))
    found: Range = session.kept(asked, place, limit, "range", lambda home: _range_of(session, home, asked, limit).bare)
    return found


def _range_of(session: Session, home: PosedSubproblem, asked: Asked, limit: float) -> Range:
    if home is session.first and asked.changes:
        return _of_the_frame(session, asked, limit)
    if is_of_moments_alone(asked.study, home.subproblem) and is_about_moments(
        asked.study, home.subproblem, asked.about
    ):
        return _of_moments(session, home, asked, limit)
    if asked.about.statistic in SQUARED:
        return _of_squares(session, home, asked, limit)
    known = Range(UNDECIDED) if asked.adds else _of_ranks(session, home, asked, limit)
    if known.proven or known.status == NONE or (asked.about.statistic == SHIFT and known.nearly):
        return known
    bounded = known.status == FOUND and None not in (known.low.bound, known.high.bound)
    # where patients reach an end and a bound is proven, the search below seldom betters it: it has less time for that
    search = _kind(asked)(session, home, asked, limit / 5 if bounded else limit)
    if not any(c.statistic in RANKED for c in home.subproblem.claims):
        return search.at_least_own(_with_open_cuts(session, home, asked, search))
    found = search.range(known)
    if not found.proven:
        found = found.within(search.moved(session.relaxed(home, asked), max(search.limit / 5, 1.0)).range(found))
    return replace(search.at_least_own(found.joined(known)), limit=limit)


def _has_search(asked: Asked) -> bool:
    return asked.about.statistic in {*QUANTITIES, *SQUARED, *RANKED}


def _kind(asked: Asked) -> type[_Search]:
    return _Ranked if asked.about.statistic in RANKED else _Squared if asked.about.statistic in SQUARED else _Search


def _with_open_cuts(session: Session, home: PosedSubproblem, asked: Asked, search: _Search) -> Range:
    """The range in the question's own subproblem, or with those cut off whose sizes the question leaves open.

    A subproblem cut off may not let its patients be so many: where their number is open, only the union tells what is
    reached, and a bound of the smaller subproblem is one of the union.
    """
    found = search.range()
    if not found.proven and (cuts := session.open_cuts(home, asked)):
        return search.moved(session.with_cut_off(home, asked, cuts)).range().within(found)
    return found


def _of_moments(session: Session, home: PosedSubproblem, asked: Asked, limit: float) -> Range:
    """The range of a statistic in a subproblem of means and SDs, its ends confirmed."""
    imposed = home.imposed | asked.also
    found = moment_range(session.study, home.subproblem, imposed, home.u.size, asked.about, asked.without)
    if found.status != FOUND:
        return Range(found.status, End(None, found.low_bound), End(None, found.high_bound), limit)
    return _confirmed(session, home, asked, limit, found)


def _of_squares(session: Session, home: PosedSubproblem, asked: Asked, limit: float) -> Range:
    """The range of an SD, a paired t or its P beside other statements, where its squares fit the solver's numbers."""
    if why_not(asked.study, asked.about):
        return Range(UNDECIDED, limit=limit, tried=False)
    search = _Squared(session, home, asked, limit)
    return search.at_least_own(_with_open_cuts(session, home, asked, search))


def _of_ranks(session: Session, home: PosedSubproblem, asked: Asked, limit: float) -> Range:
    """The range of a quantile, an end or a signed-rank statistic in a subproblem of these, its ends confirmed."""
    subproblem, study = home.subproblem, session.study
    imposed = (home.imposed | asked.also) - asked.without
    ranked = asked.about.statistic in RANKED or any(c.statistic in RANKED for c in subproblem.claims)
    whole = not any(("rule", rule.id) in session.reference.aside for rule in subproblem.rules)
    if not (
        ranked and whole and is_of_ranks_alone(study, subproblem) and is_about_ranks(study, subproblem, asked.about)
    ):
        return Range(UNDECIDED, limit=limit)
    found = rank_range(study, subproblem, imposed, home.u.size, asked.about, limit, home.codes)
    return _confirmed(session, home, asked, limit, found)


def _confirmed(session: Session, home: PosedSubproblem, asked: Asked, limit: float, found: SubproblemEnds) -> Range:
    """What is found in a subproblem, what is reached kept where the verifier confirms its patients."""
    if found.status == NONE:
        return Range(NONE, limit=limit)
    ends = []
    for value, bound, codes in (
        (found.low_reached, found.low_bound, found.low_codes),
        (found.high_reached, found.high_bound, found.high_codes),
    ):
        table = None if codes is None else session.table(home, {**home.codes, **codes})
        good = table is not None and value_in(session.study, asked.about, table) == value
        kept = good and table is not None and not session.broken(table, asked)
        ends.append(End(value, bound, table) if kept else End(None, bound))
    return Range(found.status, ends[0], ends[1], limit)


def _about(session: Session, asked: Asked) -> set[str]:
    """The variables a question is about, with those that say whom it is about, and those of the rules it adds."""
    study, question = asked.study, asked.about
    about = {n for n in (question.variable, question.versus) if n in study.variables}
    about |= set() if question.condition is None else names(question.condition)
    for population in (question.population, question.versus):
        where = study.populations[population].where if population in study.populations else None
        if where is not None and not (about and all(study.variables[n].where == where for n in about)):
            about |= names(where)
    if question.statistic == "percent":  # of everybody in the population, whoever has the condition's variables
        owners = {where for n in about if (where := study.variables[n].where) not in (asked.where, None)}
        about |= {name for owner in owners if owner is not None for name in names(owner)}
    return about | set().union(*(names(rule.rule) for rule in asked.added_rules(session.study)), set())


def _of_the_frame(session: Session, asked: Asked, limit: float) -> Range:
    """The range of what the categories that sort the patients may rest on: solved jointly, these categories open.

    Where their own statements leave it one value, that is proven already: fewer statements allow more, never less.
    """
    if not asked.changes - set(session.first.u.on):
        alone = _kind(asked)(session, session.first, asked, limit).range()
        if alone.status == FOUND and alone.low.bound == alone.high.bound:
            return alone
    home = session.union(asked, ())
    search = _kind(asked)(session, home, asked, limit)
    found = search.range()
    if not found.proven and (cuts := session.open_cuts(home, asked)):
        return search.moved(session.union(asked, cuts)).range().within(found)
    return found


@dataclass(frozen=True)
class _Best:
    """The best answer there is, the quotient, its scale aside, that is proven not to be passed, and its patients."""

    answer: Answer
    bound: Fraction | None = None
    tables: tuple[pd.DataFrame, ...] = ()


class _Search:
    """The search for one question's ends in one subproblem's unknowns, the statistic a quotient."""

    def __init__(
        self,
        session: Session,
        home: PosedSubproblem,
        asked: Asked,
        limit: float,
        is_part: bool = False,
    ) -> None:
        self.session, self.asked, self.limit, self.is_part = session, asked, limit, is_part
        self.question, self.study = asked.about, asked.study
        self.home = replace(home, u=home.u.forked())
        self.imposed = (home.imposed | asked.also) - asked.without
        self.given: list[Literal] = []
        self.parts = self._of_parts()
        self._prepare()

    def moved(self, home: PosedSubproblem, limit: float = 0.0) -> _Search:
        """The same search in other unknowns, within another limit where one is given."""
        return type(self)(self.session, home, self.asked, limit or self.limit)

    def _prepare(self) -> None:
        home, question = self.home, self.question
        key = question.population, question.variable, question.condition, question.statistic, question.versus
        self.quantity: Quantity = QUANTITIES[question.statistic](home.u, question)
        self.numerator = home.u.unknown(("numerator", *key), self.quantity.numerator)
        self.denominator = home.u.unknown(("denominator", *key), self.quantity.denominator)
        self.given.append(self.quantity.defined)

    def _of_parts(self) -> list[_Search]:
        """The same search in parts of the subproblem, the one that is about the least first."""
        if self.is_part:
            return []
        parts = parts_of(self.session, self.home, self.asked, _about(self.session, self.asked))
        limit = self.limit * SHARE
        return [type(self)(self.session, part, self.asked, limit, is_part=True) for part in parts]

    def range(self, known: Range | None = None) -> Range:
        """Both ends, which are the reference cohort's value where it is proven that there is no other.

        Ends of the range `known` that are proven aren't sought again.
        """
        low, high = (
            (FOUND, end) if end.proven else self.end(greatest)
            for greatest, end in ((False, known.low if known else End()), (True, known.high if known else End()))
        )
        if NONE in (low[0], high[0]):
            return Range(NONE, limit=self.limit)
        status = UNDECIDED if UNDECIDED in (low[0], high[0]) else FOUND
        found = Range(status, low[1], high[1], self.limit)
        own = None if found.proven else self._only(found)
        return found if own is None else Range(FOUND, own, own, self.limit)

    def end(self, greatest: bool) -> tuple[str, End]:
        """The status and the end on one side: near what is proven of the part, or else by the best of all."""
        part, end = self._best_of_parts(greatest)
        if part.answer.status == NONE:
            return NONE, End()
        if end.proven:
            return FOUND, end
        if self._is_heavy:
            bound = self._scaled(part.bound) if part.bound is not None else self._spread_bound(greatest)
            if bound is not None:
                return FOUND, self._reached_by_mending(bound, greatest)
        known, end = self._near(part, greatest)
        if end.proven:
            return FOUND, end
        found = self.best(greatest, known)
        if found.answer.status != FOUND:
            return found.answer.status, End(None, self._scaled(found.bound))
        return FOUND, self._confirmed(found.answer, found.bound)

    def _best_of_parts(self, greatest: bool) -> tuple[_Best, End]:
        """What is proven of the widest part, each within what is proven of the one before, and the end met on the way.

        Where patients at hand are at what is proven of a part, no wider part is asked.
        """
        best = _Best(Answer(UNDECIDED))
        for part in self.parts:
            found = part.best(greatest, best.bound)
            if found.answer.status == NONE:
                return found, End()
            if found.bound is not None:
                tables = self._tables_of(part, found.answer)
                best = _Best(found.answer, found.bound, (*best.tables, *tables))
                end = self._met(found.bound, self._at_hand(best))
                if end.proven:
                    return best, end
        return best, End()

    @property
    def _is_heavy(self) -> bool:
        """Whether there are sums of squares that the solver doesn't come to an end with."""
        subproblem, u = self.home.subproblem, self.home.u
        about = [c.variable for c in subproblem.claims if ("claim", c.id) in self.imposed and c.statistic in SPREADS]
        about += [self.question.variable] if self.question.statistic in SPREADS else []
        widths = [high - low for low, high in map(u.bounds, about)]
        plain = not (self.asked.adds or self.asked.also or self.is_part or subproblem.where)
        return plain and u.size * max(widths, default=0) > HEAVY

    def _spread_bound(self, greatest: bool) -> Value | None:
        """What an SD of everybody is proven not to pass by the means and SDs of the same alone; else None.

        Exact arithmetic tells it, and any statement left out only lets more through.
        """
        study, about = self.study, self.question
        everybody = {p for p, population in study.populations.items() if population.where is None}
        variable = study.variables.get(about.variable)
        if about.statistic != "sd" or about.population not in everybody or variable is None or variable.where:
            return None
        mine = [c for c in self.home.subproblem.claims if c.variable == about.variable and c.population in everybody]
        claims = tuple(c for c in mine if c.statistic in MOMENTS and not c.versus and ("claim", c.id) in self.imposed)
        part = Subproblem((about.variable,), claims, ())
        found = moment_range(study, part, self.imposed, self.home.u.size, about, self.asked.without)
        return found.high_bound if greatest else found.low_bound

    def _reached_by_mending(self, bound: Value, greatest: bool) -> End:
        """The farthest value met halfway and halfway again to what is proven, in patients whose SDs are mended.

        What isn't met is not proven to be none: it says nothing of the bound.
        """
        end, outer = End(None, bound), bound
        reached = value_in(self.study, self.question, self.session.reference.frame)
        for _ in range(HALVINGS):
            if not isinstance(reached, Fraction) or not isinstance(outer, Fraction) or reached == outer:
                break
            middle = (reached + outer) / 2
            table = self._mended_at(middle, greatest)
            value = None if table is None else value_in(self.study, self.question, table)
            found = End() if table is None else self._judged(table, value, bound)
            met = found.reached
            if isinstance(met, Fraction) and (met > reached if greatest else met < reached):
                end, reached = found, met
            else:
                outer = middle
        return end

    def _mended_at(self, value: Fraction, greatest: bool) -> pd.DataFrame | None:
        """Patients in whom the statistic is a value or just beyond, their SDs mended; None where none are found."""
        free = self.session.part(without_spreads(self.home.subproblem), self.asked)
        codes, kept = dict(free.codes), (self.question, value)
        for i, known in enumerate(free.u.fixed):
            codes |= {(i, name): code for name, code in known.items()}
        if self.question.statistic not in SPREADS:
            search = type(self)(self.session, free, self.asked, self.limit * SHARE, is_part=True)
            u, beyond = search.home.u, value / self.quantity.scale
            passed = beyond.denominator * search.numerator - beyond.numerator * search.denominator
            here = u.comparison(">=" if greatest else "<=", passed)
            terms = [(1, search.numerator)]
            answer = extreme(u, search.imposed, terms, not greatest, search.limit, codes, [*search.given, here])
            if answer.status != FOUND:
                return None
            codes, met = answer.values, value_in(self.study, self.question, self.session.table(free, answer.values))
            if not isinstance(met, Fraction):
                return None
            kept = (self.question, met)
        mended = mended_spreads(self.study, self.home.subproblem, self.imposed, free.u.size, codes, kept)
        return None if mended is None else self.session.table(free, mended, self.study)

    def _tables_of(self, part: _Search, answer: Answer) -> list[pd.DataFrame]:
        """The patients of an answer of a part, and those with the same statistic whose SDs are mended too."""
        if not answer.values:
            return []
        tables = [self.session.table(part.home, answer.values, self.study)]
        mine, whole = part.home.subproblem, self.home.subproblem
        if mine.variables == whole.variables and mine.statements == without_spreads(whole).statements:
            value = value_in(self.study, self.question, tables[0])
            kept = (self.question, value) if isinstance(value, Fraction) else None
            codes = mended_spreads(self.study, whole, self.imposed, part.home.u.size, answer.values, kept)
            tables += [] if codes is None else [self.session.table(part.home, codes, self.study)]
        return tables

    def _met(self, bound: Fraction, tables: Iterable[pd.DataFrame]) -> End:
        """The end where one of the tables is of consistent patients who are at a bound."""
        for table in tables:
            if (end := self._judged(table, self._scaled(bound), self._scaled(bound))).proven:
                return end
        return End(None, self._scaled(bound))

    def _near(self, part: _Best, greatest: bool) -> tuple[Fraction | None, End]:
        """What is proven not to be passed, and the end found next to it.

        First in steps inward that double while nobody is there, then halfway to patients at hand, and halfway again.
        """
        known, number = part.bound, only_value(self.denominator)
        if known is None:
            return None, End()
        tables, width = list(self._at_hand(part)), 1
        inward = Fraction(-1 if greatest else 1, number or 1)
        for _ in range(MOST_STEPS):
            inner = known + inward * (width - 1)
            status, end = self._between(known, inner, tables)
            if end.proven or number is None:
                return known, end
            if status != NONE:
                break
            known, width = inner + inward, 2 * width
        if self.question.statistic in SQUARED:
            return known, End()  # what is reached is a root, and doesn't go in such steps
        return self._halved(known, inward, [*tables, *([] if end.patients is None else [end.patients])])

    def _halved(self, known: Fraction, inward: Fraction, tables: Sequence[pd.DataFrame]) -> tuple[Fraction, End]:
        """What is proven, and the end where patients come to be at it: the outer half of what is open is asked first.

        Between what is proven and patients at hand the quotient can only be a multiple of the step `inward`.
        """
        ends = [self._judged(t, value_in(self.study, self.question, t), None) for t in tables]
        values = [end.reached / self.quantity.scale for end in ends if isinstance(end.reached, Fraction)]
        if not values:
            return known, End()
        reached = max(values, key=lambda value: value / -inward)
        for _ in range(MOST_HALVES):
            open_steps = int((reached - known) / inward)
            if open_steps <= 0:
                break
            inner = known + inward * ((open_steps - 1) // 2)
            status, end = self._between(known, inner, [])
            if status == UNDECIDED and inner != known:  # the outermost alone is sooner decided
                inner = known
                status, end = self._between(known, inner, [])
            met = end.reached / self.quantity.scale if isinstance(end.reached, Fraction) else None
            if status == NONE:
                known = inner + inward
            elif met is not None and (met - known) / inward < open_steps:
                reached, tables = met, [*tables, *([] if end.patients is None else [end.patients])]
            else:
                break
        return known, self._met(known, tables)

    def _between(self, bound: Fraction, inner: Fraction, tables: Sequence[pd.DataFrame]) -> tuple[str, End]:
        """Patients in whom the quotient lies between two, among those of the tables or others: the status, the end."""
        if (end := self._met(bound, tables)).proven:
            return FOUND, end
        u, least, most = self.home.u, min(bound, inner), max(bound, inner)
        ends = [("==", bound)] if least == most else [(">=", least), ("<=", most)]
        here = [u.comparison(op, q.denominator * self.numerator - q.numerator * self.denominator) for op, q in ends]
        answer = soon_found_with(u, self.imposed, [*self.given, *here], self.limit * SHARE, self.home.codes)
        if answer.status != FOUND:
            return answer.status, End(None, self._scaled(bound))
        table = self.session.table(self.home, answer.values, self.study)
        return FOUND, self._judged(table, value_in(self.study, self.question, table), self._scaled(bound))

    def best(self, greatest: bool, known: Fraction | None = None) -> _Best:
        """The best answer and what is proven not to be passed; `known` is proven before.

        Where no patients better the best value so far, it is proven: a quotient is bettered where numerator - best *
        denominator passes nought, and each answer is the next best (Dinkelbach, Manage Sci 1967;13:492).
        """
        factors = (1, 0) if known is None else (known.denominator, -known.numerator)
        if known is not None:
            passed = known.denominator * self.numerator - known.numerator * self.denominator
            self.home.u.require(passed <= 0 if greatest else passed >= 0)
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
        """Patients that may be at what is proven: the reference cohort, and those with the answer of the part."""
        if not self.asked.adds and not self.asked.also:
            yield self.session.reference.frame
        yield from part.tables

    def at_least_own(self, found: Range) -> Range:
        """The range, with the reference cohort's value where nothing else is reached: it is confirmed too."""
        if found.status == NONE or self.asked.also or self.asked.adds:
            return found
        own = value_in(self.study, self.question, self.session.reference.frame)
        ends = [e if e.reached is not None else replace(e, reached=own) for e in (found.low, found.high)]
        return found if own is None else replace(found, low=ends[0], high=ends[1])

    def _only(self, found: Range) -> End | None:
        """The value of the reference cohort, where no consistent patients have another; else None."""
        if self.asked.also or self.asked.adds or self.home.u.relaxed:
            return None
        value = value_in(self.study, self.question, self.session.reference.frame)
        if not isinstance(value, Fraction) or {found.low.reached, found.high.reached} - {None, value}:
            return None
        u, unscaled = self.home.u, value / self.quantity.scale
        differs = u.comparison("!=", unscaled.denominator * self.numerator - unscaled.numerator * self.denominator)
        active = self.imposed
        other = found_with(u, active, [*self.given, differs], self.limit / 5)
        return End(value, value, self.session.reference.frame) if other.status == NONE else None

    def lies_between(self, bounds: tuple[Fraction, Fraction]) -> bool:
        """Whether patients are found, and confirmed, in whom the statistic lies between two bounds, on neither."""
        u, q = self.home.u, self.quantity
        inside = u.some_truth()
        for sign, bound in zip((1, -1), self._unscaled(bounds), strict=True):
            if bound is not None:
                slack = bound.denominator * q.scale.numerator * self.numerator
                slack -= bound.numerator * q.scale.denominator * self.denominator
                u.require(sign * slack >= 1, [inside])
        active, terms = self.imposed, [(1, self.numerator), (1, self.denominator)]
        answer = extreme(u, active, terms, False, self.limit, self.home.codes, [*self.given, inside])
        if answer.status != FOUND:
            return False
        value = self._confirmed(answer, None).reached
        return value is not None and bounds[0] < value < bounds[1]

    def _unscaled(self, bounds: tuple[Fraction, Fraction]) -> tuple[Fraction | None, Fraction | None]:
        """What the quotient times its scale lies between where the statistic lies between two bounds."""
        return bounds

    def is_always_defined(self) -> bool:
        """Whether it is proven that the statistic has a value in everybody who fits."""
        if self.question.statistic == "value":
            return self._all_have_one_value()
        defined = self.home.u.all_of([self.quantity.defined])
        if defined is self.home.u.true:
            return True
        return found_with(self.home.u, self.imposed, [self.home.u.negated(defined)], self.limit).status == NONE

    def _all_have_one_value(self) -> bool:
        """Whether it is proven that there is somebody, and that nobody has another value than the reference cohort."""
        u, value = self.home.u, value_in(self.study, self.question, self.session.reference.frame)
        if not isinstance(value, Fraction):
            return False
        who, number = u.with_value(self.question.population, self.question.variable)
        code = u.code(self.question.variable, value)
        others = [u.negated(u.is_one_of(i, self.question.variable, [code])) for i in range(u.size)]
        other = u.any_of([u.all_of([has, differs]) for has, differs in zip(who, others, strict=True)])
        wrong = u.any_of([other, u.negated(u.at_least_one(number))])
        return found_with(u, self.imposed, [wrong], self.limit).status == NONE

    def _ask(self, factors: tuple[int, int], greatest: bool, start: Answer | None = None) -> Answer:
        active = self.imposed
        terms = list(zip(factors, (self.numerator, self.denominator), strict=True))
        values = start.values if start else self.home.codes
        return extreme(self.home.u, active, terms, greatest, self.limit, values, self.given)

    def _confirmed(self, answer: Answer, bound: Fraction | None) -> End:
        """The end with its patients, reached where the verifier finds them consistent and gives the value back."""
        return self._checked(answer, self._scaled(Fraction(*answer.terms)), self._scaled(bound))

    def _scaled(self, value: Fraction | None) -> Value | None:
        return None if value is None else value * self.quantity.scale

    def _checked(self, answer: Answer, expected: Value | None, bound: Value | None) -> End:
        return self._judged(self.session.table(self.home, answer.values, self.study), expected, bound)

    def _judged(self, table: pd.DataFrame, expected: Value | None, bound: Value | None) -> End:
        """The end, reached where the verifier finds these patients consistent and gives the expected value back."""
        if expected is None or value_in(self.study, self.question, table) != expected:
            return End(None, bound)
        added = self.asked.added_rules(self.session.study)
        kept = not any(breaks(rule.rule, table).any() for rule in added) and not self.session.broken(table, self.asked)
        return End(expected, bound, table) if kept else End(None, bound)


class _Ranked(_Search):
    """The search for the ends of a signed-rank Z or P.

    Every number of changes, ties and distance of the rank sum that the other claims on these ranks let through has its
    place in the order of Z, and the place is what is made least or greatest.
    """

    def _prepare(self) -> None:
        self.order = sorted({square for *_, square in self._possible()})
        place = {square: k for k, square in enumerate(self.order)}
        rows = [(n, ties, d, place[square]) for n, ties, d, square in self._possible()]
        self.place, defined = place_in_order(self.home.u, self.question, rows)
        self.given.append(defined)

    def is_always_defined(self) -> bool:
        """Whether it is proven that somebody changes: another imposed claim of these ranks holds of nobody's."""
        if _is_printed_otherwise(self.home, self.asked, RANKED):
            return True
        u, ranks = self.home.u, signed_ranks(self.home.u, self.question)
        nobody = u.comparison("==", ranks.number)
        return found_with(u, self.imposed, [nobody], self.limit).status == NONE

    def _possible(self) -> Iterator[tuple[int, int, int, Fraction]]:
        """(number, ties, distance, square of Z) of all that the other claims on these ranks let through."""
        q, active = self.question, self.imposed
        # of the same patients: what is printed of a part of them says nothing of all their ranks
        key = q.population, q.variable, q.versus
        same = [c for c in self.home.subproblem.claims if (c.population, c.variable, c.versus) == key]
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

    def _of_parts(self) -> list[_Search]:
        return []

    def _only(self, found: Range) -> None:
        return None

    def end(self, greatest: bool) -> tuple[str, End]:
        """The status and the end on one side; the least P is that of the greatest Z."""
        if not self.order:
            return NONE, End()
        far = greatest == (self.question.statistic == "wilcoxon_z")
        active = self.imposed
        start = self.home.codes
        answer = extreme(self.home.u, active, [(1, self.place)], far, self.limit, start, self.given)
        if answer.status != FOUND:
            return answer.status, End()
        bound = floor(answer.bound + ROUGH) if far else ceil(answer.bound - ROUGH)
        bound = min(max(bound, 0), len(self.order) - 1)
        return FOUND, self._checked(answer, self._value(answer.objective), self._value(bound))

    def lies_between(self, bounds: tuple[Fraction, Fraction]) -> bool:
        """Whether patients are found, and confirmed, in whom Z or P lies between two bounds, on neither."""
        inside = [k for k in range(len(self.order)) if bounds[0] < self._value(k) < bounds[1]]  # next to one another
        if not inside:
            return False
        u = self.home.u
        here = [u.comparison(">=", self.place - inside[0]), u.comparison("<=", self.place - inside[-1])]
        answer = extreme(u, self.imposed, [(1, self.place)], False, self.limit, self.home.codes, [*self.given, *here])
        return answer.status == FOUND and self._checked(answer, self._value(answer.objective), None).reached is not None

    def _value(self, place: int) -> Value:
        return z_or_p(self.order[place], self.question.statistic)


class _Squared(_Search):
    """The search for the ends of an SD or a paired t, by its square, or of a P, which falls as its t rises."""

    def _prepare(self) -> None:
        u = self.home.u
        key = "squared", self.question.population, self.question.variable, self.question.statistic, self.question.versus
        self.quantity = SQUARED[self.question.statistic](u, self.question)
        self.numerator = u.unknown(("numerator", *key), self.quantity.numerator)
        self.denominator = u.unknown(("denominator", *key), self.quantity.denominator)
        self.given.append(self.quantity.defined)
        self.number = pairs_of(u, self.question) if self._is_p else None
        self.pairs = None if self.number is None else only_value(self.number)

    @property
    def _is_p(self) -> bool:
        return self.question.statistic == "paired_p"

    def range(self, known: Range | None = None) -> Range:
        """Both ends; of a P, which depends on how many pairs there are, for each number of them that can be."""
        if self.number is None or self.pairs is not None:
            return super().range(known)
        of_each = [_Search.range(self._with_pairs(n)) for n in self.home.u.possible(self.number) if n > 1]
        return widest(of_each) if of_each else Range(NONE, limit=self.limit)

    def _with_pairs(self, number: int) -> _Squared:
        """The search where there are so many pairs."""
        search = _Squared(self.session, self.home, self.asked, self.limit)
        search.parts = []  # their unknowns don't know how many pairs there are
        search.pairs = number
        search.given.append(search.home.u.comparison("==", pairs_of(search.home.u, self.question) - number))
        return search

    def end(self, greatest: bool) -> tuple[str, End]:
        """The status and the end on one side; the least P is that of the greatest t."""
        return super().end(greatest != self._is_p)

    def _scaled(self, value: Fraction | None) -> Value | None:
        if value is None or value < 0:
            return None
        t = root(value * self.quantity.scale)
        return t if self.pairs is None else p_of_t(t, self.pairs)

    def _only(self, found: Range) -> None:
        return None

    def lies_between(self, bounds: tuple[Fraction, Fraction]) -> bool:
        """Whether patients are found, and confirmed, in whom the statistic lies between two bounds, on neither."""
        if bounds[1] <= 0:
            return False  # no SD, |t| or P is below nought
        if self.number is None or self.pairs is not None:
            return super().lies_between(bounds)
        sizes = [n for n in self.home.u.possible(self.number) if n > 1]
        return any(self._with_pairs(n).lies_between(bounds) for n in sizes)

    def _unscaled(self, bounds: tuple[Fraction, Fraction]) -> tuple[Fraction | None, Fraction | None]:
        """What the square lies between; of a P, somewhat more."""
        low, high = bounds
        if self.pairs is None:
            return (None if low < 0 else low**2), high**2
        least, most = t_of(high, self.pairs, False), t_of(low, self.pairs, True)
        least, most = (
            x if x is None else Fraction(cut(x * PARTS_OF_T), PARTS_OF_T) for cut, x in ((floor, least), (ceil, most))
        )
        return (least**2 if least else None), (None if most is None else most**2)


def has_value_always(session: Session, asked: Asked, limit: float = LIMIT) -> bool:
    """Whether it is proven that the statistic has a value in every cohort: somebody is there whom it is of."""
    place = session.place(asked, _about(session, asked))
    found: bool = session.kept(
        asked, place, limit, "always", lambda home: _has_value_always(session, home, asked, limit)
    )
    return found


def _has_value_always(session: Session, home: PosedSubproblem, asked: Asked, limit: float) -> bool:
    if home is session.first and asked.changes:
        home = session.union(asked, ())
    if asked.about.statistic in SQUARED and why_not(asked.study, asked.about):
        return _is_printed_otherwise(home, asked)
    search = _kind(asked)(session, home, asked, limit)
    return search.is_always_defined()


def _is_printed_otherwise(home: PosedSubproblem, asked: Asked, statistics: Collection[str] = tuple(SQUARED)) -> bool:
    """Whether another imposed claim is of the same squares or ranks, and so only holds where these have a value."""
    imposed, about = (home.imposed | asked.also) - asked.without, asked.about
    key = about.population, about.variable, about.versus
    same = [
        c for c in home.subproblem.claims if (c.population, c.variable, c.versus) == key and c.statistic in statistics
    ]
    return any(("claim", c.id) in imposed for c in same)


def reachable(session: Session, asked: Asked, bounds: tuple[Fraction, Fraction], limit: float = LIMIT) -> bool:
    """Whether patients are found, and confirmed, in whom a claim's statistic lies between two bounds, on neither."""
    place = session.place(asked, _about(session, asked))
    what = f"between {bounds[0]} and {bounds[1]}"
    found: bool = session.kept(asked, place, limit, what, lambda home: _reachable(session, home, asked, bounds, limit))
    return found


def _reachable(
    session: Session, home: PosedSubproblem, asked: Asked, bounds: tuple[Fraction, Fraction], limit: float
) -> bool:
    if is_of_moments_alone(asked.study, home.subproblem) and is_about_moments(
        asked.study, home.subproblem, asked.about
    ):
        return _moments_between(session, home, asked, bounds)
    if not _has_search(asked) or (asked.about.statistic in SQUARED and why_not(asked.study, asked.about)):
        return False
    if home is session.first:
        home = session.union(asked, ())
    return _kind(asked)(session, home, asked, limit).lies_between(bounds)


def _moments_between(session: Session, home: PosedSubproblem, asked: Asked, bounds: tuple[Fraction, Fraction]) -> bool:
    """The same in a subproblem of means and SDs: the bounds are put as two claims in place of the one."""
    claim = asked.about
    assert isinstance(claim, Claim)
    texts = (
        f"{sign}{Decimal(end.numerator) / Decimal(end.denominator):f}" for sign, end in zip("><", bounds, strict=True)
    )
    sides = [replace(claim, id=f"{claim.id} {text}", printed=Printed(text)) for text in texts]
    subproblem = replace(home.subproblem, claims=(*home.subproblem.claims, *sides))
    imposed = ((home.imposed | asked.also) - asked.without) | {("claim", side.id) for side in sides}
    answer = moment_patients(session.study, subproblem, imposed, home.u.size)
    if answer.status != FOUND:
        return False
    table = session.table(home, answer.values)
    value = value_in(session.study, claim, table)
    between = value is not None and all(side.printed.contains(value) for side in sides)
    return between and not session.broken(table, asked)
