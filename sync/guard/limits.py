"""How many owners a plan may take down, and the permit for more. The unit is the owner, never the object."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.model.desired import Owner
from sync.model.live import LiveState
from sync.model.plan import Action, Permit, Plan, Refusal
from sync.model.settings import GuardLimit, GuardSettings
from sync.model.wording import SHORT_LENGTH
from sync.plan.outages import Effect, Gravity, effects_of

DELETED, DISRUPTED = "deleted", "replaced or disrupted"
DRAINED = "deleted or drained (a listener goes, or most of its servers)"

_AT_LEAST = {DELETED: 1, DRAINED: 1, DISRUPTED: 2}
"""How many owners a run may always take down in this way, however few are live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Down:
    """The owners that a plan takes down: deleted, drained although they stay, or only disrupted."""

    deleted: frozenset[Owner]
    drained: frozenset[Owner]
    disrupted: frozenset[Owner]

    @property
    def all(self) -> frozenset[Owner]:
        """Every owner that loses something."""
        return self.deleted | self.drained | self.disrupted


def beyond_limits(plan: Plan, live: LiveState, limits: GuardSettings, permit: Permit | None) -> Iterator[Refusal]:
    """Refusals of a plan that takes down too many owners, protected ones, or ones that no manifest removes."""
    present = {item.owner_name for item in live if item.is_ours}
    effects = effects_of(plan, live)
    down = _down(effects)
    taken = down.deleted | down.drained
    found = [
        *_over(len(taken), DRAINED if down.drained else DELETED, limits.deletes, len(present)),
        *_nothing_left(plan, effects, len(present)),
        *_over(len(down.disrupted), DISRUPTED, limits.replaces, len(present)),
        *_protected(down.all, live),
        *_switched_off(plan),
        *_edited(plan),
    ]
    needed = Permit(owners=len(down.all), digest=plan.digest)
    denied = tuple(_denied(plan, permit, needed)) if permit else ()
    if not found or (permit and not denied):
        return
    yield from denied
    yield from (Refusal(message=message, fix=f"if this is intended: {needed}") for message in found)


def beyond_the_first_plan(first: Plan, seen: LiveState, again: Plan, live: LiveState) -> Iterator[Refusal]:
    """Refusals of owners that a second plan takes down and the first one, made with `seen`, did not.

    An owner that was protected in the meantime counts as well: whoever approved the first plan did not know of it.
    """
    before, now = _down(effects_of(first, seen)), _down(effects_of(again, live))
    deleted, now_deleted = before.deleted | before.drained, now.deleted | now.drained
    protected = now.all & (_marked(live) - _marked(seen))
    for owner in sorted((now_deleted - deleted) | (now.disrupted - before.all) | protected):
        yield Refusal(
            message=f"{owner} would now be taken down, which was not in the plan", fix="run again, and review the plan"
        )


def _down(effects: Mapping[Owner, Effect]) -> _Down:
    deleted = frozenset(owner for owner, effect in effects.items() if effect.has(Gravity.GONE))
    drained = frozenset(owner for owner, effect in effects.items() if effect.has(Gravity.DRAINED))
    lost = frozenset(owner for owner, effect in effects.items() if effect.losses)
    return _Down(deleted=deleted, drained=drained, disrupted=lost - deleted - drained)


def _protected(down: frozenset[Owner], live: LiveState) -> Iterator[str]:
    for owner in sorted(down & _marked(live)):
        yield f"{owner} is protected (annotation avi-sync/protect), and the plan would take it down"


def _marked(live: LiveState) -> frozenset[Owner]:
    return frozenset(
        item.owner for item in live if item.is_ours and item.owner is not None and item.markers.is_protected
    )


def _switched_off(plan: Plan) -> Iterator[str]:
    if plan.switched_off:
        owners = ", ".join(str(owner) for owner in plan.switched_off)
        yield f"only a setting in values.yaml removes these: {owners}"


def _edited(plan: Plan) -> Iterator[str]:
    if plan.edited:
        owners = ", ".join(str(owner) for owner in plan.edited)
        yield f"only to undo an edit on the Controller, these would be taken down: {owners}"


def _denied(plan: Plan, permit: Permit, needed: Permit) -> Iterator[Refusal]:
    """Why a permit does not cover the plan."""
    if len(permit.digest) < SHORT_LENGTH or not plan.digest.startswith(permit.digest):
        yield Refusal(
            message=f"--plan-digest {permit.digest} is not this plan's digest ({plan.digest})",
            fix="review this plan, and pass its digest",
        )
    elif needed.owners > permit.owners:
        yield Refusal(
            message=f"the plan deletes, replaces or disrupts {needed.owners} owners; {permit.owners} are allowed",
            fix=str(needed),
        )


def _over(number: int, what: str, limit: GuardLimit, live: int) -> Iterator[str]:
    allowed = min(limit.count, max(_AT_LEAST[what], limit.percent * live // 100))
    if number > allowed:
        yield f"{number} of {live} live owners would be {what}; the limit is {allowed} per run"


def _nothing_left(plan: Plan, effects: Mapping[Owner, Effect], live: int) -> Iterator[str]:
    gone = {owner for owner, effect in effects.items() if effect.has(Gravity.GONE) or effect.is_emptied}
    down = gone | {owner for owner, effect in effects.items() if effect.is_shrunken}
    created = {change.owner for change in plan.changes if change.action is Action.CREATE} - down
    if not down or len(down) < live or created:
        return
    if len(gone) >= live:
        yield "no owner would be left; an empty tree is usually a mistake"
    else:
        yield "every owner would lose most of its servers; this is rarely intended"
