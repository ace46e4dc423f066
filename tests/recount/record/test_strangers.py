"""A study folder from a stranger gives a Study or a list of faults: no traceback, no hang, no code run."""

import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recount.cli import main
from recount.record import schema as records
from recount.record import tables
from recount.record.faults import MOST_SHOWN, Faults
from recount.record.study import patients_of, read_study
from recount.rules import ExpressionError, parse, parse_sum
from recount.rules.tree import LONGEST

TESTS = Path(__file__).parents[2]
PAPER = TESTS.parent / "data" / "raw" / "paper"
FUZZ = TESTS / "fuzz" / "fuzz_study.py"
spec = importlib.util.spec_from_file_location("fuzz_study", FUZZ)
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)

HEADER = {name: text.partition("\n")[0] + "\n" for name, text in fuzz.SMALL.items()}


@pytest.fixture
def folder(tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    fuzz.written(study, fuzz.small_files(), {})
    return study


def said(folder) -> list[str]:
    """The lines of the faults of a folder, each of them as a fault should be."""
    with pytest.raises(Faults) as raised:
        patients_of(read_study(folder))
    fuzz.check_faults(raised.value)
    return str(raised.value).splitlines()


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="")


def test_the_small_study_is_right(folder):
    assert patients_of(read_study(folder)) == 6


# --- what stands in a file's place ---


def linked(path):
    path.rename(path.with_suffix(".txt"))
    path.symlink_to(path.with_suffix(".txt"))


def dangling(path):
    path.unlink()
    path.symlink_to("nowhere")


def looped(path):
    path.unlink()
    path.symlink_to(path.name)


def endless(path):
    path.unlink()
    path.symlink_to("/dev/zero")


def folder_instead(path):
    path.unlink()
    path.mkdir()


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def bound_socket(path):
    path.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


PLACES = [
    *((link, "a symbolic link") for link in (linked, dangling, looped, endless)),
    (folder_instead, "a folder"),
    (pipe, "a pipe"),
    (bound_socket, "a socket"),
]


@pytest.mark.parametrize("file", ["claims.csv", "settings.csv"])
@pytest.mark.parametrize(("make", "got"), PLACES)
def test_what_is_no_plain_file_is_never_opened(tmp_path, monkeypatch, file, make, got):
    monkeypatch.chdir(tmp_path)  # a socket's path has to be short
    folder = Path("s")
    folder.mkdir()
    fuzz.written(folder, fuzz.small_files(), {})
    make(folder / file)
    assert said(folder) == [f'{file}: an input is a plain file (got "{got}"): put the file itself there']


def test_a_file_that_may_not_be_read_is_a_fault(folder, monkeypatch):
    def refuse(path, flags):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tables.os, "open", refuse)
    assert 'rules.csv: an input is a file that can be read (got "Permission denied")' in "\n".join(said(folder))


def test_a_file_turned_into_a_link_between_the_look_and_the_reading_is_not_followed(folder, monkeypatch):
    monkeypatch.setattr(tables, "_refuse_strange", lambda path: None)
    linked(folder / "rules.csv")
    assert said(folder)[0].startswith("rules.csv: an input is a file that can be read")


@pytest.mark.parametrize("name", ["nowhere", "study/rules.csv", "x" * 5000, "a\0b", "\x1b[2J", ".\udcff"])
def test_a_folder_that_is_none_is_a_fault(folder, name):
    (line,) = said(folder.parent / name)
    assert "a study is a folder with variables.csv, populations.csv, rules.csv, claims.csv" in line


def test_a_link_that_the_reader_names_as_the_folder_is_followed_and_a_dangling_one_is_a_fault(folder):
    (folder.parent / "link").symlink_to(folder)
    assert patients_of(read_study(folder.parent / "link")) == 6
    (folder.parent / "broken").symlink_to("nowhere")
    assert 'got "no such folder"' in said(folder.parent / "broken")[0]


def sums(line):
    return "0" * 64 + "  " + line


