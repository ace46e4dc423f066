"""Ensembles: many different cohorts of one record, drawn by a seed, each verified, written as a folder.

The law, for cohort k of a seed (`LAW` says it in the folder too):

1. Each patient's categories get random weights: to each patient and level an independent standard Gumbel variable, to
   a usual level of assumptions.csv log(100) more. Taken are the levels of the greatest sum that the record allows.
2. Each number gets a target: values spread over the printed quartiles, where there are any, else drawn from the
   triangular distribution of assumptions.csv, given to the patients whom they suit.
3. The numbers taken are those nearest to the targets (the sum of distances, each in its variable's spread) that
   satisfy everything the record says and keep the targets' order among patients of whom the same is said; where there
   are none, the nearest in any order. A search that reaches its limit takes the nearest found until then.
4. Signed-rank pairs and means with SDs are drawn until exact arithmetic finds them as printed.
5. The verifier, which knows no solver, recomputes every statement before a cohort is kept.
6. A cohort with the same patients as one before it in the ensemble is drawn again, from the next sub-seed.

What it is not: not uniform over everything that is consistent, not a posterior distribution, not a sample of what
happened. How widely an ensemble spreads is no confidence interval, and it does not reach the ends of what is possible:
those are proven by `recount range`.

Cohort k depends on the record, the seed and k alone (and, where it repeats an earlier one, on those): not on how many
are drawn, by how many processes, on which machine, in which order they finish.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from recount.reconstruct.cohort import Drawing, SetAside, set_aside_of
from recount.reconstruct.deciding import reference_solution
from recount.reconstruct.origins import origins_of
from recount.reconstruct.reference_solution import ReferenceSolution, why_not_modelled
from recount.reconstruct.tables import cohort_text, csv_text, origins_table, read_cohort, set_aside_table
from recount.reconstruct.uniqueness import is_only_cohort
from recount.record import SCHEMAS, Fault, Faults, read_study
from recount.running import Undecided, Unfinished, WorkersDied, each_result, pace_text
from recount.store import Store

ATTEMPTS = 25  # sub-seeds that a cohort is drawn from before it is said that there is no other one
PACKAGES = ("numpy", "ortools", "pandas", "scipy")  # another version of these may draw other patients
SIGN = "set_aside.csv"  # every folder of cohorts has it
LAW = (
    "Categories: each patient and level gets an independent standard Gumbel weight, a usual level of assumptions.csv "
    "log(100) more; taken are the levels of the greatest sum that the record allows.",
    "Numbers: the nearest to random targets (from printed quartiles, else from assumptions.csv) that satisfy every "
    "statement that isn't set aside; signed-rank pairs and moments are drawn until they are as printed.",
    "Every cohort was recomputed without the solver, and no two have the same patients.",
    "This is not uniform over everything that is consistent, not a posterior, and not a sample of what happened. The "
    "spread of an ensemble is no confidence interval and does not reach the ends of what is possible, which "
    "`recount range` proves.",
)


class Draw(NamedTuple):
    """One cohort to be drawn: its number in the ensemble, counted from 1, and which attempt at it this is."""

    number: int
    attempt: int

    def __str__(self) -> str:
        return f"cohort {self.number}"

    @property
    def file(self) -> str:
        """The name under which it is kept until all are there."""
        return f"{self.number:06d}-{self.attempt:02d}.csv"


@dataclass(frozen=True)
class Summary:
    """What was written: how many cohorts and where, what is set aside, how many were taken over from before, notes.

    `redrawn` says for each cohort that repeated an earlier one at which attempt it didn't.
    """

    cohorts: int
    out: Path
    set_aside: tuple[SetAside, ...]
    taken_over: int
    redrawn: Mapping[int, int]
    notes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """What is set aside, one line each."""
        return [f"{s.kind} {s.id} ({s.place}): {s.text}" for s in self.set_aside]


class OtherPackages(WorkersDied):
    """A worker would draw other patients."""


class Interrupted(KeyboardInterrupt):
    """Stopped from the keyboard; what was finished is kept, and the text says how to go on."""


def write_cohorts(
    study_folder: Path,
    n: int,
    seed: int,
    out: Path,
    workers: int | None = None,
    scheduler: str | None = None,
    say: Callable[[str], None] = lambda _: None,
    store: Store | None = None,
) -> Summary:
    """Writes n different cohorts, and what is known of them, into a folder that is replaced when all are there.

    On `workers` processes of this machine (all processors where not reference), or on the Dask cluster of a scheduler.
    Raises Faults for unusable input and where more than a record's only cohort is asked for, Undecided where no cohort
    is found in the limit or no further one that differs, WorkersDied, and Interrupted.
    """
    study = read_study(study_folder)
    _check(n, seed)
    digest = study_digest(study_folder)
    kept = Unfinished(out, {"study": digest, "seed": seed, "version": versions()}, SIGN)
    try:
        reference = reference_solution(study, say, store)
        ensemble = Ensemble(n, kept, partial(is_only_cohort, reference))
        taken_over = len(ensemble.numbers)
        if kept.note:
            say(kept.note)
        _draw_all(ensemble, reference, seed, workers, scheduler, say)
        say("telling what is determined")
        frame = read_cohort(ensemble.text(1))
        origin = origins_of(reference, frame, Drawing(reference).others())
        about = _about(reference, n, seed, digest, ensemble.redrawn)
        kept.put_in_place(ensemble.names(), _beside(reference, frame, origin) | {"ensemble.json": about})
        notes = (kept.note,) if kept.note else ()
        return Summary(n, out, set_aside_of(reference, frame), taken_over, ensemble.redrawn, notes)
    finally:
        kept.close()


def _check(n: int, seed: int) -> None:
    faults = []
    if n < 1:
        faults.append(Fault("-n", None, None, "an ensemble has 1 cohort at least", str(n), "ask for more"))
    if seed < 0:
        faults.append(Fault("--seed", None, None, "a seed is a whole number from 0", str(seed), "leave off the sign"))
    if faults:
        raise Faults(faults)


class Ensemble:
    """The cohorts that are there, and which come next: each differs from those of smaller numbers.

    `is_only` tells, when a second cohort repeats the first, whether it is proven that there is no other.
    """

    def __init__(self, n: int, kept: Unfinished, is_only: Callable[[], bool] = lambda: False) -> None:
        self.n, self.kept, self.is_only = n, kept, is_only
        self.redrawn: dict[int, int] = {}
        self._digests: dict[Draw, str] = {}
        self._seen: dict[str, int] = {}
        self._settled = 0
        for name in kept.finished_files():
            draw = Draw(*map(int, name.removesuffix(".csv").split("-")))
            self._digests[draw] = patients_digest(kept.finished_text(name))
        self._attempts = dict.fromkeys(range(1, n + 1), 0)
        self.waiting = deque(Draw(k, 0) for k in range(1, n + 1) if Draw(k, 0) not in self._digests)
        self._settle()

    @property
    def numbers(self) -> list[int]:
        """The numbers of the cohorts that are there, whether or not they turn out to repeat another."""
        return [k for k, attempt in self._attempts.items() if Draw(k, attempt) in self._digests]

    def add(self, draw: Draw, text: str) -> None:
        """Keeps a cohort. Raises Undecided where no other one is found for it, Faults where there is none."""
        self.kept.keep_file(draw.file, text)
        self._digests[draw] = patients_digest(text)
        self._settle()

    def _settle(self) -> None:
        """Goes on as far as all cohorts are there; one that repeats another is put in front to be drawn again."""
        while self._settled < self.n:
            number = self._settled + 1
            draw = Draw(number, self._attempts[number])
            digest = self._digests.get(draw)
            if digest is None:
                return
            if digest in self._seen:
                self._again(draw)
                continue
            self._seen[digest] = number
            self._settled = number

    def _again(self, draw: Draw) -> None:
        if (draw.number, draw.attempt) == (2, 0) and self.is_only():
            rule = "it is proven that a single cohort satisfies this record"
            raise Faults([Fault("-n", None, None, rule, str(self.n), "ask for -n 1")])
        if draw.attempt + 1 == ATTEMPTS:
            there = draw.number - 1
            raise Undecided(f"{ATTEMPTS} draws gave no cohort that differs from the first {there}: ask for -n {there}")
        following = Draw(draw.number, draw.attempt + 1)
        self._attempts[draw.number] = self.redrawn[draw.number] = following.attempt
        if following not in self._digests:
            self.waiting.appendleft(following)

    def text(self, number: int) -> str:
        """The CSV text of a cohort."""
        return self.kept.finished_text(Draw(number, self._attempts[number]).file)

    def names(self) -> dict[str, str]:
        """The final name of each cohort's file, and the one it has until then."""
        width = max(4, len(str(self.n)))
        return {f"cohort_{k:0{width}d}.csv": Draw(k, a).file for k, a in self._attempts.items()}


