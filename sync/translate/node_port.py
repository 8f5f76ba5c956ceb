"""NodePort: every selected Node, at the Service's node port (AKO-NODE-PORT)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.model.desired import ObjectSpec, Server, UnknownServers
from sync.model.problem import Problem, Severity
from sync.model.provenance import in_manifest
from sync.model.resources.core import Node, Service, ServicePort
from sync.model.resources.tree import BrokenResource
from sync.model.wording import is_near, shown
from sync.translate.endpoints import (
    EndpointGroup,
    FoundServers,
    back_ends,
    check_port_name,
    families,
    groups_in_git,
    none_serves,
    not_told,
    place_of_port,
    places_of_back_ends,
    port_of,
)
from sync.translate.findings import Findings, problem_at
from sync.translate.host_addresses import family_of, flaw_of
from sync.translate.inputs import Inputs, is_nearly_labelled


def node_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> FoundServers | None:
    """A server per Node; None if Git does not list the Nodes."""
    if service.spec.type == "ClusterIP" and port.node_port:
        place = ("spec", "ports", service.spec.ports.index(port), "nodePort")
        findings.error(service, place, "a ClusterIP Service has no node ports", "make it type: NodePort")
        return FoundServers()
    if service.spec.type == "ClusterIP":
        findings.warning(
            service,
            ("spec", "type"),
            "a ClusterIP Service has no servers while L7Settings.serviceType is NodePort",
            "make it type: NodePort",
        )
        return FoundServers()
    has_unknown = unknown_nodes(service, port, inputs) is not None
    if not inputs.catalog.nodes and not has_unknown:
        not_told(service, (), "the tree holds no Node", "commit the Nodes", inputs, findings)
        return None
    if not port.node_port and inputs.settings.sync.backends == "cluster":
        return None
    if not port.node_port:
        findings.error(
            service,
            ("spec", "ports", service.spec.ports.index(port)),
            f"port {port.protocol} {port.port} has no nodePort, so its servers have no port",
            "write the nodePort that the cluster allocated into the manifest",
        )
        return FoundServers()
    chosen = _chosen(service, port, inputs)
    if chosen is None:
        what = "the tree holds no EndpointSlice for it, and only Nodes that run a back end are used"
        fix = "commit its EndpointSlice, use externalTrafficPolicy: Cluster"
        not_told(service, ("spec", "externalTrafficPolicy"), what, fix, inputs, findings)
        return None
    _check_selection(service, inputs, findings)
    _check_local(service, port, inputs, findings)
    wanted = families(service, inputs)
    found = [(node, at) for node in chosen.nodes if isinstance(at := _place_of(node, wanted, inputs), _Stated)]
    if not found and not has_unknown and not findings.has_errors:
        none_serves(service, port, *_why_none(chosen.nodes, service), findings)
    return FoundServers(
        servers=[Server(address=at.text, family=family_of(at.text), port=port.node_port) for _, at in found],
        sources=lambda: (
            *(in_manifest(node, *at.path, said=node.title) for node, at in found),
            place_of_port(service, port, "nodePort", default=f"node port {port.node_port} of the cluster"),
            *(places_of_back_ends(service, inputs) if service.spec.external_traffic_policy == "Local" else ()),
        ),
    )


# --- misspelt names ---------------------------------------------------------------------------------------------------


def _check_selection(service: Service, inputs: Inputs, findings: Findings) -> None:
    """Errors for Nodes in Git with nearly the label of nodePortSelector, and any with a value where it has none."""
    selector = inputs.settings.node_port_selector
    nodes = inputs.catalog.nodes.values() if selector.key else ()
    is_valueless = not selector.value and all(node.metadata.labels.get(selector.key) != "" for node in nodes)
    for node in nodes:
        if node.metadata.labels.get(selector.key) != selector.value and (
            (is_nearly_labelled(node, selector.key, selector.value) and not node.origin.is_cluster)
            or (is_valueless and selector.key in node.metadata.labels)
        ):
            message = (
                f"a label of {node.title} is probably a misspelling of nodePortSelector, so {service.title} is held"
            )
            fix = f"write the label {selector.key}: {selector.value}, or correct nodePortSelector in values.yaml"
            findings.error(node, ("metadata", "labels"), message, fix)


def _check_local(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> None:
    """Errors for names by which the Nodes that run a back end are found."""
    if service.spec.external_traffic_policy == "Local":
        groups = back_ends(service, inputs) or ()
        check_port_name(service, port, groups, findings, takes_any=not port.name)
        _check_node_names(groups, service, inputs, findings)


def _check_node_names(groups: tuple[EndpointGroup, ...], service: Service, inputs: Inputs, findings: Findings) -> None:
    """Errors for endpoints in Git that name no Node at all, or one that is unknown and nearly an idle one in Git."""
    written = groups_in_git(groups)
    if not written:
        return
    broken = {item.name for item in inputs.catalog.broken_of(Node)}
    known = inputs.catalog.nodes.keys() | broken
    in_git = {node.name for node in inputs.catalog.nodes.values() if not node.origin.is_cluster} | broken
    idle = in_git - {end.node for group in groups for end in group.endpoints}
    for group in written:
        for end in group.endpoints:
            if not end.node:
                message = (
                    f"the endpoint names no Node, which externalTrafficPolicy Local needs: {service.title} is held"
                )
                findings.error(group.origin, end.path[:2], message, "add its nodeName")
            elif end.node not in known and (near := [name for name in sorted(idle) if is_near(end.node, name)]):
                message = f'Node "{end.node}" is not in the tree, so {service.title} is held'
                findings.error(group.origin, end.path[:2], message, f'did you mean "{near[0]}"?')


# --- Nodes without a usable address -----------------------------------------------------------------------------------


def unknown_nodes(service: Service, port: ServicePort, inputs: Inputs) -> UnknownServers | None:
    """The selected Nodes without a usable address in Git; None if there are none."""
    chosen = _chosen(service, port, inputs)
    if chosen is None or service.spec.type == "ClusterIP":
        return None
    wanted = families(service, inputs)
    flawed = {node.title for node in chosen.nodes if isinstance(_place_of(node, wanted, inputs), _Flaw)}
    broken = {item.title for item in chosen.broken}
    if not flawed and not broken:
        return None
    cni = inputs.settings.ako.cni_plugin
    told = [node for node in inputs.catalog.nodes.values() if node.title not in flawed]
    return UnknownServers(
        nodes=tuple(sorted(flawed | broken)),
        known_addresses=frozenset(stated.text for node in told for stated in _stated_addresses(node, cni)),
    )


def node_problems(inputs: Inputs, specs: Iterable[ObjectSpec]) -> Iterator[Problem]:
    """Problems of Nodes: errors if the servers of a pool depend on them."""
    if inputs.settings.l7.service_type != "NodePort":
        return
    needed = {title for spec in specs if spec.unknown_servers for title in spec.unknown_servers.nodes}
    for node in inputs.catalog.nodes.values():
        if (flaw := _flaw_in(_stated_addresses(node, inputs.settings.ako.cni_plugin))) is not None:
            severity = Severity.ERROR if node.title in needed else Severity.WARNING
            message = f"{flaw.said}: its live servers are kept, and the Node is added to no pool"
            fix = "write the address at which the Node is reached"
            yield problem_at(severity, node, flaw.path, message if node.title in needed else flaw.said, fix)


def _why_none(nodes: Sequence[Node], service: Service) -> tuple[str, str]:
    """Why no Node is a server, and the fix; `nodes` are those that were chosen."""
    if nodes:
        return "no Node has an address of a wanted family", "correct spec.ipFamilies, or the addresses of the Nodes"
    if service.spec.external_traffic_policy == "Local":
        return "no selected Node runs a back end of it", "check nodePortSelector and the nodeName of its endpoints"
    return "no Node carries the label of nodePortSelector", "label the Nodes, or correct nodePortSelector"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The Nodes that serve a port, and the unusable manifests of such."""

    nodes: Sequence[Node]
    broken: Sequence[BrokenResource]


