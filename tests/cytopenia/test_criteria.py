"""The response criteria: every edge of every rule, missing values, the sets and the worse lineage."""

import itertools

import numpy as np
import pandas as pd
import pytest

from cytopenia.criteria import (
    LINEAGES,
    NEVER,
    RESPONSES,
    NormalRanges,
    Visits,
    answers,
    chunks,
    criteria_sets,
    overall,
    relapsing,
    respond,
    responses_of,
    rule_set,
    three_valued,
    visits_of_frame,
)
from recount.rules import Numbers, parse, truth

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
    names_of = {"as-written": "paper", "half-best": "paper+relapse=half-best", "iwg2009": "iwg2009+confirm=none"}
    names_of["below-2x"] = "paper+relapse=below-2x"
    row = reading(text)
    told = {short: rule_set(crit).relapse("PLT").expression for short, crit in names_of.items()}
    assert {short for short, rule in told.items() if three_valued(rule, row)[0].item()} == set(crits.split())


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
    if not rule_set(crit).of(lineage):
        assert set(told) == {"NE"}
        return
    assert set(told) == {"CR", "PR", "NR"}
    blank = np.random.default_rng(21).random(whole.shape) < 0.15
    partly = respond(whole.mask(blank), lineage, crit)
    answered = partly != "NE"
    assert answered.any() and not answered.all()
    assert (partly[answered] == told[answered]).all()


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


@pytest.mark.parametrize(
    ("plt", "hb", "how", "wanted"),
    [
        ("CR", "NR", "better", "CR"),
        ("NR", "PR", "better", "PR"),
        ("NR", "NE", "better", "NE"),
        ("NR", "NR", "better", "NR"),
        ("NE", "CR", "better", "CR"),
        ("CR", "NR", "platelets", "CR"),
        ("NE", "CR", "platelets", "NE"),
        ("CR", "NR", "haemolysis", "NR"),
    ],
)
def test_two_lineages_by_other_rules(plt: str, hb: str, how: str, wanted: str) -> None:
    by_lineage = {"PLT": pd.Series([plt], dtype=object), "HB": pd.Series([hb], dtype=object)}
    assert overall(by_lineage, pd.Series(["EVANS"], dtype=object), how).tolist() == [wanted]
    one = overall(by_lineage, pd.Series(["AIHA"], dtype=object), how).tolist()
    assert one == [hb], "where one lineage counts it decides, whatever is said of two"


# A second reading, transfusions, rescue ----------------------------------------------------------


def platelets(text: str) -> pd.DataFrame:
    """Readings "0:12 3:29 5:30", the first being the baseline; `5:` was not read, `5:30b` with bleeding."""
    pairs = [part.split(":") for part in text.split()]
    (_, base), *later = pairs
    value = [float(v.rstrip("b")) if v else np.nan for _, v in later]
    frame = pd.DataFrame({"USUBJID": "P", "ADY": [int(d) for d, _ in later], "PLT": value, "PLT_BL": float(base)})
    return frame.assign(BLEED=["Y" if v.endswith("b") else "N" for _, v in later], SEX="F")


def told(readings: pd.DataFrame, crit: str, lineage: str = "PLT") -> str:
    """The responses of readings by a set, "3:NR 5:NR"."""
    visits = visits_of_frame(readings)
    codes = responses_of(visits, rule_set(crit), lineage)
    return " ".join(f"{day}:{RESPONSES[code]}" for day, code in zip(readings["ADY"], codes, strict=True))


TWICE = [
    # readings; by the paper; by IWG 2009 with its second reading
    ("0:12 3:29 5:30", "3:NR 5:PR", "3:NE 5:NE"),
    ("0:16 3:29 5:30", "3:NR 5:NR", "3:NR 5:NR"),
    ("0:12 5:30 12:30", "5:PR 12:PR", "5:PR 12:PR"),
    ("0:12 5:30 11:30", "5:PR 11:PR", "5:NE 11:NE"),
    ("0:12 5:30 11:30 12:30", "5:PR 11:PR 12:PR", "5:PR 11:PR 12:PR"),
    ("0:12 5:30 8:20 12:30", "5:PR 8:NR 12:PR", "5:NE 8:NE 12:NE"),
    ("0:12 5:30 8: 12:30", "5:PR 8:NE 12:PR", "5:PR 8:NE 12:PR"),
    ("0:12 5:100 12:99", "5:CR 12:PR", "5:PR 12:PR"),
    ("0:12 5:99 12:100 19:100", "5:PR 12:CR 19:CR", "5:PR 12:CR 19:CR"),
    ("0:12 5:100 8:60 12:100", "5:CR 8:PR 12:CR", "5:PR 8:PR 12:PR"),
    ("0:12 5:100b 12:100", "5:NR 12:CR", "5:NE 12:NE"),
    ("0:12 5:20 6:20", "5:NR 6:NR", "5:NR 6:NR"),
    ("0:12 5:20 6: 7:20", "5:NR 6:NE 7:NR", "5:NR 6:NE 7:NR"),
    ("0:12 5:20", "5:NR", "5:NE"),
    ("0:12 5:", "5:NE", "5:NE"),
]


