"""The lock and the record of a cluster, for people and machines."""

from collections.abc import Iterator
from typing import Any

from sync.model.lock import Record
from sync.report.documents import Commit, Count, JsonDocument, KeyDocument, VersionedDocument, at
from sync.report.words import one_line


def lock_lines(name: str, record: Record) -> Iterator[str]:
    """Who holds the lock, who wrote last, and what an interrupted run has left."""
    holder, last = record.holder, record.last
    if holder is None:
        yield f"Lock {name}: free"
    else:
        yield one_line(f"Lock {name}: held by {holder}, for {holder.age_text}")
        yield f"  heartbeat every {holder.beat_seconds:g} s"
        yield f"  after {holder.ttl_seconds:g} s without one, another run may take the lock"
    if last is None:
        yield "Last run that changed something: none"
    else:
        yield one_line(f"Last run that changed something: {last.run_id} on {last.time}")
        yield one_line(f"  commit {last.commit} of {last.place}")
    if record.backups:
        names = ", ".join(str(item.before.key) for item in record.backups)
        yield one_line(f"Backups of objects being replaced: {names}")


class HolderDocument(JsonDocument):
    """A run that holds the lock."""

    name: str
    """`user@host`."""
    pid: int
    run: str = at("run_id")
    beats: Count
    """The number of heartbeats: it has held the lock for about `beats` × `beat_seconds`."""
    beat_seconds: float
    ttl_seconds: float
    """Without a beat for this long, another run may take the lock."""


class LastRunDocument(JsonDocument):
    """The last run that changed something."""

    source: str
    """The repository in one spelling, without a login."""
    path: str
    """The folder in it; empty for its root."""
    commit: Commit
    time: str
    """UTC, by the clock of the machine that ran."""
    run: str = at("run_id")


class LockDocument(VersionedDocument):
    """What `lock status` prints."""

    lock: str
    """The name of the StringGroup that is the lock."""
    holder: HolderDocument | None
    """Null while the lock is free."""
    last_run: LastRunDocument | None
    """Null if no run has changed anything yet."""
    kept: list[KeyDocument]
    """Objects that are stored because they are being replaced, or were when a run died."""


def lock_document(name: str, record: Record) -> dict[str, Any]:
    """What `lock status` prints as JSON."""
    kept = [item.before.key for item in record.backups]
    return LockDocument.of({"lock": name, "holder": record.holder, "last_run": record.last, "kept": kept})
