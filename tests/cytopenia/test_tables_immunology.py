"""What the tables of the immunology page say: the numbers of the rows, beside the printed text or alone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cytopenia import from_print, summaries, tables, tables_immunology
from cytopenia.patients import Patients
from cytopenia.summaries import Comparison
from recount.record.schema import Study
from recount.record.study import read_study

PAPER = Path(__file__).parents[2] / "data/raw/paper"
CD19 = Comparison("COMPLETER", "CD19_BL", "CD19_EOT", "wilcoxon")
IGG = Comparison("COMPLETER", "IGG_BL", "IGG_EOT", "paired t")


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(PAPER)


@pytest.fixture(scope="module")
def patients(study: Study) -> Patients:
    """Eight completers with CD19 and IgG, one patient who relapsed; no other subset."""
    rng = np.random.default_rng(3)
    adsl = pd.DataFrame({"USUBJID": [f"P{k}" for k in range(9)], "RESP_EOT": ["CR"] * 7 + ["PR", "RELAPSE"]})
    before, after = rng.integers(200, 400, 9).astype(float), rng.integers(0, 90, 9).astype(float)
    igg = np.round(rng.normal(12, 3, 9), 2)
    adsl = adsl.assign(CD19_BL=before, CD19_EOT=after, IGG_BL=igg, IGG_EOT=np.round(igg - 0.5, 2))
    adsl.loc[8, ["CD19_BL", "CD19_EOT", "IGG_BL", "IGG_EOT"]] = np.nan
    adsl.loc[0, "CD19_EOT"] = 0
    return Patients(study, {"ADSL": adsl}, study.claims)


def test_comparisons_without_patients_are_named_and_skipped(patients: Patients) -> None:
    chosen = summaries.comparisons(patients.study, "wilcoxon")
    assert summaries.possible(patients.study, patients.adsl, chosen) == (CD19,)
    sentence = tables_immunology.skipped(patients, chosen)
    assert "CD3⁺" in sentence and "CD20⁺" in sentence and "CD19⁺" not in sentence
    assert tables_immunology.skipped(patients, [CD19]) == ""


def test_the_paper_s_line_stands_above_the_patients_one(patients: Patients) -> None:
    rows = summaries.printed_convention(patients.study, patients.adsl, [CD19])
    html = tables_immunology.as_printed(tables.beside(patients, rows, "Table 2"), [CD19], "t", "T").as_raw_html()
    printed = {c.statistic: c.printed.text for c in patients.claims if c.place == "Table 2" and c.variable == "CD19_BL"}
    assert f">{printed['median']} ({printed['p25']}, {printed['p75']})<" in html
    assert f">{printed['wilcoxon_z']}<" in html and f">{printed['wilcoxon_p']}<" in html
    assert tables.DIFFERS in html  # eight made-up patients aren't the paper's thirteen
    assert html.index("printed") < html.index("recomputed")


def test_a_cohort_without_a_record_has_one_line_a_comparison(patients: Patients) -> None:
    own = Patients(patients.study, patients.tables)
    rows = tables.beside(own, summaries.printed_convention(own.study, own.adsl, [IGG]))
    html = tables_immunology.as_printed(rows, [IGG], "t", "T").as_raw_html()
    assert tables.DIFFERS not in html and "printed" not in html and "recomputed" not in html
    assert "IgG (g/L)" in html and "Paired |t|" in html


def test_today_has_both_estimates_with_intervals_and_both_p(patients: Patients) -> None:
    rows = summaries.as_of_today(patients.study, patients.adsl, [CD19, IGG])
    html = tables_immunology.as_of_today(rows, [CD19, IGG], 0.95).as_raw_html()
    assert ">−0.50 (−0.50 to −0.50)<" in html  # IgG fell by the same in everybody
    assert html.count(">0.008<") == 2 and html.count(">0.016<") == 2  # all eight fell: 2/2^8, and twice that
    assert ">CD19⁺ B cells (cells/µL)<" in html


def test_normality_names_the_papers_test(patients: Patients) -> None:
    rows = summaries.as_of_today(patients.study, patients.adsl, [CD19, IGG])
    html = tables_immunology.normality(rows, [CD19, IGG]).as_raw_html()
    assert ">signed rank<" in html and ">paired t<" in html
    assert tables_immunology.below(rows, "wilcoxon_exact_p", 0.05) == ["CD19⁺ B cells", "IgG"]
    assert tables_immunology.below(rows, "wilcoxon_exact_p", 0.001) == []


def test_the_exact_p_from_print_declines_where_only_ties_print_the_z(patients: Patients) -> None:
    found = from_print.exact_p(patients.study)
    rows = tables.beside(patients, summaries.printed_convention(patients.study, patients.adsl, [CD19]), "Table 2")
    html = tables_immunology.from_print(found, rows).as_raw_html()
    assert html.count("only with ties") == found["RANK_SUM"].isna().sum() == 1


def test_shift_lines_are_in_the_order_of_the_rows_and_an_interval_may_lack(patients: Patients) -> None:
    rows = summaries.as_of_today(patients.study, patients.adsl, [IGG, CD19])
    found = tables_immunology.shift_lines(rows)
    assert found["LABEL"].tolist() == ["IgG", "CD19⁺ B cells"]
    assert found.loc[0, ["ESTIMATE", "LOW", "HIGH"]].tolist() == pytest.approx([-0.5] * 3)
    few = rows[~rows["statistic"].isin(["hodges_lehmann_low", "hodges_lehmann_high"])]
    assert tables_immunology.shift_lines(few)[["LOW", "HIGH"]].isna().all(axis=None)


# Sentences ---------------------------------------------------------------------------------------


def test_the_n_of_a_line_is_of_pairs_where_a_value_lacks(patients: Patients) -> None:
    adsl = patients.adsl.copy()
    adsl.loc[1, "IGG_EOT"] = np.nan
    rows = summaries.printed_convention(patients.study, adsl, [IGG])
    html = tables_immunology.as_printed(tables.with_printed(rows, ()), [IGG], "t", "T").as_raw_html()
    assert ">7<" in html and ">8<" not in html


def test_too_few_patients_have_no_interval_and_no_small_p(patients: Patients) -> None:
    rows = summaries.as_of_today(patients.study, patients.adsl.head(3), [IGG])
    assert tables_immunology.TOO_FEW in tables_immunology.as_of_today(rows, [IGG], 0.95).as_raw_html()
    assert tables_immunology.today_reading(rows).endswith("With as few as 3 patients no exact P can be below 0.250.")


def test_sentences_read_the_rows(patients: Patients) -> None:
    rows = summaries.as_of_today(patients.study, patients.adsl, [CD19, IGG])
    read = tables_immunology.today_reading(rows)
    assert "by the exact test: CD19⁺ B cells and IgG; after" in read and "2 comparisons: CD19⁺ B cells and IgG" in read
    assert tables_immunology.direction(rows, [CD19, IGG]).startswith("The means that rose: none; that fell: CD19")
    assert "IgG in 8 of 8" in tables_immunology.falls(rows, [IGG])
    assert "Of 1 comparison " in tables_immunology.normality_reading(rows)  # IgG fell by the same in everybody
    sizes = patients.answers([("ALL", "", "", "n"), ("COMPLETER", "", "", "n")])
    assert "about 8 of 9 treated" in tables_immunology.who(sizes, "COMPLETER")
    assert tables_immunology.who(sizes[:1], "COMPLETER").startswith("Nobody of 9 treated")
    assert tables_immunology.print_reading(from_print.exact_p(patients.study)).startswith("4 of 5 printed Z")


def test_labels_and_variables_of_a_comparison() -> None:
    assert (tables_immunology.label(CD19), tables_immunology.short(CD19)) == ("CD19⁺ B cells", "CD19⁺")
    assert tables_immunology.variables([CD19, IGG]) == ["CD19_BL", "CD19_EOT", "IGG_BL", "IGG_EOT"]


def test_correlations_from_print_name_the_tightest(patients: Patients) -> None:
    found = from_print.correlations(patients.study)
    html = tables_immunology.correlations(found).as_raw_html()
    low = found["LOW"].max()
    assert all(f">{name}<" in html for name in ("IgG", "IgA", "IgM"))
    assert f"For IgM the values before and after must correlate at {low:.3f} or more" in (
        tables_immunology.correlations_reading(found)
    )


def test_the_caption_of_a_reconstruction_says_what_print_leaves_open(patients: Patients) -> None:
    origins = pd.DataFrame({"USUBJID": ["P0"], "variable": ["IGG_BL"], "origin": ["constrained"]})
    made = Patients(patients.study, patients.tables, patients.claims, origins)
    assert "take them as examples" in tables_immunology.today_note(made)
    assert tables_immunology.today_note(Patients(patients.study, patients.tables)) == ""
