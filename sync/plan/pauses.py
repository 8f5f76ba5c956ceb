"""Owners that somebody has paused: a marker on their live objects says until when, and why."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sync.compare.markers import PAUSED_UNTIL
from sync.plan.owners import Pair


def pause_of(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """Until when (as it is written) and why a live object is paused; None if it is not."""
    for marker in body.get("markers") or ():
        if marker.get("key") == PAUSED_UNTIL:
            until, *why = (str(value) for value in marker.get("values") or ("",))
            return until, " ".join(why)
    return None


def why_paused(pair: Pair, now: datetime) -> Iterator[tuple[str, str]]:
    """Why an owner is held for now, and what ends it. A time that cannot be read pauses until somebody looks."""
    pauses = {found for item in pair.live.values() if (found := pause_of(item.body)) is not None}
    for until, why in sorted(pauses, reverse=True):
        end = _time(until)
        if end is None or now < end:
            yield (
                f"paused until {until}{f' ({why})' if why else ''}",
                f"wait, or run avi-sync resume {pair.owner.kind}/{pair.owner.namespace}/{pair.owner.name}",
            )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
