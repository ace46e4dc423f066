"""A reference solution with its subproblems posed to the solver as questions need them, and answers turned into tables.

A question is put to the subproblem that it is about; one about several to their union. Whatever is imposed elsewhere
doesn't bear on the answer, for subproblems share no unknowns - as long as nothing is left out of, or added to, what
fixes the categories that sort the patients and the sizes of the subproblems cut off. Where a question does that
(`Asked.changes` statements outside of its own subproblem), it is put to the union of everything (`union`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from recount.audit.kinds import KINDS
from recount.reconstruct import (
    PosedSubproblem,
    ReferenceSolution,
    all_names,
    content_of_subproblem,
    interchangeable_patients,
    only_size,
    require_kept,
    sort_patients,
    unknowns_of,
    with_owners,
)
from recount.record import Claim, Rule, Study, code_of, decoded
from recount.rules import Expression, breaks, evaluate, is_missing, names
from recount.solver import Cell, Statement, Unknowns
from recount.store import Store, content_of_part, key_of
from recount.subproblems import Subproblem, most_claimed
from recount.verify import About, verify

RESTS_ON_CUTS = "rests on the subproblems cut off"
OWN, FIRST, UNION = "its own subproblem", "the categories that sort the patients", "the union of everything"


@dataclass(frozen=True)
class QuestionPlace:
    """Where a question is put: to some subproblems as one, to the categories that sort the patients, or to all."""

    subproblem: Subproblem
    kind: str

    @property
    def key(self) -> tuple:
        """What tells it from the other places of its record."""
        return self.kind, self.subproblem.variables, self.subproblem.where, frozenset(_statements(self.subproblem))


@dataclass(frozen=True)
class Asked:
    """A question as it is put: about what, of which record, which statements are left out and which put back in.

    `study` is the record with the question's own variables, rules and populations, where it `adds` some. The
    statements `without` are not imposed; those in `also` are, although they are set aside otherwise.
    """

    about: About
    study: Study
    adds: bool = False
    without: frozenset[Statement] = frozenset()
    also: frozenset[Statement] = frozenset()

    @property
    def where(self) -> Expression | None:
        """Whom the question is about; None: everybody."""
        return self.study.populations[self.about.population].where

    @property
    def changes(self) -> frozenset[Statement]:
        """The statements that are imposed otherwise than in the reference solution."""
        return self.without | self.also

    @property
    def by(self) -> str:
        """The variable in whose order interchangeable patients are put."""
        return self.about.variable if self.about.variable in self.study.variables else ""

    def added_rules(self, study: Study) -> tuple[Rule, ...]:
        """The question's own rules, beside those of the record."""
        return self.study.rules[len(study.rules) :] if self.adds else ()

    def told(self) -> frozenset[str]:
        """Every variable by which the question tells patients apart, or is about."""
        return frozenset(all_names_of(self.study, self.about))

    def told_by(self, known: Collection[str]) -> tuple[frozenset[str], tuple[Expression, ...]]:
        """The known categories by whose levels the question tells patients apart, and the expressions by which it does.

        Whoever is of the population is told from whoever isn't, where the categories that say so are known.
        """
        found = _wheres_of(self.study, self.about)
        whom = tuple(where for where in found if names(where) <= set(known))
        about = {n for n in (self.about.variable, self.about.versus) if n in self.study.variables}
        conditions = [e for e in (self.about.condition, *found) if e is not None and e not in whom]
        return frozenset(about.union(*map(names, conditions)) & set(known)), whom


def all_names_of(study: Study, about: About) -> set[str]:
    """The variables that a question mentions: its variables, its condition, and whom it is about."""
    found = {n for n in (about.variable, about.versus) if n in study.variables}
    found |= set() if about.condition is None else names(about.condition)
    return found.union(*map(names, _wheres_of(study, about)))


def _wheres_of(study: Study, about: About) -> list[Expression]:
    """Whom a question is about, where that isn't everybody."""
    populations = [p for p in (about.population, about.versus) if p in study.populations]
    return [where for p in populations if (where := study.populations[p].where) is not None]


