"""What notebooks 00 and 05 say of the record: counted from tables, and drawn as counted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cytopenia import figures_record, record, style, tables_record
from recount.record.study import read_study
from recount.results.ledger import COLUMNS, roundings
from recount.results.verdicts import JUDGED, MEANING

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
    table = ledger(*(("attainable", r, f"claim {k}") for k, r in enumerate(rounding)))
    study = read_study(ROOT / "data/raw/paper")
    found = record.Ledger(study, (), table, True, pd.DataFrame(), pd.DataFrame())
    assert len(roundings(table)) == odd
    assert record.rounding_sentence(found, roundings(table)).startswith(says)


def test_only_claims_that_the_rows_give_back_are_answered() -> None:
    assert record.unanswered(ledger(("reproduced", "", "a"), ("differs", "", "b")))
    assert not record.unanswered(ledger(("reproduced", "", "a"), ("reproduced", "", "b")))


@pytest.mark.parametrize(
    ("text", "shown"), [("54", "54"), ("0.0647123", "0.06471"), ("3.04002602649", "3.040"), ("1:5", "1:5")]
)
def test_a_recomputed_number_has_the_digits_a_reader_wants(text: str, shown: str) -> None:
    assert tables_record.rounded(text) == shown


# ---------------------------------------------------------------- the ledger of a printed record
CONFLICTS = pd.DataFrame(
    [
        ("1", "claim", "a", "P", "t", "A and B."),
        ("1", "claim", "b", "P", "t", "A and B."),
        ("2", "claim", "b", "P", "t", "B."),
    ],
    columns=["conflict", "kind", "id", "place", "text", "sentence"],
)
ASIDE = pd.DataFrame([("rule", "r", "1.1", "X < 30", "why")], columns=["kind", "id", "place", "text", "why"])


def judged(**columns: list[str]) -> record.Ledger:
    """A ledger of a printed record with these columns."""
    table = pd.DataFrame("", index=range(len(next(iter(columns.values())))), columns=list(COLUMNS)).assign(**columns)
    table["printed"] = table["printed"].replace("", "5")
    return record.Ledger(read_study(ROOT / "data/raw/paper"), (), table, True, ASIDE, CONFLICTS)


def test_every_verdict_is_counted_and_none_twice() -> None:
    rows = record.verdict_rows(judged(verdict=["follows", "contradicted", "follows"]))
    assert dict(zip(rows["variable"], rows["value"], strict=True)) == {
        f"verdict: {v}": {"follows": 2, "contradicted": 1}.get(v, 0) for v in JUDGED
    }
    assert set(rows["n"]) == {3}


def test_the_sentence_on_verdicts_leaves_out_those_that_no_claim_has() -> None:
    told = record.verdict_sentence(judged(verdict=["follows", "contradicted", "attainable", "follows"]))
    assert told.startswith(
        "4 numbers are printed. 1 is contradicted by the rest and 2 are forced by the rest; the other 1 "
    )


def test_what_follows_by_cutting_off_is_told_apart() -> None:
    told = record.verdict_sentence(judged(verdict=["follows", "follows, cut off", "attainable"]))
    assert "1 is forced by the rest and 1 is printed of a forced value only by cutting off" in told


def test_what_is_set_aside_stands_at_the_head_and_conflicts_once_each() -> None:
    found = judged(verdict=["follows"])
    assert "rule r** (1.1): `X < 30`" in record.aside_sentence(found)
    assert record.conflicts_text(found) == "1. A and B.\n2. B."


def test_a_cohorts_own_claims_have_neither_conflicts_nor_anything_set_aside() -> None:
    judged_rows = judged(verdict=["reproduced", "differs"])
    own = record.Ledger(judged_rows.study, (), judged_rows.ledger, False, pd.DataFrame(), pd.DataFrame())
    assert record.aside_sentence(own) == ""
    assert record.verdict_sentence(own) == "Of 2 claims the rows give back 1."
    assert "rows, which decide" in record.conflicts_text(own)
    assert record.verdict_rows(own)["value"].tolist() == [1, 1]


def test_numbers_in_doubt_come_gravest_first_with_their_conflicts() -> None:
    found = record.doubted(
        judged(
            id=["a", "c", "b"],
            verdict=["attainable by truncation", "follows", "contradicted"],
            variable=["A", "C", "B"],
        )
    )
    assert found[["id", "conflict"]].to_numpy().tolist() == [["b", "1, 2"], ["a", "1"]]


def test_rows_that_print_something_else_are_a_fault() -> None:
    well = judged(id=["a", "b"], recomputed=["5", ""])
    assert "give 1 of these numbers a value" in record.returned_sentence(well)
    assert "fault" not in record.returned_sentence(well)
    ill = judged(id=["a", "b"], recomputed=["5", "6"], why=["", "but these rows give 6"])
    assert "**They don't print b again" in record.returned_sentence(ill)


def test_the_bars_are_the_verdicts_of_each_place() -> None:
    table = judged(place=["Z", "1.1", "Z"], verdict=["follows", "contradicted", "attainable"]).ledger
    counts = tables_record.verdicts_by_place(table)
    assert counts.set_index("place").loc["Z"].to_dict() == dict.fromkeys(style.VERDICTS, 0) | {
        "follows": 1,
        "attainable": 1,
    }
    ax = figures_record.verdicts(counts)
    widths = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert widths == {"contradicted": [0, 1], "attainable": [1, 0], "follows": [1, 0]}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["Z", "Section 1.1"]


def test_every_verdict_has_a_colour_and_words() -> None:
    assert tuple(style.VERDICTS) == JUDGED and set(JUDGED) <= set(MEANING)


@pytest.mark.parametrize("own", [False, True])
def test_a_places_table_has_its_claims_and_only_a_record_has_strips(own: bool) -> None:
    found = judged(
        id=["a", "b", "c"],
        place=["P", "P", "Q"],
        description=["one", "two", "three"],
        variable=["A", "B", "C"],
        verdict=["differs" if own else "follows", "reproduced" if own else "contradicted", "reproduced"],
        low=["5", "1", "1"],
        high=["5", "2", "2"],
        low_bound=["5", "1", "1"],
        high_bound=["5", "2", "2"],
        proof=["proven"] * 3,
    )
    shown = record.Ledger(found.study, (), found.ledger, not own, ASIDE, CONFLICTS)
    html = tables_record.of_place(shown, "P").as_raw_html()
    assert html.count("<svg") == (0 if own else 2) and "three" not in html
    assert (html.index(">two<") < html.index(">one<")) != own
    assert ('<span id="claim-a">a</span>' in html) != own


def test_a_line_for_several_claims_has_an_anchor_for_each() -> None:
    html = tables_record.anchored("a b&")
    assert html == '<span id="claim-b&amp;"></span><span id="claim-a">a</span>'


def test_each_rule_has_its_anchor() -> None:
    study = read_study(ROOT / "data/raw/paper")
    html = tables_record.rules(study).as_raw_html()
    assert [rule.id for rule in study.rules if f'id="rule-{rule.id}"' not in html] == []


# ---------------------------------------------------------------- ranges
RANGES = pd.DataFrame(
    [
        ("q1", "few", "AGE > 9", "ALL", "count", "patients", "2", "4", "2", "4", "proven"),
        ("q2", "mean", "AGE", "ALL", "mean", "years", "40.5", "50", "", "50", "not proven within 10 s"),
        ("q3", "more", "AGE > 3", "ALL", "count", "patients", "8", "8", "8", "8", "proven"),
        ("q4", "none", "AGE", "MALE", "median", "years", "", "", "", "", "proven: nobody has it"),
    ],
    columns=[
        "id",
        "question",
        "expression",
        "where",
        "statistic",
        "unit",
        "low",
        "high",
        "low_bound",
        "high_bound",
        "proof",
    ],
).assign(note="")


def ranged() -> record.Reconstructed:
    study = read_study(ROOT / "data/raw/paper")
    return record.Reconstructed(study, *(pd.DataFrame() for _ in range(4)), ranges=RANGES)


def test_a_mean_stands_near_the_printed_median_and_a_count_near_nothing() -> None:
    found = record.anchors(ranged())
    assert found["id"].tolist() == ["q2", "q4"]
    medians = [str(c.printed) for c in ranged().study.claims if (c.variable, c.statistic) == ("AGE", "median")]
    assert set(found["printed"]) <= set(medians)
    assert found["what"][0].startswith("median, ")


def test_each_unit_has_a_scale_of_its_own_and_patients_one_from_nought() -> None:
    rows = figures_record.layout(RANGES, pd.DataFrame({"id": ["q2"], "printed": ["60.5"]})).set_index("id")
    assert rows.index.tolist() == ["q1", "q3", "q2"] and rows["y"].is_monotonic_increasing
    assert rows.loc["q1", ["x_low", "x_high"]].tolist() == [0.25, 0.5]
    assert rows.loc["q3", ["x_low", "x_high"]].tolist() == [1, 1]
    assert rows.loc["q2", ["x_low", "x_high", "x_anchor"]].tolist() == [0, 0.475, 1]
    assert rows[["low_status", "high_status"]].to_numpy().tolist() == [
        ["proven", "proven"],
        ["proven", "proven"],
        ["not proven", "proven"],
    ]


def test_bars_and_ends_are_drawn_where_they_lie_with_their_numbers() -> None:
    near = pd.DataFrame({"id": ["q2"], "printed": ["60.5"]})
    ax = figures_record.ranges(RANGES, near)
    bars = [tuple(map(float, line.get_xdata())) for line in ax.lines if line.get_gid() == "range"]
    assert bars == [(0.25, 0.5), (1, 1), (0, 0.475)]
    open_ends = [line for line in ax.lines if line.get_gid() == "end" and line.get_markerfacecolor() == style.PAPER]
    assert [float(line.get_xdata()[0]) for line in open_ends] == [0]
    assert [float(line.get_xdata()[0]) for line in ax.lines if line.get_gid() == "printed"] == [1]
    assert [tuple(map(float, line.get_xdata())) for line in ax.lines if line.get_gid() == "open"] == [
        (0, figures_record.BEYOND[0])
    ]
    assert {t.get_text() for t in ax.texts} == {"patients", "years", "2", "4", "8", "40.5", "50", "60.5"}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["few", "more", "mean"]


def test_ranges_and_proofs_in_words() -> None:
    rows = tables_record._texts(RANGES)
    assert [tables_record.range_text(row) for row in rows] == ["2 to 4 patients", "40.5 to 50 years", "8 patients", "–"]
    assert [tables_record.proof_text(row) for row in rows[1:]] == [
        "not proven within 10 s: no more than 50",
        "proven",
        "proven: nobody has it",
    ]
    assert record.ranges_sentence(ranged()).startswith("Of 4 ranges 3 are proven at both ends; of 1 an end is not")


@pytest.mark.parametrize(
    ("proofs", "sentence"),
    [
        (["proven"], "Of 1 range 1 is proven at both ends."),
        (["proven", "proven twice", ""], "Of 2 ranges 2 are proven at both ends, 1 of them by two provers."),
        (
            ["proven: nobody has it", "bounds proven, reached nearly", "not proven within 2 s"],
            "Of 3 ranges 1 is proven at both ends; of 1 the bounds are proven, and patients come near them without "
            "reaching them; of 1 an end is not proven: the bounds tell how much wider than shown it could be.",
        ),
    ],
)
def test_each_status_has_its_part_of_the_sentence(proofs: list[str], sentence: str) -> None:
    assert record.proofs_sentence(proofs) == sentence


def test_a_range_is_read_with_its_proof_unless_both_ends_are_proven() -> None:
    known = RANGES.iloc[[1]].assign(id="age_mean")
    made = record.Reconstructed(ranged().study, *(pd.DataFrame() for _ in range(4)), ranges=known)
    words = " The mean age is 40.5 to 50 years (not proven within 10 s: no more than 50)."
    assert record.ranges_sentence(made).endswith(words)
    made.ranges["proof"] = "proven twice"
    assert record.ranges_sentence(made).endswith(" The mean age is 40.5 to 50 years.")


@pytest.mark.parametrize(
    ("proof", "twice", "fills", "dashes"),
    [
        ("proven", 0, ["full", "full"], 0),
        ("proven twice", 2, ["full", "full"], 0),
        ("bounds proven, reached nearly", 0, ["bottom", "bottom"], 0),
        ("not proven within 10 s", 0, ["full", "full"], 2),
    ],
)
def test_each_status_has_a_mark_of_its_own(proof: str, twice: int, fills: list[str], dashes: int) -> None:
    frame = RANGES.iloc[[0]].assign(low_bound="1", high_bound="5", proof=proof)
    ax = figures_record.ranges(frame, pd.DataFrame(columns=["id", "printed"]))
    lines = {gid: [line for line in ax.lines if line.get_gid() == gid] for gid in ("twice", "end", "open")}
    assert (len(lines["twice"]), len(lines["open"])) == (twice, dashes)
    assert [line.get_fillstyle() for line in lines["end"]] == fills
    empty = [line.get_markerfacecolor() == style.PAPER for line in lines["end"]]
    assert empty == [dashes > 0] * 2


def test_both_ends_of_each_range_and_its_bounds_are_results() -> None:
    rows = record.range_rows(ranged())
    assert rows[rows["variable"] == "range: q2"][["statistic", "value"]].to_numpy().tolist() == [
        ["low", "40.5"],
        ["high", "50"],
        ["low_bound", ""],
        ["high_bound", "50"],
    ]
