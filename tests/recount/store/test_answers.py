"""Answers come back as they were, from any process, after any accident, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import recount
from recount.store import Store, answers, default_folder, key_of
from recount.store.answers import MARK, _answer_path

KEY, OTHER = key_of(test=1), key_of(test=2)


@dataclass(frozen=True)
class End:
    """An answer with parts."""

    reached: Fraction | None
    patients: Any = None


@dataclass(frozen=True)
class Range:
    """An answer with answers in it."""

    status: str
    low: End
    high: End = End(None)


@pytest.fixture(autouse=True)
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source that nobody is at work on."""
    monkeypatch.setattr(answers, "source_changed", lambda: False)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in a folder that isn't there yet."""
    return Store(tmp_path / "new" / "answers", (End, Range))


VALUES = [
    None,
    True,
    -3,
    10**400,
    "–\ud800 \x00\n",
    0.1,
    float("inf"),
    Fraction(-1, 3),
    (),
    [1, (2, [])],
    {"list"},
    frozenset({("claim", "c1"), ("rule", "r1")}),
    {(0, "AGE"): Fraction(1, 2), (1, "SEX"): "F", (2, "X"): None},
    Range("found", End(Fraction(1), {"a": 1})),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_a_value_comes_back(store: Store, value: Any) -> None:
    store.put(KEY, value)
    found = Store(store.folder, (End, Range)).get(KEY, "none")
    assert found == value and type(found) is type(value)
    assert store.get(OTHER, "none") == "none"


def test_nan_comes_back(store: Store) -> None:
    store.put(KEY, (float("nan"), np.int64(3), np.bool_(True)))
    nan, three, true = store.get(KEY)
    assert nan != nan and three == 3 and true is True


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"USUBJID": ["p1", "p2"], "AGE": [Fraction(1, 2), None], "N": [1, 2], "F": [0.5, float("nan")]}),
        pd.DataFrame({"A": [True, False], 3: ["x", "y"]}, index=pd.Index([5, 7], name="who")),
        pd.DataFrame({"A": pd.Series([], dtype=object)}),
        pd.DataFrame([[1, 2]], columns=["A", "A"]),
        pd.DataFrame({"A": [1, 2]}, index=pd.Index([1, 2], dtype=object)),
        pd.DataFrame({"A": [1, 2]}, index=["p1", "p2"]),
        pd.DataFrame({"A": pd.Series([(1, 2), (3, 4)], dtype=object)}),
        pd.DataFrame(index=range(3)),
    ],
)
def test_a_table_comes_back(store: Store, frame: pd.DataFrame) -> None:
    store.put(KEY, End(None, frame))
    found = store.get(KEY).patients
    pd.testing.assert_frame_equal(found, frame, check_column_type=False)
    assert [list(map(type, row)) for row in found.to_numpy().tolist()] == [
        list(map(type, row)) for row in frame.to_numpy().tolist()
    ]


def test_what_is_changed_afterwards_stays_as_it_was_kept(tmp_path: Path) -> None:
    for store in (Store(None), Store(tmp_path)):
        value = [1]
        store.put(KEY, value)
        value.append(2)
        store.get(KEY).append(3)
        assert store.get(KEY) == [1]


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1: object()},
        End,
        pd.Timestamp(0),
        pd.DataFrame({"A": [pd.NaT]}),
        pd.DataFrame({"A": pd.Categorical(["x"])}),
        pd.DataFrame({"A": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)])),
        pd.DataFrame({"A": [1]}, index=pd.to_datetime(["2026-01-01"])),
        pd.DataFrame({"A": [1]}).rename_axis("named", axis=1),
    ],
)
def test_an_unknown_kind_is_refused(store: Store, value: Any) -> None:
    with pytest.raises(TypeError):
        store.put(KEY, value)
    assert store.get(KEY) is None


def test_only_named_dataclasses_are_made(store: Store) -> None:
    store.put(KEY, End(Fraction(1)))
    assert Store(store.folder).get(KEY, "none") == "none"
    with pytest.raises(TypeError):
        Store(store.folder).put(KEY, End(Fraction(1)))


