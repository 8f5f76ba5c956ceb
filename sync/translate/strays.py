"""EndpointSlices that name no Service of the tree, and the Services that they probably belong to.

Either the name of the Service or the label of the slice may be misspelt. Until it is corrected, the pools of such a
Service keep their servers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.model.desired import ServiceKey
from sync.model.problem import Problem, Severity
from sync.model.resources.core import SERVICE_NAME_LABEL, EndpointSlice, Service
from sync.model.resources.resource import DEFAULT_NAMESPACE
from sync.model.resources.tree import Resources
from sync.model.wording import is_near
from sync.translate.catalog import Catalog
from sync.translate.findings import problem_at


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
