"""A study is read whole or refused with every fault at once."""

import csv
import hashlib
from fractions import Fraction
from pathlib import Path

import pytest

from recount.record import tables
from recount.record.faults import Faults
from recount.record.schema import SETTINGS, STATISTICS
from recount.record.study import read_study
from recount.rules import And, IsLevel, SameLevel, parse

PAPER = Path(__file__).parents[3] / "data" / "raw" / "paper"

FILES = {
    "variables.csv": """name,kind,unit,step,low,high,levels,where,description
SEX,category,,,,,M|F,,Sex
RESP,category,,,,,CR|PR|NR,,Response
BEST,category,,,,,CR|PR|NR,,Best response
AGE,integer,years,,18,75,,,Age
HB,decimal,g/dL,0.1,2.0,20.0,,,Haemoglobin
HB2,decimal,g/dL,0.1,2.0,20.0,,"RESP in (""CR"", ""PR"")",Haemoglobin later
""",
    "populations.csv": '''name,where,description
ALL,,Everybody
F,"SEX == ""F""",Women
M,"SEX == ""M""",Men
''',
    "rules.csv": """id,place,rule,description
r1,1.1,AGE >= 18,Adults
r2,1.3,"RESP == ""CR"" -> RESP == BEST",No better than complete
""",
    "claims.csv": '''id,place,population,variable,statistic,printed,versus,description
c1,2.1,ALL,,n,6,,Patients
c2,2.1,ALL,"SEX == ""F"" and RESP == BEST",count,4,,Women
c3,2.1,F,AGE,median,"54.50",,Age
c4,2.1,M,,ratio,1:2,F,Men to women
c5,2.2,ALL,HB,paired_p,<0.05,HB2,Change
c6,2.2,ALL,SEX,chi2,3.84,"RESP == ""CR""",Response by sex
c7,2.2,ALL,,stated,3,,Lineages
c8,2.2,ALL,,count,6,,Everybody
''',
}


@pytest.fixture
def folder(tmp_path):
    for file, text in FILES.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    return tmp_path


def faults(folder) -> list[str]:
    with pytest.raises(Faults) as raised:
        read_study(folder)
    return str(raised.value).splitlines()


