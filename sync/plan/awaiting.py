"""Which VirtualServices a run has changed, and which of them cannot come up."""

from collections import defaultdict
from collections.abc import Iterable

from sync.kinds import Part
from sync.model.desired import ObjectKey, Owner
from sync.model.live import LiveState
from sync.model.outcome import Awaited, ChangeState, Outcome
from sync.model.plan import CHANGES_OF_HANDS
from sync.plan.serving import Bodies, Body, is_on, serving_of

_TOUCHED = frozenset({ChangeState.APPLIED, ChangeState.RESTORED})


def awaited(outcomes: Iterable[Outcome], live: LiveState) -> tuple[Awaited, ...]:
    """The VirtualServices of all owners of which something was changed or restored, in key order."""
    owners = {
        item.change.owner
        for outcome in outcomes
        for item in outcome.changes
        if item.state in _TOUCHED and item.change.action not in CHANGES_OF_HANDS
    }
    bodies: dict[Owner, dict[ObjectKey, Body]] = defaultdict(dict)
    for item in live:
        if item.is_ours and item.owner is not None and item.owner in owners:
            bodies[item.owner][item.key] = item.body
    return tuple(
        Awaited(key=key, owner=owner, uuid=live.objects[key].uuid, idle_because=_why_idle(key, bodies[owner]))
        for key, owner in sorted((key, owner) for owner, found in bodies.items() for key in found)
        if key.part is Part.ENTRANCE
    )


def _why_idle(service: ObjectKey, bodies: Bodies) -> str:
    if not is_on(service, bodies[service]):
        return "it is disabled"
    return "" if serving_of(bodies).enabled else "it has no server to send to"
