"""One Gateway → VirtualService, VsVip, Pools and L4PolicySet, or the errors that hold it (AKO-GATEWAY-OBJECTS)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.model.desired import Condition, ObjectSpec, Owner, OwnerKind, Status, VirtualServicePort
from sync.model.resources.core import Service, ServicePort
from sync.model.resources.gateway import Gateway, GatewayClass, Listener
from sync.model.wording import commit_or_rename, did_you_mean, is_near, is_slip
from sync.translate import network, profiles
from sync.translate.addresses import check_address, is_ipv6, parse_address
from sync.translate.blueprint import Blueprint, PoolPlan, specs_of, too_long
from sync.translate.catalog import GATEWAY_NAME_LABEL, GATEWAY_NAMESPACE_LABEL
from sync.translate.fqdn import auto_fqdn, check_name, distinct_names
from sync.translate.infra_setting import Infrastructure, infrastructure, setting_of_gateway
from sync.translate.inputs import HOLDING, Coverage, Inputs, coverage_of
from sync.translate.protection import with_protection
from sync.translate.status import gateway_status, not_scheduled, service_status
from sync.translate.tenants import check_tenant
from sync.translate.verdict import Findings, Verdict

CONTROLLER = "ako.vmware.com/avi-lb"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """A listener and the Service port that serves it."""

    listener: Listener
    service: Service
    port: ServicePort
    pool: str


def translate_gateway(gateway: Gateway, inputs: Inputs) -> Verdict:
    """What the Gateway comes to. One that is plainly not ours to serve has neither specs nor errors."""
    owner = Owner(kind=OwnerKind.GATEWAY, namespace=gateway.namespace, name=gateway.name)
    name = inputs.names.virtual_service(gateway.namespace, gateway.name)
    findings = Findings()
    not_served = _not_served(gateway, inputs, findings)
    matches: tuple[_Match, ...] = ()
    specs: tuple[ObjectSpec, ...] = ()
    if not not_served:
        services = _attached_services(gateway, inputs, findings)
        matches = _matches(gateway, services, inputs, findings)
        specs = _specs(gateway, services, matches, inputs, findings)
    served = frozenset(match.listener.port_key for match in matches)
    return Verdict(
        owner=owner,
        name=name,
        origin=gateway.origin,
        specs=() if findings.has_errors else specs,
        problems=tuple(findings.problems),
        doubts=tuple(dict.fromkeys(findings.doubts)),
        not_served=not_served.message if not_served else "",
        statuses=(
            gateway_status(
                gateway, name, not_served, findings.problems, served=served, address=_address_in(specs, gateway, inputs)
            ),
            *_service_statuses(matches, name, findings, inputs),
        ),
    )


def _address_in(specs: tuple[ObjectSpec, ...], gateway: Gateway, inputs: Inputs) -> str | None:
    """The address that the VsVip will ask for; on some clouds none, whatever the Gateway says."""
    has_effect = specs and gateway.spec.addresses and network.has_static_addresses(inputs)
    return gateway.spec.addresses[0].value if has_effect else None


def _service_statuses(matches: tuple[_Match, ...], name: str, findings: Findings, inputs: Inputs) -> Iterator[Status]:
    """Of each Service behind the Gateway, with the names of the listeners that it serves."""
    hostnames: dict[str, set[str]] = {}
    services = {}
    for match in matches:
        services[match.service.title] = match.service
        found = match.listener.hostname or _auto_fqdn(match.service, inputs)
        hostnames.setdefault(match.service.title, set()).update({found} if found else ())
    for title, service in services.items():
        yield service_status(service, name, "", findings.problems, sorted(hostnames[title]))


def _auto_fqdn(service: Service, inputs: Inputs) -> str | None:
    return auto_fqdn(service.name, service.namespace, inputs.settings, inputs.facts)


def _not_served(gateway: Gateway, inputs: Inputs, findings: Findings) -> Condition | None:
    """Why the Gateway is not ours to serve: then what is live of it goes. None if it is ours."""
    coverage = coverage_of(gateway.namespace, inputs)
    if coverage in HOLDING:
        findings.error(gateway, ("metadata", "namespace"), f"held: {coverage.value}", HOLDING[coverage])
        return None
    if coverage is not Coverage.YES:
        return not_scheduled(coverage.value)
    found = inputs.catalog.classes.get(gateway.spec.gateway_class_name)
    if found is not None and is_slip(found.spec.controller, CONTROLLER):
        message = f'controller "{found.spec.controller}" is nearly ours, so {gateway.title} is held'
        fix = f'did you mean "{CONTROLLER}"?'
        findings.error(found, ("spec", "controller"), message, fix, reason="UnidentifiedController")
        return None
    if found is not None and found.spec.controller != CONTROLLER:
        return not_scheduled(f"its GatewayClass is of controller {found.spec.controller}", "UnidentifiedController")
    return None


def _specs(
    gateway: Gateway, services: tuple[Service, ...], matches: tuple[_Match, ...], inputs: Inputs, findings: Findings
) -> tuple[ObjectSpec, ...]:
    gateway_class = _class_of(gateway, inputs, findings)
    check_tenant(gateway, inputs, findings)
    _check_match_labels(gateway, findings)
    _check_protocols(gateway, inputs, findings)
    _check_hostnames(gateway, findings)
    address = _address(gateway, findings)
    _check_name_lengths(gateway, matches, inputs, findings)
    setting = setting_of_gateway(gateway, gateway_class, inputs, findings) if gateway_class else None
    if findings.has_errors:
        return ()
    infra = infrastructure(setting, inputs)
    check_address(address, infra, gateway, ("spec", "addresses", 0, "value"), inputs, findings)
    blueprint = _blueprint(gateway, infra, address, matches, inputs, has_services=bool(services))
    return with_protection(specs_of(blueprint, inputs, findings), (gateway,), findings)


# --- checks -----------------------------------------------------------------------------------------------------------


def _class_of(gateway: Gateway, inputs: Inputs, findings: Findings) -> GatewayClass | None:
    name = gateway.spec.gateway_class_name
    if (found := inputs.catalog.classes.get(name)) is None:
        broken = inputs.catalog.broken.get((GatewayClass.GROUP_KIND, "", name))
        findings.error(
            gateway,
            ("spec", "gatewayClassName"),
            f'GatewayClass "{name}" cannot be used' if broken else f'GatewayClass "{name}" is not in the tree',
            f"correct {broken.origin.file}:{broken.origin.line}"
            if broken
            else commit_or_rename(name, tuple(inputs.catalog.classes)),
            reason="InvalidGatewayClass",
        )
    return found


def _check_match_labels(gateway: Gateway, findings: Findings) -> None:
    """Every listener must select by both labels, with the Gateway's own name and namespace (AKO-MATCH-LABELS)."""
    wanted = {GATEWAY_NAME_LABEL: gateway.name, GATEWAY_NAMESPACE_LABEL: gateway.namespace}
    for number, listener in enumerate(gateway.spec.listeners):
        labels = listener.routes.selector.match_labels
        if wrong := [f"{key}: {value}" for key, value in wanted.items() if labels.get(key) != value]:
            findings.error(
                gateway,
                ("spec", "listeners", number, "routes", "selector", "matchLabels"),
                f"the matchLabels of listener {listener.protocol} {listener.port} do not name this Gateway",
                f"add {' and '.join(wrong)}",
                reason="InvalidMatchLabels",
            )


