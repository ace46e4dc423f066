"""Types of patients: every combination of levels and cells that the variables' `where` and the rules admit.

A table of types is about some variables; what it leaves out may be anything. Types that no patient can be of may be
among them (a comparison may be true and false of one pair of cells, and then there is a type of either): that widens.
None that a patient can be of may lack: that would be unsound, and is what the tests of this room look for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from recount.second_prover.cells import Cells, Line, difference, line_of
from recount.second_prover.reading import Compare, Expression, In, Study, Sum, names
from recount.second_prover.truth import FALSE, MISSING, TRUE, UNKNOWN, Feature, Whole, features_of, truth_of

MOST_TYPES = 250_000


class TooManyTypes(Exception):
    """A table would have more than `MOST_TYPES` rows."""


@dataclass
class PatientTypes:
    """One row a type: `columns` its features, `lows` and `highs` its cell of each number (`MISSING` where none).

    Where a number is missing is told by `known`.
    """

    size: int = 1
    columns: dict[Feature, Whole] = field(default_factory=dict)
    lows: dict[str, Whole] = field(default_factory=dict)
    highs: dict[str, Whole] = field(default_factory=dict)
    known: dict[str, Whole] = field(default_factory=dict)

    def keep_rows(self, rows: Whole) -> None:
        """The rows of these numbers, each as often as it is named."""
        if len(rows) > MOST_TYPES:
            raise TooManyTypes
        self.size = len(rows)
        for columns in (self.columns, self.lows, self.highs, self.known):
            for key in list(columns):
                columns[key] = columns[key][rows]  # type: ignore[index]


class TypeTable:
    """Makes a table of types, one variable or comparison after another, dropping what a rule refuses as soon as it can.

    Comparisons of the table's own `numbers` are decided by their cells; others may be anything here, since the table
    of their numbers decides them.
    """

    def __init__(
        self, study: Study, numbers: Sequence[str], cells: Mapping[str, Cells], rules: Sequence[Expression]
    ) -> None:
        self.study, self.numbers, self.cells = study, frozenset(numbers), cells
        self.types = PatientTypes()
        self._rules = [(rule, frozenset(features_of(rule))) for rule in rules]

    def add_feature(self, feature: Feature) -> None:
        """Adds a category or a comparison, and before it what decides who has it."""
        if feature in self.types.columns:
            return
        for name in sorted(names_of(feature)):
            if name in self.numbers:
                self.add_number(name)
            else:
                self._add_where(name)
        if isinstance(feature, str):
            self._add_category(feature)
        elif names_of(feature) <= self.numbers:
            self._decide_comparison(feature)
        else:
            self._leave_open(feature)
        self._drop_refused()

    def add_number(self, name: str) -> None:
        """Adds a number of the table's own, a row for each of its cells where it has a value."""
        if name in self.types.lows:
            return
        known = self._rows_with(name)
        cells = self.cells[name]
        if self.types.size * len(cells.lows) > 4 * MOST_TYPES:
            raise TooManyTypes
        self._expand_rows(known, len(cells.lows))
        places = self._places
        self.types.lows[name] = np.where(places < 0, 0, cells.lows[places])
        self.types.highs[name] = np.where(places < 0, 0, cells.highs[places])
        self.types.known[name] = (places >= 0).astype(np.int64)

    def join_types(self, others: PatientTypes) -> None:
        """Each row with each combination of another table's features that agrees with it on those of both."""
        shared = [f for f in others.columns if f in self.types.columns]
        added = [f for f in others.columns if f not in self.types.columns]
        others_rows = stacked(others.columns, [*shared, *added], others.size)
        others_rows = others_rows[np.unique(kinds_of(others_rows), return_index=True)[1]]
        mine, theirs = stacked(self.types.columns, shared, self.types.size), others_rows[:, : len(shared) + 1]
        kinds = kinds_of(np.concatenate([mine, theirs]))
        here, there = kinds[: len(mine)], kinds[len(mine) :]
        order = np.argsort(there, kind="stable")
        starts = np.searchsorted(there[order], here, side="left")
        times = np.searchsorted(there[order], here, side="right") - starts
        if times.sum() > MOST_TYPES:
            raise TooManyTypes
        offsets = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        partner = order[np.repeat(starts, times) + offsets]
        self.types.keep_rows(np.repeat(np.arange(self.types.size), times))
        for k, feature in enumerate(added):
            self.types.columns[feature] = others_rows[partner, len(shared) + 1 + k]
        self._drop_refused()

    def _add_where(self, name: str) -> None:
        for feature in features_of(self.study.variables[name].where):
            self.add_feature(feature)

    def _rows_with(self, name: str) -> Whole:
        """Of which rows a variable has a value: those of which its `where` is true, not only not false."""
        self._add_where(name)
        where = self.study.variables[name].where
        if where is None:
            return np.ones(self.types.size, dtype=bool)
        known: Whole = truth_of(where, self.types.columns, self.study) == TRUE
        return known

    def _expand_rows(self, known: Whole, values: int) -> None:
        """A row for each value of the rows that have one; `_places` says which, `MISSING` for the others."""
        with_value, without = np.flatnonzero(known), np.flatnonzero(~known)
        self.types.keep_rows(np.concatenate([np.repeat(with_value, values), without]))
        self._places = np.concatenate([np.tile(np.arange(values), len(with_value)), np.full(len(without), MISSING)])

    def _add_category(self, name: str) -> None:
        self._expand_rows(self._rows_with(name), len(self.study.variables[name].levels))
        self.types.columns[name] = self._places

    def _leave_open(self, feature: Feature) -> None:
        """A comparison of others' numbers: true or false where all of them have a value, else unknown."""
        known = np.ones(self.types.size, dtype=bool)
        for name in sorted(names_of(feature)):
            known &= self._rows_with(name)
        self._expand_rows(known, 2)
        self.types.columns[feature] = np.select([self._places == 1, self._places == 0], [TRUE, FALSE], UNKNOWN)

    def _decide_comparison(self, feature: Compare | In) -> None:
        """A comparison of the table's own numbers: a row for either where its cells admit both."""
        may_be_true, may_be_false = possible(feature, self.types, self.study)
        known = np.ones(self.types.size, dtype=bool)
        for name in names_of(feature):
            known &= self.types.known[name] == 1
        open_rows = [np.flatnonzero(known & may_be_true), np.flatnonzero(known & may_be_false), np.flatnonzero(~known)]
        self.types.keep_rows(np.concatenate(open_rows))
        self.types.columns[feature] = np.repeat([TRUE, FALSE, UNKNOWN], [len(rows) for rows in open_rows])

    def drop_incompatible(self) -> None:
        """Drops types of which two comparisons of the same numbers can't both be what they are.

        Two sides that aren't negative have a sum that isn't: where the sum of both sides is negative throughout the
        type's cells, no values in them are so.
        """
        sides = [
            side for feature in self.types.columns if isinstance(feature, Compare) for side in _signed_sums(feature)
        ]
        for (one, mine, p, p_strict), (two, theirs, q, q_strict) in combinations(sides, 2):
            if (
                one is two
                or len(names_of(one) & names_of(two)) < 2
                or not names_of(one) | names_of(two) <= self.numbers
            ):
                continue
            line = line_of(sum_of_two(p, q), self.study)
            _, most = ends_in(self.types, line.factors, line.constant)
            impossible = most <= 0 if p_strict or q_strict else most < 0
            both = (self.types.columns[one] == mine) & (self.types.columns[two] == theirs)
            self.types.keep_rows(np.flatnonzero(~(both & impossible)))

    def _drop_refused(self) -> None:
        """Drops types that break a rule: only those of which it is false. What isn't known breaks nothing."""
        ready = [rule for rule, needs in self._rules if needs <= self.types.columns.keys()]
        self._rules = [(rule, needs) for rule, needs in self._rules if not needs <= self.types.columns.keys()]
        for rule in ready:
            self.types.keep_rows(np.flatnonzero(truth_of(rule, self.types.columns, self.study) != FALSE))


