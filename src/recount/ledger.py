"""The ledger: every claim beside what patients' rows give back, with a verdict and the reason for it.

Verdicts for the reconstructed cohort: `satisfied` (the rows print the claim), `set aside` (the record can't be
satisfied whole), `not modelled` (no unknown carries the claim). For a cohort of somebody's own, against claims of
their own: `reproduced`, `differs`, `not derivable`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from recount.expressions import names
from recount.study import Claim, Study, read_claims
from recount.verify import statistic

KEY = ("population", "variable", "versus", "statistic")
CLAIM = ("id", "place", "population", "variable", "statistic", "printed", "versus", "description")
COLUMNS = (*CLAIM, "verdict", "low", "high", "recomputed", "rounding", "why", "notebook")
SATISFIED, SET_ASIDE, NOT_MODELLED = "satisfied", "set aside", "not modelled"
REPRODUCED, DIFFERS, NOT_DERIVABLE = "reproduced", "differs", "not derivable"
NOT_REACHED = "not satisfied"


def own_claims(study: Study, folder: Path) -> tuple[Claim, ...]:
    """The claims of a cohort's own folder about the study's variables; none without a claims.csv. Raises Faults."""
    return read_claims(study, folder) if (folder / "claims.csv").exists() else ()


def ledger(
    study: Study,
    claims: Iterable[Claim],
    patients: pd.DataFrame,
    results: pd.DataFrame,
    aside: pd.DataFrame | None = None,
    not_modelled: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row per claim with the columns `COLUMNS`, in the claims' order.

    `patients` is one row a patient, `results` the notebooks' results. `aside` (kind, id, why) and `not_modelled`
    (id, why) are a reconstruction's; without them the cohort is somebody's own.
    """
    where = _shown_in(results)
    made = aside is not None
    reasons = _reasons(aside, SET_ASIDE) | _reasons(not_modelled, NOT_MODELLED)
    rows = [_row(study, claim, patients, where, reasons, made) for claim in claims]
    return pd.DataFrame(rows, columns=COLUMNS)


def _reasons(table: pd.DataFrame | None, verdict: str) -> dict[str, tuple[str, str]]:
    if table is None:
        return {}
    return {id: (verdict, why) for id, why in zip(table["id"], table["why"], strict=True)}


def _shown_in(results: pd.DataFrame) -> dict[tuple[str, ...], str]:
    """The notebooks that show a result, by its key."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in results.fillna("").itertuples(index=False):
        found.setdefault(tuple(str(getattr(row, k)) for k in KEY), []).append(str(row.notebook))
    return {key: ", ".join(sorted(set(notebooks))) for key, notebooks in found.items()}


def _row(
    study: Study,
    claim: Claim,
    patients: pd.DataFrame,
    where: dict[tuple[str, ...], str],
    reasons: dict[str, tuple[str, str]],
    made: bool,
) -> tuple[str, ...]:
    written = [str(getattr(claim, name)) for name in CLAIM]
    shown = where.get((claim.population, claim.variable, claim.versus, claim.statistic), "")
    if missing := _missing(study, claim, patients):
        verdict = NOT_REACHED if made else NOT_DERIVABLE
        return (*written, verdict, "", "", "", "", f"the rows have no {', '.join(missing)}", shown)
    found = statistic(claim, patients, study)
    verdict, why = reasons.get(claim.id, _judged(claim, found.holds, found.text, made))
    return (*written, verdict, "", "", found.text, "|".join(found.rounding), why, shown)


def _missing(study: Study, claim: Claim, patients: pd.DataFrame) -> list[str]:
    """The variables a claim rests on that the rows don't have."""
    needed = {n for n in (claim.variable, claim.versus) if n in study.variables}
    needed |= set() if claim.condition is None else set(names(claim.condition))
    for population in (claim.population, claim.versus):
        where = study.populations[population].where if population in study.populations else None
        needed |= set() if where is None else set(names(where))
    return sorted(n for n in needed if n not in patients.columns)


def _judged(claim: Claim, holds: bool, text: str, made: bool) -> tuple[str, str]:
    if holds:
        return (SATISFIED if made else REPRODUCED), ""
    if not text:
        return (NOT_REACHED if made else NOT_DERIVABLE), "nobody to compute it from"
    return (NOT_REACHED if made else DIFFERS), f"the rows give {text}"


def roundings(table: pd.DataFrame) -> pd.DataFrame:
    """One row per claim that rounding half up doesn't print: place, description, recomputed, printed, rounding."""
    odd = table[(table["rounding"] != "") & ~table["rounding"].str.split("|").map(lambda r: "half-up" in r)]
    return odd[["place", "description", "recomputed", "printed", "rounding"]].reset_index(drop=True)
