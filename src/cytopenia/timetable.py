"""When a patient was treated and seen: the printed schedule and a patient's course as study days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cytopenia.exposure import Dose, maintenance_months
from cytopenia.landmarks import DIGITS, Patient, read_rows
from cytopenia.schemas import day_of_month
from recount.record import Fault, Faults, Row

BASELINE_DAY = -1
BLOOD_COUNT = "blood count"
COLUMNS = ("phase", "every", "interval_unit", "from_month", "to_month", "tests")
UNITS = ("weeks", "months", "")
TURNS = ("ONSET_PLT", "ONSET_HB", "CRDAY_PLT")
"""Landmarks that are days, each with a blood count of its own."""


@dataclass(frozen=True)
class Course:
    """What one patient went through, in months of treatment; None where it never came to that.

    `doses` are the months of the maintenance doses given; `completed` is the month of the last of them where
    all were given; `relapsed` is the month of a relapse; `last` is the last month with a record.
    """

    doses: tuple[int, ...] = ()
    completed: int | None = None
    relapsed: int | None = None
    last: int = 1

    @property
    def maintained(self) -> bool:
        """Whether any maintenance dose was given."""
        return bool(self.doses)

    @property
    def maintenance_end(self) -> int:
        """The last month of induction and maintenance together."""
        return self.completed or self.last

    def day(self, month: int | None) -> int | None:
        """The study day of one of the months above, None where there is none."""
        return None if month is None else day_of_month(month)


def course(patient: Patient, regimen: tuple[Dose, ...]) -> Course:
    """The patient's course by the landmarks.

    The month of a relapse during maintenance isn't printed: drawn evenly from after the first dose to before
    the last.
    """
    if patient.text("MAINT") != "Y":
        return Course()
    planned = maintenance_months(regimen)
    if patient.text("RESP_EOT") == "RELAPSE":
        last = max(planned[0] + 1, planned[-1] - 1)
        month = int(patient.generator("relapse").integers(planned[0] + 1, last, endpoint=True))
        return Course(tuple(m for m in planned if m < month), None, month, month)
    relapse = patient.day("RELAPSE_MO")
    last = planned[-1] + (patient.day("FU_MO") or 0)
    return Course(planned, planned[-1], None if relapse is None else planned[-1] + relapse, last)


@dataclass(frozen=True)
class Plan:
    """One line of schedule.csv: what is measured how often, in which phase; `to_month` None: to its end."""

    phase: str
    every: int
    unit: str
    from_month: int | None
    to_month: int | None
    panels: frozenset[str]


@dataclass(frozen=True)
class Visit:
    """One visit: its study day, its name and the panels of tests done."""

    day: int
    name: str
    panels: frozenset[str]


def read_schedule(path: Path) -> tuple[Plan, ...]:
    """The lines of schedule.csv; raises Faults with everything that is wrong with it."""
    rows, faults = read_rows(path, COLUMNS)
    if not faults:
        faults = [fault for row in rows for fault in _faults(path.name, row)]
    if faults:
        raise Faults(faults)
    return tuple(_plan(row) for row in rows)


def _faults(file: str, row: Row) -> Iterator[Fault]:
    for name in ("every", "from_month", "to_month"):
        if row[name] and not DIGITS.fullmatch(row[name]):
            yield Fault(file, row.line, name, "a whole number or blank", row[name], "write digits only")
    if row["interval_unit"] not in UNITS:
        yield Fault(file, row.line, "interval_unit", "weeks or months", row["interval_unit"], "use one of them")


def _plan(row: Row) -> Plan:
    return Plan(
        row["phase"],
        int(row["every"] or 1),
        row["interval_unit"],
        int(row["from_month"]) if row["from_month"] else None,
        int(row["to_month"]) if row["to_month"] else None,
        frozenset(row["tests"].split("|")),
    )


def visits(schedule: tuple[Plan, ...], patient: Patient, taken: Course) -> tuple[Visit, ...]:
    """The patient's visits by day: the scheduled ones, and a blood count on each day that is a landmark."""
    panels: dict[int, frozenset[str]] = {}
    for plan in schedule:
        for day in _days(plan, taken):
            panels[day] = panels.get(day, frozenset()) | plan.panels
    for name in TURNS:
        turn = patient.day(name)
        if turn is not None:
            panels[turn] = panels.get(turn, frozenset()) | {BLOOD_COUNT}
    names = _names(taken)
    return tuple(Visit(day, names.get(day, _by_day(day, schedule, taken)), panels[day]) for day in sorted(panels))


def _days(plan: Plan, taken: Course) -> list[int]:
    """The days of one line of the schedule as far as the patient came."""
    if plan.phase == "BASELINE":
        return [BASELINE_DAY]
    if plan.unit == "weeks":
        return _weekly(plan)
    return [day_of_month(month) for month in _months(plan, taken)]


def _weekly(plan: Plan) -> list[int]:
    """Days 8, 15, 22 and so on after the first dose; the last is moved to the month's own visit."""
    last = day_of_month(plan.to_month or 1)
    weekly = [*range(1 + 7 * plan.every, last, 7 * plan.every)]
    return [*weekly[:-1], last]


def _months(plan: Plan, taken: Course) -> range:
    if plan.phase == "FOLLOW-UP":
        first, last = (taken.completed or taken.last) + (plan.from_month or 1), taken.last
    else:
        first, last = plan.from_month or 1, plan.to_month or taken.maintenance_end
    return range(first, last + 1, plan.every)


def _names(taken: Course) -> dict[int, str]:
    end = taken.maintenance_end
    names = {BASELINE_DAY: "BASELINE"}
    names |= {day_of_month(month): f"MONTH {month}" for month in range(1, end + 1)}
    return names | {day_of_month(m): f"FOLLOW-UP MONTH {m - end}" for m in range(end + 1, taken.last + 1)}


def _by_day(day: int, schedule: tuple[Plan, ...], taken: Course) -> str:
    planned = any(day in _days(plan, taken) for plan in schedule)
    return f"DAY {day}" if planned else "UNSCHEDULED"
