"""Where each field of a desired object comes from: which field of which manifest, which setting, or which default.

The tables below mirror what translation does. A row names, in order, the places that may say a field; the first one
that is really written in the tree is what says it, else the default does. `tests/translate/test_provenance.py` holds
the tables against every golden tree: no field is without a source, and each place that is named exists.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from sync.model.desired import AviObject, OwnerKind
from sync.model.explanation import FieldSources, Source
from sync.model.problem import Origin
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Service, ServicePort
from sync.model.resources.gateway import Gateway
from sync.model.resources.resource import Resource
from sync.model.resources.tree import Resources
from sync.model.settings import VALUES_FILE
from sync.model.templates import TemplateText
from sync.translate import infra_setting, l4_rule, network, profiles
from sync.translate.backends import skips_node_port
from sync.translate.findings import Findings
from sync.translate.fqdn import auto_fqdn
from sync.translate.inputs import TENANT_ANNOTATION, Coverage, Inputs, coverage_of
from sync.translate.load_balancer import (
    ADDRESS_ANNOTATION,
    ANNOTATIONS,
    APPLICATION_PROFILE_ANNOTATION,
    DISABLE_TRAFFIC_ANNOTATION,
    HOSTNAME_ANNOTATION,
    SHARED_VIP_ANNOTATION,
)
from sync.translate.node_port import node_addresses
from sync.translate.node_port_local import pods_of
from sync.translate.protection import ANNOTATION as PROTECT_ANNOTATION

Path = tuple[str | int, ...]
IsWritten = Callable[[Origin, Path], bool]
"""Whether a file has something at a place: a key with a value that is not empty."""

VALUES = Origin(file=VALUES_FILE)


def sources_of(
    item: AviObject, resources: Resources, inputs: Inputs, is_written: IsWritten, template: TemplateText | None
) -> tuple[FieldSources, ...]:
    """Every field of the object's body, in its order, with its sources; a VIP's fields one by one.

    `template` is the tree's own template of the object's kind, if it has one: then that says every field but those
    that no template can change.
    """
    about = _about(item, resources, inputs, is_written)
    return tuple(
        FieldSources(path=path, sources=_sources(path, about, template))
        for path in (*_paths(item), *((name,) for name in sorted(item.left_alone)))
    )


def _paths(item: AviObject) -> Iterator[Path]:
    for name, value in item.body.items():
        if (item.key.kind, name, "*") in _PARTED:
            yield from ((name, number, key) for number, part in enumerate(value) for key in part)
        else:
            yield (name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """One object and everything that it was made from."""

    item: AviObject
    inputs: Inputs
    is_written: IsWritten
    gateway: Gateway | None
    services: tuple[Service, ...]
    """Those of a shared VIP or a LoadBalancer Service, or all that belong to the Gateway."""
    setting: AviInfraSetting | None
    rule: L4Rule | None

    @property
    def manifests(self) -> Sequence[Resource]:
        """What asks for the owner."""
        return (self.gateway,) if self.gateway else self.services

    @property
    def first(self) -> Resource:
        """The manifest that stands for all of them."""
        return self.manifests[0]

    @property
    def end(self) -> tuple[Service, ServicePort] | None:
        """The Service port that a pool is for: the one that spells its name."""
        names, owner = self.inputs.names, self.item.owner
        for service in self.services:
            for port in service.spec.ports:
                name = (
                    names.service_pool(service.namespace, service.name, port.protocol, port.port)
                    if owner.kind is OwnerKind.SERVICE
                    else names.attached_pool(owner.namespace, service.name, owner.name, port.protocol, port.port)
                )
                if name == self.item.key.name:
                    return service, port
        return None

    @property
    def row(self) -> int | None:
        """The number of the L4Rule's row for the pool's port."""
        if self.rule is None or self.end is None:
            return None
        key = self.end[1].port_key
        rows = enumerate(self.rule.spec.backend_properties)
        return next((number for number, row in rows if (row.protocol, row.port) == key), None)


def _about(item: AviObject, resources: Resources, inputs: Inputs, is_written: IsWritten) -> _About:
    owner, findings = item.owner, Findings()
    key = (owner.namespace, owner.name)
    if owner.kind is OwnerKind.GATEWAY:
        gateway = next(each for each in resources.of(Gateway) if each.key == key)
        gateway_class = inputs.catalog.classes[gateway.spec.gateway_class_name]
        return _About(
            item=item,
            inputs=inputs,
            is_written=is_written,
            gateway=gateway,
            services=tuple(
                each
                for each in inputs.catalog.services_of_gateway.get(key, ())
                if coverage_of(each.namespace, inputs) is Coverage.YES
            ),
            setting=infra_setting.setting_of_gateway(gateway, gateway_class, inputs, findings),
            rule=None,
        )
    is_shared = owner.kind is OwnerKind.SHARED_VIP
    near = sorted(
        (each for each in resources.of(Service) if each.namespace == owner.namespace), key=lambda each: each.key
    )
    services = tuple(each for each in near if (_shares(each, owner.name) if is_shared else each.key == key))
    return _About(
        item=item,
        inputs=inputs,
        is_written=is_written,
        gateway=None,
        services=services,
        setting=infra_setting.setting_of_service(services[0], inputs, findings),
        rule=l4_rule.rule_of_service(services[0], inputs, findings),
    )


def _shares(service: Service, key: str) -> bool:
    return service.spec.type == "LoadBalancer" and service.annotation(SHARED_VIP_ANNOTATION) == key


# --- the tables -------------------------------------------------------------------------------------------------------


class Role(Enum):
    """What a place of a table is a place in."""

    VALUES = auto()
    """values.yaml"""
    NAMESPACE = auto()
    """the Namespace of the owner"""
    GATEWAY = auto()
    SERVICE = auto()
    """the LoadBalancer Service; of several that share a VIP the first, for all say the same"""
    SETTING = auto()
    """the AviInfraSetting"""
    RULE = auto()
    """the L4Rule"""
    ROW = auto()
    """the L4Rule's row for the pool's port"""
    PORT = auto()
    """the Service port that the pool is for"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """The places that may say a field, and what says it where none of them does."""

    places: tuple[tuple[Role, Path], ...] = ()
    default: str


Say = Callable[[_About], tuple[Source, ...]]
Rule = _Row | Say


def _default_of(key: str) -> str:
    return f"default of {key} in values.yaml"


def _by_rule(*path: str) -> _Row:
    return _Row(places=((Role.RULE, ("spec", *path)),), default=f"default of the L4Rule's {path[-1]}")


def _by_row(*path: str) -> _Row:
    return _Row(places=((Role.ROW, path),), default=f"default of the L4Rule's {path[-1]}")


def _always(why: str) -> _Row:
    return _Row(default=why)


_SAME = _always("the same for every object of this kind, as AKO writes it")
_CLUSTER = ("AKOSettings", "clusterName")
_VIP_NETWORKS = _Row(
    places=(
        (Role.SETTING, ("spec", "network", "vipNetworks")),
        (Role.VALUES, ("NetworkSettings", "vipNetworkList")),
    ),
    default=_default_of("NetworkSettings.vipNetworkList"),
)
_ROUTER = _Row(
    places=((Role.SETTING, ("spec", "nsxSettings", "t1lr")), (Role.VALUES, ("NetworkSettings", "nsxtT1LR"))),
    default=_default_of("NetworkSettings.nsxtT1LR"),
)


def _name(about: _About) -> tuple[Source, ...]:
    """Cluster, namespace and name; a pool's has those of the Service and its port, too."""
    found = [_at(VALUES, _CLUSTER)]
    if about.item.owner.kind is OwnerKind.SHARED_VIP:
        found += [_of(each, (*ANNOTATIONS, SHARED_VIP_ANNOTATION)) for each in about.services]
    else:
        found.append(_of(about.first, ("metadata", "name")))
    if about.end is not None:
        service, port = about.end
        if service is not about.first:
            found.append(_of(service, ("metadata", "name")))
        found.append(_of(service, ("spec", "ports", service.spec.ports.index(port), "port")))
    key = ("AKOSettings", "enableEVH")
    return (*found, *((_at(VALUES, key),) if about.inputs.settings.ako.enable_evh else ()))


