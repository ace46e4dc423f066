"""How many patients a group has, and how many of them have a value, as far as a record prints it.

A group is the set of conditions that its patients meet: those of the population, and those of a counted condition. A
patient belongs to it of whom all are true, so a group whose conditions say as much as another's, or more, is a part of
it. The number of patients is taken as given; every other size rests on claims, which are named beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from recount.record import Claim, Printed, Study, Variable
from recount.rules import And, Expression, In, IsLevel

Group = frozenset[Expression]
EVERYBODY: Group = frozenset()


@dataclass(frozen=True)
class Sizes:
    """A group's size lies from `low` to `high`, by these claims; `printed`: it is printed, and not only bounded."""

    low: int
    high: int
    claims: tuple[str, ...] = ()
    printed: bool = True

    @property
    def known(self) -> bool:
        """Whether just one size is left."""
        return self.low == self.high

    @property
    def range(self) -> range:
        """Every size that is left."""
        return range(self.low, self.high + 1)

    def at_least(self, least: int) -> Sizes:
        """Those of the sizes that are no less."""
        return Sizes(max(self.low, least), self.high, self.claims, self.printed)


def patients_printed(study: Study) -> Claim | None:
    """The claim that says how many patients there are: the first whole n above nought of everybody."""
    for claim in study.claims:
        if claim.statistic == "n" and study.where_of(claim.population) is None:
            value = claim.printed.value
            if claim.printed.relation == "=" and value.denominator == 1 and value >= 1:
                return claim
    return None


def steps_printed(
    printed: Printed, low: Fraction | int | None, high: Fraction | int | None, step: Fraction | int = 1
) -> tuple[int | None, int | None]:
    """The least and the greatest number of steps, from low to high (None: no bound), that are printed so.

    The first is the greater where none is.

    >>> steps_printed(Printed("<3"), 0, 24), steps_printed(Printed("25"), 0, 24)
    ((0, 2), (25, 24))
    """
    lows = [Fraction(end) / step for end in (printed.low, low) if end is not None]
    highs = [Fraction(end) / step for end in (printed.high, high) if end is not None]
    least, most = (ceil(max(lows)) if lows else None), (floor(min(highs)) if highs else None)
    if least is not None and printed.low_strict and least * step == printed.low:
        least += 1
    if most is not None and printed.high_strict and most * step == printed.high:
        most -= 1
    return least, most


def whole_numbers(printed: Printed, least: int, most: int) -> tuple[int, int]:
    """The least and the greatest whole number from `least` to `most` that is printed so; the first greater: none is."""
    low, high = steps_printed(printed, least, most)
    assert low is not None and high is not None
    return low, high


def conditions(where: Expression | None) -> Group:
    """The conditions that an expression joins by `and`."""
    if where is None:
        return EVERYBODY
    return frozenset().union(*map(conditions, where.items)) if isinstance(where, And) else frozenset({where})


def levels_of(condition: Expression, study: Study) -> tuple[str, frozenset[str]] | None:
    """The category that a condition is about and the levels it allows; None where it is about anything else."""
    if isinstance(condition, IsLevel):
        every = frozenset(study.variables[condition.name].levels)
        level = frozenset({condition.text})
        return condition.name, level if condition.op == "==" else every - level
    if isinstance(condition, In) and all(isinstance(value, str) for value in condition.values):
        return condition.name, frozenset(map(str, condition.values))
    return None


