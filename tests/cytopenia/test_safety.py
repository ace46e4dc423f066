"""Events, time at risk, rates, bounds and doses on a handful of made-up rows."""

import math
from pathlib import Path

import pandas as pd
import pytest

from cytopenia import safety
from cytopenia.exposure import read_regimen
from cytopenia.inference import Proportion, Rate
from cytopenia.schemas import day_of_month

PAPER = Path(__file__).parents[2] / "data/raw/paper"
PATIENTS = list("abcdef")


@pytest.fixture
def adae() -> pd.DataFrame:
    """Two patients with a lung infection each, one with two more events, and an event before treatment."""
    return pd.DataFrame(
        [
            ("a", "Lung infection", 100, 110, "Y", "MAINTENANCE", None, 2, 3, "v5.0", "route not stated"),
            ("b", "Lung infection", 40, None, "Y", "TAPER", 2, 2, 2, "v5.0", "oral drug"),
            ("b", "Headache", 5, 5, "Y", "INDUCTION", None, None, None, None, "no rule"),
            ("b", "Headache", 9, 9, None, None, None, None, None, None, "no rule"),
            ("c", "Headache", -3, -2, "N", "SCREENING", None, None, None, None, "no rule"),
        ],
        columns=[
            "USUBJID", "AEDECOD", "AESTDY", "AEENDY", "TRTEMFL", "EPOCH",
            "AETOXGR", "AETOXGRL", "AETOXGRH", "GRADEVER", "GRADEWHY",
        ],
    )  # fmt: skip


@pytest.fixture
def ends() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("a", "INDUCTION", "COMPLETED", 30),
            ("a", "MAINTENANCE", "COMPLETED", 335),
            ("a", "FOLLOW-UP", "DISEASE RELAPSE", 400),
            ("a", "FOLLOW-UP", "ONGOING", 700),
            ("b", "INDUCTION", "LACK OF EFFICACY", 30),
            ("c", "INDUCTION", "COMPLETED", 30),
            ("c", "FOLLOW-UP", "ONGOING", 30),
        ],
        columns=["USUBJID", "EPOCH", "DSDECOD", "DSSTDY"],
    )


# Terms -------------------------------------------------------------------------------------------


def test_a_term_counts_patients_once_and_leaves_out_what_began_before_treatment(adae: pd.DataFrame) -> None:
    found = safety.by_term(adae, 6).set_index("TERM")
    assert found[["EVENTS", "PATIENTS"]].to_dict("index") == {
        "Any event": {"EVENTS": 4, "PATIENTS": 2},
        "Lung infection": {"EVENTS": 2, "PATIENTS": 2},
        "Headache": {"EVENTS": 2, "PATIENTS": 1},
    }
    band = Proportion(1, 6).interval(confidence=0.9)
    headache = safety.by_term(adae, 6, 0.9).set_index("TERM").loc["Headache"]
    assert (headache["RATE"], headache["LOW"], headache["HIGH"]) == (1 / 6, band.low, band.high)


def test_term_rows_are_percentages_keyed_by_a_condition(adae: pd.DataFrame) -> None:
    rows = safety.term_rows(safety.by_term(adae, 6)).set_index(["variable", "statistic"])
    assert rows.loc[('AEDECOD == "Lung infection"', "count"), "value"] == 2
    assert rows.loc[('AEDECOD == "Lung infection"', "percent"), "value"] == pytest.approx(100 / 3)
    assert rows.loc[('AEDECOD != ""', "events"), "value"] == 4


def test_a_cohort_without_an_event_table_has_no_events_but_their_columns() -> None:
    assert safety.emergent(pd.DataFrame())["AEDECOD"].tolist() == []


def test_a_cohort_without_events_still_has_a_line_for_any(adae: pd.DataFrame) -> None:
    none = safety.by_term(adae.head(0), 6)
    assert none["TERM"].tolist() == [safety.ANY] and none["RATE"].tolist() == [0]


# Bounds ------------------------------------------------------------------------------------------


def test_bounds_are_one_sided_and_exact_with_and_without_a_case(adae: pd.DataFrame) -> None:
    kinds = [
        safety.Watched("LUNG", "Lung", ("LUNG INFECTION",), ""),
        safety.Watched("KIDNEY", "Kidney", ("RENAL FAILURE",), ""),
    ]
    seen, unseen = safety.unseen(adae, 6, kinds).to_dict("records")
    assert (seen["PATIENTS"], unseen["PATIENTS"]) == (2, 0)
    assert (1 - unseen["UPPER"]) ** 6 == pytest.approx(0.05)
    at_most_two = sum(math.comb(6, k) * seen["UPPER"] ** k * (1 - seen["UPPER"]) ** (6 - k) for k in range(3))
    assert at_most_two == pytest.approx(0.05)


def test_the_watched_events_are_upper_case_and_each_term_means_one_of_them() -> None:
    kinds = safety.watched()
    terms = [term for kind in kinds for term in kind.terms]
    assert len(kinds) == 4 and len(set(terms)) == len(terms)
    assert all(term == term.upper() and kind.place == "2.4" for kind in kinds for term in kind.terms)


