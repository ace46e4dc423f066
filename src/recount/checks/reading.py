"""Numbers as a check is given them, each read with one rule: printed numbers, probabilities, sizes, steps, limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from recount.record import Printed

Number = int | str | float | Fraction
PLAIN_RULE = 'a printed mean or SD is a plain number, such as "5.10"'
NUMBER_RULE = 'a step or a limit is a number, such as "0.5"'
SIZE_RULE = "a number of values or items is a whole number above nought"
P_RULE = "a P lies from 0 to 1"
RATIO_RULE = "a P or a test statistic is one number, not a ratio"
STEP_RULE = "a step is above nought"
NOTHING = ("None", "", "nan", "<NA>")
_NUMBER = re.compile(r"-?[0-9]{0,30}\.?[0-9]{1,30}(/[0-9]{1,30}|[eE][-+]?[0-9]{1,2})?")


def plain_number(text: str | int) -> Printed:
    """The printed number, which isn't an inequality or a ratio; raises ValueError for these and for anything else."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise ValueError(PLAIN_RULE)
    printed = Printed(str(text))
    if printed.relation != "=" or printed.is_ratio:
        raise ValueError(PLAIN_RULE)
    return printed


def exact_value(number: object) -> Fraction:
    """The number exactly, from text, a whole number, a fraction or the shortest decimal that a float prints as.

    >>> exact_value("0.5"), exact_value(0.1)
    (Fraction(1, 2), Fraction(1, 10))
    """
    text = str(number).strip()
    if not _NUMBER.fullmatch(text) or ("/" in text and not int(text.partition("/")[2])):
        raise ValueError(NUMBER_RULE)
    return Fraction(text)


def exact_limit(limit: Number | None) -> Fraction | None:
    """A limit exactly; None where there is none: None itself, an empty text or not-a-number, as tables have it."""
    return None if str(limit) in NOTHING else exact_value(limit)


def positive(step: Number) -> Fraction:
    """A step exactly; raises ValueError for one that isn't above nought."""
    value = exact_value(step)
    if value <= 0:
        raise ValueError(STEP_RULE)
    return value


def whole_size(number: object) -> int:
    """A whole number above nought, from one or its text; raises ValueError otherwise."""
    try:
        value = exact_value(str(number))
    except ValueError as fault:
        raise ValueError(SIZE_RULE) from fault
    if value < 1 or value.denominator != 1:
        raise ValueError(SIZE_RULE)
    return int(value)


def printed_number(text: str | int) -> Printed:
    """A printed number or inequality; raises ValueError for anything else, a ratio too."""
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise ValueError('a printed number is text, such as "0.050"')
    printed = Printed(str(text))
    if printed.is_ratio:
        raise ValueError(RATIO_RULE)
    return printed


def probability(text: str | int) -> Printed:
    """A printed P, of which some value lies from 0 to 1; raises ValueError for anything else."""
    printed = printed_number(text)
    low_out = printed.low is not None and (printed.low > 1 or (printed.low == 1 and printed.low_strict))
    high_out = printed.high is not None and (printed.high < 0 or (printed.high == 0 and printed.high_strict))
    if low_out or high_out or not 0 <= printed.value <= 1:
        raise ValueError(P_RULE)
    return printed


READERS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("n", "n1", "n2", "items"), whole_size),
    **dict.fromkeys(("mean", "mean1", "mean2", "sd", "sd1", "sd2", "sd_change"), plain_number),
    **dict.fromkeys(("p25", "median", "p75", "min", "max"), plain_number),
    **dict.fromkeys(("z", "t", "t_printed", "w", "u", "chi2", "chi2_printed", "r"), printed_number),
    **dict.fromkeys(("p", "p_printed"), probability),
    **dict.fromkeys(("low", "high"), exact_limit),
    "step": positive,
}
"""How a column is read, by its name, for whichever check: so that a fault can name its column."""
