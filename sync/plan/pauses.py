"""Owners that somebody has paused: a marker on their live objects says until when, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sync.avi.markers import Marker, Pause
from sync.compare.normal_form import digest
from sync.model.desired import DesiredState, Owner
from sync.model.live import LiveObject, LiveState
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Plan, PlanOptions, Write
from sync.plan.owners import OwnerState


def why_paused(state: OwnerState, now: datetime) -> Iterator[tuple[str, str]]:
    """Why an owner is held for now, and what ends it. A time that cannot be parsed pauses without end."""
    pauses = {pause for item in state.live.values() if (pause := item.markers.pause) is not None}
    for until, why in sorted(pauses, reverse=True):
        end = _time(until)
        if end is None or now < end:
            yield (
                f"paused until {until}{f' ({why})' if why else ''}",
                f"wait, or run avi-sync resume {state.owner.argument}",
            )


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def make_pause(owner: Owner, pause: Pause | None, desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """The plan that pauses an owner, or with None resumes it: its live objects get or lose one marker."""
    del options
    mine = sorted((item for item in live if item.is_ours and item.owner == owner), key=lambda item: item.key)
    to_mark = [item for item in mine if item.markers.pause != pause]
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
    path = f"markers[{Marker.PAUSED_UNTIL}]"
    field = FieldChange(path=path, before=_pause_text(item.markers.pause), after=_pause_text(pause))
    return Change(
        action=Action.UPDATE, key=item.key, owner=owner, reason="pause" if pause else "pause ends", fields=(field,)
    )


def _pause_text(pause: Pause | None) -> str | None:
    return ", ".join(filter(None, pause)) if pause else None


def _write(item: LiveObject, owner: Owner, pause: Pause | None) -> Write:
    body = {**item.body, "markers": item.markers.with_pause(pause).to_json()}
    return Write(method=Method.PUT, key=item.key, owner=owner, uuid=item.uuid, body=body)
