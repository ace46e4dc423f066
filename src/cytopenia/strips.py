"""Strips: one printed number beside what everything else allows, small enough for a line of a table.

A strip has a scale of its own. Its band is what the printed text stands for; its bar is what patients reach. Where
they nearly reach a proven bound, that is an upright stroke; where nothing is proven between the two, a dashed line goes
on to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from cytopenia import style
from recount.record import Printed
from recount.results import CONTRADICTED, REACHED_NEARLY, TRUNCATED, range_words, status_of

WIDTH, HEIGHT, MIDDLE = 160, 18, 9
EDGE = 10  # points left free at either end

Number = Fraction | None


@dataclass(frozen=True)
class Strip:
    """What one strip shows: `reached` ends, proven `bounds` (None: there is none), the printed interval and value.

    An inequality prints no value that could be `marked`; `nearly` says that patients nearly reach the bounds.
    """

    reached: tuple[Fraction, Fraction]
    bounds: tuple[Number, Number]
    printed: tuple[Number, Number]
    value: Fraction
    verdict: str
    marked: bool = True
    nearly: bool = False

    @property
    def scale(self) -> tuple[Fraction, Fraction]:
        """The least and the greatest number in sight: what is reached and printed, with a bound if it isn't far off."""
        known = [*self.reached, self.value, *(x for x in self.printed if x is not None)]
        low, high = min(known), max(known)
        wide = high - low or abs(low) / 10 or Fraction(1)
        near = [x for x in self.bounds if x is not None and low - wide <= x <= high + wide]
        low, high = min([low, *near]), max([high, *near])
        alone = self.reached[0] == self.reached[1] and within(self.reached[0], self.printed)
        return (low - wide, high + wide) if alone or low == high else (low, high)

    def place(self, x: Fraction) -> float:
        """Where a number of the scale stands, in points from the left."""
        low, high = self.scale
        return round(EDGE + float((x - low) / (high - low)) * (WIDTH - 2 * EDGE), 1)


def within(x: Fraction, bounds: tuple[Number, Number]) -> bool:
    """Whether a number lies within two bounds, of which None is no bound."""
    low, high = bounds
    return (low is None or low <= x) and (high is None or x <= high)


def strip_of(line: Mapping[str, str]) -> Strip | None:
    """The strip of a line of the ledger (printed, low, high, low_bound, high_bound, proof, verdict).

    None where the line has no range. An end that no patients were found for counts as what is printed.
    """
    bounds = number(line["low_bound"]), number(line["high_bound"])
    ends = number(line["low"]), number(line["high"])
    if ends == (None, None):
        return None
    printed = Printed(line["printed"])
    low, high = (printed.value if end is None else end for end in ends)
    nearly = status_of(line["proof"]) == REACHED_NEARLY
    marked = printed.relation == "="
    return Strip((low, high), bounds, printed.interval, printed.value, line["verdict"], marked, nearly)


def number(text: str) -> Number:
    """A number of the ledger, a ratio as its quotient, None for nothing.

    >>> number("1.25"), number("1:5"), number("")
    (Fraction(5, 4), Fraction(1, 5), None)
    """
    if not text:
        return None
    over, _, under = text.partition(":")
    return Fraction(over) / Fraction(under or "1")


def svg(strip: Strip, label: str) -> str:
    """The strip as a picture within HTML, `label` for those who can't see it."""
    parts = [*_band(strip), *_beyond(strip), _bar(strip), _mark(strip)]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" style="max-width:100%;vertical-align:middle" role="img" '
        f'aria-label="{escape(label, quote=True)}">{"".join(parts)}</svg>'
    )


def _band(strip: Strip) -> list[str]:
    """What the printed text stands for; an inequality's goes on to the edge."""
    low, high = strip.printed
    left = 0.0 if low is None else strip.place(low)
    right = float(WIDTH) if high is None else strip.place(high)
    wide = max(round(right - left, 1), 2.0)
    edge = style.RESPONSES["NR"]
    return [
        f'<rect x="{left}" y="1" width="{wide}" height="{HEIGHT - 2}" fill="{style.BAND}" stroke="{edge}" '
        'stroke-width="0.8"/>'
    ]


def _bar(strip: Strip) -> str:
    """What patients reach: a bar, or an upright where it is one value."""
    low, high = (strip.place(x) for x in strip.reached)
    wide, tall = (round(high - low, 1), 6) if high - low > 3 else (3, HEIGHT - 2)
    left = round((low + high - wide) / 2, 1)
    top = MIDDLE - tall // 2
    return f'<rect x="{left}" y="{top}" width="{wide}" height="{tall}" fill="{style.ACCENT}"/>'


def _beyond(strip: Strip) -> list[str]:
    """A dashed line from each unproven end to its bound: a ring there, or on to the edge where it is out of sight.

    A bound that is nearly reached is an upright stroke instead.
    """
    if strip.nearly:
        return [_upright(strip.place(x)) for x in strip.bounds if x is not None and x not in strip.reached]
    lines = []
    low, high = strip.scale
    for end, bound, edge in zip(strip.reached, strip.bounds, (2, WIDTH - 2), strict=True):
        if end == bound:
            continue
        sight = bound is not None and low <= bound <= high
        stop = strip.place(bound) if sight and bound is not None else edge
        lines.append(
            f'<line x1="{strip.place(end)}" y1="{MIDDLE}" x2="{stop}" y2="{MIDDLE}" stroke="{style.ACCENT}" '
            'stroke-width="1.5" stroke-dasharray="3 2"/>'
        )
        if sight:
            lines.append(f'<circle cx="{stop}" cy="{MIDDLE}" r="2.5" fill="{style.PAPER}" stroke="{style.ACCENT}"/>')
    return lines


def _upright(x: float) -> str:
    return f'<line x1="{x}" y1="2" x2="{x}" y2="{HEIGHT - 2}" stroke="{style.ACCENT}" stroke-width="1.2"/>'


MARKS = {  # drawn around (0, 0)
    CONTRADICTED: '<path d="M-5-5L5 5M-5 5L5-5" stroke="{paper}" stroke-width="5"/>'
    '<path d="M-5-5L5 5M-5 5L5-5" stroke="{bad}" stroke-width="2.5"/>',
    TRUNCATED: '<path d="M-5-5H5L0 5Z" fill="{paper}" stroke="{bad}" stroke-width="1.8"/>',
}
DIAMOND = '<path d="M0-4L4 0L0 4L-4 0Z" fill="{paper}" stroke="{ink}" stroke-width="1.4"/>'


def _mark(strip: Strip) -> str:
    """The printed number: a diamond, a cross where it is contradicted, a triangle where it was cut off."""
    if not strip.marked and strip.verdict not in MARKS:
        return ""
    shape = MARKS.get(strip.verdict, DIAMOND)
    shape = shape.format(paper=style.PAPER, ink=style.INK, bad=style.RESPONSES["RELAPSE"])
    return f'<g transform="translate({strip.place(strip.value)} {MIDDLE})">{shape}</g>'


def allowed(line: Mapping[str, str]) -> str:
    """What everything else allows, and how far that is proven; a decimal more than is printed, two at the least."""
    places = max(Printed(line["printed"]).decimals + 1, 2)
    return range_words(*style.shortened_range(line, places), line["proof"])
