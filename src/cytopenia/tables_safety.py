"""Tables of adverse events, their grades and rates, what was not seen, and the doses planned and given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.grading import NOT_DERIVABLE
from cytopenia.patients import Patients
from cytopenia.safety import ANY, WHOLE
from cytopenia.tables import Item

Row = Mapping[Any, Any]

EPOCHS = {
    "SCREENING": "before treatment",
    "INDUCTION": "induction",
    "TAPER": "taper",
    "MAINTENANCE": "maintenance",
    "FOLLOW-UP": "follow-up",
    WHOLE: "whole time",
}


def epoch(name: object) -> str:
    """A phase of treatment in words; a dash where it isn't recorded."""
    return style.MISSING if style.missing(name) else EPOCHS.get(str(name), str(name).lower())


def _text(row: Row, name: str) -> str:
    return style.MISSING if style.missing(row.get(name)) else str(row[name])


def listing(adae: pd.DataFrame, *notes: str) -> GT:
    """One line per event, by day: patient, event, phase, days, serious, treatment, outcome."""
    lines = [
        {
            "patient": _text(row, "USUBJID"),
            "event": _text(row, "AEDECOD"),
            "phase": epoch(row.get("EPOCH")),
            "days": _days(row),
            "serious": {"Y": "yes", "N": "no"}.get(_text(row, "AESER"), "not stated"),
            "treatment": _text(row, "AETREAT"),
            "outcome": _text(row, "AEOUT").split("/")[0].lower(),
        }
        for row in adae.sort_values(["AESTDY", "USUBJID"], kind="stable").to_dict("records")
    ]
    heads = {name: name.capitalize() for name in lines[0]} | {"days": "Study days"}
    return tables.table(pd.DataFrame(lines), "listing", "Every adverse event", heads, notes=notes)


def _days(row: Row) -> str:
    first, last = (style.number(_number(row, name)) for name in ("AESTDY", "AEENDY"))
    return first if last in (first, style.MISSING) else f"{first} to {last}"


def _number(row: Row, name: str) -> str | None:
    return None if style.missing(row.get(name)) else str(row[name])


def terms(found: pd.DataFrame, confidence: float, *notes: str) -> GT:
    """One line per term: patients of all treated with the share, its exact interval, and events."""
    lines = [
        {
            "term": row["TERM"],
            "patients": style.proportion(int(row["PATIENTS"]), int(row["N"])),
            "band": f"{style.percent(row['LOW'])} to {style.percent(row['HIGH'])}",
            "events": str(row["EVENTS"]),
        }
        for row in found.to_dict("records")
    ]
    band = f"Exact {style.percent(confidence, 0)} interval"
    heads = {"term": "", "patients": "Patients", "band": band, "events": "Events"}
    numbers = ["patients", "band", "events"]
    return tables.table(pd.DataFrame(lines), "terms", "Adverse events by term", heads, notes=notes, numbers=numbers)


def grade(row: Row) -> str:
    """The grade; where it isn't derivable the grades that fit, `2–3, not derivable`, if any are known."""
    only, low, high = (_number(row, name) for name in ("AETOXGR", "AETOXGRL", "AETOXGRH"))
    if only is not None:
        return style.number(only)
    if low is None or high is None:
        return NOT_DERIVABLE
    return f"{style.number(low)}–{style.number(high)}, {NOT_DERIVABLE}"


def grades(adae: pd.DataFrame, *notes: str) -> GT:
    """One line per event: its grade or the grades that fit, the version of the scale, and why."""
    lines = [
        {
            "patient": _text(row, "USUBJID"),
            "event": _text(row, "AEDECOD"),
            "grade": grade(row),
            "scale": _text(row, "GRADEVER"),
            "why": _text(row, "GRADEWHY").removeprefix(f"{NOT_DERIVABLE}: "),
        }
        for row in adae.sort_values(["AESTDY", "USUBJID"], kind="stable").to_dict("records")
    ]
    heads = {"patient": "Patient", "event": "Event", "grade": "Grade", "scale": "Scale", "why": "Why"}
    return tables.table(pd.DataFrame(lines), "grades", "Grades", heads, notes=notes)


