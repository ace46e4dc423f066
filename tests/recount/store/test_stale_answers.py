"""A stale answer is impossible: after any change the answers of a used store are those of no store at all."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from recount.audit import audit, search
from recount.audit.kinds import KINDS
from recount.audit.questions import answer, put
from recount.audit.session import RESTS_ON_CUTS, Session
from recount.reconstruct import deciding, reference_cohort, reference_solution
from recount.record import Study, read_study
from recount.record.schema import SETTINGS
from recount.store import Store, answers, content
from recount.store.answers import MARK

LIMIT = 20.0  # seconds, that nothing here needs
HEADS = {
    "variables": "name,kind,unit,step,low,high,levels,where,description",
    "populations": "name,where,description",
    "rules": "id,place,rule,description",
    "claims": "id,place,population,variable,statistic,printed,versus,description",
    "settings": "setting,value",
    "assumptions": "variable,where,low,typical,high,reason",
}
Files = dict[str, str]


def files_of(**rows: str) -> Files:
    """A record's files by name, from their lines without the heads."""
    return {
        name: "\n".join([HEADS[name], *map(str.strip, text.strip().splitlines())]) + "\n" for name, text in rows.items()
    }


RECORDS = {
    # X and Z apart from one another; r2 is set aside and kept by as many as can (max 3 is printed), c4 or c5 is, too
    "apart": files_of(
        variables="""
            G,category,,,,,A|B,,group
            X,integer,,1,0,3,,,a number
            Z,integer,,1,0,3,,,another
            FAR,integer,,1,0,3,,,mentioned by nobody""",
        populations='''
            ALL,,everybody
            A,"G == ""A""",group A
            B,"G == ""B""",group B
            HIGH,X >= 2,those with a high number''',
        rules="""
            r1,1.1,X <= 3,a rule
            r2,1.2,X <= 2,a rule that is broken""",
        claims='''
            n,Abstract,ALL,,n,4,,patients
            a,Abstract,ALL,"G == ""A""",count,2,,those of group A
            c3,Table,ALL,X,max,3,,most
            c4,Table,ALL,Z,min,2,,least
            c5,Table,ALL,Z,mean,1.0,,mean
            c6,Table,ALL,X,median,1.5,,middle
            c7,Table,HIGH,,n,>=1,,the high''',
        settings="quantile,haverage",
        assumptions="X,,1,2,3,a guess",
    ),
    # how many have Y is open without c1: its range rests on the subproblem cut off, of which c2 or c3 is set aside
    "cut off": files_of(
        variables='''
            G,category,,,,,A|B,,group
            X,integer,,1,0,3,,,a number
            Y,decimal,,0.5,0,1,,"G == ""A""",a number of group A''',
        populations='''
            ALL,,everybody
            A,"G == ""A""",group A
            B,"G == ""B""",group B
            LOW,Y <= 0.5,those with a low number''',
        rules='r1,1.1,"G == ""A"" -> Y <= 1",a rule of group A',
        claims='''
            n,Abstract,ALL,,n,5,,patients
            c1,Abstract,ALL,"G == ""A""",count,3,,those of group A
            c2,Table,A,Y,mean,0.3,,mean
            c3,Table,A,Y > 0,count,0,,high
            d2,Text,A,Y,mean,0.3,,mean
            c4,Table,ALL,X,max,2,,most''',
        settings="quantile,haverage",
        assumptions="Y,,0.5,1,1,a guess",
    ),
    # groups that sort the patients, a pair, its signed ranks, a paired t, and a mean with its SD and interval
    "groups": files_of(
        variables="""
            G,category,,,,,A|B,,group
            X,integer,,1,0,2,,,before
            Z,integer,,1,0,2,,,after
            V,integer,,1,0,3,,,a number""",
        populations='''
            ALL,,everybody
            A,"G == ""A""",group A
            B,"G == ""B""",group B''',
        rules="""
            r1,1.1,X + Z >= 1,a rule
            r2,1.2,X - Z <= 2,a rule""",
        claims='''
            n,Abstract,ALL,,n,4,,patients
            a,Abstract,ALL,"G == ""A""",count,2,,those of group A
            a2,Table,ALL,"G == ""A""",percent,50,,those of group A
            q,Table,A,X,median,1,,middle
            z,Table,ALL,X,wilcoxon_z,1.0,Z,signed ranks
            m,Table,ALL,V,mean,1.5,,mean
            s,Table,ALL,V,sd,1.3,,SD''',
        settings="quantile,haverage",
        assumptions="V,,0,1,2,a guess",
    ),
}
QUESTIONS = {
    "apart": [("X",), ("X", "A", "max"), ("X > Z",), ("FAR", "", "sum")],
    "cut off": [('G == "A"',), ("Y", "", "median"), ("X", "A", "min")],
    "groups": [("Z", "", "median"), ("V", "A", "max")],
}


