"""Reading a cohort: three forms of files, and every fault of theirs at once."""

import struct
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import cytopenia.read
from cytopenia.read import Tables, in_standard_units, read_adam, read_cohort
from cytopenia.schemas import SDTM, typed
from recount.record.faults import Faults

DM = "USUBJID,AGE,SEX,RFSTDTC\nP1,34,F,2022-03-14\nP2,61,M,2022-05\n"
LB = "USUBJID,LBTESTCD,LBSTRESC,LBSTRESN,LBSTRESU,LBDY\nP1,PLAT,8,8,10^9/L,-1\nP2,HGB,90,90,g/L,1\n"
MH = "USUBJID,MHCAT,MHDECOD\n"
CM = "USUBJID,CMCAT,CMDECOD\n"


def folder(path: Path, **files: str | bytes) -> Path:
    """A cohort's folder with DM and LB, and the files given, which take their place."""
    for name, content in {"DM": DM, "LB": LB, **files}.items():
        data = content if isinstance(content, bytes) else content.encode()
        (path / f"{name}.csv").write_bytes(data)
    return path


def faults(source: Path) -> list[str]:
    """The faults of a cohort, one text each; none where it is read."""
    try:
        read_cohort(source)
    except Faults as found:
        return [str(fault) for fault in found.faults]
    return []


# CSV ---------------------------------------------------------------------------------------------


def test_a_folder_of_csv_files_is_read_in_order_and_typed(tmp_path: Path) -> None:
    tables = read_cohort(folder(tmp_path, AE="usubjid,AEDECOD,AESTDY,AESER,Ward\nP1,Headache,3,N,7\n"))
    assert list(tables) == ["DM", "LB", "AE"]
    assert tables["DM"]["AGE"].tolist() == [34, 61]
    assert tables["LB"]["LBDY"].tolist() == [-1, 1]
    assert tables["AE"][["USUBJID", "AESTDY", "Ward"]].values.tolist() == [["P1", 3, "7"]]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + DM.encode(),
        DM.replace("\n", "\r\n").encode(),
        DM.replace("P1,34", ' P1 ,"34"').encode(),
        (DM + "\n,,,\n\n").encode(),
        DM.replace("\n", ",,\n").encode(),
    ],
    ids=["byte-order mark", "Windows line ends", "blanks and quotes", "blank lines", "blank columns"],
)
def test_harmless_forms_of_a_csv_file_are_read_alike(tmp_path: Path, content: bytes) -> None:
    frame = read_cohort(folder(tmp_path, DM=content))["DM"]
    assert frame[["USUBJID", "AGE", "SEX"]].values.tolist() == [["P1", 34, "F"], ["P2", 61, "M"]]


def test_names_of_files_may_be_small_and_others_are_left_alone(tmp_path: Path) -> None:
    folder(tmp_path, VS="nothing,of,ours\n")
    (tmp_path / "LB.csv").rename(tmp_path / "lb.csv")
    (tmp_path / "README.md").write_text("hello")
    (tmp_path / "archive").mkdir()
    assert list(read_cohort(tmp_path)) == ["DM", "LB"]


