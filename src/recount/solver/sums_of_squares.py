"""Standard deviations, standard errors and paired t of unknown patients, in the solver's whole numbers.

n values in whole steps, seen from a value in their middle, have a sum S and a sum of squares Q, and

    n(n - 1) s^2 = nQ - S^2        t^2 = (n - 1) S^2 / (nQ - S^2)

(t of the differences: Student, Biometrika 1908;6:1). A square is written x^2 = x + 2k with k = x(x - 1)/2, so that Q
has the parity of S by its form, on which GRIMMER rests (Anaya, PeerJ Preprints 2016;4:e2400v1). How many patients
count may be open: what is printed is asked of each number that is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from recount.checks import t_ratios, whole_squares
from recount.record import Claim, Study, patients_of, step_of, step_range
from recount.solver.quantities import Quantity, mean_of, one_step
from recount.solver.unknowns import Linear, Literal, Number, Unknowns
from recount.verify import About

TABLED = 512  # values whose squares are looked up; of more they are multiplied
LARGEST = 2**60
COARSEST = 10**4  # the largest number by which a ratio may be written, at least
TANGENTS = 8  # cuts on either side of the middle
TOO_LARGE = "its values span so many steps that sums of their squares don't fit the solver's whole numbers"


@dataclass(frozen=True)
class Spread:
    """Of those who count: how many, the sum S of their values, its square, and the sum of x(x - 1)/2.

    `size_is(n)` is whether n count, `values` those of the patients with whether they count.
    """

    number: Number
    total: Number
    squared: Number
    triangles: Linear
    size_is: Callable[[int], Literal]
    values: Sequence[tuple[Linear, Literal]]

    def of(self, n: int) -> Linear:
        """nQ - S^2 where n count."""
        return n * (self.total + 2 * self.triangles) - self.squared


def sd_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The SD with n - 1 of two values or changes or more, or of values the standard error, is as printed."""
    spread, step = _in_steps(u, claim)
    for n, case in _sizes(u, spread, on):
        if n < 2 or (claim.printed.high is not None and claim.printed.high < 0):
            u.forbid(case)
            continue
        scale = n * (n - 1) / step**2 * (n if claim.statistic == "se" else 1)
        low, high = whole_squares(claim.printed, scale, (0, LARGEST))
        if low > LARGEST:  # more than any spread (`why_not`), and than the solver's whole numbers
            u.forbid(case)
            continue
        high = min(high, LARGEST)
        u.cp.add(spread.of(n) >= low).only_enforce_if(case)
        u.cp.add(spread.of(n) <= high).only_enforce_if(case)
        _keep_near(u, spread, n, high, case)


def _in_steps(u: Unknowns, about: About) -> tuple[Spread, Fraction]:
    """The spread of a variable's values, or with `versus` of the changes, and the step that they are counted in."""
    steps = [step_of(u.variables[name]) for name in (about.variable, about.versus) if name]
    if len(steps) == 1:
        return spread_of(u, about), steps[0]
    return spread_of_pairs(u, about), one_step(*steps)[2]


def _keep_near(u: Unknowns, spread: Spread, n: int, high: int, case: list[Literal]) -> None:
    """No value is farther from the mean than (n - 1)/sqrt(n) SDs (Samuelson, J Am Stat Assoc 1968;63:1522)."""
    far = isqrt(max(high, 0) * (n - 1))
    for value, has in spread.values:
        if has is not u.false:
            among = case if has is u.true else [*case, has]
            u.cp.add(n * value - spread.total <= far).only_enforce_if(among)
            u.cp.add(n * value - spread.total >= -far).only_enforce_if(among)


