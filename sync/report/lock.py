"""The lock and the record of a cluster, for people and machines."""

from collections.abc import Iterator

from sync.model.lock import Holder, LastRun, Record
from sync.report.documents import HolderDocument, LastRunDocument, LockDocument
from sync.report.json import SCHEMA_VERSION, key_document
from sync.report.words import one_line


def lock_lines(name: str, record: Record) -> Iterator[str]:
    """Who holds the lock, who wrote last, and what a run that died has left."""
    holder, last = record.holder, record.last
    if holder is None:
        yield f"Lock {name}: free"
    else:
        yield one_line(f"Lock {name}: held by {holder}, for {holder.age_text}")
        yield f"  it beats every {holder.beat_seconds:g} s; after {holder.ttl_seconds:g} s of silence it counts as gone"
    if last is None:
        yield "Last run that changed something: none"
    else:
        yield one_line(f"Last run that changed something: {last.run_id} on {last.time}")
        yield one_line(f"  commit {last.commit} of {last.place}")
    if record.kept:
        names = ", ".join(str(item.before.key) for item in record.kept)
        yield one_line(f"Stored while they are replaced: {names}")


def lock_document(name: str, record: Record) -> LockDocument:
    """The same for machines."""
    return {
        "schema_version": SCHEMA_VERSION,
        "lock": name,
        "holder": _holder(record.holder) if record.holder else None,
        "last_run": last_run_document(record.last) if record.last else None,
        "kept": [key_document(item.before.key) for item in record.kept],
    }


def _holder(holder: Holder) -> HolderDocument:
    return {
        "name": holder.name,
        "pid": holder.pid,
        "run": holder.run_id,
        "beats": holder.beats,
        "beat_seconds": holder.beat_seconds,
        "ttl_seconds": holder.ttl_seconds,
    }


def last_run_document(last: LastRun) -> LastRunDocument:
    """The last run that changed something."""
    return {"source": last.source, "path": last.path, "commit": last.commit, "time": last.time, "run": last.run_id}
