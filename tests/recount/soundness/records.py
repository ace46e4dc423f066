"""Tiny printed records by seed: printed from a hidden cohort, half of them spoilt in one to three places.

A seed makes the same record and the same questions on every machine: `random.Random` alone is used.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.recount.soundness.brute_force import (
    FLOATS,
    Multisets,
    Patient,
    Question,
    Record,
    condition_of,
    number_shown,
    record_of,
)

DEFINITIONS = ("haverage", "tukey", *(f"hf{k}" for k in range(1, 10)))
USUAL, LARGE = 6_000, 60_000  # multisets of patients; one record in twelve may be large
OF_NUMBERS = ("min", "max", "median", "p25", "p75", "mean", "sd", "value")
PAIRS = ("wilcoxon_z", "wilcoxon_p", "paired_t", "paired_p")
ASKED = ("min", "max", "median", "p25", "p75", "mean", "sum")

Row = dict[str, str]


@dataclass(frozen=True)
class Tiny:
    """A record's files by name, whether it was spoilt, and questions about it."""

    files: dict[str, str]
    is_spoilt: bool
    questions: tuple[Question, ...]

    def write(self, folder: Path) -> Path:
        """Writes the files."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            (folder / name).write_text(text)
        return folder


def tiny_record(seed: int) -> Tiny:
    """The record of a seed."""
    return _Maker(random.Random(seed)).tiny()


def decimal_text(x: Fraction, decimals: int) -> str:
    """A number rounded half up to so many decimals.

    >>> decimal_text(Fraction(5, 2), 0), decimal_text(Fraction(-1, 8), 2)
    ('3', '-0.13')
    """
    units = math.floor(abs(x) * 10**decimals + Fraction(1, 2))
    digits = str(units).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if x < 0 and units else text


def exact_text(x: Fraction) -> str:
    """A decimal number as its digits.

    >>> exact_text(Fraction(5, 2)), exact_text(Fraction(3))
    ('2.5', '3')
    """
    return decimal_text(x, next(k for k in range(12) if (x * 10**k).denominator == 1))


class _Maker:
    """Makes one record."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.size = rng.randint(3, 6)
        self.variables = self._variables()
        self.names = [row["name"] for row in self.variables if row["kind"] != "category"]
        self.levels = self.variables[0]["levels"].split("|")
        self.populations = self._populations()
        self.definition = rng.choice(DEFINITIONS)

    def tiny(self) -> Tiny:
        """A record with its questions."""
        claims = [self._row("n1", "ALL", "", "n", str(self.size), "")]
        record = record_of(self._files([], claims))
        self.cohort = [self.rng.choice(record.patients) for _ in range(self.size)]
        rules = self._rules()
        claims += self._claims(record)
        is_spoilt = self.rng.random() < 0.5
        if is_spoilt:
            self._spoil(claims, rules)
        return Tiny(self._files(rules, claims), is_spoilt, tuple(self._question() for _ in range(5)))

    # --- variables and populations --------------------------------------------------------------------

    def _variables(self) -> list[Row]:
        """A category and one or two numbers, few enough values for every multiset of patients to be tried."""
        most = LARGE if self.rng.random() < 1 / 12 else USUAL
        while True:
            levels = "AB" if self.rng.random() < 0.6 else "ABC"
            rows = [self._category(levels), self._number("X", levels, [])]
            if self.rng.random() < 0.7:
                rows.append(self._number("Y", levels, ["X"] if not rows[1]["where"] else []))
            if self.rng.random() < 0.3:
                rows.insert(1, rows.pop(0))
                rows.sort(key=lambda row: row["kind"] != "category")
            size = self._row("n1", "ALL", "", "n", str(self.size), "")
            everybody = {"name": "ALL", "where": "", "description": ""}
            self.populations, self.variables, self.definition = [everybody], rows, "haverage"
            if record_of(self._files([], [size])).multisets <= most:
                return rows

    @staticmethod
    def _category(levels: str) -> Row:
        return {
            "name": "G",
            "kind": "category",
            "unit": "",
            "step": "",
            "low": "",
            "high": "",
            "levels": "|".join(levels),
            "where": "",
            "description": "",
        }

    def _number(self, name: str, levels: str, others: Sequence[str]) -> Row:
        step = self.rng.choice([Fraction(1, 2), Fraction(1), Fraction(1), Fraction(2)])
        low = step * self.rng.choice([0, 0, 0, 1, -1, -2, 3])
        high = low + step * self.rng.randint(1, 5)
        where = ""
        if self.rng.random() < 0.35:
            where = self.rng.choice(['G == "A"', 'G != "B"', 'G in ("A", "B")', 'not (G == "A")'])
            if others and self.rng.random() < 0.25:
                where = f"{others[0]} >= {exact_text(low)}"
        kind = "decimal" if step.denominator > 1 else "integer"
        return {
            "name": name,
            "kind": kind,
            "unit": "",
            "step": exact_text(step),
            "low": exact_text(low),
            "high": exact_text(high),
            "levels": "",
            "where": where,
            "description": "",
        }

    def _populations(self) -> list[Row]:
        found = {"ALL": "", "A": 'G == "A"'}
        if self.rng.random() < 0.5:
            found["B"] = 'G == "B"'
        for name in ("P", "Q")[: self.rng.randint(0, 2)]:
            found[name] = self._condition()
        if self.rng.random() < 0.1:
            found["EVERY"] = ""
        return [{"name": name, "where": where, "description": ""} for name, where in found.items()]

    def _condition(self, depth: int = 1) -> str:
        """A random condition."""
        roll = self.rng.random()
        if depth and roll < 0.4:
            one, other = self._condition(0), self._condition(0)
            return self.rng.choice(
                [f"{one} and {other}", f"{one} or {other}", f"not ({one})", f"not ({one} or {other})"]
            )
        if roll < 0.55:
            level = self.rng.choice(self.levels)
            return self.rng.choice([f'G == "{level}"', f'G != "{level}"', f'G in ("{level}", "A")'])
        name = self.rng.choice(self.names)
        if len(self.names) > 1 and roll > 0.85:
            return self.rng.choice([f"X + Y >= {self._cut('X')}", "X < Y", f"2*X - Y <= {self._cut('X')}", "X == Y"])
        return f"{name} {self.rng.choice(['>=', '<=', '<', '>', '==', '!='])} {self._cut(name)}"

    def _cut(self, name: str) -> str:
        """A value of a variable, or now and then one between or beyond."""
        row = next(row for row in self.variables if row["name"] == name)
        low, high, step = (Fraction(row[key]) for key in ("low", "high", "step"))
        return exact_text(low + step * self.rng.randint(0, int((high - low) / step)))

    # --- rules and claims -----------------------------------------------------------------------------

    def _rules(self) -> list[Row]:
        """Up to two rules that the hidden cohort keeps."""
        rules: list[Row] = []
        for _ in range(self.rng.choice([0, 0, 1, 1, 2]) * 4):
            text = self._condition()
            if self.rng.random() < 0.6:
                text = f"{self._condition(0)} -> {self._condition(0)}"
            if len(rules) < 2 and all(condition_of(text)(patient) is not False for patient in self.cohort):
                rules.append({"id": f"r{len(rules) + 1}", "place": "Methods", "rule": text, "description": text})
        return rules

    def _claims(self, record: Record) -> list[Row]:
        found: list[Row] = []
        hidden = _Hidden(record, self.cohort)
        for _ in range(self.rng.randint(3, 8)):
            question = self._claimed()
            value = hidden.value(question)
            if value is None:
                continue
            printed = self._printed(question, value, hidden)
            id = f"c{len(found) + 1}"
            found.append(self._row(id, question.where, question.about, question.statistic, printed, question.versus))
            if self.rng.random() < 0.15:
                found.append({**found[-1], "id": f"c{len(found) + 1}", "place": "Discussion"})
        return found

    @staticmethod
    def _row(id: str, population: str, variable: str, statistic: str, printed: str, versus: str) -> Row:
        return {
            "id": id,
            "place": "Table",
            "population": population,
            "variable": variable,
            "statistic": statistic,
            "printed": printed,
            "versus": versus,
            "description": f"claim {id}",
        }

    def _claimed(self) -> Question:
        """What a claim is about."""
        where = self.rng.choice(self.populations)["name"]
        roll = self.rng.random()
        if roll < 0.1:
            return Question(where, "", "n")
        if roll < 0.2:
            return Question(where, self._condition(), "count")
        if roll < 0.3:
            return Question(where, self._condition(), "percent")
        if roll < 0.36:
            return Question(where, "", "ratio", self.rng.choice(self.populations)["name"])
        if roll < 0.6 and len(self.names) > 1:
            return Question(where, "X", self.rng.choice(PAIRS), "Y")
        kind = self.rng.choice(OF_NUMBERS) if self.rng.random() < 0.8 else "sd"
        return Question(where, self.rng.choice(self.names), kind)

    def _printed(self, question: Question, value: Fraction | float, hidden: _Hidden) -> str:
        kind, x = question.statistic, number_shown(question.statistic, value)
        if kind == "ratio":
            return self._ratio(question, x, hidden)
        if kind in FLOATS:
            bounds = [b for b in ("0.01", "0.05", "0.1", "0.5") if float(x) < float(b)]
            if bounds and self.rng.random() < 0.4:
                return f"<{bounds[0]}"
            return (
                ">0.05" if x > Fraction(1, 20) and self.rng.random() < 0.3 else decimal_text(x, self.rng.choice([2, 3]))
            )
        few = 0 if kind in ("n", "count", "percent") else 1
        text = decimal_text(x, self.rng.choice([0, few, 1, 2]) if kind != "n" and kind != "count" else 0)
        if self.rng.random() < 0.12:
            near = [(">=", x >= Fraction(text)), ("<=", x <= Fraction(text)), ("<", x < Fraction(text)),
                    (">", x > Fraction(text))]  # fmt: skip
            return self.rng.choice([sign for sign, holds in near if holds]) + text
        return text

    def _ratio(self, question: Question, x: Fraction, hidden: _Hidden) -> str:
        first = int(Fraction(hidden.value(Question(question.where, "", "n")) or 0))
        second = int(Fraction(hidden.value(Question(question.versus, "", "n")) or 1))
        shapes = [f"{first}:{second}", f"{decimal_text(x, self.rng.choice([0, 1]))}:1"]
        if x:
            shapes.append(f"1:{decimal_text(1 / x, 1)}")
        return self.rng.choice([shape for shape in shapes if Fraction(shape.partition(":")[2])])

    def _spoil(self, claims: list[Row], rules: list[Row]) -> None:
        """Changes one to three printed numbers or rules, never the number of patients."""
        for _ in range(self.rng.randint(1, 3)):
            if rules and self.rng.random() < 0.25:
                rule = self.rng.choice(rules)
                rule["rule"] = rule["description"] = self._condition()
            elif claims[1:]:
                claim = self.rng.choice(claims[1:])
                claim["printed"] = self._misprint(claim["printed"])

    def _misprint(self, text: str) -> str:
        """A printed text with another digit."""
        places = [k for k, sign in enumerate(text) if sign.isdigit()]
        place = self.rng.choice(places)
        changed = text[:place] + str(self.rng.randint(0, 9)) + text[place + 1 :]
        return changed if Fraction(changed.partition(":")[2] or "1") else text

    # --- questions and files --------------------------------------------------------------------------

    def _question(self) -> Question:
        """A question, now and then about patients and values that no claim mentions."""
        roll = self.rng.random()
        where = self.rng.choice([row["name"] for row in self.populations])
        where = where if roll < 0.5 else self._condition()
        if self.rng.random() < 0.3:
            return Question(where, self._condition(), self.rng.choice(["count", "percent"]))
        if len(self.names) > 1 and self.rng.random() < 0.2:
            return Question(where, "X", "shift", "Y")
        about = self.rng.choice(self.names)
        lacking = next(row for row in self.variables if row["name"] == about)["where"]
        if len(self.names) > 1 and self.rng.random() < 0.25:
            return Question(where, self.rng.choice(["X + Y", "2*X - Y", "Y - X"]), self.rng.choice(ASKED))
        otherwise = self._cut(about) if lacking and self.rng.random() < 0.3 else ""
        return Question(where, about, self.rng.choice(ASKED), "", otherwise)

    def _files(self, rules: list[Row], claims: list[Row]) -> dict[str, str]:
        heads = {
            "rules.csv": ["id", "place", "rule", "description"],
            "claims.csv": list(self._row("", "", "", "", "", "")),
        }
        files = {
            "variables.csv": _csv(self.variables, list(self.variables[0])),
            "populations.csv": _csv(self.populations, list(self.populations[0])),
            "rules.csv": _csv(rules, heads["rules.csv"]),
            "claims.csv": _csv(claims, heads["claims.csv"]),
        }
        if self.definition != "haverage":
            settings = [{"setting": "quantile", "value": self.definition}]
            files["settings.csv"] = _csv(settings, ["setting", "value"])
        return files


class _Hidden:
    """What the hidden cohort gives for a question."""

    def __init__(self, record: Record, cohort: Sequence[Patient]) -> None:
        self.cohort = Multisets(record, cohort, [tuple(range(len(cohort)))])

    def value(self, question: Question) -> Fraction | float | None:
        """The statistic, of roots the square."""
        return self.cohort.column(question)[0]


def _csv(rows: Sequence[Row], head: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, head, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
