"""The patients of a cohort as a page asks about them: who is eligible, who is left, how well it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cytopenia import style
from cytopenia.criteria import three_valued
from cytopenia.read import read_adam
from cytopenia.summaries import claimed, condition, members, rows, typed
from recount.record import Claim, Printed, Rule, Study, read_study
from recount.rules import names

ELIGIBILITY = "elig_"
ORIGIN_COLUMNS = ["USUBJID", "variable", "origin"]
ORIGIN_RANK = ("assumed", "constrained", "determined")
RESPONDED = 'in ("CR", "PR")'

SOURCE_TABLES = {
    "MH": ("DX", "CTD", "AUTOAB", "DURATION", "ICH", "RESP_M1"),
    "CM": ("NPRIOR", "PRSTER", "PRIVIG", "PRIMSUP", "PRTPORA", "PRSPLEN"),
    "EX": ("MAINT",),
    "DS": ("LOST", "RESP_EOT", "RESP_FU", "FU_MO", "RELAPSE_MO"),
    "RS": ("SLEIMP",),
    "AE": ("AE_IRR", "AE_UTI", "AE_LUNG", "AE_LIFE"),
    "CE": ("BLEED_M1", "RPLT_M1", "RESP_M1"),
}
"""The table of a cohort that a variable comes from, where it is neither DM nor LB."""

Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Patients:
    """A cohort's derived tables with the study's definitions, the claims to compare with and the origins.

    `claims` is empty for a cohort without a printed record; `origins` (USUBJID, variable, origin) is empty
    for observed patients; `set_aside` holds what the reconstruction could not keep.
    """

    study: Study
    tables: Mapping[str, pd.DataFrame]
    claims: tuple[Claim, ...] = ()
    origins: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=ORIGIN_COLUMNS))
    set_aside: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def adsl(self) -> pd.DataFrame:
        """One row per patient: every variable of the study, numbers as floats, categories as text."""
        return typed(self.study, self.tables["ADSL"])

    def table(self, name: str) -> pd.DataFrame:
        """A derived table; one that the cohort hasn't is empty."""
        return self.tables.get(name, pd.DataFrame())

    def without(self, *variables: str) -> str:
        """The sentence that says why a section is skipped: which of the variables nobody has; else empty."""
        lacking = [name for name in variables if not self.knows(name)]
        if not lacking:
            return ""
        wanted = sorted({table for table, given in SOURCE_TABLES.items() if set(given) & set(lacking)})
        source = f" (table{'s' * (len(wanted) > 1)} {style.listing(wanted)})" if wanted else ""
        what = style.listing(style.variable(name) for name in lacking)
        return f"*Skipped: this section needs {what}{source}, which no patient of this cohort has.*"

    def knows(self, variable: str) -> bool:
        """Whether anybody has a value of the variable."""
        return variable in self.adsl and bool(self.adsl[variable].notna().any())

    def members(self, population: str) -> pd.DataFrame:
        """The rows of ADSL of a population."""
        return members(self.study, self.adsl, population)

    def present(self, populations: Iterable[str]) -> list[str]:
        """The populations that have a patient, in the order given."""
        return [name for name in populations if len(self.members(name))]

    def unit(self, variable: str) -> str:
        """The unit of a variable of the study, as in the record."""
        return self.study.variables[variable].unit if variable in self.study.variables else ""

    def labelled(self, variable: str, label: str = "") -> str:
        """The variable's label, or the one given, with its unit."""
        return style.with_unit(label or style.variable(variable), self.unit(variable))

    def note(self, *variables: str) -> str:
        """The caption that says how well the values of these variables are known; empty if observed."""
        return style.origin_note(self.origins_of(variables))

    def origins_of(self, variables: Iterable[str], population: str = "ALL") -> list[str]:
        """The origin of every value of these variables in a population; none for observed patients."""
        who = self.members(population)["USUBJID"]
        mine = self.origins["variable"].isin(list(variables)) & self.origins["USUBJID"].isin(who)
        return self.origins.loc[mine, "origin"].tolist()

    def answers(self, keys: Iterable[Key]) -> pd.DataFrame:
        """Result rows for keys (population, variable, versus, statistic), without those nobody can answer.

        So a count of what is known of nobody isn't 0: it has no row.
        """
        asked = [key for key in keys if all(map(self.knows, _rests_on(self.study, key)))]
        return claimed(self.study, self.adsl, [as_claim(self.study, key) for key in asked])

    def origin(self, population: str, variable: str, versus: str = "") -> str:
        """The least known origin of the values behind a row; empty for observed patients and plain sizes."""
        if self.origins.empty or not variable:
            return ""
        wanted = names_in(self.study, variable) | ({versus} & set(self.study.variables))
        found = set(self.origins_of(wanted, population))
        return next((name for name in ORIGIN_RANK if name in found), "")


