"""Records that are made up: patients drawn by chance, printed as tables of clinical papers print them.

They stand for papers that may not be copied here. What is printed of the patients is recomputed by the verifier, so
that each record is consistent.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from recount.record import Study, read_study
from recount.verify import statistic

VARIABLES = "name,kind,unit,step,low,high,levels,where,description"
CLAIMS = "id,place,population,variable,statistic,printed,versus,description"
DECIMALS = {"n": 0, "count": 0, "percent": 1, "mean": 1, "sd": 1, "median": 1, "p25": 1, "p75": 1, "min": 0, "max": 0}
Numbers = dict[str, tuple[int, int, int, int]]  # least, greatest, middle, spread
Wanted = tuple[str, str, str]  # population, variable or condition, statistic


def table_of_arms(folder: Path) -> Study:
    """105 patients in three arms and 87 claims: counts, percents, means with SDs and medians with quartiles by arm."""
    numbers: Numbers = {"AGE": (18, 85, 52, 14), "DAYS": (0, 60, 14, 9), "SCORE": (0, 27, 12, 5)}
    levels = {"SEX": "F|M", "STAGE": "I|II|III", "SMOKER": "yes|no", "DIABETES": "yes|no"}
    wanted = [(arm, about, kind) for arm in ("ALL", "A", "B", "C") for about, kind in _rows_of_an_arm()]
    return _written(folder, 105, numbers, levels, wanted[:87])


def _rows_of_an_arm() -> Iterator[tuple[str, str]]:
    yield "", "n"
    for condition in ('SEX == "F"', 'STAGE == "I"', 'STAGE == "II"', 'SMOKER == "yes"', 'DIABETES == "yes"'):
        yield condition, "count"
        yield condition, "percent"
    for kind in ("mean", "sd", "min", "max"):
        yield "AGE", kind
    for name in ("DAYS", "SCORE"):
        for kind in ("median", "p25", "p75"):
            yield name, kind
    yield 'STAGE == "III"', "count"


def abstract(folder: Path) -> Study:
    """33 patients and 17 claims, as an abstract has them: who responded, ages, days to response, platelets."""
    numbers: Numbers = {"AGE": (18, 85, 48, 15), "DAYS": (1, 90, 21, 12), "PLT": (0, 400, 90, 70)}
    levels = {"SEX": "F|M", "RESPONSE": "CR|PR|NR"}
    everybody = [("", "n"), ('SEX == "F"', "count"), ('RESPONSE == "CR"', "count"), ('RESPONSE == "PR"', "count")]
    everybody += [('RESPONSE == "CR"', "percent"), ('RESPONSE == "PR"', "percent"), ("AGE", "median")]
    everybody += [("AGE", "min"), ("AGE", "max"), ("PLT", "mean"), ("PLT", "sd"), ("DAYS", "median")]
    wanted = [("ALL", about, kind) for about, kind in everybody]
    wanted += [("CR", about, kind) for about, kind in (("DAYS", "median"), ("PLT", "median"), ("PLT", "min"))]
    wanted += [("CR", 'SEX == "F"', "count"), ("CR", "AGE", "median")]
    return _written(folder, 33, numbers, levels, wanted)


def _written(folder: Path, size: int, numbers: Numbers, levels: dict[str, str], wanted: list[Wanted]) -> Study:
    """The record of patients drawn by chance, its claims printed as these patients give them."""
    arms = {"A": 'ARM == "A"', "B": 'ARM == "B"', "C": 'ARM == "C"', "CR": 'RESPONSE == "CR"'}
    populations = [
        "ALL,,everybody",
        *(f"{p},{_quoted(arms[p])}," for p in dict.fromkeys(p for p, _, _ in wanted[1:]) if p in arms),
    ]
    known = levels | ({"ARM": "A|B|C"} if any(p == "A" for p, _, _ in wanted) else {})
    variables = [f"{n},integer,,1,{low},{high},,," for n, (low, high, _, _) in numbers.items()]
    variables += [f"{n},category,,,,,{texts},," for n, texts in known.items()]
    blank = [f"c{k},here,{p},{_quoted(about)},{kind},0,," for k, (p, about, kind) in enumerate(wanted)]
    blank[0] = f"c0,here,ALL,,n,{size},,"
    files = {"variables": [VARIABLES, *variables], "populations": ["name,where,description", *populations]}
    files |= {"rules": ["id,place,rule,description"], "claims": [CLAIMS, *blank]}
    _write(folder, files)
    study = read_study(folder)
    patients = _drawn(size, numbers, known)
    printed = [_printed(statistic(claim, patients, study).value, claim.statistic) for claim in study.claims]
    lines = [line.rsplit(",", 3)[0] + f",{text},," for line, text in zip(blank, printed, strict=True)]
    _write(folder, files | {"claims": [CLAIMS, *lines]})
    return read_study(folder)


def _drawn(size: int, numbers: Numbers, levels: dict[str, str]) -> pd.DataFrame:
    chance = np.random.default_rng(size)
    columns: dict[str, list[Fraction] | list[str]] = {}
    for name, (low, high, middle, spread) in numbers.items():
        drawn = np.clip(np.rint(chance.normal(middle, spread, size)), low, high)
        columns[name] = [Fraction(int(x)) for x in drawn]
    for name, texts in levels.items():
        columns[name] = [str(x) for x in chance.choice(texts.split("|"), size)]
    return pd.DataFrame(columns, dtype=object)


def _printed(value: Fraction | float | None, kind: str) -> str:
    assert value is not None, "every statistic of the patients drawn has a value"
    tenths = 10 ** DECIMALS[kind]
    return f"{int(float(value) * tenths + 0.5) / tenths:.{DECIMALS[kind]}f}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if text else ""


def _write(folder: Path, files: dict[str, list[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
