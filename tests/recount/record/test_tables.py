"""A table's faults are kept up to a number and counted beyond; a hint is looked for only so often."""

import pytest

from recount.record import tables
from recount.record.tables import MOST_HINTS, MOST_KEPT, Row, Schema, Table, read_table

SCHEMA = Schema("t.csv", ("id", "text"), ("where",), most_rows=3)


def read(tmp_path, text) -> Table:
    (tmp_path / "t.csv").write_bytes(text.encode())
    return read_table(tmp_path, SCHEMA)


def test_faults_beyond_a_number_are_counted():
    table = Table("t.csv")
    for k in range(MOST_KEPT + 5):
        table.note_fault(k, None, "rule", "x", "remedy")
    assert (len(table.faults), table.unkept, table.faults[-1].row) == (MOST_KEPT, 5, MOST_KEPT - 1)


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("AGF", ["AGE", "SEX"], "AGE"),
        ("all", ["hall", "ALL"], "ALL"),
        ("zzz", ["AGE"], None),
        ("", [""], None),
        ("A" * 41, ["A" * 41], None),
        ("A" * 40, ["A" * 41, "A" * 39], "A" * 39),
    ],
)
def test_the_nearest_word(word, known, near):
    assert Table("t.csv").nearest(word, known) == near


def test_a_hint_is_looked_for_only_so_often():
    table = Table("t.csv")
    assert [table.nearest("AGF", ["AGE"]) for _ in range(MOST_HINTS + 1)] == ["AGE"] * MOST_HINTS + [None]


def test_a_cell_that_has_a_fault_gets_no_second_one():
    table = Table("t.csv")
    row = Row(table, 2, {"id": "", "text": ""}, frozenset({"id"}))
    row.note_fault("id", "a row has its id", "name it")
    row.note_fault("text", "a row has its text", "write it")
    assert [fault.column for fault in table.faults] == ["text"]


@pytest.mark.parametrize(
    ("text", "lines", "cells"),
    [
        ("id,text\na,b\n", [2], {"id": "a", "text": "b"}),
        ("id,text\n\n a ,b\n,\n", [3], {"id": "a", "text": "b"}),
        ('id,text\na,"b\nc"\nd,e\n', [2, 4], {"id": "a", "text": "b\nc"}),
        ("id,note,text\na,x,b", [2], {"id": "a", "note": "x", "text": "b"}),
        ('id,text\na,"b\tc"\n', [2], {"id": "a", "text": "b\tc"}),
    ],
)
def test_rows_are_read_with_their_lines(tmp_path, text, lines, cells):
    table = read(tmp_path, text)
    assert (table.faults, [row.line for row in table.rows], table.rows[0].cells) == ([], lines, cells)


@pytest.mark.parametrize(("rows", "is_usable"), [(3, True), (4, False)])
def test_rows_have_a_limit(tmp_path, rows, is_usable):
    table = read(tmp_path, "id,text\n" + "a,b\n\n" * rows)
    assert (table.usable, len(table.rows)) == (is_usable, 3 if is_usable else 0)
    assert [fault.row for fault in table.faults] == ([] if is_usable else [8])


@pytest.mark.parametrize(
    ("cell", "number"), [("x" * 5000, 0), ("x" * 5001, 1), ("\x7f", 1), ("\x9b", 1), ("\u2066", 1)]
)
def test_cells_have_a_limit(tmp_path, cell, number):
    assert len(read(tmp_path, f"id,text\na,{cell}\n").faults) == number


@pytest.mark.parametrize(("size", "is_usable"), [(12, True), (13, False)])
def test_bytes_have_a_limit(tmp_path, monkeypatch, size, is_usable):
    monkeypatch.setattr(tables, "LARGEST_FILE", 12)
    assert read(tmp_path, "id,text\n".ljust(size, "\n")).usable is is_usable


@pytest.mark.parametrize("column", ["Where", "wher", "here"])
def test_a_column_that_is_nearly_an_optional_one_is_named(tmp_path, column):
    (fault,) = read(tmp_path, f"id,text,{column}\n").faults
    assert fault.rule == "the optional column is called where"


@pytest.mark.parametrize("column", ["note", "there is", "other", "who"])
def test_other_columns_are_ignored(tmp_path, column):
    assert read(tmp_path, f"id,text,{column}\na,b,c\n").faults == []