def edit(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_study_is_read(folder):
    study = read_study(folder)
    assert list(study.variables) == ["SEX", "RESP", "BEST", "AGE", "HB", "HB2"]
    assert study.variables["SEX"].levels == ("M", "F")
    age, hb2 = study.variables["AGE"], study.variables["HB2"]
    assert (age.step, age.low, age.high, age.levels, age.where) == (1, 18, 75, (), None)
    assert (hb2.step, hb2.where) == (Fraction("0.1"), parse('RESP in ("CR", "PR")'))
    assert study.where_of("ALL") is None
    assert study.where_of("F") == IsLevel("==", "SEX", "F")
    assert study.rules[1].rule.right == SameLevel("==", "RESP", "BEST")
    assert study.rules[1].text == 'RESP == "CR" -> RESP == BEST'
    assert study.claims[2].printed.text == "54.50"
    assert study.claims[1].condition == And((IsLevel("==", "SEX", "F"), SameLevel("==", "RESP", "BEST")))
    assert [claim.condition is None for claim in study.claims] == [1, 0, 1, 1, 1, 1, 1, 1]
    assert study.settings == {name: choices[0] for name, choices in SETTINGS.items()}
    assert (study.settings["quantile"], study.settings["confidence"]) == ("haverage", "95")


def test_the_papers_record_is_read():
    study = read_study(PAPER)
    assert {len(study.variables) > 0, len(study.claims) > 0, len(study.rules) > 0} == {True}
    with (PAPER / "claims.csv").open(encoding="utf-8", newline="") as stream:
        assert [claim.id for claim in study.claims] == [row["id"] for row in csv.DictReader(stream)]


FAULTY = [
    ("variables.csv", "SEX,category", "1SEX,category", "row 2, name: a name is letters"),
    ("variables.csv", "AGE,integer", "in,integer", "row 5, name: a name is letters"),
    ("variables.csv", "AGE,integer", "HB,integer", "row 6, name: each name stands once"),
    ("variables.csv", "AGE,integer", "AGE,whole", "row 5, kind: a kind is one of category"),
    ("variables.csv", "decimal,g/dL,0.1", "decimal,g/dL,", "row 6, step: a number is digits"),
    ("variables.csv", "decimal,g/dL,0.1", 'decimal,g/dL,"0,1"', "row 6, step: a number is digits"),
    ("variables.csv", "decimal,g/dL,0.1", "decimal,g/dL,0", "row 6, step: a step is above nought"),
    ("variables.csv", "years,,18", "years,0.5,18", "row 5, step: an integer's step is whole"),
    ("variables.csv", "18,75", "75,18", "row 5, low: low is at most high, here 18"),
    ("variables.csv", "18,75", "18,", "row 5, high: a number is digits"),
    ("variables.csv", "18,75", "18.5,75", "row 5, low: a bound is a multiple of the step"),
    ("variables.csv", "18,75", "18,9999999999999", "row 5, high: a bound is at most 10,000,000 steps from nought"),
    ("variables.csv", "75,,,Age", "75,a|b,,Age", "row 5, levels: integer has no levels"),
    ("variables.csv", ",,,,,M|F", ",,,1,,M|F", "row 2, low: category has no low"),
    ("variables.csv", "M|F", "", "row 2, levels: levels are texts with | between"),
    ("variables.csv", "CR|PR|NR", "CR|PR|CR", "row 3, levels: each level stands once"),
    ("variables.csv", '"RESP in', '"RESP im', "row 7, where: no two values stand side by side"),
    ("variables.csv", '"RESP in (""CR"", ""PR"")"', "HB2 > 1", "row 7, where: no variable's where needs"),
    ("variables.csv", "name,kind", "nom,kind", "row 1: the header has the column name"),
    ("variables.csv", "where", "Where", "row 1: the optional column is called where"),
    ("populations.csv", '"SEX == ""F"""', '"SEX == ""f"""', 'row 3, where: "f" is no level of SEX'),
    ("populations.csv", "F,", "ALL,", "row 3, name: each name stands once"),
    ("populations.csv", "F,", ",", "row 3, name: a row has its name"),
    ("rules.csv", "AGE >= 18", "AGE", "row 2, rule: a condition compares; a name alone is none, at"),
    ("rules.csv", "AGE >= 18", "AGF >= 18", "row 2, rule: AGF is no variable"),
    ("rules.csv", "AGE >= 18", "", "row 2, rule: an expression says something"),
    ("rules.csv", "AGE >= 18", "SEX >= RESP", "row 2, rule: SEX and RESP are categories"),
    ("rules.csv", "r2,", "r1,", "row 3, id: each id stands once"),
    ("claims.csv", "c2,", "c1,", "row 3, id: each id stands once"),
    ("claims.csv", "F,AGE", "G,AGE", "row 4, population: a population is named in populations.csv"),
    ("claims.csv", "F,AGE", "F,AGF", 'a variable is named in variables.csv (got "AGF"): write AGE'),
    ("claims.csv", "F,AGE", "F,SEX", "row 4, variable: median is of a number"),
    ("claims.csv", "F,AGE", "F,", "row 4, variable: a variable is named"),
    ("claims.csv", "median", "mediam", "row 4, statistic: a statistic is one of"),
    ("claims.csv", '"54.50"', '"54,50"', 'row 4, printed: a printed number is digits with at most one point'),
    ("claims.csv", '"54.50"', "1:2", "row 4, printed: a ratio is printed as two numbers"),
    ("claims.csv", "1:2", "0.5", "row 5, printed: a ratio is printed as two numbers"),
    ("claims.csv", "1:2,F", "1:2,G", "row 5, versus: a population is named"),
    ("claims.csv", "HB2,Change", ",Change", "row 6, versus: a variable is named"),
    ("claims.csv", "n,6,,", "n,6,AGE,", "row 2, versus: n has no versus"),
    ("claims.csv", "paired_p,<0.05", "paired_t,-2.1", "row 6, printed: a paired_t is given without its sign"),
    ("claims.csv", "SEX,chi2", "AGE,chi2", "row 7, variable: chi2 is of a category"),
    ("claims.csv", '"RESP == ""CR"""', '"RESP == ""C"""', "row 7, versus: \"C\" is no level"),
    ("claims.csv", 'n,6,,Patients', 'n,6,Patients', "row 2: a row has as many cells as the header, 8"),
    ("claims.csv", 'n,6,,Patients', 'n,6,,"Patients', "row 2: after a closing quote comes a comma"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "fault"), FAULTY)
def test_a_fault_is_named_with_file_row_and_column(folder, file, old, new, fault):
    edit(folder, file, old, new)
    assert any(line.startswith(file) and fault in line for line in faults(folder)), faults(folder)


def test_all_faults_of_all_files_are_said_together(folder):
    edit(folder, "variables.csv", "18,75", "75,18")
    edit(folder, "populations.csv", 'SEX == ""F""', 'SEX == ""f""')
    edit(folder, "rules.csv", "AGE >= 18", "AGE > > 18")
    edit(folder, "claims.csv", "F,AGE,median", "G,SEX,median")
    (folder / "settings.csv").write_text("setting,value\nquantile,hf10\nwilcoxom,exact\n")
    starts = [line.partition(":")[0] for line in faults(folder)]
    assert starts == [
        "variables.csv row 5, low",
        "populations.csv row 3, where",
        "rules.csv row 2, rule",
        "claims.csv row 4, population",
        "claims.csv row 4, variable",
        "settings.csv row 2, value",
        "settings.csv row 3, setting",
    ]


def test_a_circle_of_wheres_is_refused(folder):
    edit(folder, "variables.csv", "CR|PR|NR,,Best", "CR|PR|NR,HB2 > 1,Best")
    edit(folder, "variables.csv", '"RESP in (""CR"", ""PR"")"', '"BEST == ""CR"""')
    (line,) = faults(folder)
    assert "needs itself: BEST needs HB2 needs BEST" in line or "needs itself: HB2 needs BEST needs HB2" in line


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_missing_file_is_named_without_faults_that_follow_from_it(folder, file):
    (folder / file).unlink()
    assert faults(folder) == [f'{file}: a study has this file (got "no such file"): add it, with its header row']


@pytest.mark.parametrize("file", sorted(FILES))
@pytest.mark.parametrize("text", ["", "\n", "\ufeff", " ", ",,\n,,\n"])
def test_an_empty_file_lacks_its_header(folder, file, text):
    (folder / file).write_text(text, encoding="utf-8")
    (line,) = faults(folder)
    assert line.startswith(f"{file} row 1: a file begins with its header row (got nothing): write it: ")


def test_a_study_that_is_no_folder_is_refused(tmp_path):
    assert "a study is a folder" in faults(tmp_path / "nowhere")[0]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (FILES["rules.csv"].replace("Adults", "é").encode("latin-1"), "byte 0xe9 in line 2"),
        (b"\xff" + FILES["rules.csv"].encode(), "byte 0xff in line 1"),
        (FILES["rules.csv"].encode("utf-16"), 'UTF-8 text (got "UTF-16")'),
        (FILES["rules.csv"].replace("Adults", "a\0b").encode(), 'NUL bytes (got "one in line 2'),
    ],
)
def test_what_is_no_utf8_text_is_refused_with_its_line(folder, data, fault):
    (folder / "rules.csv").write_bytes(data)
    (line,) = faults(folder)
    assert line.startswith("rules.csv: ") and fault in line


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_either_line_end_are_read(folder, mark, end):
    for file, text in FILES.items():
        (folder / file).write_bytes((mark + text.replace("\n", end)).encode())
    assert len(read_study(folder).claims) == 8


