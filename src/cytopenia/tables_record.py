"""Tables about the printed record itself: what is printed, what it forces, the ledger."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
from great_tables import GT

from cytopenia import style
from cytopenia.record import Ledger, Reconstructed
from cytopenia.strips import allowed, strip_of, svg
from cytopenia.tables import table
from recount.record import Study
from recount.results import (
    DOUBTED,
    MEANING,
    NOT_PROVEN,
    PROVEN,
    REACHED_NEARLY,
    REPRODUCED,
    ends_words,
    gravest_first,
    proof_words,
    without_repeats,
)

OWN = {
    "id": "Claim",
    "description": "What is claimed",
    "printed": "Printed",
    "recomputed": "From the rows",
    "verdict": "Verdict",
}
JUDGED = {
    "id": "Claim",
    "description": "What is claimed",
    "printed": "Printed",
    "strip": "Print within the rest",
    "allowed": "The rest allows",
    "verdict": "Verdict",
}
SHARES = {"id": 10, "description": 31, "printed": 8, "strip": 23, "allowed": 15, "verdict": 13}
WIDE = {"id": 9, "place": 10, "description": 20, "printed": 8, "strip": 20, "allowed": 11, "verdict": 13, "conflict": 9}
RANGES = {"question": 32, "range": 16, "proof": 15, "near": 16, "note": 21}
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
    places = [f'<span id="rule-{escape(r.id)}">{escape(r.place)}</span>' for r in study.rules]
    lines = pd.DataFrame({"place": places, "says": [r.description for r in study.rules]})
    lines = lines.assign(rule=[r.text for r in study.rules])
    heads = {"place": "Place", "says": "In words", "rule": "As it is read"}
    shares = {"place": 18, "says": 41, "rule": 41}
    return table(lines, "rules", "Rules that every patient keeps", heads, pictures=["place"], shares=shares)


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
    lines = [(v, str(counts[v]), meaning) for v, meaning in MEANING.items() if v in counts]
    frame = pd.DataFrame(lines, columns=["verdict", "claims", "meaning"])
    heads = {"verdict": "Verdict", "claims": "Claims", "meaning": "Meaning"}
    return table(frame, "verdicts", f"Verdicts on {len(ledger)} claims", heads, numbers=["claims"])


def verdicts_by_place(ledger: pd.DataFrame) -> pd.DataFrame:
    """One row per place, in the ledger's order: `place`, and how many claims have each verdict."""
    counts = pd.crosstab(ledger["place"], ledger["verdict"]).reindex(ledger["place"].unique())
    return counts.reindex(columns=list(style.VERDICTS), fill_value=0).reset_index()


def strips(lines: pd.DataFrame) -> pd.DataFrame:
    """The ledger's lines with two more columns: `allowed` in words, and `strip`, its picture as HTML."""
    rows = [{str(k): str(v) for k, v in row.items()} for row in lines.to_dict("records")]
    words = [allowed(row) for row in rows]
    drawn = [
        "" if (strip := strip_of(row)) is None else svg(strip, f"printed {row['printed']}; the rest allows {told}")
        for row, told in zip(rows, words, strict=True)
    ]
    return lines.assign(allowed=words, strip=drawn)


def of_place(found: Ledger, place: str) -> GT:
    """The ledger's lines of one place, the gravest first; for a printed record each with its strip."""
    lines = gravest_first(without_repeats(found.ledger[found.ledger["place"] == place]))
    heads, numbers = (JUDGED, ["printed"]) if found.is_reconstructed else (OWN, ["printed", "recomputed"])
    drawn: dict[str, Any] = {"pictures": ["id", "strip"], "shares": SHARES} if found.is_reconstructed else {}
    told = [_repeated(d, n) for d, n in lines[["description", "times"]].itertuples(index=False)]
    lines = strips(lines).assign(id=lines["ids"].map(anchored)) if found.is_reconstructed else lines
    lines = lines.assign(recomputed=lines["recomputed"].map(rounded), description=told)
    odd = [(i, "verdict") for i in lines.index if lines.loc[i, "verdict"] in DOUBTED]
    title = f"{heading(place)}: {style.plural(int(lines['times'].sum()), 'number')}"
    slug = "ledger-" + "".join(c if c.isalnum() else "-" for c in place.lower())
    return table(lines[list(heads)], slug, title, heads, numbers=numbers, marked=odd, **drawn)