@dataclass
class Session:
    """A reference solution and the subproblems that were posed of it; it goes to another process without these."""

    reference: ReferenceSolution
    store: Store = field(default_factory=lambda: Store(None, KINDS))
    _posed: dict[tuple, PosedSubproblem] = field(default_factory=dict)
    _contents: dict[tuple, str] = field(default_factory=dict)
    _rested_on_cuts: bool = False

    def __getstate__(self) -> dict[str, object]:
        return {"reference": self.reference, "store": self.store, "_posed": {}, "_contents": {}}

    @property
    def study(self) -> Study:
        """The record itself."""
        return self.reference.study

    def kept(
        self, asked: Asked, place: QuestionPlace, limit: float, what: str, make: Callable[[PosedSubproblem], Any]
    ) -> Any:
        """The answer to a question, kept from before where it was of the same content; else its place is posed.

        It depends on the subproblem that the question is put to, its patients and their codes, from which a search sets
        out. Where the question leaves it open how many patients the subproblems cut off have (`open_cuts`), it
        depends on those too: an answer that rests on them is kept under a key with their content.
        """
        content = self._content(asked, place, limit)
        alone = key_of(what=what, **content)
        found = self.store.get(alone)
        if found is not None and found != RESTS_ON_CUTS:
            return found
        joint = key_of(what=what, cut_off=self._content_of_cuts, **content)
        if found == RESTS_ON_CUTS and (answer := self.store.get(joint)) is not None:
            return answer
        self._rested_on_cuts = False
        made = make(self.posed_at(place, asked))
        if self._rested_on_cuts:
            self.store.put(alone, RESTS_ON_CUTS)
        self.store.put(joint if self._rested_on_cuts else alone, made)
        return made

    def _content(self, asked: Asked, place: QuestionPlace, limit: float) -> dict[str, Any]:
        """What the answer to a question depends on, the subproblems cut off aside."""
        if not asked.adds and place.key not in self._contents:
            self._contents[place.key] = self._content_of_place(place, self.study)
        return {
            "asked": content_of_part(asked.study, [], asked.about),
            "statistic": (asked.about.population, asked.about.statistic, asked.about.variable, asked.about.versus),
            "changed": (tuple(sorted(asked.without)), tuple(sorted(asked.also)), asked.adds),
            "limit": str(limit),
            "place": self._content_of_place(place, asked.study) if asked.adds else self._contents[place.key],
        }

    def _content_of_place(self, place: QuestionPlace, study: Study) -> str:
        """A digest of what answers in a place depend on: its statements, patients, the reference cohort's codes.

        One digest serves all questions there that add nothing to the record.
        """
        reference, subproblem = self.reference, place.subproblem
        rows = self._rows(subproblem)
        own = [n for n in subproblem.variables if n in self.study.variables]
        content: dict[str, Any] = {
            "kind": place.kind,
            "set aside": tuple(sorted(reference.aside & set(_statements(subproblem)))),
            "kept by": tuple(sorted(reference.kept_by.items())),
            "codes": {name: tuple(self.code(name, row) for row in rows) for name in own},
        }
        if place.kind == OWN and study is self.study:
            return key_of(**content, **content_of_subproblem(study, subproblem, len(rows), reference.fixed))
        return key_of(**content, study=study, order=tuple(study.variables))

    @cached_property
    def _content_of_cuts(self) -> str:
        """A digest of the subproblems cut off: statements with all that these mention, sizes, what is imposed."""
        sizes = self.reference.sizes
        cut_off = tuple(
            (content_of_subproblem(self.study, apart.subproblem, sizes[where], []), sorted(apart.imposed))
            for apart in self.reference.apart
            if (where := apart.subproblem.where) is not None
        )
        return key_of(cut_off=cut_off)

    # where a question is put ------------------------------------------------------------------------------------

    def home(self, asked: Asked, about: Collection[str]) -> PosedSubproblem:
        """The unknowns that a question about these variables is put to."""
        return self.posed_at(self.place(asked, about), asked)

    def posed_at(self, place: QuestionPlace, asked: Asked) -> PosedSubproblem:
        """The unknowns of the place that a question is put to."""
        if place.kind == FIRST:
            return self.first
        return self.union(asked) if place.kind == UNION else self._kept(place.subproblem, asked)

    def place(self, asked: Asked, about: Collection[str]) -> QuestionPlace:
        """Where a question about these variables is put."""
        cuts = [s.subproblem for s in self.reference.apart if set(about) & set(s.subproblem.variables)]
        wheres, within = {b.where for b in cuts}, {n for b in cuts for n in b.variables}
        alone = len(wheres) == 1 and set(about) <= within and asked.where in (None, *wheres) and not asked.adds
        deciding = set() if alone else set(about).union(*(names(w) for w in wheres if w is not None))
        homes = [s.subproblem for s in self.reference.solved[1:] if deciding & set(s.subproblem.variables)]
        if not homes and not cuts and not asked.adds:
            return QuestionPlace(self.reference.solved[0].subproblem, FIRST)
        subproblems = [*homes, *cuts]
        whole = subproblems[0] if len(subproblems) == 1 and not asked.adds else self._joined(subproblems, asked)
        whole = replace(whole, where=cuts[0].where if alone else None)
        if asked.changes - set(_statements(whole)):
            return QuestionPlace(self._joined([s.subproblem for s in self.reference.every], asked), UNION)
        return QuestionPlace(whole, OWN)

    @property
    def first(self) -> PosedSubproblem:
        """The unknowns of the categories that sort the patients."""
        key = ("first",)
        if key not in self._posed:
            solved, study = self.reference.solved[0], self.study
            u = unknowns_of(study, solved.subproblem, self.reference.size, [])
            if solved.subproblem.variables:
                sort_patients(study, u, solved.subproblem.variables)
            self._posed[key] = PosedSubproblem(solved.subproblem, u, solved.imposed, solved.codes)
        return self._posed[key]

    def union(self, asked: Asked, cut_off: Collection[Subproblem] | None = None) -> PosedSubproblem:
        """The unknowns of everything, with the categories that sort the patients open, patients in their order.

        With some of the subproblems that are cut off, or with all of them. Sound for every question: nothing is known
        beforehand, so that all patients are interchangeable.
        """
        cuts = [s.subproblem for s in self.reference.apart] if cut_off is None else list(cut_off)
        whole = self._joined([*(s.subproblem for s in self.reference.solved), *cuts], asked)
        key = "union", whole.variables, id(asked.study) if asked.adds else 0, self._keeps(asked)
        if key not in self._posed:
            u = unknowns_of(asked.study, whole, self.reference.size, [])
            order = self.reference.solved[0].subproblem.variables
            if order:
                sort_patients(asked.study, u, order)
            if self._keeps(asked):
                require_kept(u, whole, self.reference.kept_by)
            own = [n for n in whole.variables if n in self.study.variables]
            codes = {(i, n): self.code(n, i) for i in range(u.size) for n in own}
            self._posed[key] = PosedSubproblem(whole, u, frozenset(u.on) - self.reference.aside, codes)
        return self._posed[key]

    def relaxed(self, home: PosedSubproblem, asked: Asked) -> PosedSubproblem:
        """The same subproblem's unknowns relaxed, for bounds alone."""
        return self._kept(home.subproblem, asked, relaxed=True)

    def part(self, part: Subproblem, asked: Asked) -> PosedSubproblem:
        """The unknowns of a part of a subproblem, for bounds: they satisfy no more than its statements."""
        return self._kept(part, asked)

    def with_cut_off(self, home: PosedSubproblem, asked: Asked, cut_off: Collection[Subproblem]) -> PosedSubproblem:
        """The unknowns of a subproblem and of those cut off, for when it is open how many patients these have."""
        return self._kept(self._joined([home.subproblem, *cut_off], asked), asked)

    def open_cuts(self, home: PosedSubproblem, asked: Asked) -> list[Subproblem]:
        """The subproblems cut off of which it isn't proven how many patients they have, as the question changes it."""
        if home.subproblem.where is not None or not asked.changes & set(home.u.on):
            return []
        self._rested_on_cuts = True
        left = [replace(home, imposed=(home.imposed | asked.also) - asked.without)]
        apart = [s.subproblem for s in self.reference.apart]
        found = (b.where for b in apart)
        wheres = dict.fromkeys(w for w in found if w is not None and names(w) & set(home.subproblem.variables))
        unsure = {where for where in wheres if only_size(left, where) != self.reference.sizes[where]}
        within = set(home.subproblem.variables)
        return [b for b in apart if b.where in unsure and not set(b.variables) <= within]

    def _kept(self, subproblem: Subproblem, asked: Asked, relaxed: bool = False) -> PosedSubproblem:
        """A subproblem posed for a question; questions that leave the same patients interchangeable share it."""
        by = asked.by if asked.by in subproblem.variables else most_claimed(subproblem)
        told, whom = asked.told_by(set(self.reference.known_categories))
        size, fixed = len(self._rows(subproblem)), [] if subproblem.where else self.reference.fixed
        alike = interchangeable_patients(asked.study, subproblem, size, fixed, told, whom)
        classes = tuple(map(tuple, alike))
        study = id(asked.study) if asked.adds else 0
        keeps, statements = self._keeps(asked), frozenset(_statements(subproblem))
        key = subproblem.variables, subproblem.where, statements, by, classes, study, relaxed, keeps
        if key not in self._posed:
            self._posed[key] = self._made(subproblem, by, asked, relaxed)
        return self._posed[key]

    def _keeps(self, asked: Asked) -> bool:
        """Whether the rules set aside are to be kept by as many patients as can keep them.

        Not where something set aside is put back in: then it is open how many can.
        """
        return not asked.also

    def _made(self, subproblem: Subproblem, by: str, asked: Asked, relaxed: bool) -> PosedSubproblem:
        """A subproblem's unknowns with what is set aside not imposed, and the reference cohort's codes."""
        rows = self._rows(subproblem)
        fixed = [] if subproblem.where else self.reference.fixed
        told, whom = asked.told_by(set(self.reference.known_categories))
        u = unknowns_of(asked.study, subproblem, len(rows), fixed, by, relaxed, told, whom)
        if self._keeps(asked) and subproblem.where is None:
            require_kept(u, subproblem, self.reference.kept_by)
        order = self._order(u, rows)
        own = [n for n in subproblem.variables if n in self.study.variables]
        codes = {(i, n): self.code(n, row) for i, row in enumerate(order) for n in own}
        return PosedSubproblem(subproblem, u, frozenset(u.on) - self.reference.aside, codes)

    def _rows(self, subproblem: Subproblem) -> list[int]:
        """The reference cohort's rows of a subproblem's patients."""
        if subproblem.where is None:
            return list(range(self.reference.size))
        return [int(row) for row in np.flatnonzero(evaluate(subproblem.where, self.reference.frame))]

    def _joined(self, subproblems: Sequence[Subproblem], asked: Asked) -> Subproblem:
        """Several subproblems as one, with the variables and rules that a question adds."""
        added = tuple(n for n in asked.study.variables if n not in self.study.variables)
        return joined(asked.study, [*subproblems, Subproblem(added, (), asked.added_rules(self.study))])

    # answers as tables ------------------------------------------------------------------------------------------

    def _order(self, u: Unknowns, rows: list[int]) -> list[int]:
        """The reference cohort's rows with those of each class in the order of the unknowns."""
        order = list(rows)
        for group in u.alike:
            if u.by in self.study.variables:
                for place, row in zip(group, sorted((rows[i] for i in group), key=self._coded(u.by)), strict=True):
                    order[place] = row
        return order

    def _coded(self, name: str) -> Callable[[int], int]:
        return lambda row: self.code(name, row)

    def code(self, name: str, row: int) -> int:
        """The code of the reference cohort's value of a variable, the least possible where it has none."""
        return code_of(self.study.variables[name], self.reference.frame.at[row, name])

    def table(self, posed: PosedSubproblem, codes: dict[Cell, int], study: Study | None = None) -> pd.DataFrame:
        """The reference cohort with an answer's values in place of its own.

        USUBJID and every variable of the record, or of the record with a question's own variables.
        """
        table, study = self.reference.frame.copy(), study or self.study
        known = set(posed.u.fixed[0]) if posed.u.size else set()  # an answer of means and SDs alone lacks these
        answered = [n for n in posed.u.variables if n in study.variables and n not in known]
        if posed.subproblem.where is not None:
            rows = np.flatnonzero(evaluate(posed.subproblem.where, table)).tolist()
        else:
            rows = list(range(len(table)))
        for name in answered:
            column = table[name].tolist() if name in table else [None] * len(table)
            for i, row in enumerate(rows):
                column[row] = decoded(study.variables[name], codes[i, name])
            table[name] = pd.Series(column, dtype=object)
        return self._moved(study, table, set(answered))

    def _moved(self, study: Study, table: pd.DataFrame, answered: set[str]) -> pd.DataFrame:
        """The table with values where they are due: those of a subproblem cut off follow its patients to their rows."""
        for name, variable in study.variables.items():
            if variable.where is None or (name not in answered and not self._owners[name] & answered):
                continue  # whoever has it had it before
            due = evaluate(variable.where, table).to_numpy()
            kept = [] if name in answered else [v for v in self.reference.frame[name].tolist() if not is_missing(v)]
            if name not in answered and due.sum() == len(kept):
                column: list[str | Fraction | None] = [None] * len(table)
                for row, value in zip(np.flatnonzero(due).tolist(), kept, strict=True):
                    column[row] = value
                table[name] = pd.Series(column, dtype=object)
            else:
                table.loc[~due, name] = None
        return table

    # what the verifier says -------------------------------------------------------------------------------------

    def not_imposed(self, asked: Asked | None = None) -> frozenset[Statement]:
        """What a range holds without: patients who break anything else say nothing against it.

        A claim that is printed several times is left out in all its places, and so is what can't be put to patients.
        """
        without, also = (asked.without, asked.also) if asked else (frozenset(), frozenset())
        left = (self.reference.aside - also) | without | {("claim", id) for id in self.reference.not_modelled}
        twins = self.reference.duplicates
        more = (twin.id for kind, id in left if kind == "claim" for twin in twins.get(id, ()))
        return frozenset(left | {("claim", id) for id in more})

    def broken(self, table: pd.DataFrame, asked: Asked) -> list[str]:
        """The ids of what the verifier finds broken in a table of what is imposed for a question."""
        reference = self.reference
        ids = reference.with_duplicates(asked.without) | (reference.excused - reference.with_duplicates(asked.also))
        about = self._about_changed(table)
        study = self._with_statements_about(about, asked.also)
        found = [id for id in verify(study, table, about).broken["id"].tolist() if id not in ids]
        rules = {rule.id: rule.rule for rule in self.study.rules}
        few = [id for id, number in reference.kept_by.items() if (~breaks(rules[id], table)).sum() < number]
        return [*found, *(few if self._keeps(asked) else [])]

    def _about_changed(self, table: pd.DataFrame) -> set[str]:
        """The variables in which a table differs from the reference cohort, or of which it says otherwise who has them.

        The cohort is confirmed: what mentions none of these is kept in the table as it is there.
        """
        frame = self.reference.frame
        changed = {name for name in self.study.variables if table[name].tolist() != frame[name].tolist()}
        return {name for name in self.study.variables if self._owners[name] & changed}

    def _with_statements_about(self, about: Collection[str], also: frozenset[Statement]) -> Study:
        """The record with no statements but those that mention one of these variables, or are put back in (`also`).

        What is set aside otherwise the reference cohort may break.
        """
        study, about = self.study, set(about)
        again = self.reference.with_duplicates(s for s in also if s[0] == "claim")
        claims = tuple(c for c in study.claims if c.id in again or about & self._mentioned["claim", c.id])
        rules = tuple(r for r in study.rules if ("rule", r.id) in also or about & self._mentioned["rule", r.id])
        return replace(study, claims=claims, rules=rules)

    @cached_property
    def _owners(self) -> dict[str, set[str]]:
        """Each variable with those that say who has it."""
        return {name: with_owners(self.study, {name}) for name in self.study.variables}

    @cached_property
    def _mentioned(self) -> dict[Statement, set[str]]:
        """The variables that each statement mentions."""
        claims = {("claim", c.id): all_names(self.study, c) for c in self.study.claims}
        return claims | {("rule", r.id): all_names(self.study, r) for r in self.study.rules}


def _statements(subproblem: Subproblem) -> list[Statement]:
    return [*(("rule", r.id) for r in subproblem.rules), *(("claim", c.id) for c in subproblem.claims)]


def joined(study: Study, subproblems: Iterable[Subproblem]) -> Subproblem:
    """Several subproblems of a record as one."""
    subproblems = list(subproblems)
    within = {n for b in subproblems for n in b.variables}
    variables = tuple(n for n in study.variables if n in within)
    claims: dict[str, Claim] = {c.id: c for b in subproblems for c in b.claims}
    rules: dict[str, Rule] = {r.id: r for b in subproblems for r in b.rules}
    return Subproblem(variables, tuple(claims.values()), tuple(rules.values()))
