"""A printed record: its four files read as from a stranger, its claims, rules, variables and printed numbers."""

from recount.record.codes import code_of, decoded, step_of, step_range
from recount.record.faults import Fault, Faults, shortened
from recount.record.printed import HALF, ROUNDINGS, Printed, root, rounded
from recount.record.schema import (
    CHECKED_ALONE,
    MOST_CHECKED,
    MOST_STEPS,
    SCHEMAS,
    STATISTICS,
    Assumption,
    Claim,
    Population,
    Rule,
    Study,
    Variable,
)
from recount.record.sizes import comparisons_fit, sum_fits
from recount.record.study import patients_of, read_claims, read_study
from recount.record.tables import Row, Schema, Table, read_table

__all__ = [
    "CHECKED_ALONE",
    "HALF",
    "MOST_CHECKED",
    "MOST_STEPS",
    "ROUNDINGS",
    "SCHEMAS",
    "STATISTICS",
    "Assumption",
    "Claim",
    "Fault",
    "Faults",
    "Population",
    "Printed",
    "Row",
    "Rule",
    "Schema",
    "Study",
    "Table",
    "Variable",
    "code_of",
    "comparisons_fit",
    "decoded",
    "patients_of",
    "read_claims",
    "read_study",
    "read_table",
    "root",
    "rounded",
    "shortened",
    "step_of",
    "step_range",
    "sum_fits",
]
