"""Addresses, DNS names and object names that an owner requests and another one has, or requests as well."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from sync.avi.addresses import AddressPlace
from sync.avi.hostnames import Hostname
from sync.model.desired import DesiredState, ObjectKey
from sync.model.live import LiveObject, LiveState
from sync.plan.owners import OwnerState
from sync.plan.passing import Passing, Resource, resources_of, titled, union

Clash = tuple[OwnerState, str, str]
"""The owner to hold, the reason, and the fix."""


Claims = Mapping[str, frozenset[Resource]]
"""What Git requests for each owner, by its name, and no other object may have."""


def rival_claims(owners: Sequence[Passing], claims: Claims) -> Iterator[Clash]:
    """Owners that request the same resource: only one that has it already gets it."""
    found: dict[Resource, list[Passing]] = defaultdict(list)
    for owner in owners:
        for resource in claims[owner.state.name]:
            found[resource].append(owner)
    for resource, claimants in sorted(found.items(), key=lambda item: titled(item[0])):
        if len(claimants) < 2:
            continue
        keeping = [one for one in claimants if resource in one.state.live_addresses and not one.owner.frees_addresses]
        for one in claimants:
            if one not in keeping[:1]:
                rivals = [str(other.state.owner) for other in claimants if other is not one]
                verb = "requests" if len(rivals) == 1 else "request"
                yield (
                    one.state,
                    f"{' and '.join(rivals)} {verb} the same {titled(resource)}",
                    "request it from only one",
                )


def taken(
    owners: Sequence[Passing],
    claims: Claims,
    holders: Mapping[Resource, Sequence[LiveObject]],
    held: Collection[str],
) -> Iterator[Clash]:
    """Owners that request what another one has and does not give up in this plan; `held` are the names of those held.

    A held owner keeps what it has, so owners that request it are held as well.
    """
    by_name = {owner.state.name: owner for owner in owners}
    for owner in owners:
        for resource in sorted(claims[owner.state.name] & holders.keys(), key=titled):
            for holder in holders[resource]:
                if not _is_available(resource, holder, owner, by_name, held):
                    yield owner.state, *_clash_text(resource, holder)


def claims_of(owners: Sequence[Passing], desired: DesiredState) -> Claims:
    """What Git requests for each owner.

    A DNS name that it already has is not a claim: the Controller accepts that somebody else has it as well.
    """
    return {owner.state.name: _claims(owner, desired) for owner in owners}


def _claims(owner: Passing, desired: DesiredState) -> frozenset[Resource]:
    requested = union(resources_of(key, item.body) for key, item in owner.state.desired.items())
    present = union(resources_of(key, item.body) for key, item in owner.state.live.items())
    kept = (Hostname, ObjectKey) if desired.hostnames_are_exclusive else (ObjectKey,)
    return owner.state.requested_addresses | {each for each in requested - present if isinstance(each, kept)}


def holders_of(owners: Sequence[Passing], live: LiveState) -> Mapping[Resource, tuple[LiveObject, ...]]:
    """The objects that have each resource: ours, and for addresses and DNS names those of others.

    What an interrupted run has deleted still counts: it may have to be restored.
    """
    found: dict[Resource, tuple[LiveObject, ...]] = {}
    interrupted = (item for owner in owners for item in owner.state.interrupted)
    for item in (*live, *interrupted):
        for resource in resources_of(item.key, item.body):
            if item.is_ours or not isinstance(resource, ObjectKey):
                found[resource] = (*found.get(resource, ()), item)
    return found


def _is_available(
    resource: Resource, holder: LiveObject, owner: Passing, by_name: Mapping[str, Passing], held: Collection[str]
) -> bool:
    """Whether it is the owner's own, or is given up in this very plan."""
    if not holder.is_ours:
        return False
    if holder.owner_name == owner.state.name:
        return True
    giver = by_name.get(holder.owner_name)
    return giver is not None and giver.state.name not in held and resource in giver.gives


def _clash_text(resource: Resource, holder: LiveObject) -> tuple[str, str]:
    match resource:
        case ObjectKey():
            return (
                f"{resource} still belongs to {holder.owner}",
                "run again once that owner is deleted, or rename one of them",
            )
        case AddressPlace():
            return f"address {resource} is taken by {holder.key}", "request another address, or free this one first"
        case Hostname():
            return f"hostname {resource} is taken by {holder.key}", "request another hostname, or free this one first"
