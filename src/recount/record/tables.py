"""CSV files from strangers: cells as text, within limits, every fault noted and none raised.

A file is a plain file of UTF-8 text; links, pipes and devices are never opened.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import hashlib
import io
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from recount.record.faults import Fault, text_around

LARGEST_FILE = 5_000_000
LARGEST_LISTED = 50_000_000
LONGEST_CELL = 5_000
MOST_COLUMNS = 100
MOST_LISTED = 200
MOST_KEPT = 1_000
MOST_HINTS = 20
LONGEST_HINT = 40
SUMS = "SHA256SUMS"

SAVE = 'save the file as UTF-8 text (a spreadsheet calls it "CSV UTF-8")'
CONTROLS = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Signs that move a terminal's cursor or turn the order of reading; a tab and a line end are none."""


@dataclass(frozen=True)
class Schema:
    """What a CSV file holds: its columns, the ones it may lack, how many rows at most, and whether it must exist."""

    file: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()
    most_rows: int = 2_000
    required: bool = True


@dataclass
class Table:
    """A CSV file as text: rows as they stand, and the faults found so far. Unusable without its columns.

    Of the faults the first `MOST_KEPT` are kept, `unkept` counts the others; `spelt` counts the characters of
    expressions that have been read.
    """

    file: str
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    usable: bool = True
    unkept: int = 0
    hints: int = 0
    spelt: int = 0

    def note_fault(self, row: int | None, column: str | None, rule: str, got: str, remedy: str) -> None:
        """Notes one fault."""
        if len(self.faults) < MOST_KEPT:
            self.faults.append(Fault(self.file, row, column, rule, got, remedy))
        else:
            self.unkept += 1

    def unusable(self, row: int | None, rule: str, got: str, remedy: str) -> Table:
        """Itself, with a fault that leaves nothing to read."""
        self.note_fault(row, None, rule, got, remedy)
        self.usable = False
        return self

    def nearest(self, word: str, known: Iterable[str], alike: float = 0.6) -> str | None:
        """The known word that is most like this one, if any is; asked often, it no longer looks (it is slow)."""
        if not word or len(word) > LONGEST_HINT or self.hints >= MOST_HINTS:
            return None
        self.hints += 1
        short = [other for other in known if len(other) <= LONGEST_HINT][:500]
        cased = _differently_cased(word, short)
        near = [cased] if cased else difflib.get_close_matches(word, short, 1, alike)
        return near[0] if near else None


@dataclass(frozen=True)
class Row:
    """One record: its line in the file and its cells by column, stripped; `faulty` columns are not judged again."""

    table: Table
    line: int
    cells: dict[str, str]
    faulty: frozenset[str] = frozenset()

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def note_fault(self, column: str, rule: str, remedy: str, got: str | None = None) -> None:
        """Notes that a cell breaks a rule; what came is the cell, unless `got` says it better."""
        if column not in self.faulty:
            self.table.note_fault(self.line, column, rule, self[column] if got is None else got, remedy)

    def nearest(self, column: str, known: Iterable[str]) -> str | None:
        """The known word that is most like a cell, if any is."""
        return self.table.nearest(self[column], known)


# --- files ------------------------------------------------------------------------------------------------


def read_table(folder: Path, schema: Schema) -> Table:
    """A study's CSV file as a Table; one that is not there is a fault unless it is optional."""
    table = Table(schema.file)
    path = folder / schema.file
    if not os.path.lexists(path):
        if schema.required:
            return table.unusable(None, "a study has this file", "no such file", "add it, with its header row")
        return table
    try:
        text = file_text(path)
    except ValueError as error:
        rule, got, remedy = error.args
        return table.unusable(None, rule, got, remedy)
    return _filled_table(table, schema, text)


