"""Tables about the printed record itself: what is printed, what it forces, the ledger."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from cytopenia import style
from cytopenia.record import Reconstructed
from cytopenia.tables import table
from recount.study import Study

VERDICTS = {
    "satisfied": "the patients' rows print exactly this",
    "set aside": "the record can't be satisfied whole, and this was given up",
    "not modelled": "no patient variable carries it",
    "not satisfied": "the rows print something else: a fault of the programme",
    "reproduced": "the rows give the claimed number",
    "differs": "the rows give another number",
    "not derivable": "the rows don't hold what it takes",
}
LEDGER = {
    "id": "Claim",
    "description": "What is claimed",
    "printed": "Printed",
    "recomputed": "From the rows",
    "verdict": "Verdict",
}
SHOWN = 7  # digits of a recomputed number


def printed_by_place(study: Study) -> pd.DataFrame:
    """One row per place of the paper, in the paper's order: how many numbers it prints, of which kinds."""
    claims = pd.DataFrame([(c.place, c.statistic) for c in study.claims], columns=["place", "statistic"])
    kinds = {
        "counts": ("n", "count", "percent", "ratio"),
        "quantiles": ("median", "p25", "p75", "min", "max", "value"),
        "moments": ("mean", "sd"),
        "tests": ("wilcoxon_z", "wilcoxon_p", "paired_t", "paired_p", "chi2", "chi2_p"),
        "other": ("stated",),
    }
    kind_of = {statistic: kind for kind, statistics in kinds.items() for statistic in statistics}
    claims["kind"] = claims["statistic"].map(kind_of)
    counts = pd.crosstab(claims["place"], claims["kind"]).reindex(claims["place"].unique())
    counts = counts.reindex(columns=[k for k in kinds if k in counts], fill_value=0)
    return counts.assign(numbers=counts.sum(axis=1)).reset_index()


def places(found: pd.DataFrame) -> GT:
    """`printed_by_place` as a table with its sums."""
    sums = found.drop(columns="place").sum()
    found = found.assign(place=found["place"].map(heading))
    lines = pd.concat([found, pd.DataFrame([{"place": "All", **sums}])], ignore_index=True)
    lines = lines.astype(dict.fromkeys(sums.index, int)).replace(0, "")
    heads = {"place": "Place", "numbers": "All"} | {c: c.capitalize() for c in sums.index if c != "numbers"}
    return table(lines, "places", "Numbers that the paper prints of its own patients", heads, numbers=list(sums.index))


def rules(study: Study) -> GT:
    """One line per rule: where it stands, what it says, as it is written for the programme."""
    lines = pd.DataFrame([(r.place, r.description, r.text) for r in study.rules], columns=["place", "says", "rule"])
    heads = {"place": "Place", "says": "In words", "rule": "As it is read"}
    return table(lines, "rules", "Rules that every patient keeps", heads)


SHOWN_VARIABLES = (
    "DX",
    "SEX",
    "AGE",
    "CTD",
    "PLT_BL",
    "HB_BL",
    "PLT_M1",
    "HB_M1",
    "RESP_M1",
    "RESP_EOT",
    "RESP_FU",
)


def landmarks(made: Reconstructed) -> GT:
    """One line per reconstructed patient with the main variables."""
    heads = {"USUBJID": "Patient"} | {name: SHORT.get(name) or style.variable(name) for name in SHOWN_VARIABLES}
    lines = made.patients[list(heads)].replace("", style.MISSING)
    lines = lines.assign(DX=lines["DX"].map(style.short))
    numbers = [n for n in SHOWN_VARIABLES if made.study.variables[n].kind != "category"]
    note = "Platelets in 10⁹/L, haemoglobin in g/L; M1: month 1, EOT: end of maintenance. Made, not observed."
    return table(
        lines,
        "landmarks",
        "One consistent cohort: no row is a real patient",
        heads,
        notes=[note],
        numbers=numbers,
    )


SHORT = {
    "DX": "Group",
    "CTD": "CTD",
    "PLT_BL": "Platelets",
    "HB_BL": "Hb",
    "PLT_M1": "Platelets, M1",
    "HB_M1": "Hb, M1",
    "RESP_M1": "Response, M1",
    "RESP_EOT": "Response, EOT",
    "RESP_FU": "Response, last",
}


