"""Running one notebook: nothing left behind when it fails, the same bytes from run to run."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compendium.parameters import ParameterError, Value, parameters
from compendium.project import Cohort, whole

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
INJECTED = "injected-parameters"
KEPT_METADATA = ("kernelspec", "language_info")
SCRATCH_METADATA = ("papermill", "execution")
ANSI = re.compile(r"\x1b\[[0-9;]*m")

# A warning in a notebook is an error; the one exception is ipykernel's about itself, while it shuts down.
ENVIRONMENT = {
    "PYTHONWARNINGS": "error,ignore::PendingDeprecationWarning:ipykernel.kernelbase",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


class NotebookFailed(RuntimeError):
    """A cell raised: which one, its source, its error."""


def run(notebook: Path, cohort: Cohort, settings: tuple[str, ...] = ()) -> Path:
    """Runs a notebook for a cohort and returns its executed copy, `results/<cohort>/notebooks/<name>.ipynb`.

    Copy and part are there only if the run went well. Raises ParameterError for an unknown name or an unfit
    value, NotebookFailed where a cell raised.
    """
    chosen = differing(notebook, cohort, settings)
    output = cohort.executed(notebook.stem)
    for stale in (output, cohort.part(notebook.stem)):
        stale.unlink(missing_ok=True)
    try:
        executed = executed_notebook(notebook, chosen)
    except BaseException:
        cohort.part(notebook.stem).unlink(missing_ok=True)
        raise
    write(executed, output)
    return output


def differing(notebook: Path, cohort: Cohort, settings: tuple[str, ...] = ()) -> dict[str, Value]:
    """The notebook's parameters whose values differ from the defaults in its own first cell.

    Raises ParameterError where `settings` names one that the notebook hasn't.
    """
    own = defaults(notebook)
    unknown = [name for name in (setting.partition("=")[0] for setting in settings) if name not in own]
    if unknown:
        rule = f"{notebook.name} has the parameters {', '.join(own) or '(none)'}"
        raise ParameterError("\n".join(f"{rule} (got {name})" for name in unknown))
    chosen = parameters(cohort, settings)
    return {name: chosen[name] for name in own if name in chosen and chosen[name] != own[name]}


def defaults(notebook: Path) -> dict[str, Value]:
    """The names and values of a notebook's cell tagged `parameters`, in order."""
    found = papermill().inspect_notebook(str(notebook))
    return {name: ast.literal_eval(entry["default"]) for name, entry in found.items()}


def executed_notebook(notebook: Path, chosen: Mapping[str, Value]) -> NotebookNode:
    """The notebook, run in its own folder and cleaned of what is chance; raises NotebookFailed."""
    engine = papermill()
    with kernel_environment():
        try:
            node = engine.execute_notebook(
                str(notebook),
                None,
                parameters=dict(chosen),
                progress_bar=False,
                cwd=str(notebook.parent),
                config=kernel_config(),
                shutdown_kernel="immediate",
            )
        except engine.exceptions.PapermillExecutionError as error:
            raise NotebookFailed(account(notebook, error)) from error
    return cleaned(node, own_ids(notebook))


def papermill() -> Any:
    """The papermill module.

    Importing it reaches jsonschema, which tries rfc3987_syntax and does without it where it is missing; that
    builds a grammar of internet addresses for 1.6 s that no notebook needs, so here it is missing.
    """
    with without("rfc3987_syntax"):
        import papermill as module
    return module


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """Importing `name` fails inside of the block, as if it weren't installed; already imported, it stays."""
    absent = name not in sys.modules
    if absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules[name]


def kernel_config() -> Any:
    """Kernels that talk over files, where the system can, so that two of them never race for a port."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "tcp" if os.name == "nt" else "ipc"}})


@contextlib.contextmanager
def kernel_environment() -> Iterator[None]:
    """The environment a kernel starts in: strict, seeded, and blind to the settings of whoever runs it."""
    folder = tempfile.mkdtemp(prefix="kernel")
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT, JUPYTER_RUNTIME_DIR=folder, IPYTHONDIR=folder)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


def account(notebook: Path, error: PapermillExecutionError) -> str:
    """What a reader needs of a failed run: the cell, its source, the way to the error, the error."""
    lines = [ANSI.sub("", line) for chunk in error.traceback for line in chunk.splitlines()]
    way = [line.split("\x1b")[0].strip() for line in lines if re.match(r"\s*(File |Cell In)", line)]
    source = "\n".join(f"    {line}" for line in error.source.splitlines())
    head = f"{notebook.name}, cell {error.cell_index + 1} failed and nothing was written:"
    return "\n".join([head, "", source, "", *way, f"{error.ename}: {ANSI.sub('', error.evalue)}"])


def cleaned(node: NotebookNode, ids: Iterable[str]) -> NotebookNode:
    """The notebook without times, papermill's notes and patch versions, its own cells under `ids`."""
    node.metadata = {key: node.metadata[key] for key in KEPT_METADATA if key in node.metadata}
    node.metadata["kernelspec"] = KERNEL
    node.metadata.setdefault("language_info", {})["version"] = "{}.{}".format(*sys.version_info[:2])
    own = iter(ids)
    for cell in node.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if lasting(key, value)}
        cell["id"] = INJECTED if INJECTED in cell.metadata.get("tags", []) else next(own)
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
    return node


def lasting(key: str, value: object) -> bool:
    """Whether a cell's metadata entry is the author's and says something."""
    return key not in SCRATCH_METADATA and value != []


def own_ids(notebook: Path) -> list[str]:
    """The ids of a notebook's cells; a cell from before there were ids gets its position."""
    found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell.get("id", f"cell-{position:02}") for position, cell in enumerate(found)]


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighbouring pieces of one stream made one: where they are cut is chance."""
    whole_outputs: list[NotebookNode] = []
    for output in outputs:
        last = whole_outputs[-1] if whole_outputs else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            whole_outputs.append(output)
    return whole_outputs


def write(node: NotebookNode, path: Path) -> None:
    """Writes a notebook, whole or not at all."""
    import nbformat

    with whole(path) as temporary:
        nbformat.write(nbformat.from_dict(node), str(temporary))
