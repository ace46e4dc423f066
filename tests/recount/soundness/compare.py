"""What `recount` says of tiny records beside what every multiset of patients shows, statement by statement.

    python -m tests.recount.soundness.compare --seeds 1-2000 --out FILE.jsonl

A seed that FILE has already is skipped, so a run that was stopped goes on. It exits 1 where a definite statement is
false or `recount` broke off.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from tests.recount.soundness.brute_force import (
    Cohorts,
    Patient,
    Question,
    Statement,
    TooClose,
    Value,
    number_shown,
    record_of,
)
from tests.recount.soundness.records import tiny_record
from tests.recount.soundness.recount_answers import Answers, Ends, Judged, answers_of

RIGHT, UNDECIDED, FALSE, CRASH, SKIPPED = "right", "undecided", "FALSE", "CRASH", "skipped"
SHOWN = Fraction(1, 10**5)  # a ledger shows six digits, roots and P are floats: a share of the value
MOST_LISTED = 20  # minimal conflicts that are looked for


@dataclass(frozen=True)
class Finding:
    """One statement judged: what it is of, how it is judged, and what was said and is true."""

    about: str
    judged: str
    detail: str = ""


def compare_seed(seed: int) -> list[Finding]:
    """Every statement about the record of a seed, judged."""
    tiny = tiny_record(seed)
    with tempfile.TemporaryDirectory() as folder:
        return compare(tiny.files, tiny.questions, tiny.write(Path(folder)))


def compare(files: dict[str, str], questions: Sequence[Question], folder: Path) -> list[Finding]:
    """Every statement about a record, its files' texts also in a folder, judged."""
    try:
        truth = Cohorts(record_of(files))
    except TooClose as error:
        return [Finding("record", SKIPPED, str(error))]
    return list(judged(truth, answers_of(folder, questions), questions))


def judged(truth: Cohorts, said: Answers, questions: Sequence[Question]) -> Iterator[Finding]:
    """What was said of a record, judged."""
    for name, why in said.failed.items():
        yield Finding(name, UNDECIDED if why.startswith("undecided") else CRASH, why)
    if said.set_aside is not None and said.conflicts is not None:
        yield _of_consistency(truth, said.set_aside)
        yield from _of_conflicts(truth, said.conflicts, said.complete)
        for row in said.ledger:
            yield from _of_claim(truth, said, row)
        yield from _of_kept(truth, said)
        yield from _of_cohort(truth, said)
        yield from _of_determined(truth, said)
        for number, (question, ends) in enumerate(zip(questions, said.ranges, strict=False)):
            if ends is not None:
                values = truth.values(question, [*_imposed(truth, said.set_aside), *_kept(said)])[0]
                yield from _of_range(f"question {number}", question, ends, [values])


def _imposed(truth: Cohorts, aside: Iterable[Statement]) -> list[Statement]:
    aside = set(aside)
    return [s for s in truth.statements if s not in aside]


def _kept(said: Answers) -> list[Statement]:
    """The statements that the rules set aside are kept by as many patients as can."""
    return [("kept", f"{id} {number}") for id, number in said.kept.items()]


def _of_kept(truth: Cohorts, said: Answers) -> Iterator[Finding]:
    """Whether each rule set aside is kept by as many patients as can keep it beside those before it."""
    imposed = [] if said.set_aside is None else _imposed(truth, said.set_aside)
    for id, number in said.kept.items():
        most = max((truth.keepers(id)[k] for k in truth.consistent(imposed)), default=0)
        yield Finding(
            f"kept {id}", RIGHT if number == most else FALSE, "" if number == most else f"by {most}, not {number}"
        )
        imposed = [*imposed, ("kept", f"{id} {number}")]


# --- consistency and conflicts ----------------------------------------------------------------------------


def _of_consistency(truth: Cohorts, aside: frozenset[Statement]) -> Finding:
    """Whether the record is consistent, and the fewest statements are set aside where it isn't."""
    fewest = truth.fewest(truth.conflicts)
    right = aside in fewest if not truth.is_consistent else not aside
    return Finding("set aside", RIGHT if right else FALSE, "" if right else f"{_named(aside)}, not {_all(fewest)}")


