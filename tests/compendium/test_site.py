import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from compendium.execute import write
from compendium.project import Cohort, root
from compendium.site import dress
from compendium.site import page as laid_out

Files = dict[str, bytes]
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
OUTSIDE = re.compile(r"(?:@import\s+|url\()\s*['\"]?(?:https?:)?//[^)\"']+")


class Loaded(HTMLParser):
    """The addresses that a page loads by itself; links that a reader follows don't count."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for name, value in attrs if value and LOADING.get(tag) == name]


def loaded(html: str) -> list[str]:
    page = Loaded()
    page.feed(html)
    return page.addresses


def from_outside(pages: Path) -> list[str]:
    """What the pages load from anywhere but their own folder, and what they look for there in vain."""
    every = [path for path in sorted(pages.rglob("*.html")) if "_static" not in path.parts]
    found = [
        f"{page.name}: {address}"
        for page in every
        for address in loaded(page.read_text(encoding="utf-8"))
        if re.match(r"(\w+:)?//", address) or (":" not in address and not (page.parent / bare(address)).exists())
    ]
    sheets = [*sorted(pages.rglob("*.css")), *every]
    return found + [f"{sheet.name}: {hit}" for sheet in sheets for hit in OUTSIDE.findall(sheet.read_text("utf-8"))]


def bare(address: str) -> str:
    return address.partition("?")[0].partition("#")[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, notebook: Callable[..., Path]) -> Iterator[tuple[Cohort, Files]]:
    """A small project's pages, and the bytes of an earlier build of them."""
    cohort = Cohort("mine", tmp_path_factory.mktemp("site"))
    shutil.copytree(root() / "docs", cohort.base / "docs")
    source = notebook(cohort.base / "notebooks/01_a.ipynb", "print('some output')")
    write(outcome(json.loads(source.read_text())), cohort.executed("01_a"))
    (cohort.results / "results.csv").write_text("population,variable,versus,statistic,value\nALL,,,n,24\n")
    assert build(cohort).returncode == 0
    earlier = contents(cohort.site)
    assert build(cohort).returncode == 0
    yield cohort, earlier


def build(cohort: Cohort) -> subprocess.CompletedProcess[str]:
    """The pages built by a process of its own, as make does."""
    call = "import sys, pathlib\nfrom compendium.project import Cohort\nfrom compendium.site import build\n"
    call += "sys.exit(build(Cohort(sys.argv[1], pathlib.Path(sys.argv[2]))))"
    words = [sys.executable, "-c", call, cohort.name, str(cohort.base)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def outcome(content: dict) -> dict:
    """The notebook as if it had been run: a stream, and a picture with its description."""
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    content["cells"][-1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "some output\n"},
        {
            "output_type": "display_data",
            "data": {"image/png": pixel},
            "metadata": {"image/png": {"alt": "one grey dot"}},
        },
    ]
    return content


def contents(folder: Path) -> Files:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def page(site: tuple[Cohort, Files], name: str) -> str:
    return (site[0].site / name).read_text(encoding="utf-8")


def test_two_builds_are_the_same(site: tuple[Cohort, Files]) -> None:
    assert contents(site[0].site) == site[1]


def test_every_page_is_there(site: tuple[Cohort, Files]) -> None:
    names = {"index", "how-to-read", "methods", "your-own-cohort", "glossary", "notebooks/01_a"}
    assert {f"{name}.html" for name in names} <= set(site[1])


def test_nothing_is_loaded_from_a_network_or_missing(site: tuple[Cohort, Files]) -> None:
    assert from_outside(site[0].site) == []


def test_nor_do_the_pages_of_the_paper() -> None:
    assert (Cohort().site / "index.html").is_file(), "make all builds them"
    assert from_outside(Cohort().site) == []