def _check_protocols(gateway: Gateway, inputs: Inputs, findings: Findings) -> None:
    listeners = gateway.spec.listeners
    has_l4 = any(listener.protocol in profiles.L4_PROTOCOLS for listener in listeners)
    seen: dict[tuple[str, int], int] = {}
    for number, listener in enumerate(listeners):
        place = ("spec", "listeners", number, "protocol")
        if listener.protocol not in profiles.L4_PROTOCOLS:
            message = (
                f'protocol "{listener.protocol}" of listener {listener.port} is not layer 4: the port gets no pool'
            )
            fix = did_you_mean(listener.protocol, profiles.L4_PROTOCOLS).replace("remove it", "use another protocol")
            if has_l4 and not any(is_near(listener.protocol, known) for known in profiles.L4_PROTOCOLS):
                findings.warning(gateway, place, message, fix)
            else:
                findings.error(gateway, place, message, fix, reason="UnsupportedProtocol")
        if listener.protocol == "SCTP" and inputs.settings.l7.service_type == "NodePortLocal":
            findings.error(gateway, place, "SCTP cannot be served in NodePortLocal mode", "use another serviceType")
        if listener.port_key in seen:
            findings.warning(
                gateway,
                ("spec", "listeners", number),
                f"listener {listener.protocol} {listener.port} is there twice; it counts once",
                "remove one of them",
            )
        seen.setdefault(listener.port_key, number)


