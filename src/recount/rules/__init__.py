"""The one-line rules: parsed, resolved, evaluated on tables, compared with one another. Never `eval`."""

from recount.rules.cells import column_numbers, column_texts, exact_number, is_missing
from recount.rules.columns import Column, Columns, Numbers, Words, columns_of, numbers_of, words_of
from recount.rules.evaluation import Truth, breaks, evaluate, truth
from recount.rules.implication import counterexample, example, implies
from recount.rules.parsing import parse, parse_sum
from recount.rules.resolving import resolve, resolve_sum
from recount.rules.tokens import is_name
from recount.rules.tree import (
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
    certain,
    comparisons,
    decimal_text,
    names,
)

__all__ = [
    "And",
    "Column",
    "Columns",
    "Compare",
    "Expression",
    "ExpressionError",
    "Implies",
    "In",
    "IsLevel",
    "Not",
    "Numbers",
    "Or",
    "SameLevel",
    "Sum",
    "Truth",
    "Words",
    "breaks",
    "certain",
    "column_numbers",
    "column_texts",
    "columns_of",
    "comparisons",
    "counterexample",
    "decimal_text",
    "evaluate",
    "exact_number",
    "example",
    "implies",
    "is_missing",
    "is_name",
    "names",
    "numbers_of",
    "parse",
    "parse_sum",
    "resolve",
    "resolve_sum",
    "truth",
    "words_of",
]
