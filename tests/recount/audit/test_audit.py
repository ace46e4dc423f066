"""The ledger's verdicts on records of a few patients, each worked out by hand beside it."""

from __future__ import annotations

import pytest

from recount.audit.leave_one_out import COLUMNS, Audit, audit
from recount.reconstruct.conflicts import Conflicts
from recount.results.verdicts import JUDGED
from recount.running import Undecided

VERDICT = [  # (variables, claims, rules, verdict and range by claim)
    (
        "GX",
        ["ALL||n|4", 'ALL|G == "A"|count|1', 'ALL|G == "A"|percent|25', 'ALL|G == "B"|count|3||Table'],
        [],
        {"c0": "not checkable", "c1": "follows 1..1", "c2": "follows 25..25", "c3": "follows 3..3"},
    ),
    (
        "GX",  # an eighth is 12.5%: half up prints 13, and only cutting off or rounding the half down 12
        ["ALL||n|8", 'ALL|G == "A"|count|1', 'ALL|G == "A"|percent|12', 'ALL|G == "A"|percent|13'],
        [],
        {"c2": "follows, cut off 12.5..12.5", "c3": "follows 12.5..12.5"},
    ),
    (
        "X",  # a number printed again is judged with the other standing
        ["ALL||n|4", "ALL|X|max|3", "ALL|X|mean|2.5", "ALL|X|max|3||Table"],
        [],
        {"c1": "follows 3..3", "c3": "follows 3..3", "c2": "attainable 0.75..3"},
    ),
    ("X", ["ALL||n|4", "ALL|X|min|1", "ALL|X|max|2"], ["X < 3"], {"c1": "attainable 0..2"}),
    ("X", ["ALL||n|4", "ALL|X|min|1", "ALL|X|max|2", "ALL|X|mean|1.5"], [], {"c1": "attainable 0..1"}),
    ("X", ["ALL||n|3", "ALL|X|mean|1.6"], [], {"c1": "attainable by truncation 0..3"}),  # 5 of 3 are 1.66..
    ("X", ["ALL||n|2", "ALL|X|mean|1.4"], [], {"c1": "contradicted 0..3"}),  # 1.5 is not cut to 1.4
    ("X", ["ALL||n|2", "ALL|X|mean|1"], [], {"c1": "not checkable 0..3"}),
    ("X", ["ALL||n|2", "ALL|X|mean|1.5"], [], {"c1": "attainable 0..3"}),  # checked by the number of patients
    ("X", ["ALL||n|4", "ALL|X|median|1"], [], {"c1": "not checkable 0..3"}),
    ("X", ["ALL||n|4", "ALL|X|median|1.5"], [], {"c1": "attainable 0..3"}),  # 1.1 to 1.4 can't be printed of four
    ("X", ["ALL||n|3", "ALL|X|median|1.0"], [], {"c1": "attainable 0..3"}),
    ("X", ["ALL||n|4", "ALL|X|p25|0.8"], [], {"c1": "attainable 0..3"}),  # quarters; 0.9 can't be printed
    ("GX", ["ALL||n|4", 'ALL|G == "A"|count|2', "A|X|mean|1.5"], [], {"c2": "attainable 0..3"}),
    ("X", ["ALL||n|2", "ALL|X|sd|1.4"], [], {"c1": "attainable 0..2.12132"}),
    ("X", ["ALL||n|2", "ALL|X|mean|1.5", "ALL|X|sd|0.70"], [], {"c2": "attainable by truncation"}),  # 0.7071
    ("X", ["ALL||n|2", "ALL|X|mean|1.5", "ALL|X|sd|0.72"], [], {"c2": "contradicted"}),
    (
        "XK",  # what else is impossible, and set aside, takes nothing from it: two whole numbers have no mean of 1.3
        ["ALL||n|2", "ALL|X|mean|1.5", "ALL|X|sd|0.70", "ALL|K|mean|1.3"],
        [],
        {"c2": "attainable by truncation", "c3": "contradicted"},
    ),
    (
        "GXZ",  # beside groups known beforehand: 0113, 0123 and 0223 alone have an SD of 1.25 to 1.35
        ["ALL||n|4", 'ALL|G == "A"|count|2', "A|X|median|1", "ALL|Z|mean|1.5", "ALL|Z|sd|1.3"],
        [],
        {"c3": "attainable 1.25..1.75"},
    ),
    # 1 and 2 beside a statement that is no mean or SD
    ("X", ["ALL||n|2", "ALL|X|min|1", "ALL|X|mean|1.5", "ALL|X|sd|0.70"], [], {"c3": "attainable by truncation"}),
    ("X", ["ALL||n|2", "ALL|X|min|1", "ALL|X|mean|1.5", "ALL|X|sd|0.69"], [], {"c3": "contradicted"}),
    (
        "XZ",  # differences of 1, 1 and 2 have a t of 4 and a P of 0.0572, the nearest to 0.05 that sum to 4
        ["ALL||n|3", "ALL|X|mean|3.0", "ALL|Z|mean|1.7", "ALL|X|paired_p|0.05|Z", "ALL|Z|max|2"],
        [],
        {"c3": "attainable by truncation"},
    ),
    (
        "XZ",
        ["ALL||n|3", "ALL|X|mean|3.0", "ALL|Z|mean|1.7", "ALL|X|paired_p|0.04|Z", "ALL|Z|max|2"],
        [],
        {"c3": "contradicted"},
    ),
    (
        "X",
        ["ALL||n|4", "ALL|X|min|2", "ALL|X|mean|1.0", "ALL|X|max|3"],
        [],
        {"c1": "contradicted 0..0", "c2": "contradicted 2.25..2.75", "c3": "attainable 1..3"},
    ),
    ("X", ["ALL||n|4", "ALL|X|max|3"], ["X <= 2"], {"c1": "contradicted 0..2"}),
    ("X", ["ALL||n|4", "ALL||n|5||Table"], [], {"c0": "not checkable", "c1": "contradicted 4..4"}),
    ("X", ["ALL||n|4", "ALL||n|4||Table"], [], {"c0": "follows 4..4", "c1": "follows 4..4"}),
    ("X", ["ALL||n|4", "ALL||stated|3", "ALL|X|min|0"], [], {"c1": "not checkable", "c2": "not checkable 0..3"}),
    (
        "GX",
        ["ALL||n|4", 'ALL|G == "A"|count|1', 'ALL|G == "A"|percent|50', "A|X|median|2"],
        [],
        {"c1": "contradicted 2..2", "c2": "contradicted 25..25", "c3": "not checkable 0..3"},
    ),
    (
        "GY",  # only some have the number
        ["ALL||n|4", 'ALL|G == "A"|count|3', "A|Y|min|0.5", "A|Y|mean|0.3", "A|Y|max|1"],
        [],
        {"c1": "attainable 2..4", "c2": "contradicted 0..0", "c3": "contradicted", "c4": "follows 0.5..1"},
    ),
    (
        "XZ",
        ["ALL||n|3", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|wilcoxon_p|0.109|Z"],
        [],
        {"c1": "follows", "c2": "follows 0.108809..0.108809"},
    ),
    ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|wilcoxon_p|0.6|Z"], [], {"c1": "contradicted"}),
    # three rises of one, two and three have a Z of 1.6036 and a P of 0.1088
    ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_p|0.108|Z"], [], {"c1": "attainable by truncation"}),
    ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|1.603|Z"], [], {"c1": "attainable by truncation"}),
    ("XZ", ["ALL||n|3", "ALL|X|wilcoxon_z|1.602|Z"], [], {"c1": "contradicted"}),
]


def said(found: Audit, claim: str, range_too: bool) -> str:
    """A claim's verdict, and its range where asked for, as in "attainable 0..3"."""
    row = found.ledger.set_index("id").loc[claim]
    return f"{row['verdict']} {row['low']}..{row['high']}" if range_too else str(row["verdict"])


@pytest.mark.parametrize(("variables", "claims", "rules", "expected"), VERDICT, ids=range(len(VERDICT)))
def test_a_claim_has_its_verdict_and_what_everything_else_allows(
    small, variables: str, claims: list[str], rules: list[str], expected: dict[str, str]
) -> None:
    found = audit(small.record(variables, claims, rules), workers=0)
    assert {claim: said(found, claim, ".." in text) for claim, text in expected.items()} == expected


def test_every_verdict_is_tried_above() -> None:
    tried = " ".join(text for *_, expected in VERDICT for text in expected.values())
    assert all(verdict in tried for verdict in JUDGED)


MIXED = ("XZ", ["ALL||n|4", "ALL|X|median|1.5", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|min|1", "ALL|X|max|0"], ["X <= 3"])


def test_the_ledger_is_the_same_in_one_process_and_in_two(small) -> None:
    study = small.record(*MIXED)
    here, one, two = (audit(study, workers=workers) for workers in (0, 1, 2))
    assert here.ledger.equals(one.ledger) and here.ledger.equals(two.ledger)
    assert here.conflicts == one.conflicts == two.conflicts


def test_the_ledger_is_the_claims_in_their_order_with_sums_of_verdicts(small) -> None:
    study = small.record(*MIXED)
    found = audit(study, workers=0)
    assert list(found.ledger.columns) == list(COLUMNS)
    assert found.ledger["id"].tolist() == [claim.id for claim in study.claims]
    assert sum(found.counts.values()) == len(study.claims) and list(found.counts) == list(JUDGED)
    aside = {id for _, id in found.set_aside}
    assert aside and aside <= {id for conflict in found.conflicts.found for _, id in conflict}


def test_what_is_not_decided_in_time_is_attainable_and_not_proven(small) -> None:
    study = small.record("XZ", ["ALL||n|4", "ALL|X|median|1.5", "ALL|X|wilcoxon_z|1.604|Z", "ALL|X|min|1"])
    found = audit(study, workers=0, limit=1e-9)
    assert found.counts["contradicted"] == found.counts["attainable by truncation"] == found.counts["follows"] == 0
    open_ones = found.ledger[found.ledger["statistic"] != "n"]
    assert (open_ones["verdict"] == "attainable").all()
    assert set(open_ones["proof"]) <= {"proven", "not proven within 1e-09 s"}  # some ends need no time
    assert "not proven within 1e-09 s" in set(open_ones["proof"])


def test_a_contradiction_names_its_conflict_and_a_limit_does_not_hide_it(small) -> None:
    study = small.record("X", ["ALL||n|4", "ALL|X|min|2||Table 1", "ALL|X|mean|1.0||2.2", "ALL|X|max|3"])
    for limit in (1e-9, 5.0):
        ledger = audit(study, workers=0, limit=limit).ledger.set_index("id")
        assert ledger.loc[["c1", "c2"], "verdict"].tolist() == ["contradicted"] * 2
        assert all(text in ledger.loc["c1", "why"] for text in ("(c1)", "(c2)", "Table 1", "section 2.2", "1.0"))


def test_what_is_set_aside_is_contradicted_though_its_conflict_is_not_listed(small, monkeypatch) -> None:
    monkeypatch.setattr("recount.audit.leave_one_out.conflicts_of", lambda known, say: Conflicts((), False))
    ledger = audit(small.record("X", ["ALL||n|4", "ALL|X|mean|1.4", "ALL|X|max|3"]), workers=0).ledger.set_index("id")
    assert ledger.loc["c1", "verdict"] == "contradicted" and "not among those listed" in ledger.loc["c1", "why"]
    assert ledger.loc["c2", "verdict"] != "contradicted"


def test_a_claim_that_two_contradict_is_judged_with_both_standing(small) -> None:
    # c1 contradicts c2 and c3; beside it c4 contradicts c5, which is set aside whoever is judged
    claims = ["ALL||n|3", "ALL|X|max|1", "ALL|X|min|2", "ALL|X|median|3", "ALL|Z|min|2", "ALL|Z|max|1"]
    ledger = audit(small.record("XZ", claims), workers=0).ledger.set_index("id")
    assert (ledger["verdict"] == "contradicted").sum() == 5
    assert (ledger.loc["c1", "low"], ledger.loc["c1", "high"]) == ("3", "3")
    assert (ledger.loc["c2", "low"], ledger.loc["c2", "high"]) == ("0", "1")
    assert (ledger.loc["c4", "low"], ledger.loc["c4", "high"]) == ("0", "1")


def test_a_p_on_the_end_of_what_is_printed_is_not_decided(small) -> None:
    # two differences of 0 and 1 have a t of 1, whose P is a half: as a float it isn't told from what is next to it
    claims = ["ALL||n|2", "ALL|X|mean|0.5", "ALL|Z|max|0"]
    with pytest.raises(Undecided, match="c3: a P too close"):
        audit(small.record("XZ", [*claims, "ALL|X|paired_p|<0.5|Z"]), workers=0)
    assert said(audit(small.record("XZ", [*claims, "ALL|X|paired_p|<0.51|Z"]), workers=0), "c3", False) == "follows"
