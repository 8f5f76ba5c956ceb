"""One Gateway → VirtualService, VsVip, Pools and L4PolicySet, or the errors that hold it (AKO-GATEWAY-OBJECTS)."""

from collections.abc import Iterator

from sync.model.desired import Condition, Owner, OwnerKind
from sync.model.provenance import Sourced, in_manifest
from sync.model.resources.core import Service, ServicePort
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.gateway import Listener as GatewayListener
from sync.model.wording import commit_or_rename, did_you_mean, is_near, is_slip
from sync.translate import network, profiles
from sync.translate.addresses import RequestedAddress, parse_address
from sync.translate.catalog import CONTROLLER, GATEWAY_NAME_LABEL, GATEWAY_NAMESPACE_LABEL
from sync.translate.findings import Findings, OwnerTranslation
from sync.translate.fqdn import automatic_name, check_name
from sync.translate.frontend import BackEnd, Frontend, Listener
from sync.translate.infra_setting import setting_of_gateway
from sync.translate.inputs import HOLDING, Coverage, Inputs, coverage_of
from sync.translate.kubernetes_status import gateway_status, not_scheduled, service_status
from sync.translate.specs import specs_of
from sync.translate.tenants import check_tenant


def translate_gateway(gateway: Gateway, inputs: Inputs) -> OwnerTranslation:
    """The translation of the Gateway. One that clearly is not ours to serve has neither specs nor errors."""
    owner = Owner(kind=OwnerKind.GATEWAY, namespace=gateway.namespace, name=gateway.name)
    name = inputs.names.virtual_service(owner.namespace, owner.name)
    findings = Findings()
    not_served = _not_served(gateway, inputs, findings)
    frontend = None if not_served else _frontend(owner, gateway, inputs, findings)
    specs = specs_of(frontend, inputs, findings) if frontend else ()
    is_sent = frontend is not None and frontend.address is not None and network.has_static_addresses(inputs)
    statuses = [
        gateway_status(
            gateway,
            name,
            not_served,
            findings.problems,
            served=frontend.served if frontend else frozenset(),
            address=gateway.spec.addresses[0].value if is_sent else None,
        )
    ]
    if frontend:
        behind = {end.service.key: end.service for end in frontend.back_ends}
        statuses += [
            service_status(each, name, "", findings.problems, frontend.hostnames_of(each)) for each in behind.values()
        ]
    return findings.translation(
        owner, name, gateway, specs=specs, statuses=statuses, not_served=not_served.message if not_served else ""
    )


def _not_served(gateway: Gateway, inputs: Inputs, findings: Findings) -> Condition | None:
    """Why the Gateway is not ours to serve, so that its live objects are deleted. None if it is ours."""
    coverage = coverage_of(gateway.namespace, inputs)
    if coverage in HOLDING:
        findings.error(gateway, ("metadata", "namespace"), f"held: {coverage.value}", HOLDING[coverage])
        return None
    if coverage is not Coverage.YES:
        return not_scheduled(coverage.value)
    found = inputs.catalog.classes.get(gateway.spec.gateway_class_name)
    if found is not None and is_slip(found.spec.controller, CONTROLLER):
        message = f'controller "{found.spec.controller}" is probably a misspelling, so {gateway.title} is held'
        fix = f'did you mean "{CONTROLLER}"?'
        findings.error(found, ("spec", "controller"), message, fix, reason="UnidentifiedController")
        return None
    if found is not None and found.spec.controller != CONTROLLER:
        return not_scheduled(
            f"its GatewayClass belongs to controller {found.spec.controller}", "UnidentifiedController"
        )
    return None


def _frontend(owner: Owner, gateway: Gateway, inputs: Inputs, findings: Findings) -> Frontend:
    services = _attached_services(gateway, inputs, findings)
    listeners = _listeners(gateway, services, inputs, findings)
    gateway_class = _class_of(gateway, inputs, findings)
    check_tenant(gateway, inputs, findings)
    _check_match_labels(gateway, findings)
    _check_protocols(gateway, inputs, findings)
    _check_hostnames(gateway, findings)
    address = _address(gateway, findings)
    markers = inputs.markers.of(namespace=gateway.namespace, gateway=gateway.name)
    return Frontend(
        owner=owner,
        manifests=(gateway,),
        named_by=(in_manifest(gateway, "metadata", "name"),),
        tenant=inputs.tenant_of(gateway.namespace),
        markers=markers,
        policy_markers=markers,
        listeners=listeners,
        address=address,
        setting=setting_of_gateway(gateway, gateway_class, inputs, findings) if gateway_class else None,
        # Without any attached Service AKO makes no L4PolicySet; with Services that match no listener an empty one.
        has_policy_set=bool(services),
    )


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
            fix = did_you_mean(listener.protocol, profiles.L4_PROTOCOLS).replace("remove it, or use", "use")
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
                f"listener {listener.protocol} {listener.port} is defined twice; it is used once",
                "remove one of them",
            )
        seen.setdefault(listener.port_key, number)


