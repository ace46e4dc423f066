"""Statements as an integer programme over how many patients there are of each type.

There is a core table of types, over all categories and comparisons that the statements mention, and a table for each
group of numbers that a comparison or a sum joins. Tables agree on how many patients have each combination of the
features that they share. Nothing is ordered, cut off or taken as known: every cohort that satisfies the statements
gives a solution, so where there is no solution there is no cohort. The converse doesn't hold and isn't used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from recount.second_prover.cells import Line, cells_of, ends_of, line_of, step_of
from recount.second_prover.patient_types import PatientTypes, TypeTable, ends_in, kinds_of, names_of, narrowed, stacked
from recount.second_prover.programme import Programme
from recount.second_prover.quantile_clauses import Clause, at_most, place_of
from recount.second_prover.reading import Compare, Expression, In, Study, Sum, names
from recount.second_prover.statements import (
    ADDED,
    ORDERED,
    Demand,
    Statement,
    both_conditions,
    conditions_of,
    whose_values,
)
from recount.second_prover.truth import MISSING, TRUE, Feature, Whole, features_of, truth_of

Sizes = Mapping[Expression | None, tuple[int, int]]
"""Of how many patients at least and at most a condition is true, proven by this prover."""

Patient = dict[str, str | Fraction | None]
"""A patient's values by variable; None where one isn't had."""


@dataclass(frozen=True)
class Group:
    """Numbers that a comparison or a sum joins, with the comparisons of them alone."""

    numbers: tuple[str, ...]
    compared: tuple[Compare | In, ...]
    needs: tuple[Feature, ...]


@dataclass
class Counted:
    """A table of types in a programme: what its rows are counted by, until `_finish_table` makes a number of each sort.

    Then `first` is the place of the first of those numbers, and `examples` a type of each sort.
    """

    types: PatientTypes
    weights: list[tuple[Whole, int]] = field(default_factory=list)
    parts: list[tuple[Whole, list[tuple[int, int | None]]]] = field(default_factory=list)
    links: list[tuple[Whole, list[int]]] = field(default_factory=list)
    first: int = 0
    examples: Whole = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class Encoding:
    """The programme of some statements about `size` patients. Raises TooManyTypes.

    `most` is about how many clauses a quantile between two values gets; `sizes` what is proven of how many patients
    are of a condition. `whole` says whether every quantile got all of its clauses.
    """

    def __init__(self, study: Study, size: int, statements: Sequence[Statement], sizes: Sizes, most: int) -> None:
        self.study, self.size, self.sizes, self.most = study, size, sizes, most
        self.programme, self.whole = Programme(), True
        self.rules = [s.rule for s in statements if s.rule is not None]
        self.demands = [s.demand for s in statements if s.demand is not None]
        self.conditions = list(dict.fromkeys(c for s in statements for c in conditions_of(study, s)))
        self.clauses = {d: self._clauses(d) for d in self.demands if d.statistic in ORDERED and self._is_sized(d)}
        self.groups = self._number_groups()
        cells = self._number_cells()
        tables = [self._types_table(group, cells) for group in self.groups]
        self.core = Counted(self._core_types(tables))
        self.tables = [Counted(types) for types in tables]
        self._totals: dict[object, int] = {}
        self._kept: dict[object, list[int]] = {}
        self._one = self.programme.new_number(1, 1)

    # --- what is counted -----------------------------------------------------------------------------------

    def members(self, condition: Expression | None) -> int:
        """How many patients a condition is true of, as a number of the programme."""
        if condition not in self._totals:
            low, high = self.sizes.get(condition, (0, self.size))
            place = self.programme.new_number(low, high)
            self.core.weights.append((self._true_types(condition, self.core.types).astype(np.int64), place))
            self._totals[condition] = place
        return self._totals[condition]

    def impose_demand(self, demand: Demand) -> None:
        """Adds the rows of a demand."""
        if demand.statistic in ORDERED:
            self._impose_order(demand)
        elif demand.statistic in ADDED:
            self._impose_sum(demand)
        else:
            self._impose_count(demand)

    def finished(self) -> Programme:
        """The programme with everything that was imposed, and how its tables hang together."""
        everybody = self.programme.new_number(self.size, self.size)
        self.core.weights.append((np.ones(self.core.types.size, dtype=np.int64), everybody))
        for group, table in zip(self.groups, self.tables, strict=True):
            self._link_to_core(table, [*group.needs, *group.compared])
        for table in (self.core, *self.tables):
            _finish_table(self.programme, table, self.size)
        return self.programme

    def patients(self, values: Sequence[int]) -> list[Patient]:
        """Patients that a solution may stand for: a patient a type as often as it is counted, least values of cells.

        They need not satisfy anything: a cell's other values may have been meant. Whoever asks verifies them.
        """
        core = _example_rows(self.core, values)
        found: list[Patient] = [_category_levels(self.core.types, row, self.study) for row in core]
        for k, (group, table) in enumerate(zip(self.groups, self.tables, strict=True)):
            waiting: dict[int, list[int]] = {}
            for row in _example_rows(table, values):
                waiting.setdefault(int(table.links[0][0][row]), []).append(row)
            for patient, row in zip(found, core, strict=True):
                type_row = waiting[int(self.core.links[k][0][row])].pop()
                for name in group.numbers:
                    steps = Fraction(int(table.types.lows[name][type_row]))
                    known = bool(table.types.known[name][type_row])
                    patient[name] = steps * step_of(self.study.variables[name]) if known else None
        return found

    # --- tables --------------------------------------------------------------------------------------------

    def _number_groups(self) -> list[Group]:
        """The numbers in groups: those in one comparison or one sum together."""
        compared = [f for c in self.conditions for f in features_of(c) if not isinstance(f, str)]
        joined = [names_of(f) for f in compared] + [names(d.number) for d in self.demands if d.number is not None]
        groups: list[frozenset[str]] = []
        for some in joined:
            apart = [g for g in groups if not g & some]
            groups = [*apart, some.union(*(g for g in groups if g & some))]
        return [self._group_of(group, list(dict.fromkeys(compared))) for group in groups if group]

    def _group_of(self, numbers: frozenset[str], compared: Sequence[Compare | In]) -> Group:
        own = tuple(f for f in compared if names_of(f) and names_of(f) <= numbers)
        about = [d for d in self.demands if d.number is not None and names(d.number) <= numbers]
        conditions = [
            *(whose_values(self.study, d) for d in about),
            *(self.study.variables[n].where for n in sorted(numbers)),
        ]
        needs = dict.fromkeys(f for c in conditions for f in features_of(c) if f not in own)
        return Group(tuple(sorted(numbers)), own, tuple(needs))

    def _number_cells(self) -> dict:
        cuts: dict[str, set[int]] = {}
        for demand, clauses in self.clauses.items():
            for place in _thresholds(clauses):
                _cut_cells(cuts, self._demand_line(demand), *place)
        numbers = [name for group in self.groups for name in group.numbers]
        return cells_of(self.study, numbers, [f for group in self.groups for f in group.compared], cuts)

    def _types_table(self, group: Group, cells: Mapping) -> PatientTypes:
        table = TypeTable(self.study, group.numbers, cells, self.rules)
        for feature in group.needs:
            table.add_feature(feature)
        for name in group.numbers:
            table.add_number(name)
        for compared in group.compared:
            table.add_feature(compared)
        table.drop_incompatible()
        return table.types

    def _core_types(self, tables: Sequence[PatientTypes]) -> PatientTypes:
        """The types over all features, of those combinations that the tables have."""
        core = TypeTable(self.study, (), {}, self.rules)
        for group, types in sorted(zip(self.groups, tables, strict=True), key=lambda pair: len(pair[0].compared)):
            for feature in group.needs:
                core.add_feature(feature)
            core.join_types(types)
        for feature in dict.fromkeys(f for c in self.conditions for f in features_of(c)):
            core.add_feature(feature)
        return core.types

    def _link_to_core(self, table: Counted, shared: Sequence[Feature]) -> None:
        """As many patients of each combination of shared features in a table as in the core."""
        mine, core = (stacked(t.types.columns, shared, t.types.size) for t in (table, self.core))
        ids = kinds_of(np.concatenate([mine, core]))
        places = [self.programme.new_number(0, self.size) for _ in range(int(ids.max(initial=-1)) + 1)]
        table.links.append((ids[: len(mine)], places))
        self.core.links.append((ids[len(mine) :], places))

    def _true_types(self, condition: Expression | None, types: PatientTypes) -> Whole:
        """Of which types a condition is true."""
        if condition is None:
            return np.ones(types.size, dtype=bool)
        true: Whole = truth_of(condition, types.columns, self.study) == TRUE
        return true

    # --- statistics ----------------------------------------------------------------------------------------

    def _impose_count(self, d: Demand) -> None:
        """n, count, percent and ratio: one number between two multiples of another, which isn't nought."""
        found = self.members(both_conditions(d.population, d.condition))
        if d.statistic in ("n", "count"):
            self._between([(found, Fraction(1))], self._one, d, Fraction(1))
            return
        other = self.members(d.second if d.statistic == "ratio" else d.population)
        self.programme.at_least([(other, 1)], 1)
        self._between([(found, Fraction(1))], other, d, Fraction(100 if d.statistic == "percent" else 1))

    def _impose_sum(self, d: Demand) -> None:
        """A sum, or a mean as a sum between two multiples of how many there are; of nobody it has no value.

        Each type adds from the least to the greatest value of its cells.
        """
        members = self.members(whose_values(self.study, d))
        self.programme.at_least([(members, 1)], 1)
        line, (low, high) = self._demand_line(d), self._value_range(d)
        table, values = self._type_values(d)
        inside = self._true_types(whose_values(self.study, d), table.types)
        key = "sum", whose_values(self.study, d), d.number, d.otherwise
        if key not in self._totals:
            ends = [self.programme.new_number(min(0, low) * self.size, max(0, high) * self.size) for _ in range(3)]
            for place, value in zip(ends, values, strict=False):
                table.weights.append((np.where(inside, value, 0).astype(np.int64), place))
            self.programme.at_most([(ends[0], 1), (ends[2], -1)], 0)
            self.programme.at_least([(ends[1], 1), (ends[2], -1)], 0)
            self._totals[key] = ends[2]
        self._between([(self._totals[key], line.unit)], self._one if d.statistic == "sum" else members, d, Fraction(1))

    def _between(self, sum_of: list[tuple[int, Fraction]], other: int, d: Demand, scale: Fraction) -> None:
        """A sum, times a scale, lies between the demand's ends times another number."""
        terms = [(place, factor * scale) for place, factor in sum_of]
        if d.low is not None:
            self.programme.at_least([*terms, (other, -d.low)], 0, d.low_strict)
        if d.high is not None:
            self.programme.at_most([*terms, (other, -d.high)], 0, d.high_strict)

    def _impose_order(self, d: Demand) -> None:
        """Quantiles and extremes, by how many values are small and how many great, for each possible size."""
        members = self.members(whose_values(self.study, d))
        self.programme.at_least([(members, 1)], 1)
        if d not in self.clauses:
            return  # its size isn't asked yet: that somebody has a value is all that is demanded
        cases = self._size_cases(whose_values(self.study, d), members)
        for n, upward, clause in self.clauses[d]:
            self._impose_clause(d, cases[n], upward, clause)

    def _impose_clause(self, d: Demand, case: int, upward: bool, clause: Clause) -> None:
        """Where there are so many, one of the alternatives holds: the first unless the number `other` is 1."""
        if not clause:
            self.programme.at_most([(case, 1)], 0)
            return
        running = [(self._running(d, upward, t), k) for t, k in clause]
        if len(running) == 1:
            ((place, k),) = running
            self.programme.at_least([(place, 1), (case, -k)], 0)
            return
        (one, k), (two, m) = running
        other = self.programme.new_number(0, 1)
        self.programme.at_least([(one, 1), (case, -k), (other, k)], 0)
        self.programme.at_least([(two, 1), (other, -m)], 0)

    def _size_cases(self, condition: Expression | None, members: int) -> dict[int, int]:
        """For each possible size of a condition's patients a number that is 1 where it is the size."""
        key = "cases", condition
        low, high = self.sizes[condition]
        sizes = range(max(low, 1), high + 1)
        if len(sizes) == 1:
            return {sizes[0]: self._one}
        if key not in self._totals:
            first = [self.programme.new_number(0, 1) for _ in sizes]
            self._totals[key] = first[0] if first else self._one
            self.programme.impose_equal(first, [1] * len(first), 1)
            self.programme.impose_equal([*first, members], [*sizes, -1])
        return {n: self._totals[key] + k for k, n in enumerate(sizes)}

    def _running(self, d: Demand, upward: bool, threshold: int) -> int:
        """How many values are at most a threshold (upward), or how many negated values are.

        Each is the one before plus how many lie between, which keeps the rows short. A type counts where the least
        value of its cells does.
        """
        key = "running", upward, whose_values(self.study, d), d.number, d.otherwise
        if key not in self._totals:
            self._totals[key] = self._running_places(d, upward)
        return self._totals[key] + self._thresholds(d, upward).index(threshold)

    def _running_places(self, d: Demand, upward: bool) -> int:
        table, (lows, highs) = self._type_values(d)
        thresholds = self._thresholds(d, upward)
        places = [self.programme.new_number(0, self.size) for _ in thresholds]
        inside = self._true_types(whose_values(self.study, d), table.types)
        least = lows if upward else -highs
        rank = np.searchsorted(np.array(thresholds, dtype=least.dtype), least, side="left")
        part = np.where(inside, rank, len(thresholds))
        befores: list[int | None] = [None, *places[:-1]]
        table.parts.append((part, list(zip(places, befores, strict=True))))
        return places[0]

    def _thresholds(self, d: Demand, upward: bool) -> list[int]:
        key = "thresholds", upward, whose_values(self.study, d), d.number, d.otherwise
        if key not in self._kept:
            alike = [
                other
                for other in self.clauses
                if (whose_values(self.study, other), other.number, other.otherwise) == key[2:]
            ]
            self._kept[key] = sorted({t for o in alike for t, way in _thresholds(self.clauses[o]) if way is upward})
        return self._kept[key]

    def _clauses(self, d: Demand) -> list[tuple[int, bool, Clause]]:
        """For each possible size, the clauses of a demand about order: upward of the values, else of them negated."""
        definition = self.study.settings["quantile"]
        low, high = self._value_range(d)
        unit = self._demand_line(d).unit
        found: list[tuple[int, bool, Clause]] = []
        least, most = self.sizes[whose_values(self.study, d)]
        for n in range(max(least, 1), most + 1):
            # Everybody has the one value: the greatest is at most what is asked, and the least at least.
            k, f = place_of("max" if d.statistic == "value" else d.statistic, n, definition)
            if d.high is not None:
                self._note_clauses(found, n, True, at_most(k, f, d.high / unit, d.high_strict, low, high, self.most))
            k, f = place_of("min" if d.statistic == "value" else d.statistic, n, definition)
            if d.low is not None:
                # Of the negated values in order, the (n+1-k)-th is -x[k]: the same clauses, upside down.
                k, f = (n - k, 1 - f) if f else (n + 1 - k, f)
                self._note_clauses(found, n, False, at_most(k, f, -d.low / unit, d.low_strict, -high, -low, self.most))
        return found

    def _note_clauses(
        self, found: list[tuple[int, bool, Clause]], n: int, upward: bool, clauses: tuple[list[Clause], bool]
    ) -> None:
        found += [(n, upward, clause) for clause in clauses[0]]
        self.whole &= clauses[1]

    def _is_sized(self, d: Demand) -> bool:
        return whose_values(self.study, d) in self.sizes

    def _demand_line(self, d: Demand) -> Line:
        return line_of(_number_of(d), self.study, *([] if d.otherwise is None else [d.otherwise]))

    def _value_range(self, d: Demand) -> tuple[int, int]:
        """The least and the greatest value that the variables' ranges admit, in the line's unit."""
        line = self._demand_line(d)
        ends = {name: ends_of(self.study.variables[name]) for name, _ in line.factors}
        lows, highs = ({name: pair[k] for name, pair in ends.items()} for k in (0, 1))
        low, high = line.least(lows, highs), line.greatest(lows, highs)
        other = [] if d.otherwise is None else [int(d.otherwise / line.unit)]
        return min(low, *other, high), max(low, *other, high)

    def _type_values(self, d: Demand) -> tuple[Counted, tuple[Whole, Whole]]:
        """The table of a demand's numbers, and the least and greatest value of each of its types."""
        line = self._demand_line(d)
        place = next(k for k, group in enumerate(self.groups) if names(_number_of(d)) <= set(group.numbers))
        types = self.tables[place].types
        low, high = narrowed(types, _number_of(d), line, ends_in(types, line.factors, line.constant), self.study)
        if d.otherwise is not None:
            known = np.all([types.known[name] == 1 for name in names(_number_of(d))], axis=0)
            low, high = (np.where(known, end, int(d.otherwise / line.unit)) for end in (low, high))
        return self.tables[place], (low, high)


