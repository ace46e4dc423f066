"""What a page on efficacy asks of the patients: responses, times to them, what came later, single stories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes

from cytopenia import figures, figures_time, style, summaries
from cytopenia.criteria import criteria_of
from cytopenia.patients import Patients, Responses, records
from cytopenia.survival import cumulative_incidence
from cytopenia.tables import reader
from cytopenia.times import DAYS, times_to
from recount.rules import And, Compare, Expression

LEADING = (("PLT", "sITP"), ("HB", "AIHA"))
"""The lineage and the diagnosis that is judged by it alone."""

JUDGED = {"PLT": ("sITP", "IRP", "EVANS"), "HB": ("AIHA", "IRP", "EVANS")}
"""The diagnoses judged by each lineage."""


# Responses ---------------------------------------------------------------------------------------


def responses(patients: Patients, response: str, populations: Iterable[str], confidence: float = 0.95) -> Responses:
    """The responses (a variable such as RESP_M1) in those of the populations that have patients.

    Every patient counts: one whose response is not known is NE, and not in response.
    """
    present = patients.present(populations)
    everybody = patients.adsl.assign(**{response: patients.adsl[response].fillna("NE")})
    rates = summaries.response_rates(patients.study, everybody, present, response, confidence)
    levels = summaries.response_table(patients.study, everybody, present, response)
    return Responses(rates, levels, summaries.response_rows(rates, response))


def response_sentence(found: Responses, confidence: float) -> str:
    """The sentence that reads the response rate of everybody and the widest interval."""
    rates = found.rates.to_dict("list")
    bands = [
        f"{style.between(100 * low, 100 * high, 1)}%" for low, high in zip(rates["LOW"], rates["HIGH"], strict=True)
    ]
    widest = int((found.rates["HIGH"] - found.rates["LOW"]).to_numpy().argmax())
    everybody = style.proportion(rates["K"][0], rates["N"][0])
    told = f"{everybody} were in response at month 1 ({style.percent(confidence, 0)} interval {bands[0]})"
    if widest == 0:
        return f"{told}."
    group = style.population(rates["POPULATION"][widest])
    return f"{told}; the fewer the patients the wider, up to {bands[widest]} for {group}."


def lineage_sentence(by_lineage: Mapping[str, Responses]) -> str:
    """The sentence that reads the responses of each lineage over all who are judged by it."""
    sums = {stem: found.rates[["K", "N"]].sum() for stem, found in by_lineage.items()}
    told = [
        f"{style.quantity(f'R{stem}').lower()} {style.proportion(int(total['K']), int(total['N']))}"
        for stem, total in sums.items()
    ]
    return f"Over all who are judged by a lineage: {style.listing(told)}."


# Counts before and after -------------------------------------------------------------------------


def paired_groups(patients: Patients) -> list[tuple[str, str]]:
    """The lineages and diagnoses of `LEADING` in which anybody has a value before and at month 1."""
    return [(stem, group) for stem, group in LEADING if len(change(patients, stem, group))]


def no_pairs(patients: Patients) -> str:
    """The sentence that says why counts before and at month 1 aren't drawn; empty where they are."""
    wanted = style.listing(f"{style.quantity(stem).lower()} of {group}" for stem, group in LEADING)
    return "" if paired_groups(patients) else f"*Skipped: nobody has {wanted} both before and at month 1.*"


def before_after(patients: Patients, crit: str) -> list[Axes]:
    """A panel for platelets of sITP and one for haemoglobin of AIHA, before and at month 1, all treated.

    A diagnosis without a patient who has both values has no panel.
    """
    groups = paired_groups(patients)
    drawn = figures.panels(len(groups))
    for ax, (stem, group) in zip(drawn, groups, strict=True):
        pairs = change(patients, stem, group)
        label = patients.labelled(f"{stem}_BL", f"{style.quantity(stem)}, {group}")
        figures.before_after(pairs, label, ("Before", "Month 1"), thresholds(crit, stem), ax, log=stem == "PLT")
    return drawn


