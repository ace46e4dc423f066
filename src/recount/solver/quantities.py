"""What each kind of statistic is of unknown patients: a quotient of two sums, found by its name in `QUANTITIES`.

A claim imposes that the quotient is as printed (`constraints`), a question asks how small or great it can be
(`ranges`). Whoever lacks a value of the variable doesn't count, and a statistic of nobody is not defined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from recount.checks import median_places, position
from recount.record import step_of
from recount.rules import Expression
from recount.solver.unknowns import Linear, Literal, Number, Unknowns
from recount.verify import About

QUANTILES = {"median": Fraction(1, 2), "p25": Fraction(1, 4), "p75": Fraction(3, 4)}


@dataclass(frozen=True)
class Quantity:
    """numerator * scale / denominator, where `defined` holds."""

    numerator: Linear
    denominator: Linear
    scale: Fraction
    defined: Literal


def size_of(u: Unknowns, about: About) -> Quantity:
    """How many belong to the population."""
    return Quantity(members_of(u, about.population), 1, Fraction(1), u.true)


def count_of(u: Unknowns, about: About) -> Quantity:
    """For how many of the population the condition holds; without one, the population's size."""
    return Quantity(counted(u, about), 1, Fraction(1), u.true)


def percent_of(u: Unknowns, about: About) -> Quantity:
    """For how many per cent of the population the condition holds."""
    everybody = members_of(u, about.population)
    return Quantity(counted(u, about), everybody, Fraction(100), u.at_least_one(everybody))


def ratio_of(u: Unknowns, about: About) -> Quantity:
    """The population's size to that of `versus`."""
    second = members_of(u, about.versus)
    return Quantity(members_of(u, about.population), second, Fraction(1), u.at_least_one(second))


def sum_of(u: Unknowns, about: About) -> Quantity:
    """The sum of the values."""
    who, number = u.with_value(about.population, about.variable)
    return Quantity(_sum(u, about, who), 1, step_of(u.variables[about.variable]), u.at_least_one(number))


def mean_of(u: Unknowns, about: About) -> Quantity:
    """The values' sum over their number."""
    who, number = u.with_value(about.population, about.variable)
    return Quantity(_sum(u, about, who), number, step_of(u.variables[about.variable]), u.at_least_one(number))


def quantile_of(u: Unknowns, about: About) -> Quantity:
    """The median or a quartile: a linear expression in two neighbouring order statistics.

    Where the position falls depends on how many values there are. Where that is open, one more unknown takes the
    expression's value for each fraction that a position can have.
    """
    p, definition = QUANTILES[about.statistic], u.study.settings["quantile"]
    who, number = u.with_value(about.population, about.variable)
    step = step_of(u.variables[about.variable])
    places = [(1, 1, Fraction(0)), *(position(n, p, definition) for n in range(1, u.size + 1))]
    sizes = [n for n in u.possible(number) if n] or [1]
    below = order_statistic(u, about, who, number, [lower for lower, _, _ in places])
    above = order_statistic(u, about, who, number, [upper for _, upper, _ in places])
    fractions = sorted({places[n][2] for n in sizes})
    whole = lcm(*(f.denominator for f in fractions))

    def at(f: Fraction) -> Linear:
        return whole * below + int(f * whole) * (above - below)

    if len(fractions) == 1:
        return Quantity(at(fractions[0]), whole, step, u.at_least_one(number))

    def make() -> Linear:
        low, high = u.bounds(about.variable)
        value = u.cp.new_int_var(whole * low, whole * high, "")
        for f in fractions:
            case = is_size(u, about, number, [n for n in sizes if places[n][2] == f])
            u.cp.add(value == at(f)).only_enforce_if(case)
        return value

    kept = u.keep(("quantile", about.population, about.variable, about.statistic), make)
    return Quantity(kept, whole, step, u.at_least_one(number))


def extreme_of(u: Unknowns, about: About) -> Quantity:
    """The smallest or the greatest value."""
    who, number = u.with_value(about.population, about.variable)
    places = [1] * (u.size + 1) if about.statistic == "min" else [max(n, 1) for n in range(u.size + 1)]
    found = order_statistic(u, about, who, number, places)
    return Quantity(found, 1, step_of(u.variables[about.variable]), u.at_least_one(number))


def range_of(u: Unknowns, about: About) -> Quantity:
    """The greatest value less the smallest, as one number."""
    who, number = u.with_value(about.population, about.variable)
    last = order_statistic(u, about, who, number, [max(n, 1) for n in range(u.size + 1)])
    first = order_statistic(u, about, who, number, [1] * (u.size + 1))
    return Quantity(last - first, 1, step_of(u.variables[about.variable]), u.at_least_one(number))


