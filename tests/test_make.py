"""The Makefile on a small project whose three programs only write down that they were called."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from compendium.project import root

PROGRAM = """#!/usr/bin/env bash
# Notes its call, hangs or fails where the test wants it, and writes what the real one would.
set -eu
name=${0##*/}
echo "$name $*" >> calls
out=; cohort=reconstructed; previous=
for word in "$@"; do
  case $previous in --out) out=$word;; --cohort) cohort=$word;; esac
  previous=$word
done
folder=results/$cohort
files() {
  mkdir -p "$out"
  for file in "$@"; do echo half > "$out/$file"; pause; echo whole > "$out/$file"; done
}
pause() { if [ -e hang ] && [ "$(< hang)" = "$out" ]; then touch hanging; sleep 60; fi; }
if [ -e broken ] && [[ "$name $*" = *"$(< broken)"* ]]; then exit 3; fi
case "$name $1" in
  "recount cohorts") files cohort_0001.csv set_aside.csv origin.csv;;
  "recount audit") files audit.csv conflicts.csv set_aside.csv; echo 'a sum'; echo; echo 'a ledger'
    exit "$(cat verdict 2> /dev/null || echo 1)";; # 1: something is contradicted
  "recount range") files ranges.csv; echo 'a range';;
  "cytopenia sensitivity") files specifications.csv questions.csv;;
  "cytopenia visits") files DM.csv MH.csv CM.csv EX.csv LB.csv AE.csv CE.csv RS.csv DS.csv;;
  "cytopenia derive") # the real one writes each file whole, but one after the other
    out=data/processed/$cohort/adam; mkdir -p "$out"
    for table in ADSL ADLB ADRS ADTTE ADAE; do echo whole > "$out/$table.csv"; pause; done;;
  "compendium parameter") echo paper;;
  "compendium run")
    stem=${2##*/}; stem=${stem%.ipynb}
    mkdir -p "$folder/notebooks" "$folder/parts"
    touch "$folder/notebooks/$stem.ipynb" "$folder/parts/$stem.csv";;
  "compendium results") touch "$folder/results.csv";;
  "compendium site") mkdir -p "$folder/site"; touch "$folder/site/index.html";;
  "compendium depends") mkdir -p .build; PYTHONPATH=src @python@ -S -m compendium.depends > "$out";;
esac
"""

NOTEBOOKS = {
    "00_reconstruction": "import recount.record.study",
    "01_cohort": "from cytopenia import summaries",
    "02_efficacy": "from cytopenia.summaries import table",
    "05_ledger": "import recount.results.rows",
    "06_sensitivity": "import cytopenia.sensitivity",
    "07_appraisal": "import recount.record.study",
}
MODULES = {
    "recount": (
        "record/study",
        "reconstruct/ensemble",
        "audit/leave_one_out",
        "audit/questions",
        "cli/main",
        "cli/report",
        "results/guard",
        "results/rows",
    ),
    "cytopenia": ("read", "derive", "visits", "summaries", "sensitivity", "cli"),
}
AUXILIARY = ("compendium depends", "compendium parameter")
AGE = 100 * 10**9
LANDMARKS, VISITS, DERIVE = "recount cohorts", "cytopenia visits", "cytopenia derive"
AUDIT, RANGES, GUARD = "recount audit", "recount range", "recount guard"
ENSEMBLE, SENSITIVITY, PROVEN = LANDMARKS, "cytopenia sensitivity", RANGES
MERGE, SITE = "compendium results", "compendium site"


class Project:
    """A folder with the real Makefile and a made-up rest."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def make(self, *goals: str) -> subprocess.CompletedProcess[str]:
        """Runs make; the calls of earlier runs are forgotten."""
        (self.base / "calls").unlink(missing_ok=True)
        return subprocess.run(["make", *goals], cwd=self.base, env=environment(), capture_output=True, text=True)

    @property
    def calls(self) -> list[str]:
        """What was called, without options; what only helps doesn't count."""
        path = self.base / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [short(line) for line in lines if not line.startswith(AUXILIARY)]

    def touch(self, name: str) -> None:
        """Makes a file newer than everything made so far, by making all that older."""
        for path in self.base.rglob("*"):
            made = path.stat().st_mtime_ns
            os.utime(path, ns=(made - AGE, made - AGE))
        (self.base / name).touch()


