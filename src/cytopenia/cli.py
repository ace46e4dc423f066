"""The command `cytopenia`: check a cohort, derive its analysis tables, date a reconstruction's landmarks.

Exit codes: 0 done, 2 unusable input, with every fault on stderr and nothing written.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from compendium.project import RECONSTRUCTED, Cohort, root, whole
from cytopenia.criteria import NormalRanges, criteria_sets, rule_set
from cytopenia.derive import derive_adae, derive_adlb, derive_adrs, derive_adsl, derive_adtte
from cytopenia.grading import grade_events
from cytopenia.read import read_cohort
from cytopenia.schemas import ADAM, SDTM, as_text, table_faults
from recount.record import Fault, Faults, Variable, read_study

RECORD = "data/raw/paper"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code: 0 done, 2 unusable input."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(args.run(args))
    except Faults as faults:
        print(faults, file=sys.stderr)
        return 2


def _parser(asked: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cytopenia", description="Patients' tables, from records to analysis.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    validate = commands.add_parser("validate", help="read a cohort and report every fault")
    validate.add_argument("--criteria", nargs="+", default=[], metavar="SET", help="criteria sets to check as well")
    validate.set_defaults(run=run_validate)
    derive = commands.add_parser("derive", help="write a cohort's ADSL, ADLB, ADRS, ADTTE and ADAE")
    derive.add_argument(
        "--criteria",
        nargs="+",
        default=["paper"],
        metavar="SET",
        help=f"criteria sets for ADRS and ADTTE, the first is ADSL's: {', '.join(criteria_sets())}, a set with switches"
        " such as paper+rise=by-2, or a .csv file of rules, by its path from the project's folder",
    )
    derive.set_defaults(run=run_derive)
    for command in (validate, derive):
        command.add_argument("--cohort", default=RECONSTRUCTED, help="a folder's name in data/raw/cohorts")
        command.add_argument("--project", type=Path, default=root(), help="the project's folder")
    visits = commands.add_parser("visits", help="write dated records of reconstructed landmarks")
    many = commands.add_parser("sensitivity", help="ask every criteria set of many reconstructed cohorts")
    if asked == "visits":
        _add_visits(visits)
    if asked == "sensitivity":
        _add_sensitivity(many)
    return parser


def _add_visits(parser: argparse.ArgumentParser) -> None:
    from cytopenia.visits import add_visits_arguments, main_visits

    add_visits_arguments(parser)
    parser.set_defaults(run=main_visits)


def _add_sensitivity(parser: argparse.ArgumentParser) -> None:
    from cytopenia.sensitivity import add_sensitivity_arguments, main_sensitivity

    add_sensitivity_arguments(parser)
    parser.set_defaults(run=main_sensitivity)


def cohort_of(args: argparse.Namespace) -> Cohort:
    """The cohort that the arguments name; raises Faults for a name that can't be a folder's."""
    if not _NAME.fullmatch(args.cohort):
        rule = "a cohort's name is letters, digits, . _ -, beginning with a letter or digit"
        raise Faults([Fault("--cohort", None, None, rule, args.cohort, "name the folder in data/raw/cohorts")])
    return Cohort(args.cohort, args.project)


def run_validate(args: argparse.Namespace) -> int:
    """Reads the cohort and checks the criteria named, says what it holds, and returns 0; raises Faults."""
    check_criteria(args.criteria)
    tables = read_cohort(cohort_of(args).sdtm)
    print(f"{args.cohort}: {len(tables['DM'])} patients, no faults")
    for name in SDTM:
        print(f"  {name}: {len(tables[name])} rows" if name in tables else f"  {name}: not there")
    return 0


def run_derive(args: argparse.Namespace) -> int:
    """Derives the cohort's analysis tables, writes them all, and returns 0; raises Faults before writing."""
    cohort = cohort_of(args)
    check_criteria(args.criteria)
    study = read_study(args.project / RECORD)
    derived = derive_all(read_cohort(cohort.sdtm), study.variables, tuple(dict.fromkeys(args.criteria)))
    write_adam(derived, cohort.adam)
    for name, frame in derived.items():
        print(f"{cohort.adam / name}.csv: {len(frame)} rows")
    return 0


def check_criteria(addresses: Sequence[str]) -> None:
    """Nothing where all criteria sets can be used; raises Faults with everything that is wrong with any."""
    faults: list[Fault] = []
    for address in dict.fromkeys(addresses):
        try:
            rule_set(address)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)


def derive_all(
    tables: Mapping[str, pd.DataFrame],
    variables: Mapping[str, Variable],
    sets: Sequence[str] = ("paper",),
    ranges: NormalRanges | None = None,
) -> dict[str, pd.DataFrame]:
    """The analysis tables by name: ADSL by the first set, ADRS and ADTTE by all, ADAE where AE came."""
    adrs = {crit: derive_adrs(tables, crit, ranges) for crit in sets}
    adsl = {crit: derive_adsl(tables, variables, crit, ranges, adrs[crit]) for crit in sets}
    adtte = [derive_adtte(tables, adsl[crit], adrs[crit]) for crit in sets]
    derived = {
        "ADSL": adsl[sets[0]],
        "ADLB": derive_adlb(tables),
        "ADRS": pd.concat(adrs.values(), ignore_index=True),
        "ADTTE": pd.concat(adtte, ignore_index=True),
    }
    return derived | ({"ADAE": grade_events(derive_adae(tables))} if "AE" in tables else {})


def write_adam(derived: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Writes each table beside its place and moves it there; removes those no longer derived.

    Raises Faults, before anything is written, where a table breaks its own schema.
    """
    texts = {name: as_text(frame) for name, frame in derived.items()}
    faults = []
    for name, text in texts.items():
        faults += table_faults(name, text.set_axis(range(2, len(text) + 2)), f"{name}.csv")
    if faults:
        raise Faults(faults)
    for name, text in texts.items():
        with whole(folder / f"{name}.csv") as path:
            text.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
    for name in ADAM:
        if name not in derived:
            (folder / f"{name}.csv").unlink(missing_ok=True)
