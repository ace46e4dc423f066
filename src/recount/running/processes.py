"""Many independent tasks over the processes of this machine, or over a Dask cluster.

Each process makes its heavy state once, then takes one item after the other. A process that dies costs the item it
had, no more: another takes it again, and only an item that kills three of them ends the run. Results come as they are
finished; what they are must not depend on that order, nor on what the process did before.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from recount.record import Fault, Faults

DEATHS = 3  # processes that an item may cost
PATIENCE = 20.0  # seconds that a scheduler, and its first worker, have to answer
GATHERED = 5.0  # seconds that a finished result has to be fetched
POLL = 2.0  # seconds between looks at whether there are workers at all

Item = TypeVar("Item")
State = TypeVar("State")
Result = TypeVar("Result")


class WorkersDied(RuntimeError):
    """The same item ended one process after the other."""


def core_count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def holding(state: State) -> Callable[[], State]:
    """A setup for `each_result` whose state is there already; it is pickled.

    >>> holding(3)()
    3
    """
    return partial(_held_state, state)


def _held_state(state: State) -> State:
    return state


def each_result(
    task: Callable[[State, Item], Result],
    items: Iterable[Item],
    setup: Callable[[], State],
    workers: int | None = None,
    scheduler: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[Item, Result]]:
    """Every item with task(state, item), in the order of finishing; `setup()` makes the state once a process.

    On `workers` processes of this machine (as many as processors; 0: in this very process), or on the Dask cluster
    whose scheduler answers at an address. Task, setup and items are pickled. Items in a deque may be added to while
    results are taken. What a task raises is raised here. Raises WorkersDied, and Faults where no scheduler answers.

    >>> list(each_result(pow, [3, 4], lambda: 2, workers=0))
    [(3, 8), (4, 16)]
    """
    waiting = items if isinstance(items, deque) else deque(items)
    if scheduler is not None:
        yield from _on_cluster(task, waiting, setup, scheduler, say)
    elif workers == 0:
        yield from _in_this_process(task, waiting, setup)
    else:
        yield from _on_processes(task, waiting, setup, workers or core_count())


def _in_this_process(
    task: Callable[[State, Item], Result], waiting: deque[Item], setup: Callable[[], State]
) -> Iterator[tuple[Item, Result]]:
    state = setup() if waiting else None
    while waiting:
        item = waiting.popleft()
        yield item, task(state, item)  # type: ignore[arg-type]


# this machine -------------------------------------------------------------------------------------------------------


@dataclass
class _Worker:
    """A process, the pipe to it, and the (place, item) it has."""

    process: Any
    pipe: Connection
    having: tuple[int, Any]


def _on_processes(
    task: Callable[[State, Item], Result], waiting: deque[Item], setup: Callable[[], State], workers: int
) -> Iterator[tuple[Item, Result]]:
    errand = pickle.dumps((setup, task))
    again: deque[tuple[int, Item]] = deque()  # what a process died of, to be taken first
    deaths: Counter[int] = Counter()
    busy: list[_Worker] = []
    idle: list[_Worker] = []
    given = 0
    try:
        while waiting or again or busy:
            while (waiting or again) and len(busy) < workers:
                having = again.popleft() if again else (given := given + 1, waiting.popleft())
                busy.append(_worker_with(idle.pop() if idle else _started(errand), having))
            for pipe in wait([worker.pipe for worker in busy]):
                worker = next(w for w in busy if w.pipe is pipe)
                busy.remove(worker)
                answer = _received_answer(worker)
                if answer is None:
                    place, item = worker.having
                    deaths[place] += 1
                    _clear_away(worker, deaths[place])
                    again.append((place, item))
                    continue
                idle.append(worker)
                if isinstance(answer[1], Exception):
                    raise answer[1]
                yield worker.having[1], answer[0]
    finally:
        for worker in (*busy, *idle):
            worker.process.terminate()
        for worker in (*busy, *idle):
            worker.process.join()
            worker.pipe.close()


def _started(errand: bytes) -> _Worker:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve_items, args=(there, errand), daemon=True)
    resource_tracker.ensure_running()  # the first start would run it otherwise, and that lets Ctrl-C through again
    with _unstoppable():
        process.start()
    there.close()
    return _Worker(process, here, (0, None))


@contextlib.contextmanager
def _unstoppable() -> Iterator[None]:
    """Holds Ctrl-C back: a process that is started inherits that, and is ended by us alone, from its first line on."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _worker_with(worker: _Worker, having: tuple[int, Any]) -> _Worker:
    """The worker with an item; one that died while it was idle is found out when its answer is read."""
    worker.having = having
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        worker.pipe.send(having[1])
    return worker


