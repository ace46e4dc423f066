"""What was found, as text: sentences with their numbers from results.csv, the ledger's verdicts counted."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from compendium.project import Cohort
from recount.results import DOUBTED, MEANING, counted

Row = dict[str, str]
Values = dict[tuple[str, ...], str]


def found(cohort: Cohort, sentences: Path, downloads: Iterable[str]) -> str:
    """The Markdown of what was found: sentences, verdicts, what doesn't hold, downloads."""
    results, ledger = (rows(cohort.results / name) for name in ("results.csv", "ledger.csv"))
    parts = [
        told(sentences, results, cohort),
        verdicts(ledger),
        proofs(ledger),
        aside(cohort),
        contradictions(ledger),
        " · ".join(f"[{name}]({target(name)})" for name in downloads),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def target(name: str) -> str:
    """Where a page finds a file in the root of the pages' source."""
    return f"/{name}"


def rows(path: Path) -> list[Row]:
    """The rows of a CSV file, all text; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(path: Path, results: list[Row], cohort: Cohort) -> str:
    """The sentences of a YAML file as a list, each only where the results have all its numbers.

    An entry has `text` with {names}, `numbers`, a name each with [population, variable, statistic] or
    [population, variable, statistic, versus], and `only: reconstructed` where it isn't for other cohorts.
    """
    if not path.exists():
        return ""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    values: Values = {(r["population"], r["variable"], r["statistic"], r["versus"]): r["value"] for r in results}
    lines = [sentence(entry, values) for entry in entries if entry.get("only", cohort.name) == cohort.name]
    return "\n".join(f"- {line}" for line in lines if line)


def sentence(entry: Mapping[str, Any], values: Values) -> str:
    """One sentence with its numbers put in; empty where a number is missing."""
    keys = {name: tuple([*key, ""][:4]) for name, key in entry.get("numbers", {}).items()}
    if not all(values.get(key) for key in keys.values()):
        return ""
    return str(entry["text"]).format(**{name: number(values[key]) for name, key in keys.items()})


def number(text: str) -> int | float | str:
    """The value as a number where it is one, so that a sentence can say how many decimals it wants."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def verdicts(ledger: list[Row]) -> str:
    """How many claims have which verdict, as a table; empty without a ledger."""
    counts = Counter(row["verdict"] for row in ledger)
    if not counts:
        return ""
    order = sorted(counts, key=lambda verdict: ([*MEANING, verdict].index(verdict), verdict))
    lines = [f"| {verdict} | {counts[verdict]} | {MEANING.get(verdict, '')} |" for verdict in order]
    return "\n".join([f"| verdict | of {len(ledger)} claims | meaning |", "|---|---:|---|", *lines])


def proofs(ledger: list[Row]) -> str:
    """How far the ranges of the ledger are proven, as a sentence; empty where there are none."""
    told = counted(row.get("proof", "") for row in ledger)
    return f"How far the ranges are proven within which these numbers could lie: {told}." if told else ""


def contradictions(ledger: list[Row]) -> str:
    """The claims that don't hold, as a section; empty where all do."""
    wrong = [row for row in ledger if row["verdict"] in DOUBTED]
    return section("Claims that don't hold", ("id", "place", "printed", "verdict", "why"), wrong)


def aside(cohort: Cohort) -> str:
    """The statements that the reconstruction had to leave out, as a section; empty without any."""
    left_out = rows(cohort.landmarks / "set_aside.csv") if cohort.is_reconstructed else []
    return section("What can't all hold", ("id", "place", "text", "patients", "why"), left_out)


def section(title: str, columns: tuple[str, ...], entries: list[Row]) -> str:
    """A heading over a table of these columns; empty without entries."""
    if not entries:
        return ""
    lines = ["| " + " | ".join(cell(row.get(column, "")) for column in columns) + " |" for row in entries]
    return "\n".join([f"## {title}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *lines])


def cell(text: str) -> str:
    """The text so that it stays within its cell and means nothing to Markdown."""
    for mark in "\\`*_{}[]<>|#$":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())
