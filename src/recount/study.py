"""A printed record, called a study: read from its folder's CSV files and validated, all faults at once."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

from recount.expressions import Expression, ExpressionError, is_name, names, parse, resolve
from recount.faults import Fault, Faults
from recount.printed import Printed

LARGEST_FILE = 50_000_000
MOST_STEPS = 10**12
SUMS = "SHA256SUMS"

COLUMNS = {
    "variables.csv": ("name", "kind", "unit", "step", "low", "high", "levels", "description"),
    "populations.csv": ("name", "where", "description"),
    "rules.csv": ("id", "place", "rule", "description"),
    "claims.csv": (
        "id",
        "place",
        "population",
        "variable",
        "statistic",
        "printed",
        "versus",
        "description",
    ),
    "settings.csv": ("setting", "value"),
}
OPTIONAL = {"variables.csv": ("where",)}
REQUIRED = ("variables.csv", "populations.csv", "rules.csv", "claims.csv")
KINDS = ("category", "integer", "decimal")

SETTINGS: dict[str, tuple[str, ...]] = {
    "quantile": ("haverage", "tukey", *(f"hf{k}" for k in range(1, 10))),
    "wilcoxon": ("asymptotic",),
    "paired_t_sign": ("either",),
}

STATISTICS: dict[str, tuple[str, str]] = {
    "n": ("none", "none"),
    "count": ("optional condition", "none"),
    "percent": ("condition", "none"),
    "ratio": ("none", "population"),
    "value": ("number", "none"),
    "min": ("number", "none"),
    "max": ("number", "none"),
    "median": ("number", "none"),
    "p25": ("number", "none"),
    "p75": ("number", "none"),
    "mean": ("number", "none"),
    "sd": ("number", "none"),
    "wilcoxon_z": ("number", "number"),
    "wilcoxon_p": ("number", "number"),
    "paired_t": ("number", "number"),
    "paired_p": ("number", "number"),
    "chi2": ("category", "category"),
    "chi2_p": ("category", "category"),
    "stated": ("none", "none"),
}
"""What `variable` and `versus` hold for each statistic of a claim; `stated` rests on no variable at all."""

UNSIGNED = ("wilcoxon_z", "paired_t")


@dataclass(frozen=True)
class Variable:
    """What a patient has: a category with its levels, or a number from low to high in multiples of step.

    Outside of `where` (None: everybody) the value is missing.
    """

    name: str
    kind: str
    unit: str
    step: Fraction | None
    low: Fraction | None
    high: Fraction | None
    levels: tuple[str, ...]
    where: Expression | None
    description: str


@dataclass(frozen=True)
class Population:
    """The patients for whom `where` holds; None: everybody."""

    name: str
    where: Expression | None
    description: str


@dataclass(frozen=True)
class Rule:
    """A condition that every patient satisfies; `text` is the condition as written in the file."""

    id: str
    place: str
    rule: Expression
    text: str
    description: str


@dataclass(frozen=True)
class Claim:
    """One printed number.

    `condition` is what `count` and `percent` count: `variable` parsed; None: the whole population.
    """

    id: str
    place: str
    population: str
    variable: str
    statistic: str
    printed: Printed
    versus: str
    description: str
    condition: Expression | None = None


@dataclass(frozen=True)
class Study:
    """A validated printed record; the dicts and tuples are in the order of the files."""

    folder: Path
    variables: dict[str, Variable]
    populations: dict[str, Population]
    rules: tuple[Rule, ...]
    claims: tuple[Claim, ...]
    settings: dict[str, str] = field(default_factory=dict)

    def where(self, population: str) -> Expression | None:
        """Who belongs to a population, by its name; None: everybody."""
        return self.populations[population].where


def read_study(folder: str | Path) -> Study:
    """The study in a folder: variables, populations, rules and claims, and settings where it has them.

    Raises Faults with every fault of every file at once.
    """
    folder = Path(folder)
    if not folder.is_dir():
        rule = "a study is a folder with " + ", ".join(REQUIRED)
        raise Faults([Fault(str(folder), None, None, rule, "no such folder", "name the study's folder")])
    tables = {file: read_table(folder, file) for file in COLUMNS}
    variables = _variables(tables["variables.csv"])
    populations = _populations(tables["populations.csv"], variables)
    rules = _rules(tables["rules.csv"], variables)
    claims = _claims(tables["claims.csv"], variables, populations)
    settings = _settings(tables["settings.csv"])
    faults = changed_files(folder) + [fault for table in tables.values() for fault in table.faults]
    if faults:
        raise Faults(faults)
    return Study(folder, variables or {}, populations or {}, rules, claims, settings)


def read_claims(study: Study, folder: str | Path) -> tuple[Claim, ...]:
    """The claims.csv of another folder, about a study's variables and populations. Raises Faults, all at once."""
    table = read_table(Path(folder), "claims.csv")
    claims = _claims(table, study.variables, study.populations)
    if table.faults:
        raise Faults(table.faults)
    return claims


