"""Tables of times: who was still at risk and what share had the event, follow-up, and time in response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.patients import Patients
from cytopenia.schemas import DAYS_A_MONTH
from cytopenia.survival import at_times
from cytopenia.times import DAYS, FOLLOWED, MONTHS, NOT_REACHED

TIES = "Of what falls on one day the event counts first, then what competes with it, then a loss."
POINTWISE = "Each interval is for its own time, on the log(−log) scale; with few patients it is rough."
BEYOND = "A time after the last patient was seen has no line."


def responded(curve: pd.DataFrame, confidence: float, days: Iterable[int] = DAYS) -> GT:
    """One line per day: responded, something else first, lost so far, still none of it; the share with its interval."""
    shown = at_times(curve, [day for day in days if day <= curve["TIME"].max()])
    gone = shown[["EVENTS", "COMPETING", "CENSORED"]].sum(axis=1)
    frame = pd.DataFrame(
        {
            "when": [f"day {day:.0f}" for day in shown["TIME"]],
            **{name: _whole(shown[name]) for name in ("EVENTS", "COMPETING", "CENSORED")},
            "left": _whole(curve["N_RISK"].max() - gone),
            **_share(shown, "INCIDENCE"),
        }
    )
    heads = {
        "when": "By",
        "EVENTS": "Responded",
        "COMPETING": "Ruled out first",
        "CENSORED": "Lost first",
        "left": "None of these yet",
        "share": "Cumulative incidence",
        "band": f"{style.percent(confidence, 0)} interval",
    }
    title = "Response over everybody treated"
    return tables.table(frame, "response-all", title, heads, notes=[TIES, POINTWISE], numbers=list(frame.columns[1:]))


def held(curves: Mapping[str, pd.DataFrame], confidence: float, months: Iterable[int] = MONTHS) -> GT:
    """One line per curve and month: at risk, events and losses so far, the share free of it with its interval.

    `curves`: what each is of, to a table of `survival` in months.
    """
    parts = []
    for what, curve in curves.items():
        shown = at_times(curve, [0, *(month for month in months if month <= curve["TIME"].max())])
        counted = {name: _whole(shown[name]) for name in ("N_RISK", "EVENTS", "CENSORED")}
        when = [f"{month:.0f}" for month in shown["TIME"]]
        parts.append(pd.DataFrame({"what": what, "when": when, **counted, **_share(shown, "SURVIVAL")}))
    frame = pd.concat(parts, ignore_index=True)
    heads = {
        "when": "Month",
        "N_RISK": "At risk",
        "EVENTS": "Events",
        "CENSORED": "Lost",
        "share": "Kaplan-Meier",
        "band": f"{style.percent(confidence, 0)} interval",
    }
    title = "How long responses held: months since the response"
    notes = [TIES.replace(", then what competes with it", ""), POINTWISE, BEYOND]
    return tables.table(frame, "held", title, heads, group="what", notes=notes, numbers=list(frame.columns[1:]))


def followed(found: pd.DataFrame, confidence: float) -> GT:
    """One line per time: patients, events, the plain median with its range, the reverse Kaplan-Meier median."""
    lines = []
    for row in found.to_dict("records"):
        ends = [NOT_REACHED if style.missing(row[name]) else style.number(row[name], 1) for name in ("LOW", "HIGH")]
        middle = NOT_REACHED if style.missing(row["MEDIAN"]) else style.number(row["MEDIAN"], 1)
        spread = style.between(row["SHORTEST"], row["LONGEST"], 1)
        plain = f"{style.number(row['PLAIN'], 1)} ({spread})"
        lines.append((FOLLOWED[str(row["PARAMCD"])], row["N"], row["EVENTS"], plain, f"{middle} ({' to '.join(ends)})"))
    frame = pd.DataFrame(lines, columns=["what", "n", "events", "plain", "reverse"])
    heads = {
        "what": "",
        "n": "Patients",
        "events": "Events",
        "plain": "Median of all times (range)",
        "reverse": f"Reverse Kaplan-Meier median ({style.percent(confidence, 0)} interval)",
    }
    note = f"Months of {style.number(DAYS_A_MONTH, 4)} days."
    return tables.table(frame, "followed", "Follow-up in months", heads, notes=[note], numbers=list(frame.columns[1:]))


def in_response(found: pd.DataFrame, patients: Patients) -> GT:
    """One line per patient: cytopenia, months seen, the share of them in CR and in CR or PR, longest first."""
    dx = patients.adsl.set_index("USUBJID")["DX"].reindex(found["USUBJID"])
    frame = pd.DataFrame(
        {
            "who": found["USUBJID"],
            "dx": [style.MISSING if style.missing(one) else style.population(str(one)) for one in dx],
            "months": [style.number(days / DAYS_A_MONTH, 1) for days in found["FOLLOWED"]],
            "cr": [style.percent(share, 0) for share in found["SHARE_CR"]],
            "response": [style.percent(share, 0) for share in found["SHARE"]],
            "unknown": [style.number(days / DAYS_A_MONTH, 1) for days in found["NE"]],
        }
    )
    order = found.sort_values(["SHARE", "FOLLOWED", "USUBJID"], ascending=[False, False, True]).index
    frame = frame.loc[order].reset_index(drop=True)
    if not found["NE"].any():
        frame = frame.drop(columns="unknown")
    heads = {
        "who": "Patient",
        "dx": "Cytopenia",
        "months": "Months seen",
        "cr": "In CR",
        "response": "In CR or PR",
        "unknown": "Months not evaluable",
    }
    title = "Time in response, patient by patient"
    note = "A state lasts from the reading that shows it to the next; before the first reading there is no response."
    return tables.table(frame, "in-response", title, heads, notes=[note], numbers=list(frame.columns[2:]))


def _whole(values: pd.Series) -> list[str]:
    return [f"{value:.0f}" for value in values]


def _share(shown: pd.DataFrame, column: str) -> dict[str, list[str]]:
    """The share and its interval as text, in per cent."""
    bands = [
        style.MISSING if style.missing(low) or style.missing(high) else f"{style.between(100 * low, 100 * high, 1)}%"
        for low, high in zip(shown["LOW"], shown["HIGH"], strict=True)
    ]
    return {"share": [style.percent(share) for share in shown[column]], "band": bands}
