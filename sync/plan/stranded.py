"""What a run that was interrupted in the middle of a replace has left: owners whose objects are stored, and missing.

Where Git asks for the owner and nothing holds it, the replace is finished: the ordinary plan creates what is missing,
with what others had attached to it, and puts the old objects back if that is refused (`changes`, `order`). Here is the
rest: an owner that is held is put back as it was, for it was we who took it down. An owner that is gone from Git is
left to go.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.model.desired import DesiredState
from sync.model.live import KeptObject, LiveState
from sync.model.plan import Action, Change, ChangeSet, PlanOptions, Write
from sync.model.policy import Policy
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges
from sync.plan.holds import Holds
from sync.plan.owners import Pair, places_of, serving_owners
from sync.plan.writes import climbing_keys, creation_of, resumed

PUT_BACK = "restored, because its owner is held"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """The change sets that put held owners back, and what is said about every owner that was stranded."""

    change_sets: tuple[ChangeSet, ...]
    problems: tuple[Problem, ...]


def put_back(
    owners: Sequence[OwnerChanges], holds: Holds, desired: DesiredState, live: LiveState, options: PlanOptions
) -> PutBack:
    """Everything that is to be said and done about what an interrupted run has left.

    Owners that it had in hand together come back together: they may have passed on addresses to each other.
    """
    stranded = [owner.pair for owner in owners if owner.pair.missing and options.selection.includes(owner.pair.owner)]
    held: dict[str, list[Pair]] = defaultdict(list)
    problems: list[Problem] = []
    for pair in stranded:
        if pair.name in holds.by_name:
            held[next(iter(pair.kept.values())).group].append(pair)
        elif pair.desired:
            problems.append(
                _problem(pair, desired, Severity.WARNING, "this run completes the replace", "check the log of that run")
            )
    sets: list[ChangeSet] = []
    for pairs in held.values():
        if why := _why_not(pairs, live, options):
            said, fix = why
            problems += [_problem(pair, desired, Severity.ERROR, f"not restored: {said}", fix) for pair in pairs]
        else:
            sets.append(_change_set(pairs))
            said = "it is restored, because its owner is held"
            problems += [_problem(pair, desired, Severity.WARNING, said, "check the log of that run") for pair in pairs]
    return PutBack(change_sets=tuple(sets), problems=tuple(problems))


def _problem(pair: Pair, desired: DesiredState, severity: Severity, said: str, fix: str) -> Problem:
    names = ", ".join(str(key) for key in sorted(pair.missing))
    message = f"a previous run was interrupted after deleting {names}; {said}"
    if pair.holder:
        message = f"{pair.holder} holds the lock and has deleted {names} for a replace; {said}"
    if pair.holder and severity is Severity.WARNING:
        message, fix = f"{message} once that run has ended", "wait for it"
    return Problem(
        severity=severity,
        message=message,
        fix=fix,
        origin=desired.origins.get(pair.name),
        resource=str(pair.owner),
    )


def _why_not(pairs: Sequence[Pair], live: LiveState, options: PlanOptions) -> tuple[str, str] | None:
    """What keeps owners from being put back, and what to do; None if nothing does."""
    if any(pair.remade for pair in pairs) and (options.policy is not Policy.SYNC or not options.may_replace):
        return "its replacement would have to be deleted", "run without --policy and --no-replace"
    going = {item.key for pair in pairs for item in pair.remade.values()}
    wanted = {place for pair in pairs for item in pair.stranded for place in places_of(item)}
    for item in live:
        for place in sorted(places_of(item) & wanted, key=str):
            if item.key not in going:
                return (
                    f"{item.key} has taken address {place}",
                    f"free the address, or correct {pairs[0].owner} in Git",
                )
    return None


def _change_set(pairs: Sequence[Pair]) -> ChangeSet:
    changes = [change for pair in pairs for change in _changes(pair)]
    writes = tuple(_writes(pairs))
    return ChangeSet(
        owners=tuple(sorted(pair.owner for pair in pairs)),
        changes=tuple(sorted(changes, key=lambda change: (change.owner, change.key))),
        writes=writes,
        in_hand=range(len(writes)),
        resumes=resumed(pairs),
    )


def _changes(pair: Pair) -> Iterator[Change]:
    who, cause = pair.taken_down
    for item in pair.stranded:
        is_replaced = item.key in pair.live
        yield Change(
            action=Action.REPLACE if is_replaced else Action.CREATE,
            key=item.key,
            owner=pair.owner,
            reason=f"{'made' if is_replaced else 'deleted'} by {who}; {PUT_BACK}",
            cause=cause,
        )
    for found in pair.remade.values():
        if found.key not in pair.kept:
            reason = f"made by {who}; {PUT_BACK}"
            yield Change(action=Action.DELETE, key=found.key, owner=pair.owner, reason=reason, cause=cause)


def _writes(pairs: Sequence[Pair]) -> Iterator[Write]:
    """What was made in their place goes, descending; the old objects come, climbing."""
    yield from reversed([undo for undo in resumed(pairs).values() if undo is not None])
    old = {item.key: (pair.owner, item) for pair in pairs for item in pair.stranded}
    for key in climbing_keys(old):
        owner, item = old[key]
        yield creation_of(item, owner)


def still_needed(live: LiveState, wanted: frozenset[str], *, is_everything: bool) -> tuple[KeptObject, ...]:
    """What is stored and may still be needed; `wanted` are the names of owners that are in Git or held.

    An owner that serves is finished, and what nobody wants any more is gone for good once a run has looked at
    everything.
    """
    serving = serving_owners(live)
    return tuple(
        item
        for item in live.kept
        if item.before.owner_name not in serving and (item.before.owner_name in wanted or not is_everything)
    )