def _tenant(about: _About) -> tuple[Source, ...]:
    """A namespace's own tenant does not count for a shared VIP (see `translate_shared_vip`)."""
    setting = (Role.VALUES, ("ControllerSettings", "tenantName"))
    annotated = (Role.NAMESPACE, (*ANNOTATIONS, TENANT_ANNOTATION))
    places = (setting,) if about.item.owner.kind is OwnerKind.SHARED_VIP else (annotated, setting)
    return _first(_Row(places=places, default=_default_of("ControllerSettings.tenantName")), about)


def _markers(about: _About) -> tuple[Source, ...]:
    place = (*ANNOTATIONS, PROTECT_ANNOTATION)
    protecting = [_of(each, place) for each in about.manifests if about.is_written(each.origin, place)]
    return (Source(said="set by avi-sync: whose it is, and what was written last"), *protecting)


def _address(about: _About) -> tuple[Source, ...]:
    """A Service's own address comes first, that of a shared VIP's rule, too (see `translate_shared_vip`)."""
    own = (
        (Role.GATEWAY, ("spec", "addresses", 0, "value")),
        (Role.SERVICE, ("spec", "loadBalancerIP")),
        (Role.SERVICE, (*ANNOTATIONS, ADDRESS_ANNOTATION)),
    )
    rule = ((Role.RULE, ("spec", "loadBalancerIP")),)
    places = (*rule, *own) if about.item.owner.kind is OwnerKind.SHARED_VIP else (*own, *rule)
    return _first(_Row(places=places, default="chosen by the Controller"), about)