@pytest.mark.parametrize(("readings", "once", "twice"), TWICE)
def test_a_second_reading_confirms(readings: str, once: str, twice: str) -> None:
    frame = platelets(readings)
    assert told(frame, "paper") == told(frame, "iwg2009+confirm=none") == told(frame, "ash2019") == once
    assert told(frame, "iwg2009") == told(frame, "paper+confirm=7-days") == twice


def test_what_is_not_read_or_not_confirmed_is_never_no_response() -> None:
    for text, once, twice in TWICE:
        frame = platelets(text)
        missing = frame["PLT"].isna().to_numpy()
        for wanted in (once, twice):
            assert all(part.endswith("NE") for part, gone in zip(wanted.split(), missing, strict=True) if gone)
        first, second = (np.array([part.split(":")[1] for part in line.split()]) for line in (once, twice))
        assert not ((second == "NR") & (first != "NR")).any()


def test_a_neighbour_never_confirms() -> None:
    both = pd.concat([platelets("0:12 5:30").assign(USUBJID="A"), platelets("0:12 12:30 13:30").assign(USUBJID="B")])
    assert told(both, "iwg2009") == "5:NE 12:NE 13:NE"


@pytest.mark.parametrize(
    ("since", "wanted"),
    [(0, "NE"), (6, "NE"), (7, "PR"), (NEVER, "PR"), (-1, "NE"), (None, "NE")],
)
def test_a_transfusion_within_the_washout_leaves_a_response_open(since: float | None, wanted: str) -> None:
    frame = platelets("0:12 8:60")
    frame = frame if since is None else frame.assign(SINCE=float(since))
    assert told(frame, "paper+washout=7-days") == f"8:{wanted}"
    assert told(frame, "paper") == "8:PR"
    low = frame.assign(PLT=20.0)
    assert told(low, "paper+washout=7-days") == "8:NR", "a low count is none, transfused or not"


@pytest.mark.parametrize(
    ("rescue", "wanted"), [("ignored", "8:PR 15:CR"), ("open", "8:PR 15:NE"), ("failure", "8:PR 15:NR")]
)
def test_rescue_ends_what_can_be_told(rescue: str, wanted: str) -> None:
    frame = platelets("0:12 8:60 15:120").assign(RESCUED=[False, True])
    crit = "paper" if rescue == "ignored" else f"paper+rescue={rescue}"
    assert told(frame, crit) == wanted


def test_without_a_record_of_treatments_rescue_leaves_responses_open() -> None:
    for rescue in ("open", "failure"):
        assert told(platelets("0:12 8:60 15:20"), f"paper+rescue={rescue}") == "8:NE 15:NR"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # haemoglobin, baseline 50, women normal from 115, men from 130: Jäger 2020, 7 days since a transfusion or more
        ("SEX F HB 70 HB_BL 50 SINCE 7", "PR"),
        ("SEX F HB 69 HB_BL 50 SINCE 7", "NR"),
        ("SEX F HB 70 HB_BL 50 SINCE 6", "NE"),
        ("SEX F HB 69 HB_BL 50 SINCE 6", "NR"),
        (f"SEX F HB 115 HB_BL 50 SINCE 7 {NORMAL}", "CR"),
        (f"SEX F HB 115 HB_BL 50 SINCE 6 {NORMAL}", "NE"),
        ("SEX F HB 115 HB_BL 50 SINCE 7 RETI 3 BILI 10", "PR"),
        ("SEX F HB 115 HB_BL 110 SINCE 7 RETI 3 BILI 10", "PR"),
        ("SEX M HB 115 HB_BL 110 SINCE 7 RETI 3 BILI 10", "NR"),
        ("SEX - HB 115 HB_BL 110 SINCE 7 RETI 3 BILI 10", "NE"),
        ("SEX F HB 70 HB_BL - SINCE 7", "NE"),
        ("SEX F HB - HB_BL 50 SINCE 7", "NE"),
    ],
)
def test_haemolysis_by_jaeger(text: str, wanted: str) -> None:
    row = reading(text).assign(USUBJID="P", ADY=8)
    assert told(row, "jaeger2020", "HB") == f"8:{wanted}"


@pytest.mark.parametrize(
    ("crit", "readings", "wanted"),
    [
        ("paper+conflict=nr-first", "0:51 8:100", "8:NR"),
        ("paper+conflict=nr-first", "0:50 8:100", "8:CR"),
        ("paper", "0:51 8:100", "8:CR"),
        ("paper+conflict=nr-first+rise=by-2", "0:34 8:100", "8:NR"),
        ("paper+conflict=nr-first+rise=by-2", "0:33 8:100", "8:CR"),
        ("paper+rise=by-2", "0:10 8:30 9:29", "8:PR 9:NR"),
        ("paper+rise=by-2", "0:11 8:32 9:33", "8:NR 9:PR"),
        ("paper+bleeding=any", "0:10 8:60b 9:20b", "8:NR 9:NR"),
        ("paper+bleeding=ungraded", "0:10 8:60b 9:20b", "8:NE 9:NR"),
        ("paper+bleeding=ignored", "0:10 8:60b 9:100b 10:20b", "8:PR 9:CR 10:NR"),
        ("paper+bleeding=ignored+rise=by-2", "0:21 8:60b", "8:NR"),
    ],
)
def test_what_the_wording_leaves_open(crit: str, readings: str, wanted: str) -> None:
    assert told(platelets(readings), crit) == wanted


