"""Service ports → the servers of their pools, in the way that `L7Settings.serviceType` names (AKO-SERVICE-TYPE)."""

from sync.model.desired import Server, UnknownNodes
from sync.model.resources.core import Service, ServicePort
from sync.translate.endpoints import endpoint_servers
from sync.translate.findings import Findings
from sync.translate.inputs import Inputs
from sync.translate.node_port import node_servers, unknown_nodes
from sync.translate.node_port_local import pod_servers

SKIP_NODEPORT_ANNOTATION = "skipnodeport.ako.vmware.com/enabled"


def servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> tuple[Server, ...] | None:
    """The servers for one Service port, sorted by address; None where Git does not say and live servers stay."""
    if inputs.settings.sync.backends == "ignore":
        return None
    unusable = inputs.catalog.broken_back_ends(service.key)
    for broken in unusable:
        findings.error(
            service,
            (),
            f"held: {broken.title}, which tells its back ends, cannot be used",
            f"correct {broken.origin.file}:{broken.origin.line}",
        )
    strays = inputs.strays.of_services.get(service.key, ())
    findings.problems.extend(strays)
    if unusable or strays:
        return ()
    found = _servers(service, port, inputs, findings)
    if found is None:
        return () if inputs.settings.sync.backends == "manifest" else None
    return tuple(sorted(found, key=lambda server: (server.address, server.port)))


def unknown_servers_of(service: Service, port: ServicePort, inputs: Inputs) -> UnknownNodes | None:
    """The Nodes that should be servers of the port and do not tell where they are; None if there are none."""
    is_by_node = inputs.settings.l7.service_type == "NodePort" and not _is_reached_directly(service)
    return unknown_nodes(service, port, inputs) if is_by_node else None


def _is_reached_directly(service: Service) -> bool:
    """Not for a Gateway's back ends (AKO-SKIP-NODE-PORT)."""
    return service.spec.type == "LoadBalancer" and skips_node_port(service)


def _servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> list[Server] | None:
    match inputs.settings.l7.service_type:
        case "NodePort" if not _is_reached_directly(service):
            return node_servers(service, port, inputs, findings)
        case "NodePortLocal":
            return pod_servers(service, port, inputs, findings)
        case _:
            return endpoint_servers(service, port, inputs, findings)


def skips_node_port(service: Service) -> bool:
    """The annotation's presence counts, whatever its value."""
    return SKIP_NODEPORT_ANNOTATION in service.metadata.annotations
