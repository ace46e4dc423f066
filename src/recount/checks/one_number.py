"""One printed number against its granularity: which counts, sums or rank sums print it, or which are next to it.

Each function judges a number for every size that its group may have: it is possible if it is for one of them, and
impossible if it is for none. Printed numbers are closed intervals of half a unit either side.

Sources: GRIM, Brown & Heathers, Soc Psychol Personal Sci 2017;8:363; the greatest SD, |Z|, t and chi-squared have
theirs at their functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, gcd

from recount.checks.arithmetic import counts_printing
from recount.checks.distributions import normal_sf
from recount.checks.findings import Judged, decimals_of, listed, plain_text, text_beside
from recount.checks.group_sizes import steps_printed, whole_numbers
from recount.checks.moments import HOLDS, Values
from recount.checks.quantile_fits import fitting_definitions
from recount.checks.quantiles import DEFINITIONS
from recount.checks.signed_rank import signed_rank
from recount.checks.sums_of_squares_of_integers import reachable
from recount.checks.tails import enclosed, outer_root, p_from_z
from recount.record import Printed, Variable, root, step_of

HUNDRED = 100
MOST_TRIED = 2_000  # sizes tried one by one
NEAREST = 20  # sums of squares looked through for the next possible SD
MOST_RANKED = 30  # pairs whose every pattern of ties is looked at
NOT_TRIED = "not tried for so many sizes"


def up_to(sizes: range) -> str:
    """Sizes in words: none, one, or up to the greatest.

    >>> up_to(range(24, 25)), up_to(range(1, 25)), up_to(range(1, 1))
    ('24', 'up to 24', 'no')
    """
    if not sizes:
        return "no"
    return str(sizes[-1]) if len(sizes) == 1 else f"up to {sizes[-1]}"


def descending(sizes: range) -> Sequence[int]:
    """The sizes, the greatest first: it prints the most numbers, so that one is found soon."""
    return sizes[::-1]


# counts -------------------------------------------------------------------------------------------------------------


def size_judged(printed: Printed, most: int, least: int = 0) -> Judged:
    """Whether a count from `least` to `most` is printed so."""
    low, high = whole_numbers(printed, least, most)
    if low <= high:
        return Judged(True, f"{low if low == high else f'{low} to {high}'} of {most}")
    wanted = str(least) if least == most else f"a whole number from {least} to {most}"
    return Judged(False, f"{printed} is not {wanted}")


def percent_judged(printed: Printed, sizes: range) -> Judged:
    """Whether a count of so many prints this percentage.

    >>> percent_judged(Printed("50"), range(33, 34)).why
    'no count of 33 prints 50: 16/33 is 48.5, 17/33 is 51.5'
    >>> percent_judged(Printed("75.0"), range(24, 25)).why
    '18 of 24 prints 75.0'
    """
    for size in descending(sizes):
        counts = counts_printing(printed, size)
        if counts:
            low, high = counts[0], counts[-1]
            text = f"{low} of {size} prints {printed}" if low == high else f"{low} to {high} of {size} print {printed}"
            return Judged(True, text if len(sizes) == 1 else f"a group of up to {sizes[-1]} can print it: {text}")
    below, above = _neighbours(
        [(Fraction(HUNDRED * k, size), f"{k}/{size}") for size in sizes for k in _near_counts(printed, size)], printed
    )
    return Judged(False, f"no count of {up_to(sizes)} prints {printed}{_near_values_text(below, above, printed)}")


def count_judged(printed: Printed, counts: range, sizes: range) -> Judged:
    """Whether a percentage is that of one of these counts among one of these sizes.

    >>> count_judged(Printed("75.0"), range(18, 19), range(24, 25)).why
    '18 of 24 prints 75.0'
    """
    shares = [(k, n) for n in sizes for k in counts if k <= n and n]
    fitting = [(k, n) for k, n in shares if printed.contains(Fraction(HUNDRED * k, n))]
    if fitting:
        return Judged(True, f"{fitting[0][0]} of {fitting[0][1]} prints {printed}")
    if not shares:
        return Judged(False, f"there is no share of {counts[0]} among {sizes[-1]}")
    values = [(Fraction(HUNDRED * k, n), f"{k}/{n}") for k, n in shares]
    below, above = _neighbours(values, printed)
    cut = _cut_off((value for value, _ in values), printed)
    return Judged(False, f"{_near_values_text(below, above, printed).removeprefix(': ')}, not {printed}{cut}")


def ratio_judged(
    printed: Printed, first: range, second: range, is_part: bool = False, is_whole: bool = False
) -> Judged:
    """Whether two groups of these sizes have this ratio; the first may be a part of the second, or the whole of it.

    >>> ratio_judged(Printed("2:1"), range(0, 25), range(1, 25), is_part=True).why
    'no group of up to 24 has 2:1 to one of up to 24 that it is a part of'
    """
    assert printed.low is not None and printed.high is not None
    for size in descending(second):
        low = max(ceil(printed.low * size), first[0], size if is_whole else 0)
        high = min(floor(printed.high * size), first[-1], size if is_part else first[-1])
        if low <= high:
            return Judged(True, f"{low} to {size} prints {printed}")
    if len(first) == len(second) == 1:
        text = f"1:{decimals_of(Fraction(second[0], first[0]), printed.decimals + 2)}" if first[0] else "0"
        return Judged(False, f"{first[0]} to {second[0]} is {text}, not {printed}")
    how = " that it is a part of" if is_part else " that is a part of it" if is_whole else ""
    return Judged(False, f"no group of {up_to(first)} has {printed} to one of {up_to(second)}{how}")


def _near_counts(printed: Printed, size: int) -> Iterable[int]:
    """The counts of a size whose percentages are next to what is printed."""
    middle = floor(printed.value * size / HUNDRED)
    return {min(max(k, 0), size) for k in range(middle - 1, middle + 3)} if size else ()


# the nearest values -------------------------------------------------------------------------------------------------

Value = tuple[Fraction, str]


def _neighbours(values: Iterable[Value], printed: Printed) -> tuple[Value | None, Value | None]:
    """The greatest value below what is printed, and the least above."""
    given = [value for value in values if not printed.contains(value[0])]
    below = max((v for v in given if v[0] < printed.value), key=lambda v: v[0], default=None)
    above = min((v for v in given if v[0] > printed.value), key=lambda v: v[0], default=None)
    return below, above


def _near_values_text(below: Value | None, above: Value | None, printed: Printed) -> str:
    """The values next to what is printed, such as ': 16/33 is 48.5, 17/33 is 51.5'."""
    told = [f"{name} is {text_beside(value, printed)}" for value, name in filter(None, (below, above))]
    return f": {', '.join(told)}" if told else ""


def _cut_off(values: Iterable[Fraction], printed: Printed) -> str:
    """A remark where a value prints the text by truncation."""
    return "; cut off, it would be" if any("truncate" in printed.rounding(value) for value in values) else ""


# numbers ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """What values can be: multiples of a step, or means of `items` of them, from low to high (None: no limit)."""

    step: Fraction
    low: Fraction | None = None
    high: Fraction | None = None
    items: int = 1

    @classmethod
    def of(cls, variable: Variable) -> Grid:
        """The values of a record's variable."""
        return cls(step_of(variable), variable.low, variable.high)

    def __str__(self) -> str:
        numbers = "whole numbers" if self.step == 1 else f"numbers in steps of {plain_text(self.step)}"
        means = numbers if self.items == 1 else f"means of {self.items} {numbers}"
        low, high = (None if end is None else plain_text(end) for end in (self.low, self.high))
        if low is None and high is None:
            return means
        return (
            f"{means} from {low} to {high}" if low and high else f"{means} {f'from {low}' if low else f'up to {high}'}"
        )

    def values_of(self, size: int) -> Values:
        """So many of them."""
        return Values.of(size, self.step, self.items, self.low, self.high)


