"""Which rounding rules print a text from an exact value.

Source of the rules: IEEE 754-2019, section 4.3.1 (ties to even, ties away from nought) and 4.3.2 (toward nought);
they are symmetrical about nought. A printed number itself is `recount.record.printed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from recount.checks.rank_tests import Interval
from recount.checks.reading import Number, exact_value
from recount.record import HALF, Printed

NO_RATIO = "a rounding's interval is of one number, not of a ratio"


@dataclass(frozen=True)
class Roundings:
    """Whether any rounding prints a text, and which do."""

    holds: bool
    roundings: tuple[str, ...]


def roundings(printed: str | int, value: Number) -> Roundings:
    """Which of `record.printed.ROUNDINGS` print this text from this value.

    The value is a whole number, a fraction or text such as "67/4" or "16.75"; a float is taken as the shortest decimal
    that prints it. Raises ValueError for what is no printed number, or no number.

    >>> roundings("16.7", "67/4")
    Roundings(holds=True, roundings=('half-down', 'truncate'))
    """
    found = Printed(str(printed)).rounding(exact_value(value))
    return Roundings(bool(found), found)


def printing(printed: Printed, how: str) -> Interval:
    """The values that this rounding prints as this text; for an inequality those that satisfy it.

    Raises ValueError for a ratio.

    >>> printing(Printed("16.7"), "half-down")
    Interval(low=Fraction(333, 20), high=Fraction(67, 4), low_strict=True, high_strict=False)
    """
    if printed.is_ratio:
        raise ValueError(NO_RATIO)
    if printed.relation != "=":
        return Interval(printed.low, printed.high, printed.low_strict, printed.high_strict)
    unit = Fraction(1, 10**printed.decimals)
    near, far = _rounding_ends(abs(printed.value), unit, how)
    if printed.value == 0:
        return Interval(-far[0], far[0], far[1], far[1])
    if printed.value < 0:
        return Interval(-far[0], -near[0], far[1], near[1])
    return Interval(near[0], far[0], near[1], far[1])


def _rounding_ends(size: Fraction, unit: Fraction, how: str) -> tuple[tuple[Fraction, bool], tuple[Fraction, bool]]:
    """The ends nearer to nought and farther from it, each with whether it is itself left out."""
    if how == "truncate":
        return (size, False), (size + unit, True)
    odd = (size / unit).numerator % 2 == 1
    near_out = how == "half-down" or (how == "half-even" and odd)
    far_out = how == "half-up" or (how == "half-even" and odd)
    return (size - unit * HALF, near_out), (size + unit * HALF, far_out)
