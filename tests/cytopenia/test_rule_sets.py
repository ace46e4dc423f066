"""Sets of criteria as data: addresses, switches, rules of one's own and what is refused, proofs about CR and PR."""

import contextlib
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cytopenia.cli import main
from cytopenia.rule_sets import (
    LEVELS,
    LINEAGES,
    QUANTITIES,
    RESPONDED,
    RULED,
    Parameters,
    addresses,
    below_floor,
    chosen_of,
    criteria_of,
    criteria_sets,
    facts,
    floor_of,
    options,
    read_criteria,
    rule_set,
    switches_of,
)
from recount.record.faults import Faults
from recount.rules import And, example, resolve

ONE_LINEAGE = {"aiha-a": ("HB",), "aiha-b": ("HB",), "jaeger2020": ("HB",)}
STATUSES = ("printed", "sourced", "second-hand", "our reading", "from memory, unverified")


# What is packaged --------------------------------------------------------------------------------


def test_every_rule_speaks_of_a_readings_columns_and_can_be_met() -> None:
    for criterion in read_criteria():
        resolve(criterion.expression, QUANTITIES)
        assert example(And((criterion.expression, *facts())), LEVELS), criterion
        assert criterion.wording and criterion.source and criterion.status in STATUSES, criterion


def test_what_is_from_memory_says_so() -> None:
    unsure = {c.crit for c in read_criteria() if c.status == "from memory, unverified"}
    assert unsure == {"jaeger2020"}
    assert {one.status for one in rule_set("ash2019").landmarks} == {"from memory, unverified"}
    assert {o.status for o in options()} <= set(STATUSES)


@pytest.mark.parametrize("crit", criteria_sets())
def test_every_set_has_all_responses_of_its_lineages_in_order(crit: str) -> None:
    found = [(c.lineage, c.response) for c in criteria_of(crit)]
    assert found == [(lineage, r) for lineage in ONE_LINEAGE.get(crit, LINEAGES) for r in RULED]


@pytest.mark.parametrize("crit", [*criteria_sets(), *addresses(criteria_sets())])
def test_a_complete_response_is_proven_to_meet_the_floor_of_a_partial_one(crit: str) -> None:
    rules = {(c.lineage, c.response): c for c in criteria_of(crit)}
    for lineage in {lineage for lineage, _ in rules}:
        assert below_floor(rules[lineage, "CR"], rules[lineage, "PR"]) is None


def test_the_floor_is_what_is_asked_for_at_the_least() -> None:
    rules = {(c.lineage, c.response): c for c in criteria_of("paper")}
    assert str(floor_of(rules["PLT", "PR"])) == 'PLT >= 30 and BLEED == "N"'
    lower = replace(rules["PLT", "CR"], rule='PLT >= 20 and BLEED == "N"')
    found = below_floor(lower, rules["PLT", "PR"])
    assert found is not None and 20 <= found["PLT"] < 30 and found["BLEED"] == "N"
    assert below_floor(replace(rules["PLT", "CR"], rule="PLT >= 100"), rules["PLT", "PR"])


def test_every_switch_has_one_default_that_changes_nothing_and_a_reason() -> None:
    for switch in {o.switch for o in options()}:
        mine = [o for o in options() if o.switch == switch]
        for name in {name for o in mine for name in o.sets}:
            assert len({o.option for o in mine if name in o.sets and o.default}) == 1, (switch, name)
        assert all(o.reads and o.reason and o.source for o in mine)
        assert all(bool(o.column) != o.default for o in mine)


def test_every_option_of_every_set_changes_what_it_names() -> None:
    for crit in ("paper", "iwg2009", "aiha-a", "jaeger2020"):
        rules = rule_set(crit)
        for switch, (default, *others) in switches_of(rules).items():
            assert replace(rule_set(f"{crit}+{switch}={default}"), name=crit, chosen={}) == rules
            for other in others:
                changed = rule_set(f"{crit}+{switch}={other}")
                assert (changed.criteria, changed.parameters) != (rules.criteria, rules.parameters)
                assert chosen_of(changed)[switch] == other


def test_the_papers_ambiguities_are_switches_of_its_set() -> None:
    wanted = {"rise", "relapse", "conflict", "bleeding", "confirm", "washout", "time", "origin", "when", "overall"}
    assert set(switches_of(rule_set("paper"))) == wanted | {"rescue", "missing"}


# Addresses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("paper-rise-by-2", "paper+rise=by-2"),
        ("paper-relapse-half-best", "paper+relapse=half-best"),
        ("paper-relapse-below-2x", "paper+relapse=below-2x"),
        ("iwg2009-aiha-b", "iwg2009+haemolysis=aiha-b"),
    ],
)
def test_earlier_names_still_name_the_same(earlier: str, now: str) -> None:
    assert criteria_of(earlier) == criteria_of(now)


