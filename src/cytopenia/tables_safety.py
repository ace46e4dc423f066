"""Tables of adverse events, their grades and rates, what was not seen, and the doses planned and given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.grading import NOT_DERIVABLE, VERSIONS, version_name
from cytopenia.inference import upper_bound_when_none
from cytopenia.patients import Patients
from cytopenia.safety import ANY, WHOLE, Watched
from cytopenia.schemas import lab_tests, packaged_rows
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
    shares = dict(zip(lines[0], (9, 18, 15, 12, 11, 23, 12), strict=True))
    return tables.table(pd.DataFrame(lines), "listing", "Every adverse event", heads, notes=notes, shares=shares)


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


def grades(graded: pd.DataFrame, *notes: str) -> GT:
    """One line per event: its grade, or the grades that fit, in each version of the scale, and why.

    `graded` comes from `grading.by_version`. Where a version has another term for the event it stands there too.
    """
    keys = ["USUBJID", "AEDECOD", "AESTDY"]
    lines: dict[tuple[str, ...], dict[str, str]] = {}
    for row in graded.sort_values(["AESTDY", "USUBJID"], kind="stable").to_dict("records"):
        key = tuple(_text(row, name) for name in keys)
        line = lines.setdefault(key, {"patient": _text(row, "USUBJID"), "event": _text(row, "AEDECOD")})
        line[_text(row, "GRADEVER")] = _in_its_words(row)
        why = _text(row, "GRADEWHY").removeprefix(f"{NOT_DERIVABLE}: ")
        line["why"] = style.caption(*dict.fromkeys([*filter(None, [line.get("why")]), why]))
    versions = [str(name) for name in dict.fromkeys(graded["GRADEVER"])]
    heads = {"patient": "Patient", "event": "Event"} | {name: name for name in versions} | {"why": "Why"}
    frame = pd.DataFrame(lines.values(), columns=list(heads))
    return tables.table(frame, "grades", "Grades in both versions of the scale", heads, notes=notes)


def _in_its_words(row: Row) -> str:
    """The grade, with the version's own term where it isn't the recorded one."""
    own = _text(row, "GRADETERM")
    other = own not in (style.MISSING, "") and own.upper() != _text(row, "AEDECOD").upper()
    return f"{grade(row)} (as {own})" if other else grade(row)


def rates(found: pd.DataFrame, confidence: float, *notes: str) -> GT:
    """One line per term and phase: events, patient-months, events per patient-month with exact interval."""
    lines = [
        {
            "term": row["TERM"],
            "phase": epoch(row["EPOCH"]),
            "events": str(row["EVENTS"]),
            "months": style.number(row["MONTHS"], 1),
            "rate": _yearly(row["RATE"]),
            "band": _yearly(row["LOW"], row["HIGH"]),
        }
        for row in found.to_dict("records")
        if row["EVENTS"] or row["TERM"] == ANY
    ]
    heads = {"phase": "", "events": "Events", "months": "Patient-months"} | _rate_heads(confidence)
    title = "Events for the time observed"
    numbers = ["events", "months", "rate", "band"]
    return tables.table(pd.DataFrame(lines), "rates", title, heads, group="term", notes=notes, numbers=numbers)


def first_rates(found: pd.DataFrame, confidence: float, *notes: str) -> GT:
    """One line per term: patients with a first event, months until it, and the rate with its exact interval."""
    lines = [
        {
            "term": row["TERM"],
            "patients": str(row["PATIENTS"]),
            "months": style.number(row["MONTHS"], 1),
            "rate": _yearly(row["RATE"]),
            "band": _yearly(row["LOW"], row["HIGH"]),
        }
        for row in found.to_dict("records")
    ]
    heads = {"term": "", "patients": "Patients", "months": "Patient-months until then"} | _rate_heads(confidence)
    title = "First events, for the time until them"
    numbers = ["patients", "months", "rate", "band"]
    return tables.table(pd.DataFrame(lines), "first-rates", title, heads, notes=notes, numbers=numbers)


YEARLY = 100 * 12
"""From a patient-month to 100 patient-years."""


def _yearly(*rates: float) -> str:
    """One rate per patient-month, or the two ends of its interval, as shown: per 100 patient-years."""
    return " to ".join(style.number(YEARLY * rate, 1) for rate in rates)


def _rate_heads(confidence: float) -> dict[str, str]:
    return {"rate": "Per 100 patient-years", "band": f"Exact {style.percent(confidence, 0)} interval"}


def unseen(found: pd.DataFrame, confidence: float, *notes: str) -> GT:
    """One line per kind of event that was looked for: patients with it, and the one-sided upper bounds."""
    lines = [
        {
            "kind": row["LABEL"],
            "patients": f"{row['PATIENTS']}/{row['N']}",
            "upper": style.percent(row["UPPER"]),
            "rate": style.MISSING if style.missing(row["UPPER_RATE"]) else _yearly(row["UPPER_RATE"]),
        }
        for row in found.to_dict("records")
    ]
    heads = {"kind": "", "patients": "Patients", "upper": "Of patients", "rate": "Per 100 patient-years"}
    title = "Looked for in the reports, and how common it may be all the same"
    bounds = {f"Largest compatible, {style.percent(confidence, 0)} one-sided": ["upper", "rate"]}
    numbers = ["patients", "upper", "rate"]
    return tables.table(pd.DataFrame(lines), "unseen", title, heads, notes=notes, numbers=numbers, spanners=bounds)


def igg(found: pd.DataFrame, limit: float, *notes: str) -> GT:
    """One line per patient, lowest IgG first: IgG before and after, infections, and IgG before the first.

    `found` comes from `safety.igg_and_infections`; values below `limit` (g/L) are marked.
    """
    values = {"BASE": "Baseline", "LOWEST": "Lowest later", "LAST": "Last", "BEFORE": "Last before it"}
    lines = [
        {"USUBJID": row["USUBJID"]}
        | {name: style.number(row[name], 2) for name in values}
        | {"INFECTIONS": str(row["INFECTIONS"] or style.MISSING), "ADY": style.number(_number(row, "ADY"))}
        for row in found.to_dict("records")
    ]
    heads = {"USUBJID": "Patient", "INFECTIONS": "Infections", "ADY": "Day of the first"} | values
    frame = pd.DataFrame(lines, columns=["USUBJID", "BASE", "LOWEST", "LAST", "INFECTIONS", "ADY", "BEFORE"])
    low = [(row, name) for name in values for row in range(len(found)) if found[name].iloc[row] < limit]
    title = "IgG (g/L) before and after, and infections"
    spanners = {"IgG": ["BASE", "LOWEST", "LAST"], "Infection": ["INFECTIONS", "ADY", "BEFORE"]}
    numbers = [name for name in frame.columns if name != "USUBJID"]
    return tables.table(
        frame, "igg", title, heads, notes=notes, numbers=numbers, marked=low, spanners=spanners, subtitle=_below(limit)
    )


def _below(limit: float) -> str:
    return f"Bold: below {style.number(limit)} g/L, an assumed limit of normal"


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


READ_AS = {"AVAL": "value", "BASE": "baseline", "LLN": "lower limit", "ULN": "upper limit"} | {
    "<=": "≤",
    ">=": "≥",
    "*": " × ",
}


def limits(*notes: str) -> GT:
    """One line per test and grade: what the value must be in each version, with what else the version says."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for rule in packaged_rows("ctcae_labs.csv"):
        line = found.setdefault((rule["LBTESTCD"], rule["grade"]), {})
        line[version_name(rule["version"])] = "; ".join(filter(None, (in_words(rule["rule"]), rule["note"])))
    versions = [version_name(version) for version in VERSIONS]
    lines = [
        {"test": style.with_unit(style.quantity(code), lab_tests()[code].unit), "grade": f"grade {grade}"}
        | {name: texts.get(name, "") for name in versions}
        for (code, grade), texts in found.items()
    ]
    heads = {"grade": ""} | {name: name for name in versions}
    shares = {"grade": 12, versions[0]: 44, versions[1]: 44}
    return tables.table(
        pd.DataFrame(lines), "limits", "Laboratory limits", heads, group="test", notes=notes, shares=shares
    )