SUMS = [
    (sums("../study/rules.csv"), "SHA256SUMS row 1: a listed file lies in the folder"),
    (sums("x/../../rules.csv"), "SHA256SUMS row 1: a listed file lies in the folder"),
    (sums("..\\rules.csv"), "SHA256SUMS row 1: a listed file lies in the folder"),
    (sums("/dev/zero"), "SHA256SUMS row 1: a listed file lies in the folder"),
    (sums("out/rules.csv"), "SHA256SUMS row 1: a listed file lies behind no link"),
    (sums("pipe"), 'pipe: an input is a plain file (got "a pipe")'),
    (sums("link"), 'link: an input is a plain file (got "a symbolic link")'),
    (sums("."), '.: an input is a plain file (got "a folder")'),
    (sums("x" * 5000), "a listed file is there"),
    (sums("\x1b[2J"), "\\x1b[2J: a listed file is there"),
    ("0" * 63 + "  rules.csv", "SHA256SUMS row 1: a line is a SHA-256 sum"),
    ("\n".join([sums("rules.csv")] * 201), 'SHA256SUMS: it lists at most 200 files (got "201")'),
    ("\ud800", "SHA256SUMS: a file is UTF-8 text"),
]


@pytest.mark.parametrize(("text", "fault"), SUMS)
def test_a_list_of_sums_leads_nowhere_else(folder, text, fault):
    (folder / "out").symlink_to(PAPER)
    (folder / "link").symlink_to(PAPER / "rules.csv")
    os.mkfifo(folder / "pipe")
    (folder / "SHA256SUMS").write_bytes(text.encode("utf-8", "surrogatepass"))
    (line,) = said(folder)
    assert line.startswith(fault) or fault in line


