"""What clinical papers print beside means and medians, recomputed from a table's rows: one function a statistic.

Standard errors, changes, intervals, Fisher's test, and tests of two samples: the values of the
claim's variable in its population and in the population of `versus`. Exact but for P values and intervals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from recount.checks import chi2_sf, fisher_test, mean_interval, median_places, normal_sf, proportion_interval, t_sf
from recount.record import root

if TYPE_CHECKING:
    from recount.verify.verifier import About, Rows


def variance(values: Sequence[Fraction]) -> Fraction:
    """The variance with n - 1 of two values or more."""
    centre = Fraction(sum(values), len(values))
    return Fraction(sum((x - centre) ** 2 for x in values), len(values) - 1)


# --- one sample -------------------------------------------------------------------------------------------


def se(rows: Rows, claim: About) -> Fraction | None:
    """The standard error of the mean, the SD over the root of n; two values at least."""
    values = rows.values_of(claim)
    return root(variance(values) / len(values)) if len(values) > 1 else None


def percent_interval(rows: Rows, claim: About) -> float | None:
    """An end of the confidence interval of how many per cent of the population meet the claim's condition."""
    size = rows.member_count(claim.population)
    if not size:
        return None
    k = rows.meeting(claim)
    method, confidence = rows.study.setting("proportion_interval"), int(rows.study.setting("confidence"))
    return 100 * float(proportion_interval(k, size, method, confidence)[_interval_end(claim)])


def mean_ci(rows: Rows, claim: About) -> float | None:
    """An end of the mean's confidence interval; two values at least."""
    values, error = rows.values_of(claim), se(rows, claim)
    if error is None:
        return None
    centre, confidence = float(sum(values) / len(values)), int(rows.study.setting("confidence"))
    return mean_interval(centre, float(error), len(values), confidence)[_interval_end(claim)]


def median_ci(rows: Rows, claim: About) -> Fraction | None:
    """An end of the median's confidence interval: one of the values in order."""
    values = sorted(rows.values_of(claim))
    places = median_places(len(values), int(rows.study.setting("confidence")))
    return None if places is None else values[places[_interval_end(claim)] - 1]


def _interval_end(claim: About) -> int:
    """0 for the low end of an interval, 1 for the high one."""
    return int(claim.statistic.endswith("_high"))


# --- changes ----------------------------------------------------------------------------------------------


def mean_change(rows: Rows, claim: About) -> Fraction | None:
    """The mean of `versus` less the variable, over those with both."""
    d = _changes(rows, claim)
    return Fraction(sum(d), len(d)) if d else None


def sd_change(rows: Rows, claim: About) -> Fraction | None:
    """The SD with n - 1 of the changes; two pairs at least."""
    d = _changes(rows, claim)
    return root(variance(d)) if len(d) > 1 else None


def percent_change(rows: Rows, claim: About) -> Fraction | None:
    """By how many per cent the sum of `versus` differs from the variable's, which is above nought, over the pairs."""
    before = Fraction(sum(x for x, _ in rows.pairs_of(claim)))
    return 100 * sum(_changes(rows, claim)) / before if before > 0 else None


def _changes(rows: Rows, claim: About) -> list[Fraction]:
    return [y - x for x, y in rows.pairs_of(claim)]


# --- tests ------------------------------------------------------------------------------------------------


def association(rows: Rows, claim: About) -> Fraction | float | None:
    """Chi-squared, its P or Fisher's P of the variable's levels against those of `versus`."""
    cells = Counter(rows.label_pairs(claim))
    across, down = ({pair[k]: None for pair in cells} for k in (0, 1))
    return association_of([[cells[a, b] for b in down] for a in across], claim.statistic)


def association_of(table: Sequence[Sequence[int]], statistic: str) -> Fraction | float | None:
    """chi2, chi2_p or fisher_p of a table of counts, rows and columns of nobody left out; None where one is left.

    Pearson's chi-squared isn't corrected; Fisher's P is two-sided, and of two by two.

    >>> association_of([[3, 1], [1, 3]], "chi2"), association_of([[3, 1], [1, 3]], "fisher_p")
    (Fraction(2, 1), Fraction(17, 35))
    """
    rows = [row for row in table if any(row)]
    kept = [b for b in range(len(table[0])) if any(row[b] for row in rows)] if rows else []
    if len(rows) < 2 or len(kept) < 2:
        return None
    counts = [[row[b] for b in kept] for row in rows]
    if statistic == "fisher_p":
        return fisher_test(counts).two_sided if len(counts) == len(kept) == 2 else None
    square = chi_squared(counts)
    return square if statistic == "chi2" else chi_squared_tail(square, (len(counts) - 1) * (len(kept) - 1))


def chi_squared(counts: Sequence[Sequence[int]]) -> Fraction:
    """Pearson's chi-squared of counts of which no row and no column is nobody.

    n * (sum of observed^2 / (row * column) - 1); Pearson, Philos Mag 1900;50:157.

    >>> chi_squared([[2, 0], [0, 2]])
    Fraction(4, 1)
    """
    across, down = [sum(row) for row in counts], [sum(column) for column in zip(*counts, strict=True)]
    shares = (
        Fraction(k * k, a * b) for row, a in zip(counts, across, strict=True) for k, b in zip(row, down, strict=True)
    )
    return sum(across) * sum(shares, Fraction(-1))


def chi_squared_tail(square: Fraction, freedom: int) -> float:
    """The P of a chi-squared on so many degrees of freedom."""
    return chi2_sf(float(square), freedom)