def within_limits(printed: Printed, grid: Grid, what: str) -> Judged | None:
    """A judgement against a number that lies outside the limits of all values; None where it doesn't."""
    low, high = grid.low, grid.high
    if high is not None and starts_above(printed, high):
        return Judged(False, f"{what} {printed} is above all {grid}")
    if low is not None and ends_below(printed, low):
        return Judged(False, f"{what} {printed} is below all {grid}")
    return None


def starts_above(printed: Printed, limit: Fraction | int) -> bool:
    """Whether all that is printed is above a limit."""
    low = printed.low
    return low is not None and (low > limit or (low == limit and printed.low_strict))


def ends_below(printed: Printed, limit: Fraction | int) -> bool:
    """Whether all that is printed is below a limit."""
    high = printed.high
    return high is not None and (high < limit or (high == limit and printed.high_strict))


def value_judged(printed: Printed, grid: Grid, what: str) -> Judged:
    """Whether one of the values is printed so, as a minimum, a maximum or anybody's value is."""
    outside = within_limits(printed, grid, what)
    if outside:
        return outside
    low, high = steps_printed(printed, grid.low, grid.high, grid.step)
    if low is None or high is None or low <= high:
        ends = [plain_text(end * grid.step) for end in (low, high) if end is not None]
        return Judged(True, f"{what} {printed} is {' to '.join(dict.fromkeys(ends)) or 'any'} of {grid}")
    near = [plain_text(k * grid.step) for k in (high, low) if not within_limits_value(k * grid.step, grid)]
    return Judged(False, f"{what} {printed} is none of {grid}: next are {listed(near)}")


