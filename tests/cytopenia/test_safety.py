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
        safety.Watched("LUNG", "Lung", 'AEDECOD in ("LUNG INFECTION", "PNEUMONIA")', ""),
        safety.Watched("KIDNEY", "Kidney", 'AEDECOD == "RENAL FAILURE"', ""),
        safety.Watched("LIFE", "Life", 'AESLIFE == "Y" or AEOUT == "FATAL"', ""),  # columns that didn't come
    ]
    found = safety.unseen(adae, 6, 20, kinds)
    seen, unseen, life = found.to_dict("records")
    assert (seen["PATIENTS"], unseen["PATIENTS"], life["PATIENTS"]) == (2, 0, 0)
    assert (1 - unseen["UPPER"]) ** 6 == pytest.approx(0.05)
    at_most_two = sum(math.comb(6, k) * seen["UPPER"] ** k * (1 - seen["UPPER"]) ** (6 - k) for k in range(3))
    assert at_most_two == pytest.approx(0.05)
    assert math.exp(-20 * unseen["UPPER_RATE"]) == pytest.approx(0.05)  # no event of a Poisson in 20 months
    mean = 20 * seen["UPPER_RATE"]
    assert math.exp(-mean) * (1 + mean + mean**2 / 2) == pytest.approx(0.05)
    rows = safety.unseen_rows(found).set_index(["variable", "statistic"])["value"]
    assert rows['AE_KIDNEY == "Y"', "upper_rate"] == unseen["UPPER_RATE"]


def test_a_bound_for_time_needs_time(adae: pd.DataFrame) -> None:
    found = safety.unseen(adae.head(0), 6, 0, safety.watched())
    assert found["UPPER_RATE"].isna().all() and found["UPPER"].nunique() == 1


@pytest.mark.parametrize(
    ("event", "kinds"),
    [
        ({"AEDECOD": "Neutrophil count decreased"}, ["NEUTROPENIA"]),
        ({"AEDECOD": "Shingles", "AESLIFE": "N"}, ["ZOSTER"]),
        ({"AEDECOD": "Lung infection", "AEOUT": "FATAL"}, ["LIFE"]),
        ({"AEDECOD": "Acute kidney injury", "AESLIFE": "Y"}, ["KIDNEY", "LIFE"]),
        ({"AEDECOD": "Headache"}, []),
    ],
)
def test_what_is_watched_for_is_found_by_its_rule(event: dict[str, str], kinds: list[str]) -> None:
    frame = pd.DataFrame([{"USUBJID": "a", "AESTDY": 5, "TRTEMFL": "Y", "AESLIFE": None, "AEOUT": None} | event])
    found = safety.unseen(frame, 6, 10, safety.watched())
    assert found.loc[found["PATIENTS"] > 0, "NAME"].tolist() == kinds


def test_what_the_paper_says_it_did_not_see_has_its_place() -> None:
    places = {kind.name: kind.place for kind in safety.watched()}
    printed = ("NEUROPATHY", "NEUTROPENIA", "LIVER", "KIDNEY")
    assert {name: place for name, place in places.items() if place} == dict.fromkeys(printed, "2.4") | {"LIFE": "3"}
    terms = [text for kind in safety.watched() for text in kind.rule.split('"')[1::2]]
    assert len(set(terms)) == len(terms) and all(text == text.upper() for text in terms)


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


def test_a_first_event_ends_the_time_at_risk_for_it(adae: pd.DataFrame, ends: pd.DataFrame) -> None:
    time = safety.time_at_risk(PATIENTS, ends, pd.DataFrame())
    found = safety.first_rates(adae, time).set_index("TERM")
    days = {"a": 700, "b": 30, "c": 30}  # b's events after its last day don't lengthen its time
    assert found.loc["Lung infection", "MONTHS"] == pytest.approx((100 + days["b"] + days["c"]) / 30.4375)
    assert found.loc["Headache", "MONTHS"] == pytest.approx((days["a"] + 5 + days["c"]) / 30.4375)
    assert found["PATIENTS"].to_dict() == {"Any event": 2, "Headache": 1, "Lung infection": 2}
    band = Rate(1, 735 / 30.4375).interval(0.9)
    assert safety.first_rates(adae, time, 0.9).set_index("TERM").loc["Headache", "HIGH"] == pytest.approx(band.high)
    rows = safety.first_rate_rows(found.reset_index()).set_index(["variable", "statistic"])
    assert rows.loc[('AEDECOD == "Headache"', "months_to_first"), "value"] == pytest.approx(735 / 30.4375)


