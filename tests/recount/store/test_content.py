"""Each input that an answer depends on makes another key; each that says nothing leaves it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from recount.record import Assumption, Claim, Population, Printed, Rule, Study, Variable, read_study
from recount.rules import Expression, parse
from recount.store import content, content_of_part, key_of
from recount.store.content import content_of

FILES = {
    "variables": '''name,kind,unit,step,low,high,levels,where,description
SEX,category,,,,,M|F,,sex
AGE,integer,years,1,18,90,,,age
DOSE,decimal,mg,0.5,0,100,,"SEX == ""F""",dose of women
FAR,integer,,1,0,9,,,mentioned by nobody
''',
    "populations": """name,where,description
ALL,,everybody
OLD,AGE >= 60,those of 60 and more
DOSED,DOSE > 0,those with a dose
""",
    "rules": """id,place,rule,description
r1,1.1,AGE >= 20,adults
r2,1.2,"SEX == ""F"" -> AGE <= 80",women
""",
    "claims": '''id,place,population,variable,statistic,printed,versus,description
c1,Abstract,ALL,,n,24,,patients
c2,Table 1,OLD,AGE,median,65,,age of the old
c3,Table 1,ALL,"SEX == ""F""",percent,50.0,,women
c4,Table 2,OLD,,ratio,1:2,ALL,a ratio
''',
    "settings": """setting,value
quantile,haverage
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A record's folder."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


@dataclass(frozen=True)
class Asking:
    """A question."""

    population: str
    variable: str
    statistic: str
    versus: str = ""
    condition: Expression | None = None


ASKED = Asking("OLD", "DOSE", "mean")


def _key(study: Study, asked: Asking = ASKED, **more: Any) -> str:
    return key_of(**content_of_part(study, [*study.claims, *study.rules], asked), patients=24, **more)


@pytest.mark.parametrize(
    "file, before, after",
    [
        ("claims", "median,65,", "median,66,"),
        ("claims", "median,65,", "median,65.0,"),
        ("claims", "median,65,", "median,<65,"),
        ("claims", "AGE,median", "AGE,mean"),
        ("claims", "OLD,AGE,median", "ALL,AGE,median"),
        ("claims", "OLD,AGE,median", "OLD,FAR,median"),
        ("claims", '"SEX == ""F""",percent', '"SEX == ""M""",percent'),
        ("claims", "1:2,ALL", "1:2,DOSED"),
        ("claims", "c2,", "c9,"),
        ("rules", "AGE >= 20", "AGE > 20"),
        ("rules", "AGE >= 20", "AGE >= 21"),
        ("rules", "AGE <= 80", "AGE <= 79"),
        ("rules", "r1,", "r9,"),
        ("variables", "integer,years,1,18,90", "integer,years,1,17,90"),
        ("variables", "integer,years,1,18,90", "integer,years,1,18,91"),
        ("variables", "integer,years,1,18,90", "integer,years,2,18,90"),
        ("variables", "integer,years,1,18,90", "decimal,years,1,18,90"),
        ("variables", "years", "months"),
        ("variables", "decimal,mg,0.5", "decimal,mg,0.25"),
        ("variables", "M|F", "F|M"),
        ("variables", "M|F", "M|F|X"),
        ("variables", '"SEX == ""F""",dose', '"SEX == ""M""",dose'),
        ("variables", '"SEX == ""F""",dose', ",dose"),
        ("populations", "AGE >= 60", "AGE >= 61"),
        ("settings", "haverage", "hf7"),
    ],
)
def test_what_matters_makes_another_key(folder: Path, file: str, before: str, after: str) -> None:
    was = _key(read_study(folder))
    assert before in FILES[file]
    (folder / f"{file}.csv").write_text(FILES[file].replace(before, after, 1))
    assert _key(read_study(folder)) != was


@pytest.mark.parametrize(
    "file, before, after",
    [
        ("claims", "Table 1", "Table 3"),
        ("claims", "age of the old", "how old they are"),
        ("claims", "c1,Abstract,ALL,,n,24,,patients\nc2", "c2"),
        ("rules", "1.1", "2.2"),
        ("rules", "adults", "of age"),
        ("rules", "AGE >= 20", " AGE  >=  20.0"),
        ("variables", "dose of women", "milligrams"),
        ("variables", "FAR,integer,,1,0,9", "FAR,integer,,1,0,8"),
        ("variables", "integer,years,1,18", "integer,years,,18"),
        ("populations", "those of 60 and more", "the old"),
        ("populations", "DOSED,DOSE > 0", "DOSED,DOSE > 1"),
    ],
)
def test_what_says_nothing_leaves_the_key(folder: Path, file: str, before: str, after: str) -> None:
    was = _key(read_study(folder))
    assert before in FILES[file]
    text = FILES[file].replace(before, after, 1)
    if "Abstract" in before:  # the first claim last
        text += "c1,Abstract,ALL,,n,24,,patients\n"
    (folder / f"{file}.csv").write_text(text)
    assert _key(read_study(folder)) == was


def test_the_folder_leaves_the_key(folder: Path) -> None:
    other = folder / "elsewhere"
    other.mkdir()
    for path in folder.glob("*.csv"):
        shutil.copy(path, other)
    one, two = read_study(folder), read_study(other)
    assert _key(one) == _key(two)
    assert key_of(study=one) == key_of(study=two)


def test_order_counts_where_it_is_asked_for(folder: Path) -> None:
    study = read_study(folder)
    turned = replace(study, claims=study.claims[::-1])
    assert _key(study) == _key(turned)
    assert _key(study, order=tuple(c.id for c in study.claims)) != _key(
        turned, order=tuple(c.id for c in turned.claims)
    )
    assert key_of(study=study) != key_of(study=turned)


@pytest.mark.parametrize(
    "asked",
    [
        Asking("ALL", "DOSE", "mean"),
        Asking("OLD", "AGE", "mean"),
        Asking("OLD", "DOSE", "median"),
        Asking("OLD", "DOSE", "mean", "AGE"),
        Asking("OLD", "DOSE", "mean", "", parse("AGE > 1")),
    ],
)
def test_the_question_counts(folder: Path, asked: Asking) -> None:
    study = read_study(folder)
    assert _key(study, asked) != _key(study)


def test_what_only_the_question_mentions_counts(folder: Path) -> None:
    study = read_study(folder)
    for asked in (Asking("DOSED", "", "n"), Asking("ALL", "FAR", "mean"), Asking("ALL", "", "n", "", parse("FAR > 1"))):
        was = _key(study, asked)
        far = replace(study.variables["FAR"], high=Fraction(8))
        dosed = replace(study.populations["DOSED"], where=parse("DOSE > 1"))
        changed = replace(
            study,
            variables={**study.variables, "FAR": far},
            populations={**study.populations, "DOSED": dosed},
        )
        assert _key(changed, asked) != was


@pytest.mark.parametrize("one, other", [(2.0, 3.0), (2.0, 2), (1, True), (1, "1"), (1, Fraction(1)), (None, "None")])
def test_limits_and_seeds_count_with_their_kind(folder: Path, one: object, other: object) -> None:
    study = read_study(folder)
    assert _key(study, limit=one) != _key(study, limit=other)
    assert _key(study, limit=one) != _key(study, seed=one)
    assert _key(study, limit=one) == _key(study, limit=one)


@pytest.mark.parametrize("package", ["python", "ortools", "numpy", "scipy", "pandas"])
def test_versions_count(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    was = key_of(x=1)
    later = {**content.versions(), package: "99"}
    monkeypatch.setattr(content, "versions", lambda: later)
    assert key_of(x=1) != was


def test_the_code_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    was = key_of(x=1)
    monkeypatch.setattr(content, "code_digest", lambda: "0" * 64)
    assert key_of(x=1) != was


CLAIM = Claim("c", "p", "ALL", "A", "median", Printed("5"), "", "d", None, 3)
RULE = Rule("r", "p", parse("A > 1"), "A > 1", "d")
VARIABLE = Variable("A", "integer", "mg", Fraction(1), Fraction(0), Fraction(9), (), None, "d")
OTHERS: dict[type, Callable[[Any], Any]] = {
    str: lambda v: v + "x",
    int: lambda v: v + 1,
    Fraction: lambda v: v + 1,
    tuple: lambda v: (*v, "x"),
    Printed: lambda v: Printed("6"),
    type(None): lambda v: parse("B > 1"),
    type(RULE.rule): lambda v: parse("A > 2"),
}


@pytest.mark.parametrize(
    "thing", [CLAIM, RULE, VARIABLE, Population("A", None, "d"), Assumption("A", None, "1", "2", "3", "why")]
)
def test_every_field_counts_but_those_that_say_nothing(thing: Any) -> None:
    """A field that is added to a dataclass later counts without anybody's doing."""
    immaterial = {"place", "description", "row", "text", "reason"}
    for field in fields(thing):
        value = getattr(thing, field.name)
        changed = replace(thing, **{field.name: OTHERS[type(value)](value)})
        assert (content_of(changed) == content_of(thing)) == (field.name in immaterial), field.name


def test_kinds_of_expressions_are_told_apart() -> None:
    same = [parse("A == 1"), parse("A in (1, 1)"), parse("not (A != 1)"), parse('A == "1"'), parse("B == 1")]
    assert len({str(content_of(e)) for e in same}) == len(same)
    assert content_of(parse("A  ==  1.0")) == content_of(parse("A == 1"))


@pytest.mark.parametrize(
    "one, other",
    [((1, 2), (2, 1)), ((1, (2,)), ((1, 2),)), ({"a": "b"}, {"b": "a"}), (frozenset(), ()), ("[]", ()), (0.1, 0.2)],
)
def test_shapes_are_told_apart(one: object, other: object) -> None:
    assert content_of(one) != content_of(other)


def test_sets_and_dicts_have_no_order() -> None:
    assert content_of({"a": 1, "b": 2}) == content_of({"b": 2, "a": 1})
    assert content_of({"x", 1, None}) == content_of({None, "x", 1})


def test_what_has_no_content_is_refused() -> None:
    with pytest.raises(TypeError, match="made of numbers"):
        key_of(what=object())
    with pytest.raises(TypeError, match="made of numbers"):
        key_of(where=Path("x"))


@pytest.mark.parametrize(
    "ids, asked, variables, populations",
    [
        (["c4"], None, {"AGE"}, {"OLD", "ALL"}),
        (["c3"], None, {"SEX"}, {"ALL"}),
        (["r1"], None, {"AGE"}, set()),
        ([], Asking("ALL", "DOSE", "mean"), {"DOSE", "SEX"}, {"ALL"}),
        ([], Asking("DOSED", "", "n"), {"DOSE", "SEX"}, {"DOSED"}),
        ([], Asking("ALL", "AGE", "shift", "FAR"), {"AGE", "FAR"}, {"ALL"}),
        ([], Asking("ALL", "", "ratio", "DOSED"), {"DOSE", "SEX"}, {"ALL", "DOSED"}),
    ],
)
def test_all_that_is_mentioned_is_part_of_it(
    folder: Path, ids: list[str], asked: Asking | None, variables: set[str], populations: set[str]
) -> None:
    """Whom a population holds and who has a value count, with the variables that say so."""
    study = read_study(folder)
    statements = [s for s in (*study.claims, *study.rules) if s.id in ids]
    part = content_of_part(study, statements, asked)
    assert (set(part["variables"]), set(part["populations"])) == (variables, populations)
