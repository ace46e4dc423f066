"""Every check that applies to a printed record, without a solver: one finding a claim or a group of claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from recount.checks.claims_alone import claim_alone
from recount.checks.claims_of_tests import changes, chi_squared_tests, correlations, t_and_p
from recount.checks.claims_together import (
    Check,
    Printout,
    count_findings,
    moments,
    order_findings,
    percents,
    quartiles,
    repeats,
    signed_ranks,
)
from recount.checks.conventions import definitions, rounding_rules
from recount.checks.findings import IMPOSSIBLE, NOTE, Finding
from recount.checks.group_sizes import GroupSizes, patients_printed
from recount.record import MOST_CHECKED, Fault, Faults, Study

CHECKS: tuple[Check, ...] = (
    repeats,
    count_findings,
    percents,
    order_findings,
    quartiles,
    moments,
    signed_ranks,
    t_and_p,
    correlations,
    changes,
    chi_squared_tests,
    definitions,
    rounding_rules,
)
NO_PATIENTS = "not checked: the number of patients isn't printed"
COVERED = {
    "percent": {"percents"},
    "p25": {"quartiles"},
    "median": {"quartiles"},
    "p75": {"quartiles"},
    "mean": {"grimmer", "debit"},
    "sd": {"grimmer", "debit"},
}
"""For a statistic, the checks of several claims that, where they find nothing, leave nothing to ask of one alone."""


def check_record(study: Study) -> list[Finding]:
    """Every check that applies to a record, in the order of the claims; milliseconds, and no solver.

    How many patients there are is taken as given. A record that doesn't print it has one note. Raises Faults where
    it is above `MOST_CHECKED`.
    """
    patients = patients_printed(study)
    if patients is None:
        return [Finding("count", (), NOTE, NO_PATIENTS)]
    if patients.printed.value > MOST_CHECKED:
        rule = f"a record is checked up to {MOST_CHECKED:,} patients"
        remedy = "check what is printed of a part of them"
        raise Faults([Fault("claims.csv", patients.row, "printed", rule, patients.printed.text, remedy)])
    sizes = GroupSizes.of(study, int(patients.printed.value), study.claims)
    together = [found for check in CHECKS for found in check(Printout(study, sizes))]
    found = _minimal([*_alone_findings(study, sizes, together), *together])
    places = {claim.id: k for k, claim in enumerate(study.claims)}
    return sorted(found, key=lambda each: places[each.claims[0]])


def _alone_findings(study: Study, sizes: GroupSizes, together: list[Finding]) -> Iterator[Finding]:
    """The findings of single claims, but not of one of which a check of several claims says as much."""
    passed = {(found.check, id) for found in together if found.verdict != IMPOSSIBLE for id in found.claims}
    for claim in study.claims:
        if not any((check, claim.id) in passed for check in COVERED.get(claim.statistic, ())):
            found = claim_alone(claim, sizes)
            if found is not None:
                yield found


def _minimal(found: list[Finding]) -> list[Finding]:
    """The findings without those that are impossible for a part of their claims and rules already."""
    parts = [_statements(each) for each in found if each.verdict == IMPOSSIBLE]
    return [each for each in found if each.verdict != IMPOSSIBLE or not any(p < _statements(each) for p in parts)]


def _statements(found: Finding) -> frozenset[str]:
    return frozenset([*found.claims, *(f"rule {id}" for id in found.rules)])


def impossible_alone(study: Study) -> dict[str, str]:
    """The claims that nobody can satisfy, by id, each with why in numbers: a conflict of one without any search.

    Proofs, given just the number of patients and the steps, limits and `where` of the claim's own variables: for a
    population of unknown size, or a variable that only some have, no size there may be prints the number.
    """
    patients = patients_printed(study)
    if patients is None:
        return {}
    sizes = GroupSizes.of(study, int(patients.printed.value), ())
    found = ((claim.id, claim_alone(claim, sizes)) for claim in study.claims)
    return {id: one.why for id, one in found if one is not None and one.verdict == IMPOSSIBLE}


def why_in_numbers(study: Study, claims: Iterable[str]) -> str:
    """Why these claims, such as a minimal conflict's, can't all hold, in numbers; empty where no check can tell.

    The checks are run on a record that has these claims and its number of patients alone.
    """
    chosen, patients = set(claims), patients_printed(study)
    if patients is None:
        return ""
    kept = tuple(claim for claim in study.claims if claim.id in chosen or claim is patients)
    found = check_record(replace(study, claims=kept))
    whys = [one.why for one in found if one.verdict == IMPOSSIBLE and set(one.claims) <= chosen]
    return whys[0] if whys else ""