def test_a_link_is_refused(folder):
    (folder / "rules.csv").rename(folder / "elsewhere.csv")
    (folder / "rules.csv").symlink_to(folder / "elsewhere.csv")
    assert faults(folder) == ['rules.csv: an input is a plain file (got "a symbolic link"): put the file itself there']


def test_a_file_beyond_the_limit_is_refused(folder, monkeypatch):
    monkeypatch.setattr(tables, "LARGEST_FILE", 300)
    assert all("at most 300 bytes" in line for line in faults(folder))


def test_a_cell_beyond_the_readers_limit_is_a_fault(folder):
    edit(folder, "rules.csv", "Adults", "x" * 200_000)
    assert "rules.csv row 2: a cell has at most 5,000 characters" in faults(folder)[0]


def test_rows_are_counted_as_lines_of_the_file(folder):
    edit(folder, "rules.csv", "Adults", '"two\nlines"')
    edit(folder, "rules.csv", "AGE >= 18", "AGF >= 18")
    edit(folder, "rules.csv", "RESP == BEST", "RESP == WORST")
    starts = [line.partition(":")[0] for line in faults(folder)]
    assert starts == ["rules.csv row 2, rule", "rules.csv row 4, rule"]


def test_blank_lines_other_columns_and_other_files_are_ignored(folder):
    edit(folder, "rules.csv", "id,place,rule,description\n", "id,note,place,rule,description\n")
    edit(folder, "rules.csv", "r1,", "\nr1,x,")
    edit(folder, "rules.csv", "r2,", "r2,y,")
    (folder / "regimen.csv").write_bytes(b"\xff\0")
    assert [rule.id for rule in read_study(folder).rules] == ["r1", "r2"]


