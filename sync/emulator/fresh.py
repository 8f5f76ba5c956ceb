"""What a Controller holds before anybody has written to it: its system objects and what the seed says."""

import ipaddress
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sync.emulator.allocation import whole_pool
from sync.emulator.errors import RefusedError
from sync.emulator.objects import PARTS_OF_CLOUD, Objects, Origin
from sync.emulator.schema import Body, Schema, system_objects
from sync.emulator.seed import Facts, NetworkFacts, SeedError
from sync.emulator.store import Entry, Store, reference
from sync.emulator.tenancy import ADMIN, Scope
from sync.emulator.versions import OLDEST, Version, parse_version

ADMIN_SCOPE = Scope(ADMIN)
AKO_CLUSTER = "AkoAmkoCluster"
PARTS = frozenset(type_name for type_name, _ in PARTS_OF_CLOUD)
# Uuids that are the same on every Controller (full export, 20.1.6).
FIXED_UUIDS = {("Tenant", "admin"): "admin", ("User", "admin"): "user-1", ("SystemConfiguration", ""): "default"}
# What came after the release of the export: with which one, type, body (AKO names them; the rest is the defaults).
LATER: tuple[tuple[Version, str, Body], ...] = (
    ((22, 1, 3), "NetworkProfile", {"name": "System-SCTP-Proxy", "profile": {"type": "PROTOCOL_TYPE_SCTP_PROXY"}}),
    ((22, 1, 3), "HealthMonitor", {"name": "System-SCTP", "type": "HEALTH_MONITOR_SCTP", "sctp_monitor": {}}),
)
# What a release holds by itself and the owner of the export had changed (recorded, 20.1.1: test_clone_vs#4).
AS_RECORDED: Mapping[tuple[str, str], Body] = {("Cloud", "Default-Cloud"): {"dhcp_enabled": True}}
USERS: tuple[tuple[str, Body], ...] = (
    (
        "User",
        {
            "name": "admin",
            "username": "admin",
            "full_name": "System Administrator",
            "email": "",
            "is_superuser": True,
            "local": True,
        },
    ),
)
# SystemConfiguration as the login answer of a 20.1.1 Controller shows it (recorded, setUpModule#0), less its keys.
SYSTEM_CONFIGURATION: Mapping[str, Any] = {
    "dns_configuration": {"search_domain": ""},
    "global_tenant_config": {},
    "email_configuration": {"from_email": "admin@avicontroller.net", "smtp_type": "SMTP_LOCAL_HOST"},
    "docker_mode": False,
    "ssh_ciphers": ["aes128-ctr", "aes256-ctr", "arcfour256", "arcfour128"],
    "ssh_hmacs": [
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256-etm@openssh.com",
        "umac-128-etm@openssh.com",
        "hmac-sha2-512",
    ],
}
# The uuid of a network that a cloud has by itself: a subnet of AWS (full export, 20.1.6), a port group of vCenter (mock
# of a VsVip in AKO); networks of other clouds have a uuid of the common form.
DISCOVERED_UUIDS: Mapping[str, Callable[[Entry, int], str]] = {
    "CLOUD_AWS": lambda _cloud, _number: f"subnet-{secrets.token_hex(9)[:17]}",
    "CLOUD_VCENTER": lambda cloud, number: f"dvportgroup-{1000 + number}-{cloud.uuid}",
}
PORTAL_CERTIFICATES = ("System-Default-Portal-Cert", "System-Default-Portal-Cert-EC256")
PORTAL_PROFILE = "System-Standard-Portal"
CHANNEL_CERTIFICATES = ("System-Default-Secure-Channel-Cert",)


def fill(objects: Objects, store: Store, schema: Schema, facts: Facts) -> None:
    """Write the initial objects of a Controller into an empty store, in one transaction. Raises SeedError."""
    try:
        _fill(objects, store, schema, facts)
    except RefusedError as error:
        raise SeedError(
            f"the seed cannot be applied: {error.body}\n  fix: look for names given twice or needed and missing"
        ) from error