def file_text(path: Path) -> str:
    """A file's UTF-8 text. Raises ValueError(rule, got, remedy) for what is no plain file of such text."""
    data = _file_bytes(path, LARGEST_FILE)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("a file is UTF-8 text", "UTF-16", SAVE)
    if b"\0" in data:
        raise ValueError("a text has no NUL bytes", f"one in line {_line_number(data, data.index(0))}", SAVE)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = f"byte {data[error.start]:#04x} in line {_line_number(data, error.start)}"
        raise ValueError("a file is UTF-8 text", got, SAVE) from error


def _line_number(data: bytes, place: int) -> int:
    return data[:place].count(b"\n") + 1


def _file_bytes(path: Path, largest: int) -> bytes:
    """A plain file's bytes. Raises ValueError(rule, got, remedy); waits for nothing and follows no link."""
    try:
        _refuse_strange(path)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as stream:
            data = stream.read(largest + 1)
    except OSError as error:
        got = error.strerror or type(error).__name__
        raise ValueError("an input is a file that can be read", got, "mend its name or permissions") from error
    if len(data) > largest:
        got = f"{max(path.stat().st_size, len(data)):,} bytes"
        raise ValueError(f"a file has at most {largest:,} bytes", got, "drop what is no part of it, or split it")
    return data


_STRANGE = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _refuse_strange(path: Path) -> None:
    mode = path.lstat().st_mode
    for is_such, name in _STRANGE:
        if is_such(mode):
            raise ValueError("an input is a plain file", name, "put the file itself there")


# --- rows -------------------------------------------------------------------------------------------------


def _filled_table(table: Table, schema: Schema, text: str) -> Table:
    """The table with its rows; ragged ones and cells that are too long or not printable are faults."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(table, schema, header)
        before = reader.line_num
        for cells in reader if table.usable else ():
            line, before = before + 1, reader.line_num
            if not any(cells):
                continue
            if len(table.rows) >= schema.most_rows:
                return _too_many(table, schema, line, text)
            _add_row(table, line, header, cells)
    except csv.Error as error:
        return table.unusable(before + 1, *_quoting(str(error)))
    return table


def _too_many(table: Table, schema: Schema, line: int, text: str) -> Table:
    table.rows.clear()
    rule = f"{schema.file} has at most {schema.most_rows:,} rows"
    got = f"a file of {text.count(chr(10)) + 1:,} lines"
    return table.unusable(line, rule, got, "keep what this study needs")


def _quoting(error: str) -> tuple[str, str, str]:
    """The rule, what came and the remedy for what the csv module refuses in a row."""
    if "field limit" in error:
        rule = f"a cell has at most {LONGEST_CELL:,} characters"
        return rule, "a longer one", 'close the quote (") that opens it, or shorten it'
    if "end of data" in error:
        return "a quote that is opened is closed", "the end of the file", 'write the closing quote (")'
    if "expected after" in error:
        rule = "after a closing quote comes a comma or the end of the row"
        return rule, "other text", 'double each quote inside of a cell: "say ""so"""'
    return "a file is comma-separated text", error, "mend the row"


def _check_header(table: Table, schema: Schema, header: list[str]) -> None:
    """Notes what the header lacks, repeats or nearly says."""
    first = header[0] if header else ""
    if not any(header):
        rule = "a file begins with its header row"
        table.unusable(1, rule, first, "write it: " + ",".join(schema.columns))
    elif len(header) == 1 and (";" in first or "\t" in first):
        table.unusable(1, "cells are separated by commas", first, "save the file with commas between the cells")
    elif len(header) > MOST_COLUMNS:
        got = f"{len(header):,} columns"
        table.unusable(1, f"a header has at most {MOST_COLUMNS} columns", got, "drop those that are no part of it")
    else:
        _check_columns(table, schema, header)


