"""Dated laboratory readings of one patient: the landmarks on their days and curves between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cytopenia.criteria import LINEAGES_OF, RESPONDED
from cytopenia.exposure import Dose
from cytopenia.landmarks import Patient
from cytopenia.schemas import day_of_month, lab_tests
from cytopenia.timetable import BASELINE_DAY, BLOOD_COUNT, Course, Visit
from cytopenia.trajectories import (
    Band,
    as_text,
    assumed_band,
    assumptions,
    criterion_band,
    curve,
    drawn,
    drawn_step,
    known_values,
)
from recount.record import Study

MONTH_1 = day_of_month(1)
DAYS_OF_FALL = 25
"""A relapse shows at one visit and not at the monthly one before it."""

SUBSETS = ("CD3", "CD4", "CD8", "CD19", "CD20")
IMMUNOGLOBULINS = ("IGG", "IGA", "IGM")
HAEMOLYSIS = ("RETIRBC", "BILI", "COOMBS")
PANELS = {
    BLOOD_COUNT: ("PLAT", "HGB", "NEUT", *HAEMOLYSIS),
    "liver function": ("ALT",),
    "renal function": ("CREAT",),
    "lymphocyte subsets": SUBSETS,
    "immunoglobulins": IMMUNOGLOBULINS,
}
"""The tests of each panel of schedule.csv; that haemolysis is judged with every blood count is assumed."""

STEMS = {"PLAT": "PLT", "HGB": "HB", "RETIRBC": "RETI", "COOMBS": "DAT"}
"""What a landmark calls a test that it does not call by its code."""

LINEAGE = {"PLAT": "PLT", "HGB": "HB", "RETIRBC": "HB", "BILI": "HB", "COOMBS": "HB"}
DAT = {
    "NR": "UNCHANGED",
    "RELAPSE": "UNCHANGED",
    "PR": "DECREASED",
    "RESPONSE": "DECREASED",
    "CR": "NEGATIVE",
}
PART_OF = {"CD4": "CD3", "CD8": "CD3", "CD20": "CD19"}


@dataclass(frozen=True)
class Chart:
    """One patient with the course taken, the visits, the printed record and its regimen."""

    patient: Patient
    taken: Course
    visits: tuple[Visit, ...]
    study: Study
    regimen: tuple[Dose, ...]

    def landmarks(self, test: str) -> dict[int, str]:
        """The landmark variables of a test that have a value, by study day."""
        stem = STEMS.get(test, test)
        end = self.taken.day(self.taken.completed)
        named = {BASELINE_DAY: f"{stem}_BL", MONTH_1: f"{stem}_M1"} | ({} if end is None else {end: f"{stem}_EOT"})
        return {day: name for day, name in named.items() if self.patient.text(name)}

    def anchors(self, test: str) -> dict[int, int]:
        """The landmarks of a test in steps, by study day."""
        values = {day: self.patient.text(name) for day, name in self.landmarks(test).items()}
        return {day: int(Fraction(text) / self.step(test)) for day, text in values.items()}

    def step(self, test: str) -> Fraction:
        """The resolution of a test: its landmark's; 1 for tests without one."""
        stem = STEMS.get(test, test)
        named = (self.study.variables.get(f"{stem}_{suffix}") for suffix in ("BL", "M1", "EOT"))
        return next((v.step for v in named if v is not None and v.step is not None), Fraction(1))

    def counts(self, lineage: str) -> bool:
        """Whether the patient's disease is judged by a lineage."""
        return lineage in LINEAGES_OF[self.patient.text("DX")]

    def days(self, test: str) -> list[int]:
        """The days on which a test is done for this patient."""
        if not self._has(test):
            return []
        return [visit.day for visit in self.visits if any(test in PANELS.get(p, ()) for p in visit.panels)]

    def _has(self, test: str) -> bool:
        """Haemolysis tests are for haemolysis; subsets and immunoglobulins for those with the landmarks."""
        if test in HAEMOLYSIS:
            return self.counts("HB")
        return test not in (*SUBSETS, *IMMUNOGLOBULINS) or bool(self.landmarks(test))

    def curve(self, test: str, anchors: dict[int, int], bands: Sequence[Band]) -> list[int]:
        """The steps of a test on its days."""
        scatter = float(assumptions()[test, "SCATTER"].low)
        generator = self.patient.generator(PART_OF.get(test, test), "curve")
        return curve(self.days(test), anchors, bands, scatter, generator)