def _check_hostnames(gateway: Gateway, findings: Findings) -> None:
    for number, listener in enumerate(gateway.spec.listeners):
        if listener.hostname:
            check_name(listener.hostname, gateway, ("spec", "listeners", number, "hostname"), findings)


def _address(gateway: Gateway, findings: Findings) -> RequestedAddress | None:
    """The first address is the one that counts (AKO-GATEWAY-ADDRESS)."""
    addresses = gateway.spec.addresses
    if not addresses:
        return None
    first = addresses[0]
    if first.type != "IPAddress":
        findings.error(
            gateway,
            ("spec", "addresses", 0, "type"),
            f"a VIP cannot have an address of type {first.type}",
            "give an address of type IPAddress, or none and let the Controller choose",
            reason="InvalidAddress",
        )
        return None
    address = parse_address(first.value, gateway, ("spec", "addresses", 0, "value"), findings)
    if address is None:
        return None
    if address.is_ipv6:
        findings.warning(
            gateway,
            ("spec", "addresses", 0, "value"),
            "an IPv6 address is sent, though AKO documents only IPv4 here",
            "make sure that the VIP network has the IPv6 subnet",
        )
    if len(addresses) > 1:
        findings.warning(
            gateway, ("spec", "addresses", 1), "only the first of several addresses is used", "remove the others"
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
            message = f"it is labelled for {gateway.title} but does not serve it: {coverage.value}"
            findings.warning(service, place, message, "serve the namespace, or remove the labels")
    return tuple(services)


def _listeners(
    gateway: Gateway, services: tuple[Service, ...], inputs: Inputs, findings: Findings
) -> tuple[Listener, ...]:
    """One for each protocol and port; two Services for one of them are an error (docs/ako.md#gateways)."""
    ends: dict[tuple[str, int], list[tuple[Service, ServicePort]]] = {}
    for service in services:
        for port in service.spec.ports:
            ends.setdefault(port.port_key, []).append((service, port))
    rows: dict[tuple[str, int], list[tuple[int, GatewayListener]]] = {}
    for number, listener in enumerate(gateway.spec.listeners):
        rows.setdefault(listener.port_key, []).append((number, listener))
    found = []
    for key, same in rows.items():
        serving = ends.get(key, [])
        if len(serving) > 1:
            _report_conflict(gateway, *same[0], [service for service, _ in serving], findings)
        found.append(_listener(gateway, same, serving[:1], inputs))
    return tuple(found)


def _report_conflict(
    gateway: Gateway, number: int, listener: GatewayListener, services: list[Service], findings: Findings
) -> None:
    titles = " and ".join(f"{service.title} ({_place(service)})" for service in services)
    findings.error(
        gateway,
        ("spec", "listeners", number),
        f"listener {listener.protocol} {listener.port} is claimed by {titles}",
        "remove the Gateway's labels or the port from all but one of them",
        reason="PortConflict",
    )


def _place(service: Service) -> str:
    return f"{service.origin.file}:{service.origin.line}"


def _listener(
    gateway: Gateway,
    same: list[tuple[int, GatewayListener]],
    serving: list[tuple[Service, ServicePort]],
    inputs: Inputs,
) -> Listener:
    first, listener = same[0]
    protocol, port_number = listener.port_key
    return Listener(
        protocol=protocol,
        port=port_number,
        source=in_manifest(gateway, "spec", "listeners", first),
        hostnames=tuple(_hostnames(gateway, same, serving, inputs)),
        back_ends=tuple(
            BackEnd(
                service=service,
                port=port,
                pool=inputs.names.attached_pool(gateway.namespace, service.name, gateway.name, protocol, port_number),
                markers=inputs.markers.of(
                    namespace=gateway.namespace,
                    service=service.name,
                    service_namespace=service.namespace,
                    port=port_number,
                    protocol=protocol,
                    gateway=gateway.name,
                ),
            )
            for service, port in serving
        ),
    )


def _hostnames(
    gateway: Gateway,
    same: list[tuple[int, GatewayListener]],
    serving: list[tuple[Service, ServicePort]],
    inputs: Inputs,
) -> Iterator[Sourced[str]]:
    """A listener's hostname, else the automatic name of the Service that serves it (AKO-LISTENER-HOSTNAME)."""
    for number, listener in same:
        if listener.hostname:
            place = in_manifest(gateway, "spec", "listeners", number, "hostname")
            yield Sourced(value=listener.hostname, sources=(place,))
        else:
            names = (automatic_name(service, inputs.settings, inputs.facts) for service, _ in serving)
            yield from (name for name in names if name)
