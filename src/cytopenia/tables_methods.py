"""Tables of the statistical methods: what each assumes, exact beside approximate P, sizes, selection, shares."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd
from great_tables import GT

from cytopenia import style, tables
from cytopenia.methods import DOUBTFUL, Method
from cytopenia.selection import LEVEL
from cytopenia.summaries import Comparison

Found = Mapping[tuple[str, ...], float]


def methods(lines: Sequence[Method]) -> GT:
    """One line a method: the paper's, what it assumes, the check and its outcome, and what is used here."""
    frame = pd.DataFrame([vars(line) for line in lines])
    heads = {
        "what": "",
        "paper": "In the paper",
        "assumes": "Which assumes that",
        "check": "Checked on these patients",
        "outcome": "Outcome",
        "used": "Used here",
    }
    marked = [(row, "outcome") for row, line in enumerate(lines) if line.outcome == DOUBTFUL]
    return tables.table(frame, "methods", "Methods actually used", heads, group="group", marked=marked)


def p_values(found: Found, chosen: Sequence[Comparison]) -> GT:
    """One line per comparison: the signed-rank P and the paired t P, each approximate and exact, and Holm's."""
    columns = {
        "rank": "wilcoxon_p",
        "rank_exact": "wilcoxon_exact_p",
        "t": "paired_p",
        "t_exact": "sign_flip_p",
        "holm": "holm_p",
    }
    lines = [
        {"what": _what(one)} | {column: style.p_value(_of(found, one, name)) for column, name in columns.items()}
        for one in chosen
    ]
    heads = {
        "what": "",
        "rank": "Approximate",
        "rank_exact": "Exact",
        "t": "Student's t",
        "t_exact": "Exact, by signs",
        "holm": "Holm's P",
    }
    return tables.table(
        pd.DataFrame(lines, columns=["what", *columns]),
        "p-values",
        "P values, approximate and exact",
        heads,
        numbers=list(columns),
        spanners={"Signed ranks": ["rank", "rank_exact"], "Means": ["t", "t_exact"]},
    )


def sizes(found: Found, chosen: Sequence[Comparison], confidence: float, *notes: str) -> GT:
    """One line per comparison: rank-biserial correlation and standardised mean changes with their intervals."""
    columns = {"rank": "rank_biserial", "smcr": "smcr", "smcc": "smcc"}
    lines = [
        {"what": _what(one)} | {to: _with_ends(found, one, name) for to, name in columns.items()} for one in chosen
    ]
    band = f"({style.percent(confidence, 0)} interval)"
    heads = {
        "what": "",
        "rank": f"Rank-biserial correlation {band}",
        "smcr": f"Mean change in SDs before {band}",
        "smcc": f"Mean change in SDs of the change {band}",
    }
    frame = pd.DataFrame(lines, columns=["what", *columns])
    return tables.table(
        frame, "sizes", "How large the changes are, without units", heads, notes=notes, numbers=list(columns)
    )


def selection(made: pd.DataFrame, found: Found, chosen: Sequence[Comparison]) -> GT:
    """One line per comparison: who fell, what the missing could make of it, and regression to the mean.

    `made` are the rows of `comparisons.selected`, `found` their values.
    """
    of_mean = made[made["statistic"] == "mean_to_cancel"]
    unit = dict(zip(of_mean["variable"], of_mean["unit"], strict=True))
    size = {(str(row["variable"]), str(row["versus"])): int(row["n"]) for row in made.to_dict("records")}
    lines = []
    for one in chosen:
        n, places = size[one.before, one.after], 2 if one.test == "paired t" else 0
        ends = [_of(found, one, f"share_fell_{end}") for end in ("least", "most")]
        lines.append(
            {
                "what": style.with_unit(_what(one), unit.get(one.before)),
                "fell": style.proportion(int(_of(found, one, "falls")), n),
                "bounds": f"{style.between(ends[0], ends[1], 0)}%",
                "undo": style.number(_of(found, one, "to_undo")),
                "cross": style.number(_of(found, one, "to_cross")),
                "cancel": style.number(_of(found, one, "mean_to_cancel"), places),
                "r": style.number(_of(found, one, "before_change_r"), 2),
                "chance": style.number(_of(found, one, "before_change_r_by_chance"), 2),
            }
        )
    heads = {
        "what": "",
        "fell": "Fell",
        "bounds": "Of everybody fell",
        "undo": "To undo the direction",
        "cross": f"To bring P across {style.number(LEVEL)}",
        "cancel": "Mean change to cancel",
        "r": "Seen",
        "chance": "By chance alone",
    }
    spanners = {
        "Of those without a second value": ["undo", "cross", "cancel"],
        "Correlation of the value before with the change": ["r", "chance"],
    }
    frame = pd.DataFrame(lines, columns=list(heads))
    title = "What those who aren't compared could change"
    none = f"{style.MISSING} Not even all of them would do, or there is no direction."
    return tables.table(frame, "selection", title, heads, notes=[none], numbers=list(heads)[1:], spanners=spanners)


