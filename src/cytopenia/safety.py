"""Safety in sums: events by term, rates over time at risk, bounds for what was not seen, IgG, doses given.

Nothing here judges cause: there is no control arm, and an event is counted whoever or whatever caused it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from cytopenia.criteria import answers
from cytopenia.exposure import Dose, in_phase
from cytopenia.inference import Proportion, Rate, upper_bound_when_none
from cytopenia.schemas import DAYS_A_MONTH, packaged_rows
from cytopenia.summaries import Record, rows
from recount.rules import decimal_text, parse

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


def grade_rows(graded: pd.DataFrame) -> pd.DataFrame:
    """Result rows of the grades: for each term and version events graded, lowest and highest grade that fit."""
    records: list[Record] = []
    for (version, term), mine in graded.groupby(["GRADEVER", "AEDECOD"]):
        key, source = ("ALL", _is_term(str(term)), _in_version(version)), "cytopenia.grading.grade_events"
        low, high = (mine[name].astype("Float64") for name in ("AETOXGRL", "AETOXGRH"))
        n = len(mine)
        records.append((*key, "graded", int(mine["AETOXGR"].notna().sum()), "", n, source))
        if low.notna().any():
            records.append((*key, "grade_low", int(low.min()), "", n, source))
            records.append((*key, "grade_high", int(high.max()), "", n, source))
    return rows(records)


def _in_version(name: object) -> str:
    return f'GRADEVER == "{name}"'


def shift_rows(shifts: pd.DataFrame) -> pd.DataFrame:
    """Result rows of laboratory shifts: patients by version, test, grade at baseline and worst grade later."""
    both = shifts.dropna(subset=["BTOXGR", "WTOXGR"])
    tested = both.groupby(["GRADEVER", "PARAMCD"]).size().to_dict()
    records: list[Record] = []
    for (version, code, base, worst), mine in both.groupby(["GRADEVER", "PARAMCD", "BTOXGR", "WTOXGR"]):
        before = f'PARAMCD == "{code}" and {_in_version(version)} and BTOXGR == {base}'
        source, n = "cytopenia.grading.shifts", int(tested[version, code])
        records.append(("ALL", before, f"WTOXGR == {worst}", "count", len(mine), "", n, source))
    return rows(records)


def between_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `grading.worst_between`: patients by test whose worst grade is lower, same or higher."""
    records: list[Record] = []
    for code, patients, *counts in found.itertuples(index=False, name=None):
        for name, count in zip(("lower", "same", "higher"), counts, strict=True):
            key = ("ALL", f'PARAMCD == "{code}"', "CTCAE v6.0 against v5.0", f"worst_{name}")
            records.append((*key, int(count), "", int(patients), "cytopenia.grading.worst_between"))
    return rows(records)


# Not seen ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Watched:
    """A kind of event to look for: name, label, its rule over ADAE, and where the paper says it wasn't seen.

    `place` is empty for harms that these drugs are known for (from memory) and the paper doesn't mention.
    """

    name: str
    label: str
    rule: str
    place: str


def watched() -> tuple[Watched, ...]:
    """The kinds of event in `watched_events.csv`, in their order."""
    return tuple(Watched(**row) for row in packaged_rows("watched_events.csv"))


def unseen(
    adae: pd.DataFrame, treated: int, months: float, kinds: Iterable[Watched], confidence: float = 0.95
) -> pd.DataFrame:
    """One row per kind: NAME, LABEL, PATIENTS with it of N, UPPER, EVENTS in MONTHS, UPPER_RATE.

    UPPER is the one-sided exact bound of the share: where nobody has it 1 - (1 - confidence)^(1/N), else the
    end of the one-sided Clopper-Pearson interval. UPPER_RATE is the same of the exact Poisson interval, per
    patient-month; missing where no time was observed.
    """
    events = emergent(adae)
    asked = events.assign(AEDECOD=events["AEDECOD"].astype("string").str.upper().astype(object))
    found = []
    for kind in kinds:
        mine = asked[answers([parse(kind.rule)], asked)[0][:, 0]]
        patients = mine["USUBJID"].nunique()
        rate = Rate(len(mine), months).interval(2 * confidence - 1).high if months > 0 else np.nan
        share = _upper(patients, treated, confidence)
        found.append((kind.name, kind.label, patients, treated, share, len(mine), months, rate))
    columns = ["NAME", "LABEL", "PATIENTS", "N", "UPPER", "EVENTS", "MONTHS", "UPPER_RATE"]
    return pd.DataFrame(found, columns=columns)


def _upper(patients: int, treated: int, confidence: float) -> float:
    if not patients:
        return upper_bound_when_none(treated, confidence)
    return Proportion(patients, treated).interval(confidence=2 * confidence - 1).high


def unseen_rows(found: pd.DataFrame, population: str = "ALL") -> pd.DataFrame:
    """Result rows of `unseen`: count, upper_bound (percent) and upper_rate, one-sided, of each AE_<NAME>."""
    records: list[Record] = []
    for name, _, patients, n, upper, events, _, rate in found.itertuples(index=False, name=None):
        key, source = (population, f'AE_{name} == "Y"', ""), SOURCE + "unseen"
        records.append((*key, "count", patients, "", n, source))
        records.append((*key, "upper_bound", 100 * upper, "%", n, source))
        records.append((*key, "upper_rate", rate, "per patient-month", events, source))
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


