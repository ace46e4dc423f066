"""Patients as a table, from the codes of their values by patient and variable."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from recount.record import Study, decoded
from recount.rules import evaluate
from recount.solver import Cell


def table_of(study: Study, size: int, codes: Mapping[Cell, int]) -> pd.DataFrame:
    """One row a patient with the variables that have codes in the study's order; missing outside of their `where`."""
    having = {name for _, name in codes}
    columns = {
        name: [decoded(variable, codes[i, name]) for i in range(size)]
        for name, variable in study.variables.items()
        if name in having
    }
    frame = pd.DataFrame(columns, index=range(size), dtype=object)
    for name in columns:
        where = study.variables[name].where
        if where is not None:
            frame.loc[~evaluate(where, frame), name] = None
    return frame
