"""Counts, percentages, ratios, sums over exclusive groups, repeated numbers and order: each exactly.

A printed number stands for the closed interval of half a unit either side (`record.printed`); a count is exact. A
check fails only where no values in the intervals satisfy it. The arithmetic is everybody's; that percentages need not
add to 100 as printed, but must within their intervals, is interval arithmetic (Moore, Interval Analysis, 1966).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from recount.checks.findings import decimals_of, plain_text
from recount.record import Printed

COUNT_RULE = 'a count is a whole number from nought, such as "11"'
PARTS_RULE = 'parts are counts or printed numbers with a sign between them, such as "11+2+3"'
SAME_RULE = 'the same number in several places is written with | between them, such as "16.7|17"'
PERCENT_RULE = "a percentage is a number or an inequality, not a ratio"
POINTS = ("minimum", "p25", "median", "p75", "maximum")
ABSENT = ("", "nan", "None", "<NA>")
HUNDRED = Fraction(100)
PLACES = 3

Text = str | int


@dataclass(frozen=True)
class Share:
    """Whether a percentage or ratio follows from its counts; its exact value, and the roundings that print the text."""

    holds: bool
    why: str
    value: Fraction | None
    roundings: tuple[str, ...]


@dataclass(frozen=True)
class Bounded:
    """Whether a check holds, and the least and the greatest value (None: no bound) that it leaves."""

    holds: bool
    why: str
    low: Fraction | int | None
    high: Fraction | int | None


def ratio_share(printed: str, first: Text, second: Text) -> Share:
    """Whether two counts print this ratio.

    >>> ratio_share("1:5", 4, 19).holds, ratio_share("1:5", 4, 23).why
    (True, '4:23 is 1:5.750, not 1:5')
    """
    number, some, others = Printed(str(printed)), exact_count(first), exact_count(second)
    if others == 0:
        return Share(False, f"{some}:0 is no ratio", None, ())
    value = Fraction(some, others)
    found = f"{some}:{others} is " + (f"1:{decimals_of(1 / value, PLACES)}" if some else "0")
    return _judged_share(number, value, found)


def parts_add(parts: str | Iterable[Text], total: Text) -> Bounded:
    """Whether printed parts can add to a printed total, and the least and the greatest sum of the parts.

    >>> parts_add("4.2+5.3", "9.6").holds, parts_add("4.2+5.3", "9.8").why
    (True, '4.2+5.3 is 9.4 to 9.6, not 9.8')
    """
    numbers, whole = [Printed(text) for text in _split_parts(parts, "+", PARTS_RULE)], Printed(str(total))
    low, high = added_ends(numbers)
    holds = not _is_empty(tightest([low, (whole.low, whole.low_strict)], [high, (whole.high, whole.high_strict)]))
    return Bounded(holds, _sum_why(numbers, low[0], high[0], None if holds else str(whole)), low[0], high[0])


def percents_add(parts: str | Iterable[Text], whole: Text | None = None) -> Bounded:
    """Whether printed percentages of exclusive groups that make up a whole can be of 100, though they add to 99 or 101.

    Where it is known how many the whole is, there must be counts that print them and add to it.

    >>> percents_add("33+33+33").holds, percents_add("33+33+33", 24).why
    (True, 'counts that print 33+33+33 % add to 24 at least and 24 at most')
    """
    numbers = [_percentage(text) for text in _split_parts(parts, "+", PARTS_RULE)]
    if not _is_absent(whole):
        return _percents_of(numbers, exact_count(whole))
    low, high = added_ends(numbers)
    holds = not _is_empty(tightest([low, (HUNDRED, False)], [high, (HUNDRED, False)]))
    return Bounded(holds, _sum_why(numbers, low[0], high[0], None if holds else "100"), low[0], high[0])


def same_number(printed: str | Iterable[Text]) -> Bounded:
    """Whether one number can be printed in all these ways, and what they leave of it together.

    >>> same_number("16.7|17").holds, same_number("16.7|16|17").why
    (True, 'nothing prints both 16.7 and 16')
    """
    numbers = [Printed(text) for text in _split_parts(printed, "|", SAME_RULE)]
    low, high = tightest([(n.low, n.low_strict) for n in numbers], [(n.high, n.high_strict) for n in numbers])
    pairs = ((a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :])
    apart = next(((a, b) for a, b in pairs if not _can_meet(a, b)), None)
    if apart:
        return Bounded(False, f"nothing prints both {apart[0]} and {apart[1]}", None, None)
    return Bounded(True, "one number prints them all", low[0], high[0])


def ordered(
    minimum: Text | None = None,
    p25: Text | None = None,
    median: Text | None = None,
    p75: Text | None = None,
    maximum: Text | None = None,
) -> Bounded:
    """Whether values in the printed intervals can be ordered; what isn't printed is left out.

    Values can be ordered if none has to be above a later one. `low` and `high` bound the first and the last.

    >>> ordered(minimum="3", median="3.4", maximum="3").holds, ordered(p25="13", median="11").why
    (True, 'the p25, 13, is above the median, 11')
    """
    given = zip(POINTS, (minimum, p25, median, p75, maximum), strict=True)
    points = [(name, Printed(str(text))) for name, text in given if not _is_absent(text)]
    for i, (name, number) in enumerate(points):
        for later, other in points[i + 1 :]:
            if _is_empty(((number.low, number.low_strict), (other.high, other.high_strict))):
                return Bounded(False, f"the {name}, {number}, is above the {later}, {other}", None, None)
    low, high = (points[0][1].low, points[-1][1].high) if points else (None, None)
    return Bounded(True, "values in these intervals can be ordered", low, high)


def exact_count(value: Text | None) -> int:
    """A count from a whole number or its digits; raises ValueError with the rule for anything else.

    >>> exact_count("16"), exact_count(16)
    (16, 16)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as a table's column has it that lacks a cell elsewhere
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch("[0-9]{1,30}", text):
        raise ValueError(COUNT_RULE)
    return int(text)