TABLES: list[tuple[str, str, str | bytes, list[str]]] = [
    ("no header", "DM", "\n\n", ["DM.csv: a table has a header"]),
    (
        "no patient",
        "DM",
        "USUBJID,AGE,SEX\n",
        ["a cohort has at least one patient", *["has a row in DM"] * 2],
    ),
    ("empty file", "LB", "", ["LB.csv: a table is a plain file of 1 to"]),
    ("semicolons", "LB", LB.replace(",", ";"), ["fields stand between commas"]),
    (
        "Latin-1",
        "DM",
        DM.replace("P2", "Müller").encode("latin-1"),
        ['DM.csv row 3: a CSV file is UTF-8 text (got "byte 0xfc"'],
    ),
    ("UTF-16", "DM", DM.encode("utf-16"), ["DM.csv row 1: a CSV file is UTF-8 text"]),
    ("open quote", "DM", DM + 'P3,"40,F,2022-05\n', ["a CSV row is fields between commas"]),
    (
        "long row",
        "DM",
        DM + "P3,40,F,2022-05,x\n",
        ['DM.csv row 4: a row has the header\'s 4 fields (got "5 fields")'],
    ),
    ("short row", "DM", DM + "P3,40\n", ['DM.csv row 4: a row has the header\'s 4 fields (got "2 fields")']),
    ("double column", "DM", "USUBJID,AGE,SEX,age\nP1,1,F,1\nP2,1,F,1\n", ['a name of its own (got "AGE")']),
    ("nameless column", "DM", "USUBJID,AGE,,SEX\nP1,1,x,F\nP2,1,x,F\n", ["a column without a name"]),
    (
        "missing column",
        "LB",
        LB.replace("LBSTRESU", "UNIT"),
        ["LB.csv row 1, LBSTRESU: LB has a column LBSTRESU"],
    ),
    (
        "double patient",
        "DM",
        DM + "P1,34,F,2022-03-14\n",
        ["DM.csv row 4, USUBJID: a patient has one row in DM"],
    ),
    (
        "unknown patient",
        "LB",
        LB + "P9,PLAT,9,9,10^9/L,8\n",
        ["LB.csv row 4, USUBJID: a patient has a row in DM"],
    ),
    ("sex", "DM", DM.replace(",M,", ",male,"), ['SEX is one of M | F (got "male")']),
    ("age", "DM", DM.replace("61", "161"), ['AGE is from 0 to 110 (got "161")']),
    ("text for a number", "LB", LB.replace(",8,8,", ",8,eight,"), ["row 2, LBSTRESN: a number is digits"]),
    ("decimal comma", "LB", LB.replace(",8,8,", ',"8,5","8,5",'), ["replace the comma by a point"]),
    (
        "negative",
        "LB",
        LB.replace(",8,8,", ",8,-8,"),
        ["row 2, LBSTRESN: LBSTRESN is at least 0", "PLAT is from 0 to 3000"],
    ),
    (
        "impossible",
        "LB",
        LB.replace(",90,90,", ",9,9,"),
        ['row 3, LBSTRESN: HGB is from 10 to 250 g/L (got "9")'],
    ),
    (
        "impossible once converted",
        "LB",
        LB.replace("g/L,1\n", "g/dL,1\n"),
        ['HGB is from 10 to 250 g/L (got "90")'],
    ),
    (
        "unknown unit",
        "LB",
        LB.replace("g/L,1\n", "stone,1\n"),
        ["row 3, LBSTRESU: the unit of HGB is g/L or one of"],
    ),
    ("no unit", "LB", LB.replace("g/L,1\n", ",1\n"), ["row 3, LBSTRESU: the unit of HGB is g/L or one of"]),
    (
        "number as text only",
        "LB",
        LB.replace(",8,8,", ",8,,"),
        ["row 2, LBSTRESC: a number stands in LBSTRESN as well"],
    ),
    (
        "Coombs",
        "LB",
        LB + "P1,COOMBS,weak,,,8\n",
        ["row 4, LBSTRESC: LBSTRESC of COOMBS is one of NEGATIVE |"],
    ),
    ("day 0", "LB", LB.replace(",-1\n", ",0\n"), ["row 2, LBDY: a study day is a whole number"]),
    (
        "cytopenia",
        "MH",
        MH + "P1,CYTOPENIA,ITP\n",
        ['MHDECOD of a CYTOPENIA is one of sITP | AIHA | IRP | EVANS (got "ITP")'],
    ),
    (
        "two cytopenias",
        "MH",
        MH + "P1,CYTOPENIA,sITP\nP1,CYTOPENIA,AIHA\n",
        ["MH.csv row 3, MHCAT: a patient has one row"],
    ),
    (
        "prior treatment",
        "CM",
        CM + "P1,PRIOR TREATMENT,STEROID\n",
        ["CMDECOD of a PRIOR TREATMENT is one of"],
    ),
    (
        "backwards",
        "CE",
        "USUBJID,CEDECOD,CESTDY,CEENDY\nP1,BLEEDING,9,3\n",
        ['CE.csv row 2, CEENDY: CEENDY is not before CESTDY (got "3")'],
    ),
]