@dataclass(frozen=True)
class Change:
    """One text of a file in place of another; where `before` is a head, a line added behind it."""

    record: str
    file: str
    before: str
    after: str


def _changes() -> list[Change]:
    told = {
        "apart": [
            ("claims", "c3,Table,ALL,X,max,3", "c3,Table,ALL,X,max,2"),
            ("claims", "c4,Table,ALL,Z,min,2", "c4,Table,ALL,Z,max,2"),
            ("claims", "c4,Table,ALL,Z,min,2", "c4,Table,ALL,X,min,2"),
            ("claims", "c4,Table,ALL,Z,min,2", "c4,Table,A,Z,min,2"),
            ("claims", '"G == ""A""",count', '"G == ""B""",count'),
            ("claims", '"G == ""A""",count,2', '"G == ""A"" and X >= 2",count,2'),
            ("claims", "c5,Table,ALL,Z,mean,1.0,,mean", "d4,Text,ALL,Z,min,2,,least\nc5,Table,ALL,Z,mean,1.0,,mean"),
            ("claims", "c5,Table,ALL,Z,mean,1.0,,mean", "c5,Table,ALL,Z,mean,1.0,,mean\nd5,Text,ALL,Z,mean,1.0,,mean"),
            ("claims", "c5,Table,ALL,Z,mean,1.0,,mean\n", ""),
            ("claims", "n,4", "n,3"),
            ("claims", "c7,Table,HIGH,,n,>=1", "c7,Table,HIGH,,n,3"),
            ("rules", "X <= 2,", "X <= 1,"),
            ("rules", "r2,1.2,X <= 2,a rule that is broken\n", ""),
            ("rules", "X <= 3,a rule\nr2,1.2,X <= 2", "X >= 1,a rule\nr2,1.2,X <= 2"),
            ("rules", "r2,1.2,X <= 2,a rule that is broken", "r2,1.2,X <= 2,\nr3,1.3,X + Z <= 3,"),
            ("populations", "X >= 2", "X >= 3"),
            ("populations", "HIGH,X >= 2", "LOW,Z <= 1,more\nHIGH,X >= 2"),
            ("variables", "X,integer,,1,0,3", "X,decimal,,0.5,0,3"),
            ("variables", "Z,integer,,1,0,3", "Z,integer,,1,0,2"),
            ("variables", "A|B", "B|A"),
            ("variables", "FAR,integer,,1,0,3", "FAR,integer,,1,0,2"),
            ("variables", "FAR,integer", "NEAR,integer,,1,0,1,,,added\nFAR,integer"),
            ("variables", "Z,integer,,1,0,3,,,", 'Z,integer,,1,0,3,,"G == ""A""",'),
            ("assumptions", "1,2,3", "1,1,3"),
        ],
        "cut off": [
            ("variables", "Y,decimal,,0.5,0,1", "Y,decimal,,0.25,0,1"),
            ("variables", "Y,decimal,,0.5,0,1", "Y,decimal,,0.5,0,2"),
            ("variables", "Y,decimal,,0.5,0,1", "Y,decimal,,0.5,-0.5,1"),
            ("variables", 'Y,decimal,,0.5,0,1,,"G == ""A""",', "Y,decimal,,0.5,0,1,,,"),
            ("variables", 'Y,decimal,,0.5,0,1,,"G == ""A""",', 'Y,decimal,,0.5,0,1,,"G == ""B""",'),
            ("populations", 'A,"G == ""A"""', 'A,"G != ""B"""'),
            ("claims", "c2,Table,A,Y,mean,0.3", "c2,Table,A,Y,mean,0.25"),
            ("claims", "c2,Table,A,Y,mean,0.3", "c2,Table,A,Y,mean,0.33"),
            ("claims", "c2,Table,A,Y,mean,0.3", "c2,Table,A,Y,sd,0.3"),
            ("claims", "d2,Text,A,Y,mean,0.3,,mean\n", ""),
            ("claims", "c3,Table,A,Y > 0,count,0,,high\n", ""),
            ("claims", "c2,Table,A,Y,mean,0.3,,mean\n", ""),
            ("claims", "c4,Table,ALL,X,max,2,,most", "c4,Table,ALL,X,max,2,,most\ne2,Text,A,Y,mean,0.3,,mean"),
            ("claims", "c4,Table,ALL,X,max,2,,most", "c4,Table,ALL,X,max,2,,most\nd3,Text,A,Y > 0,count,0,,high"),
            (
                "claims",
                "c2,Table,A,Y,mean,0.3,,mean\nc3,Table,A,Y > 0,count,0,,high",
                "c3,Table,A,Y > 0,count,0,,high\nc2,Table,A,Y,mean,0.3,,mean",
            ),
            ("claims", "count,3", "count,2"),
            ("claims", "c3,Table,A,Y > 0,count,0", "c3,Table,LOW,Y > 0,count,0"),
            ("claims", "max,2", "max,3"),
            ("rules", "Y <= 1", "Y <= 0.5"),
            ("rules", "Y <= 1", "Y >= 0.5"),
            ("rules", '"G == ""A"" -> Y <= 1"', '"G == ""A"" -> X <= 1"'),
            ("assumptions", "0.5,1,1", "0.5,0.5,1"),
        ],
        "groups": [
            ("claims", "wilcoxon_z,1.0,Z", "wilcoxon_z,1.0,V"),
            ("claims", "X,wilcoxon_z,1.0,Z", "Z,wilcoxon_z,1.0,X"),
            ("claims", "q,Table,A,X,median,1,", "q,Table,B,X,median,1,"),
            ("claims", "s,Table,ALL,V,sd,1.3", "s,Table,ALL,V,sd,0.6"),
            ("claims", 'a2,Table,ALL,"G == ""A""",percent,50,,those of group A\n', ""),
            ("claims", "count,2", "count,1"),
            ("rules", "X + Z >= 1,a rule\nr2,1.2,X - Z <= 2", "X + Z >= 2,a rule\nr2,1.2,X - Z <= 2"),
            ("variables", "Z,integer,,1,0,2", "Z,decimal,,0.5,0,2"),
            ("assumptions", "0,1,2", "0,2,2"),
            *(("settings", "quantile,haverage", f"quantile,{q}") for q in ("tukey", "hf4")),
            *(
                ("settings", "haverage", f"haverage\n{name},{choices[1]}")
                for name, choices in SETTINGS.items()
                if name != "quantile" and len(choices) > 1
            ),
        ],
    }
    return [Change(record, *one) for record, changes in told.items() for one in changes]