Bound = tuple[Fraction | None, bool]
"""An end of an interval (None: no bound), and whether the end itself is left out."""


def tightest(lows: Sequence[Bound], highs: Sequence[Bound]) -> tuple[Bound, Bound]:
    """The ends of what all these intervals have in common."""
    low, high = [(v, s) for v, s in lows if v is not None], [(v, s) for v, s in highs if v is not None]
    least = max(low, default=(None, False))
    most = min(high, key=lambda end: (end[0], not end[1]), default=(None, False))
    return least, most


def added_ends(numbers: Sequence[Printed]) -> tuple[Bound, Bound]:
    """The ends of the sum of what the numbers stand for."""
    lows, highs = [n.low for n in numbers], [n.high for n in numbers]
    low = None if None in lows else sum((v for v in lows if v is not None), Fraction(0))
    high = None if None in highs else sum((v for v in highs if v is not None), Fraction(0))
    return (low, any(n.low_strict for n in numbers)), (high, any(n.high_strict for n in numbers))


def _is_empty(interval: tuple[Bound, Bound]) -> bool:
    (low, low_strict), (high, high_strict) = interval
    if low is None or high is None:
        return False
    return low > high or (low == high and (low_strict or high_strict))


def _can_meet(one: Printed, other: Printed) -> bool:
    ends = tightest([(n.low, n.low_strict) for n in (one, other)], [(n.high, n.high_strict) for n in (one, other)])
    return not _is_empty(ends)


def _judged_share(number: Printed, value: Fraction, found: str) -> Share:
    holds = number.contains(value)
    return Share(holds, found if holds else f"{found}, not {number}", value, number.rounding(value))


def _percentage(printed: Text) -> Printed:
    number = Printed(str(printed))
    if number.is_ratio:
        raise ValueError(PERCENT_RULE)
    return number


def counts_printing(number: Printed, whole: int) -> range:
    """The counts of a whole that print a percentage; none of a whole of nobody."""
    if whole == 0:
        return range(0)
    least = 0 if number.low is None else max(0, ceil(number.low * whole / 100))
    most = whole if number.high is None else min(whole, floor(number.high * whole / 100))
    least += number.low_strict and number.low is not None and least * HUNDRED == number.low * whole
    most -= number.high_strict and number.high is not None and most * HUNDRED == number.high * whole
    return range(least, max(least, most + 1))


def _percents_of(numbers: Sequence[Printed], whole: int) -> Bounded:
    """Whether counts that print these percentages can add to the whole: any sum from the least to the greatest can."""
    counts = [counts_printing(number, whole) for number in numbers]
    for number, possible in zip(numbers, counts, strict=True):
        if not possible:
            return Bounded(False, f"no count of {whole} prints {number}%", None, None)
    least, most = sum(possible[0] for possible in counts), sum(possible[-1] for possible in counts)
    holds = least <= whole <= most
    why = f"counts that print {'+'.join(map(str, numbers))} % add to {least} at least and {most} at most"
    return Bounded(holds, why if holds else f"{why}, not {whole}", least, most)


def _sum_why(numbers: Sequence[Printed], low: Fraction | None, high: Fraction | None, wanted: str | None) -> str:
    ends = " to ".join("no bound" if end is None else plain_text(end) for end in (low, high))
    return f"{'+'.join(map(str, numbers))} is {ends}" + ("" if wanted is None else f", not {wanted}")


def _split_parts(parts: str | Iterable[Text], sign: str, rule: str) -> list[str]:
    """The parts as texts, from one text with a sign between them or from a list."""
    texts = parts.split(sign) if isinstance(parts, str) else [str(part) for part in parts]
    if not texts or any(not text.strip() for text in texts):
        raise ValueError(rule)
    return [text.strip() for text in texts]


def _is_absent(value: Text | None) -> bool:
    return str(value).strip() in ABSENT
