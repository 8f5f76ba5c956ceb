"""Service ports → the servers of their pools, in the way that `L7Settings.serviceType` names (AKO-SERVICE-TYPE)."""

from collections.abc import Callable
from dataclasses import dataclass

from sync.model.desired import Server, ServersFrom, UnknownServers
from sync.model.provenance import Sources, in_values, in_words
from sync.model.resources.core import Service, ServicePort
from sync.translate.endpoints import FoundServers, endpoint_servers
from sync.translate.findings import Findings
from sync.translate.inputs import Inputs
from sync.translate.node_port import node_servers, unknown_nodes
from sync.translate.node_port_local import pod_servers

SKIP_NODEPORT_ANNOTATION = "skipnodeport.ako.vmware.com/enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolServers:
    """The servers of one pool, sorted by address; None if Git does not say, so that live servers are kept."""

    servers: tuple[Server, ...] | None
    servers_from: ServersFrom
    unknown_servers: UnknownServers | None = None
    sources: Callable[[], Sources]


def _left_alone() -> Sources:
    said = "left alone: Git does not say which servers there are, so live ones are kept"
    return in_words(said), in_values("SyncSettings", "backends")


_UNKNOWN = PoolServers(servers=None, servers_from=ServersFrom.UNKNOWN, sources=_left_alone)


def servers_of(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> PoolServers:
    """The servers for one Service port."""
    if inputs.settings.sync.backends == "ignore":
        return _UNKNOWN
    unusable = inputs.catalog.broken_back_ends(service.key)
    for broken in unusable:
        findings.error(
            service,
            (),
            f"held: {broken.title}, which lists its back ends, cannot be used",
            f"correct {broken.origin.file}:{broken.origin.line}",
        )
    strays = inputs.strays.of_services.get(service.key, ())
    findings.problems.extend(strays)
    unknown = inputs.unknown_servers.get((service.key, port.port_key))
    if unknown is not None and not unusable and not strays:
        return PoolServers(
            servers=(),
            servers_from=ServersFrom.UNKNOWN,
            unknown_servers=unknown,
            sources=lambda: (in_words(f"left alone: {unknown.reason}"), in_values("SyncSettings", "backends")),
        )
    found = FoundServers() if unusable or strays else _servers(service, port, inputs, findings)
    if found is None and inputs.settings.sync.backends != "manifest":
        return _UNKNOWN
    known = found or FoundServers()
    is_by_node = inputs.settings.l7.service_type == "NodePort" and not is_reached_directly(service)
    return PoolServers(
        servers=tuple(sorted(known.servers, key=lambda server: (server.address, server.port))),
        servers_from=ServersFrom.CLUSTER if service.key in inputs.followed else ServersFrom.GIT,
        unknown_servers=unknown_nodes(service, port, inputs) if is_by_node else None,
        sources=lambda: (*known.sources(), in_values("L7Settings", "serviceType")),
    )


def is_reached_directly(service: Service) -> bool:
    """Whether Pods are servers even in NodePort mode; never for the back ends of a Gateway (AKO-SKIP-NODE-PORT).

    The annotation counts, whatever its value.
    """
    return service.spec.type == "LoadBalancer" and SKIP_NODEPORT_ANNOTATION in service.metadata.annotations


def _servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> FoundServers | None:
    match inputs.settings.l7.service_type:
        case "NodePort" if not is_reached_directly(service):
            return node_servers(service, port, inputs, findings)
        case "NodePortLocal":
            return pod_servers(service, port, inputs, findings)
        case _:
            return endpoint_servers(service, port, inputs, findings)
