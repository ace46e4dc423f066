"""Standard deviations and paired t put to the solver, possible and impossible; the verifier confirms what is found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recount.reconstruct.posing import unknowns_of
from recount.record.codes import decoded
from recount.record.printed import root
from recount.record.schema import Study
from recount.record.study import read_study
from recount.rules import evaluate
from recount.solver.constraints import CONSTRAINTS, impose
from recount.solver.search import FOUND, NONE, ask, extreme
from recount.solver.sums_of_squares import SQUARED, beside, why_not
from recount.solver.unknowns import Unknowns
from recount.subproblems import Subproblem
from recount.verify.verifier import value_in, verify

VARIABLES = '''name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B,,group
X,integer,,1,0,20,,,a number
Y,decimal,,0.5,0,10,,"G == ""A""",a number of group A
Z,integer,,1,0,20,,,a later number
V,decimal,,0.25,-9,9,,"G == ""A""",another of group A in other steps
W,decimal,,0.001,0,9000,,,a number with many steps
M,decimal,,0.1,0,90,,,a number with more steps than are looked up
S,integer,,1,1,5,,,a scale
'''
POPULATIONS = '''name,where,description
ALL,,everybody
A,"G == ""A""",group A
'''


@dataclass(frozen=True)
class Question:
    """What is asked."""

    population: str
    variable: str
    statistic: str
    versus: str = ""
    condition: None = None


def study_of(folder: Path, claims: list[str], rules: tuple[str, ...] = ()) -> Study:
    """A study with these claims, "population|variable|statistic|printed|versus" each, and rules."""
    lines = ["id,place,population,variable,statistic,printed,versus,description"]
    for k, claim in enumerate(claims):
        population, variable, statistic, printed, versus = (claim + "||||").split("|")[:5]
        quoted = '"' + variable.replace('"', '""') + '"'
        lines.append(f"c{k},here,{population},{quoted},{statistic},{printed},{versus},a claim")
    (folder / "variables.csv").write_text(VARIABLES)
    (folder / "populations.csv").write_text(POPULATIONS)
    quoted_rules = [f'r{k},here,"{rule.replace(chr(34), chr(34) * 2)}",a rule' for k, rule in enumerate(rules)]
    (folder / "rules.csv").write_text("\n".join(["id,place,rule,description", *quoted_rules]) + "\n")
    (folder / "claims.csv").write_text("\n".join(lines) + "\n")
    return read_study(folder)


def unknowns(study: Study, alone: bool = True) -> Unknowns:
    """The study's unknowns; `alone`: without what is known beforehand of conflicts, so that constraints do the work."""
    size = int(study.claims[0].printed.value)
    if not alone:
        whole = Subproblem(tuple(study.variables), study.claims, study.rules)
        return unknowns_of(study, whole, size, [])
    u = Unknowns(study, size, study.variables)
    impose(u, [c for c in study.claims if c.statistic not in SQUARED], study.rules)
    for claim in study.claims:
        if claim.statistic in SQUARED:
            CONSTRAINTS[claim.statistic](u, claim, u.statement("claim", claim.id))
    return u


def rows(study: Study, values: dict[tuple[int, str], int], size: int) -> pd.DataFrame:
    """The patients a solution describes, blank outside of `where`."""
    columns = {n: [decoded(v, values[i, n]) for i in range(size)] for n, v in study.variables.items()}
    frame = pd.DataFrame({n: pd.Series(column, dtype=object) for n, column in columns.items()})
    for name, variable in study.variables.items():
        if variable.where is not None:
            frame.loc[~evaluate(variable.where, frame), name] = None
    return frame


TWO_A = 'ALL|G == "A"|count|2'
POSSIBLE = [
    ["ALL||n|6", "ALL|X|mean|5.5", "ALL|X|sd|2.88"],
    ["ALL||n|2", "ALL|X|sd|0.71"],
    ["ALL||n|4", "ALL|X|sd|<0.1", "ALL|X|mean|7.00"],
    ["ALL||n|7", "ALL|X|sd|3.1", "ALL|X|median|4", "ALL|X|p25|3", "ALL|X|p75|8"],
    ["ALL||n|12", "ALL|S|mean|3.4", "ALL|S|sd|1.56"],
    ["ALL||n|5", "A|Y|sd|2.5"],  # the size of A is left open
    ["ALL||n|5", "A|Y|sd|2.5", "A|Y|mean|3.3"],
    ["ALL||n|5", "ALL|Y|sd|0.35", TWO_A],  # everybody who has a value
    ["ALL||n|5", "ALL|M|sd|12.34", "ALL|M|median|44.0", "ALL|M|mean|47.0"],
    ["ALL||n|8", "ALL|X|paired_t|2.5|Z", "ALL|X|median|6", "ALL|Z|median|4"],
    ["ALL||n|6", "ALL|X|paired_p|<0.001|Z", "ALL|X|mean|10.5", "ALL|X|sd|5.2"],
    ["ALL||n|6", "ALL|X|paired_t|0.0|Z"],
    ["ALL||n|8", "A|Y|paired_t|2.5|X", "A|Y|mean|4.3"],  # steps of 0.5 and 1
    ["ALL||n|7", "A|Y|paired_p|0.05|V", "A|Y|median|4.5"],  # steps of 0.5 and 0.25
    ["ALL||n|6", "ALL|X|paired_p|1.00|Z", "ALL|X|sd|3.5"],
]
IMPOSSIBLE = [
    ["ALL||n|5", "ALL|X|mean|3.4", "ALL|X|sd|1.20"],  # parity
    ["ALL||n|3", "ALL|X|mean|5.0", "ALL|X|sd|2.24"],  # 1/2 (3Q - S^2) is 15, which isn't a^2 + ab + b^2
    ["ALL||n|12", "ALL|S|mean|3.4", "ALL|S|sd|1.95"],  # beyond the scale
    ["ALL||n|10", "ALL|X|mean|18.0", "ALL|X|sd|7.0"],
    ["ALL||n|40", "ALL|X|mean|1.03", "ALL|X|sd|0.41"],  # Anaya, PeerJ Preprints 2016;4:e2400v1
    ["ALL||n|1", "ALL|X|sd|0.0"],
    ["ALL||n|3", "ALL|X|sd|<-1"],
    ["ALL||n|6", "A||n|1", "A|Y|sd|1.0"],
    ["ALL||n|6", "A||n|2", "A|Y|sd|1.0"],  # two values in halves have the SDs 0.71 and 1.06
    ["ALL||n|5", "ALL|X|median|10", "ALL|X|p25|2", "ALL|X|sd|2.0"],
    ["ALL||n|4", "ALL|X|paired_t|0.0|Z", "ALL|X|mean|3.25", "ALL|Z|mean|4.25"],
    ["ALL||n|4", "ALL|X|value|3", "ALL|Z|value|4", "ALL|X|paired_t|>0|Z"],  # differences that are all the same
    ["ALL||n|4", "ALL|X|paired_p|>1|Z"],
    ["ALL||n|5", "ALL|X|paired_t|9.9|Z", "ALL|X|median|3", "ALL|Z|median|4", "ALL|X|max|3", "ALL|Z|min|4"],
]


def named(claims: list[str]) -> str:
    return " ".join(claims[1:])


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("claims", POSSIBLE, ids=named)
def test_what_is_possible_is_found_and_verified(tmp_path: Path, claims: list[str], alone: bool) -> None:
    study = study_of(tmp_path, claims)
    u = unknowns(study, alone)
    answer = ask(u, set(u.on))
    assert answer.status == FOUND
    assert verify(study, rows(study, answer.values, u.size)).broken.empty


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("claims", IMPOSSIBLE, ids=named)
def test_what_is_impossible_is_proven_so(tmp_path: Path, claims: list[str], alone: bool) -> None:
    u = unknowns(study_of(tmp_path, claims), alone)
    assert ask(u, set(u.on)).status == NONE


@pytest.mark.parametrize("claims", IMPOSSIBLE, ids=named)
def test_without_the_claim_the_rest_is_possible(tmp_path: Path, claims: list[str]) -> None:
    study = study_of(tmp_path, claims)
    u = unknowns(study, alone=False)
    of_squares = {("claim", c.id) for c in study.claims if c.statistic in SQUARED}
    assert ask(u, set(u.on) - of_squares).status == FOUND


JOINT = [  # what the solver alone takes long for, and proofs known beforehand settle at once
    ["ALL||n|8", "ALL|X|paired_p|<0.001|Z", "ALL|X|mean|10.5", "ALL|Z|mean|10.4", "ALL|X|sd|5.2", "ALL|Z|sd|2.0"],
    ["ALL||n|6", "ALL|X|sd|8.0", "ALL|Z|sd|5.0", "ALL|X|mean|10.5", "ALL|Z|mean|9.0", "ALL|X|paired_t|2.00|Z"],
]


@pytest.mark.parametrize("claims", JOINT, ids=named)
def test_a_correlation_beyond_1_is_proven_with_quartiles_beside(tmp_path: Path, claims: list[str]) -> None:
    u = unknowns(study_of(tmp_path, [*claims, "ALL|X|median|11"]), alone=False)
    assert ask(u, set(u.on), limit=1.0).status == NONE


RANGES = [  # claims; question; the square's least and greatest over every set of patients
    (["ALL||n|4", "ALL|S|mean|2.50"], ("ALL", "S", "sd", "")),
    (["ALL||n|4", "ALL|S|median|2"], ("ALL", "S", "sd", "")),
    (["ALL||n|4", "ALL|S|max|3", "ALL|X|value|2"], ("ALL", "S", "paired_t", "X")),
]


@pytest.mark.parametrize(("claims", "asked"), RANGES, ids=str)
def test_the_square_asked_for_has_the_ends_of_every_set_of_patients(
    tmp_path: Path, claims: list[str], asked: tuple[str, str, str, str]
) -> None:
    study, question = study_of(tmp_path, claims), Question(*asked)
    u = unknowns(study)
    quantity = SQUARED[question.statistic](u, question)
    squares = []
    for scores in product(range(1, 6), repeat=4):
        frame = pd.DataFrame(
            {"S": scores, "X": [2] * 4, "Z": [0] * 4, "W": [0] * 4, "M": [0] * 4, "G": ["B"] * 4}, dtype=object
        )
        frame["Y"] = frame["V"] = None
        value = value_in(study, question, frame)
        if value is not None and verify(study, frame).broken.empty:
            squares.append(value)
    terms = [(1, u.unknown(("asked",), quantity.numerator))]
    if not isinstance(quantity.denominator, int):
        return check_quotient(u, quantity, squares)
    for greatest, expected in ((False, min(squares)), (True, max(squares))):
        answer = extreme(u, set(u.on), terms, greatest, given=[quantity.defined])
        assert answer.best
        assert root(Fraction(answer.objective) * quantity.scale / quantity.denominator) == expected
    return None


def check_quotient(u: Unknowns, quantity: object, squares: list) -> None:
    """No patients have a quotient below the least or above the greatest, and some have either."""
    numerator = u.unknown(("top",), quantity.numerator)  # type: ignore[attr-defined]
    denominator = u.unknown(("bottom",), quantity.denominator)  # type: ignore[attr-defined]
    for greatest, end in ((False, min(squares)), (True, max(squares))):
        square = (end**2).limit_denominator(10**6)
        terms = [(square.denominator, numerator), (-square.numerator, denominator)]
        answer = extreme(u, set(u.on), terms, greatest, given=[quantity.defined])  # type: ignore[attr-defined]
        assert answer.best and answer.objective == 0


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.fractions(min_value=0, max_value=10**6, max_denominator=10**6),
    st.integers(min_value=1, max_value=60),
    st.booleans(),
)
def test_a_ratio_beside_another_is_the_nearest_of_all_on_its_side(ratio: Fraction, limit: int, up: bool) -> None:
    terms = [Fraction(a, b) for a in range(limit + 1) for b in range(1, limit + 1)]
    wanted = [x for x in terms if (x >= ratio if up else x <= ratio)]
    if not wanted:
        with pytest.raises(ValueError, match="no ratio"):
            beside(ratio, limit, up)
        return
    assert beside(ratio, limit, up) == (min(wanted) if up else max(wanted))


def test_what_is_too_large_for_whole_numbers_is_said_and_not_imposed(tmp_path: Path) -> None:
    study = study_of(tmp_path, ["ALL||n|1500", "ALL|W|sd|2.0", "ALL|X|sd|2.0", "ALL|W|paired_t|2.0|X"])
    assert [bool(why_not(study, c)) for c in study.claims[1:]] == [True, False, True]
    u = Unknowns(study, 2, ["W", "X"])
    impose(u, study.claims[1:], ())
    assert set(u.on) == {("claim", "c2")}