def changes_figure(patients: Patients) -> list[Axes]:
    """The same patients, a panel each: every patient's change as a bar, the greatest rise first."""
    groups = paired_groups(patients)
    drawn = figures.panels(len(groups))
    for ax, (stem, group) in zip(drawn, groups, strict=True):
        label = patients.labelled(f"{stem}_BL", f"Change of {style.quantity(stem).lower()}, {group}")
        figures.waterfall(change(patients, stem, group), label, ax)
    return drawn


def changes_sentence(patients: Patients) -> str:
    """The sentence that says how many rose, and by how much the middle patient's count changed."""
    told = []
    for stem, group in paired_groups(patients):
        found = change(patients, stem, group)["CHANGE"]
        unit = style.unit(patients.unit(f"{stem}_BL"))
        middle = style.number(float(found.median()))
        rose = f"{style.quantity(stem).lower()} rose in {int((found > 0).sum())} of {len(found)} with {group}"
        told.append(f"{rose} (median change {middle} {unit})")
    return f"From before to month 1 {style.listing(told)}."


def before_after_note(patients: Patients) -> str:
    """The caption that says how well the values drawn by `before_after` are known; empty if observed."""
    drawn = [origin for stem, group in LEADING for origin in patients.origins_of((f"{stem}_BL", f"{stem}_M1"), group)]
    return style.origin_note(drawn)


def change(patients: Patients, stem: str, population: str) -> pd.DataFrame:
    """One row per patient with both values: USUBJID, BEFORE, AFTER (month 1), CHANGE, RESPONSE."""
    one = summaries.Comparison(population, f"{stem}_BL", f"{stem}_M1", "")
    found = summaries.pairs(patients.study, patients.adsl, one, "RESP_M1")
    return found.assign(RESPONSE=found["RESPONSE"].fillna("NE"))


def thresholds(crit: str, lineage: str) -> dict[str, float]:
    """The least value (10^9/L or g/L) that each response of a lineage asks for in a set: `{"CR": 100, ...}`.

    Read from the set's rules; a response whose rule names no number has none.
    """
    return {
        criterion.response: bound
        for criterion in criteria_of(crit)
        if criterion.lineage == lineage and criterion.response in ("CR", "PR")
        for bound in _least(criterion.expression, lineage)
    }


def _least(rule: Expression, lineage: str) -> list[float]:
    """The constants that the lineage's value has to reach by every part of a rule."""
    parts = rule.items if isinstance(rule, And) else (rule,)
    return [
        float(part.right.constant)
        for part in parts
        if isinstance(part, Compare) and part.op in (">", ">=") and part.left.name == lineage and not part.right.terms
    ]


# Time to response --------------------------------------------------------------------------------


def onset_curves(patients: Patients, crit: str, confidence: float = 0.95) -> dict[str, dict[str, pd.DataFrame]]:
    """By lineage, the cumulative incidence of a response over everybody treated, and among responders.

    Each a mapping from the curve's name, with its size, to a table with TIME (days) and INCIDENCE; the first
    has the interval LOW, HIGH too. A lineage without patients is left out.
    """
    found = {}
    for stem, group in LEADING:
        who, times = patients.members(group), times_to(patients, f"TTR{stem}", crit)
        mine = times[times["USUBJID"].isin(who["USUBJID"])] if len(times) else times
        if len(mine):
            everybody = summaries.response_curve(mine, f"TTR{stem}", confidence)
            days = who[f"ONSET_{stem}"].dropna()
            responders = cumulative_incidence(days, [1] * len(days))[["TIME", "INCIDENCE", "N_RISK"]]
            names = (
                f"all {int(everybody['N_RISK'].max())} treated",
                f"{style.plural(len(days), 'responder')} only",
            )
            found[stem] = dict(zip(names, (everybody, responders), strict=True))
    return found


