"""The subject table ADSL: every variable of the study that a cohort's dated records give.

The landmarks BL, M1, EOT, FU and the bleeding and symptoms at them are found as `readings` says. Further:

* DX, CTD, DURATION, ICH, AUTOAB are of MH; NPRIOR and PR* of CM, PRIOR TREATMENT; START of RFSTDTC.
* RPLT_M1, RHB_M1, RESP_M1 are the criteria's response to the values of M1; the worse lineage counts where
  the diagnosis has two. A response that is not evaluable (NE) is missing.
* ONSET_PLT, ONSET_HB, CRDAY_PLT are the first study days, up to 31, on which that lineage's response in
  ADRS is CR or PR (CR), of patients who have that response at M1.
* MAINT is Y with a rituximab dose or a DS row of MAINTENANCE. The end of maintenance is the day (EXSTDY) of
  the last RITUXIMAB dose of EPOCH MAINTENANCE, without such doses the day of DS COMPLETED in MAINTENANCE;
  there is none where DS says ONGOING, LOST TO FOLLOW-UP, LACK OF EFFICACY or DEATH in MAINTENANCE.
* LOST is Y with DS LOST TO FOLLOW-UP in INDUCTION, or in FOLLOW-UP without maintenance.
* RESP_EOT is RELAPSE with DS DISEASE RELAPSE in MAINTENANCE, else the response to the values of EOT;
  RESP_FU is RELAPSE with DS DISEASE RELAPSE in FOLLOW-UP, else the response to the values of FU. A response
  that does not hold (NR) is RELAPSE.
* FU_MO is the months, rounded, from the end of maintenance to the last DS row of FOLLOW-UP; RELAPSE_MO to
  the relapse in FOLLOW-UP, 1 at the least.
* AE_* are of AEDECOD and AESLIFE; SLEIMP is of the last RS row. Y or N where the table came, missing
  without it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cytopenia.assessments import LAST_ONSET_DAY, at_month_1_judged, derive_adrs, judged, time_shift
from cytopenia.criteria import RESPONDED, NormalRanges, rule_set
from cytopenia.readings import (
    EOT_WINDOW,
    Tables,
    after,
    at_baseline,
    decoded,
    landmark,
    nearest,
    patients_of,
    readings,
    words,
)
from cytopenia.schemas import columns, months_between, months_of, start_months
from recount.record import Variable
from recount.rules import evaluate

ADVERSE = {
    "AE_IRR": "INFUSION RELATED REACTION",
    "AE_UTI": "URINARY TRACT INFECTION",
    "AE_LUNG": "LUNG INFECTION",
}
"""The variables of adverse events and their AEDECOD, in capitals."""


# Subjects ----------------------------------------------------------------------------------------


def derive_adsl(
    tables: Tables,
    variables: Mapping[str, Variable],
    crit: str = "paper",
    ranges: NormalRanges | None = None,
    adrs: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row per patient, in DM's order: STUDYID, USUBJID, AGE, SEX, ARM and every variable of the study.

    A variable that the cohort's tables don't give is missing, and so is a value outside of its variable's
    `where`, which is asked in the order of the variables. Categories are text, whole numbers Int64 (float64
    where the cohort has fractions of them), decimals float64. `adrs` is the cohort's ADRS by the same set and
    ranges, derived here where it isn't given.
    """
    responses = derive_adrs(tables, crit, ranges) if adrs is None else adrs
    derived = _derived(tables, responses, crit, ranges)
    patients = patients_of(tables)
    frame = pd.DataFrame(index=patients)
    for name, variable in variables.items():
        column = derived.get(name, pd.Series(None, index=patients, dtype=object))
        if variable.where is not None:
            column = column.where(evaluate(variable.where, frame))
        frame[name] = _as_kind(column, variable.kind)
    dm = tables["DM"].set_index("USUBJID")
    fixed = {name: dm[name] for name in ("STUDYID", "AGE", "SEX", "ARM") if name not in frame}
    frame = frame.assign(**fixed).rename_axis("USUBJID").reset_index()
    first = [column.name for column in columns("ADSL")]
    return frame[[*first, *(name for name in variables if name not in first)]]


def _as_kind(column: pd.Series, kind: str) -> pd.Series:
    if kind == "category":
        return pd.Series([None if pd.isna(cell) else cell for cell in column], column.index, dtype=object)
    numbers = pd.to_numeric(column).astype("float64")
    whole = kind == "integer" and bool((numbers.dropna() % 1 == 0).all())
    return numbers.astype("Int64") if whole else numbers


def _derived(tables: Tables, adrs: pd.DataFrame, crit: str, ranges: NormalRanges | None) -> dict[str, pd.Series]:
    """Every variable that the tables give, by name, indexed by USUBJID."""
    dm = tables["DM"].set_index("USUBJID")
    rows, patients = readings(tables), patients_of(tables)
    base = landmark(at_baseline(rows), patients)
    month1 = at_month_1_judged(tables, adrs, crit, ranges)
    shift = time_shift(tables, rule_set(crit).parameters)
    return {
        **{"AGE": dm["AGE"], "SEX": dm["SEX"], "START": start_months(dm["RFSTDTC"])},
        **_history(tables),
        **_prior(tables),
        **_events(tables),
        **_named(base, "BL"),
        **_named(month1.drop(columns=_ABOUT), "M1"),
        **first_days(adrs, month1, shift),
        **_course(tables, rows, crit, ranges),
    }


