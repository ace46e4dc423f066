"""Times to events, ADTTE: from where each runs, what ends it, and who is counted."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cytopenia.assessments import derive_relapses, time_shift
from cytopenia.criteria import RESPONDED, rule_set
from cytopenia.readings import Tables, patients_of
from cytopenia.schemas import columns
from cytopenia.subjects import end_of_maintenance

TIMES = {
    "TTR": "Days from the first dose to the first response over all",
    "TTRPLT": "Days from the first dose to the first platelet response",
    "TTRHB": "Days from the first dose to the first haemolysis response",
    "TTCRPLT": "Days from the first dose to the first complete platelet response",
    "RELFREE": "Days from the first response to relapse, rescue treatment or death",
    "DOR": "Days from the first response over all to its loss by the criteria, relapse or rescue treatment",
    "FUEOT": "Days from the end of maintenance to relapse, rescue treatment, death or the last contact",
    "FU": "Days from the first dose to death or the last contact",
}
HAPPENED, CENSORED, COMPETING = 0, 1, 2
"""CNSR of a row: the event, a loss, or something that came before the event and rules it out."""


@dataclass(frozen=True)
class Ending:
    """What can end a time: its words, the CNSR it stands for, and the study day by USUBJID."""

    words: str
    cnsr: int
    day: pd.Series


def derive_adtte(tables: Tables, adsl: pd.DataFrame, adrs: pd.DataFrame) -> pd.DataFrame:
    """One row per patient and time: PARAMCD, AVAL in days, CNSR 0 event, 1 censored or 2 competing, EVNTDESC, CRIT.

    TTR: everybody treated. TTRPLT, TTRHB, TTCRPLT: everybody judged in the lineage, responders or not. AVAL of
    these is the study day (1 is the day of the first dose, unless the set counts from elsewhere) of the first
    response or of the last evaluable reading; death, rescue treatment and leaving for LACK OF EFFICACY, where
    they come before, compete.
    RELFREE: month 1's responders, from the day by which every lineage had responded to relapse, in
    maintenance or follow-up, rescue treatment or death, or the last contact. DOR: whoever responded over all,
    from that day to the first reading that meets the set's rule of relapse, recorded relapse or rescue
    treatment, or the last evaluable reading; death competes. FUEOT: patients in response at the end of
    maintenance, from there, to what ends RELFREE. FU: everybody, the study day of death or the last contact.

    A relapse is DS DISEASE RELAPSE; without a DS table, the first reading that meets the set's rule of it.
    Death is DS DEATH, rescue treatment the first CM row RESCUE. Of endings on one day the first named counts.
    `adsl` and `adrs` are of one criteria set.
    """
    (crit,) = adrs["CRIT"].unique() if len(adrs) else ("paper",)
    start = time_shift(tables, rule_set(crit).parameters)
    rows = [
        _to_response(tables, adrs, "TTR", "ALL", RESPONDED, start),
        _to_response(tables, adrs, "TTRPLT", "PLT", RESPONDED, start),
        _to_response(tables, adrs, "TTRHB", "HB", RESPONDED, start),
        _to_response(tables, adrs, "TTCRPLT", "PLT", ("CR",), start),
        *_from_response(tables, adsl, adrs, crit, start),
        _times("FU", _from_day_0(tables), [Ending("DEATH", HAPPENED, _death(tables))], _last_contact(tables), CONTACT),
    ]
    frame = pd.concat(rows, ignore_index=True)
    frame = frame.assign(CRIT=crit, PARAM=frame["PARAMCD"].map(TIMES))
    frame["RANK"] = frame["USUBJID"].map({patient: k for k, patient in enumerate(patients_of(tables))})
    frame["ORDER"] = frame["PARAMCD"].map({name: k for k, name in enumerate(TIMES)})
    frame = frame.sort_values(["ORDER", "RANK"], kind="stable", ignore_index=True)
    return frame[[column.name for column in columns("ADTTE")]].astype({"AVAL": "Int64", "CNSR": "Int64"})


ONSETS = ["ONSET_PLT", "ONSET_HB"]
CONTACT = "LAST CONTACT"
READING = "LAST EVALUABLE READING"


def _times(name: str, start: pd.Series, endings: list[Ending], last: pd.Series, ended: str) -> pd.DataFrame:
    """Rows of one time, from each patient's start to the first ending on or after it, else to the last day.

    `start` and `last` are study days by USUBJID; a patient without a start, or without any day to end on, has
    no row.
    """
    known = start.dropna()
    days = pd.DataFrame({k: ending.day.reindex(known.index) for k, ending in enumerate(endings)})
    days = days.where(days.ge(known, axis=0)).fillna(float("inf"))
    first, which = days.min(axis=1), days.idxmin(axis=1)
    seen = first < float("inf")
    day = first.where(seen, last.reindex(known.index))
    frame = pd.DataFrame(
        {
            "PARAMCD": name,
            "AVAL": (day - known).clip(lower=0),
            "CNSR": [endings[k].cnsr if one else CENSORED for k, one in zip(which, seen, strict=True)],
            "EVNTDESC": [endings[k].words if one else ended for k, one in zip(which, seen, strict=True)],
        },
        index=known.index.rename("USUBJID"),
    )
    return frame.dropna(subset=["AVAL"]).reset_index()


# To a response -----------------------------------------------------------------------------------


def _to_response(
    tables: Tables, adrs: pd.DataFrame, name: str, lineage: str, responses: tuple[str, ...], start: pd.Series
) -> pd.DataFrame:
    """Rows of a time to response; `start` is the study day before the one that counts as 1, by USUBJID."""
    rows = adrs[(adrs["PARCAT"] == lineage) & (adrs["AVALC"] != "NE")]
    last = rows.groupby("USUBJID")["ADY"].max().astype("float64")
    if lineage == "ALL":
        last = last.reindex(start.index).fillna(0)
    endings = [
        Ending("FIRST RESPONSE", HAPPENED, _first(rows, responses)),
        Ending("DEATH", COMPETING, _death(tables)),
        Ending("RESCUE TREATMENT", COMPETING, _rescue(tables)),
        Ending("LACK OF EFFICACY", COMPETING, _disposed(tables, "LACK OF EFFICACY")),
    ]
    return _times(name, start.reindex(last.index), endings, last, READING)


def _from_day_0(tables: Tables) -> pd.Series:
    """Day 0 for everybody, so that a time from it is a study day."""
    return pd.Series(0.0, index=patients_of(tables))


def _first(rows: pd.DataFrame, responses: tuple[str, ...]) -> pd.Series:
    """The first day of a response among rows of ADRS, by USUBJID."""
    return rows[rows["AVALC"].isin(responses)].groupby("USUBJID")["ADY"].min().astype("float64")


# From a response ---------------------------------------------------------------------------------


def _from_response(
    tables: Tables, adsl: pd.DataFrame, adrs: pd.DataFrame, crit: str, shift: pd.Series
) -> list[pd.DataFrame]:
    """The rows of RELFREE, DOR and FUEOT; `shift` is what ADSL's days to response are less than study days."""
    frame = adsl.set_index("USUBJID")
    frame[ONSETS] = frame.reindex(columns=ONSETS).astype("float64").add(shift, axis=0)
    over_all = adrs[(adrs["PARCAT"] == "ALL") & (adrs["AVALC"] != "NE")]
    begun = _first(over_all, RESPONDED).reindex(frame.index)
    contact, read = _last_contact(tables), over_all.groupby("USUBJID")["ADY"].max().astype("float64")
    relapse = Ending("DISEASE RELAPSE", HAPPENED, _relapse_days(tables, crit))
    rescue = Ending("RESCUE TREATMENT", HAPPENED, _rescue(tables))
    lost = Ending("LOSS OF RESPONSE BY THE CRITERIA", HAPPENED, _losses(tables, crit))
    death, ruled_out = (Ending("DEATH", cnsr, _death(tables)) for cnsr in (HAPPENED, COMPETING))
    end = end_of_maintenance(tables).where(_holds(frame, "RESP_EOT"))
    words = "LAST CONTACT WITHOUT RELAPSE"
    return [
        _times("RELFREE", _response_day(frame, begun), [relapse, rescue, death], contact, words),
        _times("DOR", begun, [relapse, lost, rescue, ruled_out], read, READING),
        _times("FUEOT", end, [relapse, rescue, death], contact, words),
    ]


