"""The desired and live objects of each owner."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.avi.addresses import AddressPlace
from sync.compare.normal_form import digest
from sync.kinds import Part
from sync.model.desired import AviObject, DesiredState, ObjectKey, Owner
from sync.model.live import Backup, LiveObject, LiveState
from sync.model.plan import Cause

GONE = "is no longer in Git"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerState:
    """One owner: its desired objects and those of ours that are live, found by the VirtualService name they share."""

    name: str
    owner: Owner
    desired: Mapping[ObjectKey, AviObject]
    live: Mapping[ObjectKey, LiveObject]
    backups: Mapping[ObjectKey, Backup] = field(default_factory=dict)
    """What an interrupted run had backed up of it; empty if nothing of that is missing."""
    holder: str = ""
    """Another run that holds the lock: the backups may belong to its work in progress."""
    why_gone: str = GONE
    """Why it is not desired, as the end of a sentence; meaningful only if `desired` is empty."""
    switch: str = ""
    """The setting in values.yaml that excludes this live owner although it is in Git; empty if there is none."""

    @property
    def desired_digest(self) -> str:
        """The fingerprint of all its desired objects; empty for an owner that is no longer in Git."""
        if not self.desired:
            return ""
        return digest({str(key): item.markers.digest for key, item in self.desired.items()})

    @property
    def requested_addresses(self) -> frozenset[AddressPlace]:
        """The addresses that Git requests."""
        return frozenset(place for item in self.desired.values() for place in places_of(item))

    @property
    def live_addresses(self) -> frozenset[AddressPlace]:
        """The addresses that its live VIPs have, or had until an interrupted run deleted them."""
        return frozenset(place for item in (*self.live.values(), *self.interrupted) for place in places_of(item))

    @property
    def taken_down(self) -> tuple[str, Cause]:
        """Who deleted the missing objects, as part of a sentence, and the cause of changes that follow from it."""
        if self.holder:
            return f"{self.holder}, which holds the lock", Cause.IN_PROGRESS
        return "an interrupted run", Cause.INTERRUPTED

    @property
    def missing(self) -> frozenset[ObjectKey]:
        """What an interrupted run has deleted, and what has not been created again."""
        return frozenset(key for key in self.backups if key not in self.live)

    @property
    def recreated(self) -> Mapping[ObjectKey, LiveObject]:
        """What that run has created in place of what it had deleted: under that key, or in another tenant or cloud."""
        return {
            key: found for key, item in self.backups.items() if (found := self._in_place_of(item.before)) is not None
        }

    def _in_place_of(self, before: LiveObject) -> LiveObject | None:
        if before.key in self.live:
            found = self.live[before.key]
            return None if found.uuid == before.uuid else found
        elsewhere = (
            item for key, item in self.live.items() if is_elsewhere(key, before.key) and key not in self.backups
        )
        return next(elsewhere, None)

    @property
    def interrupted(self) -> tuple[LiveObject, ...]:
        """What that run has deleted, as it was, even if something else has taken its place since."""
        return tuple(self.backups[key].before for key in sorted(self.missing | self.recreated.keys()))


def is_elsewhere(one: ObjectKey, other: ObjectKey) -> bool:
    """Whether two objects have one name, in different tenants or clouds."""
    return (one.kind, one.name) == (other.kind, other.name) and one != other


def places_of(item: AviObject | LiveObject) -> frozenset[AddressPlace]:
    """The addresses that a desired object requests, or that a live one has."""
    return AddressPlace.all_of(item.key.kind, item.key.cloud, item.body)


def owner_states(desired: DesiredState, live: LiveState) -> tuple[OwnerState, ...]:
    """Every owner that is desired or live, or that an interrupted run has taken down, by name."""
    desired_by_owner: dict[str, dict[ObjectKey, AviObject]] = defaultdict(dict)
    present: dict[str, dict[ObjectKey, LiveObject]] = defaultdict(dict)
    owners: dict[str, Owner] = {}
    for found in live:
        if found.is_ours and found.owner is not None:
            present[found.owner_name][found.key] = found
            owners[found.owner_name] = found.owner
    interrupted = _interrupted(live)
    for name, backups in interrupted.items():
        owners.setdefault(name, next(item.before.owner for item in backups.values() if item.before.owner is not None))
    for item in desired:
        desired_by_owner[item.owner_name][item.key] = item
        owners[item.owner_name] = item.owner  # what Git says of an owner counts more than its markers
    return tuple(
        OwnerState(
            name=name,
            owner=owners[name],
            desired=dict(sorted(desired_by_owner[name].items())),
            live=dict(sorted(present[name].items())),
            backups=dict(sorted(interrupted.get(name, {}).items())),
            holder=live.holder,
            why_gone=desired.in_git.not_served.get(owners[name], GONE),
            switch=_switch(desired, name)
            if (present[name] or name in interrupted) and not desired_by_owner[name]
            else "",
        )
        for name in sorted(owners)
    )


def _switch(desired: DesiredState, name: str) -> str:
    return desired.switched_off.get(name, "")


def _interrupted(live: LiveState) -> Mapping[str, Mapping[ObjectKey, Backup]]:
    """The backups of owners without a VirtualService, unless somebody else has one of their names now.

    The VirtualService is deleted first and created last: an owner that has one was not being replaced, or its replace
    is complete, and needs no backup.
    """
    serving = serving_owners(live)
    backups: dict[str, dict[ObjectKey, Backup]] = defaultdict(dict)
    for item in live.backups:
        if item.before.owner is not None and item.before.owner_name not in serving:
            backups[item.before.owner_name][item.before.key] = item
    return {
        name: items
        for name, items in backups.items()
        if all(live.objects[key].owner_name == name for key in items.keys() & live.objects.keys())
    }


def serving_owners(live: LiveState) -> frozenset[str]:
    """The names of the owners that have a VirtualService."""
    return frozenset(item.owner_name for item in live if item.is_ours and item.key.part is Part.ENTRANCE)
