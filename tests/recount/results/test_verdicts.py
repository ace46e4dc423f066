"""Which verdict a forced value gives a printed text: every edge of rounding has its row."""

from __future__ import annotations

from fractions import Fraction

import pytest

from recount.record import Printed
from recount.results import CUT_OFF, FOLLOWS, JUDGED, MEANING, forced_verdict

FORCED = [  # (printed, value in fractions, verdict)
    ("18.8", "75/4", FOLLOWS),  # 3 of 16 in per cent: half up and half even
    ("18.7", "75/4", CUT_OFF),  # half down and cutting off
    ("18.75", "75/4", FOLLOWS),  # exact
    ("16.8", "67/4", FOLLOWS),
    ("16.7", "67/4", CUT_OFF),
    ("16.3", "65/4", FOLLOWS),  # half up alone
    ("16.2", "65/4", CUT_OFF),  # half even too
    ("-16.8", "-67/4", FOLLOWS),  # roundings are symmetrical about nought
    ("-16.7", "-67/4", CUT_OFF),
    ("0", "1/2", CUT_OFF),
    ("41.7", "125/3", FOLLOWS),  # nearest, whatever becomes of a half
    ("41.6", "125/3", CUT_OFF),  # cut off alone
    ("41.5", "125/3", ""),
    ("24", "24", FOLLOWS),
    ("<0.05", "3/100", FOLLOWS),
    ("<0.05", "1/20", ""),
    ("<=2", "2", FOLLOWS),
    (">0.05", "3/100", ""),
    ("1:5", "4/20", FOLLOWS),
    ("1:5", "4/19", FOLLOWS),  # 4.75
    ("1:5", "4/18", FOLLOWS),  # 4.5
    ("1:4", "4/18", CUT_OFF),
    ("1:4", "4/19", CUT_OFF),
    ("1:4", "4/20", ""),
]


@pytest.mark.parametrize(("printed", "value", "verdict"), FORCED)
def test_a_forced_value_follows_unless_only_cutting_off_prints_it(printed: str, value: str, verdict: str) -> None:
    assert forced_verdict(Printed(printed), Fraction(value)) == verdict


def test_a_number_that_is_none_prints_nothing() -> None:
    assert forced_verdict(Printed("1"), float("nan")) == ""


def test_every_verdict_on_a_record_has_a_meaning_of_its_own() -> None:
    assert len({MEANING[verdict] for verdict in JUDGED}) == len(set(JUDGED)) == 6