class Anchors(HTMLParser):
    """The ids of a page, and the links in it that lead to a page or an anchor beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attrs if value}
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and not re.match(r"\w+:|//", found.get("href", ":")):
            self.links.append(found["href"])


def dead_ends(pages: Path) -> list[str]:
    """The links within the pages that lead to no page or to no such place on it."""
    read = {path.resolve(): Anchors() for path in sorted(pages.rglob("*.html")) if "_static" not in path.parts}
    for path, page in read.items():
        page.feed(path.read_text(encoding="utf-8"))
    found = []
    for path, page in read.items():
        for link in page.links:
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            there = target in read and (not anchor or anchor in read[target].ids)
            if not there and not (target.is_file() and target not in read):
                found.append(f"{path.name}: {link}")
    return found


def test_every_link_within_the_pages_leads_somewhere(site: tuple[Cohort, Files]) -> None:
    assert dead_ends(site[0].site) == []


def test_nor_does_one_of_the_papers_pages_lead_nowhere() -> None:
    assert (Cohort().site / "index.html").is_file(), "make all builds them"
    assert dead_ends(Cohort().site) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    links = "".join(f'<a href="{address}">here</a>' for address in ("#x", "#y", "b.html", "a.csv", "https://x.org/y"))
    (tmp_path / "a.html").write_text(f'<p id="x">{links}</p>')
    (tmp_path / "a.csv").touch()
    assert dead_ends(tmp_path) == ["a.html: #y", "a.html: b.html"]


def test_code_is_folded_and_parameters_are_in_view(site: tuple[Cohort, Files]) -> None:
    html = page(site, "notebooks/01_a.html")
    assert html.count("Show the code") == 1
    folded = html.split("<details")[1].split("</details>")[0]
    assert "some output" in folded and "cohort" not in folded
    assert "tag_parameters" in html


def test_pictures_are_described(site: tuple[Cohort, Files]) -> None:
    assert 'alt="one grey dot"' in page(site, "notebooks/01_a.html")


def test_the_results_can_be_taken_away(site: tuple[Cohort, Files]) -> None:
    link = re.search(r'href="(_downloads/[^"]*/results.csv)"', page(site, "index.html"))
    assert link and (site[0].site / link[1]).read_bytes() == (site[0].results / "results.csv").read_bytes()


def test_only_reconstructed_patients_are_called_so(site: tuple[Cohort, Files]) -> None:
    assert "Cohort mine." in page(site, "index.html")
    assert "No reconstructed patient is a real one" not in page(site, "index.html")


def test_nothing_is_left_beside_the_pages(site: tuple[Cohort, Files]) -> None:
    assert sorted(path.name for path in site[0].results.iterdir()) == ["notebooks", "results.csv", "site"]


def test_a_failed_build_leaves_the_pages_as_they_were(site: tuple[Cohort, Files]) -> None:
    broken = site[0].base / "docs/methods.md"
    text = broken.read_text(encoding="utf-8")
    broken.write_text(f"{text}\n[no such page](no-such-page.md)\n", encoding="utf-8")
    failed = build(site[0])
    broken.write_text(text, encoding="utf-8")
    assert failed.returncode != 0 and "no-such-page.md" in failed.stderr
    assert contents(site[0].site) == site[1]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], ["hide-input"]),
        (["mine"], ["mine", "hide-input"]),
        (["parameters"], ["parameters"]),
        (["injected-parameters"], ["injected-parameters"]),
    ],
)
def test_which_cells_are_folded(tags: list[str], expected: list[str]) -> None:
    cell = {"cell_type": "code", "metadata": {"tags": tags}, "outputs": []}
    dress(cell)
    assert cell["metadata"] == {"tags": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see [methods](../docs/methods.md#law)", "see [methods](../methods.md#law)"),
        ("see [05](05_ledger.ipynb), ../docs/", "see [05](05_ledger.ipynb), ../docs/"),
    ],
)
def test_a_notebooks_links_to_the_texts_lead_there_from_its_page(tmp_path: Path, text: str, expected: str) -> None:
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": [text]}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell]}))
    laid_out(tmp_path / "a.ipynb", tmp_path / "page.ipynb")
    assert json.loads((tmp_path / "page.ipynb").read_text())["cells"][0]["source"] == expected


def test_each_cell_but_the_title_can_be_led_to(tmp_path: Path, site: tuple[Cohort, Files]) -> None:
    cells = [{"cell_type": "markdown", "id": name, "metadata": {}, "source": [name]} for name in ("title", "a", "b")]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    laid_out(tmp_path / "a.ipynb", tmp_path / "page.ipynb")
    found = [cell["source"] for cell in json.loads((tmp_path / "page.ipynb").read_text())["cells"]]
    assert found == ["title", '<div id="cell-a"></div>', "a", '<div id="cell-b"></div>', "b"]
    assert re.findall(r'id="(cell-[^"]+)"', page(site, "notebooks/01_a.html"))
