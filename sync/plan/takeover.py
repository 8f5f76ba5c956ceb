"""Objects that are handed over → change sets: one per owner, a PUT per object, climbing. Also the way back to AKO.

In this order the VirtualService comes last. Until then a plain run holds the owner, so that an interrupted adoption
can be continued.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.avi.markers import created_by_ako
from sync.compare.takeover import Takeover, released
from sync.kinds import KINDS
from sync.model.desired import DesiredState, ObjectKey, Owner
from sync.model.live import LiveObject, LiveState
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Plan, PlanOptions, Write
from sync.plan.make import copies, digest_of
from sync.plan.writes import climbing_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTakeover:
    """One owner, and each of its objects that is handed over: what is live, why, and what it becomes."""

    owner: Owner
    objects: Mapping[ObjectKey, tuple[LiveObject, str, Takeover]]


def take_over(action: Action, owners: Sequence[OwnerTakeover]) -> tuple[ChangeSet, ...]:
    """The change sets, by owner."""
    sets = [
        ChangeSet(owners=(item.owner,), changes=tuple(_changes(action, item)), writes=tuple(_writes(item)))
        for item in owners
    ]
    return tuple(sorted(sets, key=lambda item: item.owners))


def _changes(action: Action, item: OwnerTakeover) -> Iterator[Change]:
    for key, (_, reason, takeover) in sorted(item.objects.items()):
        fields = tuple(FieldChange(path=each.path, before=each.before, after=each.after) for each in takeover.changes)
        yield Change(action=action, key=key, owner=item.owner, reason=reason, fields=fields)


def _writes(item: OwnerTakeover) -> Iterator[Write]:
    for key in climbing_keys(item.objects):
        live, _, takeover = item.objects[key]
        yield Write(method=Method.PUT, key=key, owner=item.owner, uuid=live.uuid, body=takeover.body)


def plan_release(desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """Every object of ours with AKO's marks, as the AKO of this cluster recognises it, regardless of Git."""
    created_by = created_by_ako(desired.cluster)
    ours: dict[Owner, dict[ObjectKey, LiveObject]] = defaultdict(dict)
    for item in live:
        if item.is_ours and item.owner is not None and options.selection.includes(item.owner):
            ours[item.owner][item.key] = item
    sets = take_over(
        Action.RELEASE,
        [
            OwnerTakeover(
                owner=owner,
                objects={
                    key: (
                        item,
                        "given back to AKO",
                        released(KINDS[key.kind], item.body, created_by=created_by),
                    )
                    for key, item in objects.items()
                },
            )
            for owner, objects in ours.items()
        ],
    )
    return Plan(
        commit=desired.commit,
        change_sets=sets,
        unchanged=0,
        foreign=(),
        held=(),
        problems=copies(live),
        digest=digest_of(sets),
    )