def iqr_of(u: Unknowns, about: About) -> Quantity:
    """The upper quartile less the lower, as one number, by the study's definition of quantiles."""
    low, high = (quantile_of(u, _Named(about, name)) for name in ("p25", "p75"))
    one, other = low.denominator, high.denominator
    if not isinstance(one, int) or not isinstance(other, int):
        raise TypeError("a quantile is a linear expression over a whole number")
    return Quantity(one * high.numerator - other * low.numerator, one * other, low.scale, low.defined)


@dataclass(frozen=True)
class _Named:
    """What a statistic is about, asked for another statistic of the same."""

    about: About
    statistic: str

    @property
    def population(self) -> str:
        return self.about.population

    @property
    def variable(self) -> str:
        return self.about.variable

    @property
    def versus(self) -> str:
        return self.about.versus

    @property
    def condition(self) -> Expression | None:
        return self.about.condition


def median_interval_of(u: Unknowns, about: About) -> Quantity:
    """An end of the median's confidence interval: a value in order, whose place depends on how many there are."""
    who, number = u.with_value(about.population, about.variable)
    confidence, side = int(u.study.setting("confidence")), int(about.statistic.endswith("_high"))
    places = [median_places(n, confidence) for n in range(u.size + 1)]
    found = order_statistic(u, about, who, number, [1 if place is None else place[side] for place in places])
    enough = is_size(u, about, number, [n for n, place in enumerate(places) if place is not None])
    return Quantity(found, 1, step_of(u.variables[about.variable]), enough)


def mean_change_of(u: Unknowns, about: About) -> Quantity:
    """The mean of `versus` less the variable, over those with both."""
    (before, after), number, step = _sums_of_pairs(u, about)
    return Quantity(after - before, number, step, u.at_least_one(number))


def percent_change_of(u: Unknowns, about: About) -> Quantity:
    """By how many per cent the sum of `versus` differs from the variable's, over those with both.

    It is defined where the variable's sum is above nought.
    """
    (before, after), _, _ = _sums_of_pairs(u, about)
    start = u.unknown(("start", about.population, about.variable, about.versus), before)
    return Quantity(after - before, start, Fraction(100), u.at_least_one(start))


def _sums_of_pairs(u: Unknowns, about: About) -> tuple[list[Linear], Number, Fraction]:
    """The sums of either variable over those with both, in one step, how many these are, and the step."""
    names = about.variable, about.versus
    one, other, step = one_step(*(step_of(u.variables[name]) for name in names))
    both = _both(u, about)
    number = u.number_of(("both", about.population, *names), both)

    def make() -> list[Linear]:
        return [
            sum(u.if_has(factor * u.x[i, name], has) for i, has in enumerate(both))
            for factor, name in zip((one, other), names, strict=True)
        ]

    return u.keep(("sums of pairs", about.population, *names), make), number, step


def one_step(one: Fraction, other: Fraction) -> tuple[int, int, Fraction]:
    """By what two steps' counts are multiplied so that both are counted in one step, the greatest, and that step.

    >>> one_step(Fraction(1, 2), Fraction(3, 4))
    (2, 3, Fraction(1, 4))
    """
    scale = lcm(one.denominator, other.denominator)
    step = Fraction(gcd(int(one * scale), int(other * scale)), scale)
    return int(one / step), int(other / step), step


def value_of(u: Unknowns, about: About) -> Quantity:
    """The one value that everybody has; defined only where all who count have the same."""
    who, number = u.with_value(about.population, about.variable)

    def make() -> tuple[Number, Literal]:
        low, high = u.bounds(about.variable)
        value, all_have_it = u.cp.new_int_var(low, high, ""), u.cp.new_bool_var("")
        for i, has in enumerate(who):
            u.cp.add(u.x[i, about.variable] == value).only_enforce_if([all_have_it, has])
        u.cp.add(number >= 1).only_enforce_if(all_have_it)
        return value, all_have_it

    value, defined = u.keep(("value", about.population, about.variable), make)
    return Quantity(value, 1, step_of(u.variables[about.variable]), defined)