def _of_conflicts(truth: Cohorts, found: Sequence[frozenset[Statement]], complete: bool) -> Iterator[Finding]:
    for conflict in found:
        right = conflict in truth.conflicts
        yield Finding("conflict", RIGHT if right else FALSE, "" if right else f"{_named(conflict)} is none of "
                      f"{_all(truth.conflicts)}")  # fmt: skip
    missing = truth.conflicts - set(found)
    if not missing:
        yield Finding("conflicts complete", RIGHT if complete else UNDECIDED)
    elif complete:
        yield Finding("conflicts complete", FALSE, f"{_all(missing)} missing")
    else:
        yield Finding(
            "conflicts complete", RIGHT if len(found) >= MOST_LISTED else UNDECIDED, f"{_all(missing)} missing"
        )


def _named(statements: Iterable[Statement]) -> str:
    return "{" + ", ".join(sorted(id for _, id in statements)) + "}"


def _all(sets: Iterable[Iterable[Statement]]) -> str:
    return "[" + ", ".join(sorted(map(_named, sets))) + "]"


# --- claims -----------------------------------------------------------------------------------------------


def _of_claim(truth: Cohorts, said: Answers, row: Judged) -> Iterator[Finding]:
    """A claim's verdict and its range over everything else."""
    same = next(group for group in truth.same.values() if row.id in {claim.id for claim in group})
    statement: Statement = ("claim", same[0].id)
    settings = list(_everything_else(truth, said, statement, len(same) > 1))
    right, why = _verdict(truth, statement, row.verdict, settings)
    yield Finding(f"verdict {row.id}", right, why)
    if row.ends.proof:
        question = truth.claims[statement].question
        sets = [truth.values(question, imposed)[0] for imposed in settings]
        yield from _of_range(f"claim {row.id}", question, row.ends, sets)


def _everything_else(
    truth: Cohorts, said: Answers, claim: Statement, is_repeated: bool
) -> Iterator[frozenset[Statement]]:
    """What is imposed where a claim is judged: more than one way where equally few can be set aside."""
    assert said.set_aside is not None and said.conflicts is not None
    if not any(claim in conflict for conflict in said.conflicts):
        left_out = said.set_aside | (set() if is_repeated else {claim})
        yield (frozenset(truth.statements) - left_out) | set(_kept(said))
        return
    for aside in truth.fewest([c for c in said.conflicts if claim not in c]):
        imposed = frozenset(truth.statements) - aside - {claim}
        yield imposed
        if said.set_aside <= aside | {claim}:  # nothing set aside is put back in
            yield imposed | set(_kept(said))


def _verdict(
    truth: Cohorts, claim: Statement, verdict: str, settings: Sequence[frozenset[Statement]]
) -> tuple[str, str]:
    """How a verdict is judged, and what is true where it is false."""
    in_conflict = any(claim in conflict for conflict in truth.conflicts)
    told = [truth.told(claim, imposed) for imposed in settings]
    values = [truth.values(truth.claims[claim].question, imposed)[0] for imposed in settings]
    if verdict == "contradicted":
        return (RIGHT, "") if in_conflict else (FALSE, "contradicted, but in no minimal conflict")
    if verdict == "attainable by truncation":
        cut = truth.claims[claim].interval.cut
        right = (
            in_conflict
            and cut is not None
            and any(cut[0] < v < cut[1] for found in values for v in _shown(truth, claim, found))
        )
        return (RIGHT, "") if right else (FALSE, f"{verdict}, but it isn't")
    if in_conflict and any(True not in held for held in told):
        return FALSE, f"{verdict}, but in a minimal conflict"
    if verdict in ("follows", "follows, cut off"):
        if all(held == {True} for held in told):
            return RIGHT, ""
        unforced = "existence: " if all(_inside(truth, claim, found) for found in values) else ""
        return FALSE, f"{unforced}follows, but everything else allows otherwise"
    if verdict == "attainable":
        if not all(True in held for held in told):
            return FALSE, "attainable, but everything else forbids it"
        return (UNDECIDED, "attainable, but it follows") if all(held == {True} for held in told) else (RIGHT, "")
    return _not_checkable(truth, claim, values)


