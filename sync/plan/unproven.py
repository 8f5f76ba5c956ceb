"""Live objects that must stay, because Git does not prove that they are unwanted (docs/safety.md#typing-errors).

A Service with labels that are nearly right still needs its pool; a Gateway that is missing has probably been misspelt
where another one of the same or nearly the same name cannot be served.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sync.model.desired import DesiredState, Held, Owner, OwnerKind
from sync.model.problem import Problem, Severity
from sync.model.wording import is_near
from sync.plan.changes import OwnerChanges
from sync.plan.owners import OwnerState
from sync.plan.successors import Reason, desired_services, live_services, successors_of


def still_wanted(owner: OwnerChanges, desired: DesiredState) -> Iterator[Problem]:
    """Why what the plan takes from an owner may still be wanted: manifests that are there, and nearly right."""
    state = owner.state
    if not owner.changes:
        return
    if not state.desired and (found := desired.in_git.namesakes.get(state.owner)):
        yield _holding(found, state, found.message)
    for service in sorted(live_services(state) - desired_services(state)):
        found = desired.in_git.loose_services.get(service)
        # A Gateway that is gone takes its pools along, also those of Services that still name it.
        if found and desired.in_git.of_services.get(service) != state.owner:
            yield _holding(
                found, state, f"it serves Service {service[0]}/{service[1]}, which is in Git: {found.message}"
            )


def _holding(found: Problem, state: OwnerState, message: str) -> Problem:
    return replace(found, severity=Severity.ERROR, message=f"held: {message}", resource=str(state.owner))


def misspelt(
    owners: Sequence[OwnerChanges], desired: DesiredState, held: Mapping[str, Problem | None]
) -> Iterator[tuple[OwnerState, Reason]]:
    """Every live owner without a manifest that a held owner, which is not live, may have been called by mistake.

    `held` are the owners that the plan holds, by name; those that it does not report are held by the source, or are no
    part of the run.
    """
    states = {owner.state.owner: owner.state for owner in owners}
    waiting = [item for item in desired.held if item.owner not in states or not states[item.owner].live]
    waiting += [Held(owner=p.owner, name=p.name) for p in states.values() if held.get(p.name) and not p.live]
    for owner in owners:
        state = owner.state
        if not owner.changes or state.desired or state.owner in desired.in_git.named:
            continue
        if (other := next((item for item in waiting if _may_be_meant(item, state)), None)) is not None:
            place = other.origin or desired.origins.get(other.name)
            where = f" ({place.file}:{place.line})" if place else ""
            message = f"it is not in Git, but {other.owner}{where}, which is held, may be meant for it"
            yield state, (message, f"correct {other.owner}, or rename it if both are intended")


def renamed_shared_vips(owners: Sequence[OwnerChanges], desired: DesiredState) -> Iterator[tuple[OwnerState, str, str]]:
    """Every live shared VIP that loses a member to a new one of nearly its name, and that new one.

    Members share a VIP by its name alone, so nothing else shows whether one of them is misspelt.
    """
    states = {owner.state.owner: owner.state for owner in owners}
    for owner in owners:
        for service, successor in successors_of(owner, desired).items():
            new = states.get(successor)
            if new is None or new.live or not _is_nearly(successor, owner.state.owner):
                continue
            message = (
                f"Service {service[0]}/{service[1]} would move from {owner.state.owner} to {successor}, which is new"
            )
            fix = f'did you mean "{owner.state.owner.name}"? Otherwise give the new shared VIP a more distinct name'
            yield owner.state, message, fix
            yield new, message, fix


def _is_nearly(owner: Owner, other: Owner) -> bool:
    is_shared = owner.kind is other.kind is OwnerKind.SHARED_VIP
    return is_shared and owner.namespace == other.namespace and is_near(owner.name, other.name)


def _may_be_meant(item: Held, state: OwnerState) -> bool:
    waiting, live = item.owner, state.owner
    if waiting.kind is not live.kind or waiting == live:
        return False
    return waiting.name == live.name or (waiting.namespace == live.namespace and is_near(waiting.name, live.name))
