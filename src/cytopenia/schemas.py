"""What each table holds: one pandera schema a table, the laboratory tests with their units, and the calendar.

The columns stand in `columns.csv` and the tests in `lab_tests.csv`, beside this file; the schemas, the
faults and the template cohort's README all come from there. A table is validated as text, as it came, so that
a fault can show what was written; `typed` turns a valid table into numbers, days and texts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from recount.record import Fault

# Calendar ----------------------------------------------------------------------------------------

DAYS_A_MONTH = 30.4375
START_ORIGIN = (2021, 1)
"""Year and month that the unit of START, months since the enrolment opened, counts from."""


def day_of_month(month: int) -> int:
    """The study day of a month: 30.4375 days a month, rounded (a half to the even day).

    >>> [day_of_month(k) for k in (1, 2, 3, 11)]
    [30, 61, 91, 335]
    """
    return round(DAYS_A_MONTH * month)


def months_between(days: pd.Series) -> pd.Series:
    """Whole months, Int64, in a number of days; the inverse of `day_of_month` and of differences of it."""
    return (days.astype("Float64") / DAYS_A_MONTH).round().astype("Int64")


def start_months(dates: pd.Series) -> pd.Series:
    """Whole months, Int64, from January 2021 to an ISO 8601 date with at least year and month.

    >>> start_months(pd.Series(["2021-01-31", "2024-11", None])).tolist()
    [0, 46, <NA>]
    """
    parts = dates.astype("string").str.extract(r"^(\d{4})-(\d{2})").astype("Int64")
    year, month = START_ORIGIN
    return (parts[0] - year) * 12 + parts[1] - month


_DURATION = re.compile(r"P(?=\d)(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?")
_MONTHS_A_PART = (12.0, 1.0, 7 / DAYS_A_MONTH, 1 / DAYS_A_MONTH)


def months_of(duration: str) -> float | None:
    """The months in an ISO 8601 duration of years, months, weeks and days; None where it is none.

    >>> months_of("P2.5M"), months_of("P1Y6M"), months_of("2 years")
    (2.5, 18.0, None)
    """
    match = _DURATION.fullmatch(duration)
    if not match or any(part and not _NUMBER.fullmatch(part) for part in match.groups()):
        return None
    parts = zip(match.groups(), _MONTHS_A_PART, strict=True)
    return round(sum(float(part) * size for part, size in parts if part), 6)


EARLY_VISITS = ((2, 11, 8), (12, 18, 15), (19, 23, 22))
"""First day, last day and planned day of the analysis visits before month 1."""


def visits_of(days: pd.Series) -> pd.DataFrame:
    """The analysis visit of each study day: AVISIT, its name, and AVISITN, its planned study day.

    Up to day 1: BASELINE, planned on day 1; then DAY 8, DAY 15, DAY 22 by the nearest, and from day 24 on the
    nearest MONTH k.
    """
    day = days.astype("float64")
    month = months_between(day).astype("float64").clip(lower=1)
    planned = month.map({k: day_of_month(int(k)) for k in month.dropna().unique()}).astype("float64")
    name = "MONTH " + month.astype("Int64").astype("string")
    for first, last, middle in EARLY_VISITS:
        inside = day.between(first, last)
        planned, name = planned.mask(inside, middle), name.mask(inside, f"DAY {middle}")
    planned, name = planned.mask(day <= 1, 1), name.mask(day <= 1, "BASELINE")
    return pd.DataFrame({"AVISIT": name.astype(object), "AVISITN": planned})


# Columns -----------------------------------------------------------------------------------------

SDTM = ("DM", "MH", "CM", "EX", "LB", "AE", "CE", "RS", "DS")
ADAM = ("ADSL", "ADLB", "ADRS", "ADTTE", "ADAE")
REQUIRED = ("DM", "LB")


@dataclass(frozen=True)
class Column:
    """One column of a table; a row of `columns.csv`.

    `kind` is text, number, day, date or duration; `need` is filled (every row), present (the column, blanks
    allowed) or optional; `terms` are the only values allowed, empty for any; `low` and `high` bound a number.
    """

    table: str
    name: str
    kind: str
    need: str
    low: float
    high: float
    terms: tuple[str, ...]
    description: str


@cache
def packaged(name: str) -> pd.DataFrame:
    """A CSV file beside this module, all text, blanks empty."""
    return pd.read_csv(Path(__file__).with_name(name), dtype=str, keep_default_na=False)


def packaged_rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file beside this module, all text, blanks empty."""
    return [{str(key): str(cell) for key, cell in row.items()} for row in packaged(name).to_dict("records")]


