"""The methods' lines, P values, sizes and selection of made-up patients, and the tables and sentences of them."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cytopenia import comparisons, from_print, methods, summaries, tables_methods
from cytopenia.inference import differences, paired_t, signed_rank
from cytopenia.patients import Patients
from cytopenia.selection import to_cross
from recount.record.schema import Study
from recount.record.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"
IGG = summaries.Comparison("COMPLETER", "IGG_BL", "IGG_EOT", "paired t")
CD19 = summaries.Comparison("COMPLETER", "CD19_BL", "CD19_EOT", "wilcoxon")
BEFORE = [12.5, 11.0, 9.5, 15.0, 13.5, 8.0, 17.5, 10.5, 12.0]
AFTER = [12.0, 11.5, 9.5, 13.0, 13.0, 8.5, 16.5, 10.5, 12.5]
CELLS = [338, 185, 431, 512, 96, 290, 377, 205, 610]
FEWER = [59, 41, 167, 80, 102, 35, 71, 44, 190]


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(RECORD)


def cohort(others: int = 3) -> pd.DataFrame:
    """Nine patients with both values, and others who relapsed or never responded."""
    n = len(BEFORE)
    frame = pd.DataFrame({"USUBJID": [f"P{k}" for k in range(n + others)]})
    lacking = [None] * others
    frame["DX"] = ["sITP"] * 6 + ["AIHA"] * 3 + ["sITP"] * others
    frame["RESP_M1"] = ["CR"] * n + ["NR"] * others
    frame["RESP_EOT"] = ["CR"] * n + lacking
    frame["RESP_FU"] = ["CR"] * (n - 1) + ["RELAPSE"] + lacking
    frame["FU_MO"] = [3, 6, 9, 12, 15, 18, 21, 24, 27, *lacking]
    frame["IGG_BL"], frame["IGG_EOT"] = BEFORE + lacking, AFTER + lacking
    frame["CD19_BL"], frame["CD19_EOT"] = CELLS + lacking, FEWER + lacking
    return frame


@pytest.fixture(scope="module")
def patients(study: Study) -> Patients:
    return Patients(study, {"ADSL": cohort()})


@pytest.fixture(scope="module")
def numbers(patients: Patients) -> dict[tuple[str, ...], float]:
    today = summaries.as_of_today(patients.study, patients.adsl, [CD19, IGG])
    return comparisons.values(comparisons.checked(patients, [CD19, IGG]), today)


# Before and after --------------------------------------------------------------------------------


def test_every_comparison_has_its_tests_sizes_and_checks(numbers: dict[tuple[str, ...], float]) -> None:
    change = differences(BEFORE, AFTER)
    of = {key[2]: value for key, value in numbers.items() if key[0] == "IGG_BL"}
    assert of["wilcoxon_p"] == signed_rank(change).p_asymptotic
    assert of["paired_p"] == paired_t(change).p
    assert (of["zeros"], of["ties"]) == (2, 5)
    assert of["smcr_low"] < of["smcr"] < of["smcr_high"]
    assert -1 <= of["rank_biserial_low"] < of["rank_biserial"] < of["rank_biserial_high"] <= 1


def test_rows_have_one_value_a_key_beside_the_papers_convention(patients: Patients) -> None:
    """wilcoxon_p and paired_p stand under the claims' keys too, and are the same numbers."""
    claimed = summaries.printed_convention(patients.study, patients.adsl, [CD19, IGG])
    keys = ["population", "variable", "versus", "statistic"]
    both = claimed.merge(comparisons.checked(patients, [CD19, IGG]), on=keys)
    assert set(both["statistic"]) == {"wilcoxon_p", "paired_p"}
    assert (both["value_x"] == both["value_y"]).all()


def test_the_missing_are_everybody_treated_without_both_values(patients: Patients) -> None:
    found = comparisons.values(comparisons.selected(patients, [CD19, IGG]))
    assert found["CD19_BL", "CD19_EOT", "missing"] == 3
    assert found["CD19_BL", "CD19_EOT", "share_fell_least"] == pytest.approx(100 * 8 / 12)
    assert found["CD19_BL", "CD19_EOT", "share_fell_most"] == pytest.approx(100 * 11 / 12)
    assert ("CD19_BL", "CD19_EOT", "to_undo") not in found, "three can't undo seven"
    assert found["IGG_BL", "IGG_EOT", "to_undo"] == 1
    change = differences(BEFORE, AFTER)
    assert found["IGG_BL", "IGG_EOT", "mean_to_cancel"] == pytest.approx(-change.sum() / 3)