def laboratory(chart: Chart) -> list[dict[str, str]]:
    """Rows of LB for one patient, without STUDYID and USUBJID, by day and test.

    A row with a landmark has the landmark's ORIGIN, any other is assumed.
    """
    rows = [row for test in lab_tests() for row in _rows(chart, test)]
    order = {test: place for place, test in enumerate(lab_tests())}
    return sorted(rows, key=lambda row: (int(row["LBDY"]), order[row["LBTESTCD"]]))


def _rows(chart: Chart, test: str) -> Iterable[dict[str, str]]:
    names = {visit.day: visit.name for visit in chart.visits}
    landmarks = chart.landmarks(test)
    for day, result in zip(chart.days(test), results(chart, test), strict=True):
        yield {
            "LBTESTCD": test,
            "LBTEST": lab_tests()[test].name,
            "LBSTRESC": result,
            "LBSTRESN": "" if test == "COOMBS" else result,
            "LBSTRESU": lab_tests()[test].unit,
            "LBDY": str(day),
            "VISIT": names[day],
            "LBBLFL": "Y" if day == BASELINE_DAY else "",
            "ORIGIN": chart.patient.origin(landmarks[day]) if day in landmarks else "assumed",
        }


def results(chart: Chart, test: str) -> list[str]:
    """The results of a test as text on its days."""
    if not chart.days(test):
        return []
    if test == "COOMBS":
        return antiglobulin(chart)
    return [as_text(steps, chart.step(test)) for steps in _steps(chart, test)]


def _steps(chart: Chart, test: str) -> list[int]:
    if test in LINEAGE:
        return judged(chart, test)
    if test in (*SUBSETS, *IMMUNOGLOBULINS):
        return immunology(chart, test)
    return steady(chart, test)


# States ------------------------------------------------------------------------------------------


def state(chart: Chart, lineage: str, day: int) -> str:
    """How a lineage stands on a day: CR, PR, NR, RELAPSE, RESPONSE (PR or CR) or STEADY (not the disease)."""
    patient, taken = chart.patient, chart.taken
    relapse = taken.day(taken.relapsed)
    if not chart.counts(lineage):
        return "STEADY"
    if relapse is not None and day >= relapse:
        return "RELAPSE"
    if day > MONTH_1:
        return _later(chart, lineage, day)
    onset = patient.day(f"ONSET_{lineage}")
    if onset is None or day < onset:
        return "NR"
    complete = patient.day(f"CRDAY_{lineage}") or MONTH_1
    return "CR" if patient.text(f"R{lineage}_M1") == "CR" and day >= complete else "PR"


def _later(chart: Chart, lineage: str, day: int) -> str:
    """After month 1 and before any relapse: complete between two complete landmarks, else any response."""
    taken, text = chart.taken, chart.patient.text
    end, last = taken.day(taken.completed), taken.day(taken.last)
    if end is None:
        return "RESPONSE"
    if day == end:
        return text("RESP_EOT")
    if day == last and text("RESP_FU") in RESPONDED:
        return text("RESP_FU")
    around = (text(f"R{lineage}_M1"), text("RESP_EOT")) if day < end else (text("RESP_EOT"), text("RESP_FU"))
    return "CR" if around == ("CR", "CR") else "RESPONSE"


def band(chart: Chart, test: str, at: str) -> Band:
    """Where a reading of a test lies in a state. PR's test of antibodies keeps it from being a CR."""
    step, lineage, name = chart.step(test), LINEAGE[test], STEMS.get(test, test)
    if at == "STEADY":
        return assumed_band(test, at, step)
    known = {} if at == "RELAPSE" else known_values(chart.patient)
    if at == "CR":
        return criterion_band(lineage, "CR", name, known, step)
    partial = criterion_band(lineage, "PR", name, known, step)
    if at == "RESPONSE" and lineage == "PLT":
        return Band(low=partial.low)
    if at in ("PR", "RESPONSE"):
        return partial
    if partial.low > 0:
        return Band(high=partial.low - 1)
    return Band(low=partial.high + 1) if at == "RELAPSE" else Band()


