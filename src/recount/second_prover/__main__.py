"""`python -m recount.second_prover STUDY --audit DIR --ranges FILE... --keep FILE`: every published bound asked again.

Prints a CSV of the bounds, a row each, and on standard error how many are proven twice. Exit 0 whatever is found.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from dataclasses import asdict, fields
from pathlib import Path

from recount.second_prover.ladder import LIMIT
from recount.second_prover.published import Answered, conflicts_in, prove_ledger, read_rows


def main(arguments: list[str] | None = None) -> int:
    """The command; 0."""
    parser = argparse.ArgumentParser("python -m recount.second_prover", description=__doc__)
    parser.add_argument("study", type=Path, help="the record's folder")
    parser.add_argument("--audit", type=Path, required=True, help="the folder that `recount audit` wrote")
    parser.add_argument("--ranges", type=Path, nargs="*", default=[], help="files that `recount range` wrote")
    parser.add_argument("--keep", type=Path, help="a file of answers, taken up and added to")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for a bound")
    given = parser.parse_args(arguments)
    answered = prove_published(given.study, given.audit, given.ranges, given.keep, given.limit)
    writer = csv.DictWriter(sys.stdout, [f.name for f in fields(Answered)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, answered))
    counts = Counter((one.table, one.outcome) for one in answered)
    for (table, outcome), number in sorted(counts.items()):
        print(f"{table}: {number:,} bounds {outcome}", file=sys.stderr)
    return 0


def prove_published(study: Path, audit: Path, ranges: list[Path], keep: Path | None, limit: float) -> list[Answered]:
    """What became of the bounds in an audit's folder and in files of ranges.

    Nothing is proven without the audit: of a record that contradicts itself everything would be.
    """
    ledger = read_rows(audit / "audit.csv")
    aside = [(row["kind"], row["id"]) for row in read_rows(audit / "set_aside.csv")]
    conflicts = conflicts_in(read_rows(audit / "conflicts.csv"))
    tables = {str(path): read_rows(path) for path in ranges}
    return prove_ledger(study, ledger, tables, _tell_stderr, keep, aside, conflicts, limit)


def _tell_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
