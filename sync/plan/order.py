"""Changes → change sets: which writes belong together, and in which order they are sent (DESIGN §5).

One owner is one change set. Owners that pass on an address or a DNS name to each other are one change set, too: all
deletes first.

    pools, policies (create, update)  climbing: a reference needs what it refers to
    VirtualService, VsVip (delete)    only where a VIP is replaced or passed on
    VsVip, VirtualService             create and update, climbing
    the rest (delete)                 descending: what refers to it is gone or updated by now
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sync.avi.references import by_name
from sync.compare.objects import body_of_update, without_identity
from sync.compare.recreation import OUR_TYPES, body_of_move, body_of_recreate
from sync.kinds import KINDS, Scope
from sync.model.desired import AviObject, ObjectKey, Owner
from sync.model.live import LiveObject
from sync.model.plan import Action, Change, ChangeSet, Method, Write
from sync.plan.changes import OwnerChanges, moved_from
from sync.plan.owners import Pair


def change_sets_of(owners: Sequence[OwnerChanges]) -> tuple[ChangeSet, ...]:
    """The change sets of all owners with changes; those that only delete come last."""
    sets = [_change_set(group) for group in _groups([owner for owner in owners if owner.changes])]
    return tuple(sorted(sets, key=lambda item: (item.is_removal, item.owners)))


def _groups(owners: Sequence[OwnerChanges]) -> Iterator[list[OwnerChanges]]:
    """Owners that give an address or a DNS name to each other, or take one, together."""
    leader = {owner.pair.name: owner.pair.name for owner in owners}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    givers: dict[Hashable, str] = {
        given: owner.pair.name
        for owner in owners
        if owner.frees_addresses
        for given in (*owner.pair.held_addresses, *(owner.pair.held_hostnames - owner.pair.wanted_hostnames))
    }
    for owner in owners:
        taken = owner.pair.wanted_addresses - owner.pair.held_addresses
        for place in (*taken, *(owner.pair.wanted_hostnames - owner.pair.held_hostnames)):
            if place in givers:
                leader[find(owner.pair.name)] = find(givers[place])
    first: dict[str, str] = {}
    for owner in owners:
        for kept in owner.pair.kept.values():  # an interrupted run had these in hand together
            leader[find(owner.pair.name)] = find(first.setdefault(kept.group, owner.pair.name))
    groups: dict[str, list[OwnerChanges]] = defaultdict(list)
    for owner in owners:
        groups[find(owner.pair.name)].append(owner)
    yield from groups.values()


def _change_set(owners: Sequence[OwnerChanges]) -> ChangeSet:
    deletes_first = len(owners) > 1 or any(owner.scope is not None for owner in owners)
    changes = [(owner, change) for owner in owners for change in owner.changes.values()]
    restored = _restored(owners)
    writes = [*_writes(changes, deletes_first=deletes_first)]
    return ChangeSet(
        owners=tuple(sorted(owner.pair.owner for owner in owners)),
        changes=tuple(change for _, change in sorted(changes, key=lambda item: (item[0].pair.owner, item[1].key))),
        writes=tuple(writes),
        restores=tuple(creation_of(item, owner) for owner, item in restored),
        replaced=tuple(item for _, item in restored),
        resumes=resumed([owner.pair for owner in owners]),
        wishes={owner.pair.owner: owner.pair.wish for owner in owners},
    )


Item = tuple[OwnerChanges, Change]


def _writes(changes: Sequence[Item], *, deletes_first: bool) -> Iterator[Write]:
    if not deletes_first:
        yield from _puts_and_posts(_climbing(changes))
        yield from _deletes(_descending(changes), (Action.DELETE,))
        return
    bound = [item for item in changes if item[0].scope is Scope.OWNER or _is_bound_to_vip(item[1].key)]
    independent = [item for item in changes if item not in bound]
    yield from _puts_and_posts(_climbing(independent))
    yield from _deletes(_descending(bound), (Action.DELETE, Action.REPLACE))
    yield from _puts_and_posts(_climbing(bound))
    yield from _deletes(_descending(independent), (Action.DELETE, Action.REPLACE))


def _is_bound_to_vip(key: ObjectKey) -> bool:
    """Whether the object is a VIP or refers to one."""
    return bool({"vip", "vsvip_ref"} & KINDS[key.kind].managed)


def _climbing(changes: Iterable[Item]) -> list[Item]:
    """By rank; but an advertised VirtualService comes before the labels that select its peers (API §5.3)."""
    ordered = sorted(changes, key=lambda item: (KINDS[item[1].key.kind].rank, item[1].key))
    early = [item for item in ordered if _turns_on_advertising(item[1])]
    labelled = [item for item in ordered if item[1].action is Action.UPDATE and _adds_labels(item[1])]
    if early and labelled:
        first = min(ordered.index(item) for item in labelled)
        rest = [item for item in ordered if item not in early]
        return [*rest[:first], *early, *rest[first:]]
    return ordered


def _turns_on_advertising(change: Change) -> bool:
    return change.action is Action.UPDATE and any(
        field.path == "enable_rhi" and field.after is True for field in change.fields
    )


def _adds_labels(change: Change) -> bool:
    return any(field.path.startswith("bgp_peer_labels") and field.after for field in change.fields)


def _descending(changes: Iterable[Item]) -> list[Item]:
    return sorted(changes, key=lambda item: (-KINDS[item[1].key.kind].rank, item[1].key))


def _deletes(changes: Iterable[Item], actions: tuple[Action, ...]) -> Iterator[Write]:
    for owner, change in changes:
        if change.action in actions:
            yield Write(
                method=Method.DELETE,
                key=change.key,
                owner=change.owner,
                uuid=owner.pair.live[change.key].uuid,
                seen=owner.pair.live[change.key].body,
                is_disruptive=True,
            )


def _puts_and_posts(changes: Iterable[Item]) -> Iterator[Write]:
    for owner, change in changes:
        if change.action is Action.DELETE:
            continue
        wanted = owner.pair.desired[change.key]
        live = owner.pair.live.get(change.key)
        if live is None:
            yield Write(method=Method.POST, key=change.key, owner=change.owner, body=_body_of_create(owner, wanted))
        elif change.action is Action.UPDATE:
            yield Write(
                method=Method.PUT,
                key=change.key,
                owner=change.owner,
                uuid=live.uuid,
                body=body_of_update(wanted, live.body),
                seen=live.body,
                is_disruptive=change.is_disruptive,
            )
        else:
            yield Write(
                method=Method.POST, key=change.key, owner=change.owner, body=body_of_recreate(wanted, live.body)
            )


def _body_of_create(owner: OwnerChanges, wanted: AviObject) -> Mapping[str, Any]:
    """With what others had attached to the object that an interrupted run has deleted, or that is left behind."""
    if kept := owner.pair.kept.get(wanted.key):
        return body_of_recreate(wanted, kept.before.body)
    if owner.scope is Scope.OWNER or owner.pair.kept:
        left = moved_from(owner.pair, wanted.key)
        return wanted.body if left is None else body_of_move(wanted, left.body)
    return wanted.body


def _restored(owners: Sequence[OwnerChanges]) -> list[tuple[Owner, LiveObject]]:
    """What is put back, climbing, should a create be refused for good: the objects as they are or, if gone, were."""
    found = {
        change.key: (change.owner, owner.pair.live[change.key])
        for owner in owners
        if owner.scope is not None or len(owners) > 1
        for change in owner.changes.values()
        if change.action in (Action.REPLACE, Action.DELETE) and _is_restored(owner.pair, change, owner.scope)
    }
    found |= {item.key: (owner.pair.owner, item) for owner in owners for item in owner.pair.stranded}
    return [found[key] for key in climbing_keys(found)]


def resumed(pairs: Iterable[Pair]) -> Mapping[ObjectKey, Write | None]:
    """What an interrupted run had deleted, climbing, with the delete of what it had made in its place."""
    found: dict[ObjectKey, Write | None] = {}
    for pair in pairs:
        found |= dict.fromkeys(item.key for item in pair.stranded)
        found |= {
            key: Write(method=Method.DELETE, key=item.key, owner=pair.owner, uuid=item.uuid, seen=item.body)
            for key, item in pair.remade.items()
        }
    return {key: found[key] for key in climbing_keys(found)}


def climbing_keys(keys: Iterable[ObjectKey]) -> list[ObjectKey]:
    """In the order in which objects are created."""
    return sorted(keys, key=lambda key: (KINDS[key.kind].rank, key))


def creation_of(item: LiveObject, owner: Owner) -> Write:
    """What puts a deleted object back. What is made anew has another uuid, so references among our kinds go by name."""
    body = by_name(without_identity(item.body, item.key.kind), OUR_TYPES)
    return Write(method=Method.POST, key=item.key, owner=owner, body=body)


def _is_restored(pair: Pair, change: Change, scope: Scope | None) -> bool:
    """What goes in the first round of deletes; pools that are merely no longer needed go after the creates."""
    return change.key in pair.live and (scope is Scope.OWNER or _is_bound_to_vip(change.key))
