"""Writes → change sets: which writes belong together, and in which order they are sent.

Each owner is one change set. Owners between which something passes (an address, a DNS name, an object's name or a
Service) share one. Within a set the order follows from what each write gives up and takes, and from references:

    build     create and update, climbing: what waits for nothing
    give      deletes, descending, and updates that give up what another write takes
    take      create and update, climbing: what waits for that
    reduce    updates that only remove something, once its new owner serves
    remove    deletes, descending: what is no longer needed

Where updates wait for each other, as in a swap of two DNS names, one of them is sent twice: it gives up first, and
takes later.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from sync.avi.addresses import AddressPlace
from sync.avi.hostnames import Hostname
from sync.kinds import KINDS, Scope
from sync.model.desired import ObjectKey, Owner
from sync.model.live import LiveObject
from sync.model.plan import Action, Change, ChangeSet, Method, Write
from sync.plan.changes import OwnerChanges, combined_digest, losses
from sync.plan.passing import Passing, Resource, had, has, union
from sync.plan.writes import climbing_keys, creation_of, resumed, without_what_is_new


def change_sets_of(owners: Sequence[Passing], *, hostnames_are_exclusive: bool = True) -> tuple[ChangeSet, ...]:
    """The change sets of all owners with changes, in the order in which they are applied."""
    groups = _groups([owner for owner in owners if owner.owner.changes])
    sets = [_change_set(group, hostnames_are_exclusive=hostnames_are_exclusive) for group in groups]
    return tuple(sorted(sets, key=lambda item: (item.turn, not _requests_what_is_free(item), item.owners)))


def _requests_what_is_free(item: ChangeSet) -> bool:
    return any(isinstance(resource, AddressPlace) for resource in item.takes)


# --- which owners belong together -------------------------------------------------------------------------------------


class _Groups:
    """Owners by number, each in one group."""

    def __init__(self, size: int) -> None:
        self._leader = list(range(size))

    def find(self, number: int) -> int:
        """The number that stands for the group."""
        while self._leader[number] != number:
            number = self._leader[number]
        return number

    def join(self, numbers: Iterable[int]) -> None:
        """Make one group of several."""
        first, *others = [self.find(number) for number in numbers] or [0]
        for other in others:
            self._leader[self.find(other)] = self.find(first)

    def members(self) -> Mapping[int, list[int]]:
        """The members of each group, by the number that stands for it."""
        found: dict[int, list[int]] = defaultdict(list)
        for number in range(len(self._leader)):
            found[self.find(number)].append(number)
        return found


def _groups(owners: Sequence[Passing]) -> Iterator[list[Passing]]:
    """Owners between which something passes, or which an interrupted run was replacing together."""
    groups = _Groups(len(owners))
    givers: dict[object, list[int]] = defaultdict(list)
    in_hand: dict[str, list[int]] = defaultdict(list)
    for number, owner in enumerate(owners):
        for given in (*owner.gives, *owner.services_given):
            givers[given].append(number)
        for backup in owner.owner.state.backups.values():
            in_hand[backup.group].append(number)
    for number, owner in enumerate(owners):
        for taken in (*owner.takes, *owner.services_taken):
            if taken in givers:
                groups.join([number, *givers[taken]])
    for numbers in in_hand.values():
        groups.join(numbers)
    groups.join(number for numbers in groups.members().values() for number in _rivals(numbers, owners))
    for numbers in groups.members().values():
        yield [owners[number] for number in numbers]


def _rivals(numbers: Sequence[int], owners: Sequence[Passing]) -> Sequence[int]:
    """The members of a group that requests free addresses and lets the Controller choose others as well.

    Of two such groups neither may come first: what one lets the Controller choose may be what the other requests.
    """
    writes = [write for number in numbers for write in owners[number].writes]
    taken = union(owners[number].takes for number in numbers) - union(owners[number].gives for number in numbers)
    is_rival = any(write.allocates for write in writes) and any(isinstance(each, AddressPlace) for each in taken)
    return numbers if is_rival else ()


# --- one change set ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write, and what matters for its place in the order.

    `adds` and `drops` say whether the write may add or drop references: of an update that is sent twice, the first only
    drops and the second only adds.
    """

    owner: OwnerChanges
    change: Change
    write: Write
    gives: frozenset[Resource]
    takes: frozenset[Resource]
    adds: bool
    drops: bool
    only_reduces: bool = False

    @property
    def rank(self) -> int:
        """The rank of the kind of object."""
        return self.write.key.rank

    @property
    def is_delete(self) -> bool:
        """Whether the write deletes its object."""
        return self.write.method is Method.DELETE


class Stage(IntEnum):
    """The place of a write in its set, as far as references leave it open."""

    BUILD = 0
    GIVE = 1
    TAKE = 2
    REDUCE = 3
    REMOVE = 4


