"""NodePortLocal: every selected Pod, at the node port that Antrea gave it (AKO-NODE-PORT-LOCAL)."""

import json
from dataclasses import dataclass

from sync.model.desired import Server
from sync.model.provenance import in_manifest
from sync.model.resources.core import Pod, Service, ServicePort
from sync.model.resources.resource import DEFAULT_NAMESPACE
from sync.model.wording import is_near, shown
from sync.translate.endpoints import FoundServers, back_ends, families, none_serves, not_told
from sync.translate.findings import Findings
from sync.translate.host_addresses import family_of, flaw_of
from sync.translate.inputs import Inputs, is_nearly_labelled

NODE_PORT_LOCAL_ANNOTATION = "nodeportlocal.antrea.io"


def pod_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> FoundServers | None:
    """A server per ready Pod that the Service selects; None if Git has none of its Pods."""
    selector = service.spec.selector.items()
    for broken in inputs.catalog.broken_of(Pod):
        if broken.namespace == service.namespace and selector and selector <= broken.labels.items():
            findings.error(
                service,
                (),
                f"held: {broken.title} cannot be used, so its pool might lose a server",
                f"correct {broken.origin.file}:{broken.origin.line}",
            )
    pods = pods_of(service, inputs)
    _check_unselected(service, pods, inputs, findings)
    groups = back_ends(service, inputs)
    if not pods and groups and not any(group.endpoints for group in groups):
        why = "it selects no Pod, and its EndpointSlices hold no endpoints"
        none_serves(service, port, why, "start or commit its Pods, unless it is meant to have none", findings)
        return FoundServers()
    if not pods:
        not_told(
            service, ("spec", "selector"), "the tree holds no Pod that it selects", "commit the Pods", inputs, findings
        )
        return None
    wanted = families(service, inputs)
    found: dict[tuple[str, int], Server] = {}
    serving: dict[str, Pod] = {}
    for pod in pods:
        if any((c.type, c.status) == ("Ready", "False") for c in pod.status.conditions):
            continue
        for entry in _node_ports(pod, findings):
            family = family_of(entry.address)
            if family in wanted and entry.pod_port in _target_numbers(port, pod):
                server = Server(
                    address=entry.address,
                    family=family,
                    port=entry.node_port,
                    enabled=_is_enabled(pod, service, inputs),
                )
                found.setdefault((server.address, server.port), server)
                serving[pod.name] = pod
    if not found and not findings.has_errors:
        none_serves(
            service,
            port,
            f"no ready Pod that it selects has a node port for its target ({port.target})",
            f"commit the Pods with Antrea's annotation {NODE_PORT_LOCAL_ANNOTATION}, or correct targetPort",
            findings,
        )
    place = ("metadata", "annotations", NODE_PORT_LOCAL_ANNOTATION)
    return FoundServers(
        servers=list(found.values()),
        sources=lambda: tuple(in_manifest(pod, *place, said=pod.title) for pod in serving.values()),
    )


def _check_unselected(service: Service, pods: list[Pod], inputs: Inputs, findings: Findings) -> None:
    """Errors for Pods in Git that the Service does not select, though its EndpointSlices or their labels say so."""
    selected = {pod.key for pod in pods}
    behind = {end.pod for group in back_ends(service, inputs) or () for end in group.endpoints if end.pod}
    in_git = (pod for found in inputs.catalog.pods.values() for pod in found if not pod.origin.is_cluster)
    for pod in (pod for pod in in_git if pod.key not in selected):
        is_here = pod.namespace == service.namespace
        is_elsewhere = pod.namespace == DEFAULT_NAMESPACE or is_near(pod.namespace, service.namespace)
        is_moved = is_elsewhere and (service.namespace, pod.name) not in selected
        is_meant = pod.name in behind or _is_nearly_selected(pod, service)
        if (is_here or is_moved) and is_meant:
            message = (
                f"{service.title} does not select this Pod, although its EndpointSlice or the Pod's labels point to it"
            )
            fix = f"correct the labels or the namespace of the Pod, or the selector of {service.title}"
            findings.error(pod, ("metadata",), message, fix)


def _is_nearly_selected(pod: Pod, service: Service) -> bool:
    """Whether one label is misspelt, and all others are as the Service selects them."""
    wrong = [(key, value) for key, value in service.spec.selector.items() if pod.metadata.labels.get(key) != value]
    return len(wrong) == 1 and is_nearly_labelled(pod, *wrong[0])


def pods_of(service: Service, inputs: Inputs) -> list[Pod]:
    """The Pods that the Service selects; without a selector it selects none (AKO-NODE-PORT-LOCAL)."""
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
    """Whether an EndpointSlice enables the Pod; true if none lists it.

    Two may list it while the cluster rewrites them, as in `endpoint_servers`.
    """
    listed = [
        end.is_ready
        for group in back_ends(service, inputs) or ()
        for end in group.endpoints
        if end.pod == pod.name or (pod.status.pod_ip and end.address == pod.status.pod_ip)
    ]
    return any(listed) or not listed


@dataclass(frozen=True, slots=True, kw_only=True)
class _NodePort:
    """One entry of Antrea's annotation."""

    pod_port: int
    address: str
    node_port: int


def _node_ports(pod: Pod, findings: Findings) -> list[_NodePort]:
    text = pod.annotation(NODE_PORT_LOCAL_ANNOTATION)
    if not text:
        if NODE_PORT_LOCAL_ANNOTATION in pod.metadata.labels:
            message = f"{NODE_PORT_LOCAL_ANNOTATION} is an annotation, but is written below labels"
            findings.error(pod, ("metadata", "labels"), message, "add a line `annotations:` above it")
        for key in pod.metadata.annotations:
            if is_near(key, NODE_PORT_LOCAL_ANNOTATION):
                place = ("metadata", "annotations", key)
                fix = f'did you mean "{NODE_PORT_LOCAL_ANNOTATION}"?'
                findings.error(pod, place, f"unknown annotation {key}", fix)
        return []
    try:
        found = [
            _NodePort(pod_port=int(item["podPort"]), address=str(item["nodeIP"]), node_port=int(item["nodePort"]))
            for item in json.loads(text)
        ]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        found = [_NodePort(pod_port=0, address="", node_port=0)]
    place = ("metadata", "annotations", NODE_PORT_LOCAL_ANNOTATION)
    if not all(family_of(item.address) and 0 < item.node_port < 65536 for item in found):
        message = "the annotation is not a list of podPort, nodeIP and nodePort"
        findings.error(pod, place, message, "commit it as Antrea writes it")
        return []
    for item in found:
        if flaw := flaw_of(item.address):
            findings.error(pod, place, f"nodeIP {shown(item.address)} {flaw}", "commit it as Antrea writes it")
    return found
