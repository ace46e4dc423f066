"""`recount check`: a record, single numbers, tables of them; exit codes and what is printed."""

from __future__ import annotations

import json
import shutil
from inspect import Parameter, signature
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from recount.checks import IMPOSSIBLE, NOTE, OF_NUMBERS, POSSIBLE
from recount.checks.findings import Finding
from recount.cli.check import check_lines
from recount.cli.main import main

ROOT = Path(__file__).parents[3]
STUDIES = ROOT / "tests" / "studies"


def test_a_record_with_something_impossible(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(STUDIES / "pizza_4usd_1")]) == 1
    out = capsys.readouterr().out
    assert out.startswith("11 printed numbers, ") and "47/18 is 2.611" in out


def test_a_record_with_nothing_impossible_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(STUDIES / "student_sleep"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdicts"][IMPOSSIBLE] == 0 and found["verdicts"][POSSIBLE] == len(found["findings"])
    assert set(found["findings"][0]) == {"check", "claims", "rules", "verdict", "why"}
    assert main(["check", "--json", str(STUDIES / "student_sleep")]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_a_folder_that_is_no_record_is_unusable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nowhere")]) == 2
    assert "a study is a folder with" in capsys.readouterr().err


def test_a_record_in_a_folder_with_the_name_of_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(STUDIES / "grim_28", tmp_path / "grim")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "./grim"]) == 1
    assert "145/28 is 5.179" in capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_table_fits_the_terminal_and_says_all_of_why(width: int) -> None:
    why = " ".join(f"word{k}" for k in range(60))
    found = [Finding("grim", ("a" * 10, "b" * 10, "c", "d"), IMPOSSIBLE, why), Finding("order", ("x",), NOTE, "")]
    lines = check_lines(found, 4, width)
    assert max(map(len, lines)) <= width
    assert all(word in " ".join(lines).split() for word in why.split())
    assert lines[0] == "4 printed numbers, 2 checks: 1 impossible, 1 note" and "+1" in "".join(lines)


