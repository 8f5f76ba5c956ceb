"""EndpointSlices, or Endpoints where no slice names the Service → servers (AKO-ENDPOINT-SLICES)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sync.avi.addresses import usual_form
from sync.model.desired import Server
from sync.model.problem import Origin
from sync.model.provenance import Source, Sources, in_manifest
from sync.model.resources.core import Endpoints, EndpointSlice, Service, ServicePort, SlicePort
from sync.model.resources.resource import Resource
from sync.model.wording import is_near, shown
from sync.translate.clouds import DUAL_STACK_CLOUDS
from sync.translate.findings import Findings
from sync.translate.host_addresses import family_of, flaw_of
from sync.translate.inputs import Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServers:
    """Servers, and where they are written: looked up only where somebody asks."""

    servers: Sequence[Server] = ()
    sources: Callable[[], Sources] = tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointGroup:
    """Addresses that share ports: an EndpointSlice, or one subset of an Endpoints.

    `family` is that of all addresses, empty where they may be of any.
    """

    origin: Resource
    ports: tuple[SlicePort, ...]
    endpoints: tuple["GroupedEndpoint", ...]
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedEndpoint:
    """One address; `path` is where it stands in its manifest."""

    address: str
    is_ready: bool
    node: str
    path: tuple[str | int, ...]
    pod: str = ""
    """The Pod behind it, where its manifest says so."""


def not_told(
    service: Service, path: tuple[str | int, ...], what: str, fix: str, inputs: Inputs, findings: Findings
) -> None:
    """Warn that Git does not tell the servers, and what becomes of those that are live; a cluster is not asked here."""
    if inputs.settings.sync.backends == "cluster":
        return
    if inputs.settings.sync.backends == "manifest":
        outcome = "SyncSettings.backends is manifest, so its pool has no servers"
        other = "set SyncSettings.backends to auto, which keeps live servers"
    else:
        outcome = "live servers are kept, a new pool starts empty"
        other = "set SyncSettings.backends to ignore if something else manages the servers"
    findings.warning(service, path, f"{what}: {outcome}", f"{fix}, or {other}")


def none_serves(service: Service, port: ServicePort, why: str, fix: str, findings: Findings) -> None:
    """Warn that none of the back ends in Git is a server of the port."""
    place = ("spec", "ports", service.spec.ports.index(port))
    findings.warning(service, place, f"port {port.protocol} {port.port} has no servers: {why}", fix)


def endpoint_servers(service: Service, port: ServicePort, inputs: Inputs, findings: Findings) -> FoundServers | None:
    """A server per address, each at the port of its own slice; None where Git holds no back ends of the Service."""
    groups = back_ends(service, inputs)
    if groups is None:
        not_told(service, (), "the tree holds no EndpointSlice for it", "commit its EndpointSlice", inputs, findings)
        return None
    _warn_of_unsaid_readiness(service, inputs, findings)
    check_port_name(service, port, groups, findings)
    wanted = families(service, inputs)
    found: dict[tuple[str, int], Server] = {}
    manifests: dict[Origin, Resource] = {}
    for group in groups:
        number = port_of(group.ports, port, is_only=len(groups) == 1)
        if number is None:
            continue
        for end in group.endpoints:
            family = _family(end, group, findings)
            if family in wanted:
                server = Server(
                    address=end.address, family=family, port=number, enabled=end.is_ready, node=end.node or None
                )
                key = (usual_form(end.address), number)
                if key not in found or not found[key].enabled:  # two slices may have it while the cluster rewrites them
                    found[key] = server
                manifests[group.origin.origin] = group.origin
    if not found and not findings.has_errors:
        none_serves(service, port, *_why_none(groups, port, wanted), findings)
    return FoundServers(
        servers=list(found.values()),
        sources=lambda: (*_places_of(manifests.values()), place_of_port(service, port)),
    )


def place_of_port(service: Service, port: ServicePort, *path: str, default: str = "") -> Source:
    """A port of a Service, or a field of it."""
    return in_manifest(service, "spec", "ports", service.spec.ports.index(port), *path, default=default)


def places_of_back_ends(service: Service, inputs: Inputs) -> Sources:
    """The manifests that tell the back ends of a Service."""
    return _places_of({group.origin.origin: group.origin for group in back_ends(service, inputs) or ()}.values())


def _places_of(manifests: Iterable[Resource]) -> Sources:
    fields = ((each, "subsets" if isinstance(each, Endpoints) else "endpoints") for each in manifests)
    return tuple(in_manifest(each, field, said=each.title) for each, field in fields)


def check_port_name(
    service: Service,
    port: ServicePort,
    groups: tuple[EndpointGroup, ...],
    findings: Findings,
    *,
    takes_any: bool = True,
) -> None:
    """An error for a port that no back end serves, where one has a port of nearly its name, or without its number.

    `takes_any` lets the only port of the only slice serve it, under any name.
    """
    for group in groups:
        is_served = port_of(group.ports, port, is_only=takes_any and len(groups) == 1) is not None
        if group.endpoints and not is_served and any(item.port is None for item in group.ports):
            message = f"a port has no number and may be that of {service.title}, which is held"
            findings.error(group.origin, (), message, "write the port number of its back ends")
    in_git = groups_in_git(groups)
    known = {item.name for group in in_git for item in group.ports if item.name and item.protocol is port.protocol}
    if port.name in known or any(
        port_of(group.ports, port, is_only=takes_any and len(groups) == 1) for group in groups
    ):
        return
    idle = known - {other.name for other in service.spec.ports}
    if near := [name for name in sorted(idle) if is_near(port.name, name)]:
        message = f'no EndpointSlice has a port "{port.name}"'
        place = ("spec", "ports", service.spec.ports.index(port), "name")
        findings.error(service, place, message, f'did you mean "{near[0]}"? Use one name for the port in both')


def groups_in_git(groups: Iterable[EndpointGroup]) -> list[EndpointGroup]:
    """Those that people write, and may misspell."""
    return [group for group in groups if not group.origin.origin.is_cluster]


def _warn_of_unsaid_readiness(service: Service, inputs: Inputs, findings: Findings) -> None:
    """Warn of endpoints in Git that count as ready, as in Kubernetes, and that AKO disables (AKO-NOT-READY)."""
    for item in inputs.catalog.slices_of_service.get(service.key, ()):
        for number, endpoint in enumerate(item.endpoints):
            if endpoint.conditions.ready is None and not item.origin.is_cluster:
                message = "an endpoint that does not say whether it is ready counts as ready (AKO disables it)"
                findings.warning(item, ("endpoints", number), message, "write conditions: {ready: true}, or false")
                break


def _why_none(groups: tuple[EndpointGroup, ...], port: ServicePort, wanted: frozenset[str]) -> tuple[str, str]:
    """Why none of these is a server of the port, and the fix."""
    if not any(group.endpoints for group in groups):
        is_followed = any(group.origin.origin.is_cluster for group in groups)
        fix = "see in the cluster why it has no Pods" if is_followed else "commit its endpoints"
        return "its EndpointSlices hold no endpoints", f"{fix}, unless it is meant to have none"
    if any(group.endpoints and port_of(group.ports, port, is_only=len(groups) == 1) for group in groups):
        missing = " or ".join(f"IP{family.lower()}" for family in sorted(wanted))
        return (
            f"none of its endpoints has an {missing} address"
            if wanted
            else "AKOSettings.ipFamily and the cloud allow none of the families in spec.ipFamilies",
            "correct spec.ipFamilies, or AKOSettings.ipFamily",
        )
    name = f'"{port.name}"' if port.name else "none"
    return (
        f"no EndpointSlice has a {port.protocol} port with its name ({name}) or target ({port.target})",
        "give the port the same name in Service and EndpointSlice",
    )


def port_of(ports: tuple[SlicePort, ...], port: ServicePort, *, is_only: bool) -> int | None:
    """The number under which these back ends serve the Service port.

    By name or by target number, as AKO does, but among ports of the same protocol first; the only port of the only
    slice is taken under any name (AKO-SLICE-PORT).
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