def environment() -> dict[str, str]:
    """The environment without what an outer make left in it."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "COHORT"))}


def short(call: str) -> str:
    """`run 01_cohort` for a notebook, program and command for the rest."""
    program, command, *rest = call.split()
    return f"run {Path(rest[0]).stem}" if command == "run" else f"{program} {command}"


def lay_out(base: Path) -> Project:
    """The files of the small project."""
    base.mkdir(exist_ok=True)
    shutil.copy(root() / "Makefile", base)
    shutil.copytree(root() / "src/compendium", base / "src/compendium", ignore=shutil.ignore_patterns("__pycache__"))
    for package, modules in MODULES.items():
        write(base / f"src/{package}/__init__.py", "")
        for module in modules:
            write((base / f"src/{package}/{module}.py").parent / "__init__.py", "")
            write(base / f"src/{package}/{module}.py", "")
    write(base / "src/cytopenia/summaries.py", "def table():\n    from recount.record.study import read_study\n")
    for name, source in NOTEBOOKS.items():
        write(
            base / f"notebooks/{name}.ipynb",
            f'{{"cells": [{{"cell_type": "code", "source": ["{source}"]}}]}}',
        )
    for name in ("notebooks/parameters.yml", "docs/index.md", "requirements.lock", "pyproject.toml"):
        write(base / name, "")
    write(base / "data/raw/cohorts/mine/DM.csv", "USUBJID\n")
    write(base / "data/raw/paper/claims.csv", "id\n")
    digest = hashlib.sha256(b"id\n").hexdigest()
    write(base / "data/raw/paper/SHA256SUMS", f"{digest}  claims.csv\n")
    write(base / "data/proofs/second_prover.jsonl", "")
    for program in ("recount", "cytopenia", "compendium"):
        write(base / f".venv/bin/{program}", PROGRAM.replace("@python@", sys.executable)).chmod(0o755)
    write(base / ".venv/.ready", "")
    return Project(base)


def write(path: Path, text: str) -> Path:
    """The file with this text, dated a while ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - 1000,) * 2)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which nothing was made yet."""
    made = lay_out(tmp_path / "project")
    os.utime(made.base / ".venv/.ready")
    return made


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which everything is made, to be copied."""
    project = lay_out(tmp_path_factory.mktemp("make") / "project")
    os.utime(project.base / ".venv/.ready")
    assert project.make("all").returncode == 0
    return project


@pytest.fixture
def built(made_once: Project, tmp_path: Path) -> Project:
    """A project in which everything is made, its files as old as they were."""
    shutil.copytree(made_once.base, tmp_path / "project")
    return Project(tmp_path / "project")


def runs(*numbers: str) -> list[str]:
    return [f"run {name}" for name in NOTEBOOKS if name[:2] in numbers]


RUNS = [*runs("00", "01", "02", "06", "07"), *runs("05")]  # the ledger comes last
DERIVED = [DERIVE, *RUNS, MERGE, SITE]
VISITED = [VISITS, DERIVE]
MANY = [ENSEMBLE, SENSITIVITY, PROVEN]
AFTER = [*runs("06", "07"), *runs("05"), MERGE, SITE]
SHOWING = [GUARD, *runs("00")]  # ranges are shown once they are guarded
EVERYTHING = [LANDMARKS, VISITS, DERIVE, RANGES, AUDIT, *MANY, *SHOWING, *runs("01", "02"), *AFTER]


def test_everything_is_made_in_order_and_says_where_to_look(project: Project) -> None:
    done = project.make("all")
    assert project.calls == EVERYTHING
    assert done.stdout.splitlines()[-1] == "Look at results/reconstructed/site/index.html"


def test_a_second_time_nothing_is_done(built: Project) -> None:
    done = built.make("all")
    assert (done.returncode, built.calls) == (0, [])
    assert done.stdout == "Look at results/reconstructed/site/index.html\n"


