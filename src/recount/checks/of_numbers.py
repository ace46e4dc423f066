"""Each check of single numbers under the name by which it is asked for: numbers as text in, whether and why out.

A parameter is an option on the command line and a column of a table.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from recount.checks import arithmetic, contingency, correlations, mann_whitney, moments, roundings, signed_rank, t_tests
from recount.checks.claims_together import moments_judged
from recount.checks.findings import Judged, decimals_of, listed, plain_text
from recount.checks.one_number import (
    Grid,
    count_judged,
    mean_judged,
    percent_judged,
    sd_judged,
    signed_rank_judged,
)
from recount.checks.quantile_fits import quartile_fits
from recount.checks.reading import exact_limit, plain_number, positive, printed_number, probability, whole_size
from recount.checks.tails import PRange, p_from_chi2, p_from_t, p_from_z

YES, NO = "yes", "no"
YES_RULE = "a choice is yes or no"
Text = str | None


def grim(mean: str, n: str, step: str = "1", items: str = "1", low: Text = None, high: Text = None) -> Judged:
    """Whether n values in whole steps have this mean; with items, each is a mean of so many."""
    return mean_judged(plain_number(mean), _values_grid(n, step, low, high, items), _just_size(n))


def grimmer(
    mean: str, sd: str, n: str, step: str = "1", items: str = "1", low: Text = None, high: Text = None
) -> Judged:
    """Whether n values in whole steps have this mean and this SD."""
    grid, sizes = _values_grid(n, step, low, high, items), _just_size(n)
    alone = mean_judged(plain_number(mean), grid, sizes)
    if not alone.holds:
        return alone
    if sizes[0] == 1:
        return Judged(False, moments.SINGLE)
    return moments_judged(plain_number(mean), plain_number(sd), grid, sizes)


def debit(mean: str, sd: str, n: str) -> Judged:
    """Whether n values that are 0 or 1 have this mean and this SD."""
    return grimmer(mean, sd, n, low="0", high="1")


def sd_limits(sd: str, n: str, step: str = "1", low: Text = None, high: Text = None) -> Judged:
    """Whether n values in whole steps, between limits if there are any, can vary so much or so little."""
    sizes = _just_size(n)
    return sd_judged(plain_number(sd), _values_grid(n, step, low, high), sizes if sizes[0] > 1 else range(0))


def percent(percent: str, n: str, count: Text = None) -> Judged:
    """Whether a count of n, or this count, prints this percentage."""
    if count is None:
        return percent_judged(printed_number(percent), _just_size(n))
    some = arithmetic.exact_count(count)
    return count_judged(printed_number(percent), range(some, some + 1), _just_size(n))


def ratio(ratio: str, first: str, second: str) -> Judged:
    """Whether two counts have this ratio, such as 1:5."""
    found = arithmetic.ratio_share(ratio, first, second)
    return Judged(found.holds, found.why)


def sums(parts: str, total: str) -> Judged:
    """Whether printed parts, such as 4.2+5.3, can add to a printed total."""
    found = arithmetic.parts_add(parts, total)
    return Judged(found.holds, found.why)


def percents(parts: str, n: Text = None) -> Judged:
    """Whether printed percentages, such as 33+33+33, can be of exclusive groups that make up a whole (of n)."""
    found = arithmetic.percents_add(parts, n)
    return Judged(found.holds, found.why)


def same(printed: str) -> Judged:
    """Whether one number is printed in all these ways, such as 16.7|17."""
    found = arithmetic.same_number(printed)
    return Judged(found.holds, found.why)


def order(min: Text = None, p25: Text = None, median: Text = None, p75: Text = None, max: Text = None) -> Judged:
    """Whether minimum, quartiles and maximum can be in order."""
    found = arithmetic.ordered(min, p25, median, p75, max)
    return Judged(found.holds, found.why)


def quartiles(
    n: str,
    p25: Text = None,
    median: Text = None,
    p75: Text = None,
    min: Text = None,
    max: Text = None,
    step: str = "1",
    low: Text = None,
    high: Text = None,
) -> Judged:
    """Which definitions of quantiles can print these quartiles of n values in whole steps, and by which rounding."""
    found = quartile_fits(whole_size(n), step, p25, median, p75, min, max, low, high)
    if not found.holds:
        cut = [name for name, how in found.roundings.items() if "truncate" in how]
        return Judged(False, "no definition can print them" + (f"; cut off, {listed(cut, 12)} could" if cut else ""))
    return Judged(True, f"{listed(found.definitions, 12)} can print them")


def ranks(
    n: str,
    z: Text = None,
    p: Text = None,
    w: Text = None,
    ties: str = "any",
    zeros: str = "0",
    zero_method: str = "dropped",
    continuity: str = NO,
    method: str = "asymptotic",
    alternative: str = "two-sided",
) -> Judged:
    """Which signed-rank sums of n pairs print this Z, P and rank sum; ties are any, none, or sizes such as 1 2 1."""
    plainly = (w, ties, zeros, continuity, method, alternative) == (None, "any", "0", NO, "asymptotic", "two-sided")
    if plainly and (z is not None or p is not None):
        read_z, read_p = None if z is None else printed_number(z), None if p is None else probability(p)
        return signed_rank_judged(read_z, read_p, _just_size(n))
    found = signed_rank.signed_rank(
        whole_size(n), z, p, w, ties, int(zeros), zero_method, _is_yes(continuity), method, alternative
    )
    return _sums_judged(found.holds, "rank sum", found.smaller)


def rank_sums(
    n1: str,
    n2: str,
    z: Text = None,
    p: Text = None,
    u: Text = None,
    ties: str = "any",
    continuity: str = NO,
    method: str = "asymptotic",
    alternative: str = "two-sided",
) -> Judged:
    """Which Mann-Whitney U of two samples print this Z, P and U; ties as for signed-rank."""
    found = mann_whitney.mann_whitney(
        whole_size(n1), whole_size(n2), z, p, u, ties, _is_yes(continuity), method, alternative
    )
    return _sums_judged(found.holds, "U", found.smaller)


def paired_t(
    n: str, mean1: str, sd1: str, mean2: str, sd2: str, r: Text = None, t: Text = None, p: Text = None
) -> Judged:
    """The paired t and P that means and SDs before and after allow, with any correlation or this one."""
    return _t_judged(t_tests.paired_t(whole_size(n), mean1, sd1, mean2, sd2, r, t, p))


def change_t(n: str, mean: str, sd: str, t: Text = None, p: Text = None) -> Judged:
    """The t and P against nought that the mean and SD of n changes allow."""
    return _t_judged(t_tests.change_t(whole_size(n), mean, sd, t, p))


def t_test(n1: str, mean1: str, sd1: str, n2: str, mean2: str, sd2: str, t: Text = None, p: Text = None) -> Judged:
    """The t and P of two samples that their means and SDs allow, with a pooled variance or Welch's."""
    given = whole_size(n1), mean1, sd1, whole_size(n2), mean2, sd2, t, p
    student, welch = (_t_judged(test(*given)) for test in (t_tests.student_t, t_tests.welch_t))
    return Judged(student.holds or welch.holds, f"pooled: {student.why}; Welch: {welch.why}")


