"""The ledger: every claim with its verdict, what everything else allows, and what patients' rows give back.

For the reconstructed cohort the verdicts are the audit's, since its patients were made to satisfy the claims. For a
cohort of somebody's own, against claims of their own, the rows decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from recount.record import Claim, Study, read_claims
from recount.results.verdicts import CONTRADICTED, DIFFERS, JUDGED, NOT_CHECKABLE, NOT_DERIVABLE, REPRODUCED, TRUNCATED
from recount.rules import names
from recount.verify import statistic

KEY = ("population", "variable", "versus", "statistic")
CLAIM = ("id", "place", "population", "variable", "statistic", "printed", "versus", "description")
RANGE = ("low", "high", "low_bound", "high_bound", "proof")
COLUMNS = (*CLAIM, "verdict", *RANGE, "recomputed", "rounding", "why", "notebook")
UNSATISFIED = (CONTRADICTED, TRUNCATED, NOT_CHECKABLE)
"""Verdicts with which the rows may print something else than the claim."""

Judged = Mapping[str, Mapping[Any, str]]


def own_claims(study: Study, folder: Path) -> tuple[Claim, ...]:
    """The claims of a cohort's own folder about the study's variables; none without a claims.csv. Raises Faults."""
    return read_claims(study, folder) if (folder / "claims.csv").exists() else ()


def ledger(
    study: Study,
    claims: Iterable[Claim],
    patients: pd.DataFrame,
    results: pd.DataFrame,
    audit: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row per claim with the columns `COLUMNS`, in the claims' order.

    `patients` is one row a patient, `results` the notebooks' results. `audit` (id, verdict, `RANGE`, why) is what
    `recount audit` found of these claims; without it the cohort is somebody's own. Raises KeyError for a claim that
    the audit lacks.
    """
    where = _shown_in(results)
    judged = None if audit is None else {str(row["id"]): row for row in audit.to_dict("records")}
    rows = [
        _claim_line(study, claim, patients, judged) | {"notebook": where.get(_claim_key(claim), "")} for claim in claims
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _claim_key(claim: Claim) -> tuple[str, ...]:
    return tuple(str(getattr(claim, name)) for name in KEY)


def _shown_in(results: pd.DataFrame) -> dict[tuple[str, ...], str]:
    """The notebooks that show a result, by its key."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in results.fillna("").itertuples(index=False):
        found.setdefault(tuple(str(getattr(row, k)) for k in KEY), []).append(str(row.notebook))
    return {key: ", ".join(sorted(set(notebooks))) for key, notebooks in found.items()}


def _claim_line(study: Study, claim: Claim, patients: pd.DataFrame, judged: Judged | None) -> dict[str, str]:
    """A claim's line without its notebooks."""
    line = dict.fromkeys(COLUMNS, "") | {name: str(getattr(claim, name)) for name in CLAIM}
    holds, again = _recomputed(study, claim, patients)
    line |= again
    if judged is None:
        return line | _compared(holds, line["recomputed"], line["why"])
    found = judged[claim.id]
    line |= {name: found[name] for name in ("verdict", *RANGE, "why")}
    return line | ({"why": _unlike_reason(line)} if not holds else {})


def _recomputed(study: Study, claim: Claim, patients: pd.DataFrame) -> tuple[bool, dict[str, str]]:
    """Whether the rows print the claim, with what they give, the roundings that print it, or why they give nothing."""
    if missing := _missing(study, claim, patients):
        return False, {"why": f"the rows have no {', '.join(missing)}"}
    found = statistic(claim, patients, study)
    return found.holds, {"recomputed": found.text, "rounding": "|".join(found.rounding)}


def _missing(study: Study, claim: Claim, patients: pd.DataFrame) -> list[str]:
    """The variables a claim rests on that the rows don't have."""
    needed = {n for n in (claim.variable, claim.versus) if n in study.variables}
    needed |= set() if claim.condition is None else set(names(claim.condition))
    for population in (claim.population, claim.versus):
        where = study.populations[population].where if population in study.populations else None
        needed |= set() if where is None else set(names(where))
    return sorted(n for n in needed if n not in patients.columns)


def _compared(holds: bool, text: str, why: str) -> dict[str, str]:
    """Verdict and reason of a claim beside rows that were not made from it."""
    if holds:
        return {"verdict": REPRODUCED}
    if not text:
        return {"verdict": NOT_DERIVABLE, "why": why or "nobody to compute it from"}
    return {"verdict": DIFFERS, "why": f"the rows give {text}"}


def _unlike_reason(line: Mapping[str, str]) -> str:
    """The reason of a verdict, with what the rows give where they ought to print the claim."""
    if line["verdict"] in UNSATISFIED:
        return line["why"]
    return "; ".join(filter(None, (line["why"], f"but these rows give {line['recomputed'] or 'nothing'}")))


def gravest_first(table: pd.DataFrame) -> pd.DataFrame:
    """The ledger's lines by verdict, the gravest first, those of one verdict in their order."""
    order = [*JUDGED, DIFFERS, REPRODUCED, NOT_DERIVABLE]
    return table.sort_values(
        "verdict", key=lambda verdicts: verdicts.map(order.index), kind="stable", ignore_index=True
    )


def without_repeats(table: pd.DataFrame) -> pd.DataFrame:
    """The lines of one place without repetition: what is printed there twice in one way is one line.

    A column `times` says how often, `id` names the first and `ids` all of them, a blank between.
    """
    key = [*KEY, "printed"]
    alike = table.groupby(key, sort=False)["id"]
    return table.assign(times=alike.transform("size"), ids=alike.transform(" ".join)).drop_duplicates(
        key, ignore_index=True
    )


def roundings(table: pd.DataFrame) -> pd.DataFrame:
    """One row per claim that rounding half up doesn't print: place, description, recomputed, printed, rounding."""
    odd = table[(table["rounding"] != "") & ~table["rounding"].str.split("|").map(lambda r: "half-up" in r)]
    return odd[["place", "description", "recomputed", "printed", "rounding"]].reset_index(drop=True)