def within_limits_value(value: Fraction, grid: Grid) -> bool:
    """Whether a value is beyond a grid's limits."""
    return (grid.low is not None and value < grid.low) or (grid.high is not None and value > grid.high)


def mean_judged(printed: Printed, grid: Grid, sizes: range) -> Judged:
    """Whether so many values have this mean.

    >>> mean_judged(Printed("5.19"), Grid(Fraction(1)), range(28, 29)).why
    'mean 5.19 of 28 whole numbers: 145/28 is 5.179, 146/28 is 5.214'
    """
    outside = within_limits(printed, grid, "mean")
    if outside or printed.relation != "=":
        return outside or Judged(True, f"mean {printed} is within the limits of {grid}")
    about = f"mean {printed} of {up_to(sizes)} {grid}"
    for size in descending(sizes):
        values = grid.values_of(size)
        sums = values.sums_inside(values.sums_printing(printed))
        if sums:
            first, last = (f"{plain_text(total * values.unit)}/{size}" for total in (sums[0], sums[-1]))
            return Judged(True, f"{about}: {first if first == last else f'{first} to {last}'}")
    near = [value for size in sizes for value in _means_near(printed, grid.values_of(size))]
    below, above = _neighbours(near, printed)
    return Judged(
        False, f"{about}{_near_values_text(below, above, printed)}{_cut_off((value for value, _ in near), printed)}"
    )


def _means_near(printed: Printed, values: Values) -> list[Value]:
    """The means next to what is printed, each with its sum over how many there are."""
    middle = floor(printed.value * values.n / values.unit)
    sums = values.sums_inside(range(middle - 1, middle + 3))
    return [(total * values.unit / values.n, f"{plain_text(total * values.unit)}/{values.n}") for total in sums]


def quantile_judged(statistic: str, printed: Printed, grid: Grid, sizes: range, definition: str) -> Judged:
    """Whether a quartile or the median of so many values is printed so by a definition of quantiles.

    Raises ValueError for one too far from nought, in steps, to be looked at.
    """
    outside = within_limits(printed, grid, statistic)
    if outside or printed.relation != "=":
        return outside or Judged(True, f"{statistic} {printed} is within the limits of {grid}")
    return quartiles_judged({statistic: printed}, grid, sizes, definition)


def quartiles_judged(
    texts: dict[str, Printed], grid: Grid, sizes: range, definition: str, others: bool = False
) -> Judged:
    """Whether so many values have all these quartiles, minimum and maximum by a definition of quantiles.

    `others` names every other definition by which they can, where they can. Raises ValueError for quartiles too far
    apart or from nought, in steps, to be looked at.

    >>> quartiles_judged({"p75": Printed("55.75")}, Grid(Fraction(1)), range(5, 6), "haverage").why
    'p75 55.75 of 5 whole numbers: not by haverage; hf4, hf5 and hf9 could'
    """
    told = listed(f"{name} {text}" for name, text in texts.items())
    about = f"{told} of {up_to(sizes)} {grid}"
    given = grid.step, tuple(texts.items()), grid.low, grid.high
    for size in descending(sizes)[:MOST_TRIED]:
        if fitting_definitions(size, *given, (definition,)):
            rest = tuple(name for name in DEFINITIONS if others and name != definition)
            fitting = [definition, *fitting_definitions(size, *given, rest)]
            return Judged(True, f"{about}: {listed(fitting, 12)} can print {'it' if len(texts) == 1 else 'them'}")
    if len(sizes) > MOST_TRIED:
        return Judged(True, f"{about}: {NOT_TRIED}")
    could = sorted({name for size in sizes for name in fitting_definitions(size, *given)})
    return Judged(False, f"{about}: not by {definition}; {listed(could, 12) or 'no definition'} could")


