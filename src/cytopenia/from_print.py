"""What print alone settles of a paired comparison, whoever the patients were: no row of a patient is read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import pandas as pd

from cytopenia.effect_sizes import hedges_correction
from cytopenia.inference import rank_sums_of_z
from cytopenia.selection import to_cross
from cytopenia.summaries import Record, rows
from recount.record import Printed, Study
from recount.rules import decimal_text

SOURCE = "cytopenia.from_print."
Bounds = tuple[float, float]


def exact_p(study: Study) -> pd.DataFrame:
    """One row per printed signed-rank Z: POPULATION, BEFORE, AFTER, N, Z as printed, RANK_SUM, EXACT_P.

    N is the population's printed number of pairs, none of them unchanged or tied. A Z that no untied rank sum
    prints has a row with RANK_SUM and EXACT_P missing. No patient is looked at.
    """
    sizes = {claim.population: int(claim.printed.value) for claim in study.claims if claim.statistic == "n"}
    found = []
    for claim in study.claims:
        if claim.statistic == "wilcoxon_z" and claim.population in sizes:
            n, low, high = sizes[claim.population], claim.printed.low, claim.printed.high
            sums = rank_sums_of_z(n, float(low or 0), math.inf if high is None else float(high))
            key = (claim.population, claim.variable, claim.versus, n, claim.printed.text)
            found += [(*key, *one) for one in sums or ((math.nan, math.nan),)]
    columns = ["POPULATION", "BEFORE", "AFTER", "N", "Z", "RANK_SUM", "EXACT_P"]
    return pd.DataFrame(found, columns=columns)


def exact_p_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `exact_p`: printed_z_rank_sum and printed_z_exact_p, where there are any."""
    records: list[Record] = []
    for population, before, after, n, _, rank_sum, p in found.itertuples(index=False, name=None):
        key, source = (population, before, after), SOURCE + "exact_p"
        records.append((*key, "printed_z_rank_sum", rank_sum, "", n, source))
        records.append((*key, "printed_z_exact_p", p, "", n, source))
    return rows(records)


def correlations(study: Study) -> pd.DataFrame:
    """One row per printed paired t: POPULATION, BEFORE, AFTER, N, LOW, HIGH, the bounds of Pearson's r.

    The correlation of before with after that the printed means, SDs and t together leave possible:
    SD(change) = |difference of means| sqrt(n) / |t| and r = (a^2 + b^2 - SD(change)^2) / (2 a b), each number
    within its rounding. A t whose means or SDs aren't printed has no row.
    """
    printed = {(c.population, c.variable, c.statistic): c.printed for c in study.claims}
    sizes = {claim.population: int(claim.printed.value) for claim in study.claims if claim.statistic == "n"}
    found = []
    for claim in (c for c in study.claims if c.statistic == "paired_t" and c.population in sizes):
        names = [(name, kind) for kind in ("mean", "sd") for name in (claim.variable, claim.versus)]
        texts = [printed.get((claim.population, *one)) for one in names]
        if all(text is not None for text in texts):
            bounds = [_bounds(text) for text in (*texts, claim.printed) if text is not None]
            low, high = _correlation_bounds(sizes[claim.population], *bounds)
            key = (claim.population, claim.variable, claim.versus, sizes[claim.population])
            found.append((*key, low, high))
    return pd.DataFrame(found, columns=["POPULATION", "BEFORE", "AFTER", "N", "LOW", "HIGH"])


def _bounds(printed: Printed) -> Bounds:
    return float(printed.low or 0), math.inf if printed.high is None else float(printed.high)


def _correlation_bounds(
    n: int, before: Bounds, after: Bounds, sd_before: Bounds, sd_after: Bounds, t: Bounds
) -> Bounds:
    """The least and largest r; each SD is tried at its ends and, for the least, where r turns."""
    apart = max(after[0] - before[1], before[0] - after[1], 0.0)
    furthest = max(after[1] - before[0], before[1] - after[0])
    most, least = furthest * math.sqrt(n) / t[0], apart * math.sqrt(n) / t[1]
    tried = [(a, b) for a in sd_before for b in sd_after]
    turned = [(_turn(b, most, sd_before), b) for b in sd_after] + [(a, _turn(a, most, sd_after)) for a in sd_before]
    low = min(_r(a, b, most) for a, b in tried + turned)
    return max(low, -1.0), min(max(_r(a, b, least) for a, b in tried), 1.0)


def _r(a: float, b: float, change: float) -> float:
    return (a * a + b * b - change * change) / (2 * a * b)


def _turn(other: float, change: float, bounds: Bounds) -> float:
    """The SD within its bounds at which r, the other SD being held, is least."""
    return min(max(math.sqrt(max(other * other - change * change, 0.0)), bounds[0]), bounds[1])


