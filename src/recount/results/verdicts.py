"""What can be said of a claim: the verdicts in order, and what each means, in one place for every page."""

from types import MappingProxyType

CONTRADICTED, TRUNCATED, ATTAINABLE = "contradicted", "attainable by truncation", "attainable"
FOLLOWS, NOT_CHECKABLE = "follows", "not checkable"
JUDGED = (CONTRADICTED, TRUNCATED, ATTAINABLE, FOLLOWS, NOT_CHECKABLE)
"""The verdicts on a printed record, the gravest first."""

REPRODUCED, DIFFERS, NOT_DERIVABLE = "reproduced", "differs", "not derivable"
COMPARED = (DIFFERS, REPRODUCED, NOT_DERIVABLE)
"""The verdicts on claims beside the rows of a cohort of somebody's own."""

MEANING = MappingProxyType(
    {
        CONTRADICTED: "no patients satisfy it together with everything else",
        TRUNCATED: "everything else allows it only where further decimals were cut off, not rounded",
        ATTAINABLE: "everything else allows it, and other values too",
        FOLLOWS: "everything else forces exactly this text",
        NOT_CHECKABLE: "nothing else in the record bears on it",
        DIFFERS: "the rows give another number",
        REPRODUCED: "the rows give the claimed number",
        NOT_DERIVABLE: "the rows don't hold what it takes",
    }
)
DOUBTED = (CONTRADICTED, TRUNCATED, DIFFERS)
"""The verdicts that cast doubt on a claim."""

PROVEN = ("proven", "bounds proven, reached nearly")
"""The proofs with which nothing is left open at either end of a range."""
