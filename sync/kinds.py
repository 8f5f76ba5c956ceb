"""What differs between the Avi kinds that we manage: one row per kind, each fact with its source.

Ids such as AKO-MARKERS are facts of docs/facts; "schema" is the swagger of Avi's SDK 30.2.1. A question about a kind
that has no column here is a missing column, not an `if`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

AKO_MARKERS = frozenset({"clustername", "Namespace", "ServiceName", "Port", "Protocol", "GatewayName"})
"""The markers that AKO and we write alike, on layer 4 objects (AKO-MARKERS)."""


class Scope(StrEnum):
    """What must be deleted and created again when a field cannot be changed in place."""

    VIP = "vip"
    """The VirtualService and its VsVip; pools and policies stay."""
    OWNER = "owner"
    """Everything that was made for the owner."""


class Part(StrEnum):
    """What an object does for a connection."""

    ENTRANCE = "entrance"
    """It listens, and names the rules or the pool."""
    ADDRESS = "address"
    """It holds the addresses that clients connect to."""
    RULES = "rules"
    """It chooses a pool by protocol and port."""
    BACK_ENDS = "back ends"
    """It holds the servers."""


class NameRule(StrEnum):
    """What objects of a kind are named after (AKO-NAMES)."""

    OWNER = "owner"
    """One for each owner, named like its VirtualService."""
    SERVICE_PORT = "service port"
    """One for each port of a Service that an owner serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row. Field names are those of the API's JSON."""

    name: str
    path: str
    """Under `/api/` (AVI-PATHS)."""
    permission: str
    """What an account needs, to write it (schema 30.2.1, Permission.resource; a VsVip has none of its own: AKO's role
    ako-tenant writes VsVips with that of VirtualServices)."""
    part: Part
    named_after: NameRule = NameRule.OWNER
    has_cloud: bool = True
    """Whether names are unique per cloud, too (AVI-NAMES-PER-CLOUD)."""
    has_created_by: bool = True
    """Whether the schema has `created_by` (AVI-CREATED-BY)."""
    managed: frozenset[str]
    """Top-level fields that are always ours: one that is not rendered gets its default (AKO-VIRTUALSERVICE-FIELDS,
    AKO-VSVIP-FIELDS, AKO-POOL-FIELDS, AKO-L4POLICYSET-FIELDS)."""
    by_rule: frozenset[str] = frozenset()
    """Fields that only an L4Rule renders; managed while rendered or written by us before (AKO-L4RULE-VIRTUALSERVICE,
    AKO-L4RULE-POOL)."""
    replace: Mapping[str, Scope] = field(default_factory=dict)
    """Fields that the Controller refuses to change in place, and what must be created again for them (AVI-VIP-FIXED,
    AVI-SET-ON-CREATE)."""
    disruptive: frozenset[str] = frozenset()
    """Fields whose change in place breaks connections."""
    switches: tuple[str, ...] = ()
    """Boolean fields, true by default, each of which turns the object off (schema 30.2.1: Pool.enabled,
    VirtualService.enabled and traffic_enabled)."""
    server_side: frozenset[str] = frozenset()
    """Fields that only the Controller sets: they do not belong into a create (AVI-COMPUTED-FIELDS)."""
    completed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """References that only others set, with the names that the Controller fills in by default
    (AVI-DEFAULT-REFERENCES)."""
    refers_to: frozenset[str] = frozenset()
    """The kinds of ours that it refers to: these exist before it, and go after it (AVI-REFERENCE-GRAPH)."""
    refers_by: tuple[str, ...] = ()
    """Top-level fields in which objects of others may refer to ours (AVI-REFERENCE-GRAPH)."""
    uuid_fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Lists whose items name an object by a bare uuid: list → field of an item, and type. All else that a new object
    needs shows in its references."""
    used_by: tuple[str, ...] = ()
    """Types that we do not manage and whose objects may refer to ours, by path (`USERS`)."""
    precious: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Lists that an incomplete tree must not shorten (docs/usage.md#incomplete-trees), and the keys of their items."""
    secret: frozenset[str] = frozenset()
    """Fields, also deep inside, that are never shown. Their names say so anyway (`sync/model/secrets.py`); the schema
    does not mark any."""
    ako_markers: frozenset[str] = AKO_MARKERS
    """The markers that AKO writes on this kind (AKO-MARKERS)."""
    ako_checksum: str = ""
    """The field with AKO's checksum of what it wrote, by which it decides whether to write again (AKO-CHECKSUM,
    AKO-COMPARES-CHECKSUMS)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A type that we do not manage, and whose objects may refer to ours."""

    name: str
    path: str
    """Under `/api/`."""
    permission: str
    """What an account needs, to read it (schema 30.2.1, Permission.resource)."""
    field: str
    """The top-level field that holds the references (schema 30.2.1)."""


