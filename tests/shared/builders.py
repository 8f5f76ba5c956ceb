"""Values with defaults, for tests that care about one detail of them.

`make_tree_of` and `translated` build what the source floor would have built from healthy manifests; everything that
is about reading YAML starts from text instead (`make_snapshot`).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import yaml
from pydantic import TypeAdapter

from sync.avi.markers import Markers
from sync.compare.normal_form import normal_form
from sync.model.desired import AviObject, ObjectKey, ObjectSpec, Owner, OwnerKind, Translation, VsVipContent
from sync.model.facts import CloudFacts, Facts
from sync.model.plan import PlanOptions
from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.ako import (
    AviInfraSetting,
    InfraNetwork,
    InfraNsx,
    InfraSeGroup,
    InfraSpec,
    L4Rule,
    L4RuleSpec,
    NodeNetwork,
    VipNetwork,
)
from sync.model.resources.core import (
    SERVICE_NAME_LABEL,
    Container,
    ContainerPort,
    Endpoint,
    EndpointAddress,
    EndpointConditions,
    Endpoints,
    EndpointSlice,
    EndpointSubset,
    Namespace,
    Node,
    NodeAddress,
    NodeStatus,
    Pod,
    PodCondition,
    PodSpec,
    PodStatus,
    Protocol,
    Service,
    ServicePort,
    ServiceSpec,
    ServiceType,
    SlicePort,
    TargetRef,
)
from sync.model.resources.gateway import (
    Gateway,
    GatewayAddress,
    GatewayClass,
    GatewayClassSpec,
    GatewaySpec,
    Listener,
    ParametersRef,
    Routes,
    RouteSelector,
)
from sync.model.resources.registry import REGISTRY
from sync.model.resources.resource import GroupKind, Metadata, Resource
from sync.model.resources.tree import BrokenResource, Resources
from sync.model.settings import Settings
from sync.model.source import Snapshot, SourceFile
from sync.model.templates import TemplateText
from sync.render import Rendering, render
from sync.template_files import read_templates
from sync.translate.translation import translate

CONTROLLER = "ako.vmware.com/avi-lb"
GATEWAY_NAME = "ako.vmware.com/gateway-name"
GATEWAY_NAMESPACE = "ako.vmware.com/gateway-namespace"
L4_RULE = "ako.vmware.com/l4rule"


# --- settings and facts -----------------------------------------------------------------------------------------------


_SETTINGS: TypeAdapter[Settings] = TypeAdapter(Settings)


def make_settings(**sections: Any) -> Settings:
    """Settings as values.yaml spells them, over a minimum: `make_settings(AKOSettings={"enableEVH": True})`."""
    values: dict[str, Any] = {
        "AKOSettings": {"clusterName": "north", "servicesAPI": True},
        "NetworkSettings": {"vipNetworkList": [{"networkName": "vips"}]},
    }
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section} if isinstance(section, dict) else section
    return _SETTINGS.validate_python(values)


def make_facts(
    *,
    vtype: str = "CLOUD_VCENTER",
    domains: Iterable[str] = (),
    missing: Iterable[str] = (),
    shared_names: Iterable[str] = (),
    network_vrf: Mapping[str, str] | None = None,
    network_subnets: Mapping[str, tuple[str, ...]] | None = None,
    network_ranges: Mapping[str, tuple[str, ...]] | None = None,
    network_uuids: Mapping[str, str] | None = None,
    ipam_type: str = "IPAMDNS_TYPE_INTERNAL",
    license_tier: str = "ENTERPRISE",
    transport_zone: str = "",
) -> Facts:
    """What a Controller tells."""
    return Facts(
        license=license_tier,
        cloud=CloudFacts(vtype=vtype, ipam_type=ipam_type, dns_domains=tuple(domains), transport_zone=transport_zone),
        network_vrf=network_vrf or {},
        network_subnets=network_subnets or {},
        network_ranges=network_ranges or {},
        network_uuids=network_uuids or {},
        missing=frozenset(missing),
        shared_names=frozenset(shared_names),
    )


# --- manifests --------------------------------------------------------------------------------------------------------


def make_options(**fields: Any) -> PlanOptions:
    """A plan for everything, on a day on which nothing is paused."""
    return PlanOptions(**({"now": datetime(2026, 3, 1, 12, tzinfo=UTC)} | fields))


def make_origin(kind: str, name: str) -> Origin:
    """A place of its own for each resource."""
    return Origin(file=f"{kind.lower()}-{name}.yaml", line=1)


def make_metadata(
    name: str,
    namespace: str = "default",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Metadata:
    """The metadata of any resource."""
    return Metadata(name=name, namespace=namespace, labels=labels or {}, annotations=annotations or {})


def make_gateway_class(
    name: str = "avi",
    *,
    controller: str = CONTROLLER,
    infra_setting: str = "",
    group: str = "ako.vmware.com",
    kind: str = "AviInfraSetting",
) -> GatewayClass:
    """A GatewayClass of AKO, with parameters if an AviInfraSetting is named."""
    reference = ParametersRef(group=group, kind=kind, name=infra_setting) if infra_setting else None
    return GatewayClass(
        metadata=make_metadata(name),
        origin=make_origin("GatewayClass", name),
        spec=GatewayClassSpec(controller=controller, parameters_ref=reference),
    )


def make_listener(
    port: int = 443,
    protocol: str = "TCP",
    *,
    gateway: tuple[str, str] = ("shop", "web"),
    hostname: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Listener:
    """A listener that selects by the labels of its Gateway, unless others are given."""
    selected = labels if labels is not None else attached_to(*gateway)
    return Listener(
        port=port,
        protocol=protocol,
        hostname=hostname,
        routes=Routes(kind="Service", selector=RouteSelector(match_labels=selected)),
    )


def make_gateway(
    name: str = "web",
    namespace: str = "shop",
    *,
    port: int = 443,
    protocol: str = "TCP",
    hostname: str | None = None,
    listeners: Iterable[Listener] | None = None,
    addresses: Iterable[GatewayAddress | str] = (),
    gateway_class: str = "avi",
) -> Gateway:
    """A Gateway with one listener, unless others are given."""
    one = make_listener(port, protocol, gateway=(namespace, name), hostname=hostname)
    return Gateway(
        metadata=make_metadata(name, namespace),
        origin=make_origin("Gateway", f"{namespace}-{name}"),
        spec=GatewaySpec(
            gateway_class_name=gateway_class,
            listeners=tuple(listeners) if listeners is not None else (one,),
            addresses=tuple(GatewayAddress(value=a) if isinstance(a, str) else a for a in addresses),
        ),
    )


def attached_to(namespace: str = "shop", gateway: str = "web") -> dict[str, str]:
    """The labels of a Service that belongs to a Gateway."""
    return {GATEWAY_NAME: gateway, GATEWAY_NAMESPACE: namespace}


def make_service_port(
    port: int = 443, protocol: str = "TCP", *, name: str = "", target_port: int | str = 0, node_port: int = 0
) -> ServicePort:
    """A port of a Service."""
    return ServicePort(port=port, protocol=Protocol(protocol), name=name, target_port=target_port, node_port=node_port)


def make_service(
    name: str = "front",
    namespace: str = "shop",
    *,
    port: int = 443,
    protocol: str = "TCP",
    target_port: int | str = 8443,
    node_port: int = 0,
    ports: Iterable[ServicePort] | None = None,
    gateway: tuple[str, str] | None = ("shop", "web"),
    annotations: Mapping[str, str] | None = None,
    type: ServiceType | None = "ClusterIP",  # noqa: A002 (the name of the field)
    **spec: Any,
) -> Service:
    """A Service of one port that belongs to the Gateway shop/web; `spec` are further fields of ServiceSpec."""
    one = make_service_port(port, protocol, target_port=target_port, node_port=node_port)
    labels = attached_to(*gateway) if gateway else {}
    return Service(
        metadata=make_metadata(name, namespace, labels, annotations),
        origin=make_origin("Service", f"{namespace}-{name}"),
        spec=ServiceSpec(stated_type=type, ports=tuple(ports) if ports is not None else (one,), **spec),
    )


def make_load_balancer(name: str = "front", namespace: str = "shop", **fields: Any) -> Service:
    """A Service of type LoadBalancer."""
    return make_service(name, namespace, **{"gateway": None, "type": "LoadBalancer", **fields})


def make_endpoint(
    address: str = "192.0.2.10",
    *,
    ready: bool | None = True,
    terminating: bool = False,
    node: str = "",
    pod: str = "",
) -> Endpoint:
    """A back end of an EndpointSlice."""
    return Endpoint(
        addresses=(address,),
        conditions=EndpointConditions(ready=ready, terminating=terminating),
        node_name=node,
        target_ref=TargetRef(kind="Pod", name=pod) if pod else TargetRef(),
    )


def make_slice(
    service: str = "front",
    namespace: str = "shop",
    *,
    name: str = "",
    port: int | None = 8443,
    port_name: str | None = "",
    protocol: str = "TCP",
    ports: Iterable[SlicePort] | None = None,
    endpoints: Iterable[Endpoint | str] = ("192.0.2.10",),
    address_type: str = "IPv4",
) -> EndpointSlice:
    """An EndpointSlice of a Service, with one port and one ready back end."""
    name = name or f"{service}-1"
    one = SlicePort(port=port, name=port_name, protocol=Protocol(protocol))
    kind: Any = address_type
    return EndpointSlice(
        metadata=make_metadata(name, namespace, {SERVICE_NAME_LABEL: service}),
        origin=make_origin("EndpointSlice", f"{namespace}-{name}"),
        address_type=kind,
        ports=tuple(ports) if ports is not None else (one,),
        endpoints=tuple(make_endpoint(e) if isinstance(e, str) else e for e in endpoints),
    )


def make_endpoints(
    name: str = "front",
    namespace: str = "shop",
    *,
    port: int = 8443,
    addresses: Iterable[str] = ("192.0.2.10",),
    not_ready: Iterable[str] = (),
) -> Endpoints:
    """An Endpoints object with one subset."""
    subset = EndpointSubset(
        addresses=tuple(EndpointAddress(ip=ip) for ip in addresses),
        not_ready_addresses=tuple(EndpointAddress(ip=ip) for ip in not_ready),
        ports=(SlicePort(port=port),),
    )
    return Endpoints(
        metadata=make_metadata(name, namespace),
        origin=make_origin("Endpoints", f"{namespace}-{name}"),
        subsets=(subset,),
    )


def make_node(
    name: str = "n1",
    *addresses: str,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Node:
    """A Node with internal addresses."""
    internal = tuple(NodeAddress(type="InternalIP", address=address) for address in addresses or ("192.0.2.101",))
    return Node(
        metadata=make_metadata(name, labels=labels, annotations=annotations),
        origin=make_origin("Node", name),
        status=NodeStatus(addresses=internal),
    )


def make_pod(
    name: str = "front-0",
    namespace: str = "shop",
    *,
    labels: Mapping[str, str] | None = None,
    node_ports: str = "",
    ports: Mapping[str, int] | None = None,
    address: str = "",
    ready: str = "",
) -> Pod:
    """A Pod; `node_ports` is Antrea's annotation, `ports` are its named container ports."""
    annotations = {"nodeportlocal.antrea.io": node_ports} if node_ports else {}
    named = tuple(ContainerPort(name=key, container_port=value) for key, value in (ports or {}).items())
    return Pod(
        metadata=make_metadata(name, namespace, labels if labels is not None else {"app": "front"}, annotations),
        origin=make_origin("Pod", f"{namespace}-{name}"),
        spec=PodSpec(containers=(Container(ports=named),)),
        status=PodStatus(pod_ip=address, conditions=(PodCondition(type="Ready", status=ready),) if ready else ()),
    )


