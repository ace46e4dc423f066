"""`recount check`: every check of a record without the solver, or one check of single numbers or a table of them.

Exit 0: nothing impossible; 1: something is; 2: unusable input.
"""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recount.checks import IMPOSSIBLE, VERDICTS, Finding, check_record
from recount.record import read_study

FOUND_IMPOSSIBLE = 1
HEAD = ("verdict", "check", "claims", "why")
LONGEST_CLAIMS = 24
NARROWEST_WHY = 30
NAMED = 3  # claims in a row of the table


def add_check(commands: Any) -> None:
    """Adds the command to those of `recount`."""
    what = "every check of a record that needs no solver, or one check of single numbers"
    parser = commands.add_parser("check", help=what, description=what)
    parser.add_argument("study", type=Path, help="the folder of the printed record")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.set_defaults(run=run_check)


def run_check(args: argparse.Namespace, say: Callable[[str], None]) -> int:
    """The exit code of a record checked."""
    study = read_study(args.study)
    found = check_record(study)
    if args.json:
        print(json.dumps(findings_json(found), ensure_ascii=False, indent=1))
    else:
        print("\n".join(check_lines(found, len(study.claims), shutil.get_terminal_size((120, 24)).columns)))
    return FOUND_IMPOSSIBLE if any(one.verdict == IMPOSSIBLE for one in found) else 0


def findings_json(found: Sequence[Finding]) -> dict[str, Any]:
    """The findings for machines."""
    rows = [
        {
            "check": one.check,
            "claims": list(one.claims),
            "rules": list(one.rules),
            "verdict": one.verdict,
            "why": one.why,
        }
        for one in found
    ]
    return {"verdicts": _verdicts(found), "findings": rows}


def _verdicts(found: Sequence[Finding]) -> dict[str, int]:
    counted = Counter(one.verdict for one in found)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def check_lines(found: Sequence[Finding], claims: int, width: int) -> list[str]:
    """The findings for a terminal, the gravest first; no line is wider than `width`, if that is 60 or more."""
    counts = ", ".join(f"{n} {verdict}" for verdict, n in _verdicts(found).items() if n)
    rows = sorted(found, key=lambda one: VERDICTS.index(one.verdict))
    cells = [HEAD, *((one.verdict, one.check, _named(one), one.why) for one in rows)]
    return [f"{claims} printed numbers, {len(found)} checks: {counts or 'none applies'}", "", *_wrapped(cells, width)]


def _named(found: Finding) -> str:
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
