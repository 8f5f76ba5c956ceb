"""How many owners a plan takes down, and what lets through more. The unit is the owner, never the object."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.compare.markers import PROTECTED, markers_of
from sync.kinds import KINDS
from sync.model.desired import ObjectKey, Owner
from sync.model.live import LiveState
from sync.model.plan import Action, Method, Permit, Plan, Refusal
from sync.model.settings import GuardLimit, GuardSettings

SHORTEST_DIGEST = 12
"""Of a plan's digest, as the last line of a plan shows it."""

DELETED, DISRUPTED = "deleted", "replaced or disrupted"
DRAINED = "deleted or drained (a pool goes, or most of its servers)"

_AT_LEAST = {DELETED: 1, DRAINED: 1, DISRUPTED: 2}
"""Owners that a run may always touch in this way, however few are live."""


def beyond_limits(plan: Plan, live: LiveState, limits: GuardSettings, permit: Permit | None) -> Iterator[Refusal]:
    """What takes down more than one run may, what is protected, and what only a switch in values.yaml takes away."""
    present = {item.owner_name for item in live if item.is_ours}
    pools = _pools(plan, live)
    deleted, disrupted = _down(plan, pools)
    found = [
        *_over(len(deleted), DELETED if deleted == _deleted(plan) else DRAINED, limits.deletes, len(present)),
        *_nothing_left(plan, _deleted(plan) | _emptied(plan, pools, live), _shrunken(pools), len(present)),
        *_over(len(disrupted), DISRUPTED, limits.replaces, len(present)),
        *_protected(deleted | disrupted, live),
        *_switched_off(plan),
    ]
    touched = len(deleted) + len(disrupted)
    denied = tuple(_denied(plan, permit, touched)) if permit else ()
    if not found or (permit and not denied):
        return
    yield from denied
    fix = f"if that is meant: {_permit_for(plan, touched)}"
    yield from (Refusal(message=message, fix=fix) for message in found)


def beyond_the_first_plan(first: Plan, seen: LiveState, again: Plan, live: LiveState) -> Iterator[Refusal]:
    """What a plan that was made anew takes down and the first one, made with what was `seen`, did not.

    What somebody has protected meanwhile counts as not said: whoever let the first plan pass did not know of it.
    """
    deleted, disrupted = _down(first, _pools(first, seen))
    now_deleted, now_disrupted = _down(again, _pools(again, live))
    protected = (now_deleted | now_disrupted) & (_marked(live) - _marked(seen))
    for owner in sorted((now_deleted - deleted) | (now_disrupted - disrupted - deleted) | protected):
        yield Refusal(
            message=f"{owner} would now be taken down, which the plan did not say", fix="run again, and read the plan"
        )


def _down(plan: Plan, pools: Sequence["_PoolLoss"]) -> tuple[frozenset[Owner], frozenset[Owner]]:
    """Owners that a plan deletes or drains, and those that it replaces or disrupts."""
    deleted = _deleted(plan) | {pool.owner for pool in pools if pool.loses_most}
    return deleted, _disrupted(plan) - deleted


def _protected(down: frozenset[Owner], live: LiveState) -> Iterator[str]:
    for owner in sorted(down & _marked(live)):
        yield f"{owner} is protected (annotation avi-sync/protect), and the plan would take it down"


def _marked(live: LiveState) -> frozenset[Owner]:
    return frozenset(
        item.owner
        for item in live
        if item.is_ours and item.owner is not None and markers_of(item.body).get(PROTECTED) == "true"
    )


def _switched_off(plan: Plan) -> Iterator[str]:
    if plan.switched_off:
        owners = ", ".join(str(owner) for owner in plan.switched_off)
        yield f"only a switch in values.yaml takes these away: {owners}"


def _denied(plan: Plan, permit: Permit, touched: int) -> Iterator[Refusal]:
    """Why a permit does not let the plan pass."""
    if len(permit.digest) < SHORTEST_DIGEST or not plan.digest.startswith(permit.digest):
        yield Refusal(
            message=f"--plan-digest {permit.digest} is not this plan's digest ({plan.digest})",
            fix="read this plan, and name its digest",
        )
    elif touched > permit.owners:
        yield Refusal(
            message=f"the plan deletes, replaces or disrupts {touched} owners; {permit.owners} are allowed",
            fix=_permit_for(plan, touched),
        )


