"""What is wrong with an input: where it stands, the rule it breaks, what came, and the remedy.

An input is from a stranger, so no part of a fault reaches a terminal as it came: each is one line of printable
characters of a limited length, and no more than `MOST_SHOWN` faults are printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONGEST_SHOWN = 80
LONGEST_PART = 400
MOST_SHOWN = 100


@dataclass(frozen=True)
class Fault:
    """One fault of an input file; `row` is the line in the file, the header being row 1.

    >>> print(Fault("claims.csv", 41, "printed", "digits and a point", "5,10", "replace the comma"))
    claims.csv row 41, printed: digits and a point (got "5,10"): replace the comma
    """

    file: str
    row: int | None
    column: str | None
    rule: str
    got: str
    remedy: str

    def __str__(self) -> str:
        file, rule, remedy = (shortened(part, LONGEST_PART) for part in (self.file, self.rule, self.remedy))
        row = "" if self.row is None else f" row {self.row}"
        column = "" if self.column is None else f", {shortened(self.column)}"
        got = f'"{shortened(self.got)}"' if self.got else "nothing"
        return f"{file}{row}{column}: {rule} (got {got}): {remedy}"


class Faults(ValueError):
    """Every fault of an input at once, one a line; `unkept` says how many more a file has than are kept.

    Beyond `MOST_SHOWN` only their number is said, file by file.
    """

    def __init__(self, faults: Iterable[Fault], unkept: Mapping[str, int] | None = None) -> None:
        self.faults = tuple(faults)
        self.unkept = Counter(unkept or {})
        super().__init__("\n".join([*map(str, self.faults[:MOST_SHOWN]), *self._unshown_lines()]))

    @property
    def count(self) -> int:
        """How many faults there are, kept or not."""
        return len(self.faults) + self.unkept.total()

    def _unshown_lines(self) -> list[str]:
        """The line that says how many faults are not shown, if any."""
        more = Counter(fault.file for fault in self.faults[MOST_SHOWN:])
        more.update(self.unkept)
        if not more.total():
            return []
        by_file = ", ".join(f"{number:,} in {shortened(file)}" for file, number in list(more.items())[:10])
        return [f"... and {more.total():,} more faults, not shown ({by_file}): mend these first"]


def shortened(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text on one line of printable characters, cut to a length.

    >>> shortened("a\\nb"), shortened("abcdef", 4)
    ('a\\\\nb', 'abc…')
    """
    shown = "".join(map(_printable, text[: longest + 1]))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _printable(sign: str) -> str:
    return sign if sign.isprintable() else ascii(sign)[1:-1]


def text_around(text: str, place: int, longest: int = LONGEST_SHOWN) -> str:
    """The part of a text about a place in it, counted from 0, with … for what is cut off.

    >>> text_around("0123456789", 8, 5), text_around("0123456789", 1, 5), text_around("0123", 9, 5)
    ('…6789', '0123…', '0123')
    """
    if len(text) <= longest:
        return text
    start = min(max(place - longest // 2, 0), len(text) - longest)
    cut = text[start : start + longest]
    head = "…" + cut[1:] if start else cut
    return head if start + longest >= len(text) else head[:-1] + "…"
