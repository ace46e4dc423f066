"""One confirmed cohort of a record, and its blocks' unknowns, ready for questions about everything that fits.

A question is put to the block that it is about; one about several blocks to their union. The answer's codes, with the
basis' own values for all other variables, make a table of patients that the verifier confirms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd

from recount.reconstruct.cohort import Drawing
from recount.reconstruct.consistent import Consistent, Held, keep_broken_few, only_size, sort_patients, unknowns_of
from recount.reconstruct.given import Given, Solved, given_of
from recount.record import Claim, Study, code_of, decoded
from recount.rules import Expression, breaks, evaluate, is_missing, names
from recount.solver import CONSTRAINTS, Cell, Statement, Unknowns
from recount.subproblems import Block, most_claimed, twins_of
from recount.verify import verify


@dataclass
class Basis:
    """What holds together of a record, and one cohort of it that the verifier has confirmed; plain but for `_homes`."""

    given: Given
    frame: pd.DataFrame
    _homes: dict[tuple, Held] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, object]:
        return {"given": self.given, "frame": self.frame, "_homes": {}}

    @property
    def study(self) -> Study:
        """The record itself."""
        return self.given.study

    @cached_property
    def twins(self) -> dict[str, tuple[Claim, ...]]:
        """The claims that print the same number of the same thing, by the id of the first of them."""
        return twins_of(self.study.claims)

    @property
    def solved(self) -> tuple[Solved, ...]:
        """All blocks, those cut off too, as they were solved."""
        return *self.given.solved, *self.given.apart

    @property
    def cut_off(self) -> list[Block]:
        """The blocks cut off, with what is set aside of them."""
        return [solved.block for solved in self.given.apart]

    @cached_property
    def aside(self) -> frozenset[Statement]:
        """The statements that are set aside."""
        every = {s for solved in self.solved for s in statements_of(solved.block)}
        return frozenset(every - {s for solved in self.solved for s in solved.active})

    @cached_property
    def first(self) -> Held:
        """The unknowns of the frame, the categories that sort the patients."""
        solved = self.given.solved[0]
        u = unknowns_of(self.study, solved.block, self.given.size, [])
        if solved.block.variables:
            sort_patients(self.study, u, solved.block.variables)
        return Held(solved.block, u, solved.active, solved.values)

    def home(
        self,
        about: Collection[str],
        where: Expression | None,
        by: str = "",
        study: Study | None = None,
        relaxed: bool = False,
    ) -> Held:
        """The unknowns that a question about these variables, of the patients of `where`, is put to.

        Interchangeable patients are in the order of the variable `by`. `study` is the record with the question's own
        variables, rules and populations, where it has some. `relaxed` unknowns are for bounds alone.
        """
        cuts = [b for b in self.cut_off if set(about) & set(b.variables)]
        wheres, within = {b.where for b in cuts}, {n for b in cuts for n in b.variables}
        alone = len(wheres) == 1 and set(about) <= within and where in (None, *wheres) and study is None
        deciding = set() if alone else set(about).union(*(names(w) for w in wheres if w is not None))
        homes = [s.block for s in self.given.solved[1:] if deciding & set(s.block.variables)]
        if not homes and not cuts and study is None:
            return self.first
        blocks = [*homes, *cuts]
        whole = blocks[0] if len(blocks) == 1 and study is None else self._joined(blocks, study or self.study)
        whole = replace(whole, where=cuts[0].where if alone else None)
        by = by if by in whole.variables else most_claimed(whole)
        key = whole.variables, whole.where, by, id(study), relaxed
        if key not in self._homes:
            self._homes[key] = self.made(whole, by, study, relaxed)
        return self._homes[key]

    def relaxed(self, home: Held) -> Held:
        """The same block's unknowns relaxed, for bounds alone."""
        key = home.block.variables, home.block.where, home.u.by, id(home.u.study), True
        if key not in self._homes:
            self._homes[key] = self.made(home.block, home.u.by, home.u.study, True)
        return self._homes[key]

    def part(self, part: Block, by: str, study: Study) -> Held:
        """The unknowns of a part of a block, for bounds: they satisfy no more than its statements."""
        statements = frozenset(statements_of(part))
        key = part.variables, part.where, by, id(study), statements
        if key not in self._homes:
            self._homes[key] = self.made(part, by, study)
        return self._homes[key]

    def _joined(self, blocks: list[Block], study: Study) -> Block:
        """Several blocks as one, with the variables and rules that a question adds."""
        added = tuple(n for n in study.variables if n not in self.study.variables)
        return joined(study, [*blocks, Block(added, (), study.rules[len(self.study.rules) :])])

    def made(self, block: Block, by: str, study: Study | None = None, relaxed: bool = False) -> Held:
        """A block's unknowns with what is set aside not imposed, and the basis' own values in their order."""
        study = study or self.study
        rows = list(range(self.given.size))
        if block.where is not None:
            rows = np.flatnonzero(evaluate(block.where, self.frame)).tolist()
        u = unknowns_of(study, block, len(rows), [] if block.where else self.given.fixed, by, relaxed)
        keep_broken_few(u, block, self.kept_by)
        order = self._order(u, rows)
        values = {(i, n): self.code(n, row) for i, row in enumerate(order) for n in block.variables if n in self.frame}
        return Held(block, u, frozenset(u.on) - self.aside, values)

    @property
    def kept_by(self) -> dict[str, int]:
        """How many patients keep each rule that is set aside, at most."""
        return {id: number for solved in self.given.solved for id, number in solved.kept_by.items()}

    def keeps_most(self, table: pd.DataFrame) -> bool:
        """Whether as many patients as can keep each rule that is set aside."""
        rules = {rule.id: rule.rule for rule in self.study.rules}
        return all((~breaks(rules[id], table)).sum() >= number for id, number in self.kept_by.items())

    def _with_twins(self, statements: Iterable[Statement]) -> set[str]:
        ids = {id for _, id in statements}
        return ids | {twin.id for id in ids for twin in self.twins.get(id, ())}

    def _order(self, u: Unknowns, rows: list[int]) -> list[int]:
        """The basis' rows with those of each class in the order of the unknowns."""
        order = list(rows)
        for group in u.alike:
            if u.by in self.frame:
                for place, row in zip(group, sorted((rows[i] for i in group), key=self._coded(u.by)), strict=True):
                    order[place] = row
        return order

    def _coded(self, name: str) -> Callable[[int], int]:
        return lambda row: self.code(name, row)

    def code(self, name: str, row: int) -> int:
        """The code of the basis' value of a variable, the least possible where it has none."""
        return code_of(self.study.variables[name], self.frame.at[row, name])

    def table(self, held: Held, values: dict[Cell, int], study: Study | None = None) -> pd.DataFrame:
        """The basis' patients with an answer's values in place of its own.

        USUBJID and every variable of the record, or of the record with a question's own variables.
        """
        table, study = self.frame.copy(), study or self.study
        answered = [n for n in held.u.variables if n in study.variables]
        if held.block.where is not None:
            rows = np.flatnonzero(evaluate(held.block.where, table)).tolist()
        else:
            rows = list(range(len(table)))
        for name in answered:
            column = table[name].tolist() if name in table else [None] * len(table)
            for i, row in enumerate(rows):
                column[row] = decoded(study.variables[name], values[i, name])
            table[name] = pd.Series(column, dtype=object)
        return self._moved(study, table, set(answered))

    def _moved(self, study: Study, table: pd.DataFrame, answered: set[str]) -> pd.DataFrame:
        """The table with values where they are due: those of a cut-off block follow its patients to their rows."""
        for name, variable in study.variables.items():
            if variable.where is None:
                continue
            due = evaluate(variable.where, table).to_numpy()
            kept = [] if name in answered else [v for v in self.frame[name].tolist() if not is_missing(v)]
            if name not in answered and due.sum() == len(kept):
                column: list[str | Fraction | None] = [None] * len(table)
                for row, value in zip(np.flatnonzero(due).tolist(), kept, strict=True):
                    column[row] = value
                table[name] = pd.Series(column, dtype=object)
            else:
                table.loc[~due, name] = None
        return table

    def broken(
        self, table: pd.DataFrame, excused: Iterable[Statement] = (), also: Iterable[Statement] = ()
    ) -> list[str]:
        """The ids of what the verifier finds broken in a table, but for what is excused, set aside or not modelled.

        What is in `also` is not excused for being set aside.
        """
        ids = self._with_twins(excused) | (self.given.excused - self._with_twins(also))
        found = verify(self.study, table).broken
        return [id for id in found["id"].tolist() if id not in ids]


