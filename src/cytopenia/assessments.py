"""Responses at readings: by lineage and over all, at a landmark or on every reading day, and relapses."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cytopenia.criteria import (
    LINEAGES,
    NEVER,
    RESPONDED,
    RESPONSES,
    NormalRanges,
    Parameters,
    RuleSet,
    Visits,
    counts_for,
    overall,
    relapsing,
    respond,
    responses_of,
    rule_set,
    three_valued,
    visits_of_frame,
)
from cytopenia.readings import (
    Tables,
    about,
    at_month_1,
    decoded,
    landmark,
    nearest,
    patients_of,
    present,
    readings,
    wide,
)
from cytopenia.schemas import columns, visits_of

TESTS_OF = {"PLT": ("PLAT",), "HB": ("HGB", "RETIRBC", "BILI", "COOMBS")}
"""The tests that a lineage's response rests on; its reading days are those of the first."""

ORIGINS = ("determined", "constrained", "assumed")


BLOOD_OF = {"PLT": "PLATELETS", "HB": "RED CELLS"}
"""What is transfused for a lineage, as CMDECOD."""

LAST_ONSET_DAY = 31
"""The last study day on which a first response still counts as the induction's."""


# A cohort, prepared ------------------------------------------------------------------------------


class Prepared:
    """A cohort's tables with what every set of criteria asks of them, found once for all sets."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._lineages: dict[str, pd.DataFrame] = {}
        self._month_1: dict[tuple[bool, int, int], pd.DataFrame] = {}
        self._visits: dict[tuple[str, NormalRanges], Visits] = {}

    @cached_property
    def patients(self) -> pd.Index[str]:
        """The patients' codes, in the order of DM."""
        return patients_of(self.tables)

    @cached_property
    def who(self) -> pd.DataFrame:
        """What a response asks of a patient, as `about`."""
        return about(self.tables)

    @cached_property
    def readings(self) -> pd.DataFrame:
        """Every reading, as `readings`."""
        return readings(self.tables)

    @cached_property
    def wide(self) -> pd.DataFrame:
        """Every reading, a row a patient and day."""
        return wide(self.readings, ["USUBJID", "ADY"])

    def lineage(self, lineage: str) -> pd.DataFrame:
        """One row per patient and day after day 1 with a row of the lineage's first test: all a rule asks."""
        if lineage not in self._lineages:
            self._lineages[lineage] = _with_treatments(self.tables, _lineage_readings(self, lineage), lineage)
        return self._lineages[lineage]

    def visits(self, lineage: str, ranges: NormalRanges | None) -> Visits:
        """The readings of a lineage, as the evaluator takes them."""
        key = (lineage, ranges or NormalRanges())
        if key not in self._visits:
            self._visits[key] = visits_of_frame(self.lineage(lineage), ranges)
        return self._visits[key]

    def month_1(self, asked: Parameters) -> pd.DataFrame:
        """The landmark of month 1 as the parameters look for it, with all a rule asks; one row a patient."""
        key = (asked.origin == "bortezomib", asked.first, asked.last)
        if key not in self._month_1:
            shift = drug_shift(self.tables, asked)
            rows = at_month_1(self.readings, self.patients, shift, (asked.first, asked.last))
            self._month_1[key] = _whole(self, landmark(rows, self.patients))
        return self._month_1[key]


Source = Tables | Prepared


def prepared(source: Source) -> Prepared:
    """Tables made ready; what is ready already is itself."""
    return source if isinstance(source, Prepared) else Prepared(source)


# At a landmark -----------------------------------------------------------------------------------


