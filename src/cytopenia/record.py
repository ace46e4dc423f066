"""The printed record, its reconstruction and its ledger as notebooks 00 and 05 show them: read, counted, said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from cytopenia import style
from recount.record import Claim, Study, read_study
from recount.results import (
    ATTAINABLE,
    CONTRADICTED,
    CUT_OFF,
    FOLLOWS,
    JUDGED,
    NOT_CHECKABLE,
    NOT_PROVEN,
    PROVEN,
    PROVEN_TWICE,
    REACHED_NEARLY,
    REPRODUCED,
    STATUSES,
    TRUNCATED,
    is_proven,
    proof_words,
    read_results,
    status_counts,
    write_csv,
)
from recount.results import ledger as book
from recount.verify import verify

ANALYSES = ("01_cohort", "02_efficacy", "03_immunology", "04_safety")


class Folders(Protocol):
    """The folders of a cohort that are needed here."""

    @property
    def is_reconstructed(self) -> bool: ...
    @property
    def raw(self) -> Path: ...
    @property
    def landmarks(self) -> Path: ...
    @property
    def audit(self) -> Path: ...
    @property
    def ranges(self) -> Path: ...
    @property
    def adam(self) -> Path: ...
    @property
    def results(self) -> Path: ...
    def part(self, notebook: str) -> Path: ...


@dataclass(frozen=True, eq=False)
class Reconstructed:
    """A study with the cohort made from it: `patients` and `origin` one row a patient (and variable).

    `ranges` is one row a question of questions.csv, with what is proven of it.
    """

    study: Study
    patients: pd.DataFrame
    origin: pd.DataFrame
    aside: pd.DataFrame
    not_modelled: pd.DataFrame
    ranges: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Ledger:
    """The ledger of a cohort; `is_reconstructed` says whether its patients were made from the claims.

    `aside` (kind, id, place, text, why) is what the audit set aside, `conflicts` (conflict, kind, id, place, text,
    sentence) the members of each minimal conflict; both are empty for a cohort of somebody's own.
    """

    study: Study
    claims: tuple[Claim, ...]
    ledger: pd.DataFrame
    is_reconstructed: bool
    aside: pd.DataFrame
    conflicts: pd.DataFrame


def text_table(path: Path) -> pd.DataFrame:
    """A CSV file as text, nothing read as missing."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def read_reconstruction(record: Path, here: Folders) -> Reconstructed:
    """The reconstructed cohort with the record it was made from."""
    files = ("cohort_0001", "origin", "set_aside", "not_modelled")
    paths = [*(here.landmarks / f"{name}.csv" for name in files), here.ranges / "ranges.csv"]
    return Reconstructed(read_study(record), *map(text_table, paths))


def read_ledger(record: Path, here: Folders) -> Ledger:
    """The ledger of a cohort: the paper's claims for the reconstructed one, its own claims for any other.

    The rows are ADSL's, derived from the dated records: not the solver's.
    """
    study = read_study(record)
    patients = text_table(here.adam / "ADSL.csv")
    shown = read_results([path for name in ANALYSES if (path := here.part(name)).exists()])
    if not here.is_reconstructed:
        claims = book.own_claims(study, here.raw)
        table = book.ledger(study, claims, patients, shown)
        return Ledger(study, claims, table, False, pd.DataFrame(), pd.DataFrame())
    audit, aside, conflicts = (text_table(here.audit / f"{n}.csv") for n in ("audit", "set_aside", "conflicts"))
    table = book.ledger(study, study.claims, patients, shown, audit)
    return Ledger(study, study.claims, table, True, aside, conflicts)


def write_ledger(found: Ledger, here: Folders) -> None:
    """Writes results/<cohort>/ledger.csv."""
    write_csv(found.ledger, here.results / "ledger.csv")


# ---------------------------------------------------------------- 05: the ledger
def ledger_introduction(found: Ledger) -> str:
    """What this page compares."""
    if found.is_reconstructed:
        return (
            "Each printed number is set aside in turn. Whatever it could then be, over all patients who satisfy "
            "everything else that is printed, stands beside what is printed."
        )
    if not found.claims:
        return (
            "This cohort brings no claims.csv of its own, so there is nothing to compare. Put one into its folder, "
            "in the format of `data/raw/paper/claims.csv`, to see claims beside rows."
        )
    return "The claims of this cohort's own claims.csv stand beside the numbers that its rows give."


def verdict_rows(found: Ledger) -> pd.DataFrame:
    """One result per verdict: how many claims have it; for a printed record those that no claim has are nought."""
    counts = found.ledger["verdict"].value_counts()
    order = JUDGED if found.is_reconstructed else tuple(sorted(counts.index))
    return _rows([(f"verdict: {v}", "claims", int(counts.get(v, 0)), len(found.ledger)) for v in order])


