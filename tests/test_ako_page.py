"""The page that compares AKO with us names its proofs, and they exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "ako.md"
COLUMNS = 5

_QUOTED = re.compile(r"`([^`]+)`")
_FOLDER = re.compile(r"\d{3}-[a-z0-9-]+")


def rows() -> list[list[str]]:
    """The cells of every row of every table, without heads."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] != "Feature" and set(row[0]) != {"-"}]


def proofs_of(row: list[str]) -> list[str]:
    """What the last cell names."""
    return _QUOTED.findall(row[-1])


def is_there(proof: str) -> bool:
    """Whether the golden folder, or the test in its file, exists."""
    path, _, test = proof.partition("::")
    if not test:
        return (ROOT / "tests" / "golden" / path / "objects.yaml").is_file()
    return (ROOT / path).is_file() and f"def {test}(" in (ROOT / path).read_text()


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_row_is_whole_and_names_a_proof_that_exists(row: list[str]) -> None:
    """No cell is empty, and the last one holds golden folders and tests only."""
    proofs = proofs_of(row)

    assert len(row) == COLUMNS
    assert all(row)
    assert proofs
    assert [proof for proof in proofs if not is_there(proof)] == []


def test_every_golden_folder_that_the_page_names_exists() -> None:
    """Also one that stands in the text between the tables."""
    named = {name for name in _QUOTED.findall(PAGE.read_text()) if _FOLDER.fullmatch(name)}

    assert {name for name in named if not (ROOT / "tests" / "golden" / name / "objects.yaml").is_file()} == set()


def test_a_feature_has_one_row_per_table() -> None:
    """Two rows about one thing would soon say two things."""
    features = [row[0] for row in rows()]

    assert sorted({name for name in features if features.count(name) > 1}) == []
