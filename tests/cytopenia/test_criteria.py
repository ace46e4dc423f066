"""The response criteria: every edge of every rule, missing values, the sets and the worse lineage."""

import itertools

import numpy as np
import pandas as pd
import pytest

from cytopenia.criteria import (
    LINEAGES,
    NormalRanges,
    criteria_of,
    criteria_sets,
    first_true,
    overall,
    read_criteria,
    relapsed,
    respond,
    three_valued,
)
from recount.expressions import names, parse

COLUMNS = {
    "PLT", "PLT_BL", "PLT_BEST", "HB", "HB_BL", "RETI", "BILI", "DAT", "BLEED", "SYMPTOMS",
    "HB_LLN", "RETI_ULN", "BILI_ULN",
}  # fmt: skip
WORDS = ("DAT", "BLEED", "SYMPTOMS", "SEX")


def reading(text: str) -> pd.DataFrame:
    """One reading: "PLT 45 PLT_BL 20 BLEED N"; "-" is missing."""
    words = text.split()
    pairs = zip(words[::2], words[1::2], strict=True)
    cells = {name: None if v == "-" else v if name in WORDS else float(v) for name, v in pairs}
    return pd.DataFrame([cells])


PLATELETS = [
    # PLT, PLT_BL, BLEED: paper, paper-rise-by-2, iwg2009
    ("100 10 N", "CR CR CR"),
    ("99 10 N", "PR PR PR"),
    ("30 10 N", "PR PR PR"),
    ("30 15 N", "PR NR PR"),
    ("30 16 N", "NR NR NR"),
    ("29 1 N", "NR NR NR"),
    ("59 20 N", "PR NR PR"),
    ("60 20 N", "PR PR PR"),
    ("100 90 N", "CR CR CR"),
    ("100 10 Y", "NR NR NR"),
    ("50 10 Y", "NR NR NR"),
    ("30 0 N", "PR PR PR"),
    # missing values
    ("- 10 N", "NE NE NE"),
    ("- 10 Y", "NR NR NR"),
    ("50 - N", "NE NE NE"),
    ("20 - -", "NR NR NR"),
    ("100 - N", "CR CR CR"),
    ("100 10 -", "NE NE NE"),
    ("50 10 -", "NE NE NE"),
    ("50 40 -", "NR NR NR"),
    ("- - -", "NE NE NE"),
]


@pytest.mark.parametrize(("text", "wanted"), PLATELETS)
def test_platelets(text: str, wanted: str) -> None:
    plt, baseline, bleed = text.split()
    row = reading(f"PLT {plt} PLT_BL {baseline} BLEED {bleed}")
    sets = ("paper", "paper-rise-by-2", "iwg2009")
    assert [respond(row, "PLT", crit).item() for crit in sets] == wanted.split()


NORMAL = "RETI 1.5 BILI 17.1"
HAEMOLYSIS = [
    # the paper's complete response, women from 115, men from 130 (assumed)
    (f"SEX F HB 115 {NORMAL} DAT NEGATIVE SYMPTOMS N", "CR"),
    (f"SEX F HB 114 {NORMAL} DAT NEGATIVE SYMPTOMS N", "PR"),
    (f"SEX M HB 130 {NORMAL} DAT NEGATIVE SYMPTOMS N", "CR"),
    (f"SEX M HB 129 {NORMAL} DAT NEGATIVE SYMPTOMS N", "PR"),
    ("SEX F HB 115 RETI 1.6 BILI 17.1 DAT NEGATIVE SYMPTOMS N", "PR"),
    ("SEX F HB 115 RETI 1.5 BILI 17.2 DAT NEGATIVE SYMPTOMS N", "PR"),
    (f"SEX F HB 115 {NORMAL} DAT DECREASED SYMPTOMS N", "PR"),
    (f"SEX F HB 115 {NORMAL} DAT NEGATIVE SYMPTOMS Y", "PR"),
    # its partial response
    ("SEX F HB 80.1 RETI 3.9 BILI 34.1 DAT DECREASED SYMPTOMS Y", "PR"),
    ("SEX F HB 80 RETI 3.9 BILI 34.1 DAT DECREASED SYMPTOMS N", "NR"),
    ("SEX F HB 81 RETI 4 BILI 34.1 DAT DECREASED SYMPTOMS N", "NR"),
    ("SEX F HB 81 RETI 3.9 BILI 34.2 DAT DECREASED SYMPTOMS N", "NR"),
    ("SEX F HB 81 RETI 3.9 BILI 34.1 DAT UNCHANGED SYMPTOMS N", "NR"),
    # missing values
    ("SEX F HB 90 RETI 3 BILI 20 DAT - SYMPTOMS N", "NE"),
    ("SEX F HB 80 RETI 3 BILI 20 DAT - SYMPTOMS N", "NR"),
    ("SEX F HB 90 RETI 4 BILI - DAT - SYMPTOMS N", "NR"),
    ("SEX F HB - RETI 3 BILI 20 DAT NEGATIVE SYMPTOMS N", "NE"),
    ("SEX F HB - RETI 3 BILI 20 DAT UNCHANGED SYMPTOMS N", "NR"),
    ("SEX F HB 90 RETI 3 BILI - DAT NEGATIVE SYMPTOMS N", "NE"),
    ("SEX F HB 90 RETI 3 BILI 20 DAT NEGATIVE SYMPTOMS -", "PR"),
    (f"SEX F HB 120 {NORMAL} DAT NEGATIVE SYMPTOMS -", "NE"),
    (f"SEX - HB 120 {NORMAL} DAT NEGATIVE SYMPTOMS N", "NE"),
    ("SEX - HB 120 RETI 2 BILI 20 DAT NEGATIVE SYMPTOMS N", "PR"),
    (f"SEX - HB 80 {NORMAL} DAT NEGATIVE SYMPTOMS N", "NR"),
    ("SEX F HB 90 RETI 3 BILI 20 DAT POSITIVE SYMPTOMS N", "NE"),
]