# --- files ------------------------------------------------------------------------------------------------


@dataclass
class Table:
    """A CSV file as text: rows as they stand, and the faults found so far. Unusable without its columns."""

    file: str
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    usable: bool = True

    def fault(self, row: int | None, column: str | None, rule: str, got: str, remedy: str) -> None:
        """Notes one fault."""
        self.faults.append(Fault(self.file, row, column, rule, got, remedy))

    def unusable(self, row: int | None, rule: str, got: str, remedy: str) -> Table:
        """Itself, with a fault that leaves nothing to read."""
        self.fault(row, None, rule, got, remedy)
        self.usable = False
        return self


@dataclass(frozen=True)
class Row:
    """One record: its line in the file and its cells by column, stripped."""

    table: Table
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def fault(self, column: str, rule: str, remedy: str) -> None:
        """Notes that a cell breaks a rule."""
        self.table.fault(self.line, column, rule, self[column], remedy)


def read_table(folder: Path, file: str) -> Table:
    """A study's CSV file as a Table; one that is not there is a fault unless it is optional."""
    table = Table(file)
    path = folder / file
    if not path.exists() and not path.is_symlink():
        if file in REQUIRED:
            return table.unusable(None, "a study has this file", "no such file", "add it, with its header row")
        return table
    try:
        text = file_text(path)
    except ValueError as error:
        rule, got, remedy = error.args
        return table.unusable(None, rule, got, remedy)
    return _fill(table, text)


def file_text(path: Path) -> str:
    """A file's UTF-8 text. Raises ValueError(rule, got, remedy) for what is no plain file of such text."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("an input is a plain file", "a link or a folder", "put the file itself there")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"a file has at most {LARGEST_FILE} bytes", str(size), "make it smaller")
    data = path.read_bytes()
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise ValueError("a text has no NUL bytes", f"one in line {line}", "save the file as UTF-8 text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        got = f"byte {data[error.start]:#04x} in line {line}"
        raise ValueError("a file is UTF-8 text", got, "save the file as UTF-8") from error


def _fill(table: Table, text: str) -> Table:
    """The table with its rows; ragged ones are faults."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(table, header)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if cells:
                _add_row(table, line, header, cells)
    except csv.Error as error:
        return table.unusable(reader.line_num, "a file is comma-separated text", str(error), "mend its quotes")
    return table


def _check_header(table: Table, header: list[str]) -> None:
    known = COLUMNS[table.file] + OPTIONAL.get(table.file, ())
    for column in COLUMNS[table.file]:
        if column not in header:
            table.unusable(1, f"the header has the column {column}", ",".join(header), "add the column")
    for column in sorted({c for c in header if header.count(c) > 1}):
        table.unusable(1, "a column stands once in the header", column, "rename or drop the second")
    for column in header:
        near = difflib.get_close_matches(column, OPTIONAL.get(table.file, ()), 1, 0.8)
        if column not in known and near:
            table.unusable(1, f"the optional column is called {near[0]}", column, "rename it")


def _add_row(table: Table, line: int, header: list[str], cells: list[str]) -> None:
    if len(cells) == len(header):
        table.rows.append(Row(table, line, dict(zip(header, map(str.strip, cells), strict=True))))
        return
    rule = f"a row has as many cells as the header, {len(header)}"
    table.fault(line, None, rule, f"{len(cells)} cells", "add or drop commas, or quote a cell that has one")


_SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")


def changed_files(folder: Path) -> list[Fault]:
    """A fault for each file that is missing or not as `SHA256SUMS` says; none where there is no such list."""
    path = folder / SUMS
    if not path.exists() and not path.is_symlink():
        return []
    try:
        lines = file_text(path).splitlines()
    except ValueError as error:
        return [Fault(SUMS, None, None, *error.args)]
    return [fault for row, line in enumerate(lines, 1) if (fault := _changed(folder, row, line)) is not None]


def _changed(folder: Path, row: int, line: str) -> Fault | None:
    """The fault of one line of `SHA256SUMS`, if any."""
    if not line.strip():
        return None
    match = _SUM_LINE.fullmatch(line)
    if match is None:
        rule = "a line is a SHA-256 sum, two blanks and a file name"
        return Fault(SUMS, row, None, rule, line, "write it with sha256sum")
    name = match[2]
    path = folder / name
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return Fault(SUMS, row, None, "a listed file lies in the folder", name, "drop the line")
    if path.is_symlink() or not path.is_file():
        return Fault(name, None, None, "a listed file is there", "no such file", f"restore it, or mend {SUMS}")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found == match[1].lower():
        return None
    return Fault(name, None, None, f"a file is as {SUMS} says", f"sum {found}", f"restore it, or mend {SUMS}")


