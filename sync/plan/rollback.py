"""A recorded run × live → the plan that takes back what the run did.

Wanted is what the objects that the run touched were before it; everything else stays. So this is a plan like any other:
what differs is found by the same comparison, held by the same rules, ordered in the same way. An owner is taken back as
a whole or not at all.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from sync.compare.recorded import (
    as_desired,
    as_lost,
    fields_of_last_write,
    fields_without_their_secrets,
    is_as,
)
from sync.kinds import KINDS
from sync.model.desired import AviObject, DesiredState, Held, ObjectKey, Owner
from sync.model.journal import RecordedChange, RecordedRun
from sync.model.live import LiveObject, LiveState
from sync.model.outcome import ChangeState
from sync.model.plan import Action, Cause, Change, ChangeSet, Plan, PlanOptions
from sync.model.problem import Problem, Severity
from sync.model.secrets import without_secrets
from sync.model.selection import Selection
from sync.plan.make import digest_of, make_plan

_DONE_BY: Mapping[Action, str] = {
    Action.CREATE: "deleted",
    Action.UPDATE: "changed",
    Action.DELETE: "created",
}
"""What the run did that an action takes back; a replace has a reason of its own."""


_INVERSE_OF: Mapping[Action, str] = {
    Action.ADOPT: "avi-sync release",
    Action.RELEASE: "avi-sync adopt",
}
"""What takes back a change of hands: besides marks there is the checksum by which AKO knows its own work."""


def plan_rollback(run: RecordedRun, later: Sequence[RecordedRun], live: LiveState, options: PlanOptions) -> Plan:
    """The plan; an owner of which something has been changed since is held and named. `later` tell by which run."""
    groups = [group for group in _groups(run, live) if options.selection.includes(group.owner)]
    objects: dict[ObjectKey, AviObject] = {}
    problems: list[Problem] = []
    held: list[Held] = []
    owners: set[Owner] = set()
    for group in groups:
        found = _looked_at(group, live)
        if all(state is _State.BEFORE for _, state in found):
            continue
        wanted = _wanted(group, found, live)
        trouble = next(_troubles(found, wanted, run, later), None)
        if trouble is not None:
            problems.append(_problem(group, *trouble))
            held.append(Held(owner=group.owner, name=group.name))
            continue
        objects |= wanted
        owners |= {group.owner, *(item.owner for item in _live_of(group, live) if item.owner is not None)}
    plan = _plan(objects, owners, run, live, options)
    return replace(
        plan,
        held=tuple(sorted((*plan.held, *held), key=lambda item: item.name)),
        problems=(*problems, *plan.problems),
    )


# --- what the run touched ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """What the run touched of one owner; `name` is that of the owner's VirtualService."""

    owner: Owner
    name: str
    changes: tuple[RecordedChange, ...]


def _groups(run: RecordedRun, live: LiveState) -> Iterator[_Group]:
    by_owner: dict[Owner, list[RecordedChange]] = defaultdict(list)
    for change in run.changes:
        if change.may_have_happened:
            by_owner[change.owner].append(change)
    for owner, changes in sorted(by_owner.items()):
        yield _Group(owner=owner, name=_name_of(changes, live), changes=tuple(changes))


def _name_of(changes: Sequence[RecordedChange], live: LiveState) -> str:
    """The name of the owner's VirtualService; empty if nothing tells it, but then nothing of the owner is live."""
    for change in changes:
        found = live.objects.get(change.key)
        if found is not None and found.owner_name:
            return found.owner_name
    return next((change.key.name for change in changes if "vsvip_ref" in KINDS[change.key.kind].managed), "")


def _live_of(group: _Group, live: LiveState) -> Iterator[LiveObject]:
    return (item for item in live if item.is_ours and item.owner_name == group.name)


class _State(Enum):
    """What an object is now, seen from the run."""

    BEFORE = auto()
    AFTER = auto()
    OTHER = auto()


Looked = tuple[tuple[RecordedChange, _State], ...]


def _looked_at(group: _Group, live: LiveState) -> Looked:
    return tuple((change, _state(change, live.objects.get(change.key))) for change in group.changes)


def _state(change: RecordedChange, found: LiveObject | None) -> _State:
    body = None if found is None else found.body
    if is_as(change.before, body, change.key, change.owner):
        return _State.BEFORE
    if is_as(change.after, body, change.key, change.owner):
        return _State.AFTER
    # A write that was refused has changed nothing: what is there now is not of this run.
    return _State.BEFORE if change.state is ChangeState.FAILED else _State.OTHER


