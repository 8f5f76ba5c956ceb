"""Which owners must not be touched, and why: rules that need to see what is live."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.avi.addresses import AddressPlace
from sync.compare.markers import PROTECTED, markers_of
from sync.compare.vips import outside_of_its_subnet
from sync.model.desired import DesiredState, Owner
from sync.model.live import LiveObject, LiveState, Ownership
from sync.model.plan import Action, Cause, PlanOptions
from sync.model.problem import Problem, Severity
from sync.plan.changes import OwnerChanges, losses, refused_before, tenant_move
from sync.plan.doubts import holding_doubts
from sync.plan.obstacles import users_of
from sync.plan.outages import NO_EFFECT, Effect
from sync.plan.owners import Pair, places_of
from sync.plan.pauses import why_paused
from sync.plan.policy import why_no_replace
from sync.plan.successors import waits


@dataclass(slots=True)
class Holds:
    """The owners that are held, by name, each with the problem that holds it (None: reported already)."""

    by_name: dict[str, Problem | None] = field(default_factory=dict)

    def add(self, pair: Pair, message: str, fix: str, desired: DesiredState) -> None:
        """Hold an owner, for the first reason that is found."""
        if pair.name not in self.by_name:
            self.by_name[pair.name] = Problem(
                severity=Severity.ERROR,
                message=f"held: {message}",
                fix=fix,
                origin=desired.origins.get(pair.name),
                resource=str(pair.owner),
            )

    def add_problem(self, pair: Pair, problem: Problem) -> None:
        """Hold an owner for a problem that has a place of its own, unless it is held already."""
        self.by_name.setdefault(pair.name, problem)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that are not reported elsewhere, in owner order."""
        return tuple(problem for _, problem in sorted(self.by_name.items()) if problem is not None)


def holds_of(
    owners: Sequence[OwnerChanges],
    desired: DesiredState,
    live: LiveState,
    options: PlanOptions,
    effects: Mapping[str, Effect],
    way_out: str,
) -> Holds:
    """All owners of which nothing may be created, changed or deleted.

    `effects` are what their changes would do, by owner name; `way_out` is the permit for what edits on the Controller
    would bring down.
    """
    holds = Holds({held.name: None for held in desired.held})
    selection = options.selection
    holds.by_name |= {owner.pair.name: None for owner in owners if not selection.includes(owner.pair.owner)}
    if desired.holds_everything:
        holds.by_name |= {owner.pair.name: None for owner in owners}
    for owner in owners:
        effect = effects.get(owner.pair.name, NO_EFFECT)
        for message, fix in _reasons(owner, effect, desired, live, options, way_out):
            holds.add(owner.pair, message, fix, desired)
        for problem in holding_doubts(owner, desired):
            holds.add_problem(owner.pair, problem)
    while True:  # whoever is held keeps an address or a Service, and so holds whoever waits for it
        before = len(holds.by_name)
        _hold_clashing_addresses(owners, desired, live, holds)
        for pair, (message, fix) in waits(owners, desired, holds.by_name, selection):
            holds.add(pair, message, fix, desired)
        if len(holds.by_name) == before:
            return holds


def _reasons(
    owner: OwnerChanges, effect: Effect, desired: DesiredState, live: LiveState, options: PlanOptions, way_out: str
) -> Iterator[tuple[str, str]]:
    pair = owner.pair
    yield from _taken_names(pair, live)
    yield from why_paused(pair, options.now)
    yield from why_no_replace(owner, effect, options)
    if effect.is_edited and not options.may_undo:
        yield _edited(effect), f"undo the edit, or look with --dry-run --allow-deletes 1 and then allow it: {way_out}"
    if pair.switch and not options.may_switch_off:
        yield (
            f"{pair.switch}, but it is live: a switch deletes nothing",
            "undo the switch, remove it from Git, too, or see with --dry-run --allow-deletes 1 what would go",
        )
    if pair.name in desired.tenant_unknown and (moved := tenant_move(pair)):
        yield f"its Namespace is not in the tree, so nobody can tell its tenant ({moved})", "commit the Namespace"
    if not desired.is_complete:
        yield from _losses(owner)
    yield from _stranded(pair, desired)
    if owner.changes and not options.retry_refused and (said := refused_before(owner.pair)):
        yield (
            f"the Controller refused this before, and the old objects were put back; it said: {said}",
            "change what is asked for in Git, or run once with --retry-refused",
        )
    yield from _other_users(owner, live)
    if owner.frees_addresses:
        yield from _impossible_addresses(pair)


def _edited(effect: Effect) -> str:
    words = ", ".join(dict.fromkeys(loss.words for loss in effect.losses if loss.cause is Cause.LIVE))
    return f"somebody edited it on the Controller, and undoing that takes it down ({words})"


def _impossible_addresses(pair: Pair) -> Iterator[tuple[str, str]]:
    """An address that the Controller can only refuse, after the old VIP is gone (DESIGN §5)."""
    for item in pair.desired.values():
        if said := outside_of_its_subnet(item.body.get("vip") or ()):
            yield f"{said}, and a VIP would be deleted for it", "ask for an address of the subnet, or correct the cidr"


def _taken_names(pair: Pair, live: LiveState) -> Iterator[tuple[str, str]]:
    for key in pair.desired:
        found = live.objects.get(key)
        if found is None or (found.is_ours and found.owner_name == pair.name):
            continue
        if found.is_ours:
            yield f"{key} still belongs to {found.owner}", "run again after that one is gone, or rename one of them"
        else:
            yield _not_ours(found, pair.owner)


