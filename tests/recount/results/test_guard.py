"""A published range that lacks the value of a cohort is found, and rounding or a statement not imposed finds none."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from recount.cli.main import main
from recount.cli.outcome import OUTSIDE
from recount.record import Faults, Study
from recount.results import drawn_cohorts, guarded_ranges, published_answers, published_claims
from recount.results.guard import Guarded
from recount.verify import shown_value, stands_for

ASKED = "id,question,expression,where,statistic,otherwise,versus,unit,note,low,high,low_bound,high_bound,proof,without"
ROWS = {"USUBJID": ["P1", "P2", "P3", "P4"], "G": ["A", "A", "B", "B"], "X": ["0", "1", "2", "2"]}
HALVES = {"Y": ["0.5", "1.0", "", ""], "W": ["0.5", "0.0", "", ""]}


@pytest.fixture
def study(small) -> Study:
    """Four patients, two of group A; the rule forbids X = 0, which the cohort below has."""
    return small.record("GXYW", ["ALL||n|4", 'ALL|G == "A"|count|2', "A|X|max|1"], ["X >= 1"])


def cohort(folder: Path, name: str = "cohort_0001", **columns: list[str]) -> Path:
    """A folder with a cohort; these columns instead of its own."""
    folder.mkdir(exist_ok=True)
    pd.DataFrame({**ROWS, **HALVES, **columns}).to_csv(folder / f"{name}.csv", index=False)
    return folder


def answered(folder: Path, *rows: dict[str, str]) -> Path:
    """A file of answered questions; the rule isn't imposed unless a row says otherwise."""
    table = pd.DataFrame([dict.fromkeys(ASKED.split(","), "") | {"without": "rule r0"} | row for row in rows])
    table.to_csv(folder / "ranges.csv", index=False)
    return folder / "ranges.csv"


def question(expression: str, where: str, statistic: str, ends: str, **more: str) -> dict[str, str]:
    """An answered question with its proven ends, as in "1 2"; a point is an end that there is none of."""
    low, high = (end.replace(".", "") if end == "." else end for end in ends.split(" "))
    texts = {"low": low, "high": high, "low_bound": low, "high_bound": high, "proof": "proven"}
    return {"id": "q", "expression": expression, "where": where, "statistic": statistic} | texts | more


def guarded(study: Study, tmp_path: Path, *rows: dict[str, str]) -> Guarded:
    """What the guard finds of these questions and the one cohort."""
    ranges = published_answers(study, answered(tmp_path, *rows))
    return guarded_ranges(ranges, drawn_cohorts(study, cohort(tmp_path / "drawn")))


RANGES = [  # (expression, where, statistic, ends, further columns, the cohort's value where the range lacks it)
    ("X", "", "median", "1 2", {}, None),  # 1.5
    ("X", "", "median", "0 1", {}, "1.5"),
    ("X", "", "median", "1.5 1.5", {}, None),
    ("X", "A", "median", "1 2", {}, "0.5"),
    ("X", "A", "mean", ". 0.4", {}, "0.5"),
    ("X", "A", "mean", "0.6 .", {}, "0.5"),
    ("X", "A", "mean", ". .", {"proof": "not proven within 2 s"}, None),
    ("X", "A", "mean", "0.6 0.7", {"low_bound": "0.5", "proof": "not proven within 2 s"}, None),  # bounds are proven
    ("X", "A", "mean", "0.6 0.7", {"low_bound": "0.55", "proof": "not proven within 2 s"}, "0.5"),
    ("X", "A", "mean", "0.6 0.7", {"low_bound": "0.5", "proof": "bounds proven, reached nearly"}, None),
    ("X", 'G == "A" and X > 0', "mean", "1 1", {}, None),
    ("X", 'G == "A" and X > 0', "mean", "0 0", {"proof": "proven twice"}, "1"),
    ("X >= 2", "", "count", "2 2", {}, None),
    ("X >= 2", "", "count", "3 4", {}, "2"),
    ("X >= 2", "A", "percent", "1 4", {}, "0"),
    ("2*X + 1", "A", "sum", "4 4", {}, None),
    ("2*X + 1", "A", "sum", "5 6", {}, "4"),
    ("Y - W", "A", "max", "1 1", {}, None),
    ("Y - W", "", "max", "2 3", {}, "1"),
    ("Y", "", "mean", "0.75 0.75", {}, None),  # those without a value don't count
    ("Y", "", "mean", "0.75 0.75", {"otherwise": "3"}, "1.875"),
    ("Y", "", "mean", "1.875 1.875", {"otherwise": "3"}, None),
    ("Y + W", "", "sum", "8 8", {"otherwise": "3"}, None),
    ("Y", "A", "shift", "-0.5 -0.5", {"versus": "W"}, None),
    ("Y", "A", "shift", "0 0", {"versus": "W"}, "-0.5"),
    ("X", "", "mean", ". .", {"proof": "proven: nobody has it"}, "1.25"),
    ("Y", 'G == "B"', "mean", ". .", {"proof": "proven twice: nobody has it"}, None),
    ("Y", 'G == "B"', "mean", "1 1", {}, None),  # nobody in this cohort
]