def _dns_names(about: _About) -> tuple[Source, ...]:
    """Hostnames that are written down, and the Services that are named automatically."""
    wanted = {entry["fqdn"] for entry in about.item.body["dns_info"]}
    found = []
    if about.gateway:
        listeners = enumerate(about.gateway.spec.listeners)
        found = [_of(about.gateway, ("spec", "listeners", n, "hostname")) for n, each in listeners if each.hostname]
    annotated = [] if about.gateway else [each for each in about.services if each.annotation(HOSTNAME_ANNOTATION)]
    found += [_of(each, (*ANNOTATIONS, HOSTNAME_ANNOTATION)) for each in annotated]
    settings, facts = about.inputs.settings, about.inputs.facts
    automatic = [
        each
        for each in about.services
        if each not in annotated
        and auto_fqdn(each.name, each.namespace, settings, facts) in wanted
        and _serves_without_hostname(each, about.gateway)
    ]
    if not automatic:
        return tuple(found)
    key = ("L4Settings", "autoFQDN")
    domains = (("NetworkSettings", "defaultDomain"), ("L4Settings", "defaultDomain"))
    return (
        *found,
        *(_of(each, ("metadata", "name"), "named automatically") for each in automatic),
        *_first(_Row(places=((Role.VALUES, key),), default=_default_of("L4Settings.autoFQDN")), about),
        *[_at(VALUES, domain) for domain in domains if about.is_written(VALUES, domain)][:1],
        Source(said="the DNS domains of the cloud"),
    )


def _serves_without_hostname(service: Service, gateway: Gateway | None) -> bool:
    """Whether a Service has a name of its own: beside a listener's hostname it has none."""
    if gateway is None:
        return True
    nameless = {listener.port_key for listener in gateway.spec.listeners if not listener.hostname}
    return any(port.port_key in nameless for port in service.spec.ports)


def _vrf(about: _About) -> tuple[Source, ...]:
    infra = infra_setting.infrastructure(about.setting, about.inputs)
    chosen = network.chosen_vrf(infra, about.item.key.tenant, about.inputs)
    return (_at(VALUES, chosen.key, chosen.said) if chosen.key else Source(said=chosen.said),)


