"""How long the joint model takes on the paper's record: to decide, to prove ranges, to audit; and how that grows.

`python bench/joint.py` prints the figures and draws the growth. The record is scaled by multiplying what is counted
and keeping quantiles and percentages; rank tests, means with SDs and what is only stated don't scale and are left out,
and so is what only some patients have.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
from made_up import abstract, table_of_arms

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from recount.audit import Asked, Put, Session, answer, audit, put, range_of, read_questions
from recount.reconstruct import (
    ReferenceSolution,
    all_names,
    holds_together,
    reference_cohort,
    reference_solution,
)
from recount.record import Claim, Printed, Study, patients_of, read_study
from recount.running import Undecided
from recount.subproblems import sorting_categories, subproblems_of

RECORD = Path(__file__).parents[1] / "data/raw/paper"
GROWTH = Path(__file__).parents[1] / "results/bench_growth.png"
SCALES = (1, 2, 4, 8)
LARGEST = 192  # patients that are to be decided in ten seconds
COUNTED, KEPT = ("n", "count"), ("percent", "ratio", "value", "min", "max", "median", "p25", "p75")
SUMS = ("mean", "sum")
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
GROWING = ("AGE >= 60", "", "")


def rows(picture: Path | None = GROWTH) -> list[dict[str, Any]]:
    """Each figure with its unit and its target: name, figure, unit, target. Draws the growth into `picture`."""
    study = read_study(RECORD)
    found = [row("the record decided", seconds(lambda: holds_together(read_study(RECORD))), 0.5)]
    found.append(row("first cohort", seconds(lambda: first_cohort(read_study(RECORD))), 3))
    session = Session(first_cohort(study))
    times = {"count": 0.0, "sum or mean": 0.0, "order statistic": 0.0}
    unproven = dict.fromkeys(times, 0)
    for kind, ask in questions(session):
        taken, proven = timed(ask)
        times[kind] = max(times[kind], taken)
        unproven[kind] += not proven
    for kind, target in (("count", 1), ("sum or mean", 5), ("order statistic", None)):
        found.append(row(f"slowest range of a {kind}, {unproven[kind]} not proven", times[kind], target))
    found.append(row("audit, every claim left out in turn, all processors", seconds(lambda: audit(study)), 45))
    found += made_up_rows()
    grown = list(growth(study))
    for size, decided, ranged in grown:
        found.append(row(f"{size} patients: decided", decided, 10 if size == LARGEST else None))
        found.append(row(f"{size} patients: range of a count proven", ranged, None))
    undecided = [patients_of(study) * scale for scale in SCALES[len(grown) :]]
    found += [row(f"{size} patients: decided", "not within the limit", None) for size in undecided]
    if picture is not None:
        draw(grown, undecided, picture)
    return found


def first_cohort(study: Study) -> ReferenceSolution:
    """The reference solution with its cohort, nothing kept from before."""
    return reference_cohort(reference_solution(study))


def made_up_rows() -> list[dict[str, Any]]:
    """The figures of records that are made up: a table by arms decided, an abstract audited."""
    with tempfile.TemporaryDirectory() as folder:
        table, short = table_of_arms(Path(folder) / "table"), abstract(Path(folder) / "abstract")
    decided = seconds(lambda: reference_solution(table))
    return [
        row("105 patients, 87 claims: decided", decided, 5),
        row("33 patients, 17 claims: audited", seconds(lambda: audit(short)), 15),
    ]


def row(name: str, figure: float | str, target: float | None) -> dict[str, Any]:
    """One figure in seconds, or why there is none."""
    figure = figure if isinstance(figure, str) else round(figure, 2)
    return {"name": name, "figure": figure, "unit": "s", "target": target}


def seconds(do: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def timed(ask: Callable[[], Any]) -> tuple[float, bool]:
    """How long a range takes, and whether both ends are proven."""
    start = time.perf_counter()
    found = ask()
    return time.perf_counter() - start, found.proven


def questions(session: Session) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The ranges asked for: the record's own questions, of which most count, add up or order."""
    study = session.study
    for one in read_questions(study, RECORD / "questions.csv"):
        q = one.put.question
        kind = "count" if q.condition is not None else "sum or mean" if q.statistic in SUMS else "order statistic"
        yield kind, partial(answer, session, one.put)
    for claim in study.claims:
        if claim.statistic == "count":
            asked = Asked(claim, study, without=frozenset({("claim", claim.id)}))
            yield "count", partial(range_of, session, asked)


def growth(study: Study) -> Iterator[tuple[int, float, float]]:
    """(patients, seconds to decide, seconds to prove the range of a count) of the record scaled up, while decided."""
    for scale in SCALES:
        larger = scaled(study, scale)
        try:
            decided = seconds(partial(holds_together, larger))
            session = Session(first_cohort(larger))
        except Undecided:
            return
        asked: Put = put(larger, *GROWING)
        yield patients_of(larger), decided, seconds(partial(answer, session, asked))


def scaled(study: Study, by: int) -> Study:
    """The record of so many times as many patients, without what only some of them have."""
    apart = {
        name
        for subproblem in subproblems_of(study, sorting_categories(study))
        if subproblem.where is not None
        for name in subproblem.variables
    }
    kept = [c for c in study.claims if c.statistic in (*COUNTED, *KEPT) and not all_names(study, c) & apart]
    return replace(
        study,
        variables={name: variable for name, variable in study.variables.items() if name not in apart},
        rules=tuple(rule for rule in study.rules if not all_names(study, rule) & apart),
        claims=tuple(multiplied(c, by) for c in kept),
    )


def multiplied(claim: Claim, by: int) -> Claim:
    """A count times a number; anything else as it is."""
    if claim.statistic not in COUNTED:
        return claim
    return replace(claim, printed=Printed(str(int(claim.printed.value) * by)))


def draw(grown: list[tuple[int, float, float]], undecided: list[int], picture: Path) -> None:
    """Draws the growth, both axes logarithmic; the sizes that were not decided stand below."""
    sizes, decided, ranged = zip(*grown, strict=True)
    figure, ax = plt.subplots(figsize=(5, 3.4), layout="constrained")
    ax.loglog(sizes, decided, marker="o", color="black", label="decided")
    ax.loglog(sizes, ranged, marker="s", color="0.5", linestyle="--", label="range of a count proven")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    low, high = ax.get_ylim()
    shown = [tick for tick in TICKS if low <= tick <= high]
    ax.set_yticks(shown, [f"{tick:g}" for tick in shown])
    ax.minorticks_off()
    beyond = f"; not decided within the limit: {', '.join(map(str, undecided))}" if undecided else ""
    ax.set(xlabel=f"patients{beyond}", ylabel="seconds")
    ax.legend(frameon=False)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=150, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    for found in rows():
        aimed = "" if found["target"] is None else f"  at most {found['target']:g}"
        print(f"{found['name']:<60}{found['figure']:>9} {found['unit']}{aimed}")