def correlation_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `correlations`: printed_correlation_low and printed_correlation_high."""
    records: list[Record] = []
    for population, before, after, n, *bounds in found.itertuples(index=False, name=None):
        key, source = (population, before, after), SOURCE + "correlations"
        for end, value in zip(("low", "high"), bounds, strict=True):
            records.append((*key, f"printed_correlation_{end}", value, "", n, source))
    return rows(records)


def most_below(study: Study, variables: Iterable[str], limit: Fraction) -> pd.DataFrame:
    """One row per variable with a printed mean and SD: POPULATION, VARIABLE, N, MEAN, SD, MOST.

    MOST is how many of the N patients at most can have a value below the limit, whoever they were: k of n values
    that lie d or more below the mean take up k n d^2 / (n - k) of the sum of squares (n - 1) SD^2, at least
    (Cantelli's inequality). Each number is taken where its rounding allows the most.
    """
    sizes = {claim.population: int(claim.printed.value) for claim in study.claims if claim.statistic == "n"}
    deviations = {(c.population, c.variable): c.printed for c in study.claims if c.statistic == "sd"}
    found = []
    for claim in (c for c in study.claims if c.statistic == "mean" and c.variable in set(variables)):
        sd = deviations.get((claim.population, claim.variable))
        mean, n = claim.printed.low, sizes.get(claim.population)
        if sd is not None and sd.high is not None and mean is not None and n:
            most = _most_below(n, mean - limit, sd.high)
            found.append((claim.population, claim.variable, n, claim.printed.text, sd.text, most))
    return pd.DataFrame(found, columns=["POPULATION", "VARIABLE", "N", "MEAN", "SD", "MOST"])


def _most_below(n: int, distance: Fraction, sd: Fraction) -> int:
    """How many of n values at most lie more than a distance below their mean, their SD being at most `sd`."""
    if distance < 0:
        return n
    return max(k for k in range(n) if k == 0 or k * n * distance**2 < (n - k) * (n - 1) * sd**2)


def most_below_rows(found: pd.DataFrame, limit: Fraction) -> pd.DataFrame:
    """Result rows of `most_below`: printed_most_below, the limit standing in `versus`."""
    records: list[Record] = []
    for population, variable, n, _, _, most in found.itertuples(index=False, name=None):
        key = (population, variable, f"{variable} < {decimal_text(limit)}", "printed_most_below")
        records.append((*key, most, "", n, SOURCE + "most_below"))
    return rows(records)


# Size and selection ------------------------------------------------------------------------------


def sizes(study: Study) -> pd.DataFrame:
    """One row per printed test: how large its change is without units, and what those not compared could do to it.

    POPULATION, BEFORE, AFTER, N, UNIT. Of a Z that names one rank sum W: RANK_BISERIAL, |1 - 4W / (n(n+1))|, and
    TO_CROSS, how many of everybody else would bring the exact P across the level (as `selection.to_cross`, which
    hangs on the ranks alone). Of a t with its means: SMCC_LOW, SMCC_HIGH, |J t / sqrt(n)|, and CANCEL_LOW,
    CANCEL_HIGH, the mean change of everybody else that would leave the mean change of all at nought; each within
    the rounding of print. Missing where print doesn't say.
    """
    numbers = {claim.population: int(claim.printed.value) for claim in study.claims if claim.statistic == "n"}
    printed = {(c.population, c.variable, c.statistic): c.printed for c in study.claims}
    named = exact_p(study).drop_duplicates(["POPULATION", "BEFORE", "AFTER"], keep=False)
    sums = {tuple(row[:3]): row[5] for row in named.itertuples(index=False, name=None)}
    found = []
    for claim in study.claims:
        key = (claim.population, claim.variable, claim.versus)
        if claim.statistic in ("wilcoxon_z", "paired_t") and claim.population in numbers:
            n, missing = numbers[claim.population], numbers["ALL"] - numbers[claim.population]
            unit = study.variables[claim.variable].unit
            if claim.statistic == "wilcoxon_z":
                found.append((*key, n, unit, *_of_rank_sum(sums.get(key, math.nan), n, missing), *[math.nan] * 4))
            else:
                means = [printed[claim.population, name, "mean"] for name in (claim.variable, claim.versus)]
                ends = _of_means(n, missing, claim.printed, means[0], means[1])
                found.append((*key, n, unit, math.nan, math.nan, *ends))
    names = ["RANK_BISERIAL", "TO_CROSS", "SMCC_LOW", "SMCC_HIGH", "CANCEL_LOW", "CANCEL_HIGH"]
    return pd.DataFrame(found, columns=["POPULATION", "BEFORE", "AFTER", "N", "UNIT", *names])


def _of_rank_sum(rank_sum: float, n: int, missing: int) -> tuple[float, float]:
    if math.isnan(rank_sum):
        return math.nan, math.nan
    count = to_cross(_with_rank_sum(int(rank_sum), n), missing)
    return abs(1 - 4 * rank_sum / (n * (n + 1))), math.nan if count is None else count


def _with_rank_sum(rank_sum: int, n: int) -> list[int]:
    """The changes 1 to n of which those that fell have this sum of ranks, the largest first."""
    changes = []
    for rank in range(n, 0, -1):
        falls = rank <= rank_sum
        rank_sum -= rank if falls else 0
        changes.append(-rank if falls else rank)
    return changes


def _of_means(n: int, missing: int, t: Printed, before: Printed, after: Printed) -> tuple[float, float, float, float]:
    scale = hedges_correction(n - 1) / math.sqrt(n)
    first, second = _bounds(before), _bounds(after)
    share = n / missing if missing else math.nan
    return (
        scale * _bounds(t)[0],
        scale * _bounds(t)[1],
        -share * (second[1] - first[0]),
        -share * (second[0] - first[1]),
    )


def size_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `sizes`: printed_rank_biserial, printed_to_cross, printed_smcc_low, and so on."""
    records: list[Record] = []
    for row in found.to_dict("records"):
        key = (str(row["POPULATION"]), str(row["BEFORE"]), str(row["AFTER"]))
        for name in ("RANK_BISERIAL", "TO_CROSS", "SMCC_LOW", "SMCC_HIGH", "CANCEL_LOW", "CANCEL_HIGH"):
            value = row[name]
            count = name == "TO_CROSS" and not math.isnan(value)
            shown = int(value) if count else value
            unit = str(row["UNIT"]) if name.startswith("CANCEL") else ""
            records.append((*key, f"printed_{name.lower()}", shown, unit, int(row["N"]), SOURCE + "sizes"))
    return rows(records)
