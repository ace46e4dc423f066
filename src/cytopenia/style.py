"""One home for colours, labels, number formats, captions and drawing settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pandas as pd

Number = float | int | Fraction | Decimal | str

# ---------------------------------------------------------------- colours
# Within each scale the lightness L* differs by at least 8, for red- and green-blind eyes too, so that grey
# print keeps the colours apart; the hues stay on the blue-orange axis.
INK, MUTED, FAINT, PAPER = "#1f2933", "#5f6b76", "#d3d9df", "#ffffff"
RESPONSES = MappingProxyType({"CR": "#082d57", "PR": "#3f86bd", "NR": "#f2c078", "RELAPSE": "#9c4a12", "NE": "#a0a6ac"})
DIAGNOSES = MappingProxyType({"sITP": "#0b3c6f", "AIHA": "#c8591b", "IRP": "#5aa5c8", "EVANS": "#f5c98a"})
TIMES = MappingProxyType({"BL": "#8fb8d8", "M1": "#3f86bd", "EOT": "#082d57", "FU": "#9c4a12"})
ORIGINS = MappingProxyType({"determined": "#0b3c6f", "constrained": "#5aa5c8", "assumed": "#f2c078"})
VERDICTS = MappingProxyType(
    {
        "contradicted": "#9c4a12",
        "attainable by truncation": "#f2c078",
        "attainable": "#5aa5c8",
        "follows": "#0b3c6f",
        "follows, cut off": "#5080d8",
        "not checkable": "#f1f3f5",
    }
)
MARKERS = MappingProxyType({"sITP": "o", "AIHA": "s", "IRP": "^", "EVANS": "D"})
RESPONSE_MARKERS = MappingProxyType({"CR": "o", "PR": "s", "NR": "v", "RELAPSE": "X", "NE": "d"})
BAND = "#f8e2bf"  # what a printed number stands for
ACCENT, ACCENT_2 = DIAGNOSES["sITP"], DIAGNOSES["AIHA"]

# ---------------------------------------------------------------- labels
UNITS = MappingProxyType(
    {"10^9/L": "10⁹/L", "umol/L": "µmol/L", "cells/uL": "cells/µL", "mg/m2": "mg/m²", "mg/kg": "mg/kg"}
)
LANDMARKS = MappingProxyType({"BL": "baseline", "M1": "month 1", "EOT": "end of maintenance", "FU": "last follow-up"})
LINEAGES = MappingProxyType({"PLT": "Platelets", "HB": "Haemoglobin", "ALL": "Overall"})
QUANTITIES = MappingProxyType(
    {
        "PLT": "Platelets",
        "PLAT": "Platelets",
        "HB": "Haemoglobin",
        "HGB": "Haemoglobin",
        "NEUT": "Neutrophils",
        "RETI": "Reticulocytes",
        "RETIRBC": "Reticulocytes",
        "BILI": "Total bilirubin",
        "DAT": "Direct antiglobulin test",
        "COOMBS": "Direct antiglobulin test",
        "BLEED": "Bleeding",
        "RPLT": "Platelet response",
        "RHB": "Haemolysis response",
        "RESP": "Response",
        "CD3": "CD3⁺ T cells",
        "CD4": "CD4⁺ T cells",
        "CD8": "CD8⁺ T cells",
        "CD19": "CD19⁺ B cells",
        "CD20": "CD20⁺ B cells",
        "IGG": "IgG",
        "IGA": "IgA",
        "IGM": "IgM",
        "ALT": "Alanine aminotransferase",
        "CREAT": "Creatinine",
    }
)
VARIABLES = MappingProxyType(
    {
        "DX": "Cytopenia",
        "SEX": "Sex",
        "AGE": "Age",
        "CTD": "Connective tissue disease",
        "AUTOAB": "Autoantibodies",
        "DURATION": "Disease duration",
        "START": "First dose, months after January 2021",
        "NPRIOR": "Prior drugs",
        "PRSTER": "Glucocorticoid",
        "PRIVIG": "Intravenous immunoglobulin",
        "PRIMSUP": "Immunosuppressants",
        "PRTPORA": "Thrombopoietin-receptor agonist",
        "PRSPLEN": "Splenectomy",
        "ICH": "Intracranial haemorrhage on admission",
        "ONSET_PLT": "Time to platelet response",
        "ONSET_HB": "Time to haemolysis response",
        "CRDAY_PLT": "Time to complete platelet response",
        "MAINT": "Maintenance treatment",
        "LOST": "Lost before maintenance",
        "SLEIMP": "Lupus improved",
        "FU_MO": "Follow-up after maintenance",
        "RELAPSE_MO": "Month of late relapse",
        "AE_IRR": "Infusion-related reaction",
        "AE_UTI": "Urinary tract infection",
        "AE_LUNG": "Lung infection",
        "AE_LIFE": "Life-threatening event",
    }
)
LEVELS = MappingProxyType(
    {
        "sITP": "secondary immune thrombocytopenia",
        "AIHA": "autoimmune haemolytic anaemia",
        "IRP": "immune-related pancytopenia",
        "EVANS": "Evans syndrome",
        "UCTD": "undifferentiated connective tissue disease",
        "SLE": "systemic lupus erythematosus",
        "SS": "Sjögren syndrome",
        "APS": "antiphospholipid syndrome",
        "CR": "complete response",
        "PR": "partial response",
        "NR": "no response",
        "NE": "not evaluable",
        "RELAPSE": "relapse",
        "ICH": "intracranial haemorrhage on admission",
        "LATE_RELAPSE": "relapse after the end of maintenance",
    }
)
POPULATIONS = MappingProxyType(
    {
        "ALL": "All treated",
        "MALE": "Men",
        "FEMALE": "Women",
        "EVANS": "Evans",
        "RESP": "Responders at month 1",
        "NR": "Non-responders at month 1",
        "sITP_RESP": "sITP responders",
        "AIHA_RESP": "AIHA responders",
        "ICH": "Intracranial haemorrhage",
        "MAINT": "Maintenance",
        "COMPLETER": "In response at the end of maintenance",
        "LATE_RELAPSE": "Late relapse",
        "INFECTED": "With an infection",
    }
)
STATISTICS = MappingProxyType(
    {
        "n": "Patients",
        "count": "Count",
        "percent": "Per cent",
        "ratio": "Ratio",
        "value": "Value",
        "min": "Minimum",
        "max": "Maximum",
        "median": "Median",
        "p25": "Lower quartile",
        "p75": "Upper quartile",
        "mean": "Mean",
        "sd": "Standard deviation",
        "wilcoxon_z": "Signed-rank |Z|",
        "wilcoxon_p": "Signed-rank P",
        "wilcoxon_exact_p": "Signed-rank P, exact",
        "paired_t": "Paired |t|",
        "paired_p": "Paired t P",
        "exact_low": "Exact interval, lower",
        "exact_high": "Exact interval, upper",
        "hodges_lehmann": "Hodges-Lehmann shift",
    }
)
DECIMALS = MappingProxyType({"percent": 1, "mean": 2, "sd": 2, "exact_low": 1, "exact_high": 1})


def missing(value: object) -> bool:
    """True for None, not-a-number, pandas' NA and the empty text."""
    return value is None or value is pd.NA or value == "" or value != value


