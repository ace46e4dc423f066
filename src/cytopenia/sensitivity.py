"""How far each finding moves with what the criteria leave open: every set and switch, one cohort or many.

A specification is the address of a set of criteria, such as `paper+rise=by-2` (see `rule_sets`). An outcome is one
number of a cohort under a specification. A conclusion is a rule about an outcome, a row of `conclusions.csv`, over
VALUE, N (the patients it is of), LOW (of its exact 95% interval, a share) and PRINTED.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from cytopenia import style
from cytopenia.assessments import Prepared, at_month_1_judged, derive_relapses, lineage_responses, time_shift
from cytopenia.criteria import LINEAGES, RESPONDED, NormalRanges
from cytopenia.inference import Proportion
from cytopenia.landmark_questions import LED_BY, questions
from cytopenia.patients import Patients
from cytopenia.readings import Tables
from cytopenia.rule_sets import Parameters, addresses, chosen_of, rule_set, switches_of
from cytopenia.schemas import SDTM, columns, packaged_rows, typed
from cytopenia.subjects import first_days
from cytopenia.summaries import Record, rows
from cytopenia.visits import dated_records, read_charts
from recount.record import Claim
from recount.results import write_csv
from recount.rules import Expression, names, parse, truth
from recount.rules import columns_of as array_columns

DEFAULT = "paper"
BESIDE = (
    "iwg2009",
    "iwg2009+confirm=none",
    "iwg2009+haemolysis=aiha-b",
    "iwg2009+haemolysis=jaeger2020",
    "ash2019",
)
"""The published sets, each as it stands; the switches that all sets share are turned in the paper's."""
CURVES: Mapping[str, tuple[str, ...]] = {
    "paper": ("rise", "bleeding", "confirm", "washout", "when", "overall"),
    "iwg2009": ("haemolysis", "confirm", "washout", "when", "overall"),
}
"""The switches that can move the response at month 1, by set: a specification curve takes all their combinations."""
CURVED_OVERALL = ("worse", "better")
"""Of the ways to judge two lineages a curve takes the two that hold the others between them."""
NOT_ASKED = "–"


# Outcomes ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scored:
    """A cohort under one specification: month 1 and days to response by patient, and who relapsed (by USUBJID)."""

    month_1: pd.DataFrame
    onset: Mapping[str, pd.Series]
    relapsed: pd.Index[str]
    parameters: Parameters

    @property
    def responders(self) -> pd.Series:
        """Whether each patient is in response at month 1."""
        return self.month_1["RESP"].isin(RESPONDED)

    def days(self, lineage: str) -> pd.Series:
        """Days to response of a lineage in the diagnosis it leads; infinite for those counted without one."""
        mine = self.onset[lineage][(self.month_1["DX"] == LED_BY[lineage]).to_numpy()].astype("float64")
        return mine.fillna(math.inf) if self.parameters.time == "everybody" else mine.dropna()


@dataclass(frozen=True)
class Outcome:
    """A number of a cohort: a sum of values, one (0 or 1) a patient that it is of, or their median."""

    id: str
    label: str
    unit: str
    values: Callable[[Scored], pd.Series]
    counted: bool

    def of(self, scored: Scored) -> tuple[float, int]:
        """The number, NaN where nobody has one or half of all never come to it, and how many patients it is of."""
        found = self.values(scored).astype("float64")
        return self.summed(found.to_numpy()), len(found)

    def summed(self, values: np.ndarray) -> float:
        """The number that values of patients give."""
        if self.counted:
            return float(values.sum())
        half = float(np.median(values)) if len(values) else math.nan
        return half if math.isfinite(half) else math.nan


def _relapsed(scored: Scored) -> pd.Series:
    mine = scored.month_1.index[scored.responders.to_numpy()]
    return pd.Series(mine.isin(scored.relapsed), index=mine)


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("responders", "In response at month 1", "patients", lambda s: s.responders, True),
    Outcome("complete", "In complete response at month 1", "patients", lambda s: s.month_1["RESP"] == "CR", True),
    Outcome("onset_plt", "Median time to platelet response, sITP", "days", lambda s: s.days("PLT"), False),
    Outcome("onset_hb", "Median time to haemolysis response, AIHA", "days", lambda s: s.days("HB"), False),
    Outcome("relapsed", "Lose their response, of those in response at month 1", "patients", _relapsed, True),
)
BY_ID = {outcome.id: outcome for outcome in OUTCOMES}


