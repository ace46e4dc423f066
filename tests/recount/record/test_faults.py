"""A fault says where, which rule, what came and the remedy."""

import pytest

from recount.record.faults import LONGEST_PART, MOST_SHOWN, Fault, Faults, shortened, text_around


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


def test_every_part_of_a_fault_is_printable_and_short():
    fault = Fault("a\x1b[2J", 2, "\u202ec", "r\n" * 500, "", "\x07")
    assert str(fault).isprintable() and len(str(fault)) < LONGEST_PART + 100
    assert str(fault).startswith("a\\x1b[2J row 2, \\u202ec: r\\nr\\n")
    assert str(fault).endswith("… (got nothing): \\x07")


def test_a_hundred_faults_are_shown_and_the_others_counted_by_file():
    many = [Fault(file, k, None, "rule", "x", "remedy") for file in ("a.csv", "b.csv") for k in range(MOST_SHOWN)]
    faults = Faults(many, {"b.csv": 10**6, "c.csv": 1})
    lines = str(faults).splitlines()
    assert (len(lines), faults.count) == (MOST_SHOWN + 1, 1_000_201)
    assert lines[:-1] == [str(fault) for fault in many[:MOST_SHOWN]]
    assert lines[-1] == ("... and 1,000,101 more faults, not shown (1,000,100 in b.csv, 1 in c.csv): mend these first")


def test_no_more_is_said_where_all_are_shown():
    hundred = [Fault("a.csv", k, None, "rule", "x", "remedy") for k in range(MOST_SHOWN)]
    assert str(Faults(hundred)).count("\n") == MOST_SHOWN - 1


@pytest.mark.parametrize(
    ("place", "shown"),
    [(0, "01234…"), (3, "01234…"), (4, "…2345…"), (6, "…4567…"), (7, "…56789"), (9, "…56789"), (99, "…56789")],
)
def test_the_part_about_a_place_is_shown(place, shown):
    assert text_around("0123456789", place, 6) == shown