def _check_hostnames(gateway: Gateway, findings: Findings) -> None:
    for number, listener in enumerate(gateway.spec.listeners):
        if listener.hostname:
            check_name(listener.hostname, gateway, ("spec", "listeners", number, "hostname"), findings)


def _address(gateway: Gateway, findings: Findings) -> str | None:
    """The address asked for: the first one (AKO-GATEWAY-ADDRESS)."""
    addresses = gateway.spec.addresses
    if not addresses:
        return None
    first = addresses[0]
    if first.type != "IPAddress":
        findings.error(
            gateway,
            ("spec", "addresses", 0, "type"),
            f"an address of type {first.type} cannot be given to a VIP",
            "give an address of type IPAddress, or none and let the Controller choose",
            reason="InvalidAddress",
        )
        return None
    address = parse_address(first.value, gateway, ("spec", "addresses", 0, "value"), findings)
    if address is None:
        return None
    if is_ipv6(address):
        findings.warning(
            gateway,
            ("spec", "addresses", 0, "value"),
            "an IPv6 address is sent, though AKO documents only IPv4 here",
            "make sure that the VIP network has the IPv6 subnet",
        )
    if len(addresses) > 1:
        findings.warning(
            gateway, ("spec", "addresses", 1), "only the first of several addresses counts", "remove the others"
        )
    return address


def _attached_services(gateway: Gateway, inputs: Inputs, findings: Findings) -> tuple[Service, ...]:
    """The Services whose labels name this Gateway, from every served namespace."""
    for broken in inputs.catalog.broken_services_of_gateway.get(gateway.key, ()):
        findings.error(
            gateway,
            (),
            f"held: Service {broken.namespace}/{broken.name}, which belongs to it, cannot be used",
            f"correct {broken.origin.file}:{broken.origin.line}",
        )
    services = []
    for service in inputs.catalog.services_of_gateway.get(gateway.key, ()):
        coverage = coverage_of(service.namespace, inputs)
        if coverage is Coverage.YES:
            services.append(service)
        elif coverage in HOLDING:
            findings.error(gateway, (), f"held: {service.title}: {coverage.value}", HOLDING[coverage])
        else:
            place = ("metadata", "labels", GATEWAY_NAME_LABEL)
            message = f"it is labelled for {gateway.title} and does not serve it: {coverage.value}"
            findings.warning(service, place, message, "serve the namespace, or remove the labels")
    return tuple(services)