def score(cohort: Prepared, specification: str, ranges: NormalRanges | None = None) -> Scored:
    """A cohort under one specification."""
    found = lineage_responses(cohort, specification, ranges)
    month_1 = at_month_1_judged(cohort, found, specification, ranges)
    asked = rule_set(specification).parameters
    days = first_days(found, month_1, time_shift(cohort.tables, asked))
    onset = {lineage: days[f"ONSET_{lineage}"] for lineage in LINEAGES}
    relapsed = derive_relapses(cohort, specification, ranges)["USUBJID"]
    return Scored(month_1, onset, pd.Index(relapsed), asked)


def specifications(cohort: Prepared, asked: Iterable[str], default: str = DEFAULT) -> pd.DataFrame:
    """One row per specification and outcome: SPEC, OUTCOME, VALUE, N, CHANGED.

    VALUE is missing where nobody has one. CHANGED is how many patients' response at month 1 is another than by the
    default.
    """
    base = score(cohort, default)
    found = []
    for specification in asked:
        scored = base if specification == default else score(cohort, specification)
        changed = int((scored.month_1["RESP"] != base.month_1["RESP"]).sum())
        found += [(specification, o.id, *o.of(scored), changed) for o in OUTCOMES]
    return pd.DataFrame(found, columns=["SPEC", "OUTCOME", "VALUE", "N", "CHANGED"])


@cache
def one_at_a_time(default: str = DEFAULT) -> tuple[str, ...]:
    """A set, it with every other option of each of its switches, and the paper's and the published sets beside it."""
    return tuple(dict.fromkeys([*addresses([default]), DEFAULT, *BESIDE]))


def askable(cohort: Prepared, asked: Iterable[str]) -> list[str]:
    """The specifications that a cohort has the records for.

    A washout and rescue treatment need a table of treatments, days counted from bortezomib a dose of it; without them
    everybody would be not evaluable, which says nothing of the criteria.
    """
    tables = cohort.tables
    dosed = "EX" in tables and bool((tables["EX"]["EXTRT"].str.upper() == "BORTEZOMIB").any())
    return [one for one in asked if ("CM" in tables or not _treated(one)) and (dosed or not _from_drug(one))]


def _treated(specification: str) -> bool:
    """Whether a specification asks for transfusions or rescue treatment."""
    rules = rule_set(specification)
    return any(c.washout for c in rules.criteria) or rules.parameters.rescue != "ignored"


def _from_drug(specification: str) -> bool:
    return rule_set(specification).parameters.origin == "bortezomib"


