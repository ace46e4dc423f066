"""Dated rows of everything that is no laboratory reading: DM, MH, CM, CE, AE, RS and DS of one patient.

A row that carries a landmark has the landmark's ORIGIN, even where its day is drawn; any other is assumed.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from cytopenia.exposure import Dose, in_phase
from cytopenia.laboratory import MONTH_1, Chart
from cytopenia.landmarks import Patient
from cytopenia.schemas import START_ORIGIN, day_of_month
from cytopenia.timetable import BASELINE_DAY
from cytopenia.trajectories import drawn, drawn_days
from recount.rules import evaluate

Row = dict[str, str]

ARM = "RITUXIMAB + BORTEZOMIB"
CTD_TERMS = {
    "UCTD": "Undifferentiated connective tissue disease",
    "SLE": "Systemic lupus erythematosus",
    "SS": "Sjögren syndrome",
    "APS": "Antiphospholipid syndrome",
}
CYTOPENIA_TERMS = {
    "sITP": "Secondary immune thrombocytopenia",
    "AIHA": "Autoimmune haemolytic anaemia",
    "IRP": "Immune-related pancytopenia",
    "EVANS": "Evans syndrome",
}
FINDINGS = {"ICH": "INTRACRANIAL HAEMORRHAGE", "AUTOAB": "AUTOANTIBODY POSITIVE"}
PRIOR = {
    "PRSTER": ("GLUCOCORTICOID", ("Glucocorticoid",)),
    "PRIVIG": ("IVIG", ("Intravenous immunoglobulin",)),
    "PRIMSUP": (
        "IMMUNOSUPPRESSANT",
        ("Ciclosporin", "Azathioprine", "Cyclophosphamide", "Mycophenolate mofetil"),
    ),
    "PRTPORA": ("TPO-RA", ("Thrombopoietin-receptor agonist",)),
    "PRSPLEN": ("SPLENECTOMY", ("Splenectomy",)),
}
"""What a landmark of prior treatment is in CM; the names of the immunosuppressants are assumed."""

TRANSFUSED = {"PLATELETS": "PLATELETS", "WASHED RED CELLS": "RED CELLS"}
INFECTIONS = {"AE_UTI": "Urinary tract infection", "AE_LUNG": "Lung infection"}
RECOVERED = "RECOVERED/RESOLVED"


def demographics(chart: Chart) -> list[Row]:
    """The one row of DM; the day within the month of the first dose is assumed."""
    patient = chart.patient
    return [
        {
            "AGE": patient.text("AGE"),
            "AGEU": "YEARS",
            "SEX": patient.text("SEX"),
            "ARM": ARM,
            "RFSTDTC": first_dose(patient).isoformat(),
            "ORIGIN": patient.origin("AGE", "SEX", "START"),
        }
    ]


def first_dose(patient: Patient) -> date:
    """The date of the first dose: START months after the study opened, on an assumed day of the month."""
    year, month = START_ORIGIN
    months = month - 1 + (patient.day("START") or 0)
    day = int(patient.generator("first dose").integers(1, 29))
    return date(year + months // 12, months % 12 + 1, day)


def history(chart: Chart) -> list[Row]:
    """Rows of MH: the cytopenia with its duration, the connective tissue disease, findings at baseline."""
    patient = chart.patient
    dx, ctd = patient.text("DX"), patient.text("CTD")
    duration = f"P{patient.text('DURATION')}M"
    rows = [
        _history("CYTOPENIA", CYTOPENIA_TERMS[dx], dx, patient.origin("DX", "DURATION")) | {"MHDUR": duration},
        _history("CONNECTIVE TISSUE DISEASE", CTD_TERMS[ctd], ctd, patient.origin("CTD")),
    ]
    found = [name for name in FINDINGS if patient.text(name) == "Y"]
    return rows + [
        _history("BASELINE FINDING", FINDINGS[n].capitalize(), FINDINGS[n], patient.origin(n)) for n in found
    ]


def _history(category: str, term: str, code: str, origin: str) -> Row:
    return {"MHCAT": category, "MHTERM": term, "MHDECOD": code, "ORIGIN": origin}


# Treatments --------------------------------------------------------------------------------------


def treatments(chart: Chart) -> list[Row]:
    """Rows of CM: failed prior treatments, transfusions at baseline, hydroxychloroquine in follow-up."""
    patient, end = chart.patient, chart.taken.day(chart.taken.completed)
    rows = [row for name in PRIOR for row in _prior(patient, name)] + transfusions(chart)
    if patient.text("CTD") == "SLE" and end is not None:
        origin = patient.origin("CTD", "RESP_EOT")
        rows.append(_treatment("CONCOMITANT", "Hydroxychloroquine", "HYDROXYCHLOROQUINE", end + 1, None, origin))
    return rows


def _prior(patient: Patient, name: str) -> list[Row]:
    """One row for each kind of drug of a landmark; the days are assumed."""
    code, drugs = PRIOR[name]
    rows = []
    for k in range(patient.day(name) or 0):
        stop = -drawn_days(patient, "PRIOR", "STOP", name, str(k))
        length = 1 if code == "SPLENECTOMY" else drawn_days(patient, "PRIOR", "LENGTH", name, str(k))
        drug = drugs[k] if k < len(drugs) else f"{code.capitalize()} {k + 1}"
        rows.append(_treatment("PRIOR TREATMENT", drug, code, stop - length + 1, stop, patient.origin(name)))
    return rows


def transfusions(chart: Chart) -> list[Row]:
    """A row of CM for each product whose printed trigger the baseline meets; that it was given is assumed."""
    bleeds = "Y" if bleeds_at_baseline(chart) else "N"
    return [
        _treatment("TRANSFUSION", line.drug.capitalize(), code, BASELINE_DAY, BASELINE_DAY, "assumed")
        for line in in_phase(chart.regimen, "SUPPORT")
        for code in [TRANSFUSED.get(line.drug, line.drug)]
        if triggered(line, chart.patient, bleeds)
    ]


def triggered(line: Dose, patient: Patient, bleeds: str) -> bool:
    """Whether the baseline readings meet the trigger of a line of the regimen; `bleeds` is Y or N."""
    reading = {"PLT": patient.text("PLT_BL"), "HB": patient.text("HB_BL"), "BLEED": bleeds}
    return line.trigger is not None and bool(evaluate(line.trigger, pd.DataFrame([reading])).all())


def _treatment(category: str, drug: str, code: str, start: int, stop: int | None, origin: str) -> Row:
    days = {"CMSTDY": str(start), "CMENDY": "" if stop is None else str(stop)}
    return {"CMCAT": category, "CMTRT": drug, "CMDECOD": code, **days, "ORIGIN": origin}


# Clinical events ---------------------------------------------------------------------------------


def clinical_events(chart: Chart) -> list[Row]:
    """Rows of CE by day; none that would deny a response overlaps its days."""
    rows = bleeding(chart) + anaemia(chart) + thrombosis(chart)
    return sorted(rows, key=lambda row: int(row["CESTDY"]))


def bleeds_at_baseline(chart: Chart) -> bool:
    """Whether the patient bleeds before the first dose: an intracranial haemorrhage is a landmark, else drawn
    among those whose platelets meet the printed trigger of transfusion."""
    patient = chart.patient
    if patient.text("ICH") == "Y":
        return True
    platelets = [line for line in in_phase(chart.regimen, "SUPPORT") if TRANSFUSED.get(line.drug) == "PLATELETS"]
    low = any(triggered(line, patient, "N") for line in platelets)
    chance = drawn(patient, "BLEEDING", "CHANCE")
    return low and chart.counts("PLT") and patient.generator("bleeds").random() < chance


def bleeding(chart: Chart) -> list[Row]:
    """Bleeding at baseline until the day before a response, and bleeding that is there at month 1."""
    patient, at_month_1 = chart.patient, chart.patient.text("BLEED_M1") == "Y"
    rows = []
    if bleeds_at_baseline(chart):
        term = FINDINGS["ICH"].capitalize() if patient.text("ICH") == "Y" else "Bleeding"
        names = [name for name in ("ICH", "BLEED_M1") if patient.text(name) == "Y"]
        origin = patient.origin(*names) if names else "assumed"
        start = -drawn_days(patient, "BLEEDING", "START")
        rows.append(_event(term, "BLEEDING", start, None if at_month_1 else _stopped(patient), origin))
    elif at_month_1:
        start = MONTH_1 - drawn_days(patient, "BLEEDING", "LATE")
        stop = MONTH_1 + drawn_days(patient, "BLEEDING", "LATE") if chart.taken.maintained else None
        rows.append(_event("Bleeding", "BLEEDING", start, stop, patient.origin("BLEED_M1")))
    return rows


def _stopped(patient: Patient) -> int:
    """The last day of a bleeding that was over by month 1: before any platelet response."""
    onset = patient.day("ONSET_PLT")
    drawn_last = min(drawn_days(patient, "BLEEDING", "STOP"), MONTH_1 - 1)
    return drawn_last if onset is None else min(drawn_last, onset - 1)


def anaemia(chart: Chart) -> list[Row]:
    """Symptoms of anaemia until the day before a haemolysis response, and again from its relapse."""
    patient, taken = chart.patient, chart.taken
    if not chart.counts("HB"):
        return []
    start, onset = -drawn_days(patient, "SYMPTOMS", "START"), patient.day("ONSET_HB")
    rows = [_event("Symptoms of anaemia", "ANAEMIA SYMPTOMS", start, None if onset is None else onset - 1)]
    relapse = taken.day(taken.relapsed)
    if relapse is not None:
        rows.append(_event("Symptoms of anaemia", "ANAEMIA SYMPTOMS", relapse, None))
    return rows


def thrombosis(chart: Chart) -> list[Row]:
    """The printed leg-vein thrombosis before enrolment of a patient with antiphospholipid syndrome."""
    patient = chart.patient
    if patient.text("CTD") != "APS":
        return []
    start = -drawn_days(patient, "THROMBOSIS", "START")
    stop = start + drawn_days(patient, "THROMBOSIS", "LENGTH")
    return [_event("Deep vein thrombosis of the leg", "THROMBOSIS", start, stop)]


def _event(term: str, code: str, start: int, stop: int | None, origin: str = "assumed") -> Row:
    days = {"CESTDY": str(start), "CEENDY": "" if stop is None else str(stop)}
    return {"CETERM": term, "CEDECOD": code, **days, "ORIGIN": origin}


def adverse_events(chart: Chart) -> list[Row]:
    """Rows of AE by day: the printed reaction on day 1, and infections on drawn days of maintenance.

    Whether an event was serious isn't printed and stays blank; that none was life-threatening is a landmark.
    """
    rows = [_infection(chart, name) for name in INFECTIONS if chart.patient.text(name) == "Y"]
    if chart.patient.text("AE_IRR") == "Y":
        treated = "Oxygen, antiallergic drug, slower infusion"
        origin = chart.patient.origin("AE_IRR")
        rows.append(_adverse("Infusion related reaction", 1, 1, "INDUCTION", treated, origin))
    lived = {"AESLIFE": chart.patient.text("AE_LIFE")}
    return sorted((row | lived for row in rows), key=lambda row: int(row["AESTDY"]))


def _infection(chart: Chart, name: str) -> Row:
    """An infection and its end between the first maintenance dose and the end of maintenance."""
    patient, taken = chart.patient, chart.taken
    length = drawn_days(patient, "INFECTION", "LENGTH", name)
    first, last = (day_of_month(month) for month in (min(taken.doses), taken.maintenance_end))
    start = int(patient.generator(name, "day").integers(first + 1, last - length))
    treated = "Empirical antimicrobial drug, route not stated"
    return _adverse(INFECTIONS[name], start, start + length, "MAINTENANCE", treated, patient.origin(name))


def _adverse(term: str, start: int, stop: int, epoch: str, treated: str, origin: str) -> Row:
    return {
        "AETERM": term,
        "AEDECOD": term,
        "AESTDY": str(start),
        "AEENDY": str(stop),
        "AESER": "",
        "AEOUT": RECOVERED,
        "EPOCH": epoch,
        "AETREAT": treated,
        "ORIGIN": origin,
    }


# Course ------------------------------------------------------------------------------------------


def lupus_activity(chart: Chart) -> list[Row]:
    """The one row of RS of a patient with lupus, on the last day of treatment."""
    patient, taken = chart.patient, chart.taken
    improved = {"Y": "IMPROVED", "N": "NOT IMPROVED"}.get(patient.text("SLEIMP"))
    if improved is None:
        return []
    row = {"RSCAT": "SLE ACTIVITY", "RSTESTCD": "SLEDAI", "RSSTRESC": improved}
    return [row | {"RSDY": str(day_of_month(taken.maintenance_end)), "ORIGIN": patient.origin("SLEIMP")}]


def disposition(chart: Chart) -> list[Row]:
    """Rows of DS by day: how induction, maintenance and follow-up ended or stand."""
    patient, taken = chart.patient, chart.taken
    if patient.text("LOST") == "Y":
        return [_ended("LOST TO FOLLOW-UP", "INDUCTION", MONTH_1, patient.origin("LOST"))]
    if not taken.maintained:
        return [_ended("LACK OF EFFICACY", "INDUCTION", MONTH_1, patient.origin("RESP_M1"))]
    rows = [_ended("COMPLETED", "INDUCTION", MONTH_1, patient.origin("MAINT"))]
    return rows + (_relapse(chart) if taken.completed is None else _followed(chart, taken.completed))


def _relapse(chart: Chart) -> list[Row]:
    day = day_of_month(chart.taken.last)
    return [_ended("DISEASE RELAPSE", "MAINTENANCE", day, chart.patient.origin("RESP_EOT"))]


def _followed(chart: Chart, end: int) -> list[Row]:
    """The end of maintenance, a relapse in follow-up if there was one, and the last contact."""
    patient, taken = chart.patient, chart.taken
    rows = [_ended("COMPLETED", "MAINTENANCE", day_of_month(end), patient.origin("RESP_EOT"))]
    if taken.relapsed is not None:
        origin = patient.origin("RESP_FU", "RELAPSE_MO")
        rows.append(_ended("DISEASE RELAPSE", "FOLLOW-UP", day_of_month(taken.relapsed), origin))
    return [*rows, _ended("ONGOING", "FOLLOW-UP", day_of_month(taken.last), patient.origin("FU_MO"))]


def _ended(code: str, epoch: str, day: int, origin: str) -> Row:
    return {"DSDECOD": code, "EPOCH": epoch, "DSSTDY": str(day), "ORIGIN": origin}