def _matches(gateway: Gateway, services: tuple[Service, ...], inputs: Inputs, findings: Findings) -> tuple[_Match, ...]:
    """One Service port per listener, in listener order; two for one listener are an error (docs/ako.md#gateways)."""
    candidates: dict[tuple[str, int], list[tuple[Service, ServicePort]]] = {}
    for service in services:
        for port in service.spec.ports:
            candidates.setdefault(port.port_key, []).append((service, port))
    found: dict[tuple[str, int], _Match] = {}
    for number, listener in enumerate(gateway.spec.listeners):
        serving = candidates.get(listener.port_key, [])
        if len(serving) > 1 and listener.port_key not in found:
            titles = " and ".join(f"{service.title} ({_place(service)})" for service, _ in serving)
            findings.error(
                gateway,
                ("spec", "listeners", number),
                f"listener {listener.protocol} {listener.port} is claimed by {titles}",
                "take the Gateway's labels or the port from all but one of them",
                reason="PortConflict",
            )
        if serving:
            service, port = serving[0]
            pool = inputs.names.attached_pool(
                gateway.namespace, service.name, gateway.name, listener.protocol, listener.port
            )
            found.setdefault(listener.port_key, _Match(listener=listener, service=service, port=port, pool=pool))
    return tuple(found.values())


def _place(service: Service) -> str:
    return f"{service.origin.file}:{service.origin.line}"


def _check_name_lengths(gateway: Gateway, matches: tuple[_Match, ...], inputs: Inputs, findings: Findings) -> None:
    name = inputs.names.virtual_service(gateway.namespace, gateway.name)
    if found := too_long(name, (match.pool for match in matches)):
        findings.error(gateway, ("metadata", "name"), *found)


# --- the whole --------------------------------------------------------------------------------------------------------


def _blueprint(
    gateway: Gateway,
    infra: Infrastructure,
    address: str | None,
    matches: tuple[_Match, ...],
    inputs: Inputs,
    *,
    has_services: bool,
) -> Blueprint:
    markers = inputs.markers.of(namespace=gateway.namespace, gateway=gateway.name)
    protocols = [listener.protocol for listener in gateway.spec.listeners]
    return Blueprint(
        owner=Owner(kind=OwnerKind.GATEWAY, namespace=gateway.namespace, name=gateway.name),
        name=inputs.names.virtual_service(gateway.namespace, gateway.name),
        tenant=inputs.tenant_of(gateway.namespace),
        markers=markers,
        policy_markers=markers,
        infra=infra,
        address=address,
        fqdns=_fqdns(gateway, matches, inputs),
        ports=_ports(gateway.spec.listeners),
        network_profile=profiles.network_profile(protocols, inputs.facts),
        pools=tuple(
            PoolPlan(
                name=match.pool,
                markers=inputs.markers.of(
                    namespace=gateway.namespace,
                    service=match.service.name,
                    service_namespace=match.service.namespace,
                    port=match.listener.port,
                    protocol=match.listener.protocol,
                    gateway=gateway.name,
                ),
                service=match.service,
                port=match.port,
            )
            for match in matches
        ),
        # Without any attached Service AKO makes no L4PolicySet; with Services that match no listener an empty one.
        has_policy_set=has_services,
    )


def _ports(listeners: tuple[Listener, ...]) -> tuple[VirtualServicePort, ...]:
    protocols = [listener.protocol for listener in listeners]
    by_key: Mapping[tuple[str, int], Listener] = {listener.port_key: listener for listener in reversed(listeners)}
    ordered = dict.fromkeys(listener.port_key for listener in listeners)
    return tuple(
        VirtualServicePort(
            port=by_key[key].port, network_profile=profiles.override_profile(by_key[key].protocol, protocols)
        )
        for key in ordered
    )


def _fqdns(gateway: Gateway, matches: tuple[_Match, ...], inputs: Inputs) -> tuple[str, ...]:
    """A listener's hostname, else the automatic name of the Service that serves it (AKO-LISTENER-HOSTNAME)."""
    serving = {match.listener.port_key: match.service for match in matches}
    names: set[str] = set()
    for listener in gateway.spec.listeners:
        if listener.hostname:
            names.add(listener.hostname)
        elif service := serving.get(listener.port_key):
            automatic = _auto_fqdn(service, inputs)
            names.update({automatic} if automatic else ())
    return distinct_names(names)