# Time at risk ------------------------------------------------------------------------------------


def test_an_epoch_runs_from_the_end_of_the_one_before(ends: pd.DataFrame) -> None:
    found = safety.time_at_risk(PATIENTS, ends, pd.DataFrame())
    days = {(row.USUBJID, row.EPOCH): round(row.MONTHS * 30.4375) for row in found.itertuples()}
    assert days == {
        ("a", "INDUCTION"): 30,
        ("a", "MAINTENANCE"): 305,
        ("a", "FOLLOW-UP"): 365,  # to the last contact, a relapse or not
        ("b", "INDUCTION"): 30,
        ("c", "INDUCTION"): 30,  # a follow-up of no day isn't one
    }


def test_without_ds_the_time_runs_to_the_last_laboratory_day() -> None:
    adlb = pd.DataFrame({"USUBJID": ["a", "a", "b"], "ADY": [-1, 61, -1]})
    found = safety.time_at_risk(PATIENTS, None, adlb)
    assert found["USUBJID"].tolist() == ["a"] and found["EPOCH"].tolist() == [safety.WHOLE]
    assert found["MONTHS"].item() == pytest.approx(61 / 30.4375)


def test_rates_put_an_event_into_its_epoch_and_the_taper_into_maintenance(
    adae: pd.DataFrame, ends: pd.DataFrame
) -> None:
    time = safety.time_at_risk(PATIENTS, ends, pd.DataFrame())
    found = safety.rates(adae, time).set_index(["TERM", "EPOCH"])
    assert found.loc[("Lung infection", "MAINTENANCE"), "EVENTS"] == 2
    assert found.loc[(safety.ANY, "ALL"), "EVENTS"] == 4  # one of them in no epoch
    assert found.loc[(safety.ANY, "INDUCTION"), "EVENTS"] == 1
    band = Rate(2, 305 / 30.4375).interval()
    assert found.loc[("Lung infection", "MAINTENANCE"), ["LOW", "HIGH"]].tolist() == pytest.approx(
        [band.low, band.high]
    )
    rows = safety.rate_rows(found.reset_index()).set_index(["variable", "versus", "statistic"])
    assert rows.loc[('AEDECOD != ""', "", "patient_months"), "value"] == pytest.approx(760 / 30.4375)


# Doses -------------------------------------------------------------------------------------------


def test_the_plan_is_counted_from_the_regimen() -> None:
    """4 infusions, 2 injections, 30 days by mouth, three weekly steps of 0.25 below 1, 5 infusions."""
    plan = safety.exposure(ex(), read_regimen(PAPER / "regimen.csv")).set_index(["DRUG", "EPOCH"])
    assert plan["PLANNED"].to_dict() == {
        ("RITUXIMAB", "INDUCTION"): 4,
        ("BORTEZOMIB", "INDUCTION"): 2,
        ("PREDNISONE", "INDUCTION"): 30,
        ("PREDNISONE", "TAPER"): 21,
        ("RITUXIMAB", "MAINTENANCE"): 5,
    }


def ex() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("a", "Rituximab", "INTRAVENOUS DRIP", 1, None, "INDUCTION"),
            ("a", "RITUXIMAB", "INTRAVENOUS DRIP", 8, 8, "INDUCTION"),
            ("b", "RITUXIMAB", "INTRAVENOUS DRIP", 1, 1, "INDUCTION"),
            ("a", "PREDNISONE", "ORAL", 1, 30, "INDUCTION"),
            ("a", "RITUXIMAB", "INTRAVENOUS DRIP", day_of_month(3), None, "MAINTENANCE"),
        ],
        columns=["USUBJID", "EXTRT", "EXROUTE", "EXSTDY", "EXENDY", "EPOCH"],
    )


def test_doses_by_mouth_are_one_a_day_and_any_other_row_is_one() -> None:
    given = safety.doses_given(ex()).set_index(["USUBJID", "DRUG", "EPOCH"])["DOSES"].to_dict()
    assert given == {
        ("a", "RITUXIMAB", "INDUCTION"): 2,
        ("b", "RITUXIMAB", "INDUCTION"): 1,
        ("a", "PREDNISONE", "INDUCTION"): 30,
        ("a", "RITUXIMAB", "MAINTENANCE"): 1,
    }
    found = safety.exposure(ex(), read_regimen(PAPER / "regimen.csv")).set_index(["DRUG", "EPOCH"])
    rituximab = found.loc[("RITUXIMAB", "INDUCTION")]
    assert rituximab[["PATIENTS", "MEDIAN", "LOW", "HIGH"]].tolist() == [2, 1.5, 1, 2]
    assert found.loc[("BORTEZOMIB", "INDUCTION"), "PATIENTS"] == 0
    rows = safety.exposure_rows(found.reset_index())
    assert not ((rows["variable"] == 'EXTRT == "BORTEZOMIB"') & (rows["statistic"] == "median")).any()
