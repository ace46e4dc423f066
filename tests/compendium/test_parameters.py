from pathlib import Path

import pytest

from compendium.parameters import ParameterError, parameters, typed
from compendium.project import Cohort, root

DEFAULTS = {"cohort": "mine", "criteria": "paper", "seed": 1, "confidence": 0.95}


def own(base: Path, text: str) -> Cohort:
    (base / "data/raw/cohorts/mine/parameters.yml").write_text(text)
    return Cohort("mine", base)


def test_a_cohort_without_a_file_has_the_defaults(base: Path) -> None:
    assert parameters(Cohort("mine", base)) == DEFAULTS


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(base: Path) -> None:
    cohort = own(base, "seed: 2\nconfidence: 0.9\n")
    assert parameters(cohort, ("seed=3",)) == {**DEFAULTS, "seed": 3, "confidence": 0.9}


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("012", "text", "012"),  # a text stays as it is
        ("1e3", "text", "1e3"),
        ("true", "text", "true"),
        ("12", 1, 12),
        ("-1", 1, -1),
        ("0.9", 0.95, 0.9),
        ("1", 0.95, 1),  # a whole number is a number; it becomes 1.0 when it is taken
        ("false", True, False),
        ("[1]", 1, "[1]"),  # refused afterwards, as a text
    ],
)
def test_a_setting_is_read_in_the_type_of_its_default(text: str, default: object, expected: object) -> None:
    assert typed(text, default) == expected


def test_a_whole_number_becomes_a_number_where_one_is_needed(base: Path) -> None:
    value = parameters(Cohort("mine", base), ("confidence=1",))["confidence"]
    assert (value, type(value)) == (1.0, float)


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        (
            "sede: 1\n",
            (),
            "mine/parameters.yml, sede: no such parameter: there are cohort, confidence, criteria, seed",
        ),
        ("seed: one\n", (), "mine/parameters.yml, seed: a whole number is needed (got 'one')"),
        ("seed: 1.5\n", (), "mine/parameters.yml, seed: a whole number is needed (got 1.5)"),
        ("seed: true\n", (), "mine/parameters.yml, seed: a whole number is needed (got True)"),
        ("criteria: 12\n", (), "mine/parameters.yml, criteria: a text is needed (got 12)"),
        (
            "seed: 2026-11-23\n",
            (),
            "seed: a text, a number, true or false is needed (got datetime.date(2026, 11, 23))",
        ),
        ("seed: [1]\n", (), "seed: a text, a number, true or false is needed (got [1])"),
        ("- seed\n", (), "lines of `name: value` are needed (got list)"),
        ("seed: {\n", (), "not readable as YAML"),
        ("", ("seed",), "-p seed: name=value is needed"),
        ("", ("seed=x",), "-p, seed: a whole number is needed (got 'x')"),
        ("", ("nosuch=1",), "-p, nosuch: no such parameter"),
    ],
)
def test_a_fault_says_where_and_what(base: Path, text: str, settings: tuple[str, ...], said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parameters(own(base, text), settings)
    assert said in str(caught.value)


def test_all_faults_come_at_once(base: Path) -> None:
    with pytest.raises(ParameterError) as caught:
        parameters(own(base, "sede: 1\nseed: x\n"), ("criterion=paper",))
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "mine/parameters.yml, sede",
        "mine/parameters.yml, seed",
        "-p, criterion",
    ]


def test_yaml_runs_nothing(base: Path) -> None:
    with pytest.raises(ParameterError, match="not readable"):
        parameters(own(base, "seed: !!python/object/apply:os.getpid []\n"))


def test_the_projects_own_defaults_are_plain() -> None:
    assert parameters(Cohort())["cohort"] == "reconstructed"
    assert (root() / "notebooks/parameters.yml").is_file()