def only(found: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """The rows of one outcome."""
    return found[found["OUTCOME"] == outcome].reset_index(drop=True)


def changed_patients(cohort: Prepared, asked: Iterable[str], default: str = DEFAULT) -> pd.DataFrame:
    """One row per patient and specification that changes the response at month 1: USUBJID, DX, RESP, SPEC, INSTEAD."""
    base = score(cohort, default).month_1
    parts = []
    for specification in asked:
        told = score(cohort, specification).month_1["RESP"]
        other = (told != base["RESP"]).to_numpy()
        part = base.loc[other, ["DX", "RESP"]].assign(SPEC=specification, INSTEAD=told[other])
        parts.append(part.rename_axis("USUBJID").reset_index())
    found = pd.concat(parts, ignore_index=True)
    rank = {patient: place for place, patient in enumerate(cohort.patients)}
    return found.sort_values("USUBJID", key=lambda ids: ids.map(rank), kind="stable", ignore_index=True)


# Specification curve -----------------------------------------------------------------------------


def curve_addresses() -> list[str]:
    """Every combination of the switches of `CURVES`, set by set."""
    found = []
    for crit, switches in CURVES.items():
        known = switches_of(rule_set(crit))
        choices = [[(name, option) for option in _curved(name, known[name])] for name in switches]
        for chosen in itertools.product(*choices):
            found.append("+".join([crit, *(f"{n}={o}" for n, o in chosen if o != known[n][0])]))
    return found


def _curved(switch: str, known: Sequence[str]) -> list[str]:
    return [option for option in known if switch != "overall" or option in CURVED_OVERALL]


def specification_curve(cohort: Prepared, confidence: float = 0.95, default: str = DEFAULT) -> pd.DataFrame:
    """One row per combination of switches: specification, estimate, low, high, default, and a column a switch.

    `estimate` is the share of everybody treated who are in response at month 1, `low` and `high` its exact interval;
    `criteria` is the set, and a switch that a set doesn't have is `NOT_ASKED`. In the order of the estimates.
    """
    asked, lines = list(dict.fromkeys(name for switches in CURVES.values() for name in switches)), []
    usual = rule_set(default)
    for address in askable(cohort, curve_addresses()):
        rules = rule_set(address)
        value, n = BY_ID["responders"].of(score(cohort, address))
        share = Proportion(int(value), n)
        interval = share.interval(confidence=confidence)
        chosen = chosen_of(rules)
        own = CURVES[address.partition("+")[0]]
        options = {name: chosen[name] if name in own else NOT_ASKED for name in asked}
        line = {"specification": address, "estimate": share.value, "low": interval.low, "high": interval.high}
        same = (rules.criteria, rules.parameters) == (usual.criteria, usual.parameters)
        lines.append({**line, "criteria": address.partition("+")[0], **options, "default": same})
    return pd.DataFrame(lines).sort_values("estimate", kind="stable", ignore_index=True)


# Conclusions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conclusion:
    """A conclusion: a rule about an outcome, and the claim whose printed number it speaks of (or none)."""

    id: str
    outcome: str
    rule: str
    claim: str
    conclusion: str

    @property
    def expression(self) -> Expression:
        """The rule, parsed."""
        return parse(self.rule)

    def holds(self, values: pd.DataFrame) -> list[bool | None]:
        """Whether it holds for each row of VALUE, N, LOW, PRINTED; None where a missing value leaves it open."""
        true, false = truth(self.expression, array_columns(values, [self.expression]))
        return [True if yes else False if no else None for yes, no in zip(true.tolist(), false.tolist(), strict=True)]


def read_conclusions() -> tuple[Conclusion, ...]:
    """Every row of `conclusions.csv`."""
    return tuple(Conclusion(**row) for row in packaged_rows("conclusions.csv"))


def printed_of(claims: Iterable[Claim]) -> dict[str, float]:
    """The printed number of each conclusion that speaks of one, by the conclusion's id."""
    by_id = {claim.id: claim for claim in claims}
    asked = [one for one in read_conclusions() if one.claim in by_id]
    return {one.id: float(by_id[one.claim].printed.value) for one in asked}


def askable_conclusions(printed: Mapping[str, float]) -> list[Conclusion]:
    """The conclusions that speak of no printed number, or of one that is there."""
    return [one for one in read_conclusions() if not one.claim or one.id in printed]


def judged_conclusions(found: pd.DataFrame, printed: Mapping[str, float]) -> pd.DataFrame:
    """One row per conclusion and row of its outcome in `specifications`: ID, the row's columns, HOLDS (or None).

    A conclusion whose printed number isn't there is left out. An outcome that half of all never come to makes a
    conclusion about its time false; where nobody is counted it is open.
    """
    parts = []
    for one in askable_conclusions(printed):
        mine = found[found["OUTCOME"] == one.outcome].reset_index(drop=True)
        held = pd.Series(one.holds(_asked(mine, one, printed)), index=mine.index, dtype=object)
        parts.append(mine.assign(ID=one.id, HOLDS=held))
    return pd.concat(parts, ignore_index=True)


def _asked(mine: pd.DataFrame, one: Conclusion, printed: Mapping[str, float]) -> pd.DataFrame:
    value, n = mine["VALUE"].astype("float64"), mine["N"].astype("float64")
    if not BY_ID[one.outcome].counted:
        value = value.mask(value.isna() & (n > 0), 10.0**6)
    value = value.where(n > 0)
    low = [
        Proportion(int(k), int(size)).interval().low if "LOW" in names(one.expression) and size else math.nan
        for k, size in zip(value.fillna(0), n, strict=True)
    ]
    return pd.DataFrame({"VALUE": value, "N": n, "LOW": low, "PRINTED": printed.get(one.id, math.nan)})


def patients_to_change(scored: Scored, one: Conclusion, printed: Mapping[str, float]) -> int | None:
    """The fewest patients whose value would have to be another for a conclusion to be the opposite of what it is.

    A count moves by one a patient; a time of one who didn't respond is infinite, one that was earlier is 0. None where
    the conclusion is open or no change of values would do.
    """
    outcome = BY_ID[one.outcome]
    values = np.sort(outcome.values(scored).astype("float64").to_numpy())
    (now,) = _held(values, one, printed)
    if now is None:
        return None
    for count in range(1, len(values) + 1):
        raised = np.concatenate([values[count:], np.full(count, 1.0 if outcome.counted else math.inf)])
        lowered = np.concatenate([np.zeros(count), values[: len(values) - count]])
        for changed in (raised, lowered):
            (then,) = _held(changed, one, printed)
            if then is not None and then != now:
                return count
    return None


def _held(values: np.ndarray, one: Conclusion, printed: Mapping[str, float]) -> list[bool | None]:
    value = BY_ID[one.outcome].summed(values)
    return one.holds(_asked(pd.DataFrame({"VALUE": [value], "N": [len(values)]}), one, printed))


def unrefuted(answers: Iterable[bool | None]) -> bool:
    """Whether a conclusion holds somewhere and is refuted nowhere; where it is open it is neither."""
    given = list(answers)
    return any(answer is True for answer in given) and not any(answer is False for answer in given)


# Many cohorts ------------------------------------------------------------------------------------


def ensemble(record: Path, landmarks: Path, seed: int) -> Iterator[tuple[str, Tables]]:
    """The cohorts of a folder of landmarks, by name, each with its dated records; raises Faults."""
    for path in sorted(landmarks.glob("cohort_*.csv")):
        tables = dated_records(read_charts(record, landmarks, seed, path.name))
        yield path.stem, {name: _typed(name, tables[name]) for name in SDTM}


def _typed(name: str, found: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    text = pd.DataFrame(found, columns=[column.name for column in columns(name)], dtype=object)
    return typed(name, text.replace("", None))


def over_cohorts(cohorts: Iterable[tuple[str, Tables]], asked: Sequence[str]) -> pd.DataFrame:
    """The `specifications` of many cohorts under one another, with COHORT, the cohort's name, in front."""
    parts = [specifications(Prepared(tables), asked).assign(COHORT=name) for name, tables in cohorts]
    return pd.concat(parts, ignore_index=True)[["COHORT", "SPEC", "OUTCOME", "VALUE", "N", "CHANGED"]]


def read_many(path: Path) -> pd.DataFrame:
    """The `over_cohorts` of a file; empty where there is none."""
    if not path.is_file():
        return pd.DataFrame(columns=["COHORT", "SPEC", "OUTCOME", "VALUE", "N", "CHANGED"])
    return pd.read_csv(path)


def spread(found: pd.DataFrame) -> pd.DataFrame:
    """One row per specification and outcome over cohorts: SPEC, OUTCOME, LOW, HIGH, COHORTS.

    A median that half of all never come to is infinite.
    """
    value = found["VALUE"].mask(found["VALUE"].isna() & (found["N"] > 0), math.inf)
    grouped = found.assign(VALUE=value).groupby(["SPEC", "OUTCOME"], sort=False)["VALUE"]
    return grouped.agg(LOW="min", HIGH="max", COHORTS="count").reset_index()


# Proven ranges -----------------------------------------------------------------------------------


RANGES = ("SPEC", "OUTCOME", "LOW", "HIGH", "LEAST", "MOST", "PROOF")


def read_proven(path: Path) -> pd.DataFrame:
    """One row per range of `recount range`: SPEC, OUTCOME, LOW, HIGH, LEAST, MOST, PROOF; empty where there is no file.

    LOW and HIGH are what patients reach, LEAST and MOST what is proven not to be passed, missing where nothing is.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(RANGES))
    found = pd.read_csv(path, dtype=str, keep_default_na=False)
    numbers = {"LOW": "low", "HIGH": "high", "LEAST": "low_bound", "MOST": "high_bound"}
    ends = {name: pd.to_numeric(found[column]) for name, column in numbers.items()}
    outcome = found["id"].str.partition("|")[0]
    return pd.DataFrame({"SPEC": found["note"], "OUTCOME": outcome, **ends, "PROOF": found["proof"]})


EVERY, NONE, SOME, OPEN = "in every cohort", "in none", "in some cohorts, not in others", "not decided"


def proven_conclusions(ranges: pd.DataFrame, n: int, printed: Mapping[str, float]) -> pd.DataFrame:
    """One row per conclusion and range of `read_proven`: ID, SPEC, LOW, HIGH, VERDICT.

    It is true of every consistent cohort, or of none, where it is so of all values, in steps of a half, between the
    bounds; of some where the ends that are reached tell otherwise; else the range leaves it open. `n` is how many
    patients a count is of.
    """
    found = []
    for one in askable_conclusions(printed):
        for line in ranges[ranges["OUTCOME"] == one.outcome].to_dict("records"):
            reached = _held_by([line["LOW"], line["HIGH"]], one, n, printed)
            bounded = not any(style.missing(line[end]) for end in ("LEAST", "MOST"))
            step = 1.0 if BY_ID[one.outcome].counted else 0.5
            between = np.arange(line["LEAST"], line["MOST"] + step / 2, step) if bounded else ()
            told = _held_by(between, one, n, printed)
            split = SOME if reached == {True, False} else OPEN
            verdict = EVERY if told == {True} else NONE if told == {False} else split
            found.append((one.id, line["SPEC"], line["LOW"], line["HIGH"], verdict))
    return pd.DataFrame(found, columns=["ID", "SPEC", "LOW", "HIGH", "VERDICT"])


def _held_by(values: Iterable[float], one: Conclusion, n: int, printed: Mapping[str, float]) -> set[bool | None]:
    frame = pd.DataFrame({"VALUE": list(values)}).assign(N=n)
    return set(one.holds(_asked(frame, one, printed)))


# Results -----------------------------------------------------------------------------------------

POPULATIONS = {"responders": "ALL", "complete": "ALL", "onset_plt": "sITP", "onset_hb": "AIHA", "relapsed": "RESP"}
SOURCE = "cytopenia.sensitivity."


def result_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `specifications`: the outcome as statistic, the specification in `versus`."""
    records: list[Record] = [
        (POPULATIONS[o], "RESP_M1", spec, o, value, BY_ID[o].unit, n, SOURCE + "specifications")
        for spec, o, value, n, _ in found.itertuples(index=False, name=None)
    ]
    return rows(records)


def landmark_rows(held: pd.DataFrame) -> pd.DataFrame:
    """Result rows of response landmarks: how many held each, of those with a reading."""
    records: list[Record] = []
    for name, mine in held[held["AVALC"] != "NE"].groupby("LANDMARK", sort=False):
        value = int((mine["AVALC"] == "Y").sum())
        key = ("ALL", "RESP_PLT", str(mine["CRIT"].iloc[0]), f"landmark_{str(name).lower()}")
        records.append((*key, value, "patients", len(mine), "cytopenia.assessments.derive_response_landmarks"))
    return rows(records)


def proven_rows(ranges: pd.DataFrame, patients: Patients) -> pd.DataFrame:
    """Result rows of proven bounds: `<outcome>_proven_low` and `_high`, the specification in `versus`."""
    records: list[Record] = []
    for spec, outcome, low, high in ranges[["SPEC", "OUTCOME", "LEAST", "MOST"]].itertuples(index=False, name=None):
        for end, value in (("low", low), ("high", high)):
            key = (POPULATIONS[outcome], "RESP_M1", spec, f"{outcome}_proven_{end}")
            n = len(patients.members(POPULATIONS[outcome]))
            records.append((*key, float(value), BY_ID[outcome].unit, n, "recount.audit.ranges"))
    return rows(records)


def fragile_rows(scored: Scored, printed: Mapping[str, float]) -> pd.DataFrame:
    """Result rows of `patients_to_change`: how few patients would turn a conclusion, its id in `versus`."""
    records: list[Record] = []
    for one in askable_conclusions(printed):
        count = patients_to_change(scored, one, printed)
        key = (POPULATIONS[one.outcome], "RESP_M1", one.id, "patients_to_change")
        value, n = math.nan if count is None else count, len(BY_ID[one.outcome].values(scored))
        records.append((*key, value, "patients", n, SOURCE + "patients_to_change"))
    return rows(records)


# Command -----------------------------------------------------------------------------------------


def add_sensitivity_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `cytopenia sensitivity`."""
    parser.add_argument("--study", type=Path, required=True, help="folder of the printed record")
    parser.add_argument("--landmarks", type=Path, required=True, help="folder of consistent cohorts, recount cohorts'")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything assumed (default 1)")


def main_sensitivity(args: argparse.Namespace) -> int:
    """Writes every specification in every cohort, and the questions that landmarks answer; returns 0, raises Faults."""
    found = over_cohorts(ensemble(args.study, args.landmarks, args.seed), one_at_a_time())
    write_csv(found, args.out / "specifications.csv")
    write_csv(questions(), args.out / "questions.csv")
    return 0