@dataclass(frozen=True)
class Responses:
    """The responses of some populations: rates with exact intervals, counts by level, both as result rows."""

    rates: pd.DataFrame
    levels: pd.DataFrame
    rows: pd.DataFrame


def read_patients(record: Path, adam: Path, landmarks: Path) -> Patients:
    """The patients whose derived tables are in `adam`, by the definitions of the printed `record`.

    `landmarks` is the folder of a reconstruction: where it exists the patients are compared with the record's
    claims and carry its origins. Raises Faults for unusable files.
    """
    study, tables = read_study(record), read_adam(adam)
    if not (landmarks / "origin.csv").is_file():
        return Patients(study, tables)
    origins, aside = (_text_table(landmarks / name) for name in ("origin.csv", "set_aside.csv"))
    return Patients(study, tables, study.claims, origins, aside)


def _text_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.is_file() else pd.DataFrame()


def _rests_on(study: Study, key: Key) -> frozenset[str]:
    """The variables that a key's answer needs: its own, and those that tell its populations."""
    population, variable, versus, _ = key
    wheres = [study.where_of(name) for name in (population, versus) if name in study.populations]
    populations = frozenset().union(*(names(where) for where in wheres if where is not None))
    return populations | (names_in(study, variable) if variable else frozenset())


def names_in(study: Study, variable: str) -> frozenset[str]:
    """The variables that a claim's `variable` speaks of: itself, or the names of its condition."""
    return frozenset({variable}) if variable in study.variables else names(condition(study, variable))


def records(frame: pd.DataFrame) -> list[Mapping[str, object]]:
    """The rows of a frame as mappings from column to value, in order."""
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def as_claim(study: Study, key: Key) -> Claim:
    """A claim that asks for a key without anything printed under it."""
    population, variable, versus, statistic = key
    asked = condition(study, variable) if variable and variable not in study.variables else None
    return Claim("", "", population, variable, statistic, Printed("0"), versus, "", asked)


# Eligibility -------------------------------------------------------------------------------------


def eligibility_rules(study: Study) -> tuple[Rule, ...]:
    """The record's rules of eligibility, those whose id starts with `elig_`."""
    return tuple(rule for rule in study.rules if rule.id.startswith(ELIGIBILITY))


def eligibility(patients: Patients) -> pd.DataFrame:
    """One row per patient and rule: USUBJID, RULE, ANSWER (kept, broken, not known), VALUES in words.

    A rule is not known to be kept or broken where missing values leave it open.
    """
    adsl = patients.adsl
    parts = []
    for rule in eligibility_rules(patients.study):
        true, false = three_valued(rule.rule, adsl)
        answer = np.select([true, false], ["kept", "broken"], "not known")
        values = [_in_words(patients, rule, row) for row in records(adsl)]
        parts.append(adsl[["USUBJID"]].assign(RULE=rule.id, ANSWER=answer, VALUES=values))
    return pd.concat(parts, ignore_index=True)


def _in_words(patients: Patients, rule: Rule, row: Mapping[str, object]) -> str:
    """`haemoglobin 61 g/L, platelets 205 10⁹/L`: the values that a rule looks at."""
    told = []
    for name in patients.study.variables:
        if name in names(rule.rule):
            value = row[name]
            shown = value if isinstance(value, str) else style.number(value)  # type: ignore[arg-type]
            told.append(f"{style.stem(name)} {shown} {style.unit(patients.unit(name))}".strip())
    return ", ".join(told)


def eligibility_in_sum(patients: Patients, found: pd.DataFrame) -> pd.DataFrame:
    """One row per rule: RULE, PLACE, DESCRIPTION, KEPT, BROKEN, OPEN (patients) and WHO breaks it."""
    lines = []
    for rule in eligibility_rules(patients.study):
        mine = found[found["RULE"] == rule.id]
        count = mine["ANSWER"].value_counts()
        broken = mine[mine["ANSWER"] == "broken"]
        who = "; ".join(f"{row.USUBJID}: {row.VALUES}" for row in broken.itertuples(index=False))
        sizes = [int(count.get(answer, 0)) for answer in ("kept", "broken", "not known")]
        lines.append((rule.id, rule.place, rule.description, *sizes, who))
    return pd.DataFrame(lines, columns=["RULE", "PLACE", "DESCRIPTION", "KEPT", "BROKEN", "OPEN", "WHO"])


