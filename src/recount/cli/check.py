"""`recount check`: every check of a record without the solver, or one check of single numbers or a table of them.

Exit 0: nothing impossible; 1: something is; 2: unusable input.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import pandas as pd

from recount.checks import IMPOSSIBLE, OF_NUMBERS, POSSIBLE, VERDICTS, Finding, check_record, check_rows
from recount.record import Fault, Faults, read_study

FOUND_IMPOSSIBLE = 1
HEAD = ("verdict", "check", "claims", "why")
LONGEST_CLAIMS = 24
NARROWEST_WHY = 30
NAMED = 3  # claims in a row of the table
LARGEST_FILE = 50_000_000  # bytes
TABLE_RULE = "a table of numbers is a CSV file, one check a row, with columns named as the options"


def add_check(commands: Any) -> None:
    """Adds the command to those of `recount`."""
    what = "every check of a record that needs no solver, or one check of single numbers"
    checks = "\n".join(f"  {name:13} {_first_line(check)}" for name, check in OF_NUMBERS.items())
    parser = commands.add_parser(
        "check",
        help=what,
        usage="recount check [--json] STUDY\n       recount check NAME [--OPTION NUMBER ...] [--file FILE] [--json]",
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"single numbers, NAME:\n{checks}\n\n`recount check NAME --help` names its options. "
        "A folder that has a check's name is written ./NAME.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument("study", metavar="STUDY or NAME", help="the folder of the printed record, or a check's name")
    parser.add_argument("options", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(run=run_check)


def run_check(args: argparse.Namespace, say: Callable[[str], None]) -> int:
    """The exit code of a record or of numbers checked."""
    if args.study in OF_NUMBERS:
        return _check_numbers(args.study, args.options, args.json)
    rest = argparse.ArgumentParser(prog="recount check STUDY", add_help=False)
    rest.add_argument("--json", action="store_true")
    return _check_study(Path(args.study), rest.parse_args(args.options).json or args.json)


# a record -----------------------------------------------------------------------------------------------------------


def _check_study(folder: Path, as_json: bool) -> int:
    study = read_study(folder)
    found = check_record(study)
    if as_json:
        print(json.dumps(findings_json(found), ensure_ascii=False, indent=1))
    else:
        print("\n".join(check_lines(found, len(study.claims), shutil.get_terminal_size((120, 24)).columns)))
    return FOUND_IMPOSSIBLE if any(one.verdict == IMPOSSIBLE for one in found) else 0


def findings_json(found: Sequence[Finding]) -> dict[str, Any]:
    """The findings for machines."""
    names = ("check", "claims", "rules", "verdict", "why")
    return {"verdicts": _verdicts(found), "findings": [{name: getattr(one, name) for name in names} for one in found]}


def _verdicts(found: Sequence[Finding]) -> dict[str, int]:
    counted = Counter(one.verdict for one in found)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def check_lines(found: Sequence[Finding], claims: int, width: int) -> list[str]:
    """The findings for a terminal, the gravest first; no line is wider than `width`, if that is 80 or more."""
    counts = ", ".join(f"{n} {verdict}" for verdict, n in _verdicts(found).items() if n)
    rows = sorted(found, key=lambda one: VERDICTS.index(one.verdict))
    cells = [HEAD, *((one.verdict, one.check, _statement_names(one), one.why) for one in rows)]
    return [f"{claims} printed numbers, {len(found)} checks: {counts or 'none applies'}", "", *_wrapped(cells, width)]


def _statement_names(found: Finding) -> str:
    """The claims and rules of a finding, no more than a few of them."""
    names = [*found.claims, *(f"rule {id}" for id in found.rules)]
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    return " ".join(names[:NAMED]) + more


def _wrapped(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The rows in columns, the last two broken into lines where they are too long."""
    widths = [max(len(row[k]) for row in rows) for k in range(2)]
    claims = min(max(len(row[2]) for row in rows), LONGEST_CLAIMS)
    why = max(width - sum(widths) - claims - 6, NARROWEST_WHY)
    lines = []
    for row in rows:
        parts = [[row[0]], [row[1]], textwrap.wrap(row[2], claims) or [""], textwrap.wrap(row[3], why) or [""]]
        for k in range(max(map(len, parts))):
            cells = [part[k] if k < len(part) else "" for part in parts]
            padded = [cell.ljust(wide) for cell, wide in zip(cells, (*widths, claims, 0), strict=True)]
            lines.append("  ".join(padded).rstrip())
    return lines


