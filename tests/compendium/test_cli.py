from pathlib import Path

import pytest

from compendium import cli
from compendium.project import cohorts, notebooks


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "01", "--cohort", "nosuch"), f"there is no cohort nosuch: there are {', '.join(cohorts())}"),
        (("site", "--cohort", "nosuch"), "there is no cohort nosuch"),
        (("results", "--cohort", "../paper"), "there is no cohort ../paper"),
        (("run", "99_none"), "there is no notebook 99_none: there are 0"),
        (("run", "01", "-p", "sede=1"), "has the parameters cohort"),
        (("run", "01", "-p", "seed"), "has the parameters cohort"),
        (("parameter", "sede"), "there is no parameter sede: there are cohort, criteria, seed, confidence"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == cli.USED_WRONGLY
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("form", ["{number}", "{stem}", "{stem}.ipynb", "notebooks/{stem}.ipynb"])
def test_a_notebook_is_named_by_path_name_or_number(form: str) -> None:
    path = notebooks()[0]
    options = cli.parser().parse_args(["run", form.format(number=path.stem[:2], stem=path.stem)])
    assert cli.notebook_of(options) == path


def test_a_parameter_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["parameter", "seed"]) == 0
    assert capsys.readouterr().out == "1\n"


def test_dependencies_go_to_a_file_or_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["depends"]) == 0
    shown = capsys.readouterr().out
    assert cli.main(["depends", "--out", str(tmp_path / "depends.mk")]) == 0
    assert (tmp_path / "depends.mk").read_text() == shown != ""


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