def test_switches_are_set_together_in_any_order() -> None:
    one, other = (
        rule_set(f"paper+{a}+{b}") for a, b in [("rise=by-2", "bleeding=ignored"), ("bleeding=ignored", "rise=by-2")]
    )
    assert [c.rule for c in one.criteria] == [c.rule for c in other.criteria]
    rules = {c.response: c for c in one.of("PLT")}
    assert rules["PR"].rule == "PLT >= 30 and PLT < 100 and PLT >= 3*PLT_BL"
    assert "[rise=by-2: by twice the baseline, to three times it]" in rules["PR"].wording


def test_a_parameter_is_set_by_its_name() -> None:
    assert rule_set("paper+first=20+last=40").parameters == Parameters(first=20, last=40)


REFUSED = [
    ("who", ["a criteria set is one of paper,", '(got "who")']),
    ("paper+", ["paper has the switches rise, relapse,", "and the parameters first, last"]),
    ("paper+rise", ["rise is set once, to one of to-2, by-2 (got nothing)"]),
    ("paper+rise=by-3", ['rise is set once, to one of to-2, by-2 (got "by-3"): choose one']),
    ("paper+rise=by-2+rise=to-2", ['(got "by-2, then to-2")']),
    ("paper-rise-by-2+rise=to-2", ['(got "by-2, then to-2")']),
    ("paper+haemolysis=aiha-b", ["paper has the switches", '(got "haemolysis=aiha-b")']),
    ("iwg2009+rise=by-2", ["iwg2009 has the switches"]),
    ("paper+first=-1", ["first is a whole number of days from 0 to 3650"]),
    (
        "paper+first=40",
        ['month 1 is looked for from a day after 1 to the same or a later day (got "day 40 to day 37")'],
    ),
    ("paper+last=99999", ["last is a whole number of days"]),
    ("paper+rise=by-3+colour=red+last=x", ["rise is set once", "colour=red", '(got "x")']),
]


@pytest.mark.parametrize(("address", "wanted"), REFUSED)
def test_an_address_that_names_nothing_is_refused_with_everything_that_is_wrong(
    address: str, wanted: list[str]
) -> None:
    with pytest.raises(Faults) as caught:
        rule_set(address)
    assert all(part in str(caught.value) for part in wanted), str(caught.value)


def test_a_bad_set_stops_the_command_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["derive", "--cohort", "nobody", "--project", str(tmp_path), "--criteria", "who", "paper+rise=by-3"]
    assert main(words) == 2
    told = capsys.readouterr()
    assert told.out == "" and '(got "who")' in told.err and '(got "by-3")' in told.err
    assert list(tmp_path.iterdir()) == []


# Rules of one's own ------------------------------------------------------------------------------

HEADER = "lineage,response,order,rule,wording,source,confirm,washout"
GOOD = ["PLT,CR,1,PLT >= 150,x,y,7,3", "PLT,PR,2,PLT >= 50,x,y,,", "PLT,NR,3,PLT < 50,x,y,1,"]


def own(folder: Path, *lines: str, header: str = HEADER) -> str:
    path = folder / "mine.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(path)


def test_rules_of_ones_own_are_a_set_with_switches(tmp_path: Path) -> None:
    address = own(tmp_path, *GOOD)
    rules = rule_set(f"{address}+overall=better+last=40")
    assert [(c.response, c.confirm, c.washout) for c in rules.of("PLT")] == [("CR", 7, 3), ("PR", 0, 0), ("NR", 1, 0)]
    assert rules.of("HB") == () and rules.relapse("PLT") is None
    assert rules.parameters == Parameters(overall="better", last=40)
    own(tmp_path, *GOOD[1:])
    assert [c.response for c in rule_set(address).of("PLT")] == ["PR", "NR"], "the file is read again"