def quantity(name: str) -> str:
    """Label of a laboratory code or variable stem (`PLAT`, `HB`); the name itself when it has none."""
    return QUANTITIES.get(name, name)


def variable(name: str) -> str:
    """Label of a variable; a quantity at a landmark reads "Platelets, month 1"; else the name itself."""
    if name in VARIABLES:
        return VARIABLES[name]
    stem, _, landmark = name.rpartition("_")
    if stem in QUANTITIES and landmark in LANDMARKS:
        return f"{QUANTITIES[stem]}, {LANDMARKS[landmark]}"
    return quantity(name)


def stem(name: str) -> str:
    """Label of a variable without its landmark, `Platelets` for PLT_BL."""
    return variable(name).partition(", ")[0]


def unit(text: object) -> str:
    """The unit as shown to a reader (`10^9/L` as 10⁹/L); empty when there is none."""
    return "" if missing(text) else UNITS.get(str(text), str(text))


def with_unit(label: str, text: object) -> str:
    """`Platelets (10⁹/L)`; the label alone when it has no unit."""
    shown = unit(text)
    return f"{label} ({shown})" if shown else label


def level(name: object) -> str:
    """A category's level in words; the level itself when it has none."""
    return LEVELS.get(str(name), str(name))


def short(name: object) -> str:
    """A response as it stands in a legend: its abbreviation, or the word where it has none."""
    return "relapse" if name == "RELAPSE" else str(name)


def population(name: str) -> str:
    """Label of a population; abbreviations of diagnoses stay as they are."""
    return POPULATIONS.get(name, name)


def statistic(name: str) -> str:
    """Label of a statistic; an unknown one reads as its name without underscores."""
    return STATISTICS.get(name, name.replace("_", " "))


# ---------------------------------------------------------------- numbers
MISSING = "–"


def number(value: Number | None, decimals: int | None = None) -> str:
    """The number to so many decimals, halves away from zero; without `decimals` at most two, no idle zeros.

    >>> number(0.125, 2), number(5.0), number(-1.25, 1), number(None)
    ('0.13', '5', '−1.3', '–')
    """
    if value is None or missing(value):
        return MISSING
    exact = _decimal(value)
    places = 2 if decimals is None else decimals
    text = f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−") if text.strip("-0.") else text.lstrip("-")


