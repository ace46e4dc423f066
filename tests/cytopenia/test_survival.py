"""Curves of times to events against R's and Stata's values, and against fractions by hand."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cytopenia.survival import (
    EVENT,
    at_times,
    cumulative_incidence,
    follow_up,
    median_time,
    states_of,
    survival,
)

ORACLES = Path(__file__).parents[1] / "oracles"
TIMES = pd.read_csv(ORACLES / "r_times.csv")
R_VALUES = pd.read_csv(ORACLES / "r_values.csv", dtype=str).query("dataset in @TIMES.dataset")
COLUMNS = {"km_surv": "SURVIVAL", "km_lower": "LOW", "km_upper": "HIGH", "incidence": "INCIDENCE"}
ENDS = {"median": "estimate", "0.95LCL": "low", "0.95UCL": "high"}


def observed(dataset: str) -> tuple[pd.Series, pd.Series]:
    mine = TIMES[TIMES["dataset"] == dataset]
    return mine["time"], mine["state"]


# Published values --------------------------------------------------------------------------------


def curve_of(dataset: str, statistic: str) -> pd.DataFrame:
    """The curve that a value of R belongs to."""
    time, state = observed(dataset)
    if statistic == "incidence":
        return cumulative_incidence(time, state)
    if statistic.startswith("reverse"):
        return follow_up(time, (state != 0).astype(int))
    return survival(time, (state == EVENT).astype(int))


@pytest.mark.parametrize(("dataset", "statistic"), R_VALUES.groupby(["dataset", "statistic"], sort=False).groups)
def test_curves_and_medians_are_those_of_r(dataset: str, statistic: str) -> None:
    rows = R_VALUES[(R_VALUES["dataset"] == dataset) & (R_VALUES["statistic"] == statistic)]
    curve = curve_of(dataset, statistic)
    expected = rows["expected"].astype(float).to_numpy()
    if statistic in COLUMNS:
        found = curve.set_index("TIME")[COLUMNS[statistic]].loc[rows["at"].astype(float)].to_numpy()
    else:
        found = np.array([getattr(median_time(curve), ENDS[statistic.partition("_")[2]])])
    np.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=rows["origin"].iloc[0])


@pytest.mark.parametrize(
    "row", pd.read_csv(ORACLES / "stata_incidence.csv").to_dict("records"), ids=lambda row: f"at {row['at']}"
)
def test_incidence_and_its_error_are_those_of_stata(row: dict) -> None:
    at = cumulative_incidence(*observed("stata")).set_index("TIME").loc[row["at"]]
    assert at["INCIDENCE"] == pytest.approx(row["incidence"], abs=5e-9), row["origin"]
    assert at["SE"] == pytest.approx(row["se"], abs=5e-9), row["origin"]


def test_without_competing_events_the_error_is_greenwoods() -> None:
    curve = cumulative_incidence(*observed("remission")).set_index("TIME")
    for row in pd.read_csv(ORACLES / "remission_survival.csv", dtype=str).to_dict("records"):
        at = curve.loc[float(row["weeks"])]
        assert f"{1 - at['INCIDENCE']:.3f}" == row["survival"], row["origin"]
        assert f"{at['SE']:.4f}" == row["se"], row["origin"]


# Slow and obvious --------------------------------------------------------------------------------

spells = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([0, 1, 2])), min_size=1, max_size=12)


def by_hand(spells: list[tuple[int, int]]) -> dict[int, Fraction]:
    """Aalen and Johansen, one day after the other, in fractions."""
    alive, incidence, found = Fraction(1), Fraction(0), {}
    for day in range(7):
        risk = sum(time >= day for time, _ in spells)
        events = sum(time == day and state == 1 for time, state in spells)
        gone = sum(time == day and state != 0 for time, state in spells)
        if risk:
            incidence += alive * Fraction(events, risk)
            alive *= 1 - Fraction(gone, risk)
        found[day] = incidence
    return found


@settings(max_examples=40, deadline=None)
@given(spells)
def test_incidence_with_ties_is_the_fractions_by_hand(spells: list[tuple[int, int]]) -> None:
    curve = cumulative_incidence(*zip(*spells, strict=True))
    expected = by_hand(spells)
    assert curve["INCIDENCE"].tolist() == pytest.approx([float(expected[int(time)]) for time in curve["TIME"]])
    assert curve["N_RISK"].tolist() == [sum(time >= at for time, _ in spells) for at in curve["TIME"]]


@settings(max_examples=40, deadline=None)
@given(spells)
def test_where_nothing_competes_the_incidence_is_what_survival_lacks(spells: list[tuple[int, int]]) -> None:
    times, states = [time for time, _ in spells], [min(state, 1) for _, state in spells]
    incidence, curve = cumulative_incidence(times, states), survival(times, states)
    assert (1 - incidence["INCIDENCE"]).tolist() == pytest.approx(curve["SURVIVAL"].tolist(), abs=1e-12)


def test_the_error_is_a_proportions_while_nobody_is_lost() -> None:
    states = [1, 2, 1, 1, 2, 2, 1, 2, 1, 2]
    curve = cumulative_incidence([1, 1, 2, 2, 2, 3, 3, 4, 5, 6], states)
    share = curve["INCIDENCE"].to_numpy()
    assert share[-1] == pytest.approx(0.5)
    np.testing.assert_allclose(curve["SE"], np.sqrt(share * (1 - share) / 10), atol=1e-12)


def test_who_ties_with_whom_does_not_hang_on_the_order_of_the_patients() -> None:
    time, state = observed("ties")
    forth, back = cumulative_incidence(time, state), cumulative_incidence(time[::-1], state[::-1])
    pd.testing.assert_frame_equal(forth, back)


# Reading a curve ---------------------------------------------------------------------------------


def test_a_median_that_half_never_reach_is_missing() -> None:
    reached = median_time(cumulative_incidence([2, 3, 5, 9, 30, 30], [1, 1, 1, 1, 0, 0]))
    assert reached.estimate == 5
    assert math.isnan(median_time(cumulative_incidence([2, 30, 30, 30], [1, 0, 0, 0])).estimate)
    assert median_time(survival([1, 2, 3, 4], [1, 1, 0, 0])).estimate == 2, "at one half exactly: the first time"


def test_follow_up_counts_losses_and_forgets_events() -> None:
    pd.testing.assert_frame_equal(follow_up([1, 2, 3, 4], [0, 1, 0, 0]), survival([1, 2, 3, 4], [1, 0, 1, 1]))


def test_at_a_time_between_two_the_curve_is_that_before_and_who_is_left_is_counted() -> None:
    curve = cumulative_incidence([1, 2, 2, 4, 5], [1, 1, 2, 0, 0])
    found = at_times(curve, [0, 1.5, 2, 4.5, 5.5])
    assert found["TIME"].tolist() == [0, 1.5, 2, 4.5, 5.5]
    assert found["N_RISK"].tolist() == [5, 4, 4, 1, 0]
    assert found["EVENTS"].tolist() == [0, 1, 2, 2, 2]
    assert found["COMPETING"].tolist() == [0, 0, 1, 1, 1]
    assert found["CENSORED"].tolist() == [0, 0, 0, 1, 2]
    assert found["INCIDENCE"].tolist()[:-1] == pytest.approx([0, 0.2, 0.4, 0.4])
    assert found.loc[4, ["INCIDENCE", "LOW", "HIGH"]].isna().all(), "nobody was seen so long"


# Edges -------------------------------------------------------------------------------------------


def test_nobody_has_a_curve_without_events() -> None:
    assert cumulative_incidence([], [])[["TIME", "N_RISK", "INCIDENCE"]].to_numpy().tolist() == [[0, 0, 0]]
    assert survival([], [])["SURVIVAL"].tolist() == [1]


def test_one_patient_has_a_curve_and_no_interval() -> None:
    curve = survival([3], [1])
    assert curve["SURVIVAL"].tolist() == [1, 0] and curve["LOW"].isna().all()
    assert cumulative_incidence([0], [1])["INCIDENCE"].tolist() == [1]


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: cumulative_incidence([1], [3]), "0 .censored., 1 .event. or 2"),
        (lambda: survival([1], [2]), "0 .censored. or 1 .event."),
        (lambda: cumulative_incidence([math.nan], [1]), "a time is a number"),
        (lambda: survival([-1], [1]), "a time is a number"),
        (lambda: cumulative_incidence([1, 2], [1]), "one state"),
        (lambda: states_of([3]), "3"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_rule(make, rule: str) -> None:
    with pytest.raises((ValueError, KeyError), match=rule):
        make()
