"""A printed record, called a study: read from its folder's CSV files and validated, all faults at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from recount.record.faults import Fault, Faults, text_around
from recount.record.printed import Printed, remedy_for
from recount.record.schema import (
    DEEPEST_WHERE,
    KINDS,
    LONGEST_NAME,
    MOST_CHECKED,
    MOST_LEVELS,
    MOST_PATIENTS,
    MOST_SPELT,
    MOST_STEPS,
    MOST_UNKNOWNS,
    RESERVED,
    SCHEMAS,
    SETTINGS,
    STATISTICS,
    SUMMED,
    UNSIGNED,
    Assumption,
    Claim,
    Population,
    Rule,
    Study,
    Variable,
)
from recount.record.sizes import comparisons_fit, printed_fits
from recount.record.tables import Row, Table, changed_files, read_table
from recount.record.tables import file_text as file_text  # for those who read other files of a study
from recount.rules import Expression, ExpressionError, is_name, names, parse, resolve


def read_study(folder: str | Path) -> Study:
    """The study in a folder: variables, populations, rules and claims; settings and assumptions where it has them.

    Raises Faults with every fault of every file at once.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        rule = "a study is a folder with " + ", ".join(s.file for s in SCHEMAS.values() if s.required)
        raise Faults([Fault(str(folder), None, None, rule, "no such folder", "name the study's folder")])
    tables = {file: read_table(folder, schema) for file, schema in SCHEMAS.items()}
    variables = _variables(tables["variables.csv"])
    populations = _populations(tables["populations.csv"], variables)
    rules = _rules_in(tables["rules.csv"], variables)
    claims = _claims_in(tables["claims.csv"], variables, populations)
    settings = _settings(tables["settings.csv"])
    assumptions = _assumptions(tables["assumptions.csv"], variables)
    _raise_faults(tables.values(), changed_files(folder))
    return Study(folder, variables or {}, populations or {}, rules, claims, settings, assumptions)


def read_claims(study: Study, folder: str | Path) -> tuple[Claim, ...]:
    """The claims.csv of another folder, about a study's variables and populations. Raises Faults, all at once."""
    table = read_table(Path(folder), SCHEMAS["claims.csv"])
    claims = _claims_in(table, study.variables, study.populations)
    _raise_faults([table])
    return claims


def _raise_faults(tables: Iterable[Table], others: Iterable[Fault] = ()) -> None:
    """Raises Faults where anything has one."""
    tables = list(tables)
    faults = [*others, *(fault for table in tables for fault in table.faults)]
    if faults:
        raise Faults(faults, {table.file: table.unkept for table in tables if table.unkept})


def patients_of(study: Study) -> int:
    """How many patients there are: the first whole n printed of everybody.

    Raises Faults where none is printed, where it is not between 1 and `MOST_PATIENTS`, and where so many patients
    with so many variables, rules and claims are too many unknowns.
    """
    printed = [c for c in study.claims if c.statistic == "n" and study.where_of(c.population) is None]
    whole = [c for c in printed if c.printed.relation == "=" and c.printed.value.denominator == 1]
    if not printed:
        rule = "a record prints how many patients there are: an n of a population without where"
        raise Faults(
            [Fault("claims.csv", None, None, rule, "no such claim", "add it, such as A1,Abstract,ALL,,n,24,,")]
        )
    first = (whole or printed)[0]
    if not whole or not 1 <= first.printed.value <= MOST_PATIENTS:
        rule = f"the n of everybody is a whole number from 1 to {MOST_PATIENTS:,}"
        is_checked = MOST_PATIENTS < first.printed.value <= MOST_CHECKED
        remedy = "print the number of patients; a larger study can't be reconstructed"
        remedy = f"run recount check, which takes up to {MOST_CHECKED:,}" if is_checked else remedy
        raise Faults([Fault("claims.csv", first.row, "printed", rule, first.printed.text, remedy)])
    _check_unknowns(study, int(first.printed.value))
    return int(first.printed.value)