USERS: Mapping[str, User] = {
    user.path: user
    for user in (
        User(name="PoolGroup", path="poolgroup", permission="PERMISSION_POOLGROUP", field="members"),
        User(
            name="HTTPPolicySet",
            path="httppolicyset",
            permission="PERMISSION_HTTPPOLICYSET",
            field="http_request_policy",
        ),
        User(
            name="VSDataScriptSet",
            path="vsdatascriptset",
            permission="PERMISSION_VSDATASCRIPTSET",
            field="pool_refs",
        ),
        User(name="DnsPolicy", path="dnspolicy", permission="PERMISSION_DNSPOLICY", field="rule"),
        User(
            name="IpamDnsProviderProfile",
            path="ipamdnsproviderprofile",
            permission="PERMISSION_IPAMDNSPROVIDERPROFILE",
            field="internal_profile",
        ),
        # Its members name a VirtualService by a bare uuid.
        User(name="GslbService", path="gslbservice", permission="PERMISSION_GSLBSERVICE", field="groups"),
    )
}
"""Path → the type."""


IDENTITY = frozenset({"url", "uuid", "_last_modified", "configpb_attributes"})
"""What an object gets from the Controller when it is created (AVI-OBJECT-ENVELOPE)."""

HIDDEN = "<sensitive>"
"""What the Controller answers in place of a secret (AVI-SECRETS-HIDDEN); a new object would have that as its secret."""

LIMITS: Mapping[str, int] = {"pools_per_virtualservice": 1000, "servers_per_pool": 2000}
"""How many a Controller allows, by the names of its SystemLimits (AVI-LIMITS)."""

OURS_AFTER_RENDERING = frozenset({"name", "tenant_ref", "cloud_ref", "created_by", "markers"})
"""Set after rendering, so that no template can omit or change them."""

_KINDS = (
    Kind(
        name="VsVip",
        path="vsvip",
        permission="PERMISSION_VIRTUALSERVICE",
        part=Part.ADDRESS,
        has_created_by=False,
        managed=frozenset(
            {"markers", "vip", "dns_info", "vrf_context_ref", "tier1_lr", "bgp_peer_labels", "east_west_placement"}
        ),
        replace={"vip": Scope.VIP, "tier1_lr": Scope.VIP, "vrf_context_ref": Scope.OWNER},
        uuid_fields={"vip": ("subnet_uuid", "network")},
        server_side=frozenset({"vs_refs", "vsvip_cloud_config_cksum"}),
        precious={"dns_info": ("fqdn",)},
        ako_markers=frozenset({"clustername"}),
        ako_checksum="vsvip_cloud_config_cksum",
    ),
    Kind(
        name="Pool",
        path="pool",
        permission="PERMISSION_POOL",
        part=Part.BACK_ENDS,
        named_after=NameRule.SERVICE_PORT,
        managed=frozenset(
            {
                "created_by",
                "markers",
                "servers",
                "health_monitor_refs",
                "vrf_ref",
                "tier1_lr",
                "placement_networks",
                "sni_enabled",
                "graceful_disable_timeout",
            }
        ),
        by_rule=frozenset(
            {
                "analytics_policy",
                "application_persistence_profile_ref",
                "enabled",
                "lb_algorithm",
                "lb_algorithm_consistent_hash_hdr",
                "lb_algorithm_hash",
                "min_servers_up",
                "pki_profile_ref",
                "ssl_key_and_certificate_ref",
                "ssl_profile_ref",
            }
        ),
        replace={"vrf_ref": Scope.OWNER},
        switches=("enabled",),
        used_by=("poolgroup", "httppolicyset", "vsdatascriptset", "dnspolicy"),
        server_side=frozenset({"cloud_config_cksum", "server_count"}),
        completed={"analytics_profile_ref": ("System-Analytics-Profile",)},
        precious={"servers": ("ip.addr", "port")},
        ako_checksum="cloud_config_cksum",
    ),
    Kind(
        name="L4PolicySet",
        path="l4policyset",
        permission="PERMISSION_L4POLICYSET",
        part=Part.RULES,
        has_cloud=False,
        refers_to=frozenset({"Pool"}),
        managed=frozenset({"created_by", "markers", "l4_connection_policy"}),
        refers_by=("l4_connection_policy",),
        precious={"l4_connection_policy.rules": ("match.protocol.protocol", "match.port.ports")},
    ),
    Kind(
        name="VirtualService",
        path="virtualservice",
        permission="PERMISSION_VIRTUALSERVICE",
        part=Part.ENTRANCE,
        managed=frozenset(
            {
                "application_profile_ref",
                "created_by",
                "enable_rhi",
                "l4_policies",
                "markers",
                "network_profile_ref",
                "pool_ref",
                "remove_listening_port_on_vs_down",
                "se_group_ref",
                "services",
                "traffic_enabled",
                "vrf_context_ref",
                "vsvip_ref",
            }
        ),
        by_rule=frozenset(
            {
                "analytics_policy",
                "analytics_profile_ref",
                "network_security_policy_ref",
                "performance_limits",
                "revoke_vip_route",
                "security_policy_ref",
                "ssl_key_and_certificate_refs",
                "ssl_profile_ref",
                "vs_datascripts",
            }
        ),
        replace={"vrf_context_ref": Scope.OWNER},
        disruptive=frozenset({"se_group_ref"}),
        switches=("enabled", "traffic_enabled"),
        completed={
            "analytics_profile_ref": ("System-Analytics-Profile",),
            "ssl_profile_ref": ("System-Standard-PFS", "System-Standard"),  # where a service has enable_ssl
        },
        refers_to=frozenset({"VsVip", "Pool", "L4PolicySet"}),
        refers_by=("vsvip_ref", "pool_ref", "l4_policies", "service_pool_select", "vh_parent_vs_ref"),
        used_by=("ipamdnsproviderprofile", "gslbservice"),
        precious={"services": ("port",), "l4_policies": ("index",)},
        server_side=frozenset(
            {
                "cloud_config_cksum",
                "cloud_type",
                "marked_for_delete",
                "redis_db",
                "redis_port",
                "runtime",
                "self_se_election",
                "tls_ticket_key",
                "version",
                "vip_runtime",
                "vsvip_cloud_config_cksum",
            }
        ),
        # oauth_vs_config and saml_sp_config hold the others (schema: OAuthAppSettings, OpaqueTokenValidationParams,
        # HttpCookiePersistenceKey).
        secret=frozenset({"aes_key", "client_secret", "hmac_key", "server_secret", "tls_ticket_key"}),
        ako_checksum="cloud_config_cksum",
    ),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}
