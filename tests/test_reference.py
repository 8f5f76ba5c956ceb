"""The reference is what the code says."""

from sync.errors import MEANINGS, PRECEDENCE, ExitCode
from tools.make_reference import TARGET, reference


def test_the_reference_is_current() -> None:
    """Who adds an option or a setting writes the page anew: python tools/make_reference.py."""
    assert TARGET.read_text("utf-8") == reference()


def test_every_exit_code_has_a_meaning_and_a_place() -> None:
    """The order of precedence has all that can apply beside others."""
    assert set(MEANINGS) == set(ExitCode)
    assert set(ExitCode) - set(PRECEDENCE) == {ExitCode.UNEXPECTED, ExitCode.USAGE}
