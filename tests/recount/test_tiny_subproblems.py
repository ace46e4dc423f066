"""The ends of moments and ranks against every set of patients of tiny subproblems, enumerated in exact fractions.

What a statistic is stands here in its plain definition; the rooms are asked about the subproblem directly.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, product
from pathlib import Path

import pytest

from recount.checks import p_of, quantile, z_squared
from recount.checks.quantiles import DEFINITIONS
from recount.moments import is_about_moments, is_of_moments_alone, minimal_moment_conflict, moment_range
from recount.ranks import is_about_ranks, is_of_ranks_alone, rank_range, z_or_p
from recount.record import Printed, Study, read_study, root
from recount.solver import NONE, SubproblemEnds
from recount.subproblems import Subproblem, subproblems_of

VARIABLES = {  # name: (step, low, high), in codes of its step
    "A": ("1", 0, 3),
    "B": ("1", -2, 1),
    "C": ("0.5", 0, 3),
    "D": ("1.5", -1, 1),
    "E": ("1", 2, 3),
    "F": ("0.5", -1, 1),
}
ENDS = ("min", "p25", "median", "p75", "max")
PLACES = {"p25": Fraction(1, 4), "median": Fraction(1, 2), "p75": Fraction(3, 4)}
COMPARED = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
Columns = dict[str, tuple[Fraction, ...]]


@dataclass(frozen=True)
class Question:
    """What is asked of everybody."""

    variable: str
    statistic: str
    versus: str = ""
    population: str = "ALL"
    condition: None = None


@cache
def every_columns(names: str, size: int) -> list[Columns]:
    """Every set of so many patients, a column each variable; their order is left aside."""
    kinds = product(*([k * Fraction(s) for k in range(low, high + 1)] for s, low, high in map(VARIABLES.get, names)))
    return [
        dict(zip(names, zip(*rows, strict=True), strict=True))
        for rows in combinations_with_replacement(list(kinds), size)
    ]


def value_of(columns: Columns, about: Question, definition: str) -> Fraction | float | None:
    """A statistic by its definition, None where it has none."""
    kind, xs = about.statistic, columns[about.variable]
    if kind in PLACES:
        return quantile(xs, PLACES[kind], definition)
    if kind in ("min", "max", "sum"):
        return {"min": min, "max": max, "sum": sum}[kind](xs)
    n = len(xs)
    if kind == "mean":
        return sum(xs) / n
    d = xs if kind == "sd" else [x - y for x, y in zip(xs, columns[about.versus], strict=True)]
    if kind in ("sd", "paired_t", "paired_p"):
        return _of_squares(kind, d, n)
    return _of_changes(kind, d)


def _of_squares(kind: str, d: Iterable[Fraction], n: int) -> Fraction | float | None:
    d = list(d)
    mean = sum(d) / n
    if n < 2:
        return None
    variance = sum((x - mean) ** 2 for x in d) / (n - 1)
    if kind == "sd":
        return root(variance)
    if not variance:
        return None
    t = root(mean**2 * n / variance)
    return t if kind == "paired_t" else p_of(t, n)


def _of_changes(kind: str, d: Iterable[Fraction]) -> Fraction | float | None:
    """A signed-rank Z or P of variable less versus, or the shift from variable to versus."""
    d = list(d)
    if kind == "shift":
        sums = sorted(-(d[i] + d[j]) for i in range(len(d)) for j in range(i + 1))
        return (sums[(len(sums) - 1) // 2] + sums[len(sums) // 2]) / 4
    sizes = sorted(abs(x) for x in d if x)
    doubled = sum(2 * sizes.index(x) + sizes.count(x) + 1 for x in d if x > 0)  # twice the average rank
    ties = sum(sizes.count(x) ** 3 - sizes.count(x) for x in set(sizes))
    square = z_squared(len(sizes), doubled, ties)
    return None if square is None else z_or_p(square, kind)


@dataclass(frozen=True)
class Tiny:
    """A record of everybody, its one subproblem, and what of it each statement lets through."""

    study: Study
    subproblem: Subproblem
    size: int
    names: str
    keeps: dict[tuple[str, str], Callable[[Columns], bool]]
    definition: str

    def fits(self, without: str = "") -> list[Columns]:
        """The sets of patients for whom all statements but one hold."""
        asked = [keep for (_, id), keep in self.keeps.items() if id != without]
        return [c for c in every_columns(self.names, self.size) if all(keep(c) for keep in asked)]

    def values(self, about: Question, fits: list[Columns]) -> set[Fraction | float]:
        """What a statistic can be of these."""
        return {v for c in fits if (v := value_of(c, about, self.definition)) is not None}


def tiny(folder: Path, seed: int, kinds: tuple[str, ...], paired: tuple[str, ...]) -> Tiny:
    """Two or three variables of one to four patients; what some patients print of them, in half the cases spoilt."""
    rng = random.Random(seed)
    size = rng.choice((1, 2, 2, 3, 3, 4))
    names = "".join(rng.sample("ABCD" if size < 4 else "DEF", 2)) + ("E" if size < 3 and rng.random() < 0.25 else "")
    definition = DEFINITIONS[seed % len(DEFINITIONS)]
    real = rng.choice(every_columns(names, size))
    about = [Question(n, kind) for n in names for kind in kinds if rng.random() < 0.3]
    about += [Question(names[0], kind, names[1]) for kind in paired if rng.random() < 0.6]
    about = about or [Question(names[0], paired[0], names[1])]
    claims = [(q, _printed(value_of(real, q, definition), rng, seed % 2)) for q in about]
    rules = [_rule(names, real, rng)] if rng.random() < 0.4 else []
    study = _written(folder, names, size, claims, [text for text, _ in rules], definition)
    subproblem = next(b for b in subproblems_of(study) if names[0] in b.variables)
    keeps: dict[tuple[str, str], Callable[[Columns], bool]] = {}
    for k, (q, text) in enumerate(claims):
        keeps["claim", f"c{k}"] = _keeps(q, Printed(text), definition)
    for k, (_, keep) in enumerate(rules):
        keeps["rule", f"r{k}"] = keep
    mine = {("claim", c.id) for c in subproblem.claims} | {("rule", r.id) for r in subproblem.rules}
    here = "".join(n for n in names if n in subproblem.variables)
    return Tiny(study, subproblem, size, here, {key: keep for key, keep in keeps.items() if key in mine}, definition)


def _printed(value: Fraction | float | None, rng: random.Random, spoilt: int) -> str:
    number = float(value if value is not None else rng.choice((0, 1))) + rng.choice((0, 0, 0, 0.5)) * spoilt
    sign = rng.choice(("", "", "", "<=", ">=", ">", "<") if number >= 0 else ("",))
    return f"{sign}{number:.{rng.choice((0, 1, 2))}f}"


def _keeps(about: Question, printed: Printed, definition: str) -> Callable[[Columns], bool]:
    def keep(columns: Columns) -> bool:
        value = value_of(columns, about, definition)
        return value is not None and printed.contains(value)

    return keep


def _rule(names: str, real: Columns, rng: random.Random) -> tuple[str, Callable[[Columns], bool]]:
    """A rule that the real patients keep, and whether others do."""
    one, other = names[:2]
    sign, factor = rng.choice(("<=", "<", ">=", "==", ">")), rng.choice((-1, 1, 2))
    least = min(x - factor * y for x, y in zip(real[one], real[other], strict=True))
    most = max(x - factor * y for x, y in zip(real[one], real[other], strict=True))
    bound = {"<=": most, "<": most + 1, ">=": least, ">": least - 1, "==": least}[sign]
    text = f"{one} - {factor} * {other} {sign} {float(bound)}".replace("- -1 *", "+ 1 *")
    if rng.random() < 0.3:  # one that only patients one by one can be held against
        text += f" or {one} == {float(real[one][0])}"

    def keep(columns: Columns) -> bool:
        either = columns[one] if " or " in text else ()
        return all(
            COMPARED[sign](x - factor * y, bound) or (bool(either) and x == real[one][0])
            for x, y in zip(columns[one], columns[other], strict=True)
        )

    return text, keep


def _written(
    folder: Path, names: str, size: int, claims: list[tuple[Question, str]], rules: list[str], definition: str
) -> Study:
    lines = ["id,place,population,variable,statistic,printed,versus,description", f"N,here,ALL,,n,{size},,"]
    lines += [f"c{k},here,ALL,{q.variable},{q.statistic},{text},{q.versus}," for k, (q, text) in enumerate(claims)]
    kind = ["name,kind,unit,step,low,high,levels,where,description"]
    for name in names:
        step, low, high = VARIABLES[name]
        kind.append(f"{name},decimal,,{step},{low * float(step)},{high * float(step)},,,a number")
    files = {
        "variables": kind,
        "populations": ["name,where,description", "ALL,,everybody"],
        "rules": ["id,place,rule,description", *(f'r{k},here,"{rule}",' for k, rule in enumerate(rules))],
        "claims": lines,
        "settings": ["setting,value", f"quantile,{definition}"],
    }
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return read_study(folder)


def check(found: SubproblemEnds, values: set[Fraction | float], what: object) -> None:
    """No value lies beyond a bound, every value reached is one, and none are said to be where there are none alone."""
    if found.status == NONE:
        assert not values, what
        return
    if values:
        assert found.low_bound is None or found.low_bound <= min(values), what
        assert found.high_bound is None or found.high_bound >= max(values), what
    for reached, codes in ((found.low_reached, found.low_codes), (found.high_reached, found.high_codes)):
        assert (reached is None) == (codes is None), what
        assert reached is None or reached in values, what


MOMENTS, PAIRED = ("mean", "sd"), ("paired_t", "paired_p")
RANKED = ("wilcoxon_z", "wilcoxon_p")


@pytest.mark.parametrize("seed", range(22))
def test_no_patients_pass_a_bound_of_moments_and_those_found_are_there(tmp_path: Path, seed: int) -> None:
    case = tiny(tmp_path, seed, MOMENTS, PAIRED)
    if not is_of_moments_alone(case.study, case.subproblem):
        return
    about = [Question(n, kind) for n in case.names for kind in (*MOMENTS, "sum")]
    about += [Question(one, kind, other) for one, other in _pairs(case.names) for kind in PAIRED]
    active = frozenset(case.keeps)
    for without in ("", *(c.id for c in case.subproblem.claims[:1])):
        fits, left_out = case.fits(without), {("claim", without)} if without else set()
        for question in about:
            found = moment_range(case.study, case.subproblem, active, case.size, question, left_out)
            check(found, case.values(question, fits), (question, without, case))


@pytest.mark.parametrize("seed", range(22, 55))
def test_no_patients_pass_a_bound_of_ranks_and_those_found_are_there(tmp_path: Path, seed: int) -> None:
    case = tiny(tmp_path, seed, ENDS, RANKED)
    if not is_of_ranks_alone(case.study, case.subproblem):
        return
    about = [Question(n, kind) for k, n in enumerate(case.names) for kind in ENDS[(seed + k) % 2 :: 2]]
    about += [Question(one, kind, other) for one, other in _pairs(case.names)[:2] for kind in (*RANKED, "shift")]
    for without in ("", *(c.id for c in case.subproblem.claims[:1])):
        fits, active = case.fits(without), frozenset(key for key in case.keeps if key[1] != without)
        for question in about:
            found = rank_range(case.study, case.subproblem, active, case.size, question, 1.0)
            check(found, case.values(question, fits), (question, without, case))


def test_statements_and_questions_about_some_patients_are_not_narrowed_by_moments_or_ranks(small) -> None:
    of_some = small.record("GXZ", ["ALL||n|4", "A|X|sd|1.0", "A|X|wilcoxon_z|1.0|Z", "ALL|X|median|1"])
    mixed = small.record("GXY", ["ALL||n|4", "A||n|2", "A|X|paired_t|1.0|Y", "A|X|wilcoxon_z|1.0|Y"])
    of_all = small.record("GXZ", ["ALL||n|4", "ALL|X|sd|1.0"])
    ranked = small.record("GXZ", ["ALL||n|4", "ALL|X|wilcoxon_z|1.0|Z"])
    for study in (of_some, mixed):
        assert not any(
            is_of_moments_alone(study, b) or is_of_ranks_alone(study, b) for b in subproblems_of(study) if b.claims
        )
    moments = next(b for b in subproblems_of(of_all) if is_of_moments_alone(of_all, b))
    ranks = next(b for b in subproblems_of(ranked) if "X" in b.variables and is_of_ranks_alone(ranked, b))
    assert is_about_moments(of_all, moments, Question("X", "sd"))
    assert not is_about_moments(of_all, moments, Question("X", "sd", population="A"))
    for kind, versus in (("median", ""), ("wilcoxon_z", "Z"), ("shift", "Z")):
        assert is_about_ranks(ranked, ranks, Question("X", kind, versus))
        assert not is_about_ranks(ranked, ranks, Question("X", kind, versus, population="A"))


def test_a_conflict_of_moments_has_no_member_too_many_although_arithmetic_alone_proves_only_the_whole(
    tmp_path: Path,
) -> None:
    for seed in range(1, 40, 2):
        case = tiny(tmp_path, seed, MOMENTS, PAIRED)
        if not is_of_moments_alone(case.study, case.subproblem) or case.fits():
            continue
        conflict = minimal_moment_conflict(case.study, case.subproblem, frozenset(case.keeps), case.size)
        every = every_columns(case.names, case.size)
        left = {c: [keep for key, keep in case.keeps.items() if key in conflict - {c}] for c in conflict}
        assert not any(all(case.keeps[key](columns) for key in conflict) for columns in every)
        assert all(any(all(keep(columns) for keep in keeps) for columns in every) for keeps in left.values())


def _pairs(names: str) -> list[tuple[str, str]]:
    return [(one, other) for one in names for other in names if one != other]