def _wanted(group: _Group, found: Looked, live: LiveState) -> dict[ObjectKey, AviObject]:
    """All objects of the owner: what the run touched as it was, the others as they are."""
    wanted = {item.key: _as_it_is(item, group) for item in _live_of(group, live)}
    for change, state in found:
        present = live.objects.get(change.key)
        if state is not _State.AFTER:
            continue
        if change.before is None:
            wanted.pop(change.key, None)
        elif present is None:
            wanted[change.key] = as_lost(change.before, change.key, group.owner, group.name)
        else:
            wanted[change.key] = _as_it_was(change, present, group)
    return wanted


def _as_it_is(item: LiveObject, group: _Group) -> AviObject:
    return as_desired(item.body, item.key, group.owner, group.name)


def _as_it_was(change: RecordedChange, present: LiveObject, group: _Group) -> AviObject:
    """As it was; where only the secrets of a field are not known, that field stays as it is."""
    before = change.before or {}
    found = as_desired(before, change.key, group.owner, group.name, written_before=fields_of_last_write(present.body))
    same = frozenset(
        name
        for name in fields_without_their_secrets(found)
        if without_secrets(present.body.get(name)) == before.get(name)
    )
    return replace(
        found,
        body={name: value for name, value in found.body.items() if name not in same},
        normal={name: value for name, value in found.normal.items() if name not in same},
        left_alone=same,
    )


# --- what cannot be taken back ----------------------------------------------------------------------------------------


def _troubles(
    found: Looked, wanted: Mapping[ObjectKey, AviObject], run: RecordedRun, later: Sequence[RecordedRun]
) -> Iterator[tuple[str, str]]:
    """Why the owner cannot be taken back, and what to do."""
    for change, state in found:
        if inverse := _INVERSE_OF.get(change.action):
            yield f"run {run.run} changed whose {change.key} is, which a rollback does not take back", f"use {inverse}"
        if state is _State.OTHER:
            who = next((f"run {item.run}" for item in reversed(later) if _touched(item, change.key)), "somebody else")
            fix = (
                "take that run back first" if who != "somebody else" else "look at it, and change it in Git or by hand"
            )
            yield f"{change.key} has been changed since by {who}", fix
    for key, item in wanted.items():
        if hidden := fields_without_their_secrets(item):
            yield (
                f"{key} cannot be made as it was before run {run.run}: the journal holds no secrets "
                f"({', '.join(hidden)})",
                "apply the older commit instead, and put back by hand what others attached",
            )


def _touched(run: RecordedRun, key: ObjectKey) -> bool:
    return any(change.key == key and change.may_have_happened for change in run.changes)


def _problem(group: _Group, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.ERROR, message=f"held: {message}", fix=fix, origin=None, resource=str(group.owner))


# --- the plan ---------------------------------------------------------------------------------------------------------


def _plan(
    objects: Mapping[ObjectKey, AviObject], owners: set[Owner], run: RecordedRun, live: LiveState, options: PlanOptions
) -> Plan:
    """The plan for these owners, with reasons that name the run. Selecting nobody would select everybody."""
    desired = DesiredState(commit=run.began.commit, cluster=run.began.cluster, objects=dict(sorted(objects.items())))
    if not owners:
        nobody = replace(desired, objects={})
        return make_plan(nobody, LiveState(), options)
    selected = replace(options, selection=Selection(owners=frozenset(owners)), may_undo=True)
    plan = make_plan(desired, live, selected)
    sets = tuple(_with_reasons(change_set, run) for change_set in plan.change_sets)
    return replace(plan, change_sets=sets, digest=digest_of(sets), edited=())


def _with_reasons(change_set: ChangeSet, run: RecordedRun) -> ChangeSet:
    return replace(change_set, changes=tuple(_with_reason(change, run) for change in change_set.changes))


def _with_reason(change: Change, run: RecordedRun) -> Change:
    done = _DONE_BY.get(change.action)
    if done is None or (change.is_disruptive and change.action is Action.UPDATE):  # its reason tells the outage
        return replace(change, cause=Cause.GIT)
    return replace(change, reason=f"{done} by run {run.run}", cause=Cause.GIT)
