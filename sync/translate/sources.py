"""Where the fields of one body come from: each field of the templates, with the places that translation recorded.

`tests/translate/test_sources.py` holds this against every golden tree: no field is without a source, and each place
that is named exists.
"""

from collections.abc import Iterable

from sync.model.provenance import FieldSources, Sources, in_manifest, in_values, in_words
from sync.translate.backends import PoolServers
from sync.translate.blueprint import Blueprint
from sync.translate.endpoints import place_of_port
from sync.translate.frontend import BackEnd
from sync.translate.l4_rule import sources_of_pool, sources_of_service
from sync.translate.protection import sources_of_protection

_ALWAYS = (in_words("the same for every object of this kind, as AKO writes it"),)


def of_every_kind(blueprint: Blueprint, end: BackEnd | None = None) -> FieldSources:
    """What no template can change; `end` is what a pool is for."""
    frontend = blueprint.frontend
    port = (in_manifest(end.service, "metadata", "name"), place_of_port(end.service, end.port, "port")) if end else ()
    return {
        "name": (*blueprint.naming, *frontend.named_by, *port),
        "tenant_ref": frontend.tenant.sources,
        "cloud_ref": (in_values("ControllerSettings", "cloudName"),),
        "created_by": (in_values("AKOSettings", "clusterName"),),
        "markers": (
            in_words("set by avi-sync: its owner, and what was written last"),
            *sources_of_protection(frontend.manifests),
        ),
    }


def of_vsvip(blueprint: Blueprint) -> FieldSources:
    """The fields of a VsVip."""
    frontend, infra = blueprint.frontend, blueprint.infra
    networks = infra.vip_networks.sources
    address = frontend.address.sources if frontend.address else ()
    return {
        **of_every_kind(blueprint),
        "east_west_placement": _ALWAYS,
        "vip.*.vip_id": (in_words("set by avi-sync: the number of the VIP"),),
        "vip.*.auto_allocate_ip": _ALWAYS,
        "vip.*.auto_allocate_ip_type": networks,
        "vip.*.auto_allocate_floating_ip": infra.public_ip.sources,
        "vip.*.ip_address": address,
        "vip.*.ip6_address": address,
        "vip.*.ipam_network_subnet": networks,
        "vip.*.subnet_uuid": networks,
        "vip.*.placement_networks": networks,
        "dns_info": _joined(name.sources for listener in frontend.listeners for name in listener.hostnames),
        "bgp_peer_labels": infra.bgp_peer_labels.sources,
        "vrf_context_ref": blueprint.vrf.sources,
        "tier1_lr": infra.tier1_lr.sources,
    }


def of_pool(blueprint: Blueprint, end: BackEnd, servers: PoolServers) -> FieldSources:
    """The fields of a Pool; what the L4Rule does not say of its monitors follows from the protocol."""
    rule = blueprint.frontend.rule
    default_monitor = "the monitor for TCP, the default protocol of a Service port"
    return {
        **of_every_kind(blueprint, end),
        "sni_enabled": _ALWAYS,
        "graceful_disable_timeout": _ALWAYS,
        "vrf_ref": blueprint.vrf.sources,
        "tier1_lr": blueprint.infra.tier1_lr.sources,
        "placement_networks": blueprint.infra.node_networks.sources,
        "servers": servers.sources(),
        "health_monitor_refs": (place_of_port(end.service, end.port, "protocol", default=default_monitor),),
        **(sources_of_pool(rule, end.port) if rule else {}),
    }


def of_policy_set(blueprint: Blueprint) -> FieldSources:
    """The fields of an L4PolicySet: the listeners, and the ports that serve them."""
    frontend = blueprint.frontend
    ends = (place_of_port(end.service, end.port) for end in frontend.back_ends)
    rules = (*(listener.source for listener in frontend.listeners), *ends)
    return {**of_every_kind(blueprint), "l4_connection_policy": rules}


def of_virtual_service(blueprint: Blueprint) -> FieldSources:
    """The fields of a VirtualService."""
    frontend, infra = blueprint.frontend, blueprint.infra
    return {
        **of_every_kind(blueprint),
        "vsvip_ref": (in_words("set by avi-sync: the VsVip of the same owner"),),
        "application_profile_ref": blueprint.application_profile.sources,
        "network_profile_ref": blueprint.network_profile.sources,
        "se_group_ref": infra.se_group.sources,
        "vrf_context_ref": blueprint.vrf.sources,
        "enable_rhi": infra.enable_rhi.sources,
        "traffic_enabled": frontend.traffic_enabled.sources if frontend.traffic_enabled else (),
        "services": blueprint.ports.sources,
        "pool_ref": blueprint.ports.sources,
        "l4_policies": (in_words("set by avi-sync: the L4PolicySet of the same owner"),),
        "remove_listening_port_on_vs_down": _ALWAYS,
        **(sources_of_service(frontend.rule) if frontend.rule else {}),
    }


def _joined(found: Iterable[Sources]) -> Sources:
    return tuple(source for sources in found for source in sources)
