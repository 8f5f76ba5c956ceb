"""What an object's marks say: `created_by` and its markers, ours (docs/safety.md#ownership) and AKO's.

Markers are labels, each a key and some texts (AKO-CREATED-BY, AKO-MARKERS). They say who owns an object, what we wrote
last, and what people request of us. A key that is not in `Marker` is a label of somebody else, and stays.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

TOOL = "avi-sync"

SHARED_VIP = "SharedVip"
"""The value of `OwnerKind`."""

NO_ADDRESS = "none"
"""The value of `AskedAddress` while Git leaves the choice to the Controller."""


class Marker(StrEnum):
    """The keys that we write; the first six are AKO's as well."""

    CLUSTER = "clustername"
    NAMESPACE = "Namespace"
    SERVICE = "ServiceName"
    PORT = "Port"
    PROTOCOL = "Protocol"
    GATEWAY = "GatewayName"
    OWNER_KIND = "OwnerKind"
    """On objects of a shared VIP, whose other markers are those of a Gateway."""
    SERVICE_NAMESPACE = "ServiceNamespace"
    """On the pool of a Service outside its Gateway's namespace: `Namespace` is the Gateway's."""
    MANAGED_BY = "ManagedBy"
    PROTECTED = "Protected"
    ASKED_ADDRESS = "AskedAddress"
    DIGEST = "Digest"
    FIELDS = "Fields"
    SERVERS = "Servers"
    """On a pool that follows the cluster: a fingerprint of each server that was written (`sync.compare.moves`)."""
    PAUSED_UNTIL = "PausedUntil"
    """Values: the time, and why."""
    REFUSED_DIGEST = "RefusedDigest"
    """Values: the digest that was refused, the Controller's words, and the owners' names if there are several."""
    ENABLE_AGAIN = "EnableAgain"
    """On a VirtualService that we have disabled for a moment; a later run that finds it enables it."""


OUR_MARKERS: frozenset[str] = frozenset(Marker)

_UNCOMPARED = frozenset({Marker.DIGEST, Marker.FIELDS, Marker.SERVERS})
"""Written with every write, never a reason for one (docs/safety.md#comparison)."""

_OF_LAYER_7 = frozenset({"Host", "Path", "IngressName"})
"""Markers that AKO puts only on objects of Ingresses and Routes, which avi-sync does not manage."""


def created_by_us(cluster: str) -> str:
    """What we write into `created_by`."""
    return f"{TOOL}-{cluster}"


def created_by_ako(cluster: str) -> str:
    """What the AKO of a cluster writes into `created_by`."""
    return f"ako-{cluster}"


class Pause(NamedTuple):
    """Until when an owner is paused, as ISO 8601 with a zone where we wrote it, and why."""

    until: str
    why: str