def no_onset_curves(curves: Mapping[str, object], crit: str) -> str:
    """The sentence that says why there are no curves; empty where there are some."""
    groups = " or ".join(group for _, group in LEADING)
    return "" if curves else f"*Skipped: no time to response of {groups} by the criteria {crit} was derived.*"


def responder_rows(patients: Patients, confidence: float = 0.95) -> pd.DataFrame:
    """Result rows of the days to response among responders alone, as the paper counts them, with intervals."""
    present = [(stem, f"{group}_RESP") for stem, group in LEADING if patients.knows(f"ONSET_{stem}")]
    parts = [
        summaries.time_to_response(patients.study, patients.adsl, population, f"ONSET_{stem}", confidence)
        for stem, population in present
    ]
    return pd.concat(parts, ignore_index=True) if parts else summaries.rows([])


def responder_sentence(rows: pd.DataFrame, confidence: float) -> str:
    """The sentence that reads the medians of responders, and says where they are too few for an interval."""
    told, of = [], reader(rows)
    for stem, group in LEADING:
        mine = rows[(rows["variable"] == f"ONSET_{stem}") & (rows["statistic"] == "median")]
        for population, n in mine[["population", "n"]].itertuples(index=False):
            middle, low, high = (of(population, f"ONSET_{stem}", f"median{end}") for end in ("", "_low", "_high"))
            few = f"{style.plural(int(n), 'responder')}, too few for an interval"
            told.append(f"day {middle} for {group} ({few if style.MISSING in (low, high) else f'{low} to {high}'})")
    if not told:
        return ""
    level = f"at {style.percent(confidence, 0)} confidence"
    return f"Among responders alone half had responded by {style.listing(told)}, {level}."


def onset_figure(curves: Mapping[str, Mapping[str, pd.DataFrame]]) -> list[Axes]:
    """A panel per lineage with its curves."""
    drawn = figures.panels(len(curves), 4.3)
    for ax, (stem, group) in zip(drawn, [one for one in LEADING if one[0] in curves], strict=True):
        figures_time.incidence(curves[stem], f"{style.quantity(f'R{stem}')}, {group}", ax)
    return drawn


