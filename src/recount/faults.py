"""What is wrong with an input: where it stands, the rule it breaks, what came, and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_SHOWN = 80


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
        row = "" if self.row is None else f" row {self.row}"
        column = "" if self.column is None else f", {self.column}"
        return f'{self.file}{row}{column}: {self.rule} (got "{shortened(self.got)}"): {self.remedy}'


class Faults(ValueError):
    """Every fault of an input at once, one a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def shortened(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text on one line of printable characters, cut to a length.

    >>> shortened("a\\nb"), shortened("abcdef", 4)
    ('a\\\\nb', 'abc…')
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
