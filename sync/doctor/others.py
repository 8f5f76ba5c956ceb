"""Other writers: an AKO of the same cluster, and another run that holds the lock."""

from collections.abc import Iterator

from sync.avi.markers import created_by_ako
from sync.controller.record import RecordStore
from sync.doctor.findings import ok, problem, some, warning
from sync.model.checkup import Finding
from sync.model.live import LiveObject, LiveState, Ownership

RECENT_SECONDS = 3600.0
"""An AKO writes when something in its cluster changes: an hour without a write proves nothing, a write does."""


def check_ako(live: LiveState, cluster: str, now: float) -> Iterator[Finding]:
    """Objects that AKO made for this cluster, and whether it has written to them lately.

    Objects of Ingresses do not count: an AKO that manages only those may stay. `now` is the Controller's clock, by
    which `_last_modified` is written (microseconds, AVI-LAST-MODIFIED).
    """
    theirs = [item for item in live if item.ownership in (Ownership.AKO, Ownership.AKO_RENAMED, Ownership.AKO_CLONE)]
    author = created_by_ako(cluster)
    recent = [item for item in theirs if now - _written(item) < RECENT_SECONDS]
    if recent:
        last = max(_written(item) for item in recent)
        message = (
            f"objects of {author} were written {max(0, now - last) / 60:.0f} min ago, but AKO must not run beside "
            f"avi-sync: {some(str(item.key) for item in recent)}"
        )
        fix = "stop AKO; do not restart it with other settings before avi-sync adopt (docs/moving-from-ako.md)"
        yield problem("ako", message, fix)
    elif theirs:
        message = f"{len(theirs)} objects of {author} are there, none written within an hour"
        yield warning("ako", message, "make sure that AKO is stopped, and take them over with avi-sync adopt")
    else:
        yield ok("ako", f"no object of {author}")


def _written(item: LiveObject) -> float:
    text = str(item.body.get("_last_modified", ""))
    return int(text) / 1e6 if text.isdecimal() else 0.0


def check_lock(store: RecordStore) -> Iterator[Finding]:
    """Whether the lock can be read, and who has it. Raises RecordError if it cannot."""
    stored = store.read()
    holder = stored.record.holder if stored else None
    if holder is None:
        yield ok("lock", f"{store.name} is free")
    else:
        message = f"{holder} holds {store.name}, for {holder.age_text}"
        yield warning(
            "lock", message, "a run that writes waits for it, and takes it over once the holder no longer renews it"
        )
