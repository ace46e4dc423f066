"""The t and P that printed means and SDs allow: paired, two samples with a pooled variance, and Welch's.

Each printed number is anywhere in its closed interval, so they fill a box, and t = D / sqrt(V): D is the difference of
the means, V its variance. Means and SDs don't bear on each other, so D and V take every value between their ends.

- D rises with the first mean and falls with the second: its ends are at corners.
- t rises with D; for D > 0 it falls with V and for D < 0 it rises: its ends are at ends of D and V.
- Pooled or Welch, V rises with each SD: its ends are at corners.
- Paired, n V = s1^2 + s2^2 - 2 r s1 s2 falls with r. At the least r it is convex in the SDs (its quadratic form has the
  determinant 1 - r^2), so greatest at a corner of theirs. At the greatest r, being homogeneous, it is least on the
  boundary of their box, on an edge where s1 = r s2 or s2 = r s1, or at the edge's end nearest to that.
- P falls with |t|, and with the degrees of freedom. Welch's go with the SDs, so the box is cut into small ones, in each
  of which the ends of t and of the degrees of freedom are taken apart: the bounds hold, and are close to the ends.

Squares are fractions. Ends of t are exact or 10^-40 outward, those of P 10^-12 of it (`recount.checks.tails`).

Sources: Student, Biometrika 1908;6:1. Welch, Biometrika 1947;34:28, with Satterthwaite's degrees of freedom, Biometrics
Bull 1946;2:110.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import product

from recount.checks.distributions import t_sf
from recount.checks.rank_tests import Interval
from recount.checks.reading import plain_number, printed_number, whole_size
from recount.checks.tails import enclosed, outer_root, p_agrees, signed_square, size_ends, size_printed, square_meets
from recount.record import Printed

CUTS = 12  # of each SD's interval, for Welch's P
SIGNS = ("either", "as printed")
SIGN_RULE = "a sign is one of " + ", ".join(SIGNS)
PAIRS_RULE = "a t needs two values at least in each sample"
SD_RULE = "an SD isn't below nought"
R_RULE = "a correlation lies from -1 to 1"
Ends = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class TRange:
    """The t from low to high (None: no bound), its two-sided P and degrees of freedom, and whether printed ones agree.

    t is the first mean less the second over its standard error. `sign` says how a printed t's sign goes with the
    means: "agrees", "opposite" (as when the second is subtracted from), "undetermined", or empty without a t.
    """

    low: Fraction | None
    high: Fraction | None
    df_low: Fraction
    df_high: Fraction
    p_low: Fraction
    p_high: Fraction
    t_holds: bool | None
    p_holds: bool | None
    sign: str


@dataclass(frozen=True)
class VarianceBox:
    """One small box: the least and the greatest V, and the least and the greatest degrees of freedom."""

    variance: Ends
    df: Ends


def paired_t(
    n: int,
    mean1: str | int,
    sd1: str | int,
    mean2: str | int,
    sd2: str | int,
    r: str | int | None = None,
    t: str | int | None = None,
    p: str | int | None = None,
    sign: str = "either",
) -> TRange:
    """The paired t of n pairs and its P over all that the means and SDs stand for, the correlation r too if printed.

    Without `r` the correlation is anything from -1 to 1. `sign` "either" compares the sizes of a printed t. Raises
    ValueError for what is no printed number or no correlation, and for fewer than two pairs.

    >>> found = paired_t(13, "12.65", "3.57", "12.10", "2.71", t="1.336", p="0.206")
    >>> round(float(found.low), 3), round(float(found.high), 3), found.t_holds, found.p_holds, found.sign
    (0.31, 2.375, True, True, 'agrees')
    """
    size = _sample_size(n)
    first, second = sd_ends(sd1), sd_ends(sd2)
    low, high = change_squares(first, second, r_ends(r))
    spread = VarianceBox((low / size, high / size), (Fraction(size - 1),) * 2)
    return _t_range(difference(mean1, mean2), [spread], t, p, sign)


def change_t(
    n: int, mean: str | int, sd: str | int, t: str | int | None = None, p: str | int | None = None, sign: str = "either"
) -> TRange:
    """The t of n changes against nought, and its P, over all that their mean and SD stand for.

    V = s^2 / n. Parameters and errors as in `paired_t`.

    >>> change_t(27, "0.09", "0.03", p="0.110").p_holds
    False
    """
    size, (low, high) = _sample_size(n), sd_ends(sd)
    spread = VarianceBox((low**2 / size, high**2 / size), (Fraction(size - 1),) * 2)
    return _t_range(_printed_ends(plain_number(mean)), [spread], t, p, sign)


def student_t(
    n1: int,
    mean1: str | int,
    sd1: str | int,
    n2: int,
    mean2: str | int,
    sd2: str | int,
    t: str | int | None = None,
    p: str | int | None = None,
    sign: str = "either",
) -> TRange:
    """The t of two samples with a pooled variance, and its P, over all that the means and SDs stand for.

    V = (1/n1 + 1/n2) ((n1 - 1) s1^2 + (n2 - 1) s2^2) / (n1 + n2 - 2). Parameters and errors as in `paired_t`.

    >>> student_t(10, "0.75", "1.79", 10, "2.33", "2.00", t="-1.8608", p="0.07919").t_holds
    True
    """
    first, second = _sample_size(n1), _sample_size(n2)
    df = first + second - 2
    share = Fraction(1, first) + Fraction(1, second)
    ends = zip(sd_ends(sd1), sd_ends(sd2), strict=True)
    low, high = (share * ((first - 1) * a**2 + (second - 1) * b**2) / df for a, b in ends)
    return _t_range(difference(mean1, mean2), [VarianceBox((low, high), (Fraction(df),) * 2)], t, p, sign)


def welch_t(
    n1: int,
    mean1: str | int,
    sd1: str | int,
    n2: int,
    mean2: str | int,
    sd2: str | int,
    t: str | int | None = None,
    p: str | int | None = None,
    sign: str = "either",
) -> TRange:
    """Welch's t of two samples, its degrees of freedom and its P over all that the means and SDs stand for.

    V = a + b, a = s1^2/n1 and b = s2^2/n2, on V^2 / (a^2/(n1 - 1) + b^2/(n2 - 1)) degrees of freedom. Parameters and
    errors as in `paired_t`.

    >>> found = welch_t(10, "0.75", "1.789", 10, "2.33", "2.002", t="-1.8608", p="0.07939")
    >>> found.t_holds, found.p_holds, found.df_low < Fraction("17.776") < found.df_high
    (True, True, True)
    """
    values = _sample_size(n1), _sample_size(n2)
    cuts = product(_interval_cuts(sd_ends(sd1)), _interval_cuts(sd_ends(sd2)))
    return _t_range(difference(mean1, mean2), [_welch_box(a, b, values) for a, b in cuts], t, p, sign)


# --- the ends of the box ----------------------------------------------------------------------------------


def difference(mean1: str | int, mean2: str | int) -> Ends:
    """The least and the greatest difference of the means."""
    (low1, high1), (low2, high2) = (_printed_ends(plain_number(mean)) for mean in (mean1, mean2))
    return low1 - high2, high1 - low2


def sd_ends(sd: str | int) -> Ends:
    """The least and the greatest SD that is printed so, none below nought."""
    low, high = _printed_ends(plain_number(sd))
    if high < 0 or plain_number(sd).value < 0:
        raise ValueError(SD_RULE)
    return max(low, Fraction(0)), high


def r_ends(r: str | int | None) -> Ends:
    """The least and the greatest correlation that is printed so, or -1 and 1."""
    if r is None:
        return Fraction(-1), Fraction(1)
    low, high = _printed_ends(plain_number(r))
    if not -1 <= plain_number(r).value <= 1:
        raise ValueError(R_RULE)
    return max(low, Fraction(-1)), min(high, Fraction(1))


def change_squares(first: Ends, second: Ends, r: Ends) -> Ends:
    """The least and the greatest s1^2 + s2^2 - 2 r s1 s2, the variance of the differences, for r from -1 to 1.

    >>> change_squares((Fraction(3), Fraction(4)), (Fraction(5), Fraction(6)), (Fraction(-1), Fraction(1)))
    (Fraction(1, 1), Fraction(100, 1))
    """
    edges = [(a, _nearest(r[1] * a, second)) for a in first] + [(_nearest(r[1] * b, first), b) for b in second]
    least = min(a**2 + b**2 - 2 * r[1] * a * b for a, b in edges)
    greatest = max(a**2 + b**2 - 2 * r[0] * a * b for a, b in product(first, second))
    return least, greatest


def _nearest(x: Fraction, ends: Ends) -> Fraction:
    return min(max(x, ends[0]), ends[1])


def _printed_ends(printed: Printed) -> Ends:
    assert printed.low is not None and printed.high is not None
    return printed.low, printed.high


def _sample_size(n: int) -> int:
    size = whole_size(n)
    if size < 2:
        raise ValueError(PAIRS_RULE)
    return size


def _interval_cuts(ends: Ends) -> Iterator[Ends]:
    width = (ends[1] - ends[0]) / CUTS
    return ((ends[0] + k * width, ends[0] + (k + 1) * width) for k in range(CUTS))


def _welch_box(first: Ends, second: Ends, values: tuple[int, int]) -> VarianceBox:
    """V and the degrees of freedom in a small box.

    The degrees of freedom rest on w = a/(a + b) alone, 1 / (w^2/(n1 - 1) + (1 - w)^2/(n2 - 1)), whose reciprocal
    is convex in w: they are greatest at w = (n1 - 1)/(n1 + n2 - 2) or nearest to it, and least at an end of w.
    """
    a_low, a_high = (sd**2 / values[0] for sd in first)
    b_low, b_high = (sd**2 / values[1] for sd in second)
    shares = [Fraction(a, a + b) if a + b else Fraction(0) for a, b in ((a_low, b_high), (a_high, b_low))]
    m1, m2 = values[0] - 1, values[1] - 1
    best = _nearest(Fraction(m1, m1 + m2), (shares[0], shares[1]))
    low, high, top = (1 / (w**2 / m1 + (1 - w) ** 2 / m2) for w in (*shares, best))
    return VarianceBox((a_low + b_low, a_high + b_high), (min(low, high), top))


# --- from the ends of D and V to those of t and P ---------------------------------------------------------


def _t_range(between: Ends, spreads: list[VarianceBox], t: str | int | None, p: str | int | None, sign: str) -> TRange:
    if sign not in SIGNS:
        raise ValueError(f"{SIGN_RULE} (got {sign!r})")
    variance = min(s.variance[0] for s in spreads), max(s.variance[1] for s in spreads)
    df = min(s.df[0] for s in spreads), max(s.df[1] for s in spreads)
    low, high = t_squares(between, variance)
    p_ends = [_p_bounds(between, spread) for spread in spreads]
    p_low, p_high = min(ends[0] for ends in p_ends), max(ends[1] for ends in p_ends)
    return TRange(
        None if low is None else _signed_root(low, up=False),
        None if high is None else _signed_root(high, up=True),
        *df,
        p_low,
        p_high,
        None if t is None else _t_holds(low, high, printed_number(t), sign),
        p_agrees(p_low, p_high, p),
        "" if t is None else sign_of(between, printed_number(t)),
    )


def t_squares(between: Ends, variance: Ends) -> tuple[Fraction | None, Fraction | None]:
    """The signed squares of the least and the greatest t; None where V can be nought beside a D that isn't."""
    return _t_square(between[0], variance, low=True), _t_square(between[1], variance, low=False)


