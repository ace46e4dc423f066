"""What the second prover proves too: read from its answers, which `make prove` computes from nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from recount.results import PROVEN, PROVEN_TWICE
from recount.second_prover import prove_ledger, proven_twice

Row = Mapping[str, str]
Statement = tuple[str, str]


def ledger_proofs(
    study: Path, ledger: Sequence[Row], aside: Iterable[Statement], conflicts: Sequence[Sequence[Statement]], kept: Path
) -> list[str]:
    """How far each row of a ledger is proven, those that both provers prove told apart.

    An answer counts where it was given to this question, of this record, by today's second prover.
    """
    answered = prove_ledger(study, ledger, {}, keep=kept, set_aside=aside, conflicts=conflicts, only_kept=True)
    return _proof_column(ledger, "ledger", proven_twice(answered))


def range_proofs(study: Path, ranges: Sequence[Row], aside: Iterable[Statement], kept: Path) -> list[str]:
    """How far each row of a table of ranges is proven, those that both provers prove told apart."""
    answered = prove_ledger(study, [], {"ranges": ranges}, keep=kept, set_aside=aside, only_kept=True)
    return _proof_column(ranges, "ranges", proven_twice(answered))


def _proof_column(rows: Sequence[Row], table: str, twice: Mapping[tuple[str, str], bool]) -> list[str]:
    return [PROVEN_TWICE if row["proof"] == PROVEN and twice.get((table, row["id"])) else row["proof"] for row in rows]