def _draw_all(
    ensemble: Ensemble,
    reference: ReferenceSolution,
    seed: int,
    workers: int | None,
    scheduler: str | None,
    say: Callable[[str], None],
) -> None:
    before, start = len(ensemble.numbers), time.monotonic()
    if scheduler is None and len(ensemble.waiting) == 1 and workers is None:
        workers = 0  # a process of its own would cost more than it brings
    setup = partial(make_drawing, reference, versions())
    try:
        for draw, text in each_result(partial(drawn, seed), ensemble.waiting, setup, workers, scheduler, say):
            ensemble.add(draw, text)
            say(pace_text(len(ensemble.numbers), ensemble.n, "cohorts", before, time.monotonic() - start))
    except KeyboardInterrupt:
        there = len(ensemble.numbers)
        text = f"stopped with {there:,} of {ensemble.n:,} cohorts: the same command again goes on from there"
        raise Interrupted(text) from None


def make_drawing(reference: ReferenceSolution, expected: Mapping[str, str]) -> Drawing:
    """What a process needs to draw. Raises OtherPackages where its packages are not those that began the run."""
    found = versions()
    others = [f"{name} {found[name]} instead of {expected[name]}" for name in expected if found[name] != expected[name]]
    if others:
        raise OtherPackages(
            f"a worker has {', '.join(others)}: install the same there, or other patients would be drawn"
        )
    return Drawing(reference)


