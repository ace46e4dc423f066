"""Means, SDs and paired t held against every possible set of patients, and against published answers.

`EVERY` lists all multisets of four pairs of whole numbers from 0 to 3: what they can print is then known exactly.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, product
from pathlib import Path

import numpy as np
import pytest

from recount.checks.printed_spreads import p_of, t_of
from recount.moments.bounds import bounds, impossible, moment_conflicts
from recount.moments.conflict_search import consistent_moments, fewest_moments_set_aside, minimal_moment_conflict
from recount.moments.patients import MomentPatients, moment_patients
from recount.moments.range_search import moment_range
from recount.moments.sums_and_spreads import is_of_moments_alone
from recount.record.printed import Printed, root
from recount.record.schema import Study
from recount.record.study import patients_of, read_study
from recount.solver.search import FOUND, NONE
from recount.subproblems.cut import Subproblem, sorting_categories, subproblems_of
from recount.verify.verifier import Value

ROOT = Path(__file__).parents[3]
STUDIES = ROOT / "tests" / "studies"
N, TOP = 4, 3


@dataclass(frozen=True)
class Question:
    """What is asked of a subproblem."""

    variable: str
    statistic: str
    versus: str = ""
    population: str = "ALL"
    condition: None = None


# --- every set of four pairs --------------------------------------------------------------------------------

KINDS = [("A", "mean", ""), ("B", "mean", ""), ("A", "sd", ""), ("B", "sd", ""), ("A", "paired_t", "B")]
VARIABLES = f"""name,kind,unit,step,low,high,levels,where,description
A,integer,,1,0,{TOP},,,before
B,integer,,1,0,{TOP},,,after
"""


@cache
def every() -> list[tuple[Fraction | None, ...]]:
    """The statistics of `KINDS` of every multiset, each set of statistics once."""
    found = set()
    for pairs in combinations_with_replacement(list(product(range(TOP + 1), repeat=2)), N):
        a, b = zip(*pairs, strict=True)
        spread = spread_of([x - y for x, y in pairs])
        t = root(Fraction((N - 1) * (sum(a) - sum(b)) ** 2, spread)) if spread else None
        sds = (root(Fraction(spread_of(x), N * (N - 1))) for x in (a, b))
        found.add((Fraction(sum(a), N), Fraction(sum(b), N), *sds, t))
    return sorted(found, key=str)


def spread_of(values: Iterable[int]) -> int:
    values = list(values)
    return N * sum(x * x for x in values) - sum(values) ** 2


def study_of(folder: Path, claims: Iterable[str], variables: str = VARIABLES, rules: tuple[str, ...] = ()) -> Study:
    """A study of everybody, its claims "variable|statistic|printed|versus"."""
    lines = ["id,place,population,variable,statistic,printed,versus,description", f"N,here,ALL,,n,{N},,"]
    for k, claim in enumerate(claims):
        variable, statistic, printed, versus = (claim + "|||").split("|")[:4]
        lines.append(f"c{k},here,ALL,{variable},{statistic},{printed},{versus},a claim")
    (folder / "variables.csv").write_text(variables)
    (folder / "populations.csv").write_text("name,where,description\nALL,,everybody\n")
    quoted = [f'r{k},here,"{rule}",a rule' for k, rule in enumerate(rules)]
    (folder / "rules.csv").write_text("\n".join(["id,place,rule,description", *quoted]) + "\n")
    (folder / "claims.csv").write_text("\n".join(lines) + "\n")
    return read_study(folder)


def moment_block(study: Study, variable: str = "") -> Subproblem:
    subproblems = [b for b in subproblems_of(study, sorting_categories(study)) if is_of_moments_alone(study, b)]
    return next(b for b in subproblems if not variable or variable in b.variables)


def drawn_claims(seed: int) -> dict[int, str]:
    """Some of what a set of pairs prints, by its place in `KINDS`; in half of the cases one is off by a digit."""
    rng = np.random.default_rng(seed)
    values = every()[rng.integers(len(every()))]
    chosen = [k for k in sorted(rng.choice(5, rng.integers(2, 6), replace=False).tolist()) if values[k] is not None]
    texts = {}
    for k in chosen:
        decimals = int(rng.integers(1, 3))
        texts[k] = f"{float(values[k]):.{decimals}f}"  # type: ignore[arg-type]
    if seed % 2 and chosen:
        k = chosen[int(rng.integers(len(chosen)))]
        texts[k] = f"{float(texts[k]) + 0.1 * float(rng.integers(1, 4)):.2f}"
    return texts


@pytest.mark.parametrize("seed", range(24))
def test_bounds_and_proofs_are_true_of_every_set_of_pairs_and_patients_come_near(tmp_path: Path, seed: int) -> None:
    texts = drawn_claims(seed)
    if not {k for k in texts if k > 1}:
        texts[4] = "1.5"  # a subproblem of moments has an SD or a t
    study = study_of(tmp_path, [f"{KINDS[k][0]}|{KINDS[k][1]}|{text}|{KINDS[k][2]}" for k, text in texts.items()])
    for subproblem in (b for b in subproblems_of(study) if is_of_moments_alone(study, b)):
        about = {k: Printed(text) for k, text in texts.items() if KINDS[k][0] in subproblem.variables}
        fits = [v for v in every() if all(v[k] is not None and p.contains(v[k]) for k, p in about.items())]
        assert not (impossible(study, subproblem, subproblem.statements, N) and fits)
        assert consistent_moments(study, subproblem, subproblem.statements, N) in (FOUND if fits else NONE, "undecided")
        for k, (variable, statistic, versus) in enumerate(KINDS):
            if {variable, versus} - {""} <= set(subproblem.variables):
                values = [v[k] for v in fits if v[k] is not None]
                check_range(study, subproblem, Question(variable, statistic, versus), values)


def check_range(study: Study, subproblem: Subproblem, question: Question, values: list[Fraction]) -> None:
    """Bounds are passed by no value of those listed, and what is reached is one of them."""
    found = bounds(study, subproblem, subproblem.statements, N, question)
    if found is None:
        assert not values
        return
    if values:
        assert found[0] <= min(values) and max(values) <= found[1]
    ends = moment_range(study, subproblem, subproblem.statements, N, question)
    for reached in (ends.low_reached, ends.high_reached):
        assert reached is None or reached in values


def test_most_of_what_is_impossible_is_proven_and_all_that_is_possible_is_found(tmp_path: Path) -> None:
    proven = open_ = found = possible = 0
    for seed in range(200, 280):
        texts = drawn_claims(seed)
        study = study_of(tmp_path, [f"{KINDS[k][0]}|{KINDS[k][1]}|{text}|{KINDS[k][2]}" for k, text in texts.items()])
        for subproblem in (b for b in subproblems_of(study) if is_of_moments_alone(study, b)):
            about = {k: Printed(text) for k, text in texts.items() if KINDS[k][0] in subproblem.variables}
            fits = any(all(v[k] is not None and p.contains(v[k]) for k, p in about.items()) for v in every())
            status = consistent_moments(study, subproblem, subproblem.statements, N)
            possible, found = possible + fits, found + (fits and status == FOUND)
            proven, open_ = proven + (status == NONE), open_ + (not fits and status != NONE)
    assert found == possible > 40
    assert proven > 10 * open_


# --- edges --------------------------------------------------------------------------------------------------

WIDE = """name,kind,unit,step,low,high,levels,where,description
X,decimal,,0.01,0,50000,,,many steps
Y,decimal,,0.1,-50,50,,,signed
Z,decimal,,0.02,-50,50,,,another step
D,decimal,,0.01,-50000,50000,,,a difference
"""
CERTAIN = [  # claims, rules, question, outer bounds worked out by hand
    (["Y|sd|0.0", "Y|mean|1.3"], (), ("Y", "sd", ""), ("0", "0.05")),
    (["Y|sd|<0.5", "Y|mean|0.25"], (), ("Y", "mean", ""), ("0.25", "0.25")),
    (["X|mean|1.00", "X|sd|>0"], (), ("X", "sum", ""), ("3.98", "4.02")),
    (["Y|sd|>=0"], (), ("Y", "mean", ""), ("-50", "50")),
    (["D|sd|2.0", "D|mean|3.0"], (), ("D", "mean", ""), ("2.95", "3.05")),
    (["D|mean|3.000", "X|sd|>1", "Y|mean|-1.000"], ("D == X - Y",), ("X", "mean", ""), ("2", "2")),
    (["D|mean|3.000", "X|sd|>1", "Y|mean|-1.000"], ("D == X - Y + 1",), ("X", "mean", ""), ("1", "1")),
    (["X|mean|7.000", "D|sd|>1", "Y|mean|2.000"], ("X == 2*Y - D",), ("D", "mean", ""), ("-3", "-3")),
    (["Y|paired_t|<=0|Z", "Y|mean|1.500"], (), ("Z", "mean", ""), ("1.5", "1.5")),
    (["Y|paired_p|1.000|Z", "Y|mean|1.500", "Y|sd|0.0", "Z|sd|<1"], (), ("Y", "paired_t", "Z"), ("0", "0.00069")),
]


@pytest.mark.parametrize(("claims", "rules", "asked", "expected"), CERTAIN, ids=lambda x: str(x)[:40])
def test_bounds_by_hand(
    tmp_path: Path, claims: list[str], rules: tuple[str, ...], asked: tuple[str, str, str], expected: tuple[str, str]
) -> None:
    study = study_of(tmp_path, claims, WIDE, rules)
    subproblem = moment_block(study, asked[0])
    found = bounds(study, subproblem, subproblem.statements, N, Question(*asked))
    assert found is not None
    low, high = (Fraction(end) for end in expected)
    assert found[0] == low
    assert found[1] == high if asked[1] != "paired_t" else 0 <= found[1] <= high


NOBODY = [
    (["Y|sd|1.0"], (), 1, "one value has no SD"),
    (["Y|sd|<-1"], (), 4, "no SD is negative"),
    (["Y|sd|<0", "D|sd|2.0"], ("D == 2*Y",), 4, "nor below nought, beside another that is tied to it"),
    (["Y|mean|2.0", "Y|sd|>=0"], (), 0, "nobody has no mean"),
    (["Y|paired_p|>1|Z"], (), 4, "no P is above 1"),
    (["Y|sd|<=0", "Z|sd|<=0", "Y|paired_t|3.0|Z"], (), 4, "differences that are all the same have no t"),
    (["Y|sd|8.0", "Z|sd|5.0", "D|sd|2.0"], ("D == Y - Z",), 4, "a correlation above 1"),
    (["Y|sd|2.0", "Z|sd|2.0", "D|sd|4.2"], ("D == Y - Z",), 4, "a correlation below -1"),
    (["Y|sd|2.0", "Z|sd|2.0", "D|sd|4.2"], ("D == Y + Z",), 4, "a correlation above 1, of a sum"),
    (["Y|sd|2.0", "D|sd|4.2"], ("D == 2*Y",), 4, "twice as much has twice the SD"),
    (["Y|mean|49.9", "Y|sd|9.0"], (), 4, "values beyond the limit"),
    (["Y|mean|8.8", "Y|sd|>0"], ("Y <= 8",), 4, "a mean above what a rule allows"),
    (["Y|mean|8.0", "Y|sd|>0.1"], ("Y <= 8",), 4, "a mean at a rule's limit leaves no spread"),
    (["Y|mean|3.0", "Z|mean|1.0", "Z|sd|>0"], ("Y < Z + 1.9",), 4, "means farther apart than any pair"),
    (["D|mean|3.0", "D|sd|>0"], ("D == Z - Y", "Y > Z - 2.5"), 4, "the same of a defined difference, the other way"),
    (["Y|mean|1.3", "Y|sd|0.02"], (), 4, "no two sums of squares so near"),
]
SOMEBODY = [
    (["Y|sd|0.0", "Z|sd|0.0", "Y|mean|1.0"], ("Y == Z",), 4),
    (["Y|sd|1.0"], (), 2),
    (["Y|sd|8.0", "Z|sd|5.0", "D|sd|3.0"], ("D == Y - Z",), 12),
    (["Y|sd|8.0", "Z|sd|5.0", "D|sd|13.0"], ("D == Y - Z",), 12),
    (["Y|sd|2.0", "D|sd|4.0"], ("D == 2*Y",), 4),
    (["X|mean|25000", "X|sd|6000.00", "Y|mean|3", "X|paired_t|>9|Y"], (), 30),
    (["X|sd|3.00", "X|mean|12.65"], ("X >= 8",), 13),
    (["D|mean|-3.0", "D|sd|>0.5"], ("D == Z - Y", "Y > Z - 2.5"), 4),
    (["Y|mean|3.0", "Z|mean|1.0", "Z|sd|>0"], ("Y < Z + 2.2",), 4),
    (["Y|sd|3.00", "Z|sd|2.5", "Y|paired_t|2.00|Z"], ("Y > Z - 3", "Z <= 9"), 16),
]


@pytest.mark.parametrize(("claims", "rules", "size", "why"), NOBODY, ids=lambda x: str(x)[:40])
def test_nobody(tmp_path: Path, claims: list[str], rules: tuple[str, ...], size: int, why: str) -> None:
    study = study_of(tmp_path, claims, WIDE, rules)
    subproblem = moment_block(study)
    assert impossible(study, subproblem, subproblem.statements, size)
    assert consistent_moments(study, subproblem, subproblem.statements, size) == NONE


@pytest.mark.parametrize(("claims", "rules", "size"), SOMEBODY, ids=lambda x: str(x)[:40])
def test_somebody(tmp_path: Path, claims: list[str], rules: tuple[str, ...], size: int) -> None:
    study = study_of(tmp_path, claims, WIDE, rules)
    subproblem = moment_block(study)
    answer = moment_patients(study, subproblem, subproblem.statements, size)
    assert answer.status == FOUND
    assert MomentPatients(study, subproblem, subproblem.statements, size).all_hold(answer.values)
    assert set(answer.values) == {(i, name) for i in range(size) for name in subproblem.variables}


@pytest.mark.parametrize("n", [2, 3, 13, 400])
@pytest.mark.parametrize("p", ["0.9995", "0.5", "0.0515", "0.00005", "0.0000000000005"])
def test_a_t_from_a_p_is_on_its_side_and_near(n: int, p: str) -> None:
    low, high = t_of(Fraction(p), n, False), t_of(Fraction(p), n, True)
    assert low is not None and high is not None
    assert high - low <= Fraction(1, 10**8) * (1 + high)
    texts = [Printed(f">={p}").contains(p_of(low, n)), Printed(f"<={p}").contains(p_of(high, n))]
    assert texts == [True, True]


# --- published answers --------------------------------------------------------------------------------------


def expected_of(name: str, *kinds: str) -> list[dict[str, str]]:
    with (STUDIES / name / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["kind"] in kinds]


def left_out(study: Study, subproblem: Subproblem, id: str, size: int) -> tuple[Value | None, ...]:
    """Bounds and what is reached of a claim when the rest of its subproblem is imposed."""
    claim = next(c for c in subproblem.claims if c.id == id)
    question = Question(claim.variable, claim.statistic, claim.versus)
    ends = moment_range(study, subproblem, subproblem.statements, size, question, {("claim", id)})
    return ends.low_bound, ends.low_reached, ends.high_reached, ends.high_bound


def test_the_sleep_of_ten_patients_follows_but_for_the_two_deviations() -> None:
    study = read_study(STUDIES / "student_sleep")
    subproblem, size = moment_block(study), patients_of(study)
    for row in expected_of("student_sleep", "verdict"):
        claim = next(c for c in subproblem.claims if c.id == row["what"])
        low, reached, highest, high = left_out(study, subproblem, row["what"], size)
        assert low is not None and high is not None and reached is not None and highest is not None
        follows = all(claim.printed.contains(end) for end in (low, high))
        assert follows == (row["expected"] == "follows")
        assert low <= reached <= highest <= high
        assert (high - low) / 100 >= reached - low and (high - low) / 100 >= high - highest


def test_the_magnesium_conflicts_are_those_published_and_minimal() -> None:
    study = read_study(STUDIES / "magnesium_placebo")
    subproblem, size = moment_block(study), patients_of(study)
    found = moment_conflicts(study, subproblem, size)
    rows = expected_of("magnesium_placebo", "conflict")
    assert sorted("|".join(sorted(id for _, id in c)) for c in found) == sorted(
        "|".join(sorted(row["what"].split("|"))) for row in rows
    )
    assert all(minimal_moment_conflict(study, subproblem, conflict, size) == conflict for conflict in found)
    order = sorted(subproblem.statements)
    answer, conflicts = fewest_moments_set_aside(study, subproblem, size, order)
    assert answer.status == FOUND and len(order) - len(answer.imposed) == 1
    assert {frozenset(c) for c in conflicts} == set(found)


PIZZAS = sorted(path.name for path in STUDIES.iterdir() if path.name.startswith("pizza_") and path.name[6] != "c")


@pytest.mark.parametrize("name", PIZZAS)
def test_the_impossible_ratings_are_those_published(name: str) -> None:
    study = read_study(STUDIES / name)
    size = patients_of(study)
    subproblems = [b for b in subproblems_of(study, sorting_categories(study)) if is_of_moments_alone(study, b)]
    found = [c for subproblem in subproblems for c in moment_conflicts(study, subproblem, size)]
    expected = [row["what"].split("|") for row in expected_of(name, "conflict")]
    assert sorted(sorted(id for _, id in c) for c in found) == sorted(sorted(ids) for ids in expected)
    for subproblem in subproblems:
        answer, _ = fewest_moments_set_aside(study, subproblem, size, sorted(subproblem.statements))
        assert MomentPatients(study, subproblem, answer.imposed, size).all_hold(answer.values)


def test_what_the_rest_of_table_3_leaves_of_each_number_is_reached_within_a_hundredth() -> None:
    study = read_study(ROOT / "data" / "raw" / "paper")
    subproblems = [b for b in subproblems_of(study, sorting_categories(study)) if is_of_moments_alone(study, b)]
    assert len(subproblems) == 3
    for subproblem in subproblems:
        for claim in subproblem.claims:
            low, reached, highest, high = left_out(study, subproblem, claim.id, 13)
            assert low is not None and high is not None and reached is not None and highest is not None
            assert low <= reached < highest <= high
            assert (high - low) / 100 >= reached - low and (high - low) / 100 >= high - highest
            assert low <= claim.printed.value <= high or claim.printed.contains(low) or claim.printed.contains(high)