def _check_columns(table: Table, schema: Schema, header: list[str]) -> None:
    known = schema.columns + schema.optional
    for column in (c for c in schema.columns if c not in header):
        near = table.nearest(column, (c for c in header if c not in known))
        remedy = f"rename {near} to {column}" if near else "add the column"
        table.unusable(1, f"the header has the column {column}", ",".join(header), remedy)
    for column in (c for c, number in Counter(header).items() if number > 1):
        rule = "a column stands once in the header" if column else "every column has a name"
        table.unusable(
            1, rule, column or ",".join(header), "rename or drop the second" if column else "name or drop it"
        )
    for column in (c for c in header if c and c not in known):
        near = table.nearest(column, schema.optional, 0.8)
        if near and near not in header:
            table.unusable(1, f"the optional column is called {near}", column, "rename it")


def _differently_cased(word: str, known: Iterable[str]) -> str | None:
    """The known word that differs in nothing but capitals, if any."""
    return next((other for other in known if other.lower() == word.lower()), None)


def _add_row(table: Table, line: int, header: list[str], cells: list[str]) -> None:
    if len(cells) != len(header):
        rule = f"a row has as many cells as the header, {len(header)}"
        table.note_fault(line, None, rule, f"{len(cells):,}", "add or drop commas, or quote a cell that has one")
        return
    faulty = {column for column, cell in zip(header, cells, strict=True) if _is_strange(table, line, column, cell)}
    stripped = {column: "" if column in faulty else cell.strip() for column, cell in zip(header, cells, strict=True)}
    table.rows.append(Row(table, line, stripped, frozenset(faulty)))


def _is_strange(table: Table, line: int, column: str, cell: str) -> bool:
    """Whether a cell is too long or not printable, which is noted."""
    if len(cell) > LONGEST_CELL:
        rule = f"a cell has at most {LONGEST_CELL:,} characters"
        table.note_fault(line, column, rule, f"{len(cell):,} characters", "shorten it")
        return True
    control = CONTROLS.search(cell)
    if control:
        rule = "a cell has no control characters"
        table.note_fault(line, column, rule, text_around(cell, control.start()), "delete what is shown as \\x or \\u")
    return control is not None


# --- sums -------------------------------------------------------------------------------------------------

_SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")


def changed_files(folder: Path) -> list[Fault]:
    """A fault for each file that is missing or not as `SHA256SUMS` says; none where there is no such list."""
    path = folder / SUMS
    if not os.path.lexists(path):
        return []
    try:
        lines = re.split(r"\r?\n", file_text(path))
    except ValueError as error:
        return [Fault(SUMS, None, None, *error.args)]
    listed = [(row, line) for row, line in enumerate(lines, 1) if line.strip()]
    if len(listed) > MOST_LISTED:
        return [Fault(SUMS, None, None, f"it lists at most {MOST_LISTED} files", f"{len(listed):,}", "list fewer")]
    return [fault for row, line in listed if (fault := _changed(folder, row, line)) is not None]


def _changed(folder: Path, row: int, line: str) -> Fault | None:
    """The fault of one line of `SHA256SUMS`, if any."""
    match = _SUM_LINE.fullmatch(line)
    if match is None:
        rule = "a line is a SHA-256 sum, two blanks and a file name"
        return Fault(SUMS, row, None, rule, line, "write it with sha256sum")
    name = PurePosixPath(match[2])
    if name.is_absolute() or ".." in name.parts or "\\" in match[2]:
        return Fault(SUMS, row, None, "a listed file lies in the folder", match[2], "drop the line")
    if any(os.path.islink(folder / parent) for parent in name.parents if parent.parts):
        return Fault(SUMS, row, None, "a listed file lies behind no link", match[2], "put the folder itself there")
    if not os.path.lexists(folder / name):
        return Fault(match[2], None, None, "a listed file is there", "no such file", f"restore it, or mend {SUMS}")
    return _differing(folder, match[2], match[1].lower())


def _differing(folder: Path, name: str, expected: str) -> Fault | None:
    try:
        found = hashlib.sha256(_file_bytes(folder / name, LARGEST_LISTED)).hexdigest()
    except ValueError as error:
        return Fault(name, None, None, *error.args)
    if found == expected:
        return None
    return Fault(name, None, None, f"a file is as {SUMS} says", f"sum {found}", f"restore it, or mend {SUMS}")