def sd_judged(printed: Printed, grid: Grid, sizes: range) -> Judged:
    """Whether so many values, two at least, can have this SD, whatever their mean.

    n(n - 1) SD^2 is a whole number of squared steps: nought, or n - 1 at least, and at most what half of the values at
    either limit give, floor(n/2) ceil(n/2) (high - low)^2 (Bhatia & Davis, Am Math Mon 2000;107:353). Where there are
    not too many sums, each is asked whether values with it have the SD.

    >>> sd_judged(Printed("1.49"), Grid(Fraction(1)), range(7, 8)).why
    'SD 1.49 of 7 whole numbers: the nearest are 1.464 and 1.496'
    """
    if not sizes:
        return Judged(False, f"SD {printed} is of one value at most, which has none")
    if ends_below(printed, 0):
        return Judged(False, f"SD {printed} is below nought")
    about = f"SD {printed} of {up_to(sizes)} {grid}"
    within = [size for size in descending(sizes) if _varies_so(printed, grid, size)]
    if not within:
        return Judged(False, f"{about}: {_sd_limit(printed, grid, sizes)}")
    if any(_has_sd(printed, grid, size) for size in within):
        return Judged(True, about)
    values = _movable(grid, within[0])
    near = nearest_sds(_all_sums(values), printed, values) if len(sizes) == 1 else ""
    return Judged(False, f"{about}: {f'the nearest are {near}' if near else 'no values have it'}")


def _sd_limit(printed: Printed, grid: Grid, sizes: range) -> str:
    """The greatest SD, or the least above nought, that a printed one is beyond."""
    greatest = _greatest_variance(grid, sizes[0])
    if greatest is not None and _is_beyond(printed, greatest):
        return f"{_root_text(greatest, printed)} at most"
    return f"0, or {_root_text(grid.step**2 / sizes[-1], printed)} at least"


def _all_sums(values: Values) -> range:
    """Every sum that values can have; without limits the first n, as adding a step to each value changes no SD."""
    if values.low is None or values.high is None:
        return range(values.n)
    return range(values.n * values.low, values.n * values.high + 1)


def _movable(grid: Grid, size: int) -> Values:
    """So many values; without a limit where only one is known, as all can move away from it and keep their SD."""
    values = grid.values_of(size)
    return values if grid.low is not None and grid.high is not None else replace(values, low=None, high=None)


def _has_sd(printed: Printed, grid: Grid, size: int) -> bool:
    """Whether values with any sum have the SD; taken to be so where there are too many sums to ask."""
    values = _movable(grid, size)
    sums = _all_sums(values)
    if printed.relation != "=" or len(sums) > MOST_TRIED:
        return True
    return values.findings(sums, values.spreads(printed)) >= HOLDS


def nearest_sds(sums: range, sd: Printed, values: Values) -> str:
    """The SDs next to a printed one that values with these sums have, such as '1.414 and 1.458'; '' if none is near."""
    least, most = values.spreads(sd)
    spreads = [spread for total in sums[:MOST_TRIED] for spread in _spreads_near(total, least, most, values)]
    below, above = ([s for s in spreads if s < least], [s for s in spreads if s > most])
    near = [end(found) for end, found in ((max, below), (min, above)) if found]
    scale = values.unit**2 / (values.n * (values.n - 1))
    return " and ".join(text_beside(root(spread * scale), sd) for spread in near)


def _spreads_near(sum_: int, least: int, most: int, values: Values) -> Iterable[int]:
    """The nQ - S^2 that values with a sum have next below `least` and above `most`, if they are near."""
    total, limit = values.seen_from_limit(sum_)
    low, high = (least - 1 + total**2) // values.n, (most + total**2) // values.n + 1
    for squares in (range(low, max(low - NEAREST, -1), -1), range(high, high + NEAREST)):
        found = next((q for q in squares if values.n * q >= total**2 and reachable(values.n, total, q, limit)), None)
        if found is not None:
            yield values.n * found - total**2