@pytest.mark.parametrize(("expression", "where", "statistic", "ends", "more", "value"), RANGES, ids=range(len(RANGES)))
def test_a_range_has_a_cohorts_value_or_is_named_with_it(
    study: Study,
    tmp_path: Path,
    expression: str,
    where: str,
    statistic: str,
    ends: str,
    more: dict[str, str],
    value: str | None,
) -> None:
    found = guarded(study, tmp_path, question(expression, where, statistic, ends, **more))
    assert (found.compared, found.cohorts, found.alone) == (1, 1, ())
    assert [one.value for one in found.outside] == ([] if value is None else [value])


def test_a_finding_names_the_range_the_cohort_and_both_values(study: Study, tmp_path: Path) -> None:
    cohort(tmp_path / "drawn", "cohort_0002")
    found = guarded(study, tmp_path, question("X", "A", "median", "1 2", id="young"))
    assert [str(one) for one in found.outside] == [
        f"{tmp_path.name}/ranges.csv, young: median of X in A: 1 to 2 (proven): cohort drawn/cohort_0001 has 0.5 "
        "(and 1 further cohort too)"
    ]


@pytest.mark.parametrize("without", ["", "claim c2", "rule r1"])
def test_a_cohort_that_breaks_what_was_imposed_says_nothing(study: Study, tmp_path: Path, without: str) -> None:
    found = guarded(study, tmp_path, question("X", "A", "median", "1 2", without=without))
    assert (found.compared, found.outside, found.alone) == (0, (), ("q",))


def test_a_cohort_that_breaks_what_was_imposed_leaves_the_others(study: Study, tmp_path: Path) -> None:
    cohort(tmp_path / "drawn", "cohort_0002", X=["1", "1", "1", "1"])
    found = guarded(study, tmp_path, question("X", "A", "median", "2 2", without=""))
    assert [(one.cohort, one.value, one.further) for one in found.outside] == [("drawn/cohort_0002", "1", 0)]


# --- rounding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["1/3", "2/3", "-1/3", "1195/24", "1000001/3", "1/3000000", "45/8", "1234567", "12345678/7", "0", "999999/1000001"],
)
def test_a_text_stands_for_the_number_that_is_shown_by_it(value: str) -> None:
    low, high = stands_for(shown_value(Fraction(value)))
    assert low <= Fraction(value) <= high


def test_a_mean_of_three_is_within_its_own_text(small, tmp_path: Path) -> None:
    study = small.record("X", ["ALL||n|3"])
    folder = tmp_path / "drawn"
    folder.mkdir()
    pd.DataFrame({"X": ["0", "1", "1"]}).to_csv(folder / "cohort_0001.csv", index=False)
    for text, outside in (("0.666667", 0), ("0.666666", 1), ("0.666668", 1), ("0.66667", 1)):
        ranges = published_answers(study, answered(tmp_path, question("X", "", "mean", f"{text} {text}")))
        assert len(guarded_ranges(ranges, drawn_cohorts(study, folder)).outside) == outside, text


# --- files and command ------------------------------------------------------------------------------------


def ledger(folder: Path, **cells: str) -> Path:
    """A ledger of c2, which prints the greatest X of A."""
    row = {"id": "c2", "low": "2", "high": "2", "low_bound": "2", "high_bound": "2", "proof": "proven"}
    pd.DataFrame([row | {"without": "claim c2|rule r0"} | cells]).to_csv(folder / "audit.csv", index=False)
    return folder / "audit.csv"


def test_a_false_range_of_the_ledger_stops_with_an_exit_code_of_its_own(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cohort(tmp_path / "drawn")
    command = ["guard", str(study.folder), "--ledger", str(ledger(tmp_path)), "--cohorts", str(folder)]
    assert main(command) == OUTSIDE == 4
    assert "audit.csv, c2: max of X in A: only 2 (proven): cohort drawn/cohort_0001 has 1" in capsys.readouterr().out
    assert main([*command, "--json"]) == OUTSIDE
    told = json.loads(capsys.readouterr().out)
    assert told["outside"][0]["cohort"] == "drawn/cohort_0001" and told["outside"][0]["value"] == "1"


def test_ranges_that_have_every_value_are_counted_and_those_that_no_cohort_bears_on_named(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = cohort(tmp_path / "drawn")
    rows = [question("X", "A", "median", "0 1"), question("X", "A", "max", "2 2", id="imposed", without="")]
    files = ["--ranges", str(answered(tmp_path, *rows)), "--cohorts", str(folder)]
    assert main(["guard", str(study.folder), *files]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 range has every value of 1 cohort",
        "1 can't be compared, since every cohort breaks something that was imposed:",
        "  imposed",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ranges.csv", "id,low\nq,1\n"),
        ("ranges.csv", f"{ASKED}\nq,,X >,ALL,count,,,,,1,1,1,1,proven,\n"),
        ("ranges.csv", f"{ASKED}\nq,,X,nobody knows,median,,,,,1,1,1,1,proven,\n"),
        ("ranges.csv", None),
        ("audit.csv", "id,low,high,low_bound,high_bound,proof,without\nc9,1,1,1,1,proven,\n"),
        ("audit.csv", "id,low,high,low_bound,high_bound,proof\nc2,1,1,1,1,proven\n"),
        ("audit.csv", ""),
    ],
)
def test_files_that_are_none_of_recounts_are_refused(study: Study, tmp_path: Path, name: str, text: str | None) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    read = published_answers if name == "ranges.csv" else published_claims
    with pytest.raises(Faults, match=name):
        read(study, tmp_path / name)


def test_a_folder_without_cohorts_is_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(Faults, match="draw some with recount cohorts"):
        drawn_cohorts(study, tmp_path)
