"""Plans that pause an owner or end its pause: its live objects get or lose one mark, and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.compare.markers import PAUSED_UNTIL
from sync.compare.normal_form import digest
from sync.model.desired import DesiredState, Owner
from sync.model.live import LiveObject, LiveState
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Plan, PlanOptions, Write
from sync.plan.pauses import pause_of

Pause = tuple[str, str]
"""Until when, as ISO 8601 with a zone, and why."""


def make_pause(owner: Owner, pause: Pause | None, desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """The plan that pauses an owner, or with None resumes it; empty where all its objects say so already."""
    del options
    mine = sorted((item for item in live if item.is_ours and item.owner == owner), key=lambda item: item.key)
    to_mark = [item for item in mine if pause_of(item.body) != pause]
    changes = tuple(_change(item, owner, pause) for item in to_mark)
    writes = tuple(_write(item, owner, pause) for item in to_mark)
    sets = (ChangeSet(owners=(owner,), changes=changes, writes=writes),) if writes else ()
    return Plan(
        commit=desired.commit,
        change_sets=sets,
        unchanged=len(mine) - len(to_mark),
        foreign=(),
        held=(),
        problems=(),
        digest=digest([[str(item.key), list(pause or ())] for item in to_mark]),
    )


def _change(item: LiveObject, owner: Owner, pause: Pause | None) -> Change:
    path = f"markers[{PAUSED_UNTIL}]"
    field = FieldChange(path=path, before=_said(pause_of(item.body)), after=_said(pause))
    return Change(
        action=Action.UPDATE, key=item.key, owner=owner, reason="pause" if pause else "pause ends", fields=(field,)
    )


def _said(pause: Pause | None) -> str | None:
    return ", ".join(part for part in pause if part) if pause else None


def _write(item: LiveObject, owner: Owner, pause: Pause | None) -> Write:
    body = {**item.body, "markers": list(_marks(item.body, pause))}
    return Write(method=Method.PUT, key=item.key, owner=owner, uuid=item.uuid, body=body)


def _marks(body: Mapping[str, Any], pause: Pause | None) -> Iterator[Mapping[str, Any]]:
    yield from (marker for marker in body.get("markers") or () if marker.get("key") != PAUSED_UNTIL)
    if pause:
        yield {"key": PAUSED_UNTIL, "values": [part for part in pause if part]}
