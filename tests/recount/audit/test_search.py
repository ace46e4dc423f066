"""The range of every statistic against every table of patients that satisfies a small record."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.audit.range import Question, Range
from recount.audit.search import LIMIT, range_of
from recount.audit.session import Asked, Session
from recount.checks.quantiles import DEFINITIONS
from recount.reconstruct import reference_cohort, reference_solution
from recount.record.schema import Study
from recount.rules import breaks, parse, resolve
from recount.solver.search import FOUND, NONE, Statement
from recount.verify.verifier import About, value_in, verify

NOTHING: frozenset[Statement] = frozenset()


def asked(study: Study, text: str) -> Question:
    """A question as "population|variable or condition|statistic|versus"."""
    population, variable, kind, versus = (text + "|||").split("|")[:4]
    condition = None
    if kind in ("count", "percent") and variable:
        condition = resolve(parse(variable), study.variables)
    return Question(population, variable, kind, versus, condition)


def session_of(study: Study) -> Session:
    """A session of questions about a record."""
    return Session(reference_cohort(reference_solution(study)))


def found_of(session: Session, about: About, limit: float = LIMIT, without: frozenset[Statement] = NOTHING) -> Range:
    """The range of a question about the session's own record."""
    return range_of(session, Asked(about, session.study, without=without), limit)


def same(found: Range, ends: tuple | None) -> bool:
    """Whether a range is proven and has these ends."""
    if ends is None:
        return found.status == NONE
    return found.proven and (found.low.reached, found.high.reached) == ends


PLAIN = ("GX", ["ALL||n|4", "ALL|X|median|1.5"], ['G == "A" -> X >= 1'])
OPEN = ("GX", ["ALL||n|4", "A|X|median|2", "ALL|X|max|3"], [])  # how many belong to A is open
HALVES = ("GY", ["ALL||n|4", "A|Y|mean|0.5", 'ALL|G == "A"|count|<=3'], [])  # Y isn't cut off: A is open
KNOWN = ("GYW", ["ALL||n|4", 'ALL|G == "A"|count|3', "A|Y|median|0.5"], ['G == "A" -> W >= Y'])
PAIRS = ("XZ", ["ALL||n|4", "ALL|X|median|1.0", "ALL|Z|max|2"], [])
STEPS = ("XH", ["ALL||n|4", "ALL|X|p25|0.25", "ALL|H|median|0.5"], [])  # two variables of different steps
RANKED = ("XZ", ["ALL||n|4", "ALL|X|wilcoxon_z|>1.6|Z", "ALL|X|p75|2.75"], [])
RECORDS = {"plain": PLAIN, "open": OPEN, "halves": HALVES, "known": KNOWN, "pairs": PAIRS, "steps": STEPS}
RECORDS["ranked"] = RANKED

QUESTIONS = [
    *(("plain", f"ALL|X|{kind}") for kind in ("min", "max", "median", "p25", "p75", "mean", "sum", "value")),
    *(("plain", f"A|X|{kind}") for kind in ("min", "max", "median", "p25", "p75", "mean", "sum", "value")),
    *(("open", f"A|X|{kind}") for kind in ("min", "max", "median", "p25", "p75", "mean", "sum", "value")),
    *(("open", f"HIGH|X|{kind}") for kind in ("min", "max", "median", "p25", "mean", "sum")),
    *(("halves", f"A|Y|{kind}") for kind in ("min", "max", "median", "p75", "mean", "sum", "value")),
    *(("known", f"A|{name}|{kind}") for name in "YW" for kind in ("min", "median", "p25", "mean", "sum", "value")),
    ("plain", "ALL||n"),
    ("plain", "A||n"),
    ("plain", "HIGH||n"),
    ("open", "HIGH||n"),
    ("plain", "ALL|X == 1|count"),
    ("plain", "A|X == 1|percent"),
    ("open", "A|X == 1|percent"),
    ("open", 'HIGH|G == "B"|percent'),
    ("halves", "ALL|Y > 0.5|percent"),
    ("known", "A|Y == W|count"),
    ("plain", "A||ratio|ALL"),
    ("plain", "HIGH||ratio|A"),
    ("open", "A||ratio|HIGH"),
    *(("pairs", f"ALL|X|{kind}|Z") for kind in ("wilcoxon_z", "wilcoxon_p", "shift")),
    *(("steps", f"ALL|X|{kind}|H") for kind in ("wilcoxon_z", "wilcoxon_p", "shift")),
    *(("ranked", f"ALL|X|{kind}|Z") for kind in ("wilcoxon_z", "wilcoxon_p", "shift")),
    *(("ranked", f"ALL|{name}|median") for name in "XZ"),
    *(("known", f"A|Y|{kind}|W") for kind in ("wilcoxon_z", "wilcoxon_p", "shift")),
]