def _ports(about: _About) -> tuple[Source, ...]:
    """The listeners of a Gateway, or the ports of its Services; rows of an L4Rule take their place."""
    if about.rule and about.rule.spec.listener_properties:
        return (_of(about.rule, ("spec", "listenerProperties")),)
    return _listeners(about)


def _listeners(about: _About) -> tuple[Source, ...]:
    if about.gateway:
        return (_of(about.gateway, ("spec", "listeners")),)
    return tuple(_of(service, ("spec", "ports")) for service in about.services)


def _rules(about: _About) -> tuple[Source, ...]:
    """What is asked for, and the Services that serve it."""
    if about.gateway is None:
        return _listeners(about)
    asked = {listener.port_key for listener in about.gateway.spec.listeners}
    return (
        *_listeners(about),
        *(
            _of(service, ("spec", "ports", number))
            for service in about.services
            for number, port in enumerate(service.spec.ports)
            if port.port_key in asked
        ),
    )


def _application_profile(about: _About) -> tuple[Source, ...]:
    if about.rule is None:
        alone = about.item.owner.kind is OwnerKind.SERVICE
        place = ((Role.SERVICE, (*ANNOTATIONS, APPLICATION_PROFILE_ANNOTATION)),) if alone else ()
        return _first(_Row(places=place, default="AKO's profile for layer 4"), about)
    has_ssl = any(row.enable_ssl for row in about.rule.spec.listener_properties)
    if has_ssl and about.rule.spec.application_profile_ref == profiles.L4_APPLICATION_PROFILE:
        return (_of(about.rule, ("spec", "listenerProperties"), "enableSsl needs a profile that ends TLS"),)
    return _first(_by_rule("applicationProfileRef"), about)


def _network_profile(about: _About) -> tuple[Source, ...]:
    if about.rule:
        return _first(_by_rule("networkProfileRef"), about)
    license_counts = Source(said="by the protocols, and by the license of the Controller")
    return (*_listeners(about), license_counts)


def _health_monitors(about: _About) -> tuple[Source, ...]:
    places = ((Role.ROW, ("healthMonitorRefs",)), (Role.PORT, ("protocol",)))
    return _first(_Row(places=places, default="the monitor for TCP, the default protocol of a Service port"), about)


def _servers(about: _About) -> tuple[Source, ...]:
    """The manifests that tell the servers, in the way that `L7Settings.serviceType` names."""
    mode = ("L7Settings", "serviceType")
    key = ("SyncSettings", "backends")
    default = _default_of("L7Settings.serviceType")
    how = _first(_Row(places=((Role.VALUES, mode),), default=default), about)
    if about.item.left_alone:
        said = "left alone: live servers stay, for Git does not say which there are"
        chosen = (_at(VALUES, key),) if about.is_written(VALUES, key) else ()
        return (Source(said=said), *chosen)
    if about.end is None:
        return how
    service, port = about.end
    number = service.spec.ports.index(port)
    return (*_back_ends(about, service, number), *how)


def _back_ends(about: _About, service: Service, number: int) -> tuple[Source, ...]:
    inputs, catalog = about.inputs, about.inputs.catalog
    wanted = {server["ip"]["addr"] for server in about.item.body.get("servers", ())}
    slices = catalog.slices_of_service.get(service.key, ())
    listed = tuple(_of(each, ("endpoints",)) for each in slices if each.address_type != "FQDN")
    if not slices and (endpoints := catalog.endpoints.get(service.key)):
        listed = (_of(endpoints, ("subsets",)),)
    local = listed if service.spec.external_traffic_policy == "Local" else ()
    skips = service.spec.type == "LoadBalancer" and skips_node_port(service)
    match inputs.settings.l7.service_type:
        case "NodePort" if not skips:
            nodes = [
                each
                for each in catalog.nodes
                if wanted & set(node_addresses(each, inputs.settings.ako.cni_plugin).values())
            ]
            port = _of(service, ("spec", "ports", number, "nodePort"))
            return (*(_of(each, ("metadata", "name"), f"Node {each.name}") for each in nodes), port, *local)
        case "NodePortLocal":
            return tuple(_of(pod, ANNOTATIONS, f"Pod {pod.name}") for pod in pods_of(service, inputs))
        case _:
            return (*listed, _of(service, ("spec", "ports", number)))


