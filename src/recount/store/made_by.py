"""What makes an answer, beside its question: the versions of packages, and the digest of our own source code."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from recount import BEGAN

SOURCE = Path(__file__).resolve().parent.parent
PACKAGES = ("ortools", "numpy", "scipy", "pandas")
MARGIN = 1_000_000_000  # nanoseconds: a file system's clock is coarser than ours, and may be another one

# Python 3.11's texts, an f-string among them, end at the first closing quote without a backslash before it
_TEXT_OR_COMMENT = re.compile(
    r'''"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'''
    r"""|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''|'[^'\\\n]*(?:\\.[^'\\\n]*)*'"""
    r"""|\\\r?\n|\#[^\n]*""",
    re.DOTALL,
)


@cache
def versions() -> dict[str, str]:
    """The version of Python and of each package that an answer may depend on; "none" of one that isn't there."""
    return {"python": f"{sys.version_info.major}.{sys.version_info.minor}"} | {
        name: _version(name) for name in PACKAGES
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


@cache
def code_digest() -> str:
    """The SHA-256 of recount's own source as it was when first asked for; comments and blank lines don't count.

    All rooms count, so that nobody has to know which of them an answer rests on.
    """
    return digest_of_source(SOURCE)


def digest_of_source(folder: Path) -> str:
    """The SHA-256 of a folder's Python files, their names and their code without comments, blank lines, blanks at ends.

    Without a file that can be read it is another one each time: code that isn't known is like no other.
    """
    try:
        codes = [(p.relative_to(folder).as_posix(), code_of(p.read_text("utf-8"))) for p in folder.rglob("*.py")]
    except (OSError, UnicodeDecodeError):
        codes = []
    if not codes:
        return secrets.token_hex(32)
    return hashlib.sha256(json.dumps(sorted(codes)).encode()).hexdigest()


def code_of(source: str) -> tuple[str, ...]:
    """A source text without comments, blank lines and blanks at ends; its texts in quotes whole, after the rest.

    >>> code_of("a = '# b'  # c\\n\\n# d\\n  e\\n")
    ('a = \\x00\\n  e', "'# b'")
    """
    texts: list[str] = []

    def set_apart(match: re.Match[str]) -> str:
        if match[0].startswith("#"):
            return ""
        texts.append(match[0])
        return "\0"  # which no source has

    lines = _TEXT_OR_COMMENT.sub(set_apart, source).split("\n")
    return "\n".join(line for line in map(str.rstrip, lines) if line), *texts


def source_changed() -> bool:
    """Whether a source file was changed since this process began, which then may run other code than the files hold.

    Times of change of the files' own records (ctime) are compared, which nobody can set.
    """
    try:
        return max(p.stat().st_ctime_ns for p in _sources(SOURCE)) > BEGAN - MARGIN
    except (OSError, ValueError):
        return True


@cache
def _sources(folder: Path) -> tuple[Path, ...]:
    return tuple(folder.rglob("*.py"))