def test_a_listed_file_has_a_limit(folder, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_LISTED", 10)
    (folder / "scan.pdf").write_bytes(b"x" * 11)
    (folder / "SHA256SUMS").write_text(sums("scan.pdf"))
    assert said(folder)[0].startswith('scan.pdf: a file has at most 10 bytes (got "11 bytes")')


# --- text ---

RULES = fuzz.SMALL["rules.csv"]
TEXTS = [
    (RULES.encode("utf-16"), 'rules.csv: a file is UTF-8 text (got "UTF-16")'),
    (b"\xff\xfe" + RULES.encode("utf-16-be"), 'rules.csv: a file is UTF-8 text (got "UTF-16")'),
    (RULES.encode("utf-16-le"), 'rules.csv: a text has no NUL bytes (got "one in line 1")'),
    (RULES.replace("No man", "无").encode("gbk"), 'rules.csv: a file is UTF-8 text (got "byte 0xce in line 3")'),
    (RULES.replace("No man", "caf\xe9").encode("cp1252"), 'got "byte 0xe9 in line 3"'),
    (RULES.replace(",", ";").encode(), "rules.csv row 1: cells are separated by commas"),
    (RULES.replace(",", "\t").encode(), "rules.csv row 1: cells are separated by commas"),
    (b"\n" + RULES.encode(), "rules.csv row 1: a file begins with its header row (got nothing)"),
    (
        RULES.replace("description", "description,rule").encode(),
        'rules.csv row 1: a column stands once in the header (got "rule")',
    ),
    (RULES.replace("place", "Place", 1).encode(), "add the column place"),
    (RULES.replace("description", "description,,").encode(), "rules.csv row 1: every column has a name"),
    (RULES.replace("rule", "roule", 1).encode(), "rename roule to rule"),
    (RULES.replace("1.1,", '"1.1,').encode(), "rules.csv row 2: "),
    (RULES.replace("No man", '"No man').encode(), "rules.csv row 3: a quote that is opened is closed"),
    (RULES.replace("No man", '"No" man').encode(), "rules.csv row 3: after a closing quote comes a comma"),
    (
        RULES.replace("No man", "No, man").encode(),
        'rules.csv row 3: a row has as many cells as the header, 4 (got "5")',
    ),
    (RULES.replace(",No man", "").encode(), 'rules.csv row 3: a row has as many cells as the header, 4 (got "3")'),
    (RULES.replace("No man", "No \x1b[31mman").encode(), 'no control characters (got "No \\x1b[31mman")'),
    (RULES.replace("No man", "No \u202eman").encode(), 'no control characters (got "No \\u202eman")'),
    (RULES.replace("No man", "x" * 5001).encode(), "rules.csv row 3, description: a cell has at most 5,000 characters"),
    (RULES.replace("No man", "x" * 132000).encode(), "rules.csv row 3: a cell has at most 5,000 characters"),
    (b"," * 200, "rules.csv row 1: a file begins with its header row"),
    (b"a," * 200, 'rules.csv row 1: a header has at most 100 columns (got "201 columns")'),
]


@pytest.mark.parametrize(("data", "fault"), TEXTS)
def test_a_text_that_is_no_table_is_refused_in_one_line(folder, data, fault):
    (folder / "rules.csv").write_bytes(data)
    (line,) = said(folder)
    assert fault.replace("add the column place", "rename Place to place") in line, line


RIGHT = [RULES.replace("\n", "\r\n"), RULES.replace("\n", "\r"), "\ufeff" + RULES, RULES + ",,,\n\n,\n", RULES.rstrip()]


@pytest.mark.parametrize("text", RIGHT)
def test_what_spreadsheets_write_is_read(folder, text):
    (folder / "rules.csv").write_bytes(text.encode())
    assert [rule.id for rule in read_study(folder).rules] == ["r1", "r2"]


@pytest.mark.parametrize("file", sorted(HEADER.keys() - {"SHA256SUMS"}))
@pytest.mark.parametrize("rows", ["", "\n\n", "{}"])
def test_files_of_a_header_and_no_rows_are_read(folder, file, rows):
    for name in fuzz.small_files():
        (folder / name).write_text(HEADER[name])
    study = read_study(folder)
    assert (study.variables, study.claims, study.assumptions) == ({}, (), ())
    (line,) = said(folder)
    assert line.startswith("claims.csv: a record prints how many patients there are")


# --- limits ---


@pytest.mark.parametrize(("file", "limit"), [("claims.csv", "20,000"), ("rules.csv", "2,000"), ("settings.csv", "100")])
def test_rows_have_a_limit(folder, file, limit):
    first = fuzz.SMALL[file].splitlines()[1]
    (folder / file).write_text(HEADER[file] + f"{first}\n" * (int(limit.replace(",", "")) + 1))
    (line,) = said(folder)
    assert f"{file} has at most {limit} rows (got " in line


def test_a_million_claims_are_refused_by_their_size(folder):
    with (folder / "claims.csv").open("w") as stream:
        stream.write(HEADER["claims.csv"])
        stream.writelines(f"c{k},2.1,ALL,,n,6,,\n" for k in range(10**6))
    (line,) = said(folder)
    assert line.startswith("claims.csv: a file has at most 5,000,000 bytes (got ")


def test_a_million_faulty_rows_print_a_hundred_lines_and_their_number(folder):
    (folder / "claims.csv").write_text(HEADER["claims.csv"] + "x\n" * 10**6)
    with pytest.raises(Faults) as raised:
        read_study(folder)
    lines = str(raised.value).splitlines()
    assert (raised.value.count, len(raised.value.faults), len(lines)) == (10**6, tables.MOST_KEPT, MOST_SHOWN + 1)
    assert lines[-1] == "... and 999,900 more faults, not shown (999,900 in claims.csv): mend these first"


def test_expressions_have_a_limit_together(folder, monkeypatch):
    monkeypatch.setattr("recount.record.study.MOST_SPELT", 60)
    assert said(folder) == ["rules.csv row 3, rule: the expressions of a file have at most 60 characters in all "
                            '(got "more"): shorten them, or drop what this study doesn\'t need']  # fmt: skip


# --- cells ---

CELLS = [
    ("variables.csv", "AGE,", f"{'A' * 41},", "row 4, name: a name has at most 40 characters"),
    ("variables.csv", "AGE,", "USUBJID,", "row 4, name: USUBJID is the patient's own code"),
    ("variables.csv", "AGE,", "__class__,", "row 4, name: a name is letters"),
    ("variables.csv", "AGE,", "lambda,", "row 4, name: a name is letters"),
    ("variables.csv", "AGE,", "ÅGE,", "row 4, name: a name is letters"),
    ("variables.csv", "integer", "Integer", "write integer"),
    ("variables.csv", "18,75", "NaN,75", 'row 4, low: a number is digits with at most one point'),
    ("variables.csv", "18,75", "18,inf", 'row 4, high: a number is digits with at most one point'),
    ("variables.csv", "18,75", "18,1e400", "write it without a power of ten"),
    ("variables.csv", "18,75", "\u221218,75", "write the minus as a hyphen (-)"),
    ("variables.csv", "18,75", "18,٧٥", "write the digits as 0 to 9"),
    ("variables.csv", "18,75", '18,"1,075"', "leave out the thousands separators"),
    ("variables.csv", "18,75", "75,18", "row 4, low: low is at most high, here 18"),
    ("variables.csv", "18,75", "18,", "row 4, high: a number is digits"),
    ("variables.csv", "18,75", ",75", "(got nothing): give the low"),
    ("variables.csv", "18,75", f"18,{'9' * 400}", "row 4, high: a number is digits with at most one point and 15"),
    ("variables.csv", "18,75", "18,10000001", "row 4, high: a bound is at most 10,000,000 steps from nought"),
    ("variables.csv", "years,,18", "years,5,18", "row 4, low: a bound is a multiple of the step, here 5"),
    ("variables.csv", "0.1,2.0,20.0,,,", "0.1,-900000,900000,,,", 'row 5, high: a number takes at most'),
    ("variables.csv", "M|F", "|".join(map(str, range(201))), "row 2, levels: a category has at most 200 levels"),
    ("variables.csv", "M|F", "M|F|", "row 2, levels: levels are texts with | between"),
    ("variables.csv", "M|F", '"M|""F"', "row 2, levels: a level has no double quote"),
    ("variables.csv", ",,,Age", ",,AGE > 1,Age", "row 4, where: no variable's where needs itself: AGE needs AGE"),
    ("rules.csv", "AGE >= 18", "AGF >= 18", 'row 2, rule: AGF is no variable (got "AGF >= 18 and not (HB < 5'),
    ("rules.csv", "AGE >= 18", "AGF >= 18", "write AGE"),
    ("rules.csv", 'SEX != ""M""', 'SEX != ""m""', "write one of these, as it is spelt there"),
    ("rules.csv", "AGE >= 18", "AGE >= '18'", "write a number without quotes"),
    ("rules.csv", "AGE >= 18", "SEX >= 18", "compare it with one of its levels, in quotes"),
    ("rules.csv", "AGE >= 18", "SEX >= RESP", "compare them with == or !="),
    ("rules.csv", "AGE >= 18", f"AGE >= {'9' * 31}", "a number has at most 30 characters, at character 8"),
    ("rules.csv", "AGE >= 18", f"AGE >= {'9' * 30}", "the numbers of a comparison, counted in its variables' steps"),
    ("rules.csv", "AGE >= 18", f"AGE in ({'9' * 30})", "the numbers of a comparison, counted in its variables' steps"),
    ("rules.csv", "AGE >= 18", f"AGE >= 1*{'*'.join(['9' * 30] * 30)}", "multiplied out and added up, has at most"),
    ("rules.csv", "AGE >= 18", f"AGE >= 0.{'0' * 27}1", "stay below 2*10^18"),
    ("rules.csv", "AGE >= 18", "AGE >= 1 " + "or AGE > 2 " * 200, "an expression has at most 2000 characters"),
    ("rules.csv", "AGE >= 18", "(" * 41 + "AGE" + ")" * 41 + " > 1", "nested at most 40 deep"),
    ("rules.csv", "AGE >= 18", "AGE > 1 and 20 < AGE < 40", 'comparisons are not chained; join two with `and`'),
    ("rules.csv", "AGE >= 18 and", "AGE > 1 " + "and AGE > 1 " * 20 + "and 2 < AGE < 3 and",
     '(got "…GE > 1 and AGE > 1 and AGE > 1 and 2 < AGE < 3 and'),
    ("claims.csv", "ALL,HB,mean", "all,HB,mean", 'a population is named in populations.csv (got "all"): write ALL'),
    ("claims.csv", "-5.10", "12345678901234.10", "row 9, printed: a printed number and its variable's range"),
    ("claims.csv", ",n,6,", f",n,6.{'0' * 25},", "row 2, printed: a printed number and its variable's range"),
    ("claims.csv", "1:2", f"1:{'9' * 28}", "row 5, printed: a printed number and its variable's range"),
    ("settings.csv", "quantile", "quantiles", "write quantile"),
    ("settings.csv", "hf7", "hf10", "row 2, value: quantile is one of haverage"),
    ("assumptions.csv", "SEX,,", "SEXX,,", "row 2, variable: a variable is named in variables.csv"),
    ("assumptions.csv", "SEX,,", ",,", "row 2, variable: an assumption is about a variable, or about a relation"),
    ("assumptions.csv", ",F,", ",X,", "row 2, typical: a level of SEX is one of M|F"),
    ("assumptions.csv", "SEX,,,F", "SEX,,M,F", "row 2, low: a category is assumed without low"),
    ("assumptions.csv", "5,10.5,15", "5,16,15", 'row 3, typical: low is at most typical, and typical at most high'),
    ("assumptions.csv", "5,10.5,15", "5,ten,15", "row 3, typical: a number is digits"),
    ("assumptions.csv", "5,10.5,15", "5,10.5,15e1", "row 3, high: a number is digits"),
    ("assumptions.csv", "5,10.5,15", "1,10.5,15", "row 3, low: an assumption lies in the range of HB"),
    ("assumptions.csv", "HB <= HB2,", "HB <= HB3,", "row 4, where: HB3 is no variable"),
    ("assumptions.csv", "HB <= HB2,,", "HB <= HB2,1,", "row 4, low: a relation is assumed without low"),
    ("assumptions.csv", "typical", "usual", "row 1: the header has the column typical"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "fault"), CELLS)
def test_a_cell_that_breaks_a_rule_is_said_with_what_to_do(folder, file, old, new, fault):
    edit(folder, file, old, new)
    assert any(line.startswith(file) and fault in line for line in said(folder)), said(folder)


PRINTED = [
    ("", "write what is printed, or drop the row"),
    *((text, "drop the row where no number is printed") for text in ("NaN", "nan", "inf", "-inf", "NA", "n.s.", "-")),
    *((text, "write it without a power of ten") for text in ("1e400", "1E-5", "-1.5e3")),
    *((text, "replace the comma by a point") for text in ("5,1", "-5,10", "0,05", "<0,05")),
    *((text, "leave out the thousands separators") for text in ("1,234", "1,234.5", "12,345,678", "1'234", "1 234")),
    *((text, "write the minus as a hyphen (-)") for text in ("\u22121.2", "–1.2", "＞－5")[:2]),
    *(
        (text, "write the digits as 0 to 9 and the signs as < > = : - .")
        for text in ("５", "٣", "＜0.05", "5．1", "1：5")
    ),
    *((text, "leave off the P") for text in ("P<0.05", "p = 0.03")),
    ("75%", "leave off the percent sign"),
    ("5.1±0.2", "give the mean and the SD a row each"),
    *((text, "give each end of the range a row, as min and max") for text in ("1-5", "2.0–3.0", "2~3", "12–372")),
    *(
        (text, 'give it two rows, one ">=" the least and one "<=" the greatest that you take it for')
        for text in ("≈50", "~5", "about 30%", "ca. 12")
    ),
    *(
        (text, 'give a percent two rows, such as ">=45" and "<=55", or make it stated')
        for text in ("half", "about half", "Two thirds of them")
    ),
    *((text, "give the count and the n a row each") for text in ("12/24", "12 of 24")),
    *((text, "give each of the two numbers a row") for text in ("12 (50)", "12 (50%)", "54.5(50.0)")),
    ("+1", "leave off the plus"),
    ("1.", "drop the point, or write the digits after it"),
    ("9" * 31, "write fewer digits"),
    *((text, 'write the number alone, such as "5.10"') for text in ("5 mg", "1.2.3", "10**9999", "0x10", "½", "abc")),
]


@pytest.mark.parametrize(("text", "remedy"), PRINTED)
def test_what_is_no_printed_number_is_said_with_its_remedy(folder, text, remedy):
    edit(folder, "claims.csv", ",mean,-5.10,", f',mean,"{text}",')
    (line,) = said(folder)
    assert line.startswith("claims.csv row 9, printed: a printed number is digits") and line.endswith(f": {remedy}")


def test_wheres_rest_on_each_other_only_so_deep(folder):
    chain = "".join(f"A{k + 1},integer,,,0,1,,A{k} == 1,\n" for k in range(records.DEEPEST_WHERE + 4))
    with (folder / "variables.csv").open("a") as stream:
        stream.write("A0,integer,,,0,1,,,\n" + chain)
    (line,) = said(folder)
    assert line.startswith("variables.csv row 27, where: a where rests on others at most 20 deep")


@pytest.mark.parametrize("levels", ["M,1|F", "=cmd()|F", "männlich|F", "M 1|F", "it's|F"])
def test_a_level_is_any_text_that_an_expression_can_quote(folder, levels):
    first = levels.partition("|")[0]
    edit(folder, "variables.csv", "M|F", f'"{levels}"')
    edit(folder, "rules.csv", '""M""', f'""{first}""')
    study = read_study(folder)
    assert study.variables["SEX"].levels == tuple(levels.split("|"))
    assert str(study.rules[1].rule).endswith(f'SEX != "{first}"')


# --- how many patients ---

PATIENTS = [
    ("0", 'row 2, printed: the n of everybody is a whole number from 1 to 2,000 (got "0")'),
    ("-6", 'row 2, printed: the n of everybody is a whole number from 1 to 2,000 (got "-6")'),
    ("2001", 'from 1 to 2,000 (got "2001"): run recount check, which takes up to 20,000'),
    ("20000", 'from 1 to 2,000 (got "20000"): run recount check, which takes up to 20,000'),
    ("20001", 'from 1 to 2,000 (got "20001"): print the number of patients; a larger study can\'t be reconstructed'),
    ("1000000000", 'from 1 to 2,000 (got "1000000000")'),
    ("6.5", 'from 1 to 2,000 (got "6.5")'),
    ("<6", 'from 1 to 2,000 (got "<6")'),
]


@pytest.mark.parametrize(("printed", "fault"), PATIENTS)
def test_a_study_has_patients_and_not_too_many(folder, printed, fault):
    edit(folder, "claims.csv", ",n,6,", f",n,{printed},")
    (line,) = said(folder)
    assert line.startswith("claims.csv ") and fault in line


@pytest.mark.parametrize(("printed", "number"), [("1", 1), ("2000", 2000), ("06", 6), ("24.0", 24)])
def test_the_first_whole_n_of_everybody_is_the_number_of_patients(folder, printed, number):
    edit(folder, "claims.csv", ",n,6,", f",n,{printed},")
    assert patients_of(read_study(folder)) == number


def test_a_number_of_patients_is_not_taken_from_a_part_of_them(folder):
    edit(folder, "claims.csv", "ALL,,n,6", "F,,n,6")
    (line,) = said(folder)
    assert "an n of a population without where" in line


def test_patients_times_statements_have_a_limit(folder, monkeypatch):
    monkeypatch.setattr("recount.record.study.MOST_UNKNOWNS", 6 * (5 + 2 + 9) - 1)
    assert 'variables, rules and claims are at most 95 (got "6 times 16")' in said(folder)[0]


def test_numbers_that_contradict_each_other_are_no_fault(folder):
    with (folder / "claims.csv").open("a") as stream:
        stream.write("d1,,ALL,AGE,min,70,,\nd2,,ALL,AGE,max,20,,\nd3,,ALL,,count,-3,,\nd4,,ALL,AGE,mean,900,,\n")
    assert len(read_study(folder).claims) == 13


# --- nothing is run ---

PAYLOADS = [
    '__import__("os").system("touch sentinel")',
    'open("sentinel", "w").write("x") == 1',
    'AGE == 1 and exec("open(1)")',
    'AGE == eval("1")',
    "().__class__.__bases__[0].__subclasses__() == 1",
    "AGE.__class__ == 1",
    "__import__ == 1",
    "__class__ == AGE",
    "(lambda: AGE)() == 1",
    "[print(x) for x in (1, 2)] == 1",
    "{AGE: 1} == 1",
    'f"{open(1)}" == SEX',
    'SEX == f"F"',
    "AGE if AGE else AGE",
    "(AGE := 3) == 3",
    "AGE[0] == 1",
    "AGE(1) == 1",
    "await AGE == 1",
    "yield == 1",
    "AGE == 1; import os",
    "import os",
    "AGE == 9 ** 9 ** 9",
    "AGE == 10**9999",
    "AGE @ AGE == 1",
    "AGE == ...",
    "AGE == `1`",
    "@pd.eval == 1",
    "AGE == 1 # \N{BELL}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("file", ["variables.csv", "populations.csv", "rules.csv", "claims.csv", "assumptions.csv"])
def test_an_expression_that_would_do_something_is_refused(tmp_path, monkeypatch, folder, file, payload):
    monkeypatch.chdir(tmp_path)
    quoted = '"' + payload.replace('"', '""') + '"'
    old = {"variables.csv": '"RESP in (""CR"", ""PR"")"', "populations.csv": '"SEX == ""F"""',
           "rules.csv": "AGE >= 18 and not (HB < 5 or 2*HB - AGE > 0.5)", "claims.csv": '"SEX == ""F"" and AGE < 50"',
           "assumptions.csv": '"SEX == ""F"""'}[file]  # fmt: skip
    edit(folder, file, old, quoted)
    assert any(line.startswith(f"{file} row ") for line in said(folder))
    assert not list(tmp_path.rglob("sentinel"))


def test_a_fuzzing_run_finds_nothing_and_sees_nothing_run():
    done = subprocess.run(
        [sys.executable, str(FUZZ), "--runs", "150", "--seed", "7"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "150 texts: no finding" in done.stdout


def test_the_fuzzing_run_would_see_what_is_run():
    seen = "import sys; sys.path.insert(0, sys.argv[1]); import fuzz_study as f; f.watch(); f._watched = w = []; "
    tried = "exec('1'); __import__('colorsys'); open('/dev/null', 'w'); f._watched = None; print({e for e, _ in w})"
    done = subprocess.run([sys.executable, "-c", seen + tried, str(FUZZ.parent)], capture_output=True, text=True)
    assert {"'exec'", "'import'", "'open'"} <= set(done.stdout.strip()[1:-1].split(", ")), done


# --- the command ---


def test_the_command_ends_with_2_and_a_list_of_faults(folder, capsys):
    edit(folder, "rules.csv", "AGE >= 18", "AGF >= 18")
    assert main(["cohorts", str(folder), "--out", str(folder.parent / "out")]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("rules.csv row 2, rule: AGF is no variable")
    assert not (folder.parent / "out").exists()


# --- properties ---


def judged(files):
    """What a folder of these files gives; the readers may raise nothing but Faults."""
    with tempfile.TemporaryDirectory() as name:
        fuzz.written(Path(name), files, {})
        return fuzz.check(Path(name))


files = st.sampled_from(sorted(fuzz.SMALL))


@given(files, st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))))
@example("claims.csv", b"\xef\xbb\xbf")
@example("rules.csv", b'"')
def test_any_bytes_as_any_file_give_a_study_or_faults(file, data):
    judged(fuzz.small_files() | {file: data})


cell = st.one_of(st.sampled_from(fuzz.NASTY), st.text(max_size=20), st.integers(0, 10**6).map(lambda k: str(k)))
no_surrogates = cell.map(lambda text: text.encode("utf-8", "replace").decode())


@given(
    st.sampled_from(sorted(fuzz.small_files())), st.lists(st.lists(no_surrogates, min_size=8, max_size=9), max_size=4)
)
def test_any_cells_below_a_right_header_give_a_study_or_faults(file, rows):
    width = HEADER[file].count(",") + 1
    added = fuzz._joined([row[:width] for row in rows])
    judged(fuzz.small_files() | {file: HEADER[file].encode() + added})


@given(st.integers(0, 10**9))
def test_any_change_of_a_right_record_gives_a_study_or_faults(seed):
    judged(fuzz.mutated(fuzz.small_files(), Random(seed)))


@settings(max_examples=25)
@given(st.integers(0, 10**9))
def test_any_change_of_the_papers_record_gives_a_study_or_faults(seed):
    judged(fuzz.mutated({path.name: path.read_bytes() for path in PAPER.glob("*.csv")}, Random(seed)))


@given(
    st.one_of(st.text(), st.text(alphabet="ABSEX01.<>=!()+-*,\"' andortihs->"), st.sampled_from(fuzz.NASTY + PAYLOADS))
)
def test_any_text_is_an_expression_or_an_expression_error(text):
    for read in (parse, parse_sum):
        try:
            tree = read(text)
        except ExpressionError:
            continue
        assert len(str(tree)) > LONGEST or read(str(tree)) == tree


@given(st.integers(0, 10**9))
def test_an_expression_grown_at_random_prints_as_what_parses_to_it(seed):
    fuzz.check_text(fuzz._grown(Random(seed), 5))


@given(st.tuples(st.text(), st.text(), st.text(), st.text()))
def test_any_text_in_a_fault_is_one_printable_line(parts):
    fuzz.check_faults(Faults([tables.Fault(parts[0] or "f", 1, parts[1], parts[2] or "r", parts[3], "m")]))
