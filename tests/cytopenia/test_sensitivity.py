"""How findings move with the criteria: outcomes counted by hand, conclusions, and how few patients would turn them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cytopenia import sensitivity as s
from cytopenia import sensitivity_words as w
from cytopenia import tables_sensitivity
from cytopenia.assessments import Prepared, derive_response_landmarks
from cytopenia.cli import main
from cytopenia.patients import Patients
from cytopenia.read import Tables
from cytopenia.rule_sets import rule_set, switches_of
from cytopenia.subjects import derive_adsl
from recount.record.schema import Variable
from recount.record.study import read_study

Make = Callable[..., Tables]
ROOT = Path(__file__).parents[2]

# Four patients with secondary ITP and one with haemolytic anaemia. By the paper: A complete, B partial from day 3,
# C partial where "2 times" is to twice, D none, seen twice; E partial with a haemoglobin that stays below 100.
PATIENTS = {
    "A": {"dx": "sITP", "lb": "PLAT -1:10 5:35 12:120 30:150 61:140 91:20 92:20"},
    "B": {"dx": "sITP", "lb": "PLAT -1:10 3:30 30:60 61:60"},
    "C": {"dx": "sITP", "lb": "PLAT -1:20 20:40 30:50 61:50"},
    "D": {"dx": "sITP", "lb": "PLAT -1:10 8:12 30:15"},
    "E": {
        "dx": "AIHA",
        "sex": "F",
        "lb": "HGB -1:50 15:82 30:90 61:95; RETIRBC 15:3 30:2 61:2; BILI 15:20 30:20 61:20; "
        "COOMBS 15:DECREASED 30:DECREASED 61:DECREASED",
    },
}


@pytest.fixture(scope="module")
def small(cohort: Make) -> Prepared:
    return Prepared(cohort(**{code: {"ce": "", "cm": "", **patient} for code, patient in PATIENTS.items()}))


OUTCOMES = [
    # in response, complete, median days of platelets and haemolysis, who lose it of how many, told otherwise
    ("paper", "4/5 1/5 5/3 15/1 1/4 0"),
    ("paper+rise=by-2", "3/5 1/5 4/2 15/1 1/3 1"),
    ("paper+time=everybody", "4/5 1/5 12.5/4 15/1 1/4 0"),
    ("paper+origin=elapsed", "4/5 1/5 4/3 14/1 1/4 0"),
    ("paper+relapse=half-best", "4/5 1/5 5/3 15/1 1/4 0"),
    ("paper+confirm=7-days", "4/5 1/5 5/3 15/1 1/4 0"),
    ("iwg2009", "3/5 1/5 5/3 -/0 1/3 1"),
    ("iwg2009+haemolysis=aiha-b", "4/5 1/5 5/3 15/1 1/4 0"),
    ("iwg2009+haemolysis=jaeger2020", "4/5 1/5 5/3 15/1 1/4 0"),
    ("iwg2009+haemolysis=jaeger2020+time=everybody", "4/5 1/5 12.5/4 15/1 1/4 0"),
    ("iwg2009+time=everybody", "3/5 1/5 12.5/4 -/1 1/3 1"),
]


@pytest.mark.parametrize(("spec", "wanted"), OUTCOMES)
def test_outcomes_counted_by_hand(small: Prepared, spec: str, wanted: str) -> None:
    found = s.specifications(small, [spec])
    told = [f"{'-' if np.isnan(v) else format(v, 'g')}/{n}" for v, n in zip(found["VALUE"], found["N"], strict=True)]
    assert " ".join([*told, str(found["CHANGED"].iloc[0])]) == wanted
    assert found["OUTCOME"].tolist() == ["responders", "complete", "onset_plt", "onset_hb", "relapsed"]


SAME = ("paper", "paper+rise=by-2", "iwg2009", "paper+when=within-month-1", "paper+origin=elapsed")


@pytest.mark.parametrize("spec", SAME)
def test_the_same_as_the_derived_tables(demo: Tables, variables: dict[str, Variable], spec: str) -> None:
    adsl = derive_adsl(demo, variables, spec).set_index("USUBJID")
    scored = s.score(Prepared(demo), spec)
    assert scored.month_1["RESP"].tolist() == adsl["RESP_M1"].fillna("NE").tolist()
    for lineage in ("PLT", "HB"):
        ours, theirs = scored.onset[lineage].astype("float64"), adsl[f"ONSET_{lineage}"].astype("float64")
        known = theirs.notna()
        assert known.any() or spec == "iwg2009"
        assert (ours[known] == theirs[known]).all()


def test_who_is_told_otherwise(small: Prepared) -> None:
    found = s.changed_patients(small, ["paper+rise=by-2", "iwg2009"])
    lines = found[["USUBJID", "RESP", "SPEC", "INSTEAD"]].itertuples(index=False, name=None)
    assert list(lines) == [("C", "PR", "paper+rise=by-2", "NR"), ("E", "PR", "iwg2009", "NR")]
    assert w.changed(found).startswith("2 patients would be told another response by some reading, 2 of them none.")
    assert w.changed(found.iloc[:0]).startswith("No patient's")


@pytest.mark.parametrize(
    ("table", "columns", "left"),
    [
        ("", {}, "origin=bortezomib"),
        ("CM", {}, "origin=bortezomib washout=7-days rescue=open rescue=failure"),
        ("EX", {"EXTRT": ["BORTEZOMIB"]}, ""),
    ],
)
def test_what_a_cohort_has_no_record_for_is_not_asked(
    cohort: Make, table: str, columns: dict[str, list[str]], left: str
) -> None:
    tables = cohort(P1={"dx": "sITP", "lb": "PLAT -1:10 30:60", "ce": "", "cm": "", "ex": "2"})
    tables = {name: frame for name, frame in tables.items() if name != table or columns}
    if columns:
        tables[table] = tables[table].assign(**columns)
    asked = s.askable(Prepared(tables), s.one_at_a_time())
    gone = set(s.one_at_a_time()) - set(asked)
    wanted = {f"paper+{option}" for option in left.split()}
    assert {spec for spec in gone if spec.startswith("paper+")} == wanted
    assert ("iwg2009+haemolysis=jaeger2020" in gone) == (table == "CM"), "its washout needs to know of transfusions"
    assert bool(w.not_asked(s.one_at_a_time(), asked)) == bool(gone)


def test_the_paper_and_every_switch_once_and_the_published_sets() -> None:
    asked = s.one_at_a_time()
    assert asked[0] == "paper" and len(set(asked)) == len(asked)
    turned = {spec.partition("+")[2].partition("=")[0] for spec in asked if spec.startswith("paper+")}
    assert turned == set(switches_of(rule_set("paper")))
    assert {"iwg2009", "ash2019"} <= set(asked)
    assert s.one_at_a_time("iwg2009")[0] == "iwg2009" and "paper" in s.one_at_a_time("iwg2009")


# Specification curve -----------------------------------------------------------------------------


def test_a_curve_has_every_combination_once(small: Prepared) -> None:
    curve = s.specification_curve(small)
    switches = ["rise", "bleeding", "confirm", "washout", "when", "overall", "haemolysis"]
    assert curve.columns.tolist() == ["specification", "estimate", "low", "high", "criteria", *switches, "default"]
    assert len(curve) == 2 * 3 * 2 * 2 * 2 * 2 + 3 * 2 * 2 * 2 * 2
    assert not curve[["criteria", *switches]].duplicated().any() and curve["specification"].is_unique
    assert curve["estimate"].is_monotonic_increasing
    assert (curve["low"] <= curve["estimate"]).all() and (curve["estimate"] <= curve["high"]).all()
    usual = curve[curve["default"]]
    assert usual["specification"].tolist() == ["paper"] and usual["estimate"].tolist() == [0.8]
    assert usual[["rise", "haemolysis"]].to_numpy().tolist() == [["to-2", s.NOT_ASKED]]
    assert w.curve(curve).startswith(f"Over {len(curve)} combinations the share in response goes from ")


def test_a_curves_default_is_whatever_means_the_same(small: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "CURVES", {"paper": ("rise", "when")})
    curve = s.specification_curve(small, default="paper-rise-by-2")
    assert curve.loc[curve["default"], "specification"].tolist() == ["paper+rise=by-2"] and len(curve) == 4


def test_a_curve_leaves_out_what_has_no_record(cohort: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "CURVES", {"paper": ("rise", "washout")})
    bare = Prepared(cohort(P1={"dx": "sITP", "lb": "PLAT -1:10 30:60", "ce": ""}))
    assert s.specification_curve(bare)["washout"].tolist() == ["none", "none"]


# Conclusions -------------------------------------------------------------------------------------


def rows(spec: str, **values: str) -> pd.DataFrame:
    """Rows of `specifications`: outcome="4/5", "-" for a missing value."""
    found = []
    for outcome, text in values.items():
        value, n = text.split("/")
        found.append((spec, outcome, float("nan") if value == "-" else float(value), int(n), 0))
    return pd.DataFrame(found, columns=["SPEC", "OUTCOME", "VALUE", "N", "CHANGED"])


@pytest.mark.parametrize(
    ("outcome", "told", "wanted"),
    [
        ("responders", "18/24", {"rate_printed": True, "rate_half": True, "rate_interval": True}),
        ("responders", "17/24", {"rate_printed": False, "rate_half": True, "rate_interval": False}),
        ("responders", "12/24", {"rate_printed": False, "rate_half": False, "rate_interval": False}),
        ("responders", "0/0", {"rate_printed": None, "rate_half": None, "rate_interval": None}),
        ("onset_plt", "5/12", {"onset_plt_printed": True, "onset_plt_week": True}),
        ("onset_plt", "7/12", {"onset_plt_printed": False, "onset_plt_week": True}),
        ("onset_plt", "7.5/12", {"onset_plt_printed": False, "onset_plt_week": False}),
        ("onset_plt", "-/12", {"onset_plt_printed": False, "onset_plt_week": False}),
        ("onset_plt", "-/0", {"onset_plt_printed": None, "onset_plt_week": None}),
        ("relapsed", "4/18", {"relapse_quarter": True}),
        ("relapsed", "4/16", {"relapse_quarter": False}),
    ],
)
def test_a_conclusion_holds_or_not_or_is_open(outcome: str, told: str, wanted: dict[str, bool | None]) -> None:
    printed = {"rate_printed": 18.0, "onset_plt_printed": 5.0}
    found = s.judged_conclusions(rows("paper", **{outcome: told}), printed)
    assert dict(zip(found["ID"], found["HOLDS"], strict=True)) == wanted


def test_printed_numbers_come_from_the_record_and_without_it_nobody_speaks_of_them() -> None:
    study = read_study(ROOT / "data/raw/paper")
    printed = s.printed_of(study.claims)
    assert set(printed) == {one.id for one in s.read_conclusions() if one.claim}
    found = s.judged_conclusions(rows("paper", responders="18/24"), {})
    assert found["ID"].tolist() == ["rate_half", "rate_interval"]


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [([True, True], True), ([True, None], True), ([True, False], False), ([None, None], False), ([], False)],
)
def test_a_conclusion_survives_where_it_holds_and_nothing_refutes_it(answers: list[bool | None], wanted: bool) -> None:
    assert s.unrefuted(answers) is wanted


class TestPatientsToChange:
    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("rate_half", 2),  # 4 of 5: 2 of 5 is the first that is no more than half
            ("rate_interval", None),  # 4 of 5 has a low end of 28%, 5 of 5 one of 48%: nothing would turn it
            ("onset_plt_week", 1),  # 3, 5, 20 without the 3: the median of 5, 20 and never is 20
            ("onset_hb_month", 1),
            ("relapse_quarter", 1),  # 1 of 4 is no fewer than a quarter, 0 of 4 is
            ("rate_printed", 1),
        ],
    )
    def test_the_fewest_that_would_turn_a_conclusion(self, small: Prepared, name: str, count: int | None) -> None:
        one = next(one for one in s.read_conclusions() if one.id == name)
        assert s.patients_to_change(s.score(small, "paper"), one, {"rate_printed": 4.0}) == count

    def test_an_open_conclusion_is_turned_by_nobody(self, small: Prepared) -> None:
        one = next(one for one in s.read_conclusions() if one.id == "onset_hb_month")
        assert s.patients_to_change(s.score(small, "iwg2009"), one, {}) is None


# Many cohorts and proofs -------------------------------------------------------------------------


def test_the_spread_over_cohorts() -> None:
    parts = [rows("paper", responders=told, onset_plt=days) for told, days in (("4/5", "5/4"), ("3/5", "-/4"))]
    found = s.spread(pd.concat([part.assign(COHORT=k) for k, part in enumerate(parts)], ignore_index=True))
    assert found.loc[0].tolist() == ["paper", "responders", 3.0, 4.0, 2]
    assert found.loc[1, ["LOW", "HIGH"]].tolist() == [5.0, np.inf]


def test_cohorts_stand_under_one_another(demo: Tables, small: Prepared) -> None:
    found = s.over_cohorts([("one", demo), ("two", small.tables)], ["paper", "iwg2009"])
    assert found["COHORT"].unique().tolist() == ["one", "two"] and len(found) == 2 * 2 * 5


def ranges_of(*lines: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame([("paper", "responders", *line) for line in lines], columns=list(s.RANGES))


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (18, 18, {"rate_printed": s.EVERY, "rate_half": s.EVERY, "rate_interval": s.EVERY}),
        (12, 15, {"rate_printed": s.NONE, "rate_half": s.SOME, "rate_interval": s.NONE}),
        (13, 18, {"rate_printed": s.SOME, "rate_half": s.EVERY, "rate_interval": s.SOME}),
        (17, 20, {"rate_printed": s.OPEN, "rate_half": s.EVERY, "rate_interval": s.SOME}),
    ],
)
def test_a_conclusion_is_proven_where_it_holds_all_over_the_range(low: int, high: int, wanted: dict[str, str]) -> None:
    found = s.proven_conclusions(ranges_of((low, high, low, high, "proven")), 24, {"rate_printed": 18.0})
    assert dict(zip(found["ID"], found["VERDICT"], strict=True)) == wanted


@pytest.mark.parametrize(
    ("least", "most", "wanted"),
    [(18, 19, s.EVERY), (10, 19, s.OPEN), (float("nan"), 19, s.OPEN), (18, float("nan"), s.OPEN)],
)
def test_what_is_reached_proves_nothing_of_what_isnt(least: float, most: float, wanted: str) -> None:
    found = s.proven_conclusions(ranges_of((18, 19, least, most, "not proven")), 24, {}).set_index("ID")
    assert found.loc["rate_half", "VERDICT"] == wanted


def test_ranges_are_read_as_they_are_written(tmp_path: Path) -> None:
    lines = ["id,note,low,high,low_bound,high_bound,proof", "responders|a,a,18,19,,19,not proven within 1 s"]
    (tmp_path / "ranges.csv").write_text("\n".join(lines) + "\n")
    found = s.read_proven(tmp_path / "ranges.csv")
    assert found.columns.tolist() == list(s.RANGES)
    assert found.loc[0, ["SPEC", "OUTCOME", "LOW", "HIGH", "MOST"]].tolist() == ["a", "responders", 18, 19, 19]
    assert pd.isna(found.loc[0, "LEAST"])


def test_files_that_are_not_there_are_empty(tmp_path: Path) -> None:
    assert s.read_many(tmp_path / "none.csv").empty and s.read_proven(tmp_path / "none.csv").empty
    assert s.judged_conclusions(s.read_many(tmp_path / "none.csv"), {}).empty
    assert s.proven_conclusions(s.read_proven(tmp_path / "none.csv"), 24, {}).empty
    assert s.spread(s.read_many(tmp_path / "none.csv")).empty


# Results and tables ------------------------------------------------------------------------------


def test_results_have_a_row_for_each_number(small: Prepared) -> None:
    found = s.result_rows(s.specifications(small, ["paper", "iwg2009"]))
    keys = found[["population", "variable", "versus", "statistic"]].apply(tuple, axis=1)
    assert keys.is_unique and len(found) == 9, "nobody has a time to haemolysis response by iwg2009"
    value = dict(zip(keys, found["value"], strict=True))
    assert value["ALL", "RESP_M1", "iwg2009", "responders"] == 3


def test_every_table_can_be_rendered(small: Prepared) -> None:
    found = s.specifications(small, s.one_at_a_time())
    scored, judged = s.score(small, "paper"), s.judged_conclusions(found, {})
    many = s.over_cohorts([("one", small.tables)], ["paper", "iwg2009"])
    ranges = ranges_of((4.0, 5.0, 4.0, 5.0, "proven"))
    sure = s.proven_conclusions(ranges, 5, {})
    nothing, none = s.read_many(Path("none.csv")), s.proven_conclusions(ranges[:0], 5, {})
    held = derive_response_landmarks(small, "ash2019")
    made = [
        tables_sensitivity.switches("paper"),
        tables_sensitivity.sets(),
        tables_sensitivity.one_at_a_time(found, "All", ["responders", "onset_hb"]),
        tables_sensitivity.one_at_a_time(found, "Moved", ["onset_plt"], moved=True),
        tables_sensitivity.changed(s.changed_patients(small, s.one_at_a_time())),
        tables_sensitivity.landmarks(held, "ash2019"),
        tables_sensitivity.over_cohorts(s.spread(many)),
        tables_sensitivity.proven(ranges, found, s.spread(many)),
        tables_sensitivity.conclusions(judged, s.judged_conclusions(many, {}), sure),
        tables_sensitivity.conclusions(judged, s.judged_conclusions(nothing, {}), none),
        tables_sensitivity.to_change(scored, {}, judged),
    ]
    html = [table.as_raw_html() for table in made]
    assert "by twice the baseline" in html[0].lower() and "from memory, unverified" in html[1]
    assert "paper (overall: better)" in html[2] and "paper (overall: better)" not in html[3]
    assert "Proven" in html[8] and "Proven" not in html[9]
    assert not any(">nan<" in text for text in html)


def test_sentences_say_their_numbers(small: Prepared) -> None:
    found = s.specifications(small, s.askable(small, s.one_at_a_time()))
    assert w.rate(found).startswith("4/5 (80.0%) were in response by paper; ")
    assert "The fewest are 3/5 (60.0%) by paper (rise: by-2); none gives more." in w.rate(found)
    assert "median time to platelet response, sITP 5 by paper, from 4 to 12.5 over all" in w.onset(found)
    assert w.relapse(found).startswith("1/4 (25.0%) by paper. ")
    assert "early 1 of 2, initial 3 of 4" in w.landmarks(derive_response_landmarks(small, "ash2019"))
    assert w.fragile(s.score(small, "paper"), {}).startswith("A single patient would turn ")


def test_what_is_drawn_says_so(demo: Tables) -> None:
    study = read_study(ROOT / "data/raw/paper")
    observed = Patients(study, demo)
    made = Patients(
        study, demo, origins=pd.DataFrame([("A", "PLT_M1", "assumed")], columns=["USUBJID", "variable", "origin"])
    )
    assert w.drawn(observed) == "" and w.DRAWN in w.drawn(made)


# Odd cohorts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", s.one_at_a_time())
def test_a_cohort_of_little_more_than_names_is_not_evaluable(cohort: Make, spec: str) -> None:
    bare = Prepared(cohort(P1={"lb": "PLAT -1:10 30:60"}, P2={"lb": ""}))
    found = s.specifications(bare, [spec]).set_index("OUTCOME")
    assert found.loc["responders", ["VALUE", "N"]].tolist() == [0, 2]
    assert found.loc[["onset_plt", "onset_hb"], "N"].tolist() == [0, 0]


def test_rules_of_ones_own_go_through_everything(tmp_path: Path, demo: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s, "CURVES", {"paper": ("rise",)})
    path = tmp_path / "mine.csv"
    header = "lineage,response,order,rule,wording,source"
    path.write_text(f"{header}\nPLT,CR,1,PLT >= 150,a,b\nPLT,PR,2,PLT >= 50,a,b\nPLT,NR,3,PLT < 50,a,b\n")
    asked = s.one_at_a_time(str(path))
    found = s.specifications(Prepared(demo), asked, str(path))
    assert found["SPEC"].iloc[0] == str(path) and f"{path}+overall=better" in set(found["SPEC"])
    assert s.specification_curve(Prepared(demo), default=str(path))["default"].sum() == 0


def test_the_command_without_its_folders_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sensitivity"])
    assert stopped.value.code == 2 and "--landmarks" in capsys.readouterr().err
