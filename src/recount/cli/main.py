"""The `recount` command: a printed record judged, its conflicts, patients who fit it, and what must be true of them.

Exit 0: done, and nothing contradicted; 1: something is; 2: unusable input, nothing written; 3: the solver found no
answer in its limit, which says nothing about the record; 4: a published range lacks the value of a cohort (`recount
guard`), which is a fault of the program and says nothing about the record; 130: stopped from the keyboard.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from recount.audit import LIMIT, OF_CONDITIONS, OF_NUMBERS, Session, answer, answers, audit, put, read_questions
from recount.cli.report import (
    audit_files,
    audit_lines,
    conflict_lines,
    conflict_table,
    guard_lines,
    range_row,
    range_text,
    replace_folder,
    statement_texts,
)
from recount.reconstruct import (
    MOST,
    Interrupted,
    conflicts_of,
    csv_text,
    reference_cohort,
    reference_solution,
    write_cohorts,
)
from recount.record import Fault, Faults, read_study
from recount.results import drawn_cohorts, guard, published_answers, published_claims, statements_text
from recount.running import Teller, WorkersDied
from recount.solver import Undecided

CONTRADICTED, UNUSABLE, UNDECIDED, OUTSIDE, STOPPED = 1, 2, 3, 4, 130
Say = Callable[[str], None]


def main(arguments: list[str] | None = None) -> int:
    """The exit code of `recount` run with these arguments (the command line's own where none are given)."""
    args = _parser().parse_args(arguments)
    try:
        with Teller() as say:
            return int(args.run(args, say))
    except Faults as faults:
        return _said(str(faults), UNUSABLE)
    except (Undecided, WorkersDied) as undecided:
        return _said(f"undecided: {undecided}", UNDECIDED)
    except KeyboardInterrupt as stop:
        return _said(str(stop) if isinstance(stop, Interrupted) else "stopped", STOPPED)


def _said(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


# the arguments ------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recount", description="A printed record, and the patients behind it.")
    commands = parser.add_subparsers(required=True)
    one = _command(commands, "audit", _audit, "every printed number judged against everything else")
    _limited(one)
    _parallel(one)
    one.add_argument("--out", type=Path, metavar="DIR", help="write audit.csv and its companions there, replaced whole")
    one = _command(commands, "conflicts", _conflicts, "every minimal set of statements that cannot all hold")
    one.add_argument("--most", type=_positive, default=MOST, metavar="N", help=f"look for N at most (default {MOST})")
    one.add_argument("--out", type=Path, metavar="DIR", help="write conflicts.csv there, replaced whole")
    one = _command(commands, "cohorts", _cohorts, "consistent cohorts, each verified without the solver")
    one.add_argument("-n", type=_positive, default=1, metavar="N", help="how many cohorts")
    one.add_argument("--seed", type=_seed, default=1, help="a whole number of 0 or more (default 1)")
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write, replaced whole")
    one.add_argument("--scheduler", metavar="ADDRESS", help="the Dask scheduler whose workers draw the cohorts")
    _parallel(one)
    one = _command(commands, "range", _range, "the least and the greatest value over all consistent cohorts")
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
    one = _command(commands, "guard", _guard, "published ranges beside cohorts that were drawn, without the solver")
    one.add_argument("--ledger", type=Path, metavar="FILE", help="an audit.csv of recount audit")
    one.add_argument("--ranges", type=Path, nargs="+", default=[], metavar="FILE", help="ranges.csv of recount range")
    what = "folders of recount cohorts"
    one.add_argument("--cohorts", type=Path, nargs="+", required=True, metavar="DIR", help=what)
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace, Say], int], what: str) -> Any:
    parser = commands.add_parser(name, help=what, description=what)
    parser.add_argument("study", type=Path, help="the folder of the printed record")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.set_defaults(run=run)
    return parser


def _limited(parser: Any) -> None:
    what = f"the solver's time for one end of a range, in seconds of its own clock (default {LIMIT:g})"
    parser.add_argument("--limit", type=_seconds, default=LIMIT, metavar="S", help=what)


def _parallel(parser: Any) -> None:
    what = "processes to use (default: one a processor; 0: this one)"
    parser.add_argument("--workers", type=_whole, metavar="K", help=what)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**6:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to 1,000,000 (got {text})")
    return int(text)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 1000:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to 1,000 (got {text})")
    return int(text)


def _seed(text: str) -> int:
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


# the commands -------------------------------------------------------------------------------------------------------


