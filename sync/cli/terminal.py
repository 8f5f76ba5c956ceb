"""What commands print: results to stdout, everything else to stderr. Nothing else in the product prints."""

import errno
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from sync.cli.verbosity import Verbosity, verbosity
from sync.errors import SyncError


def say(text: str) -> None:
    """Print a note or warning to stderr, except with `--quiet`."""
    if verbosity() is not Verbosity.QUIET:
        complain(text)


def complain(text: str) -> None:
    """Print to stderr, even with `--quiet`."""
    with surviving_a_lost_terminal():
        click.echo(text, err=True, color=color())


@contextmanager
def surviving_a_lost_terminal() -> Iterator[None]:
    """Around writes to stderr: a run continues after its terminal is lost."""
    try:
        yield
    except OSError:
        _to_nobody(sys.stderr)


def color() -> bool | None:
    """None leaves it to click: colours on a terminal only. NO_COLOR and TERM=dumb switch them off there, too."""
    return False if os.environ.get("NO_COLOR") or is_dumb() else None


def is_dumb() -> bool:
    """Whether the terminal can neither show colours nor move the cursor."""
    return os.environ.get("TERM", "") == "dumb"


def open_missing_streams() -> None:
    """Make standard streams that the caller has closed /dev/null, before another file takes their number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def say_error(error: SyncError) -> None:
    """An error that ends the run."""
    complain(f"{click.style('error:', fg='red')} {error}")


def say_defect(error: Exception) -> None:
    """Print an unexpected error and its place in our code, without secrets."""
    from sync.config import secrets_read
    from sync.model.secrets import blanked, without_user_info

    frames = traceback.extract_tb(error.__traceback__)
    package = Path(__file__).parent.parent
    places = [
        f"{Path(f.filename).relative_to(package)}:{f.lineno}" for f in frames if package in Path(f.filename).parents
    ]
    text = " ".join(f"unexpected {type(error).__name__}: {error}".split())
    complain(f"{click.style('error:', fg='red')} {without_user_info(blanked(text, secrets_read))}")
    complain(f"  at {' > '.join(places)}")
    complain("  fix: this is a defect of avi-sync; report it with these lines")


def paint(text: str, style: str) -> str:
    """Colours; click takes them out again where the output is no terminal or NO_COLOR is set."""
    return click.style(text, **_STYLES.get(style, {})) if _STYLES.get(style) else text


_STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "create": {"fg": "green"},
    "update": {"fg": "yellow"},
    "replace": {"fg": "magenta", "bold": True},
    "delete": {"fg": "red"},
    "adopt": {"fg": "cyan"},
    "release": {"fg": "cyan"},
    "quiet": {"dim": True},
    "title": {"bold": True},
}


def show_document(document: Mapping[str, Any]) -> None:
    """Print a JSON document to stdout, never coloured."""
    from sync.report.documents import to_text  # not for text: it would slow every run

    print_result(to_text(document))


def show(lines: Iterable[str]) -> None:
    """Print the result to stdout, in colours only on a terminal."""
    if listed := list(lines):
        print_result("\n".join(listed))


class ResultStream:
    """Whether standard output of this process could be written."""

    def __init__(self) -> None:
        self.failure = ""
        """Why not, such as `No space left on device`; empty while it can."""

    def close(self, failure: str = "") -> None:
        """Drop all further output."""
        self.failure = self.failure or failure
        _to_nobody(sys.stdout)

    def failed(self) -> str:
        """The failure, if it has not been reported yet."""
        failure, self.failure = self.failure, ""
        return failure


RESULTS = ResultStream()
"""There is one process, and it has one standard output."""


def print_result(text: str) -> None:
    """Print part of the result. A closed reader (`| head`) is not an error; further output is dropped.

    If the output is full, the command continues, and `RESULTS.failed` reports it at the end.
    """
    try:
        try:
            click.echo(text, color=color())
        except UnicodeEncodeError:  # half of a character, or an encoding without it
            plain = text.encode(sys.stdout.encoding, "backslashreplace").decode(sys.stdout.encoding)
            click.echo(plain, color=color())
        sys.stdout.flush()
    except OSError as error:
        is_gone = error.errno in (errno.EPIPE, errno.EIO)
        RESULTS.close("" if is_gone else error.strerror or str(error))


def _to_nobody(stream: TextIO) -> None:
    """Send everything that is written there, and its buffer, to /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