@pytest.mark.parametrize(("table", "content", "wanted"), [row[1:] for row in TABLES], ids=[r[0] for r in TABLES])
def test_a_table_with_a_fault_is_refused(tmp_path: Path, table: str, content: str | bytes, wanted: list[str]) -> None:
    found = faults(folder(tmp_path, **{table: content}))
    assert len(found) == len(wanted), found
    assert all(part in text for part, text in zip(wanted, found, strict=True)), found


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("LB", LB + "P1,PLAT,<5,,,8\n"),
        ("LB", LB + "P1,PLAT,,,,8\n"),
        ("LB", LB + "P1,LDH,twice,400,whatever,8\n"),
        ("LB", LB + "P1,COOMBS,POSITIVE,,,-1\nP1,COOMBS,DECREASED,,,8\n"),
        ("LB", LB.split("\n")[0] + "\n"),
        ("MH", MH + "P1,CONNECTIVE TISSUE DISEASE,RA\nP1,BASELINE FINDING,A\nP1,BASELINE FINDING,B\n"),
        ("CM", CM + "P1,CONCOMITANT,ANYTHING\nP1,PRIOR TREATMENT,OTHER\n"),
        ("CE", "USUBJID,CEDECOD,CESTDY,CEENDY\nP1,BLEEDING,,3\nP1,BLEEDING,3,3\n"),
    ],
)
def test_what_is_unusual_but_sound_is_read(tmp_path: Path, table: str, content: str) -> None:
    assert faults(folder(tmp_path, **{table: content})) == []


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    found = faults(
        folder(
            tmp_path,
            DM=DM.replace(",F,", ",W,") + "P2,1,F,2022\n",
            LB=LB.replace("P2", "P8").replace("10^9/L", "mol"),
            AE=b"\xff\xfe",
            CE="USUBJID;CEDECOD\n",
        )
    )
    assert [text.split(":")[0] for text in found] == [
        "AE.csv row 1", "CE.csv row 1", "DM.csv row 2, SEX", "DM.csv row 4, RFSTDTC", "DM.csv row 4, USUBJID",
        "LB.csv row 3, USUBJID", "LB.csv row 2, LBSTRESU",
    ]  # fmt: skip


def test_the_needed_tables_are_needed(tmp_path: Path) -> None:
    (tmp_path / "CE.csv").write_text("USUBJID,CEDECOD,CESTDY,CEENDY\n")
    assert [text.split(" (")[0] for text in faults(tmp_path)] == ["DM: DM is required", "LB: LB is required"]
    assert "nothing there" in faults(tmp_path / "nowhere")[0]


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    away, here = tmp_path / "away", tmp_path / "here"
    away.mkdir()
    here.mkdir()
    folder(away)
    folder(here)
    (here / "DM.csv").unlink()
    (here / "DM.csv").symlink_to(away / "DM.csv")
    assert ["a symbolic link" in text for text in faults(here)] == [True]
    (tmp_path / "link").symlink_to(away)
    assert "a symbolic link" in faults(tmp_path / "link")[0]


def test_a_folder_in_a_tables_place_and_a_huge_file_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder(tmp_path) / "RS.csv").mkdir()
    assert ["no plain file" in text for text in faults(tmp_path)] == [True]
    (tmp_path / "RS.csv").rmdir()
    monkeypatch.setattr(cytopenia.read, "LARGEST", len(LB))
    assert faults(tmp_path) == []
    monkeypatch.setattr(cytopenia.read, "LARGEST", len(LB) - 1)
    assert [text.split(":")[0] for text in faults(tmp_path)] == ["LB.csv"]


