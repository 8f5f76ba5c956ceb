"""Which owners are left unchanged, and why: the rules that depend on live state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.compare.vips import outside_of_its_subnet
from sync.kinds import Part
from sync.model.desired import DesiredState, Owner
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.plan import Action, Cause, PlanOptions
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges, losses, refused_before, tenant_move
from sync.plan.clashes import claims_of, holders_of, rival_claims, taken
from sync.plan.obstacles import users_of
from sync.plan.outages import NO_EFFECT, Effect
from sync.plan.owners import OwnerState
from sync.plan.passing import Passing
from sync.plan.pauses import why_paused
from sync.plan.policy import why_no_replace
from sync.plan.successors import waits
from sync.plan.unproven import misspelt, renamed_shared_vips, still_wanted


@dataclass(slots=True)
class Holds:
    """The owners that are held, by name, each with the problem that holds it (None: reported already)."""

    by_name: dict[str, Problem | None] = field(default_factory=dict)

    def add(self, state: OwnerState, message: str, fix: str, desired: DesiredState) -> None:
        """Hold an owner, for the first reason that is found."""
        if state.name not in self.by_name:
            self.by_name[state.name] = Problem(
                severity=Severity.ERROR,
                message=f"held: {message}",
                fix=fix,
                origin=desired.origins.get(state.name),
                resource=str(state.owner),
            )

    def add_problem(self, state: OwnerState, problem: Problem) -> None:
        """Hold an owner for a problem that has a place of its own, unless it is held already."""
        self.by_name.setdefault(state.name, problem)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that are not reported elsewhere, in owner order."""
        return tuple(problem for _, problem in sorted(self.by_name.items()) if problem is not None)


def holds_of(
    owners: Sequence[Passing],
    desired: DesiredState,
    live: LiveState,
    options: PlanOptions,
    effects: Mapping[str, Effect],
    way_out: str,
) -> Holds:
    """All owners of which nothing may be created, changed or deleted.

    `effects` are what their changes would do, by owner name; `way_out` is the permit for a plan that
    undoes edits on the Controller and takes owners down.
    """
    holds = Holds({held.name: None for held in desired.held})
    selection = options.selection
    holds.by_name |= {owner.state.name: None for owner in owners if not selection.includes(owner.state.owner)}
    if desired.holds_everything:
        holds.by_name |= {owner.state.name: None for owner in owners}
    digests = {owner.state.name: owner.state.desired_digest for owner in owners}
    for owner in owners:
        effect = effects.get(owner.state.name, NO_EFFECT)
        for message, fix in _reasons(owner.owner, effect, digests, desired, live, options, way_out):
            holds.add(owner.state, message, fix, desired)
        for problem in (*_holding_doubts(owner.owner, desired), *still_wanted(owner.owner, desired)):
            holds.add_problem(owner.state, problem)
    claims, holders = claims_of(owners, desired), holders_of(owners, live)
    changes = [owner.owner for owner in owners]
    for state, message, fix in (*rival_claims(owners, claims), *renamed_shared_vips(changes, desired)):
        holds.add(state, message, fix, desired)
    while True:  # an owner that is held keeps what it has, so owners that wait for it are held as well
        before = len(holds.by_name)
        for state, message, fix in taken(owners, claims, holders, holds.by_name):
            holds.add(state, message, fix, desired)
        waiting = waits(changes, desired, holds.by_name, selection)
        for state, (message, fix) in (*waiting, *misspelt(changes, desired, holds.by_name)):
            holds.add(state, message, fix, desired)
        if len(holds.by_name) == before:
            return holds


def _reasons(
    owner: OwnerChanges,
    effect: Effect,
    digests: Mapping[str, str],
    desired: DesiredState,
    live: LiveState,
    options: PlanOptions,
    way_out: str,
) -> Iterator[tuple[str, str]]:
    state = owner.state
    yield from _names_of_others(state, live)
    yield from why_paused(state, options.now)
    yield from why_no_replace(owner, effect, options)
    if effect.is_edited and not options.may_undo:
        yield (
            _edited(effect),
            f"undo the edit, or review the plan with --dry-run --allow-deletes 1 and then allow it: {way_out}",
        )
    if state.switch and not options.may_switch_off:
        yield (
            f"{state.switch}, but it is live: a setting alone deletes nothing",
            "revert the setting, remove it from Git as well, or list the deletes with --dry-run --allow-deletes 1",
        )
    if state.name in desired.tenant_unknown and (moved := tenant_move(state)):
        yield f"its Namespace is not in the tree, so its tenant is unknown ({moved})", "commit the Namespace"
    if not desired.is_complete:
        yield from _losses(owner)
    yield from _interrupted(state, desired)
    yield from _without_servers(owner)
    if owner.changes and not options.retry_refused and (said := refused_before(owner.state, digests)):
        yield (
            f"the Controller refused this before, and the old objects were restored: {said}",
            "correct the manifests, or run once with --retry-refused",
        )
    yield from _other_users(owner, live)
    for key in state.desired:
        for what in live.surroundings.missing.get(key, ()):
            message = f"{key} would refer to {what}, which the Controller does not have"
            yield (
                f"{message}, and live objects would have to be deleted first",
                "correct the reference, or create the object",
            )
    if owner.frees_addresses:
        yield from _impossible_addresses(state)