@pytest.mark.parametrize(
    ("touched", "again"),
    [
        ("notebooks/01_cohort.ipynb", [*runs("01", "07"), *runs("05"), MERGE, SITE]),
        ("notebooks/05_ledger.ipynb", [*runs("07"), *runs("05"), MERGE, SITE]),
        ("notebooks/parameters.yml", DERIVED),
        ("src/cytopenia/summaries.py", [*runs("01", "02", "05"), MERGE, SITE]),
        ("src/recount/record/study.py", DERIVED),
        ("src/recount/reconstruct/ensemble.py", [LANDMARKS, *VISITED, *MANY, *SHOWING, *runs("01", "02"), *AFTER]),
        ("src/cytopenia/sensitivity.py", [SENSITIVITY, PROVEN, *SHOWING, *runs("06"), *runs("05"), MERGE, SITE]),
        ("src/recount/audit/leave_one_out.py", [AUDIT, *SHOWING, *runs("06"), *runs("05"), MERGE, SITE]),
        ("src/recount/audit/questions.py", [RANGES, PROVEN, *SHOWING, *runs("06"), *runs("05"), MERGE, SITE]),
        ("src/recount/cli/report.py", [RANGES, AUDIT, PROVEN, *SHOWING, *runs("06"), *runs("05"), MERGE, SITE]),
        ("src/recount/results/guard.py", [*SHOWING, *runs("06"), *runs("05"), MERGE, SITE]),
        ("src/recount/cli/main.py", EVERYTHING),
        ("src/cytopenia/visits.py", [VISITS, *DERIVED]),
        ("src/cytopenia/derive.py", DERIVED),
        ("data/raw/paper/claims.csv", EVERYTHING),
        ("requirements.lock", EVERYTHING),
        ("docs/index.md", [SITE]),
        ("src/compendium/site.py", [SITE]),
        ("data/raw/cohorts/mine/DM.csv", []),
        ("src/compendium/bench.py", []),
        ("src/compendium/execute.py", [*RUNS, MERGE, SITE]),
    ],
)
def test_what_depends_on_a_file_is_made_again_and_nothing_else(built: Project, touched: str, again: list[str]) -> None:
    built.touch(touched)
    if touched == "requirements.lock":
        built.touch(".venv/.ready")
    assert built.make("all").returncode == 0
    assert built.calls == again


def test_a_new_import_is_noticed(built: Project) -> None:
    (built.base / "src/recount/results/rows.py").write_text("import recount.record.study\n")
    built.touch("src/recount/results/rows.py")
    built.make("all")
    built.touch("src/recount/record/study.py")
    built.make("all")
    assert "run 05_ledger" in built.calls


@pytest.mark.parametrize("gone", ["parts/01_cohort.csv", "notebooks/01_cohort.ipynb"])
def test_what_is_missing_is_made_again(built: Project, gone: str) -> None:
    (built.base / "results/reconstructed" / gone).unlink()
    built.make("all")
    assert "run 01_cohort" in built.calls
    assert (built.base / "results/reconstructed" / gone).exists()


def test_a_cohort_of_ones_own_has_neither_reconstruction_nor_appraisal(project: Project) -> None:
    done = project.make("all", "COHORT=mine")
    assert project.calls == [DERIVE, *runs("01", "02", "06"), *runs("05"), MERGE, SITE]
    assert done.stdout.splitlines()[-1] == "Look at results/mine/site/index.html"
    write(project.base / "data/raw/cohorts/mine/LB.csv", "")
    project.touch("data/raw/cohorts/mine")
    project.make("all", "COHORT=mine")
    assert project.calls[0] == DERIVE


@pytest.mark.parametrize(("verdict", "status"), [("0", 0), ("1", 0), ("2", 2), ("3", 2)])
def test_a_contradiction_stops_nothing_and_unusable_input_does(project: Project, verdict: str, status: int) -> None:
    (project.base / "verdict").write_text(verdict)
    done = project.make("all")
    assert done.returncode == status
    assert (project.base / "data/processed/reconstructed/audit/audit.csv").exists() == (status == 0)
    assert "a sum" in done.stdout and "a ledger" not in done.stdout and "a range" not in done.stdout


