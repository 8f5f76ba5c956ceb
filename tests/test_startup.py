"""Help, the version and usage errors load the command line only: a shell waits for them at every press of a key."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared.command_line import every_command

LIBRARIES = {
    "cheroot",
    "cryptography",
    "filelock",
    "git",
    "httpx",
    "jinja2",
    "platformdirs",
    "prometheus_client",
    "pydantic",
    "rich",
    "tenacity",
    "trustme",
    "typing_extensions",
    "yaml",
}
"""What the product uses beside click: the dependencies in pyproject.toml, and the slowest of theirs."""

PIPELINE = {"sync.config", "sync.controller", "sync.desired", "sync.plan", "sync.run", "sync.source", "sync.translate"}

SCRIPT = """
import sys
from sync.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    print(f"exit={stop.code}", *sys.modules, sep="\\n", file=sys.stderr)
"""


def imported_by(*arguments: str, home: Path) -> tuple[str, set[str]]:
    """How the command ended, and every module that it imported."""
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )
    before, _, modules = ended.stderr.partition("exit=")
    code, *names = modules.splitlines()
    assert names, before
    return code, set(names)


@pytest.mark.parametrize("typed", ["", *every_command()])
def test_help_imports_no_library_and_no_part_of_the_pipeline(typed: str, tmp_path: Path) -> None:
    """Whatever the command itself needs."""
    code, modules = imported_by(*typed.split(), "--help", home=tmp_path)

    assert (code, modules & (LIBRARIES | PIPELINE)) == ("0", set())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["sync", "--help-all"], "0", id="full help"),
        pytest.param(["sync", "--no-such-option"], "64", id="unknown option"),
        pytest.param(["sync", "--dry-run"], "64", id="no source"),
        pytest.param(["no-such-command"], "64", id="unknown command"),
    ],
)
def test_other_answers_of_the_command_line_are_as_cheap(arguments: list[str], expected: str, tmp_path: Path) -> None:
    """Nothing is read or sent for them."""
    code, modules = imported_by(*arguments, home=tmp_path)

    assert (code, modules & (LIBRARIES | PIPELINE)) == (expected, set())


def test_the_version_imports_only_what_reads_the_commit_of_a_checkout(tmp_path: Path) -> None:
    """A wheel has the commit written down and needs nothing."""
    code, modules = imported_by("--version", home=tmp_path)

    assert (code, modules & (LIBRARIES | PIPELINE)) == ("0", {"git"})
