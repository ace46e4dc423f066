"""A claim that nobody can satisfy forbids nobody while it isn't imposed, of whomever it is and whatever is printed."""

from __future__ import annotations

import itertools

import pytest

from recount.record.schema import Study
from recount.solver.constraints import CONSTRAINTS, impose
from recount.solver.quantities import QUANTITIES
from recount.solver.search import FOUND, NONE, ask
from recount.solver.unknowns import Unknowns

HUGE = ("13", "99999999999.99")
NEGATIVE = ("-13", "-99999999999.99")
IMPOSSIBLE = {  # what is asked about, and prints that no patients have
    "n": ("", "", ("99999999999", "-3")),
    "count": ("X == 1", "", ("13", "99999999999", "-3")),
    "percent": ("X == 1", "", ("101", "99999999999.99", "-3")),
    "ratio": ("", "HIGH", ("9:1", "99999999:1")),
    "value": ("X", "", (*HUGE, *NEGATIVE)),
    "min": ("X", "", (*HUGE, *NEGATIVE)),
    "max": ("X", "", (*HUGE, *NEGATIVE)),
    "median": ("X", "", (*HUGE, *NEGATIVE)),
    "p25": ("X", "", (*HUGE, *NEGATIVE)),
    "p75": ("X", "", (*HUGE, *NEGATIVE)),
    "iqr": ("X", "", (*HUGE, *NEGATIVE)),
    "range": ("X", "", (*HUGE, *NEGATIVE)),
    "mean": ("X", "", (*HUGE, *NEGATIVE)),
    "sd": ("X", "", (*HUGE, *NEGATIVE)),
    "se": ("X", "", (*HUGE, *NEGATIVE)),
    "sd_change": ("X", "Z", (*HUGE, *NEGATIVE)),
    "mean_change": ("X", "Z", (*HUGE, *NEGATIVE)),
    "percent_change": ("X", "Z", ("1301", "-101", "99999999999.99", "-99999999999.99")),
    "median_ci_low": ("X", "", (*HUGE, "1")),
    "median_ci_high": ("X", "", (*HUGE, "1")),
    "percent_ci_low": ("X == 1", "", ("40.1", "101", "99999999999.99", "-3")),
    "percent_ci_high": ("X == 1", "", ("20.1", "101", "99999999999.99", "-3")),
    "chi2": ("G", "X == 1", ("4.1", "99999999999.99", "-3")),
    "chi2_p": ("G", "X == 1", ("0.04", "2.5", "-3")),
    "fisher_p": ("G", "X == 1", ("0.1", "2.5", "-3")),
    "paired_t": ("X", "Z", HUGE),
    "paired_p": ("X", "Z", (">1", "2.5")),
    "wilcoxon_z": ("X", "Z", HUGE),
    "wilcoxon_p": ("X", "Z", ("<0.00000000000000001", "2.5", "0.0000000")),
}
POPULATIONS = ("ALL", "HIGH", "A")
CASES = [
    (population, kind, printed)
    for population, (kind, (_, _, prints)) in itertools.product(POPULATIONS, IMPOSSIBLE.items())
    for printed in prints
]


def claimed(small, population: str, kind: str, printed: str) -> Study:
    about, versus, _ = IMPOSSIBLE[kind]
    return small.record("GXZ", ["ALL||n|4", f"{population}|{about}|{kind}|{printed}|{versus}"])


def test_every_kind_of_claim_has_an_impossible_print() -> None:
    assert set(IMPOSSIBLE) == set(CONSTRAINTS)
    assert set(QUANTITIES) - set(CONSTRAINTS) == {"shift", "sum"}, "asked about, never printed"


@pytest.mark.parametrize(("population", "kind", "printed"), CASES)
def test_an_impossible_print_is_a_conflict_by_itself(small, population: str, kind: str, printed: str) -> None:
    study = claimed(small, population, kind, printed)
    for relaxed in (False, True) if kind.startswith("wilcoxon") else (False,):
        u = Unknowns(study, 4, study.variables, by="X", alike=[range(4)], relaxed=relaxed)
        impose(u, study.claims[1:], study.rules)
        (claim,) = u.on
        assert ask(u, []).status == FOUND
        assert relaxed or ask(u, [claim]).status == NONE


@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_whoever_the_patients_are_they_are_let_through_beside_an_impossible_print(small, kind: str) -> None:
    study = claimed(small, "ALL", kind, IMPOSSIBLE[kind][2][0])
    u = Unknowns(study, 4, study.variables)
    impose(u, study.claims[1:], study.rules)
    for row in itertools.combinations_with_replacement(itertools.product((0, 3), (0, 2, 3)), 4):
        forked = u.forked()
        for i, codes in enumerate(row):
            for name, code in zip("XZ", codes, strict=True):
                forked.cp.add(forked.x[i, name] == code)
        assert ask(forked, []).status == FOUND, row
