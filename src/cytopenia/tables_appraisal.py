"""Tables of the appraisal: how many answers of which kind, and each checklist with evidence and links."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import pandas as pd
from great_tables import GT

from cytopenia import style
from cytopenia.appraisal import ANSWERS, CHECKLISTS, MEMORY, Answer, Link
from cytopenia.tables import table

SIGNS = {"yes": "●", "no": "○", "unclear": "◐", "not reported": "–", "not applicable": "·"}
"""A sign for each answer, so that a column of them can be read at a glance, in grey print too."""

FROM_MEMORY = "ᵐ"
MEMORY_NOTE = f"{FROM_MEMORY} The question's text is from memory: no source at hand confirms it."
SHARES = {"item": 8, "question": 26, "answer": 15, "evidence": 51}


def counts(found: pd.DataFrame) -> GT:
    """One line per checklist: its items, and how many have each answer."""
    lines = found.assign(checklist=[CHECKLISTS[name] for name in found["checklist"]]).astype(str).replace("0", "·")
    heads = {"checklist": "", "items": "Items"} | {name: f"{SIGNS[name]} {name}" for name in ANSWERS}
    lines = lines[list(heads)]
    numbers = list(heads)[1:]
    return table(lines, "appraisal-counts", "Answers, by checklist", heads, numbers=numbers)


def checklist(answers: Iterable[Answer], name: str) -> GT:
    """One line per item of a checklist: question, answer, and evidence with its links."""
    mine = [one for one in answers if one.checklist == name]
    lines = [
        {
            "item": one.item + (FROM_MEMORY if one.from_memory else ""),
            "question": one.question,
            "answer": f"{SIGNS[one.answer]} {one.answer}",
            "evidence": evidence(one),
        }
        for one in mine
    ]
    heads = {"item": "Item", "question": "Question", "answer": "Answer", "evidence": "Evidence, and where it stands"}
    sources = dict.fromkeys(one.status for one in mine if one.status != MEMORY)
    notes = [f"Questions in our own words, after {style.listing(sources)}." if name != "STATISTICS" else ""]
    notes += [MEMORY_NOTE] if any(one.from_memory for one in mine) else []
    return table(
        pd.DataFrame(lines),
        f"appraisal-{name.lower()}",
        CHECKLISTS[name],
        heads,
        notes=notes,
        pictures=["evidence"],
        shares=SHARES,
    )


def evidence(answer: Answer) -> str:
    """The evidence as HTML, its links on a line below."""
    return f"{escape(answer.evidence)}<br>→ {' · '.join(link(one) for one in answer.links)}"


def link(one: Link) -> str:
    """One link as HTML: to its page and anchor, or only named for a place in the paper."""
    if not one.address:
        return escape(one.label)
    title = "" if one.note == one.label else f' title="{escape(one.note)}"'
    return f'<a href="{escape(one.address)}"{title}>{escape(one.label)}</a>'
