"""Other series beside this cohort: each with its own patients, endpoint and time, its share and exact interval.

`comparators.csv` holds a series a row, with its source. Nothing is pooled, and no series is set against another:
they differ in whom they treat, with what, and in what they call a response.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.inference import Proportion
from cytopenia.patients import Patients
from cytopenia.schemas import packaged_rows
from cytopenia.summaries import Record, rows

COLUMNS = ["LABEL", "REGIMEN", "DISEASE", "ENDPOINT", "TIME", "K", "N", "RATE", "LOW", "HIGH", "OWN"]
CITED = "Counts as they are cited; the originals were not read again for this page."
SOURCE = "cytopenia.comparators.series_rows"


@dataclass(frozen=True)
class Series:
    """A published series: `k` of `n` patients or episodes (`counted`) reached its endpoint by its time."""

    id: str
    label: str
    regimen: str
    disease: str
    k: int
    n: int
    counted: str
    endpoint: str
    time: str
    source: str
    remark: str


def published() -> tuple[Series, ...]:
    """The series of `comparators.csv`, in their order."""
    return tuple(
        Series(**{**row, "k": int(row["k"]), "n": int(row["n"])})  # type: ignore[arg-type]
        for row in packaged_rows("comparators.csv")
    )


def beside(
    patients: Patients, rates: pd.DataFrame, crit: str, series: Iterable[Series], confidence: float = 0.95
) -> pd.DataFrame:
    """One row a group of this cohort, then one a series, with `COLUMNS`; LOW to HIGH is the exact interval.

    `rates` are those of `efficacy.responses` at month 1 by the criteria set `crit`. Shares lie between 0 and 1.
    """
    arms = patients.adsl.get("ARM", pd.Series(dtype=object)).dropna().str.lower()
    given = style.listing(sorted(arms.unique()), empty="")
    own = [
        ("This cohort", given, style.population(name), f"CR or PR, {crit}", "month 1", k, n, rate, low, high, True)
        for name, k, n, rate, low, high in rates.itertuples(index=False, name=None)
    ]
    others = [_line(one, confidence) for one in series]
    return pd.DataFrame([*own, *others], columns=COLUMNS)


def _line(one: Series, confidence: float) -> tuple[object, ...]:
    share = Proportion(one.k, one.n)
    band = share.interval(confidence=confidence)
    counted = one.endpoint if one.counted == "patients" else f"{one.endpoint} ({one.counted})"
    told = one.label, one.regimen, one.disease, counted, one.time
    return *told, one.k, one.n, share.value, band.low, band.high, False


def series_rows(series: Sequence[Series], confidence: float = 0.95) -> pd.DataFrame:
    """Result rows of the published series: count, percent, exact_low and exact_high; the population is its id."""
    made: list[Record] = []
    for one in series:
        share = Proportion(one.k, one.n)
        band = share.interval(confidence=confidence)
        key = (one.id, f'ENDPOINT == "{one.endpoint}"', "")
        made.append((*key, "count", one.k, "", one.n, SOURCE))
        shares = {"percent": share.value, "exact_low": band.low, "exact_high": band.high}
        made += [(*key, name, 100 * value, "%", one.n, SOURCE) for name, value in shares.items()]
    return rows(made)


def table(series: Sequence[Series]) -> GT:
    """One line a series: whom it treated with what, how many reached its endpoint by when, where it is printed."""
    lines = [
        {
            "label": one.label,
            "whom": f"{one.disease}: {one.regimen}",
            "reached": f"{style.proportion(one.k, one.n)} {one.counted}: {one.endpoint}, {one.time}",
            "source": one.source,
            "remark": one.remark,
        }
        for one in series
    ]
    heads = {
        "label": "Series",
        "whom": "Whom, and treatment",
        "reached": "Reached its endpoint",
        "source": "Source",
        "remark": "Note",
    }
    title = "Other series: different patients, endpoints and times"
    return tables.table(pd.DataFrame(lines), "comparators", title, heads, notes=[CITED])


def sentence(shown: pd.DataFrame) -> str:
    """The sentence that reads the figure: how far the other series' shares reach, and what that doesn't say."""
    others = shown[~shown["OWN"]]
    ends = [others[others["RATE"] == end] for end in (others["RATE"].min(), others["RATE"].max())]
    reach = " to ".join(f"{style.percent(end['RATE'].iloc[0])} ({style.listing(end['LABEL'])})" for end in ends)
    differ = "Patients, doses, endpoints and times all differ: no row says that one treatment is better than another."
    return f"The shares of {style.plural(len(others), 'other series', 'other series')} run from {reach}. {differ}"
