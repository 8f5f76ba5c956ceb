"""A `Frontend` → the objects that serve it, as specs for the templates: the only place that builds any."""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.avi.markers import Markers
from sync.kinds import KINDS
from sync.model.desired import (
    Content,
    L4PolicySetContent,
    ObjectKey,
    ObjectSpec,
    PolicyRule,
    PoolContent,
    UnknownNodes,
    VirtualServiceContent,
    VirtualServicePort,
    VsVipContent,
)
from sync.translate import network, profiles
from sync.translate.addresses import check_address
from sync.translate.backends import servers, unknown_servers_of
from sync.translate.findings import Findings
from sync.translate.frontend import BackEnd, Frontend
from sync.translate.infra_setting import Infrastructure, infrastructure
from sync.translate.inputs import Inputs
from sync.translate.l4_rule import RuleEffects, check_rule, effects, pool_rule
from sync.translate.names import MAX_NAME_LENGTH, MAX_POOL_NAME_LENGTH
from sync.translate.protection import with_protection
from sync.translate.vip_networks import check_vip_networks


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A frontend with what all of its objects share. `name` is that of VirtualService, VsVip and L4PolicySet."""

    frontend: Frontend
    name: str
    cloud: str
    infra: Infrastructure
    vrf: str | None
    rule: RuleEffects | None
    ports: tuple[VirtualServicePort, ...]

    @property
    def address(self) -> str | None:
        """The requested address; None lets the Controller choose."""
        return self.frontend.address.text if self.frontend.address else None

    @property
    def default_pool(self) -> str | None:
        """The pool of a VirtualService that ends TLS: it has one and no policy (AKO-L4RULE-TLS)."""
        ends = self.frontend.back_ends
        return ends[0].pool if ends and any(port.enable_ssl for port in self.ports) else None

    @property
    def policy_set(self) -> str | None:
        """The name of the L4PolicySet, if there is one."""
        return self.name if self.frontend.has_policy_set and not self.default_pool else None


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
    blueprint = _blueprint(frontend, name, inputs)
    check_address(frontend.address, blueprint.infra, inputs, findings)
    check_vip_networks(blueprint.infra, blueprint.address, inputs, findings)
    specs = (
        _vsvip(blueprint, inputs),
        *(_pool(blueprint, end, inputs, findings) for end in frontend.back_ends),
        *((_policy_set(blueprint),) if blueprint.policy_set else ()),
        _virtual_service(blueprint, inputs),
    )
    return with_protection(specs, frontend.manifests, findings)


def _blueprint(frontend: Frontend, name: str, inputs: Inputs) -> Blueprint:
    infra = infrastructure(frontend.setting, inputs)
    rule = effects(frontend.rule, may_withdraw_route=frontend.may_withdraw_route) if frontend.rule else None
    return Blueprint(
        frontend=frontend,
        name=name,
        cloud=inputs.cloud,
        infra=infra,
        vrf=network.vrf(infra, frontend.tenant, inputs),
        rule=rule,
        ports=(rule.ports if rule else None) or _ports(frontend),
    )


def _ports(frontend: Frontend) -> tuple[VirtualServicePort, ...]:
    protocols = [listener.protocol for listener in frontend.listeners]
    return tuple(
        VirtualServicePort(port=each.port, network_profile=profiles.override_profile(each.protocol, protocols))
        for each in sorted(frontend.listeners, key=lambda each: each.sort_key)
    )


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
    *,
    left_alone: frozenset[str] = frozenset(),
    unknown_nodes: UnknownNodes | None = None,
) -> ObjectSpec:
    cloud = blueprint.cloud if KINDS[content.KIND].has_cloud else ""
    return ObjectSpec(
        key=ObjectKey(kind=content.KIND, tenant=blueprint.frontend.tenant, cloud=cloud, name=name),
        owner=blueprint.frontend.owner,
        owner_name=blueprint.name,
        markers=markers,
        content=content,
        left_alone=left_alone,
        unknown_nodes=unknown_nodes,
    )


def _vsvip(blueprint: Blueprint, inputs: Inputs) -> ObjectSpec:
    frontend, infra = blueprint.frontend, blueprint.infra
    content = VsVipContent(
        vips=network.vips(infra, blueprint.address, inputs),
        fqdns=frontend.hostnames,
        vrf=blueprint.vrf,
        tier1_lr=infra.tier1_lr or None,
        bgp_peer_labels=infra.bgp_peer_labels,
    )
    return _spec(blueprint, blueprint.name, frontend.markers, content)


def _pool(blueprint: Blueprint, end: BackEnd, inputs: Inputs, findings: Findings) -> ObjectSpec:
    found = servers(end.service, end.port, inputs, findings)
    rule = pool_rule(blueprint.frontend.rule, end.port)
    monitors = rule.health_monitors if rule else ()
    content = PoolContent(
        health_monitors=monitors or (profiles.HEALTH_MONITORS[end.port.protocol],),
        servers=found,
        vrf=blueprint.vrf,
        tier1_lr=blueprint.infra.tier1_lr or None,
        placement_networks=network.placement_networks(blueprint.infra, inputs),
        pki_profile=rule.pki_profile if rule else None,
        ssl_profile=rule.ssl_profile if rule else None,
        ssl_key=rule.ssl_key if rule else None,
        rule=rule,
    )
    if found is None:
        return _spec(blueprint, end.pool, end.markers, content, left_alone=frozenset({"servers"}))
    unknown_nodes = unknown_servers_of(end.service, end.port, inputs)
    return _spec(blueprint, end.pool, end.markers, content, unknown_nodes=unknown_nodes)


def _policy_set(blueprint: Blueprint) -> ObjectSpec:
    rules = tuple(
        PolicyRule(protocol=listener.protocol, port=listener.port, pool=end.pool)
        for listener in blueprint.frontend.listeners
        for end in listener.back_ends
    )
    content = L4PolicySetContent(rules=rules)
    return _spec(blueprint, blueprint.name, blueprint.frontend.policy_markers, content)


def _virtual_service(blueprint: Blueprint, inputs: Inputs) -> ObjectSpec:
    frontend, infra, rule = blueprint.frontend, blueprint.infra, blueprint.rule
    protocols = [listener.protocol for listener in frontend.listeners]
    content = VirtualServiceContent(
        vsvip=blueprint.name,
        ports=blueprint.ports,
        application_profile=rule.application_profile if rule else frontend.application_profile,
        network_profile=rule.network_profile if rule else profiles.network_profile(protocols, inputs.facts),
        se_group=infra.se_group,
        vrf=blueprint.vrf,
        enable_rhi=infra.enable_rhi or None,
        traffic_enabled=frontend.traffic_enabled,
        policy_set=blueprint.policy_set,
        pool=blueprint.default_pool,
        rule=rule.service if rule else None,
    )
    return _spec(blueprint, blueprint.name, frontend.markers, content)
