"""Feeds the readers of a printed record what a stranger might: a Study or Faults comes back, and no code is run.

    python tests/fuzz/fuzz_study.py --seconds 60 --seed 1

`fuzz_study_guided.py` does the same guided by coverage. A finding is kept in the folder of --keep and ends the run
with exit 1. An audit hook watches each reading: nothing is executed, imported, connected or written, and no file
outside of the folder is opened.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from recount.record.faults import MOST_SHOWN, Faults
from recount.record.printed import Printed
from recount.record.schema import Study
from recount.record.study import patients_of, read_study
from recount.rules import ExpressionError, parse, parse_sum
from recount.rules.tree import LONGEST

SMALL = {
    "variables.csv": """name,kind,unit,step,low,high,levels,where,description
SEX,category,,,,,M|F,,Sex
RESP,category,,,,,CR|PR|NR,,Response
AGE,integer,years,,18,75,,,Age
HB,decimal,g/dL,0.1,2.0,20.0,,,Haemoglobin
HB2,decimal,g/dL,0.1,-2.0,20.0,,"RESP in (""CR"", ""PR"")",Haemoglobin later
""",
    "populations.csv": '''name,where,description
ALL,,Everybody
F,"SEX == ""F""",Women
''',
    "rules.csv": '''id,place,rule,description
r1,1.1,AGE >= 18 and not (HB < 5 or 2*HB - AGE > 0.5),Adults
r2,1.3,"RESP == ""CR"" -> SEX != ""M""",No man
''',
    "claims.csv": '''id,place,population,variable,statistic,printed,versus,description
c1,2.1,ALL,,n,6,,Patients
c2,2.1,ALL,"SEX == ""F"" and AGE < 50",count,4,,Women
c3,2.1,F,AGE,median,"54.50",,Age
c4,2.1,F,,ratio,1:2,ALL,Women to all
c5,2.2,ALL,HB,paired_p,<0.05,HB2,Change
c6,2.2,ALL,SEX,chi2,3.84,"RESP == ""CR""",Response by sex
c7,2.2,ALL,,stated,3,,Lineages
c8,2.2,ALL,HB,mean,-5.10,,Mean
c9,2.2,ALL,"RESP in (""CR"",)",percent,16.7,,Share
''',
    "settings.csv": "setting,value\nquantile,hf7\nwilcoxon,asymptotic\n",
    "assumptions.csv": '''variable,where,low,typical,high,reason