def _received_answer(worker: _Worker) -> tuple[Any, Exception | None] | None:
    """(result, None) or (None, what was raised); None where the process is dead."""
    try:
        answer: tuple[Any, Exception | None] = worker.pipe.recv()
    except (EOFError, OSError, pickle.UnpicklingError):
        return None
    return answer


def _clear_away(worker: _Worker, deaths: int) -> None:
    """Cleans up after a dead process. Raises WorkersDied where its item has cost too many."""
    worker.pipe.close()
    worker.process.join()
    if deaths >= DEATHS:
        how = worker.process.exitcode
        cause = f"signal {-how}" if how is not None and how < 0 else f"exit code {how}"
        raise WorkersDied(f"{worker.having[1]}: {deaths} processes died of it, the last with {cause}")


def _serve_items(pipe: Connection, errand: bytes) -> None:
    """What a process does: makes its state, then answers items until nobody is there to send any."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: who started us ends us
    try:
        item = pipe.recv()
        setup, task = pickle.loads(errand)
        state = setup()
        while True:
            answer: tuple[Any, Exception | None]
            try:
                answer = task(state, item), None
            except Exception as error:
                answer = None, _portable(error)
            pipe.send(answer)
            item = pipe.recv()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # of setup
        pipe.send((None, _portable(error)))


def _portable(error: Exception) -> Exception:
    """The error, or its text where it doesn't survive being sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


# a cluster ----------------------------------------------------------------------------------------------------------

_states = threading.local()  # a cluster's worker may have several threads, and a state is nobody else's


def _far_away(errand: bytes, item: Any) -> Any:
    """Runs in a cluster's worker: the task on its item, with the state of this thread."""
    if getattr(_states, "errand", None) != errand:
        setup, task = pickle.loads(errand)
        _states.state, _states.task, _states.errand = setup(), task, errand
    return _states.task(_states.state, item)


def _on_cluster(
    task: Callable[[State, Item], Result],
    waiting: deque[Item],
    setup: Callable[[], State],
    address: str,
    say: Callable[[str], None],
) -> Iterator[tuple[Item, Result]]:
    if not waiting:
        return
    errand = pickle.dumps((setup, task))
    client = _cluster_client(address)
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    flying: dict[Any, Item] = {}
    try:
        while waiting or flying:
            while waiting and len(flying) < 2 * max(1, sum(client.nthreads().values())):
                item = waiting.popleft()
                future = client.submit(_far_away, errand, item, pure=False)
                flying[future] = item
                future.add_done_callback(done.put)
            future = _next_finished(done, client, say)
            if future is not None:
                item = flying.pop(future)
                try:
                    result = _future_result(future, item)
                except TimeoutError:  # the worker that has it died meanwhile
                    waiting.appendleft(item)
                    continue
                yield item, result
    finally:
        client.cancel(list(flying))
        client.close()


def _cluster_client(address: str) -> Any:
    """A client of the scheduler with one worker at least. Raises Faults."""
    from distributed import Client  # slow to load, and only needed here
    from distributed.versions import VersionMismatchWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionMismatchWarning)  # setup tells whether a worker's packages do
        try:
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise _unreachable(address, "a Dask scheduler answers at this address", str(error)) from None
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            client.close()
            raise _unreachable(address, "the scheduler has a worker at least", "none") from None
    return client


def _unreachable(address: str, rule: str, got: str) -> Faults:
    remedy = "start one with `dask scheduler` and `dask worker`, or leave --scheduler out"
    return Faults([Fault(address, None, None, rule, got, remedy)])


def _next_finished(done: queue.SimpleQueue[Any], client: Any, say: Callable[[str], None]) -> Any:
    """The next finished future; None where none was finished for a while."""
    try:
        return done.get(timeout=POLL)
    except queue.Empty:
        if client.status != "running":
            raise WorkersDied("the scheduler is gone") from None
        if not client.nthreads():
            say("waiting for a worker of the cluster")
        return None


def _future_result(future: Any, item: Any) -> Any:
    """A finished future's result. Raises what its task raised, WorkersDied, and TimeoutError where it is lost."""
    from distributed.scheduler import KilledWorker

    if future.status == "cancelled":
        raise WorkersDied("the scheduler is gone")
    try:
        return future.result(None if future.status == "error" else GATHERED)
    except KilledWorker:
        raise WorkersDied(f"{item}: workers of the cluster died of it one after the other") from None
