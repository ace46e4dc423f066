"""A folder of answers, a file each, named by its key; any number of processes may read and write it at once.

A file is `MARK key digest` in its first line and the answer as JSON in its second. It is written beside its place and
moved there whole, so a process that is ended while it writes leaves no half of one; and what is read counts only where
key and digest are right. The digest finds damage, not malice: files of other users are left alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from recount.store.made_by import source_changed
from recount.store.values import kinds_of, value_of, value_text

MARK = "recount-answer-1"
VARIABLE = "RECOUNT_STORE"
MOST_BYTES = 16 * 2**20  # of one file
CAP = 512 * 2**20  # bytes of all files together
SHARE = 20  # the folder is looked over again when this part of the cap was written since
ABANDONED = 3600.0  # seconds after which a file that is still being written is nobody's any more

_KEY = re.compile(r"[0-9a-f]{64}")
_OURS = re.compile(r"[0-9a-f]{64}\.json|[0-9a-f]{64}\.[^./]+\.new")
_NONE = object()


def default_folder() -> Path | None:
    """Where answers are kept: RECOUNT_STORE ("off": nowhere, None), else a folder in the user's cache."""
    named = os.environ.get(VARIABLE, "")
    if named:
        return None if named == "off" else Path(named).absolute()
    cache = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(cache) if os.path.isabs(cache) else Path.home() / ".cache"
    except RuntimeError:  # no home
        return None
    return root / "rtx-btz-compendium" / "answers"


class Store:
    """Answers by key, in a folder; without a folder, or where it can't be written, for as long as the store lives.

    `kinds` are the dataclasses that answers hold. A `fresh` store finds nothing but what it was itself given.
    `cap` is how many bytes the folder may hold: beyond it the oldest answers go. It can be sent to another process.
    """

    def __init__(self, folder: Path | None, kinds: tuple[type, ...] = (), fresh: bool = False, cap: int = CAP) -> None:
        self.folder, self.kinds, self.fresh, self.cap = folder, kinds_of(kinds), fresh, cap
        self._own: set[str] = set()
        self._memory: dict[str, str] = {}
        self._written = cap  # so that the first answer has the folder looked over

    def answer(self, key: str, make: Callable[[], Any], keep: Callable[[Any], bool] = lambda _: True) -> Any:
        """The answer kept under a key, else the one that is made, which is kept where `keep` says so.

        `keep` is for answers that another try may better, such as one that a clock cut short.
        """
        found = self.get(key, _NONE)
        if found is not _NONE:
            return found
        made = make()
        if keep(made):
            self.put(key, made)
        return made

    def get(self, key: str, otherwise: Any = None) -> Any:
        """The answer kept under a key, a new object each time; `otherwise` where there is none to be trusted."""
        text = self._memory.get(_checked(key))
        if text is None and self.folder is not None and (not self.fresh or key in self._own):
            text = _payload(_answer_path(self.folder, key), key)
        if text is None:
            return otherwise
        try:
            return value_of(text, self.kinds)
        except Exception:  # a strange text fails in any way
            return otherwise

    def put(self, key: str, value: Any) -> None:
        """Keeps an answer. Raises TypeError where it is of no kind that can be kept.

        In memory only where the source was changed meanwhile: this process may run other code than its keys say.
        """
        text = value_text(value, self.kinds)
        whole = f"{MARK} {_checked(key)} {_text_digest(text)}\n{text}\n".encode("ascii")
        if self.folder is None or len(whole) > MOST_BYTES or source_changed() or not self._wrote_file(key, whole):
            self._memory[key] = text
        else:
            self._own.add(key)

    def _wrote_file(self, key: str, whole: bytes) -> bool:
        """Whether the file is in its place."""
        assert self.folder is not None
        try:
            _put_in_place(_answer_path(self.folder, key), whole)
        except OSError:
            return False
        self._written += len(whole)
        if self._written * SHARE > self.cap:
            self._written = 0
            with suppress(OSError):
                _remove_oldest(self.folder, self.cap)
        return True


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"a key is 64 hexadecimal digits, as key_of makes them (got {key!r})")
    return key


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _answer_path(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.json"


def _put_in_place(path: Path, whole: bytes) -> None:
    """Writes a file beside its place and moves it there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(".new", f"{path.stem}.", path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(whole)
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _payload(path: Path, key: str) -> str | None:
    """The second line of an answer's file; None where there is no such file, or a wrong one."""
    try:
        whole = _own_file_bytes(path).decode("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    head, _, rest = whole.partition("\n")
    text = rest[:-1]
    return text if rest.endswith("\n") and head == f"{MARK} {key} {_text_digest(text)}" else None


def _own_file_bytes(path: Path) -> bytes:
    """What is in a file of ours. Raises OSError where it is none: a link, a pipe, somebody else's, too large."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would wait for its writer
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size > MOST_BYTES:
            raise OSError("not an answer's file")
        return file.read(MOST_BYTES + 1)


def _remove_oldest(folder: Path, cap: int) -> None:
    """Removes the oldest answers beyond the cap, and what ended processes left; nothing that isn't ours."""
    now = time.time()
    files = sorted(_kept_files(folder))
    surplus = sum(size for _, size, _ in files) - cap
    for modified, size, path in files:
        abandoned = path.endswith(".new") and now - modified > ABANDONED
        if surplus > 0 or abandoned:
            with suppress(OSError):  # another process was first
                os.unlink(path)
            surplus -= size


def _kept_files(folder: Path) -> list[tuple[float, int, str]]:
    """When each answer was written, its bytes, and its path."""
    rooms = [
        e.path for e in os.scandir(folder) if re.fullmatch("[0-9a-f]{2}", e.name) and e.is_dir(follow_symlinks=False)
    ]
    found = []
    for entry in (entry for room in rooms for entry in os.scandir(room)):
        if _OURS.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            with suppress(FileNotFoundError):
                known = entry.stat(follow_symlinks=False)
                found.append((known.st_mtime, known.st_size, entry.path))
    return found