def test_the_variables_may_lack_the_column_where(folder):
    lines = FILES["variables.csv"].splitlines()[:-1]
    cut = [",".join(cells[:7] + cells[8:]) for cells in csv.reader(lines)]
    (folder / "variables.csv").write_text("\n".join(cut))
    edit(folder, "claims.csv", "HB,paired_p,<0.05,HB2", "HB,paired_p,<0.05,AGE")
    assert read_study(folder).variables["HB"].where is None


def test_settings_are_read(folder):
    (folder / "settings.csv").write_text("setting,value\nquantile,hf7\n")
    assert read_study(folder).settings["quantile"] == "hf7"


def sums_of(folder, *files) -> str:
    return "".join(f"{hashlib.sha256((folder / f).read_bytes()).hexdigest()}  {f}\n" for f in files)


def test_files_as_their_sums_say_are_read(folder):
    (folder / "SHA256SUMS").write_text(sums_of(folder, *FILES).replace("  rules", " *rules") + "\n")
    assert len(read_study(folder).rules) == 2


def test_changed_and_missing_files_are_named(folder):
    (folder / "regimen.csv").write_text("x")
    (folder / "SHA256SUMS").write_text(sums_of(folder, "rules.csv", "claims.csv", "regimen.csv"))
    edit(folder, "claims.csv", "Patients", "Everybody")
    (folder / "regimen.csv").unlink()
    named = faults(folder)
    assert [line.partition(":")[0] for line in named] == ["claims.csv", "regimen.csv"]
    assert "SHA256SUMS" in named[0]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("rules.csv", "SHA256SUMS row 1: a line is a SHA-256 sum"),
        ("0" * 64 + "  ../rules.csv", "SHA256SUMS row 1: a listed file lies in the folder"),
        ("0" * 64 + "  /etc/passwd", "SHA256SUMS row 1: a listed file lies in the folder"),
    ],
)
def test_a_line_that_is_no_sum_is_refused(folder, line, fault):
    (folder / "SHA256SUMS").write_text(line)
    assert faults(folder)[0].startswith(fault)


def test_every_statistic_says_what_it_is_of():
    kinds = {"none", "number", "category", "condition", "optional condition", "population"}
    assert {kind for both in STATISTICS.values() for kind in both} <= kinds