def _rows(found: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    columns = ["variable", "statistic", "value", "n"]
    frame = pd.DataFrame(found, columns=columns)
    return frame.assign(population="RECORD", versus="", unit="", source="cytopenia.record")


def verdict_sentence(found: Ledger) -> str:
    """How many claims have which verdict, and how many of them repeat another."""
    if not len(found.ledger):
        return "No claims, no verdicts."
    if not found.is_reconstructed:
        good = int((found.ledger["verdict"] == REPRODUCED).sum())
        return f"Of {style.plural(len(found.ledger), 'claim')} the rows give back {good}."
    n = {verdict: int((found.ledger["verdict"] == verdict).sum()) for verdict in JUDGED}
    told = {
        CONTRADICTED: f"{style.plural(n[CONTRADICTED], 'is', 'are')} contradicted by the rest",
        TRUNCATED: f"{n[TRUNCATED]} can be had by cutting off decimals alone",
        FOLLOWS: f"{style.plural(n[FOLLOWS], 'is', 'are')} forced by the rest",
        CUT_OFF: f"{style.plural(n[CUT_OFF], 'is', 'are')} printed of a forced value only by cutting off or rounding a "
        "half down",
        NOT_CHECKABLE: f"{n[NOT_CHECKABLE]} can't be checked",
    }
    return (
        f"{len(found.ledger)} numbers are printed. {style.listing(words for v, words in told.items() if n[v])}; the "
        f"other {n[ATTAINABLE]} could be otherwise, and can stand as printed. A number that is printed elsewhere in "
        "the same way is forced by its twin."
    )


def proofs_sentence(proofs: Iterable[str]) -> str:
    """How many ranges are proven, by one prover or by two, nearly reach proven bounds, or are open."""
    n = dict.fromkeys(STATUSES, 0) | status_counts(proofs)
    proven, twice = n[PROVEN_TWICE] + n[PROVEN], n[PROVEN_TWICE]
    text = f"Of {style.plural(sum(n.values()), 'range')} {style.plural(proven, 'is', 'are')} proven at both ends"
    text += f", {twice} of them by two provers" if twice else ""
    if n[REACHED_NEARLY]:
        text += f"; of {n[REACHED_NEARLY]} the bounds are proven, and patients come near them without reaching them"
    if n[NOT_PROVEN]:
        text += f"; of {n[NOT_PROVEN]} an end is not proven: the bounds tell how much wider than shown it could be"
    return f"{text}."


def aside_sentence(found: Ledger) -> str:
    """What was set aside for the verdicts, at the head of the ledger."""
    if not found.is_reconstructed:
        return ""
    if not len(found.aside):
        return "Everything printed can hold together: nothing is set aside."
    lines = [f"- **{r.kind} {r.id}** ({r.place}): `{r.text}`" for r in found.aside.itertuples()]
    return (
        'The record contradicts itself. So "everything else" is what is left when the fewest statements are set '
        "aside:\n\n" + "\n".join(lines)
    )


def conflicts_text(found: Ledger) -> str:
    """Every minimal conflict in its sentence, numbered."""
    if not found.is_reconstructed:
        return "Conflicts are looked for in a printed record. These claims stand beside rows, which decide."
    if not len(found.conflicts):
        return "There is no conflict."
    each = found.conflicts.drop_duplicates("conflict")
    return "\n".join(f"{r.conflict}. {r.sentence}" for r in each.itertuples())


def doubted(found: Ledger) -> pd.DataFrame:
    """The ledger's lines that are contradicted or only cut off, the gravest first, with `conflict`: its numbers."""
    lines = found.ledger[found.ledger["verdict"].isin((CONTRADICTED, TRUNCATED))]
    of: Any = found.conflicts.groupby("id", sort=False)["conflict"].agg(", ".join) if len(found.conflicts) else {}
    key = [*book.KEY, "printed"]
    first = lines.groupby(key, sort=False)["id"].transform("first")
    return book.gravest_first(lines.assign(conflict=[of.get(id, "") for id in first]))


def returned_sentence(found: Ledger) -> str:
    """How many claims the reconstructed rows print again, and which they don't although they were made to."""
    if not found.is_reconstructed:
        return "The verdicts above are that comparison."
    told = found.ledger["recomputed"] != ""
    unlike = found.ledger.loc[found.ledger["why"].str.contains("these rows give", regex=False), "id"]
    shown = int((found.ledger["notebook"] != "").sum())
    text = (
        f"The rows of the reconstructed cohort give {int(told.sum())} of these numbers a value, and {shown} are also "
        "computed a second way, in the notebooks named in `ledger.csv`. "
    )
    if len(unlike):
        return text + f"**They don't print {style.listing(unlike)} again: a fault of the programme.**"
    return text + "They print every one again that is attainable or follows."


def unanswered(ledger: pd.DataFrame) -> bool:
    """Whether there are claims that the rows don't give back."""
    return bool((ledger["verdict"] != REPRODUCED).any())


def rounding_rows(ledger: pd.DataFrame, odd: pd.DataFrame) -> pd.DataFrame:
    """One result: how many printed numbers rounding half up doesn't give."""
    return _rows([("not printed by rounding half up", "claims", len(odd), len(ledger))])


def rounding_sentence(found: Ledger, odd: pd.DataFrame) -> str:
    """Whether one way of rounding explains every printed number."""
    sets = found.ledger.loc[found.ledger["rounding"] != "", "rounding"].str.split("|").map(set)
    if not len(sets):
        return "There is nothing to round."
    shared = set.intersection(*sets)
    if shared:
        return f"One way of rounding prints every number that the rows give: {style.listing(sorted(shared))}."
    twice = odd["description"].nunique()
    return (
        f"No single way of rounding prints every number. {style.plural(len(odd), 'number')} "
        f"({style.plural(twice, 'quantity', 'quantities')}) were cut off or rounded half down, in this cohort, "
        "while others need rounding to the nearest."
    )


# ---------------------------------------------------------------- 00: the reconstruction
def reconstruction_introduction(made: Reconstructed) -> str:
    """How much is printed, about how many patients, and what these rows are not."""
    return (
        f"The paper prints {len(made.study.claims)} numbers about its {len(made.patients)} patients, and no row of "
        f"any of them. Under {style.plural(len(made.study.rules), 'rule')} that every patient keeps, a solver looks "
        "for patients who satisfy all of it together. **The rows below are made, not observed.**"
    )


def printed_rows(study: Study) -> pd.DataFrame:
    """How many claims, rules and variables the record has."""
    counted = {"claims": study.claims, "rules": study.rules, "variables": study.variables}
    return _rows([(f"record: {name}", "n", len(items), len(items)) for name, items in counted.items()])


def printed_sentence(made: Reconstructed, by_place: pd.DataFrame) -> str:
    """Where most numbers stand, and how many are printed more than once."""
    keys = pd.Series([(c.population, c.variable, c.versus, c.statistic) for c in made.study.claims])
    repeated = int(keys.duplicated().sum())
    most = by_place.loc[by_place["numbers"].idxmax()]
    return (
        f"{most['place']} has the most, {most['numbers']}. {repeated} of the {len(keys)} repeat a quantity printed "
        "before: each is a claim of its own, so that a misprint in one place shows."
    )


def set_aside_rows(made: Reconstructed) -> pd.DataFrame:
    """One result per statement set aside: how many patients break it."""
    aside = made.aside.to_dict("records")
    found = [
        (
            f"set aside: {r['id']}",
            "patients",
            len(list(filter(None, str(r["patients"]).split("|")))),
            len(made.patients),
        )
        for r in aside
    ]
    return _rows([("set aside", "statements", len(made.aside), len(made.aside)), *found])


def conflict_sentence(made: Reconstructed) -> str:
    """What the record contradicts, and what was given up."""
    if not len(made.aside):
        return "All claims and rules hold together."
    lines = [f"- **{r.kind} {r.id}** ({r.place}): `{r.text}`. {_broken_by(r)}{r.why}." for r in made.aside.itertuples()]
    return (
        f"They can't all be true. Setting aside {style.plural(len(made.aside), 'statement')} is enough, and fewer are "
        "proven not to be; of equally few the rules come first, in the order of the file. Any other member of the "
        "conflict could be the one that is wrong.\n\n" + "\n".join(lines)
    )


def _broken_by(row: object) -> str:
    patients = list(filter(None, str(getattr(row, "patients", "")).split("|")))
    return f"Broken by {style.listing(patients)} of this cohort, as few as can be. " if patients else ""


def verified(made: Reconstructed) -> pd.DataFrame:
    """One row per kind of statement: how many there are, how many the rows satisfy, which they don't."""
    findings = verify(made.study, made.patients).findings
    rows = []
    for kind, found in findings.groupby("kind", sort=True):
        broken = found.loc[~found["holds"], "id"]
        rows.append((str(kind), len(found), int(found["holds"].sum()), ", ".join(broken)))
    return pd.DataFrame(rows, columns=["kind", "statements", "satisfied", "not"])


def verified_rows(checked: pd.DataFrame) -> pd.DataFrame:
    """How many statements of each kind the verifier found satisfied."""
    return _rows(
        [
            (f"verified: {r['kind']}", "satisfied", int(r["satisfied"]), int(r["statements"]))
            for r in checked.to_dict("records")
        ]
    )


def verified_sentence(made: Reconstructed, checked: pd.DataFrame) -> str:
    """What the verifier found, against what was set aside."""
    broken = {id for ids in checked["not"] for id in ids.split(", ") if id}
    unexpected = broken - set(made.aside["id"])
    if unexpected:
        return f"**The verifier contradicts the solver on {style.listing(sorted(unexpected))}.**"
    return (
        f"{int(checked['satisfied'].sum())} of {int(checked['statements'].sum())} statements hold; "
        f"{'those set aside are the only ones that do not' if broken else 'none fails'}. That includes "
        f"{style.plural(len(made.not_modelled), 'claim')} that nothing can be computed for."
    )


def cohort_note(made: Reconstructed) -> str:
    """The caption of the cohort's table."""
    shown = made.origin["origin"]
    return style.origin_note(list(shown))


def origin_rows(known: pd.DataFrame) -> pd.DataFrame:
    """How many values of all variables together are determined, constrained and assumed."""
    sums = known[list(style.ORIGINS)].sum()
    return _rows([(f"origin: {name}", "values", int(n), int(sums.sum())) for name, n in sums.items()])


def determined_sentence(known: pd.DataFrame) -> str:
    """What share of all values is determined, constrained and assumed."""
    sums = known[list(style.ORIGINS)].sum()
    parts = [f"{int(n)} ({style.percent(n / sums.sum())}) are {name}" for name, n in sums.items()]
    return f"Of {int(sums.sum())} values in this cohort {style.listing(parts)}."


def read_assumptions(made: Reconstructed) -> pd.DataFrame:
    """One row per assumption: variable, where, low, typical, high, reason; none where there is no such file."""
    path = made.study.folder / "assumptions.csv"
    columns = ["variable", "where", "low", "typical", "high", "reason"]
    return text_table(path)[columns] if path.exists() else pd.DataFrame(columns=columns)


# ---------------------------------------------------------------- 00: ranges
def range_rows(made: Reconstructed) -> pd.DataFrame:
    """Four results a question: the least and the greatest value that patients reach, and the bounds that none pass."""
    rows = [
        {"variable": f"range: {r['id']}", "statistic": end, "value": r[end], "unit": r["unit"]}
        for r in made.ranges.to_dict("records")
        for end in ("low", "high", "low_bound", "high_bound")
    ]
    frame = pd.DataFrame(rows, columns=["variable", "statistic", "value", "unit"])
    return frame.assign(population="RECORD", versus="", source="cytopenia.record")


def anchors(made: Reconstructed) -> pd.DataFrame:
    """One row a question that has a printed neighbour: id, printed, and `what` it is.

    The neighbour of a median or a mean is the median of the same variable, in the same population or in another.
    """
    rows = []
    for asked in made.ranges.to_dict("records"):
        near = _neighbour(made.study, asked)
        if near is not None:
            what = f"{style.statistic(near.statistic).lower()}, {style.population(near.population)}"
            rows.append((asked["id"], str(near.printed), what))
    return pd.DataFrame(rows, columns=["id", "printed", "what"])


def _neighbour(study: Study, asked: dict[Any, Any]) -> Claim | None:
    if asked["statistic"] not in ("median", "mean"):
        return None
    medians = [c for c in study.claims if c.variable == asked["expression"] and c.statistic == "median"]
    return min(medians, key=lambda claim: claim.population != asked["where"], default=None)


def ranges_sentence(made: Reconstructed) -> str:
    """How many ranges are proven, and what the widest known questions come to."""
    return proofs_sentence(made.ranges["proof"]) + _told(made)


RANGES_NOTE = (
    "A full dot is a proven end, within a ring where two provers agree; a half dot is one that comes near a proven "
    "bound, an empty dot with dashes one that patients reach and no proof closes. A triangle is a median printed of "
    "the same variable. Each unit has a scale of its own. Over all patients who satisfy the record; no confidence "
    "interval."
)
READ = (
    ("onset_sitp_all", " With non-responders counted, the median time to platelet response is {low} to {high} days."),
    ("threefold", ' If "increased 2 times" means to three times, {low} to {high} with secondary ITP responded.'),
    ("age_mean", " The mean age is {low} to {high} years."),
)


def _told(made: Reconstructed) -> str:
    lines: Any = made.ranges.set_index("id")
    found = [(text, lines.loc[id]) for id, text in READ if id in lines.index]
    return "".join(_read(text, line) for text, line in found)


def _read(text: str, line: Any) -> str:
    """A sentence with a range's ends, and with its proof where that isn't of both; empty without ends."""
    if not line["low"] or not line["high"]:
        return ""
    ends, bounds = style.shortened_range(line, 2)
    told = text.format(low=ends[0], high=ends[1])
    return told if is_proven(line["proof"]) else f"{told[:-1]} ({proof_words(ends, bounds, line['proof'])})."
