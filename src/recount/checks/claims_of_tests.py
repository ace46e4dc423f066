"""Claims of t and chi-squared tests beside the summaries and counts they are computed from: one finding a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from recount.checks.claims_together import Printout, first_of_texts, or_not_printed
from recount.checks.contingency import association
from recount.checks.correlations import implied_correlation
from recount.checks.findings import Finding, Judged, decimals_of, finding, listed, text_beside
from recount.checks.group_sizes import Group, Sizes, conditions
from recount.checks.one_number import is_probability
from recount.checks.t_tests import change_t, difference
from recount.checks.tails import p_from_chi2, p_from_t
from recount.record import Claim, Rule
from recount.rules import Compare, Expression, IsLevel, parse, resolve

MOST_SIZES = 50  # sizes of a group for which a t or a correlation is tried
Summaries = dict[str, Claim]


# t ------------------------------------------------------------------------------------------------------------------


def t_and_p(told: Printout) -> Iterator[Finding]:
    """One finding for each paired t beside its P: whether so many pairs have both."""
    for (group, pair), of in told.tests.items():
        for t in first_of_texts(of.get("paired_t", [])):
            for p in ps_of(of, "paired_p"):
                having = told.sizes.having_values(group, *pair).at_least(2)
                if having.range and len(having.range) <= MOST_SIZES:
                    judged = _t_and_p(t, p, having.range)
                    yield or_not_printed("t and p", [t.id, p.id], judged, having, t)


def ps_of(of: Mapping[str, list[Claim]], statistic: str) -> list[Claim]:
    """The first claim of each text of a P that says something."""
    return [p for p in first_of_texts(of.get(statistic, [])) if is_probability(p.printed)]


def _t_and_p(t: Claim, p: Claim, sizes: range) -> Judged:
    found = [p_from_t(t.printed.text, size - 1, p.printed.text) for size in sizes]
    low, high = min(each.low for each in found), max(each.high for each in found)
    df = f"{sizes[0] - 1}" if len(sizes) == 1 else f"{sizes[0] - 1} to {sizes[-1] - 1}"
    told = f"t {t.printed} on {df} degrees of freedom is P {_p_text(low)} to {_p_text(high)}"
    holds = any(each.holds for each in found)
    return Judged(holds, told if holds else f"{told}, not {p.printed}")


def _p_text(p: Fraction) -> str:
    return f"{float(p):.4g}"


def correlations(told: Printout) -> Iterator[Finding]:
    """One finding for each t or P beside means and SDs before and after: the correlation it takes, if there is one."""
    for (group, pair), of in told.tests.items():
        names = sorted(pair)
        summaries = [told.summaries.get((group, name), {}) for name in names]
        if len(names) < 2 or not all(map(_has_moments, summaries)) or not same_people(told, group, names):
            continue
        having = told.sizes.having_values(group, *names).at_least(2)
        if not having.range or len(having.range) > MOST_SIZES:
            continue
        ts, ps = first_of_texts(of.get("paired_t", [])), ps_of(of, "paired_p")
        for t, p in [*((t, None) for t in ts), *((None, p) for p in ps), *((t, p) for t in ts for p in ps)]:
            yield _correlation(summaries, t, p, having)


def _has_moments(of: Summaries) -> bool:
    return all(s in of and of[s].printed.relation == "=" for s in ("mean", "sd")) and of["sd"].printed.value >= 0


def same_people(told: Printout, group: Group, names: list[str]) -> bool:
    """Whether those of a group who have one of the variables are those who have each of them."""
    wheres = {told.study.variables[name].where for name in names}
    return len(wheres) == 1 or told.sizes.all_have(group, *names)


def _correlation(summaries: list[Summaries], t: Claim | None, p: Claim | None, having: Sizes) -> Finding:
    used = [of[s] for of in summaries for s in ("mean", "sd")]
    tests = [claim for claim in (t, p) if claim is not None]
    mean1, sd1, mean2, sd2 = (claim.printed.text for claim in used)
    of_t, of_p = (None if claim is None else claim.printed.text for claim in (t, p))
    found = [implied_correlation(sd1, sd2, size, mean1, mean2, of_t, of_p) for size in having.range]
    possible = [each for each in found if each.holds]
    named = listed(f"{'t' if claim is t else 'P'} {claim.printed}" for claim in tests)
    told = f"{named} beside means {mean1} and {mean2}, SDs {sd1} and {sd2}"
    why = _r_text(possible[-1].r_low, possible[-1].r_high) if possible else found[-1].why
    judged = Judged(bool(possible), f"{told}: {why}")
    return or_not_printed("correlation", [c.id for c in (*tests, *used)], judged, having, used[0])


def _r_text(low: Fraction | None, high: Fraction | None) -> str:
    ends = list(dict.fromkeys("no bound" if end is None else decimals_of(end, 2) for end in (low, high)))
    return f"a correlation of {' to '.join(ends)}"


# changes ------------------------------------------------------------------------------------------------------------


def changes(told: Printout) -> Iterator[Finding]:
    """What is printed of changes, by rules such as CHANGE == AFTER - BEFORE, beside before, after and their tests."""
    for rule in told.study.rules:
        names = difference_of(rule.rule)
        if names is None:
            continue
        for group in {group for group, name in told.summaries if name == names[0]}:
            if same_people(told, group, list(names)):
                yield from _changes(told, group, names, rule)


def difference_of(rule: Expression) -> tuple[str, str, str] | None:
    """The change, after and before of a rule that says that one variable is the difference of two others.

    >>> from recount.rules import parse
    >>> difference_of(parse("CHANGE == AFTER - BEFORE"))
    ('CHANGE', 'AFTER', 'BEFORE')
    """
    if not isinstance(rule, Compare) or rule.op != "==":
        return None
    for one, other in ((rule.left, rule.right), (rule.right, rule.left)):
        signs = dict(other.terms)
        if one.name is not None and len(other.terms) == 2 and set(signs) == {1, -1} and not other.constant:
            found = one.name, signs[Fraction(1)], signs[Fraction(-1)]
            return found if len(set(found)) == 3 else None
    return None


def _changes(told: Printout, group: Group, names: tuple[str, str, str], rule: Rule) -> Iterator[Finding]:
    change, after, before = (_plain_moments(told.summaries.get((group, name), {})) for name in names)
    if all("sd" in of for of in (change, after, before)):
        claims = [before["sd"], after["sd"], change["sd"]]
        yield finding("correlation", [c.id for c in claims], _change_spread(claims), [rule.id])
    if all("mean" in of for of in (change, after, before)):
        claims = [before["mean"], after["mean"], change["mean"]]
        yield finding("change", [c.id for c in claims], _change_mean(claims), [rule.id])
    having = told.sizes.having_values(group, *names).at_least(2)
    if {"mean", "sd"} <= set(change) and having.range and len(having.range) <= MOST_SIZES:
        of = told.tests.get((group, frozenset(names[1:])), {})
        for test in [*first_of_texts(of.get("paired_t", [])), *ps_of(of, "paired_p")]:
            judged = _change_test(change, test, having.range)
            found = or_not_printed("t", [change["mean"].id, change["sd"].id, test.id], judged, having, test)
            yield replace(found, rules=(rule.id,))


def _plain_moments(of: Summaries) -> Summaries:
    """The mean and the SD that are plain numbers."""
    return {
        s: of[s]
        for s in ("mean", "sd")
        if s in of and of[s].printed.relation == "=" and (s == "mean" or of[s].printed.value >= 0)
    }


def _change_spread(claims: list[Claim]) -> Judged:
    before, after, change = (claim.printed.text for claim in claims)
    found = implied_correlation(before, after, sd_change=change)
    told = f"SDs {before} and {after}, of the change {change}"
    if found.holds:
        return Judged(True, f"{told}: {_r_text(found.r_low, found.r_high)}")
    return Judged(False, f"{told}: {_r_text(found.needs_low, found.needs_high)}; {found.why}")


def _change_mean(claims: list[Claim]) -> Judged:
    before, after, change = claims
    low, high = difference(after.printed.text, before.printed.text)
    assert change.printed.low is not None and change.printed.high is not None
    holds = low <= change.printed.high and change.printed.low <= high
    places = max(claim.printed.decimals for claim in claims) + 1
    told = f"{after.printed} less {before.printed} is {decimals_of(low, places)} to {decimals_of(high, places)}"
    return Judged(holds, told if holds else f"{told}, not {change.printed}")


def _change_test(change: Summaries, test: Claim, sizes: range) -> Judged:
    """Whether so many changes with this mean and SD have this t or P."""
    mean, sd, text = change["mean"].printed.text, change["sd"].printed.text, test.printed.text
    if test.statistic == "paired_t":
        found = [change_t(size, mean, sd, t=text) for size in sizes]
        holds, ends = any(each.t_holds for each in found), (found[-1].low, found[-1].high)
        size_ends = sorted(abs(end) for end in ends if end is not None)
        limits = " to ".join(f"{float(end):.4g}" for end in size_ends)
    else:
        found = [change_t(size, mean, sd, p=text) for size in sizes]
        holds, limits = (
            any(each.p_holds for each in found),
            f"{_p_text(found[-1].p_low)} to {_p_text(found[-1].p_high)}",
        )
    name = "|t|" if test.statistic == "paired_t" else "P"
    told = f"{sizes[-1]} changes of mean {mean}, SD {sd} have {name} {limits}"
    return Judged(holds, told if holds else f"{told}, not {text}")


# chi-squared --------------------------------------------------------------------------------------------------------


def chi_squared_tests(told: Printout) -> Iterator[Finding]:
    """One finding for each chi-squared beside its P, and for each of both beside the counts of the table."""
    for (group, _), of in told.tests.items():
        chi2s, ps = first_of_texts(of.get("chi2", [])), ps_of(of, "chi2_p")
        for chi2, p in ((chi2, p) for chi2 in chi2s for p in ps):
            dfs = _degrees_of_freedom(told, chi2)
            if dfs:
                yield finding("chi2 and p", [chi2.id, p.id], _chi2_and_p(chi2, p, dfs))
        for claim in (*chi2s, *ps):
            table = _counts_table(told, group, claim)
            if table is not None:
                counts, used = table
                yield finding("chi2", [claim.id, *used], _of_table(claim, counts))


def _degrees_of_freedom(told: Printout, claim: Claim) -> list[int]:
    """Those that a table may have: as many levels of either side as somebody has, two at least."""
    rows, columns = (len(_category_groups(told, text)) for text in (claim.variable, claim.versus))
    return sorted({a * b for a in range(1, rows) for b in range(1, columns)})


def _chi2_and_p(chi2: Claim, p: Claim, dfs: list[int]) -> Judged:
    """Whether a chi-squared has this P on any of these degrees of freedom."""
    found = {df: p_from_chi2(chi2.printed.text, df, p.printed.text) for df in dfs}
    holds = [str(df) for df, each in found.items() if each.holds]
    if holds:
        told = f"chi-squared {chi2.printed} has P {p.printed} on {listed(holds)} degrees of freedom"
        return Judged(True, told)
    ends = found[dfs[-1]]
    told = (
        f"chi-squared {chi2.printed} on {dfs[-1]} degrees of freedom is P {_p_text(ends.low)} to {_p_text(ends.high)}"
    )
    return Judged(False, f"{told}, not {p.printed}")


def _category_groups(told: Printout, text: str) -> list[Group | None]:
    """The groups that a variable's levels make, or a condition: those of whom it is true, and (None) the others."""
    variable = told.study.variables.get(text)
    if variable is not None:
        return [frozenset({IsLevel("==", text, level)}) for level in variable.levels]
    return [conditions(resolve(parse(text), told.study.variables)), None]


