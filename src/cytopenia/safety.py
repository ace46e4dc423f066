"""Safety in sums: events by term, rates over time at risk, bounds for what was not seen, doses given.

Nothing here judges cause: there is no control arm, and an event is counted whoever or whatever caused it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from cytopenia.exposure import Dose, in_phase
from cytopenia.inference import Proportion, Rate, upper_bound_when_none
from cytopenia.schemas import DAYS_A_MONTH, packaged_rows
from cytopenia.summaries import Record, rows
from recount.expressions import decimal_text

ANY = "Any event"
WHOLE = "ALL"
EPOCHS = ("INDUCTION", "MAINTENANCE", "FOLLOW-UP")
SOURCE = "cytopenia.safety."
INDUCTION_PHASES = ("INDUCTION", "TAPER")


# Events ------------------------------------------------------------------------------------------


def emergent(adae: pd.DataFrame) -> pd.DataFrame:
    """The events that began on or after the first dose, or on an unknown day; see TRTEMFL.

    A table without columns, of a cohort without events, comes back with the columns that are always asked.
    """
    known = adae if len(adae.columns) else adae.reindex(columns=["USUBJID", "AEDECOD", "AESTDY", "TRTEMFL"])
    return known[known["TRTEMFL"] != "N"]


def by_term(adae: pd.DataFrame, treated: int, confidence: float = 0.95) -> pd.DataFrame:
    """One row per term, most frequent first, and one for any: TERM, EVENTS, PATIENTS of N, RATE, LOW, HIGH.

    RATE is the share of the `treated` patients with at least one such event, LOW and HIGH its exact interval.
    """
    events = emergent(adae)
    sizes = [(ANY, len(events), events["USUBJID"].nunique())]
    grouped = [(str(term), len(mine), mine["USUBJID"].nunique()) for term, mine in events.groupby("AEDECOD")]
    sizes += sorted(grouped, key=lambda one: (-one[2], -one[1], one[0]))
    found = []
    for term, count, patients in sizes:
        share = Proportion(patients, treated)
        band = share.interval(confidence=confidence)
        found.append((term, count, patients, treated, share.value, band.low, band.high))
    return pd.DataFrame(found, columns=["TERM", "EVENTS", "PATIENTS", "N", "RATE", "LOW", "HIGH"])


def term_rows(found: pd.DataFrame, population: str = "ALL") -> pd.DataFrame:
    """Result rows of `by_term`: events, patients (count), percent, exact_low, exact_high for each term."""
    records: list[Record] = []
    for term, events, patients, n, *shares in found.itertuples(index=False, name=None):
        key = (population, _is_term(term), "")
        records += [(*key, "events", events, "", n, SOURCE + "by_term")]
        records += [(*key, "count", patients, "", n, SOURCE + "by_term")]
        for statistic, share in zip(("percent", "exact_low", "exact_high"), shares, strict=True):
            records.append((*key, statistic, 100 * share, "%", n, SOURCE + "by_term"))
    return rows(records)


def _is_term(term: str) -> str:
    return 'AEDECOD != ""' if term == ANY else f'AEDECOD == "{term}"'


def grade_rows(adae: pd.DataFrame) -> pd.DataFrame:
    """Result rows of the grades: for each term events graded, lowest and highest grade that fit."""
    records: list[Record] = []
    for term, mine in adae.groupby("AEDECOD"):
        key, source = ("ALL", _is_term(str(term)), ""), "cytopenia.grading.grade_events"
        low, high = (mine[name].astype("Float64") for name in ("AETOXGRL", "AETOXGRH"))
        n = len(mine)
        records.append((*key, "graded", int(mine["AETOXGR"].notna().sum()), "", n, source))
        if low.notna().any():
            records.append((*key, "grade_low", int(low.min()), "", n, source))
            records.append((*key, "grade_high", int(high.max()), "", n, source))
    return rows(records)


def shift_rows(shifts: pd.DataFrame) -> pd.DataFrame:
    """Result rows of laboratory shifts: patients by test, grade at baseline and worst grade later."""
    both = shifts.dropna(subset=["BTOXGR", "WTOXGR"])
    tested = both["PARAMCD"].value_counts().to_dict()
    records: list[Record] = []
    for (code, base, worst), mine in both.groupby(["PARAMCD", "BTOXGR", "WTOXGR"]):
        before = f'PARAMCD == "{code}" and BTOXGR == {base}'
        source, n = "cytopenia.grading.shifts", int(tested[code])
        records.append(("ALL", before, f"WTOXGR == {worst}", "count", len(mine), "", n, source))
    return rows(records)


@dataclass(frozen=True)
class Watched:
    """A kind of event that the paper says was not seen: label, terms that mean it, where it says so."""

    name: str
    label: str
    terms: tuple[str, ...]
    place: str


def watched() -> tuple[Watched, ...]:
    """The kinds of event in `watched_events.csv`, in their order."""
    return tuple(
        Watched(row["name"], row["label"], tuple(row["terms"].split("|")), row["place"])
        for row in packaged_rows("watched_events.csv")
    )


def unseen(adae: pd.DataFrame, treated: int, kinds: Iterable[Watched], confidence: float = 0.95) -> pd.DataFrame:
    """One row per kind: NAME, LABEL, PATIENTS with it of N, UPPER, the one-sided exact bound of the share.

    Where nobody has it UPPER is 1 - (1 - confidence)^(1/N), else the end of the one-sided Clopper-Pearson
    interval.
    """
    events, found = emergent(adae), []
    for kind in kinds:
        mine = events[events["AEDECOD"].str.upper().isin(kind.terms)]
        patients = mine["USUBJID"].nunique()
        found.append((kind.name, kind.label, patients, treated, _upper(patients, treated, confidence)))
    return pd.DataFrame(found, columns=["NAME", "LABEL", "PATIENTS", "N", "UPPER"])


def _upper(patients: int, treated: int, confidence: float) -> float:
    if not patients:
        return upper_bound_when_none(treated, confidence)
    return Proportion(patients, treated).interval(confidence=2 * confidence - 1).high


def unseen_rows(found: pd.DataFrame, population: str = "ALL") -> pd.DataFrame:
    """Result rows of `unseen`: count and upper_bound (percent, one-sided) for each kind, as AE_<NAME>."""
    records: list[Record] = []
    for name, _, patients, n, upper in found.itertuples(index=False, name=None):
        key, source = (population, f'AE_{name} == "Y"', ""), SOURCE + "unseen"
        records.append((*key, "count", patients, "", n, source))
        records.append((*key, "upper_bound", 100 * upper, "%", n, source))
    return rows(records)


# Time at risk ------------------------------------------------------------------------------------


def time_at_risk(patients: Iterable[str], ends: pd.DataFrame | None, adlb: pd.DataFrame) -> pd.DataFrame:
    """One row per patient and epoch entered: USUBJID, EPOCH, MONTHS observed, at 30.4375 days a month.

    `ends` is DS: an epoch runs from the day after the one before to its last DSSTDY. Without DS a patient has
    one row, EPOCH ALL, from day 1 to the last laboratory day. Patients without a day after day 0 have none.
    """
    ids = list(patients)
    if ends is None or ends.empty:
        last = adlb.groupby("USUBJID")["ADY"].max().reindex(ids).astype(float)
        return _months([(who, WHOLE, day) for who, day in last.items() if day > 0])
    days = ends.groupby(["USUBJID", "EPOCH"])["DSSTDY"].max().astype(float)
    found = []
    for who in ids:
        left = 0.0
        for epoch in EPOCHS:
            end = days.get((who, epoch), np.nan)
            if end > left:
                found.append((who, epoch, end - left))
                left = end
    return _months(found)


def _months(found: Sequence[tuple[object, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(found, columns=["USUBJID", "EPOCH", "DAYS"])
    return frame.assign(MONTHS=frame["DAYS"].astype(float) / DAYS_A_MONTH).drop(columns="DAYS")


def rates(adae: pd.DataFrame, time: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """One row per term (and any) and epoch (and all): TERM, EPOCH, EVENTS, MONTHS, RATE, LOW, HIGH.

    Events and exact Poisson intervals per patient-month; an event belongs to the epoch of AE's EPOCH, the
    taper to maintenance's months, one without an epoch only to all. Epochs nobody entered have no row.
    """
    events = emergent(adae).assign(EPOCH=lambda found: _epoch(found))
    months = time.groupby("EPOCH")["MONTHS"].sum()
    spans = {WHOLE: float(months.sum())} | {e: float(months[e]) for e in EPOCHS if e in months.index}
    found = []
    for term in [ANY, *sorted(events["AEDECOD"].unique())]:
        mine = events if term == ANY else events[events["AEDECOD"] == term]
        for epoch, span in spans.items():
            rate = Rate(int(len(mine) if epoch == WHOLE else (mine["EPOCH"] == epoch).sum()), span)
            band = rate.interval(confidence)
            found.append((term, epoch, rate.events, span, rate.value, band.low, band.high))
    return pd.DataFrame(found, columns=["TERM", "EPOCH", "EVENTS", "MONTHS", "RATE", "LOW", "HIGH"])


def _epoch(events: pd.DataFrame) -> pd.Series:
    if "EPOCH" not in events:
        return pd.Series("", index=events.index)
    return events["EPOCH"].replace({"TAPER": "MAINTENANCE"})


def rate_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `rates`: events, months, and rate with rate_low and rate_high per patient-month.

    The population is ALL, `versus` the epoch's condition, n the events.
    """
    records: list[Record] = []
    unit, source = "per patient-month", SOURCE + "rates"
    for term, epoch, events, months, *shares in found.itertuples(index=False, name=None):
        key = ("ALL", _is_term(term), "" if epoch == WHOLE else f'EPOCH == "{epoch}"')
        records.append((*key, "patient_months", months, "months", events, source))
        for statistic, share in zip(("rate", "rate_low", "rate_high"), shares, strict=True):
            records.append((*key, statistic, share, unit, events, source))
    return rows(records)


