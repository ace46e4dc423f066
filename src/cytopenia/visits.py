"""From reconstructed landmarks to dated records: SDTM-shaped tables that give every landmark back.

The landmarks are what the printed record determines or bounds; every day and reading between them is drawn
from stated assumptions and marked `assumed`. A reconstructed patient is never a real one.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from cytopenia.criteria import LINEAGES, RESPONDED, overall, respond
from cytopenia.events import (
    INFECTIONS,
    Row,
    adverse_events,
    clinical_events,
    demographics,
    disposition,
    history,
    lupus_activity,
    treatments,
)
from cytopenia.exposure import exposure, read_regimen
from cytopenia.laboratory import MONTH_1, STEMS, Chart, laboratory
from cytopenia.landmarks import COHORT, REMEDY, Patient, read_landmarks
from cytopenia.schemas import SDTM, columns, day_of_month
from cytopenia.timetable import TURNS, course, read_schedule, visits
from cytopenia.trajectories import CRIT
from recount.record import Fault, Faults, read_study

STUDYID = "RTX-BTZ"
Tables = dict[str, list[Row]]


def _doses(chart: Chart) -> list[Row]:
    return exposure(chart.regimen, tuple(map(day_of_month, chart.taken.doses)))


DOMAINS: Mapping[str, Callable[[Chart], list[Row]]] = {
    "DM": demographics,
    "MH": history,
    "CM": treatments,
    "EX": _doses,
    "LB": laboratory,
    "AE": adverse_events,
    "CE": clinical_events,
    "RS": lupus_activity,
    "DS": disposition,
}
"""What writes each table's rows of one patient."""


def read_charts(study_folder: Path, landmarks: Path, seed: int, file: str = COHORT) -> tuple[Chart, ...]:
    """The patients of a file of a landmark folder with their courses and visits; raises Faults for unusable input."""
    study = read_study(study_folder)
    regimen = read_regimen(study_folder / "regimen.csv")
    schedule = read_schedule(study_folder / "schedule.csv")
    charts = []
    for patient in read_landmarks(landmarks, study, seed, file):
        taken = course(patient, regimen)
        charts.append(Chart(patient, taken, visits(schedule, patient, taken), study, regimen))
    return tuple(charts)


def dated_records(charts: tuple[Chart, ...]) -> Tables:
    """The rows of each table of `SDTM`, texts by column, patients in their order.

    Raises Faults where no dated record could give a patient's landmarks back.
    """
    faults = [fault for chart in charts for fault in undatable(chart.patient)]
    if faults:
        raise Faults(faults)
    tables = {table: [row for chart in charts for row in _named(chart, table)] for table in SDTM}
    faults = list(misfits(charts, tables["LB"]))
    if faults:
        raise Faults(faults)
    return tables


def _named(chart: Chart, table: str) -> Iterator[Row]:
    for row in DOMAINS[table](chart):
        yield {"STUDYID": STUDYID, "USUBJID": chart.patient.usubjid, **row}


# What can't be dated -----------------------------------------------------------------------------


def undatable(patient: Patient) -> Iterator[Fault]:
    """Landmarks that no dated record can carry.

    A response on day 1 can't be told from the baseline, and one after the month-1 visit can't come before it;
    an event without a name can't be life-threatening, and infections are printed for maintenance alone.
    """
    for name in TURNS:
        day = patient.day(name)
        if day is not None and not 1 < day <= MONTH_1:
            yield _fault(patient, name, f"a response is dated from day 2 to day {MONTH_1}", str(day))
    if patient.text("AE_LIFE") == "Y":
        yield _fault(patient, "AE_LIFE", "a life-threatening event has a name", "Y")
    for name in INFECTIONS:
        if patient.text(name) == "Y" and patient.text("MAINT") != "Y":
            yield _fault(patient, name, "an infection is dated within maintenance", "Y")