@cache
def columns(table: str) -> tuple[Column, ...]:
    """The columns of a table of `SDTM` or `ADAM`, in their order."""
    return tuple(_column(row) for row in packaged_rows("columns.csv") if row["table"] == table)


def _column(row: Mapping[str, str]) -> Column:
    low, high = _bound(row["low"], -math.inf), _bound(row["high"], math.inf)
    terms = tuple(filter(None, row["terms"].split("|")))
    return Column(row["table"], row["column"], row["kind"], row["need"], low, high, terms, row["description"])


def _bound(text: str, default: float) -> float:
    return float(text) if text else default


# Rules of cells ----------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?", re.ASCII)


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _is_day(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,6}", text, re.ASCII)) and int(text) != 0


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if not match:
        return False
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


@dataclass(frozen=True)
class CellRule:
    """A rule of one cell: its wording, the remedy, and whether a text keeps it."""

    rule: str
    remedy: str
    holds: Callable[[str], bool]

    def hold(self, cells: pd.Series) -> pd.Series:
        """Whether each filled cell keeps the rule; a text that stands often is asked once."""
        return cells.map({text: self.holds(text) for text in cells.unique()}).astype(bool)


KINDS: Mapping[str, CellRule] = MappingProxyType(
    {
        "number": CellRule(
            'a number is digits with at most one point, such as "5.1"',
            "write a number or leave blank",
            _is_number,
        ),
        "day": CellRule(
            "a study day is a whole number: 1 the day of the first dose, -1 the day before, and no day 0",
            "count the days from the first dose",
            _is_day,
        ),
        "date": CellRule(
            "a date is ISO 8601, such as 2023-04-17 or 2023-04, and exists", "write year-month-day", _is_date
        ),
        "duration": CellRule(
            "a duration is ISO 8601 in years, months, weeks or days, such as P2.5M or P1Y6M",
            "write P, the number and the unit",
            lambda text: months_of(text) is not None,
        ),
    }
)


def _range_rule(column: Column) -> CellRule:
    def within(text: str) -> bool:
        return not _is_number(text) or column.low <= float(text) <= column.high

    bounds = {True: f"at least {column.low:g}", False: f"from {column.low:g} to {column.high:g}"}
    rule = f"{column.name} is {bounds[column.high == math.inf]}"
    return CellRule(rule, "compare with the source and correct it or leave blank", within)


def _terms_rule(column: Column) -> CellRule:
    rule = f"{column.name} is one of {' | '.join(column.terms)}"
    return CellRule(rule, "write one of these, spelt the same", lambda text: text in column.terms)


def cell_rules(column: Column) -> tuple[CellRule, ...]:
    """The rules that a filled cell of the column keeps."""
    rules = [KINDS[column.kind]] if column.kind in KINDS else []
    if column.kind == "number" and column.low > -math.inf:
        rules.append(_range_rule(column))
    if column.terms:
        rules.append(_terms_rule(column))
    return tuple(rules)


# Schemas -----------------------------------------------------------------------------------------


@cache
def schema(table: str) -> pa.DataFrameSchema:
    """The pandera schema of a table as text: blanks missing, unknown columns kept."""
    return pa.DataFrameSchema({column.name: _pandera(column) for column in columns(table)}, name=table)


def _pandera(column: Column) -> pa.Column:
    checks = [pa.Check(rule.hold, error=rule.rule) for rule in cell_rules(column)]
    return pa.Column(checks=checks, nullable=column.need != "filled", required=column.need != "optional", coerce=False)


