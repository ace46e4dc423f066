"""What a check on a record found: which claims it is about, whether they can hold, and why, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from recount.record import Printed, rounded
from recount.rules import decimal_text

POSSIBLE, IMPOSSIBLE, NOTE = "possible", "impossible", "note"
VERDICTS = (IMPOSSIBLE, NOTE, POSSIBLE)
"""What a check can say, the gravest first."""

MORE_DECIMALS = 6


@dataclass(frozen=True)
class Finding:
    """One claim or group of claims, judged by one check.

    `impossible` is a proof: no patients of this number, with values in the variables' steps and limits, satisfy these
    claims (and rules) together. `possible` says that this check has nothing against them. A `note` is told and judges
    nothing, such as a check that needs a number which isn't printed.
    """

    check: str
    claims: tuple[str, ...]
    verdict: str
    why: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """Whether numbers are possible, and why in numbers."""

    holds: bool
    why: str


def finding(check: str, claims: Iterable[str], judged: Judged, rules: Iterable[str] = ()) -> Finding:
    """A judgement on claims as a finding."""
    verdict = POSSIBLE if judged.holds else IMPOSSIBLE
    return Finding(check, tuple(dict.fromkeys(claims)), verdict, judged.why, tuple(rules))


def decimals_of(value: Fraction, decimals: int) -> str:
    """The value to so many decimals, rounded half up.

    >>> decimals_of(Fraction(145, 28), 3), decimals_of(Fraction(50), 0)
    ('5.179', '50')
    """
    near = rounded(value, decimals, "half-up")
    units = abs(near) * 10**decimals
    whole, rest = divmod(int(units), 10**decimals)
    sign = "-" if near < 0 else ""
    return f"{sign}{whole}.{rest:0{decimals}}" if decimals else f"{sign}{whole}"


def plain_text(number: Fraction | int) -> str:
    """A number with the decimals it has; as a fraction where they don't end.

    >>> plain_text(Fraction("16.750")), plain_text(Fraction(1, 3))
    ('16.75', '1/3')
    """
    try:
        return decimal_text(Fraction(number))
    except ValueError:
        return str(number)


def text_beside(value: Fraction, printed: Printed) -> str:
    """A value to one decimal more than is printed, or to as many as show that it isn't the printed number.

    >>> text_beside(Fraction(16, 33) * 100, Printed("50")), text_beside(Fraction("49.499"), Printed("50"))
    ('48.5', '49.499')
    """
    for decimals in range(printed.decimals + 1, printed.decimals + MORE_DECIMALS):
        text = decimals_of(value, decimals)
        if printed.contains(value) == printed.contains(Fraction(text)):
            break
    return text


def listed(texts: Iterable[str], most: int = 6) -> str:
    """Texts in a sentence, no more than so many of them.

    >>> listed(["a", "b", "c"]), listed("abcdefg", 3)
    ('a, b and c', 'a, b, c and 4 more')
    """
    given = list(texts)
    shown = [*given[:most], f"{len(given) - most} more"] if len(given) > most else given
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""
