"""NodePort: every selected Node, at the Service's node port (ako-semantics §6.2)."""

from sync.model.desired import Server
from sync.model.resources.core import Node, Service, ServicePort
from sync.translate.endpoints import back_ends, families, none_serves, not_told, port_of
from sync.translate.host_addresses import family_of
from sync.translate.inputs import Inputs
from sync.translate.verdict import Findings


def node_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> list[Server] | None:
    """A server per Node; None where Git does not say which Nodes there are."""
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
        not_told(service, (), "the tree holds no Node", "commit the Nodes", inputs, findings)
        return None
    if not port.node_port:
        findings.error(
            service,
            ("spec", "ports", service.spec.ports.index(port)),
            f"port {port.protocol} {port.port} has no nodePort, so its servers have no port",
            "write the nodePort that the cluster allocated into the manifest",
        )
        return []
    nodes = _nodes_of(service, port, inputs)
    if nodes is None:
        what = "the tree holds no EndpointSlice for it, and its Nodes are those that run a back end"
        fix = "commit its EndpointSlice, use externalTrafficPolicy: Cluster"
        not_told(service, ("spec", "externalTrafficPolicy"), what, fix, inputs, findings)
        return None
    found = [server for node in nodes if (server := _node_server(node, service, port, inputs)) is not None]
    if not found and not findings.has_errors:
        none_serves(service, port, *_why_none(nodes, service), findings)
    return found


def _why_none(nodes: list[Node], service: Service) -> tuple[str, str]:
    """Why no Node is a server, and the fix; `nodes` are those that were chosen."""
    if nodes:
        return "no Node has an address of a wanted family", "correct spec.ipFamilies, or the addresses of the Nodes"
    if service.spec.external_traffic_policy == "Local":
        return "no chosen Node runs a back end of it", "check nodePortSelector and the nodeName of its endpoints"
    return "no Node carries the label of nodePortSelector", "label the Nodes, or correct nodePortSelector"


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
    groups = back_ends(service, inputs)
    if groups is None:
        return None
    local = {
        end.node
        for group in groups
        if port_of(group.ports, port, is_only=len(groups) == 1 and not port.name) is not None
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
        if family := family_of(text):
            found.setdefault(family, text)
    return found
