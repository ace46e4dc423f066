"""Results are rows of text, stored whole or not at all."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from recount.record.faults import Faults
from recount.results import rows as results_module
from recount.results.rows import COLUMNS, Results, read_results, source_name, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (18, "18"),
        (10**15, "1000000000000000"),
        (np.int64(18), "18"),
        (0.1 + 0.2, "0.3"),
        (np.float64(2.5), "2.5"),
        (75.0, "75"),
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(5), "5"),
        (True, "True"),
        ("CR", "CR"),
        (None, ""),
        (float("nan"), ""),
        (np.float64("nan"), ""),
        (pd.NA, ""),
        (1e-9, "1e-09"),
    ],
)
def test_a_value_as_it_is_stored(value, text):
    assert value_text(value) == text


def test_adding_a_result_hands_its_value_back():
    results = Results("02_efficacy")
    assert results.add("ALL", "AGE", "median", 54.0, unit="years", n=24, source=np.median) == 54.0
    (row,) = results.frame.to_dict("records")
    assert row == {
        "population": "ALL",
        "variable": "AGE",
        "versus": "",
        "statistic": "median",
        "value": "54",
        "unit": "years",
        "n": "24",
        "notebook": "02_efficacy",
        "source": "numpy.median",
    }


def test_the_same_result_twice_is_one_row():
    results = Results("x")
    for _ in range(2):
        results.add("ALL", "AGE", "median", 54)
    assert len(results.frame) == 1


def test_two_values_for_one_key_are_an_error_that_names_both():
    results = Results("x")
    results.add("ALL", "AGE", "median", 54)
    with pytest.raises(ValueError, match="ALL, AGE, median is 54 and 55"):
        results.add("ALL", "AGE", "median", 55)
    results.add("ALL", "AGE", "median", 55, versus="HB")
    assert list(results.frame["value"]) == ["54", "55"]


def test_a_frame_of_results_is_added_row_by_row():
    frame = pd.DataFrame(
        {
            "population": ["ALL", "F"],
            "variable": ["AGE", "AGE"],
            "statistic": ["mean", "mean"],
            "value": [54.0, None],
            "versus": [None, "M"],
            "n": [24, None],
        }
    )
    results = Results("x")
    assert results.add_frame(frame, source="f") is frame
    assert list(results.frame["value"]) == ["54", ""]
    assert list(results.frame["versus"]) == ["", "M"]
    assert list(results.frame["n"]) == ["24", ""]
    assert list(results.frame["source"]) == ["f", "f"]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        (["population", "variable", "statistic"], r"lack \['value'\]"),
        (["population", "variable", "statistic", "value", "place"], r"don't know \['place'\]"),
        (["population", "variable", "statistic", "value", "notebook"], r"don't know \['notebook'\]"),
    ],
)
def test_a_frame_of_other_columns_is_refused(columns, why):
    with pytest.raises(ValueError, match=why):
        Results("x").add_frame(pd.DataFrame([["a"] * len(columns)], columns=columns))


def filled(notebook: str) -> Results:
    results = Results(notebook)
    results.add("ALL", 'SEX == "F"', "percent", Fraction(250, 3), unit="%")
    results.add("ALL", "DX", "level", "NA")
    return results


def test_results_are_written_and_read_back(tmp_path):
    paths = [filled(name).write(tmp_path / "parts" / f"{name}.csv") for name in ("b", "a")]
    read = read_results(paths)
    expected = pd.concat([filled("b").frame, filled("a").frame], ignore_index=True)
    pd.testing.assert_frame_equal(read, expected)
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["a.csv", "b.csv"]
    assert paths[0].read_bytes() == filled("b").write(tmp_path / "again.csv").read_bytes()


def test_no_results_are_a_table_with_columns(tmp_path):
    assert tuple(read_results([]).columns) == COLUMNS
    assert len(read_results([Results("x").write(tmp_path / "x.csv")])) == 0


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = filled("x").write(tmp_path / "x.csv")
    before = path.read_bytes()

    def fail(*args):
        raise OSError("full")

    monkeypatch.setattr(results_module.os, "replace", fail)
    with pytest.raises(OSError, match="full"):
        Results("x").write(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_files_that_are_no_results_are_named_together(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "latin.csv").write_bytes(b"a\n\xe9\n")
    with pytest.raises(Faults) as raised:
        read_results([tmp_path / name for name in ("other.csv", "empty.csv", "latin.csv", "none.csv")])
    assert [fault.file for fault in raised.value.faults] == [
        "other.csv",
        "empty.csv",
        "latin.csv",
        "none.csv",
    ]


@pytest.mark.parametrize(("source", "name"), [("a text", "a text"), (Results.add, "recount.results.rows.Results.add")])
def test_a_source_is_a_functions_name(source, name):
    assert source_name(source) == name