def shift_of(u: Unknowns, about: About) -> Quantity:
    """The Hodges-Lehmann shift of pairs: the median of the mean changes of every two, and of each with itself.

    Hodges & Lehmann, Ann Math Stat 1963;34:598. Who has both values may be open: of the sums of two changes those
    count whose patients both do, and where the median stands among them depends on how many these are.
    """
    names = about.variable, about.versus
    one, other, step = one_step(*(step_of(u.variables[name]) for name in names))
    both = _both(u, about)
    number = u.number_of(("both", about.population, *names), both)
    d = [other * u.x[i, names[1]] - one * u.x[i, names[0]] for i in range(u.size)]
    sums = [(d[i] + d[j], u.all_of([both[i], both[j]])) for i in range(u.size) for j in range(i + 1)]
    sums = [(total, has) for total, has in sums if has is not u.false]
    ends = [factor * end for factor, name in zip((one, other), names, strict=True) for end in u.bounds(name)]
    widest = 2 * (max(map(abs, ends)) * 2)
    counts = [n * (n + 1) // 2 for n in range(u.size + 1)]  # of the sums, by how many pairs there are
    middle = [_nth(u, sums, number, counts, places, widest) for places in _middle_places(u, number, counts)]
    return Quantity(sum(middle), 2 * len(middle), step, u.at_least_one(number) if sums else u.false)


def _middle_places(u: Unknowns, number: Number, counts: list[int]) -> list[list[int]]:
    """The place or the two places, by how many pairs there are, of the median of the sums."""
    lower, upper = ([max((count + add) // 2, 1) for count in counts] for add in (1, 2))
    possible = [n for n in u.possible(number) if n]
    return [lower] if all(lower[n] == upper[n] for n in possible) else [lower, upper]


def _both(u: Unknowns, about: About) -> list[Literal]:
    """Whether each patient has both values of a pair."""
    names = about.variable, about.versus
    return [u.all_of([u.has(i, about.population, n) for n in names]) for i in range(u.size)]


def _nth(
    u: Unknowns,
    sums: Sequence[tuple[Linear, Literal]],
    number: Number,
    counts: list[int],
    places: list[int],
    widest: int,
) -> Number:
    """The value at the place places[number] of the sums that count, of which there are counts[number]."""
    y = u.cp.new_int_var(-widest, widest, "")
    place, count = (u.cp.new_int_var(0, max(table), "") for table in (places, counts))
    u.cp.add_element(number, places, place)
    u.cp.add_element(number, counts, count)
    some = u.at_least_one(number)
    u.cp.add(sum(u.half(total <= y, has) for total, has in sums) >= place).only_enforce_if(some)
    u.cp.add(sum(u.half(total >= y, has) for total, has in sums) >= count - place + 1).only_enforce_if(some)
    return y


def is_size(u: Unknowns, about: About, number: Number, sizes: list[int]) -> Literal:
    """Whether the number of patients who count is one of these."""
    possible = list(u.possible(number))
    if set(possible) <= set(sizes):
        return u.true
    key = "size", about.population, about.variable

    def one(n: int) -> Literal:
        return u.keep((*key, n), lambda: u.comparison("==", number - n))

    return u.any_of([one(n) for n in sizes if n in possible])


def order_statistic(u: Unknowns, about: About, who: list[Literal], number: Number, places: list[int]) -> Number:
    """The value at the place places[number]: k are at most it, and n - k + 1 at least.

    Where those who count are already in order, it is one of them.
    """
    ordered = u.in_order(about.variable, who)
    if ordered is not None:
        return ordered[places[len(ordered)] - 1]

    def make() -> Number:
        xs = [u.x[i, about.variable] for i in range(u.size)]
        low, high = u.bounds(about.variable)
        y, k = u.cp.new_int_var(low, high, ""), u.cp.new_int_var(1, u.size, "")
        u.cp.add_element(number, places, k)
        at_most = [u.half(x <= y, has) for x, has in zip(xs, who, strict=True)]
        at_least = [u.half(x >= y, has) for x, has in zip(xs, who, strict=True)]
        some = u.negated(is_size(u, about, number, [0]))
        u.cp.add(sum(at_most) >= k).only_enforce_if(some)
        u.cp.add(sum(at_least) >= number - k + 1).only_enforce_if(some)
        return y

    return u.keep(("order", about.population, about.variable, tuple(places)), make)


def members_of(u: Unknowns, population: str) -> Number:
    """How many belong to a population, as an unknown."""
    return u.number_of(("pop", population), u.members(population))


def counted(u: Unknowns, about: About) -> Number:
    """For how many of the population the condition holds, as an unknown; without one, the population's size."""
    if about.condition is None:
        return members_of(u, about.population)
    who = [u.all_of([u.member(i, about.population), u.truth(i, about.condition)]) for i in range(u.size)]
    return u.number_of(("count", about.population, about.condition), who)


def _sum(u: Unknowns, about: About, who: list[Literal]) -> Linear:
    def make() -> Linear:
        return sum(u.if_has(u.x[i, about.variable], has) for i, has in enumerate(who))

    return u.keep(("sum", about.population, about.variable), make)


QUANTITIES: dict[str, Callable[[Unknowns, About], Quantity]] = {
    "n": size_of,
    "count": count_of,
    "percent": percent_of,
    "ratio": ratio_of,
    "value": value_of,
    "min": extreme_of,
    "max": extreme_of,
    "median": quantile_of,
    "p25": quantile_of,
    "p75": quantile_of,
    "iqr": iqr_of,
    "range": range_of,
    "median_ci_low": median_interval_of,
    "median_ci_high": median_interval_of,
    "mean_change": mean_change_of,
    "percent_change": percent_change_of,
    "mean": mean_of,
    "sum": sum_of,
    "shift": shift_of,
}