@pytest.mark.parametrize(("text", "wanted"), HAEMOLYSIS)
def test_haemolysis_by_the_paper(text: str, wanted: str) -> None:
    assert respond(reading(text), "HB").item() == wanted


@pytest.mark.parametrize(
    ("text", "variant_a", "variant_b"),
    [
        (f"SEX M HB 120 HB_BL 50 {NORMAL}", "CR", "CR"),
        (f"SEX M HB 119 HB_BL 50 {NORMAL}", "PR", "PR"),
        (f"SEX F HB 115 HB_BL 50 {NORMAL}", "CR", "CR"),
        ("SEX F HB 125 HB_BL 50 RETI 3 BILI 10", "PR", "PR"),
        ("SEX F HB 101 HB_BL 95 RETI 3 BILI 10", "PR", "PR"),
        ("SEX F HB 100 HB_BL 50 RETI 3 BILI 10", "NR", "PR"),
        ("SEX F HB 71 HB_BL 50 RETI 3 BILI 10", "NR", "PR"),
        ("SEX F HB 70 HB_BL 50 RETI 3 BILI 10", "NR", "NR"),
        ("SEX F HB 70 HB_BL - RETI 3 BILI 10", "NR", "NE"),
        (f"SEX - HB 119 HB_BL 50 {NORMAL}", "NE", "NE"),
        (f"SEX - HB 120 HB_BL 50 {NORMAL}", "CR", "CR"),
        (f"SEX - HB 70 HB_BL 50 {NORMAL}", "NR", "NR"),
    ],
)
def test_haemolysis_by_the_consensus(text: str, variant_a: str, variant_b: str) -> None:
    row = reading(text)
    assert respond(row, "HB", "iwg2009").item() == variant_a
    assert respond(row, "HB", "iwg2009-aiha-b").item() == variant_b


@pytest.mark.parametrize(
    ("text", "crits"),
    [
        ("PLT 29 PLT_BL 5 PLT_BEST 200 BLEED N", "as-written half-best below-2x iwg2009"),
        ("PLT 100 PLT_BL 5 PLT_BEST 200 BLEED N", "half-best"),
        ("PLT 101 PLT_BL 5 PLT_BEST 200 BLEED N", ""),
        ("PLT 49 PLT_BL 25 PLT_BEST 90 BLEED N", "below-2x iwg2009"),
        ("PLT 50 PLT_BL 25 PLT_BEST 90 BLEED N", ""),
        ("PLT 40 PLT_BL 80 PLT_BEST 79 BLEED N", "as-written below-2x iwg2009"),
        ("PLT 200 PLT_BL 5 PLT_BEST 200 BLEED Y", "as-written half-best below-2x iwg2009"),
        ("PLT 200 PLT_BL 5 PLT_BEST 200 BLEED -", ""),
    ],
)
def test_relapse_of_platelets(text: str, crits: str) -> None:
    names_of = {"as-written": "paper", "half-best": "paper-relapse-half-best", "iwg2009": "iwg2009"}
    names_of["below-2x"] = "paper-relapse-below-2x"
    row = reading(text)
    assert {short for short, crit in names_of.items() if relapsed(row, "PLT", crit).item()} == set(crits.split())


def test_ranges_of_normal_are_parameters() -> None:
    row = reading(f"SEX F HB 115 {NORMAL} DAT NEGATIVE SYMPTOMS N")
    assert respond(row, "HB", ranges=NormalRanges(hb_low_women=120)).item() == "PR"
    assert respond(row, "HB", ranges=NormalRanges(bili_high=17)).item() == "PR"
    assert respond(row, "HB", ranges=NormalRanges(reti_high=1.4)).item() == "PR"