OWN_FAULTS = [
    (["PLT,CR,1,PLT >= ,x,y,,", *GOOD[1:]], "row 2, rule: this does not read as an expression"),
    (["PLT,CR,1,PLT >= 100 and AGE > 1,x,y,,", *GOOD[1:]], "row 2, rule: AGE is no variable"),
    (['PLT,CR,1,"BLEED == ""maybe""",x,y,,', *GOOD[1:]], '"maybe" is no level of BLEED'),
    (["PLT,CR,1,__import__('os'),x,y,,", *GOOD[1:]], "row 2, rule: nothing is called"),
    (["PLT,CR,1,PLT > 100 and PLT < 50,x,y,,", *GOOD[1:]], "row 2, rule: some reading satisfies the rule"),
    (
        ["PLT,CR,1,PLT >= 40,x,y,,", *GOOD[1:]],
        "row 2, rule: a complete response is one that meets the partial response's",
    ),
    (["PLT,CR,1,PLT >= 49.5,x,y,,", *GOOD[1:]], "floor, PLT >= 50"),
    (["PLT,CR,1,PLT >= 150,x,y,-7,", *GOOD[1:]], "row 2, confirm: confirm is a whole number from 0 to 3650"),
    (["PLT,CR,1,PLT >= 150,x,y,,1.5", *GOOD[1:]], "row 2, washout: washout is a whole number"),
    (["PLT,CR,,PLT >= 150,x,y,,", *GOOD[1:]], "row 2, order: order is a whole number"),
    (["WBC,CR,1,PLT >= 150,x,y,,", *GOOD[1:]], "row 2, lineage: lineage is one of PLT, HB"),
    (["PLT,OK,1,PLT >= 150,x,y,,", *GOOD[1:]], "row 2, response: response is one of CR, PR, NR, RELAPSE"),
    ([GOOD[0], *GOOD], "row 3, response: a lineage has one rule of CR"),
    (["PLT,CR,2,PLT >= 150,x,y,,", *GOOD[1:]], "row 3, order: the rules of a lineage are asked in an order"),
    (GOOD[:2], "a lineage that is judged has a rule of NR"),
    (["HB,CR,1,HB >= 120,x,y,,", *GOOD], 'a lineage that is judged has a rule of PR (got "none for HB")'),
    ([], "a set has rules"),
]


@pytest.mark.parametrize(("lines", "wanted"), OWN_FAULTS)
def test_rules_of_ones_own_are_refused_with_the_reason(tmp_path: Path, lines: list[str], wanted: str) -> None:
    with pytest.raises(Faults) as caught:
        rule_set(own(tmp_path, *lines))
    assert wanted in str(caught.value), str(caught.value)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    lines = ["PLT,CR,x,PLT >=,x,y,-1,", "PLT,PR,2,AGE > 1,x,y,,", "PLT,NR,3,PLT < 50,x,y,,"]
    with pytest.raises(Faults) as caught:
        rule_set(own(tmp_path, *lines))
    assert caught.value.count == 4


@pytest.mark.parametrize("header", ["lineage,response,order,rule,wording", HEADER + ",colour"])
def test_a_file_with_other_columns_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(Faults):
        rule_set(own(tmp_path, *GOOD, header=header))


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(Faults, match="no such file"):
        rule_set("data/raw/cohorts/nobody/mine.csv")


# What rules mean ---------------------------------------------------------------------------------


def test_responded_come_first_and_every_parameter_has_a_switch_or_a_number() -> None:
    assert RULED[:2] == RESPONDED
    switched = {o.column for o in options()}
    plain = {f.name for f in fields(Parameters) if isinstance(f.default, int)}
    assert {f.name for f in fields(Parameters)} <= switched | plain


def test_no_response_is_the_contrary_of_a_response_where_the_set_says_so() -> None:
    """IWG 2009: R or NR, never both, never neither; the paper's CR and NR can both hold (its ambiguity)."""
    rules = {c.response: c.expression for c in rule_set("iwg2009").of("PLT")}
    both = And((rules["PR"], rules["NR"], *facts()))
    assert example(both, LEVELS) is None
    paper = {c.response: c.expression for c in rule_set("paper").of("PLT")}
    found = example(And((paper["CR"], paper["NR"], *facts())), LEVELS)
    assert found is not None and found["PLT"] < 2 * found["PLT_BL"]


# Anything at all ---------------------------------------------------------------------------------

PARTS = [
    "paper",
    "iwg2009",
    "+",
    "=",
    "rise",
    "by-2",
    "first",
    "last",
    "-1",
    "40",
    ".csv",
    "/",
    "..",
    " ",
    "\0",
    "é",
    "'",
]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PARTS), max_size=8).map("".join)))
def test_any_address_is_a_set_or_refused(address: str) -> None:
    with contextlib.suppress(Faults):
        assert rule_set(address).criteria


CELLS = [
    "PLT",
    "HB",
    "CR",
    "PR",
    "NR",
    "RELAPSE",
    "1",
    "2",
    "-3",
    "PLT >= 30",
    "PLT < 30",
    "HB > 1 or not PLT > 2",
    '"',
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.one_of(st.sampled_from(CELLS), st.text(max_size=6)), max_size=9), max_size=6))
def test_any_file_is_a_set_or_refused(tmp_path: Path, cells: list[list[str]]) -> None:
    address = own(tmp_path, *(",".join(row).encode("utf-8", "replace").decode() for row in cells))
    with contextlib.suppress(Faults):
        rules = rule_set(address)
        for lineage in LINEAGES:
            assert {c.response for c in rules.of(lineage)} in (set(), {"PR", "NR"}, {"CR", "PR", "NR"})
