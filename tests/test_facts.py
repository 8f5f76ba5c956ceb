"""The facts that the code rests on are in docs/facts, and whoever cites one finds it there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FACTS = ROOT / "docs" / "facts"

FOLDERS = ("sync", "tests", "tools", "docs", "deploy", "examples")
SUFFIXES = frozenset({".py", ".md", ".j2", ".yaml", ".yml", ".toml"})
LEFT_OUT = ("docs/facts/", "tests/golden/", "tests/test_facts.py")

ID = re.compile(r"\b(?:AKO|AVI)(?:-[A-Z0-9]+)+\b(?!-)")
ENTRY = re.compile(
    r"^### (?P<id>\S+)\n\n(?P<text>.+?)\n\n(?P<source>Source: .+?)(?=\n\n|\n?\Z)", re.MULTILINE | re.DOTALL
)
SECTION = re.compile(r"\bdocs/(?P<page>[a-z/-]+)\.md#(?P<slug>[a-z0-9-]+)")
VERSION = re.compile(r"\d+\.\d+|issue \d+|API guide|Go SDK of \d{4}")

LOST_FORMS = re.compile(
    r"ako-semantics|avi-api(?!\.md)|\b(?:API|AKO|DESIGN) §"  # documents that are not in the repository
    r"|(?<![\w:])(?:[A-Z][A-Z0-9]{1,4}|R-[A-Z0-9]+):\d{2,}(?:[-–]\d+)?[).,;]"  # a file of AKO by a code, and a line
)
SOURCE_LINE = re.compile(r"\w\.go:\d")
NAMES_ITS_OWN_SOURCES = ("sync/emulator/", "tools/emulator_behaviours.yaml", "docs/emulator.md")
"""The emulator shares nothing with the product, not even what that cites."""


def files() -> dict[str, str]:
    """Every text that may cite: path in the repository → content. Golden data only holds what comes out."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")] + list(ROOT.glob("*"))
    names = {path.relative_to(ROOT).as_posix(): path for path in found if path.suffix in SUFFIXES}
    return {name: path.read_text() for name, path in sorted(names.items()) if not name.startswith(LEFT_OUT)}


def facts() -> list[tuple[str, str, str]]:
    """Id, text and source of each entry of the pages."""
    pages = sorted(FACTS.glob("*.md"))
    return [
        (found["id"], found["text"], found["source"]) for page in pages for found in ENTRY.finditer(page.read_text())
    ]


def headings(page: Path) -> set[str]:
    """What a link to a section of the page may say behind `#`."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE) if page.is_file() else []
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_citation_names_a_fact_that_exists() -> None:
    """A reader who looks an id up finds it."""
    known = {name for name, _, _ in facts()}

    assert {
        (path, cited) for path, text in files().items() for cited in ID.findall(text) if cited not in known
    } == set()


def test_every_fact_is_cited() -> None:
    """What nothing rests on does not belong into the pages."""
    cited = {name for text in files().values() for name in ID.findall(text)}

    assert [name for name, _, _ in facts() if name not in cited] == []


def test_every_heading_of_a_fact_begins_a_whole_entry() -> None:
    """Id, text and source stand under each, and no id stands twice."""
    titles = [
        title for page in sorted(FACTS.glob("*.md")) for title in re.findall(r"^### (.+)$", page.read_text(), re.M)
    ]

    assert [name for name, _, _ in facts()] == titles
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(("name", "text", "source"), facts(), ids=[name for name, _, _ in facts()])
def test_a_fact_has_an_id_of_its_page_and_a_source_with_a_version(name: str, text: str, source: str) -> None:
    """Without a version nobody can tell whether the fact still holds."""
    page = "AKO" if f"### {name}\n" in (FACTS / "ako.md").read_text() else "AVI"

    assert ID.fullmatch(name)
    assert name.startswith(f"{page}-")
    assert not text.startswith(("Source:", "#"))
    assert VERSION.search(source)


def test_every_section_that_is_cited_exists() -> None:
    """Decisions of ours are cited as a section of a page."""
    cited = {(path, *found) for path, text in files().items() for found in SECTION.findall(text)}

    assert {item for item in cited if item[2] not in headings(ROOT / "docs" / f"{item[1]}.md")} == set()


def test_nothing_cites_what_a_reader_cannot_look_up() -> None:
    """No documents from outside the repository, and no codes for files of AKO."""
    lines = [(path, line.strip()) for path, text in files().items() for line in text.splitlines()]

    assert [(path, line) for path, line in lines if LOST_FORMS.search(line)] == []


def test_only_the_emulator_names_lines_of_other_peoples_source() -> None:
    """Everything else cites a fact, which names them."""
    lines = [(path, line.strip()) for path, text in files().items() for line in text.splitlines()]

    assert [
        (path, line) for path, line in lines if SOURCE_LINE.search(line) and not path.startswith(NAMES_ITS_OWN_SOURCES)
    ] == []
