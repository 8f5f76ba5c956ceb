"""SIGINT and SIGTERM: before anything is written they end the command at once, then what is in hand is finished."""

import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType, TracebackType
from typing import Any, Self

from sync.errors import ExitCode

EXIT_CODES: Mapping[int, ExitCode] = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class StoppedError(BaseException):
    """A signal ended the command before it wrote anything. Nothing but the command line may catch it."""

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Signals:
    """The signals of this process while in `with`; `exit_code` is that of the first one, None as long as none came.

    A second signal changes nothing: a replace in hand is no less in hand because somebody is impatient.
    """

    def __init__(self) -> None:
        self.exit_code: ExitCode | None = None
        self._before: dict[int, Any] = {}
        self._deferred: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self.exit_code = None
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in EXIT_CODES}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        self._deferred = None

    def defer(self, on_signal: Callable[[], None]) -> None:
        """From now on a signal is heard by `on_signal` and ends nothing by itself."""
        self._deferred = on_signal

    def end_deferral(self) -> None:
        """The command may be ended again."""
        self._deferred = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        is_first = self.exit_code is None
        if is_first:
            self.exit_code = EXIT_CODES[number]
        if self._deferred is not None:
            self._deferred()
        elif is_first:
            raise StoppedError(EXIT_CODES[number])


SIGNALS = Signals()
"""There is one process, and it has one set of signals."""
