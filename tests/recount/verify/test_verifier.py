"""A table is judged by its rows alone: every statistic, every rule, every variable."""

import ast
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recount.record.printed import Printed
from recount.record.schema import STATISTICS, Claim, Population, Rule, Study, Variable
from recount.rules import ExpressionError, parse, resolve
from recount.verify import verifier as verify_module
from recount.verify.verifier import cell_problem, shown_value, signed_rank, statistic, t_squared, verify


def variable(name, kind="integer", step="1", low="0", high="1000", levels=(), where=None):
    numbers = (None, None, None) if kind == "category" else tuple(map(Fraction, (step, low, high)))
    return Variable(name, kind, "", *numbers, levels, where and parse(where), "")


VARIABLES = {
    v.name: v
    for v in [
        variable("SEX", "category", levels=("M", "F")),
        variable("RESP", "category", levels=("CR", "PR", "NR")),
        variable("X", low="-1000"),
        variable("Y", low="-1000"),
        variable("D", "decimal", "0.1"),
        variable("LATER", where='RESP in ("CR", "PR")'),
    ]
}
WHERES = {"ALL": None, "M": 'SEX == "M"', "F": 'SEX == "F"', "NOBODY": "X > 5000", "HIGH": "X >= 4"}


def study(claims=(), rules=(), **settings):
    populations = {k: Population(k, v and resolve(parse(v), VARIABLES), "") for k, v in WHERES.items()}
    settings = {"quantile": "haverage", "wilcoxon": "asymptotic", "paired_t_sign": "either"} | settings
    return Study(Path("."), VARIABLES, populations, tuple(rules), tuple(claims), settings)


def claim(kind, printed, variable="", versus="", population="ALL"):
    wanted = STATISTICS[kind][0]
    condition = resolve(parse(variable), VARIABLES) if "condition" in wanted and variable else None
    return Claim("c", "", population, variable, kind, Printed(printed), versus, "", condition)


FRAME = pd.DataFrame(
    {
        "SEX": ["M", "F", "F", "F", "F", "M"],
        "RESP": ["CR", "CR", "PR", "NR", "NR", "NR"],
        "X": [1, 2, 3, 4, 10, None],
        "Y": [2, 4, 3, 1, None, 5],
        "D": [0.1, 0.2, 0.3, 0.1, 0.2, 0.3],
        "LATER": ["5", "6", "7", "", "", ""],
    }
)