def test_a_table_comes_once(tmp_path: Path) -> None:
    folder(tmp_path, dm=DM)
    assert ["DM comes once" in text for text in faults(tmp_path)] == [True]


# Units -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value", "unit", "standard", "number"),
    [
        ("HGB", 9.1, "g/dL", "g/L", 91),
        ("HGB", 5, "mmol/l", "g/L", 80.57),
        ("HGB", 91, "g/L", "g/L", 91),
        ("PLAT", 12000, "/µL", "10^9/L", 12),
        ("PLAT", 12, "×10⁹/L", "10^9/L", 12),
        ("BILI", 2, "mg/dL", "umol/L", 34.208),
        ("CREAT", 1, "mg/dL", "umol/L", 88.42),
        ("IGG", 1265, "mg/dl", "g/L", 12.65),
        ("CD4", 0.719, "10^9/L", "cells/uL", 719),
        ("RETIRBC", 0.021, "fraction", "%", 2.1),
        ("LDH", 400, "U/L", "U/L", 400),
    ],
)
def test_a_unit_is_converted(code: str, value: float, unit: str, standard: str, number: float) -> None:
    row = {
        "USUBJID": "P1",
        "LBTESTCD": code,
        "LBSTRESC": str(value),
        "LBSTRESN": str(value),
        "LBSTRESU": unit,
    }
    lb = in_standard_units(typed("LB", pd.DataFrame([{**row, "LBDY": "1"}], dtype=object)))
    assert lb[["LBSTRESN", "LBSTRESU"]].values.tolist() == [[number, standard]]
    assert float(lb.at[0, "LBSTRESC"]) == number


# Workbooks ---------------------------------------------------------------------------------------


def workbook(path: Path, tables: dict[str, list[list[object]]]) -> Path:
    """A workbook with a sheet per table, saved."""
    book = openpyxl.Workbook()
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(path)
    return path


def cells(text: str) -> list[list[object]]:
    """The rows of a CSV text as a person types them into a sheet: numbers as numbers."""

    def cell(word: str) -> object:
        try:
            return float(word) if "." in word else int(word)
        except ValueError:
            return word or None

    return [[cell(word) for word in line.split(",")] for line in text.splitlines()]


def test_a_workbook_gives_the_tables_that_csv_files_give(tmp_path: Path, demo: Tables, demo_folder: Path) -> None:
    sheets = {name: cells((demo_folder / f"{name}.csv").read_text()) for name in demo}
    path = workbook(tmp_path / "cohort.xlsx", {**sheets, "notes": [["=1+1"]]})
    for source in (path, tmp_path):
        tables = read_cohort(source)
        assert list(tables) == list(demo)
        for name, frame in demo.items():
            pd.testing.assert_frame_equal(tables[name], frame)


def test_dates_of_a_workbook_are_dates(tmp_path: Path) -> None:
    rows: list[list[object]] = [["USUBJID", "AGE", "SEX", "RFSTDTC"]]
    rows += [["P1", 34.0, "F", datetime(2022, 3, 14)], ["P2", 61, "M", date(2022, 5, 2)]]
    workbook(tmp_path / "c.xlsx", {" dm ": rows, "LB": cells(LB)})
    assert read_cohort(tmp_path)["DM"]["RFSTDTC"].tolist() == ["2022-03-14", "2022-05-02"]


def test_a_workbooks_faults_name_the_sheet_and_row(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["USUBJID", "AGE", "SEX"],
        [None, None, None],
        ["P1", "=30+4", "F"],
        ["P2", 3, 7],
    ]
    workbook(tmp_path / "c.xlsx", {"DM": rows, "LB": cells(LB)})
    assert [text.split(":")[0] for text in faults(tmp_path)] == [
        "c.xlsx sheet DM row 3", "c.xlsx sheet DM row 3, AGE", "c.xlsx sheet DM row 4, SEX",
    ]  # fmt: skip


