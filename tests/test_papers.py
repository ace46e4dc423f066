"""README, CITATION.cff and the others say what is so: their numbers are the record's, their links lead somewhere."""

import re
import tomllib

import pandas as pd
import pytest
import yaml

from compendium.found import proofs, rows, verdicts
from compendium.project import Cohort, root
from recount.audit.questions import read_questions
from recount.record.schema import Study
from recount.record.study import read_study
from recount.results import counted

PROJECT = tomllib.loads((root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((root() / "CITATION.cff").read_text(encoding="utf-8"))
LINK = re.compile(r"\]\((?!https?:|#)([^)\s#]+)")
PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/raw/paper/README.md")


def text_of(name: str) -> str:
    """The text of a file with its line ends as spaces."""
    return " ".join((root() / name).read_text(encoding="utf-8").split())


def said(name: str, pattern: str) -> list[int]:
    """Every number that a file says in this pattern."""
    return [int(number) for number in re.findall(pattern, text_of(name))]


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(root() / "data" / "raw" / "paper")


def test_readme_counts_claims_rules_and_what_is_not_modelled(study: Study) -> None:
    assert said("README.md", r"(\d+) numbers about its own patients") == [len(study.claims)]
    assert said("README.md", r"(\d+) rules") == [len(study.rules)]
    stated = [claim for claim in study.claims if claim.statistic == "stated"]
    assert said("README.md", r"(\d+) numbers can't be put to patients") == [len(stated)]


def test_changelog_counts_the_record(study: Study) -> None:
    assert said("CHANGELOG.md", r"record of the paper: (\d+) claims") == [len(study.claims)]
    assert said("CHANGELOG.md", r"claims, (\d+) rules") == [len(study.rules)]
    assert said("CHANGELOG.md", r"rules, (\d+) variables") == [len(study.variables)]


@pytest.mark.parametrize(
    ("population", "variable", "statistic"),
    [
        ("AIHA", "HB_BL", "p75"),
        ("AIHA_RESP", "HB_BL", "p75"),
        ("sITP_RESP", "PLT_BL", "p75"),
        ("sITP_RESP", "ONSET_PLT", "p75"),
        ("COMPLETER", "CD19_BL", "wilcoxon_z"),
        ("COMPLETER", "CD20_BL", "wilcoxon_z"),
        ("MAINT", 'RESP_EOT == "RELAPSE"', "percent"),
    ],
)
def test_readme_quotes_numbers_as_printed(study: Study, population: str, variable: str, statistic: str) -> None:
    key = (population, variable, statistic)
    printed = {c.printed.text for c in study.claims if (c.population, c.variable, c.statistic) == key}
    assert printed
    for text in printed:
        assert re.search(rf"(?<![\d.]){re.escape(text)}(?!\.?\d)", text_of("README.md")), text


def test_readme_tells_of_what_was_set_aside() -> None:
    made = root() / "data" / "processed" / "reconstructed" / "landmarks" / "set_aside.csv"
    if not made.exists():
        pytest.skip("make all makes it")
    aside = pd.read_csv(made, dtype=str)
    assert aside["id"].tolist() == ["elig_severity"]
    assert aside["patients"].str.split("|").str.len().tolist() == [1]
    assert "sets the eligibility rule aside, for one patient" in text_of("README.md")


def test_version_and_title_are_one() -> None:
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["title"] == PROJECT["description"]
    assert CITATION["license"] == PROJECT["license"]
    assert f"## {PROJECT['version']}, {CITATION['date-released']}" in text_of("CHANGELOG.md")


def test_every_notebook_has_its_line() -> None:
    there = sorted(path.name for path in (root() / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    assert re.findall(r"\]\(notebooks/([^)]+)\)", text_of("README.md")) == there


@pytest.mark.parametrize("name", PAPERS)
def test_links_lead_to_files(name: str) -> None:
    folder = (root() / name).parent
    assert [link for link in LINK.findall(text_of(name)) if not (folder / link).exists()] == []


def test_every_table_of_the_record_is_described() -> None:
    folder = root() / "data" / "raw" / "paper"
    described = text_of("data/raw/paper/README.md")
    for path in sorted(folder.glob("*.csv")):
        assert f"**{path.name}**" in described
        columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert [column for column in columns if f"`{column}`" not in described] == []


def test_the_picture_is_small() -> None:
    assert (root() / "docs" / "_static" / "flow.png").stat().st_size < 150_000


def test_readme_counts_the_verdicts_as_the_ledger_does() -> None:
    ledger = rows(Cohort().results / "ledger.csv")
    if not ledger:
        pytest.skip("the ledger isn't built: make all")
    assert verdicts(ledger) in (root() / "README.md").read_text(encoding="utf-8"), verdicts(ledger)


def test_readme_counts_how_far_the_ledgers_ranges_are_proven() -> None:
    ledger = rows(Cohort().results / "ledger.csv")
    if not ledger:
        pytest.skip("the ledger isn't built: make all")
    assert proofs(ledger) in text_of("README.md"), proofs(ledger)


def test_readme_counts_the_ranges_by_their_proofs_and_says_no_more_of_b_cells_than_is_proven() -> None:
    path = root() / "data/processed/reconstructed/ranges/ranges.csv"
    if not path.is_file():
        pytest.skip("the ranges aren't built: make all")
    ranges = {row["id"]: row for row in rows(path)}
    told = counted(row["proof"] for row in ranges.values())
    assert f"The first notebook has {len(ranges)} such ranges: {told}." in text_of("README.md"), told
    assert all(float(ranges[f"{cells}_shift"]["high_bound"]) < 0 for cells in ("cd19", "cd20"))


def test_the_paper_is_asked_what_it_does_not_print(study: Study) -> None:
    asked = read_questions(study, root() / "data/raw/paper/questions.csv")
    texts = [question.texts for question in asked]
    assert len(texts) >= 20
    assert len({text["id"] for text in texts}) == len({text["question"] for text in texts}) == len(texts)
    printed = {(c.population, c.variable, c.statistic, c.versus) for c in study.claims}
    assert not {(t["where"], t["expression"], t["statistic"], t["versus"]) for t in texts} & printed
