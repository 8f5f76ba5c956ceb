"""What passes between owners: their writes, and what these give up and take.

A resource is what only one object can have at a time: an address in its routing domain, a DNS name, an object's name.
Which owners are planned together, who is held and in which order writes are sent all follows from this relation alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.avi.addresses import AddressPlace
from sync.avi.hostnames import Hostname
from sync.kinds import Part
from sync.model.desired import DesiredState, ObjectKey, ServiceKey
from sync.model.plan import Action, Change, Write
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges
from sync.plan.owners import OwnerState
from sync.plan.successors import desired_services, live_services
from sync.plan.writes import writes_of

Resource = AddressPlace | Hostname | ObjectKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """One owner with its writes, in no order, and what it no longer has or newly has after all of them.

    What an interrupted run has deleted counts as the owner's: it may have to be restored.
    """

    owner: OwnerChanges
    writes: tuple[Write, ...]
    gives: frozenset[Resource]
    takes: frozenset[Resource]
    services_given: frozenset[ServiceKey] = frozenset()
    services_taken: frozenset[ServiceKey] = frozenset()

    @property
    def state(self) -> OwnerState:
        """What is desired and what is live of the owner."""
        return self.owner.state


def passing_of(owner: OwnerChanges) -> Passing:
    """The writes of an owner, and what passes by them."""
    writes = tuple(writes_of(owner))
    before = union(had(write) for write in writes) | union(
        resources_of(item.key, item.body) for item in owner.state.interrupted
    )
    after = union(has(write) for write in writes)
    served, serves = live_services(owner.state), desired_services(owner.state)
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


def lost_by_rename(owners: Sequence[Passing], desired: DesiredState) -> Iterator[Problem]:
    """A warning for each owner that is deleted with what others set, where an owner that is new serves the same.

    The new VirtualService is enabled, even if the old one was disabled by hand, and has none of its policies.
    """
    new = [each for each in owners if any(map(_creates_an_entrance, each.owner.changes.values()))]
    for gone in owners:
        lost = [f"{change.key} {text}" for change in gone.owner.changes.values() for text in change.lost]
        successor = next((each.state for each in new if _passes(gone, each)), None)
        if lost and not gone.state.desired and successor is not None:
            yield Problem(
                severity=Severity.WARNING,
                message=f"{gone.state.owner} is deleted, and {successor.owner} takes its place "
                f"without: {'; '.join(lost)}",
                fix="keep the old name, or set these on the new objects by hand after the run",
                origin=desired.origins.get(successor.name),
                resource=str(gone.state.owner),
            )


def _creates_an_entrance(change: Change) -> bool:
    return change.action is Action.CREATE and change.key.part is Part.ENTRANCE


def _passes(gone: Passing, new: Passing) -> bool:
    """Whether a Service, an address or a DNS name passes from the one owner to the other."""
    return bool(gone.services_given & new.services_taken or gone.gives & new.takes)
