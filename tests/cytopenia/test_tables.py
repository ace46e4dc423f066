"""Tables say what the rows say, set the printed text beside, and mark what differs or is assumed."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from great_tables import GT

from cytopenia import tables
from cytopenia.patients import Patients, Responses, eligibility, eligibility_in_sum
from cytopenia.tables import ASSUMED, DIFFERS, Item
from recount.record.printed import Printed
from recount.record.schema import Claim, Study
from recount.record.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"


def claim(population: str, variable: str, statistic: str, printed: str, place: str = "Table 1") -> Claim:
    return Claim("", place, population, variable, statistic, Printed(printed), "", "")


def rows(*records: tuple[str, str, str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(records, columns=["population", "variable", "statistic", "value"])
    return frame.assign(versus="", unit="", n="")


def cells(made: GT) -> list[list[str]]:
    """The text of every body row, the group headings included."""
    body = made.as_raw_html().partition("<tbody")[2].partition("</tbody>")[0]
    found = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in body.split("<tr")[1:]]
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in found]


# ---------------------------------------------------------------- the printed text beside the recomputed


@pytest.mark.parametrize(
    "value, printed, same",
    [
        (16.75, "16.7", True),  # the upper end of what 16.7 stands for belongs to it
        (16.76, "16.7", False),
        (18.75, "18.8 / 18.7", True),  # printed twice, with two roundings
        (18.76, "18.8 / 18.7", False),
        ("0.041", "<0.05", True),
        (0.05, "<0.05", False),
        (0.2, "1:5", True),
        (5, "", True),  # nothing printed
        (None, "5", False),
        (float("nan"), "5", False),
    ],
)
def test_agrees(value: object, printed: str, same: bool) -> None:
    assert tables.agrees(value, printed) is same


def test_printed_texts_of_a_key_are_joined_once_each_and_by_place() -> None:
    claims = [
        claim("ALL", "AGE", "median", "54", "2.1"),
        claim("ALL", "AGE", "median", "54", "Abstract"),
        claim("ALL", "AGE", "median", "54.0", "Table 1"),
    ]
    assert list(tables.printed_texts(claims)["printed"]) == ["54 / 54.0"]
    assert list(tables.printed_texts(claims, "Table 1")["printed"]) == ["54.0"]


def test_without_claims_there_is_no_printed_column() -> None:
    found = rows(("ALL", "AGE", "median", 54))
    assert "printed" not in tables.with_printed(found, [])
    assert list(tables.with_printed(found, [claim("ALL", "SEX", "n", "3")])["printed"]) == [""]


@pytest.mark.parametrize(
    "row, text",
    [
        ({"value": 16.75, "printed": "16.7"}, "16.75"),  # one decimal more where it has one
        ({"value": 51, "printed": "51.0"}, "51.0"),
        ({"value": 3.25, "printed": "3"}, "3.25"),  # exactly, so that nobody wonders at 3.3
        ({"value": 61.5, "printed": "62"}, "61.5"),
        ({"value": 1.33611, "printed": "1.336"}, "1.3361"),
        ({"value": 120, "printed": "120"}, "120"),
        ({"value": 54.0, "printed": "54"}, "54"),
        ({"value": 200 / 3, "printed": "66.7"}, "66.67"),
        ({"value": 200 / 3, "printed": "", "statistic": "percent"}, "66.7"),
        ({"value": "55.75", "printed": ""}, "55.75"),
        ({"value": 0.0004, "printed": "", "statistic": "wilcoxon_exact_p"}, "<0.001"),
        ({"value": 0.2, "printed": "1:5", "statistic": "ratio"}, "1:5"),
        ({"value": 4 / 18, "statistic": "ratio"}, "1:4.5"),
        ({"value": float("nan")}, "–"),
        ({}, "–"),
    ],
)
def test_shown(row: dict[str, object], text: str) -> None:
    assert tables.shown(row) == text


def test_agreement_counts_and_names_what_differs() -> None:
    claims = [claim("ALL", "AGE", "median", "54"), claim("ALL", "AGE", "min", "18")]
    found = tables.with_printed(
        rows(("ALL", "AGE", "median", 54), ("ALL", "AGE", "min", 19), ("ALL", "AGE", "max", 73)), claims
    )
    told = tables.agreement(found)
    assert told == "The rows give 1 of 2 printed numbers again; not: ALL AGE min (printed 18, rows 19)."
    assert tables.agreement(found[:1]) == "The rows give 1 of 1 printed number again."
    assert tables.agreement(rows(("ALL", "AGE", "min", 19))) == ""


# ---------------------------------------------------------------- laid-out tables

AGE = tables.quartiles("AGE", "Age (years)").under("Patients")
SEX = tables.counts("Men/women", 'SEX == "M"', 'SEX == "F"').under("Patients")
FOUND = rows(
    ("sITP", "AGE", "median", 51.5),
    ("sITP", "AGE", "p25", 45.5),
    ("sITP", "AGE", "p75", 60.25),
    ("sITP", 'SEX == "M"', "count", 2),
    ("sITP", 'SEX == "F"', "count", 14),
    ("sITP", "", "n", 16),
    ("AIHA", "", "n", 0),
)
CLAIMS = [
    claim("sITP", "AGE", "median", "51.5"),
    claim("sITP", "AGE", "p25", "45.5"),
    claim("sITP", "AGE", "p75", "60.0"),
    claim("sITP", 'SEX == "M"', "count", "2"),
    claim("sITP", 'SEX == "F"', "count", "14"),
]


def test_layout_sets_printed_above_recomputed_and_marks_the_difference() -> None:
    laid = tables.layout(tables.with_printed(FOUND, CLAIMS), [SEX, AGE], ["sITP", "AIHA"])
    assert list(laid["source"]) == ["printed", "recomputed"] * 2
    assert list(laid["sITP"]) == ["2/14", "2/14", "51.5 (45.5, 60.0)", f"51.5 (45.5, 60.25)\u00a0{DIFFERS}"]
    assert list(laid["AIHA"]) == ["–"] * 4


def test_layout_of_an_own_cohort_has_one_line_an_item() -> None:
    laid = tables.layout(FOUND, [SEX, AGE], ["sITP"])
    assert list(laid["source"]) == ["recomputed"] * 2
    assert list(laid["sITP"]) == ["2/14", "51.5 (45.5, 60.25)"]


def test_an_assumed_value_is_marked_and_explained() -> None:
    found = FOUND.assign(origin=["assumed", *[""] * 6])
    made = tables.laid_out(found, [AGE], ["sITP"], "t", "Ages")
    assert cells(made)[1] == ["Age (years)", f"51.5 (45.5, 60.25)\u00a0{ASSUMED}"]
    assert tables.ASSUMED_NOTE in made.as_raw_html() and tables.DIFFERS_NOTE not in made.as_raw_html()


def test_laid_out_heads_groups_and_says_each_label_once() -> None:
    found = tables.with_printed(FOUND, CLAIMS)
    made = tables.laid_out(
        found, [SEX, AGE], ["sITP", "AIHA"], "t1", "Table 1", heads=tables.sized(found, ["sITP", "AIHA"])
    )
    html = made.as_raw_html()
    assert "sITP (n=16)" in html and "AIHA (n=0)" in html and tables.DIFFERS_NOTE in html
    assert [row[0] for row in cells(made)] == ["Patients", "Men/women", "", "Age (years)", ""]


def test_comparison_has_a_line_an_item_and_drops_the_printed_column_without_a_record() -> None:
    lines = [
        ("sITP", AGE),
        ("sITP", tables.single("Patients", "", "n")),
        ("AIHA", tables.single("None", "X", "n")),
    ]
    plain = tables.comparison(FOUND, [(who, Item(i.label, i.template, i.parts)) for who, i in lines], "c", "C")
    assert cells(plain) == [["Age (years)", "51.5 (45.5, 60.25)"], ["Patients", "16"], ["None", "–"]]
    beside = tables.comparison(tables.with_printed(FOUND, CLAIMS), lines[1:], "c", "C")
    assert cells(beside) == [["Patients", "–", "16"], ["None", "–", "–"]]


def test_a_number_printed_twice_in_two_ways_is_explained() -> None:
    claims = [claim("sITP", "", "n", "16"), claim("sITP", "", "n", "15.9")]
    made = tables.comparison(
        tables.with_printed(FOUND, claims), [("sITP", tables.single("Patients", "", "n"))], "c", "C"
    )
    assert cells(made) == [["Patients", "16 / 15.9", f"16.0\u00a0{DIFFERS}"]]
    assert tables.BOTH_NOTE in made.as_raw_html() and tables.DIFFERS_NOTE in made.as_raw_html()


@pytest.mark.parametrize(
    "item, parts",
    [
        (tables.count_percent("x", 'A == "1"'), [('A == "1"', "", "count"), ('A == "1"', "", "percent")]),
        (tables.mean_sd("IGG_BL", "x"), [("IGG_BL", "", "mean"), ("IGG_BL", "", "sd")]),
        (tables.limits("AGE", "x"), [("AGE", "", "min"), ("AGE", "", "max")]),
        (tables.single("x", "A", "wilcoxon_p", "B"), [("A", "B", "wilcoxon_p")]),
    ],
)
def test_items_ask_for_the_rows_that_fill_their_template(item: Item, parts: list[tuple[str, str, str]]) -> None:
    assert list(item.parts) == parts
    assert item.template.count("{}") == len(parts)
    assert tables.keys_of([item, item], ["ALL"]) == [("ALL", *part) for part in parts]


def test_reader_gives_text_and_a_dash_for_nothing() -> None:
    of = tables.reader(FOUND)
    assert of("sITP", "AGE", "p75") == "60.25"
    assert of("sITP", "AGE", "mean") == "–"


# ---------------------------------------------------------------- the look


def test_a_table_is_the_same_every_time_escaped_and_no_wider_than_the_page() -> None:
    frame = pd.DataFrame({"a": ["<0.05 & x", None], "b": ["1", "2"]})
    htmls = {tables.table(frame, "fixed", "P < 0.05", {"a": "A"}).as_raw_html() for _ in range(3)}
    (html,) = htmls
    assert 'id="fixed"' in html
    assert "&lt;0.05 &amp; x" in html and "P &lt; 0.05" in html
    assert "nan" not in html.lower().replace("enan", "") and "–" in html
    assert "overflow-x:auto" in html and "width: 100%" in html
    assert "np.float64" not in html


# ---------------------------------------------------------------- single tables


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(RECORD)


def test_eligibility_tables_name_who_fails_which_rule_with_the_values(study: Study) -> None:
    adsl = pd.DataFrame(
        {
            "USUBJID": ["A", "B", "C"],
            "DX": ["sITP", "AIHA", "AIHA"],
            "AGE": [30, 40, 50],
            "PLT_BL": [5, 200, 210],
            "HB_BL": [110, 61, None],
            **dict.fromkeys(("PRSTER", "PRIVIG", "PRIMSUP", "PRTPORA", "PRSPLEN"), 1),
            "NEUT_BL": 2.0,
        }
    )
    patients = Patients(study, {"ADSL": adsl})
    found = eligibility(patients)
    by_patient = cells(tables.eligibility_by_patient(patients, found))
    assert [row[:3] for row in by_patient] == [
        ["A", "sITP", "✓"],
        ["B", "AIHA", "✗ Platelets 200 10⁹/L, Haemoglobin 61 g/L"],
        ["C", "AIHA", "?"],
    ]
    assert all(row[3:] == ["✓"] * 3 for row in by_patient)
    in_sum = cells(tables.eligibility_in_sum(eligibility_in_sum(patients, found)))
    assert in_sum[0][2:] == ["1", "1", "1", "B: Platelets 200 10⁹/L, Haemoglobin 61 g/L"]
    assert in_sum[1][2:] == ["3", "0", "0", "–"]


def test_responses_table_counts_and_intervals() -> None:
    rates = pd.DataFrame(
        {
            "POPULATION": ["ALL", "EVANS"],
            "K": [18, 0],
            "N": [24, 1],
            "RATE": [0.75, 0],
            "LOW": [0.533, 0],
            "HIGH": [0.9023, 0.975],
        }
    )
    levels = pd.DataFrame(
        [
            (who, level, k)
            for who, ks in (("ALL", (7, 11, 6)), ("EVANS", (0, 0, 1)))
            for level, k in zip(("CR", "PR", "NR"), ks, strict=True)
        ],
        columns=["POPULATION", "RESPONSE", "K"],
    )
    made = tables.responses(Responses(rates, levels, rows()), "Response", 0.9, "r")
    assert cells(made) == [
        ["All treated", "24", "7", "11", "6", "75.0%", "53.3 to 90.2"],
        ["Evans", "1", "0", "0", "1", "0.0%", "0.0 to 97.5"],
    ]
    assert "90% interval" in made.as_raw_html()


def test_set_aside_shows_the_rules_asked_for() -> None:
    frame = pd.DataFrame(
        {
            "kind": "rule",
            "id": ["elig_age", "plt_cr"],
            "place": "1.1",
            "text": "x",
            "patients": "R01",
            "why": "w",
        }
    )
    assert [row[0] for row in cells(tables.set_aside(frame, "elig_"))] == ["elig_age"]


def test_no_column_is_narrower_than_its_longest_word_and_all_of_them_fill_the_page() -> None:
    frame = pd.DataFrame({"a": ["x" * 9], "b": ["many words " * 20], "c": ["y"]})
    shares = {name: float(width.rstrip("%")) for name, width in tables.widths(frame, {"a": "Remission"}).items()}
    assert sum(shares.values()) == pytest.approx(100, abs=0.2)
    assert shares["a"] * tables.PAGE / 100 >= 9 * tables.LETTER and shares["b"] > 5 * shares["c"]
    wide = tables.widths(pd.DataFrame({str(k): ["z" * 40] for k in range(9)}), {})
    assert set(wide.values()) == {"11.1%"}, "words that can't all fit share the page"
