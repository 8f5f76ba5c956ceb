"""Manifests whose labels nearly name another one: Services of a Gateway, and EndpointSlices of a Service.

What is live for such a Service stays, because its label may be misspelt (docs/safety.md#typing-errors). If nothing is
live, the Gateway is served without it, as by AKO.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync.model.desired import ServiceKey
from sync.model.problem import Problem, Severity
from sync.model.resources.core import SERVICE_NAME_LABEL, EndpointSlice, Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.resource import DEFAULT_NAMESPACE
from sync.model.resources.tree import Resources
from sync.model.wording import commit_or_rename, is_near
from sync.translate.catalog import ATTACHABLE, GATEWAY_NAME_LABEL, GATEWAY_NAMESPACE_LABEL, Catalog, Key, gateway_of
from sync.translate.findings import problem_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachments:
    """Services whose labels name no Gateway of the tree.

    `loose` says of each what is wrong with its labels, as a warning; `meant_for` has the same as errors, by the Gateway
    that has an idle listener for the Service and is nearly named by it: what holds the Gateway if it is live.
    """

    loose: Mapping[ServiceKey, Problem] = field(default_factory=dict)
    meant_for: Mapping[Key, tuple[Problem, ...]] = field(default_factory=dict)


def attachments_of(resources: Resources, catalog: Catalog) -> Attachments:
    """The Services of one tree that belong to no Gateway though they carry a label that says so, or nearly."""
    gateways = resources.of(Gateway)
    known = {gateway.key for gateway in gateways}
    known |= {item.key for item in resources.broken_of(Gateway)}
    loose: dict[ServiceKey, Problem] = {}
    meant_for: dict[Key, list[Problem]] = {}
    for service in sorted(resources.of(Service), key=lambda service: service.key):
        found = _looseness(service, known) if service.spec.type in ATTACHABLE else None
        if found is None:
            continue
        loose[service.key] = found
        for gateway in _meant_by(service, gateways):
            if _is_idle(gateway, service, catalog):
                error = replace(found, severity=Severity.ERROR, message=f"{found.message}, so {gateway.title} is held")
                meant_for.setdefault(gateway.key, []).append(error)
    return Attachments(loose=loose, meant_for={key: tuple(problems) for key, problems in meant_for.items()})


def _looseness(service: Service, known: set[Key]) -> Problem | None:
    """Why it belongs to no Gateway, though a label says so or nearly does; None if it does, or none was meant."""
    labels = service.metadata.labels
    namespace, name = gateway_of(labels)
    if (namespace, name) in known:
        return None
    if namespace and name:
        full = f"{namespace}/{name}"
        fix = commit_or_rename(full, [f"{each[0]}/{each[1]}" for each in sorted(known)])
        return _at_label(service, GATEWAY_NAME_LABEL, f"Gateway {full} is not in the tree", fix)
    for key, meant in _misspelt(labels):
        return _at_label(service, key, f"unknown label {key}", f'did you mean "{meant}"?')
    if namespace or name:
        present, missing = GATEWAY_NAME_LABEL, GATEWAY_NAMESPACE_LABEL
        if namespace:
            present, missing = missing, present
        message = f"without the label {missing} it belongs to no Gateway"
        return _at_label(service, present, message, f"add {missing}, or remove {present}")
    return None


def _at_label(service: Service, key: str, message: str, fix: str) -> Problem:
    return problem_at(Severity.WARNING, service, ("metadata", "labels", key), message, fix)


def _misspelt(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Labels that are nearly one of AKO's two, with the one that was meant."""
    for key in labels:
        for meant in (GATEWAY_NAME_LABEL, GATEWAY_NAMESPACE_LABEL):
            if is_near(key, meant):
                yield key, meant


