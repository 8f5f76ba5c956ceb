"""What goes from hand to hand: the writes of an owner, and what they give up and take.

A resource is what only one object can have at a time: an address in its routing domain, a DNS name, an object's name.
Which owners are planned together, who is held and in which order writes are sent all follows from this relation alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.addresses import AddressPlace
from sync.avi.hostnames import Hostname
from sync.model.desired import ObjectKey, ServiceKey
from sync.model.plan import Write
from sync.plan.changes import OwnerChanges
from sync.plan.owners import Pair
from sync.plan.successors import desired_services, live_services
from sync.plan.writes import writes_of

Resource = AddressPlace | Hostname | ObjectKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """One owner with its writes, in no order, and what it no longer has or newly has after all of them.

    What an interrupted run has deleted counts as the owner's: it may have to be put back.
    """

    owner: OwnerChanges
    writes: tuple[Write, ...]
    gives: frozenset[Resource]
    takes: frozenset[Resource]
    services_given: frozenset[ServiceKey] = frozenset()
    services_taken: frozenset[ServiceKey] = frozenset()

    @property
    def pair(self) -> Pair:
        """What is desired and what is live of the owner."""
        return self.owner.pair


def passing_of(owner: OwnerChanges) -> Passing:
    """The writes of an owner, and what passes by them."""
    writes = tuple(writes_of(owner))
    before = union(had(write) for write in writes) | union(
        resources_of(item.key, item.body) for item in owner.pair.stranded
    )
    after = union(has(write) for write in writes)
    served, serves = live_services(owner.pair), desired_services(owner.pair)
    return Passing(
        owner=owner,
        writes=writes,
        gives=before - after,
        takes=after - before,
        services_given=served - serves,
        services_taken=serves - served,
    )


def had(write: Write) -> frozenset[Resource]:
    """What the object of a write has before it."""
    return resources_of(write.key, write.seen)


def has(write: Write) -> frozenset[Resource]:
    """What the object of a write has after it."""
    return resources_of(write.key, write.body)


def resources_of(key: ObjectKey, body: Mapping[str, Any] | None) -> frozenset[Resource]:
    """What an object with this body has, its name included; nothing if there is no such object."""
    if body is None:
        return frozenset()
    return frozenset(
        {key, *AddressPlace.all_of(key.kind, key.cloud, body), *Hostname.all_of(key.kind, key.cloud, body)}
    )


def union(parts: Iterable[frozenset[Resource]]) -> frozenset[Resource]:
    """All resources of several sets."""
    return frozenset(resource for part in parts for resource in part)


def titled(resource: Resource) -> str:
    """A resource as a message names it."""
    match resource:
        case AddressPlace():
            return f"address {resource}"
        case Hostname():
            return f"hostname {resource}"
        case ObjectKey():
            return str(resource)
