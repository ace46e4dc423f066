"""Tables of what the criteria leave open and how far each number moves with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.rule_sets import criteria_sets, options, readable, rule_set, switches_of
from cytopenia.schemas import packaged_rows
from cytopenia.sensitivity import (
    BY_ID,
    EVERY,
    NONE,
    OPEN,
    OUTCOMES,
    SOME,
    Scored,
    patients_to_change,
    read_conclusions,
    unrefuted,
)
from recount.results import proof_words

NEVER = "never half"
HOLDS = {True: "✓", False: "✗", None: "?"}
SIGNS = "✓ holds · ✗ doesn't · ? can't be told"


def switches(crit: str) -> GT:
    """One line per switch and option of a set: how it reads, why, and where the words stand; the default first."""
    known = switches_of(rule_set(crit))
    lines = []
    for switch, chosen in known.items():
        for option in chosen:
            one = next(o for o in options() if (o.switch, o.option) == (switch, option) and _of(o.sets, crit))
            name = f"{option} (default)" if option == chosen[0] else option
            lines.append((switch, name, _capital(one.reads), one.reason, one.source, one.status))
    frame = pd.DataFrame(lines, columns=["switch", "option", "reads", "reason", "source", "status"])
    heads = {"option": "Option", "reads": "Read as", "reason": "Reason", "source": "Place or source", "status": "Known"}
    title = f'What the set "{crit}" leaves open, a switch each'
    return tables.table(frame, "switches", title, heads, group="switch")


def _of(sets: Sequence[str], crit: str) -> bool:
    return "*" in sets or any(name in sets for name in rule_set(crit).chain)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sets() -> GT:
    """One line per set of criteria: its name, what it is, how well its rules are known."""
    lines = []
    for row in packaged_rows("criteria_sets.csv"):
        rules = rule_set(row["crit"])
        known = dict.fromkeys([c.status for c in rules.criteria] + [one.status for one in rules.landmarks])
        lines.append((row["crit"], row["title"], row["note"], ", ".join(known)))
    frame = pd.DataFrame(lines, columns=["crit", "title", "note", "known"])
    heads = {"crit": "Set", "title": "What it is", "note": "Note", "known": "How well its rules are known"}
    assert len(frame) == len(criteria_sets())
    return tables.table(frame, "sets", "Sets of criteria", heads)


def one_at_a_time(found: pd.DataFrame, title: str, outcomes: Iterable[str], moved: bool = False) -> GT:
    """One line per specification of `specifications`: the outcomes asked for, and how many patients' response moves.

    With `moved` the first line, the default, and those that give another number alone.
    """
    shown = list(outcomes)
    wide = found.assign(TEXT=[_value(*row) for row in _cells(found)]).pivot(
        index="SPEC", columns="OUTCOME", values="TEXT"
    )
    frame = wide.reindex(columns=shown).reindex(found["SPEC"].unique()).reset_index()
    frame["CHANGED"] = frame["SPEC"].map(found.drop_duplicates("SPEC").set_index("SPEC")["CHANGED"].astype(str))
    if moved:
        first, *others = frame[shown].itertuples(index=False, name=None)
        frame = frame[[True, *(line != first for line in others)]].reset_index(drop=True)
    frame["SPEC"] = frame["SPEC"].map(readable)
    base = frame.iloc[0]
    marked = [(row, name) for name in shown for row in range(1, len(frame)) if frame.loc[row, name] != base[name]]
    heads = {"SPEC": "Criteria", **_heads(shown), "CHANGED": "Told another response at month 1"}
    notes = ["Marked: other than in the first line."]
    notes += ["Readings that give the numbers of the first line have none."] if moved else []
    notes += [f"{NEVER}: half of those counted never came to it."] if (frame == NEVER).any(axis=None) else []
    return tables.table(
        frame,
        "one-at-a-time-" + "-".join(shown),
        title,
        heads,
        numbers=list(frame.columns[1:]),
        marked=marked,
        notes=notes,
    )


def _heads(outcomes: Iterable[str]) -> dict[str, str]:
    return {name: f"{BY_ID[name].label} ({BY_ID[name].unit})" for name in outcomes}


def _cells(found: pd.DataFrame) -> list[tuple[str, float, int]]:
    return list(zip(found["OUTCOME"], found["VALUE"].astype(float), found["N"].astype(int), strict=True))


def _value(outcome: str, value: float, n: int) -> str:
    if BY_ID[outcome].counted:
        return f"{value:.0f}/{n}"
    return style.number(value) if not math.isnan(value) else NEVER if n else "nobody"


def changed(found: pd.DataFrame) -> GT:
    """One line per patient whose response at month 1 hangs on the reading: by which, and to what."""
    lines = []
    for (patient, dx, told), rows in found.groupby(["USUBJID", "DX", "RESP"], sort=False):
        by_response = rows.groupby("INSTEAD", sort=False)["SPEC"].agg(_listed)
        lines += [(patient, style.population(str(dx)), told, instead, specs) for instead, specs in by_response.items()]
    frame = pd.DataFrame(lines, columns=["who", "dx", "told", "instead", "specs"])
    heads = {"who": "Patient", "dx": "Cytopenia", "told": "Told", "instead": "Instead", "specs": "By"}
    return tables.table(frame, "changed", "Whose response at month 1 hangs on the reading", heads)


def landmarks(found: pd.DataFrame, crit: str) -> GT:
    """One line per landmark of a set: how many held it, didn't, had no reading in its window, of those judged by it."""
    lines = []
    for one in rule_set(crit).landmarks:
        mine = found[found["LANDMARK"] == one.landmark]["AVALC"].value_counts()
        counts = [int(mine.get(answer, 0)) for answer in ("Y", "N", "NE")]
        lines.append((one.landmark.capitalize(), one.wording, *map(str, counts), one.status))
    frame = pd.DataFrame(lines, columns=["landmark", "wording", "held", "not", "open", "status"])
    heads = {"landmark": "Landmark", "wording": "Rule", "held": "Held", "not": "Not held", "open": "Not evaluable"}
    heads["status"] = "Known"
    return tables.table(frame, "landmarks", "Platelet landmarks", heads, numbers=["held", "not", "open"])