def _change_set(owners: Sequence[Passing], *, hostnames_are_exclusive: bool) -> ChangeSet:
    changed = [owner.owner for owner in owners]
    steps, first_give = _in_order([step for owner in owners for step in _steps(owner, is_joint=len(owners) > 1)])
    resumes = resumed([owner.state for owner in changed])
    in_hand = _in_hand(steps, 0 if resumes else first_give)
    restored = _restored([steps[position] for position in in_hand], changed)
    changes = [(owner.state.owner, change) for owner in changed for change in owner.changes.values()]
    taken = union(has(step.write) for step in steps) - union(had(step.write) for step in steps)
    exclusive = (AddressPlace, Hostname) if hostnames_are_exclusive else (AddressPlace,)
    digests = {owner.state.name: owner.state.desired_digest for owner in changed}
    return ChangeSet(
        owners=tuple(sorted(owner.state.owner for owner in changed)),
        changes=tuple(change for _, change in sorted(changes, key=lambda item: (item[0], item[1].key))),
        writes=tuple(step.write for step in steps),
        in_hand=in_hand,
        restores=tuple(creation_of(item, owner) for owner, item in restored),
        replaced=tuple(item for _, item in restored),
        resumes=resumes,
        takes=frozenset(each for each in taken if isinstance(each, exclusive)),
        desired_digest=combined_digest(digests),
        names=tuple(sorted(digests)),
    )


def _steps(owner: Passing, *, is_joint: bool) -> Iterator[Step]:
    for write in owner.writes:
        change = owner.owner.changes[write.key]
        before, after = had(write), has(write)
        state = owner.owner.state
        is_update = change.action is Action.UPDATE
        yield Step(
            owner=owner.owner,
            change=change,
            write=write,
            gives=before - after,
            takes=after - before,
            adds=write.body is not None,
            drops=write.seen is not None,
            only_reduces=is_joint
            and is_update
            and bool(losses(change, state.desired.get(write.key), state.live.get(write.key))),
        )


def _restored(in_hand: Sequence[Step], owners: Sequence[OwnerChanges]) -> list[tuple[Owner, LiveObject]]:
    """What is restored, climbing, if a write is refused for good: what this set or an interrupted run has deleted."""
    found = {
        step.write.key: (step.change.owner, step.owner.state.live[step.write.key]) for step in in_hand if step.is_delete
    }
    found |= {item.key: (owner.state.owner, item) for owner in owners for item in owner.state.interrupted}
    return [found[key] for key in climbing_keys(found)]


# --- the order within a set -------------------------------------------------------------------------------------------


def _in_order(steps: Sequence[Step]) -> tuple[list[Step], int | None]:
    """The steps in order, and the position of the first that gives up what another one takes.

    Updates that wait for each other are sent twice.
    """
    while True:
        earlier, givers = _earlier(steps)
        needed = _with_ancestors(givers, earlier)
        stages = [
            _stage(step, is_needed=number in needed, waits=bool(earlier[number] & givers))
            for number, step in enumerate(steps)
        ]
        priorities = [_priority(step, stage) for step, stage in zip(steps, stages, strict=True)]
        order = _sorted(earlier, priorities)
        stuck = sorted(set(range(len(steps))) - set(order), key=priorities.__getitem__)
        split = next(((number, parts) for number in stuck if (parts := _halves(steps[number]))), None)
        if split is None:
            order += stuck
            gives = (position for position, number in enumerate(order) if stages[number] is Stage.GIVE)
            return [steps[number] for number in order], next(gives, None)
        number, parts = split
        steps = [*steps[:number], *parts, *steps[number + 1 :]]


def _in_hand(steps: Sequence[Step], start: int | None) -> range:
    """From the first write that gives something up to the last create or update: meanwhile something is missing."""
    if start is None:
        return range(0)
    sent = (position + 1 for position, step in enumerate(steps) if not step.is_delete)
    return range(start, max(sent, default=start))


def _stage(step: Step, *, is_needed: bool, waits: bool) -> Stage:
    if is_needed:
        return Stage.GIVE
    if step.is_delete:
        return Stage.REMOVE
    if waits:
        return Stage.TAKE
    return Stage.REDUCE if step.only_reduces else Stage.BUILD


Priority = tuple[int, bool, int, ObjectKey, bool]


def _priority(step: Step, stage: Stage) -> Priority:
    """Updates and creates climb, deletes descend; what gives up by an update breaks less than a delete."""
    rank = -step.rank if step.is_delete else step.rank
    return stage, step.is_delete, rank, step.write.key, step.adds


