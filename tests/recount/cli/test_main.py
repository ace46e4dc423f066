"""The command as a whole: how it ends, on any terminal, and what it doesn't import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import recount
from recount import audit, reconstruct
from recount.audit import OF_CONDITIONS, OF_NUMBERS
from recount.cli import commands, main

SOURCE = str(Path(recount.__file__).parents[1])
CASES = Path(__file__).parents[1] / "soundness" / "records_by_hand"
constants = sys.modules["recount.cli.main"]  # the package's own `main` is the function in it


def run(*words: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """`recount` with these words, or some code, in a process of its own."""
    command = [sys.executable, "-c", code, *words] if code else [sys.executable, "-m", "recount.cli.main", *words]
    env = {**os.environ, "PYTHONPATH": SOURCE, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=300)


def test_the_constants_of_the_parser_are_those_of_the_rooms() -> None:
    assert constants.LIMIT == audit.LIMIT and constants.MOST == reconstruct.MOST
    assert constants.OF_CONDITIONS == OF_CONDITIONS and constants.OF_NUMBERS == OF_NUMBERS


HELPED = """
import sys
from recount.cli import main
try:
    main(sys.argv[1:])
except SystemExit as done:
    assert done.code == 0
heavy = {"pandas", "numpy", "scipy", "ortools"} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize("words", [("--help",), ("range", "--help"), ("audit", "--help")], ids=" ".join)
def test_help_imports_nothing_that_takes_time(words: tuple[str, ...]) -> None:
    done = run(*words, code=HELPED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: recount")


def broken(_args: object, _say: object) -> int:
    raise IndexError("tuple index\nout of range")


@pytest.mark.parametrize("command", ["audit", "conflicts", "range"])
def test_an_unexpected_error_is_no_contradiction(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RECOUNT_TRACEBACK", raising=False)
    monkeypatch.setitem(commands.COMMANDS, command, broken)
    assert main([command, str(CASES / "min_ratio")]) == constants.UNEXPECTED == 70
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and "Traceback" not in told.err
    assert told.err.startswith("unexpected IndexError: tuple index. This is a fault of the program")


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOUNT_TRACEBACK", "1")
    monkeypatch.setitem(commands.COMMANDS, "audit", broken)
    with pytest.raises(IndexError):
        main(["audit", str(CASES / "min_ratio")])


REJECTED = """
import sys
from pathlib import Path
from recount.reconstruct import VerifierDisagrees, cohort, reference_cohort, reference_solution
from recount.record import read_study
assert False, "assertions are off"
true = cohort.verify
def rejects(study, frame):
    found = true(study, frame)
    found.findings["holds"] = False
    return found
cohort.verify = rejects
try:
    reference_cohort(reference_solution(read_study(Path(sys.argv[1]))))
except VerifierDisagrees as error:
    print(error)
"""


def test_a_verifiers_rejection_is_an_exception_without_assertions_too() -> None:
    done = run(str(CASES / "min_ratio"), code=REJECTED, PYTHONOPTIMIZE="1")
    assert done.returncode == 0 and done.stdout.startswith("the verifier contradicts the solver on "), done.stderr


@pytest.mark.parametrize("words", [("audit",), ("audit", "--json"), ("conflicts",), ("conflicts", "--json")], ids=str)
def test_a_terminal_that_lacks_signs_gets_no_traceback(tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "Größe…"
    folder.mkdir()
    for file in (CASES / "min_kept").iterdir():
        text = file.read_text(encoding="utf-8").replace("two had 60 or more", "two had ≥ 60 g/L … twice")
        (folder / file.name).write_text(text, encoding="utf-8")
    done = run(words[0], str(folder), *words[1:], PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 1 and "Traceback" not in done.stderr and "unexpected" not in done.stderr, done.stderr
    assert done.stdout and done.stdout.isascii()
