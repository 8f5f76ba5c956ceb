"""Objects that change hands → change sets: one per owner, a PUT per object, climbing.

Climbing, the VirtualService comes last. Until then its owner is held by a plain run, whatever became of the rest; a
take-over that broke off goes on where it stopped.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.compare.takeover import Takeover
from sync.model.desired import ObjectKey, Owner
from sync.model.live import LiveObject
from sync.model.plan import Action, Change, ChangeSet, FieldChange, Method, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTakeover:
    """One owner, and each object of it that changes hands: what is live, why, and what it becomes."""

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
    for key in sorted(item.objects, key=lambda key: (key.rank, key)):
        live, _, takeover = item.objects[key]
        yield Write(method=Method.PUT, key=key, owner=item.owner, uuid=live.uuid, body=takeover.body)