_COMMON: Mapping[str, Rule] = {
    "name": _name,
    "tenant_ref": _tenant,
    "cloud_ref": _Row(
        places=((Role.VALUES, ("ControllerSettings", "cloudName")),),
        default=_default_of("ControllerSettings.cloudName"),
    ),
    "created_by": _Row(places=((Role.VALUES, _CLUSTER),), default="set by avi-sync"),
    "markers": _markers,
}

_TABLE: Mapping[str, Mapping[str, Rule]] = {
    "VsVip": {
        "east_west_placement": _SAME,
        "vip.*.vip_id": _always("set by avi-sync: the number of the VIP"),
        "vip.*.auto_allocate_ip": _SAME,
        "vip.*.auto_allocate_ip_type": _VIP_NETWORKS,
        "vip.*.auto_allocate_floating_ip": _Row(
            places=((Role.SETTING, ("spec", "network", "enablePublicIP")),), default="not asked for"
        ),
        "vip.*.ip_address": _address,
        "vip.*.ip6_address": _address,
        "vip.*.ipam_network_subnet": _VIP_NETWORKS,
        "vip.*.subnet_uuid": _VIP_NETWORKS,
        "vip.*.placement_networks": _VIP_NETWORKS,
        "dns_info": _dns_names,
        "bgp_peer_labels": _Row(
            places=(
                (Role.SETTING, ("spec", "network", "bgpPeerLabels")),
                (Role.VALUES, ("NetworkSettings", "bgpPeerLabels")),
            ),
            default=_default_of("NetworkSettings.bgpPeerLabels"),
        ),
        "vrf_context_ref": _vrf,
        "tier1_lr": _ROUTER,
    },
    "Pool": {
        "sni_enabled": _SAME,
        "graceful_disable_timeout": _SAME,
        "vrf_ref": _vrf,
        "tier1_lr": _ROUTER,
        "placement_networks": _Row(
            places=(
                (Role.SETTING, ("spec", "network", "nodeNetworks")),
                (Role.VALUES, ("NetworkSettings", "nodeNetworkList")),
            ),
            default=_default_of("NetworkSettings.nodeNetworkList"),
        ),
        "enabled": _by_row("enabled"),
        "lb_algorithm": _by_row("lbAlgorithm"),
        "lb_algorithm_hash": _by_row("lbAlgorithmHash"),
        "lb_algorithm_consistent_hash_hdr": _by_row("lbAlgorithmConsistentHashHdr"),
        "application_persistence_profile_ref": _by_row("applicationPersistenceProfileRef"),
        "min_servers_up": _by_row("minServersUp"),
        "analytics_policy": _by_row("analyticsPolicy", "enableRealtimeMetrics"),
        "pki_profile_ref": _by_row("pkiProfileRef"),
        "ssl_profile_ref": _by_row("sslProfileRef"),
        "ssl_key_and_certificate_ref": _by_row("sslKeyAndCertificateRef"),
        "servers": _servers,
        "health_monitor_refs": _health_monitors,
    },
    "L4PolicySet": {"l4_connection_policy": _rules},
    "VirtualService": {
        "vsvip_ref": _always("set by avi-sync: the VsVip of the same owner"),
        "application_profile_ref": _application_profile,
        "network_profile_ref": _network_profile,
        "se_group_ref": _Row(
            places=(
                (Role.SETTING, ("spec", "seGroup", "name")),
                (Role.VALUES, ("ControllerSettings", "serviceEngineGroupName")),
            ),
            default=_default_of("ControllerSettings.serviceEngineGroupName"),
        ),
        "vrf_context_ref": _vrf,
        "enable_rhi": _Row(
            places=(
                (Role.SETTING, ("spec", "network", "enableRhi")),
                (Role.VALUES, ("NetworkSettings", "enableRHI")),
            ),
            default=_default_of("NetworkSettings.enableRHI"),
        ),
        "traffic_enabled": _Row(
            places=((Role.SERVICE, (*ANNOTATIONS, DISABLE_TRAFFIC_ANNOTATION)),),
            default=f"default, without the annotation {DISABLE_TRAFFIC_ANNOTATION}",
        ),
        "services": _ports,
        "l4_policies": _always("set by avi-sync: the L4PolicySet of the same owner"),
        "remove_listening_port_on_vs_down": _SAME,
        "analytics_profile_ref": _by_rule("analyticsProfileRef"),
        "analytics_policy": _by_rule("analyticsPolicy", "fullClientLogs"),
        "performance_limits": _by_rule("performanceLimits"),
        "revoke_vip_route": _by_rule("revokeVipRoute"),
        "network_security_policy_ref": _by_rule("networkSecurityPolicyRef"),
        "security_policy_ref": _by_rule("securityPolicyRef"),
        "ssl_profile_ref": _by_rule("sslProfileRef"),
        "ssl_key_and_certificate_refs": _by_rule("sslKeyAndCertificateRefs"),
        "vs_datascripts": _by_rule("vsDatascriptRefs"),
        "pool_ref": _ports,
    },
}
"""Kind → field → what says it; `*` stands for the number of an item."""

