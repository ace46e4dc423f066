"""What is left of sums and sums of squares: boxes of each variable and difference, narrowed until nothing changes.

Every variable, and every difference that a paired t is about, is an axis: its n values in whole units have a sum S
and a spread V = nQ - S^2 (Q the sum of squares), both whole. With m = S/n and s^2 = V / (n(n - 1)) all statements are
about S and V:

- a printed mean or SD bounds S or V; between limits L and H, V <= (nH - S)(S - nL) (Bhatia & Davis, Am Math Mon
  2000;107:353), on one sum exactly; and V = nS - S^2 modulo 2n, since Q has the parity of S (Anaya, GRIMMER, 2016);
- t^2 = (n - 1) S^2 / V of the differences (Student, Biometrika 1908;6:1);
- a rule such as CHANGE == POST - PRE adds the sums up and keeps each SD at most the sum of the others, which is a
  correlation from -1 to 1 (Cauchy and Schwarz).

Only what can't be is left out of the boxes. All of it is about the same n patients: a statement about some of them, or
a variable that only some have, says nothing of these sums (`is_of_moments_alone`, `is_about_moments`). Rules that are
no linear equations or limits are left out, which only widens the boxes; so patients who are found are held against
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor, gcd, isqrt

from recount.checks import least_squares, most_squares, reachable_between, settled

BITS = 32  # after the point of a root
MANY, CHUNKS = 1000, 200  # sums that are looked at one by one, and into how many boxes more of them are put
ROUNDS = 40  # of narrowing, at most: fewer only widen the bounds
WIDE = 1000  # steps between limits, beyond which values that are hard to find are taken to exist
Name = str | tuple[str, str]  # a variable, or the difference of two
Ends = tuple[int, int]
Ratios = tuple[Fraction, Fraction | None]


@dataclass(frozen=True, slots=True)
class Box:
    """Sums from `s0` to `s1` and spreads from `v0` to `v1`, in units."""

    s0: int
    s1: int
    v0: int
    v1: int

    @property
    def squares(self) -> Ends:
        """The least and the greatest square of a sum."""
        ends = self.s0**2, self.s1**2
        return 0 if self.s0 <= 0 <= self.s1 else min(ends), max(ends)


@dataclass(frozen=True)
class Axis:
    """n values in whole units, multiples of `step` from `low` to `high`, and what their own claims say.

    `ratios` bound S^2 / V, which is t^2 / (n - 1); None: no bound. A `drawn` axis is a variable, whose sums of squares
    are known exactly, the others differences.
    """

    n: int
    step: int
    low: int
    high: int
    sums: Ends
    spreads: Ends
    ratios: Ratios = (Fraction(0), None)
    drawn: bool = True

    def within(self, sums: Ends | None = None, spreads: Ends | None = None, ratios: Ratios | None = None) -> Axis:
        """The axis with further bounds."""
        low, high = ratios or (Fraction(0), None)
        tops = [top for top in (self.ratios[1], high) if top is not None]
        return replace(
            self,
            sums=_both(self.sums, sums or self.sums),
            spreads=_both(self.spreads, spreads or self.spreads),
            ratios=(max(self.ratios[0], low), min(tops, default=None)),
        )

    @property
    def is_free(self) -> bool:
        """Whether nothing bounds the spread but the limits."""
        return self.spreads == any_spread(self.n, self.low, self.high) and self.ratios == (0, None)

    def boxes(self, sums: Ends) -> list[Box]:
        """Boxes that cover these sums, one each where they are few; none across nought."""
        first, last = -(-max(sums[0], self.sums[0]) // self.step), min(sums[1], self.sums[1]) // self.step
        if first > last:
            return []
        size = 1 if last - first < MANY else -(-(last - first + 1) // CHUNKS)
        edges = sorted({*range(first, last + 1, size), last + 1, *({0, 1} if first < 0 < last else ())})
        return [Box(a * self.step, (b - 1) * self.step, *self.spreads) for a, b in pairwise(edges)]

    def narrowed(self, box: Box, sums: Ends, spreads: Ends) -> Box | None:
        """The part of a box within these bounds and its own; None where nothing is left."""
        k, n = self.step, self.n
        s0, s1 = -(-max(box.s0, sums[0]) // k) * k, min(box.s1, sums[1]) // k * k
        v0, v1 = max(box.v0, spreads[0]), min(box.v1, spreads[1])
        if s0 > s1 or v0 > v1:
            return None
        least, most = self.limits(s0, s1)
        box = Box(s0, s1, max(v0, least), min(v1, most))
        low, high = self.ratios
        if high is not None or low:
            q0, q1 = box.squares
            v0 = box.v0 if high is None else max(box.v0, ceil(q0 / high) if high else (0 if q0 == 0 else box.v1 + 1))
            box = Box(s0, s1, v0, min(box.v1, floor(q1 / low)) if low else box.v1)
            if box.v0 > box.v1:
                return None
            box = _of_squares(box, ceil(low * box.v0), None if high is None else floor(high * box.v1), k)
        if box.s0 == box.s1:
            base, unit = k * k * (n - box.s0 // k) * (box.s0 // k), 2 * n * k * k
            box = Box(box.s0, box.s1, box.v0 + (base - box.v0) % unit, box.v1 - (box.v1 - base) % unit)
        return box if box.s0 <= box.s1 and box.v0 <= box.v1 else None

    def limits(self, s0: int, s1: int) -> Ends:
        """The least and the greatest spread that the values' limits leave for these sums."""
        n, k = self.n, self.step
        if s0 == s1:
            total, width = s0 // k - n * (self.low // k), (self.high - self.low) // k
            most = n * most_squares(n, total, width) - total**2 if 0 <= total <= n * width else -1
            return k * k * (n * least_squares(n, total) - total**2), k * k * most
        middle = min(max(n * (self.low + self.high) // 2, s0), s1)
        ends = (max(0, (n * self.high - s) * (s - n * self.low)) for s in (s0, s1, middle, middle + 1))
        return 0, max(ends)

    def exists(self, box: Box) -> bool:
        """Whether some values have a sum and a spread in a box of one sum; taken to be so where it isn't known."""
        if not self.drawn or box.s0 != box.s1:
            return True
        n, k = self.n, self.step
        total, width = box.s0 // k - n * (self.low // k), (self.high - self.low) // k
        q0, q1 = -(-(box.v0 // k**2 + total**2) // n), (box.v1 // k**2 + total**2) // n
        verdict = settled(n, total, q0, q1, width)
        if verdict is None:
            return width > WIDE or reachable_between(n, total, q0, q1, width)
        return verdict

    def halves(self, box: Box) -> list[Box]:
        """A box of several sums cut in two, and narrowed."""
        middle = (box.s0 + box.s1) // 2 // self.step * self.step
        parts = Box(box.s0, middle, box.v0, box.v1), Box(middle + self.step, box.s1, box.v0, box.v1)
        return [b for p in parts if p.s0 <= p.s1 and (b := self.narrowed(p, self.sums, self.spreads))]


def _of_squares(box: Box, least: int, most: int | None, k: int) -> Box:
    """The box without the sums whose square is out of bounds."""
    s0, s1 = box.s0, box.s1
    if most is not None:
        far = isqrt(most) if most >= 0 else -1
        s0, s1 = max(s0, -(far // k) * k), min(s1, far // k * k)
    near = -(-(isqrt(least - 1) + 1) // k) * k if least > 0 else 0
    if near and s0 > -near:
        s0 = max(s0, near)
    if near and s1 < near:
        s1 = min(s1, -near)
    return Box(s0, s1, box.v0, box.v1)


@dataclass(frozen=True)
class Relation:
    """The sum of factor times axis is, of every patient, the same whole number."""

    factors: tuple[tuple[int, Name], ...]
    constant: int = 0

    def sums(self, of: Name, hull: dict[Name, Box], n: int) -> Ends:
        """The sums that the other axes leave to one."""
        own = next(c for c, name in self.factors if name == of)
        low = high = n * self.constant
        for c, name in self.factors:
            if name != of:
                ends = c * hull[name].s0, c * hull[name].s1
                low, high = low - max(ends), high - min(ends)
        if own < 0:
            low, high = -high, -low
        return -(-low // abs(own)), high // abs(own)

    def spreads(self, of: Name, hull: dict[Name, Box]) -> Ends:
        """The spreads that the other axes leave to one: no SD is more than the sum of the others."""
        own = next(abs(c) for c, name in self.factors if name == of)
        others = [(c * c * hull[name].v0, c * c * hull[name].v1) for c, name in self.factors if name != of]
        lows, highs = [_root(v, False) for v, _ in others], [_root(v, True) for _, v in others]
        high = sum(highs)
        low = max(0, *(one - (high - top) for one, top in zip(lows, highs, strict=True)))
        unit = own * own << 2 * BITS
        return -(-(low**2) // unit), high**2 // unit


def _root(square: int, up: bool) -> int:
    """The root times 2^BITS, rounded down or up."""
    found = isqrt(square << 2 * BITS)
    return found + 1 if up and found * found != square << 2 * BITS else found


@dataclass
class Problem:
    """Axes and the relations between them; `unit` is what is counted in, `pairs` the axis of each difference.

    Where statements are broken by any patients (a negative SD, an SD of one value) it is `broken`.
    """

    n: int
    unit: Fraction
    axes: dict[Name, Axis]
    relations: list[Relation] = field(default_factory=list)
    broken: bool = False

    def difference(self, one: str, other: str) -> tuple[Name, int]:
        """The axis of one variable less another, and its sign: a variable defined so, or one made for it."""
        for relation in self.relations:
            factors = {name: c for c, name in relation.factors}
            rest = [name for name in factors if name not in (one, other)]
            same = len(rest) == 1 and {one, other} < set(factors) and not relation.constant
            if same and factors[one] == -factors[other] and abs(factors[rest[0]]) == abs(factors[one]):
                return rest[0], -factors[one] // factors[rest[0]]
        a, b = self.axes[one], self.axes[other]
        low, high = a.low - b.high, a.high - b.low
        made = Axis(
            self.n, gcd(a.step, b.step), low, high, (self.n * low, self.n * high), any_spread(self.n, low, high)
        )
        self.axes[one, other] = replace(made, drawn=False)
        self.relations.append(Relation(((1, one), (-1, other), (-1, (one, other)))))
        return (one, other), 1

    def with_axis(self, name: Name, axis: Axis) -> Problem:
        """The problem with one axis replaced."""
        return replace(self, axes={**self.axes, name: axis})

    def boxes(self) -> dict[Name, list[Box]] | None:
        """What is left of every axis once nothing narrows any more; None where nothing is left of one: a proof."""
        if self.broken or any(low > high for a in self.axes.values() for low, high in (a.sums, a.spreads)):
            return None
        hull = {name: Box(*axis.sums, *axis.spreads) for name, axis in self.axes.items()}
        coarse = self._narrowed({name: [box] for name, box in hull.items()})
        if coarse is None:
            return None
        fine = {}
        for name, kept in coarse.items():
            fine[name] = self.axes[name].boxes((min(b.s0 for b in kept), max(b.s1 for b in kept)))
        return self._narrowed(fine)

    def _narrowed(self, boxes: dict[Name, list[Box]]) -> dict[Name, list[Box]] | None:
        if not all(boxes.values()):
            return None
        hull = {name: _hull(found) for name, found in boxes.items()}
        due = set(boxes)
        for _ in range(ROUNDS * len(boxes)):
            if not due:
                break
            name = min(due, key=str)
            due.discard(name)
            sums, spreads = self._around(name, hull)
            axis = self.axes[name]
            boxes[name] = [b for box in boxes[name] if (b := axis.narrowed(box, sums, spreads)) is not None]
            if not boxes[name]:
                return None
            narrower = _hull(boxes[name])
            if narrower != hull[name]:
                hull[name] = narrower
                due |= self._neighbours(name)
        return boxes

    def _around(self, name: Name, hull: dict[Name, Box]) -> tuple[Ends, Ends]:
        """What an axis' own claims and its relations leave to it."""
        axis = self.axes[name]
        sums, spreads = axis.sums, axis.spreads
        for relation in self.relations:
            if any(name == other for _, other in relation.factors):
                sums = _both(sums, relation.sums(name, hull, self.n))
                spreads = _both(spreads, relation.spreads(name, hull))
        return sums, spreads

    def _neighbours(self, name: Name) -> set[Name]:
        return {n for r in self.relations if any(name == o for _, o in r.factors) for _, n in r.factors}


def any_spread(n: int, low: int, high: int) -> Ends:
    """Every spread of n values between limits."""
    return 0, n * n * (high - low) ** 2 // 4


def _both(one: Ends, other: Ends) -> Ends:
    return max(one[0], other[0]), min(one[1], other[1])


def _hull(boxes: list[Box]) -> Box:
    return Box(min(b.s0 for b in boxes), max(b.s1 for b in boxes), min(b.v0 for b in boxes), max(b.v1 for b in boxes))