def test_an_answer_is_made_once(store: Store) -> None:
    made: list[int] = []
    for _ in range(2):
        assert store.answer(KEY, lambda: made.append(1)) is None  # None is an answer too
    assert store.answer(OTHER, lambda: 1, keep=lambda _: False) == 1
    assert (made, store.get(OTHER)) == ([1], None)


def test_a_fresh_store_finds_only_its_own(store: Store) -> None:
    store.put(KEY, "old")
    fresh = Store(store.folder, fresh=True)
    assert fresh.get(KEY) is None
    assert fresh.answer(KEY, lambda: "new") == "new"
    assert (fresh.get(KEY), store.get(KEY)) == ("new", "new")


def test_a_key_is_no_path(store: Store) -> None:
    for key in ("", "../" * 20, KEY.upper(), KEY + "0"):
        with pytest.raises(ValueError):
            store.put(key, 1)
        with pytest.raises(ValueError):
            store.get(key)


# accidents ----------------------------------------------------------------------------------------------------------


def _file(store: Store) -> Path:
    assert store.folder is not None
    store.put(KEY, ("proven", Fraction(62)))
    return _answer_path(store.folder, KEY)


def test_no_changed_byte_is_believed(store: Store) -> None:
    path = _file(store)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert store.get(KEY) is None, place
    path.write_bytes(whole)
    assert store.get(KEY) == ("proven", 62)


def test_no_part_of_a_file_is_believed(store: Store) -> None:
    path = _file(store)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert store.get(KEY) is None, size
    path.write_bytes(whole + b"\n")
    assert store.get(KEY) is None


def test_a_file_under_another_key_is_ignored(store: Store) -> None:
    path = _file(store)
    other = _answer_path(path.parent.parent, OTHER)
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(path.read_bytes())
    assert store.get(OTHER) is None


@pytest.mark.parametrize(
    "payload",
    ["[]", "{}", "0.5", '["eval","1"]', '["Fraction",1,0]', '["dict",1]', "[" * 10**5, "NaN x", '["End",1,2,3]'],
)
def test_a_text_that_is_no_value_is_ignored(store: Store, payload: str) -> None:
    path = _file(store)
    path.write_text(f"{MARK} {KEY} {hashlib.sha256(payload.encode()).hexdigest()}\n{payload}\n")
    assert store.get(KEY, "none") == "none"


def test_what_is_no_file_of_ours_is_ignored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(store)
    moved = path.with_name("elsewhere")
    path.rename(moved)
    path.symlink_to(moved)
    assert store.get(KEY) is None
    path.unlink()
    os.mkfifo(path)
    assert store.get(KEY) is None
    path.unlink()
    path.mkdir()
    assert store.get(KEY) is None
    store.put(KEY, "kept in memory")
    assert store.get(KEY) == "kept in memory"
    path.rmdir()
    moved.rename(path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert Store(store.folder).get(KEY) is None


def test_too_large_a_file_is_ignored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(store)
    monkeypatch.setattr(answers, "MOST_BYTES", path.stat().st_size - 1)
    assert store.get(KEY) is None
    store.put(OTHER, "x" * 1000)
    assert store.get(OTHER) == "x" * 1000
    assert Store(store.folder).get(OTHER) is None


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "answers", Path("/proc/none"), tmp_path / ("x" * 300), None):
        store = Store(folder)
        assert store.answer(KEY, lambda: 1) == 1
        assert store.answer(KEY, lambda: 2) == 1
        assert Store(folder).get(KEY) is None


def test_source_changed_meanwhile_keeps_nothing_on_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "source_changed", lambda: True)
    store.put(KEY, 1)
    assert store.get(KEY) == 1
    assert Store(store.folder).get(KEY) is None


def test_the_oldest_go_first(tmp_path: Path) -> None:
    (tmp_path / "aa").mkdir()
    (tmp_path / "aa" / "letter.txt").write_text("x" * 10**5)
    left = tmp_path / "aa" / f"{KEY}.abc.new"
    left.write_text("half")
    os.utime(left, (0, 0))
    keys = [key_of(k=k) for k in range(40)]
    for age, key in enumerate(keys):
        Store(tmp_path, cap=10**6).put(key, "x" * 1000)
        os.utime(_answer_path(tmp_path, key), (10**9 + age, 10**9 + age))
    store = Store(tmp_path, cap=20_000)
    store.put(KEY, "last")
    kept = [key for key in keys if store.get(key) is not None]
    assert kept == keys[-len(kept) :] and 10 < len(kept) < 20
    assert store.get(KEY) == "last"
    assert (tmp_path / "aa" / "letter.txt").exists() and not left.exists()