# single numbers -----------------------------------------------------------------------------------------------------


def _check_numbers(name: str, options: Sequence[str], as_json: bool) -> int:
    args = vars(_options(name).parse_args(options))
    file, as_json = args.pop("file"), args.pop("json") or as_json
    given = {option: text for option, text in args.items() if text is not None}
    if file is not None:
        if given:
            rule = "numbers come from options or from a file"
            raise Faults([Fault(f"recount check {name}", None, None, rule, "both", "leave one of them out")])
        return _check_file(name, file, as_json)
    row = _checked_row(name, given)
    if as_json:
        print(json.dumps(row, ensure_ascii=False, indent=1))
    else:
        print(f"{POSSIBLE if row['holds'] else IMPOSSIBLE}: {row['why']}")
    return 0 if row["holds"] else FOUND_IMPOSSIBLE


def _options(name: str) -> argparse.ArgumentParser:
    """The options of a check: its parameters, each a number as it is printed."""
    check = OF_NUMBERS[name]
    parser = argparse.ArgumentParser(prog=f"recount check {name}", description=_first_line(check))
    for option, parameter in signature(check).parameters.items():
        needed = parameter.default is Parameter.empty
        default = "needed" if needed else f"default {parameter.default}" if parameter.default else "may be left out"
        parser.add_argument(f"--{option.replace('_', '-')}", dest=option, metavar="X", help=default)
    parser.add_argument("--file", type=Path, metavar="FILE", help="a CSV file of many, columns named as the options")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    return parser


def _first_line(check: Callable[..., Any]) -> str:
    return (check.__doc__ or "").strip().partition("\n")[0].rstrip(".").replace("%", "%%")


def _checked_row(name: str, given: dict[str, str]) -> dict[str, Any]:
    """The numbers given, with whether they hold and why. Raises Faults that name the options."""
    needed = [o for o, p in signature(OF_NUMBERS[name]).parameters.items() if p.default is Parameter.empty]
    frame = pd.DataFrame([dict.fromkeys(needed) | given], dtype=object)
    try:
        found = check_rows(OF_NUMBERS[name], frame).to_dict("records")[0]
    except Faults as faults:
        raise Faults(_of_option(name, fault) for fault in faults.faults) from faults
    return {str(column): bool(cell) if column == "holds" else cell for column, cell in found.items()}


def _of_option(name: str, fault: Fault) -> Fault:
    """A fault of a row as one of the command's options."""
    column = None if fault.column is None else f"--{fault.column.replace('_', '-')}"
    rule = f"the check needs {column}" if not fault.got and column else fault.rule
    remedy = "give it" if not fault.got and column else "correct it"
    return replace(fault, file=f"recount check {name}", row=None, column=column, rule=rule, remedy=remedy)


def _check_file(name: str, file: Path, as_json: bool) -> int:
    """Every row of a table checked, all to stdout: as CSV, or as JSON."""
    frame = _read_numbers(file)
    try:
        found = check_rows(OF_NUMBERS[name], frame)
    except Faults as faults:
        raise Faults(replace(fault, file=file.name) for fault in faults.faults) from faults
    if as_json:
        rows = [{str(k): bool(v) if k == "holds" else v for k, v in row.items()} for row in found.to_dict("records")]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print(found.to_csv(index=False, lineterminator="\n"), end="")
    return 0 if len(found) == 0 or found["holds"].all() else FOUND_IMPOSSIBLE


def _read_numbers(file: Path) -> pd.DataFrame:
    """A table of texts, its columns as parameters are named; raises Faults for a file that is none."""
    try:
        if os.path.getsize(file) > LARGEST_FILE:
            raise ValueError(f"larger than {LARGEST_FILE // 10**6} MB")
        frame = pd.read_csv(file, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # a decoding or a parser's error is a ValueError
        got = str(error).partition("\n")[0]
        raise Faults([Fault(str(file), None, None, TABLE_RULE, got, "name such a file")]) from error
    return frame.rename(columns=lambda column: str(column).strip().replace("-", "_"))
