"""The `recount` command: a printed record judged, its conflicts, patients who fit it, and what must be true of them.

Exit 0: done, and nothing contradicted; 1: something is; 2: unusable input, nothing written; 3: the solver found no
answer in its limit, which says nothing about the record; 4: a published range lacks the value of a cohort (`recount
guard`), which is a fault of the program and says nothing about the record; 70: an unexpected error, likewise; 130:
stopped from the keyboard.

What takes time to import is imported once it is known what is asked.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

UNEXPECTED = 70  # sysexits.h: an internal software error has been detected
LIMIT, MOST = 2.0, 20  # as in the rooms that use them, which a test compares
OF_CONDITIONS = ("count", "percent")
OF_NUMBERS = ("median", "p25", "p75", "min", "max", "mean", "sum", "shift")


def main(arguments: list[str] | None = None) -> int:
    """The exit code of `recount` run with these arguments (the command line's own where none are given)."""
    _take_any_terminal()
    arguments = sys.argv[1:] if arguments is None else arguments
    args = _argument_parser(checks=arguments[:1] == ["check"]).parse_args(arguments)
    try:
        return _exit_code(args)
    except Exception as error:
        if os.environ.get("RECOUNT_TRACEBACK"):
            raise
        told = f"unexpected {type(error).__name__}: {error}".splitlines()[0]
        print(f"{told}. This is a fault of the program, and says nothing about the record. ", end="", file=sys.stderr)
        print("RECOUNT_TRACEBACK=1 shows where.", file=sys.stderr)
        return UNEXPECTED


def _exit_code(args: argparse.Namespace) -> int:
    if args.command == "check":
        from recount.cli.outcome import outcome

        return outcome(args.run, args)
    from recount.cli import commands

    return commands.run_command(args)


def _take_any_terminal() -> None:
    """What a terminal's encoding lacks is shown as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


# the arguments ------------------------------------------------------------------------------------------------------


def _argument_parser(checks: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recount", description="A printed record, and the patients behind it.")
    commands = parser.add_subparsers(required=True, dest="command")
    if checks:
        from recount.cli.check import add_check  # its commands are made of the checks, which take time to import

        add_check(commands)
    else:
        commands.add_parser(
            "check", help="every check of a record that needs no solver, or one check of single numbers"
        )
    one = _command(commands, "audit", "every printed number judged against everything else")
    _limited(one)
    _parallel(one)
    _add_second(one)
    one.add_argument("--out", type=Path, metavar="DIR", help="write audit.csv and its companions there, replaced whole")
    one = _command(commands, "conflicts", "every minimal set of statements that cannot all hold")
    one.add_argument("--most", type=_positive, default=MOST, metavar="N", help=f"look for N at most (default {MOST})")
    one.add_argument("--out", type=Path, metavar="DIR", help="write conflicts.csv there, replaced whole")
    one = _command(commands, "cohorts", "consistent cohorts, each verified without the solver")
    one.add_argument("-n", type=_positive, default=1, metavar="N", help="how many cohorts")
    one.add_argument("--seed", type=_seed_number, default=1, help="a whole number of 0 or more (default 1)")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write, replaced whole")
    one.add_argument("--scheduler", metavar="ADDRESS", help="the Dask scheduler whose workers draw the cohorts")
    _parallel(one)
    one = _command(commands, "range", "the least and the greatest value over all consistent cohorts")
    one.add_argument("expression", nargs="?", default="", help='a number or a condition, such as "AGE" or "AGE >= 60"')
    one.add_argument("--where", default="", metavar="POP", help="a population, or a condition (default: everybody)")
    statistics = ", ".join((*OF_CONDITIONS, *OF_NUMBERS))
    one.add_argument("--statistic", default="", help=f"one of {statistics} (default: count, or median of a number)")
    one.add_argument("--otherwise", default="", metavar="NUMBER", help="what those count with who lack the value")
    one.add_argument("--versus", default="", metavar="VARIABLE", help="for a shift: the variable it is to")
    one.add_argument("--questions", type=Path, metavar="FILE", help="a CSV file of questions instead of an expression")
    one.add_argument("--out", type=Path, metavar="DIR", help="write ranges.csv there, replaced whole")
    _limited(one)
    _parallel(one)
    _add_second(one)
    one = _command(commands, "guard", "published ranges beside cohorts that were drawn, without the solver")
    one.add_argument("--ledger", type=Path, metavar="FILE", help="an audit.csv of recount audit")
    one.add_argument("--ranges", type=Path, nargs="+", default=[], metavar="FILE", help="ranges.csv of recount range")
    what = "folders of recount cohorts"
    one.add_argument("--cohorts", type=Path, nargs="+", required=True, metavar="DIR", help=what)
    return parser


def _command(commands: Any, name: str, what: str) -> Any:
    parser = commands.add_parser(name, help=what, description=what)
    parser.add_argument("study", type=Path, help="the folder of the printed record")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument("--fresh", action="store_true", help="take no answer that was kept from before")
    return parser


def _limited(parser: Any) -> None:
    what = f"the solver's time for one end of a range, in seconds of its own clock (default {LIMIT:g})"
    parser.add_argument("--limit", type=_seconds, default=LIMIT, metavar="S", help=what)


def _add_second(parser: Any) -> None:
    what = "the second prover's answers (`python -m recount.second_prover`): what it proves too is `proven twice`"
    parser.add_argument("--second", type=Path, metavar="FILE", help=what)


def _parallel(parser: Any) -> None:
    what = "processes to use (default: one a processor; 0: this one)"
    parser.add_argument("--workers", type=_whole_number, metavar="K", help=what)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**6:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to 1,000,000 (got {text})")
    return int(text)


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 1000:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to 1,000 (got {text})")
    return int(text)


def _seed_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to 2,147,483,647 (got {text})")
    return int(text)


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= 86_400:
        raise argparse.ArgumentTypeError(f"seconds above 0, 86,400 at most (got {text})")
    return number


if __name__ == "__main__":
    sys.exit(main())
