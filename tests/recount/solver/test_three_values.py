"""Unknown patients and rows give an expression the same of three values, whoever lacks whatever."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recount.record import Study, decoded, read_study
from recount.rules import (
    And,
    Compare,
    Expression,
    Implies,
    In,
    IsLevel,
    Not,
    Or,
    SameLevel,
    Sum,
    breaks,
    evaluate,
)
from recount.solver.search import FOUND, ask
from recount.solver.unknowns import Unknowns

VARIABLES = '''name,kind,unit,step,low,high,levels,where,description
G,category,,,,,A|B,,group
X,integer,,1,0,4,,,a number
Y,decimal,,0.5,0,2,,"G == ""A""",a number of group A
W,integer,,1,0,4,,Y > 0.5 or X > 3,a number of some whose own condition may be unknown
K,category,,,,,B|C|A,X > 1,levels in another order
'''
PATIENTS = 24


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("three")
    (folder / "variables.csv").write_text(VARIABLES)
    (folder / "populations.csv").write_text("name,where,description\nALL,,everybody\n")
    (folder / "rules.csv").write_text("id,place,rule,description\n")
    (folder / "claims.csv").write_text(
        f"id,place,population,variable,statistic,printed,versus,description\nc,here,ALL,,n,{PATIENTS},,everybody\n"
    )
    return read_study(folder)


number = st.sampled_from([Fraction(n, 2) for n in range(-2, 7)])
total = st.builds(
    Sum, st.lists(st.tuples(number, st.sampled_from("XYW")), max_size=2, unique_by=lambda t: t[1]).map(tuple), number
)
atom = st.one_of(
    st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), total, total),
    st.builds(IsLevel, st.sampled_from(["==", "!="]), st.sampled_from("GK"), st.sampled_from("AB")),
    st.builds(SameLevel, st.sampled_from(["==", "!="]), st.just("G"), st.just("K")),
    st.builds(In, st.sampled_from("GK"), st.lists(st.sampled_from("AB"), min_size=1, max_size=2).map(tuple)),
    st.builds(In, st.sampled_from("XYW"), st.lists(number, min_size=1, max_size=3).map(tuple)),
)
rule: st.SearchStrategy = st.recursive(
    atom,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Implies, inner, inner),
    ),
    max_leaves=5,
)


def rows(study: Study, codes: dict) -> pd.DataFrame:
    """The patients of these codes, blank where a variable isn't theirs; a condition's own variables come first."""
    cells = {n: [decoded(v, codes[i, n]) for i in range(PATIENTS)] for n, v in study.variables.items()}
    frame = pd.DataFrame({n: pd.Series(column, dtype=object) for n, column in cells.items()})
    for name, variable in study.variables.items():
        if variable.where is not None:
            frame.loc[~evaluate(variable.where, frame), name] = None
    return frame


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rule, st.integers(0, 2**32 - 1))
def test_solver_and_rows_tell_the_same_of_three_values(study: Study, node: Expression, seed: int) -> None:
    rng = np.random.default_rng(seed)
    u = Unknowns(study, PATIENTS, study.variables)
    codes = {(i, n): int(rng.integers(*u.bounds(n), endpoint=True)) for i in range(PATIENTS) for n in study.variables}
    for cell, code in codes.items():
        u.cp.add(u.x[cell] == code)
    for i in range(PATIENTS):
        for name, told in (("true", u.truth(i, node)), ("false", u.breaks(i, node)), ("kept", u.keeps(i, node))):
            u.x[i, name] = u.cp.new_bool_var("")
            u.cp.add(u.x[i, name] == told)
    answer = ask(u, set())
    assert answer.status == FOUND
    found = {name: [bool(answer.values[i, name]) for i in range(PATIENTS)] for name in ("true", "false", "kept")}
    frame = rows(study, codes)
    assert found["true"] == evaluate(node, frame).tolist()
    assert found["false"] == breaks(node, frame).tolist()
    assert found["kept"] == (~breaks(node, frame)).tolist()