def basis_of(known: Consistent, seed: int = 1) -> Basis:
    """The basis of what holds together, its cohort the first one of the seed. Raises Undecided."""
    given = given_of(known)
    return Basis(given, Drawing(given).cohort(seed, 1))


def statements_of(block: Block) -> list[Statement]:
    """The statements of a block that are imposed on unknowns."""
    claims = [("claim", c.id) for c in block.claims if c.statistic in CONSTRAINTS]
    return [*(("rule", r.id) for r in block.rules), *claims]


def joint_home(basis: Basis, cut_off: Collection[Block] = ()) -> Held:
    """The unknowns of everything that isn't cut off, with the frame open, patients in its order.

    For questions about the frame itself when other frames come into question. With some blocks that are `cut_off`.
    """
    given, study = basis.given, basis.study
    blocks = [*(s.block for s in given.solved), *cut_off]
    whole = joined(study, blocks)
    u = unknowns_of(study, whole, given.size, [])
    if blocks[0].variables:
        sort_patients(study, u, blocks[0].variables)
    keep_broken_few(u, whole, basis.kept_by)
    values = {(i, n): basis.code(n, i) for i in range(given.size) for n in whole.variables}
    return Held(whole, u, frozenset(u.on) - basis.aside, values)


def with_cut_off(basis: Basis, home: Held, cut_off: Collection[Block]) -> Held:
    """The unknowns of a block and of blocks cut off, for questions when it is open how many patients these have."""
    return basis.made(joined(basis.study, [home.block, *cut_off]), home.u.by)


def open_cuts(basis: Basis, home: Held, without: Collection[Statement]) -> list[Block]:
    """The blocks cut off of which it isn't proven how many patients they have, once some statements aren't imposed."""
    if home.block.where is not None or not set(without) & home.active:
        return []
    left = [replace(home, active=home.active - set(without))]
    found = (b.where for b in basis.cut_off)
    wheres = dict.fromkeys(w for w in found if w is not None and names(w) & set(home.block.variables))
    unsure = {where for where in wheres if only_size(left, where) is None}
    return [b for b in basis.cut_off if b.where in unsure]


def joined(study: Study, blocks: Sequence[Block]) -> Block:
    """Several blocks of a record as one."""
    within = {n for b in blocks for n in b.variables}
    variables = tuple(n for n in study.variables if n in within)
    return Block(variables, tuple(c for b in blocks for c in b.claims), tuple(r for b in blocks for r in b.rules))
