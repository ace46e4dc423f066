"""A variable's values as whole numbers: a number counted in its steps, a category by the place of its level."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from recount.record.schema import Variable
from recount.rules import is_missing


def step_of(variable: Variable) -> Fraction:
    """A variable's resolution; 1 for a category, whose levels are counted."""
    return Fraction(1) if variable.kind == "category" or variable.step is None else variable.step


def step_range(variable: Variable) -> tuple[int, int]:
    """The least and the greatest number of steps a variable can take."""
    if variable.kind == "category":
        return 0, len(variable.levels) - 1
    step = step_of(variable)
    assert variable.low is not None and variable.high is not None
    return ceil(variable.low / step), floor(variable.high / step)


def decoded(variable: Variable, code: int) -> str | Fraction:
    """What a code stands for: a level, or a number."""
    return variable.levels[code] if variable.kind == "category" else code * step_of(variable)


def code_of(variable: Variable, value: object) -> int:
    """The code that stands for a value, the least possible for none."""
    if is_missing(value):
        return step_range(variable)[0]
    if variable.kind == "category":
        return variable.levels.index(str(value))
    return round(Fraction(str(value)) / step_of(variable))
