"""Which changes of source and packages are told apart, and that our lexer agrees with Python's."""

from __future__ import annotations

import io
import os
import time
import tokenize
from pathlib import Path

import pytest

from recount.store import made_by
from recount.store.made_by import SOURCE, code_digest, code_of, digest_of_source, source_changed, versions

CODE = 'import re\n\n\ndef f(x):\n    """Says # so."""\n    return x + 1  # why\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package of two files."""
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "one.py").write_text(CODE)
    (tmp_path / "two.py").write_text("A = 1\n")
    return tmp_path


@pytest.mark.parametrize(
    "before, after",
    [
        ("# why", "# because of what's \"said"),
        ("  # why", ""),
        ("\n\n\ndef", "\n# a comment\n\n   \ndef"),
        ("x + 1", "x + 1   "),
        ("import re\n", "import re\n\t# indented\n"),
    ],
)
def test_comments_and_blank_lines_leave_the_digest(folder: Path, before: str, after: str) -> None:
    was = digest_of_source(folder)
    (folder / "room" / "one.py").write_text(CODE.replace(before, after))
    assert CODE.replace(before, after) != CODE
    assert digest_of_source(folder) == was


@pytest.mark.parametrize(
    "before, after",
    [
        ("x + 1", "x + 2"),
        ("x + 1", "x - 1"),
        ("# so", "# thus"),
        ("    return", "        return"),
        ("return x + 1", "return '#' + 1"),
        ("return x + 1", "return x"),
        ("def f", "def g"),
    ],
)
def test_code_makes_another_digest(folder: Path, before: str, after: str) -> None:
    was = digest_of_source(folder)
    (folder / "room" / "one.py").write_text(CODE.replace(before, after, 1))
    assert digest_of_source(folder) != was


@pytest.mark.parametrize(
    "one, other",
    [
        ("x = a \\\n\n-b\n", "x = a \\\n-b\n"),
        ("x = '#1'\n", "x = '#2'\n"),
        ("x = 'a\\'#1'\n", "x = 'a\\'#2'\n"),
        ('x = """a"\n\n#1"""\n', 'x = """a"\n#1"""\n'),
        ("x = '''a''\\'#1'''\n", "x = '''a''\\'#2'''\n"),
        ("x = r'\\\\'#1\ny = '#'\n", "x = r'\\\\'#1\ny = ''\n"),
        ("x = ''''a' #1'''\n", "x = ''''a' #2'''\n"),
        ("x = f'{y}#1'\n", "x = f'{y}#2'\n"),
        ("x = 'a' 'b'\n", "x = 'b' 'a'\n"),
    ],
)
def test_a_hash_in_quotes_is_no_comment(one: str, other: str) -> None:
    assert code_of(one) != code_of(other)


def test_files_count_by_their_names(folder: Path) -> None:
    was = digest_of_source(folder)
    (folder / "two.py").rename(folder / "three.py")
    moved = digest_of_source(folder)
    (folder / "three.py").unlink()
    assert len({was, moved, digest_of_source(folder)}) == 3


def test_where_the_package_stands_does_not_count(folder: Path, tmp_path: Path) -> None:
    was = digest_of_source(folder)
    other = folder.with_name("elsewhere")
    folder.rename(other)
    assert digest_of_source(other) == was
    other.rename(folder)


def test_unknown_source_is_like_no_other(tmp_path: Path) -> None:
    assert digest_of_source(tmp_path) != digest_of_source(tmp_path)


def test_our_own_source_is_cut_where_python_cuts_it() -> None:
    """Each text in quotes that Python's tokens show is one that is set apart, in its order."""
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text("utf-8")
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        strings = [t.string.lstrip("rRbBfFuU") for t in tokens if t.type == tokenize.STRING]
        rest, *texts = code_of(source)
        assert [t for t in texts if not t.startswith("\\")] == strings, path
        assert "#" not in rest


def test_a_changed_source_is_noticed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(made_by, "SOURCE", folder)
    made_by._sources.cache_clear()
    monkeypatch.setattr(made_by, "BEGAN", time.time_ns() + 5 * made_by.MARGIN)
    assert not source_changed()
    monkeypatch.setattr(made_by, "BEGAN", time.time_ns() - 5 * made_by.MARGIN)
    assert source_changed()
    monkeypatch.setattr(made_by, "BEGAN", time.time_ns() + 5 * made_by.MARGIN)
    os.unlink(folder / "two.py")
    assert source_changed()
    made_by._sources.cache_clear()


def test_versions_are_those_installed() -> None:
    assert set(versions()) == {"python", "ortools", "numpy", "scipy", "pandas"}
    assert "none" not in versions().values()
    assert len(code_digest()) == 64
