"""Tasks over processes and over a cluster: every item once, whatever dies; a dead process costs one item."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from recount.record.faults import Faults
from recount.running.processes import WorkersDied, core_count, each_result

TASKS = '''
import os, signal, time
from pathlib import Path

def state(folder):
    """One line in `states` for each time that the state is made."""
    with open(Path(folder, "states"), "a") as file:
        file.write(f"{os.getpid()}\\n")
    return Path(folder)

def broken_state():
    raise ValueError("no state")

def square(folder, item):
    """The square; a line in `calls` for each call. The items of `deadly` kill the process so many times."""
    with open(folder / "calls", "a") as file:
        file.write(f"{item}\\n")
    for line in (folder / "deadly").read_text().splitlines():
        deadly, times = map(int, line.split())
        if item == deadly and (folder / "calls").read_text().splitlines().count(str(item)) <= times:
            os.kill(os.getpid(), signal.SIGKILL)
    return item * item

def refuse(folder, item):
    if item == 2:
        raise ValueError("not 2")
    return item

def slowly(folder, item):
    (folder / f"{item}.pid").write_text(str(os.getpid()))
    time.sleep(60 * item)

def held_back(state, item):
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
'''

FIRST = """
import tasks_of_a_pool
from recount.running.processes import each_result
print([held_back for _, held_back in each_result(tasks_of_a_pool.held_back, range(2), int, 1)])
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module of tasks that other processes find too; nothing is deadly."""
    (tmp_path / "tasks_of_a_pool.py").write_text(TASKS)
    (tmp_path / "deadly").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    sys.modules.pop("tasks_of_a_pool", None)
    import tasks_of_a_pool

    yield tasks_of_a_pool
    sys.modules.pop("tasks_of_a_pool", None)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_item_has_its_result_and_each_process_makes_its_state_once(
    tasks: Any, tmp_path: Path, workers: int
) -> None:
    found = dict(each_result(tasks.square, range(7), partial(tasks.state, tmp_path), workers))
    assert found == {k: k * k for k in range(7)}
    assert len(lines(tmp_path / "states")) == max(workers, 1)
    assert sorted(lines(tmp_path / "calls")) == sorted(map(str, range(7)))


def test_in_this_process_items_come_in_their_order(tasks: Any, tmp_path: Path) -> None:
    assert [item for item, _ in each_result(tasks.square, [3, 1, 2], partial(tasks.state, tmp_path), 0)] == [3, 1, 2]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("deadly", ["3 1", "3 2", "0 1\n5 1", "6 1"])
def test_a_death_costs_its_one_item(tasks: Any, tmp_path: Path, workers: int, deadly: str) -> None:
    (tmp_path / "deadly").write_text(deadly)
    found = dict(each_result(tasks.square, range(7), partial(tasks.state, tmp_path), workers))
    assert found == {k: k * k for k in range(7)}
    deaths = {int(line.split()[0]): int(line.split()[1]) for line in deadly.splitlines()}
    calls = lines(tmp_path / "calls")
    assert {k: calls.count(str(k)) for k in range(7)} == {k: 1 + deaths.get(k, 0) for k in range(7)}


def test_an_item_that_kills_three_processes_ends_it_all_and_is_named(tasks: Any, tmp_path: Path) -> None:
    (tmp_path / "deadly").write_text("1 3")
    with pytest.raises(WorkersDied, match=r"^1: 3 processes died of it, the last with signal 9$"):
        list(each_result(tasks.square, range(3), partial(tasks.state, tmp_path), 1))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [0, 2])
def test_what_a_task_raises_is_raised_here(tasks: Any, tmp_path: Path, workers: int) -> None:
    with pytest.raises(ValueError, match=r"^not 2$"):
        list(each_result(tasks.refuse, range(5), partial(tasks.state, tmp_path), workers))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [0, 1])
def test_what_setup_raises_is_raised_here(tasks: Any, workers: int) -> None:
    with pytest.raises(ValueError, match=r"^no state$"):
        list(each_result(tasks.square, [1], tasks.broken_state, workers))


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_items_may_be_added_while_results_are_taken(tasks: Any, tmp_path: Path, workers: int) -> None:
    waiting = deque([1, 2])
    found = []
    for item, _ in each_result(tasks.square, waiting, partial(tasks.state, tmp_path), workers):
        found.append(item)
        if item < 5:
            waiting.append(item + 4)
    assert sorted(found) == [1, 2, 5, 6]


@pytest.mark.parametrize("scheduler", [None, "cluster"])
def test_nothing_to_do_starts_nothing(scheduler: str | None) -> None:
    assert list(each_result(pow, [], int, 2, scheduler)) == []
    assert multiprocessing.active_children() == []


def test_processes_end_when_no_more_results_are_taken(tasks: Any, tmp_path: Path) -> None:
    results = each_result(tasks.square, range(50), partial(tasks.state, tmp_path), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_idle_processes_end_when_the_one_that_started_them_is_killed(tasks: Any, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import functools, tasks_of_a_pool as tasks\nfrom recount.running.processes import each_result\n"
        "if __name__ == '__main__':\n"
        f"    list(each_result(tasks.slowly, range(2), functools.partial(tasks.state, {str(tmp_path)!r}), 2))\n"
    )
    run = subprocess.Popen([sys.executable, script], env=os.environ)
    try:
        until(lambda: all((tmp_path / f"{k}.pid").exists() and (tmp_path / f"{k}.pid").read_text() for k in (0, 1)))
        idle, busy = (int((tmp_path / f"{k}.pid").read_text()) for k in (0, 1))
        assert alive(idle) and alive(busy)
    finally:
        run.kill()
        run.wait()
    until(lambda: not alive(idle))
    os.kill(busy, signal.SIGKILL)  # it can't notice before its item is done


def until(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came about")


def alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_all_processors_are_used_where_nothing_else_is_said() -> None:
    assert core_count() == len(os.sched_getaffinity(0))


# a cluster ----------------------------------------------------------------------------------------------------------


def test_a_cluster_gives_the_same_and_a_dead_worker_costs_its_one_item(tasks: Any, tmp_path: Path) -> None:
    from distributed import LocalCluster

    (tmp_path / "deadly").write_text("3 1")
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        found = dict(each_result(tasks.square, range(9), partial(tasks.state, tmp_path), None, made.scheduler_address))
    assert found == {k: k * k for k in range(9)}
    assert lines(tmp_path / "calls").count("3") == 2


def test_what_a_task_raises_on_a_cluster_is_raised_here(tasks: Any, tmp_path: Path) -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as made,
        pytest.raises(ValueError, match=r"^not 2$"),
    ):
        list(each_result(tasks.refuse, range(5), partial(tasks.state, tmp_path), None, made.scheduler_address))


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system can't hold a signal back")
def test_ctrl_c_is_held_back_from_the_very_first_process_on(tasks: Any) -> None:
    run = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    assert run.stdout == "[True, True]\n"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "tcp://127.0.0.1:notaport"])
def test_an_address_where_no_scheduler_answers_is_a_fault(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recount.running.processes.PATIENCE", 1.0)
    with pytest.raises(Faults, match="a Dask scheduler answers at this address"):
        list(each_result(pow, [1], int, None, address))


def test_a_scheduler_without_workers_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr("recount.running.processes.PATIENCE", 1.0)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=None) as made,
        pytest.raises(Faults, match="the scheduler has a worker at least"),
    ):
        list(each_result(pow, [1], int, None, made.scheduler_address))
