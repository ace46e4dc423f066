"""The ledger: the audit's verdicts for a printed record, the rows' for somebody's own claims, both beside the rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from recount.record.schema import Study
from recount.record.study import read_study
from recount.results.ledger import COLUMNS, RANGE, gravest_first, ledger, without_repeats

VARIABLES = """name,kind,unit,step,low,high,levels,description
AGE,integer,years,1,0,120,,Age
BMI,decimal,kg/m2,0.1,10,60,,Body mass
"""
CLAIMS = """id,place,population,variable,statistic,printed,versus,description
a,T1,ALL,AGE,mean,20,,Mean age
b,T1,ALL,AGE,max,30,,Oldest
c,T1,ALL,BMI,mean,20.0,,Mean body mass
"""
PATIENTS = pd.DataFrame({"AGE": ["10", "31"]})
RESULTS = pd.DataFrame(
    [("ALL", "AGE", "", "max", "02_b"), ("ALL", "AGE", "", "max", "01_a"), ("ALL", "AGE", "", "min", "01_a")],
    columns=["population", "variable", "versus", "statistic", "notebook"],
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "variables.csv").write_text(VARIABLES)
    (tmp_path / "claims.csv").write_text(CLAIMS)
    (tmp_path / "populations.csv").write_text("name,where,description\nALL,,all\n")
    (tmp_path / "rules.csv").write_text("id,place,rule,description\n")
    return read_study(tmp_path)


def audited(*verdicts: str) -> pd.DataFrame:
    """An audit with these verdicts on a, b, c."""
    frame = pd.DataFrame({"id": list("abc"), "verdict": verdicts, "why": "because"})
    return frame.assign(**{name: f"its {name}" for name in RANGE}, recomputed="the solver's", rounding="none")


def test_without_an_audit_the_rows_decide(study: Study) -> None:
    found = ledger(study, study.claims, PATIENTS, RESULTS)
    assert tuple(found.columns) == COLUMNS
    assert found["verdict"].tolist() == ["reproduced", "differs", "not derivable"]
    assert found["why"].tolist() == ["", "the rows give 31", "the rows have no BMI"]
    assert set(found["low"]) == {""}


def test_with_an_audit_its_verdicts_and_ranges_stand_beside_the_rows(study: Study) -> None:
    found = ledger(study, study.claims, PATIENTS, RESULTS, audited("follows", "contradicted", "not checkable"))
    assert found["verdict"].tolist() == ["follows", "contradicted", "not checkable"]
    assert found[list(RANGE)].to_numpy().tolist() == [[f"its {name}" for name in RANGE]] * 3
    assert found["recomputed"].tolist() == ["20.5", "31", ""]
    assert found["notebook"].tolist() == ["", "01_a, 02_b", ""]


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        ("follows", "because; but these rows give 31"),
        ("attainable", "because; but these rows give 31"),
        ("contradicted", "because"),
        ("attainable by truncation", "because"),
        ("not checkable", "because"),
    ],
)
def test_rows_that_ought_to_print_a_claim_and_do_not_are_told(study: Study, verdict: str, why: str) -> None:
    found = ledger(study, study.claims, PATIENTS, RESULTS, audited("follows", verdict, "follows"))
    assert found["why"][1] == why
    assert found["why"][2] == "because; but these rows give nothing"


def test_half_a_unit_up_is_still_the_printed_number(study: Study) -> None:
    found = ledger(study, study.claims, PATIENTS, RESULTS, audited("follows", "follows", "follows"))
    assert (found["why"][0], found["rounding"][0]) == ("because", "half-even|half-down|truncate")


def test_a_claim_that_the_audit_lacks_is_an_error(study: Study) -> None:
    with pytest.raises(KeyError, match="c"):
        ledger(study, study.claims, PATIENTS, RESULTS, audited("follows", "follows", "follows").iloc[:2])


def test_the_gravest_come_first_and_keep_their_order() -> None:
    table = pd.DataFrame({"id": list("abcd"), "verdict": ["follows", "attainable", "contradicted", "attainable"]})
    assert gravest_first(table)["id"].tolist() == ["c", "b", "d", "a"]


def test_what_is_printed_twice_the_same_way_is_one_line() -> None:
    key = {"population": "ALL", "variable": "AGE", "versus": "", "statistic": "max"}
    table = pd.DataFrame([key | {"id": id, "printed": p} for id, p in (("a", "5"), ("b", "5.0"), ("c", "5"))])
    assert without_repeats(table)[["id", "times", "ids"]].to_numpy().tolist() == [["a", 2, "a c"], ["b", 1, "b"]]
