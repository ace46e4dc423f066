"""A printed number: its text, the closed interval it stands for, and the roundings that print it.

A printed number stands for half a unit of its last place on either side. All arithmetic is exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor, isfinite, isqrt

ROUNDINGS = ("half-up", "half-even", "half-down", "truncate")
LONGEST = 30
HALF = Fraction(1, 2)

NUMBER_RULE = 'a printed number is digits with at most one point, such as "5.10"'
RATIO_RULE = 'a printed ratio is two numbers and a colon, the second above nought, such as "1:5"'

_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+")
_RELATION = re.compile(r"(<=|>=|<|>|=|≤|≥)?\s*(.*)", re.DOTALL)
_SIGNS = {"": "=", "≤": "<=", "≥": ">="}


@dataclass(frozen=True)
class Printed:
    """A number as printed: "16.7", an inequality "<0.05" or "<=2", or a ratio "1:5".

    `low` and `high` bound what it stands for (None: no bound), `low_strict` and `high_strict` say that a
    bound itself is left out. Raises ValueError with the rule the text breaks.

    A ratio with a part of 1 is taken per one of that part, so only the other part was rounded: 4:19 and
    4:20 print 1:5. Otherwise either part may have been rounded.

    >>> Printed("5.10").interval == (Fraction("5.095"), Fraction("5.105"))
    True
    >>> Printed("<0.05").contains(Fraction("0.05")), Printed("1:5").contains(Fraction(4, 20))
    (False, True)
    """

    text: str
    relation: str = field(init=False, repr=False, compare=False)
    decimals: int = field(init=False, repr=False, compare=False)
    value: Fraction = field(init=False, repr=False, compare=False)
    is_ratio: bool = field(init=False, repr=False, compare=False)
    low: Fraction | None = field(init=False, repr=False, compare=False)
    high: Fraction | None = field(init=False, repr=False, compare=False)
    low_strict: bool = field(init=False, repr=False, compare=False)
    high_strict: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        relation, body = split_relation(self.text)
        is_ratio = ":" in body
        if is_ratio and relation != "=":
            raise ValueError(RATIO_RULE)
        parts = _colon_parts(body, RATIO_RULE if is_ratio else NUMBER_RULE)
        value, low, high = _ratio_ends(parts) if is_ratio else _number_ends(parts[0], relation)
        self._set_fields(
            relation=relation,
            decimals=max(decimals for _, decimals in parts),
            value=value,
            is_ratio=is_ratio,
            low=low,
            high=high,
            low_strict=relation == ">",
            high_strict=relation == "<",
        )

    def _set_fields(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __str__(self) -> str:
        return self.text

    @property
    def interval(self) -> tuple[Fraction | None, Fraction | None]:
        """The bounds (low, high) of what the text stands for."""
        return self.low, self.high

    @property
    def truncated(self) -> tuple[Fraction, Fraction] | None:
        """The closed hull [low, high] of the values that truncation prints as this text; None unless "=".

        The end away from nought is itself printed as the next number. A ratio has none either.
        """
        if self.relation != "=" or self.is_ratio:
            return None
        unit = Fraction(1, 10**self.decimals)
        if self.value == 0:
            return -unit, unit
        return (self.value, self.value + unit) if self.value > 0 else (self.value - unit, self.value)

    def contains(self, x: Fraction | int | float) -> bool:
        """Whether x lies in what the text stands for."""
        if isinstance(x, float) and not isfinite(x):
            return False
        x = Fraction(x)
        above = self.low is None or x > self.low or (x == self.low and not self.low_strict)
        below = self.high is None or x < self.high or (x == self.high and not self.high_strict)
        return above and below

    def rounding(self, x: Fraction | int | float) -> tuple[str, ...]:
        """The roundings of `ROUNDINGS` that print exactly this text from x.

        For an inequality all of them where x satisfies it, else none.

        >>> Printed("16.7").rounding(Fraction("16.75"))
        ('half-down', 'truncate')
        """
        if isinstance(x, float) and not isfinite(x):
            return ()
        if self.relation != "=":
            return ROUNDINGS if self.contains(x) else ()
        return tuple(how for how in ROUNDINGS if self._is_printed_by(Fraction(x), how))

    def _is_printed_by(self, x: Fraction, how: str) -> bool:
        if not self.is_ratio:
            return rounded(x, self.decimals, how) == self.value
        (a, a_decimals), (b, b_decimals) = _colon_parts(split_relation(self.text)[1], RATIO_RULE)
        first = rounded(x * b, a_decimals, how) == a
        second = x != 0 and rounded(a / x, b_decimals, how) == b
        if (a == 1) == (b == 1):
            return first and second if a == 1 else first or second
        return second if a == 1 else first


_MENDS = (
    (re.compile(r"\s*"), "write what is printed, or drop the row"),
    (
        re.compile(r"[^0-9]*[0-9]{1,3}([,' \u00a0\u2009\u202f][0-9]{3})+(\.[0-9]+)?"),
        "leave out the thousands separators",
    ),
    (re.compile(r"[<>=≤≥\s]*[\u2010-\u2015\u2212\ufe63\uff0d][0-9.]+"), "write the minus as a hyphen (-)"),
    (re.compile(r"[Pp]\s*[<>=≤≥].*"), "leave off the P"),
    (
        re.compile(
            r"(?i)\s*(≈|≅|~|～|∼|ca\.|c\.|circa|about|around|approx\S*|roughly|some|nearly|almost)\s*[0-9.]+\s*%?"
        ),
        'give it two rows, one ">=" the least and one "<=" the greatest that you take it for',
    ),
    (
        re.compile(r"(?i)[a-z\s-]*\b(half|thirds?|quarters?|fifths?|majority|most|all)\b.*"),
        'give a percent two rows, such as ">=45" and "<=55", or make it stated',
    ),
    (re.compile(r"[0-9]+\s*(/|of|out of)\s*[0-9]+"), "give the count and the n a row each"),
    (re.compile(r"[0-9.]+\s*\(\s*[0-9.]+\s*%?\s*\)"), "give each of the two numbers a row"),
    (re.compile(r".*%"), "leave off the percent sign"),
    (re.compile(r".*±.*"), "give the mean and the SD a row each"),
    (re.compile(r"-?[0-9.]+\s*[-\u2010-\u2015~～]\s*[0-9.]+"), "give each end of the range a row, as min and max"),
    (re.compile(r"[^,]*[0-9]\s*,\s*[0-9]+"), "replace the comma by a point"),
    (re.compile(r"[-+]?[0-9.]+[eE][-+]?[0-9]+"), "write it without a power of ten"),
    (
        re.compile(r"(?i)[-+]?(nan|na|n/a|none|null|inf|infinity|-+|ns|n\.s\.)"),
        "drop the row where no number is printed",
    ),
    (re.compile(r"\+[0-9.]+"), "leave off the plus"),
    (re.compile(r"[0-9]+\."), "drop the point, or write the digits after it"),
    (re.compile(r"[-<>=≤≥\s]*[0-9]*\.?[0-9]+"), "write fewer digits"),
)


def remedy_for(text: str) -> str:
    """What to do about a text that is no printed number.

    >>> remedy_for("5,10"), remedy_for("1,234.5"), remedy_for("\u22121.2"), remedy_for("５"), remedy_for("12 mg")
    ('replace the comma by a point', 'leave out the thousands separators', 'write the minus as a hyphen (-)', \
'write the digits as 0 to 9 and the signs as < > = : - .', 'write the number alone, such as "5.10"')
    """
    text = text[:200]
    for pattern, remedy in _MENDS:
        if pattern.fullmatch(text):
            return remedy
    if any(ord(sign) > 126 and (sign.isdigit() or sign in "＜＞＝：．，﹣－") for sign in text):
        return "write the digits as 0 to 9 and the signs as < > = : - ."
    return 'write the number alone, such as "5.10"'


def split_relation(text: str) -> tuple[str, str]:
    """A printed text's relation ("=" where none is written) and the rest, stripped."""
    match = _RELATION.fullmatch(text.strip())
    sign, body = (match[1] or "", match[2]) if match else ("", text)
    return _SIGNS.get(sign, sign), body


