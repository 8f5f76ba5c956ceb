"""What all tests share."""

import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest
from hypothesis import HealthCheck, settings

# How long a machine takes to think of an example or to try it says nothing about the law.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
HAS_BROWSER = CHROMIUM.exists() and DRIVER.exists()
NO_BROWSER = "no browser here: install Debian's packages chromium and chromium-driver to run these tests, too"


HERE = Path(__file__).parent
MEASURED = coverage.Coverage.current()
"""The measurement that this process was started under, if any."""
TESTS_OF_PURE_MODULES = tuple(
    HERE / name
    for name in (
        "compare",
        "guard",
        "model",
        "plan",
        "translate",
        "golden",
        "test_golden.py",
        "test_render.py",
        "test_sandbox.py",
    )
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden` writes what the code makes into tests/golden; read the difference like code."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


def pytest_configure(config: pytest.Config) -> None:
    """Where coverage is measured: of the pure modules' first lines now, and then of what their own tests reach.

    Tracing doubles the time of all that runs meanwhile, whether it counts or not: the collection of the tests, the
    tests of other modules, and the processes that they start go without.
    """
    if MEASURED is None:
        return
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        os.environ.pop("COVERAGE_PROCESS_START", None)
        for module in _modules(MEASURED.get_option("run:include")):
            importlib.import_module(module)
    MEASURED.stop()


def _modules(patterns: object) -> Iterator[str]:
    assert isinstance(patterns, list)
    for path in (path for pattern in patterns for path in HERE.parent.glob(pattern)):
        if path.suffix == ".py":
            yield ".".join(path.relative_to(HERE.parent).with_suffix("").parts)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """The pure modules are to be covered by their own tests."""
    if MEASURED is None or not any(item.path.is_relative_to(path) for path in TESTS_OF_PURE_MODULES):
        return (yield)
    MEASURED.start()
    try:
        return (yield)
    finally:
        MEASURED.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `browser` are skipped where there is none; `make test` then says so."""
    for item in items:
        if item.get_closest_marker("browser") and not HAS_BROWSER:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
