"""What a run leaves behind that was interrupted in a replace: owners with missing objects, and their backups.

If such an owner is in Git and not held, the ordinary plan completes the replace: it creates what is missing, with what
others had attached, and restores the old objects if that is refused (`changes`, `order`). This module does the rest: an
owner that is held is restored as it was, because we took it down. An owner that is no longer in Git stays deleted.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.model.desired import DesiredState
from sync.model.live import Backup, LiveState
from sync.model.plan import Action, Change, ChangeSet, PlanOptions, Write
from sync.model.policy import Policy
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges
from sync.plan.holds import Holds
from sync.plan.owners import OwnerState, places_of, serving_owners
from sync.plan.writes import climbing_keys, creation_of, resumed

RESTORED = "restored, because its owner is held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """The change sets that restore held owners, and a problem for every interrupted owner."""

    change_sets: tuple[ChangeSet, ...]
    problems: tuple[Problem, ...]


def restore_held(
    owners: Sequence[OwnerChanges], holds: Holds, desired: DesiredState, live: LiveState, options: PlanOptions
) -> Restoration:
    """What to do about the owners that a run was replacing when it was interrupted, and what to report.

    Owners that it was replacing together are restored together: they may have exchanged addresses.
    """
    if options.policy is Policy.SERVERS_ONLY:  # for the next ordinary run
        return Restoration(change_sets=(), problems=())
    interrupted = [
        owner.state for owner in owners if owner.state.missing and options.selection.includes(owner.state.owner)
    ]
    held: dict[str, list[OwnerState]] = defaultdict(list)
    problems: list[Problem] = []
    for state in interrupted:
        if state.name in holds.by_name:
            held[next(iter(state.backups.values())).group].append(state)
        elif state.desired:
            problems.append(
                _problem(
                    state, desired, Severity.WARNING, "this run completes the replace", "check the log of that run"
                )
            )
    sets: list[ChangeSet] = []
    for states in held.values():
        if why := _obstacle(states, live, options):
            message, fix = why
            problems += [_problem(state, desired, Severity.ERROR, f"not restored: {message}", fix) for state in states]
        else:
            sets.append(_change_set(states))
            message = "it is restored, because its owner is held"
            problems += [
                _problem(state, desired, Severity.WARNING, message, "check the log of that run") for state in states
            ]
    return Restoration(change_sets=tuple(sets), problems=tuple(problems))


def _problem(state: OwnerState, desired: DesiredState, severity: Severity, message: str, fix: str) -> Problem:
    names = ", ".join(str(key) for key in sorted(state.missing))
    if state.holder and severity is Severity.WARNING:
        message, fix = f"once that run has ended, {message}", "wait for it"
    cause = f"a previous run was interrupted after deleting {names}"
    if state.holder:
        cause = f"{state.holder} holds the lock and has deleted {names} for a replace"
    return Problem(
        severity=severity,
        message=f"{cause}; {message}",
        fix=fix,
        origin=desired.origins.get(state.name),
        resource=str(state.owner),
    )


def _obstacle(states: Sequence[OwnerState], live: LiveState, options: PlanOptions) -> tuple[str, str] | None:
    """Why owners cannot be restored, and what to do; None if they can."""
    if any(state.recreated for state in states) and (options.policy is not Policy.SYNC or not options.may_replace):
        return "its replacement would have to be deleted", "run without --policy and --no-replace"
    going = {item.key for state in states for item in state.recreated.values()}
    taken = {place for state in states for item in state.interrupted for place in places_of(item)}
    for item in live:
        for place in sorted(places_of(item) & taken, key=str):
            if item.key not in going:
                return (
                    f"{item.key} has taken address {place}",
                    f"free the address, or correct {states[0].owner} in Git",
                )
    return None


def _change_set(states: Sequence[OwnerState]) -> ChangeSet:
    changes = [change for state in states for change in _changes(state)]
    writes = tuple(_writes(states))
    return ChangeSet(
        owners=tuple(sorted(state.owner for state in states)),
        changes=tuple(sorted(changes, key=lambda change: (change.owner, change.key))),
        writes=writes,
        in_hand=range(len(writes)),
        resumes=resumed(states),
    )


def _changes(state: OwnerState) -> Iterator[Change]:
    who, cause = state.taken_down
    for item in state.interrupted:
        is_replaced = item.key in state.live
        yield Change(
            action=Action.REPLACE if is_replaced else Action.CREATE,
            key=item.key,
            owner=state.owner,
            reason=f"{'made' if is_replaced else 'deleted'} by {who}; {RESTORED}",
            cause=cause,
        )
    for found in state.recreated.values():
        if found.key not in state.backups:
            reason = f"made by {who}; {RESTORED}"
            yield Change(action=Action.DELETE, key=found.key, owner=state.owner, reason=reason, cause=cause)


def _writes(states: Sequence[OwnerState]) -> Iterator[Write]:
    """Deletes of what was made in their place, descending, then creates of the old objects, climbing."""
    yield from reversed([undo for undo in resumed(states).values() if undo is not None])
    old = {item.key: (state.owner, item) for state in states for item in state.interrupted}
    for key in climbing_keys(old):
        owner, item = old[key]
        yield creation_of(item, owner)


def still_needed(live: LiveState, owners: frozenset[str], *, is_everything: bool) -> tuple[Backup, ...]:
    """The backups that may still be needed; `owners` are the names of owners that are in Git or held.

    An owner that has its VirtualService needs none. Neither does one that is no longer in Git, once a run has planned
    for all owners.
    """
    serving = serving_owners(live)
    return tuple(
        item
        for item in live.backups
        if item.before.owner_name not in serving and (item.before.owner_name in owners or not is_everything)
    )
