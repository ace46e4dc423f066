"""What clinical papers print, imposed: against every table of a tiny record, of subgroups of open size too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recount.record.schema import CHECKED_ALONE, STATISTICS
from recount.record.study import patients_of
from recount.solver.constraints import ALONE, CONSTRAINTS, impose, why_checked_alone
from recount.solver.search import FOUND, NONE, ask
from recount.solver.unknowns import Unknowns

if TYPE_CHECKING:
    from tests.recount.conftest import Small

JOINTLY = [  # population|variable|statistic|printed|versus: some that tables of 4 patients have, and some that none has
    *(f"{p}|X|se|{v}" for p in ("ALL", "HIGH") for v in ("0", "0.29", "0.3", "0.48", "0.87", "1.00", ">0.5", "9")),
    *(f"{p}|H|se|{v}" for p in ("ALL", "A") for v in ("0", "0.1", "0.14", "0.25", "0.3")),
    *(f"{p}|X|sd_change|{v}|Z" for p in ("ALL", "HIGH") for v in ("0", "0.5", "0.58", "1.41", "2.12", "<0.4", "3.5")),
    *(f"{p}|X|mean_change|{v}|Z" for p in ("ALL", "HIGH") for v in ("0", "-0.75", "-1.5", "2.3", "0.33", "-4", "<-2")),
    *(f"A|Y|mean_change|{v}|W" for v in ("0", "0.13", "0.17", "0.2", "1.1", "-0.8")),
    *(
        f"{p}|X|percent_change|{v}|Z"
        for p in ("ALL", "HIGH")
        for v in ("0", "-100", "-50", "33", "14.3", "900", "-101")
    ),
    *(f"A|Y|percent_change|{v}|W" for v in ("100", "-33", "50.0", "41")),
]
COUNTED = [
    *(f"{p}|G|fisher_p|{v}|X >= 2" for p in ("ALL", "A") for v in ("0.333", "1", "0.5", "<0.05", ">0.4", "0.17")),
    *(f'{p}|G == "A"|chi2|{v}|X >= 2' for p in ("ALL", "HIGH") for v in ("4", "0", "0.44", "1.33", "5", "2.5")),
    *(f"ALL|G|chi2_p|{v}|X == 1" for v in ("0.046", "0.25", "1.00", "<0.01", "0.505")),
    *(
        f"ALL|X == 1|{end}|{v}"
        for end in ("percent_ci_low", "percent_ci_high")
        for v in ("0", "0.6", "6.8", "60.2", "93")
    ),
    *(f"HIGH|X == 3|percent_ci_low|{v}" for v in ("0", "1.3", "2.5", "29.2", "15.8", "40", "0.63")),
]

OF_X = [claim for claim in JOINTLY if "|X|" in claim]
PAIRS = [(a, b) for a in OF_X[::5] for b in OF_X[2::7]]


def answer(study) -> str:
    """Whether patients satisfy all claims."""
    u = Unknowns(study, patients_of(study), study.variables)
    impose(u, study.claims, study.rules)
    return ask(u, set(u.on)).status


@pytest.mark.parametrize("claim", JOINTLY)
def test_a_claim_is_imposed_as_trying_every_table_says(small: Small, claim: str) -> None:
    variables = "GYW" if "|Y|" in claim else "GH" if "|H|" in claim else "XZ" if claim.endswith("Z") else "X"
    study = small.record(variables, ["ALL||n|3" if "Z" in claim or "G" in variables else "ALL||n|4", claim])
    assert answer(study) == (FOUND if small.tables(study) else NONE)


@pytest.mark.parametrize("claim", COUNTED)
def test_a_claim_of_counts_is_imposed_as_trying_every_table_says(small: Small, claim: str) -> None:
    study = small.record("GX" if "G" in claim or "A|" in claim else "X", ["ALL||n|4", claim])
    assert answer(study) == (FOUND if small.tables(study) else NONE)


@pytest.mark.parametrize("pair", PAIRS)
def test_two_claims_are_imposed_jointly(small: Small, pair: tuple[str, str]) -> None:
    study = small.record("XZ", ["ALL||n|3", *pair])
    assert answer(study) == (FOUND if small.tables(study) else NONE)


@pytest.mark.parametrize("printed", ["0.5", "1", "1.4", "3", "4", ">2"])
@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("size", [5, 6, 7])
def test_the_interval_of_a_median_is_imposed(small: Small, end: str, size: int, printed: str) -> None:
    study = small.record("T", [f"ALL||n|{size}", f"ALL|T|median_ci_{end}|{printed}"])
    assert answer(study) == (FOUND if small.tables(study) else NONE)


@pytest.mark.parametrize("printed", ["0", "1", "0.4", ">1"])
@pytest.mark.parametrize("end", ["low", "high"])
def test_the_interval_of_a_median_is_imposed_on_a_group_of_open_size(small: Small, end: str, printed: str) -> None:
    """Of five or fewer there is none: a group of A has six or seven."""
    study = small.record("GT", ["ALL||n|7", f"A|T|median_ci_{end}|{printed}", "A||n|<7"])
    assert answer(study) == (FOUND if small.tables(study) else NONE)
    few = small.record("GT", ["ALL||n|7", f"A|T|median_ci_{end}|{printed}", "A||n|<6"])
    assert answer(few) == NONE and not small.tables(few)


def test_what_is_never_imposed_has_a_reason() -> None:
    assert set(ALONE) == set(CHECKED_ALONE)
    assert set(STATISTICS) - set(CONSTRAINTS) == {*CHECKED_ALONE, "stated"}


def test_more_tables_than_are_listed_are_checked_alone(small: Small) -> None:
    for size, listed in ((51, True), (52, False)):
        study = small.record("GX", [f"ALL||n|{size}", "ALL|G|fisher_p|0.03|X == 1"])
        assert (why_checked_alone(study, study.claims[1]) == "") == listed
        u = Unknowns(study, 3, study.variables)
        impose(u, study.claims[1:], study.rules)
        assert bool(u.on) == listed