def _chosen(service: Service, port: ServicePort, inputs: Inputs) -> _Chosen | None:
    """The Nodes that are selected, and with externalTrafficPolicy Local run a back end of the port.

    None if Git does not say which do.
    """
    selector, catalog = inputs.settings.node_port_selector, inputs.catalog
    nodes: Iterable[Node] = catalog.nodes.values()
    broken: Iterable[BrokenResource] = catalog.broken_of(Node)
    if service.spec.external_traffic_policy == "Local":
        groups = back_ends(service, inputs)
        if groups is None:
            return None
        local = {
            end.node
            for group in groups
            if port_of(group.ports, port, is_only=len(groups) == 1 and not port.name) is not None
            for end in group.endpoints
        }
        nodes = (catalog.nodes[name] for name in sorted(local & catalog.nodes.keys()))
        broken = (item for item in broken if item.name in local)

    def is_selected(labels: Mapping[str, str]) -> bool:
        return not selector.key or labels.get(selector.key) == selector.value

    return _Chosen(
        nodes=[node for node in nodes if is_selected(node.metadata.labels)],
        broken=[item for item in broken if is_selected(item.labels)],
    )


# --- where a Node is --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """An address at which a Node may be reached, and where it is written."""

    path: tuple[str | int, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flaw:
    """Why the address of a Node is unknown."""

    path: tuple[str | int, ...]
    said: str


_NODE_ANNOTATIONS = {
    "calico": ("projectcalico.org/IPv4Address", "projectcalico.org/IPv6Address"),
    "antrea": ("node.antrea.io/transport-addresses",),
}
"""Where a CNI says how a Node is reached (AKO-NODE-ADDRESS); a prefix length behind `/` does not count."""


def node_addresses(node: Node, cni_plugin: str) -> dict[str, str]:
    """A Node's address per family: what its CNI says, else its first InternalIP."""
    found: dict[str, str] = {}
    for stated in _stated_addresses(node, cni_plugin):
        if family := family_of(stated.text):
            found.setdefault(family, stated.text)
    return found


def _place_of(node: Node, wanted: frozenset[str], inputs: Inputs) -> _Stated | _Flaw | None:
    """The address of a Node as a server: one per Node, IPv4 first (AKO-NODE-FAMILY); None if it has none of them.

    The first that is of a family decides, and a text that is no address may have been meant for any.
    """
    stated = _stated_addresses(node, inputs.settings.ako.cni_plugin)
    for family in ("V4", "V6"):
        first = next((each for each in stated if family_of(each.text) in ("", family)), None)
        if family in wanted and first is not None:
            return _flaw_in([first]) or first
    return None if any(not flaw_of(each.text) for each in stated) else _flaw_in(stated)


def _flaw_in(stated: Sequence[_Stated]) -> _Flaw | None:
    """The first address that no server can have, or that there is none at all."""
    if not stated:
        return _Flaw(path=("status", "addresses"), said="the Node has no InternalIP")
    found = ((each.path, each.text, flaw_of(each.text)) for each in stated)
    return next((_Flaw(path=path, said=f"{shown(text)} {flaw}") for path, text, flaw in found if flaw), None)


def _stated_addresses(node: Node, cni_plugin: str) -> list[_Stated]:
    """Every address at which a Node may be reached, those of its CNI first."""
    annotations = (
        _Stated(path=("metadata", "annotations", name), text=part.strip().partition("/")[0])
        for name in _NODE_ANNOTATIONS.get(cni_plugin, ())
        for part in node.annotation(name).split(",")
        if part.strip()
    )
    internal = (
        _Stated(path=("status", "addresses", number, "address"), text=address.address)
        for number, address in enumerate(node.status.addresses)
        if address.type == "InternalIP"
    )
    return [*annotations, *internal]
