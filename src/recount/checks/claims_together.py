"""Claims of a record judged together: the same thing printed twice, order, sums of counts, summaries, tests.

Each check takes the record's claims and the sizes that it prints, and gives one finding a group of claims. An
`impossible` one is a proof that no patients satisfy these claims (and rules) together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from recount.checks.arithmetic import tightest
from recount.checks.findings import IMPOSSIBLE, NOTE, POSSIBLE, Finding, Judged, finding, listed, plain_text
from recount.checks.group_sizes import Group, GroupSizes, Sizes, steps_printed
from recount.checks.moments import grimmer
from recount.checks.one_number import (
    MOST_TRIED,
    Grid,
    count_judged,
    nearest_sds,
    p_outside,
    quartiles_judged,
    signed_rank_judged,
    up_to,
)
from recount.record import Claim, Printed, Study, Variable, step_of

LOCATIONS = ("min", "p25", "median", "p75", "max")
INSIDE = (*LOCATIONS, "value", "mean")
"""Statistics that lie between the least and the greatest value."""
UNSIGNED_PAIRS = ("wilcoxon_z", "wilcoxon_p", "paired_t", "paired_p", "chi2", "chi2_p")
"""Statistics that are the same with the two variables exchanged."""


@dataclass(frozen=True)
class Printout:
    """A record's claims, by what they are about, and the sizes that they print."""

    study: Study
    sizes: GroupSizes

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The claims that say something of patients."""
        return tuple(claim for claim in self.study.claims if claim.statistic != "stated")

    @cached_property
    def summaries(self) -> dict[tuple[Group, str], dict[str, Claim]]:
        """The first claim of each statistic of one variable in one group."""
        found: dict[tuple[Group, str], dict[str, Claim]] = defaultdict(dict)
        for claim in self.claims:
            if claim.variable in self.study.variables and not claim.versus:
                found[self.sizes.population(claim.population), claim.variable].setdefault(claim.statistic, claim)
        return found

    @cached_property
    def tests(self) -> dict[tuple[Group, frozenset[str]], dict[str, list[Claim]]]:
        """The claims of each statistic of two variables in one group, in one order or the other."""
        found: dict[tuple[Group, frozenset[str]], dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
        for claim in self.claims:
            if claim.statistic in UNSIGNED_PAIRS:
                pair = frozenset((claim.variable, claim.versus))
                found[self.sizes.population(claim.population), pair][claim.statistic].append(claim)
        return found


Check = Callable[[Printout], Iterator[Finding]]


# the same thing in two places ---------------------------------------------------------------------------------------


def repeats(told: Printout) -> Iterator[Finding]:
    """One finding for each thing that is printed in more than one way: whether one value is all of them."""
    same: dict[Hashable, dict[str, Claim]] = defaultdict(dict)
    for claim in told.claims:
        same[_subject_of(claim, told)].setdefault(claim.printed.text, claim)
    for texts in same.values():
        if len(texts) > 1:
            yield _repeated(list(texts.values()), told)


def _subject_of(claim: Claim, told: Printout) -> Hashable:
    """What a claim is about: the same of two claims that are of the same number."""
    base, statistic = told.sizes.population(claim.population), claim.statistic
    if statistic in ("n", "count"):
        return "count", told.sizes.group_counted(claim)
    if statistic == "percent":
        return statistic, base, told.sizes.group_counted(claim)
    if statistic == "ratio":
        return statistic, base, told.sizes.population(claim.versus)
    pair = (claim.variable, claim.versus)
    return statistic, base, frozenset(pair) if statistic in UNSIGNED_PAIRS else pair


def _repeated(claims: list[Claim], told: Printout) -> Finding:
    texts = listed(str(claim.printed) for claim in claims)
    for i, one in enumerate(claims):
        for other in claims[i + 1 :]:
            if not _can_agree([one.printed, other.printed], _claim_step(one, told)):
                both = f"nothing is printed both {one.printed} and {other.printed}"
                return Finding("repeats", (one.id, other.id), IMPOSSIBLE, f"the same printed in two places: {both}")
    ids = tuple(claim.id for claim in claims)
    low, high = common_ends([claim.printed for claim in claims])
    if low == high and low is not None:
        return Finding("repeats", ids, NOTE, f"the same printed {texts}: only {plain_text(low)} is all of them")
    return Finding("repeats", ids, POSSIBLE, f"the same printed {texts}: one number can be all of them")


def _claim_step(claim: Claim, told: Printout) -> Fraction | None:
    """The step of what a claim is about, where its value surely is one of a grid; None: any number."""
    if claim.statistic in ("n", "count"):
        return Fraction(1)
    return step_of(told.study.variables[claim.variable]) if claim.statistic in ("min", "max", "value") else None


def common_ends(numbers: Iterable[Printed]) -> tuple[Fraction | None, Fraction | None]:
    """The ends of what printed numbers have in common; None: no bound."""
    given = list(numbers)
    ends = tightest([(n.low, n.low_strict) for n in given], [(n.high, n.high_strict) for n in given])
    return ends[0][0], ends[1][0]


def _can_agree(numbers: list[Printed], step: Fraction | None) -> bool:
    """Whether one number, a multiple of the step if there is one, is printed in all these ways."""
    (low, low_out), (high, high_out) = tightest(
        [(n.low, n.low_strict) for n in numbers], [(n.high, n.high_strict) for n in numbers]
    )
    if low is None or high is None:
        return True
    if low > high or (low == high and (low_out or high_out)):
        return False
    if step is None:
        return True
    first = -((-low) // step) + (low_out and (low / step).denominator == 1)
    last = high // step - (high_out and (high / step).denominator == 1)
    return first <= last


# order --------------------------------------------------------------------------------------------------------------


def order_findings(told: Printout) -> Iterator[Finding]:
    """One finding a variable and group with several locations: whether they can be in order, parts within the whole."""
    for (_, name), of in told.summaries.items():
        points = [of[statistic] for statistic in LOCATIONS if statistic in of]
        others = [of[statistic] for statistic in ("value", "mean") if statistic in of]
        if len(points) + len(others) > 1:
            yield _ordered(points, others, told.study.variables[name])
    for (whole, name), of in told.summaries.items():
        if "min" in of or "max" in of:
            for (part, other), inside in told.summaries.items():
                if other == name and part != whole and told.sizes.is_part(part, whole):
                    yield from _within_findings(of, inside, told.study.variables[name])


def _ordered(points: list[Claim], others: list[Claim], variable: Variable) -> Finding:
    pairs = [(one, later) for i, one in enumerate(points) for later in points[i + 1 :]]
    for claim in others:
        pairs += [(p, claim) for p in points if p.statistic == "min"]
        pairs += [(claim, p) for p in points if p.statistic == "max"]
    for one, later in pairs:
        if _is_above(one, later, variable):
            why = f"{_claim_text(one)} is above {_claim_text(later)} of {variable.name}"
            return Finding("order", (one.id, later.id), IMPOSSIBLE, why)
    why = f"{listed(_claim_text(claim) for claim in (*points, *others))} of {variable.name} can be in order"
    return Finding("order", tuple(c.id for c in (*points, *others)), POSSIBLE, why)


def _within_findings(whole: dict[str, Claim], part: dict[str, Claim], variable: Variable) -> Iterator[Finding]:
    """What lies outside of the least and greatest of a group to which it belongs; else one finding for all of it."""
    ends = [whole[statistic] for statistic in ("min", "max") if statistic in whole]
    inside = [part[statistic] for statistic in INSIDE if statistic in part]
    for end in ends:
        for claim in inside:
            low, high = (end, claim) if end.statistic == "min" else (claim, end)
            if _is_above(low, high, variable):
                about = f"{_claim_text(claim)} of {variable.name} in {claim.population}"
                why = f"{about} is beyond {_claim_text(end)} in {end.population}"
                yield Finding("order", (claim.id, end.id), IMPOSSIBLE, why)
                return
    if inside:
        about = f"{listed(map(_claim_text, inside))} of {variable.name} in {inside[0].population}"
        why = f"{about} within {listed(map(_claim_text, ends))} in {ends[0].population}"
        yield Finding("order", tuple(c.id for c in (*inside, *ends)), POSSIBLE, why)


def _claim_text(claim: Claim) -> str:
    return f"{claim.statistic} {claim.printed}"


def _is_above(one: Claim, later: Claim, variable: Variable) -> bool:
    """Whether all that one claim can be is above all that a later one can be."""
    low, low_out = _claim_end(one, variable, False)
    high, high_out = _claim_end(later, variable, True)
    return low is not None and high is not None and (low > high or (low == high and (low_out or high_out)))


def _claim_end(claim: Claim, variable: Variable, upper: bool) -> tuple[Fraction | None, bool]:
    """The least or greatest that a claim can be, and whether that itself is left out; a minimum is on the grid."""
    printed = claim.printed
    if claim.statistic in ("min", "max", "value"):
        steps = steps_printed(printed, variable.low, variable.high, step_of(variable))[upper]
        return (None if steps is None else steps * step_of(variable)), False
    return (printed.high, printed.high_strict) if upper else (printed.low, printed.low_strict)


# counts -------------------------------------------------------------------------------------------------------------


def percents(told: Printout) -> Iterator[Finding]:
    """One finding a percentage beside its printed count: whether the count of the group prints it."""
    for claim in told.claims:
        if claim.statistic == "percent":
            base = told.sizes.size_of(told.sizes.population(claim.population))
            part = told.sizes.size_of(told.sizes.group_counted(claim))
            if part.printed and base.printed and part.claims and len(base.range) * len(part.range) <= MOST_TRIED:
                judged = count_judged(claim.printed, part.range, base.range)
                yield finding("percents", (claim.id, *part.claims, *base.claims), judged)


def count_findings(told: Printout) -> Iterator[Finding]:
    """What is wrong with counts of parts and wholes, and one finding a whole that is told apart by a category."""
    sizes = told.sizes
    printed = [group for group in sizes.printed if sizes.size_of(group).claims]
    for part in printed:
        for whole in printed:
            if part != whole and sizes.size_of(part).low > sizes.size_of(whole).high and sizes.is_part(part, whole):
                yield _larger_part(sizes.size_of(part), sizes.size_of(whole))
    wholes = {frozenset(group - {condition}) for group in printed for condition in group}
    for whole in sorted(wholes, key=lambda group: sorted(map(str, group))):
        for name, parts, every in sizes.parts_of(whole):
            if len(parts) > 1:
                yield _parts_finding(
                    name, [sizes.size_of(part) for part, _ in parts], sizes.size_of(whole), every, whole
                )


def _larger_part(part: Sizes, whole: Sizes) -> Finding:
    why = f"a part of {part.low} is larger than its whole of {whole.high}"
    return Finding("counts", part.claims + whole.claims, IMPOSSIBLE, why)


def _parts_finding(name: str, parts: list[Sizes], whole: Sizes, every: bool, group: Group) -> Finding:
    """Whether exclusive groups fit into a whole, and make it up where they are all there are."""
    low, high = sum(part.low for part in parts), sum(part.high for part in parts)
    numbers = "+".join(str(part.low) if part.known else f"({part.low} to {part.high})" for part in parts)
    among = " and ".join(sorted(map(str, group))) or "everybody"
    text = f"{name} of {among}: {numbers}" + (f" = {low}" if low == high else "")
    size = str(whole.low) if whole.known else f"{whole.low} to {whole.high}"
    holds = low <= whole.high and (not every or high >= whole.low)
    why = f"{text}, {'all' if every else 'some'} of {size}" if holds else f"{text}, not {size}"
    used = [id for part in parts for id in part.claims]
    return finding("counts", [*used, *whole.claims], Judged(holds, why))


# summaries of numbers -----------------------------------------------------------------------------------------------


def quartiles(told: Printout) -> Iterator[Finding]:
    """One finding a variable and group with several quartiles: which definitions can print them together."""
    for (group, name), of in told.summaries.items():
        texts = exact_quartiles(of)
        if len(texts) < 2:
            continue
        having, ids = told.sizes.having_values(group, name).at_least(1), [claim.id for claim in texts.values()]
        if not having.range:
            continue
        grid, definition = Grid.of(told.study.variables[name]), told.study.settings["quantile"]
        try:
            judged = quartiles_judged({s: c.printed for s, c in texts.items()}, grid, having.range, definition, True)
        except ValueError as rule:
            yield Finding("quartiles", tuple(ids), NOTE, f"not checked: {rule}")
            continue
        yield or_not_printed("quartiles", ids, judged, having, next(iter(texts.values())))


def exact_quartiles(of: dict[str, Claim]) -> dict[str, Claim]:
    """The claims of quartiles, minimum and maximum that are numbers; none without a quartile or median."""
    found = {s: of[s] for s in LOCATIONS if s in of and of[s].printed.relation == "="}
    return found if set(found) - {"min", "max"} else {}


def or_not_printed(check: str, ids: list[str], judged: Judged, having: Sizes, claim: Claim) -> Finding:
    """The judgement; a note where it holds for some size and the size isn't printed."""
    if judged.holds and not having.printed:
        about = claim.variable if having.claims or not claim.versus else f"{claim.variable} and {claim.versus}"
        why = f"not checked: how many of {claim.population} have a {about} isn't printed"
        return Finding(check, tuple(ids), NOTE, why)
    return finding(check, [*ids, *having.claims], judged)