def make_namespace(
    name: str = "shop", *, labels: Mapping[str, str] | None = None, annotations: Mapping[str, str] | None = None
) -> Namespace:
    """A Namespace."""
    return Namespace(
        metadata=make_metadata(name, labels=labels, annotations=annotations), origin=make_origin("Namespace", name)
    )


def make_infra_setting(
    name: str = "edge",
    *,
    se_group: str = "",
    t1lr: str = "",
    vip_networks: Iterable[VipNetwork] = (),
    node_networks: Iterable[NodeNetwork] = (),
    **network: Any,
) -> AviInfraSetting:
    """An AviInfraSetting; `network` are further fields of InfraNetwork."""
    return AviInfraSetting(
        metadata=make_metadata(name),
        origin=make_origin("AviInfraSetting", name),
        spec=InfraSpec(
            network=InfraNetwork(vip_networks=tuple(vip_networks), node_networks=tuple(node_networks), **network),
            se_group=InfraSeGroup(name=se_group) if se_group else None,
            nsx_settings=InfraNsx(t1lr=t1lr) if t1lr else None,
        ),
    )


def make_l4_rule(name: str, **spec: Any) -> L4Rule:
    """An L4Rule in the namespace `shop`; `spec` are fields of L4RuleSpec."""
    return L4Rule(metadata=make_metadata(name, "shop"), origin=make_origin("L4Rule", name), spec=L4RuleSpec(**spec))