def _decimal(value: Number) -> Decimal:
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return value if isinstance(value, Decimal) else Decimal(str(value))


def p_value(p: Number | None) -> str:
    """A probability to three decimals, `<0.001` below them."""
    if p is None or missing(p):
        return MISSING
    return "<0.001" if _decimal(p) < Decimal("0.0005") else number(p, 3)


def shortened(text: str, decimals: int) -> str:
    """A number to so many decimals at most, one digit where they would all be noughts; a ratio or nothing as it is.

    >>> shortened("49.791667", 2), shortened("7", 2), shortened("0.0004", 2), shortened("1:5", 2)
    ('49.79', '7', '0.0004', '1:5')
    """
    if not text or ":" in text:
        return text
    shown = number(text, decimals)
    if float(text) and not shown.strip("−0."):
        return f"{float(text):.1g}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


MOST_PLACES = 6


def shortened_range(line: Mapping[str, str], decimals: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """A line's ends and bounds to so many decimals at most, and to as many more as tell an end from its bound.

    >>> shortened_range({"low": "1.19549", "low_bound": "1.19521", "high": "4", "high_bound": "4"}, 2)
    (('1.1955', '4'), ('1.1952', '4'))
    """
    names = "low", "high", "low_bound", "high_bound"
    for places in range(decimals, MOST_PLACES + 1):
        low, high, least, most = (shortened(line[name], places) for name in names)
        alike = (low == least) == (line["low"] == line["low_bound"])
        if alike and (high == most) == (line["high"] == line["high_bound"]):
            break
    return (low, high), (least, most)


def percent(share: Number | None, decimals: int = 1) -> str:
    """A share between 0 and 1 as `75.0%`."""
    if share is None or missing(share):
        return MISSING
    return f"{number(_decimal(share) * 100, decimals)}%"


def proportion(count: int, n: int) -> str:
    """`18/24 (75.0%)`; without a denominator only the count over nought."""
    return f"{count}/{n} ({percent(Fraction(count, n))})" if n else f"{count}/{n}"


def between(low: Number | None, high: Number | None, decimals: int | None = None) -> str:
    """An interval, `53.3 to 90.2`."""
    return f"{number(low, decimals)} to {number(high, decimals)}"


def quartiles(median: Number | None, p25: Number | None, p75: Number | None, decimals: int | None = 1) -> str:
    """Median with quartiles as the paper sets them, `5.0 (3.0, 6.7)`."""
    return f"{number(median, decimals)} ({number(p25, decimals)}, {number(p75, decimals)})"


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 patient`, `3 patients`."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def listing(items: Iterable[object], empty: str = "none") -> str:
    """`a`, `a and b`, `a, b and c`; the word for nothing when there is nothing."""
    words = [str(item) for item in items]
    if not words:
        return empty
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# ---------------------------------------------------------------- captions
RECONSTRUCTED = "Reconstructed patients, not real ones"


def origin_counts(origins: Iterable[object] | None) -> dict[str, int]:
    """How many values are determined, constrained and assumed, in that order; empty for observed data."""
    if origins is None:
        return {}
    counts = pd.Series(list(origins), dtype="object").value_counts()
    return {name: int(counts[name]) for name in ORIGINS if name in counts}


def origin_note(origins: Iterable[object] | None) -> str:
    """Caption of a table or figure: what its values rest on; empty for a cohort of observed patients."""
    counts = origin_counts(origins)
    if not counts:
        return ""
    words = {
        "determined": "the same in every consistent cohort",
        "constrained": "bounded by what is printed, but not fixed",
        "assumed": "assumed, the record being silent",
    }
    parts = [f"{n} {'is' if n == 1 else 'are'} {words[name]}" for name, n in counts.items()]
    total = sum(counts.values())
    warning = " This rests on assumed values." if counts.get("assumed") else ""
    return f"{RECONSTRUCTED}: of {plural(total, 'value')} {listing(parts)}.{warning}"


def reading(sentence: str, *notes: str) -> str:
    """A sentence in Markdown with its caption, if it has one, in small slanted lines below."""
    below = caption(*notes)
    return f"{sentence}\n\n*{below}*" if below else sentence


def caption(*sentences: str) -> str:
    """The sentences that say something, one space between them."""
    return " ".join(sentence for sentence in sentences if sentence)


# ---------------------------------------------------------------- drawing
WIDTH, HEIGHT = 7.2, 3.6
RC: dict[Any, Any] = {
    "figure.figsize": (WIDTH, HEIGHT),
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.hashsalt": "cytopenia",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 9,
    "axes.labelsize": 10,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}
