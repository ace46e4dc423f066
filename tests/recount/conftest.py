"""Records of a few patients with few values, and every table of patients that satisfies them, found by trying."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import pandas as pd
import pytest

from recount.audit.range import LIMIT, Range
from recount.audit.search import _about, _range_of, range_of
from recount.audit.session import Asked, Session
from recount.reconstruct import all_names, with_owners
from recount.record import Claim
from recount.record.schema import Study
from recount.record.study import patients_of, read_study
from recount.rules import Expression, breaks
from recount.store.answers import VARIABLE
from recount.verify.verifier import About, Value, statistic, value_in

os.environ[VARIABLE] = "off"  # no test reads or writes the user's own answers, nor does a process that it starts

VARIABLES = {
    "G": "G,category,,,,,A|B,,group",
    "E": "E,category,,,,,P|Q,,another group",
    "X": "X,integer,,1,0,3,,,a number",
    "Z": "Z,integer,,1,0,3,,,a later number",
    "K": "K,integer,,1,0,5,,,a number of more values",
    "L": "L,integer,,1,0,5,,,a later number of more values",
    "T": "T,integer,,1,0,1,,,nought or one",
    "H": "H,decimal,,0.5,0,1.5,,,a number in halves",
    "Y": 'Y,decimal,,0.5,0,1,,"G == ""A""",a number of group A',
    "W": 'W,decimal,,0.5,0,1,,"G == ""A""",a later number of group A',
}
POPULATIONS = '''name,where,description
ALL,,everybody
A,"G == ""A""",group A
P,"E == ""P""",group P
HIGH,X >= 2,those with a high number
'''
CLAIMS = "id,place,population,variable,statistic,printed,versus,description"


class Small:
    """Makes small records, and tries every table of patients."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, 0
        self.told: dict[int, tuple[Study, dict[str, list[bool]]]] = {}

    def record(
        self, variables: str, claims: Iterable[str], rules: Iterable[str] = (), quantile: str = "haverage"
    ) -> Study:
        """A record of variables, claims "population|variable|statistic|printed|versus|place" each, and rules."""
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        lines = [CLAIMS]
        for k, claim in enumerate(claims):
            population, variable, kind, printed, versus, place = (claim + "|||||").split("|")[:6]
            about = '"' + variable.replace('"', '""') + '"'
            lines.append(f"c{k},{place or 'here'},{population},{about},{kind},{printed},{versus},claim {k}")
        quoted = [f'r{k},there,"{rule.replace(chr(34), chr(34) * 2)}",a rule' for k, rule in enumerate(rules)]
        known = [
            line for line in POPULATIONS.splitlines() if not any(f'"{n} =' in line and n not in variables for n in "GE")
        ]
        known = [line for line in known if "X >=" not in line or "X" in variables]
        files = {
            "variables": ["name,kind,unit,step,low,high,levels,where,description", *(VARIABLES[n] for n in variables)],
            "populations": known,
            "rules": ["id,place,rule,description", *quoted],
            "claims": lines,
            "settings": ["setting,value", f"quantile,{quantile}"],
        }
        for name, text in files.items():
            (folder / f"{name}.csv").write_text("\n".join(text) + "\n")
        return read_study(folder)

    def range_of(self, session: Session, asked: Asked, limit: float = LIMIT) -> Range:
        """The range of a question with the patients who reach its ends, which what is kept of an answer leaves out."""
        found = _range_of(session, session.home(asked, _about(session, asked)), asked, limit)
        assert range_of(session, asked, limit) == found.bare
        return found

    def tables(self, study: Study, without: Collection[str] = ()) -> list[pd.DataFrame]:
        """Every table of patients, their order aside, that satisfies all claims and rules but those of these ids."""
        kept = [id for id, told in self._told(study).items() if id not in without]
        every = every_table("".join(study.variables), patients_of(study))
        return [table for k, table in enumerate(every) if all(self._told(study)[id][k] for id in kept)]

    def _told(self, study: Study) -> dict[str, list[bool]]:
        """For each claim and rule of a record by its id, which of all tables satisfy it; not for claims only stated."""
        if id(study) not in self.told:
            every = every_table("".join(study.variables), patients_of(study))
            claims = [c for c in study.claims if c.statistic != "stated"]
            about = {s.id: sorted(with_owners(study, all_names(study, s))) for s in (*claims, *study.rules)}
            told = {c.id: _of_each(every, about[c.id], partial(_holds, study, c)) for c in claims}
            told |= {r.id: _of_each(every, about[r.id], partial(_is_kept, r.rule)) for r in study.rules}
            self.told[id(study)] = study, told
        return self.told[id(study)][1]

    def ends(self, study: Study, question: About, without: Collection[str] = ()) -> tuple[Value, Value] | None:
        """The least and the greatest value over all these tables, None where it has none in any."""
        values = [value_in(study, question, table) for table in self.tables(study, without)]
        known = [value for value in values if value is not None]
        return (min(known), max(known)) if known else None


def _holds(study: Study, claim: Claim, table: pd.DataFrame) -> bool:
    return bool(statistic(claim, table, study).holds)


def _is_kept(rule: Expression, table: pd.DataFrame) -> bool:
    return not breaks(rule, table).any()


def _of_each(tables: list[pd.DataFrame], columns: list[str], judge: Callable[[pd.DataFrame], bool]) -> list[bool]:
    """What is said of each table; asked once of those that are the same in these columns, in whatever order."""
    said: dict[tuple, bool] = {}
    found = []
    for table in tables:
        rows = sorted(zip(*(table[name].tolist() for name in columns), strict=True), key=str)
        key = tuple(rows) if columns else (len(table),)
        if key not in said:
            said[key] = judge(table)
        found.append(said[key])
    return found


@cache
def every_table(variables: str, size: int) -> list[pd.DataFrame]:
    """Every table of so many patients with these variables; patients are interchangeable."""
    columns = list(variables)
    kinds = [
        kind
        for kind in itertools.product(*map(values_of, columns))
        if is_patient(dict(zip(columns, kind, strict=True)))
    ]
    return [
        pd.DataFrame(list(rows), columns=columns, dtype=object)
        for rows in itertools.combinations_with_replacement(kinds, size)
    ]


def values_of(name: str) -> list[str | Fraction | None]:
    """What a variable can be; None where only some have it."""
    if name == "G":
        return ["A", "B"]
    if name == "E":
        return ["P", "Q"]
    if name in "XZTKL":
        return [Fraction(k) for k in range({"T": 2, "K": 6, "L": 6}.get(name, 4))]
    halves: list[str | Fraction | None] = [Fraction(k, 2) for k in range(4 if name == "H" else 3)]
    return halves if name == "H" else [*halves, None]


def is_patient(kind: dict[str, str | Fraction | None]) -> bool:
    """Whether group A, and only group A, has its own numbers."""
    return all((kind[name] is not None) == (kind["G"] == "A") for name in ("Y", "W") if name in kind)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Small records, and every table that satisfies them."""
    return Small(tmp_path_factory.mktemp("small"))
