"""What means, SDs and paired t of so many patients leave open of each other: bounds and proofs, exactly.

Every variable, and every difference that a paired t is about, is an axis: its n values in whole units have a sum S
and a spread V = nQ - S^2 (Q the sum of squares), both whole. With m = S/n and s^2 = V / (n(n - 1)) all statements are
about S and V:

- a printed mean or SD bounds S or V; between limits L and H, V <= (nH - S)(S - nL) (Bhatia & Davis, Am Math Mon
  2000;107:353), on one sum exactly; and V = nS - S^2 modulo 2n, since Q has the parity of S (Anaya, GRIMMER, 2016);
- t^2 = (n - 1) S^2 / V of the differences (Student, Biometrika 1908;6:1);
- a rule such as CHANGE == POST - PRE adds the sums up and keeps each SD at most the sum of the others, which is a
  correlation from -1 to 1 (Cauchy and Schwarz).

The axes' possible (S, V) are kept as boxes that are narrowed until nothing changes; only what can't be is left out.
So bounds are outer bounds, and no box left is a proof that the statements can't all hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import ceil, floor, gcd, isqrt, lcm

from scipy.stats import t as student

from recount.blocks import Block, whom
from recount.checks.squares import least_squares, most_squares, reachable_between, settled
from recount.expressions import And, Compare, Expression, Implies, names
from recount.model import step_of, step_range
from recount.printed import Printed, root
from recount.study import Claim, Rule, Study
from recount.verify import About, Value

MOMENTS = frozenset({"mean", "sum", "sd", "paired_t", "paired_p"})
PAIRED = ("paired_t", "paired_p")
MANY, CHUNKS = 1000, 200  # sums that are looked at one by one, and into how many boxes more of them are put
ROUNDS = 40  # of narrowing, at most: fewer only widen the bounds
BITS = 32  # after the point of a root
CLOSE = 1e-10  # by which a t from a P is widened, as a share
WIDE = 1000  # steps between limits, beyond which values that are hard to find are taken to exist
CONFLICTS = 20  # looked for, at most
TRIED = 60  # spreads at an end that are tried one by one

Name = str | tuple[str, str]  # a variable, or the difference of two
Statement = tuple[str, str]
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
        return self.spreads == _any(self.n, self.low, self.high) and self.ratios == (0, None)

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
        made = Axis(self.n, gcd(a.step, b.step), low, high, (self.n * low, self.n * high), _any(self.n, low, high))
        self.axes[one, other] = replace(made, drawn=False)
        self.relations.append(Relation(((1, one), (-1, other), (-1, (one, other)))))
        return (one, other), 1

    def with_axis(self, name: Name, axis: Axis) -> Problem:
        """The problem with one axis replaced."""
        return replace(self, axes={**self.axes, name: axis})

    def boxes(self) -> dict[Name, list[Box]] | None:
        """What is left of every axis once nothing narrows any more; None where nothing is left of one: a proof."""
        if self.broken:
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


def _any(n: int, low: int, high: int) -> Ends:
    """Every spread of n values between limits."""
    return 0, n * n * (high - low) ** 2 // 4


def _both(one: Ends, other: Ends) -> Ends:
    return max(one[0], other[0]), min(one[1], other[1])


def _hull(boxes: list[Box]) -> Box:
    return Box(min(b.s0 for b in boxes), max(b.s1 for b in boxes), min(b.v0 for b in boxes), max(b.v1 for b in boxes))


# from statements ----------------------------------------------------------------------------------------------


def is_moment_block(study: Study, block: Block) -> bool:
    """Whether a block's claims are means, SDs and paired t of all its patients, one SD or t at least.

    All its variables are numbers of the same patients, and its rules are of these alone.
    """
    kinds = {claim.statistic for claim in block.claims}
    if not (kinds <= MOMENTS and kinds & {"sd", *PAIRED}):
        return False
    variables = [study.variables[name] for name in block.variables]
    if any(v.kind == "category" or v.where != block.where for v in variables):
        return False
    if any(whom(study, claim) != block.where for claim in block.claims):
        return False
    return all(names(meant(r.rule, block.where)) <= set(block.variables) for r in block.rules)


def is_about(study: Study, block: Block, question: About) -> bool:
    """Whether a question is of a mean, sum, SD, paired t or P of all patients of a block of moments."""
    about = {name for name in (question.variable, question.versus) if name}
    whole = question.population in study.populations and study.populations[question.population].where == block.where
    return question.statistic in MOMENTS and bool(about) and about <= set(block.variables) and whole


def meant(rule: Expression, where: Expression | None) -> Expression:
    """What a rule asks of the block's patients, all of whom it speaks of."""
    return rule.right if isinstance(rule, Implies) and where is not None and rule.left == where else rule