def drawn(seed: int, drawing: Drawing, draw: Draw) -> str:
    """A cohort as CSV text. Raises Undecided."""
    return cohort_text(drawing.cohort(seed, draw.number, draw.attempt))


def patients_digest(text: str) -> str:
    """The same for two cohorts exactly when they have the same patients, in whatever order."""
    head, *rows = text.rstrip("\n").split("\n")
    patients = sorted(row.split(",", 1)[1] for row in rows)
    return hashlib.sha256("\n".join([head, *patients]).encode()).hexdigest()


def study_digest(folder: Path) -> str:
    """The SHA-256 of a study's files and their names."""
    total = hashlib.sha256()
    for schema in SCHEMAS.values():
        path = Path(folder) / schema.file
        if path.exists():
            total.update(f"{schema.file} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def versions() -> dict[str, str]:
    """The version of everything that a cohort depends on besides record and seed."""
    return {"recount": _version(), **{name: version(name) for name in PACKAGES}}


def _version() -> str:
    """The version of this package, and the digest of what draws, by which one under development is told apart."""
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"{version('rtx-btz-compendium')}+{total.hexdigest()[:12]}"


def _sources() -> list[Path]:
    """The source files of this module and of all modules of the package that it rests on."""
    found, todo, package = set[Path](), [Path(__file__)], Path(__file__).parents[1]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            imported = re.findall(r"^from recount\.([a-z_.]+) import", path.read_text(encoding="utf-8"), re.MULTILINE)
            places = [package / name.replace(".", "/") for name in imported]
            todo += [place / "__init__.py" if place.is_dir() else place.with_suffix(".py") for place in places]
    return sorted(found)


def _about(reference: ReferenceSolution, n: int, seed: int, digest: str, redrawn: Mapping[int, int]) -> str:
    """What ensemble.json says: of what, by which law, with which versions."""
    about = {
        "cohorts": n,
        "seed": seed,
        "study": {"folder": reference.study.folder.name, "sha256": digest},
        "versions": {"recount": version("rtx-btz-compendium"), **{name: version(name) for name in PACKAGES}},
        "law": list(LAW),
        "set_aside": [statement[1] for _, statement in reference.set_aside],
        "redrawn": {str(k): attempt for k, attempt in sorted(redrawn.items())},
    }
    return json.dumps(about, indent=2, ensure_ascii=False) + "\n"


def _beside(reference: ReferenceSolution, frame: pd.DataFrame, origin: pd.DataFrame) -> dict[str, str]:
    """The texts of the tables beside the cohorts; what is known of values is told of the first cohort."""
    unmodelled = pd.DataFrame(why_not_modelled(reference.study).items(), columns=["id", "why"])
    return {
        "origin.csv": csv_text(origins_table(origin)),
        "set_aside.csv": csv_text(set_aside_table(reference.study, set_aside_of(reference, frame))),
        "not_modelled.csv": csv_text(unmodelled),
    }