"""Kind name → row. Objects are created in this order: what is referred to exists first (AVI-REFERENCE-GRAPH)."""

ENTRANCE = next(kind.name for kind in _KINDS if kind.part is Part.ENTRANCE)
"""The kind by whose name an owner is found."""

RANKS: Mapping[str, int] = {name: rank for rank, name in enumerate(KINDS)}
"""Kind name → its place in that order."""


COMPUTED: Mapping[str, frozenset[str]] = {
    # Completed by the Controller where the request leaves them out (AVI-DEFAULT-REFERENCES, AVI-VIP-ALLOCATION).
    # A VirtualService shows what older releases kept there and its VsVip has now as well.
    "VirtualService": frozenset(
        {"vrf_context_ref", "network_profile_ref", "se_group_ref", "application_profile_ref", "dns_info", "vip"}
    ),
    "VsVip": frozenset({"vrf_context_ref"}),
    "Pool": frozenset({"vrf_ref"}),
    "Server": frozenset({"hostname", "discovered_networks", "location", "nw_ref", "vm_ref", "server_node"}),
    "Service": frozenset({"port_range_end"}),
    "DnsInfo": frozenset({"algorithm", "metadata", "num_records_in_response", "ttl", "type"}),
    "Vip": frozenset(
        {
            "availability_zone",
            "avi_allocated_fip",
            "avi_allocated_vip",
            "discovered_networks",
            "floating_ip",
            "floating_ip6",
            "ip6_address",
            "ip_address",
            "ipam_network_subnet",
            "network_ref",
            "port_uuid",
            "prefix_length",
            "subnet",
            "subnet6",
            "subnet6_uuid",
            "subnet_uuid",
        }
    ),
}
"""Message type → fields that count only where we render them."""


ORDER_BY_CHANCE = frozenset({("L4ConnectionPolicy", "rules")})
"""(message type, field) of lists that AKO writes in any order, as their items exclude each other (AKO-RULE-ORDER)."""


UNORDERED: Mapping[tuple[str, str], tuple[str, ...]] = {
    # Lists without a meaningful order, and the keys of their items (AVI-LIST-ORDER, AVI-LIST-KEYS).
    ("Pool", "servers"): ("ip.addr", "port"),
    ("Pool", "health_monitor_refs"): (),
    ("Pool", "placement_networks"): ("network_ref", "subnet.ip_addr.addr", "subnet.mask"),
    ("VsVip", "dns_info"): ("fqdn",),
    ("VsVip", "vip"): ("vip_id",),
    ("VsVip", "bgp_peer_labels"): (),
    ("VirtualService", "services"): ("port", "override_network_profile_ref", "port_range_end"),
    ("VirtualService", "ssl_key_and_certificate_refs"): (),
    ("VirtualService", "l4_policies"): ("index",),
    ("VirtualService", "vs_datascripts"): ("index",),
    ("L4ConnectionPolicy", "rules"): ("index",),
    ("L4RulePortMatch", "ports"): (),
}
"""(message type, field) → keys of an item; no key: the items are scalars."""
