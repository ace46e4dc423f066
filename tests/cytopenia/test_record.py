"""What notebooks 00 and 05 say of the record: counted from tables, and drawn as counted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cytopenia import figures_record, record, tables_record
from recount.ledger import COLUMNS, roundings
from recount.study import read_study

ROOT = Path(__file__).parents[2]
KNOWN = pd.DataFrame(
    {"variable": ["AGE", "SEX"], "determined": [2, 0], "constrained": [2, 3], "assumed": [0, 1]},
)


def ledger(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """A ledger of (verdict, rounding, description) rows."""
    frame = pd.DataFrame("", index=range(len(rows)), columns=list(COLUMNS))
    frame[["verdict", "rounding", "description"]] = list(rows)
    return frame


def test_the_bars_are_the_shares() -> None:
    ax = figures_record.determination(KNOWN)
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert widths == [[0.5, 0.0], [0.5, 0.75], [0.0, 0.25]]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["Age", "Sex"]


def test_every_claim_is_counted_once_by_place() -> None:
    study = read_study(ROOT / "data/raw/paper")
    found = tables_record.printed_by_place(study)
    assert found["numbers"].sum() == len(study.claims)
    assert found["place"].tolist()[0] == study.claims[0].place and found["place"].is_unique


@pytest.mark.parametrize(
    ("rounding", "odd", "says"),
    [
        (["half-up|half-even", "half-up"], 0, "One way of rounding prints every number"),
        (["half-up", "truncate"], 1, "No single way of rounding"),
        (["half-down|truncate", "truncate"], 2, "One way of rounding prints every number"),
    ],
)
def test_the_rounding_that_explains_all(rounding: list[str], odd: int, says: str) -> None:
    table = ledger(*(("satisfied", r, f"claim {k}") for k, r in enumerate(rounding)))
    study = read_study(ROOT / "data/raw/paper")
    found = record.Ledger(study, (), table, True, pd.DataFrame())
    assert len(roundings(table)) == odd
    assert record.rounding_sentence(found, roundings(table)).startswith(says)


def test_only_claims_without_a_good_verdict_are_unanswered() -> None:
    assert record.unanswered(ledger(("satisfied", "", "a"), ("differs", "", "b")))
    assert not record.unanswered(ledger(("satisfied", "", "a"), ("reproduced", "", "b")))


@pytest.mark.parametrize(
    ("text", "shown"), [("54", "54"), ("0.0647123", "0.06471"), ("3.04002602649", "3.040"), ("1:5", "1:5")]
)
def test_a_recomputed_number_has_the_digits_a_reader_wants(text: str, shown: str) -> None:
    assert tables_record.rounded(text) == shown
