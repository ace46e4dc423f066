"""Signed ranks of unknown pairs whose patients are in the order of the size of their change.

Where patients are interchangeable they can be put in any one order: where no statement of the model, nor the question,
tells them apart, and nothing else has put them in order. So it is for one pair of variables of everybody only; a rank
statement about some of them, or a second pair, is not to be asked so. In this one a change's rank is its place, but for
ties and for changes of nought, and a rank sum is a sum of so many places: a solver sees through it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from recount.solver.signed_ranks import SignedRanks, changes
from recount.solver.unknowns import Linear, Literal, Unknowns
from recount.verify import About


def ordered_changes(u: Unknowns, about: About) -> SignedRanks:
    """The unknowns of a pair, made once; only where all patients are interchangeable and nothing else orders them.

    They are those of the pair turned round too, what falls being what rises.
    """
    made: SignedRanks = u.keep(
        ("signed ranks", about.population, about.variable, about.versus), lambda: _made(u, about)
    )
    turned = replace(made, falls=made.rises, rises=made.falls)
    u.keep(("signed ranks", about.population, about.versus, about.variable), lambda: turned)
    return made


def _made(u: Unknowns, about: About) -> SignedRanks:
    d, sizes, differs = changes(u, about)
    for size, larger in pairwise(sizes):
        u.cp.add(size <= larger)
    falls = [_falls(u, change, size) for change, size in zip(d, sizes, strict=True)]
    rises = [u.all_of([one, u.negated(fall)]) for one, fall in zip(differs, falls, strict=True)]
    number, down, up = (
        u.number_of((what, about.population, about.variable, about.versus), who)
        for what, who in (("differ", differs), ("falls", falls), ("rises", rises))
    )
    first, last = _groups(u, sizes)
    nought = u.size - number
    doubled = [one + other - 2 * nought for one, other in zip(first, last, strict=True)]
    fallen = sum(u.if_has(rank, fall, 2 * u.size) for rank, fall in zip(doubled, falls, strict=True))
    ties = sum(_tie(u, others - one, has) for one, others, has in zip(first, last, differs, strict=True))
    most, distance = (u.cp.new_int_var(0, u.size * (u.size + 1), "") for _ in range(2))
    tied = u.cp.new_int_var(0, u.size**3, "")
    u.cp.add(tied == ties)
    u.cp.add_element(number, [n * (n + 1) for n in range(u.size + 1)], most)
    u.cp.add_abs_equality(distance, 2 * fallen - most)
    return SignedRanks(number, tied, distance, down, up)


def _falls(u: Unknowns, change: Linear, size: Linear) -> Literal:
    """Whether the value before is the greater one; says which of the two ways the change is of its size."""
    falls = u.comparison(">", change)
    u.cp.add(size == change).only_enforce_if(falls)
    u.cp.add(size == -change).only_enforce_if(u.negated(falls))
    return falls


def _groups(u: Unknowns, sizes: Sequence[Linear]) -> tuple[list[Linear], list[Linear]]:
    """The first and the last place, counted from 1, of those whose change is of the same size."""
    same = [u.comparison("==", larger - size) for size, larger in pairwise(sizes)]
    first: list[Linear] = [u.cp.new_constant(1)]
    for place, is_same in enumerate(same, 2):
        first.append(_either(u, is_same, first[-1], place))
    last: list[Linear] = [u.cp.new_constant(u.size)]
    for place, is_same in zip(range(u.size - 1, 0, -1), reversed(same), strict=True):
        last.append(_either(u, is_same, last[-1], place))
    return first, last[::-1]


def _either(u: Unknowns, is_same: Literal, beside: Linear, own: int) -> Linear:
    place = u.cp.new_int_var(1, u.size, "")
    u.cp.add(place == beside).only_enforce_if(is_same)
    u.cp.add(place == own).only_enforce_if(u.negated(is_same))
    return place


def _tie(u: Unknowns, others: Linear, has: Literal) -> Linear:
    """The square, less 1, of the number of those of one size; nought for no change."""
    count, squared = u.cp.new_int_var(0, u.size - 1, ""), u.cp.new_int_var(0, u.size * u.size, "")
    u.cp.add(count == others)
    u.cp.add_element(count, [k * k + 2 * k for k in range(u.size)], squared)
    return u.if_has(squared, has, u.size * u.size)
