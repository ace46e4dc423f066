"""What was read when: a patient's readings, the one that stands for a landmark, and events on a day.

`tables` is what `read_cohort` returns: SDTM tables by name, LB in standard units. The conventions:

* Study day 1 is the first rituximab dose; month k is study day `day_of_month(k)`.
* A reading is an LB row with a value (LBSTRESN, for COOMBS LBSTRESC). Of two on one day the lower row counts.
* BL: a test's last reading at or before day 1. M1: its reading nearest to day_of_month(1) within days 24 to
  37. EOT: its reading nearest to the end of maintenance, within 15 days of it. FU: its last reading more than
  15 days after the end of maintenance. Of two equally near readings the earlier counts. Tests are looked up
  one by one, each with its own nearest day.
* A patient bleeds on a day that lies within a CE row BLEEDING (a blank CESTDY or CEENDY leaves that side
  open); ANAEMIA SYMPTOMS likewise. At a landmark bleeding is asked on the day of the platelets (of the
  haemoglobin where there are none), symptoms on the day of the haemoglobin. Without a CE table both are
  missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cytopenia.criteria import LINEAGES
from cytopenia.schemas import day_of_month

Tables = Mapping[str, pd.DataFrame]

M1_WINDOW = (24, 37)
EOT_WINDOW = 15

STEMS = {"PLAT": "PLT", "HGB": "HB", "RETIRBC": "RETI", "COOMBS": "DAT"}
"""What a test is called in variables such as PLT_BL, where that is not its code."""


# Patients ----------------------------------------------------------------------------------------


def patients_of(tables: Tables) -> pd.Index[str]:
    """The patients' codes, in the order of DM."""
    patients: pd.Index[str] = pd.Index(tables["DM"]["USUBJID"].tolist(), name="USUBJID")
    return patients


def decoded(tables: Tables, category: str) -> pd.Series:
    """The MHDECOD of each patient's row of a category, by USUBJID; missing where there is none."""
    patients = patients_of(tables)
    if "MH" not in tables:
        return pd.Series(None, index=patients, dtype=object)
    mh = tables["MH"]
    rows = mh[mh["MHCAT"] == category].drop_duplicates("USUBJID")
    return rows.set_index("USUBJID")["MHDECOD"].reindex(patients).astype(object)


def about(tables: Tables) -> pd.DataFrame:
    """What a response asks of a patient, one row each by USUBJID: SEX, DX, PLT_BL, HB_BL."""
    base = landmark(at_baseline(readings(tables)), patients_of(tables)).reindex(columns=list(LINEAGES))
    sex = tables["DM"].set_index("USUBJID")["SEX"]
    return base.add_suffix("_BL").assign(SEX=sex, DX=decoded(tables, "CYTOPENIA"))


def words(mask: NDArray[np.bool_], yes: str, no: str | None) -> NDArray[np.object_]:
    """One of two words a row, by a mask; the second may be None."""
    chosen: NDArray[np.object_] = np.array([no, yes], dtype=object)[np.asarray(mask, dtype=int)]
    return chosen


# Readings ----------------------------------------------------------------------------------------


def readings(tables: Tables) -> pd.DataFrame:
    """One row per patient, test and day with a value: USUBJID, LBTESTCD, STEM, ADY, AVAL, AVALC."""
    lb = tables["LB"]
    is_text = lb["LBTESTCD"] == "COOMBS"
    filled = lb["LBSTRESC"].notna().where(is_text, lb["LBSTRESN"].notna())
    kept = lb[filled].drop_duplicates(["USUBJID", "LBTESTCD", "LBDY"], keep="last")
    return pd.DataFrame(
        {
            "USUBJID": kept["USUBJID"],
            "LBTESTCD": kept["LBTESTCD"],
            "STEM": kept["LBTESTCD"].replace(STEMS),
            "ADY": kept["LBDY"].astype(int),
            "AVAL": kept["LBSTRESN"],
            "AVALC": kept["LBSTRESC"],
        }
    )


