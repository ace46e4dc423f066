"""Answers of the second prover that are stored beside those computed again, and made fit to be stored.

What is stored is whether a bound is proven and from how many statements, sorted by key, without the seconds that it
took: the same from run to run. Only what is proven is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def proven_in(path: Path) -> dict[str, dict[str, object]]:
    """The proofs of a file of answers, by key, without the time they took."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        if fields["proof"]["outcome"] == "proven":
            found[str(fields["key"])] = {**fields["proof"], "seconds": 0.0}
    return found


def store_proofs(answers: Path, into: Path) -> int:
    """How many proofs were written, sorted, in place of the file."""
    found = proven_in(answers)
    lines = [json.dumps({"key": key, "proof": found[key]}, sort_keys=True) for key in sorted(found)]
    new = into.with_suffix(".new")
    new.parent.mkdir(parents=True, exist_ok=True)
    new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    new.replace(into)
    return len(found)


def missing(stored: Path, again: Path) -> list[str]:
    """The keys of what is stored as proven and isn't proven again."""
    return sorted(proven_in(stored).keys() - proven_in(again).keys())


def main(arguments: list[str] | None = None) -> int:
    """0, or 1 where something stored isn't proven again."""
    parser = argparse.ArgumentParser("python -m recount.second_prover.compared", description=__doc__)
    parser.add_argument("--write", action="store_true", help="store the first file's proofs in the second")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    given = parser.parse_args(arguments)
    if given.write:
        print(f"{store_proofs(given.first, given.second):,} proofs stored")
        return 0
    lost = missing(given.first, given.second)
    print(f"{len(proven_in(given.first)):,} stored proofs, {len(lost):,} of them not proven again", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
