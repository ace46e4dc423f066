"""Small records that real rows satisfy: patients are drawn, and claims print what the verifier computes of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from recount.record import ROUNDINGS, Claim, Population, Printed, Rule, Study, Variable
from recount.record.printed import rounded
from recount.rules import parse, resolve
from recount.verify.verifier import value_in

NEAREST = tuple(how for how in ROUNDINGS if how != "truncate")
NUMBERS = ("X", "Z", "H", "T", "Y", "W", "D")
OF_NUMBERS = ("min", "max", "median", "p25", "p75", "mean", "sd", "value")
UNSIGNED = ("wilcoxon_z", "paired_t")
PAIRS = (("X", "Z"), ("Y", "W"), ("X", "H"), ("Z", "X"))
CONDITIONS = (
    'G == "A"',
    'G == "B"',
    'G == "C"',
    'G in ("A", "B")',
    'G != "C"',
    'S == "M"',
    'S == "F"',
    "X >= 2",
    'G == "A" and S == "M"',
    'G == "B" and S == "M"',
    "H < 1",
    'G == "A" or X >= 3',
    'S == "M" and Y > 0',
)
POPULATIONS = {
    "ALL": "",
    "A": 'G == "A"',
    "B": 'G == "B"',
    "AB": 'G in ("A", "B")',
    "MEN": 'S == "M"',
    "HIGH": "X >= 2",
    "A_MEN": 'G == "A" and S == "M"',
    "SOME": 'G == "A" or X >= 3',
    "FEW": "Y >= 1",
}


def _number(name: str, step: str, low: int, high: int, where: str = "") -> tuple[Variable, str]:
    kind = "integer" if step == "1" else "decimal"
    return Variable(name, kind, "", Fraction(step), Fraction(low), Fraction(high), (), None, ""), where


def variables() -> dict[str, Variable]:
    """Two categories and seven numbers, two of which only group A has; D is Z - X."""
    made = {
        "G": (Variable("G", "category", "", None, None, None, ("A", "B", "C"), None, ""), ""),
        "S": (Variable("S", "category", "", None, None, None, ("M", "F"), None, ""), ""),
        "X": _number("X", "1", 0, 5),
        "Z": _number("Z", "1", 0, 5),
        "H": _number("H", "0.5", 0, 3),
        "T": _number("T", "1", 0, 1),
        "Y": _number("Y", "0.5", -1, 2, 'G == "A"'),
        "W": _number("W", "0.2", 0, 2, 'G == "A"'),
        "D": _number("D", "1", -5, 5),
    }
    plain = {name: variable for name, (variable, _) in made.items()}
    return {
        name: replace(variable, where=resolve(parse(where), plain) if where else None)
        for name, (variable, where) in made.items()
    }


def rows(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """So many patients, sometimes much alike."""
    known = variables()
    spread = int(rng.integers(1, 7))
    drawn: dict[str, list[object]] = {name: [] for name in known}
    for _ in range(size):
        for name, variable in known.items():
            if variable.kind == "category":
                drawn[name].append(variable.levels[int(rng.integers(len(variable.levels)))])
            elif name in ("Y", "W") and drawn["G"][-1] != "A":
                drawn[name].append(None)
            elif name != "D":
                assert variable.low is not None and variable.high is not None and variable.step is not None
                steps = min(int((variable.high - variable.low) / variable.step), spread)
                drawn[name].append(variable.low + int(rng.integers(steps + 1)) * variable.step)
            else:
                drawn[name].append(drawn["Z"][-1] - drawn["X"][-1])  # type: ignore[operator]
    return pd.DataFrame(drawn, dtype=object)


def record(seed: int) -> tuple[Study, pd.DataFrame]:
    """A record with claims that its rows, given beside it, satisfy."""
    rng = np.random.default_rng(seed)
    frame = rows(rng, int(rng.integers(1, 9)))
    known = variables()
    populations = {
        name: Population(name, resolve(parse(where), known) if where else None, "")
        for name, where in POPULATIONS.items()
    }
    rules = (Rule("change", "", resolve(parse("D == Z - X"), known), "D == Z - X", ""),)
    settings = {"quantile": str(rng.choice(["haverage", "tukey", *(f"hf{k}" for k in range(1, 10))]))}
    study = Study(Path("."), known, populations, rules, (), settings)
    first = Claim("N", "", "ALL", "", "n", Printed(str(len(frame))), "", "")
    drawn = (_claim(k, rng, study, frame) for k in range(int(rng.integers(4, 70))))
    return replace(study, claims=(first, *(claim for claim in drawn if claim is not None))), frame


def _claim(k: int, rng: np.random.Generator, study: Study, frame: pd.DataFrame) -> Claim | None:
    """A claim that prints what the rows give; None where they give nothing."""
    kind = str(rng.choice(["n", "n", "count", "count", "percent", "ratio", "number", "number", "pair", "chi2"]))
    population = str(rng.choice(list(POPULATIONS)))
    about = Claim(f"c{k}", "", population, "", kind, Printed("0"), "", "")
    if kind in ("count", "percent"):
        text = str(rng.choice(CONDITIONS))
        about = replace(about, variable=text, condition=resolve(parse(text), study.variables))
    elif kind == "ratio":
        about = replace(about, versus=str(rng.choice(list(POPULATIONS))))
    elif kind == "number":
        about = replace(about, statistic=str(rng.choice(OF_NUMBERS)), variable=str(rng.choice(NUMBERS)))
    elif kind == "pair":
        one, other = PAIRS[int(rng.integers(len(PAIRS)))]
        statistic = str(rng.choice(["wilcoxon_z", "wilcoxon_p", "paired_t", "paired_p"]))
        about = replace(about, statistic=statistic, variable=one, versus=other)
    elif kind == "chi2":
        versus = str(rng.choice(["S", "S", "S", "X >= 2", "H < 1"]))
        about = replace(about, statistic=str(rng.choice(["chi2", "chi2_p"])), variable="G", versus=versus)
    value = value_in(study, about, frame)
    return None if value is None else replace(about, printed=_printed(Fraction(value), rng, about.statistic))


def _printed(value: Fraction, rng: np.random.Generator, statistic: str) -> Printed:
    decimals = int(rng.integers(0, 5))
    if statistic == "ratio":
        return Printed(f"{value.numerator}:{value.denominator}") if value else Printed("0:1")
    if rng.random() < 0.1:
        sign, more = (("<", 1), (">", -1), ("<=", 0), (">=", 0))[int(rng.integers(4))]
        edge = rounded(value, decimals, "truncate") + more + {"<=": 1, ">=": -1}.get(sign, 0) + more
        if edge >= 0 or statistic not in UNSIGNED:
            return Printed(f"{sign}{_text(edge, decimals)}")
    return Printed(_text(rounded(value, decimals, str(rng.choice(NEAREST))), decimals))


def _text(value: Fraction, decimals: int) -> str:
    units = int(abs(value) * 10**decimals)
    whole, rest = divmod(units, 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}" + (f".{rest:0{decimals}}" if decimals else "")