def first_rates(adae: pd.DataFrame, time: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """One row per term (and any): TERM, PATIENTS with a first event, MONTHS until it, RATE, LOW, HIGH.

    Months run from day 1 to a patient's first such event, or to the end of the time observed; so an event
    changes nothing after itself. One on an unknown day counts at that end.
    """
    events, whole = emergent(adae), time.groupby("USUBJID")["MONTHS"].sum()
    found = []
    for term in [ANY, *sorted(events["AEDECOD"].unique())]:
        mine = events if term == ANY else events[events["AEDECOD"] == term]
        first = mine.groupby("USUBJID")["AESTDY"].min().astype("float64") / DAYS_A_MONTH
        months = float(whole.clip(upper=first.reindex(whole.index).fillna(np.inf)).sum())
        rate = Rate(mine["USUBJID"].nunique(), months)
        band = rate.interval(confidence)
        found.append((term, rate.events, months, rate.value, band.low, band.high))
    return pd.DataFrame(found, columns=["TERM", "PATIENTS", "MONTHS", "RATE", "LOW", "HIGH"])


def first_rate_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `first_rates`: first_rate with its exact interval, per patient-month until the event."""
    records: list[Record] = []
    for term, patients, months, *shares in found.itertuples(index=False, name=None):
        key, source = ("ALL", _is_term(term), ""), SOURCE + "first_rates"
        records.append((*key, "months_to_first", months, "months", patients, source))
        for statistic, share in zip(("first_rate", "first_rate_low", "first_rate_high"), shares, strict=True):
            records.append((*key, statistic, share, "per patient-month", patients, source))
    return rows(records)


# Infections beside IgG ---------------------------------------------------------------------------

INFECTION = r"INFECTI|PNEUMONIA|SEPSIS|BACTERAEMIA|BACTEREMIA|CELLULITIS|ABSCESS|ZOSTER|SHINGLES|CYSTITIS|TUBERCUL"
INFECTIONS = "INFECTIONS AND INFESTATIONS"


def infections(adae: pd.DataFrame) -> pd.DataFrame:
    """The emergent events that are infections: by their MedDRA class AEBODSYS where it is given, else by name."""
    events = emergent(adae)
    named = events["AEDECOD"].astype("string").str.upper().str.contains(INFECTION).fillna(False)
    if "AEBODSYS" in events:
        body = events["AEBODSYS"].astype("string").str.upper()
        named = named.where(body.isna(), (body == INFECTIONS).fillna(False))
    return events[named.to_numpy(dtype=bool)]


def igg_and_infections(adlb: pd.DataFrame, adae: pd.DataFrame) -> pd.DataFrame:
    """One row per patient with an IgG value or an infection, in g/L, the lowest IgG first.

    USUBJID; BASE, the baseline; LOWEST and LAST of the values after day 1; INFECTIONS, how many; ADY, the day
    of the first; BEFORE with BEFOREDY, the last value at or before that day. Missing where there is none.
    """
    igg = adlb[(adlb["PARAMCD"] == "IGG") & adlb["AVAL"].notna()].sort_values(["USUBJID", "ADY"], kind="stable")
    later, mine = igg[igg["ADY"] > 1].groupby("USUBJID")["AVAL"], infections(adae)
    first = mine.groupby("USUBJID")["AESTDY"].min()
    known = igg.assign(FIRST=igg["USUBJID"].map(first.astype("float64")))
    before = known[known["ADY"].astype("float64") <= known["FIRST"]].groupby("USUBJID")[["AVAL", "ADY"]].last()
    frame = pd.DataFrame(
        {
            "BASE": igg[igg["ABLFL"] == "Y"].set_index("USUBJID")["AVAL"],
            "LOWEST": later.min(),
            "LAST": later.last(),
            "INFECTIONS": mine.groupby("USUBJID").size(),
            "ADY": first,
            "BEFORE": before["AVAL"],
            "BEFOREDY": before["ADY"],
        }
    )
    frame = frame.assign(INFECTIONS=frame["INFECTIONS"].fillna(0).astype(int)).rename_axis("USUBJID").reset_index()
    order = frame[["BASE", "LOWEST"]].min(axis=1).rename("ORDER")
    return frame.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def igg_rows(found: pd.DataFrame, limit: float) -> pd.DataFrame:
    """Result rows of `igg_and_infections`: patients by lowest IgG below `limit` (g/L) or not, and infected or not."""
    known = found.dropna(subset=["LOWEST"])
    records: list[Record] = []
    for low, low_word in ((True, "<"), (False, ">=")):
        for infected, word in ((True, "> 0"), (False, "== 0")):
            count = int((((known["LOWEST"] < limit) == low) & ((known["INFECTIONS"] > 0) == infected)).sum())
            variable = f"IGG_LOWEST {low_word} {limit:g} and INFECTIONS {word}"
            records.append(("ALL", variable, "", "count", count, "", len(known), SOURCE + "igg_and_infections"))
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
