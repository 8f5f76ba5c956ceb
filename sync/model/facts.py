"""Facts about the Controller and about what manifests refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ENTERPRISE_TIERS = frozenset({"ENTERPRISE", "ENTERPRISE_WITH_CLOUD_SERVICES"})
"""License tiers with the full TCP proxy (AKO-TCP-PROFILE-BY-LICENSE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudFacts:
    """The cloud that `ControllerSettings.cloudName` names."""

    name: str = "Default-Cloud"
    vtype: str = "CLOUD_VCENTER"
    ipam_type: str = "IPAMDNS_TYPE_INTERNAL"
    dns_domains: tuple[str, ...] = ()
    transport_zone: str = ""
    """`OVERLAY` or `VLAN` on NSX-T; empty elsewhere and if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The Controller as far as translation depends on it.

    `missing` holds `<type>/<name>` (type as in `/api/<type>`) of what was looked for and is not there; everything else
    that manifests refer to exists. `network_vrf` maps a network's name or uuid to its VRF, where that is not `global`;
    `network_subnets` to its configured subnets, `network_ranges` to its static address ranges for VIPs
    (`10.0.0.10-10.0.0.20`), empty for a network without any; both only where they are known. `network_uuids` maps what
    a network was found by, name or uuid, to its uuid. `profile_types` maps
    `<type>/<name>` of a profile to its kind (`APPLICATION_PROFILE_TYPE_L4`, `PROTOCOL_TYPE_TCP_PROXY`). `shared_names`
    holds `<type>/<name>` of names that several objects of the cloud share. `static_routes` maps a VRF to the prefixes
    it has a route for, None if unknown.
    `unreadable` holds types that the account may not read: everything of them is assumed to exist.
    `is_assumed` is true if no Controller was read.
    """

    version: str = ""
    license: str = "ENTERPRISE"
    cloud: CloudFacts = field(default_factory=CloudFacts)
    network_vrf: Mapping[str, str] = field(default_factory=dict)
    network_subnets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    network_ranges: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    network_uuids: Mapping[str, str] = field(default_factory=dict)
    profile_types: Mapping[str, str] = field(default_factory=dict)
    static_routes: Mapping[str, frozenset[str]] | None = None
    missing: frozenset[str] = frozenset()
    shared_names: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()
    is_assumed: bool = False

    @property
    def has_tcp_proxy(self) -> bool:
        """Whether the license allows System-TCP-Proxy."""
        return self.license in ENTERPRISE_TIERS

    def has(self, type_name: str, name: str) -> bool:
        """Whether the Controller has the object that a manifest refers to."""
        return f"{type_name}/{name}" not in self.missing


def assumed_facts(cloud_name: str) -> Facts:
    """The assumptions of `render` and `validate` without a Controller."""
    return Facts(cloud=CloudFacts(name=cloud_name), is_assumed=True)
