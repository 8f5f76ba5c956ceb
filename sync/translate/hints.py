"""Warnings that need the tree as a whole: where the result differs from what the author must have meant.

Nothing here holds an owner.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from sync.avi.hostnames import is_under, usual_name
from sync.model.desired import PoolContent, VsVipContent
from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Namespace, Node, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.resource import Resource
from sync.model.resources.tree import Resources
from sync.model.settings import VALUES_FILE
from sync.model.wording import did_you_mean
from sync.translate.catalog import CONTROLLER, GATEWAY_NAME_LABEL, gateway_of
from sync.translate.findings import OwnerTranslation, problem_at
from sync.translate.fqdn import default_domain
from sync.translate.infra_setting import ANNOTATION as INFRA_ANNOTATION
from sync.translate.inputs import Coverage, Inputs, coverage_of
from sync.translate.l4_rule import ANNOTATION as RULE_ANNOTATION
from sync.translate.l4_rule import key_of_rule, named_rule
from sync.translate.profiles import L4_PROTOCOLS

Path = tuple[str | int, ...]


def hints(resources: Resources, inputs: Inputs, translations: Sequence[OwnerTranslation]) -> Iterator[Problem]:
    """All warnings about the tree as a whole."""
    if inputs.settings.ako.services_api:
        yield from _attachments(resources, inputs)
        yield from _unused_classes(resources)
    yield from _unused_infra_settings(resources, inputs)
    yield from _unused_rules(resources, inputs)
    yield from _default_domain(inputs)
    yield from _hostnames(inputs, translations)
    yield from _missing_routes(resources, inputs, translations)


def _warning(at: Resource, path: Path, message: str, fix: str) -> Problem:
    return problem_at(Severity.WARNING, at, path, message, fix)


# --- Services and Gateways that do not find each other ----------------------------------------------------------------


def _attachments(resources: Resources, inputs: Inputs) -> Iterator[Problem]:
    gateways = {gateway.key: gateway for gateway in resources.of(Gateway)}
    for service in resources.of(Service):
        wanted = gateway_of(service.metadata.labels)
        if all(wanted):
            yield from _labelled(service, wanted, gateways.get(wanted))
    yield from inputs.attachments.loose.values()
    for gateway in resources.of(Gateway):
        if _is_served(gateway, inputs) and gateway.key not in inputs.catalog.broken_services_of_gateway:
            yield from _unserved_listeners(gateway, inputs)


def _labelled(service: Service, wanted: tuple[str, str], gateway: Gateway | None) -> Iterator[Problem]:
    name = f"{wanted[0]}/{wanted[1]}"
    if service.spec.type == "LoadBalancer":
        message = f"a LoadBalancer Service cannot be a back end of Gateway {name}: it gets its own VirtualService"
        place = ("metadata", "labels", GATEWAY_NAME_LABEL)
        yield _warning(service, place, message, "make it type: ClusterIP, or remove the labels")
    elif gateway is not None:
        listeners = {listener.port_key for listener in gateway.spec.listeners}
        for number, port in enumerate(service.spec.ports):
            if port.port_key not in listeners:
                message = f"Gateway {name} has no listener {port.protocol} {port.port}: the port is not served"
                fix = "add the listener, or remove the port if nobody needs it from outside"
                yield _warning(service, ("spec", "ports", number), message, fix)


def _is_served(gateway: Gateway, inputs: Inputs) -> bool:
    """Whether it is ours to serve, as far as class and namespace tell."""
    found = inputs.catalog.classes.get(gateway.spec.gateway_class_name)
    is_ours = found is None or found.spec.controller == CONTROLLER
    return is_ours and coverage_of(gateway.namespace, inputs) not in (Coverage.BLOCKED, Coverage.NOT_SELECTED)


def _unserved_listeners(gateway: Gateway, inputs: Inputs) -> Iterator[Problem]:
    services = inputs.catalog.services_of_gateway.get(gateway.key, ())
    ports = {port.port_key for service in services for port in service.spec.ports}
    for number, listener in enumerate(gateway.spec.listeners):
        if listener.port_key not in ports and listener.protocol in L4_PROTOCOLS:
            message = f"no Service serves listener {listener.protocol} {listener.port}: the port gets no pool"
            fix = f"label a Service with port {listener.port} ({listener.protocol}) for this Gateway"
            yield _warning(gateway, ("spec", "listeners", number), message, fix)


# --- unused resources -------------------------------------------------------------------------------------------------


def _unused_classes(resources: Resources) -> Iterator[Problem]:
    used = {gateway.spec.gateway_class_name for gateway in resources.of(Gateway)}
    has_broken = bool(resources.broken_of(Gateway))
    for gateway_class in resources.of(GatewayClass):
        if gateway_class.name not in used and gateway_class.spec.controller == CONTROLLER and not has_broken:
            yield _warning(gateway_class, ("metadata", "name"), "no Gateway uses this class", "remove it, or use it")


def _unused_infra_settings(resources: Resources, inputs: Inputs) -> Iterator[Problem]:
    used = {
        gateway_class.spec.parameters_ref.name
        for gateway_class in resources.of(GatewayClass)
        if gateway_class.spec.parameters_ref
    }
    used |= {item.annotation(INFRA_ANNOTATION) for item in (*resources.of(Namespace), *resources.of(Service))}
    used |= {item.annotations.get(INFRA_ANNOTATION, "").strip() for item in resources.broken}
    for setting in inputs.catalog.infra_settings.values():
        if setting.name not in used:
            yield _warning(
                setting, ("metadata", "name"), "nothing refers to this AviInfraSetting", "remove it, or use it"
            )


def _unused_rules(resources: Resources, inputs: Inputs) -> Iterator[Problem]:
    used = {key_of_rule(service) for service in resources.of(Service)}
    used |= {named_rule(item.annotations.get(RULE_ANNOTATION, ""), item.namespace) for item in resources.broken}
    for rule in inputs.catalog.l4_rules.values():
        if rule.key not in used:
            yield _warning(rule, ("metadata", "name"), "nothing refers to this L4Rule", "remove it, or use it")


# --- hostnames --------------------------------------------------------------------------------------------------------


def _default_domain(inputs: Inputs) -> Iterator[Problem]:
    """A domain that the cloud does not have is replaced by another (AKO-DNS-DOMAIN)."""
    settings, domains = inputs.settings, sorted(inputs.facts.cloud.dns_domains)
    section = "NetworkSettings" if settings.network.default_domain else "L4Settings"
    wanted = settings.network.default_domain or settings.l4.default_domain
    if wanted and domains and default_domain(settings, inputs.facts) is None:
        yield Problem(
            severity=Severity.WARNING,
            message=f"the cloud has no DNS domain {wanted}: names use {domains[0]} instead",
            fix=did_you_mean(wanted, domains),
            origin=Origin(file=VALUES_FILE),
            field=(section, "defaultDomain"),
        )


def _hostnames(inputs: Inputs, translations: Sequence[OwnerTranslation]) -> Iterator[Problem]:
    """A name that two owners have, and a name that no DNS domain of the cloud holds."""
    owners: dict[str, list[OwnerTranslation]] = defaultdict(list)
    for translation in translations:
        for spec in translation.specs:
            if isinstance(spec.content, VsVipContent):
                for name in spec.content.fqdns:
                    owners[usual_name(name)].append(translation)
    domains = tuple(domain.removeprefix(".") for domain in inputs.facts.cloud.dns_domains)
    for name, claimants in sorted(owners.items()):
        first, *others = claimants
        if others:
            also = " and ".join(f"{other.owner} ({other.origin.file}:{other.origin.line})" for other in others)
            yield _of_owner(first, f"hostname {name} is also used by {also}", "give each its own name")
        if domains and not is_under(name, domains):
            message = f"hostname {name} is in none of the cloud's DNS domains ({', '.join(domains)})"
            yield _of_owner(first, message, "use one of these domains, or serve the name elsewhere")


def _of_owner(translation: OwnerTranslation, message: str, fix: str) -> Problem:
    return Problem(
        severity=Severity.WARNING, message=message, fix=fix, origin=translation.origin, resource=str(translation.owner)
    )


# --- routes to pods ---------------------------------------------------------------------------------------------------


def _missing_routes(
    resources: Resources, inputs: Inputs, translations: Sequence[OwnerTranslation]
) -> Iterator[Problem]:
    """Pods are reached through static routes that AKO writes and we do not (docs/ako.md#back-ends)."""
    settings, routes = inputs.settings, inputs.facts.static_routes
    if settings.l7.service_type != "ClusterIP" or settings.ako.disable_static_route_sync or routes is None:
        return
    for vrf in sorted(_vrfs(translations)):
        for node in resources.of(Node):
            prefixes = node.spec.pod_cidrs or ((node.spec.pod_cidr,) if node.spec.pod_cidr else ())
            missing = [prefix for prefix in prefixes if not _is_routed(prefix, routes.get(vrf, frozenset()))]
            if missing:
                message = f"VRF {vrf} has no route to the pods of this Node ({', '.join(missing)})"
                fix = "add the static route on the Controller, or use L7Settings.serviceType NodePort"
                yield _warning(node, ("spec", "podCIDR"), message, fix)


def _is_routed(prefix: str, routes: frozenset[str]) -> bool:
    """Whether a route leads there: its own, or that of a wider prefix; a default route leads anywhere but to pods."""
    wanted = _network(prefix)
    if wanted is None:
        return True
    known = (network for route in routes if (network := _network(route)) is not None and network.prefixlen > 0)
    return any(
        (isinstance(wanted, IPv4Network) and isinstance(network, IPv4Network) and wanted.subnet_of(network))
        or (isinstance(wanted, IPv6Network) and isinstance(network, IPv6Network) and wanted.subnet_of(network))
        for network in known
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """The prefix; None for a text that is none."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _vrfs(translations: Sequence[OwnerTranslation]) -> frozenset[str]:
    """The VRFs from which pools reach their servers; behind a T1 router there is none."""
    contents = (spec.content for each in translations for spec in each.specs)
    return frozenset(content.vrf for content in contents if isinstance(content, PoolContent) and content.vrf)
