"""What became of each patient: the first responses and relapses, who is still followed, the state at each landmark."""

from __future__ import annotations

import pandas as pd

from cytopenia.criteria import RESPONDED
from cytopenia.patients import Patients

STATES = {"Month 1": "RESP_M1", "End of maintenance": "RESP_EOT", "Last follow-up": "RESP_FU"}
LOST, LEFT, UNKNOWN = "LOST", "OUT", "NE"
FIRSTS = ["USUBJID", "AVALC", "ADY"]


def firsts(adrs: pd.DataFrame, ends: pd.DataFrame | None, crit: str) -> pd.DataFrame:
    """One row per patient and sign: USUBJID, AVALC (PR, CR, RELAPSE), ADY, the study day on which it was first seen.

    Responses over all by a criteria set, from ADRS; a PR only where it came before any CR. Relapses from `ends`, DS.
    """
    mine = adrs[(adrs["CRIT"] == crit) & (adrs["PARCAT"] == "ALL")] if len(adrs.columns) else adrs
    days = {name: _first(mine, "AVALC", name) for name in reversed(RESPONDED)}
    before = days["CR"].reindex(days["PR"].index)
    days["PR"] = days["PR"][before.isna() | (days["PR"] < before)]
    if ends is not None:
        days["RELAPSE"] = _first(ends.rename(columns={"DSSTDY": "ADY"}), "DSDECOD", "DISEASE RELAPSE")
    parts = [one.rename("ADY").rename_axis("USUBJID").reset_index().assign(AVALC=name) for name, one in days.items()]
    return pd.concat(parts, ignore_index=True)[FIRSTS]


def _first(rows: pd.DataFrame, column: str, name: str) -> pd.Series:
    """The first study day of a patient's rows of this name, by USUBJID."""
    if not len(rows):
        return pd.Series(dtype="Int64")
    return rows[rows[column] == name].dropna(subset=["ADY"]).groupby("USUBJID")["ADY"].min()


def ongoing(ends: pd.DataFrame | None) -> list[str]:
    """The patients who were still followed when the data were cut, from DS."""
    return [] if ends is None else list(dict.fromkeys(ends.loc[ends["DSDECOD"] == "ONGOING", "USUBJID"]))


def states(patients: Patients) -> pd.DataFrame:
    """One row a patient: DIAGNOSIS, then the state at each of `STATES`, a response, LOST, OUT or NE.

    LOST: to follow-up before maintenance. OUT: without a response, or relapsed, at the landmark before. NE: not known.
    """
    adsl = patients.adsl
    lost = adsl["LOST"] == "Y" if "LOST" in adsl else pd.Series(False, index=adsl.index)
    found = {"Diagnosis": adsl["DX"].fillna(UNKNOWN)}
    left = pd.Series(False, index=adsl.index)
    for place, (label, name) in enumerate(STATES.items()):
        state = adsl[name] if name in adsl else pd.Series(None, index=adsl.index, dtype=object)
        absent = pd.Series(UNKNOWN, index=adsl.index).mask(left, LEFT).mask(lost & ~left & (place > 0), LOST)
        found[label] = state.fillna(absent)
        left |= found[label].isin(["NR", "RELAPSE"])
    return pd.DataFrame(found)
