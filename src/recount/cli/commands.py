"""What each command of `recount` does: reads the record, asks, prints, and says the exit code."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from typing import Any

import pandas as pd

from recount.audit import KINDS, Session, answer, answers, audit, put, read_questions
from recount.cli.outcome import CONTRADICTED, OUTSIDE, Command, Say, outcome
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
    conflicts_of,
    csv_text,
    reference_cohort,
    reference_solution,
    write_cohorts,
)
from recount.record import Fault, Faults, Study, read_study
from recount.results import drawn_cohorts, guarded_ranges, published_answers, published_claims, statements_text
from recount.running import Teller
from recount.store import Store, default_folder


def run_command(args: argparse.Namespace) -> int:
    """The exit code of a command."""
    return outcome(COMMANDS[args.command], args)


def _open_store(args: argparse.Namespace) -> Store:
    """The answers kept from before; with --fresh none of them counts."""
    return Store(default_folder(), KINDS, args.fresh)


def _session(study: Study, args: argparse.Namespace, say: Say) -> Session:
    store = _open_store(args)
    return Session(reference_cohort(reference_solution(study, say, store), store=store), store)


def _run_audit(args: argparse.Namespace, say: Say) -> int:
    found = audit(read_study(args.study), args.workers, args.limit, say, _open_store(args))
    if args.second:
        from recount.cli.twice import ledger_proofs

        rows = [{str(name): str(cell) for name, cell in row.items()} for row in found.ledger.to_dict("records")]
        found.ledger["proof"] = ledger_proofs(args.study, rows, found.set_aside, found.conflicts.found, args.second)
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
        _print_lines(audit_lines(found, _terminal_width()), say)
    return CONTRADICTED if found.conflicts.found else 0


def _run_conflicts(args: argparse.Namespace, say: Say) -> int:
    study = read_study(args.study)
    found = conflicts_of(reference_solution(study, say, _open_store(args)), args.most, say)
    if args.out:
        replace_folder(args.out, {"conflicts.csv": csv_text(conflict_table(study, found))})
    if args.json:
        lines = conflict_lines(study, found)
        members = [[f"{kind} {id}" for kind, id in conflict] for conflict in found.found]
        _print_json(conflicts=members, complete=found.complete, text=lines)
    else:
        _print_lines(conflict_lines(study, found), say)
    return CONTRADICTED if found.found else 0


def _run_cohorts(args: argparse.Namespace, say: Say) -> int:
    found = write_cohorts(args.study, args.n, args.seed, args.out, args.workers, args.scheduler, say, _open_store(args))
    if args.json:
        _print_json(cohorts=found.cohorts, out=str(found.out), set_aside=found.lines, taken_over=found.taken_over)
        return 0
    plural = "s" if found.cohorts > 1 else ""
    lines = [f"{found.cohorts} consistent cohort{plural} in {found.out}", *found.notes]
    _print_lines([*lines, *(f"set aside: {line}" for line in found.lines)], say)
    return 0


def _run_range(args: argparse.Namespace, say: Say) -> int:
    study = read_study(args.study)
    if bool(args.expression) == bool(args.questions):
        rule = "a range is of one expression, or of a file of questions"
        raise Faults([Fault("the question", None, None, rule, args.expression or "neither", "give one of them")])
    if args.questions:
        return _run_ranges(args, say)
    asked = put(study, args.expression, args.where, args.statistic, args.otherwise, args.versus)
    session = _session(study, args, say)
    found = answer(session, asked, args.limit)
    row = {"expression": args.expression, "where": args.where, "statistic": asked.question.statistic}
    row |= range_row(found)
    if args.out:
        replace_folder(args.out, {"ranges.csv": csv_text(pd.DataFrame([row]))})
    aside = statement_texts(study, [s for _, s in session.reference.set_aside])
    if args.json:
        _print_json(**row, set_aside=aside)
    else:
        text = f"{asked.question.statistic} of {args.expression}{f' in {args.where}' if args.where else ''}"
        _print_lines([f"{text}: {range_text(found)}", *(f"set aside: {line}" for line in aside)], say)
    return 0


def _run_ranges(args: argparse.Namespace, say: Say) -> int:
    """The ranges of a file's questions."""
    study = read_study(args.study)
    asked = read_questions(study, args.questions)
    session = _session(study, args, say)
    found = answers(session, [one.put for one in asked], args.limit, args.workers, say)
    left = {"without": statements_text(session.not_imposed())}
    rows = [{**one.texts, **range_row(range), **left} for one, range in zip(asked, found, strict=True)]
    if args.second:
        from recount.cli.twice import range_proofs

        proofs = range_proofs(args.study, rows, sorted(session.reference.aside), args.second)
        rows = [{**row, "proof": proof} for row, proof in zip(rows, proofs, strict=True)]
    lines = [f"{row['id']}: {row['question']}: {range_text(range)}" for row, range in zip(rows, found, strict=True)]
    frame = pd.DataFrame(rows)
    if args.out:
        replace_folder(args.out, {"ranges.csv": csv_text(frame)})
    if args.json:
        _print_json(ranges=rows)
    else:
        _print_lines(lines, say)
    return 0


def _run_guard(args: argparse.Namespace, say: Say) -> int:
    study = read_study(args.study)
    ranges = published_claims(study, args.ledger) if args.ledger else []
    ranges += [one for path in args.ranges for one in published_answers(study, path)]
    found = guarded_ranges(ranges, [cohort for folder in args.cohorts for cohort in drawn_cohorts(study, folder)])
    if args.json:
        outside = [{"range": str(one.range), "cohort": one.cohort, "value": one.value} for one in found.outside]
        _print_json(compared=found.compared, cohorts=found.cohorts, outside=outside, not_comparable=found.alone)
    else:
        _print_lines(guard_lines(found), say)
    return OUTSIDE if found.outside else 0


def _terminal_width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


def _print_lines(lines: list[str], say: Say) -> None:
    if isinstance(say, Teller):
        say.__exit__()
    print("\n".join(lines))


def _print_json(**found: Any) -> None:
    plain = "utf" not in (sys.stdout.encoding or "").lower()  # a terminal that can't show all signs gets them escaped
    print(json.dumps(found, ensure_ascii=plain, indent=1))


COMMANDS: dict[str, Command] = {
    "audit": _run_audit,
    "conflicts": _run_conflicts,
    "cohorts": _run_cohorts,
    "range": _run_range,
    "guard": _run_guard,
}
