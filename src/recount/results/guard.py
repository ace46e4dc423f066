"""Published ranges beside the cohorts that were drawn: a proven range that lacks a cohort's value is false.

It knows no solver: values are the verifier's, from a cohort's rows alone. A range is over all patients who satisfy what
it was asked under, so a cohort bears on it only if each statement that the cohort breaks is among those that weren't
imposed, which the column `without` names. Bounds are text, rounded by `shown_value`: a value lies outside only
where it does so of every number that the text can stand for, so that rounding raises no alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pandas as pd

from recount.record import Claim, Fault, Faults, Population, Study, shortened
from recount.results.proofs import NOBODY, range_words
from recount.rules import (
    Expression,
    ExpressionError,
    Sum,
    column_numbers,
    exact_number,
    parse,
    parse_sum,
    resolve,
    resolve_sum,
)
from recount.verify import Value, shown_value, stands_for, value_in, verify

Statement = tuple[str, str]
LONGEST = 120  # characters of what a range is of
ASKED = "ASKED"  # the column, or the population, of a question's own
ENDS = ("low", "high", "low_bound", "high_bound", "proof")
LEDGER = ("id", *ENDS, "without")
QUESTIONS = ("id", "expression", "where", "statistic", "otherwise", "versus", *ENDS, "without")


@dataclass(frozen=True)
class PublishedStatistic:
    """Whose statistic of what a published range is of; `number` is a sum that has no column of its own."""

    population: str
    variable: str
    statistic: str
    versus: str = ""
    condition: Expression | None = None
    number: Sum | None = None
    otherwise: Fraction | None = None


@dataclass(frozen=True)
class Published:
    """A range as it is published: in which file, by which id, what it is of, its texts, what it was asked without."""

    file: str
    id: str
    what: str
    study: Study
    about: PublishedStatistic
    texts: Mapping[str, str]
    without: frozenset[Statement]

    @property
    def key(self) -> tuple[object, ...]:
        """What has to be compared: claims that print the same number have one."""
        return self.about, tuple(self.texts[end] for end in ENDS), self.without, self.study.populations.get(ASKED)

    def lacks_value(self, value: Value | None) -> bool:
        """Whether a value lies outside whatever numbers the texts of the bounds stand for."""
        if self.texts["proof"].endswith(NOBODY):
            return value is not None
        if value is None:
            return False
        low, high = self.texts["low_bound"], self.texts["high_bound"]
        below = bool(low) and Fraction(value) < stands_for(low)[0]
        return below or (bool(high) and Fraction(value) > stands_for(high)[1])

    def __str__(self) -> str:
        low, high, least, most, proof = (self.texts[name] for name in ENDS)
        told = range_words((low, high), (least, most), proof)
        return f"{self.file}, {self.id}: {shortened(self.what, LONGEST)}: {told}"


@dataclass(frozen=True, eq=False)
class Cohort:
    """Patients that were drawn: the cohort's name, its rows, and the statements that the verifier finds broken."""

    name: str
    patients: pd.DataFrame
    broken: frozenset[Statement]


@dataclass(frozen=True)
class Outside:
    """A range that lacks the value of a cohort, and how many further cohorts it lacks."""

    range: Published
    cohort: str
    value: str
    further: int

    def __str__(self) -> str:
        more = f" (and {self.further} further cohort{'s' if self.further > 1 else ''} too)" if self.further else ""
        return f"{self.range}: cohort {self.cohort} has {self.value}{more}"


@dataclass(frozen=True)
class Guarded:
    """How many ranges were compared with how many cohorts, those that lack a value, and those no cohort bears on."""

    compared: int
    cohorts: int
    outside: tuple[Outside, ...]
    alone: tuple[str, ...]


def guarded_ranges(ranges: Sequence[Published], cohorts: Sequence[Cohort]) -> Guarded:
    """Each published range compared with every cohort that bears on it."""
    groups: dict[tuple[object, ...], list[Published]] = {}
    for one in ranges:
        groups.setdefault(one.key, []).append(one)
    outside: list[Outside] = []
    alone: list[str] = []
    for same in groups.values():
        bearing = [cohort for cohort in cohorts if cohort.broken <= same[0].without]
        alone += [one.id for one in same] if not bearing else []
        outside += _outside(same, bearing)
    return Guarded(len(ranges) - len(alone), len(cohorts), tuple(outside), tuple(alone))


def _outside(same: Sequence[Published], cohorts: Iterable[Cohort]) -> list[Outside]:
    """For ranges of the same, one finding each where a cohort's value lies outside, with the first such cohort."""
    values = [(cohort.name, _cohort_value(same[0], cohort.patients)) for cohort in cohorts]
    found = [(name, value) for name, value in values if same[0].lacks_value(value)]
    if not found:
        return []
    name, value = found[0]
    return [Outside(one, name, "" if value is None else shown_value(value), len(found) - 1) for one in same]


def _cohort_value(published: Published, patients: pd.DataFrame) -> Value | None:
    about = published.about
    if about.number is not None:
        column = pd.Series(_sum_column(about.number, about.otherwise, patients), patients.index, dtype=object)
        patients = patients.assign(**{ASKED: column})
    return value_in(published.study, about, patients)


