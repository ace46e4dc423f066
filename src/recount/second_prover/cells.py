"""The range of a number cut into cells: neighbouring values that no statement kept tells apart share one.

Cells need not be the finest that matter. What a statement says of a cell is then that some value in it does, which
only widens: enough for a proof that there are no patients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np

from recount.second_prover.reading import Compare, In, Study, Sum, Variable
from recount.second_prover.truth import Whole

ALL_APART = 40  # values at most of a variable whose every value is a cell


@dataclass(frozen=True)
class Cells:
    """A variable's cells in order, each from a low to a high in whole steps."""

    lows: Whole
    highs: Whole


@dataclass(frozen=True)
class Line:
    """A sum of variables, each counted in its steps: the whole `factors` of them and `constant`, in `unit`s."""

    factors: tuple[tuple[str, int], ...]
    constant: int
    unit: Fraction

    def least(self, lows: Mapping[str, int], highs: Mapping[str, int]) -> int:
        """The least value where each variable lies from its low to its high."""
        return self.constant + sum(f * (lows if f > 0 else highs)[name] for name, f in self.factors)

    def greatest(self, lows: Mapping[str, int], highs: Mapping[str, int]) -> int:
        """The greatest value where each variable lies from its low to its high."""
        return self.constant + sum(f * (highs if f > 0 else lows)[name] for name, f in self.factors)


def line_of(of: Sum, study: Study, *others: Fraction) -> Line:
    """A sum in the largest unit 1/k in which it, its constant and some other numbers are whole."""
    factors: dict[str, Fraction] = {}
    for factor, name in of.terms:
        factors[name] = factors.get(name, Fraction(0)) + factor * step_of(study.variables[name])
    scale = np.lcm.reduce([x.denominator for x in (*factors.values(), of.constant, *others)], dtype=object)
    whole = tuple((name, int(f * scale)) for name, f in factors.items() if f)
    return Line(whole, int(of.constant * scale), Fraction(1, int(scale)))


def difference(node: Compare) -> Sum:
    """The left side less the right."""
    right = tuple((-factor, name) for factor, name in node.right.terms)
    return Sum((*node.left.terms, *right), node.left.constant - node.right.constant)


def step_of(variable: Variable) -> Fraction:
    """How far apart a number's values lie."""
    assert variable.step is not None, f"{variable.name} is a number"
    return variable.step


def ends_of(variable: Variable) -> tuple[int, int]:
    """A number's least and greatest value in whole steps."""
    assert variable.low is not None and variable.high is not None, f"{variable.name} is a number"
    return int(variable.low / step_of(variable)), int(variable.high / step_of(variable))


def cells_of(
    study: Study, numbers: Iterable[str], compared: Iterable[Compare | In], cuts: Mapping[str, Iterable[int]]
) -> dict[str, Cells]:
    """The cells of some variables: cut by comparisons of each alone, and above each of the values in `cuts`.

    A comparison of several numbers cuts none: of some cells it may be what it can be.
    """
    above = {name: set(cuts.get(name, ())) for name in numbers}
    for node in compared:
        if isinstance(node, In):
            step = step_of(study.variables[node.name])
            for value in node.values:
                _cut_at(above[node.name], Fraction(value) / step)
        elif len((line := line_of(difference(node), study)).factors) == 1:
            name, factor = line.factors[0]
            _cut_at(above[name], Fraction(-line.constant, factor))
    for name, places in above.items():
        low, high = ends_of(study.variables[name])
        if high - low < ALL_APART:
            places.update(range(low, high))
    return {name: _cells_between(*ends_of(study.variables[name]), places) for name, places in above.items()}


def _cut_at(places: set[int], value: Fraction) -> None:
    """Cuts so that what is below a value, the value itself and what is above it lie apart."""
    places.update((ceil(value) - 1, floor(value)))


def _cells_between(low: int, high: int, above: Iterable[int]) -> Cells:
    highs = sorted({place for place in above if low <= place < high} | {high})
    return Cells(np.array([low, *(place + 1 for place in highs[:-1])], dtype=np.int64), np.array(highs, dtype=np.int64))