def make_broken(
    kind: str,
    name: str,
    namespace: str = "",
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    service_type: str = "",
) -> BrokenResource:
    """A manifest that is there but cannot be used."""
    return BrokenResource(
        group_kind=REGISTRY.by_name[kind][0].group_kind,
        namespace=namespace,
        name=name,
        labels=labels or {},
        annotations=annotations or {},
        origin=make_origin(kind, name),
        service_type=service_type,
    )


def make_tree_of(*items: Resource | BrokenResource, is_complete: bool = True) -> Resources:
    """The resources of a tree that holds these, and the GatewayClass `avi` unless it holds another class."""
    if not any(isinstance(item, GatewayClass) for item in items):
        items = (make_gateway_class(), *items)
    broken = tuple(item for item in items if isinstance(item, BrokenResource))
    found: dict[GroupKind, tuple[Resource, ...]] = {}
    for item in items:
        if isinstance(item, Resource):
            found[item.GROUP_KIND] = (*found.get(item.GROUP_KIND, ()), item)
    return Resources(found=found, broken=broken, is_complete=is_complete)


# --- translation and rendering ----------------------------------------------------------------------------------------


def translated(
    *items: Resource | BrokenResource, settings: Settings | None = None, facts: Facts | None = None
) -> Translation:
    """What these resources come to."""
    return translate(make_tree_of(*items), settings or make_settings(), facts or make_facts())


