"""Patients' ways through treatment as tables: first responses and relapses by day, and states at four times."""

from __future__ import annotations

import pandas as pd

from cytopenia import style
from cytopenia.assessments import derive_relapses
from cytopenia.figures_paths import GONE, LEFT
from cytopenia.patients import Patients
from cytopenia.readings import Tables
from cytopenia.safety import dose_days

DRUGS = ("RITUXIMAB", "BORTEZOMIB")
TIMES = {"Before": "DX", "Month 1": "RESP_M1", "End of maintenance": "RESP_EOT", "Last follow-up": "RESP_FU"}
OVER = ("NR", "RELAPSE", LEFT)
"""States after which a patient is no longer followed."""

REST = (
    (GONE, "was lost", "were lost"),
    (LEFT, "had left before", "had left before"),
    ("NE", "is not known", "are not known"),
)
"""The states in which nobody knows how a patient is, with their words for one and for many."""


# Days that are marked ----------------------------------------------------------------------------


def first_days(patients: Patients, tables: Tables, crit: str) -> pd.DataFrame:
    """One row per patient and first: USUBJID, AVALC (PR, CR over all by a criteria set, or RELAPSE), ADY.

    A PR counts only where it came before any CR. A relapse is DS DISEASE RELAPSE; without a DS table the first
    reading that meets the set's rule of it.
    """
    adrs = patients.table("ADRS")
    mine = adrs[(adrs["CRIT"] == crit) & (adrs["PARCAT"] == "ALL") & adrs["AVALC"].isin(["PR", "CR"])]
    first = mine.groupby(["USUBJID", "AVALC"], sort=False)["ADY"].min().reset_index()
    begun = first.groupby("USUBJID")["ADY"].transform("min")
    first = first[(first["AVALC"] == "CR") | (first["ADY"] == begun)]
    return pd.concat([first, relapses(tables, crit)], ignore_index=True)


def relapses(tables: Tables, crit: str) -> pd.DataFrame:
    """One row per patient who relapsed: USUBJID, AVALC (RELAPSE), ADY of the first relapse."""
    if "DS" in tables:
        ds = tables["DS"]
        found = ds[ds["DSDECOD"] == "DISEASE RELAPSE"].rename(columns={"DSSTDY": "ADY"})
        found = found.groupby("USUBJID", sort=False)["ADY"].min().reset_index()
    else:
        found = derive_relapses(tables, crit)
    return found[["USUBJID", "ADY"]].assign(AVALC="RELAPSE")[["USUBJID", "AVALC", "ADY"]]


def ongoing(tables: Tables) -> list[str]:
    """The patients whose last disposition is ONGOING; none without DS."""
    if "DS" not in tables:
        return []
    ds = tables["DS"].sort_values("DSSTDY", kind="stable")
    last = ds.groupby("USUBJID", sort=False)["DSDECOD"].last()
    return list(last.index[last == "ONGOING"])


def doses(tables: Tables) -> pd.DataFrame:
    """One row per dose of rituximab and bortezomib: USUBJID, ADY, DRUG; none without EX."""
    return pd.concat([dose_days(tables.get("EX"), drug).assign(DRUG=drug) for drug in DRUGS], ignore_index=True)


def transfusions(tables: Tables, lineage: str) -> pd.DataFrame:
    """One row per transfusion of a lineage's blood product (platelets, red cells): USUBJID, ADY; none without CM."""
    if "CM" not in tables:
        return pd.DataFrame({"USUBJID": pd.Series(dtype=object), "ADY": pd.Series(dtype="Int64")})
    given = tables["CM"]
    product = {"PLT": "PLATELETS", "HB": "RED CELLS"}[lineage]
    mine = given[(given["CMCAT"] == "TRANSFUSION") & (given["CMDECOD"].str.upper() == product)]
    return mine[["USUBJID", "CMSTDY"]].rename(columns={"CMSTDY": "ADY"}).dropna().reset_index(drop=True)


# States ------------------------------------------------------------------------------------------


def states(patients: Patients) -> pd.DataFrame:
    """One row per patient, one column a time of `TIMES`: the diagnosis, then the state at each later time.

    Who was lost before maintenance is LOST from then on; who had no response or a relapse is OUT at the times
    after; NE is a state that isn't known.
    """
    adsl = patients.adsl
    made = pd.DataFrame({"Before": adsl["DX"].fillna("NE")})
    lost, before = adsl["LOST"] == "Y", pd.Series("", index=adsl.index)
    for time, name in list(TIMES.items())[1:]:
        gone = pd.Series("NE", index=adsl.index).mask(lost, GONE).mask(before.isin(OVER), LEFT)
        before = made[time] = adsl[name].where(adsl[name].notna(), gone)
    return made


def states_sentence(found: pd.DataFrame) -> str:
    """The sentence that reads the states: how many of everybody were in response at each time, and the losses."""
    n, told = len(found), []
    for time in list(TIMES)[1:]:
        told.append(f"{style.proportion(int(found[time].isin(['CR', 'PR']).sum()), n)} {_at(time)}")
    last = found["Last follow-up"].value_counts()
    rest = [f"{last[state]} {one if last[state] == 1 else many}" for state, one, many in REST if state in last.index]
    gone = f" At the last time {style.listing(rest)}; they stay in every denominator here." if rest else ""
    return f"Of {style.plural(n, 'patient')} treated, in response were {style.listing(told)}.{gone}"


def _at(time: str) -> str:
    return f"at {'the ' if time != 'Month 1' else ''}{time[0].lower()}{time[1:]}"