CHANGES = _changes()


@dataclass(frozen=True)
class Told:
    """All that is told of a record: ledger, conflicts, what is set aside, the ranges of questions, the cohort."""

    ledger: pd.DataFrame
    rest: tuple[object, ...]
    cohort: pd.DataFrame

    def same(self, other: Told) -> bool:
        """Whether nothing is told otherwise."""
        return self.ledger.equals(other.ledger) and self.rest == other.rest and self.cohort.equals(other.cohort)


def told(study: Study, questions: list[tuple[str, ...]], folder: Path | None = None) -> Told:
    """What `audit`, `range`, `conflicts` and `cohorts` tell, with answers kept in a folder, or for this once."""
    store = Store(folder, KINDS)
    found = audit(study, 0, LIMIT, store=store)
    reference = reference_solution(study, store=store)
    session = Session(reference_cohort(reference, store=store), store)
    ranges = tuple(answer(session, put(study, *question), LIMIT) for question in questions)
    return Told(found.ledger, (found.set_aside, found.conflicts, reference.kept_by, ranges), session.reference.frame)


def written(files: Files, folder: Path) -> Study:
    """A record of these files."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return read_study(folder)


@pytest.fixture(autouse=True)
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source that nobody is at work on: else nothing is kept on disk."""
    monkeypatch.setattr(answers, "source_changed", lambda: False)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """A copy of the folder of answers that telling all of a record has left."""
    made: dict[str, Path] = {}

    def copy(record: str, to: Path) -> Path:
        if record not in made:
            made[record] = tmp_path_factory.mktemp("used") / "answers"
            told(written(RECORDS[record], made[record].with_name("record")), QUESTIONS[record], made[record])
        return Path(shutil.copytree(made[record], to))

    return copy


