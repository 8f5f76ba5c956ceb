"""Services that carry AKO's labels and belong to no Gateway of the tree, and the Gateways that may have been meant.

What is live for such a Service stays, for its label may be misspelt (docs/safety.md#typing-errors). Where nothing is,
the Gateway is served without it, as by AKO.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sync.model.desired import ServiceKey
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
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
