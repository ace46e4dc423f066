"""The SD of the differences, and the correlation, that a paired t or a change's SD implies beside printed summaries.

Each printed number is anywhere in its closed interval, so they fill a box. With D the difference of the means and v the
variance of the differences, t^2 = n D^2 / v and r = (s1^2 + s2^2 - v) / (2 s1 s2).

- v rises with |D| and falls with |t|: its ends are at ends of these.
- r is between -1 and 1 if and only if |s1 - s2| <= sqrt(v) <= s1 + s2; so a v is possible if and only if it lies from
  the least (s1 - s2)^2 to the greatest (s1 + s2)^2: between these, moving the SDs, some are met.
- r falls with v. At the least v it is greatest at a corner of the SDs, as along each of them it falls, then rises:
  its slope by s1 has the sign of s1^2 - s2^2 + v. At the greatest v it is least at a corner, or on an edge where that
  slope is nought: with s2 held, at s1^2 = s2^2 - v, where r = sqrt(1 - v / s2^2). Both slopes are nought only at v = 0.

Squares are fractions, and roots exact or 10^-40 outward. Source: the variance of a difference, as in Higgins & Green
(ed.), Cochrane Handbook, version 5.1, section 16.1.3.2, which solves it for r.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from recount.checks.rank_tests import Interval
from recount.checks.reading import printed_number, probability, whole_size
from recount.checks.t_tests import PAIRS_RULE, Ends, change_squares, difference, sd_ends, sign_of
from recount.checks.tails import outer_root, size_ends, size_printed, t_interval

POSSIBLE = "a correlation from -1 to 1 gives it"
TOO_SMALL = "the differences would vary less than with r = 1"
TOO_LARGE = "the differences would vary more than with r = -1"
APART = "no SD of the differences goes with all that is printed of them"
NOTHING_RULE = "a t, a P or the SD of the differences is printed"
MEANS_RULE = "a t or a P needs the two means and the number of pairs"
Squares = tuple[Fraction, Fraction | None]


@dataclass(frozen=True)
class Implied:
    """Whether a correlation makes the numbers possible, and the SD of the differences and the correlation it takes.

    `sd_low` to `sd_high` and `r_low` to `r_high` hold every possible value; None where nothing is possible.
    `needs_low` to `needs_high` is what the formula gives for r over the whole box, beyond 1 or -1 too (None: no bound).
    `sign` is that of a printed t beside the means, as in `recount.checks.t_tests.TRange`.
    """

    holds: bool
    why: str
    sd_low: Fraction | None
    sd_high: Fraction | None
    r_low: Fraction | None
    r_high: Fraction | None
    needs_low: Fraction | None
    needs_high: Fraction | None
    sign: str


def implied_correlation(
    sd1: str | int,
    sd2: str | int,
    n: int | None = None,
    mean1: str | int | None = None,
    mean2: str | int | None = None,
    t: str | int | None = None,
    p: str | int | None = None,
    sd_change: str | int | None = None,
) -> Implied:
    """What a paired t, its two-sided P or the SD of the differences, or all of them, imply beside two SDs.

    A t or P needs n and both means; a t's sign is not counted. Raises ValueError for what is no printed number, for too
    few of them, and for fewer than two pairs.

    >>> found = implied_correlation("3.57", "2.71", 13, "12.65", "12.10", t="1.336", p="0.206")
    >>> [round(float(x), 2) for x in (found.sd_low, found.sd_high, found.r_low, found.r_high)]
    [1.46, 1.51, 0.92, 0.93]
    >>> implied_correlation("8.0", "5.0", sd_change="2.0").why
    'the differences would vary less than with r = 1'
    """
    first, second = sd_ends(sd1), sd_ends(sd2)
    squares, sign = _printed_squares(n, mean1, mean2, t, p, sd_change)
    if squares is None:
        return Implied(False, APART, None, None, None, None, None, None, sign)
    needs = needed_correlations(first, second, squares)
    least, greatest = change_squares(first, second, (Fraction(-1), Fraction(1)))
    low = max(least, squares[0])
    high = greatest if squares[1] is None else min(greatest, squares[1])
    if low > high:
        why = TOO_LARGE if squares[0] > greatest else TOO_SMALL
        return Implied(False, why, None, None, None, None, *needs, sign)
    r_low, r_high = (Fraction(edge) if end is None else end for edge, end in zip((-1, 1), needs, strict=True))
    sds = outer_root(low, False), outer_root(high, True)
    return Implied(True, POSSIBLE, *sds, max(r_low, Fraction(-1)), min(r_high, Fraction(1)), *needs, sign)


def _printed_squares(
    n: int | None,
    mean1: str | int | None,
    mean2: str | int | None,
    t: str | int | None,
    p: str | int | None,
    sd_change: str | int | None,
) -> tuple[Squares | None, str]:
    """The least and the greatest v that print all that is given (None: none does), and the sign of t."""
    bounds: list[Squares] = []
    sign = ""
    if t is None and p is None and sd_change is None:
        raise ValueError(NOTHING_RULE)
    if sd_change is not None:
        least, most = sd_ends(sd_change)
        bounds.append((least**2, most**2))
    if t is not None or p is not None:
        if mean1 is None or mean2 is None or n is None:
            raise ValueError(MEANS_RULE)
        pairs, between = _pair_count(n), difference(mean1, mean2)
        bounds += [_of_t(pairs, between, each) for each in _t_sizes(t, p, pairs)]
        sign = "" if t is None else sign_of(between, printed_number(t))
    low, tops = max(each[0] for each in bounds), [each[1] for each in bounds if each[1] is not None]
    high = min(tops, default=None)
    return (None if high is not None and low > high else (low, high)), sign


def _pair_count(n: int) -> int:
    pairs = whole_size(n)
    if pairs < 2:
        raise ValueError(PAIRS_RULE)
    return pairs


def _t_sizes(t: str | int | None, p: str | int | None, n: int) -> list[Interval]:
    """The sizes of t that print the t, and those that print the P."""
    found = [] if t is None else [size_printed(printed_number(t))]
    return found if p is None else [*found, t_interval(probability(p), n - 1)]


def _of_t(n: int, between: Ends, t: Interval) -> Squares:
    """The least and the greatest n D^2 / t^2; None: no bound, where t can be nought."""
    d_low, d_high = size_ends(*between)
    t_low, t_high = Fraction(0) if t.low is None else max(t.low, Fraction(0)), t.high
    assert d_high is not None
    least = Fraction(0) if t_high is None or t_high == 0 else n * d_low**2 / t_high**2
    return least, None if t_low == 0 else n * d_high**2 / t_low**2


def needed_correlations(first: Ends, second: Ends, squares: Squares) -> tuple[Fraction | None, Fraction | None]:
    """The least and the greatest (s1^2 + s2^2 - v) / (2 s1 s2) over the box; None: no bound, as with an SD of nought.

    >>> needed_correlations((Fraction(8), Fraction(8)), (Fraction(5), Fraction(5)), (Fraction(4), Fraction(4)))
    (Fraction(17, 16), Fraction(17, 16))
    """
    if first[0] == 0 or second[0] == 0:
        return None, None
    high = max(_correlation(a, b, squares[0]) for a, b in product(first, second))
    return (None if squares[1] is None else _least_r(first, second, squares[1])), high


def _least_r(first: Ends, second: Ends, v: Fraction) -> Fraction:
    lows = [_correlation(a, b, v) for a, b in product(first, second)]
    for held, moved in ((first, second), (second, first)):
        for sd in held:
            if moved[0] ** 2 <= sd**2 - v <= moved[1] ** 2:
                lows.append(outer_root(1 - v / sd**2, False))
    return min(lows)


def _correlation(a: Fraction, b: Fraction, v: Fraction) -> Fraction:
    return (a**2 + b**2 - v) / (2 * a * b)