def _t_square(d: Fraction, variance: Ends, low: bool) -> Fraction | None:
    """The signed square of t at an end of D: farther out with the least V if that end lies outward of nought."""
    if d == 0:
        return Fraction(0)
    v = variance[0] if (d < 0) == low else variance[1]
    return None if v == 0 else signed_square(d) / v


def _signed_root(square: Fraction, up: bool) -> Fraction:
    return outer_root(square, up) if square >= 0 else -outer_root(-square, not up)


def _t_holds(low: Fraction | None, high: Fraction | None, t: Printed, sign: str) -> bool:
    """Whether a printed t, or without its sign the size of one, meets the t with signed squares from low to high."""
    if sign == "as printed":
        return _meets_squares(low, high, Interval(t.low, t.high, t.low_strict, t.high_strict))
    return _meets_squares(*size_ends(low, high), size_printed(t))


def _meets_squares(low: Fraction | None, high: Fraction | None, t: Interval) -> bool:
    """Whether t meets the t with signed squares from low to high; without a bound any t beyond the other end does."""
    far = 1 + max(abs(end) for end in (low, high, _squared(t.low), _squared(t.high)) if end is not None)
    return square_meets(-far if low is None else low, far if high is None else high, t)


def _squared(x: Fraction | None) -> Fraction | None:
    return None if x is None else signed_square(x)


