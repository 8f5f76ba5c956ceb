"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
HAS_BROWSER = CHROMIUM.exists() and DRIVER.exists()
NO_BROWSER = "no browser here: install Debian's packages chromium and chromium-driver to run these tests, too"


HERE = Path(__file__).parent
TESTS_OF_PURE_MODULES = tuple(
    HERE / name
    for name in ("compare", "guard", "model", "plan", "translate", "golden", "test_golden.py", "test_render.py")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden` writes what the code makes into tests/golden; read the difference like code."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    """Coverage is measured in the tests' own processes: in those that they start it would double their time."""
    if hasattr(config, "workerinput"):
        os.environ.pop("COVERAGE_PROCESS_START", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """The pure modules are to be covered by their own tests; the others, which take the longest, run untraced."""
    measured = coverage.Coverage.current()
    if measured is None or any(item.path.is_relative_to(path) for path in TESTS_OF_PURE_MODULES):
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `browser` are skipped where there is none; `make test` then says so."""
    for item in items:
        if item.get_closest_marker("browser") and not HAS_BROWSER:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