def _id(change: Change) -> str:
    return f"{change.record}: {change.file} {change.before[:24]} > {change.after[:24]}"


@pytest.mark.parametrize("change", CHANGES, ids=_id)
def test_what_is_told_after_a_change_is_what_is_told_without_a_store(used, tmp_path: Path, change: Change) -> None:
    files = dict(RECORDS[change.record])
    assert files[change.file].count(change.before) == 1
    files[change.file] = files[change.file].replace(change.before, change.after)
    study, questions = written(files, tmp_path / "record"), QUESTIONS[change.record]
    folder = used(change.record, tmp_path / "answers")
    assert told(study, questions, folder).same(told(study, questions))


# what is asked again ------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is put to the solver or to exact arithmetic, as it happens: claims by id, questions, and what is decided."""
    found: list[str] = []

    def spied(module: ModuleType, name: str, told_of: Callable[..., str]) -> None:
        real = getattr(module, name)

        def spy(*arguments: Any) -> Any:
            found.append(told_of(*arguments))
            return real(*arguments)

        monkeypatch.setattr(module, name, spy)

    spied(search, "_range_of", lambda session, home, asked, limit: getattr(asked.about, "id", asked.about.variable))
    spied(deciding, "_decision", lambda study, subproblem, *_: "decided " + " ".join(subproblem.variables))
    spied(deciding, "_decision_apart", lambda study, subproblem, *_: "decided " + " ".join(subproblem.variables))
    return found


def _asked_of(asked: list[str], study: Study, folder: Path, limit: float = LIMIT) -> set[str]:
    asked.clear()
    audit(study, 0, limit, store=Store(folder, KINDS))
    return set(asked)


def _changed(record: str, folder: Path, *changes: tuple[str, str, str]) -> Study:
    files = dict(RECORDS[record])
    for file, before, after in changes:
        assert files[file].count(before) == 1
        files[file] = files[file].replace(before, after)
    return written(files, folder)


def test_nothing_is_asked_again_of_the_same_record(used, asked: list[str], tmp_path: Path) -> None:
    for record in RECORDS:
        folder = used(record, tmp_path / record / "answers")
        assert _asked_of(asked, written(RECORDS[record], tmp_path / record / "record"), folder) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("claims", "max,2,,most", "max,3,,most")], {"decided X", "c4"}),
        ([("variables", "X,integer,,1,0,3", "X,integer,,1,0,4")], {"decided X", "c4"}),
        (
            [("claims", "d2,Text,A,Y,mean,0.3", "d2,Text,A,Y,mean,0.25")],
            {"decided Y", "c1", "c2", "c3", "d2"},
        ),  # c1 rests on what is cut off
        ([("variables", "0.5,0,1,", "0.5,0,2,")], {"decided Y", "c1", "c2", "c3"}),
        ([("populations", "LOW,Y <= 0.5", "LOW,Y <= 1")], set()),  # mentioned by nobody
        ([("populations", "LOW,Y <= 0.5", "MORE,X >= 1,more\nLOW,Y <= 0.5")], set()),
        ([("variables", "X,integer,,1,0,3,,,a number", "X,integer,,1,0,3,,,in other words")], set()),
        ([("claims", "c4,Table,", "c4,Elsewhere,")], set()),
    ],
)
def test_an_unrelated_change_asks_its_own_subproblem_alone(
    used, asked: list[str], tmp_path: Path, changes: list[tuple[str, str, str]], expected: set[str]
) -> None:
    folder = used("cut off", tmp_path / "answers")
    assert _asked_of(asked, _changed("cut off", tmp_path / "record", *changes), folder) == expected


