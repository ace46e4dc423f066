"""Ensembles: the same whatever the number of processes, resumed where they were, never mixed, all cohorts different."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recount.reconstruct.cohort import Drawing
from recount.reconstruct.ensemble import (
    Draw,
    Interrupted,
    OtherPackages,
    make_drawing,
    patients_digest,
    study_digest,
    versions,
    write_cohorts,
)
from recount.record.faults import Faults
from recount.record.study import read_study
from recount.running import Undecided
from recount.verify.verifier import verify

VARIABLES = '''name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B|C,,group
E,category,,,,,Y|N,,event
X,integer,,1,0,20,,,a number
Y,decimal,,0.5,0,10,,"G == ""A""",a number of group A
'''
POPULATIONS = '''name,where,description
ALL,,everybody
A,"G == ""A""",group A
'''
CLAIMS = '''id,place,population,variable,statistic,printed,versus,description
c1,here,ALL,,n,8,,patients
c2,here,ALL,"G == ""A""",count,3,,in group A
c3,here,A,Y,median,5.5,,median of group A
c4,here,ALL,X,median,9.0,,median
c5,here,ALL,X,p25,4.25,,lower quartile
c6,here,ALL,X,p75,12.5,,upper quartile
'''
RULES = """id,place,rule,description
r1,here,"E == ""Y"" -> X >= 5",a rule
"""
ASSUMPTIONS = """variable,where,low,typical,high,reason
E,,,N,,no event unless the record says so
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    files = {"variables": VARIABLES, "populations": POPULATIONS, "claims": CLAIMS, "rules": RULES}
    for name, text in {**files, "assumptions": ASSUMPTIONS}.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def cohorts(folder: Path) -> dict[str, bytes]:
    return {name: text for name, text in contents(folder).items() if name.startswith("cohort_")}


# what is drawn ------------------------------------------------------------------------------------------------------


def test_one_process_and_two_write_the_same_bytes(study: Path, tmp_path: Path) -> None:
    for workers in (0, 1, 2):
        write_cohorts(study, 6, 1, tmp_path / f"by{workers}", workers)
    assert contents(tmp_path / "by0") == contents(tmp_path / "by1") == contents(tmp_path / "by2")
    assert sorted(contents(tmp_path / "by2")) == [
        *(f"cohort_000{k}.csv" for k in range(1, 7)),
        "ensemble.json",
        "not_modelled.csv",
        "origin.csv",
        "set_aside.csv",
    ]


def test_a_cohort_is_the_same_in_a_larger_ensemble(study: Path, tmp_path: Path) -> None:
    write_cohorts(study, 3, 5, tmp_path / "small", 0)
    write_cohorts(study, 9, 5, tmp_path / "large", 0)
    small, large = cohorts(tmp_path / "small"), cohorts(tmp_path / "large")
    assert len(large) == 9 and small.items() <= large.items()
    assert contents(tmp_path / "small")["origin.csv"] == contents(tmp_path / "large")["origin.csv"]


def test_cohorts_differ_satisfy_the_record_and_hang_on_the_seed(study: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        write_cohorts(study, 12, seed, tmp_path / f"seed{seed}", 0)
    texts = [text.decode() for seed in (1, 2) for text in cohorts(tmp_path / f"seed{seed}").values()]
    assert len({patients_digest(text) for text in texts[:12]}) == 12
    assert texts[:12] != texts[12:]
    record = read_study(study)
    for text in texts:
        rows = list(csv.DictReader(io.StringIO(text)))
        assert verify(record, pd.DataFrame(rows)).broken.empty
    groups = {tuple(row["G"] for row in csv.DictReader(io.StringIO(text))) for text in texts}
    assert len(groups) > 3  # categories vary too


def test_the_ensemble_says_of_what_it_is_and_by_which_law(study: Path, tmp_path: Path) -> None:
    summary = write_cohorts(study, 2, 7, tmp_path / "out", 0)
    about = json.loads((tmp_path / "out/ensemble.json").read_text())
    assert (about["cohorts"], about["seed"]) == (2, 7)
    assert about["study"] == {"folder": "study", "sha256": study_digest(study)}
    assert "not uniform" in " ".join(about["law"]) and "no confidence interval" in " ".join(about["law"])
    assert (summary.cohorts, summary.taken_over, summary.lines, summary.notes) == (2, 0, [], ())


DIGESTS = [
    ("ID,A\n1,x\n2,y\n", "ID,A\n1,y\n2,x\n", True),  # the same two patients
    ("ID,A\n1,x\n2,y\n", "ID,A\n1,x\n2,x\n", False),
    ("ID,A\n1,x\n", "ID,A\n1,x\n2,x\n", False),
    ("ID,A\n1,x\n", "ID,B\n1,x\n", False),
]


@pytest.mark.parametrize(("one", "other", "same"), DIGESTS)
def test_cohorts_are_the_same_by_their_patients(one: str, other: str, same: bool) -> None:
    assert (patients_digest(one) == patients_digest(other)) is same


def test_a_repeated_cohort_is_drawn_again_and_what_cant_be_had_is_said(study: Path, tmp_path: Path) -> None:
    (study / "variables.csv").write_text("name,kind,unit,step,low,high,levels,where,description\nX,integer,,1,0,2,,,\n")
    (study / "populations.csv").write_text("name,where,description\nALL,,everybody\n")
    (study / "claims.csv").write_text(CLAIMS.split("c1")[0] + "c1,here,ALL,,n,2,,patients\nc2,here,ALL,X,max,2,,\n")
    (study / "rules.csv").write_text("id,place,rule,description\n")
    (study / "assumptions.csv").unlink()
    for workers in (0, 2):  # 2 with 0, 1 or 2: three cohorts and no more
        summary = write_cohorts(study, 3, 1, tmp_path / f"by{workers}", workers)
        assert summary.redrawn
    assert contents(tmp_path / "by0") == contents(tmp_path / "by2")
    with pytest.raises(Undecided, match="no cohort that differs from the first 3: ask for -n 3"):
        write_cohorts(study, 4, 1, tmp_path / "more", 0)
    assert not (tmp_path / "more").exists()


STUDIES = Path(__file__).parents[2] / "studies"


def test_a_second_cohort_of_a_record_that_has_one_is_refused_with_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    true = Drawing.cohort
    monkeypatch.setattr(Drawing, "cohort", lambda self, seed, number, attempt=0: (
        drawn.append(number) or true(self, seed, number, attempt)
    ))  # fmt: skip
    with pytest.raises(Faults, match=r"^-n: it is proven that a single cohort satisfies this record.*-n 1"):
        write_cohorts(STUDIES / "census_block", 2, 1, tmp_path / "out", 0)
    assert drawn == [1, 2] and not (tmp_path / "out").exists()
    assert write_cohorts(STUDIES / "census_block", 1, 1, tmp_path / "out", 0).cohorts == 1


# going on where it was ----------------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from recount.reconstruct.ensemble import Interrupted, write_cohorts
if __name__ == "__main__":
    study, n, out, workers = sys.argv[1:]
    try:
        write_cohorts(Path(study), int(n), 1, Path(out), int(workers))
    except Interrupted as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(130)
"""


def begun(study: Path, out: Path, n: int, workers: int, how: signal.Signals) -> tuple[int, str, int]:
    """A run that gets a signal when a few cohorts are there: its exit code, what it said, how many cohorts it left."""
    script = out.parent / "run.py"
    script.write_text(RUN)
    arguments = [sys.executable, script, study, str(n), out, str(workers)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background have it ignored
    try:
        run = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, before)
    part = out.with_name(f".{out.name}.part")
    while len(list(part.glob("0*.csv"))) < 3 and run.poll() is None:
        time.sleep(0.01)
    (os.killpg if how == signal.SIGINT else os.kill)(run.pid, how)
    said = run.communicate()[1]
    return run.returncode, said, len(list(part.glob("0*.csv")))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_killed_run_goes_on_where_it_was(study: Path, tmp_path: Path, workers: int) -> None:
    out = tmp_path / "out"
    code, _, left = begun(study, out, 400, workers, signal.SIGKILL)
    assert code == -signal.SIGKILL and 3 <= left < 400 and not out.exists()
    summary = write_cohorts(study, 40, 1, out, 0)
    assert 3 <= summary.taken_over <= left
    assert summary.notes == (f"going on with {left:,} that were finished before",)
    write_cohorts(study, 40, 1, tmp_path / "undisturbed", 0)
    assert contents(out) == contents(tmp_path / "undisturbed")
    assert not list(tmp_path.glob(".out.*"))


def test_ctrl_c_stops_says_how_to_go_on_and_loses_nothing(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, said, left = begun(study, out, 400, 2, signal.SIGINT)
    assert code == 130 and "Traceback" not in said, said
    assert said.strip() == f"stopped with {left} of 400 cohorts: the same command again goes on from there"
    summary = write_cohorts(study, 40, 1, out, 0)  # workers finish in any order: the last of few may be missing
    assert summary.notes == (f"going on with {left:,} that were finished before",)
    assert 2 <= summary.taken_over <= left
    write_cohorts(study, 40, 1, tmp_path / "undisturbed", 0)
    assert contents(out) == contents(tmp_path / "undisturbed")


def interrupted(study: Path, out: Path, n: int, after: int, seed: int = 1) -> None:
    """A run in this process that is stopped from the keyboard after so many cohorts."""

    def say(text: str) -> None:
        if text.startswith(f"{after} of"):
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=f"stopped with {after} of {n} cohorts"):
        write_cohorts(study, n, seed, out, 0, say=say)


CHANGES = [
    ("seed", lambda study: 2),
    ("study", lambda study: (study / "claims.csv").write_text(CLAIMS.replace("9.0", "9.5")) and 1),
]


@pytest.mark.parametrize(("what", "change"), CHANGES, ids=[what for what, _ in CHANGES])
def test_other_arguments_or_another_record_begin_anew_and_say_so(
    study: Path, tmp_path: Path, what: str, change: Any
) -> None:
    interrupted(study, tmp_path / "out", 6, 4)
    seed = change(study)
    summary = write_cohorts(study, 6, seed, tmp_path / "out", 0)
    assert summary.taken_over == 0
    assert summary.notes == (f"begun anew: 4 were left by a run with another {what}",)
    write_cohorts(study, 6, seed, tmp_path / "fresh", 0)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_another_version_begins_anew(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(study, tmp_path / "out", 6, 4)
    monkeypatch.setattr("recount.reconstruct.ensemble._version", lambda: "0.0.0")
    summary = write_cohorts(study, 4, 1, tmp_path / "out", 0)
    assert summary.notes == ("begun anew: 4 were left by a run with another version",)


def test_a_finished_folder_stays_until_all_is_done(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_cohorts(study, 2, 1, out, 0)
    before = contents(out)
    interrupted(study, out, 5, 3, seed=2)
    assert contents(out) == before
    write_cohorts(study, 5, 2, out, 0)
    assert len(cohorts(out)) == 5 and [path.name for path in tmp_path.glob("*out*")] == ["out"]


def test_a_run_ended_between_two_moves_is_put_right(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_cohorts(study, 2, 1, out, 0)
    before = contents(out)
    out.rename(tmp_path / ".out.old")  # as if killed when the old folder had been moved away
    interrupted(study, out, 5, 3)
    assert contents(out) == before


# what is refused ----------------------------------------------------------------------------------------------------


def test_a_folder_of_something_else_is_not_replaced(study: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    for name in ("mine", "file"):
        with pytest.raises(Faults, match="name another folder"):
            write_cohorts(study, 1, 1, tmp_path / name, 0)
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"
    assert not list(tmp_path.glob(".*"))


def test_an_empty_folder_is_replaced(study: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert write_cohorts(study, 1, 1, tmp_path / "out", 0).cohorts == 1


def test_one_run_at_a_time(study: Path, tmp_path: Path) -> None:
    part = tmp_path / ".out.part"
    part.mkdir()
    with open(part / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Faults, match="one run at a time"):
            write_cohorts(study, 1, 1, tmp_path / "out", 0)


@pytest.mark.parametrize(("n", "seed", "fault"), [(0, 1, "-n"), (-3, 1, "-n"), (1, -1, "--seed")])
def test_numbers_that_make_no_sense_are_faults(study: Path, tmp_path: Path, n: int, seed: int, fault: str) -> None:
    with pytest.raises(Faults, match=f"^{fault}: "):
        write_cohorts(study, n, seed, tmp_path / "out", 0)
    assert not list(tmp_path.glob("*out*"))


def test_a_worker_with_other_packages_is_refused() -> None:
    with pytest.raises(OtherPackages, match=r"a worker has ortools .* instead of 1\.0: install the same there"):
        make_drawing(None, {**versions(), "ortools": "1.0"})  # type: ignore[arg-type]


def test_a_draw_is_named_by_its_cohort() -> None:
    assert (str(Draw(7, 2)), Draw(7, 2).file) == ("cohort 7", "000007-02.csv")


# a cluster ----------------------------------------------------------------------------------------------------------


def test_a_cluster_writes_the_same_bytes(study: Path, tmp_path: Path) -> None:
    from distributed import LocalCluster

    write_cohorts(study, 8, 1, tmp_path / "here", 0)
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as made:
        write_cohorts(study, 8, 1, tmp_path / "there", scheduler=made.scheduler_address)
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