def problem_of(study: Study, block: Block, active: Collection[Statement], size: int) -> Problem:
    """The active statements of a block about so many patients, as axes and relations."""
    steps = [step_of(study.variables[name]) for name in block.variables]
    whole = lcm(*(step.denominator for step in steps))
    unit = Fraction(gcd(*(int(step * whole) for step in steps)), whole)
    problem = Problem(size, unit, {name: _axis(study, name, size, unit) for name in block.variables})
    for rule in block.rules:
        if ("rule", rule.id) in active:
            _rule(problem, rule, block)
    for claim in block.claims:
        if ("claim", claim.id) in active:
            _claim(problem, claim)
    return problem


def _axis(study: Study, name: str, n: int, unit: Fraction) -> Axis:
    variable = study.variables[name]
    k = int(step_of(variable) / unit)
    low, high = (k * end for end in step_range(variable))
    return Axis(n, k, low, high, (n * low, n * high), _any(n, low, high))


def _rule(problem: Problem, rule: Rule, block: Block) -> None:
    """Lets a problem know of a rule's linear equations, and of its limits of a variable or a difference."""
    node = meant(rule.rule, block.where)
    for part in node.items if isinstance(node, And) else (node,):
        if isinstance(part, Compare) and part.op != "!=":
            linear = _linear(part, problem.unit)
            if part.op == "==" and len(linear.factors) > 1:
                problem.relations.append(linear)
            for sign in (1, -1):  # the sum is at most the constant, and the same with all signs turned
                if part.op in ("==", "<=" if sign == 1 else ">=", "<" if sign == 1 else ">"):
                    turned = Relation(tuple((sign * c, name) for c, name in linear.factors), sign * linear.constant)
                    _limit(problem, turned, part.op in "<>")


def _linear(part: Compare, unit: Fraction) -> Relation:
    """Left less right, in whole numbers of units."""
    factors: dict[Name, Fraction] = {}
    for sign, side in ((1, part.left), (-1, part.right)):
        for c, name in side.terms:
            factors[name] = factors.get(name, Fraction(0)) + sign * c
    constant = (part.right.constant - part.left.constant) / unit
    scale = lcm(constant.denominator, *(c.denominator for c in factors.values()))
    return Relation(tuple((int(c * scale), name) for name, c in factors.items() if c), int(constant * scale))


