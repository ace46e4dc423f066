"""Cohorts and what is known of them as text: the tables of a folder of cohorts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from fractions import Fraction

import pandas as pd

from recount.reconstruct.cohort import SetAside
from recount.reconstruct.conflicts import sentence
from recount.record import Study
from recount.rules import decimal_text, is_missing


def cohort_text(frame: pd.DataFrame) -> str:
    """A cohort as CSV text: numbers as decimals, nothing where there is no value."""
    return csv_text(frame.map(_shown))


def read_cohort(text: str) -> pd.DataFrame:
    """A cohort from its CSV text: numbers as the texts they are written as, None where there is no value."""
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).astype(object)
    return frame.mask(frame == "", None)


def _shown(cell: object) -> object:
    return "" if is_missing(cell) else decimal_text(cell) if isinstance(cell, Fraction) else cell


def origins_table(origin: pd.DataFrame) -> pd.DataFrame:
    """One row per patient and variable that the patient has: USUBJID, variable, origin."""
    long = origin.melt(id_vars="USUBJID", var_name="variable", value_name="origin").dropna()
    return long.sort_values("USUBJID", kind="stable").reset_index(drop=True)


def set_aside_table(study: Study, aside: Iterable[SetAside]) -> pd.DataFrame:
    """One row per statement set aside: kind, id, place, text, patients who break it, why."""
    rows = [(s.kind, s.id, s.place, s.text, "|".join(s.patients), sentence(study, s.conflict)) for s in aside]
    return pd.DataFrame(rows, columns=["kind", "id", "place", "text", "patients", "why"])


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV text with LF line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(frame.itertuples(index=False))
    return text.getvalue()
