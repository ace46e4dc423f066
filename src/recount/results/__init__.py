"""What notebooks computed, beside what is printed: results, ledger, verdicts."""

from recount.results.ledger import gravest_first, once
from recount.results.rows import Results, read_results, write_csv
from recount.results.verdicts import (
    ATTAINABLE,
    CONTRADICTED,
    DOUBTED,
    FOLLOWS,
    JUDGED,
    MEANING,
    NOT_CHECKABLE,
    PROVEN,
    REPRODUCED,
    TRUNCATED,
)

__all__ = [
    "ATTAINABLE",
    "CONTRADICTED",
    "DOUBTED",
    "FOLLOWS",
    "JUDGED",
    "MEANING",
    "NOT_CHECKABLE",
    "PROVEN",
    "REPRODUCED",
    "TRUNCATED",
    "Results",
    "gravest_first",
    "once",
    "read_results",
    "write_csv",
]