def table_faults(table: str, text: pd.DataFrame, file: str) -> list[Fault]:
    """Every fault of a table of text, whose index holds the row of the file, the header being row 1.

    Missing columns, blanks where a value is due and cells that break their rule; in the order of the rows.
    """
    try:
        schema(table).validate(text, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.to_dict("records")
        return sorted((_fault(table, case, file) for case in cases), key=_place)
    return []


def _place(fault: Fault) -> tuple[int, str]:
    return fault.row or 0, fault.column or ""


def _fault(table: str, case: Mapping[str, Any], file: str) -> Fault:
    check, got, row = str(case["check"]), case["failure_case"], case["index"]
    if check == "column_in_dataframe":
        rule = f"{table} has a column {got}"
        return Fault(file, 1, str(got), rule, "no such column", "add it to the header")
    column = str(case["column"])
    if check == "not_nullable":
        rule = f"every row of {table} has {column}"
        return Fault(file, int(row), column, rule, "", "fill it or drop the row")
    return Fault(file, int(row), column, check, str(got), _remedy(table, column, check, str(got)))


def _remedy(table: str, column: str, rule: str, got: str) -> str:
    if rule == KINDS["number"].rule and re.fullmatch(r"[+-]?\d+,\d+", got):
        return "replace the comma by a point"
    known = {c.name: c for c in columns(table)}
    return next(r.remedy for r in cell_rules(known[column]) if r.rule == rule)


# From text to values and back --------------------------------------------------------------------


def typed(table: str, text: pd.DataFrame) -> pd.DataFrame:
    """A valid table with its numbers as float64, its days as Int64 and the rest as text, blanks missing.

    Optional columns that did not come are added empty; unknown ones are kept as text, after the known.
    """
    known = {column.name: column for column in columns(table)}
    extra = [name for name in text.columns if name not in known]
    frame = text.reindex(columns=[*known, *extra]).reset_index(drop=True)
    return frame.assign(**{name: _values(frame[name], column.kind) for name, column in known.items()})


def _values(cells: pd.Series, kind: str) -> pd.Series:
    if kind == "number":
        return pd.to_numeric(cells).astype("float64")
    if kind == "day":
        return pd.to_numeric(cells).astype("Int64")
    return pd.Series([None if pd.isna(cell) else cell for cell in cells], index=cells.index, dtype=object)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of values as the text that is written: numbers at most 12 digits long, blanks missing."""
    return frame.astype(object).map(cell_text)


def cell_text(value: object) -> str | None:
    """One value as text: 12.0 is "12", 1.30 is "1.3"; None where it is missing.

    >>> cell_text(12.0), cell_text("NR"), cell_text(float("nan"))
    ('12', 'NR', None)
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return format(value, ".12g") if isinstance(value, float) else str(value)


# Laboratory tests --------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabTest:
    """One test: its code and name, the unit it is kept in, what is possible, and the units converted."""

    code: str
    name: str
    unit: str
    low: float
    high: float
    factors: Mapping[str, float]


@cache
def lab_tests() -> Mapping[str, LabTest]:
    """The known laboratory tests by their LBTESTCD, from `lab_tests.csv`."""
    return MappingProxyType({row["LBTESTCD"]: _lab_test(row) for row in packaged_rows("lab_tests.csv")})


def _lab_test(row: Mapping[str, str]) -> LabTest:
    low, high = _bound(row["low"], -math.inf), _bound(row["high"], math.inf)
    factors = MappingProxyType(_factors(row["unit"], row["accepted"].split("|")) if row["unit"] else {})
    return LabTest(row["LBTESTCD"], row["LBTEST"], row["unit"], low, high, factors)


def _factors(unit: str, accepted: Iterable[str]) -> dict[str, float]:
    pairs = (entry.rsplit(":", 1) for entry in accepted if entry)
    return {plain_unit(unit): 1.0} | {plain_unit(name): float(factor) for name, factor in pairs}


def plain_unit(unit: str) -> str:
    """A unit as it is compared: lower case, no blanks, u for micro, ordinary digits and signs.

    >>> plain_unit("×10⁹/L"), plain_unit("µmol/L")
    ('x10^9/l', 'umol/l')
    """
    return unit.replace(" ", "").translate(_PLAIN).lower()


_PLAIN = str.maketrans({"µ": "u", "μ": "u", "×": "x", "⁹": "^9", "³": "^3", "⁶": "^6"})


# In words ----------------------------------------------------------------------------------------

NEEDS = {
    "filled": "needed in every row",
    "present": "needed, cells may be blank",
    "optional": "may be left out",
}


def columns_in_words(table: str) -> str:
    """A table's columns as a Markdown table: name, kind, whether it is needed, allowed values, what it is."""
    lines = [(f"`{c.name}`", c.kind, NEEDS[c.need], ", ".join(c.terms), c.description) for c in columns(table)]
    return _markdown(("Column", "Kind", "Needed", "Allowed", "What it is"), lines)


def units_in_words() -> str:
    """The laboratory tests as a Markdown table: code, name, unit, units converted, possible range."""
    lines = [(f"`{t.code}`", t.name, t.unit, ", ".join(list(t.factors)[1:]), _range(t)) for t in lab_tests().values()]
    return _markdown(("LBTESTCD", "Test", "Unit", "Also accepted, in any case", "Possible"), lines)


def _range(test: LabTest) -> str:
    return f"{test.low:g} to {test.high:g}" if test.unit else ""


def _markdown(header: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = (header, ("---",) * len(header), *lines)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows) + "\n"
