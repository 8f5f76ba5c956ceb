"""What a run shows while it goes on, and how it is stopped: progress on a terminal, signals."""

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from sync.cli.progress import Progress
from sync.cli.verbosity import Verbosity, verbosity
from sync.controller.apply import ApplyOptions
from sync.errors import ExitCode
from sync.model.outcome import WriteOutcome
from sync.model.target import Target
from sync.reconcile import Hooks, Look


class Console:
    """The terminal of one run, with its signals while in `with`. Nothing it shows goes to stdout."""

    def __init__(self, *, is_quiet: bool) -> None:
        self.exit_code: ExitCode | None = None
        is_shown = sys.stderr.isatty() and not is_quiet and verbosity() is Verbosity.NORMAL
        self._progress = Progress(is_shown=is_shown)
        self._stopped = threading.Event()
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def hooks(self, target: Target) -> Hooks:
        """What the run calls."""
        return Hooks(
            writing=self._writing,
            apply_options=lambda _: self._apply_options(target),
            observe=self._progress.observe,
            should_stop=self._stopped.is_set,
            applying=self._applying,
            applied=lambda _: self._progress.phase("reading again"),
        )

    def _writing(self) -> None:
        """From here on a signal no longer ends the process at once: objects in hand are finished."""
        self._progress.phase("taking the lock, looking again")
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.exit_code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        self._stopped.set()
        self._progress.note("stopping: what is in hand is finished first")

    def _apply_options(self, target: Target) -> ApplyOptions:
        def on_write(outcome: WriteOutcome) -> None:
            del outcome
            self._progress.step()

        return ApplyOptions(parallelism=target.parallelism, on_write=on_write, should_stop=self._stopped.is_set)

    def _applying(self, look: Look) -> None:
        writes = sum(len(change_set.writes) for change_set in look.plan.change_sets)
        self._progress.phase("applying", total=writes)