def _limit(problem: Problem, most: Relation, strict: bool) -> None:
    """Lets an axis know that a multiple of it is at most (or, strictly, below) a number; other sums are left alone."""
    factors, name = most.factors, most.factors[0][1] if most.factors else ""
    by = factors[0][0] if factors else 0
    if len(factors) == 2 and factors[0][0] == -factors[1][0]:
        one, other = (str(name) for _, name in factors)
        name, sign = problem.difference(one, other)
        by *= sign
    elif len(factors) != 1:
        problem.broken |= not factors and (most.constant <= 0 if strict else most.constant < 0)
        return
    axis, bound = problem.axes[name], Fraction(most.constant, by)
    k, low, high = axis.step, axis.low, axis.high
    if by > 0:
        high = min(high, (ceil(bound) - 1 if strict else floor(bound)) // k * k)
    else:
        low = max(low, -(-(floor(bound) + 1 if strict else ceil(bound)) // k) * k)
    problem.broken |= low > high
    n = problem.n
    problem.axes[name] = replace(
        axis, low=low, high=high, sums=(n * low, n * high), spreads=_any(n, low, max(low, high))
    )


def _claim(problem: Problem, claim: Claim) -> None:
    """Lets an axis know of a claim about it."""
    n, unit, printed = problem.n, problem.unit, claim.printed
    name: Name = claim.variable
    if claim.statistic in PAIRED:
        name, _ = problem.difference(claim.variable, claim.versus)
    axis = problem.axes[name]
    if claim.statistic in ("mean", "sum"):
        axis = axis.within(sums=_whole(printed, (n if claim.statistic == "mean" else 1) / unit, axis.sums))
    elif n < 2 or (printed.high is not None and printed.high < 0):
        problem.broken = True
    elif claim.statistic == "sd":
        axis = axis.within(spreads=whole_squares(printed, n * (n - 1) / unit**2, axis.spreads))
    else:
        ratios = t_ratios(claim.statistic, printed, n)
        problem.broken |= ratios is None
        axis = axis.within(spreads=(1, axis.spreads[1]), ratios=ratios)
    problem.axes[name] = axis


def _whole(printed: Printed, scale: Fraction, other: Ends) -> Ends:
    """The whole numbers that, over the scale, are as printed."""
    low, high = other
    if printed.low is not None:
        low = floor(printed.low * scale) + 1 if printed.low_strict else ceil(printed.low * scale)
    if printed.high is not None:
        high = ceil(printed.high * scale) - 1 if printed.high_strict else floor(printed.high * scale)
    return low, high


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


def t_ratios(statistic: str, printed: Printed, n: int) -> Ratios | None:
    """The t^2 / (n - 1) that print a paired |t| or its two-sided P, closed and widened outwards; None: none does."""
    low, high = printed.interval
    if high is not None and high < 0:
        return None
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
    found, widened = float(student.isf(float(p) / 2, n - 1)), CLOSE
    while True:
        t = max(found * (1 + (widened if up else -widened)) + (widened if up else -widened), 0.0)
        reached = p_of(Fraction(t), n)
        if (reached <= p if up else reached >= p) or t == 0.0:
            digits = Fraction(round(t * 10**12), 10**12)
            return digits + Fraction(1 if up else -1, 10**12) if t else digits
        widened *= 4


def p_of(t: Fraction, n: int) -> float:
    """The two-sided P of a |t| of n pairs, as the verifier computes it."""
    return 2 * float(student.sf(float(t), n - 1))


# proofs and bounds --------------------------------------------------------------------------------------------


def impossible(study: Study, block: Block, active: Collection[Statement], size: int) -> bool:
    """Whether it is proven that the active statements of a block can't all hold of so many patients.

    True is a proof; False says nothing.
    """
    return _impossible(problem_of(study, block, active, size))


def moment_conflicts(study: Study, block: Block, size: int, most: int = CONFLICTS) -> list[frozenset[Statement]]:
    """Sets of a block's statements that are proven not to hold together, each with no member it can do without.

    `impossible` is what proves; members are taken off one by one. Of many conflicts only some are found.
    """
    everything: frozenset[Statement] = frozenset(
        [*(("claim", c.id) for c in block.claims), *(("rule", r.id) for r in block.rules)]
    )
    found: list[frozenset[Statement]] = []
    stack, seen = [everything], {everything}
    while stack and len(found) < most and len(seen) < 10 * most:
        active = stack.pop()
        conflict = next((c for c in found if c <= active), None)
        if conflict is None:
            if not impossible(study, block, active, size):
                continue
            conflict = smallest_conflict(study, block, active, size)
            found.append(conflict)
        fewer = [active - {statement} for statement in sorted(conflict)]
        stack += [rest for rest in fewer if rest not in seen]
        seen.update(fewer)
    return found


def smallest_conflict(study: Study, block: Block, active: frozenset[Statement], size: int) -> frozenset[Statement]:
    """What is left of an impossible set when no more can be taken off and it is still proven impossible."""
    for statement in sorted(active):
        if impossible(study, block, active - {statement}, size):
            active -= {statement}
    return active


def _impossible(problem: Problem) -> bool:
    boxes = problem.boxes()
    if boxes is None:
        return True
    few = (name for name, found in boxes.items() if all(b.s0 == b.s1 for b in found))
    return any(not any(problem.axes[name].exists(b) for b in boxes[name]) for name in few)


def bounds(
    study: Study, block: Block, active: Collection[Statement], size: int, question: About
) -> tuple[Value, Value] | None:
    """Outer bounds of a mean, sum, SD, paired |t| or its P over all patients who satisfy the active statements.

    A statistic that is irrational is given as the verifier gives it, a number on the same side of every decimal. None
    is a proof that no patients have such a value.
    """
    return Asked.of(problem_of(study, block, active, size), question).bounds()


@dataclass
class Asked:
    """A problem with the axis that a question is about."""

    problem: Problem
    name: Name
    statistic: str

    @classmethod
    def of(cls, problem: Problem, question: About) -> Asked:
        """The question put to a problem: for a t its differences aren't all the same."""
        name: Name = question.variable
        if question.statistic in PAIRED:
            name, _ = problem.difference(question.variable, question.versus)
            axis = problem.axes[name]
            problem.axes[name] = axis.within(spreads=(1, axis.spreads[1]))
        problem.broken |= problem.n < (1 if question.statistic in ("mean", "sum") else 2)
        return cls(problem, name, question.statistic)

    @property
    def axis(self) -> Axis:
        """The axis that is asked about."""
        return self.problem.axes[self.name]

    def bounds(self) -> tuple[Value, Value] | None:
        """The outer bounds; None where nothing is left."""
        ends = self.ends()
        return None if ends is None else self.values(*ends)

    def values(self, low: Fraction, high: Fraction) -> tuple[Value, Value]:
        """The statistic's bounds from its measure's; a P falls as t rises, and is widened by what floats blur."""
        if self.statistic != "paired_p":
            return self.value(low), self.value(high)
        ends = self.value(high), self.value(low)
        return max(0.0, float(ends[0]) * (1 - CLOSE)), min(1.0, float(ends[1]) * (1 + CLOSE))

    def value(self, measure: Fraction) -> Value:
        """The statistic, as the verifier has it, of a sum, a spread, or a squared sum over its spread."""
        n, unit = self.problem.n, self.problem.unit
        match self.statistic:
            case "mean" | "sum":
                return measure * unit / (n if self.statistic == "mean" else 1)
            case "sd":
                return root(measure * unit**2 / (n * (n - 1)))
            case "paired_t":
                return root((n - 1) * measure)
            case _:
                return p_of(root((n - 1) * measure), n)

    def measure(self, total: int, spread: int) -> Fraction:
        """What is bounded, of one sum and one spread."""
        if self.statistic in ("mean", "sum"):
            return Fraction(total)
        return Fraction(spread) if self.statistic == "sd" else Fraction(total**2, spread)

    def ends(self) -> tuple[Fraction, Fraction] | None:
        """The least and the greatest measure that is left; None where nothing is left."""
        if _impossible(self.problem):
            return None
        boxes = (self.problem.boxes() or {}).get(self.name, [])
        low, high = self._first(boxes, False), self._first(boxes, True)
        return None if low is None or high is None else (low, high)

    def _first(self, boxes: Iterable[Box], greatest: bool) -> Fraction | None:
        """The measure of the best box; boxes are cut in two, and looked into, as long as they are ahead."""
        sign = -1 if greatest else 1
        heap = [(sign * self._of_box(box, greatest), k, box) for k, box in enumerate(boxes)]
        heapify(heap)
        made = len(heap)
        while heap:
            best, _, box = heappop(heap)
            if box.s0 == box.s1:
                trimmed = self._trimmed(box, greatest)
                if trimmed == box:
                    return sign * best
                parts = [] if trimmed is None else [trimmed]
            else:
                parts = self.axis.halves(box)
            for part in parts:
                made += 1
                heappush(heap, (sign * self._of_box(part, greatest), made, part))
        return None

    def _of_box(self, box: Box, greatest: bool) -> Fraction:
        if self.statistic in ("mean", "sum"):
            return Fraction(box.s1 if greatest else box.s0)
        if self.statistic == "sd":
            return Fraction(box.v1 if greatest else box.v0)
        return Fraction(box.squares[1], box.v0) if greatest else Fraction(box.squares[0], box.v1)

    def _trimmed(self, box: Box, greatest: bool) -> Box | None:
        """A box of one sum without the spreads at its end that no values have; None where none has any."""
        axis = self.axis
        if not axis.exists(box):
            return None
        if self.statistic in ("mean", "sum"):
            return box
        unit, from_top = 2 * axis.n * axis.step**2, greatest == (self.statistic == "sd")
        for k in range(min(TRIED, (box.v1 - box.v0) // unit + 1)):
            end = box.v1 - k * unit if from_top else box.v0 + k * unit
            if axis.exists(Box(box.s0, box.s0, end, end)):
                return replace(box, v1=end) if from_top else replace(box, v0=end)
        return box
