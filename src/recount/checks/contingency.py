"""Tables of counts: chi-squared and Fisher's test as fractions, and which variant prints a chi-squared or a P.

With counts O, expected E = row total times column total over N:
- "pearson": sum of (O - E)^2 / E. Pearson, Philos Mag 1900;50:157.
- "yates", two by two: |O - E| less a half, or less all of it where it is smaller, before squaring. Yates, J R Stat Soc
  Suppl 1934;1:217; the limit is that of R's chisq.test and SPSS.
- "n-1", two by two: Pearson's times (N - 1)/N. Campbell, Stat Med 2007;26:3661.
- "fisher", two by two: with all totals held, the probability of all tables no more probable than the one at hand;
  "fisher-less" and "fisher-greater": of all with as small, or as great, a first count. Fisher, Statistical Methods for
  Research Workers, section 21.02; the two-sided sum is that of R, SAS and SPSS.

The P of a chi-squared is a float with its ends moved outward (`recount.checks.tails`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import comb

from recount.checks.distributions import chi2_sf
from recount.checks.rank_tests import Interval
from recount.checks.reading import exact_value, printed_number, probability
from recount.checks.tails import enclosed, meets_printed

Counts = Sequence[Sequence[int]]
Table = tuple[tuple[int, ...], ...]
CHI2 = ("pearson", "yates", "n-1")
EXACT = ("fisher", "fisher-less", "fisher-greater")


SHAPE_RULE = 'a table has two rows and columns at least, all as long, such as "8 4; 3 9"'
COUNT_RULE = "a count is a whole number, nought or more"
TOTAL_RULE = "every row and column of a table counts somebody"
TWO_RULE = "this variant is of two rows and two columns"
CELLS_RULE = "a table is given as four counts a, b, c, d, or as text such as 8 4; 3 9"
NOTHING_RULE = "a chi-squared or a P is printed"
MOST = 10**6
MOST_FISHER = 20_000
MOST_RULE = f"a count is at most {MOST:,}"
FISHER_RULE = f"Fisher's test is of at most {MOST_FISHER:,}"


@dataclass(frozen=True)
class ChiSquared:
    """A chi-squared, exactly, its degrees of freedom, and two numbers between which its P lies."""

    statistic: Fraction
    df: int
    p_low: Fraction
    p_high: Fraction


@dataclass(frozen=True)
class Fisher:
    """The exact P: two-sided, for as small a first count, and for as great a one."""

    two_sided: Fraction
    less: Fraction
    greater: Fraction


@dataclass(frozen=True)
class Association:
    """Whether any variant prints what is given, and which do; the chi-squared and the P (low, high) of each variant."""

    holds: bool
    variants: tuple[str, ...]
    chi2: dict[str, Fraction]
    p: dict[str, tuple[Fraction, Fraction]]


def chi_squared(table: Counts | str, variant: str = "pearson") -> ChiSquared:
    """The chi-squared of a table of counts by a variant of `CHI2`; the table may be text, "8 4; 3 9".

    Raises ValueError for what is no table, and for a correction of any but two rows and columns.

    >>> chi_squared("3 1; 1 3").statistic, chi_squared("3 1; 1 3", "yates").statistic
    (Fraction(2, 1), Fraction(1, 2))
    """
    counts = read_table(table)
    if variant not in CHI2:
        raise ValueError(f"a chi-squared is one of {', '.join(CHI2)} (got {variant!r})")
    if variant != "pearson" and not _is_two_by_two(counts):
        raise ValueError(TWO_RULE)
    statistic = _statistic(counts, variant)
    df = (len(counts) - 1) * (len(counts[0]) - 1)
    return ChiSquared(statistic, df, *enclosed(partial(chi2_sf, df=df), statistic))


def _statistic(counts: Table, variant: str) -> Fraction:
    rows, columns = _margin_totals(counts)
    everybody = sum(rows)
    summed = Fraction(0)
    for row, total in zip(counts, rows, strict=True):
        for count, column in zip(row, columns, strict=True):
            expected = Fraction(total * column, everybody)
            off = abs(count - expected)
            off -= min(off, Fraction(1, 2)) if variant == "yates" else 0
            summed += off**2 / expected
    return summed * Fraction(everybody - 1, everybody) if variant == "n-1" else summed


def fisher_test(table: Counts | str) -> Fisher:
    """Fisher's exact P of a two by two table, as fractions.

    Raises ValueError for what is no such table.

    >>> fisher_test("3 1; 1 3")
    Fisher(two_sided=Fraction(17, 35), less=Fraction(69, 70), greater=Fraction(17, 70))
    """
    counts = read_table(table)
    if not _is_two_by_two(counts):
        raise ValueError(TWO_RULE)
    (first, second), (column, _) = _margin_totals(counts)
    if first + second > MOST_FISHER:
        raise ValueError(FISHER_RULE)
    lowest, at = max(0, column - second), counts[0][0]
    ways = _ways_by_count(first, second, column)
    here, every = ways[at - lowest], comb(first + second, column)
    likely = sum(each for each in ways if each <= here)
    less, greater = sum(ways[: at - lowest + 1]), sum(ways[at - lowest :])
    return Fisher(Fraction(likely, every), Fraction(less, every), Fraction(greater, every))


def _ways_by_count(first: int, second: int, column: int) -> list[int]:
    """In how many ways each first count, from the least possible, comes about: C(first, k) C(second, column - k)."""
    least, most = max(0, column - second), min(first, column)
    ways = [comb(first, least) * comb(second, column - least)]
    for k in range(least, most):
        ways.append(ways[-1] * (first - k) * (column - k) // ((k + 1) * (second - column + k + 1)))
    return ways


def association(
    a: int | None = None,
    b: int | None = None,
    c: int | None = None,
    d: int | None = None,
    table: Counts | str | None = None,
    chi2: str | int | None = None,
    p: str | int | None = None,
) -> Association:
    """Which variants print this chi-squared and this P, both if both are given, from the counts.

    The counts are a and b above c and d, or a table of any shape, for which just Pearson's is looked at. Fisher's test
    has no chi-squared: its P stands beside a chi-squared of any variant. Raises ValueError for what is no table, and
    for nothing printed.

    >>> association(3, 1, 1, 3, p="0.486").variants, association(3, 1, 1, 3, chi2="0.50", p="0.48").variants
    (('fisher',), ('yates',))
    """
    if chi2 is None and p is None:
        raise ValueError(NOTHING_RULE)
    counts = _given_table(table, (a, b, c, d))
    chosen = CHI2 if _is_two_by_two(counts) else CHI2[:1]
    found = {variant: chi_squared(counts, variant) for variant in chosen}
    ps = {variant: (each.p_low, each.p_high) for variant, each in found.items()}
    if _is_two_by_two(counts) and p is not None:
        exactly = fisher_test(counts)
        ps |= {v: (x, x) for v, x in zip(EXACT, (exactly.two_sided, exactly.less, exactly.greater), strict=True)}
    statistics = {variant: each.statistic for variant, each in found.items()}
    values = {v: [statistics[v]] if v in statistics else list(statistics.values()) for v in ps}
    variants = tuple(v for v in ps if _are_printed(values[v], ps[v], chi2, p))
    return Association(bool(variants), variants, statistics, ps)


def _are_printed(
    statistics: list[Fraction], ends: tuple[Fraction, Fraction], chi2: str | int | None, p: str | int | None
) -> bool:
    """Whether one of the chi-squared, and a P between two ends, print what is given."""
    statistic_ok = chi2 is None or any(map(printed_number(chi2).contains, statistics))
    return statistic_ok and (p is None or meets_printed(Interval(*ends), probability(p)))


def read_table(table: Counts | str) -> Table:
    """The counts, from rows of whole numbers or text with a semicolon after each row.

    >>> read_table("8 4; 3 9")
    ((8, 4), (3, 9))
    """
    rows = [row.split() for row in table.split(";")] if isinstance(table, str) else table
    try:
        counts = tuple(tuple(map(_cell_count, row)) for row in rows)
    except TypeError as fault:
        raise ValueError(SHAPE_RULE) from fault
    if len(counts) < 2 or len(counts[0]) < 2 or len(set(map(len, counts))) > 1:
        raise ValueError(SHAPE_RULE)
    if not all(total for totals in _margin_totals(counts) for total in totals):
        raise ValueError(TOTAL_RULE)
    return counts


def _cell_count(cell: object) -> int:
    try:
        value = exact_value(cell)
    except ValueError as fault:
        raise ValueError(COUNT_RULE) from fault
    if value < 0 or value.denominator != 1:
        raise ValueError(COUNT_RULE)
    if value > MOST:
        raise ValueError(MOST_RULE)
    return int(value)


def _given_table(table: Counts | str | None, cells: tuple[int | None, ...]) -> Table:
    given = [cell for cell in cells if cell is not None]
    if (table is None) != (len(given) == 4) or (table is not None and given):
        raise ValueError(CELLS_RULE)
    return read_table((given[:2], given[2:]) if table is None else table)


def _is_two_by_two(counts: Table) -> bool:
    return len(counts) == 2 and len(counts[0]) == 2


def _margin_totals(counts: Table) -> tuple[list[int], list[int]]:
    """The sums of the rows and of the columns."""
    add: Callable[[tuple[int, ...]], int] = sum
    return list(map(add, counts)), list(map(add, zip(*counts, strict=True)))