_PARTED = frozenset(
    (kind, *rule.split(".")[:2]) for kind, rules in _TABLE.items() for rule in rules if rule.count(".") > 1
)
"""Lists that are explained field by field, as (kind, field, `*`)."""


# --- how the tables are read ------------------------------------------------------------------------------------------


def _sources(path: Path, about: _About, template: TemplateText | None) -> tuple[Source, ...]:
    kind = about.item.key.kind
    name = str(path[0])
    if name in _COMMON:
        return _said_by(_COMMON[name], about)
    if template is not None and name not in about.item.left_alone:
        return (_line_of_template(name, template),)
    rule = _TABLE[kind].get(".".join("*" if isinstance(step, int) else step for step in path))
    return _said_by(rule, about) if rule else ()


def _said_by(rule: Rule, about: _About) -> tuple[Source, ...]:
    return _first(rule, about) if isinstance(rule, _Row) else rule(about)


def _first(row: _Row, about: _About) -> tuple[Source, ...]:
    for role, path in row.places:
        place = _place(role, about)
        if place is not None and about.is_written(place[0], (*place[1], *path)):
            return (_at(place[0], (*place[1], *path)),)
    return (Source(said=row.default),)


def _place(role: Role, about: _About) -> tuple[Origin, Path] | None:
    """Where a role stands, and the path in it; None where there is no such thing."""
    match role:
        case Role.VALUES:
            return VALUES, ()
        case Role.ROW:
            if about.rule is None or about.row is None:
                return None
            return about.rule.origin, ("spec", "backendProperties", about.row)
        case Role.PORT:
            if about.end is None:
                return None
            service, port = about.end
            return service.origin, ("spec", "ports", service.spec.ports.index(port))
    resource = _resource(role, about)
    return (resource.origin, ()) if resource else None


def _resource(role: Role, about: _About) -> Resource | None:
    found: Mapping[Role, Resource | None] = {
        Role.NAMESPACE: about.inputs.catalog.namespaces.get(about.item.owner.namespace),
        Role.GATEWAY: about.gateway,
        Role.SERVICE: None if about.gateway else about.services[0],
        Role.SETTING: about.setting,
        Role.RULE: about.rule,
    }
    return found[role]


def _of(resource: Resource, path: Path, said: str = "") -> Source:
    return _at(resource.origin, path, said)


def _at(origin: Origin, path: Path, said: str = "") -> Source:
    return Source(origin=origin, field=path, said=said)


def _line_of_template(name: str, template: TemplateText) -> Source:
    """The line of the tree's own template that names the field; its first one where it does not name it so."""
    lines = enumerate(template.text.splitlines(), start=1)
    number = next((number for number, line in lines if f'"{name}"' in line), 1)
    return Source(origin=Origin(file=template.file, line=number), said="the tree's own template")