def z_and_p(z: str, p: str, alternative: str = "two-sided") -> Judged:
    """Whether a Z and a normal P agree."""
    return _p_judged(p_from_z(z, p, alternative), p)


def t_and_p(t: str, df: str, p: str, alternative: str = "two-sided") -> Judged:
    """Whether a t on so many degrees of freedom and a P agree."""
    return _p_judged(p_from_t(t, df, p, alternative), p)


def chi2_and_p(chi2: str, df: str, p: str) -> Judged:
    """Whether a chi-squared on so many degrees of freedom and a P agree."""
    return _p_judged(p_from_chi2(chi2, df, p), p)


def chi2(table: str, chi2: Text = None, p: Text = None) -> Judged:
    """Which chi-squared, or Fisher's test, of counts such as "8 4; 3 9" prints this chi-squared and P."""
    found = contingency.association(table=table, chi2=chi2, p=p)
    values = listed(f"{name} {decimals_of(value, 4)}" for name, value in found.chi2.items())
    values += "; P " + listed(f"{name} {float(low):.4g}" for name, (low, _) in found.p.items())
    return Judged(found.holds, f"{listed(found.variants)} prints it ({values})" if found.holds else f"none: {values}")


def correlation(
    sd1: str,
    sd2: str,
    sd_change: Text = None,
    n: Text = None,
    mean1: Text = None,
    mean2: Text = None,
    t: Text = None,
    p: Text = None,
) -> Judged:
    """The correlation that SDs before and after take beside the SD of the change, or a paired t or P with the means."""
    size = None if n is None else whole_size(n)
    found = correlations.implied_correlation(sd1, sd2, size, mean1, mean2, t, p, sd_change)
    ends = (found.r_low, found.r_high) if found.holds else (found.needs_low, found.needs_high)
    texts = dict.fromkeys("no bound" if end is None else decimals_of(end, 3) for end in ends)
    told = f"a correlation of {' to '.join(texts)}"
    return Judged(found.holds, told if found.holds else f"{told}; {found.why}")