NUMBERS = [  # as they would be typed, and what is printed
    ("grim --mean 5.18 --n 28", 0, "possible: mean 5.18 of 28 whole numbers: 145/28"),
    ("grim --mean 5.19 --n 28", 1, "impossible: mean 5.19 of 28 whole numbers: 145/28 is 5.179, 146/28 is 5.214"),
    ("grim --mean 5.10 --n 20", 0, "possible: mean 5.10 of 20 whole numbers: 102/20"),
    ("grim --mean 5.1 --n 7", 0, "possible: mean 5.1 of 7 whole numbers: 36/7"),
    ("grim --mean 5.10 --n 7", 1, "impossible: mean 5.10 of 7 whole numbers: 35/7 is 5.000, 36/7 is 5.143"),
    ("grim --mean 5.19 --n 28 --items 2", 1, "means of 2 whole numbers: 145/28 is 5.179, 145.5/28 is 5.196"),
    ("grimmer --mean 52.13 --sd 2.26 --n 30", 0, "possible"),
    ("grimmer --mean 1.03 --sd 0.41 --n 40", 1, "with sum 41 the SD is 0.357 and 0.423"),
    ("grimmer --mean 3 --sd 1 --n 1", 1, "one value has no SD"),
    ("debit --mean 0.35 --sd 0.49 --n 20", 0, "possible"),
    ("debit --mean 0.36 --sd 0.11 --n 20", 1, "impossible: "),
    ("sd-limits --sd 4.09 --n 24 --low 1 --high 9", 0, "possible"),
    ("sd-limits --sd 4.10 --n 24 --low 1 --high 9", 1, "4.086 at most"),
    ("percent --percent 48.5 --n 33", 0, "16 of 33 prints 48.5"),
    ("percent --percent 50 --n 33", 1, "impossible: no count of 33 prints 50: 16/33 is 48.5, 17/33 is 51.5"),
    ("percent --percent 75.0 --n 24 --count 18", 0, "18 of 24 prints 75.0"),
    ("percent --percent 75.0 --n 24 --count 17", 1, "17/24 is 70.83, not 75.0"),
    ("percents --parts 33+33+33", 0, "possible"),
    ("percents --parts 33+33+33 --n 25", 1, "no count of 25 prints 33%"),
    ("ratio --ratio 1:5 --first 4 --second 19", 0, "possible"),
    ("ratio --ratio 1:5 --first 4 --second 23", 1, "not 1:5"),
    ("sum --parts 4.2+5.3 --total 9.6", 0, "possible"),
    ("sum --parts 4.2+5.3 --total 9.8", 1, "9.4 to 9.6, not 9.8"),
    ("same --printed 16.7|17", 0, "possible"),
    ("same --printed 16.7|16", 1, "nothing prints both 16.7 and 16"),
    ("order --p25 11 --median 13", 0, "possible"),
    ("order --p25 13 --median 11", 1, "the p25, 13, is above the median, 11"),
    ("quartiles --n 6 --p25 47.5 --median 51.0 --p75 55.75", 0, "haverage, hf6, hf8 and hf9 can print them"),
    ("quartiles --n 3 --median 5.3", 1, "no definition can print them"),
    ("signed-rank --n 13 --z 3.040", 0, "rank sum 2"),
    ("signed-rank --n 13 --z 3.041", 0, "no rank sum without ties, but with changes of equal size"),
    ("signed-rank --n 13 --z 3.041 --ties none", 1, "no rank sum prints it"),
    ("signed-rank --n 24 --z 5.8", 1, "at most 4.90, the root of 24"),
    ("signed-rank --n 9 --p 0.03906 --method exact --ties none", 0, "rank sum 5 prints it"),
    ("mann-whitney --n1 4 --n2 5 --z 2.20", 0, "U 1 and 2.5 print it"),
    ("mann-whitney --n1 4 --n2 5 --z 2.20 --ties none --continuity yes", 1, "no U prints it"),
    ("paired-t --n 13 --mean1 12.65 --sd1 3.57 --mean2 12.10 --sd2 2.71 --t 1.336 --p 0.206", 0, "t 0.3095 to 2.375"),
    ("paired-t --n 13 --mean1 12.65 --sd1 3.57 --mean2 12.10 --sd2 2.71 --t 2.5", 1, "not the t printed"),
    ("change-t --n 27 --mean 0.09 --sd 0.03 --t 12.6", 0, "possible"),
    ("change-t --n 27 --mean 0.09 --sd 0.03 --p 0.110", 1, "not the P printed"),
    ("t-test --n1 10 --mean1 0.75 --sd1 1.79 --n2 10 --mean2 2.33 --sd2 2.00 --t -1.8608", 0, "pooled: t"),
    ("t-test --n1 10 --mean1 0.75 --sd1 1.79 --n2 10 --mean2 2.33 --sd2 2.00 --t -2.1", 1, "not the t printed"),
    ("z-p --z 3.041 --p 0.002", 0, "P 0.002354 to 0.002362"),
    ("z-p --z 3.041 --p 0.003", 1, "not 0.003"),
    ("t-p --t 1.336 --df 12 --p 0.206", 0, "possible"),
    ("t-p --t 1.336 --df 12 --p 0.207", 1, "not 0.207"),
    ("chi2-p --chi2 3.84 --df 1 --p 0.05", 0, "possible"),
    ("chi2-p --chi2 3.84 --df 1 --p 0.06", 1, "not 0.06"),
    ("correlation --sd1 8 --sd2 5 --sd-change 3.0", 0, "a correlation of"),
    ("correlation --sd1 8.0 --sd2 5.0 --sd-change 2.0", 1, "would vary less than with r = 1"),
    ("rounding --printed 16.7 --value 67/4", 0, "half-down and truncate would print it"),
    ("rounding --printed 16.6 --value 67/4", 1, "no rule would print it"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "code", "said"), NUMBERS)
def test_single_numbers(typed: str, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *typed.split()]) == code
    out = capsys.readouterr().out
    assert said in out and out.startswith(("possible: ", "impossible: ")[code])


