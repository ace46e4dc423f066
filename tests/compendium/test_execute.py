import json
from collections.abc import Callable
from pathlib import Path

import pytest

from compendium.execute import NotebookFailed, differing, joined, run, without
from compendium.parameters import ParameterError
from compendium.project import Cohort

Writer = Callable[..., Path]
CELLS = (
    "import os, pathlib, sys\nprint('a', flush=True)\nprint('b', flush=True)\nprint(seed)",
    "pathlib.Path.cwd().name, os.environ['PYTHONHASHSEED']",
    "from IPython.display import Markdown, display\ndisplay(Markdown('**bold**'))",
)


@pytest.fixture(scope="module")
def twice(lasting_base: Path, notebook: Writer) -> tuple[bytes, bytes]:
    """The bytes of one notebook run two times."""
    path = notebook(lasting_base / "notebooks/01_a.ipynb", *CELLS)
    cohort = Cohort(base=lasting_base)
    first, second = (run(path, cohort).read_bytes() for _ in range(2))
    return first, second


def cells(content: bytes) -> list[dict]:
    return json.loads(content)["cells"]


def test_two_runs_are_the_same(twice: tuple[bytes, bytes]) -> None:
    assert twice[0] == twice[1]


def test_only_what_the_author_wrote_and_the_outputs_are_kept(twice: tuple[bytes, bytes]) -> None:
    content = json.loads(twice[0])
    assert sorted(content["metadata"]) == ["kernelspec", "language_info"]
    assert content["metadata"]["language_info"]["version"] == "3.11"
    assert [cell["id"] for cell in content["cells"]] == ["title", "parameters", "c0", "c1", "c2"]
    assert [cell["metadata"] for cell in content["cells"]] == [{}, {"tags": ["parameters"]}, {}, {}, {}]
    assert [cell["execution_count"] for cell in content["cells"][1:]] == [1, 2, 3, 4]


def test_outputs_are_as_the_cells_gave_them(twice: tuple[bytes, bytes]) -> None:
    stream, value, shown = (cell["outputs"] for cell in cells(twice[0])[2:])
    assert "".join(stream[0]["text"]) == "a\nb\n1\n"
    assert value[0]["data"]["text/plain"] == ["('notebooks', '0')"]
    assert shown[0]["data"]["text/markdown"] == ["**bold**"]


def test_a_changed_parameter_is_injected_and_its_default_is_not(base: Path, notebook: Writer) -> None:
    path = notebook(base / "notebooks/01_a.ipynb", "(cohort, seed)")
    content = cells(run(path, Cohort("mine", base), ("seed=1",)).read_bytes())
    assert [cell["id"] for cell in content] == ["title", "parameters", "injected-parameters", "c0"]
    assert "".join(content[2]["source"]) == '# Parameters\ncohort = "mine"\n'
    assert content[3]["outputs"][0]["data"]["text/plain"] == ["('mine', 1)"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [((), {}), (("seed=1",), {}), (("seed=2",), {"seed": 2})],
)
def test_only_differing_parameters_are_passed(
    base: Path, notebook: Writer, settings: tuple[str, ...], expected: dict
) -> None:
    path = notebook(base / "notebooks/01_a.ipynb")
    assert differing(path, Cohort(base=base), settings) == expected


def test_an_unknown_parameter_lists_the_real_ones(base: Path, notebook: Writer) -> None:
    path = notebook(base / "notebooks/01_a.ipynb")
    with pytest.raises(ParameterError, match=r"01_a.ipynb has the parameters cohort, seed \(got sede\)"):
        run(path, Cohort(base=base), ("sede=1",))


def test_a_parameter_that_only_other_notebooks_have_is_unknown(base: Path, notebook: Writer) -> None:
    path = notebook(base / "notebooks/01_a.ipynb")
    with pytest.raises(ParameterError, match=r"\(got confidence\)"):
        run(path, Cohort(base=base), ("confidence=0.9",))


def test_a_failed_notebook_leaves_nothing_and_says_why(base: Path, notebook: Writer) -> None:
    cohort = Cohort(base=base)
    part = cohort.part("01_a")
    source = f"import pathlib\npathlib.Path({str(part)!r}).write_text('half')\n1 / 0  # here"
    path = notebook(base / "notebooks/01_a.ipynb", source)
    for stale in (part, cohort.executed("01_a")):
        stale.parent.mkdir(parents=True)
        stale.write_text("of the last run")
    with pytest.raises(NotebookFailed) as caught:
        run(path, cohort)
    said = str(caught.value)
    assert said.startswith("01_a.ipynb, cell 3 failed and nothing was written:")
    assert "    1 / 0  # here" in said
    assert said.endswith("ZeroDivisionError: division by zero")
    assert "\x1b" not in said and len(said.splitlines()) < 12
    assert not list(part.parent.iterdir()) and not list(cohort.executed("01_a").parent.iterdir())


def test_a_warning_is_an_error(base: Path, notebook: Writer) -> None:
    path = notebook(base / "notebooks/01_a.ipynb", "import warnings\nwarnings.warn('watch out')")
    with pytest.raises(NotebookFailed, match="UserWarning: watch out"):
        run(path, Cohort(base=base))


def test_pieces_of_a_stream_are_joined() -> None:
    from nbformat.v4 import new_output

    def stream(name: str, text: str) -> object:
        return new_output("stream", name=name, text=text)

    pieces = [stream("stdout", "a"), stream("stdout", "b"), stream("stderr", "c"), stream("stdout", "d")]
    assert [(piece.name, piece.text) for piece in joined(pieces)] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_a_module_is_missing_only_inside_of_the_block() -> None:
    with without("this_module"), pytest.raises(ImportError):
        import this_module
    with pytest.raises(ModuleNotFoundError, match="No module named 'this_module'"):
        import this_module  # noqa: F401
