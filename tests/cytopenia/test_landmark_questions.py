"""Questions that landmarks answer: rules of readings as rules of the record, beside the evaluator's own answers."""

from pathlib import Path

import pytest

from cytopenia.assessments import Prepared
from cytopenia.landmark_questions import PROVABLE, at_month_1, questions
from cytopenia.read import Tables
from cytopenia.sensitivity import score
from cytopenia.subjects import derive_adsl
from recount.audit.questions import read_questions
from recount.record.schema import Variable
from recount.record.study import read_study
from recount.results.rows import write_csv
from recount.rules import evaluate, parse

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("PLT >= 2*PLT_BL", "PLT_M1 >= 2*PLT_BL"),
        ('BLEED == "N" and not PLT < 30', 'BLEED_M1 == "N" and not PLT_M1 < 30'),
        ('DAT in ("NEGATIVE", "DECREASED")', 'DAT_M1 in ("NEGATIVE", "DECREASED")'),
        ("HB > HB_BL + 20", "HB_M1 > HB_BL + 20"),
        ("RETI <= RETI_ULN or BILI <= BILI_ULN", "RETI_M1 <= 1.5 or BILI_M1 <= 17.1"),
        ("HB >= HB_LLN", '(SEX == "M" and HB_M1 >= 130) or (SEX == "F" and HB_M1 >= 115)'),
    ],
)
def test_a_rule_of_readings_is_a_rule_of_month_1(rule: str, wanted: str) -> None:
    assert str(at_month_1(parse(rule))) == wanted


def test_the_record_takes_every_question(tmp_path: Path) -> None:
    write_csv(questions(), tmp_path / "questions.csv")
    listed = read_questions(read_study(ROOT / "data/raw/paper"), tmp_path / "questions.csv")
    assert len(listed) == len(questions()) and questions()["id"].is_unique


@pytest.mark.parametrize("address", PROVABLE)
def test_rows_answer_as_the_evaluator_does(demo: Tables, variables: dict[str, Variable], address: str) -> None:
    asked = questions().set_index("id").loc[f"responders|{address}", "expression"]
    adsl = derive_adsl(demo, variables, address).set_index("USUBJID")
    scored = score(Prepared(demo), address)
    told = evaluate(parse(asked), adsl)
    whole = ~(scored.month_1["RESP"] == "NE").to_numpy()
    assert told[whole].tolist() == scored.responders[whole].tolist() and whole.sum() > 5
