"""Tables: great_tables objects rendered from rows of results, and the printed text set beside them.

Rows have the keys of the results and the claims (population, variable, versus, statistic), a value and,
where the record prints one, the printed text. An `Item` is one line of a laid-out table: which rows fill its
template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from html import escape

import pandas as pd
from great_tables import GT, html, loc
from great_tables import style as gt_style

from cytopenia import style
from cytopenia.criteria import criteria_of
from cytopenia.patients import Key, Patients, Responses
from recount.record import Claim, Printed
from recount.results import Results

KEYS = ["population", "variable", "versus", "statistic"]
RECOMPUTED, PRINTED = "recomputed", "printed"
DIFFERS, ASSUMED = "≠", "ᵃ"
DIFFERS_NOTE = f"{DIFFERS} The value from the rows is not what is printed."
ASSUMED_NOTE = f"{ASSUMED} From assumed values: the record says nothing about them."
LONGEST = 60
PAGE, LETTER, BOLD, PADDING = 610, 7.2, 7.9, 12
"""Pixels: the width of a table on the page, of a letter in a cell and in a head, and around a cell's text."""

ROUGH = 1e-9

WORD = 16
"""Letters beyond which a word may be broken."""

BOTH = " / "
BOTH_NOTE = "a / b: printed more than once, and not the same."
SIGNS = {DIFFERS: DIFFERS_NOTE, ASSUMED: ASSUMED_NOTE, BOTH: BOTH_NOTE}


# ---------------------------------------------------------------- one look for every table
def table(
    frame: pd.DataFrame,
    id: str,
    title: str,
    labels: Mapping[str, str] | None = None,
    *,
    subtitle: str = "",
    group: str | None = None,
    notes: Iterable[str] = (),
    numbers: Sequence[str] = (),
    marked: Sequence[tuple[int, str]] = (),
    spanners: Mapping[str, Sequence[str]] | None = None,
    joined: Sequence[int] = (),
    pictures: Sequence[str] = (),
    shares: Mapping[str, int] | None = None,
) -> GT:
    """A table of text in the house's look, as wide as the page and no wider.

    `frame` holds text, one row a line; `labels` its columns' heads; `group` the column whose values head
    groups of lines; `numbers` the columns set to the right; `marked` the cells (line, column) that want
    attention; `spanners` heads over several columns; `joined` the lines with no rule above, being one with
    the line before; `pictures` the columns whose cells are HTML; `shares` the columns' widths in per cent, where
    they don't go by their texts; `id` is the HTML id.
    """
    made = GT(frame.fillna(style.MISSING).astype(str), id=id, groupname_col=group)
    made = made.tab_header(title=html(f"<strong>{escape(title)}</strong>"), subtitle=subtitle or None)
    for head, columns in (spanners or {}).items():
        made = made.tab_spanner(label=head, columns=list(columns))
    shown = frame.drop(columns=[group] if group else [])
    made = made.cols_width(
        {name: f"{share}%" for name, share in shares.items()} if shares else widths(shown, labels or {})
    )
    made = made.cols_align("left")
    if pictures:
        made = made.fmt(str, columns=list(pictures))
    if labels:
        made = made.cols_label({name: labels[name] for name in frame.columns if name in labels})
    if numbers:
        made = made.cols_align("right", columns=list(numbers))
    for row, column in marked:
        look = gt_style.text(color=style.RESPONSES["RELAPSE"], weight="bold")
        made = made.tab_style(look, loc.body(columns=column, rows=[row]))
    if joined:
        made = made.tab_style(gt_style.borders(sides="top", style="hidden"), loc.body(rows=list(joined)))
    for note in filter(None, notes):
        made = made.tab_source_note(note)
    return _house(made)