def relapses(text: str, crit: str) -> str:
    frame = platelets(text)
    visits, rules = visits_of_frame(frame), rule_set(crit)
    codes = responses_of(visits, rules, "PLT")
    return " ".join(str(day) for day in frame["ADY"][relapsing(visits, rules, "PLT", codes)])


@pytest.mark.parametrize(
    ("text", "crit", "wanted"),
    [
        ("0:12 5:40 8:29", "paper", "8"),
        ("0:12 5:40 8:30", "paper", ""),
        ("0:12 5:20 8:29", "paper", ""),
        ("0:12 5:200 8:100", "paper+relapse=half-best", "8"),
        ("0:12 5:200 8:101", "paper+relapse=half-best", ""),
        ("0:12 5:40 8:200 12:101 15:100", "paper+relapse=half-best", "15"),
        ("0:20 5:40 8:39", "paper+relapse=below-2x", "8"),
        ("0:20 5:40 8:39 9:39", "iwg2009", ""),
        ("0:20 5:40 12:40 19:39 20:39", "iwg2009", "19 20"),
        ("0:20 5:40 12:40 19:39 20:40 21:39", "iwg2009", ""),
        ("0:20 5:40 12:40 19:39", "iwg2009", ""),
        ("0:20 5:100 12:100 19:99 20:99", "iwg2009", ""),
        ("0:20 5:100 12:100 19:99 20:99", "iwg2009+loss=of-complete", "19 20"),
        ("0:20 5:100 12:100 19:99 20:100", "iwg2009+loss=of-complete", ""),
        ("0:20 5:60 12:60 19:99 20:59", "iwg2009+loss=of-complete", ""),
        ("0:20 5:60 12:60 19:39 20:39", "iwg2009+loss=of-complete", "19 20"),
        ("0:20 5:100 8:60 12:60 19:59 20:59", "iwg2009+loss=of-complete", ""),
        ("0:20 5:100 8:60", "iwg2009+loss=of-complete+confirm=none", "8"),
    ],
)
def test_a_relapse_comes_after_a_response(text: str, crit: str, wanted: str) -> None:
    assert relapses(text, crit) == wanted


# Many at once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("crit", ["paper", "iwg2009", "iwg2009+haemolysis=jaeger2020", "paper+relapse=half-best"])
@pytest.mark.parametrize("lineage", LINEAGES)
def test_parts_give_the_same_as_the_whole(crit: str, lineage: str) -> None:
    frame = (
        many(300).drop(columns="PLT_BEST").assign(USUBJID=np.repeat(np.arange(50), 6), ADY=np.tile(range(1, 37, 6), 50))
    )
    frame = frame.mask(np.random.default_rng(3).random(frame.shape) < 0.1)
    frame = frame.assign(USUBJID=np.repeat(np.arange(50), 6), ADY=np.tile(range(1, 37, 6), 50), SINCE=8)
    visits, rules = visits_of_frame(frame), rule_set(crit)
    whole = responses_of(visits, rules, lineage)
    assert (responses_of(visits, rules, lineage, most=7) == whole).all()
    one_by_one = [told(part, crit, lineage) for _, part in frame.groupby("USUBJID")]
    assert " ".join(one_by_one) == " ".join(f"{d}:{RESPONSES[c]}" for d, c in zip(frame["ADY"], whole, strict=True))


def test_a_part_never_cuts_a_patient() -> None:
    patient = np.array([0, 0, 0, 1, 2, 2])
    assert [(part.start, part.stop) for part in chunks(patient, 2)] == [(0, 3), (3, 6)]
    assert [(part.start, part.stop) for part in chunks(patient, 3)] == [(0, 3), (3, 6)]
    assert list(chunks(np.array([]), 2)) == []


def test_columns_of_small_numbers_are_not_overrun() -> None:
    plt = np.array([120, 30], dtype=np.int8)
    columns = {"PLT": Numbers(plt), "PLT_BL": Numbers(np.array([100, 15], dtype=np.int8))}
    true, _ = truth(parse("PLT >= 2*PLT_BL"), columns)
    assert true.tolist() == [False, True]
    assert isinstance(Visits(np.array([0, 0]), np.array([1, 2]), columns).where(slice(0, 1)).columns["PLT"], Numbers)


def test_answers_stand_a_column_a_rule() -> None:
    frame = pd.DataFrame({"A": [1.0, None]})
    true, possible = answers([parse("A == 1"), parse("B == 1")], frame)
    assert true.tolist() == [[True, False], [False, False]] and possible.tolist() == [[True, True], [True, True]]


def test_no_readings_give_no_responses() -> None:
    assert respond(pd.DataFrame({"PLT": []}), "PLT").tolist() == []