def _check_unknowns(study: Study, patients: int) -> None:
    statements = len(study.variables) + len(study.rules) + len(study.claims)
    if patients * statements > MOST_UNKNOWNS:
        rule = f"patients times variables, rules and claims are at most {MOST_UNKNOWNS:,}"
        got = f"{patients:,} times {statements:,}"
        raise Faults([Fault(str(study.folder), None, None, rule, got, "keep the claims that bear on each other")])


# --- cells ------------------------------------------------------------------------------------------------


def _check_unique(table: Table, column: str) -> None:
    """Notes empty and repeated keys."""
    first: dict[str, int] = {}
    for row in table.rows:
        if not row[column]:
            row.note_fault(column, f"a row has its {column}", "name it")
        elif row[column] in first:
            row.note_fault(column, f"each {column} stands once", f"rename it, or drop row {first[row[column]]}")
        first.setdefault(row[column], row.line)


def _expression(row: Row, column: str, variables: dict[str, Variable] | None) -> Expression | None:
    """A cell's expression, resolved where the variables are known; None, and faults, where it is wrong."""
    text = row[column]
    if _is_spent(row, column):
        return None
    try:
        parsed = parse(text)
    except ExpressionError as error:
        is_long = "at most" in error.rule
        remedy = "shorten it, or make it two rows" if is_long else 'compare, as in AGE >= 18 and SEX == "F"'
        row.note_fault(column, str(error), remedy, text_around(text, (error.position or 1) - 1))
        return None
    return parsed if variables is None else _resolved(row, column, parsed, variables)


def _is_spent(row: Row, column: str) -> bool:
    """Whether the expressions of a file are longer than can be read in good time, which is noted once."""
    before, row.table.spelt = row.table.spelt, row.table.spelt + len(row[column])
    if before <= MOST_SPELT < row.table.spelt:
        rule = f"the expressions of a file have at most {MOST_SPELT:,} characters in all"
        row.note_fault(column, rule, "shorten them, or drop what this study doesn't need", "more")
    return row.table.spelt > MOST_SPELT


def _resolved(row: Row, column: str, parsed: Expression, variables: dict[str, Variable]) -> Expression | None:
    try:
        resolved = resolve(parsed, variables)
    except ExpressionError as error:
        for problem in error.problems:
            row.note_fault(column, problem, _remedy_for(row.table, problem, variables))
        return None
    if not comparisons_fit(resolved, variables):
        rule = "the numbers of a comparison, counted in its variables' steps, stay below 2*10^18"
        row.note_fault(column, rule, "write fewer digits, or widen the steps")
    return resolved


_REMEDIES = {
    " is no level of ": "write one of these, as it is spelt there",
    ", compared with the text ": "leave off the quotes",
    " is a category": "compare it with one of its levels, in quotes",
    " are categories": "compare them with == or !=",
}


def _remedy_for(table: Table, problem: str, variables: Mapping[str, Variable]) -> str:
    """What to do about a problem that `resolve` names."""
    if problem.endswith(" is no variable"):
        near = table.nearest(problem.removesuffix(" is no variable"), variables)
        return f"write {near}" if near else "name one of variables.csv, or add it there"
    return next((remedy for sign, remedy in _REMEDIES.items() if sign in problem), "compare it with its like")


def _where_rule(row: Row, variables: dict[str, Variable] | None) -> Expression | None:
    return _expression(row, "where", variables) if row["where"] else None


_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def _cell_number(row: Row, column: str) -> Fraction | None:
    """A cell's number; None, and a fault, where it is none."""
    if _DECIMAL.fullmatch(row[column]):
        return Fraction(row[column])
    rule = 'a number is digits with at most one point and 15 digits on either side, such as "0.5"'
    remedy = remedy_for(row[column])
    row.note_fault(column, rule, f"give the {column}" if "drop the row" in remedy else remedy)
    return None


# --- variables --------------------------------------------------------------------------------------------