def widths(frame: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, str]:
    """Each column's share of the table's width: it grows with its longest text, but less than the text.

    No column is narrower than its longest word, where there is room for all of those.
    """
    texts = {name: [str(labels.get(name, name)), *frame[name].astype(str)] for name in frame.columns}
    sizes = {name: (min(max(map(len, found)), LONGEST) + 4) ** 0.75 for name, found in texts.items()}
    least = {name: _least(labels.get(name, name), frame[name]) / PAGE for name in frame.columns}
    least = {name: share / max(sum(least.values()), 1) for name, share in least.items()}
    free, left = dict(sizes), 1.0
    while narrow := [name for name in free if left * free[name] / sum(free.values()) < least[name] - ROUGH]:
        left -= sum(least[name] for name in narrow)
        free = {name: size for name, size in free.items() if name not in narrow}
    shares = {name: left * free[name] / sum(free.values()) if name in free else least[name] for name in sizes}
    return {name: f"{100 * share:.1f}%" for name, share in shares.items()}


def _least(head: str, texts: pd.Series) -> float:
    """The pixels that the longest word of a column needs; a hyphen ends a word."""
    inside = max((_longest(text) for text in texts.astype(str)), default=0)
    return max(LETTER * inside, BOLD * _longest(head)) + PADDING


def _longest(text: str) -> int:
    return min(max((len(word) for word in re.split(r"\s|(?<=-)", text)), default=0), WORD)


def _house(made: GT) -> GT:
    """The look of every table: quiet rules, the page's width."""
    return made.opt_align_table_header("left").tab_options(
        container_width="100%",
        table_width="100%",
        table_font_size="13.5px",
        table_font_color=style.INK,
        heading_title_font_size="16px",
        heading_subtitle_font_size="13.5px",
        heading_border_bottom_color=style.FAINT,
        column_labels_font_weight="bold",
        column_labels_border_top_style="none",
        column_labels_border_bottom_color=style.INK,
        column_labels_border_bottom_width="1px",
        row_group_font_weight="bold",
        row_group_padding="5px",
        row_group_border_top_color=style.FAINT,
        row_group_border_bottom_style="none",
        table_border_top_style="none",
        table_border_bottom_color=style.FAINT,
        table_body_hlines_color=style.FAINT,
        table_body_border_bottom_color=style.INK,
        table_body_border_bottom_width="1px",
        data_row_padding="4px",
        source_notes_font_size="13px",
    )


# ---------------------------------------------------------------- the printed text beside the recomputed
def printed_texts(claims: Iterable[Claim], place: str = "") -> pd.DataFrame:
    """One row per key of the claims: population, variable, versus, statistic, printed.

    Where a key is printed more than once the different texts are joined by " / ", in the order of the claims.
    `place`, if given, keeps the claims printed there.
    """
    texts: dict[Key, list[str]] = {}
    for claim in claims:
        if place in ("", claim.place):
            key = (claim.population, claim.variable, claim.versus, claim.statistic)
            texts.setdefault(key, []).append(claim.printed.text)
    rows = [(*key, BOTH.join(dict.fromkeys(found))) for key, found in texts.items()]
    return pd.DataFrame(rows, columns=[*KEYS, PRINTED])


def with_printed(rows: pd.DataFrame, claims: Iterable[Claim], place: str = "") -> pd.DataFrame:
    """The rows of results with a column `printed`, empty where the record prints nothing under the key.

    Without any claim (a cohort of somebody's own) the rows come back as they are.
    """
    claimed = list(claims)
    if not claimed:
        return rows
    left = rows.assign(**{key: rows[key].fillna("").astype(str) for key in KEYS})
    return left.merge(printed_texts(claimed, place), on=KEYS, how="left").fillna({PRINTED: ""})


def beside(patients: Patients, rows: pd.DataFrame, place: str = "") -> pd.DataFrame:
    """The rows with `printed`, where there is a record, and the least known `origin` of their values.

    `place`, if given, takes the text printed in that place only.
    """
    keys = rows[["population", "variable", "versus"]].itertuples(index=False, name=None)
    origins = [patients.origin(*key) for key in keys]
    return with_printed(rows.assign(origin=origins), patients.claims, place)