SEX,,,F,,Usual
HB,"SEX == ""F""",5,10.5,15,Usual
,HB <= HB2,,,,Aimed at
''',
    "SHA256SUMS": "0000000000000000000000000000000000000000000000000000000000000000  claims.csv\n",
}

NASTY = [
    *("", " ", '"', "'", '""', ",", ";", "|", "\t", "\n", "\r\n", "\r", "\0", "\ufeff", "\x1b[2J", "\u202e", "\x85"),
    *("NaN", "nan", "inf", "-inf", "1e400", "-0", "0", "-1", "1,000", "\u22121", "٣", "５", "½", "²", "1.", ".5", "+1"),
    *("9" * 31, "9" * 400, "0." + "0" * 29 + "1", "1:0", "1:1:1", "<", "<=", "≤", "≥5", "<-5", ">1:2"),
    *("A == 1", "SEX", "HB", "AGE", "RESP", "ALL", "F", "n", "count", "median", "ratio", "chi2", "wilcoxon_z", "sd"),
    *("category", "integer", "decimal", "name", "where", "printed", "USUBJID", "__class__", "__import__", "lambda"),
    *("==", "!=", "<=", "->", "and", "or", "not ", "in", "(", ")", "*", "+", "-", "()", '("F",)', "(1, 2)", '"F"'),
    *('__import__("os").system("touch sentinel")', 'open("sentinel", "w")', "().__class__.__bases__[0]", 'f"{AGE}"'),
    *("[x for x in (1,)]", "lambda: 1", "AGE[0]", "AGE.real", "(AGE := 3)", "AGE if AGE else AGE", "AGE ** 9999999"),
    *("((((((((((" * 5, "not " * 45, "-" * 50, "AGE+" * 400, " or AGE == 1" * 150, "=cmd|' /C calc'!A0", "../x"),
]


def small_files() -> dict[str, bytes]:
    """A small study's files, which read as a Study once the list of sums is dropped."""
    return {name: text.encode() for name, text in SMALL.items() if name != "SHA256SUMS"}


# --- what must hold ---------------------------------------------------------------------------------------

_watched: list[tuple[str, str]] | None = None
_folder = ""
FORBIDDEN = ("exec", "import", "os.", "subprocess.", "socket.", "shutil.", "ctypes.", "pty.", "marshal.", "pickle.")


def watch() -> None:
    """Begins to watch, once everything that Python loads late, such as codecs, has been loaded by a first reading."""
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), small_files(), {})
        assert patients_of(read_study(folder)) == 6
    sys.addaudithook(_watch)


def _watch(event: str, args: tuple) -> None:
    if _watched is None:
        return
    if event == "open" and isinstance(args[0], str):
        if not args[0].startswith(_folder) or args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            _watched.append((event, str(args)))
    elif event.startswith(FORBIDDEN):
        _watched.append((event, str(args)[:200]))


def check(folder: Path) -> str:
    """What reading the folder gave: "studies" or "lists of faults". Raises what the readers raise, AssertionError."""
    global _watched, _folder
    _folder, _watched = str(folder), []
    try:
        outcome = read_study(folder)
        patients_of(outcome)
    except Faults as faults:
        outcome = faults
    finally:
        seen, _watched = _watched, None
    assert not seen, seen
    if isinstance(outcome, Faults):
        check_faults(outcome)
        return "lists of faults"
    check_study(outcome)
    return "studies"


def check_faults(faults: Faults) -> None:
    """Each fault is one printable line that names its file, its rule and its remedy; a hundred at most are shown."""
    lines = str(faults).split("\n")
    assert 1 <= len(lines) <= MOST_SHOWN + 1 and faults.count >= len(faults.faults) >= 1
    for fault, line in zip(faults.faults[:MOST_SHOWN], lines, strict=False):
        assert line == str(fault) and line.isprintable() and len(line) < 1500, line
        assert fault.file and fault.rule and fault.remedy, fault


def check_study(read: Study) -> None:
    """Every expression prints as what parses to the same tree."""
    for text in (r.text for r in read.rules):
        tree = parse(text)
        assert len(str(tree)) > LONGEST or parse(str(tree)) == tree, text


def check_text(text: str) -> None:
    """A text is an expression, a sum or a printed number, or is refused with the error that says so."""
    for made in (parse, parse_sum):
        try:
            tree = made(text)
        except ExpressionError:
            continue
        assert len(str(tree)) > LONGEST or made(str(tree)) == tree, text
    try:
        number = Printed(text)
    except ValueError as error:
        assert type(error) is ValueError, error
    else:
        assert number.is_ratio or number.relation != "=" or number.contains(number.value), text


# --- mutations --------------------------------------------------------------------------------------------


def mutated(files: dict[str, bytes], rng: random.Random) -> dict[str, bytes]:
    """The files with one to four changes: of bytes, of text, of cells, of rows, of columns, of whole files."""
    files = dict(files)
    for _ in range(rng.choice([1, 1, 2, 4])):
        name = rng.choice(sorted(files))
        how = rng.choice([_bytes_changed, _text_changed, _cell_changed, _cell_changed, _cells_swapped, _rows_changed])
        files[name] = how(files[name], rng)
    if rng.random() < 0.05:
        files[rng.choice(sorted(SMALL))] = rng.choice([b"", rng.randbytes(rng.randint(0, 200)), *files.values()])
    return files


def _bytes_changed(data: bytes, rng: random.Random) -> bytes:
    array, place = bytearray(data), rng.randrange(len(data) + 1)
    length = rng.choice([0, 1, 1, 2, 20, 200])
    array[place : place + length] = rng.choice([b"", rng.randbytes(length), bytes(array[place : place + length]) * 2])
    return bytes(array)


def _text_changed(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.choice(NASTY).encode() + data[place + rng.choice([0, 0, 1, 5]) :]


def _rows(data: bytes) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(data.decode("utf-8", "replace").replace("\0", ""), newline="")))
    except csv.Error:
        return [line.split(",") for line in data.decode("utf-8", "replace").splitlines()]


def _joined(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _cell_changed(data: bytes, rng: random.Random) -> bytes:
    rows = [row for row in _rows(data) if row]
    if not rows:
        return data
    row = rng.choice(rows)
    row[rng.randrange(len(row))] = rng.choice([rng.choice(NASTY), _grown(rng, 3)])
    return _joined(rows)


def _cells_swapped(data: bytes, rng: random.Random) -> bytes:
    rows = [row for row in _rows(data) if row]
    if not rows:
        return data
    one, other = rng.choice(rows), rng.choice(rows)
    i, j = rng.randrange(len(one)), rng.randrange(len(other))
    one[i], other[j] = other[j], one[i]
    return _joined(rows)


def _rows_changed(data: bytes, rng: random.Random) -> bytes:
    rows = [row for row in _rows(data) if row]
    if not rows:
        return data
    row, column = rng.choice(rows), rng.randrange(len(rows[0]))
    match rng.randrange(4):
        case 0:
            rows.append(list(row))
        case 1:
            rows.remove(row)
        case 2:
            rows = [[cell for i, cell in enumerate(cells) if i != column] for cells in rows]
        case _:
            rng.shuffle(rows)
    return _joined(rows)


def _grown(rng: random.Random, depth: int) -> str:
    """An expression grown at random, often a right one."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(["AGE", "HB", "HB2", "SEX", "RESP", "1", "0.5", '"F"', '"CR"', "9" * 29, f"0.{'0' * 27}1"])
    left, right = _grown(rng, depth - 1), _grown(rng, depth - 1)
    sign = rng.choice(["==", "!=", "<", ">=", "and", "or", "+", "-", "*", "->", "in", "not", "()", ","])
    if sign == "not":
        return f"not {left}"
    return f"({left}, {right})" if sign == "," else f"({left})" if sign == "()" else f"{left} {sign} {right}"


# --- runs -------------------------------------------------------------------------------------------------


def written(folder: Path, files: dict[str, bytes], before: dict[str, bytes]) -> None:
    """Makes the folder hold these files, writing what differs from before."""
    for name in before.keys() - files.keys():
        (folder / name).unlink()
    for name, data in files.items():
        if before.get(name) != data:
            (folder / name).write_bytes(data)


def seeds() -> list[dict[str, bytes]]:
    """The small study, and the paper's own."""
    paper = Path(__file__).parents[2] / "data" / "raw" / "paper"
    return [small_files()] * 9 + [{p.name: p.read_bytes() for p in paper.glob("*.csv")}]


def blind(runs: int | None, seconds: float, seed: int, keep: Path) -> int:
    """Mutates until the runs or the seconds are over; the exit code."""
    rng, end, bases = random.Random(seed), time.monotonic() + seconds, seeds()
    counts = {"studies": 0, "lists of faults": 0, "texts": 0}
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name) / "study", {}
        folder.mkdir()
        for done in _until(runs, end):
            files = mutated(rng.choice(bases), rng)
            written(folder, files, before)
            before = files
            text = "".join([rng.choice(NASTY), _grown(rng, 2), rng.choice(NASTY)] if done % 2 else [_grown(rng, 5)])
            try:
                counts[check(folder)] += 1
                check_text(text)
                counts["texts"] += 1
                assert not Path("sentinel").exists() and {p.name for p in folder.iterdir()} == set(files)
            except Exception:
                _keep(keep, files, text)
                print(f"seed {seed}, run {done}: {traceback.format_exc()}", file=sys.stderr)
                return 1
    print(", ".join(f"{number:,} {name}" for name, number in counts.items()) + ": no finding")
    return 0


def _until(runs: int | None, end: float) -> Iterator[int]:
    done = 0
    while done < runs if runs is not None else time.monotonic() < end:
        yield done
        done += 1


def _keep(keep: Path, files: dict[str, bytes], text: str) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    for name, data in {**files, "text": text.encode("utf-8", "surrogatepass")}.items():
        (keep / name).write_bytes(data)
    print(f"kept in {keep}", file=sys.stderr)


def main() -> int:
    """The exit code: 0 where nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--runs", type=int, help="so many readings instead of seconds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz_study", metavar="DIR")
    args = parser.parse_args()
    watch()
    return blind(args.runs, args.seconds, args.seed, args.keep)


if __name__ == "__main__":
    sys.exit(main())
