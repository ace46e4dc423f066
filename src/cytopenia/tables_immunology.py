"""Tables of what changed in lymphocytes and immunoglobulins: as the paper prints it, and as of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.patients import Patients
from cytopenia.selection import LEVEL
from cytopenia.summaries import Comparison, possible
from cytopenia.tables import DIFFERS, PRINTED, RECOMPUTED, SIGNS, Item, Key

TEST = {"wilcoxon": ("wilcoxon_z", "wilcoxon_p"), "paired t": ("paired_t", "paired_p")}
TESTS = {"wilcoxon": "signed rank", "paired t": "paired t"}
SKIPPED = "*Skipped: no patient has the values, see above.*"
TOO_FEW = "too few for an interval"


def label(one: Comparison) -> str:
    """What is compared, `IgG`."""
    return style.quantity(one.before.rpartition("_")[0])


def short(one: Comparison) -> str:
    """What is compared in one word, `CD3⁺`."""
    return label(one).partition(" ")[0]


def skipped(patients: Patients, chosen: Sequence[Comparison]) -> str:
    """The sentence that says which comparisons nobody in the cohort has both values for; else empty."""
    able = possible(patients.study, patients.adsl, chosen)
    lacking = [label(one) for one in chosen if one not in able]
    if not lacking:
        return ""
    first = chosen[0]
    times = [style.LANDMARKS[name.rpartition("_")[2]] for name in (first.before, first.after)]
    return (
        f"*Skipped: no patient of this cohort has {style.listing(lacking)} (table LB) both at {times[0]} "
        f"and at {times[1]}, with a response then (tables EX, DS).*"
    )


def as_printed(rows: pd.DataFrame, chosen: Sequence[Comparison], id: str, title: str, *notes: str) -> GT:
    """One line per comparison, printed above recomputed where there is a record: n, before, after, test, P.

    `rows` come from `printed_convention`, beside the printed text where there is one. Rank tests show medians
    with quartiles, t tests means with SDs, each of all who have the value; n recomputed is of pairs.
    """
    keyed = tables.by_key(rows)
    sources = (PRINTED, RECOMPUTED) if PRINTED in rows.columns else (RECOMPUTED,)
    lines = [_line(keyed, one, source) for one in chosen for source in sources]
    frame = pd.DataFrame(lines).drop(columns=[] if len(sources) > 1 else ["source"])
    frame.loc[frame.duplicated("what"), "what"] = ""
    marked = [(row, name) for name in frame.columns for row, text in enumerate(frame[name]) if DIFFERS in str(text)]
    everything = " ".join(frame.astype(str).to_numpy().ravel())
    signs = [note for sign, note in SIGNS.items() if sign in everything]
    joined = [row for row in range(len(frame)) if len(sources) > 1 and row % 2]
    heads = {"what": "", "source": "", "n": "Patients", "p": "P"} | _heads(chosen)
    numbers = ["n", "before", "after", "test", "p"]
    return tables.table(frame, id, title, heads, notes=[*signs, *notes], numbers=numbers, marked=marked, joined=joined)


def _heads(chosen: Sequence[Comparison]) -> dict[str, str]:
    first = chosen[0]
    before, after = (style.LANDMARKS[name.rpartition("_")[2]] for name in (first.before, first.after))
    return {
        "before": before.capitalize(),
        "after": after.capitalize(),
        "test": style.statistic(TEST[first.test][0]),
    }


def _line(rows: Mapping[Key, Mapping[str, object]], one: Comparison, source: str) -> dict[str, str]:
    cells = {name: tables.cell(rows, one.population, item, source) for name, item in _items(one).items()}
    if source == RECOMPUTED:
        counted = rows.get((one.population, one.before, one.after, "pairs"), {})
        cells["n"] = style.number(_value(counted.get("value")))
    unit = _unit(rows, one)
    return {"what": style.with_unit(label(one), unit), "source": source} | cells


def _unit(rows: Mapping[Key, Mapping[str, object]], one: Comparison) -> str:
    place = (one.population, one.before, "", "median" if one.test == "wilcoxon" else "mean")
    return str(rows.get(place, {}).get("unit", ""))


def _items(one: Comparison) -> dict[str, Item]:
    """What each column of a comparison's line shows."""
    spread = tables.quartiles if one.test == "wilcoxon" else tables.mean_sd
    statistic, p = TEST[one.test]
    return {
        "n": tables.single("", "", "n"),
        "before": spread(one.before, ""),
        "after": spread(one.after, ""),
        "test": tables.single("", one.before, statistic, one.after),
        "p": tables.single("", one.before, p, one.after),
    }


