"""The reference is what the code says."""

import re

from sync.errors import MEANINGS, PRECEDENCE, ExitCode
from tests.shared.command_line import every_variable
from tools.make_reference import TARGET, VARIABLES, reference


def test_the_reference_is_current() -> None:
    """Who adds an option or a setting rewrites the page: python tools/make_reference.py."""
    assert TARGET.read_text("utf-8") == reference()


def test_every_exit_code_has_a_meaning_and_a_place() -> None:
    """The order of precedence has all that can apply beside others."""
    assert set(MEANINGS) == set(ExitCode)
    assert set(ExitCode) - set(PRECEDENCE) == {ExitCode.UNEXPECTED, ExitCode.USAGE}


def test_every_variable_that_the_code_reads_is_in_the_reference() -> None:
    """Either beside its option, or among those that have none."""
    code = "\n".join(path.read_text("utf-8") for path in (TARGET.parent.parent / "sync").rglob("*.py"))
    written = set(re.findall(r'"((?:SYNC|AVI_EMULATOR)_[A-Z_]+)"', code))

    named = set(re.findall(r"`((?:SYNC|AVI_EMULATOR)_[A-Z_]+)`", TARGET.read_text("utf-8")))

    assert named == written | every_variable()
    assert written >= VARIABLES.keys()