def _colon_parts(body: str, rule: str) -> list[tuple[Fraction, int]]:
    """The value and the decimals of each number between colons."""
    return [_plain_part(part, rule) for part in body.split(":")]


def _plain_part(text: str, rule: str) -> tuple[Fraction, int]:
    """The value and the decimals of plain digits."""
    text = text.strip()
    if len(text) > LONGEST or not _NUMBER.fullmatch(text):
        raise ValueError(rule)
    return Fraction(text), len(text.partition(".")[2])


def _number_ends(part: tuple[Fraction, int], relation: str) -> tuple[Fraction, Fraction | None, Fraction | None]:
    """The value, low and high of a number with a relation."""
    value, decimals = part
    half = Fraction(1, 2 * 10**decimals)
    low = value - half if relation == "=" else value if relation in (">", ">=") else None
    high = value + half if relation == "=" else value if relation in ("<", "<=") else None
    return value, low, high


def _ratio_ends(parts: list[tuple[Fraction, int]]) -> tuple[Fraction, Fraction, Fraction]:
    """The value, low and high of a ratio; a part of 1 is exact beside any other part."""
    if len(parts) != 2 or parts[0][0] < 0 or parts[1][0] <= 0:
        raise ValueError(RATIO_RULE)
    (a, a_decimals), (b, b_decimals) = parts
    a_half, b_half = Fraction(1, 2 * 10**a_decimals), Fraction(1, 2 * 10**b_decimals)
    if a == b == 1:
        return Fraction(1), min(1 / (1 + a_half), 1 / (1 + b_half)), max(1 + a_half, 1 + b_half)
    a_half, b_half = a_half * (a != 1), b_half * (b != 1)
    return a / b, max(a - a_half, Fraction(0)) / (b + b_half), (a + a_half) / (b - b_half)


def rounded(x: Fraction, decimals: int, how: str) -> Fraction:
    """x at so many decimals by a rounding of `ROUNDINGS`, symmetrical about nought.

    >>> [str(rounded(Fraction("-2.5"), 0, how)) for how in ROUNDINGS]
    ['-3', '-2', '-2', '-2']
    """
    units = abs(x) * 10**decimals
    whole = floor(units)
    rest = units - whole
    up = {
        "half-up": rest >= HALF,
        "half-even": rest > HALF or (rest == HALF and whole % 2 == 1),
        "half-down": rest > HALF,
        "truncate": False,
    }[how]
    return Fraction(whole + up, 10**decimals) * (-1 if x < 0 else 1)


def root(square: Fraction, places: int = 40) -> Fraction:
    """The square root, or where it is irrational a number on the same side of every decimal as the root.

    Decimals of fewer than `places` places are meant, so comparing a printed number with this is the same as
    comparing the squares, and needs no floats. Raises ValueError below nought.

    >>> root(Fraction(9, 4)), Fraction("1.4142") < root(Fraction(2)) < Fraction("1.4143")
    (Fraction(3, 2), True)
    """
    numerator, denominator = isqrt(square.numerator), isqrt(square.denominator)
    if Fraction(numerator, denominator) ** 2 == square:
        return Fraction(numerator, denominator)
    below = isqrt(floor(square * 10 ** (2 * places)))
    return Fraction(2 * below + 1, 2 * 10**places)