def _sum_column(number: Sum, otherwise: Fraction | None, patients: pd.DataFrame) -> list[Fraction | None]:
    """A sum in each row; where a part of it is missing, what those without it count with."""
    parts = [
        [None if x is None else factor * x for x in column_numbers(patients, name)] for factor, name in number.terms
    ]
    return [
        otherwise if None in row else sum((x for x in row if x is not None), number.constant)
        for row in zip(*parts, strict=True)
    ]


# --- files ------------------------------------------------------------------------------------------------


def published_claims(study: Study, path: Path) -> list[Published]:
    """The ranges of a ledger, one a claim that has one. Raises Faults."""
    claims = {claim.id: claim for claim in study.claims}
    found, faults = [], []
    for line, row in _read_rows(path, LEDGER):
        claim = claims.get(row["id"])
        if claim is None:
            remedy = "run recount audit again"
            faults.append(Fault(path.name, line, "id", "a ledger is of the record's claims", row["id"], remedy))
        elif row["proof"]:
            what = _range_subject(claim.statistic, claim.variable, claim.population)
            without = statements_of(row["without"])
            found.append(Published(path.name, claim.id, what, study, _of_claim(claim), row, without))
    if faults:
        raise Faults(faults)
    return found


def _range_subject(statistic: str, variable: str, population: str) -> str:
    return f"{statistic} of {variable or 'patients'} in {population or 'everybody'}"


def _of_claim(claim: Claim) -> PublishedStatistic:
    return PublishedStatistic(claim.population, claim.variable, claim.statistic, claim.versus, claim.condition)


def published_answers(study: Study, path: Path) -> list[Published]:
    """The ranges of a file of answered questions. Raises Faults."""
    found, faults = [], []
    for line, row in _read_rows(path, QUESTIONS):
        try:
            asking, about = _of_question(study, row)
        except ExpressionError as error:
            faults.append(Fault(path.name, line, None, str(error), row["expression"], "ask the question anew"))
            continue
        what = _range_subject(about.statistic, row["expression"], row["where"])
        without = statements_of(row["without"])
        found.append(Published(f"{path.parent.name}/{path.name}", row["id"], what, asking, about, row, without))
    if faults:
        raise Faults(faults)
    return found


def _of_question(study: Study, row: Mapping[str, str]) -> tuple[Study, PublishedStatistic]:
    """The record, with the question's own population where it has one, and what is asked of it."""
    population = row["where"]
    if population not in study.populations:
        where = resolve(parse(population), study.variables) if population else None
        study = replace(study, populations={**study.populations, ASKED: Population(ASKED, where, "asked")})
        population = ASKED
    asked = PublishedStatistic(population, row["expression"], row["statistic"], row["versus"])
    try:
        number = resolve_sum(parse_sum(row["expression"]), study.variables)
    except ExpressionError:
        return study, replace(asked, condition=resolve(parse(row["expression"]), study.variables))
    if number.name is not None and not row["otherwise"]:
        return study, asked
    return study, replace(asked, variable=ASKED, number=number, otherwise=exact_number(row["otherwise"]))


def drawn_cohorts(study: Study, folder: Path) -> list[Cohort]:
    """The cohorts of a folder that `recount cohorts` wrote, each verified. Raises Faults."""
    paths = sorted(folder.glob("cohort_*.csv"))
    if not paths:
        rule, remedy = "a folder of cohorts has files cohort_0001.csv and so on", "draw some with recount cohorts"
        raise Faults([Fault(str(folder), None, None, rule, "none", remedy)])
    return [_read_cohort(study, path) for path in paths]


def _read_cohort(study: Study, path: Path) -> Cohort:
    patients = _read_texts(path, tuple(study.variables))
    broken = verify(study, patients).broken
    statements = zip(broken["kind"], broken["id"], strict=True)
    return Cohort(f"{path.parent.name}/{path.stem}", patients, frozenset((str(k), str(i)) for k, i in statements))


def statements_text(statements: Iterable[Statement]) -> str:
    """Statements as the column `without` has them.

    >>> statements_text([("rule", "r1"), ("claim", "c2")])
    'claim c2|rule r1'
    """
    return "|".join(sorted(f"{kind} {id}" for kind, id in statements))


def statements_of(text: str) -> frozenset[Statement]:
    """The statements that a text of `statements_text` names.

    >>> sorted(statements_of("claim c2|rule r1"))
    [('claim', 'c2'), ('rule', 'r1')]
    """
    return frozenset((kind, id) for kind, _, id in (part.partition(" ") for part in text.split("|")) if kind)


def _read_rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file with their lines, each a text by column."""
    for line, row in enumerate(_read_texts(path, needed).to_dict("records"), 2):
        yield line, {str(column): str(cell) for column, cell in row.items()}


def _read_texts(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """A CSV file as text, with the columns that are needed. Raises Faults."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        got = str(error).partition("\n")[0]
        raise Faults([Fault(path.name, None, None, "it is a CSV file", got, "make it again")]) from error
    if missing := [column for column in needed if column not in table.columns]:
        rule = f"it has the columns {', '.join(needed)}"
        raise Faults([Fault(path.name, 1, None, rule, f"no {', '.join(missing)}", "make it again")])
    return table
