"""Bounds worked by hand: the bound that is just true is proven, the one beyond it is not."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from recount.second_prover import encoding, patient_types, quantile_clauses, truth
from recount.second_prover.ladder import prove_bound
from recount.second_prover.programme import Programme
from recount.second_prover.published import read_question
from recount.second_prover.reading import Study
from recount.verify import verify

from .conftest import outcome

CASES = [
    # patients, claims, rules, question, end, the bound that is just true, one that isn't
    (3, ["ALL|X|max|2|"], [], "X||mean|", "high", "2", "1.9"),
    (3, ["ALL|X|median|1|"], [], "X||max|", "low", "1", "1.1"),
    (3, ["ALL|X == 1|count|2|"], [], "X||median|", "low", "1", "1.1"),  # a tie: whatever the third has
    (3, ["ALL|X == 1|count|2|"], [], "X||median|", "high", "1", "0.9"),
    (4, ["ALL|X|median|1.5|"], [], "X||p75|", "low", "2", "2.1"),  # x2 + x3 = 3, and the least is 1 2 2
    (4, ["ALL|X|median|1.5|"], [], "X||p25|", "high", "1", "0.9"),
    (3, ["A|X >= 1|count|0|"], ['G == "A"'], "X|A|max|", "high", "0", "-1"),
    (3, [], ['G == "A" -> X == 2'], "X|A|sum|", "high", "6", "5"),
    (3, ["A||n|1|"], [], "not (Y < 0.5)||count|", "high", "1", "0"),  # who has no Y is not counted either way
    (3, [], ["Y >= 0.5"], 'G == "B"||count|', "high", "3", "2"),  # who has no Y doesn't break the rule
    (3, [], ["Y >= 0.5"], "Y||min|", "low", "0.5", "0.6"),
    (3, ['ALL|G == "A"|percent|33.3|'], [], 'G == "A"||count|', "low", "1", "2"),
    (3, ["A||ratio|2:1|B"], [], 'G == "A"||count|', "low", "2", "3"),
    (3, ["A||n|1|"], [], "Y||median|9", "low", "9", "9.1"),  # the two who have none count as nine
    (3, ["A||n|2|"], [], "Y||median|9", "high", "1", "0.9"),
    (3, ["ALL|X|max|<2|"], [], "X||sum|", "high", "3", "2"),
    (3, ["ALL|X|mean|1.0|", "ALL|X|min|1|"], [], "X||max|", "high", "1", "0.9"),
    (3, ["HIGH||n|1|"], [], "X||median|", "high", "1", "0.9"),
    (3, ["HIGH|X|value|3|"], [], "X||max|", "low", "3", "3.1"),
    (3, ["ALL|W|max|30|"], ["V >= 2*W"], "V||max|", "low", "60", "61"),
    (3, ["ALL|W|min|20|"], ["V >= 2*W"], "V||min|", "low", "40", "41"),
    (3, ["ALL|W|min|20|"], ["V >= 2*W"], "V - W||min|", "low", "20", "21"),
    (3, ["ALL|W|mean|50|", "ALL|V|mean|10|"], [], "W||sum|", "low", "148.5", "150"),
    (5, ["ALL|W|p25|10|", "ALL|W|p75|20|"], [], "W||median|", "low", "10", "11"),
    (5, ["ALL|W|p25|10|", "ALL|W|p75|20|"], [], "W||median|", "high", "20", "19"),
]


def wrong(record: Callable[..., Study], cases: list = CASES) -> list:
    """The cases that aren't decided as worked by hand."""
    found = []
    for case in cases:
        patients, claims, rules, asked, end, true, false = case
        study = record(patients, claims, rules)
        if outcome(study, asked, end, true) != "proven" or outcome(study, asked, end, false) == "proven":
            found.append(case)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]} {case[2]} {case[3]} {case[4]}")
def test_a_bound_is_proven_up_to_where_it_is_true_and_no_farther(record: Callable[..., Study], case: tuple) -> None:
    assert wrong(record, [case]) == []


def test_a_statistic_of_nobody_has_no_value(record: Callable[..., Study]) -> None:
    nobody = record(3, [], ['G == "B"'])
    assert outcome(nobody, "X|A|mean|", "low", "100") == "proven"  # no patients have a lower mean: none have any
    assert outcome(nobody, 'G == "A"||count|', "low", "1") == "not proven"


def test_a_claim_about_nobody_does_not_hold(record: Callable[..., Study]) -> None:
    assert outcome(record(3, ["A|X|max|<=3|"]), 'G == "A"||count|', "low", "1") == "proven"


def test_a_statement_left_out_proves_nothing(record: Callable[..., Study]) -> None:
    study = record(3, ["ALL|X|max|2|"])
    assert outcome(study, "X||mean|", "high", "2", without=[("claim", "C0")]) == "not proven"
    assert outcome(study, "X||mean|", "high", "3", without=[("claim", "C0")]) == "proven"


def test_what_is_no_matter_of_counting_types_is_not_tried(record: Callable[..., Study]) -> None:
    assert outcome(record(3), "X||sd|", "low", "0") == "not proven"


# --- an encoding that forgot something --------------------------------------------------------------------


def forgets_missing(self: patient_types.TypeTable, known: np.ndarray, values: int) -> None:
    """Drops the types that lack a value."""
    rows = np.flatnonzero(known)
    self.types.keep_rows(np.repeat(rows, values))
    self._places = np.tile(np.arange(values), len(rows))


def breaks_by_unknown(self: patient_types.TypeTable) -> None:
    """Takes a rule to be broken by whoever it isn't true of."""
    for rule, needs in self._rules:
        if needs <= self.types.columns.keys():
            self.types.keep_rows(np.flatnonzero(truth.truth_of(rule, self.types.columns, self.study) == truth.TRUE))


def only_false(feature: object, types: patient_types.PatientTypes, study: Study) -> tuple:
    """Takes a comparison to be false wherever it can be."""
    may_be_true, may_be_false = possible(feature, types, study)  # type: ignore[arg-type]
    return may_be_true & ~may_be_false, may_be_false


possible = patient_types.possible


def one_short(k: int, *rest: object) -> tuple:
    """Counts one value more than a quantile needs."""
    clauses, whole = at_most(k, *rest)  # type: ignore[arg-type]
    return [tuple((t, count + 1) for t, count in clause) for clause in clauses], whole


at_most = quantile_clauses.at_most


def strictly(self: Programme, terms: object, bound: object, strict: bool = False) -> None:
    """Takes every bound of a sum to be left out."""
    plainly(self, terms, bound, True)  # type: ignore[arg-type]


plainly = Programme.at_most


def without_highs(study: Study, factors: object, constant: int) -> tuple:
    """Takes each type to have the least values of its cells."""
    low, _ = ends_in(study, factors, constant)  # type: ignore[arg-type]
    return low, low


ends_in = patient_types.ends_in

FORGOTTEN = [
    (patient_types.TypeTable, "_expand_rows", forgets_missing),
    (patient_types.TypeTable, "_drop_refused", breaks_by_unknown),
    (patient_types, "possible", only_false),
    (encoding, "at_most", one_short),
    (Programme, "at_most", strictly),
    (encoding, "ends_in", without_highs),
]


@pytest.mark.parametrize("home, name, mutant", FORGOTTEN, ids=[mutant.__name__ for *_, mutant in FORGOTTEN])
def test_an_encoding_that_leaves_patients_out_is_found_out(
    record: Callable[..., Study], monkeypatch: pytest.MonkeyPatch, home: object, name: str, mutant: Callable
) -> None:
    monkeypatch.setattr(home, name, mutant)
    assert wrong(record)


# --- refuted ----------------------------------------------------------------------------------------------


def test_a_bound_is_refuted_only_by_patients_that_the_verifier_confirms(record: Callable[..., Study]) -> None:
    study = record(3, ["ALL|X|median|1|", "A||n|2|", "A|Y|mean|0.5|"], ['G == "A" -> X >= 2*Y'])
    question = read_question(study, {"expression": "X", "where": "ALL", "statistic": "mean", "otherwise": ""})
    assert question is not None
    asked: list[pd.DataFrame] = []

    def confirms(patients: list) -> bool:
        frame = pd.DataFrame(patients, dtype=object)
        asked.append(frame)
        return not len(verify(study, frame).broken) and frame["X"].sum() / Fraction(3) > Fraction("1.5")

    assert prove_bound(study, question, "high", Fraction("1.5"), verifier=confirms).outcome == "refuted"
    assert prove_bound(study, question, "high", Fraction("1.5"), verifier=lambda _: False).outcome == "not proven"
    assert prove_bound(study, question, "high", Fraction("1.5")).outcome == "not proven"
    assert all(set(frame.columns) == set(study.variables) for frame in asked)