def over_cohorts(spread: pd.DataFrame) -> GT:
    """One line per specification of `spread`: the least and the greatest of each outcome over the cohorts."""
    text = [_ends(o, low, high) for o, low, high in zip(spread["OUTCOME"], spread["LOW"], spread["HIGH"], strict=True)]
    wide = spread.assign(TEXT=text).pivot(index="SPEC", columns="OUTCOME", values="TEXT")
    names = [outcome.id for outcome in OUTCOMES]
    frame = wide.reindex(columns=names).reindex(spread["SPEC"].unique()).reset_index()
    frame["SPEC"] = frame["SPEC"].map(readable)
    heads = {"SPEC": "Criteria", **_heads(names)}
    cohorts = int(spread["COHORTS"].max())
    title = f"The least and the greatest over {cohorts} cohorts that fit the record"
    notes = ["Cohorts that were found, not all there are: what is proven of all stands below."]
    shares = {"SPEC": 30, **dict.fromkeys(names, 14)}
    return tables.table(frame, "over-cohorts", title, heads, numbers=names, notes=notes, shares=shares)


def _ends(outcome: str, low: float, high: float) -> str:
    if math.isnan(low):
        return "nobody"
    texts = [NEVER if math.isinf(end) else style.number(end) for end in (low, high)]
    return texts[0] if texts[0] == texts[1] else " to ".join(texts)


def proven(ranges: pd.DataFrame, found: pd.DataFrame, spread: pd.DataFrame) -> GT:
    """One line per proven range: the outcome, the criteria, the range, and what this cohort and the others have."""
    here = found.set_index(["SPEC", "OUTCOME"])["VALUE"].to_dict()
    many = {
        (s, o): (low, high)
        for s, o, low, high in zip(*(spread[c] for c in ("SPEC", "OUTCOME", "LOW", "HIGH")), strict=True)
    }
    lines = []
    for line in ranges.to_dict("records"):
        spec, outcome = line["SPEC"], line["OUTCOME"]
        own = style.number(here.get((spec, outcome)))
        others = _ends(outcome, *many[spec, outcome]) if (spec, outcome) in many else style.MISSING
        lines.append(
            (BY_ID[outcome].label, readable(spec), _ends(outcome, line["LOW"], line["HIGH"]), _proof(line), own, others)
        )
    frame = pd.DataFrame(lines, columns=["outcome", "spec", "range", "proof", "own", "others"])
    heads = {
        "spec": "Criteria",
        "range": "Over all that fit",
        "proof": "Proof",
        "own": "Here",
        "others": "In the others",
    }
    title = "What every group of patients that fits the record has"
    notes = ["In a median over everybody treated who didn't respond counts as later than month 1."]
    return tables.table(frame, "proven", title, heads, group="outcome", numbers=["range", "own", "others"], notes=notes)


