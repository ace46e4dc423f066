"""Times as a page asks for them, of eight made-up patients; the tables and sentences that read them."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cytopenia import in_response, tables_times, times
from cytopenia.patients import Patients
from cytopenia.schemas import DAYS_A_MONTH
from recount.record.schema import Study
from recount.record.study import read_study

RECORD = Path(__file__).parents[2] / "data/raw/paper"
MONTH = DAYS_A_MONTH

ADSL = pd.DataFrame(
    [("A", "sITP", "CR"), ("B", "sITP", "PR"), ("C", "AIHA", "NR"), ("D", None, None), ("E", "AIHA", "PR")],
    columns=["USUBJID", "DX", "RESP_M1"],
)
TTE = """
TTR     A 5 0, B 9 0, C 30 2 LACK OF EFFICACY, D 9 1, E 20 0
RELFREE A 10 1, B 6 0, E 2 1
DOR     A 10 1, B 4 0, E 3 0
FUEOT   A 4 1
FU      A 11 1, B 7 1, C 1 1, D 1 1, E 3 0
"""


def adtte(text: str) -> pd.DataFrame:
    """Rows of ADTTE in short: a time, then patient, days (months for all but TTR), CNSR and what ended it."""
    found = []
    for line in filter(None, text.splitlines()):
        name, rest = line.split(maxsplit=1)
        for cell in rest.split(","):
            who, length, cnsr, *words = cell.split()
            days = float(length) * (1 if name == "TTR" else MONTH)
            found.append((who, name, days, int(cnsr), " ".join(words), "paper"))
    return pd.DataFrame(found, columns=["USUBJID", "PARAMCD", "AVAL", "CNSR", "EVNTDESC", "CRIT"])


ADRS = pd.DataFrame(
    [
        ("A", 5, "PR"),
        ("A", 31, "CR"),
        ("A", 61, "CR"),
        ("B", 9, "PR"),
        ("B", 40, "NE"),
        ("B", 50, "NR"),
        ("C", 8, "NR"),
        ("D", 8, "NE"),
    ],
    columns=["USUBJID", "ADY", "AVALC"],
).assign(CRIT="paper", PARCAT="ALL")


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(RECORD)


@pytest.fixture(scope="module")
def patients(study: Study) -> Patients:
    return Patients(study, {"ADSL": ADSL, "ADTTE": adtte(TTE), "ADRS": ADRS})


@pytest.fixture(scope="module")
def nobody(study: Study) -> Patients:
    return Patients(study, {"ADSL": ADSL})


def value(rows: pd.DataFrame, statistic: str, population: str = "ALL") -> float:
    (found,) = rows.query("statistic == @statistic and population == @population")["value"]
    return float(found)


# Response ----------------------------------------------------------------------------------------


def test_response_is_over_everybody_and_what_rules_it_out_competes(patients: Patients) -> None:
    curve = times.response_curve(patients, "paper")
    assert dict(zip(curve["TIME"], curve["INCIDENCE"], strict=True)) == pytest.approx(
        {0: 0, 5: 0.2, 9: 0.4, 20: 0.4 + 0.6 / 2, 30: 0.7}
    )
    rows = times.response_rows(curve)
    assert [value(rows, name) for name in ("events", "competing", "censored")] == [3, 1, 1]
    assert value(rows, "incidence_day_7") == pytest.approx(20) and value(rows, "incidence_day_30") == pytest.approx(70)
    told = times.response_sentence(patients, rows, "paper", 0.95)
    assert told.startswith("Of 5 patients treated: 20.0% by day 7, 40.0% by day 14 and 70.0% by day 30 had responded (")
    assert told.endswith("Before any response 1 left for want of effect and 1 were lost.")


def test_the_table_of_responses_counts_who_is_left(patients: Patients) -> None:
    html = tables_times.responded(times.response_curve(patients, "paper"), 0.95).as_raw_html()
    for cell in ("day 7", "70.0%", "Ruled out first", "event counts first", "None of these yet"):
        assert cell in html


# Relapse and duration ----------------------------------------------------------------------------


def test_relapse_and_duration_are_in_months(patients: Patients) -> None:
    free, duration = times.relapse_curve(patients, "paper"), times.duration_curve(patients, "paper")
    assert list(free["TIME"]) == pytest.approx([0, 2, 6, 10])
    assert list(free["SURVIVAL"]) == pytest.approx([1, 1, 0.5, 0.5])
    assert list(duration["SURVIVAL"]) == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3])


def test_a_month_after_the_last_contact_and_a_median_not_reached_have_no_row(patients: Patients) -> None:
    rows = times.held_rows(times.relapse_curve(patients, "paper"), "RELFREE")
    assert value(rows, "median", "RESP") == 6 and value(rows, "free_month_6", "RESP") == 50
    assert value(rows, "at_risk_month_6", "RESP") == 2
    assert not {"free_month_12", "at_risk_month_12", "median_high"} & set(rows["statistic"])
    told = times.held_sentence(rows, "RELFREE", 0.95)
    assert told.startswith("1 of 3 responders had a relapse")
    assert told.endswith("The median is 6.0 months (95% interval 6.0 to not reached).")


def test_a_median_that_is_not_reached_is_said_to_be(study: Study) -> None:
    many = ", ".join([f"P{k} {12 + k} {int(k > 1)}" for k in range(9)])
    patients = Patients(study, {"ADSL": ADSL, "ADTTE": adtte(f"RELFREE {many}")})
    told = times.held_sentence(times.held_rows(times.relapse_curve(patients, "paper"), "RELFREE"), "RELFREE", 0.95)
    assert "The median is not reached" in told
    assert "100.0% at month 12, with 9 still seen" not in told, "month 12 has one event already"
    assert "88.9% at month 12, with 9 still seen" in told


def test_undated_relapses_are_moved_from_end_to_end_of_maintenance(study: Study) -> None:
    """A relapses in maintenance on a drawn day; B's maintenance ended on day 300, C's on day 335."""
    days = {"A": (200, 0), "B": (700, 1), "C": (100, 1), "D": (800, 0)}
    rows = [(who, "RELFREE", day, cnsr) for who, (day, cnsr) in days.items()]
    rows += [("B", "FUEOT", 410, 1), ("B", "FU", 710, 1), ("C", "FUEOT", 0, 1), ("C", "FU", 335, 1)]
    rows += [("D", "FUEOT", 10, 0), ("D", "FU", 990, 1)]
    tte = pd.DataFrame(rows, columns=["USUBJID", "PARAMCD", "AVAL", "CNSR"]).assign(CRIT="paper")
    adsl = pd.DataFrame({"USUBJID": list("ABCD"), "ONSET_PLT": [10, 10, 10, 10], "ONSET_HB": [20, None, None, None]})
    adsl = adsl.assign(RESP_M1="CR", RESP_EOT=["RELAPSE", "CR", "CR", "CR"])
    origins = pd.DataFrame([("A", "PLT_BL", "assumed")], columns=["USUBJID", "variable", "origin"])
    made = Patients(study, {"ADSL": adsl, "ADTTE": tte}, origins=origins)
    found = times.undated_bounds(made, "paper")
    moved = {name: curve.loc[curve["EVENTS"] > 0, "TIME"].iloc[0] * MONTH for name, curve in found.items()}
    assert moved == pytest.approx({"earliest": 30 - 20, "latest": 335 - 20})
    shares = times.undated_rows(found, months=(3, 12))
    names = [f"free_month_{month}_{end}" for month in (3, 12) for end in ("earliest", "latest")]
    wanted = [75, 100, 75, 200 / 3]  # by month 12 C was lost before the latest relapse
    assert [value(shares, name, "RESP") for name in names] == pytest.approx(wanted)
    told = times.undated_sentence(shares)
    assert told.endswith("the share free of relapse is 75.0% to 100.0% at month 3 and 66.7% to 75.0% at month 12.")


def test_only_drawn_relapses_are_moved(study: Study, patients: Patients) -> None:
    assert times.undated_bounds(patients, "paper") == {}
    assert times.undated_sentence(times.undated_rows({})) == ""


def test_the_figure_of_relapse_falls_with_the_curve_and_has_the_bounds_beside_it(patients: Patients) -> None:
    free = times.relapse_curve(patients, "paper")
    with mpl.rc_context({"backend": "agg"}):
        ax = times.relapse_figure(free, {"earliest": free})
        drawn = ax.lines[0]
        assert list(drawn.get_ydata())[:3] == pytest.approx([1, 1, 0.5]) and ax.get_xlim() == (0, 10)
        told = ["3 responders at month 1", "undated relapses at their earliest", "last seen free of it"]
        assert ax.get_legend_handles_labels()[1] == told
        assert ax.texts[0].get_text() == "At risk, 3 responders at month 1"
        plt.close("all")


def test_the_table_of_relapse_has_a_line_a_month(patients: Patients) -> None:
    html = tables_times.held({"As recorded": times.relapse_curve(patients, "paper")}, 0.95).as_raw_html()
    assert "As recorded" in html and ">6<" in html and "50.0%" in html and ">12<" not in html


# Follow-up ---------------------------------------------------------------------------------------


def test_follow_up_forgets_events_and_the_plain_median_does_not(patients: Patients) -> None:
    found = times.followed(patients, "paper").set_index("PARAMCD")
    assert list(found.index) == ["FU", "RELFREE", "FUEOT"]
    assert found.loc["RELFREE", ["N", "EVENTS", "PLAIN", "MEDIAN"]].tolist() == pytest.approx([3, 1, 6, 10])
    assert found.loc["FUEOT", ["SHORTEST", "MEDIAN"]].tolist() == pytest.approx([4, 4])
    rows = times.followed_rows(found.reset_index())
    assert value(rows, "follow_up_median", "RESP") == pytest.approx(10)
    told = times.followed_sentence(found.reset_index())
    assert told.startswith("From the response, month 1's responders: the median follow-up is 10.0 months")
    assert "Reverse Kaplan-Meier" in tables_times.followed(found.reset_index(), 0.95).as_raw_html()


# Time in response --------------------------------------------------------------------------------


def test_a_state_lasts_until_a_reading_shows_another(patients: Patients) -> None:
    found = in_response.spells(patients, "paper")
    told = [f"{r.USUBJID} {r.STATE} {r.START:.0f}..{r.END:.0f}" for r in found.itertuples()]
    assert told == [
        "A NR 1..5",
        "A PR 5..31",
        f"A CR 31..{11 * MONTH:.0f}",
        "B NR 1..9",
        "B PR 9..40",
        "B NE 40..50",
        f"B NR 50..{7 * MONTH:.0f}",
        f"C NR 1..{MONTH:.0f}",
        f"D NE 1..{MONTH:.0f}",
        f"E NE 1..{3 * MONTH:.0f}",
    ]


def test_the_share_in_response_is_of_days_whose_state_is_known(patients: Patients) -> None:
    found = in_response.shares(patients, "paper").set_index("USUBJID")
    followed = 11 * MONTH - 1
    assert found.loc["A", "SHARE"] == pytest.approx((followed - 4) / followed)
    assert found.loc["A", "SHARE_CR"] == pytest.approx((followed - 30) / followed)
    assert found.loc["B", "SHARE"] == pytest.approx(31 / (7 * MONTH - 1 - 10))
    assert found.loc[["D", "E"], "SHARE"].isna().all() and found.loc["C", "SHARE"] == 0
    rows = in_response.share_rows(found.reset_index(), patients)
    days = found["FOLLOWED"] - found["NE"]  # nought for D and E
    assert value(rows, "time_in_response") == pytest.approx(100 * found["RESPONSE"].sum() / days.sum())
    assert value(rows, "median_time_in_response") == pytest.approx(100 * found.loc["B", "SHARE"])
    assert "1/3 (33.3%) of the patients" in in_response.share_sentence(found.reset_index(), rows)


def test_patients_are_listed_longest_in_response_first(patients: Patients) -> None:
    html = tables_times.in_response(in_response.shares(patients, "paper"), patients).as_raw_html()
    places = [html.index(f">{who}<") for who in "ABCED"]
    assert places == sorted(places) and "Months not evaluable" in html


# Nothing to show ---------------------------------------------------------------------------------


def test_without_times_there_are_no_curves_and_the_reasons_are_said(nobody: Patients) -> None:
    curves = {
        "TTR": times.response_curve(nobody, "paper"),
        "RELFREE": times.relapse_curve(nobody, "paper"),
        "DOR": times.duration_curve(nobody, "paper"),
    }
    for parameter, curve in curves.items():
        assert times.no_curve(curve, parameter).startswith("*Skipped: ")
    assert times.no_curve(pd.DataFrame({"TIME": [0]}), "TTR") == ""
    assert times.followed(nobody, "paper").empty and in_response.shares(nobody, "paper").empty
    assert in_response.nothing_known(in_response.shares(nobody, "paper")).startswith("*Skipped: ")


def test_readings_are_needed_for_a_curve_of_responses(study: Study) -> None:
    unseen = Patients(study, {"ADSL": ADSL, "ADTTE": adtte("TTR A 0 1, B 0 1")})
    assert times.response_curve(unseen, "paper").empty


def test_only_reconstructed_times_are_said_to_be_drawn(study: Study, patients: Patients) -> None:
    origins = pd.DataFrame([("A", "PLT_BL", "assumed")], columns=["USUBJID", "variable", "origin"])
    made = Patients(study, {"ADSL": ADSL, "ADRS": ADRS.assign(ORIGIN="assumed")}, origins=origins)
    assert times.drawn(made, times.UNDATED) == times.UNDATED
    assert in_response.states_note(made, "paper").endswith(
        "of 8 values 8 are assumed, the record being silent. This rests on assumed values."
    )
    assert times.drawn(patients, times.UNDATED) == in_response.states_note(patients, "paper") == ""


def test_times_of_another_set_are_left_out(patients: Patients) -> None:
    assert times.relapse_curve(patients, "iwg2009").empty
    assert np.isnan(times.followed(patients, "paper")["HIGH"].iloc[1])
