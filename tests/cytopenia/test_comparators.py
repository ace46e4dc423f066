"""Other series beside a cohort: as printed where they are printed, with their own exact intervals, never pooled."""

from pathlib import Path

import pandas as pd
import pytest

from cytopenia import comparators, efficacy
from cytopenia.inference import Proportion
from cytopenia.patients import Patients
from recount.record.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"
SERIES = {series.id: series for series in comparators.published()}


@pytest.fixture(scope="module")
def shown() -> pd.DataFrame:
    rows = [("a", "sITP", "CR"), ("b", "sITP", "NR"), ("c", "AIHA", "PR"), ("d", "IRP", None)]
    adsl = pd.DataFrame(rows, columns=["USUBJID", "DX", "RESP_M1"]).assign(ARM="BOTH DRUGS")
    patients = Patients(read_study(RECORD), {"ADSL": adsl})
    rates = efficacy.responses(patients, "RESP_M1", ["ALL", "sITP", "EVANS"], 0.9).rates
    return comparators.beside(patients, rates, "paper", comparators.published(), 0.9)


def test_every_series_has_a_source_and_a_count_that_can_be() -> None:
    assert len(SERIES) == len(comparators.published()) == 9
    for series in SERIES.values():
        assert series.source and series.endpoint and series.disease and 0 <= series.k <= series.n


@pytest.mark.parametrize(
    ("id", "printed"),
    [("jiang2015", [52.38 + 28.57]), ("barcellini2012", [82.6]), ("atra2022", [59])],
)
def test_counts_that_follow_from_printed_shares_print_them_again(id: str, printed: list[float]) -> None:
    series = SERIES[id]
    assert 100 * series.k / series.n == pytest.approx(printed[0], abs=0.5 if printed[0] == 59 else 0.06)
    for k in (series.k - 1, series.k + 1):
        assert 100 * k / series.n != pytest.approx(printed[0], abs=0.5)


def test_own_groups_come_first_with_their_own_intervals(shown: pd.DataFrame) -> None:
    own = shown[shown["OWN"]]
    assert own[["DISEASE", "K", "N"]].to_numpy().tolist() == [["All treated", 2, 4], ["sITP", 1, 2]], "all count"
    assert set(own["REGIMEN"]) == {"both drugs"} and set(own["ENDPOINT"]) == {"CR or PR, paper"}
    for _, row in shown.iterrows():
        band = Proportion(row["K"], row["N"]).interval(confidence=0.9)
        assert (row["LOW"], row["RATE"], row["HIGH"]) == (band.low, row["K"] / row["N"], band.high)


def test_nothing_is_pooled(shown: pd.DataFrame) -> None:
    assert len(shown) == 2 + len(SERIES) and not shown["LABEL"].str.contains("pool|total|all series", case=False).any()
    assert set(shown.loc[~shown["OWN"], "LABEL"]) == {series.label for series in SERIES.values()}


def test_the_sentence_names_the_ends_and_draws_no_conclusion(shown: pd.DataFrame) -> None:
    told = comparators.sentence(shown)
    assert told.startswith(
        "The shares of 9 other series run from 40.0% (Godeau 2008) to 85.7% (Yao 2022 and TANDEM 2014)."
    )
    assert "no row says that one treatment is better" in told


def test_result_rows_and_the_table_have_every_series() -> None:
    rows = comparators.series_rows(comparators.published())
    assert len(rows) == 4 * len(SERIES) and not rows.duplicated(["population", "variable", "statistic"]).any()
    page = comparators.table(comparators.published()).as_raw_html()
    assert all(series.source in page for series in SERIES.values()) and "10/13 (76.9%) episodes" in page