def _p_bounds(between: Ends, spread: VarianceBox) -> Ends:
    """Bounds of the two-sided P in a small box: at the greatest |t| and most degrees of freedom, and at the least."""
    farthest = max(abs(end) for end in between) ** 2
    nearest = Fraction(0) if between[0] <= 0 <= between[1] else min(abs(end) for end in between) ** 2
    low, high = spread.variance
    most = None if low == 0 else farthest / low
    least = nearest / high if high else Fraction(0)
    return _tail_bounds(most, spread.df[1])[0], _tail_bounds(least, spread.df[0])[1]


def _tail_bounds(square: Fraction | None, df: Fraction) -> Ends:
    size = None if square is None else outer_root(square, True)
    return enclosed(partial(t_sf, df=float(df)), size, 2)


def sign_of(between: Ends, t: Printed) -> str:
    """How the sign of a printed t goes with that of the difference of the means."""
    t_sign = _common_sign(t.low, t.high)
    means = _common_sign(*between)
    if not t_sign or not means:
        return "undetermined"
    return "agrees" if t_sign == means else "opposite"


def _common_sign(low: Fraction | None, high: Fraction | None) -> int:
    """1 or -1 where all from low to high has this sign, else 0."""
    return int(low is not None and low > 0) - int(high is not None and high < 0)