def as_of_today(rows: pd.DataFrame, chosen: Sequence[Comparison], confidence: float, *notes: str) -> GT:
    """One line per comparison: n, the two estimates of the change with intervals, exact P, Holm's P.

    `rows` come from `summaries.as_of_today`; changes are after minus before.
    """
    keyed = tables.by_key(rows)
    frame = pd.DataFrame([_today(keyed, one) for one in chosen])
    band = style.percent(confidence, 0)
    heads = {
        "what": "",
        "n": "Patients",
        "shift": f"Median shift ({band} interval)",
        "mean": f"Mean difference ({band} interval)",
        "p": "Exact P",
        "holm": "Holm's P",
    }
    title = "Changes from baseline to the end of maintenance"
    return tables.table(frame, "today", title, heads, notes=notes, numbers=["n", "shift", "mean", "p", "holm"])


def _today(rows: Mapping[Key, Mapping[str, object]], one: Comparison) -> dict[str, str]:
    def row(statistic: str) -> Mapping[str, object]:
        return rows.get((one.population, one.before, one.after, statistic), {})

    def estimate(statistic: str) -> str:
        places = 0 if str(row(statistic).get("unit")) == "cells/uL" else 2
        middle, low, high = (_number(row(statistic + end), places) for end in ("", "_low", "_high"))
        return f"{middle} ({TOO_FEW if style.MISSING in (low, high) else f'{low} to {high}'})"

    first = row("hodges_lehmann")
    return {
        "what": style.with_unit(label(one), first.get("unit")),
        "n": style.number(_value(first.get("n"))),
        "shift": estimate("hodges_lehmann"),
        "mean": estimate("mean_difference"),
        "p": style.p_value(_value(row("wilcoxon_exact_p").get("value"))),
        "holm": style.p_value(_value(row("holm_p").get("value"))),
    }


def _value(cell: object) -> str | None:
    return None if style.missing(cell) else str(cell)


def _number(row: Mapping[str, object], places: int) -> str:
    return style.number(_value(row.get("value")), places)


def normality(rows: pd.DataFrame, chosen: Sequence[Comparison], *notes: str) -> GT:
    """One line per comparison: W and P of the changes, the paper's test, correlation of the two times."""
    keyed = tables.by_key(rows)
    lines = []
    for one in chosen:
        found = {name: keyed.get((one.population, one.before, one.after, name), {}) for name in _NORMALITY}
        w, p, r = (_value(found[name].get("value")) for name in _NORMALITY)
        lines.append((label(one), TESTS[one.test], style.number(w, 3), style.p_value(p), style.number(r, 3)))
    frame = pd.DataFrame(lines, columns=["what", "test", "w", "p", "r"])
    heads = {
        "what": "",
        "test": "Test in the paper",
        "w": "Shapiro-Wilk W of the changes",
        "p": "P",
        "r": "Correlation of before with after",
    }
    title = "Are the changes normally distributed?"
    return tables.table(frame, "normality", title, heads, notes=notes, numbers=["w", "p", "r"])


_NORMALITY = ("shapiro_w", "shapiro_p", "correlation")