def _fill(objects: Objects, store: Store, schema: Schema, facts: Facts) -> None:
    with store.transaction():
        _create_system_objects(objects, schema, facts)
        cloud = _seeded_cloud(objects, store, schema, facts)
        for name in facts.tenants:
            _create(objects, schema, "Tenant", {"name": name})
        for name in facts.serviceenginegroups:
            if not _exists(store, "serviceenginegroup", name, cloud):
                _create(objects, schema, "ServiceEngineGroup", {"name": name, "cloud_ref": _to(cloud)})
        networks = [_create_network(objects, store, schema, facts, one, cloud) for one in _networks(facts)]
        usable = [network for network in networks if network.body.get("configured_subnets")]
        _attach_providers(objects, schema, facts, cloud, usable)
        _register_akos(objects, schema, facts, cloud)
        store.save_setting("facts", facts.as_json())
        store.save_setting("cluster", {"uuid": f"cluster-{uuid.uuid4()}"})


def _create_system_objects(objects: Objects, schema: Schema, facts: Facts) -> None:
    """What the release holds by itself; VRFs and the SE group come with their cloud, the tenant before all else."""
    own = sorted(system_objects(), key=lambda one: one[0] != "Tenant")
    release = parse_version(facts.version) or OLDEST
    later = [(type_name, body) for since, type_name, body in LATER if since <= release]
    for type_name, body in (*own, *later, *USERS):
        message = schema.messages[type_name]
        if type_name not in PARTS and f"{message.path}/{body['name']}" not in facts.missing:
            made = {**body, **AS_RECORDED.get((type_name, body["name"]), {})}
            if (type_name, body["name"]) == ("Cloud", facts.cloud):
                made["vtype"] = facts.vtype
            slug = FIXED_UUIDS.get((type_name, body["name"]))
            objects.create(message, made, ADMIN_SCOPE, slug=slug, origin=Origin.SYSTEM)
    configuration = {
        **SYSTEM_CONFIGURATION,
        "default_license_tier": facts.license,
        "portal_configuration": {
            "sslkeyandcertificate_refs": _by_name(facts, "sslkeyandcertificate", PORTAL_CERTIFICATES),
            "sslprofile_ref": next(iter(_by_name(facts, "sslprofile", (PORTAL_PROFILE,))), None),
        },
        "secure_channel_configuration": {
            "sslkeyandcertificate_refs": _by_name(facts, "sslkeyandcertificate", CHANNEL_CERTIFICATES)
        },
    }
    slug = FIXED_UUIDS["SystemConfiguration", ""]
    objects.create(schema.messages["SystemConfiguration"], configuration, ADMIN_SCOPE, slug=slug, origin=Origin.SYSTEM)


def _seeded_cloud(objects: Objects, store: Store, schema: Schema, facts: Facts) -> Entry:
    named = store.named("cloud", facts.cloud)
    if named:
        return named[0]
    return _create(objects, schema, "Cloud", {"name": facts.cloud, "vtype": facts.vtype})


def _networks(facts: Facts) -> list[NetworkFacts]:
    """The networks of the seed; one that only `network_vrf` names exists, too, or is assumed when it is needed."""
    seeded = {network.name for network in facts.networks}
    others = () if facts.assume_exists else [name for name in facts.network_vrf if name not in seeded]
    return [*facts.networks, *(NetworkFacts(name=name) for name in others)]


def _create_network(
    objects: Objects, store: Store, schema: Schema, facts: Facts, network: NetworkFacts, cloud: Entry
) -> Entry:
    vrf = network.vrf or facts.network_vrf.get(network.name, "global")
    if not _exists(store, "vrfcontext", vrf, cloud):
        _create(objects, schema, "VrfContext", {"name": vrf, "cloud_ref": _to(cloud)})
    body = {
        "name": network.name,
        "cloud_ref": _to(cloud),
        "vrf_context_ref": f"/api/vrfcontext?name={vrf}",
        "dhcp_enabled": False,
        "configured_subnets": [_subnet(subnet, network.ranges) for subnet in network.subnets],
    }
    discover = DISCOVERED_UUIDS.get(facts.vtype)
    slug = discover(cloud, len(store.all("network"))) if discover is not None else None
    return objects.create(schema.messages["Network"], body, ADMIN_SCOPE, slug=slug, origin=Origin.DISCOVERY)