def rates(found: pd.DataFrame, confidence: float, *notes: str) -> GT:
    """One line per term and phase: events, patient-months, events per patient-month with exact interval."""
    lines = [
        {
            "term": row["TERM"],
            "phase": epoch(row["EPOCH"]),
            "events": str(row["EVENTS"]),
            "months": style.number(row["MONTHS"], 1),
            "rate": style.number(row["RATE"], 3),
            "band": style.between(row["LOW"], row["HIGH"], 3),
        }
        for row in found.to_dict("records")
        if row["EVENTS"] or row["TERM"] == ANY
    ]
    heads = {
        "phase": "",
        "events": "Events",
        "months": "Patient-months",
        "rate": "Per patient-month",
        "band": f"Exact {style.percent(confidence, 0)} interval",
    }
    title = "Events per patient-month observed"
    numbers = ["events", "months", "rate", "band"]
    return tables.table(pd.DataFrame(lines), "rates", title, heads, group="term", notes=notes, numbers=numbers)


def unseen(found: pd.DataFrame, confidence: float, *notes: str) -> GT:
    """One line per kind of event that was looked for: patients with it, and the one-sided upper bound."""
    lines = [
        {
            "kind": row["LABEL"],
            "patients": f"{row['PATIENTS']}/{row['N']}",
            "upper": style.percent(row["UPPER"]),
        }
        for row in found.to_dict("records")
    ]
    bound = f"Largest share compatible, {style.percent(confidence, 0)} one-sided"
    heads = {"kind": "", "patients": "Patients", "upper": bound}
    title = "Looked for in the reports, and how common it may be all the same"
    return tables.table(pd.DataFrame(lines), "unseen", title, heads, notes=notes, numbers=["patients", "upper"])


def exposure(found: pd.DataFrame, *notes: str) -> GT:
    """One line per drug and phase of the plan: dose, doses planned a patient, patients, doses they had."""
    lines = [
        {
            "drug": str(row["DRUG"]).capitalize(),
            "phase": epoch(row["EPOCH"]),
            "dose": _dose(str(row["DOSE"])),
            "planned": style.number(row["PLANNED"]),
            "patients": str(row["PATIENTS"]),
            "given": style.MISSING if style.missing(row["MEDIAN"]) else _spread(row),
        }
        for row in found.to_dict("records")
    ]
    heads = {
        "drug": "",
        "phase": "",
        "dose": "Dose",
        "planned": "Doses planned",
        "patients": "Patients",
        "given": "Doses recorded, median (range)",
    }
    frame = pd.DataFrame(lines).sort_values("drug", kind="stable")
    frame.loc[frame.duplicated("drug"), "drug"] = ""
    numbers = ["planned", "patients", "given"]
    return tables.table(frame, "exposure", "Doses planned and recorded", heads, notes=notes, numbers=numbers)


def _spread(row: Row) -> str:
    middle, low, high = (style.number(_number(row, name)) for name in ("MEDIAN", "LOW", "HIGH"))
    return f"{middle} ({low} to {high})"


def _dose(text: str) -> str:
    """A dose with its units as shown to a reader, `375 mg/m²`."""
    return " ".join(style.unit(word.rstrip(",")) + "," * word.endswith(",") for word in text.split())


def lab_shifts(shifts: pd.DataFrame, *notes: str) -> GT:
    """One line per test and grade at baseline: how many patients had which worst grade after the first dose.

    `shifts` comes from `grading.shifts`; patients without the one or the other grade are left out.
    """
    both = shifts.dropna(subset=["BTOXGR", "WTOXGR"])
    found = both.groupby(["PARAMCD", "BTOXGR", "WTOXGR"]).size().unstack(fill_value=0)
    found = found.reindex(columns=range(5), fill_value=0)
    frame = found.rename(columns=lambda worst: f"worst {worst}").reset_index()
    frame["PARAMCD"] = [style.quantity(code) for code in frame["PARAMCD"]]
    frame["BTOXGR"] = [f"grade {base} at baseline" for base in frame["BTOXGR"]]
    worst = [name for name in frame.columns if str(name).startswith("worst")]
    heads = {"BTOXGR": ""} | {name: f"Grade {name.split()[1]}" for name in worst}
    title = "Laboratory grades: baseline and worst after the first dose"
    return tables.table(
        frame,
        "lab-shifts",
        title,
        heads,
        group="PARAMCD",
        notes=notes,
        numbers=worst,
        spanners={"Patients by worst grade": worst},
    )


# ---------------------------------------------------------------- lines and sentences
def claim_lines(patients: Patients) -> list[tuple[str, Item]]:
    """One line per count that the paper prints of adverse events: its population and what fills it."""
    claims = [c for c in patients.study.claims if "AE_" in c.variable or c.population == "INFECTED"]
    keyed = {(c.population, c.variable, c.versus, c.statistic): c.description for c in claims}
    return [(key[0], tables.single(label, key[1], key[3])) for key, label in keyed.items()]


