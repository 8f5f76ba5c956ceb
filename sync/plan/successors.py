"""Services that pass from one owner to another: what serves them stays until their new owner can.

A *predecessor* is a live owner that a plan takes a Service from: it or its objects for that Service are deleted. Its
*successor* is the owner to which the Service belongs by its manifest in Git (`OwnersInGit.of_services`). What the
predecessor serves is known from the markers of its live objects, what the successor would serve from Git; so the
relation holds whatever kinds the two have, and also where the successor cannot be translated at all. A Service that
no longer belongs to any owner has no successor: then Git proves that its objects may be deleted.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from sync.model.desired import DesiredState, Owner, ServiceKey
from sync.model.plan import Selection
from sync.plan.changes import OwnerChanges
from sync.plan.owners import OwnerState

Reason = tuple[str, str]
"""The reason, and the fix."""


def successors_of(owner: OwnerChanges, desired: DesiredState) -> Mapping[ServiceKey, Owner]:
    """The Services that a plan takes from an owner and that belong to another one now, each with that one."""
    if not owner.changes:
        return {}
    found = {service: desired.in_git.of_services.get(service) for service in sorted(_lost_services(owner.state))}
    return {service: other for service, other in found.items() if other is not None and other != owner.state.owner}


def waits(
    owners: Sequence[OwnerChanges], desired: DesiredState, held: Collection[str], selection: Selection
) -> Iterator[tuple[OwnerState, Reason]]:
    """Every predecessor that must stay unchanged, with the reason; `held` are the names of the owners that are held."""
    states = {owner.state.owner: owner.state for owner in owners}
    held_owners = {item.owner for item in desired.held} | {
        state.owner for state in states.values() if state.name in held
    }
    for owner in owners:
        for service, successor in successors_of(owner, desired).items():
            if reason := _reason_to_wait(service, successor, states.get(successor), desired, held_owners, selection):
                why, fix = reason
                title = f"Service {service[0]}/{service[1]}"
                yield owner.state, (f"it keeps serving {title} until {successor} can: {why}", fix)
                break


def _reason_to_wait(
    service: ServiceKey,
    successor: Owner,
    state: OwnerState | None,
    desired: DesiredState,
    held: Collection[Owner],
    selection: Selection,
) -> Reason | None:
    """Why the successor does not serve the Service after this run; None if it does, or if no owner in Git is to."""
    if not selection.includes(successor):
        if state is not None and service in live_services(state):
            return None
        return "that owner is not part of this run", "select both owners, or run for all"
    if successor in held:
        return "that owner is held", f"correct what holds {successor}"
    if successor not in desired.in_git.named:
        return "that owner is not in the tree", f"commit {successor}, or correct the labels of the Service"
    if successor in desired.in_git.not_served or (state is not None and service in desired_services(state)):
        return None
    return (
        "that owner has no port for it or is not served",
        f"give {successor} a port for it, or stop requesting a load balancer for the Service",
    )


def _lost_services(state: OwnerState) -> frozenset[ServiceKey]:
    return live_services(state) - desired_services(state)


def live_services(state: OwnerState) -> frozenset[ServiceKey]:
    """The Services that the owner serves, or did until an interrupted run deleted what serves them."""
    items = (*state.live.values(), *(backup.before for backup in state.backups.values()))
    return frozenset(service for item in items if (service := item.markers.service) is not None)


def desired_services(state: OwnerState) -> frozenset[ServiceKey]:
    """The Services that the owner serves as Git requests."""
    return frozenset(service for item in state.desired.values() if (service := item.markers.service) is not None)
