"""Signals end the command at once before the first write; after it, changes in progress are completed.

    signals                                  until the first write    from then on
    SIGINT, SIGTERM, and every other whose   end the command          no change starts; changes in
    default is to end the process                                     progress are completed
    SIGTSTP, SIGTTIN, SIGTTOU                suspend the process      ignored: a VIP would stay down, and
                                                                      the lock would be lost
    SIGCHLD, SIGCONT, SIGURG, SIGWINCH       nothing                  nothing
    SIGSEGV, SIGBUS, SIGFPE, SIGILL          end the process: it is broken, and the fault would occur again
    SIGKILL, SIGSTOP                         no process can catch them

A signal that is ignored when the command starts stays ignored: SIGHUP under `nohup`, and SIGPIPE and SIGXFSZ, which
Python turns into errors of the write that causes them. One that has a handler keeps it.

A signal ends the command by an exception, and Python drops one that is raised in a destructor ("Exception ignored in").
Such a signal is sent again.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from sync.errors import ExitCode


def _known(*names: str) -> frozenset[int]:
    """The signals of these names that this system has."""
    return frozenset(getattr(signal, name) for name in names if hasattr(signal, name))


SUSPENDING = _known("SIGTSTP", "SIGTTIN", "SIGTTOU")
_ENDING_NOTHING = _known("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGINFO")
_FAULTS = _known("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")
_NOT_TO_BE_CAUGHT = _known("SIGKILL", "SIGSTOP")

ENDING = frozenset(signal.valid_signals()) - SUSPENDING - _ENDING_NOTHING - _FAULTS - _NOT_TO_BE_CAUGHT
"""The signals whose default is to end the process, and that a handler can survive."""


_AGAIN_SECONDS = 0.02
"""Delay before a dropped signal is sent again: the destructor has ended by then."""


def exit_code_of(number: int) -> ExitCode:
    """The exit code of a command that this signal has stopped."""
    return ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED


class StoppedError(BaseException):
    """A signal ended the command before it wrote anything. Nothing but the command line may catch it."""

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Signals:
    """The signals of this process while in `with`; `exit_code` is that of the first one, None as long as none came.

    Further signals change nothing: a replace in progress must still be completed.
    """

    def __init__(self) -> None:
        self.exit_code: ExitCode | None = None
        self._before: dict[int, Any] = {}
        self._deferred: Callable[[], None] | None = None
        self._again: threading.Timer | None = None
        self._hook_before = sys.unraisablehook

    def __enter__(self) -> Self:
        self.exit_code = None
        self._hook_before = sys.unraisablehook
        sys.unraisablehook = self._unraisable
        self._set(filter(_is_ours, ENDING), self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.unraisablehook = self._hook_before
        self._forget_again()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        self._deferred = None

    def defer(self, on_signal: Callable[[], None]) -> None:
        """From now on the first signal calls `on_signal`, and no signal ends or suspends the process.

        Raises StoppedError if a signal has come already.
        """
        self._deferred = on_signal
        self._set(SUSPENDING, signal.SIG_IGN)
        if self.exit_code is not None:
            raise StoppedError(self.exit_code)

    def _set(self, numbers: Iterable[int], handler: Any) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                with suppress(OSError):  # a C library may keep some for itself
                    before = signal.signal(number, handler)
                    self._before.setdefault(number, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        was_dropped = self._forget_again()
        if self.exit_code is not None and not was_dropped:
            return  # it may have come while the first one is being heard
        self.exit_code = self.exit_code or exit_code_of(number)
        if self._deferred is None:
            raise StoppedError(self.exit_code)
        self._deferred()

    def _unraisable(self, unraisable: "sys.UnraisableHookArgs") -> None:
        if not isinstance(unraisable.exc_value, StoppedError):
            self._hook_before(unraisable)
        elif self._again is None:
            main = threading.main_thread().ident
            self._again = threading.Timer(_AGAIN_SECONDS, signal.pthread_kill, (main, signal.SIGTERM))
            self._again.daemon = True
            self._again.start()

    def _forget_again(self) -> bool:
        """Cancel the repetition of a dropped signal; whether there was one."""
        again, self._again = self._again, None
        if again is not None:
            again.cancel()
        return again is not None


def _is_ours(number: int) -> bool:
    """Whether the signal has its default handler; SIGINT and SIGTERM are ours in any case."""
    return number in (signal.SIGINT, signal.SIGTERM) or signal.getsignal(number) is signal.SIG_DFL


SIGNALS = Signals()
"""There is one process, and it has one set of signals."""
