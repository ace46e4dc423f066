"""What the notebooks computed: one result a row, tables and figures render from these."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, fields
from math import isnan
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import pandas as pd

from recount.record import Fault, Faults


@dataclass(frozen=True)
class Result:
    """One result as text: its key, the value with its unit, from how many patients, who computed it where."""

    population: str
    variable: str
    versus: str
    statistic: str
    value: str
    unit: str
    n: str
    notebook: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is asked: population, variable, versus and statistic, as in claims.csv."""
        return self.population, self.variable, self.versus, self.statistic


COLUMNS = tuple(field.name for field in fields(Result))


def value_text(value: object) -> str:
    """A value as it is stored: 12 significant digits, whole numbers in full, nothing for a missing one.

    >>> value_text(1 / 3), value_text(18), value_text(float("nan")), value_text(5.0)
    ('0.333333333333', '18', '', '5')
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Real) and not isinstance(value, bool):
        return format(float(value), ".12g")
    return str(value)


def source_name(source: str | Callable[..., object]) -> str:
    """The name of a function with its module, or the text itself.

    >>> from statistics import median
    >>> source_name(median)
    'statistics.median'
    """
    return source if isinstance(source, str) else f"{source.__module__}.{source.__qualname__}"


def _result_cell(column: str, cell: object) -> Any:
    """A cell as `Results.add` takes it: a blank text is empty."""
    return cell if column in ("value", "n", "source") else value_text(cell)


class Results:
    """The results of one notebook, in the order they were added."""

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook
        self._results: dict[tuple[str, str, str, str], Result] = {}

    def add(
        self,
        population: str,
        variable: str,
        statistic: str,
        value: object,
        *,
        versus: str = "",
        unit: str = "",
        n: int | None = None,
        source: str | Callable[..., object] = "",
    ) -> object:
        """The value itself, noted as a result. Raises ValueError where its key has another value already."""
        texts = population, variable, versus, statistic, value_text(value), unit, value_text(n)
        result = Result(*texts, self.notebook, source_name(source))
        known = self._results.setdefault(result.key, result)
        if known.value != result.value:
            what = ", ".join(filter(None, result.key))
            raise ValueError(f"a result has one value in a notebook: {what} is {known.value} and {result.value}")
        return value

    def add_frame(self, frame: pd.DataFrame, source: str | Callable[..., object] = "") -> pd.DataFrame:
        """The frame itself, each row noted as a result.

        Columns population, variable, statistic, value, and where it has them versus, unit, n and source.
        Raises ValueError for other columns, missing ones, and a key with two values.
        """
        missing = {"population", "variable", "statistic", "value"} - set(frame.columns)
        unknown = set(frame.columns) - set(COLUMNS) | {"notebook"} & set(frame.columns)
        if missing or unknown:
            raise ValueError(f"results lack {sorted(missing)} and don't know {sorted(unknown)}")
        for row in frame.to_dict("records"):
            self.add(**{"source": source, **{str(c): _result_cell(str(c), cell) for c, cell in row.items()}})
        return frame

    @property
    def frame(self) -> pd.DataFrame:
        """One result a row, all text."""
        return pd.DataFrame(map(astuple, self._results.values()), columns=list(COLUMNS), dtype=str)

    def write(self, path: str | Path) -> Path:
        """The path, where the results now are; the file is there whole or not at all."""
        return write_csv(self.frame, path)


def write_csv(frame: pd.DataFrame, path: str | Path) -> Path:
    """The path, where the frame now is as CSV; written beside it first and then moved there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            frame.to_csv(stream, index=False, lineterminator="\n")
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path


def read_results(paths: Iterable[str | Path]) -> pd.DataFrame:
    """One result a row, all text, from the files in their order. Raises Faults for files of other columns."""
    parts, faults = [], []
    for path in map(Path, paths):
        try:
            part = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        except (OSError, ValueError) as error:
            got = str(error).partition("\n")[0]
            faults.append(Fault(path.name, None, None, "results are a CSV file", got, "run its notebook again"))
            continue
        if tuple(part.columns) != COLUMNS:
            rule = f"results have the columns {', '.join(COLUMNS)}"
            faults.append(Fault(path.name, 1, None, rule, ", ".join(part.columns), "run its notebook again"))
        parts.append(part)
    if faults:
        raise Faults(faults)
    empty = pd.DataFrame(columns=list(COLUMNS), dtype=str)
    return pd.concat(parts, ignore_index=True) if parts else empty
