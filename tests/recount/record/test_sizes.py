"""What fits is a whole number of 62 bits, however it is multiplied; the edges have their rows."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from recount.record.printed import Printed
from recount.record.sizes import LARGEST_WHOLE, comparisons_fit, printed_fits, sum_fits
from recount.rules import parse, parse_sum


@dataclass(frozen=True)
class Range:
    step: Fraction | None
    low: Fraction | None
    high: Fraction | None


VARIABLES = {
    "A": Range(Fraction(1), Fraction(0), Fraction(100)),
    "D": Range(Fraction("0.01"), Fraction(-20), Fraction(10)),
    "BIG": Range(Fraction(1000), Fraction(0), Fraction(10**10)),
    "SEX": Range(None, None, None),
    "FAULTY": Range(Fraction(1), None, None),
}
MOST = LARGEST_WHOLE


@pytest.mark.parametrize(
    ("text", "is_fit"),
    [
        ("A > 1", True),
        (f"A > {MOST - 100}", True),
        (f"A > {MOST - 99}", False),
        (f"A > -{MOST - 99}", False),
        (f"A < 1 or not (A > {MOST})", False),
        (f"A > 1 -> A > {MOST}", False),
        (f"{MOST // 100}*A > 0", True),
        (f"{MOST // 100 + 1}*A > 0", False),
        (f"{MOST // 2000}*D > 0", True),  # steps of 0.01 and a size of 20
        (f"D > {MOST // 100 - 20}", True),
        (f"D > {MOST // 100 - 19}", False),
        ("A > 0.0000000000000001", True),
        ("A > 0.00000000000000001", False),
        (f"A in (1, {MOST})", True),
        (f"A in (1, {MOST + 1})", False),
        (f"D in ({MOST // 100})", True),
        (f"D in ({MOST // 100 + 1})", False),
        ('SEX in ("M")', True),
        ('SEX == "M"', True),
        ("FAULTY > 1", True),
    ],
)
def test_a_comparison_fits(text, is_fit):
    assert comparisons_fit(parse(text), VARIABLES) is is_fit


@pytest.mark.parametrize(
    ("text", "patients", "is_fit"),
    [
        ("A", 1, True),
        ("A", MOST // 100, True),
        ("A", MOST // 100 + 1, False),
        ("BIG - A", MOST // (10**10 + 100), True),
        ("BIG - A", MOST // (10**10 + 100) + 1, False),
    ],
)
def test_a_sum_over_patients_fits(text, patients, is_fit):
    assert sum_fits(parse_sum(text), VARIABLES, patients) is is_fit


@pytest.mark.parametrize(
    ("text", "name", "is_fit"),
    [
        ("5.10", "A", True),
        ("<0.05", "A", True),
        (f"{MOST // 4000 - 1}", "A", True),  # the bounds have a half, so all is doubled
        (f"{MOST // 4000}", "A", False),
        (f"0.{'0' * 12}1", "A", False),  # a hundred times 2 * 10^13 times 2,000 is 4 * 10^18
        (f"0.{'0' * 11}1", "A", True),
        ("1:5", None, True),
        (f"1:{'9' * 20}", None, False),
        (f"{MOST // 4000}", None, False),
    ],
)
def test_a_printed_number_fits(text, name, is_fit):
    assert printed_fits(Printed(text), VARIABLES.get(name), 2000) is is_fit