def two_sample_t(rows: Rows, claim: About) -> Fraction | None:
    """The |t| of two samples, pooled or Welch's."""
    found = _t2_squared(rows, claim)
    return None if found is None else root(found[0])


def t2_p(rows: Rows, claim: About) -> float | None:
    """The two-sided P of the t of two samples."""
    found = _t2_squared(rows, claim)
    return None if found is None else 2 * t_sf(float(root(found[0])), float(found[1]))


def _t2_squared(rows: Rows, claim: About) -> tuple[Fraction, Fraction] | None:
    one, other = rows.two_samples(claim)
    return (welch_t_square if rows.study.setting("two_sample_t") == "welch" else pooled_t_square)(one, other)


def pooled_t_square(one: Sequence[Fraction], other: Sequence[Fraction]) -> tuple[Fraction, Fraction] | None:
    """t^2 and the degrees of freedom of two samples with one variance; None where that is nought or unknown.

    Student, Biometrika 1908;6:1.

    >>> pooled_t_square([Fraction(x) for x in (1, 2, 3)], [Fraction(x) for x in (4, 5, 6)])
    (Fraction(27, 2), Fraction(4, 1))
    """
    n, m = len(one), len(other)
    if n < 1 or m < 1 or n + m < 3:
        return None
    within = sum(((len(xs) - 1) * variance(xs) for xs in (one, other) if len(xs) > 1), Fraction(0)) / (n + m - 2)
    if within == 0:
        return None
    return _difference(one, other) ** 2 / (within * (Fraction(1, n) + Fraction(1, m))), Fraction(n + m - 2)


def welch_t_square(one: Sequence[Fraction], other: Sequence[Fraction]) -> tuple[Fraction, Fraction] | None:
    """t^2 and the degrees of freedom of two samples, a variance each; None where both are nought or one is unknown.

    Welch, Biometrika 1947;34:28.

    >>> welch_t_square([Fraction(x) for x in (1, 2, 3)], [Fraction(x) for x in (4, 5, 6)])
    (Fraction(27, 2), Fraction(4, 1))
    """
    if len(one) < 2 or len(other) < 2:
        return None
    parts = [variance(xs) / len(xs) for xs in (one, other)]
    if not any(parts):
        return None
    freedom = sum(parts) ** 2 / sum(v**2 / (len(xs) - 1) for v, xs in zip(parts, (one, other), strict=True))
    return _difference(one, other) ** 2 / sum(parts), Fraction(freedom)


def _difference(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    return Fraction(sum(one), len(one)) - Fraction(sum(other), len(other))


def mann_whitney_u(rows: Rows, claim: About) -> Fraction | None:
    """The smaller U of the two samples; None where one has nobody."""
    one, other = rows.two_samples(claim)
    return min(u := u_of(one, other), len(one) * len(other) - u) if one and other else None


def mann_whitney_z(rows: Rows, claim: About) -> Fraction | None:
    """The |Z| of U, corrected for ties."""
    square = u_squared(*rows.two_samples(claim), rows.study.setting("mann_whitney") == "continuity")
    return None if square is None else root(square)


def mann_whitney_p(rows: Rows, claim: About) -> float | None:
    """The asymptotic two-sided P of U."""
    z = mann_whitney_z(rows, claim)
    return None if z is None else 2 * normal_sf(float(z))


def u_of(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    """The pairs in which the first sample's value is the higher, a tie counting half.

    Mann & Whitney, Ann Math Stat 1947;18:50.

    >>> u_of([Fraction(1), Fraction(3)], [Fraction(1), Fraction(2)])
    Fraction(5, 2)
    """
    below, u = 0, Fraction(0)
    first, second = Counter(one), Counter(other)
    for x in sorted({*first, *second}):
        u += first[x] * (below + Fraction(second[x], 2))
        below += second[x]
    return u


def u_squared(one: Sequence[Fraction], other: Sequence[Fraction], continuity: bool) -> Fraction | None:
    """The square of U's Z; None where one sample has nobody or all values are the same.

    The variance is n m/12 (N + 1 - sum(t^3 - t)/(N(N - 1))) over groups of t equal values; with `continuity` half a
    unit is taken off U's distance from its mean. Hollander & Wolfe, Nonparametric Statistical Methods, section 4.1.
    """
    n, m = len(one), len(other)
    if not n or not m:
        return None
    ties = sum(t**3 - t for t in Counter([*one, *other]).values())
    spread = Fraction(n * m, 12) * (n + m + 1 - Fraction(ties, (n + m) * (n + m - 1)))
    distance = abs(u_of(one, other) - Fraction(n * m, 2))
    distance -= min(distance, Fraction(1, 2)) if continuity else 0
    return distance**2 / spread if spread else None


PAPER_STATISTICS: dict[str, Callable[[Rows, Any], Fraction | float | None]] = {
    "se": se,
    "percent_ci_low": percent_interval,
    "percent_ci_high": percent_interval,
    "mean_ci_low": mean_ci,
    "mean_ci_high": mean_ci,
    "median_ci_low": median_ci,
    "median_ci_high": median_ci,
    "mean_change": mean_change,
    "sd_change": sd_change,
    "percent_change": percent_change,
    "chi2": association,
    "chi2_p": association,
    "fisher_p": association,
    "t2": two_sample_t,
    "t2_p": t2_p,
    "mann_whitney_u": mann_whitney_u,
    "mann_whitney_z": mann_whitney_z,
    "mann_whitney_p": mann_whitney_p,
}