def stacked(columns: Mapping[Feature, Whole], features: Sequence[Feature], size: int) -> Whole:
    """Some features' columns side by side, after one of noughts."""
    return np.stack([np.zeros(size, dtype=np.int64), *(columns[f] for f in features)], axis=1)


def kinds_of(rows: Whole) -> Whole:
    """For each row a number that rows with the same entries share, from nought up without gaps."""
    kinds = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        _, here = np.unique(column, return_inverse=True)
        _, kinds = np.unique(kinds * (int(here.max(initial=0)) + 1) + here.reshape(-1), return_inverse=True)
        kinds = kinds.reshape(-1)
    return kinds


def names_of(feature: Feature) -> frozenset[str]:
    """The variables of a feature."""
    return frozenset({feature}) if isinstance(feature, str) else names(feature)


def _signed_sums(feature: Compare) -> list[tuple[Compare, int, Sum, bool]]:
    """For a comparison's being true, and its being false: the sum that isn't negative then; strict: it is above 0."""
    less = difference(feature)
    more = sum_times(less, -1)
    if feature.op == ">=":
        return [(feature, TRUE, less, False), (feature, FALSE, more, True)]
    if feature.op == ">":
        return [(feature, TRUE, less, True), (feature, FALSE, more, False)]
    return []