def from_print(found: pd.DataFrame, rows: pd.DataFrame, *notes: str) -> GT:
    """One line per printed Z: Z and asymptotic P as printed, the rank sum it names, and the exact P.

    `found` comes from `from_print.exact_p`, `rows` from `beside`.
    """
    keyed = tables.by_key(rows)
    lines = []
    for one in found.to_dict("records"):
        key = (one["POPULATION"], one["BEFORE"], one["AFTER"], "wilcoxon_p")
        known = not style.missing(one["RANK_SUM"])
        lines.append(
            {
                "what": style.quantity(str(one["BEFORE"]).rpartition("_")[0]),
                "z": str(one["Z"]),
                "p": str(keyed.get(key, {}).get(PRINTED, "")) or style.MISSING,
                "sum": style.number(one["RANK_SUM"]) if known else "only with ties",
                "exact": style.p_value(one["EXACT_P"]) if known else style.MISSING,
            }
        )
    heads = {"what": "", "z": "Z printed", "p": "P printed", "sum": "Smaller rank sum", "exact": "Exact P"}
    frame = pd.DataFrame(lines, columns=list(heads))
    title = "What the printed Z says by itself"
    return tables.table(frame, "from-print", title, heads, notes=notes, numbers=["z", "p", "sum", "exact"])


def correlations(found: pd.DataFrame, *notes: str) -> GT:
    """One line per printed t: the least and largest correlation of before with after that fits."""
    lines = [
        {
            "what": style.quantity(str(one["BEFORE"]).rpartition("_")[0]),
            "r": style.between(one["LOW"], one["HIGH"], 3),
        }
        for one in found.to_dict("records")
    ]
    heads = {"what": "", "r": "Correlation, lowest to highest"}
    frame = pd.DataFrame(lines, columns=list(heads))
    title = "What the printed means, SDs and t say together"
    return tables.table(frame, "correlations", title, heads, notes=notes, numbers=["r"])


def below(rows: pd.DataFrame, statistic: str, limit: float = LEVEL) -> list[str]:
    """The labels of the comparisons whose P value is below the limit, in the order of the rows."""
    mine = rows[(rows["statistic"] == statistic) & (rows["value"].astype(float) < limit)]
    return [style.quantity(name.rpartition("_")[0]) for name in mine["variable"]]


# ---------------------------------------------------------------- sentences
def variables(chosen: Iterable[Comparison]) -> list[str]:
    """The variables that are compared, before and after."""
    return [name for one in chosen for name in (one.before, one.after)]


def who(rows: pd.DataFrame, population: str) -> str:
    """The sentence that says whom the comparisons are about, from the `n` of ALL and of the population."""
    of = tables.reader(rows)
    if of(population, "", "n") in (style.MISSING, "0"):
        everybody = style.plural(int(of("ALL", "", "n")), "treated patient")
        return f"Nobody of {everybody} is known to be in response at the end of maintenance."
    return (
        f"The comparisons are about {of(population, '', 'n')} of {of('ALL', '', 'n')} treated patients: "
        "those in response at the end of maintenance. Whoever didn't respond, was lost or relapsed is in "
        "neither column, so a change here is a change in responders."
    )


def direction(rows: pd.DataFrame, chosen: Iterable[Comparison]) -> str:
    """The sentence that says which means rose, since the printed t has no sign; from `as_of_today`'s rows."""
    keyed = tables.by_key(rows)
    mean = {one: keyed[one.population, one.before, one.after, "mean_difference"] for one in chosen}
    change = {label(one): float(str(row["value"])) for one, row in mean.items()}
    risen = style.listing((name for name, by in change.items() if by > 0), empty="none")
    fallen = style.listing((name for name, by in change.items() if by < 0), empty="none")
    return f"The means that rose: {risen}; that fell: {fallen}. t is shown without its sign."


def falls(rows: pd.DataFrame, chosen: Iterable[Comparison]) -> str:
    """The sentence that says in how many patients each quantity fell, from rows of `as_of_today`."""
    keyed = tables.by_key(rows)
    fell = {label(one): keyed[one.population, one.before, one.after, "falls"] for one in chosen}
    told = style.listing(f"{name} in {row['value']} of {row['n']}" for name, row in fell.items())
    return f"Fell from before to after: {told}."


