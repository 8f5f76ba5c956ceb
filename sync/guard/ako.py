"""Whether AKO still writes: a running AKO would undo an adoption, from its memory.

Both times are the Controller's: `_last_modified`, and its clock now.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sync.avi.markers import created_by_ako
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.plan import Action, Plan, Refusal

QUIET = timedelta(minutes=10)
"""How long AKO must not have written; it retries what failed after 90 s (AKO-RETRY-INTERVAL)."""


def ako_still_writes(plan: Plan, live: LiveState, cluster: str, now: datetime | None) -> Iterator[Refusal]:
    """Refused if a plan takes over from an AKO that may still be running. `now` is the Controller's time."""
    if not plan.count(Action.ADOPT):
        return
    if now is None:
        yield Refusal(
            message="the Controller sends no time, so it is unknown whether AKO still writes",
            fix="make the proxy in front of the Controller pass on the Date header",
        )
        return
    written = [(_last_modified(item), item) for item in live if _is_of_ako(item, cluster)]
    if not written:
        return
    last, item = max(written, key=lambda found: (found[0], found[1].key))
    age = max(now - last, timedelta(0))
    if age < QUIET:
        yield Refusal(
            message=f"AKO wrote {item.key} {_duration_text(age)} ago; a running AKO would undo the adoption",
            fix=f"stop AKO if it is running, wait for {_duration_text(QUIET - age + _SECOND)}, and try again",
        )


def _is_of_ako(item: LiveObject, cluster: str) -> bool:
    """Whether the object shows an AKO that serves layer 4; an AKO for layer 7 alone may write its own objects."""
    is_marked = item.body.get("created_by") == created_by_ako(cluster)
    return (is_marked or item.ownership is Ownership.AKO) and not item.markers.is_of_layer_7


def _last_modified(item: LiveObject) -> datetime:
    """Microseconds since 1970, as the API writes them (AVI-LAST-MODIFIED)."""
    return _EPOCH + timedelta(microseconds=int(item.body.get("_last_modified") or 0))


_SECOND = timedelta(seconds=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _duration_text(time: timedelta) -> str:
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    return f"{minutes} min {seconds} s"