def test_nobody_missing_leaves_nothing_to_cancel(study: Study) -> None:
    found = comparisons.values(comparisons.selected(Patients(study, {"ADSL": cohort(0)}), [IGG]))
    assert found["IGG_BL", "IGG_EOT", "missing"] == 0 and ("IGG_BL", "IGG_EOT", "mean_to_cancel") not in found


def test_tables_and_sentences_read_the_comparisons(patients: Patients, numbers: dict[tuple[str, ...], float]) -> None:
    chosen = [CD19, IGG]
    html = tables_methods.p_values(numbers, chosen).as_raw_html()
    assert "CD19⁺ B cells" in html and "Exact, by signs" in html
    assert "An exact P differs from its approximate twin by" in comparisons.p_values_sentence(numbers, chosen)
    sizes = tables_methods.sizes(numbers, chosen, 0.95).as_raw_html()
    assert "Rank-biserial correlation (95% interval)" in sizes
    assert comparisons.sizes_sentence(numbers, chosen).startswith(
        "The rank-biserial correlation is furthest from nought for CD19"
    )
    made = comparisons.selected(patients, chosen)
    shown = tables_methods.selection(made, comparisons.values(made), chosen).as_raw_html()
    assert "8/9 (88.9%)" in shown and "67 to 92%" in shown and "IgG (g/L)" in shown
    told = comparisons.selection_sentence(made, chosen)
    assert told.startswith("3 of 12 treated have no second value.")
    assert "undone by 1 of them going the other way for IgG" in told
    assert told.endswith("can't be told apart without a control group.")


def test_nothing_to_compare_has_no_sentence_to_read() -> None:
    assert comparisons.p_values_sentence({}, []) == "No comparison has both an approximate and an exact P."
    assert comparisons.sizes_sentence({}, []) == "No comparison has a change to rank."


# Shares ------------------------------------------------------------------------------------------


def test_every_printed_percentage_has_two_intervals(patients: Patients) -> None:
    found = methods.shares(patients)
    printed = {(c.population, c.variable) for c in patients.study.claims if c.statistic == "percent"}
    assert set(zip(found["POPULATION"], found["CONDITION"], strict=True)) <= printed
    everybody = found[found["POPULATION"] == "ALL"].iloc[0]
    assert (everybody["K"], everybody["N"]) == (9, 12)
    rows = methods.share_rows(found)
    assert len(rows) == 4 * len(found)
    assert "Wilson (score)" in tables_methods.shares(found, 0.95).as_raw_html()
    assert methods.shares_sentence(found).startswith("Wilson's interval is the narrower for ")


# One line a method -------------------------------------------------------------------------------


def test_each_method_has_its_check_on_these_patients(patients: Patients, numbers: dict[tuple[str, ...], float]) -> None:
    lines = methods.methods(patients, [CD19, IGG], numbers)
    by_name = {line.what: line for line in lines}
    assert by_name["IgG"].check.startswith("Shapiro-Wilk W ") and by_name["IgG"].paper == "paired t test"
    assert "0 tied, 0 unchanged" in by_name["CD19⁺ B cells"].check
    assert by_name["Who is compared"].check == "3/12 (25.0%) have no second value"
    assert by_name["Several comparisons"].check.startswith("2 are; ")
    assert by_name["Counts between groups"].outcome == methods.DOUBTFUL
    assert by_name["Time to response"].check == "3/12 (25.0%) had no response"
    assert by_name["Relapse"].check == "followed 3 to 27 months after it"
    assert by_name["Follow-up"].check == "1/9 (11.1%) ended with a relapse"
    html = tables_methods.methods(lines).as_raw_html()
    assert "Which assumes that" in html and "Counts and times" in html


@pytest.mark.parametrize(("p", "outcome"), [(0.049, methods.DOUBTFUL), (0.05, methods.HOLDS), (math.nan, methods.OPEN)])
def test_an_outcome_is_by_the_level(p: float, outcome: str) -> None:
    assert methods._outcome(p) == outcome


