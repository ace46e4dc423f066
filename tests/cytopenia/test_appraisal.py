"""The appraisal: every answer's evidence and links exist, the checklists are whole, and a fault is named."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from compendium.project import root
from cytopenia import appraisal, tables_appraisal
from cytopenia.appraisal import ANSWERS, CHECKLISTS, COLUMNS, Answer, Link, read_appraisal
from cytopenia.schemas import packaged_rows
from recount.record.faults import Faults
from recount.record.study import read_study

NOTEBOOKS = root() / "notebooks"
STUDY = read_study(root() / "data/raw/paper")
GOOD = {
    "checklist": "JBI",
    "item": "1",
    "question": "Is it so?",
    "answer": "yes",
    "evidence": "{T2_001} patients & more.",
    "links": "claim:T2_001|rule:elig_age|cell:03_immunology/normal|place:1.6",
    "status": "from memory",
}


@pytest.fixture(scope="module")
def answers() -> tuple[Answer, ...]:
    """The paper's appraisal; reading it proves that every link and every claim that it names exist."""
    return read_appraisal(STUDY, NOTEBOOKS)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: dict[str, str]) -> Path:
        with (tmp_path / "appraisal.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, COLUMNS)
            out.writeheader()
            out.writerows(GOOD | row for row in rows)
        return tmp_path / "appraisal.csv"

    return write


# The paper's ---------------------------------------------------------------------------------------

STROBE = "1a 1b 2 3 4 5 6a 6b 7 8 9 10 11 12a 12b 12c 12d 12e 13a 13b 13c 14a 14b 14c 15 16a 16b 16c 17 18 19 20 21 22"


@pytest.mark.parametrize(
    ("checklist", "items"),
    [
        ("JBI", [str(n) for n in range(1, 11)]),
        ("IHE", [str(n) for n in range(1, 21)]),
        ("STROBE", STROBE.split()),
    ],
)
def test_a_checklist_is_whole_and_in_its_order(answers: tuple[Answer, ...], checklist: str, items: list[str]) -> None:
    assert [one.item for one in answers if one.checklist == checklist] == items


def test_what_is_from_memory_is_labelled(answers: tuple[Answer, ...]) -> None:
    memory = [(one.checklist, one.item) for one in answers if one.from_memory]
    assert memory == [("IHE", str(n)) for n in range(17, 21)]
    html = tables_appraisal.checklist(answers, "IHE").as_raw_html()
    assert html.count(">17ᵐ<") == 1 and "from memory" in html
    assert "from memory" not in tables_appraisal.checklist(answers, "JBI").as_raw_html()


def test_every_answer_leads_to_a_place_in_the_paper_or_to_what_contradicts_it(answers: tuple[Answer, ...]) -> None:
    lone = [(one.checklist, one.item) for one in answers if "place" not in {link.kind for link in one.links}]
    assert lone == [("STATISTICS", "18")]  # a conflict between places, each named by its claim or rule


def test_no_number_of_the_paper_is_typed_into_the_evidence() -> None:
    """What is left without the claims' own numbers are names: month 1, day 1, Tables 2 and 3, JBI 7."""
    names = r"\{\w+\}|\b(?:month|day|JBI|section|Table|Tables) [\d.]*\d(?: and \d)?"
    texts = [re.sub(names, "", row["evidence"]) for row in packaged_rows("appraisal.csv")]
    assert [text for text in texts if re.search(r"\d", text)] == []


def test_no_sentence_of_the_paper_is_quoted() -> None:
    text = appraisal.APPRAISAL.read_text(encoding="utf-8")
    assert re.findall(r"[\u3400-\u9fff]", text) == []


def test_every_place_of_the_record_is_a_known_section() -> None:
    """`2.2 para 1` and `1.1 inclusion 4` lie in the sections 2.2 and 1.1."""
    known = {row["place"] for row in packaged_rows("paper_sections.csv")}
    places = {claim.place for claim in STUDY.claims}
    assert {place for place in places if place not in known and place.split(" ")[0] not in known} == set()


# Faults --------------------------------------------------------------------------------------------


def test_a_good_row_becomes_an_answer_with_the_printed_number(write: Callable[..., Path]) -> None:
    (one,) = read_appraisal(STUDY, NOTEBOOKS, write({}))
    assert one.evidence == "13 patients & more." and one.from_memory
    assert [link.kind for link in one.links] == ["claim", "rule", "cell", "place"]


@pytest.mark.parametrize(
    ("change", "column", "got"),
    [
        ({"checklist": "CONSORT"}, "checklist", "CONSORT"),
        ({"answer": "maybe"}, "answer", "maybe"),
        ({"answer": ""}, "answer", ""),
        ({"question": ""}, "question", ""),
        ({"links": ""}, "links", ""),
        ({"evidence": "{T9_001} patients"}, "evidence", "T9_001"),
        ({"links": "claim:T9_001"}, "links", "claim:T9_001"),
        ({"links": "rule:elig_weight"}, "links", "rule:elig_weight"),
        ({"links": "cell:03_immunology/nowhere"}, "links", "cell:03_immunology/nowhere"),
        ({"links": "cell:99_nothing/normal"}, "links", "cell:99_nothing/normal"),
        ({"links": "place:1.7"}, "links", "place:1.7"),
        ({"links": "page:3"}, "links", "page:3"),
        ({"links": "T2_001"}, "links", "T2_001"),
    ],
)
def test_a_fault_is_named_with_its_row(
    write: Callable[..., Path], change: dict[str, str], column: str, got: str
) -> None:
    with pytest.raises(Faults) as faults:
        read_appraisal(STUDY, NOTEBOOKS, write({"item": "9"}, change))
    (one,) = faults.value.faults
    assert (one.file, one.row, one.column, one.got) == ("appraisal.csv", 3, column, got)


def test_all_faults_come_at_once(write: Callable[..., Path]) -> None:
    with pytest.raises(Faults) as faults:
        read_appraisal(STUDY, NOTEBOOKS, write({}, {"answer": "perhaps", "links": "place:9|claim:none"}))
    assert [(one.row, one.column) for one in faults.value.faults] == [
        (3, "answer"),
        (3, "links"),
        (3, "links"),
        (3, "item"),  # the first row has it too
    ]


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    (tmp_path / "appraisal.csv").write_text("checklist,item\nJBI,1\n", encoding="utf-8")
    with pytest.raises(Faults):
        read_appraisal(STUDY, NOTEBOOKS, tmp_path / "appraisal.csv")


# Sums and tables -----------------------------------------------------------------------------------

SOME = tuple(
    Answer(checklist, item, "Q?", answer, "E", (Link("place", "1.6", "section 1.6"),), "a source")
    for checklist, item, answer in [
        ("STROBE", "1", "no"),
        ("JBI", "1", "yes"),
        ("JBI", "2", "not reported"),
        ("JBI", "3", "not reported"),
        ("JBI", "4", "unclear"),
    ]
)


def test_answers_are_counted_by_checklist_in_their_order() -> None:
    found = appraisal.counts(SOME).set_index("checklist")
    assert found.index.tolist() == ["JBI", "STROBE"]
    assert found.loc["JBI"].to_dict() == dict.fromkeys(ANSWERS, 0) | {
        "yes": 1, "not reported": 2, "unclear": 1, "items": 4,
    }  # fmt: skip
    rows = appraisal.count_rows(found.reset_index()).set_index(["variable", "versus"])
    assert rows.loc[("appraisal: JBI", "answer: not reported"), ["value", "n"]].tolist() == [2, 4]
    read = appraisal.counts_reading(found.reset_index())
    assert read.startswith("Of 5 questions the paper is silent on 2 and leaves 1 open. No sum")


def test_the_counts_of_the_paper_add_up(answers: tuple[Answer, ...]) -> None:
    found = appraisal.counts(answers)
    assert found["items"].sum() == len(answers) and found["checklist"].tolist() == list(CHECKLISTS)
    assert (found[list(ANSWERS)].sum(axis=1) == found["items"]).all()


def test_silence_is_said_item_by_item() -> None:
    assert appraisal.silent_on(SOME, "JBI") == "Not reported: 2 and 3; unclear: 4."
    assert appraisal.silent_on(SOME, "STROBE") == "Every item has an answer."


@pytest.mark.parametrize(
    ("one", "html"),
    [
        (Link("claim", "T2_1", "T2: n: 13"), '<a href="05_ledger.html#claim-T2_1" title="T2: n: 13">T2_1</a>'),
        (Link("rule", "a_b", "1.1: <30"), '<a href="00_reconstruction.html#rule-a_b" title="1.1: &lt;30">a_b</a>'),
        (Link("cell", "03_x/now", "03: Now?"), '<a href="03_x.html#cell-now">03: Now?</a>'),
        (Link("place", "1.6", "section 1.6"), "section 1.6"),
    ],
)  # fmt: skip
def test_a_link_leads_to_its_page(one: Link, html: str) -> None:
    assert tables_appraisal.link(one) == html


def test_a_cell_is_named_by_the_question_it_stands_under() -> None:
    cells: dict[str, str] = dict(appraisal.link_targets(STUDY, NOTEBOOKS)["cell"])
    assert cells["03_immunology/normal"] == cells["03_immunology/normal-answer"] == "03: Was the choice of test sound?"


def test_a_checklists_table_escapes_and_shows_signs() -> None:
    one = Answer("JBI", "1", "A < B?", "not reported", "a & b", (Link("place", "1.6", "section 1.6"),), "a source")
    html = tables_appraisal.checklist([one], "JBI").as_raw_html()
    assert "A &lt; B?" in html and "a &amp; b<br>→ section 1.6" in html and ">– not reported<" in html
    assert "after a source" in html
    counted = tables_appraisal.counts(appraisal.counts([one])).as_raw_html()
    assert "JBI&#x27;s checklist" in counted or "JBI's checklist" in counted