def _greatest_variance(grid: Grid, size: int) -> Fraction | None:
    """The greatest variance of so many values; None without limits. It falls as there are more."""
    if grid.low is None or grid.high is None:
        return None
    return Fraction((size // 2) * (-(-size // 2)), size * (size - 1)) * (grid.high - grid.low) ** 2


def _varies_so(printed: Printed, grid: Grid, size: int) -> bool:
    """Whether nought, or a whole number of squared steps within bounds, is n(n - 1) times a variance printed so."""
    if printed.contains(0):
        return True
    scale = Fraction(size * (size - 1)) / grid.step**2
    low = Fraction(0) if printed.low is None else max(printed.low, Fraction(0))
    least = ceil(max(Fraction(size - 1), low**2 * scale))
    greatest = _greatest_variance(grid, size)
    ends = [] if greatest is None else [greatest * scale]
    ends += [] if printed.high is None else [printed.high**2 * scale]
    return not ends or least <= floor(min(ends))


def _root_text(square: Fraction, printed: Printed) -> str:
    return text_beside(root(square), printed)


# statistics of tests ------------------------------------------------------------------------------------------------


def p_outside(printed: Printed) -> Judged | None:
    """A judgement against a P that isn't from 0 to 1; None where it may be."""
    outside = starts_above(printed, 1) or ends_below(printed, 0)
    return Judged(False, f"P {printed} isn't from 0 to 1") if outside else None


def is_probability(printed: Printed) -> bool:
    """Whether what is printed of a P limits it: "<1.1" and ">-1" don't, and "1.1" isn't a P."""
    return p_outside(printed) is None and 0 <= printed.value <= 1


def signed_rank_judged(z: Printed | None, p: Printed | None, pairs: range) -> Judged:
    """Whether a signed-rank |Z| and its two-sided P of so many pairs, any of them equal or tied, are printed so.

    Z is the sum of signed ranks over the root of the sum of their squares, so that |Z| is at most the root of how many
    they are (Cauchy and Schwarz), and is that where all change by as much to one side.

    >>> signed_rank_judged(Printed("5.8"), None, range(24, 25)).why
    '|Z| 5.8 of 24 pairs: at most 4.90, the root of 24'
    """
    outside = None if p is None else p_outside(p)
    if outside:
        return outside
    p = p if p is not None and is_probability(p) else None
    if z is None and p is None:
        return Judged(True, "any P is printed so")
    most = pairs[-1] if pairs else 0
    told = f"{listed([f'|Z| {z}'] * (z is not None) + [f'P {p}'] * (p is not None))} of {up_to(pairs)} pairs"
    if most == 0:
        return Judged(False, f"{told}: nobody has both values")
    if z is not None and _is_beyond(z, most):
        return Judged(False, f"{told}: at most {_root_text(Fraction(most), z)}, the root of {most}")
    if p is not None and p.high is not None and p.high < _least_p(most):
        return Judged(False, f"{told}: {float(_least_p(most)):.2g} at least, as |Z| is at most the root of {most}")
    if most > MOST_RANKED:
        agree = None if z is None or p is None else p_from_z(z.text, p.text)
        if agree is not None and not agree.holds:
            return Judged(False, f"{told}: the P is {float(agree.low):.4g} to {float(agree.high):.4g}")
        return Judged(True, f"{told}: not above the greatest there is")
    return _ranked_judged(None if z is None else z.text, None if p is None else p.text, told, most)


def _ranked_judged(z: str | None, p: str | None, told: str, most: int) -> Judged:
    """Whether rank sums of any number of differences up to `most`, any of them tied, print a Z and a P."""
    free = signed_rank(most, z, p)
    if free.holds:
        sums = f"rank sum {listed(map(plain_text, free.smaller), 3)}" if len(free.smaller) < 4 else "several rank sums"
        return Judged(True, f"{told}: {sums}")
    for differences in range(most, 0, -1):
        if signed_rank(differences, z, p, ties="any").holds:
            how = "changes of equal size" if differences == most else f"{most - differences} who didn't change"
            return Judged(True, f"{told}: no rank sum without ties, but with {how}")
    return Judged(False, f"{told}: no rank sum prints it, with ties or without")


def _least_p(pairs: int) -> Fraction:
    """A number that the two-sided P of no signed-rank Z of so many pairs is below."""
    return enclosed(normal_sf, outer_root(Fraction(pairs), True), 2)[0]


def _is_beyond(printed: Printed, square: Fraction | int) -> bool:
    """Whether all that is printed lies above the root of a number."""
    low = printed.low
    return low is not None and low > 0 and (low**2 > square or (low**2 == square and printed.low_strict))


def paired_t_judged(t: Printed, first: Grid, second: Grid, pairs: range) -> Judged:
    """Whether a paired |t| can be so large: at most n times the greatest change, in the finest step of changes.

    The differences are multiples of a step u, at most w in size, and not all the same, so that their variance is
    u^2/n or more (one of them a step off the others), and t^2 = n mean^2 / variance is at most (n w / u)^2.
    """
    if not pairs:
        return Judged(False, f"t {t} is of one pair at most, which has none")
    if ends_below(t, 0):
        return Judged(False, f"|t| {t} is below nought")
    assert first.low is not None and first.high is not None and second.low is not None and second.high is not None
    widest = max(abs(second.high - first.low), abs(first.high - second.low))
    greatest = pairs[-1] * widest / common_step(first.step, second.step)
    if _is_beyond(t, greatest**2):
        return Judged(False, f"|t| {t} of {up_to(pairs)} pairs: at most {plain_text(greatest)} by steps and limits")
    return Judged(True, f"|t| {t} of {up_to(pairs)} pairs")


def common_step(one: Fraction, other: Fraction) -> Fraction:
    """The greatest step of which both are multiples.

    >>> common_step(Fraction(1, 2), Fraction(1, 5))
    Fraction(1, 10)
    """
    return Fraction(
        gcd(one.numerator * other.denominator, other.numerator * one.denominator), one.denominator * other.denominator
    )


def chi_squared_judged(chi2: Printed, patients: int, levels: tuple[int, int]) -> Judged:
    """Whether Pearson's chi-squared of so many patients can be so large: at most n times the fewer levels less one.

    Source: Cramer, Mathematical Methods of Statistics, 1946, section 21.9 (his V is 1 at most).
    """
    most = patients * (min(levels) - 1)
    if ends_below(chi2, 0):
        return Judged(False, f"chi-squared {chi2} is below nought")
    if starts_above(chi2, most):
        return Judged(False, f"chi-squared {chi2} of {patients} patients: at most {most}")
    return Judged(True, f"chi-squared {chi2} of {patients} patients: at most {most}")


def u_judged(u: Printed, one: int, other: int) -> Judged:
    """Whether the smaller U of two samples of at most so many can be so: halves up to n m/2.

    Source: Mann & Whitney, Ann Math Stat 1947;18:50; both U are n m together.
    """
    half, most = Fraction(1, 2), Fraction(one * other, 2)
    low, high = steps_printed(u, Fraction(0), most, half)
    why = f"U {u} of {one} and {other} values: halves from 0 to {plain_text(most)}"
    return Judged(low is None or high is None or low <= high, why)


def z_of_two_judged(z: Printed, one: int, other: int) -> Judged:
    """Whether a Mann-Whitney |Z| of two samples of at most so many can be so large: its square is at most N - 1.

    Corrected for ties, Z^2 is the Kruskal-Wallis statistic of two groups, N - 1 times the share of the ranks' squares
    that lies between groups (Kruskal & Wallis, J Am Stat Assoc 1952;47:583); a continuity correction lessens it.
    """
    most = max(one + other - 1, 0)
    holds = not ends_below(z, 0) and not _is_beyond(z, Fraction(most))
    return Judged(holds, f"|Z| {z} of {one} and {other} values: at most the root of {most}")


def mean_interval_judged(end: Printed, grid: Grid, is_low: bool) -> Judged:
    """Whether an end of a mean's interval is on its side of a mean that the variable's limits allow."""
    if is_low:
        beyond = grid.high is not None and starts_above(end, grid.high)
        return Judged(not beyond, f"the low end {end} is at most a mean of {grid}")
    beyond = grid.low is not None and ends_below(end, grid.low)
    return Judged(not beyond, f"the high end {end} is at least a mean of {grid}")