def anchored(ids: str) -> str:
    """The first of some claims' ids as HTML, with an anchor `claim-ID` for each of them that a link can lead to."""
    first, *others = map(escape, ids.split(" "))
    rest = "".join(f'<span id="claim-{one}"></span>' for one in others)
    return f'{rest}<span id="claim-{first}">{first}</span>'


def _repeated(description: str, times: int) -> str:
    return description if times == 1 else f"{description} (printed {times} times here)"


def doubted(lines: pd.DataFrame) -> GT:
    """The claims that are contradicted or only cut off, with strips and the numbers of their conflicts."""
    heads = {
        "id": "Claim",
        "place": "Place",
        "description": "What is claimed",
        "printed": "Printed",
        "strip": "Print within the rest",
        "allowed": "The rest allows",
        "verdict": "Verdict",
        "conflict": "Conflict",
    }
    found = strips(lines)[list(heads)].assign(place=lines["place"].map(heading))
    return table(
        found, "doubted", "Printed numbers in doubt", heads, numbers=["printed"], pictures=["strip"], shares=WIDE
    )


def legend() -> GT:
    """How a strip is read, part by part."""
    line = {"low": "4", "high": "7", "low_bound": "4", "high_bound": "7", "proof": PROVEN, "verdict": "attainable"}
    wide = line | {"low_bound": "2", "high_bound": "8", "proof": NOT_PROVEN}
    near = line | {"low_bound": "3.97", "high_bound": "7.03", "proof": REACHED_NEARLY}
    shown = [
        (
            line | {"printed": "5"},
            "The bar is what the rest allows, proven; the band is what the printed 5 stands for.",
        ),
        (
            line | {"printed": "5", "low": "5", "high": "5", "low_bound": "5", "high_bound": "5"},
            "Nothing but print fits.",
        ),
        (near | {"printed": "5"}, "Strokes at the ends: proven bounds, which patients come near but don't reach."),
        (wide | {"printed": "5"}, "Dashed: patients reach the bar, and no proof rules out more up to the ring."),
        (line | {"printed": "9", "verdict": "contradicted"}, "A cross: the rest doesn't allow what is printed."),
        (
            line | {"printed": "7.5", "verdict": "attainable by truncation"},
            "A triangle: only cut-off decimals print it.",
        ),
    ]
    frame = strips(pd.DataFrame([row for row, _ in shown])).assign(meaning=[words for _, words in shown])
    heads = {"strip": "Strip", "meaning": "What it says"}
    return table(
        frame[list(heads)],
        "strips",
        "How to read a strip",
        heads,
        pictures=["strip"],
        shares={"strip": 25, "meaning": 75},
    )


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
    lines = ledger[ledger["verdict"] != REPRODUCED].reset_index(drop=True)
    heads = {"id": "Claim", "place": "Place", "printed": "Printed", "verdict": "Verdict", "why": "Why"}
    return table(lines[list(heads)], "not-satisfied", "Claims that the rows don't answer", heads)


def ranges(made: Reconstructed, anchors: pd.DataFrame) -> GT:
    """One line a question: what all consistent patients leave open, how far that is proven, what is printed near it."""
    near = {r.id: f"{r.printed} ({r.what})" for r in anchors.itertuples()}
    lines = pd.DataFrame(
        [(r["question"], range_text(r), proof_text(r), near.get(r["id"], ""), r["note"]) for r in _texts(made.ranges)],
        columns=["question", "range", "proof", "near", "note"],
    )
    heads = {
        "question": "Question",
        "range": "Least to greatest",
        "proof": "Proof",
        "near": "Printed nearby",
        "note": "Remark",
    }
    return table(lines, "ranges", "What print doesn't say, over all consistent cohorts", heads, shares=RANGES)


def _texts(frame: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(k): str(v) for k, v in row.items()} for row in frame.to_dict("records")]


def range_text(row: dict[str, str]) -> str:
    """A range with its unit, `5.5 to 6 days`; one number where both ends are the same."""
    if not row["low"] or not row["high"]:
        return style.MISSING
    words = ends_words(*style.shortened_range(row, 2))
    return style.caption(words, style.unit(row["unit"])) if words else style.MISSING


def proof_text(row: dict[str, str]) -> str:
    """How far a range is proven: in a word, or with the bounds that are."""
    return proof_words(*style.shortened_range(row, 2), row["proof"])
