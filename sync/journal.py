"""The journal: what runs change, one JSON line for each event, only ever appended.

A file is shared by all runs that name it, from however many processes. A folder holds one file per run, which suits
file systems that lock badly. A line is on disk before the run continues. A crash can truncate only the last line,
and a reader skips it.
"""

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from sync.errors import ExitCode, UsageError
from sync.model.desired import ObjectKey
from sync.model.plan import Change

SUFFIX = ".jsonl"

_MODE = 0o600
"""A journal describes a network: only its owner may read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    run: str
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan(_Line):
    """A run is about to write, or ended in a way that matters."""

    event: Literal["begin"] = "begin"
    schema_version: int = 1
    command: str
    actor: str
    """`user@host`, or the user of the CI job."""
    controller: str
    cluster: str
    source: str
    """The normalised URL of the repository, without credentials."""
    path: str
    commit: str
    digest: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlanned(_Line):
    """One object is about to change. Written before the first request, so that a crash cannot hide a change.

    `before` is the live body of an object that is deleted or replaced, without secrets: Git does not hold it.
    """

    event: Literal["change"] = "change"
    change: Change
    before: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEnded(_Line):
    """How one request for an object ended (`write`), and later the outcome of its change (`outcome`).

    `said` is the Controller's own text where something failed.
    """

    event: Literal["write", "outcome"]
    key: ObjectKey
    state: str
    said: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(_Line):
    """The run is over. `counts` are objects by action, `troubles` what went wrong, in words."""

    event: Literal["end"] = "end"
    exit_code: ExitCode
    counts: Mapping[str, int]
    troubles: tuple[str, ...] = ()


Event = RunBegan | ChangePlanned | ChangeEnded | RunEnded


class Journal:
    """Where the events of one run are appended. Threads may share it."""

    def __init__(self, place: Path, *, run: str) -> None:
        is_folder = place.is_dir() or (not place.exists() and not place.suffix)
        self._file = place / f"{run}{SUFFIX}" if is_folder else place
        self._lock = threading.Lock()

    def append(self, *events: Event) -> None:
        """Return once the events are on disk; raises UsageError if they cannot be written."""
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


def read_journal(place: Path) -> tuple[tuple[Event, ...], int]:
    """All events, and how many lines could not be read; raises UsageError if there is no journal."""
    if not place.exists():
        fix = "name the journal that `avi-sync --journal` writes; the first run that writes creates it"
        raise UsageError("there is no journal", where=str(place), fix=fix)
    events: list[Event] = []
    unread = 0
    for line in _lines(place):
        try:
            events.append(_adapter().validate_json(line))
        except ValidationError:
            unread += 1
    return tuple(events), unread


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Event]:
    """Created only if a journal is written or read, which most runs do not do."""
    return TypeAdapter(Annotated[Event, Field(discriminator="event")])


def as_document(event: Event) -> dict[str, Any]:
    """The event as it is in the journal."""
    document: dict[str, Any] = _adapter().dump_python(event, mode="json")
    return document


def _lines(place: Path) -> Iterator[bytes]:
    for file in sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place]:
        try:
            with file.open("rb") as lines:
                yield from (line for line in lines if line.strip())
        except OSError as error:
            raise UsageError(f"the journal cannot be read: {error.strerror}", where=str(file)) from None


def _open(file: Path) -> int:
    """The file, open; a new one is on disk, with its folder entry, before anything is written."""
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
    """A line break if a run died while it wrote, so that its torn line spoils no other; usually nothing."""
    size = os.fstat(descriptor).st_size
    return b"" if not size or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"
