"""Answers that are stored: the same from run to run, and what isn't proven again is named."""

from __future__ import annotations

import json
from pathlib import Path

from recount.second_prover.compared import main, missing, proven_in, store_proofs


def written(path: Path, *answers: tuple[str, str, float]) -> Path:
    lines = [json.dumps({"key": key, "proof": {"outcome": told, "seconds": took}}) for key, told, took in answers]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_only_proofs_are_stored_sorted_and_without_their_time(tmp_path: Path) -> None:
    one = written(tmp_path / "one", ("b", "proven", 1.5), ("a", "proven", 0.2), ("c", "not proven", 9.0))
    other = written(tmp_path / "other", ("a", "proven", 7.7), ("b", "proven", 0.1))
    assert store_proofs(one, tmp_path / "x") == store_proofs(other, tmp_path / "y") == 2
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    assert list(proven_in(tmp_path / "x")) == ["a", "b"]


def test_what_is_not_proven_again_is_named_and_ends_with_1(tmp_path: Path) -> None:
    stored = written(tmp_path / "stored", ("a", "proven", 0.0), ("b", "proven", 0.0))
    again = written(tmp_path / "again", ("a", "proven", 3.0), ("b", "not proven", 3.0), ("d", "proven", 1.0))
    assert missing(stored, again) == ["b"] and missing(again, stored) == ["d"]
    assert main([str(stored), str(again)]) == 1 and main([str(stored), str(stored)]) == 0