def misfits(charts: tuple[Chart, ...], readings: list[Row]) -> Iterator[Fault]:
    """Responses at a landmark that the readings of its day contradict by the paper's criteria."""
    by_day: dict[tuple[str, str], list[Row]] = {}
    for row in readings:
        by_day.setdefault((row["USUBJID"], row["LBDY"]), []).append(row)
    frame = pd.DataFrame([row for chart in charts for row in _landmark_readings(chart, by_day)])
    found = {lineage: respond(frame, lineage, CRIT) for lineage in LINEAGES}
    found["RESP"] = overall(found, frame["DX"])
    for place, asked in enumerate(frame.to_dict("records")):
        got = found[asked["LINEAGE"]].iloc[place]
        if got != asked["EXPECTED"]:
            rule = f"the readings of day {asked['DAY']} give the response {asked['EXPECTED']}"
            yield Fault(COHORT, None, str(asked["VARIABLE"]), rule, f"{got} for {asked['USUBJID']}", REMEDY)


def _landmark_readings(chart: Chart, by_day: Mapping[tuple[str, str], list[Row]]) -> Iterator[dict[str, object]]:
    """One row per response that is a landmark: the readings of its day and what is expected of them."""
    patient, taken = chart.patient, chart.taken
    asked: list[tuple[str, str, int | None]] = [(name, f"R{name}_M1", MONTH_1) for name in LINEAGES]
    asked += [("RESP", "RESP_EOT", taken.day(taken.completed)), ("RESP", "RESP_FU", taken.day(taken.last))]
    for lineage, name, day in asked:
        expected = patient.text(name)
        if expected in (*RESPONDED, "NR"):
            yield {
                **{name: patient.text(name) for name in ("DX", "SEX")},
                **{name: patient.number(name) for name in ("PLT_BL", "HB_BL")},
                **{"USUBJID": patient.usubjid, "LINEAGE": lineage, "VARIABLE": name, "DAY": day},
                **{"EXPECTED": expected, "SYMPTOMS": "N"},
                "BLEED": patient.text("BLEED_M1") if day == MONTH_1 else "N",
                **{code: value for row in by_day.get((patient.usubjid, str(day)), []) for code, value in [_value(row)]},
            }


def _value(row: Row) -> tuple[str, object]:
    """A reading by the criteria's name of its test."""
    code = row["LBTESTCD"]
    return STEMS.get(code, code), float(row["LBSTRESN"]) if row["LBSTRESN"] else row["LBSTRESC"]


def _fault(patient: Patient, name: str, rule: str, got: str) -> Fault:
    return Fault(COHORT, None, name, rule, f"{got} for {patient.usubjid}", REMEDY)


# Writing -----------------------------------------------------------------------------------------


def write_tables(tables: Tables, folder: Path) -> None:
    """Writes each table as CSV into a folder beside the wanted one, and moves that into its place.

    Raises Faults where the folder holds anything but such tables.
    """
    folder = folder.resolve()
    check_replaceable(folder)
    new, old = (folder.with_name(f".{folder.name}.{word}") for word in ("new", "old"))
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    new.mkdir(parents=True)
    for table, rows in tables.items():
        _write(new / f"{table}.csv", [column.name for column in columns(table)], rows)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def check_replaceable(folder: Path) -> None:
    """Nothing, where a folder isn't there yet or holds earlier tables alone; raises Faults else."""
    ours = {f"{table}.csv" for table in SDTM}
    found = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else [folder.name]
    strangers = [name for name in found if name not in ours]
    if folder.exists() and strangers:
        rule = "the folder to write holds nothing but earlier tables"
        raise Faults([Fault(str(folder), None, None, rule, ", ".join(strangers), "name another folder")])


def _write(path: Path, header: list[str], rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# Command -----------------------------------------------------------------------------------------


def add_visits_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `cytopenia visits`."""
    parser.add_argument("--study", type=Path, required=True, help="folder of the printed record")
    parser.add_argument("--landmarks", type=Path, required=True, help=f"folder with {COHORT} and origin.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the tables to")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything assumed (default 1)")


def main_visits(args: argparse.Namespace) -> int:
    """Writes the dated records: 0 where they are written, 2 where the input is unusable and nothing is."""
    try:
        check_replaceable(args.out.resolve())
        write_tables(dated_records(read_charts(args.study, args.landmarks, args.seed)), args.out)
    except Faults as faults:
        print(faults, file=sys.stderr)
        return 2
    return 0