# --- cells ------------------------------------------------------------------------------------------------


def _unique(table: Table, column: str) -> None:
    """Notes empty and repeated keys."""
    first: dict[str, int] = {}
    for row in table.rows:
        if not row[column]:
            row.fault(column, f"a row has its {column}", "name it")
        elif row[column] in first:
            row.fault(column, f"each {column} stands once", f"rename it, or drop row {first[row[column]]}")
        first.setdefault(row[column], row.line)


def _expression(row: Row, column: str, text: str, variables: dict[str, Variable] | None) -> Expression | None:
    """A cell's expression, resolved where the variables are known; None, and faults, where it is wrong."""
    try:
        parsed = parse(text)
        return resolve(parsed, variables) if variables is not None else parsed
    except ExpressionError as error:
        place = "" if error.position is None else f", at character {error.position}"
        for problem in error.problems:
            row.fault(column, problem + place, "mend the expression")
        return None


def _where(row: Row, variables: dict[str, Variable] | None) -> Expression | None:
    return _expression(row, "where", row["where"], variables) if row["where"] else None


_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


def _number(row: Row, column: str) -> Fraction | None:
    """A cell's number; None, and a fault, where it is none."""
    if _DECIMAL.fullmatch(row[column]):
        return Fraction(row[column])
    remedy = "replace the comma" if "," in row[column] else f"give the {column}"
    row.fault(column, 'a number is digits with at most one point, such as "0.5"', remedy)
    return None


# --- variables --------------------------------------------------------------------------------------------


def _variables(table: Table) -> dict[str, Variable] | None:
    """The variables by name; None where the file is unusable, so that nobody looks names up in it."""
    if not table.usable:
        return None
    _unique(table, "name")
    read = {row["name"]: _variable(row) for row in table.rows}
    wheres = {row["name"]: _where(row, read) for row in table.rows}
    _refuse_circles(table, wheres)
    return {name: replace(variable, where=wheres[name]) for name, variable in read.items()}


def _variable(row: Row) -> Variable:
    if row["name"] and not is_name(row["name"]):
        row.fault("name", "a name is letters, digits and _, with no digit first", "rename the variable")
    if row["kind"] not in KINDS:
        row.fault("kind", "a kind is one of " + ", ".join(KINDS), "choose one")
    is_number = row["kind"] in ("integer", "decimal")
    step, low, high = _grid(row) if is_number else (None, None, None)
    levels = _levels(row) if row["kind"] == "category" else ()
    for column in ("levels",) if is_number else ("step", "low", "high") if row["kind"] == "category" else ():
        if row[column]:
            row.fault(column, f"{row['kind']} has no {column}", "leave the cell empty")
    return Variable(row["name"], row["kind"], row["unit"], step, low, high, levels, None, row["description"])


def _levels(row: Row) -> tuple[str, ...]:
    levels = tuple(level.strip() for level in row["levels"].split("|"))
    if "" in levels or len(set(levels)) < len(levels) or any(set(level) & set('"\\') for level in levels):
        row.fault("levels", "levels are different texts with | between, without quotes", "mend the list")
    return levels


def _grid(row: Row) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    """A number's step, low and high; an integer's step is 1 where none is given."""
    default = row["kind"] == "integer" and not row["step"]
    step = Fraction(1) if default else _number(row, "step")
    low, high = _number(row, "low"), _number(row, "high")
    if step is not None and step <= 0:
        row.fault("step", "a step is above nought", "give the measuring resolution")
        step = None
    if step is not None and row["kind"] == "integer" and step.denominator != 1:
        row.fault("step", "an integer's step is whole", "make the kind decimal, or the step 1")
    if low is not None and high is not None and low > high:
        row.fault("low", f"low is at most high, here {row['high']}", "exchange them")
    for column, bound in (("low", low), ("high", high)):
        if step and bound is not None and (bound / step).denominator != 1:
            row.fault(column, f"a bound is a multiple of the step, here {step}", "move it to the next one")
    if step and low is not None and high is not None and (high - low) / step > MOST_STEPS:
        row.fault("high", f"a number takes at most {MOST_STEPS} values", "narrow the range or widen the step")
    return step, low, high


