"""Answers as JSON text and back, each kind of value written out; nothing else is made of a text than these kinds."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

DTYPES = ("object", "int64", "float64", "bool")  # of the columns of a table

Kinds = Mapping[str, type]


def kinds_of(classes: tuple[type, ...]) -> dict[str, type]:
    """The dataclasses that answers may hold, by name. Raises ValueError where two have one name."""
    kinds = {kind.__qualname__: kind for kind in classes}
    if len(kinds) < len(classes) or not all(map(is_dataclass, classes)) or kinds.keys() & _DECODERS:
        raise ValueError("kinds are dataclasses, each with a name of its own")
    return kinds


def value_text(value: Any, kinds: Kinds) -> str:
    """A value as one line of JSON. Raises TypeError where a part of it is of no kind that is known.

    Known are None, truths, numbers, texts, Fractions, tuples, lists, dicts, sets, tables, and dataclasses of `kinds`.
    """
    return json.dumps(_encoded(value, kinds), separators=(",", ":"))


def value_of(text: str, kinds: Kinds) -> Any:
    """The value that a text stands for, a new one each time. Raises some Exception where it stands for none."""
    return _decoded(json.loads(text), kinds)


def _encoded(value: Any, kinds: Kinds) -> Any:
    if value is None or type(value) in (bool, str, int):
        return value
    if kinds.get(type(value).__qualname__) is type(value):
        return [type(value).__qualname__, *(_encoded(getattr(value, f), kinds) for f in _field_names(type(value)))]
    encode = _ENCODERS.get(type(value).__name__)
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if type(value) in (float, Fraction, tuple, list, dict, set, frozenset) and encode is not None:
        return encode(value, lambda part: _encoded(part, kinds))
    if numpy is not None and isinstance(value, numpy.bool_ | numpy.integer | numpy.floating):
        return _encoded(value.item(), kinds)
    if pandas is not None and type(value) is pandas.DataFrame:
        return _encoded_table(value, lambda part: _encoded(part, kinds))
    raise TypeError(f"an answer that is kept is made of known kinds of values (got {type(value)})")


Part = Callable[[Any], Any]

_ENCODERS: dict[str, Callable[[Any, Part], list[Any]]] = {
    "float": lambda value, part: ["float", value.hex()],
    "Fraction": lambda value, part: ["Fraction", value.numerator, value.denominator],
    "tuple": lambda value, part: ["tuple", *map(part, value)],
    "list": lambda value, part: ["list", *map(part, value)],
    "set": lambda value, part: ["set", *sorted(map(part, value), key=json.dumps)],
    "frozenset": lambda value, part: ["frozenset", *sorted(map(part, value), key=json.dumps)],
    "dict": lambda value, part: ["dict", *([part(name), part(of)] for name, of in value.items())],
}


def _encoded_table(frame: Any, part: Part) -> list[Any]:
    """A table's index, and of each column name, dtype and values."""
    dtypes = [str(dtype) for dtype in frame.dtypes]
    plain = frame.index.nlevels == frame.columns.nlevels == 1 and frame.columns.name is None and not frame.attrs
    if not plain or any(dtype not in DTYPES for dtype in (*dtypes, str(frame.index.dtype))):
        raise TypeError(f"a table that is kept has columns and one index of {', '.join(DTYPES)}, and nothing else")
    columns = [
        [part(n), t, [part(x) for x in frame.iloc[:, k]]] for k, (n, t) in enumerate(zip(frame, dtypes, strict=True))
    ]
    return ["table", _encoded_index(frame, part), *columns]


def _encoded_index(frame: Any, part: Part) -> Any:
    """The number of rows where they are counted from 0, else their labels."""
    index, size = frame.index, len(frame)
    plain = type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1) and index.name is None
    return size if plain else [str(index.dtype), part(index.name), [part(x) for x in index]]


def _decoded(code: Any, kinds: Kinds) -> Any:
    if code is None or type(code) in (bool, str, int):
        return code
    if type(code) is not list:
        raise ValueError("no value is written so")
    kind, *parts = code
    if kind in kinds:
        names = _field_names(kinds[kind])
        return kinds[kind](**dict(zip(names, (_decoded(p, kinds) for p in parts), strict=True)))
    return _DECODERS[kind](parts, lambda part: _decoded(part, kinds))


def _table_of(parts: list[Any], part: Part) -> Any:
    import pandas as pd  # slow to load, and not needed by answers without tables

    rows, *columns = parts
    index = pd.RangeIndex(rows) if isinstance(rows, int) else _index_of(rows, part)
    arrays = {k: _column_array([part(x) for x in values], dtype) for k, (_, dtype, values) in enumerate(columns)}
    frame = pd.DataFrame(arrays, index=index)
    frame.columns = pd.Index([part(name) for name, _, _ in columns])
    return frame


def _index_of(code: list[Any], part: Part) -> Any:
    import pandas as pd

    dtype, name, labels = code
    return pd.Index(_column_array([part(x) for x in labels], dtype), dtype=dtype, name=part(name))


def _column_array(values: list[Any], dtype: str) -> Any:
    """A column's values; each as it is where they are objects."""
    import numpy as np

    if dtype not in DTYPES:
        raise ValueError("no column is written so")
    return np.fromiter(values, dtype, len(values))


_DECODERS: dict[str, Callable[[list[Any], Part], Any]] = {
    "float": lambda parts, part: float.fromhex(*parts),
    "Fraction": lambda parts, part: Fraction(*parts),
    "tuple": lambda parts, part: tuple(map(part, parts)),
    "list": lambda parts, part: list(map(part, parts)),
    "set": lambda parts, part: set(map(part, parts)),
    "frozenset": lambda parts, part: frozenset(map(part, parts)),
    "dict": lambda parts, part: {part(name): part(of) for name, of in parts},
    "table": _table_of,
}


def _field_names(kind: type) -> list[str]:
    """The fields that a dataclass is made of again."""
    return [f.name for f in fields(kind) if f.init]
