"""The command line of the build: `compendium run`, `parameter`, `results`, `site`, `store`, `depends`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from compendium.project import RECONSTRUCTED, Cohort, cohorts, notebooks, root, whole

USED_WRONGLY = 2


class Misuse(ValueError):
    """What was asked for isn't there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 a notebook failed, 2 unusable input."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    options = parser().parse_args(arguments)
    from compendium.parameters import ParameterError

    try:
        return int(options.command(options) or 0)
    except (Misuse, ParameterError) as error:
        print(error, file=sys.stderr)
        return USED_WRONGLY


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="compendium", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    add(commands, "run", run, "run one notebook for a cohort").add_argument("notebook", metavar="NOTEBOOK")
    commands.choices["run"].add_argument(
        "-p", dest="settings", action="append", default=[], metavar="NAME=VALUE", help="replace a parameter"
    )
    add(commands, "parameter", parameter, "print a parameter's value").add_argument("name", metavar="NAME")
    add(commands, "results", results, "merge the notebooks' parts into results.csv")
    add(commands, "site", site, "build the pages")
    add(commands, "store", store, "copy the executed notebooks over their sources")
    add(commands, "depends", depends, "write what depends on what, for make").add_argument("--out", type=Path)
    return top


def add(commands: argparse._SubParsersAction, name: str, command: object, text: str) -> argparse.ArgumentParser:
    """One command with the option that all have, the cohort's name."""
    one: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    one.add_argument("--cohort", default=RECONSTRUCTED, metavar="NAME", help="default: %(default)s")
    one.set_defaults(command=command)
    return one


def cohort_of(options: argparse.Namespace) -> Cohort:
    """The cohort asked for; raises Misuse with the known ones."""
    if options.cohort not in cohorts():
        raise Misuse(f"there is no cohort {options.cohort}: there are {', '.join(cohorts())}")
    return Cohort(options.cohort)


def notebook_of(options: argparse.Namespace) -> Path:
    """The notebook asked for by path, name or number; raises Misuse with the known ones."""
    stem = Path(options.notebook).name.removesuffix(".ipynb")
    for path in notebooks():
        if stem in (path.stem, path.stem[:2]):
            return path
    raise Misuse(f"there is no notebook {options.notebook}: there are {', '.join(p.stem for p in notebooks())}")


def run(options: argparse.Namespace) -> int:
    """Runs one notebook; 1 where a cell raised."""
    from compendium.execute import NotebookFailed
    from compendium.execute import run as execute
    from compendium.results import ensure_part

    notebook, cohort = notebook_of(options), cohort_of(options)
    try:
        execute(notebook, cohort, tuple(options.settings))
    except NotebookFailed as error:
        print(error, file=sys.stderr)
        return 1
    ensure_part(cohort.part(notebook.stem))
    return 0


def parameter(options: argparse.Namespace) -> None:
    """Prints the value of one parameter for a cohort; raises Misuse with the known names."""
    from compendium.parameters import parameters

    values = parameters(cohort_of(options))
    if options.name not in values:
        raise Misuse(f"there is no parameter {options.name}: there are {', '.join(values)}")
    print(values[options.name])


def results(options: argparse.Namespace) -> None:
    """Merges the parts."""
    from compendium.results import merge

    merge(cohort_of(options))


def site(options: argparse.Namespace) -> int:
    """Builds the pages; Sphinx's status."""
    from compendium.site import build

    return build(cohort_of(options))


def store(options: argparse.Namespace) -> None:
    """Copies the executed notebooks and says which changed."""
    from compendium.stored import store as keep

    changed = keep(cohort_of(options))
    print("stored:", ", ".join(path.name for path in changed) or "nothing changed")


def depends(options: argparse.Namespace) -> None:
    """Writes the dependencies to a file or to the terminal."""
    from compendium.depends import depends as text

    if options.out is None:
        print(text(), end="")
    else:
        with whole(root() / options.out) as temporary:
            temporary.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