@dataclass
class GroupSizes:
    """The sizes that a record prints of its groups. `patients` is how many there are in all."""

    study: Study
    patients: int
    printed: dict[Group, list[Claim]] = field(default_factory=dict)
    _sizes: dict[Group, Sizes] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study, patients: int, claims: Iterable[Claim]) -> GroupSizes:
        """The sizes that these claims print."""
        found = cls(study, patients)
        for claim in claims:
            if claim.statistic in ("n", "count"):
                found.printed.setdefault(found.group_counted(claim), []).append(claim)
        return found

    def population(self, name: str) -> Group:
        """A population's conditions."""
        return conditions(self.study.where_of(name))

    def group_counted(self, claim: Claim) -> Group:
        """Whom a claim counts: of its population those who meet its condition, if it has one."""
        return self.population(claim.population) | conditions(claim.condition)

    def size_of(self, group: Group) -> Sizes:
        """A group's size; where claims on it contradict one another, as if none were printed."""
        if group not in self._sizes:
            self._sizes[group] = self._found_size(group)
        return self._sizes[group]

    def _found_size(self, group: Group) -> Sizes:
        if group == EVERYBODY:
            return Sizes(self.patients, self.patients)
        own = self._own_size(group)
        if own is not None:
            return own
        wider = (self._own_size(other) for other in self.printed if other != EVERYBODY and self.is_part(group, other))
        bounds = [size for size in wider if size is not None and size.high < self.patients]
        bound = min(bounds, key=lambda size: size.high, default=Sizes(0, self.patients))
        return Sizes(0, bound.high, bound.claims, printed=False)

    def _own_size(self, group: Group) -> Sizes | None:
        """The size that is printed of just this group."""
        low, high = 0, self.patients
        used: list[str] = []
        for claim in self.printed.get(group, []):
            ends = whole_numbers(claim.printed, low, high)
            if ends != (low, high):
                (low, high), used = ends, [*used, claim.id]
        return Sizes(low, high, tuple(used)) if used and low <= high else None

    def having_values(self, group: Group, *names: str) -> Sizes:
        """How many of a group have a value of all these variables: all, where their `where` is part of its conditions.

        Else from none to as many as may have one; then the number isn't printed, whatever the group's size is.
        """
        sizes = self.size_of(group)
        if self.all_have(group, *names):
            return sizes
        variables = [self.study.variables[name] for name in names]
        having = group.union(*(conditions(v.where) for v in variables))
        most = min(sizes, self.size_of(having), key=lambda size: size.high)
        return Sizes(0, most.high, most.claims, printed=False)

    def all_have(self, group: Group, *names: str) -> bool:
        """Whether everybody of a group has a value of these variables."""
        return all(self._all_have_it(group, self.study.variables[name]) for name in names)

    def _all_have_it(self, group: Group, variable: Variable) -> bool:
        return variable.where is None or self.is_part(group, conditions(variable.where))

    def is_part(self, group: Group, whole: Group) -> bool:
        """Whether everybody of a group surely belongs to another: each condition of that is said by one of its own."""
        return all(condition in group or self._is_implied(group, condition) for condition in whole)

    def _is_implied(self, group: Group, condition: Expression) -> bool:
        wanted = levels_of(condition, self.study)
        return wanted is not None and any(
            found is not None and found[0] == wanted[0] and found[1] <= wanted[1]
            for found in (levels_of(own, self.study) for own in group)
        )

    def parts_of(self, whole: Group) -> Iterator[tuple[str, list[tuple[Group, frozenset[str]]], bool]]:
        """Groups with printed sizes that one category tells apart in a whole: its name, they, and whether they are all.

        Single levels come before sets of levels; what overlaps with those before it is left out.
        """
        found: dict[str, list[tuple[Group, frozenset[str]]]] = {}
        for group in self.printed:
            if len(group) == len(whole) + 1 and whole < group:
                levels = levels_of(next(iter(group - whole)), self.study)
                if levels is not None and self._own_size(group) is not None:
                    found.setdefault(levels[0], []).append((group, levels[1]))
        for name, groups in found.items():
            apart: list[tuple[Group, frozenset[str]]] = []
            for group, of in sorted(groups, key=lambda each: len(each[1])):
                if not any(of & other for _, other in apart):
                    apart.append((group, of))
            covered = frozenset().union(*(of for _, of in apart)) == frozenset(self.study.variables[name].levels)
            yield name, apart, covered and self.all_have(whole, name)
