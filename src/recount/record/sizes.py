"""Whether numbers are small enough: all that is made of a record's numbers stays a whole number of 62 bits.

The solver counts in whole numbers of 64 bits. A number is counted in its variable's steps, and a comparison or a
printed bound is multiplied until it is whole; what doesn't fit then is refused while it still has a place in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import lcm
from typing import Protocol

from recount.record.printed import Printed
from recount.rules import Compare, Expression, In, Sum, comparisons

LARGEST_WHOLE = 2**61


class Ranged(Protocol):
    """What is asked of a variable: its step and its range, None for a category."""

    @property
    def step(self) -> Fraction | None: ...

    @property
    def low(self) -> Fraction | None: ...

    @property
    def high(self) -> Fraction | None: ...


def comparisons_fit(expression: Expression, variables: Mapping[str, Ranged]) -> bool:
    """Whether each comparison of a resolved expression, made whole, stays within `LARGEST_WHOLE`."""
    for node in comparisons(expression):
        if isinstance(node, Compare):
            constant = abs(node.left.constant) + abs(node.right.constant)
            if not sum_fits(Sum(node.left.terms + node.right.terms, constant), variables):
                return False
        elif isinstance(node, In):
            step = variables[node.name].step or Fraction(1)
            if any(abs(v / step) > LARGEST_WHOLE for v in node.values if isinstance(v, Fraction)):
                return False
    return True


def sum_fits(of: Sum, variables: Mapping[str, Ranged], patients: int = 1) -> bool:
    """Whether a sum of variables, counted in steps, made whole and added up over patients, stays within the limit."""
    scaled = [(by, by * (variables[name].step or Fraction(1)), _largest(variables[name])) for by, name in of.terms]
    scale = lcm(of.constant.denominator, *(in_steps.denominator for _, in_steps, _ in scaled))
    greatest = abs(of.constant) + sum((abs(by) * largest for by, _, largest in scaled), Fraction(0))
    return patients * scale * greatest <= LARGEST_WHOLE


def printed_fits(printed: Printed, variable: Ranged | None, patients: int) -> bool:
    """Whether a printed bound times a number of patients, and their sum of the variable's values, can be compared.

    Without a variable a hundred per cent is the greatest value, in steps of 1.
    """
    largest = Fraction(100) if variable is None else _largest(variable)
    step = Fraction(1) if variable is None else variable.step or Fraction(1)
    for bound in (b for b in printed.interval if b is not None):
        scale = lcm(bound.denominator, step.denominator)
        if patients * scale * max(largest, abs(bound)) > LARGEST_WHOLE:
            return False
    return True


def _largest(variable: Ranged) -> Fraction:
    """The greatest size a value can have; 0 where the range is not known (it has a fault of its own)."""
    return max(abs(bound) if bound is not None else Fraction(0) for bound in (variable.low, variable.high))
