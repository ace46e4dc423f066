"""The square of an unknown that takes one of a few values, linear in Booleans."""

from __future__ import annotations

from collections.abc import Sequence

from recount.solver.unknowns import Linear, Unknowns


def square_of(u: Unknowns, value: Linear, possible: Sequence[int]) -> Linear:
    """The square of a value that is one of these; nobody has another."""
    chosen = [u.cp.new_bool_var("") for _ in possible]
    u.cp.add_exactly_one(chosen)
    u.cp.add(value == sum(number * b for number, b in zip(possible, chosen, strict=True)))
    return sum(number * number * b for number, b in zip(possible, chosen, strict=True))