def _variables(table: Table) -> dict[str, Variable] | None:
    """The variables by name; None where the file is unusable, so that nobody looks names up in it."""
    if not table.usable:
        return None
    _check_unique(table, "name")
    read = {row["name"]: _variable(row) for row in table.rows}
    wheres = {row["name"]: _where_rule(row, read) for row in table.rows}
    _refuse_circles(table, wheres)
    return {name: replace(variable, where=wheres[name]) for name, variable in read.items()}


def _variable(row: Row) -> Variable:
    _check_name(row)
    if row["kind"] not in KINDS:
        near = row.nearest("kind", KINDS)
        row.note_fault("kind", "a kind is one of " + ", ".join(KINDS), f"write {near}" if near else "choose one")
    is_number = row["kind"] in ("integer", "decimal")
    step, low, high = _step_and_limits(row) if is_number else (None, None, None)
    levels = _levels_in(row) if row["kind"] == "category" else ()
    for column in ("levels",) if is_number else ("step", "low", "high") if row["kind"] == "category" else ():
        if row[column]:
            row.note_fault(column, f"{row['kind']} has no {column}", "leave the cell empty")
    return Variable(row["name"], row["kind"], row["unit"], step, low, high, levels, None, row["description"])


def _check_name(row: Row) -> None:
    name = row["name"]
    if len(name) > LONGEST_NAME:
        row.note_fault("name", f"a name has at most {LONGEST_NAME} characters", "shorten it")
    elif name in RESERVED:
        row.note_fault("name", f"{name} is the patient's own code", "rename the variable")
    elif name and (not is_name(name) or name.startswith("__")):
        rule = "a name is letters (a to z), digits and _, begins with a letter, and is no word of Python"
        row.note_fault("name", rule, "rename the variable")


def _levels_in(row: Row) -> tuple[str, ...]:
    levels = tuple(level.strip() for level in row["levels"].split("|"))
    if len(levels) > MOST_LEVELS:
        row.note_fault(
            "levels", f"a category has at most {MOST_LEVELS} levels", "join the rare ones", f"{len(levels):,}"
        )
    elif "" in levels:
        row.note_fault("levels", "levels are texts with | between, such as M|F", "name them, and drop a | at the end")
    elif len(set(levels)) < len(levels):
        row.note_fault("levels", "each level stands once", "drop the second")
    elif any(set(level) & set('"\\') for level in levels):
        row.note_fault("levels", 'a level has no double quote (") and no backslash', "leave them off")
    return levels


def _step_and_limits(row: Row) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    """A number's step, low and high; an integer's step is 1 where none is given."""
    default = row["kind"] == "integer" and not row["step"]
    step = Fraction(1) if default else _cell_number(row, "step")
    low, high = _cell_number(row, "low"), _cell_number(row, "high")
    if step is not None and step <= 0:
        row.note_fault("step", "a step is above nought", "give the measuring resolution")
        step = None
    if step is not None and row["kind"] == "integer" and step.denominator != 1:
        row.note_fault("step", "an integer's step is whole", "make the kind decimal, or the step 1")
    if low is not None and high is not None and low > high:
        row.note_fault("low", f"low is at most high, here {row['high']}", "exchange them")
    for column, bound in (("low", low), ("high", high)):
        if step and bound is not None:
            _check_bound(row, column, bound / step)
    if step and low is not None and high is not None and (high - low) / step > MOST_STEPS:
        rule = f"a number takes at most {MOST_STEPS:,} values"
        row.note_fault("high", rule, "narrow the range or widen the step", f"{(high - low) // step:,} steps")
    return step, low, high


def _check_bound(row: Row, column: str, steps: Fraction) -> None:
    if steps.denominator != 1:
        row.note_fault(column, f"a bound is a multiple of the step, here {row['step'] or 1}", "move it to the next one")
    elif abs(steps) > MOST_STEPS:
        rule = f"a bound is at most {MOST_STEPS:,} steps from nought"
        row.note_fault(
            column, rule, "widen the step, or take a larger unit", f"{row[column]}, {abs(steps.numerator):,} steps"
        )


