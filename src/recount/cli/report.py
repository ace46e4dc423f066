"""What the commands say: compact tables for a terminal, JSON for machines, files for a folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from recount.audit import Audit, Range
from recount.reconstruct import Conflicts, csv_text, sentence
from recount.record import Study, shortened
from recount.results import JUDGED, Ends, Guarded, is_proven, range_briefly, range_words
from recount.solver import Statement
from recount.verify import shown_value

NARROWEST = 60  # columns of a terminal


def columns(rows: Sequence[Sequence[str]], width: int, flexible: int) -> list[str]:
    """The rows in columns, the flexible one cut so that no line is wider than `width`; the first row is the head.

    >>> columns([["a", "what"], ["1", "something long"]], 12, 1)
    ['a  what', '1  somethin…']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    others = sum(w for k, w in enumerate(widths) if k != flexible) + 2 * (len(widths) - 1)
    widths[flexible] = max(8, min(widths[flexible], width - others))
    return [
        "  ".join(shortened(cell, w).ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def audit_lines(found: Audit, width: int) -> list[str]:
    """The audit for a terminal: sums of verdicts, what is set aside, conflicts, and a table, the contradicted first."""
    counts = ", ".join(f"{n} {verdict}" for verdict, n in found.counts.items() if n)
    lines = [f"{len(found.ledger)} printed numbers: {counts}"]
    lines += [f"set aside: {text}" for text in statement_texts(found.study, found.set_aside)]
    lines += conflict_lines(found.study, found.conflicts)
    ledger = found.ledger.assign(order=found.ledger["verdict"].map(JUDGED.index)).sort_values("order", kind="stable")
    rows = [["id", "place", "what", "printed", "everything else allows", "verdict"]]
    for row in ledger.astype(str).to_dict("records"):
        what = row["description"] or f"{row['statistic']} of {row['variable']} in {row['population']}"
        rows.append([row["id"], row["place"], what, row["printed"], range_briefly(*_range_parts(row)), row["verdict"]])
    return [*lines, "", *columns(rows, max(width, NARROWEST), 2), *open_lines(found.ledger)]


def open_lines(ledger: pd.DataFrame) -> list[str]:
    """The ranges of a ledger that aren't proven at both ends, each with its bounds; nothing where all are."""
    rows = [row for row in ledger.astype(str).to_dict("records") if row["proof"] and not is_proven(row["proof"])]
    lines = [f"  {row['id']}: {range_words(*_range_parts(row))}" for row in rows]
    return ["", "patients don't reach these bounds, or no proof closes the gap:", *lines] if lines else []


def _range_parts(row: Mapping[Any, str]) -> tuple[Ends, Ends, str]:
    """A row's ends, bounds and proof."""
    return (row["low"], row["high"]), (row["low_bound"], row["high_bound"]), row["proof"]


def conflict_lines(study: Study, conflicts: Conflicts) -> list[str]:
    """Every minimal conflict in a sentence, and whether these are all."""
    if not conflicts.found:
        return ["no conflict: everything can hold together"]
    head = f"{len(conflicts.found)} minimal conflict{'s' if len(conflicts.found) > 1 else ''}"
    head += ", and no other" if conflicts.complete else "; there may be others"
    return [head + ":", *(f"  {k}. {sentence(study, c)}" for k, c in enumerate(conflicts.found, 1))]


def statement_texts(study: Study, statements: Iterable[Statement]) -> list[str]:
    """Statements in words: kind, id, place and what is said."""
    return [f"{row[0]} {row[1]} ({row[2]}): {row[3]}" for row in statement_rows(study, statements)]


def statement_rows(study: Study, statements: Iterable[Statement]) -> list[tuple[str, str, str, str]]:
    """(kind, id, place, text) of statements."""
    claims, rules = {c.id: c for c in study.claims}, {r.id: r for r in study.rules}
    rows = []
    for kind, id in statements:
        if kind == "rule":
            rows.append((kind, id, rules[id].place, rules[id].text))
        else:
            c = claims[id]
            about = c.variable or "patients"
            rows.append((kind, id, c.place, f"{c.statistic} of {about} in {c.population} printed {c.printed}"))
    return rows


def audit_files(found: Audit) -> dict[str, str]:
    """The audit as CSV texts by file name."""
    study = found.study
    why = {s: sentence(study, next(c for c in found.conflicts.found if s in c)) for s in found.set_aside}
    aside = [(*row, why[s]) for s, row in zip(found.set_aside, statement_rows(study, found.set_aside), strict=True)]
    return {
        "audit.csv": csv_text(found.ledger),
        "conflicts.csv": csv_text(conflict_table(study, found.conflicts)),
        "set_aside.csv": csv_text(pd.DataFrame(aside, columns=["kind", "id", "place", "text", "why"])),
    }


def conflict_table(study: Study, conflicts: Conflicts) -> pd.DataFrame:
    """One row per member of a conflict: conflict, kind, id, place, text, sentence."""
    rows = [
        (str(k), *row, sentence(study, conflict))
        for k, conflict in enumerate(conflicts.found, 1)
        for row in statement_rows(study, conflict)
    ]
    return pd.DataFrame(rows, columns=["conflict", "kind", "id", "place", "text", "sentence"])


def range_row(found: Range) -> dict[str, str]:
    """A range's ends, bounds and proof as text."""
    ends = {"low": found.low.reached, "high": found.high.reached}
    ends |= {"low_bound": found.low.bound, "high_bound": found.high.bound}
    return {name: "" if end is None else shown_value(end) for name, end in ends.items()} | {"proof": found.proof}


def range_text(found: Range) -> str:
    """A range in a line."""
    return range_words(*_range_parts(range_row(found)))


def guard_lines(found: Guarded) -> list[str]:
    """What the guard found: each range that lacks a cohort's value, how many were compared, and which could not be."""
    cohorts = f"{found.cohorts} cohort{'s' if found.cohorts > 1 else ''}"
    ranges = "1 range has" if found.compared == 1 else f"{found.compared} ranges have"
    lines = [f"{ranges} every value of {cohorts}"]
    if found.outside:
        lines = [f"of {found.compared} compared with {cohorts}, {len(found.outside)} lack a value that is possible:"]
        lines += [f"  {one}" for one in found.outside]
    if found.alone:
        lines.append(f"{len(found.alone)} can't be compared, since every cohort breaks something that was imposed:")
        lines.append(f"  {', '.join(found.alone)}")
    return lines


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
