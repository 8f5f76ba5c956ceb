"""What a run shows while it goes on, and how it is stopped: progress on a terminal, signals."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

import click

from sync.controller.apply import ApplyOptions
from sync.errors import ExitCode
from sync.model.outcome import WriteOutcome
from sync.model.plan import Plan
from sync.model.target import Target
from sync.reconcile import Hooks


class Console:
    """The terminal of one run, with its signals while in `with`. Nothing it shows goes to stdout."""

    def __init__(self, *, is_quiet: bool) -> None:
        self.exit_code: ExitCode | None = None
        self._has_terminal = sys.stderr.isatty() and not is_quiet
        self._stopped = threading.Event()
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def hooks(self, target: Target) -> Hooks:
        """What the run calls."""
        return Hooks(
            writing=self._catch_signals,
            apply_options=lambda plan: self._options(plan, target),
            should_stop=self._stopped.is_set,
        )

    def _catch_signals(self) -> None:
        """From here on a signal no longer ends the process at once: objects in hand are finished."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.exit_code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        self._stopped.set()
        click.echo("stopping: what is in hand is finished first", err=True)

    def _options(self, plan: Plan, target: Target) -> ApplyOptions:
        return ApplyOptions(
            parallelism=target.parallelism,
            on_write=self._progress(plan),
            should_stop=self._stopped.is_set,
        )

    def _progress(self, plan: Plan) -> Callable[[WriteOutcome], None]:
        if not self._has_terminal:
            return lambda _: None
        writes = sum(len(change_set.writes) for change_set in plan.change_sets)
        bar = click.progressbar(length=writes, label="applying", file=sys.stderr, show_pos=True, show_eta=True)
        bar.render_progress()
        lock = threading.Lock()
        done = 0

        def on_write(outcome: WriteOutcome) -> None:
            nonlocal done
            del outcome
            with lock:
                bar.update(1)
                done += 1
                if done == writes:
                    bar.render_finish()

        return on_write
