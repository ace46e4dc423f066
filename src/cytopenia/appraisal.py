"""The paper's methods appraised: questions of checklists as rows, each answer with evidence whose links resolve.

`appraisal.csv` holds an answer a row. Its evidence names a printed number by its claim, `{T2_001}`, and never
by itself. A link is `claim:ID` or `rule:ID` of the record, `cell:NOTEBOOK/ID`, or `place:PLACE`, a section of
the paper in `paper_sections.csv`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from cytopenia import style
from cytopenia.landmarks import read_rows
from cytopenia.schemas import packaged_rows
from cytopenia.summaries import Record, rows
from recount.record import Fault, Faults, Row, Study

COLUMNS = ("checklist", "item", "question", "answer", "evidence", "links", "status")
APPRAISAL = Path(__file__).with_name("appraisal.csv")
MEMORY = "from memory"

CHECKLISTS = MappingProxyType(
    {
        "JBI": "JBI's checklist for case series",
        "IHE": "IHE's checklist for case series",
        "STROBE": "STROBE's items for cohort studies",
        "STATISTICS": "The paper's statistical methods",
    }
)
ANSWERS = MappingProxyType(
    {
        "yes": "the paper says or does it",
        "no": "the paper shows that it isn't so",
        "unclear": "the paper says something of it, but not enough to answer",
        "not reported": "the paper, as far as we have it, is silent",
        "not applicable": "the question doesn't arise in a series of this kind",
    }
)
HEADING = re.compile(r"#+ (.+)")
NAMED = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Link:
    """Where evidence stands: `kind` is claim, rule, cell or place; `target` its id; `note` what is there."""

    kind: str
    target: str
    note: str = ""

    @property
    def label(self) -> str:
        """As it is shown: a claim's or rule's id, `section 1.6`, or a cell's notebook and its question."""
        return self.target if self.kind in ("claim", "rule") else self.note

    @property
    def address(self) -> str:
        """The page and anchor, relative to the notebooks' pages; empty for a place in the paper."""
        match self.kind:
            case "claim":
                return f"05_ledger.html#claim-{self.target}"
            case "rule":
                return f"00_reconstruction.html#rule-{self.target}"
            case "cell":
                notebook, _, cell = self.target.partition("/")
                return f"{notebook}.html#cell-{cell}"
        return ""


@dataclass(frozen=True)
class Answer:
    """One question of a checklist with its answer; `status` says where the question's text comes from."""

    checklist: str
    item: str
    question: str
    answer: str
    evidence: str
    links: tuple[Link, ...]
    status: str

    @property
    def from_memory(self) -> bool:
        """Whether no source at hand confirmed the question's text."""
        return self.status == MEMORY


# Reading -----------------------------------------------------------------------------------------


def read_appraisal(study: Study, notebooks: Path, path: Path = APPRAISAL) -> tuple[Answer, ...]:
    """The answers in `path`, evidence with its numbers as printed; raises Faults with everything that is wrong.

    `notebooks` is the folder whose cells may be linked to.
    """
    found, faults = read_rows(path, COLUMNS)
    targets = link_targets(study, notebooks)
    printed = {claim.id: claim.printed.text for claim in study.claims}
    if not faults:
        faults = [fault for row in found for fault in _faults(path.name, row, targets, printed)]
        faults += _repeated(path.name, found)
    if faults:
        raise Faults(faults)
    return tuple(_answer(row, targets, printed) for row in found)


def link_targets(study: Study, notebooks: Path) -> Mapping[str, Mapping[str, str]]:
    """What each kind of link may point to, with what stands there."""
    return {
        "claim": {claim.id: f"{claim.place}: {claim.description}: {claim.printed.text}" for claim in study.claims},
        "rule": {rule.id: f"{rule.place}: {rule.description}" for rule in study.rules},
        "cell": dict(_cells(notebooks)),
        "place": {row["place"]: row["shown"] for row in packaged_rows("paper_sections.csv")},
    }


