"""The objects on the Controller that concern us."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sync.avi.markers import Markers
from sync.model.desired import ObjectKey, Owner


class Ownership(StrEnum):
    """The ownership of a live object (docs/safety.md#ownership)."""

    OURS = "ours"
    """Marked by us for this cluster, under the name that its markers spell."""
    CLONE = "clone"
    """Marked by us, but under another name: somebody copied it. Reported, never changed."""
    STRIPPED = "stripped"
    """Made by us for this cluster, but somebody removed marks: they no longer tell its owner. Foreign, unless it is
    adopted.
    """
    RENAMED = "renamed"
    """Marked by us, under the name that its markers spell with the other value of AKOSettings.enableEVH."""
    AKO = "ako"
    """Made by the AKO of this cluster, under the name that its markers spell. Foreign, unless it is adopted."""
    AKO_CLONE = "ako-clone"
    """With the marks of this cluster's AKO, but under another name: somebody copied it."""
    AKO_RENAMED = "ako-renamed"
    """Of this cluster's AKO, under the name that its markers spell with the other value of AKOSettings.enableEVH."""
    UNMARKED = "unmarked"
    """Without any mark. Foreign, unless it is adopted."""
    FOREIGN = "foreign"
    """Owned by anything else, also by another cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveObject:
    """One object as it was read with `include_name`; `body` must not be changed.

    `owner` and `owner_name` (the name of the owner's VirtualService) are those that the markers tell, of objects
    of ours only. `ako_owner` and `ako_owner_name` tell the same of objects of AKO's only; of its VsVips, which have no
    markers for that, no more than the name.
    """

    key: ObjectKey
    uuid: str
    body: Mapping[str, Any] = field(repr=False)
    ownership: Ownership
    owner: Owner | None = None
    owner_name: str = ""
    ako_owner: Owner | None = None
    ako_owner_name: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether we may change it."""
        return self.ownership is Ownership.OURS

    @property
    def markers(self) -> Markers:
        """Its markers."""
        return Markers.of(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """An object as it was before a change set deleted it to create it again, with its old uuid.

    `group` is the same for all objects of the change set.
    """

    group: str
    before: LiveObject


@dataclass(frozen=True, slots=True, kw_only=True)
class UserObject:
    """An object of a type that we do not manage, the field in which it refers to ours, and to which uuids."""

    key: ObjectKey
    field: str
    uuids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan that deletes depends on, beside the objects of our kinds.

    `users` refer to what would be deleted; `unreadable_users` are the types that the account may not read, so that
    this is unknown. `missing` has, for each object that would be created after a delete, what it refers to and is not
    there (`network "vips"`); `unreadable` are the types for which that is unknown.
    """

    users: tuple[UserObject, ...] = ()
    unreadable_users: frozenset[str] = frozenset()
    missing: Mapping[ObjectKey, tuple[str, ...]] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()


NOTHING_AROUND = Surroundings()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveState:
    """All objects of our kinds that the account can see, of every tenant and cloud.

    `kept` is what runs have stored before they deleted it, and not yet dropped: while no other run writes, the run that
    did so has died on the way. `holder` is another run that holds the lock: then what is kept may be its work.
    `only_tenants` are the tenants that were looked at, where those are not all. `surroundings` are read for a plan that
    deletes only.
    """

    objects: Mapping[ObjectKey, LiveObject] = field(default_factory=dict)
    backups: tuple[Backup, ...] = ()
    holder: str = ""
    only_tenants: tuple[str, ...] | None = None
    surroundings: Surroundings = NOTHING_AROUND

    def __iter__(self) -> Iterator[LiveObject]:
        return iter(self.objects.values())