def test_what_is_no_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.xlsx").write_bytes(b"PK not really")
    assert "a workbook is an .xlsx file" in faults(tmp_path)[0]
    workbook(tmp_path / "c.xlsx", {"DM": cells(DM), "LB": cells(LB + "P1,PLAT,9,9,10^9/L,8\n" * 2000)})
    assert faults(tmp_path) == []
    monkeypatch.setattr(cytopenia.read, "LARGEST", (tmp_path / "c.xlsx").stat().st_size + 1)
    assert "bytes unpacked" in faults(tmp_path)[0]


# Transport files ---------------------------------------------------------------------------------


def transport(name: str, rows: list[list[object]]) -> bytes:
    """A SAS transport file, version 5, of one member: header row, then rows of numbers, texts and None.

    After the record layout of SAS technical support paper TS-140.
    """
    header, body = [str(word) for word in rows[0]], rows[1:]
    columns = [[row[k] for row in body] for k in range(len(header))]
    numeric = [all(v is None or isinstance(v, int | float) for v in column) for column in columns]
    widths = [
        8 if n else max(len(str(v or "").encode()) for v in c) or 1 for n, c in zip(numeric, columns, strict=True)
    ]
    stamp = b"01JAN26:00:00:00"
    head = _record(b"LIBRARY HEADER", b"0" * 30) + b"SAS     SAS     SASLIB  9.4     Linux   " + b" " * 24 + stamp
    head += stamp + b" " * 64
    head += _record(b"MEMBER  HEADER", b"000000000000000001600000000140") + _record(b"DSCRPTR HEADER", b"0" * 30)
    head += b"SAS     " + name.ljust(8).encode() + b"SASDATA 9.4     Linux   " + b" " * 24 + stamp
    head += stamp + b" " * 64
    head += _record(b"NAMESTR HEADER", f"000000{len(header):04d}".encode().ljust(30, b"0"))
    head += _padded(b"".join(_namestr(k, header, numeric, widths) for k in range(len(header))))
    head += _record(b"OBS     HEADER", b"0" * 30)
    data = b"".join(
        _ibm(v) if n else str(v or "").encode().ljust(w)
        for row in body
        for v, n, w in zip(row, numeric, widths, strict=True)
    )
    return head + _padded(data)


def _record(kind: bytes, rest: bytes) -> bytes:
    return b"HEADER RECORD*******" + kind + b" RECORD!!!!!!!" + rest + b"  "


def _padded(data: bytes) -> bytes:
    return data + b" " * (-len(data) % 80)


def _namestr(k: int, header: list[str], numeric: list[bool], widths: list[int]) -> bytes:
    name = header[k].ljust(8).encode()
    fields = (
        1 if numeric[k] else 2,
        0,
        widths[k],
        k + 1,
        name,
        b" " * 40,
        b" " * 8,
        0,
        0,
        0,
        b"",
        b" " * 8,
        0,
        0,
    )
    return struct.pack(">hhhh8s40s8shhh2s8shhl52s", *fields, sum(widths[:k]), b"")


def _ibm(value: object) -> bytes:
    """A number as an IBM double: sign, exponent of 16 plus 64, 14 hexadecimal digits; None is missing."""
    if value is None:
        return b"." + b"\0" * 7
    number, exponent = abs(float(str(value))), 64
    if not number:
        return b"\0" * 8
    while number >= 1:
        number, exponent = number / 16, exponent + 1
    while number < 1 / 16:
        number, exponent = number * 16, exponent - 1
    sign = 0x80 if float(str(value)) < 0 else 0
    return bytes([sign | exponent]) + int(number * 2**56).to_bytes(7, "big")


