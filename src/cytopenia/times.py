"""What a page asks about time: responses over everybody treated, how long they held, how long patients were seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.axes import Axes

from cytopenia import figures_time, style
from cytopenia.patients import Patients
from cytopenia.schemas import DAYS_A_MONTH, day_of_month
from cytopenia.summaries import Record, curve_rows, rows
from cytopenia.survival import at_times, cumulative_incidence, follow_up, median_time, states_of, survival
from cytopenia.tables import reader

DAYS = (7, 14, 30)
MONTHS = (3, 6, 12, 24, 36)
SOURCE = "cytopenia.times."
NOT_REACHED = "not reached"

LEFT = "When those without a response left is not printed: the day of month 1 is assumed."
UNDATED = "Relapses during maintenance are not dated in the record: their months are drawn."


def times_to(patients: Patients, parameter: str, crit: str) -> pd.DataFrame:
    """The rows of ADTTE of a parameter by a criteria set; empty where the cohort has none."""
    times = patients.table("ADTTE")
    if not len(times):
        return times
    return times[(times["PARAMCD"] == parameter) & (times["CRIT"] == crit)].dropna(subset=["AVAL"])


def drawn(patients: Patients, *told: str) -> str:
    """The caption that says which times are drawn or assumed; empty for observed patients."""
    return style.caption(*told) if len(patients.origins) else ""


COMPETED = {"DEATH": "died", "RESCUE TREATMENT": "had rescue treatment", "LACK OF EFFICACY": "left for want of effect"}
"""What competes with a response, in words."""


# Response over everybody treated -----------------------------------------------------------------


def response_curve(patients: Patients, crit: str, confidence: float = 0.95) -> pd.DataFrame:
    """The cumulative incidence of a response over all, by study day, over everybody treated; empty without times.

    Columns as `cumulative_incidence` gives them: death, rescue treatment and leaving for lack of efficacy
    compete, losses are censored.
    """
    mine = times_to(patients, "TTR", crit)
    if not len(mine) or not mine["AVAL"].astype(float).gt(0).any():
        return pd.DataFrame()
    return cumulative_incidence(mine["AVAL"].astype(float), states_of(mine["CNSR"]), confidence)


def no_curve(curve: pd.DataFrame, parameter: str) -> str:
    """The sentence that says why there is nothing to show of a time of ADTTE; empty where there is something."""
    wanted = {
        "TTR": "no patient of this cohort has a reading that the criteria can judge over all",
        "RELFREE": "no responder of this cohort has a time to relapse or last contact",
        "DOR": "nobody in this cohort responded over all",
        "FU": "no patient of this cohort has a reading or contact",
    }
    return "" if len(curve) else f"*Skipped: {wanted[parameter]}.*"


def response_rows(curve: pd.DataFrame, days: Iterable[int] = DAYS) -> pd.DataFrame:
    """Result rows of a response curve: how many responded, had something else first, or were lost; the shares.

    A day after the last reading has no row.
    """
    treated, source = int(curve["N_RISK"].max()), SOURCE + "response_curve"
    counted = {"events": "EVENTS", "competing": "COMPETING", "censored": "CENSORED"}
    made: list[Record] = [
        ("ALL", "TTR", "", name, int(curve[column].sum()), "", treated, source) for name, column in counted.items()
    ]
    shown = [day for day in days if day <= curve["TIME"].max()]
    return pd.concat([rows(made), curve_rows(curve, "ALL", "TTR", shown)], ignore_index=True)


def response_sentence(patients: Patients, found: pd.DataFrame, crit: str, confidence: float) -> str:
    """The sentence that reads the response curve: the shares, what competed, and who was lost before."""
    of = reader(found)
    days = [day for day in DAYS if f"incidence_day_{day}" in set(found["statistic"])]
    told = style.listing(f"{of('ALL', 'TTR', f'incidence_day_{day}')}% by day {day}" for day in days)
    ends = [of("ALL", "TTR", f"incidence_day_{day}_{end}") for day in days[-1:] for end in ("low", "high")]
    band = f" ({style.percent(confidence, 0)} interval of the last {' to '.join(ends)}%)"
    shares = f" {told} had responded{band if ends and style.MISSING not in ends else ''}." if days else ""
    times = times_to(patients, "TTR", crit)
    first = times.loc[times["CNSR"].astype(int) == 2, "EVNTDESC"].value_counts()
    other = [f"{count} {COMPETED[str(words)]}" for words, count in first.items()]
    lost = f"{of('ALL', 'TTR', 'censored')} were lost"
    size = style.plural(int(found["n"].iloc[0]), "patient")
    return f"Of {size} treated:{shares} Before any response {style.listing([*other, lost])}."


# Relapse and duration ----------------------------------------------------------------------------


def relapse_curve(patients: Patients, crit: str, confidence: float = 0.95) -> pd.DataFrame:
    """Kaplan and Meier's curve of month 1's responders free of relapse, TIME in months since the response.

    Columns as `survival` gives them; rescue treatment and death end it as relapse does. Empty without times.
    """
    return _held(times_to(patients, "RELFREE", crit), confidence)


def duration_curve(patients: Patients, crit: str, confidence: float = 0.95) -> pd.DataFrame:
    """Kaplan and Meier's curve of the response over all of whoever responded, TIME in months since it began.

    Its loss is by the criteria set's own rule, a recorded relapse or rescue treatment; deaths are censored.
    """
    return _held(times_to(patients, "DOR", crit), confidence)


def _held(mine: pd.DataFrame, confidence: float) -> pd.DataFrame:
    if not len(mine):
        return pd.DataFrame()
    return survival(mine["AVAL"].astype(float) / DAYS_A_MONTH, (mine["CNSR"] == 0).astype(int), confidence)


def relapse_figure(curve: pd.DataFrame, bounds: Mapping[str, pd.DataFrame] | None = None) -> Axes:
    """The share of month 1's responders free of relapse, by month, from `relapse_curve`.

    Beside it the curves of `undated_bounds`, if there are any.
    """
    drawn = {f"{int(curve['N_RISK'].max())} responders at month 1": curve}
    for name, moved in (bounds or {}).items():
        drawn[f"undated relapses at their {name}"] = moved[["TIME", "SURVIVAL"]]
    return figures_time.event_free(drawn, "Free of relapse")


def held_rows(curve: pd.DataFrame, variable: str, months: Iterable[int] = MONTHS) -> pd.DataFrame:
    """Result rows of a curve of relapse (RELFREE) or duration (DOR): events, median, shares at some months.

    A month after the last contact, and a median that isn't reached, have no row. RELFREE's population is
    month 1's responders; DOR's are all who responded.
    """
    population = "RESP" if variable == "RELFREE" else "ALL"
    n, half = int(curve["N_RISK"].max()), median_time(curve)
    source = SOURCE + ("relapse_curve" if variable == "RELFREE" else "duration_curve")
    key = (population, variable, "")
    made: list[Record] = [(*key, "events", int(curve["EVENTS"].sum()), "", n, source)]
    medians = {"median": half.estimate, "median_low": half.low, "median_high": half.high}
    made += [(*key, name, value, "months", n, source) for name, value in medians.items()]
    seen = at_times(curve, [month for month in months if month <= curve["TIME"].max()])
    for month, at_risk, *shares in seen[["TIME", "N_RISK", "SURVIVAL", "LOW", "HIGH"]].itertuples(index=False):
        names = [f"free_month_{month:.0f}{end}" for end in ("", "_low", "_high")]
        made += [(*key, name, 100 * share, "%", n, source) for name, share in zip(names, shares, strict=True)]
        made.append((*key, f"at_risk_month_{month:.0f}", int(at_risk), "", n, source))
    return rows(made)


def held_sentence(found: pd.DataFrame, variable: str, confidence: float) -> str:
    """The sentence that reads a curve of relapse or duration: events, the share at a year, the median."""
    of, population = reader(found), "RESP" if variable == "RELFREE" else "ALL"
    size, events = style.plural(int(found["n"].iloc[0]), "responder"), of(population, variable, "events")
    what = "had a relapse, rescue treatment or died" if variable == "RELFREE" else "lost the response"
    values = dict(zip(found["statistic"], found["value"], strict=True))
    low, middle, high = (style.number(values.get(f"median{end}"), 1) for end in ("_low", "", "_high"))
    half = _median_told(middle, low, high, confidence)
    years = [month for month in (12, 24) if f"free_month_{month}" in set(found["statistic"])]
    shares = style.listing(
        (
            f"{of(population, variable, f'free_month_{month}')}% at month {month}, with "
            f"{of(population, variable, f'at_risk_month_{month}')} still seen"
            for month in years
        ),
        empty="",
    )
    held = f" Estimated to be free of it: {shares}." if shares else ""
    return f"{events} of {size} {what}.{held} The median is {half}."


def _median_told(middle: str, low: str, high: str, confidence: float) -> str:
    """A median time in words; `12 months (95% interval 9 to not reached)`, or `not reached`."""
    unknown = style.MISSING
    ends = [NOT_REACHED if end == unknown else end for end in (low, high)]
    band = f" ({style.percent(confidence, 0)} interval {' to '.join(ends)})"
    if middle == unknown:
        return NOT_REACHED + (f" (its interval begins at month {low})" if low != unknown else "")
    return f"{middle} months{band}"


def undated_bounds(patients: Patients, crit: str, confidence: float = 0.95) -> dict[str, pd.DataFrame]:
    """The relapse curve with every relapse during maintenance as `earliest` and as `latest` as it can have come.

    The record says only that those came between month 1 and the end of maintenance, the latest day on which
    anybody's ended. Where nobody is lost in between, the two bound the share free of relapse at every time. Empty
    for observed patients, and where nobody has such a relapse.
    """
    mine = times_to(patients, "RELFREE", crit)
    adsl = patients.adsl.set_index("USUBJID")
    undated = adsl.index[adsl["RESP_EOT"] == "RELAPSE"] if patients.knows("RESP_EOT") else adsl.index[:0]
    ended = _ends_of_maintenance(patients, crit)
    if not len(patients.origins) or not mine["USUBJID"].isin(undated).any() or ended.empty:
        return {}
    start = mine["USUBJID"].map(adsl[["ONSET_PLT", "ONSET_HB"]].max(axis=1))
    found = {}
    for name, day in (("earliest", float(day_of_month(1))), ("latest", float(ended.max()))):
        moved = mine["AVAL"].astype(float).mask(mine["USUBJID"].isin(undated), (day - start).clip(lower=0))
        found[name] = _held(mine.assign(AVAL=moved), confidence)
    return found


def _ends_of_maintenance(patients: Patients, crit: str) -> pd.Series:
    """The study days on which maintenance ended, of those followed without an event since."""
    since, followed = (times_to(patients, name, crit).set_index("USUBJID") for name in ("FUEOT", "FU"))
    since = since[since["CNSR"] == 1]
    return followed["AVAL"].astype(float).reindex(since.index) - since["AVAL"].astype(float)


def undated_rows(bounds: Mapping[str, pd.DataFrame], months: Iterable[int] = MONTHS) -> pd.DataFrame:
    """Result rows of `undated_bounds`: free_month_12_earliest and free_month_12_latest, and so on, in per cent."""
    made: list[Record] = []
    for name, curve in bounds.items():
        n, source = int(curve["N_RISK"].max()), SOURCE + "undated_bounds"
        shown = at_times(curve, [month for month in months if month <= curve["TIME"].max()])
        for month, share in zip(shown["TIME"], shown["SURVIVAL"], strict=True):
            made.append(("RESP", "RELFREE", "", f"free_month_{month:.0f}_{name}", 100 * float(share), "%", n, source))
    return rows(made)


def undated_sentence(made: pd.DataFrame) -> str:
    """The sentence that says what the drawn months of relapses decide; empty where none are drawn."""
    of = reader(made)
    shown = [month for month in MONTHS if f"free_month_{month}_earliest" in set(made["statistic"])]
    told = []
    for month in shown:
        ends = {of("RESP", "RELFREE", f"free_month_{month}_{end}") for end in ("earliest", "latest")}
        told.append(f"{'% to '.join(sorted(ends, key=float))}% at month {month}")
    if not told:
        return ""
    return f"Whenever in maintenance the undated relapses came, the share free of relapse is {style.listing(told)}."


# Follow-up ---------------------------------------------------------------------------------------

FOLLOWED = {
    "FU": "From the first dose, everybody treated",
    "RELFREE": "From the response, month 1's responders",
    "FUEOT": "From the end of maintenance, those in response then",
}


def followed(patients: Patients, crit: str, confidence: float = 0.95) -> pd.DataFrame:
    """One row per time of ADTTE in `FOLLOWED` that the cohort has, in months since its start.

    PARAMCD, N, EVENTS, PLAIN (median of all times, whatever ended them), SHORTEST, LONGEST, and the reverse
    Kaplan-Meier median with its interval: MEDIAN, LOW, HIGH, missing where not reached.
    """
    found = []
    for parameter in FOLLOWED:
        mine = times_to(patients, parameter, crit)
        if len(mine):
            months, events = mine["AVAL"].astype(float) / DAYS_A_MONTH, (mine["CNSR"] == 0).astype(int)
            half = median_time(follow_up(months, events, confidence))
            plain = (float(months.median()), float(months.min()), float(months.max()))
            found.append((parameter, len(mine), int(events.sum()), *plain, half.estimate, half.low, half.high))
    names = ["PARAMCD", "N", "EVENTS", "PLAIN", "SHORTEST", "LONGEST", "MEDIAN", "LOW", "HIGH"]
    return pd.DataFrame(found, columns=names)


def followed_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `followed`: follow_up_plain, follow_up_median with _low and _high, in months."""
    source, made = SOURCE + "followed", []
    names = {"PLAIN": "follow_up_plain", "MEDIAN": "follow_up_median"}
    names |= {"LOW": "follow_up_median_low", "HIGH": "follow_up_median_high"}
    populations = {"FU": "ALL", "RELFREE": "RESP", "FUEOT": "COMPLETER"}
    for row in found.to_dict("records"):
        key = (populations[str(row["PARAMCD"])], str(row["PARAMCD"]), "")
        made += [(*key, name, float(row[column]), "months", int(row["N"]), source) for column, name in names.items()]
    return rows(made)


def followed_sentence(found: pd.DataFrame) -> str:
    """The sentence that reads the follow-up since the response, or the first there is."""
    chosen = found[found["PARAMCD"] == "RELFREE"] if (found["PARAMCD"] == "RELFREE").any() else found
    row = chosen.iloc[0]
    what = FOLLOWED[str(row["PARAMCD"])].lower()
    middle = NOT_REACHED if style.missing(row["MEDIAN"]) else f"{style.number(row['MEDIAN'], 1)} months"
    return (
        f"{what[0].upper()}{what[1:]}: the median follow-up is {middle} by the reverse Kaplan-Meier curve, which takes "
        f"losses for events and events for losses, and {style.number(row['PLAIN'], 1)} months if all times are taken "
        "alike."
    )
