"""What clients lose by a plan: owner by owner, before and after, with the cause.

Guards, protection, `--no-replace` and all reports use this module, so they agree on what an outage is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sync.avi.markers import Markers
from sync.compare.moves import before_moves
from sync.compare.objects import body_of_update
from sync.kinds import Part
from sync.model.desired import ObjectKey, Owner
from sync.model.live import LiveState
from sync.model.plan import Action, Cause, Change, Method, Plan
from sync.plan.changes import OwnerChanges
from sync.plan.owners import OwnerState
from sync.plan.serving import Bodies, Body, Serving, serving_of

GONE = "connections end"
REPLACED = "the VIP is down between delete and create: connections break"


class Gravity(StrEnum):
    """How much of an owner's traffic is lost, the gravest first."""

    GONE = "gone"
    """Its VirtualService is deleted for good."""
    DRAINED = "drained"
    """A listener is removed, or its last server, or more than half of its servers."""
    DISRUPTED = "disrupted"
    """It stays, but connections break, or an address or a DNS name is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One thing that clients lose. `action` and `reason` are those of the change that brings it about."""

    gravity: Gravity
    words: str
    action: Action
    reason: str
    cause: Cause
    stays: bool = True
    """Whether the listener or the pool is still there, with fewer servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What changes mean for the traffic of one owner; `losses` is empty if clients lose nothing."""

    before: Serving
    after: Serving
    losses: tuple[Loss, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What is lost, without repetitions."""
        return tuple(dict.fromkeys(loss.words for loss in self.losses))

    def words_of(self, *gravities: Gravity) -> str:
        """What is lost of these gravities, in one text."""
        return ", ".join(dict.fromkeys(loss.words for loss in self.losses if loss.gravity in gravities))

    def has(self, gravity: Gravity) -> bool:
        """Whether something of this gravity is lost."""
        return any(loss.gravity is gravity for loss in self.losses)

    @property
    def is_emptied(self) -> bool:
        """Whether it loses all of its enabled servers."""
        is_taken = self.has(Gravity.GONE) or self.has(Gravity.DRAINED)  # not where the cluster has moved them
        return is_taken and self.before.enabled > 0 and self.after.enabled == 0

    @property
    def is_shrunken(self) -> bool:
        """Whether a listener or a pool stays but loses most of its servers."""
        return any(loss.gravity is Gravity.DRAINED and loss.stays for loss in self.losses)

    @property
    def is_edited(self) -> bool:
        """Whether a loss comes from an edit on the Controller: Git requests what it requested before."""
        return any(loss.cause is Cause.LIVE for loss in self.losses)


NO_EFFECT = Effect(before=Serving(), after=Serving())


def effects_of(plan: Plan, live: LiveState) -> Mapping[Owner, Effect]:
    """The effect on each owner that changes, in plan order; `live` is what the plan was made with."""
    changes: dict[Owner, list[Change]] = defaultdict(list)
    written: dict[Owner, dict[ObjectKey, Body | None]] = defaultdict(dict)
    for change_set in plan.change_sets:
        for change in change_set.changes:
            changes[change.owner].append(change)
        for write in change_set.writes:
            written[write.owner][write.key] = None if write.method is Method.DELETE else write.body or {}
    present = Present(live)
    return {
        owner: effect_of(its_changes, present.bodies_of(owner, its_changes), written[owner], present)
        for owner, its_changes in changes.items()
    }


def effects_of_owners(owners: Iterable[OwnerChanges], live: LiveState) -> Mapping[str, Effect]:
    """The effect that each owner's changes would have, by its name, before they are held or brought into order."""
    present = Present(live)
    found = {}
    for owner in owners:
        if owner.changes:
            changes = tuple(owner.changes.values())
            before = present.bodies_of(owner.state.owner, changes)
            written = {change.key: _body(owner.state, change) for change in changes}
            found[owner.state.name] = effect_of(changes, before, written, present)
    return found


def _body(state: OwnerState, change: Change) -> Body | None:
    if change.action is Action.DELETE:
        return None
    desired, found = state.desired[change.key], state.live.get(change.key)
    return body_of_update(desired, found.body) if change.action is Action.UPDATE and found is not None else desired.body


class Present:
    """The live objects by owner, and all VsVips: a VirtualService may refer to one that is not its owner's."""

    def __init__(self, live: LiveState) -> None:
        self._objects = live.objects
        self._owned: dict[Owner, dict[ObjectKey, Body]] = defaultdict(dict)
        self.vips: dict[tuple[str, str], Body] = {}
        for item in live:
            if item.is_ours and item.owner is not None:
                self._owned[item.owner][item.key] = item.body
            if item.key.part is Part.ADDRESS:
                self.vips[item.key.tenant, item.key.name] = item.body

    def bodies_of(self, owner: Owner, changes: Iterable[Change]) -> dict[ObjectKey, Body]:
        """What is live of an owner, with what a plan takes over for it."""
        changed = (change.key for change in changes if change.key in self._objects)
        return {**self._owned.get(owner, {}), **{key: self._objects[key].body for key in changed}}


def effect_of(
    changes: Collection[Change], before: Bodies, written: Mapping[ObjectKey, Body | None], present: Present
) -> Effect:
    """The effect of one owner's changes on what is live of it; `written` are the new bodies, None for a delete.

    Servers that the cluster has moved are no loss: what Git and hands take away is counted as if it moved them before.
    """
    after = _overlaid(before, written)
    breaks = tuple(_breaks(changes, stays=any(key.part is Part.ENTRANCE for key in after)))
    if not before:  # a new owner takes nothing away
        return Effect(before=Serving(), after=Serving(), losses=breaks)
    was, will = serving_of(before, present.vips), serving_of(after, present.vips)
    if any(loss.gravity is Gravity.GONE for loss in breaks):
        return Effect(before=was, after=will, losses=breaks)
    before = {**before, **_followed(changes, before, written)}
    had = serving_of(before, present.vips)
    is_replaced = any(loss.words == REPLACED for loss in breaks)
    missing = [item for item in _missing(had, will) if not (is_replaced and item.is_in_reason)]
    requested = {item.unit for item in missing}
    edits = {change.key for change in changes if change.cause is Cause.LIVE}
    if missing and edits & written.keys():  # what would be missing if the edits on the Controller stayed
        by_git = {key: body for key, body in written.items() if key not in edits}
        requested = {item.unit for item in _missing(had, serving_of(_overlaid(before, by_git), present.vips))}
    losses = (_loss_of(item, changes, is_requested=item.unit in requested) for item in missing)
    return Effect(before=was, after=will, losses=(*breaks, *losses))


def _followed(
    changes: Iterable[Change], before: Bodies, written: Mapping[ObjectKey, Body | None]
) -> Mapping[ObjectKey, Body]:
    """The live pools that followed the cluster before, each as if it had already moved their servers."""
    return {
        change.key: before_moves(before[change.key], body, change.key.kind)
        for change in changes
        if change.moved is not None
        and (body := written.get(change.key)) is not None
        and change.key in before
        and Markers.of(before[change.key]).servers is not None
    }


def _overlaid(before: Bodies, written: Mapping[ObjectKey, Body | None]) -> Bodies:
    return {key: body for key, body in {**before, **written}.items() if body is not None}


def _breaks(changes: Iterable[Change], *, stays: bool) -> Iterator[Loss]:
    """Changes that break connections by themselves. A deleted pool does not: the rule that led to it counts instead."""
    for change in sorted(changes, key=lambda change: change.key.part is not Part.ENTRANCE):
        is_entrance = change.key.part is Part.ENTRANCE
        if change.action is Action.DELETE and is_entrance and not stays:
            yield _loss(Gravity.GONE, GONE, change, change.cause)
        elif change.action is Action.REPLACE or (change.action is Action.DELETE and is_entrance):
            yield _loss(Gravity.DISRUPTED, REPLACED, change, change.cause)
        elif change.is_disruptive and change.action is not Action.DELETE:
            yield _loss(Gravity.DISRUPTED, change.reason, change, change.cause)


def _loss(gravity: Gravity, words: str, change: Change, cause: Cause) -> Loss:
    return Loss(gravity=gravity, words=words, action=change.action, reason=change.reason, cause=cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Missing:
    """Something that was served and is no longer; `unit` names it, whatever is left of it.

    `parts` are those whose changes can cause it. `is_in_reason`: the reason of a replaced VIP says it already.
    """

    unit: tuple[str, ...]
    gravity: Gravity
    words: str
    parts: tuple[Part, ...]
    is_in_reason: bool = False
    stays: bool = True


def _missing(was: Serving, will: Serving) -> Iterator[_Missing]:
    for listener, had in sorted(was.listeners.items()):
        yield from _missing_servers(str(listener), had, will.at(listener))
    for pool in sorted(was.loose):
        yield from _missing_servers(f"pool {pool}", was.pools[pool], will.pools.get(pool))
    if addresses := sorted(was.addresses - will.addresses):
        moves = f"moves from VsVip {', '.join(sorted(was.vips))} to {', '.join(sorted(will.vips)) or 'none'}"
        yield _Missing(
            unit=("addresses", *addresses),
            gravity=Gravity.DISRUPTED,
            words=f"{moves}: address {', '.join(addresses)} is lost",
            parts=(Part.ENTRANCE, Part.ADDRESS),
            is_in_reason=True,
        )
    if names := sorted(was.names - will.names):
        new = ", ".join(sorted(will.names - was.names))
        yield _Missing(
            unit=("names", *names),
            gravity=Gravity.DISRUPTED,
            words=f"DNS name {', '.join(names)} {f'becomes {new}' if new else 'is lost'}",
            parts=(Part.ADDRESS, Part.ENTRANCE),
        )


def _missing_servers(what: str, had: int, has: int | None) -> Iterator[_Missing]:
    """The loss of the last server, or of more than half, by number: a rollout that exchanges all of them is no loss."""
    left = has or 0
    if left < had and (not left or 2 * left < had):
        if has is None:
            words = f"{what} is no longer served"
        elif not left:
            words = f"{what} has no server left that gets traffic ({had} before)"
        else:
            words = f"{what} keeps {left} of {had} enabled servers"
        parts = (Part.BACK_ENDS, Part.RULES, Part.ENTRANCE)
        yield _Missing(unit=(what,), gravity=Gravity.DRAINED, words=words, parts=parts, stays=has is not None)


def _loss_of(missing: _Missing, changes: Collection[Change], *, is_requested: bool) -> Loss:
    """The loss, with the change that explains it best."""
    cause = Cause.GIT if is_requested else Cause.LIVE
    order = {part: number for number, part in enumerate(missing.parts)}

    def rank(change: Change) -> tuple[bool, int]:
        is_other = (change.cause is Cause.LIVE) is is_requested
        return is_other, order.get(change.key.part, len(order))

    return replace(_loss(missing.gravity, missing.words, min(changes, key=rank), cause), stays=missing.stays)