def paired_holds(u: Unknowns, claim: Claim, on: Literal) -> None:
    """The paired |t| of two pairs or more, whose differences aren't all the same, or its two-sided P, is as printed.

    A t or ratio that isn't a quotient of small numbers is widened a little, outwards; the verifier has the last word.
    """
    spread = spread_of_pairs(u, claim)
    for n, case in _sizes(u, spread, on):
        ratios = t_ratios(claim.statistic, claim.printed, n) if n > 1 else None
        most_squared = max(end**2 for end in u.ends(spread.total))
        if ratios is None or ratios[0] > most_squared:  # a spread that isn't nought is 1 or more
            u.forbid(case)
            continue
        low, high = ratios
        limit = LARGEST // largest_spread(u.size, _span(u.study, claim))
        high = None if high is not None and high > limit else high  # looser: no ratio beside it is small enough
        u.cp.add(spread.of(n) >= 1).only_enforce_if(case)
        if low > 0:
            least = beside(low, limit, False)
            slack = least.denominator * spread.squared - least.numerator * spread.of(n)
            u.cp.add(slack >= 0).only_enforce_if(case)
        if high is not None:
            most = beside(high, limit, True)
            slack = most.numerator * spread.of(n) - most.denominator * spread.squared
            u.cp.add(slack >= 0).only_enforce_if(case)


def _sizes(u: Unknowns, spread: Spread, on: Literal) -> Iterator[tuple[int, list[Literal]]]:
    """Each number that may count, with the literals under which the statement is asked of it."""
    for n in u.possible(spread.number):
        size = spread.size_is(n)
        if size is not u.false:
            yield n, [on] if size is u.true else [on, size]