STATISTIC = [
    (claim("n", "6"), "6", True, "half-up half-even half-down truncate"),
    (claim("n", "2", population="M"), "2", True, "half-up half-even half-down truncate"),
    (claim("n", "0", population="NOBODY"), "0", True, "half-up half-even half-down truncate"),
    (claim("n", "5"), "6", False, ""),
    (claim("count", "4", 'SEX == "F"'), "4", True, "half-up half-even half-down truncate"),
    (claim("count", "1", 'RESP == "CR"', population="M"), "1", True, "half-up half-even half-down truncate"),
    (claim("count", "6"), "6", True, "half-up half-even half-down truncate"),
    (claim("count", "2", "not X > 2"), "2", True, "half-up half-even half-down truncate"),  # X missing is unknown
    (claim("percent", "66.7", 'SEX == "F"'), "66.6667", True, "half-up half-even half-down"),
    (claim("percent", "66.6", 'SEX == "F"'), "66.6667", False, "truncate"),
    (claim("percent", "50", 'SEX == "F"', population="NOBODY"), None, False, ""),
    (claim("ratio", "1:2", versus="F", population="M"), "2:4", True, "half-up half-even half-down truncate"),
    (claim("ratio", "1:2", versus="NOBODY", population="M"), None, False, ""),
    (claim("value", "0.1", "D", population="M"), "0.3", False, ""),
    (claim("value", "0", "D"), "0.1", True, "half-up half-even half-down truncate"),
    (claim("value", "10", "X", population="NOBODY"), None, False, ""),
    (claim("min", "1", "X"), "1", True, "half-up half-even half-down truncate"),
    (claim("max", "10", "X"), "10", True, "half-up half-even half-down truncate"),
    (claim("max", "10", "X", population="NOBODY"), None, False, ""),
    (claim("median", "3", "X"), "3", True, "half-up half-even half-down truncate"),
    (claim("p25", "1.5", "X"), "1.5", True, "half-up half-even half-down truncate"),  # x[6/4] of 1 2 3 4 10
    (claim("p75", "7.0", "X"), "7", True, "half-up half-even half-down truncate"),
    (claim("p25", "0.1", "D", population="HIGH"), "0.1", True, "half-up half-even half-down truncate"),
    (claim("mean", "4", "X"), "4", True, "half-up half-even half-down truncate"),
    (claim("mean", "0.2", "D"), "0.2", True, "half-up half-even half-down truncate"),
    (claim("sd", "3.54", "X"), "3.53553", True, "half-up half-even half-down"),  # root of 12.5
    (claim("sd", "3.53", "X"), "3.53553", False, "truncate"),
    (claim("sd", "1", "X", population="M"), None, False, ""),
    (claim("wilcoxon_z", "0.000", "X", "Y"), "0", True, "half-up half-even half-down truncate"),
    (claim("wilcoxon_p", "1.000", "X", "Y"), "1", True, "half-up half-even half-down truncate"),
    (claim("paired_t", "0.00", "X", "Y"), "0", True, "half-up half-even half-down truncate"),
    (claim("paired_p", ">0.05", "X", "Y"), "1", True, "half-up half-even half-down truncate"),
    (claim("wilcoxon_z", "0.0", "X", "X"), None, False, ""),
    (claim("paired_t", "0.0", "X", "X"), None, False, ""),
    (claim("paired_p", "0.0", "X", "X"), None, False, ""),
    (claim("wilcoxon_p", "0.0", "X", "X"), None, False, ""),
    (claim("chi2", "0.375", "SEX", 'RESP == "CR"'), "0.375", True, "half-up half-even half-down truncate"),
    (
        claim("chi2_p", "0.54", "SEX", 'RESP == "CR"'),
        "0.540291",
        True,
        "half-up half-even half-down truncate",
    ),
    (claim("chi2", "0.75", "SEX", "RESP"), "0.75", True, "half-up half-even half-down truncate"),
    (claim("chi2", "1", "SEX", "RESP", population="M"), None, False, ""),
    (claim("chi2_p", "1", "SEX", "SEX", population="M"), None, False, ""),
    (claim("stated", "30"), None, True, ""),
]


@pytest.mark.parametrize(("asked", "text", "holds", "rounding"), STATISTIC)
def test_a_statistic_of_the_rows(asked, text, holds, rounding):
    found = statistic(asked, FRAME, study())
    assert (found.text or None, found.holds, " ".join(found.rounding)) == (text, holds, rounding)
    assert (found.value is None) == (text is None)


@pytest.mark.parametrize(
    ("definition", "p25"),
    [("haverage", "1.5"), ("hf6", "1.5"), ("tukey", "2"), ("hf7", "2"), ("hf1", "2"), ("hf3", "1"),
     ("hf4", "1.25")],
)  # fmt: skip
def test_a_quartile_is_by_the_studys_definition(definition, p25):
    assert statistic(claim("p25", "1", "X"), FRAME, study(quantile=definition)).value == Fraction(p25)


def test_every_statistic_of_a_study_is_computed():
    asked_only = {"sum", "shift"}  # of a range, never printed in a claim
    assert set(verify_module.STATISTICS) - asked_only | {"stated"} == set(STATISTICS)


@pytest.mark.parametrize("asked", [claim("mean", "1", "Z"), claim("mean", "1", "SEX")])
def test_a_table_that_cannot_be_read_is_refused(asked):
    with pytest.raises(ExpressionError):
        statistic(asked, FRAME, study())


@pytest.mark.parametrize(
    ("value", "text"),
    [(Fraction(24), "24"), (Fraction(-45, 8), "-5.625"), (Fraction(1, 3), "0.333333"), (0.00227, "0.00227"),
     (Fraction(1, 10**7), "1e-07"), (Fraction(12345678), "12345678")],
)  # fmt: skip
def test_a_value_is_shown_whole_or_to_six_digits(value, text):
    assert shown_value(value) == text


