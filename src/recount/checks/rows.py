"""A check on a table whose rows may be wrong: every row that the check refuses is named, all at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

import pandas as pd

from recount.checks.frames import over_rows
from recount.record import Fault, Faults

REMEDY = "correct the row or leave it out"


def check_rows(check: Callable[..., Any], frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what the check finds of each row, as `recount.checks.frames.over_rows` gives it.

    An empty cell (None, not-a-number) is the parameter's default, or None where it has none. Raises Faults with every
    row that the check refuses, counted as a file's lines with a header, and ValueError for a missing column.

    >>> check_rows(lambda n, least=2: n >= least, pd.DataFrame({"n": [1, 2], "least": [1, None]}))["holds"].tolist()
    [True, True]
    """
    names = [name for name in signature(check).parameters if name in frame.columns]
    defaults = {name: _default(parameter) for name, parameter in signature(check).parameters.items()}
    faults: list[Fault] = []
    lines = iter(range(2, len(frame) + 2))

    @wraps(check)
    def noted(**row: Any) -> Any:
        line = next(lines)
        given = {name: defaults[name] if _empty(cell) else cell for name, cell in row.items()}
        try:
            return check(**given)
        except (ValueError, TypeError) as fault:
            got = ", ".join(f"{name} {row[name]}" for name in names)
            faults.append(Fault("table", line, None, str(fault), got, REMEDY))
            return None

    found = over_rows(noted, frame)
    if faults:
        raise Faults(faults)
    return found


def _default(parameter: Parameter) -> Any:
    return None if parameter.default is Parameter.empty else parameter.default


def _empty(cell: Any) -> bool:
    return cell is None or cell is pd.NA or (isinstance(cell, float) and cell != cell)