def normality_reading(rows: pd.DataFrame, level: float = LEVEL) -> str:
    """The sentence that says whose changes are hardly normal."""
    tested = rows[rows["statistic"] == "shapiro_p"]
    doubted = style.listing(below(rows, "shapiro_p", level), empty="none")
    n = style.number(tested["n"].astype(int).min() if len(tested) else None)
    return (
        f"Of {style.plural(len(tested), 'comparison')} the changes are hardly normal "
        f"(P below {style.number(level)}) for: {doubted}. With {n} patients the test overlooks much, so the "
        "table below doesn't hang on it."
    )


def today_reading(rows: pd.DataFrame, level: float = LEVEL) -> str:
    """The sentence that says what stays below the level, before and after Holm's adjustment."""
    tested = rows[rows["statistic"] == "holm_p"]
    alone, together = (style.listing(below(rows, name, level)) for name in ("wilcoxon_exact_p", "holm_p"))
    return (
        f"Below {style.number(level)} by the exact test: {alone}; after Holm's adjustment for "
        f"{style.plural(len(tested), 'comparison')}: {together}. A P above it doesn't show that nothing "
        f"changed: the intervals say what is still possible.{_out_of_reach(tested, level)}"
    )


def _out_of_reach(tested: pd.DataFrame, level: float) -> str:
    """The sentence that says that the fewest patients can't reach the level, P being 2 / 2^n at least."""
    n = int(tested["n"].astype(int).min())
    least = 2 / 2**n
    if least < level:
        return ""
    return f" With as few as {style.plural(n, 'patient')} no exact P can be below {style.p_value(least)}."


def today_note(patients: Patients) -> str:
    """The caption that says what print fixes and what it leaves open; empty for observed patients."""
    if patients.origins.empty:
        return ""
    return (
        "The record fixes the rank tests of the cells and the t tests of the immunoglobulins. Exact P of the "
        "immunoglobulins, every median shift and the cells' mean differences differ between patients that "
        "fit it equally well: take them as examples."
    )


def correlations_reading(found: pd.DataFrame) -> str:
    """The sentence that reads the highest of the lower bounds."""
    row = found.loc[found["LOW"].astype(float).idxmax()].to_dict()
    name = style.quantity(str(row["BEFORE"]).rpartition("_")[0])
    return (
        f"For {name} the values before and after must correlate at {style.number(row['LOW'], 3)} or more for "
        "print to hold. Whether patients and assay are as steady as that over the months, the authors' rows "
        "would show."
    )


def print_reading(found: pd.DataFrame) -> str:
    """The sentence that says for how many printed Z the exact P is settled by print alone."""
    settled = int(found["EXACT_P"].notna().sum())
    return (
        f"{settled} of {style.plural(len(found), 'printed Z', 'printed Z')} name one rank sum, if no two "
        "changes were equal and none was nil; the exact P then follows from print alone, whoever the "
        "patients were."
    )


def slope_texts(rows: pd.DataFrame, chosen: Iterable[Comparison]) -> dict[str, str]:
    """By short name, what stands over a panel of slopes: the Hodges-Lehmann shift and the exact signed-rank P."""
    of, found = tables.reader(rows), {}
    for one in chosen:
        shift, p = (of(one.population, one.before, name, one.after) for name in ("hodges_lehmann", "wilcoxon_exact_p"))
        found[short(one)] = f"shift {shift}\nexact P {p}"
    return found


def shift_lines(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per comparison: LABEL, ESTIMATE, LOW, HIGH of the Hodges-Lehmann shift, for a figure."""
    names = {"hodges_lehmann": "ESTIMATE", "hodges_lehmann_low": "LOW", "hodges_lehmann_high": "HIGH"}
    mine = rows[rows["statistic"].isin(names)].assign(value=lambda table: table["value"].astype(float))
    wide = mine.pivot(index="variable", columns="statistic", values="value").rename(columns=names)
    wide = wide.reindex(index=mine["variable"].unique(), columns=list(names.values()))
    wide.insert(0, "LABEL", [style.quantity(str(name).rpartition("_")[0]) for name in wide.index])
    return wide.reset_index(drop=True)
