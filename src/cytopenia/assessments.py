"""Responses at readings: by lineage and over all, at a landmark or on every reading day, and relapses."""

from __future__ import annotations

import pandas as pd

from cytopenia.criteria import (
    LINEAGES,
    RESPONDED,
    NormalRanges,
    counts_for,
    overall,
    relapsed,
    respond,
)
from cytopenia.readings import Tables, about, decoded, patients_of, present, readings, wide
from cytopenia.schemas import columns, visits_of

TESTS_OF = {"PLT": ("PLAT",), "HB": ("HGB", "RETIRBC", "BILI", "COOMBS")}
"""The tests that a lineage's response rests on; its reading days are those of the first."""

ORIGINS = ("determined", "constrained", "assumed")


def judged(tables: Tables, at: pd.DataFrame, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """A `landmark` with BLEED and SYMPTOMS and its responses RPLT, RHB and RESP, CR, PR, NR or NE.

    One row a patient, by USUBJID. RESP is over the lineages that count for the diagnosis.
    """
    ids = at.index.to_series()
    day = at["DAY_PLT"].fillna(at["DAY_HB"])
    full = at.join(about(tables)).assign(
        BLEED=present(tables, "BLEEDING", ids, day),
        SYMPTOMS=present(tables, "ANAEMIA SYMPTOMS", ids, at["DAY_HB"]),
    )
    by_lineage = {lineage: respond(full, lineage, crit, ranges) for lineage in LINEAGES}
    return full.assign(RPLT=by_lineage["PLT"], RHB=by_lineage["HB"], RESP=overall(by_lineage, full["DX"]))


def _lineage_readings(tables: Tables, lineage: str) -> pd.DataFrame:
    """One row per patient and day after day 1 with a row of the lineage's first test: all a rule asks."""
    patient, lb = about(tables), tables["LB"]
    due = lb[(lb["LBTESTCD"] == TESTS_OF[lineage][0]) & (lb["LBDY"] > 1)]
    days = due[["USUBJID", "LBDY"]].drop_duplicates().astype({"LBDY": int}).rename(columns={"LBDY": "ADY"})
    counts = patient["DX"].isna() | counts_for(lineage, patient["DX"])
    days = days[days["USUBJID"].map(counts).astype(bool)]
    days = days.sort_values(["USUBJID", "ADY"], kind="stable", ignore_index=True)
    values = wide(readings(tables), ["USUBJID", "ADY"])
    full = days.join(values, on=["USUBJID", "ADY"]).join(patient, on="USUBJID")
    full = full.reindex(columns=[*dict.fromkeys([*full.columns, *LINEAGES])])
    return full.assign(
        PLT_BEST=full.groupby("USUBJID")["PLT"].cummax(),
        BLEED=present(tables, "BLEEDING", full["USUBJID"], full["ADY"]),
        SYMPTOMS=present(tables, "ANAEMIA SYMPTOMS", full["USUBJID"], full["ADY"]),
    )


def derive_adrs(tables: Tables, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """One row per patient, criteria set, lineage (PLT, HB, ALL) and reading day: AVALC CR, PR, NR or NE.

    A lineage is judged on each day after day 1 that has a row of its first test (PLAT, HGB), from that day's
    values alone; ALL on each day that has either, a lineage without a reading being NE. A patient without
    diagnosis is judged in both lineages, and NE over all.
    """
    rows = [_lineage_response(tables, lineage, crit, ranges) for lineage in LINEAGES]
    both = pd.concat([*rows, _overall_rows(tables, rows)], ignore_index=True)
    order = both["PARCAT"].map({"PLT": 0, "HB": 1, "ALL": 2})
    rank = both["USUBJID"].map({patient: k for k, patient in enumerate(patients_of(tables))})
    both = both.assign(CRIT=crit, AVISIT=visits_of(both["ADY"])["AVISIT"], RANK=rank, ORDER=order)
    both = both.sort_values(["RANK", "ORDER", "ADY"], kind="stable", ignore_index=True)
    return both[[column.name for column in columns("ADRS")]].astype({"ADY": "Int64"})


def _lineage_response(tables: Tables, lineage: str, crit: str, ranges: NormalRanges | None) -> pd.DataFrame:
    full = _lineage_readings(tables, lineage)
    origin = _origins(tables, TESTS_OF[lineage])
    keys = pd.MultiIndex.from_frame(full[["USUBJID", "ADY"]])
    return full[["USUBJID", "ADY"]].assign(
        PARCAT=lineage, AVALC=respond(full, lineage, crit, ranges), ORIGIN=origin.reindex(keys).to_numpy()
    )


def _origins(tables: Tables, tests: tuple[str, ...]) -> pd.Series:
    """How well each patient's day is known: as the least known of the tests, by USUBJID and ADY."""
    lb = tables["LB"]
    mine = lb[lb["LBTESTCD"].isin(tests)]
    rank = mine["ORIGIN"].map({origin: k for k, origin in enumerate(ORIGINS)}).astype("float64")
    worst = rank.groupby([mine["USUBJID"], mine["LBDY"].astype(int).rename("ADY")]).max()
    return worst.map(dict(enumerate(ORIGINS))).astype(object)


def _overall_rows(tables: Tables, rows: list[pd.DataFrame]) -> pd.DataFrame:
    both = pd.concat(rows)
    keys = ["USUBJID", "ADY"]
    by_day = both.pivot(index=keys, columns="PARCAT", values="AVALC").reindex(columns=list(LINEAGES))
    rank = both["ORIGIN"].map({origin: k for k, origin in enumerate(ORIGINS)}).astype("float64")
    worst = rank.groupby([both["USUBJID"], both["ADY"]]).max().reindex(by_day.index)
    dx = decoded(tables, "CYTOPENIA").reindex(by_day.index.get_level_values("USUBJID"))
    response = overall({lineage: by_day[lineage] for lineage in LINEAGES}, dx.set_axis(by_day.index))
    origin = worst.map(dict(enumerate(ORIGINS))).astype(object)
    return pd.DataFrame({"PARCAT": "ALL", "AVALC": response, "ORIGIN": origin}).reset_index()


def derive_relapses(tables: Tables, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """One row per patient who responded and then met the set's rule of relapse: USUBJID, CRIT, ADY.

    ADY is the first such day of any lineage that counts, after that lineage's own first response.
    """
    found = [_lineage_relapses(tables, lineage, crit, ranges) for lineage in LINEAGES]
    days = pd.concat(found).groupby("USUBJID")["ADY"].min().reindex(patients_of(tables)).dropna()
    frame = days.astype("Int64").rename_axis("USUBJID").reset_index()
    return frame.assign(CRIT=crit)[["USUBJID", "CRIT", "ADY"]]


def _lineage_relapses(tables: Tables, lineage: str, crit: str, ranges: NormalRanges | None) -> pd.DataFrame:
    full = _lineage_readings(tables, lineage)
    responded = full["ADY"].where(respond(full, lineage, crit, ranges).isin(RESPONDED))
    later = full["ADY"] > responded.groupby(full["USUBJID"]).transform("min")
    return full.loc[relapsed(full, lineage, crit, ranges) & later, ["USUBJID", "ADY"]]
