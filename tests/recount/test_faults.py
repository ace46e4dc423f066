"""A fault says where, which rule, what came and the remedy."""

import pytest

from recount.faults import Fault, Faults, shortened


@pytest.mark.parametrize(
    ("row", "column", "start"),
    [
        (41, "printed", "claims.csv row 41, printed: digits"),
        (41, None, "claims.csv row 41: digits"),
        (None, "printed", "claims.csv, printed: digits"),
        (None, None, "claims.csv: digits"),
    ],
)
def test_a_fault_names_its_place(row, column, start):
    fault = Fault("claims.csv", row, column, "digits and a point", "5,10", "replace the comma")
    assert str(fault) == start + ' and a point (got "5,10"): replace the comma'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5,10", "5,10"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("血小板", "血小板"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_what_came_is_shown_on_one_short_line(text, shown):
    assert shortened(text) == shown


def test_faults_are_said_all_together_one_a_line():
    two = [Fault("a.csv", k, None, "rule", "x", "remedy") for k in (2, 3)]
    faults = Faults(two)
    assert faults.faults == tuple(two)
    assert str(faults).splitlines() == [str(fault) for fault in two]