def skipped(table: str, what: str) -> str:
    """The sentence that says what is skipped for want of which table."""
    return f"*Skipped for want of the table {table}: {what}.*"


def events_reading(found: pd.DataFrame) -> str:
    """The sentence that reads the table of terms: patients with any event, and the interval of that share."""
    row = found[found["TERM"] == ANY].iloc[0]
    share = style.proportion(int(row["PATIENTS"]), int(row["N"]))
    band = f"{style.percent(row['LOW'])} to {style.percent(row['HIGH'])}"
    events = style.plural(int(row["EVENTS"]), "event")
    return (
        f"{share} of the treated patients had an adverse event recorded, {events} in all; the interval of "
        f"that share is {band}. What nobody wrote down isn't in it."
    )


def grades_reading(adae: pd.DataFrame) -> str:
    """The sentence that says how many events have a grade."""
    known = int(adae["AETOXGR"].notna().sum())
    return (
        f"{known} of {style.plural(len(adae), 'event')} can be graded. Where the record leaves more than one "
        "grade open, none is given rather than a guess."
    )


def rates_reading(found: pd.DataFrame) -> str:
    """The sentence that reads the rate of any event over the whole time."""
    row = found[(found["TERM"] == ANY) & (found["EPOCH"] == WHOLE)].iloc[0]
    return (
        f"{style.plural(int(row['EVENTS']), 'event')} in {style.number(row['MONTHS'], 0)} patient-months: "
        f"{style.number(row['RATE'], 3)} a patient-month ({style.between(row['LOW'], row['HIGH'], 3)}). "
        "Months between visits count as observed: an event that nobody reported then is missed."
    )


def unseen_reading(found: pd.DataFrame, confidence: float) -> str:
    """The sentence that says what zero of so many patients leaves open."""
    none = found[found["PATIENTS"] == 0]
    if none.empty:
        return "Each of these events was reported at least once."
    row = none.iloc[0]
    return (
        f"None reported in {row['N']} patients is compatible, at {style.percent(confidence, 0)}, with up to "
        f"{style.percent(row['UPPER'])} of patients having such an event. Not seen is not absent."
    )


def days_note(patients: Patients) -> str:
    """The caption that says which days are assumed; empty for observed patients."""
    if patients.origins.empty:
        return ""
    return (
        "The days of infections, of relapses during maintenance and of the maintenance doses are assumed: "
        "none of them is printed."
    )


def unseen_note(patients: Patients) -> str:
    """The caption that says what the absence rests on; empty for observed patients."""
    if patients.origins.empty:
        return ""
    return (
        "It rests on the paper's sentence that nothing of the kind showed. Reconstructed laboratory values "
        "were made to agree with it and are no evidence."
    )


def has_shifts(shifts: pd.DataFrame) -> bool:
    """Whether any patient has a laboratory grade both at baseline and later."""
    return len(shifts.dropna(subset=["BTOXGR", "WTOXGR"])) > 0


def shifts_reading(shifts: pd.DataFrame) -> str:
    """The sentence that says for each test how many patients came to a worse grade than at baseline."""
    both = shifts.dropna(subset=["BTOXGR", "WTOXGR"])
    worse = both["WTOXGR"].astype(int) > both["BTOXGR"].astype(int)
    told = style.listing(
        f"{style.quantity(str(code)).lower()} {int(worse[mine.index].sum())} of {len(mine)}"
        for code, mine in both.groupby("PARAMCD")
    )
    return f"Worse than at baseline at some time after the first dose: {told}."


def exposure_reading(found: pd.DataFrame) -> str:
    """The sentence that sets the median of the doses recorded beside the plan."""
    told = style.listing(
        f"{str(row['DRUG']).lower()} in {epoch(row['EPOCH'])} {style.number(row['MEDIAN'])}"
        + ("" if style.missing(row["PLANNED"]) else f" of {style.number(row['PLANNED'])}")
        for row in found.to_dict("records")
        if row["PATIENTS"]
    )
    return f"Median doses recorded of those planned, in patients who had any: {told}."


def exposure_note(patients: Patients) -> str:
    """The caption that says whose doses these are; empty for observed patients."""
    if patients.origins.empty:
        return ""
    return (
        "Reconstructed doses are the printed plan written out for each patient: which were left out, put off "
        "or reduced isn't printed."
    )
