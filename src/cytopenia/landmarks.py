"""The reconstructed landmarks, read and checked: one Patient a row, with how well each value is known."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from recount.record import Fault, Faults, Row, Schema, Study, read_table
from recount.verify import verify

COHORT = "cohort_0001.csv"
ORIGINS = "origin.csv"
ORIGIN_COLUMNS = ("USUBJID", "variable", "origin")
REMEDY = "draw the cohort again"
MOST_ROWS = 200_000
DIGITS = re.compile("[0-9]{1,6}")
KNOWN = ("determined", "constrained", "assumed")
"""How well a value is known, best first."""


@dataclass(frozen=True)
class Patient:
    """One reconstructed patient: the texts of the landmark table (blank = missing) and their origins."""

    usubjid: str
    values: Mapping[str, str]
    origins: Mapping[str, str]
    seed: int

    def text(self, name: str) -> str:
        """A landmark as text, empty where it is missing."""
        return self.values.get(name, "")

    def number(self, name: str) -> float | None:
        """A landmark as a number, None where it is missing."""
        return float(self.values[name]) if self.text(name) else None

    def day(self, name: str) -> int | None:
        """A landmark counted in whole days, months or kinds, None where it is missing."""
        return int(float(self.values[name])) if self.text(name) else None

    def origin(self, *names: str) -> str:
        """How well a row is known that carries these landmarks: as the least known of them."""
        return max((self.origins.get(name, KNOWN[-1]) for name in names), key=KNOWN.index)

    def generator(self, *purpose: str) -> np.random.Generator:
        """A random generator of this patient and purpose alone: no other patient or purpose moves it."""
        keys = [zlib.crc32(word.encode()) for word in (self.usubjid, *purpose)]
        return np.random.default_rng(np.random.SeedSequence([self.seed, *keys]))


def read_landmarks(folder: Path, study: Study, seed: int, file: str = COHORT) -> tuple[Patient, ...]:
    """The patients of a file of landmarks, in its order, with `origin.csv` beside it.

    Raises Faults with everything that is wrong with either file.
    """
    rows, faults = read_rows(folder / file, ("USUBJID", *study.variables))
    origins, more = read_rows(folder / ORIGINS, ORIGIN_COLUMNS)
    faults += more
    if not faults:
        faults = [*_row_faults(rows, study), *_origin_faults(origins)]
    if faults:
        raise Faults(faults)
    known = _by_patient(origins)
    return tuple(
        Patient(row["USUBJID"], {name: row[name] for name in study.variables}, known.get(row["USUBJID"], {}), seed)
        for row in rows
    )


def read_rows(path: Path, columns: Iterable[str]) -> tuple[list[Row], list[Fault]]:
    """The rows of a CSV file as stripped text, and the faults that leave them unusable."""
    table = read_table(path.parent, Schema(path.name, tuple(columns), most_rows=MOST_ROWS))
    return table.rows, table.faults


def _row_faults(rows: list[Row], study: Study) -> Iterator[Fault]:
    """Patients without a code or named twice, and every value that its variable doesn't allow."""
    if not rows:
        yield Fault(COHORT, None, None, "a cohort has patients", "no rows", REMEDY)
        return
    for row in rows:
        if not row["USUBJID"]:
            yield Fault(COHORT, row.line, "USUBJID", "every row has the patient's code", "", REMEDY)
    frame = pd.DataFrame([row.cells for row in rows])
    only_variables = replace(study, claims=(), rules=())
    for finding in verify(only_variables, frame).broken.itertuples(index=False):
        yield Fault(COHORT, None, str(finding.id), "values are as variables.csv says", str(finding.why), REMEDY)


def _origin_faults(rows: list[Row]) -> Iterator[Fault]:
    for row in rows:
        if row["origin"] not in KNOWN:
            yield Fault(ORIGINS, row.line, "origin", f"one of {', '.join(KNOWN)}", row["origin"], "write one of them")


def _by_patient(rows: list[Row]) -> dict[str, dict[str, str]]:
    known: dict[str, dict[str, str]] = {}
    for row in rows:
        known.setdefault(row["USUBJID"], {})[row["variable"]] = row["origin"]
    return known