# Doses -------------------------------------------------------------------------------------------


def doses_given(ex: pd.DataFrame) -> pd.DataFrame:
    """One row per patient, drug and phase: USUBJID, DRUG, EPOCH, DOSES, the days on which it was given.

    A row from EXSTDY to EXENDY is one a day for a drug by mouth, and one dose for any other.
    """
    oral = ex["EXROUTE"].fillna("").str.upper().eq("ORAL") if "EXROUTE" in ex else pd.Series(False, ex.index)
    last = ex["EXENDY"].fillna(ex["EXSTDY"]) if "EXENDY" in ex else ex["EXSTDY"]
    days = (last - ex["EXSTDY"] + 1).astype(int).where(oral, 1)
    frame = pd.DataFrame(
        {"USUBJID": ex["USUBJID"], "DRUG": ex["EXTRT"].str.upper(), "EPOCH": ex["EPOCH"], "DOSES": days}
    )
    return frame.groupby(["USUBJID", "DRUG", "EPOCH"], sort=False)["DOSES"].sum().reset_index()


def dose_days(ex: pd.DataFrame | None, drug: str) -> pd.DataFrame:
    """One row per dose of a drug: USUBJID, ADY; none without EX."""
    if ex is None:
        return pd.DataFrame({"USUBJID": pd.Series(dtype=object), "ADY": pd.Series(dtype="Int64")})
    mine = ex[ex["EXTRT"].str.upper() == drug]
    return pd.DataFrame({"USUBJID": mine["USUBJID"], "ADY": mine["EXSTDY"]}).reset_index(drop=True)