# processes ----------------------------------------------------------------------------------------------------------

WRITER = """
import random, sys
from pathlib import Path
from recount.store import Store, answers
answers.source_changed = lambda: False
keys, seed = sys.argv[2].split(","), int(sys.argv[3])
store = Store(Path(sys.argv[1]), cap=int(sys.argv[4]))
order = random.Random(seed)
print("began", flush=True)
for _ in range(int(sys.argv[5])):
    k = order.randrange(len(keys))
    assert store.answer(keys[k], lambda: [k] * 20_000) == [k] * 20_000
    if order.random() < 0.5:
        store.put(keys[k], [k] * 20_000)
"""


def _writer(folder: Path, keys: list[str], seed: int, cap: int, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), ",".join(keys), str(seed), str(cap), str(times)]
    source = str(Path(recount.__file__).parent.parent)
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": source})


@pytest.mark.parametrize("cap", [10**9, 100_000])
def test_several_processes_at_once(tmp_path: Path, cap: int) -> None:
    """Readers check what they read; with a small cap they also remove one another's files."""
    keys = [key_of(k=k) for k in range(10)]
    writers = [_writer(tmp_path, keys, seed, cap, 30) for seed in range(3)]
    assert [(writer.communicate(timeout=100), writer.returncode)[1] for writer in writers] == [0] * 3
    assert not list(tmp_path.rglob("*.new"))


def test_killed_writers_leave_no_wrong_answer(tmp_path: Path) -> None:
    keys = [key_of(k=k) for k in range(10)]
    wait = random.Random(1)
    for seed in range(4):
        writer = _writer(tmp_path, keys, seed, 10**9, 10**6)
        assert writer.stdout is not None and writer.stdout.readline() == "began\n"
        time.sleep(0.05 + 0.2 * wait.random())
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
        writer.stdout.close()
        found = [Store(tmp_path).get(key) for key in keys]
        assert any(found) and all(one in (None, [k] * 20_000) for k, one in enumerate(found))


def test_a_store_can_be_sent(store: Store) -> None:
    store.put(KEY, 1)
    assert pickle.loads(pickle.dumps(store)).get(KEY) == 1


def test_the_same_key_in_every_process() -> None:
    code = "from recount.store import key_of; print(key_of(a={'x', 'y', 'z'}, b={'p': 1, 'q': None}))"
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(Path(recount.__file__).parent.parent), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert keys == {key_of(a={"x", "y", "z"}, b={"p": 1, "q": None}) + "\n"}


def test_three_hundred_answers_are_read_quickly(store: Store) -> None:
    cells = {(k, "AGE"): Fraction(k, 2) for k in range(24)}
    keys = [key_of(k=k) for k in range(300)]
    for key in keys:
        store.put(key, Range("found", End(Fraction(1), cells), End(Fraction(2), cells)))
    began = time.process_time()
    assert all(store.get(key) is not None for key in keys)
    assert time.process_time() - began < 0.2


# the folder ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named, cache, folder",
    [
        ("/a/b", "/c", "/a/b"),
        ("off", "/c", None),
        ("", "/c", "/c/rtx-btz-compendium/answers"),
        ("", "c", "/home/x/.cache/rtx-btz-compendium/answers"),
        ("", "", "/home/x/.cache/rtx-btz-compendium/answers"),
    ],
)
def test_where_answers_are_kept(monkeypatch: pytest.MonkeyPatch, named: str, cache: str, folder: str | None) -> None:
    monkeypatch.setenv("RECOUNT_STORE", named)
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    monkeypatch.setenv("HOME", "/home/x")
    assert default_folder() == (folder and Path(folder))


def test_a_file_is_text_that_people_can_read(store: Store) -> None:
    mark, payload = _file(store).read_text().splitlines()
    assert mark.startswith(f"{MARK} {KEY} ")
    assert json.loads(payload) == ["tuple", "proven", ["Fraction", 62, 1]]