_ABOUT = ["SEX", "DX", "PLT_BL", "HB_BL"]
"""Columns of a judged landmark that are not of its day."""


def _named(at: pd.DataFrame, suffix: str) -> dict[str, pd.Series]:
    """A landmark's columns as variables such as PLT_BL, BLEED_M1, RESP_M1; NE is missing."""
    return {f"{name}_{suffix}": at[name].where(at[name] != "NE") for name in at}


# Subjects: history -------------------------------------------------------------------------------


def _flag(tables: Tables, table: str, mask: pd.Series) -> pd.Series:
    """Y for patients with a row of the mask in a table, else N, by USUBJID."""
    patients = patients_of(tables)
    having = tables[table].loc[mask.to_numpy(dtype=bool, na_value=False), "USUBJID"]
    return pd.Series(words(patients.isin(having), "Y", "N"), index=patients, dtype=object)


def _history(tables: Tables) -> dict[str, pd.Series]:
    """DX, CTD, DURATION, and ICH and AUTOAB: Y with their BASELINE FINDING, else N; of MH."""
    if "MH" not in tables:
        return {}
    mh = tables["MH"]
    duration = mh[mh["MHCAT"] == "CYTOPENIA"].drop_duplicates("USUBJID").set_index("USUBJID")["MHDUR"]
    finding = mh["MHDECOD"].where(mh["MHCAT"] == "BASELINE FINDING").str.upper()
    return {
        "DX": decoded(tables, "CYTOPENIA"),
        "CTD": decoded(tables, "CONNECTIVE TISSUE DISEASE"),
        "DURATION": duration.map(months_of, na_action="ignore").reindex(patients_of(tables)),
        "ICH": _flag(tables, "MH", finding == "INTRACRANIAL HAEMORRHAGE"),
        "AUTOAB": _flag(tables, "MH", finding == "AUTOANTIBODY POSITIVE"),
    }


PRIOR_KINDS = {
    "GLUCOCORTICOID": "PRSTER",
    "IVIG": "PRIVIG",
    "IMMUNOSUPPRESSANT": "PRIMSUP",
    "TPO-RA": "PRTPORA",
    "SPLENECTOMY": "PRSPLEN",
}
"""The variable of each CMDECOD of a prior treatment."""


def _prior(tables: Tables) -> dict[str, pd.Series]:
    """Kinds of prior treatment, of CM: PRIMSUP counts its rows, the others are 1 with any row, else 0.

    NPRIOR is the kinds of drugs: all of them, and OTHER rows, without splenectomy.
    """
    if "CM" not in tables:
        return {}
    rows = tables["CM"][tables["CM"]["CMCAT"] == "PRIOR TREATMENT"]
    counts = pd.crosstab(rows["USUBJID"], rows["CMDECOD"])
    counts = counts.reindex(patients_of(tables), columns=[*PRIOR_KINDS, "OTHER"], fill_value=0)
    once = counts.columns.difference(["IMMUNOSUPPRESSANT", "OTHER"])
    counts[once] = counts[once].clip(upper=1)
    kinds = {name: counts[decod] for decod, name in PRIOR_KINDS.items()}
    return kinds | {"NPRIOR": counts.drop(columns="SPLENECTOMY").sum(axis=1)}


def _events(tables: Tables) -> dict[str, pd.Series]:
    """AE_IRR, AE_UTI, AE_LUNG by AEDECOD, AE_LIFE, of AE; SLEIMP of the last row of RS."""
    found = {}
    if "AE" in tables:
        decoded = tables["AE"]["AEDECOD"].str.upper()
        found = {name: _flag(tables, "AE", decoded == term) for name, term in ADVERSE.items()}
        found["AE_LIFE"] = _life_threatening(tables)
    if "RS" in tables:
        dated = tables["RS"].sort_values("RSDY", kind="stable", na_position="first")
        last = dated.drop_duplicates("USUBJID", keep="last").set_index("USUBJID")["RSSTRESC"]
        found["SLEIMP"] = last.map({"IMPROVED": "Y", "NOT IMPROVED": "N"}).reindex(patients_of(tables))
    return found


def _life_threatening(tables: Tables) -> pd.Series:
    """Y with AESLIFE Y or a fatal outcome; missing where a serious event doesn't say; else N."""
    ae = tables["AE"]
    yes = (ae["AESLIFE"] == "Y") | (ae["AEOUT"] == "FATAL")
    open_ = _flag(tables, "AE", (ae["AESER"] != "N") & ae["AESLIFE"].isna() & ~yes) == "Y"
    answer = _flag(tables, "AE", yes)
    return answer.mask(open_ & (answer == "N"))


# Subjects: course --------------------------------------------------------------------------------