def answered(patients: Patients, lines: Iterable[tuple[str, Item]], results: Results, place: str = "") -> pd.DataFrame:
    """The rows that fill the lines (population, item), noted as results, and then as `beside` gives them."""
    keys = (key for population, item in lines for key in keys_of([item], [population]))
    return beside(patients, results.add_frame(patients.answers(dict.fromkeys(keys))), place)


def agrees(value: object, printed: str) -> bool:
    """Whether every printed text stands for the value; nothing printed agrees with anything."""
    if not printed:
        return True
    if style.missing(value):
        return False
    return all(Printed(text).contains(Fraction(str(value))) for text in printed.split(BOTH))


def agreement(rows: pd.DataFrame) -> str:
    """The sentence that says how many printed texts the rows give again, and names the others; else empty."""
    if PRINTED not in rows.columns:
        return ""
    printed = {key: row for key, row in by_key(rows).items() if row[PRINTED]}
    other = {key: row for key, row in printed.items() if not agrees(row["value"], str(row[PRINTED]))}
    given = len(printed) - len(other)
    same = f"The rows give {given} of {style.plural(len(printed), 'printed number')} again"
    differing = style.listing(
        f"{' '.join(filter(None, key))} (printed {row[PRINTED]}, rows {shown(row)})" for key, row in other.items()
    )
    return f"{same}; not: {differing}." if other else f"{same}."


def reader(rows: pd.DataFrame) -> Callable[..., str]:
    """A function that gives a row's value as text, `of("ALL", "AGE", "median")`; a dash without a row."""
    keyed = by_key(rows)

    def of(population: str, variable: str, statistic: str, versus: str = "") -> str:
        return shown(keyed.get((population, variable, versus, statistic), {}))

    return of


def by_key(rows: pd.DataFrame) -> dict[Key, Mapping[str, object]]:
    """The rows by population, variable, versus and statistic."""
    keys = rows[KEYS].fillna("").astype(str).itertuples(index=False, name=None)
    records = rows.itertuples(index=False, name=None)
    return {key: dict(zip(rows.columns, row, strict=True)) for key, row in zip(keys, records, strict=True)}


# ---------------------------------------------------------------- lines of a laid-out table
@dataclass(frozen=True)
class Item:
    """One line: its label, the group it stands in, a template, and the rows that fill it.

    `parts` are (variable, versus, statistic) triples, one for each `{}` of the template.
    """

    label: str
    template: str
    parts: tuple[tuple[str, str, str], ...]
    group: str = ""

    def under(self, group: str) -> Item:
        """The same line in a group."""
        return replace(self, group=group)


def quartiles(variable: str, label: str) -> Item:
    """Median with quartiles, `5.0 (3.0, 6.7)`."""
    return Item(label, "{} ({}, {})", tuple((variable, "", name) for name in ("median", "p25", "p75")))


def mean_sd(variable: str, label: str) -> Item:
    """Mean and standard deviation, `12.65 ± 3.57`."""
    return Item(label, "{} ± {}", ((variable, "", "mean"), (variable, "", "sd")))


def counts(label: str, *conditions: str) -> Item:
    """Numbers of patients for whom each condition holds, `2/14`."""
    return Item(label, "/".join(["{}"] * len(conditions)), tuple((c, "", "count") for c in conditions))


def count_percent(label: str, condition: str) -> Item:
    """Number and percentage of patients for whom the condition holds, `5 (41.7%)`."""
    return Item(label, "{} ({}%)", ((condition, "", "count"), (condition, "", "percent")))


def single(label: str, variable: str, statistic: str, versus: str = "") -> Item:
    """One statistic."""
    return Item(label, "{}", ((variable, versus, statistic),))


def limits(variable: str, label: str) -> Item:
    """Smallest and largest value, `18 to 73`."""
    return Item(label, "{} to {}", ((variable, "", "min"), (variable, "", "max")))


def keys_of(items: Iterable[Item], populations: Iterable[str]) -> list[Key]:
    """The keys of every row that fills the items in these populations, each once."""
    places = list(populations)
    keys = [(place, *part) for item in items for place in places for part in item.parts]
    return list(dict.fromkeys(keys))