def _sorted(earlier: Sequence[set[int]], priorities: Sequence[Priority]) -> list[int]:
    """The numbers in topological order, the most urgent first; those in a cycle are left out."""
    waiting = [len(numbers) for numbers in earlier]
    later: dict[int, list[int]] = defaultdict(list)
    for number, numbers in enumerate(earlier):
        for each in numbers:
            later[each].append(number)
    ready = [(priorities[number], number) for number, count in enumerate(waiting) if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        _, number = heapq.heappop(ready)
        order.append(number)
        for each in later[number]:
            waiting[each] -= 1
            if not waiting[each]:
                heapq.heappush(ready, (priorities[each], each))
    return order


def _with_ancestors(numbers: Iterable[int], earlier: Sequence[set[int]]) -> set[int]:
    found: set[int] = set()
    todo = list(numbers)
    while todo:
        number = todo.pop()
        if number not in found:
            found.add(number)
            todo += earlier[number]
    return found


def _earlier(steps: Sequence[Step]) -> tuple[list[set[int]], set[int]]:
    """For each step those that come before it, and all that give up what another step takes."""
    earlier: list[set[int]] = [set() for _ in steps]
    givers: set[int] = set()
    for before, after in _handovers(steps):
        earlier[after].add(before)
        givers.add(before)
    for before, after in (*_references(steps), *_advertising(steps), *_allocations(steps)):
        earlier[after].add(before)
    return earlier, givers


Precedences = Iterator[tuple[int, int]]
"""Steps of which the first comes before the second."""


def _handovers(steps: Sequence[Step]) -> Precedences:
    """Give up, then take; an owner that moves to another VRF, cloud or tenant is deleted before it is created."""
    givers: dict[Resource, list[int]] = defaultdict(list)
    for number, step in enumerate(steps):
        for resource in step.gives:
            givers[resource].append(number)
    for number, step in enumerate(steps):
        for resource in step.takes:
            yield from ((giver, number) for giver in givers.get(resource, ()) if giver != number)
    for numbers in _by_owner(steps).values():
        if steps[numbers[0]].owner.scope is Scope.OWNER:
            deletes = [number for number in numbers if steps[number].is_delete]
            creates = [number for number in numbers if steps[number].write.method is Method.POST]
            yield from ((one, other) for one in deletes for other in creates)


def _references(steps: Sequence[Step]) -> Precedences:
    """An object is created before objects that refer to it are written, and deleted after them."""
    for numbers in _by_owner(steps).values():
        by_kind: dict[str, list[int]] = defaultdict(list)
        for number in numbers:
            by_kind[steps[number].write.key.kind].append(number)
        for number in numbers:
            one = steps[number]
            for kind in KINDS[one.write.key.kind].refers_to:
                for other in by_kind[kind]:
                    if one.adds and steps[other].write.method is Method.POST:
                        yield other, number
                    if one.drops and steps[other].is_delete:
                        yield number, other


def _advertising(steps: Sequence[Step]) -> Precedences:
    """A VirtualService is advertised before its VIP gets labels that select peers, until they go (AVI-BGP-LABELS)."""
    for numbers in _by_owner(steps).values():
        for one in numbers:
            for other in numbers:
                if _adds_labels(steps[other].change) and _sets_advertising(steps[one].change, on=True):
                    yield one, other
                if _drops_labels(steps[one].change) and _sets_advertising(steps[other].change, on=False):
                    yield one, other


def _allocations(steps: Sequence[Step]) -> Precedences:
    """Requested addresses come before those that the Controller chooses: it might choose a requested one."""
    requesting = [number for number, step in enumerate(steps) if step.write.requests_addresses]
    choosing = [number for number, step in enumerate(steps) if step.write.allocates]
    yield from ((one, other) for one in requesting for other in choosing)


def _by_owner(steps: Sequence[Step]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, step in enumerate(steps):
        found[step.owner.state.name].append(number)
    return found


def _sets_advertising(change: Change, *, on: bool) -> bool:
    return change.action is Action.UPDATE and any(
        field.path == "enable_rhi" and bool(field.after) is on for field in change.fields
    )


def _adds_labels(change: Change) -> bool:
    return change.action is Action.UPDATE and any(
        field.path.startswith("bgp_peer_labels") and field.after for field in change.fields
    )


def _drops_labels(change: Change) -> bool:
    return change.action is Action.UPDATE and any(
        field.path.startswith("bgp_peer_labels") and not field.after for field in change.fields
    )


def _halves(step: Step) -> tuple[Step, Step] | None:
    """An update as two: it gives up, and it takes; None if that does not divide it."""
    body = without_what_is_new(step.write) if step.adds and step.drops else None
    if body is None:
        return None
    giving, taking = replace(step.write, body=body), replace(step.write, seen=body)
    return (
        replace(step, write=giving, gives=had(giving) - has(giving), takes=frozenset(), adds=False),
        replace(step, write=taking, gives=frozenset(), takes=has(taking) - had(taking), drops=False),
    )