def test_the_sentence_counts_outcomes_and_says_how_little_is_seen(
    patients: Patients, numbers: dict[tuple[str, ...], float]
) -> None:
    lines = methods.methods(patients, [CD19, IGG], numbers)
    rows = methods.method_rows(patients, 9)
    assert {"shapiro_power", "least_expected", "chi2_p", "fisher_p"} == set(rows["statistic"])
    told = methods.methods_sentence(lines, rows)
    assert told.startswith(f"Of {len(lines)} assumptions: ")
    assert "of samples of 9 changes" in told
    assert "weak" not in methods.methods_sentence(lines, methods.method_rows(patients, 2))
    assert "weak" not in methods.methods_sentence(lines, methods.method_rows(patients, 40)), "enough are seen"


def test_a_cohort_of_which_nothing_is_known_has_no_lines(study: Study) -> None:
    nobody = Patients(study, {"ADSL": pd.DataFrame({"USUBJID": ["P1"]})})
    assert methods.no_methods(methods.methods(nobody, [], {})).startswith("*Skipped")
    assert methods.shares(nobody).empty and methods.response_by_group(nobody) is None


def test_quartiles_that_print_otherwise_by_another_definition_are_counted(study: Study) -> None:
    differ, known = methods.quartiles_by_definition(Patients(study, {"ADSL": cohort()}))
    assert 0 < differ <= known
    same = pd.DataFrame({"USUBJID": list("abc"), "DX": "sITP", "AGE": 50})
    assert methods.quartiles_by_definition(Patients(study, {"ADSL": same}))[0] == 0


# From print --------------------------------------------------------------------------------------


def test_print_alone_says_what_every_table_with_its_ranks_says(study: Study) -> None:
    """Changes drawn at random with the printed rank sum: always the same count of missing crosses the level."""
    found = from_print.sizes(study).set_index("BEFORE")
    named = from_print.exact_p(study).dropna().set_index("BEFORE")
    generator = np.random.default_rng(4)
    for name, row in named.iterrows():
        patterns = generator.integers(0, 2, (100_000, 13))
        sums = patterns @ np.arange(1, 14)
        chosen = patterns[sums == row["RANK_SUM"]][:3]
        sizes = np.sort(generator.uniform(1, 90, 13))
        for falls in [*chosen, *(1 - chosen)]:
            assert to_cross(np.where(falls == 1, -sizes, sizes), 11) == found.loc[name, "TO_CROSS"]


def test_print_bounds_hold_what_prints_the_same(study: Study) -> None:
    printed = {(c.variable, c.statistic): c.printed for c in study.claims if c.population == "COMPLETER"}
    rows = from_print.sizes(study).dropna(subset=["CANCEL_LOW"])
    assert len(rows) == 3
    for row in rows.itertuples():
        change = float(printed[row.AFTER, "mean"].value - printed[row.BEFORE, "mean"].value)
        assert row.CANCEL_LOW <= -13 * change / 11 <= row.CANCEL_HIGH
        wide = row.CANCEL_HIGH - row.CANCEL_LOW
        assert wide == pytest.approx(13 / 11 * 0.02)
        t = float(printed[row.BEFORE, "paired_t"].value)
        g = paired_t(_with_t(t)).mean / paired_t(_with_t(t)).sd * 0.935942
        assert row.SMCC_LOW < g < row.SMCC_HIGH
    assert set(from_print.size_rows(rows)["statistic"]) == {
        "printed_smcc_low", "printed_smcc_high", "printed_cancel_low", "printed_cancel_high"
    }  # fmt: skip


def _with_t(t: float) -> np.ndarray:
    spread = np.arange(-6.0, 7)
    return spread + t * spread.std(ddof=1) / math.sqrt(13)


def test_what_print_says_is_shown(study: Study) -> None:
    found = from_print.sizes(study)
    html = tables_methods.from_print(found).as_raw_html()
    assert "CD20⁺ B cells" in html and "Missing to bring P across 0.05" in html
    told = comparisons.print_sentence(found)
    assert told.startswith("This holds whoever the patients were. The fewest large changes") and told.endswith(
        "g/L for IgM."
    )
    assert comparisons.print_sentence(found.iloc[:0]) == "This holds whoever the patients were."
