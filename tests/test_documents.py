"""The documents lead somewhere: their links, the headings that these name, and the files that are named in them."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.test_architecture import ORDER

DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"\]\[([\w-]+)\]")
DEFINITION = re.compile(r"^\[([\w-]+)\]: \S+$", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# `videos/library/paths.py`, but not `tests/views/test_<name>.py`, which stands for others.
NAMED_FILE = re.compile(r"`((?:benchmarks|docs|fixtures|locale|lvs_site|templates|tests|videos)/[\w./-]*)`")
# `scan` (`videos/library/scan.py`), or `rate` in `videos/userdata/ratings.py`.
NAME_WITH_FILE = re.compile(r"`([\w.]+)(?:\(\))?`\s(?:\(|in\s)`((?:lvs_site|videos)/[\w/]+\.py)`")


def prose(document: Path) -> str:
    """Return the text of a document without its blocks of code."""
    return FENCED.sub("", document.read_text())


def anchors(document: Path) -> set[str]:
    """Return what a link may name in a document after its "#", as repository hosts make it of the headings."""
    text = prose(document)
    named = set(re.findall(r'<a id="([\w-]+)">', text))
    return named | {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def own_links(document: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor of each link that stays in this repository."""
    for link in LINK.findall(prose(document)):
        if not re.match(r"\w+:", link):
            path, _, anchor = link.partition("#")
            yield (document.parent / path).resolve() if path else document, anchor


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_each_link_leads_to_a_file_and_to_a_heading_in_it(document: Path) -> None:
    dead = [
        f"{path.name}#{anchor}"
        for path, anchor in own_links(document)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]
    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_each_source_that_is_cited_has_its_address_and_each_address_is_cited(document: Path) -> None:
    text = prose(document)
    defined = DEFINITION.findall(text)
    assert len(defined) == len(set(defined))
    assert set(REFERENCE.findall(text)) == set(defined)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_each_file_that_a_document_names_is_there(document: Path) -> None:
    assert [name for name in NAMED_FILE.findall(prose(document)) if not (PROJECT / name).exists()] == []


def test_each_function_that_the_architecture_names_is_in_the_file_named_beside_it() -> None:
    named = NAME_WITH_FILE.findall((PROJECT / "docs/architecture.md").read_text())
    assert len(named) > 30
    words = {path: set(re.findall(r"\w+", (PROJECT / path).read_text())) for _, path in named}
    assert [f"{name} in {path}" for name, path in named if not set(name.split(".")) <= words[path]] == []


def test_the_picture_of_the_packages_shows_the_order_of_the_imports() -> None:
    rows = (PROJECT / "docs/packages.dot").read_text().split("<tr>")[1:]
    assert [set(" ".join(re.findall("<b>(.+?)</b>", row)).split()) for row in rows] == list(ORDER)


def test_the_picture_of_the_packages_was_drawn_from_its_source() -> None:
    source, drawn = ((PROJECT / f"docs/packages.{kind}").read_text() for kind in ("dot", "svg"))
    texts = re.findall(r">([^<>\n]+)<", source.partition("<table")[2])
    assert texts == re.findall(r">([^<>]+)</text>", html.unescape(drawn).replace("\xa0", " "))


def test_each_package_has_its_line_in_the_architecture() -> None:
    lines = re.findall(r"^\| `(\w+)` \|", (PROJECT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(name for step in ORDER for name in step)


def test_what_is_compared_is_said_with_its_source() -> None:
    cells = [
        cell.strip()
        for line in (PROJECT / "docs/compared.md").read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| |")
        for cell in line.split("|")[3:-1]
    ]
    assert len(cells) > 50
    assert [cell for cell in cells if "](" not in cell and "][" not in cell and not cell.startswith("no")] == []