# Curves ------------------------------------------------------------------------------------------


def judged(chart: Chart, test: str) -> list[int]:
    """The steps of a test by which a response is judged: no day breaks the state that it is in."""
    at = [state(chart, LINEAGE[test], day) for day in chart.days(test)]
    return chart.curve(test, judged_anchors(chart, test), [band(chart, test, s) for s in at])


def judged_anchors(chart: Chart, test: str) -> dict[int, int]:
    """The landmarks, and drawn readings on the days when a state begins that has no landmark for the test."""
    lineage, landmarks = LINEAGE[test], chart.anchors(test)
    anchors: dict[int, int] = {}
    for day, moment in _turns(chart, lineage):
        allowed = band(chart, test, state(chart, lineage, day))
        if day not in landmarks and (test, moment) in assumptions():
            anchors[day] = drawn_step(chart.patient, test, moment, chart.step(test), allowed)
    anchors |= landmarks
    relapse = chart.taken.day(chart.taken.relapsed)
    if relapse is not None and chart.counts(lineage):
        anchors[relapse - DAYS_OF_FALL] = anchors[max(day for day in anchors if day < relapse)]
    return anchors


def _turns(chart: Chart, lineage: str) -> list[tuple[int, str]]:
    """The days on which something begins in a lineage, and what."""
    patient, taken = chart.patient, chart.taken
    if not chart.counts(lineage):
        return []
    turns = [
        (BASELINE_DAY, "BASELINE"),
        (patient.day(f"ONSET_{lineage}"), "ONSET"),
        (patient.day(f"CRDAY_{lineage}"), "COMPLETE"),
        (taken.day(taken.completed), patient.text("RESP_EOT")),
        (taken.day(taken.relapsed), "RELAPSE"),
    ]
    return [(day, moment) for day, moment in turns if day is not None]


def antiglobulin(chart: Chart) -> list[str]:
    """The direct antiglobulin test on its days: positive at baseline, then against baseline."""
    landmarks = {day: chart.patient.text(name) for day, name in chart.landmarks("COOMBS").items()}
    by_state = {day: DAT[state(chart, "HB", day)] for day in chart.days("COOMBS")}
    return [({BASELINE_DAY: "POSITIVE"} | landmarks).get(day, by_state[day]) for day in by_state]


def steady(chart: Chart, test: str) -> list[int]:
    """The steps of a test that stays in its usual range, going from baseline to the patient's own level."""
    step = chart.step(test)
    target = round(drawn(chart.patient, test, "TARGET") / float(step))
    usual = assumed_band(test, "STEADY", step)
    return chart.curve(test, {MONTH_1: target} | chart.anchors(test), [usual] * len(chart.days(test)))


def immunology(chart: Chart, test: str) -> list[int]:
    """The steps of a subset or immunoglobulin; a subset is never more than what it is part of."""
    anchors = chart.anchors(test)
    if PART_OF.get(test, test) == "CD19":
        anchors = _depleted(chart, anchors) | anchors
    bands = [Band()] * len(chart.days(test))
    if test in PART_OF:
        bands = [Band(high=whole) for whole in immunology(chart, PART_OF[test])]
    return chart.curve(test, anchors, bands)


def _depleted(chart: Chart, landmarks: dict[int, int]) -> dict[int, int]:
    """B cells all but gone from month 1 to the first maintenance dose, coming back by the last but one."""
    low = round(landmarks[BASELINE_DAY] * drawn(chart.patient, "CD19", "DEPLETED"))
    back = round(landmarks[max(landmarks)] * drawn(chart.patient, "CD19", "RETURNING"))
    first, *later = map(day_of_month, chart.taken.doses)
    returning = {later[-2]: max(low, back)} if len(later) > 1 else {}
    return {MONTH_1: low, first: low} | returning