class RefusedDigest(NamedTuple):
    """What the Controller has refused: the digest of what was requested, its words, and the names of the owners."""

    digest: str
    said: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Markers:
    """All markers of one object, in the order in which they stand."""

    entries: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Markers":
        """The markers of a body; what is missing or null is empty."""
        return cls(
            tuple(
                (str(marker.get("key", "")), tuple(map(str, marker.get("values") or ())))
                for marker in body.get("markers") or ()
            )
        )

    def to_json(self) -> list[dict[str, Any]]:
        """As a body holds them; an empty list is never on the wire (AVI-NO-NULL)."""
        return [{"key": key, **({"values": list(values)} if values else {})} for key, values in self.entries]

    def __iter__(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        return iter(self.entries)

    def __contains__(self, key: object) -> bool:
        return any(key == each for each, _ in self.entries)

    def __getitem__(self, key: str) -> str:
        """The values under a key joined by commas; empty if there are none."""
        return ",".join(self._values(key))

    @property
    def texts(self) -> Mapping[str, str]:
        """Key → its values joined by commas."""
        return {key: ",".join(values) for key, values in self.entries}

    def _values(self, key: str) -> tuple[str, ...]:
        return next((values for each, values in reversed(self.entries) if each == key), ())

    # --- ownership ----------------------------------------------------------------------------------------------------

    @property
    def our_cluster(self) -> str | None:
        """The clusterName for which we made it; None if we did not."""
        return self[Marker.CLUSTER] if self[Marker.MANAGED_BY] == TOOL else None

    @property
    def is_of_layer_7(self) -> bool:
        """Whether AKO made it for an Ingress or a Route."""
        return any(key in _OF_LAYER_7 for key, _ in self.entries)

    @property
    def service(self) -> tuple[str, str] | None:
        """Namespace and name of the Service that the object serves; None if they name none."""
        name = self[Marker.SERVICE]
        return (self[Marker.SERVICE_NAMESPACE] or self[Marker.NAMESPACE], name) if name else None

    # --- what we wrote, and what people request -----------------------------------------------------------------------

    @property
    def digest(self) -> str:
        """The digest of what was written; empty if there is none."""
        return self[Marker.DIGEST]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names that `Fields` holds (`sync.compare.managed`)."""
        return tuple(name for name in self[Marker.FIELDS].split(",") if name)

    @property
    def servers(self) -> frozenset[str] | None:
        """The fingerprints of the servers that were written; None for an object that did not follow the cluster."""
        return frozenset(self._values(Marker.SERVERS)) if Marker.SERVERS in self else None

    @property
    def requested_address(self) -> str:
        """The address that Git requested when it was written."""
        return self[Marker.ASKED_ADDRESS] or NO_ADDRESS

    @property
    def is_protected(self) -> bool:
        """Whether no plan may take its owner down."""
        return self[Marker.PROTECTED] == "true"

    @property
    def pause(self) -> Pause | None:
        """The pause of its owner, as it is written."""
        if Marker.PAUSED_UNTIL not in self:
            return None
        until, *why = self._values(Marker.PAUSED_UNTIL) or ("",)
        return Pause(until, " ".join(why))

    @property
    def refused(self) -> RefusedDigest | None:
        """What the Controller has refused, so that the old object was restored."""
        values = self._values(Marker.REFUSED_DIGEST)
        return RefusedDigest(values[0], values[1], values[2:]) if len(values) > 1 else None

    @property
    def is_to_be_enabled(self) -> bool:
        """Whether we have disabled it for a moment."""
        return Marker.ENABLE_AGAIN in self

    @property
    def compared(self) -> Mapping[str, str]:
        """Our markers, without those that are never a reason to write."""
        return self.ours.without(_UNCOMPARED).texts

    # --- changed copies -----------------------------------------------------------------------------------------------

    def with_values(self, key: Marker, *values: str) -> "Markers":
        """The same with these values under a key, in place of others if there are any."""
        if key not in self:
            return Markers((*self.entries, (key.value, values)))
        return Markers(tuple((each, values if each == key else before) for each, before in self.entries))

    def with_pause(self, pause: Pause | None) -> "Markers":
        """The same for an owner that is paused, or with None no longer is."""
        rest = self.without({Marker.PAUSED_UNTIL})
        return rest.with_values(Marker.PAUSED_UNTIL, *filter(None, pause)) if pause else rest

    def with_refused(self, refused: RefusedDigest) -> "Markers":
        """The same for an object that was restored because the Controller refused another."""
        return self.with_values(Marker.REFUSED_DIGEST, refused.digest, refused.said, *refused.names)

    def with_labels_of(self, live: "Markers") -> "Markers":
        """The same, and the labels that others put on the live object."""
        return Markers((*self.entries, *live.labels))

    @property
    def ours(self) -> "Markers":
        """Those that we write."""
        return Markers(tuple(entry for entry in self.entries if entry[0] in OUR_MARKERS))

    @property
    def labels(self) -> "Markers":
        """Those of others."""
        return self.without(OUR_MARKERS)

    def without_servers(self) -> "Markers":
        """The same without what moves with the cluster."""
        return self.without({Marker.SERVERS})

    def without(self, keys: Set[str]) -> "Markers":
        """The same without these keys."""
        return Markers(tuple(entry for entry in self.entries if entry[0] not in keys))
