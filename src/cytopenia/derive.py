"""The analysis tables: tidy SDTM tables in, one tidy ADaM table out.

`tables` is what `read_cohort` returns. ADSL is made in `subjects`, ADRS in `assessments`, ADTTE in
`derive_times`; `readings` says which reading stands for a landmark. The conventions that dated records are
written for stand in these modules' docstrings.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cytopenia.assessments import derive_adrs, derive_relapses, derive_response_landmarks, judged
from cytopenia.derive_times import derive_adtte
from cytopenia.readings import Tables, at_baseline, readings, words
from cytopenia.schemas import columns, lab_tests, visits_of
from cytopenia.subjects import derive_adsl, end_of_maintenance

__all__ = [
    "derive_adae",
    "derive_adlb",
    "derive_adrs",
    "derive_adsl",
    "derive_adtte",
    "derive_relapses",
    "derive_response_landmarks",
    "end_of_maintenance",
    "judged",
]

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


# Adverse events ----------------------------------------------------------------------------------


def derive_adae(tables: Tables) -> pd.DataFrame:
    """One row per adverse event: AE with TRTEMFL, Y from study day 1 on, N before, missing without a day.

    The grades are added by `cytopenia.grading.grade_events`.
    """
    ae = tables["AE"]
    begun = (ae["AESTDY"].astype("float64") >= 1).to_numpy()
    flag = pd.Series(words(begun, "Y", "N"), index=ae.index, dtype=object)
    return ae.assign(TRTEMFL=flag.where(ae["AESTDY"].notna()))
