"""The documents say nothing about the product that is not so, as far as a machine can tell."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from sync.cli import commands
from sync.model.settings import Settings
from sync.report.words import SYMBOLS
from tests.shared.command_line import every_command, every_variable, options_of

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GUIDE = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
OTHER_PROGRAMS = re.compile(r"\b(git|pip|make|pytest|helm|kustomize|docker|kubectl|systemctl|journalctl)\b")


def all_options() -> frozenset[str]:
    """Every spelling of every option."""
    found = [item for command in (commands, *every_command().values()) for item in options_of(command)]
    return frozenset({"--help", "--help-all"}.union(*((*item.opts, *item.secondary_opts) for item in found)))


def rows_under(text: str, heading: str) -> list[list[str]]:
    """The cells of the rows of the tables under a heading, without their heads."""
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    (body,) = (part for part in section if part.startswith(f"{heading}\n"))
    tables = re.findall(r"^\|.*\n\|[-:|]+\n((?:\|.*\n)+)", body, flags=re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for table in tables for row in table.splitlines()]


def code_in(text: str) -> Iterator[str]:
    """What is set as code: inline, and line by line in blocks, but the commands of other programs."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    yield from inline
    yield from (line for block in blocks for line in block.splitlines() if not OTHER_PROGRAMS.search(line))


@pytest.mark.parametrize("document", [README, *GUIDE], ids=lambda path: path.name)
def test_every_option_that_is_named_exists(document: Path) -> None:
    """An option in the README or the guide is an option of some command."""
    named = {flag for code in code_in(document.read_text("utf-8")) for flag in re.findall(r"(?<![\w-])--[a-z-]+", code)}

    assert named - all_options() == set()


@pytest.mark.parametrize("command", every_command())
def test_every_option_has_an_environment_variable(command: str) -> None:
    """A machine can say everything without flags."""
    silent = [item.opts[0] for item in options_of(every_command()[command]) if not item.envvar]

    assert silent == []


@pytest.mark.parametrize("document", [README, *GUIDE], ids=lambda path: path.name)
def test_every_variable_that_is_named_is_read(document: Path) -> None:
    """A variable in the README or the guide belongs to an option or stands in the code that reads it."""
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "sync").rglob("*.py"))

    named = set(re.findall(r"\b(?:SYNC|AVI)_[A-Z_]+\b", document.read_text("utf-8")))

    assert {name for name in named - every_variable() if f'"{name}"' not in code} == set()


def test_the_signs_of_the_guide_are_those_of_the_plan() -> None:
    """The guide explains every sign that a plan prints."""
    rows = rows_under((ROOT / "docs" / "usage.md").read_text("utf-8"), "Plan and result")

    assert {row[0].strip("`") for row in rows} == {*SYMBOLS.values(), "!"}


def test_every_setting_of_the_guide_exists() -> None:
    """A key of values.yaml that the guide describes is one that the product accepts."""
    named = {path for path, _ in settings_of_the_guide()}

    assert named - setting_defaults().keys() == set()


def test_the_guide_tells_the_defaults_of_the_product() -> None:
    """A setting has the default that the guide tells; where it tells none there is none, or an empty one."""
    real = setting_defaults()

    told = {path: default for path, default in settings_of_the_guide() if "." in path}

    assert told == {path: real[path] for path in told}


def settings_of_the_guide() -> Iterator[tuple[str, str]]:
    """Paths of keys such as `AKOSettings.clusterName`, with the text of their defaults."""
    rows = rows_under((ROOT / "docs" / "usage.md").read_text("utf-8"), "values.yaml")
    for row in rows:
        section = ""
        keys = re.findall(r"`([A-Za-z0-9.]+)`", row[0])
        for key, default in zip_longest(keys, row[1].split(","), fillvalue=""):
            section = key.rpartition(".")[0] or section
            path = key if "." in key or not section else f"{section}.{key}"
            yield path, default.strip(" `").replace("none", "").replace("required", "")


def setting_defaults() -> dict[str, str]:
    """Each key with its default as text, from the schema that values.yaml is checked with; empty where it has none."""
    schema = TypeAdapter(Settings).json_schema(by_alias=True)
    found: dict[str, str] = {}
    for section, value in schema["properties"].items():
        found[section] = ""
        reference = str(value.get("$ref", "")).rpartition("/")[2]
        for key, described in schema["$defs"].get(reference, {}).get("properties", {}).items():
            found[f"{section}.{key}"] = _as_text(described.get("default"))
    return found


def _as_text(default: object) -> str:
    match default:
        case bool():
            return str(default).lower()
        case str():
            return default
        case _:
            return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    """A link to a file of the project names one that is there; one with an anchor names a heading of it."""
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8"))

    dead = [link for link in links if not re.match(r"[a-z]+:", link) and not _leads_somewhere(document, link)]

    assert dead == []


def _leads_somewhere(document: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = document.parent / name if name else document
    if not target.exists() or not anchor:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), flags=re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_leads_to_every_page_of_the_guide() -> None:
    """It fits a screen and links the rest."""
    linked = set(re.findall(r"\]\(docs/([a-z-]+\.md)\)", README.read_text("utf-8")))

    assert linked == {page.name for page in GUIDE}
