"""Progress of a run on a terminal, and how signals stop it."""

import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from sync.cli.progress import Progress
from sync.cli.signals import SIGNALS, StoppedError
from sync.cli.terminal import complain, is_dumb
from sync.cli.verbosity import Verbosity, verbosity
from sync.context import Assessment, Hooks
from sync.controller.apply import ApplyOptions
from sync.errors import ExitCode
from sync.model.outcome import WriteOutcome
from sync.model.run import Target
from sync.report.words import counted


class Console:
    """The terminal of one run; handles signals while in `with`. Prints nothing to stdout."""

    def __init__(self, *, is_quiet: bool) -> None:
        is_shown = sys.stderr.isatty() and not is_dumb() and not is_quiet and verbosity() is Verbosity.NORMAL
        self._progress = Progress(is_shown=is_shown)
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        if isinstance(error, StoppedError):
            complain("stopped: nothing was written")

    @property
    def exit_code(self) -> ExitCode | None:
        """The exit code of the signal that stopped the run; None if none did."""
        return SIGNALS.exit_code

    def hooks(self, target: Target) -> Hooks:
        """The hooks for the run."""
        return Hooks(
            writing=self._writing,
            apply_options=lambda _: self._apply_options(target),
            observe=self._progress.observe,
            should_stop=self._stopped.is_set,
            applying=self._applying,
            waiting=lambda services: self._progress.phase(f"waiting for {counted(len(services), 'VirtualService')}"),
            applied=lambda _: self._progress.phase("reading again"),
        )

    def _writing(self) -> None:
        """From here on a signal does not end the process at once: changes in progress are completed."""
        self._progress.phase("taking the lock, reading again")
        SIGNALS.defer(self._stop)

    def _stop(self) -> None:
        self._stopped.set()
        with suppress(RuntimeError):  # the signal has come while a line was being written to the same stream
            self._progress.note("stopping after the changes in progress")

    def _apply_options(self, target: Target) -> ApplyOptions:
        def on_write(outcome: WriteOutcome) -> None:
            del outcome
            self._progress.step()

        return ApplyOptions(parallelism=target.parallelism, on_write=on_write, should_stop=self._stopped.is_set)

    def _applying(self, seen: Assessment) -> None:
        writes = sum(len(change_set.writes) for change_set in seen.plan.change_sets)
        self._progress.phase("applying", total=writes)
