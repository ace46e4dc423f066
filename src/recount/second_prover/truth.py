"""Conditions over columns of patient types, in Kleene's three values: 0 false, 1 unknown, 2 true.

A comparison with a missing value is unknown. A comparison of numbers is a column of its own, since a type may hold
several values of a number: see `patient_types`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from recount.second_prover.reading import (
    And,
    Compare,
    Expression,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Study,
    comparisons,
    names,
)

FALSE, UNKNOWN, TRUE = 0, 1, 2
MISSING = -1

Whole: TypeAlias = NDArray[np.int64]
Feature: TypeAlias = str | Compare | In
"""What a patient type has exactly one of: a category's level, or the truth of a comparison of numbers."""


def is_about_numbers(node: Expression) -> bool:
    """Whether a comparison is of numbers."""
    return isinstance(node, Compare) or (isinstance(node, In) and isinstance(node.values[0], Fraction))


def features_of(node: Expression | None) -> tuple[Feature, ...]:
    """The categories and the comparisons of numbers that a condition joins, each once, in order."""
    return () if node is None else tuple(dict.fromkeys(_features(node)))


def _features(node: Expression) -> Iterator[Feature]:
    for part in comparisons(node):
        if isinstance(part, Compare) or (isinstance(part, In) and is_about_numbers(part)):
            yield part
        else:
            yield from sorted(names(part))


def truth_of(node: Expression, columns: Mapping[Feature, Whole], study: Study) -> Whole:
    """A condition's truth in each row. A column is a level's place (`MISSING`: none) or a comparison's truth."""
    match node:
        case And():
            return reduce(np.minimum, [truth_of(item, columns, study) for item in node.items])
        case Or():
            return reduce(np.maximum, [truth_of(item, columns, study) for item in node.items])
        case Not():
            return TRUE - truth_of(node.item, columns, study)
        case Implies():
            return np.maximum(TRUE - truth_of(node.left, columns, study), truth_of(node.right, columns, study))
        case Compare():
            return columns[node]
        case In() if is_about_numbers(node):
            return columns[node]
        case In():
            return _level_truth(columns[node.name], [v for v in node.values if isinstance(v, str)], node.name, study)
        case IsLevel():
            held = _level_truth(columns[node.name], [node.text], node.name, study)
            return held if node.op == "==" else TRUE - held
        case SameLevel():
            return _same_level_truth(node, columns, study)


def _level_truth(codes: Whole, texts: list[str], name: str, study: Study) -> Whole:
    wanted = [k for k, level in enumerate(study.variables[name].levels) if level in texts]
    return np.where(codes == MISSING, UNKNOWN, np.where(np.isin(codes, wanted), TRUE, FALSE))


def _same_level_truth(node: SameLevel, columns: Mapping[Feature, Whole], study: Study) -> Whole:
    """Whether two categories have the same level, by its text: each has its own order of levels."""
    one, two = (study.variables[name].levels for name in (node.left, node.right))
    every = {level: k for k, level in enumerate(dict.fromkeys((*one, *two)))}
    left, right = (
        np.array([*(every[level] for level in levels), MISSING])[columns[name]]
        for levels, name in ((one, node.left), (two, node.right))
    )
    known = (left != MISSING) & (right != MISSING)
    alike = np.where(left == right, TRUE, FALSE)
    return np.where(known, alike if node.op == "==" else TRUE - alike, UNKNOWN)