@pytest.mark.parametrize(
    ("p", "code", "said"), [("0.486", 0, "fisher prints it"), ("0.487", 1, "none: pearson 2.0000")]
)
def test_a_table_of_counts(p: str, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "chi2", "--table", "3 1; 1 3", "--p", p]) == code
    assert said in capsys.readouterr().out


def test_each_check_of_numbers_has_a_case_on_both_sides() -> None:
    for code in (0, 1):
        assert {typed.split()[0] for typed, found, _ in NUMBERS if found == code} | {"chi2"} == set(OF_NUMBERS)


def test_one_number_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "grim", "--mean", "5.19", "--n", "28", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["mean"], found["n"], found["holds"]) == ("5.19", "28", False)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_what_is_missing_is_named_as_options_in_every_check_alike(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    needed = [o for o, p in signature(OF_NUMBERS[name]).parameters.items() if p.default is Parameter.empty]
    assert main(["check", name]) == (2 if needed else 0)
    told = capsys.readouterr().err.splitlines()
    options = [f"--{option.replace('_', '-')}" for option in needed]
    assert told == [f"recount check {name}, {o}: the check needs {o} (got nothing): give it" for o in options]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("grim --mean 5,19 --n 28", '--mean: a printed number is digits with at most one point, such as "5.10"'),
        ("grim --mean 5.19 --n 2.5", "--n: a number of values or items is a whole number above nought"),
        ("grim --mean 5.19 --n 28 --low 9 --high 1", "the lower limit isn't above the upper limit"),
        ("signed-rank --n 13", "a rank test is checked where a Z, a P or a statistic is printed"),
        ("signed-rank --n 13 --z 1 --continuity maybe", "a choice is yes or no"),
        ("grim --file nowhere.csv", "a table of numbers is a CSV file"),
        ("grim --file nowhere.csv --n 3", "numbers come from options or from a file"),
    ],
)
def test_what_is_no_number_is_unusable(typed: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *typed.split()]) == 2
    assert said in capsys.readouterr().err


def test_an_unknown_option_is_unusable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "grim", "--mode", "5.19"])
    assert stopped.value.code == 2 and "recount check grim" in capsys.readouterr().err


def test_a_table_of_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "means.csv"
    file.write_text("study,mean,n,step\na,5.10,20,\nb,5.19,28,1\n")
    assert main(["check", "grim", "--file", str(file)]) == 1
    found = pd.read_csv(StringIO(capsys.readouterr().out), dtype=str)
    assert found[["study", "mean", "holds"]].values.tolist() == [["a", "5.10", "True"], ["b", "5.19", "False"]]
    assert main(["check", "grim", "--file", str(file), "--json"]) == 1
    assert [row["holds"] for row in json.loads(capsys.readouterr().out)] == [True, False]
    file.write_text("mean,n\n5.18,28\n")
    assert main(["check", "grim", "--file", str(file)]) == 0


def test_every_faulty_row_of_a_table_is_named_with_its_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "means.csv"
    file.write_text("mean,sd,n\n3.50,1.08,10\n,1.08,10\n3.50,,10\n3.50,1.08,\n3.50,1;08,10\n,,\n")
    assert main(["check", "grimmer", "--file", str(file)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.partition(":")[0] for line in told.err.splitlines()] == [
        "means.csv row 3, mean",
        "means.csv row 4, sd",
        "means.csv row 5, n",
        "means.csv row 6, sd",
        "means.csv row 7, mean",
        "means.csv row 7, sd",
        "means.csv row 7, n",
    ]


@pytest.mark.parametrize("content", [b"mean,n\n\xff\xfe,3\n", b"", b'mean,n\n"1,3\n'])
def test_a_file_that_is_no_table_is_unusable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    assert main(["check", "grim", "--file", str(tmp_path / "x.csv")]) == 2


def test_a_table_without_a_column_or_with_a_result_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.csv"
    file.write_text("mean\n5.1\n")
    assert main(["check", "grim", "--file", str(file)]) == 2
    assert "x.csv row 1, n: the check needs the columns n" in capsys.readouterr().err
    file.write_text("mean,n,holds\n5.1,10,yes\n")
    assert main(["check", "grim", "--file", str(file)]) == 2
    assert "a result overwrites no column" in capsys.readouterr().err