def moments(told: Printout) -> Iterator[Finding]:
    """One finding a variable and group with a mean and an SD: whether so many values have both."""
    for (group, name), of in told.summaries.items():
        if {"mean", "sd"} <= set(of) and all(of[s].printed.relation == "=" for s in ("mean", "sd")):
            having, grid = told.sizes.having_values(group, name).at_least(2), Grid.of(told.study.variables[name])
            if having.range:
                judged = moments_judged(of["mean"].printed, of["sd"].printed, grid, having.range)
                ids = [of["mean"].id, of["sd"].id]
                yield or_not_printed(moments_check(grid), ids, judged, having, of["mean"])


def moments_check(grid: Grid) -> str:
    """What the check of mean and SD is called: DEBIT where values are 0 or 1, else GRIMMER."""
    return "debit" if (grid.low, grid.high, grid.step) == (0, 1, 1) else "grimmer"


def moments_judged(mean: Printed, sd: Printed, grid: Grid, sizes: range) -> Judged:
    """Whether so many values have this mean and this SD, with the nearest SDs that they can have.

    >>> moments_judged(Printed("2.00"), Printed("1.45"), Grid(Fraction(1)), range(17, 18)).why
    'mean 2.00 and SD 1.45 of 17 whole numbers: with sum 34 the SD is 1.414 and 1.458'
    """
    about = f"mean {mean} and SD {sd} of {up_to(sizes)} {grid}"
    why = ""
    for size in sizes[::-1][:MOST_TRIED]:
        found = grimmer(mean.text, sd.text, size, grid.step, grid.items, grid.low, grid.high)
        if found.holds:
            return Judged(True, about)
        why = why or found.why
    if len(sizes) > MOST_TRIED:
        return Judged(True, f"{about}: not tried for so many")
    values = grid.values_of(sizes[0])
    sums = values.sums_inside(values.sums_printing(mean))
    near = nearest_sds(sums, sd, values) if len(sizes) == 1 else ""
    of = f"with sum {plain_text(sums[0] * values.unit)} " if len(sums) == 1 else ""
    return Judged(False, f"{about}: {f'{of}the SD is {near}' if near else why}")


# rank tests ---------------------------------------------------------------------------------------------------------


def signed_ranks(told: Printout) -> Iterator[Finding]:
    """One finding for each Z beside a P of the same pairs: whether one rank sum prints both."""
    for (group, pair), of in told.tests.items():
        for z in first_of_texts(of.get("wilcoxon_z", [])):
            for p in first_of_texts(of.get("wilcoxon_p", [])):
                having = told.sizes.having_values(group, *pair).at_least(1)
                judged = p_outside(p.printed) or signed_rank_judged(z.printed, p.printed, having.range)
                yield or_not_printed("z and p", [z.id, p.id], judged, having, z)


def first_of_texts(claims: Iterable[Claim]) -> list[Claim]:
    """The first claim of each text."""
    return list({claim.printed.text: claim for claim in reversed(list(claims))}.values())[::-1]