def _meant_by(service: Service, gateways: Iterable[Gateway]) -> tuple[Gateway, ...]:
    """The Gateways that its labels name but for a typing error or a lost label, else all of the namespace they name."""
    labels = service.metadata.labels
    labels = {**labels, **{meant: labels[key] for key, meant in _misspelt(labels) if meant not in labels}}
    namespace, name = gateway_of(labels)
    named = tuple(each for each in gateways if _is(namespace, each.namespace) and _is(name, each.name))
    return named or tuple(each for each in gateways if each.namespace == namespace)


def _is(stated: str, name: str) -> bool:
    """Whether a name is the one stated, but for a typing error, or none is."""
    return stated in ("", name) or is_near(stated, name)


def _is_idle(gateway: Gateway, service: Service, catalog: Catalog) -> bool:
    """Whether the Gateway has a listener for the Service that no other one serves."""
    served = {port.port_key for other in catalog.services_of_gateway.get(gateway.key, ()) for port in other.spec.ports}
    idle = {listener.port_key for listener in gateway.spec.listeners} - served
    return any(port.port_key in idle for port in service.spec.ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strays:
    """What holds a Service that a stray slice probably belongs to; `named` are the same by the Service it names."""

    of_services: Mapping[ServiceKey, tuple[Problem, ...]] = field(default_factory=dict)
    named: Mapping[ServiceKey, Problem] = field(default_factory=dict)


def strays_of(resources: Resources, catalog: Catalog) -> Strays:
    """The stray slices of one tree."""
    services = resources.of(Service)
    known = {service.key for service in services}
    known |= {item.key for item in resources.broken_of(Service)}
    of_services: dict[ServiceKey, list[Problem]] = {}
    named: dict[ServiceKey, Problem] = {}
    for item in sorted(resources.of(EndpointSlice), key=lambda item: item.key):
        label, name = _service_name(item)
        if label == SERVICE_NAME_LABEL and (item.namespace, name) in known:
            continue
        for service in services:
            if _may_own(service, item, name, catalog):
                problem = _problem(item, label, name, service)
                of_services.setdefault(service.key, []).append(problem)
                named.setdefault((item.namespace, name), problem)
    return Strays(of_services={key: tuple(found) for key, found in of_services.items()}, named=named)


def _service_name(item: EndpointSlice) -> tuple[str, str]:
    """The label that names the slice's Service, or nearly is that label, and the name; empty if there is none."""
    labels = item.metadata.labels
    near = (key for key in labels if is_near(key, SERVICE_NAME_LABEL))
    label = SERVICE_NAME_LABEL if SERVICE_NAME_LABEL in labels else next(near, "")
    return label, labels.get(label, "")


def _may_own(service: Service, item: EndpointSlice, name: str, catalog: Catalog) -> bool:
    """Whether the slice has the name of the Service, except for a typing error or in another namespace.

    Without a label, the name of the slice itself tells: Kubernetes begins it with that of the Service.
    """
    is_here = item.namespace == service.namespace
    if not name:
        return is_here and f"{item.name}-".startswith(f"{service.name}-")
    if service.name != name:
        return is_here and is_near(name, service.name)
    if is_here or item.namespace == DEFAULT_NAMESPACE or is_near(item.namespace, service.namespace):
        return True  # a slice that has lost its namespace is in the default one
    return service.key not in catalog.slices_of_service and service.key not in catalog.endpoints


def _problem(item: EndpointSlice, label: str, name: str, service: Service) -> Problem:
    if label and label != SERVICE_NAME_LABEL:
        message, fix = f"unknown label {label}", f'did you mean "{SERVICE_NAME_LABEL}"?'
    elif not name:
        message, fix = f"the label {SERVICE_NAME_LABEL} is missing", f"add {SERVICE_NAME_LABEL}: {service.name}"
    else:
        message = f"Service {item.namespace}/{name} is not in the tree"
        fix = f"did you mean Service {service.namespace}/{service.name}? Correct the name in one of the two"
    place = ("metadata", "labels", label) if label else ("metadata",)
    return problem_at(Severity.ERROR, item, place, f"{message}, so {service.title} keeps its servers", fix)
