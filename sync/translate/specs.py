"""A `Frontend` → the objects that serve it, as specs for the templates: the only place that makes any."""

from collections.abc import Callable, Iterable
from functools import partial

from sync.avi.markers import Markers
from sync.kinds import KINDS
from sync.model.desired import (
    Content,
    L4PolicySetContent,
    ObjectKey,
    ObjectSpec,
    PolicyRule,
    PoolContent,
    ServersFrom,
    UnknownServers,
    VirtualServiceContent,
    VsVipContent,
)
from sync.model.provenance import FieldSources
from sync.translate import network, profiles, sources
from sync.translate.addresses import check_address
from sync.translate.backends import servers_of
from sync.translate.blueprint import Blueprint, blueprint_of
from sync.translate.findings import Findings
from sync.translate.frontend import BackEnd, Frontend
from sync.translate.inputs import Inputs
from sync.translate.l4_rule import check_rule, pool_rule
from sync.translate.names import MAX_NAME_LENGTH, MAX_POOL_NAME_LENGTH
from sync.translate.protection import with_protection
from sync.translate.vip_networks import check_vip_networks


def specs_of(frontend: Frontend, inputs: Inputs, findings: Findings) -> tuple[ObjectSpec, ...]:
    """The objects, in the order in which they would be created; none where an error has been found before."""
    first = frontend.manifests[0]
    name = inputs.names.virtual_service(frontend.owner.namespace, frontend.owner.name)
    if found := _too_long(name, (end.pool for end in frontend.back_ends)):
        findings.error(first, ("metadata", "name"), *found)
    if frontend.rule:
        check_rule(frontend.rule, first, frontend.listeners, inputs, findings)
    if findings.has_errors:
        return ()
    blueprint = blueprint_of(frontend, name, inputs)
    check_address(frontend.address, blueprint.infra, inputs, findings)
    check_vip_networks(blueprint.infra, blueprint.address, inputs, findings)
    specs = (
        _vsvip(blueprint, inputs),
        *(_pool(blueprint, end, inputs, findings) for end in frontend.back_ends),
        *((_policy_set(blueprint),) if blueprint.policy_set else ()),
        _virtual_service(blueprint),
    )
    return with_protection(specs, frontend.manifests, findings)


def _too_long(name: str, pools: Iterable[str]) -> tuple[str, str] | None:
    """Message and fix if a name is too long: AKO leaves such an object out in silence (AKO-LONG-NAMES)."""
    for text, limit in ((name, MAX_NAME_LENGTH), *((pool, MAX_POOL_NAME_LENGTH) for pool in pools)):
        if len(text) > limit:
            why = "" if limit == MAX_NAME_LENGTH else f", so that a reference to it has no more than {MAX_NAME_LENGTH}"
            return (
                f"the name {text[:40]}… would have {len(text)} characters; the limit is {limit}{why}",
                "use shorter names, or AKOSettings.enableEVH: true (that renames everything)",
            )
    return None


def _spec(
    blueprint: Blueprint,
    name: str,
    markers: Markers,
    content: Content,
    find_sources: Callable[[], FieldSources],
    *,
    left_alone: frozenset[str] = frozenset(),
    unknown_servers: UnknownServers | None = None,
    servers_from: ServersFrom | None = None,
    may_be_empty: bool = False,
) -> ObjectSpec:
    cloud = blueprint.cloud if KINDS[content.KIND].has_cloud else ""
    return ObjectSpec(
        key=ObjectKey(kind=content.KIND, tenant=blueprint.frontend.tenant.value, cloud=cloud, name=name),
        owner=blueprint.frontend.owner,
        owner_name=blueprint.name,
        markers=markers,
        content=content,
        left_alone=left_alone,
        unknown_servers=unknown_servers,
        servers_from=servers_from,
        may_be_empty=may_be_empty,
        sources=find_sources() if blueprint.records_sources else {},
    )


def _vsvip(blueprint: Blueprint, inputs: Inputs) -> ObjectSpec:
    frontend, infra = blueprint.frontend, blueprint.infra
    content = VsVipContent(
        vips=network.vips(infra, blueprint.address, inputs),
        fqdns=frontend.hostnames,
        vrf=blueprint.vrf.value,
        tier1_lr=infra.tier1_lr.value or None,
        bgp_peer_labels=infra.bgp_peer_labels.value,
    )
    find_sources = partial(sources.of_vsvip, blueprint)
    return _spec(blueprint, blueprint.name, frontend.markers, content, find_sources)


def _pool(blueprint: Blueprint, end: BackEnd, inputs: Inputs, findings: Findings) -> ObjectSpec:
    found = servers_of(end.service, end.port, inputs, findings)
    rule = pool_rule(blueprint.frontend.rule, end.port)
    monitors = rule.health_monitors if rule else ()
    content = PoolContent(
        health_monitors=monitors or (profiles.HEALTH_MONITORS[end.port.protocol],),
        servers=found.servers,
        vrf=blueprint.vrf.value,
        tier1_lr=blueprint.infra.tier1_lr.value or None,
        placement_networks=network.placement_networks(blueprint.infra, inputs),
        pki_profile=rule.pki_profile if rule else None,
        ssl_profile=rule.ssl_profile if rule else None,
        ssl_key=rule.ssl_key if rule else None,
        rule=rule,
    )
    return _spec(
        blueprint,
        end.pool,
        end.markers,
        content,
        partial(sources.of_pool, blueprint, end, found),
        left_alone=frozenset({"servers"} if found.servers is None else ()),
        unknown_servers=found.unknown_servers,
        servers_from=found.servers_from,
        may_be_empty=inputs.settings.sync.guards.servers.allows_none(*end.service.key),
    )


def _policy_set(blueprint: Blueprint) -> ObjectSpec:
    rules = tuple(
        PolicyRule(protocol=listener.protocol, port=listener.port, pool=end.pool)
        for listener in blueprint.frontend.listeners
        for end in listener.back_ends
    )
    content, find_sources = L4PolicySetContent(rules=rules), partial(sources.of_policy_set, blueprint)
    return _spec(blueprint, blueprint.name, blueprint.frontend.policy_markers, content, find_sources)


def _virtual_service(blueprint: Blueprint) -> ObjectSpec:
    frontend, infra = blueprint.frontend, blueprint.infra
    content = VirtualServiceContent(
        vsvip=blueprint.name,
        ports=blueprint.ports.value,
        application_profile=blueprint.application_profile.value,
        network_profile=blueprint.network_profile.value,
        se_group=infra.se_group.value,
        vrf=blueprint.vrf.value,
        enable_rhi=infra.enable_rhi.value or None,
        traffic_enabled=frontend.traffic_enabled.value if frontend.traffic_enabled else None,
        policy_set=blueprint.policy_set,
        pool=blueprint.default_pool,
        rule=blueprint.rule,
    )
    find_sources = partial(sources.of_virtual_service, blueprint)
    return _spec(blueprint, blueprint.name, frontend.markers, content, find_sources)
