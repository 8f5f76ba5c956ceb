"""What a run is doing, on a terminal: the phase, how far it has come, and for how long; gone when the run is over.

It goes on turning while nothing happens, so that a run that waits for a slow Controller does not look like one that
hangs.
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
    """The line of one run, while in `with`; `is_shown` False shows nothing. Threads may call it all at once."""

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
        """Something else begins; `total` is how many steps it will take, None if nobody knows."""
        with self._lock:
            self._begin(text, total)

    def note(self, text: str) -> None:
        """What must be heard at once, above the line."""
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
        """Where no total is known, requests are all there is to count; the first one ends the reading of the source."""
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
