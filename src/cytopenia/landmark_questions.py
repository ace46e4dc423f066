"""What landmarks alone tell of the response by other criteria: questions for `recount range`.

The printed record knows patients at landmarks, baseline and month 1, and nothing in between. A set that needs no
second reading can be asked there: its rules, renamed, are rules of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

import pandas as pd

from cytopenia.rule_sets import LEVELS, LINEAGES, Criterion, NormalRanges, facts, rule_set
from recount.rules import And, Compare, Expression, In, IsLevel, Not, Or, Sum, implies, names

LED_BY = {"PLT": "sITP", "HB": "AIHA"}
"""The diagnosis that is judged by one lineage alone."""
OUTCOMES = {"responders": "In response at month 1", "complete": "In complete response at month 1"}
QUESTIONS = ("id", "question", "expression", "where", "statistic", "otherwise", "versus", "unit", "note")
PROVABLE = (
    "paper",
    "paper+rise=by-2",
    "paper+bleeding=ignored",
    "paper+overall=better",
    "paper+overall=platelets",
    "paper+overall=haemolysis",
    "iwg2009+confirm=none",
    "iwg2009+confirm=none+haemolysis=aiha-b",
    "iwg2009+confirm=none+haemolysis=jaeger2020+washout=none",
)
"""The specifications whose response at month 1 the landmarks of the record tell, without a reading between them."""
PROVABLE_COMPLETE = (("complete", "iwg2009+confirm=none"),)
"""The paper's own complete response of haemolysis asks for symptoms, which no landmark has."""
WITHOUT = 31
"""What those without a response count as in a median time over everybody treated: later than month 1."""


def questions() -> pd.DataFrame:
    """One row per outcome and specification that landmarks tell: a question for `recount range`, all text."""
    found = []
    for outcome, address in (*(("responders", address) for address in PROVABLE), *PROVABLE_COMPLETE):
        told, rule = f"{OUTCOMES[outcome]}: {address}", str(_over_all(address, outcome))
        found.append((f"{outcome}|{address}", told, rule, "", "count", "", "", "patients", address))
    for lineage, group in LED_BY.items():
        key = f"onset_{lineage.lower()}|paper+time=everybody"
        told = f"Median time to response over everybody treated for {group}"
        name = f"ONSET_{lineage}"
        found.append((key, told, name, group, "median", str(WITHOUT), "", "days", "paper+time=everybody"))
    return pd.DataFrame(found, columns=list(QUESTIONS))


def _over_all(address: str, outcome: str) -> Expression:
    """Whether a patient is in (complete) response at month 1, over the lineages that count, as a rule of landmarks."""
    told = _in_response if outcome == "responders" else _in_complete
    platelets, haemolysis = (told({c.response: c for c in rule_set(address).of(lineage)}) for lineage in LINEAGES)
    both: dict[str, Expression] = {
        "worse": And((platelets, haemolysis)),
        "better": Or((platelets, haemolysis)),
        "platelets": platelets,
        "haemolysis": haemolysis,
    }
    two = both[rule_set(address).parameters.overall]
    return Or(
        (
            And((IsLevel("==", "DX", LED_BY["PLT"]), platelets)),
            And((IsLevel("==", "DX", LED_BY["HB"]), haemolysis)),
            And((In("DX", ("IRP", "EVANS")), two)),
        )
    )


def _in_response(rules: Mapping[str, Criterion]) -> Expression:
    """Whether a lineage is in response at month 1: PR's rule alone where it is proven that CR implies it."""
    complete, partial = rules["CR"].expression, rules["PR"].expression
    alone = implies(complete, partial, LEVELS, facts())
    return at_month_1(partial if alone else Or((complete, partial)))


def _in_complete(rules: Mapping[str, Criterion]) -> Expression:
    return at_month_1(rules["CR"].expression)


def at_month_1(node: Expression, limits: Mapping[str, Fraction] = MappingProxyType({})) -> Expression:
    """A rule about a reading as a rule about the record's month 1; the limit of normal haemoglobin goes by sex.

    >>> from recount.rules import parse
    >>> str(at_month_1(parse("PLT >= 2*PLT_BL")))
    'PLT_M1 >= 2*PLT_BL'
    """
    match node:
        case And() | Or():
            return type(node)(tuple(at_month_1(item, limits) for item in node.items))
        case Not():
            return Not(at_month_1(node.item, limits))
        case Compare() if "HB_LLN" in names(node) - set(limits):
            by_sex = (("M", NormalRanges().hb_low_men), ("F", NormalRanges().hb_low_women))
            sexes = [(sex, at_month_1(node, {"HB_LLN": _exact(limit)})) for sex, limit in by_sex]
            return Or(tuple(And((IsLevel("==", "SEX", sex), one)) for sex, one in sexes))
        case Compare():
            known = {"RETI_ULN": _exact(NormalRanges().reti_high), "BILI_ULN": _exact(NormalRanges().bili_high)}
            return Compare(node.op, *(_at_month_1(side, {**known, **limits}) for side in (node.left, node.right)))
        case IsLevel() | In():
            return replace(node, name=_landmark(node.name))
    raise TypeError(node)


def _exact(number: float) -> Fraction:
    return Fraction(str(number))


def _at_month_1(side: Sum, limits: Mapping[str, Fraction]) -> Sum:
    """A sum with its limits filled in and its readings those of month 1."""
    constant = side.constant + sum((c * limits[name] for c, name in side.terms if name in limits), Fraction(0))
    return Sum(tuple((c, _landmark(name)) for c, name in side.terms if name not in limits), constant)


def _landmark(name: str) -> str:
    return name if name.endswith("_BL") else f"{name}_M1"