def in_words(rule: str) -> str:
    """A rule of the laboratory with its quantities in words.

    >>> in_words("AVAL > 1.5*ULN or (BASE < LLN and AVAL >= 2*BASE)")
    'value > 1.5 × upper limit or (baseline < lower limit and value ≥ 2 × baseline)'
    """
    return reduce(lambda text, pair: text.replace(*pair), READ_AS.items(), rule)


def lab_shifts(shifts: pd.DataFrame, *notes: str) -> GT:
    """One line per test and grade at baseline: how many patients had which worst grade later, in each version.

    `shifts` comes from `grading.shifts`; patients without the one or the other grade are left out.
    """
    both = shifts.dropna(subset=["BTOXGR", "WTOXGR"])
    versions = [str(name) for name in dict.fromkeys(both["GRADEVER"])]
    found = both.groupby(["PARAMCD", "BTOXGR", "GRADEVER", "WTOXGR"]).size().unstack(["GRADEVER", "WTOXGR"])
    wanted = pd.MultiIndex.from_product([versions, range(5)])
    found = found.reindex(columns=wanted).fillna(0).astype(int).astype(str).replace("0", "·")
    spanners = {f"{name}: worst grade later": [f"{name} {worst}" for worst in range(5)] for name in versions}
    frame = found.set_axis([f"{name} {worst}" for name, worst in wanted], axis=1).reset_index()
    frame["PARAMCD"] = [style.quantity(code) for code in frame["PARAMCD"]]
    frame["BTOXGR"] = [f"grade {base} at baseline" for base in frame["BTOXGR"]]
    heads = {"BTOXGR": ""} | {f"{name} {worst}": str(worst) for name, worst in wanted}
    title = "Laboratory grades: baseline and worst after the first dose"
    return tables.table(
        frame,
        "lab-shifts",
        title,
        heads,
        group="PARAMCD",
        notes=notes,
        numbers=list(heads)[1:],
        spanners=spanners,
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


def untimed(recorded: bool) -> str:
    """The sentence that says why there are no rates: no events were recorded, or nobody was observed."""
    return "*Skipped: nobody was observed after the first dose.*" if recorded else skipped("AE", "the rates")


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


def grades_reading(graded: pd.DataFrame) -> str:
    """The sentence that says how many events have a grade in each version."""
    mine = [group for _, group in graded.groupby("GRADEVER")]
    told = style.listing(f"{int(one['AETOXGR'].notna().sum())} by {one['GRADEVER'].iloc[0]}" for one in mine)
    return (
        f"Of {style.plural(len(mine[0]) if mine else 0, 'event')} {told} can be graded. Where the record leaves more "
        "than one grade open, none is given rather than a guess."
    )


def rates_reading(found: pd.DataFrame) -> str:
    """The sentence that reads the rate of any event over the whole time."""
    row = found[(found["TERM"] == ANY) & (found["EPOCH"] == WHOLE)].iloc[0]
    return (
        f"{style.plural(int(row['EVENTS']), 'event')} in {style.number(row['MONTHS'], 0)} patient-months: "
        f"{_yearly(row['RATE'])} in 100 patient-years ({_yearly(row['LOW'], row['HIGH'])}). "
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


def silent_reading(kinds: Iterable[Watched]) -> str:
    """The sentence that names the known harms that the paper doesn't mention; empty where there are none."""
    silent = [kind.label[0].lower() + kind.label[1:] for kind in kinds if not kind.place]
    if not silent:
        return ""
    return (
        f"On {style.listing(silent)} the paper says nothing: whether they were looked for isn't known, and no bound "
        "is given. That these drugs can bring them is from memory, not from the paper."
    )


def igg_reading(found: pd.DataFrame, limit: float) -> str:
    """The sentences that count infections by IgG, and say why that is all that is done."""
    known = found.dropna(subset=["LOWEST"])
    low = known["LOWEST"] < limit
    infected = known["INFECTIONS"] > 0
    parts = [
        f"{int((infected & side).sum())} of {int(side.sum())} {word}"
        for side, word in ((low, "below"), (~low, "at or above"))
    ]
    return (
        f"With an infection: {style.listing(parts)} {style.number(limit)} g/L at their lowest. So few patients can "
        "neither show nor exclude a relation, and no test is made."
    )


def igg_from_print(found: pd.DataFrame, limit: float) -> str:
    """The sentence that says what print alone settles of low IgG, from `from_print.most_below`; empty without any."""
    if found.empty:
        return ""
    moments = {"IGG_BL": "at baseline", "IGG_EOT": "at the end of maintenance"}
    told = style.listing(
        f"{row['MOST']} of {row['N']} {moments[str(row['VARIABLE'])]}" for row in found.to_dict("records")
    )
    return (
        f"What print alone settles, whoever the patients were: with the printed means and SDs at most {told} can have "
        f"had less than {style.number(limit)} g/L. Whether any of them had an infection can't be told."
    )


def igg_note(patients: Patients) -> str:
    """The caption that says what ties an infection to an IgG value; empty for observed patients."""
    if patients.origins.empty:
        return ""
    return (
        "The paper prints IgG as means of those in response at the end of maintenance (Table 3) and doesn't say who "
        "was infected: which patient has which IgG and which infection is one choice among very many, and IgG between "
        "the two moments is assumed. The figure shows how one would look, not what was there."
    )


def days_note(patients: Patients) -> str:
    """The caption that says which days are assumed; empty for observed patients."""
    if patients.origins.empty:
        return ""
    return (
        "The days of infections, of relapses during maintenance, of responses that grew later and of the maintenance "
        "doses are assumed: none of them is printed."
    )


def unseen_note(patients: Patients, others: int, confidence: float) -> str:
    """The caption that says what the absence rests on; empty for observed patients.

    `others` is the number of patients without any event.
    """
    if patients.origins.empty:
        return ""
    alone = style.percent(upper_bound_when_none(others, confidence))
    return (
        "It rests on the paper's sentences. Section 2.4 speaks of the patients other than those with an event, and of "
        f"marked neuropathy, neutropenia, liver and kidney injury: over these {others} alone the bound is {alone}, and "
        "what was mild isn't excluded. Reconstructed laboratory values were made to agree with it and are no evidence."
    )


def has_shifts(shifts: pd.DataFrame) -> bool:
    """Whether any patient has a laboratory grade both at baseline and later."""
    return len(shifts.dropna(subset=["BTOXGR", "WTOXGR"])) > 0


def shifts_reading(shifts: pd.DataFrame, between: pd.DataFrame) -> str:
    """The sentences that say how many patients came to a worse grade, and in how many the versions differ.

    `between` comes from `grading.worst_between`.
    """
    both = shifts.dropna(subset=["BTOXGR", "WTOXGR"])
    mine = both[both["GRADEVER"] == both["GRADEVER"].iloc[0]]
    worse = mine["WTOXGR"].astype(int) > mine["BTOXGR"].astype(int)
    told = style.listing(
        f"{style.quantity(str(code)).lower()} {int(worse[one.index].sum())} of {len(one)}"
        for code, one in mine.groupby("PARAMCD")
    )
    differ = between[between["SAME"] < between["PATIENTS"]]
    other = style.listing(
        f"{style.quantity(str(row['PARAMCD'])).lower()} in {row['PATIENTS'] - row['SAME']} of {row['PATIENTS']}"
        for row in differ.to_dict("records")
    )
    return (
        f"Worse than at baseline at some time after the first dose, by {mine['GRADEVER'].iloc[0]}: {told}. "
        f"The worst grade differs between the versions: {other}."
    )


SHIFT_NOTE = (
    "Grades go by the value alone, with assumed limits of normal. Where a baseline is raised, alanine aminotransferase "
    "and bilirubin are graded against it: the baseline itself is then grade 0 in v5.0 and grade 1 in v6.0. Bilirubin "
    "that haemolysis raises isn't liver injury. Neither version has a term for low immunoglobulins."
)


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
