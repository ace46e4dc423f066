"""Which sums of squares n whole numbers of a given sum have, with and without limits, exactly.

For n whole numbers of sum S and sum of squares Q, Q has the parity of S, and is at least that of n numbers as equal
as can be (`least_squares`). Without limits that is all there is to it for n >= 5, and for fewer:

- n = 1: Q = S^2.
- n = 2: 2Q - S^2 is a square, (x - y)^2.
- n = 3: (3Q - S^2) / 2 is a number a^2 + ab + b^2, a and b being the differences; such a and b are looked for.
- n = 4: 4Q - S^2 is a sum of three squares, so not of the form 4^a (8b + 7) (Legendre; the sums x+y-z-w, x-y+z-w,
  x-y-z+w are the three, and with the right signs any three give whole x, y, z, w, since Q has the parity of S; used
  in the same way in Cauchy's proof on polygonal numbers).

Proof for n = 5. Take one number t whose parity is not that of S. The other four have an odd sum and an odd sum of
squares, so 4(Q - t^2) - (S - t)^2 is 3 more than a multiple of 8, and a sum of three squares if it isn't below
nought: if |t - S/5| <= 2 sqrt(D)/5 with D = 5Q - S^2. Every other whole number is such a t, so there is one when
4 sqrt(D)/5 >= 2, that is D >= 6.25. Below that Q is the least there is, for the next Q adds 10 to D.
For n > 5 take off one number of those as equal as can be: the least Q falls by its square, so the rest has n - 1
numbers and a Q that isn't below its least.

With limits 0 and W let I = WS - Q, the sum of x(W - x), and n >= 5. If I >= W^2, limits change nothing. Proof for
n = 5: let m = S/5 be at most W/2 (else take W - x for x). No number is further from the mean than sqrt(4V/5), where
V = Q - 5m^2, so all lie in 0..2m unless V > 5m^2/4, and then I < 5mW - 25m^2/4 = W^2 - (W - 5m/2)^2. For n > 5: if
Q is no less than the least of n - 1 numbers with the sum S, let the last be 0, which leaves I as it is; if Q - W^2 is
no less than their least with the sum S - W, let it be W, which leaves I too; if neither, any solution without limits
lies within them, for a number below 0 would leave n - 1 others with a sum above S and squares below Q, and one above
W likewise, seen from the other end. What is left, I < W^2, is searched (`_is_found_from`).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, isqrt

from recount.record import Printed

Ends = tuple[int, int]
State = tuple[int, int, int, int, int]
"""How many numbers, their sum, the least and the greatest sum of squares, the upper limit (the lower one is 0)."""


def whole_squares(printed: Printed, scale: Fraction, other: Ends) -> Ends:
    """The whole numbers whose root, over the scale's, is as printed; nothing is above it where it is negative."""
    low, high = other
    if printed.low is not None and printed.low >= 0:
        square = printed.low**2 * scale
        low = floor(square) + 1 if printed.low_strict else ceil(square)
    if printed.high is not None:
        square = printed.high**2 * scale
        high = ceil(square) - 1 if printed.high_strict else floor(square)
    return low, high


def least_squares(n: int, total: int) -> int:
    """The least sum of squares of n whole numbers with this sum: as equal as can be.

    >>> least_squares(5, 7)
    11
    """
    each, rest = divmod(total, n)
    return n * each * each + rest * (2 * each + 1)


def most_squares(n: int, total: int, high: int) -> int:
    """The greatest sum of squares of n whole numbers from 0 to `high` with this sum: as many at the ends as can be.

    >>> most_squares(5, 7, 4)
    25
    """
    if high == 0:
        return 0
    ends, rest = divmod(total, high)
    return ends * high * high + rest * rest


def reachable(n: int, total: int, squares: int, limit: int | None = None) -> bool:
    """Whether n whole numbers (from 0 to `limit` where it is given) have this sum and this sum of squares.

    >>> reachable(4, 0, 28), reachable(5, 0, 28)
    (False, True)
    >>> reachable(5, 6, 16, limit=6), reachable(5, 6, 18, limit=6)
    (False, True)
    """
    return reachable_between(n, total, squares, squares, limit)


def reachable_between(n: int, total: int, low: int, high: int, limit: int | None = None) -> bool:
    """Whether n whole numbers (from 0 to `limit` where it is given) with this sum have squares that add to low..high.

    >>> reachable_between(5, 6, 15, 17, limit=6), reachable_between(5, 6, 15, 18, limit=6)
    (False, True)
    """
    if limit is not None:
        return _is_reachable_within((n, total, low, high, limit))
    low = max(low, least_squares(n, total))
    low += (low - total) % 2
    return low <= high and _is_reachable_anywhere(n, total, low, high)


def _is_reachable_anywhere(n: int, total: int, low: int, high: int) -> bool:
    """The same without limits; `low` has the parity of the sum and is no less than the least there is."""
    if n == 1:
        return low == total * total
    if n == 2:
        return _of_two(total, low) <= high
    if n == 3:
        return _of_three(total, low, high)
    return n > 4 or any(is_three_squares(4 * squares - total * total) for squares in range(low, high + 1, 2))


