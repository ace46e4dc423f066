"""The printed regimen as dated doses: regimen.csv in, rows of EX and triggers of transfusions out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cytopenia.landmarks import DIGITS, read_rows
from recount.record import Fault, Faults, Row
from recount.rules import Expression, ExpressionError, decimal_text, exact_number, parse

COLUMNS = ("phase", "drug", "dose", "unit", "route", "day", "repeats", "interval", "interval_unit", "trigger")
WHOLE = ("day", "repeats", "interval")
UNITS = ("days", "months", "")


@dataclass(frozen=True)
class Dose:
    """One line of regimen.csv; a blank number is None, for repeats and interval 1; no `trigger`: always."""

    phase: str
    drug: str
    dose: Fraction | None
    unit: str
    route: str
    day: int | None
    repeats: int
    interval: int
    interval_unit: str
    trigger: Expression | None


def read_regimen(path: Path) -> tuple[Dose, ...]:
    """The lines of regimen.csv; raises Faults with everything that is wrong with it."""
    rows, faults = read_rows(path, COLUMNS)
    if not faults:
        faults = [fault for row in rows for fault in _faults(path.name, row)]
    if not faults and [row["phase"] for row in rows].count("MAINTENANCE") != 1:
        rule = "a regimen has one line of MAINTENANCE"
        faults = [Fault(path.name, None, "phase", rule, "none or several", "write one")]
    if faults:
        raise Faults(faults)
    return tuple(_dose(row) for row in rows)


def _faults(file: str, row: Row) -> Iterator[Fault]:
    for name in WHOLE:
        if row[name] and not DIGITS.fullmatch(row[name]):
            yield Fault(file, row.line, name, "a whole number or blank", row[name], "write digits only")
    if row["interval_unit"] not in UNITS:
        yield Fault(file, row.line, "interval_unit", "days or months", row["interval_unit"], "use one of them")
    for name, reading in (("dose", exact_number), ("trigger", parse)):
        try:
            if row[name]:
                reading(row[name])
        except ExpressionError as error:
            yield Fault(file, row.line, name, str(error), row[name], "correct it")


def _dose(row: Row) -> Dose:
    return Dose(
        row["phase"],
        row["drug"],
        exact_number(row["dose"]),
        row["unit"],
        row["route"],
        int(row["day"]) if row["day"] else None,
        int(row["repeats"] or 1),
        int(row["interval"] or 1),
        row["interval_unit"],
        parse(row["trigger"]) if row["trigger"] else None,
    )


def in_phase(regimen: tuple[Dose, ...], phase: str) -> tuple[Dose, ...]:
    """The lines of one phase of the regimen, in the order of the file."""
    return tuple(line for line in regimen if line.phase == phase)


def maintenance_months(regimen: tuple[Dose, ...]) -> tuple[int, ...]:
    """The months of the maintenance doses.

    The month of the first is not printed: assumed to be one interval after month 1.
    """
    (line,) = in_phase(regimen, "MAINTENANCE")
    return tuple(1 + line.interval * k for k in range(1, line.repeats + 1))


def exposure(regimen: tuple[Dose, ...], maintenance_days: tuple[int, ...]) -> list[dict[str, str]]:
    """Rows of EX for one patient, without STUDYID and USUBJID: the printed doses.

    Everybody has the induction. The taper and maintenance are there for those with `maintenance_days`: the
    record follows nobody else beyond month 1. Doses by weight or body surface keep their printed unit, since
    neither is known. Maintenance days are assumed, printed days determined.
    """
    rows = [row for line in in_phase(regimen, "INDUCTION") for row in _repeated(line)]
    if maintenance_days:
        rows += [row for line in in_phase(regimen, "TAPER") for row in _tapered(line, regimen)]
        (line,) = in_phase(regimen, "MAINTENANCE")
        rows += [_row(line, line.dose, day, day, "assumed") for day in maintenance_days]
    return rows


def _repeated(line: Dose) -> Iterator[dict[str, str]]:
    """A daily dose is one row from first to last day; doses further apart are a row each."""
    first = line.day or 1
    if line.interval == 1 and line.interval_unit == "days":
        yield _row(line, line.dose, first, first + line.repeats - 1, "determined")
        return
    for day in range(first, first + line.interval * line.repeats, line.interval):
        yield _row(line, line.dose, day, day, "determined")


def _tapered(line: Dose, regimen: tuple[Dose, ...]) -> Iterator[dict[str, str]]:
    """One row a step: the dose of induction falls by the printed amount until it is nil."""
    full = next((d.dose for d in in_phase(regimen, "INDUCTION") if d.drug == line.drug), None)
    fall, day = line.dose or Fraction(0), line.day or 1
    dose = (full or Fraction(0)) + fall
    while dose > 0 > fall:
        yield _row(line, dose, day, day + line.interval - 1, "determined")
        dose, day = dose + fall, day + line.interval


def _row(line: Dose, dose: Fraction | None, first: int, last: int, origin: str) -> dict[str, str]:
    return {
        "EXTRT": line.drug,
        "EXDOSE": "" if dose is None else decimal_text(dose),
        "EXDOSU": line.unit,
        "EXROUTE": line.route,
        "EXSTDY": str(first),
        "EXENDY": str(last),
        "EPOCH": line.phase,
        "ORIGIN": origin,
    }