def rounding(printed: str, value: str) -> Judged:
    """Which rules of rounding print this text from this value, such as 16.75 or 67/4."""
    found = roundings.roundings(printed, value)
    return Judged(found.holds, f"{listed(found.roundings) or 'no rule'} would print it")


OF_NUMBERS: dict[str, Callable[..., Judged]] = {
    "grim": grim,
    "grimmer": grimmer,
    "debit": debit,
    "sd-limits": sd_limits,
    "percent": percent,
    "percents": percents,
    "ratio": ratio,
    "sum": sums,
    "same": same,
    "order": order,
    "quartiles": quartiles,
    "signed-rank": ranks,
    "mann-whitney": rank_sums,
    "paired-t": paired_t,
    "change-t": change_t,
    "t-test": t_test,
    "z-p": z_and_p,
    "t-p": t_and_p,
    "chi2-p": chi2_and_p,
    "chi2": chi2,
    "correlation": correlation,
    "rounding": rounding,
}


def _values_grid(n: str, step: str, low: Text, high: Text, items: str = "1") -> Grid:
    """The values' grid; raises ValueError for limits that leave none."""
    moments.Values.of(whole_size(n), step, whole_size(items), low, high)
    return Grid(positive(step), exact_limit(low), exact_limit(high), whole_size(items))


def _just_size(n: str) -> range:
    size = whole_size(n)
    return range(size, size + 1)


def _is_yes(text: str) -> bool:
    if text not in (YES, NO):
        raise ValueError(YES_RULE)
    return text == YES


def _sums_judged(holds: bool, name: str, smaller: tuple[Fraction, ...]) -> Judged:
    if not holds:
        return Judged(False, f"no {name} prints it")
    return Judged(True, f"{name} {listed(map(plain_text, smaller))} {'print' if len(smaller) > 1 else 'prints'} it")


def _t_judged(found: t_tests.TRange) -> Judged:
    ends = " to ".join("no bound" if end is None else f"{float(end):.4g}" for end in (found.low, found.high))
    told = f"t {ends}, P {float(found.p_low):.4g} to {float(found.p_high):.4g}"
    wrong = [name for name, holds in (("t", found.t_holds), ("P", found.p_holds)) if holds is False]
    return Judged(not wrong, told + (f": not the {' and '.join(wrong)} printed" if wrong else ""))


def _p_judged(found: PRange, p: str) -> Judged:
    told = f"P {float(found.low):.4g} to {float(found.high):.4g}"
    return Judged(bool(found.holds), told if found.holds else f"{told}, not {p}")
