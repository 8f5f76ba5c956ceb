"""Signals: what a handler raises where Python drops it is not lost."""

import signal
import sys
import time

import pytest

from sync.cli.signals import Signals, StoppedError
from sync.errors import ExitCode

LONG_SECONDS = 30.0


class Dying:
    """Receives a signal while Python destroys it: Python drops whatever the handler raises then."""

    def __init__(self, number: signal.Signals) -> None:
        self._number = number

    def __del__(self) -> None:
        """Python drops what is raised in here."""
        signal.raise_signal(self._number)


def receive_in_a_destructor(number: signal.Signals = signal.SIGTERM) -> None:
    """Whoever calls this does not see the StoppedError of the handler."""
    Dying(number)


def wait_after(number: signal.Signals) -> None:
    """A command that a signal reaches in a destructor, and that waits then."""
    with Signals():
        receive_in_a_destructor(number)
        time.sleep(LONG_SECONDS)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGINT, ExitCode.INTERRUPTED)]
)
def test_a_signal_that_python_drops_ends_a_wait_with_its_own_exit_code(number: signal.Signals, code: ExitCode) -> None:
    """It is sent again as SIGTERM, and the exit code remains that of the first one."""
    with pytest.raises(StoppedError) as stopped:
        wait_after(number)
    assert stopped.value.exit_code is code


def test_a_signal_that_python_drops_lets_nothing_be_written() -> None:
    """Writing begins with `defer`, which does not go on after a signal."""
    heard: list[int] = []
    with Signals() as signals:
        receive_in_a_destructor()
        with pytest.raises(StoppedError):
            signals.defer(lambda: heard.append(1))
    assert heard == []


def test_a_dropped_signal_that_nobody_needs_any_more_does_not_outlive_the_command() -> None:
    """Nothing is sent to a process that is past its command, and the hook of before is back."""
    hook = sys.unraisablehook
    with Signals():
        receive_in_a_destructor()
    assert sys.unraisablehook is hook
    time.sleep(0.1)