def test_a_range_that_lacks_a_cohorts_value_stops_the_build_before_it_is_shown(project: Project) -> None:
    (project.base / "broken").write_text(GUARD)
    done = project.make("all")
    assert done.returncode == 2
    assert project.calls[-1] == GUARD and not set(project.calls) & set(runs("00", "05", "06"))
    (project.base / "broken").unlink()
    project.make("all")
    assert project.calls == [*SHOWING, *runs("01", "02"), *AFTER]


@pytest.mark.parametrize("name", ["nosuch", "", "mine reconstructed", "../cohorts/mine", "%"])
def test_an_unknown_cohort_is_refused_with_the_known_ones(project: Project, name: str) -> None:
    done = project.make("all", f"COHORT={name}")
    assert done.returncode == 2
    assert f'there is no cohort "{name}": there are reconstructed mine' in done.stderr
    assert project.calls == []


@pytest.mark.parametrize("folder", ["built", "project"])
def test_a_changed_record_stops_everything_and_is_named(request: pytest.FixtureRequest, folder: str) -> None:
    project: Project = request.getfixturevalue(folder)
    (project.base / "data/raw/paper/claims.csv").write_text("id,place\n")
    done = project.make("all")
    assert done.returncode == 2
    assert "data/raw/paper/claims.csv: changed since SHA256SUMS was written" in done.stderr
    assert project.calls == []


@pytest.mark.parametrize("name", ["claims.csv", "SHA256SUMS"])
def test_a_missing_record_is_named(project: Project, name: str) -> None:
    (project.base / "data/raw/paper" / name).unlink()
    done = project.make("all")
    assert done.returncode == 2
    assert f"data/raw/paper/{name}" in done.stderr
    assert project.calls == []


STEPS = [LANDMARKS, VISITS, DERIVE, RANGES, AUDIT, GUARD, "compendium run notebooks/01", MERGE, SITE]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_is_tried_again(project: Project, step: str) -> None:
    (project.base / "broken").write_text(step)
    assert project.make("all").returncode == 2
    done_before = project.calls[:-1]
    (project.base / "broken").unlink()
    assert project.make("all").returncode == 0
    assert done_before + project.calls == EVERYTHING


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("step", [LANDMARKS, VISITS, DERIVE, RANGES, AUDIT])
def test_an_interrupted_run_leaves_nothing_half_written(project: Project, step: str, stop: signal.Signals) -> None:
    folders = {LANDMARKS: "landmarks.new", VISITS: "sdtm.new", DERIVE: "adam", RANGES: "ranges.new", AUDIT: "audit.new"}
    folder = folders[step]
    (project.base / "hang").write_text(f"data/processed/reconstructed/{folder}")
    with subprocess.Popen(
        ["make", "all"],
        cwd=project.base,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: (project.base / "hanging").exists() or process.poll() is not None)
        os.killpg(process.pid, stop)
        assert process.wait(timeout=10) != 0
    made = [path for path in (project.base / "data/processed").rglob("*.csv") if ".new" not in str(path)]
    assert [path for path in made if path.read_text() != "whole\n"] == []
    (project.base / "hang").unlink()
    assert project.make("all").returncode == 0
    assert step in project.calls
    assert not list(project.base.rglob("*.new"))


def wait_for(condition: Callable[[], bool]) -> None:
    """Returns when the condition holds; fails after ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_help_has_a_line_for_every_goal(project: Project) -> None:
    said = project.make("help").stdout
    goals = [line.split()[1] for line in said.splitlines()]
    assert goals == ["all", "test", "check", "bench", "prove", "second", "store", "clean", "distclean", "help"]
    assert project.calls == []


def test_clean_keeps_what_was_not_made(built: Project) -> None:
    built.make("clean")
    assert not (built.base / "results").exists()
    assert (built.base / ".venv/.ready").exists() and (built.base / "data/raw/paper/claims.csv").exists()


def test_without_python_311_it_says_so(project: Project) -> None:
    (project.base / ".venv/.ready").unlink()
    done = project.make("all", "PYTHON=no-such-python")
    assert done.returncode == 2
    assert "Python 3.11 is needed and is none of: no-such-python" in done.stderr
