"""Summaries against the solver-free verifier, hand-made tables, and numpy's own quantile conventions."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cytopenia import inference, summaries
from cytopenia.summaries import Comparison
from recount.checks import quantiles
from recount.record.schema import Study, Variable
from recount.record.study import read_study
from recount.verify import verifier as verify

PAPER = Path(__file__).parents[2] / "data/raw/paper"
CD19 = Comparison("COMPLETER", "CD19_BL", "CD19_EOT", "wilcoxon")
IGG = Comparison("COMPLETER", "IGG_BL", "IGG_EOT", "paired t")


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(PAPER)


def drawn(variable: Variable, rng: np.random.Generator, n: int) -> list[object]:
    """A value a patient: a level, or a multiple of the step in the lowest tenth of the range, for ties."""
    if variable.kind == "category":
        return list(rng.choice(variable.levels, n))
    low, high, step = variable.low or 0, variable.high or 1, variable.step or 1
    steps = max(int((high - low) / step) // 10, 1)
    return [float(low + int(k) * step) for k in rng.integers(0, steps + 1, n)]


def patients(study: Study, seed: int, n: int = 24) -> pd.DataFrame:
    """A table with every variable, not a plausible one: only the missing values follow the study."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"USUBJID": [f"P{k:02}" for k in range(n)]})
    for name, variable in study.variables.items():
        frame[name] = drawn(variable, rng, n)
        if variable.where is not None:
            frame.loc[~summaries.evaluate(variable.where, frame), name] = np.nan
    return frame


@pytest.fixture(scope="module")
def adsl(study: Study) -> pd.DataFrame:
    return patients(study, 7)


def keyed(rows: pd.DataFrame) -> dict[tuple[str, ...], object]:
    return {tuple(row[:4]): row[4] for row in rows.itertuples(index=False)}


# Claims ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_claim_comes_out_as_the_verifier_has_it(study: Study, seed: int) -> None:
    frame = patients(study, seed)
    found = keyed(summaries.claimed(study, frame))
    compared = 0
    for claim in study.claims:
        other = verify.statistic(claim, frame, study).value
        mine = found.get((claim.population, claim.variable, claim.versus, claim.statistic))
        if other is not None and mine is not None:
            assert mine == pytest.approx(float(other), abs=1e-9), claim
            compared += 1
        elif claim.statistic not in ("stated", "value"):
            assert other is None and mine is None, claim
    assert compared > len(study.claims) * 0.6


def test_a_result_row_has_a_key_a_unit_and_its_number_of_patients(study: Study, adsl: pd.DataFrame) -> None:
    rows = summaries.claimed(study, adsl).set_index(["population", "variable", "versus", "statistic"])
    assert rows.index.is_unique
    completers = int(adsl["RESP_EOT"].isin(["CR", "PR"]).sum())
    z = rows.loc[("COMPLETER", "CD19_BL", "CD19_EOT", "wilcoxon_z")]
    assert (z["unit"], z["n"], z["source"]) == ("", completers, "cytopenia.summaries.claimed")
    assert rows.loc[("COMPLETER", "IGG_EOT", "", "sd"), "unit"] == "g/L"
    assert rows.loc[("ALL", 'RESP_M1 in ("CR", "PR")', "", "percent"), "unit"] == "%"
    assert rows.loc[("ALL", "", "", "n"), "value"] == 24


def test_text_from_a_file_and_typed_columns_give_the_same_results(study: Study, adsl: pd.DataFrame) -> None:
    as_text = adsl.astype(object).map(lambda value: "" if pd.isna(value) else str(value))
    pd.testing.assert_frame_equal(summaries.claimed(study, as_text), summaries.claimed(study, adsl))


def test_a_cohort_without_a_variable_has_no_row_for_it_but_counts_nobody(study: Study, adsl: pd.DataFrame) -> None:
    found = keyed(summaries.claimed(study, adsl.drop(columns=["RESP_EOT", "AE_UTI"])))
    assert ("COMPLETER", "CD19_BL", "CD19_EOT", "wilcoxon_z") not in found
    assert found[("COMPLETER", "", "", "n")] == 0
    assert found[("ALL", "", "", "n")] == 24