def cell(rows: Mapping[Key, Mapping[str, object]], population: str, item: Item, source: str) -> str:
    """The item's text for a population from the recomputed values or from the printed texts.

    A dash where no part has one; the recomputed text ends in a sign where a part is not what is printed.
    """
    found = [rows.get((population, *part), {}) for part in item.parts]
    if all(style.missing(row.get(PRINTED if source == PRINTED else "value")) for row in found):
        return style.MISSING
    if source == PRINTED:
        return item.template.format(*(str(row.get(PRINTED, "")) or style.MISSING for row in found))
    text = item.template.format(*(shown(row) for row in found))
    differs = any(not agrees(row.get("value"), str(row.get(PRINTED, ""))) for row in found)
    assumed = any(row.get("origin") == "assumed" for row in found)
    return text + (f"\u00a0{DIFFERS}" if differs else "") + (f"\u00a0{ASSUMED}" if assumed else "")


def shown(row: Mapping[str, object]) -> str:
    """A recomputed value as text: exactly, where three decimals do; else to one more than is printed.

    Never to fewer decimals than printed. Without a printed text by the statistic's usual decimals, or at most
    two.
    """
    value, printed = row.get("value"), str(row.get(PRINTED, ""))
    if style.missing(value):
        return style.MISSING
    if row.get("statistic") == "ratio":
        return f"1:{style.number(1 / Fraction(str(value)))}" if Fraction(str(value)) else "0"
    if printed:
        return _beside(str(value), max(Printed(text).decimals for text in printed.split(BOTH)))
    if str(row.get("statistic")).endswith("_p"):
        return style.p_value(str(value))
    usual = 1 if row.get("unit") == "%" else style.DECIMALS.get(str(row.get("statistic")))
    return style.number(str(value), usual)


def _beside(value: str, decimals: int) -> str:
    exact = (Fraction(value) * 1000).denominator == 1
    text = style.number(value, max(decimals, 3) if exact else decimals + 1)
    while text.endswith("0") and len(text.partition(".")[2]) > decimals:
        text = text[:-1]
    return text.rstrip(".") if "." in text else text


def layout(rows: pd.DataFrame, items: Sequence[Item], populations: Sequence[str]) -> pd.DataFrame:
    """One line per item and source: group, item, source and a column of text per population.

    The source is `recomputed`, and `printed` above it where the rows have printed texts.
    """
    keyed = by_key(rows)
    sources = (PRINTED, RECOMPUTED) if PRINTED in rows.columns else (RECOMPUTED,)
    lines = [
        {"group": item.group, "item": item.label, "source": source}
        | {population: cell(keyed, population, item, source) for population in populations}
        for item in items
        for source in sources
    ]
    return pd.DataFrame(lines)


def laid_out(
    rows: pd.DataFrame,
    items: Sequence[Item],
    populations: Sequence[str],
    id: str,
    title: str,
    *,
    heads: Mapping[str, str] | None = None,
    notes: Iterable[str] = (),
    subtitle: str = "",
) -> GT:
    """The items as lines and the populations as columns, printed above recomputed where there is a record.

    Notes explain the signs that occur. `heads` replaces the labels of populations, for instance by one
    with n.
    """
    frame = layout(rows, items, populations)
    cells = {name: [str(text) for text in frame[name]] for name in populations}
    marked = [(row, name) for name in populations for row, text in enumerate(cells[name]) if DIFFERS in text]
    everything = " ".join(text for column in cells.values() for text in column)
    signs = [note for sign, note in SIGNS.items() if sign in everything]
    labels = {"item": "", "source": ""} | {name: style.population(name) for name in populations}
    labels |= dict(heads or {})
    lines = _said_once(frame)
    grouped = "group" if any(item.group for item in items) else None
    lines = lines if grouped else lines.drop(columns="group")
    joined = [row for row in range(len(frame)) if frame["source"].nunique() > 1 and row % 2]
    return table(
        lines,
        id,
        title,
        labels,
        subtitle=subtitle,
        group=grouped,
        notes=[*signs, *notes],
        marked=marked,
        joined=joined,
    )


