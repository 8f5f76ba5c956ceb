"""Desired × live → Plan."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sync.compare.normal_form import digest
from sync.model.desired import DesiredState, Held
from sync.model.live import LiveState, Ownership
from sync.model.plan import Cause, Change, ChangeSet, Permit, Plan, PlanOptions
from sync.model.policy import Policy
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges, changes_of
from sync.plan.displaced import settled
from sync.plan.holds import Holds, doubts_about
from sync.plan.order import change_sets_of
from sync.plan.outages import effects_of, effects_of_owners
from sync.plan.owners import owner_states
from sync.plan.passing import lost_by_rename
from sync.plan.policy import allowed, left_by_servers_only, withheld
from sync.plan.rollouts import keeping_edits, keeping_last_servers, last_servers_kept
from sync.plan.stranded import restore_held
from sync.plan.unchecked import unchecked
from sync.plan.unknown_servers import kept_servers, with_unknown_servers
from sync.plan.vrfs import with_vrf_names


def make_plan(desired: DesiredState, live: LiveState, options: PlanOptions) -> Plan:
    """Everything that must change so that live becomes desired, in apply order.

    Only our objects are changed. If somebody else's object has a desired name, the owner is held and the object is
    listed in `foreign`. The same inputs in any order give an equal plan.
    """
    as_in_git = desired
    desired = keeping_last_servers(desired, live)
    desired = keeping_edits(desired, live) if options.policy is Policy.SERVERS_ONLY else desired
    desired = with_vrf_names(with_unknown_servers(desired, live), live)
    first = [allowed(changes_of(state), options) for state in owner_states(desired, live)]
    effects = effects_of_owners([owner for owner in first if options.selection.includes(owner.state.owner)], live)
    edited = [name for name, effect in effects.items() if effect.is_edited]
    way_out = "" if options.may_undo or not edited else _way_out(desired, live, options)
    passing, holds = settled(first, desired, live, options, effects, way_out)
    owners = [each.owner for each in passing]
    planned = [each for each in passing if each.state.name not in holds.by_name]
    sets = change_sets_of(planned, hostnames_are_exclusive=desired.hostnames_are_exclusive)
    restoration = restore_held(owners, holds, desired, live, options)
    sets = tuple(sorted((*restoration.change_sets, *sets), key=lambda item: item.turn))
    selection = options.selection
    held = {item.name: item for item in desired.held if selection.includes(item.owner)}
    selected = [owner for owner in owners if selection.includes(owner.state.owner)]
    for owner in selected:
        if owner.state.name in holds.by_name:
            place = desired.origins.get(owner.state.name)
            held.setdefault(owner.state.name, Held(owner=owner.state.owner, name=owner.state.name, origin=place))
    touched = sum(len({change.key for change in item.changes if change.key in live.objects}) for item in sets)
    ours = sum(len(owner.state.live) for owner in selected)
    return Plan(
        commit=desired.commit,
        change_sets=sets,
        unchanged=ours - touched,
        foreign=tuple(
            sorted(
                key
                for key, item in desired.objects.items()
                if key in live.objects and not live.objects[key].is_ours and selection.includes(item.owner)
            )
        ),
        held=tuple(sorted(held.values(), key=lambda item: item.name)),
        problems=(
            *holds.problems,
            *kept_servers(as_in_git, live, (*holds.by_name,)),
            *last_servers_kept(as_in_git, live, (*holds.by_name,)),
            *restoration.problems,
            *_withheld(selected, holds, desired, options),
            *_doubts(selected, holds, desired),
            *lost_by_rename(planned, desired),
            *copies(live),
            *stripped(desired, live),
            *unchecked(sets, desired, live),
        ),
        digest=digest_of(sets),
        switched_off=tuple(
            owner.state.owner
            for owner in selected
            if owner.state.switch and owner.changes and owner.state.name not in holds.by_name
        ),
        edited=tuple(
            owner.state.owner
            for owner in selected
            if owner.state.name in edited and owner.state.name not in holds.by_name
        ),
    )


def _way_out(desired: DesiredState, live: LiveState, options: PlanOptions) -> str:
    """The permit for the plan that also undoes the edits for which owners are held."""
    plan = make_plan(desired, live, replace(options, may_switch_off=True, may_undo=True))
    down = [owner for owner, effect in effects_of(plan, live).items() if effect.losses]
    return str(Permit(owners=len(down), digest=plan.digest))


def _withheld(
    owners: Sequence[OwnerChanges], holds: Holds, desired: DesiredState, options: PlanOptions
) -> Iterator[Problem]:
    planned = [owner for owner in owners if owner.state.name not in holds.by_name]
    if options.policy is Policy.SERVERS_ONLY:
        yield from left_by_servers_only(planned)
        return
    for owner in planned:
        yield from withheld(owner, desired, options)


def _doubts(owners: Sequence[OwnerChanges], holds: Holds, desired: DesiredState) -> Iterator[Problem]:
    """Each doubt about a VIP that is created, once: several owners may share a network."""
    made = [owner for owner in owners if owner.state.name not in holds.by_name]
    yield from dict.fromkeys(problem for owner in made for problem in doubts_about(owner, desired))


def copies(live: LiveState) -> tuple[Problem, ...]:
    """A warning for each object that somebody copied from one of ours."""
    return tuple(
        Problem(
            severity=Severity.WARNING,
            message=f"{item.key} is a copy: it has our markers, but for another name; left unchanged",
            fix="delete it by hand, or remove its markers",
            origin=None,
        )
        for item in sorted(live, key=lambda item: item.key)
        if item.ownership is Ownership.CLONE
    )


def stripped(desired: DesiredState, live: LiveState) -> tuple[Problem, ...]:
    """A warning for each object that has lost its marks and that no owner in Git would take over again."""
    return tuple(
        Problem(
            severity=Severity.WARNING,
            message=f"{item.key} was made by avi-sync, but some of its markers were removed; left unchanged",
            fix="restore its markers, or adopt it with avi-sync adopt once it is in Git",
        )
        for item in sorted(live, key=lambda item: item.key)
        if item.ownership is Ownership.STRIPPED and item.key not in desired.objects
    )


def digest_of(sets: Sequence[ChangeSet]) -> str:
    """The digest of a plan: changes and writes, not the commit, and no servers that follow the cluster."""
    return digest([found for item in sets if any(found := _fingerprint(item))])


def _fingerprint(change_set: ChangeSet) -> list[list[Any]]:
    """Changes and writes, without what may differ between two reads of the same configuration."""
    followed = {change.key for change in change_set.changes if change.is_server_change}
    return [
        [
            [c.action, str(c.key), _lasting_reason(c), [[f.path, f.before, f.after] for f in c.fields]]
            for c in change_set.changes
            if c.key not in followed
        ],
        [[w.method, str(w.key)] for w in change_set.writes if w.key not in followed],
    ]


def _lasting_reason(change: Change) -> str:
    """The reason, without the run that deleted an object: whether it is still alive may change between two reads."""
    return "" if change.cause in (Cause.INTERRUPTED, Cause.IN_PROGRESS) else change.reason