def test_an_answer_that_rests_on_what_is_cut_off_is_kept_and_marked_so(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[object] = []
    real = Store.put
    monkeypatch.setattr(Store, "put", lambda store, key, value: (kept.append(value), real(store, key, value))[1])
    study = written(RECORDS["cut off"], tmp_path / "record")
    assert "c1" in _asked_of(asked, study, tmp_path / "answers")
    assert any(value is RESTS_ON_CUTS for value in kept)
    assert _asked_of(asked, study, tmp_path / "answers") == set()


def test_another_limit_is_another_answer(used, asked: list[str], tmp_path: Path) -> None:
    study, folder = written(RECORDS["cut off"], tmp_path / "record"), used("cut off", tmp_path / "answers")
    assert _asked_of(asked, study, folder, LIMIT / 2) == {"c1", "c2", "c3", "c4"}
    short = audit(study, 0, 1e-9, store=Store(folder, KINDS)).ledger
    assert short.equals(audit(study, 0, 1e-9).ledger)
    assert told(study, QUESTIONS["cut off"], folder).same(told(study, QUESTIONS["cut off"]))


@pytest.mark.parametrize(
    ("name", "made_otherwise"),
    [("code_digest", "0" * 64), *(("versions", {"ortools": v, "python": "3.11"}) for v in ("1", "2"))],
)
def test_other_code_and_another_solver_believe_nothing_that_was_kept(
    used, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, made_otherwise: object
) -> None:
    study, folder = written(RECORDS["cut off"], tmp_path / "record"), used("cut off", tmp_path / "answers")
    first = _asked_of(asked, study, tmp_path / "fresh")
    monkeypatch.setattr(content, name, lambda: made_otherwise)
    assert _asked_of(asked, study, folder) == first
    assert _asked_of(asked, study, folder) == set()


# damage -------------------------------------------------------------------------------------------------------------


def _lied(path: Path) -> None:
    """Another number in the answer, the sum left as it was."""
    head, payload, _ = path.read_text().split("\n")
    path.write_text("\n".join([head, payload.translate(str.maketrans("0123456789", "1234567890")), ""]))


def _of_another_key(path: Path) -> None:
    """An answer to another question, whole and right."""
    others = sorted(other for other in path.parents[1].rglob("*.json") if other != path)
    shutil.copy(others[0], path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-3]),
    "cut after its first line": lambda path: path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n"),
    "rubbish": lambda path: path.write_bytes(bytes(range(256)) * 3),
    "of another version": lambda path: path.write_text(path.read_text().replace(MARK, "recount-answer-0")),
    "of a later version": lambda path: path.write_text(path.read_text().replace(MARK, "recount-answer-2")),
    "a lie": _lied,
    "of another key": _of_another_key,
    "unreadable": lambda path: path.chmod(0),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_computed_again(used, tmp_path: Path, damage: str) -> None:
    study, folder = written(RECORDS["cut off"], tmp_path / "record"), used("cut off", tmp_path / "answers")
    files = sorted(folder.rglob("*.json"))
    assert len(files) > 10
    for path in files:
        DAMAGES[damage](path)
    assert told(study, QUESTIONS["cut off"], folder).same(told(study, QUESTIONS["cut off"]))


def test_half_of_the_answers_damaged_changes_nothing(used, tmp_path: Path) -> None:
    study, folder = written(RECORDS["cut off"], tmp_path / "record"), used("cut off", tmp_path / "answers")
    for path, damage in zip(sorted(folder.rglob("*.json"))[::2], itertools.cycle(DAMAGES.values()), strict=False):
        damage(path)
    assert told(study, QUESTIONS["cut off"], folder).same(told(study, QUESTIONS["cut off"]))


def test_a_folder_that_cannot_be_made_or_written_is_done_without(tmp_path: Path) -> None:
    study = written(RECORDS["cut off"], tmp_path / "record")
    (tmp_path / "file").write_text("")
    (tmp_path / "closed").mkdir(mode=0o500)  # which stops whoever isn't root
    anew = told(study, QUESTIONS["cut off"])
    for folder in (tmp_path / "file", tmp_path / "file" / "answers", Path("/proc/none"), tmp_path / "closed"):
        assert told(study, QUESTIONS["cut off"], folder).same(anew)
    assert (tmp_path / "file").read_text() == ""