def _of_two(total: int, low: int) -> int:
    """The least sum of squares from `low` on of two numbers with this sum."""
    difference = _least_root(2 * low - total * total)
    difference += (difference - total) % 2
    return (difference**2 + total**2) // 2


def _of_three(total: int, low: int, high: int) -> bool:
    """Whether three numbers with this sum have such squares: by their differences a and b, b the smaller.

    (3Q - S^2) / 2 is a^2 + ab + b^2, and 4 times that (2a + b)^2 + 3b^2. The numbers come out whole if a - b, or
    b - a, leaves the rest of S by 3.
    """
    least, most = (3 * low - total * total) // 2, (3 * high - total * total) // 2
    for b in range(isqrt(most // 3) + 1):
        a = max(b, (_least_root(4 * least - 3 * b * b) - b + 1) // 2)
        a = next(a for a in range(a, a + 3) if (a - b - total) % 3 == 0 or (b - a - total) % 3 == 0)
        if a * a + a * b + b * b <= most:
            return True
    return False


def _least_root(square: int) -> int:
    """The least whole number from nought whose square is no less."""
    return isqrt(square - 1) + 1 if square > 0 else 0


def is_three_squares(x: int) -> bool:
    """Whether x >= 0 is a sum of three squares: not 4^a (8b + 7) (Legendre, 1798).

    >>> [x for x in range(32) if not is_three_squares(x)]
    [7, 15, 23, 28, 31]
    """
    while x and x % 4 == 0:
        x //= 4
    return x % 8 != 7


def settled(n: int, total: int, low: int, high: int, limit: int) -> bool | None:
    """What the bounds and theorems above say of n numbers from 0 to `limit`; None where they leave it open."""
    if not 0 <= total <= n * limit:
        return False
    least, most = least_squares(n, total), most_squares(n, total, limit)
    low, high = max(low, least), min(high, most)
    low += (low - total) % 2
    if low > high:
        return False
    if low == least or high == most:
        return True
    if n == 2:
        return _of_two(total, low) <= high
    return (True if _is_roomy(n, total, low, limit) else None) if n >= 5 else _of_few(n, total, low, high, limit)


def _is_roomy(n: int, total: int, squares: int, limit: int) -> bool:
    """Whether the sum of x(W - x) is W^2 or more, W being the limit or, from either end, half the sum.

    Narrower limits only make it harder, so half the sum may be taken.
    """
    turned = _from_upper_limit((n, total, squares, squares, limit))
    for each, square in ((total, squares), turned[1:3]):
        width = min(limit, each // 2)
        if width * each - square >= width * width:
            return True
    return False


def _of_few(n: int, total: int, low: int, high: int, limit: int) -> bool | None:
    """The same of three or four numbers.

    Limits change nothing where the squares are no more than the least of one number fewer, seen from either end.
    """
    turned = _from_upper_limit((n, total, 0, 0, limit))
    most = min(high, least_squares(n - 1, total), least_squares(n - 1, turned[1]) - turned[2])
    if low <= most and _is_reachable_anywhere(n, total, low, most):
        return True
    return False if most >= high or (n == 4 and not _is_reachable_anywhere(n, total, low, high)) else None


def _from_upper_limit(state: State) -> State:
    """The same numbers seen from the upper limit: W - x for every x."""
    n, total, low, high, limit = state
    shift = n * limit * limit - 2 * limit * total
    return n, n * limit - total, low + shift, high + shift, limit


def _mirrored(state: State) -> State:
    """The state or its mirror image, whichever has the smaller sum, and no higher a limit than the sum."""
    n, total, low, high, limit = state = min(state, _from_upper_limit(state))
    return (n, total, low, high, total) if total < limit else state


def _is_reachable_within(state: State) -> bool:
    """Whether there are such numbers: what is settled, or else a search without those that must be at the ends."""
    verdict = settled(*state)
    return _is_found_from(_mirrored(_without_zeros(_without_zeros(_mirrored(state))))) if verdict is None else verdict


def _without_zeros(state: State) -> State:
    """The state without the zeros that it must have, seen from the other end.

    Each number off the ends adds at least W - 1 to the sum of x(W - x), which bounds how many there are, and what is
    above their greatest sum are numbers W.
    """
    n, total, low, high, limit = _from_upper_limit(state)
    inside = (limit * total - low) // (limit - 1) if limit > 1 else 0
    tops = min(max(0, -((inside * (limit - 1) - total) // limit)), n - 1)
    square = tops * limit * limit
    return n - tops, total - tops * limit, low - square, high - square, limit


@lru_cache(maxsize=1 << 18)
def _is_found_from(start: State) -> bool:
    """Whether there are such numbers: either one of them is 0, or all are 1 or more."""
    stack, seen = [start], set()
    while stack:
        state = _mirrored(stack.pop())
        if state in seen:
            continue
        seen.add(state)
        verdict = settled(*state)
        if verdict:
            return True
        if verdict is None:
            n, total, low, high, limit = state
            shift = n - 2 * total
            stack += [(n, total - n, low + shift, high + shift, limit - 1), (n - 1, total, low, high, limit)]
    return False
