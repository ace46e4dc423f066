"""Which sums of squares print an SD, and which ratios print a paired t or its P, as closed ends in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

from recount.checks.distributions import t_isf, t_sf
from recount.record import Printed

Ratios = tuple[Fraction, Fraction | None]
CLOSE = 1e-10  # by which a t from a P is widened, as a share


def t_ratios(statistic: str, printed: Printed, n: int) -> Ratios | None:
    """The t^2 / (n - 1) that print a paired |t| or its two-sided P, closed and widened outwards; None: none does."""
    low, high = printed.interval
    if high is not None and (high < 0 or (high == 0 and printed.high_strict)):
        return None  # neither a |t| nor a P is below nought
    if statistic == "paired_p":
        if low is not None and (low > 1 or (low == 1 and printed.low_strict)):
            return None
        low, high = t_of(high, n, False), t_of(low, n, True)
    square = None if high is None else high**2 / (n - 1)
    return (Fraction(0) if low is None else max(low, Fraction(0)) ** 2 / (n - 1)), square


def t_of(p: Fraction | None, n: int, up: bool) -> Fraction | None:
    """A |t| whose two-sided P is p, surely no nearer to nought (`up`) or no farther; None where no t bounds it."""
    if p is None or p <= 0:
        return None
    if p >= 1:
        return Fraction(0) if not up else Fraction(CLOSE).limit_denominator(10**12)
    found, widened = t_isf(float(p) / 2, n - 1), CLOSE
    while True:
        t = max(found * (1 + (widened if up else -widened)) + (widened if up else -widened), 0.0)
        reached = p_of(Fraction(t), n)
        if (reached <= p if up else reached >= p) or t == 0.0:
            digits = Fraction(round(t * 10**12), 10**12)
            return digits + Fraction(1 if up else -1, 10**12) if t else digits
        widened *= 4


def p_of(t: Fraction, n: int) -> float:
    """The two-sided P of a |t| of n pairs, as the verifier computes it."""
    return 2 * t_sf(float(t), n - 1)