def beside(ratio: Fraction, limit: int, up: bool) -> Fraction:
    """The ratio, or the nearest on one side of it whose numerator and denominator are within the limit.

    Upwards of what is above the limit there is none: raises ValueError. (Stern and Brocot's tree.)

    >>> beside(Fraction(31416, 10000), 100, True), beside(Fraction(31416, 10000), 100, False)
    (Fraction(22, 7), Fraction(91, 29))
    """
    if max(ratio.numerator, ratio.denominator) <= limit:
        return ratio
    if ratio > 1:
        turned = beside(1 / ratio, limit, not up)
        if turned == 0:
            raise ValueError(f"no ratio of numbers up to {limit} is above {ratio}")
        return 1 / turned
    near = ratio.limit_denominator(limit)
    if (near >= ratio) if up else (near <= ratio):
        return near
    # neighbours a/b < c/d have bc - ad = 1: the other one has the greatest denominator that solves it
    sign = 1 if up else -1
    inverse = pow(near.numerator, -1, near.denominator) if near.denominator > 1 else 0
    first = -sign * inverse % near.denominator
    d = limit - (limit - first) % near.denominator
    return Fraction((sign + d * near.numerator) // near.denominator, d)


# sums of squares ----------------------------------------------------------------------------------------------


def spread_of(u: Unknowns, about: About) -> Spread:
    """The spread of a variable's values in a population, made once."""
    name, key = about.variable, (about.population, about.variable)

    def make() -> Spread:
        who, number = u.with_value(about.population, name)
        middle = sum(u.bounds(name)) // 2
        low, high = (end - middle for end in u.bounds(name))
        total = mean_of(u, about).numerator - middle * number
        values = [(u.x[i, name] - middle, has) for i, has in enumerate(who)]
        halves = [_triangle(u, (i, name), value, low, high) for i, (value, _) in enumerate(values)]
        return _spread(u, key, number, total, values, halves)

    return u.keep(("spread", *key), make)


def spread_of_pairs(u: Unknowns, about: About) -> Spread:
    """The spread of the differences of those of a population with values of two variables, made once."""
    key = about.population, about.variable, about.versus

    def make() -> Spread:
        values = differences(u, about)
        number = u.number_of(("pairs", *key), [has for _, has in values])
        pairs = [(i, about.variable, about.versus) for i in range(u.size)]
        halves = []
        for pair, (value, _) in zip(pairs, values, strict=True):
            low, *_, high = list(value.proto.domain)
            halves.append(_triangle(u, pair, value, low, high))
        total = sum(u.if_has(value, has) for value, has in values)
        return _spread(u, key, number, total, values, halves)

    return u.keep(("spread", *key), make)


def pairs_of(u: Unknowns, about: About) -> Linear:
    """How many patients have both values of a pair, as an unknown."""
    return spread_of_pairs(u, about).number


def differences(u: Unknowns, about: About) -> list[tuple[Number, Literal]]:
    """variable - versus of each patient, counted in the greatest step that fits both, and whether both are there."""
    a, b, _ = one_step(*(step_of(u.variables[name]) for name in (about.variable, about.versus)))
    found = []
    for i in range(u.size):
        value = u.unknown(
            ("difference", i, about.variable, about.versus), a * u.x[i, about.variable] - b * u.x[i, about.versus]
        )
        found.append((value, u.all_of([u.has(i, about.population, name) for name in (about.variable, about.versus)])))
    return found


def _spread(
    u: Unknowns,
    key: tuple,
    number: Number,
    total: Linear,
    values: Sequence[tuple[Linear, Literal]],
    halves: list[Number],
) -> Spread:
    total = u.unknown(("centred", *key), total)
    least, *_, most = list(total.proto.domain)
    squared = u.cp.new_int_var(0, max(least**2, most**2), "")
    u.cp.add_multiplication_equality(squared, [total, total])
    triangles = sum(u.if_has(half, has) for half, (_, has) in zip(halves, values, strict=True))
    _cut(u, number, total, triangles, max(abs(least), abs(most)) // max(u.size, 1))

    def size_is(n: int) -> Literal:
        if len(u.possible(number)) == 1:
            return u.true
        return u.keep(("size", *key, n), lambda: u.comparison("==", number - n))

    return Spread(number, total, squared, triangles, size_is, values)


def _triangle(u: Unknowns, key: tuple, value: Linear, low: int, high: int) -> Number:
    """value * (value - 1) / 2 as one unknown, made once."""

    def make() -> Number:
        made = u.cp.new_int_var(0, max(end * (end - 1) // 2 for end in (low, high)), "")
        if high - low < TABLED:
            u.cp.add_element(value - low, [v * (v - 1) // 2 for v in range(low, high + 1)], made)
        else:
            u.cp.add_multiplication_equality(2 * made, [value, value - 1])
        return made

    return u.keep(("triangle", *key, low), make)


def _cut(u: Unknowns, number: Number, total: Number, triangles: Linear, farthest: int) -> None:
    """Tangents below: x(x - 1)/2 >= jx - j(j + 1)/2 for whole x and j, added up."""
    small, wide = range(-TANGENTS, TANGENTS + 1), range(-farthest, farthest + 1, max(1, farthest // TANGENTS))
    for j in sorted({*small, *wide}):
        u.cp.add(triangles - j * total + j * (j + 1) // 2 * number >= 0)


# what is too large --------------------------------------------------------------------------------------------


def largest_spread(size: int, span: int) -> int:
    """More than any number that the sums of squares of so many values, so many steps apart, are made of."""
    return 8 * max(size, 1) ** 2 * max(span, 1) ** 2


def _span(study: Study, claim: About) -> int:
    """How many steps lie between the least and the greatest value, or are in the greatest difference."""
    variables = [study.variables[name] for name in (claim.variable, claim.versus) if name]
    ends = [step_range(variable) for variable in variables]
    if len(variables) == 1:
        return ends[0][1] - ends[0][0]
    a, b, _ = one_step(step_of(variables[0]), step_of(variables[1]))
    return max(abs(a * ends[0][0] - b * ends[1][1]), abs(a * ends[0][1] - b * ends[1][0]))


def why_not(study: Study, claim: About) -> str:
    """Why a claim of an SD, a standard error, a paired t or its P can't be put to the solver; "" where it can.

    All claims of one pair of variables have the same limit, whether of its t or of the SD of its changes.
    """
    size = patients_of(study)
    limit = LARGEST // COARSEST if claim.versus else LARGEST // size if claim.statistic == "se" else LARGEST
    return TOO_LARGE if largest_spread(size, _span(study, claim)) > limit else ""


# questions ----------------------------------------------------------------------------------------------------


def variance_of(u: Unknowns, about: About) -> Quantity:
    """The square of the SD with n - 1, of a variable's values or of changes."""
    spread, step = _in_steps(u, about)
    value, size = _of_any(u, spread, _variance_key(about))
    return Quantity(value, size, step**2, _at_least(u, spread.number, 2))


def se_squared_of(u: Unknowns, about: About) -> Quantity:
    """The square of the standard error of the mean: (nQ - S^2) / (n^2 (n - 1))."""
    spread, step = _in_steps(u, about)
    value, _ = _of_any(u, spread, _variance_key(about))
    size = u.keep(("n^2 (n - 1)", *_variance_key(about)), lambda: _of_size(u, spread, lambda n: n * n * (n - 1)))
    return Quantity(value, size, step**2, _at_least(u, spread.number, 2))


def _variance_key(about: About) -> tuple[str, ...]:
    return ("variance", about.population, about.variable, *([about.versus] if about.versus else ()))


def t_squared_of(u: Unknowns, about: About) -> Quantity:
    """The square of the paired t."""
    key = about.population, about.variable, about.versus
    spread = spread_of_pairs(u, about)
    value, _ = _of_any(u, spread, ("variance", *key))
    sizes = u.possible(spread.number)
    if len(sizes) == 1:
        times = max(sizes[0] - 1, 0) * spread.squared
    else:
        times = u.keep(("times", *key), lambda: _times(u, spread))
    defined = u.keep(("varies", *key), lambda: u.comparison(">=", value - 1))
    return Quantity(times, value, Fraction(1), u.all_of([defined, _at_least(u, spread.number, 2)]))


def _times(u: Unknowns, spread: Spread) -> Number:
    """(n - 1) S^2, where how many count is open."""
    highest = list(spread.squared.proto.domain)[-1]
    found = u.cp.new_int_var(0, highest * u.size, "")
    u.cp.add_multiplication_equality(found, [spread.squared, spread.number - 1])
    return found


def _of_any(u: Unknowns, spread: Spread, key: tuple) -> tuple[Number, Number | int]:
    """nQ - S^2 and n(n - 1) as unknowns, whichever number counts; an n(n - 1) of nought is given as 1."""
    sizes = list(u.possible(spread.number))

    def make() -> tuple[Number, Number | int]:
        least, *_, most = list(spread.total.proto.domain)
        farthest = max(abs(least), abs(most)) // max(u.size, 1) + 1
        value = u.cp.new_int_var(0, u.size * u.size * farthest * farthest, "")
        for n in sizes:
            u.cp.add(value == (spread.of(n) if n else 0)).only_enforce_if(spread.size_is(n))
        return value, _of_size(u, spread, lambda n: n * (n - 1))

    return u.keep(key, make)


def _of_size(u: Unknowns, spread: Spread, of: Callable[[int], int]) -> Number | int:
    """A number that depends on how many count, as an unknown where that is open; one below 1 is given as 1."""
    sizes = list(u.possible(spread.number))
    if len(sizes) == 1:
        return max(1, of(sizes[0]))
    product = u.cp.new_int_var(1, max(1, *map(of, sizes)), "")
    u.cp.add_element(spread.number - sizes[0], [max(1, of(n)) for n in sizes], product)
    return product


def _at_least(u: Unknowns, number: Number, least: int) -> Literal:
    """Whether so many count."""
    sizes = u.possible(number)
    if sizes[0] >= least:
        return u.true
    if sizes[-1] < least:
        return u.false
    return u.keep(("at least", number.index, least), lambda: u.comparison(">=", number - least))


SQUARED: dict[str, Callable[[Unknowns, About], Quantity]] = {
    "sd": variance_of,
    "sd_change": variance_of,
    "se": se_squared_of,
    "paired_t": t_squared_of,
    "paired_p": t_squared_of,
}
"""What the root of which a statistic is, or is told by: a P falls as its t rises."""