def _refuse_circles(table: Table, wheres: Mapping[str, Expression | None]) -> None:
    """Notes variables whose `where` comes back to themselves."""
    graph = {name: sorted(names(where)) if where else [] for name, where in wheres.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        row = next(row for row in table.rows if row["name"] in circle)
        row.fault("where", f"no variable's where needs itself: {' needs '.join(circle)}", "break the circle")


# --- populations, rules, claims, settings -----------------------------------------------------------------


def _populations(table: Table, variables: dict[str, Variable] | None) -> dict[str, Population] | None:
    if not table.usable:
        return None
    _unique(table, "name")
    read = [Population(row["name"], _where(row, variables), row["description"]) for row in table.rows]
    return {population.name: population for population in read}


def _rules(table: Table, variables: dict[str, Variable] | None) -> tuple[Rule, ...]:
    if not table.usable:
        return ()
    _unique(table, "id")
    read = [(row, _expression(row, "rule", row["rule"], variables)) for row in table.rows]
    return tuple(Rule(row["id"], row["place"], rule, row["rule"], row["description"]) for row, rule in read if rule)


def _claims(
    table: Table, variables: dict[str, Variable] | None, populations: dict[str, Population] | None
) -> tuple[Claim, ...]:
    if not table.usable:
        return ()
    _unique(table, "id")
    read = [_claim(row, variables, populations) for row in table.rows]
    return tuple(claim for claim in read if claim is not None)


def _claim(row: Row, variables: dict[str, Variable] | None, populations: dict[str, Population] | None) -> Claim | None:
    printed = _printed(row)
    _check_population(row, "population", populations)
    if row["statistic"] not in STATISTICS:
        near = difflib.get_close_matches(row["statistic"], STATISTICS, 1)
        rule = "a statistic is one of " + ", ".join(STATISTICS)
        row.fault("statistic", rule, f"write {near[0]}" if near else "choose one")
        return None
    wanted, versus = STATISTICS[row["statistic"]]
    condition = _operand(row, "variable", wanted, variables, populations)
    _operand(row, "versus", versus, variables, populations)
    if printed is None:
        return None
    if printed.is_ratio != (row["statistic"] == "ratio"):
        row.fault("printed", 'a ratio, and only a ratio, is printed as two numbers, such as "1:5"', "mend it")
    if row["statistic"] in UNSIGNED and printed.value < 0:
        rule = f"a {row['statistic']} is given without its sign, which depends on the order of subtraction"
        row.fault("printed", rule, "leave off the minus")
    return Claim(
        row["id"],
        row["place"],
        row["population"],
        row["variable"],
        row["statistic"],
        printed,
        row["versus"],
        row["description"],
        condition,
    )


def _printed(row: Row) -> Printed | None:
    try:
        return Printed(row["printed"])
    except ValueError as error:
        remedy = "replace the comma" if "," in row["printed"] else "write the digits alone, in plain text"
        row.fault("printed", str(error), remedy)
        return None


def _check_population(row: Row, column: str, populations: Mapping[str, Population] | None) -> None:
    if populations is None or row[column] in populations:
        return
    near = difflib.get_close_matches(row[column], populations, 1)
    remedy = f"write {near[0]}" if near else "choose one of its names, or add it there"
    row.fault(column, "a population is named in populations.csv", remedy)


def _operand(
    row: Row,
    column: str,
    wanted: str,
    variables: dict[str, Variable] | None,
    populations: dict[str, Population] | None,
) -> Expression | None:
    """The condition in a claim's `variable` or `versus`, if it holds one; notes what is not wanted."""
    text = row[column]
    if wanted.startswith("optional ") and not text:
        return None
    wanted = wanted.removeprefix("optional ")
    if wanted == "condition" or (wanted == "category" and not is_name(text)):
        return _expression(row, column, text, variables)
    if wanted == "none" and text:
        row.fault(column, f"{row['statistic']} has no {column}", "leave the cell empty")
    if wanted == "population":
        _check_population(row, column, populations)
    if wanted in ("number", "category"):
        _check_variable(row, column, wanted, variables)
    return None


def _check_variable(row: Row, column: str, wanted: str, variables: Mapping[str, Variable] | None) -> None:
    if variables is None:
        return
    if row[column] not in variables:
        near = difflib.get_close_matches(row[column], variables, 1)
        remedy = f"write {near[0]}" if near else "choose one of its names, or add it there"
        row.fault(column, "a variable is named in variables.csv", remedy)
    elif (variables[row[column]].kind == "category") != (wanted == "category"):
        row.fault(column, f"{row['statistic']} is of a {wanted}", "choose such a variable")


def _settings(table: Table) -> dict[str, str]:
    """The study's conventions; the first choice of `SETTINGS` where it names none."""
    _unique(table, "setting")
    settings = {name: choices[0] for name, choices in SETTINGS.items()}
    for row in table.rows:
        name, value = row["setting"], row["value"]
        if name and name not in SETTINGS:
            row.fault("setting", "a setting is one of " + ", ".join(SETTINGS), "choose one")
        elif name and value not in SETTINGS[name]:
            row.fault("value", f"{name} is one of " + ", ".join(SETTINGS[name]), "choose one")
        settings[name] = value
    return settings