integers = st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), min_size=2, max_size=12)


@given(integers)
def test_the_signed_rank_z_is_scipys(pairs):
    square = signed_rank([(Fraction(x), Fraction(y)) for x, y in pairs])
    differences = np.array([y - x for x, y in pairs if x != y])
    if not len(differences):
        assert square is None
        return
    theirs = stats.wilcoxon(differences, correction=False, method="asymptotic")
    assert float(square) ** 0.5 == pytest.approx(abs(theirs.zstatistic), abs=1e-9)


@given(integers)
def test_the_paired_t_and_both_ps_are_scipys(pairs):
    frame = pd.DataFrame(pairs, columns=["X", "Y"])
    if (frame["Y"] - frame["X"]).nunique() < 2:
        assert t_squared([(Fraction(x), Fraction(y)) for x, y in pairs]) is None
        return
    theirs = stats.ttest_rel(frame["X"], frame["Y"])
    assert float(statistic(claim("paired_t", "1", "X", "Y"), frame, study()).value) == pytest.approx(
        abs(theirs.statistic), rel=1e-9, abs=1e-9
    )
    assert statistic(claim("paired_p", "1", "X", "Y"), frame, study()).value == pytest.approx(theirs.pvalue)
    ranked = stats.wilcoxon(frame["X"], frame["Y"], correction=False, method="asymptotic")
    assert statistic(claim("wilcoxon_p", "1", "X", "Y"), frame, study()).value == pytest.approx(ranked.pvalue)


@given(st.lists(st.tuples(st.sampled_from("MF"), st.sampled_from(["CR", "PR", "NR"])), min_size=4, max_size=30))
def test_chi_squared_is_scipys(rows):
    frame = pd.DataFrame(rows, columns=["SEX", "RESP"])
    table = pd.crosstab(frame["SEX"], frame["RESP"])
    found = statistic(claim("chi2", "1", "SEX", "RESP"), frame, study()).value
    if min(table.shape) < 2:
        assert found is None
        return
    theirs = stats.chi2_contingency(table, correction=False)
    assert float(found) == pytest.approx(theirs.statistic, abs=1e-9)
    assert statistic(claim("chi2_p", "1", "SEX", "RESP"), frame, study()).value == pytest.approx(theirs.pvalue)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.integers(0, 3))
def test_the_sd_is_judged_by_its_square(values, places):
    frame = pd.DataFrame({"X": values})
    printed = format(np.std(values, ddof=1), f".{places}f")
    found = statistic(claim("sd", printed, "X"), frame, study())
    centre = Fraction(sum(values), len(values))
    variance = sum((x - centre) ** 2 for x in values) / (len(values) - 1)
    low, high = Printed(printed).interval
    assert found.holds == (max(low, 0) ** 2 <= variance <= high**2)


def test_a_patient_without_either_level_is_in_no_cell_of_chi_squared():
    rows = pd.DataFrame({"SEX": ["M", "M", "F", "F", "", "M"], "RESP": ["CR", "CR", "PR", "PR", "CR", None]})
    assert statistic(claim("chi2", "4", "SEX", "RESP"), rows, study()).value == 4


# --- the whole table ---

GOOD = FRAME.assign(USUBJID=[f"P{k}" for k in range(1, 7)], X=[1, 2, 3, 4, 10, 0], Y=[2, 4, 3, 1, 0, 5])


def rule(text, name="r"):
    return Rule(name, "", resolve(parse(text), VARIABLES), text, "")


def finding(frame, name, of=None):
    findings = verify(of or study(), frame).findings.set_index("id")
    return bool(findings.loc[name, "holds"]), findings.loc[name, "why"]


