"""What one owner serves, for any kind of manifest: the value between manifests and objects.

Gateways, LoadBalancer Services and shared VIPs are each translated to a `Frontend`; `sync.translate.specs` creates
objects from it, in the same way for all. Differences between them are data of this value.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.avi.markers import Markers
from sync.model.desired import Owner
from sync.model.provenance import Source, Sourced, Sources, in_words
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Service, ServicePort
from sync.model.resources.resource import Resource
from sync.translate import profiles
from sync.translate.addresses import RequestedAddress
from sync.translate.fqdn import distinct_names


@dataclass(frozen=True, slots=True, kw_only=True)
class BackEnd:
    """A Service port behind a listener, with name and markers of the pool that is made for it."""

    service: Service
    port: ServicePort
    pool: str
    markers: Markers


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One port of the VirtualService and what serves it; without back ends it gets no pool."""

    protocol: str
    port: int
    source: Source
    hostnames: tuple[Sourced[str], ...] = ()
    back_ends: tuple[BackEnd, ...] = ()
    sort_key: str = ""
    """What its row in `services` is sorted by; rows that are equal in it keep the order of the listeners."""


_USUAL_PROFILE = Sourced(value=profiles.L4_APPLICATION_PROFILE, sources=(in_words("AKO's profile for layer 4"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """One owner with its listeners, no two of which have the same protocol and port.

    `manifests` are those that request it; messages name the first one. Their problems are in the `Findings` of the
    owner.
    """

    owner: Owner
    manifests: tuple[Resource, ...]
    named_by: Sources
    tenant: Sourced[str]
    markers: Markers
    policy_markers: Markers
    listeners: tuple[Listener, ...]
    address: RequestedAddress | None = None
    setting: AviInfraSetting | None = None
    rule: L4Rule | None = None
    may_withdraw_route: bool = True
    """Whether `revokeVipRoute` of the L4Rule counts."""
    application_profile: Sourced[str] = _USUAL_PROFILE
    """The one that counts without an L4Rule."""
    traffic_enabled: Sourced[bool] | None = None
    has_policy_set: bool = True

    @property
    def back_ends(self) -> tuple[BackEnd, ...]:
        """Everything behind the listeners, in their order."""
        return tuple(end for listener in self.listeners for end in listener.back_ends)

    @property
    def served(self) -> frozenset[tuple[str, int]]:
        """Protocol and port of the listeners that have back ends."""
        return frozenset((listener.protocol, listener.port) for listener in self.listeners if listener.back_ends)

    @property
    def hostnames(self) -> tuple[str, ...]:
        """The DNS names of the VIP, in order."""
        return _hostnames(self.listeners)

    def hostnames_of(self, service: Service) -> tuple[str, ...]:
        """Those of the listeners that a Service serves."""
        return _hostnames(
            listener for listener in self.listeners if any(end.service is service for end in listener.back_ends)
        )


def _hostnames(listeners: Iterable[Listener]) -> tuple[str, ...]:
    return distinct_names(name.value for listener in listeners for name in listener.hostnames)