def _proof(line: Mapping[Any, Any]) -> str:
    """How far a line of `read_proven` is proven, with its bounds where they aren't reached."""
    low, high, least, most = ("" if style.missing(x) else style.number(x) for x in (line[c] for c in ENDS))
    return proof_words((low, high), (least, most), line["PROOF"])


ENDS = ("LOW", "HIGH", "LEAST", "MOST")


def conclusions(judged: pd.DataFrame, many: pd.DataFrame, sure: pd.DataFrame) -> GT:
    """One line per conclusion: whether it holds by the default, by how many readings, where not, and what is proven.

    `judged` and `many` are `judged_conclusions` of this cohort and of others (empty: none), `sure` the
    `proven_conclusions` (empty: none).
    """
    lines = []
    for one in read_conclusions():
        mine = judged[judged["ID"] == one.id]
        if mine.empty:
            continue
        held = mine["HOLDS"].tolist()
        line = [one.conclusion, HOLDS[held[0]], f"{held.count(True)} of {len(held)}", _against(mine)]
        lines.append([*line, _in_others(many, one.id), _for_sure(sure, one.id)])
    frame = pd.DataFrame(lines, columns=["conclusion", "now", "held", "against", "others", "sure"])
    heads = {
        "conclusion": "Conclusion",
        "now": "Holds",
        "held": "Readings under which it holds",
        "against": "Not under",
        "others": "Cohorts that fit",
        "sure": "Proven",
    }
    empty = [name for name, table in (("others", many), ("sure", sure)) if table.empty]
    return tables.table(
        frame.drop(columns=empty), "conclusions", "Which conclusions survive which reading", heads, notes=[SIGNS]
    )


def _listed(specs: Iterable[str]) -> str:
    return "; ".join(map(readable, specs))


def _against(mine: pd.DataFrame) -> str:
    """The specifications under which a conclusion is wrong, and those under which nobody can tell."""
    wrong, unsure = (
        _listed(mine.loc[[answer is which for answer in mine["HOLDS"]], "SPEC"]) for which in (False, None)
    )
    told = [wrong] if wrong else []
    told += [f"Can't be told: {unsure}"] if unsure else []
    return ". ".join(told) or style.MISSING


def _in_others(many: pd.DataFrame, name: str) -> str:
    """In how many cohorts a conclusion holds by the first specification, and by every one."""
    mine = many[many["ID"] == name] if len(many) else many
    if mine.empty:
        return style.MISSING
    first = mine[mine["SPEC"] == mine["SPEC"].iloc[0]]["HOLDS"].tolist()
    every = int(mine.groupby("COHORT")["HOLDS"].agg(unrefuted).sum())
    return f"{first.count(True)} of {len(first)} by the default; refuted by no reading in {every}"


def _for_sure(sure: pd.DataFrame, name: str) -> str:
    """By how many specifications a conclusion is proven for all cohorts, and by which it isn't."""
    mine = sure[sure["ID"] == name] if len(sure) else sure
    if mine.empty:
        return "can't be told from landmarks"
    told = [f"{EVERY.capitalize()} that fits by {(mine['VERDICT'] == EVERY).sum()} of {len(mine)}"]
    for verdict in (SOME, NONE, OPEN):
        specs = mine.loc[mine["VERDICT"] == verdict, "SPEC"]
        told += [f"{verdict} by {_listed(specs)}"] if len(specs) else []
    return ". ".join(_capital(part) for part in told)


def to_change(scored: Scored, printed: Mapping[str, float], judged: pd.DataFrame) -> GT:
    """One line per conclusion: the number it is about, and how few patients would make it the opposite."""
    lines = []
    for one in read_conclusions():
        mine = judged[judged["ID"] == one.id]
        if mine.empty:
            continue
        count = patients_to_change(scored, one, printed)
        now = _value(one.outcome, float(mine["VALUE"].iloc[0]), int(mine["N"].iloc[0]))
        told = style.plural(count, "patient") if count else "no number would do"
        lines.append((one.conclusion, HOLDS[mine["HOLDS"].iloc[0]], now, told))
    frame = pd.DataFrame(lines, columns=["conclusion", "now", "value", "count"])
    heads = {"conclusion": "Conclusion", "now": "Holds", "value": "By the rows", "count": "Would turn it"}
    notes = [SIGNS, "Each of so many patients would have to have another response, or a response at another time."]
    return tables.table(frame, "to-change", "How many patients carry each conclusion", heads, notes=notes)
