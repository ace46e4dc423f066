"""An interquartile range and a range told as one number: imposed exactly, against every table of a tiny record."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from recount.record.study import patients_of
from recount.solver.constraints import impose
from recount.solver.search import FOUND, NONE, ask
from recount.solver.unknowns import Unknowns
from recount.verify.verifier import statistic

if TYPE_CHECKING:
    from tests.recount.conftest import Small

DEFINITIONS = ("haverage", "tukey", "hf2", "hf6", "hf7")


@pytest.mark.parametrize("quantile", DEFINITIONS)
@pytest.mark.parametrize("name", ["iqr", "range"])
@pytest.mark.parametrize("printed", ["0", "0.5", "0.75", "1", "1.5", "2", "3", "4", "<1", ">2"])
@pytest.mark.parametrize("population", ["ALL", "HIGH"])
def test_widths_are_imposed_as_trying_every_table_says(
    small: Small, population: str, printed: str, name: str, quantile: str
) -> None:
    claims = ["ALL||n|4|", f"{population}|X|{name}|{printed}|"]
    study = small.record("X", claims, quantile=quantile)
    u = Unknowns(study, patients_of(study), study.variables)
    impose(u, study.claims, study.rules)
    assert ask(u, set(u.on)).status == (FOUND if small.tables(study) else NONE)


@pytest.mark.parametrize("name", ["iqr", "range"])
def test_an_impossible_width_leaves_the_rest_feasible(small: Small, name: str) -> None:
    study = small.record("X", ["ALL||n|4|", f"ALL|X|{name}|9|"])
    u = Unknowns(study, patients_of(study), study.variables)
    impose(u, study.claims, study.rules)
    others = set(u.on) - {("claim", "c1")}
    assert ask(u, others).status == FOUND
    assert ask(u, set(u.on)).status == NONE


def test_widths_are_those_of_the_quartiles_by_hand(small: Small) -> None:
    """By (n + 1)p the quartiles of 0, 1, 2, 3 stand at 1.25 and 3.75: 0.25 and 2.75."""
    study = small.record("X", ["ALL||n|4|", "ALL|X|iqr|2.5|", "ALL|X|range|3|"])
    table = pd.DataFrame({"X": [Fraction(k) for k in range(4)]}, dtype=object)
    assert [statistic(c, table, study).value for c in study.claims[1:]] == [Fraction(5, 2), 3]
