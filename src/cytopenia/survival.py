"""Times to events: Kaplan and Meier's and Aalen and Johansen's estimates by lifelines, as tidy tables.

Ties stand as they are. At the same time events come before competing events, and both before losses, which
leaves either estimate and its variance what the formulas for tied times give; nothing is moved at random.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

CENSORED, EVENT, COMPETING = 0, 1, 2
STATES = {0: EVENT, 1: CENSORED, 2: COMPETING}
"""The state that each CNSR of an analysis table of times stands for."""

BARELY = 1e-12
"""How far rounding may leave a curve above one half where it has reached it."""


def survival(times: Iterable[float], events: Iterable[int], confidence: float = 0.95) -> pd.DataFrame:
    """One row per time, from 0: TIME, N_RISK, EVENTS, CENSORED, SURVIVAL, LOW, HIGH (shares, 0 to 1).

    `events`: 1 the event, 0 censored. SURVIVAL is Kaplan and Meier's estimate (JASA 1958;53:457), LOW and HIGH
    Greenwood's interval on the log(-log) scale (Kalbfleisch & Prentice 1980), missing while nothing happened
    and once nobody is left. ValueError for a time below 0 or missing, or another state.
    """
    time, state = _observed(times, events, (CENSORED, EVENT))
    table = _counts(time, state).drop(columns="COMPETING")
    if not len(time):
        return table.assign(SURVIVAL=1.0, LOW=np.nan, HIGH=np.nan)
    fitted = KaplanMeierFitter(alpha=1 - confidence).fit(time, state)
    value = fitted.survival_function_.iloc[:, 0].reindex(table["TIME"]).to_numpy()
    inside = (value < 1 - BARELY) & (value > BARELY)
    low, high = (fitted.confidence_interval_.iloc[:, k].reindex(table["TIME"]).to_numpy() for k in (0, 1))
    return table.assign(SURVIVAL=value, LOW=np.where(inside, low, np.nan), HIGH=np.where(inside, high, np.nan))


def follow_up(times: Iterable[float], events: Iterable[int], confidence: float = 0.95) -> pd.DataFrame:
    """The reverse Kaplan-Meier curve of follow-up, as `survival` gives it: losses are its events.

    SURVIVAL is the share who would still be followed if nobody had had the event. Schemper & Smith, Control
    Clin Trials 1996;17:343.
    """
    return survival(times, [1 - event for event in events], confidence)


def cumulative_incidence(times: Iterable[float], states: Iterable[int], confidence: float = 0.95) -> pd.DataFrame:
    """One row per time, from 0: TIME, N_RISK, EVENTS, COMPETING, CENSORED, INCIDENCE, SE, LOW, HIGH.

    `states`: 0 censored, 1 the event, 2 a competing event. INCIDENCE is Aalen and Johansen's estimate (Scand J
    Stat 1978;5:141), 1 - Kaplan-Meier where nothing competes. SE is the delta method's (Marubini & Valsecchi,
    Analysing Survival Data, section 10.2; Greenwood's where nothing competes), missing where an event leaves
    nobody at risk; LOW and HIGH are on the log(-log) scale of the incidence, missing where SE is 0 or missing.
    ValueError for a time below 0 or missing, or another state.

    lifelines moves events that tie with competing ones by chance. Here it gets the order of the times, with
    events before the others of the same time, so that there is nothing to move.
    """
    time, state = _observed(times, states, (CENSORED, EVENT, COMPETING))
    table = _counts(time, state)
    if not len(time):
        return table.assign(INCIDENCE=0.0, SE=0.0, LOW=np.nan, HIGH=np.nan)
    order = 2 * np.searchsorted(table["TIME"].to_numpy(), time) + 2 + (state != EVENT)
    # Who has a competing event when nobody is left behind changes nothing, and would divide by nought.
    known = np.where((order == order.max()) & (state == COMPETING), CENSORED, state)
    with np.errstate(divide="ignore", invalid="ignore"):  # the logarithm of an incidence of 0
        fitted = AalenJohansenFitter(alpha=1 - confidence).fit(order, known, event_of_interest=EVENT)
    places = 2 * np.arange(len(table)) + 3
    found = pd.concat([fitted.cumulative_density_, fitted.variance_, fitted.confidence_interval_], axis=1)
    value, variance, *band = found.reindex(places, method="ffill").to_numpy().T
    error = np.sqrt(np.clip(variance, 0, None))
    inside = error > 0
    low, high = (np.where(inside, end(band, axis=0), np.nan) for end in (np.min, np.max))
    return table.assign(INCIDENCE=value, SE=error, LOW=low, HIGH=high)


def states_of(censoring: Iterable[int]) -> list[int]:
    """The states of CNSR values: 0 is the event, 1 a loss, 2 a competing event.

    >>> states_of([0, 1, 2])
    [1, 0, 2]
    """
    return [STATES[int(value)] for value in censoring]


def _observed(times: Iterable[float], states: Iterable[int], known: tuple[int, ...]) -> tuple[Floats, Whole]:
    time = np.asarray(list(times), dtype=float)
    state = np.asarray(list(states), dtype=int)
    if len(time) != len(state):
        raise ValueError(f"each time has one state (got {len(time)} times and {len(state)} states)")
    if np.isnan(time).any() or (time < 0).any():
        raise ValueError("a time is a number, 0 or more: leave out patients without one")
    if not np.isin(state, known).all():
        names = ("0 (censored)", "1 (event)", "2 (competing event)")[: len(known)]
        raise ValueError(f"a state is {', '.join(names[:-1])} or {names[-1]}")
    return time, state


def _counts(time: Floats, state: Whole) -> pd.DataFrame:
    points = np.unique(np.concatenate([[0.0], time]))
    here = time[:, None] == points[None, :]
    counted = {
        "TIME": points,
        "N_RISK": (time[:, None] >= points[None, :]).sum(axis=0),
        "EVENTS": (here & (state == EVENT)[:, None]).sum(axis=0),
        "COMPETING": (here & (state == COMPETING)[:, None]).sum(axis=0),
        "CENSORED": (here & (state == CENSORED)[:, None]).sum(axis=0),
    }
    return pd.DataFrame(counted)


# Reading a curve ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class MedianTime:
    """The time by which half have had the event, with its interval; an end that is never reached is NaN."""

    estimate: float
    low: float
    high: float


def median_time(curve: pd.DataFrame) -> MedianTime:
    """The first times at which a curve, and the ends of its interval, reach one half.

    `curve` comes from `survival`, `follow_up` or `cumulative_incidence`. Where the curve stays at exactly one
    half the first of those times counts (as in SPSS; R takes their middle). Brookmeyer & Crowley, Biometrics
    1982;38:29.

    >>> median_time(survival([1, 2, 3, 4], [1, 1, 1, 0])).estimate
    2.0
    """
    if "SURVIVAL" in curve:
        gone = 1 - curve[["SURVIVAL", "LOW", "HIGH"]].set_axis(["value", "most", "least"], axis=1)
    else:
        gone = curve[["INCIDENCE", "HIGH", "LOW"]].set_axis(["value", "most", "least"], axis=1)
    return MedianTime(*(_first_half(curve["TIME"], share) for share in (gone["value"], gone["most"], gone["least"])))


def _first_half(time: pd.Series, share: pd.Series) -> float:
    reached = time[share >= 0.5 - BARELY]
    return float(reached.iloc[0]) if len(reached) else math.nan


def at_times(curve: pd.DataFrame, times: Iterable[float]) -> pd.DataFrame:
    """One row per time asked for: the curve's columns there, TIME being the time asked for.

    N_RISK counts who is still under observation at that very time; EVENTS, COMPETING and CENSORED are sums up
    to and at it. A time after the last observation has the estimate missing, since nobody was seen so long.

    >>> at_times(survival([1, 2, 3], [1, 0, 1]), [2, 4])[["TIME", "N_RISK", "EVENTS"]].to_numpy().tolist()
    [[2.0, 2.0, 1.0], [4.0, 0.0, 2.0]]
    """
    asked = np.asarray(list(times), dtype=float)
    points = curve["TIME"].to_numpy()
    sums = {name: curve[name].cumsum() for name in ("EVENTS", "COMPETING", "CENSORED") if name in curve}
    before = np.searchsorted(points, asked, side="right") - 1
    found = curve.assign(**sums).iloc[before].reset_index(drop=True).assign(TIME=asked)
    later = np.searchsorted(points, asked, side="left")
    risk = np.append(curve["N_RISK"].to_numpy(), 0)[later]
    values = [name for name in ("SURVIVAL", "INCIDENCE", "SE", "LOW", "HIGH") if name in curve]
    return found.assign(N_RISK=risk, **{name: found[name].where(asked <= points[-1]) for name in values})