def unmodelled(study: Study, not_modelled: pd.DataFrame) -> GT:
    """The claims that no unknown carries, each with the reason."""
    claims = {c.id: c for c in study.claims}
    rows = [
        (claims[id].place, str(claims[id].printed), why) for id, why in not_modelled[["id", "why"]].to_numpy().tolist()
    ]
    heads = {"place": "Place", "printed": "Printed", "why": "Why it is not imposed"}
    return table(pd.DataFrame(rows, columns=list(heads)), "not-modelled", "Printed, but not imposed", heads)


def verified(checked: pd.DataFrame) -> GT:
    """How many claims, rules and variables the verifier found satisfied."""
    heads = {"kind": "Kind", "statements": "Statements", "satisfied": "Satisfied", "not": "Not satisfied"}
    return table(checked, "verified", "The verifier's findings", heads, numbers=["statements", "satisfied"])


def assumptions(frame: pd.DataFrame) -> GT:
    """One line per assumption with its reason."""
    lines = frame.assign(
        variable=[style.variable(v) if v else "(relation)" for v in frame["variable"]],
        drawn=[" – ".join(filter(None, row)) for row in frame[["low", "typical", "high"]].to_numpy().tolist()],
    )[["variable", "where", "drawn", "reason"]]
    heads = {"variable": "Variable", "where": "Of whom", "drawn": "Least – usual – greatest", "reason": "Why"}
    return table(lines, "assumptions", "What is assumed where the record is silent", heads)


def origins(origin: pd.DataFrame) -> pd.DataFrame:
    """One row per variable: how many values are determined, constrained and assumed."""
    counts = pd.crosstab(origin["variable"], origin["origin"]).reindex(origin["variable"].unique())
    return counts.reindex(columns=list(style.ORIGINS), fill_value=0).reset_index()


def verdicts(ledger: pd.DataFrame) -> GT:
    """How many claims have which verdict."""
    counts = ledger["verdict"].value_counts()
    lines = [(v, str(counts[v]), meaning) for v, meaning in VERDICTS.items() if v in counts]
    frame = pd.DataFrame(lines, columns=["verdict", "claims", "meaning"])
    heads = {"verdict": "Verdict", "claims": "Claims", "meaning": "Meaning"}
    return table(frame, "verdicts", f"Verdicts on {len(ledger)} claims", heads, numbers=["claims"])


def of_place(ledger: pd.DataFrame, place: str) -> GT:
    """The ledger's lines of one place."""
    lines = ledger[ledger["place"] == place].reset_index(drop=True)
    lines = lines.assign(recomputed=lines["recomputed"].map(rounded))
    odd = [(i, "verdict") for i in lines.index if lines.loc[i, "verdict"] not in ("satisfied", "reproduced")]
    title = f"{heading(place)}: {style.plural(len(lines), 'number')}"
    slug = "ledger-" + "".join(c if c.isalnum() else "-" for c in place.lower())
    return table(lines[list(LEDGER)], slug, title, LEDGER, numbers=["printed", "recomputed"], marked=odd)


def heading(place: str) -> str:
    """A place as a reader says it: sections are called so."""
    return f"Section {place}" if place[:1].isdigit() else place


def rounded(text: str) -> str:
    """A recomputed number with no more digits than a reader wants; other text as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    return text if len(text) <= SHOWN else f"{number:.4g}" if abs(number) < 1 else f"{number:.3f}"


def odd_roundings(found: pd.DataFrame) -> GT:
    """The numbers that rounding half up doesn't print."""
    heads = {
        "place": "Place",
        "description": "What is claimed",
        "recomputed": "From the rows",
        "printed": "Printed",
        "rounding": "Roundings that print it",
    }
    lines = found.assign(
        recomputed=found["recomputed"].map(rounded),
        rounding=found["rounding"].str.replace("|", ", ", regex=False),
    )
    return table(lines, "roundings", "Numbers that rounding half up doesn't print", heads)


def not_satisfied(ledger: pd.DataFrame) -> GT:
    """The claims without a good verdict, each with the reason."""
    lines = ledger[~ledger["verdict"].isin(["satisfied", "reproduced"])].reset_index(drop=True)
    heads = {"id": "Claim", "place": "Place", "printed": "Printed", "verdict": "Verdict", "why": "Why"}
    return table(lines[list(heads)], "not-satisfied", "Claims that the rows don't answer", heads)
