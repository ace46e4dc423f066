"""A folder that is written one file after the other, may be left unfinished, and is put in place at once.

Beside the folder DIR: `.DIR.part` holds the finished files and what they are of; `.DIR.whole` is made of them when all
are there, and takes the place of DIR.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recount.record import Fault, Faults

MANIFEST, LOCK = "manifest.json", "lock"


class Unfinished:
    """The finished files of a run that may have been begun before; `note` says what was found.

    `pins` are what the files depend on: files of other pins are never taken over. Raises Faults where another run
    writes here at this moment, or where the folder to be replaced is no folder of this kind, as a `sign` in it tells.
    """

    def __init__(self, out: Path, pins: Mapping[str, Any], sign: str) -> None:
        self.out = out.absolute()
        self.part, self.whole, self.old = (self.out.with_name(f".{out.name}.{end}") for end in ("part", "whole", "old"))
        _check_replaceable(self.out, sign)
        self.part.mkdir(parents=True, exist_ok=True)
        self._lock = _lock_handle(self.part / LOCK, out)
        self._restore()
        self.note = self._begun_note(dict(pins))

    def _restore(self) -> None:
        """Puts back a folder that was moved away by a run that was ended before its own took the place."""
        if self.old.exists() and not self.out.exists():
            os.replace(self.old, self.out)

    def _begun_note(self, pins: dict[str, Any]) -> str:
        before = _read_manifest(self.part / MANIFEST)
        files = self.finished_files()
        if before == pins:
            return f"going on with {len(files):,} that were finished before" if files else ""
        for path in self.part.iterdir():
            if path.name != LOCK:
                path.unlink()
        _write_whole(self.part / MANIFEST, json.dumps(pins, indent=2))
        others = [name for name in pins if before.get(name) != pins[name]]
        return f"begun anew: {len(files):,} were left by a run with another {', '.join(others)}" if files else ""

    def finished_files(self) -> list[str]:
        """The names of the finished files."""
        return sorted(p.name for p in self.part.iterdir() if p.suffix == ".csv" and not p.name.startswith("."))

    def finished_text(self, name: str) -> str:
        """The text of a finished file."""
        return (self.part / name).read_text(encoding="utf-8")

    def keep_file(self, name: str, text: str) -> None:
        """Keeps a finished file: it is there whole or not at all."""
        _write_whole(self.part / name, text)

    def put_in_place(self, names: Mapping[str, str], texts: Mapping[str, str]) -> None:
        """Puts finished files under new names, and more texts, in the folder's place at once."""
        shutil.rmtree(self.whole, ignore_errors=True)
        self.whole.mkdir()
        for name, kept in names.items():
            shutil.copyfile(self.part / kept, self.whole / name)
        for name, text in texts.items():
            (self.whole / name).write_text(text, encoding="utf-8")
        shutil.rmtree(self.old, ignore_errors=True)
        if self.out.exists():
            os.replace(self.out, self.old)
        os.replace(self.whole, self.out)
        shutil.rmtree(self.old, ignore_errors=True)
        shutil.rmtree(self.part)

    def close(self) -> None:
        """Lets another run write here; leaves nothing where nothing was finished."""
        if self.part.exists() and not self.finished_files():
            shutil.rmtree(self.part)
        os.close(self._lock)


def _check_replaceable(out: Path, sign: str) -> None:
    if out.exists() and not out.is_dir():
        rule, got = "what is written is a folder", "a file"
    elif not out.name or (out.exists() and any(out.iterdir()) and not (out / sign).exists()):
        rule, got = f"an existing folder is replaced only where it is empty or has {sign}", "a folder of something else"
    else:
        return
    raise Faults([Fault(str(out), None, None, rule, got, "name another folder, or remove this one")])


def _lock_handle(path: Path, out: Path) -> int:
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        rule = "one run at a time writes a folder"
        raise Faults(
            [Fault(str(out), None, None, rule, "another run", "wait for it, or name another folder")]
        ) from None
    return lock


def _read_manifest(path: Path) -> dict[str, Any]:
    """What a manifest says; nothing where there is none to be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_whole(path: Path, text: str) -> None:
    """Writes a file under another name, and moves it when all of it is on the disk."""
    new = path.with_name(f".{path.name}.new")
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