def _shown(truth: Cohorts, claim: Statement, values: Iterable[Value]) -> list[Fraction]:
    kind = truth.claims[claim].question.statistic
    return [number_shown(kind, value) for value in values]


def _inside(truth: Cohorts, claim: Statement, values: set[Value]) -> bool:
    """Whether every value is as printed, so that the claim fails only where there is none."""
    return bool(values) and all(truth.claims[claim].interval.contains(x) for x in _shown(truth, claim, values))


def _not_checkable(truth: Cohorts, claim: Statement, values: Sequence[set[Value]]) -> tuple[str, str]:
    """Nothing bears on it: it is the number of patients as taken, or its variable's whole range is possible."""
    question = truth.claims[claim].question
    if question.statistic == "n" and not truth.record.populations[question.where]:
        return RIGHT, ""
    variable = truth.record.variables.get(question.about)
    if variable is None or question.statistic in ("sd", "count", "percent") or question.versus:
        return UNDECIDED, "not checkable"
    ends = variable.values[0], variable.values[-1]
    right = all(found and (min(found), max(found)) == ends for found in values)
    return (RIGHT, "") if right else (FALSE, "not checkable, but everything else bears on it")


# --- ranges -----------------------------------------------------------------------------------------------


def _of_range(about: str, question: Question, ends: Ends, settings: Sequence[set[Value]]) -> Iterator[Finding]:
    """A range judged, right where it is for one of the settings."""
    sets = [sorted(number_shown(question.statistic, value) for value in values) for values in settings]
    false = [_false_of_range(ends, values) for values in sets]
    what = f"{question.statistic} of {question.about} {question.versus} in {question.where} {question.otherwise}"
    if all(false):
        yield Finding(about, FALSE, f"{what}: {false[0]}; said {_told(ends)}; true {_true(sets[0])}")
    else:
        decided = ends.status == "none" or ends.proof == "proven"
        yield Finding(
            about, RIGHT if decided else UNDECIDED, "" if decided else f"{what}: {_told(ends)}; true {_true(sets[0])}"
        )


def _false_of_range(ends: Ends, values: Sequence[Fraction]) -> str:
    """What is false of a range, nothing where it is sound."""
    if ends.status == "none":
        return "said that nobody has it" if values else ""
    for name, end in (("low", ends.low), ("high", ends.high)):
        if end is not None and not any(_same(end, value) for value in values):
            return f"{name} can't be reached"
    for name, bound, past in (("low", ends.low_bound, values[:1]), ("high", ends.high_bound, values[-1:])):
        for value in past:
            beyond = bound is not None and (value < bound if name == "low" else value > bound)
            if bound is not None and beyond and not _same(bound, value):
                return f"{name} bound excludes a true value"
    if ends.proof == "proven" and not values:
        return "proven, but nobody has it"
    return ""


