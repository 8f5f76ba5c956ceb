"""What one owner comes to, before it is spelled out as objects: Gateway, LoadBalancer Service and shared VIP alike."""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.avi.markers import Markers
from sync.model.desired import (
    L4PolicySetContent,
    ObjectKey,
    ObjectSpec,
    Owner,
    PolicyRule,
    PoolContent,
    PoolRule,
    ServiceRule,
    VirtualServiceContent,
    VirtualServicePort,
    VsVipContent,
)
from sync.model.resources.core import Service, ServicePort
from sync.translate import network, profiles
from sync.translate.backends import servers, unknown_servers_of
from sync.translate.infra_setting import Infrastructure
from sync.translate.inputs import Inputs
from sync.translate.names import MAX_NAME_LENGTH, MAX_POOL_NAME_LENGTH
from sync.translate.verdict import Findings
from sync.translate.vip_networks import check_vip_networks


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPlan:
    """One pool: the Service port behind it, and what an L4Rule says of it."""

    name: str
    markers: Markers
    service: Service
    port: ServicePort
    rule: PoolRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """One VirtualService with all that belongs to it. `name` is that of VirtualService, VsVip and L4PolicySet."""

    owner: Owner
    name: str
    tenant: str
    markers: Markers
    policy_markers: Markers
    infra: Infrastructure
    address: str | None
    fqdns: tuple[str, ...]
    ports: tuple[VirtualServicePort, ...]
    network_profile: str
    pools: tuple[PoolPlan, ...]
    application_profile: str = profiles.L4_APPLICATION_PROFILE
    traffic_enabled: bool | None = None
    has_policy_set: bool = True
    rule: ServiceRule | None = None

    @property
    def default_pool(self) -> str | None:
        """The pool of a VirtualService that ends TLS: it has one and no policy (AKO-L4RULE-TLS)."""
        return self.pools[0].name if self.pools and any(port.enable_ssl for port in self.ports) else None


def specs_of(blueprint: Blueprint, inputs: Inputs, findings: Findings) -> tuple[ObjectSpec, ...]:
    """The objects, in the order in which they would be created."""
    check_vip_networks(blueprint.infra, blueprint.address, inputs, findings)
    vrf = network.vrf(blueprint.infra, blueprint.tenant, inputs)
    policy_set = (_policy_set(blueprint),) if blueprint.has_policy_set and not blueprint.default_pool else ()
    return (
        _vsvip(blueprint, vrf, inputs),
        *(_pool(blueprint, pool, vrf, inputs, findings) for pool in blueprint.pools),
        *policy_set,
        _virtual_service(blueprint, vrf, inputs, has_policy_set=bool(policy_set)),
    )


def too_long(name: str, pools: Iterable[str]) -> tuple[str, str] | None:
    """Message and fix if a name is too long: AKO leaves such an object out in silence (AKO-LONG-NAMES)."""
    for text, limit in ((name, MAX_NAME_LENGTH), *((pool, MAX_POOL_NAME_LENGTH) for pool in pools)):
        if len(text) > limit:
            why = "" if limit == MAX_NAME_LENGTH else f", so that a reference to it has no more than {MAX_NAME_LENGTH}"
            return (
                f"the name {text[:40]}… would have {len(text)} characters; the limit is {limit}{why}",
                "use shorter names, or AKOSettings.enableEVH: true (that renames everything)",
            )
    return None


def _key(blueprint: Blueprint, kind: str, name: str, inputs: Inputs) -> ObjectKey:
    return ObjectKey(kind=kind, tenant=blueprint.tenant, cloud=inputs.cloud, name=name)


def _vsvip(blueprint: Blueprint, vrf: str | None, inputs: Inputs) -> ObjectSpec:
    infra = blueprint.infra
    return ObjectSpec(
        key=_key(blueprint, "VsVip", blueprint.name, inputs),
        owner=blueprint.owner,
        owner_name=blueprint.name,
        markers=blueprint.markers,
        content=VsVipContent(
            vips=network.vips(infra, blueprint.address, inputs),
            fqdns=blueprint.fqdns,
            vrf=vrf,
            tier1_lr=infra.tier1_lr or None,
            bgp_peer_labels=infra.bgp_peer_labels,
        ),
    )


def _pool(blueprint: Blueprint, pool: PoolPlan, vrf: str | None, inputs: Inputs, findings: Findings) -> ObjectSpec:
    found = servers(pool.service, pool.port, inputs, findings)
    rule = pool.rule
    monitors = rule.health_monitors if rule else ()
    return ObjectSpec(
        key=_key(blueprint, "Pool", pool.name, inputs),
        owner=blueprint.owner,
        owner_name=blueprint.name,
        markers=pool.markers,
        content=PoolContent(
            health_monitors=monitors or (profiles.HEALTH_MONITORS[pool.port.protocol],),
            servers=found,
            vrf=vrf,
            tier1_lr=blueprint.infra.tier1_lr or None,
            placement_networks=network.placement_networks(blueprint.infra, inputs),
            pki_profile=rule.pki_profile if rule else None,
            ssl_profile=rule.ssl_profile if rule else None,
            ssl_key=rule.ssl_key if rule else None,
            rule=rule,
        ),
        left_alone=frozenset({"servers"}) if found is None else frozenset(),
        unknown_nodes=None if found is None else unknown_servers_of(pool.service, pool.port, inputs),
    )


def _policy_set(blueprint: Blueprint) -> ObjectSpec:
    return ObjectSpec(
        key=ObjectKey(kind="L4PolicySet", tenant=blueprint.tenant, cloud="", name=blueprint.name),
        owner=blueprint.owner,
        owner_name=blueprint.name,
        markers=blueprint.policy_markers,
        content=L4PolicySetContent(
            rules=tuple(
                PolicyRule(protocol=pool.port.protocol.value, port=pool.port.port, pool=pool.name)
                for pool in blueprint.pools
            )
        ),
    )


def _virtual_service(blueprint: Blueprint, vrf: str | None, inputs: Inputs, *, has_policy_set: bool) -> ObjectSpec:
    infra = blueprint.infra
    return ObjectSpec(
        key=_key(blueprint, "VirtualService", blueprint.name, inputs),
        owner=blueprint.owner,
        owner_name=blueprint.name,
        markers=blueprint.markers,
        content=VirtualServiceContent(
            vsvip=blueprint.name,
            ports=blueprint.ports,
            application_profile=blueprint.application_profile,
            network_profile=blueprint.network_profile,
            se_group=infra.se_group,
            vrf=vrf,
            enable_rhi=infra.enable_rhi or None,
            traffic_enabled=blueprint.traffic_enabled,
            policy_set=blueprint.name if has_policy_set else None,
            pool=blueprint.default_pool,
            rule=blueprint.rule,
        ),
    )