def first_days(adrs: pd.DataFrame, month1: pd.DataFrame, shift: pd.Series) -> dict[str, pd.Series]:
    """ONSET_PLT, ONSET_HB and CRDAY_PLT: first days with a response, of month 1's responders.

    Study days less the `shift` of each patient, which is 0 unless the set counts from elsewhere.
    """
    early = adrs[adrs["ADY"] <= LAST_ONSET_DAY]

    def first(lineage: str, responses: tuple[str, ...]) -> pd.Series:
        rows = early[(early["PARCAT"] == lineage) & early["AVALC"].isin(responses)]
        days = rows.groupby("USUBJID")["ADY"].min().reindex(month1.index)
        return (days - shift).where(month1[f"R{lineage}"].isin(responses))

    return {
        "ONSET_PLT": first("PLT", RESPONDED),
        "ONSET_HB": first("HB", RESPONDED),
        "CRDAY_PLT": first("PLT", ("CR",)),
    }


def _disposition(tables: Tables, epoch: str, *decoded: str) -> pd.Series:
    """The last DSSTDY of a patient's rows of an epoch (of these DSDECODs, if any are named), by USUBJID."""
    patients = patients_of(tables)
    if "DS" not in tables:
        return pd.Series(np.nan, index=patients)
    ds = tables["DS"]
    mask = (ds["EPOCH"] == epoch) & (ds["DSDECOD"].isin(decoded) if decoded else True)
    return ds[mask].groupby("USUBJID")["DSSTDY"].max().reindex(patients).astype("float64")


def _maintenance_doses(tables: Tables) -> pd.Series:
    """The study day of each patient's last rituximab dose of maintenance, by USUBJID."""
    patients = patients_of(tables)
    if "EX" not in tables:
        return pd.Series(np.nan, index=patients)
    ex = tables["EX"]
    doses = ex[(ex["EXTRT"].str.upper() == "RITUXIMAB") & (ex["EPOCH"] == "MAINTENANCE")]
    return doses.groupby("USUBJID")["EXSTDY"].max().reindex(patients).astype("float64")


def end_of_maintenance(tables: Tables) -> pd.Series:
    """The study day on which each patient's maintenance ended, by USUBJID; missing where it did not."""
    left = _disposition(tables, "MAINTENANCE", "ONGOING", "LOST TO FOLLOW-UP", "LACK OF EFFICACY", "DEATH")
    day = _maintenance_doses(tables).fillna(_disposition(tables, "MAINTENANCE", "COMPLETED"))
    return day.where(left.isna())


def _maintained(tables: Tables) -> pd.Series:
    """Y with a maintenance dose or a DS row of MAINTENANCE, else N; missing without EX and DS."""
    if "EX" not in tables and "DS" not in tables:
        return pd.Series(None, index=patients_of(tables), dtype=object)
    had = _maintenance_doses(tables).notna() | _disposition(tables, "MAINTENANCE").notna()
    return had.map({True: "Y", False: "N"}).astype(object)


def _lost(tables: Tables) -> pd.Series:
    """Y where DS says LOST TO FOLLOW-UP in INDUCTION, or in FOLLOW-UP without maintenance; else N."""
    if "DS" not in tables:
        return pd.Series(None, index=patients_of(tables), dtype=object)
    early, late = (_disposition(tables, epoch, "LOST TO FOLLOW-UP") for epoch in ("INDUCTION", "FOLLOW-UP"))
    lost = early.notna() | (late.notna() & (_maintained(tables) != "Y"))
    return lost.map({True: "Y", False: "N"}).astype(object)


def _course(tables: Tables, rows: pd.DataFrame, crit: str, ranges: NormalRanges | None) -> dict[str, pd.Series]:
    """MAINT, LOST, all of EOT, and FU_MO, RESP_FU, RELAPSE_MO."""
    patients, end = patients_of(tables), end_of_maintenance(tables)
    at_end = landmark(nearest(rows, end, end - EOT_WINDOW, end + EOT_WINDOW), patients)
    at_last = landmark(after(rows, end + EOT_WINDOW), patients)
    ended, last = (judged(tables, at, crit, ranges) for at in (at_end, at_last))
    epochs = ("MAINTENANCE", "FOLLOW-UP")
    relapse = {epoch: _disposition(tables, epoch, "DISEASE RELAPSE") for epoch in epochs}
    return {
        **{"MAINT": _maintained(tables), "LOST": _lost(tables)},
        **_named(ended.drop(columns=_ABOUT), "EOT"),
        "RESP_EOT": _kept(ended["RESP"], relapse["MAINTENANCE"]),
        "RESP_FU": _kept(last["RESP"], relapse["FOLLOW-UP"]),
        "FU_MO": months_between(_disposition(tables, "FOLLOW-UP") - end),
        "RELAPSE_MO": months_between(relapse["FOLLOW-UP"] - end).clip(lower=1),
    }


def _kept(response: pd.Series, relapse_day: pd.Series) -> pd.Series:
    """A response after induction, RELAPSE where one is recorded or the response is lost; NE is missing."""
    told = response.replace({"NR": "RELAPSE"}).mask(relapse_day.notna(), "RELAPSE")
    return told.where(told != "NE")