def _refuse_circles(table: Table, wheres: Mapping[str, Expression | None]) -> None:
    """Notes variables whose `where` comes back to themselves."""
    graph = {name: sorted(names(where)) if where else [] for name, where in wheres.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        row = next(row for row in table.rows if row["name"] in circle)
        row.note_fault("where", f"no variable's where needs itself: {' needs '.join(circle)}", "break the circle")
        return
    _refuse_deep(table, graph)


def _refuse_deep(table: Table, graph: Mapping[str, list[str]]) -> None:
    """Notes variables whose `where` rests on a variable whose `where` rests on another, and so on, too far."""
    depth: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        depth[name] = 1 + max((depth[other] for other in graph.get(name, ())), default=0)
    for row in table.rows:
        if depth.get(row["name"], 0) == DEEPEST_WHERE + 1:
            row.note_fault("where", f"a where rests on others at most {DEEPEST_WHERE} deep", "say it in fewer steps")


# --- populations, rules, claims, settings -----------------------------------------------------------------


def _populations(table: Table, variables: dict[str, Variable] | None) -> dict[str, Population] | None:
    if not table.usable:
        return None
    _check_unique(table, "name")
    read = [Population(row["name"], _where_rule(row, variables), row["description"]) for row in table.rows]
    return {population.name: population for population in read}


def _rules_in(table: Table, variables: dict[str, Variable] | None) -> tuple[Rule, ...]:
    if not table.usable:
        return ()
    _check_unique(table, "id")
    read = [(row, _expression(row, "rule", variables)) for row in table.rows]
    return tuple(Rule(row["id"], row["place"], rule, row["rule"], row["description"]) for row, rule in read if rule)


def _claims_in(
    table: Table, variables: dict[str, Variable] | None, populations: dict[str, Population] | None
) -> tuple[Claim, ...]:
    if not table.usable:
        return ()
    _check_unique(table, "id")
    read = [_claim_in(row, variables, populations) for row in table.rows]
    return tuple(claim for claim in read if claim is not None)


def _claim_in(
    row: Row, variables: dict[str, Variable] | None, populations: dict[str, Population] | None
) -> Claim | None:
    printed = _printed(row)
    _check_population(row, "population", populations)
    if row["statistic"] not in STATISTICS:
        near = row.nearest("statistic", STATISTICS)
        rule = "a statistic is one of " + ", ".join(STATISTICS)
        row.note_fault("statistic", rule, f"write {near}" if near else "choose one")
        return None
    wanted, versus = STATISTICS[row["statistic"]]
    condition = _operand(row, "variable", wanted, variables, populations)
    second = _operand(row, "versus", versus, variables, populations)
    if printed is None:
        return None
    _check_printed(row, printed, variables or {})
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
        row.line,
        second,
    )


def _printed(row: Row) -> Printed | None:
    try:
        return Printed(row["printed"])
    except ValueError as error:
        row.note_fault("printed", str(error), remedy_for(row["printed"]))
        return None


def _check_printed(row: Row, printed: Printed, variables: Mapping[str, Variable]) -> None:
    """Notes a printed text that is no number of its statistic."""
    statistic = row["statistic"]
    if printed.is_ratio != (statistic == "ratio"):
        rule = 'a ratio is printed as two numbers, such as "1:5", and any other statistic as one'
        row.note_fault("printed", rule, f"print {statistic} so, or choose another statistic")
    elif statistic in UNSIGNED and printed.value < 0:
        rule = f"a {statistic} is given without its sign, which depends on the order of subtraction"
        row.note_fault("printed", rule, "leave off the minus")
    elif statistic in SUMMED and not printed_fits(printed, variables.get(row["variable"]), MOST_PATIENTS):
        rule = "a printed number and its variable's range have some 14 digits at most, so that sums are exact"
        row.note_fault("printed", rule, "write fewer digits, or narrow the variable's range")


