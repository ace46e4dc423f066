"""What can be said of a claim: the verdicts in order, and what each means, in one place for every page."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

from recount.record import Printed

CONTRADICTED, TRUNCATED, ATTAINABLE = "contradicted", "attainable by truncation", "attainable"
FOLLOWS, CUT_OFF, NOT_CHECKABLE = "follows", "follows, cut off", "not checkable"
JUDGED = (CONTRADICTED, TRUNCATED, ATTAINABLE, FOLLOWS, CUT_OFF, NOT_CHECKABLE)
"""The verdicts on a printed record, the gravest first; the two that follow stand together."""

REPRODUCED, DIFFERS, NOT_DERIVABLE = "reproduced", "differs", "not derivable"


"""The verdicts on claims beside the rows of a cohort of somebody's own."""

MEANING = MappingProxyType(
    {
        CONTRADICTED: "no patients satisfy it together with everything else",
        TRUNCATED: "everything else allows it only where further decimals were cut off, not rounded",
        ATTAINABLE: "everything else allows it, and other values too",
        FOLLOWS: "everything else forces exactly this text",
        CUT_OFF: "everything else forces the value, which prints so only if a half was cut off or rounded down",
        NOT_CHECKABLE: "nothing else in the record bears on it",
        DIFFERS: "the rows give another number",
        REPRODUCED: "the rows give the claimed number",
        NOT_DERIVABLE: "the rows don't hold what it takes",
    }
)
DOUBTED = (CONTRADICTED, TRUNCATED, DIFFERS)
"""The verdicts that cast doubt on a claim."""

TO_NEAREST = ("half-up", "half-even", "half-down")
"""The roundings to the nearest, which differ in what becomes of a half; the first is what readers expect of print."""


def forced_verdict(printed: Printed, value: Fraction | float) -> str:
    """The verdict on a claim whose value everything else forces, empty where no rounding prints the text from it.

    `follows` where rounding half up prints it, `follows, cut off` where nothing does but cutting off, or a rounding
    that takes this half towards nought. That cutting off 41.66.. wouldn't print 41.7 speaks against no text.

    >>> from fractions import Fraction
    >>> forced_verdict(Printed("18.8"), Fraction(75, 4)), forced_verdict(Printed("18.7"), Fraction(75, 4))
    ('follows', 'follows, cut off')
    """
    roundings = printed.rounding(value)
    return "" if not roundings else FOLLOWS if TO_NEAREST[0] in roundings else CUT_OFF