def _example_rows(table: Counted, values: Sequence[int]) -> list[int]:
    """A type's row as often as a solution counts its sort."""
    return [int(row) for k, row in enumerate(table.examples) for _ in range(values[table.first + k])]


def _category_levels(types: PatientTypes, row: int, study: Study) -> Patient:
    """The levels of a type's categories, None for none."""
    codes = {name: int(column[row]) for name, column in types.columns.items() if isinstance(name, str)}
    return {name: None if code == MISSING else study.variables[name].levels[code] for name, code in codes.items()}


def _number_of(d: Demand) -> Sum:
    assert d.number is not None, f"{d.statistic} is of a number"
    return d.number


def _thresholds(clauses: Iterable[tuple[int, bool, Clause]]) -> set[tuple[int, bool]]:
    return {(t, upward) for _, upward, clause in clauses for t, _ in clause}


def _cut_cells(cuts: dict[str, set[int]], line: Line, threshold: int, upward: bool) -> None:
    """Cuts a variable where a sum of it alone passes a threshold."""
    if len(line.factors) != 1:
        return
    ((name, factor),) = line.factors
    value = Fraction((threshold if upward else -threshold) - line.constant, factor)
    cuts.setdefault(name, set()).update((value.__ceil__() - 1, value.__floor__()))


