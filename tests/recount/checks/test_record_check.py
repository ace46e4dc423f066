"""A whole record checked: what real rows satisfy is never impossible, and each check's edges."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recount.checks.satisfiable import record
from tests.recount.soundness.brute_force import Cohorts, TooClose, TooMany, read_record
from tests.recount.soundness.records import tiny_record

from recount.checks import IMPOSSIBLE, NOTE, POSSIBLE, check_record, impossible_alone, why_in_numbers
from recount.checks.findings import Finding
from recount.record import Study, read_study

ROOT = Path(__file__).parents[3]
STUDIES = ROOT / "tests" / "studies"
PAPER = ROOT / "data" / "raw" / "paper"

VARIABLES = '''name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B|C,,
S,category,,,,,M|F,,
X,integer,,1,1,9,,,
Z,integer,,1,1,9,,,
D,integer,,1,-8,8,,,
T,integer,,1,0,1,,,
H,decimal,,0.5,0,100,,,
Y,decimal,,0.5,0,10,,"G == ""A""",
W,decimal,,0.5,0,10,,"G == ""A""",
'''
POPULATIONS = '''name,where,description
ALL,,
A,"G == ""A""",
AB,"G in (""A"", ""B"")",
MEN,"S == ""M""",
'''


def study(folder: Path, *claims: str, rules: str = "", quantile: str = "haverage") -> Study:
    """A record of claims "population variable statistic printed [versus]", a bar between; ids are c0, c1, ..."""
    lines = ["id,place,population,variable,statistic,printed,versus,description"]
    for k, claim in enumerate(claims):
        population, variable, statistic, printed, versus = ([*claim.split("|"), ""])[:5]
        quoted = variable.replace('"', '""')
        lines.append(f'c{k},here,{population},"{quoted}",{statistic},{printed},{versus},')
    files = {
        "variables": VARIABLES,
        "populations": POPULATIONS,
        "rules": "id,place,rule,description\n" + (f"r,there,{rules},\n" if rules else ""),
        "claims": "\n".join(lines) + "\n",
        "settings": f"setting,value\nquantile,{quantile}\n",
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return read_study(folder)


def impossible(found: list[Finding]) -> list[Finding]:
    return [one for one in found if one.verdict == IMPOSSIBLE]


# never against what is satisfiable ----------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.integers(0, 10**9))
def test_nothing_that_rows_satisfy_is_impossible(seed: int) -> None:
    made, _ = record(seed)
    assert impossible(check_record(made)) == []
    assert impossible_alone(made) == {}


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.data())
def test_what_is_impossible_no_table_of_patients_satisfies(small, data: st.DataObject) -> None:
    claims = [
        "ALL||n|3",
        *data.draw(
            st.lists(
                st.sampled_from(
                    ["A||n", 'ALL|G == "A"|percent', "ALL|X|mean", "A|X|sd", "A|X|mean", "ALL|X|median"]
                ).flatmap(
                    lambda about: st.sampled_from(["0", "1", "1.5", "2.3", "33", "67.1", "1.15"]).map(
                        lambda text: f"{about}|{text}"
                    )
                ),
                min_size=1,
                max_size=4,
            )
        ),
    ]
    made = small.record("GX", claims)
    for one in impossible(check_record(made)):
        others = [claim.id for claim in made.claims if claim.id not in (*one.claims, "c0")]
        assert small.tables(made, others) == []
    for id in impossible_alone(made):
        assert small.tables(made, [claim.id for claim in made.claims if claim.id not in (id, "c0")]) == []


@pytest.mark.parametrize("seed", range(40))
def test_what_is_impossible_the_oracle_that_tries_every_multiset_calls_so(tmp_path: Path, seed: int) -> None:
    folder = tiny_record(seed).write(tmp_path / "record")
    try:
        truth = Cohorts(read_record(folder))
    except (TooMany, TooClose):
        return
    named = {claim.id: same[0].id for same in truth.same.values() for claim in same}
    made = read_study(folder)
    told = [(one.claims, one.rules) for one in impossible(check_record(made))]
    told += [((id,), ()) for id in impossible_alone(made)]
    for claims, rules in told:
        assert not truth.consistent({*(("claim", named[id]) for id in claims), *(("rule", id) for id in rules)})


@pytest.mark.parametrize("folder", sorted(path.name for path in STUDIES.iterdir() if path.is_dir()))
def test_the_published_contradictions_of_single_numbers_and_pairs_are_found_and_no_others(folder: str) -> None:
    found = impossible(check_record(read_study(STUDIES / folder)))
    with open(STUDIES / folder / "expected.csv", newline="") as stream:
        expected = [row for row in csv.DictReader(stream) if row["kind"] == "conflict"]
    conflicts = {frozenset(row["what"].split("|")) for row in expected}
    if folder == "pizza_counts":
        conflicts = set()  # its conflict needs what only a rule on numbers says
    assert {frozenset([*one.claims, *one.rules]) for one in found} == conflicts


def test_the_paper_has_nothing_impossible_and_its_known_oddities() -> None:
    found = check_record(read_study(PAPER))
    assert impossible(found) == []
    odd = {(one.check, one.claims[0]) for one in found if one.verdict == NOTE}
    assert {("rounding", "R22_010"), ("rounding", "D_015"), ("repeats", "AZ_014")} <= odd
    ties = [one.why for one in found if one.check == "rank sums" and one.claims[0] == "T2_041"]
    assert ties == ["|Z| 3.041 of 13 pairs: no rank sum without ties, but with changes of equal size"]


# edges --------------------------------------------------------------------------------------------------------------

EDGES = [  # claims of a record of 24, the check, what it says, and a part of why
    (["A||n|24"], "count", POSSIBLE, "24 of 24"),
    (["A||n|25"], "count", IMPOSSIBLE, "25 is not a whole number from 0 to 24"),
    (["ALL||n|<25"], "count", POSSIBLE, "24 of 24"),
    (["ALL||n|<24"], "count", IMPOSSIBLE, "<24 is not 24"),
    (['ALL|S == "M"|percent|45.8'], "percent", POSSIBLE, "11 of 24 prints 45.8"),
    (['ALL|S == "M"|percent|45.9'], "percent", IMPOSSIBLE, "no count of 24 prints 45.9: 11/24 is 45.83, 12/24 is 50.0"),
    (['A|S == "M"|percent|99'], "percent", IMPOSSIBLE, "no count of up to 24 prints 99: 23/24 is 95.8, 1/1 is 100.0"),
    (['A|S == "M"|percent|96'], "percent", NOTE, "not checked: n of A isn't printed"),
    (['ALL|S == "M"|percent|45.8', 'ALL|S == "M"|count|11'], "percents", POSSIBLE, "11 of 24 prints 45.8"),
    (['ALL|S == "M"|percent|45.8', 'ALL|S == "M"|count|12'], "percents", IMPOSSIBLE, "12/24 is 50.00, not 45.8"),
    (["MEN||ratio|1:5|ALL", "MEN||n|5"], "ratio", POSSIBLE, "5 to 24 prints 1:5"),
    (["MEN||ratio|1:5|ALL", "MEN||n|6"], "ratio", IMPOSSIBLE, "6 to 24 is 1:4.00, not 1:5"),
    (["A||n|0", "A|X|wilcoxon_z|1|Z"], "rank sums", IMPOSSIBLE, "of no pairs: nobody has both values"),
    (["A||n|0", "A|X|mean|1"], "grim", IMPOSSIBLE, "nobody has a value to compute it from"),
    (["A||n|1", "A|X|sd|1"], "sd limits", IMPOSSIBLE, "of one value at most"),
    (["A||n|0", 'A|S == "M"|percent|1'], "percent", IMPOSSIBLE, "nobody has a value to compute it from"),
    (["A||ratio|1:1|AB"], "ratio", NOTE, "n of A isn't printed"),
    (["A||ratio|2:1|AB"], "ratio", IMPOSSIBLE, "up to 24 that it is a part of"),
    (["AB||ratio|1:2|A"], "ratio", IMPOSSIBLE, "up to 24 that is a part of it"),
    (["A||n|18", 'A|S == "M"|count|18'], "count", POSSIBLE, "18 of 18"),
    (["A||n|18", 'A|S == "M"|count|19'], "count", IMPOSSIBLE, "19 is not a whole number from 0 to 18"),
    (["AB||n|8", "A||n|8"], "count", POSSIBLE, "8 of 24"),
    (["AB||n|7", "A||n|8"], "counts", IMPOSSIBLE, "a part of 8 is larger than its whole of 7"),
    (['ALL|S == "M"|count|4', 'ALL|S == "F"|count|20'], "counts", POSSIBLE, "4+20 = 24, all of 24"),
    (['ALL|S == "M"|count|4', 'ALL|S == "F"|count|19'], "counts", IMPOSSIBLE, "not 24"),
    (["A||n|14", 'ALL|G == "B"|count|10'], "counts", POSSIBLE, "some of 24"),
    (["A||n|14", 'ALL|G == "B"|count|11'], "counts", IMPOSSIBLE, "14+11 = 25, not 24"),
    (["ALL|X|mean|5.13"], "grim", POSSIBLE, "123/24"),
    (["ALL|X|mean|5.14"], "grim", IMPOSSIBLE, "123/24 is 5.125, 124/24 is 5.167"),
    (["ALL|X|mean|9.0"], "grim", POSSIBLE, "216/24"),
    (["ALL|X|mean|9.1"], "grim", IMPOSSIBLE, "above all whole numbers from 1 to 9"),
    (["ALL|Y|mean|5.14"], "grim", NOTE, "not checked: how many of ALL have a Y isn't printed"),
    (["A||n|7", "A|Y|mean|5.14"], "grim", POSSIBLE, "36/7"),
    (["A||n|8", "A|Y|mean|5.14"], "grim", IMPOSSIBLE, "41/8 is 5.125, 41.5/8 is 5.188"),
    (["ALL|X|sd|4.09"], "sd limits", POSSIBLE, "SD 4.09 of 24"),
    (["ALL|X|sd|4.10"], "sd limits", IMPOSSIBLE, "4.086 at most"),
    (["ALL|X|sd|0.20"], "sd limits", POSSIBLE, "SD 0.20"),
    (["ALL|X|sd|0.19"], "sd limits", IMPOSSIBLE, "0, or 0.204 at least"),
    (["ALL|X|sd|0.00"], "sd limits", POSSIBLE, "SD 0.00"),
    (["ALL|X|mean|2.00", "ALL|X|sd|0.29"], "grimmer", POSSIBLE, "mean 2.00 and SD 0.29"),
    (["ALL|X|mean|2.00", "ALL|X|sd|0.34"], "grimmer", IMPOSSIBLE, "with sum 48 the SD is 0.295 and 0.417"),
    (["ALL|T|mean|0.50", "ALL|T|sd|0.51"], "debit", POSSIBLE, "from 0 to 1"),
    (["ALL|T|mean|0.50", "ALL|T|sd|0.50"], "debit", IMPOSSIBLE, "from 0 to 1"),
    (["ALL|X|min|3", "ALL|X|max|3"], "order", POSSIBLE, "can be in order"),
    (["ALL|X|min|4", "ALL|X|max|3"], "order", IMPOSSIBLE, "min 4 is above max 3 of X"),
    (["ALL|X|min|3", "A|X|median|3"], "order", POSSIBLE, "median 3 of X in A within min 3 in ALL"),
    (["ALL|X|min|3", "A|X|median|2"], "order", IMPOSSIBLE, "median 2 of X in A is beyond min 3 in ALL"),
    (["ALL|X|max|3", "ALL|X|mean|3"], "order", POSSIBLE, "can be in order"),
    (["ALL|X|max|3", "ALL|X|mean|4"], "order", IMPOSSIBLE, "mean 4 is above max 3 of X"),
    (["ALL|H|min|0.5"], "value", POSSIBLE, "min 0.5 is 0.5"),
    (["ALL|H|min|0.3"], "value", IMPOSSIBLE, "next are 0 and 0.5"),
    (["ALL|X|median|4.5"], "quantile", POSSIBLE, "haverage can print it"),
    (["ALL|X|median|4.3"], "quantile", IMPOSSIBLE, "not by haverage; no definition could"),
    (["ALL|X|p25|4.25"], "quantile", POSSIBLE, "haverage can print it"),
    (["ALL|X|p25|4.33"], "quantile", IMPOSSIBLE, "not by haverage; hf8 could"),
    (["ALL|X|p25|4.25", "ALL|X|median|5"], "quartiles", POSSIBLE, "haverage, hf6 and hf7 can"),
    (["ALL|X|p25|4.25", "ALL|X|median|4"], "quartiles", IMPOSSIBLE, "not by haverage; no definition could"),
    (["ALL|X|p25|5.25", "ALL|X|median|4.5"], "order", IMPOSSIBLE, "p25 5.25 is above median 4.5"),
    (["ALL|X|wilcoxon_z|4.90|Z"], "rank sums", POSSIBLE, "no rank sum without ties"),
    (["ALL|X|wilcoxon_z|4.91|Z"], "rank sums", IMPOSSIBLE, "at most 4.899, the root of 24"),
    (["ALL|X|wilcoxon_p|0.000001|Z"], "rank sums", POSSIBLE, "P 0.000001"),
    (["ALL|X|wilcoxon_p|0.0000001|Z"], "rank sums", IMPOSSIBLE, "9.6e-07 at least"),
    (["ALL|X|wilcoxon_z|2.000|Z", "ALL|X|wilcoxon_p|0.046|Z"], "z and p", POSSIBLE, "|Z| 2.000 and P 0.046"),
    (["ALL|X|wilcoxon_z|2.000|Z", "ALL|X|wilcoxon_p|0.047|Z"], "z and p", IMPOSSIBLE, "prints it"),
    (["ALL|X|paired_t|2.069|Z", "ALL|Z|paired_p|0.050|X"], "t and p", POSSIBLE, "t 2.069 on 23 degrees"),
    (["ALL|X|paired_t|2.069|Z", "ALL|Z|paired_p|0.049|X"], "t and p", IMPOSSIBLE, "not 0.049"),
    (["ALL|X|paired_t|192|Z"], "t", POSSIBLE, "|t| 192"),
    (["ALL|X|paired_t|193|Z"], "t", IMPOSSIBLE, "at most 192"),
    (["ALL|X|paired_p|1.1|Z"], "p", IMPOSSIBLE, "P 1.1 isn't from 0 to 1"),
    (["ALL|X|paired_p|1.0|Z"], "p", POSSIBLE, "from 0 to 1"),
    (["ALL|G|chi2|24|S"], "chi2", POSSIBLE, "at most 24"),
    (["ALL|G|chi2|25|S"], "chi2", IMPOSSIBLE, "at most 24"),
    (["ALL|G|chi2|5.99|S", "ALL|G|chi2_p|0.050|S"], "chi2 and p", POSSIBLE, "on 2 degrees of freedom"),
    (["ALL|G|chi2|5.99|S", "ALL|G|chi2_p|0.060|S"], "chi2 and p", IMPOSSIBLE, "not 0.060"),
    (['A|S == "M"|percent|18.8', 'A|S == "M"|percent|18.7'], "repeats", NOTE, "only 18.75 is all of them"),
    (['A|S == "M"|percent|45.8', 'A|S == "M"|percent|45.5'], "repeats", IMPOSSIBLE, "both 45.8 and 45.5"),
    (["ALL|X|max|7", "ALL|X|max|>6"], "repeats", POSSIBLE, "one number can be"),
    (["ALL|X|max|6", "ALL|X|max|>6"], "repeats", IMPOSSIBLE, "both 6 and >6"),
]  # fmt: skip


@pytest.mark.parametrize(("claims", "check", "verdict", "why"), EDGES)
def test_each_check_has_an_edge(tmp_path: Path, claims: list[str], check: str, verdict: str, why: str) -> None:
    found = check_record(study(tmp_path, "ALL||n|24", *claims))
    told = [one.why for one in found if (one.check, one.verdict) == (check, verdict)]
    assert any(why in text for text in told), [(one.check, one.verdict, one.why) for one in found]
    if verdict != IMPOSSIBLE:
        assert impossible(found) == []


TABLE = ["A||n|12", 'ALL|G == "B"|count|12', 'ALL|G == "C"|count|0', "MEN||n|12", 'A|S == "M"|count|9']


@pytest.mark.parametrize(
    ("claim", "verdict", "why"),
    [
        ("ALL|G|chi2|6.00|S", POSSIBLE, "chi-squared of 9 3; 3 9 is 6.000"),
        ("ALL|G|chi2|4.17|S", IMPOSSIBLE, "not 4.17; yates would print it"),
        ("ALL|G|chi2_p|0.014|S", POSSIBLE, "P of 9 3; 3 9 is 0.01431"),
        ("ALL|G|chi2_p|0.039|S", IMPOSSIBLE, "not 0.039; fisher would print it"),
    ],
)
def test_a_chi_squared_beside_the_counts_of_its_table(tmp_path: Path, claim: str, verdict: str, why: str) -> None:
    rest = ['AB|S == "F"|count|12']  # everybody has G of A or B: its men are MEN less none
    found = check_record(study(tmp_path, "ALL||n|24", *TABLE, *rest, 'ALL|G == "C" and S == "M"|count|0', claim))
    assert [one.verdict for one in found if one.check == "chi2" and why in one.why] == [verdict]


CHANGE = "D == Z - X"


@pytest.mark.parametrize(
    ("claims", "check", "verdict"),
    [
        (["ALL|X|sd|2.0", "ALL|Z|sd|1.0", "ALL|D|sd|1.0"], "correlation", POSSIBLE),
        (["ALL|X|sd|2.0", "ALL|Z|sd|1.0", "ALL|D|sd|0.8"], "correlation", IMPOSSIBLE),
        (["ALL|X|sd|2.0", "ALL|Z|sd|1.0", "ALL|D|sd|3.1"], "correlation", POSSIBLE),
        (["ALL|X|sd|2.0", "ALL|Z|sd|1.0", "ALL|D|sd|3.2"], "correlation", IMPOSSIBLE),
        (["ALL|X|mean|5.5", "ALL|Z|mean|6.5", "ALL|D|mean|1.1"], "change", POSSIBLE),
        (["ALL|X|mean|5.5", "ALL|Z|mean|6.5", "ALL|D|mean|1.2"], "change", IMPOSSIBLE),
        (["ALL|D|mean|1.0", "ALL|D|sd|2.0", "ALL|X|paired_t|2.6|Z"], "t", POSSIBLE),
        (["ALL|D|mean|1.0", "ALL|D|sd|2.0", "ALL|X|paired_t|2.7|Z"], "t", IMPOSSIBLE),
        (["ALL|D|mean|1.0", "ALL|D|sd|2.0", "ALL|X|paired_p|0.03|Z"], "t", POSSIBLE),
        (["ALL|D|mean|1.0", "ALL|D|sd|2.0", "ALL|X|paired_p|0.04|Z"], "t", IMPOSSIBLE),
    ],
)
def test_a_change_by_rule_beside_before_and_after(tmp_path: Path, claims: list[str], check: str, verdict: str) -> None:
    found = check_record(study(tmp_path, "ALL||n|24", *claims, rules=CHANGE))
    assert (verdict, ("r",)) in [(one.verdict, one.rules) for one in found if one.check == check]
    without = check_record(study(tmp_path, "ALL||n|24", *claims))
    assert [one for one in without if one.rules] == []


@pytest.mark.parametrize(
    ("t", "verdict"), [("1.1", IMPOSSIBLE), ("1.2", POSSIBLE), ("13.5", POSSIBLE), ("13.6", IMPOSSIBLE)]
)
def test_the_correlation_that_a_paired_t_takes(tmp_path: Path, t: str, verdict: str) -> None:
    moments = ["ALL|X|mean|5.0", "ALL|X|sd|2.0", "ALL|Z|mean|6.0", "ALL|Z|sd|1.5", f"ALL|X|paired_t|{t}|Z"]
    found = [one for one in check_record(study(tmp_path, "ALL||n|24", *moments)) if one.check == "correlation"]
    assert [one.verdict for one in found] == [verdict]


def test_one_definition_of_quantiles_for_the_whole_record(tmp_path: Path) -> None:
    two = ["ALL||n|24", "ALL|X|p25|4.25", "ALL|Z|p25|3.25"]
    (both,) = [one for one in check_record(study(tmp_path, *two)) if one.check == "definitions"]
    assert both.verdict == POSSIBLE and both.why.startswith("quartiles of 2 groups: haverage,")
    apart = ["ALL||n|24", "ALL|X|p25|4.25", "ALL|Z|p25|3.33"]
    (none,) = [one for one in check_record(study(tmp_path, *apart)) if one.check == "definitions"]
    assert none.verdict == NOTE and "no definition prints all" in none.why


def test_a_rounding_that_is_not_half_up_is_told(tmp_path: Path) -> None:
    made = study(tmp_path, "ALL||n|24", 'ALL|S == "M"|count|3', 'ALL|S == "M"|percent|12', "ALL|X|p25|4.3")
    found = {one.check: one.why for one in check_record(made) if one.verdict == NOTE}
    assert found["rounding"] == "12 is 12.5: half-even, half-down and truncate print it, half-up doesn't"
    assert "no one rule prints all" in found["roundings"]  # 4.3 is 4.25


# alone --------------------------------------------------------------------------------------------------------------


def test_a_claim_is_impossible_alone_only_if_no_size_of_its_group_prints_it(tmp_path: Path) -> None:
    claims = ["ALL||n|24", "ALL|X|wilcoxon_z|5.8|Z", "A|X|mean|5.14", "A||n|8", "ALL|Y|sd|7.07", "ALL|Y|sd|7.08"]
    alone = impossible_alone(study(tmp_path, *claims))
    assert alone == {  # 7.07 is of two values, at 0 and at 10; a mean of 5.14 is one of seven
        "c1": "|Z| 5.8 of 24 pairs: at most 4.90, the root of 24",
        "c5": "SD 7.08 of up to 24 numbers in steps of 0.5 from 0 to 10: 7.071 at most",
    }


def test_why_in_numbers_is_of_the_claims_named_alone(tmp_path: Path) -> None:
    made = study(tmp_path, "ALL||n|33", "ALL|T|mean|0.50", 'ALL|S == "M"|percent|50', "A||n|8", "A|Y|mean|5.14")
    assert why_in_numbers(made, ["c2"]) == "no count of 33 prints 50: 16/33 is 48.5, 17/33 is 51.5"
    assert why_in_numbers(made, ["c3", "c4"]).endswith("41/8 is 5.125, 41.5/8 is 5.188")
    assert why_in_numbers(made, ["c4"]) == ""


def test_without_a_number_of_patients_there_is_one_note(tmp_path: Path) -> None:
    made = study(tmp_path, "A||n|8", "A|X|mean|5.14")
    assert [(one.verdict, one.why) for one in check_record(made)] == [
        (NOTE, "not checked: the number of patients isn't printed")
    ]
    assert impossible_alone(made) == {} and why_in_numbers(made, ["c1"]) == ""


def test_sizes_that_contradict_each_other_are_not_built_upon(tmp_path: Path) -> None:
    found = check_record(study(tmp_path, "ALL||n|24", "A||n|8", "A||n|9", "A|Y|mean|5.14"))
    assert [one.check for one in impossible(found)] == ["repeats"]