def _cells(notebooks: Path) -> Iterator[tuple[str, str]]:
    """Every cell of every notebook: `03_immunology/normal`, and `03: ` with the heading it stands under."""
    for path in sorted(notebooks.glob("[0-9][0-9]_*.ipynb")):
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            found = HEADING.match("".join(cell["source"])) if cell["cell_type"] == "markdown" else None
            heading = found[1] if found else heading
            yield f"{path.stem}/{cell['id']}", f"{path.stem[:2]}: {heading}"


def _faults(
    file: str, row: Row, targets: Mapping[str, Mapping[str, str]], printed: Mapping[str, str]
) -> Iterator[Fault]:
    for name, known in (("checklist", CHECKLISTS), ("answer", ANSWERS)):
        if row[name] not in known:
            yield Fault(file, row.line, name, f"one of {', '.join(known)}", row[name], "write one of them")
    for name in ("item", "question", "evidence", "links", "status"):
        if not row[name]:
            yield Fault(file, row.line, name, "every answer has it", "", "fill it")
    for identifier in NAMED.findall(row["evidence"]):
        if identifier not in printed:
            yield Fault(file, row.line, "evidence", "names a claim", identifier, "use an id of claims.csv")
    for text in filter(None, row["links"].split("|")):
        kind, _, target = text.partition(":")
        if kind not in targets:
            yield Fault(file, row.line, "links", f"a link is to a {', '.join(targets)}", text, "write kind:target")
        elif target not in targets[kind]:
            yield Fault(file, row.line, "links", f"the {kind} exists", text, "correct it")


def _repeated(file: str, found: Iterable[Row]) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for row in found:
        key = (row["checklist"], row["item"])
        if key in seen:
            yield Fault(file, row.line, "item", "a checklist has each item once", " ".join(key), "drop one")
        seen.add(key)


def _answer(row: Row, targets: Mapping[str, Mapping[str, str]], printed: Mapping[str, str]) -> Answer:
    pairs = [text.split(":", 1) for text in row["links"].split("|")]
    links = tuple(Link(kind, target, targets[kind][target]) for kind, target in pairs)
    evidence = NAMED.sub(lambda match: printed[match[1]], row["evidence"])
    return Answer(row["checklist"], row["item"], row["question"], row["answer"], evidence, links, row["status"])


# In sums -----------------------------------------------------------------------------------------


def counts(answers: Iterable[Answer]) -> pd.DataFrame:
    """One row per checklist, in their order: `checklist`, how many items have each answer, and `items`."""
    found = pd.DataFrame([(one.checklist, one.answer) for one in answers], columns=["checklist", "answer"])
    table = found.groupby(["checklist", "answer"]).size().unstack(fill_value=0)
    order = [name for name in CHECKLISTS if name in table.index]
    table = table.reindex(index=order, columns=list(ANSWERS), fill_value=0)
    return table.assign(items=table.sum(axis=1)).reset_index()


def count_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Result rows of `counts`: for each checklist its items with each answer; the population is RECORD."""
    records: list[Record] = []
    for row in found.to_dict("records"):
        for name in ANSWERS:
            key = ("RECORD", f"appraisal: {row['checklist']}", f"answer: {name}")
            records.append((*key, "count", int(row[name]), "", int(row["items"]), "cytopenia.appraisal.counts"))
    return rows(records)


def counts_reading(found: pd.DataFrame) -> str:
    """The sentence that reads the counts: how many questions the paper leaves without an answer."""
    silent, open_, total = (int(found[name].sum()) for name in ("not reported", "unclear", "items"))
    return (
        f"Of {style.plural(total, 'question')} the paper is silent on {silent} and leaves {open_} open. No sum of "
        "points is made of them: the questions overlap and don't weigh the same, STROBE asks how a study is reported "
        "and not how good it is, and a low count of yes names no error. What matters is which answers bear on a "
        "conclusion."
    )


def silent_on(answers: Iterable[Answer], checklist: str) -> str:
    """The sentence that names a checklist's items on which the paper is silent, and those it leaves open."""
    mine = [one for one in answers if one.checklist == checklist]
    parts = [(word, [one.item for one in mine if one.answer == word]) for word in ("not reported", "unclear")]
    told = [f"{word}: {style.listing(items)}" for word, items in parts if items]
    return f"{'; '.join(told).capitalize()}." if told else "Every item has an answer."
