"""A cohort's tables, read from CSV files, one workbook or SAS transport files, and validated all at once.

Nothing of a cohort is used before everything in it has been looked at: every fault of every file is raised
together as `recount.record.faults.Faults`. What comes back is typed, in the standard units and free of surprises.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import openpyxl  # type: ignore[import-untyped]
import pandas as pd

from cytopenia.schemas import (
    ADAM,
    REQUIRED,
    SDTM,
    cell_text,
    columns,
    lab_tests,
    plain_unit,
    table_faults,
    typed,
)
from recount.record import Fault, Faults

LARGEST = 200_000_000
"""Bytes in a file, unpacked, above which it isn't read."""

SUFFIXES = (".csv", ".xlsx", ".xpt")
CYTOPENIAS = ("sITP", "AIHA", "IRP", "EVANS")
PRIOR = ("GLUCOCORTICOID", "IVIG", "IMMUNOSUPPRESSANT", "TPO-RA", "SPLENECTOMY", "OTHER")
COOMBS = ("NEGATIVE", "DECREASED", "UNCHANGED", "POSITIVE")
PERIODS = {table: (f"{table}STDY", f"{table}ENDY") for table in ("CM", "EX", "AE", "CE")}
"""The columns of a period's first and last day."""


@dataclass(frozen=True)
class Sheet:
    """One table as it came: its name, the file's label for faults, and its text indexed by the file's row."""

    table: str
    file: str
    text: pd.DataFrame


Tables = dict[str, pd.DataFrame]
Row = tuple[int, list[str | None]]


def read_cohort(source: str | Path) -> Tables:
    """The tables of a cohort by name, in the order of `SDTM`; those that did not come are absent.

    `source` is a folder of CSV files (DM.csv, LB.csv, ...), of transport files (dm.xpt, ...) or with one
    workbook in it, or that workbook itself. Numbers are float64, study days Int64, the rest text; blanks are
    missing; LB is in the units of `lab_tests`. Raises Faults with everything that is wrong.
    """
    return _read(Path(source), SDTM, REQUIRED, _cohort_faults)


def read_adam(folder: str | Path) -> Tables:
    """The derived tables in a folder by name, typed as `read_cohort` does it; raises Faults.

    ADSL's variables beside its fixed columns are numbers where every filled cell is one.
    """
    tables = _read(Path(folder), ADAM, ("ADSL",), lambda sheets: [])
    fixed = {column.name for column in columns("ADSL")}
    adsl = tables["ADSL"]
    free = [name for name in adsl.columns if name not in fixed]
    return tables | {"ADSL": adsl.assign(**{name: _number_if_all(adsl[name]) for name in free})}