def _same(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= SHOWN * max(abs(one), abs(other))


def _told(ends: Ends) -> str:
    numbers = ("-" if e is None else f"{float(e):g}" for e in (ends.low_bound, ends.low, ends.high, ends.high_bound))
    return f"{ends.status} {' '.join(numbers)} {ends.proof}"


def _true(values: Sequence[Fraction]) -> str:
    return f"{float(values[0]):g} to {float(values[-1]):g}" if values else "nobody"


# --- cohorts ----------------------------------------------------------------------------------------------


def _of_cohort(truth: Cohorts, said: Answers) -> Iterator[Finding]:
    """Whether the cohort shown satisfies what is imposed."""
    if said.cohort is None or said.set_aside is None:
        return
    drawn = _sorted(said.cohort)
    every = truth.consistent(_imposed(truth, said.set_aside))
    right = any(_sorted(truth.patients_of(place)) == drawn for place in every)
    yield Finding("cohort", RIGHT if right else FALSE, "" if right else f"{drawn} satisfies it not")


def _sorted(patients: Iterable[Patient]) -> list[str]:
    return sorted(str(sorted((name, str(value)) for name, value in patient.items())) for patient in patients)


def _of_determined(truth: Cohorts, said: Answers) -> Iterator[Finding]:
    """Whether each cohort's patients can be put beside the rows so that what is called determined is the same.

    Undecided are values that all alike have in every cohort and that aren't called determined.
    """
    if said.cohort is None or said.determined is None or said.set_aside is None:
        return
    every = truth.consistent(_imposed(truth, said.set_aside))
    cohorts = [truth.patients_of(place) for place in every]
    rows = [{n: row[n] for n in row if (i, n) in said.determined} for i, row in enumerate(said.cohort)]
    false = next((c for c in cohorts if not _matches(rows, c)), None)
    if false is not None:
        yield Finding("determined", FALSE, f"{sorted(said.determined)} not in {_sorted(false)}")
        return
    missed = {cell for cell in _determined(said.cohort, said.classes, cohorts) if cell not in said.determined}
    yield Finding("determined", UNDECIDED if missed else RIGHT, f"{sorted(missed)} too" if missed else "")


def _matches(rows: Sequence[Patient], patients: Sequence[Patient]) -> bool:
    """Whether each row can have a patient of its own with all its values."""
    if not rows:
        return True
    fits = [p for p in patients if all(p[name] == value for name, value in rows[0].items())]
    alike = {id(p): p for p in fits}.values()
    return any(_matches(rows[1:], _without(patients, one)) for one in alike)


def _without(patients: Sequence[Patient], one: Patient) -> list[Patient]:
    place = next(k for k, patient in enumerate(patients) if patient is one)
    return [*patients[:place], *patients[place + 1 :]]


def _determined(
    cohort: Sequence[Patient], classes: Sequence[str], cohorts: Sequence[Sequence[Patient]]
) -> Iterator[tuple[int, str]]:
    """The cells whose value all patients of the row's class have in every cohort, the class always as large."""
    for i, row in enumerate(cohort):
        groups = [[p for p in patients if all(p[n] == row[n] for n in classes)] for patients in cohorts]
        if len({len(group) for group in groups}) == 1:
            for name in groups[0][0]:
                found = {patient[name] for group in groups for patient in group}
                if len(found) == 1 and None not in found:
                    yield i, name


# --- runs -------------------------------------------------------------------------------------------------


def run_seed(seed: int) -> dict[str, object]:
    """A seed's line of a file of findings: how many of each kind, and all that aren't right."""
    began = time.monotonic()
    try:
        findings = compare_seed(seed)
    except Exception as error:
        findings = [Finding("comparison", CRASH, f"{type(error).__name__}: {error}")]
    counts = Counter(finding.judged for finding in findings)
    rest = [asdict(finding) for finding in findings if finding.judged != RIGHT]
    return {"seed": seed, "seconds": round(time.monotonic() - began, 2), "counts": counts, "findings": rest}


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares the seeds that a file doesn't have yet; 1 where anything is false or broke off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", required=True, help="such as 1-2000")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    first, _, last = options.seeds.partition("-")
    done = {line["seed"] for line in _lines(options.out)}
    seeds = [seed for seed in range(int(first), int(last or first) + 1) if seed not in done]
    with options.out.open("a") as out, ProcessPoolExecutor(options.workers) as pool:
        for task in as_completed([pool.submit(run_seed, seed) for seed in seeds]):
            out.write(json.dumps(task.result()) + "\n")
            out.flush()
    return _summary(_lines(options.out))


def _lines(path: Path) -> list[dict]:
    """The lines of a file of findings; a last line that was cut off is left out."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def _summary(lines: Sequence[dict]) -> int:
    counts: Counter[str] = sum((Counter(line["counts"]) for line in lines), Counter())
    told = ", ".join(f"{counts[kind]} {kind}" for kind in (RIGHT, UNDECIDED, FALSE, CRASH, SKIPPED))
    print(f"{len(lines)} records: {told}")
    return 1 if counts[FALSE] or counts[CRASH] else 0


if __name__ == "__main__":
    sys.exit(main())