def back_ends(service: Service, inputs: Inputs) -> tuple[EndpointGroup, ...] | None:
    """The groups of back ends that Git holds for a Service; None if it holds none at all."""
    if slices := inputs.catalog.slices_of_service.get(service.key):
        return tuple(_of_slice(item) for item in slices if item.address_type != "FQDN")
    if (endpoints := inputs.catalog.endpoints.get(service.key)) is not None:
        return tuple(_of_endpoints(endpoints))
    return None


def _of_slice(item: EndpointSlice) -> EndpointGroup:
    return EndpointGroup(
        origin=item,
        ports=item.ports,
        endpoints=tuple(
            GroupedEndpoint(
                address=endpoint.addresses[0],
                is_ready=endpoint.conditions.ready is not False and not endpoint.conditions.terminating,
                node=endpoint.node_name,
                path=("endpoints", number, "addresses", 0),
                pod=endpoint.target_ref.name if endpoint.target_ref.kind in ("", "Pod") else "",
            )
            for number, endpoint in enumerate(item.endpoints)
        ),
        family=item.address_type.removeprefix("IP").upper(),
    )


def _of_endpoints(item: Endpoints) -> Iterable[EndpointGroup]:
    for number, subset in enumerate(item.subsets):
        ready = (("addresses", subset.addresses, True), ("notReadyAddresses", subset.not_ready_addresses, False))
        yield EndpointGroup(
            origin=item,
            ports=subset.ports,
            endpoints=tuple(
                GroupedEndpoint(
                    address=address.ip,
                    is_ready=is_ready,
                    node=address.node_name,
                    path=("subsets", number, key, position, "ip"),
                )
                for key, addresses, is_ready in ready
                for position, address in enumerate(addresses)
            ),
        )


def families(service: Service, inputs: Inputs) -> frozenset[str]:
    """The address families that both values.yaml and the Service want."""
    allowed = {"V4"}
    if inputs.facts.cloud.vtype in DUAL_STACK_CLOUDS:
        allowed = set((inputs.settings.ako.ip_family or "V4_V6").split("_"))
    wanted = service.spec.ip_families
    if len(wanted) >= 2:
        return frozenset(allowed)
    return frozenset(allowed & ({"V6"} if wanted[:1] == ("IPv6",) else {"V4"}))


def _family(end: GroupedEndpoint, group: EndpointGroup, findings: Findings) -> str:
    """The family of an address; an error if no server of these back ends can have it."""
    family = family_of(end.address)
    flaw = flaw_of(end.address)
    if not flaw and group.family not in ("", family):
        flaw = f"is not an address of its slice, whose addressType is IP{group.family.lower()}"
    if flaw:
        fix = f"write {_FAMILY_WORDS[group.family]} at which the back end is reached, or remove the endpoint"
        findings.error(group.origin, end.path, f"{shown(end.address)} {flaw}", fix)
    return family


_FAMILY_WORDS = {"": "an IP address", "V4": "an IPv4 address", "V6": "an IPv6 address"}