def _check_population(row: Row, column: str, populations: Mapping[str, Population] | None) -> None:
    if populations is None or row[column] in populations:
        return
    near = row.nearest(column, populations)
    remedy = f"write {near}" if near else "choose one of its names, or add it there"
    row.note_fault(column, "a population is named in populations.csv", remedy)


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
        return _expression(row, column, variables)
    if wanted == "none" and text:
        row.note_fault(column, f"{row['statistic']} has no {column}", "leave the cell empty")
    if wanted == "population":
        _check_population(row, column, populations)
    if wanted in ("number", "category"):
        _check_variable(row, column, wanted, variables)
    return None


def _check_variable(row: Row, column: str, wanted: str, variables: Mapping[str, Variable] | None) -> None:
    if variables is None:
        return
    if row[column] not in variables:
        near = row.nearest(column, variables)
        remedy = f"write {near}" if near else "choose one of its names, or add it there"
        row.note_fault(column, "a variable is named in variables.csv", remedy)
    elif (variables[row[column]].kind == "category") != (wanted == "category"):
        row.note_fault(column, f"{row['statistic']} is of a {wanted}", f"choose a variable that is a {wanted}")
    elif row["statistic"] == "fisher_p" and len(variables[row[column]].levels) > 2:
        rule = "Fisher's P is of two by two: a condition, or a category of two levels, on either side"
        row.note_fault(
            column, rule, f'write a condition, such as {row[column]} == "{variables[row[column]].levels[0]}"'
        )


def _settings(table: Table) -> dict[str, str]:
    """The study's conventions; the first choice of `SETTINGS` where it names none."""
    _check_unique(table, "setting")
    settings = {name: choices[0] for name, choices in SETTINGS.items()}
    for row in table.rows:
        name, value = row["setting"], row["value"]
        if name and name not in SETTINGS:
            near = row.nearest("setting", SETTINGS)
            rule = "a setting is one of " + ", ".join(SETTINGS)
            row.note_fault("setting", rule, f"write {near}" if near else "choose one, or drop the row")
        elif name and value not in SETTINGS[name]:
            row.note_fault("value", f"{name} is one of " + ", ".join(SETTINGS[name]), "choose one")
        settings[name] = value
    return settings


# --- assumptions ------------------------------------------------------------------------------------------


def _assumptions(table: Table, variables: dict[str, Variable] | None) -> tuple[Assumption, ...]:
    if not table.usable:
        return ()
    return tuple(_assumption(row, variables) for row in table.rows)


def _assumption(row: Row, variables: dict[str, Variable] | None) -> Assumption:
    where, variable = _where_rule(row, variables), (variables or {}).get(row["variable"])
    if not row["variable"]:
        if not row["where"]:
            row.note_fault("variable", "an assumption is about a variable, or about a relation in where", "name either")
        _refuse_values(row, ("low", "typical", "high"), "a relation")
    elif variable is not None and variable.kind == "category":
        _refuse_values(row, ("low", "high"), "a category")
        if row["typical"] not in variable.levels:
            row.note_fault("typical", f"a level of {variable.name} is one of {'|'.join(variable.levels)}", "choose one")
    elif variable is not None:
        _check_order(row, variable)
    elif variables is not None:
        _check_variable(row, "variable", "", variables)
    return Assumption(row["variable"], where, row["low"], row["typical"], row["high"], row["reason"])


def _refuse_values(row: Row, columns: tuple[str, ...], what: str) -> None:
    for column in columns:
        if row[column]:
            row.note_fault(column, f"{what} is assumed without {column}", "leave the cell empty")


def _check_order(row: Row, variable: Variable) -> None:
    """Notes an assumed number that is none, is out of its variable's range, or is out of order."""
    low, typical, high = (_cell_number(row, column) for column in ("low", "typical", "high"))
    if low is None or typical is None or high is None:
        return
    if not low <= typical <= high:
        got = f"{row['low']}, {row['typical']}, {row['high']}"
        row.note_fault("typical", "low is at most typical, and typical at most high", "put them in order", got)
    for column, value in (("low", low), ("high", high)):
        if variable.low is not None and variable.high is not None and not variable.low <= value <= variable.high:
            rule = f"an assumption lies in the range of {variable.name} in variables.csv"
            row.note_fault(column, rule, "move it there, or widen the range")