def _permit_for(plan: Plan, touched: int) -> str:
    return f"--allow-deletes {touched} --plan-digest {plan.digest[:SHORTEST_DIGEST]}"


def _over(number: int, what: str, limit: GuardLimit, live: int) -> Iterator[str]:
    allowed = min(limit.count, max(_AT_LEAST[what], limit.percent * live // 100))
    if number > allowed:
        yield f"{number} of {live} live owners would be {what}; at most {allowed} may be in one run"


def _nothing_left(plan: Plan, gone: frozenset[Owner], shrunken: frozenset[Owner], live: int) -> Iterator[str]:
    down = gone | shrunken
    created = {change.owner for change in plan.changes if change.action is Action.CREATE} - down
    if not down or len(down) < live or created:
        return
    if len(gone) >= live:
        yield "no owner would be left: an empty tree is more likely a mistake than a wish"
    else:
        yield "no owner would keep most of its servers: so many rarely go at once"


def _deleted(plan: Plan) -> frozenset[Owner]:
    """Owners whose VirtualService goes for good; one that moves to another tenant comes back there."""
    created = {change.owner for change in plan.changes if change.action is Action.CREATE}
    return _without_virtual_service(plan) - created


def _without_virtual_service(plan: Plan) -> frozenset[Owner]:
    return frozenset(
        change.owner
        for change in plan.changes
        if change.action is Action.DELETE and "vsvip_ref" in KINDS[change.key.kind].managed
    )


def _disrupted(plan: Plan) -> frozenset[Owner]:
    """Owners whose connections break, but that stay."""
    breaking = {change.owner for change in plan.changes if change.is_disruptive and change.action is not Action.DELETE}
    return frozenset(breaking | _without_virtual_service(plan)) - _deleted(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PoolLoss:
    """The servers of one live pool that changes, before and after."""

    key: ObjectKey
    owner: Owner
    had: int
    has: int
    stays: bool

    @property
    def loses_most(self) -> bool:
        """The last server, or more than half. By number: a rollout that exchanges every server takes nothing away."""
        return self.has < self.had and (self.has == 0 or 2 * self.has < self.had)


def _pools(plan: Plan, live: LiveState) -> tuple[_PoolLoss, ...]:
    """Pools that are updated or deleted, but those that move to another tenant: a port without pool serves nobody."""
    moved = {(change.key.kind, change.key.name) for change in plan.changes if change.action is Action.CREATE}
    bodies = _bodies(plan, Method.PUT)
    return tuple(
        _PoolLoss(
            key=change.key,
            owner=change.owner,
            had=_servers(live.objects[change.key].body),
            has=_servers(bodies.get(change.key, {})),
            stays=change.action is Action.UPDATE,
        )
        for change in plan.changes
        if change.action in (Action.UPDATE, Action.DELETE)
        and "servers" in KINDS[change.key.kind].managed
        and (change.key.kind, change.key.name) not in moved
    )


def _bodies(plan: Plan, method: Method) -> dict[ObjectKey, Mapping[str, Any]]:
    writes = (write for change_set in plan.change_sets for write in change_set.writes)
    return {write.key: write.body or {} for write in writes if write.method is method}


def _servers(body: Mapping[str, Any]) -> int:
    return len(body.get("servers") or ())


def _shrunken(pools: Sequence[_PoolLoss]) -> frozenset[Owner]:
    """Owners with a pool that stays, and loses most of its servers. One that goes may make room for another."""
    return frozenset(pool.owner for pool in pools if pool.stays and pool.loses_most)


def _emptied(plan: Plan, pools: Sequence[_PoolLoss], live: LiveState) -> frozenset[Owner]:
    """Owners that would be left without any server."""
    after = {pool.key: pool.has for pool in pools}
    left: dict[Owner, int] = defaultdict(int)
    for item in live:
        if item.owner is not None and "servers" in KINDS[item.key.kind].managed:
            left[item.owner] += after.get(item.key, _servers(item.body))
    made = _bodies(plan, Method.POST)
    for change in plan.changes:
        left[change.owner] += _servers(made.get(change.key, {}))
    return frozenset(pool.owner for pool in pools if pool.had and not left[pool.owner])