def _counts_table(told: Printout, group: Group, claim: Claim) -> tuple[list[list[int]], list[str]] | None:
    """The counts of a table of two categories, printed or by totals, and their claims; None: they aren't all known."""
    names = [name for name in (claim.variable, claim.versus) if name in told.study.variables]
    if len(names) < 2 or not told.sizes.all_have(group, *names):
        return None  # of a condition the others may lack a value, so that they aren't the rest
    across, down = (_category_groups(told, name) for name in names)
    used: list[str] = []

    def known(*parts: Group | None) -> int | None:
        size = told.sizes.size_of(group.union(*(part for part in parts if part is not None)))
        if size.known and size.printed:
            used.extend(size.claims)
            return size.low
        return None

    cells = [[known(a, b) for b in down] for a in across]
    rows, columns = [known(a) for a in across], [known(b) for b in down]
    _fill_missing(cells, rows)
    turned = [list(column) for column in zip(*cells, strict=True)]
    _fill_missing(turned, columns)
    full = [list(row) for row in zip(*turned, strict=True)]
    _fill_missing(full, rows)
    counts = [[cell for cell in row if cell is not None and cell >= 0] for row in full]
    return (counts, used) if all(len(row) == len(down) for row in counts) else None


def _fill_missing(cells: list[list[int | None]], totals: list[int | None]) -> None:
    """Fills in the one cell that is missing in a row with a total."""
    for row, total in zip(cells, totals, strict=True):
        if total is not None and row.count(None) == 1:
            row[row.index(None)] = total - sum(cell for cell in row if cell is not None)


def _of_table(claim: Claim, counts: list[list[int]]) -> Judged:
    """Whether Pearson's chi-squared of these counts, or its P, is printed so; levels of nobody are left out."""
    rows = [row for row in counts if any(row)]
    kept = [k for k in range(len(counts[0])) if any(row[k] for row in rows)]
    table = [[row[k] for k in kept] for row in rows]
    text = "; ".join(" ".join(map(str, row)) for row in table)
    if len(table) < 2 or len(kept) < 2:
        return Judged(False, f"{text or 'nobody'}: one level only, which has no chi-squared")
    is_p = claim.statistic == "chi2_p"
    found = (
        association(table=table, p=claim.printed.text) if is_p else association(table=table, chi2=claim.printed.text)
    )
    value = _p_text(found.p["pearson"][0]) if is_p else text_beside(found.chi2["pearson"], claim.printed)
    told = f"{'P' if is_p else 'chi-squared'} of {text} is {value}"
    if "pearson" in found.variants:
        return Judged(True, told)
    others = f"; {listed(found.variants)} would print it" if found.variants else ""
    return Judged(False, f"{told}, not {claim.printed}{others}")
