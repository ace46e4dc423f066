"""How much of the time under observation patients spent in response: spells of a state, and shares of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cytopenia import style
from cytopenia.criteria import RESPONDED
from cytopenia.patients import Patients
from cytopenia.summaries import Record, rows
from cytopenia.tables import reader
from cytopenia.times import times_to

SOURCE = "cytopenia.in_response."
BETWEEN = "Readings between the printed moments are drawn, and with them the states between."


# Time in response --------------------------------------------------------------------------------


def spells(patients: Patients, crit: str) -> pd.DataFrame:
    """One row per patient and spell in one state: USUBJID, STATE, START, END in study days, END not included.

    From day 1 to the last contact. A state lasts from the reading that shows it, by the response over all, to
    the reading that shows another; before the first reading it is NR, or NE where no reading can be judged.
    """
    adrs, contact = patients.table("ADRS"), times_to(patients, "FU", crit)
    if not len(adrs) or not len(contact):
        return pd.DataFrame(columns=["USUBJID", "STATE", "START", "END"])
    mine = adrs[(adrs["CRIT"] == crit) & (adrs["PARCAT"] == "ALL")]
    shown = mine[["USUBJID", "ADY", "AVALC"]].set_axis(["USUBJID", "START", "STATE"], axis=1)
    last = contact.set_index("USUBJID")["AVAL"].astype(float)
    judged = last.index.isin(shown.loc[shown["STATE"] != "NE", "USUBJID"])
    first = pd.DataFrame({"USUBJID": last.index, "START": 1.0, "STATE": np.where(judged, "NR", "NE")})
    both = pd.concat([first, shown.astype({"START": float})], ignore_index=True)
    both = both[both["USUBJID"].isin(last.index)].sort_values(["USUBJID", "START"], kind="stable")
    both = both[both["STATE"] != both.groupby("USUBJID")["STATE"].shift()]
    end = both.groupby("USUBJID")["START"].shift(-1).fillna(both["USUBJID"].map(last))
    both = both.assign(END=end)[["USUBJID", "STATE", "START", "END"]]
    return both[both["END"] > both["START"]].reset_index(drop=True)


def shares(patients: Patients, crit: str) -> pd.DataFrame:
    """One row per patient who was seen after day 1: USUBJID, FOLLOWED days, CR, RESPONSE and NE days, two shares.

    SHARE_CR and SHARE (CR or PR) are of the days whose state is known, 0 to 1, missing where none is. The
    proportion of time in response is IWG's duration of response (Rodeghiero et al., Blood 2009;113:2386).
    """
    found = spells(patients, crit)
    days = found.assign(DAYS=found["END"] - found["START"])
    wide = days.pivot_table(index="USUBJID", columns="STATE", values="DAYS", aggfunc="sum", sort=False)
    wide = wide.reindex(columns=["CR", "PR", "NR", "NE"]).fillna(0.0)
    known = wide[["CR", "PR", "NR"]].sum(axis=1)
    response = wide[list(RESPONDED)].sum(axis=1)
    made = pd.DataFrame({"FOLLOWED": wide.sum(axis=1), "CR": wide["CR"], "RESPONSE": response, "NE": wide["NE"]})
    made = made.assign(SHARE_CR=wide["CR"] / known.where(known > 0), SHARE=response / known.where(known > 0))
    return made.rename_axis("USUBJID").reset_index()


def nothing_known(found: pd.DataFrame) -> str:
    """The sentence for a cohort without a state that is known, of `shares`; else empty."""
    known = found["SHARE"].notna().any()
    return "" if known else "*Skipped: no patient of this cohort has a reading that the criteria can judge over all.*"


def states_note(patients: Patients, crit: str) -> str:
    """The caption that says how well the readings behind the states are known; empty for observed patients."""
    adrs = patients.table("ADRS")
    if not len(patients.origins):
        return ""
    return style.origin_note(adrs.loc[(adrs["CRIT"] == crit) & (adrs["PARCAT"] == "ALL"), "ORIGIN"])


def share_rows(found: pd.DataFrame, patients: Patients) -> pd.DataFrame:
    """Result rows of `shares` over all and among month 1's responders.

    time_in_response and time_in_cr: per cent of all days with a known state; median_time_in_response: the
    median of the patients' own percentages.
    """
    made: list[Record] = []
    for population in ("ALL", "RESP"):
        mine = found[found["USUBJID"].isin(patients.members(population)["USUBJID"])].dropna(subset=["SHARE"])
        known = float((mine["FOLLOWED"] - mine["NE"]).sum())
        if known:
            shares = {
                "time_in_response": mine["RESPONSE"].sum() / known,
                "time_in_cr": mine["CR"].sum() / known,
                "median_time_in_response": mine["SHARE"].median(),
            }
            made += [
                (population, "RESPONSE", "", name, 100 * float(share), "%", len(mine), SOURCE + "shares")
                for name, share in shares.items()
            ]
    return rows(made)


def share_sentence(found: pd.DataFrame, made: pd.DataFrame) -> str:
    """The sentence that reads the time in response, and says whose time it mostly is."""
    of, judged = reader(made), found.dropna(subset=["SHARE"])
    never = judged[judged["RESPONSE"] == 0]
    weight = float(never["FOLLOWED"].sum() / judged["FOLLOWED"].sum())
    return (
        f"Of all time under observation {of('ALL', 'RESPONSE', 'time_in_response')}% was spent in response and "
        f"{of('ALL', 'RESPONSE', 'time_in_cr')}% in CR; the median of the patients' own shares is "
        f"{of('ALL', 'RESPONSE', 'median_time_in_response')}%. Who never responded left early: "
        f"{style.proportion(len(never), len(judged))} of the patients, but {style.percent(weight)} of the time, so "
        "that the first figure flatters."
    )
