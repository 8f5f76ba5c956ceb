"""Why a change set must not delete what it would create again: checked for the plan, and right before the delete."""

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sync.avi.addresses import AddressPlace
from sync.avi.references import Reference, parse_reference, references_in, uuids_in
from sync.compare.traces import is_unchanged
from sync.kinds import KINDS, Part
from sync.model.desired import ObjectKey
from sync.model.live import LiveState
from sync.model.plan import ChangeSet, Method, Write
from sync.plan.passing import resources_of, titled


def users_of(
    going: Mapping[str, ObjectKey], live: LiveState, going_too: Collection[ObjectKey]
) -> Iterator[tuple[ObjectKey, str, ObjectKey]]:
    """Objects that stay but refer to a deleted one (`going` is by uuid): the object, its field, and the deleted one.

    The Controller would refuse the delete halfway.
    """
    for other in live:
        if other.key in going_too:
            continue
        for name in KINDS[other.key.kind].refers_by:
            for uuid in sorted(going.keys() & set(uuids_in(other.body.get(name)))):
                yield other.key, name, going[uuid]
    for user in live.surroundings.users:
        for uuid in sorted(going.keys() & user.uuids):
            yield user.key, user.field, going[uuid]


def changed_since(change_set: ChangeSet, live: LiveState) -> Iterator[str]:
    """What a set would delete and has changed since the plan was made."""
    for write in _deletes(change_set):
        found = live.objects.get(write.key)
        if found is None:
            yield f"{write.key} is gone"
        elif write.seen is not None and not is_unchanged(write.seen, found.body, write.key.kind):
            yield f"{write.key} has been changed since it was read"


def obstacles(change_set: ChangeSet, live: LiveState) -> Iterator[str]:
    """Users of what would be deleted, and other holders of addresses and DNS names, in any tenant that can be seen.

    What the set itself updates drops its references in time.
    """
    going = {write.uuid: write.key for write in _deletes(change_set)}
    for other, name, gone in users_of(going, live, {write.key for write in change_set.writes}):
        yield f"{other} refers to {gone} ({name})"
    taken = change_set.takes.union(*map(places_requested, _creates(change_set)))
    for item in live:
        if item.uuid not in going:
            for resource in sorted(taken & resources_of(item.key, item.body), key=titled):
                yield f"{titled(resource)} is taken by {item.key}"


def new_references(sets: Iterable[ChangeSet], live: LiveState) -> Iterator[tuple[ObjectKey, Reference]]:
    """The references of objects that are created after a delete, to objects that are not known to exist.

    An object is known to exist if it is live, if a live object refers to it, or if the same set creates it.
    """
    replacing = [item for item in sets if any(_creates(item)) and (item.replaced or any(_deletes(item)))]
    if not replacing:
        return
    own_types = {kind.path for kind in KINDS.values()}
    own = {(KINDS[item.key.kind].path, name) for item in live for name in (item.key.name, item.uuid)}
    for change_set in replacing:
        made = {(KINDS[write.key.kind].path, write.key.name) for write in _creates(change_set)}
        for write in _creates(change_set):
            known = _known(change_set, write.key, live)
            for reference in dict.fromkeys(_references_of(write.body or {}, write.key.kind)):
                what = (reference.type, reference.uuid or reference.name)
                if what not in (own | made if reference.type in own_types else known):
                    yield write.key, reference


def _known(change_set: ChangeSet, key: ObjectKey, live: LiveState) -> frozenset[tuple[str, str]]:
    """Type with name and uuid of what the objects refer to that the set deletes in the place of the new one."""
    gone = (live.objects[write.key] for write in _deletes(change_set) if write.key in live.objects)
    return frozenset(
        (found.type, name)
        for item in gone
        if _is_beside(item.key, key)
        for found in _references_of(item.body, item.key.kind)
        for name in (found.name, found.uuid)
    )


def _is_beside(one: ObjectKey, other: ObjectKey) -> bool:
    """Whether what one refers to can be referred to by the other."""
    return one.tenant == other.tenant and (one.cloud == other.cloud or "" in (one.cloud, other.cloud))


def _references_of(body: Mapping[str, Any], kind: str) -> Iterator[Reference]:
    """Every reference in a body, and what items of its lists name by a bare uuid."""
    yield from references_in(body)
    for name, (item_field, type_name) in KINDS[kind].uuid_fields.items():
        for item in body.get(name) or ():
            if uuid := item.get(item_field):
                yield Reference(type_name, "", str(uuid))


def networks_of(change_set: ChangeSet) -> Mapping[tuple[Reference, str], frozenset[str]]:
    """Network and cloud of each VIP that a set creates → the addresses requested there."""
    found: dict[tuple[Reference, str], frozenset[str]] = {}
    for write in (write for write in _creates(change_set) if write.key.part is Part.ADDRESS):
        requested = frozenset(place.address for place in places_requested(write))
        for vip in (write.body or {}).get("vip") or ():
            network = parse_reference(str((vip.get("ipam_network_subnet") or {}).get("network_ref", "")))
            if network is not None:
                place = (network, write.key.cloud)
                found[place] = found.get(place, frozenset()) | requested
    return found


def places_requested(write: Write) -> frozenset[AddressPlace]:
    """The addresses that a write requests."""
    return AddressPlace.all_of(write.key.kind, write.key.cloud, write.body or {})


def outside(addresses: Iterable[str], subnets: Collection[str]) -> Iterator[str]:
    """The addresses that are in none of a network's subnets; none if its subnets are unknown."""
    networks = [ipaddress.ip_network(subnet, strict=False) for subnet in subnets]
    for address in sorted(addresses):
        if networks and not any(ipaddress.ip_address(address) in network for network in networks):
            yield address


def _deletes(change_set: ChangeSet) -> Iterator[Write]:
    return (write for write in change_set.writes if write.method is Method.DELETE)


def _creates(change_set: ChangeSet) -> Iterator[Write]:
    return (write for write in change_set.writes if write.method is Method.POST)