def _holds(frame: pd.DataFrame, name: str) -> pd.Series:
    column = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)
    return column.isin(RESPONDED)


def _response_day(frame: pd.DataFrame, begun: pd.Series) -> pd.Series:
    """The day by which every lineage of a month 1 responder had responded, by USUBJID.

    Where the onsets are missing, the first day of a response over all.
    """
    onsets = frame[ONSETS].max(axis=1)
    return onsets.fillna(begun).where(_holds(frame, "RESP_M1"))


# Days of what ends a time ------------------------------------------------------------------------


def _disposed(tables: Tables, decoded: str) -> pd.Series:
    """The first study day of each patient's DS rows of this DSDECOD, by USUBJID."""
    patients = patients_of(tables)
    if "DS" not in tables:
        return pd.Series(float("nan"), index=patients)
    ds = tables["DS"]
    days = ds[ds["DSDECOD"] == decoded].groupby("USUBJID")["DSSTDY"].min()
    return days.reindex(patients).astype("float64")


def _death(tables: Tables) -> pd.Series:
    return _disposed(tables, "DEATH")


def _rescue(tables: Tables) -> pd.Series:
    """The first study day of each patient's rescue treatment, by USUBJID."""
    patients = patients_of(tables)
    if "CM" not in tables:
        return pd.Series(float("nan"), index=patients)
    cm = tables["CM"]
    days = cm[(cm["CMCAT"] == "RESCUE") & cm["CMSTDY"].notna()].groupby("USUBJID")["CMSTDY"].min()
    return days.reindex(patients).astype("float64")


def _losses(tables: Tables, crit: str) -> pd.Series:
    """The first study day on which each patient met the set's rule of relapse, by USUBJID."""
    days = derive_relapses(tables, crit).set_index("USUBJID")["ADY"]
    return days.reindex(patients_of(tables)).astype("float64")


def _relapse_days(tables: Tables, crit: str) -> pd.Series:
    """The study day of each patient's first relapse, by USUBJID."""
    return _disposed(tables, "DISEASE RELAPSE") if "DS" in tables else _losses(tables, crit)


def _last_contact(tables: Tables) -> pd.Series:
    """The last study day of a patient in LB or DS, by USUBJID."""
    days = [tables["LB"].set_index("USUBJID")["LBDY"]]
    if "DS" in tables:
        days.append(tables["DS"].set_index("USUBJID")["DSSTDY"])
    last: pd.Series = pd.concat(days).astype("float64").groupby(level=0).max()
    return last.reindex(patients_of(tables))
