"""Service ports → the servers of their pools (ako-semantics §6, and DESIGN §8 where AKO is wrong)."""

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sync.model.desired import Server
from sync.model.resources.core import Endpoints, EndpointSlice, Node, Pod, Service, ServicePort, SlicePort
from sync.model.resources.resource import Resource
from sync.translate.clouds import DUAL_STACK_CLOUDS
from sync.translate.inputs import Inputs
from sync.translate.verdict import Findings

SKIP_NODEPORT_ANNOTATION = "skipnodeport.ako.vmware.com/enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class _BackEnds:
    """Addresses that share ports: an EndpointSlice, or one subset of an Endpoints."""

    origin: Resource
    ports: tuple[SlicePort, ...]
    endpoints: tuple["_BackEnd", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _BackEnd:
    """One address; `path` is where it stands in its manifest."""

    address: str
    is_ready: bool
    node: str
    path: tuple[str | int, ...]


def servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> tuple[Server, ...] | None:
    """The servers for one Service port, sorted by address; None where Git does not say and live servers stay."""
    if inputs.settings.sync.backends == "ignore":
        return None
    unusable = inputs.catalog.broken_back_ends(service.key)
    for broken in unusable:
        findings.error(
            service,
            (),
            f"held: {broken.kind} {broken.namespace}/{broken.name}, which tells its back ends, cannot be used",
            f"correct {broken.origin.file}:{broken.origin.line}",
        )
    if unusable:
        return ()
    found = _servers(service, port, inputs, findings)
    if found is None:
        return () if inputs.settings.sync.backends == "manifest" else None
    return tuple(sorted(found, key=lambda server: (server.address, server.port)))


def _servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> list[Server] | None:
    match inputs.settings.l7.service_type:
        case "NodePort" if not (service.spec.type == "LoadBalancer" and _skips_node_port(service)):
            return _node_servers(service, port, inputs, findings)
        case "NodePortLocal":
            return _pod_servers(service, port, inputs, findings)
        case _:
            return _endpoint_servers(service, port, inputs, findings)


def _skips_node_port(service: Service) -> bool:
    """The annotation's presence counts, whatever its value; not for a Gateway's back ends (AKO L4T:231)."""
    return SKIP_NODEPORT_ANNOTATION in service.metadata.annotations


def families(service: Service, inputs: Inputs) -> frozenset[str]:
    """The address families that both values.yaml and the Service want."""
    allowed = {"V4"}
    if inputs.facts.cloud.vtype in DUAL_STACK_CLOUDS:
        allowed = set((inputs.settings.ako.ip_family or "V4_V6").split("_"))
    wanted = service.spec.ip_families
    if len(wanted) >= 2:
        return frozenset(allowed)
    return frozenset(allowed & ({"V6"} if wanted[:1] == ("IPv6",) else {"V4"}))


# --- ClusterIP: EndpointSlices, or Endpoints where no slice names the Service -----------------------------------------


def _endpoint_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> list[Server] | None:
    groups = _back_ends(service, inputs)
    if groups is None:
        findings.warning(
            service,
            (),
            "the tree holds no EndpointSlice for it: live servers stay as they are, a new pool starts empty",
            "commit its EndpointSlice, or set SyncSettings.backends to ignore if servers are kept by something else",
        )
        return None
    wanted = families(service, inputs)
    found: dict[tuple[str, int], Server] = {}
    for group in groups:
        number = _port_of(group.ports, port, is_only=len(groups) == 1)
        if number is None:
            continue
        for end in group.endpoints:
            family = _family(end, group, findings)
            if family in wanted:
                server = Server(
                    address=end.address, family=family, port=number, enabled=end.is_ready, node=end.node or None
                )
                found.setdefault((end.address, number), server)
    return list(found.values())


def _port_of(ports: tuple[SlicePort, ...], port: ServicePort, *, is_only: bool) -> int | None:
    """The number under which these back ends serve the Service port.

    By name or by target number, as AKO does, but among ports of the same protocol first; the only port of the only
    slice is taken whatever it is called (AKO L4T:607–624).
    """
    numbered = [item for item in ports if item.port is not None]
    matching = [item for item in numbered if item.name == port.name or item.port == port.target]
    of_protocol = [item for item in matching if item.protocol is port.protocol]
    if of_protocol:
        by_name = [item for item in of_protocol if item.name == port.name]
        return (by_name or of_protocol)[0].port
    if is_only and len(ports) == 1 and numbered:
        return numbered[0].port
    return None


def _back_ends(service: Service, inputs: Inputs) -> tuple[_BackEnds, ...] | None:
    """The groups of back ends that Git holds for a Service; None if it holds none at all."""
    if slices := inputs.catalog.slices_of_service.get(service.key):
        return tuple(_of_slice(item) for item in slices if item.address_type != "FQDN")
    if (endpoints := inputs.catalog.endpoints.get(service.key)) is not None:
        return tuple(_of_endpoints(endpoints))
    return None


def _of_slice(item: EndpointSlice) -> _BackEnds:
    return _BackEnds(
        origin=item,
        ports=item.ports,
        endpoints=tuple(
            _BackEnd(
                address=endpoint.addresses[0],
                is_ready=endpoint.conditions.ready and not endpoint.conditions.terminating,
                node=endpoint.node_name,
                path=("endpoints", number, "addresses", 0),
            )
            for number, endpoint in enumerate(item.endpoints)
        ),
    )


def _of_endpoints(item: Endpoints) -> Iterable[_BackEnds]:
    for number, subset in enumerate(item.subsets):
        ready = (("addresses", subset.addresses, True), ("notReadyAddresses", subset.not_ready_addresses, False))
        yield _BackEnds(
            origin=item,
            ports=subset.ports,
            endpoints=tuple(
                _BackEnd(
                    address=address.ip,
                    is_ready=is_ready,
                    node=address.node_name,
                    path=("subsets", number, key, position, "ip"),
                )
                for key, addresses, is_ready in ready
                for position, address in enumerate(addresses)
            ),
        )


def _family(end: _BackEnd, group: _BackEnds, findings: Findings) -> str:
    family = _family_of(end.address)
    if not family:
        findings.error(
            group.origin,
            end.path,
            f'"{end.address}" is not an IP address',
            "write an IPv4 or IPv6 address",
        )
    return family


def _family_of(address: str) -> str:
    """V4, V6, or nothing for a text that is no address."""
    try:
        return f"V{ipaddress.ip_address(address).version}"
    except ValueError:
        return ""


# --- NodePort: every selected Node, at the Service's node port --------------------------------------------------------


def _node_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> list[Server] | None:
    if service.spec.type == "ClusterIP":
        findings.warning(
            service,
            ("spec", "type"),
            "a ClusterIP Service has no servers while L7Settings.serviceType is NodePort",
            "make it type: NodePort",
        )
        return []
    for broken in inputs.catalog.broken_of_kind("Node"):
        findings.error(
            service,
            (),
            f"held: Node {broken.name} cannot be used, so its pool would lose a server",
            f"correct {broken.origin.file}:{broken.origin.line}",
        )
    if not inputs.catalog.nodes:
        findings.warning(
            service,
            (),
            "the tree holds no Node: live servers stay as they are, a new pool starts empty",
            "commit the Nodes, or set SyncSettings.backends to ignore if servers are kept by something else",
        )
        return None
    if not port.node_port:
        findings.error(
            service,
            ("spec", "ports"),
            f"port {port.port} has no nodePort, so its servers have no port",
            "write the nodePort that the cluster allocated into the manifest",
        )
        return []
    nodes = _nodes_of(service, port, inputs)
    if nodes is None:
        findings.warning(
            service,
            ("spec", "externalTrafficPolicy"),
            "the tree holds no EndpointSlice for it, so its Nodes are not known: live servers stay as they are",
            "commit its EndpointSlice, or use externalTrafficPolicy: Cluster",
        )
        return None
    return [server for node in nodes if (server := _node_server(node, service, port, inputs)) is not None]


def _node_server(node: Node, service: Service, port: ServicePort, inputs: Inputs) -> Server | None:
    addresses = node_addresses(node, inputs.settings.ako.cni_plugin)
    wanted = families(service, inputs)
    for family in ("V4", "V6"):  # one server per node, IPv4 first (AKO L4T:472)
        if family in wanted and family in addresses:
            return Server(address=addresses[family], family=family, port=port.node_port)
    return None


def _nodes_of(service: Service, port: ServicePort, inputs: Inputs) -> list[Node] | None:
    """The selected Nodes; with externalTrafficPolicy Local only those that run a back end of the port.

    None where Git does not say which do. Unschedulable and NotReady Nodes stay, as in AKO.
    """
    selector = inputs.settings.node_port_selector
    nodes = [
        n for n in inputs.catalog.nodes if not selector.key or n.metadata.labels.get(selector.key) == selector.value
    ]
    if service.spec.external_traffic_policy != "Local":
        return nodes
    groups = _back_ends(service, inputs)
    if groups is None:
        return None
    local = {
        end.node
        for group in groups
        if _port_of(group.ports, port, is_only=len(groups) == 1) is not None
        for end in group.endpoints
    }
    return [node for node in nodes if node.name in local]


_NODE_ANNOTATIONS = {
    "calico": ("projectcalico.org/IPv4Address", "projectcalico.org/IPv6Address"),
    "antrea": ("node.antrea.io/transport-addresses",),
}
"""Where a CNI says how a Node is reached (AKO internal/lib/lib.go:2349); a prefix length behind `/` does not count."""


def node_addresses(node: Node, cni_plugin: str) -> dict[str, str]:
    """A Node's address per family: what its CNI says, else its first InternalIP."""
    found: dict[str, str] = {}
    stated = [node.annotation(name) for name in _NODE_ANNOTATIONS.get(cni_plugin, ())]
    internal = [address.address for address in node.status.addresses if address.type == "InternalIP"]
    for text in [part.strip().partition("/")[0] for value in stated for part in value.split(",")] + internal:
        if family := _family_of(text):
            found.setdefault(family, text)
    return found


# --- NodePortLocal: every selected Pod, at the node port that Antrea gave it ------------------------------------------

NODE_PORT_LOCAL_ANNOTATION = "nodeportlocal.antrea.io"


def _pod_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> list[Server] | None:
    for broken in inputs.catalog.broken_of_kind("Pod"):
        if broken.namespace == service.namespace:
            findings.error(
                service,
                (),
                f"held: Pod {broken.namespace}/{broken.name} cannot be used, so its pool might lose a server",
                f"correct {broken.origin.file}:{broken.origin.line}",
            )
    pods = _pods_of(service, inputs)
    if not pods:
        findings.warning(
            service,
            ("spec", "selector"),
            "the tree holds no Pod that it selects: live servers stay as they are, a new pool starts empty",
            "commit the Pods, or set SyncSettings.backends to ignore if servers are kept by something else",
        )
        return None
    found: dict[tuple[str, int], Server] = {}
    for pod in pods:
        if any((c.type, c.status) == ("Ready", "False") for c in pod.status.conditions):
            continue
        for entry in _node_ports(pod, findings):
            if entry.pod_port in _target_numbers(port, pod):
                server = Server(
                    address=entry.address,
                    family=_family_of(entry.address),
                    port=entry.node_port,
                    enabled=_is_enabled(pod, service, inputs),
                )
                found.setdefault((server.address, server.port), server)
    return list(found.values())


def _pods_of(service: Service, inputs: Inputs) -> list[Pod]:
    """The Pods that the Service selects; without a selector it selects none (ako-semantics §6.3)."""
    wanted = service.spec.selector.items()
    if not wanted:
        return []
    return [pod for pod in inputs.catalog.pods.get(service.namespace, ()) if wanted <= pod.metadata.labels.items()]


def _target_numbers(port: ServicePort, pod: Pod) -> frozenset[int]:
    """The container ports that the Service port means in this Pod."""
    target = port.target
    if isinstance(target, int):
        return frozenset({target})
    ports = [item for container in pod.spec.containers for item in container.ports]
    return frozenset(item.container_port for item in ports if item.name == target)


def _is_enabled(pod: Pod, service: Service, inputs: Inputs) -> bool:
    """What the EndpointSlices say of the Pod; enabled where they say nothing."""
    for group in _back_ends(service, inputs) or ():
        for end in group.endpoints:
            if pod.status.pod_ip and end.address == pod.status.pod_ip:
                return end.is_ready
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodePort:
    """One entry of Antrea's annotation."""

    pod_port: int
    address: str
    node_port: int


def _node_ports(pod: Pod, findings: Findings) -> list[_NodePort]:
    text = pod.annotation(NODE_PORT_LOCAL_ANNOTATION)
    if not text:
        return []
    try:
        found = [
            _NodePort(pod_port=int(item["podPort"]), address=str(item["nodeIP"]), node_port=int(item["nodePort"]))
            for item in json.loads(text)
        ]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        found = [_NodePort(pod_port=0, address="", node_port=0)]
    if not all(_family_of(item.address) and 0 < item.node_port < 65536 for item in found):
        findings.error(
            pod,
            ("metadata", "annotations", NODE_PORT_LOCAL_ANNOTATION),
            "the annotation is not a list of podPort, nodeIP and nodePort",
            "commit it as Antrea writes it",
        )
        return []
    return found
