"""A check on one row's numbers made a check on a table: every row that can't be read is named, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from inspect import Parameter, signature
from typing import Any

import pandas as pd

from recount.checks.reading import READERS
from recount.record import Fault, Faults

RESULT = "holds"
REMEDY = "correct the row or leave it out"
GIVE = "give it, or leave the row out"
TABLE = "table"


def check_rows(check: Callable[..., Any], frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what the check finds of each row in further columns, on the same index.

    Columns named as the check's parameters are handed to it; others are kept and not read. An empty cell (None,
    not-a-number) is the parameter's default. A check that returns a dataclass adds a column a field, any other a column
    `holds`. Raises Faults with every cell that is missing and every row that the check refuses, counted as a file's
    lines with a header, and for a missing column or a result that would overwrite one.

    >>> check_rows(lambda n, least=2: n >= least, pd.DataFrame({"n": [1, 2], "least": [1, None]}))["holds"].tolist()
    [True, True]
    """
    needs_columns(check, frame)
    given = [name for name in signature(check).parameters if name in frame.columns]
    found: list[dict[str, Any]] = []
    faults: list[Fault] = []
    cells = zip(*(frame[name].tolist() for name in given), strict=True) if given else [()] * len(frame)
    for line, row in enumerate(cells, start=2):
        texts = dict(zip(given, row, strict=True))
        try:
            found.append(_result_cells(check(**with_defaults(check, texts))))
        except (ValueError, TypeError) as error:
            faults += row_faults(check, line, texts, error)
    if faults:
        raise Faults(faults)
    return joined_columns(frame, pd.DataFrame(found, index=frame.index, dtype=object).infer_objects())


def needs_columns(check: Callable[..., Any], frame: pd.DataFrame) -> None:
    """Raises Faults where the frame lacks columns of parameters that have no default."""
    missing = [name for name in _needed_columns(check) if name not in frame.columns]
    if missing:
        rule = f"the check needs the columns {', '.join(missing)}"
        got = ", ".join(map(str, frame.columns))
        raise Faults([Fault(TABLE, 1, ", ".join(missing), rule, got, "add them")])


def joined_columns(frame: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The frame with further columns; raises Faults for one that is there already."""
    clash = sorted(set(found.columns) & set(frame.columns))
    if clash:
        raise Faults(
            [Fault(TABLE, 1, ", ".join(clash), "a result overwrites no column", ", ".join(clash), "rename it")]
        )
    return pd.concat([frame, found], axis=1)


def row_faults(check: Callable[..., Any], line: int, row: Mapping[str, Any], error: Exception) -> list[Fault]:
    """What is wrong with a row that a check refused: each cell that is missing, else the one that can't be read.

    A fault without a column is of several cells together, such as a lower limit above the upper one.
    """
    missing = [name for name in _needed_columns(check) if is_empty(row.get(name))]
    if missing:
        return [Fault(TABLE, line, name, f"the check needs a {name} in every row", "", GIVE) for name in missing]
    for name, cell in row.items():
        try:
            if not is_empty(cell) and name in READERS:
                READERS[name](cell)
        except ValueError as rule:
            return [Fault(TABLE, line, name, str(rule), str(cell), REMEDY)]
    got = ", ".join(f"{name} {cell}" for name, cell in row.items() if not is_empty(cell))
    return [Fault(TABLE, line, None, str(error), got, REMEDY)]


def with_defaults(check: Callable[..., Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's cells, a parameter's default for an empty one; raises ValueError where it has none."""
    parameters = signature(check).parameters
    for name in _needed_columns(check):
        if is_empty(row.get(name)):
            raise ValueError(f"the check needs a {name}")
    return {name: parameters[name].default if is_empty(cell) else cell for name, cell in row.items()}


def is_empty(cell: Any) -> bool:
    """Whether a table's cell has nothing in it."""
    return cell is None or cell is pd.NA or cell == "" or (isinstance(cell, float) and cell != cell)


def _needed_columns(check: Callable[..., Any]) -> list[str]:
    return [name for name, parameter in signature(check).parameters.items() if parameter.default is Parameter.empty]


def _result_cells(result: Any) -> dict[str, Any]:
    if is_dataclass(result):
        return {field.name: getattr(result, field.name) for field in fields(result)}
    return {RESULT: result}
