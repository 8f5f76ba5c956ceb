"""Plan × limits → what a guard refuses. Pure.

The unit is the owner: a Gateway, a LoadBalancer Service, a shared VIP. What takes the last server of a pool, or more
than half of its servers, counts like the delete of its owner. A refused plan is printed and not applied, as a whole:
who wants half of a plan can put half of it into Git.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.kinds import KINDS
from sync.model.desired import Owner
from sync.model.live import LiveState
from sync.model.plan import Action, Method, Permit, Plan, Refusal
from sync.model.settings import GuardLimit, GuardSettings

FREEZE_FILE = ".avi-sync-freeze"

SHORTEST_DIGEST = 12
"""Of a plan's digest, as the last line of a plan shows it."""

_AT_LEAST = {"deleted": 1, "replaced or disrupted": 2}
"""Owners that a run may always touch in this way, however few are live."""


def refusals(
    plan: Plan, live: LiveState, limits: GuardSettings, permit: Permit | None, freeze: str | None
) -> tuple[Refusal, ...]:
    """Everything that speaks against applying the plan; empty if it may be applied.

    `freeze` is the text of the freeze file in Git, None if there is none. `permit` lifts the limits for one plan.
    """
    if plan.is_empty:
        return ()
    return (*_frozen(freeze), *_beyond_limits(plan, live, limits, permit))


def _frozen(freeze: str | None) -> Iterator[Refusal]:
    if freeze is not None:
        said = " ".join(freeze.split())
        yield Refusal(
            message=f"Git holds {FREEZE_FILE}: nothing is written{f' ({said})' if said else ''}",
            fix="remove the file from Git",
        )


def _beyond_limits(plan: Plan, live: LiveState, limits: GuardSettings, permit: Permit | None) -> Iterator[Refusal]:
    present = {item.owner_name for item in live if item.is_ours}
    deleted = _deleted(plan) | _drained(plan, live)
    disrupted = _disrupted(plan) - deleted
    found = [
        *_over(len(deleted), "deleted", limits.deletes, len(present)),
        *_nothing_left(plan, deleted, len(present)),
        *_over(len(disrupted), "replaced or disrupted", limits.replaces, len(present)),
    ]
    touched = len(deleted) + len(disrupted)
    denied = tuple(_denied(plan, permit, touched)) if permit else ()
    if not found or (permit and not denied):
        return
    yield from denied
    fix = f"if that is meant: {_permit_for(plan, touched)}"
    yield from (Refusal(message=message, fix=fix) for message in found)


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


def _nothing_left(plan: Plan, deleted: frozenset[Owner], live: int) -> Iterator[str]:
    created = {change.owner for change in plan.changes if change.action is Action.CREATE} - deleted
    if deleted and len(deleted) >= live and not created:
        yield "no owner would be left: an empty tree is more likely a mistake than a wish"


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


def _drained(plan: Plan, live: LiveState) -> frozenset[Owner]:
    """Owners of which a pool loses its last server, or more than half of its servers."""
    bodies = {
        write.key: write.body
        for change_set in plan.change_sets
        for write in change_set.writes
        if write.method is Method.PUT and write.body is not None
    }
    return frozenset(
        change.owner
        for change in plan.changes
        if change.action is Action.UPDATE
        and "servers" in KINDS[change.key.kind].managed
        and _loses_most(live.objects[change.key].body, bodies[change.key])
    )


def _loses_most(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """By number: a rollout that exchanges every server for another one takes nothing away."""
    had, has = len(before.get("servers") or ()), len(after.get("servers") or ())
    return has < had and (has == 0 or 2 * has < had)