def _number_if_all(cells: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers if numbers.notna().equals(cells.notna()) and cells.notna().any() else cells


def _read(
    source: Path,
    names: tuple[str, ...],
    required: tuple[str, ...],
    crossed: Callable[[Mapping[str, Sheet]], Iterable[Fault]],
) -> Tables:
    faults: list[Fault] = []
    found = _sheets(source, names, faults)
    for table in required:
        if table not in found and not any(fault.file.upper().startswith(table) for fault in faults):
            faults.append(Fault(table, None, None, f"{table} is required", "no such table", "add the table"))
    sheets = {table: sheet for table, sheet in found.items() if sheet is not None}
    for sheet in sheets.values():
        faults += table_faults(sheet.table, sheet.text, sheet.file)
    faults += crossed(sheets)
    if faults:
        raise Faults(dict.fromkeys(faults))
    return {name: _standard(typed(name, sheets[name].text), name) for name in names if name in sheets}


# Files -------------------------------------------------------------------------------------------


def _sheets(source: Path, names: tuple[str, ...], faults: list[Fault]) -> dict[str, Sheet | None]:
    """Every table found, None where its file can't be read (the faults then say why)."""
    found: dict[str, Sheet | None] = {}
    for path in _files(source, names, faults):
        for table, label, rows in _contents(path, names, faults):
            if table in found:
                _note(faults, label, f"{table} comes once", "a second one", "keep one of the two")
            else:
                found[table] = _sheet(table, label, rows, faults)
    return found


def _note(faults: list[Fault], file: str, rule: str, got: str, remedy: str, row: int | None = None) -> None:
    faults.append(Fault(file, row, None, rule, got, remedy))


def _files(source: Path, names: tuple[str, ...], faults: list[Fault]) -> list[Path]:
    """The files to read: plain ones that are not too large, of a table or a workbook."""
    if source.is_symlink() or not source.exists():
        got = "a symbolic link" if source.is_symlink() else "nothing there"
        _note(faults, source.name, "a cohort is a folder or a workbook", got, "put the files there")
        return []
    inside = sorted(source.iterdir()) if source.is_dir() else [source]
    wanted = [path for path in inside if _is_wanted(path, names)]
    return [path for path in wanted if _is_plain(path, faults)]


def _is_wanted(path: Path, names: tuple[str, ...]) -> bool:
    suffix = path.suffix.lower()
    is_workbook = suffix == ".xlsx" and not path.name.startswith(("~$", "."))
    return is_workbook or (suffix in SUFFIXES and path.stem.upper() in names)


def _is_plain(path: Path, faults: list[Fault]) -> bool:
    rule = f"a table is a plain file of 1 to {LARGEST} bytes"
    if path.is_symlink():
        _note(faults, path.name, rule, "a symbolic link", "copy the file itself")
    elif not path.is_file():
        _note(faults, path.name, rule, "no plain file", "put the file there")
    elif not 0 < path.stat().st_size <= LARGEST:
        _note(faults, path.name, rule, f"{path.stat().st_size} bytes", "export the table again")
    else:
        return True
    return False


def _contents(path: Path, names: tuple[str, ...], faults: list[Fault]) -> Iterator[tuple[str, str, list[Row] | None]]:
    """Each table in a file: its name, its label, and its rows with their numbers, None where unreadable."""
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        yield from _workbook(path, names, faults)
    else:
        reader = _csv_rows if suffix == ".csv" else _transport_rows
        yield path.stem.upper(), path.name, reader(path, faults)


def _csv_rows(path: Path, faults: list[Fault]) -> list[Row] | None:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        got = f"byte 0x{content[error.start]:02x}"
        _note(faults, path.name, "a CSV file is UTF-8 text", got, "save it as CSV UTF-8", row)
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, list(cells)) for cells in reader]
    except csv.Error as error:
        remedy = "close each quote and double a quote inside one"
        _note(faults, path.name, "a CSV row is fields between commas", str(error), remedy, reader.line_num)
        return None


def _transport_rows(path: Path, faults: list[Fault]) -> list[Row] | None:
    try:
        frame = pd.read_sas(path, format="xport", encoding="utf-8")
    except (ValueError, KeyError, OverflowError, IndexError) as error:
        rule = "a transport file is SAS XPORT version 5 in UTF-8"
        _note(faults, path.name, rule, str(error), "export the table again")
        return None
    cells = frame.map(lambda cell: cell_text(cell if cell != "" else None))
    return [(1, list(frame.columns)), *((row, list(c)) for row, c in enumerate(cells.to_numpy(), start=2))]