def _finish_table(programme: Programme, table: Counted, size: int) -> None:
    """Makes a number for each sort of type, and the rows that say what they add up to.

    Types that are alike in everything that is counted are one sort: only how many there are of them together
    appears in any row. Nothing may be imposed afterwards.
    """
    counted = [w for w, _ in table.weights] + [p for p, _ in table.parts] + [i for i, _ in table.links]
    every = np.stack(counted, axis=1)
    table.examples = np.unique(kinds_of(every), return_index=True)[1]
    sorts = every[table.examples]
    table.first = first = len(programme.lows)
    programme.lows += [0] * len(sorts)
    programme.highs += [size] * len(sorts)
    columns = iter(sorts.T)
    for _, place in table.weights:
        weights = next(columns)
        used = np.flatnonzero(weights)
        programme.impose_equal([*(first + used).tolist(), place], [*weights[used].tolist(), -1])
    for _, places in table.parts:
        part = next(columns)
        for k, (place, before) in enumerate(places):
            here = (first + np.flatnonzero(part == k)).tolist()
            rest = [] if before is None else [before]
            programme.impose_equal([*here, *rest, place], [1] * (len(here) + len(rest)) + [-1])
    for _, ids in table.links:
        part = next(columns)
        for k, place in enumerate(ids):
            here = (first + np.flatnonzero(part == k)).tolist()
            programme.impose_equal([*here, place], [1] * len(here) + [-1])
