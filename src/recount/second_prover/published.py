"""Every bound that the compendium publishes asked again: which are proven twice, and which are not, and why.

What is answered is kept in a file, a line an answer, by the content of the question: the record's files, the
statements left out, what is asked, this room's own code and the solver's version.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

from recount.second_prover.ladder import LIMIT, Proof, prove_bound
from recount.second_prover.reading import (
    ExpressionError,
    Study,
    Sum,
    parse,
    parse_sum,
    read_study,
    resolve,
    resolve_sum,
)
from recount.second_prover.statements import BoundQuestion, End, StatementKey, question_of, repeats_of

SHOWN_DIGITS = 6  # a bound with so many significant digits may have been rounded when it was written
RECORD_FILES = ("variables.csv", "populations.csv", "rules.csv", "claims.csv", "settings.csv")

Row = Mapping[str, str]
Say = Callable[[str], None]


@dataclass(frozen=True)
class AskedBound:
    """One published bound: of which table and row, what is asked, and the choices of what isn't imposed.

    There is more than one choice only where several sets of statements could equally well be set aside.
    """

    table: str
    id: str
    question: BoundQuestion | None
    end: End
    text: str
    choices: tuple[frozenset[StatementKey], ...]


@dataclass(frozen=True)
class Answered:
    """One published bound with what became of it."""

    table: str
    id: str
    end: str
    bound: str
    outcome: str
    why: str
    statements: int
    variables: str
    seconds: float


def prove_ledger(
    folder: Path,
    ledger: Sequence[Row],
    ranges: Mapping[str, Sequence[Row]],
    say: Say = lambda _: None,
    keep: Path | None = None,
    set_aside: Iterable[StatementKey] = (),
    conflicts: Sequence[Sequence[StatementKey]] = (),
    limit: float = LIMIT,
    only_kept: bool = False,
) -> list[Answered]:
    """What became of each bound of a ledger (id, low_bound, high_bound) and of tables of questions and their ranges.

    `set_aside` and `conflicts` are the statements that the record's audit set aside, and its minimal conflicts. With
    `only_kept` nothing is asked: what isn't in the file `keep` is not proven.
    """
    study = read_study(folder)
    asked = [*_ledger_bounds(study, ledger, set(set_aside), conflicts)]
    for table, rows in ranges.items():
        asked += _range_bounds(study, table, rows, set(set_aside))
    kept = _Kept(keep, _content(folder))
    found = []
    for number, one in enumerate(asked, 1):
        found.append(_answered(study, one, kept, limit, only_kept))
        say(f"{number} of {len(asked)} bounds: {one.table} {one.id} {one.end} {one.text}: {found[-1].outcome}")
    return found


def proven_twice(answered: Iterable[Answered]) -> dict[tuple[str, str], bool]:
    """By table and id, whether every bound of the row is proven."""
    found: dict[tuple[str, str], bool] = {}
    for one in answered:
        found[one.table, one.id] = found.get((one.table, one.id), True) and one.outcome == "proven"
    return found


# --- what is asked ----------------------------------------------------------------------------------------


def _ledger_bounds(
    study: Study, ledger: Sequence[Row], aside: set[StatementKey], conflicts: Sequence[Sequence[StatementKey]]
) -> Iterable[AskedBound]:
    claims, repeats = {c.id: c for c in study.claims}, repeats_of(study)
    for row in ledger:
        choices = left_out(("claim", row["id"]), repeats, aside, conflicts)
        yield from _two_ends("ledger", row, question_of(study, claims[row["id"]]), choices)


def left_out(
    key: StatementKey,
    repeats: Mapping[StatementKey, tuple[StatementKey, ...]],
    aside: set[StatementKey],
    conflicts: Sequence[Sequence[StatementKey]],
) -> tuple[frozenset[StatementKey], ...]:
    """What isn't imposed when a claim is judged: itself unless it is repeated elsewhere, and what is set aside.

    For a member of a conflict all its repeats, and the fewest statements that leave the other conflicts open; where
    several sets are fewest, each of them is asked, so that it doesn't matter which the first prover chose.
    """
    same = repeats.get(key, (key,))
    member = [c for c in conflicts if set(same) & set(c)]
    if not member:
        alone = [key] if len(same) == 1 else []
        return (_with_repeats([*aside, *alone], repeats),)
    others = [c for c in conflicts if c not in member]
    return tuple(_with_repeats([*same, *hit], repeats) for hit in _fewest_hitting(others, repeats))


def _fewest_hitting(
    conflicts: Sequence[Sequence[StatementKey]], repeats: Mapping[StatementKey, tuple[StatementKey, ...]]
) -> list[tuple[StatementKey, ...]]:
    """The sets with a statement from each conflict that count fewest, a statement for each time it is printed."""
    members = sorted({key for conflict in conflicts for key in conflict})
    weighed: dict[int, list[tuple[StatementKey, ...]]] = {}
    for size in range(len(conflicts) + 1):
        for some in combinations(members, size):
            if all(set(some) & set(conflict) for conflict in conflicts):
                weighed.setdefault(sum(len(repeats.get(key, (key,))) for key in some), []).append(some)
    return weighed[min(weighed)]


def _with_repeats(
    keys: Iterable[StatementKey], repeats: Mapping[StatementKey, tuple[StatementKey, ...]]
) -> frozenset[StatementKey]:
    return frozenset(again for key in keys for again in repeats.get(key, (key,)))


def _range_bounds(study: Study, table: str, rows: Sequence[Row], aside: set[StatementKey]) -> Iterable[AskedBound]:
    choices = (_with_repeats(aside, repeats_of(study)),)
    for row in rows:
        yield from _two_ends(table, row, read_question(study, row), choices)


def _two_ends(
    table: str, row: Row, question: BoundQuestion | None, choices: tuple[frozenset[StatementKey], ...]
) -> Iterable[AskedBound]:
    for end, column in (("low", "low_bound"), ("high", "high_bound")):
        if row[column]:
            yield AskedBound(table, row["id"], question, "low" if end == "low" else "high", row[column], choices)


def read_question(study: Study, row: Row) -> BoundQuestion | None:
    """A row of questions (expression, where, statistic, otherwise) as a question; None for one against `versus`.

    `where` is a population's name or a condition, empty for everybody. Raises ExpressionError.
    """
    where = row["where"]
    if where in study.populations:
        population = study.where_of(where)
    else:
        population = resolve(parse(where), study.variables) if where else None
    try:
        number: Sum | None = parse_sum(row["expression"])
    except ExpressionError:
        number = None
    if number is None:
        condition = resolve(parse(row["expression"]), study.variables)
        return BoundQuestion(population, row["statistic"] or "count", condition)
    if row["statistic"] == "shift":
        return BoundQuestion(population, "shift", None, number)
    otherwise = Fraction(row["otherwise"]) if row.get("otherwise") else None
    return BoundQuestion(
        population, row["statistic"] or "median", None, resolve_sum(number, study.variables), None, otherwise
    )


# --- what is answered -------------------------------------------------------------------------------------


def bound_of(text: str, end: End) -> Fraction:
    """A written bound; where its last digit may have been rounded, half a unit of it farther out.

    What is proven is then that no value lies outside of what is written, read as a printed number is.

    >>> bound_of("18", "low"), bound_of("49.7917", "low")
    (Fraction(18, 1), Fraction(995833, 20000))
    """
    value, digits = Fraction(text), text.lstrip("-").replace(".", "").lstrip("0")
    if len(digits) < SHOWN_DIGITS:
        return value
    half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    return value - half if end == "low" else value + half


def _answered(study: Study, asked: AskedBound, kept: _Kept, limit: float, only_kept: bool) -> Answered:
    assert asked.question is not None
    proofs = []
    for without in asked.choices:
        key = kept.question_key(repr((asked.question, asked.end, asked.text, sorted(without), limit)))
        proof = kept.kept_proof(key)
        if proof is None and only_kept:
            proof = Proof("not proven", "not asked")
        elif proof is None:
            proof = prove_bound(study, asked.question, asked.end, bound_of(asked.text, asked.end), None, without, limit)
            kept.keep_proof(key, proof)
        proofs.append(proof)
    worst = next((p for p in proofs if p.outcome != "proven"), proofs[0])
    names = " ".join(worst.variables)
    told = worst.outcome, worst.why, worst.statements, names, round(sum(p.seconds for p in proofs), 2)
    return Answered(asked.table, asked.id, asked.end, asked.text, *told)


class _Kept:
    """Answers by the content of their question, in a file of one JSON object a line; in memory without a file."""

    def __init__(self, path: Path | None, content: str) -> None:
        self.path, self.content = path, content
        self.found: dict[str, Proof] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take_in_line(line)

    def _take_in_line(self, line: str) -> None:
        """Takes a line in; one that was cut short when a run was stopped is passed over."""
        try:
            fields = json.loads(line)
            proof = Proof(**(fields["proof"] | {"variables": tuple(fields["proof"]["variables"])}))
        except (ValueError, KeyError, TypeError):
            return
        self.found[str(fields["key"])] = proof

    def question_key(self, question: str) -> str:
        return hashlib.sha256((self.content + question).encode()).hexdigest()

    def kept_proof(self, key: str) -> Proof | None:
        return self.found.get(key)

    def keep_proof(self, key: str, proof: Proof) -> None:
        self.found[key] = proof
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "proof": asdict(proof)}) + "\n")


def _content(folder: Path) -> str:
    """What an answer rests on beside its question: the record's files, this room's code, the solver."""
    sums = [hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(Path(__file__).parent.glob("*.py"))]
    for name in RECORD_FILES:
        path = folder / name
        sums.append(hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none")
    return "\n".join([*sums, version("highspy")])


def read_rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def conflicts_in(rows: Iterable[Row]) -> list[tuple[StatementKey, ...]]:
    """The minimal conflicts of an audit's conflicts.csv (conflict, kind, id)."""
    found: dict[str, list[StatementKey]] = {}
    for row in rows:
        found.setdefault(row["conflict"], []).append((row["kind"], row["id"]))
    return [tuple(keys) for keys in found.values()]