@cache
def session(small, name: str) -> Session:
    return session_of(small.record(*RECORDS[name]))


@pytest.mark.parametrize(("name", "text"), QUESTIONS, ids=lambda case: case)
def test_a_range_is_that_of_every_table_tried(small, name: str, text: str) -> None:
    known = session(small, name)
    study = known.study
    question = asked(study, text)
    found = small.range_of(known, Asked(question, study))
    assert same(found, small.ends(study, question)), (found.proof, found.low, found.high)
    for end in (found.low, found.high) if found.status == FOUND else ():
        assert end.patients is not None and verify(study, end.patients).broken.empty


LEFT_OUT = {
    **RECORDS,
    "framed": ("GX", ["ALL||n|4", 'ALL|G == "A"|count|2', "A|X|median|1.5", "ALL|X|max|3"], []),
    "framed twice": ("GX", ["ALL||n|4", 'ALL|G == "A"|count|2', "A|X|median|1.5", 'ALL|G == "A"|percent|50'], []),
    "cut off": ("GY", ["ALL||n|4", 'ALL|G == "A"|count|3', "A|Y|mean|0.3", "A|Y|max|0.5"], []),
    "cut off, framed": ("GXY", ["ALL||n|3", 'ALL|G == "A"|count|2', "A|Y|mean|0.3", "A|X|median|1.5"], []),
    "rule": ("GX", ["ALL||n|4", "ALL|X|mean|2.5", "A||n|2"], ['G == "A" -> X <= 2']),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_claim_left_out_has_the_range_of_every_table_tried_without_it(small, name: str) -> None:
    study = small.record(*LEFT_OUT[name])
    known = session_of(study)
    for claim in study.claims[1:]:
        found = found_of(known, claim, without=frozenset({("claim", claim.id)}))
        assert same(found, small.ends(study, claim, without=[claim.id])), (claim.id, found.low, found.high)


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("population", ["A", "ALL"])
def test_quantiles_by_every_definition(small, definition: str, population: str) -> None:
    study = small.record("GX", ["ALL||n|5", "ALL|X|median|1", "A|X|max|2", "HIGH||n|>=1"], quantile=definition)
    known = session_of(study)
    for kind in ("p25", "median", "p75"):
        question = Question(population, "X", kind)
        assert same(found_of(known, question), small.ends(study, question)), kind


def test_what_nobody_has_has_no_range(small) -> None:
    study = small.record("GX", ["ALL||n|4", 'ALL|G == "A"|count|0'])
    known = session_of(study)
    for kind in ("median", "mean", "min", "value", "sum"):
        found = found_of(known, Question("A", "X", kind))
        assert found.status == NONE and found.proof == "proven: nobody has it"


NOBODY = [
    (("GYW", ["ALL||n|3", 'ALL|G == "A"|count|0']), ("A|Y|wilcoxon_z|W", "A|Y|median", "ALL|Y|mean", "A||n")),
    (("GYW", ["ALL||n|3", 'ALL|G == "A"|count|1']), ("A|Y|wilcoxon_p|W", "A|Y|shift|W", "A|W|p25", "ALL|W > Y|count")),
    (("GYW", ["ALL||n|3"], ['G == "A" -> Y == W']), ("A|Y|wilcoxon_z|W", "A|W|mean", "A|Y|wilcoxon_z|W", "A||n")),
    (("XZ", ["ALL||n|3"], ["X == Z"]), ("ALL|X|wilcoxon_z|Z", "ALL|X|wilcoxon_p|Z", "ALL|X|shift|Z", "ALL|X|max")),
    (("GXZ", ["ALL||n|3"], ["X <= Z"]), ("A|X|wilcoxon_z|Z", "HIGH|X|wilcoxon_p|Z", "ALL|X|wilcoxon_z|Z")),
    (("GX", ["ALL||n|1"]), ("A|X|median", "ALL|X|p25", "ALL|X|mean", "A||ratio|ALL", "HIGH|X|value")),
]


@pytest.mark.parametrize(("record", "texts"), NOBODY, ids=range(len(NOBODY)))
def test_few_patients_or_none_and_differences_of_nought(small, record: tuple, texts: tuple[str, ...]) -> None:
    known = session_of(small.record(*record))
    for text in texts:
        question = asked(known.study, text)
        assert same(found_of(known, question), small.ends(known.study, question)), text


def test_a_shift_is_bounded_where_it_is_open_who_is_in_the_population(small) -> None:
    known, question = session_of(small.record("GXZ", ["ALL||n|3"], ["X <= Z"])), Question("HIGH", "X", "shift", "Z")
    found = found_of(known, question)
    assert found.proven and (found.low.reached, found.high.reached) == small.ends(known.study, question)


def test_what_is_not_solved_in_time_is_not_proven_and_ends_found_are_still_confirmed(small) -> None:
    known = session(small, "pairs")
    for kind in ("mean", "median"):
        question = Question("ALL", "X", kind)
        found = found_of(known, question, limit=1e-9)
        assert found.status != NONE and not found.proven
        assert found.proof == "not proven within 1e-09 s"
        low, high = small.ends(known.study, question)
        assert found.low.bound is None or found.low.bound <= low
        assert found.high.bound is None or found.high.bound >= high


def test_a_rank_sum_that_patients_reach_at_the_end_of_all_that_can_be_needs_no_solver(small) -> None:
    known, question = session(small, "pairs"), Question("ALL", "X", "wilcoxon_z", "Z")
    found = found_of(known, question, limit=1e-9)
    assert found.proven and (found.low.reached, found.high.reached) == small.ends(known.study, question)


PARTS = {  # records in which a question is about a part of what hangs together, and the rest matters
    "lower": (("GXZ", ["ALL||n|3", "ALL|Z|max|2", "A|X|median|1.5"], ["X <= Z"]), ("ALL|X", "A|X", "HIGH|Z")),
    "apart": (("GXZ", ["ALL||n|3", "ALL|Z|mean|1.33"], ["X != Z"]), ("ALL|X", "A|X", "HIGH|X")),
    "owned": (("GYW", ["ALL||n|4", "A||n|3", "A|Y|median|0.5"], ['G == "A" -> W >= Y']), ("A|Y", "ALL|W")),
    "open": (("GYW", ["ALL||n|4", "ALL|Y > 0|count|2"], ['G == "A" -> W + Y >= 1']), ("A|Y", "ALL|W")),
    "owned, tied": (
        ("GXYW", ["ALL||n|3", "A||n|2", "A|Y|mean|0.75"], ['G == "A" -> X > 2*Y']),
        ("A|Y", "ALL|Y", "A|X"),
    ),
    "owned, set aside": (
        ("GXYW", ["ALL||n|3", "A||n|2", "A|Y|min|0.5"], ['G == "A" -> X > 2*Y', 'G == "A" -> Y >= 1']),
        ("A|Y", "A|X"),
    ),
    "set aside": (("GXZ", ["ALL||n|3", "ALL|X|min|2", "ALL|Z|max|1"], ["X <= Z"]), ("ALL|X", "ALL|Z", "A|X")),
}


PARTLY = [
    "{}|mean",
    "{}|sum",
    "{}|median",
    "{}|p75",
    "{}|min",
    "{}|max",
    "{}|value",
    "{} >= 2|count",
    "{} > 0.5|percent",
]


@pytest.mark.parametrize("name", PARTS)
def test_what_is_proven_of_a_part_is_held_against_the_rest(small, name: str) -> None:
    record, about = PARTS[name]
    known = session_of(small.record(*record))
    reference = known.reference
    tables = small.tables(known.study, [id for _, id in reference.aside])
    kept = {rule: reference.kept_by[rule.id] for rule in known.study.rules if rule.id in reference.kept_by}
    tables = [t for t in tables if all((~breaks(rule.rule, t)).sum() >= n for rule, n in kept.items())]
    for text in (kind.format(one) for one in about for kind in PARTLY):
        question = asked(known.study, text)
        found = found_of(known, question)
        assert same(found, ends_of(known.study, question, tables)), (text, found.low, found.high)


def ends_of(study: Study, question: Question, tables: list) -> tuple | None:
    """The least and the greatest value over these tables, None where it has none in any."""
    values = [value for table in tables if (value := value_in(study, question, table)) is not None]
    return (min(values), max(values)) if values else None


COUNTS = st.tuples(st.sampled_from(["A||n", "ALL|X == 1|count", "HIGH||n", "A|X >= 2|count"]), st.integers(0, 3))
NUMBERS = st.tuples(
    st.sampled_from(["ALL", "A", "HIGH"]),
    st.sampled_from(["min", "max", "median", "p25", "p75", "mean"]),
    st.sampled_from(["0", "1", "2", "3", "1.5", "0.5", "2.3", "<2", ">1"]),
)
RULES = st.sampled_from(['G == "A" -> X >= 1', "X != 1", 'X in (0, 3) or G == "B"', 'G == "B" -> X < 3'])
ASKED = st.tuples(
    st.sampled_from(["ALL", "A", "HIGH"]),
    st.sampled_from(["n", "min", "max", "median", "p25", "p75", "mean", "sum", "value", "ratio", "count", "percent"]),
)


@settings(max_examples=40)
@given(st.lists(COUNTS, max_size=2), st.lists(NUMBERS, max_size=2), st.lists(RULES, max_size=1), ASKED)
def test_ranges_of_records_by_chance(small, counts: list, numbers: list, rules: list, question: tuple) -> None:
    claims = ["ALL||n|4", *(f"{text}|{k}" for text, k in counts)]
    claims += [f"{population}|X|{kind}|{printed}" for population, kind, printed in numbers]
    study = small.record("GX", claims, rules)
    known = session_of(study)
    aside = [id for _, id in known.reference.aside]
    population, kind = question
    text = {"n": f"{population}||n", "ratio": f"{population}||ratio|ALL"}.get(kind, f"{population}|X|{kind}")
    text = f"{population}|X <= 1|{kind}" if kind in ("count", "percent") else text
    about = asked(study, text)
    twins = {twin.id for id in aside for twin in known.reference.duplicates.get(id, ())}
    if any(known.reference.kept_by.values()):
        return  # a rule set aside is kept by as many as can: not what every table does
    found = found_of(known, about)
    assert same(found, small.ends(study, about, {*aside, *twins})), (claims, rules, text, found.low, found.high)


def test_patients_are_not_taken_to_be_as_many_as_a_claim_that_is_left_out_says(small) -> None:
    study = small.record("GXY", ["ALL||n|5", 'ALL|G == "A"|count|3', "A|Y|mean|0.5", "ALL|X|max|2", "ALL|X|median|1"])
    session = Session(reference_cohort(reference_solution(study)))
    asked = Question("A", "Y", "sum")
    with_all = range_of(session, Asked(asked, study))
    assert (with_all.low.bound, with_all.high.bound) == (Fraction(3, 2), Fraction(3, 2))
    without = range_of(session, Asked(asked, study, without=frozenset({("claim", "c1")})))
    assert without.proven and (without.low.bound, without.high.bound) == (Fraction(1, 2), Fraction(5, 2))