def _said_once(frame: pd.DataFrame) -> pd.DataFrame:
    """The layout with each item's label on its first line only, and no column of sources if there is one."""
    if frame["source"].nunique() == 1:
        return frame.drop(columns="source")
    return frame.assign(item=frame["item"].where(~frame.duplicated(["group", "item"]), ""))


def sized(rows: pd.DataFrame, populations: Iterable[str]) -> dict[str, str]:
    """The head of each population's column with its size, `sITP (n=16)`, from the rows' `n` statistics."""
    of = reader(rows[rows["statistic"] == "n"])
    return {name: f"{style.population(name)} (n={of(name, '', 'n')})" for name in populations}


# ---------------------------------------------------------------- lists of results
def comparison(
    rows: pd.DataFrame,
    lines: Sequence[tuple[str, Item]],
    id: str,
    title: str,
    *,
    notes: Iterable[str] = (),
    subtitle: str = "",
) -> GT:
    """One line per population and item: what it is, printed (where there is a record), recomputed."""
    keyed = by_key(rows)
    has_record = PRINTED in rows.columns
    sources = [PRINTED, RECOMPUTED] if has_record else [RECOMPUTED]
    cells = [[cell(keyed, population, item, source) for source in sources] for population, item in lines]
    frame = pd.DataFrame(cells, columns=sources)
    frame.insert(0, "what", [item.label for _, item in lines])
    frame.insert(0, "group", [item.group for _, item in lines])
    grouped = "group" if any(item.group for _, item in lines) else None
    frame = frame if grouped else frame.drop(columns="group")
    marked = [(row, RECOMPUTED) for row, texts in enumerate(cells) if DIFFERS in texts[-1]]
    signs = [note for sign, note in SIGNS.items() if any(sign in text for texts in cells for text in texts)]
    heads = {"what": "", PRINTED: "Printed", RECOMPUTED: "Recomputed" if has_record else "Value"}
    below = [*signs, *notes]
    return table(
        frame,
        id,
        title,
        heads,
        subtitle=subtitle,
        group=grouped,
        numbers=sources,
        marked=marked,
        notes=below,
    )


def vocabulary(terms: Mapping[str, str], id: str = "vocabulary") -> GT:
    """Words used on a page and what they mean."""
    frame = pd.DataFrame({"term": list(terms), "meaning": list(terms.values())})
    return table(frame, id, "Words used here", {"term": "Word", "meaning": "Meaning"})


# ---------------------------------------------------------------- single tables
ANSWERS = {"kept": "✓", "broken": "✗", "not known": "?"}


def eligibility_in_sum(found: pd.DataFrame) -> GT:
    """One line per rule of eligibility: what it asks, how many keep and break it, and who breaks it."""
    frame = found.drop(columns=["RULE"]).astype(str)
    frame["WHO"] = frame["WHO"].replace("", style.MISSING)
    if not found["OPEN"].any():
        frame = frame.drop(columns="OPEN")
    heads = {
        "PLACE": "Section",
        "DESCRIPTION": "What the rule asks",
        "KEPT": "Kept",
        "BROKEN": "Broken",
        "OPEN": "Not known",
        "WHO": "Who breaks it",
    }
    marked = [(row, "WHO") for row, count in enumerate(found["BROKEN"]) if count]
    title = "Eligibility in sum: patients who keep and break each rule"
    counted = [name for name in ("KEPT", "BROKEN", "OPEN") if name in frame]
    return table(frame, "eligibility-sum", title, heads, numbers=counted, marked=marked)