@pytest.mark.parametrize(
    "sign, factor", [("either", abs), ("before-after", lambda t: t), ("after-before", lambda t: -t)]
)
def test_the_sign_of_t_is_the_studys_convention(study: Study, adsl: pd.DataFrame, sign: str, factor) -> None:
    claims = [claim for claim in study.claims if claim.statistic == "paired_t"]
    settled = Study(study.folder, study.variables, study.populations, (), (), study.settings | {"paired_t_sign": sign})
    rises = summaries.pairs(study, adsl, IGG)["CHANGE"]
    t = keyed(summaries.claimed(settled, adsl, claims))[("COMPLETER", "IGG_BL", "IGG_EOT", "paired_t")]
    assert t == pytest.approx(factor(inference.paired_t(-rises).t))


# Quantiles ---------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=14),
    st.sampled_from([0.25, 0.5, 0.75]),
    st.sampled_from([*sorted(summaries.QUANTILES), "tukey"]),
)
def test_quantiles_agree_with_the_exact_ones_in_every_convention(values: list[int], p: float, name: str) -> None:
    exact = quantiles.quantile([quantiles.Fraction(value) for value in values], quantiles.Fraction(str(p)), name)
    assert summaries.quantile(values, p, name) == pytest.approx(float(exact))


def test_a_quantile_leaves_missing_values_out_and_nobody_has_none() -> None:
    assert summaries.quantile([1, None, 3, math.nan], 0.5) == 2
    assert math.isnan(summaries.quantile([], 0.5))


# Before and after --------------------------------------------------------------------------------


def test_comparisons_are_those_with_a_printed_test_each_once(study: Study) -> None:
    found = summaries.comparisons(study)
    tests = [c for c in study.claims if c.statistic in ("wilcoxon_z", "paired_t") and c.place.startswith("Table")]
    assert [(one.before, one.after) for one in found] == [(c.variable, c.versus) for c in tests]
    assert CD19 in found and IGG in found


def test_the_printed_convention_covers_every_claim_of_both_tables(study: Study, adsl: pd.DataFrame) -> None:
    found = keyed(summaries.printed_convention(study, adsl, summaries.comparisons(study)))
    claims = [claim for claim in study.claims if claim.place in ("Table 2", "Table 3")]
    assert {(c.population, c.variable, c.versus, c.statistic) for c in claims} <= set(found)
    assert found[("COMPLETER", "IGG_BL", "IGG_EOT", "pairs")] == found[("COMPLETER", "", "", "n")]


def few(before: list[object], after: list[object]) -> pd.DataFrame:
    n = len(before)
    columns = {
        "USUBJID": [f"P{k}" for k in range(n)],
        "RESP_EOT": ["CR"] * n,
        "IGG_BL": before,
        "IGG_EOT": after,
    }
    return pd.DataFrame(columns)


def test_todays_numbers_are_of_the_changes(study: Study) -> None:
    frame = few([2.53, 1.40, 3.0, 4.0, 5.0, 6.0, None], [2.66, 1.53, 3.5, 3.0, 5.0, 8.0, 1.0])
    found = {key[3]: value for key, value in keyed(summaries.as_of_today(study, frame, [IGG])).items()}
    change = [0.13, 0.13, 0.5, -1.0, 0.0, 2.0]
    assert found["mean_difference"] == pytest.approx(np.mean(change))
    assert found["hodges_lehmann"] == 0.13  # the 11th of the 21 averages: eight are below 0.13, ten above
    assert found["wilcoxon_exact_p"] == inference.signed_rank(change).p_exact
    assert found["shapiro_p"] == inference.shapiro(change)[1]
    assert found["holm_p"] == found["wilcoxon_exact_p"]  # one comparison only
    assert found["mean_difference_low"] < found["mean_difference"] < found["mean_difference_high"]


def test_holm_adjusts_over_all_comparisons_that_have_patients(study: Study, adsl: pd.DataFrame) -> None:
    chosen = summaries.comparisons(study)
    rows = summaries.as_of_today(study, adsl.drop(columns="CD3_EOT"), chosen)
    p = rows.loc[rows["statistic"] == "wilcoxon_exact_p", "value"].astype(float).tolist()
    adjusted = rows.loc[rows["statistic"] == "holm_p", "value"].astype(float).tolist()
    assert len(p) == len(chosen) - 1
    assert adjusted == pytest.approx(inference.holm(p))


