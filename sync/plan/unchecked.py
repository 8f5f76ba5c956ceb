"""Warnings about what could not be checked, because the account may not read it."""

from collections.abc import Iterator, Sequence

from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.model.plan import ChangeSet, Method
from sync.model.problem import Problem, Severity
from sync.plan.obstacles import networks_of, places_requested

_NETWORK = "network"


def unchecked(sets: Sequence[ChangeSet], desired: DesiredState, live: LiveState) -> Iterator[Problem]:
    """A warning per type that cannot be read, and per VIP that is replaced although not all was seen."""
    for type_name in sorted(desired.unreadable):
        yield _warning(
            f"the account may not read {type_name}: whether the ones that Git refers to exist is not checked",
            f"give the account's role read access to {type_name}",
        )
    if any(write.method is Method.DELETE for change_set in sets for write in change_set.writes):
        for type_name in sorted(live.surroundings.unreadable_users):
            yield _warning(
                f"the account may not read any {type_name}: whether one refers to a deleted object is not checked",
                f"give the account's role read access to {type_name}",
            )
    for type_name in sorted(live.surroundings.unreadable):
        yield _warning(
            f"the account may not read any {type_name}: whether those of new objects exist is not checked",
            f"give the account's role read access to {type_name}",
        )
    for change_set in sets:
        for reason, fix in _blind_spots(change_set, desired, live) if change_set.replaced else ():
            yield _warning(f"before its VIP is deleted, it is not checked {reason}", fix, str(change_set.owners[0]))


def _blind_spots(change_set: ChangeSet, desired: DesiredState, live: LiveState) -> Iterator[tuple[str, str]]:
    requested = sorted({place.address for write in change_set.writes for place in places_requested(write)})
    if requested and live.only_tenants is not None:
        seen = ", ".join(live.only_tenants)
        yield f"whether {' or '.join(requested)} is taken in another tenant than {seen}", "make sure that it is free"
    if _NETWORK in desired.unreadable:
        for network, _ in networks_of(change_set):
            yield (
                f'whether network "{network}" exists and has the address',
                "give the account's role read access to networks",
            )


def _warning(message: str, fix: str, resource: str = "") -> Problem:
    return Problem(severity=Severity.WARNING, message=message, fix=fix, resource=resource)