def test_a_table_that_satisfies_its_study_breaks_nothing():
    found = verify(study([claim("n", "6")], [rule('RESP == "CR" -> X <= 2')]), GOOD)
    assert found.broken.empty
    assert list(found.findings.columns) == ["id", "kind", "holds", "recomputed", "why"]
    assert list(found.findings["kind"]) == ["claim", "rule", *["variable"] * 7]
    assert found.findings["holds"].dtype == bool


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (claim("n", "7"), "printed 7, recomputed 6"),
        (claim("percent", "66.6", 'SEX == "F"'), "printed 66.6, recomputed 66.6667"),
        (claim("mean", "7", "X", population="NOBODY"), "printed 7, nobody to compute it from"),
        (claim("n", "6"), ""),
    ],
)
def test_a_broken_claim_says_what_was_recomputed(asked, why):
    assert finding(GOOD, "c", study([asked])) == (not why, why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("X >= 0", ""),
        ("X >= 1", "broken by P6"),
        ('SEX == "F" -> X < 4', "broken by P4, P5"),
        ("LATER > 5", "broken by P1"),
    ],
)
def test_a_broken_rule_names_its_patients(text, why):
    assert finding(GOOD, "r", study(rules=[rule(text)])) == (not why, why)


@pytest.mark.parametrize(
    ("column", "row", "cell", "why"),
    [
        ("X", 0, None, "missing: P1"),
        ("X", 1, -1001, "below -1000: P2"),
        ("X", 1, 1001, "above 1000: P2"),
        ("X", 1, -1000, ""),
        ("X", 1, 1000, ""),
        ("X", 1, 2.5, "no multiple of 1: P2"),
        ("X", 1, "abc", "no number: P2"),
        ("X", 1, float("inf"), "no number: P2"),
        ("D", 5, "0.30", ""),
        ("D", 5, 0.25, "no multiple of 0.1: P6"),
        ("SEX", 0, "W", "no level of it: P1"),
        ("SEX", 0, "", "missing: P1"),
        ("LATER", 0, "", "missing: P1"),
        ("LATER", 3, "5", 'a value outside of RESP in ("CR", "PR"): P4'),
        ("USUBJID", 0, "P2", "more than once: P2"),
    ],
)
def test_a_cell_that_breaks_its_variable_is_named_with_its_patient(column, row, cell, why):
    frame = GOOD.astype(object)
    frame.loc[row, column] = cell
    assert finding(frame, column) == (not why, why)


def test_a_column_that_is_not_there_is_named_and_nobody_has_its_values():
    of = study([claim("mean", "3", "X")], [rule("X > 0")])
    found = verify(of, GOOD.drop(columns="X")).findings.set_index("id")
    assert found.loc["X", "why"] == "the table has no such column"
    assert found.loc["c", "why"] == "printed 3, nobody to compute it from"
    assert found.loc["r", "holds"]  # unknown of everybody, and so broken by nobody


def test_patients_without_names_are_rows():
    assert finding(GOOD.drop(columns="USUBJID").assign(X=[9, 9, 9, 9, 9, -2000]), "X") == (
        False,
        "below -1000: row 6",
    )


def test_an_index_of_any_kind_is_no_matter():
    shuffled = GOOD.set_index(pd.Index([5, 5, 5, 1, 1, 1]))
    assert verify(study([claim("n", "2", population="M")]), shuffled).broken.empty


def test_numbers_from_a_file_are_judged_as_they_are_written(tmp_path):
    GOOD.to_csv(tmp_path / "cohort.csv", index=False)
    for read in (pd.read_csv(tmp_path / "cohort.csv"), pd.read_csv(tmp_path / "cohort.csv", dtype=str)):
        assert verify(study([claim("mean", "0.2", "D")]), read).broken.empty


def test_a_cell_is_judged_by_its_variable_alone():
    assert cell_problem(VARIABLES["X"], 5, due=True) == ""
    assert cell_problem(VARIABLES["LATER"], None, due=False) == ""


def test_the_verifier_never_imports_the_solver():
    """Neither itself nor through what it imports from this package."""
    package = Path(verify_module.__file__).parents[1]
    waiting, seen = ["verify.verifier"], set()
    while waiting:
        module = waiting.pop()
        seen.add(module)
        path = package / module.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
        imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not {name for name in imported if name.startswith("ortools")}
        own = {name.removeprefix("recount.") for name in imported if name.startswith("recount.")}
        assert not {name.partition(".")[0] for name in own} & {"solver", "reconstruct", "audit", "cli"}
        waiting += sorted(own - seen)
    assert "record.printed" in seen