def _subnet(text: str, ranges: tuple[str, ...]) -> Body:
    """A configured subnet with the ranges that lie in it, or all that VIPs may have of it if there are no ranges."""
    subnet = ipaddress.ip_network(text)
    whole = whole_pool(subnet)
    address = type(subnet.network_address)
    pairs = [tuple(ipaddress.ip_address(end.strip()) for end in one.split("-")) for one in ranges]
    inside = [pair for pair in pairs if pair[0] in subnet] if pairs else [(address(whole.first), address(whole.last))]
    kind = f"V{subnet.version}"
    return {
        "prefix": {"ip_addr": {"addr": str(subnet.network_address), "type": kind}, "mask": subnet.prefixlen},
        "static_ip_ranges": [
            {"range": {"begin": {"addr": str(pair[0]), "type": kind}, "end": {"addr": str(pair[1]), "type": kind}}}
            for pair in inside
        ],
    }


def _attach_providers(objects: Objects, schema: Schema, facts: Facts, cloud: Entry, networks: list[Entry]) -> None:
    """Give the cloud its IPAM profile and, if there are domains, its DNS profile."""
    providers = {}
    if facts.ipam_type is not None:
        usable = [{"nw_ref": _to(network)} for network in networks]
        ipam = {"name": "ipam", "type": facts.ipam_type, "internal_profile": {"usable_networks": usable}}
        providers["ipam_provider_ref"] = _to(_create(objects, schema, "IpamDnsProviderProfile", ipam))
    if facts.dns_domains:
        domains = [{"domain_name": domain} for domain in facts.dns_domains]
        dns = {
            "name": "dns",
            "type": "IPAMDNS_TYPE_INTERNAL_DNS",
            "internal_profile": {"dns_service_domain": domains},
        }
        providers["dns_provider_ref"] = _to(_create(objects, schema, "IpamDnsProviderProfile", dns))
    objects.replace(cloud, {**cloud.body, **providers}, ADMIN_SCOPE, origin=Origin.SEED)


def _register_akos(objects: Objects, schema: Schema, facts: Facts, cloud: Entry) -> None:
    """Write down the AKOs of the seed as they would do it themselves."""
    if facts.akoamkoclusters and AKO_CLUSTER not in schema.messages:
        raise SeedError(
            f"akoamkoclusters: a Controller {facts.version} does not know them\n"
            "  fix: write `controller: {version: 32.1.4}` or a later one, or remove them"
        )
    for ako in facts.akoamkoclusters:
        body = {
            "name": ako.name,
            "created_by": ako.created_by,
            "cluster_type": "CLUSTER_TYPE_AKO",
            "cloud_ref": _to(cloud),
            "deployment_info": {"namespace": ako.namespace, "replica_count": ako.replicas},
            "version_info": {"ako_amko_version": ako.version},
        }
        _create(objects, schema, AKO_CLUSTER, body)


def _create(objects: Objects, schema: Schema, type_name: str, body: Body) -> Entry:
    return objects.create(schema.messages[type_name], body, ADMIN_SCOPE, origin=Origin.SEED)


def _exists(store: Store, path: str, name: str, cloud: Entry) -> bool:
    return any(entry.cloud == cloud.uuid for entry in store.named(path, name))


def _by_name(facts: Facts, path: str, names: tuple[str, ...]) -> list[str]:
    """References to the objects of those names that are there."""
    return [f"/api/{path}?name={name}" for name in names if f"{path}/{name}" not in facts.missing]


def _to(entry: Entry) -> str:
    return reference(entry.path, entry.uuid)