def content_of(translation: Translation, kind: str, name: str = "") -> Any:
    """The content of the only spec of a kind (or of the one with this name)."""
    found = [s.content for s in translation.specs if s.key.kind == kind and name in ("", s.key.name)]
    assert len(found) == 1, [str(spec.key) for spec in translation.specs]
    return found[0]


def error_problems(translation: Translation) -> list[Problem]:
    """The errors, in order."""
    return [problem for problem in translation.problems if problem.severity is Severity.ERROR]


def errors_of(translation: Translation) -> list[str]:
    """The messages of the errors, in order."""
    return [problem.message for problem in error_problems(translation)]


def warnings_of(translation: Translation) -> list[str]:
    """The messages of the warnings, in order, but the hints about the tree as a whole, which each small tree gets."""
    found = [problem for problem in translation.problems if problem.severity is Severity.WARNING]
    return [problem.message for problem in found if not problem.message.startswith(_HINTS)]


_HINTS = (
    "no Service serves listener",
    "no Gateway uses this class",
    "nothing refers to this AviInfraSetting",
    "nothing refers to this L4Rule",
    "hostname ",
)


OWN_TEMPLATES: Mapping[str, TemplateText] = read_templates(Snapshot(location="none", commit="", files=()))
"""The product's own templates."""


def templates_with(**texts: str) -> dict[str, TemplateText]:
    """The product's own templates, some replaced: `templates_with(Pool="{}")`."""
    return {
        kind: TemplateText(file=f"templates/{kind.lower()}.json.j2", text=texts[kind]) if kind in texts else template
        for kind, template in OWN_TEMPLATES.items()
    }


def rendered_with(text: str, content: Any = None, *, kind: str = "VsVip") -> Rendering:
    """One spec with a template of somebody's own."""
    return render([make_spec(content, kind=kind)], templates_with(**{kind: text}), created_by="avi-sync-north")


def rendered(translation: Translation, **texts: str) -> Rendering:
    """The rendered objects of a translation, with the product's templates unless texts are given."""
    return render(translation.specs, templates_with(**texts), created_by="avi-sync-north")


def make_spec(content: Any = None, *, kind: str = "VsVip", name: str = "north--shop-web") -> ObjectSpec:
    """A spec of the Gateway shop/web."""
    return ObjectSpec(
        key=ObjectKey(kind=kind, tenant="admin", cloud="Default-Cloud", name=name),
        owner=Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web"),
        owner_name="north--shop-web",
        markers=Markers.of({"markers": markers(clustername="north", ManagedBy="avi-sync")}),
        content=content if content is not None else VsVipContent(vips=()),
    )


def make_object(
    body: Mapping[str, Any], *, kind: str = "Pool", name: str = "north--p", left_alone: Iterable[str] = ()
) -> AviObject:
    """A rendered object with this body."""
    body = {"name": name, "tenant_ref": "/api/tenant?name=admin", **body}
    return AviObject(
        key=ObjectKey(kind=kind, tenant="admin", cloud="Default-Cloud", name=name),
        owner=Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web"),
        owner_name="north--shop-web",
        body=body,
        normal=normal_form(body, kind, sorted(body.keys() - {"markers"})),
        left_alone=frozenset(left_alone),
    )