def many(size: int = 400) -> pd.DataFrame:
    """Random whole readings, the edges of the rules among them."""
    draw = np.random.default_rng(20).choice
    frame = pd.DataFrame({"PLT": draw([10, 29, 30, 45, 60, 99, 100, 200], size)})
    frame["PLT_BL"], frame["PLT_BEST"] = draw([5, 15, 20, 22, 30, 95], size), draw([30, 120, 200], size)
    frame["HB"], frame["HB_BL"] = draw([60, 80, 81, 100, 101, 114, 115, 120, 130], size), draw([50, 79, 81], size)
    frame["RETI"], frame["BILI"] = draw([1.0, 1.5, 1.6, 3.9, 4.0], size), draw([10, 17.1, 34.1, 34.2], size)
    frame["DAT"] = draw(["NEGATIVE", "DECREASED", "UNCHANGED"], size)
    frame["BLEED"], frame["SYMPTOMS"] = draw(["N", "N", "Y"], size), draw(["N", "N", "Y"], size)
    return frame.assign(SEX=draw(["M", "F"], size))


@pytest.mark.parametrize("crit", criteria_sets())
@pytest.mark.parametrize("lineage", LINEAGES)
def test_whole_readings_are_evaluable_and_blanks_never_change_an_answer(crit: str, lineage: str) -> None:
    whole = many()
    told = respond(whole, lineage, crit)
    assert set(told) == {"CR", "PR", "NR"}
    blank = np.random.default_rng(21).random(whole.shape) < 0.15
    partly = respond(whole.mask(blank), lineage, crit)
    answered = partly != "NE"
    assert answered.any() and not answered.all()
    assert (partly[answered] == told[answered]).all()


def test_a_response_names_the_first_rule_in_order() -> None:
    frame = pd.DataFrame({"A": [1.0, 2.0, None, 3.0]})
    rules = [parse("A > 2"), parse("A > 1")]
    assert first_true(rules, frame).tolist() == [-1, 1, -1, 0]
    assert first_true([parse("A > 2 or B > 1")], frame).tolist() == [-1, -1, -1, 0]


T, F, U = (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        # A is 1, 0, missing; B likewise, in all pairs
        ("A == 1", [T, T, T, F, F, F, U, U, U]),
        ("not A == 1", [F, F, F, T, T, T, U, U, U]),
        ("A != 1", [F, F, F, T, T, T, U, U, U]),
        ("A == 1 and B == 1", [T, F, U, F, F, F, U, F, U]),
        ("A == 1 or B == 1", [T, T, T, T, F, U, T, U, U]),
        ("A == 1 -> B == 1", [T, F, U, T, T, T, T, U, U]),
        ("A + B > 1", [T, F, U, F, F, U, U, U, U]),
        ("A in (1, 2)", [T, T, T, F, F, F, U, U, U]),
    ],
)
def test_a_rule_is_true_or_false_or_open(rule: str, wanted: list[tuple[bool, bool]]) -> None:
    frame = pd.DataFrame(list(itertools.product([1, 0, None], repeat=2)), columns=["A", "B"], dtype="float64")
    true, false = three_valued(parse(rule), frame)
    assert list(zip(true.tolist(), false.tolist(), strict=True)) == wanted


@pytest.mark.parametrize(
    ("dx", "plt", "hb", "wanted"),
    [
        ("sITP", "CR", "NR", "CR"),
        ("sITP", None, "CR", "NE"),
        ("AIHA", "NR", "PR", "PR"),
        ("IRP", "CR", "CR", "CR"),
        ("IRP", "CR", "PR", "PR"),
        ("EVANS", "NR", "CR", "NR"),
        ("EVANS", "NE", "CR", "NE"),
        ("EVANS", "NE", "NR", "NR"),
        ("EVANS", None, "PR", "NE"),
        (None, "CR", "CR", "NE"),
        ("other", "CR", "CR", "NE"),
    ],
)
def test_the_worse_lineage_counts(dx: str | None, plt: str | None, hb: str | None, wanted: str) -> None:
    by_lineage = {"PLT": pd.Series([plt], dtype=object), "HB": pd.Series([hb], dtype=object)}
    assert overall(by_lineage, pd.Series([dx], dtype=object)).tolist() == [wanted]


# The file ----------------------------------------------------------------------------------------


def test_every_rule_speaks_of_the_readings_columns_alone() -> None:
    for criterion in read_criteria():
        assert names(criterion.expression) <= COLUMNS, criterion
        assert criterion.wording and criterion.source, criterion


@pytest.mark.parametrize("crit", criteria_sets())
def test_every_set_has_all_responses_of_both_lineages_in_order(crit: str) -> None:
    found = [(c.lineage, c.response) for c in criteria_of(crit)]
    assert found == [(lineage, r) for lineage in ("PLT", "HB") for r in ("CR", "PR", "NR", "RELAPSE")]


def test_a_variant_replaces_its_rows_and_inherits_the_others() -> None:
    paper, variant = criteria_of("paper"), criteria_of("paper-rise-by-2")
    changed = [new.response for old, new in zip(paper, variant, strict=True) if old != new]
    assert changed == ["PR", "NR"]


def test_an_unknown_set_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a criteria set is one of paper, .* \(got paper-x\)"):
        criteria_of("paper-x")


def test_no_readings_give_no_responses() -> None:
    assert respond(pd.DataFrame({"PLT": []}), "PLT").tolist() == []
    assert relapsed(pd.DataFrame({"PLT": []}), "PLT").tolist() == []
