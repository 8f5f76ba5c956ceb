"""The progress line of a run on a terminal: phase, progress and elapsed time. It disappears when the run ends.

Its spinner keeps turning while nothing happens, so that a run that waits for a slow Controller does not seem to hang.
"""

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sync.cli.terminal import complain, surviving_a_lost_terminal
from sync.model.traffic import Exchange, Repetition
from sync.report.words import counted

if TYPE_CHECKING:
    from rich.progress import Progress as Display

READING_SOURCE = "reading the source"
READING_CONTROLLER = "reading the Controller"


class Progress:
    """The line of one run, while in `with`; `is_shown` False shows nothing. Thread-safe."""

    def __init__(self, *, is_shown: bool) -> None:
        self._display = _display() if is_shown else None
        self._lock = threading.Lock()
        self._phase = READING_SOURCE
        self._total: int | None = None
        self._done = 0

    def __enter__(self) -> Self:
        if self._display is not None:
            self._display.add_task(self._phase, total=None, count="")
            self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._display is not None:
            with surviving_a_lost_terminal():
                self._display.stop()

    def phase(self, text: str, *, total: int | None = None) -> None:
        """Start another phase; `total` is its number of steps, None if unknown."""
        with self._lock:
            self._begin(text, total)

    def note(self, text: str) -> None:
        """Print a line above the progress line."""
        if self._display is None:
            complain(text)
        else:
            with surviving_a_lost_terminal():
                self._display.console.print(text, markup=False, highlight=False)

    def step(self) -> None:
        """One step is done."""
        with self._lock:
            self._count()

    def observe(self, event: Exchange | Repetition) -> None:
        """Count requests where no total is known; the first one ends the reading of the source."""
        with self._lock:
            if self._phase == READING_SOURCE:
                self._begin(READING_CONTROLLER, None)
            if self._total is None and isinstance(event, Exchange):
                self._count()

    def _begin(self, text: str, total: int | None) -> None:
        self._phase, self._total, self._done = text, total, 0
        if self._display is not None:
            with surviving_a_lost_terminal():
                self._display.reset(self._display.task_ids[0], description=text, total=total, count="")

    def _count(self) -> None:
        self._done += 1
        if self._display is not None:
            count = counted(self._done, "request") if self._total is None else f"{self._done} of {self._total}"
            self._display.update(self._display.task_ids[0], completed=self._done, count=count)


def _display() -> "Display":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )
