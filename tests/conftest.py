"""What all tests share."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden` writes what the code makes into tests/golden; read the difference like code."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