def eligibility_rows(patients: Patients, found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of the eligibility: per rule (a condition) how many keep, break, leave it open."""
    source = "cytopenia.patients.eligibility"
    made = []
    for rule in eligibility_rules(patients.study):
        answers = found.loc[found["RULE"] == rule.id, "ANSWER"]
        for statistic, answer in (("count", "kept"), ("count_broken", "broken"), ("count_open", "not known")):
            value = int((answers == answer).sum())
            made.append(("ALL", rule.text, "", statistic, value, "", len(answers), source))
    return rows(made)


# Flow --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A stage of the flow: its name, who reaches it, and why the others of the stage before don't."""

    label: str
    reached: str
    losses: Mapping[str, str]


FLOW = (
    Stage("Enrolled and treated", "", {}),
    Stage("In response at month 1", f"RESP_M1 {RESPONDED}", {"no response": 'RESP_M1 == "NR"'}),
    Stage("In maintenance", 'MAINT == "Y"', {"lost to follow-up": 'LOST == "Y"'}),
    Stage("In response at its end", f"RESP_EOT {RESPONDED}", {"relapse": 'RESP_EOT == "RELAPSE"'}),
    Stage("In response at last follow-up", f"RESP_FU {RESPONDED}", {"late relapse": 'RESP_FU == "RELAPSE"'}),
)
OTHER_LOSS = "not recorded"


def flow(patients: Patients, stages: Sequence[Stage] = FLOW) -> pd.DataFrame:
    """One row per stage: STAGE, N (patients who reach it and every stage before), LOST, WHY (in words)."""
    left, lines = patients.adsl, []
    for stage in stages:
        here = _satisfying(patients, left, stage.reached)
        gone = left[~left["USUBJID"].isin(here["USUBJID"])]
        reasons = {why: len(_satisfying(patients, gone, test)) for why, test in stage.losses.items()}
        reasons[OTHER_LOSS] = len(gone) - sum(reasons.values())
        why = style.listing((f"{n} {name}" for name, n in reasons.items() if n), empty="")
        lines.append((stage.label, len(here), len(gone), why))
        left = here
    return pd.DataFrame(lines, columns=["STAGE", "N", "LOST", "WHY"])


def _satisfying(patients: Patients, frame: pd.DataFrame, test: str) -> pd.DataFrame:
    if not test:
        return frame
    return frame[three_valued(condition(patients.study, test), frame)[0]]


FLOW_KEYS: tuple[Key, ...] = (
    ("ALL", "", "", "n"),
    ("RESP", "", "", "n"),
    ("ALL", 'RESP_M1 == "NR"', "", "count"),
    ("NR", "", "", "n"),
    ("MAINT", "", "", "n"),
    ("RESP", 'LOST == "Y"', "", "count"),
    ("COMPLETER", "", "", "n"),
    ("MAINT", 'RESP_EOT == "RELAPSE"', "", "count"),
    ("COMPLETER", f"RESP_FU {RESPONDED}", "", "count"),
)


# Sentences ---------------------------------------------------------------------------------------


def introduction(patients: Patients) -> str:
    """The sentences that say how many patients there are, and whether they are real."""
    n = style.plural(len(patients.adsl), "patient")
    counts = style.origin_counts(patients.origins["origin"])
    if not counts:
        return f"The cohort has {n}, as they were recorded."
    words = {
        "determined": "the same in every cohort that fits the record",
        "constrained": "free within limits",
    }
    words["assumed"] = "assumptions, since the record says nothing about them"
    told = style.listing(f"{count} are {words[name]}" for name, count in counts.items())
    return (
        f"**{style.RECONSTRUCTED}.** {n} were made so that together they fit the printed record. Of the "
        f"{sum(counts.values())} values that describe them {told}."
    )


def nothing_set_aside(patients: Patients) -> str:
    """The sentence for a cohort without anything set aside: it fits the record, or it was observed."""
    if patients.origins.empty:
        return "Nothing: these patients were observed, not reconstructed."
    return "Nothing: these patients satisfy every claim and rule of the record."


def eligibility_sentence(patients: Patients, found: pd.DataFrame) -> str:
    """The sentence that says how many patients keep every rule, and who breaks which, from `eligibility`."""
    places = {rule.id: rule.place for rule in eligibility_rules(patients.study)}
    broken = found[found["ANSWER"] == "broken"]
    unknown = found.loc[found["ANSWER"] == "not known", "USUBJID"].nunique()
    kept = found.groupby("USUBJID")["ANSWER"].agg(lambda answers: (answers == "kept").all()).sum()
    known = "are known to keep" if unknown else "keep"
    told = [f"{kept} of {style.plural(len(patients.adsl), 'patient')} {known} every rule."]
    told += [
        f"**{row.USUBJID} breaks {row.RULE} ({places[str(row.RULE)]}): {row.VALUES}.**"
        for row in broken.itertuples(index=False)
    ]
    if unknown:
        told.append(f"For {style.plural(unknown, 'patient')} a missing value leaves some rule open.")
    return " ".join(told)


def flow_sentence(stages: pd.DataFrame) -> str:
    """The sentence that reads the flow: how many of all treated reached each stage."""
    treated = int(stages["N"].iloc[0])
    later = [
        f"{style.proportion(int(n), treated)} {label[0].lower() + label[1:]}"
        for label, n in stages[["STAGE", "N"]].iloc[1:].itertuples(index=False)
    ]
    return f"Of {style.plural(treated, 'patient')} treated: {style.listing(later)}."