def from_print(found: pd.DataFrame) -> GT:
    """One line per printed test: what its statistic says by itself of size and of those who aren't compared.

    `found` comes from `from_print.sizes`.
    """
    lines = [
        {
            "what": _with_unit_of_mean(row),
            "size": style.number(row["RANK_BISERIAL"], 2),
            "cross": style.number(row["TO_CROSS"]),
            "smcc": _within(row["SMCC_LOW"], row["SMCC_HIGH"]),
            "cancel": _within(row["CANCEL_LOW"], row["CANCEL_HIGH"]),
        }
        for row in found.to_dict("records")
    ]
    heads = {
        "what": "",
        "size": "|Rank-biserial|",
        "cross": f"Missing to bring P across {style.number(LEVEL)}",
        "smcc": "|Mean change|, SDs of the change",
        "cancel": "Missing's mean change to cancel",
    }
    frame = pd.DataFrame(lines, columns=list(heads))
    title = "What print alone says of size and selection"
    note = (
        "From the printed Z, if no two changes are equal and none is nil; from the printed t and means within rounding."
    )
    return tables.table(frame, "print-sizes", title, heads, notes=[note], numbers=list(heads)[1:])


def _with_unit_of_mean(row: Mapping[Hashable, object]) -> str:
    """What a printed test is about, with the unit where a mean stands beside it."""
    name = style.quantity(str(row["BEFORE"]).rpartition("_")[0])
    return name if style.missing(row["CANCEL_LOW"]) else style.with_unit(name, row["UNIT"])


def _within(low: float, high: float) -> str:
    """A range to two decimals, one number where both ends read alike."""
    if style.missing(low):
        return style.MISSING
    ends = dict.fromkeys(style.number(end, 2) for end in (low, high))
    return " to ".join(ends)


def shares(found: pd.DataFrame, confidence: float) -> GT:
    """One line per printed percentage: the count, and Clopper and Pearson's and Wilson's interval."""
    bands = {"exact": ("LOW", "HIGH"), "wilson": ("WILSON_LOW", "WILSON_HIGH")}
    frame = pd.DataFrame(
        {
            "what": found["DESCRIPTION"],
            "share": [style.proportion(int(k), int(n)) for k, n in zip(found["K"], found["N"], strict=True)],
            **{
                name: [
                    f"{style.between(100 * low, 100 * high, 1)}%"
                    for low, high in zip(found[ends[0]], found[ends[1]], strict=True)
                ]
                for name, ends in bands.items()
            },
        }
    )
    heads = {"what": "", "share": "Patients", "exact": "Clopper-Pearson (exact)", "wilson": "Wilson (score)"}
    title = f"Every printed percentage with its {style.percent(confidence, 0)} interval"
    return tables.table(frame, "shares", title, heads, numbers=["share", "exact", "wilson"])


def _what(one: Comparison) -> str:
    return style.quantity(one.before.rpartition("_")[0])


def _of(found: Found, one: Comparison, statistic: str) -> float:
    return found.get((one.before, one.after, statistic), float("nan"))


def _with_ends(found: Found, one: Comparison, name: str) -> str:
    middle, low, high = (_of(found, one, name + end) for end in ("", "_low", "_high"))
    if style.missing(middle):
        return style.MISSING
    return f"{style.number(middle, 2)} ({style.between(low, high, 2)})"