def narrowed(types: PatientTypes, of: Sum, line: Line, ends: tuple[Whole, Whole], study: Study) -> tuple[Whole, Whole]:
    """The ends of a sum of several numbers in each type's cells, as far as what is compared of them narrows it.

    Where a side p isn't negative, the sum is at least itself less p, and at most itself and p.
    """
    low, high = ends
    sides = [side for feature in types.columns if isinstance(feature, Compare) for side in _signed_sums(feature)]
    for feature, truth, side, _ in sides:
        if len(names_of(feature) & names(of)) < 2 or not names_of(feature) <= types.lows.keys():
            continue
        here = types.columns[feature] == truth
        less, more = (line_of(sum_of_two(of, sum_times(side, sign)), study) for sign in (-1, 1))
        least = _in_unit(ends_in(types, less.factors, less.constant)[0], less.unit / line.unit)
        most = -_in_unit(-ends_in(types, more.factors, more.constant)[1], more.unit / line.unit)
        low, high = np.where(here, np.maximum(low, least), low), np.where(here, np.minimum(high, most), high)
    return low, high


def _in_unit(values: Whole, unit: Fraction) -> Whole:
    """The least whole number that isn't below each value times the unit: a sum is whole in its own."""
    return -((-values * unit.numerator) // unit.denominator)


def sum_times(of: Sum, factor: int) -> Sum:
    """A sum times a number."""
    return Sum(tuple((factor * by, name) for by, name in of.terms), factor * of.constant)


def sum_of_two(one: Sum, two: Sum) -> Sum:
    """The sum of two sums."""
    return Sum((*one.terms, *two.terms), one.constant + two.constant)


def possible(feature: Compare | In, types: PatientTypes, study: Study) -> tuple[Whole, Whole]:
    """Whether a comparison can be true of each type's cells, and whether it can be false."""
    if isinstance(feature, In):
        return _possibly_in(feature, types, study)
    line = line_of(difference(feature), study)
    low, high = ends_in(types, line.factors, line.constant)
    below, above, nought = low < 0, high > 0, (low <= 0) & (high >= 0)
    only_nought = (low == 0) & (high == 0)
    return {
        "<": (below, high >= 0),
        "<=": (low <= 0, above),
        ">": (above, low <= 0),
        ">=": (high >= 0, below),
        "==": (nought, ~only_nought),
        "!=": (~only_nought, nought),
    }[feature.op]


def ends_in(types: PatientTypes, factors: Sequence[tuple[str, int]], constant: int) -> tuple[Whole, Whole]:
    """The least and the greatest value of a sum in each type's cells, exactly: wider than 64 bits where it must be."""
    reach = abs(constant) + sum(abs(factor) * _largest_size(types, name) for name, factor in factors)
    kind: Any = np.int64 if reach < 2**62 else object
    low = high = np.full(types.size, constant, dtype=kind)
    for name, factor in factors:
        lows, highs = types.lows[name].astype(kind) * factor, types.highs[name].astype(kind) * factor
        low, high = low + (lows if factor > 0 else highs), high + (highs if factor > 0 else lows)
    return low, high


def _largest_size(types: PatientTypes, name: str) -> int:
    return int(max(np.abs(types.lows[name]).max(initial=0), np.abs(types.highs[name]).max(initial=0)))


def _possibly_in(node: In, types: PatientTypes, study: Study) -> tuple[Whole, Whole]:
    step = study.variables[node.name].step or 1
    low, high = types.lows[node.name], types.highs[node.name]
    values = [value / step for value in node.values if not isinstance(value, str)]
    hits = [(low <= value.numerator) & (high >= value.numerator) for value in values if value.denominator == 1]
    some = np.any(hits, axis=0) if hits else np.zeros(types.size, dtype=bool)
    return some, ~(some & (low == high))
