"""The analysis tables: tidy SDTM tables in, one tidy ADaM table out.

`tables` is what `read_cohort` returns. ADSL is made in `subjects`, ADRS in `assessments`; `readings` says
which reading stands for a landmark. The conventions that dated records are written for stand in these three
modules' docstrings.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cytopenia.assessments import derive_adrs, derive_relapses, judged
from cytopenia.criteria import RESPONDED
from cytopenia.readings import Tables, at_baseline, patients_of, readings, words
from cytopenia.schemas import columns, lab_tests, visits_of
from cytopenia.subjects import derive_adsl, end_of_maintenance

__all__ = [
    "derive_adae",
    "derive_adlb",
    "derive_adrs",
    "derive_adsl",
    "derive_adtte",
    "derive_relapses",
    "end_of_maintenance",
    "judged",
]

TIMES = {
    "TTRPLT": "Days from the first dose to the first platelet response",
    "TTRHB": "Days from the first dose to the first haemolysis response",
    "TTCRPLT": "Days from the first dose to the first complete platelet response",
    "RELFREE": "Days from the first response to relapse",
    "FUEOT": "Days from the end of maintenance to relapse or the last contact",
}


# Laboratory --------------------------------------------------------------------------------------


def derive_adlb(tables: Tables) -> pd.DataFrame:
    """One row per laboratory result: AVAL and AVALC, day and visit, baseline value and change from it.

    ABLFL is Y on the last value at or before day 1; earlier rows are of visit SCREENING, planned on day 0.
    CHG is for rows after day 1. ANL01FL is Y on the row nearest to the planned day of a visit, one per
    patient, test and visit.
    """
    lb, tests = tables["LB"], lab_tests()
    base = at_baseline(readings(tables))
    value = base.set_index(["USUBJID", "LBTESTCD"])["AVAL"]
    keys = pd.MultiIndex.from_frame(lb[["USUBJID", "LBTESTCD"]])
    known = value.reindex(keys).to_numpy()
    names = lb["LBTESTCD"].map({code: _parameter(test.name, test.unit) for code, test in tests.items()})
    is_base = lb.index.isin(base.index)
    visit = visits_of(lb["LBDY"])
    frame = pd.DataFrame(
        {
            "USUBJID": lb["USUBJID"],
            "PARAMCD": lb["LBTESTCD"],
            "PARAM": names.fillna(lb["LBTEST"]).fillna(lb["LBTESTCD"]),
            "AVAL": lb["LBSTRESN"],
            "AVALC": lb["LBSTRESC"],
            "AVALU": lb["LBSTRESU"],
            "ADY": lb["LBDY"],
            "AVISIT": visit["AVISIT"].mask((lb["LBDY"] <= 1) & ~is_base, "SCREENING"),
            "AVISITN": visit["AVISITN"].mask((lb["LBDY"] <= 1) & ~is_base, 0),
            "ABLFL": words(is_base, "Y", None),
            "BASE": known,
            "CHG": (lb["LBSTRESN"] - known).where(lb["LBDY"] > 1),
            "ORIGIN": lb["ORIGIN"],
        }
    )
    return frame.assign(ANL01FL=_one_per_visit(frame))[[column.name for column in columns("ADLB")]]


def _parameter(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _one_per_visit(frame: pd.DataFrame) -> pd.Series:
    filled = frame[(frame["AVAL"].notna() | frame["AVALC"].notna()) & (frame["AVISIT"] != "SCREENING")]
    far = (filled["ADY"].astype("float64") - filled["AVISITN"]).abs()
    far = far.where(filled["AVISIT"] != "BASELINE", -filled["ADY"].astype("float64"))
    ranked = filled.assign(FAR=far, ROW=-np.arange(len(filled))).sort_values(["FAR", "ADY", "ROW"])
    chosen = ranked.drop_duplicates(["USUBJID", "PARAMCD", "AVISIT"]).index
    return pd.Series(words(frame.index.isin(chosen), "Y", None), index=frame.index, dtype=object)


# Times and events --------------------------------------------------------------------------------


def derive_adtte(tables: Tables, adsl: pd.DataFrame, adrs: pd.DataFrame) -> pd.DataFrame:
    """One row per patient and time: PARAMCD, AVAL in days, CNSR 0 event or 1 censored, EVNTDESC, CRIT.

    TTRPLT, TTRHB, TTCRPLT: everybody judged in the lineage, responders or not; AVAL is the study day of the
    first response (1 is the day of the first dose) or of the last evaluable reading. RELFREE: month 1's
    responders, from the day by which every lineage had responded to the relapse, in maintenance or follow-up,
    or the last contact. FUEOT: patients in response at the end of maintenance, from there to relapse or the
    last contact. A relapse is DS DISEASE RELAPSE; without a DS table, the first reading that meets the set's
    rule of it. `adsl` and `adrs` are of one criteria set.
    """
    (crit,) = adrs["CRIT"].unique() if len(adrs) else ("paper",)
    rows = [
        _to_response(adrs, "TTRPLT", "PLT", RESPONDED),
        _to_response(adrs, "TTRHB", "HB", RESPONDED),
        _to_response(adrs, "TTCRPLT", "PLT", ("CR",)),
        *_to_relapse(tables, adsl, adrs, crit),
    ]
    frame = pd.concat(rows, ignore_index=True)
    frame = frame.assign(CRIT=crit, PARAM=frame["PARAMCD"].map(TIMES))
    frame["RANK"] = frame["USUBJID"].map({patient: k for k, patient in enumerate(patients_of(tables))})
    frame["ORDER"] = frame["PARAMCD"].map({name: k for k, name in enumerate(TIMES)})
    frame = frame.sort_values(["ORDER", "RANK"], kind="stable", ignore_index=True)
    return frame[[column.name for column in columns("ADTTE")]].astype({"AVAL": "Int64", "CNSR": "Int64"})


def _to_response(adrs: pd.DataFrame, name: str, lineage: str, responses: tuple[str, ...]) -> pd.DataFrame:
    rows = adrs[(adrs["PARCAT"] == lineage) & (adrs["AVALC"] != "NE")]
    last = rows.groupby("USUBJID")["ADY"].max().astype("float64")
    first = rows[rows["AVALC"].isin(responses)].groupby("USUBJID")["ADY"].min().astype("float64")
    return _times(name, first.reindex(last.index), last, "FIRST RESPONSE", "LAST EVALUABLE READING")


def _times(name: str, event: pd.Series, last: pd.Series, happened: str, ended: str) -> pd.DataFrame:
    """Rows of one time: to the event where there is one, else to the last day; both by USUBJID."""
    days = event.fillna(last).dropna().clip(lower=0)
    seen = event.reindex(days.index).notna()
    frame = pd.DataFrame({"PARAMCD": name, "AVAL": days, "CNSR": np.where(seen, 0, 1)}, index=days.index)
    return frame.assign(EVNTDESC=np.where(seen, happened, ended)).rename_axis("USUBJID").reset_index()


def _to_relapse(tables: Tables, adsl: pd.DataFrame, adrs: pd.DataFrame, crit: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = adsl.set_index("USUBJID")
    relapse, last = _relapse_days(tables, crit), _last_contact(tables)
    start = _response_day(frame, adrs)
    end = end_of_maintenance(tables).where(_holds(frame, "RESP_EOT"))
    words = ("DISEASE RELAPSE", "LAST CONTACT WITHOUT RELAPSE")
    return (
        _times("RELFREE", relapse.where(relapse >= start) - start, last - start, *words),
        _times("FUEOT", relapse.where(relapse >= end) - end, last - end, *words),
    )


def _holds(frame: pd.DataFrame, name: str) -> pd.Series:
    column = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)
    return column.isin(RESPONDED)


def _response_day(frame: pd.DataFrame, adrs: pd.DataFrame) -> pd.Series:
    """The day by which every lineage of a month 1 responder had responded, by USUBJID.

    Where the onsets are missing, the first day of a response over all.
    """
    onsets = frame.reindex(columns=["ONSET_PLT", "ONSET_HB"]).astype("float64").max(axis=1)
    rows = adrs[(adrs["PARCAT"] == "ALL") & adrs["AVALC"].isin(RESPONDED)]
    first = rows.groupby("USUBJID")["ADY"].min().astype("float64").reindex(frame.index)
    return onsets.fillna(first).where(_holds(frame, "RESP_M1"))


def _relapse_days(tables: Tables, crit: str) -> pd.Series:
    """The study day of each patient's first relapse, by USUBJID."""
    if "DS" in tables:
        ds = tables["DS"]
        days = ds[ds["DSDECOD"] == "DISEASE RELAPSE"].groupby("USUBJID")["DSSTDY"].min()
    else:
        days = derive_relapses(tables, crit).set_index("USUBJID")["ADY"]
    return days.reindex(patients_of(tables)).astype("float64")


def _last_contact(tables: Tables) -> pd.Series:
    """The last study day of a patient in LB or DS, by USUBJID."""
    days = [tables["LB"].set_index("USUBJID")["LBDY"]]
    if "DS" in tables:
        days.append(tables["DS"].set_index("USUBJID")["DSSTDY"])
    last: pd.Series = pd.concat(days).astype("float64").groupby(level=0).max()
    return last.reindex(patients_of(tables))


def derive_adae(tables: Tables) -> pd.DataFrame:
    """One row per adverse event: AE with TRTEMFL, Y from study day 1 on, N before, missing without a day.

    The grades are added by `cytopenia.grading.grade_events`.
    """
    ae = tables["AE"]
    begun = (ae["AESTDY"].astype("float64") >= 1).to_numpy()
    flag = pd.Series(words(begun, "Y", "N"), index=ae.index, dtype=object)
    return ae.assign(TRTEMFL=flag.where(ae["AESTDY"].notna()))
