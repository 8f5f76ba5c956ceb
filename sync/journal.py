"""The journal on disk: JSON lines, one event each, only ever added to.

A file is shared by all runs that name it, from however many processes. A folder holds one file per run, which suits
file systems that lock badly, and can be thinned out by age. What was written survives a crash of the process and of
the machine; what a crash tore off is one line that nobody can read, and is skipped.
"""

import fcntl
import os
import re
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from sync.errors import UsageError
from sync.model.journal import Event

SUFFIX = ".jsonl"

_MODE = 0o600
"""Bodies tell how a network is built: nobody's business but the owner's."""


class Journal:
    """Where events of one run are added. Threads may share it."""

    def __init__(self, place: Path, *, run: str, began: datetime) -> None:
        self._file = _file_of_run(place, run, began) if is_folder(place) else place
        self._lock = threading.Lock()

    def add(self, *events: Event) -> None:
        """Write events down and wait until they are safe; raises UsageError where that cannot be."""
        lines = b"".join(_adapter().dump_json(event) + b"\n" for event in events)
        try:
            with self._lock, os.fdopen(_open(self._file), "ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.write(_end_of_torn_line(file.fileno()) + lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            fix = "name a file or a folder that can be written to (--journal, SYNC_JOURNAL)"
            raise UsageError(
                f"the journal cannot be written: {error.strerror}", where=str(self._file), fix=fix
            ) from None


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Event]:
    """Made when a journal is kept or read, which most runs do not do."""
    return TypeAdapter(Annotated[Event, Field(discriminator="event")])


def is_folder(place: Path) -> bool:
    """Whether a journal is a folder: one that is there, or no file with an ending."""
    return place.is_dir() or (not place.exists() and not place.suffix)


def read_journal(place: Path) -> tuple[tuple[Event, ...], int]:
    """All events, and how many lines could not be read: torn by a crash, or of a later version.

    Raises UsageError where there is no journal.
    """
    if not place.exists():
        fix = "name the journal that `avi-sync --journal` writes; it begins with the first run that writes"
        raise UsageError("there is no journal", where=str(place), fix=fix)
    events: list[Event] = []
    unread = 0
    for line in _lines(place):
        try:
            events.append(_adapter().validate_json(line))
        except ValidationError:
            unread += 1
    return tuple(events), unread


def _lines(place: Path) -> Iterator[bytes]:
    files = sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place]
    for file in files:
        try:
            with file.open("rb") as lines:
                yield from (line for line in lines if line.strip())
        except OSError as error:
            raise UsageError(f"the journal cannot be read: {error.strerror}", where=str(file)) from None


def _file_of_run(folder: Path, run: str, began: datetime) -> Path:
    return folder / f"{began:%Y%m%dT%H%M%S}-{re.sub(r'[^A-Za-z0-9._-]', '_', run)}{SUFFIX}"


def _open(file: Path) -> int:
    """The file, made where there is none; its name is then as safe as its content."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    if file.exists():
        return os.open(file, flags, _MODE)
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, flags, _MODE)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return descriptor


def _end_of_torn_line(descriptor: int) -> bytes:
    """What ends the line of a run that died while it wrote; nothing as a rule."""
    size = os.fstat(descriptor).st_size
    return b"" if not size or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"
