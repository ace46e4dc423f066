"""The `recount` command: consistent cohorts from a printed record.

Exit 0: done; 2: unusable input, nothing written; 3: the solver found no answer in its limit, which says nothing
about the record.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pandas as pd

from recount.expressions import decimal_text, is_missing
from recount.faults import Faults
from recount.reconstruct import Reconstruction, reconstruct
from recount.solve import Undecided
from recount.study import Study, read_study

UNUSABLE, UNDECIDED_EXIT = 2, 3


def main(arguments: list[str] | None = None) -> int:
    """The exit code of `recount` run with these arguments (the command line's own where none are given)."""
    args = _parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except Faults as faults:
        print(faults, file=sys.stderr)
        return UNUSABLE
    except Undecided as undecided:
        print(f"undecided: {undecided}", file=sys.stderr)
        return UNDECIDED_EXIT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="recount", description="Patients behind a printed record.")
    commands = parser.add_subparsers(required=True)
    cohorts = commands.add_parser("cohorts", help="consistent cohorts, each verified without the solver")
    cohorts.add_argument("study", type=Path, help="the folder of the printed record")
    cohorts.add_argument("-n", type=_positive, default=1, metavar="N", help="how many cohorts")
    cohorts.add_argument("--seed", type=int, default=1)
    cohorts.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write, replaced whole")
    cohorts.add_argument("--json", action="store_true", help="print a summary for machines")
    cohorts.set_defaults(run=_cohorts)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"a whole number of 1 or more (got {text})")
    return number


def _cohorts(args: argparse.Namespace) -> int:
    study = read_study(args.study)
    say: Callable[[str], None] = _to_terminal if sys.stderr.isatty() else lambda _: None
    found = [reconstruct(study, args.seed + k, say) for k in range(args.n)]
    files = {f"cohort_{k:04d}.csv": csv_text(_shown(r.frame)) for k, r in enumerate(found, 1)}
    files["origin.csv"] = csv_text(origins(found[0]))
    files["set_aside.csv"] = csv_text(set_aside_table(study, found[0]))
    files["not_modelled.csv"] = csv_text(pd.DataFrame(found[0].not_modelled.items(), columns=["id", "why"]))
    replace_folder(args.out, files)
    _report(args, found)
    return 0


def _to_terminal(text: str) -> None:
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _report(args: argparse.Namespace, found: list[Reconstruction]) -> None:
    aside = [f"{s.kind} {s.id} ({s.place}): {s.text}" for s in found[0].set_aside]
    if args.json:
        print(json.dumps({"cohorts": len(found), "out": str(args.out), "set_aside": aside}))
        return
    print(f"{len(found)} consistent cohort(s) in {args.out}")
    for line in aside:
        print(f"set aside: {line}")


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as text: numbers as decimals, nothing where there is no value."""
    return frame.map(
        lambda cell: "" if is_missing(cell) else decimal_text(cell) if isinstance(cell, Fraction) else cell
    )


def origins(found: Reconstruction) -> pd.DataFrame:
    """One row per patient and variable that the patient has: USUBJID, variable, origin."""
    long = found.origin.melt(id_vars="USUBJID", var_name="variable", value_name="origin").dropna()
    return long.sort_values("USUBJID", kind="stable").reset_index(drop=True)


def set_aside_table(study: Study, found: Reconstruction) -> pd.DataFrame:
    """One row per statement set aside: kind, id, place, text, patients who break it, why."""
    rows = [
        (s.kind, s.id, s.place, s.text, "|".join(s.patients), conflict_text(study, s.conflict)) for s in found.set_aside
    ]
    return pd.DataFrame(rows, columns=["kind", "id", "place", "text", "patients", "why"])


def conflict_text(study: Study, conflict: tuple[tuple[str, str], ...]) -> str:
    """A minimal conflict in a sentence that names places and numbers."""
    claims, rules = {c.id: c for c in study.claims}, {r.id: r for r in study.rules}
    parts = []
    for kind, id in conflict:
        if kind == "claim":
            c = claims[id]
            parts.append(f"{c.description}, printed as {c.printed} in {c.place} ({id})")
        else:
            parts.append(f"rule {id} of {rules[id].place}: {rules[id].text}")
    return "These cannot all hold; without any one of them they can: " + "; ".join(parts)


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV text with LF line ends."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(frame.itertuples(index=False))
    return text.getvalue()


def replace_folder(folder: Path, files: dict[str, str]) -> None:
    """Writes the files into a new folder beside and puts it in place of the old one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        new.chmod(0o755)
        for name, text in files.items():
            (new / name).write_text(text, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(new, folder)
    finally:
        if new.exists():
            shutil.rmtree(new)


if __name__ == "__main__":
    sys.exit(main())