def _audit(args: argparse.Namespace, say: Say) -> int:
    found = audit(read_study(args.study), args.workers, args.limit, say)
    if args.out:
        replace_folder(args.out, audit_files(found))
    if args.json:
        _print_json(
            verdicts=found.counts,
            set_aside=statement_texts(found.study, found.set_aside),
            conflicts=[[id for _, id in conflict] for conflict in found.conflicts.found],
            conflicts_complete=found.conflicts.complete,
            ledger=found.ledger.to_dict("records"),
        )
    else:
        _print_lines(audit_lines(found, _width()), say)
    return CONTRADICTED if found.conflicts.found else 0


def _conflicts(args: argparse.Namespace, say: Say) -> int:
    study = read_study(args.study)
    found = conflicts_of(reference_solution(study, say), args.most, say)
    if args.out:
        replace_folder(args.out, {"conflicts.csv": csv_text(conflict_table(study, found))})
    if args.json:
        lines = conflict_lines(study, found)
        members = [[f"{kind} {id}" for kind, id in conflict] for conflict in found.found]
        _print_json(conflicts=members, complete=found.complete, text=lines)
    else:
        _print_lines(conflict_lines(study, found), say)
    return CONTRADICTED if found.found else 0


def _cohorts(args: argparse.Namespace, say: Say) -> int:
    found = write_cohorts(args.study, args.n, args.seed, args.out, args.workers, args.scheduler, say)
    if args.json:
        _print_json(cohorts=found.cohorts, out=str(found.out), set_aside=found.lines, taken_over=found.taken_over)
        return 0
    plural = "s" if found.cohorts > 1 else ""
    lines = [f"{found.cohorts} consistent cohort{plural} in {found.out}", *found.notes]
    _print_lines([*lines, *(f"set aside: {line}" for line in found.lines)], say)
    return 0


def _range(args: argparse.Namespace, say: Say) -> int:
    study = read_study(args.study)
    if bool(args.expression) == bool(args.questions):
        rule = "a range is of one expression, or of a file of questions"
        raise Faults([Fault("the question", None, None, rule, args.expression or "neither", "give one of them")])
    if args.questions:
        return _ranges(args, say)
    asked = put(study, args.expression, args.where, args.statistic, args.otherwise, args.versus)
    reference = reference_cohort(reference_solution(study, say))
    found = answer(Session(reference), asked, args.limit)
    row = {"expression": args.expression, "where": args.where, "statistic": asked.question.statistic}
    row |= range_row(found)
    if args.out:
        replace_folder(args.out, {"ranges.csv": csv_text(pd.DataFrame([row]))})
    aside = statement_texts(study, [s for _, s in reference.set_aside])
    if args.json:
        _print_json(**row, set_aside=aside)
    else:
        text = f"{asked.question.statistic} of {args.expression}{f' in {args.where}' if args.where else ''}"
        _print_lines([f"{text}: {range_text(found)}", *(f"set aside: {line}" for line in aside)], say)
    return 0


def _ranges(args: argparse.Namespace, say: Say) -> int:
    """The ranges of a file's questions."""
    study = read_study(args.study)
    asked = read_questions(study, args.questions)
    session = Session(reference_cohort(reference_solution(study, say)))
    found = answers(session, [one.put for one in asked], args.limit, args.workers, say)
    left = {"without": statements_text(session.not_imposed())}
    rows = [{**one.texts, **range_row(range), **left} for one, range in zip(asked, found, strict=True)]
    lines = [f"{row['id']}: {row['question']}: {range_text(range)}" for row, range in zip(rows, found, strict=True)]
    frame = pd.DataFrame(rows)
    if args.out:
        replace_folder(args.out, {"ranges.csv": csv_text(frame)})
    if args.json:
        _print_json(ranges=rows)
    else:
        _print_lines(lines, say)
    return 0


def _guard(args: argparse.Namespace, say: Say) -> int:
    study = read_study(args.study)
    ranges = published_claims(study, args.ledger) if args.ledger else []
    ranges += [one for path in args.ranges for one in published_answers(study, path)]
    found = guard(ranges, [cohort for folder in args.cohorts for cohort in drawn_cohorts(study, folder)])
    if args.json:
        outside = [{"range": str(one.range), "cohort": one.cohort, "value": one.value} for one in found.outside]
        _print_json(compared=found.compared, cohorts=found.cohorts, outside=outside, not_comparable=found.alone)
    else:
        _print_lines(guard_lines(found), say)
    return OUTSIDE if found.outside else 0


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


def _print_lines(lines: list[str], say: Say) -> None:
    if isinstance(say, Teller):
        say.__exit__()
    print("\n".join(lines))


def _print_json(**found: Any) -> None:
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
