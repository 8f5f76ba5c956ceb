"""Owners that let the Controller choose their address, and have one that another owner requests: they make way."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.avi.addresses import AddressPlace
from sync.model.desired import DesiredState
from sync.model.live import LiveState
from sync.model.plan import PlanOptions
from sync.model.policy import Policy
from sync.plan.changes import OwnerChanges, changes_of
from sync.plan.holds import Holds, holds_of
from sync.plan.outages import Effect, effects_of_owners
from sync.plan.owners import places_of
from sync.plan.passing import Passing, passing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    """An owner that gets another address, and the names of those that request the one it has."""

    passing: Passing
    takers: frozenset[str]


def settled(
    owners: Sequence[OwnerChanges],
    desired: DesiredState,
    live: LiveState,
    options: PlanOptions,
    effects: Mapping[str, Effect],
    way_out: str,
) -> tuple[tuple[Passing, ...], Holds]:
    """All owners with their writes, those that make way included, and who is held.

    No owner makes way for one that is held anyway, and no owner is held because it would have to make way.
    `effects` and `way_out` are those of the owners as they are (`holds_of`).
    """
    passing = tuple(map(passing_of, owners))
    moves = dict(_moves(owners, options))
    while True:
        now = tuple(moves[each.state.name].passing if each.state.name in moves else each for each in passing)
        moved = effects_of_owners([move.passing.owner for move in moves.values()], live)
        holds = holds_of(now, desired, live, options, {**effects, **moved}, way_out)
        useless = {name for name, move in moves.items() if name in holds.by_name or move.takers <= holds.by_name.keys()}
        if not useless:
            return now, holds
        moves = {name: move for name, move in moves.items() if name not in useless}


def _moves(owners: Sequence[OwnerChanges], options: PlanOptions) -> Iterator[tuple[str, _Move]]:
    if options.policy is not Policy.SYNC or not options.may_replace:
        return
    requested = _requested(owners)
    for owner in owners:
        state = owner.state
        if not state.desired or owner.frees_addresses or _is_protected(owner):
            continue
        places = {place for item in state.live.values() for place in places_of(item)} - state.requested_addresses
        found = {place: requested[place] for place in sorted(places, key=str) if place in requested}
        if found:
            requests = (f"{' and '.join(takers.values())} requests address {place}" for place, takers in found.items())
            moved = changes_of(state, displaced=", ".join(requests))
            takers = frozenset(name for takers in found.values() for name in takers)
            yield state.name, _Move(passing=passing_of(moved), takers=takers)


def _requested(owners: Sequence[OwnerChanges]) -> Mapping[AddressPlace, Mapping[str, str]]:
    """The names and titles of those that request an address that they do not have."""
    found: dict[AddressPlace, dict[str, str]] = defaultdict(dict)
    for owner in owners:
        for place in owner.state.requested_addresses - owner.state.live_addresses:
            found[place][owner.state.name] = str(owner.state.owner)
    return found


def _is_protected(owner: OwnerChanges) -> bool:
    return any(item.markers.is_protected for item in owner.state.live.values())