def judged(source: Source, at: pd.DataFrame, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """A `landmark` with BLEED and SYMPTOMS and its responses RPLT, RHB and RESP, CR, PR, NR or NE.

    One row a patient, by USUBJID. RESP is over the lineages that count for the diagnosis. Where the set asks for a
    second reading, the landmark's values stand among the other readings on the day of the lineage's first test.
    """
    cohort = prepared(source)
    return _judged(cohort, _whole(cohort, at), rule_set(crit), ranges)


def _whole(cohort: Prepared, at: pd.DataFrame) -> pd.DataFrame:
    """A landmark with all that a rule asks."""
    ids = at.index.to_series()
    day = at["DAY_PLT"].fillna(at["DAY_HB"])
    return at.join(cohort.who).assign(
        BLEED=present(cohort.tables, "BLEEDING", ids, day),
        SYMPTOMS=present(cohort.tables, "ANAEMIA SYMPTOMS", ids, at["DAY_HB"]),
    )


def _judged(cohort: Prepared, full: pd.DataFrame, rules: RuleSet, ranges: NormalRanges | None) -> pd.DataFrame:
    by_lineage = {lineage: _at(cohort, full, lineage, rules, ranges) for lineage in LINEAGES}
    told = overall(by_lineage, full["DX"], rules.parameters.overall)
    return full.assign(RPLT=by_lineage["PLT"], RHB=by_lineage["HB"], RESP=told)


def _at(cohort: Prepared, full: pd.DataFrame, lineage: str, rules: RuleSet, ranges: NormalRanges | None) -> pd.Series:
    """The response of a lineage to a landmark's values, by USUBJID."""
    if not asks_more(rules, lineage):
        return respond(full, lineage, rules.name, ranges)
    days = full[f"DAY_{lineage}"].dropna().astype(int)
    mine = full.loc[days.index].assign(ADY=days).rename_axis("USUBJID").reset_index()
    others = cohort.lineage(lineage)
    keys = pd.MultiIndex.from_frame(mine[["USUBJID", "ADY"]])
    kept = others[~pd.MultiIndex.from_frame(others[["USUBJID", "ADY"]]).isin(keys)]
    both = pd.concat([kept, mine.reindex(columns=others.columns).astype(others.dtypes)]) if len(kept) else mine
    both = _with_treatments(cohort.tables, _in_order(both), lineage)
    told = _words(responses_of(visits_of_frame(both, ranges), rules, lineage, ranges))
    found = pd.Series(told).set_axis(pd.MultiIndex.from_frame(both[["USUBJID", "ADY"]])).reindex(keys)
    return found.set_axis(mine["USUBJID"]).reindex(full.index).fillna("NE")


def asks_more(rules: RuleSet, lineage: str) -> bool:
    """Whether a set asks for more than a reading's own values: a second reading, a washout, or no rescue."""
    windows = any(c.confirm or c.washout for c in rules.of(lineage))
    return windows or rules.parameters.rescue != "ignored"


def at_month_1_judged(
    source: Source, rows: pd.DataFrame, crit: str = "paper", ranges: NormalRanges | None = None
) -> pd.DataFrame:
    """The landmark of month 1, judged, one row a patient by USUBJID: where and how the set's parameters say.

    The best reading up to day 31 replaces a lineage's response where `moment` is within; a response that is not
    evaluable is NR where `missing` is failure. `rows` are the cohort's `lineage_responses` or ADRS by the same set.
    """
    cohort, rules = prepared(source), rule_set(crit)
    asked = rules.parameters
    found = _judged(cohort, cohort.month_1(asked), rules, ranges)
    if asked.moment == "within":
        last = LAST_ONSET_DAY + rows["USUBJID"].map(drug_shift(cohort.tables, asked)).fillna(0)
        early = rows[rows["ADY"].astype("float64") <= last]
        best = {f"R{lineage}": _best(early, lineage, found[f"R{lineage}"]) for lineage in LINEAGES}
        told = overall({lineage: best[f"R{lineage}"] for lineage in LINEAGES}, found["DX"], asked.overall)
        found = found.assign(**best, RESP=told)
    if asked.missing == "failure":
        counting = {f"R{lineage}": counts_for(lineage, found["DX"]) for lineage in LINEAGES}
        failed = {name: found[name].mask((found[name] == "NE") & mask, "NR") for name, mask in counting.items()}
        found = found.assign(**failed, RESP=found["RESP"].replace({"NE": "NR"}))
    return found


def _best(early: pd.DataFrame, lineage: str, otherwise: pd.Series) -> pd.Series:
    """CR or PR where an early reading of the lineage was that, else the response given."""
    rows = early[early["PARCAT"] == lineage]
    told = otherwise
    for response in reversed(RESPONDED):
        had = rows.loc[rows["AVALC"] == response, "USUBJID"].unique()
        told = told.mask(told.index.isin(had), response)
    return told.mask(otherwise == "CR", "CR")


def drug_shift(tables: Tables, asked: Parameters) -> pd.Series:
    """The days by which month 1 is later than counted from the first rituximab dose, by USUBJID.

    0, or, where days are counted from bortezomib, its first day less 1, missing where none is recorded.
    """
    patients = patients_of(tables)
    if asked.origin != "bortezomib":
        return pd.Series(0.0, index=patients)
    if "EX" not in tables:
        return pd.Series(np.nan, index=patients)
    ex = tables["EX"]
    first = ex[ex["EXTRT"].str.upper() == "BORTEZOMIB"].groupby("USUBJID")["EXSTDY"].min()
    return first.reindex(patients).astype("float64") - 1


def time_shift(tables: Tables, asked: Parameters) -> pd.Series:
    """The days that a time to response is shorter than its study day, by USUBJID."""
    return drug_shift(tables, asked) + (1.0 if asked.origin == "elapsed" else 0.0)


# On every reading day ----------------------------------------------------------------------------


def _lineage_readings(cohort: Prepared, lineage: str) -> pd.DataFrame:
    patient, lb = cohort.who, cohort.tables["LB"]
    due = lb[(lb["LBTESTCD"] == TESTS_OF[lineage][0]) & (lb["LBDY"] > 1)]
    days = due[["USUBJID", "LBDY"]].drop_duplicates().astype({"LBDY": int}).rename(columns={"LBDY": "ADY"})
    counts = patient["DX"].isna() | counts_for(lineage, patient["DX"])
    days = days[days["USUBJID"].map(counts).astype(bool)]
    days = _in_order(days)
    full = days.join(cohort.wide, on=["USUBJID", "ADY"]).join(patient, on="USUBJID")
    full = full.reindex(columns=[*dict.fromkeys([*full.columns, *LINEAGES])])
    return full.assign(
        BLEED=present(cohort.tables, "BLEEDING", full["USUBJID"], full["ADY"]),
        SYMPTOMS=present(cohort.tables, "ANAEMIA SYMPTOMS", full["USUBJID"], full["ADY"]),
    )


def lineage_responses(source: Source, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """One row per patient, lineage (PLT, HB) and reading day: USUBJID, PARCAT, ADY, AVALC CR, PR, NR or NE."""
    cohort, rules = prepared(source), rule_set(crit)
    parts = []
    for lineage in LINEAGES:
        full = cohort.lineage(lineage)
        codes = responses_of(cohort.visits(lineage, ranges), rules, lineage, ranges)
        parts.append(full[["USUBJID", "ADY"]].assign(PARCAT=lineage, AVALC=_words(codes)))
    return pd.concat(parts, ignore_index=True)


def derive_adrs(source: Source, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """One row per patient, criteria set, lineage (PLT, HB, ALL) and reading day: AVALC CR, PR, NR or NE.

    A lineage is judged on each day after day 1 that has a row of its first test (PLAT, HGB), from that day's
    values, confirmed by other days' where the set asks for it; ALL on each day that has either, a lineage without a
    reading being NE. A patient without diagnosis is judged in both lineages, and NE over all.
    """
    cohort = prepared(source)
    rows = _with_origins(cohort.tables, lineage_responses(cohort, crit, ranges))
    both = pd.concat([rows, _overall_rows(cohort.tables, rows, rule_set(crit))], ignore_index=True)
    order = both["PARCAT"].map({"PLT": 0, "HB": 1, "ALL": 2})
    rank = both["USUBJID"].map({patient: k for k, patient in enumerate(cohort.patients)})
    both = both.assign(CRIT=crit, AVISIT=visits_of(both["ADY"])["AVISIT"], RANK=rank, ORDER=order)
    both = both.sort_values(["RANK", "ORDER", "ADY"], kind="stable", ignore_index=True)
    return both[[column.name for column in columns("ADRS")]].astype({"ADY": "Int64"})


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["USUBJID", "ADY"], kind="stable", ignore_index=True)


def _words(codes: NDArray[np.int8]) -> NDArray[np.object_]:
    return np.array(RESPONSES, dtype=object)[codes]


def _with_treatments(tables: Tables, full: pd.DataFrame, lineage: str) -> pd.DataFrame:
    """The readings with SINCE, the days since the last transfusion of the lineage, and RESCUED.

    A transfusion without a day may have been yesterday: SINCE is -1 then. A rescue treatment without a day counts from
    the beginning. Without a CM table neither is there.
    """
    if "CM" not in tables:
        return full
    cm = tables["CM"]
    given = cm[(cm["CMCAT"] == "TRANSFUSION") & (cm["CMDECOD"].str.upper() == BLOOD_OF[lineage])]
    rescue = cm[cm["CMCAT"] == "RESCUE"].assign(DAY=cm["CMSTDY"].astype("float64").fillna(-np.inf))
    begun = full["USUBJID"].map(rescue.groupby("USUBJID")["DAY"].min())
    return full.assign(SINCE=_since(full, given), RESCUED=(begun <= full["ADY"]).to_numpy(dtype=bool))


def _since(full: pd.DataFrame, given: pd.DataFrame) -> NDArray[np.float64]:
    """The days from the last transfusion to each reading: 0 while it lasts, -1 where one has no day."""
    pairs = full[["USUBJID", "ADY"]].reset_index(drop=True).reset_index().merge(given, on="USUBJID")
    start, end = (pairs[name].astype("float64") for name in ("CMSTDY", "CMENDY"))
    start, end = start.fillna(end), end.fillna(start)
    day = pairs["ADY"].astype("float64")
    apart = (_elapsed(day) - _elapsed(end)).clip(lower=0).where(start <= day, NEVER).mask(start.isna(), -1)
    least = apart.groupby(pairs["index"]).min()
    return least.reindex(range(len(full))).fillna(NEVER).to_numpy()


def _elapsed(day: pd.Series) -> pd.Series:
    """Study days as days that have passed, since there is no day 0."""
    return day - (day > 0)


def _with_origins(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """The responses with ORIGIN, how well the readings of their lineage and day are known."""
    found = pd.Series(None, index=rows.index, dtype=object)
    for lineage in LINEAGES:
        mine = rows[rows["PARCAT"] == lineage]
        keys = pd.MultiIndex.from_frame(mine[["USUBJID", "ADY"]])
        found[mine.index] = _origins(tables, TESTS_OF[lineage]).reindex(keys).to_numpy()
    return rows.assign(ORIGIN=found)


def _origins(tables: Tables, tests: tuple[str, ...]) -> pd.Series:
    """How well each patient's day is known: as the least known of the tests, by USUBJID and ADY."""
    lb = tables["LB"]
    mine = lb[lb["LBTESTCD"].isin(tests)]
    rank = mine["ORIGIN"].map({origin: k for k, origin in enumerate(ORIGINS)}).astype("float64")
    worst = rank.groupby([mine["USUBJID"], mine["LBDY"].astype(int).rename("ADY")]).max()
    return worst.map(dict(enumerate(ORIGINS))).astype(object)


def _overall_rows(tables: Tables, both: pd.DataFrame, rules: RuleSet) -> pd.DataFrame:
    keys = ["USUBJID", "ADY"]
    by_day = both.pivot(index=keys, columns="PARCAT", values="AVALC").reindex(columns=list(LINEAGES))
    rank = both["ORIGIN"].map({origin: k for k, origin in enumerate(ORIGINS)}).astype("float64")
    worst = rank.groupby([both["USUBJID"], both["ADY"]]).max().reindex(by_day.index)
    dx = decoded(tables, "CYTOPENIA").reindex(by_day.index.get_level_values("USUBJID"))
    told = {lineage: by_day[lineage] for lineage in LINEAGES}
    response = overall(told, dx.set_axis(by_day.index), rules.parameters.overall)
    origin = worst.map(dict(enumerate(ORIGINS))).astype(object)
    return pd.DataFrame({"PARCAT": "ALL", "AVALC": response, "ORIGIN": origin}).reset_index()


def derive_relapses(source: Source, crit: str = "paper", ranges: NormalRanges | None = None) -> pd.DataFrame:
    """One row per patient who responded and then met the set's rule of relapse: USUBJID, CRIT, ADY.

    ADY is the first such day of any lineage that counts, after that lineage's own first response.
    """
    cohort = prepared(source)
    found = [_lineage_relapses(cohort, lineage, rule_set(crit), ranges) for lineage in LINEAGES]
    days = pd.concat(found).groupby("USUBJID")["ADY"].min().reindex(cohort.patients).dropna()
    frame = days.astype("Int64").rename_axis("USUBJID").reset_index()
    return frame.assign(CRIT=crit)[["USUBJID", "CRIT", "ADY"]]


def _lineage_relapses(cohort: Prepared, lineage: str, rules: RuleSet, ranges: NormalRanges | None) -> pd.DataFrame:
    full, visits = cohort.lineage(lineage), cohort.visits(lineage, ranges)
    codes = responses_of(visits, rules, lineage, ranges)
    return full.loc[relapsing(visits, rules, lineage, codes), ["USUBJID", "ADY"]]


# Response landmarks ------------------------------------------------------------------------------


def derive_response_landmarks(source: Source, crit: str) -> pd.DataFrame:
    """One row per patient judged by platelets and landmark of a set: USUBJID, CRIT, LANDMARK, ADY, AVALC (Y, N, NE).

    ADY is the day of the platelets nearest to the landmark's day; without a reading in its window it is missing and
    the landmark NE, and so it is where the rule is open.
    """
    cohort, rules = prepared(source), rule_set(crit)
    patients, who, rows = cohort.patients, cohort.who, cohort.readings
    parts = []
    for one in rules.landmarks:
        days = (pd.Series(float(day), index=patients) for day in (one.day, one.first, one.last))
        at = landmark(nearest(rows[rows["STEM"] == "PLT"], *days), patients).reindex(columns=["PLT", "DAY_PLT"])
        true, false = three_valued(one.expression, at.join(who))
        told = np.select([true, false], ["Y", "N"], "NE")
        part = pd.DataFrame({"USUBJID": patients, "CRIT": crit, "LANDMARK": one.landmark, "AVALC": told})
        part = part.assign(ADY=at["DAY_PLT"].astype("Int64").to_numpy())
        parts.append(part[(who["DX"].isna() | counts_for("PLT", who["DX"])).to_numpy()])
    names = ["USUBJID", "CRIT", "LANDMARK", "ADY", "AVALC"]
    found = pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)
    return found.astype({"ADY": "Int64"})
