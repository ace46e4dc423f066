"""Strips: where bar, band, bounds and mark stand, and the words beside them."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from cytopenia import style
from cytopenia.strips import EDGE, WIDTH, Strip, allowed, strip_of, svg
from recount.results.verdicts import ATTAINABLE, CONTRADICTED, FOLLOWS, TRUNCATED

PROVEN, OPEN = "proven", "not proven within 10 s"


def line(
    printed: str, low: str, high: str, *bounds: str, proof: str = PROVEN, verdict: str = ATTAINABLE
) -> dict[str, str]:
    """A line of the ledger; bounds are the ends where none are given."""
    low_bound, high_bound = bounds or (low, high)
    ends = {"low": low, "high": high, "low_bound": low_bound, "high_bound": high_bound}
    return ends | {"printed": printed, "proof": proof, "verdict": verdict}


def drawn(row: dict[str, str]) -> Strip:
    strip = strip_of(row)
    assert strip is not None
    return strip


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (line("5", "5", "5"), "only 5 (proven)"),
        (line("5", "5", "5", proof="proven twice"), "only 5 (proven twice)"),
        (line("5", "4", "7"), "4 to 7 (proven)"),
        (line("5", "4", "7", "2", "9", proof=OPEN), f"4 to 7 ({OPEN}: 2 to 9)"),
        (line("5", "5", "5", "5", "6", proof=OPEN), f"5 ({OPEN}: 5 to 6)"),
        (line("5", "", "7", "2", "7", proof=OPEN), f"within 2 to 7 ({OPEN})"),
        (
            line("3.57", "1.19549", "4.22453", "1.19521", "4.22479", proof="bounds proven, reached nearly"),
            "1.1955 to 4.2245 (bounds proven, reached nearly: 1.1952 to 4.2248)",
        ),
        (line("51.5", "51.4375", "51.5", "", ""), "51.44 to 51.5 (proven)"),
        (line("<0.05", "0.00023", "0.00023"), "only 0.0002 (proven)"),
        (line("5", "", "", "", "", proof=""), ""),
        (line("5", "", "", "", "9", proof=OPEN), f"no more than 9 ({OPEN})"),
    ],
)
def test_what_the_rest_allows_in_words(row: dict[str, str], words: str) -> None:
    assert allowed(row) == words


@pytest.mark.parametrize(
    ("row", "scale"),
    [
        (line("5", "4", "7"), (4, 7)),
        (line("9", "4", "7", verdict=CONTRADICTED), (4, Fraction(19, 2))),
        (line("5", "4", "7", "2", "9", proof=OPEN), (2, 9)),
        (
            line("5", "4", "7", "0", "4000", proof=OPEN),
            (4, 7),
        ),  # a bound further off than the range is wide: out of sight
        (line("5", "5", "5", verdict=FOLLOWS), (Fraction(7, 2), Fraction(13, 2))),  # thrice the printed interval
    ],
)
def test_the_scale_holds_everything_in_sight(row: dict[str, str], scale: tuple[Fraction, Fraction]) -> None:
    assert drawn(row).scale == scale


def test_numbers_stand_between_the_edges_in_their_order() -> None:
    strip = drawn(line("5", "4", "7", "2", "9", proof=OPEN))
    places = [strip.place(Fraction(x)) for x in (2, 4, 5, 7, 9)]
    assert (places[0], places[-1]) == (EDGE, WIDTH - EDGE) and places == sorted(places)
    assert places[1] - places[0] == pytest.approx((WIDTH - 2 * EDGE) * 2 / 7, abs=0.1)


@pytest.mark.parametrize(
    ("row", "dashed", "rings", "strokes"),
    [
        (line("5", "4", "7"), 0, 0, 0),
        (line("5", "4", "7", proof="proven twice"), 0, 0, 0),
        (line("5", "4", "7", "2", "9", proof=OPEN), 2, 2, 0),
        (line("5", "4", "7", "4", "9", proof=OPEN), 1, 1, 0),
        (line("5", "4", "7", "4", "4000", proof=OPEN), 1, 0, 0),
        (line("5", "4", "7", "", "7", proof=OPEN), 1, 0, 0),
        (line("5", "4.001", "7", "4", "7", proof="bounds proven, reached nearly"), 0, 0, 1),
        (line("5", "4.001", "6.9", "4", "7", proof="bounds proven, reached nearly"), 0, 0, 2),
    ],
)
def test_what_is_not_proven_is_dashed_and_what_is_nearly_reached_a_stroke(
    row: dict[str, str], dashed: int, rings: int, strokes: int
) -> None:
    picture = svg(drawn(row), "")
    assert (picture.count("stroke-dasharray"), picture.count("<circle")) == (dashed, rings)
    assert picture.count('y1="2"') == strokes


@pytest.mark.parametrize(
    ("printed", "verdict", "marks"),
    [
        ("5", ATTAINABLE, 1),
        ("5", CONTRADICTED, 2),
        ("5", TRUNCATED, 1),
        ("<5", ATTAINABLE, 0),
        ("<5", CONTRADICTED, 2),
    ],
)
def test_doubt_has_a_mark_of_its_own_and_an_inequality_no_value(printed: str, verdict: str, marks: int) -> None:
    picture = svg(drawn(line(printed, "4", "7", verdict=verdict)), "")
    assert picture.count("<path") == marks
    assert (style.RESPONSES["RELAPSE"] in picture) == (verdict in (CONTRADICTED, TRUNCATED))


def test_the_band_is_what_the_printed_text_stands_for() -> None:
    strip = drawn(line("5", "4", "7"))
    x, wide = re.findall(r'<rect x="([\d.]+)" y="1" width="([\d.]+)"', svg(strip, ""))[0]
    assert float(x) == strip.place(Fraction(9, 2))
    assert float(x) + float(wide) == pytest.approx(strip.place(Fraction(11, 2)), abs=0.1)


@pytest.mark.parametrize(("printed", "left", "right"), [("<5", 0, None), (">5", None, WIDTH)])
def test_an_inequality_goes_on_to_the_edge(printed: str, left: int | None, right: int | None) -> None:
    picture = svg(drawn(line(printed, "4", "7")), "")
    x, wide = map(float, re.findall(r'<rect x="([\d.]+)" y="1" width="([\d.]+)"', picture)[0])
    assert (x == left) == (left is not None) and (x + wide == right) == (right is not None)


def test_without_a_range_there_is_no_strip() -> None:
    assert strip_of(line("5", "", "", "", "", proof="")) is None


def test_a_ratio_is_drawn_as_its_quotient() -> None:
    assert drawn(line("1:5", "0.2", "0.2", verdict=FOLLOWS)).value == Fraction(1, 5)


def test_the_label_means_nothing_to_html() -> None:
    assert 'aria-label="&lt;0.05 &quot;&gt;"' in svg(drawn(line("<0.05", "0", "1")), '<0.05 ">')