def wide(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The readings with a column a test, indexed by the keys: numbers, and DAT as text."""
    numbers = rows[rows["STEM"] != "DAT"].pivot(index=keys, columns="STEM", values="AVAL")
    texts = rows[rows["STEM"] == "DAT"].pivot(index=keys, columns="STEM", values="AVALC")
    return numbers.join(texts, how="outer")


def landmark(rows: pd.DataFrame, patients: pd.Index[str]) -> pd.DataFrame:
    """One row a patient: the value of each test, and the days DAY_PLT and DAY_HB of their readings."""
    days = rows.pivot(index="USUBJID", columns="STEM", values="ADY").reindex(columns=list(LINEAGES))
    return wide(rows, ["USUBJID"]).join(days.add_prefix("DAY_"), how="outer").reindex(patients)


def at_baseline(rows: pd.DataFrame) -> pd.DataFrame:
    """Each test's last reading at or before study day 1, of `readings`."""
    before = rows[rows["ADY"] <= 1].sort_values("ADY", kind="stable")
    return before.drop_duplicates(["USUBJID", "STEM"], keep="last")


def nearest(rows: pd.DataFrame, target: pd.Series, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    """Each test's reading nearest to a patient's day, from `low` to `high`, of `readings`.

    Of two equally near the earlier. The three are study days by USUBJID; a patient without a target has none.
    """
    near, ids = rows["ADY"], rows["USUBJID"]
    aim = ids.map(target.astype("float64"))
    within = (near >= ids.map(low.astype("float64"))) & (near <= ids.map(high.astype("float64")))
    ranked = rows.assign(FAR=(near - aim).abs())[within & aim.notna()]
    return ranked.sort_values(["FAR", "ADY"], kind="stable").drop_duplicates(["USUBJID", "STEM"])


def at_month_1(
    rows: pd.DataFrame,
    patients: pd.Index[str],
    shift: pd.Series | None = None,
    window: tuple[int, int] = M1_WINDOW,
) -> pd.DataFrame:
    """Each test's reading nearest to month 1, of `readings`, within a window of study days.

    `shift` are the days by which a patient's month 1 and window come later, by USUBJID; missing: no month 1.
    """
    later = pd.Series(0.0, index=patients) if shift is None else shift
    return nearest(rows, later + day_of_month(1), later + window[0], later + window[1])


def after(rows: pd.DataFrame, day: pd.Series) -> pd.DataFrame:
    """Each test's last reading later than a patient's day (by USUBJID), of `readings`."""
    late = rows[rows["ADY"] > rows["USUBJID"].map(day.astype("float64"))]
    return late.sort_values("ADY", kind="stable").drop_duplicates(["USUBJID", "STEM"], keep="last")


def present(tables: Tables, decoded: str, patients: pd.Series, days: pd.Series) -> pd.Series:
    """Y or N: whether a clinical event, such as BLEEDING, was there on each patient's day; aligned with both.

    Missing where the day is or where the cohort has no CE table.
    """
    if "CE" not in tables:
        return pd.Series(None, index=patients.index, dtype=object)
    ce = tables["CE"]
    events = ce[ce["CEDECOD"].str.upper() == decoded][["USUBJID", "CESTDY", "CEENDY"]]
    asked = pd.DataFrame({"USUBJID": patients, "ADY": days.astype("float64")}).reset_index(drop=True)
    pairs = asked.reset_index().merge(events, on="USUBJID")
    starts, ends = pairs["CESTDY"].astype("float64"), pairs["CEENDY"].astype("float64")
    covers = (starts.fillna(-np.inf) <= pairs["ADY"]) & (pairs["ADY"] <= ends.fillna(np.inf))
    there = asked.index.isin(pairs.loc[covers, "index"])
    return pd.Series(words(there, "Y", "N"), index=patients.index, dtype=object).where(days.notna())