def exposure(ex: pd.DataFrame, regimen: Iterable[Dose]) -> pd.DataFrame:
    """One row per drug and phase of the plan: DRUG, EPOCH, DOSE (text), PLANNED, PATIENTS, MEDIAN, LOW, HIGH.

    PLANNED is the number of doses a patient is meant to have, missing where the plan leaves it open;
    MEDIAN, LOW and HIGH are over the PATIENTS who had any.
    """
    given, plan, found = doses_given(ex), tuple(regimen), []
    for key, lines in _planned(plan).items():
        mine = given[(given["DRUG"] == key[0]) & (given["EPOCH"] == key[1])]["DOSES"]
        spread = (mine.median(), mine.min(), mine.max()) if len(mine) else (np.nan,) * 3
        found.append((*key, _dose_text(lines), _doses(plan, lines), len(mine), *spread))
    columns = ["DRUG", "EPOCH", "DOSE", "PLANNED", "PATIENTS", "MEDIAN", "LOW", "HIGH"]
    return pd.DataFrame(found, columns=columns)


def _planned(regimen: tuple[Dose, ...]) -> Mapping[tuple[str, str], list[Dose]]:
    """The lines of the plan by drug and phase, transfusions left out."""
    found: dict[tuple[str, str], list[Dose]] = {}
    for line in regimen:
        if line.phase in (*INDUCTION_PHASES, "MAINTENANCE"):
            found.setdefault((line.drug, line.phase), []).append(line)
    return found


def _doses(regimen: tuple[Dose, ...], lines: list[Dose]) -> float:
    """How many doses the lines plan; a taper falls by steps from the induction's dose until it is nil."""
    (first, *_) = lines
    if first.phase != "TAPER":
        return float(sum(line.repeats for line in lines))
    full = next((line.dose for line in in_phase(regimen, "INDUCTION") if line.drug == first.drug), None)
    if not full or not first.dose:
        return float("nan")
    steps = -(-full // -first.dose) - 1
    return float(steps * first.interval)


def _dose_text(lines: list[Dose]) -> str:
    """`375 mg/m2, then 100 mg`, or of a taper `0.25 mg/kg less every 7 days`."""
    return ", then ".join(_one_dose(line, line.dose) for line in lines if line.dose is not None)


def _one_dose(line: Dose, dose: Fraction) -> str:
    text = f"{decimal_text(abs(dose))} {line.unit}"
    return text if dose > 0 else f"{text} less every {line.interval} {line.interval_unit}"


def exposure_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `exposure`: doses planned, patients, and median, min, max of the doses given."""
    records: list[Record] = []
    for drug, epoch, _, planned, patients, *spread in found.itertuples(index=False, name=None):
        key, source = ("ALL", f'EXTRT == "{drug}"', f'EPOCH == "{epoch}"'), SOURCE + "exposure"
        records.append((*key, "doses_planned", planned, "doses", patients, source))
        records.append((*key, "count", patients, "", patients, source))
        for statistic, value in zip(("median", "min", "max"), spread, strict=True):
            records.append((*key, statistic, value, "doses", patients, source))
    return rows(records)