def _workbook(path: Path, names: tuple[str, ...], faults: list[Fault]) -> Iterator[tuple[str, str, list[Row] | None]]:
    rule = f"a workbook is an .xlsx file of at most {LARGEST} bytes unpacked"
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > LARGEST:
            _note(faults, path.name, rule, f"{unpacked} bytes", "send CSV files instead")
            return
        book = openpyxl.load_workbook(path, read_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        _note(faults, path.name, rule, str(error), "save it as .xlsx again")
        return
    for sheet in book.worksheets:
        if sheet.title.strip().upper() in names:
            label = f"{path.name} sheet {sheet.title}"
            values = enumerate(sheet.iter_rows(values_only=True), start=1)
            rows = [(row, [_cell(value) for value in cells]) for row, cells in values]
            yield sheet.title.strip().upper(), label, _without_formulas(rows, label, faults)
    book.close()


def _cell(value: object) -> str | None:
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else cell_text(value)


def _without_formulas(rows: list[Row], label: str, faults: list[Fault]) -> list[Row]:
    for row, cells in rows:
        for cell in cells:
            if cell is not None and cell.startswith("="):
                _note(faults, label, "a cell holds a value, no formula", cell, "paste the values", row)
    return rows


def _sheet(table: str, file: str, rows: list[Row] | None, faults: list[Fault]) -> Sheet | None:
    """The table of the rows, the first being its header; None with faults where they make no table."""
    if rows is None:
        return None
    filled = [(row, [_blank_out(cell) for cell in cells]) for row, cells in rows]
    filled = [(row, cells) for row, cells in filled if any(cells)]
    if not filled:
        _note(faults, file, "a table has a header", "an empty table", "write the columns' names on top")
        return None
    header = _header(table, file, filled[0], faults)
    if header is None:
        return None
    body = [(row, _fitted(cells, len(header))) for row, cells in filled[1:]]
    for row, cells in body:
        if len(cells) != len(header):
            got = f"{len(cells)} fields"
            _note(faults, file, f"a row has the header's {len(header)} fields", got, "quote commas", row)
    even = [(row, cells) for row, cells in body if len(cells) == len(header)]
    frame = pd.DataFrame([c for _, c in even], columns=header, index=[row for row, _ in even], dtype=object)
    return Sheet(table, file, frame)


def _blank_out(cell: str | None) -> str | None:
    return (cell or "").strip() or None


def _fitted(cells: list[str | None], width: int) -> list[str | None]:
    """The cells without blank ones beyond the header's width."""
    return cells[:width] if not any(cells[width:]) else cells


def _header(table: str, file: str, first: Row, faults: list[Fault]) -> list[str] | None:
    """The columns' names, known ones in capitals; None with faults where they can't serve."""
    row, cells = first
    while cells and cells[-1] is None:
        cells = cells[:-1]
    known = {column.name for column in columns(table)}
    header = [(cell.upper() if cell.upper() in known else cell) if cell else "" for cell in cells]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
        _note(faults, file, "a CSV file's fields stand between commas", header[0], "save it with commas", row)
    elif "" in header or doubled:
        got = ", ".join(doubled) or "a column without a name"
        _note(faults, file, "each column has a name of its own", got, "name the columns apart", row)
    else:
        return header
    return None


# Faults across rows and tables -------------------------------------------------------------------


def _cohort_faults(sheets: Mapping[str, Sheet]) -> list[Fault]:
    """The faults that no single cell shows; a check whose columns did not come finds nothing."""
    return [fault for check in CHECKS for fault in check(sheets)]


def _flag(sheet: Sheet, broken: pd.Series, column: str, rule: str, remedy: str) -> Iterator[Fault]:
    """A fault for each row of the sheet where `broken` is true."""
    for row, got in sheet.text.loc[broken.to_numpy(dtype=bool), column].items():
        yield Fault(sheet.file, int(str(row)), column, rule, got or "", remedy)


def _cells(sheet: Sheet, column: str) -> pd.Series:
    """A column's text with blanks as empty text; all empty where the column did not come."""
    return sheet.text.reindex(columns=[column])[column].fillna("").astype(str)


def _numbers(sheet: Sheet, column: str) -> pd.Series:
    return pd.to_numeric(_cells(sheet, column), errors="coerce").replace([np.inf, -np.inf], np.nan)


def _patients(sheets: Mapping[str, Sheet]) -> Iterator[Fault]:
    """Patients doubled in DM, and rows elsewhere of patients whom DM doesn't have."""
    if "DM" not in sheets or "USUBJID" not in sheets["DM"].text:
        return
    dm = sheets["DM"]
    patients = dm.text["USUBJID"]
    if not len(patients):
        yield Fault(dm.file, 1, None, "a cohort has at least one patient", "no rows", "add a row a patient")
    doubled = patients.notna() & patients.duplicated()
    yield from _flag(dm, doubled, "USUBJID", "a patient has one row in DM", "drop the second row")
    for sheet in sheets.values():
        if "USUBJID" in sheet.text:
            ids = sheet.text["USUBJID"]
            strange = ids.notna() & ~ids.isin(patients)
            remedy = "add it or correct the code"
            yield from _flag(sheet, strange, "USUBJID", "a patient has a row in DM", remedy)


def _periods(sheets: Mapping[str, Sheet]) -> Iterator[Fault]:
    """Ends before their beginnings."""
    for table, (start, end) in PERIODS.items():
        if table in sheets and end in sheets[table].text:
            backwards = _numbers(sheets[table], end) < _numbers(sheets[table], start)
            rule = f"{end} is not before {start}"
            yield from _flag(sheets[table], backwards, end, rule, "compare with the source and correct one")


def _history(sheets: Mapping[str, Sheet]) -> Iterator[Fault]:
    """Unknown cytopenias, and patients with two cytopenias or two connective tissue diseases."""
    if "MH" not in sheets or not {"USUBJID", "MHCAT", "MHDECOD"} <= set(sheets["MH"].text):
        return
    mh = sheets["MH"]
    category, decoded = _cells(mh, "MHCAT"), _cells(mh, "MHDECOD")
    strange = (category == "CYTOPENIA") & (decoded != "") & ~decoded.isin(CYTOPENIAS)
    rule = f"MHDECOD of a CYTOPENIA is one of {' | '.join(CYTOPENIAS)}"
    yield from _flag(mh, strange, "MHDECOD", rule, "write one of these, spelt the same")
    single = category.isin(["CYTOPENIA", "CONNECTIVE TISSUE DISEASE"])
    again = single & mh.text.duplicated(["USUBJID", "MHCAT"])
    yield from _flag(mh, again, "MHCAT", "a patient has one row of this category", "keep the leading one")


def _prior(sheets: Mapping[str, Sheet]) -> Iterator[Fault]:
    """Prior treatments of no known kind."""
    if "CM" in sheets and "CMDECOD" in sheets["CM"].text:
        decoded = _cells(sheets["CM"], "CMDECOD")
        prior = _cells(sheets["CM"], "CMCAT") == "PRIOR TREATMENT"
        rule = f"CMDECOD of a PRIOR TREATMENT is one of {' | '.join(PRIOR)}"
        strange = prior & (decoded != "") & ~decoded.isin(PRIOR)
        yield from _flag(sheets["CM"], strange, "CMDECOD", rule, "write one of these, spelt the same")


def _laboratory(sheets: Mapping[str, Sheet]) -> Iterator[Fault]:
    """Units that are unknown, values that are impossible, results that came as text only."""
    if "LB" not in sheets or "LBTESTCD" not in sheets["LB"].text:
        return
    lb = sheets["LB"]
    for code, test in lab_tests().items():
        rows = _cells(lb, "LBTESTCD") == code
        if test.unit and rows.any():
            yield from _quantity(lb, rows, code)
    results = _cells(lb, "LBSTRESC")
    strange = (_cells(lb, "LBTESTCD") == "COOMBS") & (results != "") & ~results.isin(COOMBS)
    rule = f"LBSTRESC of COOMBS is one of {' | '.join(COOMBS)}"
    if "LBSTRESC" in lb.text:
        yield from _flag(lb, strange, "LBSTRESC", rule, "write one of these, spelt the same")


def _quantity(lb: Sheet, rows: pd.Series, code: str) -> Iterator[Fault]:
    test, values, units = lab_tests()[code], _numbers(lb, "LBSTRESN"), _cells(lb, "LBSTRESU")
    if not {"LBSTRESN", "LBSTRESU"} <= set(lb.text):
        return
    factor = units.map(plain_unit).map(dict(test.factors))
    known = " | ".join(test.factors)
    rule = f"the unit of {code} is {test.unit} or one of {known}, in any case"
    strange = rows & values.notna() & factor.isna()
    yield from _flag(lb, strange, "LBSTRESU", rule, "convert the value or correct the unit")
    converted = values * factor
    impossible = rows & ((converted < test.low) | (converted > test.high))
    rule = f"{code} is from {test.low:g} to {test.high:g} {test.unit}"
    yield from _flag(lb, impossible, "LBSTRESN", rule, "compare value and unit with the source")
    if "LBSTRESC" in lb.text:
        lost = rows & (_cells(lb, "LBSTRESN") == "") & _numbers(lb, "LBSTRESC").notna()
        yield from _flag(lb, lost, "LBSTRESC", "a number stands in LBSTRESN as well", "copy it to LBSTRESN")


CHECKS: tuple[Callable[[Mapping[str, Sheet]], Iterator[Fault]], ...] = (
    _patients,
    _periods,
    _history,
    _prior,
    _laboratory,
)


# Standard units ----------------------------------------------------------------------------------


def _standard(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    return in_standard_units(frame) if table == "LB" else frame


def in_standard_units(lb: pd.DataFrame) -> pd.DataFrame:
    """LB with LBSTRESN and LBSTRESU in the units of `lab_tests`; other tests and units stay as they are.

    A converted value is rounded to 6 decimals; its LBSTRESC becomes the converted number.
    """
    tests = lab_tests()
    pairs = zip(lb["LBTESTCD"], lb["LBSTRESU"], strict=True)
    factor = pd.Series(
        [tests[code].factors.get(plain_unit(unit or "")) if code in tests else None for code, unit in pairs],
        index=lb.index,
        dtype="float64",
    )
    unit = lb["LBTESTCD"].map({code: test.unit for code, test in tests.items()})
    changed = factor.notna() & (factor != 1) & lb["LBSTRESN"].notna()
    value = (lb["LBSTRESN"] * factor).round(6).where(changed, lb["LBSTRESN"])
    return lb.assign(
        LBSTRESN=value,
        LBSTRESU=unit.where(factor.notna(), lb["LBSTRESU"]),
        LBSTRESC=value.map(cell_text).where(changed, lb["LBSTRESC"]),
    )