def _not_ours(found: LiveObject, owner: Owner) -> tuple[str, str]:
    key = found.key
    match found.ownership:
        case Ownership.CLONE:
            return f"{key} carries our marks under another name: it is a copy", "delete or rename the copy by hand"
        case Ownership.AKO:
            return (
                f"{key} was made by this cluster's AKO, and is not ours",
                "stop AKO and take it over with avi-sync adopt (docs/moving-from-ako.md)",
            )
        case Ownership.UNMARKED:
            return (
                f"{key} is there already, and nobody has marked it",
                f"take it over with avi-sync adopt, rename the {owner.kind}, or delete the object",
            )
        case _:
            by = found.body.get("created_by") or "somebody else"
            return (
                f"{key} is there already and is not ours (created by {by})",
                f"rename the {owner.kind}, or delete the object",
            )


def _stranded(pair: Pair, desired: DesiredState) -> Iterator[tuple[str, str]]:
    """An owner that an interrupted run has taken down, and that must not go for good because Git does not name it."""
    if not pair.missing or pair.desired:
        return
    if not desired.is_complete:
        yield "the tree could not be read whole, so it may still be in it", "correct the files that cannot be read"
    if any(markers_of(item.before.body).get(PROTECTED) == "true" for item in pair.kept.values()):
        yield (
            "it is protected (annotation avi-sync/protect), and no longer in Git",
            "delete it by hand if that is meant",
        )


def _losses(owner: OwnerChanges) -> Iterator[tuple[str, str]]:
    lost = [
        item
        for key, change in owner.changes.items()
        for item in losses(change, owner.pair.desired.get(key), owner.pair.live.get(key))
    ]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield (
            f"the tree could not be read whole, so nothing is taken away; this would take {lost[0]}{more}",
            "correct the files that cannot be read",
        )


def _other_users(owner: OwnerChanges, live: LiveState) -> Iterator[tuple[str, str]]:
    """Objects of others that refer to what would be deleted: the Controller would refuse halfway."""
    going = {
        owner.pair.live[key].uuid: key
        for key, change in owner.changes.items()
        if change.action in (Action.REPLACE, Action.DELETE) and key in owner.pair.live
    }
    for other, name, gone in users_of(going, live, owner.pair.live.keys()) if going else ():
        yield f"{other} refers to {gone}, which would be deleted", f"remove the reference from {name} of {other} first"


# --- addresses --------------------------------------------------------------------------------------------------------


def _hold_clashing_addresses(
    owners: Sequence[OwnerChanges], desired: DesiredState, live: LiveState, holds: Holds
) -> None:
    """An address belongs to one: to the owner that holds it live, else nobody of several gets it.

    Holding one owner keeps its address taken, so this goes on until nobody else is held.
    """
    holders = _holders(live, owners)
    claims: dict[AddressPlace, list[OwnerChanges]] = defaultdict(list)
    for owner in owners:
        for place in owner.pair.wanted_addresses:
            claims[place].append(owner)
    _hold_rival_claims(claims, desired, holds)
    by_name = {owner.pair.name: owner for owner in owners}
    while True:
        before = len(holds.by_name)
        for place, claimants in sorted(claims.items(), key=lambda item: str(item[0])):
            for owner in claimants:
                for holder in holders.get(place, ()):
                    if not _is_available(holder, owner, by_name, holds):
                        holds.add(
                            owner.pair,
                            f"address {place} is taken by {holder.key}",
                            "ask for another address, or free this one first",
                            desired,
                        )
        if len(holds.by_name) == before:
            return


def _holders(live: LiveState, owners: Sequence[OwnerChanges]) -> Mapping[AddressPlace, tuple[LiveObject, ...]]:
    """Who has which address; what an interrupted run has deleted has it still, for it may have to be put back."""
    stranded = [item for owner in owners for item in owner.pair.stranded]
    found: dict[AddressPlace, tuple[LiveObject, ...]] = {}
    for item in (*live, *stranded):
        for place in places_of(item):
            found[place] = (*found.get(place, ()), item)
    return found


def _hold_rival_claims(
    claims: Mapping[AddressPlace, Sequence[OwnerChanges]], desired: DesiredState, holds: Holds
) -> None:
    for place, claimants in sorted(claims.items(), key=lambda item: str(item[0])):
        if len(claimants) < 2:
            continue
        keeping = [owner for owner in claimants if place in owner.pair.held_addresses and not owner.frees_addresses]
        for owner in claimants:
            if keeping and owner is keeping[0]:
                continue
            rivals = " and ".join(str(other.pair.owner) for other in claimants if other is not owner)
            holds.add(owner.pair, f"address {place} is asked for by {rivals}, too", "let only one ask for it", desired)


def _is_available(holder: LiveObject, owner: OwnerChanges, by_name: Mapping[str, OwnerChanges], holds: Holds) -> bool:
    """Whether the address is the owner's own, or is given up in this very plan."""
    if not holder.is_ours:
        return False
    if holder.owner_name == owner.pair.name:
        return True
    giver = by_name.get(holder.owner_name)
    return giver is not None and giver.pair.name not in holds.by_name and _gives_up(giver, holder)


def _gives_up(giver: OwnerChanges, holder: LiveObject) -> bool:
    if holder in giver.pair.stranded:
        return True
    change = giver.changes.get(holder.key)
    return change is not None and change.action in (Action.REPLACE, Action.DELETE)
