"""A check on one row's numbers made a check on a table: DataFrame in, DataFrame out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from inspect import Parameter, signature
from typing import Any

import pandas as pd

RESULT = "holds"


def over_rows(check: Callable[..., Any], frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what the check finds of each row in further columns, on the same index.

    Columns named as the check's parameters are handed to it; others are kept and not read. A check that returns a
    dataclass adds a column a field, any other a column `holds`. Raises ValueError for a parameter without a column
    or default, and for a result that would overwrite a column.

    >>> over_rows(lambda n: n > 1, pd.DataFrame({"n": [1, 2]}))["holds"].tolist()
    [False, True]
    """
    wanted = signature(check).parameters
    missing = [name for name, p in wanted.items() if p.default is Parameter.empty and name not in frame.columns]
    if missing:
        raise ValueError(f"the check needs the columns {', '.join(missing)} (got {', '.join(map(str, frame.columns))})")
    given = [name for name in wanted if name in frame.columns]
    rows = zip(*(frame[name].tolist() for name in given), strict=True)
    found = [_cells(check(**dict(zip(given, row, strict=True)))) for row in rows]
    added = pd.DataFrame(found, index=frame.index, dtype=object).infer_objects()
    clash = sorted(set(added.columns) & set(frame.columns))
    if clash:
        raise ValueError(f"a result overwrites no column (got {', '.join(clash)}): rename it")
    return pd.concat([frame, added], axis=1)


def _cells(result: Any) -> dict[str, Any]:
    if is_dataclass(result):
        return {field.name: getattr(result, field.name) for field in fields(result)}
    return {RESULT: result}