def eligibility_by_patient(patients: Patients, found: pd.DataFrame) -> GT:
    """One line per patient, one column per rule: kept, or broken and with which values."""
    texts = found["ANSWER"].map(ANSWERS) + (" " + found["VALUES"]).where(found["ANSWER"] == "broken", "")
    rules = list(dict.fromkeys(found["RULE"]))
    wide = found.assign(TEXT=texts).pivot(index="USUBJID", columns="RULE", values="TEXT")[rules].reset_index()
    frame = patients.adsl[["USUBJID", "DX"]].merge(wide, on="USUBJID", how="left")
    frame["DX"] = [style.MISSING if style.missing(dx) else style.population(dx) for dx in frame["DX"]]
    marked = [(row, rule) for rule in rules for row, text in enumerate(frame[rule]) if ANSWERS["broken"] in text]
    heads = {"USUBJID": "Patient", "DX": "Cytopenia"}
    heads |= {rule: rule.partition("_")[2].replace("_", " ").capitalize() for rule in rules}
    signs = "✓ kept · ✗ broken, with the values · ? not known, for want of a value"
    return table(frame, "eligibility-patients", "Eligibility patient by patient", heads, marked=marked, notes=[signs])


def criteria(crit: str) -> GT:
    """One line per lineage and response of a criteria set: the rule in words, and where it comes from."""
    rows = [(style.LINEAGES[c.lineage], style.short(c.response), c.wording, c.source) for c in criteria_of(crit)]
    frame = pd.DataFrame(rows, columns=["LINEAGE", "RESPONSE", "WORDING", "SOURCE"])
    heads = {"RESPONSE": "Response", "WORDING": "Rule", "SOURCE": "Source"}
    return table(frame, "criteria", f'Response criteria: the set "{crit}"', heads, group="LINEAGE")


def set_aside(frame: pd.DataFrame, prefix: str = "") -> GT:
    """One line per claim or rule that the reconstruction could not keep; `prefix` of their ids, if given."""
    shown_lines = frame[frame["id"].str.startswith(prefix)][["id", "place", "text", "patients", "why"]]
    heads = {
        "id": "Set aside",
        "place": "Section",
        "text": "What it says",
        "patients": "Patients",
        "why": "Why",
    }
    return table(shown_lines.reset_index(drop=True), "set-aside", "What the reconstruction set aside", heads)


def responses(found: Responses, title: str, confidence: float, id: str) -> GT:
    """One line per population: patients, each response, the share in response with its exact interval.

    Patients whose response is not known stand under NE, where there are any.
    """
    rates, levels = found.rates, found.levels
    wide = levels.pivot_table(index="POPULATION", columns="RESPONSE", values="K", sort=False).astype(int)
    frame = pd.DataFrame({"WHO": [style.population(name) for name in rates["POPULATION"]], "N": rates["N"]})
    for response in wide.columns:
        frame[response] = [wide.loc[name, response] for name in rates["POPULATION"]]
    unknown = frame["N"] - frame[list(wide.columns)].sum(axis=1)
    if unknown.any():
        frame["NE"] = unknown
    frame["RATE"] = [style.percent(share) for share in rates["RATE"]]
    frame["BAND"] = [style.between(100 * low, 100 * high, 1) for low, high in _pairs(rates, "LOW", "HIGH")]
    heads = {"WHO": "", "N": "Patients", "RATE": "In response"}
    heads["BAND"] = f"{style.percent(confidence, 0)} interval"
    return table(frame, id, title, heads, numbers=list(frame.columns[1:]))


def _pairs(frame: pd.DataFrame, first: str, second: str) -> list[tuple[float, float]]:
    return list(zip(frame[first], frame[second], strict=True))


def named_patients(frame: pd.DataFrame) -> GT:
    """One line per patient whom the text names by a feature, from `efficacy.named_patients`."""
    heads = {
        "USUBJID": "Patient",
        "WHAT": "Who",
        "BASELINE": "Before (10⁹/L; g/L)",
        "MONTH_1": "Month 1",
        "MAINTENANCE": "Maintenance",
        "FOLLOW_UP": "Last follow-up",
    }
    return table(frame, "named", "The patients whom the text singles out", heads, group="WHO")