def _edited(effect: Effect) -> str:
    words = ", ".join(dict.fromkeys(loss.words for loss in effect.losses if loss.cause is Cause.LIVE))
    return f"it was edited on the Controller, and undoing the edit would take it down ({words})"


def _impossible_addresses(state: OwnerState) -> Iterator[tuple[str, str]]:
    """An address that the Controller would refuse once the old VIP is deleted (docs/safety.md#replace)."""
    for item in state.desired.values():
        if item.key.part is Part.ADDRESS and (reason := outside_of_its_subnet(item.body.get("vip") or ())):
            yield (
                f"{reason}, and the live VIP would have to be deleted first",
                "request an address in the subnet, or correct the cidr",
            )


def _names_of_others(state: OwnerState, live: LiveState) -> Iterator[tuple[str, str]]:
    for key in state.desired:
        found = live.objects.get(key)
        if found is not None and not found.is_ours:
            yield _not_ours(found, state.owner)


def _not_ours(found: LiveObject, owner: Owner) -> tuple[str, str]:
    key = found.key
    match found.ownership:
        case Ownership.CLONE:
            return f"{key} is a copy: it has our markers, but for another name", "delete or rename the copy by hand"
        case Ownership.AKO:
            return (
                f"{key} was made by this cluster's AKO and is not ours",
                "stop AKO and take it over with avi-sync adopt (docs/moving-from-ako.md)",
            )
        case Ownership.STRIPPED:
            return (
                f"{key} was made by avi-sync, but some of its markers were removed",
                "restore its markers with avi-sync adopt --ako-is-stopped; nothing else changes",
            )
        case Ownership.UNMARKED:
            return (
                f"{key} already exists and is not marked by any tool",
                f"adopt it with avi-sync adopt --ako-is-stopped once AKO is stopped, or rename the {owner.kind}",
            )
        case _:
            by = found.body.get("created_by") or "somebody else"
            return (
                f"{key} already exists and is not ours (created by {by})",
                f"rename the {owner.kind}, or delete the object",
            )


def _interrupted(state: OwnerState, desired: DesiredState) -> Iterator[tuple[str, str]]:
    """Why an owner that an interrupted run has taken down is restored although it is not in Git."""
    if not state.missing or state.desired:
        return
    if not desired.is_complete:
        yield "some files could not be read, so it may still be in Git", "correct the files that cannot be read"
    if any(item.before.markers.is_protected for item in state.backups.values()):
        yield (
            f"it is protected (annotation avi-sync/protect), and {state.why_gone}",
            "delete it by hand if that is intended",
        )


def _without_servers(owner: OwnerChanges) -> Iterator[tuple[str, str]]:
    """Pools that would be created while nobody can tell their servers: an address without servers helps nobody."""
    for key, item in owner.state.desired.items():
        unknown, change = item.unknown_servers, owner.changes.get(key)
        is_created = change is not None and change.action is Action.CREATE
        if is_created and unknown is not None and unknown.is_everything and not item.body.get("servers"):
            yield f"{key} would be created without servers: {unknown.reason}", unknown.fix


def _losses(owner: OwnerChanges) -> Iterator[tuple[str, str]]:
    lost = [
        item
        for key, change in owner.changes.items()
        for item in losses(change, owner.state.desired.get(key), owner.state.live.get(key))
    ]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield (
            f"some files could not be read, so removals are off; this change would remove {lost[0]}{more}",
            "correct the files that cannot be read",
        )


def _other_users(owner: OwnerChanges, live: LiveState) -> Iterator[tuple[str, str]]:
    """Objects of others that refer to what would be deleted: the Controller would refuse halfway."""
    going = {
        owner.state.live[key].uuid: key
        for key, change in owner.changes.items()
        if change.action in (Action.REPLACE, Action.DELETE) and key in owner.state.live
    }
    for other, name, gone in users_of(going, live, owner.state.live.keys()) if going else ():
        yield f"{other} refers to {gone}, which would be deleted", f"remove the reference from {name} of {other} first"


def doubts_about(owner: OwnerChanges, desired: DesiredState) -> tuple[Problem, ...]:
    """The doubts about a VIP that the owner would get; empty if it gets none."""
    made = (change for change in owner.changes.values() if change.action in (Action.CREATE, Action.REPLACE))
    is_made = any(change.key.part is Part.ADDRESS for change in made)
    return desired.doubts.get(owner.state.name, ()) if is_made else ()


def _holding_doubts(owner: OwnerChanges, desired: DesiredState) -> Iterator[Problem]:
    """The same as errors, where a live VIP would be deleted for the new one."""
    for doubt in doubts_about(owner, desired) if owner.frees_addresses else ():
        message = f"held: {doubt.message}, and the live VIP would have to be deleted first"
        yield replace(doubt, severity=Severity.ERROR, message=message, resource=str(owner.state.owner))