def test_an_event_on_an_unknown_day_counts_at_the_end_of_the_time(ends: pd.DataFrame) -> None:
    event = {"USUBJID": "b", "AEDECOD": "Headache", "AESTDY": pd.NA, "TRTEMFL": None}
    frame = pd.DataFrame([event]).astype({"AESTDY": "Int64"})
    time = safety.time_at_risk(PATIENTS, ends, pd.DataFrame())
    found = safety.first_rates(frame, time).set_index("TERM")
    assert found.loc["Headache", ["PATIENTS", "MONTHS"]].tolist() == [1, pytest.approx(760 / 30.4375)]


# Infections beside IgG ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "body", "is_one"),
    [
        ("Urinary tract infection", None, True),
        ("Pneumonia", None, True),
        ("Sepsis", None, True),
        ("Headache", None, False),
        ("Infusion related reaction", None, False),
        ("Bronchitis", "Infections and infestations", True),
        ("Bronchitis", None, False),  # nothing says so
        ("Infusion site infection", "General disorders", False),  # the class is asked first
    ],
)
def test_an_infection_is_told_by_its_class_or_its_name(term: str, body: str | None, is_one: bool) -> None:
    event = {"USUBJID": "a", "AEDECOD": term, "AESTDY": 5, "TRTEMFL": "Y"}
    frame = pd.DataFrame([event | ({"AEBODSYS": body} if body else {})])
    assert len(safety.infections(frame)) == is_one


def igg_values() -> pd.DataFrame:
    rows = [
        ("a", -1, 12.0, "Y"),
        ("a", 30, 6.5, None),
        ("a", 100, 6.0, None),  # on the day of a's infection
        ("a", 160, 9.0, None),
        ("b", -1, 5.0, "Y"),
        ("c", 30, 8.0, None),
        ("c", 90, None, None),
    ]
    frame = pd.DataFrame(rows, columns=["USUBJID", "ADY", "AVAL", "ABLFL"]).assign(PARAMCD="IGG")
    return frame.astype({"ADY": "Int64"})


def test_igg_stands_beside_the_infections_of_each_patient(adae: pd.DataFrame) -> None:
    events = pd.concat([adae, adae.head(1).assign(AESTDY=300)])
    found = safety.igg_and_infections(igg_values(), events)
    assert found["USUBJID"].tolist() == ["b", "a", "c"]  # lowest first
    lines = found.set_index("USUBJID").astype(object).where(found.set_index("USUBJID").notna(), None)
    assert lines.loc["a"].tolist() == [12.0, 6.0, 9.0, 2, 100, 6.0, 100]
    assert lines.loc["b"].tolist() == [5.0, None, None, 1, 40, 5.0, -1]
    assert lines.loc["c"].tolist() == [None, 8.0, 8.0, 0, None, None, None]
    rows = safety.igg_rows(found, 7).set_index("variable")
    assert rows["value"].to_dict() == {
        "IGG_LOWEST < 7 and INFECTIONS > 0": 1,
        "IGG_LOWEST < 7 and INFECTIONS == 0": 0,
        "IGG_LOWEST >= 7 and INFECTIONS > 0": 0,
        "IGG_LOWEST >= 7 and INFECTIONS == 0": 1,
    }
    assert set(rows["n"]) == {2}


@pytest.mark.parametrize(("value", "low"), [(6.99, 1), (7.0, 0)])
def test_igg_at_the_limit_is_not_below_it(value: float, low: int) -> None:
    found = safety.igg_and_infections(igg_values().assign(AVAL=value), pd.DataFrame())
    rows = safety.igg_rows(found, 7).set_index("variable")["value"]
    assert rows["IGG_LOWEST < 7 and INFECTIONS == 0"] == 2 * low


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