def test_three_pairs_have_a_shift_but_no_interval_row(study: Study) -> None:
    rows = summaries.as_of_today(study, few([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), [IGG])
    assert "hodges_lehmann" in set(rows["statistic"]) and "hodges_lehmann_low" not in set(rows["statistic"])
    assert len(summaries.as_of_today(study, few([], []), [IGG])) == 0


def test_pairs_are_the_patients_with_both_values(study: Study) -> None:
    found = summaries.pairs(study, few([2.53, 1.0, None], [2.66, None, 1.0]), IGG)
    assert found.to_dict("list") == {
        "USUBJID": ["P0"],
        "BEFORE": [2.53],
        "AFTER": [2.66],
        "CHANGE": [0.13],
        "RESPONSE": ["CR"],
    }


def test_correlation_is_of_before_with_after_and_needs_both_to_vary(study: Study) -> None:
    def r(before: list[object], after: list[object]) -> object:
        found = {key[3]: value for key, value in keyed(summaries.as_of_today(study, few(before, after), [IGG])).items()}
        return found.get("correlation")

    assert r([1, 2, 3, 4], [2, 4, 6, 8]) == pytest.approx(1)
    assert r([1, 2, 3], [3, 1, 2]) == pytest.approx(-0.5)
    assert r([1, 1, 1], [3, 1, 2]) is None
    assert r([1, 2], [3, 1]) is None


# Responses and times -----------------------------------------------------------------------------


@pytest.fixture
def six() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "USUBJID": list("abcdef"),
            "DX": ["sITP", "sITP", "sITP", "AIHA", "AIHA", "EVANS"],
            "RESP_M1": ["CR", "PR", "NR", "PR", None, "NR"],
            "RPLT_M1": ["CR", "PR", "NR", None, None, "NR"],
            "ONSET_PLT": [3, 8, None, None, None, None],
        }
    )


def test_response_rates_count_those_with_a_known_response(study: Study, six: pd.DataFrame) -> None:
    found = summaries.response_rates(study, six, ["ALL", "sITP", "AIHA", "IRP"]).set_index("POPULATION")
    assert found[["K", "N"]].to_dict("index") == {
        "ALL": {"K": 3, "N": 5},
        "sITP": {"K": 2, "N": 3},
        "AIHA": {"K": 1, "N": 1},
    }
    band = inference.Proportion(3, 5).interval()
    assert tuple(found.loc["ALL", ["RATE", "LOW", "HIGH"]]) == (0.6, band.low, band.high)


def test_response_rows_have_the_keys_of_the_claims(study: Study, six: pd.DataFrame) -> None:
    rows = keyed(summaries.response_rows(summaries.response_rates(study, six, ["ALL"])))
    claim = next(c for c in study.claims if c.statistic == "percent" and c.variable.startswith("RESP_M1 in"))
    assert rows[(claim.population, claim.variable, "", "percent")] == 60
    assert rows[("ALL", claim.variable, "", "count")] == 3
    assert rows[("ALL", claim.variable, "", "exact_low")] == pytest.approx(14.66, abs=0.005)


def test_response_table_has_a_row_for_each_level(study: Study, six: pd.DataFrame) -> None:
    found = summaries.response_table(study, six, ["sITP"], "RPLT_M1")
    assert found["RESPONSE"].tolist() == ["CR", "PR", "NR"]
    assert found["K"].tolist() == [1, 1, 1] and set(found["N"]) == {3}


def test_time_to_response_is_of_responders_and_too_few_have_no_interval(study: Study, six: pd.DataFrame) -> None:
    found = {key[3]: value for key, value in keyed(summaries.time_to_response(study, six, "sITP", "ONSET_PLT")).items()}
    assert found == {"median": 5.5, "p25": 3, "p75": 8}
    frame = pd.DataFrame({"USUBJID": range(6), "DX": "sITP", "RESP_M1": "PR", "ONSET_PLT": [1, 2, 3, 4, 5, 6]})
    rows = keyed(summaries.time_to_response(study, frame, "sITP_RESP", "ONSET_PLT"))
    assert rows[("sITP_RESP", "ONSET_PLT", "", "median_high")] == 6


def test_a_response_curve_counts_everybody_treated() -> None:
    adtte = pd.DataFrame(
        {
            "USUBJID": [*"abcd", "a"],
            "PARAMCD": ["TTRPLT"] * 4 + ["TTRHB"],
            "AVAL": [3, 8, 30, 30, 1],
            "CNSR": [0, 0, 1, 1, 0],
        }
    )
    curve = summaries.response_curve(adtte, "TTRPLT")
    assert curve["INCIDENCE"].tolist() == [0, 0.25, 0.5, 0.5]
    rows = keyed(summaries.curve_rows(curve, "ALL", "ONSET_PLT", [7, 29]))
    assert rows[("ALL", "ONSET_PLT", "", "median_all")] == 8
    assert rows[("ALL", "ONSET_PLT", "", "incidence_day_7")] == 25
    assert rows[("ALL", "ONSET_PLT", "", "incidence_day_29")] == 50