def onset_rows(curves: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Result rows of the curves over everybody treated: median with interval, and heights on some days.

    A day after the last reading has no row.
    """
    parts = []
    for stem, group in LEADING:
        if stem in curves:
            curve = next(iter(curves[stem].values()))
            days = [day for day in DAYS if day <= curve["TIME"].max()]
            parts.append(summaries.curve_rows(curve, group, f"ONSET_{stem}", days))
    return pd.concat(parts, ignore_index=True) if parts else summaries.rows([])


def onset_sentence(rows: pd.DataFrame, confidence: float) -> str:
    """The sentences that read the curves over everybody treated."""
    told = [_onset_told(rows[rows["population"] == group], group, confidence) for _, group in LEADING]
    return " ".join(filter(None, told))


def _onset_told(rows: pd.DataFrame, group: str, confidence: float) -> str:
    days = [day for day in DAYS if f"incidence_day_{day}" in set(rows["statistic"])]
    if not days:
        return ""
    name, of = rows["variable"].iloc[0], reader(rows)
    heights = style.listing(f"{of(group, name, f'incidence_day_{day}')}% by day {day}" for day in days)
    low, high = (of(group, name, f"incidence_day_{days[-1]}_{end}") for end in ("low", "high"))
    median = of(group, name, "median_all")
    half = f"half of all by day {median}" if median != style.MISSING else "never half of all"
    band = f" ({style.percent(confidence, 0)} interval of the last {low} to {high}%)"
    told = f"Of everybody treated for {group} {heights} had responded"
    return f"{told}{band if style.MISSING not in (low, high) else ''}, {half}."


# Single patients ---------------------------------------------------------------------------------

STORY = ("USUBJID", "WHAT", "BASELINE", "MONTH_1", "MAINTENANCE", "FOLLOW_UP")
NAMED = ("IRP", "EVANS", "ICH", "SLE", "SS", "APS", "LATE_RELAPSE")


def named_patients(patients: Patients, populations: Iterable[str] = NAMED) -> pd.DataFrame:
    """One row per population and patient in it: WHO, then the columns of `STORY`, all text."""
    lines = [
        (_capital(style.level(population)), str(row["USUBJID"]), _what(row), *_story(row))
        for population in populations
        for row in records(patients.members(population))
    ]
    return pd.DataFrame(lines, columns=["WHO", *STORY])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _what(row: Mapping[str, object]) -> str:
    parts = [style.population(str(row[name])) for name in ("DX", "CTD") if not style.missing(row[name])]
    age = "" if style.missing(row["AGE"]) else f", {row['SEX']} {style.number(str(row['AGE']))}"
    return "/".join(parts) + age


def _story(row: Mapping[str, object]) -> tuple[str, str, str, str]:
    """Baseline, month 1, maintenance and follow-up of one patient in a few words each."""
    blood = f"PLT {_shown(row, 'PLT_BL')}, Hb {_shown(row, 'HB_BL')}"
    days = [
        f"{label} day {_shown(row, name)}"
        for name, label in (("ONSET_PLT", "PLT"), ("ONSET_HB", "Hb"), ("CRDAY_PLT", "CR"))
        if not style.missing(row[name])
    ]
    month_1 = _state(row["RESP_M1"]) + (f" ({', '.join(days)})" if days else "")
    end = "lost" if row["LOST"] == "Y" else _state(row["RESP_EOT"])
    follow = _state(row["RESP_FU"])
    if not style.missing(row["RELAPSE_MO"]):
        follow += f" in month {_shown(row, 'RELAPSE_MO')}"
    elif not style.missing(row["FU_MO"]):
        follow += f" ({style.plural(int(float(str(row['FU_MO']))), 'month')})"
    return blood, month_1, end, follow


def _shown(row: Mapping[str, object], name: str) -> str:
    return style.number(None if style.missing(row[name]) else str(row[name]))


def _state(value: object) -> str:
    return style.MISSING if style.missing(value) else style.short(value)


# Readings over time ------------------------------------------------------------------------------

PARAMETERS = {"PLT": "PLAT", "HB": "HGB"}


def readings(patients: Patients, stem: str) -> pd.DataFrame:
    """One row per reading of a lineage in the diagnosis it judges: USUBJID, ADY, AVAL, AVISITN, RESPONSE ...

    RESPONSE is the patient's at month 1, or RELAPSE where one came later; ORIGIN is the reading's. Without a
    patient of that diagnosis everybody's readings.
    """
    group = dict(LEADING)[stem]
    who = patients.members(group) if patients.present([group]) else patients.adsl
    relapsed = (who["RESP_EOT"] == "RELAPSE") | (who["RESP_FU"] == "RELAPSE")
    response = who["RESP_M1"].where(~relapsed, "RELAPSE").fillna("NE")
    by_patient = dict(zip(who["USUBJID"], response, strict=True))
    adlb = patients.table("ADLB")
    mine = adlb[(adlb["PARAMCD"] == PARAMETERS[stem]) & adlb["USUBJID"].isin(list(by_patient))]
    columns = ["USUBJID", "ADY", "AVAL", "AVALU", "AVISITN", "ORIGIN"]
    return mine[columns].assign(RESPONSE=mine["USUBJID"].map(by_patient)).reset_index(drop=True)


def course(found: pd.DataFrame, stem: str, crit: str, transfusions: pd.DataFrame | None = None) -> list[Axes]:
    """The readings over the first month and over all months, with the thresholds of a criteria set.

    `transfusions` (USUBJID, ADY) are marked where they are of patients whose readings are drawn.
    """
    unit = found["AVALU"].dropna().iloc[0] if found["AVALU"].notna().any() else ""
    label, lines, log = style.with_unit(style.quantity(stem), unit), thresholds(crit, stem), stem == "PLT"
    given = None if transfusions is None else transfusions[transfusions["USUBJID"].isin(found["USUBJID"])]
    return figures_time.course(found, label, lines, log, given)
