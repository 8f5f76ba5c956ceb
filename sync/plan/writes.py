"""Changes → writes, each with the body before and after; `sync.plan.order` puts them in order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.references import by_name, parse_reference
from sync.compare.objects import body_of_update, without_identity
from sync.compare.recreation import OUR_TYPES, body_of_move, body_of_recreate
from sync.kinds import KINDS, Scope
from sync.model.desired import AviObject, ObjectKey, Owner
from sync.model.live import LiveObject
from sync.model.plan import Action, Change, Method, Write
from sync.plan.changes import OwnerChanges, moved_from
from sync.plan.owners import OwnerState


def writes_of(owner: OwnerChanges) -> Iterator[Write]:
    """The requests that make an owner's changes; a replace is a delete and a create."""
    for change in owner.changes.values():
        if change.action in (Action.DELETE, Action.REPLACE):
            yield _delete(owner, change)
        if change.action is Action.UPDATE:
            yield _put(owner, change)
        if change.action in (Action.CREATE, Action.REPLACE):
            yield Write(method=Method.POST, key=change.key, owner=change.owner, body=_created(owner, change.key))


def _delete(owner: OwnerChanges, change: Change) -> Write:
    live = owner.state.live[change.key]
    return Write(
        method=Method.DELETE, key=change.key, owner=change.owner, uuid=live.uuid, seen=live.body, is_disruptive=True
    )


def _put(owner: OwnerChanges, change: Change) -> Write:
    live = owner.state.live[change.key]
    return Write(
        method=Method.PUT,
        key=change.key,
        owner=change.owner,
        uuid=live.uuid,
        body=body_of_update(owner.state.desired[change.key], live.body),
        seen=live.body,
        is_disruptive=change.is_disruptive,
    )


def _created(owner: OwnerChanges, key: ObjectKey) -> Mapping[str, Any]:
    """With what others attached to the object that is replaced, that an interrupted run deleted, or that is left."""
    desired: AviObject = owner.state.desired[key]
    if (live := owner.state.live.get(key)) is not None:
        return body_of_recreate(desired, live.body)
    if backup := owner.state.backups.get(key):
        return body_of_recreate(desired, backup.before.body)
    if owner.scope is Scope.OWNER or owner.state.backups:
        left = moved_from(owner.state, key)
        return desired.body if left is None else body_of_move(desired, left.body)
    return desired.body


def creation_of(item: LiveObject, owner: Owner) -> Write:
    """The create that restores a deleted object. Its uuid changes, so references among our kinds are by name."""
    body = by_name(without_identity(item.body, item.key.kind), OUR_TYPES)
    return Write(method=Method.POST, key=item.key, owner=owner, body=body)


def resumed(states: Iterable[OwnerState]) -> Mapping[ObjectKey, Write | None]:
    """What an interrupted run had deleted, climbing, with the delete of what it had made in its place."""
    found: dict[ObjectKey, Write | None] = {}
    for state in states:
        found |= dict.fromkeys(item.key for item in state.interrupted)
        found |= {
            key: Write(method=Method.DELETE, key=item.key, owner=state.owner, uuid=item.uuid, seen=item.body)
            for key, item in state.recreated.items()
        }
    return {key: found[key] for key in climbing_keys(found)}


def climbing_keys(keys: Iterable[ObjectKey]) -> list[ObjectKey]:
    """In the order in which objects are created."""
    return sorted(keys, key=lambda key: (key.rank, key))


Item = Mapping[str, Any]


def without_what_is_new(write: Write) -> Mapping[str, Any] | None:
    """The body of an update without names, ports and rules that the object does not have yet; None if nothing is new.

    The markers stay those of the live object, so that the update is known to be incomplete if the run ends in between.
    """
    seen: Mapping[str, Any] = write.seen or {}
    body: Mapping[str, Any] = write.body or {}
    for path, keys in KINDS[write.key.kind].precious.items():
        body = _filtered(body, path, _Known.of(_items(seen, path), keys))
    return None if body == write.body else {**body, "markers": seen.get("markers", [])}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The items of a list, by their keys, with what each refers to."""

    keys: tuple[str, ...]
    items: Mapping[tuple[str, ...], frozenset[str]]

    @classmethod
    def of(cls, items: Iterable[Item], keys: tuple[str, ...]) -> "_Known":
        """These items."""
        return cls(keys=keys, items={_identity(item, keys): frozenset(_references(item)) for item in items})

    def has(self, item: Item) -> bool:
        """Whether it is one of these, and refers to nothing else."""
        before = self.items.get(_identity(item, self.keys))
        return before is not None and before.issuperset(_references(item))


def _identity(item: Item, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(_at(item, key)).lower() for key in keys)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _items(body: Item, path: str) -> list[Item]:
    return _at(body, path) or []


def _filtered(body: Item, path: str, known: _Known) -> Item:
    """The body with only the known items of a list, which may be deep inside it."""
    step, _, rest = path.partition(".")
    if not body.get(step):
        return body
    value = _filtered(body[step], rest, known) if rest else [item for item in body[step] if known.has(item)]
    return {**body, step: value}


def _references(value: Any) -> Iterator[str]:
    """What an item refers to, by name."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, str) and "/api/" in value and (reference := parse_reference(value)) is not None:
        yield str(reference)