def markers(**values: str) -> list[dict[str, Any]]:
    """Markers as they stand in a body."""
    return [{"key": key, "values": [value]} for key, value in values.items()]


# --- source trees -----------------------------------------------------------------------------------------------------

VALUES = """\
AKOSettings:
  clusterName: north
  servicesAPI: true
NetworkSettings:
  vipNetworkList:
    - networkName: vips
"""
"""The least values.yaml that Gateways are served with."""


def make_snapshot(files: Mapping[str, str | bytes], *, commit: str = "") -> Snapshot:
    """The files of a source tree."""
    found = (
        SourceFile(path=path, content=text.encode() if isinstance(text, str) else text) for path, text in files.items()
    )
    return Snapshot(location="repo", commit=commit, files=tuple(sorted(found, key=lambda file: file.path)))


def yaml_of(*documents: Any) -> str:
    """Documents as one YAML text."""
    return yaml.safe_dump_all(documents, sort_keys=False)


def document(kind: str) -> dict[str, Any]:
    """The first healthy manifest of a kind."""
    return next(item for item in example_documents() if item["kind"] == kind)


def example_documents() -> list[dict[str, Any]]:
    """The manifests of a healthy tree as plain values: one of every kind that is read, each with most of its fields."""
    labels = attached_to()
    return [
        {
            "apiVersion": "networking.x-k8s.io/v1alpha1",
            "kind": "GatewayClass",
            "metadata": {"name": "avi"},
            "spec": {
                "controller": CONTROLLER,
                "parametersRef": {"group": "ako.vmware.com", "kind": "AviInfraSetting", "name": "edge"},
            },
        },
        {
            "apiVersion": "ako.vmware.com/v1beta1",
            "kind": "AviInfraSetting",
            "metadata": {"name": "edge"},
            "spec": {
                "seGroup": {"name": "edge-group"},
                "network": {
                    "vipNetworks": [{"networkName": "vips", "cidr": "10.1.0.0/16"}],
                    "enableRhi": True,
                    "bgpPeerLabels": ["blue"],
                },
            },
        },
        {
            "apiVersion": "networking.x-k8s.io/v1alpha1",
            "kind": "Gateway",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "gatewayClassName": "avi",
                "addresses": [{"type": "IPAddress", "value": "10.1.2.3"}],
                "listeners": [
                    {
                        "port": 443,
                        "protocol": "TCP",
                        "hostname": "shop.example.com",
                        "routes": {"kind": "Service", "selector": {"matchLabels": dict(labels)}},
                    },
                    {
                        "port": 53,
                        "protocol": "UDP",
                        "routes": {"kind": "Service", "selector": {"matchLabels": dict(labels)}},
                    },
                ],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "front", "namespace": "shop", "labels": dict(labels)},
            "spec": {
                "ports": [
                    {"name": "https", "port": 443, "targetPort": 8443, "protocol": "TCP"},
                    {"name": "dns", "port": 53, "targetPort": 5353, "protocol": "UDP"},
                ]
            },
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "front-1", "namespace": "shop", "labels": {SERVICE_NAME_LABEL: "front"}},
            "addressType": "IPv4",
            "ports": [{"name": "https", "port": 8443}, {"name": "dns", "port": 5353, "protocol": "UDP"}],
            "endpoints": [
                {"addresses": ["192.0.2.20"], "conditions": {"ready": True}, "nodeName": "n1"},
                {"addresses": ["192.0.2.10"], "conditions": {"ready": False}},
            ],
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "mail",
                "namespace": "shop",
                "annotations": {"ako.vmware.com/disable-traffic": "false"},
            },
            "spec": {
                "type": "LoadBalancer",
                "loadBalancerIP": "10.1.2.4",
                "ports": [{"name": "smtp", "port": 25, "targetPort": 2525}],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": "mail", "namespace": "shop"},
            "subsets": [{"addresses": [{"ip": "192.0.2.30"}], "ports": [{"name": "smtp", "port": 2525}]}],
        },
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "n1", "labels": {"pool": "edge"}},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.101"}]},
        },
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "web"}}},
    ]


def error_lines(problems: Iterable[Problem]) -> list[str]:
    """Each error as `file:line: field: message`."""
    return [f"{p.file}:{p.line}: {p.field_text}: {p.message}" for p in problems if p.severity is Severity.ERROR]
