"""Conventions of a whole record: which definitions of quantiles, and which roundings, print all its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from recount.checks.claims_together import Printout, exact_quartiles
from recount.checks.findings import NOTE, POSSIBLE, Finding, listed, plain_text
from recount.checks.one_number import Grid
from recount.checks.quantile_fits import PLACES, fitting_definitions
from recount.checks.quantiles import DEFINITIONS, position
from recount.record import ROUNDINGS, Claim


def definitions(told: Printout) -> Iterator[Finding]:
    """One finding for all groups with printed quartiles and size: which one definition can print them all."""
    fitting: dict[str, tuple[str, ...]] = {}
    ids: list[str] = []
    for (group, name), of in told.summaries.items():
        texts, having = exact_quartiles(of), told.sizes.having_values(group, name)
        if not texts or not having.printed or not having.known or not having.low:
            continue
        grid = Grid.of(told.study.variables[name])
        numbers = tuple((statistic, claim.printed) for statistic, claim in texts.items())
        try:
            fits = fitting_definitions(having.low, grid.step, numbers, grid.low, grid.high)
        except ValueError:
            continue  # its own finding says that these aren't looked at
        first = next(iter(texts.values()))
        fitting[f"{name} in {first.population}"] = fits
        ids += [claim.id for claim in texts.values()]
    if len(fitting) > 1:
        yield _one_for_all(fitting, ids, told.study.settings["quantile"])


def _one_for_all(fitting: dict[str, tuple[str, ...]], ids: list[str], own: str) -> Finding:
    every = [name for name in DEFINITIONS if all(name in fits for fits in fitting.values())]
    of = f"quartiles of {len(fitting)} groups"
    if every:
        verdict = POSSIBLE if own in every else NOTE
        aside = "" if own in every else f", not {own}, the record's own"
        return Finding("definitions", tuple(ids), verdict, f"{of}: {listed(every, 12)} can print all{aside}")
    most = max(DEFINITIONS, key=lambda name: sum(name in fits for fits in fitting.values()))
    missed = [group for group, fits in fitting.items() if most not in fits]
    return Finding(
        "definitions", tuple(ids), NOTE, f"{of}: no definition prints all; {most} all but {listed(missed, 3)}"
    )


@dataclass(frozen=True)
class Fixed:
    """A printed number whose value is known exactly, with the claims on sizes by which it is."""

    claim: Claim
    value: Fraction
    used: tuple[str, ...]

    @property
    def roundings(self) -> tuple[str, ...]:
        """The rules of rounding that print it."""
        return self.claim.printed.rounding(self.value)


def rounding_rules(told: Printout) -> Iterator[Finding]:
    """One finding for each number that rounding half up doesn't print, and one for all whose exact values are known."""
    known = [
        each for each in (_fixed_value(claim, told) for claim in told.claims) if each is not None and each.roundings
    ]
    for each in known:
        if "half-up" not in each.roundings:
            why = (
                f"{each.claim.printed} is {plain_text(each.value)}: {listed(each.roundings)} print it, half-up doesn't"
            )
            yield Finding("rounding", (each.claim.id, *each.used), NOTE, why)
    deciding = [each for each in known if len(each.roundings) < len(ROUNDINGS)]
    if deciding:
        every = [how for how in ROUNDINGS if all(how in each.roundings for each in deciding)]
        counts = listed(f"{how} {sum(how in each.roundings for each in known)}" for how in ROUNDINGS)
        told_ = f"{listed(every)} print{'s' * (len(every) == 1)} all" if every else "no one rule prints all"
        why = f"of {len(known)} numbers whose value is fixed {told_} ({counts})"
        ids = tuple(each.claim.id for each in deciding)
        yield Finding("roundings", ids, POSSIBLE if "half-up" in every else NOTE, why)


def _fixed_value(claim: Claim, told: Printout) -> Fixed | None:
    """The exact value that counts, or steps and size, leave of a printed number; None where they leave several."""
    if claim.printed.relation != "=":
        return None
    if claim.statistic == "percent":
        return _percent(claim, told)
    if claim.statistic == "mean" or claim.statistic in PLACES:
        return _on_grid(claim, told)
    return None


def _percent(claim: Claim, told: Printout) -> Fixed | None:
    whole = told.sizes.size_of(told.sizes.population(claim.population))
    part = told.sizes.size_of(told.sizes.group_counted(claim))
    if not (whole.known and part.known and whole.printed and part.printed and part.claims and whole.low):
        return None
    return Fixed(claim, Fraction(100 * part.low, whole.low), part.claims + whole.claims)


def _on_grid(claim: Claim, told: Printout) -> Fixed | None:
    """The one value that a mean or quartile of so many values in whole steps can have within half a unit."""
    having = told.sizes.having_values(told.sizes.population(claim.population), claim.variable)
    if not having.known or not having.printed or not having.low:
        return None
    grid = Grid.of(told.study.variables[claim.variable])
    if claim.statistic == "mean":
        parts = having.low
    else:
        definition = told.study.settings["quantile"]
        parts = position(having.low, PLACES[claim.statistic], definition)[2].denominator
    unit, (low, high) = grid.step / parts, claim.printed.interval
    assert low is not None and high is not None
    first, last = ceil(low / unit), floor(high / unit)
    return Fixed(claim, first * unit, having.claims) if first == last else None