def test_transport_files_give_the_tables_that_csv_files_give(tmp_path: Path, demo: Tables, demo_folder: Path) -> None:
    for name in demo:
        rows = cells((demo_folder / f"{name}.csv").read_text())
        (tmp_path / f"{name.lower()}.xpt").write_bytes(transport(name, rows))
    tables = read_cohort(tmp_path)
    assert list(tables) == list(demo)
    for name, frame in demo.items():
        pd.testing.assert_frame_equal(tables[name], frame)


@pytest.mark.parametrize("spoil", [lambda b: b[:80], lambda b: b"no transport", lambda b: b.replace(b"F", b"\xff")])
def test_what_is_no_transport_file_is_refused(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    folder(tmp_path)
    (tmp_path / "DM.csv").unlink()
    (tmp_path / "dm.xpt").write_bytes(spoil(transport("DM", cells(DM))))
    assert "dm.xpt: a transport file is SAS XPORT version 5 in UTF-8" in faults(tmp_path)[0]


# The cohorts in the project ----------------------------------------------------------------------


def test_the_template_has_no_patients_and_nothing_else_amiss(demo_folder: Path) -> None:
    (fault,) = faults(demo_folder.parent / "template")
    assert "a cohort has at least one patient" in fault


def test_the_made_up_cohort_says_so_in_every_row(demo: Tables, demo_folder: Path) -> None:
    assert list(demo) == [name for name in SDTM if name != "RS"]
    for name, frame in demo.items():
        assert set(frame["STUDYID"]) == {"MADE-UP"}, name
        assert frame["USUBJID"].str.startswith("DEMO-").all()
    assert "Nobody in these tables exists" in (demo_folder / "README.md").read_text()


def test_the_made_up_cohort_exercises_units_and_diagnoses(demo: Tables) -> None:
    lb = demo["LB"]
    evans = lb[(lb["USUBJID"] == "DEMO-07") & (lb["LBDY"] == 30)].set_index("LBTESTCD")
    assert evans.at["HGB", "LBSTRESN"] == 92 and evans.at["HGB", "LBSTRESU"] == "g/L"
    assert evans.at["BILI", "LBSTRESN"] == pytest.approx(20.5248)
    kinds = demo["MH"].loc[demo["MH"]["MHCAT"] == "CYTOPENIA", "MHDECOD"]
    assert set(kinds) == {"sITP", "AIHA", "EVANS"}


# Derived tables ----------------------------------------------------------------------------------


def test_derived_tables_are_read_with_their_variables_as_numbers(tmp_path: Path) -> None:
    (tmp_path / "ADSL.csv").write_text(
        "STUDYID,USUBJID,AGE,SEX,ARM,PLT_BL,DX,NOBODY\nS,P1,34,F,A,8,sITP,\nS,P2,,M,A,,,\n"
    )
    (tmp_path / "ADRS.csv").write_text("USUBJID,CRIT,PARCAT,ADY,AVISIT,AVALC,ORIGIN\nP1,paper,PLT,30,MONTH 1,CR,\n")
    tables = read_adam(tmp_path)
    assert list(tables) == ["ADSL", "ADRS"]
    assert tables["ADSL"]["PLT_BL"].tolist()[0] == 8 and tables["ADSL"]["PLT_BL"].isna().tolist() == [
        False,
        True,
    ]
    assert tables["ADSL"]["DX"].tolist() == ["sITP", None]
    assert tables["ADSL"]["NOBODY"].isna().all()


def test_derived_tables_with_faults_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ADSL.csv").write_text("USUBJID,AGE,SEX\nP1,34,F\n")
    (tmp_path / "ADRS.csv").write_text("USUBJID,CRIT,PARCAT,ADY,AVISIT,AVALC,ORIGIN\nP1,paper,PLT,30,M,XX,\n")
    with pytest.raises(Faults, match=r"ADRS.csv row 2, AVALC: AVALC is one of CR \| PR \| NR \| NE"):
        read_adam(tmp_path)
