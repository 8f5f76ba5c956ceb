"""The names and markers of objects (AKO-NAMES, AKO-MARKERS)."""

import hashlib
from dataclasses import dataclass, replace

from sync.avi.markers import SHARED_VIP, TOOL, Marker, Markers
from sync.kinds import KINDS, NameRule

MAX_NAME_LENGTH = 255
"""Avi takes 256, AKO 255 (AKO-LONG-NAMES)."""

MAX_POOL_NAME_LENGTH = 255 - len("/api/pool?name=")
"""The name of an L4 rule is a reference to its pool, and must not be longer than 255 either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of one cluster."""

    cluster: str
    is_encoded: bool = False
    """`enableEVH`: everything behind the prefix is the SHA-1 of the plain name (AKO-EVH-NAMES)."""

    @property
    def of_other_encoding(self) -> "Names":
        """The names of the same cluster with the other value of `enableEVH`."""
        return replace(self, is_encoded=not self.is_encoded)

    @property
    def prefix(self) -> str:
        """What every name begins with."""
        return f"{self.cluster}--"

    def virtual_service(self, namespace: str, name: str) -> str:
        """VirtualService, VsVip and L4PolicySet of a Gateway, LoadBalancer Service or shared-VIP group."""
        return self._encoded(f"{namespace}-{name}")

    def attached_pool(self, namespace: str, service: str, gateway: str, protocol: str, port: int) -> str:
        """The pool of a Gateway (or shared-VIP group); `namespace` is the Gateway's, not the Service's."""
        return self._encoded(f"{namespace}-{service}-{gateway}-{protocol}-{port}")

    def service_pool(self, namespace: str, service: str, protocol: str, port: int) -> str:
        """The pool of a LoadBalancer Service's own VirtualService."""
        return self._encoded(f"{namespace}-{service}-{protocol}-{port}")

    def spelled_by(self, kind: str, markers: Markers) -> frozenset[str]:
        """The names that an object with these markers can have; empty if they name no owner of ours.

        What is made for a port of a LoadBalancer Service has no Protocol marker, so there are as many names as
        protocols; what is made for one of a Gateway has both GatewayName and Protocol.
        """
        namespace, service, gateway = (markers[key] for key in (Marker.NAMESPACE, Marker.SERVICE, Marker.GATEWAY))
        port, protocol = markers[Marker.PORT], markers[Marker.PROTOCOL]
        if not namespace or not (service or gateway):
            return frozenset()
        if KINDS[kind].named_after is NameRule.OWNER:
            return frozenset({self.virtual_service(namespace, gateway or service)})
        if not service or not port or bool(gateway) != bool(protocol):
            return frozenset()
        if gateway:
            return frozenset({self._encoded(f"{namespace}-{service}-{gateway}-{protocol}-{port}")})
        return frozenset(self._encoded(f"{namespace}-{service}-{each}-{port}") for each in ("TCP", "UDP", "SCTP"))

    def _encoded(self, name: str) -> str:
        if not self.is_encoded:
            return self.prefix + name
        return self.prefix + hashlib.sha1((self.prefix + name).encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerSet:
    """Markers in AKO's order: clustername first, then the non-empty ones in the order of its struct."""

    cluster: str

    def of(
        self,
        *,
        namespace: str,
        gateway: str = "",
        shared_vip: str = "",
        service: str = "",
        service_namespace: str = "",
        port: int | None = None,
        protocol: str = "",
    ) -> Markers:
        """The markers of one object; those of ours come last.

        AKO marks a shared VIP like a Gateway, and a pool with the namespace of its Gateway alone: there ours add what
        is missing, and nothing elsewhere.
        """
        rows = (
            (Marker.CLUSTER, self.cluster),
            (Marker.NAMESPACE, namespace),
            (Marker.SERVICE, service),
            (Marker.PORT, "" if port is None else str(port)),
            (Marker.PROTOCOL, protocol),
            (Marker.GATEWAY, gateway or shared_vip),
            (Marker.OWNER_KIND, SHARED_VIP if shared_vip else ""),
            (Marker.SERVICE_NAMESPACE, service_namespace if service_namespace != namespace else ""),
            (Marker.MANAGED_BY, TOOL),
        )
        return Markers(tuple((key.value, (value,)) for key, value in rows if value))
