"""What a record is: the one place of this room that knows where `recount` keeps its reader.

Nothing else of `recount` is imported here, so that the two provers share the reading of the record and no more.
"""

from recount.record import Claim, Printed, Rule, Study, Variable, patients_of, read_study
from recount.rules import (
    And,
    Compare,
    Expression,
    ExpressionError,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Sum,
    comparisons,
    names,
    parse,
    parse_sum,
    resolve,
    resolve_sum,
)

__all__ = [
    "And",
    "Claim",
    "Compare",
    "Expression",
    "ExpressionError",
    "Implies",
    "In",
    "IsLevel",
    "Not",
    "Or",
    "Printed",
    "Rule",
    "SameLevel",
    "Study",
    "Sum",
    "Variable",
    "comparisons",
    "names",
    "parse",
    "parse_sum",
    "patients_of",
    "read_study",
    "resolve",
    "resolve_sum",
]
