"""What all tests share."""

from pathlib import Path

import pytest

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
HAS_BROWSER = CHROMIUM.exists() and DRIVER.exists()
NO_BROWSER = "no browser here: install Debian's packages chromium and chromium-driver to run these tests, too"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden` writes what the code makes into tests/golden; read the difference like code."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `browser` are skipped where there is none; `make test` then says so."""
    for item in items:
        if item.get_closest_marker("browser") and not HAS_BROWSER:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
